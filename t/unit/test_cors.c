
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_cors.h"


/* malloc()ed to the byte, so that a look beyond the end is seen */

static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = malloc(s.len ? s.len : 1);

    if (s.data == NULL) {
        abort();
    }

    memcpy(s.data, text, s.len);

    return s;
}


static ngx_int_t
parse(ngx_pool_t *pool, const char *text, ngx_apigw_origin_t *origin,
    const char **reason)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    s = str(text);
    *reason = NULL;

    rc = ngx_apigw_origin_parse(pool, &s, origin, reason);

    free(s.data);

    return rc;
}


static void
test_parse(void)
{
    size_t               i;
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_origin_t   origin;

    static const struct {
        const char  *text;
        const char  *head;
        const char  *tail;
        int          wildcard;
    } good[] = {
        { "https://app.example.com", "https://app.example.com", "", 0 },
        { "HTTPS://App.Example.COM", "https://app.example.com", "", 0 },
        { "https://app.example.com:8443", "https://app.example.com:8443", "",
          0 },
        { "https://app.example.com:443", "https://app.example.com", "", 0 },
        { "https://app.example.com:80", "https://app.example.com:80", "", 0 },
        { "http://app.example.com:80", "http://app.example.com", "", 0 },
        { "http://app.example.com:443", "http://app.example.com:443", "", 0 },
        { "https://a:4430", "https://a:4430", "", 0 },
        { "http://localhost:3000", "http://localhost:3000", "", 0 },
        { "http://a:65535", "http://a:65535", "", 0 },
        { "http://127.0.0.1", "http://127.0.0.1", "", 0 },
        { "http://[::1]:8080", "http://[::1]:8080", "", 0 },
        { "http://[2001:DB8::1]", "http://[2001:db8::1]", "", 0 },
        { "https://xn--bcher-kva.example", "https://xn--bcher-kva.example",
          "", 0 },
        { "https://a_b.example", "https://a_b.example", "", 0 },
        { "capacitor://localhost", "capacitor://localhost", "", 0 },
        { "moz-extension://0-1", "moz-extension://0-1", "", 0 },
        { "a://b:443", "a://b:443", "", 0 },
        { "x+y.z-0://h", "x+y.z-0://h", "", 0 },
        { "https://*", "https://", "", 1 },
        { "HTTP://*", "http://", "", 1 },
        { "https://*.example.com", "https://", ".example.com", 1 },
        { "https://*.Example.com:8443", "https://", ".example.com:8443", 1 },
        { "https://*.example.com:443", "https://", ".example.com", 1 },
        { "http://*.localhost:80", "http://", ".localhost", 1 },
    };

    static const char  *bad[] = {
        "", "null", "**", "* ", "app.example.com", "//app.example.com",
        "https:", "https:/", "https://", "https:///", "://a", "1a://b",
        "-a://b", "ht tp://a", "https://a/", "https://a/path", "https://a?b",
        "https://a#b", "https://u@a", "https://a b", "https://a\"",
        "https://.a", "https://a.", "https://a..b", "https://:443",
        "https://b\xc3\xbc" "cher.example", "https://%61",
        "https://a:", "https://a:0", "https://a:080", "https://a:65536",
        "https://a:99999999999999999999999", "https://a:8443/",
        "https://a:84x", "https://a:b", "https://a:1:2",
        "http://[", "http://[]", "http://[::1", "http://[::1]x",
        "http://[::g]", "http://[::1]:", "http://[::1]:0",
        "https://**", "https://*a", "https://*.", "https://*..a",
        "https://*.a.", "https://*.*.a", "https://a.*.b", "https://a*",
        "https://*:8443", "https://*.a:", "https://*.a:0", "https://*.a/",
        "https://*.a:65536", "https://*/", "*://a", "*.example.com",
        "ftp://*", "ftp://*.example.com", "httpsx://*", "http*://a",
    };

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(parse(pool, good[i].text, &origin, &reason), NGX_OK,
               "origin \"%s\"", good[i].text);
        is_nstr(&origin.head, good[i].head, "... head");
        is_nstr(&origin.tail, good[i].tail, "... tail");
        is_int(origin.wildcard, good[i].wildcard, "... wildcard");
        is_int(origin.any, 0, "... not any");
    }

    is_int(parse(pool, "*", &origin, &reason), NGX_OK, "any origin");
    is_int(origin.any, 1, "... any");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(parse(pool, bad[i], &origin, &reason), NGX_DECLINED,
               "no origin: \"%s\"", bad[i]);
        ok(reason != NULL && reason[0], "... and why");
    }

    ngx_destroy_pool(pool);
}


static void
test_match(void)
{
    size_t               i;
    ngx_str_t            value;
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_origin_t   origin;

    static const struct {
        const char  *origin;
        const char  *value;
        ngx_uint_t   match;
    } all[] = {
        { "*", "https://a", 1 },
        { "*", "null", 1 },
        { "*", "", 1 },
        { "*", "what ever", 1 },

        { "https://app.example.com", "https://app.example.com", 1 },
        { "https://App.example.com", "https://app.example.com", 1 },
        { "https://app.example.com", "https://App.example.com", 0 },
        { "https://app.example.com", "HTTPS://app.example.com", 0 },
        { "https://app.example.com", "http://app.example.com", 0 },
        { "https://app.example.com", "https://app.example.com:443", 0 },
        { "https://app.example.com:443", "https://app.example.com", 1 },
        { "https://app.example.com", "https://app.example.com:8443", 0 },
        { "https://app.example.com:8443", "https://app.example.com", 0 },
        { "https://app.example.com:8443", "https://app.example.com:8443", 1 },
        { "https://app.example.com", "https://app.example.com/", 0 },
        { "https://app.example.com", "https://app.example.com.", 0 },
        { "https://app.example.com", "https://app.example.com.evil.org", 0 },
        { "https://app.example.com", "https://app.example.co", 0 },
        { "https://app.example.com", "https://app.exampleXcom", 0 },
        { "https://app.example.com", "https://app.example.com ", 0 },
        { "https://app.example.com",
          "https://app.example.com https://evil.org", 0 },
        { "https://app.example.com", "null", 0 },
        { "https://app.example.com", "", 0 },
        { "capacitor://localhost", "capacitor://localhost", 1 },

        { "https://*", "https://a", 1 },
        { "https://*", "https://a.b:8443", 1 },
        { "https://*", "https://[::1]", 1 },
        { "https://*", "https://[::1]:8080", 1 },
        { "https://*", "https://", 0 },
        { "https://*", "https:/", 0 },
        { "https://*", "http://a", 0 },
        { "https://*", "https://A", 0 },
        { "https://*", "https://a/", 0 },
        { "https://*", "https://a b", 0 },
        { "https://*", "https://a, https://b", 0 },
        { "https://*", "https://a:", 0 },
        { "https://*", "https://a:0", 0 },
        { "https://*", "https://a:65536", 0 },
        { "https://*", "https://a:1:2", 0 },
        { "https://*", "https://u@a", 0 },
        { "https://*", "https://a.", 0 },
        { "https://*", "https://.a", 0 },
        { "https://*", "https://[::1", 0 },
        { "https://*", "https://[]", 0 },
        { "https://*", "https://*", 0 },
        { "https://*", "null", 0 },
        { "http://*", "https://a", 0 },
        { "http://*", "http://a", 1 },

        { "https://*.example.com", "https://a.example.com", 1 },
        { "https://*.example.com", "https://a.b.example.com", 1 },
        { "https://*.example.com", "https://a-b_c.example.com", 1 },
        { "https://*.example.com", "https://example.com", 0 },
        { "https://*.example.com", "https://.example.com", 0 },
        { "https://*.example.com", "https://aexample.com", 0 },
        { "https://*.example.com", "https://a..example.com", 0 },
        { "https://*.example.com", "https://.a.example.com", 0 },
        { "https://*.example.com", "https://a.example.com:8443", 0 },
        { "https://*.example.com", "https://a.example.com.evil.org", 0 },
        { "https://*.example.com", "https://evil.org/.example.com", 0 },
        { "https://*.example.com", "https://evil.org#.example.com", 0 },
        { "https://*.example.com", "https://evil.org?.example.com", 0 },
        { "https://*.example.com", "https://evil.org:1.example.com", 0 },
        { "https://*.example.com", "https://evil.org@a.example.com", 0 },
        { "https://*.example.com", "https://evil.org\\.example.com", 0 },
        { "https://*.example.com", "https://evil.org .example.com", 0 },
        { "https://*.example.com", "https://[::1].example.com", 0 },
        { "https://*.example.com", "https://A.example.com", 0 },
        { "https://*.example.com", "https://a.Example.com", 0 },
        { "https://*.example.com", "http://a.example.com", 0 },
        { "https://*.example.com", "https://*.example.com", 0 },
        { "https://*.example.com:8443", "https://a.example.com:8443", 1 },
        { "https://*.example.com:8443", "https://a.example.com", 0 },
        { "https://*.example.com:8443", "https://a.example.com:84430", 0 },
        { "https://*.example.com:443", "https://a.example.com", 1 },
    };

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        is_int(parse(pool, all[i].origin, &origin, &reason), NGX_OK,
               "origin \"%s\"", all[i].origin);

        value = str(all[i].value);

        is_int(ngx_apigw_origin_match(&origin, &value), all[i].match,
               "... and \"%s\"", all[i].value);

        free(value.data);
    }

    ngx_destroy_pool(pool);
}


static void
test_lists(void)
{
    size_t     i;
    ngx_str_t  s, list, item;

    static const struct {
        const char  *text;
        ngx_uint_t   token;
        ngx_uint_t   method;
        ngx_uint_t   asked;
    } all[] = {
        { "", 0, 0, 0 },
        { " ", 0, 0, 0 },
        { ",", 0, 0, 0 },
        { "*", 1, 1, 1 },
        { "GET", 1, 1, 1 },
        { "get", 1, 0, 1 },
        { "VERSION-CONTROL", 1, 1, 1 },
        { "M_2", 1, 0, 1 },
        { "**", 1, 0, 1 },
        { "x-a", 1, 0, 1 },
        { "!#$%&'*+-.^_`|~09azAZ", 1, 0, 1 },
        { "x-a,x-b", 0, 0, 1 },
        { "x-a, x-b", 0, 0, 1 },
        { "\tx-a \t,\t x-b ", 0, 0, 1 },
        { "x-a,", 0, 0, 0 },
        { ",x-a", 0, 0, 0 },
        { "x-a,,x-b", 0, 0, 0 },
        { "x-a x-b", 0, 0, 0 },
        { "x-a:b", 0, 0, 0 },
        { "x-a;b", 0, 0, 0 },
        { "\"x\"", 0, 0, 0 },
        { "x(a)", 0, 0, 0 },
        { "x=a", 0, 0, 0 },
        { "x/a", 0, 0, 0 },
        { "x@a", 0, 0, 0 },
        { "x\x7f", 0, 0, 0 },
        { "x\x80", 0, 0, 0 },
        { "x\x01", 0, 0, 0 },
        { "x\ry", 0, 0, 0 },
    };

    static const struct {
        const char  *list;
        ngx_uint_t   has;
    } vary[] = {
        { "", 0 },
        { "Origin", 1 },
        { "origin", 1 },
        { " ORIGIN\t", 1 },
        { "Accept, Origin", 1 },
        { "Origin,Accept", 1 },
        { "*", 1 },
        { "Accept, *", 1 },
        { "Accept", 0 },
        { "Origins", 0 },
        { "X-Origin", 0 },
        { "Origi", 0 },
        { "Accept Origin", 0 },
        { ",,", 0 },
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        s = str(all[i].text);

        is_int(ngx_apigw_cors_token(&s), all[i].token, "token: \"%s\"",
               all[i].text);
        is_int(ngx_apigw_cors_method(&s), all[i].method, "method: \"%s\"",
               all[i].text);
        is_int(ngx_apigw_cors_asked(&s), all[i].asked, "list: \"%s\"",
               all[i].text);

        free(s.data);
    }

    s.data = (u_char *) "x\0y";
    s.len = 3;

    is_int(ngx_apigw_cors_token(&s), 0, "a NUL is no part of a token");
    is_int(ngx_apigw_cors_method(&s), 0, "nor of a method");

    ngx_str_null(&s);
    is_int(ngx_apigw_cors_asked(&s), 0, "no list");

    for (i = 0; i < sizeof(vary) / sizeof(vary[0]); i++) {
        s = str(vary[i].list);

        is_int(ngx_apigw_cors_has(&s, "origin", 6), vary[i].has,
               "Vary: \"%s\"", vary[i].list);

        free(s.data);
    }

    s = str("a,,bc,");
    list = s;

    is_int(ngx_apigw_cors_next(&list, &item), 1, "first item");
    is_nstr(&item, "a", "... of the list");
    is_int(ngx_apigw_cors_next(&list, &item), 1, "second item");
    is_nstr(&item, "", "... of the list");
    is_int(ngx_apigw_cors_next(&list, &item), 1, "third item");
    is_nstr(&item, "bc", "... of the list");
    is_int(ngx_apigw_cors_next(&list, &item), 1, "fourth item");
    is_nstr(&item, "", "... of the list");
    is_int(ngx_apigw_cors_next(&list, &item), 0, "no fifth item");
    is_int(ngx_apigw_cors_next(&list, &item), 0, "... ever");

    free(s.data);
}


static void
test_memory(void)
{
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_origin_t   origin;

    pool = ngx_create_pool(0, NULL);

    ngx_stub_fail(1);

    is_int(parse(pool, "https://a", &origin, &reason), NGX_ERROR,
           "no memory for an origin");

    ngx_stub_fail(-1);
    ngx_destroy_pool(pool);
}


int
main(void)
{
    test_parse();
    test_match();
    test_lists();
    test_memory();

    return done();
}
