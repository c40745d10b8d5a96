
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"


#define NGX_APIGW_LEASE_GRANT    1024    /* units at once, from the zone */
#define NGX_APIGW_LEASE_RESERVE  32      /* units at least, of a file */
#define NGX_APIGW_LEASE_SHARE    16      /* of a limit, at most */


static void ngx_apigw_lease_local_begin(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state, ngx_apigw_quota_grant_t *grant);
static uint64_t ngx_apigw_lease_local_block(ngx_apigw_leases_t *leases,
    uint64_t limit);
static ngx_int_t ngx_apigw_lease_local_reserve(ngx_apigw_leases_t *leases,
    uint32_t n, uint64_t granted);
static void ngx_apigw_lease_local_reserved(void *data, ngx_int_t rc);


/*
 * The zone is the store, too: what the limit of the period allows may be
 * granted.  All workers that claim at once come to the same answer, and one of
 * them applies it.  The clock may step back, a lease's day does not.
 */

ngx_int_t
ngx_apigw_lease_claim_local(ngx_apigw_leases_t *leases, uint32_t n)
{
    uint32_t                  day;
    uint64_t                  held, limit, ceiling;
    ngx_int_t                 rc;
    ngx_apigw_quota_t        *q;
    ngx_apigw_lease_plan_t   *plan;
    ngx_apigw_quota_grant_t   grant;
    ngx_apigw_quota_state_t   state;

    q = ngx_apigw_lease_quota(leases, n);
    plan = leases->elts[n].plan;

    ngx_apigw_quota_read(q, &state);

    day = ngx_max(state.day, ngx_apigw_lease_today());

    if (state.day != day) {
        ngx_apigw_quota_freeze(q, &state);
        ngx_apigw_quota_day(q, day, state.spent);
    }

    ngx_memzero(&grant, sizeof(ngx_apigw_quota_grant_t));

    grant.seq = ngx_apigw_quota_next(state.seq);
    grant.day = day;
    grant.start = ngx_apigw_period_start(&plan->period, day);
    grant.until = ngx_apigw_lease_local_end(day);

    ngx_apigw_lease_local_begin(q, &state, &grant);

    limit = q->limit;
    ceiling = grant.base + limit;
    held = state.frozen ? state.spent : state.granted;

    grant.granted = held + ngx_apigw_lease_local_block(leases, limit);
    grant.granted = ngx_min(grant.granted, ceiling);
    grant.granted = ngx_max(grant.granted, held);

    rc = ngx_apigw_lease_local_reserve(leases, n, grant.granted);
    if (rc != NGX_OK) {
        return rc;
    }

    (void) ngx_apigw_quota_apply(q, &grant);

    if (grant.granted > state.spent) {
        return NGX_OK;
    }

    ngx_apigw_lease_dry(q, limit, grant.until);

    return NGX_DECLINED;
}


/* what was spent before the period, also where that is another one now */

static void
ngx_apigw_lease_local_begin(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state, ngx_apigw_quota_grant_t *grant)
{
    uint32_t           day;
    ngx_atomic_uint_t  base;

    base = q->base;

    if (ngx_apigw_quota_tag(base) == grant->start) {
        grant->base = ngx_apigw_quota_value(base);
        return;
    }

    grant->base = state->spent;

    for (day = grant->start; day <= grant->day; day++) {
        grant->base -= ngx_min(grant->base, ngx_apigw_quota_on(q, day));
    }
}


/* ms of CLOCK_MONOTONIC */

uint64_t
ngx_apigw_lease_local_end(uint32_t day)
{
    uint64_t     end, now;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    now = (uint64_t) tp->sec * 1000 + tp->msec;
    end = (uint64_t) (day + 1) * 86400000;

    return ngx_current_msec + (end - ngx_min(end, now));
}


/* a machine that crashes loses as many */

static uint64_t
ngx_apigw_lease_local_block(ngx_apigw_leases_t *leases, uint64_t limit)
{
    uint64_t  block;

    block = NGX_APIGW_LEASE_GRANT;

    if (leases->zone->file) {
        block = ngx_min(limit / NGX_APIGW_LEASE_SHARE, block);
        block = ngx_max(block, NGX_APIGW_LEASE_RESERVE);
    }

    return block;
}


/*
 * Units are written to the file before they are spent.
 *
 *     NGX_OK     they are, or there is no file
 *     NGX_AGAIN  who waits for the claim will be woken
 *     NGX_BUSY   the file cannot be written
 */

static ngx_int_t
ngx_apigw_lease_local_reserve(ngx_apigw_leases_t *leases, uint32_t n,
    uint64_t granted)
{
    uint64_t            value;
    ngx_apigw_quota_t  *q;
    ngx_apigw_claim_t  *claim;
    ngx_atomic_uint_t   reserved;

    if (leases->zone->file == NULL) {
        return NGX_OK;
    }

    q = ngx_apigw_lease_quota(leases, n);
    reserved = q->reserved;

    if (granted <= reserved
        && !(reserved & (NGX_APIGW_QUOTA_PENDING|NGX_APIGW_QUOTA_ALLOWED)))
    {
        return NGX_OK;
    }

    claim = ngx_apigw_lease_claim_get(leases, n);
    if (claim == NULL) {
        return NGX_BUSY;
    }

    if (claim->flying) {
        return NGX_AGAIN;
    }

    value = granted;

    if (!(reserved & NGX_APIGW_QUOTA_ALLOWED)) {
        value = ngx_max(ngx_apigw_quota_value(reserved), granted);
    }

    if (!ngx_atomic_cmp_set(&q->reserved, reserved,
                            value | NGX_APIGW_QUOTA_PENDING))
    {
        value = ngx_apigw_quota_value(q->reserved);
    }

    claim->spent = value;

    if (ngx_apigw_zone_sync(leases->zone, leases->elts[n].record,
                            ngx_apigw_lease_local_reserved, claim)
        != NGX_OK)
    {
        ngx_apigw_lease_failed(claim, "its file cannot be written");
        return NGX_BUSY;
    }

    claim->flying = 1;
    leases->flying++;

    return NGX_AGAIN;
}


static void
ngx_apigw_lease_local_reserved(void *data, ngx_int_t rc)
{
    ngx_apigw_claim_t *claim = data;

    ngx_apigw_quota_t  *q;

    claim->flying = 0;
    claim->leases->flying--;

    if (rc != NGX_OK) {
        ngx_apigw_lease_failed(claim, "its file cannot be written");
        return;
    }

    q = ngx_apigw_lease_quota(claim->leases, claim->node.key);

    (void) ngx_atomic_cmp_set(&q->reserved,
                              claim->spent | NGX_APIGW_QUOTA_PENDING,
                              claim->spent);

    ngx_apigw_lease_answered(claim);
}
