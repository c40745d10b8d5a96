
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"


#define NGX_APIGW_LEASE_USAGE_DAYS  60   /* in one command */


static ngx_int_t ngx_apigw_lease_usage_ask(ngx_apigw_lease_usage_t *usage);
static void ngx_apigw_lease_usage_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_lease_usage_take(ngx_apigw_lease_usage_t *usage,
    ngx_apigw_redis_reply_t *reply);


ngx_int_t
ngx_apigw_lease_usage(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_usage_t *usage)
{
    uint32_t            i;
    ngx_apigw_quota_t  *q;

    usage->leases = leases;
    usage->n = n;
    usage->done = 0;

    if (leases->redis) {
        return ngx_apigw_lease_usage_ask(usage);
    }

    q = ngx_apigw_lease_quota(leases, n);

    for (i = 0; i < usage->ndays; i++) {
        usage->counts[i] = ngx_apigw_quota_on(q, usage->day + i);
    }

    return NGX_OK;
}


void
ngx_apigw_lease_usage_cancel(ngx_apigw_lease_usage_t *usage)
{
    ngx_apigw_redis_cancel(&usage->cmd);
}


static ngx_int_t
ngx_apigw_lease_usage_ask(ngx_apigw_lease_usage_t *usage)
{
    u_char     key[NGX_APIGW_LEASE_KEY_MAX],
               dates[NGX_APIGW_LEASE_USAGE_DAYS][NGX_APIGW_DATE_LEN], *last;
    uint32_t   i, n;
    ngx_str_t  argv[NGX_APIGW_LEASE_USAGE_DAYS + 2];

    last = ngx_apigw_lease_redis_key(key, key + NGX_APIGW_LEASE_KEY_MAX,
                                     &usage->leases->elts[usage->n]);
    if (last == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "HMGET");
    argv[1].data = key;
    argv[1].len = last - key;

    n = ngx_min(usage->ndays - usage->done, NGX_APIGW_LEASE_USAGE_DAYS);

    for (i = 0; i < n; i++) {
        (void) ngx_apigw_date_print(dates[i], usage->day + usage->done + i);

        argv[i + 2].data = dates[i];
        argv[i + 2].len = NGX_APIGW_DATE_LEN;
    }

    usage->cmd.handler = ngx_apigw_lease_usage_handler;
    usage->cmd.data = usage;

    if (ngx_apigw_redis_command(usage->leases->redis, &usage->cmd, n + 2,
                                argv, &argv[1])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_apigw_lease_usage_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_apigw_lease_usage_t  *usage;

    usage = cmd->data;

    if (reply == NULL
        || ngx_apigw_lease_usage_take(usage, reply) != NGX_OK)
    {
        usage->handler(usage, NGX_ERROR);
        return;
    }

    if (usage->done == usage->ndays) {
        usage->handler(usage, NGX_OK);
        return;
    }

    if (ngx_apigw_lease_usage_ask(usage) != NGX_AGAIN) {
        usage->handler(usage, NGX_ERROR);
    }
}


static ngx_int_t
ngx_apigw_lease_usage_take(ngx_apigw_lease_usage_t *usage,
    ngx_apigw_redis_reply_t *reply)
{
    off_t                     count;
    ngx_uint_t                i;
    ngx_apigw_redis_reply_t  *elt;

    if (reply->type != NGX_APIGW_REDIS_ARRAY
        || reply->nelts != ngx_min(usage->ndays - usage->done,
                                   NGX_APIGW_LEASE_USAGE_DAYS))
    {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->nelts; i++) {
        elt = &reply->elts[i];
        count = 0;

        if (elt->type != NGX_APIGW_REDIS_NIL) {
            count = (elt->type == NGX_APIGW_REDIS_STRING)
                    ? ngx_atoof(elt->str.data, elt->str.len) : NGX_ERROR;
        }

        if (count == NGX_ERROR) {
            return NGX_ERROR;
        }

        usage->counts[usage->done++] = (uint64_t) count;
    }

    return NGX_OK;
}
