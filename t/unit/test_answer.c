
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_answer.h"
#include "tap.h"


#define REST   NGX_APIGW_EVENT_REST
#define V1     NGX_APIGW_EVENT_1_0
#define V2     NGX_APIGW_EVENT_2_0

#define JSON   "Content-Type: application/json;"

#define LARGE  (6 << 20)


static ngx_uint_t  binary;

static char  got[LARGE];


/* "status|name: value;...|body", or the reason */

static void
run(const char *text, size_t len, ngx_uint_t format)
{
    char                *p;
    u_char              *copy;
    ngx_int_t            rc;
    ngx_str_t            src;
    ngx_uint_t           i;
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_pair_t    *h;
    ngx_apigw_answer_t   answer;

    pool = ngx_create_pool(1024, NULL);
    reason = "no reason";

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    src.data = copy;
    src.len = len;

    rc = ngx_apigw_answer_parse(&answer, &src, format, binary, pool, &reason);

    if (rc == NGX_OK) {
        p = got + sprintf(got, "%d|", (int) answer.status);

        for (i = 0; i < answer.nheaders; i++) {
            h = &answer.headers[i];

            p += sprintf(p, "%.*s: %.*s;", (int) h->name.len, h->name.data,
                         (int) h->value.len, h->value.data);
        }

        sprintf(p, "|%.*s", (int) answer.body.len, answer.body.data);

    } else {
        strcpy(got, rc == NGX_DECLINED ? reason : "error");
    }

    free(copy);
    ngx_destroy_pool(pool);
}


static void
check_len(ngx_uint_t format, const char *text, size_t len, const char *want)
{
    run(text, len, format);

    if (!ok(strcmp(got, want) == 0, "%d \"%.200s\"", (int) format, text)) {
        comment("got  %.500s", got);
        comment("want %.500s", want);
    }
}


static void
check(ngx_uint_t format, const char *text, const char *want)
{
    check_len(format, text, strlen(text), want);
}


static void
all(const char *text, const char *want)
{
    check(REST, text, want);
    check(V1, text, want);
    check(V2, text, want);
}


/* of a JSON value: "statusCode" is there */

static void
member(ngx_uint_t format, const char *rest, const char *want)
{
    char  text[4096];

    sprintf(text, "{\"statusCode\":200,%s}", rest);

    check(format, text, want);
}


static void
members(const char *rest, const char *want)
{
    member(REST, rest, want);
    member(V1, rest, want);
    member(V2, rest, want);
}


static void
test_good(void)
{
    all("{\"statusCode\":200,\"body\":\"hello\"}", "200|" JSON "|hello");
    all(" {\"statusCode\" : 404 } \r\n", "404|" JSON "|");
    all("{\"isBase64Encoded\":false,\"statusCode\":\"201\",\"headers\":"
        "{\"X-A\":\"b\",\"content-type\":\"text/plain\"},"
        "\"body\":\"\\u00e4\\n\"}",
        "201|X-A: b;content-type: text/plain;|\xc3\xa4\n");

    members("\"body\":null", "200|" JSON "|");
    members("\"body\":\"\"", "200|" JSON "|");
    members("\"headers\":null", "200|" JSON "|");
    members("\"headers\":{}", "200|" JSON "|");
    members("\"multiValueHeaders\":null", "200|" JSON "|");
    members("\"multiValueHeaders\":{}", "200|" JSON "|");

    check(REST, "{}", "200|" JSON "|");
    check(REST, "{\"body\":\"a\"}", "200|" JSON "|a");
    check(REST, "{\"statusCode\":null,\"body\":\"a\"}", "200|" JSON "|a");
    check(V1, "{}", "it has no statusCode");
    check(V1, "{\"body\":\"a\"}", "it has no statusCode");
    check(V1, "{\"statusCode\":null}", "it has no statusCode");
    check(V2, "{\"statusCode\":null}", "it has no statusCode");
}


static void
test_status(void)
{
    size_t              i;
    char                text[64], want[64];
    static const char  *good[] = { "200", "\"200\"", "299", "403", "599" };
    static const char  *bad[] = {
        "99", "100", "101", "199", "600", "0", "-200", "2000", "1e3", "2e2",
        "200.0", "200.5", "true", "false", "[]", "[200]", "{}", "\"\"",
        "\"99\"", "\"101\"", "\"600\"", "\"abc\"", "\"20a\"", "\" 200\"",
        "\"200 \"", "\"0200\"", "\"+20\"", "\"2e2\"", "\"200.0\"", "\"20\"",
        "\"200\\n\"", "4294967496"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        sprintf(text, "{\"statusCode\":%s}", good[i]);
        sprintf(want, "%.3s|" JSON "|", good[i] + (good[i][0] == '"'));
        all(text, want);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(text, "{\"statusCode\":%s}", bad[i]);
        all(text, "its statusCode is not one of 200 to 599");
    }

    all("{\"statusCode\":18446744073709551816}", "a number is too large");
    all("{\"statusCode\":0200}", "it is not JSON");

    all("{\"statusCode\":204,\"body\":\"a\"}", "204|" JSON "|");
    all("{\"statusCode\":\"304\",\"body\":\"a\"}", "304|" JSON "|");
    all("{\"statusCode\":204,\"body\":1}", "its body is not a string");
}


static void
test_keys(void)
{
    const char  *unknown;

    unknown = "it has a key that is not of an answer";

    check(REST, "{\"message\":\"a\"}", unknown);
    check(REST, "{\"cookies\":[]}", unknown);
    check(REST, "{\"statuscode\":200}", unknown);
    check(REST, "{\"statusCode\":200,\"body\":\"a\",\"\":1}", unknown);
    check(REST, "{\"statusCode\":200,\"base64Encoded\":false}", unknown);

    member(V1, "\"message\":1,\"cookies\":[\"a\"]", "200|" JSON "|");
    member(V2, "\"message\":1", "200|" JSON "|");
    member(V2, "\"multiValueHeaders\":{\"A\":[\"b\"]}", "200|" JSON "|");
    member(V2, "\"multiValueHeaders\":1", "200|" JSON "|");

    all("{\"statusCode\":200,\"statusCode\":200}",
        "a name stands twice in one object");
    members("\"headers\":{\"a\":\"b\",\"a\":\"c\"}",
            "a name stands twice in one object");
}


static void
test_not_json(void)
{
    const char   *object;
    static char   nul[] = "{\"statusCode\":200}\0";

    object = "it is not an object";

    all("", "it is not JSON: it ends too early");
    all(" ", "it is not JSON: it ends too early");
    all("{", "it is not JSON: it ends too early");
    all("hello", "it is not JSON");
    all("<html>", "it is not JSON");
    all("{'statusCode':200}", "it is not JSON");
    all("{\"statusCode\":200,}", "it is not JSON");
    all("{\"statusCode\":200}{}", "it is not JSON: text follows the value");
    all("{\"statusCode\":NaN}", "it is not JSON");
    all("\xef\xbb\xbf{\"statusCode\":200}", "it is not JSON");
    all("{\"statusCode\":200,\"body\":\"\xff\"}", "it is not UTF-8");
    all("{\"statusCode\":200,\"body\":\"\\ud800\"}", "it is not JSON");
    all("{\"statusCode\":200,\"body\":\"a\nb\"}", "it is not JSON");
    all("{\"statusCode\":200,\"body\":\"\\u0000\"}", "a string has a NUL");

    check_len(REST, nul, sizeof(nul) - 1,
              "it is not JSON: text follows the value");
    check_len(V2, nul, sizeof(nul) - 1,
              "it is not JSON: text follows the value");
    check_len(V2, "\0", 1, "it is not JSON: it ends too early");
    check_len(V2, "\"a\0\"", 4, "it is not JSON");

    check(REST, "null", object);
    check(REST, "true", object);
    check(REST, "1", object);
    check(REST, "\"hello\"", object);
    check(REST, "[]", object);
    check(REST, "[{\"statusCode\":200}]", object);
    check(V1, "\"hello\"", object);
    check(V1, "[]", object);
    check(V1, "null", object);
}


static void
test_inferred(void)
{
    check(V2, "{}", "200|" JSON "|{}");
    check(V2, "{ \"message\" : \"a\\/\\u00e4\" }",
          "200|" JSON "|{ \"message\" : \"a\\/\\u00e4\" }");
    check(V2, " \t\r\n{\"a\": 1.50e1}\r\n\t ", "200|" JSON "|{\"a\": 1.50e1}");
    check(V2, "{\"body\":\"a\",\"headers\":{\"X\":\"y\"}}",
          "200|" JSON "|{\"body\":\"a\",\"headers\":{\"X\":\"y\"}}");
    check(V2, "{\"StatusCode\":500}", "200|" JSON "|{\"StatusCode\":500}");
    check(V2, "[1, 2]", "200|" JSON "|[1, 2]");
    check(V2, "[{\"statusCode\":500}]", "200|" JSON "|[{\"statusCode\":500}]");
    check(V2, "null", "200|" JSON "|null");
    check(V2, " true ", "200|" JSON "|true");
    check(V2, "1", "200|" JSON "|1");
    check(V2, "\"hello\"", "200|" JSON "|hello");
    check(V2, "  \"a\\n\\u00e4\\\"\"", "200|" JSON "|a\n\xc3\xa4\"");
    check(V2, "\"\"", "200|" JSON "|");
}


static void
test_headers(void)
{
    const char  *value, *name, *control;

    value = "the value of a header is not a string";
    name = "a name of a header is malformed";
    control = "the value of a header has a control character";

    members("\"headers\":{\"A\":\"b\",\"C\":true,\"D\":false}",
            "200|A: b;C: true;D: false;" JSON "|");
    members("\"headers\":{\"A\":\" \\t b\\tc \\t\",\"B\":\"\",\"C\":\" \"}",
            "200|A: b\tc;B: ;C: ;" JSON "|");
    members("\"headers\":{\"A\":\"\\u00e4\\u0080\"}",
            "200|A: \xc3\xa4\xc2\x80;" JSON "|");
    members("\"headers\":{\"!#$%&'*+-.^_`|~09azAZ\":\"b\"}",
            "200|!#$%&'*+-.^_`|~09azAZ: b;" JSON "|");
    members("\"headers\":{\"X-Accel-Redirect\":\"/a\"}",
            "200|X-Accel-Redirect: /a;" JSON "|");

    /* numbers */

    member(REST, "\"headers\":{\"A\":1}", value);
    member(REST, "\"headers\":{\"A\":1.5}", value);
    member(V1, "\"headers\":{\"A\":1,\"B\":-1.50}",
           "200|A: 1;B: -1.5;" JSON "|");
    member(V2, "\"headers\":{\"A\":1,\"B\":-1.50}",
           "200|A: 1;B: -1.5;" JSON "|");

    members("\"headers\":{\"A\":null}", value);
    members("\"headers\":{\"A\":[]}", value);
    members("\"headers\":{\"A\":[\"b\"]}", value);
    members("\"headers\":{\"A\":{}}", value);
    members("\"headers\":[]", "its headers are not an object");
    members("\"headers\":\"\"", "its headers are not an object");
    members("\"headers\":false", "its headers are not an object");
    members("\"headers\":[[\"A\",\"b\"]]", "its headers are not an object");

    members("\"headers\":{\"\":\"b\"}", name);
    members("\"headers\":{\"A B\":\"b\"}", name);
    members("\"headers\":{\"A:\":\"b\"}", name);
    members("\"headers\":{\":status\":\"b\"}", name);
    members("\"headers\":{\" A\":\"b\"}", name);
    members("\"headers\":{\"A\\r\\nB\":\"b\"}", name);
    members("\"headers\":{\"A\\t\":\"b\"}", name);
    members("\"headers\":{\"\\u00e4\":\"b\"}", name);
    members("\"headers\":{\"A(\":\"b\"}", name);

    members("\"headers\":{\"A\":\"b\\r\\nC: d\"}", control);
    members("\"headers\":{\"A\":\"b\\n\"}", control);
    members("\"headers\":{\"A\":\"\\rb\"}", control);
    members("\"headers\":{\"A\":\"b\\u0001\"}", control);
    members("\"headers\":{\"A\":\"b\\u001f\"}", control);
    members("\"headers\":{\"A\":\"b\\u007f\"}", control);
    members("\"headers\":{\"A\":\"b\\u0000\"}", "a string has a NUL");
    members("\"headers\":{\"A\\u0000\":\"b\"}", "a string has a NUL");
}


static void
test_multi(void)
{
    const char  *list;

    list = "one of its multiValueHeaders is not a list";

    member(REST, "\"multiValueHeaders\":{\"A\":[\"b\",\"c\",true],\"D\":[]}",
           "200|A: b;A: c;A: true;" JSON "|");
    member(V1, "\"multiValueHeaders\":{\"A\":[\"b\",1]}",
           "200|A: b;A: 1;" JSON "|");
    member(REST, "\"multiValueHeaders\":{\"A\":[1]}",
           "the value of a header is not a string");
    member(REST, "\"multiValueHeaders\":{\"A\":[null]}",
           "the value of a header is not a string");
    member(REST, "\"multiValueHeaders\":{\"A\":[[\"b\"]]}",
           "the value of a header is not a string");
    member(REST, "\"multiValueHeaders\":{\"A\":[\"b\\n\"]}",
           "the value of a header has a control character");
    member(REST, "\"multiValueHeaders\":{\"A \":[\"b\"]}",
           "a name of a header is malformed");
    member(REST, "\"multiValueHeaders\":{\"A\":\"b\"}", list);
    member(REST, "\"multiValueHeaders\":{\"A\":null}", list);
    member(V1, "\"multiValueHeaders\":{\"A\":{}}", list);
    member(REST, "\"multiValueHeaders\":[]",
           "its multiValueHeaders are not an object");
    member(V1, "\"multiValueHeaders\":\"a\"",
           "its multiValueHeaders are not an object");

    /* in both */

    member(REST, "\"headers\":{\"Z\":\"z\",\"x-a\":\"3\",\"Y\":\"y\"},"
           "\"multiValueHeaders\":{\"M\":[\"m\"],\"X-A\":[\"1\",\"2\"]}",
           "200|M: m;X-A: 1;X-A: 2;X-A: 3;Z: z;Y: y;" JSON "|");
    member(V1, "\"multiValueHeaders\":{\"X-A\":[]},"
           "\"headers\":{\"x-a\":\"1\",\"X-a\":\"2\",\"x-b\":\"3\"}",
           "200|X-A: 1;X-A: 2;x-b: 3;" JSON "|");
    member(REST, "\"multiValueHeaders\":{\"A\":[\"1\"],\"a\":[\"2\"]},"
           "\"headers\":{\"A\":\"3\"}",
           "200|A: 1;A: 3;a: 2;" JSON "|");
    member(REST, "\"multiValueHeaders\":{\"Content-Type\":[\"a/b\"]}",
           "200|Content-Type: a/b;|");
}


static void
test_type(void)
{
    members("\"headers\":{\"CONTENT-type\":\"a/b; c=d\"}",
            "200|CONTENT-type: a/b; c=d;|");
    members("\"headers\":{\"content-type\":\" \",\"A\":\"b\"}",
            "200|content-type: application/json;A: b;|");
    members("\"headers\":{\"content-type\":\"\",\"Content-Type\":\"a/b\"}",
            "200|content-type: ;Content-Type: a/b;|");
    members("\"headers\":{\"Content-Typo\":\"a\"}",
            "200|Content-Typo: a;" JSON "|");
    members("\"headers\":{\"Content-Typ\":\"\"}",
            "200|Content-Typ: ;" JSON "|");
}


static void
test_cookies(void)
{
    member(V2, "\"cookies\":[\"a=1; Secure\",\" b=2 \"],"
           "\"headers\":{\"Set-Cookie\":\"c=3\"}",
           "200|Set-Cookie: c=3;set-cookie: a=1; Secure;set-cookie: b=2;"
           JSON "|");
    member(V2, "\"cookies\":[]", "200|" JSON "|");
    member(V2, "\"cookies\":null", "200|" JSON "|");
    member(V2, "\"cookies\":\"a=1\"", "its cookies are not a list");
    member(V2, "\"cookies\":{}", "its cookies are not a list");
    member(V2, "\"cookies\":[1]", "a cookie is not a string");
    member(V2, "\"cookies\":[\"a\",null]", "a cookie is not a string");
    member(V2, "\"cookies\":[\"a\\r\\nb\"]",
           "the value of a header has a control character");
}


static void
test_body(void)
{
    const char  *base64;

    base64 = "its isBase64Encoded is neither true nor false";

    members("\"body\":1", "its body is not a string");
    members("\"body\":true", "its body is not a string");
    members("\"body\":{\"a\":1}", "its body is not a string");
    members("\"body\":[]", "its body is not a string");

    members("\"isBase64Encoded\":null", base64);
    members("\"isBase64Encoded\":\"true\"", base64);
    members("\"isBase64Encoded\":1", base64);
    members("\"isBase64Encoded\":{}", base64);

    for (binary = 0; binary < 2; binary++) {
        members("\"isBase64Encoded\":false,\"body\":\"aGk=\"",
                "200|" JSON "|aGk=");
        members("\"isBase64Encoded\":true,\"body\":null", "200|" JSON "|");
        members("\"isBase64Encoded\":true", "200|" JSON "|");
        members("\"isBase64Encoded\":true,\"body\":\"\"", "200|" JSON "|");

        member(V1, "\"isBase64Encoded\":true,\"body\":\"aGk=\"",
               "200|" JSON "|hi");
        member(V2, "\"isBase64Encoded\":true,\"body\":\"aGk=\"",
               "200|" JSON "|hi");
        member(V2, "\"isBase64Encoded\":true,\"body\":\"aGk==\"",
               "its body is not base64");
    }

    binary = 0;

    member(REST, "\"isBase64Encoded\":true,\"body\":\"aGk=\"",
           "200|" JSON "|aGk=");
    member(REST, "\"isBase64Encoded\":true,\"body\":\"*\"", "200|" JSON "|*");

    binary = 1;

    members("\"isBase64Encoded\":true,\"body\":\"aGk=\"", "200|" JSON "|hi");
    members("\"isBase64Encoded\":true,\"body\":\"aGk\"", "200|" JSON "|hi");
    members("\"isBase64Encoded\":true,\"body\":\"w6Q+Lw==\"",
            "200|" JSON "|\xc3\xa4>/");
    members("\"isBase64Encoded\":true,\"body\":\"*\"",
            "its body is not base64");
    members("\"isBase64Encoded\":true,\"body\":\"aG\\nk=\"",
            "its body is not base64");
    members("\"isBase64Encoded\":true,\"body\":\"aGk-\"",
            "its body is not base64");
    members("\"isBase64Encoded\":true,\"body\":\" aGk=\"",
            "its body is not base64");
    member(REST, "\"isBase64Encoded\":true,\"body\":{}",
           "its body is not a string");
}


static void
test_limits(void)
{
    char    *p, *text, *want;
    size_t   i, n;

    text = malloc(LARGE);
    want = malloc(LARGE);

    /* depth: the answer is a level, too */

    for (n = 63; n < 66; n++) {
        memset(text, '[', n);
        memset(text + n, ']', n);
        text[2 * n] = '\0';

        sprintf(want, "200|" JSON "|%s", text);
        check(V2, text, n < 65 ? want : "it is nested too deeply");
    }

    memset(text, '[', 1000000);
    text[1000000] = '\0';
    all(text, "it is nested too deeply");

    /* 1000 headers, and one more */

    for (n = 1000; n < 1002; n++) {
        p = text + sprintf(text, "{\"statusCode\":200,"
                           "\"headers\":{\"h\":\"\"");

        for (i = 1; i < n; i++) {
            p += sprintf(p, ",\"%d\":\"\"", (int) i);
        }

        strcpy(p, "}}");

        run(text, strlen(text), REST);
        is_int(strcmp(got, "it has too many headers") == 0, n == 1001,
               "%d headers", (int) n);
    }

    for (n = 999; n < 1001; n++) {
        p = text + sprintf(text, "{\"statusCode\":200,"
                           "\"headers\":{\"h\":\"\"},"
                           "\"multiValueHeaders\":{\"a\":[]");

        for (i = 1; i < n; i++) {
            p += sprintf(p, ",\"%d\":[]", (int) i);
        }

        strcpy(p, "}}");
        check(V1, text, n == 999 ? "200|h: ;" JSON "|"
                                 : "it has too many headers");
    }

    p = text + sprintf(text, "{\"statusCode\":200,\"headers\":{\"h\":\"\"},"
                       "\"multiValueHeaders\":{\"a\":[\"\"");

    for (i = 1; i < 1000; i++) {
        p += sprintf(p, ",\"\"");
    }

    strcpy(p, "]}}");
    check(V1, text, "it has too many headers");

    p = text + sprintf(text, "{\"statusCode\":200,\"cookies\":[\"a\"");

    for (i = 1; i < 1001; i++) {
        p += sprintf(p, ",\"a\"");
    }

    strcpy(p, "]}");
    check(V2, text, "it has too many headers");

    /* 65536 bytes of them, one more, and 5 MB */

    for (i = 0; i < 3; i++) {
        n = (i < 2) ? 65536 - 5 + i : 5 << 20;

        p = text + sprintf(text, "{\"statusCode\":200,\"headers\":{\"A\":\"");
        memset(p, 'a', n);
        strcpy(p + n, "\"}}");

        p = want + sprintf(want, "200|A: ");
        memset(p, 'a', n);
        strcpy(p + n, ";" JSON "|");

        all(text, i ? "its headers are larger than 65536 bytes" : want);
    }

    /* a body of 5 MB */

    p = text + sprintf(text, "{\"isBase64Encoded\":true,\"statusCode\":200,"
                       "\"body\":\"");

    for (i = 0; i < 5 << 20; i += 4) {
        p = (char *) ngx_cpymem(p, "YmJi", 4);
    }

    strcpy(p, "\"}");

    p = want + sprintf(want, "200|" JSON "|");
    memset(p, 'b', (5 << 20) / 4 * 3);
    p[(5 << 20) / 4 * 3] = '\0';

    all(text, want);

    free(text);
    free(want);
}


static void
failed(const char *text, const char *type, const char *message)
{
    ngx_str_t                  src;
    ngx_pool_t                *pool;
    ngx_apigw_answer_error_t   error;

    pool = ngx_create_pool(1024, NULL);

    src.data = (u_char *) text;
    src.len = strlen(text);

    if (is_int(ngx_apigw_answer_error(&error, &src, pool), NGX_OK, "%s",
               text))
    {
        is_nstr(&error.type, type, "its type");
        is_nstr(&error.message, message, "its message");
    }

    ngx_destroy_pool(pool);
}


static void
test_error(void)
{
    failed("{\"errorType\":\"Error\",\"errorMessage\":\"Unauthorized\","
           "\"trace\":[\"Error: Unauthorized\"]}", "Error", "Unauthorized");
    failed("{\"errorMessage\":\"Unauthorized\"}", "", "Unauthorized");
    failed("{\"errorMessage\":\" Unauthorized\"}", "", " Unauthorized");
    failed("{\"errorMessage\":\"2026-01-01 Task timed out\"}", "",
           "2026-01-01 Task timed out");
    failed("{\"errorMessage\":null,\"errorType\":\"\"}", "", "");
    failed("{\"errorMessage\":[\"Unauthorized\"],\"errorType\":1}", "", "");
    failed("{\"errorMessage\":\"a\",\"errorMessage\":\"Unauthorized\"}", "",
           "");
    failed("[\"Unauthorized\"]", "", "");
    failed("\"Unauthorized\"", "", "");
    failed("Unauthorized", "", "");
    failed("null", "", "");
    failed("", "", "");
}


/* each allocation fails in turn */

static void
test_memory(void)
{
    int                        i, j, n;
    ngx_int_t                  rc;
    ngx_str_t                  text;
    ngx_pool_t                *pool;
    const char                *reason;
    ngx_apigw_answer_t         answer;
    ngx_apigw_answer_error_t   error;
    static const int           format[] = { REST, V2, 0 };
    static const char         *texts[] = {
        "{\"headers\":{\"A\":\"b\"},\"multiValueHeaders\":{\"A\":[\"c\"]}}",
        "[]",
        "{\"errorType\":\"a\"}"
    };

    for (i = 0; i < 3; i++) {
        text.data = (u_char *) texts[i];
        text.len = strlen(texts[i]);

        for (n = 0; n < 1000; n++) {
            pool = ngx_create_pool(1024, NULL);

            ngx_stub_fail(n);

            rc = (i < 2) ? ngx_apigw_answer_parse(&answer, &text, format[i],
                                                  0, pool, &reason)
                         : ngx_apigw_answer_error(&error, &text, pool);

            ngx_stub_fail(-1);
            ngx_destroy_pool(pool);

            if (rc != NGX_ERROR) {
                break;
            }
        }

        j = (n > 0 && rc == NGX_OK);
        ok(j, "it fails without memory, and works with it: %d", n);
    }
}


int
main(void)
{
    test_good();
    test_status();
    test_keys();
    test_not_json();
    test_inferred();
    test_headers();
    test_multi();
    test_type();
    test_cookies();
    test_body();
    test_limits();
    test_error();
    test_memory();

    return done();
}
