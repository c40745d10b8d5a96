
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meters_int.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_METERS_TICK      250   /* ms */
#define NGX_APIGW_METERS_TURN      2048  /* meters in a tick */
#define NGX_APIGW_METERS_REPORT    4000  /* ms between two reports */
#define NGX_APIGW_METERS_FLYING    256   /* reports at once */
#define NGX_APIGW_METERS_AGAIN     128   /* meters in a tick, once more */

#define NGX_APIGW_METERS_EXIT      2000  /* ms to report all */
#define NGX_APIGW_METERS_EXIT_TICK 20

#define NGX_APIGW_METERS_ARGS      6
#define NGX_APIGW_METERS_ANSWERS   4


typedef struct {
    ngx_queue_t                queue;
    ngx_apigw_redis_cmd_t      cmd;
    ngx_apigw_meters_t        *meters;
    uint32_t                   n;
    uint32_t                   month;
    uint64_t                   life;
    uint64_t                   requests;
} ngx_apigw_meters_report_t;


static void ngx_apigw_meters_tick(ngx_event_t *ev);
static void ngx_apigw_meters_tick_active(ngx_apigw_meters_t *meters);
static void ngx_apigw_meters_tick_again(ngx_apigw_meters_t *meters);
static ngx_uint_t ngx_apigw_meters_tick_one(ngx_apigw_meters_t *meters,
    uint32_t n);
static ngx_uint_t ngx_apigw_meters_dirty(ngx_apigw_meter_t *m);
static void ngx_apigw_meters_send(ngx_apigw_meters_t *meters, uint32_t n,
    ngx_uint_t all);
static ngx_int_t ngx_apigw_meters_send_month(ngx_apigw_meters_report_t *report,
    ngx_apigw_meter_counts_t *counts);
static void ngx_apigw_meters_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static void ngx_apigw_meters_answer(ngx_apigw_meters_report_t *report,
    ngx_apigw_redis_reply_t *reply);


static ngx_apigw_redis_script_t  ngx_apigw_meters_redis_script;


void
ngx_apigw_meters_redis_init(void)
{
    ngx_apigw_redis_script(&ngx_apigw_meters_redis_script,
                           &ngx_apigw_meters_script);
}


/* apigw:1:meter:{plan/key}:2026-11, in the slot of the quota */

u_char *
ngx_apigw_meters_key(u_char *p, u_char *last, ngx_apigw_meters_elt_t *elt,
    uint32_t month)
{
    if ((size_t) (last - p) < NGX_APIGW_METERS_KEY_LEN
                              + 3 * (elt->plan->len + elt->key_len))
    {
        return NULL;
    }

    p = ngx_cpymem(p, "apigw:1:meter:{", sizeof("apigw:1:meter:{") - 1);
    p = (u_char *) ngx_escape_uri(p, elt->plan->data, elt->plan->len,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = '/';
    p = (u_char *) ngx_escape_uri(p, elt->key, elt->key_len,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = '}';
    *p++ = ':';

    return ngx_apigw_month_print(p, month);
}


ngx_int_t
ngx_apigw_meters_report_init(ngx_apigw_meters_t *meters, ngx_cycle_t *cycle)
{
    uint32_t  i;

    ngx_queue_init(&meters->reports);

    (void) ngx_hex_dump(meters->gateway, meters->zone->gateway,
                        NGX_APIGW_METERS_HEX / 2);

    meters->again = meters->nelts;

    meters->seen = ngx_pcalloc(cycle->pool, (meters->nelts / 64 + 1)
                                            * sizeof(uint64_t));
    if (meters->seen == NULL) {
        return NGX_ERROR;
    }

    meters->tick.handler = ngx_apigw_meters_tick;
    meters->tick.data = meters;
    meters->tick.log = cycle->log;
    meters->tick.cancelable = 1;

    ngx_add_timer(&meters->tick, NGX_APIGW_METERS_TICK);

    /* what a worker that was killed has left */

    for (i = 0; i < meters->nelts; i++) {

        if (ngx_apigw_meters_dirty(ngx_apigw_meters_meter(meters, i))) {
            ngx_apigw_meters_touch(meters, i);
        }
    }

    return NGX_OK;
}


void
ngx_apigw_meters_report_exit(ngx_apigw_meters_t *meters)
{
    ngx_queue_t                *queue, *next;
    ngx_apigw_meters_report_t  *report;

    if (meters->seen == NULL) {
        return;
    }

    if (meters->tick.timer_set) {
        ngx_del_timer(&meters->tick);
    }

    for (queue = ngx_queue_head(&meters->reports);
         queue != ngx_queue_sentinel(&meters->reports);
         queue = next)
    {
        next = ngx_queue_next(queue);
        report = ngx_queue_data(queue, ngx_apigw_meters_report_t, queue);

        ngx_apigw_redis_cancel(&report->cmd);
        ngx_free(report);
    }

    ngx_queue_init(&meters->reports);

    if (meters->active) {
        ngx_free(meters->active);
        meters->active = NULL;
    }
}


/* no memory: the meter will be reported by whoever counts by it next */

void
ngx_apigw_meters_touch_slow(ngx_apigw_meters_t *meters, uint32_t n)
{
    uint32_t    *active;
    ngx_uint_t   size;

    if (meters->nactive == meters->active_alloc) {
        size = meters->active_alloc ? 2 * meters->active_alloc : 256;

        active = ngx_alloc(size * sizeof(uint32_t), meters->log);
        if (active == NULL) {
            return;
        }

        if (meters->active) {
            ngx_memcpy(active, meters->active,
                       meters->nactive * sizeof(uint32_t));
            ngx_free(meters->active);
        }

        meters->active = active;
        meters->active_alloc = size;
    }

    meters->active[meters->nactive++] = n;
    meters->seen[n >> 6] |= (uint64_t) 1 << (n & 63);

    /* a worker that exits stays until it is reported */

    meters->tick.cancelable = 0;
    meters->exit_until = 0;
}


static void
ngx_apigw_meters_tick(ngx_event_t *ev)
{
    ngx_uint_t           up;
    ngx_apigw_meters_t  *meters;

    meters = ev->data;
    up = ngx_apigw_redis_up(meters->redis);

    if (up && !meters->up && ngx_worker == 0) {

        /* it may have lost what it had */

        meters->again = 0;
    }

    meters->up = up;

    if (up) {
        ngx_apigw_meters_tick_active(meters);
        ngx_apigw_meters_tick_again(meters);
    }

    ev->cancelable = (meters->nactive == 0);

    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_APIGW_METERS_TICK);
        return;
    }

    if (meters->exit_until == 0) {
        meters->exit_until = ngx_current_msec + NGX_APIGW_METERS_EXIT;
    }

    if (!up || ngx_current_msec >= meters->exit_until) {
        ev->cancelable = 1;
    }

    ngx_add_timer(ev, ev->cancelable ? NGX_APIGW_METERS_TICK
                                     : NGX_APIGW_METERS_EXIT_TICK);
}


static void
ngx_apigw_meters_tick_active(ngx_apigw_meters_t *meters)
{
    uint32_t    m;
    ngx_uint_t  i, n;

    n = ngx_min(meters->nactive, NGX_APIGW_METERS_TURN);

    for (i = 0;
         i < n && meters->nactive && meters->flying < NGX_APIGW_METERS_FLYING;
         i++)
    {
        if (meters->turn >= meters->nactive) {
            meters->turn = 0;
        }

        m = meters->active[meters->turn];

        if (ngx_apigw_meters_tick_one(meters, m)) {
            meters->turn++;
            continue;
        }

        meters->seen[m >> 6] &= ~((uint64_t) 1 << (m & 63));
        meters->active[meters->turn] = meters->active[--meters->nactive];
    }
}


static void
ngx_apigw_meters_tick_again(ngx_apigw_meters_t *meters)
{
    ngx_uint_t  i;

    for (i = 0;
         i < NGX_APIGW_METERS_AGAIN && meters->again < meters->nelts
         && meters->flying < NGX_APIGW_METERS_FLYING;
         i++)
    {
        ngx_apigw_meters_send(meters, (uint32_t) meters->again++, 1);
    }
}


/* 0 where there is nothing to report any more */

static ngx_uint_t
ngx_apigw_meters_tick_one(ngx_apigw_meters_t *meters, uint32_t n)
{
    ngx_msec_t          pause;
    ngx_apigw_meter_t  *m;
    ngx_atomic_uint_t   asked;

    m = ngx_apigw_meters_meter(meters, n);

    if (!ngx_apigw_meters_dirty(m)) {
        return 0;
    }

    /* one of the workers does it */

    asked = m->asked;
    pause = ngx_exiting ? NGX_APIGW_METERS_TICK : NGX_APIGW_METERS_REPORT;

    if (asked && asked <= ngx_current_msec
        && ngx_current_msec - asked < pause)
    {
        return 1;
    }

    if (ngx_atomic_cmp_set(&m->asked, asked, ngx_current_msec)) {
        ngx_apigw_meters_send(meters, n, 0);
    }

    return 1;
}


static ngx_uint_t
ngx_apigw_meters_dirty(ngx_apigw_meter_t *m)
{
    uint32_t                  month, current;
    ngx_uint_t                i;
    ngx_apigw_meter_counts_t  counts;

    current = ngx_apigw_meters_month();

    for (i = 0; i < NGX_APIGW_METER_MONTHS; i++) {

        if (ngx_apigw_meter_look(m, i, current, &month, &counts) == NGX_OK) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_apigw_meters_send(ngx_apigw_meters_t *meters, uint32_t n, ngx_uint_t all)
{
    uint32_t                    month, current;
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_apigw_meter_t          *m;
    ngx_apigw_meter_counts_t    counts;
    ngx_apigw_meters_report_t  *report;

    m = ngx_apigw_meters_meter(meters, n);
    current = ngx_apigw_meters_month();

    for (i = 0; i < NGX_APIGW_METER_MONTHS; i++) {
        rc = ngx_apigw_meter_look(m, i, current, &month, &counts);

        if (rc == NGX_DECLINED || (rc == NGX_DONE && !all)) {
            continue;
        }

        report = ngx_calloc(sizeof(ngx_apigw_meters_report_t), meters->log);
        if (report == NULL) {
            return;
        }

        report->meters = meters;
        report->n = n;
        report->month = month;
        report->life = m->life;
        report->requests = counts.requests;

        if (ngx_apigw_meters_send_month(report, &counts) != NGX_OK) {
            ngx_free(report);
            return;
        }

        ngx_queue_insert_tail(&meters->reports, &report->queue);
        meters->flying++;
    }
}


static ngx_int_t
ngx_apigw_meters_send_month(ngx_apigw_meters_report_t *report,
    ngx_apigw_meter_counts_t *counts)
{
    u_char               key[NGX_APIGW_METERS_KEY_MAX], *last;
    u_char               text[4][NGX_APIGW_NUMBER_LEN];
    uint64_t             numbers[4];
    ngx_str_t            args[NGX_APIGW_METERS_ARGS];
    ngx_uint_t           i;
    ngx_apigw_meters_t  *meters;

    meters = report->meters;

    last = ngx_apigw_meters_key(key, key + NGX_APIGW_METERS_KEY_MAX,
                                &meters->elts[report->n], report->month);
    if (last == NULL) {
        return NGX_ERROR;
    }

    args[0].data = key;
    args[0].len = last - key;
    args[1].data = meters->gateway;
    args[1].len = NGX_APIGW_METERS_HEX;

    numbers[0] = report->life;
    numbers[1] = counts->requests;
    numbers[2] = counts->increments;
    numbers[3] = counts->bytes;

    for (i = 0; i < 4; i++) {
        args[i + 2].data = text[i];
        args[i + 2].len = ngx_apigw_number(text[i], numbers[i]) - text[i];
    }

    report->cmd.handler = ngx_apigw_meters_handler;
    report->cmd.data = report;

    return ngx_apigw_redis_eval(meters->redis, &report->cmd,
                                &ngx_apigw_meters_redis_script, 1,
                                NGX_APIGW_METERS_ARGS, args);
}


/* what has failed is reported again: it differs from what was reported */

static void
ngx_apigw_meters_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_apigw_meters_report_t  *report;

    report = cmd->data;

    ngx_queue_remove(&report->queue);
    report->meters->flying--;

    if (reply && reply->type == NGX_APIGW_REDIS_ERROR) {
        ngx_log_error(NGX_LOG_INFO, report->meters->log, 0,
                      "redis answers \"%V\" to a meter", &reply->str);

    } else if (reply) {
        ngx_apigw_meters_answer(report, reply);
    }

    ngx_free(report);
}


/* what Redis has of us now: life, requests, increments, bytes */

static void
ngx_apigw_meters_answer(ngx_apigw_meters_report_t *report,
    ngx_apigw_redis_reply_t *reply)
{
    off_t                      n[2];
    ngx_uint_t                 i;
    ngx_apigw_meter_t         *m;
    ngx_apigw_redis_reply_t   *elt;
    ngx_apigw_meter_counts_t   counts;

    if (reply->type != NGX_APIGW_REDIS_ARRAY
        || reply->nelts != NGX_APIGW_METERS_ANSWERS)
    {
        return;
    }

    for (i = 0; i < 2; i++) {
        elt = &reply->elts[i];

        n[i] = (elt->type == NGX_APIGW_REDIS_STRING)
               ? ngx_atoof(elt->str.data, elt->str.len) : NGX_ERROR;

        if (n[i] == NGX_ERROR) {
            return;
        }
    }

    m = ngx_apigw_meters_meter(report->meters, report->n);
    ngx_apigw_meter_read(m, report->month, &counts);

    if (report->life < m->life) {
        return;
    }

    if ((uint64_t) n[0] > report->life
        || (uint64_t) n[1] > counts.requests)
    {
        /* our memory is older than what we have reported: the script */

        ngx_apigw_meter_renew(m, (uint64_t) n[0] + 1);
        ngx_apigw_meters_touch(report->meters, report->n);
        return;
    }

    ngx_apigw_meter_reported(m, report->month, report->requests);
}
