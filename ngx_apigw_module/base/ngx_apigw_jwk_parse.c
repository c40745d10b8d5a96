
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * JWK and JWK Set (RFC 7517; RFC 7518, 6; RFC 8037, 2).  What is not for the
 * verification of signatures is left out (RFC 7517, 5).
 */

#include "ngx_apigw_base64url.h"
#include "ngx_apigw_jwk_int.h"
#include "ngx_apigw_jwt.h"


/* of a number that is longer than any that is taken */
#define NGX_APIGW_JWK_TEXT   ((NGX_APIGW_JWK_MODULUS + 2) * 4 / 3)


static ngx_int_t ngx_apigw_jwks_object(ngx_apigw_json_t **keys,
    ngx_str_t *text, ngx_pool_t *pool, const char **reason);
static ngx_int_t ngx_apigw_jwk_take(ngx_apigw_jwks_t *set,
    ngx_apigw_json_t *jwk, const char **reason);
static ngx_int_t ngx_apigw_jwk_use(ngx_apigw_json_t *jwk,
    const char **reason);
static ngx_int_t ngx_apigw_jwk_ops(ngx_apigw_json_t *jwk,
    const char **reason);
static ngx_int_t ngx_apigw_jwk_type(ngx_uint_t *type, ngx_apigw_json_t *jwk,
    const char **reason);
static ngx_int_t ngx_apigw_jwk_alg(ngx_apigw_jwk_t *key,
    ngx_apigw_json_t *jwk, const char **reason);
static ngx_int_t ngx_apigw_jwk_number(ngx_str_t *number, u_char *buf,
    ngx_apigw_json_t *text, const char **reason);


ngx_int_t
ngx_apigw_jwks_parse(ngx_apigw_jwks_t **set, ngx_str_t *text,
    ngx_uint_t strict, ngx_pool_t *pool, ngx_apigw_jwk_error_t *error)
{
    ngx_int_t          rc, i;
    const char        *reason;
    ngx_apigw_json_t  *jwk;

    ngx_apigw_jwk_no_error(error);

    rc = ngx_apigw_jwks_object(&jwk, text, pool, &error->reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_apigw_jwks_create(set, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; jwk; jwk = jwk->next, i++) {

        rc = ngx_apigw_jwk_take(*set, jwk, &reason);

        if (rc == NGX_OK) {
            continue;
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        error->reason = reason;
        error->key = i;
        error->ignored++;

        if (strict && rc == NGX_DECLINED) {
            return NGX_DECLINED;
        }
    }

    if ((*set)->n) {
        return NGX_OK;
    }

    if (error->reason == NULL) {
        error->reason = "the set is empty";
    }

    return NGX_DECLINED;
}


/* the first key, beside which stand the others; NULL: there is none */

static ngx_int_t
ngx_apigw_jwks_object(ngx_apigw_json_t **keys, ngx_str_t *text,
    ngx_pool_t *pool, const char **reason)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *json, *member;

    rc = ngx_apigw_json_parse(&json, text, NGX_APIGW_JWK_DEPTH, pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (json->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "not a JSON object";
        return NGX_DECLINED;
    }

    member = ngx_apigw_json_get(json, "keys");

    if (member == NULL) {

        if (ngx_apigw_json_get(json, "kty") == NULL) {
            *reason = "neither \"keys\" nor \"kty\" in the object";
            return NGX_DECLINED;
        }

        *keys = json;

        return NGX_OK;
    }

    if (member->type != NGX_APIGW_JSON_ARRAY) {
        *reason = "\"keys\" is not an array";
        return NGX_DECLINED;
    }

    *keys = member->first;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwk_take(ngx_apigw_jwks_t *set, ngx_apigw_json_t *jwk,
    const char **reason)
{
    u_char                   a[NGX_APIGW_BASE64URL_LEN(NGX_APIGW_JWK_TEXT)];
    u_char                   b[NGX_APIGW_BASE64URL_LEN(NGX_APIGW_JWK_TEXT)];
    ngx_int_t                rc;
    ngx_apigw_jwk_t          key;
    ngx_apigw_json_t        *x, *y;
    ngx_apigw_jwk_public_t   pub;

    rc = ngx_apigw_jwk_members(&key, jwk, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (key.type == NGX_APIGW_JWK_OCT) {
        *reason = "a symmetric key, which is for \"secret_file\" only";
        return NGX_DECLINED;
    }

    ngx_memzero(&pub, sizeof(ngx_apigw_jwk_public_t));

    pub.type = key.type;

    if (key.type == NGX_APIGW_JWK_RSA) {
        x = ngx_apigw_json_get(jwk, "n");
        y = ngx_apigw_json_get(jwk, "e");

    } else {
        x = ngx_apigw_json_get(jwk, "x");
        y = ngx_apigw_json_get(jwk, "y");
    }

    if (ngx_apigw_jwk_number(&pub.a, a, x, reason) != NGX_OK
        || (key.type != NGX_APIGW_JWK_ED25519
            && ngx_apigw_jwk_number(&pub.b, b, y, reason) != NGX_OK))
    {
        return NGX_DECLINED;
    }

    return ngx_apigw_jwks_add_public(set, &key, &pub, reason);
}


ngx_int_t
ngx_apigw_jwk_members(ngx_apigw_jwk_t *key, ngx_apigw_json_t *jwk,
    const char **reason)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *kid;

    ngx_memzero(key, sizeof(ngx_apigw_jwk_t));

    if (jwk->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "a key is not an object";
        return NGX_DECLINED;
    }

    rc = ngx_apigw_jwk_use(jwk, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_jwk_type(&key->type, jwk, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_jwk_alg(key, jwk, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    kid = ngx_apigw_json_get(jwk, "kid");

    if (kid == NULL) {
        return NGX_OK;
    }

    if (kid->type != NGX_APIGW_JSON_STRING
        || kid->text.len > NGX_APIGW_JWT_MAX_KID)
    {
        *reason = "\"kid\" is not a string of at most 256 bytes";
        return NGX_DECLINED;
    }

    key->kid = kid->text;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwk_use(ngx_apigw_json_t *jwk, const char **reason)
{
    ngx_apigw_json_t  *use;

    static const ngx_str_t  sig = ngx_string("sig");

    use = ngx_apigw_json_get(jwk, "use");

    if (use) {

        if (use->type != NGX_APIGW_JSON_STRING) {
            *reason = "\"use\" is not a string";
            return NGX_DECLINED;
        }

        if (!ngx_apigw_jwk_is(&use->text, &sig)) {
            *reason = "\"use\" is not \"sig\"";
            return NGX_DONE;
        }
    }

    return ngx_apigw_jwk_ops(jwk, reason);
}


static ngx_int_t
ngx_apigw_jwk_ops(ngx_apigw_json_t *jwk, const char **reason)
{
    ngx_uint_t         found;
    ngx_apigw_json_t  *op;

    static const ngx_str_t  verify = ngx_string("verify");

    op = ngx_apigw_json_get(jwk, "key_ops");

    if (op == NULL) {
        return NGX_OK;
    }

    if (op->type != NGX_APIGW_JSON_ARRAY) {
        *reason = "\"key_ops\" is not an array of strings";
        return NGX_DECLINED;
    }

    found = 0;

    for (op = op->first; op; op = op->next) {

        if (op->type != NGX_APIGW_JSON_STRING) {
            *reason = "\"key_ops\" is not an array of strings";
            return NGX_DECLINED;
        }

        found |= ngx_apigw_jwk_is(&op->text, &verify);
    }

    if (!found) {
        *reason = "\"key_ops\" is without \"verify\"";
        return NGX_DONE;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwk_type(ngx_uint_t *type, ngx_apigw_json_t *jwk,
    const char **reason)
{
    ngx_uint_t                   known;
    ngx_apigw_json_t            *kty, *crv;
    const ngx_apigw_jwk_type_t  *t;

    kty = ngx_apigw_json_get(jwk, "kty");
    crv = ngx_apigw_json_get(jwk, "crv");

    if (kty == NULL || kty->type != NGX_APIGW_JSON_STRING) {
        *reason = "\"kty\" is missing or not a string";
        return NGX_DECLINED;
    }

    known = 0;

    for (t = ngx_apigw_jwk_types; t->kty.len; t++) {

        if (!ngx_apigw_jwk_is(&kty->text, &t->kty)) {
            continue;
        }

        known = 1;

        if (t->crv.len) {

            if (crv == NULL || crv->type != NGX_APIGW_JSON_STRING) {
                *reason = "\"crv\" is missing or not a string";
                return NGX_DECLINED;
            }

            if (!ngx_apigw_jwk_is(&crv->text, &t->crv)) {
                continue;
            }
        }

        *type = t - ngx_apigw_jwk_types;

        return NGX_OK;
    }

    *reason = known ? "unknown \"crv\"" : "unknown \"kty\"";

    return NGX_DONE;
}


static ngx_int_t
ngx_apigw_jwk_alg(ngx_apigw_jwk_t *key, ngx_apigw_json_t *jwk,
    const char **reason)
{
    ngx_uint_t         bit;
    ngx_apigw_json_t  *alg;

    key->algs = ngx_apigw_jwk_types[key->type].algs;

    alg = ngx_apigw_json_get(jwk, "alg");

    if (alg == NULL) {
        return NGX_OK;
    }

    if (alg->type != NGX_APIGW_JSON_STRING) {
        *reason = "\"alg\" is not a string";
        return NGX_DECLINED;
    }

    bit = ngx_apigw_jws_alg(&alg->text);

    if (bit == 0) {
        *reason = "\"alg\" is not one of signatures";
        return NGX_DONE;
    }

    key->algs &= bit;

    if (key->algs == 0) {
        *reason = "\"alg\" does not fit the type of the key";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwk_number(ngx_str_t *number, u_char *buf, ngx_apigw_json_t *text,
    const char **reason)
{
    if (text == NULL || text->type != NGX_APIGW_JSON_STRING) {
        *reason = "a number of the key is missing or not a string";
        return NGX_DECLINED;
    }

    if (text->text.len > NGX_APIGW_JWK_TEXT) {
        *reason = "a number of the key is longer than 8192 bits";
        return NGX_DECLINED;
    }

    number->data = buf;

    if (ngx_apigw_base64url_decode(number, &text->text) != NGX_OK) {
        *reason = "a number of the key is not base64url";
        return NGX_DECLINED;
    }

    return NGX_OK;
}
