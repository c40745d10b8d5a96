
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_aws.h"
#include "ngx_http_apigw_trace.h"


/*
 * A request as the event that a function gets.  Of the headers, those that
 * the gateway has set for upstreams (ngx_http_apigw_forward.c) are told by
 * their names: what a client sent under these is not there any more.
 */


static void ngx_http_apigw_event_route(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_event_t *event);
static void ngx_http_apigw_event_path(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *path);
static ngx_int_t ngx_http_apigw_event_headers(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_event_t *event);
static ngx_uint_t ngx_http_apigw_event_passes(ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_route_t *route, ngx_table_elt_t *h);
static ngx_uint_t ngx_http_apigw_event_traces(ngx_http_apigw_ctx_t *ctx,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_apigw_event_params(ngx_http_request_t *r,
    ngx_apigw_event_t *event);
static ngx_int_t ngx_http_apigw_event_variables(ngx_http_request_t *r,
    ngx_apigw_event_t *event);
static void ngx_http_apigw_event_key(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_event_t *event);
#if (NGX_HTTP_SSL)
static ngx_int_t ngx_http_apigw_event_cert(ngx_http_request_t *r,
    ngx_apigw_event_t *event);
static ngx_int_t ngx_http_apigw_event_serial(ngx_pool_t *pool,
    ngx_str_t *serial);
#endif


static ngx_str_t  ngx_http_apigw_event_reserved = ngx_string("x-apigw-");
static ngx_str_t  ngx_http_apigw_event_default = ngx_string("$default");
static ngx_str_t  ngx_http_apigw_event_host = ngx_string("host");
static ngx_str_t  ngx_http_apigw_event_trace = ngx_string("x-amzn-trace-id");


ngx_int_t
ngx_http_apigw_event(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_event_t *event)
{
    ngx_http_apigw_aws_t  *aws;

    if (ngx_http_apigw_identify(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    aws = ngx_http_apigw_aws_of(r);

    event->account = aws->account;
    event->region = aws->region;
    event->domain = r->headers_in.server;

    event->method = r->method_name;
    event->protocol = r->http_protocol;
    event->args = r->args;

    ngx_http_apigw_event_route(r, ctx, event);

    event->extended_id.data = ctx->extended_id;
    event->extended_id.len = sizeof(ctx->extended_id);

    event->request_id = event->extended_id;

    if (ctx->type == NGX_APIGW_REST) {
        event->request_id.data = ctx->request_id;
        event->request_id.len = sizeof(ctx->request_id);
    }

    event->source_ip = r->connection->addr_text;
    event->time = (uint64_t) r->start_sec * 1000 + r->start_msec;

    ngx_str_set(&event->user_agent, "");

    if (r->headers_in.user_agent) {
        event->user_agent = r->headers_in.user_agent->value;
    }

    event->granted = ctx->granted;
    event->cert = NULL;

    ngx_http_apigw_event_key(r, ctx, event);

#if (NGX_HTTP_SSL)

    if (r->connection->ssl && ngx_http_apigw_event_cert(r, event) != NGX_OK) {
        return NGX_ERROR;
    }

#endif

    if (ngx_http_apigw_event_params(r, event) != NGX_OK
        || ngx_http_apigw_event_variables(r, event) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_event_headers(r, ctx, event);
}


ngx_str_t *
ngx_http_apigw_resource(ngx_http_apigw_route_t *route)
{
    return route->key.catch_all ? &ngx_http_apigw_event_default
                                : &route->key.path;
}


static void
ngx_http_apigw_event_route(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_event_t *event)
{
    ngx_http_apigw_route_t  *route;

    route = ngx_http_apigw_get_route(r);

    event->api = route->stage->api->name;
    event->stage = route->stage->name;
    event->prefix = route->stage->prefix;

    event->deployment_id.data = route->stage->id;
    event->deployment_id.len = NGX_APIGW_EVENT_ID;

    event->resource_id.data = route->id;
    event->resource_id.len = NGX_APIGW_EVENT_ID;

    event->route_key = route->key.key;

    event->resource = *ngx_http_apigw_resource(route);

    ngx_http_apigw_event_path(r, ctx, &event->path);
}


/* of a subrequest the context knows nothing */

static void
ngx_http_apigw_event_path(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *path)
{
    u_char  *p;

    if (r == r->main) {
        *path = ctx->path;
        return;
    }

    *path = r->valid_unparsed_uri ? r->unparsed_uri : r->uri;

    p = ngx_strlchr(path->data, path->data + path->len, '?');

    if (p) {
        path->len = p - path->data;
    }
}


static ngx_int_t
ngx_http_apigw_event_headers(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_event_t *event)
{
    ngx_str_t                trace;
    ngx_uint_t               i, n, host;
    ngx_list_part_t         *part;
    ngx_table_elt_t         *h;
    ngx_apigw_pair_t        *pair;
    ngx_http_apigw_route_t  *route;

    if (ngx_http_apigw_trace(r, ctx, &trace) != NGX_OK) {
        return NGX_ERROR;
    }

    n = 2;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    pair = ngx_palloc(r->pool, n * sizeof(ngx_apigw_pair_t));
    if (pair == NULL) {
        return NGX_ERROR;
    }

    event->headers = pair;

    host = 0;
    route = ngx_http_apigw_get_route(r);

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_apigw_event_passes(ctx, route, &h[i])) {
                continue;
            }

            pair->name = h[i].key;
            pair->value = h[i].value;

            if (ngx_http_apigw_header_named(&h[i],
                                            &ngx_http_apigw_event_host))
            {
                /* as ":authority" it came in lower case */

                ngx_str_set(&pair->name, "Host");
                host = 1;

                /* that of an absolute URI counts (RFC 9112, 3.2.2) */

                if (r->host_start && r->http_version < NGX_HTTP_VERSION_20) {
                    pair->value = r->headers_in.server;
                }
            }

            pair++;
        }
    }

    /* ":authority" of HTTP/3 and absolute URIs are not in the list */

    if (!host && r->headers_in.server.len) {
        ngx_str_set(&pair->name, "Host");
        pair->value = r->headers_in.server;
        pair++;
    }

    if (trace.len) {
        ngx_str_set(&pair->name, "X-Amzn-Trace-Id");
        pair->value = trace;
        pair++;
    }

    event->nheaders = pair - event->headers;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_event_passes(ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_route_t *route, ngx_table_elt_t *h)
{
    ngx_str_t  *key;

    if (h->hash == 0 || h->key.len == 0) {
        return 0;
    }

    key = &ngx_http_apigw_event_reserved;

    if (h->key.len >= key->len
        && ngx_http_apigw_header_is(h, key->data, key->len))
    {
        return 0;
    }

    if (ngx_http_apigw_event_traces(ctx, h)) {
        return 0;
    }

    key = &route->stage->key_header;

    if (key->len
        && !route->forward_key
        && ngx_http_apigw_header_named(h, key))
    {
        return 0;
    }

    return ngx_apigw_header_request(route->stage->type, &h->key)
           == NGX_APIGW_HEADER_PASS;
}


/* what is told otherwise, and a traceparent that AWS would not have made */

static ngx_uint_t
ngx_http_apigw_event_traces(ngx_http_apigw_ctx_t *ctx, ngx_table_elt_t *h)
{
    if (ctx->trace.len
        && ngx_http_apigw_header_named(h, &ngx_http_apigw_event_trace))
    {
        return 1;
    }

    return ctx->traceparent_made
           && h->value.data == ctx->traceparent.data;
}


static ngx_int_t
ngx_http_apigw_event_params(ngx_http_request_t *r, ngx_apigw_event_t *event)
{
    ngx_uint_t               i;
    ngx_apigw_pair_t        *pair;
    ngx_apigw_param_t       *params;
    ngx_http_apigw_route_t  *route;

    route = ngx_http_apigw_get_route(r);

    event->params = NULL;
    event->nparams = route->key.nparams;

    if (event->nparams == 0) {
        return NGX_OK;
    }

    pair = ngx_palloc(r->pool, event->nparams * sizeof(ngx_apigw_pair_t));
    if (pair == NULL) {
        return NGX_ERROR;
    }

    event->params = pair;
    params = route->key.params;

    for (i = 0; i < event->nparams; i++) {
        pair[i].name = params[i].name;
        ngx_apigw_route_param(route->stage->router, &params[i], &event->path,
                              &pair[i].value);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_event_variables(ngx_http_request_t *r,
    ngx_apigw_event_t *event)
{
    ngx_uint_t               i;
    ngx_keyval_t            *kv;
    ngx_apigw_pair_t        *pair;
    ngx_http_apigw_route_t  *route;

    route = ngx_http_apigw_get_route(r);

    event->variables = NULL;
    event->nvariables = route->stage->variables.nelts;

    if (event->nvariables == 0) {
        return NGX_OK;
    }

    pair = ngx_palloc(r->pool, event->nvariables * sizeof(ngx_apigw_pair_t));
    if (pair == NULL) {
        return NGX_ERROR;
    }

    event->variables = pair;
    kv = route->stage->variables.elts;

    for (i = 0; i < event->nvariables; i++) {
        pair[i].name = kv[i].key;
        pair[i].value = kv[i].value;
    }

    return NGX_OK;
}


static void
ngx_http_apigw_event_key(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_event_t *event)
{
    ngx_http_apigw_route_t      *route;
    ngx_http_apigw_main_conf_t  *mcf;

    route = ngx_http_apigw_get_route(r);

    event->keyed = route->keyed;

    ngx_str_set(&event->api_key, "");
    ngx_str_set(&event->api_key_id, "");

    if (!route->keyed) {
        return;
    }

    if (route->forward_key) {
        event->api_key = ctx->secret;
    }

    if (ctx->consumer) {
        mcf = ngx_http_apigw_get_main_conf(r);
        ngx_apigw_keys_id(mcf->keys, ctx->consumer, &event->api_key_id);
    }
}


#if (NGX_HTTP_SSL)

/* a certificate that was not verified is nobody's */

static ngx_int_t
ngx_http_apigw_event_cert(ngx_http_request_t *r, ngx_apigw_event_t *event)
{
    ngx_str_t                verify;
    ngx_pool_t              *pool;
    ngx_connection_t        *c;
    ngx_apigw_event_cert_t  *cert;

    c = r->connection;
    pool = r->pool;

    if (ngx_ssl_get_client_verify(c, pool, &verify) != NGX_OK) {
        return NGX_ERROR;
    }

    if (verify.len != sizeof("SUCCESS") - 1
        || ngx_strncmp(verify.data, "SUCCESS", sizeof("SUCCESS") - 1) != 0)
    {
        return NGX_OK;
    }

    cert = ngx_pcalloc(pool, sizeof(ngx_apigw_event_cert_t));
    if (cert == NULL) {
        return NGX_ERROR;
    }

    if (ngx_ssl_get_raw_certificate(c, pool, &cert->pem) != NGX_OK
        || ngx_ssl_get_subject_dn(c, pool, &cert->subject) != NGX_OK
        || ngx_ssl_get_issuer_dn(c, pool, &cert->issuer) != NGX_OK
        || ngx_ssl_get_serial_number(c, pool, &cert->serial) != NGX_OK
        || ngx_ssl_get_client_v_start(c, pool, &cert->not_before) != NGX_OK
        || ngx_ssl_get_client_v_end(c, pool, &cert->not_after) != NGX_OK
        || ngx_http_apigw_event_serial(pool, &cert->serial) != NGX_OK)
    {
        return NGX_ERROR;
    }

    event->cert = cert;

    return NGX_OK;
}


/* "A1B2" is "a1:b2" in AWS */

static ngx_int_t
ngx_http_apigw_event_serial(ngx_pool_t *pool, ngx_str_t *serial)
{
    u_char  *p, *hex;
    size_t   i;

    hex = ngx_pnalloc(pool, serial->len + serial->len / 2 + 1);
    if (hex == NULL) {
        return NGX_ERROR;
    }

    p = hex;

    for (i = 0; i < serial->len; i++) {

        if (i && (serial->len - i) % 2 == 0) {
            *p++ = ':';
        }

        *p++ = ngx_tolower(serial->data[i]);
    }

    serial->data = hex;
    serial->len = p - hex;

    return NGX_OK;
}

#endif
