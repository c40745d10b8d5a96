
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda_authorizer.h"
#include "ngx_apigw_policy.h"


/*
 * A verdict is known, or the function is asked and the request waits for it.
 * What is kept is the verdict: whether it allows a request is found out for
 * each, as a policy is about all routes of a stage.
 */

#define NGX_HTTP_APIGW_LAMBDA_AUTH_TTL  300      /* seconds, REST APIs */


static ngx_int_t ngx_http_apigw_lambda_auth_text(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *values, ngx_str_t *text);
static const char *ngx_http_apigw_lambda_auth_valid(
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *text,
    ngx_uint_t *error);
static ngx_int_t ngx_http_apigw_lambda_auth_arn(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *arn);
static ngx_int_t ngx_http_apigw_lambda_auth_ask(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, time_t ttl);
static ngx_int_t ngx_http_apigw_lambda_auth_answered(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_lambda_auth_decide(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_token_t *token, ngx_str_t *arn);
static ngx_int_t ngx_http_apigw_lambda_auth_tell(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_verdict_t *verdict);
static ngx_uint_t ngx_http_apigw_lambda_auth_allows(ngx_http_request_t *r,
    ngx_apigw_verdict_t *verdict, ngx_str_t *arn);


ngx_int_t
ngx_http_apigw_lambda_auth_identify(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text)
{
    ngx_int_t                      rc;
    ngx_str_t                      values[
                                        NGX_HTTP_APIGW_LAMBDA_AUTH_IDENTITIES];
    ngx_uint_t                     i, must;
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    must = (ctx->stage->type == NGX_APIGW_HTTP
            || lambda->mode == NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN
            || ngx_http_apigw_lambda_auth_ttl(authorizer, ctx->stage) > 0);

    for (i = 0; i < authorizer->nidentities; i++) {

        rc = ngx_http_apigw_authorizer_read(r, ctx, &authorizer->identities[i],
                                            &values[i]);

        if (rc == NGX_DECLINED && !must) {
            ngx_str_set(&values[i], "");
            continue;
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ngx_http_apigw_lambda_auth_text(r, ctx, authorizer, values, text);
}


/*
 * Each value behind its length, then the stage, which is an API's.  A cache
 * hashes the end of a text: the last one of several values tells no clients
 * apart, so what hashes all of them stands there.
 */

static ngx_int_t
ngx_http_apigw_lambda_auth_text(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *values, ngx_str_t *text)
{
    u_char                        *p;
    size_t                         len;
    uint32_t                       n;
    uint64_t                       hash;
    ngx_uint_t                     i;
    ngx_http_apigw_lambda_auth_t  *lambda;

    len = sizeof(ngx_http_apigw_stage_t *) + sizeof(uint64_t);

    for (i = 0; i < authorizer->nidentities; i++) {
        len += sizeof(uint32_t) + values[i].len;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (i = 0; i < authorizer->nidentities; i++) {
        n = (uint32_t) values[i].len;

        p = ngx_cpymem(p, &n, sizeof(uint32_t));
        p = ngx_cpymem(p, values[i].data, values[i].len);
    }

    p = ngx_cpymem(p, &ctx->stage, sizeof(ngx_http_apigw_stage_t *));

    if (authorizer->nidentities > 1) {
        lambda = authorizer->conf;

        hash = ngx_apigw_siphash(lambda->flights.seed, text->data,
                                 p - text->data);
        p = ngx_cpymem(p, &hash, sizeof(uint64_t));
    }

    text->len = p - text->data;

    return ngx_http_apigw_authorizer_show(r, ctx, NGX_ERROR, text, 0);
}


void
ngx_http_apigw_lambda_auth_values(ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, ngx_str_t *values)
{
    u_char      *p;
    uint32_t     n;
    ngx_uint_t   i;

    p = text->data;

    for (i = 0; i < authorizer->nidentities; i++) {
        ngx_memcpy(&n, p, sizeof(uint32_t));
        p += sizeof(uint32_t);

        values[i].data = p;
        values[i].len = n;

        p += n;
    }
}


time_t
ngx_http_apigw_lambda_auth_ttl(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_stage_t *stage)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    if (authorizer->tokens == NULL) {
        return 0;
    }

    if (lambda->ttl != NGX_CONF_UNSET) {
        return lambda->ttl;
    }

    return (stage->type == NGX_APIGW_REST && authorizer->nidentities)
           ? NGX_HTTP_APIGW_LAMBDA_AUTH_TTL : 0;
}


ngx_int_t
ngx_http_apigw_lambda_auth_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text)
{
    time_t                        ttl;
    ngx_int_t                     rc;
    ngx_str_t                     arn;
    ngx_uint_t                    error;
    const char                   *reason;
    ngx_apigw_token_t            *token;
    ngx_http_apigw_authorizer_t  *authorizer;

    authorizer = authorize->authorizer;

    if (ctx->authorization->state) {
        return ngx_http_apigw_lambda_auth_answered(r, ctx);
    }

    reason = ngx_http_apigw_lambda_auth_valid(authorizer, text, &error);

    if (reason) {
        return ngx_http_apigw_authorizer_refuse(r, ctx, error, reason);
    }

    rc = ngx_http_apigw_lambda_auth_arn(r, ctx, &arn);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                                NGX_HTTP_APIGW_ARN_TOO_LONG,
                                                "the ARN is too long");
    }

    ttl = ngx_http_apigw_lambda_auth_ttl(authorizer, ctx->stage);

    if (ttl) {
        token = ngx_apigw_tokens_current(authorizer->tokens, text, ngx_time());

        ngx_http_apigw_authorizer_cached(r, authorizer, token != NULL);

        if (token) {
            return ngx_http_apigw_lambda_auth_decide(r, ctx, token, &arn);
        }
    }

    return ngx_http_apigw_lambda_auth_ask(r, ctx, authorizer, text, ttl);
}


/* NULL, or why not */

static const char *
ngx_http_apigw_lambda_auth_valid(ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, ngx_uint_t *error)
{
#if (NGX_PCRE)

    ngx_int_t                      n;
    ngx_str_t                      token;
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    if (lambda->regex == NULL) {
        return NULL;
    }

    ngx_http_apigw_lambda_auth_values(authorizer, text, &token);

    n = ngx_regex_exec(lambda->regex, &token, NULL, 0);

    if (n == NGX_REGEX_NO_MATCHED) {
        *error = NGX_HTTP_APIGW_UNAUTHORIZED;
        return "the token is not as \"validation\" has it";
    }

    if (n < 0) {
        *error = NGX_HTTP_APIGW_AUTHORIZER_FAILURE;
        return "the token could not be compared with \"validation\"";
    }

#endif

    return NULL;
}


/* NGX_OK; NGX_DECLINED: it is too long; NGX_ERROR */

static ngx_int_t
ngx_http_apigw_lambda_auth_arn(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *arn)
{
    ngx_apigw_event_t      event;
    ngx_http_apigw_aws_t  *aws;

    aws = ngx_http_apigw_aws_of(r);

    ngx_memzero(&event, sizeof(ngx_apigw_event_t));

    event.region = aws->region;
    event.account = aws->account;
    event.api = ctx->stage->api->name;
    event.stage = ctx->stage->name;
    event.method = r->method_name;
    event.path = ctx->path;

    if (ngx_apigw_event_arn(&event, r->pool, arn) != NGX_OK) {
        return NGX_ERROR;
    }

    return (arn->len > NGX_APIGW_EVENT_MAX_ARN) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_ask(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, time_t ttl)
{
    ngx_int_t                           rc;
    ngx_http_apigw_lambda_auth_t       *lambda;
    ngx_http_apigw_lambda_auth_call_t   call;

    lambda = authorizer->conf;

    call.request = r;
    call.ctx = ctx;
    call.text = text;

    ctx->authorization->granted.latency = ngx_current_msec;

    /* what is not kept is not shared either */

    rc = ngx_http_apigw_flight_wait(r, ctx, &lambda->flights,
                                    ttl ? text : NULL, &call);

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                          NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                          "too many requests wait for it");
    }

    return rc;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_answered(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_str_t               arn;
    ngx_apigw_token_t      *token;
    ngx_apigw_granted_t    *granted;
    ngx_http_apigw_wait_t  *wait;

    rc = ngx_http_apigw_flight_answer(r, ctx, &wait);

    if (rc != NGX_OK) {
        return rc;
    }

    granted = &ctx->authorization->granted;
    granted->latency = (ngx_msec_t) (ngx_current_msec - granted->latency);

    if (wait->rc != NGX_OK) {
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                      wait->error
                                      ? wait->error
                                      : NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                      wait->reason ? wait->reason
                                                   : "the worker exits");
    }

    if (ngx_http_apigw_lambda_auth_arn(r, ctx, &arn) != NGX_OK) {
        return NGX_ERROR;
    }

    token = wait->token;
    wait->token = NULL;

    return ngx_http_apigw_lambda_auth_decide(r, ctx, token, &arn);
}


/* takes over the token, which is held */

static ngx_int_t
ngx_http_apigw_lambda_auth_decide(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_token_t *token, ngx_str_t *arn)
{
    ngx_uint_t            error;
    const char           *reason;
    ngx_apigw_verdict_t   verdict;

    ctx->authorization->held = token;

    ngx_apigw_verdict_again(&verdict, token->claims.root);

    /* who it is, it is also where the route is not for it */

    if (ngx_http_apigw_lambda_auth_tell(r, ctx, &verdict) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (ngx_http_apigw_lambda_auth_allows(r, &verdict, arn)) {

    case NGX_APIGW_POLICY_ALLOW:
        return NGX_OK;

    case NGX_APIGW_POLICY_DENY:
        error = NGX_HTTP_APIGW_EXPLICIT_DENY;
        reason = "the policy denies it";
        break;

    default: /* NGX_APIGW_POLICY_NONE */
        error = NGX_HTTP_APIGW_ACCESS_DENIED;
        reason = verdict.policy ? "the policy does not allow it"
                                : "it is not authorized";
    }

    return ngx_http_apigw_authorizer_refuse(r, ctx, error, reason);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_tell(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_verdict_t *verdict)
{
    ngx_apigw_json_t      principal;
    ngx_apigw_granted_t  *granted;

    granted = &ctx->authorization->granted;

    granted->kind = NGX_APIGW_GRANTED_CONTEXT;
    granted->root = verdict->context;
    granted->principal = verdict->principal;
    granted->usage_key = verdict->usage_key;

    if (verdict->principal.len == 0) {
        return NGX_OK;
    }

    principal.type = NGX_APIGW_JSON_STRING;
    principal.text = verdict->principal;

    return ngx_apigw_claims_text(&principal, r->pool, &ctx->principal);
}


static ngx_uint_t
ngx_http_apigw_lambda_auth_allows(ngx_http_request_t *r,
    ngx_apigw_verdict_t *verdict, ngx_str_t *arn)
{
    ngx_connection_t            *c;
    ngx_apigw_policy_request_t   request;

    c = r->connection;

    ngx_memzero(&request, sizeof(ngx_apigw_policy_request_t));

    request.arn = *arn;
    request.source_ip = c->addr_text;
    request.time = ngx_time();

    if (r->headers_in.user_agent) {
        request.user_agent = r->headers_in.user_agent->value;
    }

    if (r->headers_in.referer) {
        request.referer = r->headers_in.referer->value;
    }

#if (NGX_HTTP_SSL)
    request.secure = (c->ssl != NULL);
#endif

    return ngx_apigw_verdict_decide(verdict, &request);
}
