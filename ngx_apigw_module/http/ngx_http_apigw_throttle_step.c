
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_throttle.h"


/* what a request has paid, to be given back where a later limit refuses */

typedef struct {
    ngx_http_apigw_limit_t        *limit;
    uint64_t                       hash;
    uint32_t                       cell;
} ngx_http_apigw_charge_t;

typedef struct {
    uint64_t                       now;
    ngx_uint_t                     n;
    ngx_http_apigw_charge_t        charges[NGX_HTTP_APIGW_MAX_CHARGES];
} ngx_http_apigw_bill_t;


static ngx_int_t ngx_http_apigw_charge_plan(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_bill_t *bill);
static ngx_int_t ngx_http_apigw_charge_route(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_bill_t *bill);
static ngx_int_t ngx_http_apigw_charge(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_bill_t *bill,
    ngx_http_apigw_limit_t *limit, uint32_t cell);
static ngx_int_t ngx_http_apigw_charge_key(ngx_http_request_t *r,
    ngx_apigw_zone_t *zone, ngx_http_apigw_limit_t *limit, uint64_t *hash);
static ngx_int_t ngx_http_apigw_limited(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_limit_t *limit,
    const char *why);
static void ngx_http_apigw_refund(ngx_http_request_t *r,
    ngx_http_apigw_bill_t *bill);


ngx_int_t
ngx_http_apigw_throttle_step(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t              rc;
    ngx_http_apigw_bill_t  bill;

    if (ctx->charged || (ctx->plan == NULL && ctx->route->limits == NULL)) {
        return NGX_OK;
    }

    bill.n = 0;
    bill.now = ngx_apigw_now();

    rc = NGX_OK;
    ctx->throttle_status = NGX_HTTP_APIGW_PASSED;

    if (ctx->plan) {
        rc = ngx_http_apigw_charge_plan(r, ctx, &bill);
    }

    if (rc == NGX_OK && ctx->route->limits) {
        rc = ngx_http_apigw_charge_route(r, ctx, &bill);
    }

    if (rc == NGX_OK) {
        ctx->charged = 1;
        return NGX_OK;
    }

    ngx_http_apigw_refund(r, &bill);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    ctx->throttle_status = NGX_HTTP_APIGW_REJECTED;

    return ngx_http_apigw_refuse(r, ctx, NGX_HTTP_APIGW_THROTTLED);
}


/* the most specific limits first: those of the route, then of the plan */

static ngx_int_t
ngx_http_apigw_charge_plan(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_bill_t *bill)
{
    ngx_int_t                     rc;
    ngx_uint_t                    i, n, *index;
    ngx_array_t                  *limits;
    ngx_http_apigw_plan_limit_t  *pl;

    pl = ctx->plan->limits.elts;

    if (ctx->route->plan_limits) {
        limits = ctx->route->plan_limits[ctx->plan_index];

        if (limits) {
            index = limits->elts;

            for (i = 0; i < limits->nelts; i++) {
                n = index[i];

                rc = ngx_http_apigw_charge(r, ctx, bill, &pl[n].limit,
                                           ctx->cells[n]);
                if (rc != NGX_OK) {
                    return rc;
                }
            }
        }
    }

    for (i = 0; i < ctx->plan->limits.nelts; i++) {

        if (pl[i].route.len) {
            continue;
        }

        rc = ngx_http_apigw_charge(r, ctx, bill, &pl[i].limit, ctx->cells[i]);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_charge_route(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_bill_t *bill)
{
    ngx_int_t                 rc;
    ngx_http_apigw_limit_t  **limits;

    for (limits = ctx->route->limits; *limits; limits++) {

        rc = ngx_http_apigw_charge(r, ctx, bill, *limits, (*limits)->cell);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/*
 *     NGX_OK     admitted, or the limit only looks on
 *     NGX_BUSY   refused
 *     NGX_ERROR  no memory
 */

static ngx_int_t
ngx_http_apigw_charge(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_bill_t *bill, ngx_http_apigw_limit_t *limit, uint32_t cell)
{
    uint64_t                     hash;
    ngx_int_t                    rc;
    ngx_apigw_zone_t            *zone;
    ngx_apigw_gcra_state_t       state;
    ngx_http_apigw_charge_t     *charge;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);
    zone = mcf->zone;
    hash = 0;

    if (limit->key) {

        rc = ngx_http_apigw_charge_key(r, zone, limit, &hash);
        if (rc != NGX_OK) {
            return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
        }

        rc = ngx_apigw_buckets_take(&zone->buckets, &limit->gcra, hash,
                                    bill->now, &state);

    } else {
        rc = ngx_apigw_gcra_take(&limit->gcra, &zone->cells[cell].tat,
                                 bill->now, &state);
    }

    if (rc == NGX_DECLINED) {
        (void) ngx_atomic_fetch_add(zone->full, 1);

        return limit->pass_on_full
               ? NGX_OK
               : ngx_http_apigw_limited(r, ctx, limit, "the zone is full");
    }

    if (rc == NGX_BUSY) {

        if (!limit->dry_run) {
            ctx->limit = limit;
            ctx->limited = ctx->route;
            ctx->limit_state = state;
        }

        return ngx_http_apigw_limited(r, ctx, limit, "bucket is empty");
    }

    charge = &bill->charges[bill->n++];

    charge->limit = limit;
    charge->cell = cell;
    charge->hash = hash;

    if (!limit->dry_run
        && (ctx->limit == NULL
            || state.remaining < ctx->limit_state.remaining))
    {
        ctx->limit = limit;
        ctx->limited = ctx->route;
        ctx->limit_state = state;
    }

    return NGX_OK;
}


/* NGX_DECLINED: the value is empty, so nothing is limited, as in limit_req */

static ngx_int_t
ngx_http_apigw_charge_key(ngx_http_request_t *r, ngx_apigw_zone_t *zone,
    ngx_http_apigw_limit_t *limit, uint64_t *hash)
{
    u_char     seed[NGX_APIGW_SIPHASH_KEY_LEN];
    uint64_t   half;
    ngx_str_t  value;

    if (ngx_http_complex_value(r, limit->key, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 0) {
        return NGX_DECLINED;
    }

    ngx_memcpy(seed, zone->seed, NGX_APIGW_SIPHASH_KEY_LEN);

    ngx_memcpy(&half, seed, sizeof(uint64_t));
    half ^= limit->hash;
    ngx_memcpy(seed, &half, sizeof(uint64_t));

    *hash = ngx_apigw_siphash(seed, value.data, value.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_limited(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_limit_t *limit, const char *why)
{
    ngx_log_error(ngx_http_apigw_limit_log_level(ctx->route),
                  r->connection->log, 0,
                  "limiting requests%s by the \"%V\" throttle of \"%V\" in "
                  "stage \"%V\": %s", limit->dry_run ? ", dry run," : "",
                  &limit->name, &ctx->route->key.key, &ctx->stage->name, why);

    if (limit->dry_run) {
        ctx->throttle_status = NGX_HTTP_APIGW_REJECTED_DRY_RUN;
        return NGX_OK;
    }

    return NGX_BUSY;
}


static void
ngx_http_apigw_refund(ngx_http_request_t *r, ngx_http_apigw_bill_t *bill)
{
    ngx_uint_t                   i;
    ngx_apigw_zone_t            *zone;
    ngx_http_apigw_charge_t     *charge;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);
    zone = mcf->zone;

    for (i = 0; i < bill->n; i++) {
        charge = &bill->charges[i];

        if (charge->limit->key) {
            ngx_apigw_buckets_refund(&zone->buckets, &charge->limit->gcra,
                                     charge->hash, bill->now);

        } else {
            ngx_apigw_gcra_refund(&charge->limit->gcra,
                                  &zone->cells[charge->cell].tat);
        }
    }
}
