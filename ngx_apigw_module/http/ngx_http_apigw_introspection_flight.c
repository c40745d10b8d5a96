
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_introspection.h"
#include "ngx_apigw_introspect.h"


/* A call to the endpoint about one token, and what is kept of its answer. */

#define NGX_HTTP_APIGW_INTROSPECTION_BODY      65536    /* bytes */
#define NGX_HTTP_APIGW_INTROSPECTION_QUIET     60       /* seconds */
#define NGX_HTTP_APIGW_INTROSPECTION_INACTIVE  16       /* long tokens */


static ngx_int_t ngx_http_apigw_introspection_start(
    ngx_http_apigw_flight_t *flight, void *data);
static ngx_int_t ngx_http_apigw_introspection_read(
    ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_introspection_valid(
    ngx_http_apigw_flight_t *flight, ngx_apigw_claims_t *claims);
static void ngx_http_apigw_introspection_keep(ngx_http_apigw_flight_t *flight,
    ngx_apigw_claims_t *claims);
static void ngx_http_apigw_introspection_keep_inactive(
    ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_introspection_failed(
    ngx_http_apigw_flight_t *flight, const char *reason, ngx_str_t *detail);
static void ngx_http_apigw_introspection_works(
    ngx_http_apigw_flight_t *flight);


static ngx_str_t  ngx_http_apigw_introspection_no_kid = ngx_string("");


ngx_int_t
ngx_http_apigw_introspection_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer)
{
    size_t                           size;
    ngx_http_apigw_flights_t        *flights;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = authorizer->conf;
    flights = &introspection->flights;

    flights->max = introspection->parked_max;
    flights->action = "waiting for introspection of a token";
    flights->start = ngx_http_apigw_introspection_start;
    flights->read = ngx_http_apigw_introspection_read;
    flights->data = authorizer;

    if (ngx_http_apigw_flights_init(flights, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    if (introspection->inactive_max == 0) {
        return NGX_OK;
    }

    /* of its own, so that invented tokens drive no good ones out */

    size = ngx_max(65536, NGX_HTTP_APIGW_INTROSPECTION_INACTIVE
                          * authorizer->token_max);

    introspection->inactive = ngx_apigw_tokens_create(size, flights->seed);

    return introspection->inactive ? NGX_OK : NGX_ERROR;
}


void
ngx_http_apigw_introspection_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_introspection_t  *introspection;

    introspection = authorizer->conf;

    ngx_http_apigw_flights_exit(&introspection->flights);

    if (introspection->inactive) {
        ngx_apigw_tokens_destroy(introspection->inactive);
        introspection->inactive = NULL;
    }
}


static ngx_int_t
ngx_http_apigw_introspection_start(ngx_http_apigw_flight_t *flight, void *data)
{
    ngx_apigw_fetch_t               *fetch;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    fetch = &flight->fetch;
    authorizer = flight->flights->data;
    introspection = authorizer->conf;

    fetch->url = introspection->url;
    ngx_str_set(&fetch->method, "POST");
    fetch->headers = introspection->headers;
    fetch->tls = introspection->tls;
    fetch->resolver = introspection->resolver;
    fetch->resolver_timeout = introspection->resolver_timeout;
    fetch->timeout = authorizer->timeout;
    fetch->max_body = NGX_HTTP_APIGW_INTROSPECTION_BODY;

    return ngx_apigw_introspect_form(&fetch->body, &flight->text,
                                     flight->pool);
}


/*
 *     NGX_OK        the token is valid
 *     NGX_DECLINED  it is not: flight->reason
 *     NGX_ERROR     it could not be decided: flight->reason
 */

static ngx_int_t
ngx_http_apigw_introspection_read(ngx_http_apigw_flight_t *flight)
{
    u_char               status[NGX_INT_T_LEN];
    ngx_int_t            rc;
    ngx_str_t            detail;
    const char          *reason;
    ngx_apigw_fetch_t   *fetch;
    ngx_apigw_claims_t   claims;

    fetch = &flight->fetch;

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

    ngx_http_apigw_introspection_works(flight);

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
ngx_http_apigw_introspection_valid(ngx_http_apigw_flight_t *flight,
    ngx_apigw_claims_t *claims)
{
    ngx_str_t                       *name;
    ngx_uint_t                       i;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = flight->flights->data;
    introspection = authorizer->conf;

    if (ngx_apigw_claims_time(claims, ngx_time(), authorizer->leeway, 0,
                              &flight->reason)
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
ngx_http_apigw_introspection_keep(ngx_http_apigw_flight_t *flight,
    ngx_apigw_claims_t *claims)
{
    ngx_apigw_token_t               *token;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = flight->flights->data;
    introspection = authorizer->conf;

    token = ngx_apigw_token_create(&flight->text,
                                   &ngx_http_apigw_introspection_no_kid,
                                   claims);
    if (token == NULL) {
        return;
    }

    token->until = ngx_apigw_introspect_until(claims, ngx_time(),
                                              authorizer->leeway,
                                              introspection->cache_max);

    if (authorizer->tokens && token->until > ngx_time()) {
        ngx_apigw_tokens_insert(authorizer->tokens, token);
    }

    flight->token = token;
}


static void
ngx_http_apigw_introspection_keep_inactive(ngx_http_apigw_flight_t *flight)
{
    ngx_apigw_token_t               *token;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = flight->flights->data;
    introspection = authorizer->conf;

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
ngx_http_apigw_introspection_failed(ngx_http_apigw_flight_t *flight,
    const char *reason, ngx_str_t *detail)
{
    time_t                          *last;
    ngx_uint_t                       level;
    const char                      *colon;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = flight->flights->data;
    introspection = authorizer->conf;

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

    ngx_log_error(level, flight->flights->log, 0,
                  "introspection at \"%V\" failed: %s%s%V",
                  &introspection->url.text, reason,
                  detail->len ? colon : "", detail);

    return NGX_ERROR;
}


static void
ngx_http_apigw_introspection_works(ngx_http_apigw_flight_t *flight)
{
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = flight->flights->data;
    introspection = authorizer->conf;

    if (introspection->failing) {
        introspection->failing = 0;
        ngx_log_error(NGX_LOG_NOTICE, flight->flights->log, 0,
                      "introspection at \"%V\" works again",
                      &introspection->url.text);
    }
}


void
ngx_http_apigw_introspection_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat)
{
    ngx_apigw_tokens_stat_t          inactive;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = authorizer->conf;

    stat->parked = introspection->flights.nwaits;

    if (introspection->inactive) {
        ngx_apigw_tokens_stat(introspection->inactive, &inactive);
        stat->tokens += inactive.count;
    }
}
