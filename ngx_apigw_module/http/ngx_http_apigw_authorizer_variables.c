
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"


static ngx_int_t ngx_http_apigw_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_pointer_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_context_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_authorize_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_http_apigw_authorize_status(ngx_uint_t error,
    uintptr_t data);
static ngx_int_t ngx_http_apigw_latency_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_apigw_granted_t *granted);
static ngx_apigw_json_t *ngx_http_apigw_claims_of(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_claim_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_apigw_json_t *claim);


#define NGX_HTTP_APIGW_VAR_AUTHENTICATE  0
#define NGX_HTTP_APIGW_VAR_AUTHORIZE     1
#define NGX_HTTP_APIGW_VAR_LATENCY       2
#define NGX_HTTP_APIGW_VAR_REASON        3


ngx_http_variable_t  ngx_http_apigw_authorizer_vars[] = {

    { ngx_string("apigw_claim_"), NULL, ngx_http_apigw_claim_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("apigw_authorizer_"), NULL, ngx_http_apigw_context_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("apigw_authenticate_status"), NULL,
      ngx_http_apigw_authorize_variable,
      NGX_HTTP_APIGW_VAR_AUTHENTICATE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_authorize_status"), NULL,
      ngx_http_apigw_authorize_variable,
      NGX_HTTP_APIGW_VAR_AUTHORIZE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_authorize_latency"), NULL,
      ngx_http_apigw_authorize_variable,
      NGX_HTTP_APIGW_VAR_LATENCY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_authorize_error"), NULL,
      ngx_http_apigw_authorize_variable,
      NGX_HTTP_APIGW_VAR_REASON, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


char *
ngx_http_apigw_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t            *value, name, *pointer;
    ngx_http_variable_t  *var;

    value = cf->args->elts;
    name = value[1];

    if (name.len < 2 || name.data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable \"%V\" in \"apigw_claim\": a "
                           "name such as \"$roles\" is expected", &name);
        return NGX_CONF_ERROR;
    }

    name.data++;
    name.len--;

    if (ngx_apigw_json_pointer_check(&value[2]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid JSON pointer \"%V\": such as "
                           "\"/realm_access/roles\" is expected", &value[2]);
        return NGX_CONF_ERROR;
    }

    pointer = ngx_palloc(cf->pool, sizeof(ngx_str_t));
    if (pointer == NULL) {
        return NGX_CONF_ERROR;
    }

    *pointer = value[2];

    var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_CONF_ERROR;
    }

    if (var->get_handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the variable \"%V\" of \"apigw_claim\" is "
                           "another directive's", &value[1]);
        return NGX_CONF_ERROR;
    }

    var->get_handler = ngx_http_apigw_pointer_variable;
    var->data = (uintptr_t) pointer;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *asked = (ngx_str_t *) data;

    ngx_str_t          name;
    ngx_apigw_json_t  *claims;

    claims = ngx_http_apigw_claims_of(r);

    name.data = asked->data + sizeof("apigw_claim_") - 1;
    name.len = asked->len - (sizeof("apigw_claim_") - 1);

    return ngx_http_apigw_claim_value(r, v,
                          claims ? ngx_apigw_claims_named(claims, &name)
                                 : NULL);
}


static ngx_int_t
ngx_http_apigw_pointer_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *pointer = (ngx_str_t *) data;

    ngx_apigw_json_t  *claims;

    claims = ngx_http_apigw_claims_of(r);

    return ngx_http_apigw_claim_value(r, v,
                          claims ? ngx_apigw_json_pointer(claims, pointer)
                                 : NULL);
}


/* what a function said; what AWS adds to it wins, as there */

static ngx_int_t
ngx_http_apigw_context_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *asked = (ngx_str_t *) data;

    ngx_str_t               name;
    ngx_apigw_json_t        principal;
    ngx_apigw_granted_t    *granted;
    ngx_http_apigw_ctx_t   *ctx;
    ngx_http_apigw_auth_t  *auth;

    ctx = ngx_http_apigw_get_ctx(r);
    auth = ctx ? ctx->authorization : NULL;

    if (auth == NULL
        || auth->held == NULL
        || auth->granted.kind != NGX_APIGW_GRANTED_CONTEXT)
    {
        return ngx_http_apigw_variable_empty(r, v);
    }

    granted = &auth->granted;

    name.data = asked->data + sizeof("apigw_authorizer_") - 1;
    name.len = asked->len - (sizeof("apigw_authorizer_") - 1);

    if (name.len == sizeof("principalid") - 1
        && ngx_strncmp(name.data, "principalid", name.len) == 0
        && granted->principal.len)
    {
        principal.type = NGX_APIGW_JSON_STRING;
        principal.text = granted->principal;

        return ngx_http_apigw_claim_value(r, v, &principal);
    }

    if (name.len == sizeof("integrationlatency") - 1
        && ngx_strncmp(name.data, "integrationlatency", name.len) == 0)
    {
        return ngx_http_apigw_latency_variable(r, v, granted);
    }

    return ngx_http_apigw_claim_value(r, v,
                             granted->root
                             ? ngx_apigw_claims_named(granted->root, &name)
                             : NULL);
}


static ngx_int_t
ngx_http_apigw_latency_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_apigw_granted_t *granted)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_sprintf(text.data, "%uL", granted->latency) - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


/* what became of the authorizer */

static ngx_int_t
ngx_http_apigw_authorize_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t               text;
    ngx_uint_t              n;
    ngx_http_apigw_ctx_t   *ctx;
    ngx_http_apigw_auth_t  *auth;

    ctx = ngx_http_apigw_get_ctx(r);
    auth = ctx ? ctx->authorization : NULL;

    if (auth == NULL || !auth->decided) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (data == NGX_HTTP_APIGW_VAR_REASON) {

        if (auth->reason == NULL) {
            return ngx_http_apigw_variable_empty(r, v);
        }

        text.data = (u_char *) auth->reason;
        text.len = ngx_strlen(auth->reason);

        return ngx_http_apigw_variable_text(v, &text);
    }

    n = auth->latency;

    if (data != NGX_HTTP_APIGW_VAR_LATENCY) {
        n = ngx_http_apigw_authorize_status(auth->error, data);

        if (n == 0) {
            return ngx_http_apigw_variable_empty(r, v);
        }
    }

    text.data = ngx_pnalloc(r->pool, NGX_APIGW_NUMBER_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_apigw_number(text.data, n) - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


/* who it is, and whether it may: 0 where it did not come to that */

static ngx_uint_t
ngx_http_apigw_authorize_status(ngx_uint_t error, uintptr_t data)
{
    switch (error) {

    case NGX_HTTP_APIGW_NO_ERROR:
        return NGX_HTTP_OK;

    case NGX_HTTP_APIGW_ACCESS_DENIED:
    case NGX_HTTP_APIGW_EXPLICIT_DENY:
        return (data == NGX_HTTP_APIGW_VAR_AUTHORIZE) ? NGX_HTTP_FORBIDDEN
                                                      : NGX_HTTP_OK;
    }

    if (data == NGX_HTTP_APIGW_VAR_AUTHORIZE) {
        return 0;
    }

    return (error == NGX_HTTP_APIGW_UNAUTHORIZED)
           ? NGX_HTTP_UNAUTHORIZED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_apigw_json_t *
ngx_http_apigw_claims_of(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL
        || ctx->authorization == NULL
        || ctx->authorization->token == NULL)
    {
        return NULL;
    }

    return ctx->authorization->token->claims.root;
}


static ngx_int_t
ngx_http_apigw_claim_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_apigw_json_t *claim)
{
    ngx_str_t  text;

    if (claim == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (ngx_apigw_claims_text(claim, r->pool, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_variable_text(v, &text);
}
