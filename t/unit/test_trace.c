
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_trace.h"
#include "tap.h"


#define ROOT  "Root=1-5759e988-bd862e3fe1be46a994272793"


static ngx_uint_t
is_trace(const char *text, size_t len)
{
    u_char      *copy;
    ngx_str_t    s;
    ngx_uint_t   rc;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    rc = ngx_apigw_is_trace(&s);

    free(copy);

    return rc;
}


static void
test_write(void)
{
    u_char     text[NGX_APIGW_TRACE_LEN + 1];
    ngx_str_t  s;

    static const u_char  random[NGX_APIGW_TRACE_RANDOM] = {
        0xbd, 0x86, 0x2e, 0x3f, 0xe1, 0xbe, 0x46, 0xa9, 0x94, 0x27, 0x27, 0x93
    };
    static const u_char  zero[NGX_APIGW_TRACE_RANDOM] = { 0 };

    s.data = text;
    text[NGX_APIGW_TRACE_LEN] = 0xa5;

    s.len = (size_t) (ngx_apigw_trace(text, 0x5759e988, random) - text);
    is_nstr(&s, ROOT, "a root");
    ok(ngx_apigw_is_trace(&s), "is one");

    s.len = (size_t) (ngx_apigw_trace(text, 0, zero) - text);
    is_nstr(&s, "Root=1-00000000-000000000000000000000000", "of zeros");

    s.len = (size_t) (ngx_apigw_trace(text, 0x1f2345678, random) - text);
    is_nstr(&s, "Root=1-f2345678-bd862e3fe1be46a994272793",
            "after 2106 the time begins anew");

    is_int(text[NGX_APIGW_TRACE_LEN], 0xa5, "no NUL");
}


static void
test_read(void)
{
    char    *p, text[600];
    size_t   i;

    static const char  *good[] = {
        ROOT,
        ROOT ";Parent=53995c3f42cd8ad8;Sampled=1",
        "Self=1-67891234-12456789abcdef012345678;" ROOT,
        "Parent=53995c3f42cd8ad8; " ROOT " ;Lineage=a87bd80c:1|68fd508a:5",
        ";;" ROOT ";",
        "Root=1-5759E988-BD862E3FE1BE46A994272793"
    };

    static const char  *bad[] = {
        "",
        "Root=",
        "Parent=53995c3f42cd8ad8;Sampled=1",
        "Self=1-5759e988-bd862e3fe1be46a994272793",
        "root=1-5759e988-bd862e3fe1be46a994272793",
        "Root=2-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e98-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a99427279",
        "Root=1-5759e988-bd862e3fe1be46a9942727931",
        "Root=1-5759e988_bd862e3fe1be46a994272793",
        "Root=1-5759e98g-bd862e3fe1be46a994272793",
        "Root= 1-5759e988-bd862e3fe1be46a994272793",
        ROOT ";" ROOT,
        ROOT ";Root=",
        "Root=;" ROOT,
        "XRoot=1-5759e988-bd862e3fe1be46a994272793",
        ROOT ";a=\x7f",
        ROOT ";a=\xc3\xa9",
        ROOT "\r\nX: y",
        ROOT ";a\tb"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(is_trace(good[i], strlen(good[i])), 1, "\"%s\"", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(is_trace(bad[i], strlen(bad[i])), 0, "not \"%s\"", bad[i]);
    }

    is_int(is_trace(ROOT "\0", sizeof(ROOT)), 0, "no NUL");

    memset(text, 'a', sizeof(text));
    p = text;
    memcpy(p, ROOT ";", sizeof(ROOT));

    is_int(is_trace(text, 512), 1, "512 bytes");
    is_int(is_trace(text, 513), 0, "513 bytes");
}


int
main(void)
{
    test_write();
    test_read();

    return done();
}
