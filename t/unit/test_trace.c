
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_trace.h"
#include "tap.h"


#define ROOT    "Root=1-5759e988-bd862e3fe1be46a994272793"
#define ID      "5759e988bd862e3fe1be46a994272793"
#define PARENT  "53995c3f42cd8ad8"
#define ZERO8   "00000000"
#define ZERO16  ZERO8 ZERO8
#define ZERO24  ZERO16 ZERO8


typedef ngx_int_t (*read_pt)(ngx_apigw_trace_t *trace, ngx_str_t *header);


static ngx_int_t
reads(read_pt handler, ngx_apigw_trace_t *trace, const char *text, size_t len)
{
    u_char     *copy;
    ngx_int_t   rc;
    ngx_str_t   s;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    memset(trace, 0x5a, sizeof(ngx_apigw_trace_t));
    rc = handler(trace, &s);

    free(copy);

    return rc;
}


/* both forms of a trace */

static void
is_written(ngx_apigw_trace_t *trace, const char *xray, const char *parent,
    const char *name)
{
    u_char     text[NGX_APIGW_TRACE_LEN + 1];
    ngx_str_t  s;

    s.data = text;

    text[NGX_APIGW_TRACE_LEN] = 0xa5;
    s.len = (size_t) (ngx_apigw_trace_write(text, trace) - text);
    is_nstr(&s, xray, "%s: X-Amzn-Trace-Id", name);
    is_int(text[NGX_APIGW_TRACE_LEN], 0xa5, "%s: no NUL", name);

    if (parent) {
        text[NGX_APIGW_TRACEPARENT_LEN] = 0xa5;
        s.len = (size_t) (ngx_apigw_traceparent_write(text, trace) - text);
        is_nstr(&s, parent, "%s: traceparent", name);
        is_int(text[NGX_APIGW_TRACEPARENT_LEN], 0xa5, "%s: no NUL", name);
    }
}


static void
test_new(void)
{
    u_char             text[NGX_APIGW_TRACE_ROOT_LEN];
    ngx_str_t          s;
    ngx_apigw_trace_t  trace;

    static const u_char  random[NGX_APIGW_TRACE_RANDOM] = {
        0xbd, 0x86, 0x2e, 0x3f, 0xe1, 0xbe, 0x46, 0xa9, 0x94, 0x27, 0x27, 0x93
    };
    static const u_char  span[NGX_APIGW_TRACE_SPAN] = {
        0x53, 0x99, 0x5c, 0x3f, 0x42, 0xcd, 0x8a, 0xd8
    };
    static const u_char  zero[NGX_APIGW_TRACE_SPAN] = { 0 };

    memset(&trace, 0x5a, sizeof(trace));
    ngx_apigw_trace_new(&trace, 0x5759e988, random);
    is_written(&trace, ROOT, NULL, "a new one");

    ngx_apigw_trace_span(&trace, span);
    is_written(&trace, ROOT ";Parent=" PARENT, "00-" ID "-" PARENT "-01",
               "with a parent");

    ngx_apigw_trace_span(&trace, zero);
    is_written(&trace, ROOT ";Parent=0000000000000001",
               "00-" ID "-0000000000000001-01", "a parent is never zero");

    s.data = text;
    s.len = (size_t) (ngx_apigw_trace_root(text, &trace) - text);
    is_nstr(&s, ROOT + sizeof("Root=") - 1, "the root alone");

    ngx_apigw_trace_new(&trace, 0x1f2345678, random);
    is_written(&trace, "Root=1-f2345678-bd862e3fe1be46a994272793", NULL,
               "after 2106 the time begins anew");
}


static void
test_read(void)
{
    char               *p, text[600];
    size_t              i;
    ngx_apigw_trace_t   trace;

    static const char  *good[] = {
        ROOT,
        ROOT ";Parent=53995c3f42cd8ad8;Sampled=1",
        "Self=1-67891234-12456789abcdef012345678;" ROOT,
        "Parent=53995c3f42cd8ad8; " ROOT " ;Lineage=a87bd80c:1|68fd508a:5",
        ";;" ROOT ";",
        "Root=1-5759E988-BD862E3FE1BE46A994272793",
        ROOT ";Parent=x;Sampled=2;Sampled=;Parent="
    };

    static const char  *bad[] = {
        "",
        ";",
        "Root=",
        "Parent=53995c3f42cd8ad8;Sampled=1",
        "Self=1-5759e988-bd862e3fe1be46a994272793",
        "root=1-5759e988-bd862e3fe1be46a994272793",
        "Root=2-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e98-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a99427279",
        "Root=1-5759e988-bd862e3fe1be46a9942727931",
        "Root=1-5759e988_bd862e3fe1be46a994272793",
        "Root=1_5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e98g-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a99427279g",
        "Root= 1-5759e988-bd862e3fe1be46a994272793",
        "Root=1-" ZERO8 "-" ZERO24,
        ROOT ";" ROOT,
        ROOT ";Root=",
        ROOT "," ROOT,
        "Root=;" ROOT,
        "XRoot=1-5759e988-bd862e3fe1be46a994272793",
        ROOT ";a=\x7f",
        ROOT ";a=\xc3\xa9",
        ROOT "\r\nX: y",
        ROOT ";a\tb"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(reads(ngx_apigw_trace_read, &trace, good[i], strlen(good[i])),
               NGX_OK, "\"%s\"", good[i]);
        ok(memcmp(trace.id, ID, NGX_APIGW_TRACE_ID) == 0, "  and its id");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(reads(ngx_apigw_trace_read, &trace, bad[i], strlen(bad[i])),
               NGX_DECLINED, "not \"%s\"", bad[i]);
    }

    is_int(reads(ngx_apigw_trace_read, &trace, ROOT "\0", sizeof(ROOT)),
           NGX_DECLINED, "no NUL");

    memset(text, 'a', sizeof(text));
    p = text;
    memcpy(p, ROOT ";", sizeof(ROOT));

    is_int(reads(ngx_apigw_trace_read, &trace, text, 512), NGX_OK,
           "512 bytes");
    is_int(reads(ngx_apigw_trace_read, &trace, text, 513), NGX_DECLINED,
           "513 bytes");
}


static void
test_traceparent(void)
{
    char               *p, text[600];
    size_t              i;
    ngx_apigw_trace_t   trace;

    static const char  *good[] = {
        "00-" ID "-" PARENT "-00",
        "00-" ID "-" PARENT "-01",
        "00-" ID "-" PARENT "-ff",
        "01-" ID "-" PARENT "-01",
        "01-" ID "-" PARENT "-01-",
        "fe-" ID "-" PARENT "-01-what-the-future-will-be-like",
        "cc-" ID "-" PARENT "-01-x y"
    };

    static const char  *bad[] = {
        "",
        "00",
        "00-" ID "-" PARENT "-0",
        "00-" ID "-" PARENT "-",
        "00-" ID "-" PARENT,
        "00-" ID "-" PARENT "-01-",
        "00-" ID "-" PARENT "-01-00",
        "00-" ID "-" PARENT "-010",
        "00-" ID "-" PARENT "-01 ",
        " 00-" ID "-" PARENT "-01",
        "01-" ID "-" PARENT "-01.",
        "01-" ID "-" PARENT "-011",
        "ff-" ID "-" PARENT "-01",
        "ff-" ID "-" PARENT "-01-x",
        "0g-" ID "-" PARENT "-01",
        "0A-" ID "-" PARENT "-01",
        "00_" ID "-" PARENT "-01",
        "00-" ID "_" PARENT "-01",
        "00-" ID "-" PARENT "_01",
        "00-" ZERO24 ZERO8 "-" PARENT "-01",
        "00-" ID "-" ZERO16 "-01",
        "00-5759E988bd862e3fe1be46a994272793-" PARENT "-01",
        "00-5759g988bd862e3fe1be46a994272793-" PARENT "-01",
        "00-" ID "-53995C3f42cd8ad8-01",
        "00-" ID "-" PARENT "-0G",
        "00-" ID "-" PARENT "-0F",
        "00-" ID "-" PARENT "-01,00-" ID "-" PARENT "-01",
        "01-" ID "-" PARENT "-01-\x7f",
        "01-" ID "-" PARENT "-01-\xc3\xa9",
        "01-" ID "-" PARENT "-01-\r\nX: y",
        "00-" ID PARENT "-" "-01aaaaaaaaaaaa"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(reads(ngx_apigw_traceparent_read, &trace, good[i],
                     strlen(good[i])),
               NGX_OK, "\"%s\"", good[i]);
        ok(memcmp(trace.id, ID, NGX_APIGW_TRACE_ID) == 0, "  and its id");
        ok(memcmp(trace.parent, PARENT, NGX_APIGW_TRACE_PARENT) == 0,
           "  and its parent");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(reads(ngx_apigw_traceparent_read, &trace, bad[i],
                     strlen(bad[i])),
               NGX_DECLINED, "not \"%s\"", bad[i]);
    }

    memset(text, 'a', sizeof(text));
    p = text;
    memcpy(p, "01-" ID "-" PARENT "-01-", NGX_APIGW_TRACEPARENT_LEN + 1);

    is_int(reads(ngx_apigw_traceparent_read, &trace, text, 512), NGX_OK,
           "512 bytes");
    is_int(reads(ngx_apigw_traceparent_read, &trace, text, 513), NGX_DECLINED,
           "513 bytes");
}


/* one form of what was read in the other */

static void
test_other_form(void)
{
    ngx_uint_t         i;
    ngx_apigw_trace_t  trace;

    static const struct {
        read_pt      handler;
        const char  *text;
        const char  *xray;
        const char  *parent;
    } forms[] = {
        { ngx_apigw_trace_read, ROOT, ROOT, NULL },
        { ngx_apigw_trace_read, ROOT ";Sampled=0", ROOT ";Sampled=0", NULL },
        { ngx_apigw_trace_read, ROOT ";Sampled=?", ROOT, NULL },
        { ngx_apigw_trace_read, "Sampled=1;Parent=53995C3F42CD8AD8;" ROOT,
          ROOT ";Parent=" PARENT ";Sampled=1", "00-" ID "-" PARENT "-01" },
        { ngx_apigw_trace_read, ROOT ";Parent=" PARENT ";Sampled=0",
          ROOT ";Parent=" PARENT ";Sampled=0", "00-" ID "-" PARENT "-00" },
        { ngx_apigw_trace_read, ROOT ";Parent=" PARENT,
          ROOT ";Parent=" PARENT, "00-" ID "-" PARENT "-01" },
        { ngx_apigw_trace_read, ROOT ";Parent=" PARENT ";Parent=" ZERO16,
          ROOT ";Parent=" PARENT, "00-" ID "-" PARENT "-01" },
        { ngx_apigw_trace_read, ROOT ";Parent=" ZERO16, ROOT, NULL },
        { ngx_apigw_trace_read, ROOT ";Parent=5399_c3f42cd8ad8", ROOT, NULL },
        { ngx_apigw_trace_read, ROOT ";Parent=53995c3f42cd8ad", ROOT, NULL },
        { ngx_apigw_traceparent_read, "00-" ID "-" PARENT "-01",
          ROOT ";Parent=" PARENT ";Sampled=1", "00-" ID "-" PARENT "-01" },
        { ngx_apigw_traceparent_read, "00-" ID "-" PARENT "-fe",
          ROOT ";Parent=" PARENT ";Sampled=0", "00-" ID "-" PARENT "-00" },
        { ngx_apigw_traceparent_read, "42-" ID "-" PARENT "-0b-more",
          ROOT ";Parent=" PARENT ";Sampled=1", "00-" ID "-" PARENT "-01" }
    };

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        is_int(reads(forms[i].handler, &trace, forms[i].text,
                     strlen(forms[i].text)),
               NGX_OK, "\"%s\"", forms[i].text);
        is_written(&trace, forms[i].xray, forms[i].parent, forms[i].text);
    }
}


int
main(void)
{
    test_new();
    test_read();
    test_traceparent();
    test_other_form();

    return done();
}
