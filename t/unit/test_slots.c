
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_slots.h"
#include "tap.h"


#define CAPACITY  64
#define NOW       1000000


static ngx_apigw_slots_t  *slots;
static u_char              buf[CAPACITY];
static size_t              len;
static ngx_uint_t          version;


static void
fresh(void)
{
    ngx_apigw_slots_init(slots, CAPACITY);
}


static u_char *
text(ngx_uint_t i)
{
    return (u_char *) (slots + 1) + i * CAPACITY;
}


static ngx_int_t
publish(ngx_atomic_uint_t claim, const char *string)
{
    return ngx_apigw_slots_publish(slots, claim, (u_char *) string,
                                   strlen(string), &version);
}


/* what is read: its text, or a code */

static void
reads(ngx_int_t code, const char *string, const char *title)
{
    ngx_int_t   rc;
    ngx_uint_t  v;

    memset(buf, 'x', CAPACITY);
    len = 0;

    rc = ngx_apigw_slots_read(slots, buf, &len, &v);

    is_int(rc, code, "%s", title);

    if (string) {
        ok(len == strlen(string) && memcmp(buf, string, len) == 0,
           "%s, its text", title);
    }

    if (rc == NGX_OK) {
        is_int(v, ngx_apigw_slots_version(slots), "%s, its version", title);
    }
}


static void
test_init(void)
{
    is_int(ngx_apigw_slots_size(CAPACITY),
           sizeof(ngx_apigw_slots_t) + 2 * CAPACITY, "the size");
    is_int(ngx_apigw_slots_size(CAPACITY) % 8, 0, "is one of words");

    memset(slots, 0xff, ngx_apigw_slots_size(CAPACITY));

    is_int(ngx_apigw_slots_valid(slots, CAPACITY), NGX_ERROR, "not made yet");

    fresh();

    is_int(ngx_apigw_slots_valid(slots, CAPACITY), NGX_OK, "made");
    is_int(ngx_apigw_slots_valid(slots, CAPACITY + 8), NGX_ERROR,
           "another capacity");

    slots->magic++;
    is_int(ngx_apigw_slots_valid(slots, CAPACITY), NGX_ERROR,
           "another layout");

    fresh();
    reads(NGX_DECLINED, NULL, "nothing was published");
    is_int(ngx_apigw_slots_version(slots), 0, "the version of nothing");
    is_int(ngx_apigw_slots_due(slots, 0), 0, "a fetch is due at once");
    is_int(ngx_apigw_slots_may(slots, 10000), 0, "and may be asked for");
}


static void
test_claim(void)
{
    ngx_atomic_uint_t  a, b;

    fresh();

    a = ngx_apigw_slots_claim(slots, 4194303, NOW, 500, 0);
    ok(a != 0, "a claim");
    is_int(ngx_apigw_slots_pid(a), 4194303, "its pid");
    is_int(ngx_apigw_slots_deadline(a), NOW + 500, "its deadline");
    ok(ngx_apigw_slots_held(slots, a), "it is held");

    is_int(ngx_apigw_slots_pid((ngx_atomic_uint_t) 0), 0, "the pid of none");

    b = ngx_apigw_slots_claim(slots, 2, NOW, 500, 0);
    is_int(b, 0, "another one has it");
    b = ngx_apigw_slots_claim(slots, 2, NOW + 499, 500, a + 1);
    is_int(b, 0, "another claim is lost, not this one");

    b = ngx_apigw_slots_claim(slots, 2, NOW + 500, 500, 0);
    ok(b != 0, "it is taken over at its deadline");
    ok(!ngx_apigw_slots_held(slots, a), "the first one has lost it");

    ngx_apigw_slots_release(slots, a);
    ok(ngx_apigw_slots_held(slots, b), "and does not release it");

    a = ngx_apigw_slots_claim(slots, 1, NOW + 501, 500, b);
    ok(a != 0, "a lost one is taken over at once");

    ngx_apigw_slots_release(slots, a);
    is_int(slots->claim, 0, "released");

    b = ngx_apigw_slots_claim(slots, 2, NOW + 502, 500, 0);
    ok(b != 0, "and free");
}


static void
test_publish(void)
{
    char               big[CAPACITY + 2];
    ngx_uint_t         first;
    ngx_atomic_uint_t  a, b;

    fresh();
    memset(big, 'b', sizeof(big));
    big[CAPACITY] = '\0';

    a = ngx_apigw_slots_claim(slots, 1, NOW, 500, 0);

    is_int(publish(a, "one"), NGX_OK, "the first text");
    is_int(version, ngx_apigw_slots_version(slots), "its version is told");
    reads(NGX_OK, "one", "the first text");

    first = version;
    is_int(publish(a, "one"), NGX_OK, "the same again");
    is_int(version, first, "is the same version");
    is_int(ngx_apigw_slots_version(slots), first, "for others, too");

    is_int(publish(a, "two"), NGX_OK, "another one");
    ok(version != first, "has another version");
    reads(NGX_OK, "two", "the second text");

    is_int(publish(a, "one"), NGX_OK, "the former one");
    ok(version != first, "has a new version");
    reads(NGX_OK, "one", "the former one");

    is_int(publish(a, ""), NGX_OK, "an empty text");
    reads(NGX_OK, "", "an empty text");

    is_int(publish(a, big), NGX_OK, "a full slot");
    reads(NGX_OK, big, "a full slot");
    is_int(publish(a, "x"), NGX_OK, "and one after it");

    big[CAPACITY] = 'b';
    big[CAPACITY + 1] = '\0';
    is_int(publish(a, big), NGX_ERROR, "a text that is too long");
    reads(NGX_OK, "x", "changes nothing");

    b = ngx_apigw_slots_claim(slots, 2, NOW + 500, 500, 0);
    first = ngx_apigw_slots_version(slots);

    is_int(publish(a, "late"), NGX_DECLINED, "without the claim");
    is_int(publish(0x12345, "late"), NGX_DECLINED, "with no claim");
    is_int(ngx_apigw_slots_version(slots), first, "nothing is published");
    reads(NGX_OK, "x", "without the claim");

    is_int(publish(b, "x"), NGX_OK, "the new owner's same text");
    is_int(version, first, "is the same version");
}


/* what one that stood still, or was killed, leaves */

static void
test_damage(void)
{
    u_char             *byte;
    ngx_uint_t          i, at, bad, old;
    ngx_apigw_slot_t    kept;
    ngx_atomic_uint_t   a;

    fresh();
    a = ngx_apigw_slots_claim(slots, 1, NOW, 500, 0);

    (void) publish(a, "one");
    (void) publish(a, "two");

    at = ngx_apigw_slots_version(slots) & 1;

    /* the free slot, half written */

    slots->slots[!at].sequence = 0;
    text(!at)[0] = '#';
    reads(NGX_OK, "two", "the free slot is half written");

    is_int(publish(a, "three"), NGX_OK, "it is written anew");
    reads(NGX_OK, "three", "it is written anew");

    /* the published one */

    at = ngx_apigw_slots_version(slots) & 1;
    old = ngx_apigw_slots_version(slots);

    text(at)[4] ^= 1;
    reads(NGX_AGAIN, "two", "the published one is damaged");
    is_int(ngx_apigw_slots_version(slots), old, "its version stays");

    is_int(publish(a, "three"), NGX_OK, "the same text");
    ok(version != old, "repairs it with another version");
    reads(NGX_OK, "three", "repaired");

    /* a whole text of another writer in the published slot */

    at = ngx_apigw_slots_version(slots) & 1;
    kept = slots->slots[at];

    (void) publish(a, "four");
    old = !(ngx_apigw_slots_version(slots) & 1);

    slots->published = kept.sequence << 1 | old;
    (void) ngx_apigw_slots_release(slots, a);

    reads(NGX_OK, "three", "as it was");

    slots->slots[old].sequence = kept.sequence + 9;
    reads(NGX_AGAIN, "four", "another sequence in the published slot");

    slots->slots[old] = kept;

    for (bad = 0, i = 0; i < sizeof(ngx_apigw_slot_t); i++) {
        byte = (u_char *) &slots->slots[old] + i;
        *byte ^= 0x80;

        bad += (ngx_apigw_slots_read(slots, buf, &len, &version)
                != NGX_AGAIN);

        *byte ^= 0x80;
    }

    is_int(bad, 0, "each byte of a slot's head counts");

    text(0)[0] ^= 1;
    text(1)[0] ^= 1;
    reads(NGX_ERROR, NULL, "both are damaged");

    fresh();
    a = ngx_apigw_slots_claim(slots, 1, NOW, 500, 0);
    (void) publish(a, "one");
    text(ngx_apigw_slots_version(slots) & 1)[0] ^= 1;
    reads(NGX_ERROR, NULL, "the only one is damaged");

    ngx_apigw_slots_hurry(slots, NOW + 7);
    is_int(ngx_apigw_slots_due(slots, 0), NOW + 7, "the next fetch is due");
}


static void
test_fetches(void)
{
    ngx_uint_t         n, m;
    ngx_atomic_uint_t  a, b;

    fresh();
    a = ngx_apigw_slots_claim(slots, 1, NOW, 500, 0);

    n = ngx_apigw_slots_begin(slots, NOW, 0);
    is_int(n, 1, "the first fetch");
    ok(ngx_apigw_slots_open(slots), "goes on");
    is_int(ngx_apigw_slots_may(slots, 10), 0, "it was not asked for");

    ngx_apigw_slots_succeed(slots, a, n, NOW + 5, NOW + 900, 1234567890);
    ok(!ngx_apigw_slots_open(slots), "it has ended");
    is_int(slots->ended, 1, "as the first one");
    is_int(slots->fetched, 1234567890, "the time of the text");
    is_int(ngx_apigw_slots_due(slots, 0), NOW + 900, "when the next one is");
    is_int(ngx_apigw_slots_due(slots, 1), NOW + 900, "however urgent it is");
    is_int(ngx_apigw_slots_may(slots, 10), 0, "one may be asked for");

    n = ngx_apigw_slots_begin(slots, NOW + 10, 1);
    is_int(n, 2, "one is asked for");
    is_int(slots->asked, NOW + 10, "its time");
    ngx_apigw_slots_fail(slots, a, n, NOW + 15);
    is_int(slots->failures, 1, "and fails");
    is_int(slots->fetched, 1234567890, "the text is that of before");
    is_int(ngx_apigw_slots_may(slots, 100), NOW + 110, "the cool-down");
    is_int(ngx_apigw_slots_due(slots, 0), NOW + 15 + 1000, "it is repeated");
    is_int(ngx_apigw_slots_due(slots, 1), NOW + 15 + 200, "soon where urgent");

    slots->restored = 1;
    n = ngx_apigw_slots_begin(slots, NOW + 20, 0);
    ngx_apigw_slots_succeed(slots, a, n, NOW + 25, NOW + 2000, 1234567891);
    is_int(slots->failures, 0, "a success ends the failures");
    is_int(slots->restored, 0, "and what a former run has left");
    is_int(ngx_apigw_slots_may(slots, 100), NOW + 110, "not the cool-down");

    /* an owner that is killed, and one that comes back */

    n = ngx_apigw_slots_begin(slots, NOW + 200, 1);
    is_int(ngx_apigw_slots_due(slots, 0), 0, "one that goes on, or is lost");
    is_int(ngx_apigw_slots_may(slots, 100), 0, "has no cool-down");

    b = ngx_apigw_slots_claim(slots, 2, NOW + 200, 500, a);
    m = ngx_apigw_slots_begin(slots, NOW + 200, 0);
    is_int(m, n + 1, "another one's fetch");

    ngx_apigw_slots_fail(slots, a, n, NOW + 210);
    ok(ngx_apigw_slots_open(slots), "the first owner's failure is none");
    is_int(slots->failures, 0, "and not counted");

    ngx_apigw_slots_succeed(slots, a, n, NOW + 210, NOW + 1, 5);
    ok(slots->fetched != 5 && ngx_apigw_slots_open(slots),
       "nor is its success one");

    ngx_apigw_slots_succeed(slots, b, m, NOW + 220, NOW + 3000, 7);
    is_int(slots->ended, m, "that of the owner is");

    ngx_apigw_slots_succeed(slots, b, n, NOW + 230, NOW + 3000, 7);
    is_int(slots->ended, m, "what has ended doesn't go back");
}


static void
test_backoff(void)
{
    ngx_uint_t  i;

    static ngx_uint_t  normal[] = {
        1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000
    };

    static ngx_uint_t  urgent[] = {
        200, 400, 800, 1600, 2000, 2000, 2000, 2000
    };

    fresh();
    slots->end = NOW;

    for (i = 0; i < 8; i++) {
        slots->failures = i + 1;

        is_int(ngx_apigw_slots_due(slots, 0), NOW + normal[i],
               "after failure %lu", (unsigned long) i + 1);
        is_int(ngx_apigw_slots_due(slots, 1), NOW + urgent[i],
               "after failure %lu, urgent", (unsigned long) i + 1);
    }

    slots->failures = (ngx_uint_t) -1;
    is_int(ngx_apigw_slots_due(slots, 0), NOW + 60000, "after very many");
    is_int(ngx_apigw_slots_due(slots, 1), NOW + 2000,
           "after very many, urgent");
}


int
main(void)
{
    slots = malloc(ngx_apigw_slots_size(CAPACITY));

    test_init();
    test_claim();
    test_publish();
    test_damage();
    test_fetches();
    test_backoff();

    free(slots);

    return done();
}
