
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/*
 * The JSON is parts in this order, which are arrays but for the first and the
 * last one.  An item of an array that writes nothing has no place in it.
 */


typedef ngx_uint_t (*ngx_http_apigw_metrics_count_pt)(
    ngx_http_apigw_metrics_t *m);

typedef struct {
    const char                        *open;    /* NULL: not an array */
    ngx_http_apigw_metrics_item_pt     item;
    ngx_http_apigw_metrics_count_pt    count;   /* of items */
} ngx_http_apigw_metrics_array_t;


static u_char *ngx_http_apigw_metrics_json_head(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_json_names(u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_json_plan(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_json_authorizer(
    ngx_http_apigw_metrics_t *m, u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_json_state(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_json_redis(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);

static ngx_uint_t ngx_http_apigw_metrics_json_one(ngx_http_apigw_metrics_t *m);
static ngx_uint_t ngx_http_apigw_metrics_json_stages(
    ngx_http_apigw_metrics_t *m);
static ngx_uint_t ngx_http_apigw_metrics_json_routes(
    ngx_http_apigw_metrics_t *m);
static ngx_uint_t ngx_http_apigw_metrics_json_busiest(
    ngx_http_apigw_metrics_t *m);
static ngx_uint_t ngx_http_apigw_metrics_json_plans(
    ngx_http_apigw_metrics_t *m);
static ngx_uint_t ngx_http_apigw_metrics_json_authorizers(
    ngx_http_apigw_metrics_t *m);


static ngx_http_apigw_metrics_array_t  ngx_http_apigw_metrics_arrays[] = {

    { NULL, ngx_http_apigw_metrics_json_head,
      ngx_http_apigw_metrics_json_one },

    { ",\"stages\":[", ngx_http_apigw_metrics_json_stage,
      ngx_http_apigw_metrics_json_stages },

    { ",\"routes\":[", ngx_http_apigw_metrics_json_route,
      ngx_http_apigw_metrics_json_routes },

    { ",\"busiest\":[", ngx_http_apigw_metrics_json_busy,
      ngx_http_apigw_metrics_json_busiest },

    { ",\"plans\":[", ngx_http_apigw_metrics_json_plan,
      ngx_http_apigw_metrics_json_plans },

    { NULL, ngx_http_apigw_metrics_top_merge,
      ngx_http_apigw_metrics_top_slots },

    { NULL, ngx_http_apigw_metrics_top_find,
      ngx_http_apigw_metrics_top_scans },

    { ",\"consumers\":[", ngx_http_apigw_metrics_json_consumer,
      ngx_http_apigw_metrics_top_shown },

    { ",\"authorizers\":[", ngx_http_apigw_metrics_json_authorizer,
      ngx_http_apigw_metrics_json_authorizers },

    { NULL, ngx_http_apigw_metrics_json_state,
      ngx_http_apigw_metrics_json_one }
};

#define NGX_HTTP_APIGW_METRICS_ARRAYS                                        \
    (sizeof(ngx_http_apigw_metrics_arrays)                                   \
     / sizeof(ngx_http_apigw_metrics_array_t))

#define NGX_HTTP_APIGW_METRICS_ROUTE_ARRAY  2


/* index 0 opens an array */

u_char *
ngx_http_apigw_metrics_json(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    u_char                          *begin, *start;
    ngx_http_apigw_metrics_array_t  *array;

    array = &ngx_http_apigw_metrics_arrays[m->part];

    m->cost += NGX_HTTP_APIGW_METRICS_LINE;
    m->wrote = 0;

    if (m->index == 0 || m->closing) {
        return array->open ? ngx_http_apigw_metrics_put(p, last, m->closing
                                                             ? "]"
                                                             : array->open)
                           : p;
    }

    begin = p;
    start = m->some ? ngx_http_apigw_metrics_put(p, last, ",") : p;

    if (start == NULL) {
        return NULL;
    }

    p = array->item(m, start, last);

    if (p == start) {
        return begin;
    }

    m->wrote = (array->open != NULL);

    return p;
}


ngx_int_t
ngx_http_apigw_metrics_json_next(ngx_http_apigw_metrics_t *m)
{
    ngx_http_apigw_metrics_array_t  *array;

    array = &ngx_http_apigw_metrics_arrays[m->part];

    m->some |= m->wrote;

    if (!m->closing) {

        if (m->part == NGX_HTTP_APIGW_METRICS_ROUTE_ARRAY && m->index
            && ngx_http_apigw_metrics_next_route(m) == NGX_OK)
        {
            return NGX_OK;
        }

        m->index++;
        m->closing = (m->index > array->count(m));

        return m->failed ? NGX_DONE : NGX_OK;
    }

    m->closing = 0;
    m->index = 0;
    m->some = 0;
    m->part++;

    if (m->part == NGX_HTTP_APIGW_METRICS_ROUTE_ARRAY && !m->routes) {
        m->part += 2;
    }

    return (m->part == NGX_HTTP_APIGW_METRICS_ARRAYS) ? NGX_DONE : NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_metrics_json_one(ngx_http_apigw_metrics_t *m)
{
    return 1;
}


static ngx_uint_t
ngx_http_apigw_metrics_json_stages(ngx_http_apigw_metrics_t *m)
{
    return m->nstages;
}


/* they are gone through by themselves */

static ngx_uint_t
ngx_http_apigw_metrics_json_routes(ngx_http_apigw_metrics_t *m)
{
    return m->nstages != 0;
}


static ngx_uint_t
ngx_http_apigw_metrics_json_busiest(ngx_http_apigw_metrics_t *m)
{
    return m->nbusy;
}


static ngx_uint_t
ngx_http_apigw_metrics_json_plans(ngx_http_apigw_metrics_t *m)
{
    return m->mcf->plans.nelts;
}


static ngx_uint_t
ngx_http_apigw_metrics_json_authorizers(ngx_http_apigw_metrics_t *m)
{
    return m->mcf->watched.nelts;
}


static u_char *
ngx_http_apigw_metrics_json_head(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_uint_t   i;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    p = ngx_http_apigw_metrics_put(p, last, "{\"version\":1,\"now\":");
    p = ngx_apigw_exposition_number(p, last, (uint64_t) tp->sec * 1000
                                             + tp->msec, 3);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"step\":", m->step);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"stepSeconds\":",
                                          NGX_APIGW_METRICS_STEP / 1000);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"steps\":",
                                          NGX_APIGW_METRICS_STEPS);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"started\":",
                                          m->state.born);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"generation\":",
                                          m->state.generation);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"workers\":",
                                          m->state.workers);
    p = ngx_http_apigw_metrics_put(p, last,
                                   ",\"module\":\"" NGX_HTTP_APIGW_VERSION
                                   "\",\"nginx\":\"" NGINX_VERSION
                                   "\",\"bounds\":");

    for (i = 0; i < NGX_APIGW_HISTOGRAM_COARSE - 1; i++) {
        p = ngx_http_apigw_metrics_put_number(p, last, i ? "," : "[",
                                              ngx_apigw_histogram_bounds[i]);
    }

    return ngx_http_apigw_metrics_json_names(p, last);
}


static u_char *
ngx_http_apigw_metrics_json_names(u_char *p, u_char *last)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    p = ngx_http_apigw_metrics_put(p, last, "],\"errors\":[");

    for (i = NGX_HTTP_APIGW_NO_ERROR + 1; i < NGX_HTTP_APIGW_ERRORS; i++) {
        ngx_http_apigw_error_name(i, &name);

        p = ngx_http_apigw_metrics_put_string(p, last, (i > 1) ? "," : "",
                                              &name);
    }

    return ngx_http_apigw_metrics_put(p, last, "]");
}


static u_char *
ngx_http_apigw_metrics_json_plan(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_plan_t     **plans;
    ngx_apigw_metrics_plan_t    sum;

    plans = m->mcf->plans.elts;
    plans += m->index - 1;

    if (ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_PLAN,
                                   (*plans)->series, &sum, sizeof(sum))
        != NGX_OK)
    {
        return p;
    }

    p = ngx_http_apigw_metrics_put_string(p, last, "{\"plan\":",
                                          &(*plans)->name);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"admitted\":",
                                          sum.admitted);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"throttled\":",
                                          sum.throttled);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"quotaExceeded\":",
                                          sum.refused);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"quotaUnavailable\":",
                                          sum.unavailable);

    return ngx_http_apigw_metrics_put(p, last, "}");
}


static u_char *
ngx_http_apigw_metrics_json_authorizer(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_watched_t        **watched;
    ngx_http_apigw_watched_stat_t     stat;
    ngx_apigw_metrics_authorizer_t    sum;

    watched = m->mcf->watched.elts;
    watched += m->index - 1;

    if (ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_AUTHORIZER,
                                   (*watched)->series, &sum, sizeof(sum))
        != NGX_OK)
    {
        return p;
    }

    ngx_http_apigw_watched_stat(*watched, &stat);

    p = ngx_http_apigw_metrics_put_string(p, last, "{\"name\":",
                                          &(*watched)->name);
    p = ngx_http_apigw_metrics_put_string(p, last, ",\"type\":",
                                          &(*watched)->type);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"accepted\":",
                                          sum.accepted);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"refused\":",
                                          sum.refused);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"failed\":", sum.failed);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"hits\":", sum.hits);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"misses\":", sum.misses);

    if (stat.fetched > 0) {
        p = ngx_http_apigw_metrics_put_number(p, last, ",\"jwksAge\":",
                                       ngx_max(ngx_time() - stat.fetched, 0));

    } else {
        p = ngx_http_apigw_metrics_put(p, last, ",\"jwksAge\":null");
    }

    if (stat.fetched != -1) {
        p = ngx_http_apigw_metrics_put_number(p, last, ",\"jwksFailures\":",
                                              stat.failures);
    }

    return ngx_http_apigw_metrics_put(p, last, "}");
}


static u_char *
ngx_http_apigw_metrics_json_state(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_metrics_state_t  *s;

    s = &m->state;

    p = ngx_http_apigw_metrics_put_number(p, last,
                                        ",\"state\":{\"zone\":{\"cells\":[",
                                        s->cells[0]);
    p = ngx_http_apigw_metrics_put_number(p, last, ",", s->cells[2]);
    p = ngx_http_apigw_metrics_put_number(p, last, "],\"quotas\":[",
                                          s->quotas[0]);
    p = ngx_http_apigw_metrics_put_number(p, last, ",", s->quotas[2]);
    p = ngx_http_apigw_metrics_put_number(p, last, "],\"buckets\":",
                                          s->buckets);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"full\":", s->full);

    p = ngx_http_apigw_metrics_json_redis(m, p, last);

    p = ngx_http_apigw_metrics_put_number(p, last, ",\"quota\":{\"open\":",
                                     s->modes[NGX_APIGW_LEASE_ON_ERROR_OPEN]);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"local\":",
                                    s->modes[NGX_APIGW_LEASE_ON_ERROR_LOCAL]);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"closed\":",
                                   s->modes[NGX_APIGW_LEASE_ON_ERROR_CLOSED]);
    p = ngx_http_apigw_metrics_put_number(p, last, "},\"missed\":", s->missed);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"tokens\":",
                                          s->gauges.tokens);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"parked\":",
                                          s->gauges.parked);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"connections\":",
                                          s->gauges.connections);

    return ngx_http_apigw_metrics_put(p, last, "}}\n");
}


/* the bounds of its histogram are of 0.1 ms */

static u_char *
ngx_http_apigw_metrics_json_redis(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    uint64_t                        *buckets;
    ngx_http_apigw_metrics_state_t  *s;

    s = &m->state;

    if (m->mcf->redis == NULL) {
        return ngx_http_apigw_metrics_put(p, last, "},\"redis\":null");
    }

    buckets = (uint64_t *) s->counters.redis_buckets;

    p = ngx_http_apigw_metrics_put_number(p, last, "},\"redis\":{\"up\":",
                                          s->gauges.redis_up);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"workers\":",
                                          s->workers);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"breaker\":",
                                          s->gauges.breaker);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"commands\":",
                                          s->counters.redis_commands);
    p = ngx_http_apigw_metrics_put_number(p, last, ",\"failures\":",
                                          s->counters.redis_failures);

    p = ngx_http_apigw_metrics_put(p, last, ",\"latency\":[");
    p = ngx_apigw_exposition_number(p, last,
                                  ngx_apigw_histogram_coarse(buckets, 500), 1);
    p = ngx_http_apigw_metrics_put(p, last, ",");
    p = ngx_apigw_exposition_number(p, last,
                                  ngx_apigw_histogram_coarse(buckets, 990), 1);

    return ngx_http_apigw_metrics_put(p, last, "]}");
}


u_char *
ngx_http_apigw_metrics_put(u_char *p, u_char *last, const char *text)
{
    size_t  len;

    len = ngx_strlen(text);

    if (p == NULL || (size_t) (last - p) < len) {
        return NULL;
    }

    return ngx_cpymem(p, text, len);
}


u_char *
ngx_http_apigw_metrics_put_number(u_char *p, u_char *last, const char *before,
    uint64_t n)
{
    p = ngx_http_apigw_metrics_put(p, last, before);

    if (p == NULL || last - p < NGX_APIGW_NUMBER_LEN) {
        return NULL;
    }

    return ngx_apigw_number(p, n);
}


u_char *
ngx_http_apigw_metrics_put_string(u_char *p, u_char *last, const char *before,
    ngx_str_t *value)
{
    p = ngx_http_apigw_metrics_put(p, last, before);
    p = ngx_http_apigw_metrics_put(p, last, "\"");

    if (p == NULL
        || (size_t) (last - p) < ngx_apigw_json_string_len(value))
    {
        return NULL;
    }

    p = ngx_apigw_json_string(p, value);

    return ngx_http_apigw_metrics_put(p, last, "\"");
}
