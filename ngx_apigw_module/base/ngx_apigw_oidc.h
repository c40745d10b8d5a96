
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_OIDC_H_INCLUDED_
#define _NGX_APIGW_OIDC_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Where an issuer's keys are (OpenID Connect Discovery 1.0, 3 and 4).
 */

/*
 * The URL of the document of an issuer: NGX_OK; NGX_DECLINED, as with a query
 * or a fragment there is none; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_oidc_url(ngx_str_t *issuer, ngx_str_t *url,
    ngx_pool_t *pool);

/*
 * What a document of this issuer says; its "issuer" must be the same text.
 *
 *     NGX_OK        *jwks is the pool's, a text of one byte or more
 *     NGX_DECLINED  the document is not to be used: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_oidc_parse(ngx_str_t *text, ngx_str_t *issuer,
    ngx_str_t *jwks, ngx_pool_t *pool, const char **reason);


#endif /* _NGX_APIGW_OIDC_H_INCLUDED_ */
