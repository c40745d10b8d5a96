
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_introspection.h"
#include "ngx_apigw_introspect.h"


/*
 * A token is known, or the endpoint is asked and the request waits for it.
 */


static ngx_int_t ngx_http_apigw_introspection_ask(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text);
static ngx_int_t ngx_http_apigw_introspection_answered(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize);
static ngx_int_t ngx_http_apigw_introspection_check(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_token_t *token);


ngx_int_t
ngx_http_apigw_introspection_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text)
{
    ngx_apigw_token_t               *token;
    ngx_http_apigw_authorizer_t     *authorizer;
    ngx_http_apigw_introspection_t  *introspection;

    authorizer = authorize->authorizer;
    introspection = authorizer->conf;

    if (ctx->authorization->state) {
        return ngx_http_apigw_introspection_answered(r, ctx, authorize);
    }

    if (!ngx_apigw_introspect_is_token(text)) {
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                       NGX_HTTP_APIGW_UNAUTHORIZED,
                                       "the token has invalid characters");
    }

    token = ngx_apigw_tokens_current(authorizer->tokens, text, ngx_time());

    if (token) {
        ngx_http_apigw_authorizer_cached(r, authorizer, 1);

        return ngx_http_apigw_introspection_check(r, ctx, authorize, token);
    }

    token = ngx_apigw_tokens_current(introspection->inactive, text,
                                     ngx_time());

    if (token) {
        ngx_apigw_token_release(token);
        ngx_http_apigw_authorizer_cached(r, authorizer, 1);

        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                                NGX_HTTP_APIGW_UNAUTHORIZED,
                                                "the token is not active");
    }

    if (authorizer->tokens || introspection->inactive) {
        ngx_http_apigw_authorizer_cached(r, authorizer, 0);
    }

    return ngx_http_apigw_introspection_ask(r, ctx, authorizer, text);
}


static ngx_int_t
ngx_http_apigw_introspection_ask(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text)
{
    ngx_int_t                        rc;
    ngx_http_apigw_introspection_t  *introspection;

    introspection = authorizer->conf;

    rc = ngx_http_apigw_flight_wait(r, ctx, &introspection->flights, text,
                                    NULL);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_apigw_authorizer_refuse(r, ctx,
                                  NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                  "too many requests wait for introspection");
}


static ngx_int_t
ngx_http_apigw_introspection_answered(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize)
{
    ngx_int_t               rc;
    ngx_apigw_token_t      *token;
    ngx_http_apigw_wait_t  *wait;

    rc = ngx_http_apigw_flight_answer(r, ctx, &wait);

    if (rc != NGX_OK) {
        return rc;
    }

    switch (wait->rc) {

    case NGX_OK:
        token = wait->token;
        wait->token = NULL;

        return ngx_http_apigw_introspection_check(r, ctx, authorize, token);

    case NGX_DECLINED:
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                                NGX_HTTP_APIGW_UNAUTHORIZED,
                                                wait->reason);

    default: /* NGX_ERROR */
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                           NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                           wait->reason);
    }
}


static ngx_int_t
ngx_http_apigw_introspection_check(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_token_t *token)
{
    const char  *reason;

    if (ngx_apigw_claims_time(&token->claims, ngx_time(),
                              authorize->authorizer->leeway, 0, &reason)
        == NGX_OK)
    {
        return ngx_http_apigw_authorizer_accept(r, ctx, authorize, token);
    }

    if (token->tokens) {
        ngx_apigw_tokens_remove(token);
    }

    ngx_apigw_token_release(token);

    return ngx_http_apigw_authorizer_refuse(r, ctx,
                                            NGX_HTTP_APIGW_UNAUTHORIZED,
                                            reason);
}
