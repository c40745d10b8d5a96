
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"


#define NGX_APIGW_LEASE_PART      100    /* of a limit, where no grant was */
#define NGX_APIGW_LEASE_TIMEOUT   1000   /* ms, for a file */
#define NGX_APIGW_LEASE_PARKED    1024
#define NGX_APIGW_LEASE_DAY       86400000  /* ms */


static void ngx_apigw_leases_cleanup(void *data);
static ngx_int_t ngx_apigw_lease_park(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_wait_t *wait);
static ngx_int_t ngx_apigw_lease_without(ngx_apigw_leases_t *leases,
    uint32_t n, ngx_uint_t *mode);
static void ngx_apigw_lease_wake(ngx_apigw_claim_t *claim, uint64_t max,
    ngx_uint_t failed);
static void ngx_apigw_lease_wait_handler(ngx_event_t *ev);
static void ngx_apigw_lease_retry_handler(ngx_event_t *ev);


ngx_apigw_leases_t *
ngx_apigw_leases_create(ngx_conf_t *cf, ngx_apigw_zone_t *zone,
    ngx_apigw_redis_t *redis)
{
    ngx_pool_cleanup_t      *cln;
    ngx_apigw_leases_t      *leases;
    ngx_apigw_redis_conf_t  *rcf;

    leases = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_leases_t));
    if (leases == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_leases_cleanup;
    cln->data = leases;

    leases->zone = zone;
    leases->redis = redis;
    leases->timeout = NGX_APIGW_LEASE_TIMEOUT;
    leases->parked_max = NGX_APIGW_LEASE_PARKED;

    if (redis) {
        rcf = ngx_apigw_redis_get_conf(redis);
        ngx_apigw_lease_redis_init();

        leases->timeout = rcf->timeout;
        leases->parked_max = rcf->parked_max;
        leases->cluster = rcf->cluster;
    }

    return leases;
}


static void
ngx_apigw_leases_cleanup(void *data)
{
    ngx_apigw_leases_t  *leases = data;

    ngx_apigw_leases_exit_worker(leases);

    if (leases->elts) {
        ngx_free(leases->elts);
        leases->elts = NULL;
    }
}


uint32_t
ngx_apigw_leases_add(ngx_apigw_leases_t *leases, ngx_apigw_lease_plan_t *plan,
    ngx_str_t *key, ngx_log_t *log)
{
    u_char              meaning[1024], *p;
    size_t              n;
    ngx_apigw_lease_t  *lease;

    if (leases->nelts == leases->nalloc) {
        n = leases->nalloc ? 2 * leases->nalloc : 64;

        lease = ngx_alloc(n * sizeof(ngx_apigw_lease_t), log);
        if (lease == NULL) {
            return NGX_APIGW_CELL_NONE;
        }

        if (leases->elts) {
            ngx_memcpy(lease, leases->elts,
                       leases->nelts * sizeof(ngx_apigw_lease_t));
            ngx_free(leases->elts);
        }

        leases->elts = lease;
        leases->nalloc = n;
    }

    if (sizeof("quota") + plan->plan.len + 1 + key->len > sizeof(meaning)
        || (leases->redis
            && sizeof("apigw:1:{/}") - 1 + 3 * (plan->plan.len + key->len)
               > NGX_APIGW_LEASE_KEY_MAX))
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the name of the usage plan \"%V\" is too long",
                      &plan->plan);
        return NGX_APIGW_CELL_NONE;
    }

    p = ngx_cpymem(meaning, "quota", sizeof("quota"));
    p = ngx_cpymem(p, plan->plan.data, plan->plan.len);
    *p++ = '\0';
    p = ngx_cpymem(p, key->data, key->len);

    lease = &leases->elts[leases->nelts];

    lease->plan = plan;
    lease->key = key->data;
    lease->key_len = (uint32_t) key->len;
    lease->record = ngx_apigw_zone_claim_quota(leases->zone, meaning,
                                               p - meaning);

    if (lease->record == NGX_APIGW_CELL_NONE) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"apigw_zone\" is too small for the quotas: it has "
                      "room for %uz", leases->zone->maxquotas);
        return NGX_APIGW_CELL_NONE;
    }

    return (uint32_t) leases->nelts++;
}


/*
 * A limit that has changed holds at once: what was leased under the former
 * one is asked for again.  The period may have changed, too, so that there
 * may be units where there were none.
 */

ngx_int_t
ngx_apigw_leases_init_worker(ngx_apigw_leases_t *leases, ngx_cycle_t *cycle)
{
    uint64_t                  limit;
    ngx_uint_t                i;
    ngx_apigw_quota_t        *q;
    ngx_apigw_lease_plan_t   *plan;
    ngx_apigw_quota_state_t   state;

    leases->log = cycle->log;

    ngx_rbtree_init(&leases->claims, &leases->sentinel,
                    ngx_rbtree_insert_value);

    for (i = 0; i < leases->nelts; i++) {
        q = ngx_apigw_lease_quota(leases, i);
        plan = leases->elts[i].plan;

        if (q->generation > leases->zone->generation) {

            /* a reload has overtaken this worker */

            continue;
        }

        limit = q->limit;
        q->limit = plan->limit;

        ngx_memory_barrier();

        if (q->dry) {
            q->dry = 0;
        }

        if (limit == plan->limit) {
            continue;
        }

        ngx_apigw_quota_read(q, &state);

        if (state.left) {
            ngx_apigw_quota_freeze(q, &state);
        }
    }

    if (leases->redis == NULL) {
        return NGX_OK;
    }

    if (ngx_apigw_lease_redis_init_worker(leases, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_apigw_lease_tick_init(leases, cycle);
}


void
ngx_apigw_leases_exit_worker(ngx_apigw_leases_t *leases)
{
    ngx_apigw_claim_t  *claim;
    ngx_rbtree_node_t  *node;

    if (leases->tick.timer_set) {
        ngx_del_timer(&leases->tick);
    }

    while (leases->claims.root != leases->claims.sentinel) {
        node = ngx_rbtree_min(leases->claims.root, leases->claims.sentinel);
        claim = (ngx_apigw_claim_t *) node;

        if (claim->retry.timer_set) {
            ngx_del_timer(&claim->retry);
        }

        ngx_apigw_redis_cancel(&claim->cmd);

        ngx_rbtree_delete(&leases->claims, node);
        ngx_free(claim);
    }

    if (leases->active) {
        ngx_free(leases->active);
        leases->active = NULL;
    }
}


ngx_int_t
ngx_apigw_lease_spend(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_wait_t *wait, ngx_uint_t *mode)
{
    ngx_int_t           rc;
    ngx_apigw_quota_t  *q;

    *mode = NGX_APIGW_LEASE_EXACT;

    q = ngx_apigw_lease_quota(leases, n);

    for ( ;; ) {
        rc = ngx_apigw_quota_take(q, ngx_current_msec);

        if (rc != NGX_DECLINED) {
            break;
        }

        if (ngx_current_msec < q->dry) {
            return NGX_DECLINED;
        }

        if (leases->redis) {
            rc = ngx_apigw_lease_park(leases, n, wait);

        } else {
            rc = ngx_apigw_lease_claim_local(leases, n);

            if (rc == NGX_OK) {
                continue;
            }

            if (rc == NGX_AGAIN) {
                rc = ngx_apigw_lease_park(leases, n, wait);
            }
        }

        if (rc == NGX_BUSY) {
            return ngx_apigw_lease_without(leases, n, mode);
        }

        return rc;
    }

    ngx_apigw_lease_touch(leases, n);

    if (rc == NGX_AGAIN && leases->redis) {
        (void) ngx_apigw_lease_claim(leases, n, 1, 0);
    }

    return NGX_OK;
}


/*
 *     NGX_AGAIN     parked, or wait is NULL
 *     NGX_DECLINED  the store answers, but there is nothing left of its own
 *     NGX_BUSY      the store does not answer, or too many wait
 *     NGX_ERROR     no memory
 */

static ngx_int_t
ngx_apigw_lease_park(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_wait_t *wait)
{
    ngx_int_t                  rc;
    ngx_msec_t                 timeout;
    ngx_apigw_claim_t         *claim;
    ngx_apigw_lease_health_t  *health;

    if (wait == NULL) {
        return NGX_AGAIN;
    }

    if (wait->late) {
        return wait->failed ? NGX_BUSY : NGX_DECLINED;
    }

    if (wait->failed) {
        return NGX_BUSY;
    }

    if (leases->parked >= leases->parked_max) {
        leases->why = "too many requests wait";
        return NGX_BUSY;
    }

    health = ngx_apigw_lease_health(leases, n);

    if (ngx_apigw_lease_sick(health)) {
        return NGX_BUSY;
    }

    claim = ngx_apigw_lease_claim_get(leases, n);
    if (claim == NULL) {
        health->probing = 0;
        return NGX_ERROR;
    }

    if (wait->deadline == 0) {
        wait->deadline = ngx_current_msec + leases->timeout;
    }

    wait->event.handler = ngx_apigw_lease_wait_handler;
    wait->event.data = wait;
    wait->event.log = leases->log;
    wait->event.timedout = 0;
    wait->claim = claim;
    wait->waiting = 1;

    ngx_queue_insert_tail(&claim->waits, &wait->queue);
    leases->parked++;

    if (leases->redis) {
        rc = ngx_apigw_lease_claim(leases, n, 1, 0);

        if (rc == NGX_BUSY || rc == NGX_ERROR) {
            leases->why = "no connection";
            health->probing = 0;
            ngx_apigw_lease_cancel(wait);
            return rc;
        }
    }

    timeout = (wait->deadline > ngx_current_msec)
              ? wait->deadline - ngx_current_msec : 0;

    ngx_add_timer(&wait->event, timeout);

    return NGX_AGAIN;
}


/* what the plan says for the time without its store */

static ngx_int_t
ngx_apigw_lease_without(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_uint_t *mode)
{
    uint64_t                  bound;
    ngx_apigw_quota_t        *q;
    ngx_apigw_lease_plan_t   *plan;
    ngx_apigw_quota_state_t   state;

    q = ngx_apigw_lease_quota(leases, n);
    plan = leases->elts[n].plan;
    *mode = NGX_APIGW_LEASE_ON_ERROR_CLOSED;

    if (plan->on_error == NGX_APIGW_LEASE_OPEN) {
        *mode = NGX_APIGW_LEASE_ON_ERROR_OPEN;

    } else if (plan->on_error == NGX_APIGW_LEASE_LOCAL) {
        ngx_apigw_quota_read(q, &state);

        bound = ngx_apigw_quota_value(q->reserved);

        if (bound == 0) {
            bound = ngx_max(plan->limit / NGX_APIGW_LEASE_PART, 1);
        }

        if (state.spent < bound) {
            *mode = NGX_APIGW_LEASE_ON_ERROR_LOCAL;
        }
    }

    (void) ngx_atomic_fetch_add(&leases->zone->store->modes[*mode], 1);

    ngx_apigw_lease_inexact(leases);

    if (*mode == NGX_APIGW_LEASE_ON_ERROR_CLOSED) {
        return NGX_BUSY;
    }

    if (ngx_apigw_quota_tag(q->base) == 0) {

        /* the store has never said when the period began */

        ngx_apigw_quota_read(q, &state);
        ngx_apigw_quota_begin(q, ngx_apigw_period_start(&plan->period,
                                                   ngx_apigw_lease_today()),
                              state.spent);
    }

    ngx_apigw_quota_overdraw(q);
    ngx_apigw_lease_touch(leases, n);

    return NGX_OK;
}


void
ngx_apigw_lease_view(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_view_t *view)
{
    uint32_t                  day, end;
    uint64_t                  used, until, days;
    ngx_apigw_quota_t        *q;
    ngx_apigw_lease_plan_t   *plan;
    ngx_apigw_quota_state_t   state;

    q = ngx_apigw_lease_quota(leases, n);
    plan = leases->elts[n].plan;

    ngx_apigw_quota_read(q, &state);

    used = q->others + state.spent - ngx_apigw_quota_value(q->base);
    end = ngx_apigw_period_end(&plan->period, state.day);
    day = state.day;
    until = q->until;

    /* nobody may have used it since the day has ended, or the period */

    if (until && until <= ngx_current_msec) {
        days = (ngx_current_msec - until) / NGX_APIGW_LEASE_DAY + 1;

        day += (uint32_t) days;
        until += days * NGX_APIGW_LEASE_DAY;
    }

    if (day >= end) {
        used = 0;
        end = ngx_apigw_period_end(&plan->period, day);
    }

    view->limit = plan->limit;
    view->remaining = plan->limit - ngx_min(plan->limit, used);
    view->reset = (ngx_msec_t) (end - day - 1) * NGX_APIGW_LEASE_DAY;

    if (until > ngx_current_msec) {
        view->reset += until - ngx_current_msec;
    }
}


ngx_int_t
ngx_apigw_lease_claim(ngx_apigw_leases_t *leases, uint32_t n, ngx_uint_t want,
    ngx_uint_t give)
{
    ngx_int_t                 rc;
    ngx_apigw_claim_t        *claim;
    ngx_apigw_quota_state_t   state;

    claim = ngx_apigw_lease_claim_get(leases, n);
    if (claim == NULL) {
        return NGX_ERROR;
    }

    if (claim->flying || (want && claim->retry.timer_set)) {
        return NGX_AGAIN;
    }

    if (give) {
        ngx_apigw_quota_freeze(ngx_apigw_lease_quota(leases, n), &state);
    }

    rc = ngx_apigw_lease_claim_redis(claim, want);

    if (rc != NGX_AGAIN) {
        ngx_apigw_lease_claim_done(claim);
    }

    return rc;
}


ngx_apigw_claim_t *
ngx_apigw_lease_claim_get(ngx_apigw_leases_t *leases, uint32_t n)
{
    ngx_apigw_claim_t  *claim;
    ngx_rbtree_node_t  *node;

    node = leases->claims.root;

    while (node != leases->claims.sentinel) {

        if (node->key == n) {
            return (ngx_apigw_claim_t *) node;
        }

        node = (n < node->key) ? node->left : node->right;
    }

    claim = ngx_calloc(sizeof(ngx_apigw_claim_t), leases->log);
    if (claim == NULL) {
        return NULL;
    }

    claim->leases = leases;
    claim->health = &leases->health[0];
    claim->node.key = n;
    claim->retry.handler = ngx_apigw_lease_retry_handler;
    claim->retry.data = claim;
    claim->retry.log = leases->log;
    claim->retry.cancelable = 1;

    ngx_queue_init(&claim->waits);
    ngx_rbtree_insert(&leases->claims, &claim->node);

    return claim;
}


/* nobody needs it any more */

void
ngx_apigw_lease_claim_done(ngx_apigw_claim_t *claim)
{
    if (claim->flying
        || claim->retry.timer_set
        || !ngx_queue_empty(&claim->waits))
    {
        return;
    }

    ngx_rbtree_delete(&claim->leases->claims, &claim->node);
    ngx_free(claim);
}


/*
 * The lease has been renewed as far as the store could.  As many as it has
 * units go on; when it has none for a while, all do, and are refused.
 */

void
ngx_apigw_lease_answered(ngx_apigw_claim_t *claim)
{
    ngx_uint_t                want;
    ngx_apigw_quota_t        *q;
    ngx_apigw_leases_t       *leases;
    ngx_apigw_quota_state_t   state;

    leases = claim->leases;

    ngx_apigw_lease_well(claim->health);

    q = ngx_apigw_lease_quota(leases, claim->node.key);

    ngx_apigw_quota_read(q, &state);

    if (state.left) {

        /* whoever wanted it may be gone */

        ngx_apigw_lease_touch(leases, claim->node.key);
    }

    if (leases->redis == NULL || ngx_current_msec < q->dry) {
        ngx_apigw_lease_wake(claim, (uint64_t) -1, 0);

    } else if (!state.frozen) {
        ngx_apigw_lease_wake(claim, state.left, 0);
    }

    want = !ngx_queue_empty(&claim->waits);

    if ((want || state.frozen)
        && leases->redis
        && !claim->retry.timer_set
        && ngx_apigw_lease_claim_redis(claim, want) == NGX_BUSY)
    {
        ngx_apigw_lease_failed(claim, "no connection");
        return;
    }

    ngx_apigw_lease_claim_done(claim);
}


void
ngx_apigw_lease_failed(ngx_apigw_claim_t *claim, const char *why)
{
    ngx_apigw_leases_t  *leases;

    leases = claim->leases;

    leases->why = why;

    ngx_apigw_lease_ill(claim->health);
    ngx_apigw_lease_wake(claim, (uint64_t) -1, 1);
    ngx_apigw_lease_claim_done(claim);
}


static void
ngx_apigw_lease_wake(ngx_apigw_claim_t *claim, uint64_t max,
    ngx_uint_t failed)
{
    ngx_queue_t             *queue, *next;
    ngx_apigw_lease_wait_t  *wait;

    for (queue = ngx_queue_head(&claim->waits);
         max && queue != ngx_queue_sentinel(&claim->waits);
         queue = next)
    {
        next = ngx_queue_next(queue);
        max--;

        wait = ngx_queue_data(queue, ngx_apigw_lease_wait_t, queue);

        ngx_queue_remove(queue);
        claim->leases->parked--;

        wait->claim = NULL;
        wait->failed = failed;

        if (wait->event.timer_set) {
            ngx_del_timer(&wait->event);
        }

        ngx_post_event(&wait->event, &ngx_posted_events);
    }
}


void
ngx_apigw_lease_cancel(ngx_apigw_lease_wait_t *wait)
{
    ngx_apigw_claim_t  *claim;

    if (!wait->waiting) {
        return;
    }

    wait->waiting = 0;

    if (wait->event.timer_set) {
        ngx_del_timer(&wait->event);
    }

    if (wait->event.posted) {
        ngx_delete_posted_event(&wait->event);
    }

    claim = wait->claim;

    if (claim) {
        ngx_queue_remove(&wait->queue);
        claim->leases->parked--;
        wait->claim = NULL;

        ngx_apigw_lease_claim_done(claim);
    }
}


static void
ngx_apigw_lease_wait_handler(ngx_event_t *ev)
{
    ngx_apigw_claim_t       *claim;
    ngx_apigw_lease_wait_t  *wait;

    wait = ev->data;

    if (ev->timedout) {
        ev->timedout = 0;
        claim = wait->claim;

        wait->late = 1;
        wait->failed = !claim->recalled;
    }

    ngx_apigw_lease_cancel(wait);

    wait->handler(wait);
}


static void
ngx_apigw_lease_retry_handler(ngx_event_t *ev)
{
    ngx_apigw_claim_t  *claim;

    claim = ev->data;

    if (!claim->flying
        && !ngx_queue_empty(&claim->waits)
        && ngx_apigw_lease_claim_redis(claim, 1) != NGX_AGAIN)
    {
        ngx_apigw_lease_failed(claim, "no connection");
        return;
    }

    ngx_apigw_lease_claim_done(claim);
}


uint32_t
ngx_apigw_lease_today(void)
{
    return (uint32_t) (ngx_time() / 86400);
}
