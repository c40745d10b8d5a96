
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"


#define NGX_APIGW_ISSUER_POLL  20    /* ms, while somebody waits */


static ngx_uint_t ngx_apigw_issuer_possible(ngx_apigw_issuer_t *issuer);
static ngx_uint_t ngx_apigw_issuer_over(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_wait_t *wait);
static void ngx_apigw_issuer_remove(ngx_apigw_issuer_wait_t *wait);
static void ngx_apigw_issuer_poll_handler(ngx_event_t *ev);


ngx_str_t *
ngx_apigw_issuer_name(ngx_apigw_issuer_t *issuer)
{
    return &issuer->conf.issuer;
}


ngx_apigw_jwks_t *
ngx_apigw_issuer_keys(ngx_apigw_issuer_t *issuer)
{
    if (issuer->fixed) {
        return issuer->fixed;
    }

    if (ngx_apigw_issuer_ready(issuer)) {
        ngx_apigw_issuer_set_sync(issuer);
    }

    return issuer->set ? issuer->set->keys : NULL;
}


ngx_uint_t
ngx_apigw_issuer_generation(ngx_apigw_issuer_t *issuer)
{
    if (issuer->fixed == NULL && ngx_apigw_issuer_ready(issuer)) {
        ngx_apigw_issuer_set_sync(issuer);
    }

    return issuer->generation;
}


ngx_int_t
ngx_apigw_issuer_wait(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_wait_t *wait)
{
    if (issuer->fixed
        || !ngx_apigw_issuer_ready(issuer)
        || issuer->nwaiting >= issuer->conf.parked_max)
    {
        return NGX_DECLINED;
    }

    ngx_apigw_issuer_set_sync(issuer);

    if (issuer->set && !ngx_apigw_issuer_possible(issuer)) {
        return NGX_DECLINED;
    }

    wait->issuer = issuer;
    wait->since = wait->since ? wait->since : ngx_current_msec;
    wait->version = issuer->zone->slots->begun;
    wait->generation = issuer->generation;
    wait->waiting = 1;
    wait->tried = 0;

    ngx_queue_insert_tail(&issuer->waiting, &wait->queue);
    issuer->nwaiting++;

    ngx_apigw_issuer_fetch(issuer);

    if (issuer->fetch) {
        issuer->fetch->waited = 1;
    }

    if (!issuer->poll.timer_set) {
        ngx_add_timer(&issuer->poll, NGX_APIGW_ISSUER_POLL);
    }

    return NGX_AGAIN;
}


/* whether a fetch goes on, or may begin before the time has passed */

static ngx_uint_t
ngx_apigw_issuer_possible(ngx_apigw_issuer_t *issuer)
{
    ngx_msec_t          end;
    ngx_apigw_slots_t  *slots;

    slots = issuer->zone->slots;
    end = ngx_current_msec + issuer->conf.timeout;

    return (ngx_msec_int_t) (ngx_apigw_slots_due(slots, 0) - end) < 0
           || (ngx_msec_int_t) (ngx_apigw_slots_may(slots,
                                                    issuer->conf.cooldown)
                                - end) < 0;
}


void
ngx_apigw_issuer_cancel(ngx_apigw_issuer_wait_t *wait)
{
    ngx_apigw_issuer_t  *issuer;

    if (!wait->waiting) {
        return;
    }

    issuer = wait->issuer;

    ngx_apigw_issuer_remove(wait);

    /* the timer would keep a worker that is to exit */

    if (issuer->nwaiting == 0 && issuer->poll.timer_set) {
        ngx_del_timer(&issuer->poll);
    }
}


static void
ngx_apigw_issuer_remove(ngx_apigw_issuer_wait_t *wait)
{
    ngx_queue_remove(&wait->queue);

    wait->waiting = 0;
    wait->issuer->nwaiting--;
}


ngx_uint_t
ngx_apigw_issuer_stale(ngx_apigw_issuer_t *issuer)
{
    ngx_uint_t  may;

    if (issuer->fixed || !ngx_apigw_issuer_ready(issuer)) {
        return 0;
    }

    may = ngx_apigw_slots_may(issuer->zone->slots, issuer->conf.cooldown);

    return (ngx_msec_int_t) (may - ngx_current_msec) <= 0;
}


void
ngx_apigw_issuer_stat(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_stat_t *stat)
{
    ngx_apigw_jwks_t   *keys;
    ngx_apigw_slots_t  *slots;

    ngx_memzero(stat, sizeof(ngx_apigw_issuer_stat_t));

    keys = ngx_apigw_issuer_keys(issuer);

    if (keys) {
        stat->keys = ngx_apigw_jwks_count(keys);
    }

    stat->fixed = (issuer->fixed != NULL);

    if (issuer->fixed || !ngx_apigw_issuer_ready(issuer)) {
        return;
    }

    slots = issuer->zone->slots;

    stat->waiting = issuer->nwaiting;
    stat->fetched = (time_t) slots->fetched;
    stat->fetches = slots->begun;
    stat->failures = slots->failures;
    stat->file = (slots->restored != 0);
}


/*
 * Those who wait again came first, but have seen more: all are looked at.
 * Handlers may cancel others, and wait again.
 */

void
ngx_apigw_issuer_wake(ngx_apigw_issuer_t *issuer)
{
    ngx_queue_t              *q, *next;
    ngx_apigw_issuer_wait_t  *wait;

    for (q = ngx_queue_head(&issuer->waiting);
         q != ngx_queue_sentinel(&issuer->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        wait = ngx_queue_data(q, ngx_apigw_issuer_wait_t, queue);

        if (ngx_apigw_issuer_over(issuer, wait)) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&issuer->woken, q);
        }
    }

    while (!ngx_queue_empty(&issuer->woken)) {
        q = ngx_queue_head(&issuer->woken);
        wait = ngx_queue_data(q, ngx_apigw_issuer_wait_t, queue);

        ngx_apigw_issuer_remove(wait);

        wait->handler(wait);
    }

    if (issuer->nwaiting == 0 && issuer->poll.timer_set) {
        ngx_del_timer(&issuer->poll);
    }
}


static ngx_uint_t
ngx_apigw_issuer_over(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_wait_t *wait)
{
    if (!ngx_apigw_issuer_ready(issuer)) {
        return 1;
    }

    wait->tried = (issuer->zone->slots->ended > wait->version);

    return (wait->tried && issuer->set)
           || wait->generation != issuer->generation
           || ngx_current_msec - wait->since >= issuer->conf.timeout;
}


/* not cancelable: a worker that is to exit answers those who wait */

void
ngx_apigw_issuer_poll_init(ngx_apigw_issuer_t *issuer)
{
    ngx_memzero(&issuer->poll, sizeof(ngx_event_t));

    issuer->poll.handler = ngx_apigw_issuer_poll_handler;
    issuer->poll.data = issuer;
    issuer->poll.log = issuer->log;

    issuer->nwaiting = 0;
}


static void
ngx_apigw_issuer_poll_handler(ngx_event_t *ev)
{
    ngx_apigw_issuer_t  *issuer;

    issuer = ev->data;

    if (ngx_apigw_issuer_ready(issuer)) {
        ngx_apigw_issuer_set_sync(issuer);
        ngx_apigw_issuer_fetch(issuer);
    }

    ngx_apigw_issuer_wake(issuer);

    if (issuer->nwaiting && !ev->timer_set) {
        ngx_add_timer(ev, NGX_APIGW_ISSUER_POLL);
    }
}


/* the handlers are not called: what they would wake is gone or going */

void
ngx_apigw_issuer_poll_exit(ngx_apigw_issuer_t *issuer)
{
    ngx_queue_t              *q;
    ngx_apigw_issuer_wait_t  *wait;

    if (issuer->poll.timer_set) {
        ngx_del_timer(&issuer->poll);
    }

    for (q = ngx_queue_head(&issuer->waiting);
         q != ngx_queue_sentinel(&issuer->waiting);
         q = ngx_queue_next(q))
    {
        wait = ngx_queue_data(q, ngx_apigw_issuer_wait_t, queue);
        wait->waiting = 0;
    }

    ngx_queue_init(&issuer->waiting);
    issuer->nwaiting = 0;
}
