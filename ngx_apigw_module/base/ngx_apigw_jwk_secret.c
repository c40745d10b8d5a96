
/*
 * Copyright (C) ngx_apigw contributors
 */


/* a secret for HMAC: bytes, or a JWK of type "oct" (RFC 7518, 6.4) */

#include "ngx_apigw_base64url.h"
#include "ngx_apigw_jwk_int.h"


static ngx_int_t ngx_apigw_jwk_oct(ngx_apigw_jwks_t *set,
    ngx_apigw_json_t *jwk, const char **reason);


ngx_int_t
ngx_apigw_jwks_secret(ngx_apigw_jwks_t **set, ngx_str_t *text,
    ngx_pool_t *pool, ngx_apigw_jwk_error_t *error)
{
    ngx_int_t          rc;
    ngx_apigw_jwk_t    key;
    ngx_apigw_json_t  *jwk, *k;

    ngx_apigw_jwk_no_error(error);

    if (ngx_apigw_jwks_create(set, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text->len == 0 || text->data[0] != '{') {
        ngx_memzero(&key, sizeof(ngx_apigw_jwk_t));

        key.type = NGX_APIGW_JWK_OCT;
        key.algs = NGX_APIGW_JWS_SYMMETRIC;

        return ngx_apigw_jwks_add_secret(*set, &key, text, &error->reason);
    }

    rc = ngx_apigw_json_parse(&jwk, text, NGX_APIGW_JWK_DEPTH, pool,
                              &error->reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_jwk_oct(*set, jwk, &error->reason);

    k = ngx_apigw_json_get(jwk, "k");

    if (k && k->type == NGX_APIGW_JSON_STRING) {
        ngx_apigw_jwk_cleanse(k->text.data, k->text.len);
    }

    return rc == NGX_DONE ? NGX_DECLINED : rc;
}


static ngx_int_t
ngx_apigw_jwk_oct(ngx_apigw_jwks_t *set, ngx_apigw_json_t *jwk,
    const char **reason)
{
    ngx_int_t          rc;
    ngx_str_t          secret;
    ngx_apigw_jwk_t    key;
    ngx_apigw_json_t  *k;

    rc = ngx_apigw_jwk_members(&key, jwk, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (key.type != NGX_APIGW_JWK_OCT) {
        *reason = "\"kty\" of a secret is not \"oct\"";
        return NGX_DECLINED;
    }

    k = ngx_apigw_json_get(jwk, "k");

    if (k == NULL || k->type != NGX_APIGW_JSON_STRING) {
        *reason = "\"k\" is missing or not a string";
        return NGX_DECLINED;
    }

    secret.data = ngx_pnalloc(set->pool, NGX_APIGW_BASE64URL_LEN(k->text.len));
    if (secret.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_apigw_base64url_decode(&secret, &k->text) != NGX_OK) {
        *reason = "\"k\" is not base64url";
        rc = NGX_DECLINED;

    } else {
        rc = ngx_apigw_jwks_add_secret(set, &key, &secret, reason);
    }

    ngx_apigw_jwk_cleanse(secret.data, NGX_APIGW_BASE64URL_LEN(k->text.len));

    return rc;
}
