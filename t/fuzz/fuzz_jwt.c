
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A token as it is sent; or, where the text begins with "{", its header, a
 * line feed, and its claims, which are encoded first, so that mutations reach
 * JSON.  A token that is taken has its parts where they were sent, and its
 * signature has one text only.
 */

#include "ngx_apigw_base64url.h"
#include "ngx_apigw_jwk.h"
#include "ngx_apigw_jwt.h"


#define check(cond)  if (!(cond)) { abort(); }

#define HEADER_MAX  2048


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void parse(const u_char *text, size_t len);
static void taken(ngx_apigw_jwt_t *jwt, ngx_str_t *token);
static u_char *encode(u_char *dst, const u_char *src, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char        *text, *p;
    const u_char  *lf;

    if (size == 0 || data[0] != '{') {
        parse(data, size);
        return 0;
    }

    lf = memchr(data, '\n', size);
    if (lf == NULL) {
        return 0;
    }

    text = malloc(size * 2 + 16);
    check(text);

    p = encode(text, data, lf - data);
    *p++ = '.';
    p = encode(p, lf + 1, data + size - lf - 1);
    memcpy(p, ".AAAA", 5);

    parse(text, p + 5 - text);

    free(text);

    return 0;
}


static void
parse(const u_char *text, size_t len)
{
    ngx_int_t         rc;
    ngx_str_t         token;
    ngx_pool_t       *pool;
    const char       *reason;
    ngx_apigw_jwt_t   jwt;

    pool = ngx_create_pool(0, NULL);
    check(pool);

    token.len = len;
    token.data = malloc(len ? len : 1);
    check(token.data);

    if (len) {
        memcpy(token.data, text, len);
    }

    reason = NULL;

    rc = ngx_apigw_jwt_parse(&jwt, &token, HEADER_MAX, pool, &reason);

    check(len == 0 || memcmp(token.data, text, len) == 0);

    if (rc == NGX_OK) {
        taken(&jwt, &token);

    } else {
        check(rc == NGX_DECLINED && reason);
    }

    free(token.data);
    ngx_destroy_pool(pool);
}


static void
taken(ngx_apigw_jwt_t *jwt, ngx_str_t *token)
{
    u_char            *p, *text;
    ngx_uint_t         dots;
    ngx_apigw_json_t  *alg, *kid;

    check(jwt->input.data == token->data && jwt->input.len < token->len);
    check(token->data[jwt->input.len] == '.');

    dots = 0;

    for (p = token->data; p < token->data + token->len; p++) {
        dots += *p == '.';
    }

    check(dots == 2);

    text = malloc(token->len + 4);
    check(text && jwt->signature.len);

    p = encode(text, jwt->signature.data, jwt->signature.len);

    check((size_t) (p - text) == token->len - jwt->input.len - 1);
    check(memcmp(text, token->data + jwt->input.len + 1, p - text) == 0);

    free(text);

    check(jwt->header->type == NGX_APIGW_JSON_OBJECT);
    check(jwt->claims->type == NGX_APIGW_JSON_OBJECT);

    alg = ngx_apigw_json_get(jwt->header, "alg");
    check(alg && ngx_apigw_jws_alg(&alg->text) == jwt->alg);
    check(jwt->alg && (jwt->alg & (jwt->alg - 1)) == 0);

    check(ngx_apigw_json_get(jwt->header, "crit") == NULL);
    check(ngx_apigw_json_get(jwt->header, "enc") == NULL);
    check(ngx_apigw_json_get(jwt->header, "zip") == NULL);
    check(ngx_apigw_json_get(jwt->header, "b64") == NULL);

    kid = ngx_apigw_json_get(jwt->header, "kid");

    check(jwt->kid.len <= NGX_APIGW_JWT_MAX_KID);
    check(jwt->kid.len == (kid ? kid->text.len : 0));
    check(jwt->kid.len == 0 || !memchr(jwt->kid.data, 0, jwt->kid.len));
}


static u_char *
encode(u_char *dst, const u_char *src, size_t len)
{
    size_t    i;
    uint32_t  bits;

    static const char  chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = 0; i < len; i += 3) {
        bits = src[i] << 16 | (i + 1 < len ? src[i + 1] << 8 : 0)
               | (i + 2 < len ? src[i + 2] : 0);

        *dst++ = chars[bits >> 18];
        *dst++ = chars[bits >> 12 & 63];

        if (i + 1 < len) {
            *dst++ = chars[bits >> 6 & 63];
        }

        if (i + 2 < len) {
            *dst++ = chars[bits & 63];
        }
    }

    return dst;
}
