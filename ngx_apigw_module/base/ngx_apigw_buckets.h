
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_BUCKETS_H_INCLUDED_
#define _NGX_APIGW_BUCKETS_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_gcra.h"


/*
 * Token buckets for keys that clients choose (addresses, claims): a set-
 * associative table in memory that processes share, without locks.
 *
 * An entry is one word: a 20-bit tag of the key's hash above a 44-bit time,
 * the tat in microseconds modulo 2^44 (203 days), so that both change in one
 * compare-and-swap.  An entry whose time has passed says no more than no
 * entry, so it may be reused; a live one is never evicted.  An entry of 0 is
 * free, and tags are never 0.  Two keys of one set share an entry when their
 * tags are equal: 1 in 2^20.
 *
 * Intervals are rounded to whole microseconds here; a limit whose interval is
 * below 1000 (ngx_apigw_gcra_rate() makes none but 0) or whose capacity
 * exceeds NGX_APIGW_BUCKETS_MAX must not be used.
 */

#define NGX_APIGW_BUCKETS_WAYS  8                     /* a cache line */
#define NGX_APIGW_BUCKETS_MAX                                                \
    (((uint64_t) 1 << 42) * 1000)                     /* ns, 50 days */


typedef struct {
    ngx_atomic_t           *words;       /* nsets * WAYS, cache aligned */
    uint64_t                nsets;       /* any number > 0 */
} ngx_apigw_buckets_t;


/*
 * Takes one token of the key with this 64-bit (seeded) hash.  Exact: however
 * many processes meet a key for the first time at one moment, they share one
 * entry.
 *
 *     NGX_OK        admitted
 *     NGX_BUSY      refused
 *     NGX_DECLINED  the set is full of live entries of other keys, nothing
 *                   was taken; state is not set
 */
ngx_int_t ngx_apigw_buckets_take(ngx_apigw_buckets_t *buckets,
    ngx_apigw_gcra_t *limit, uint64_t hash, uint64_t now,
    ngx_apigw_gcra_state_t *state);


/*
 * Gives one token back, at once (see ngx_apigw_gcra_refund()); does nothing
 * where the entry is gone.
 */
void ngx_apigw_buckets_refund(ngx_apigw_buckets_t *buckets,
    ngx_apigw_gcra_t *limit, uint64_t hash, uint64_t now);


/*
 * Frees the entries of n sets, beginning with the set from, whose time has
 * passed; returns the number of live ones.  Times repeat: an entry that nobody
 * has touched for 101 days would come to life again, so the owner sweeps the
 * whole table more often than that.
 */
uint64_t ngx_apigw_buckets_sweep(ngx_apigw_buckets_t *buckets, uint64_t from,
    uint64_t n, uint64_t now);


#endif /* _NGX_APIGW_BUCKETS_H_INCLUDED_ */
