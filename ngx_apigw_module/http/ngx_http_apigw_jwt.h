
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_JWT_H_INCLUDED_
#define _NGX_HTTP_APIGW_JWT_H_INCLUDED_


#include "ngx_http_apigw_authorizer.h"


/* what a jwt authorizer has beside what all have */

typedef struct {
    ngx_uint_t                     algorithms;  /* bits, ngx_apigw_jwk.h */
    ngx_str_t                      jwks;        /* of the only issuer */
    ngx_str_t                      secret_file;
    ngx_str_t                     *audiences;   /* of issuers without own */
    ngx_uint_t                     naudiences;
    ngx_msec_t                     cooldown;
    ngx_int_t                      parked_max;
} ngx_http_apigw_jwt_conf_t;


/* ngx_http_apigw_jwt_keys.c */

/* The keys of all issuers, when the block has been checked; logged. */
ngx_int_t ngx_http_apigw_jwt_keys(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);

void ngx_http_apigw_jwt_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat);


/* ngx_http_apigw_jwt_verify.c */

ngx_int_t ngx_http_apigw_jwt_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text);


#endif /* _NGX_HTTP_APIGW_JWT_H_INCLUDED_ */
