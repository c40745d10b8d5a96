
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JWT_H_INCLUDED_
#define _NGX_APIGW_JWT_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_json.h"


/*
 * A signed token in compact serialization (RFC 7515, 3.1; RFC 7519), taken
 * apart.  Nothing of it is true before its signature is verified.
 *
 * "jwk", "jku", "x5u" and "x5c" of a header are never looked at, "typ" may be
 * any string.  A header with "crit", whatever it names (RFC 7515, 4.1.11),
 * with "b64" (RFC 7797, 7), "enc" or "zip" is refused.
 */

#define NGX_APIGW_JWT_DEPTH     16      /* of header and claims */
#define NGX_APIGW_JWT_MAX_KID   256     /* bytes */


typedef struct {
    ngx_str_t                  input;      /* of the signature, in the token */
    ngx_str_t                  signature;  /* decoded */
    ngx_str_t                  kid;        /* "": none */
    ngx_uint_t                 alg;        /* a bit, ngx_apigw_jwk.h */
    ngx_apigw_json_t          *header;
    ngx_apigw_json_t          *claims;     /* an object */
} ngx_apigw_jwt_t;


/*
 * header_max: bytes of the decoded header.
 *
 *     NGX_OK        jwt is set; its parts are the pool's or the token's
 *     NGX_DECLINED  this is no token: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_jwt_parse(ngx_apigw_jwt_t *jwt, ngx_str_t *token,
    size_t header_max, ngx_pool_t *pool, const char **reason);


#endif /* _NGX_APIGW_JWT_H_INCLUDED_ */
