
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "ngx_apigw_path.h"
#include "ngx_apigw_router.h"


/*
 * The input is a route key.  What is accepted is consistent in itself, its
 * path is canonical (but for braces, which a path may hold), and a router of
 * this one route finds it by its own path.
 */

#define check(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        abort();                                                             \
    }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_params(ngx_apigw_route_key_t *rk)
{
    u_char             *p, *last;
    ngx_uint_t          i, segment;
    ngx_apigw_param_t  *param;

    segment = (ngx_uint_t) -1;
    i = 0;
    last = rk->path.data + rk->path.len;

    for (p = rk->path.data; p < last; p++) {

        if (*p == '/') {
            segment++;
        }

        if (*p != '{') {
            continue;
        }

        check(i < rk->nparams);
        param = &rk->params[i++];

        check(param->segment == segment);
        check(p[-1] == '/');
        check(param->name.data == p + 1);
        check(param->name.len);

        p += 1 + param->name.len;

        if (param->greedy) {
            check(*p == '+');
            p++;
            check(p + 1 == last);
        }

        check(*p == '}');
        check(p + 1 == last || p[1] == '/');

        if (i == 1) {
            check(rk->prefix.len
                  == (size_t) (param->name.data - 1 - rk->path.data));
        }
    }

    check(i == rk->nparams);
    check(segment < NGX_APIGW_ROUTE_MAX_SEGMENTS);
}


static void
check_router(ngx_pool_t *pool, ngx_apigw_route_key_t *rk, ngx_uint_t type)
{
    ngx_int_t                  rc;
    ngx_str_t                  value;
    ngx_uint_t                 i, method;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t     *keys[2];
    ngx_apigw_router_error_t   err;

    keys[0] = rk;
    keys[1] = rk;

    err.reason = NULL;

    check(ngx_apigw_router_create(pool, type, keys, 2, &router, &err)
          == NGX_DECLINED);
    check(err.reason);

    rc = ngx_apigw_router_create(pool, type, keys, 1, &router, &err);

    if (rk->catch_all && type == NGX_APIGW_REST) {
        check(rc == NGX_DECLINED);
        return;
    }

    check(rc == NGX_OK);

    if (rk->catch_all) {
        return;
    }

    for (method = 0; method < NGX_APIGW_METHODS + 2; method++) {
        check(ngx_apigw_router_match(router, method, &rk->path)
              == ((method < NGX_APIGW_ANY
                   && (rk->method == method || rk->method == NGX_APIGW_ANY))
                  ? rk : NULL));
    }

    for (i = 0; i < rk->nparams; i++) {
        ngx_apigw_route_param(router, &rk->params[i], &rk->path, &value);

        check(value.data == rk->params[i].name.data - 1);
        check(value.len
              == rk->params[i].name.len + 2 + rk->params[i].greedy);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                 *copy;
    ngx_int_t               rc;
    ngx_str_t               key, path;
    const char             *reason;
    ngx_pool_t             *pool;
    ngx_apigw_route_key_t   rk;

    copy = malloc(size + !size);
    memcpy(copy, data, size);

    key.data = copy;
    key.len = size;

    pool = ngx_create_pool(0, NULL);
    reason = NULL;

    rc = ngx_apigw_route_parse(pool, &key, &rk, &reason);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED);
        check(reason && *reason);
        goto done;
    }

    check(rk.key.data == copy && rk.key.len == size);
    check(rk.method < NGX_APIGW_METHODS);

    if (rk.catch_all) {
        check(rk.path.len == 0 && rk.prefix.len == 0 && rk.nparams == 0);

    } else {
        check(rk.prefix.data == rk.path.data);
        check(rk.path.data + rk.path.len == copy + size);

        if (rk.nparams == 0) {
            check(rk.prefix.len == rk.path.len);
        }

        check_params(&rk);

        check(ngx_apigw_path_canonical(pool, &rk.path, 0, &path, &reason)
              == NGX_OK);
        check(path.data == rk.path.data && path.len == rk.path.len);
    }

    check_router(pool, &rk, NGX_APIGW_REST);
    check_router(pool, &rk, NGX_APIGW_HTTP);

done:

    ngx_destroy_pool(pool);
    free(copy);

    return 0;
}
