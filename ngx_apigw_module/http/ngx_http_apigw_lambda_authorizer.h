
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_LAMBDA_AUTHORIZER_H_INCLUDED_
#define _NGX_HTTP_APIGW_LAMBDA_AUTHORIZER_H_INCLUDED_


#include "ngx_http_apigw_flight.h"
#include "ngx_http_apigw_aws.h"


/*
 * The lambda type of an authorizer: a function is asked who a client is and
 * what it may call, and its verdict is kept.
 */

#define NGX_HTTP_APIGW_LAMBDA_AUTH_IDENTITIES  16


typedef enum {
    NGX_HTTP_APIGW_LAMBDA_AUTH_REQUEST = 0,
    NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN
} ngx_http_apigw_lambda_auth_mode_e;


typedef struct {
    ngx_apigw_url_t             url;         /* of a call, when it is known */
    ngx_http_apigw_function_t   function;
    ngx_uint_t                  mode;
    ngx_uint_t                  payload;     /* ngx_apigw_event_format_e of
                                                HTTP APIs */
    ngx_flag_t                  simple;
    time_t                      ttl;         /* NGX_CONF_UNSET: as in AWS */
    ngx_uint_t                  parked_max;
    ngx_str_t                   validation;  /* "": none */

#if (NGX_PCRE)
    ngx_regex_t                *regex;
#endif

    ngx_apigw_tls_t            *tls;         /* NULL: http:// */
    ngx_resolver_t             *resolver;    /* NULL: the host is an address */
    ngx_msec_t                  resolver_timeout;

    /* of a worker */

    ngx_http_apigw_flights_t    flights;
    time_t                      complained;  /* of a failure; 0: never */
    ngx_uint_t                  failing;
} ngx_http_apigw_lambda_auth_t;


/* ngx_http_apigw_lambda_authorizer_conf.c */

char *ngx_http_apigw_lambda_auth_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);

/* authorizer->conf, made unless it is there; NULL: no memory */
ngx_http_apigw_lambda_auth_t *ngx_http_apigw_lambda_auth_conf(
    ngx_conf_t *cf, ngx_http_apigw_authorizer_t *authorizer);


/* ngx_http_apigw_lambda_authorizer_step.c */

ngx_int_t ngx_http_apigw_lambda_auth_identify(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text);
ngx_int_t ngx_http_apigw_lambda_auth_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text);

/* seconds for which a verdict is good in a stage; 0: it is not kept */
time_t ngx_http_apigw_lambda_auth_ttl(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_stage_t *stage);

/* the values of the identities, which identify() has put into a text */
void ngx_http_apigw_lambda_auth_values(ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, ngx_str_t *values);


/* ngx_http_apigw_lambda_authorizer_call.c */

/* a request whose verdict is asked for, given to flight_wait() */

typedef struct {
    ngx_http_request_t         *request;
    ngx_http_apigw_ctx_t       *ctx;
    ngx_str_t                  *text;
} ngx_http_apigw_lambda_auth_call_t;

ngx_int_t ngx_http_apigw_lambda_auth_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer);
void ngx_http_apigw_lambda_auth_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer);
void ngx_http_apigw_lambda_auth_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat);


#endif /* _NGX_HTTP_APIGW_LAMBDA_AUTHORIZER_H_INCLUDED_ */
