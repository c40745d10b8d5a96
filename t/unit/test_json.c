
/*
 * Copyright (C) ngx_apigw contributors
 */


#define NGX_STUB_LIBC  1

#include "ngx_apigw_json.h"
#include "tap.h"


#define DEPTH  4


/* jansson.h is for ngx_apigw_json.c only */

void json_set_alloc_funcs(void *(*alloc)(size_t), void (*release)(void *));


static ngx_pool_t  *pool;
static long         jansson_left;
static long         jansson_blocks;


/* of a copy that is gone afterwards, so that the tree may not lean on it */

static ngx_int_t
parse_len(const char *text, size_t len, ngx_apigw_json_t **value,
    const char **reason)
{
    u_char     *copy;
    ngx_int_t   rc;
    ngx_str_t   s;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.data = copy;
    s.len = len;
    *value = NULL;
    *reason = NULL;

    rc = ngx_apigw_json_parse(value, &s, DEPTH, pool, reason);

    memset(copy, 'x', len);
    free(copy);

    return rc;
}


static ngx_apigw_json_t *
parse(const char *text)
{
    const char        *reason;
    ngx_apigw_json_t  *value;

    if (!is_int(parse_len(text, strlen(text), &value, &reason), NGX_OK,
                "%s", text))
    {
        comment("%s", reason);
        exit(1);
    }

    return value;
}


static void
prints(const char *text, const char *want)
{
    ngx_str_t  got;

    is_int(ngx_apigw_json_print(parse(text), pool, &got), NGX_OK, "print it");
    is_nstr(&got, want, "as %s", want);
}


static void
refuses_len(const char *text, size_t len, const char *want)
{
    const char        *reason;
    ngx_apigw_json_t  *value;

    is_int(parse_len(text, len, &value, &reason), NGX_DECLINED, "%s", text);
    ok(reason && strcmp(reason, want) == 0, "%s (is: %s)", want, reason);
    ok(value == NULL, "no value");
}


static void
refuses(const char *text, const char *want)
{
    refuses_len(text, strlen(text), want);
}


static void
test_scalars(void)
{
    ngx_apigw_json_t  *v;

    v = parse(" null ");
    is_int(v->type, NGX_APIGW_JSON_NULL, "null");
    is_nstr(&v->text, "null", "its text");
    is_nstr(&v->name, "", "no name");
    ok(v->next == NULL && v->first == NULL, "no other values");

    v = parse("true");
    is_int(v->type, NGX_APIGW_JSON_TRUE, "true");
    is_nstr(&v->text, "true", "its text");

    v = parse("false");
    is_int(v->type, NGX_APIGW_JSON_FALSE, "false");
    is_nstr(&v->text, "false", "its text");

    v = parse("\"a\\u0062\\/\\n\"");
    is_int(v->type, NGX_APIGW_JSON_STRING, "string");
    is_nstr(&v->text, "ab/\n", "its bytes");

    v = parse("\"\"");
    is_int(v->type, NGX_APIGW_JSON_STRING, "string");
    is_nstr(&v->text, "", "without bytes");

    v = parse("\"\\ud834\\udd1e\xc3\xa9\"");
    is_nstr(&v->text, "\xf0\x9d\x84\x9e\xc3\xa9", "beyond ASCII");
}


static void
test_integers(void)
{
    size_t             i;
    ngx_apigw_json_t  *v;

    static const struct {
        const char    *text;
        int64_t        value;
        const char    *want;
    } integers[] = {
        { "0", 0, "0" },
        { "-0", 0, "0" },
        { "-1", -1, "-1" },
        { "1700000000", 1700000000, "1700000000" },
        { "9007199254740993", 9007199254740993, "9007199254740993" },
        { "9223372036854775807", INT64_MAX, "9223372036854775807" },
        { "-9223372036854775808", INT64_MIN, "-9223372036854775808" }
    };

    for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        v = parse(integers[i].text);
        is_int(v->type, NGX_APIGW_JSON_INTEGER, "integer");
        is_int(v->integer, integers[i].value, "its value");
        is_nstr(&v->text, integers[i].want, "its text");
    }

    refuses("9223372036854775808", "a number is too large");
    refuses("-9223372036854775809", "a number is too large");
    refuses("99999999999999999999999999", "a number is too large");
    refuses("1e400", "a number is too large");
    refuses("-1e400", "a number is too large");
    refuses("[1e309]", "a number is too large");
    refuses("01", "it is not JSON");
    refuses("[01]", "it is not JSON");
    refuses("+1", "it is not JSON");
    refuses("1.", "it is not JSON");
    refuses(".5", "it is not JSON");
    refuses("0x10", "it is not JSON: text follows the value");
    refuses("NaN", "it is not JSON");
    refuses("Infinity", "it is not JSON");
    refuses("-", "it is not JSON");
}


static void
test_reals(void)
{
    size_t             i;
    ngx_apigw_json_t  *v;

    static const struct {
        const char    *text;
        double         value;
        const char    *want;
    } reals[] = {
        { "0.1", 0.1, "0.1" },
        { "1.0", 1, "1.0" },
        { "-0.0", 0, "-0.0" },
        { "-1.5", -1.5, "-1.5" },
        { "1e2", 100, "100.0" },
        { "1E+2", 100, "100.0" },
        { "1e308", 1e308, "1e+308" },
        { "1e-400", 0, "0.0" },
        { "1700000000.25", 1700000000.25, "1700000000.25" },
        { "0.30000000000000004", 0.1 + 0.2, "0.30000000000000004" },
        { "9223372036854775808.0", 9223372036854775808.0,
          "9.223372036854776e+18" },
        { "-2.2250738585072014e-308", -2.2250738585072014e-308,
          "-2.2250738585072014e-308" }
    };

    for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
        v = parse(reals[i].text);
        is_int(v->type, NGX_APIGW_JSON_REAL, "real");
        ok(v->real == reals[i].value, "its value");
        is_nstr(&v->text, reals[i].want, "its text");
    }
}


static void
test_trees(void)
{
    ngx_apigw_json_t  *v, *m;

    v = parse("{\"z\": [1, \"\", {}], \"a\": {\"b\": null}, \"m\": []}");
    is_int(v->type, NGX_APIGW_JSON_OBJECT, "an object");
    is_nstr(&v->text, "", "it has no text");

    m = v->first;
    is_nstr(&m->name, "z", "its first member in the order of the text");
    is_int(m->type, NGX_APIGW_JSON_ARRAY, "an array");
    is_int(m->first->integer, 1, "its first item");
    is_nstr(&m->first->name, "", "it has no name");
    is_int(m->first->next->type, NGX_APIGW_JSON_STRING, "the next one");
    is_int(m->first->next->next->type, NGX_APIGW_JSON_OBJECT, "the last one");
    ok(m->first->next->next->first == NULL, "which is empty");
    ok(m->first->next->next->next == NULL, "there is no other one");

    m = m->next;
    is_nstr(&m->name, "a", "the second member");
    is_nstr(&m->first->name, "b", "has one");

    m = m->next;
    is_nstr(&m->name, "m", "the third member");
    is_int(m->type, NGX_APIGW_JSON_ARRAY, "an array");
    ok(m->first == NULL, "which is empty");
    ok(m->next == NULL, "it is the last one");

    ok(ngx_apigw_json_get(v, "a") == v->first->next, "found by its name");
    ok(ngx_apigw_json_get(v, "b") == NULL, "not what lies deeper");
    ok(ngx_apigw_json_get(v, "A") == NULL, "nor in another case");
    ok(ngx_apigw_json_get(v, "") == NULL, "nor the empty name");
    ok(ngx_apigw_json_get(v, "zz") == NULL, "nor a longer one");
    ok(ngx_apigw_json_get(v->first, "") == NULL, "an array has none");
    ok(ngx_apigw_json_get(parse("1"), "") == NULL, "a scalar has none");
    ok(ngx_apigw_json_get(parse("{\"\":1}"), "") != NULL, "an empty name");
}


static void
test_order(void)
{
    char              *p, text[8192], name[16];
    ngx_uint_t         i, wrong;
    ngx_apigw_json_t  *v;

    p = text;

    for (i = 0; i < 500; i++) {
        p += sprintf(p, "%s\"n%lu\":%lu", i ? "," : "{",
                     (unsigned long) (i * 7919 % 500), (unsigned long) i);
    }

    strcpy(p, "}");

    wrong = 0;

    for (i = 0, v = parse(text)->first; v; v = v->next, i++) {
        sprintf(name, "n%lu", (unsigned long) (i * 7919 % 500));

        wrong += (v->integer != (int64_t) i || v->name.len != strlen(name)
                  || memcmp(v->name.data, name, v->name.len) != 0);
    }

    is_int(i, 500, "500 members");
    is_int(wrong, 0, "all in order");
}


static void
test_refused(void)
{
    const char  *dup = "a name stands twice in one object";
    const char  *utf8 = "it is not UTF-8";
    const char  *nul = "a string has a NUL";

    refuses("{\"aud\":1,\"aud\":2}", dup);
    refuses("{\"aud\":1,\"aud\":1}", dup);
    refuses("{\"aud\":1,\"\\u0061ud\":2}", dup);
    refuses("[{\"a\":{\"b\":1,\"c\":2,\"b\":[]}}]", dup);
    parse("{\"a\":{\"a\":{\"a\":1}},\"A\":[{\"a\":1},{\"a\":2}]}");

    refuses("\"\xff\"", utf8);
    refuses("\"\xc3\"", utf8);
    refuses("\"\xc0\xaf\"", utf8);
    refuses("\"\xed\xa0\x80\"", utf8);
    refuses("\"\xf4\x90\x80\x80\"", utf8);
    refuses("{\"\xe9\":1}", utf8);
    refuses("\xff", utf8);

    refuses("\"a\\u0000b\"", nul);
    refuses("{\"a\\u0000b\":1}", nul);
    refuses("{\"\\u0000\":1}", nul);
    refuses_len("\"a\0b\"", 5, "it is not JSON");
    refuses_len("{}\0", 3, "it is not JSON");
    refuses_len("1\0", 2, "it is not JSON");
    refuses_len("[1\0]", 4, "it is not JSON");
    refuses_len("\0", 1, "it is not JSON");
    refuses_len("{\"a\0\":1}", 8, "it is not JSON");

    refuses("\"\\ud800\"", "it is not JSON");
    refuses("\"\\udc00\"", "it is not JSON");
    refuses("\"\\ud800\\u0041\"", "it is not JSON");
    refuses("\"\\x41\"", "it is not JSON");
    refuses("\"a\nb\"", "it is not JSON");
    refuses("\xef\xbb\xbf{}", "it is not JSON");
    refuses("{'a':1}", "it is not JSON");
    refuses("{a:1}", "it is not JSON");
    refuses("[1,]", "it is not JSON");
    refuses("{\"a\":1,}", "it is not JSON");
    refuses("[1] // comment", "it is not JSON: text follows the value");
    refuses("{}{}", "it is not JSON: text follows the value");
    refuses("{} x", "it is not JSON: text follows the value");
    refuses("True", "it is not JSON");
}


static void
test_short(void)
{
    size_t             i;
    ngx_int_t          rc;
    const char        *reason;
    ngx_apigw_json_t  *value;

    static const char  text[] = "{\"a\":[true,\"\\u00e9\xc3\xa9\",-1.5e1]}";

    for (i = 0; i < sizeof(text) - 1; i++) {
        rc = parse_len(text, i, &value, &reason);

        ok(rc == NGX_DECLINED && reason, "%lu bytes of it",
           (unsigned long) i);
    }

    parse(text);
}


static void
test_depth(void)
{
    char              *deep;
    const char        *reason;
    ngx_apigw_json_t  *value;

    parse("[[[[]]]]");
    parse("[{\"a\":[{\"b\":1}]}]");
    parse("[[],[[],[[],[]]],{},\"[[[[[[\",\"\\\"[[[[\\\\\",[[[]]]]");
    refuses("[[[[[]]]]]", "it is nested too deeply");
    refuses("{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", "it is nested too deeply");
    refuses("[\"\\\"\",[[[{}]]]]", "it is nested too deeply");
    refuses("]]]]]", "it is not JSON");
    refuses("[[[[", "it is not JSON: it ends too early");

    deep = malloc(1000000);
    memset(deep, '[', 1000000);
    is_int(parse_len(deep, 1000000, &value, &reason), NGX_DECLINED,
           "a million brackets");
    ok(strcmp(reason, "it is nested too deeply") == 0, "%s", reason);
    free(deep);
}


static void
test_pointer(void)
{
    size_t             i;
    ngx_str_t          pointer;
    ngx_apigw_json_t  *v, *found;

    /* RFC 6901, 5, and what it leaves out */

    static const char  text[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
        "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9,"
        "\"o\":{\"\":{\"x\":10}},\"0\":11,\"-\":12,"
        "\"l\":[0,1,2,3,4,5,6,7,8,9,13]}";

    static const struct {
        const char    *pointer;
        const char    *want;
    } found_at[] = {
        { "/foo/0", "bar" },
        { "/foo/1", "baz" },
        { "/", "0" },
        { "/a~1b", "1" },
        { "/c%d", "2" },
        { "/e^f", "3" },
        { "/g|h", "4" },
        { "/i\\j", "5" },
        { "/k\"l", "6" },
        { "/ ", "7" },
        { "/m~0n", "8" },
        { "/~01", "9" },
        { "/o//x", "10" },
        { "/0", "11" },
        { "/-", "12" },
        { "/l/10", "13" },
        { "/foo/2", NULL },
        { "/foo/-", NULL },
        { "/foo/00", NULL },
        { "/foo/01", NULL },
        { "/foo/+1", NULL },
        { "/foo/-1", NULL },
        { "/foo/1e0", NULL },
        { "/foo/", NULL },
        { "/foo/0/", NULL },
        { "/foo/0/0", NULL },
        { "/foo/4294967296", NULL },
        { "/foo/18446744073709551616", NULL },
        { "/fo", NULL },
        { "/fooo", NULL },
        { "/a~1", NULL },
        { "/a~1bc", NULL },
        { "/a~0b", NULL },
        { "//", NULL },
        { "/o/", "" },
        { "/o/x", NULL },
        { "/x/y/z", NULL }
    };

    static const char  *invalid[] = { "foo", "foo/0", "#/foo", "/~", "/~2",
                                      "/a~1b~", "/m~n", " /foo", "~0" };

    v = parse(text);

    ngx_str_set(&pointer, "");
    ok(ngx_apigw_json_pointer(v, &pointer) == v, "\"\" is all of it");
    is_int(ngx_apigw_json_pointer_check(&pointer), NGX_OK, "and a pointer");

    for (i = 0; i < sizeof(found_at) / sizeof(found_at[0]); i++) {
        pointer.data = (u_char *) found_at[i].pointer;
        pointer.len = strlen(found_at[i].pointer);

        is_int(ngx_apigw_json_pointer_check(&pointer), NGX_OK, "%s",
               found_at[i].pointer);

        found = ngx_apigw_json_pointer(v, &pointer);

        if (found_at[i].want == NULL) {
            ok(found == NULL, "leads to nothing");

        } else if (ok(found != NULL, "leads to a value")) {
            is_nstr(&found->text, found_at[i].want, "this one");
        }
    }

    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        pointer.data = (u_char *) invalid[i];
        pointer.len = strlen(invalid[i]);

        is_int(ngx_apigw_json_pointer_check(&pointer), NGX_ERROR,
               "%s is no pointer", invalid[i]);
        ok(ngx_apigw_json_pointer(v, &pointer) == NULL, "and leads nowhere");
    }
}


static void
test_print(void)
{
    prints("[ ]", "[]");
    prints("{ }", "{}");
    prints(" [ 1 , 2.50 , true , false , null , \"a\" ] ",
           "[1,2.5,true,false,null,\"a\"]");
    prints("{ \"z\" : { \"b\" : [ ] , \"a\" : { } } , \"a\" : 1 }",
           "{\"z\":{\"b\":[],\"a\":{}},\"a\":1}");
    prints("\"\\u0001\\b\\f\\n\\r\\t\\u001f\\\"\\\\\\/\x7f\"",
           "\"\\u0001\\b\\f\\n\\r\\t\\u001f\\\"\\\\/\\u007f\"");
    prints("\"\\u0080\xc3\xa9\xdf\xbf\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf\"",
           "\"\\u0080\\u00e9\\u07ff\\u0800\\u20ac\\uffff\"");
    prints("\"\xf0\x90\x80\x80\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf\"",
           "\"\\ud800\\udc00\\ud834\\udd1e\\udbff\\udfff\"");
    prints("\"\\u0001\\u0002\\u0003\\u0004\x7f\"",
           "\"\\u0001\\u0002\\u0003\\u0004\\u007f\"");
    prints("{\"\xc3\xa9\\n\":1}", "{\"\\u00e9\\n\":1}");
}


static void
test_copy(void)
{
    void              *block;
    size_t             size;
    ngx_str_t          want, got;
    ngx_pool_t        *own;
    const char        *reason;
    ngx_apigw_json_t  *v, *copy;

    static ngx_str_t  text = ngx_string("{\"a\":[1,2.5,\"x\",{\"b\":null}],"
                                        "\"c\":{\"d\":true,\"e\":\"\"}}");

    own = ngx_create_pool(0, NULL);

    is_int(ngx_apigw_json_parse(&v, &text, DEPTH, own, &reason), NGX_OK,
           "a tree in its own pool");

    ngx_apigw_json_print(v, pool, &want);

    size = ngx_apigw_json_size(v);
    ok(size <= ngx_stub_bytes(own), "a copy takes no more than the tree");

    block = malloc(size);
    copy = ngx_apigw_json_copy(v, block);
    ok((void *) copy == block, "the copy is where its block begins");

    is_int(ngx_apigw_json_size(copy), size, "of the same size");

    ngx_destroy_pool(own);

    ngx_apigw_json_print(copy, pool, &got);
    is_int(got.len, want.len, "its text when the tree is gone");
    is_mem(got.data, want.data, want.len, "is the same");

    v = ngx_apigw_json_get(copy, "c");
    size = ngx_apigw_json_size(v);
    own = ngx_create_pool(0, NULL);
    v = ngx_apigw_json_copy(v, ngx_palloc(own, size));
    free(block);

    ok(v->next == NULL, "a copy of a part stands alone");
    is_nstr(&v->name, "c", "but has its name");
    ngx_apigw_json_print(v, pool, &got);
    is_nstr(&got, "{\"d\":true,\"e\":\"\"}", "and all below it");

    ngx_destroy_pool(own);
}


static void *
jansson_malloc(size_t size)
{
    if (jansson_left == 0) {
        return NULL;
    }

    if (jansson_left > 0) {
        jansson_left--;
    }

    jansson_blocks++;

    return malloc(size);
}


static void
jansson_free(void *p)
{
    jansson_blocks -= (p != NULL);
    free(p);
}


/*
 * jansson takes some failing allocations for an error of the text.  No token
 * here is so long that it has to make its buffer grow.
 */

static void
test_no_memory(void)
{
    long               n;
    ngx_int_t          rc;
    ngx_str_t          text;
    ngx_pool_t        *own;
    const char        *reason;
    ngx_apigw_json_t  *value;

    static ngx_str_t  json = ngx_string("{\"a\":[1,2.5,\"x\",{\"b\":null},4,"
                                        "5,6,7,8,9],\"c\":[true,\"\"]}");

    own = ngx_create_pool(0, NULL);

    json_set_alloc_funcs(jansson_malloc, jansson_free);

    for (n = 0; /* void */; n++) {
        jansson_left = n;
        rc = ngx_apigw_json_parse(&value, &json, DEPTH, own, &reason);

        if (rc == NGX_OK) {
            break;
        }

        is_int(ngx_stub_bytes(own), 0, "jansson without memory, %ld", n);
        is_int(jansson_blocks, 0, "it keeps none");
    }

    jansson_left = -1;
    is_int(rc, NGX_OK, "it has enough of it after %ld", n);
    ok(n > 10, "and takes some");
    is_int(jansson_blocks, 0, "and keeps none");

    ngx_stub_fail(0);
    rc = ngx_apigw_json_parse(&value, &json, DEPTH, own, &reason);
    ngx_stub_fail(-1);
    is_int(rc, NGX_ERROR, "the pool has no memory");
    is_int(jansson_blocks, 0, "jansson keeps none");

    rc = ngx_apigw_json_parse(&value, &json, DEPTH, own, &reason);
    is_int(rc, NGX_OK, "once more");

    ngx_stub_fail(1);
    rc = ngx_apigw_json_parse(&value, &json, DEPTH, own, &reason);
    ngx_stub_fail(-1);
    is_int(rc, NGX_OK, "one allocation is enough");

    ngx_stub_fail(0);
    rc = ngx_apigw_json_print(value, own, &text);
    ngx_stub_fail(-1);
    is_int(rc, NGX_ERROR, "a text without memory");

    ngx_destroy_pool(own);
}


static void
test_empty(void)
{
    ngx_str_t          text;
    const char        *reason;
    ngx_apigw_json_t  *value;

    ngx_str_null(&text);

    is_int(ngx_apigw_json_parse(&value, &text, DEPTH, pool, &reason),
           NGX_DECLINED, "no text at all");
    ok(strcmp(reason, "it is not JSON: it ends too early") == 0, "%s",
       reason);

    refuses(" \n\t", "it is not JSON: it ends too early");
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_empty();
    test_scalars();
    test_integers();
    test_reals();
    test_trees();
    test_order();
    test_refused();
    test_short();
    test_depth();
    test_pointer();
    test_print();
    test_copy();
    test_no_memory();

    ngx_destroy_pool(pool);

    return done();
}
