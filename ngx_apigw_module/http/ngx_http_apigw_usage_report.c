
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_usage.h"
#include "ngx_apigw_text.h"


/*
 * Counts are asked for in batches, since a store may have to be asked for each
 * key.  The answer is sent when all are there: until then it may become an
 * error.
 */


#define NGX_HTTP_APIGW_USAGE_BATCH  32
#define NGX_HTTP_APIGW_USAGE_ALIVE  1000 /* ms */


static ngx_int_t ngx_http_apigw_usage_run(ngx_http_apigw_usage_ctx_t *u);
static ngx_int_t ngx_http_apigw_usage_ask(ngx_http_apigw_usage_ctx_t *u);
static ngx_int_t ngx_http_apigw_usage_ask_one(ngx_http_apigw_usage_ctx_t *u,
    ngx_uint_t i);
static void ngx_http_apigw_usage_handler(ngx_apigw_lease_usage_t *usage,
    ngx_int_t rc);
static void ngx_http_apigw_usage_alive(ngx_event_t *ev);
static void ngx_http_apigw_usage_cancel(void *data);
static ngx_int_t ngx_http_apigw_usage_write(ngx_http_apigw_usage_ctx_t *u);
static size_t ngx_http_apigw_usage_batch_len(ngx_http_apigw_usage_ctx_t *u);
static u_char *ngx_http_apigw_usage_batch(ngx_http_apigw_usage_ctx_t *u,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_apigw_usage_send(ngx_http_apigw_usage_ctx_t *u,
    ngx_int_t rc);


static ngx_str_t  ngx_http_apigw_usage_types[] = {
    ngx_string("application/json"),
    ngx_string("text/csv")
};


static ngx_str_t  ngx_http_apigw_position_key =
    ngx_string("X-Apigw-Position");
static ngx_str_t  ngx_http_apigw_retry_after_key = ngx_string("Retry-After");


ngx_int_t
ngx_http_apigw_usage_report(ngx_http_apigw_usage_ctx_t *u)
{
    ngx_int_t            rc;
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    r = u->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_apigw_usage_cancel;
    cln->data = u;

    u->last = &u->out;

    rc = ngx_http_apigw_usage_run(u);

    if (rc != NGX_AGAIN) {
        return ngx_http_apigw_usage_send(u, rc);
    }

    u->alive.handler = ngx_http_apigw_usage_alive;
    u->alive.data = u;
    u->alive.log = r->connection->log;

    ngx_add_timer(&u->alive, NGX_HTTP_APIGW_USAGE_ALIVE);

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;

        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    r->main->count++;

    return NGX_DONE;
}


/*
 *     NGX_OK        all is written
 *     NGX_AGAIN     the store has been asked
 *     NGX_DECLINED  the store does not answer
 *     NGX_ERROR     no memory
 */

static ngx_int_t
ngx_http_apigw_usage_run(ngx_http_apigw_usage_ctx_t *u)
{
    ngx_int_t  rc;

    do {
        rc = ngx_http_apigw_usage_ask(u);

        if (rc == NGX_OK) {
            rc = ngx_http_apigw_usage_write(u);
        }

    } while (rc == NGX_OK && u->next < u->nkeys);

    return rc;
}


static ngx_int_t
ngx_http_apigw_usage_ask(ngx_http_apigw_usage_ctx_t *u)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    u->nitems = ngx_min(u->nkeys - u->next, NGX_HTTP_APIGW_USAGE_BATCH);

    if (u->items == NULL && u->nitems) {
        u->items = ngx_palloc(u->request->pool,
                          u->nitems * sizeof(ngx_http_apigw_usage_item_t));
        if (u->items == NULL) {
            u->nitems = 0;
            return NGX_ERROR;
        }
    }

    for (i = 0; i < u->nitems; i++) {
        ngx_memzero(&u->items[i].usage, sizeof(ngx_apigw_lease_usage_t));
        ngx_memzero(&u->items[i].read, sizeof(ngx_apigw_meters_read_t));
    }

    for (i = 0; i < u->nitems; i++) {

        rc = u->query.statement ? ngx_http_apigw_usage_statement_ask(u, i)
                                : ngx_http_apigw_usage_ask_one(u, i);

        if (rc == NGX_ERROR) {
            ngx_http_apigw_usage_cancel(u);
            return NGX_DECLINED;
        }

        if (rc == NGX_AGAIN) {
            u->pending++;
        }
    }

    return u->pending ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
ngx_http_apigw_usage_ask_one(ngx_http_apigw_usage_ctx_t *u, ngx_uint_t i)
{
    ngx_apigw_lease_usage_t     *usage;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(u->request);
    usage = &u->items[i].usage;

    usage->handler = ngx_http_apigw_usage_handler;
    usage->data = u;
    usage->day = ngx_apigw_usage_first(&u->report);
    usage->ndays = u->report.end - usage->day + 1;
    usage->counts = u->items[i].counts;

    return ngx_apigw_lease_usage(mcf->leases, u->keys[u->next + i].n, usage);
}


static void
ngx_http_apigw_usage_handler(ngx_apigw_lease_usage_t *usage, ngx_int_t rc)
{
    ngx_http_apigw_usage_answered(usage->data, rc);
}


void
ngx_http_apigw_usage_answered(ngx_http_apigw_usage_ctx_t *u, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = u->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    u->pending--;

    if (rc != NGX_OK) {
        ngx_http_apigw_usage_cancel(u);
        rc = NGX_DECLINED;

    } else if (u->pending) {
        return;

    } else {
        rc = ngx_http_apigw_usage_write(u);

        if (rc == NGX_OK && u->next < u->nkeys) {
            rc = ngx_http_apigw_usage_run(u);
        }
    }

    if (rc == NGX_AGAIN) {
        return;
    }

    ngx_http_finalize_request(r, ngx_http_apigw_usage_send(u, rc));
    ngx_http_run_posted_requests(c);
}


/* the timers of commands don't keep a worker from exiting, this one does */

static void
ngx_http_apigw_usage_alive(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_HTTP_APIGW_USAGE_ALIVE);
}


/* also where the request ends: whoever is under way is forgotten */

static void
ngx_http_apigw_usage_cancel(void *data)
{
    ngx_http_apigw_usage_ctx_t  *u = data;

    ngx_uint_t  i;

    for (i = 0; i < u->nitems; i++) {
        ngx_apigw_lease_usage_cancel(&u->items[i].usage);
        ngx_apigw_meters_read_cancel(&u->items[i].read);
    }

    if (u->alive.timer_set) {
        ngx_del_timer(&u->alive);
    }

    u->pending = 0;
}


/* the batch; before the first one the head, after the last one the tail */

static ngx_int_t
ngx_http_apigw_usage_write(ngx_http_apigw_usage_ctx_t *u)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    b = ngx_create_temp_buf(u->request->pool,
                            u->query.statement
                            ? ngx_http_apigw_usage_statement_len(u)
                            : ngx_http_apigw_usage_batch_len(u));
    if (b == NULL) {
        return NGX_ERROR;
    }

    cl = ngx_alloc_chain_link(u->request->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;
    *u->last = cl;
    u->last = &cl->next;

    b->last = u->query.statement
              ? ngx_http_apigw_usage_statement_write(u, b->last, b->end)
              : ngx_http_apigw_usage_batch(u, b->last, b->end);

    u->next += u->nitems;

    if (b->last && u->next == u->nkeys) {
        b->last_buf = (u->request == u->request->main);
        b->last_in_chain = 1;
    }

    if (b->last == NULL) {
        ngx_log_error(NGX_LOG_ALERT, u->request->connection->log, 0,
                      "no room for a report of usage");
        return NGX_ERROR;
    }

    u->size += b->last - b->pos;

    return NGX_OK;
}


static size_t
ngx_http_apigw_usage_batch_len(ngx_http_apigw_usage_ctx_t *u)
{
    size_t      len;
    ngx_uint_t  i;

    len = ngx_apigw_usage_head_len(&u->report) + NGX_APIGW_USAGE_TAIL_LEN;

    for (i = 0; i < u->nitems; i++) {
        len += ngx_apigw_usage_key_len(&u->report, &u->keys[u->next + i].id);
    }

    return len;
}


static u_char *
ngx_http_apigw_usage_batch(ngx_http_apigw_usage_ctx_t *u, u_char *p,
    u_char *last)
{
    ngx_uint_t  i;

    if (u->next == 0) {
        p = ngx_apigw_usage_head(&u->report, p, last);
    }

    for (i = 0; p && i < u->nitems; i++) {
        p = ngx_apigw_usage_key(&u->report, p, last,
                                &u->keys[u->next + i].id, u->items[i].counts);
    }

    if (p && u->next + u->nitems == u->nkeys) {
        p = ngx_apigw_usage_tail(&u->report, p, last);
    }

    return p;
}


static ngx_int_t
ngx_http_apigw_usage_send(ngx_http_apigw_usage_ctx_t *u, ngx_int_t rc)
{
    ngx_str_t            seconds;
    ngx_http_request_t  *r;

    r = u->request;

    if (rc == NGX_DECLINED) {
        ngx_str_set(&seconds, "1");

        return ngx_http_apigw_add_header(r, &ngx_http_apigw_retry_after_key,
                                         &seconds) == NGX_OK
               ? ngx_http_apigw_operator_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NULL, "Service Unavailable")
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (u->report.position.len
        && ngx_http_apigw_add_header(r, &ngx_http_apigw_position_key,
                                     &u->report.position)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = u->size;
    r->headers_out.content_type =
                               ngx_http_apigw_usage_types[u->report.format];
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, u->out);
}
