
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_keys_int.h"

#include <stdlib.h>


#define NGX_APIGW_KEYS_PART        8                  /* rows */
#define NGX_APIGW_KEYS_PARTS_BITS  16


static ngx_int_t ngx_apigw_keys_part(ngx_apigw_keys_build_t *b, uint32_t flags,
    ngx_uint_t shift, size_t nparts);
static int ngx_apigw_keys_compare(const void *one, const void *two);


ngx_int_t
ngx_apigw_keys_sort(ngx_apigw_keys_build_t *b, uint32_t flags)
{
    size_t      i, nparts;
    uint32_t    n, first;
    ngx_uint_t  shift;

    /* two parts at least, a shift by 64 is none */

    shift = 63;

    while (shift > 64 - NGX_APIGW_KEYS_PARTS_BITS
           && b->n >> (64 - shift) > NGX_APIGW_KEYS_PART)
    {
        shift--;
    }

    nparts = (size_t) 1 << (64 - shift);

    if (ngx_apigw_keys_part(b, flags, shift, nparts) != NGX_OK) {
        return NGX_ERROR;
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


/* into parts by the first bits */

static ngx_int_t
ngx_apigw_keys_part(ngx_apigw_keys_build_t *b, uint32_t flags,
    ngx_uint_t shift, size_t nparts)
{
    size_t                  i;
    uint32_t                n, first;
    ngx_apigw_keys_row_t   *row;
    ngx_apigw_keys_slot_t  *slot;

    free(b->ends);

    b->ends = calloc(nparts, sizeof(uint32_t));
    if (b->ends == NULL) {
        return NGX_ERROR;
    }

    if (b->sorted == NULL) {
        b->sorted = calloc(b->n + 1, sizeof(ngx_apigw_keys_slot_t));
        if (b->sorted == NULL) {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < b->n; i++) {
        row = &b->rows[i];

        if (row->slot.flags & flags) {
            b->ends[row->slot.head >> shift]++;
        }
    }

    for (first = 0, i = 0; i < nparts; i++) {
        n = b->ends[i];
        b->ends[i] = first;
        first += n;
    }

    b->nsorted = first;

    for (i = 0; i < b->n; i++) {
        row = &b->rows[i];

        if (row->slot.flags & flags) {
            slot = &b->sorted[b->ends[row->slot.head >> shift]++];

            *slot = row->slot;
            slot->consumer = i;
        }
    }

    return NGX_OK;
}


static int
ngx_apigw_keys_compare(const void *one, const void *two)
{
    const ngx_apigw_keys_slot_t  *first, *second;

    first = one;
    second = two;

    if (first->head != second->head) {
        return (first->head < second->head) ? -1 : 1;
    }

    if (first->tail != second->tail) {
        return (first->tail < second->tail) ? -1 : 1;
    }

    return (first->consumer < second->consumer) ? -1 : 1;
}


ngx_int_t
ngx_apigw_keys_tabulate(ngx_apigw_keys_t *keys, ngx_apigw_keys_table_t *table,
    uint32_t flags)
{
    size_t                   i, n;
    uint64_t                 home, next;
    ngx_apigw_keys_slot_t   *slot;
    ngx_apigw_keys_build_t  *b;

    b = &keys->build;

    if (ngx_apigw_keys_sort(b, flags) != NGX_OK) {
        return NGX_ERROR;
    }

    table->nkeys = b->nsorted;
    table->nhomes = b->nsorted + b->nsorted / 2 + 1;

    for (next = 0, i = 0; i < b->nsorted; i++) {
        home = ngx_apigw_keys_home(table, b->sorted[i].head);
        next = ngx_max(home, next) + 1;
    }

    n = ngx_max(table->nhomes, next) + 1;

    table->slots = ngx_pcalloc(keys->pool, n * sizeof(ngx_apigw_keys_slot_t));
    if (table->slots == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        table->slots[i].head = NGX_APIGW_KEYS_GAP;
    }

    for (next = 0, i = 0; i < b->nsorted; i++) {
        home = ngx_apigw_keys_home(table, b->sorted[i].head);
        next = ngx_max(home, next);

        slot = &table->slots[next++];

        *slot = b->sorted[i];
        slot->consumer = b->rows[slot->consumer].slot.consumer;
    }

    return NGX_OK;
}
