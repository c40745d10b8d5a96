
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_gcra.h"
#include "tap.h"


#define SECOND  ((uint64_t) 1000000000)
#define NEVER   NGX_APIGW_GCRA_NEVER


/* tokens as the fraction tokens / interval: exact */

typedef struct {
    __int128    tokens;
    __int128    interval;
    __int128    burst;
    uint64_t    now;
} model_t;


static uint64_t  seed = 88172645463325252;


static uint64_t
rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


static ngx_apigw_gcra_t
limit_of(const char *rate, uint64_t burst)
{
    ngx_str_t         s;
    ngx_apigw_gcra_t  limit;

    memset(&limit, 0, sizeof(limit));

    s.len = strlen(rate);
    s.data = (u_char *) rate;

    if (ngx_apigw_gcra_rate(&s, &limit) != NGX_OK
        || ngx_apigw_gcra_burst(&limit, burst) != NGX_OK)
    {
        ok(0, "limit %s burst %lu", rate, (unsigned long) burst);
    }

    return limit;
}


static void
test_rate(void)
{
    char              *copy;
    size_t             i;
    ngx_int_t          rc;
    ngx_str_t          s;
    ngx_apigw_gcra_t   limit;

    static const struct {
        const char  *rate;
        uint64_t     interval;
    } good[] = {
        { "1r/s", SECOND },
        { "10r/s", SECOND / 10 },
        { "3r/s", 333333333 },
        { "7r/s", 142857143 },
        { "0.5r/s", 2 * SECOND },
        { "1.5r/s", 666666667 },
        { "30r/m", 2 * SECOND },
        { "1r/m", 60 * SECOND },
        { "0.1r/m", 600 * SECOND },
        { "0.000001r/s", 1000000 * SECOND },
        { "0.000001r/m", 60 * 1000000 * SECOND },
        { "1000000r/s", 1000 },
        { "1000000.000000r/s", 1000 },
        { "60000000r/m", 1000 },
        { "999999.999999r/s", 1000 },
        { "0r/s", 0 },
        { "0r/m", 0 },
        { "0.0r/s", 0 },
        { "0.000000r/s", 0 },
        { "00010r/s", SECOND / 10 },
        { "00000000000000000000000000000000000000001r/s", SECOND }
    };

    static const char  *bad[] = {
        "", "r", "r/s", "/s", "1", "10", "10r", "10r/", "10r/h", "10R/s",
        "10r/S", "-1r/s", "+1r/s", " 1r/s", "1 r/s", "1r/s ", ".5r/s", "5.r/s",
        ".r/s", "1..5r/s", "1.5.5r/s", "1e3r/s", "0x1r/s", "1,5r/s",
        "0.0000001r/s", "1.0000000r/s", "1000000.000001r/s", "1000001r/s",
        "60000001r/m", "60000000.000001r/m", "18446744073709551616r/s",
        "99999999999999999999999999999999r/s", "9223372036854775808r/m",
        "1rr/s", "1r//s", "1r/sr/s", "nanr/s", "\xffr/s"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        s.len = strlen(good[i].rate);
        s.data = (u_char *) good[i].rate;

        limit.interval = 4711;

        rc = ngx_apigw_gcra_rate(&s, &limit);

        ok(rc == NGX_OK && limit.interval == good[i].interval,
           "rate %s: %lu", good[i].rate, (unsigned long) limit.interval);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {

        /* without a NUL, for the sanitizer */

        s.len = strlen(bad[i]);
        copy = malloc(s.len ? s.len : 1);
        memcpy(copy, bad[i], s.len);
        s.data = (u_char *) copy;

        limit.interval = 4711;

        rc = ngx_apigw_gcra_rate(&s, &limit);

        ok(rc == NGX_ERROR && limit.interval == 4711, "bad rate \"%s\"",
           bad[i]);

        free(copy);
    }
}


static void
test_burst(void)
{
    ngx_apigw_gcra_t  limit;

    limit.interval = SECOND;

    is_int(ngx_apigw_gcra_burst(&limit, 5), NGX_OK, "burst 5");
    is_int(limit.burst, 5, "burst is set");
    is_int(limit.capacity, 5 * SECOND, "capacity is set");

    is_int(ngx_apigw_gcra_burst(&limit, NGX_APIGW_GCRA_MAX / SECOND), NGX_OK,
           "largest burst");
    is_int(ngx_apigw_gcra_burst(&limit, NGX_APIGW_GCRA_MAX / SECOND + 1),
           NGX_ERROR, "larger burst");
    is_int(ngx_apigw_gcra_burst(&limit, (uint64_t) 1 << 63), NGX_ERROR,
           "burst 2^63");
    is_int(ngx_apigw_gcra_burst(&limit, (uint64_t) -1), NGX_ERROR,
           "burst 2^64 - 1");

    limit.interval = 1;

    is_int(ngx_apigw_gcra_burst(&limit, NGX_APIGW_GCRA_MAX), NGX_OK,
           "2^61 of 1 ns");
    is_int(ngx_apigw_gcra_burst(&limit, NGX_APIGW_GCRA_MAX + 1), NGX_ERROR,
           "2^61 + 1 of 1 ns");

    limit.interval = 0;

    is_int(ngx_apigw_gcra_burst(&limit, (uint64_t) -1), NGX_OK,
           "any burst of nothing");
    is_int(limit.capacity, 0, "takes no time");
}


static void
test_time(void)
{
    uint64_t                t;
    ngx_uint_t              i;
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_gcra_state_t  st;

    limit = limit_of("10r/s", 5);
    t = 1000 * SECOND;
    word = 0;

    for (i = 0; i < 5; i++) {
        is_int(ngx_apigw_gcra_take(&limit, &word, t, &st), NGX_OK,
               "token %lu of a full bucket", (unsigned long) i);
        is_int(st.remaining, 4 - i, "remaining");
        is_int(st.retry, (i == 4) ? SECOND / 10 : 0, "retry");
        is_int(st.reset, (i + 1) * SECOND / 10, "reset");
    }

    is_int(ngx_apigw_gcra_take(&limit, &word, t, &st), NGX_BUSY, "empty");
    is_int(st.remaining, 0, "nothing remains");
    is_int(st.retry, SECOND / 10, "retry after an interval");
    is_int(st.reset, SECOND / 2, "full after five");
    is_int(word, t + SECOND / 2, "a refusal leaves the word");

    is_int(ngx_apigw_gcra_take(&limit, &word, t + SECOND / 10 - 1, &st),
           NGX_BUSY, "1 ns too early");
    is_int(st.retry, 1, "retry in 1 ns");
    is_int(ngx_apigw_gcra_take(&limit, &word, t + SECOND / 10, &st), NGX_OK,
           "at the time named");
    is_int(ngx_apigw_gcra_take(&limit, &word, t + SECOND / 10, &st), NGX_BUSY,
           "once");

    is_int(ngx_apigw_gcra_take(&limit, &word, t + 3600 * SECOND, &st), NGX_OK,
           "an hour later");
    is_int(st.remaining, 4, "it holds no more than its burst");

    /* a clock read before another process moved the word */

    is_int(ngx_apigw_gcra_take(&limit, &word, t + 3600 * SECOND - 1000, &st),
           NGX_OK, "an older clock");
    is_int(st.remaining, 2, "sees less, not more");
    is_int(word, t + 3600 * SECOND + SECOND / 5, "and counts the same");
}


static void
test_never(void)
{
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_gcra_state_t  st;

    limit = limit_of("0r/s", 100);
    word = 0;

    is_int(ngx_apigw_gcra_take(&limit, &word, 5, &st), NGX_BUSY, "rate 0");
    ok(st.retry == NEVER && st.reset == NEVER && st.remaining == 0,
       "no token ever");
    is_int(word, 0, "the word stays");

    limit = limit_of("10r/s", 0);

    is_int(ngx_apigw_gcra_take(&limit, &word, 5, &st), NGX_BUSY, "burst 0");
    ok(st.retry == NEVER && st.reset == NEVER && st.remaining == 0,
       "no token ever");

    ngx_apigw_gcra_refund(&limit, &word);
    is_int(word, 0, "nothing to give back");
}


static void
test_changed(void)
{
    uint64_t                t;
    ngx_uint_t              i;
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        slow, fast, wide, off;
    ngx_apigw_gcra_state_t  st;

    slow = limit_of("1r/m", 60);
    fast = limit_of("10r/s", 5);
    wide = limit_of("1r/m", 100);
    off = limit_of("0r/s", 1);

    t = 100000 * SECOND;
    word = 0;

    for (i = 0; i < 60; i++) {
        (void) ngx_apigw_gcra_take(&slow, &word, t, &st);
    }

    is_int(ngx_apigw_gcra_take(&slow, &word, t, &st), NGX_BUSY,
           "an hour's bucket is empty");
    is_int(st.reset, 3600 * SECOND, "for an hour");

    is_int(ngx_apigw_gcra_take(&off, &word, t, &st), NGX_BUSY, "switched off");
    is_int(word, t + 3600 * SECOND, "the word stays");

    is_int(ngx_apigw_gcra_take(&wide, &word, t, &st), NGX_OK, "raised limit");
    is_int(st.remaining, 39, "holds at once");

    is_int(ngx_apigw_gcra_take(&fast, &word, t, &st), NGX_BUSY,
           "a faster limit finds an empty bucket");
    is_int(st.retry, SECOND / 10, "with its own retry");
    is_int(word, t + SECOND / 2, "which is stored");
    is_int(ngx_apigw_gcra_take(&fast, &word, t + SECOND / 10, &st), NGX_OK,
           "and is true");

    /* what an old clock explains is not a changed limit */

    t += 100 * SECOND;
    word = t + fast.capacity;

    is_int(ngx_apigw_gcra_take(&fast, &word, t - NGX_APIGW_GCRA_SLACK, &st),
           NGX_BUSY, "a clock one second old");
    is_int(word, t + fast.capacity, "changes nothing");
    is_int(st.retry, NGX_APIGW_GCRA_SLACK + SECOND / 10, "its retry is true");

    is_int(ngx_apigw_gcra_take(&fast, &word, t - NGX_APIGW_GCRA_SLACK - 1,
                               &st),
           NGX_BUSY, "more than that is a change");
    is_int(word, t - NGX_APIGW_GCRA_SLACK - 1 + fast.capacity, "stored");
}


static void
test_refund(void)
{
    uint64_t                t;
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_gcra_state_t  st;

    limit = limit_of("1r/s", 2);
    t = 50 * SECOND;
    word = 0;

    (void) ngx_apigw_gcra_take(&limit, &word, t, &st);
    ngx_apigw_gcra_refund(&limit, &word);
    is_int(word, t, "as before, for whom it is full at t");

    (void) ngx_apigw_gcra_take(&limit, &word, t, &st);
    (void) ngx_apigw_gcra_take(&limit, &word, t, &st);
    is_int(ngx_apigw_gcra_take(&limit, &word, t, &st), NGX_BUSY, "empty");
    ngx_apigw_gcra_refund(&limit, &word);
    is_int(ngx_apigw_gcra_take(&limit, &word, t, &st), NGX_OK, "one back");
    is_int(ngx_apigw_gcra_take(&limit, &word, t, &st), NGX_BUSY, "only one");

    word = 3;
    ngx_apigw_gcra_refund(&limit, &word);
    is_int(word, 0, "does not go below a full bucket");
    ngx_apigw_gcra_refund(&limit, &word);
    is_int(word, 0, "never");
}


static void
test_huge(void)
{
    uint64_t                now, next;
    ngx_uint_t              i, bad;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_gcra_state_t  st;

    limit.interval = NGX_APIGW_GCRA_MAX;
    is_int(ngx_apigw_gcra_burst(&limit, 1), NGX_OK, "a token in 73 years");

    now = ((uint64_t) 1 << 63) - 1;

    is_int(ngx_apigw_gcra_step(&limit, 0, now, &next, &st), NGX_OK,
           "at the end of time");
    ok(next == now + NGX_APIGW_GCRA_MAX, "without overflow");
    ok(st.retry == NGX_APIGW_GCRA_MAX && st.reset == NGX_APIGW_GCRA_MAX,
       "73 years");
    is_int(ngx_apigw_gcra_step(&limit, next, now, &next, &st), NGX_BUSY,
           "once");
    is_int(ngx_apigw_gcra_step(&limit, (uint64_t) -1, now, &next, &st),
           NGX_BUSY, "the largest word");
    ok(next == now + NGX_APIGW_GCRA_MAX, "is brought nearer");

    limit.interval = 1;
    is_int(ngx_apigw_gcra_burst(&limit, NGX_APIGW_GCRA_MAX), NGX_OK,
           "2^61 tokens");
    is_int(ngx_apigw_gcra_step(&limit, 0, 0, &next, &st), NGX_OK, "one taken");
    ok(st.remaining == NGX_APIGW_GCRA_MAX - 1, "the rest remains");

    /* any word at any time */

    for (bad = 0, i = 0; i < 1000000; i++) {
        limit.interval = 1 + rnd() % (NGX_APIGW_GCRA_MAX >> (rnd() % 61));

        if (ngx_apigw_gcra_burst(&limit, rnd() >> (rnd() % 64)) != NGX_OK) {
            continue;
        }

        now = (rnd() >> 1) >> (rnd() % 63);

        if (ngx_apigw_gcra_step(&limit, rnd() >> (rnd() % 64), now, &next, &st)
            == NGX_OK)
        {
            bad += next <= now || next - now > limit.capacity
                   || st.remaining >= limit.burst
                   || st.reset != next - now;
        }
    }

    is_int(bad, 0, "any word at any time");
}


static ngx_uint_t
model_take(model_t *m, uint64_t now)
{
    m->tokens += (__int128) (now - m->now);
    m->now = now;

    if (m->tokens > m->burst * m->interval) {
        m->tokens = m->burst * m->interval;
    }

    if (m->tokens < m->interval) {
        return 0;
    }

    m->tokens -= m->interval;

    return 1;
}


static ngx_uint_t
model_differs(model_t *m, ngx_apigw_gcra_state_t *st)
{
    __int128  retry;

    retry = m->interval - m->tokens;

    return (__int128) st->remaining != m->tokens / m->interval
           || (__int128) st->retry != (retry > 0 ? retry : 0)
           || (__int128) st->reset != m->burst * m->interval - m->tokens;
}


static void
test_model(void)
{
    model_t                 m;
    uint64_t                now;
    ngx_int_t               rc;
    ngx_uint_t              i, k, bad, admitted;
    ngx_atomic_t            word;
    ngx_apigw_gcra_t        limit;
    ngx_apigw_gcra_state_t  st;

    bad = 0;
    admitted = 0;

    for (i = 0; i < 3000; i++) {
        limit.interval = 1 + rnd() % ((uint64_t) 1 << (rnd() % 40));
        (void) ngx_apigw_gcra_burst(&limit, 1 + rnd() % (1 << (rnd() % 16)));

        m.interval = limit.interval;
        m.burst = limit.burst;
        m.tokens = m.burst * m.interval;
        m.now = rnd() >> (2 + rnd() % 50);

        word = 0;

        for (k = 0; k < 300; k++) {

            /* stand, creep, or jump, perhaps past a full bucket */

            now = m.now;

            if (rnd() % 2) {
                now += rnd() % (limit.interval * 2)
                       * (rnd() % 8 ? 1 : limit.burst);
            }

            rc = ngx_apigw_gcra_take(&limit, &word, now, &st);
            bad += (rc == NGX_OK) != model_take(&m, now);
            bad += model_differs(&m, &st);

            if (rc == NGX_OK) {
                admitted++;

                if (rnd() % 5 == 0) {
                    ngx_apigw_gcra_refund(&limit, &word);
                    m.tokens += m.interval;
                }

                continue;
            }

            /* retry is exact */

            now = m.now + st.retry;

            bad += ngx_apigw_gcra_take(&limit, &word, now - 1, &st) == NGX_OK;
            bad += model_take(&m, now - 1);
            bad += ngx_apigw_gcra_take(&limit, &word, now, &st) != NGX_OK;
            bad += !model_take(&m, now);
            bad += model_differs(&m, &st);
        }
    }

    is_int(bad, 0, "the exact model agrees");
    comment("%lu takes were admitted", (unsigned long) admitted);
}


int
main(void)
{
    test_rate();
    test_burst();
    test_time();
    test_never();
    test_changed();
    test_refund();
    test_huge();
    test_model();

    return done();
}
