
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_TRACE_H_INCLUDED_
#define _NGX_HTTP_APIGW_TRACE_H_INCLUDED_


#include "ngx_http_apigw.h"


/* ngx_http_apigw_identity_module.c */

/* which headers tell upstreams of traces, by apigw_trace */
ngx_uint_t ngx_http_apigw_trace_kinds(ngx_http_request_t *r);

#define NGX_HTTP_APIGW_TRACE_XRAY   0x01     /* X-Amzn-Trace-Id */
#define NGX_HTTP_APIGW_TRACE_W3C    0x02     /* traceparent */
#define NGX_HTTP_APIGW_TRACE_STATE  0x04     /* tracestate: of the client */


/* ngx_http_apigw_trace.c */

typedef struct {
    ngx_str_t                      value;
    ngx_uint_t                     bad;      /* repeated, or of a name that
                                                only resembles it */
} ngx_http_apigw_trace_header_t;

typedef struct {
    ngx_uint_t                     kinds;    /* that are to be decided */
    ngx_uint_t                     met;      /* among the client's headers */
    ngx_uint_t                     made;     /* set by decide() */
    ngx_http_apigw_trace_header_t  xray;
    ngx_http_apigw_trace_header_t  parent;
} ngx_http_apigw_traces_t;

/*
 * What the headers of a client say of traces: met() is called with each whose
 * name might be one of them and returns its kind, or 0; decide() sets
 * ctx->trace and ctx->traceparent, and says which headers are to replace the
 * client's: NGX_OK, NGX_ERROR.
 */
void ngx_http_apigw_trace_begin(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_traces_t *traces);
ngx_uint_t ngx_http_apigw_trace_met(ngx_http_apigw_traces_t *traces,
    ngx_table_elt_t *h);
ngx_int_t ngx_http_apigw_trace_decide(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_traces_t *traces);

/*
 * X-Amzn-Trace-Id of the client, or a new one, the same for all the request;
 * "" where apigw_trace doesn't want it.
 */
ngx_int_t ngx_http_apigw_trace(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *trace);

/* $apigw_trace_id, $apigw_traceparent */
ngx_int_t ngx_http_apigw_trace_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_APIGW_TRACE_H_INCLUDED_ */
