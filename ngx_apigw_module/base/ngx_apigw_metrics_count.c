
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Called for each request: compiled once for a slot of our own, and once for
 * the shared one.
 */

#include "ngx_apigw_metrics.h"


/* where a request counts, in a stage and in a route alike */

typedef struct {
    ngx_uint_t                 class;       /* 0: 1xx; 5 and more: none */
    ngx_uint_t                 latency;     /* coarse buckets */
    ngx_uint_t                 integration;
} ngx_apigw_metrics_places_t;


static ngx_inline void
ngx_apigw_metrics_plus(ngx_atomic_t *counter, uint64_t n, ngx_uint_t shared)
{
    if (shared) {
        (void) ngx_atomic_fetch_add(counter, n);

    } else {
        *(ngx_atomic_uint_t *) counter += n;    /* one instruction */
    }
}


static ngx_inline void
ngx_apigw_metrics_count_series(ngx_apigw_metrics_series_t *series,
    ngx_apigw_metrics_request_t *request, ngx_apigw_metrics_places_t *places,
    ngx_uint_t shared)
{
    ngx_apigw_metrics_plus(&series->count, 1, shared);

    if (places->class < 5) {
        ngx_apigw_metrics_plus(&series->classes[places->class], 1, shared);
    }

    ngx_apigw_metrics_plus(&series->received, request->received, shared);
    ngx_apigw_metrics_plus(&series->sent, request->sent, shared);

    if (request->cache == 1) {
        ngx_apigw_metrics_plus(&series->hits, 1, shared);

    } else if (request->cache == 2) {
        ngx_apigw_metrics_plus(&series->misses, 1, shared);
    }

    ngx_apigw_metrics_plus(&series->latency_sum, request->latency, shared);
    ngx_apigw_metrics_plus(&series->latency[places->latency], 1, shared);

    if (request->integration >= 0) {
        ngx_apigw_metrics_plus(&series->integration_sum,
                               (uint64_t) request->integration, shared);
        ngx_apigw_metrics_plus(&series->integration[places->integration], 1,
                               shared);
    }
}


static ngx_inline void
ngx_apigw_metrics_count_stage(ngx_apigw_metrics_stage_t *stage,
    ngx_apigw_metrics_request_t *request, ngx_apigw_metrics_places_t *places,
    ngx_uint_t shared)
{
    ngx_uint_t  i;

    ngx_apigw_metrics_count_series(&stage->all, request, places, shared);

    i = ngx_apigw_histogram_fine_index(request->latency);
    ngx_apigw_metrics_plus(&stage->latency[i], 1, shared);

    if (request->integration >= 0) {
        i = ngx_apigw_histogram_fine_index((uint64_t) request->integration);
        ngx_apigw_metrics_plus(&stage->integration[i], 1, shared);
    }

    if (request->error && request->error < NGX_APIGW_METRICS_ERRORS) {
        ngx_apigw_metrics_plus(&stage->errors[request->error], 1, shared);
    }
}


static ngx_inline void
ngx_apigw_metrics_count_all(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_request_t *request, ngx_uint_t shared)
{
    u_char                      *plan;
    ngx_apigw_metrics_slot_t    *slot;
    ngx_apigw_metrics_places_t   places;

    slot = metrics->slot;

    places.class = request->status / 100 - 1;
    places.latency = ngx_apigw_histogram_coarse_index(request->latency);
    places.integration = 0;

    if (request->integration >= 0) {
        places.integration =
           ngx_apigw_histogram_coarse_index((uint64_t) request->integration);
    }

    if (request->stage != NGX_APIGW_METRICS_NONE) {
        ngx_apigw_metrics_count_stage(
            ngx_apigw_metrics_at(metrics, slot, NGX_APIGW_METRICS_STAGE,
                                 request->stage),
            request, &places, shared);
    }

    if (request->route != NGX_APIGW_METRICS_NONE) {
        ngx_apigw_metrics_count_series(
            ngx_apigw_metrics_at(metrics, slot, NGX_APIGW_METRICS_ROUTE,
                                 request->route),
            request, &places, shared);
    }

    if (request->plan != NGX_APIGW_METRICS_NONE) {
        plan = ngx_apigw_metrics_at(metrics, slot, NGX_APIGW_METRICS_PLAN,
                                    request->plan);

        ngx_apigw_metrics_plus((ngx_atomic_t *) (plan + request->verdict), 1,
                               shared);
    }
}


void
ngx_apigw_metrics_count(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_request_t *request)
{
    if (metrics->slot == NULL) {
        return;
    }

    if (metrics->shared) {
        ngx_apigw_metrics_count_all(metrics, request, 1);

    } else {
        ngx_apigw_metrics_count_all(metrics, request, 0);
    }
}
