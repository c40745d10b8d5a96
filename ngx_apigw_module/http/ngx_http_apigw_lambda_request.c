
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"
#include "ngx_http_apigw_trace.h"


static void ngx_http_apigw_lambda_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_lambda_start(ngx_http_request_t *r);
static ngx_http_apigw_lambda_ctx_t *ngx_http_apigw_lambda_create_ctx(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_lambda_upstream(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_lambda_create_request(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_lambda_header(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_str_t *lines, ngx_buf_t **header);
static void ngx_http_apigw_lambda_pose(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static void ngx_http_apigw_lambda_deadline(ngx_event_t *ev);
static void ngx_http_apigw_lambda_cleanup(void *data);
static void ngx_http_apigw_lambda_abort(ngx_http_request_t *r);
static void ngx_http_apigw_lambda_finalize(ngx_http_request_t *r,
    ngx_int_t rc);


ngx_int_t
ngx_http_apigw_lambda_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_read_client_request_body(r,
                                           ngx_http_apigw_lambda_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_apigw_lambda_body_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_apigw_lambda_start(r);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_upstream_init(r);
}


/* NGX_OK, or a status */

static ngx_int_t
ngx_http_apigw_lambda_start(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_apigw_lambda_ctx_t  *ctx;

    ctx = ngx_http_apigw_lambda_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_apigw_lambda_event(r, ctx);

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    if (ngx_http_apigw_lambda_upstream(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static ngx_http_apigw_lambda_ctx_t *
ngx_http_apigw_lambda_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t                *cln;
    ngx_http_apigw_route_t            *route;
    ngx_http_apigw_lambda_ctx_t       *ctx;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_apigw_lambda_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_apigw_lambda_ctx_t));

    cln->handler = ngx_http_apigw_lambda_cleanup;

    ctx->request = r;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);
    route = ngx_http_apigw_get_route(r);

    if (route->stage->type == NGX_APIGW_REST) {
        ctx->format = NGX_APIGW_EVENT_REST;

    } else {
        ctx->format = llcf->payload ? llcf->payload : NGX_APIGW_EVENT_2_0;
    }

    ctx->gateway = ngx_http_apigw_get_ctx(r);

    if (ctx->gateway) {
        return ctx;
    }

    /* a subrequest of a client request that is in no stage */

    ctx->gateway = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_ctx_t));
    if (ctx->gateway == NULL) {
        return NULL;
    }

    ctx->gateway->stage = route->stage;
    ctx->gateway->route = route;
    ctx->gateway->type = route->stage->type;

    return ctx;
}


static ngx_int_t
ngx_http_apigw_lambda_upstream(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_http_upstream_t               *u;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    if (ngx_http_upstream_create(r) != NGX_OK) {
        return NGX_ERROR;
    }

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);

    u = r->upstream;

    ngx_str_set(&u->schema, "http://");

#if (NGX_HTTP_SSL)

    if (llcf->tls) {
        u->ssl = 1;
        ngx_str_set(&u->schema, "https://");
    }

#endif

    u->uri = llcf->function.path;
    u->conf = &llcf->upstream;
    u->output.tag = (ngx_buf_tag_t) &ngx_http_apigw_lambda_module;

    u->create_request = ngx_http_apigw_lambda_create_request;
    u->reinit_request = ngx_http_apigw_lambda_reinit;
    u->process_header = ngx_http_apigw_lambda_process_header;
    u->abort_request = ngx_http_apigw_lambda_abort;
    u->finalize_request = ngx_http_apigw_lambda_finalize;

    u->input_filter_init = ngx_http_apigw_lambda_filter_init;
    u->input_filter = ngx_http_apigw_lambda_filter;
    u->input_filter_ctx = ctx;

    return ngx_http_apigw_lambda_answer_init(r, ctx);
}


static ngx_int_t
ngx_http_apigw_lambda_create_request(ngx_http_request_t *r)
{
    ngx_str_t                          trace, lines, event;
    ngx_buf_t                         *b;
    ngx_chain_t                       *cl;
    ngx_http_apigw_lambda_ctx_t       *ctx;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    ctx = ngx_http_apigw_lambda_get_ctx(r);
    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);

    event.data = ctx->event->pos;
    event.len = ctx->event->last - ctx->event->pos;

    if (ngx_http_apigw_trace(r, ctx->gateway, &trace) != NGX_OK
        || ngx_http_apigw_function_headers(ngx_http_apigw_aws_of(r),
                                           &llcf->function, &trace, &event,
                                           r->pool, &lines)
           != NGX_OK
        || ngx_http_apigw_lambda_header(r, ctx, &lines, &b) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    r->upstream->request_bufs = cl;

    cl->next = ngx_alloc_chain_link(r->pool);
    if (cl->next == NULL) {
        return NGX_ERROR;
    }

    ctx->event->flush = 1;

    cl->next->buf = ctx->event;
    cl->next->next = NULL;

    ngx_http_apigw_lambda_pose(r, ctx);

    ctx->deadline.handler = ngx_http_apigw_lambda_deadline;
    ctx->deadline.data = ctx;
    ctx->deadline.log = r->connection->log;

    ngx_add_timer(&ctx->deadline, llcf->timeout);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_header(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_str_t *lines, ngx_buf_t **header)
{
    u_char                            *p;
    size_t                             len;
    ngx_buf_t                         *b;
    ngx_http_apigw_function_t         *function;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);
    function = &llcf->function;

    len = sizeof("POST ? HTTP/1.1" CRLF) - 1 + function->path.len
          + function->query.len
          + sizeof("Host: " CRLF) - 1 + function->host.len
          + sizeof("Content-Length: " CRLF) - 1 + NGX_SIZE_T_LEN
          + lines->len
          + sizeof(CRLF) - 1;

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(b->last, "POST ", sizeof("POST ") - 1);
    p = ngx_cpymem(p, function->path.data, function->path.len);

    if (function->query.len) {
        *p++ = '?';
        p = ngx_cpymem(p, function->query.data, function->query.len);
    }

    p = ngx_cpymem(p, " HTTP/1.1" CRLF "Host: ",
                   sizeof(" HTTP/1.1" CRLF "Host: ") - 1);
    p = ngx_cpymem(p, function->host.data, function->host.len);
    p = ngx_cpymem(p, CRLF "Content-Length: ",
                   sizeof(CRLF "Content-Length: ") - 1);
    p = ngx_apigw_number(p, ctx->event->last - ctx->event->pos);
    *p++ = CR;
    *p++ = LF;
    p = ngx_cpymem(p, lines->data, lines->len);
    *p++ = CR;
    *p++ = LF;

    b->last = p;

    *header = b;

    return NGX_OK;
}


/*
 * By r->method nginx judges whether a request may be sent once more: what is
 * sent to the Invoke API is a POST, whatever the client sent.
 */

static void
ngx_http_apigw_lambda_pose(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ctx->method = r->method;
    ctx->posing = 1;

    r->method = NGX_HTTP_POST;
}


void
ngx_http_apigw_lambda_unpose(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    if (ctx->posing) {
        ctx->posing = 0;
        r->method = ctx->method;
    }
}


/*
 * nginx's own timers begin anew with each step and each attempt.  Whatever it
 * is doing, a connection whose time is up makes it finalize the request.
 */

static void
ngx_http_apigw_lambda_deadline(ngx_event_t *ev)
{
    ngx_event_t                  *stuck;
    ngx_connection_t             *c;
    ngx_http_request_t           *r;
    ngx_http_upstream_t          *u;
    ngx_http_apigw_lambda_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    u = r->upstream;
    c = u->peer.connection;

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "apigw lambda deadline");

    if (c == NULL || u->input_filter_ctx != ctx) {

        /* nginx had no memory to connect, and the request has failed */

        return;
    }

    u->peer.tries = 0;

    c->read->timedout = 1;
    c->write->timedout = 1;

    /* the log tells what it was waiting for */

    stuck = u->request_body_sent ? c->read : c->write;

    stuck->handler(stuck);
}


static void
ngx_http_apigw_lambda_cleanup(void *data)
{
    ngx_http_apigw_lambda_ctx_t  *ctx = data;

    if (ctx->deadline.timer_set) {
        ngx_del_timer(&ctx->deadline);
    }
}


static void
ngx_http_apigw_lambda_abort(ngx_http_request_t *r)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "abort apigw lambda request");
}


static void
ngx_http_apigw_lambda_finalize(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_apigw_lambda_ctx_t  *ctx;

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "finalize apigw lambda request");

    ctx = ngx_http_apigw_lambda_get_ctx(r);

    ngx_http_apigw_lambda_unpose(r, ctx);
    ngx_http_apigw_lambda_cleanup(ctx);
}
