
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_RESPONSE_H_INCLUDED_
#define _NGX_HTTP_APIGW_RESPONSE_H_INCLUDED_


#include "ngx_http_apigw.h"


/* the gateway responses as they are without apigw_response */

typedef struct {
    ngx_uint_t                     status;       /* 0: that of the error */
    ngx_str_t                      message;      /* "": the reason phrase */
} ngx_http_apigw_answer_t;


typedef struct {
    ngx_str_t                      name;         /* as AWS names the type */
    ngx_str_t                      exception;    /* x-amzn-ErrorType */
    ngx_uint_t                     parent;       /* whose template it has */
    ngx_http_apigw_answer_t        answers[2];   /* of REST and HTTP APIs */
} ngx_http_apigw_response_t;


/* by ngx_http_apigw_error_e */
extern ngx_http_apigw_response_t  ngx_http_apigw_responses[];


#endif /* _NGX_HTTP_APIGW_RESPONSE_H_INCLUDED_ */
