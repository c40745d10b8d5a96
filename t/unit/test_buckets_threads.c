
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <pthread.h>

#include "ngx_apigw_buckets.h"
#include "tap.h"


#define THREADS  16
#define SECOND   ((uint64_t) 1000000000)
#define NOW      (1000 * SECOND)

#define NSETS    4096
#define KEYS     (NSETS * NGX_APIGW_BUCKETS_WAYS)


typedef struct {
    ngx_uint_t     n;
    ngx_uint_t     declined;
    pthread_t      tid;
} work_t;


static ngx_apigw_buckets_t   buckets;
static ngx_apigw_gcra_t      limit;
static pthread_barrier_t     barrier;
static work_t                works[THREADS];

static ngx_uint_t            nkeys;
static ngx_uint_t            tries;
static ngx_atomic_t          admitted[KEYS];


/* as many keys a set as it has ways */

static uint64_t
key(ngx_uint_t n)
{
    return (uint64_t) (n / NGX_APIGW_BUCKETS_WAYS) << 52
           | (n % NGX_APIGW_BUCKETS_WAYS + 1);
}


/* for half of the threads the clock shows a microsecond less */

static void *
start(void *data)
{
    work_t  *w = data;

    uint64_t                now;
    ngx_int_t               rc;
    ngx_uint_t              i, k;
    ngx_apigw_gcra_state_t  st;

    now = NOW - (w->n & 1) * 1000;

    pthread_barrier_wait(&barrier);

    for (k = 0; k < nkeys; k++) {
        for (i = 0; i < tries; i++) {

            rc = ngx_apigw_buckets_take(&buckets, &limit, key(k), now, &st);

            if (rc == NGX_OK) {
                (void) ngx_atomic_fetch_add(&admitted[k], 1);

            } else if (rc == NGX_DECLINED) {
                w->declined++;
            }
        }
    }

    return NULL;
}


/* takes two and gives one back */

static void *
refund(void *data)
{
    work_t  *w = data;

    ngx_int_t               rc;
    ngx_uint_t              i, k;
    ngx_apigw_gcra_state_t  st;

    (void) w;

    pthread_barrier_wait(&barrier);

    for (k = 0; k < nkeys; k++) {
        for (i = 0; i < tries; i++) {

            rc = ngx_apigw_buckets_take(&buckets, &limit, key(k), NOW, &st);

            if (rc != NGX_OK) {
                continue;
            }

            if (i & 1) {
                ngx_apigw_buckets_refund(&buckets, &limit, key(k), NOW);
                continue;
            }

            (void) ngx_atomic_fetch_add(&admitted[k], 1);
        }
    }

    return NULL;
}


/* sweeps while others take */

static void *
sweep(void *data)
{
    work_t  *w = data;

    ngx_uint_t  i;

    if (w->n) {
        return start(data);
    }

    pthread_barrier_wait(&barrier);

    for (i = 0; i < 200; i++) {
        (void) ngx_apigw_buckets_sweep(&buckets, 0, NSETS, NOW);
    }

    return NULL;
}


static ngx_uint_t
all(void *(*func)(void *))
{
    ngx_uint_t  i, declined;

    pthread_barrier_init(&barrier, NULL, THREADS);

    for (i = 0; i < THREADS; i++) {
        works[i].n = i;
        works[i].declined = 0;

        pthread_create(&works[i].tid, NULL, func, &works[i]);
    }

    for (declined = 0, i = 0; i < THREADS; i++) {
        pthread_join(works[i].tid, NULL);
        declined += works[i].declined;
    }

    pthread_barrier_destroy(&barrier);

    return declined;
}


/* below, ways hold entries of other tags that pass at NOW: free for a half */

static void
clear(ngx_uint_t passing)
{
    ngx_uint_t  i, k;

    memset((void *) buckets.words, 0, KEYS * sizeof(ngx_atomic_t));
    memset((void *) admitted, 0, sizeof(admitted));

    for (i = 0; i < NSETS; i++) {
        for (k = 0; k < passing; k++) {
            buckets.words[i * NGX_APIGW_BUCKETS_WAYS + k] =
                                     (uint64_t) (100 + k) << 44 | NOW / 1000;
        }
    }
}


/* keys of which not exactly the burst was admitted */

static ngx_uint_t
wrong(void)
{
    ngx_uint_t  k, n;

    for (n = 0, k = 0; k < nkeys; k++) {
        n += admitted[k] != limit.burst;
    }

    return n;
}


int
main(void)
{
    void                    *words;
    uint64_t                 i;
    ngx_uint_t               bad, passing;
    ngx_apigw_gcra_state_t   st;

    if (posix_memalign(&words, 64, KEYS * sizeof(ngx_atomic_t)) != 0) {
        return 1;
    }

    buckets.words = words;
    buckets.nsets = NSETS;

    limit.interval = SECOND;

    /* one key, and all keys of one set */

    for (nkeys = 1; nkeys <= NGX_APIGW_BUCKETS_WAYS; nkeys += 7) {
        clear(0);
        (void) ngx_apigw_gcra_burst(&limit, 10000);
        tries = 2000;

        is_int(all(start), 0, "%lu keys in a set", (unsigned long) nkeys);
        is_int(wrong(), 0, "16 threads admit the burst, exactly");
    }

    /* a race for the first entry of each key */

    nkeys = KEYS;
    tries = 3;

    for (i = 1; i <= 5; i += 2) {
        (void) ngx_apigw_gcra_burst(&limit, i);

        for (bad = 0, passing = 0; passing < 4; passing++) {
            clear(0);
            is_int(all(start), 0, "burst %lu, %d keys", (unsigned long) i,
                   KEYS);
            bad += wrong();
        }

        is_int(bad, 0, "exactly");
    }

    /* the same where the threads disagree about the first free way */

    for (i = 1; i <= 3; i += 2) {
        (void) ngx_apigw_gcra_burst(&limit, i);

        for (passing = 1; passing < NGX_APIGW_BUCKETS_WAYS; passing++) {

            clear(passing);

            /* a set may be full for those who see the passing ways live */

            (void) all(start);

            is_int(wrong(), 0, "burst %lu, %lu passing ways",
                   (unsigned long) i, (unsigned long) passing);
        }
    }

    (void) ngx_apigw_gcra_burst(&limit, 3);
    clear(3);
    (void) all(sweep);
    is_int(wrong(), 0, "a sweep does not disturb");

    /* refunds */

    clear(0);
    (void) all(refund);

    for (bad = 0, i = 0; i < nkeys; i++) {

        while (ngx_apigw_buckets_take(&buckets, &limit, key(i), NOW, &st)
               == NGX_OK)
        {
            admitted[i]++;
        }

        bad += admitted[i] != 3;
    }

    is_int(bad, 0, "nor do refunds");

    free((void *) buckets.words);

    return done();
}
