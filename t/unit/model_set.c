
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "model_set.h"


#define MODEL_SET_NONE  ((uint32_t) -1)


void *
model_set_alloc(void *p, size_t size)
{
    p = realloc(p, size);

    if (p == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }

    return p;
}


static uint64_t
model_set_hash(const void *item, size_t size)
{
    size_t         i;
    uint64_t       h, word;
    const u_char  *p;

    p = item;
    h = size;

    for (i = 0; i + 8 <= size; i += 8) {
        memcpy(&word, p + i, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
    }

    for ( ; i < size; i++) {
        h = (h ^ p[i]) * 0x9e3779b97f4a7c15ULL;
    }

    return h ^ h >> 32;
}


static void
model_set_grow(model_set_t *set)
{
    size_t    n;
    uint32_t  i, slot;

    n = 2 * ((size_t) set->mask + 1);

    set->mask = (uint32_t) (n - 1);
    set->slots = model_set_alloc(set->slots, n * sizeof(uint32_t));

    memset(set->slots, 0xff, n * sizeof(uint32_t));

    for (i = 0; i < set->count; i++) {
        slot = model_set_hash(set->items + i * set->size, set->size)
               & set->mask;

        while (set->slots[slot] != MODEL_SET_NONE) {
            slot = (slot + 1) & set->mask;
        }

        set->slots[slot] = i;
    }
}


void
model_set_init(model_set_t *set, size_t size)
{
    memset(set, 0, sizeof(model_set_t));

    set->size = size;
    set->room = 1024;
    set->mask = 1023;
    set->items = model_set_alloc(NULL, set->room * size);

    model_set_grow(set);
}


void
model_set_free(model_set_t *set)
{
    free(set->items);
    free(set->slots);
}


uint32_t
model_set_add(model_set_t *set, const void *item, ngx_uint_t *fresh)
{
    uint32_t  slot, n;

    slot = model_set_hash(item, set->size) & set->mask;

    while (set->slots[slot] != MODEL_SET_NONE) {
        n = set->slots[slot];

        if (memcmp(set->items + n * set->size, item, set->size) == 0) {

            if (fresh) {
                *fresh = 0;
            }

            return n;
        }

        slot = (slot + 1) & set->mask;
    }

    if (fresh) {
        *fresh = 1;
    }

    if (set->count == set->room) {
        set->room += set->room / 2;
        set->items = model_set_alloc(set->items, set->room * set->size);
    }

    n = set->count++;

    set->slots[slot] = n;
    memcpy(set->items + n * set->size, item, set->size);

    if (set->count > set->mask / 2) {
        model_set_grow(set);
    }

    return n;
}


void *
model_set_get(model_set_t *set, uint32_t n)
{
    return set->items + n * set->size;
}
