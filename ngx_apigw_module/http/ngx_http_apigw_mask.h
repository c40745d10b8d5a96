
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_MASK_H_INCLUDED_
#define _NGX_HTTP_APIGW_MASK_H_INCLUDED_


#include "ngx_http_apigw.h"


/*
 * Less is no secret: such bytes stand everywhere in a request, and could not
 * be masked.
 */
#define NGX_HTTP_APIGW_SECRET_MIN  8

/*
 * The header of this lower-case name.
 *
 *     NGX_OK        *header is set, its value is not empty
 *     NGX_DECLINED  there is none
 *     NGX_BUSY      there are several
 */
ngx_int_t ngx_http_apigw_find_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_table_elt_t **header);

/* Overwrites the values of all headers of this name with stars. */
void ngx_http_apigw_hide_header(ngx_http_request_t *r, ngx_str_t *name);
void ngx_http_apigw_hide_value(ngx_http_request_t *r, ngx_str_t *value);

/*
 * A secret that a variable gives: secret is a copy of it in the pool, and
 * wherever the client wrote it, logs and upstreams will read stars, but where
 * it is shorter than NGX_HTTP_APIGW_SECRET_MIN or longer than max.
 *
 *     NGX_OK
 *     NGX_DECLINED  there is none
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_http_apigw_take_variable(ngx_http_request_t *r, ngx_int_t index,
    size_t max, ngx_str_t *secret);

/* the same, but nothing is masked */
ngx_int_t ngx_http_apigw_read_variable(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value);

/*
 * Masks a secret wherever the client wrote it, and in what variables remember:
 * NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_http_apigw_mask_request(ngx_http_request_t *r,
    ngx_str_t *secret);
ngx_int_t ngx_http_apigw_mask_variables(ngx_http_request_t *r,
    ngx_str_t *secret);

/*
 * Overwrites each secret in a text with stars; mask_cut() also the beginning
 * of one at the end of the text.
 */
void ngx_http_apigw_mask(ngx_str_t *text, ngx_str_t *secret);
void ngx_http_apigw_mask_cut(ngx_str_t *text, ngx_str_t *secret);

/* a copy of what is not in the request's own memory, so that it is wiped */
ngx_int_t ngx_http_apigw_own(ngx_http_request_t *r, ngx_str_t *value,
    ngx_str_t *own);


#endif /* _NGX_HTTP_APIGW_MASK_H_INCLUDED_ */
