
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_LEASE_H_INCLUDED_
#define _NGX_APIGW_LEASE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_period.h"
#include "ngx_apigw_quota.h"
#include "ngx_apigw_redis.h"
#include "ngx_apigw_zone.h"


/*
 * Quotas: units are leased from a store before they are spent.  The store is
 * Redis, which several gateways share, or the zone itself.
 */

#define NGX_APIGW_LEASE_CLOSED  0        /* without an answer: refuse */
#define NGX_APIGW_LEASE_OPEN    1        /* admit, and count it later */
#define NGX_APIGW_LEASE_LOCAL   2        /* admit some, and count them later */


typedef struct ngx_apigw_leases_s      ngx_apigw_leases_t;
typedef struct ngx_apigw_lease_wait_s  ngx_apigw_lease_wait_t;


/* a quota as a plan declares it; lives as long as the configuration */

typedef struct {
    ngx_str_t                  plan;         /* its name */
    uint64_t                   limit;        /* units in a period */
    ngx_apigw_period_t         period;
    ngx_uint_t                 on_error;     /* NGX_APIGW_LEASE_* */
} ngx_apigw_lease_plan_t;


/*
 * Somebody who waits for a unit; the memory is the caller's.  The handler is
 * called once, from the event loop: spend again.  cancel() forgets the wait
 * and may be called at any time, also when there is none.
 */
typedef void (*ngx_apigw_lease_wait_pt)(ngx_apigw_lease_wait_t *wait);

struct ngx_apigw_lease_wait_s {
    ngx_queue_t                queue;
    ngx_event_t                event;        /* deadline, then wake-up */
    void                      *claim;
    ngx_apigw_lease_wait_pt    handler;
    void                      *data;
    ngx_msec_t                 deadline;     /* of all waits of one request;
                                                0: none has begun */
    unsigned                   waiting:1;
    unsigned                   failed:1;     /* the store did not answer */
    unsigned                   late:1;       /* the deadline has passed */
};


/* how a request was decided */

typedef enum {
    NGX_APIGW_LEASE_EXACT = 0,               /* by the store's units */
    NGX_APIGW_LEASE_ON_ERROR_OPEN,
    NGX_APIGW_LEASE_ON_ERROR_LOCAL,
    NGX_APIGW_LEASE_ON_ERROR_CLOSED,
    NGX_APIGW_LEASE_MODES
} ngx_apigw_lease_mode_e;


/* for variables and headers; as far as this gateway knows */

typedef struct {
    uint64_t                   limit;
    uint64_t                   remaining;
    ngx_msec_t                 reset;        /* ms to the period's end */
} ngx_apigw_lease_view_t;


/*
 * One per configuration; redis may be NULL.  Lives in cf->pool.
 */
ngx_apigw_leases_t *ngx_apigw_leases_create(ngx_conf_t *cf,
    ngx_apigw_zone_t *zone, ngx_apigw_redis_t *redis);

/*
 * Enters the quota of a key in a plan, for claimers of the zone only.  Both
 * are kept by reference.  The lease's number, or NGX_APIGW_CELL_NONE: the zone
 * has no room, or there is no memory (logged).
 */
uint32_t ngx_apigw_leases_add(ngx_apigw_leases_t *leases,
    ngx_apigw_lease_plan_t *plan, ngx_str_t *key, ngx_log_t *log);

/* begins and ends a worker's part: NGX_OK, NGX_ERROR (no memory) */
ngx_int_t ngx_apigw_leases_init_worker(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle);
void ngx_apigw_leases_exit_worker(ngx_apigw_leases_t *leases);

/*
 * Spends one unit of lease n; mode is set but for NGX_AGAIN and NGX_ERROR.
 *
 *     NGX_OK        admitted
 *     NGX_DECLINED  the quota is used up
 *     NGX_BUSY      the store does not answer, and the plan says "closed", or
 *                   too many wait already
 *     NGX_AGAIN     wait->handler will be called
 *     NGX_ERROR     no memory
 *
 * wait is zeroed before the first call for a request, and kept for the next.
 * Where it is NULL nobody waits: after NGX_AGAIN call again with one.
 */
ngx_int_t ngx_apigw_lease_spend(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_wait_t *wait, ngx_uint_t *mode);

void ngx_apigw_lease_cancel(ngx_apigw_lease_wait_t *wait);

/* of this worker: whether a server is left in peace, and how many wait */
ngx_uint_t ngx_apigw_leases_broken(ngx_apigw_leases_t *leases);
ngx_uint_t ngx_apigw_leases_parked(ngx_apigw_leases_t *leases);

void ngx_apigw_lease_view(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_view_t *view);


/*
 * The units that were spent on each of ndays days from this one on, for
 * apigw_usage: counts has room for them.  The handler is called with NGX_OK or
 * with NGX_ERROR: the store did not answer; never before this returns.
 * usage is zeroed by the caller, whose memory it is; cancel() forgets it.
 *
 *     NGX_OK        done, the handler won't be called
 *     NGX_AGAIN     the handler will be called
 *     NGX_ERROR     there is no connection, or no memory
 */
typedef struct ngx_apigw_lease_usage_s  ngx_apigw_lease_usage_t;

typedef void (*ngx_apigw_lease_usage_pt)(ngx_apigw_lease_usage_t *usage,
    ngx_int_t rc);

struct ngx_apigw_lease_usage_s {
    ngx_apigw_lease_usage_pt   handler;
    void                      *data;
    uint32_t                   day;          /* the first one */
    uint32_t                   ndays;
    uint64_t                  *counts;

    ngx_apigw_leases_t        *leases;       /* private */
    uint32_t                   n;
    uint32_t                   done;
    ngx_apigw_redis_cmd_t      cmd;
};

ngx_int_t ngx_apigw_lease_usage(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_apigw_lease_usage_t *usage);
void ngx_apigw_lease_usage_cancel(ngx_apigw_lease_usage_t *usage);

/* UTC, by the clock: days since 1970-01-01 */
uint32_t ngx_apigw_lease_today(void);


#endif /* _NGX_APIGW_LEASE_H_INCLUDED_ */
