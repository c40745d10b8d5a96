
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_table.h"

#include <stdlib.h>


/* records by meaning, in the memory of the process that loads */

struct ngx_apigw_table_map_s {
    uint32_t                  *slots;       /* record + 1, 0: free */
    uint64_t                   mask;

    uint32_t                  *free;        /* records nobody alive uses */
    ngx_uint_t                 nfree;
};


static void ngx_apigw_table_fill(ngx_apigw_table_t *table,
    ngx_apigw_table_map_t *map, ngx_uint_t used, ngx_atomic_uint_t oldest);
static uint64_t ngx_apigw_table_slot(ngx_apigw_table_t *table, uint64_t *id);
static uint32_t ngx_apigw_table_take(ngx_apigw_table_t *table,
    ngx_atomic_uint_t generation);
static void ngx_apigw_table_begin(ngx_apigw_table_t *table, uint32_t n,
    uint64_t *id, ngx_atomic_uint_t generation);
static ngx_atomic_t *ngx_apigw_table_checked(ngx_apigw_table_t *table,
    ngx_uint_t n);


void
ngx_apigw_table_format(ngx_apigw_table_head_t *head, size_t size,
    uint64_t capacity, const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN])
{
    head->version = NGX_APIGW_TABLE_VERSION;
    head->size = (uint32_t) size;
    head->capacity = capacity;
    head->used = 0;

    ngx_memcpy(head->seed, seed, NGX_APIGW_SIPHASH_KEY_LEN);

    head->magic = NGX_APIGW_TABLE_MAGIC;
}


ngx_int_t
ngx_apigw_table_valid(ngx_apigw_table_head_t *head, size_t size)
{
    if (head->magic == NGX_APIGW_TABLE_MAGIC
        && head->version == NGX_APIGW_TABLE_VERSION
        && head->size == size)
    {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_apigw_table_open(ngx_apigw_table_t *table, ngx_atomic_uint_t oldest)
{
    uint64_t                size;
    ngx_uint_t              used;
    ngx_apigw_table_map_t  *map;

    used = table->head->used;

    map = calloc(1, sizeof(ngx_apigw_table_map_t));
    if (map == NULL) {
        return NGX_ERROR;
    }

    table->map = map;

    /* a record that changes its meaning leaves its former slot in use, too */

    for (size = 1024; size <= 2 * table->head->capacity; size *= 2) {
        /* void */
    }

    map->mask = size - 1;

    map->slots = calloc(size, sizeof(uint32_t));
    if (map->slots == NULL) {
        return NGX_ERROR;
    }

    map->free = malloc((used + 1) * sizeof(uint32_t));
    if (map->free == NULL) {
        return NGX_ERROR;
    }

    ngx_apigw_table_fill(table, map, used, oldest);

    return NGX_OK;
}


static void
ngx_apigw_table_fill(ngx_apigw_table_t *table, ngx_apigw_table_map_t *map,
    ngx_uint_t used, ngx_atomic_uint_t oldest)
{
    uint64_t             slot;
    ngx_uint_t           n;
    ngx_atomic_t        *check;
    ngx_apigw_record_t  *record;

    for (n = used; n-- > 0; /* void */) {
        record = ngx_apigw_table_record(table, n);
        check = ngx_apigw_table_checked(table, n);

        if (check && *check == 0) {
            map->free[map->nfree++] = (uint32_t) n;
            continue;
        }

        if (record->generation < oldest) {
            map->free[map->nfree++] = (uint32_t) n;
        }

        slot = ngx_apigw_table_slot(table, record->id);
        map->slots[slot] = (uint32_t) n + 1;
    }
}


void
ngx_apigw_table_close(ngx_apigw_table_t *table)
{
    ngx_apigw_table_map_t  *map;

    map = table->map;

    if (map == NULL) {
        return;
    }

    table->map = NULL;

    free(map->slots);
    free(map->free);
    free(map);
}


/* the slot that has this meaning, or the free one where it belongs */

static uint64_t
ngx_apigw_table_slot(ngx_apigw_table_t *table, uint64_t *id)
{
    uint64_t                slot;
    ngx_apigw_record_t     *record;
    ngx_apigw_table_map_t  *map;

    map = table->map;
    slot = id[0] & map->mask;

    while (map->slots[slot]) {
        record = ngx_apigw_table_record(table, map->slots[slot] - 1);

        if (record->id[0] == id[0] && record->id[1] == id[1]) {
            break;
        }

        slot = (slot + 1) & map->mask;
    }

    return slot;
}


uint32_t
ngx_apigw_table_claim(ngx_apigw_table_t *table, const u_char *meaning,
    size_t len, ngx_atomic_uint_t generation)
{
    u_char                  seed[NGX_APIGW_SIPHASH_KEY_LEN];
    uint32_t                n;
    uint64_t                id[2], slot;
    ngx_uint_t              i;
    ngx_apigw_record_t     *record;
    ngx_apigw_table_map_t  *map;

    map = table->map;

    for (i = 0; i < NGX_APIGW_SIPHASH_KEY_LEN; i++) {
        seed[i] = table->head->seed[i] ^ 0x5c;
    }

    id[0] = ngx_apigw_siphash(table->head->seed, meaning, len);
    id[1] = ngx_apigw_siphash(seed, meaning, len);

    slot = ngx_apigw_table_slot(table, id);

    if (map->slots[slot]) {
        n = map->slots[slot] - 1;
        record = ngx_apigw_table_record(table, n);
        record->generation = generation;
        return n;
    }

    n = ngx_apigw_table_take(table, generation);

    if (n != NGX_APIGW_TABLE_NONE) {
        ngx_apigw_table_begin(table, n, id, generation);
        map->slots[slot] = n + 1;
    }

    return n;
}


static uint32_t
ngx_apigw_table_take(ngx_apigw_table_t *table, ngx_atomic_uint_t generation)
{
    uint32_t                 n;
    ngx_apigw_record_t      *record;
    ngx_apigw_table_map_t   *map;
    ngx_apigw_table_head_t  *head;

    map = table->map;
    head = table->head;

    if (table->keep && head->used < head->capacity) {
        return (uint32_t) head->used++;
    }

    while (map->nfree) {
        n = map->free[--map->nfree];
        record = ngx_apigw_table_record(table, n);

        /* it may have been claimed again by its old meaning */

        if (record->generation != generation) {
            return n;
        }
    }

    if (head->used < head->capacity) {
        return (uint32_t) head->used++;
    }

    return NGX_APIGW_TABLE_NONE;
}


static void
ngx_apigw_table_begin(ngx_apigw_table_t *table, uint32_t n, uint64_t *id,
    ngx_atomic_uint_t generation)
{
    ngx_atomic_t        *check;
    ngx_apigw_record_t  *record;

    record = ngx_apigw_table_record(table, n);
    check = ngx_apigw_table_checked(table, n);

    if (check) {
        *check = 0;
        ngx_memory_barrier();
    }

    ngx_memzero(record, table->head->size);

    record->id[0] = id[0];
    record->id[1] = id[1];
    record->generation = generation;

    if (check) {
        ngx_memory_barrier();
        *check = ngx_apigw_table_check(table->head, id);
    }
}


static ngx_atomic_t *
ngx_apigw_table_checked(ngx_apigw_table_t *table, ngx_uint_t n)
{
    u_char  *record;

    if (table->check == 0) {
        return NULL;
    }

    record = ngx_apigw_table_record(table, n);

    return (ngx_atomic_t *) (record + table->check);
}


uint64_t
ngx_apigw_table_check(ngx_apigw_table_head_t *head, uint64_t id[2])
{
    uint64_t  check;

    check = ngx_apigw_siphash(head->seed, (u_char *) id, 2 * sizeof(uint64_t));

    return check ? check : 1;
}
