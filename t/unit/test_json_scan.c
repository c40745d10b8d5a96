
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_json_scan.h"
#include "tap.h"


#define YES  NGX_OK
#define NO   NGX_DECLINED


typedef struct {
    const char  *text;
    size_t       len;      /* 0: up to the NUL */
    ngx_int_t    want;
} test_case_t;


static char  got[65536];


/* "{a:[1,'b']}" as "{ a [ 1 'b ] }", or the reason */

static ngx_int_t
scan(const char *text, size_t len, ngx_uint_t depth)
{
    char                   *p;
    u_char                 *copy, *last;
    ngx_int_t               rc;
    ngx_str_t               src;
    ngx_apigw_json_scan_t   s;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    src.data = copy;
    src.len = len;
    p = got;

    ngx_apigw_json_scan_init(&s, &src, depth);

    while ((rc = ngx_apigw_json_scan(&s)) == NGX_OK) {

        if (p != got) {
            *p++ = ' ';
        }

        if (s.token.type == NGX_APIGW_JSON_STRING) {
            *p++ = '\'';
        }

        if (s.token.type == NGX_APIGW_JSON_STRING
            || s.token.type == NGX_APIGW_JSON_NAME)
        {
            last = ngx_apigw_json_scan_decode((u_char *) p, &s.token.text);
            p = (char *) last;

        } else {
            p = (char *) ngx_cpymem(p, s.token.text.data, s.token.text.len);
        }
    }

    *p = '\0';

    if (rc == NGX_DONE) {
        rc = NGX_OK;

    } else {
        strcpy(got, s.reason);
    }

    free(copy);

    return rc;
}


static void
check(const char *text, const char *want)
{
    (void) scan(text, strlen(text), 8);

    if (!ok(strcmp(got, want) == 0, "%.200s", text)) {
        comment("got  %.500s", got);
        comment("want %.500s", want);
    }
}


/* as it stands, in a list, and in an object; jansson thinks so, too */

static void
judge(const test_case_t *test)
{
    char               text[512];
    size_t             len, n;
    ngx_int_t          rc;
    ngx_str_t          src;
    ngx_uint_t         i;
    ngx_pool_t        *pool;
    const char        *reason;
    ngx_apigw_json_t  *value;

    static const char *const  around[][2] = {
        { "", "" }, { "[", "]" }, { "{\"a\":[0,", " ],\"b\":{}} " }
    };

    len = test->len ? test->len : strlen(test->text);

    for (i = 0; i < 3; i++) {
        n = sprintf(text, "%s", around[i][0]);
        memcpy(text + n, test->text, len);
        n += len;
        n += sprintf(text + n, "%s", around[i][1]);

        rc = scan(text, n, 8);
        is_int(rc, test->want, "%.100s: %s", text, got);

        if (memchr(text, '\0', n)) {
            continue;
        }

        pool = ngx_create_pool(1024, NULL);
        src.data = (u_char *) text;
        src.len = n;

        rc = ngx_apigw_json_parse(&value, &src, 8, pool, &reason);
        is_int(rc, test->want, "%.100s: jansson", text);

        ngx_destroy_pool(pool);
    }
}


static const test_case_t  cases[] = {

    /* numbers */

    { "0", 0, YES }, { "-0", 0, YES }, { "-0.0", 0, YES }, { "1e5", 0, YES },
    { "1E+5", 0, YES }, { "1.5e-5", 0, YES }, { "0e1", 0, YES },
    { "0.1", 0, YES }, { "01", 0, NO }, { "-01", 0, NO }, { "00", 0, NO },
    { "1.", 0, NO }, { ".1", 0, NO }, { "+1", 0, NO }, { "1E+", 0, NO },
    { "1e", 0, NO }, { "1e-", 0, NO }, { "1.e1", 0, NO }, { "-", 0, NO },
    { "--1", 0, NO }, { "-a", 0, NO }, { "1a", 0, NO }, { "1.2.3", 0, NO },
    { "0x10", 0, NO }, { "1e1.5", 0, NO }, { "1_0", 0, NO }, { "NaN", 0, NO },
    { "Infinity", 0, NO }, { "-Infinity", 0, NO },
    { "9223372036854775807", 0, YES }, { "9223372036854775808", 0, NO },
    { "-9223372036854775808", 0, YES }, { "-9223372036854775809", 0, NO },
    { "10000000000000000000", 0, NO }, { "999999999999999999", 0, YES },
    { "9999999999999999999", 0, NO }, { "1e308", 0, YES },
    { "1e309", 0, NO }, { "-1e309", 0, NO }, { "1e-400", 0, YES },
    { "1.7976931348623157e308", 0, YES },
    { "1.7976931348623158e308", 0, YES },
    { "1.7976931348623159e308", 0, NO },
    { "-17976931348623159e292", 0, NO },
    { "0.00017976931348623157e312", 0, YES },
    { "0.00017976931348623159e312", 0, NO },
    { "0e99999999999999999999", 0, YES }, { "1e99999999999999999999", 0, NO },
    { "1e-99999999999999999999", 0, YES },
    { "0.0e99999999999999999999", 0, YES },
    { "10000000000.0e298", 0, YES }, { "10000000000.0e299", 0, NO },

    /* words */

    { "true", 0, YES }, { "false", 0, YES }, { "null", 0, YES },
    { "nul", 0, NO }, { "nullx", 0, NO }, { "True", 0, NO },
    { "tru e", 0, NO }, { "truefalse", 0, NO }, { "undefined", 0, NO },

    /* strings */

    { "\"\"", 0, YES }, { "\"abcdefgh\"", 0, YES }, { "\"abcdefg", 0, NO },
    { "\"abcdefghabcdefgh\x7f\"", 0, YES }, { "'a'", 0, NO },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uFFFF\"", 0, YES },
    { "\"\\a\"", 0, NO }, { "\"\\'\"", 0, NO }, { "\"\\U0041\"", 0, NO },
    { "\"\\u004\"", 0, NO }, { "\"\\u004g\"", 0, NO }, { "\"\\\"", 0, NO },
    { "\"\\u0000\"", 0, NO }, { "\"abcdefg\\u0000\"", 0, NO },
    { "\"a\tb\"", 0, NO }, { "\"a\nb\"", 0, NO }, { "\"\x1f\"", 0, NO },
    { "\"abcdefgh\x01\"", 0, NO }, { "\"a\0\"", 4, NO },
    { "\"\\\0\"", 4, NO },

    /* surrogates */

    { "\"\\ud83d\\ude00\"", 0, YES }, { "\"\\uD800\\uDC00\"", 0, YES },
    { "\"\\uDBFF\\uDFFF\"", 0, YES }, { "\"\\ud800\"", 0, NO },
    { "\"\\udc00\"", 0, NO }, { "\"\\udfff\\ud800\"", 0, NO },
    { "\"\\ud800\\ud800\"", 0, NO }, { "\"\\ud800x\\udc00\"", 0, NO },
    { "\"\\ud800\\n\"", 0, NO }, { "\"\\ud800\\u0041\"", 0, NO },
    { "\"\\ud800\\udc0\"", 0, NO }, { "\"\\ud7ff\\ue000\"", 0, YES },

    /* UTF-8 */

    { "\"\xc3\xa4\"", 0, YES }, { "\"\xe2\x82\xac\"", 0, YES },
    { "\"\xf0\x9f\x98\x80\"", 0, YES }, { "\"\xf4\x8f\xbf\xbf\"", 0, YES },
    { "\"\xef\xbf\xbf\"", 0, YES }, { "\"\xc0\x80\"", 0, NO },
    { "\"\xc1\xbf\"", 0, NO }, { "\"\xe0\x80\xaf\"", 0, NO },
    { "\"\xe0\x9f\xbf\"", 0, NO }, { "\"\xf0\x8f\xbf\xbf\"", 0, NO },
    { "\"\xed\xa0\x80\"", 0, NO }, { "\"\xf4\x90\x80\x80\"", 0, NO },
    { "\"\xf5\x80\x80\x80\"", 0, NO }, { "\"\x80\"", 0, NO },
    { "\"\xc3\"", 0, NO }, { "\"\xe2\x82\"", 0, NO }, { "\"\xff\"", 0, NO },
    { "\"abcdefgh\xfe\"", 0, NO }, { "\"\xc3\xa4\xc3\"", 0, NO },
    { "\xc3\xa4", 0, NO }, { "\xef\xbb\xbf[]", 0, NO },
    { "\xef\xbb\xbf", 0, NO },

    /* lists and objects */

    { "[]", 0, YES }, { "{}", 0, YES }, { "[[],{}]", 0, YES },
    { "[1,]", 0, NO }, { "[,1]", 0, NO }, { "[,]", 0, NO },
    { "[1,,2]", 0, NO }, { "[1 2]", 0, NO }, { "[1:2]", 0, NO },
    { "[", 0, NO }, { "[1", 0, NO }, { "[1,", 0, NO }, { "[}", 0, NO },
    { "{]", 0, NO }, { "[1}", 0, NO }, { "{\"a\":1]", 0, NO },
    { "{\"a\":1,}", 0, NO }, { "{,}", 0, NO }, { "{\"a\"}", 0, NO },
    { "{\"a\":}", 0, NO }, { "{\"a\":,}", 0, NO }, { "{\"a\",1}", 0, NO },
    { "{\"a\"::1}", 0, NO }, { "{a:1}", 0, NO }, { "{1:1}", 0, NO },
    { "{\"a\":1 \"b\":2}", 0, NO }, { "{\"a\":1,,\"b\":2}", 0, NO },
    { "{\"\":0}", 0, YES }, { "{\"\\u0000\":0}", 0, NO },
    { "{\"\\ud800\":0}", 0, NO }, { "{\"\xff\":0}", 0, NO },
    { "{\"a\":{\"b\":[{}]}}", 0, YES }, { "{[]:1}", 0, NO },
    { "{null:1}", 0, NO }, { "[1],", 0, NO }, { "1]", 0, NO },
    { "]", 0, NO }, { "}", 0, NO }, { ":", 0, NO }, { ",", 0, NO },
    { "1 2", 0, NO }, { "[]]", 0, NO }, { "{}}", 0, NO },

    /* blanks, comments, NULs */

    { " \t\r\n1\n\r\t ", 0, YES }, { "[ 1 , 2 ]", 0, YES },
    { "{ \"a\" : 1 , \"b\" : 2 }", 0, YES }, { "\f1", 0, NO },
    { "\v1", 0, NO }, { "\xc2\xa0" "1", 0, NO }, { "1//", 0, NO },
    { "/**/1", 0, NO }, { "1#", 0, NO }, { "1\0", 2, NO },
    { "\0", 1, NO }, { "\0" "1", 2, NO }, { "true\0", 5, NO },
    { "[1\0]", 4, NO }, { "[1,\0" "2]", 6, NO }
};


static void
test_tokens(void)
{
    check("1", "1");
    check(" -0 ", "-0");
    check("[1.50,\"a\",null]", "[ 1.50 'a null ]");
    check("{\"a\":[true,{}],\"b\":\"\\u00e4\\ud83d\\ude00\\n\\/\"}",
          "{ a [ true { } ] b '\xc3\xa4\xf0\x9f\x98\x80\n/ }");
    check("{\"\\\"abcdefgh\\\\abcdefgh\\u20ac\":\"\"}",
          "{ \"abcdefgh\\abcdefgh\xe2\x82\xac ' }");

    check("", "it is not JSON: it ends too early");
    check("[1", "it is not JSON: it ends too early");
    check("\"a", "it is not JSON: it ends too early");
    check("{\"a\"", "it is not JSON: it ends too early");
    check("[1,", "it is not JSON: it ends too early");
    check("1 1", "it is not JSON: text follows the value");
    check("[1 1]", "it is not JSON");
    check("\"\xff\"", "it is not UTF-8");
    check("\"\\u0000\"", "a string has a NUL");
    check("[9223372036854775808]", "a number is too large");
    check("[1e309]", "a number is too large");
    check("[[[[[[[[1]]]]]]]]", "[ [ [ [ [ [ [ [ 1 ] ] ] ] ] ] ] ]");
    check("[[[[[[[[[]]]]]]]]]", "it is nested too deeply");
}


/* a special byte at each place of a word, and the end of the text at each */

static void
test_places(void)
{
    char    text[64], want[64];
    size_t  i, n;

    for (n = 0; n < 20; n++) {

        for (i = 0; i <= n; i++) {
            memset(text, 'a', sizeof(text));
            memset(want, 'a', sizeof(want));

            text[0] = '"';
            memcpy(text + 1 + i, "\\t", 2);
            strcpy(text + n + 3, "\"");

            want[0] = '\'';
            want[1 + i] = '\t';
            want[n + 2] = '\0';

            check(text, want);
            is_int(scan(text, n + 3, 8), NO, "its end is missing");

            text[1 + i] = '\x1f';
            is_int(scan(text, n + 4, 8), NO, "a control character");

            text[1 + i] = '\xff';
            is_int(scan(text, n + 4, 8), NO, "no UTF-8");
        }
    }
}


static void
test_depth(void)
{
    char        text[2048];
    size_t      n;
    ngx_uint_t  i, depth;

    static const ngx_uint_t  depths[] = { 0, 1, 63, 64, 65, 128, 512, 600 };

    for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        depth = ngx_min(depths[i], NGX_APIGW_JSON_SCAN_DEPTH);

        for (n = depth ? depth - 1 : 0; n < depth + 2; n++) {
            memset(text, '[', n);
            text[n] = '1';
            memset(text + n + 1, ']', n);

            is_int(scan(text, 2 * n + 1, depths[i]), n <= depth ? YES : NO,
                   "%d levels of %d", (int) n, (int) depths[i]);
        }
    }
}


static void
test_skip(void)
{
    ngx_str_t              text;
    ngx_apigw_json_scan_t  s;

    ngx_str_set(&text, "[ {\"a\": [1, {}]} , 2, [3, [4], 5], 6]");

    ngx_apigw_json_scan_init(&s, &text, 8);

    ngx_apigw_json_scan(&s);
    ngx_apigw_json_scan(&s);
    is_int(ngx_apigw_json_scan_skip(&s), NGX_OK, "an object");
    is_nstr(&s.token.text, "{\"a\": [1, {}]}", "all of it");
    is_int(s.token.type, NGX_APIGW_JSON_OBJECT, "its type");
    is_int(s.level, 1, "the level");

    ngx_apigw_json_scan(&s);
    is_int(ngx_apigw_json_scan_skip(&s), NGX_OK, "a number");
    is_nstr(&s.token.text, "2", "all of it");

    ngx_apigw_json_scan(&s);
    ngx_apigw_json_scan(&s);
    is_nstr(&s.token.text, "3", "in a list");
    is_int(ngx_apigw_json_scan_leave(&s, s.level), NGX_OK, "left");

    ngx_apigw_json_scan(&s);
    is_nstr(&s.token.text, "6", "behind it");

    ngx_apigw_json_scan(&s);
    is_int(s.level, 0, "the end");
    is_int(ngx_apigw_json_scan(&s), NGX_DONE, "done");

    ngx_str_set(&text, "[1,[2}]");

    ngx_apigw_json_scan_init(&s, &text, 8);
    ngx_apigw_json_scan(&s);
    is_int(ngx_apigw_json_scan_skip(&s), NGX_DECLINED, "it is not JSON");
}


/* runs of integers have a way of their own */

static void
test_skip_integers(void)
{
    size_t                 i;
    ngx_str_t              text;
    ngx_uint_t             good;
    ngx_apigw_json_scan_t  s;

    static struct {
        const char  *text;
        ngx_uint_t   good;
    } lists[] = {
        { "[0,0,0]", 1 },
        { "[1,23,999999999999999999,4]", 1 },
        { "[1,9223372036854775807,2]", 1 },
        { "[1,9223372036854775808,2]", 0 },
        { "[1,99999999999999999999,2]", 0 },
        { "[1,2 ,3, 4,5\n]", 1 },
        { "[1,2,-3,4.5,6e7,8]", 1 },
        { "[1,2,03]", 0 },
        { "[1,00]", 0 },
        { "[1,,2]", 0 },
        { "[1,2,]", 0 },
        { "[,1]", 0 },
        { "[1,2,3}", 0 },
        { "[1,2,3", 0 },
        { "[1,2,", 0 },
        { "[1,2a]", 0 },
        { "[[1,2],3,{\"a\":[4,5]},6]", 1 },
        { "{\"a\":1,2}", 0 },
        { "{\"a\":[0,1],2:3}", 0 }
    };

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        text.len = strlen(lists[i].text);

        /* at the end of its memory, so that nothing behind it is read */

        text.data = malloc(text.len);
        memcpy(text.data, lists[i].text, text.len);

        ngx_apigw_json_scan_init(&s, &text, 8);

        good = ngx_apigw_json_scan(&s) == NGX_OK
               && ngx_apigw_json_scan_skip(&s) == NGX_OK
               && ngx_apigw_json_scan(&s) == NGX_DONE;

        is_int(good, lists[i].good, lists[i].text);

        free(text.data);
    }
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(&cases[i]);
    }

    test_tokens();
    test_places();
    test_depth();
    test_skip();
    test_skip_integers();

    return done();
}
