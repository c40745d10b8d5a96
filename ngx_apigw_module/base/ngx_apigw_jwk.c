
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_jwk_int.h"


static ngx_int_t ngx_apigw_jwks_room(ngx_apigw_jwks_t *set,
    const char **reason);
static ngx_int_t ngx_apigw_jwks_append(ngx_apigw_jwks_t *set,
    ngx_apigw_jwk_t *key, ngx_int_t rc);
static ngx_uint_t ngx_apigw_jwk_candidate(ngx_apigw_jwk_t *key,
    ngx_str_t *kid, ngx_uint_t alg, ngx_uint_t named);


/* in the order of their bits */

static const ngx_str_t  ngx_apigw_jws_names[NGX_APIGW_JWK_ALGS] = {
    ngx_string("RS256"),
    ngx_string("RS384"),
    ngx_string("RS512"),
    ngx_string("PS256"),
    ngx_string("PS384"),
    ngx_string("PS512"),
    ngx_string("ES256"),
    ngx_string("ES384"),
    ngx_string("ES512"),
    ngx_string("EdDSA"),
    ngx_string("HS256"),
    ngx_string("HS384"),
    ngx_string("HS512")
};


ngx_uint_t
ngx_apigw_jws_alg(ngx_str_t *name)
{
    ngx_uint_t        n;
    const ngx_str_t  *alg;

    for (n = 0; n < NGX_APIGW_JWK_ALGS; n++) {
        alg = &ngx_apigw_jws_names[n];

        if (name->len == alg->len
            && ngx_memcmp(name->data, alg->data, alg->len) == 0)
        {
            return (ngx_uint_t) 1 << n;
        }
    }

    /* RFC 9864, 2.2 */

    if (name->len == 7 && ngx_memcmp(name->data, "Ed25519", 7) == 0) {
        return NGX_APIGW_JWS_EDDSA;
    }

    return 0;
}


ngx_int_t
ngx_apigw_jwks_create(ngx_apigw_jwks_t **set, ngx_pool_t *pool)
{
    ngx_apigw_jwks_t    *s;
    ngx_pool_cleanup_t  *cln;

    s = ngx_pcalloc(pool, sizeof(ngx_apigw_jwks_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->pool = pool;

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_apigw_jwks_close;
    cln->data = s;

    if (ngx_apigw_jwks_open(s) != NGX_OK) {
        return NGX_ERROR;
    }

    *set = s;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_jwks_add_public(ngx_apigw_jwks_t *set, ngx_apigw_jwk_t *key,
    ngx_apigw_jwk_public_t *pub, const char **reason)
{
    u_char     buf[NGX_APIGW_JWK_SPKI];
    ngx_int_t  rc;
    ngx_str_t  spki;

    if (ngx_apigw_jwk_check(pub, reason) != NGX_OK
        || ngx_apigw_jwks_room(set, reason) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_apigw_jwk_spki(&spki, pub, buf);

    key->set = set;

    rc = ngx_apigw_jwk_open_public(key, &spki, reason);

    return ngx_apigw_jwks_append(set, key, rc);
}


/* a secret is for hashes that are no longer (RFC 7518, 3.2) */

ngx_int_t
ngx_apigw_jwks_add_secret(ngx_apigw_jwks_t *set, ngx_apigw_jwk_t *key,
    ngx_str_t *secret, const char **reason)
{
    ngx_int_t  rc;

    if (secret->len < NGX_APIGW_JWK_MIN_SECRET) {
        *reason = "the secret is shorter than 32 bytes";
        return NGX_DECLINED;
    }

    if (secret->len < 48) {
        key->algs &= ~NGX_APIGW_JWS_HS384;
    }

    if (secret->len < 64) {
        key->algs &= ~NGX_APIGW_JWS_HS512;
    }

    if (key->algs == 0) {
        *reason = "the secret is shorter than the hash of its \"alg\"";
        return NGX_DECLINED;
    }

    key->set = set;

    rc = ngx_apigw_jwk_open_secret(key, secret);

    return ngx_apigw_jwks_append(set, key, rc);
}


/* keys that OpenSSL will refuse count, too: they cost as much */

static ngx_int_t
ngx_apigw_jwks_room(ngx_apigw_jwks_t *set, const char **reason)
{
    if (set->tried == NGX_APIGW_JWK_MAX_KEYS) {
        *reason = "more than 64 keys";
        return NGX_DECLINED;
    }

    set->tried++;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwks_append(ngx_apigw_jwks_t *set, ngx_apigw_jwk_t *key,
    ngx_int_t rc)
{
    ngx_apigw_jwk_t  *k;

    if (rc != NGX_OK) {
        ngx_apigw_jwk_close(key);
        return rc;
    }

    k = ngx_palloc(set->pool, sizeof(ngx_apigw_jwk_t));
    if (k == NULL) {
        ngx_apigw_jwk_close(key);
        return NGX_ERROR;
    }

    *k = *key;
    k->next = NULL;

    if (set->last) {
        set->last->next = k;

    } else {
        set->first = k;
    }

    set->last = k;
    set->n++;

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_jwks_count(ngx_apigw_jwks_t *set)
{
    return set->n;
}


ngx_apigw_jwk_t *
ngx_apigw_jwks_next(ngx_apigw_jwks_t *set, ngx_str_t *kid, ngx_uint_t alg,
    ngx_apigw_jwk_t *previous)
{
    ngx_uint_t        named;
    ngx_apigw_jwk_t  *key;

    /* two walks, of the keys of this kid and of those that have none */

    named = kid->len && (previous == NULL || previous->kid.len);
    key = previous ? previous->next : set->first;

    for ( ;; ) {

        for ( /* void */ ; key; key = key->next) {
            if (ngx_apigw_jwk_candidate(key, kid, alg, named)) {
                return key;
            }
        }

        if (!named) {
            return NULL;
        }

        named = 0;
        key = set->first;
    }
}


static ngx_uint_t
ngx_apigw_jwk_candidate(ngx_apigw_jwk_t *key, ngx_str_t *kid, ngx_uint_t alg,
    ngx_uint_t named)
{
    if ((key->algs & alg) == 0) {
        return 0;
    }

    if (kid->len == 0) {
        return 1;
    }

    if (!named) {
        return key->kid.len == 0;
    }

    return key->kid.len == kid->len
           && ngx_memcmp(key->kid.data, kid->data, kid->len) == 0;
}


ngx_str_t *
ngx_apigw_jwk_kid(ngx_apigw_jwk_t *key)
{
    return &key->kid;
}


const u_char *
ngx_apigw_jwk_fingerprint(ngx_apigw_jwk_t *key)
{
    return key->fingerprint;
}


ngx_uint_t
ngx_apigw_jwks_has(ngx_apigw_jwks_t *set,
    const u_char fingerprint[NGX_APIGW_JWK_FINGERPRINT_LEN])
{
    ngx_apigw_jwk_t  *key;

    for (key = set->first; key; key = key->next) {

        if (ngx_memcmp(key->fingerprint, fingerprint,
                       NGX_APIGW_JWK_FINGERPRINT_LEN)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}
