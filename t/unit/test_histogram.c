
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdlib.h>

#include "ngx_apigw_histogram.h"
#include "tap.h"


#define LAST    70000       /* ms */
#define FINE    NGX_APIGW_HISTOGRAM_FINE
#define COARSE  NGX_APIGW_HISTOGRAM_COARSE


static const uint32_t  bounds[] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000, 30000
};


static uint64_t
next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return *seed >> 33;
}


/* the first of what a bucket holds, made as the header says it */

static void
lows(uint64_t *low)
{
    uint64_t    ms, width;
    ngx_uint_t  i, k, n;

    n = 0;

    for (ms = 0; ms < 64; ms++) {
        low[n++] = ms;
    }

    for (i = 0, width = 2; i < 10; i++, width *= 2) {
        for (k = 0; k < 32; k++) {
            low[n++] = ms;
            ms += width;
        }
    }

    is_int(n, FINE, "the fine buckets");
    is_int(ms, 65536, "end at 65,536 ms");
}


static void
test_index(void)
{
    uint64_t    ms, low[FINE];
    ngx_uint_t  i, k, fine, coarse;

    lows(low);

    fine = 0;
    coarse = 0;
    i = 0;
    k = 0;

    for (ms = 0; ms <= LAST; ms++) {

        while (i < FINE - 1 && low[i + 1] <= ms) {
            i++;
        }

        while (k < COARSE - 1 && bounds[k] < ms) {
            k++;
        }

        fine += (ngx_apigw_histogram_fine_index(ms) != i);
        coarse += (ngx_apigw_histogram_coarse_index(ms) != k);
    }

    is_int(fine, 0, "fine: each ms is in its bucket");
    is_int(coarse, 0, "coarse: each ms is in its bucket");

    is_int(i, FINE - 1, "all fine buckets");
    is_int(k, COARSE - 1, "all coarse buckets");

    for (i = 16; i < 64; i++) {
        ms = (uint64_t) 1 << i;

        fine += (ngx_apigw_histogram_fine_index(ms) != FINE - 1);
        fine += (ngx_apigw_histogram_fine_index(ms - 1) != FINE - 1);
        coarse += (ngx_apigw_histogram_coarse_index(ms) != COARSE - 1);
    }

    ms = (uint64_t) -1;

    is_int(fine, 0, "fine: what is longer is in the last one");
    is_int(coarse, 0, "coarse: what is longer is in the last one");
    is_int(ngx_apigw_histogram_fine_index(ms), FINE - 1, "fine: the longest");
    is_int(ngx_apigw_histogram_coarse_index(ms), COARSE - 1,
           "coarse: the longest");

    for (i = 0; i < COARSE - 1; i++) {
        k += (ngx_apigw_histogram_bounds[i] != bounds[i]);
    }

    is_int(k, COARSE - 1, "the bounds");
    is_int(ngx_apigw_histogram_bounds[COARSE - 1], 0xffffffff,
           "the last one has none");
}


/* what a single time is taken for */

static void
test_error(void)
{
    double      error, worst;
    uint64_t    ms, counts[FINE];
    ngx_uint_t  i, got, exact;

    memset(counts, 0, sizeof(counts));
    worst = 0;
    exact = 0;

    for (ms = 0; ms < 65536; ms++) {
        i = ngx_apigw_histogram_fine_index(ms);

        counts[i] = 1;
        got = ngx_apigw_histogram_fine(counts, 500);
        counts[i] = 0;

        if (ms < 64) {
            exact += (got == ms);
            continue;
        }

        error = ((double) got - (double) ms) / (double) ms;
        error = ngx_abs(error);
        worst = ngx_max(worst, error);
    }

    comment("%.3f %% at most", worst * 100);

    is_int(exact, 64, "below 64 ms a quantile is exact");
    ok(worst <= 0.016, "above, it is at most 1.6 %% off");
}


static int
compare(const void *one, const void *two)
{
    uint32_t  a, b;

    a = *(const uint32_t *) one;
    b = *(const uint32_t *) two;

    return (a > b) - (a < b);
}


/* the quantile of sorted times: the first that so many are not above */

static uint32_t
quantile(uint32_t *times, ngx_uint_t n, ngx_uint_t per_mille)
{
    ngx_uint_t  i;

    for (i = 1; i * 1000 < n * per_mille; i++) { /* void */ }

    return times[i - 1];
}


static ngx_uint_t
near(uint32_t got, uint32_t want)
{
    double  error;

    error = (double) got - (double) want;

    return ngx_abs(error) <= 0.016 * want;
}


static ngx_uint_t
inside(uint32_t got, uint32_t want)
{
    ngx_uint_t  i;

    i = ngx_apigw_histogram_coarse_index(want);

    if (i == COARSE - 1) {
        return got == bounds[i - 1];
    }

    return got <= bounds[i] && (i == 0 || got >= bounds[i - 1]);
}


static void
test_random(void)
{
    uint32_t    times[500], want;
    uint64_t    seed, fine[FINE], coarse[COARSE];
    ngx_uint_t  i, n, round, per_mille, bad, outside, falls;
    ngx_uint_t  got, last;

    seed = 1;
    bad = 0;
    outside = 0;
    falls = 0;

    for (round = 0; round < 300; round++) {
        memset(fine, 0, sizeof(fine));
        memset(coarse, 0, sizeof(coarse));

        n = 1 + next(&seed) % 500;

        for (i = 0; i < n; i++) {
            times[i] = (uint32_t) (next(&seed) % ((uint64_t) 2
                                                  << next(&seed) % 16));
            fine[ngx_apigw_histogram_fine_index(times[i])]++;
            coarse[ngx_apigw_histogram_coarse_index(times[i])]++;
        }

        qsort(times, n, sizeof(uint32_t), compare);
        last = 0;

        for (per_mille = 1; per_mille <= 1000; per_mille += 37) {
            want = quantile(times, n, per_mille);

            bad += !near(ngx_apigw_histogram_fine(fine, per_mille), want);

            got = ngx_apigw_histogram_coarse(coarse, per_mille);
            outside += !inside((uint32_t) got, want);
            falls += (got < last);
            last = got;
        }
    }

    is_int(bad, 0, "fine: quantiles of random times");
    is_int(outside, 0, "coarse: they are in their buckets");
    is_int(falls, 0, "coarse: a higher one is not below");
}


static void
test_edges(void)
{
    uint64_t  fine[FINE], coarse[COARSE];

    memset(fine, 0, sizeof(fine));
    memset(coarse, 0, sizeof(coarse));

    is_int(ngx_apigw_histogram_fine(fine, 500), 0, "fine: nothing");
    is_int(ngx_apigw_histogram_coarse(coarse, 500), 0, "coarse: nothing");

    fine[10] = 99;
    fine[20] = 1;

    is_int(ngx_apigw_histogram_fine(fine, 1), 10, "the lowest");
    is_int(ngx_apigw_histogram_fine(fine, 990), 10, "p99 of 100");
    is_int(ngx_apigw_histogram_fine(fine, 991), 20, "and what is above");
    is_int(ngx_apigw_histogram_fine(fine, 1000), 20, "the highest");

    fine[20] = (uint64_t) 1 << 62;

    is_int(ngx_apigw_histogram_fine(fine, 990), 20, "very many");

    /* 26 to 50 ms */

    coarse[5] = 100;

    is_int(ngx_apigw_histogram_coarse(coarse, 500), 38, "the middle");
    is_int(ngx_apigw_histogram_coarse(coarse, 1000), 50, "the upper bound");

    coarse[COARSE - 1] = 100;

    is_int(ngx_apigw_histogram_coarse(coarse, 900), 30000,
           "what has no bound is as high as the last one");
}


int
main(void)
{
    test_index();
    test_error();
    test_random();
    test_edges();

    return done();
}
