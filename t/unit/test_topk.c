
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "ngx_apigw_topk.h"
#include "tap.h"


#define NAMES   5000
#define TIMES   200000
#define SIZE    NGX_APIGW_TOPK_SIZE


/* the truth */

typedef struct {
    uint64_t   count;
    uint64_t   refused;
    uint64_t   sent;
} truth_t;


static truth_t  truth[NAMES];
static u_char   longest[NGX_APIGW_TOPK_NAME + 2];


static uint64_t
next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return *seed >> 33;
}


/* few names come often, most of them seldom; lengths are from 1 to 64 */

static ngx_uint_t
pick(uint64_t *seed, ngx_uint_t names)
{
    uint64_t  n;

    n = next(seed) % 1000 + 1;

    return (ngx_uint_t) (next(seed) % names * 1000 / n / n % names);
}


static ngx_str_t
name(ngx_uint_t n)
{
    size_t         len;
    ngx_str_t      str;
    static u_char  buf[NGX_APIGW_TOPK_NAME + 1];

    len = (size_t) snprintf((char *) buf, sizeof(buf), "%lu",
                            (unsigned long) n);

    while (len < n % NGX_APIGW_TOPK_NAME) {
        buf[len++] = (u_char) ('a' + n % 7);
    }

    str.data = buf;
    str.len = len;

    return str;
}


static ngx_uint_t
number(ngx_apigw_topk_entry_t *entry)
{
    char       buf[NGX_APIGW_TOPK_NAME + 1];
    ngx_str_t  want;

    memcpy(buf, entry->name, entry->len);
    buf[entry->len] = '\0';

    want = name(strtoul(buf, NULL, 10));

    if (want.len != entry->len
        || memcmp(want.data, entry->name, want.len) != 0)
    {
        return NAMES;
    }

    return strtoul(buf, NULL, 10);
}


static void
count(ngx_apigw_topk_t *topk, ngx_uint_t n, ngx_uint_t refused, uint64_t sent)
{
    ngx_str_t  str;

    str = name(n);

    ngx_apigw_topk_count(topk, &str, refused, sent);

    truth[n].count++;
    truth[n].refused += refused;
    truth[n].sent += sent;
}


static ngx_apigw_topk_t *
fresh(void)
{
    memset(truth, 0, sizeof(truth));

    return calloc(1, sizeof(ngx_apigw_topk_t));
}


/* with room for one sketch: its entries as they are */

static ngx_uint_t
all(ngx_apigw_topk_t *topk, ngx_apigw_topk_entry_t *entries)
{
    ngx_uint_t  n;

    n = ngx_apigw_topk_add(entries, 0, SIZE, topk);
    ngx_apigw_topk_sort(entries, n);

    return n;
}


static void
test_few(void)
{
    ngx_uint_t               i, n, bad;
    ngx_apigw_topk_t        *topk;
    ngx_apigw_topk_entry_t   entries[SIZE];

    topk = fresh();

    is_int(all(topk, entries), 0, "a new one is empty");

    for (i = 0; i < 300; i++) {
        count(topk, i % 4 * (i % 3), i % 5 == 0, i);
    }

    n = all(topk, entries);
    bad = 0;

    for (i = 0; i < n; i++) {
        bad += (entries[i].count != truth[number(&entries[i])].count);
        bad += (entries[i].refused != truth[number(&entries[i])].refused);
        bad += (entries[i].sent != truth[number(&entries[i])].sent);
        bad += (entries[i].error != 0);
        bad += (i && entries[i].count > entries[i - 1].count);
    }

    is_int(n, 6, "a few names");
    is_int(bad, 0, "are counted exactly, and sorted");

    free(topk);
}


static ngx_str_t
text(const char *s, size_t len)
{
    ngx_str_t  str;

    str.data = (u_char *) s;
    str.len = len;

    return str;
}


static void
test_names(void)
{
    ngx_str_t                str;
    ngx_uint_t               n;
    ngx_apigw_topk_t        *topk;
    ngx_apigw_topk_entry_t   entries[SIZE];

    topk = fresh();

    str = text("", 0);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    is_int(all(topk, entries), 0, "an empty name is none");

    memset(longest, 'x', sizeof(longest));

    str = text((char *) longest, NGX_APIGW_TOPK_NAME);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    longest[NGX_APIGW_TOPK_NAME] = 'y';
    str.len++;
    ngx_apigw_topk_count(topk, &str, 0, 1);

    n = all(topk, entries);
    is_int(n, 1, "a long name is cut");
    is_int(entries[0].len, NGX_APIGW_TOPK_NAME, "to what there is room for");
    is_int(entries[0].count, 2, "and is one with its beginning");

    /* those that are alike */

    str = text("a", 1);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    str = text("a\0", 2);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    str = text("aaaaaaaaaaaa", 12);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    str = text("aaaaaaaaaaab", 12);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    str = text("baaaaaaaaaaa", 12);
    ngx_apigw_topk_count(topk, &str, 0, 1);
    str = text("aaaaaaaa", 8);
    ngx_apigw_topk_count(topk, &str, 0, 1);

    is_int(all(topk, entries), 7, "others are not");

    free(topk);
}


/* count - error <= truth <= count, whatever has come */

static void
test_guarantee(void)
{
    uint64_t                 seed, sum[NGX_APIGW_TOPK_SETS], least;
    ngx_uint_t               i, n, k, low, high, wide, missed, off;
    ngx_apigw_topk_t        *topk;
    ngx_apigw_topk_entry_t   entries[SIZE], *entry;

    topk = fresh();
    seed = 3;

    for (i = 0; i < TIMES; i++) {
        count(topk, pick(&seed, NAMES), next(&seed) % 2, next(&seed) % 1000);
    }

    n = all(topk, entries);

    memset(sum, 0, sizeof(sum));
    low = 0;
    high = 0;
    wide = 0;
    off = 0;

    for (i = 0; i < n; i++) {
        sum[entries[i].hash % NGX_APIGW_TOPK_SETS] += entries[i].count;
    }

    for (i = 0; i < n; i++) {
        entry = &entries[i];
        k = number(entry);

        if (k == NAMES) {
            off++;
            continue;
        }

        low += (truth[k].count < entry->count - entry->error);
        high += (truth[k].count > entry->count);
        wide += (entry->error > sum[entry->hash % NGX_APIGW_TOPK_SETS] / 8);
        off += (entry->refused > truth[k].refused);
        off += (entry->sent > truth[k].sent);
    }

    is_int(n, SIZE, "it is full");
    is_int(low, 0, "no truth is below");
    is_int(high, 0, "no truth is above");
    is_int(wide, 0, "an error is at most an eighth of what came to the set");
    is_int(off, 0, "what else is counted is not above the truth");

    /* whoever came more often than the least of its set is there */

    least = 0;
    missed = 0;

    for (i = 0; i < NGX_APIGW_TOPK_SETS; i++) {
        least = ngx_max(least, sum[i] / 8);
    }

    for (k = 0; k < NAMES; k++) {

        for (i = 0; i < n; i++) {
            if (number(&entries[i]) == k) {
                break;
            }
        }

        missed += (i == n && truth[k].count > least);
    }

    is_int(missed, 0, "nobody who comes often is missed");

    free(topk);
}


/* sets are used alike, where names differ at their ends only, too */

static void
test_spread(void)
{
    char               buf[32];
    ngx_str_t          str;
    ngx_uint_t         i, n;
    ngx_apigw_topk_t  *topk;

    topk = fresh();

    for (i = 0; i < SIZE; i++) {
        str = text(buf, (size_t) snprintf(buf, sizeof(buf), "consumer-%03lu",
                                          (unsigned long) i));
        ngx_apigw_topk_count(topk, &str, 0, 0);
    }

    for (i = 0, n = 0; i < SIZE; i++) {
        n += (topk->entries[i].count != 0);
    }

    comment("%lu of %u entries in use", (unsigned long) n, SIZE);

    ok(n >= SIZE * 3 / 4, "names that are alike are in all sets");

    free(topk);
}


static void
test_merge(void)
{
    uint64_t                 seed;
    ngx_uint_t               i, k, n, bad;
    ngx_apigw_topk_t        *one, *two;
    ngx_apigw_topk_entry_t  *entries;

    one = fresh();
    two = fresh();
    entries = calloc(2 * SIZE, sizeof(ngx_apigw_topk_entry_t));

    /* no set is full: all is exact */

    for (i = 0; i < 5000; i++) {
        k = i * i % 40;
        count((i % 3) ? one : two, k, i % 2, i);
    }

    memset(entries, 0xff, 2 * SIZE * sizeof(ngx_apigw_topk_entry_t));

    n = ngx_apigw_topk_add(entries, 0, 2 * SIZE, one);
    n = ngx_apigw_topk_add(entries, n, 2 * SIZE, two);
    ngx_apigw_topk_sort(entries, n);

    for (i = 0, bad = 0; i < n; i++) {
        k = number(&entries[i]);
        bad += (k == NAMES || entries[i].count != truth[k].count
                || entries[i].refused != truth[k].refused
                || entries[i].sent != truth[k].sent || entries[i].error);
        bad += (i && entries[i].count > entries[i - 1].count);
    }

    for (i = 0, k = 0; i < NAMES; i++) {
        k += (truth[i].count != 0);
    }

    is_int(n, k, "two are added: each name once");
    is_int(bad, 0, "with what both have counted");

    /* full ones */

    for (i = 0, seed = 7; i < TIMES; i++) {
        count((i % 3) ? one : two, pick(&seed, NAMES), 0, 1);
    }

    n = ngx_apigw_topk_add(entries, 0, 2 * SIZE, one);
    n = ngx_apigw_topk_add(entries, n, 2 * SIZE, two);

    for (i = 0, bad = 0; i < n; i++) {
        k = number(&entries[i]);
        bad += (k == NAMES
                || truth[k].count < entries[i].count - entries[i].error);
    }

    ok(n > SIZE && n <= 2 * SIZE, "full ones are added");
    is_int(bad, 0, "no truth is below");

    is_int(ngx_apigw_topk_add(entries, 0, 10, one), 10, "no more than room");
    is_int(ngx_apigw_topk_add(entries, 10, 10, two), 10, "and no more then");
    is_int(ngx_apigw_topk_add(entries, 0, 0, two), 0, "no room at all");

    free(entries);
    free(one);
    free(two);
}


static ngx_apigw_topk_entry_t *
entry_of(ngx_apigw_topk_t *topk, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < SIZE; i++) {
        if (topk->entries[i].count && number(&topk->entries[i]) == n) {
            return &topk->entries[i];
        }
    }

    return NULL;
}


/* a writer was killed while it replaced a name */

static void
test_torn(void)
{
    ngx_uint_t               i, n, high;
    ngx_apigw_topk_t        *topk;
    ngx_apigw_topk_entry_t   entries[SIZE], *torn;

    topk = fresh();

    for (i = 0; i < 20; i++) {
        count(topk, i, 0, 1);
    }

    torn = entry_of(topk, 7);
    torn->version++;

    n = all(topk, entries);
    is_int(n, 19, "a torn entry is left out");

    for (i = 0; i < n; i++) {
        if (number(&entries[i]) == 7) {
            break;
        }
    }

    is_int(i, n, "it is that one");

    count(topk, 7, 0, 1);

    ok((torn->version & 1) == 0, "its place is taken again");
    is_int(torn->count - torn->error, 1, "by a new name");
    is_int(all(topk, entries), 20, "which is there");

    /* a length that cannot be, from memory that was overwritten */

    torn->len = NGX_APIGW_TOPK_NAME + 1;
    is_int(all(topk, entries), 19, "a bad length is left out");
    count(topk, 7, 0, 1);
    torn->len = (uint32_t) -1;
    is_int(all(topk, entries), 20, "another one, too");

    /* the guarantee holds for all that come after it */

    for (i = 0; i < SIZE; i += 3) {
        topk->entries[i].version |= 1;
    }

    for (i = 0; i < 20000; i++) {
        count(topk, i * i % 997, 0, 1);
    }

    n = all(topk, entries);

    for (i = 0, high = 0; i < n; i++) {
        high += (number(&entries[i]) == NAMES
                 || truth[number(&entries[i])].count > entries[i].count);
    }

    is_int(n, SIZE, "all places are taken again");
    is_int(high, 0, "no truth is above");

    free(topk);
}


int
main(void)
{
    test_few();
    test_names();
    test_guarantee();
    test_spread();
    test_merge();
    test_torn();

    return done();
}
