
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_quota.h"


#define DAY    20000                     /* 2024-10-04 */
#define NOW    1000                      /* ms */
#define NIGHT  90000


static ngx_apigw_quota_t        q;
static ngx_apigw_quota_state_t  state;


static void
fresh(void)
{
    memset(&q, 0, sizeof(q));
}


/* as a store would: the next claim is granted so many in all */

static ngx_int_t
grant(uint32_t seq, uint64_t granted, uint32_t day)
{
    ngx_apigw_quota_grant_t  g;

    memset(&g, 0, sizeof(g));

    g.seq = seq;
    g.granted = granted;
    g.day = day;
    g.start = day;
    g.until = NIGHT;

    return ngx_apigw_quota_apply(&q, &g);
}


static ngx_uint_t
take(ngx_uint_t max)
{
    ngx_uint_t  n;

    for (n = 0; n < max; n++) {
        if (ngx_apigw_quota_take(&q, NOW) == NGX_DECLINED) {
            break;
        }
    }

    return n;
}


static void
is_state(uint32_t seq, uint64_t granted, uint64_t spent, const char *name)
{
    ngx_apigw_quota_read(&q, &state);

    is_int(state.seq, seq, "%s: seq", name);
    is_int(state.granted, granted, "%s: granted", name);
    is_int(state.spent, spent, "%s: spent", name);
    is_int(state.left, granted - spent, "%s: left", name);
}


static void
test_take(void)
{
    fresh();

    is_int(ngx_apigw_quota_take(&q, 0), NGX_DECLINED,
           "a new record has nothing");
    is_state(0, 0, 0, "a new record");

    is_int(grant(1, 3, DAY), NGX_OK, "three units");
    is_state(1, 3, 0, "granted");
    is_int(state.day, DAY, "the day of the grant");
    is_int(state.frozen, 0, "it is not frozen");

    is_int(ngx_apigw_quota_take(&q, NIGHT), NGX_DECLINED,
           "nothing at the end of the day");
    is_int(ngx_apigw_quota_take(&q, NIGHT - 1), NGX_OK,
           "a unit a millisecond before");
    is_int(take(5), 2, "the other two");
    is_state(1, 3, 3, "spent");

    is_int(grant(2, 3, DAY), NGX_OK, "the store has nothing");
    is_int(take(1), 0, "then there is nothing");
    is_state(2, 3, 3, "nothing granted");
}


static void
test_low(void)
{
    ngx_uint_t               i, n;
    ngx_apigw_quota_grant_t  g;

    fresh();
    memset(&g, 0, sizeof(g));

    g.seq = 1;
    g.granted = 8;
    g.day = DAY;
    g.start = DAY;
    g.until = NIGHT;
    g.low = 2;

    (void) ngx_apigw_quota_apply(&q, &g);

    for (n = 0, i = 1; i <= 8; i++) {
        if (ngx_apigw_quota_take(&q, NOW) == NGX_AGAIN) {
            n = n * 10 + i;
        }
    }

    is_int(n, 6, "it is time to claim once: when as few are left as low");

    g.seq = 2;
    g.granted = 12;
    g.low = 0;

    (void) ngx_apigw_quota_apply(&q, &g);

    for (n = 0, i = 1; i <= 4; i++) {
        if (ngx_apigw_quota_take(&q, NOW) == NGX_AGAIN) {
            n = n * 10 + i;
        }
    }

    is_int(n, 4, "with low 0 it is the last unit");
}


static void
test_freeze(void)
{
    ngx_apigw_quota_state_t  again;

    fresh();
    (void) grant(1, 5, DAY);
    (void) take(2);

    ngx_apigw_quota_freeze(&q, &state);

    is_int(state.frozen, 1, "frozen");
    is_int(state.left, 3, "with what was left");
    is_int(state.spent, 2, "with what was spent");
    is_int(take(1), 0, "nothing is spent of it");

    ngx_apigw_quota_freeze(&q, &again);

    is_int(again.word, state.word, "it is frozen once");
    is_int(again.word, q.word, "the state is that of the word");

    is_int(grant(2, 2, DAY), NGX_OK, "all has been given back");
    is_state(2, 2, 2, "given back");
    is_int(state.frozen, 0, "the grant has thawed it");

    (void) grant(3, 6, DAY);
    ngx_apigw_quota_freeze(&q, &state);

    is_int(grant(4, 6, DAY), NGX_OK, "the answer to an earlier claim");
    is_int(take(9), 4, "which had nothing given back");
}


static void
test_apply(void)
{
    fresh();

    is_int(grant(2, 9, DAY), NGX_DECLINED, "a claim that nobody has made");
    is_int(grant(0, 9, DAY), NGX_DECLINED, "one that was answered");
    is_state(0, 0, 0, "nothing was applied");

    is_int(grant(1, 4, DAY), NGX_OK, "the first answer");
    is_int(grant(1, 4, DAY), NGX_DECLINED, "it is applied once");
    is_int(take(3), 3, "three of four");
    is_int(grant(1, 4, DAY), NGX_DECLINED, "it comes late");
    is_state(1, 4, 3, "applied once");

    is_int(grant(2, 9, DAY), NGX_OK, "what is left is kept");
    is_state(2, 9, 3, "the second answer");
    is_int(q.granted[0] >> 48, 2, "it is in the slot of even numbers");
    is_int(q.granted[1] >> 48, 1, "the former one has not gone");

    is_int(grant(3, 1, DAY), NGX_OK, "a store that knows less");
    is_state(3, 3, 3, "what was spent is not unspent");

    is_int(grant(4, ((uint64_t) 1 << 47), DAY), NGX_OK, "a great number");
    ngx_apigw_quota_read(&q, &state);
    is_int(state.left, 0x7fffffff, "so many are left as the word can hold");
}


static void
test_wrap(void)
{
    uint32_t    seq;
    uint64_t    granted;
    ngx_uint_t  i, bad;

    fresh();

    seq = 0;
    granted = 0;
    bad = 0;

    for (i = 0; i < 2 * NGX_APIGW_QUOTA_SEQS + 5; i++) {
        seq = ngx_apigw_quota_next(seq);
        granted += 2;

        bad += grant(seq, granted, DAY) != NGX_OK;
        bad += grant(seq, granted, DAY) != NGX_DECLINED;
        bad += take(2) != 2;

        ngx_apigw_quota_read(&q, &state);
        bad += state.seq != seq || state.spent != granted;
    }

    is_int(bad, 0, "sequence numbers begin anew");
    is_int(seq, 5, "after %d", NGX_APIGW_QUOTA_SEQS);
    is_int(ngx_apigw_quota_next(32767), 0, "the number after 32767");
    is_int(state.day, DAY, "and the day is not touched");
}


static void
test_base(void)
{
    ngx_apigw_quota_grant_t  g;

    fresh();
    memset(&g, 0, sizeof(g));

    g.seq = 1;
    g.granted = 3;
    g.day = DAY;
    g.start = DAY - 3;
    g.until = NIGHT;

    (void) ngx_apigw_quota_apply(&q, &g);
    (void) take(3);

    is_int(ngx_apigw_quota_tag(q.base), DAY - 3, "the period's first day");
    is_int(ngx_apigw_quota_value(q.base), 0, "nothing was spent before it");

    g.seq = 2;
    g.base = 2;
    (void) ngx_apigw_quota_apply(&q, &g);

    is_int(ngx_apigw_quota_value(q.base), 0, "within a period it stands");

    g.seq = 3;
    g.start = DAY;
    g.base = 3;
    (void) ngx_apigw_quota_apply(&q, &g);

    is_int(ngx_apigw_quota_tag(q.base), DAY, "the next period's first day");
    is_int(ngx_apigw_quota_value(q.base), 3, "three were spent before it");
}


static void
test_adopt(void)
{
    ngx_apigw_quota_grant_t  g;

    fresh();
    (void) grant(1, 4, DAY);
    (void) take(1);

    memset(&g, 0, sizeof(g));
    g.seq = 7;
    g.granted = 20;
    g.day = DAY + 1;
    g.start = DAY + 1;
    g.until = 2 * NIGHT;

    ngx_apigw_quota_adopt(&q, 3, &g);
    is_state(1, 4, 1, "the claim has just come late");

    ngx_apigw_quota_adopt(&q, 2, &g);

    is_state(7, 20, 20, "adopted");
    is_int(state.day, DAY + 1, "adopted: the day");
    is_int(take(1), 0, "all that was granted counts as spent");
    is_int(ngx_apigw_quota_tag(q.base), DAY + 1, "the period");
    is_int(ngx_apigw_quota_value(q.base), 20, "nothing was spent in it");

    is_int(grant(2, 9, DAY), NGX_DECLINED, "the former claim is forgotten");
    is_int(grant(8, 22, DAY + 1), NGX_OK, "the one after it is not");
    is_int(take(9), 2, "two more units");

    g.seq = 8;
    g.granted = 30;
    ngx_apigw_quota_adopt(&q, 8, &g);
    is_state(8, 22, 22, "known already");

    ngx_apigw_quota_adopt(&q, 9, &g);
    is_state(8, 30, 30, "the store knows more of the same claim");

    fresh();
    (void) grant(1, 9, DAY);
    (void) take(9);

    g.seq = 5;
    g.granted = 4;
    ngx_apigw_quota_adopt(&q, 2, &g);
    is_state(5, 9, 9, "what was spent is not unspent");
}


static void
test_overdraw(void)
{
    fresh();

    ngx_apigw_quota_overdraw(&q);
    is_state(0, 1, 1, "a new record is overdrawn");

    (void) grant(1, 3, DAY);
    is_state(1, 3, 1, "it is paid of the first grant");

    (void) take(9);
    ngx_apigw_quota_overdraw(&q);
    ngx_apigw_quota_overdraw(&q);
    is_state(1, 5, 5, "two more");

    (void) grant(2, 4, DAY);
    is_state(2, 5, 5, "a grant that does not suffice");

    (void) grant(3, 8, DAY);
    is_state(3, 8, 5, "one that does");

    ngx_apigw_quota_freeze(&q, &state);
    ngx_apigw_quota_overdraw(&q);
    is_state(3, 8, 6, "a frozen lease can be overdrawn");
    is_int(state.frozen, 1, "it stays frozen");
    is_int(grant(4, 5, DAY), NGX_OK, "all has been given back");
    is_state(4, 6, 6, "but for the unit that was spent");

    q.word = (q.word & ~(uint64_t) 0xffffffff) | 0x80000000;
    is_state(4, 6 + ((uint64_t) 1 << 31), 6 + ((uint64_t) 1 << 31),
             "two thousand millions");

    ngx_apigw_quota_overdraw(&q);
    is_state(4, 6 + ((uint64_t) 1 << 31), 6 + ((uint64_t) 1 << 31),
             "no more are counted");
    is_int(state.day, DAY, "and nothing else is touched");
}


static void
test_days(void)
{
    uint32_t  i, bad;

    fresh();

    is_int(ngx_apigw_quota_on(&q, DAY), 0, "a new record knows no day");

    ngx_apigw_quota_day(&q, DAY, 0);
    (void) grant(1, 1000, DAY);
    (void) take(5);

    is_int(ngx_apigw_quota_on(&q, DAY), 5, "this day");
    is_int(ngx_apigw_quota_on(&q, DAY - 1), 0, "the day before");
    is_int(ngx_apigw_quota_on(&q, DAY + 1), 0, "the day after");

    ngx_apigw_quota_day(&q, DAY, 3);
    is_int(ngx_apigw_quota_on(&q, DAY), 5, "a day begins once");

    ngx_apigw_quota_day(&q, DAY + 1, 5);
    (void) take(7);

    is_int(ngx_apigw_quota_on(&q, DAY), 5, "yesterday");
    is_int(ngx_apigw_quota_on(&q, DAY + 1), 7, "today");

    ngx_apigw_quota_day(&q, DAY + 4, 12);
    (void) take(1);

    is_int(ngx_apigw_quota_on(&q, DAY + 1), 7, "three days ago");
    is_int(ngx_apigw_quota_on(&q, DAY + 2)
           + ngx_apigw_quota_on(&q, DAY + 3), 0, "days without a request");
    is_int(ngx_apigw_quota_on(&q, DAY + 4), 1, "today, again");

    for (bad = 0, i = 5; i < 200; i++) {
        ngx_apigw_quota_read(&q, &state);
        ngx_apigw_quota_day(&q, DAY + i, state.spent);
        bad += take(i % 4) != i % 4;

        bad += ngx_apigw_quota_on(&q, DAY + i) != i % 4;

        if (i >= 5 + NGX_APIGW_QUOTA_DAYS) {
            bad += ngx_apigw_quota_on(&q, DAY + i - 31) != (i - 31) % 4;
            bad += ngx_apigw_quota_on(&q, DAY + i - 32) != 0;
        }
    }

    is_int(bad, 0, "the ring goes round, a month is known");

    ngx_apigw_quota_read(&q, &state);
    ngx_apigw_quota_day(&q, DAY + 1000, state.spent);

    for (bad = 0, i = 0; i <= NGX_APIGW_QUOTA_DAYS; i++) {
        bad += ngx_apigw_quota_on(&q, DAY + 1000 - i) != 0;
    }

    is_int(bad, 0, "after a long time nothing is");
}


static void
test_raise(void)
{
    ngx_atomic_t  word;

    word = 5;

    ngx_apigw_quota_raise(&word, 4);
    is_int(word, 5, "it does not fall");

    ngx_apigw_quota_raise(&word, 6);
    is_int(word, 6, "it rises");
}


/* memory that something else has written */

static void
test_spoilt(void)
{
    fresh();

    q.word = (uint64_t) DAY << 48 | (uint64_t) 3 << 33 | 100;
    q.granted[1] = (uint64_t) 3 << 48 | 7;
    q.until = NIGHT;

    is_state(3, 100, 0, "more is left than was granted");
}


int
main(void)
{
    test_take();
    test_low();
    test_freeze();
    test_apply();
    test_wrap();
    test_base();
    test_adopt();
    test_overdraw();
    test_days();
    test_raise();
    test_spoilt();

    return done();
}
