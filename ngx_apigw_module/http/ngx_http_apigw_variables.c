
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_trace.h"


static ngx_int_t ngx_http_apigw_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_path_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_stage_variable_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_key_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_principal_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_throttle_status_variable(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_quota_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_inexact_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_error_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_apigw_latency_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_http_apigw_variable_is(ngx_str_t *name,
    ngx_str_t *asked, size_t prefix);


typedef enum {
    NGX_HTTP_APIGW_VAR_API = 0,
    NGX_HTTP_APIGW_VAR_STAGE,
    NGX_HTTP_APIGW_VAR_ROUTE,
    NGX_HTTP_APIGW_VAR_PLAN
} ngx_http_apigw_text_e;


#define NGX_HTTP_APIGW_VAR_TYPE       0
#define NGX_HTTP_APIGW_VAR_MESSAGE    1

#define NGX_HTTP_APIGW_VAR_LIMIT      0
#define NGX_HTTP_APIGW_VAR_REMAINING  1
#define NGX_HTTP_APIGW_VAR_MODE       2
#define NGX_HTTP_APIGW_VAR_WAIT       3


ngx_http_variable_t  ngx_http_apigw_vars[] = {

    { ngx_string("apigw_api"), NULL, ngx_http_apigw_text_variable,
      NGX_HTTP_APIGW_VAR_API, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_stage"), NULL, ngx_http_apigw_text_variable,
      NGX_HTTP_APIGW_VAR_STAGE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_route"), NULL, ngx_http_apigw_text_variable,
      NGX_HTTP_APIGW_VAR_ROUTE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_usage_plan"), NULL, ngx_http_apigw_text_variable,
      NGX_HTTP_APIGW_VAR_PLAN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_request_id"), NULL, ngx_http_apigw_id_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_extended_request_id"), NULL,
      ngx_http_apigw_id_variable, 1, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_path_"), NULL, ngx_http_apigw_path_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("apigw_stage_variable_"), NULL,
      ngx_http_apigw_stage_variable_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("apigw_api_key_id"), NULL, ngx_http_apigw_key_id_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_principal"), NULL, ngx_http_apigw_principal_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_throttle_status"), NULL,
      ngx_http_apigw_throttle_status_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_quota_limit"), NULL, ngx_http_apigw_quota_variable,
      NGX_HTTP_APIGW_VAR_LIMIT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_quota_remaining"), NULL,
      ngx_http_apigw_quota_variable,
      NGX_HTTP_APIGW_VAR_REMAINING, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_quota_mode"), NULL, ngx_http_apigw_quota_variable,
      NGX_HTTP_APIGW_VAR_MODE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_quota_wait"), NULL, ngx_http_apigw_quota_variable,
      NGX_HTTP_APIGW_VAR_WAIT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_quota_inexact"), NULL,
      ngx_http_apigw_inexact_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_error_type"), NULL, ngx_http_apigw_error_variable,
      NGX_HTTP_APIGW_VAR_TYPE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_error_message"), NULL, ngx_http_apigw_error_variable,
      NGX_HTTP_APIGW_VAR_MESSAGE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_integration_latency"), NULL,
      ngx_http_apigw_latency_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_trace_id"), NULL, ngx_http_apigw_trace_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("apigw_traceparent"), NULL, ngx_http_apigw_trace_variable,
      1, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_str_t  ngx_http_apigw_throttle_statuses[] = {
    ngx_string("PASSED"),
    ngx_string("REJECTED"),
    ngx_string("REJECTED_DRY_RUN")
};


static ngx_str_t  ngx_http_apigw_quota_modes[NGX_APIGW_LEASE_MODES] = {
    ngx_string("exact"),
    ngx_string("open"),
    ngx_string("local"),
    ngx_string("closed")
};


ngx_int_t
ngx_http_apigw_add_variables(ngx_conf_t *cf, ngx_http_variable_t *vars)
{
    ngx_http_variable_t  *var, *v;

    for (v = vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);
    ngx_str_null(&text);

    if (ctx && ctx->stage) {

        switch (data) {

        case NGX_HTTP_APIGW_VAR_API:
            text = ctx->stage->api->name;
            break;

        case NGX_HTTP_APIGW_VAR_STAGE:
            text = ctx->stage->name;
            break;

        case NGX_HTTP_APIGW_VAR_ROUTE:

            if (ctx->route) {
                text = ctx->route->key.key;
            }

            break;

        default: /* NGX_HTTP_APIGW_VAR_PLAN */

            if (ctx->plan) {
                text = ctx->plan->name;
            }
        }
    }

    return text.len ? ngx_http_apigw_variable_text(v, &text)
                    : ngx_http_apigw_variable_empty(r, v);
}


static ngx_int_t
ngx_http_apigw_id_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (ngx_http_apigw_identify(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (data || ctx->type == NGX_APIGW_HTTP) {
        text.data = ctx->extended_id;
        text.len = sizeof(ctx->extended_id);

    } else {
        text.data = ctx->request_id;
        text.len = sizeof(ctx->request_id);
    }

    return ngx_http_apigw_variable_text(v, &text);
}


static ngx_int_t
ngx_http_apigw_path_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *asked = (ngx_str_t *) data;

    ngx_str_t              value;
    ngx_uint_t             i;
    ngx_apigw_param_t     *params;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->route == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    params = ctx->route->key.params;

    for (i = 0; i < ctx->route->key.nparams; i++) {

        if (!ngx_http_apigw_variable_is(&params[i].name, asked,
                                        sizeof("apigw_path_") - 1))
        {
            continue;
        }

        ngx_apigw_route_param(ctx->stage->router, &params[i], &ctx->path,
                              &value);

        return ngx_http_apigw_variable_text(v, &value);
    }

    return ngx_http_apigw_variable_empty(r, v);
}


static ngx_int_t
ngx_http_apigw_stage_variable_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *asked = (ngx_str_t *) data;

    ngx_uint_t             i;
    ngx_keyval_t          *kv;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->stage == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    kv = ctx->stage->variables.elts;

    for (i = 0; i < ctx->stage->variables.nelts; i++) {

        if (ngx_http_apigw_variable_is(&kv[i].key, asked,
                                       sizeof("apigw_stage_variable_") - 1))
        {
            return ngx_http_apigw_variable_text(v, &kv[i].value);
        }
    }

    return ngx_http_apigw_variable_empty(r, v);
}


static ngx_int_t
ngx_http_apigw_key_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    id;
    ngx_http_apigw_ctx_t        *ctx;
    ngx_http_apigw_main_conf_t  *mcf;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->consumer == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    mcf = ngx_http_apigw_get_main_conf(r);
    ngx_apigw_keys_id(mcf->keys, ctx->consumer, &id);

    return ngx_http_apigw_variable_text(v, &id);
}


static ngx_int_t
ngx_http_apigw_principal_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->principal.len == 0) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    /* as the source of API keys it is masked */

    text.len = ctx->principal.len;
    text.data = ngx_pnalloc(r->pool, text.len);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text.data, ctx->principal.data, text.len);

    return ngx_http_apigw_variable_text(v, &text);
}


static ngx_int_t
ngx_http_apigw_throttle_status_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->throttle_status == 0) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    return ngx_http_apigw_variable_text(v,
                 &ngx_http_apigw_throttle_statuses[ctx->throttle_status - 1]);
}


static ngx_int_t
ngx_http_apigw_quota_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_str_t                text;
    ngx_http_apigw_ctx_t    *ctx;
    ngx_http_apigw_quota_t  *q;

    ctx = ngx_http_apigw_get_ctx(r);
    q = ctx ? ctx->quota : NULL;

    if (q == NULL || q->rc == NGX_AGAIN) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (data == NGX_HTTP_APIGW_VAR_MODE) {
        return ngx_http_apigw_variable_text(v,
                                        &ngx_http_apigw_quota_modes[q->mode]);
    }

    p = ngx_pnalloc(r->pool, NGX_APIGW_NUMBER_LEN + sizeof(".000") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    switch (data) {

    case NGX_HTTP_APIGW_VAR_LIMIT:
        p = ngx_apigw_number(p, ngx_http_apigw_quota_view(r, ctx)->limit);
        break;

    case NGX_HTTP_APIGW_VAR_REMAINING:
        p = ngx_apigw_number(p, ngx_http_apigw_quota_view(r, ctx)->remaining);
        break;

    default: /* NGX_HTTP_APIGW_VAR_WAIT */
        p = ngx_sprintf(p, "%T.%03M", (time_t) (q->waited / 1000),
                        q->waited % 1000);
    }

    text.len = p - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


/* what on_error has decided since the zone was made */

static ngx_int_t
ngx_http_apigw_inexact_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                      *p;
    size_t                       len;
    ngx_str_t                    text;
    ngx_atomic_t                *modes;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);

    if (mcf->leases == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    modes = mcf->zone->store->modes;

    len = sizeof("open= local= closed=") - 1
          + (size_t) 3 * NGX_APIGW_NUMBER_LEN;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    p = ngx_sprintf(p, "open=%uA local=%uA closed=%uA",
                    modes[NGX_APIGW_LEASE_ON_ERROR_OPEN],
                    modes[NGX_APIGW_LEASE_ON_ERROR_LOCAL],
                    modes[NGX_APIGW_LEASE_ON_ERROR_CLOSED]);

    text.len = p - text.data;

    return ngx_http_apigw_variable_text(v, &text);
}


static ngx_int_t
ngx_http_apigw_error_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              text;
    ngx_http_apigw_ctx_t  *ctx;

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->error == NGX_HTTP_APIGW_NO_ERROR) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    if (data == NGX_HTTP_APIGW_VAR_TYPE) {
        ngx_http_apigw_error_type(ctx, &text);

    } else if (ngx_http_apigw_error_message(r, ctx, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_variable_text(v, &text);
}


ngx_int_t
ngx_http_apigw_variable_text(ngx_http_variable_value_t *v, ngx_str_t *text)
{
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = text->len;
    v->data = text->data;

    return NGX_OK;
}


/*
 * Until the answer is sent a step may still come that sets it, so an empty
 * value must not be kept; after that it is not there.
 */

ngx_int_t
ngx_http_apigw_variable_empty(ngx_http_request_t *r,
    ngx_http_variable_value_t *v)
{
    v->valid = 0;
    v->no_cacheable = 1;
    v->not_found = r->main->header_sent;
    v->len = 0;
    v->data = (u_char *) "";

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_latency_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char     *p;
    int64_t     latency;
    ngx_str_t   text;

    if (ngx_http_apigw_get_ctx(r) == NULL) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    latency = ngx_http_apigw_integration_latency(r->main);

    if (latency < 0) {
        return ngx_http_apigw_variable_empty(r, v);
    }

    p = ngx_pnalloc(r->pool, NGX_APIGW_NUMBER_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;
    text.len = ngx_apigw_number(p, (uint64_t) latency) - p;

    return ngx_http_apigw_variable_text(v, &text);
}


int64_t
ngx_http_apigw_integration_latency(ngx_http_request_t *r)
{
    int64_t                     latency;
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state;

    latency = -1;

    if (r->upstream_states == NULL) {
        return latency;
    }

    state = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {

        if (state[i].peer && state[i].response_time != (ngx_msec_t) -1) {
            latency = ngx_max(latency, 0) + (int64_t) state[i].response_time;
        }
    }

    return latency;
}


/* names of variables come in lower case, without "-", "." and ":" */

static ngx_uint_t
ngx_http_apigw_variable_is(ngx_str_t *name, ngx_str_t *asked, size_t prefix)
{
    u_char      ch, *p;
    ngx_uint_t  i;

    if (name->len != asked->len - prefix) {
        return 0;
    }

    p = asked->data + prefix;

    for (i = 0; i < name->len; i++) {
        ch = ngx_tolower(name->data[i]);

        if (ch == '-' || ch == '.' || ch == ':') {
            ch = '_';
        }

        if (ch != ngx_tolower(p[i])) {
            return 0;
        }
    }

    return 1;
}
