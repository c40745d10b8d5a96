
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_TEMPLATE_H_INCLUDED_
#define _NGX_HTTP_APIGW_TEMPLATE_H_INCLUDED_


#include "ngx_http_apigw.h"


/*
 * The template of a gateway response: plain substitution of variables, whose
 * values are escaped where the type is JSON.
 */

typedef struct {
    ngx_uint_t                     status;   /* 0: the default one */
    ngx_str_t                      type;     /* "": application/json */
    ngx_array_t                   *parts;    /* NULL: the default body */
} ngx_http_apigw_template_t;


/* Compiles the text into template->parts; logged, NGX_ERROR. */
ngx_int_t ngx_http_apigw_template_compile(ngx_conf_t *cf,
    ngx_http_apigw_template_t *template, ngx_str_t *text);

/* Evaluates the parts; the body is allocated from r->pool. */
ngx_int_t ngx_http_apigw_template_run(ngx_http_request_t *r,
    ngx_http_apigw_template_t *template, ngx_str_t *body);


#endif /* _NGX_HTTP_APIGW_TEMPLATE_H_INCLUDED_ */
