
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"


/* What is counted of authorizers, and what is to be seen of them. */


static void ngx_http_apigw_authorizer_count(ngx_http_request_t *r,
    ngx_http_apigw_authorizer_t *authorizer, size_t offset);


ngx_int_t
ngx_http_apigw_authorizer_watch(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_watched_t    *watched, **w;
    ngx_http_apigw_main_conf_t  *mcf;

    watched = &authorizer->watched;

    watched->name = authorizer->name;
    watched->type = authorizer->type->name;
    watched->series = NGX_APIGW_METRICS_NONE;
    watched->authorizer = authorizer;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    w = ngx_array_push(&mcf->watched);
    if (w == NULL) {
        return NGX_ERROR;
    }

    *w = watched;

    return NGX_OK;
}


void
ngx_http_apigw_watched_stat(ngx_http_apigw_watched_t *watched,
    ngx_http_apigw_watched_stat_t *stat)
{
    ngx_apigw_tokens_stat_t       tokens;
    ngx_http_apigw_authorizer_t  *authorizer;

    authorizer = watched->authorizer;

    ngx_memzero(stat, sizeof(ngx_http_apigw_watched_stat_t));
    stat->fetched = -1;

    if (authorizer->tokens) {
        ngx_apigw_tokens_stat(authorizer->tokens, &tokens);
        stat->tokens = tokens.count;
    }

    authorizer->type->stat(authorizer, stat);
}


void
ngx_http_apigw_authorizer_decided(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_int_t rc)
{
    size_t  offset;

    if (rc == NGX_DONE) {
        return;
    }

    if (rc == NGX_OK) {
        offset = offsetof(ngx_apigw_metrics_authorizer_t, accepted);

    } else if (rc == NGX_ERROR
               || ctx->error == NGX_HTTP_APIGW_AUTHORIZER_FAILURE
               || ctx->error == NGX_HTTP_APIGW_AUTHORIZER_CONFIGURATION_ERROR)
    {
        offset = offsetof(ngx_apigw_metrics_authorizer_t, failed);

    } else {
        offset = offsetof(ngx_apigw_metrics_authorizer_t, refused);
    }

    ngx_http_apigw_authorizer_count(r, ctx->authorization->authorizer, offset);
}


void
ngx_http_apigw_authorizer_cached(ngx_http_request_t *r,
    ngx_http_apigw_authorizer_t *authorizer, ngx_uint_t hit)
{
    size_t  offset;

    offset = hit ? offsetof(ngx_apigw_metrics_authorizer_t, hits)
                 : offsetof(ngx_apigw_metrics_authorizer_t, misses);

    ngx_http_apigw_authorizer_count(r, authorizer, offset);
}


static void
ngx_http_apigw_authorizer_count(ngx_http_request_t *r,
    ngx_http_apigw_authorizer_t *authorizer, size_t offset)
{
    u_char                      *counters;
    ngx_apigw_metrics_t         *metrics;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);

    if (mcf->metrics == NULL
        || mcf->metrics->metrics.slot == NULL
        || authorizer->watched.series == NGX_APIGW_METRICS_NONE)
    {
        return;
    }

    metrics = &mcf->metrics->metrics;

    counters = ngx_apigw_metrics_at(metrics, metrics->slot,
                                    NGX_APIGW_METRICS_AUTHORIZER,
                                    authorizer->watched.series);

    ngx_apigw_metrics_add(metrics, (ngx_atomic_t *) (counters + offset), 1);
}
