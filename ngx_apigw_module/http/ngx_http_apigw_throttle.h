
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_THROTTLE_H_INCLUDED_
#define _NGX_HTTP_APIGW_THROTTLE_H_INCLUDED_


#include "ngx_http_apigw.h"


/* as many limits as a request can meet; half of them are a route's at most */

#define NGX_HTTP_APIGW_MAX_CHARGES  32


/* a throttle as it was written; each route makes its own limit of it */

typedef struct {
    ngx_http_apigw_limit_t         limit;
    ngx_str_t                      key;      /* "$remote_addr", "" */
    ngx_uint_t                     ordinal;  /* among those of its level with
                                                the same key and scope */
    ngx_http_apigw_stage_t        *stage;    /* scope=stage: whose limit the */
    ngx_http_apigw_limit_t        *shared;   /* last one that was made is */
} ngx_http_apigw_throttle_t;


typedef struct {
    ngx_array_t                   *throttles; /* ngx_http_apigw_throttle_t * */
    ngx_uint_t                     off;
    ngx_flag_t                     headers;
    ngx_uint_t                     log_level;
} ngx_http_apigw_throttle_loc_conf_t;


extern ngx_module_t  ngx_http_apigw_throttle_module;


/* ngx_http_apigw_throttle_step.c */

/* the step of the pipeline: takes a token of each limit, or refuses */
ngx_int_t ngx_http_apigw_throttle_step(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


/* ngx_http_apigw_throttle_headers.c */

/* Retry-After and the RateLimit fields, of quotas, too */
void ngx_http_apigw_throttle_filter_init(void);


#endif /* _NGX_HTTP_APIGW_THROTTLE_H_INCLUDED_ */
