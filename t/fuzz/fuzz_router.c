
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "ngx_apigw_router.h"


/*
 * The input is a little program that makes route keys and paths of a small
 * alphabet, so that they meet often.  A naive reference tries all routes by
 * the documented rules; the router must refuse what it refuses and find what
 * it finds.
 *
 *     byte 0       type
 *     then         number of routes, each: method, number of segments,
 *                  segments
 *     rest         requests, each: method, number of segments, segments
 */

#define MAX_ROUTES    24
#define MAX_SEGMENTS  6


#define check(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        dump();                                                              \
        abort();                                                             \
    }


typedef struct {
    ngx_uint_t                method;
    ngx_uint_t                n;
    ngx_uint_t                fallback;
    const char               *segs[MAX_SEGMENTS + 2];
    char                      text[512];
    size_t                    len;
} route_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char  *methods[] = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "ANY"
};

static const char  *alphabet[] = {
    "a", "b", "{x}", "{y}", "{p+}", "{q+}", "abcdefgh", "abcdefgi",
    "an-eighteen-bytes-", "an-eighteen-bytes+", "{x}", "a", "ab", "{p+}", "",
    "sixteen-bytes-..."
};

static const char  *texts[] = {
    "a", "b", "c", "abcdefgh", "abcdefgi", "an-eighteen-bytes-",
    "an-eighteen-bytes+", "ab", "sixteen-bytes-...", "{x}", "%2F", ""
};


static const uint8_t  *in;
static size_t          left;

static route_t         routes[MAX_ROUTES];
static ngx_uint_t      nroutes;
static ngx_uint_t      type;

static route_t         request;


static unsigned
next(unsigned n)
{
    if (left == 0) {
        return 0;
    }

    left--;

    return *in++ % n;
}


static void
dump(void)
{
    ngx_uint_t  i;

    fprintf(stderr, "type %s\n", type == NGX_APIGW_REST ? "REST" : "HTTP");

    for (i = 0; i < nroutes; i++) {
        fprintf(stderr, "    %.*s\n", (int) routes[i].len, routes[i].text);
    }

    fprintf(stderr, "request %s %.*s\n",
            request.method < 8 ? methods[request.method] : "-",
            (int) request.len, request.text);
}


static int
is_greedy(const char *seg)
{
    return seg[0] == '{' && strchr(seg, '+') != NULL;
}


static int
is_literal(const char *seg)
{
    return seg[0] != '{';
}


/* a path without segments is "/", whose only segment is empty */

static void
read_route(route_t *r)
{
    char        *p;
    unsigned     n;
    const char  *seg;

    r->n = 0;
    r->fallback = 0;
    r->method = next(8);
    n = next(MAX_SEGMENTS + 1);

    if (n == 0 && r->method == NGX_APIGW_ANY && next(2)) {
        r->fallback = 1;
        r->len = (size_t) sprintf(r->text, "$default");
        return;
    }

    while (r->n < n) {
        seg = alphabet[next(sizeof(alphabet) / sizeof(alphabet[0]))];
        r->segs[r->n++] = seg;

        if (*seg == '\0' || is_greedy(seg)) {
            break;
        }
    }

    if (r->n == 0) {
        r->segs[r->n++] = "";
    }

    p = r->text + sprintf(r->text, "%s ", methods[r->method]);

    for (n = 0; n < r->n; n++) {
        p += sprintf(p, "/%s", r->segs[n]);
    }

    r->len = (size_t) (p - r->text);

    if (type == NGX_APIGW_REST && *r->segs[r->n - 1] == '\0') {
        r->n--;
    }
}


static void
read_request(void)
{
    char        *p;
    unsigned     n;
    const char  *seg;

    request.n = 0;
    request.method = next(9);
    n = next(MAX_SEGMENTS + 2);

    while (request.n < n) {
        seg = texts[next(sizeof(texts) / sizeof(texts[0]))];
        request.segs[request.n++] = seg;

        if (*seg == '\0') {
            break;
        }
    }

    if (request.n == 0) {
        request.segs[request.n++] = "";
    }

    p = request.text;

    for (n = 0; n < request.n; n++) {
        p += sprintf(p, "/%s", request.segs[n]);
    }

    request.len = (size_t) (p - request.text);

    if (type == NGX_APIGW_REST && *request.segs[request.n - 1] == '\0') {
        request.n--;
    }
}


/* the same resource: the names of parameters do not count */

static int
same_prefix(route_t *a, route_t *b, ngx_uint_t n)
{
    ngx_uint_t  i;

    if (a->n < n || b->n < n) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (is_literal(a->segs[i]) || is_literal(b->segs[i])) {
            if (strcmp(a->segs[i], b->segs[i]) != 0) {
                return 0;
            }

        } else if (is_greedy(a->segs[i]) != is_greedy(b->segs[i])) {
            return 0;
        }
    }

    return 1;
}


/* whether route n contradicts an earlier one */

static int
reference_refused(ngx_uint_t n)
{
    route_t     *a, *b;
    ngx_uint_t   i, j;

    a = &routes[n];

    if (a->fallback && type == NGX_APIGW_REST) {
        return 1;
    }

    for (i = 0; i < n; i++) {
        b = &routes[i];

        if (a->fallback || b->fallback) {

            if (a->fallback && b->fallback) {
                return 1;
            }

            continue;
        }

        if (a->n == b->n && a->method == b->method
            && same_prefix(a, b, a->n))
        {
            return 1;
        }

        if (type == NGX_APIGW_HTTP) {
            continue;
        }

        for (j = 0; j < a->n && j < b->n; j++) {

            if (same_prefix(a, b, j)
                && !is_literal(a->segs[j]) && !is_literal(b->segs[j])
                && strcmp(a->segs[j], b->segs[j]) != 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* REST: walks the tree; where is a route that passes the node we are at */

static route_t *
reference_rest(void)
{
    route_t      where;
    route_t     *r, *any;
    ngx_uint_t   i, j;
    const char  *literal, *var;

    where.n = 0;

    for (i = 0; i < request.n; i++) {
        literal = NULL;
        var = NULL;

        for (j = 0; j < nroutes; j++) {
            r = &routes[j];

            if (r->n <= i || !same_prefix(r, &where, i)) {
                continue;
            }

            if (!is_literal(r->segs[i])) {
                var = r->segs[i];

            } else if (strcmp(r->segs[i], request.segs[i]) == 0) {
                literal = r->segs[i];
            }
        }

        if (literal == NULL && var == NULL) {
            return NULL;
        }

        where.segs[where.n++] = literal ? literal : var;

        if (literal == NULL && is_greedy(var)) {
            break;
        }
    }

    any = NULL;

    for (j = 0; j < nroutes; j++) {
        r = &routes[j];

        if (r->n != where.n || !same_prefix(r, &where, where.n)) {
            continue;
        }

        if (r->method == request.method) {
            return r;
        }

        if (r->method == NGX_APIGW_ANY) {
            any = r;
        }
    }

    return any;
}


static int
http_matches(route_t *r)
{
    ngx_uint_t  i;

    for (i = 0; i < r->n; i++) {

        if (i == request.n) {
            return 0;
        }

        if (is_literal(r->segs[i])) {
            if (strcmp(r->segs[i], request.segs[i]) != 0) {
                return 0;
            }

            continue;
        }

        if (*request.segs[i] == '\0') {
            return 0;
        }

        if (is_greedy(r->segs[i])) {
            return 1;
        }
    }

    return r->n == request.n;
}


/* whether a is preferred to b, both match */

static int
http_better(route_t *a, route_t *b)
{
    int         greedy;
    ngx_uint_t  i, la, lb;

    greedy = is_greedy(a->segs[a->n - 1]);

    if (greedy != is_greedy(b->segs[b->n - 1])) {
        return !greedy;
    }

    la = 0;
    lb = 0;

    for (i = 0; i < a->n && (is_literal(a->segs[i]) || !greedy); i++) {
        la += (ngx_uint_t) is_literal(a->segs[i]);
    }

    for (i = 0; i < b->n && (is_literal(b->segs[i]) || !greedy); i++) {
        lb += (ngx_uint_t) is_literal(b->segs[i]);
    }

    if (la != lb) {
        return la > lb;
    }

    if (a->n != b->n) {
        return a->n > b->n;
    }

    for (i = 0; i < a->n; i++) {
        if (is_literal(a->segs[i]) != is_literal(b->segs[i])) {
            return is_literal(a->segs[i]);
        }
    }

    return a->method == request.method;
}


static route_t *
reference_http(void)
{
    route_t     *r, *best, *fallback;
    ngx_uint_t   i;

    best = NULL;
    fallback = NULL;

    for (i = 0; i < nroutes; i++) {
        r = &routes[i];

        if (r->fallback) {
            fallback = r;
            continue;
        }

        if ((r->method != request.method && r->method != NGX_APIGW_ANY)
            || !http_matches(r))
        {
            continue;
        }

        if (best == NULL || http_better(r, best)) {
            best = r;
        }
    }

    return best ? best : fallback;
}


static void
check_param(ngx_apigw_router_t *router, ngx_apigw_param_t *param,
    ngx_str_t *path)
{
    char        *p, want[512];
    ngx_str_t    value;
    ngx_uint_t   i;

    p = want + sprintf(want, "%s", request.segs[param->segment]);

    if (param->greedy) {
        for (i = param->segment + 1; i < request.n; i++) {
            p += sprintf(p, "/%s", request.segs[i]);
        }
    }

    ngx_apigw_route_param(router, param, path, &value);

    check(value.len == (size_t) (p - want));
    check(memcmp(value.data, want, value.len) == 0);
}


static void
check_request(ngx_apigw_router_t *router, ngx_apigw_route_key_t *rks)
{
    route_t                *want;
    ngx_str_t               path;
    ngx_uint_t              i;
    ngx_apigw_route_key_t  *rk;

    read_request();

    path.len = request.len;
    path.data = malloc(path.len);
    memcpy(path.data, request.text, path.len);

    rk = ngx_apigw_router_match(router, request.method, &path);

    if (request.method >= NGX_APIGW_ANY) {
        want = NULL;

    } else if (type == NGX_APIGW_REST) {
        want = reference_rest();

    } else {
        want = reference_http();
    }

    check(rk == (want ? &rks[want - routes] : NULL));

    for (i = 0; rk && i < rk->nparams; i++) {
        check_param(router, &rk->params[i], &path);
    }

    free(path.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                   n;
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_uint_t                 i, refused;
    const char                *reason;
    ngx_pool_t                *pool;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t      rks[MAX_ROUTES], *keys[MAX_ROUTES];
    ngx_apigw_router_error_t   err;

    in = data;
    left = size;
    nroutes = 0;
    request.len = 0;

    type = next(2);
    n = next(MAX_ROUTES + 1);

    pool = ngx_create_pool(0, NULL);

    while (n--) {
        i = nroutes;

        read_route(&routes[i]);

        key.data = (u_char *) routes[i].text;
        key.len = routes[i].len;

        if (ngx_apigw_route_parse(pool, &key, &rks[i], &reason) == NGX_OK) {
            keys[i] = &rks[i];
            nroutes++;
        }
    }

    for (refused = 0; refused < nroutes; refused++) {
        if (reference_refused(refused)) {
            break;
        }
    }

    if (refused < nroutes) {
        rc = ngx_apigw_router_create(pool, type, keys, nroutes, &router, &err);

        check(rc == NGX_DECLINED);
        check(err.route == refused);
        check(err.other < refused || err.other == (ngx_uint_t) -1);

        /* those before it are enough for a router */

        nroutes = refused;
    }

    rc = ngx_apigw_router_create(pool, type, keys, nroutes, &router, &err);
    check(rc == NGX_OK);

    do {
        check_request(router, rks);
    } while (left);

    ngx_destroy_pool(pool);

    return 0;
}
