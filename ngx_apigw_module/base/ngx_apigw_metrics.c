
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_metrics_int.h"

#include <stddef.h>


/* offsets in the memory, and in a slot */

typedef struct {
    size_t                     records[NGX_APIGW_METRICS_KINDS];
    size_t                     stages;
    size_t                     routes;
    size_t                     busy;
    size_t                     slots;
    size_t                     all;

    size_t                     series[NGX_APIGW_METRICS_KINDS];
    size_t                     slot;
} ngx_apigw_metrics_layout_t;


static void ngx_apigw_metrics_layout(ngx_apigw_metrics_size_t *size,
    ngx_apigw_metrics_layout_t *layout);
static ngx_int_t ngx_apigw_metrics_valid(ngx_apigw_metrics_head_t *head,
    size_t len);
static void ngx_apigw_metrics_erase(ngx_apigw_metrics_t *metrics,
    ngx_uint_t kind, ngx_uint_t n);
static void ngx_apigw_metrics_total(ngx_apigw_metrics_t *metrics,
    size_t offset, size_t size, ngx_atomic_t *sum);


static const size_t  ngx_apigw_metrics_sizes[] = {
    sizeof(ngx_apigw_metrics_stage_t),
    sizeof(ngx_apigw_metrics_series_t),
    sizeof(ngx_apigw_metrics_plan_t),
    sizeof(ngx_apigw_metrics_authorizer_t)
};


#define ngx_apigw_metrics_align(n)  ngx_align(n, NGX_APIGW_METRICS_LINE)


static void
ngx_apigw_metrics_layout(ngx_apigw_metrics_size_t *size,
    ngx_apigw_metrics_layout_t *layout)
{
    size_t      n, slot, room;
    ngx_uint_t  i;

    n = ngx_apigw_metrics_align(sizeof(ngx_apigw_metrics_head_t));
    slot = ngx_apigw_metrics_align(sizeof(ngx_apigw_metrics_slot_t));

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        room = size->room[i];

        layout->records[i] = n;
        n += room * sizeof(ngx_apigw_metrics_record_t);
        n = ngx_apigw_metrics_align(n);

        layout->series[i] = slot;
        slot += ngx_apigw_metrics_align(room * ngx_apigw_metrics_sizes[i]);
    }

    layout->stages = n;
    n += size->room[NGX_APIGW_METRICS_STAGE]
         * sizeof(ngx_apigw_metrics_past_t);
    n = ngx_apigw_metrics_align(n);

    layout->routes = n;
    n += size->room[NGX_APIGW_METRICS_ROUTE] * sizeof(ngx_apigw_metrics_use_t);
    n = ngx_apigw_metrics_align(n);

    layout->busy = n;
    n += NGX_APIGW_METRICS_BUSY * sizeof(ngx_apigw_metrics_busy_t);
    n = ngx_apigw_metrics_align(n);

    layout->slots = n;
    layout->slot = slot;
    layout->all = n + size->nslots * slot;
}


size_t
ngx_apigw_metrics_bytes(ngx_apigw_metrics_size_t *size)
{
    ngx_apigw_metrics_layout_t  layout;

    ngx_apigw_metrics_layout(size, &layout);

    return layout.all;
}


void
ngx_apigw_metrics_format(void *mem, ngx_apigw_metrics_size_t *size,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN], uint64_t time)
{
    ngx_uint_t                 i;
    ngx_apigw_metrics_head_t  *head;

    head = mem;

    head->size = *size;
    head->born = time;

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        ngx_apigw_table_format(&head->tables[i],
                               sizeof(ngx_apigw_metrics_record_t),
                               size->room[i], seed);
    }

    ngx_memory_barrier();

    head->magic = NGX_APIGW_METRICS_MAGIC;
}


ngx_int_t
ngx_apigw_metrics_attach(ngx_apigw_metrics_t *metrics, void *mem, size_t len)
{
    u_char                      *p;
    ngx_uint_t                   i;
    ngx_apigw_metrics_head_t    *head;
    ngx_apigw_metrics_layout_t   layout;

    p = mem;
    head = mem;

    ngx_memzero(metrics, sizeof(ngx_apigw_metrics_t));

    if (ngx_apigw_metrics_valid(head, len) != NGX_OK) {
        return NGX_DECLINED;
    }

    metrics->head = head;
    metrics->size = head->size;

    ngx_apigw_metrics_layout(&metrics->size, &layout);

    if (layout.all > len) {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        metrics->tables[i].head = &head->tables[i];
        metrics->tables[i].records = p + layout.records[i];
        metrics->tables[i].check = offsetof(ngx_apigw_metrics_record_t, check);
        metrics->tables[i].keep = 1;

        metrics->offsets[i] = layout.series[i];
    }

    metrics->stages = (ngx_apigw_metrics_past_t *) (p + layout.stages);
    metrics->routes = (ngx_apigw_metrics_use_t *) (p + layout.routes);
    metrics->busy = (ngx_apigw_metrics_busy_t *) (p + layout.busy);
    metrics->slots = p + layout.slots;
    metrics->slot_size = layout.slot;

    return NGX_OK;
}


/* Sizes that cannot be are found before they are multiplied. */

static ngx_int_t
ngx_apigw_metrics_valid(ngx_apigw_metrics_head_t *head, size_t len)
{
    ngx_uint_t               i;
    ngx_apigw_table_head_t  *table;

    if (len < sizeof(ngx_apigw_metrics_head_t)
        || head->magic != NGX_APIGW_METRICS_MAGIC
        || head->size.nslots == 0
        || head->size.nslots > len / sizeof(ngx_apigw_metrics_slot_t))
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        table = &head->tables[i];

        if (head->size.room[i]
            > len / ngx_apigw_metrics_sizes[i] / head->size.nslots
            || ngx_apigw_table_valid(table, sizeof(ngx_apigw_metrics_record_t))
               != NGX_OK
            || table->capacity != head->size.room[i])
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_metrics_nslots(ngx_apigw_metrics_t *metrics)
{
    return metrics->size.nslots;
}


uint64_t
ngx_apigw_metrics_born(ngx_apigw_metrics_t *metrics)
{
    return metrics->head->born;
}


ngx_uint_t
ngx_apigw_metrics_room(ngx_apigw_metrics_t *metrics, ngx_uint_t kind)
{
    return metrics->size.room[kind];
}


ngx_int_t
ngx_apigw_metrics_open(ngx_apigw_metrics_t *metrics, ngx_atomic_uint_t oldest)
{
    ngx_uint_t               i;
    ngx_apigw_table_head_t  *head;

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        head = metrics->tables[i].head;

        if (head->used > metrics->size.room[i]) {
            head->used = metrics->size.room[i];
        }

        if (ngx_apigw_table_open(&metrics->tables[i], oldest) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_apigw_metrics_close(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        ngx_apigw_table_close(&metrics->tables[i]);
    }
}


/* What was never used is zero, and stays untouched. */

uint32_t
ngx_apigw_metrics_claim(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    const u_char *meaning, size_t len, ngx_atomic_uint_t generation)
{
    uint32_t                     n;
    ngx_uint_t                   used;
    ngx_apigw_metrics_record_t  *record;

    used = ngx_apigw_metrics_used(metrics, kind);

    n = ngx_apigw_table_claim(&metrics->tables[kind], meaning, len,
                              generation);

    if (n == NGX_APIGW_METRICS_NONE) {
        return n;
    }

    record = ngx_apigw_metrics_record(metrics, kind, n);

    if (record->ready) {
        return n;
    }

    if (n < used) {
        ngx_apigw_metrics_erase(metrics, kind, n);
    }

    ngx_memory_barrier();

    record->ready = 1;

    return n;
}


static void
ngx_apigw_metrics_erase(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    ngx_uint_t n)
{
    ngx_uint_t                 i;
    ngx_apigw_metrics_slot_t  *slot;

    ngx_apigw_metrics_forget(metrics, kind, n);

    for (i = 0; i < metrics->size.nslots; i++) {
        slot = ngx_apigw_metrics_slot(metrics, i);

        ngx_memzero(ngx_apigw_metrics_at(metrics, slot, kind, (uint32_t) n),
                    ngx_apigw_metrics_sizes[kind]);
    }
}


void
ngx_apigw_metrics_enter(ngx_apigw_metrics_t *metrics, ngx_uint_t pid,
    ngx_apigw_metrics_alive_pt alive)
{
    ngx_uint_t                 i, last;
    ngx_atomic_uint_t          owner;
    ngx_apigw_metrics_slot_t  *slot;

    if (metrics->slot && !metrics->shared) {
        return;
    }

    last = metrics->size.nslots - 1;

    for (i = 0; i < last; i++) {
        slot = ngx_apigw_metrics_slot(metrics, i);
        owner = slot->owner;

        /* one of our own pid is a former process's */

        if (owner && owner != pid && alive(owner)) {
            continue;
        }

        if (ngx_atomic_cmp_set(&slot->owner, owner, pid)) {
            ngx_memzero(&slot->gauges, sizeof(ngx_apigw_metrics_gauges_t));

            metrics->slot = slot;
            metrics->shared = 0;
            return;
        }
    }

    metrics->slot = ngx_apigw_metrics_slot(metrics, last);
    metrics->shared = 1;
}


void
ngx_apigw_metrics_leave(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t                 owned;
    ngx_apigw_metrics_slot_t  *slot;

    slot = metrics->slot;
    owned = slot && !metrics->shared;

    metrics->slot = ngx_apigw_metrics_slot(metrics, metrics->size.nslots - 1);
    metrics->shared = 1;

    if (owned) {
        ngx_memzero(&slot->gauges, sizeof(ngx_apigw_metrics_gauges_t));

        ngx_memory_barrier();

        slot->owner = 0;
    }
}


void
ngx_apigw_metrics_sum(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    uint32_t n, void *sum)
{
    size_t  size;

    size = ngx_apigw_metrics_sizes[kind];

    ngx_memzero(sum, size);

    if (n < metrics->size.room[kind]) {
        ngx_apigw_metrics_total(metrics, metrics->offsets[kind] + n * size,
                                size, sum);
    }
}


/* words from offset on in all slots */

static void
ngx_apigw_metrics_total(ngx_apigw_metrics_t *metrics, size_t offset,
    size_t size, ngx_atomic_t *sum)
{
    u_char        *slot;
    ngx_uint_t     i, k;
    ngx_atomic_t  *words;

    for (i = 0; i < metrics->size.nslots; i++) {
        slot = (u_char *) ngx_apigw_metrics_slot(metrics, i);
        words = (ngx_atomic_t *) (slot + offset);

        for (k = 0; k < size / sizeof(ngx_atomic_t); k++) {
            sum[k] += words[k];
        }
    }
}


void
ngx_apigw_metrics_sum_workers(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_worker_t *sum)
{
    ngx_uint_t                 i;
    ngx_atomic_uint_t          longest, n;
    ngx_apigw_metrics_slot_t  *slot;

    ngx_memzero(sum, sizeof(ngx_apigw_metrics_worker_t));

    ngx_apigw_metrics_total(metrics,
                            offsetof(ngx_apigw_metrics_slot_t, worker),
                            sizeof(ngx_apigw_metrics_worker_t),
                            (ngx_atomic_t *) sum);

    longest = 0;

    for (i = 0; i < metrics->size.nslots; i++) {
        slot = ngx_apigw_metrics_slot(metrics, i);
        n = slot->worker.longest;
        longest = ngx_max(longest, n);
    }

    sum->longest = longest;
}


ngx_uint_t
ngx_apigw_metrics_sum_gauges(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_alive_pt alive, ngx_apigw_metrics_gauges_t *sum)
{
    ngx_uint_t                 i, n;
    ngx_atomic_uint_t          owner;
    ngx_apigw_metrics_slot_t  *slot;

    n = 0;
    ngx_memzero(sum, sizeof(ngx_apigw_metrics_gauges_t));

    for (i = 0; i < metrics->size.nslots; i++) {
        slot = ngx_apigw_metrics_slot(metrics, i);
        owner = slot->owner;

        if (owner == 0 || !alive(owner)) {
            continue;
        }

        sum->redis_up += slot->gauges.redis_up;
        sum->breaker += slot->gauges.breaker;
        sum->connections += slot->gauges.connections;
        sum->tokens += slot->gauges.tokens;
        sum->parked += slot->gauges.parked;
        n++;
    }

    return n;
}
