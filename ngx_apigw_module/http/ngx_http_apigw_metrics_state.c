
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


static ngx_int_t ngx_http_apigw_metrics_stages(ngx_http_apigw_metrics_t *m);
static void ngx_http_apigw_metrics_records(ngx_apigw_table_t *table,
    uint64_t *records);
static ngx_uint_t ngx_http_apigw_metrics_used(ngx_http_apigw_metrics_t *m,
    uint32_t series);


ngx_int_t
ngx_http_apigw_metrics_init(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t                       i;
    ngx_apigw_zone_t                *zone;
    ngx_http_apigw_metrics_state_t  *state;

    m->mcf = ngx_http_apigw_get_main_conf(m->request);
    m->metrics = &m->mcf->metrics->metrics;

    zone = m->mcf->zone;
    state = &m->state;

    state->one = 1;
    state->born = ngx_apigw_metrics_born(m->metrics);
    state->generation = zone->generation;
    state->missed = m->mcf->metrics->missed;
    state->buckets = zone->buckets.nsets * NGX_APIGW_BUCKETS_WAYS;
    state->full = *zone->full;

    for (i = 0; i < NGX_APIGW_LEASE_MODES; i++) {
        state->modes[i] = zone->store->modes[i];
    }

    state->workers = ngx_apigw_metrics_sum_gauges(m->metrics,
                                                  ngx_apigw_metrics_zone_alive,
                                                  &state->gauges);
    ngx_apigw_metrics_sum_workers(m->metrics, &state->counters);

    ngx_http_apigw_metrics_records(&zone->cell_table, state->cells);
    ngx_http_apigw_metrics_records(&zone->quota_table, state->quotas);

    if (m->metrics->slot) {
        ngx_apigw_metrics_add(m->metrics, &m->metrics->slot->worker.scrapes,
                              1);
    }

    return ngx_http_apigw_metrics_stages(m);
}


static void
ngx_http_apigw_metrics_records(ngx_apigw_table_t *table, uint64_t *records)
{
    records[2] = table->head->capacity;
    records[0] = ngx_min(table->head->used, records[2]);
    records[1] = records[2] - records[0];
}


static ngx_int_t
ngx_http_apigw_metrics_stages(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t               i, n;
    ngx_http_apigw_api_t   **apis;
    ngx_http_apigw_stage_t **stages;

    apis = m->mcf->apis.elts;

    for (n = 0, i = 0; i < m->mcf->apis.nelts; i++) {
        n += apis[i]->stages.nelts;
    }

    m->stages = ngx_palloc(m->request->pool, (n + 1) * sizeof(void *));
    if (m->stages == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < m->mcf->apis.nelts; i++) {
        stages = apis[i]->stages.elts;

        for (n = 0; n < apis[i]->stages.nelts; n++) {

            if (stages[n]->series != NGX_APIGW_METRICS_NONE) {
                m->stages[m->nstages++] = stages[n];
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_metrics_write(ngx_http_apigw_report_t *report)
{
    u_char                    *p;
    size_t                     size;
    ngx_buf_t                 *b;
    ngx_http_apigw_metrics_t  *m;

    m = report->data;
    m->cost = 0;

    while (m->cost < NGX_HTTP_APIGW_METRICS_COST) {
        b = report->buf;

        p = m->item(m, b->last, b->end);

        if (p) {
            b->last = p;

            if (m->next(m) != NGX_OK) {
                return NGX_OK;
            }

            continue;
        }

        if (m->failed) {
            return NGX_ERROR;
        }

        if (b->last != b->pos) {
            return NGX_AGAIN;
        }

        size = b->end - b->start;

        if (ngx_http_apigw_report_room(report, 2 * size) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_apigw_metrics_sum(ngx_http_apigw_metrics_t *m, ngx_uint_t kind,
    uint32_t series, void *sum, size_t size)
{
    m->cost += ngx_apigw_metrics_nslots(m->metrics)
               * ngx_http_apigw_metrics_lines(size);

    if (series == NGX_APIGW_METRICS_NONE) {
        return NGX_DECLINED;
    }

    ngx_apigw_metrics_sum(m->metrics, kind, series, sum);

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_metrics_route(ngx_http_apigw_metrics_t *m,
    ngx_apigw_metrics_series_t *sum)
{
    ngx_http_apigw_route_t  *route;

    if (m->stages[m->stage]->routes.nelts == 0) {
        return NGX_DECLINED;
    }

    route = ngx_http_apigw_metrics_this_route(m);

    if (!ngx_http_apigw_metrics_used(m, route->series)) {
        return NGX_DECLINED;
    }

    return ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_ROUTE,
                                      route->series, sum,
                                      sizeof(ngx_apigw_metrics_series_t));
}


static ngx_uint_t
ngx_http_apigw_metrics_used(ngx_http_apigw_metrics_t *m, uint32_t series)
{
    ngx_uint_t                   i, n;
    ngx_apigw_metrics_slot_t    *slot;
    ngx_apigw_metrics_series_t  *counters;

    /* the route itself, too */

    m->cost += 2;

    if (series == NGX_APIGW_METRICS_NONE) {
        return 0;
    }

    n = ngx_apigw_metrics_nslots(m->metrics);

    for (i = 0; i < n; i++) {
        m->cost++;

        slot = ngx_apigw_metrics_slot(m->metrics, i);
        counters = ngx_apigw_metrics_at(m->metrics, slot,
                                        NGX_APIGW_METRICS_ROUTE, series);
        if (counters->count) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_apigw_metrics_next_route(ngx_http_apigw_metrics_t *m)
{
    m->route++;

    if (m->route >= m->stages[m->stage]->routes.nelts) {
        m->route = 0;
        m->stage++;
    }

    if (m->stage == m->nstages) {
        m->stage = 0;
        return NGX_DONE;
    }

    return NGX_OK;
}
