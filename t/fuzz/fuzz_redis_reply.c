
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Whatever a server sends gives replies within their bounds, the same ones in
 * pieces as at once; a reply's strings made a command read the same.  The
 * first byte says how large the pieces are and what the bounds.
 */

#include <stdio.h>

#include "ngx_apigw_redis_proto.h"


#define check(cond)  if (!(cond)) { abort(); }


static uint64_t    sum;
static ngx_uint_t  total;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_int_t run(const uint8_t *data, size_t size, size_t chunk,
    ngx_uint_t large);
static void walk(ngx_apigw_redis_reply_t *reply, ngx_uint_t nesting,
    ngx_uint_t large);
static void echo(ngx_apigw_redis_reply_t *array);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t      chunk;
    uint64_t    once;
    ngx_int_t   rc;
    ngx_uint_t  large;

    if (size == 0) {
        return 0;
    }

    chunk = 1 + (data[0] & 0x3f);
    large = data[0] >> 7;

    rc = run(data + 1, size - 1, size, large);
    once = sum;

    check(run(data + 1, size - 1, chunk, large) == rc);

    check(sum == once);

    return 0;
}


static ngx_int_t
run(const uint8_t *data, size_t size, size_t chunk, ngx_uint_t large)
{
    size_t                     n;
    ngx_int_t                  rc;
    ngx_pool_t                *pool, *replies;
    const char                *reason;
    ngx_apigw_redis_reply_t   *reply;
    ngx_apigw_redis_reader_t  *reader;

    pool = ngx_create_pool(1024, NULL);
    replies = ngx_create_pool(1024, NULL);

    reader = ngx_apigw_redis_reader_create(pool, replies);
    check(reader);

    sum = 0;
    rc = NGX_AGAIN;

    while (size && rc == NGX_AGAIN) {
        n = (size < chunk) ? size : chunk;

        check(ngx_apigw_redis_reader_feed(reader, (u_char *) data, n)
              == NGX_OK);

        data += n;
        size -= n;

        for ( ;; ) {
            reason = NULL;
            rc = ngx_apigw_redis_reader_next(reader, large, &reply, &reason);

            if (rc != NGX_OK) {
                break;
            }

            total = 0;
            walk(reply, 0, large);
            echo(reply);
        }
    }

    check(rc == NGX_AGAIN || (rc == NGX_ERROR && reason));

    ngx_apigw_redis_reader_free(reader);
    ngx_destroy_pool(replies);
    ngx_destroy_pool(pool);

    return rc;
}


static void
walk(ngx_apigw_redis_reply_t *reply, ngx_uint_t nesting, ngx_uint_t large)
{
    size_t      i;
    ngx_uint_t  n;

    sum = sum * 31 + reply->type + 1;

    switch (reply->type) {

    case NGX_APIGW_REDIS_NIL:
        break;

    case NGX_APIGW_REDIS_INTEGER:
        sum = sum * 31 + (uint64_t) reply->integer;
        break;

    case NGX_APIGW_REDIS_STRING:
    case NGX_APIGW_REDIS_STATUS:
    case NGX_APIGW_REDIS_ERROR:
        check(reply->str.len <= NGX_APIGW_REDIS_MAX_STRING);
        check(reply->str.data[reply->str.len] == '\0');

        for (i = 0; i < reply->str.len; i++) {
            sum = sum * 31 + reply->str.data[i];
        }

        (void) ngx_apigw_redis_error_is(reply, "MOVED");
        break;

    default:
        check(reply->type == NGX_APIGW_REDIS_ARRAY);
        check(nesting < NGX_APIGW_REDIS_MAX_NESTING);
        check(reply->nelts <= (large ? NGX_APIGW_REDIS_MAX_SLOTS
                                     : NGX_APIGW_REDIS_MAX_ELEMENTS));

        total += reply->nelts;
        check(total <= (large ? NGX_APIGW_REDIS_MAX_SLOTS_TOTAL
                              : NGX_APIGW_REDIS_MAX_TOTAL));

        for (n = 0; n < reply->nelts; n++) {
            walk(&reply->elts[n], nesting + 1, large);
        }
    }
}


/* as a command, and with another head */

static void
echo(ngx_apigw_redis_reply_t *array)
{
    ngx_str_t   args[NGX_APIGW_REDIS_MAX_ELEMENTS], cmd, head;
    ngx_uint_t  i;

    if (array->type != NGX_APIGW_REDIS_ARRAY
        || array->nelts == 0
        || array->nelts > NGX_APIGW_REDIS_MAX_ELEMENTS)
    {
        return;
    }

    for (i = 0; i < array->nelts; i++) {
        args[i] = array->elts[i].str;
    }

    ngx_str_set(&head, "EVAL");

    check(ngx_apigw_redis_format(&cmd, 0, NULL, array->nelts, args)
          == NGX_OK);
    check(ngx_apigw_redis_reformat(&cmd, 1, &head) == NGX_OK);

    args[0] = head;

    check(ngx_apigw_redis_format(&head, 0, NULL, array->nelts, args)
          == NGX_OK);
    check(head.len == cmd.len && memcmp(head.data, cmd.data, cmd.len) == 0);

    ngx_apigw_redis_format_free(&head);
    ngx_apigw_redis_format_free(&cmd);
}
