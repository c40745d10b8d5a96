
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_key.h"
#include "ngx_http_apigw_mask.h"


static ngx_int_t ngx_http_apigw_key_granted(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *secret);


ngx_int_t
ngx_http_apigw_key_read(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_key_loc_conf_t *klcf, ngx_str_t *secret)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    if (klcf->granted) {
        return ngx_http_apigw_key_granted(r, ctx, secret);
    }

    if (klcf->header.len == 0) {
        return ngx_http_apigw_take_variable(r, klcf->index,
                                            NGX_APIGW_KEY_MAX_LEN, secret);
    }

    rc = ngx_http_apigw_find_header(r, &klcf->header, &h);

    return (rc == NGX_OK) ? ngx_http_apigw_own(r, &h->value, secret) : rc;
}


/* a copy: that of the authorizer is not this request's to wipe */

static ngx_int_t
ngx_http_apigw_key_granted(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *secret)
{
    ngx_str_t  *key;

    if (ctx->granted == NULL || ctx->granted->usage_key.len == 0) {
        return NGX_DECLINED;
    }

    key = &ctx->granted->usage_key;

    secret->data = ngx_pnalloc(r->pool, key->len);
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(secret->data, key->data, key->len);
    secret->len = key->len;

    return NGX_OK;
}


/*
 * What a variable was computed of may have been copied into the request's
 * pool, and pools are freed as they are.
 */

void
ngx_http_apigw_key_wipe(ngx_http_request_t *r,
    ngx_http_apigw_key_loc_conf_t *klcf, ngx_str_t *secret)
{
    u_char       copy[NGX_APIGW_KEY_MAX_LEN];
    ngx_str_t    text, needle;
    ngx_pool_t  *pool;

    if (klcf->header.len == 0
        && secret->len >= NGX_HTTP_APIGW_SECRET_MIN
        && secret->len <= NGX_APIGW_KEY_MAX_LEN)
    {
        ngx_memcpy(copy, secret->data, secret->len);

        needle.len = secret->len;
        needle.data = copy;

        for (pool = r->pool; pool; pool = pool->d.next) {
            text.data = (u_char *) pool + sizeof(ngx_pool_data_t);
            text.len = pool->d.last - text.data;

            ngx_http_apigw_mask(&text, &needle);
        }

        ngx_explicit_memzero(copy, needle.len);
    }

    ngx_memset(secret->data, '*', secret->len);
    secret->len = 0;
}
