
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_apigw_digest.h"


static void ngx_http_apigw_cleanup_ctx(void *data);


ngx_http_apigw_ctx_t *
ngx_http_apigw_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_http_apigw_ctx_t  *ctx;

    r = r->main;
    ctx = ngx_http_get_module_ctx(r, ngx_apigw_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* an internal redirect or a filter has wiped r->ctx */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_apigw_cleanup_ctx) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_apigw_module);
            break;
        }
    }

    return ctx;
}


ngx_http_apigw_ctx_t *
ngx_http_apigw_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_http_apigw_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_apigw_get_ctx(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_apigw_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_apigw_ctx_t));

    cln->handler = ngx_http_apigw_cleanup_ctx;

    ngx_http_set_ctx(r, ctx, ngx_apigw_module);

    return ctx;
}


static void
ngx_http_apigw_cleanup_ctx(void *data)
{
    ngx_http_apigw_ctx_t  *ctx = data;

    /* the buffers of the connection outlive a request that was not logged */

    if (ctx->secret.len) {
        ngx_apigw_cleanse(ctx->secret.data, ctx->secret.len);
    }
}
