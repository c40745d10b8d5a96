
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_introspect.h"
#include "tap.h"


#define NOW  1700000000LL


static ngx_pool_t  *pool;


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = ngx_pnalloc(pool, s.len);
    memcpy(s.data, text, s.len);

    return s;
}


static void
is_basic(const char *id, const char *secret, const char *want)
{
    ngx_str_t  i, s, value;

    i = str(id);
    s = str(secret);

    is_int(ngx_apigw_introspect_basic(&value, &i, &s, pool), NGX_OK,
           "credentials of %s", id);
    is_nstr(&value, want, "are %s", want);
}


static void
test_basic(void)
{
    /* RFC 6749, 2.3.1 */

    is_basic("s6BhdRkqt3", "gX1fBat3bV",
             "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");

    is_basic("a", "", "Basic YTo=");

    /* "a%3Ab:c%3Ad": a colon in an id divides nothing */

    is_basic("a:b", "c:d", "Basic YSUzQWI6YyUzQWQ=");

    /* RFC 6749, appendix B: "x:+%25%26%2B%C2%A3%E2%82%AC" */

    is_basic("x", " %&+\xc2\xa3\xe2\x82\xac",
             "Basic eDorJTI1JTI2JTJCJUMyJUEzJUUyJTgyJUFD");
}


static void
is_form(const char *token, const char *want)
{
    ngx_str_t  t, form;

    t = str(token);

    is_int(ngx_apigw_introspect_form(&form, &t, pool), NGX_OK, "form of %s",
           token);
    is_nstr(&form, want, "is %s", want);
}


static void
test_form(void)
{
    is_form("2YotnFZFEjr1zCsicMWpAA",
            "token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token");
    is_form("a-b._*", "token=a-b._*&token_type_hint=access_token");
    is_form("a&active=true#/+ ~=",
            "token=a%26active%3Dtrue%23%2F%2B+%7E%3D"
            "&token_type_hint=access_token");
    is_form("\x01\x7f\xff",
            "token=%01%7F%FF&token_type_hint=access_token");
}


static void
test_memory(void)
{
    long       n;
    ngx_str_t  a, b, value;

    a = str("a");
    b = str("b");

    for (n = 0; n < 2; n++) {
        ngx_stub_fail(n);
        is_int(ngx_apigw_introspect_basic(&value, &a, &b, pool), NGX_ERROR,
               "no memory for allocation %ld of credentials", n);
    }

    ngx_stub_fail(0);
    is_int(ngx_apigw_introspect_form(&value, &a, pool), NGX_ERROR,
           "no memory for a form");
    ngx_stub_fail(-1);
}


static void
test_is_token(void)
{
    int        c;
    u_char     text[3];
    ngx_str_t  s;

    s.data = text;
    s.len = 0;
    is_int(ngx_apigw_introspect_is_token(&s), 0, "nothing is no token");

    s.len = 3;

    for (c = 0; c < 256; c++) {
        text[0] = 'a';
        text[1] = c;
        text[2] = 'z';

        if (ngx_apigw_introspect_is_token(&s) != (c > 0x20 && c <= 0x7e)) {
            ok(0, "character %d", c);
        }
    }

    text[1] = 'b';

    text[2] = '\n';
    is_int(ngx_apigw_introspect_is_token(&s), 0, "a line feed at the end");

    text[2] = 'c';
    text[0] = '\r';
    is_int(ngx_apigw_introspect_is_token(&s), 0, "a CR at the beginning");

    text[0] = 'a';
    is_int(ngx_apigw_introspect_is_token(&s), 1, "a token");
}


static ngx_int_t
answer(ngx_apigw_claims_t *claims, const char *text, const char **reason)
{
    char       *copy;
    ngx_str_t   s;
    ngx_int_t   rc;

    /* without a NUL, and gone when it was read */

    s.len = strlen(text);
    copy = malloc(s.len ? s.len : 1);
    memcpy(copy, text, s.len);
    s.data = (u_char *) copy;

    *reason = NULL;
    memset(claims, 0xff, sizeof(ngx_apigw_claims_t));

    rc = ngx_apigw_introspect_read(claims, &s, pool, reason);

    free(copy);

    return rc;
}


static void
test_active(void)
{
    const char          *reason;
    ngx_apigw_claims_t   claims;

    /* RFC 7662, 2.2 */

    is_int(answer(&claims, "{\"active\": true, \"client_id\": \"l238j323ds-"
                  "23ij4\", \"username\": \"jdoe\", \"scope\": \"read write "
                  "dolphin\", \"sub\": \"Z5O3upPC88QrAjx00dis\", \"aud\": "
                  "\"https://protected.example.net/resource\", \"iss\": "
                  "\"https://server.example.com/\", \"exp\": 1419356238, "
                  "\"iat\": 1419350238, \"extension_field\": "
                  "\"twenty-seven\"}", &reason),
           NGX_OK, "an active token");

    is_nstr(&claims.client_id, "l238j323ds-23ij4", "its client");
    is_nstr(&claims.sub, "Z5O3upPC88QrAjx00dis", "its subject");
    is_nstr(&claims.iss, "https://server.example.com/", "its issuer");
    is_int(claims.exp, 1419356238, "until when it is valid");
    is_int(claims.iat, 1419350238, "since when it is there");
    is_int(claims.nbf, NGX_APIGW_CLAIMS_NO_TIME, "no time before");
    ok(ngx_apigw_json_get(claims.root, "extension_field") != NULL,
       "what is not registered is there");

    is_int(answer(&claims, "{\"active\":true}", &reason), NGX_OK,
           "nothing but active");
    is_int(claims.exp, NGX_APIGW_CLAIMS_NO_TIME, "it does not expire");
    is_int(claims.iss.len, 0, "it has no issuer");
}


static void
test_inactive(void)
{
    const char          *reason;
    ngx_apigw_claims_t   claims;

    is_int(answer(&claims, "{\"active\": false}", &reason), NGX_DONE,
           "an inactive token");
    is_int(answer(&claims, " \r\n{\"sub\":1,\"exp\":\"x\",\"active\":false}\n",
                  &reason),
           NGX_DONE, "whatever else is said about it");
}


static void
test_no_answer(void)
{
    size_t               i;
    const char          *reason;
    ngx_apigw_claims_t   claims;

    static const char  *texts[] = {
        "", " ", "true", "false", "null", "1", "\"active\"", "[]",
        "[{\"active\":true}]", "{}", "{\"Active\":true}",
        "{\"active\":\"true\"}", "{\"active\":1}", "{\"active\":null}",
        "{\"active\":[true]}", "{\"active\":{\"active\":true}}",
        "{\"a\":{\"active\":true}}",
        "{\"active\":true,\"active\":false}",
        "{\"active\":false,\"active\":true}",
        "{\"active\":false,\"\\u0061ctive\":true}",
        "{\"active\":true", "{\"active\":true}}", "{\"active\":true}x",
        "{\"active\":true}{\"active\":true}", "{'active':true}",
        "{\"active\":True}", "\xef\xbb\xbf{\"active\":true}",
        "{\"active\":true,\"x\":\"\xff\"}",
        "<!DOCTYPE html><html>{\"active\":true}</html>",
        "active=true",
        "{\"active\":true,\"exp\":\"1700000000\"}",
        "{\"active\":true,\"exp\":-1}", "{\"active\":true,\"exp\":1e308}",
        "{\"active\":true,\"exp\":null}", "{\"active\":true,\"nbf\":[]}",
        "{\"active\":true,\"iat\":true}", "{\"active\":true,\"iss\":1}",
        "{\"active\":true,\"sub\":{}}", "{\"active\":true,\"jti\":7}",
        "{\"active\":true,\"client_id\":false}",
        "{\"active\":true,\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        is_int(answer(&claims, texts[i], &reason), NGX_DECLINED, "%s",
               texts[i]);
        ok(reason && reason[0], "and why");
    }
}


static void
is_until(int64_t exp, int64_t leeway, int64_t max, int64_t want,
    const char *title)
{
    ngx_apigw_claims_t  claims;

    memset(&claims, 0, sizeof(ngx_apigw_claims_t));
    claims.exp = exp;

    is_int(ngx_apigw_introspect_until(&claims, NOW, leeway, max), want, "%s",
           title);
}


static void
test_until(void)
{
    is_until(NGX_APIGW_CLAIMS_NO_TIME, 10, 60, NOW + 60, "without an end");
    is_until(NOW + 3600, 10, 60, NOW + 60, "longer than may be");
    is_until(NOW + 30, 10, 60, NOW + 40, "until it expires");
    is_until(NOW + 30, 0, 60, NOW + 30, "at once");
    is_until(NOW + 50, 10, 60, NOW + 60, "both at a time");
    is_until(NOW + 49, 10, 60, NOW + 59, "a second before");
    is_until(NOW - 5, 10, 60, NOW + 5, "it is valid by leeway only");
    is_until(NOW + 30, 10, 0, NOW, "not at all");
    is_until(NGX_APIGW_CLAIMS_MAX_TIME, 300, 60, NOW + 60, "the year 9999");
}


int
main(void)
{
    pool = ngx_create_pool(4096, NULL);

    test_basic();
    test_form();
    test_memory();
    test_is_token();
    test_active();
    test_inactive();
    test_no_answer();
    test_until();

    ngx_destroy_pool(pool);

    return done();
}
