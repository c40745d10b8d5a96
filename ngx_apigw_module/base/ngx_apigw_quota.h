
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_QUOTA_H_INCLUDED_
#define _NGX_APIGW_QUOTA_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * What a gateway knows of one quota, that of a key in a plan: the units that
 * a store (Redis, or the zone itself) has granted it, and how many are left.
 * It lies in memory that all workers share; there are no locks, and whoever
 * is killed between two instructions leaves it usable.
 *
 * granted and spent count from the record's birth and never start anew:
 *
 *     spent = granted - left
 *
 * A claim has a sequence number, the one after that of the word.  Any worker
 * may send it, and send it again; the store answers all of one number alike,
 * and the first answer that arrives is taken, once.  A frozen lease cannot be
 * spent of: what a claim says of it stays true until it is answered.
 *
 * A lease is good for one day of the store's calendar.
 *
 * left is signed: below 0 there are units that were spent without a grant.
 */

#define NGX_APIGW_QUOTA_SEQS   0x8000            /* sequence numbers */
#define NGX_APIGW_QUOTA_DAYS   32                /* of the ring below */
#define NGX_APIGW_QUOTA_MAX    ((uint64_t) 1 << 40)      /* units */

#define NGX_APIGW_QUOTA_PENDING  ((uint64_t) 1 << 63)
#define NGX_APIGW_QUOTA_ALLOWED  ((uint64_t) 1 << 62)

#define ngx_apigw_quota_tag(word)    ((uint32_t) ((word) >> 48))
#define ngx_apigw_quota_value(word)  ((word) & (((uint64_t) 1 << 48) - 1))


typedef struct {
    uint64_t       id[2];        /* what it means, hashed */
    ngx_atomic_t   generation;   /* configuration that used it last */

    ngx_atomic_t   word;         /* day:16 seq:15 frozen:1 left:32 */
    ngx_atomic_t   granted[2];   /* by seq & 1: seq:16 granted:48 */
    ngx_atomic_t   until;        /* end of the day, ms of CLOCK_MONOTONIC */
    ngx_atomic_t   low;          /* ask for more when so many are left */

    ngx_atomic_t   dry;          /* the store has nothing until then, ms */
    ngx_atomic_t   base;         /* start:16 spent:48, when the period began;
                                    start is its first day */
    ngx_atomic_t   mark;         /* ms:32 spent:32, of the last answer */
    ngx_atomic_t   limit;        /* of the newest configuration, units */
    ngx_atomic_t   reserved;     /* granted may rise to here: in a file, with
                                    NGX_APIGW_QUOTA_PENDING until that is
                                    durable; with _ALLOWED: while the store is
                                    away */
    ngx_atomic_t   others;       /* what other gateways have used */
    ngx_atomic_t   check;        /* of id: in a file */

    /* where there is no other store */

    ngx_atomic_t   today;        /* day:16 spent:48, when that day began */
    uint32_t       days[NGX_APIGW_QUOTA_DAYS];   /* units spent, by day */
} ngx_apigw_quota_t;


/* a consistent view of a record */

typedef struct {
    ngx_atomic_uint_t    word;           /* as it was read */
    uint32_t             day;
    uint32_t             seq;
    uint32_t             left;
    ngx_uint_t           frozen;
    uint64_t             granted;
    uint64_t             spent;
} ngx_apigw_quota_state_t;


/* what a store has answered to a claim */

typedef struct {
    uint32_t             seq;
    uint64_t             granted;
    uint32_t             day;
    uint32_t             start;          /* first day of the period */
    uint64_t             base;           /* spent when it began, if it is new
                                            to the record */
    uint64_t             until;          /* ms of CLOCK_MONOTONIC */
    uint32_t             low;
} ngx_apigw_quota_grant_t;


/*
 * Spends one unit; now in ms of CLOCK_MONOTONIC.
 *
 *     NGX_OK        spent
 *     NGX_AGAIN     spent, and as few are left as `low` says: time to claim
 *     NGX_DECLINED  none is left here, or the day is over: claim
 */
ngx_int_t ngx_apigw_quota_take(ngx_apigw_quota_t *q, uint64_t now);

void ngx_apigw_quota_read(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state);

/*
 * Nothing more is spent of this lease until the next grant is applied.  The
 * state is that of the frozen lease.
 */
void ngx_apigw_quota_freeze(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state);

/*
 * Applies the answer to the claim that came after the state's.
 *
 *     NGX_OK        applied
 *     NGX_DECLINED  it was applied before, or is of another claim
 */
ngx_int_t ngx_apigw_quota_apply(ngx_apigw_quota_t *q,
    ngx_apigw_quota_grant_t *grant);

/*
 * The store knows a later claim than the one that it answers, seq: our memory
 * is older than the store's, and all that it has granted counts as spent.  But
 * where others have gone on meanwhile, that claim has just come late.
 */
void ngx_apigw_quota_adopt(ngx_apigw_quota_t *q, uint32_t seq,
    ngx_apigw_quota_grant_t *grant);

/*
 * The period that begins on day start is the current one, and so much was
 * spent before it.
 */
void ngx_apigw_quota_begin(ngx_apigw_quota_t *q, uint32_t start,
    uint64_t spent);

/*
 * Counts a unit as spent that nobody granted; two thousand millions of them
 * between two answers of the store.
 */
void ngx_apigw_quota_overdraw(ngx_apigw_quota_t *q);

/*
 * Notes what was spent on the days before this one.  The lease is frozen, or
 * it is the record's first day.
 */
void ngx_apigw_quota_day(ngx_apigw_quota_t *q, uint32_t day, uint64_t spent);

/* units spent on a day, 0 where it is not known any more */
uint64_t ngx_apigw_quota_on(ngx_apigw_quota_t *q, uint32_t day);


static ngx_inline uint32_t
ngx_apigw_quota_next(uint32_t seq)
{
    return (seq + 1) & (NGX_APIGW_QUOTA_SEQS - 1);
}


/* raises a word that never falls */

static ngx_inline void
ngx_apigw_quota_raise(ngx_atomic_t *word, ngx_atomic_uint_t value)
{
    ngx_atomic_uint_t  old;

    do {
        old = *word;
    } while (old < value && !ngx_atomic_cmp_set(word, old, value));
}


#endif /* _NGX_APIGW_QUOTA_H_INCLUDED_ */
