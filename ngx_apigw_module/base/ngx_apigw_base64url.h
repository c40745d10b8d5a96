
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_BASE64URL_H_INCLUDED_
#define _NGX_APIGW_BASE64URL_H_INCLUDED_


#include "ngx_apigw_base.h"


/* the most bytes that n characters stand for */
#define NGX_APIGW_BASE64URL_LEN(n)  ((n) / 4 * 3 + 2)


/*
 * Base64url without padding (RFC 7515, 2; RFC 4648, 5), strictly: each value
 * has one text only.  Other characters (padding and white space among them),
 * an impossible length, and bits that stand for nothing but are set, are
 * errors.
 *
 *     NGX_OK     dst->data, where the caller has NGX_APIGW_BASE64URL_LEN()
 *                bytes, is filled, dst->len is set
 *     NGX_ERROR  src is not base64url
 */
ngx_int_t ngx_apigw_base64url_decode(ngx_str_t *dst, ngx_str_t *src);

/*
 * Base64 (RFC 4648, 4), as strictly, but that the padding may be left out;
 * dst->data may be src->data.
 */
ngx_int_t ngx_apigw_base64_decode(ngx_str_t *dst, ngx_str_t *src);


#endif /* _NGX_APIGW_BASE64URL_H_INCLUDED_ */
