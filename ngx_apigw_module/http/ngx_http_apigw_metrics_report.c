
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics.h"


/*
 * One buffer holds a piece; the next one is written into it when the piece has
 * gone out wholly, so that a report takes as much memory as a piece.
 */


#define NGX_HTTP_APIGW_REPORT_ALIVE  1000      /* ms */
#define NGX_HTTP_APIGW_REPORT_MAX    ((size_t) 64 << 20)


static void ngx_http_apigw_report_event(ngx_event_t *ev);
static ngx_int_t ngx_http_apigw_report_piece(ngx_http_apigw_report_t *report);
static ngx_int_t ngx_http_apigw_report_send(ngx_http_apigw_report_t *report,
    ngx_uint_t last);
static void ngx_http_apigw_report_writer(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_report_wait(ngx_http_apigw_report_t *report);
static ngx_uint_t ngx_http_apigw_report_gone(ngx_http_apigw_report_t *report);
static void ngx_http_apigw_report_end(ngx_http_apigw_report_t *report,
    ngx_int_t rc);
static void ngx_http_apigw_report_cleanup(void *data);
static uint64_t ngx_http_apigw_report_clock(void);
static void ngx_http_apigw_report_measure(ngx_http_request_t *r,
    uint64_t since);


ngx_int_t
ngx_http_apigw_report(ngx_http_request_t *r, ngx_http_apigw_report_pt write,
    void *data)
{
    ngx_int_t                 rc;
    ngx_http_cleanup_t       *cln;
    ngx_http_apigw_report_t  *report;

    r->headers_out.status = NGX_HTTP_OK;

    ngx_http_clear_content_length(r);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    report = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_report_t));
    if (report == NULL) {
        return NGX_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    report->buf = ngx_create_temp_buf(r->pool, NGX_HTTP_APIGW_REPORT_PIECE);
    if (report->buf == NULL) {
        return NGX_ERROR;
    }

    report->request = r;
    report->write = write;
    report->data = data;

    report->event.handler = ngx_http_apigw_report_event;
    report->event.data = report;
    report->event.log = r->connection->log;

    cln->handler = ngx_http_apigw_report_cleanup;
    cln->data = report;

    ngx_http_set_ctx(r, report, ngx_http_apigw_exposition_module);

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;

        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    r->write_event_handler = ngx_http_apigw_report_writer;

    ngx_add_timer(&report->event, NGX_HTTP_APIGW_REPORT_ALIVE);
    ngx_post_event(&report->event, &ngx_posted_next_events);

    r->main->count++;

    return NGX_DONE;
}


/* the turn of a piece; its timer only keeps the worker from exiting */

static void
ngx_http_apigw_report_event(ngx_event_t *ev)
{
    uint64_t                  since;
    ngx_int_t                 rc;
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_apigw_report_t  *report;

    if (ev->timedout) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_APIGW_REPORT_ALIVE);
        return;
    }

    report = ev->data;
    r = report->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    since = ngx_http_apigw_report_clock();

    rc = ngx_http_apigw_report_piece(report);

    ngx_http_apigw_report_measure(r, since);

    if (rc != NGX_AGAIN) {
        ngx_http_apigw_report_end(report, rc);
    }

    ngx_http_run_posted_requests(c);
}


/* NGX_AGAIN: there will be another one */

static ngx_int_t
ngx_http_apigw_report_piece(ngx_http_apigw_report_t *report)
{
    ngx_int_t  rc;

    report->buf->pos = report->buf->start;
    report->buf->last = report->buf->start;

    rc = report->write(report);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_AGAIN && report->buf->last == report->buf->pos) {
        ngx_post_event(&report->event, &ngx_posted_next_events);
        return NGX_AGAIN;
    }

    return ngx_http_apigw_report_send(report, rc == NGX_OK);
}


static ngx_int_t
ngx_http_apigw_report_send(ngx_http_apigw_report_t *report, ngx_uint_t last)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = report->request;
    b = report->buf;

    b->memory = 0;
    b->temporary = (b->last != b->pos);
    b->flush = !last;
    b->last_buf = (last && r == r->main);
    b->last_in_chain = last;
    b->sync = (b->last == b->pos && !b->last_buf);

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_output_filter(r, &out);

    if (last || rc == NGX_ERROR || rc > NGX_OK) {
        return rc == NGX_AGAIN ? NGX_OK : rc;
    }

    return ngx_http_apigw_report_wait(report);
}


/* as ngx_http_writer(), but that the next piece follows */

static void
ngx_http_apigw_report_writer(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_event_t               *wev;
    ngx_http_apigw_report_t   *report;
    ngx_http_core_loc_conf_t  *clcf;

    wev = r->connection->write;
    report = ngx_http_get_module_ctx(r, ngx_http_apigw_exposition_module);

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;

        ngx_http_apigw_report_end(report, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (wev->delayed || r->aio) {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        if (!wev->delayed) {
            ngx_add_timer(wev, clcf->send_timeout);
        }

        if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
            ngx_http_apigw_report_end(report, NGX_ERROR);
        }

        return;
    }

    rc = ngx_http_output_filter(r, NULL);

    if (rc != NGX_ERROR) {
        rc = ngx_http_apigw_report_wait(report);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_apigw_report_end(report, NGX_ERROR);
    }
}


/* posts the next piece, or waits until this one has gone: NGX_AGAIN */

static ngx_int_t
ngx_http_apigw_report_wait(ngx_http_apigw_report_t *report)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = report->request;
    wev = r->connection->write;

    if (ngx_http_apigw_report_gone(report)) {

        if (wev->timer_set && !wev->delayed) {
            ngx_del_timer(wev);
        }

        ngx_post_event(&report->event, &ngx_posted_next_events);

        return NGX_AGAIN;
    }

    /* a subrequest has to wait for others first, which will post it */

    if (r != r->connection->data) {
        return NGX_AGAIN;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat) == NGX_OK
           ? NGX_AGAIN : NGX_ERROR;
}


static ngx_uint_t
ngx_http_apigw_report_gone(ngx_http_apigw_report_t *report)
{
    ngx_http_request_t  *r;

    r = report->request;

    return report->buf->pos == report->buf->last
           && !r->buffered && r->postponed == NULL
           && !(r == r->main && r->connection->buffered);
}


static void
ngx_http_apigw_report_end(ngx_http_apigw_report_t *report, ngx_int_t rc)
{
    ngx_http_apigw_report_cleanup(report);

    ngx_http_finalize_request(report->request, rc);
}


static void
ngx_http_apigw_report_cleanup(void *data)
{
    ngx_http_apigw_report_t *report = data;

    if (report->event.posted) {
        ngx_delete_posted_event(&report->event);
    }

    if (report->event.timer_set) {
        ngx_del_timer(&report->event);
    }
}


/*
 * Processor time of this thread, in us: by the wall, a piece would also be as
 * long as what else runs on a busy machine meanwhile.
 */

static uint64_t
ngx_http_apigw_report_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
ngx_http_apigw_report_measure(ngx_http_request_t *r, uint64_t since)
{
    uint64_t                     us;
    ngx_atomic_uint_t            longest;
    ngx_apigw_metrics_t         *metrics;
    ngx_apigw_metrics_worker_t  *worker;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);

    if (mcf->metrics == NULL || mcf->metrics->metrics.slot == NULL) {
        return;
    }

    us = ngx_http_apigw_report_clock() - since;

    metrics = &mcf->metrics->metrics;
    worker = &metrics->slot->worker;

    ngx_apigw_metrics_add(metrics, &worker->pieces, 1);

    do {
        longest = worker->longest;

    } while (us > longest
             && !ngx_atomic_cmp_set(&worker->longest, longest, us));
}


ngx_int_t
ngx_http_apigw_report_room(ngx_http_apigw_report_t *report, size_t len)
{
    size_t      size, used;
    ngx_buf_t  *b, *old;

    old = report->buf;

    if ((size_t) (old->end - old->last) >= len) {
        return NGX_OK;
    }

    used = old->last - old->pos;
    size = ngx_max(2 * (size_t) (old->end - old->start), used + len);

    if (size > NGX_HTTP_APIGW_REPORT_MAX) {
        ngx_log_error(NGX_LOG_ALERT, report->request->connection->log, 0,
                      "no room for a report");
        return NGX_ERROR;
    }

    b = ngx_create_temp_buf(report->request->pool, size);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, old->pos, used);

    (void) ngx_pfree(report->request->pool, old->start);

    report->buf = b;

    return NGX_OK;
}
