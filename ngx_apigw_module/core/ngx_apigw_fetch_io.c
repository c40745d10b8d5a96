
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_fetch_int.h"


static void ngx_apigw_fetch_write_handler(ngx_event_t *wev);
static void ngx_apigw_fetch_read_handler(ngx_event_t *rev);
static void ngx_apigw_fetch_send(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_receive(ngx_apigw_fetch_state_t *st);
static void ngx_apigw_fetch_complete(ngx_apigw_fetch_state_t *st);


void
ngx_apigw_fetch_talk(ngx_apigw_fetch_state_t *st)
{
    ngx_connection_t  *c;

    c = st->connection;

    st->stage = NGX_APIGW_FETCH_ANSWER;

    c->read->handler = ngx_apigw_fetch_read_handler;
    c->write->handler = ngx_apigw_fetch_write_handler;

    /* an event that came while it was connecting doesn't come again */

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    ngx_apigw_fetch_send(st);
}


static void
ngx_apigw_fetch_write_handler(ngx_event_t *wev)
{
    ngx_connection_t         *c;
    ngx_apigw_fetch_state_t  *st;

    c = wev->data;
    st = c->data;

    if (!ngx_apigw_fetch_exiting(st)) {
        ngx_apigw_fetch_send(st);
    }
}


static void
ngx_apigw_fetch_read_handler(ngx_event_t *rev)
{
    ngx_connection_t         *c;
    ngx_apigw_fetch_state_t  *st;

    c = rev->data;
    st = c->data;

    if (!ngx_apigw_fetch_exiting(st)) {
        ngx_apigw_fetch_receive(st);
    }
}


static void
ngx_apigw_fetch_send(ngx_apigw_fetch_state_t *st)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = st->connection;

    while (st->pos < st->last) {

        n = c->send(c, st->pos, st->last - st->pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {

            /* there may be an answer before the request was sent */

            st->pos = st->last;
            ngx_post_event(c->read, &ngx_posted_events);
            break;
        }

        st->pos += n;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_apigw_fetch_failed(st->fetch, "the connection was lost", NULL);
    }
}


static void
ngx_apigw_fetch_receive(ngx_apigw_fetch_state_t *st)
{
    u_char             buffer[NGX_APIGW_FETCH_BUFFER];
    ssize_t            n;
    ngx_int_t          rc;
    const char        *reason;
    ngx_connection_t  *c;

    c = st->connection;

    do {
        reason = "the connection was lost";

        n = c->recv(c, buffer, NGX_APIGW_FETCH_BUFFER);

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(c->read, 0) == NGX_OK) {
                return;
            }

            rc = NGX_DECLINED;

        } else if (n > 0) {
            rc = ngx_apigw_response_feed(&st->response, buffer, n, &reason);

        } else if (n == 0) {
            rc = ngx_apigw_response_end(&st->response, &reason);

        } else {
            rc = NGX_DECLINED;
        }

    } while (rc == NGX_AGAIN);

    if (rc == NGX_OK) {
        ngx_apigw_fetch_complete(st);
        return;
    }

    ngx_apigw_fetch_failed(st->fetch,
                           rc == NGX_ERROR ? "no memory" : reason, NULL);
}


static void
ngx_apigw_fetch_complete(ngx_apigw_fetch_state_t *st)
{
    ngx_apigw_fetch_t     *fetch;
    ngx_apigw_response_t  *response;

    fetch = st->fetch;
    response = &st->response;

    fetch->rc = NGX_OK;
    fetch->reason = NULL;
    fetch->content_type = response->type;
    fetch->value = response->value;
    fetch->answer = response->body;
    fetch->max_age = response->max_age;

    ngx_str_null(&fetch->detail);

    ngx_apigw_fetch_done(fetch);
}
