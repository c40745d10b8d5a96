
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meters_int.h"


#define NGX_APIGW_METERS_FIELDS  4


static void ngx_apigw_meters_read_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_meters_read_take(ngx_apigw_meters_read_t *read,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_meters_read_number(uint64_t *n,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_meters_read_own(uint64_t *reported,
    ngx_apigw_redis_reply_t *reply);


ngx_int_t
ngx_apigw_meters_read(ngx_apigw_meters_t *meters, uint32_t n,
    ngx_apigw_meters_read_t *read)
{
    u_char     key[NGX_APIGW_METERS_KEY_MAX], *last;
    u_char     own[sizeof("gw:") - 1 + NGX_APIGW_METERS_HEX];
    ngx_str_t  argv[NGX_APIGW_METERS_FIELDS + 2];

    read->meters = meters;
    read->n = n;

    if (meters->redis == NULL) {
        ngx_apigw_meter_read(ngx_apigw_meters_meter(meters, n), read->month,
                             &read->counts);
        return NGX_OK;
    }

    last = ngx_apigw_meters_key(key, key + NGX_APIGW_METERS_KEY_MAX,
                                &meters->elts[n], read->month);
    if (last == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(own, "gw:", sizeof("gw:") - 1);
    ngx_memcpy(own + sizeof("gw:") - 1, meters->gateway, NGX_APIGW_METERS_HEX);

    ngx_str_set(&argv[0], "HMGET");
    argv[1].data = key;
    argv[1].len = last - key;
    ngx_str_set(&argv[2], "requests");
    ngx_str_set(&argv[3], "increments");
    ngx_str_set(&argv[4], "bytes");
    argv[5].data = own;
    argv[5].len = sizeof(own);

    read->cmd.handler = ngx_apigw_meters_read_handler;
    read->cmd.data = read;

    if (ngx_apigw_redis_command(meters->redis, &read->cmd,
                                NGX_APIGW_METERS_FIELDS + 2, argv, &argv[1])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


void
ngx_apigw_meters_read_cancel(ngx_apigw_meters_read_t *read)
{
    ngx_apigw_redis_cancel(&read->cmd);
}


static void
ngx_apigw_meters_read_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_int_t                 rc;
    ngx_apigw_meters_read_t  *read;

    read = cmd->data;

    rc = reply ? ngx_apigw_meters_read_take(read, reply) : NGX_ERROR;

    read->handler(read, rc);
}


/* what is here and has not been reported comes on top */

static ngx_int_t
ngx_apigw_meters_read_take(ngx_apigw_meters_read_t *read,
    ngx_apigw_redis_reply_t *reply)
{
    uint64_t                  n[3], reported[3], local[3];
    ngx_uint_t                i;
    ngx_apigw_meter_counts_t  counts;

    if (reply->type != NGX_APIGW_REDIS_ARRAY
        || reply->nelts != NGX_APIGW_METERS_FIELDS
        || ngx_apigw_meters_read_own(reported, &reply->elts[3]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_apigw_meter_read(ngx_apigw_meters_meter(read->meters, read->n),
                         read->month, &counts);

    local[0] = counts.requests;
    local[1] = counts.increments;
    local[2] = counts.bytes;

    for (i = 0; i < 3; i++) {

        if (ngx_apigw_meters_read_number(&n[i], &reply->elts[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        n[i] += local[i] - ngx_min(local[i], reported[i]);
    }

    read->counts.requests = n[0];
    read->counts.increments = n[1];
    read->counts.bytes = n[2];

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_meters_read_number(uint64_t *n, ngx_apigw_redis_reply_t *reply)
{
    off_t  value;

    *n = 0;

    if (reply->type == NGX_APIGW_REDIS_NIL) {
        return NGX_OK;
    }

    value = (reply->type == NGX_APIGW_REDIS_STRING)
            ? ngx_atoof(reply->str.data, reply->str.len) : NGX_ERROR;

    if (value == NGX_ERROR) {
        return NGX_ERROR;
    }

    *n = (uint64_t) value;

    return NGX_OK;
}


/* life, requests, increments, bytes */

static ngx_int_t
ngx_apigw_meters_read_own(uint64_t *reported, ngx_apigw_redis_reply_t *reply)
{
    off_t        value;
    u_char      *p, *last, *end;
    ngx_uint_t   i;

    ngx_memzero(reported, 3 * sizeof(uint64_t));

    if (reply->type == NGX_APIGW_REDIS_NIL) {
        return NGX_OK;
    }

    if (reply->type != NGX_APIGW_REDIS_STRING) {
        return NGX_ERROR;
    }

    p = reply->str.data;
    last = p + reply->str.len;

    for (i = 0; i < 4; i++) {
        end = ngx_strlchr(p, last, ' ');

        if (end == NULL) {
            end = last;
        }

        value = ngx_atoof(p, end - p);

        if (value == NGX_ERROR || (end == last) != (i == 3)) {
            return NGX_ERROR;
        }

        if (i) {
            reported[i - 1] = (uint64_t) value;
        }

        p = end + 1;
    }

    return NGX_OK;
}
