
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meters_int.h"


/* months that can be read, with the current one: Redis's expire after 400
   days */
#define NGX_APIGW_METERS_KEPT  13


static void ngx_apigw_meters_cleanup(void *data);
static ngx_int_t ngx_apigw_meters_room(ngx_apigw_meters_t *meters,
    ngx_log_t *log);


ngx_apigw_meters_t *
ngx_apigw_meters_create(ngx_conf_t *cf, ngx_apigw_zone_t *zone,
    ngx_apigw_redis_t *redis)
{
    ngx_pool_cleanup_t  *cln;
    ngx_apigw_meters_t  *meters;

    meters = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_meters_t));
    if (meters == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_meters_cleanup;
    cln->data = meters;

    meters->zone = zone;
    meters->redis = redis;

    if (redis) {
        ngx_apigw_meters_redis_init();
    }

    return meters;
}


static void
ngx_apigw_meters_cleanup(void *data)
{
    ngx_apigw_meters_t *meters = data;

    ngx_apigw_meters_exit_worker(meters);

    if (meters->elts) {
        ngx_free(meters->elts);
        meters->elts = NULL;
    }
}


uint32_t
ngx_apigw_meters_add(ngx_apigw_meters_t *meters, ngx_str_t *plan,
    ngx_str_t *key, ngx_log_t *log)
{
    u_char                   meaning[1024], *p;
    ngx_apigw_meters_elt_t  *elt;

    if (ngx_apigw_meters_room(meters, log) != NGX_OK) {
        return NGX_APIGW_CELL_NONE;
    }

    if (sizeof("meter") + plan->len + 1 + key->len > sizeof(meaning)
        || (meters->redis
            && NGX_APIGW_METERS_KEY_LEN + 3 * (plan->len + key->len)
               > NGX_APIGW_METERS_KEY_MAX))
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the name of the usage plan \"%V\" is too long", plan);
        return NGX_APIGW_CELL_NONE;
    }

    p = ngx_cpymem(meaning, "meter", sizeof("meter"));
    p = ngx_cpymem(p, plan->data, plan->len);
    *p++ = '\0';
    p = ngx_cpymem(p, key->data, key->len);

    elt = &meters->elts[meters->nelts];

    elt->plan = plan;
    elt->key = key->data;
    elt->key_len = (uint32_t) key->len;
    elt->record = ngx_apigw_zone_claim_quota(meters->zone, meaning,
                                             p - meaning);

    if (elt->record == NGX_APIGW_CELL_NONE) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"apigw_zone\" is too small for the quotas and the "
                      "meters: it has room for %uz", meters->zone->maxquotas);
        return NGX_APIGW_CELL_NONE;
    }

    ngx_apigw_meter_begin(ngx_apigw_meters_meter(meters,
                                                 (uint32_t) meters->nelts));

    return (uint32_t) meters->nelts++;
}


static ngx_int_t
ngx_apigw_meters_room(ngx_apigw_meters_t *meters, ngx_log_t *log)
{
    size_t                   n;
    ngx_apigw_meters_elt_t  *elts;

    if (meters->nelts < meters->nalloc) {
        return NGX_OK;
    }

    n = meters->nalloc ? 2 * meters->nalloc : 64;

    elts = ngx_alloc(n * sizeof(ngx_apigw_meters_elt_t), log);
    if (elts == NULL) {
        return NGX_ERROR;
    }

    if (meters->elts) {
        ngx_memcpy(elts, meters->elts,
                   meters->nelts * sizeof(ngx_apigw_meters_elt_t));
        ngx_free(meters->elts);
    }

    meters->elts = elts;
    meters->nalloc = n;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_meters_init_worker(ngx_apigw_meters_t *meters, ngx_cycle_t *cycle)
{
    meters->log = cycle->log;
    meters->day = -1;

    return meters->redis ? ngx_apigw_meters_report_init(meters, cycle)
                         : NGX_OK;
}


void
ngx_apigw_meters_exit_worker(ngx_apigw_meters_t *meters)
{
    if (meters->redis) {
        ngx_apigw_meters_report_exit(meters);
    }
}


void
ngx_apigw_meters_count(ngx_apigw_meters_t *meters, uint32_t n,
    uint64_t increments, uint64_t bytes)
{
    time_t  day;

    day = ngx_time() / 86400;

    if (day != meters->day) {
        meters->day = day;
        meters->month = ngx_apigw_meters_month();
    }

    ngx_apigw_meter_add(ngx_apigw_meters_meter(meters, n), meters->month,
                        increments, bytes);

    ngx_apigw_meters_touch(meters, n);
}


uint32_t
ngx_apigw_meters_month(void)
{
    return ngx_apigw_month_of((uint32_t) (ngx_time() / 86400));
}


uint32_t
ngx_apigw_meters_oldest(ngx_apigw_meters_t *meters)
{
    uint32_t  month, kept;

    month = ngx_apigw_meters_month();
    kept = meters->redis ? NGX_APIGW_METERS_KEPT : NGX_APIGW_METER_MONTHS;

    return (month < kept) ? 0 : month - kept + 1;
}
