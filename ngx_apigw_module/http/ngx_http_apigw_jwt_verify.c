
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_jwt.h"
#include "ngx_apigw_jwt.h"


/*
 * A token is found among those that were verified, or verified.  Where its key
 * is not there the request waits for what a fetch will bring that begins now.
 * What a token says takes much more memory than the token, so nothing of it is
 * kept meanwhile.
 */


#define NGX_HTTP_APIGW_JWT_POOL  4096


typedef struct {
    ngx_apigw_jwt_t                jwt;      /* of the pool, and so are */
    ngx_apigw_claims_t             claims;
    ngx_uint_t                     number;   /* of the issuer */
    ngx_pool_t                    *pool;     /* NULL while it waits */
    ngx_apigw_issuer_wait_t        wait;
    ngx_msec_t                     since;    /* when it waited first */
    unsigned                       waited:1;
} ngx_http_apigw_jwt_state_t;


static ngx_int_t ngx_http_apigw_jwt_hit(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_token_t *token);
static ngx_int_t ngx_http_apigw_jwt_begin(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text, ngx_http_apigw_jwt_state_t *state);
static ngx_int_t ngx_http_apigw_jwt_read(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text, ngx_http_apigw_jwt_state_t *state);
static ngx_int_t ngx_http_apigw_jwt_verify(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_http_apigw_jwt_state_t *state);
static ngx_int_t ngx_http_apigw_jwt_signature(ngx_apigw_jwks_t *keys,
    ngx_apigw_jwt_t *jwt, ngx_apigw_jwk_t **key);
static ngx_int_t ngx_http_apigw_jwt_wait(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_issuer_t *issuer,
    ngx_http_apigw_jwt_state_t *state);
static ngx_int_t ngx_http_apigw_jwt_first(ngx_http_request_t *r,
    ngx_http_apigw_jwt_state_t *state);
static void ngx_http_apigw_jwt_forget(void *data);
static void ngx_http_apigw_jwt_wake(ngx_apigw_issuer_wait_t *wait);
static ngx_int_t ngx_http_apigw_jwt_verified(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_http_apigw_jwt_state_t *state, ngx_apigw_jwk_t *key);
static ngx_int_t ngx_http_apigw_jwt_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, const char *description);


ngx_int_t
ngx_http_apigw_jwt_authorize(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text)
{
    ngx_int_t                     rc;
    ngx_apigw_token_t            *token;
    ngx_http_apigw_jwt_state_t   *state;
    ngx_http_apigw_authorizer_t  *authorizer;

    authorizer = authorize->authorizer;
    state = ctx->authorization->state;

    if (state && state->wait.waiting) {

        /* something else has run the phases */

        return ngx_http_apigw_park(r, "waiting for keys");
    }

    if (state) {
        return ngx_http_apigw_jwt_begin(r, ctx, authorize, text, state);
    }

    if (authorizer->tokens) {
        token = ngx_apigw_tokens_find(authorizer->tokens, text);

        rc = token ? ngx_http_apigw_jwt_hit(r, ctx, authorize, token)
                   : NGX_DECLINED;

        ngx_http_apigw_authorizer_cached(r, authorizer, rc != NGX_DECLINED);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    state = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_jwt_state_t));
    if (state == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_jwt_begin(r, ctx, authorize, text, state);
}


/* NGX_DECLINED: its key is gone, and perhaps another one has made it, too */

static ngx_int_t
ngx_http_apigw_jwt_hit(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_authorize_t *authorize, ngx_apigw_token_t *token)
{
    ngx_uint_t                generation;
    const char               *reason;
    ngx_apigw_jwks_t         *keys;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorize->authorizer->issuers->elts;
    issuer += token->issuer;

    generation = ngx_apigw_issuer_generation(issuer->issuer);

    if (token->generation != generation) {
        keys = ngx_apigw_issuer_keys(issuer->issuer);

        if (keys == NULL || !ngx_apigw_jwks_has(keys, token->key)) {
            ngx_apigw_tokens_remove(token);
            ngx_apigw_token_release(token);

            return NGX_DECLINED;
        }

        token->generation = generation;
    }

    if (ngx_apigw_claims_time(&token->claims, ngx_time(),
                              authorize->authorizer->leeway, 1, &reason)
        != NGX_OK)
    {
        ngx_apigw_tokens_remove(token);
        ngx_apigw_token_release(token);

        return ngx_http_apigw_jwt_refuse(r, ctx, reason);
    }

    return ngx_http_apigw_authorizer_accept(r, ctx, authorize, token);
}


static ngx_int_t
ngx_http_apigw_jwt_begin(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_authorize_t *authorize, ngx_str_t *text,
    ngx_http_apigw_jwt_state_t *state)
{
    ngx_int_t  rc;

    state->pool = ngx_create_pool(NGX_HTTP_APIGW_JWT_POOL, ngx_cycle->log);
    if (state->pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_apigw_jwt_read(r, ctx, authorize->authorizer, text, state);

    if (rc == NGX_OK) {
        rc = ngx_http_apigw_jwt_verify(r, ctx, authorize, state);
    }

    ngx_destroy_pool(state->pool);
    state->pool = NULL;

    return rc;
}


/* what can be told without a key */

static ngx_int_t
ngx_http_apigw_jwt_read(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *text,
    ngx_http_apigw_jwt_state_t *state)
{
    ngx_int_t                   rc;
    ngx_str_t                  *iss;
    ngx_uint_t                  i;
    const char                 *reason;
    ngx_http_apigw_issuer_t    *issuer;
    ngx_http_apigw_jwt_conf_t  *jcf;

    rc = ngx_apigw_jwt_parse(&state->jwt, text, authorizer->header_max,
                             state->pool, &reason);

    if (rc == NGX_OK) {
        rc = ngx_apigw_claims_read(&state->claims, state->jwt.claims, &reason);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_jwt_refuse(r, ctx, reason);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    jcf = authorizer->conf;

    if (!(state->jwt.alg & jcf->algorithms)) {
        return ngx_http_apigw_jwt_refuse(r, ctx, "the algorithm of the token "
                                                 "is not allowed");
    }

    iss = &state->claims.iss;
    issuer = authorizer->issuers->elts;

    for (i = 0; i < authorizer->issuers->nelts; i++) {

        if (iss->len == issuer[i].name.len
            && ngx_memcmp(iss->data, issuer[i].name.data, iss->len) == 0)
        {
            state->number = i;
            return NGX_OK;
        }
    }

    return ngx_http_apigw_jwt_refuse(r, ctx, "the issuer of the token is not "
                                             "accepted");
}


static ngx_int_t
ngx_http_apigw_jwt_verify(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_authorize_t *authorize, ngx_http_apigw_jwt_state_t *state)
{
    ngx_int_t                 rc;
    ngx_apigw_jwk_t          *key;
    ngx_apigw_jwks_t         *keys;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorize->authorizer->issuers->elts;
    issuer += state->number;

    keys = ngx_apigw_issuer_keys(issuer->issuer);

    if (keys == NULL) {
        rc = ngx_http_apigw_jwt_wait(r, ctx, issuer->issuer, state);

        return (rc == NGX_DECLINED)
               ? ngx_http_apigw_authorizer_refuse(r, ctx,
                                          NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                          "there are no keys of the issuer")
               : rc;
    }

    rc = ngx_http_apigw_jwt_signature(keys, &state->jwt, &key);

    switch (rc) {

    case NGX_OK:
        return ngx_http_apigw_jwt_verified(r, ctx, authorize, state, key);

    case NGX_ERROR:
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                          NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
                                          "a signature could not be verified");

    case NGX_DECLINED:

        if (ngx_apigw_issuer_stale(issuer->issuer)) {
            rc = ngx_http_apigw_jwt_wait(r, ctx, issuer->issuer, state);
        }

        return (rc == NGX_DECLINED)
               ? ngx_http_apigw_jwt_refuse(r, ctx, "the signature of the "
                                                   "token is invalid")
               : rc;

    default: /* NGX_BUSY */
        rc = ngx_http_apigw_jwt_wait(r, ctx, issuer->issuer, state);

        return (rc == NGX_DECLINED)
               ? ngx_http_apigw_jwt_refuse(r, ctx, "the key of the token is "
                                                   "unknown")
               : rc;
    }
}


/*
 *     NGX_OK        by *key
 *     NGX_DECLINED  by none of those that it may be by
 *     NGX_BUSY      there is no such key
 *     NGX_ERROR     OpenSSL has failed
 */

static ngx_int_t
ngx_http_apigw_jwt_signature(ngx_apigw_jwks_t *keys, ngx_apigw_jwt_t *jwt,
    ngx_apigw_jwk_t **key)
{
    ngx_int_t         rc;
    ngx_uint_t        n;
    ngx_apigw_jwk_t  *k;

    n = NGX_APIGW_JWK_MAX_TRIED;
    rc = NGX_BUSY;

    for (k = ngx_apigw_jwks_next(keys, &jwt->kid, jwt->alg, NULL);
         k && n;
         k = ngx_apigw_jwks_next(keys, &jwt->kid, jwt->alg, k))
    {
        n--;
        rc = ngx_apigw_jwk_verify(k, jwt->alg, &jwt->input, &jwt->signature);

        if (rc != NGX_DECLINED) {
            *key = k;
            return rc;
        }
    }

    return rc;
}


/* NGX_DONE: parked; NGX_DECLINED: it is not worth it; NGX_ERROR */

static ngx_int_t
ngx_http_apigw_jwt_wait(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_apigw_issuer_t *issuer, ngx_http_apigw_jwt_state_t *state)
{
    ngx_http_apigw_auth_t  *auth;

    auth = ctx->authorization;

    if (!state->waited) {

        if (ngx_http_apigw_jwt_first(r, state) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (state->wait.tried
               || ngx_current_msec - state->since >= auth->authorizer->timeout)
    {
        return NGX_DECLINED;
    }

    if (ngx_apigw_issuer_wait(issuer, &state->wait) != NGX_AGAIN) {
        return NGX_DECLINED;
    }

    if (ngx_http_apigw_park(r, "waiting for keys") != NGX_DONE) {
        ngx_apigw_issuer_cancel(&state->wait);
        return NGX_ERROR;
    }

    auth->state = state;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_apigw_jwt_first(ngx_http_request_t *r,
    ngx_http_apigw_jwt_state_t *state)
{
    ngx_http_cleanup_t  *cln;

    /* that of a pool would be called only when all has been freed */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_apigw_jwt_forget;
    cln->data = &state->wait;

    state->wait.handler = ngx_http_apigw_jwt_wake;
    state->wait.data = r;

    state->since = ngx_current_msec;
    state->waited = 1;

    return NGX_OK;
}


/* the request ends, or it is being terminated */

static void
ngx_http_apigw_jwt_forget(void *data)
{
    ngx_apigw_issuer_wait_t  *wait = data;

    ngx_apigw_issuer_cancel(wait);
}


static void
ngx_http_apigw_jwt_wake(ngx_apigw_issuer_wait_t *wait)
{
    ngx_http_apigw_resume(wait->data);
}


static ngx_int_t
ngx_http_apigw_jwt_verified(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_authorize_t *authorize, ngx_http_apigw_jwt_state_t *state,
    ngx_apigw_jwk_t *key)
{
    ngx_str_t                    *kid;
    const char                   *reason;
    ngx_apigw_token_t            *token;
    ngx_http_apigw_issuer_t      *issuer;
    ngx_http_apigw_authorizer_t  *authorizer;

    authorizer = authorize->authorizer;

    issuer = authorizer->issuers->elts;
    issuer += state->number;

    if (ngx_apigw_claims_time(&state->claims, ngx_time(), authorizer->leeway,
                              1, &reason)
        != NGX_OK
        || ngx_apigw_claims_audience(&state->claims, issuer->audiences,
                                     issuer->naudiences, &reason)
           != NGX_OK)
    {
        return ngx_http_apigw_jwt_refuse(r, ctx, reason);
    }

    /* whoever has a key that is revoked would not name it */

    kid = ngx_apigw_jwk_kid(key);

    if (kid->len == 0) {
        kid = &state->jwt.kid;
    }

    token = ngx_apigw_token_create(&ctx->authorization->text, kid,
                                   &state->claims);
    if (token == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(token->key, ngx_apigw_jwk_fingerprint(key),
               NGX_APIGW_JWK_FINGERPRINT_LEN);

    token->issuer = state->number;
    token->generation = ngx_apigw_issuer_generation(issuer->issuer);
    token->until = state->claims.exp + authorizer->leeway;

    if (authorizer->tokens) {
        ngx_apigw_tokens_insert(authorizer->tokens, token);
    }

    return ngx_http_apigw_authorizer_accept(r, ctx, authorize, token);
}


static ngx_int_t
ngx_http_apigw_jwt_refuse(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    const char *description)
{
    return ngx_http_apigw_authorizer_refuse(r, ctx,
                                            NGX_HTTP_APIGW_UNAUTHORIZED,
                                            description);
}
