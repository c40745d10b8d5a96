
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_flight.h"
#include "ngx_apigw_digest.h"


#define NGX_HTTP_APIGW_FLIGHT_BUCKETS  256
#define NGX_HTTP_APIGW_FLIGHT_HOLD     60000    /* ms */


static void ngx_http_apigw_flight_desert(ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_flight_join(ngx_http_apigw_flights_t *flights,
    ngx_http_apigw_wait_t *wait, ngx_str_t *text, void *data);
static ngx_http_apigw_flight_t *ngx_http_apigw_flight_find(
    ngx_http_apigw_flights_t *flights, ngx_str_t *text, uint64_t hash);
static ngx_http_apigw_flight_t *ngx_http_apigw_flight_take_off(
    ngx_http_apigw_flights_t *flights, ngx_str_t *text, uint64_t hash,
    void *data);
static void ngx_http_apigw_flight_land(ngx_apigw_fetch_t *fetch);
static void ngx_http_apigw_flight_close(ngx_http_apigw_flight_t *flight);
static void ngx_http_apigw_flight_hold(ngx_event_t *ev);
static void ngx_http_apigw_flight_unpark(ngx_http_apigw_flights_t *flights);
static void ngx_http_apigw_flight_leave(void *data);


ngx_int_t
ngx_http_apigw_flights_init(ngx_http_apigw_flights_t *flights,
    ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    flights->log = cycle->log;

    flights->hold.handler = ngx_http_apigw_flight_hold;
    flights->hold.data = flights;
    flights->hold.log = cycle->log;

    if (ngx_apigw_random(flights->seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "there are no random numbers");
        return NGX_ERROR;
    }

    flights->buckets = ngx_palloc(cycle->pool, NGX_HTTP_APIGW_FLIGHT_BUCKETS
                                               * sizeof(ngx_queue_t));
    if (flights->buckets == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_APIGW_FLIGHT_BUCKETS; i++) {
        ngx_queue_init(&flights->buckets[i]);
    }

    return NGX_OK;
}


void
ngx_http_apigw_flights_exit(ngx_http_apigw_flights_t *flights)
{
    ngx_uint_t                i;
    ngx_queue_t              *q, *next, *bucket;
    ngx_http_apigw_flight_t  *flight;

    if (flights->buckets == NULL) {
        return;
    }

    for (i = 0; i < NGX_HTTP_APIGW_FLIGHT_BUCKETS; i++) {
        bucket = &flights->buckets[i];

        for (q = ngx_queue_head(bucket);
             q != ngx_queue_sentinel(bucket);
             q = next)
        {
            next = ngx_queue_next(q);
            flight = ngx_queue_data(q, ngx_http_apigw_flight_t, queue);

            ngx_apigw_fetch_cancel(&flight->fetch);
            ngx_http_apigw_flight_desert(flight);
            ngx_http_apigw_flight_close(flight);
        }

        ngx_queue_init(bucket);
    }

    if (flights->hold.timer_set) {
        ngx_del_timer(&flights->hold);
    }
}


static void
ngx_http_apigw_flight_desert(ngx_http_apigw_flight_t *flight)
{
    ngx_queue_t            *q;
    ngx_http_apigw_wait_t  *wait;

    for (q = ngx_queue_head(&flight->waits);
         q != ngx_queue_sentinel(&flight->waits);
         q = ngx_queue_next(q))
    {
        wait = ngx_queue_data(q, ngx_http_apigw_wait_t, queue);
        wait->rc = NGX_ERROR;
    }
}


ngx_int_t
ngx_http_apigw_flight_wait(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_flights_t *flights, ngx_str_t *text, void *data)
{
    ngx_int_t               rc;
    ngx_http_cleanup_t     *cln;
    ngx_http_apigw_wait_t  *wait;

    wait = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_wait_t));
    if (wait == NULL) {
        return NGX_ERROR;
    }

    /* that of a pool would be called only when all has been freed */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    wait->flights = flights;
    wait->request = r;

    rc = ngx_http_apigw_flight_join(flights, wait, text, data);

    if (rc != NGX_OK) {
        return rc;
    }

    cln->handler = ngx_http_apigw_flight_leave;
    cln->data = wait;

    ctx->authorization->state = wait;

    rc = ngx_http_apigw_park(r, flights->action);

    if (rc != NGX_DONE) {
        ngx_http_apigw_flight_leave(wait);
        ctx->authorization->state = NULL;
    }

    return rc;
}


ngx_int_t
ngx_http_apigw_flight_answer(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_wait_t **wait)
{
    *wait = ctx->authorization->state;

    if ((*wait)->rc == NGX_AGAIN) {
        return ngx_http_apigw_park(r, (*wait)->flights->action);
    }

    ctx->authorization->state = NULL;

    return NGX_OK;
}


/*
 *     NGX_OK        it waits
 *     NGX_DECLINED  as many wait, or are called, as may
 *     NGX_ERROR     there is no call
 */

static ngx_int_t
ngx_http_apigw_flight_join(ngx_http_apigw_flights_t *flights,
    ngx_http_apigw_wait_t *wait, ngx_str_t *text, void *data)
{
    uint64_t                  hash;
    ngx_http_apigw_flight_t  *flight;

    if (flights->nwaits >= flights->max) {
        return NGX_DECLINED;
    }

    hash = 0;
    flight = NULL;

    if (text) {
        hash = ngx_apigw_siphash(flights->seed, text->data, text->len);
        flight = ngx_http_apigw_flight_find(flights, text, hash);
    }

    if (flight == NULL) {

        /* those that nobody waits for any more count, too */

        if (flights->nflights >= flights->max) {
            return NGX_DECLINED;
        }

        flight = ngx_http_apigw_flight_take_off(flights, text, hash, data);
        if (flight == NULL) {
            return NGX_ERROR;
        }
    }

    if (flights->nwaits++ == 0) {
        ngx_add_timer(&flights->hold, NGX_HTTP_APIGW_FLIGHT_HOLD);
    }

    wait->rc = NGX_AGAIN;
    ngx_queue_insert_tail(&flight->waits, &wait->queue);

    return NGX_OK;
}


static ngx_http_apigw_flight_t *
ngx_http_apigw_flight_find(ngx_http_apigw_flights_t *flights, ngx_str_t *text,
    uint64_t hash)
{
    ngx_queue_t              *q, *bucket;
    ngx_http_apigw_flight_t  *flight;

    bucket = &flights->buckets[hash % NGX_HTTP_APIGW_FLIGHT_BUCKETS];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        flight = ngx_queue_data(q, ngx_http_apigw_flight_t, queue);

        if (flight->hash == hash
            && flight->text.data
            && flight->text.len == text->len
            && ngx_memcmp(flight->text.data, text->data, text->len) == 0)
        {
            return flight;
        }
    }

    return NULL;
}


static ngx_http_apigw_flight_t *
ngx_http_apigw_flight_take_off(ngx_http_apigw_flights_t *flights,
    ngx_str_t *text, uint64_t hash, void *data)
{
    ngx_pool_t               *pool;
    ngx_apigw_fetch_t        *fetch;
    ngx_http_apigw_flight_t  *flight;

    pool = ngx_create_pool(4096, flights->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_http_apigw_flight_t));
    if (flight == NULL) {
        goto failed;
    }

    flight->flights = flights;
    flight->pool = pool;
    flight->hash = hash;

    if (text) {
        flight->text.len = text->len;
        flight->text.data = ngx_pstrdup(pool, text);

        if (flight->text.data == NULL) {
            goto failed;
        }
    }

    ngx_queue_init(&flight->waits);

    fetch = &flight->fetch;
    fetch->pool = pool;
    fetch->log = flights->log;
    fetch->waited = 1;
    fetch->handler = ngx_http_apigw_flight_land;
    fetch->data = flight;

    if (flights->start(flight, data) != NGX_OK) {
        goto failed;
    }

    ngx_queue_insert_tail(&flights->buckets[hash
                                            % NGX_HTTP_APIGW_FLIGHT_BUCKETS],
                          &flight->queue);
    flights->nflights++;

    ngx_apigw_fetch(fetch);

    return flight;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


static void
ngx_http_apigw_flight_land(ngx_apigw_fetch_t *fetch)
{
    ngx_queue_t              *q;
    ngx_http_apigw_wait_t    *wait;
    ngx_http_apigw_flight_t  *flight;

    flight = fetch->data;

    flight->rc = flight->flights->read(flight);

    /* a request that is resumed may ask again */

    ngx_queue_remove(&flight->queue);

    while (!ngx_queue_empty(&flight->waits)) {
        q = ngx_queue_head(&flight->waits);
        wait = ngx_queue_data(q, ngx_http_apigw_wait_t, queue);

        /* ngx_queue_remove() would look like a null pointer to analyzers */

        flight->waits.next = ngx_queue_next(q);
        flight->waits.next->prev = &flight->waits;

        ngx_http_apigw_flight_unpark(flight->flights);

        wait->rc = flight->rc;
        wait->reason = flight->reason;
        wait->error = flight->error;
        wait->token = flight->token;

        if (wait->token) {
            wait->token->refs++;
        }

        ngx_http_apigw_resume(wait->request);
    }

    ngx_http_apigw_flight_close(flight);
}


static void
ngx_http_apigw_flight_close(ngx_http_apigw_flight_t *flight)
{
    flight->flights->nflights--;

    if (flight->token) {
        ngx_apigw_token_release(flight->token);
    }

    ngx_destroy_pool(flight->pool);
}


/* a timer keeps a worker that is to exit as long as requests are parked */

static void
ngx_http_apigw_flight_hold(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_HTTP_APIGW_FLIGHT_HOLD);
}


static void
ngx_http_apigw_flight_unpark(ngx_http_apigw_flights_t *flights)
{
    if (--flights->nwaits == 0 && flights->hold.timer_set) {
        ngx_del_timer(&flights->hold);
    }
}


/* the request ends, or it is being terminated */

static void
ngx_http_apigw_flight_leave(void *data)
{
    ngx_http_apigw_wait_t  *wait = data;

    if (wait->rc == NGX_AGAIN) {
        wait->rc = NGX_ERROR;
        ngx_queue_remove(&wait->queue);
        ngx_http_apigw_flight_unpark(wait->flights);
    }

    if (wait->token) {
        ngx_apigw_token_release(wait->token);
        wait->token = NULL;
    }
}
