
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * An answer of an introspection endpoint: only an object whose one "active" is
 * true gives claims, and until when they hold never is later than both allow.
 * The same bytes as a token: a form gives it back.
 */

#include <stdio.h>

#include "ngx_apigw_introspect.h"
#include "ngx_apigw_text.h"


#define check(cond)  if (!(cond)) { abort(); }

#define NOW  1700000000LL


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void read_answer(ngx_str_t *text, ngx_pool_t *pool);
static void hold(ngx_apigw_claims_t *claims);
static void encode(ngx_str_t *text, ngx_pool_t *pool);
static size_t decode(u_char *dst, u_char *p, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    text;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, NULL);
    check(pool);

    text.len = size;
    text.data = ngx_pnalloc(pool, size ? size : 1);
    check(text.data);

    if (size) {
        memcpy(text.data, data, size);
    }

    read_answer(&text, pool);
    encode(&text, pool);

    check(size == 0 || memcmp(text.data, data, size) == 0);

    ngx_destroy_pool(pool);

    return 0;
}


static void
read_answer(ngx_str_t *text, ngx_pool_t *pool)
{
    ngx_int_t            rc;
    const char          *reason;
    ngx_apigw_json_t    *root, *active;
    ngx_apigw_claims_t   claims;

    reason = NULL;
    rc = ngx_apigw_introspect_read(&claims, text, pool, &reason);

    check(rc == NGX_OK || rc == NGX_DONE || rc == NGX_DECLINED);
    check(rc != NGX_DECLINED || (reason && reason[0]));

    if (rc == NGX_DECLINED) {
        return;
    }

    check(ngx_apigw_json_parse(&root, text, NGX_APIGW_INTROSPECT_DEPTH, pool,
                               &reason)
          == NGX_OK);

    active = ngx_apigw_json_get(root, "active");

    check(active);
    check(active->type == (rc == NGX_OK ? NGX_APIGW_JSON_TRUE
                                        : NGX_APIGW_JSON_FALSE));

    if (rc == NGX_OK) {
        hold(&claims);
    }
}


static void
hold(ngx_apigw_claims_t *claims)
{
    int64_t      until;
    ngx_int_t    rc;
    const char  *reason;

    until = ngx_apigw_introspect_until(claims, NOW, 10, 60);
    check(until <= NOW + 60);

    rc = ngx_apigw_claims_time(claims, NOW, 10, 0, &reason);

    check(rc != NGX_OK || until > NOW);

    if (claims->exp != NGX_APIGW_CLAIMS_NO_TIME) {
        check(until <= claims->exp + 10);
        check(ngx_apigw_claims_time(claims, until, 10, 0, &reason) != NGX_OK
              || until == NOW + 60);
    }
}


static void
encode(ngx_str_t *text, ngx_pool_t *pool)
{
    u_char     *p;
    size_t      i, n;
    ngx_str_t   form, value;

    check(ngx_apigw_introspect_form(&form, text, pool) == NGX_OK);
    check(form.len >= 35 && memcmp(form.data, "token=", 6) == 0);

    n = form.len - 6 - 29;
    check(memcmp(form.data + 6 + n, "&token_type_hint=access_token", 29) == 0);

    for (i = 0; i < n; i++) {
        check(form.data[6 + i] > 0x20 && form.data[6 + i] < 0x7f
              && form.data[6 + i] != '&' && form.data[6 + i] != '=');
    }

    p = ngx_pnalloc(pool, n ? n : 1);
    check(p);

    check(decode(p, form.data + 6, n) == text->len);
    check(text->len == 0 || memcmp(p, text->data, text->len) == 0);

    check(ngx_apigw_introspect_basic(&value, text, text, pool) == NGX_OK);
    check(value.len == 6 + NGX_APIGW_BASE64_LEN(2 * n + 1));

    if (ngx_apigw_introspect_is_token(text)) {

        for (i = 0; i < text->len; i++) {
            check(text->data[i] > 0x20 && text->data[i] < 0x7f);
        }
    }
}


static size_t
decode(u_char *dst, u_char *p, size_t len)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < len; i++) {

        if (p[i] == '%') {
            check(i + 2 < len);
            check(ngx_apigw_unhex(&dst[n++], 1,
                                  &(ngx_str_t) { 2, &p[i + 1] })
                  == NGX_OK);
            i += 2;

        } else {
            dst[n++] = p[i] == '+' ? ' ' : p[i];
        }
    }

    return n;
}
