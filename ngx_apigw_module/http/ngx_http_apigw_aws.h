
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_AWS_H_INCLUDED_
#define _NGX_HTTP_APIGW_AWS_H_INCLUDED_


#include "ngx_http_apigw.h"
#include "ngx_apigw_event.h"
#include "ngx_apigw_sigv4.h"


/*
 * What this gateway is in terms of AWS: account and region, credentials, and
 * how a request looks as an event.  For the integration and the authorizers.
 */

#define NGX_HTTP_APIGW_INVOKE_PATH  "/2015-03-31/functions/"

#define NGX_HTTP_APIGW_INVOKE_ADDED                                          \
    "the path of the Invoke API, \"/2015-03-31/...\", is added to it"

/* of an event and of an answer: AWS Lambda quotas */
#define NGX_HTTP_APIGW_INVOKE_MAX   6291456


typedef struct {
    ngx_str_t                      account;
    ngx_str_t                      region;
    ngx_apigw_credentials_t        credentials;
    unsigned                       signs:1;  /* there are credentials */
} ngx_http_apigw_aws_t;


/* a function, and where it is invoked */

typedef struct {
    ngx_str_t                      name;     /* or its ARN */
    ngx_str_t                      qualifier;   /* "": none */
    ngx_str_t                      host;     /* for the Host header */
    ngx_str_t                      base;     /* path of the URL: "", "/a" */
    ngx_str_t                      path;     /* request target, encoded */
    ngx_str_t                      query;    /* "Qualifier=..", or "" */
    ngx_str_t                      region;   /* to be signed for; "": that of
                                                apigw_aws */
    ngx_uint_t                     sign;
} ngx_http_apigw_function_t;


/* ngx_http_apigw_aws_module.c */

/* apigw_aws, whose defaults are known when http{} has been read */
ngx_http_apigw_aws_t *ngx_http_apigw_aws(ngx_conf_t *cf);
ngx_http_apigw_aws_t *ngx_http_apigw_aws_of(ngx_http_request_t *r);

/* 12 digits; a name such as eu-central-1 */
ngx_uint_t ngx_http_apigw_aws_is_account(ngx_str_t *account);
ngx_uint_t ngx_http_apigw_aws_is_region(ngx_str_t *region);


/* ngx_http_apigw_function.c */

/*
 * Checks the name and the qualifier (AWS Lambda API Reference, Invoke), makes
 * path and query: NGX_OK, or logged and NGX_ERROR.
 */
ngx_int_t ngx_http_apigw_function(ngx_conf_t *cf,
    ngx_http_apigw_function_t *function);

/* a payload "1.0" or "2.0", ngx_apigw_event_format_e; NGX_OK, or logged */
ngx_int_t ngx_http_apigw_function_payload(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t *format);

/*
 * The header lines of a call, each with CR LF: Content-Type, X-Amzn-Trace-Id
 * where trace is not empty, and what signs it, with the event, where the
 * function says so.  NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_http_apigw_function_headers(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *trace, ngx_str_t *event,
    ngx_pool_t *pool, ngx_str_t *lines);


/* ngx_http_apigw_function_name.c */

/* name and qualifier: NGX_OK, or logged and NGX_ERROR */
ngx_int_t ngx_http_apigw_function_check(ngx_conf_t *cf,
    ngx_http_apigw_function_t *function);

/* whether the path of a URL has that of the Invoke API, which is added */
ngx_uint_t ngx_http_apigw_function_in_path(ngx_str_t *path);


/* ngx_http_apigw_event.c */

/*
 * All of the event but format, authorizer, sources and token; of the format
 * depends how headers are written.  Points into the request.
 */
ngx_int_t ngx_http_apigw_event(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_event_t *event);

/* its path as it was configured, or "$default" */
ngx_str_t *ngx_http_apigw_resource(ngx_http_apigw_route_t *route);


#endif /* _NGX_HTTP_APIGW_AWS_H_INCLUDED_ */
