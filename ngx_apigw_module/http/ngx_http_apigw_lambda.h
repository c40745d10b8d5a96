
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_LAMBDA_H_INCLUDED_
#define _NGX_HTTP_APIGW_LAMBDA_H_INCLUDED_


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_aws.h"
#include "ngx_apigw_event.h"
#include "ngx_apigw_answer.h"
#include "ngx_apigw_response.h"
#include "ngx_apigw_sigv4.h"


/*
 * Lambda proxy integrations: a route is answered by a function.  The request
 * becomes an event, which nginx's upstream machinery sends to the Invoke API;
 * what comes back is read whole before anything is sent to the client.
 */


typedef struct {
    ngx_http_upstream_conf_t       upstream;   /* first: nginx's setters */
    ngx_http_apigw_function_t      function;   /* name "": none */
    ngx_msec_t                     timeout;    /* of all together */
    ngx_msec_t                     connect;    /* at most that */
    ngx_uint_t                     payload;    /* as it was written; 0: not */
    ngx_array_t                   *binary;     /* ngx_str_t */
    ngx_str_t                      trusted;    /* "": the default store */
    unsigned                       tls:1;
    unsigned                       own_binary:1;  /* not inherited */
} ngx_http_apigw_lambda_loc_conf_t;


/* a context of TLS, for all that trust the same */

typedef struct {
    ngx_str_t                      trusted;
    ngx_flag_t                     verify;
    ngx_ssl_t                     *ssl;
} ngx_http_apigw_lambda_tls_t;


typedef struct {
    ngx_http_upstream_srv_conf_t  *upstream;
    ngx_ssl_t                     *ssl;        /* NULL: http:// */
    ngx_http_complex_value_t      *name;       /* NULL: the host */
} ngx_http_apigw_lambda_peer_t;


typedef struct {
    ngx_array_t                    tls;    /* ngx_http_apigw_lambda_tls_t */
    ngx_array_t                    peers;  /* ngx_http_apigw_lambda_peer_t */
} ngx_http_apigw_lambda_main_conf_t;


/* one call; r->upstream->input_filter_ctx, as r->ctx may be wiped */

typedef struct {
    ngx_http_request_t            *request;
    ngx_http_apigw_ctx_t          *gateway;
    ngx_uint_t                     format;     /* ngx_apigw_event_format_e */
    ngx_buf_t                     *event;
    ngx_apigw_response_t           response;
    ngx_apigw_answer_t             answer;
    ngx_event_t                    deadline;
    ngx_msec_t                     header_time;
    ngx_uint_t                     method;     /* of r, while it is a POST */
    size_t                         limit_rate;
    unsigned                       limit_rate_set:1;
    unsigned                       posing:1;   /* r->method is not its own */
    unsigned                       header:1;   /* header_time is set */
} ngx_http_apigw_lambda_ctx_t;


extern ngx_module_t  ngx_http_apigw_lambda_module;


#define ngx_http_apigw_lambda_get_ctx(r)                                     \
    ((ngx_http_apigw_lambda_ctx_t *) (r)->upstream->input_filter_ctx)


/* ngx_http_apigw_lambda_conf.c */

char *ngx_http_apigw_lambda(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_apigw_lambda_binary(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* upstream.ssl of what has been merged; NGX_OK, or logged and NGX_ERROR */
ngx_int_t ngx_http_apigw_lambda_tls(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf);

/* routes that share an upstream verify it alike; NGX_OK, NGX_ERROR, logged */
ngx_int_t ngx_http_apigw_lambda_peer(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_http_apigw_route_t *route);


/* ngx_http_apigw_lambda_request.c */

ngx_int_t ngx_http_apigw_lambda_handler(ngx_http_request_t *r);


/* ngx_http_apigw_lambda_event.c */

/* ctx->event, with the body, once that is read; NGX_OK, NGX_ERROR, a status */
ngx_int_t ngx_http_apigw_lambda_event(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);

/* 1 where a media type is one of apigw_binary_media_types */
ngx_uint_t ngx_http_apigw_lambda_is_binary(
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *type);


/* ngx_http_apigw_lambda_answer.c */

/* handlers of the upstream, and what makes it ready for an answer */
ngx_int_t ngx_http_apigw_lambda_answer_init(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
ngx_int_t ngx_http_apigw_lambda_reinit(ngx_http_request_t *r);
ngx_int_t ngx_http_apigw_lambda_process_header(ngx_http_request_t *r);
ngx_int_t ngx_http_apigw_lambda_filter_init(void *data);
ngx_int_t ngx_http_apigw_lambda_filter(void *data, ssize_t bytes);

/* r->method is again that of the client */
void ngx_http_apigw_lambda_unpose(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);


/* ngx_http_apigw_lambda_headers.c */

/* ctx->answer becomes r->headers_out; NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_lambda_headers(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);


#endif /* _NGX_HTTP_APIGW_LAMBDA_H_INCLUDED_ */
