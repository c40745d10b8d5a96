
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"
#include "ngx_http_apigw_mask.h"
#include "ngx_apigw_json.h"


#define NGX_HTTP_APIGW_LAMBDA_LOGGED  256
#define NGX_HTTP_APIGW_LAMBDA_DEPTH   32


/* a text for the log, escaped */

typedef struct {
    ngx_str_t                      text;
    u_char                         data[
                           NGX_APIGW_JSON_LEN(NGX_HTTP_APIGW_LAMBDA_LOGGED)];
} ngx_http_apigw_lambda_quote_t;


static ngx_int_t ngx_http_apigw_lambda_invalid(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, const char *reason);
static ngx_int_t ngx_http_apigw_lambda_complete(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_lambda_refused(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_lambda_failed(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_lambda_malformed(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, const char *reason);
static ngx_int_t ngx_http_apigw_lambda_error(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_uint_t error);
static ngx_uint_t ngx_http_apigw_lambda_accepts_binary(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx);
static void ngx_http_apigw_lambda_quote(ngx_http_apigw_lambda_quote_t *quote,
    ngx_str_t *text);
static ngx_str_t *ngx_http_apigw_lambda_name(ngx_http_request_t *r);


ngx_int_t
ngx_http_apigw_lambda_answer_init(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_memzero(&ctx->response, sizeof(ngx_apigw_response_t));

    if (ngx_apigw_response_init(&ctx->response, NGX_HTTP_APIGW_INVOKE_MAX,
                                r->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&ctx->response.field, "x-amz-function-error");

    ctx->header = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_lambda_reinit(ngx_http_request_t *r)
{
    return ngx_http_apigw_lambda_answer_init(r,
                                           ngx_http_apigw_lambda_get_ctx(r));
}


/*
 * All of the answer is read here: NGX_AGAIN, with an empty buffer, until it is
 * complete.
 */

ngx_int_t
ngx_http_apigw_lambda_process_header(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_buf_t                    *b;
    const char                   *reason;
    ngx_http_upstream_t          *u;
    ngx_apigw_response_t         *response;
    ngx_http_apigw_lambda_ctx_t  *ctx;

    u = r->upstream;
    b = &u->buffer;
    ctx = ngx_http_apigw_lambda_get_ctx(r);
    response = &ctx->response;

    rc = ngx_apigw_response_feed(response, b->pos, b->last - b->pos, &reason);

    b->pos = b->start;
    b->last = b->start;

    if (response->head && !ctx->header) {
        ctx->header = 1;
        ctx->header_time = ngx_current_msec - u->start_time;
        u->state->header_time = ctx->header_time;
        u->state->status = response->status;

        if (r == r->main) {
            ctx->gateway->integration_id = response->request_id;
        }
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_lambda_invalid(r, ctx, reason);
    }

    if (rc == NGX_AGAIN) {

        if (response->head && !response->sized) {
            return ngx_http_apigw_lambda_invalid(r, ctx, "it has neither "
                                                 "Content-Length nor "
                                                 "\"chunked\"");
        }

        return NGX_AGAIN;
    }

    if (ctx->deadline.timer_set) {
        ngx_del_timer(&ctx->deadline);
    }

    u->keepalive = (response->keep && response->rest == 0);

    return ngx_http_apigw_lambda_complete(r, ctx);
}


static ngx_int_t
ngx_http_apigw_lambda_invalid(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, const char *reason)
{
    if (reason == ngx_apigw_response_large && ctx->response.status == 200) {
        return ngx_http_apigw_lambda_malformed(r, ctx, reason);
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "upstream sent invalid response for the function \"%V\": "
                  "%s", ngx_http_apigw_lambda_name(r), reason);

    return NGX_HTTP_UPSTREAM_INVALID_HEADER;
}


static ngx_int_t
ngx_http_apigw_lambda_complete(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_int_t             rc;
    ngx_str_t            *body;
    const char           *reason;
    ngx_http_upstream_t  *u;

    if (ctx->response.status != NGX_HTTP_OK) {
        return ngx_http_apigw_lambda_refused(r, ctx);
    }

    if (ctx->response.value.len) {
        return ngx_http_apigw_lambda_failed(r, ctx);
    }

    body = &ctx->response.body;

    rc = ngx_apigw_answer_parse(&ctx->answer, body, ctx->format,
                                ngx_http_apigw_lambda_accepts_binary(r, ctx),
                                r->pool, &reason);

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_lambda_malformed(r, ctx, reason);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_apigw_lambda_unpose(r, ctx);

    if (ngx_http_apigw_lambda_headers(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    u = r->upstream;

    u->headers_in.status_n = ctx->answer.status;
    u->headers_in.content_length_n = ctx->answer.body.len;

    switch (ctx->answer.status) {

    case NGX_HTTP_NO_CONTENT:
    case NGX_HTTP_NOT_MODIFIED:
        ctx->answer.body.len = 0;
        u->headers_in.content_length_n = -1;
        break;

    case NGX_HTTP_APIGW_RESET_CONTENT:
        ctx->answer.body.len = 0;
        u->headers_in.content_length_n = 0;
        break;
    }

    ctx->limit_rate = r->limit_rate;
    ctx->limit_rate_set = r->limit_rate_set;

    /* so nginx counts what the function sent; the filter sends the body */

    u->buffer.pos = body->data;
    u->buffer.last = body->data + body->len;

    return NGX_OK;
}


/* the Invoke API did not run the function */

static ngx_int_t
ngx_http_apigw_lambda_refused(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    u_char                         *p;
    ngx_str_t                       message;
    const char                     *reason;
    ngx_apigw_json_t               *root, *member;
    ngx_http_apigw_lambda_quote_t   quote;

    ngx_str_set(&message, "");

    if (ngx_apigw_json_parse(&root, &ctx->response.body,
                             NGX_HTTP_APIGW_LAMBDA_DEPTH, r->pool, &reason)
        == NGX_OK)
    {
        member = ngx_apigw_json_get(root, "Message");

        if (member == NULL) {
            member = ngx_apigw_json_get(root, "message");
        }

        if (member && member->type == NGX_APIGW_JSON_STRING) {
            message = member->text;
        }
    }

    /* of a wrong signature more follows: headers, and a token among them */

    p = ngx_strlchr(message.data, message.data + message.len, LF);

    if (p) {
        message.len = p - message.data;
    }

    ngx_http_apigw_lambda_quote(&quote, &message);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "the function \"%V\" could not be invoked: status %ui, "
                  "message \"%V\"", ngx_http_apigw_lambda_name(r),
                  ctx->response.status, &quote.text);

    if (ctx->response.status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        ctx->gateway->max_size = NGX_HTTP_APIGW_INVOKE_MAX;

        return ngx_http_apigw_lambda_error(r, ctx,
                                           NGX_HTTP_APIGW_REQUEST_TOO_LARGE);
    }

    return ngx_http_apigw_lambda_error(r, ctx,
                                       NGX_HTTP_APIGW_API_CONFIGURATION_ERROR);
}


/* the function ran, and failed */

static ngx_int_t
ngx_http_apigw_lambda_failed(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    ngx_apigw_answer_error_t       error;
    ngx_http_apigw_lambda_quote_t  kind, type, message;

    if (ngx_apigw_answer_error(&error, &ctx->response.body, r->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_apigw_lambda_quote(&kind, &ctx->response.value);
    ngx_http_apigw_lambda_quote(&type, &error.type);
    ngx_http_apigw_lambda_quote(&message, &error.message);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "the function \"%V\" failed: \"%V\", type \"%V\", message "
                  "\"%V\"", ngx_http_apigw_lambda_name(r), &kind.text,
                  &type.text, &message.text);

    return ngx_http_apigw_lambda_error(r, ctx, NGX_HTTP_APIGW_BAD_ANSWER);
}


static ngx_int_t
ngx_http_apigw_lambda_malformed(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, const char *reason)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "malformed answer of the function \"%V\": %s",
                  ngx_http_apigw_lambda_name(r), reason);

    return ngx_http_apigw_lambda_error(r, ctx, NGX_HTTP_APIGW_BAD_ANSWER);
}


/* a 500 of nginx, which becomes the gateway response of the client request */

static ngx_int_t
ngx_http_apigw_lambda_error(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx, ngx_uint_t error)
{
    if (r == r->main) {
        (void) ngx_http_apigw_refuse(r, ctx->gateway, error);
        ctx->gateway->keepalive = r->keepalive;
    }

    return NGX_ERROR;
}


/* of a REST API: what is sent on in its own bytes, not in base64 */

static ngx_uint_t
ngx_http_apigw_lambda_accepts_binary(ngx_http_request_t *r,
    ngx_http_apigw_lambda_ctx_t *ctx)
{
    u_char                            *p, *last;
    ngx_str_t                          type, name;
    ngx_table_elt_t                   *h;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    if (ctx->format != NGX_APIGW_EVENT_REST) {
        return 1;
    }

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);

    if (llcf->binary == NULL) {
        return 0;
    }

    ngx_str_set(&name, "accept");

    if (ngx_http_apigw_find_header(r, &name, &h) != NGX_OK) {
        return 0;
    }

    type = h->value;
    p = type.data;
    last = p + type.len;

    while (p < last && *p != ',' && *p != ';') {
        p++;
    }

    while (p > type.data && (p[-1] == ' ' || p[-1] == '\t')) {
        p--;
    }

    type.len = p - type.data;

    return ngx_http_apigw_lambda_is_binary(llcf, &type);
}


/* nginx has set what is of non-buffered responses: they know no limit_rate */

ngx_int_t
ngx_http_apigw_lambda_filter_init(void *data)
{
    ngx_http_apigw_lambda_ctx_t  *ctx = data;

    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    r = ctx->request;
    u = r->upstream;

    r->limit_rate = ctx->limit_rate;
    r->limit_rate_set = ctx->limit_rate_set;

    u->state->header_time = ctx->header_time;

    return NGX_OK;
}


/*
 * The body goes out as that of any other content handler: the connection with
 * the upstream is free at once, however slow the client is.
 */

ngx_int_t
ngx_http_apigw_lambda_filter(void *data, ssize_t bytes)
{
    ngx_http_apigw_lambda_ctx_t  *ctx = data;

    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = ctx->request;

    r->upstream->length = 0;

    if (ctx->answer.body.len == 0) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->answer.body.data;
    b->last = b->pos + ctx->answer.body.len;
    b->memory = 1;

    out.buf = b;
    out.next = NULL;

    return (ngx_http_output_filter(r, &out) == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_apigw_lambda_quote(ngx_http_apigw_lambda_quote_t *quote,
    ngx_str_t *text)
{
    ngx_str_t  part;

    part.data = text->data;
    part.len = ngx_min(text->len, NGX_HTTP_APIGW_LAMBDA_LOGGED);

    quote->text.data = quote->data;
    quote->text.len = ngx_apigw_json_string(quote->data, &part) - quote->data;
}


static ngx_str_t *
ngx_http_apigw_lambda_name(ngx_http_request_t *r)
{
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_lambda_module);

    return &llcf->function.name;
}
