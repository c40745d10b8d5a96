
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * RFC 7518, 3 and RFC 8037, 3.1, in the contexts that were prepared.  The
 * length of a signature is compared first: it has one only.
 */

#include "ngx_apigw_jwk_int.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>


static ngx_int_t ngx_apigw_jwk_verify_pkey(ngx_apigw_jwk_t *key, ngx_uint_t n,
    ngx_str_t *input, ngx_str_t *signature);
static ngx_int_t ngx_apigw_jwk_verify_eddsa(ngx_apigw_jwk_t *key,
    ngx_str_t *input, ngx_str_t *signature);
static ngx_int_t ngx_apigw_jwk_verify_hmac(ngx_apigw_jwk_t *key,
    ngx_uint_t hash, ngx_str_t *input, ngx_str_t *signature);


ngx_int_t
ngx_apigw_jwk_verify(ngx_apigw_jwk_t *key, ngx_uint_t alg, ngx_str_t *input,
    ngx_str_t *signature)
{
    ngx_int_t   rc;
    ngx_uint_t  n;

    if ((key->algs & alg) == 0 || (alg & (alg - 1))) {
        return NGX_DECLINED;
    }

    if (key->size && signature->len != key->size) {
        return NGX_DECLINED;
    }

    n = ngx_apigw_jws_number(alg);

    if (alg & NGX_APIGW_JWS_SYMMETRIC) {
        rc = ngx_apigw_jwk_verify_hmac(key, ngx_apigw_jws_hash(n), input,
                                       signature);

    } else if (alg == NGX_APIGW_JWS_EDDSA) {
        rc = ngx_apigw_jwk_verify_eddsa(key, input, signature);

    } else {
        rc = ngx_apigw_jwk_verify_pkey(key, n, input, signature);
    }

    if (rc != NGX_OK) {
        ERR_clear_error();
    }

    return rc;
}


static ngx_int_t
ngx_apigw_jwk_verify_pkey(ngx_apigw_jwk_t *key, ngx_uint_t n, ngx_str_t *input,
    ngx_str_t *signature)
{
    int        rc;
    size_t     len;
    u_char     hash[NGX_APIGW_JWK_HASH], buf[NGX_APIGW_JWK_EC_DER];
    ngx_str_t  sig;

    if (ngx_apigw_jwks_digest(key->set, ngx_apigw_jws_hash(n), NULL, input,
                              hash, &len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sig = *signature;

    if (key->type != NGX_APIGW_JWK_RSA) {
        ngx_apigw_jwk_ec_der(&sig, signature, buf);
    }

    rc = EVP_PKEY_verify(key->ctx[n], sig.data, sig.len, hash, len);

    if (rc == 1) {
        return NGX_OK;
    }

    return rc == 0 ? NGX_DECLINED : NGX_ERROR;
}


/* a context is for one signature, but keeps what was allocated for it */

static ngx_int_t
ngx_apigw_jwk_verify_eddsa(ngx_apigw_jwk_t *key, ngx_str_t *input,
    ngx_str_t *signature)
{
    int  rc;

    if (EVP_DigestVerifyInit(key->eddsa, NULL, NULL, NULL, key->pkey) != 1) {
        return NGX_ERROR;
    }

    rc = EVP_DigestVerify(key->eddsa, signature->data, signature->len,
                          input->data, input->len);

    if (rc == 1) {
        return NGX_OK;
    }

    return rc == 0 ? NGX_DECLINED : NGX_ERROR;
}


static ngx_int_t
ngx_apigw_jwk_verify_hmac(ngx_apigw_jwk_t *key, ngx_uint_t hash,
    ngx_str_t *input, ngx_str_t *signature)
{
    u_char     mac[NGX_APIGW_JWK_HASH];
    ngx_str_t  inner;

    inner.data = mac;

    if (ngx_apigw_jwks_digest(key->set, hash, key->inner[hash], input, mac,
                              &inner.len)
        != NGX_OK
        || ngx_apigw_jwks_digest(key->set, hash, key->outer[hash], &inner, mac,
                                 &inner.len)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (signature->len != inner.len
        || CRYPTO_memcmp(signature->data, mac, inner.len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}
