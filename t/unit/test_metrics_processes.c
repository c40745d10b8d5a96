
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ngx_apigw_metrics_int.h"
#include "tap.h"


#define STAGE    NGX_APIGW_METRICS_STAGE
#define ROUTE    NGX_APIGW_METRICS_ROUTE
#define PLAN     NGX_APIGW_METRICS_PLAN
#define STEP     NGX_APIGW_METRICS_STEP
#define STEPS    NGX_APIGW_METRICS_STEPS

#define WORKERS  5          /* more than there are slots */
#define KILLS    150
#define DUES     300
#define EXACT    20000      /* requests of one that is not killed */


/* in memory of all, before the metrics */

typedef struct {
    ngx_atomic_t       done[WORKERS];    /* requests */
    ngx_atomic_t       entered;          /* slots that were taken */
    ngx_atomic_t       overlaps;
    ngx_atomic_t       step;
    ngx_atomic_t       sampled;
    ngx_atomic_t       winners[DUES + 1];
    pthread_barrier_t  barrier;
} shared_t;


typedef void (*child_pt)(ngx_uint_t n);

static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789";

static ngx_apigw_metrics_size_t  size = { 4, { 4, 8, 4, 4 } };
static ngx_apigw_metrics_t       metrics;
static shared_t                 *shared;
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
    return kill((pid_t) pid, 0) == 0 || errno != ESRCH;
}


static void
fresh(void)
{
    ngx_uint_t  i;

    memset(shared, 0, sizeof(shared_t));
    memset(mem, 0, bytes);

    ngx_apigw_metrics_format(mem, &size, seed, 1);
    (void) ngx_apigw_metrics_attach(&metrics, mem, bytes);
    (void) ngx_apigw_metrics_open(&metrics, 1);

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        (void) ngx_apigw_metrics_claim(&metrics, i, seed, 4, 1);
    }

    ngx_apigw_metrics_close(&metrics);
}


/* each counter of a request is a known multiple of their number */

static void
request(ngx_apigw_metrics_t *view)
{
    ngx_apigw_metrics_request_t  r;

    r.stage = 0;
    r.route = 0;
    r.plan = 0;
    r.error = 3;
    r.status = 200;
    r.latency = 100;
    r.integration = 30;
    r.received = 2;
    r.sent = 3;
    r.cache = 1;
    r.verdict = offsetof(ngx_apigw_metrics_plan_t, refused);

    ngx_apigw_metrics_count(view, &r);
}


static ngx_atomic_uint_t
factor(ngx_uint_t kind, size_t offset)
{
    size_t  at;

    if (kind == PLAN) {
        return offset == offsetof(ngx_apigw_metrics_plan_t, refused);
    }

    at = offset - offsetof(ngx_apigw_metrics_stage_t, latency);

    if (kind == STAGE
        && (at == 8 * ngx_apigw_histogram_fine_index(100)
            || at == 8 * (NGX_APIGW_HISTOGRAM_FINE
                          + ngx_apigw_histogram_fine_index(30))
            || offset == offsetof(ngx_apigw_metrics_stage_t, errors[3])))
    {
        return 1;
    }

    switch (offset) {
    case offsetof(ngx_apigw_metrics_series_t, count):
    case offsetof(ngx_apigw_metrics_series_t, classes[1]):
    case offsetof(ngx_apigw_metrics_series_t, hits):
    case offsetof(ngx_apigw_metrics_series_t, latency[6]):
    case offsetof(ngx_apigw_metrics_series_t, integration[5]):
        return 1;

    case offsetof(ngx_apigw_metrics_series_t, received):
        return 2;

    case offsetof(ngx_apigw_metrics_series_t, sent):
        return 3;

    case offsetof(ngx_apigw_metrics_series_t, latency_sum):
        return 100;

    case offsetof(ngx_apigw_metrics_series_t, integration_sum):
        return 30;

    default:
        return 0;
    }
}


/* words that are not of least to most requests, or less than before */

static ngx_uint_t
wrong(ngx_uint_t kind, size_t len, uint64_t least, uint64_t most,
    ngx_atomic_t *before)
{
    size_t                      i;
    ngx_uint_t                  bad;
    ngx_atomic_t               *words;
    ngx_atomic_uint_t           n;
    ngx_apigw_metrics_stage_t   sum;

    bad = 0;
    words = (ngx_atomic_t *) &sum;

    ngx_apigw_metrics_sum(&metrics, kind, 0, &sum);

    for (i = 0; i < len / sizeof(ngx_atomic_t); i++) {
        n = factor(kind, i * sizeof(ngx_atomic_t));

        bad += (words[i] < n * least || words[i] > n * most);

        if (before) {
            bad += (words[i] < before[i]);
            before[i] = words[i];
        }
    }

    return bad;
}


static uint64_t
done_all(void)
{
    uint64_t    n;
    ngx_uint_t  i;

    for (i = 0, n = 0; i < WORKERS; i++) {
        n += shared->done[i];
    }

    return n;
}


static ngx_uint_t
wrong_all(uint64_t least, uint64_t most)
{
    return wrong(STAGE, sizeof(ngx_apigw_metrics_stage_t), least, most, NULL)
           + wrong(ROUTE, sizeof(ngx_apigw_metrics_series_t), least, most,
                   NULL)
           + wrong(PLAN, sizeof(ngx_apigw_metrics_plan_t), least, most, NULL);
}


static pid_t
child(child_pt run, ngx_uint_t n)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        run(n);
        _exit(0);
    }

    return pid;
}


static void
run_all(child_pt run)
{
    pid_t       pids[WORKERS];
    ngx_uint_t  i;

    for (i = 0; i < WORKERS; i++) {
        pids[i] = child(run, i);
    }

    for (i = 0; i < WORKERS; i++) {
        (void) waitpid(pids[i], NULL, 0);
    }
}


static void
run_shared(ngx_uint_t n)
{
    ngx_uint_t  i;

    ngx_apigw_metrics_leave(&metrics);

    for (i = 0; i < EXACT; i++) {
        request(&metrics);
    }
}


/* it changes between its own slot and the shared one */

static void
run_mixed(ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < EXACT; i++) {

        if (i % 50 == 0) {
            ngx_apigw_metrics_enter(&metrics, (ngx_uint_t) getpid(), alive);
        }

        request(&metrics);

        if (i % 50 == 40) {
            ngx_apigw_metrics_leave(&metrics);
        }
    }
}


static void
test_exact(void)
{
    uint64_t                    all;
    ngx_apigw_metrics_gauges_t  gauges;

    all = (uint64_t) WORKERS * EXACT;

    fresh();
    run_all(run_shared);
    is_int(wrong_all(all, all), 0, "processes that share a slot lose nothing");

    fresh();
    run_all(run_mixed);
    is_int(wrong_all(all, all), 0, "nor do those that take slots and leave");

    is_int(ngx_apigw_metrics_sum_gauges(&metrics, alive, &gauges), 0,
           "nobody is left");
}


/* until it is killed; samples, too, where the parent has begun a step */

static void
run_forever(ngx_uint_t n)
{
    ngx_uint_t  i, pid, owned;

    pid = (ngx_uint_t) getpid();
    owned = 0;

    for (i = 0; /* void */ ; i++) {

        if (i % 16 == 0) {
            ngx_apigw_metrics_enter(&metrics, pid, alive);
        }

        if (!metrics.shared && !owned) {
            owned = 1;
            (void) ngx_atomic_fetch_add(&shared->entered, 1);
        }

        if (!metrics.shared && metrics.slot->owner != pid) {
            (void) ngx_atomic_fetch_add(&shared->overlaps, 1);
        }

        request(&metrics);
        shared->done[n]++;

        if (ngx_apigw_metrics_due(&metrics,
                                  (uint64_t) shared->step * STEP))
        {
            (void) ngx_atomic_fetch_add(&shared->sampled, 1);
        }

        (void) ngx_apigw_metrics_sample(&metrics);
    }
}


static ngx_uint_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (ngx_uint_t) (ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}


/* takes the samples of the next step that nobody has begun */

static ngx_apigw_metrics_sample_t *
sample_now(void)
{
    uint32_t                     step;
    ngx_apigw_metrics_sample_t  *s;

    step = (uint32_t) shared->step + 1;
    shared->step = step;

    if (!ngx_apigw_metrics_due(&metrics, (uint64_t) step * STEP)) {
        return NULL;
    }

    while (ngx_apigw_metrics_sample(&metrics) == NGX_AGAIN) { /* void */ }

    s = ngx_apigw_metrics_stage_history(&metrics, 0) + (step + 1) % STEPS;

    return (s->step == step + 1) ? s : NULL;
}


typedef struct {
    ngx_uint_t                 looks;
    ngx_uint_t                 bad;
    ngx_uint_t                 kills;
    ngx_apigw_metrics_stage_t  stage;       /* sums before */
    ngx_apigw_metrics_stage_t  route;
    ngx_apigw_metrics_stage_t  plan;
} looks_t;


/* one request of each that was killed may be counted in part */

static void
look(looks_t *looks)
{
    uint64_t  least;

    least = done_all();

    ngx_memory_barrier();

    looks->looks++;
    looks->bad += wrong(STAGE, sizeof(ngx_apigw_metrics_stage_t), least,
                        (uint64_t) -1 / 128, &looks->stage.all.count);
    looks->bad += wrong(ROUTE, sizeof(ngx_apigw_metrics_series_t), least,
                        (uint64_t) -1 / 128, &looks->route.all.count);
    looks->bad += wrong(PLAN, sizeof(ngx_apigw_metrics_plan_t), least,
                        (uint64_t) -1 / 128, &looks->plan.all.count);
}


static void
kill_some(pid_t *pids, looks_t *looks)
{
    uint64_t    random;
    ngx_uint_t  i, until;

    random = 17;

    for (i = 0; i < WORKERS; i++) {
        pids[i] = child(run_forever, i);
    }

    for (until = now_ms() + 20000;
         looks->kills < KILLS && now_ms() < until;
         looks->kills++)
    {
        shared->step++;
        look(looks);

        (void) usleep((useconds_t) (next(&random) % 3000));

        i = next(&random) % WORKERS;

        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);

        look(looks);

        pids[i] = child(run_forever, i);
    }

    for (i = 0; i < WORKERS; i++) {
        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);
        look(looks);
    }
}


static void
test_kills(void)
{
    pid_t                        pids[WORKERS];
    looks_t                      looks;
    uint64_t                     least;
    ngx_uint_t                   i;
    ngx_apigw_metrics_gauges_t   gauges;
    ngx_apigw_metrics_sample_t  *s;

    fresh();
    memset(&looks, 0, sizeof(looks_t));

    kill_some(pids, &looks);
    least = done_all();

    comment("%lu kills, %lu looks, %lu requests, %lu slots taken, %lu steps",
            (unsigned long) looks.kills, (unsigned long) looks.looks,
            (unsigned long) least, (unsigned long) shared->entered,
            (unsigned long) shared->sampled);

    ok(looks.kills > 10 && least > 1000, "processes are killed");
    ok(shared->entered > looks.kills / 4, "others take over their slots");
    ok(shared->sampled > 5, "and take samples");

    is_int(looks.bad, 0, "sums never go down, nor below what was done");
    is_int(wrong_all(least, least + looks.kills + WORKERS), 0,
           "nor above what was begun");
    is_int(shared->overlaps, 0, "nobody's slot is another one's");
    is_int(ngx_apigw_metrics_sum_gauges(&metrics, alive, &gauges), 0,
           "all are dead");

    /* the one that comes then finds all as it must be */

    ngx_apigw_metrics_enter(&metrics, (ngx_uint_t) getpid(), alive);
    ok(!metrics.shared, "there is a slot");

    (void) sample_now();

    for (i = 0; i < 10; i++) {
        request(&metrics);
    }

    s = sample_now();
    ok(s && s->count == 10 && s->received == 20 && s->sent == 30,
       "a sample after all that is exact");
    ok(s && s->p50 > 98 && s->p99 < 103 && s->i50 == 30,
       "with its quantiles");
}


static void
run_due(ngx_uint_t n)
{
    ngx_uint_t  step;

    for (step = 1; step <= DUES; step++) {
        pthread_barrier_wait(&shared->barrier);

        if (ngx_apigw_metrics_due(&metrics, (step - 1) * STEP)) {
            (void) ngx_atomic_fetch_add(&shared->winners[step], 1);
        }
    }
}


static void
test_due(void)
{
    ngx_uint_t             i, one;
    pthread_barrierattr_t  attr;

    fresh();

    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->barrier, &attr, WORKERS);

    run_all(run_due);

    for (i = 1, one = 0; i <= DUES; i++) {
        one += (shared->winners[i] == 1);
    }

    is_int(one, DUES, "a step is due for exactly one of all processes");
}


int
main(void)
{
    size_t   head;
    u_char  *p;

    bytes = ngx_apigw_metrics_bytes(&size);
    head = ngx_align(sizeof(shared_t), NGX_APIGW_METRICS_LINE);

    p = mmap(NULL, head + bytes, PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        return 1;
    }

    shared = (shared_t *) p;
    mem = p + head;

    test_exact();
    test_kills();
    test_due();

    return done();
}
