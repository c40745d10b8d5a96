
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_LEASE_TICK       250   /* ms */
#define NGX_APIGW_LEASE_TURN       2048  /* leases in a tick */
#define NGX_APIGW_LEASE_IDLE       1000  /* ms without a request */
#define NGX_APIGW_LEASE_REPORT     4000  /* ms between two reports */
#define NGX_APIGW_LEASE_FLYING     1024  /* claims at once, of the tick */

#define NGX_APIGW_LEASE_EXIT       2000  /* ms to give everything back */
#define NGX_APIGW_LEASE_EXIT_TICK  10


static void ngx_apigw_lease_tick_handler(ngx_event_t *ev);
static ngx_uint_t ngx_apigw_lease_tick_one(ngx_apigw_leases_t *leases,
    ngx_apigw_lease_active_t *a);
static void ngx_apigw_lease_tick_claim(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_uint_t give);
static ngx_int_t ngx_apigw_lease_tick_exiting(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle);
static void ngx_apigw_lease_exit_handler(ngx_event_t *ev);
static void ngx_apigw_lease_exit_tick(ngx_event_t *ev);


ngx_int_t
ngx_apigw_lease_tick_init(ngx_apigw_leases_t *leases, ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    leases->seen = ngx_pcalloc(cycle->pool, (leases->nelts / 64 + 1)
                                            * sizeof(uint64_t));
    if (leases->seen == NULL) {
        return NGX_ERROR;
    }

    /* what a worker that was killed has left */

    for (i = 0; i < leases->nelts; i++) {

        if (ngx_apigw_lease_pending(ngx_apigw_lease_quota(leases, i))) {
            ngx_apigw_lease_touch(leases, i);
        }
    }

    leases->tick.handler = ngx_apigw_lease_tick_handler;
    leases->tick.data = leases;
    leases->tick.log = cycle->log;
    leases->tick.cancelable = 1;

    ngx_add_timer(&leases->tick, NGX_APIGW_LEASE_TICK);

    return ngx_apigw_lease_tick_exiting(leases, cycle);
}


/* no memory: the lease will be looked after by whoever spends of it next */

void
ngx_apigw_lease_touch_slow(ngx_apigw_leases_t *leases, uint32_t n)
{
    ngx_uint_t                 size;
    ngx_apigw_lease_active_t  *a;

    if (leases->nactive == leases->active_alloc) {
        size = leases->active_alloc ? 2 * leases->active_alloc : 256;

        a = ngx_alloc(size * sizeof(ngx_apigw_lease_active_t), leases->log);
        if (a == NULL) {
            return;
        }

        if (leases->active) {
            ngx_memcpy(a, leases->active,
                       leases->nactive * sizeof(ngx_apigw_lease_active_t));
            ngx_free(leases->active);
        }

        leases->active = a;
        leases->active_alloc = size;
    }

    a = &leases->active[leases->nactive++];

    a->n = n;
    a->spent = 0;
    a->since = ngx_current_msec;

    leases->seen[n >> 6] |= (uint64_t) 1 << (n & 63);
}


static void
ngx_apigw_lease_tick_handler(ngx_event_t *ev)
{
    ngx_uint_t                 i, n;
    ngx_apigw_leases_t        *leases;
    ngx_apigw_lease_active_t  *a;

    leases = ev->data;

    n = ngx_min(leases->nactive, NGX_APIGW_LEASE_TURN);

    if (!ngx_apigw_redis_up(leases->redis)) {
        n = 0;

    } else {
        ngx_apigw_lease_exact(leases);
    }

    for (i = 0; i < n && leases->flying < NGX_APIGW_LEASE_FLYING; i++) {

        if (leases->turn >= leases->nactive) {
            leases->turn = 0;
        }

        a = &leases->active[leases->turn];

        if (ngx_apigw_lease_tick_one(leases, a)) {
            leases->turn++;
            continue;
        }

        leases->seen[a->n >> 6] &= ~((uint64_t) 1 << (a->n & 63));
        *a = leases->active[--leases->nactive];

        if (leases->nactive == 0) {
            break;
        }
    }

    ngx_add_timer(ev, NGX_APIGW_LEASE_TICK);
}


/* 0 where the lease needs nobody any more */

static ngx_uint_t
ngx_apigw_lease_tick_one(ngx_apigw_leases_t *leases,
    ngx_apigw_lease_active_t *a)
{
    uint32_t                  ms;
    ngx_uint_t                reported, over;
    ngx_atomic_uint_t         mark;
    ngx_apigw_quota_t        *q;
    ngx_apigw_quota_state_t   state;

    q = ngx_apigw_lease_quota(leases, a->n);

    ngx_apigw_quota_read(q, &state);

    mark = q->mark;
    ms = (uint32_t) ngx_current_msec - (uint32_t) (mark >> 32);
    reported = ((uint32_t) state.spent == (uint32_t) mark);
    over = (ngx_current_msec >= q->until);

    if ((uint32_t) state.spent != a->spent) {
        a->spent = (uint32_t) state.spent;
        a->since = ngx_current_msec;
    }

    if (state.left && (over || state.frozen
                       || ngx_current_msec - a->since >= NGX_APIGW_LEASE_IDLE))
    {
        ngx_apigw_lease_tick_claim(leases, a->n, 1);
        return 1;
    }

    if (!reported && (over || ms >= NGX_APIGW_LEASE_REPORT)) {
        ngx_apigw_lease_tick_claim(leases, a->n, 0);
        return 1;
    }

    return !reported
           || state.left
           || ngx_current_msec - a->since < NGX_APIGW_LEASE_IDLE;
}


/* where no request tries a server that was sick, this does */

static void
ngx_apigw_lease_tick_claim(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_uint_t give)
{
    ngx_apigw_lease_health_t  *health;

    health = ngx_apigw_lease_health(leases, n);

    if (!ngx_apigw_lease_sick(health)
        && ngx_apigw_lease_claim(leases, n, 0, give) != NGX_AGAIN)
    {
        health->probing = 0;
    }
}


/* 1 where units are left, or spent and not reported */

ngx_uint_t
ngx_apigw_lease_pending(ngx_apigw_quota_t *q)
{
    ngx_apigw_quota_state_t  state;

    ngx_apigw_quota_read(q, &state);

    return state.left || (uint32_t) state.spent != (uint32_t) q->mark;
}


/*
 * nginx closes idle connections when a worker begins to exit: the one here is
 * none, and is how we are told.
 */

static ngx_int_t
ngx_apigw_lease_tick_exiting(ngx_apigw_leases_t *leases, ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(0, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = leases;
    c->idle = 1;
    c->read->handler = ngx_apigw_lease_exit_handler;
    c->read->log = cycle->log;
    c->write->handler = ngx_apigw_lease_exit_handler;
    c->write->log = cycle->log;

    return NGX_OK;
}


static void
ngx_apigw_lease_exit_handler(ngx_event_t *ev)
{
    ngx_uint_t           i;
    ngx_connection_t    *c;
    ngx_apigw_leases_t  *leases;

    c = ev->data;
    leases = c->data;

    c->idle = 0;
    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    if (ngx_apigw_zone_newer(leases->zone)) {
        return;
    }

    for (i = 0; i < leases->nelts; i++) {

        if (ngx_apigw_lease_pending(ngx_apigw_lease_quota(leases, i))) {
            ngx_apigw_lease_touch(leases, i);
        }
    }

    if (leases->tick.timer_set) {
        ngx_del_timer(&leases->tick);
    }

    leases->exit_until = ngx_current_msec + NGX_APIGW_LEASE_EXIT;
    leases->tick.handler = ngx_apigw_lease_exit_tick;
    leases->tick.cancelable = 0;

    ngx_add_timer(&leases->tick, 1);
}


/* requests that are still served may lease again, and are looked after, too */

static void
ngx_apigw_lease_exit_tick(ngx_event_t *ev)
{
    ngx_uint_t                 i, pending;
    ngx_apigw_leases_t        *leases;
    ngx_apigw_lease_active_t  *a;

    leases = ev->data;
    pending = leases->flying + leases->parked;

    for (i = 0; i < leases->nactive; i++) {
        a = &leases->active[i];

        if (!ngx_apigw_lease_pending(ngx_apigw_lease_quota(leases, a->n))) {
            continue;
        }

        pending++;

        /* those who have been woken are served first */

        if (leases->flying < NGX_APIGW_LEASE_FLYING
            && ngx_queue_empty(&ngx_posted_events))
        {
            (void) ngx_apigw_lease_claim(leases, a->n, 0, 1);
        }
    }

    if (ngx_current_msec >= leases->exit_until
        || !ngx_apigw_redis_up(leases->redis))
    {
        pending = 0;
    }

    ev->cancelable = (pending == 0);

    ngx_add_timer(ev, pending ? NGX_APIGW_LEASE_EXIT_TICK
                              : NGX_APIGW_LEASE_TICK);
}
