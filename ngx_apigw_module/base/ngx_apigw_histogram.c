
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_histogram.h"


static uint64_t ngx_apigw_histogram_rank(const uint64_t *counts, ngx_uint_t n,
    ngx_uint_t per_mille);
static ngx_uint_t ngx_apigw_histogram_find(const uint64_t *counts,
    ngx_uint_t n, uint64_t *rank);


const uint32_t  ngx_apigw_histogram_bounds[NGX_APIGW_HISTOGRAM_COARSE] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000, 30000,
    (uint32_t) -1
};


uint32_t
ngx_apigw_histogram_fine(const uint64_t *counts, ngx_uint_t per_mille)
{
    uint32_t    width;
    uint64_t    rank;
    ngx_uint_t  i;

    rank = ngx_apigw_histogram_rank(counts, NGX_APIGW_HISTOGRAM_FINE,
                                    per_mille);
    if (rank == 0) {
        return 0;
    }

    i = ngx_apigw_histogram_find(counts, NGX_APIGW_HISTOGRAM_FINE, &rank);

    if (i < NGX_APIGW_HISTOGRAM_LINEAR) {
        return (uint32_t) i;
    }

    i -= NGX_APIGW_HISTOGRAM_LINEAR;
    width = 2u << (i / NGX_APIGW_HISTOGRAM_OCTAVE);
    i = NGX_APIGW_HISTOGRAM_OCTAVE + i % NGX_APIGW_HISTOGRAM_OCTAVE;

    return (uint32_t) i * width + width / 2;
}


/* What has no bound is as high as the last bound. */

uint32_t
ngx_apigw_histogram_coarse(const uint64_t *counts, ngx_uint_t per_mille)
{
    double      part;
    uint32_t    from, to;
    uint64_t    rank;
    ngx_uint_t  i;

    rank = ngx_apigw_histogram_rank(counts, NGX_APIGW_HISTOGRAM_COARSE,
                                    per_mille);
    if (rank == 0) {
        return 0;
    }

    i = ngx_apigw_histogram_find(counts, NGX_APIGW_HISTOGRAM_COARSE, &rank);

    if (i == NGX_APIGW_HISTOGRAM_COARSE - 1) {
        return ngx_apigw_histogram_bounds[i - 1];
    }

    from = i ? ngx_apigw_histogram_bounds[i - 1] : 0;
    to = ngx_apigw_histogram_bounds[i];
    part = (double) rank / (double) counts[i];

    return from + (uint32_t) ((to - from) * part + 0.5);
}


/* which one it is of all in their order, from 1; 0: there is none */

static uint64_t
ngx_apigw_histogram_rank(const uint64_t *counts, ngx_uint_t n,
    ngx_uint_t per_mille)
{
    uint64_t    sum;
    ngx_uint_t  i;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += counts[i];
    }

    return sum / 1000 * per_mille + (sum % 1000 * per_mille + 999) / 1000;
}


/* its bucket; rank is what it is in there, 1 to the bucket's count */

static ngx_uint_t
ngx_apigw_histogram_find(const uint64_t *counts, ngx_uint_t n, uint64_t *rank)
{
    ngx_uint_t  i;

    for (i = 0; i < n - 1; i++) {

        if (*rank <= counts[i]) {
            break;
        }

        *rank -= counts[i];
    }

    return i;
}
