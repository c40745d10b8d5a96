
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


static ngx_int_t ngx_apigw_redis_fill(ngx_apigw_redis_link_t *link);
static ngx_int_t ngx_apigw_redis_room(ngx_apigw_redis_link_t *link,
    size_t size);
static ngx_int_t ngx_apigw_redis_put(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry);
static ngx_int_t ngx_apigw_redis_replies(ngx_apigw_redis_link_t *link);
static ngx_int_t ngx_apigw_redis_reply(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply);
static ngx_uint_t ngx_apigw_redis_message(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_redis_own(ngx_apigw_redis_link_t *link,
    ngx_uint_t purpose, ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_redis_user(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply);
static ngx_uint_t ngx_apigw_redis_again(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply);


void
ngx_apigw_redis_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *c;

    c = wev->data;

    ngx_apigw_redis_flush(c->data);
}


/* sends what waits, as much as there is room for */

void
ngx_apigw_redis_flush(ngx_apigw_redis_link_t *link)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = link->connection;

    for ( ;; ) {

        if (ngx_apigw_redis_fill(link) != NGX_OK) {
            ngx_apigw_redis_link_failed(link, "no memory", 0, NULL);
            return;
        }

        if (link->pos == link->last || !c->write->ready) {
            break;
        }

        n = c->send(c, link->pos, link->last - link->pos);

        if (n == NGX_ERROR) {
            ngx_apigw_redis_link_failed(link, "could not send",
                                        ngx_socket_errno, NULL);
            return;
        }

        if (n == NGX_AGAIN || n == 0) {
            break;
        }

        link->pos += n;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, "could not send", 0, NULL);
    }
}


static ngx_int_t
ngx_apigw_redis_fill(ngx_apigw_redis_link_t *link)
{
    ngx_int_t                 rc;
    ngx_queue_t              *q, *queue;
    ngx_apigw_redis_entry_t  *entry;

    queue = (link->state == NGX_APIGW_REDIS_READY) ? &link->waiting
                                                   : &link->greeting;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);

        rc = ngx_apigw_redis_put(link, entry);

        if (rc != NGX_OK) {
            return (rc == NGX_AGAIN) ? NGX_OK : NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* from its queue into the buffer; NGX_AGAIN: when that is empty */

static ngx_int_t
ngx_apigw_redis_put(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry)
{
    ngx_int_t                 rc;
    ngx_str_t                 asking;
    ngx_apigw_redis_entry_t  *extra;

    rc = ngx_apigw_redis_room(link, entry->text.len + 64);

    if (rc != NGX_OK) {
        return rc;
    }

    if (entry->asking) {
        ngx_str_set(&asking, "ASKING");

        extra = ngx_apigw_redis_entry_own(link->redis, NGX_APIGW_REDIS_ASKING,
                                          1, &asking);
        if (extra == NULL) {
            return NGX_ERROR;
        }

        extra->sent = 1;
        extra->time = ngx_current_msec;
        ngx_queue_insert_tail(&link->sent, &extra->queue);

        link->last = ngx_cpymem(link->last, extra->text.data,
                                extra->text.len);
        entry->asking = 0;
    }

    entry->sent = 1;
    entry->time = ngx_current_msec;

    ngx_queue_remove(&entry->queue);
    ngx_queue_insert_tail(&link->sent, &entry->queue);

    link->last = ngx_cpymem(link->last, entry->text.data, entry->text.len);

    if (!link->timer.timer_set) {
        ngx_add_timer(&link->timer, ngx_apigw_redis_link_stuck(link));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_room(ngx_apigw_redis_link_t *link, size_t size)
{
    if (link->start && size <= (size_t) (link->end - link->last)) {
        return NGX_OK;
    }

    if (link->pos != link->last) {
        return NGX_AGAIN;
    }

    size = ngx_max(size, NGX_APIGW_REDIS_BUFFER);

    if (link->start == NULL || size != (size_t) (link->end - link->start)) {

        if (link->start) {
            ngx_free(link->start);
        }

        link->start = ngx_alloc(size, link->redis->log);
        if (link->start == NULL) {
            link->pos = NULL;
            link->last = NULL;
            link->end = NULL;
            return NGX_ERROR;
        }

        link->end = link->start + size;
    }

    link->pos = link->start;
    link->last = link->start;

    return NGX_OK;
}


void
ngx_apigw_redis_read_handler(ngx_event_t *rev)
{
    ssize_t                  n;
    ngx_connection_t        *c;
    ngx_apigw_redis_t       *redis;
    ngx_apigw_redis_link_t  *link;

    c = rev->data;
    link = c->data;
    redis = link->redis;

    if (c->close) {
        ngx_apigw_redis_link_failed(link, "the worker is shutting down", 0,
                                    NULL);
        return;
    }

    for ( ;; ) {
        n = c->recv(c, redis->buffer, NGX_APIGW_REDIS_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0) {
            ngx_apigw_redis_link_failed(link, "it closed the connection", 0,
                                        NULL);
            return;
        }

        if (n < 0) {
            ngx_apigw_redis_link_failed(link, "could not receive",
                                        ngx_socket_errno, NULL);
            return;
        }

        if (ngx_apigw_redis_reader_feed(link->reader, redis->buffer, n)
            != NGX_OK)
        {
            ngx_apigw_redis_link_failed(link, "no memory", 0, NULL);
            return;
        }

        if (ngx_apigw_redis_replies(link) != NGX_OK) {
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, "could not receive", 0, NULL);
    }
}


/* NGX_OK; NGX_ERROR: the link has failed, and the connection is closed */

static ngx_int_t
ngx_apigw_redis_replies(ngx_apigw_redis_link_t *link)
{
    ngx_int_t                 rc;
    ngx_uint_t                large;
    const char               *reason;
    ngx_queue_t              *q;
    ngx_apigw_redis_entry_t  *entry;
    ngx_apigw_redis_reply_t  *reply;

    for ( ;; ) {
        large = 0;

        if (!ngx_queue_empty(&link->sent)) {
            q = ngx_queue_head(&link->sent);
            entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);
            large = (entry->purpose == NGX_APIGW_REDIS_SLOTS);
        }

        rc = ngx_apigw_redis_reader_next(link->reader, large, &reply, &reason);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            ngx_apigw_redis_link_failed(link, reason, 0, NULL);
            return NGX_ERROR;
        }

        if (ngx_apigw_redis_reply(link, reply) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_reset_pool(link->replies);
    }
}


static ngx_int_t
ngx_apigw_redis_reply(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_uint_t                purpose;
    ngx_queue_t              *q;
    ngx_apigw_redis_entry_t  *entry;

    if (link->kind == NGX_APIGW_REDIS_SUB
        && ngx_apigw_redis_message(link, reply))
    {
        return NGX_OK;
    }

    if (ngx_queue_empty(&link->sent)) {
        ngx_apigw_redis_link_failed(link, "it sent a reply to nothing", 0,
                                    (reply->type == NGX_APIGW_REDIS_ERROR)
                                    ? &reply->str : NULL);
        return NGX_ERROR;
    }

    q = ngx_queue_head(&link->sent);
    ngx_queue_remove(q);

    entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);
    purpose = entry->purpose;

    if (purpose == NGX_APIGW_REDIS_USER) {
        return ngx_apigw_redis_user(link, entry, reply);
    }

    ngx_apigw_redis_answer(entry, NULL, NULL);

    return ngx_apigw_redis_own(link, purpose, reply);
}


static ngx_uint_t
ngx_apigw_redis_message(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_str_t          *kind;
    ngx_apigw_redis_t  *redis;

    redis = link->redis;

    if (reply->type != NGX_APIGW_REDIS_ARRAY
        || reply->nelts != 3
        || reply->elts[0].type != NGX_APIGW_REDIS_STRING
        || reply->elts[2].type != NGX_APIGW_REDIS_STRING)
    {
        return 0;
    }

    kind = &reply->elts[0].str;

    if (kind->len != sizeof("message") - 1
        || ngx_memcmp(kind->data, "message", sizeof("message") - 1) != 0)
    {
        return 0;
    }

    redis->message_handler(redis->message_data, &reply->elts[2].str);

    return 1;
}


/* the reply to a command of the client's own */

static ngx_int_t
ngx_apigw_redis_own(ngx_apigw_redis_link_t *link, ngx_uint_t purpose,
    ngx_apigw_redis_reply_t *reply)
{
    u_char      *p;
    ngx_str_t   *text;
    ngx_uint_t   error;
    const char  *reason;

    error = (reply->type == NGX_APIGW_REDIS_ERROR);
    text = error ? &reply->str : NULL;

    switch (purpose) {

    case NGX_APIGW_REDIS_AUTH:
        reason = "authentication failed";

        /* ", with args beginning with:" would be the password */

        if (error) {
            p = ngx_strlchr(text->data, text->data + text->len, ',');
            text->len = p ? (size_t) (p - text->data) : text->len;
        }

        break;

    case NGX_APIGW_REDIS_SELECT:
        reason = "the database could not be selected";
        break;

    case NGX_APIGW_REDIS_PROBE:
        reason = "it refused the connection";

        /* a user who may not say PING is a user */

        if (error && !ngx_apigw_redis_error_is(reply, "NOPERM")) {
            break;
        }

        error = (ngx_apigw_redis_link_ready(link) != NGX_OK);
        break;

    case NGX_APIGW_REDIS_SLOTS:
        reason = "it gave no map of the cluster";

        if (!error && ngx_apigw_redis_map(link, reply, &reason) == NGX_OK) {
            ngx_apigw_redis_link_up(link);
            break;
        }

        error = 1;
        link->suspect = 1;
        break;

    case NGX_APIGW_REDIS_SUBSCRIBE:
        reason = "it refused the subscription";

        if (!error) {
            ngx_apigw_redis_link_up(link);
            break;
        }

        link->suspect = 1;
        break;

    case NGX_APIGW_REDIS_ALIVE:
        reason = NULL;
        error = 0;
        ngx_apigw_redis_link_timer(link, NGX_APIGW_REDIS_PING);
        break;

    default: /* NGX_APIGW_REDIS_ASKING */
        reason = NULL;
        error = 0;
        break;
    }

    if (error) {
        ngx_apigw_redis_link_failed(link, reason, 0, text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_user(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply)
{
    ngx_uint_t  readonly;

    if (reply->type == NGX_APIGW_REDIS_ERROR
        && ngx_apigw_redis_again(link, entry, reply))
    {
        return NGX_OK;
    }

    readonly = ngx_apigw_redis_error_is(reply, "READONLY");

    if (!readonly) {
        link->backoff = NGX_APIGW_REDIS_BACKOFF_MIN;
        ngx_apigw_redis_link_up(link);
    }

    ngx_apigw_redis_answer(entry, reply, NULL);

    if (!readonly) {
        return NGX_OK;
    }

    /* after a failover another server is the one to write to */

    link->suspect = 1;
    ngx_apigw_redis_link_failed(link, "it is a replica", 0, &reply->str);

    return NGX_ERROR;
}


/* errors that are answered by sending the command once more */

static ngx_uint_t
ngx_apigw_redis_again(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply)
{
    ngx_str_t  head[2];

    if (link->redis->cluster
        && ngx_apigw_redis_redirect(link, entry, reply))
    {
        return 1;
    }

    if (entry->script == NULL
        || entry->cmd == NULL
        || !ngx_apigw_redis_error_is(reply, "NOSCRIPT"))
    {
        return 0;
    }

    ngx_str_set(&head[0], "EVAL");
    head[1] = entry->script->text;

    if (ngx_apigw_redis_reformat(&entry->text, 2, head) != NGX_OK) {
        return 0;
    }

    entry->script = NULL;
    entry->sent = 0;

    ngx_apigw_redis_link_push(link, entry);

    return 1;
}
