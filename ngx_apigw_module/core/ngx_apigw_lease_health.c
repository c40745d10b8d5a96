
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"


/*
 * Whether the store answers, and whether on_error decides.  A server that has
 * failed again and again is left in peace for a while, then one claim tries
 * it.  In a cluster each node is judged for itself, so that the keys of others
 * go on.
 */

#define NGX_APIGW_LEASE_FAILURES  3      /* in a row: the server is sick */
#define NGX_APIGW_LEASE_BROKEN    1000   /* ms until it is tried again */
#define NGX_APIGW_LEASE_GONE      10000  /* ms; nobody asks for it any more */
#define NGX_APIGW_LEASE_QUIET     1000   /* ms without on_error: exact again */


ngx_apigw_lease_health_t *
ngx_apigw_lease_health(ngx_apigw_leases_t *leases, uint32_t n)
{
    u_char      buf[NGX_APIGW_LEASE_KEY_MAX], *last;
    ngx_str_t   key;
    ngx_uint_t  node;

    if (!leases->cluster) {
        return &leases->health[0];
    }

    last = ngx_apigw_lease_redis_key(buf, buf + NGX_APIGW_LEASE_KEY_MAX,
                                     &leases->elts[n]);
    if (last == NULL) {
        return &leases->health[0];
    }

    key.len = last - buf;
    key.data = buf;

    node = ngx_apigw_redis_node(leases->redis, &key);

    return &leases->health[node % NGX_APIGW_LEASE_NODES];
}


ngx_uint_t
ngx_apigw_lease_sick(ngx_apigw_lease_health_t *health)
{
    if (!health->sick) {
        return 0;
    }

    if (ngx_current_msec < health->until
        || ngx_current_msec < health->probing)
    {
        return 1;
    }

    health->probing = ngx_current_msec + NGX_APIGW_LEASE_BROKEN;

    return 0;
}


void
ngx_apigw_lease_well(ngx_apigw_lease_health_t *health)
{
    health->failures = 0;
    health->sick = 0;
    health->probing = 0;
}


void
ngx_apigw_lease_ill(ngx_apigw_lease_health_t *health)
{
    health->probing = 0;
    health->failures++;

    if (health->sick || health->failures >= NGX_APIGW_LEASE_FAILURES) {
        health->sick = 1;
        health->until = ngx_current_msec + NGX_APIGW_LEASE_BROKEN / 2
                        + ngx_random() % NGX_APIGW_LEASE_BROKEN;
    }
}


/* changes are logged, not requests */

void
ngx_apigw_lease_inexact(ngx_apigw_leases_t *leases)
{
    leases->inexact_at = ngx_current_msec;

    if (leases->inexact) {
        return;
    }

    leases->inexact = 1;

    ngx_log_error(NGX_LOG_ERR, leases->log, 0,
                  "quotas are not exact: the store does not answer: %s; "
                  "\"on_error\" of the usage plans holds",
                  leases->why ? leases->why : "no answer in time");
}


void
ngx_apigw_lease_exact(ngx_apigw_leases_t *leases)
{
    ngx_uint_t                 i;
    ngx_apigw_lease_health_t  *health;

    if (!leases->inexact
        || ngx_current_msec - leases->inexact_at < NGX_APIGW_LEASE_QUIET)
    {
        return;
    }

    for (i = 0; i < NGX_APIGW_LEASE_NODES; i++) {
        health = &leases->health[i];

        if (!health->sick) {
            continue;
        }

        /* a node whose slots others have now is not asked again */

        if (leases->cluster
            && ngx_current_msec > health->until + NGX_APIGW_LEASE_GONE)
        {
            ngx_apigw_lease_well(health);
            continue;
        }

        return;
    }

    leases->inexact = 0;
    leases->why = NULL;

    ngx_log_error(NGX_LOG_NOTICE, leases->log, 0,
                  "quotas are exact again: the store answers");
}


ngx_uint_t
ngx_apigw_leases_broken(ngx_apigw_leases_t *leases)
{
    ngx_uint_t                 i;
    ngx_apigw_lease_health_t  *health;

    for (i = 0; i < NGX_APIGW_LEASE_NODES; i++) {
        health = &leases->health[i];

        if (health->sick
            && (!leases->cluster
                || ngx_current_msec <= health->until + NGX_APIGW_LEASE_GONE))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_apigw_leases_parked(ngx_apigw_leases_t *leases)
{
    return leases->parked;
}
