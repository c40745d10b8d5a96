
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_SLOTS_H_INCLUDED_
#define _NGX_APIGW_SLOTS_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * A text that one process of many fetches for all, in shared memory: two
 * slots, of which one is published and the other one is free to be written,
 * and a claim, which lets one process fetch.
 *
 * There is no lock.  A process may die, or stand still for any time, between
 * any two instructions: its claim is taken over, what it has half written is
 * not published, and what it writes later, when it goes on, is seen by its
 * checksum.
 *
 * Times are milliseconds of a clock that is never set; 0: never.
 */

typedef struct {
    ngx_atomic_t               sequence;  /* 0: it is being written */
    uint64_t                   len;
    uint64_t                   check;
} ngx_apigw_slot_t;

typedef struct {
    uint64_t                   magic;
    uint64_t                   capacity;  /* bytes of a slot */

    ngx_atomic_t               published; /* sequence and slot; 0: none */
    ngx_atomic_t               sequence;  /* the last one given */
    ngx_atomic_t               claim;     /* pid and deadline; 0: free */

    ngx_atomic_t               begun;     /* fetches; one that was begun and */
    ngx_atomic_t               ended;     /* never ended was lost */
    ngx_atomic_t               end;       /* when the last one ended */
    ngx_atomic_t               due;       /* when the next one is */
    ngx_atomic_t               asked;     /* when the last one that was not
                                             due, but asked for, began */
    ngx_atomic_t               failures;  /* in a row, at the end */
    ngx_atomic_t               fetched;   /* Unix time of the text */
    ngx_atomic_t               restored;  /* 1: the text is of a former run */

    ngx_apigw_slot_t           slots[2];
} ngx_apigw_slots_t;


#define NGX_APIGW_SLOTS_RETRY    1000     /* ms, the first after a failure */
#define NGX_APIGW_SLOTS_RETRIES  60000    /* at most */
#define NGX_APIGW_SLOTS_URGENT   200      /* the same where somebody waits */
#define NGX_APIGW_SLOTS_URGENTS  2000     /* and there is no text at all */


/* bytes for two texts of capacity bytes, a multiple of 8 */
size_t ngx_apigw_slots_size(size_t capacity);

/* Makes new ones; what is in the memory does not matter. */
void ngx_apigw_slots_init(ngx_apigw_slots_t *slots, size_t capacity);

/* NGX_OK: they are such slots, and no others; NGX_ERROR. */
ngx_int_t ngx_apigw_slots_valid(ngx_apigw_slots_t *slots, size_t capacity);


/*
 * What is published, as a number that changes with it; 0: nothing.  read()
 * copies it into buf, which has room for capacity bytes.
 *
 *     NGX_OK        len and version are set
 *     NGX_DECLINED  nothing was published yet
 *     NGX_AGAIN     it is damaged, this is the text before: hurry() is called
 *                   for
 *     NGX_ERROR     the same, but there is no text before
 */
#define ngx_apigw_slots_version(slots)  ((slots)->published)

ngx_int_t ngx_apigw_slots_read(ngx_apigw_slots_t *slots, u_char *buf,
    size_t *len, ngx_uint_t *version);

/* The next fetch is due now, as soon as failures let it. */
void ngx_apigw_slots_hurry(ngx_apigw_slots_t *slots, ngx_uint_t now);


/*
 * The claim.  lost is one whose process is known to be gone, 0: none is.
 * Returns what begin(), publish() and the others take; 0: another one has it.
 */
ngx_atomic_uint_t ngx_apigw_slots_claim(ngx_apigw_slots_t *slots,
    ngx_uint_t pid, ngx_uint_t now, ngx_uint_t time, ngx_atomic_uint_t lost);

/* whose it is, and until when; of 0: 0 */
#define ngx_apigw_slots_pid(claim)       ((claim) >> 42)
#define ngx_apigw_slots_deadline(claim)  ((claim) & 0x3ffffffffff)

/* 1: it was not taken over */
#define ngx_apigw_slots_held(slots, word)  ((slots)->claim == (word))

void ngx_apigw_slots_release(ngx_apigw_slots_t *slots,
    ngx_atomic_uint_t claim);


/*
 * For the process that has the claim.  begin() returns the number of the
 * fetch, succeed() and fail() end it; release() follows.
 *
 * publish(): NGX_OK: the text is what is published now, as it was before
 * perhaps, and *version is set; NGX_DECLINED: the claim was lost, nothing has
 * changed; NGX_ERROR: the text is too long.
 */
ngx_uint_t ngx_apigw_slots_begin(ngx_apigw_slots_t *slots, ngx_uint_t now,
    ngx_uint_t asked);
ngx_int_t ngx_apigw_slots_publish(ngx_apigw_slots_t *slots,
    ngx_atomic_uint_t claim, u_char *text, size_t len, ngx_uint_t *version);
void ngx_apigw_slots_succeed(ngx_apigw_slots_t *slots,
    ngx_atomic_uint_t claim, ngx_uint_t n, ngx_uint_t now, ngx_uint_t due,
    time_t fetched);
void ngx_apigw_slots_fail(ngx_apigw_slots_t *slots, ngx_atomic_uint_t claim,
    ngx_uint_t n, ngx_uint_t now);


/*
 * When the next fetch is due: 0: at once.  urgent: there is no text, and
 * somebody waits for it.
 */
ngx_uint_t ngx_apigw_slots_due(ngx_apigw_slots_t *slots, ngx_uint_t urgent);

/* When one that is asked for may begin, no sooner than cooldown after the last
 * one of these. */
ngx_uint_t ngx_apigw_slots_may(ngx_apigw_slots_t *slots, ngx_uint_t cooldown);

/* 1: a fetch was begun and has not ended */
#define ngx_apigw_slots_open(slots)  ((slots)->begun != (slots)->ended)


#endif /* _NGX_APIGW_SLOTS_H_INCLUDED_ */
