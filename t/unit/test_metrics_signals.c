
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Another process may do anything between any two instructions.  Here it is a
 * signal's handler that does it, so that one processor is enough.
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "ngx_apigw_metrics_int.h"
#include "tap.h"


#define PHASE   700         /* ms */
#define PERIOD  100         /* us */
#define STAGE   NGX_APIGW_METRICS_STAGE
#define NONE    NGX_APIGW_METRICS_NONE
#define STEP    NGX_APIGW_METRICS_STEP
#define STEPS   NGX_APIGW_METRICS_STEPS


/* what one of two does in a round; n is 0 or 1 */

typedef void (*race_pt)(ngx_uint_t n);


static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789";

static ngx_apigw_metrics_size_t     size = { 2, { 1, 1, 1, 1 } };
static ngx_apigw_metrics_t          views[2];
static u_char                      *mem;

static race_pt                      race;
static volatile sig_atomic_t        inside;     /* 2: it was interrupted */
static volatile ngx_uint_t          number;     /* of the round */
static volatile ngx_uint_t          winners;
static volatile ngx_uint_t          interrupts;
static volatile ngx_uint_t          torn;
static volatile ngx_uint_t          unfinished;
static ngx_apigw_metrics_sample_t  *samples;


static ngx_uint_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (ngx_uint_t) (ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}


static void
handler(int signo)
{
    if (inside == 1) {
        inside = 2;
        interrupts++;
        race(1);
    }
}


/* at least some rounds are interrupted, however busy the machine is */

static ngx_uint_t
goes_on(ngx_uint_t begin)
{
    ngx_uint_t  passed;

    passed = now_ms() - begin;

    return passed < PHASE || (interrupts <= 10 && passed < 30 * PHASE);
}


static void
timer(suseconds_t us)
{
    struct itimerval  it;

    it.it_interval.tv_sec = 0;
    it.it_interval.tv_usec = us;
    it.it_value = it.it_interval;

    (void) setitimer(ITIMER_REAL, &it, NULL);
}


static void
fresh(void)
{
    ngx_uint_t  i;

    memset(mem, 0, ngx_apigw_metrics_bytes(&size));
    ngx_apigw_metrics_format(mem, &size, seed, 1);

    for (i = 0; i < 2; i++) {
        (void) ngx_apigw_metrics_attach(&views[i], mem,
                                        ngx_apigw_metrics_bytes(&size));
    }

    number = 0;
    interrupts = 0;
}


/* each round has one winner; the second one comes in between, or after */

static void
run(race_pt both, const char *what)
{
    ngx_uint_t  begin, bad;

    fresh();
    race = both;
    bad = 0;

    timer(PERIOD);
    begin = now_ms();

    while (goes_on(begin)) {
        number++;
        winners = 0;
        ngx_apigw_metrics_slot(&views[0], 0)->owner = 99;

        inside = 1;
        race(0);

        if (inside == 1) {
            inside = 0;
            race(1);
        }

        inside = 0;
        bad += (winners != 1);
    }

    timer(0);

    comment("%lu rounds, %lu interrupted", (unsigned long) number,
            (unsigned long) interrupts);

    ok(interrupts > 10, "rounds are interrupted");
    is_int(bad, 0, "%s", what);
}


static void
race_due(ngx_uint_t n)
{
    if (ngx_apigw_metrics_due(&views[n], (number - 1) * STEP)) {
        winners++;
    }
}


static ngx_uint_t
alive(ngx_uint_t pid)
{
    return pid != 99;
}


/* there is one slot, whose owner is dead */

static void
race_enter(ngx_uint_t n)
{
    views[n].slot = NULL;
    views[n].shared = 0;

    ngx_apigw_metrics_enter(&views[n], n + 1, alive);

    winners += !views[n].shared;
}


/* All samples are in one place; a step's has so many requests. */

static ngx_uint_t
requests(ngx_uint_t step)
{
    return step / STEPS % 50;
}


static void
race_sample(ngx_uint_t n)
{
    ngx_uint_t                    step;
    ngx_apigw_metrics_sample_t   *s;
    ngx_apigw_metrics_request_t   r;

    step = number * STEPS;

    if (n == 0) {
        memset(&r, 0, sizeof(r));
        r.route = NONE;
        r.plan = NONE;
        r.status = 400;
        r.latency = step % 60;
        r.received = 1;

        for (n = requests(step); n; n--) {
            ngx_apigw_metrics_count(&views[0], &r);
        }

        (void) ngx_apigw_metrics_due(&views[0], (step - 1) * STEP);

        while (ngx_apigw_metrics_sample(&views[0]) == NGX_AGAIN) {
            /* void */
        }

        return;
    }

    s = samples;

    if (s->step == 0) {
        unfinished++;
        return;
    }

    torn += (s->step != step && s->step != step - STEPS)
            || s->count != requests(s->step)
            || s->c4xx != s->count
            || s->received != s->count
            || s->p50 != (s->count ? s->step % 60 : 0)
            || s->p99 != s->p50;
}


static void
test_torn(void)
{
    ngx_uint_t  begin, first;

    fresh();

    (void) ngx_apigw_metrics_open(&views[0], 1);
    (void) ngx_apigw_metrics_claim(&views[0], STAGE, seed, 1, 1);
    ngx_apigw_metrics_close(&views[0]);
    ngx_apigw_metrics_enter(&views[0], 1, alive);

    race = race_sample;
    samples = ngx_apigw_metrics_stage_history(&views[0], 0);

    number = 1;
    race(0);
    first = unfinished;

    timer(PERIOD);
    begin = now_ms();

    while (goes_on(begin)) {
        number++;
        inside = 1;
        race(0);
        inside = 0;
    }

    timer(0);

    comment("%lu samples, %lu interrupted, %lu of them while they are written",
            (unsigned long) number, (unsigned long) interrupts,
            (unsigned long) (unfinished - first));

    ok(interrupts > 10, "samples are interrupted");
    is_int(torn, 0, "none that is seen is torn");
}


int
main(void)
{
    mem = calloc(1, ngx_apigw_metrics_bytes(&size));

    (void) signal(SIGALRM, handler);

    run(race_due, "a step is due for exactly one of two at a time");
    run(race_enter, "a slot is for exactly one of two at a time");
    test_torn();

    free(mem);

    return done();
}
