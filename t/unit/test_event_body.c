
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_event.h"
#include "ngx_apigw_text.h"
#include "tap.h"


#define S(text)  text, sizeof(text) - 1


/* a body cut into pieces of n bytes, each in memory of its own */

typedef struct {
    ngx_apigw_event_body_t   body;
    ngx_str_t                text;
    ngx_str_t                base64;
} written_t;


static u_char *
piece(const char *data, size_t len)
{
    u_char  *copy;

    copy = malloc(len ? len : 1);
    memcpy(copy, data, len);

    return copy;
}


static void
write_body(written_t *w, const char *data, size_t len, size_t n)
{
    u_char      *p, *copy;
    size_t       i, part;
    ngx_uint_t   pass, last;

    ngx_apigw_event_body_init(&w->body);

    p = NULL;

    for (pass = 0; pass < 3; pass++) {

        if (pass == 1) {
            w->text.data = malloc(w->body.text + 1);
            p = w->text.data;

        } else if (pass == 2) {
            w->text.len = (size_t) (p - w->text.data);
            w->base64.data = malloc(NGX_APIGW_BASE64_LEN(w->body.bytes) + 1);
            p = w->base64.data;
        }

        i = 0;

        do {
            part = (len - i < n) ? len - i : n;
            last = (i + part == len);
            copy = piece(data + i, part);

            if (pass == 0) {
                ngx_apigw_event_body_measure(&w->body, copy, part, last);

            } else if (pass == 1) {
                p = ngx_apigw_event_body_text(p, copy, part);

            } else {
                p = ngx_apigw_event_body_base64(&w->body, p, copy, part, last);
            }

            free(copy);
            i += part;
        } while (!last);
    }

    w->base64.len = (size_t) (p - w->base64.data);
}


static void
is_body(const char *data, size_t len, ngx_uint_t bad, const char *text,
    const char *base64, const char *title)
{
    size_t     n;
    written_t  w;

    for (n = 1; n <= len + 1; n++) {
        write_body(&w, data, len, n);

        is_int(w.body.bad, bad, "%s by %lu", title, (unsigned long) n);
        is_int(w.body.bytes, len, "bytes");
        is_int(w.text.len, w.body.text, "measured");

        if (text) {
            is_nstr(&w.text, text, "text");
        }

        is_nstr(&w.base64, base64, "base64");

        free(w.text.data);
        free(w.base64.data);
    }
}


static void
test_body(void)
{
    size_t                  n;
    ngx_apigw_event_body_t  body;

    is_body(S(""), 0, "", "", "nothing");
    is_body(S("a"), 0, "a", "YQ==", "one");
    is_body(S("ab"), 0, "ab", "YWI=", "two");
    is_body(S("abcdefg"), 0, "abcdefg", "YWJjZGVmZw==", "seven");
    is_body(S("{\"a\":\"\\\\\"}\r\n"), 0,
            "{\\\"a\\\":\\\"\\\\\\\\\\\"}\\r\\n", "eyJhIjoiXFwifQ0K", "json");
    is_body(S("\0\1\b\t\n\v\f\r\x1b\x1f\x7f"), 0,
            "\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001b\\u001f\x7f",
            "AAEICQoLDA0bH38=", "controls");
    is_body(S("x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y"), 0,
            "x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y", "eMOp4oKs8J+YgHk=",
            "characters");
    is_body(S("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac long and plain \"text\""),
            0, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac long and plain "
            "\\\"text\\\"", "4oKs4oKs4oKsIGxvbmcgYW5kIHBsYWluICJ0ZXh0Ig==",
            "characters and text");

    is_body(S("\xff"), 1, NULL, "/w==", "no byte of UTF-8");
    is_body(S("ab\x80" "c"), 1, NULL, "YWKAYw==", "a lonely byte");
    is_body(S("\xc0\xaf"), 1, NULL, "wK8=", "too long");
    is_body(S("\xe0\x80\xaf"), 1, NULL, "4ICv", "too long");
    is_body(S("\xed\xa0\x80"), 1, NULL, "7aCA", "a surrogate");
    is_body(S("\xf4\x90\x80\x80"), 1, NULL, "9JCAgA==", "beyond U+10FFFF");
    is_body(S("\xe2\x82"), 1, NULL, "4oI=", "the end inside a character");
    is_body(S("a\xf0\x9f\x98"), 1, NULL, "YfCfmA==", "the same");
    is_body(S("\xe2(\xa1 \""), 1, NULL, "4iihICI=", "a broken one");
    is_body(S("\xc3\xc3\xa9"), 1, NULL, "w8Op", "a lead byte twice");

    /* an end without a piece */

    ngx_apigw_event_body_init(&body);
    ngx_apigw_event_body_measure(&body, (u_char *) "\xc3", 1, 0);
    is_int(body.bad, 0, "not bad yet");
    ngx_apigw_event_body_measure(&body, NULL, 0, 0);
    ngx_apigw_event_body_measure(&body, NULL, 0, 1);
    is_int(body.bad, 1, "bad at the end");

    ngx_apigw_event_body_init(&body);
    ngx_apigw_event_body_measure(&body, NULL, 0, 1);
    n = body.bytes + body.text + body.bad;
    is_int(n, 0, "nothing at all");
    ok(ngx_apigw_event_body_text(NULL, NULL, 0) == NULL, "is nothing");
    ok(ngx_apigw_event_body_base64(&body, NULL, NULL, 0, 1) == NULL,
       "in base64, too");
}


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = (u_char *) text;

    return s;
}


static void
test_text_type(void)
{
    size_t     i;
    ngx_str_t  s;

    static const char  *text[] = {
        "text/plain", "text/html; charset=utf-8", "TEXT/csv", " text/x ",
        "application/json", "Application/JSON;charset=utf-8",
        "application/xml", "application/javascript",
        "application/json ; a=b", "application/vnd.api+json",
        "application/a+XML;x", "image/svg+xml", "", " ", ";charset=utf-8"
    };
    static const char  *other[] = {
        "application/x-www-form-urlencoded", "multipart/form-data",
        "application/octet-stream", "image/png", "textual/plain", "text",
        "application/jsonx", "application/xjson", "a/+json", "a/+xml",
        "json", "application", "text/", "application/", "a/xml+json2",
        "image/png;text/plain", "application/json/x"
    };

    for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        s = str(text[i]);
        is_int(ngx_apigw_event_text_type(&s), 1, "text: \"%s\"", text[i]);
    }

    for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        s = str(other[i]);
        is_int(ngx_apigw_event_text_type(&s), 0, "no text: \"%s\"", other[i]);
    }

    ngx_str_null(&s);
    is_int(ngx_apigw_event_text_type(&s), 1, "text: nothing");
}


static void
test_binary_type(void)
{
    size_t     i;
    ngx_str_t  s, types[3];

    static const struct {
        const char  *type;
        ngx_uint_t   listed;
        ngx_uint_t   any;
    } rows[] = {
        { "image/png", 1, 1 },
        { "IMAGE/PNG", 1, 1 },
        { "image/png; a=b", 1, 1 },
        { " image/svg+xml ;", 1, 1 },
        { "image/*", 1, 1 },
        { "application/octet-stream", 1, 1 },
        { "application/Octet-Stream;x", 1, 1 },
        { "font/pdf", 1, 1 },
        { "imag/png", 0, 1 },
        { "images/png", 0, 1 },
        { "application/octet-streams", 0, 1 },
        { "application/*", 0, 1 },
        { "application/json", 0, 1 },
        { "*/*", 0, 1 },
        { "", 0, 1 },
        { "image", 0, 0 },
        { "image/", 0, 0 }
    };

    types[0] = str("image/*");
    types[1] = str("application/Octet-stream");
    types[2] = str("*/pdf");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = str(rows[i].type);
        is_int(ngx_apigw_event_binary_type(&s, types, 3), rows[i].listed,
               "\"%s\"", rows[i].type);
        is_int(ngx_apigw_event_binary_type(&s, types, 0), 0, "of none");
    }

    types[1] = str("*/*");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = str(rows[i].type);
        is_int(ngx_apigw_event_binary_type(&s, types, 2), rows[i].any,
               "any: \"%s\"", rows[i].type);
    }

    ngx_str_null(&s);
    is_int(ngx_apigw_event_binary_type(&s, types, 2), 1, "any: nothing");

    types[0] = str("nonsense");
    s = str("nonsense");
    is_int(ngx_apigw_event_binary_type(&s, types, 1), 0, "no type");
}


int
main(void)
{
    test_body();
    test_text_type();
    test_binary_type();

    return done();
}
