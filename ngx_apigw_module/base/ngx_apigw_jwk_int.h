
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JWK_INT_H_INCLUDED_
#define _NGX_APIGW_JWK_INT_H_INCLUDED_


#include "ngx_apigw_json.h"
#include "ngx_apigw_jwk.h"


/*
 * What the parts of a set share.  A public key becomes a SubjectPublicKeyInfo
 * (RFC 5280, 4.1) in DER, whatever it was written in, and that is all that
 * OpenSSL gets to see of it.
 */

#define NGX_APIGW_JWK_DEPTH     16      /* of a document */
#define NGX_APIGW_JWK_HASHES    3       /* SHA-256, SHA-384, SHA-512 */
#define NGX_APIGW_JWK_HASH      64      /* bytes of the longest */
#define NGX_APIGW_JWK_ALGS      13
#define NGX_APIGW_JWK_PADDINGS  9       /* algs with a context of their own */

#define NGX_APIGW_JWK_MODULUS   (NGX_APIGW_JWK_MAX_RSA / 8)
#define NGX_APIGW_JWK_EXPONENT  8
#define NGX_APIGW_JWK_SPKI      1100    /* bytes of the longest */
#define NGX_APIGW_JWK_EC_DER    144     /* of a signature */


typedef enum {
    NGX_APIGW_JWK_RSA = 0,
    NGX_APIGW_JWK_P256,
    NGX_APIGW_JWK_P384,
    NGX_APIGW_JWK_P521,
    NGX_APIGW_JWK_ED25519,
    NGX_APIGW_JWK_OCT
} ngx_apigw_jwk_type_e;


typedef struct {
    ngx_str_t                  kty;
    ngx_str_t                  crv;      /* "": has none */
    ngx_str_t                  der;      /* AlgorithmIdentifier */
    size_t                     size;     /* of a coordinate; 0: RSA */
    ngx_uint_t                 algs;
} ngx_apigw_jwk_type_t;


/* big-endian numbers: n and e of RSA, x and y of EC, x of OKP */

typedef struct {
    ngx_uint_t                 type;     /* ngx_apigw_jwk_type_e */
    ngx_str_t                  a;
    ngx_str_t                  b;
} ngx_apigw_jwk_public_t;


struct ngx_apigw_jwk_s {
    ngx_apigw_jwk_t           *next;
    ngx_apigw_jwks_t          *set;
    ngx_str_t                  kid;
    ngx_uint_t                 type;
    ngx_uint_t                 algs;
    size_t                     size;     /* of a signature; 0: a digest's */
    u_char                     fingerprint[NGX_APIGW_JWK_FINGERPRINT_LEN];

    struct evp_pkey_st        *pkey;
    struct evp_pkey_ctx_st    *ctx[NGX_APIGW_JWK_PADDINGS];
    struct evp_md_ctx_st      *eddsa;
    struct evp_md_ctx_st      *inner[NGX_APIGW_JWK_HASHES];
    struct evp_md_ctx_st      *outer[NGX_APIGW_JWK_HASHES];
};


struct ngx_apigw_jwks_s {
    ngx_apigw_jwk_t           *first;
    ngx_apigw_jwk_t           *last;
    ngx_uint_t                 n;
    ngx_uint_t                 tried;    /* by OpenSSL */
    ngx_pool_t                *pool;
    const struct evp_md_st    *md[NGX_APIGW_JWK_HASHES];
    struct evp_md_ctx_st      *ctx;
};


extern const ngx_apigw_jwk_type_t  ngx_apigw_jwk_types[];


#define ngx_apigw_jwk_is(a, b)                                               \
    ((a)->len == (b)->len && ngx_memcmp((a)->data, (b)->data, (b)->len) == 0)


static ngx_inline void
ngx_apigw_jwk_no_error(ngx_apigw_jwk_error_t *error)
{
    error->reason = NULL;
    error->key = -1;
    error->ignored = 0;
}


/* Bit number of an algorithm that is one bit, and the hash that it has. */

static ngx_inline ngx_uint_t
ngx_apigw_jws_number(ngx_uint_t alg)
{
    ngx_uint_t  n;

    for (n = 0; alg > 1; n++) {
        alg >>= 1;
    }

    return n;
}


#define ngx_apigw_jws_hash(n)                                                \
    ((n) < NGX_APIGW_JWK_PADDINGS ? (n) % NGX_APIGW_JWK_HASHES               \
                                  : (n) - NGX_APIGW_JWK_PADDINGS - 1)


/* An empty set: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_jwks_create(ngx_apigw_jwks_t **set, ngx_pool_t *pool);

/*
 * The key, which has its kid and algorithms, with the public part or the
 * secret, as a member of the set.
 *
 *     NGX_OK        it is one
 *     NGX_DECLINED  it is no good: *reason tells why
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_jwks_add_public(ngx_apigw_jwks_t *set,
    ngx_apigw_jwk_t *key, ngx_apigw_jwk_public_t *pub, const char **reason);
ngx_int_t ngx_apigw_jwks_add_secret(ngx_apigw_jwks_t *set,
    ngx_apigw_jwk_t *key, ngx_str_t *secret, const char **reason);


/*
 * What OpenSSL keeps of a key (ngx_apigw_jwk_key.c).
 */

ngx_int_t ngx_apigw_jwks_open(ngx_apigw_jwks_t *set);
void ngx_apigw_jwks_close(void *data);

ngx_int_t ngx_apigw_jwk_open_public(ngx_apigw_jwk_t *key, ngx_str_t *spki,
    const char **reason);
ngx_int_t ngx_apigw_jwk_open_secret(ngx_apigw_jwk_t *key, ngx_str_t *secret);
void ngx_apigw_jwk_close(ngx_apigw_jwk_t *key);

/* A digest in the set's context, copied from another one or begun anew. */
ngx_int_t ngx_apigw_jwks_digest(ngx_apigw_jwks_t *set, ngx_uint_t hash,
    struct evp_md_ctx_st *from, ngx_str_t *text, u_char *out, size_t *len);

void ngx_apigw_jwk_cleanse(void *p, size_t len);


/*
 * DER (ngx_apigw_jwk_spki.c): buf has NGX_APIGW_JWK_SPKI bytes, and
 * NGX_APIGW_JWK_EC_DER; what was written lies at its end.
 */

/* NGX_OK; NGX_DECLINED: weak or malformed, *reason tells how */
ngx_int_t ngx_apigw_jwk_check(ngx_apigw_jwk_public_t *pub,
    const char **reason);

void ngx_apigw_jwk_spki(ngx_str_t *spki, ngx_apigw_jwk_public_t *pub,
    u_char *buf);
void ngx_apigw_jwk_ec_der(ngx_str_t *der, ngx_str_t *raw, u_char *buf);

/* NGX_OK, and pub points into the text; NGX_DECLINED: not one of ours */
ngx_int_t ngx_apigw_jwk_spki_read(ngx_apigw_jwk_public_t *pub,
    ngx_str_t *spki);
ngx_int_t ngx_apigw_jwk_rsa_read(ngx_apigw_jwk_public_t *pub, ngx_str_t *der);


/*
 * Members of a JWK that are not its material (ngx_apigw_jwk_parse.c).
 *
 *     NGX_OK        it may verify signatures; key has its kid and algorithms
 *     NGX_DONE      it is for something else: *reason tells what
 *     NGX_DECLINED  it is malformed: *reason tells how
 */
ngx_int_t ngx_apigw_jwk_members(ngx_apigw_jwk_t *key, ngx_apigw_json_t *jwk,
    const char **reason);


#endif /* _NGX_APIGW_JWK_INT_H_INCLUDED_ */
