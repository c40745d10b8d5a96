
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Whatever a server sends gives the same at once, byte by byte and in pieces,
 * within its bounds.  The first byte says how large the pieces and the body
 * may be.
 */

#include "ngx_apigw_response.h"


#define check(cond)  if (!(cond)) { abort(); }


typedef struct {
    ngx_apigw_response_t   response;
    const char            *reason;
    ngx_pool_t            *pool;
    ngx_int_t              fed;
    ngx_int_t              ended;
    size_t                 used;
} result_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void run(result_t *result, const uint8_t *data, size_t size,
    size_t piece, size_t max_body);
static void same(result_t *a, result_t *b);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 piece, max_body;
    result_t               once, bytes, pieces;
    ngx_apigw_response_t  *r;

    if (size == 0) {
        return 0;
    }

    piece = 2 + (data[0] & 0x1f);
    max_body = (data[0] & 0x80) ? 1 << 20 : 16 << ((data[0] >> 5) & 0x3);

    data++;
    size--;

    run(&once, data, size, size, max_body);
    run(&bytes, data, size, 1, max_body);
    run(&pieces, data, size, piece, max_body);

    same(&once, &bytes);
    same(&once, &pieces);

    r = &once.response;

    check(r->max_age >= -1 && r->max_age <= 2147483647);
    check(r->status == 0 || (r->status >= 200 && r->status <= 599));

    if (once.ended == NGX_OK) {
        check(r->status);
        check(r->body.data && r->body.len <= max_body && r->body.len <= size);
        check(r->type.len < NGX_APIGW_RESPONSE_MAX_HEAD);
        check(r->head && once.used <= size);
    }

    check(r->value.len < NGX_APIGW_RESPONSE_MAX_HEAD);
    check(!r->keep || r->sized);
    check(!r->sized || r->head);
    check(r->head == (r->status != 0));

    ngx_destroy_pool(once.pool);
    ngx_destroy_pool(bytes.pool);
    ngx_destroy_pool(pieces.pool);

    return 0;
}


static void
run(result_t *result, const uint8_t *data, size_t size, size_t piece,
    size_t max_body)
{
    size_t   n;
    u_char  *copy;

    result->pool = ngx_create_pool(1024, NULL);
    result->reason = NULL;
    result->fed = NGX_AGAIN;

    check(ngx_apigw_response_init(&result->response, max_body, result->pool)
          == NGX_OK);

    ngx_str_set(&result->response.field, "x-amz-function-error");

    result->used = 0;

    while (size && result->fed == NGX_AGAIN) {
        n = (size < piece) ? size : piece;

        copy = malloc(n);
        check(copy);
        memcpy(copy, data, n);

        result->fed = ngx_apigw_response_feed(&result->response, copy, n,
                                              &result->reason);
        free(copy);

        data += n;
        size -= n;

        result->used += n;
    }

    result->used -= result->response.rest;
    result->ended = result->fed;

    if (result->ended == NGX_AGAIN) {
        result->ended = ngx_apigw_response_end(&result->response,
                                               &result->reason);
        check(result->ended != NGX_AGAIN);
    }

    check(result->ended == NGX_OK
          || (result->ended == NGX_DECLINED && result->reason));
}


static void
same(result_t *a, result_t *b)
{
    ngx_apigw_response_t  *x, *y;

    x = &a->response;
    y = &b->response;

    check(a->fed == b->fed && a->ended == b->ended);
    check(a->reason == b->reason);
    check(x->status == y->status && x->max_age == y->max_age);
    check(x->head == y->head && x->sized == y->sized && x->keep == y->keep);
    check(a->ended != NGX_OK || a->used == b->used);

    check(x->value.len == y->value.len);
    check(x->value.len == 0
          || memcmp(x->value.data, y->value.data, x->value.len) == 0);

    check(x->type.len == y->type.len);
    check(x->type.len == 0
          || memcmp(x->type.data, y->type.data,
                    x->type.len) == 0);

    check(x->body.len == y->body.len);
    check(x->body.len == 0
          || memcmp(x->body.data, y->body.data, x->body.len) == 0);
}
