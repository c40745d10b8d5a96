
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_quota.h"


#define NGX_APIGW_QUOTA_FROZEN     ((uint64_t) 1 << 32)
#define NGX_APIGW_QUOTA_LEFT_MAX   INT32_MAX

#define ngx_apigw_quota_left(word)  ((int32_t) (uint32_t) (word))
#define ngx_apigw_quota_seq(word)                                            \
    ((uint32_t) ((word) >> 33) & (NGX_APIGW_QUOTA_SEQS - 1))
#define ngx_apigw_quota_tagged(tag, value)                                   \
    ((uint64_t) (tag) << 48 | (value))


static uint64_t ngx_apigw_quota_word(uint32_t day, uint32_t seq,
    uint64_t left);


ngx_int_t
ngx_apigw_quota_take(ngx_apigw_quota_t *q, uint64_t now)
{
    ngx_atomic_uint_t  word;

    do {
        word = q->word;

        if (ngx_apigw_quota_left(word) <= 0
            || (word & NGX_APIGW_QUOTA_FROZEN)
            || now >= q->until)
        {
            return NGX_DECLINED;
        }

    } while (!ngx_atomic_cmp_set(&q->word, word, word - 1));

    return ((ngx_atomic_uint_t) ngx_apigw_quota_left(word) - 1 == q->low)
           ? NGX_AGAIN : NGX_OK;
}


/*
 * The slot of a sequence number is not written again before the word has
 * gone on, so that a tag tells whether both belong together.
 */

void
ngx_apigw_quota_read(ngx_apigw_quota_t *q, ngx_apigw_quota_state_t *state)
{
    int32_t            left;
    uint64_t           granted;
    ngx_atomic_uint_t  word;

    for ( ;; ) {
        word = q->word;

        ngx_memory_barrier();

        state->seq = ngx_apigw_quota_seq(word);
        granted = q->granted[state->seq & 1];

        ngx_memory_barrier();

        if (q->word == word) {
            break;
        }
    }

    state->word = word;
    state->day = ngx_apigw_quota_tag(word);
    state->frozen = (word & NGX_APIGW_QUOTA_FROZEN) != 0;
    state->granted = ngx_apigw_quota_value(granted);

    left = ngx_apigw_quota_left(word);

    if (left < 0) {
        state->granted += (uint64_t) -(int64_t) left;
        left = 0;
    }

    state->left = (uint32_t) left;

    if (state->granted < state->left) {
        /* not in this world: memory that something else has written */
        state->granted = state->left;
    }

    state->spent = state->granted - state->left;
}


void
ngx_apigw_quota_freeze(ngx_apigw_quota_t *q, ngx_apigw_quota_state_t *state)
{
    for ( ;; ) {
        ngx_apigw_quota_read(q, state);

        if (state->frozen) {
            return;
        }

        if (ngx_atomic_cmp_set(&q->word, state->word,
                               state->word | NGX_APIGW_QUOTA_FROZEN))
        {
            state->word |= NGX_APIGW_QUOTA_FROZEN;
            state->frozen = 1;
            return;
        }
    }
}


ngx_int_t
ngx_apigw_quota_apply(ngx_apigw_quota_t *q, ngx_apigw_quota_grant_t *grant)
{
    uint64_t                  granted, left;
    ngx_atomic_t             *slot;
    ngx_atomic_uint_t         old, value;
    ngx_apigw_quota_state_t   state;

    slot = &q->granted[grant->seq & 1];

    for ( ;; ) {
        old = *slot;

        ngx_apigw_quota_read(q, &state);

        if (ngx_apigw_quota_next(state.seq) != grant->seq) {
            return NGX_DECLINED;
        }

        /* what was overdrawn meanwhile is paid now */

        granted = ngx_max(grant->granted, state.spent);
        left = ngx_min(granted - state.spent, NGX_APIGW_QUOTA_LEFT_MAX);
        value = ngx_apigw_quota_tagged(grant->seq, granted);

        if (!ngx_atomic_cmp_set(slot, old, value)) {
            continue;
        }

        ngx_apigw_quota_begin(q, grant->start, grant->base);

        if (ngx_atomic_cmp_set(&q->word, state.word,
                               ngx_apigw_quota_word(grant->day, grant->seq,
                                                    left)))
        {
            break;
        }
    }

    q->low = grant->low;
    q->until = grant->until;

    return NGX_OK;
}


void
ngx_apigw_quota_adopt(ngx_apigw_quota_t *q, uint32_t seq,
    ngx_apigw_quota_grant_t *grant)
{
    uint64_t                  granted;
    ngx_atomic_t             *slot;
    ngx_atomic_uint_t         old;
    ngx_apigw_quota_state_t   state;

    slot = &q->granted[grant->seq & 1];

    for ( ;; ) {
        old = *slot;

        ngx_apigw_quota_read(q, &state);

        if (ngx_apigw_quota_next(state.seq) != seq) {
            return;
        }

        granted = ngx_max(grant->granted, state.spent);

        if (!ngx_atomic_cmp_set(slot, old,
                                ngx_apigw_quota_tagged(grant->seq, granted)))
        {
            continue;
        }

        ngx_apigw_quota_begin(q, grant->start, granted);

        if (ngx_atomic_cmp_set(&q->word, state.word,
                               ngx_apigw_quota_word(grant->day, grant->seq,
                                                    0)))
        {
            break;
        }
    }

    q->low = 0;
    q->until = grant->until;
}


static uint64_t
ngx_apigw_quota_word(uint32_t day, uint32_t seq, uint64_t left)
{
    return ngx_apigw_quota_tagged(day, (uint64_t) seq << 33 | left);
}


void
ngx_apigw_quota_begin(ngx_apigw_quota_t *q, uint32_t start, uint64_t spent)
{
    ngx_atomic_uint_t  base;

    base = q->base;

    if (ngx_apigw_quota_tag(base) != start) {
        (void) ngx_atomic_cmp_set(&q->base, base,
                                  ngx_apigw_quota_tagged(start, spent));
    }
}


/* in the word, so that whoever applies an answer meanwhile looks again */

void
ngx_apigw_quota_overdraw(ngx_apigw_quota_t *q)
{
    int32_t            left;
    ngx_atomic_uint_t  word;

    do {
        word = q->word;
        left = ngx_apigw_quota_left(word);

        if (left == INT32_MIN) {
            return;
        }

    } while (!ngx_atomic_cmp_set(&q->word, word,
                                 (word & ~(uint64_t) 0xffffffff)
                                 | (uint32_t) (left - 1)));
}


void
ngx_apigw_quota_day(ngx_apigw_quota_t *q, uint32_t day, uint64_t spent)
{
    uint32_t           last, i;
    ngx_atomic_uint_t  today;

    today = q->today;
    last = ngx_apigw_quota_tag(today);

    if (last == day) {
        return;
    }

    if (last) {
        q->days[last % NGX_APIGW_QUOTA_DAYS] =
                    (day - last < NGX_APIGW_QUOTA_DAYS)
                    ? (uint32_t) (spent - ngx_apigw_quota_value(today)) : 0;
    }

    for (i = last + 1; i <= day && i < last + NGX_APIGW_QUOTA_DAYS; i++) {
        q->days[i % NGX_APIGW_QUOTA_DAYS] = 0;
    }

    (void) ngx_atomic_cmp_set(&q->today, today,
                              ngx_apigw_quota_tagged(day, spent));
}


uint64_t
ngx_apigw_quota_on(ngx_apigw_quota_t *q, uint32_t day)
{
    uint32_t                 last;
    ngx_atomic_uint_t        today;
    ngx_apigw_quota_state_t  state;

    today = q->today;
    last = ngx_apigw_quota_tag(today);

    if (day == last) {
        ngx_apigw_quota_read(q, &state);

        return state.spent - ngx_min(state.spent,
                                     ngx_apigw_quota_value(today));
    }

    if (day > last || last - day >= NGX_APIGW_QUOTA_DAYS) {
        return 0;
    }

    return q->days[day % NGX_APIGW_QUOTA_DAYS];
}
