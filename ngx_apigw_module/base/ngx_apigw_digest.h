
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_DIGEST_H_INCLUDED_
#define _NGX_APIGW_DIGEST_H_INCLUDED_


#include "ngx_apigw_base.h"


#define NGX_APIGW_DIGEST_LEN  32


/*
 * SHA-256, or HMAC-SHA256 under a pepper, with everything that can be fetched
 * and allocated in advance fetched and allocated.  One per process and
 * configuration: not to be used by two threads at once.
 */

typedef struct ngx_apigw_digest_s  ngx_apigw_digest_t;


/*
 * pepper NULL or empty: plain SHA-256.  The object is allocated by OpenSSL and
 * libc, not from a pool: free it.  NULL on failure (OpenSSL's error queue is
 * left empty).
 */
ngx_apigw_digest_t *ngx_apigw_digest_create(ngx_str_t *pepper);
void ngx_apigw_digest_free(ngx_apigw_digest_t *digest);


/*
 * The digest of a, followed by b where b is not NULL.
 *
 *     NGX_OK     out is set
 *     NGX_ERROR  OpenSSL failed; its error queue is left empty
 */
ngx_int_t ngx_apigw_digest(ngx_apigw_digest_t *digest, ngx_str_t *a,
    ngx_str_t *b, u_char out[NGX_APIGW_DIGEST_LEN]);


/* Compares in a time that depends on len only: 1 or 0. */
ngx_uint_t ngx_apigw_equal(const u_char *a, const u_char *b, size_t len);


/* Overwrites memory in a way that the compiler keeps. */
void ngx_apigw_cleanse(void *p, size_t len);


/* Fills p with len random bytes: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_random(u_char *p, size_t len);


#endif /* _NGX_APIGW_DIGEST_H_INCLUDED_ */
