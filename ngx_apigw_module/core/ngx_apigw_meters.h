
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METERS_H_INCLUDED_
#define _NGX_APIGW_METERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_meter.h"
#include "ngx_apigw_period.h"
#include "ngx_apigw_redis.h"
#include "ngx_apigw_zone.h"


/*
 * The meters of a configuration: what keys have used of plans with prices is
 * counted in the zone, and with Redis reported there, so that gateways add up.
 */

typedef struct ngx_apigw_meters_s  ngx_apigw_meters_t;


/* One per configuration; redis may be NULL.  Lives in cf->pool. */
ngx_apigw_meters_t *ngx_apigw_meters_create(ngx_conf_t *cf,
    ngx_apigw_zone_t *zone, ngx_apigw_redis_t *redis);

/*
 * Enters the meter of a key in a plan, for claimers of the zone only.  Both
 * are kept by reference.  The meter's number, or NGX_APIGW_CELL_NONE: the zone
 * has no room, or there is no memory (logged).
 */
uint32_t ngx_apigw_meters_add(ngx_apigw_meters_t *meters, ngx_str_t *plan,
    ngx_str_t *key, ngx_log_t *log);

/* begins and ends a worker's part: NGX_OK, NGX_ERROR (no memory) */
ngx_int_t ngx_apigw_meters_init_worker(ngx_apigw_meters_t *meters,
    ngx_cycle_t *cycle);
void ngx_apigw_meters_exit_worker(ngx_apigw_meters_t *meters);

/* Counts a request by meter n. */
void ngx_apigw_meters_count(ngx_apigw_meters_t *meters, uint32_t n,
    uint64_t increments, uint64_t bytes);

/* UTC, by the clock: months since 1970-01; and the first one that is kept */
uint32_t ngx_apigw_meters_month(void);
uint32_t ngx_apigw_meters_oldest(ngx_apigw_meters_t *meters);


/*
 * The counts of a month, of all gateways: what others have not reported yet is
 * missing.  The handler is called with NGX_OK or with NGX_ERROR: the store did
 * not answer; never before this returns.  The memory is the caller's, zeroed;
 * cancel() forgets it.
 *
 *     NGX_OK        done, the handler won't be called
 *     NGX_AGAIN     the handler will be called
 *     NGX_ERROR     there is no connection, or no memory
 */
typedef struct ngx_apigw_meters_read_s  ngx_apigw_meters_read_t;

typedef void (*ngx_apigw_meters_read_pt)(ngx_apigw_meters_read_t *read,
    ngx_int_t rc);

struct ngx_apigw_meters_read_s {
    ngx_apigw_meters_read_pt   handler;
    void                      *data;
    uint32_t                   month;
    ngx_apigw_meter_counts_t   counts;

    ngx_apigw_meters_t        *meters;       /* private */
    uint32_t                   n;
    ngx_apigw_redis_cmd_t      cmd;
};

ngx_int_t ngx_apigw_meters_read(ngx_apigw_meters_t *meters, uint32_t n,
    ngx_apigw_meters_read_t *read);
void ngx_apigw_meters_read_cancel(ngx_apigw_meters_read_t *read);


#endif /* _NGX_APIGW_METERS_H_INCLUDED_ */
