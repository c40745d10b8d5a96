
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_fetch_int.h"


static ngx_int_t ngx_apigw_fetch_begin(ngx_apigw_fetch_t *fetch);
static ngx_int_t ngx_apigw_fetch_request(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_event_handler(ngx_event_t *ev);
static void ngx_apigw_fetch_release(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_cleanup(void *data);


static const char  *ngx_apigw_fetch_late[] = {
    "its name was not resolved in time",
    "it did not accept the connection in time",
    "it did not complete the TLS handshake in time",
    "it did not answer in time"
};


void
ngx_apigw_fetch(ngx_apigw_fetch_t *fetch)
{
    fetch->rc = NGX_ERROR;
    fetch->reason = "no memory";
    fetch->status = 0;
    fetch->max_age = -1;
    fetch->state = NULL;

    ngx_str_null(&fetch->detail);
    ngx_str_null(&fetch->content_type);
    ngx_str_null(&fetch->value);
    ngx_str_null(&fetch->answer);

    ngx_memzero(&fetch->event, sizeof(ngx_event_t));

    fetch->event.handler = ngx_apigw_fetch_event_handler;
    fetch->event.data = fetch;
    fetch->event.log = fetch->log;
    fetch->event.cancelable = 1;

    if (ngx_apigw_fetch_begin(fetch) != NGX_OK) {
        ngx_apigw_fetch_done(fetch);
        return;
    }

    ngx_add_timer(&fetch->event, fetch->timeout);

    ngx_apigw_fetch_resolve(fetch->state);
}


/* NGX_ERROR: no memory, or noted */

static ngx_int_t
ngx_apigw_fetch_begin(ngx_apigw_fetch_t *fetch)
{
    ngx_pool_cleanup_t       *cln;
    ngx_apigw_fetch_state_t  *st;

    if (ngx_exiting && !fetch->waited) {
        ngx_apigw_fetch_note(fetch, "the worker is shutting down", NULL);
        return NGX_ERROR;
    }

    if (fetch->url.tls && fetch->tls == NULL) {
        ngx_apigw_fetch_note(fetch, "there is no TLS for it", NULL);
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(fetch->pool, sizeof(ngx_apigw_fetch_state_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    st = cln->data;

    ngx_memzero(st, sizeof(ngx_apigw_fetch_state_t));

    st->fetch = fetch;
    st->quiet = *fetch->log;
    st->quiet.log_level = ngx_min(fetch->log->log_level, NGX_LOG_ALERT);

    cln->handler = ngx_apigw_fetch_cleanup;

    fetch->state = st;

    if (ngx_apigw_response_init(&st->response, fetch->max_body, fetch->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    st->response.field = fetch->field;

    return ngx_apigw_fetch_request(st);
}


static ngx_int_t
ngx_apigw_fetch_request(ngx_apigw_fetch_state_t *st)
{
    u_char             *p;
    size_t              len;
    ngx_apigw_fetch_t  *fetch;

    fetch = st->fetch;

    len = fetch->method.len + sizeof(" ") - 1 + fetch->url.path.len
          + sizeof(" HTTP/1.1" CRLF) - 1
          + sizeof("Host: " CRLF) - 1 + fetch->url.authority.len
          + sizeof("User-Agent: ngx_apigw" CRLF) - 1
          + sizeof("Connection: close" CRLF) - 1
          + sizeof("Content-Length: " CRLF) - 1 + NGX_SIZE_T_LEN
          + fetch->headers.len
          + sizeof(CRLF) - 1
          + fetch->body.len;

    p = ngx_pnalloc(fetch->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    st->request = p;
    st->pos = p;

    p = ngx_sprintf(p, "%V %V HTTP/1.1" CRLF
                    "Host: %V" CRLF
                    "User-Agent: ngx_apigw" CRLF
                    "Connection: close" CRLF,
                    &fetch->method, &fetch->url.path, &fetch->url.authority);

    if (fetch->body.len
        || (fetch->method.len == sizeof("POST") - 1
            && ngx_strncmp(fetch->method.data, "POST", sizeof("POST") - 1)
               == 0))
    {
        p = ngx_sprintf(p, "Content-Length: %uz" CRLF, fetch->body.len);
    }

    p = ngx_sprintf(p, "%V" CRLF "%V", &fetch->headers, &fetch->body);

    st->last = p;

    return NGX_OK;
}


static void
ngx_apigw_fetch_event_handler(ngx_event_t *ev)
{
    ngx_apigw_fetch_t        *fetch;
    ngx_apigw_fetch_state_t  *st;

    fetch = ev->data;
    st = fetch->state;

    if (ev->timedout) {
        ev->timedout = 0;
        ngx_apigw_fetch_failed(fetch, ngx_apigw_fetch_late[st->stage], NULL);
        return;
    }

    if (st) {
        st->fetch = NULL;
        fetch->state = NULL;
    }

    fetch->handler(fetch);
}


void
ngx_apigw_fetch_note(ngx_apigw_fetch_t *fetch, const char *reason,
    ngx_str_t *detail)
{
    u_char  *p;

    fetch->reason = reason;

    ngx_str_null(&fetch->detail);

    if (detail == NULL || detail->len == 0) {
        return;
    }

    p = ngx_pstrdup(fetch->pool, detail);
    if (p == NULL) {
        return;
    }

    fetch->detail.data = p;
    fetch->detail.len = detail->len;
}


void
ngx_apigw_fetch_failed(ngx_apigw_fetch_t *fetch, const char *reason,
    ngx_str_t *detail)
{
    if (reason) {
        ngx_apigw_fetch_note(fetch, reason, detail);
    }

    ngx_apigw_fetch_done(fetch);
}


/*
 * The event is one of the next turn: a worker that has just started waits for
 * events before it looks at those of this one.
 */

void
ngx_apigw_fetch_done(ngx_apigw_fetch_t *fetch)
{
    if (fetch->event.timer_set) {
        ngx_del_timer(&fetch->event);
    }

    if (fetch->state) {
        ngx_apigw_fetch_release(fetch->state);
    }

    ngx_post_event(&fetch->event, &ngx_posted_next_events);
}


void
ngx_apigw_fetch_cancel(ngx_apigw_fetch_t *fetch)
{
    ngx_apigw_fetch_state_t  *st;

    if (fetch->event.posted) {
        ngx_delete_posted_event(&fetch->event);
    }

    if (fetch->event.timer_set) {
        ngx_del_timer(&fetch->event);
    }

    st = fetch->state;

    if (st) {
        ngx_apigw_fetch_release(st);

        st->fetch = NULL;
        fetch->state = NULL;
    }
}


static void
ngx_apigw_fetch_release(ngx_apigw_fetch_state_t *st)
{
    st->fetch->status = st->response.status;

    ngx_apigw_fetch_close(st);

    if (st->ctx) {
        ngx_resolve_name_done(st->ctx);
        st->ctx = NULL;
    }

    /* there may have been secrets */

    if (st->request) {
        ngx_explicit_memzero(st->request, st->last - st->request);
        st->request = NULL;
    }
}


void
ngx_apigw_fetch_close(ngx_apigw_fetch_state_t *st)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = st->connection;

    if (c == NULL) {
        return;
    }

    pool = c->pool;

    ngx_apigw_tls_close(c);
    ngx_close_connection(c);
    ngx_destroy_pool(pool);

    st->connection = NULL;
}


/*
 * A worker that begins to exit closes its idle connections, and leaves the
 * others to those who wait for them.
 */

ngx_uint_t
ngx_apigw_fetch_exiting(ngx_apigw_fetch_state_t *st)
{
    ngx_connection_t  *c;

    c = st->connection;

    if (!c->close) {
        return 0;
    }

    if (st->fetch->waited) {
        c->close = 0;
        c->idle = 0;
        return 0;
    }

    ngx_apigw_fetch_failed(st->fetch, "the worker is shutting down", NULL);

    return 1;
}


/* the pool is gone, and the answer with it */

static void
ngx_apigw_fetch_cleanup(void *data)
{
    ngx_apigw_fetch_state_t  *st = data;

    if (st->fetch) {
        ngx_apigw_fetch_cancel(st->fetch);
    }
}
