
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_slots.h"
#include "ngx_apigw_siphash.h"


#define NGX_APIGW_SLOTS_MAGIC      0x3173746f6c736b6aULL  /* and the layout */

#define NGX_APIGW_SLOTS_DEADLINE   (((ngx_atomic_uint_t) 1 << 42) - 1)

/* reads that may find the slot overwritten, one after another */
#define NGX_APIGW_SLOTS_TRIES      8


static ngx_int_t ngx_apigw_slots_copy(ngx_apigw_slots_t *slots, ngx_uint_t i,
    ngx_uint_t sequence, u_char *buf, size_t *len);
static ngx_uint_t ngx_apigw_slots_same(ngx_apigw_slots_t *slots,
    ngx_uint_t version, u_char *text, size_t len);
static void ngx_apigw_slots_write(ngx_apigw_slots_t *slots, ngx_uint_t i,
    ngx_uint_t sequence, u_char *text, size_t len);
static uint64_t ngx_apigw_slots_check(ngx_uint_t sequence, const u_char *text,
    size_t len);
static void ngx_apigw_slots_end(ngx_apigw_slots_t *slots, ngx_uint_t n);
static ngx_uint_t ngx_apigw_slots_backoff(ngx_uint_t failures,
    ngx_uint_t first, ngx_uint_t last);


#define ngx_apigw_slots_text(s, i)                                           \
    ((u_char *) ((s) + 1) + (i) * (s)->capacity)


size_t
ngx_apigw_slots_size(size_t capacity)
{
    return sizeof(ngx_apigw_slots_t) + 2 * capacity;
}


void
ngx_apigw_slots_init(ngx_apigw_slots_t *slots, size_t capacity)
{
    ngx_memzero(slots, sizeof(ngx_apigw_slots_t));

    slots->magic = NGX_APIGW_SLOTS_MAGIC;
    slots->capacity = capacity;
}


ngx_int_t
ngx_apigw_slots_valid(ngx_apigw_slots_t *slots, size_t capacity)
{
    if (slots->magic != NGX_APIGW_SLOTS_MAGIC || slots->capacity != capacity) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_slots_read(ngx_apigw_slots_t *slots, u_char *buf, size_t *len,
    ngx_uint_t *version)
{
    ngx_uint_t  i, n, slot;

    for (i = 0; i < NGX_APIGW_SLOTS_TRIES; i++) {
        n = slots->published;
        slot = n & 1;

        if (n == 0) {
            return NGX_DECLINED;
        }

        *version = n;

        ngx_memory_barrier();

        if (ngx_apigw_slots_copy(slots, slot, n >> 1, buf, len) == NGX_OK) {
            return NGX_OK;
        }

        if (slots->published != n) {
            continue;
        }

        slot = !slot;

        if (ngx_apigw_slots_copy(slots, slot, slots->slots[slot].sequence, buf,
                                 len)
            == NGX_OK)
        {
            return NGX_AGAIN;
        }
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_apigw_slots_copy(ngx_apigw_slots_t *slots, ngx_uint_t i,
    ngx_uint_t sequence, u_char *buf, size_t *len)
{
    uint64_t           check;
    ngx_apigw_slot_t  *slot;

    slot = &slots->slots[i];

    if (sequence == 0 || slot->sequence != sequence) {
        return NGX_ERROR;
    }

    *len = slot->len;
    check = slot->check;

    if (*len > slots->capacity) {
        return NGX_ERROR;
    }

    ngx_memcpy(buf, ngx_apigw_slots_text(slots, i), *len);

    return (ngx_apigw_slots_check(sequence, buf, *len) == check) ? NGX_OK
                                                                  : NGX_ERROR;
}


void
ngx_apigw_slots_hurry(ngx_apigw_slots_t *slots, ngx_uint_t now)
{
    slots->due = now;
}


/* A process that stood still since before the deadline may come back. */

ngx_atomic_uint_t
ngx_apigw_slots_claim(ngx_apigw_slots_t *slots, ngx_uint_t pid, ngx_uint_t now,
    ngx_uint_t time, ngx_atomic_uint_t lost)
{
    ngx_atomic_uint_t  old, claim;

    old = slots->claim;

    if (old
        && old != lost
        && (ngx_int_t) (ngx_apigw_slots_deadline(old) - now) > 0)
    {
        return 0;
    }

    claim = (ngx_atomic_uint_t) pid << 42
            | ((now + time) & NGX_APIGW_SLOTS_DEADLINE);

    return ngx_atomic_cmp_set(&slots->claim, old, claim) ? claim : 0;
}


void
ngx_apigw_slots_release(ngx_apigw_slots_t *slots, ngx_atomic_uint_t claim)
{
    (void) ngx_atomic_cmp_set(&slots->claim, claim, 0);
}


/*
 * Where it is killed between the two, the fetch is a lost one, which does not
 * count for the cool-down either.
 */

ngx_uint_t
ngx_apigw_slots_begin(ngx_apigw_slots_t *slots, ngx_uint_t now,
    ngx_uint_t asked)
{
    ngx_uint_t  n;

    n = ngx_atomic_fetch_add(&slots->begun, 1) + 1;

    if (asked) {
        slots->asked = now;
    }

    return n;
}


/*
 * Each text has a sequence of its own: what a process that lost its claim
 * writes into a slot which another one has published is not taken for it.
 */

ngx_int_t
ngx_apigw_slots_publish(ngx_apigw_slots_t *slots, ngx_atomic_uint_t claim,
    u_char *text, size_t len, ngx_uint_t *version)
{
    ngx_uint_t  n, sequence, slot;

    if (len > slots->capacity) {
        return NGX_ERROR;
    }

    while (ngx_apigw_slots_held(slots, claim)) {
        n = slots->published;

        if (n && ngx_apigw_slots_same(slots, n, text, len)) {
            *version = n;
            return NGX_OK;
        }

        sequence = ngx_atomic_fetch_add(&slots->sequence, 1) + 1;
        slot = !(n & 1);

        ngx_apigw_slots_write(slots, slot, sequence, text, len);

        if (!ngx_apigw_slots_held(slots, claim)) {
            break;
        }

        if (ngx_atomic_cmp_set(&slots->published, n, sequence << 1 | slot)) {
            *version = sequence << 1 | slot;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_apigw_slots_same(ngx_apigw_slots_t *slots, ngx_uint_t version,
    u_char *text, size_t len)
{
    ngx_uint_t         sequence;
    ngx_apigw_slot_t  *slot;

    slot = &slots->slots[version & 1];
    sequence = version >> 1;

    return slot->sequence == sequence
           && slot->len == len
           && slot->check == ngx_apigw_slots_check(sequence, text, len)
           && ngx_memcmp(ngx_apigw_slots_text(slots, version & 1), text, len)
              == 0;
}


static void
ngx_apigw_slots_write(ngx_apigw_slots_t *slots, ngx_uint_t i,
    ngx_uint_t sequence, u_char *text, size_t len)
{
    ngx_apigw_slot_t  *slot;

    slot = &slots->slots[i];

    slot->sequence = 0;

    ngx_memory_barrier();

    slot->len = len;
    slot->check = ngx_apigw_slots_check(sequence, text, len);
    ngx_memcpy(ngx_apigw_slots_text(slots, i), text, len);

    ngx_memory_barrier();

    slot->sequence = sequence;
}


static uint64_t
ngx_apigw_slots_check(ngx_uint_t sequence, const u_char *text, size_t len)
{
    u_char    key[NGX_APIGW_SIPHASH_KEY_LEN];
    uint64_t  words[2];

    words[0] = sequence;
    words[1] = len;

    ngx_memcpy(key, words, NGX_APIGW_SIPHASH_KEY_LEN);

    return ngx_apigw_siphash(key, text, len);
}


void
ngx_apigw_slots_succeed(ngx_apigw_slots_t *slots, ngx_atomic_uint_t claim,
    ngx_uint_t n, ngx_uint_t now, ngx_uint_t due, time_t fetched)
{
    if (!ngx_apigw_slots_held(slots, claim)) {
        return;
    }

    slots->fetched = (ngx_atomic_uint_t) fetched;
    slots->restored = 0;
    slots->failures = 0;
    slots->due = due;
    slots->end = now;

    ngx_apigw_slots_end(slots, n);
}


void
ngx_apigw_slots_fail(ngx_apigw_slots_t *slots, ngx_atomic_uint_t claim,
    ngx_uint_t n, ngx_uint_t now)
{
    if (!ngx_apigw_slots_held(slots, claim)) {
        return;
    }

    slots->failures++;
    slots->end = now;

    ngx_apigw_slots_end(slots, n);
}


/* Never back: fetches that are overtaken end late. */

static void
ngx_apigw_slots_end(ngx_apigw_slots_t *slots, ngx_uint_t n)
{
    ngx_atomic_uint_t  ended;

    ngx_memory_barrier();

    do {
        ended = slots->ended;

        if (ended >= n) {
            return;
        }

    } while (!ngx_atomic_cmp_set(&slots->ended, ended, n));
}


ngx_uint_t
ngx_apigw_slots_due(ngx_apigw_slots_t *slots, ngx_uint_t urgent)
{
    ngx_uint_t  failures;

    failures = slots->failures;

    if (ngx_apigw_slots_open(slots)) {
        return 0;
    }

    if (failures == 0) {
        return slots->due;
    }

    if (urgent) {
        return slots->end + ngx_apigw_slots_backoff(failures,
                                                    NGX_APIGW_SLOTS_URGENT,
                                                    NGX_APIGW_SLOTS_URGENTS);
    }

    return slots->end + ngx_apigw_slots_backoff(failures,
                                                NGX_APIGW_SLOTS_RETRY,
                                                NGX_APIGW_SLOTS_RETRIES);
}


static ngx_uint_t
ngx_apigw_slots_backoff(ngx_uint_t failures, ngx_uint_t first, ngx_uint_t last)
{
    if (failures > 16) {
        return last;
    }

    return ngx_min(first << (failures - 1), last);
}


ngx_uint_t
ngx_apigw_slots_may(ngx_apigw_slots_t *slots, ngx_uint_t cooldown)
{
    if (slots->asked == 0 || ngx_apigw_slots_open(slots)) {
        return 0;
    }

    return slots->asked + cooldown;
}
