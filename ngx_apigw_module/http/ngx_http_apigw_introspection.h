
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_
#define _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_


#include "ngx_http_apigw_authorizer.h"


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

    ngx_apigw_tokens_t        *inactive;     /* NULL: off */
    ngx_queue_t               *flights;      /* buckets */
    ngx_uint_t                 nflights;
    ngx_uint_t                 nparked;
    ngx_event_t                hold;         /* while requests are parked */
    u_char                     seed[NGX_APIGW_SIPHASH_KEY_LEN];

    ngx_log_t                 *log;
    time_t                     complained;   /* of a failure; 0: never */
    time_t                     denied;       /* of a status of 401 */
    ngx_uint_t                 failing;
} ngx_http_apigw_introspection_t;


/* ngx_http_apigw_introspection_step.c */

ngx_int_t ngx_http_apigw_introspection_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text);


/* ngx_http_apigw_introspection_flight.c */

typedef struct {
    ngx_queue_t                      queue;      /* of the flight */
    ngx_http_apigw_introspection_t  *introspection;
    ngx_http_request_t              *request;

    ngx_int_t                        rc;         /* NGX_AGAIN: it waits */
    const char                      *reason;     /* NGX_DECLINED, NGX_ERROR */
    ngx_apigw_token_t               *token;      /* NGX_OK: held */
} ngx_http_apigw_introspection_wait_t;

ngx_int_t ngx_http_apigw_introspection_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer);
void ngx_http_apigw_introspection_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer);

/*
 * Waits for the one call about a token, which is begun where there is none:
 * the request is resumed when the endpoint has answered or the time is over.
 *
 *     NGX_AGAIN     it waits
 *     NGX_DECLINED  as many wait as may
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_http_apigw_introspection_join(
    ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_introspection_wait_t *wait, ngx_str_t *text);

/* It waits no longer, and holds no token. */
void ngx_http_apigw_introspection_leave(
    ngx_http_apigw_introspection_wait_t *wait);


#endif /* _NGX_HTTP_APIGW_INTROSPECTION_H_INCLUDED_ */
