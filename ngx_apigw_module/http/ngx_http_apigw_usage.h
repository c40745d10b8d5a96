
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_USAGE_H_INCLUDED_
#define _NGX_HTTP_APIGW_USAGE_H_INCLUDED_


#include "ngx_http_apigw_metrics.h"
#include "ngx_apigw_usage.h"


/* a key of the page */

typedef struct {
    ngx_str_t                      id;
    uint32_t                       lease;
} ngx_http_apigw_usage_key_t;


typedef struct {
    ngx_apigw_lease_usage_t        usage;
    uint64_t                       counts[NGX_APIGW_USAGE_COUNTS];
} ngx_http_apigw_usage_item_t;


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_apigw_plan_t         *plan;
    ngx_apigw_usage_query_t        query;
    ngx_apigw_usage_t              report;

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

#define ngx_http_apigw_usage_error  ngx_http_apigw_operator_error


#endif /* _NGX_HTTP_APIGW_USAGE_H_INCLUDED_ */
