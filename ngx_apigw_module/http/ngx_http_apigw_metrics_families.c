
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/* the families, in the order of an exposition, and how their lines are made */


static u_char *ngx_http_apigw_metrics_value(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);
static u_char *ngx_http_apigw_metrics_parts(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);
static u_char *ngx_http_apigw_metrics_histogram(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);
static u_char *ngx_http_apigw_metrics_errors(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);
static u_char *ngx_http_apigw_metrics_build(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);
static u_char *ngx_http_apigw_metrics_jwks(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum);


#define ngx_http_apigw_metrics_name(name, help, unit, type)                  \
    { ngx_string(name), ngx_string(help), ngx_string(unit),                  \
      NGX_APIGW_EXPOSITION_##type }

#define ngx_http_apigw_metrics_field(type, field)                            \
    offsetof(ngx_apigw_metrics_##type##_t, field)

#define ngx_http_apigw_metrics_at(field)                                     \
    offsetof(ngx_http_apigw_metrics_state_t, field)

#define ngx_http_apigw_metrics_conf(field)                                   \
    offsetof(ngx_http_apigw_main_conf_t, field)


static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_codes[] = {
    { ngx_string("1xx"), ngx_http_apigw_metrics_field(series, classes[0]) },
    { ngx_string("2xx"), ngx_http_apigw_metrics_field(series, classes[1]) },
    { ngx_string("3xx"), ngx_http_apigw_metrics_field(series, classes[2]) },
    { ngx_string("4xx"), ngx_http_apigw_metrics_field(series, classes[3]) },
    { ngx_string("5xx"), ngx_http_apigw_metrics_field(series, classes[4]) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_cache[] = {
    { ngx_string("hit"), ngx_http_apigw_metrics_field(series, hits) },
    { ngx_string("miss"), ngx_http_apigw_metrics_field(series, misses) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_verdicts[] = {
    { ngx_string("admitted"), ngx_http_apigw_metrics_field(plan, admitted) },
    { ngx_string("throttled"), ngx_http_apigw_metrics_field(plan, throttled) },
    { ngx_string("quota_exceeded"),
      ngx_http_apigw_metrics_field(plan, refused) },
    { ngx_string("quota_unavailable"),
      ngx_http_apigw_metrics_field(plan, unavailable) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_decisions[] = {
    { ngx_string("accepted"),
      ngx_http_apigw_metrics_field(authorizer, accepted) },
    { ngx_string("refused"),
      ngx_http_apigw_metrics_field(authorizer, refused) },
    { ngx_string("failed"), ngx_http_apigw_metrics_field(authorizer, failed) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_memory[] = {
    { ngx_string("hit"), ngx_http_apigw_metrics_field(authorizer, hits) },
    { ngx_string("miss"), ngx_http_apigw_metrics_field(authorizer, misses) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_cells[] = {
    { ngx_string("used"), ngx_http_apigw_metrics_at(cells[0]) },
    { ngx_string("free"), ngx_http_apigw_metrics_at(cells[1]) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_quotas[] = {
    { ngx_string("used"), ngx_http_apigw_metrics_at(quotas[0]) },
    { ngx_string("free"), ngx_http_apigw_metrics_at(quotas[1]) },
    { ngx_null_string, 0 }
};

static ngx_http_apigw_metrics_part_t  ngx_http_apigw_metrics_modes[] = {
    { ngx_string("open"),
      ngx_http_apigw_metrics_at(modes[NGX_APIGW_LEASE_ON_ERROR_OPEN]) },
    { ngx_string("local"),
      ngx_http_apigw_metrics_at(modes[NGX_APIGW_LEASE_ON_ERROR_LOCAL]) },
    { ngx_string("closed"),
      ngx_http_apigw_metrics_at(modes[NGX_APIGW_LEASE_ON_ERROR_CLOSED]) },
    { ngx_null_string, 0 }
};


ngx_http_apigw_metrics_family_t  ngx_http_apigw_metrics_families[] = {

    { ngx_http_apigw_metrics_name("apigw_build_info",
          "The versions of the module and of nginx.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_build,
      0,
      0, 0,
      "nginx", NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_start_time_seconds",
          "When the counters began, in Unix time.",
          "seconds", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(born),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_workers",
          "Worker processes that count.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(workers),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_configuration_generation",
          "The number of the configuration that answers: more "
          "with each reload.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(generation),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_requests_total",
          "Requests to a stage by class of status.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "code", ngx_http_apigw_metrics_codes, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_latency_seconds",
          "From the first byte of a request until its log is "
          "written.",
          "seconds", HISTOGRAM),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_histogram,
      ngx_http_apigw_metrics_field(series, latency),
      ngx_http_apigw_metrics_field(series, latency_sum), 3,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_integration_latency_seconds",
          "What upstreams took to answer, of requests that "
          "had one.",
          "seconds", HISTOGRAM),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_histogram,
      ngx_http_apigw_metrics_field(series, integration),
      ngx_http_apigw_metrics_field(series, integration_sum), 3,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_received_bytes_total",
          "Bytes of requests, with their headers.",
          "bytes", COUNTER),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_field(series, received),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_sent_bytes_total",
          "Bytes of responses, with their headers.",
          "bytes", COUNTER),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_field(series, sent),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_cache_total",
          "Requests answered from nginx's cache, and not.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "result", ngx_http_apigw_metrics_cache, 0 },

    { ngx_http_apigw_metrics_name("apigw_stage_gateway_responses_total",
          "Gateway responses by type.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_STAGES, ngx_http_apigw_metrics_errors,
      0,
      0, 0,
      "type", NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_requests_total",
          "Requests to a route by class of status.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "code", ngx_http_apigw_metrics_codes, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_latency_seconds",
          "From the first byte of a request until its log is "
          "written.",
          "seconds", HISTOGRAM),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_histogram,
      ngx_http_apigw_metrics_field(series, latency),
      ngx_http_apigw_metrics_field(series, latency_sum), 3,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_integration_latency_seconds",
          "What upstreams took to answer, of requests that "
          "had one.",
          "seconds", HISTOGRAM),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_histogram,
      ngx_http_apigw_metrics_field(series, integration),
      ngx_http_apigw_metrics_field(series, integration_sum), 3,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_received_bytes_total",
          "Bytes of requests, with their headers.",
          "bytes", COUNTER),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_field(series, received),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_sent_bytes_total",
          "Bytes of responses, with their headers.",
          "bytes", COUNTER),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_field(series, sent),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_route_cache_total",
          "Requests answered from nginx's cache, and not.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ROUTES, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "result", ngx_http_apigw_metrics_cache, 0 },

    { ngx_http_apigw_metrics_name("apigw_plan_requests_total",
          "Requests of a usage plan by what became of them.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_PLANS, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "result", ngx_http_apigw_metrics_verdicts, 0 },

    { ngx_http_apigw_metrics_name("apigw_authorizer_decisions_total",
          "Decisions of an authorizer.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_AUTHORIZERS, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "result", ngx_http_apigw_metrics_decisions, 0 },

    { ngx_http_apigw_metrics_name("apigw_authorizer_cache_total",
          "Decisions that an authorizer remembered, and not.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_AUTHORIZERS, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "result", ngx_http_apigw_metrics_memory, 0 },

    { ngx_http_apigw_metrics_name("apigw_jwks_age_seconds",
          "Since the keys of an authorizer's issuers were "
          "fetched; the oldest.",
          "seconds", GAUGE),
      NGX_HTTP_APIGW_METRICS_AUTHORIZERS, ngx_http_apigw_metrics_jwks,
      0,
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_jwks_failed_fetches",
          "Fetches of keys that failed since the last good "
          "one.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_AUTHORIZERS, ngx_http_apigw_metrics_jwks,
      1,
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_zone_cells",
          "Buckets of keys and routes in the zone.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "state", ngx_http_apigw_metrics_cells, 0 },

    { ngx_http_apigw_metrics_name("apigw_zone_quotas",
          "Quotas of keys in the zone.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "state", ngx_http_apigw_metrics_quotas, 0 },

    { ngx_http_apigw_metrics_name("apigw_zone_buckets",
          "Room in the zone for buckets of keys that clients "
          "choose.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(buckets),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_zone_full_total",
          "Requests that found no room for such a bucket.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(full),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_metrics_series_missed",
          "Series that are not counted: their zone has no "
          "room.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(missed),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_token_cache_entries",
          "Tokens and verdicts that workers remember.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(gauges.tokens),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_parked_requests",
          "Requests that wait for a store or an authorizer.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(gauges.parked),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_connections",
          "Connections of clients and upstreams in use.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(gauges.connections),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_quota_decisions_total",
          "Decisions about quotas that were made without "
          "the store.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_parts,
      0,
      0, 0,
      "mode", ngx_http_apigw_metrics_modes,
      ngx_http_apigw_metrics_conf(leases) },

    { ngx_http_apigw_metrics_name("apigw_redis_up",
          "Workers that are connected to Redis.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(gauges.redis_up),
      0, 0,
      NULL, NULL, ngx_http_apigw_metrics_conf(redis) },

    { ngx_http_apigw_metrics_name("apigw_redis_breaker_open",
          "Workers that leave Redis in peace.",
          "", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(gauges.breaker),
      0, 0,
      NULL, NULL, ngx_http_apigw_metrics_conf(redis) },

    { ngx_http_apigw_metrics_name("apigw_redis_commands_total",
          "Commands that Redis answered.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(counters.redis_commands),
      0, 0,
      NULL, NULL, ngx_http_apigw_metrics_conf(redis) },

    { ngx_http_apigw_metrics_name("apigw_redis_failures_total",
          "Commands that Redis did not answer.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(counters.redis_failures),
      0, 0,
      NULL, NULL, ngx_http_apigw_metrics_conf(redis) },

    { ngx_http_apigw_metrics_name("apigw_redis_latency_seconds",
          "From the issue of a command to its answer.",
          "seconds", HISTOGRAM),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_histogram,
      ngx_http_apigw_metrics_at(counters.redis_buckets),
      ngx_http_apigw_metrics_at(counters.redis_sum), 6,
      NULL, NULL, ngx_http_apigw_metrics_conf(redis) },

    { ngx_http_apigw_metrics_name("apigw_report_pieces_total",
          "Pieces of reports that were written.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(counters.pieces),
      0, 0,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_report_longest_piece_seconds",
          "The longest that a worker was busy with a piece.",
          "seconds", GAUGE),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(counters.longest),
      0, 6,
      NULL, NULL, 0 },

    { ngx_http_apigw_metrics_name("apigw_scrapes_total",
          "Expositions that were asked for.",
          "", COUNTER),
      NGX_HTTP_APIGW_METRICS_ONCE, ngx_http_apigw_metrics_value,
      ngx_http_apigw_metrics_at(counters.scrapes),
      0, 0,
      NULL, NULL, 0 },

    { { ngx_null_string, ngx_null_string, ngx_null_string, 0 },
      0, NULL, 0, 0, 0, NULL, NULL, 0 }
};


static u_char *
ngx_http_apigw_metrics_value(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    ngx_apigw_exposition_sample_t  sample;

    sample.family = &f->family;
    sample.labels = m->labels;
    sample.name = NULL;
    sample.n = *(ngx_atomic_t *) ((u_char *) sum + f->offset);
    sample.digits = f->digits;

    return ngx_apigw_exposition_sample(p, last, &sample);
}


static u_char *
ngx_http_apigw_metrics_parts(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    ngx_http_apigw_metrics_part_t  *part;
    ngx_apigw_exposition_sample_t   sample;

    sample.family = &f->family;
    sample.labels = m->labels;
    sample.name = f->label;
    sample.digits = 0;

    for (part = f->parts; part->value.len; part++) {
        sample.value = part->value;
        sample.n = *(ngx_atomic_t *) ((u_char *) sum + part->offset);

        p = ngx_apigw_exposition_sample(p, last, &sample);
    }

    return p;
}


/* bounds have a digit more where they are of 0.1 ms, and so has the sum */

static u_char *
ngx_http_apigw_metrics_histogram(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    ngx_apigw_exposition_histogram_t  h;

    h.family = &f->family;
    h.labels = m->labels;
    h.bounds = ngx_apigw_histogram_bounds;
    h.digits = (f->digits == 3) ? 3 : 4;
    h.counts = (const uint64_t *) ((u_char *) sum + f->offset);
    h.n = NGX_APIGW_HISTOGRAM_COARSE;
    h.sum = *(ngx_atomic_t *) ((u_char *) sum + f->sum);
    h.sum_digits = f->digits;

    return ngx_apigw_exposition_histogram(p, last, &h);
}


static u_char *
ngx_http_apigw_metrics_errors(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    ngx_apigw_metrics_stage_t *stage = sum;

    ngx_uint_t                     i;
    ngx_apigw_exposition_sample_t  sample;

    sample.family = &f->family;
    sample.labels = m->labels;
    sample.name = f->label;
    sample.digits = 0;

    for (i = NGX_HTTP_APIGW_NO_ERROR + 1; i < NGX_HTTP_APIGW_ERRORS; i++) {
        ngx_http_apigw_error_name(i, &sample.value);
        sample.n = stage->errors[i];

        p = ngx_apigw_exposition_sample(p, last, &sample);
    }

    return p;
}


static u_char *
ngx_http_apigw_metrics_build(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    u_char                         *end;
    u_char                          buf[sizeof("version=\"\"") - 1
                                        + sizeof(NGX_HTTP_APIGW_VERSION)];
    ngx_str_t                       version;
    ngx_apigw_exposition_sample_t   sample;

    ngx_str_set(&version, NGX_HTTP_APIGW_VERSION);

    end = ngx_apigw_exposition_label(buf, buf + sizeof(buf), 0, "version",
                                     &version);

    sample.family = &f->family;
    sample.labels.data = buf;
    sample.labels.len = end - buf;
    sample.name = f->label;
    ngx_str_set(&sample.value, NGINX_VERSION);
    sample.n = 1;
    sample.digits = 0;

    return ngx_apigw_exposition_sample(p, last, &sample);
}


static u_char *
ngx_http_apigw_metrics_jwks(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last,
    void *sum)
{
    ngx_http_apigw_watched_t       **watched;
    ngx_apigw_exposition_sample_t    sample;
    ngx_http_apigw_watched_stat_t    stat;

    watched = m->mcf->watched.elts;

    ngx_http_apigw_watched_stat(watched[m->index - 1], &stat);

    if (stat.fetched == -1 || (f->offset == 0 && stat.fetched == 0)) {
        return p;
    }

    sample.family = &f->family;
    sample.labels = m->labels;
    sample.name = NULL;
    sample.n = f->offset ? stat.failures
                         : (uint64_t) ngx_max(ngx_time() - stat.fetched, 0);
    sample.digits = 0;

    return ngx_apigw_exposition_sample(p, last, &sample);
}
