
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METERS_INT_H_INCLUDED_
#define _NGX_APIGW_METERS_INT_H_INCLUDED_


#include "ngx_apigw_meters.h"


/*
 * Each worker reports the meters that it has counted by, and at its start
 * those that somebody before it has left.  A report has absolute values: it
 * may come twice or late, and from any worker.
 */

#define NGX_APIGW_METERS_HEX      32     /* of the gateway's id */
#define NGX_APIGW_METERS_KEY_MAX  1024   /* escaped */
#define NGX_APIGW_METERS_KEY_LEN                                             \
    (sizeof("apigw:1:meter:{/}:2026-11") - 1)


typedef struct {
    ngx_str_t                 *plan;
    u_char                    *key;
    uint32_t                   key_len;
    uint32_t                   record;       /* of the zone */
} ngx_apigw_meters_elt_t;


struct ngx_apigw_meters_s {
    ngx_apigw_zone_t          *zone;
    ngx_apigw_redis_t         *redis;

    ngx_apigw_meters_elt_t    *elts;
    ngx_uint_t                 nelts;
    ngx_uint_t                 nalloc;

    /* of one worker */

    time_t                     day;          /* whose month it is */
    uint32_t                   month;

    ngx_log_t                 *log;
    u_char                     gateway[NGX_APIGW_METERS_HEX];
    uint64_t                  *seen;         /* bits: is in active */
    uint32_t                  *active;
    ngx_uint_t                 nactive;
    ngx_uint_t                 active_alloc;
    ngx_uint_t                 turn;         /* in active */
    ngx_uint_t                 again;        /* elts from here on are reported
                                                once more */
    ngx_queue_t                reports;      /* under way */
    ngx_uint_t                 flying;
    ngx_event_t                tick;
    ngx_msec_t                 exit_until;
    unsigned                   up:1;
};


/* ngx_apigw_meters_report.c */

void ngx_apigw_meters_redis_init(void);
ngx_int_t ngx_apigw_meters_report_init(ngx_apigw_meters_t *meters,
    ngx_cycle_t *cycle);
void ngx_apigw_meters_report_exit(ngx_apigw_meters_t *meters);
void ngx_apigw_meters_touch_slow(ngx_apigw_meters_t *meters, uint32_t n);

/* the key in Redis; NULL: no room */
u_char *ngx_apigw_meters_key(u_char *p, u_char *last,
    ngx_apigw_meters_elt_t *elt, uint32_t month);

extern ngx_str_t  ngx_apigw_meters_script;


static ngx_inline ngx_apigw_meter_t *
ngx_apigw_meters_meter(ngx_apigw_meters_t *meters, uint32_t n)
{
    return (ngx_apigw_meter_t *) ngx_apigw_zone_quota(meters->zone,
                                                      meters->elts[n].record);
}


static ngx_inline void
ngx_apigw_meters_touch(ngx_apigw_meters_t *meters, uint32_t n)
{
    if (meters->seen && !(meters->seen[n >> 6] >> (n & 63) & 1)) {
        ngx_apigw_meters_touch_slow(meters, n);
    }
}


#endif /* _NGX_APIGW_METERS_INT_H_INCLUDED_ */
