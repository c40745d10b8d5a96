
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_router.h"


#define NONE  ((ngx_uint_t) -1)

#define MAX_KEYS  64


typedef struct {
    const char               *key;
    ngx_uint_t                method;
    const char               *path;
    const char               *prefix;
    const char               *params;    /* "name:segment[+] ..." */
} test_key_t;


typedef struct {
    const char               *key;
    const char               *reason;    /* a part of it */
} test_bad_key_t;


typedef struct {
    ngx_pool_t               *pool;
    ngx_str_t                 texts[MAX_KEYS];
    ngx_apigw_route_key_t     rks[MAX_KEYS];
    ngx_apigw_route_key_t    *keys[MAX_KEYS];
    ngx_uint_t                n;
    ngx_uint_t                type;
    ngx_apigw_router_t       *router;
    ngx_apigw_router_error_t  err;
} test_t;


static const char  *names[] = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "ANY", "-"
};


static test_key_t  good[] = {
    { "$default", NGX_APIGW_ANY, "", "", "" },
    { "GET /", NGX_APIGW_GET, "/", "/", "" },
    { "HEAD /a", NGX_APIGW_HEAD, "/a", "/a", "" },
    { "POST /a/", NGX_APIGW_POST, "/a/", "/a/", "" },
    { "PUT /a/b", NGX_APIGW_PUT, "/a/b", "/a/b", "" },
    { "DELETE /{id}", NGX_APIGW_DELETE, "/{id}", "/", "id:0" },
    { "OPTIONS /pets/{id}/", NGX_APIGW_OPTIONS, "/pets/{id}/", "/pets/",
      "id:1" },
    { "PATCH /a/{b}/c/{d-e.f_1}", NGX_APIGW_PATCH, "/a/{b}/c/{d-e.f_1}", "/a/",
      "b:1 d-e.f_1:3" },
    { "ANY /{proxy+}", NGX_APIGW_ANY, "/{proxy+}", "/", "proxy:0+" },
    { "ANY /a/{x}/{proxy+}", NGX_APIGW_ANY, "/a/{x}/{proxy+}", "/a/",
      "x:1 proxy:2+" },
    { "GET /-._~!$&'()*+,=:@", NGX_APIGW_GET, "/-._~!$&'()*+,=:@",
      "/-._~!$&'()*+,=:@", "" },
    { "GET /.../..a/.a", NGX_APIGW_GET, "/.../..a/.a", "/.../..a/.a", "" },
    { "GET /{a}/{ab}/{a1}", NGX_APIGW_GET, "/{a}/{ab}/{a1}", "/",
      "a:0 ab:1 a1:2" }
};


static test_bad_key_t  bad[] = {
    { "", "is empty" },
    { "$", "\"$default\"" },
    { "$defaul", "\"$default\"" },
    { "$default ", "\"$default\"" },
    { "$DEFAULT", "\"$default\"" },
    { "$connect", "\"$default\"" },
    { "GET", "no blank between method and path" },
    { "GET/pets", "no blank between method and path" },
    { "GET\t/pets", "no blank between method and path" },
    { "/pets", "no method before path" },
    { "/pets {id}", "no method before path" },
    { "get /pets", "unknown method, one of GET, HEAD" },
    { "Any /pets", "unknown method" },
    { "TRACE /pets", "unknown method" },
    { "CONNECT /pets", "unknown method" },
    { "GETX /pets", "unknown method" },
    { "GE /pets", "unknown method" },
    { " /pets", "unknown method" },
    { " GET /pets", "unknown method" },
    { "GET ", "path must start with \"/\"" },
    { "GET pets", "path must start with \"/\"" },
    { "GET *", "path must start with \"/\"" },
    { "GET http://a/", "path must start with \"/\"" },
    { "GET  /pets", "exactly one blank" },
    { "GET /pets ", "letters, digits" },
    { "GET /pe ts", "letters, digits" },
    { "GET /pets;v=1", "letters, digits" },
    { "GET /pets\\", "letters, digits" },
    { "GET /p\xc3\xa9ts", "letters, digits" },
    { "GET /pe\"ts", "letters, digits" },
    { "GET /pe\nts", "letters, digits" },
    { "GET /%41", "percent-encoding" },
    { "GET /pets?a=b", "query" },
    { "GET /pets#a", "query or fragment" },
    { "GET //", "empty segment" },
    { "GET //pets", "empty segment" },
    { "GET /pets//", "empty segment" },
    { "GET /pets//{id}", "empty segment" },
    { "GET /.", "dot segments" },
    { "GET /./a", "dot segments" },
    { "GET /a/../b", "dot segments" },
    { "GET /a/..", "dot segments" },
    { "GET /{id", "closing" },
    { "GET /{id/}", "closing" },
    { "GET /{", "closing" },
    { "GET /a/{+/b", "closing" },
    { "GET /{}", "no name" },
    { "GET /{+}", "no name" },
    { "GET /x{id}", "whole segment" },
    { "GET /{id}x", "whole segment" },
    { "GET /{id}{x}", "letters, digits" },
    { "GET /{id}-{x}y", "whole segment" },
    { "GET /id}", "whole segment" },
    { "GET /}{", "whole segment" },
    { "GET /{{id}}", "letters, digits, \"_\"" },
    { "GET /{i d}", "letters, digits, \"_\"" },
    { "GET /{i+d}", "letters, digits, \"_\"" },
    { "GET /{id++}", "letters, digits, \"_\"" },
    { "GET /{+id}", "letters, digits, \"_\"" },
    { "GET /{\xc3\xa9}", "letters, digits, \"_\"" },
    { "GET /{proxy+}/", "greedy parameter must be the last segment" },
    { "GET /{proxy+}/a", "greedy parameter must be the last segment" },
    { "GET /{a+}/{b+}", "greedy parameter must be the last segment" },
    { "GET /{a}/{a}", "must differ" },
    { "GET /{a}/{a+}", "must differ" },
    { "GET /{a-b}/{a_b}", "must differ" },
    { "GET /{a.b}/x/{a-b}", "must differ" },
    { "GET /{petId}/{petid}", "must differ" }
};


static void
test_parse(void)
{
    char                    buf[256];
    size_t                  len;
    ngx_int_t               rc;
    ngx_str_t               s;
    ngx_uint_t              i, j;
    const char             *reason;
    ngx_pool_t             *pool;
    ngx_apigw_param_t      *param;
    ngx_apigw_route_key_t   rk;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        pool = ngx_create_pool(0, NULL);

        s.data = (u_char *) good[i].key;
        s.len = strlen(good[i].key);

        rc = ngx_apigw_route_parse(pool, &s, &rk, &reason);
        is_int(rc, NGX_OK, "parse of \"%s\"", good[i].key);

        if (rc != NGX_OK) {
            comment("%s", reason);
            ngx_destroy_pool(pool);
            continue;
        }

        is_nstr(&rk.key, good[i].key, "key");
        is_nstr(&rk.path, good[i].path, "path");
        is_nstr(&rk.prefix, good[i].prefix, "prefix");
        is_int(rk.method, good[i].method, "method");
        is_int(rk.catch_all, good[i].key[0] == '$', "catch_all");

        len = 0;
        buf[0] = '\0';

        for (j = 0; j < rk.nparams; j++) {
            param = &rk.params[j];
            len += (size_t) snprintf(buf + len, sizeof(buf) - len,
                                     "%s%.*s:%lu%s", j ? " " : "",
                                     (int) param->name.len, param->name.data,
                                     (unsigned long) param->segment,
                                     param->greedy ? "+" : "");
        }

        ok(strcmp(buf, good[i].params) == 0, "parameters: \"%s\"", buf);

        ngx_destroy_pool(pool);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pool = ngx_create_pool(0, NULL);

        s.len = strlen(bad[i].key);
        s.data = malloc(s.len + 1);
        memcpy(s.data, bad[i].key, s.len);

        reason = "";
        rc = ngx_apigw_route_parse(pool, &s, &rk, &reason);

        ok(rc == NGX_DECLINED && strstr(reason, bad[i].reason), "\"%s\": %s",
           bad[i].key, reason);

        free(s.data);
        ngx_destroy_pool(pool);
    }
}


static void
test_parse_limits(void)
{
    long                    n;
    u_char                  buf[NGX_APIGW_ROUTE_MAX_LEN + 1];
    ngx_int_t               rc;
    ngx_str_t               s;
    ngx_uint_t              i;
    const char             *reason;
    ngx_pool_t             *pool;
    ngx_apigw_route_key_t   rk;

    pool = ngx_create_pool(0, NULL);

    s.data = buf;
    memset(buf, 'a', sizeof(buf));
    memcpy(buf, "GET /", 5);

    s.len = NGX_APIGW_ROUTE_MAX_LEN;
    is_int(ngx_apigw_route_parse(pool, &s, &rk, &reason), NGX_OK,
           "a key of 4096 characters");

    s.len++;
    is_int(ngx_apigw_route_parse(pool, &s, &rk, &reason), NGX_DECLINED,
           "a key of 4097 characters");

    for (i = 0; i < NGX_APIGW_ROUTE_MAX_SEGMENTS + 1; i++) {
        buf[4 + 2 * i] = '/';
    }

    s.len = 4 + 2 * NGX_APIGW_ROUTE_MAX_SEGMENTS;
    is_int(ngx_apigw_route_parse(pool, &s, &rk, &reason), NGX_OK,
           "64 segments");

    s.len++;
    is_int(ngx_apigw_route_parse(pool, &s, &rk, &reason), NGX_DECLINED,
           "64 segments and a slash");

    s.len++;
    is_int(ngx_apigw_route_parse(pool, &s, &rk, &reason), NGX_DECLINED,
           "65 segments");

    ngx_str_set(&s, "GET /{a}/{b}");

    for (n = 0; n < 10; n++) {
        ngx_stub_fail(n);
        rc = ngx_apigw_route_parse(pool, &s, &rk, &reason);
        ngx_stub_fail(-1);

        if (rc != NGX_ERROR) {
            break;
        }
    }

    ok(rc == NGX_OK && n == 1, "parse without memory");

    ngx_destroy_pool(pool);
}


static ngx_int_t
test_build(test_t *t, ngx_uint_t type, const char **list)
{
    ngx_int_t    rc;
    ngx_uint_t   i;
    const char  *reason;

    t->pool = ngx_create_pool(0, NULL);
    t->type = type;
    t->router = NULL;

    for (i = 0; list[i]; i++) {
        t->texts[i].data = (u_char *) list[i];
        t->texts[i].len = strlen(list[i]);
        t->keys[i] = &t->rks[i];

        rc = ngx_apigw_route_parse(t->pool, &t->texts[i], &t->rks[i],
                                   &reason);
        if (rc != NGX_OK) {
            ok(0, "parse of \"%s\": %s", list[i], reason);
            return rc;
        }
    }

    t->n = i;

    return ngx_apigw_router_create(t->pool, type, t->keys, t->n, &t->router,
                                   &t->err);
}


static void
test_free(test_t *t)
{
    ngx_destroy_pool(t->pool);
}


static ngx_apigw_route_key_t *
test_find(test_t *t, const char *request, ngx_str_t *path)
{
    size_t       len;
    ngx_uint_t   method;
    const char  *p;

    p = strchr(request, ' ');
    len = (size_t) (p - request);

    for (method = 0; method < NGX_APIGW_NO_METHOD; method++) {
        if (strlen(names[method]) == len
            && memcmp(names[method], request, len) == 0)
        {
            break;
        }
    }

    path->data = (u_char *) p + 1;
    path->len = strlen(p + 1);

    return ngx_apigw_router_match(t->router, method, path);
}


static void
test_match(test_t *t, const char *request, const char *want)
{
    ngx_str_t               path;
    ngx_apigw_route_key_t  *rk;

    rk = test_find(t, request, &path);

    if (want == NULL) {
        ok(rk == NULL, "%s \"%s\" has no route",
           t->type == NGX_APIGW_REST ? "REST" : "HTTP", request);

        if (rk) {
            comment("got %.*s", (int) rk->key.len, rk->key.data);
        }

        return;
    }

    if (rk == NULL) {
        ok(0, "\"%s\" has no route, \"%s\" is expected", request, want);
        return;
    }

    is_nstr(&rk->key, want, "%s \"%s\"",
            t->type == NGX_APIGW_REST ? "REST" : "HTTP", request);
}


static void
test_param(test_t *t, const char *request, ngx_uint_t n, const char *want)
{
    ngx_str_t               path, value;
    ngx_apigw_route_key_t  *rk;

    rk = test_find(t, request, &path);

    if (rk == NULL || rk->nparams <= n) {
        ok(0, "\"%s\" has no parameter", request);
        return;
    }

    ngx_apigw_route_param(t->router, &rk->params[n], &path, &value);

    is_nstr(&value, want, "%s \"%s\": parameter %lu",
            t->type == NGX_APIGW_REST ? "REST" : "HTTP", request,
            (unsigned long) n);

    ok(value.data >= path.data
       && value.data + value.len <= path.data + path.len,
       "is a slice of the path");
}


static void
test_refused(ngx_uint_t type, const char **list, ngx_uint_t route,
    ngx_uint_t other, const char *reason)
{
    test_t     t;
    ngx_int_t  rc;

    t.err.reason = "";

    rc = test_build(&t, type, list);

    ok(rc == NGX_DECLINED, "%s refuses \"%s\": %s",
       type == NGX_APIGW_REST ? "REST" : "HTTP", list[route], t.err.reason);

    if (rc == NGX_DECLINED) {
        is_int(t.err.route, route, "which route");
        is_int(t.err.other, other, "collides with which");
        ok(strstr(t.err.reason, reason), "why");
    }

    test_free(&t);
}


static void
test_rest(void)
{
    test_t  t;

    static const char  *list[] = {
        "GET /pets", "POST /pets", "ANY /pets/{id}", "GET /pets/{id}",
        "GET /pets/{id}/toys", "GET /pets/dog/bones", "ANY /{proxy+}",
        "GET /files/{path+}", "HEAD /only/head",
        "GET /a-long-segment-of-30-characters",
        "GET /a-long-segment-of-31-characterss", "POST /slash/", NULL
    };
    static const char  *root[] = { "GET /", "ANY /{proxy+}", NULL };
    static const char  *none[] = { NULL };

    is_int(test_build(&t, NGX_APIGW_REST, list), NGX_OK, "REST router");

    test_match(&t, "GET /pets", "GET /pets");
    test_match(&t, "GET /pets/", "GET /pets");
    test_match(&t, "POST /pets", "POST /pets");
    test_match(&t, "PUT /pets", NULL);
    test_match(&t, "GET /pets/1", "GET /pets/{id}");
    test_match(&t, "GET /pets/1/", "GET /pets/{id}");
    test_match(&t, "POST /pets/1", "ANY /pets/{id}");
    test_match(&t, "GET /pets/1/toys", "GET /pets/{id}/toys");
    test_match(&t, "GET /pets/1/toyz", NULL);
    test_match(&t, "POST /pets/1/toys", NULL);
    test_match(&t, "GET /PETS", "ANY /{proxy+}");
    test_match(&t, "GET /pet", "ANY /{proxy+}");
    test_match(&t, "GET /petss", "ANY /{proxy+}");

    /* no way back out of a literal branch */

    test_match(&t, "GET /pets/dog", NULL);
    test_match(&t, "GET /pets/dog/bones", "GET /pets/dog/bones");
    test_match(&t, "GET /pets/dog/toys", NULL);
    test_match(&t, "GET /files", NULL);
    test_match(&t, "GET /files/", NULL);
    test_match(&t, "GET /only", NULL);
    test_match(&t, "GET /only/head", NULL);
    test_match(&t, "HEAD /only/head", "HEAD /only/head");

    test_match(&t, "GET /files/a", "GET /files/{path+}");
    test_match(&t, "GET /files/a/b/c", "GET /files/{path+}");
    test_match(&t, "GET /files/a/b/", "GET /files/{path+}");
    test_match(&t, "HEAD /files/a", NULL);

    test_match(&t, "GET /x", "ANY /{proxy+}");
    test_match(&t, "PATCH /x/y/z", "ANY /{proxy+}");
    test_match(&t, "DELETE /x/", "ANY /{proxy+}");
    test_match(&t, "OPTIONS /x", "ANY /{proxy+}");
    test_match(&t, "GET /", NULL);
    test_match(&t, "- /x", NULL);
    test_match(&t, "ANY /x", NULL);
    test_match(&t, "- /pets", NULL);

    test_match(&t, "GET /a-long-segment-of-30-characters",
               "GET /a-long-segment-of-30-characters");
    test_match(&t, "GET /a-long-segment-of-31-characterss",
               "GET /a-long-segment-of-31-characterss");
    test_match(&t, "GET /a-long-segment-of-32-characters", "ANY /{proxy+}");

    test_match(&t, "POST /slash", "POST /slash/");
    test_match(&t, "POST /slash/", "POST /slash/");

    test_param(&t, "GET /pets/7", 0, "7");
    test_param(&t, "GET /pets/7/", 0, "7");
    test_param(&t, "GET /pets/a%20b/toys", 0, "a%20b");
    test_param(&t, "GET /pets/a%2Fb", 0, "a%2Fb");
    test_param(&t, "GET /files/a", 0, "a");
    test_param(&t, "GET /files/a/b/c", 0, "a/b/c");
    test_param(&t, "GET /files/a/b/", 0, "a/b");
    test_param(&t, "PUT /x/y", 0, "x/y");

    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_REST, root), NGX_OK, "root and proxy");
    test_match(&t, "GET /", "GET /");
    test_match(&t, "POST /", NULL);
    test_match(&t, "POST /a", "ANY /{proxy+}");
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_REST, none), NGX_OK, "no routes");
    test_match(&t, "GET /", NULL);
    test_match(&t, "GET /a/b", NULL);
    test_free(&t);
}


static void
test_rest_refused(void)
{
    static const char  *names2[] = { "GET /a/{id}", "POST /a/{name}", NULL };
    static const char  *below[] = { "GET /{id}/a", "GET /{name}/b", NULL };
    static const char  *greedy[] = { "GET /{a}", "POST /{proxy+}", NULL };
    static const char  *greedy2[] = { "GET /{p+}", "POST /{proxy+}", NULL };
    static const char  *dup[] = { "GET /a", "GET /b", "GET /a/", NULL };
    static const char  *root[] = { "GET /a", "$default", NULL };
    static const char  *any[] = { "ANY /a", "ANY /a", NULL };
    static const char  *proxy[] = { "ANY /{p+}", "GET /{p+}", "ANY /{p+}",
                                    NULL };
    static const char  *fine[] = { "GET /{a}/x", "POST /{a}", "GET /{a}/{b}",
                                   "ANY /{a}/{b}", "GET /x/{c+}",
                                   "PUT /x/{c+}", "GET /", "ANY /", NULL };
    test_t  t;

    test_refused(NGX_APIGW_REST, names2, 1, 0, "one parameter");
    test_refused(NGX_APIGW_REST, below, 1, 0, "one parameter");
    test_refused(NGX_APIGW_REST, greedy, 1, 0, "one parameter");
    test_refused(NGX_APIGW_REST, greedy2, 1, 0, "one parameter");
    test_refused(NGX_APIGW_REST, dup, 2, 0, "duplicate");
    test_refused(NGX_APIGW_REST, root, 1, NONE, "$default");
    test_refused(NGX_APIGW_REST, any, 1, 0, "duplicate");
    test_refused(NGX_APIGW_REST, proxy, 2, 0, "duplicate");

    is_int(test_build(&t, NGX_APIGW_REST, fine), NGX_OK, "REST: no conflict");
    test_match(&t, "GET /", "GET /");
    test_match(&t, "PUT /", "ANY /");
    test_match(&t, "PUT /x/y", "PUT /x/{c+}");
    test_match(&t, "PUT /y/y", "ANY /{a}/{b}");
    test_free(&t);
}


static void
test_http(void)
{
    test_t  t;

    /* the example of AWS's Developer Guide */

    static const char  *aws[] = {
        "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}",
        "ANY /{proxy+}", "$default", NULL
    };
    static const char  *fallback[] = { "$default", NULL };
    static const char  *slash[] = {
        "GET /pets", "POST /pets/", "GET /{x}/", "GET /a/{x}", "GET /a/{y}/",
        "ANY /g/{proxy+}", "GET /", NULL
    };
    static const char  *back[] = {
        "GET /a/{x}/{y}", "GET /{z}/b/c", "GET /a/b/{w}", "POST /a/b/c",
        "GET /{q}/{r}/c", "ANY /{q}/{r}/{s}", NULL
    };

    is_int(test_build(&t, NGX_APIGW_HTTP, aws), NGX_OK, "AWS's example");

    test_match(&t, "GET /pets/dog/1", "GET /pets/dog/1");
    test_match(&t, "GET /pets/dog/2", "GET /pets/dog/{id}");
    test_match(&t, "GET /pets/cat/1", "GET /pets/{proxy+}");
    test_match(&t, "POST /test/5", "ANY /{proxy+}");
    test_match(&t, "POST /pets/dog/1", "ANY /{proxy+}");
    test_match(&t, "GET /pets/dog/1/2", "GET /pets/{proxy+}");
    test_match(&t, "GET /pets/dog/1/", "GET /pets/{proxy+}");
    test_match(&t, "GET /pets/dog/", "GET /pets/{proxy+}");
    test_match(&t, "GET /pets/", "ANY /{proxy+}");
    test_match(&t, "GET /pets", "ANY /{proxy+}");
    test_match(&t, "GET /", "$default");
    test_match(&t, "- /", NULL);
    test_match(&t, "- /pets/dog/1", NULL);
    test_match(&t, "ANY /pets/dog/1", NULL);

    test_param(&t, "GET /pets/dog/2", 0, "2");
    test_param(&t, "GET /pets/cat/1/", 0, "cat/1/");
    test_param(&t, "GET /pets/dog/", 0, "dog/");
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_HTTP, fallback), NGX_OK, "only $default");
    test_match(&t, "GET /", "$default");
    test_match(&t, "PATCH /a/b/c/", "$default");
    test_match(&t, "- /", NULL);
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_HTTP, slash), NGX_OK, "slashes");
    test_match(&t, "GET /pets", "GET /pets");
    test_match(&t, "GET /pets/", "GET /{x}/");
    test_match(&t, "POST /pets", NULL);
    test_match(&t, "POST /pets/", "POST /pets/");
    test_match(&t, "GET /x", NULL);
    test_match(&t, "GET /x/", "GET /{x}/");
    test_match(&t, "GET /a/b", "GET /a/{x}");
    test_match(&t, "GET /a/b/", "GET /a/{y}/");
    test_match(&t, "GET /a/b/c", NULL);
    test_match(&t, "GET /a/", "GET /{x}/");
    test_match(&t, "GET /g/", "GET /{x}/");
    test_match(&t, "PUT /g/", NULL);
    test_match(&t, "PUT /g", NULL);
    test_match(&t, "PUT /g/a", "ANY /g/{proxy+}");
    test_match(&t, "PUT /g/a/", "ANY /g/{proxy+}");
    test_match(&t, "GET /", "GET /");
    test_match(&t, "PUT /", NULL);
    test_param(&t, "PUT /g/a/", 0, "a/");
    test_param(&t, "GET /a/b/", 0, "b");
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_HTTP, back), NGX_OK, "way back");
    test_match(&t, "POST /a/b/c", "POST /a/b/c");
    test_match(&t, "GET /a/b/c", "GET /a/b/{w}");
    test_match(&t, "GET /a/x/c", "GET /a/{x}/{y}");
    test_match(&t, "GET /x/b/c", "GET /{z}/b/c");
    test_match(&t, "GET /x/y/c", "GET /{q}/{r}/c");
    test_match(&t, "GET /x/y/z", "ANY /{q}/{r}/{s}");
    test_match(&t, "PUT /a/b/c", "ANY /{q}/{r}/{s}");
    test_param(&t, "PUT /a/b/c", 2, "c");
    test_free(&t);
}


static void
test_http_greedy(void)
{
    test_t  t;

    static const char  *greedy[] = {
        "GET /{p+}", "GET /a/{p+}", "GET /a/{x}/{p+}", "GET /a/{x}/b/{p+}",
        "GET /a/b/{p+}", "POST /a/{x}/c/d/{p+}", "ANY /a/b/c/{p+}",
        "GET /{x}/{y}/{z}/{t}/{p+}", "POST /{p+}", "GET /a/{x}", "ANY /{x}",
        "$default", NULL
    };
    static const char  *tie[] = {
        "GET /{x}/{y}/{p+}", "GET /{x}/b/{p+}", NULL
    };
    static const char  *any[] = {
        "ANY /a/{p+}", "GET /a/{q+}", "GET /{x}/b", "ANY /{x}/b", "ANY /a/b",
        "OPTIONS /{proxy+}", "$default", NULL
    };

    is_int(test_build(&t, NGX_APIGW_HTTP, greedy), NGX_OK, "greedy routes");
    test_match(&t, "GET /x", "ANY /{x}");
    test_match(&t, "GET /x/y", "GET /{p+}");
    test_match(&t, "GET /a/y", "GET /a/{x}");
    test_match(&t, "GET /a/y/", "GET /a/{p+}");
    test_match(&t, "GET /a/y/z", "GET /a/{x}/{p+}");
    test_match(&t, "GET /a/y/b", "GET /a/{x}/{p+}");
    test_match(&t, "GET /a/y/b/c", "GET /a/{x}/b/{p+}");
    test_match(&t, "GET /a/b/y", "GET /a/b/{p+}");
    test_match(&t, "GET /a/b/b/c/d/e", "GET /a/b/{p+}");
    test_match(&t, "GET /a/b/c/d", "ANY /a/b/c/{p+}");
    test_match(&t, "POST /a/b/c/d", "ANY /a/b/c/{p+}");
    test_match(&t, "POST /a/b/c/", "POST /{p+}");
    test_match(&t, "POST /a/b/c/d/e", "ANY /a/b/c/{p+}");
    test_match(&t, "POST /a/x/c/d/e", "POST /a/{x}/c/d/{p+}");
    test_match(&t, "POST /a/x/c/e/e", "POST /{p+}");
    test_match(&t, "GET /1/2/3/4/5", "GET /{x}/{y}/{z}/{t}/{p+}");
    test_match(&t, "GET /1/2/3/4", "GET /{p+}");
    test_match(&t, "PUT /1/2/3/4", "$default");
    test_match(&t, "PUT /1", "ANY /{x}");
    test_param(&t, "GET /a/y/b/c/d/", 1, "c/d/");
    test_param(&t, "GET /a/y/b/c/d/", 0, "y");
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_HTTP, tie), NGX_OK, "equal greedy routes");
    test_match(&t, "GET /a/b/c", "GET /{x}/b/{p+}");
    test_match(&t, "GET /a/c/c", "GET /{x}/{y}/{p+}");
    test_free(&t);

    is_int(test_build(&t, NGX_APIGW_HTTP, any), NGX_OK, "exact before ANY");
    test_match(&t, "GET /a/b", "ANY /a/b");
    test_match(&t, "GET /c/b", "GET /{x}/b");
    test_match(&t, "POST /c/b", "ANY /{x}/b");
    test_match(&t, "GET /a/c", "GET /a/{q+}");
    test_match(&t, "POST /a/c", "ANY /a/{p+}");
    test_match(&t, "OPTIONS /a/c", "ANY /a/{p+}");
    test_match(&t, "OPTIONS /d", "OPTIONS /{proxy+}");
    test_match(&t, "GET /d", "$default");
    test_free(&t);
}


static void
test_http_refused(void)
{
    test_t  t;

    static const char  *dup[] = { "GET /pets/{id}", "GET /pets/{name}", NULL };
    static const char  *greedy[] = { "GET /{a+}", "GET /{b+}", NULL };
    static const char  *two[] = { "$default", "GET /a", "$default", NULL };
    static const char  *same[] = { "GET /a/b", "ANY /a/b", "GET /a/b", NULL };
    static const char  *slash[] = { "GET /a/", "GET /a", "GET /a/", NULL };
    static const char  *fine[] = {
        "GET /pets/{id}", "POST /pets/{name}", "ANY /pets/{x}",
        "GET /pets/{proxy+}", "POST /pets/{rest+}", "GET /pets", "GET /pets/",
        "GET /", NULL
    };

    test_refused(NGX_APIGW_HTTP, dup, 1, 0, "duplicate");
    test_refused(NGX_APIGW_HTTP, greedy, 1, 0, "duplicate");
    test_refused(NGX_APIGW_HTTP, two, 2, 0, "duplicate");
    test_refused(NGX_APIGW_HTTP, same, 2, 0, "duplicate");
    test_refused(NGX_APIGW_HTTP, slash, 2, 0, "duplicate");

    is_int(test_build(&t, NGX_APIGW_HTTP, fine), NGX_OK, "HTTP: no conflict");
    test_match(&t, "GET /pets/1", "GET /pets/{id}");
    test_match(&t, "POST /pets/1", "POST /pets/{name}");
    test_match(&t, "PUT /pets/1", "ANY /pets/{x}");
    test_match(&t, "GET /pets/1/2", "GET /pets/{proxy+}");
    test_match(&t, "POST /pets/1/2", "POST /pets/{rest+}");
    test_match(&t, "PUT /pets/1/2", NULL);
    test_match(&t, "GET /pets/", "GET /pets/");
    test_match(&t, "GET /", "GET /");
    test_free(&t);
}


/* after ngx_apigw_path_canonical(), what is left of attacks */

static void
test_attacks(void)
{
    test_t  t;

    static const char  *list[] = {
        "GET /admin", "GET /pets/{id}", "GET /files/{path+}", NULL
    };

    is_int(test_build(&t, NGX_APIGW_REST, list), NGX_OK, "attacks");

    test_match(&t, "GET /admin", "GET /admin");
    test_match(&t, "GET /admin/", "GET /admin");
    test_match(&t, "GET /admin;x=1", NULL);
    test_match(&t, "GET /ADMIN", NULL);
    test_match(&t, "GET /admin%20", NULL);
    test_match(&t, "GET /admin%2F", NULL);
    test_match(&t, "GET /%252e", NULL);
    test_match(&t, "GET /pets/{id}", "GET /pets/{id}");
    test_match(&t, "GET /pets/a%2Fb", "GET /pets/{id}");
    test_match(&t, "GET /pets/a/b", NULL);
    test_match(&t, "GET /{id}", NULL);
    test_match(&t, "HEAD /admin", NULL);
    test_param(&t, "GET /pets/a%2Fb", 0, "a%2Fb");
    test_param(&t, "GET /files/a%2Fb/c", 0, "a%2Fb/c");
    test_param(&t, "GET /pets/{id}", 0, "{id}");

    test_free(&t);
}


static void
test_no_memory(ngx_uint_t type)
{
    long                 n;
    test_t               t;
    ngx_int_t            rc;
    ngx_apigw_router_t  *router;

    static const char  *list[] = {
        "GET /", "GET /a", "GET /a/{x}", "ANY /b/{p+}",
        "GET /a-long-segment-of-30-characters", NULL
    };

    is_int(test_build(&t, type, list), NGX_OK, "router for failures");

    for (n = 0; n < 100; n++) {
        router = NULL;

        ngx_stub_fail(n);
        rc = ngx_apigw_router_create(t.pool, type, t.keys, t.n, &router,
                                     &t.err);
        ngx_stub_fail(-1);

        if (rc != NGX_ERROR) {
            break;
        }

        if (router) {
            ok(0, "a router in spite of an error");
        }
    }

    ok(rc == NGX_OK && router && n == 6, "create without memory: %ld times",
       n);

    test_free(&t);
}


/*
 * n routes: a third below one parent, a third four levels deep, a third with
 * parameters.
 */

static void
test_many(ngx_uint_t type, ngx_uint_t n)
{
    char                      *text, request[128];
    size_t                     len;
    ngx_int_t                  rc;
    ngx_str_t                 *texts, path;
    ngx_uint_t                 i, wrong;
    const char                *reason;
    ngx_pool_t                *pool;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t     *rks, **keys;
    ngx_apigw_router_error_t   err;

    static const char  *formats[] = {
        "GET /flat/resource%lu",
        "GET /v%lu/accounts/a-rather-long-segment-%lu/users",
        "GET /things%lu/{id}/parts/{part}"
    };
    static const char  *requests[] = {
        "/flat/resource%lu",
        "/v%lu/accounts/a-rather-long-segment-%lu/users",
        "/things%lu/8c9e/parts/%lu"
    };

    pool = ngx_create_pool(0, NULL);

    text = malloc(n * 128);
    texts = malloc(n * sizeof(ngx_str_t));
    rks = malloc(n * sizeof(ngx_apigw_route_key_t));
    keys = malloc(n * sizeof(ngx_apigw_route_key_t *));

    wrong = 0;

    for (i = 0; i < n; i++) {
        len = (size_t) snprintf(text + i * 128, 128, formats[i % 3],
                                (unsigned long) i, (unsigned long) i);

        texts[i].data = (u_char *) text + i * 128;
        texts[i].len = len;
        keys[i] = &rks[i];

        if (ngx_apigw_route_parse(pool, &texts[i], &rks[i], &reason)
            != NGX_OK)
        {
            wrong++;
        }
    }

    is_int(wrong, 0, "%lu keys", (unsigned long) n);

    rc = ngx_apigw_router_create(pool, type, keys, n, &router, &err);
    is_int(rc, NGX_OK, "%lu routes", (unsigned long) n);

    wrong = 0;

    for (i = 0; i < n; i++) {
        len = (size_t) snprintf(request, sizeof(request), requests[i % 3],
                                (unsigned long) i, (unsigned long) i);

        path.data = (u_char *) request;
        path.len = len;

        if (ngx_apigw_router_match(router, NGX_APIGW_GET, &path) != keys[i]
            || ngx_apigw_router_match(router, NGX_APIGW_PUT, &path))
        {
            wrong++;
        }

        request[len++] = 'x';
        path.len = len;

        if (i % 3 != 2
            && ngx_apigw_router_match(router, NGX_APIGW_GET, &path))
        {
            wrong++;
        }
    }

    is_int(wrong, 0, "each is found, no other");

    ngx_destroy_pool(pool);

    free(text);
    free(texts);
    free(rks);
    free(keys);
}


/*
 * Each combination of "a" and "{x}" over 9 levels, but with POST only: a GET
 * visits each node of the tree; and paths of 500 and of 100000 segments.
 */

static void
test_pathological(ngx_uint_t type)
{
    char                       text[512][64], *p;
    u_char                     buf[200000];
    ngx_int_t                  rc;
    ngx_str_t                  key, path, value;
    ngx_uint_t                 i, j, n;
    const char                *reason;
    ngx_pool_t                *pool;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t      rks[514], *keys[514], *rk;
    ngx_apigw_router_error_t   err;

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < 512; i++) {
        p = text[i] + sprintf(text[i], "%s ", i == 0 ? "GET" : "POST");

        for (j = 0; j < 9; j++) {
            p += (i & ((ngx_uint_t) 1 << j))
                 ? sprintf(p, "/a") : sprintf(p, "/{x%d}", (int) j);
        }

        key.data = (u_char *) text[i];
        key.len = (size_t) (p - text[i]);
        keys[i] = &rks[i];

        rc = ngx_apigw_route_parse(pool, &key, &rks[i], &reason);

        if (rc != NGX_OK) {
            ok(0, "%s: %s", text[i], reason);
        }
    }

    n = 512;

    if (type == NGX_APIGW_HTTP) {
        ngx_str_set(&key, "ANY /{p+}");
        (void) ngx_apigw_route_parse(pool, &key, &rks[n], &reason);
        keys[n] = &rks[n];
        n++;
    }

    rc = ngx_apigw_router_create(pool, type, keys, n, &router, &err);
    is_int(rc, NGX_OK, "all combinations of 9 levels");

    for (i = 0; i < sizeof(buf); i += 2) {
        buf[i] = '/';
        buf[i + 1] = 'a';
    }

    path.data = buf;
    path.len = 18;

    rk = ngx_apigw_router_match(router, NGX_APIGW_POST, &path);
    ok(rk == keys[511], "the one with the most literals");

    rk = ngx_apigw_router_match(router, NGX_APIGW_GET, &path);
    ok(rk == (type == NGX_APIGW_HTTP ? keys[0] : NULL),
       "the one without literals");

    rk = ngx_apigw_router_match(router, NGX_APIGW_HEAD, &path);
    ok(rk == (type == NGX_APIGW_HTTP ? keys[512] : NULL), "none");

    path.len = 1000;
    rk = ngx_apigw_router_match(router, NGX_APIGW_POST, &path);
    ok(rk == (type == NGX_APIGW_HTTP ? keys[512] : NULL), "500 segments");

    path.len = sizeof(buf);
    rk = ngx_apigw_router_match(router, NGX_APIGW_POST, &path);
    ok(rk == (type == NGX_APIGW_HTTP ? keys[512] : NULL), "100000 segments");

    if (rk) {
        ngx_apigw_route_param(router, rk->params, &path, &value);
        is_int(value.len, sizeof(buf) - 1, "all of them are the parameter");
    }

    buf[0] = '/';
    memset(buf + 1, 'a', sizeof(buf) - 1);

    rk = ngx_apigw_router_match(router, NGX_APIGW_POST, &path);
    ok(rk == (type == NGX_APIGW_HTTP ? keys[512] : NULL),
       "a segment of 200000 characters");

    ngx_destroy_pool(pool);
}


/* segments of each length, one differing from the other in any one byte */

static void
test_lengths(void)
{
    char                       texts[80][96];
    u_char                     buf[96];
    size_t                     len;
    ngx_str_t                  key, path;
    ngx_uint_t                 i, j, wrong;
    const char                *reason;
    ngx_pool_t                *pool;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t      rks[80], *keys[80];
    ngx_apigw_router_error_t   err;

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < 80; i++) {
        len = (size_t) sprintf(texts[i], "GET /");
        memset(texts[i] + len, 'x', i + 1);

        key.data = (u_char *) texts[i];
        key.len = len + i + 1;
        keys[i] = &rks[i];

        (void) ngx_apigw_route_parse(pool, &key, &rks[i], &reason);
    }

    is_int(ngx_apigw_router_create(pool, NGX_APIGW_HTTP, keys, 80, &router,
                                   &err),
           NGX_OK, "segments of 1 to 80 characters");

    memset(buf, 'x', sizeof(buf));
    buf[0] = '/';
    path.data = buf;
    wrong = 0;

    for (i = 0; i < 80; i++) {
        path.len = i + 2;

        if (ngx_apigw_router_match(router, NGX_APIGW_GET, &path) != keys[i]) {
            wrong++;
        }

        for (j = 1; j < path.len; j++) {
            buf[j] = 'y';

            if (ngx_apigw_router_match(router, NGX_APIGW_GET, &path)) {
                wrong++;
            }

            buf[j] = 'x';
        }
    }

    is_int(wrong, 0, "each is told from those that differ in one byte");

    ngx_destroy_pool(pool);
}


int
main(void)
{
    test_parse();
    test_parse_limits();
    test_rest();
    test_rest_refused();
    test_http();
    test_http_greedy();
    test_http_refused();
    test_attacks();
    test_no_memory(NGX_APIGW_REST);
    test_no_memory(NGX_APIGW_HTTP);
    test_lengths();
    test_pathological(NGX_APIGW_REST);
    test_pathological(NGX_APIGW_HTTP);
    test_many(NGX_APIGW_REST, 10000);
    test_many(NGX_APIGW_HTTP, 10000);
    test_many(NGX_APIGW_REST, 100000);
    test_many(NGX_APIGW_HTTP, 100000);

    return done();
}
