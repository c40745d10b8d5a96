
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METER_H_INCLUDED_
#define _NGX_APIGW_METER_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * What a key has used of a plan that has prices, by month (since 1970-01): for
 * bills.  It is a record of the table of quotas under another meaning, in
 * memory that all workers share; there are no locks, and whoever is killed
 * between two instructions leaves it usable.
 *
 * A word is month:8 value:56, so that one CAS begins a new month.  requests is
 * added to last: no report has a request without its bytes.
 */

#define NGX_APIGW_METER_MONTHS  6

/* more than any limit of a quota, in whose place it is */
#define NGX_APIGW_METER_KIND    0x726574656d776761ULL     /* "agwmeter" */


typedef struct {
    ngx_atomic_t         requests;
    ngx_atomic_t         increments;     /* requests, by their sizes */
    ngx_atomic_t         bytes;          /* sent */
    ngx_atomic_t         reported;       /* requests, as the store has them */
} ngx_apigw_meter_month_t;


typedef struct {
    uint64_t                 id[2];      /* as of a quota */
    ngx_atomic_t             generation;
    ngx_apigw_meter_month_t  first[2];
    ngx_atomic_t             kind;       /* NGX_APIGW_METER_KIND */
    ngx_atomic_t             life;       /* one more whenever counts may be
                                            less than what was reported */
    ngx_atomic_t             asked;      /* ms, when it was reported */
    ngx_atomic_t             check;      /* as of a quota */
    ngx_apigw_meter_month_t  more[NGX_APIGW_METER_MONTHS - 2];
    ngx_atomic_t             unused;
} ngx_apigw_meter_t;


typedef struct {
    uint64_t             requests;
    uint64_t             increments;
    uint64_t             bytes;
} ngx_apigw_meter_counts_t;


/* Makes a record that was claimed a meter; one that is none begins anew. */
void ngx_apigw_meter_begin(ngx_apigw_meter_t *m);

/* Counts a request. */
void ngx_apigw_meter_add(ngx_apigw_meter_t *m, uint32_t month,
    uint64_t increments, uint64_t bytes);

/*
 * How many requests one counts for: each size bytes of its payload, or a part
 * of them, is one; so is a request without a payload.  Size 0: always one.
 */
uint64_t ngx_apigw_meter_increments(uint64_t payload, uint64_t size);

/* all 0 where nothing is known of the month */
void ngx_apigw_meter_read(ngx_apigw_meter_t *m, uint32_t month,
    ngx_apigw_meter_counts_t *counts);

/*
 * The counts of place i, below NGX_APIGW_METER_MONTHS, and their month, which
 * is near the current one.
 *
 *     NGX_OK        they are to be reported
 *     NGX_DONE      they have been reported
 *     NGX_DECLINED  nothing was counted
 */
ngx_int_t ngx_apigw_meter_look(ngx_apigw_meter_t *m, ngx_uint_t i,
    uint32_t current, uint32_t *month, ngx_apigw_meter_counts_t *counts);

/* So many requests of the month have been reported. */
void ngx_apigw_meter_reported(ngx_apigw_meter_t *m, uint32_t month,
    uint64_t requests);

/*
 * The store has more than what was counted, under a life up to this one: a new
 * life begins, and all months are to be reported.
 */
void ngx_apigw_meter_renew(ngx_apigw_meter_t *m, uint64_t life);

/*
 * After the machine has started anew; closed: counts are what they were.
 */
void ngx_apigw_meter_repair(ngx_apigw_meter_t *m, ngx_uint_t closed);


static ngx_inline ngx_uint_t
ngx_apigw_meter_is(ngx_apigw_meter_t *m)
{
    return m->kind == NGX_APIGW_METER_KIND;
}


#endif /* _NGX_APIGW_METER_H_INCLUDED_ */
