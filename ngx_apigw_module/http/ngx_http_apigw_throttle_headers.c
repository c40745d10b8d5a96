
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_throttle.h"


/*
 * Retry-After, and the fields of draft-ietf-httpapi-ratelimit-headers-10: one
 * item, the tightest throttle, and a second one where a quota is used up.
 */


#define NGX_HTTP_APIGW_DAY  86400                /* seconds */


static ngx_int_t ngx_http_apigw_throttle_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_throttle_retry(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_lease_view_t *quota);
static ngx_int_t ngx_http_apigw_throttle_policy(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_lease_view_t *quota);
static ngx_int_t ngx_http_apigw_throttle_state(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_lease_view_t *quota);
static uint64_t ngx_http_apigw_throttle_window(ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_lease_view_t *quota);
static uint64_t ngx_http_apigw_throttle_wait(ngx_http_apigw_ctx_t *ctx);
static u_char *ngx_http_apigw_throttle_seconds(u_char *p, uint64_t ns);


static ngx_str_t  ngx_http_apigw_retry_after_key = ngx_string("Retry-After");
static ngx_str_t  ngx_http_apigw_ratelimit_key = ngx_string("RateLimit");
static ngx_str_t  ngx_http_apigw_policy_key = ngx_string("RateLimit-Policy");


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


void
ngx_http_apigw_throttle_filter_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_apigw_throttle_header_filter;
}


static ngx_int_t
ngx_http_apigw_throttle_header_filter(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t                *ctx;
    ngx_apigw_lease_view_t              *quota;
    ngx_http_apigw_throttle_loc_conf_t  *tlcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->limited == NULL) {
        return ngx_http_next_header_filter(r);
    }

    tlcf = ctx->limited->loc_conf[ngx_http_apigw_throttle_module.ctx_index];

    if (!tlcf->headers) {
        return ngx_http_next_header_filter(r);
    }

    /* NULL: no quota has refused */

    quota = (ctx->quota && ctx->quota->rc == NGX_DECLINED)
            ? ngx_http_apigw_quota_view(r, ctx) : NULL;

    if (ngx_http_apigw_throttle_retry(r, ctx, quota) != NGX_OK
        || ngx_http_apigw_throttle_policy(r, ctx, quota) != NGX_OK
        || ngx_http_apigw_throttle_state(r, ctx, quota) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_apigw_throttle_retry(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_lease_view_t *quota)
{
    uint64_t   wait;
    ngx_str_t  value;

    if (ctx->quota && ctx->quota->rc == NGX_BUSY) {
        ngx_str_set(&value, "1");

        return ngx_http_apigw_add_header(r, &ngx_http_apigw_retry_after_key,
                                         &value);
    }

    if (quota) {
        wait = (uint64_t) quota->reset * 1000000;

    } else if (ctx->throttle_status == NGX_HTTP_APIGW_REJECTED) {
        wait = ngx_http_apigw_throttle_wait(ctx);

    } else {
        return NGX_OK;
    }

    if (wait == NGX_APIGW_GCRA_NEVER) {
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, NGX_APIGW_NUMBER_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_http_apigw_throttle_seconds(value.data, wait) - value.data;

    return ngx_http_apigw_add_header(r, &ngx_http_apigw_retry_after_key,
                                     &value);
}


static ngx_int_t
ngx_http_apigw_throttle_policy(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_lease_view_t *quota)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   value;

    if (quota == NULL) {
        return ctx->limit ? ngx_http_apigw_add_header(r,
                                                   &ngx_http_apigw_policy_key,
                                                   &ctx->limit->policy)
                          : NGX_OK;
    }

    len = sizeof(", \"quota\";q=;w=") - 1 + (size_t) 2 * NGX_APIGW_NUMBER_LEN;

    if (ctx->limit) {
        len += ctx->limit->policy.len;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    if (ctx->limit) {
        p = ngx_cpymem(p, ctx->limit->policy.data, ctx->limit->policy.len);
        *p++ = ','; *p++ = ' ';
    }

    p = ngx_cpymem(p, "\"quota\";q=", sizeof("\"quota\";q=") - 1);
    p = ngx_apigw_number(p, quota->limit);
    p = ngx_cpymem(p, ";w=", sizeof(";w=") - 1);
    p = ngx_apigw_number(p, ngx_http_apigw_throttle_window(ctx, quota));

    value.len = p - value.data;

    return ngx_http_apigw_add_header(r, &ngx_http_apigw_policy_key, &value);
}


static ngx_int_t
ngx_http_apigw_throttle_state(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_lease_view_t *quota)
{
    u_char                  *p;
    size_t                   len;
    uint64_t                 wait;
    ngx_str_t                value;
    ngx_http_apigw_limit_t  *limit;

    limit = ctx->limit;

    if (limit == NULL && quota == NULL) {
        return NGX_OK;
    }

    len = sizeof("\"\";r=;t=, \"quota\";r=;t=") - 1
          + (limit ? limit->name.len : 0) + (size_t) 4 * NGX_APIGW_NUMBER_LEN;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    if (limit) {
        *p++ = '"';
        p = ngx_cpymem(p, limit->name.data, limit->name.len);
        p = ngx_cpymem(p, "\";r=", sizeof("\";r=") - 1);
        p = ngx_apigw_number(p, ctx->limit_state.remaining);

        wait = ngx_http_apigw_throttle_wait(ctx);

        if (wait != NGX_APIGW_GCRA_NEVER) {
            p = ngx_cpymem(p, ";t=", sizeof(";t=") - 1);
            p = ngx_http_apigw_throttle_seconds(p, wait);
        }
    }

    if (quota) {
        if (limit) {
            *p++ = ','; *p++ = ' ';
        }

        p = ngx_cpymem(p, "\"quota\";r=", sizeof("\"quota\";r=") - 1);
        p = ngx_apigw_number(p, quota->remaining);
        p = ngx_cpymem(p, ";t=", sizeof(";t=") - 1);
        p = ngx_http_apigw_throttle_seconds(p, (uint64_t) quota->reset
                                               * 1000000);
    }

    value.len = p - value.data;

    return ngx_http_apigw_add_header(r, &ngx_http_apigw_ratelimit_key, &value);
}


/*
 * The seconds of the period, months differ.  It is the store's: where our
 * clock is up to half a day apart, its end is still the nearest midnight.
 */

static uint64_t
ngx_http_apigw_throttle_window(ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_lease_view_t *quota)
{
    uint32_t             last;
    ngx_apigw_period_t  *period;

    period = &ctx->quota->plan->quota.period;

    last = (uint32_t) ((ngx_time() + (time_t) (quota->reset / 1000)
                        + NGX_HTTP_APIGW_DAY / 2)
                       / NGX_HTTP_APIGW_DAY - 1);

    return (uint64_t) NGX_HTTP_APIGW_DAY
           * (ngx_apigw_period_end(period, last)
              - ngx_apigw_period_start(period, last));
}


/* of the throttle: until it has a token, or another one */

static uint64_t
ngx_http_apigw_throttle_wait(ngx_http_apigw_ctx_t *ctx)
{
    return ctx->limit_state.remaining ? ctx->limit_state.reset
                                      : ctx->limit_state.retry;
}


/* rounded up: whoever comes back then is let in */

static u_char *
ngx_http_apigw_throttle_seconds(u_char *p, uint64_t ns)
{
    return ngx_apigw_number(p, (ns + 999999999) / 1000000000);
}
