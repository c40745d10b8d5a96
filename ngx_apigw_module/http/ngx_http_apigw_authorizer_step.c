
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"
#include "ngx_http_apigw_mask.h"


/*
 * The first step of the pipeline: where the token is, what the type of the
 * authorizer says about it, what the route wants.
 */


static ngx_int_t ngx_http_apigw_authorizer_end(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_http_apigw_authorizer_identified(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_http_apigw_auth_t *ngx_http_apigw_authorizer_begin(
    ngx_http_request_t *r, ngx_http_apigw_authorizer_t *authorizer);
static void ngx_http_apigw_authorizer_release(void *data);
static ngx_int_t ngx_http_apigw_authorizer_token(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text);
static ngx_int_t ngx_http_apigw_authorizer_bearer(ngx_str_t *text);
static const char *ngx_http_apigw_authorizer_allows(
    ngx_http_apigw_authorize_t *authorize, ngx_apigw_claims_t *claims,
    ngx_uint_t *scopes);
static ngx_int_t ngx_http_apigw_authorizer_grant(ngx_http_request_t *r,
    ngx_http_apigw_auth_t *auth, ngx_http_apigw_authorize_t *authorize);
static ngx_int_t ngx_http_apigw_authorizer_principal(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_claims_t *claims);
static ngx_int_t ngx_http_apigw_authorizer_deny(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error, const char *description,
    ngx_str_t *scope);
static ngx_int_t ngx_http_apigw_authorizer_challenge(ngx_http_request_t *r,
    ngx_str_t *challenge, const char *code, const char *description,
    ngx_str_t *scope);


#define NGX_HTTP_APIGW_SCOPE_DENIED                                          \
    "the request requires higher privileges than provided by the access token"


ngx_int_t
ngx_http_apigw_authorizer_step(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t                              rc;
    ngx_http_apigw_auth_t                 *auth;
    ngx_http_apigw_authorize_t            *authorize;
    ngx_http_apigw_authorizer_loc_conf_t  *alcf;

    alcf = ctx->route->loc_conf[ngx_http_apigw_authorizer_module.ctx_index];

    authorize = alcf->authorize;
    auth = ctx->authorization;

    if (auth && auth->state) {
        goto decide;
    }

    ngx_str_null(&ctx->principal);
    ctx->granted = NULL;

    if (auth) {
        auth->token = NULL;
        auth->decided = 0;
        ngx_memzero(&auth->granted, sizeof(ngx_apigw_granted_t));
    }

    if (authorize->authorizer == NULL) {
        return NGX_OK;
    }

    auth = ngx_http_apigw_authorizer_begin(r, authorize->authorizer);
    if (auth == NULL) {
        return NGX_ERROR;
    }

    ctx->authorization = auth;

    rc = ngx_http_apigw_authorizer_identified(r, ctx);

    if (rc != NGX_OK) {
        return ngx_http_apigw_authorizer_end(r, ctx, rc);
    }

decide:

    rc = auth->authorizer->type->authorize(r, ctx, authorize, &auth->text);

    if (rc != NGX_DONE) {
        auth->state = NULL;
    }

    if (rc == NGX_OK) {
        ctx->granted = &auth->granted;
    }

    return ngx_http_apigw_authorizer_end(r, ctx, rc);
}


/* what metrics and logs tell of it; returns rc */

static ngx_int_t
ngx_http_apigw_authorizer_end(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_int_t rc)
{
    ngx_http_apigw_auth_t  *auth;

    ngx_http_apigw_authorizer_decided(r, ctx, rc);

    if (rc == NGX_DONE || rc == NGX_ERROR) {
        return rc;
    }

    auth = ctx->authorization;

    auth->latency = ngx_current_msec - auth->since;
    auth->error = (rc == NGX_OK) ? NGX_HTTP_APIGW_NO_ERROR : ctx->error;
    auth->decided = 1;

    return rc;
}


/* auth->text is there, or what is returned is the refusal */

static ngx_int_t
ngx_http_apigw_authorizer_identified(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t                     rc;
    const char                   *reason;
    ngx_http_apigw_auth_t        *auth;
    ngx_http_apigw_authorizer_t  *authorizer;

    auth = ctx->authorization;
    authorizer = auth->authorizer;

    if (authorizer->type->identify) {
        rc = authorizer->type->identify(r, ctx, authorizer, &auth->text);

    } else {
        rc = ngx_http_apigw_authorizer_token(r, ctx, authorizer, &auth->text);
    }

    switch (rc) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        reason = authorizer->type->identify ? "an identity is missing" : NULL;
        goto refused;

    case NGX_BUSY:
        reason = authorizer->type->identify ? "an identity was sent twice"
                                            : "the token was sent twice";
        goto refused;

    default:
        return NGX_ERROR;
    }

    if (authorizer->type->identify) {
        return NGX_OK;
    }

    if (auth->text.len < NGX_HTTP_APIGW_SECRET_MIN) {
        reason = "the token is too short";

    } else if (auth->text.len > authorizer->token_max) {
        reason = "the token is too long";

    } else {
        return NGX_OK;
    }

refused:

    return ngx_http_apigw_authorizer_refuse(r, ctx,
                                            NGX_HTTP_APIGW_UNAUTHORIZED,
                                            reason);
}


static ngx_http_apigw_auth_t *
ngx_http_apigw_authorizer_begin(ngx_http_request_t *r,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_apigw_auth_t  *auth;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_apigw_auth_t));
    if (cln == NULL) {
        return NULL;
    }

    auth = cln->data;
    ngx_memzero(auth, sizeof(ngx_http_apigw_auth_t));

    auth->authorizer = authorizer;
    auth->since = ngx_current_msec;

    cln->handler = ngx_http_apigw_authorizer_release;

    return auth;
}


/* values of variables and headers may point into the token until now */

static void
ngx_http_apigw_authorizer_release(void *data)
{
    ngx_http_apigw_auth_t  *auth = data;

    if (auth->held) {
        ngx_apigw_token_release(auth->held);
    }
}


/* as ngx_http_apigw_authorizer_read(); the text is the token */

static ngx_int_t
ngx_http_apigw_authorizer_token(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text)
{
    ngx_int_t  rc;

    rc = ngx_http_apigw_authorizer_read(r, ctx, authorizer->identities, text);

    return (rc == NGX_OK) ? ngx_http_apigw_authorizer_bearer(text) : rc;
}


/*
 * RFC 6750, 2.1; the token alone is taken, too, but no other scheme:
 * NGX_OK, or NGX_DECLINED.
 */

static ngx_int_t
ngx_http_apigw_authorizer_bearer(ngx_str_t *text)
{
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    if (text->len >= sizeof("Bearer") - 1
        && ngx_strncasecmp(p, (u_char *) "bearer", sizeof("Bearer") - 1) == 0
        && (text->len == sizeof("Bearer") - 1
            || p[sizeof("Bearer") - 1] == ' '))
    {
        p += sizeof("Bearer") - 1;

        while (p < last && *p == ' ') {
            p++;
        }

    } else if (ngx_strlchr(p, last, ' ')) {
        return NGX_DECLINED;
    }

    text->data = p;
    text->len = last - p;

    return text->len ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_apigw_authorizer_accept(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_token_t *token)
{
    ngx_uint_t                    scopes;
    const char                   *reason;
    ngx_http_apigw_auth_t        *auth;
    ngx_http_apigw_authorizer_t  *authorizer;

    auth = ctx->authorization;
    authorizer = authorize->authorizer;

    auth->held = token;

    if (authorizer->revoked
        && ngx_http_apigw_revoked(authorizer->revoked, token))
    {
        return ngx_http_apigw_authorizer_refuse(r, ctx,
                                                NGX_HTTP_APIGW_UNAUTHORIZED,
                                                "the token is revoked");
    }

    /* who it is, it is also where the route is not for it */

    auth->token = token;

    if (ngx_http_apigw_authorizer_principal(r, ctx, &token->claims)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (token->passed == authorize) {
        return ngx_http_apigw_authorizer_grant(r, auth, authorize);
    }

    reason = ngx_http_apigw_authorizer_allows(authorize, &token->claims,
                                              &scopes);

    if (reason == NULL) {
        token->passed = authorize;
        return ngx_http_apigw_authorizer_grant(r, auth, authorize);
    }

    return ngx_http_apigw_authorizer_deny(r, ctx, NGX_HTTP_APIGW_ACCESS_DENIED,
                                          reason,
                                          scopes ? &authorize->wanted : NULL);
}


/* NULL: yes; scopes: it is for want of these */

static const char *
ngx_http_apigw_authorizer_allows(ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_claims_t *claims, ngx_uint_t *scopes)
{
    ngx_uint_t               i;
    ngx_array_t             *rules;
    ngx_apigw_claim_rule_t  *rule;

    *scopes = 0;

    rules = authorize->authorizer->rules;

    if (rules) {
        rule = rules->elts;

        for (i = 0; i < rules->nelts; i++) {

            if (!ngx_apigw_claims_obey(claims->root, &rule[i])) {
                return "a claim of the token is not as required";
            }
        }
    }

    if ((authorize->nscopes
         && !ngx_apigw_claims_scopes(claims, authorize->scopes,
                                     authorize->nscopes, 0))
        || (authorize->nscopes_all
            && !ngx_apigw_claims_scopes(claims, authorize->scopes_all,
                                        authorize->nscopes_all, 1)))
    {
        *scopes = 1;
        return NGX_HTTP_APIGW_SCOPE_DENIED;
    }

    return NULL;
}


/* what a function is told of a token that has what the route wants */

static ngx_int_t
ngx_http_apigw_authorizer_grant(ngx_http_request_t *r,
    ngx_http_apigw_auth_t *auth, ngx_http_apigw_authorize_t *authorize)
{
    ngx_str_t            *scope;
    ngx_uint_t            i, n;
    ngx_apigw_claims_t   *claims;
    ngx_apigw_granted_t  *granted;

    claims = &auth->token->claims;
    granted = &auth->granted;

    granted->kind = NGX_APIGW_GRANTED_CLAIMS;
    granted->root = claims->root;
    granted->principal = claims->sub.len ? claims->sub : claims->client_id;

    n = authorize->nscopes + authorize->nscopes_all;

    if (n == 0) {
        return NGX_OK;
    }

    scope = ngx_palloc(r->pool, n * sizeof(ngx_str_t));
    if (scope == NULL) {
        return NGX_ERROR;
    }

    granted->scopes = scope;

    for (i = 0; i < authorize->nscopes_all; i++) {
        *scope++ = authorize->scopes_all[i];
    }

    for (i = 0; i < authorize->nscopes; i++) {

        /* it has one of them */

        if (authorize->nscopes == 1
            || ngx_apigw_claims_scopes(claims, &authorize->scopes[i], 1, 0))
        {
            *scope++ = authorize->scopes[i];
        }
    }

    granted->nscopes = scope - granted->scopes;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_principal(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_apigw_claims_t *claims)
{
    ngx_apigw_json_t  *value;

    value = claims->sub.len ? ngx_apigw_json_get(claims->root, "sub")
                            : ngx_apigw_json_get(claims->root, "client_id");

    return value ? ngx_apigw_claims_text(value, r->pool, &ctx->principal)
                 : NGX_OK;
}


ngx_int_t
ngx_http_apigw_authorizer_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error, const char *description)
{
    return ngx_http_apigw_authorizer_deny(r, ctx, error, description, NULL);
}


static ngx_int_t
ngx_http_apigw_authorizer_deny(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error, const char *description,
    ngx_str_t *scope)
{
    ngx_int_t               rc;
    ngx_http_apigw_auth_t  *auth;

    auth = ctx->authorization;
    auth->reason = description ? description : "no token was sent";

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "the authorizer \"%V\" refuses \"%V\" in stage \"%V\": %s",
                  &auth->authorizer->name, &ctx->route->key.key,
                  &ctx->stage->name, auth->reason);

    rc = NGX_OK;

    if (auth->authorizer->type->identify) {

        /* whoever made it up knows what it is, and AWS says nothing here */

        return ngx_http_apigw_refuse(r, ctx, error);
    }

    if (error == NGX_HTTP_APIGW_ACCESS_DENIED) {
        rc = ngx_http_apigw_authorizer_challenge(r, &auth->challenge,
                                                 "insufficient_scope",
                                                 description, scope);

    } else if (error == NGX_HTTP_APIGW_UNAUTHORIZED && description) {
        rc = ngx_http_apigw_authorizer_challenge(r, &auth->challenge,
                                                 "invalid_token", description,
                                                 NULL);

    } else if (error == NGX_HTTP_APIGW_UNAUTHORIZED) {
        ngx_str_set(&auth->challenge, "Bearer");
    }

    return (rc == NGX_OK) ? ngx_http_apigw_refuse(r, ctx, error) : NGX_ERROR;
}


/* RFC 6750, 3, which has no quotes in a description */

static ngx_int_t
ngx_http_apigw_authorizer_challenge(ngx_http_request_t *r,
    ngx_str_t *challenge, const char *code, const char *description,
    ngx_str_t *scope)
{
    u_char  *p;
    size_t   len;

    len = sizeof("Bearer error=\"\", error_description=\"\", scope=\"\"")
          + ngx_strlen(code) + ngx_strlen(description)
          + (scope ? scope->len : 0);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    challenge->data = p;

    p = ngx_sprintf(p, "Bearer error=\"%s\", error_description=\"", code);

    while (*description) {
        *p++ = (*description == '"') ? '\'' : (u_char) *description;
        description++;
    }

    *p++ = '"';

    if (scope) {
        p = ngx_sprintf(p, ", scope=\"%V\"", scope);
    }

    challenge->len = p - challenge->data;

    return NGX_OK;
}
