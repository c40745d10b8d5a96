
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"


#define NGX_APIGW_LEASE_GRANT    1024    /* units at once, from the zone */


static void ngx_apigw_lease_local_begin(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state, ngx_apigw_quota_grant_t *grant);


/*
 * The zone is the store, too: what the limit of the period allows may be
 * granted.  All workers that claim at once come to the same answer, and one of
 * them applies it.  The clock may step back, a lease's day does not.
 */

ngx_int_t
ngx_apigw_lease_claim_local(ngx_apigw_leases_t *leases, uint32_t n)
{
    uint64_t                  held, limit, ceiling;
    uint32_t                  day;
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

    grant.seq = ngx_apigw_quota_next(state.seq);
    grant.day = day;
    grant.start = ngx_apigw_period_start(&plan->period, day);
    grant.until = ngx_apigw_lease_local_end(day);
    grant.low = 0;

    ngx_apigw_lease_local_begin(q, &state, &grant);

    limit = q->limit;
    ceiling = grant.base + limit;
    held = state.frozen ? state.spent : state.granted;

    grant.granted = ngx_min(held + NGX_APIGW_LEASE_GRANT, ceiling);
    grant.granted = ngx_max(grant.granted, held);

    (void) ngx_apigw_quota_apply(q, &grant);

    if (grant.granted > state.spent) {
        return NGX_OK;
    }

    ngx_apigw_lease_dry(q, limit, grant.until);

    return NGX_DECLINED;
}


/* what was spent before the period, also where the period is another one now */

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
