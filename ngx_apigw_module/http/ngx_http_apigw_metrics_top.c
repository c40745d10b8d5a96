
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/*
 * Consumers that came often.  The directory of keys has no index of ids, which
 * only reports would need: it is gone through, in pieces, for those that this
 * worker has not looked for before.
 */


#define NGX_HTTP_APIGW_METRICS_SLICE   4096     /* consumers, in one item */
#define NGX_HTTP_APIGW_METRICS_FILTER  256


typedef struct {
    u_char                         name[NGX_APIGW_TOPK_NAME];
    uint32_t                       len;
    uint32_t                       number;
} ngx_http_apigw_metrics_known_t;


static ngx_int_t ngx_http_apigw_metrics_top_choose(
    ngx_http_apigw_metrics_t *m);
static void ngx_http_apigw_metrics_top_recall(ngx_http_apigw_metrics_t *m);
static void ngx_http_apigw_metrics_top_remember(ngx_http_apigw_metrics_t *m);
static void ngx_http_apigw_metrics_top_scan(ngx_http_apigw_metrics_t *m,
    uint32_t n, uint32_t end);
static void ngx_http_apigw_metrics_top_match(ngx_http_apigw_metrics_t *m,
    uint32_t number, ngx_str_t *id);
static u_char *ngx_http_apigw_metrics_json_quotas(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last, uint32_t number);
static u_char *ngx_http_apigw_metrics_json_quota(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last, ngx_http_apigw_plan_t *plan, uint32_t lease);


#define ngx_http_apigw_metrics_hash(data, len)                               \
    (((data)[0] * 7 + (data)[(len) / 2] * 31 + (data)[(len) - 1] * 131       \
      + (len))                                                               \
     % NGX_HTTP_APIGW_METRICS_FILTER)


/* of the directory of a configuration */

static ngx_http_apigw_metrics_known_t
    ngx_http_apigw_metrics_known[NGX_HTTP_APIGW_METRICS_TOP];
static ngx_uint_t  ngx_http_apigw_metrics_nknown;
static ngx_apigw_keys_t  *ngx_http_apigw_metrics_keys;
static uint64_t  ngx_http_apigw_metrics_generation;


/* the shared slot, which is the last one, has none */

ngx_uint_t
ngx_http_apigw_metrics_top_slots(ngx_http_apigw_metrics_t *m)
{
    return ngx_apigw_metrics_nslots(m->metrics) - 1;
}


u_char *
ngx_http_apigw_metrics_top_merge(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_apigw_metrics_slot_t  *slot;

    if (m->top == NULL) {
        m->top = ngx_palloc(m->request->pool,
                            NGX_HTTP_APIGW_METRICS_ALL
                            * sizeof(ngx_apigw_topk_entry_t));
        if (m->top == NULL) {
            m->failed = 1;
            return NULL;
        }
    }

    slot = ngx_apigw_metrics_slot(m->metrics, m->index - 1);

    m->ntop = ngx_apigw_topk_add(m->top, m->ntop, NGX_HTTP_APIGW_METRICS_ALL,
                                 &slot->topk);
    m->cost += (ngx_uint_t) 8 * NGX_APIGW_TOPK_SIZE;

    return p;
}


/* the first item chooses, the others are slices of the directory */

ngx_uint_t
ngx_http_apigw_metrics_top_scans(ngx_http_apigw_metrics_t *m)
{
    if (!m->scan) {
        return 1;
    }

    return 1 + (ngx_apigw_keys_consumers(m->mcf->keys)
                + NGX_HTTP_APIGW_METRICS_SLICE - 1)
               / NGX_HTTP_APIGW_METRICS_SLICE;
}


u_char *
ngx_http_apigw_metrics_top_find(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    uint32_t  n, end, consumers;

    if (m->index == 1) {

        if (ngx_http_apigw_metrics_top_choose(m) != NGX_OK) {
            m->failed = 1;
            return NULL;
        }

        return p;
    }

    consumers = (uint32_t) ngx_apigw_keys_consumers(m->mcf->keys);

    n = (uint32_t) (m->index - 2) * NGX_HTTP_APIGW_METRICS_SLICE;
    end = ngx_min(n + NGX_HTTP_APIGW_METRICS_SLICE, consumers);

    ngx_http_apigw_metrics_top_scan(m, n, end);

    if (end == consumers) {
        ngx_http_apigw_metrics_top_remember(m);
    }

    m->cost += NGX_HTTP_APIGW_METRICS_SLICE;

    return p;
}


static ngx_int_t
ngx_http_apigw_metrics_top_choose(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t  i;

    ngx_apigw_topk_sort(m->top, m->ntop);

    m->cost += 2 * m->ntop;
    m->ntop = ngx_min(m->ntop, NGX_HTTP_APIGW_METRICS_TOP);

    m->numbers = ngx_palloc(m->request->pool,
                            NGX_HTTP_APIGW_METRICS_TOP * sizeof(uint32_t));
    if (m->numbers == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < m->ntop; i++) {
        m->numbers[i] = NGX_APIGW_METRICS_NONE;
    }

    if (m->mcf->keys && m->mcf->leases) {
        ngx_http_apigw_metrics_top_recall(m);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_metrics_top_recall(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t                       i, k;
    ngx_apigw_topk_entry_t          *entry;
    ngx_http_apigw_metrics_known_t  *known;

    if (ngx_http_apigw_metrics_keys != m->mcf->keys
        || ngx_http_apigw_metrics_generation != m->state.generation)
    {
        ngx_http_apigw_metrics_keys = m->mcf->keys;
        ngx_http_apigw_metrics_generation = m->state.generation;
        ngx_http_apigw_metrics_nknown = 0;
    }

    for (i = 0; i < m->ntop; i++) {
        entry = &m->top[i];

        for (k = 0; k < ngx_http_apigw_metrics_nknown; k++) {
            known = &ngx_http_apigw_metrics_known[k];

            if (known->len == entry->len
                && ngx_memcmp(known->name, entry->name, entry->len) == 0)
            {
                m->numbers[i] = known->number;
                break;
            }
        }

        if (k == ngx_http_apigw_metrics_nknown) {
            m->scan = 1;
        }
    }
}


static void
ngx_http_apigw_metrics_top_remember(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t                       i;
    ngx_http_apigw_metrics_known_t  *known;

    /* a reload may have come in between */

    if (ngx_http_apigw_metrics_keys != m->mcf->keys
        || ngx_http_apigw_metrics_generation != m->state.generation)
    {
        return;
    }

    for (i = 0; i < m->ntop; i++) {
        known = &ngx_http_apigw_metrics_known[i];

        known->len = m->top[i].len;
        ngx_memcpy(known->name, m->top[i].name, m->top[i].len);
        known->number = m->numbers[i];
    }

    ngx_http_apigw_metrics_nknown = m->ntop;
}


static void
ngx_http_apigw_metrics_top_scan(ngx_http_apigw_metrics_t *m, uint32_t n,
    uint32_t end)
{
    u_char                   filter[NGX_HTTP_APIGW_METRICS_FILTER];
    ngx_str_t                id;
    ngx_uint_t               i;
    ngx_apigw_topk_entry_t  *entry;

    ngx_memzero(filter, sizeof(filter));

    for (i = 0; i < m->ntop; i++) {
        entry = &m->top[i];

        if (entry->len) {
            filter[ngx_http_apigw_metrics_hash(entry->name, entry->len)] = 1;
        }
    }

    for ( /* void */ ; n < end; n++) {
        ngx_apigw_keys_id(m->mcf->keys,
                          ngx_apigw_keys_consumer(m->mcf->keys, n), &id);

        if (id.len && filter[ngx_http_apigw_metrics_hash(id.data, id.len)]) {
            ngx_http_apigw_metrics_top_match(m, n, &id);
        }
    }
}


static void
ngx_http_apigw_metrics_top_match(ngx_http_apigw_metrics_t *m, uint32_t number,
    ngx_str_t *id)
{
    ngx_uint_t               i;
    ngx_apigw_topk_entry_t  *entry;

    for (i = 0; i < m->ntop; i++) {
        entry = &m->top[i];

        if (entry->len == id->len
            && ngx_memcmp(entry->name, id->data, id->len) == 0)
        {
            m->numbers[i] = number;
            return;
        }
    }
}


ngx_uint_t
ngx_http_apigw_metrics_top_shown(ngx_http_apigw_metrics_t *m)
{
    return m->ntop;
}


u_char *
ngx_http_apigw_metrics_json_consumer(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_str_t                id;
    ngx_apigw_topk_entry_t  *entry;

    entry = &m->top[m->index - 1];

    id.len = entry->len;
    id.data = entry->name;

    p = ngx_http_apigw_metrics_put_string(p, last, "{\"id\":", &id);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"count\":",
                                          entry->count);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"error\":",
                                          entry->error);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"refused\":",
                                          entry->refused);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"sent\":",
                                          entry->sent);
    p = ngx_http_apigw_metrics_put(p, last, ",\"plans\":[");

    if (m->numbers[m->index - 1] != NGX_APIGW_METRICS_NONE) {
        p = ngx_http_apigw_metrics_json_quotas(m, p, last,
                                               m->numbers[m->index - 1]);
    }

    return ngx_http_apigw_metrics_put(p, last, "]}");
}


/* of the plans that the consumer has, those that have a quota */

static u_char *
ngx_http_apigw_metrics_json_quotas(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last, uint32_t number)
{
    uint16_t                *set;
    uint32_t                 cell, lease;
    ngx_uint_t               i, n, some;
    ngx_apigw_consumer_t    *consumer;
    ngx_http_apigw_plan_t  **plans, *plan;

    plans = m->mcf->plans.elts;
    consumer = ngx_apigw_keys_consumer(m->mcf->keys, number);
    set = ngx_apigw_keys_planset(m->mcf->keys, consumer->planset, &n);

    cell = consumer->cells;
    some = 0;

    for (i = 0; i < n; i++) {
        plan = plans[set[i]];

        if (plan->quota.limit) {
            lease = m->mcf->cells[cell + plan->limits.nelts];

            if (some) {
                p = ngx_http_apigw_metrics_put(p, last, ",");
            }

            p = ngx_http_apigw_metrics_json_quota(m, p, last, plan, lease);
            some = 1;
        }

        cell += (uint32_t) ngx_http_apigw_plan_cells(plan);
    }

    return p;
}


static u_char *
ngx_http_apigw_metrics_json_quota(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last, ngx_http_apigw_plan_t *plan, uint32_t lease)
{
    ngx_apigw_lease_view_t  view;

    ngx_apigw_lease_view(m->mcf->leases, lease, &view);

    p = ngx_http_apigw_metrics_put_string(p, last, "{\"plan\":",
                                          &plan->name);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"quotaLimit\":",
                                          view.limit);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"quotaUsed\":",
                                          view.limit - view.remaining);

    return ngx_http_apigw_metrics_put(p, last, "}");
}
