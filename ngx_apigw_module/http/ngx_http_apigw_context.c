
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_aws.h"


/*
 * What AWS's $context says of a request, as variables for access logs.  What
 * comes from clients and upstreams has no control characters and is UTF-8.
 */


typedef enum {
    NGX_HTTP_APIGW_CONTEXT_ACCOUNT = 0,
    NGX_HTTP_APIGW_CONTEXT_DEPLOYMENT,
    NGX_HTTP_APIGW_CONTEXT_RESOURCE,
    NGX_HTTP_APIGW_CONTEXT_RESOURCE_PATH,
    NGX_HTTP_APIGW_CONTEXT_BASE_PATH,
    NGX_HTTP_APIGW_CONTEXT_DOMAIN,
    NGX_HTTP_APIGW_CONTEXT_DOMAIN_PREFIX,
    NGX_HTTP_APIGW_CONTEXT_USER_AGENT,
    NGX_HTTP_APIGW_CONTEXT_REQUEST,
    NGX_HTTP_APIGW_CONTEXT_ERROR
} ngx_http_apigw_context_e;

typedef enum {
    NGX_HTTP_APIGW_CONTEXT_TIME = 0,
    NGX_HTTP_APIGW_CONTEXT_EPOCH,
    NGX_HTTP_APIGW_CONTEXT_LATENCY,
    NGX_HTTP_APIGW_CONTEXT_DATA,
    NGX_HTTP_APIGW_CONTEXT_STATUS
} ngx_http_apigw_number_e;


static ngx_int_t ngx_http_apigw_context_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_apigw_context_route(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, uintptr_t data, ngx_str_t *text);
static ngx_int_t ngx_http_apigw_context_client(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, uintptr_t data, ngx_str_t *text);
static void ngx_http_apigw_context_request_id(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *text);
static void ngx_http_apigw_context_error(ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *text);
static ngx_int_t ngx_http_apigw_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_http_apigw_context_status(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_context_path_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_context_quoted_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


ngx_http_variable_t  ngx_http_apigw_context_vars[] = {

    { ngx_string("apigw_account_id"), NULL, ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_ACCOUNT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_deployment_id"), NULL,
      ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_DEPLOYMENT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_resource_id"), NULL, ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_RESOURCE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_resource_path"), NULL,
      ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_RESOURCE_PATH, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_base_path"), NULL, ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_BASE_PATH, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_domain_name"), NULL, ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_DOMAIN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_domain_prefix"), NULL,
      ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_DOMAIN_PREFIX, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_user_agent"), NULL, ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_USER_AGENT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_integration_request_id"), NULL,
      ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_REQUEST, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_integration_error"), NULL,
      ngx_http_apigw_context_variable,
      NGX_HTTP_APIGW_CONTEXT_ERROR, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_request_time"), NULL, ngx_http_apigw_number_variable,
      NGX_HTTP_APIGW_CONTEXT_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_request_time_epoch"), NULL,
      ngx_http_apigw_number_variable,
      NGX_HTTP_APIGW_CONTEXT_EPOCH, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_latency"), NULL, ngx_http_apigw_number_variable,
      NGX_HTTP_APIGW_CONTEXT_LATENCY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_data_processed"), NULL,
      ngx_http_apigw_number_variable,
      NGX_HTTP_APIGW_CONTEXT_DATA, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_integration_status"), NULL,
      ngx_http_apigw_number_variable,
      NGX_HTTP_APIGW_CONTEXT_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_path"), NULL, ngx_http_apigw_context_path_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_error_message_string"), NULL,
      ngx_http_apigw_context_quoted_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/* what is known when the answer has been sent */

ngx_int_t
ngx_http_apigw_log_handler(ngx_http_request_t *r)
{
    ngx_time_t            *tp;
    ngx_msec_int_t         ms;
    ngx_http_apigw_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    ctx->latency = ngx_max(ms, 0);
    ctx->logged = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_context_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    ngx_str_null(&text);

    if (data < NGX_HTTP_APIGW_CONTEXT_DOMAIN) {
        ngx_http_apigw_context_route(r, ctx, data, &text);

    } else if (data == NGX_HTTP_APIGW_CONTEXT_ERROR) {
        ngx_http_apigw_context_error(ctx, &text);

    } else if (ngx_http_apigw_context_client(r->main, ctx, data, &text)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return text.len ? ngx_http_apigw_variable_text(v, &text)
                    : ngx_http_apigw_variable_empty(r, v);
}


/* as events have it */

static void
ngx_http_apigw_context_route(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    uintptr_t data, ngx_str_t *text)
{
    if (ctx->stage == NULL) {
        return;
    }

    switch (data) {

    case NGX_HTTP_APIGW_CONTEXT_ACCOUNT:
        *text = ngx_http_apigw_aws_of(r)->account;
        return;

    case NGX_HTTP_APIGW_CONTEXT_DEPLOYMENT:
        text->data = ctx->stage->id;
        text->len = NGX_APIGW_EVENT_ID;
        return;

    case NGX_HTTP_APIGW_CONTEXT_BASE_PATH:

        if (ctx->stage->prefix.len) {
            text->data = ctx->stage->prefix.data + 1;
            text->len = ctx->stage->prefix.len - 1;
        }

        return;
    }

    if (ctx->route == NULL) {
        return;
    }

    if (data == NGX_HTTP_APIGW_CONTEXT_RESOURCE_PATH) {
        *text = *ngx_http_apigw_resource(ctx->route);
        return;
    }

    text->data = ctx->route->id;
    text->len = NGX_APIGW_EVENT_ID;
}


static ngx_int_t
ngx_http_apigw_context_client(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    uintptr_t data, ngx_str_t *text)
{
    u_char  *dot;

    if (data == NGX_HTTP_APIGW_CONTEXT_USER_AGENT) {

        if (r->headers_in.user_agent) {
            *text = r->headers_in.user_agent->value;
        }

    } else if (data == NGX_HTTP_APIGW_CONTEXT_REQUEST) {
        ngx_http_apigw_context_request_id(r, ctx, text);

    } else {
        *text = r->headers_in.server;

        dot = (data == NGX_HTTP_APIGW_CONTEXT_DOMAIN_PREFIX)
              ? ngx_strlchr(text->data, text->data + text->len, '.') : NULL;

        if (dot) {
            text->len = dot - text->data;
        }
    }

    return ngx_apigw_text_clean(text, r->pool);
}


/* a function's answer is not in nginx's lists */

static void
ngx_http_apigw_context_request_id(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *text)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  names[] = {
        ngx_string("x-amzn-requestid"),
        ngx_string("x-amz-request-id"),
        ngx_null_string
    };

    *text = ctx->integration_id;

    if (text->len || r->upstream == NULL) {
        return;
    }

    for (name = names; name->len; name++) {

        for (part = &r->upstream->headers_in.headers.part;
             part;
             part = part->next)
        {
            h = part->elts;

            for (i = 0; i < part->nelts; i++) {

                if (h[i].hash && ngx_apigw_text_same(&h[i].key, name)) {
                    *text = h[i].value;
                    return;
                }
            }
        }
    }
}


static void
ngx_http_apigw_context_error(ngx_http_apigw_ctx_t *ctx, ngx_str_t *text)
{
    switch (ctx->error) {

    case NGX_HTTP_APIGW_INTEGRATION_FAILURE:
        ngx_str_set(text, "Network error communicating with endpoint");
        return;

    case NGX_HTTP_APIGW_INTEGRATION_TIMEOUT:
        ngx_str_set(text, "Endpoint request timed out");
        return;

    case NGX_HTTP_APIGW_API_CONFIGURATION_ERROR:
        ngx_str_set(text, "The function could not be invoked");
        return;

    case NGX_HTTP_APIGW_BAD_ANSWER:
        ngx_str_set(text, "The function failed, or its answer is malformed");
        return;
    }
}


static ngx_int_t
ngx_http_apigw_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *p;
    uint64_t               n;
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);
    r = r->main;

    if (ctx == NULL
        || (!ctx->logged && (data == NGX_HTTP_APIGW_CONTEXT_LATENCY
                             || data == NGX_HTTP_APIGW_CONTEXT_DATA)))
    {
        return ngx_http_apigw_variable_empty(r, v);
    }

    switch (data) {

    case NGX_HTTP_APIGW_CONTEXT_LATENCY:
        n = ctx->latency;
        break;

    case NGX_HTTP_APIGW_CONTEXT_DATA:
        n = r->request_length + r->connection->sent;
        break;

    case NGX_HTTP_APIGW_CONTEXT_STATUS:
        n = ngx_http_apigw_context_status(r);

        if (n == 0) {
            return ngx_http_apigw_variable_empty(r, v);
        }

        break;

    default:
        n = (uint64_t) r->start_sec * 1000 + r->start_msec;
    }

    p = ngx_pnalloc(r->pool, NGX_APIGW_EVENT_CLOCK_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    p = (data == NGX_HTTP_APIGW_CONTEXT_TIME) ? ngx_apigw_event_clock(p, n)
                                              : ngx_apigw_number(p, n);

    text.len = p - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


/* of the last server that was tried, where it answered; 0: it did not */

static ngx_uint_t
ngx_http_apigw_context_status(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state;

    if (r->upstream_states == NULL) {
        return 0;
    }

    state = r->upstream_states->elts;

    for (i = r->upstream_states->nelts; i > 0; i--) {

        if (state[i - 1].peer) {
            return (state[i - 1].header_time != (ngx_msec_t) -1)
                   ? state[i - 1].status : 0;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_apigw_context_path_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *p;
    ngx_str_t              text, *prefix;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->stage == NULL || ctx->path.len == 0) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    prefix = &ctx->stage->prefix;

    p = ngx_pnalloc(r->pool, prefix->len + ctx->path.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    p = ngx_cpymem(p, prefix->data, prefix->len);
    p = ngx_cpymem(p, ctx->path.data, ctx->path.len);

    text.len = p - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


/* $apigw_error_message as a JSON string */

static ngx_int_t
ngx_http_apigw_context_quoted_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *p;
    ngx_str_t              text, message;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->error == NGX_HTTP_APIGW_NO_ERROR) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (ngx_http_apigw_error_message(r, ctx, &message) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, NGX_APIGW_JSON_LEN(message.len) + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    *p++ = '"';
    p = ngx_apigw_json_string(p, &message);
    *p++ = '"';

    text.len = p - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}
