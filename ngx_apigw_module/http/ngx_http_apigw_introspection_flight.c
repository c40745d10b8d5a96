
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_introspection.h"
#include "ngx_apigw_digest.h"
#include "ngx_apigw_introspect.h"


/*
 * One call to the endpoint for each token, however many requests wait for it;
 * it goes on when they do not, and what it says is kept.
 */

#define NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS   256      /* hash buckets */
#define NGX_HTTP_APIGW_INTROSPECTION_BODY      65536    /* bytes */
#define NGX_HTTP_APIGW_INTROSPECTION_HOLD      60000    /* ms */
#define NGX_HTTP_APIGW_INTROSPECTION_QUIET     60       /* seconds */
#define NGX_HTTP_APIGW_INTROSPECTION_INACTIVE  16       /* long tokens */


typedef struct {
    ngx_queue_t                      queue;      /* of the bucket */
    ngx_queue_t                      waits;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_pool_t                      *pool;
    ngx_str_t                        text;
    uint64_t                         hash;
    ngx_apigw_fetch_t                fetch;

    ngx_int_t                        rc;         /* as that of a wait */
    const char                      *reason;
    ngx_apigw_token_t               *token;
} ngx_http_apigw_introspection_flight_t;


static void ngx_http_apigw_introspection_desert(
    ngx_http_apigw_introspection_flight_t *flight);
static void ngx_http_apigw_introspection_hold(ngx_event_t *ev);
static void ngx_http_apigw_introspection_unpark(
    ngx_http_apigw_introspection_t *introspection);
static ngx_http_apigw_introspection_flight_t *
    ngx_http_apigw_introspection_find_flight(
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *text,
    uint64_t hash);
static ngx_http_apigw_introspection_flight_t *
    ngx_http_apigw_introspection_take_off(
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *text, uint64_t hash);
static void ngx_http_apigw_introspection_land(ngx_apigw_fetch_t *fetch);
static void ngx_http_apigw_introspection_close(
    ngx_http_apigw_introspection_flight_t *flight);
static ngx_int_t ngx_http_apigw_introspection_read(
    ngx_http_apigw_introspection_flight_t *flight);
static ngx_int_t ngx_http_apigw_introspection_valid(
    ngx_http_apigw_introspection_flight_t *flight, ngx_apigw_claims_t *claims);
static void ngx_http_apigw_introspection_keep(
    ngx_http_apigw_introspection_flight_t *flight, ngx_apigw_claims_t *claims);
static void ngx_http_apigw_introspection_keep_inactive(
    ngx_http_apigw_introspection_flight_t *flight);
static ngx_int_t ngx_http_apigw_introspection_failed(
    ngx_http_apigw_introspection_flight_t *flight, const char *reason,
    ngx_str_t *detail);


static ngx_str_t  ngx_http_apigw_introspection_no_kid = ngx_string("");


ngx_int_t
ngx_http_apigw_introspection_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer)
{
    size_t                           size;
    ngx_uint_t                       i;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = authorizer->conf;
    introspection->log = cycle->log;

    introspection->hold.handler = ngx_http_apigw_introspection_hold;
    introspection->hold.data = introspection;
    introspection->hold.log = cycle->log;

    if (ngx_apigw_random(introspection->seed, NGX_APIGW_SIPHASH_KEY_LEN)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "there are no random numbers");
        return NGX_ERROR;
    }

    introspection->flights = ngx_palloc(cycle->pool,
                                        NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS
                                        * sizeof(ngx_queue_t));
    if (introspection->flights == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS; i++) {
        ngx_queue_init(&introspection->flights[i]);
    }

    if (introspection->inactive_max == 0) {
        return NGX_OK;
    }

    /* of its own, so that invented tokens drive no good ones out */

    size = ngx_max(65536, NGX_HTTP_APIGW_INTROSPECTION_INACTIVE
                          * authorizer->token_max);

    introspection->inactive = ngx_apigw_tokens_create(size,
                                                      introspection->seed);

    return introspection->inactive ? NGX_OK : NGX_ERROR;
}


void
ngx_http_apigw_introspection_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_uint_t                              i;
    ngx_queue_t                            *q, *next, *bucket;
    ngx_http_apigw_introspection_t         *introspection;
    ngx_http_apigw_introspection_flight_t  *flight;

    introspection = authorizer->conf;

    if (introspection->flights == NULL) {
        return;
    }

    for (i = 0; i < NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS; i++) {
        bucket = &introspection->flights[i];

        for (q = ngx_queue_head(bucket);
             q != ngx_queue_sentinel(bucket);
             q = next)
        {
            next = ngx_queue_next(q);
            flight = ngx_queue_data(q, ngx_http_apigw_introspection_flight_t,
                                    queue);

            ngx_apigw_fetch_cancel(&flight->fetch);
            ngx_http_apigw_introspection_desert(flight);
            ngx_http_apigw_introspection_close(flight);
        }

        ngx_queue_init(bucket);
    }

    if (introspection->hold.timer_set) {
        ngx_del_timer(&introspection->hold);
    }

    if (introspection->inactive) {
        ngx_apigw_tokens_destroy(introspection->inactive);
        introspection->inactive = NULL;
    }
}


static void
ngx_http_apigw_introspection_desert(
    ngx_http_apigw_introspection_flight_t *flight)
{
    ngx_queue_t                          *q;
    ngx_http_apigw_introspection_wait_t  *wait;

    for (q = ngx_queue_head(&flight->waits);
         q != ngx_queue_sentinel(&flight->waits);
         q = ngx_queue_next(q))
    {
        wait = ngx_queue_data(q, ngx_http_apigw_introspection_wait_t, queue);
        wait->rc = NGX_ERROR;
    }
}


ngx_int_t
ngx_http_apigw_introspection_join(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_introspection_wait_t *wait, ngx_str_t *text)
{
    uint64_t                                hash;
    ngx_uint_t                              max;
    ngx_http_apigw_introspection_t         *introspection;
    ngx_http_apigw_introspection_flight_t  *flight;

    introspection = authorizer->conf;
    max = introspection->parked_max;

    if (introspection->nparked >= max) {
        return NGX_DECLINED;
    }

    hash = ngx_apigw_siphash(introspection->seed, text->data, text->len);

    flight = ngx_http_apigw_introspection_find_flight(introspection, text,
                                                      hash);
    if (flight == NULL) {

        /* those that nobody waits for any more count, too */

        if (introspection->nflights >= max) {
            return NGX_DECLINED;
        }

        flight = ngx_http_apigw_introspection_take_off(authorizer, text, hash);
        if (flight == NULL) {
            return NGX_ERROR;
        }
    }

    if (introspection->nparked++ == 0) {
        ngx_add_timer(&introspection->hold, NGX_HTTP_APIGW_INTROSPECTION_HOLD);
    }

    wait->rc = NGX_AGAIN;
    ngx_queue_insert_tail(&flight->waits, &wait->queue);

    return NGX_AGAIN;
}


void
ngx_http_apigw_introspection_leave(ngx_http_apigw_introspection_wait_t *wait)
{
    if (wait->rc == NGX_AGAIN) {
        wait->rc = NGX_ERROR;
        ngx_queue_remove(&wait->queue);
        ngx_http_apigw_introspection_unpark(wait->introspection);
    }

    if (wait->token) {
        ngx_apigw_token_release(wait->token);
        wait->token = NULL;
    }
}


/* a timer keeps a worker that is to exit as long as requests are parked */

static void
ngx_http_apigw_introspection_hold(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_HTTP_APIGW_INTROSPECTION_HOLD);
}


static void
ngx_http_apigw_introspection_unpark(
    ngx_http_apigw_introspection_t *introspection)
{
    if (--introspection->nparked == 0 && introspection->hold.timer_set) {
        ngx_del_timer(&introspection->hold);
    }
}


static ngx_http_apigw_introspection_flight_t *
ngx_http_apigw_introspection_find_flight(
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *text,
    uint64_t hash)
{
    ngx_queue_t                            *q, *bucket;
    ngx_http_apigw_introspection_flight_t  *flight;

    bucket = &introspection->flights[hash
                                     % NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        flight = ngx_queue_data(q, ngx_http_apigw_introspection_flight_t,
                                queue);

        if (flight->hash == hash
            && flight->text.len == text->len
            && ngx_memcmp(flight->text.data, text->data, text->len) == 0)
        {
            return flight;
        }
    }

    return NULL;
}


static ngx_http_apigw_introspection_flight_t *
ngx_http_apigw_introspection_take_off(ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, uint64_t hash)
{
    ngx_pool_t                             *pool;
    ngx_apigw_fetch_t                      *fetch;
    ngx_http_apigw_introspection_t         *introspection;
    ngx_http_apigw_introspection_flight_t  *flight;

    introspection = authorizer->conf;

    pool = ngx_create_pool(4096, introspection->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_http_apigw_introspection_flight_t));
    if (flight == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    fetch = &flight->fetch;

    flight->text.len = text->len;
    flight->text.data = ngx_pstrdup(pool, text);

    if (flight->text.data == NULL
        || ngx_apigw_introspect_form(&fetch->body, text, pool) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    flight->authorizer = authorizer;
    flight->pool = pool;
    flight->hash = hash;

    ngx_queue_init(&flight->waits);

    fetch->pool = pool;
    fetch->log = introspection->log;
    fetch->url = introspection->url;
    ngx_str_set(&fetch->method, "POST");
    fetch->headers = introspection->headers;
    fetch->tls = introspection->tls;
    fetch->resolver = introspection->resolver;
    fetch->resolver_timeout = introspection->resolver_timeout;
    fetch->timeout = authorizer->timeout;
    fetch->max_body = NGX_HTTP_APIGW_INTROSPECTION_BODY;
    fetch->waited = 1;
    fetch->handler = ngx_http_apigw_introspection_land;
    fetch->data = flight;

    ngx_queue_insert_tail(&introspection->flights[hash
                                      % NGX_HTTP_APIGW_INTROSPECTION_FLIGHTS],
                          &flight->queue);
    introspection->nflights++;

    ngx_apigw_fetch(fetch);

    return flight;
}


static void
ngx_http_apigw_introspection_land(ngx_apigw_fetch_t *fetch)
{
    ngx_queue_t                            *q;
    ngx_http_apigw_introspection_wait_t    *wait;
    ngx_http_apigw_introspection_flight_t  *flight;

    flight = fetch->data;

    flight->rc = ngx_http_apigw_introspection_read(flight);

    /* a request that is resumed may ask again */

    ngx_queue_remove(&flight->queue);

    while (!ngx_queue_empty(&flight->waits)) {
        q = ngx_queue_head(&flight->waits);
        wait = ngx_queue_data(q, ngx_http_apigw_introspection_wait_t, queue);

        flight->waits.next = ngx_queue_next(q);
        flight->waits.next->prev = &flight->waits;

        ngx_http_apigw_introspection_unpark(wait->introspection);

        wait->rc = flight->rc;
        wait->reason = flight->reason;
        wait->token = flight->token;

        if (wait->token) {
            wait->token->refs++;
        }

        ngx_http_apigw_resume(wait->request);
    }

    ngx_http_apigw_introspection_close(flight);
}


static void
ngx_http_apigw_introspection_close(
    ngx_http_apigw_introspection_flight_t *flight)
{
    ngx_http_apigw_introspection_t  *introspection;

    introspection = flight->authorizer->conf;
    introspection->nflights--;

    if (flight->token) {
        ngx_apigw_token_release(flight->token);
    }

    ngx_destroy_pool(flight->pool);
}


/*
 *     NGX_OK        the token is valid
 *     NGX_DECLINED  it is not: flight->reason
 *     NGX_ERROR     it could not be decided: flight->reason
 */

static ngx_int_t
ngx_http_apigw_introspection_read(
    ngx_http_apigw_introspection_flight_t *flight)
{
    u_char                           status[NGX_INT_T_LEN];
    ngx_int_t                        rc;
    ngx_str_t                        detail;
    const char                      *reason;
    ngx_apigw_fetch_t               *fetch;
    ngx_apigw_claims_t               claims;
    ngx_http_apigw_introspection_t  *introspection;

    fetch = &flight->fetch;
    introspection = flight->authorizer->conf;

    if (fetch->rc != NGX_OK && fetch->status != NGX_HTTP_UNAUTHORIZED) {
        return ngx_http_apigw_introspection_failed(flight, fetch->reason,
                                                   &fetch->detail);
    }

    if (fetch->status != NGX_HTTP_OK) {
        detail.data = status;
        detail.len = ngx_sprintf(status, "%ui", fetch->status) - status;

        return ngx_http_apigw_introspection_failed(flight, "its status is",
                                                   &detail);
    }

    reason = NULL;

    rc = ngx_apigw_introspect_read(&claims, &fetch->answer, flight->pool,
                                   &reason);

    if (rc == NGX_ERROR) {
        flight->reason = "there is no memory for introspection";
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_str_null(&detail);
        return ngx_http_apigw_introspection_failed(flight, reason, &detail);
    }

    if (introspection->failing) {
        introspection->failing = 0;
        ngx_log_error(NGX_LOG_NOTICE, introspection->log, 0,
                      "introspection at \"%V\" works again",
                      &introspection->url.text);
    }

    if (rc == NGX_DONE) {
        flight->reason = "the token is not active";
        ngx_http_apigw_introspection_keep_inactive(flight);

        return NGX_DECLINED;
    }

    rc = ngx_http_apigw_introspection_valid(flight, &claims);

    if (rc == NGX_OK) {
        ngx_http_apigw_introspection_keep(flight, &claims);

        if (flight->token == NULL) {
            flight->reason = "there is no memory for a token";
            return NGX_ERROR;
        }
    }

    return rc;
}


static ngx_int_t
ngx_http_apigw_introspection_valid(
    ngx_http_apigw_introspection_flight_t *flight, ngx_apigw_claims_t *claims)
{
    ngx_str_t                       *name;
    ngx_uint_t                       i;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = flight->authorizer->conf;

    if (ngx_apigw_claims_time(claims, ngx_time(), flight->authorizer->leeway,
                              0, &flight->reason)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (introspection->issuers) {
        name = introspection->issuers->elts;

        for (i = 0; i < introspection->issuers->nelts; i++) {

            if (name[i].len == claims->iss.len
                && ngx_memcmp(name[i].data, claims->iss.data, name[i].len)
                   == 0)
            {
                break;
            }
        }

        if (i == introspection->issuers->nelts) {
            flight->reason = "the issuer is not accepted";
            return NGX_DECLINED;
        }
    }

    if (introspection->audiences == NULL) {
        return NGX_OK;
    }

    return ngx_apigw_claims_audience(claims, introspection->audiences->elts,
                                     introspection->audiences->nelts,
                                     &flight->reason);
}


static void
ngx_http_apigw_introspection_keep(
    ngx_http_apigw_introspection_flight_t *flight, ngx_apigw_claims_t *claims)
{
    ngx_apigw_token_t               *token;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = flight->authorizer->conf;

    token = ngx_apigw_token_create(&flight->text,
                                   &ngx_http_apigw_introspection_no_kid,
                                   claims);
    if (token == NULL) {
        return;
    }

    token->until = ngx_apigw_introspect_until(claims, ngx_time(),
                                              flight->authorizer->leeway,
                                              introspection->cache_max);

    if (flight->authorizer->tokens && token->until > ngx_time()) {
        ngx_apigw_tokens_insert(flight->authorizer->tokens, token);
    }

    flight->token = token;
}


static void
ngx_http_apigw_introspection_keep_inactive(
    ngx_http_apigw_introspection_flight_t *flight)
{
    ngx_apigw_token_t               *token;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = flight->authorizer->conf;

    if (introspection->inactive == NULL) {
        return;
    }

    token = ngx_apigw_token_create(&flight->text,
                                   &ngx_http_apigw_introspection_no_kid, NULL);
    if (token == NULL) {
        return;
    }

    token->inactive = 1;
    token->until = ngx_time() + introspection->inactive_max;

    ngx_apigw_tokens_insert(introspection->inactive, token);
    ngx_apigw_token_release(token);
}


/* an endpoint that is away is told of once a minute, not for each token */

static ngx_int_t
ngx_http_apigw_introspection_failed(
    ngx_http_apigw_introspection_flight_t *flight, const char *reason,
    ngx_str_t *detail)
{
    time_t                          *last;
    ngx_uint_t                       level;
    const char                      *colon;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = flight->authorizer->conf;

    flight->reason = "introspection failed";

    last = &introspection->complained;
    colon = (flight->fetch.rc == NGX_OK) ? " " : ": ";

    if (flight->fetch.status == NGX_HTTP_UNAUTHORIZED) {
        reason = "the client_id or its secret is wrong, its status is";
        last = &introspection->denied;
        colon = " ";
    }

    level = NGX_LOG_INFO;

    if (*last == 0
        || ngx_time() - *last >= NGX_HTTP_APIGW_INTROSPECTION_QUIET)
    {
        *last = ngx_time();
        level = NGX_LOG_ERR;
        introspection->failing = 1;
    }

    ngx_log_error(level, introspection->log, 0,
                  "introspection at \"%V\" failed: %s%s%V",
                  &introspection->url.text, reason,
                  detail->len ? colon : "", detail);

    return NGX_ERROR;
}
