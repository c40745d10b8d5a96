
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda_authorizer.h"
#include "ngx_http_apigw_trace.h"
#include "ngx_apigw_answer.h"
#include "ngx_apigw_policy.h"


/* A call of the function, and the verdict in its answer. */

#define NGX_HTTP_APIGW_LAMBDA_AUTH_DEPTH  32     /* of JSON */
#define NGX_HTTP_APIGW_LAMBDA_AUTH_QUIET  60     /* seconds */
#define NGX_HTTP_APIGW_LAMBDA_AUTH_SHOWN  64     /* bytes of an errorType */


static ngx_int_t ngx_http_apigw_lambda_auth_start(
    ngx_http_apigw_flight_t *flight, void *data);
static ngx_int_t ngx_http_apigw_lambda_auth_event(
    ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_lambda_auth_call_t *call, ngx_pool_t *pool,
    ngx_str_t *text);
static ngx_int_t ngx_http_apigw_lambda_auth_headers(
    ngx_http_apigw_lambda_auth_t *lambda,
    ngx_http_apigw_lambda_auth_call_t *call, ngx_apigw_fetch_t *fetch);
static ngx_int_t ngx_http_apigw_lambda_auth_read(
    ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_lambda_auth_function_error(
    ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_lambda_auth_verdict(
    ngx_http_apigw_flight_t *flight);
static ngx_int_t ngx_http_apigw_lambda_auth_keep(
    ngx_http_apigw_flight_t *flight, ngx_apigw_json_t *root);
static ngx_int_t ngx_http_apigw_lambda_auth_failed(
    ngx_http_apigw_flight_t *flight, ngx_uint_t error, const char *reason,
    ngx_str_t *detail);
static void ngx_http_apigw_lambda_auth_works(ngx_http_apigw_flight_t *flight);


ngx_int_t
ngx_http_apigw_lambda_auth_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_flights_t      *flights;
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;
    flights = &lambda->flights;

    flights->max = lambda->parked_max;
    flights->action = "waiting for a Lambda authorizer";
    flights->start = ngx_http_apigw_lambda_auth_start;
    flights->read = ngx_http_apigw_lambda_auth_read;
    flights->data = authorizer;

    return ngx_http_apigw_flights_init(flights, cycle);
}


void
ngx_http_apigw_lambda_auth_exit_worker(ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    ngx_http_apigw_flights_exit(&lambda->flights);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_start(ngx_http_apigw_flight_t *flight, void *data)
{
    ngx_http_apigw_lambda_auth_call_t *call = data;

    ngx_apigw_fetch_t             *fetch;
    ngx_http_apigw_authorizer_t   *authorizer;
    ngx_http_apigw_lambda_auth_t  *lambda;

    fetch = &flight->fetch;
    authorizer = flight->flights->data;
    lambda = authorizer->conf;

    fetch->url = lambda->url;
    ngx_str_set(&fetch->method, "POST");
    ngx_str_set(&fetch->field, "x-amz-function-error");
    fetch->tls = lambda->tls;
    fetch->resolver = lambda->resolver;
    fetch->resolver_timeout = lambda->resolver_timeout;
    fetch->timeout = authorizer->timeout;
    fetch->max_body = NGX_HTTP_APIGW_INVOKE_MAX;

    /* the request may be gone when the answer comes, its stage stays */

    flight->data = call->ctx->stage;

    if (ngx_http_apigw_lambda_auth_event(authorizer, call, flight->pool,
                                         &fetch->body)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (fetch->body.len > NGX_HTTP_APIGW_INVOKE_MAX) {
        ngx_log_error(NGX_LOG_ERR, call->request->connection->log, 0,
                      "the event for the authorizer \"%V\" has %uz bytes, "
                      "a function takes %d", &authorizer->name,
                      fetch->body.len, NGX_HTTP_APIGW_INVOKE_MAX);
        return NGX_ERROR;
    }

    return ngx_http_apigw_lambda_auth_headers(lambda, call, fetch);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_event(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_lambda_auth_call_t *call, ngx_pool_t *pool, ngx_str_t *text)
{
    ngx_str_t                      tail, values[
                                        NGX_HTTP_APIGW_LAMBDA_AUTH_IDENTITIES];
    ngx_apigw_event_t              event;
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    ngx_memzero(&event, sizeof(ngx_apigw_event_t));

    event.authorizer = 1;

    if (call->ctx->stage->type == NGX_APIGW_HTTP) {
        event.format = (lambda->payload == NGX_APIGW_EVENT_1_0)
                       ? NGX_APIGW_EVENT_1_0 : NGX_APIGW_EVENT_2_0;

    } else {
        event.format = (lambda->mode == NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN)
                       ? NGX_APIGW_EVENT_TOKEN : NGX_APIGW_EVENT_REST;
    }

    if (ngx_http_apigw_event(call->request, call->ctx, &event) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_apigw_lambda_auth_values(authorizer, call->text, values);

    event.sources = values;
    event.nsources = authorizer->nidentities;

    if (event.nsources) {
        event.token = values[0];
    }

    return ngx_apigw_event_write(&event, 0, 0, pool, text, &tail);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_headers(ngx_http_apigw_lambda_auth_t *lambda,
    ngx_http_apigw_lambda_auth_call_t *call, ngx_apigw_fetch_t *fetch)
{
    ngx_str_t              trace;
    ngx_http_apigw_aws_t  *aws;

    aws = ngx_http_apigw_aws_of(call->request);

    if (ngx_http_apigw_trace(call->request, call->ctx, &trace) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_function_headers(aws, &lambda->function, &trace,
                                           &fetch->body, fetch->pool,
                                           &fetch->headers);
}


/*
 *     NGX_OK        there is a verdict: flight->token
 *     NGX_DECLINED  the function refuses
 *     NGX_ERROR     it could not be decided
 */

static ngx_int_t
ngx_http_apigw_lambda_auth_read(ngx_http_apigw_flight_t *flight)
{
    u_char              status[NGX_INT_T_LEN];
    ngx_int_t           rc;
    ngx_str_t           detail;
    ngx_apigw_fetch_t  *fetch;

    fetch = &flight->fetch;

    if (fetch->rc != NGX_OK) {
        flight->reason = "the function could not be called";

        return ngx_http_apigw_lambda_auth_failed(flight,
                                         NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                         fetch->reason, &fetch->detail);
    }

    if (fetch->status != NGX_HTTP_OK) {
        flight->reason = "the function could not be called";

        detail.data = status;
        detail.len = ngx_sprintf(status, "%ui", fetch->status) - status;

        return ngx_http_apigw_lambda_auth_failed(flight,
                                         NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                         "the status of the answer", &detail);
    }

    rc = fetch->value.len ? ngx_http_apigw_lambda_auth_function_error(flight)
                          : ngx_http_apigw_lambda_auth_verdict(flight);

    /* an API key may stand there */

    ngx_explicit_memzero(fetch->answer.data, fetch->answer.len);

    return rc;
}


/* the message is for the client's eyes, or has its token: it is not logged */

static ngx_int_t
ngx_http_apigw_lambda_auth_function_error(ngx_http_apigw_flight_t *flight)
{
    size_t                    i;
    ngx_apigw_answer_error_t  error;

    if (ngx_apigw_answer_error(&error, &flight->fetch.answer, flight->pool)
        != NGX_OK)
    {
        flight->reason = "there is no memory for its answer";
        flight->error = NGX_HTTP_APIGW_AUTHORIZER_FAILURE;

        return NGX_ERROR;
    }

    if (error.message.len == sizeof("Unauthorized") - 1
        && ngx_strncmp(error.message.data, "Unauthorized",
                       sizeof("Unauthorized") - 1)
           == 0)
    {
        ngx_http_apigw_lambda_auth_works(flight);

        flight->reason = "the function says \"Unauthorized\"";
        flight->error = NGX_HTTP_APIGW_UNAUTHORIZED;

        return NGX_DECLINED;
    }

    flight->reason = "the function failed";

    error.type.len = ngx_min(error.type.len, NGX_HTTP_APIGW_LAMBDA_AUTH_SHOWN);

    for (i = 0; i < error.type.len; i++) {

        if (error.type.data[i] < 0x20 || error.type.data[i] >= 0x7f) {
            error.type.data[i] = '?';
        }
    }

    return ngx_http_apigw_lambda_auth_failed(flight,
                                         NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                         "the function has failed",
                                         &error.type);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_verdict(ngx_http_apigw_flight_t *flight)
{
    ngx_int_t                      rc;
    ngx_str_t                      none;
    ngx_uint_t                     error;
    const char                    *reason;
    ngx_apigw_json_t              *root;
    ngx_apigw_verdict_t            verdict;
    ngx_http_apigw_stage_t        *stage;
    ngx_http_apigw_authorizer_t   *authorizer;
    ngx_http_apigw_lambda_auth_t  *lambda;

    authorizer = flight->flights->data;
    lambda = authorizer->conf;
    stage = flight->data;

    rc = ngx_apigw_json_parse(&root, &flight->fetch.answer,
                              NGX_HTTP_APIGW_LAMBDA_AUTH_DEPTH, flight->pool,
                              &reason);
    if (rc == NGX_OK) {
        rc = ngx_apigw_verdict_read(&verdict, root,
                                    stage->type == NGX_APIGW_REST,
                                    lambda->simple == 1, &reason);
    }

    if (rc == NGX_DECLINED) {
        error = NGX_HTTP_APIGW_AUTHORIZER_CONFIGURATION_ERROR;

        flight->reason = "the answer of the function is malformed";
        ngx_str_null(&none);

        return ngx_http_apigw_lambda_auth_failed(flight, error, reason, &none);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_apigw_lambda_auth_keep(flight, root);

        if (verdict.usage_key.len) {
            ngx_explicit_memzero(verdict.usage_key.data,
                                 verdict.usage_key.len);
        }
    }

    if (rc != NGX_OK) {
        flight->reason = "there is no memory for its answer";
        flight->error = NGX_HTTP_APIGW_AUTHORIZER_FAILURE;

        return NGX_ERROR;
    }

    ngx_http_apigw_lambda_auth_works(flight);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_keep(ngx_http_apigw_flight_t *flight,
    ngx_apigw_json_t *root)
{
    time_t                        ttl;
    ngx_apigw_token_t            *token;
    ngx_apigw_claims_t            claims;
    ngx_http_apigw_authorizer_t  *authorizer;

    static ngx_str_t  none = ngx_string("");

    authorizer = flight->flights->data;

    ngx_memzero(&claims, sizeof(ngx_apigw_claims_t));
    claims.root = root;

    token = ngx_apigw_token_create(flight->text.data ? &flight->text : &none,
                                   &none, &claims);
    if (token == NULL) {
        return NGX_ERROR;
    }

    flight->token = token;

    ttl = ngx_http_apigw_lambda_auth_ttl(authorizer, flight->data);

    if (ttl && flight->text.data) {
        token->until = ngx_time() + ttl;
        ngx_apigw_tokens_insert(authorizer->tokens, token);
    }

    return NGX_OK;
}


/* a function that is away is told of once a minute, not for each request */

static ngx_int_t
ngx_http_apigw_lambda_auth_failed(ngx_http_apigw_flight_t *flight,
    ngx_uint_t error, const char *reason, ngx_str_t *detail)
{
    ngx_uint_t                     level;
    ngx_http_apigw_authorizer_t   *authorizer;
    ngx_http_apigw_lambda_auth_t  *lambda;

    authorizer = flight->flights->data;
    lambda = authorizer->conf;

    flight->error = error;
    level = NGX_LOG_INFO;

    if (lambda->complained == 0
        || ngx_time() - lambda->complained >= NGX_HTTP_APIGW_LAMBDA_AUTH_QUIET)
    {
        lambda->complained = ngx_time();
        lambda->failing = 1;
        level = NGX_LOG_ERR;
    }

    ngx_log_error(level, flight->flights->log, 0,
                  "the function \"%V\" of the authorizer \"%V\" failed: "
                  "%s%s%V", &lambda->function.name, &authorizer->name, reason,
                  detail->len ? ": " : "", detail);

    return NGX_ERROR;
}


static void
ngx_http_apigw_lambda_auth_works(ngx_http_apigw_flight_t *flight)
{
    ngx_http_apigw_authorizer_t   *authorizer;
    ngx_http_apigw_lambda_auth_t  *lambda;

    authorizer = flight->flights->data;
    lambda = authorizer->conf;

    if (!lambda->failing) {
        return;
    }

    lambda->failing = 0;

    ngx_log_error(NGX_LOG_NOTICE, flight->flights->log, 0,
                  "the function \"%V\" of the authorizer \"%V\" works again",
                  &lambda->function.name, &authorizer->name);
}


void
ngx_http_apigw_lambda_auth_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    stat->parked = lambda->flights.nwaits;
}
