
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Amazon API Gateway Developer Guide: Lambda proxy integrations in API
 * Gateway; Input to an API Gateway Lambda authorizer; Create AWS Lambda proxy
 * integrations for HTTP APIs; Control access to HTTP APIs with AWS Lambda
 * authorizers.
 */

#include "ngx_apigw_event_int.h"


#define NGX_APIGW_EVENT_ARN    "arn:aws:execute-api:"

/* names and constants of an event, about */
#define NGX_APIGW_EVENT_FRAME  2048


static ngx_int_t ngx_apigw_event_init(ngx_apigw_event_ctx_t *ctx,
    ngx_apigw_event_t *event, ngx_pool_t *pool);
static size_t ngx_apigw_event_end(ngx_apigw_event_ctx_t *ctx,
    ngx_uint_t has_body, ngx_uint_t base64);
static size_t ngx_apigw_event_guess(ngx_apigw_event_t *event);
static size_t ngx_apigw_event_pairs_len(ngx_apigw_pair_t *pairs, ngx_uint_t n);
static void ngx_apigw_event_1(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_2(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_source_1(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_sources(ngx_apigw_event_out_t *out,
    ngx_apigw_event_t *event);
static void ngx_apigw_event_or_none(ngx_apigw_event_ctx_t *ctx,
    ngx_apigw_event_map_t *map, ngx_uint_t values);
static void ngx_apigw_event_arn_string(ngx_apigw_event_out_t *out,
    ngx_apigw_event_t *event);
static u_char *ngx_apigw_event_copy(u_char *p, ngx_str_t *s, u_char end);


ngx_int_t
ngx_apigw_event_write(ngx_apigw_event_t *event, ngx_uint_t has_body,
    ngx_uint_t base64, ngx_pool_t *pool, ngx_str_t *head, ngx_str_t *tail)
{
    size_t                  len;
    ngx_apigw_event_ctx_t   ctx;
    ngx_apigw_event_out_t  *out;

    if (ngx_apigw_event_init(&ctx, event, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    out = &ctx.out;

    if (event->format == NGX_APIGW_EVENT_TOKEN) {
        ngx_apigw_event_member(out, "{\"type\":\"TOKEN\","
                                    "\"authorizationToken\":", &event->token);
        ngx_apigw_event_text(out, ",\"methodArn\":");
        ngx_apigw_event_arn_string(out, event);

    } else if (event->format == NGX_APIGW_EVENT_2_0) {
        ngx_apigw_event_2(&ctx);

    } else {
        ngx_apigw_event_1(&ctx);
    }

    len = ngx_apigw_event_end(&ctx, has_body, base64);

    if (out->failed) {
        return NGX_ERROR;
    }

    head->data = out->start;
    head->len = len;
    tail->data = out->start + len;
    tail->len = out->pos - tail->data;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_event_init(ngx_apigw_event_ctx_t *ctx, ngx_apigw_event_t *event,
    ngx_pool_t *pool)
{
    ngx_uint_t  rest;

    ngx_memzero(ctx, sizeof(ngx_apigw_event_ctx_t));

    ctx->event = event;
    ctx->path = event->path;
    ctx->out.pool = pool;

    if (!ngx_apigw_event_grow(&ctx->out, ngx_apigw_event_guess(event))) {
        return NGX_ERROR;
    }

    if (event->format == NGX_APIGW_EVENT_TOKEN) {
        return NGX_OK;
    }

    rest = (event->format == NGX_APIGW_EVENT_REST);

    if (!rest && ngx_apigw_event_decode(&ctx->path, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_apigw_event_headers(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_apigw_event_query(&ctx->query, &event->args, rest, pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_apigw_event_pairs(&ctx->params, event->params, event->nparams,
                              !rest, pool)
        != NGX_OK
        || ngx_apigw_event_group(&ctx->params, pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_apigw_event_pairs(&ctx->variables, event->variables,
                              event->nvariables, 0, pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_apigw_event_group(&ctx->variables, pool);
}


/* returns how long head is */

static size_t
ngx_apigw_event_end(ngx_apigw_event_ctx_t *ctx, ngx_uint_t has_body,
    ngx_uint_t base64)
{
    size_t                  len;
    ngx_uint_t              format;
    ngx_apigw_event_out_t  *out;

    out = &ctx->out;
    format = ctx->event->format;

    if (ctx->event->authorizer || format == NGX_APIGW_EVENT_TOKEN) {
        ngx_apigw_event_text(out, "}");
        return out->pos - out->start;
    }

    if (has_body) {
        ngx_apigw_event_text(out, ",\"body\":\"");

    } else if (format != NGX_APIGW_EVENT_2_0) {
        ngx_apigw_event_text(out, ",\"body\":null");
    }

    len = out->pos - out->start;

    if (has_body) {
        ngx_apigw_event_text(out, "\"");
    }

    if (base64) {
        ngx_apigw_event_text(out, ",\"isBase64Encoded\":true}");

    } else {
        ngx_apigw_event_text(out, ",\"isBase64Encoded\":false}");
    }

    return len;
}


static size_t
ngx_apigw_event_guess(ngx_apigw_event_t *event)
{
    size_t  len;

    if (event->format == NGX_APIGW_EVENT_TOKEN) {
        return event->token.len + event->path.len + NGX_APIGW_EVENT_FRAME / 8;
    }

    len = ngx_apigw_event_pairs_len(event->headers, event->nheaders)
          + event->args.len;

    if (event->format == NGX_APIGW_EVENT_REST
        || event->format == NGX_APIGW_EVENT_1_0)
    {
        len *= 2;
    }

    return len + ngx_apigw_event_pairs_len(event->params, event->nparams)
           + ngx_apigw_event_pairs_len(event->variables, event->nvariables)
           + 2 * event->path.len + NGX_APIGW_EVENT_FRAME;
}


static size_t
ngx_apigw_event_pairs_len(ngx_apigw_pair_t *pairs, ngx_uint_t n)
{
    size_t      len;
    ngx_uint_t  i;

    for (len = 0, i = 0; i < n; i++) {
        len += pairs[i].name.len + pairs[i].value.len
               + sizeof("\"\":[\"\"],") - 1;
    }

    return len;
}


/* REST APIs, and format 1.0 */

static void
ngx_apigw_event_1(ngx_apigw_event_ctx_t *ctx)
{
    ngx_uint_t              multi;
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    multi = (event->format == NGX_APIGW_EVENT_REST || !event->authorizer);

    ngx_apigw_event_text(out, "{");

    if (event->format == NGX_APIGW_EVENT_1_0) {
        ngx_apigw_event_text(out, "\"version\":\"1.0\",");
    }

    if (event->authorizer) {
        ngx_apigw_event_source_1(ctx);
    }

    ngx_apigw_event_member(out, "\"resource\":", &event->resource);
    ngx_apigw_event_member(out, ",\"path\":", &ctx->path);
    ngx_apigw_event_member(out, ",\"httpMethod\":", &event->method);

    ngx_apigw_event_text(out, ",\"headers\":");
    ngx_apigw_event_or_none(ctx, &ctx->headers, NGX_APIGW_EVENT_LAST);

    if (multi) {
        ngx_apigw_event_text(out, ",\"multiValueHeaders\":");
        ngx_apigw_event_or_none(ctx, &ctx->headers, NGX_APIGW_EVENT_ALL);
    }

    ngx_apigw_event_text(out, ",\"queryStringParameters\":");
    ngx_apigw_event_or_none(ctx, &ctx->query, NGX_APIGW_EVENT_LAST);

    if (multi) {
        ngx_apigw_event_text(out, ",\"multiValueQueryStringParameters\":");
        ngx_apigw_event_or_none(ctx, &ctx->query, NGX_APIGW_EVENT_ALL);
    }

    ngx_apigw_event_text(out, ",\"pathParameters\":");
    ngx_apigw_event_or_none(ctx, &ctx->params, NGX_APIGW_EVENT_LAST);

    ngx_apigw_event_text(out, ",\"stageVariables\":");
    ngx_apigw_event_or_none(ctx, &ctx->variables, NGX_APIGW_EVENT_LAST);

    ngx_apigw_event_text(out, ",\"requestContext\":");
    ngx_apigw_event_context(ctx);
}


static void
ngx_apigw_event_2(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_text(out, "{\"version\":\"2.0\"");

    if (event->authorizer) {
        ngx_apigw_event_text(out, ",\"type\":\"REQUEST\",\"routeArn\":");
        ngx_apigw_event_arn_string(out, event);
        ngx_apigw_event_text(out, ",\"identitySource\":");
        ngx_apigw_event_strings(out, event->sources, event->nsources);
    }

    ngx_apigw_event_member(out, ",\"routeKey\":", &event->route_key);
    ngx_apigw_event_text(out, ",\"rawPath\":");
    ngx_apigw_event_path(out, ctx);
    ngx_apigw_event_member(out, ",\"rawQueryString\":", &event->args);

    ngx_apigw_event_cookies(out, event);

    ngx_apigw_event_text(out, ",\"headers\":");
    ngx_apigw_event_map(out, &ctx->headers, NGX_APIGW_EVENT_JOINED);

    if (ctx->query.n) {
        ngx_apigw_event_text(out, ",\"queryStringParameters\":");
        ngx_apigw_event_map(out, &ctx->query, NGX_APIGW_EVENT_JOINED);
    }

    ngx_apigw_event_text(out, ",\"requestContext\":");
    ngx_apigw_event_context_2(ctx);

    if (ctx->params.n) {
        ngx_apigw_event_text(out, ",\"pathParameters\":");
        ngx_apigw_event_map(out, &ctx->params, NGX_APIGW_EVENT_LAST);
    }

    if (ctx->variables.n) {
        ngx_apigw_event_text(out, ",\"stageVariables\":");
        ngx_apigw_event_map(out, &ctx->variables, NGX_APIGW_EVENT_LAST);
    }
}


static void
ngx_apigw_event_source_1(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_text(out, "\"type\":\"REQUEST\",\"methodArn\":");
    ngx_apigw_event_arn_string(out, event);

    if (event->format == NGX_APIGW_EVENT_1_0) {
        ngx_apigw_event_text(out, ",\"identitySource\":");
        ngx_apigw_event_sources(out, event);
        ngx_apigw_event_text(out, ",\"authorizationToken\":");
        ngx_apigw_event_sources(out, event);
    }

    ngx_apigw_event_text(out, ",");
}


static void
ngx_apigw_event_sources(ngx_apigw_event_out_t *out, ngx_apigw_event_t *event)
{
    ngx_uint_t  i;

    if (event->nsources == 0) {
        ngx_apigw_event_text(out, "null");
        return;
    }

    ngx_apigw_event_text(out, "\"");

    for (i = 0; i < event->nsources; i++) {
        if (i) {
            ngx_apigw_event_text(out, ",");
        }

        ngx_apigw_event_inside(out, &event->sources[i]);
    }

    ngx_apigw_event_text(out, "\"");
}


/* to an integration nothing is null, to an authorizer it is an empty object */

static void
ngx_apigw_event_or_none(ngx_apigw_event_ctx_t *ctx, ngx_apigw_event_map_t *map,
    ngx_uint_t values)
{
    if (map->n || ctx->event->authorizer) {
        ngx_apigw_event_map(&ctx->out, map, values);

    } else {
        ngx_apigw_event_text(&ctx->out, "null");
    }
}


static void
ngx_apigw_event_arn_string(ngx_apigw_event_out_t *out,
    ngx_apigw_event_t *event)
{
    ngx_str_t  arn;

    if (ngx_apigw_event_arn(event, out->pool, &arn) != NGX_OK) {
        out->failed = 1;
        return;
    }

    ngx_apigw_event_string(out, &arn);
}


ngx_int_t
ngx_apigw_event_arn(ngx_apigw_event_t *event, ngx_pool_t *pool, ngx_str_t *arn)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   path;

    path = event->path;

    if (path.len && path.data[0] == '/') {
        path.data++;
        path.len--;
    }

    len = sizeof(NGX_APIGW_EVENT_ARN) - 1 + event->region.len + 1
          + event->account.len + 1 + event->api.len + 1 + event->stage.len + 1
          + event->method.len + 1 + path.len;

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    arn->data = p;
    arn->len = len;

    p = ngx_cpymem(p, NGX_APIGW_EVENT_ARN, sizeof(NGX_APIGW_EVENT_ARN) - 1);
    p = ngx_apigw_event_copy(p, &event->region, ':');
    p = ngx_apigw_event_copy(p, &event->account, ':');
    p = ngx_apigw_event_copy(p, &event->api, '/');
    p = ngx_apigw_event_copy(p, &event->stage, '/');
    p = ngx_apigw_event_copy(p, &event->method, '/');

    if (path.len) {
        ngx_memcpy(p, path.data, path.len);
    }

    return NGX_OK;
}


static u_char *
ngx_apigw_event_copy(u_char *p, ngx_str_t *s, u_char end)
{
    if (s->len) {
        p = ngx_cpymem(p, s->data, s->len);
    }

    *p++ = end;

    return p;
}
