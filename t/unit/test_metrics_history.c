
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "ngx_apigw_metrics_int.h"
#include "tap.h"


#define STAGE   NGX_APIGW_METRICS_STAGE
#define ROUTE   NGX_APIGW_METRICS_ROUTE
#define NONE    NGX_APIGW_METRICS_NONE
#define STEP    NGX_APIGW_METRICS_STEP
#define STEPS   NGX_APIGW_METRICS_STEPS
#define BUSY    NGX_APIGW_METRICS_BUSY

#define STAGES  20
#define ROUTES  700
#define TIMES   60          /* requests of a step, at most */


/* a step in a model: the times of its requests, and sums */

typedef struct {
    uint32_t   latency[TIMES];
    uint32_t   integration[TIMES];
    uint32_t   count;
    uint32_t   integrations;
    uint32_t   c4xx;
    uint32_t   c5xx;
    uint32_t   throttled;
    uint32_t   quota;
    uint64_t   received;
    uint64_t   sent;
} model_t;


static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789";

static ngx_apigw_metrics_size_t  size = { 3, { STAGES, ROUTES, 1, 1 } };
static ngx_apigw_metrics_t       metrics;
static u_char                   *mem;
static size_t                    bytes;


static uint64_t
next(uint64_t *random)
{
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;

    return *random >> 33;
}


static ngx_uint_t
alive(ngx_uint_t pid)
{
    return 1;
}


static void
claims(ngx_uint_t kind, ngx_uint_t n, ngx_uint_t generation)
{
    ngx_uint_t  i;

    (void) ngx_apigw_metrics_open(&metrics, generation);

    for (i = 0; i < n; i++) {
        (void) ngx_apigw_metrics_claim(&metrics, kind, (u_char *) &i,
                                       sizeof(i), generation);
    }

    ngx_apigw_metrics_close(&metrics);
}


static void
fresh(ngx_uint_t nslots)
{
    void  *p;

    free(mem);

    size.nslots = (uint32_t) nslots;
    bytes = ngx_apigw_metrics_bytes(&size);

    if (posix_memalign(&p, NGX_APIGW_METRICS_LINE, bytes) != 0) {
        exit(1);
    }

    mem = p;
    memset(mem, 0, bytes);
    ngx_apigw_metrics_format(mem, &size, seed, 1);

    if (ngx_apigw_metrics_attach(&metrics, mem, bytes) != NGX_OK) {
        exit(1);
    }

    claims(STAGE, STAGES, 1);
    claims(ROUTE, ROUTES, 1);
    ngx_apigw_metrics_enter(&metrics, 1, alive);

    metrics.throttled = 5;
    metrics.quota = 6;
}


/* takes the samples of a step; returns the calls */

static ngx_uint_t
sample(uint32_t step)
{
    ngx_uint_t  n;

    if (!ngx_apigw_metrics_due(&metrics, (uint64_t) (step - 1) * STEP)) {
        return 0;
    }

    for (n = 1; ngx_apigw_metrics_sample(&metrics) == NGX_AGAIN; n++) {
        /* void */
    }

    return n;
}


static void
count(uint32_t stage, uint32_t route, ngx_uint_t n)
{
    ngx_apigw_metrics_request_t  r;

    memset(&r, 0, sizeof(r));

    r.stage = stage;
    r.route = route;
    r.plan = NONE;
    r.status = 200;
    r.latency = 10;
    r.integration = 5;
    r.received = 1;
    r.sent = 2;

    while (n--) {
        ngx_apigw_metrics_count(&metrics, &r);
    }
}


static ngx_apigw_metrics_sample_t *
taken(uint32_t stage, uint32_t step)
{
    ngx_apigw_metrics_sample_t  *s;

    s = ngx_apigw_metrics_stage_history(&metrics, stage) + step % STEPS;

    return (s->step == step) ? s : NULL;
}


/* stages against a model */

static void
model_request(model_t *m, uint32_t stage, uint32_t route, uint64_t *random)
{
    ngx_apigw_metrics_request_t  r;

    static const ngx_uint_t  statuses[] = { 101, 200, 304, 404, 429, 503 };

    memset(&r, 0, sizeof(r));

    r.stage = stage;
    r.route = route;
    r.plan = NONE;
    r.status = statuses[next(random) % 6];
    r.latency = next(random) % 3000;
    r.integration = (int64_t) (next(random) % 900) - 100;
    r.integration = ngx_max(r.integration, -1);
    r.error = (uint32_t) (next(random) % 8);
    r.received = next(random) % 1000;
    r.sent = next(random);

    ngx_apigw_metrics_count(&metrics, &r);

    m->latency[m->count++] = (uint32_t) r.latency;

    if (r.integration >= 0) {
        m->integration[m->integrations++] = (uint32_t) r.integration;
    }

    m->c4xx += (r.status / 100 == 4);
    m->c5xx += (r.status / 100 == 5);
    m->throttled += (r.error == 5);
    m->quota += (r.error == 6);
    m->received += r.received;
    m->sent += r.sent;
}


static int
compare(const void *one, const void *two)
{
    uint32_t  a, b;

    a = *(const uint32_t *) one;
    b = *(const uint32_t *) two;

    return (a > b) - (a < b);
}


static ngx_uint_t
near(uint32_t *times, uint32_t n, ngx_uint_t per_mille, uint32_t got)
{
    double    want, error;
    uint32_t  rank;

    if (n == 0) {
        return got == 0;
    }

    qsort(times, n, sizeof(uint32_t), compare);

    rank = (uint32_t) ((n * per_mille + 999) / 1000);
    want = times[rank - 1];
    error = (double) got - want;

    return ngx_abs(error) <= 0.016 * want;
}


/* route: its quantiles are coarse, and it has not all */

static ngx_uint_t
model_same(ngx_apigw_metrics_sample_t *s, model_t *m, ngx_uint_t route)
{
    if (s->count != m->count || s->c4xx != m->c4xx || s->c5xx != m->c5xx
        || s->received != m->received || s->sent != m->sent)
    {
        return 0;
    }

    if (route) {
        return s->throttled == 0 && s->quota == 0 && s->p50 <= s->p90
               && s->p90 <= s->p99 && !s->p99 == !m->count
               && !s->i99 == !m->integrations;
    }

    return s->throttled == m->throttled && s->quota == m->quota
           && near(m->latency, m->count, 500, s->p50)
           && near(m->latency, m->count, 900, s->p90)
           && near(m->latency, m->count, 990, s->p99)
           && near(m->integration, m->integrations, 500, s->i50)
           && near(m->integration, m->integrations, 900, s->i90)
           && near(m->integration, m->integrations, 990, s->i99);
}


static void
test_model(void)
{
    model_t                     *models;
    uint32_t                     step, i, k, route;
    uint64_t                     random;
    ngx_uint_t                   bad, busy, older;
    ngx_apigw_metrics_sample_t  *s;

    fresh(3);
    models = calloc(2 * STEPS * 4, sizeof(model_t));
    random = 3;

    /* stages 0 to 3, each with the route of its number */

    for (step = 1; step < 2 * STEPS; step++) {
        for (i = 0; i < 4; i++) {
            for (k = (step % 7) ? (uint32_t) next(&random) % TIMES : 0;
                 k > 0;
                 k--)
            {
                model_request(&models[step * 4 + i], i, i, &random);
            }
        }

        sample(step);
    }

    bad = 0;
    busy = 0;
    older = 0;

    for (step = STEPS; step < 2 * STEPS; step++) {
        for (i = 0; i < 4; i++) {
            s = taken(i, step);
            bad += (s == NULL || !model_same(s, &models[step * 4 + i], 0));
            older += (taken(i, step - STEPS) != NULL);

            s = ngx_apigw_metrics_busy_history(&metrics, i, &route);

            if (s == NULL) {
                busy++;
                continue;
            }

            s += step % STEPS;
            busy += (s->step != step
                     || !model_same(s, &models[step * 4 + route], 1));
        }
    }

    is_int(bad, 0, "samples of stages are what has come since the last one");
    is_int(busy, 0, "so are those of busy routes");
    is_int(older, 0, "those of an hour ago are gone");

    s = taken(STAGES - 1, 2 * STEPS - 1);
    ok(s && s->count == 0 && s->p99 == 0,
       "a stage that nobody uses has zeros");
    ok(ngx_apigw_metrics_busy_history(&metrics, 4, &route) == NULL,
       "a route that nobody uses is not busy");

    free(models);
}


static void
test_due(void)
{
    ngx_apigw_metrics_t  other;

    fresh(3);
    (void) ngx_apigw_metrics_attach(&other, mem, bytes);

    is_int(ngx_apigw_metrics_sample(&metrics), NGX_OK, "nothing is due");

    is_int(ngx_apigw_metrics_due(&metrics, 99 * STEP), 1, "a step is due");
    is_int(metrics.step, 100, "this one");
    is_int(ngx_apigw_metrics_due(&metrics, 99 * STEP + 9999), 0, "once");
    is_int(ngx_apigw_metrics_due(&other, 99 * STEP + 1), 0,
           "not for others");
    is_int(ngx_apigw_metrics_due(&other, 98 * STEP), 0,
           "nor for those with an old clock");
    is_int(ngx_apigw_metrics_due(&other, 100 * STEP), 1, "the next one is");

    is_int(ngx_apigw_metrics_sample(&metrics), NGX_OK,
           "who is too slow gives it up");
    is_int(metrics.step, 0, "for good");
    ok(taken(0, 100) == NULL, "and has taken no sample");

    metrics.head->step = (ngx_atomic_uint_t) -1;
    is_int(ngx_apigw_metrics_due(&metrics, 101 * STEP), 1,
           "a step that cannot be is not believed");
}


static void
test_missing(void)
{
    ngx_uint_t                   i, n;
    ngx_apigw_metrics_sample_t  *s;

    fresh(3);

    count(0, NONE, 5);
    sample(10);
    count(0, NONE, 6);
    sample(13);

    ok(taken(0, 11) == NULL && taken(0, 12) == NULL,
       "no samples of steps that nobody took");
    s = taken(0, 13);
    ok(s && s->count == 6, "the next one has all");

    /* a process begins, and is killed */

    count(0, NONE, 1);
    count(STAGES - 1, NONE, 7);
    (void) ngx_apigw_metrics_due(&metrics, 13 * STEP);
    (void) ngx_apigw_metrics_sample(&metrics);

    (void) ngx_apigw_metrics_attach(&metrics, mem, bytes);
    ngx_apigw_metrics_enter(&metrics, 2, alive);
    count(0, NONE, 2);
    count(STAGES - 1, NONE, 1);
    sample(15);

    s = taken(0, 14);
    ok(s && s->count == 1, "what it has done is done");
    s = taken(0, 15);
    ok(s && s->count == 2, "and is not done again");
    ok(taken(STAGES - 1, 14) == NULL, "what it has not, is missing");
    s = taken(STAGES - 1, 15);
    ok(s && s->count == 8, "and is found by the next one");

    /* while a sample is written it is of no step */

    s = taken(0, 15);
    s->step = 0;
    ok(taken(0, 15) == NULL, "a torn sample is none");

    n = sample(16);

    fresh(200);
    i = sample(16);

    comment("%lu calls, %lu with 200 slots", (unsigned long) n,
            (unsigned long) i);

    ok(n >= 5, "there are bounds to a call");
    ok(i > 2 * n, "lower ones where there are many slots");
}


static ngx_uint_t
busy_place(uint32_t route)
{
    uint32_t    found;
    ngx_uint_t  i;

    for (i = 0; i < BUSY; i++) {
        if (ngx_apigw_metrics_busy_history(&metrics, i, &found)
            && found == route)
        {
            return i;
        }
    }

    return BUSY;
}


static ngx_uint_t
samples(ngx_uint_t place)
{
    uint32_t                     route;
    ngx_uint_t                   i, n;
    ngx_apigw_metrics_sample_t  *s;

    s = ngx_apigw_metrics_busy_history(&metrics, place, &route);

    for (i = 0, n = 0; s && i < STEPS; i++) {
        n += (s[i].step != 0);
    }

    return n;
}


static void
test_busy(void)
{
    uint32_t                     step, i, routes[BUSY];
    ngx_uint_t                   missed, place, changes;
    ngx_apigw_metrics_sample_t  *s;

    fresh(3);

    /* the higher the number the busier, so that each is a newcomer */

    for (step = 1; step <= 60; step++) {
        for (i = 0; i < ROUTES; i += 7) {
            count(NONE, i, 1 + i / 7 * i / 70);
        }

        sample(step);
    }

    for (i = ROUTES - 7 * 20, missed = 0; i < ROUTES; i += 7) {
        missed += (busy_place(i) == BUSY);
    }

    is_int(missed, 0, "the busiest routes have a history");
    is_int(busy_place(0), BUSY, "one that is not busy has none");

    for (i = 0, changes = 0; i < BUSY; i++) {
        changes += !ngx_apigw_metrics_busy_history(&metrics, i, &routes[i]);
    }

    is_int(changes, 0, "all places are taken");

    /* it stays so while nothing changes */

    for (step = 61; step <= 120; step++) {
        for (i = 0; i < ROUTES; i += 7) {
            count(NONE, i, 1 + i / 7 * i / 70);
        }

        sample(step);
    }

    for (i = 0; i < BUSY; i++) {
        (void) ngx_apigw_metrics_busy_history(&metrics, i, &step);
        changes += (step != routes[i]);
    }

    is_int(changes, 0, "places do not change while rates do not");

    /* a newcomer */

    count(NONE, 1, 5);
    sample(121);
    is_int(busy_place(1), BUSY, "a newcomer that is hardly used waits");

    count(NONE, 1, 50000);
    sample(122);
    place = busy_place(1);

    ok(place < BUSY, "one that is busier than others does not");
    is_int(samples(place), 0, "it has none of their samples");

    count(NONE, 1, 3);
    sample(123);
    s = ngx_apigw_metrics_busy_history(&metrics, place, &i) + 123;
    ok(samples(place) == 1 && s->step == 123 && s->count == 3,
       "but its own from here on");

    /* a route that is new to all, with a place that is free */

    fresh(3);
    count(NONE, 9, 4);
    sample(7);
    s = ngx_apigw_metrics_busy_history(&metrics, busy_place(9), &i) + 7;
    ok(s->step == 7 && s->count == 4, "the first requests are in a sample");

    for (step = 8; step < 60; step++) {
        sample(step);
    }

    ok(busy_place(9) < BUSY, "who is idle keeps its place");
    is_int(metrics.routes[9].activity, 0, "but no activity");
}


static void
test_idle(void)
{
    uint32_t  step, i;

    fresh(3);

    for (i = 0; i < BUSY; i++) {
        count(NONE, i, 1);
    }

    for (step = 1; step < 100; step++) {
        sample(step);
    }

    count(NONE, BUSY, 1);
    sample(step++);
    is_int(busy_place(BUSY), BUSY, "no history is lost for a single request");

    count(NONE, BUSY, 5);
    sample(step);
    ok(busy_place(BUSY) < BUSY, "it is for some");
}


/* routes of which each half is busier than the other one for a time */

static void
test_steady(void)
{
    uint32_t    step, i, half, route, before[BUSY];
    ngx_uint_t  changes;

    fresh(3);
    memset(before, 0xff, sizeof(before));
    changes = 0;

    for (step = 1; step <= 300; step++) {
        half = step / 50 % 2;

        for (i = 0; i < 2 * BUSY; i++) {
            count(NONE, i, (i % 2 == half) ? 15 : 10);
        }

        sample(step);

        for (i = 0; i < BUSY; i++) {
            if (!ngx_apigw_metrics_busy_history(&metrics, i, &route)) {
                continue;
            }

            changes += (route != before[i]);
            before[i] = route;
        }
    }

    is_int(changes, BUSY, "places are kept where others are hardly busier");
}


static void
test_meanings(void)
{
    uint32_t                     n;
    ngx_uint_t                   i, left;
    ngx_apigw_metrics_sample_t  *s;

    static const u_char  name[] = "other";

    fresh(3);

    for (i = 1; i < 20; i++) {
        count(2, 2, 3);
        sample((uint32_t) i);
    }

    ok(taken(2, 19) && busy_place(2) < BUSY, "there is a history");

    claims(STAGE, STAGES, 2);
    claims(ROUTE, ROUTES, 2);

    ok(taken(2, 19) && busy_place(2) < BUSY, "also after a reload");

    /* all but 2 are used by the third configuration */

    (void) ngx_apigw_metrics_open(&metrics, 3);

    for (i = 0; i < ROUTES; i++) {

        if (i == 2) {
            continue;
        }

        if (i < STAGES) {
            (void) ngx_apigw_metrics_claim(&metrics, STAGE, (u_char *) &i,
                                           sizeof(i), 3);
        }

        (void) ngx_apigw_metrics_claim(&metrics, ROUTE, (u_char *) &i,
                                       sizeof(i), 3);
    }

    n = ngx_apigw_metrics_claim(&metrics, STAGE, name, sizeof(name), 3);
    is_int(n, 2, "a stage has a new meaning");
    n = ngx_apigw_metrics_claim(&metrics, ROUTE, name, sizeof(name), 3);
    is_int(n, 2, "so has a route");
    ngx_apigw_metrics_close(&metrics);

    s = ngx_apigw_metrics_stage_history(&metrics, 2);

    for (i = 0, left = 0; i < STEPS; i++) {
        left += (s[i].step != 0);
    }

    is_int(left, 0, "its history is empty");
    is_int(busy_place(2), BUSY, "it is not busy");

    count(2, 2, 4);
    sample(20);

    s = taken(2, 20);
    ok(s && s->count == 4, "it begins with nothing");
    s = ngx_apigw_metrics_busy_history(&metrics, busy_place(2), &n);
    ok(s && s[20].step == 20 && s[20].count == 4, "in its route, too");
}


int
main(void)
{
    test_model();
    test_due();
    test_missing();
    test_busy();
    test_idle();
    test_steady();
    test_meanings();

    free(mem);

    return done();
}
