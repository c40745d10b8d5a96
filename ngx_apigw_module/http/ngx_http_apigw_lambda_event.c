
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"


#define NGX_HTTP_APIGW_LAMBDA_PIECE  65536


/* what a body is read for: to be measured, then to be written */

typedef struct {
    ngx_apigw_event_body_t         body;
    ngx_uint_t                     base64;
    u_char                        *p;        /* NULL: to be measured */
} ngx_http_apigw_lambda_body_t;


static ngx_int_t ngx_http_apigw_lambda_write(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_apigw_event_t *event,
    ngx_http_apigw_lambda_body_t *body);
static ngx_int_t ngx_http_apigw_lambda_too_large(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, size_t size);
static ngx_uint_t ngx_http_apigw_lambda_base64(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_http_apigw_lambda_body_t *body);
static ngx_int_t ngx_http_apigw_lambda_read(ngx_http_request_t *r,
    ngx_http_apigw_lambda_body_t *body);
static ngx_int_t ngx_http_apigw_lambda_read_file(ngx_http_request_t *r,
    ngx_http_apigw_lambda_body_t *body, ngx_buf_t *b, u_char *piece);
static void ngx_http_apigw_lambda_take(ngx_http_apigw_lambda_body_t *body,
    u_char *data, size_t len, ngx_uint_t last);


ngx_int_t
ngx_http_apigw_lambda_event(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_apigw_event_t             event;
    ngx_http_apigw_lambda_body_t  body;

    ngx_memzero(&event, sizeof(ngx_apigw_event_t));

    event.format = ctx->format;

    if (ngx_http_apigw_event(r, ctx->gateway, &event) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&body, sizeof(ngx_http_apigw_lambda_body_t));

    ngx_apigw_event_body_init(&body.body);

    if (ngx_http_apigw_lambda_read(r, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_lambda_write(r, ctx, &event, &body);
}


static ngx_int_t
ngx_http_apigw_lambda_write(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_apigw_event_t *event,
    ngx_http_apigw_lambda_body_t *body)
{
    size_t       size;
    ngx_buf_t   *b;
    ngx_str_t    head, tail;
    ngx_uint_t   has_body;

    has_body = (body->body.bytes != 0);
    size = 0;

    if (has_body) {
        body->base64 = ngx_http_apigw_lambda_base64(r, ctx, body);

        size = body->base64 ? NGX_APIGW_BASE64_LEN(body->body.bytes)
                            : body->body.text;

        if (size > NGX_HTTP_APIGW_INVOKE_MAX) {
            return ngx_http_apigw_lambda_too_large(r, ctx, size);
        }
    }

    if (ngx_apigw_event_write(event, has_body, body->base64, r->pool, &head,
                              &tail)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    size += head.len + tail.len;

    if (size > NGX_HTTP_APIGW_INVOKE_MAX) {
        return ngx_http_apigw_lambda_too_large(r, ctx, size);
    }

    if (!has_body) {
        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NGX_ERROR;
        }

        /* one block */

        b->start = head.data;
        b->pos = b->start;
        b->last = b->start + size;
        b->end = b->last;
        b->temporary = 1;

        ctx->event = b;

        return NGX_OK;
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->last, head.data, head.len);

    ngx_apigw_event_body_init(&body->body);
    body->p = b->last;

    if (ngx_http_apigw_lambda_read(r, body) != NGX_OK) {
        return NGX_ERROR;
    }

    b->last = body->p;
    b->last = ngx_cpymem(b->last, tail.data, tail.len);

    ctx->event = b;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_too_large(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, size_t size)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "client sent a request whose event has %uz bytes, and a "
                  "function takes %d", size, NGX_HTTP_APIGW_INVOKE_MAX);

    if (r != r->main) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    ctx->gateway->max_size = NGX_HTTP_APIGW_INVOKE_MAX;

    return ngx_http_apigw_refuse(r, ctx->gateway,
                                 NGX_HTTP_APIGW_REQUEST_TOO_LARGE);
}


static ngx_uint_t
ngx_http_apigw_lambda_base64(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_http_apigw_lambda_body_t *body)
{
    ngx_str_t                          type;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    if (body->body.bad) {
        return 1;
    }

    ngx_str_set(&type, "");

    if (r->headers_in.content_type) {
        type = r->headers_in.content_type->value;
    }

    if (ctx->format != NGX_APIGW_EVENT_REST) {
        return !ngx_apigw_event_text_type(&type);
    }

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);

    return ngx_http_apigw_lambda_is_binary(llcf, &type);
}


ngx_uint_t
ngx_http_apigw_lambda_is_binary(ngx_http_apigw_lambda_loc_conf_t *llcf,
    ngx_str_t *type)
{
    if (llcf->binary == NULL || type->len == 0) {
        return 0;
    }

    return ngx_apigw_event_binary_type(type, llcf->binary->elts,
                                       llcf->binary->nelts);
}


static ngx_int_t
ngx_http_apigw_lambda_read(ngx_http_request_t *r,
    ngx_http_apigw_lambda_body_t *body)
{
    u_char       *piece;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    piece = NULL;

    if (r->request_body) {

        for (cl = r->request_body->bufs; cl; cl = cl->next) {

            b = cl->buf;

            if (ngx_buf_in_memory(b)) {
                ngx_http_apigw_lambda_take(body, b->pos, b->last - b->pos, 0);
                continue;
            }

            if (!b->in_file) {
                continue;
            }

            if (piece == NULL) {
                piece = ngx_palloc(r->pool, NGX_HTTP_APIGW_LAMBDA_PIECE);
                if (piece == NULL) {
                    return NGX_ERROR;
                }
            }

            if (ngx_http_apigw_lambda_read_file(r, body, b, piece)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    ngx_http_apigw_lambda_take(body, NULL, 0, 1);

    if (piece) {
        (void) ngx_pfree(r->pool, piece);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_read_file(ngx_http_request_t *r,
    ngx_http_apigw_lambda_body_t *body, ngx_buf_t *b, u_char *piece)
{
    off_t    offset;
    size_t   size;
    ssize_t  n;

    for (offset = b->file_pos; offset < b->file_last; offset += n) {

        size = (size_t) ngx_min(b->file_last - offset,
                                NGX_HTTP_APIGW_LAMBDA_PIECE);

        n = ngx_read_file(b->file, piece, size, offset);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == 0) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "the file \"%V\" of a request body is cut",
                          &b->file->name);
            return NGX_ERROR;
        }

        ngx_http_apigw_lambda_take(body, piece, n, 0);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_lambda_take(ngx_http_apigw_lambda_body_t *body, u_char *data,
    size_t len, ngx_uint_t last)
{
    if (body->p == NULL) {
        ngx_apigw_event_body_measure(&body->body, data, len, last);

    } else if (body->base64) {
        body->p = ngx_apigw_event_body_base64(&body->body, body->p, data, len,
                                              last);

    } else {
        body->p = ngx_apigw_event_body_text(body->p, data, len);
    }
}
