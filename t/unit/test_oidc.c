
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_oidc.h"
#include "tap.h"


#define ISSUER  "https://id.example.com/a"


static ngx_pool_t  *pool;


static void
url(const char *issuer, const char *want)
{
    ngx_int_t  rc;
    ngx_str_t  iss, out;

    iss.len = strlen(issuer);
    iss.data = malloc(iss.len ? iss.len : 1);
    memcpy(iss.data, issuer, iss.len);

    rc = ngx_apigw_oidc_url(&iss, &out, pool);

    if (want == NULL) {
        is_int(rc, NGX_DECLINED, "\"%s\"", issuer);

    } else if (is_int(rc, NGX_OK, "\"%s\"", issuer)) {
        is_nstr(&out, want, "\"%s\", the URL", issuer);
    }

    free(iss.data);
}


/* the URL, or "!" and the reason */

static void
document(const char *json, const char *want)
{
    char         got[512];
    ngx_int_t    rc;
    ngx_str_t    text, issuer, jwks;
    const char  *reason;

    ngx_str_set(&issuer, ISSUER);

    text.len = strlen(json);
    text.data = malloc(text.len ? text.len : 1);
    memcpy(text.data, json, text.len);

    reason = NULL;
    rc = ngx_apigw_oidc_parse(&text, &issuer, &jwks, pool, &reason);

    free(text.data);

    if (rc == NGX_OK) {
        snprintf(got, sizeof(got), "%.*s", (int) jwks.len,
                 (char *) jwks.data);

    } else {
        snprintf(got, sizeof(got), "!%s", rc == NGX_DECLINED ? reason
                                                             : "error");
    }

    if (!ok(strcmp(got, want) == 0, "%s", json)) {
        comment("got %s", got);
    }
}


static void
test_url(void)
{
    url("https://id.example.com",
        "https://id.example.com/.well-known/openid-configuration");
    url("https://id.example.com/",
        "https://id.example.com/.well-known/openid-configuration");
    url("https://id.example.com/a",
        "https://id.example.com/a/.well-known/openid-configuration");
    url("https://id.example.com/a/",
        "https://id.example.com/a/.well-known/openid-configuration");
    url("https://id.example.com//",
        "https://id.example.com//.well-known/openid-configuration");
    url("https://id.example.com:8443/a",
        "https://id.example.com:8443/a/.well-known/openid-configuration");
    url("", "/.well-known/openid-configuration");
    url("/", "/.well-known/openid-configuration");
    url("https://id.example.com/?a", NULL);
    url("https://id.example.com/#", NULL);
    url("?", NULL);
}


static void
test_document(void)
{
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\"}",
             "https://k/");
    document(" {\"jwks_uri\":\"https://k/\",\"x\":[{\"issuer\":1}],"
             "\"issuer\":\"" ISSUER "\"} ", "https://k/");
    document("{\"issuer\":\"https:\\/\\/id.example.com\\u002fa\","
             "\"jwks_uri\":\"https:\\/\\/k\"}", "https://k");

    document("{\"issuer\":\"" ISSUER "/\",\"jwks_uri\":\"https://k/\"}",
             "!its \"issuer\" is another one");
    document("{\"issuer\":\"https://ID.example.com/a\","
             "\"jwks_uri\":\"https://k/\"}",
             "!its \"issuer\" is another one");
    document("{\"issuer\":\"https://id.example.com/\","
             "\"jwks_uri\":\"https://k/\"}",
             "!its \"issuer\" is another one");
    document("{\"issuer\":\"\",\"jwks_uri\":\"https://k/\"}",
             "!its \"issuer\" is another one");
    document("{\"jwks_uri\":\"https://k/\"}", "!it has no \"issuer\"");
    document("{\"issuer\":null,\"jwks_uri\":\"https://k/\"}",
             "!it has no \"issuer\"");
    document("{\"issuer\":[\"" ISSUER "\"],\"jwks_uri\":\"https://k/\"}",
             "!it has no \"issuer\"");
    document("{\"issuer\":7,\"jwks_uri\":\"https://k/\"}",
             "!it has no \"issuer\"");

    document("{\"issuer\":\"" ISSUER "\"}", "!it has no \"jwks_uri\"");
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"\"}",
             "!it has no \"jwks_uri\"");
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":{}}",
             "!it has no \"jwks_uri\"");
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":[\"https://k/\"]}",
             "!it has no \"jwks_uri\"");
    document("{\"issuer\":\"" ISSUER "\",\"JWKS_URI\":\"https://k/\"}",
             "!it has no \"jwks_uri\"");

    document("[]", "!it is not a JSON object");
    document("\"" ISSUER "\"", "!it is not a JSON object");
    document("null", "!it is not a JSON object");
    document("", "!it is not JSON: it ends too early");
    document("<html>", "!it is not JSON");
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\"} x",
             "!it is not JSON: text follows the value");
    document("{\"issuer\":\"x\",\"issuer\":\"" ISSUER
             "\",\"jwks_uri\":\"https://k/\"}",
             "!a name stands twice in one object");
    document("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\",\"x\":"
             "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}",
             "!it is nested too deeply");
}


static void
test_memory(void)
{
    ngx_int_t    rc;
    ngx_str_t    issuer, text, out;
    const char  *reason;

    ngx_str_set(&issuer, ISSUER);
    ngx_str_set(&text, "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"x\"}");

    ngx_stub_fail(0);
    rc = ngx_apigw_oidc_url(&issuer, &out, pool);
    ngx_stub_fail(-1);
    is_int(rc, NGX_ERROR, "an URL without memory");

    ngx_stub_fail(0);
    rc = ngx_apigw_oidc_parse(&text, &issuer, &out, pool, &reason);
    ngx_stub_fail(-1);
    is_int(rc, NGX_ERROR, "a document without memory");
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_url();
    test_document();
    test_memory();

    ngx_destroy_pool(pool);

    return done();
}
