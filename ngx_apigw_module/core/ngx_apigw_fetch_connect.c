
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <ngx_event_connect.h>

#include "ngx_apigw_fetch_int.h"


static void ngx_apigw_fetch_connect_next(ngx_apigw_fetch_state_t *st);
static ngx_int_t ngx_apigw_fetch_connect_open(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_connect_timer(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_connect_handler(ngx_event_t *ev);
static ngx_int_t ngx_apigw_fetch_connect_opened(ngx_apigw_fetch_state_t *st);
static ngx_int_t ngx_apigw_fetch_connect_tls(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_connect_tls_handler(ngx_connection_t *c);
static void ngx_apigw_fetch_connect_tls_failed(ngx_apigw_fetch_state_t *st,
    const char *reason, ngx_str_t *detail);
static void ngx_apigw_fetch_connect_heard(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len);
static void ngx_apigw_fetch_connect_note(ngx_apigw_fetch_state_t *st,
    ngx_err_t err);
static ngx_apigw_fetch_place_t *ngx_apigw_fetch_connect_place(
    ngx_apigw_fetch_state_t *st);


void
ngx_apigw_fetch_connect(ngx_apigw_fetch_state_t *st)
{
    if (ngx_apigw_fetch_connect_open(st) != NGX_OK) {
        ngx_apigw_fetch_connect_next(st);
    }
}


/* what has failed is noted */

static void
ngx_apigw_fetch_connect_next(ngx_apigw_fetch_state_t *st)
{
    do {
        ngx_apigw_fetch_close(st);

        if (++st->tried == st->nplaces) {
            ngx_apigw_fetch_failed(st->fetch, NULL, NULL);
            return;
        }

    } while (ngx_apigw_fetch_connect_open(st) != NGX_OK);
}


static ngx_int_t
ngx_apigw_fetch_connect_open(ngx_apigw_fetch_state_t *st)
{
    ngx_int_t                 rc;
    ngx_pool_t               *pool;
    ngx_connection_t         *c;
    ngx_apigw_fetch_t        *fetch;
    ngx_peer_connection_t     peer;
    ngx_apigw_fetch_place_t  *place;

    fetch = st->fetch;
    place = ngx_apigw_fetch_connect_place(st);

    st->stage = NGX_APIGW_FETCH_CONNECTING;

    pool = ngx_create_pool(1024, fetch->log);
    if (pool == NULL) {
        ngx_apigw_fetch_note(fetch, "no memory", NULL);
        return NGX_ERROR;
    }

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = &place->sockaddr.sockaddr;
    peer.socklen = place->socklen;
    peer.name = &fetch->url.authority;
    peer.get = ngx_event_get_peer;
    peer.log = &st->quiet;
    peer.log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(&peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_apigw_fetch_connect_note(st, ngx_socket_errno);
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    c = peer.connection;

    c->data = st;
    c->pool = pool;
    c->idle = !fetch->waited;
    c->read->handler = ngx_apigw_fetch_connect_handler;
    c->write->handler = ngx_apigw_fetch_connect_handler;

    st->connection = c;

    if (rc == NGX_OK) {
        return ngx_apigw_fetch_connect_opened(st);
    }

    ngx_apigw_fetch_connect_timer(st);

    return NGX_OK;
}


/* where there are more addresses, each one has its share of the time */

static void
ngx_apigw_fetch_connect_timer(ngx_apigw_fetch_state_t *st)
{
    ngx_uint_t       n;
    ngx_event_t     *wev;
    ngx_msec_int_t   left;

    n = st->nplaces - st->tried;

    if (n == 1) {
        return;
    }

    left = (ngx_msec_int_t) (st->fetch->event.timer.key - ngx_current_msec);
    left = ngx_max(left, 0);

    wev = st->connection->write;
    wev->cancelable = 1;

    ngx_add_timer(wev, (ngx_msec_t) left / n);
}


static void
ngx_apigw_fetch_connect_handler(ngx_event_t *ev)
{
    int                       err;
    socklen_t                 len;
    ngx_connection_t         *c;
    ngx_apigw_fetch_state_t  *st;

    c = ev->data;
    st = c->data;

    if (ngx_apigw_fetch_exiting(st) || !ev->write) {
        return;
    }

    err = 0;
    len = sizeof(int);

    if (ev->timedout) {
        err = NGX_ETIMEDOUT;

    } else if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len)
               == -1)
    {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_apigw_fetch_connect_note(st, err);
        ngx_apigw_fetch_connect_next(st);
        return;
    }

    if (ngx_apigw_fetch_connect_opened(st) != NGX_OK) {
        ngx_apigw_fetch_connect_next(st);
    }
}


static ngx_int_t
ngx_apigw_fetch_connect_opened(ngx_apigw_fetch_state_t *st)
{
    ngx_log_t         *log;
    ngx_connection_t  *c;

    c = st->connection;
    log = st->fetch->log;

    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->pool->log = log;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    if (ngx_tcp_nodelay(c) != NGX_OK) {
        ngx_apigw_fetch_connect_note(st, 0);
        return NGX_ERROR;
    }

    if (st->fetch->url.tls) {
        return ngx_apigw_fetch_connect_tls(st);
    }

    ngx_apigw_fetch_talk(st);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_fetch_connect_tls(ngx_apigw_fetch_state_t *st)
{
    ngx_int_t           rc;
    ngx_str_t           detail;
    const char         *reason;
    ngx_apigw_fetch_t  *fetch;

    fetch = st->fetch;

    st->stage = NGX_APIGW_FETCH_HANDSHAKE;

    /* what OpenSSL has to say is the reason, not a line of the log */

    st->heard = *fetch->log;
    st->heard.log_level = NGX_LOG_INFO;
    st->heard.handler = NULL;
    st->heard.writer = ngx_apigw_fetch_connect_heard;
    st->heard.wdata = st;
    st->heard.next = NULL;
    st->nsaid = 0;

    st->connection->log = &st->heard;

    rc = ngx_apigw_tls_begin(fetch->tls, st->connection, &fetch->url.host,
                             ngx_apigw_fetch_connect_tls_handler, &reason,
                             &detail);

    if (rc == NGX_AGAIN) {
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        ngx_apigw_fetch_connect_tls_failed(st, reason, &detail);
        return NGX_ERROR;
    }

    st->connection->log = fetch->log;

    ngx_apigw_fetch_talk(st);

    return NGX_OK;
}


static void
ngx_apigw_fetch_connect_tls_handler(ngx_connection_t *c)
{
    ngx_str_t                 detail;
    const char               *reason;
    ngx_apigw_fetch_t        *fetch;
    ngx_apigw_fetch_state_t  *st;

    st = c->data;
    fetch = st->fetch;

    if (ngx_apigw_fetch_exiting(st)) {
        return;
    }

    if (ngx_apigw_tls_end(c, &fetch->url.host, &reason, &detail) != NGX_OK) {
        ngx_apigw_fetch_connect_tls_failed(st, reason, &detail);
        ngx_apigw_fetch_connect_next(st);
        return;
    }

    c->log = fetch->log;

    ngx_apigw_fetch_talk(st);
}


static void
ngx_apigw_fetch_connect_tls_failed(ngx_apigw_fetch_state_t *st,
    const char *reason, ngx_str_t *detail)
{
    if (detail->len == 0) {
        detail->data = st->said;
        detail->len = st->nsaid;
    }

    ngx_apigw_fetch_note(st->fetch, reason, detail);
}


/* "2000/01/01 00:00:00 [level] pid#tid: text"; the first one tells the most */

static void
ngx_apigw_fetch_connect_heard(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len)
{
    u_char                   *p, *last;
    ngx_apigw_fetch_state_t  *st;

    st = log->wdata;
    last = buf + len;

    p = ngx_strlchr(buf, last, '#');

    if (p) {
        p = ngx_strlchr(p, last, ' ');
    }

    if (p == NULL || st->nsaid) {
        return;
    }

    p++;

    while (p < last && (last[-1] == LF || last[-1] == CR)) {
        last--;
    }

    st->nsaid = ngx_min((size_t) (last - p), NGX_APIGW_FETCH_SAID);

    ngx_memcpy(st->said, p, st->nsaid);
}


static void
ngx_apigw_fetch_connect_note(ngx_apigw_fetch_state_t *st, ngx_err_t err)
{
    u_char                   *p, *last, text[256];
    ngx_str_t                 detail;
    ngx_apigw_fetch_place_t  *place;

    place = ngx_apigw_fetch_connect_place(st);

    p = text;
    last = text + sizeof(text);

    p += ngx_sock_ntop(&place->sockaddr.sockaddr, place->socklen, p,
                       NGX_SOCKADDR_STRLEN, 1);

    if (err) {
        p = ngx_slprintf(p, last, ", %d: ", err);
        p = ngx_strerror(err, p, last - p);
    }

    detail.data = text;
    detail.len = p - text;

    ngx_apigw_fetch_note(st->fetch, "could not connect", &detail);
}


static ngx_apigw_fetch_place_t *
ngx_apigw_fetch_connect_place(ngx_apigw_fetch_state_t *st)
{
    return &st->places[(st->cursor + st->tried) % st->nplaces];
}
