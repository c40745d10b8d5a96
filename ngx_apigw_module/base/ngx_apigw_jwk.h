
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JWK_H_INCLUDED_
#define _NGX_APIGW_JWK_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Keys that verify signatures (RFC 7517, 7518, 8037), and what they verify.
 * The key decides which algorithms it is for, never a token.
 */

#define NGX_APIGW_JWK_FINGERPRINT_LEN  32
#define NGX_APIGW_JWK_MAX_KEYS         64    /* of a set */
#define NGX_APIGW_JWK_MAX_TRIED        8     /* for one signature */
#define NGX_APIGW_JWK_MIN_RSA          2048  /* bits, RFC 7518, 3.3 */
#define NGX_APIGW_JWK_MAX_RSA          8192  /* what a worker can afford */
#define NGX_APIGW_JWK_MIN_SECRET       32    /* bytes, RFC 7518, 3.2 */


/* algorithms (RFC 7518, 3.1; RFC 8037, 3.1), as bits */

#define NGX_APIGW_JWS_RS256            0x0001
#define NGX_APIGW_JWS_RS384            0x0002
#define NGX_APIGW_JWS_RS512            0x0004
#define NGX_APIGW_JWS_PS256            0x0008
#define NGX_APIGW_JWS_PS384            0x0010
#define NGX_APIGW_JWS_PS512            0x0020
#define NGX_APIGW_JWS_ES256            0x0040
#define NGX_APIGW_JWS_ES384            0x0080
#define NGX_APIGW_JWS_ES512            0x0100
#define NGX_APIGW_JWS_EDDSA            0x0200    /* Ed25519 */
#define NGX_APIGW_JWS_HS256            0x0400
#define NGX_APIGW_JWS_HS384            0x0800
#define NGX_APIGW_JWS_HS512            0x1000

#define NGX_APIGW_JWS_ASYMMETRIC       0x03ff
#define NGX_APIGW_JWS_SYMMETRIC        0x1c00

/*
 * The bit of a name as RFC 7518 and RFC 8037 write it ("Ed25519" of RFC 9864
 * is "EdDSA"); 0: there is none, as for "none".
 */
ngx_uint_t ngx_apigw_jws_alg(ngx_str_t *name);


typedef struct ngx_apigw_jwk_s   ngx_apigw_jwk_t;
typedef struct ngx_apigw_jwks_s  ngx_apigw_jwks_t;


/* why a set was refused, or a key of it ignored */

typedef struct {
    const char                *reason;   /* static, NULL: none */
    ngx_int_t                  key;      /* which one, from 0; -1: the set */
    ngx_uint_t                 ignored;  /* keys that were not taken */
} ngx_apigw_jwk_error_t;


/*
 * A set of keys.  All of it is the pool's, OpenSSL's objects by a cleanup.
 *
 * jwks: a JWK Set, or one JWK.  What is not for signatures ("use", "key_ops"),
 * of an unknown type, weak or malformed is left out and counted; with strict,
 * for files that an administrator wrote, what is weak, malformed or symmetric
 * is an error.  Symmetric keys are never taken, private parts never used.
 *
 * pem: public keys and certificates (RFC 7468), one or more; all strict.
 *
 * secret: bytes for HMAC, NGX_APIGW_JWK_MIN_SECRET or more; or an "oct" JWK,
 * where the text begins with "{".  It is for the algorithms whose hash is no
 * longer (RFC 7518, 3.2): from 32 bytes HS256, 48 HS384, 64 HS512.  The caller
 * wipes the text.
 *
 *     NGX_OK        *set has one key or more; error is that of the last key
 *                   left out
 *     NGX_DECLINED  there is none to be used: error tells why
 *     NGX_ERROR     no memory
 *
 * OpenSSL's error queue is left empty, here and below.
 */
ngx_int_t ngx_apigw_jwks_parse(ngx_apigw_jwks_t **set, ngx_str_t *text,
    ngx_uint_t strict, ngx_pool_t *pool, ngx_apigw_jwk_error_t *error);
ngx_int_t ngx_apigw_jwks_pem(ngx_apigw_jwks_t **set, ngx_str_t *text,
    ngx_pool_t *pool, ngx_apigw_jwk_error_t *error);
ngx_int_t ngx_apigw_jwks_secret(ngx_apigw_jwks_t **set, ngx_str_t *text,
    ngx_pool_t *pool, ngx_apigw_jwk_error_t *error);

ngx_uint_t ngx_apigw_jwks_count(ngx_apigw_jwks_t *set);

/*
 * The keys that may have signed a token with this kid ("": it names none) and
 * one algorithm, one after another: those of this kid, then those that have
 * none; all that are for the algorithm, where the token names none.
 * previous NULL: the first one; NULL is returned after the last one.
 */
ngx_apigw_jwk_t *ngx_apigw_jwks_next(ngx_apigw_jwks_t *set, ngx_str_t *kid,
    ngx_uint_t alg, ngx_apigw_jwk_t *previous);

/* "": it has none */
ngx_str_t *ngx_apigw_jwk_kid(ngx_apigw_jwk_t *key);

/* what the key is: type, material, kid, algorithms; hashed */
const u_char *ngx_apigw_jwk_fingerprint(ngx_apigw_jwk_t *key);
ngx_uint_t ngx_apigw_jwks_has(ngx_apigw_jwks_t *set,
    const u_char fingerprint[NGX_APIGW_JWK_FINGERPRINT_LEN]);

/*
 * Verifies a signature (RFC 7515, 5.2) by one algorithm (a bit).
 *
 *     NGX_OK        it is the key's
 *     NGX_DECLINED  it is not, or the key is not for the algorithm
 *     NGX_ERROR     OpenSSL failed for another reason
 */
ngx_int_t ngx_apigw_jwk_verify(ngx_apigw_jwk_t *key, ngx_uint_t alg,
    ngx_str_t *input, ngx_str_t *signature);


#endif /* _NGX_APIGW_JWK_H_INCLUDED_ */
