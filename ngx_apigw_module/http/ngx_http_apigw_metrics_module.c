
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics.h"


/*
 * Counts requests when they end, in the series of their stage, route and plan,
 * and once a second what else a worker knows.
 */


static ngx_int_t ngx_http_apigw_metrics_handler(ngx_http_request_t *r);
static void ngx_http_apigw_metrics_of(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_metrics_request_t *request);
static ngx_uint_t ngx_http_apigw_metrics_status(ngx_http_request_t *r);
static uint64_t ngx_http_apigw_metrics_latency(ngx_http_request_t *r);
static ngx_uint_t ngx_http_apigw_metrics_cache(ngx_http_request_t *r);
static void ngx_http_apigw_metrics_plan(ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_metrics_request_t *request);
static void ngx_http_apigw_metrics_consumer(ngx_http_apigw_main_conf_t *mcf,
    ngx_http_apigw_ctx_t *ctx, uint64_t sent);

static void ngx_http_apigw_metrics_collect(ngx_apigw_metrics_zone_t *zone,
    void *data);
static void ngx_http_apigw_metrics_redis(ngx_apigw_metrics_t *metrics,
    ngx_apigw_redis_t *redis);
static void ngx_http_apigw_metrics_gauges(ngx_apigw_metrics_gauges_t *gauges,
    ngx_http_apigw_main_conf_t *mcf);
static ngx_uint_t ngx_http_apigw_metrics_connections(void);

static ngx_int_t ngx_http_apigw_metrics_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_metrics_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_apigw_metrics_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_metrics_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_apigw_metrics_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_metrics_init,           /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_metrics_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_metrics_module_ctx,    /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_apigw_metrics_init_module,    /* init module */
    ngx_http_apigw_metrics_init_process,   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_metrics_exit_process,   /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_apigw_metrics_handler(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t         *ctx;
    ngx_http_apigw_main_conf_t   *mcf;
    ngx_apigw_metrics_request_t   request;

    if (r != r->main) {
        return NGX_OK;
    }

    mcf = ngx_http_apigw_get_main_conf(r);
    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL
        || ctx->stage == NULL
        || mcf->metrics == NULL
        || mcf->metrics->metrics.slot == NULL)
    {
        return NGX_OK;
    }

    ngx_http_apigw_metrics_of(r, ctx, &request);

    ngx_apigw_metrics_count(&mcf->metrics->metrics, &request);

    if (ctx->consumer) {
        ngx_http_apigw_metrics_consumer(mcf, ctx, request.sent);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_metrics_of(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_metrics_request_t *request)
{
    request->stage = ctx->stage->series;
    request->route = ctx->route ? ctx->route->series : NGX_APIGW_METRICS_NONE;
    request->error = ctx->error;
    request->status = ngx_http_apigw_metrics_status(r);
    request->latency = ngx_http_apigw_metrics_latency(r);
    request->integration = ngx_http_apigw_integration_latency(r);
    request->received = (uint64_t) r->request_length;
    request->sent = (uint64_t) r->connection->sent;
    request->cache = ngx_http_apigw_metrics_cache(r);

    ngx_http_apigw_metrics_plan(ctx, request);
}


/* as $status */

static ngx_uint_t
ngx_http_apigw_metrics_status(ngx_http_request_t *r)
{
    return r->err_status ? r->err_status : r->headers_out.status;
}


/* as $request_time */

static uint64_t
ngx_http_apigw_metrics_latency(ngx_http_request_t *r)
{
    int64_t      ms;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    ms = (int64_t) (tp->sec - r->start_sec) * 1000
         + ((int64_t) tp->msec - (int64_t) r->start_msec);

    return (ms > 0) ? (uint64_t) ms : 0;
}


/* 0: no cache was asked, 1: hit, 2: miss */

static ngx_uint_t
ngx_http_apigw_metrics_cache(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)

    if (r->upstream == NULL) {
        return 0;
    }

    switch (r->upstream->cache_status) {

    case NGX_HTTP_CACHE_HIT:
    case NGX_HTTP_CACHE_STALE:
    case NGX_HTTP_CACHE_UPDATING:
    case NGX_HTTP_CACHE_REVALIDATED:
        return 1;

    case NGX_HTTP_CACHE_MISS:
    case NGX_HTTP_CACHE_EXPIRED:
    case NGX_HTTP_CACHE_BYPASS:
        return 2;
    }

#endif

    return 0;
}


static void
ngx_http_apigw_metrics_plan(ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_metrics_request_t *request)
{
    request->plan = ctx->plan ? ctx->plan->series : NGX_APIGW_METRICS_NONE;
    request->verdict = offsetof(ngx_apigw_metrics_plan_t, admitted);

    switch (ctx->error) {

    case NGX_HTTP_APIGW_THROTTLED:
        request->verdict = offsetof(ngx_apigw_metrics_plan_t, throttled);
        break;

    case NGX_HTTP_APIGW_QUOTA_EXCEEDED:
        request->verdict = offsetof(ngx_apigw_metrics_plan_t, refused);
        break;

    case NGX_HTTP_APIGW_QUOTA_UNAVAILABLE:
        request->verdict = offsetof(ngx_apigw_metrics_plan_t, unavailable);
        break;

    default:

        if (ctx->passed == NULL) {
            request->plan = NGX_APIGW_METRICS_NONE;
        }
    }
}


/* one process writes a sketch: the shared slot has none */

static void
ngx_http_apigw_metrics_consumer(ngx_http_apigw_main_conf_t *mcf,
    ngx_http_apigw_ctx_t *ctx, uint64_t sent)
{
    ngx_str_t             id;
    ngx_uint_t            refused;
    ngx_apigw_metrics_t  *metrics;

    metrics = &mcf->metrics->metrics;

    if (metrics->shared) {
        return;
    }

    refused = (ctx->error == NGX_HTTP_APIGW_THROTTLED
               || ctx->error == NGX_HTTP_APIGW_QUOTA_EXCEEDED);

    ngx_apigw_keys_id(mcf->keys, ctx->consumer, &id);

    ngx_apigw_topk_count(&metrics->slot->topk, &id, refused, sent);
}


static void
ngx_http_apigw_metrics_collect(ngx_apigw_metrics_zone_t *zone, void *data)
{
    ngx_http_apigw_main_conf_t *mcf = data;

    ngx_apigw_metrics_t  *metrics;

    metrics = &zone->metrics;

    if (mcf->redis) {
        ngx_http_apigw_metrics_redis(metrics, mcf->redis);
    }

    if (!metrics->shared) {
        ngx_http_apigw_metrics_gauges(&metrics->slot->gauges, mcf);
    }
}


static void
ngx_http_apigw_metrics_redis(ngx_apigw_metrics_t *metrics,
    ngx_apigw_redis_t *redis)
{
    ngx_uint_t                   i;
    ngx_apigw_redis_stats_t     *stats;
    ngx_apigw_metrics_worker_t  *worker;

    stats = ngx_apigw_redis_stats(redis);
    worker = &metrics->slot->worker;

    if (stats->commands + stats->failures == 0) {
        return;
    }

    ngx_apigw_metrics_add(metrics, &worker->redis_commands, stats->commands);
    ngx_apigw_metrics_add(metrics, &worker->redis_failures, stats->failures);
    ngx_apigw_metrics_add(metrics, &worker->redis_sum, stats->sum);

    for (i = 0; i < NGX_APIGW_HISTOGRAM_COARSE; i++) {
        ngx_apigw_metrics_add(metrics, &worker->redis_buckets[i],
                              stats->buckets[i]);
    }

    ngx_memzero(stats, sizeof(ngx_apigw_redis_stats_t));
}


static void
ngx_http_apigw_metrics_gauges(ngx_apigw_metrics_gauges_t *gauges,
    ngx_http_apigw_main_conf_t *mcf)
{
    ngx_uint_t                      i, tokens, parked;
    ngx_http_apigw_watched_t      **watched;
    ngx_http_apigw_watched_stat_t   stat;

    tokens = 0;
    parked = 0;
    watched = mcf->watched.elts;

    for (i = 0; i < mcf->watched.nelts; i++) {
        ngx_http_apigw_watched_stat(watched[i], &stat);

        tokens += stat.tokens;
        parked += stat.parked;
    }

    if (mcf->leases) {
        parked += ngx_apigw_leases_parked(mcf->leases);
        gauges->breaker = ngx_apigw_leases_broken(mcf->leases);
    }

    gauges->redis_up = mcf->redis ? ngx_apigw_redis_up(mcf->redis) : 0;
    gauges->connections = ngx_http_apigw_metrics_connections();
    gauges->tokens = tokens;
    gauges->parked = parked;
}


/* without those that listen, and the channel of the master */

static ngx_uint_t
ngx_http_apigw_metrics_connections(void)
{
    ngx_uint_t        i, n, own;
    ngx_listening_t  *ls;

    own = (ngx_process == NGX_PROCESS_WORKER);
    ls = ngx_cycle->listening.elts;

    for (i = 0; i < ngx_cycle->listening.nelts; i++) {

        if (ls[i].connection) {
            own++;
        }
    }

    n = ngx_cycle->connection_n - ngx_cycle->free_connection_n;

    return (n > own) ? n - own : 0;
}


static ngx_int_t
ngx_http_apigw_metrics_init(ngx_conf_t *cf)
{
    ngx_apigw_metrics_size_t     needed;
    ngx_apigw_metrics_zone_t    *zone;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    ngx_http_apigw_metrics_need(mcf, &needed);

    if (mcf->apis.nelts == 0 || mcf->metrics_off) {
        return NGX_OK;
    }

    zone = ngx_apigw_metrics_zone_add(cf, mcf->zone, mcf->metrics_size,
                                      &needed, &ngx_http_apigw_metrics_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->claim = ngx_http_apigw_metrics_claim;
    zone->collect = ngx_http_apigw_metrics_collect;
    zone->data = mcf;

    mcf->metrics = zone;

    return ngx_http_apigw_conf_log_first(cf, ngx_http_apigw_metrics_handler);
}


/*
 * A single process does not call init_process when it is reloaded.  Requests
 * of the former configuration go on in it, but where nothing is counted any
 * more their zone is unmapped.
 */

static ngx_int_t
ngx_http_apigw_metrics_init_module(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf, *old;

    if (ngx_process != NGX_PROCESS_SINGLE
        || ngx_test_config
        || ngx_is_init_cycle(cycle->old_cycle))
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);
    old = ngx_http_cycle_get_module_main_conf(cycle->old_cycle,
                                              ngx_apigw_module);

    if (old && old->metrics) {
        ngx_apigw_metrics_zone_leave(old->metrics);

        if (mcf == NULL || mcf->metrics == NULL) {
            old->metrics = NULL;
        }
    }

    return ngx_http_apigw_metrics_init_process(cycle);
}


static ngx_int_t
ngx_http_apigw_metrics_init_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_worker_conf(cycle);

    if (mcf && mcf->metrics) {
        ngx_apigw_metrics_zone_enter(mcf->metrics, cycle->log);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_metrics_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);

    if (mcf && mcf->metrics) {
        ngx_apigw_metrics_zone_leave(mcf->metrics);
    }
}
