
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_USAGE_H_INCLUDED_
#define _NGX_HTTP_APIGW_USAGE_H_INCLUDED_


#include "ngx_http_apigw_metrics.h"
#include "ngx_apigw_statement.h"
#include "ngx_apigw_usage.h"


/* a key of the page */

typedef struct {
    ngx_str_t                      id;
    uint32_t                       n;        /* of the lease or the meter */
} ngx_http_apigw_usage_key_t;


typedef struct {
    ngx_apigw_lease_usage_t        usage;
    ngx_apigw_meters_read_t        read;     /* of a statement */
    uint64_t                       counts[NGX_APIGW_USAGE_COUNTS];
} ngx_http_apigw_usage_item_t;


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_apigw_plan_t         *plan;
    ngx_apigw_usage_query_t        query;
    ngx_apigw_usage_t              report;
    ngx_apigw_statement_t          statement;

    ngx_http_apigw_usage_key_t    *keys;     /* of the page */
    ngx_uint_t                     nkeys;
    ngx_uint_t                     next;     /* to be asked for */

    ngx_http_apigw_usage_item_t   *items;    /* of the batch */
    ngx_uint_t                     nitems;
    ngx_event_t                    alive;    /* a worker that exits waits */
    ngx_uint_t                     pending;

    ngx_chain_t                   *out;
    ngx_chain_t                  **last;
    off_t                          size;
} ngx_http_apigw_usage_ctx_t;


/* ngx_http_apigw_usage_report.c */

/* Answers with the report, now or later: what a content handler returns. */
ngx_int_t ngx_http_apigw_usage_report(ngx_http_apigw_usage_ctx_t *u);

/* The store has answered for one item: NGX_OK, or NGX_ERROR. */
void ngx_http_apigw_usage_answered(ngx_http_apigw_usage_ctx_t *u,
    ngx_int_t rc);


/* ngx_http_apigw_usage_statement.c: the parts of a report that is one */

/* NGX_DECLINED: go on; else what has become of the request */
ngx_int_t ngx_http_apigw_usage_statement(ngx_http_apigw_usage_ctx_t *u);

/* as ngx_apigw_meters_read() */
ngx_int_t ngx_http_apigw_usage_statement_ask(ngx_http_apigw_usage_ctx_t *u,
    ngx_uint_t i);

/* the batch, and how long it may be */
size_t ngx_http_apigw_usage_statement_len(ngx_http_apigw_usage_ctx_t *u);
u_char *ngx_http_apigw_usage_statement_write(ngx_http_apigw_usage_ctx_t *u,
    u_char *p, u_char *last);


#endif /* _NGX_HTTP_APIGW_USAGE_H_INCLUDED_ */
