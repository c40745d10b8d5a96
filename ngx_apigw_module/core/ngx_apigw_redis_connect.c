
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <ngx_event_connect.h>

#include "ngx_apigw_redis_int.h"


static ngx_int_t ngx_apigw_redis_connect_open(ngx_apigw_redis_link_t *link);
static ngx_apigw_redis_addr_t *ngx_apigw_redis_connect_addr(
    ngx_apigw_redis_link_t *link);
static ngx_uint_t ngx_apigw_redis_connect_naddrs(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_connect_handler(ngx_event_t *ev);
static ngx_int_t ngx_apigw_redis_connect_opened(ngx_apigw_redis_link_t *link);
static ngx_int_t ngx_apigw_redis_connect_tls(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_connect_tls_handler(ngx_connection_t *c);
static ngx_int_t ngx_apigw_redis_connect_greet(ngx_apigw_redis_link_t *link);
static ngx_int_t ngx_apigw_redis_connect_say(ngx_apigw_redis_link_t *link,
    ngx_uint_t purpose, ngx_uint_t argc, ngx_str_t *argv);


void
ngx_apigw_redis_connect(ngx_apigw_redis_link_t *link)
{
    link->attempts = 0;

    if (ngx_apigw_redis_connect_open(link) != NGX_OK) {
        ngx_apigw_redis_connect_next(link);
    }
}


void
ngx_apigw_redis_connect_next(ngx_apigw_redis_link_t *link)
{
    ngx_queue_t  none;

    for ( ;; ) {
        ngx_apigw_redis_link_close(link);

        link->cursor++;
        link->attempts++;

        if (link->attempts >= ngx_apigw_redis_connect_naddrs(link)) {
            break;
        }

        if (ngx_apigw_redis_connect_open(link) == NGX_OK) {
            return;
        }
    }

    ngx_queue_init(&none);
    ngx_apigw_redis_link_retreat(link, &none);
}


static ngx_int_t
ngx_apigw_redis_connect_open(ngx_apigw_redis_link_t *link)
{
    ngx_int_t               rc;
    ngx_pool_t             *pool;
    ngx_connection_t       *c;
    ngx_apigw_redis_t      *redis;
    ngx_peer_connection_t   peer;

    redis = link->redis;

    link->state = NGX_APIGW_REDIS_CONNECTING;
    link->addr = ngx_apigw_redis_connect_addr(link);

    pool = ngx_create_pool(1024, redis->log);
    if (pool == NULL) {
        ngx_apigw_redis_link_note(link, "no memory", 0, NULL);
        return NGX_ERROR;
    }

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = link->addr->sockaddr;
    peer.socklen = link->addr->socklen;
    peer.name = &link->addr->name;
    peer.get = ngx_event_get_peer;
    peer.log = &redis->quiet;
    peer.log_error = NGX_ERROR_INFO;
    peer.so_keepalive = (peer.sockaddr->sa_family != AF_UNIX);

    rc = ngx_event_connect_peer(&peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_apigw_redis_link_note(link, "could not connect", ngx_socket_errno,
                                  NULL);
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    c = peer.connection;

    c->data = link;
    c->pool = pool;
    c->read->handler = ngx_apigw_redis_connect_handler;
    c->write->handler = ngx_apigw_redis_connect_handler;

    link->connection = c;

    ngx_apigw_redis_link_timer(link, redis->conf.connect_timeout);

    return (rc == NGX_OK) ? ngx_apigw_redis_connect_opened(link) : NGX_OK;
}


static ngx_apigw_redis_addr_t *
ngx_apigw_redis_connect_addr(ngx_apigw_redis_link_t *link)
{
    ngx_apigw_redis_t       *redis;
    ngx_apigw_redis_addr_t  *addrs;

    if (link->kind == NGX_APIGW_REDIS_NODE) {
        return link->addr;
    }

    redis = link->redis;

    if (redis->cluster) {
        return ngx_apigw_redis_cluster_addr(redis, link->cursor);
    }

    addrs = redis->addrs.elts;

    return &addrs[link->cursor % redis->addrs.nelts];
}


static ngx_uint_t
ngx_apigw_redis_connect_naddrs(ngx_apigw_redis_link_t *link)
{
    if (link->kind == NGX_APIGW_REDIS_NODE) {
        return 1;
    }

    return link->redis->cluster ? link->redis->cluster->nnodes
                                : link->redis->addrs.nelts;
}


/* an event of a connection that is being made */

static void
ngx_apigw_redis_connect_handler(ngx_event_t *ev)
{
    int                      err;
    socklen_t                len;
    ngx_connection_t        *c;
    ngx_apigw_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (c->close) {
        ngx_apigw_redis_link_failed(link, "the worker is shutting down", 0,
                                    NULL);
        return;
    }

    if (!ev->write) {
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_apigw_redis_link_failed(link, "could not connect", err, NULL);
        return;
    }

    if (ngx_apigw_redis_connect_opened(link) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, NULL, 0, NULL);
    }
}


static ngx_int_t
ngx_apigw_redis_connect_opened(ngx_apigw_redis_link_t *link)
{
    ngx_log_t         *log;
    ngx_connection_t  *c;

    c = link->connection;

    /* what fails again and again is not logged again */

    log = link->down ? &link->redis->quiet : link->redis->log;

    c->log = log;
    c->read->log = log;
    c->write->log = log;

    if (link->addr->sockaddr->sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_apigw_redis_link_note(link, "could not connect", 0, NULL);
        return NGX_ERROR;
    }

    return link->redis->ssl ? ngx_apigw_redis_connect_tls(link)
                            : ngx_apigw_redis_connect_greet(link);
}


static ngx_int_t
ngx_apigw_redis_connect_tls(ngx_apigw_redis_link_t *link)
{
    ngx_int_t    rc;
    ngx_str_t    detail;
    const char  *reason;

    rc = ngx_apigw_tls_begin(link->redis->ssl, link->connection,
                             &link->addr->host,
                             ngx_apigw_redis_connect_tls_handler, &reason,
                             &detail);

    if (rc == NGX_AGAIN) {
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        ngx_apigw_redis_link_note(link, reason, 0,
                                  detail.len ? &detail : NULL);
        return NGX_ERROR;
    }

    return ngx_apigw_redis_connect_greet(link);
}


static void
ngx_apigw_redis_connect_tls_handler(ngx_connection_t *c)
{
    ngx_str_t                detail;
    const char              *reason;
    ngx_apigw_redis_link_t  *link;

    link = c->data;

    if (ngx_apigw_tls_end(c, &link->addr->host, &reason, &detail) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, reason, 0,
                                    detail.len ? &detail : NULL);
        return;
    }

    if (ngx_apigw_redis_connect_greet(link) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, NULL, 0, NULL);
    }
}


static ngx_int_t
ngx_apigw_redis_connect_greet(ngx_apigw_redis_link_t *link)
{
    u_char              number[NGX_INT_T_LEN];
    ngx_int_t           rc;
    ngx_str_t           argv[3], *arg;
    ngx_connection_t   *c;
    ngx_apigw_redis_t  *redis;

    c = link->connection;
    redis = link->redis;

    link->state = NGX_APIGW_REDIS_GREETING;

    ngx_apigw_redis_link_note(link, "no memory", 0, NULL);

    link->replies = ngx_create_pool(4096, redis->log);
    if (link->replies == NULL) {
        return NGX_ERROR;
    }

    link->reader = ngx_apigw_redis_reader_create(c->pool, link->replies);
    if (link->reader == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    arg = argv;

    if (redis->conf.password.len) {
        ngx_str_set(arg, "AUTH");
        arg++;

        if (redis->conf.user.len) {
            *arg++ = redis->conf.user;
        }

        *arg++ = redis->conf.password;

        rc = ngx_apigw_redis_connect_say(link, NGX_APIGW_REDIS_AUTH,
                                         arg - argv, argv);
    }

    if (rc == NGX_OK && redis->db) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].len = ngx_sprintf(number, "%ui", redis->db) - number;
        argv[1].data = number;

        rc = ngx_apigw_redis_connect_say(link, NGX_APIGW_REDIS_SELECT, 2,
                                         argv);
    }

    if (rc == NGX_OK) {
        ngx_str_set(&argv[0], "PING");

        rc = ngx_apigw_redis_connect_say(link, NGX_APIGW_REDIS_PROBE, 1, argv);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    c->read->handler = ngx_apigw_redis_read_handler;
    c->write->handler = ngx_apigw_redis_write_handler;

    /* events that came while it was connecting don't come again */

    ngx_post_event(c->read, &ngx_posted_events);
    ngx_post_event(c->write, &ngx_posted_events);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_connect_say(ngx_apigw_redis_link_t *link, ngx_uint_t purpose,
    ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_apigw_redis_entry_t  *entry;

    entry = ngx_apigw_redis_entry_own(link->redis, purpose, argc, argv);
    if (entry == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&link->greeting, &entry->queue);

    return NGX_OK;
}
