
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_HISTOGRAM_H_INCLUDED_
#define _NGX_APIGW_HISTOGRAM_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Two ways to count times, which are whole milliseconds, rounded down.
 *
 * Fine: a bucket for each millisecond below 64, then 32 for each doubling, so
 * that a quantile is at most 1.6 % off; 65,536 ms and more are in the last
 * one.  Coarse: the buckets that an exposition shows.
 */

#define NGX_APIGW_HISTOGRAM_FINE    384
#define NGX_APIGW_HISTOGRAM_COARSE  14

#define NGX_APIGW_HISTOGRAM_LINEAR  64
#define NGX_APIGW_HISTOGRAM_OCTAVE  32


/* the upper bounds of coarse buckets, inclusive, in ms; the last one has none
   and is (uint32_t) -1 */
extern const uint32_t  ngx_apigw_histogram_bounds[NGX_APIGW_HISTOGRAM_COARSE];


/*
 * The quantile, in ms, of so many counts; per_mille is 1 to 1000 (500 is the
 * median).  0 where nothing was counted.  In a fine histogram it is the middle
 * of the bucket, in a coarse one it is interpolated.
 */
uint32_t ngx_apigw_histogram_fine(const uint64_t *counts,
    ngx_uint_t per_mille);
uint32_t ngx_apigw_histogram_coarse(const uint64_t *counts,
    ngx_uint_t per_mille);


static ngx_inline ngx_uint_t
ngx_apigw_histogram_fine_index(uint64_t ms)
{
    ngx_uint_t  octave;

    if (ms < NGX_APIGW_HISTOGRAM_LINEAR) {
        return ms;
    }

    octave = 63 - __builtin_clzll(ms);      /* 6: 64 to 127 */

    if (octave > 15) {
        return NGX_APIGW_HISTOGRAM_FINE - 1;
    }

    /* the five bits behind the first one */

    return NGX_APIGW_HISTOGRAM_LINEAR
           + (octave - 6) * NGX_APIGW_HISTOGRAM_OCTAVE
           + ((ms >> (octave - 5)) & (NGX_APIGW_HISTOGRAM_OCTAVE - 1));
}


/* between two powers of 2 there is at most one bound */

static ngx_inline ngx_uint_t
ngx_apigw_histogram_coarse_index(uint64_t ms)
{
    ngx_uint_t  i;

    static const u_char  first[] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 11, 12
    };

    if (ms > 30000) {
        return NGX_APIGW_HISTOGRAM_COARSE - 1;
    }

    i = first[63 - __builtin_clzll(ms | 1)];

    return i + (ms > ngx_apigw_histogram_bounds[i]);
}


#endif /* _NGX_APIGW_HISTOGRAM_H_INCLUDED_ */
