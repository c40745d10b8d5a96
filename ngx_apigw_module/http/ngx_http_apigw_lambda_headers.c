
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"
#include "ngx_http_apigw_trace.h"


/*
 * The headers of an answer as those of a response.  nginx's own handlers of
 * upstream headers are not asked: to a function X-Accel-* means nothing, and
 * Location is the client's affair.
 */


#define NGX_HTTP_APIGW_REMAPPED  "x-amzn-Remapped-"


/* what filters look for in r->headers_out */

typedef struct {
    ngx_str_t                      name;
    size_t                         offset;
} ngx_http_apigw_lambda_known_t;


static ngx_int_t ngx_http_apigw_lambda_push(ngx_http_request_t *r,
    ngx_apigw_pair_t *pair, ngx_uint_t rule);
static ngx_int_t ngx_http_apigw_lambda_remap(ngx_http_request_t *r,
    ngx_str_t *name);
static void ngx_http_apigw_lambda_known(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static void ngx_http_apigw_lambda_content_type(ngx_http_request_t *r,
    ngx_str_t *value);
static void ngx_http_apigw_lambda_charset(ngx_http_request_t *r, u_char *p,
    u_char *last);


static ngx_str_t  ngx_http_apigw_lambda_trace_key =
    ngx_string("X-Amzn-Trace-Id");


static ngx_http_apigw_lambda_known_t  ngx_http_apigw_lambda_knowns[] = {
    { ngx_string("accept-ranges"),
      offsetof(ngx_http_headers_out_t, accept_ranges) },
    { ngx_string("content-encoding"),
      offsetof(ngx_http_headers_out_t, content_encoding) },
    { ngx_string("content-range"),
      offsetof(ngx_http_headers_out_t, content_range) },
    { ngx_string("etag"),
      offsetof(ngx_http_headers_out_t, etag) },
    { ngx_string("expires"),
      offsetof(ngx_http_headers_out_t, expires) },
    { ngx_string("last-modified"),
      offsetof(ngx_http_headers_out_t, last_modified) },
    { ngx_string("www-authenticate"),
      offsetof(ngx_http_headers_out_t, www_authenticate) },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_http_apigw_lambda_headers(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_str_t          trace;
    ngx_uint_t         i, type, rule;
    ngx_apigw_pair_t  *pair;

    type = (ctx->format == NGX_APIGW_EVENT_REST) ? NGX_APIGW_REST
                                                 : NGX_APIGW_HTTP;
    pair = ctx->answer.headers;

    for (i = 0; i < ctx->answer.nheaders; i++) {

        if (ngx_apigw_text_is(&pair[i].name, "content-type")) {
            ngx_http_apigw_lambda_content_type(r, &pair[i].value);
            continue;
        }

        rule = ngx_apigw_header_response(type, &pair[i].name);

        if (rule != NGX_APIGW_HEADER_DROP
            && ngx_http_apigw_lambda_push(r, &pair[i], rule) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (type != NGX_APIGW_REST || r != r->main) {
        return NGX_OK;
    }

    if (ngx_http_apigw_trace(r, ctx->gateway, &trace) != NGX_OK) {
        return NGX_ERROR;
    }

    return trace.len ? ngx_http_apigw_add_header(r,
                                             &ngx_http_apigw_lambda_trace_key,
                                             &trace)
                     : NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_push(ngx_http_request_t *r, ngx_apigw_pair_t *pair,
    ngx_uint_t rule)
{
    ngx_str_t         name;
    ngx_table_elt_t  *h;

    name = pair->name;

    if (rule == NGX_APIGW_HEADER_REMAP
        && ngx_http_apigw_lambda_remap(r, &name) != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->key = name;
    h->value = pair->value;
    ngx_http_apigw_link_header(h);

    h->lowcase_key = ngx_pnalloc(r->pool, name.len);
    if (h->lowcase_key == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, name.data, name.len);

    if (ngx_apigw_text_is(&name, "cache-control")) {
        return ngx_http_apigw_know_cache_control(r, h);
    }

    ngx_http_apigw_lambda_known(r, h);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_remap(ngx_http_request_t *r, ngx_str_t *name)
{
    u_char  *p;
    size_t   len;

    len = sizeof(NGX_HTTP_APIGW_REMAPPED) - 1;

    p = ngx_pnalloc(r->pool, len + name->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, NGX_HTTP_APIGW_REMAPPED, len);
    ngx_memcpy(p + len, name->data, name->len);

    name->data = p;
    name->len += len;

    return NGX_OK;
}


static void
ngx_http_apigw_lambda_known(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    ngx_table_elt_t                **p;
    ngx_http_apigw_lambda_known_t   *known;

    for (known = ngx_http_apigw_lambda_knowns; known->name.len; known++) {

        if (known->name.len == h->key.len
            && ngx_memcmp(known->name.data, h->lowcase_key, h->key.len) == 0)
        {
            p = (ngx_table_elt_t **) ((char *) &r->headers_out
                                      + known->offset);
            *p = h;
            return;
        }
    }
}


/* nginx compares types without the charset, and may write another one */

static void
ngx_http_apigw_lambda_content_type(ngx_http_request_t *r, ngx_str_t *value)
{
    u_char  *p, *last, *end;

    r->headers_out.content_type = *value;
    r->headers_out.content_type_len = value->len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    p = value->data;
    last = p + value->len;

    while (p < last) {

        end = p;

        if (*p++ != ';') {
            continue;
        }

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if (last - p <= 8
            || ngx_strncasecmp(p, (u_char *) "charset=", 8) != 0)
        {
            continue;
        }

        r->headers_out.content_type_len = end - value->data;

        ngx_http_apigw_lambda_charset(r, p + 8, last);
        return;
    }
}


static void
ngx_http_apigw_lambda_charset(ngx_http_request_t *r, u_char *p, u_char *last)
{
    u_char  *end;

    end = ngx_strlchr(p, last, ';');

    if (end) {
        last = end;
    }

    while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    if (last - p > 1 && *p == '"' && last[-1] == '"') {
        p++;
        last--;
    }

    r->headers_out.charset.data = p;
    r->headers_out.charset.len = last - p;
}
