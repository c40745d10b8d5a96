
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_trace.h"
#include "ngx_apigw_trace.h"


/*
 * Where a request belongs in a trace.  What a client says of that is kept
 * where it is valid, else it is replaced; of the two headers that there are,
 * one is made of the other.
 */


static ngx_int_t ngx_http_apigw_trace_make(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_traces_t *traces,
    ngx_apigw_trace_t *trace);
static ngx_int_t ngx_http_apigw_trace_look(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


static ngx_str_t  ngx_http_apigw_trace_xray = ngx_string("x-amzn-trace-id");
static ngx_str_t  ngx_http_apigw_trace_parent = ngx_string("traceparent");
static ngx_str_t  ngx_http_apigw_trace_state = ngx_string("tracestate");


void
ngx_http_apigw_trace_begin(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_traces_t *traces)
{
    ngx_memzero(traces, sizeof(ngx_http_apigw_traces_t));

    traces->kinds = ngx_http_apigw_trace_kinds(r);

    if (ctx->trace.len) {
        traces->kinds &= ~NGX_HTTP_APIGW_TRACE_XRAY;
    }

    if (ctx->traceparent.len) {
        traces->kinds &= ~NGX_HTTP_APIGW_TRACE_W3C;
    }
}


ngx_uint_t
ngx_http_apigw_trace_met(ngx_http_apigw_traces_t *traces, ngx_table_elt_t *h)
{
    ngx_str_t                      *name;
    ngx_uint_t                      kind;
    ngx_http_apigw_trace_header_t  *header;

    switch (h->key.len) {

    case sizeof("x-amzn-trace-id") - 1:
        name = &ngx_http_apigw_trace_xray;
        kind = NGX_HTTP_APIGW_TRACE_XRAY;
        break;

    case sizeof("traceparent") - 1:
        name = &ngx_http_apigw_trace_parent;
        kind = NGX_HTTP_APIGW_TRACE_W3C;
        break;

    case sizeof("tracestate") - 1:
        name = &ngx_http_apigw_trace_state;
        kind = NGX_HTTP_APIGW_TRACE_STATE;
        break;

    default:
        return 0;
    }

    if (!ngx_http_apigw_header_is(h, name->data, name->len)) {
        return 0;
    }

    header = (kind == NGX_HTTP_APIGW_TRACE_XRAY) ? &traces->xray
                                                 : &traces->parent;

    if (kind != NGX_HTTP_APIGW_TRACE_STATE) {

        /* two are two stories, and who reads "_" as "-" may find another */

        header->bad = ((traces->met & kind)
                       || ngx_strncasecmp(h->key.data, name->data, name->len)
                          != 0);
        header->value = h->value;
    }

    traces->met |= kind;

    return kind;
}


ngx_int_t
ngx_http_apigw_trace_decide(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_traces_t *traces)
{
    ngx_uint_t         xray, parent;
    ngx_apigw_trace_t  of_xray, of_parent;

    xray = !traces->xray.bad
           && ngx_apigw_trace_read(&of_xray, &traces->xray.value) == NGX_OK;

    parent = !traces->parent.bad
             && ngx_apigw_traceparent_read(&of_parent, &traces->parent.value)
                == NGX_OK;

    traces->made = traces->kinds;

    if (xray && (traces->kinds & NGX_HTTP_APIGW_TRACE_XRAY)) {
        ctx->trace = traces->xray.value;
        traces->made &= ~NGX_HTTP_APIGW_TRACE_XRAY;
    }

    if (parent && (traces->kinds & NGX_HTTP_APIGW_TRACE_W3C)) {
        ctx->traceparent = traces->parent.value;
        traces->made &= ~NGX_HTTP_APIGW_TRACE_W3C;
    }

    if (traces->made == 0) {
        return NGX_OK;
    }

    return ngx_http_apigw_trace_make(r, ctx, traces,
                                     xray ? &of_xray
                                          : parent ? &of_parent : NULL);
}


/* trace: that of the other header, or NULL */

static ngx_int_t
ngx_http_apigw_trace_make(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_traces_t *traces, ngx_apigw_trace_t *trace)
{
    u_char             *p, *random;
    ngx_apigw_trace_t   new;

    random = ngx_http_apigw_random(NGX_APIGW_TRACE_RANDOM
                                   + NGX_APIGW_TRACE_SPAN);
    if (random == NULL) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "could not get random bytes for a trace id");
        return NGX_ERROR;
    }

    /* a subrequest's context is that of the client request */

    p = ngx_pnalloc(r->main->pool, NGX_APIGW_TRACE_LEN
                                   + NGX_APIGW_TRACEPARENT_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (trace == NULL) {
        trace = &new;
        ngx_apigw_trace_new(trace, ngx_time(), random);
    }

    if (traces->made & NGX_HTTP_APIGW_TRACE_XRAY) {
        ctx->trace.data = p;
        p = ngx_apigw_trace_write(p, trace);
        ctx->trace.len = p - ctx->trace.data;
    }

    if (traces->made & NGX_HTTP_APIGW_TRACE_W3C) {

        if (!trace->parented) {
            ngx_apigw_trace_span(trace, random + NGX_APIGW_TRACE_RANDOM);
        }

        ctx->traceparent.data = p;
        p = ngx_apigw_traceparent_write(p, trace);
        ctx->traceparent.len = p - ctx->traceparent.data;

        ctx->traceparent_made = 1;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_trace(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *trace)
{
    if (ctx->trace.len == 0 && ngx_http_apigw_trace_look(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    *trace = ctx->trace;

    return NGX_OK;
}


/* for a subrequest of a client request that is in no stage */

static ngx_int_t
ngx_http_apigw_trace_look(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_uint_t                i;
    ngx_list_part_t          *part;
    ngx_table_elt_t          *h;
    ngx_http_apigw_traces_t   traces;

    ngx_http_apigw_trace_begin(r, ctx, &traces);

    traces.kinds &= NGX_HTTP_APIGW_TRACE_XRAY;

    if (traces.kinds == 0) {
        return NGX_OK;
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        (void) ngx_http_apigw_trace_met(&traces, &h[i]);
    }

    return ngx_http_apigw_trace_decide(r, ctx, &traces);
}


ngx_int_t
ngx_http_apigw_trace_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              text;
    ngx_apigw_trace_t      trace;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    text = ctx->traceparent;

    if (data == 0) {
        ngx_str_null(&text);

        if (ctx->trace.len
            && ngx_apigw_trace_read(&trace, &ctx->trace) == NGX_OK)
        {
            text.data = ngx_pnalloc(r->pool, NGX_APIGW_TRACE_ROOT_LEN);
            if (text.data == NULL) {
                return NGX_ERROR;
            }

            text.len = ngx_apigw_trace_root(text.data, &trace) - text.data;
        }
    }

    return text.len ? ngx_http_apigw_variable_text(v, &text)
                    : ngx_http_apigw_variable_empty(r, v);
}
