
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>
#include <time.h>

#include "ngx_apigw_keys_int.h"
#include "tap.h"


#define MILLION    1000000
#define NOT_FOUND  ((uint32_t) -1)


typedef struct {
    ngx_pool_t               *pool;
    ngx_apigw_digest_t       *digest;
    ngx_apigw_keys_t         *keys;
    ngx_apigw_keys_error_t    err;
    ngx_uint_t                line;
} dir_t;


static uint16_t  gold[] = { 1 };
static uint16_t  both[] = { 1, 513 };


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = (u_char *) s;

    return r;
}


static void
open_dir(dir_t *d, const char *pepper)
{
    ngx_str_t  p;

    p = str(pepper);

    memset(d, 0, sizeof(dir_t));

    d->pool = ngx_create_pool(0, NULL);
    d->digest = ngx_apigw_digest_create(&p);
    d->keys = ngx_apigw_keys_create(d->pool, d->digest);
}


static void
close_dir(dir_t *d)
{
    ngx_destroy_pool(d->pool);
    ngx_apigw_digest_free(d->digest);
}


/* plans: 0 none, 1 gold, 2 both */

static ngx_int_t
add(dir_t *d, const char *value, const char *id, ngx_uint_t plans,
    ngx_uint_t enabled)
{
    ngx_int_t            rc;
    ngx_str_t            before;
    ngx_apigw_key_row_t  row;

    memset(&row, 0, sizeof(row));

    /* in memory of its own, gone afterwards */

    row.value.len = strlen(value);
    row.value.data = malloc(row.value.len ? row.value.len : 1);
    memcpy(row.value.data, value, row.value.len);

    row.id = str(id);
    row.plans = plans == 0 ? NULL : plans == 1 ? gold : both;
    row.nplans = plans;
    row.enabled = enabled;
    row.file = 3;
    row.line = ++d->line;

    before = row.value;

    rc = ngx_apigw_keys_add(d->keys, &row, &d->err);

    if (memcmp(before.data, value, before.len) != 0) {
        ok(0, "the value was changed");
    }

    free(before.data);

    return rc;
}


static ngx_int_t
finish(dir_t *d)
{
    return ngx_apigw_keys_finish(d->keys, &d->err);
}


static uint32_t
find(dir_t *d, const char *value)
{
    uint32_t   n;
    ngx_int_t  rc;
    ngx_str_t  s;

    s = str(value);

    rc = ngx_apigw_keys_find(d->keys, &s, &n);

    if (rc == NGX_ERROR) {
        ok(0, "OpenSSL failed");
    }

    return rc == NGX_OK ? n : NOT_FOUND;
}


/* 1000 is file 3, line 1000; 0 none */

static void
is_error(dir_t *d, ngx_int_t rc, const char *reason, ngx_uint_t line,
    ngx_uint_t other)
{
    is_int(rc, NGX_DECLINED, "%s", reason);

    if (rc == NGX_DECLINED) {
        ok(strcmp(d->err.reason, reason) == 0, "reason: %s", d->err.reason);
    }

    is_int(d->err.file, 3, "file");
    is_int(d->err.line, line, "line");
    is_int(d->err.other_file, other ? 3 : 0, "other file");
    is_int(d->err.other_line, other, "other line");
}


static void
test_values(void)
{
    char        value[200];
    dir_t       d;
    ngx_uint_t  c, bad;

    open_dir(&d, "");

    memset(value, 'x', sizeof(value));
    value[19] = '\0';
    is_error(&d, add(&d, value, "", 1, 1),
             "key is shorter than 20 characters", 1, 0);
    is_error(&d, add(&d, "", "", 1, 1),
             "key is shorter than 20 characters", 2, 0);

    value[19] = 'x';
    value[20] = '\0';
    is_int(add(&d, value, "", 1, 1), NGX_OK, "20 characters");

    value[20] = 'x';
    value[128] = '\0';
    is_int(add(&d, value, "", 1, 1), NGX_OK, "128 characters");

    value[128] = 'x';
    value[129] = '\0';
    is_error(&d, add(&d, value, "", 1, 1),
             "key is longer than 128 characters", 5, 0);

    for (bad = 0, c = 1; c < 256; c++) {
        sprintf(value, "0123456789%c0123456789", (int) c);

        bad += add(&d, value, "", 1, 1)
               != (c > 0x20 && c < 0x7f && c != '"' ? NGX_OK : NGX_DECLINED);
    }

    is_int(bad, 0, "printable ASCII without blanks and quotes");

    is_error(&d, add(&d, "sha256:", "", 1, 1),
             "\"sha256:\" must be followed by 64 hex digits", 261, 0);
    is_error(&d, add(&d, "sha256:00000000000000000000000000000000"
                         "0000000000000000000000000000000", "", 1, 1),
             "\"sha256:\" must be followed by 64 hex digits", 262, 0);
    is_error(&d, add(&d, "sha256:00000000000000000000000000000000"
                         "0000000000000000000000000000000g", "", 1, 1),
             "\"sha256:\" must be followed by 64 hex digits", 263, 0);
    is_error(&d, add(&d, "sha256:00000000000000000000000000000000"
                         "000000000000000000000000000000000", "", 1, 1),
             "\"sha256:\" must be followed by 64 hex digits", 264, 0);
    is_int(add(&d, "SHA256:is-a-value-as-any-other", "", 1, 1), NGX_OK,
           "only in lower case");

    memset(value, 'i', sizeof(value));
    value[64] = '\0';
    is_int(add(&d, "value-with-64-in-its-id", value, 1, 1), NGX_OK,
           "64 characters of id");
    value[64] = 'i';
    value[65] = '\0';
    is_error(&d, add(&d, "value-with-65-in-its-id", value, 1, 1),
             "id is longer than 64 characters", 267, 0);

    for (bad = 0, c = 1; c < 256; c++) {
        sprintf(value, "value-number-%lu-of-the-test", (unsigned long) c);
        sprintf(value + 100, "%c", (int) c);

        bad += add(&d, value, value + 100, 1, 1)
               != ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                   || (c >= 'A' && c <= 'Z')
                   || c == '_' || c == '-' || c == '.' ? NGX_OK
                                                       : NGX_DECLINED);
    }

    is_int(bad, 0, "characters of an id");

    is_int(finish(&d), NGX_OK, "refused rows leave no trace");
    is_int(ngx_apigw_keys_consumers(d.keys), 2 + 93 + 1 + 1 + 65,
           "as many consumers as good rows");

    close_dir(&d);
}


static void
test_find(void)
{
    dir_t                  d;
    uint16_t              *plans;
    uint32_t               n;
    ngx_str_t              id;
    ngx_uint_t             nplans, file, line;
    ngx_apigw_consumer_t  *c;

    open_dir(&d, "");

    (void) add(&d, "alice-0123456789abcdef", "alice", 1, 1);
    (void) add(&d, "bob-0123456789abcdef", "", 2, 1);
    (void) add(&d, "carol-0123456789abcdef", "carol", 1, 0);
    (void) add(&d, "dave-0123456789abcdef", "dave", 0, 1);
    (void) add(&d, "alice-fedcba9876543210", "alice", 1, 1);
    (void) add(&d, "alice-disabled-and-old", "alice", 1, 0);

    /* "abcdefghijklmnopqrstuvwxyz" */

    (void) add(&d, "sha256:71C480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "eve", 2, 1);

    is_int(finish(&d), NGX_OK, "finish");
    is_int(ngx_apigw_keys_consumers(d.keys), 5, "consumers");
    is_int(ngx_apigw_keys_plansets(d.keys), 3, "plan sets");

    is_int(find(&d, "alice-0123456789abcdef"), 0, "alice");
    is_int(find(&d, "alice-fedcba9876543210"), 0, "alice's new key");
    is_int(find(&d, "alice-disabled-and-old"), NOT_FOUND, "disabled");
    is_int(find(&d, "bob-0123456789abcdef"), 1, "bob");
    is_int(find(&d, "carol-0123456789abcdef"), NOT_FOUND, "disabled");
    is_int(find(&d, "dave-0123456789abcdef"), 3, "dave");
    is_int(find(&d, "abcdefghijklmnopqrstuvwxyz"), 4, "eve, by her digest");
    is_int(find(&d, "alice-0123456789abcdeF"), NOT_FOUND, "unknown");
    is_int(find(&d, ""), NOT_FOUND, "empty");
    is_int(find(&d, "sha256:71C480df93d6ae2f1efad1447c66c952"
                    "5e316218cf51fc8d9ed832f2daf18b73"),
           NOT_FOUND, "the digest is not the key");

    c = ngx_apigw_keys_consumer(d.keys, 0);
    ngx_apigw_keys_id(d.keys, c, &id);
    is_nstr(&id, "alice", "id");
    is_int(c->cells, 0, "cells are the owner's");

    plans = ngx_apigw_keys_planset(d.keys, c->planset, &nplans);
    is_int(nplans, 1, "one plan");
    is_int(plans[0], 1, "gold");

    c = ngx_apigw_keys_consumer(d.keys, 1);
    ngx_apigw_keys_id(d.keys, c, &id);
    is_int(id.len, NGX_APIGW_KEY_ID_LEN, "derived id");

    /* printf 'apigw-id:bob-0123456789abcdef' | sha256sum, in base32 */

    is_nstr(&id, "nrzopuawul", "derived id");

    plans = ngx_apigw_keys_planset(d.keys, c->planset, &nplans);
    is_int(nplans, 2, "two plans");
    ok(plans[0] == 1 && plans[1] == 513, "both");
    ngx_apigw_keys_planset_row(d.keys, c->planset, &file, &line);
    ok(file == 3 && line == 2, "first in line 2");

    c = ngx_apigw_keys_consumer(d.keys, 3);
    (void) ngx_apigw_keys_planset(d.keys, c->planset, &nplans);
    is_int(nplans, 0, "no plan");

    for (n = 0; n < 5; n++) {
        ngx_apigw_keys_id(d.keys, ngx_apigw_keys_consumer(d.keys, n), &id);

        if (id.len > NGX_APIGW_KEY_ID_MAX) {
            ok(0, "id %lu", (unsigned long) n);
        }
    }

    close_dir(&d);

    open_dir(&d, "");
    is_int(finish(&d), NGX_OK, "an empty directory");
    is_int(find(&d, "alice-0123456789abcdef"), NOT_FOUND, "has nobody");
    is_int(ngx_apigw_keys_consumers(d.keys), 0, "no consumers");
    is_int(ngx_apigw_keys_plansets(d.keys), 0, "no plan sets");
    close_dir(&d);
}


static void
test_pepper(void)
{
    dir_t       d, e;
    ngx_str_t   id, other;
    ngx_uint_t  i;

    open_dir(&d, "salt and pepper");
    open_dir(&e, "");

    (void) add(&d, "alice-0123456789abcdef", "", 1, 1);
    (void) add(&e, "alice-0123456789abcdef", "", 1, 1);

    (void) add(&d, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "", 1, 1);
    (void) add(&e, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "", 1, 1);

    is_int(finish(&d), NGX_OK, "with a pepper");
    is_int(finish(&e), NGX_OK, "and without");

    is_int(find(&d, "alice-0123456789abcdef"), 0, "found under it");
    is_int(find(&d, "abcdefghijklmnopqrstuvwxyz"), NOT_FOUND,
           "a plain digest is no HMAC");

    for (i = 0; i < 2; i++) {
        ngx_apigw_keys_id(d.keys, ngx_apigw_keys_consumer(d.keys, i), &id);
        ngx_apigw_keys_id(e.keys, ngx_apigw_keys_consumer(e.keys, i), &other);

        ok(id.len == NGX_APIGW_KEY_ID_LEN && id.len == other.len
           && memcmp(id.data, other.data, id.len) == 0,
           "one id: %.*s", (int) id.len, id.data);
    }

    /* printf 'apigw-id:alice-0123456789abcdef' | sha256sum, in base32 */

    ngx_apigw_keys_id(d.keys, ngx_apigw_keys_consumer(d.keys, 0), &id);
    is_nstr(&id, "fr6nyltatn", "plain SHA-256");

    close_dir(&d);
    close_dir(&e);
}


static void
test_collisions(void)
{
    char       derived[NGX_APIGW_KEY_ID_LEN + 1];
    dir_t      d;
    ngx_str_t  id;

    open_dir(&d, "");
    (void) add(&d, "one-0123456789abcdef", "one", 1, 1);
    (void) add(&d, "two-0123456789abcdef", "two", 1, 1);
    (void) add(&d, "one-0123456789abcdef", "other", 1, 1);
    (void) add(&d, "two-0123456789abcdef", "two", 1, 0);
    (void) add(&d, "one-0123456789abcdef", "other", 1, 1);
    is_error(&d, finish(&d), "duplicate key", 3, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "abcdefghijklmnopqrstuvwxyz", "", 1, 1);
    (void) add(&d, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "", 1, 1);
    is_error(&d, finish(&d), "duplicate key", 2, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "one", 1, 1);
    (void) add(&d, "one-0123456789abcdef", "one", 1, 1);
    (void) add(&d, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "one", 1, 0);
    (void) add(&d, "abcdefghijklmnopqrstuvwxyz", "one", 1, 1);
    is_error(&d, finish(&d), "duplicate key", 3, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "one", 1, 1);
    (void) add(&d, "abcdefghijklmnopqrstuvwxyz", "two", 1, 0);
    is_error(&d, finish(&d), "duplicate key", 2, 1);
    close_dir(&d);

    /* printf abcdefghijklmnopqrstuvwxyz | openssl dgst -sha256 -hmac ... */

    open_dir(&d, "salt and pepper");
    (void) add(&d, "sha256:1fe20be2d676e856a5d0c975b364c5b1"
                   "1cf45eb500094048b7a16dd4dd2a4778", "one", 1, 1);
    (void) add(&d, "abcdefghijklmnopqrstuvwxyz", "two", 1, 1);
    is_error(&d, finish(&d), "duplicate key", 2, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "same-and-underived-id", "", 1, 1);
    (void) add(&d, "same-and-underived-id", "", 1, 1);
    is_error(&d, finish(&d), "duplicate key", 2, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "one-0123456789abcdef", "one", 1, 1);
    (void) add(&d, "two-0123456789abcdef", "two", 2, 1);
    (void) add(&d, "three-0123456789abcdef", "one", 1, 1);
    (void) add(&d, "four-0123456789abcdef", "one", 2, 1);
    is_error(&d, finish(&d), "keys of one id have different plans", 4, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "one-0123456789abcdef", "one", 0, 1);
    (void) add(&d, "two-0123456789abcdef", "one", 1, 0);
    is_error(&d, finish(&d), "keys of one id have different plans", 2, 1);
    close_dir(&d);

    /* two values that have 50 bits in common, found by trying */

    open_dir(&d, "");
    (void) add(&d, "collision-of-03892883", "", 1, 1);
    (void) add(&d, "one-0123456789abcdef", "", 1, 1);
    (void) add(&d, "collision-of-34302782", "", 1, 1);
    is_error(&d, finish(&d),
             "two keys derive one id, one of them needs an explicit id", 3, 1);
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "collision-of-03892883", "", 1, 1);
    (void) add(&d, "collision-of-34302782", "other", 1, 1);
    is_int(finish(&d), NGX_OK, "which an explicit id helps");
    close_dir(&d);

    /* an explicit id that is another's derived id: rotation */

    open_dir(&d, "");
    (void) add(&d, "one-0123456789abcdef", "", 1, 1);
    (void) finish(&d);
    ngx_apigw_keys_id(d.keys, ngx_apigw_keys_consumer(d.keys, 0), &id);
    memcpy(derived, id.data, id.len);
    derived[id.len] = '\0';
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "two-0123456789abcdef", derived, 1, 1);
    (void) add(&d, "one-0123456789abcdef", "", 1, 1);
    (void) add(&d, "three-0123456789abcdef", derived, 1, 1);
    is_int(finish(&d), NGX_OK, "an explicit id that another row derives");
    is_int(ngx_apigw_keys_consumers(d.keys), 1, "is one consumer");
    is_int(find(&d, "one-0123456789abcdef"), 0, "his old key");
    is_int(find(&d, "two-0123456789abcdef"), 0, "his new key");
    close_dir(&d);

    open_dir(&d, "");
    (void) add(&d, "two-0123456789abcdef", derived, 1, 1);
    (void) add(&d, "one-0123456789abcdef", "", 2, 1);
    is_error(&d, finish(&d), "keys of one id have different plans", 2, 1);
    close_dir(&d);
}


/* which rows are tags and which digests, and what is kept of them */

static void
test_marks(void)
{
    dir_t                   d, e;
    u_char                  digest[NGX_APIGW_DIGEST_LEN];
    uint64_t                mark[2], tag[2], other[2];
    ngx_str_t               value;
    ngx_apigw_keys_slot_t  *slot;

    open_dir(&d, "");
    open_dir(&e, "");

    (void) add(&d, "one-0123456789abcdef", "one", 1, 1);
    (void) add(&d, "two-0123456789abcdef", "two", 1, 0);
    (void) add(&e, "one-0123456789abcdef", "one", 1, 1);
    (void) add(&e, "two-0123456789abcdef", "two", 1, 0);

    /* "abcdefghijklmnopqrstuvwxyz" and "password" */

    (void) add(&e, "sha256:71c480df93d6ae2f1efad1447c66c952"
                   "5e316218cf51fc8d9ed832f2daf18b73", "three", 1, 0);
    (void) add(&e, "sha256:5e884898da28047151d0e56f8dc62927"
                   "73603d0d6aabbdd62a11ef721d1542d8", "four", 1, 1);

    is_int(finish(&d), NGX_OK, "plain rows");
    is_int(finish(&e), NGX_OK, "plain rows and digests");

    is_int(d.keys->tags.nkeys, 2, "two tags");
    is_int(d.keys->digests.nkeys, 0, "no digest");
    is_int(e.keys->tags.nkeys, 2, "two tags");
    is_int(e.keys->digests.nkeys, 2, "two digests");

    is_int(find(&e, "one-0123456789abcdef"), 0, "by its tag");
    is_int(find(&e, "two-0123456789abcdef"), NOT_FOUND, "disabled");
    is_int(find(&e, "abcdefghijklmnopqrstuvwxyz"), NOT_FOUND,
           "disabled, by its digest");
    is_int(find(&e, "password"), 3, "by its digest, however short");
    is_int(find(&e, "one-0123456789abcdeF"), NOT_FOUND, "unknown");

    value = str("one-0123456789abcdef");
    (void) ngx_apigw_digest(e.digest, &value, NULL, digest);
    ngx_apigw_keys_mark(mark, digest);

    ok(ngx_apigw_keys_lookup(&e.keys->digests, mark) == NULL
       && ngx_apigw_keys_lookup(&e.keys->tags, mark) == NULL,
       "no digest of a plain row is kept");

    ngx_apigw_siphash128(d.keys->secret, value.data, value.len, tag);
    ngx_apigw_siphash128(e.keys->secret, value.data, value.len, other);

    ok(tag[0] != other[0] && tag[1] != other[1],
       "another directory, another tag");

    slot = ngx_apigw_keys_lookup(&d.keys->tags, tag);
    ok(slot && slot->consumer == 0, "a tag finds");

    tag[1] ^= 1;
    ok(ngx_apigw_keys_lookup(&d.keys->tags, tag) == NULL, "its last bit");

    tag[1] ^= 1;
    tag[0] ^= (uint64_t) 1 << 63;
    ok(ngx_apigw_keys_lookup(&d.keys->tags, tag) == NULL, "its first bit");

    close_dir(&d);
    close_dir(&e);
}


/* digests that share their beginnings, at both ends of the table */

static void
test_prefixes(void)
{
    char                    value[100];
    dir_t                   d;
    uint64_t                mark[2];
    ngx_int_t               rc;
    ngx_uint_t              i, k, bad;
    ngx_apigw_keys_slot_t  *slot;

    static const uint64_t  heads[] = {
        0, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, 1, 0xffffffff00000000
    };

    open_dir(&d, "");

    for (i = 0; i < 6; i++) {
        for (k = 0; k < 100; k++) {
            sprintf(value, "sha256:%016lx%016lx%032u", heads[i],
                    (unsigned long) k * 2, 0);
            rc = add(&d, value, "", 1, k % 10 != 9);

            if (rc != NGX_OK) {
                ok(0, "%s", value);
            }
        }
    }

    is_int(finish(&d), NGX_OK, "600 keys of six beginnings");

    for (bad = 0, i = 0; i < 6; i++) {

        mark[0] = heads[i];

        for (k = 0; k < 202; k++) {
            mark[1] = k;

            slot = ngx_apigw_keys_lookup(&d.keys->digests, mark);

            if (k % 2 || k >= 200) {
                bad += slot != NULL;
                continue;
            }

            bad += slot == NULL
                   || slot->consumer != i * 100 + k / 2
                   || !(slot->flags & NGX_APIGW_KEYS_ENABLED)
                      != (k / 2 % 10 == 9);
        }
    }

    is_int(bad, 0, "each is found, and none but them");

    close_dir(&d);
}


/* every allocation fails once: an error, and nothing lost */

static void
test_memory(void)
{
    char        value[64];
    long        n;
    dir_t       d;
    ngx_int_t   rc;
    ngx_uint_t  i, failed;

    failed = 0;

    for (n = 0; ; n++) {
        memset(&d, 0, sizeof(d));

        d.pool = ngx_create_pool(0, NULL);
        d.digest = ngx_apigw_digest_create(NULL);

        ngx_stub_fail(n);

        d.keys = ngx_apigw_keys_create(d.pool, d.digest);
        rc = d.keys ? NGX_OK : NGX_ERROR;

        for (i = 0; rc == NGX_OK && i < 200; i++) {
            ngx_apigw_key_row_t  row;

            memset(&row, 0, sizeof(row));

            sprintf(value, "value-number-%03lu-of-many", (unsigned long) i);

            row.value = str(value);
            row.plans = both + i % 2;
            row.nplans = i % 2 + (i % 2 == 0);
            row.enabled = 1;

            rc = ngx_apigw_keys_add(d.keys, &row, &d.err);
        }

        if (rc == NGX_OK) {
            rc = finish(&d);
        }

        ngx_stub_fail(-1);

        if (rc == NGX_OK) {
            is_int(find(&d, "value-number-117-of-many"), 117,
                   "all is well at last");
            close_dir(&d);
            break;
        }

        failed += rc == NGX_ERROR;

        close_dir(&d);
    }

    is_int(failed, n, "%ld allocations failed in turn", n);
    ok(n > 15, "there are more than 15");

    /* abandoned halfway */

    open_dir(&d, "");
    (void) add(&d, "one-0123456789abcdef", "", 1, 1);
    close_dir(&d);
    ok(1, "abandoned");
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
test_million(const char *pepper)
{
    dir_t                 d;
    double                start, added, finished, found;
    char                 *texts, text[64];
    size_t                size;
    uint32_t              i, n;
    ngx_int_t             rc;
    ngx_uint_t            bad;
    ngx_apigw_key_row_t   row;

    open_dir(&d, pepper);
    memset(&row, 0, sizeof(row));

    row.plans = gold;
    row.nplans = 1;
    row.enabled = 1;
    row.value.data = (u_char *) text;

    bad = 0;
    start = seconds();

    for (i = 0; i < MILLION; i++) {
        row.value.len = sprintf(text, "key-number-%07u-of-a-test-of-a-million",
                                i);
        row.line = i + 1;

        bad += ngx_apigw_keys_add(d.keys, &row, &d.err) != NGX_OK;
    }

    added = seconds();

    is_int(finish(&d), NGX_OK, "a million keys");

    finished = seconds();

    is_int(bad, 0, "all were added");
    is_int(ngx_apigw_keys_consumers(d.keys), MILLION, "a million consumers");
    is_int(ngx_apigw_keys_plansets(d.keys), 1, "one plan set");
    ok(ngx_stub_bytes(d.pool) <= (size_t) 68 * MILLION,
       "at most 68 bytes a key");

    size = row.value.len;
    texts = malloc(2 * MILLION * size + 1);

    for (i = 0; i < 2 * MILLION; i++) {
        sprintf(texts + i * size, "key-number-%07u-of-a-test-of-a-million", i);
    }

    found = seconds();

    for (bad = 0, i = 0; i < 2 * MILLION; i++) {
        row.value.data = (u_char *) texts + i * size;

        rc = ngx_apigw_keys_find(d.keys, &row.value, &n);
        bad += i < MILLION ? rc != NGX_OK || n != i : rc != NGX_DECLINED;
    }

    found = seconds() - found;

    is_int(bad, 0, "all of them are found, no others");

    comment("1000000 keys%s: add %.2f s, finish %.2f s, find %.0f ns, "
            "%.1f bytes a key", pepper[0] ? " with a pepper" : "",
            added - start, finished - added, found * 500,
            ngx_stub_bytes(d.pool) / (double) MILLION);

    free(texts);
    close_dir(&d);
}


int
main(void)
{
    test_values();
    test_find();
    test_pepper();
    test_collisions();
    test_marks();
    test_prefixes();
    test_memory();
    test_million("");

    return done();
}
