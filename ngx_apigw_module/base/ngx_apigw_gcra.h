
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_GCRA_H_INCLUDED_
#define _NGX_APIGW_GCRA_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * A token bucket as GCRA: the whole state of a bucket is one 64-bit word, its
 * theoretical arrival time (tat), the instant at which the bucket is full.
 * Times are nanoseconds of a monotonic clock, below 2^63; a word of 0 is a
 * full bucket.
 */

typedef struct {
    uint64_t                interval;    /* ns a token takes; 0: never any */
    uint64_t                capacity;    /* ns: burst * interval */
    uint64_t                burst;       /* tokens a full bucket holds */
} ngx_apigw_gcra_t;


typedef struct {
    uint64_t                remaining;   /* tokens left, after this decision */
    uint64_t                retry;       /* ns until a token, 0: at once */
    uint64_t                reset;       /* ns until the bucket is full */
} ngx_apigw_gcra_state_t;


/* the longest time a bucket may take to fill */
#define NGX_APIGW_GCRA_MAX  ((uint64_t) 1 << 61)     /* ns, 73 years */

/* what retry and reset are where no token ever comes */
#define NGX_APIGW_GCRA_NEVER  ((uint64_t) -1)

/*
 * Processes read the clock before they decide, so that one may see a tat which
 * another made at a later time.  A tat is beyond its limit only where it is
 * further away than that explains.
 */
#define NGX_APIGW_GCRA_SLACK  ((uint64_t) 1000000000)          /* ns, 1 s */


/*
 * Parses a rate: "10r/s", "0.5r/s", "30r/m"; up to six decimals, 0 to
 * 1000000r/s.  The interval is rounded to the nearest nanosecond.
 *
 *     NGX_OK     limit->interval is set (0 for a rate of 0)
 *     NGX_ERROR  invalid rate
 */
ngx_int_t ngx_apigw_gcra_rate(ngx_str_t *value, ngx_apigw_gcra_t *limit);


/*
 * Sets burst and capacity; the interval must be set.  A burst of 0 admits
 * nothing.
 *
 *     NGX_OK     limit is complete
 *     NGX_ERROR  the bucket would take longer than NGX_APIGW_GCRA_MAX to fill
 */
ngx_int_t ngx_apigw_gcra_burst(ngx_apigw_gcra_t *limit, uint64_t burst);


/*
 * The step itself: what becomes of tat when one token is taken at now.  A tat
 * that lies more than NGX_APIGW_GCRA_SLACK further away than this limit allows
 * (the limit was changed) is brought to now + capacity, an empty bucket.
 *
 *     NGX_OK    admitted
 *     NGX_BUSY  refused
 *
 * In both cases next and state are set.  Where it refuses, next is tat itself
 * unless tat had to be brought nearer: that has to be stored, too.
 */
ngx_int_t ngx_apigw_gcra_step(ngx_apigw_gcra_t *limit, uint64_t tat,
    uint64_t now, uint64_t *next, ngx_apigw_gcra_state_t *state);


/*
 * Takes one token from a word that many processes share: one step by
 * compare-and-swap, repeated until it holds.
 *
 *     NGX_OK    admitted
 *     NGX_BUSY  refused; the word is as it was, or brought nearer as above
 */
ngx_int_t ngx_apigw_gcra_take(ngx_apigw_gcra_t *limit, ngx_atomic_t *tat,
    uint64_t now, ngx_apigw_gcra_state_t *state);


/*
 * Gives one token back that a later limit of the same request refused; at
 * once: a token given back after the bucket has filled is one too many.
 */
void ngx_apigw_gcra_refund(ngx_apigw_gcra_t *limit, ngx_atomic_t *tat);


#endif /* _NGX_APIGW_GCRA_H_INCLUDED_ */
