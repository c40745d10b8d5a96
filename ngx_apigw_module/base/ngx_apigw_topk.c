
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_topk.h"

#include <stdlib.h>


static void ngx_apigw_topk_replace(ngx_apigw_topk_entry_t *set, uint32_t hash,
    ngx_str_t *name, ngx_uint_t refused, uint64_t sent);
static ngx_uint_t ngx_apigw_topk_read(ngx_apigw_topk_entry_t *entry,
    ngx_apigw_topk_entry_t *copy);
static ngx_apigw_topk_entry_t *ngx_apigw_topk_find(
    ngx_apigw_topk_entry_t *all, ngx_uint_t first,
    ngx_apigw_topk_entry_t *entry);
static int ngx_apigw_topk_compare(const void *one, const void *two);


/* in an array of all names the spare words chain those of equal hashes:
   indexes + 1 */

#define ngx_apigw_topk_next(entry)   (entry)->spare[0]
#define ngx_apigw_topk_first(entry)  (entry)->spare[1]


/* Both read words, the last one again in part. */

static ngx_inline uint32_t
ngx_apigw_topk_hash(const u_char *p, size_t len)
{
    size_t    i;
    uint64_t  hash, word;

    hash = len;
    word = 0;

    if (len < 8) {

        for (i = 0; i < len; i++) {
            word = word << 8 | p[i];
        }

        hash ^= word;

    } else {

        for (i = 0; i < len - 8; i += 8) {
            ngx_memcpy(&word, p + i, 8);
            hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
            hash ^= hash >> 32;
        }

        ngx_memcpy(&word, p + len - 8, 8);
        hash ^= word;
    }

    hash *= 0x9fb21c651e98df25ULL;
    hash ^= hash >> 32;
    hash *= 0x9fb21c651e98df25ULL;

    return (uint32_t) (hash >> 32);
}


static ngx_inline ngx_uint_t
ngx_apigw_topk_same(const u_char *one, const u_char *two, size_t len)
{
    size_t    i;
    uint64_t  a, b;

    if (len < 8) {

        for (i = 0; i < len; i++) {

            if (one[i] != two[i]) {
                return 0;
            }
        }

        return 1;
    }

    for (i = 0; i < len - 8; i += 8) {
        ngx_memcpy(&a, one + i, 8);
        ngx_memcpy(&b, two + i, 8);

        if (a != b) {
            return 0;
        }
    }

    ngx_memcpy(&a, one + len - 8, 8);
    ngx_memcpy(&b, two + len - 8, 8);

    return a == b;
}


/* A hit changes words that are good each for itself: no version is needed. */

void
ngx_apigw_topk_count(ngx_apigw_topk_t *topk, ngx_str_t *name,
    ngx_uint_t refused, uint64_t sent)
{
    size_t                   len;
    uint32_t                 hash;
    ngx_uint_t               i;
    ngx_apigw_topk_entry_t  *set, *entry;

    len = name->len;

    if (len > NGX_APIGW_TOPK_NAME) {
        len = NGX_APIGW_TOPK_NAME;
    }

    if (len == 0) {
        return;
    }

    hash = ngx_apigw_topk_hash(name->data, len);
    i = hash % NGX_APIGW_TOPK_SETS;
    set = &topk->entries[i * NGX_APIGW_TOPK_WAYS];

    for (entry = set; entry < set + NGX_APIGW_TOPK_WAYS; entry++) {

        if (entry->hash == hash
            && entry->len == len
            && (entry->version & 1) == 0
            && ngx_apigw_topk_same(entry->name, name->data, len))
        {
            entry->count++;
            entry->refused += refused;
            entry->sent += sent;
            return;
        }
    }

    ngx_apigw_topk_replace(set, hash, name, refused, sent);
}


/* An entry whose writer was killed is the first to go. */

static void
ngx_apigw_topk_replace(ngx_apigw_topk_entry_t *set, uint32_t hash,
    ngx_str_t *name, ngx_uint_t refused, uint64_t sent)
{
    ngx_uint_t               i;
    ngx_apigw_topk_entry_t  *entry;

    entry = &set[0];

    for (i = 0; i < NGX_APIGW_TOPK_WAYS; i++) {

        if (set[i].version & 1) {
            entry = &set[i];
            break;
        }

        if (set[i].count < entry->count) {
            entry = &set[i];
        }
    }

    entry->version |= 1;

    ngx_memory_barrier();

    entry->hash = hash;
    entry->len = (uint32_t) ngx_min(name->len, NGX_APIGW_TOPK_NAME);
    entry->error = entry->count;
    entry->count++;
    entry->refused = refused;
    entry->sent = sent;
    ngx_memcpy(entry->name, name->data, entry->len);

    ngx_memory_barrier();

    entry->version++;
}


ngx_uint_t
ngx_apigw_topk_add(ngx_apigw_topk_entry_t *all, ngx_uint_t n, ngx_uint_t max,
    ngx_apigw_topk_t *topk)
{
    ngx_uint_t               i, chain;
    ngx_apigw_topk_entry_t   entry, *found;

    if (max == 0) {
        return 0;
    }

    for (i = 0; n == 0 && i < max; i++) {
        ngx_apigw_topk_first(&all[i]) = 0;
    }

    for (i = 0; i < NGX_APIGW_TOPK_SIZE; i++) {

        if (!ngx_apigw_topk_read(&topk->entries[i], &entry)) {
            continue;
        }

        chain = entry.hash % max;

        found = ngx_apigw_topk_find(all, ngx_apigw_topk_first(&all[chain]),
                                    &entry);
        if (found) {
            found->count += entry.count;
            found->error += entry.error;
            found->refused += entry.refused;
            found->sent += entry.sent;
            continue;
        }

        if (n == max) {
            continue;
        }

        ngx_apigw_topk_next(&entry) = ngx_apigw_topk_first(&all[chain]);
        ngx_apigw_topk_first(&entry) = ngx_apigw_topk_first(&all[n]);

        all[n++] = entry;
        ngx_apigw_topk_first(&all[chain]) = n;
    }

    return n;
}


static ngx_uint_t
ngx_apigw_topk_read(ngx_apigw_topk_entry_t *entry,
    ngx_apigw_topk_entry_t *copy)
{
    ngx_atomic_uint_t  version;

    version = entry->version;

    if (version == 0 || version & 1) {
        return 0;
    }

    ngx_memory_barrier();

    *copy = *entry;

    ngx_memory_barrier();

    return entry->version == version && copy->len <= NGX_APIGW_TOPK_NAME;
}


static ngx_apigw_topk_entry_t *
ngx_apigw_topk_find(ngx_apigw_topk_entry_t *all, ngx_uint_t first,
    ngx_apigw_topk_entry_t *entry)
{
    ngx_uint_t               i;
    ngx_apigw_topk_entry_t  *found;

    for (i = first; i; i = ngx_apigw_topk_next(found)) {
        found = &all[i - 1];

        if (found->hash == entry->hash
            && found->len == entry->len
            && ngx_apigw_topk_same(found->name, entry->name, entry->len))
        {
            return found;
        }
    }

    return NULL;
}


void
ngx_apigw_topk_sort(ngx_apigw_topk_entry_t *all, ngx_uint_t n)
{
    qsort(all, n, sizeof(ngx_apigw_topk_entry_t), ngx_apigw_topk_compare);
}


/* by name where counts are equal, so that the order stays */

static int
ngx_apigw_topk_compare(const void *one, const void *two)
{
    int                            rc;
    size_t                         len;
    const ngx_apigw_topk_entry_t  *a, *b;

    a = one;
    b = two;

    if (a->count != b->count) {
        return (a->count < b->count) ? 1 : -1;
    }

    len = ngx_min(a->len, b->len);
    rc = ngx_memcmp(a->name, b->name, len);

    if (rc) {
        return rc;
    }

    return (a->len > b->len) - (a->len < b->len);
}
