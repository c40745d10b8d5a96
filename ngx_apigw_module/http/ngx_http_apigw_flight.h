
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_FLIGHT_H_INCLUDED_
#define _NGX_HTTP_APIGW_FLIGHT_H_INCLUDED_


#include "ngx_http_apigw_authorizer.h"
#include "ngx_apigw_fetch.h"


/*
 * For types of an authorizer that ask somebody else: one call for one text,
 * however many requests wait for it.  It goes on when nobody waits any more,
 * and what it says is read all the same.  Of one worker and one authorizer.
 */

typedef struct ngx_http_apigw_flights_s  ngx_http_apigw_flights_t;
typedef struct ngx_http_apigw_flight_s   ngx_http_apigw_flight_t;
typedef struct ngx_http_apigw_wait_s     ngx_http_apigw_wait_t;


/*
 * Fills flight->fetch: url, method, headers, body, tls, resolver, timeouts and
 * max_body, of what lives as long as flight->pool or longer; the rest is set.
 * data: as given to flight_wait().  NGX_OK, NGX_ERROR: there is no call.
 */
typedef ngx_int_t (*ngx_http_apigw_flight_start_pt)(
    ngx_http_apigw_flight_t *flight, void *data);

/*
 * Reads flight->fetch when it has ended, and keeps what is worth it; may set
 * reason, error and token of the flight.
 *
 *     NGX_OK        allowed
 *     NGX_DECLINED  refused
 *     NGX_ERROR     it could not be decided
 */
typedef ngx_int_t (*ngx_http_apigw_flight_read_pt)(
    ngx_http_apigw_flight_t *flight);


struct ngx_http_apigw_flights_s {

    /* set by the type before flights_init() */

    ngx_uint_t                       max;        /* waits, and calls, too */
    char                            *action;     /* of a parked request, for
                                                    the log */
    ngx_http_apigw_flight_start_pt   start;
    ngx_http_apigw_flight_read_pt    read;
    void                            *data;       /* the authorizer */

    /* set by flights_init() */

    ngx_log_t                       *log;        /* of the worker */
    u_char                           seed[NGX_APIGW_SIPHASH_KEY_LEN];

    ngx_queue_t                     *buckets;
    ngx_uint_t                       nflights;
    ngx_uint_t                       nwaits;
    ngx_event_t                      hold;       /* while requests wait */
};


struct ngx_http_apigw_flight_s {
    ngx_queue_t                      queue;      /* of the bucket */
    ngx_queue_t                      waits;
    ngx_http_apigw_flights_t        *flights;
    ngx_pool_t                      *pool;       /* ends with the flight */
    ngx_str_t                        text;       /* a copy; data is NULL where
                                                    nobody else may join */
    uint64_t                         hash;
    ngx_apigw_fetch_t                fetch;
    void                            *data;       /* of the type; NULL */

    ngx_int_t                        rc;         /* what read() returned */
    const char                      *reason;     /* static */
    ngx_uint_t                       error;      /* of the type; 0 */
    ngx_apigw_token_t               *token;      /* held; released when the
                                                    flight ends */
};


/* a request and the result that it is given; in the request's pool */

struct ngx_http_apigw_wait_s {
    ngx_queue_t                      queue;      /* of the flight */
    ngx_http_apigw_flights_t        *flights;
    ngx_http_request_t              *request;

    ngx_int_t                        rc;         /* NGX_AGAIN: it waits */
    const char                      *reason;
    ngx_uint_t                       error;
    ngx_apigw_token_t               *token;      /* held until the request
                                                    ends; who takes it over
                                                    sets NULL */
};


/* ngx_http_apigw_flight_conf.c */

/*
 * A directive "endpoint url"; tls says why it has to be "https://".  NGX_OK,
 * or logged and NGX_ERROR.
 */
ngx_int_t ngx_http_apigw_flight_endpoint(ngx_conf_t *cf, ngx_apigw_url_t *url,
    ngx_str_t *value, const char *tls);

/* A directive "parked_max number"; NGX_OK, or logged and NGX_ERROR. */
ngx_int_t ngx_http_apigw_flight_parked_max(ngx_conf_t *cf, ngx_uint_t *max,
    ngx_str_t *value);

/*
 * For init() of a type: what a call of the endpoint needs, by
 * trusted_certificate of the block and resolver of http{}; what it does not
 * need is not set.  NGX_OK, or logged and NGX_ERROR.
 */
ngx_int_t ngx_http_apigw_flight_peer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_apigw_url_t *url,
    ngx_apigw_tls_t **tls, ngx_resolver_t **resolver, ngx_msec_t *timeout);


/* ngx_http_apigw_flight.c */

/* for init_worker() and exit_worker() of a type; NGX_OK, or NGX_ERROR */
ngx_int_t ngx_http_apigw_flights_init(ngx_http_apigw_flights_t *flights,
    ngx_cycle_t *cycle);
void ngx_http_apigw_flights_exit(ngx_http_apigw_flights_t *flights);

/*
 * Parks the request until the call for this text has ended; start() begins it
 * where there is none.  text: NULL, a call that nobody else may join.
 * ctx->authorization->state is the wait until flight_answer().
 *
 *     NGX_DONE      parked: the type returns it
 *     NGX_DECLINED  as many wait, or are called, as may
 *     NGX_ERROR     no memory, or start() failed
 */
ngx_int_t ngx_http_apigw_flight_wait(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_flights_t *flights,
    ngx_str_t *text, void *data);

/*
 * For a type that is called again and finds ctx->authorization->state.
 *
 *     NGX_OK        *wait is the result; the state is NULL
 *     NGX_DONE      woken by something else, parked again
 *     NGX_ERROR
 */
ngx_int_t ngx_http_apigw_flight_answer(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_wait_t **wait);


#endif /* _NGX_HTTP_APIGW_FLIGHT_H_INCLUDED_ */
