
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <pthread.h>
#include <time.h>

#include "ngx_apigw_gcra.h"
#include "tap.h"


#define THREADS  16
#define SECOND   ((uint64_t) 1000000000)


typedef struct {
    ngx_uint_t     n;
    ngx_uint_t     admitted;
    uint64_t       deadline;
    pthread_t      tid;
} work_t;


static ngx_atomic_t        word;
static ngx_apigw_gcra_t    limit;
static pthread_barrier_t   barrier;
static work_t              works[THREADS];


static uint64_t
clock_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * SECOND + ts.tv_nsec;
}


/* the clock stands */

static void *
stand(void *data)
{
    work_t  *w = data;

    ngx_uint_t              i;
    ngx_apigw_gcra_state_t  st;

    pthread_barrier_wait(&barrier);

    for (i = 0; i < 20000; i++) {
        w->admitted += ngx_apigw_gcra_take(&limit, &word, SECOND, &st)
                       == NGX_OK;
    }

    return NULL;
}


/* each thread gives back every third token */

static void *
refund(void *data)
{
    work_t  *w = data;

    ngx_uint_t              i;
    ngx_apigw_gcra_state_t  st;

    pthread_barrier_wait(&barrier);

    for (i = 0; i < 20000; i++) {

        if (ngx_apigw_gcra_take(&limit, &word, SECOND, &st) != NGX_OK) {
            continue;
        }

        if (i % 3 == 0) {
            ngx_apigw_gcra_refund(&limit, &word);
            continue;
        }

        w->admitted++;
    }

    return NULL;
}


/* the clock runs, and each thread reads it apart */

static void *
run(void *data)
{
    work_t  *w = data;

    uint64_t                now;
    ngx_apigw_gcra_state_t  st;

    pthread_barrier_wait(&barrier);

    for ( ;; ) {
        now = clock_ns();

        if (now > w->deadline) {
            break;
        }

        w->admitted += ngx_apigw_gcra_take(&limit, &word, now, &st) == NGX_OK;
    }

    return NULL;
}


static ngx_uint_t
all(void *(*start)(void *), uint64_t deadline)
{
    ngx_uint_t  i, admitted;

    pthread_barrier_init(&barrier, NULL, THREADS);

    for (i = 0; i < THREADS; i++) {
        works[i].n = i;
        works[i].admitted = 0;
        works[i].deadline = deadline;

        pthread_create(&works[i].tid, NULL, start, &works[i]);
    }

    for (admitted = 0, i = 0; i < THREADS; i++) {
        pthread_join(works[i].tid, NULL);
        admitted += works[i].admitted;
    }

    pthread_barrier_destroy(&barrier);

    return admitted;
}


int
main(void)
{
    uint64_t                t, deadline;
    ngx_uint_t              i, n, bad;
    ngx_apigw_gcra_state_t  st;

    limit.interval = 1000;

    for (i = 1; i <= 100000; i *= 10) {
        (void) ngx_apigw_gcra_burst(&limit, i);
        word = 0;

        is_int(all(stand, 0), i, "16 threads, burst %lu", (unsigned long) i);
    }

    /* what was given back last may have been refused to all others */

    (void) ngx_apigw_gcra_burst(&limit, 1000);
    word = 0;
    n = all(refund, 0);

    while (ngx_apigw_gcra_take(&limit, &word, SECOND, &st) == NGX_OK) {
        n++;
    }

    is_int(n, 1000, "with refunds, too");

    /*
     * Half of the bucket is taken first: then it is never full again, and all
     * that is admitted follows from the time passed.
     */

    limit.interval = 10000;
    (void) ngx_apigw_gcra_burst(&limit, 100000);
    bad = 0;

    for (i = 0; i < 5; i++) {
        word = 0;
        t = clock_ns();
        deadline = t + SECOND / 5;

        for (n = 0; n < 50000; n++) {
            (void) ngx_apigw_gcra_take(&limit, &word, t, &st);
        }

        n += all(run, deadline);

        while (ngx_apigw_gcra_take(&limit, &word, deadline, &st) == NGX_OK) {
            n++;
        }

        if (n != 100000 + (deadline - t) / limit.interval) {
            comment("%lu admitted", (unsigned long) n);
            bad++;
        }
    }

    is_int(bad, 0, "16 threads admit what one would");

    return done();
}
