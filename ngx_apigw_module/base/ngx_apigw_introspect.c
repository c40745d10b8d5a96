
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_introspect.h"
#include "ngx_apigw_text.h"


/*
 * RFC 7662: the request is 2.1, the answer 2.2.  Forms are encoded as RFC
 * 6749, appendix B, has it.
 */


static size_t ngx_apigw_introspect_encoded(ngx_str_t *text);
static u_char *ngx_apigw_introspect_encode(u_char *p, ngx_str_t *text);
static ngx_uint_t ngx_apigw_introspect_plain(u_char c);


static ngx_str_t  ngx_apigw_introspect_scheme = ngx_string("Basic ");
static ngx_str_t  ngx_apigw_introspect_head = ngx_string("token=");
static ngx_str_t  ngx_apigw_introspect_tail =
    ngx_string("&token_type_hint=access_token");


ngx_uint_t
ngx_apigw_introspect_is_token(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] <= 0x20 || text->data[i] > 0x7e) {
            return 0;
        }
    }

    return text->len != 0;
}


ngx_int_t
ngx_apigw_introspect_basic(ngx_str_t *value, ngx_str_t *id, ngx_str_t *secret,
    ngx_pool_t *pool)
{
    u_char  *p, *last;
    size_t   len;

    len = ngx_apigw_introspect_encoded(id) + 1
          + ngx_apigw_introspect_encoded(secret);

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_apigw_introspect_encode(p, id);
    *last++ = ':';
    (void) ngx_apigw_introspect_encode(last, secret);

    value->data = ngx_pnalloc(pool, ngx_apigw_introspect_scheme.len
                                    + NGX_APIGW_BASE64_LEN(len));

    if (value->data == NULL) {
        ngx_memzero(p, len);
        return NGX_ERROR;
    }

    last = ngx_cpymem(value->data, ngx_apigw_introspect_scheme.data,
                      ngx_apigw_introspect_scheme.len);
    last = ngx_apigw_base64(last, p, len);

    value->len = last - value->data;

    ngx_memzero(p, len);

    return NGX_OK;
}


ngx_int_t
ngx_apigw_introspect_form(ngx_str_t *form, ngx_str_t *token, ngx_pool_t *pool)
{
    u_char  *p;

    form->len = ngx_apigw_introspect_head.len
                + ngx_apigw_introspect_encoded(token)
                + ngx_apigw_introspect_tail.len;

    form->data = ngx_pnalloc(pool, form->len);
    if (form->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(form->data, ngx_apigw_introspect_head.data,
                   ngx_apigw_introspect_head.len);
    p = ngx_apigw_introspect_encode(p, token);

    ngx_memcpy(p, ngx_apigw_introspect_tail.data,
               ngx_apigw_introspect_tail.len);

    return NGX_OK;
}


ngx_int_t
ngx_apigw_introspect_read(ngx_apigw_claims_t *claims, ngx_str_t *answer,
    ngx_pool_t *pool, const char **reason)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *root, *active;

    rc = ngx_apigw_json_parse(&root, answer, NGX_APIGW_INTROSPECT_DEPTH, pool,
                              reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (root->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "it is not a JSON object";
        return NGX_DECLINED;
    }

    active = ngx_apigw_json_get(root, "active");

    if (active && active->type == NGX_APIGW_JSON_FALSE) {
        return NGX_DONE;
    }

    if (active == NULL || active->type != NGX_APIGW_JSON_TRUE) {
        *reason = "\"active\" is neither true nor false";
        return NGX_DECLINED;
    }

    return ngx_apigw_claims_read(claims, root, reason);
}


int64_t
ngx_apigw_introspect_until(ngx_apigw_claims_t *claims, int64_t now,
    int64_t leeway, int64_t max)
{
    if (claims->exp != NGX_APIGW_CLAIMS_NO_TIME
        && claims->exp + leeway < now + max)
    {
        return claims->exp + leeway;
    }

    return now + max;
}


static size_t
ngx_apigw_introspect_encoded(ngx_str_t *text)
{
    size_t  i, len;

    len = text->len;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] != ' '
            && !ngx_apigw_introspect_plain(text->data[i]))
        {
            len += 2;
        }
    }

    return len;
}


static u_char *
ngx_apigw_introspect_encode(u_char *p, ngx_str_t *text)
{
    u_char         c;
    size_t         i;
    static u_char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c == ' ') {
            *p++ = '+';

        } else if (ngx_apigw_introspect_plain(c)) {
            *p++ = c;

        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 0xf];
        }
    }

    return p;
}


static ngx_uint_t
ngx_apigw_introspect_plain(u_char c)
{
    return (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '*';
}
