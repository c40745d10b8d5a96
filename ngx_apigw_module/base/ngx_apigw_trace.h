
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TRACE_H_INCLUDED_
#define _NGX_APIGW_TRACE_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Where a request belongs in a trace, in the two forms that services know:
 *
 *     X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793
 *     traceparent: 00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01
 *
 * (AWS X-Ray Developer Guide, tracing header; W3C Trace Context).  What has
 * the same 32 digits is one trace to both.
 */

#define NGX_APIGW_TRACE_ID       32
#define NGX_APIGW_TRACE_PARENT   16

#define NGX_APIGW_TRACE_RANDOM   12          /* bytes of a new id, */
#define NGX_APIGW_TRACE_SPAN     8           /* and of a new parent */

typedef struct {
    u_char      id[NGX_APIGW_TRACE_ID];          /* lower case */
    u_char      parent[NGX_APIGW_TRACE_PARENT];  /* lower case */
    unsigned    parented:1;                      /* there is a parent */
    unsigned    decided:1;                       /* somebody said whether it */
    unsigned    sampled:1;                       /* is recorded */
} ngx_apigw_trace_t;


/*
 * The value of a header of a client: at most 512 bytes, of which none is no
 * printable ASCII.
 *
 *     NGX_OK        it is valid, *trace is set
 *     NGX_DECLINED  it is not
 */
ngx_int_t ngx_apigw_trace_read(ngx_apigw_trace_t *trace, ngx_str_t *header);
ngx_int_t ngx_apigw_traceparent_read(ngx_apigw_trace_t *trace,
    ngx_str_t *header);

/* a new one: without a parent, and nobody has decided */
void ngx_apigw_trace_new(ngx_apigw_trace_t *trace, int64_t time,
    const u_char random[NGX_APIGW_TRACE_RANDOM]);

/* gives it a parent, which traceparent can't be without */
void ngx_apigw_trace_span(ngx_apigw_trace_t *trace,
    const u_char random[NGX_APIGW_TRACE_SPAN]);

/*
 * Each returns the place behind.  The root is "1-5759e988-bd86..."; where
 * nobody has decided, traceparent says that it is sampled.
 */

#define NGX_APIGW_TRACE_ROOT_LEN                                             \
    (sizeof("1-") - 1 + 8 + 1 + 24)
#define NGX_APIGW_TRACE_LEN                                                  \
    (sizeof("Root=;Parent=;Sampled=1") - 1 + NGX_APIGW_TRACE_ROOT_LEN        \
     + NGX_APIGW_TRACE_PARENT)
#define NGX_APIGW_TRACEPARENT_LEN                                            \
    (sizeof("00---01") - 1 + NGX_APIGW_TRACE_ID + NGX_APIGW_TRACE_PARENT)

u_char *ngx_apigw_trace_root(u_char *p, ngx_apigw_trace_t *trace);
u_char *ngx_apigw_trace_write(u_char *p, ngx_apigw_trace_t *trace);
u_char *ngx_apigw_traceparent_write(u_char *p, ngx_apigw_trace_t *trace);


#endif /* _NGX_APIGW_TRACE_H_INCLUDED_ */
