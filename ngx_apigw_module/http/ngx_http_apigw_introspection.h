
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_
#define _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_


#include "ngx_http_apigw_flight.h"


/*
 * The introspection type of an authorizer: its part of the block, and what a
 * worker does with it.
 */


typedef struct {
    ngx_apigw_url_t            url;
    ngx_str_t                  client_id;
    ngx_str_t                  secret_file;
    ngx_str_t                  headers;      /* of a request, with the client's
                                                credentials */
    ngx_array_t               *issuers;      /* ngx_str_t; NULL: any */
    ngx_array_t               *audiences;    /* ngx_str_t; NULL: any */
    time_t                     cache_max;
    time_t                     inactive_max;
    ngx_uint_t                 parked_max;

    ngx_apigw_tls_t           *tls;          /* NULL: http:// */
    ngx_resolver_t            *resolver;     /* NULL: the host is an address */
    ngx_msec_t                 resolver_timeout;

    /* of a worker */

    ngx_http_apigw_flights_t   flights;
    ngx_apigw_tokens_t        *inactive;     /* NULL: off */

    time_t                     complained;   /* of a failure; 0: never */
    time_t                     denied;       /* of a status of 401 */
    ngx_uint_t                 failing;
} ngx_http_apigw_introspection_t;


/* ngx_http_apigw_introspection_step.c */

ngx_int_t ngx_http_apigw_introspection_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text);


/* ngx_http_apigw_introspection_flight.c */

ngx_int_t ngx_http_apigw_introspection_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer);
void ngx_http_apigw_introspection_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer);
void ngx_http_apigw_introspection_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat);


#endif /* _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_ */
