
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <pthread.h>
#include <sched.h>

#include "ngx_apigw_quota.h"
#include "tap.h"


/*
 * Workers of one gateway: each spends, claims, gives back and reads, and is
 * put off for a while where it hurts most.  The store is a few lines under a
 * lock, and as exact as the one in Redis.
 */

#define THREADS  8
#define DAY      20000
#define NIGHT    90000

#define ROUNDS   20
#define UNITS    100000


typedef struct {
    uint32_t       seed;
    ngx_uint_t     admitted;
    ngx_uint_t     overdrawn;
    ngx_uint_t     applied;
    ngx_uint_t     bad;
    pthread_t      tid;
} work_t;


/* what the store knows of the gateway */

typedef struct {
    pthread_mutex_t  mutex;
    uint32_t         seq;
    uint64_t         spent;
    uint64_t         granted;
    uint64_t         limit;
} store_t;


static ngx_apigw_quota_t  q;
static store_t            store = { PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0 };
static pthread_barrier_t  barrier;
static work_t             works[THREADS];


static uint32_t
dice(work_t *w, uint32_t n)
{
    w->seed = w->seed * 1664525 + 1013904223;

    return (w->seed >> 8) % n;
}


static void
pause_at_times(work_t *w)
{
    if (dice(w, 8) == 0) {
        sched_yield();
    }
}


/* NGX_DECLINED: the claim comes too late */

static ngx_int_t
ask(ngx_apigw_quota_state_t *state, ngx_apigw_quota_grant_t *g,
    ngx_uint_t want)
{
    uint32_t   seq;
    uint64_t   held;
    ngx_int_t  rc;

    rc = NGX_OK;
    seq = ngx_apigw_quota_next(state->seq);

    pthread_mutex_lock(&store.mutex);

    if (seq == ngx_apigw_quota_next(store.seq)) {
        held = state->frozen ? state->spent : state->granted;

        store.seq = seq;
        store.spent = state->spent;
        store.granted = held + (held < store.limit
                                ? ngx_min(want, store.limit - held) : 0);

    } else if (seq != store.seq) {
        rc = NGX_DECLINED;
    }

    g->seq = seq;
    g->granted = store.granted;

    pthread_mutex_unlock(&store.mutex);

    return rc;
}


static void
claim(work_t *w, ngx_uint_t want, ngx_uint_t give)
{
    ngx_apigw_quota_grant_t  g;
    ngx_apigw_quota_state_t  state;

    memset(&g, 0, sizeof(g));

    g.day = DAY;
    g.start = DAY;
    g.until = NIGHT;
    g.low = 3;

    if (give) {
        ngx_apigw_quota_freeze(&q, &state);

    } else {
        ngx_apigw_quota_read(&q, &state);
    }

    pause_at_times(w);

    if (ask(&state, &g, want) == NGX_OK) {
        pause_at_times(w);
        w->applied += ngx_apigw_quota_apply(&q, &g) == NGX_OK;
    }
}


/* what a reader sees never goes back */

static void
look(work_t *w, ngx_apigw_quota_state_t *last)
{
    ngx_apigw_quota_state_t  state;

    ngx_apigw_quota_read(&q, &state);

    w->bad += state.spent < last->spent
              || state.left > state.granted
              || state.spent + state.left != state.granted;

    *last = state;
}


static void *
work(void *data)
{
    work_t  *w = data;

    ngx_int_t                rc;
    ngx_apigw_quota_state_t  last;

    memset(&last, 0, sizeof(last));
    pthread_barrier_wait(&barrier);

    for ( ;; ) {
        rc = ngx_apigw_quota_take(&q, 0);

        if (rc != NGX_DECLINED) {
            w->admitted++;
        }

        if (dice(w, 16) == 0) {
            look(w, &last);
        }

        if (rc == NGX_DECLINED || rc == NGX_AGAIN) {
            claim(w, 1 + dice(w, 40), 0);

        } else if (dice(w, 32) == 0) {
            claim(w, 0, dice(w, 2));
        }

        look(w, &last);

        if (last.spent >= store.limit) {
            return NULL;
        }
    }
}


/* units are spent that nobody granted, too */

static void *
overdraw(void *data)
{
    work_t  *w = data;

    ngx_uint_t               i;
    ngx_apigw_quota_state_t  last;

    memset(&last, 0, sizeof(last));
    pthread_barrier_wait(&barrier);

    for (i = 0; i < UNITS; i++) {

        if (ngx_apigw_quota_take(&q, 0) != NGX_DECLINED) {
            w->admitted++;

        } else {
            ngx_apigw_quota_overdraw(&q);
            w->overdrawn++;
        }

        if (dice(w, 4) == 0) {
            claim(w, dice(w, 40), dice(w, 2));
        }

        look(w, &last);
    }

    return NULL;
}


static void
all(void *(*start)(void *), ngx_uint_t round)
{
    ngx_uint_t  i;

    pthread_barrier_init(&barrier, NULL, THREADS);

    for (i = 0; i < THREADS; i++) {
        memset(&works[i], 0, sizeof(work_t));
        works[i].seed = (uint32_t) (round * THREADS + i);

        pthread_create(&works[i].tid, NULL, start, &works[i]);
    }

    for (i = 0; i < THREADS; i++) {
        pthread_join(works[i].tid, NULL);
    }

    pthread_barrier_destroy(&barrier);
}


static void
fresh(uint64_t limit, uint32_t seq)
{
    memset(&q, 0, sizeof(q));

    q.word = (uint64_t) seq << 33;
    q.granted[seq & 1] = (uint64_t) seq << 48;

    store.seq = seq;
    store.spent = 0;
    store.granted = 0;
    store.limit = limit;
}


static void
test_spend(void)
{
    ngx_uint_t               i, round, admitted, applied, bad, unexact;
    ngx_apigw_quota_state_t  state;

    admitted = applied = bad = unexact = 0;

    for (round = 0; round < ROUNDS; round++) {
        fresh(UNITS, round % 2 ? NGX_APIGW_QUOTA_SEQS - 100 : 0);
        all(work, round);

        for (admitted = 0, i = 0; i < THREADS; i++) {
            admitted += works[i].admitted;
            applied += works[i].applied;
            bad += works[i].bad;
        }

        ngx_apigw_quota_read(&q, &state);

        if (admitted != UNITS || state.spent != UNITS || state.left) {
            comment("%lu admitted, %lu spent", (unsigned long) admitted,
                    (unsigned long) state.spent);
            unexact++;
        }
    }

    comment("%lu claims applied", (unsigned long) applied);

    is_int(unexact, 0, "%d threads spend what was granted", THREADS);
    is_int(bad, 0, "a reader sees a consistent record");
    ok(applied > ROUNDS * 1000, "units came in many claims");
}


static void
test_overdraw(void)
{
    ngx_uint_t               i, spent, overdrawn, applied, bad;
    ngx_apigw_quota_state_t  state;

    fresh(UNITS * THREADS / 2, 0);
    all(overdraw, 0);

    spent = overdrawn = applied = bad = 0;

    for (i = 0; i < THREADS; i++) {
        spent += works[i].admitted + works[i].overdrawn;
        overdrawn += works[i].overdrawn;
        applied += works[i].applied;
        bad += works[i].bad;
    }

    ngx_apigw_quota_read(&q, &state);

    comment("%lu claims applied, %lu units overdrawn",
            (unsigned long) applied, (unsigned long) overdrawn);

    is_int(state.spent, spent, "what is overdrawn is counted");
    is_int(bad, 0, "it is not forgotten by the next grant");
    ok(overdrawn > 0 && overdrawn < spent, "some were overdrawn, not all");
}


int
main(void)
{
    test_spend();
    test_overdraw();

    return done();
}
