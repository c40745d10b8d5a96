
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Why a key has one entry with debt only.  An entry is made without debt, its
 * time long passed in the eyes of a process with an old clock, too.  It gets
 * its first debt by a compare-and-swap of a process that has scanned the set
 * after it saw that very word, and found no other entry of the tag.  Say that
 * two entries of a tag were written in the order E, F and both got debt.  The
 * scan for F began after F, and so after E, had been written; it would have
 * seen E, unless E had been freed before, and what is freed has no debt.
 *
 * Where two entries are seen, one without debt is freed, which is safe at any
 * moment.  Two with debt need a word that changed and came back between a scan
 * and its swap; then the debts are added.  A process killed between any two
 * steps leaves an entry without debt at worst, or, in that last case, counts a
 * debt twice.
 */

#include "ngx_apigw_buckets.h"


#define NGX_APIGW_BUCKETS_TIME  (((uint64_t) 1 << 44) - 1)
#define NGX_APIGW_BUCKETS_TAG   (~NGX_APIGW_BUCKETS_TIME)

/* a time is ahead of now, or has passed, by less than half of the circle */
#define NGX_APIGW_BUCKETS_HALF  ((uint64_t) 1 << 43)

/* us, 19 hours: older than any clock that a process has yet to use */
#define NGX_APIGW_BUCKETS_LONG  ((uint64_t) 1 << 36)

#define NGX_APIGW_BUCKETS_USEC  1000                  /* ns */


typedef struct {
    ngx_atomic_t           *set;
    uint64_t                tag;         /* in its place above the time */
    uint64_t                now;         /* us */

    ngx_atomic_t           *own;         /* lowest way of the tag */
    uint64_t                own_word;
    ngx_atomic_t           *twin;        /* another way of the tag */
    uint64_t                twin_word;
    ngx_atomic_t           *free;        /* lowest way to be had */
    uint64_t                free_word;

    ngx_atomic_t           *seen;        /* without debt, before this scan */
    uint64_t                seen_word;
} ngx_apigw_buckets_scan_t;


static void ngx_apigw_buckets_start(ngx_apigw_buckets_scan_t *s,
    ngx_apigw_buckets_t *buckets, uint64_t hash, uint64_t now);
static void ngx_apigw_buckets_limit(ngx_apigw_gcra_t *us,
    ngx_apigw_gcra_t *limit);
static void ngx_apigw_buckets_scan(ngx_apigw_buckets_scan_t *s);
static void ngx_apigw_buckets_insert(ngx_apigw_buckets_scan_t *s);
static void ngx_apigw_buckets_join(ngx_apigw_buckets_scan_t *s);
static void ngx_apigw_buckets_lower(ngx_apigw_buckets_scan_t *s,
    uint64_t debt);
static ngx_inline uint64_t ngx_apigw_buckets_word(ngx_apigw_buckets_scan_t *s,
    uint64_t ahead);
static ngx_inline uint64_t ngx_apigw_buckets_ahead(uint64_t word,
    uint64_t now);


/* of the times at which this process made entries, another one's differs */
static ngx_atomic_t  ngx_apigw_buckets_sum;


ngx_int_t
ngx_apigw_buckets_take(ngx_apigw_buckets_t *buckets, ngx_apigw_gcra_t *limit,
    uint64_t hash, uint64_t now, ngx_apigw_gcra_state_t *state)
{
    uint64_t                  ahead, next;
    ngx_int_t                 rc;
    ngx_apigw_gcra_t          us;
    ngx_apigw_buckets_scan_t  s;

    if (limit->capacity == 0) {
        return ngx_apigw_gcra_step(limit, 0, 0, &next, state);
    }

    ngx_apigw_buckets_limit(&us, limit);
    ngx_apigw_buckets_start(&s, buckets, hash, now);

    for ( ;; ) {
        ngx_apigw_buckets_scan(&s);

        if (s.twin) {
            ngx_apigw_buckets_join(&s);
            continue;
        }

        if (s.own == NULL) {

            if (s.free == NULL) {
                return NGX_DECLINED;
            }

            ngx_apigw_buckets_insert(&s);
            continue;
        }

        ahead = ngx_apigw_buckets_ahead(s.own_word, s.now);

        if (ahead == 0 && (s.own != s.seen || s.own_word != s.seen_word)) {
            s.seen = s.own;
            s.seen_word = s.own_word;

            ngx_memory_barrier();
            continue;
        }

        rc = ngx_apigw_gcra_step(&us, ahead * NGX_APIGW_BUCKETS_USEC, 0, &next,
                                 state);

        next /= NGX_APIGW_BUCKETS_USEC;

        if (next == ahead
            || ngx_atomic_cmp_set(s.own, s.own_word,
                                  ngx_apigw_buckets_word(&s, next)))
        {
            return rc;
        }
    }
}


void
ngx_apigw_buckets_refund(ngx_apigw_buckets_t *buckets, ngx_apigw_gcra_t *limit,
    uint64_t hash, uint64_t now)
{
    ngx_apigw_gcra_t          us;
    ngx_apigw_buckets_scan_t  s;

    ngx_apigw_buckets_limit(&us, limit);
    ngx_apigw_buckets_start(&s, buckets, hash, now);

    for ( ;; ) {
        ngx_apigw_buckets_scan(&s);

        if (s.twin == NULL) {
            break;
        }

        ngx_apigw_buckets_join(&s);
    }

    if (s.own) {
        ngx_apigw_buckets_lower(&s, us.interval / NGX_APIGW_BUCKETS_USEC);
    }
}


uint64_t
ngx_apigw_buckets_sweep(ngx_apigw_buckets_t *buckets, uint64_t from,
    uint64_t n, uint64_t now)
{
    uint64_t       word, live;
    ngx_atomic_t  *p, *last;

    now = now / NGX_APIGW_BUCKETS_USEC & NGX_APIGW_BUCKETS_TIME;

    from = ngx_min(from, buckets->nsets);
    n = ngx_min(n, buckets->nsets - from);

    p = buckets->words + from * NGX_APIGW_BUCKETS_WAYS;
    last = p + n * NGX_APIGW_BUCKETS_WAYS;

    for (live = 0; p < last; p++) {

        word = *p;

        if (word == 0) {
            continue;
        }

        if (ngx_apigw_buckets_ahead(word, now)
            || !ngx_atomic_cmp_set(p, word, 0))
        {
            live++;
        }
    }

    return live;
}


static void
ngx_apigw_buckets_start(ngx_apigw_buckets_scan_t *s,
    ngx_apigw_buckets_t *buckets, uint64_t hash, uint64_t now)
{
    uint64_t  n;

    /* the set is chosen by the upper bits, the tag is the lower ones */

    n = (unsigned __int128) hash * buckets->nsets >> 64;

    s->set = buckets->words + n * NGX_APIGW_BUCKETS_WAYS;
    s->tag = hash << 44;

    if (s->tag == 0) {
        s->tag = (uint64_t) 1 << 44;
    }

    s->now = now / NGX_APIGW_BUCKETS_USEC & NGX_APIGW_BUCKETS_TIME;

    s->seen = NULL;
    s->seen_word = 0;
}


static void
ngx_apigw_buckets_limit(ngx_apigw_gcra_t *us, ngx_apigw_gcra_t *limit)
{
    us->interval = (limit->interval + NGX_APIGW_BUCKETS_USEC / 2)
                   / NGX_APIGW_BUCKETS_USEC * NGX_APIGW_BUCKETS_USEC;
    us->burst = limit->burst;
    us->capacity = us->burst * us->interval;
}


static void
ngx_apigw_buckets_scan(ngx_apigw_buckets_scan_t *s)
{
    uint64_t       word;
    ngx_atomic_t  *p, *last;

    s->own = NULL;
    s->twin = NULL;
    s->free = NULL;

    last = s->set + NGX_APIGW_BUCKETS_WAYS;

    for (p = s->set; p < last; p++) {

        word = *p;

        if ((word & NGX_APIGW_BUCKETS_TAG) != s->tag) {

            if (s->free == NULL
                && ngx_apigw_buckets_ahead(word, s->now) == 0)
            {
                s->free = p;
                s->free_word = word;
            }

            continue;
        }

        if (s->own == NULL) {
            s->own = p;
            s->own_word = word;

        } else {
            s->twin = p;
            s->twin_word = word;
        }
    }
}


/* makes an entry without debt, no two alike, lest one be taken for another */

static void
ngx_apigw_buckets_insert(ngx_apigw_buckets_scan_t *s)
{
    uint64_t  n;

    n = ngx_atomic_fetch_add(&ngx_apigw_buckets_sum, s->now);
    n = (n + s->now) * 0x9e3779b97f4a7c15 >> 28;

    s->seen = NULL;
    s->seen_word = ngx_apigw_buckets_word(s, 0 - NGX_APIGW_BUCKETS_LONG - n);

    if (ngx_atomic_cmp_set(s->free, s->free_word, s->seen_word)) {
        s->seen = s->free;
    }
}


static void
ngx_apigw_buckets_join(ngx_apigw_buckets_scan_t *s)
{
    uint64_t  own, twin, room;

    own = ngx_apigw_buckets_ahead(s->own_word, s->now);
    twin = ngx_apigw_buckets_ahead(s->twin_word, s->now);

    if (twin == 0) {
        (void) ngx_atomic_cmp_set(s->twin, s->twin_word, 0);
        return;
    }

    if (own == 0) {
        (void) ngx_atomic_cmp_set(s->own, s->own_word, 0);
        return;
    }

    room = NGX_APIGW_BUCKETS_HALF - 1 - own;
    twin = ngx_min(twin, room);

    if (!ngx_atomic_cmp_set(s->own, s->own_word,
                            ngx_apigw_buckets_word(s, own + twin)))
    {
        return;
    }

    if (!ngx_atomic_cmp_set(s->twin, s->twin_word, 0)) {
        ngx_apigw_buckets_lower(s, twin);
    }
}


static void
ngx_apigw_buckets_lower(ngx_apigw_buckets_scan_t *s, uint64_t debt)
{
    uint64_t  word, ahead;

    for ( ;; ) {
        word = *s->own;

        if ((word & NGX_APIGW_BUCKETS_TAG) != s->tag) {
            return;
        }

        ahead = ngx_apigw_buckets_ahead(word, s->now);

        if (ahead == 0) {
            return;
        }

        ahead = (ahead > debt) ? ahead - debt : 0;

        if (ngx_atomic_cmp_set(s->own, word,
                               ngx_apigw_buckets_word(s, ahead)))
        {
            return;
        }
    }
}


static ngx_inline uint64_t
ngx_apigw_buckets_word(ngx_apigw_buckets_scan_t *s, uint64_t ahead)
{
    return s->tag | ((s->now + ahead) & NGX_APIGW_BUCKETS_TIME);
}


/* 0 where the entry is free or its time has passed */

static ngx_inline uint64_t
ngx_apigw_buckets_ahead(uint64_t word, uint64_t now)
{
    uint64_t  ahead;

    if (word == 0) {
        return 0;
    }

    ahead = (word - now) & NGX_APIGW_BUCKETS_TIME;

    return (ahead < NGX_APIGW_BUCKETS_HALF) ? ahead : 0;
}
