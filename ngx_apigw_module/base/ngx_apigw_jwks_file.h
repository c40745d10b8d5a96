
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JWKS_FILE_H_INCLUDED_
#define _NGX_APIGW_JWKS_FILE_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The file of a set of keys that was fetched: a line "apigw-jwks 1", the time,
 * the length of the text, a checksum of all and the issuer; then the text.
 */

#define NGX_APIGW_JWKS_FILE_HEAD  128    /* bytes, and the issuer's */


/* bytes of the head, written to p, where room for HEAD and the issuer is */
size_t ngx_apigw_jwks_file_head(u_char *p, ngx_str_t *issuer, time_t fetched,
    ngx_str_t *text);

/*
 * Checks a file of this issuer: NGX_OK, and text and fetched are set;
 * NGX_DECLINED: *reason is a static text.
 */
ngx_int_t ngx_apigw_jwks_file_parse(ngx_str_t *file, ngx_str_t *issuer,
    time_t *fetched, ngx_str_t *text, const char **reason);


#endif /* _NGX_APIGW_JWKS_FILE_H_INCLUDED_ */
