
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_keys_int.h"
#include "ngx_apigw_text.h"

#include <stdlib.h>


#define NGX_APIGW_KEYS_LINE        64                    /* of the cache */

#define NGX_APIGW_KEYS_ID_BYTES    7                  /* 12 characters */
#define NGX_APIGW_KEYS_PART        8                  /* rows */
#define NGX_APIGW_KEYS_PARTS_BITS  16


static void ngx_apigw_keys_cleanup(void *data);
static ngx_int_t ngx_apigw_keys_value(ngx_apigw_keys_t *keys,
    ngx_str_t *value, ngx_apigw_keys_slot_t *slot,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_name(ngx_apigw_keys_t *keys,
    ngx_apigw_key_row_t *row, ngx_apigw_keys_slot_t *slot,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_plans(ngx_apigw_keys_t *keys,
    ngx_apigw_key_row_t *row, uint32_t *planset);
static ngx_int_t ngx_apigw_keys_sort(ngx_apigw_keys_build_t *b);
static int ngx_apigw_keys_compare(const void *one, const void *two);
static ngx_int_t ngx_apigw_keys_doubles(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_group(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_collision(ngx_apigw_keys_build_t *b,
    uint32_t row, uint32_t other, const char *reason,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_place(ngx_apigw_keys_t *keys);
static ngx_int_t ngx_apigw_keys_keep_ids(ngx_apigw_keys_t *keys);
static ngx_int_t ngx_apigw_keys_keep_plans(ngx_apigw_keys_t *keys);


static ngx_str_t  ngx_apigw_keys_prefix = ngx_string("apigw-id:");


ngx_apigw_keys_t *
ngx_apigw_keys_create(ngx_pool_t *pool, ngx_apigw_digest_t *digest)
{
    ngx_apigw_keys_t    *keys;
    ngx_pool_cleanup_t  *cln;

    keys = ngx_pcalloc(pool, sizeof(ngx_apigw_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    keys->pool = pool;
    keys->digest = digest;

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_keys_cleanup;
    cln->data = &keys->build;

    if (ngx_apigw_random(keys->build.seed, NGX_APIGW_SIPHASH_KEY_LEN)
        != NGX_OK)
    {
        return NULL;
    }

    /* ids outlive a pepper */

    keys->build.plain = ngx_apigw_digest_create(NULL);
    if (keys->build.plain == NULL) {
        return NULL;
    }

    return keys;
}


static void
ngx_apigw_keys_cleanup(void *data)
{
    ngx_apigw_keys_build_t  *b = data;

    ngx_apigw_digest_free(b->plain);

    free(b->rows);
    free(b->sorted);
    free(b->ends);
    free(b->ids.text);
    free(b->ids.names);
    free(b->ids.table);
    free(b->plansets.text);
    free(b->plansets.names);
    free(b->plansets.table);

    ngx_memzero(b, sizeof(ngx_apigw_keys_build_t));
}


ngx_int_t
ngx_apigw_keys_add(ngx_apigw_keys_t *keys, ngx_apigw_key_row_t *row,
    ngx_apigw_keys_error_t *err)
{
    ngx_int_t                rc;
    ngx_apigw_keys_row_t    *r;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    ngx_memzero(err, sizeof(ngx_apigw_keys_error_t));

    err->file = row->file;
    err->line = row->line;

    if (b->n == NGX_APIGW_KEYS_MAX) {
        err->reason = "too many keys";
        return NGX_DECLINED;
    }

    r = ngx_apigw_keys_grow(b->rows, &b->nalloc, b->n + 1,
                            sizeof(ngx_apigw_keys_row_t));
    if (r == NULL) {
        return NGX_ERROR;
    }

    b->rows = r;
    r += b->n;

    r->slot.flags = row->enabled ? NGX_APIGW_KEYS_USED|NGX_APIGW_KEYS_ENABLED
                                 : NGX_APIGW_KEYS_USED;
    r->file = row->file;
    r->line = row->line;

    rc = ngx_apigw_keys_value(keys, &row->value, &r->slot, err);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_keys_name(keys, row, &r->slot, err);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_keys_plans(keys, row, &r->planset);
    if (rc != NGX_OK) {
        return rc;
    }

    b->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_keys_value(ngx_apigw_keys_t *keys, ngx_str_t *value,
    ngx_apigw_keys_slot_t *slot, ngx_apigw_keys_error_t *err)
{
    u_char      c, digest[NGX_APIGW_DIGEST_LEN];
    ngx_str_t   hex;
    ngx_uint_t  i;

    if (value->len >= 7 && ngx_memcmp(value->data, "sha256:", 7) == 0) {
        hex.len = value->len - 7;
        hex.data = value->data + 7;

        if (ngx_apigw_unhex(digest, NGX_APIGW_DIGEST_LEN, &hex) != NGX_OK) {
            err->reason = "\"sha256:\" must be followed by 64 hex digits";
            return NGX_DECLINED;
        }

        goto done;
    }

    if (value->len < NGX_APIGW_KEY_MIN_LEN) {
        err->reason = "key is shorter than 20 characters";
        return NGX_DECLINED;
    }

    if (value->len > NGX_APIGW_KEY_MAX_LEN) {
        err->reason = "key is longer than 128 characters";
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if (c <= 0x20 || c >= 0x7f || c == '"') {
            err->reason = "invalid character in key";
            return NGX_DECLINED;
        }
    }

    if (ngx_apigw_digest(keys->digest, value, NULL, digest) != NGX_OK) {
        return NGX_ERROR;
    }

done:

    slot->head = ngx_apigw_keys_head(digest);
    ngx_memcpy(slot->tail, digest + 8, NGX_APIGW_KEYS_TAIL);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_keys_name(ngx_apigw_keys_t *keys, ngx_apigw_key_row_t *row,
    ngx_apigw_keys_slot_t *slot, ngx_apigw_keys_error_t *err)
{
    u_char      c, digest[NGX_APIGW_DIGEST_LEN],
                derived[NGX_APIGW_BASE32_LEN(NGX_APIGW_KEYS_ID_BYTES)];
    ngx_str_t   id;
    ngx_uint_t  i;

    id = row->id;

    if (id.len == 0) {

        if (ngx_apigw_digest(keys->build.plain, &ngx_apigw_keys_prefix,
                             &row->value, digest)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        (void) ngx_apigw_base32(derived, digest, NGX_APIGW_KEYS_ID_BYTES);

        id.len = NGX_APIGW_KEY_ID_LEN;
        id.data = derived;

        slot->flags |= NGX_APIGW_KEYS_DERIVED;
    }

    if (id.len > NGX_APIGW_KEY_ID_MAX) {
        err->reason = "id is longer than 64 characters";
        return NGX_DECLINED;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'z')
            && (c < 'A' || c > 'Z') && c != '_' && c != '-' && c != '.')
        {
            err->reason = "invalid character in id";
            return NGX_DECLINED;
        }
    }

    return ngx_apigw_keys_intern(&keys->build, &keys->build.ids, &id,
                                 &slot->consumer);
}


/* most rows have the plans of the row before */

static ngx_int_t
ngx_apigw_keys_plans(ngx_apigw_keys_t *keys, ngx_apigw_key_row_t *row,
    uint32_t *planset)
{
    ngx_str_t                plans;
    ngx_apigw_keys_name_t   *name;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    plans.len = row->nplans * sizeof(uint16_t);
    plans.data = (u_char *) row->plans;

    if (b->n) {
        *planset = b->rows[b->n - 1].planset;
        name = &b->plansets.names[*planset];

        if (ngx_apigw_keys_same(&b->plansets, name, &plans)) {
            return NGX_OK;
        }
    }

    return ngx_apigw_keys_intern(b, &b->plansets, &plans, planset);
}


ngx_int_t
ngx_apigw_keys_finish(ngx_apigw_keys_t *keys, ngx_apigw_keys_error_t *err)
{
    ngx_int_t                rc;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    ngx_memzero(err, sizeof(ngx_apigw_keys_error_t));

    rc = ngx_apigw_keys_sort(b);

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_doubles(b, err);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_group(b, err);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_place(keys);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_keep_ids(keys);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_keep_plans(keys);
    }

    ngx_apigw_keys_cleanup(b);

    return rc;
}


/* into parts by the first bits, then each part by all */

static ngx_int_t
ngx_apigw_keys_sort(ngx_apigw_keys_build_t *b)
{
    size_t                  i, nparts;
    uint32_t                n, first;
    ngx_uint_t              shift;
    ngx_apigw_keys_slot_t  *slot;

    /* two parts at least, a shift by 64 is none */

    shift = 63;

    while (shift > 64 - NGX_APIGW_KEYS_PARTS_BITS
           && b->n >> (64 - shift) > NGX_APIGW_KEYS_PART)
    {
        shift--;
    }

    nparts = (size_t) 1 << (64 - shift);

    b->sorted = calloc(b->n + 1, sizeof(ngx_apigw_keys_slot_t));
    if (b->sorted == NULL) {
        return NGX_ERROR;
    }

    b->ends = calloc(nparts, sizeof(uint32_t));
    if (b->ends == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < b->n; i++) {
        b->ends[b->rows[i].slot.head >> shift]++;
    }

    for (first = 0, i = 0; i < nparts; i++) {
        n = b->ends[i];
        b->ends[i] = first;
        first += n;
    }

    for (i = 0; i < b->n; i++) {
        slot = &b->sorted[b->ends[b->rows[i].slot.head >> shift]++];

        *slot = b->rows[i].slot;
        slot->consumer = i;
    }

    for (first = 0, i = 0; i < nparts; i++) {
        n = b->ends[i] - first;

        if (n > 1) {
            qsort(b->sorted + first, n, sizeof(ngx_apigw_keys_slot_t),
                  ngx_apigw_keys_compare);
        }

        first += n;
    }

    return NGX_OK;
}


static int
ngx_apigw_keys_compare(const void *one, const void *two)
{
    int                           rc;
    const ngx_apigw_keys_slot_t  *first, *second;

    first = one;
    second = two;

    if (first->head != second->head) {
        return (first->head < second->head) ? -1 : 1;
    }

    rc = ngx_memcmp(first->tail, second->tail, NGX_APIGW_KEYS_TAIL);

    if (rc == 0) {
        rc = (first->consumer < second->consumer) ? -1 : 1;
    }

    return rc;
}


/* finds the first row whose value is in a row before */

static ngx_int_t
ngx_apigw_keys_doubles(ngx_apigw_keys_build_t *b, ngx_apigw_keys_error_t *err)
{
    size_t                  i;
    uint32_t                row, other;
    ngx_apigw_keys_slot_t  *slot;

    row = NGX_APIGW_KEYS_MAX;
    other = 0;

    for (i = 1; i < b->n; i++) {
        slot = &b->sorted[i];

        if (slot[0].head == slot[-1].head
            && ngx_memcmp(slot[0].tail, slot[-1].tail, NGX_APIGW_KEYS_TAIL)
               == 0
            && slot[0].consumer < row)
        {
            row = slot[0].consumer;
            other = slot[-1].consumer;
        }
    }

    if (row == NGX_APIGW_KEYS_MAX) {
        return NGX_OK;
    }

    return ngx_apigw_keys_collision(b, row, other, "duplicate key", err);
}


/* the rows of one id are one consumer */

static ngx_int_t
ngx_apigw_keys_group(ngx_apigw_keys_build_t *b, ngx_apigw_keys_error_t *err)
{
    uint32_t                i;
    ngx_apigw_keys_row_t   *row;
    ngx_apigw_keys_name_t  *id;

    for (i = 0; i < b->n; i++) {
        row = &b->rows[i];
        id = &b->ids.names[row->slot.consumer];

        if (row->slot.flags & NGX_APIGW_KEYS_DERIVED) {

            if (id->derived) {
                return ngx_apigw_keys_collision(b, i, id->derived - 1,
                                                "two keys derive one id, one "
                                                "of them needs an explicit id",
                                                err);
            }

            id->derived = i + 1;
        }

        if (row->planset != b->rows[id->row].planset) {
            return ngx_apigw_keys_collision(b, i, id->row,
                                            "keys of one id have different "
                                            "plans",
                                            err);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_keys_collision(ngx_apigw_keys_build_t *b, uint32_t row,
    uint32_t other, const char *reason, ngx_apigw_keys_error_t *err)
{
    err->reason = reason;
    err->file = b->rows[row].file;
    err->line = b->rows[row].line;
    err->other_file = b->rows[other].file;
    err->other_line = b->rows[other].line;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_keys_place(ngx_apigw_keys_t *keys)
{
    u_char                  *p;
    size_t                   i, n;
    uint64_t                 home, next;
    ngx_apigw_keys_slot_t   *slot;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    keys->nslots = b->n + b->n / 2 + 1;

    for (next = 0, i = 0; i < b->n; i++) {
        home = ngx_apigw_keys_home(keys, b->sorted[i].head);
        next = ngx_max(home, next) + 1;
    }

    n = ngx_max(keys->nslots, next) + 1;

    p = ngx_palloc(keys->pool, n * sizeof(ngx_apigw_keys_slot_t)
                               + NGX_APIGW_KEYS_LINE);
    if (p == NULL) {
        return NGX_ERROR;
    }

    keys->slots = (ngx_apigw_keys_slot_t *)
                   ngx_align((uintptr_t) p, (uintptr_t) NGX_APIGW_KEYS_LINE);

    ngx_memzero(keys->slots, n * sizeof(ngx_apigw_keys_slot_t));

    for (i = 0; i < n; i++) {
        keys->slots[i].head = NGX_APIGW_KEYS_GAP;
    }

    for (next = 0, i = 0; i < b->n; i++) {
        home = ngx_apigw_keys_home(keys, b->sorted[i].head);
        next = ngx_max(home, next);

        slot = &keys->slots[next++];

        *slot = b->sorted[i];
        slot->consumer = b->rows[slot->consumer].slot.consumer;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_keys_keep_ids(ngx_apigw_keys_t *keys)
{
    size_t                   i;
    ngx_apigw_consumer_t    *c;
    ngx_apigw_keys_name_t   *id;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    keys->ids = ngx_pnalloc(keys->pool, b->ids.len + 1);
    if (keys->ids == NULL) {
        return NGX_ERROR;
    }

    keys->consumers = ngx_pcalloc(keys->pool, (b->ids.n + 1)
                                              * sizeof(ngx_apigw_consumer_t));
    if (keys->consumers == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < b->ids.n; i++) {
        id = &b->ids.names[i];
        c = &keys->consumers[i];

        c->id = id->text;
        c->id_len = id->len;
        c->planset = b->rows[id->row].planset;
    }

    if (b->ids.len) {
        ngx_memcpy(keys->ids, b->ids.text, b->ids.len);
    }

    keys->nconsumers = b->ids.n;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_keys_keep_plans(ngx_apigw_keys_t *keys)
{
    size_t                     i;
    ngx_apigw_keys_name_t     *name;
    ngx_apigw_keys_build_t    *b;
    ngx_apigw_keys_planset_t  *set;

    b = &keys->build;

    keys->plans = ngx_palloc(keys->pool, b->plansets.len + 1);
    if (keys->plans == NULL) {
        return NGX_ERROR;
    }

    keys->plansets = ngx_palloc(keys->pool,
                                (b->plansets.n + 1)
                                * sizeof(ngx_apigw_keys_planset_t));
    if (keys->plansets == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < b->plansets.n; i++) {
        name = &b->plansets.names[i];
        set = &keys->plansets[i];

        set->plans = name->text;
        set->nplans = name->len / sizeof(uint16_t);
        set->file = b->rows[name->row].file;
        set->line = b->rows[name->row].line;
    }

    if (b->plansets.len) {
        ngx_memcpy(keys->plans, b->plansets.text, b->plansets.len);
    }

    keys->nplansets = b->plansets.n;

    return NGX_OK;
}
