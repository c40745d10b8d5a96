
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_FETCH_H_INCLUDED_
#define _NGX_APIGW_FETCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_tls.h"
#include "ngx_apigw_url.h"


/*
 * One HTTP request of the gateway's own: resolve, connect, TLS, send, read, in
 * a time.  One connection for each, closed afterwards; no redirect is
 * followed, nothing blocks.
 */

typedef struct ngx_apigw_fetch_s  ngx_apigw_fetch_t;
typedef void (*ngx_apigw_fetch_pt)(ngx_apigw_fetch_t *fetch);

struct ngx_apigw_fetch_s {

    /* set by the caller; all of it lives until the handler was called */

    ngx_pool_t                *pool;      /* for the answer, too */
    ngx_log_t                 *log;
    ngx_apigw_url_t            url;
    ngx_str_t                  method;    /* "GET", "POST" */
    ngx_str_t                  headers;   /* lines that end with CR LF; Host,
                                             Content-Length, Connection and
                                             User-Agent are made here */
    ngx_str_t                  body;
    ngx_apigw_tls_t           *tls;       /* for https:// */
    ngx_resolver_t            *resolver;  /* for names; NULL: none */
    ngx_msec_t                 resolver_timeout;
    ngx_msec_t                 timeout;   /* of all together */
    size_t                     max_body;
    ngx_str_t                  field;     /* a header of the answer, in lower
                                             case, that value is to have */
    unsigned                   foreign:1; /* the URL came from outside: never
                                             to loopback, link-local and
                                             unspecified addresses */
    unsigned                   waited:1;  /* somebody waits for it, so that it
                                             goes on when the worker is told
                                             to exit; may be set later */
    ngx_apigw_fetch_pt         handler;
    void                      *data;

    /*
     * When the handler is called: NGX_OK, and there is an answer of any
     * status; NGX_ERROR, and reason (static) and detail (the pool's) say why,
     * and status is 0 or that of an answer that is not acceptable otherwise.
     */

    ngx_int_t                  rc;
    const char                *reason;
    ngx_str_t                  detail;

    ngx_uint_t                 status;
    ngx_str_t                  content_type;   /* lower case, no parameters */
    ngx_str_t                  value;          /* of that header, or "" */
    ngx_str_t                  answer;         /* decoded body */
    ngx_int_t                  max_age;        /* seconds; of Cache-Control and
                                                  Age; 0 also for no-store and
                                                  no-cache; -1: not said */

    ngx_event_t                event;          /* of fetch.c: the deadline,
                                                  and the end */
    void                      *state;
};


/*
 * Starts; the handler is always called later, from the event loop.  http:// is
 * for loopback addresses alone, whatever a name resolves to.
 */
void ngx_apigw_fetch(ngx_apigw_fetch_t *fetch);

/*
 * Ends it; the handler is not called.  The end of the pool does the same; at
 * the end of the worker it is the caller's.
 */
void ngx_apigw_fetch_cancel(ngx_apigw_fetch_t *fetch);


#endif /* _NGX_APIGW_FETCH_H_INCLUDED_ */
