
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"
#include "ngx_apigw_digest.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_LEASE_RECALL   "apigw:1:recall:gw:"
#define NGX_APIGW_LEASE_LOST     2000    /* ms for all gateways to report */
#define NGX_APIGW_LEASE_EPOCH    16      /* hex digits */


static ngx_int_t ngx_apigw_lease_recall_numbers(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle);
static void ngx_apigw_lease_recall_handler(void *data, ngx_str_t *payload);
static void ngx_apigw_lease_connected(void *data);
static ngx_int_t ngx_apigw_lease_epoch_ask(ngx_apigw_leases_t *leases);
static void ngx_apigw_lease_epoch_set_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static void ngx_apigw_lease_epoch_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static void ngx_apigw_lease_replay(ngx_apigw_leases_t *leases);


static ngx_str_t  ngx_apigw_lease_epoch_key = ngx_string("apigw:1:epoch");


ngx_int_t
ngx_apigw_lease_redis_init_worker(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle)
{
    (void) ngx_hex_dump(leases->gateway, leases->zone->gateway,
                        NGX_APIGW_LEASE_HEX / 2);

    ngx_apigw_redis_on_connect(leases->redis, ngx_apigw_lease_connected,
                               leases);

    if (ngx_worker != 0) {
        return NGX_OK;
    }

    return ngx_apigw_lease_recall_numbers(leases, cycle);
}


/* one worker hears of recalls */

static ngx_int_t
ngx_apigw_lease_recall_numbers(ngx_apigw_leases_t *leases, ngx_cycle_t *cycle)
{
    u_char      *p;
    ngx_uint_t   i;

    leases->nrecords = ngx_apigw_zone_nquotas(leases->zone);

    leases->numbers = ngx_pcalloc(cycle->pool, (leases->nrecords + 1)
                                               * sizeof(uint32_t));
    if (leases->numbers == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < leases->nelts; i++) {
        leases->numbers[leases->elts[i].record] = i + 1;
    }

    leases->channel.len = sizeof(NGX_APIGW_LEASE_RECALL) - 1
                          + NGX_APIGW_LEASE_HEX;

    leases->channel.data = ngx_pnalloc(cycle->pool, leases->channel.len);
    if (leases->channel.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(leases->channel.data, NGX_APIGW_LEASE_RECALL,
                   sizeof(NGX_APIGW_LEASE_RECALL) - 1);
    ngx_memcpy(p, leases->gateway, NGX_APIGW_LEASE_HEX);

    return ngx_apigw_redis_subscribe(leases->redis, &leases->channel,
                                     ngx_apigw_lease_recall_handler, leases);
}


/* the payload is the record's number, as our own claim has told it */

static void
ngx_apigw_lease_recall_handler(void *data, ngx_str_t *payload)
{
    ngx_apigw_leases_t *leases = data;

    uint32_t   n;
    ngx_int_t  record;

    record = ngx_atoi(payload->data, payload->len);

    if (record == NGX_ERROR || (ngx_uint_t) record >= leases->nrecords) {
        return;
    }

    n = leases->numbers[record];

    if (n) {
        (void) ngx_apigw_lease_claim(leases, n - 1, 0, 1);
    }
}


static void
ngx_apigw_lease_connected(void *data)
{
    ngx_apigw_leases_t *leases = data;

    leases->known = 0;

    (void) ngx_apigw_lease_epoch_ask(leases);
}


/* In a cluster the node that has the epoch is one of many. */

ngx_int_t
ngx_apigw_lease_epoch(ngx_apigw_leases_t *leases)
{
    if (!ngx_apigw_redis_up(leases->redis)) {
        leases->known = 0;
    }

    if (leases->known || leases->cluster) {
        return NGX_OK;
    }

    if (leases->epoch.entry) {
        return NGX_AGAIN;
    }

    return (ngx_apigw_lease_epoch_ask(leases) == NGX_OK) ? NGX_AGAIN
                                                         : NGX_BUSY;
}


/*
 * Whether Redis still has what it had: its epoch is a random number that
 * is gone when its data are.
 */

static ngx_int_t
ngx_apigw_lease_epoch_ask(ngx_apigw_leases_t *leases)
{
    u_char     random[NGX_APIGW_LEASE_EPOCH / 2],
               hex[NGX_APIGW_LEASE_EPOCH];
    ngx_str_t  argv[4];

    if (ngx_apigw_random(random, NGX_APIGW_LEASE_EPOCH / 2) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(hex, random, NGX_APIGW_LEASE_EPOCH / 2);

    ngx_apigw_redis_cancel(&leases->epoch_set);
    ngx_apigw_redis_cancel(&leases->epoch);

    leases->epoch_set.handler = ngx_apigw_lease_epoch_set_handler;
    leases->epoch_set.data = leases;
    leases->epoch.handler = ngx_apigw_lease_epoch_handler;
    leases->epoch.data = leases;

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_apigw_lease_epoch_key;
    argv[2].data = hex;
    argv[2].len = NGX_APIGW_LEASE_EPOCH;
    ngx_str_set(&argv[3], "NX");

    (void) ngx_apigw_redis_command(leases->redis, &leases->epoch_set, 4, argv,
                                   &ngx_apigw_lease_epoch_key);

    ngx_str_set(&argv[0], "GET");

    return ngx_apigw_redis_command(leases->redis, &leases->epoch, 2, argv,
                                   &ngx_apigw_lease_epoch_key);
}


static void
ngx_apigw_lease_epoch_set_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    /* void: the answer to GET counts */
}


static void
ngx_apigw_lease_epoch_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    u_char               raw[NGX_APIGW_LEASE_EPOCH / 2];
    uint64_t             epoch;
    ngx_atomic_uint_t    old;
    ngx_apigw_leases_t  *leases;

    leases = cmd->data;

    if (reply == NULL) {
        return;
    }

    leases->known = 1;

    if (reply->type != NGX_APIGW_REDIS_STRING
        || ngx_apigw_unhex(raw, NGX_APIGW_LEASE_EPOCH / 2, &reply->str)
           != NGX_OK)
    {
        return;
    }

    ngx_memcpy(&epoch, raw, sizeof(uint64_t));

    old = leases->zone->store->epoch;

    if (old && old != epoch) {
        ngx_log_error(NGX_LOG_WARN, leases->log, 0,
                      "redis has lost its data: what was used of quotas is "
                      "reported again");

        leases->zone->store->lost = ngx_current_msec + NGX_APIGW_LEASE_LOST;
    }

    (void) ngx_atomic_cmp_set(&leases->zone->store->epoch, old, epoch);

    if (ngx_current_msec < leases->zone->store->lost) {
        ngx_apigw_lease_replay(leases);
    }
}


/* makes every lease that the store has to know of look unreported */

static void
ngx_apigw_lease_replay(ngx_apigw_leases_t *leases)
{
    ngx_uint_t                i;
    ngx_apigw_quota_t        *q;
    ngx_apigw_quota_state_t   state;

    for (i = 0; i < leases->nelts; i++) {
        q = ngx_apigw_lease_quota(leases, i);

        ngx_apigw_quota_read(q, &state);

        if (state.left || state.spent > ngx_apigw_quota_value(q->base)) {
            q->mark = (uint32_t) state.spent + 1;
            ngx_apigw_lease_touch(leases, i);
        }
    }
}
