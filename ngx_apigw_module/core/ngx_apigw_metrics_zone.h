
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METRICS_ZONE_H_INCLUDED_
#define _NGX_APIGW_METRICS_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_metrics.h"
#include "ngx_apigw_zone.h"


/*
 * The shared memory zone "apigw_metrics".  Its size is what the configuration
 * needs when nginx starts, and as much again; it stays until nginx is stopped:
 * series that a reload adds beyond it are not counted, and a warning says so.
 */

typedef struct ngx_apigw_metrics_zone_s  ngx_apigw_metrics_zone_t;


/* claims its series: NGX_OK, NGX_ERROR (logged) */
typedef ngx_int_t (*ngx_apigw_metrics_claim_pt)(
    ngx_apigw_metrics_zone_t *zone, void *data, ngx_log_t *log);

/* called in each worker each second, to add what others have counted */
typedef void (*ngx_apigw_metrics_collect_pt)(ngx_apigw_metrics_zone_t *zone,
    void *data);


struct ngx_apigw_metrics_zone_s {
    ngx_apigw_metrics_t            metrics;
    ngx_apigw_zone_t              *zone;     /* of the same configuration */

    ngx_apigw_metrics_size_t       needed;   /* of this configuration */
    size_t                         size;     /* as configured; 0: as needed */
    ngx_uint_t                     missed;   /* series without room */

    ngx_apigw_metrics_claim_pt     claim;
    ngx_apigw_metrics_collect_pt   collect;
    void                          *data;

    ngx_event_t                    event;    /* each second */
    ngx_event_t                    sampler;

    ngx_cycle_t                   *cycle;    /* private, as what follows */
    ngx_shm_zone_t                *shm_zone;
    ngx_apigw_metrics_size_t       layout;   /* of a new zone */
};


/*
 * Declares the zone for the configuration being read.  needed.room says how
 * many series there are of each kind; size: bytes, 0: what is needed.  NULL:
 * no memory.
 *
 * How many workers there will be is known only when all has been read: that a
 * size is too small, or is not that in use, is an error when the zone "apigw"
 * is opened, which comes first.
 */
ngx_apigw_metrics_zone_t *ngx_apigw_metrics_zone_add(ngx_conf_t *cf,
    ngx_apigw_zone_t *zone, size_t size, ngx_apigw_metrics_size_t *needed,
    void *tag);

/* For claimers: NGX_APIGW_METRICS_NONE: counted in missed. */
uint32_t ngx_apigw_metrics_zone_claim(ngx_apigw_metrics_zone_t *zone,
    ngx_uint_t kind, const u_char *meaning, size_t len);

/* A worker's part: takes a slot, begins the timers; gives the slot back. */
void ngx_apigw_metrics_zone_enter(ngx_apigw_metrics_zone_t *zone,
    ngx_log_t *log);
void ngx_apigw_metrics_zone_leave(ngx_apigw_metrics_zone_t *zone);

/* 1 where there is such a process; for ngx_apigw_metrics_enter() */
ngx_uint_t ngx_apigw_metrics_zone_alive(ngx_uint_t pid);

/* the step that is current, by the clock */
uint32_t ngx_apigw_metrics_zone_step(void);


#endif /* _NGX_APIGW_METRICS_ZONE_H_INCLUDED_ */
