
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_CORS_H_INCLUDED_
#define _NGX_HTTP_APIGW_CORS_H_INCLUDED_


#include "ngx_http_apigw.h"
#include "ngx_apigw_cors.h"


typedef struct {
    ngx_array_t                   *origins;      /* ngx_apigw_origin_t */
    ngx_str_t                      methods;      /* "": the field is not */
    ngx_str_t                      headers;      /* sent */
    ngx_str_t                      expose;
    ngx_str_t                      max_age;
    unsigned                       any:1;        /* of origins */
    unsigned                       credentials:1;
    unsigned                       any_method:1;
    unsigned                       any_header:1;
    unsigned                       any_exposed:1;
} ngx_http_apigw_cors_t;


typedef struct {
    ngx_http_apigw_cors_t         *cors;         /* NULL: off */
} ngx_http_apigw_cors_loc_conf_t;


extern ngx_module_t  ngx_http_apigw_cors_module;


/* ngx_http_apigw_cors_headers.c */

/*
 * Answers a preflight: what became of that, or NGX_DECLINED where it is none,
 * or CORS is off for what it asks.
 */
ngx_int_t ngx_http_apigw_cors_preflight(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);

void ngx_http_apigw_cors_filter_init(void);


#endif /* _NGX_HTTP_APIGW_CORS_H_INCLUDED_ */
