
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_keys_int.h"
#include "ngx_apigw_text.h"

#include <stdlib.h>


#define NGX_APIGW_KEYS_ID_BYTES  7                    /* 12 characters */


static void ngx_apigw_keys_cleanup(void *data);
static ngx_int_t ngx_apigw_keys_value(ngx_apigw_keys_t *keys,
    ngx_str_t *value, ngx_apigw_keys_row_t *r, ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_name(ngx_apigw_keys_t *keys,
    ngx_apigw_key_row_t *row, ngx_apigw_keys_slot_t *slot,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_plans(ngx_apigw_keys_t *keys,
    ngx_apigw_key_row_t *row, uint32_t *planset);
static ngx_int_t ngx_apigw_keys_doubles(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_group(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_collision(ngx_apigw_keys_build_t *b,
    uint32_t row, uint32_t other, const char *reason,
    ngx_apigw_keys_error_t *err);
static ngx_int_t ngx_apigw_keys_keep_marks(ngx_apigw_keys_t *keys);
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

    if (ngx_apigw_random(keys->secret, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK
        || ngx_apigw_random(keys->build.seed, NGX_APIGW_SIPHASH_KEY_LEN)
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

    r->slot.flags = row->enabled ? NGX_APIGW_KEYS_ENABLED : 0;
    r->file = row->file;
    r->line = row->line;

    rc = ngx_apigw_keys_value(keys, &row->value, r, err);
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
    ngx_apigw_keys_row_t *r, ngx_apigw_keys_error_t *err)
{
    u_char      c, digest[NGX_APIGW_DIGEST_LEN];
    uint64_t    mark[2];
    ngx_str_t   hex;
    ngx_uint_t  i;

    if (value->len >= 7 && ngx_memcmp(value->data, "sha256:", 7) == 0) {
        hex.len = value->len - 7;
        hex.data = value->data + 7;

        if (ngx_apigw_unhex(digest, NGX_APIGW_DIGEST_LEN, &hex) != NGX_OK) {
            err->reason = "\"sha256:\" must be followed by 64 hex digits";
            return NGX_DECLINED;
        }

        r->slot.flags |= NGX_APIGW_KEYS_HASHED;

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

    r->slot.flags |= NGX_APIGW_KEYS_TAGGED;

    ngx_apigw_siphash128(keys->secret, value->data, value->len, r->tag);

done:

    ngx_apigw_keys_mark(mark, digest);

    r->slot.head = mark[0];
    r->slot.tail = mark[1];

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

    rc = ngx_apigw_keys_sort(b, NGX_APIGW_KEYS_TAGGED|NGX_APIGW_KEYS_HASHED);

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_doubles(b, err);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_group(b, err);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_keys_keep_marks(keys);
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


/* finds the first row whose value is in a row before */

static ngx_int_t
ngx_apigw_keys_doubles(ngx_apigw_keys_build_t *b, ngx_apigw_keys_error_t *err)
{
    size_t                  i;
    uint32_t                row, other;
    ngx_apigw_keys_slot_t  *slot;

    row = NGX_APIGW_KEYS_MAX;
    other = 0;

    for (i = 1; i < b->nsorted; i++) {
        slot = &b->sorted[i];

        if (slot[0].head == slot[-1].head
            && slot[0].tail == slot[-1].tail
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


/* digests of plain values have done their part: no value is there twice */

static ngx_int_t
ngx_apigw_keys_keep_marks(ngx_apigw_keys_t *keys)
{
    size_t                   i;
    ngx_apigw_keys_row_t    *row;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    for (i = 0; i < b->n; i++) {
        row = &b->rows[i];

        if (row->slot.flags & NGX_APIGW_KEYS_TAGGED) {
            row->slot.head = row->tag[0];
            row->slot.tail = row->tag[1];
        }
    }

    if (ngx_apigw_keys_tabulate(keys, &keys->tags, NGX_APIGW_KEYS_TAGGED)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_apigw_keys_tabulate(keys, &keys->digests,
                                   NGX_APIGW_KEYS_HASHED);
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
