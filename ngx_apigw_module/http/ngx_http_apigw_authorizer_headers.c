
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"


static ngx_int_t ngx_http_apigw_authorizer_header_filter(
    ngx_http_request_t *r);


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
