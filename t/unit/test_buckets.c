
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_buckets.h"
#include "tap.h"


#define SECOND  ((uint64_t) 1000000000)
#define CIRCLE  (((uint64_t) 1 << 44) * 1000)         /* ns */
#define DAY     (86400 * SECOND)
#define GUARD   0x5ca1ab1e5ca1ab1eUL


static uint64_t  seed = 88172645463325252;


static uint64_t
rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


/* a guard word on either side */

static ngx_apigw_buckets_t
table(uint64_t nsets)
{
    uint64_t             n;
    ngx_apigw_buckets_t  b;

    n = nsets * NGX_APIGW_BUCKETS_WAYS;

    b.words = calloc(n + 2, sizeof(ngx_atomic_t));
    b.nsets = nsets;

    b.words[0] = GUARD;
    b.words[n + 1] = GUARD;
    b.words++;

    return b;
}


static void
drop(ngx_apigw_buckets_t *b)
{
    ok(b->words[-1] == GUARD
       && b->words[b->nsets * NGX_APIGW_BUCKETS_WAYS] == GUARD,
       "nothing outside of %lu sets was touched", (unsigned long) b->nsets);

    free((void *) (b->words - 1));
}


static ngx_apigw_gcra_t
limit_of(uint64_t interval, uint64_t burst)
{
    ngx_apigw_gcra_t  limit;

    limit.interval = interval;
    (void) ngx_apigw_gcra_burst(&limit, burst);

    return limit;
}


static ngx_uint_t
used(ngx_apigw_buckets_t *b)
{
    uint64_t    i;
    ngx_uint_t  n;

    for (n = 0, i = 0; i < b->nsets * NGX_APIGW_BUCKETS_WAYS; i++) {
        n += b->words[i] != 0;
    }

    return n;
}


static ngx_uint_t
drain(ngx_apigw_buckets_t *b, ngx_apigw_gcra_t *limit, uint64_t hash,
    uint64_t now)
{
    ngx_uint_t              n;
    ngx_apigw_gcra_state_t  st;

    for (n = 0; ngx_apigw_buckets_take(b, limit, hash, now, &st) == NGX_OK; ) {
        n++;
    }

    return n;
}


static void
test_time(void)
{
    uint64_t                t;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    b = table(1);
    limit = limit_of(SECOND / 10, 5);
    t = 1000 * SECOND;

    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t, &st), NGX_OK, "first");
    is_int(st.remaining, 4, "remaining");
    is_int(st.retry, 0, "retry");
    is_int(st.reset, SECOND / 10, "reset");
    is_int(used(&b), 1, "one entry");

    is_int(drain(&b, &limit, 1, t), 4, "the rest of the burst");
    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t, &st), NGX_BUSY, "empty");
    is_int(st.remaining, 0, "nothing remains");
    is_int(st.retry, SECOND / 10, "retry");
    is_int(st.reset, SECOND / 2, "reset");

    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t + st.retry - 1, &st),
           NGX_BUSY, "1 ns too early");
    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t + SECOND / 10, &st), NGX_OK,
           "at the time named");
    is_int(drain(&b, &limit, 1, t + SECOND / 10), 0, "once");

    is_int(drain(&b, &limit, 2, t), 5, "another key has its own bucket");
    is_int(used(&b), 2, "and entry");

    is_int(drain(&b, &limit, 1, t + DAY), 5, "full on the next day");
    is_int(used(&b), 2, "in the same entry");

    /* retry holds at any part of a microsecond */

    t += 2 * DAY + 999;
    (void) drain(&b, &limit, 1, t);
    (void) ngx_apigw_buckets_take(&b, &limit, 1, t, &st);
    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t + st.retry, &st), NGX_OK,
           "retry within a microsecond");

    drop(&b);
}


static void
test_limits(void)
{
    uint64_t                t;
    ngx_apigw_gcra_t        limit, fast;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    b = table(3);
    t = 7 * DAY;

    limit = limit_of(0, 9);
    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t, &st), NGX_BUSY, "rate 0");
    ok(st.retry == NGX_APIGW_GCRA_NEVER, "never");

    limit = limit_of(SECOND, 0);
    is_int(ngx_apigw_buckets_take(&b, &limit, 1, t, &st), NGX_BUSY, "burst 0");
    ok(st.retry == NGX_APIGW_GCRA_NEVER, "never");
    is_int(used(&b), 0, "nothing was inserted");

    limit = limit_of(1000, 100);
    is_int(drain(&b, &limit, 1, t), 100, "1000000r/s, burst 100");

    limit = limit_of(1499, 100);
    is_int(drain(&b, &limit, 2, t), 100, "rounded down: its burst holds");
    limit = limit_of(1500, 100);
    is_int(drain(&b, &limit, 3, t), 100, "rounded up: its burst holds");

    limit = limit_of(NGX_APIGW_BUCKETS_MAX, 1);
    is_int(drain(&b, &limit, 4, t), 1, "a token in 50 days");
    is_int(drain(&b, &limit, 4, t + NGX_APIGW_BUCKETS_MAX - 1000), 0,
           "not before");
    is_int(drain(&b, &limit, 4, t + NGX_APIGW_BUCKETS_MAX), 1, "but then");
    is_int(drain(&b, &limit, 4, t + DAY), 0, "nor for a clock 49 days old");

    limit = limit_of(1500, NGX_APIGW_BUCKETS_MAX / 1500);
    is_int(ngx_apigw_buckets_take(&b, &limit, 5, t, &st), NGX_OK,
           "the largest that rounding makes");
    is_int(st.remaining, limit.burst - 1, "counts exactly");

    /* a changed limit */

    limit = limit_of(60 * SECOND, 60);
    fast = limit_of(SECOND / 10, 5);

    is_int(drain(&b, &limit, 6, t), 60, "an hour's bucket");
    is_int(ngx_apigw_buckets_take(&b, &fast, 6, t, &st), NGX_BUSY,
           "a faster limit finds it empty");
    is_int(st.retry, SECOND / 10, "for its own time");
    is_int(drain(&b, &fast, 6, t + SECOND / 10), 1, "which is true");

    drop(&b);
}


static void
test_wrap(void)
{
    uint64_t                t, start;
    ngx_uint_t              i, bad;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    limit = limit_of(SECOND, 10);

    for (start = 0; start < 5; start++) {
        b = table(1);

        /* drained before the end of the circle, refilled behind it */

        t = (start + 1) * CIRCLE - 5 * SECOND;

        is_int(drain(&b, &limit, 1, t), 10, "before the wrap");
        is_int(drain(&b, &limit, 1, t + 4 * SECOND), 4, "1 s before it");
        is_int(drain(&b, &limit, 1, t + 5 * SECOND), 1, "at it");
        is_int(drain(&b, &limit, 1, t + 6 * SECOND), 1, "behind it");
        is_int(drain(&b, &limit, 1, t + 60 * SECOND), 10, "full behind it");
        is_int(used(&b), 1, "one entry");

        drop(&b);
    }

    /* a steady client for two circles, an hour at a time */

    b = table(1);
    limit = limit_of(3600 * SECOND, 3);
    bad = 0;

    t = CIRCLE / 2;
    (void) drain(&b, &limit, 1, t);

    for (i = 0; i < 2 * 204 * 24; i++) {
        t += 3600 * SECOND;

        bad += ngx_apigw_buckets_take(&b, &limit, 1, t, &st) != NGX_OK;
        bad += ngx_apigw_buckets_take(&b, &limit, 1, t, &st) != NGX_BUSY;
    }

    is_int(bad, 0, "one an hour, for 407 days");
    is_int(used(&b), 1, "one entry");

    drop(&b);

    /* an entry is free for as long as a sweep may wait */

    limit = limit_of(SECOND, 10);
    b = table(1);
    t = 300 * DAY;

    for (i = 1; i <= NGX_APIGW_BUCKETS_WAYS; i++) {
        (void) drain(&b, &limit, i, t);
    }

    is_int(drain(&b, &limit, 99, t + 9 * SECOND), NGX_OK, "live: no room");
    is_int(ngx_apigw_buckets_sweep(&b, 0, 1, t + 9 * SECOND),
           NGX_APIGW_BUCKETS_WAYS, "a sweep leaves live ones");
    is_int(drain(&b, &limit, 99, t + 101 * DAY), 10, "room after 101 days");
    is_int(ngx_apigw_buckets_sweep(&b, 0, 1, t + 101 * DAY), 1,
           "a sweep leaves one");
    is_int(used(&b), 1, "one entry");
    is_int(ngx_apigw_buckets_sweep(&b, 0, 1, t + 150 * DAY), 0, "then none");
    is_int(used(&b), 0, "no entry");
    is_int(ngx_apigw_buckets_sweep(&b, 5, (uint64_t) -1, t), 0,
           "a sweep beyond the table");

    drop(&b);
}


static void
test_full(void)
{
    uint64_t                t, i;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    b = table(1);
    limit = limit_of(SECOND, 1);
    t = 1000 * SECOND;

    for (i = 1; i <= NGX_APIGW_BUCKETS_WAYS; i++) {
        is_int(ngx_apigw_buckets_take(&b, &limit, i, t, &st), NGX_OK,
               "way %lu", (unsigned long) i);
    }

    is_int(ngx_apigw_buckets_take(&b, &limit, 9, t, &st), NGX_DECLINED,
           "the set is full");
    is_int(ngx_apigw_buckets_take(&b, &limit, 8, t, &st), NGX_BUSY,
           "its keys are known");
    is_int(ngx_apigw_buckets_take(&b, &limit, 9, t + SECOND - 1, &st),
           NGX_DECLINED, "until the first has passed");
    is_int(ngx_apigw_buckets_take(&b, &limit, 9, t + SECOND, &st), NGX_OK,
           "then there is room");
    is_int(used(&b), NGX_APIGW_BUCKETS_WAYS, "in the place of one");

    /* tag 0 is tag 1 */

    is_int(drain(&b, &limit, 0, t + 10 * SECOND), 1, "a hash of 0");
    is_int(drain(&b, &limit, 1, t + 10 * SECOND), 0, "is one of 1");

    drop(&b);
}


static void
test_sets(void)
{
    uint64_t                n, h;
    ngx_uint_t              i, bad;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    limit = limit_of(SECOND, 1);

    for (n = 1; n < 40; n += 13) {
        b = table(n);

        is_int(drain(&b, &limit, 0, SECOND), 1, "the lowest hash");
        is_int(drain(&b, &limit, (uint64_t) -1, SECOND), 1,
               "the highest hash");

        drop(&b);
    }

    /* 20 bits of tag: equal ones are rare */

    b = table(100000);

    for (bad = 0, i = 0; i < 200000; i++) {
        h = rnd();
        bad += ngx_apigw_buckets_take(&b, &limit, h, SECOND, &st) == NGX_BUSY;
    }

    ok(bad <= 5, "%lu of 200000 keys met another's entry",
       (unsigned long) bad);

    drop(&b);
}


static void
test_refund(void)
{
    uint64_t                t;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    b = table(1);
    limit = limit_of(SECOND, 3);
    t = CIRCLE - SECOND;

    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    is_int(used(&b), 0, "a refund makes no entry");

    is_int(drain(&b, &limit, 1, t), 3, "the burst");
    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    is_int(drain(&b, &limit, 1, t), 1, "one back");

    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    ngx_apigw_buckets_refund(&b, &limit, 1, t);
    is_int(drain(&b, &limit, 1, t), 3, "no more than the burst");

    ngx_apigw_buckets_refund(&b, &limit, 2, t);
    is_int(drain(&b, &limit, 1, t), 0, "another's refund");
    is_int(ngx_apigw_buckets_take(&b, &limit, 2, t, &st), NGX_OK, "other key");
    is_int(st.remaining, 2, "has its burst");

    ngx_apigw_buckets_refund(&b, &limit, 1, t + DAY);
    is_int(drain(&b, &limit, 1, t + DAY), 3, "of what has passed");

    drop(&b);
}


/* what no race should make, and what killed processes leave */

static void
test_twins(void)
{
    uint64_t             t, us, tag;
    ngx_apigw_gcra_t     limit;
    ngx_apigw_buckets_t  b;

    b = table(1);
    limit = limit_of(SECOND, 5);
    t = CIRCLE - SECOND;
    us = t / 1000;
    tag = (uint64_t) 7 << 44;

#define entry(n)  (tag | ((us + (n)) & (((uint64_t) 1 << 44) - 1)))

    b.words[2] = entry(1000000);
    b.words[5] = entry(2000000);
    is_int(drain(&b, &limit, 7, t), 2, "two debts are one");
    is_int(used(&b), 1, "in one entry");
    is_int(b.words[2], entry(5000000), "the lower");

    b.words[0] = entry(0);
    is_int(drain(&b, &limit, 7, t), 0, "an entry without debt below");
    is_int(used(&b), 1, "goes");

    b.words[7] = entry((uint64_t) 0 - 1000000000);
    b.words[6] = entry(0);
    is_int(drain(&b, &limit, 7, t), 0, "two of them above");
    is_int(used(&b), 1, "go");

    b.words[2] = entry(4000000);
    b.words[3] = entry(3000000);
    ngx_apigw_buckets_refund(&b, &limit, 7, t);
    is_int(used(&b), 1, "a refund joins them, too");
    is_int(b.words[2], entry(6000000), "and gives one back");

    b.words[2] = entry(((uint64_t) 1 << 43) - 2);
    b.words[3] = entry(3000000);
    is_int(drain(&b, &limit, 7, t), 0, "debts beyond half of the circle");
    is_int(b.words[2], entry(5000000), "are one empty bucket");

    memset((void *) b.words, 0, 64);
    b.words[4] = entry((uint64_t) 0 - ((uint64_t) 1 << 36));
    is_int(drain(&b, &limit, 7, t), 5, "an entry that nobody completed");
    is_int(used(&b), 1, "is used");

#undef entry

    drop(&b);
}


static void
test_flood(void)
{
    uint64_t                t, client;
    ngx_int_t               rc;
    ngx_uint_t              i, freed, full, admitted;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st;

    b = table(4096);
    limit = limit_of(60 * SECOND, 10);
    t = 1000 * SECOND;
    client = 0x123456789abcdef;

    is_int(drain(&b, &limit, client, t), 10, "a client uses its burst up");

    freed = 0;
    full = 0;
    admitted = 0;

    for (i = 0; i < 10000000; i++) {

        /* 59 seconds in all */

        rc = ngx_apigw_buckets_take(&b, &limit, rnd(), t + i * 5900, &st);

        admitted += rc == NGX_OK;
        full += rc == NGX_DECLINED;

        if (i % 1000 == 0) {
            freed += ngx_apigw_buckets_take(&b, &limit, client, t + i * 5900,
                                            &st)
                     != NGX_BUSY;
        }
    }

    is_int(freed, 0, "it stays limited while 10000000 other keys come");
    ok(admitted >= 4096 * NGX_APIGW_BUCKETS_WAYS - 1 && full > 0,
       "%lu were admitted, %lu found no room", (unsigned long) admitted,
       (unsigned long) full);
    is_int(used(&b), 4096 * NGX_APIGW_BUCKETS_WAYS, "the table is full");

    is_int(drain(&b, &limit, client, t + 60 * SECOND), 1,
           "and has its next token in time");

    drop(&b);
}


/* one key against the plain bucket, whose word is exact */

static void
test_same(void)
{
    uint64_t                now;
    ngx_int_t               rc;
    ngx_uint_t              i, k, bad;
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_buckets_t     b;
    ngx_apigw_gcra_state_t  st, want;

    bad = 0;

    for (i = 0; i < 2000; i++) {
        limit = limit_of(1000 * (1 + rnd() % ((uint64_t) 1 << (rnd() % 24))),
                         1 + rnd() % 50);

        b.words = calloc(NGX_APIGW_BUCKETS_WAYS, sizeof(ngx_atomic_t));
        b.nsets = 1;

        word = 0;
        now = (rnd() >> 2) / 1000 * 1000;

        for (k = 0; k < 300; k++) {
            now += rnd() % (limit.interval / 1000 * 2) * 1000
                   * (rnd() % 20 ? 1 : limit.burst);

            rc = ngx_apigw_buckets_take(&b, &limit, i, now, &st);

            bad += rc != ngx_apigw_gcra_take(&limit, &word, now, &want);
            bad += memcmp(&st, &want, sizeof(st)) != 0;

            if (rc == NGX_OK && rnd() % 4 == 0) {
                ngx_apigw_buckets_refund(&b, &limit, i, now);
                ngx_apigw_gcra_refund(&limit, &word);
            }
        }

        free((void *) b.words);
    }

    is_int(bad, 0, "a bucket here is a bucket there");
}


int
main(void)
{
    test_time();
    test_limits();
    test_wrap();
    test_full();
    test_sets();
    test_refund();
    test_twins();
    test_same();
    test_flood();

    return done();
}
