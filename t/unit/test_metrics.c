
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "ngx_apigw_metrics_int.h"
#include "tap.h"


#define KINDS   NGX_APIGW_METRICS_KINDS
#define STAGE   NGX_APIGW_METRICS_STAGE
#define ROUTE   NGX_APIGW_METRICS_ROUTE
#define PLAN    NGX_APIGW_METRICS_PLAN
#define NONE    NGX_APIGW_METRICS_NONE
#define LINE    NGX_APIGW_METRICS_LINE


static const size_t  sizes[] = {
    sizeof(ngx_apigw_metrics_stage_t),
    sizeof(ngx_apigw_metrics_series_t),
    sizeof(ngx_apigw_metrics_plan_t),
    sizeof(ngx_apigw_metrics_authorizer_t)
};

static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789";

static ngx_apigw_metrics_size_t  size = { 4, { 3, 9, 2, 2 } };
static ngx_apigw_metrics_t       metrics;
static u_char                   *mem;
static size_t                    bytes;
static ngx_uint_t                dead;      /* a pid; 0: none */


static uint64_t
next(uint64_t *random)
{
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;

    return *random >> 33;
}


static ngx_uint_t
alive(ngx_uint_t pid)
{
    return pid != dead;
}


/* just so many bytes, so that what is behind them is seen */

static ngx_int_t
fresh(void)
{
    void  *p;

    free(mem);

    bytes = ngx_apigw_metrics_bytes(&size);

    if (posix_memalign(&p, LINE, bytes) != 0) {
        return NGX_ERROR;
    }

    mem = p;
    memset(mem, 0, bytes);
    ngx_apigw_metrics_format(mem, &size, seed, 1234567890);

    return ngx_apigw_metrics_attach(&metrics, mem, bytes);
}


static uint32_t
claim(ngx_uint_t kind, ngx_uint_t n, ngx_uint_t generation)
{
    int     len;
    u_char  name[32];

    len = snprintf((char *) name, sizeof(name), "series %lu",
                   (unsigned long) n);

    return ngx_apigw_metrics_claim(&metrics, kind, name, (size_t) len,
                                   generation);
}


/* fills each part with its own number; then looks whether it is still there */

static ngx_uint_t
part(u_char *p, size_t len, ngx_uint_t *n, ngx_uint_t look)
{
    size_t      i;
    u_char      c;
    ngx_uint_t  bad;

    *n += 1;
    c = (u_char) (*n * 37 + *n / 251);
    bad = 0;

    if (!look) {
        memset(p, c, len);
        return 0;
    }

    for (i = 0; i < len; i++) {
        bad += (p[i] != c);
    }

    return bad;
}


static ngx_uint_t
parts(ngx_uint_t look)
{
    ngx_uint_t                 i, k, s, n, bad;
    ngx_apigw_metrics_slot_t  *slot;

    n = 0;
    bad = 0;

    for (k = 0; k < KINDS; k++) {
        for (i = 0; i < size.room[k]; i++) {
            bad += part((u_char *) ngx_apigw_metrics_record(&metrics, k, i),
                        sizeof(ngx_apigw_metrics_record_t), &n, look);
        }
    }

    bad += part((u_char *) metrics.stages,
                size.room[STAGE] * sizeof(ngx_apigw_metrics_past_t), &n, look);
    bad += part((u_char *) metrics.routes,
                size.room[ROUTE] * sizeof(ngx_apigw_metrics_use_t), &n, look);
    bad += part((u_char *) metrics.busy,
                NGX_APIGW_METRICS_BUSY * sizeof(ngx_apigw_metrics_busy_t), &n,
                look);

    for (s = 0; s < size.nslots; s++) {
        slot = ngx_apigw_metrics_slot(&metrics, s);

        bad += part((u_char *) slot, sizeof(ngx_apigw_metrics_slot_t), &n,
                    look);

        for (k = 0; k < KINDS; k++) {
            for (i = 0; i < size.room[k]; i++) {
                bad += part(ngx_apigw_metrics_at(&metrics, slot, k,
                                                 (uint32_t) i),
                            sizes[k], &n, look);
            }
        }
    }

    return bad;
}


static ngx_uint_t
aligned(void)
{
    size_t      n;
    ngx_uint_t  k;

    n = (size_t) ((u_char *) metrics.stages - mem)
        | (size_t) ((u_char *) metrics.routes - mem)
        | (size_t) ((u_char *) metrics.busy - mem)
        | (size_t) (metrics.slots - mem)
        | metrics.slot_size;

    for (k = 0; k < KINDS; k++) {
        n |= (size_t) (metrics.tables[k].records - mem) | metrics.offsets[k]
             | sizes[k];
    }

    return n % LINE == 0;
}


static void
test_layout(void)
{
    u_char      head[sizeof(ngx_apigw_metrics_head_t)];
    ngx_uint_t  i;

    static const ngx_apigw_metrics_size_t  cases[] = {
        { 1, { 0, 0, 0, 0 } },
        { 1, { 1, 1, 1, 1 } },
        { 2, { 8, 64, 16, 8 } },
        { 5, { 3, 1, 0, 7 } },
        { 65, { 2, 0, 1, 0 } }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size = cases[i];

        is_int(fresh(), NGX_OK, "layout %lu", (unsigned long) i);

        memcpy(head, mem, sizeof(head));

        ok(aligned(), "each part begins a cache line");

        parts(0);

        is_int(parts(1), 0, "no part is in another one");
        ok(memcmp(head, mem, sizeof(head)) == 0, "nor in the head");

        is_int(ngx_apigw_metrics_nslots(&metrics), cases[i].nslots, "slots");
        is_int(ngx_apigw_metrics_room(&metrics, ROUTE), cases[i].room[ROUTE],
               "room");
        is_int(ngx_apigw_metrics_born(&metrics), 1234567890, "time");
    }

    size.nslots = 4;
    size.room[0] = 3;
    size.room[1] = 9;
    size.room[2] = 2;
    size.room[3] = 2;
}


static void
test_attach(void)
{
    u_char                     byte;
    uint64_t                   random;
    ngx_uint_t                 i, bad, n;
    ngx_apigw_metrics_t        view;
    ngx_apigw_metrics_head_t  *head;

    is_int(fresh(), NGX_OK, "attach");

    head = (ngx_apigw_metrics_head_t *) mem;

    is_int(ngx_apigw_metrics_attach(&view, mem, bytes + 1), NGX_OK,
           "more than is needed");
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes - 1), NGX_DECLINED,
           "less");
    is_int(ngx_apigw_metrics_attach(&view, mem, 8), NGX_DECLINED,
           "much less");
    is_int(ngx_apigw_metrics_attach(&view, mem, 0), NGX_DECLINED, "nothing");

    head->size.nslots = 0;
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes), NGX_DECLINED,
           "no slots");

    head->size.nslots = (uint32_t) -1;
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes), NGX_DECLINED,
           "too many");

    fresh();
    head = (ngx_apigw_metrics_head_t *) mem;
    head->size.room[STAGE] = (uint32_t) -1;
    head->tables[STAGE].capacity = (uint32_t) -1;
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes), NGX_DECLINED,
           "too much room");

    fresh();
    head = (ngx_apigw_metrics_head_t *) mem;
    head->tables[PLAN].capacity++;
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes), NGX_DECLINED,
           "a table of another size");

    memset(mem, 0, bytes);
    is_int(ngx_apigw_metrics_attach(&view, mem, bytes), NGX_DECLINED,
           "what was not formatted");

    /* any byte of what says how large it is */

    fresh();
    random = 5;
    bad = 0;
    n = offsetof(ngx_apigw_metrics_head_t, spare);

    for (i = 0; i < n; i++) {
        byte = mem[i];
        mem[i] ^= (u_char) (1 + next(&random) % 255);
        bad += (ngx_apigw_metrics_attach(&view, mem, bytes) == NGX_OK);
        mem[i] = byte;
    }

    is_int(bad, 0, "any other byte is seen");
}


/* claims over generations, against a model */

#define MEANINGS  30

typedef struct {
    ngx_uint_t  meaning;        /* + 1; 0: never used */
    ngx_uint_t  generation;
    uint64_t    count;
} place_t;


static void
add(ngx_uint_t kind, uint32_t n, uint64_t value)
{
    ngx_uint_t                 s, i;
    ngx_atomic_t              *words;
    ngx_apigw_metrics_slot_t  *slot;

    for (s = 0; s < size.nslots; s++) {
        slot = ngx_apigw_metrics_slot(&metrics, s);
        words = ngx_apigw_metrics_at(&metrics, slot, kind, n);

        for (i = 0; i < sizes[kind] / sizeof(ngx_atomic_t); i++) {
            words[i] += value;
        }
    }
}


/* that all words of a series are so much */

static ngx_uint_t
holds(ngx_uint_t kind, uint32_t n, uint64_t value)
{
    ngx_uint_t                  i;
    ngx_atomic_t               *words;
    ngx_apigw_metrics_stage_t   sum;

    words = (ngx_atomic_t *) &sum;

    ngx_apigw_metrics_sum(&metrics, kind, n, &sum);

    for (i = 0; i < sizes[kind] / sizeof(ngx_atomic_t); i++) {
        if (words[i] != value * size.nslots) {
            return 0;
        }
    }

    return 1;
}


typedef struct {
    ngx_uint_t  bad;
    ngx_uint_t  found;
    ngx_uint_t  reused;
    ngx_uint_t  none;
} claims_t;


static void
generation(ngx_uint_t kind, place_t *places, ngx_uint_t number,
    uint64_t *random, claims_t *claims)
{
    uint32_t    n;
    ngx_uint_t  i, meaning;

    for (i = 0; i < size.room[kind] - 1; i++) {
        meaning = next(random) % MEANINGS;
        n = claim(kind, meaning, number);

        if (n == NONE) {
            claims->none++;
            continue;
        }

        if (n >= size.room[kind]) {
            claims->bad++;
            continue;
        }

        if (places[n].meaning != meaning + 1) {
            claims->reused += (places[n].meaning != 0);
            claims->bad += (places[n].generation + 1 >= number
                            && places[n].meaning);
            places[n].meaning = meaning + 1;
            places[n].count = 0;

        } else {
            claims->found++;
        }

        places[n].generation = number;
        claims->bad += !holds(kind, n, places[n].count);

        add(kind, n, number);
        places[n].count += number;
    }
}


static void
test_claims(void)
{
    place_t     places[9];
    uint64_t    random;
    claims_t    claims;
    ngx_uint_t  k, g, i;

    fresh();
    random = 9;

    for (k = 0; k < KINDS; k++) {
        memset(places, 0, sizeof(places));
        memset(&claims, 0, sizeof(claims));

        for (g = 2; g < 300; g++) {
            if (ngx_apigw_metrics_open(&metrics, g - 1) != NGX_OK) {
                break;
            }

            generation(k, places, g, &random, &claims);
            ngx_apigw_metrics_close(&metrics);
        }

        for (i = 0; i < size.room[k]; i++) {
            claims.bad += !holds(k, (uint32_t) i, places[i].count);
        }

        is_int(g, 300, "generations");
        is_int(claims.bad, 0, "kind %lu: what is found has its counters, "
               "what is new has none", (unsigned long) k);
        ok(claims.found && claims.reused, "%lu found, %lu reused, %lu none",
           (unsigned long) claims.found, (unsigned long) claims.reused,
           (unsigned long) claims.none);
    }
}


/* a master is killed before the counters of a new meaning are zero */

static void
test_claims_killed(void)
{
    uint32_t  n;

    fresh();

    ngx_apigw_metrics_open(&metrics, 1);
    n = claim(ROUTE, 1, 1);
    ngx_apigw_metrics_close(&metrics);
    add(ROUTE, n, 7);

    ngx_apigw_metrics_open(&metrics, 1);
    is_int(claim(ROUTE, 1, 2), n, "found again");
    ngx_apigw_metrics_close(&metrics);
    ok(holds(ROUTE, n, 7), "with its counters");

    ngx_apigw_metrics_record(&metrics, ROUTE, n)->ready = 0;

    ngx_apigw_metrics_open(&metrics, 1);
    is_int(claim(ROUTE, 1, 3), n, "found where it was not ready");
    ok(ngx_apigw_metrics_record(&metrics, ROUTE, n)->ready, "now it is");
    ngx_apigw_metrics_close(&metrics);
    ok(holds(ROUTE, n, 0), "with no counters");

    /* killed while the meaning changed: its check is 0 */

    add(ROUTE, n, 7);
    ngx_apigw_metrics_record(&metrics, ROUTE, n)->check = 0;
    ngx_apigw_metrics_record(&metrics, ROUTE, n)->ready = 0;
    metrics.head->tables[ROUTE].used = size.room[ROUTE];

    ngx_apigw_metrics_open(&metrics, 1);
    is_int(claim(ROUTE, 1, 4), n, "taken again where it was broken");
    ngx_apigw_metrics_close(&metrics);
    ok(holds(ROUTE, n, 0), "with no counters, either");
}


static void
test_slots(void)
{
    ngx_uint_t                   i;
    ngx_apigw_metrics_t          all[4], late;
    ngx_apigw_metrics_slot_t    *slot;
    ngx_apigw_metrics_gauges_t   gauges;

    fresh();
    dead = 0;

    for (i = 0; i < 4; i++) {
        ngx_apigw_metrics_attach(&all[i], mem, bytes);
        ngx_apigw_metrics_enter(&all[i], 100 + i, alive);
        all[i].slot->gauges.tokens = 10;
        all[i].slot->gauges.parked = i;
        all[i].slot->worker.longest = 5 + i % 3;
        all[i].slot->worker.pieces = 3;
    }

    ok(all[0].slot != all[1].slot && all[1].slot != all[2].slot
       && all[0].slot != all[2].slot, "each one has a slot of its own");
    ok(!all[0].shared && !all[2].shared, "that is not shared");
    ok(all[3].shared, "the last one is");
    is_int(all[3].slot->owner, 0, "which nobody owns");

    slot = all[1].slot;
    ngx_apigw_metrics_enter(&all[1], 101, alive);
    ok(all[1].slot == slot && !all[1].shared, "who has a slot keeps it");

    ngx_apigw_metrics_enter(&all[3], 103, alive);
    ok(all[3].shared, "no slot is free yet");

    is_int(ngx_apigw_metrics_sum_gauges(&metrics, alive, &gauges), 3,
           "three are alive");
    is_int(gauges.tokens, 30, "their gauges");
    is_int(gauges.parked, 3, "are added up");

    dead = 101;

    is_int(ngx_apigw_metrics_sum_gauges(&metrics, alive, &gauges), 2,
           "one is dead");
    is_int(gauges.tokens, 20, "its gauges are left out");

    ngx_apigw_metrics_enter(&all[3], 103, alive);
    ok(all[3].slot == slot && !all[3].shared, "its slot is taken over");
    is_int(slot->owner, 103, "by who asked");
    is_int(slot->gauges.tokens, 0, "gauges are zero");
    is_int(slot->worker.pieces, 3, "counters are what they were");

    ngx_apigw_metrics_leave(&all[0]);
    ok(all[0].shared, "who leaves counts in the shared slot");
    ok(all[0].slot == ngx_apigw_metrics_slot(&metrics, 3), "the last one");

    slot = ngx_apigw_metrics_slot(&metrics, 0);
    is_int(slot->owner, 0, "its slot is free");
    is_int(slot->gauges.tokens, 0, "without gauges");
    is_int(slot->worker.pieces, 3, "but with counters");

    ngx_apigw_metrics_leave(&all[0]);
    is_int(all[2].slot->owner, 102, "leaving twice changes nothing");

    /* the pid has come back */

    ngx_apigw_metrics_attach(&late, mem, bytes);
    ngx_apigw_metrics_enter(&late, 100, alive);
    ok(late.slot == slot, "a slot that is free is taken");

    ngx_apigw_metrics_attach(&late, mem, bytes);
    ngx_apigw_metrics_enter(&late, 103, alive);
    ok(late.slot == all[3].slot && !late.shared,
       "one of the same pid is taken over");

    ngx_apigw_metrics_attach(&late, mem, bytes);
    ngx_apigw_metrics_leave(&late);
    ok(late.shared && late.slot, "leaving without a slot");
}


static void
test_workers(void)
{
    ngx_uint_t                   i;
    ngx_apigw_metrics_slot_t    *slot;
    ngx_apigw_metrics_worker_t   sum;

    fresh();

    for (i = 0; i < size.nslots; i++) {
        slot = ngx_apigw_metrics_slot(&metrics, i);
        slot->worker.redis_commands = 1 + i;
        slot->worker.redis_buckets[13] = 2;
        slot->worker.longest = 10 + i % 3;
        slot->worker.pieces = 4;
    }

    ngx_apigw_metrics_sum_workers(&metrics, &sum);

    is_int(sum.redis_commands, 10, "workers' counters are added up");
    is_int(sum.redis_buckets[13], 8, "all of them");
    is_int(sum.pieces, 16, "up to the last");
    is_int(sum.longest, 12, "but for the longest");

    is_int(sizeof(ngx_apigw_topk_entry_t), 128, "an entry is two lines");
    is_int(sizeof(ngx_apigw_metrics_sample_t), 64, "a sample is one");
}


/* what is counted, against plain sums */

typedef struct {
    ngx_apigw_metrics_stage_t  stages[3];
    ngx_apigw_metrics_stage_t  routes[9];       /* only all of it is used */
    ngx_apigw_metrics_plan_t   plans[2];
} model_t;


static void
model_count(ngx_apigw_metrics_stage_t *s, ngx_apigw_metrics_request_t *r)
{
    s->all.count++;

    if (r->status >= 100 && r->status < 600) {
        s->all.classes[r->status / 100 - 1]++;
    }

    s->all.received += r->received;
    s->all.sent += r->sent;
    s->all.hits += (r->cache == 1);
    s->all.misses += (r->cache == 2);
    s->all.latency_sum += r->latency;
    s->all.latency[ngx_apigw_histogram_coarse_index(r->latency)]++;
    s->latency[ngx_apigw_histogram_fine_index(r->latency)]++;

    if (r->integration != -1) {
        s->all.integration_sum += (uint64_t) r->integration;
        s->all.integration[
            ngx_apigw_histogram_coarse_index((uint64_t) r->integration)]++;
        s->integration[
            ngx_apigw_histogram_fine_index((uint64_t) r->integration)]++;
    }

    if (r->error > 0 && r->error < 32) {
        s->errors[r->error]++;
    }
}


static void
model_request(model_t *model, ngx_apigw_metrics_request_t *r, uint64_t *random)
{
    static const size_t  verdicts[] = {
        offsetof(ngx_apigw_metrics_plan_t, admitted),
        offsetof(ngx_apigw_metrics_plan_t, throttled),
        offsetof(ngx_apigw_metrics_plan_t, refused),
        offsetof(ngx_apigw_metrics_plan_t, unavailable)
    };

    r->stage = (next(random) % 9) ? (uint32_t) (next(random) % 3) : NONE;
    r->route = (next(random) % 3) ? (uint32_t) (next(random) % 9) : NONE;
    r->plan = (next(random) % 3) ? (uint32_t) (next(random) % 2) : NONE;
    r->error = (next(random) % 3) ? 0 : (uint32_t) (next(random) % 40);
    r->status = next(random) % 700;
    r->latency = next(random) % 2000 * (next(random) % 60);
    r->integration = (int64_t) (next(random) % 5000) - 1;
    r->received = next(random) % 10000;
    r->sent = next(random);
    r->cache = next(random) % 4;
    r->verdict = verdicts[next(random) % 4];

    if (next(random) % 4 == 0) {
        r->integration = -1;
    }

    if (r->stage != NONE) {
        model_count(&model->stages[r->stage], r);
    }

    if (r->route != NONE) {
        model_count(&model->routes[r->route], r);
    }

    if (r->plan != NONE) {
        (*(ngx_atomic_t *) ((u_char *) &model->plans[r->plan] + r->verdict))++;
    }
}


static void
test_count(void)
{
    model_t                      *model;
    uint64_t                      random;
    ngx_uint_t                    i, bad;
    ngx_apigw_metrics_t           views[5];
    ngx_apigw_metrics_stage_t     sum;
    ngx_apigw_metrics_request_t   r;

    fresh();
    model = calloc(1, sizeof(model_t));
    random = 77;
    dead = 0;

    for (i = 0; i < 5; i++) {
        ngx_apigw_metrics_attach(&views[i], mem, bytes);

        if (i < 4) {
            ngx_apigw_metrics_enter(&views[i], i + 1, alive);
        }
    }

    for (i = 0; i < 50000; i++) {
        model_request(model, &r, &random);
        ngx_apigw_metrics_count(&views[i % 4], &r);

        if (i % 1000 == 0) {
            ngx_apigw_metrics_leave(&views[0]);
            ngx_apigw_metrics_enter(&views[next(&random) % 4], i + 5, alive);
        }
    }

    ngx_apigw_metrics_count(&views[4], &r);

    for (i = 0, bad = 0; i < 3; i++) {
        ngx_apigw_metrics_sum(&metrics, STAGE, (uint32_t) i, &sum);
        bad += (memcmp(&sum, &model->stages[i], sizes[STAGE]) != 0);
    }

    is_int(bad, 0, "stages are what was counted");

    for (i = 0, bad = 0; i < 9; i++) {
        ngx_apigw_metrics_sum(&metrics, ROUTE, (uint32_t) i, &sum);
        bad += (memcmp(&sum, &model->routes[i], sizes[ROUTE]) != 0);
    }

    is_int(bad, 0, "so are routes");

    for (i = 0, bad = 0; i < 2; i++) {
        ngx_apigw_metrics_sum(&metrics, PLAN, (uint32_t) i, &sum);
        bad += (memcmp(&sum, &model->plans[i], sizes[PLAN]) != 0);
    }

    is_int(bad, 0, "and plans");

    ngx_apigw_metrics_sum(&metrics, PLAN, 2, &sum);
    is_int(*(ngx_atomic_t *) &sum, 0, "what there is no room for is 0");

    free(model);
}


/* what is in the memory may be anything; it is not left */

static void
garbage(uint64_t *random)
{
    size_t                     i;
    u_char                    *p, zero;
    ngx_uint_t                 k;
    ngx_apigw_metrics_head_t  *head;

    head = (ngx_apigw_metrics_head_t *) mem;
    zero = next(random) % 2;

    for (i = sizeof(ngx_apigw_metrics_head_t); i < bytes; i++) {
        mem[i] = (zero && next(random) % 4) ? 0 : (u_char) next(random);
    }

    p = (u_char *) head->places;

    for (i = 0; i < sizeof(head->places); i++) {
        p[i] = (i % 8 < 1 + next(random) % 8) ? (u_char) next(random) : 0;
    }

    for (k = 0; k < KINDS; k++) {
        head->tables[k].used = next(random) % 2 ? next(random)
                                                : next(random) % 12;
    }

    head->step = next(random) << (next(random) % 33);
}


static void
test_garbage(void)
{
    uint32_t                     route;
    uint64_t                     random, now;
    ngx_uint_t                   i, k, n, steps;
    ngx_apigw_metrics_stage_t    sum;
    ngx_apigw_metrics_worker_t   worker;
    ngx_apigw_metrics_gauges_t   gauges;
    ngx_apigw_metrics_request_t  r;

    fresh();
    memset(&r, 0, sizeof(r));
    random = 11;
    steps = 0;

    for (i = 0; i < 60; i++) {
        garbage(&random);

        metrics.slot = NULL;
        metrics.throttled = (uint32_t) next(&random);
        metrics.quota = (uint32_t) next(&random);
        now = 10000000 + i * 10000;

        if (i % 2) {
            if (ngx_apigw_metrics_open(&metrics, next(&random)) != NGX_OK) {
                break;
            }

            for (n = 0; n < 20; n++) {
                claim(n % KINDS, n, i);
            }

            ngx_apigw_metrics_close(&metrics);
        }

        ngx_apigw_metrics_enter(&metrics, 1, alive);
        ngx_apigw_metrics_count(&metrics, &r);

        if (ngx_apigw_metrics_due(&metrics, now)) {
            steps++;

            while (ngx_apigw_metrics_sample(&metrics) == NGX_AGAIN) {
                /* void */
            }
        }

        for (k = 0; k < KINDS; k++) {
            ngx_apigw_metrics_sum(&metrics, k, (uint32_t) (i % 3), &sum);
        }

        for (n = 0; n <= NGX_APIGW_METRICS_BUSY; n++) {
            if (ngx_apigw_metrics_busy_history(&metrics, n, &route)) {
                steps += (route >= size.room[ROUTE]) * 1000;
            }
        }

        ngx_apigw_metrics_sum_workers(&metrics, &worker);
        ngx_apigw_metrics_sum_gauges(&metrics, alive, &gauges);
        ngx_apigw_metrics_leave(&metrics);
    }

    is_int(i, 60, "garbage is survived");
    ok(steps > 30 && steps <= 60, "and sampled, %lu of 60 times",
       (unsigned long) steps);
}


int
main(void)
{
    test_layout();
    test_attach();
    test_claims();
    test_claims_killed();
    test_slots();
    test_workers();
    test_count();
    test_garbage();

    free(mem);

    return done();
}
