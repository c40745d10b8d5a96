
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_claims.h"
#include "tap.h"


#define NO_TIME  NGX_APIGW_CLAIMS_NO_TIME


static ngx_pool_t  *pool;


static ngx_apigw_json_t *
parse(const char *text)
{
    ngx_str_t          s;
    const char        *reason;
    ngx_apigw_json_t  *value;

    s.data = (u_char *) text;
    s.len = strlen(text);

    if (ngx_apigw_json_parse(&value, &s, 16, pool, &reason) != NGX_OK) {
        ok(0, "%s", text);
        exit(1);
    }

    return value;
}


static ngx_apigw_claims_t
claims_of(const char *text)
{
    const char          *reason;
    ngx_apigw_claims_t   claims;

    memset(&claims, 0xee, sizeof(ngx_apigw_claims_t));

    is_int(ngx_apigw_claims_read(&claims, parse(text), &reason), NGX_OK,
           "%s", text);

    return claims;
}


static void
is_reason(const char *reason, const char *want)
{
    ok(reason && strcmp(reason, want) == 0, "%s", want);
    ok(reason && strpbrk(reason, "\"\\") == NULL, "fit for a header");
}


static void
refuses(const char *text, const char *want)
{
    const char          *reason;
    ngx_apigw_claims_t   claims;

    reason = NULL;

    is_int(ngx_apigw_claims_read(&claims, parse(text), &reason), NGX_DECLINED,
           "%s", text);
    is_reason(reason, want);
}


static void
test_read(void)
{
    ngx_apigw_claims_t  c;

    c = claims_of("{}");
    is_int(c.exp, NO_TIME, "no exp");
    is_int(c.nbf, NO_TIME, "no nbf");
    is_int(c.iat, NO_TIME, "no iat");
    is_nstr(&c.iss, "", "no iss");
    is_nstr(&c.sub, "", "no sub");
    is_nstr(&c.jti, "", "no jti");
    is_nstr(&c.client_id, "", "no client_id");

    c = claims_of("{\"iss\":\"i\",\"sub\":\"s\",\"jti\":\"j\",\"nbf\":2,"
                  "\"client_id\":\"c\",\"exp\":1,\"iat\":3,\"aud\":\"a\"}");
    is_int(c.exp, 1, "exp");
    is_int(c.nbf, 2, "nbf");
    is_int(c.iat, 3, "iat");
    is_nstr(&c.iss, "i", "iss");
    is_nstr(&c.sub, "s", "sub");
    is_nstr(&c.jti, "j", "jti");
    is_nstr(&c.client_id, "c", "client_id");
    ok(ngx_apigw_json_get(c.root, "aud") != NULL, "root");

    c = claims_of("{\"s\\u0075b\":\"s\"}");
    is_nstr(&c.sub, "s", "an escaped name is the name");

    claims_of("{\"aud\":[\"a\",\"b\"]}");
    claims_of("{\"aud\":[]}");
    claims_of("{\"Exp\":\"x\",\"EXP\":-1,\"sub \":1}");

    refuses("{\"iss\":1}", "claim iss is not a string");
    refuses("{\"iss\":null}", "claim iss is not a string");
    refuses("{\"sub\":[\"a\"]}", "claim sub is not a string");
    refuses("{\"sub\":true}", "claim sub is not a string");
    refuses("{\"jti\":{}}", "claim jti is not a string");
    refuses("{\"client_id\":7}", "claim client_id is not a string");
    refuses("{\"aud\":1}", "claim aud is not a string or a list of strings");
    refuses("{\"aud\":null}",
            "claim aud is not a string or a list of strings");
    refuses("{\"aud\":{\"a\":\"b\"}}",
            "claim aud is not a string or a list of strings");
    refuses("{\"aud\":[\"a\",1]}",
            "claim aud is not a string or a list of strings");
    refuses("[]", "the claims are not an object");
    refuses("\"exp\"", "the claims are not an object");
    refuses("null", "the claims are not an object");
}


/* peers have accepted each of these */

static void
test_times(void)
{
    char                text[128], want[32];
    size_t              i, n;
    ngx_apigw_claims_t  c;

    static const char *const  names[] = { "exp", "nbf", "iat" };

    static const char *const  bad[] = {
        "\"1700000000\"", "\"\"", "-1", "-0.5", "-1e308", "1e308",
        "253402300800", "253402300799.5", "9223372036854775807",
        "9223372036854775808.0", "18446744073709551616.0", "1e19", "null",
        "true", "[1700000000]", "{}"
    };

    static const struct {
        const char  *text;
        int64_t      down;
        int64_t      up;
    } good[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "-0.0", 0, 0 },
        { "1700000000", 1700000000, 1700000000 },
        { "1700000000.0", 1700000000, 1700000000 },
        { "1700000000.001", 1700000000, 1700000001 },
        { "1700000000.999", 1700000000, 1700000001 },
        { "1.7e9", 1700000000, 1700000000 },
        { "1e-400", 0, 0 },
        { "0.5", 0, 1 },
        { "253402300799", 253402300799, 253402300799 },
        { "253402300798.5", 253402300798, 253402300799 },
        { "253402300799.0", 253402300799, 253402300799 }
    };

    for (n = 0; n < 3; n++) {

        sprintf(want, "claim %s is not a time", names[n]);

        for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            sprintf(text, "{\"%s\":%s}", names[n], bad[i]);
            refuses(text, want);
        }

        for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
            sprintf(text, "{\"%s\":%s}", names[n], good[i].text);
            c = claims_of(text);

            is_int(c.exp, n == 0 ? good[i].down : NO_TIME, "exp is cut");
            is_int(c.nbf, n == 1 ? good[i].up : NO_TIME, "nbf is raised");
            is_int(c.iat, n == 2 ? good[i].up : NO_TIME, "iat is raised");
        }
    }
}


static void
at(ngx_apigw_claims_t *c, int64_t now, int64_t leeway, const char *want)
{
    ngx_int_t    rc;
    const char  *reason;

    reason = NULL;
    rc = ngx_apigw_claims_time(c, now, leeway, 1, &reason);

    if (want == NULL) {
        is_int(rc, NGX_OK, "good at %ld, leeway %ld", (long) now,
               (long) leeway);
        return;
    }

    is_int(rc, NGX_DECLINED, "not good at %ld, leeway %ld", (long) now,
           (long) leeway);
    is_reason(reason, want);
}


static void
test_time(void)
{
    const char          *reason;
    ngx_apigw_claims_t   c;

    const char  *expired = "the token has expired";
    const char  *early = "the token is not valid yet";
    const char  *future = "the token was issued in the future";

    c = claims_of("{\"exp\":1000}");
    at(&c, 999, 0, NULL);
    at(&c, 1000, 0, expired);
    at(&c, 1001, 0, expired);
    at(&c, 1009, 10, NULL);
    at(&c, 1010, 10, expired);

    c = claims_of("{\"exp\":1000.9}");
    at(&c, 999, 0, NULL);
    at(&c, 1000, 0, expired);

    c = claims_of("{\"exp\":0}");
    at(&c, 1, 0, expired);

    c = claims_of("{\"exp\":253402300799}");
    at(&c, 1700000000, 300, NULL);

    c = claims_of("{\"exp\":9000,\"nbf\":1000}");
    at(&c, 999, 0, early);
    at(&c, 1000, 0, NULL);
    at(&c, 989, 10, early);
    at(&c, 990, 10, NULL);

    c = claims_of("{\"exp\":9000,\"nbf\":1000.1}");
    at(&c, 1000, 0, early);
    at(&c, 1001, 0, NULL);

    c = claims_of("{\"exp\":9000,\"iat\":1000}");
    at(&c, 999, 0, future);
    at(&c, 1000, 0, NULL);
    at(&c, 989, 10, future);
    at(&c, 990, 10, NULL);

    c = claims_of("{\"exp\":9000,\"nbf\":0,\"iat\":253402300799}");
    at(&c, 1000, 300, future);

    c = claims_of("{\"nbf\":1000}");
    at(&c, 1000, 10, "claim exp is missing");

    reason = NULL;
    is_int(ngx_apigw_claims_time(&c, 1000, 0, 0, &reason), NGX_OK,
           "exp where it is not required");
    is_int(ngx_apigw_claims_time(&c, 999, 0, 0, &reason), NGX_DECLINED,
           "nbf all the same");

    c = claims_of("{\"exp\":1000}");
    is_int(ngx_apigw_claims_time(&c, 1000, 0, 0, &reason), NGX_DECLINED,
           "and exp where it is there");
}


/* the audiences or scopes of a list with commas */

static ngx_uint_t
split(const char *text, ngx_str_t *list)
{
    size_t      n;
    ngx_uint_t  i;

    for (i = 0; *text; i++) {
        n = strcspn(text, ",");

        list[i].data = (u_char *) text;
        list[i].len = n;

        text += n;
        text += (*text == ',');
    }

    return i;
}


static void
audience(const char *text, const char *audiences, ngx_uint_t want)
{
    ngx_int_t            rc;
    ngx_str_t            list[8];
    ngx_uint_t           n;
    const char          *reason;
    ngx_apigw_claims_t   c;

    c = claims_of(text);
    n = split(audiences, list);

    reason = NULL;
    rc = ngx_apigw_claims_audience(&c, list, n, &reason);

    is_int(rc, want ? NGX_OK : NGX_DECLINED, "is%s for %s",
           want ? "" : " not", audiences);

    if (!want) {
        is_reason(reason, "the token does not have a valid audience");
    }
}


static void
test_audience(void)
{
    audience("{\"aud\":\"pets\"}", "pets", 1);
    audience("{\"aud\":\"pets\"}", "admin,pets", 1);
    audience("{\"aud\":\"pets\"}", "admin", 0);
    audience("{\"aud\":\"pets\"}", "pet", 0);
    audience("{\"aud\":\"pets\"}", "petss", 0);
    audience("{\"aud\":\"pets\"}", "Pets", 0);
    audience("{\"aud\":\"pets admin\"}", "pets", 0);
    audience("{\"aud\":[\"a\",\"pets\"]}", "admin,pets", 1);
    audience("{\"aud\":[\"a\",\"pets\"]}", "admin", 0);
    audience("{\"aud\":[\"pets admin\"]}", "pets", 0);
    audience("{\"aud\":[]}", "pets", 0);
    audience("{\"aud\":\"\"}", "pets", 0);
    audience("{\"aud\":\"pets\"}", "", 0);
    audience("{\"client_id\":\"pets\"}", "admin,pets", 1);
    audience("{\"client_id\":\"pets\"}", "admin", 0);
    audience("{\"aud\":\"x\",\"client_id\":\"pets\"}", "pets", 0);
    audience("{\"aud\":[],\"client_id\":\"pets\"}", "pets", 0);
    audience("{\"aud\":\"\",\"client_id\":\"pets\"}", "pets", 0);
    audience("{\"\\u0061ud\":\"x\",\"client_id\":\"pets\"}", "pets", 0);
    audience("{\"client_id\":\"\"}", "pets", 0);
    audience("{\"azp\":\"pets\"}", "pets", 0);
    audience("{}", "pets", 0);
}


static void
scopes(const char *text, const char *wanted, ngx_uint_t any, ngx_uint_t all)
{
    ngx_str_t           list[8];
    ngx_uint_t          n;
    ngx_apigw_claims_t  c;

    c = claims_of(text);
    n = split(wanted, list);

    is_int(ngx_apigw_claims_scopes(&c, list, n, 0), any, "any of %s", wanted);
    is_int(ngx_apigw_claims_scopes(&c, list, n, 1), all, "all of %s", wanted);
}


static void
test_scopes(void)
{
    scopes("{\"scope\":\"read write\"}", "read", 1, 1);
    scopes("{\"scope\":\"read write\"}", "write", 1, 1);
    scopes("{\"scope\":\"read write\"}", "write,read", 1, 1);
    scopes("{\"scope\":\"read write\"}", "x,write", 1, 0);
    scopes("{\"scope\":\"read write\"}", "write,x", 1, 0);
    scopes("{\"scope\":\"read write\"}", "x,y", 0, 0);
    scopes("{\"scope\":\" read  write \"}", "write,read", 1, 1);
    scopes("{\"scope\":\"readwrite\"}", "read", 0, 0);
    scopes("{\"scope\":\"readwrite\"}", "write", 0, 0);
    scopes("{\"scope\":\"read:all\"}", "read", 0, 0);
    scopes("{\"scope\":\"read\"}", "read:all", 0, 0);
    scopes("{\"scope\":\"read\"}", "readwrite", 0, 0);
    scopes("{\"scope\":\"read,write\"}", "read", 0, 0);
    scopes("{\"scope\":\"read\\twrite\"}", "read", 0, 0);
    scopes("{\"scope\":\"Read\"}", "read", 0, 0);
    scopes("{\"scope\":\"\"}", "read", 0, 0);
    scopes("{\"scope\":\" \"}", "read", 0, 0);
    scopes("{\"scope\":[\"read\",\"write\"]}", "write,read", 1, 1);
    scopes("{\"scope\":[\"read write\"]}", "read", 0, 0);
    scopes("{\"scope\":[1,true,\"read\"]}", "read", 1, 1);
    scopes("{\"scope\":[1,true]}", "1,true", 0, 0);
    scopes("{\"scope\":[[\"read\"]]}", "read", 0, 0);
    scopes("{\"scope\":[]}", "read", 0, 0);
    scopes("{\"scope\":{\"read\":\"read\"}}", "read", 0, 0);
    scopes("{\"scope\":1}", "1", 0, 0);
    scopes("{\"scp\":\"read\"}", "read", 1, 1);
    scopes("{\"scp\":[\"read\"]}", "read", 1, 1);
    scopes("{\"scope\":\"\",\"scp\":\"read\"}", "read", 0, 0);
    scopes("{\"scope\":null,\"scp\":\"read\"}", "read", 0, 0);
    scopes("{\"scope\":\"read\",\"scp\":\"write\"}", "write", 0, 0);
    scopes("{}", "read", 0, 0);
}


static void
test_no_scope(void)
{
    const char              *reason;
    ngx_apigw_claims_t       c;
    ngx_apigw_claim_rule_t   rule;

    static ngx_str_t  empty[] = { ngx_string("") };

    c = claims_of("{\"scope\":\" a  b \"}");

    is_int(ngx_apigw_claims_scopes(&c, empty, 1, 0), 0, "an empty word");
    is_int(ngx_apigw_claims_scopes(&c, empty, 1, 1), 0, "is no scope");
    is_int(ngx_apigw_claims_scopes(&c, NULL, 0, 0), 0, "any of none");
    is_int(ngx_apigw_claims_scopes(&c, NULL, 0, 1), 1, "all of none");

    is_int(ngx_apigw_claims_audience(&c, empty, 1, &reason), NGX_DECLINED,
           "an empty audience is not that of no client_id");

    c = claims_of("{\"l\":[]}");

    ngx_str_set(&rule.pointer, "/l");
    rule.op = NGX_APIGW_CLAIM_EQUALS;
    rule.values = empty;
    rule.nvalues = 1;
    is_int(ngx_apigw_claims_obey(c.root, &rule), 0, "a list is no text");
}


static void
obeys(const char *pointer, ngx_uint_t op, const char *values, ngx_uint_t want)
{
    ngx_str_t               list[8];
    ngx_apigw_claim_rule_t  rule;

    static ngx_apigw_json_t  *root;

    if (root == NULL) {
        root = parse("{\"s\":\"two words\",\"n\":12,\"r\":0.1,\"t\":true,"
                     "\"f\":false,\"z\":null,\"e\":\"\","
                     "\"realm_access\":{\"roles\":[\"admin\",\"user\",7]},"
                     "\"l\":[],\"a/b\":{\"~\":\"x\"},"
                     "\"deep\":[[\"admin\"],{\"x\":\"admin\"}]}");
    }

    rule.pointer.data = (u_char *) pointer;
    rule.pointer.len = strlen(pointer);
    rule.op = op;
    rule.values = list;
    rule.nvalues = split(values, list);

    is_int(ngx_apigw_claims_obey(root, &rule), want, "%s %lu %s", pointer,
           (unsigned long) op, values);
}


static void
test_rules(void)
{
    obeys("/s", NGX_APIGW_CLAIM_EQUALS, "two words", 1);
    obeys("/s", NGX_APIGW_CLAIM_EQUALS, "two", 0);
    obeys("/s", NGX_APIGW_CLAIM_EQUALS, "two words,x", 1);
    obeys("/s", NGX_APIGW_CLAIM_EQUALS, "x,two words", 0);
    obeys("/n", NGX_APIGW_CLAIM_EQUALS, "12", 1);
    obeys("/n", NGX_APIGW_CLAIM_EQUALS, "1", 0);
    obeys("/n", NGX_APIGW_CLAIM_EQUALS, "012", 0);
    obeys("/r", NGX_APIGW_CLAIM_EQUALS, "0.1", 1);
    obeys("/t", NGX_APIGW_CLAIM_EQUALS, "true", 1);
    obeys("/f", NGX_APIGW_CLAIM_EQUALS, "true", 0);
    obeys("/f", NGX_APIGW_CLAIM_EQUALS, "false", 1);
    obeys("/z", NGX_APIGW_CLAIM_EQUALS, "null", 1);
    obeys("/e", NGX_APIGW_CLAIM_EQUALS, "null", 0);
    obeys("/none", NGX_APIGW_CLAIM_EQUALS, "x", 0);
    obeys("/none", NGX_APIGW_CLAIM_EQUALS, "null", 0);
    obeys("/l", NGX_APIGW_CLAIM_EQUALS, "x", 0);
    obeys("/realm_access", NGX_APIGW_CLAIM_EQUALS, "x", 0);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_EQUALS, "admin", 0);
    obeys("/realm_access/roles/0", NGX_APIGW_CLAIM_EQUALS, "admin", 1);
    obeys("/a~1b/~0", NGX_APIGW_CLAIM_EQUALS, "x", 1);
    obeys("s", NGX_APIGW_CLAIM_EQUALS, "two words", 0);
    obeys("", NGX_APIGW_CLAIM_EQUALS, "two words", 0);

    obeys("/n", NGX_APIGW_CLAIM_ONE_OF, "1,12", 1);
    obeys("/n", NGX_APIGW_CLAIM_ONE_OF, "1,2", 0);
    obeys("/s", NGX_APIGW_CLAIM_ONE_OF, "two,words", 0);
    obeys("/s", NGX_APIGW_CLAIM_ONE_OF, "two,two words", 1);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_ONE_OF, "admin,user", 0);
    obeys("/none", NGX_APIGW_CLAIM_ONE_OF, "1,2", 0);

    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "admin", 1);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "user,admin", 1);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "user,7", 1);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "user,x", 0);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "x,user", 0);
    obeys("/realm_access/roles", NGX_APIGW_CLAIM_CONTAINS, "adm", 0);
    obeys("/realm_access", NGX_APIGW_CLAIM_CONTAINS, "roles", 0);
    obeys("/s", NGX_APIGW_CLAIM_CONTAINS, "words,two", 1);
    obeys("/s", NGX_APIGW_CLAIM_CONTAINS, "two words", 0);
    obeys("/s", NGX_APIGW_CLAIM_CONTAINS, "wo", 0);
    obeys("/n", NGX_APIGW_CLAIM_CONTAINS, "12", 0);
    obeys("/l", NGX_APIGW_CLAIM_CONTAINS, "x", 0);
    obeys("/deep", NGX_APIGW_CLAIM_CONTAINS, "admin", 0);
    obeys("/deep/0", NGX_APIGW_CLAIM_CONTAINS, "admin", 1);
    obeys("/none", NGX_APIGW_CLAIM_CONTAINS, "x", 0);

    obeys("/s", NGX_APIGW_CLAIM_EQUALS, "", 0);
    obeys("/s", NGX_APIGW_CLAIM_ONE_OF, "", 0);
    obeys("/l", NGX_APIGW_CLAIM_CONTAINS, "", 0);
}


static void
named(const char *text, const char *name, const char *want)
{
    ngx_str_t          s;
    ngx_apigw_json_t  *value;

    s.data = (u_char *) name;
    s.len = strlen(name);

    value = ngx_apigw_claims_named(parse(text), &s);

    if (want == NULL) {
        ok(value == NULL, "%s is none of %s", name, text);

    } else if (ok(value != NULL, "%s is one of %s", name, text)) {
        is_nstr(&value->text, want, "this one");
    }
}


static void
test_named(void)
{
    named("{\"sub\":\"1\"}", "sub", "1");
    named("{\"sub\":\"1\"}", "su", NULL);
    named("{\"sub\":\"1\"}", "subs", NULL);
    named("{\"SUB\":\"1\"}", "sub", "1");
    named("{\"SUB\":\"1\",\"sub\":\"2\"}", "sub", "2");
    named("{\"SUB\":\"1\",\"Sub\":\"2\"}", "sub", NULL);
    named("{\"SUB\":\"1\",\"Sub\":\"2\",\"sub\":\"3\"}", "sub", "3");
    named("{\"client_id\":\"1\",\"client-id\":\"2\"}", "client_id", "1");
    named("{\"client-id\":\"2\"}", "client_id", "2");
    named("{\"client-id\":\"2\",\"client.id\":\"3\"}", "client_id", NULL);
    named("{\"https://x.y/Role\":\"1\"}", "https___x_y_role", "1");
    named("{\"cognito:groups\":\"1\"}", "cognito_groups", "1");
    named("{\"a\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\":\"1\"}", "a___", "1");
    named("{\"a9Z\":\"1\"}", "a9z", "1");
    named("{}", "sub", NULL);
    named("[\"sub\"]", "sub", NULL);
    named("\"sub\"", "sub", NULL);
}


static void
text_is(const char *json, const char *want)
{
    ngx_str_t  text;

    is_int(ngx_apigw_claims_text(parse(json), pool, &text), NGX_OK, "text");
    is_nstr(&text, want, "of %s", json);
}


static void
test_text(void)
{
    size_t             bytes;
    ngx_str_t          text;
    ngx_apigw_json_t  *value;

    text_is("\"alice\"", "alice");
    text_is("\"\"", "");
    text_is("\"a b\\\"c\\\\d~!$;=,\"", "a b\"c\\d~!$;=,");
    text_is("\"a\\r\\nb\"", "a%0D%0Ab");
    text_is("\"\\u0001\\u001f\x7f\\t\"", "%01%1F%7F%09");
    text_is("\"100%\"", "100%25");
    text_is("\"%0D\"", "%250D");
    text_is("\" a b \"", "%20a b%20");
    text_is("\" \"", "%20");
    text_is("\"a  \"", "a %20");
    text_is("\"caf\xc3\xa9\"", "caf%C3%A9");
    text_is("\"\\ud834\\udd1e\"", "%F0%9D%84%9E");
    text_is("1", "1");
    text_is("-1.5", "-1.5");
    text_is("true", "true");
    text_is("false", "false");
    text_is("null", "");
    text_is("[\"a\",\"\xc3\xa9\\r\\n\"]", "[\"a\",\"\\u00e9\\r\\n\"]");
    text_is("{\"b\":{\"a\":null}}", "{\"b\":{\"a\":null}}");
    text_is("[]", "[]");

    value = parse("\"alice\"");
    bytes = ngx_stub_bytes(pool);
    ngx_apigw_claims_text(value, pool, &text);
    ok(text.data == value->text.data && ngx_stub_bytes(pool) == bytes,
       "plain text is not copied");

    value = parse("\"\xc3\xa9\"");
    ngx_stub_fail(0);
    is_int(ngx_apigw_claims_text(value, pool, &text), NGX_ERROR,
           "no memory for a string");
    ngx_stub_fail(-1);

    value = parse("[\"a\"]");
    ngx_stub_fail(0);
    is_int(ngx_apigw_claims_text(value, pool, &text), NGX_ERROR,
           "no memory for a list");
    ngx_stub_fail(-1);
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_read();
    test_times();
    test_time();
    test_audience();
    test_scopes();
    test_no_scope();
    test_rules();
    test_named();
    test_text();

    ngx_destroy_pool(pool);

    return done();
}
