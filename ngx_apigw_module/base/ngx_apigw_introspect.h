
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_INTROSPECT_H_INCLUDED_
#define _NGX_APIGW_INTROSPECT_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_claims.h"


/*
 * What token introspection (RFC 7662) says and hears.
 */

#define NGX_APIGW_INTROSPECT_DEPTH  16     /* of an answer */


/* 1 where a text may be a token (RFC 6749, A.12), but no space is, else 0 */
ngx_uint_t ngx_apigw_introspect_is_token(ngx_str_t *text);

/*
 * The value of Authorization: Basic, of an identifier and a secret that are
 * form-urlencoded each (RFC 6749, 2.3.1).  NGX_OK, NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_introspect_basic(ngx_str_t *value, ngx_str_t *id,
    ngx_str_t *secret, ngx_pool_t *pool);

/* The form that asks for a token: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_introspect_form(ngx_str_t *form, ngx_str_t *token,
    ngx_pool_t *pool);

/*
 * The body of an answer.
 *
 *     NGX_OK        the token is active: claims are set, in the pool
 *     NGX_DONE      it is not
 *     NGX_DECLINED  this is no answer: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_introspect_read(ngx_apigw_claims_t *claims,
    ngx_str_t *answer, ngx_pool_t *pool, const char **reason);

/*
 * Until when an active token that was asked for at this moment need not be
 * asked for again: as long as it is valid, and for max seconds at most.
 */
int64_t ngx_apigw_introspect_until(ngx_apigw_claims_t *claims, int64_t now,
    int64_t leeway, int64_t max);


#endif /* _NGX_APIGW_INTROSPECT_H_INCLUDED_ */
