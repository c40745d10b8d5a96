
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/* a sample may be late by that, in ms */
#define NGX_HTTP_APIGW_METRICS_LATE  2000


/* a column of a history */

typedef struct {
    const char                    *name;
    size_t                         offset;
    ngx_uint_t                     wide;        /* 64 bits */
    ngx_uint_t                     route;       /* routes have it, too */
} ngx_http_apigw_metrics_column_t;


static u_char *ngx_http_apigw_metrics_total(u_char *p, u_char *last,
    ngx_apigw_metrics_series_t *sum);
static u_char *ngx_http_apigw_metrics_latency(u_char *p, u_char *last,
    const char *name, const ngx_atomic_t *counts, const ngx_atomic_t *fine,
    uint64_t sum, ngx_uint_t integration);
static u_char *ngx_http_apigw_metrics_errors(u_char *p, u_char *last,
    ngx_apigw_metrics_stage_t *sum);
static void ngx_http_apigw_metrics_is_busy(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_route_t *route);
static u_char *ngx_http_apigw_metrics_columns(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last, ngx_apigw_metrics_sample_t *samples,
    ngx_uint_t route);
static u_char *ngx_http_apigw_metrics_column(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last, ngx_apigw_metrics_sample_t *samples,
    ngx_http_apigw_metrics_column_t *column);


#define ngx_http_apigw_metrics_of(field)                                     \
    offsetof(ngx_apigw_metrics_sample_t, field)

static ngx_http_apigw_metrics_column_t  ngx_http_apigw_metrics_shown[] = {
    { ",\"count\":", ngx_http_apigw_metrics_of(count), 0, 1 },
    { ",\"c4xx\":", ngx_http_apigw_metrics_of(c4xx), 0, 1 },
    { ",\"c5xx\":", ngx_http_apigw_metrics_of(c5xx), 0, 1 },
    { ",\"throttled\":", ngx_http_apigw_metrics_of(throttled), 0, 0 },
    { ",\"quota\":", ngx_http_apigw_metrics_of(quota), 0, 0 },
    { ",\"p50\":", ngx_http_apigw_metrics_of(p50), 0, 1 },
    { ",\"p90\":", ngx_http_apigw_metrics_of(p90), 0, 1 },
    { ",\"p99\":", ngx_http_apigw_metrics_of(p99), 0, 1 },
    { ",\"i50\":", ngx_http_apigw_metrics_of(i50), 0, 0 },
    { ",\"i90\":", ngx_http_apigw_metrics_of(i90), 0, 0 },
    { ",\"i99\":", ngx_http_apigw_metrics_of(i99), 0, 0 },
    { ",\"received\":", ngx_http_apigw_metrics_of(received), 1, 0 },
    { ",\"sent\":", ngx_http_apigw_metrics_of(sent), 1, 0 },
    { NULL, 0, 0, 0 }
};


u_char *
ngx_http_apigw_metrics_json_stage(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_stage_t      *stage;
    ngx_apigw_metrics_stage_t    sum;
    ngx_apigw_metrics_sample_t  *samples;

    stage = m->stages[m->index - 1];

    if (ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_STAGE, stage->series,
                                   &sum, sizeof(sum))
        != NGX_OK)
    {
        return p;
    }

    p = ngx_http_apigw_metrics_put_string(p, last, "{\"api\":",
                                          &stage->api->name);
    p = ngx_http_apigw_metrics_put_string(p, last, ",\"stage\":",
                                          &stage->name);
    p = ngx_http_apigw_metrics_put(p, last, stage->type == NGX_APIGW_REST
                                            ? ",\"type\":\"rest\""
                                            : ",\"type\":\"http\"");

    p = ngx_http_apigw_metrics_total(p, last, &sum.all);
    p = ngx_http_apigw_metrics_latency(p, last, ",\"latency\":[",
                                       sum.all.latency, sum.latency,
                                       sum.all.latency_sum, 0);
    p = ngx_http_apigw_metrics_latency(p, last, ",\"integration\":[",
                                       sum.all.integration, sum.integration,
                                       sum.all.integration_sum, 1);
    p = ngx_http_apigw_metrics_errors(p, last, &sum);

    samples = ngx_apigw_metrics_stage_history(m->metrics, stage->series);

    p = ngx_http_apigw_metrics_columns(m, p, last, samples, 0);

    return ngx_http_apigw_metrics_put(p, last, "}");
}


u_char *
ngx_http_apigw_metrics_json_route(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_route_t      *route;
    ngx_apigw_metrics_series_t   sum;

    if (ngx_http_apigw_metrics_route(m, &sum) != NGX_OK) {
        return p;
    }

    route = ngx_http_apigw_metrics_this_route(m);

    ngx_http_apigw_metrics_is_busy(m, route);

    p = ngx_http_apigw_metrics_put_number(p, last, "{\"s\":", m->stage);
    p = ngx_http_apigw_metrics_put_string(p, last, ",\"route\":",
                                          &route->key.key);

    p = ngx_http_apigw_metrics_total(p, last, &sum);
    p = ngx_http_apigw_metrics_latency(p, last, ",\"latency\":[", sum.latency,
                                       NULL, sum.latency_sum, 0);
    p = ngx_http_apigw_metrics_latency(p, last, ",\"integration\":[",
                                       sum.integration, NULL,
                                       sum.integration_sum, 1);

    return ngx_http_apigw_metrics_put(p, last, "}");
}


static u_char *
ngx_http_apigw_metrics_total(u_char *p, u_char *last,
    ngx_apigw_metrics_series_t *sum)
{
    ngx_uint_t  i;

    p = ngx_http_apigw_metrics_put_number(p, last, ",\"total\":[", sum->count);

    for (i = 0; i < 5; i++) {
        p = ngx_http_apigw_metrics_put_number(p, last, ",", sum->classes[i]);
    }

    p = ngx_http_apigw_metrics_put_number(p, last, ",", sum->received);
    p = ngx_http_apigw_metrics_put_number(p, last, ",", sum->sent);
    p = ngx_http_apigw_metrics_put_number(p, last, ",", sum->hits);
    p = ngx_http_apigw_metrics_put_number(p, last, ",", sum->misses);

    return ngx_http_apigw_metrics_put(p, last, "]");
}


/* p50, p90, p99, mean, and of integrations how many there were */

static u_char *
ngx_http_apigw_metrics_latency(u_char *p, u_char *last, const char *name,
    const ngx_atomic_t *counts, const ngx_atomic_t *fine, uint64_t sum,
    ngx_uint_t integration)
{
    uint64_t    n;
    ngx_uint_t  i, quantile;

    static const ngx_uint_t  quantiles[] = { 500, 900, 990 };

    for (n = 0, i = 0; i < NGX_APIGW_HISTOGRAM_COARSE; i++) {
        n += counts[i];
    }

    for (i = 0; i < 3; i++) {
        quantile = fine ? ngx_apigw_histogram_fine((const uint64_t *) fine,
                                                   quantiles[i])
                        : ngx_apigw_histogram_coarse((const uint64_t *) counts,
                                                     quantiles[i]);

        p = ngx_http_apigw_metrics_put_number(p, last, i ? "," : name,
                                              quantile);
    }

    p = ngx_http_apigw_metrics_put(p, last, ",");
    p = ngx_apigw_exposition_number(p, last, n ? sum * 1000 / n : 0, 3);

    if (integration) {
        p = ngx_http_apigw_metrics_put_number(p, last, ",", n);
    }

    return ngx_http_apigw_metrics_put(p, last, "]");
}


static u_char *
ngx_http_apigw_metrics_errors(u_char *p, u_char *last,
    ngx_apigw_metrics_stage_t *sum)
{
    ngx_uint_t  i;

    p = ngx_http_apigw_metrics_put(p, last, ",\"errors\":");

    for (i = NGX_HTTP_APIGW_NO_ERROR + 1; i < NGX_HTTP_APIGW_ERRORS; i++) {
        p = ngx_http_apigw_metrics_put_number(p, last, (i > 1) ? "," : "[",
                                              sum->errors[i]);
    }

    return ngx_http_apigw_metrics_put(p, last, "]");
}


ngx_int_t
ngx_http_apigw_metrics_history(ngx_http_apigw_metrics_t *m)
{
    uint64_t                        now, age;
    uint32_t                        back, series;
    ngx_uint_t                      i;
    ngx_apigw_metrics_sample_t     *samples;
    ngx_http_apigw_metrics_busy_t  *busy;

    now = ngx_apigw_now() / 1000000;
    now -= ngx_min(now, NGX_HTTP_APIGW_METRICS_LATE);

    m->step = ngx_apigw_metrics_now(now) + 1;

    /* nothing was sampled before the counters began */

    age = ngx_max(ngx_time() - (time_t) m->state.born, 0);
    age = age * 1000 / NGX_APIGW_METRICS_STEP + 2;

    back = (uint32_t) ngx_min(age, NGX_APIGW_METRICS_STEPS);
    back = ngx_min(back, m->step - 1);

    m->first = ngx_max(m->step - back, ngx_min(m->since, m->step - 1) + 1);

    m->busy = ngx_palloc(m->request->pool,
                         NGX_APIGW_METRICS_BUSY
                         * sizeof(ngx_http_apigw_metrics_busy_t));
    if (m->busy == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_APIGW_METRICS_BUSY; i++) {

        samples = ngx_apigw_metrics_busy_history(m->metrics, i, &series);

        if (samples) {
            busy = &m->busy[m->nbusy++];

            busy->series = series;
            busy->samples = samples;
            busy->route = NULL;
        }
    }

    return NGX_OK;
}


static void
ngx_http_apigw_metrics_is_busy(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_route_t *route)
{
    ngx_uint_t  i;

    for (i = 0; i < m->nbusy; i++) {

        if (m->busy[i].series == route->series) {
            m->busy[i].route = route;
            m->busy[i].stage = m->stage;
            return;
        }
    }
}


u_char *
ngx_http_apigw_metrics_json_busy(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_http_apigw_metrics_busy_t  *busy;

    busy = &m->busy[m->index - 1];

    if (busy->route == NULL) {
        return p;
    }

    p = ngx_http_apigw_metrics_put_number(p, last, "{\"s\":", busy->stage);
    p = ngx_http_apigw_metrics_put_string(p, last, ",\"route\":",
                                          &busy->route->key.key);
    p = ngx_http_apigw_metrics_columns(m, p, last, busy->samples, 1);

    return ngx_http_apigw_metrics_put(p, last, "}");
}


static u_char *
ngx_http_apigw_metrics_columns(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last, ngx_apigw_metrics_sample_t *samples, ngx_uint_t route)
{
    ngx_http_apigw_metrics_column_t  *column;

    p = ngx_http_apigw_metrics_put_number(p, last, ",\"history\":{\"first\":",
                                          m->first);

    for (column = ngx_http_apigw_metrics_shown; column->name; column++) {

        if (!route || column->route) {
            p = ngx_http_apigw_metrics_column(m, p, last, samples, column);
        }
    }

    m->cost += (ngx_uint_t) 4 * (m->step - m->first);

    return ngx_http_apigw_metrics_put(p, last, "}");
}


static u_char *
ngx_http_apigw_metrics_column(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last, ngx_apigw_metrics_sample_t *samples,
    ngx_http_apigw_metrics_column_t *column)
{
    void                        *cell;
    uint32_t                     step;
    ngx_apigw_metrics_sample_t  *sample;

    p = ngx_http_apigw_metrics_put(p, last, column->name);
    p = ngx_http_apigw_metrics_put(p, last, "[");

    for (step = m->first; step < m->step; step++) {
        sample = &samples[step % NGX_APIGW_METRICS_STEPS];
        cell = (u_char *) sample + column->offset;

        if (step > m->first) {
            p = ngx_http_apigw_metrics_put(p, last, ",");
        }

        if (sample->step != step) {
            p = ngx_http_apigw_metrics_put(p, last, "null");

        } else {
            p = ngx_http_apigw_metrics_put_number(p, last, "", column->wide
                                                      ? *(uint64_t *) cell
                                                      : *(uint32_t *) cell);
        }
    }

    return ngx_http_apigw_metrics_put(p, last, "]");
}
