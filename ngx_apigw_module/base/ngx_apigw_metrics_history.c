
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * One process at a time takes samples.  Where it is killed, the series it did
 * not come to have none for this step, and the one it was at may have a wrong
 * one; the next process goes on from there.
 */

#include "ngx_apigw_metrics_int.h"


/* what a call does at most; less where there are many slots to add up */

#define NGX_APIGW_METRICS_STAGES    8
#define NGX_APIGW_METRICS_ROUTES    512
#define NGX_APIGW_METRICS_PLACINGS  8       /* histories to be emptied */

/* activity of a request; a sixteenth of it is gone after each step */

#define NGX_APIGW_METRICS_ACTIVITY  16
#define NGX_APIGW_METRICS_MARGIN    32      /* for which no place is taken */


static ngx_uint_t ngx_apigw_metrics_piece(ngx_apigw_metrics_t *metrics,
    ngx_uint_t words, ngx_uint_t most);
static ngx_uint_t ngx_apigw_metrics_ready(ngx_apigw_metrics_t *metrics,
    ngx_uint_t kind, ngx_uint_t n);
static void ngx_apigw_metrics_sample_stages(ngx_apigw_metrics_t *metrics);
static void ngx_apigw_metrics_sample_stage(ngx_apigw_metrics_t *metrics,
    uint32_t n);
static void ngx_apigw_metrics_sample_routes(ngx_apigw_metrics_t *metrics);
static ngx_uint_t ngx_apigw_metrics_sample_route(ngx_apigw_metrics_t *metrics,
    uint32_t n);
static ngx_uint_t ngx_apigw_metrics_place(ngx_apigw_metrics_t *metrics,
    uint32_t n, ngx_uint_t begins);
static ngx_uint_t ngx_apigw_metrics_needed(ngx_apigw_metrics_t *metrics,
    ngx_uint_t route);
static void ngx_apigw_metrics_sample_busy(ngx_apigw_metrics_t *metrics);
static void ngx_apigw_metrics_sample_place(ngx_apigw_metrics_t *metrics,
    ngx_uint_t i, uint32_t n);
static ngx_atomic_uint_t ngx_apigw_metrics_requests(
    ngx_apigw_metrics_t *metrics, ngx_uint_t kind, uint32_t n);
static void ngx_apigw_metrics_begin(ngx_apigw_metrics_sample_t *sample);
static void ngx_apigw_metrics_end(ngx_apigw_metrics_sample_t *sample,
    uint32_t step);
static void ngx_apigw_metrics_fill(ngx_apigw_metrics_sample_t *sample,
    ngx_apigw_metrics_series_t *now, ngx_apigw_metrics_series_t *previous);
static uint64_t ngx_apigw_metrics_more(ngx_atomic_uint_t now,
    ngx_atomic_uint_t previous);
static uint32_t ngx_apigw_metrics_more32(ngx_atomic_uint_t now,
    ngx_atomic_uint_t previous);


/* A step that is far ahead is not believed. */

ngx_uint_t
ngx_apigw_metrics_due(ngx_apigw_metrics_t *metrics, uint64_t now)
{
    uint32_t           step;
    ngx_atomic_uint_t  last;

    step = ngx_apigw_metrics_now(now);
    last = metrics->head->step;

    if (last >= step && last - step < NGX_APIGW_METRICS_STEPS) {
        return 0;
    }

    if (!ngx_atomic_cmp_set(&metrics->head->step, last, step)) {
        return 0;
    }

    metrics->step = step;
    metrics->next = 0;

    return 1;
}


ngx_int_t
ngx_apigw_metrics_sample(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t  stages, routes;

    stages = metrics->size.room[NGX_APIGW_METRICS_STAGE];
    routes = metrics->size.room[NGX_APIGW_METRICS_ROUTE];

    /* we were too slow where another one has begun the next step */

    if (metrics->step == 0 || metrics->head->step != metrics->step) {
        metrics->step = 0;
        return NGX_OK;
    }

    if (metrics->next < stages) {
        ngx_apigw_metrics_sample_stages(metrics);
        return NGX_AGAIN;
    }

    if (metrics->next < stages + routes) {
        ngx_apigw_metrics_sample_routes(metrics);
        return NGX_AGAIN;
    }

    ngx_apigw_metrics_sample_busy(metrics);

    if (metrics->next < stages + routes + NGX_APIGW_METRICS_BUSY) {
        return NGX_AGAIN;
    }

    metrics->step = 0;

    return NGX_OK;
}


/* how many series are a piece, of so many words in a slot each */

static ngx_uint_t
ngx_apigw_metrics_piece(ngx_apigw_metrics_t *metrics, ngx_uint_t words,
    ngx_uint_t most)
{
    ngx_uint_t  n;

    n = words / metrics->size.nslots;

    return ngx_max(1, ngx_min(n, most));
}


static ngx_uint_t
ngx_apigw_metrics_ready(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    ngx_uint_t n)
{
    return n < ngx_apigw_metrics_used(metrics, kind)
           && ngx_apigw_metrics_record(metrics, kind, n)->ready;
}


static void
ngx_apigw_metrics_sample_stages(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t  n, last, used;

    used = ngx_apigw_metrics_used(metrics, NGX_APIGW_METRICS_STAGE);

    n = metrics->next;
    last = n + ngx_apigw_metrics_piece(metrics, 128, NGX_APIGW_METRICS_STAGES);

    for ( /* void */ ; n < used && n < last; n++) {

        if (ngx_apigw_metrics_ready(metrics, NGX_APIGW_METRICS_STAGE, n)) {
            ngx_apigw_metrics_sample_stage(metrics, (uint32_t) n);
        }
    }

    metrics->next = (n < used) ? n
                               : metrics->size.room[NGX_APIGW_METRICS_STAGE];
}


static void
ngx_apigw_metrics_sample_stage(ngx_apigw_metrics_t *metrics, uint32_t n)
{
    uint64_t                     latency[NGX_APIGW_HISTOGRAM_FINE];
    uint64_t                     integration[NGX_APIGW_HISTOGRAM_FINE];
    ngx_uint_t                   i;
    ngx_apigw_metrics_past_t    *past;
    ngx_apigw_metrics_stage_t    now, *previous;
    ngx_apigw_metrics_sample_t  *sample;

    past = &metrics->stages[n];
    previous = &past->previous;
    sample = &past->samples[metrics->step % NGX_APIGW_METRICS_STEPS];

    ngx_apigw_metrics_begin(sample);

    if (ngx_apigw_metrics_requests(metrics, NGX_APIGW_METRICS_STAGE, n)
        == previous->all.count)
    {
        ngx_apigw_metrics_end(sample, metrics->step);
        return;
    }

    ngx_apigw_metrics_sum(metrics, NGX_APIGW_METRICS_STAGE, n, &now);
    ngx_apigw_metrics_fill(sample, &now.all, &previous->all);

    i = metrics->throttled % NGX_APIGW_METRICS_ERRORS;
    sample->throttled = ngx_apigw_metrics_more32(now.errors[i],
                                                 previous->errors[i]);
    i = metrics->quota % NGX_APIGW_METRICS_ERRORS;
    sample->quota = ngx_apigw_metrics_more32(now.errors[i],
                                             previous->errors[i]);

    for (i = 0; i < NGX_APIGW_HISTOGRAM_FINE; i++) {
        latency[i] = ngx_apigw_metrics_more(now.latency[i],
                                            previous->latency[i]);
        integration[i] = ngx_apigw_metrics_more(now.integration[i],
                                                previous->integration[i]);
    }

    sample->p50 = ngx_apigw_histogram_fine(latency, 500);
    sample->p90 = ngx_apigw_histogram_fine(latency, 900);
    sample->p99 = ngx_apigw_histogram_fine(latency, 990);
    sample->i50 = ngx_apigw_histogram_fine(integration, 500);
    sample->i90 = ngx_apigw_histogram_fine(integration, 900);
    sample->i99 = ngx_apigw_histogram_fine(integration, 990);

    *previous = now;

    ngx_apigw_metrics_end(sample, metrics->step);
}


static void
ngx_apigw_metrics_sample_routes(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t  n, last, used, stages, placings;

    used = ngx_apigw_metrics_used(metrics, NGX_APIGW_METRICS_ROUTE);
    stages = metrics->size.room[NGX_APIGW_METRICS_STAGE];

    n = metrics->next - stages;
    last = n + ngx_apigw_metrics_piece(metrics, 4096,
                                       NGX_APIGW_METRICS_ROUTES);
    placings = 0;

    for ( /* void */ ; n < used && n < last; n++) {

        if (!ngx_apigw_metrics_ready(metrics, NGX_APIGW_METRICS_ROUTE, n)) {
            continue;
        }

        placings += ngx_apigw_metrics_sample_route(metrics, (uint32_t) n);

        if (placings == NGX_APIGW_METRICS_PLACINGS) {
            n++;
            break;
        }
    }

    metrics->next = stages;
    metrics->next += (n < used) ? n
                                : metrics->size.room[NGX_APIGW_METRICS_ROUTE];
}


/* 1: it has become one of the busy ones */

static ngx_uint_t
ngx_apigw_metrics_sample_route(ngx_apigw_metrics_t *metrics, uint32_t n)
{
    ngx_atomic_uint_t         count, before, activity;
    ngx_apigw_metrics_use_t  *use;

    use = &metrics->routes[n];

    count = ngx_apigw_metrics_requests(metrics, NGX_APIGW_METRICS_ROUTE, n);
    before = use->count;
    activity = use->activity;

    if (count == before && activity == 0) {
        return 0;
    }

    activity -= activity / NGX_APIGW_METRICS_ACTIVITY
                + (activity % NGX_APIGW_METRICS_ACTIVITY != 0);
    activity += (ngx_atomic_uint_t) ngx_apigw_metrics_more32(count, before)
                * NGX_APIGW_METRICS_ACTIVITY;

    use->count = count;
    use->activity = activity;

    return ngx_apigw_metrics_place(metrics, n, before != 0);
}


/* A place is taken from the idlest route, by one that is clearly busier. */

static ngx_uint_t
ngx_apigw_metrics_place(ngx_apigw_metrics_t *metrics, uint32_t n,
    ngx_uint_t begins)
{
    ngx_uint_t                  i, idlest, needed, least;
    ngx_apigw_metrics_place_t  *places;

    places = metrics->head->places;
    idlest = 0;
    least = (ngx_uint_t) -1;

    for (i = 0; i < NGX_APIGW_METRICS_BUSY; i++) {

        if (places[i].route == (ngx_atomic_uint_t) n + 1) {
            return 0;
        }

        needed = ngx_apigw_metrics_needed(metrics, places[i].route);

        if (needed < least) {
            least = needed;
            idlest = i;
        }
    }

    if (metrics->routes[n].activity <= least) {
        return 0;
    }

    places[idlest].route = 0;

    ngx_memory_barrier();

    ngx_memzero(&metrics->busy[idlest], sizeof(ngx_apigw_metrics_busy_t));
    places[idlest].begins = begins;

    ngx_memory_barrier();

    places[idlest].route = (ngx_atomic_uint_t) n + 1;

    return 1;
}


/* the activity that is not enough to take the place of a route */

static ngx_uint_t
ngx_apigw_metrics_needed(ngx_apigw_metrics_t *metrics, ngx_uint_t route)
{
    if (route == 0
        || !ngx_apigw_metrics_ready(metrics, NGX_APIGW_METRICS_ROUTE,
                                    route - 1))
    {
        return 0;
    }

    return 2 * metrics->routes[route - 1].activity
           + NGX_APIGW_METRICS_MARGIN;
}


static void
ngx_apigw_metrics_sample_busy(ngx_apigw_metrics_t *metrics)
{
    ngx_uint_t  i, route, last, first;

    first = metrics->size.room[NGX_APIGW_METRICS_STAGE]
            + metrics->size.room[NGX_APIGW_METRICS_ROUTE];

    i = metrics->next - first;
    last = i + ngx_apigw_metrics_piece(metrics, 1024, NGX_APIGW_METRICS_BUSY);
    last = ngx_min(last, NGX_APIGW_METRICS_BUSY);

    for ( /* void */ ; i < last; i++) {
        route = metrics->head->places[i].route;

        if (route
            && ngx_apigw_metrics_ready(metrics, NGX_APIGW_METRICS_ROUTE,
                                       route - 1))
        {
            ngx_apigw_metrics_sample_place(metrics, i, (uint32_t) route - 1);
        }
    }

    metrics->next = first + i;
}


static void
ngx_apigw_metrics_sample_place(ngx_apigw_metrics_t *metrics, ngx_uint_t i,
    uint32_t n)
{
    uint64_t                     latency[NGX_APIGW_HISTOGRAM_COARSE];
    uint64_t                     integration[NGX_APIGW_HISTOGRAM_COARSE];
    ngx_uint_t                   k;
    ngx_apigw_metrics_busy_t    *busy;
    ngx_apigw_metrics_place_t   *place;
    ngx_apigw_metrics_series_t   now, *previous;
    ngx_apigw_metrics_sample_t  *sample;

    busy = &metrics->busy[i];
    place = &metrics->head->places[i];
    previous = &busy->previous;

    ngx_apigw_metrics_sum(metrics, NGX_APIGW_METRICS_ROUTE, n, &now);

    if (place->begins) {
        *previous = now;
        ngx_memory_barrier();
        place->begins = 0;
        return;
    }

    sample = &busy->samples[metrics->step % NGX_APIGW_METRICS_STEPS];

    ngx_apigw_metrics_begin(sample);
    ngx_apigw_metrics_fill(sample, &now, previous);

    for (k = 0; k < NGX_APIGW_HISTOGRAM_COARSE; k++) {
        latency[k] = ngx_apigw_metrics_more(now.latency[k],
                                            previous->latency[k]);
        integration[k] = ngx_apigw_metrics_more(now.integration[k],
                                                previous->integration[k]);
    }

    sample->p50 = ngx_apigw_histogram_coarse(latency, 500);
    sample->p90 = ngx_apigw_histogram_coarse(latency, 900);
    sample->p99 = ngx_apigw_histogram_coarse(latency, 990);
    sample->i50 = ngx_apigw_histogram_coarse(integration, 500);
    sample->i90 = ngx_apigw_histogram_coarse(integration, 900);
    sample->i99 = ngx_apigw_histogram_coarse(integration, 990);

    *previous = now;

    ngx_apigw_metrics_end(sample, metrics->step);
}


/* their count is the first word of both kinds */

static ngx_atomic_uint_t
ngx_apigw_metrics_requests(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    uint32_t n)
{
    ngx_uint_t          i;
    ngx_atomic_t       *count;
    ngx_atomic_uint_t   sum;

    sum = 0;

    for (i = 0; i < metrics->size.nslots; i++) {
        count = ngx_apigw_metrics_at(metrics,
                                     ngx_apigw_metrics_slot(metrics, i), kind,
                                     n);
        sum += *count;
    }

    return sum;
}


/* While it is written, it is the sample of no step. */

static void
ngx_apigw_metrics_begin(ngx_apigw_metrics_sample_t *sample)
{
    *(volatile uint32_t *) &sample->step = 0;

    ngx_memory_barrier();

    ngx_memzero(sample, sizeof(ngx_apigw_metrics_sample_t));
}


static void
ngx_apigw_metrics_end(ngx_apigw_metrics_sample_t *sample, uint32_t step)
{
    ngx_memory_barrier();

    *(volatile uint32_t *) &sample->step = step;
}


static void
ngx_apigw_metrics_fill(ngx_apigw_metrics_sample_t *sample,
    ngx_apigw_metrics_series_t *now, ngx_apigw_metrics_series_t *previous)
{
    sample->count = ngx_apigw_metrics_more32(now->count, previous->count);
    sample->c4xx = ngx_apigw_metrics_more32(now->classes[3],
                                            previous->classes[3]);
    sample->c5xx = ngx_apigw_metrics_more32(now->classes[4],
                                            previous->classes[4]);
    sample->received = ngx_apigw_metrics_more(now->received,
                                              previous->received);
    sample->sent = ngx_apigw_metrics_more(now->sent, previous->sent);
}


/* There is less where the series has got a new meaning meanwhile. */

static uint64_t
ngx_apigw_metrics_more(ngx_atomic_uint_t now, ngx_atomic_uint_t previous)
{
    return (now > previous) ? now - previous : 0;
}


static uint32_t
ngx_apigw_metrics_more32(ngx_atomic_uint_t now, ngx_atomic_uint_t previous)
{
    uint64_t  more;

    more = ngx_apigw_metrics_more(now, previous);

    return (uint32_t) ngx_min(more, 0xffffffff);
}


void
ngx_apigw_metrics_forget(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    ngx_uint_t n)
{
    ngx_uint_t                  i;
    ngx_apigw_metrics_place_t  *places;

    if (kind == NGX_APIGW_METRICS_STAGE) {
        ngx_memzero(&metrics->stages[n], sizeof(ngx_apigw_metrics_past_t));
    }

    if (kind != NGX_APIGW_METRICS_ROUTE) {
        return;
    }

    places = metrics->head->places;

    for (i = 0; i < NGX_APIGW_METRICS_BUSY; i++) {

        if (places[i].route == n + 1) {
            places[i].route = 0;
        }
    }

    ngx_memzero(&metrics->routes[n], sizeof(ngx_apigw_metrics_use_t));
}


ngx_apigw_metrics_sample_t *
ngx_apigw_metrics_stage_history(ngx_apigw_metrics_t *metrics, uint32_t stage)
{
    if (stage >= metrics->size.room[NGX_APIGW_METRICS_STAGE]) {
        return NULL;
    }

    return metrics->stages[stage].samples;
}


ngx_apigw_metrics_sample_t *
ngx_apigw_metrics_busy_history(ngx_apigw_metrics_t *metrics, ngx_uint_t n,
    uint32_t *route)
{
    ngx_atomic_uint_t  place;

    if (n >= NGX_APIGW_METRICS_BUSY) {
        return NULL;
    }

    place = metrics->head->places[n].route;

    if (place == 0
        || !ngx_apigw_metrics_ready(metrics, NGX_APIGW_METRICS_ROUTE,
                                    place - 1))
    {
        return NULL;
    }

    *route = (uint32_t) place - 1;

    return metrics->busy[n].samples;
}
