
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"


static ngx_int_t ngx_http_apigw_authorizer_header_filter(
    ngx_http_request_t *r);
static void ngx_http_apigw_authorizer_hide_token(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer);


static ngx_str_t  ngx_http_apigw_authenticate_key =
    ngx_string("WWW-Authenticate");


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


void
ngx_http_apigw_authorizer_filter_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_apigw_authorizer_header_filter;
}


static ngx_int_t
ngx_http_apigw_authorizer_header_filter(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL
        || ctx->authorization == NULL
        || ctx->authorization->challenge.len == 0
        || ctx->answered
        || (ctx->error != NGX_HTTP_APIGW_UNAUTHORIZED
            && ctx->error != NGX_HTTP_APIGW_ACCESS_DENIED))
    {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_apigw_add_header(r, &ngx_http_apigw_authenticate_key,
                                  &ctx->authorization->challenge)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_http_apigw_authorizer_hide(ngx_http_request_t *r)
{
    ngx_uint_t                     i;
    ngx_http_apigw_ctx_t          *ctx;
    ngx_http_apigw_shown_t        *shown;
    ngx_http_apigw_authorizer_t  **authorizers;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->stage == NULL) {
        return NGX_OK;
    }

    if (ctx->stage->authorizers) {
        authorizers = ctx->stage->authorizers->elts;

        for (i = 0; i < ctx->stage->authorizers->nelts; i++) {
            ngx_http_apigw_authorizer_hide_token(r, ctx, authorizers[i]);
        }
    }

    for (shown = ctx->shown; shown; shown = shown->next) {
        ngx_memset(shown->text.data, '*', shown->text.len);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_authorizer_hide_token(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t         text;
    ngx_table_elt_t  *h;

    if (authorizer->identity != NGX_ERROR) {

        /* no step may have asked for it, and the request line may have it */

        (void) ngx_http_apigw_authorizer_shown(r, ctx, authorizer, &text);
        return;
    }

    if (authorizer->header.len) {
        ngx_http_apigw_hide_header(r, &authorizer->header);
        return;
    }

    h = r->headers_in.authorization;

    /* $remote_user is read from it now, and is no token */

    if (h
        && ngx_strncasecmp(h->value.data, (u_char *) "Basic ",
                           ngx_min(h->value.len, sizeof("Basic ") - 1))
           != 0)
    {
        ngx_http_apigw_hide_value(r, &h->value);
    }
}
