
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


static void ngx_apigw_redis_link_down(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_link_timer_handler(ngx_event_t *ev);
static void ngx_apigw_redis_link_check(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_link_post_handler(ngx_event_t *ev);


void
ngx_apigw_redis_link_init(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_t *redis, ngx_uint_t kind)
{
    ngx_memzero(link, sizeof(ngx_apigw_redis_link_t));

    link->redis = redis;
    link->kind = kind;
    link->backoff = NGX_APIGW_REDIS_BACKOFF_MIN;

    ngx_queue_init(&link->greeting);
    ngx_queue_init(&link->waiting);
    ngx_queue_init(&link->sent);

    link->timer.handler = ngx_apigw_redis_link_timer_handler;
    link->timer.data = link;
    link->timer.log = redis->log;
    link->timer.cancelable = 1;

    link->post.handler = ngx_apigw_redis_link_post_handler;
    link->post.data = link;
    link->post.log = redis->log;
}


/* at the exit of the worker, or when a cluster has lost the node */

void
ngx_apigw_redis_link_free(ngx_apigw_redis_link_t *link)
{
    ngx_apigw_redis_link_close(link);

    ngx_apigw_redis_drop(&link->waiting);
    ngx_apigw_redis_drop(&link->sent);

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    link->state = NGX_APIGW_REDIS_STOPPED;
}


void
ngx_apigw_redis_link_push(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry)
{
    ngx_queue_insert_tail(&link->waiting, &entry->queue);

    ngx_post_event(&link->post, &ngx_posted_events);
}


static void
ngx_apigw_redis_link_post_handler(ngx_event_t *ev)
{
    ngx_apigw_redis_link_t  *link;

    link = ev->data;

    if (link->state == NGX_APIGW_REDIS_READY) {
        ngx_apigw_redis_flush(link);

    } else if (link->state == NGX_APIGW_REDIS_IDLE) {
        ngx_apigw_redis_connect(link);
    }
}


ngx_int_t
ngx_apigw_redis_link_ready(ngx_apigw_redis_link_t *link)
{
    ngx_str_t                 argv[2];
    ngx_apigw_redis_t        *redis;
    ngx_apigw_redis_entry_t  *entry;

    redis = link->redis;

    link->state = NGX_APIGW_REDIS_READY;
    link->since = ngx_current_msec;

    ngx_del_timer(&link->timer);

    /* the password was there */

    if (link->start) {
        ngx_explicit_memzero(link->start, link->end - link->start);
    }

    if (link->kind == NGX_APIGW_REDIS_SUB) {
        ngx_str_set(&argv[0], "SUBSCRIBE");
        argv[1] = redis->channel;

        entry = ngx_apigw_redis_entry_own(redis, NGX_APIGW_REDIS_SUBSCRIBE, 2,
                                          argv);
        if (entry == NULL) {
            return NGX_ERROR;
        }

        ngx_apigw_redis_link_push(link, entry);
        ngx_apigw_redis_link_timer(link, NGX_APIGW_REDIS_PING);

        return NGX_OK;
    }

    if (!link->suspect) {
        ngx_apigw_redis_link_up(link);
    }

    if (link->kind == NGX_APIGW_REDIS_NODE) {
        ngx_apigw_redis_cluster_ready(link);

    } else {
        ngx_apigw_redis_greet(redis, link);
    }

    ngx_post_event(&link->post, &ngx_posted_events);

    return NGX_OK;
}


void
ngx_apigw_redis_link_up(ngx_apigw_redis_link_t *link)
{
    ngx_log_t  *log;

    link->suspect = 0;

    if (!link->down) {
        return;
    }

    link->down = 0;

    log = link->redis->log;

    link->connection->log = log;
    link->connection->read->log = log;
    link->connection->write->log = log;

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "the Redis server \"%V\" is available again%s",
                  &link->addr->name,
                  (link->kind == NGX_APIGW_REDIS_SUB) ? " for subscriptions"
                                                      : "");
}


void
ngx_apigw_redis_link_note(ngx_apigw_redis_link_t *link, const char *reason,
    ngx_err_t err, ngx_str_t *text)
{
    u_char  *p, *last;

    p = link->why;
    last = p + sizeof(link->why);

    p = ngx_slprintf(p, last, "%s", reason);

    if (text) {
        p = ngx_slprintf(p, last, ": \"%V\"", text);
    }

    link->why_len = p - link->why;
    link->err = err;
}


void
ngx_apigw_redis_link_failed(ngx_apigw_redis_link_t *link, const char *reason,
    ngx_err_t err, ngx_str_t *text)
{
    ngx_uint_t         ready, stopped;
    ngx_queue_t        lost;
    ngx_connection_t  *c;

    c = link->connection;

    ready = (link->state == NGX_APIGW_REDIS_READY);
    stopped = c->close;

    if (reason) {
        ngx_apigw_redis_link_note(link, reason, err, text);
    }

    ngx_apigw_redis_link_close(link);

    ngx_queue_init(&lost);
    ngx_apigw_redis_move(&lost, &link->sent);

    if (stopped) {
        link->state = NGX_APIGW_REDIS_STOPPED;
        ngx_apigw_redis_move(&lost, &link->waiting);
        ngx_apigw_redis_fail(&lost, "the worker is shutting down");
        return;
    }

    if (ready) {
        if (link->suspect) {
            link->cursor++;

        } else if (ngx_current_msec - link->since
                   >= NGX_APIGW_REDIS_BACKOFF_MAX)
        {
            link->backoff = NGX_APIGW_REDIS_BACKOFF_MIN;
        }

        ngx_apigw_redis_link_retreat(link, &lost);
        return;
    }

    /* the greeting alone */
    ngx_apigw_redis_drop(&lost);

    ngx_apigw_redis_connect_next(link);
}


void
ngx_apigw_redis_link_close(ngx_apigw_redis_link_t *link)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = link->connection;

    if (c) {
        pool = c->pool;

        if (link->reader) {
            ngx_apigw_redis_reader_free(link->reader);
            link->reader = NULL;
        }

        ngx_apigw_tls_close(c);
        ngx_close_connection(c);
        ngx_destroy_pool(pool);

        link->connection = NULL;
    }

    if (link->replies) {
        ngx_destroy_pool(link->replies);
        link->replies = NULL;
    }

    if (link->start) {
        ngx_explicit_memzero(link->start, link->end - link->start);
        ngx_free(link->start);
        link->start = NULL;
    }

    link->pos = NULL;
    link->last = NULL;
    link->end = NULL;

    ngx_apigw_redis_drop(&link->greeting);

    if (link->post.posted) {
        ngx_delete_posted_event(&link->post);
    }
}


void
ngx_apigw_redis_link_retreat(ngx_apigw_redis_link_t *link, ngx_queue_t *lost)
{
    ngx_apigw_redis_link_down(link);

    link->state = NGX_APIGW_REDIS_BACKOFF;

    ngx_apigw_redis_link_timer(link, 1 + ngx_random() % link->backoff);

    link->backoff = ngx_min(2 * link->backoff, NGX_APIGW_REDIS_BACKOFF_MAX);

    ngx_apigw_redis_move(lost, &link->waiting);

    if (link->kind == NGX_APIGW_REDIS_NODE) {
        ngx_apigw_redis_cluster_lost(link);
    }

    ngx_apigw_redis_fail(lost, "the connection was lost");
}


/* logged once for each reason, not for each attempt */

static void
ngx_apigw_redis_link_down(ngx_apigw_redis_link_t *link)
{
    uint32_t    hash;
    ngx_str_t   why;
    ngx_uint_t  level, sub;

    why.len = link->why_len;
    why.data = link->why;

    hash = ngx_crc32_short(why.data, why.len) ^ (uint32_t) link->err;

    if (link->down && link->logged == hash) {
        return;
    }

    link->down = 1;
    link->logged = hash;

    sub = (link->kind == NGX_APIGW_REDIS_SUB);
    level = sub ? NGX_LOG_WARN : NGX_LOG_ERR;

    ngx_log_error(level, link->redis->log, link->err,
                  "the Redis server \"%V\" is not available%s: %V",
                  &link->addr->name, sub ? " for subscriptions" : "", &why);
}


void
ngx_apigw_redis_link_timer(ngx_apigw_redis_link_t *link, ngx_msec_t time)
{
    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    ngx_add_timer(&link->timer, time);
}


static void
ngx_apigw_redis_link_timer_handler(ngx_event_t *ev)
{
    ngx_apigw_redis_link_t  *link;

    link = ev->data;

    switch (link->state) {

    case NGX_APIGW_REDIS_CONNECTING:
    case NGX_APIGW_REDIS_GREETING:
        ngx_apigw_redis_link_failed(link, "no answer in time", 0, NULL);
        break;

    case NGX_APIGW_REDIS_READY:
        ngx_apigw_redis_link_check(link);
        break;

    case NGX_APIGW_REDIS_BACKOFF:
        if (link->kind == NGX_APIGW_REDIS_NODE) {
            link->state = NGX_APIGW_REDIS_IDLE;
            ngx_apigw_redis_cluster_idle(link);
            break;
        }

        ngx_apigw_redis_connect(link);
        break;
    }
}


ngx_msec_t
ngx_apigw_redis_link_stuck(ngx_apigw_redis_link_t *link)
{
    return ngx_max(10 * link->redis->conf.timeout, NGX_APIGW_REDIS_STUCK_MIN);
}


/* the timer runs while something is to be answered */

static void
ngx_apigw_redis_link_check(ngx_apigw_redis_link_t *link)
{
    ngx_str_t                 ping;
    ngx_msec_t                age, stuck;
    ngx_queue_t              *q;
    ngx_apigw_redis_entry_t  *entry;

    stuck = ngx_apigw_redis_link_stuck(link);

    if (!ngx_queue_empty(&link->sent)) {
        q = ngx_queue_head(&link->sent);
        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);

        age = ngx_current_msec - entry->time;

        if (age >= stuck) {
            ngx_apigw_redis_link_failed(link, "it doesn't answer", 0, NULL);
            return;
        }

        ngx_apigw_redis_link_timer(link, stuck - age);
        return;
    }

    if (link->kind != NGX_APIGW_REDIS_SUB) {
        return;
    }

    ngx_str_set(&ping, "PING");

    entry = ngx_apigw_redis_entry_own(link->redis, NGX_APIGW_REDIS_ALIVE, 1,
                                      &ping);
    if (entry) {
        ngx_apigw_redis_link_push(link, entry);
    }

    ngx_apigw_redis_link_timer(link, stuck);
}
