
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 7515, 3.1, 4.1 and 5.2; RFC 7519, 7.2 */

#include "ngx_apigw_base64url.h"
#include "ngx_apigw_jwk.h"
#include "ngx_apigw_jwt.h"


static ngx_int_t ngx_apigw_jwt_split(ngx_str_t part[3], ngx_str_t *token,
    const char **reason);
static ngx_int_t ngx_apigw_jwt_decode(ngx_str_t *dst, ngx_str_t *src,
    ngx_pool_t *pool, const char **reason);
static ngx_int_t ngx_apigw_jwt_header(ngx_apigw_jwt_t *jwt, ngx_str_t *text,
    ngx_pool_t *pool, const char **reason);
static ngx_int_t ngx_apigw_jwt_members(ngx_apigw_jwt_t *jwt,
    const char **reason);
static ngx_int_t ngx_apigw_jwt_claims(ngx_apigw_jwt_t *jwt, ngx_str_t *text,
    ngx_pool_t *pool, const char **reason);


/* members that change what the rest means */

static const ngx_str_t  ngx_apigw_jwt_refused[] = {
    ngx_string("crit"),
    ngx_string("b64"),
    ngx_string("enc"),
    ngx_string("zip"),
    ngx_null_string
};


ngx_int_t
ngx_apigw_jwt_parse(ngx_apigw_jwt_t *jwt, ngx_str_t *token, size_t header_max,
    ngx_pool_t *pool, const char **reason)
{
    ngx_int_t  rc;
    ngx_str_t  part[3], text;

    ngx_memzero(jwt, sizeof(ngx_apigw_jwt_t));

    rc = ngx_apigw_jwt_split(part, token, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (part[0].len / 4 * 3 > header_max) {
        *reason = "the header is too large";
        return NGX_DECLINED;
    }

    rc = ngx_apigw_jwt_decode(&text, &part[0], pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (text.len > header_max) {
        *reason = "the header is too large";
        return NGX_DECLINED;
    }

    rc = ngx_apigw_jwt_header(jwt, &text, pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_jwt_decode(&jwt->signature, &part[2], pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_jwt_decode(&text, &part[1], pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    jwt->input.len = part[0].len + 1 + part[1].len;
    jwt->input.data = token->data;

    return ngx_apigw_jwt_claims(jwt, &text, pool, reason);
}


static ngx_int_t
ngx_apigw_jwt_split(ngx_str_t part[3], ngx_str_t *token, const char **reason)
{
    u_char      *p, *last, *dot;
    ngx_uint_t   n;

    p = token->data;
    last = token->data + token->len;

    for (n = 0; /* void */ ; n++) {

        dot = ngx_strlchr(p, last, '.');

        if (n < 3) {
            part[n].len = (dot ? dot : last) - p;
            part[n].data = p;
        }

        if (dot == NULL) {
            break;
        }

        p = dot + 1;
    }

    n++;

    if (n == 5) {
        *reason = "an encrypted token";
        return NGX_DECLINED;
    }

    if (n != 3) {
        *reason = "not three parts";
        return NGX_DECLINED;
    }

    if (part[0].len == 0 || part[1].len == 0) {
        *reason = "an empty part";
        return NGX_DECLINED;
    }

    if (part[2].len == 0) {
        *reason = "not signed";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwt_decode(ngx_str_t *dst, ngx_str_t *src, ngx_pool_t *pool,
    const char **reason)
{
    dst->data = ngx_pnalloc(pool, NGX_APIGW_BASE64URL_LEN(src->len));
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_apigw_base64url_decode(dst, src) != NGX_OK) {
        *reason = "not base64url";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwt_header(ngx_apigw_jwt_t *jwt, ngx_str_t *text, ngx_pool_t *pool,
    const char **reason)
{
    u_char           *p;
    ngx_int_t         rc;
    const ngx_str_t  *name;

    rc = ngx_apigw_json_parse(&jwt->header, text, NGX_APIGW_JWT_DEPTH, pool,
                              reason);
    if (rc != NGX_OK) {

        if (rc == NGX_DECLINED) {
            *reason = "the header is not acceptable JSON";
        }

        return rc;
    }

    if (jwt->header->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "the header is not an object";
        return NGX_DECLINED;
    }

    for (name = ngx_apigw_jwt_refused; name->len; name++) {
        p = name->data;

        if (ngx_apigw_json_member(jwt->header, (char *) p, name->len)) {
            *reason = "\"crit\", \"b64\", \"enc\" or \"zip\" in the header";
            return NGX_DECLINED;
        }
    }

    return ngx_apigw_jwt_members(jwt, reason);
}


static ngx_int_t
ngx_apigw_jwt_members(ngx_apigw_jwt_t *jwt, const char **reason)
{
    ngx_apigw_json_t  *alg, *kid, *typ;

    alg = ngx_apigw_json_get(jwt->header, "alg");

    if (alg == NULL || alg->type != NGX_APIGW_JSON_STRING) {
        *reason = "\"alg\" is missing or not a string";
        return NGX_DECLINED;
    }

    jwt->alg = ngx_apigw_jws_alg(&alg->text);

    if (jwt->alg == 0) {
        *reason = "\"alg\" is not known";
        return NGX_DECLINED;
    }

    typ = ngx_apigw_json_get(jwt->header, "typ");

    if (typ && typ->type != NGX_APIGW_JSON_STRING) {
        *reason = "\"typ\" is not a string";
        return NGX_DECLINED;
    }

    kid = ngx_apigw_json_get(jwt->header, "kid");

    if (kid == NULL) {
        return NGX_OK;
    }

    if (kid->type != NGX_APIGW_JSON_STRING
        || kid->text.len > NGX_APIGW_JWT_MAX_KID)
    {
        *reason = "\"kid\" is not a string of at most 256 bytes";
        return NGX_DECLINED;
    }

    jwt->kid = kid->text;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwt_claims(ngx_apigw_jwt_t *jwt, ngx_str_t *text, ngx_pool_t *pool,
    const char **reason)
{
    ngx_int_t  rc;

    rc = ngx_apigw_json_parse(&jwt->claims, text, NGX_APIGW_JWT_DEPTH, pool,
                              reason);
    if (rc != NGX_OK) {

        if (rc == NGX_DECLINED) {
            *reason = "the claims are not acceptable JSON";
        }

        return rc;
    }

    if (jwt->claims->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "the claims are not an object";
        return NGX_DECLINED;
    }

    return NGX_OK;
}
