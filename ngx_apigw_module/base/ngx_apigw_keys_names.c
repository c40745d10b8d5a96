
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Ids and lists of plans while a directory is built: each text is kept once
 * and has a number.  The table is searched linearly and at most half full;
 * the hash is keyed, as the texts come from outside.
 */

#include "ngx_apigw_keys_int.h"

#include <stdlib.h>


static uint32_t *ngx_apigw_keys_seek(ngx_apigw_keys_names_t *names,
    uint32_t hash, ngx_str_t *text);
static ngx_int_t ngx_apigw_keys_rehash(ngx_apigw_keys_names_t *names);


ngx_int_t
ngx_apigw_keys_intern(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_names_t *names, ngx_str_t *text, uint32_t *number)
{
    u_char                 *p;
    uint32_t                hash, *place;
    ngx_apigw_keys_name_t  *name;

    if (names->n + 1 > names->ntable / 2
        && ngx_apigw_keys_rehash(names) != NGX_OK)
    {
        return NGX_ERROR;
    }

    hash = ngx_apigw_siphash(b->seed, text->data, text->len);
    place = ngx_apigw_keys_seek(names, hash, text);

    if (*place) {
        *number = *place - 1;
        return NGX_OK;
    }

    if (names->len + text->len > UINT32_MAX) {
        return NGX_ERROR;
    }

    p = ngx_apigw_keys_grow(names->text, &names->size, names->len + text->len,
                            1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    names->text = p;

    name = ngx_apigw_keys_grow(names->names, &names->nalloc, names->n + 1,
                               sizeof(ngx_apigw_keys_name_t));
    if (name == NULL) {
        return NGX_ERROR;
    }

    names->names = name;
    name += names->n;

    name->text = names->len;
    name->len = text->len;
    name->hash = hash;
    name->row = b->n;
    name->derived = 0;

    if (text->len) {
        ngx_memcpy(names->text + names->len, text->data, text->len);
        names->len += text->len;
    }

    *number = names->n++;
    *place = names->n;

    return NGX_OK;
}


/* the place of a text in the table, or the one it is to have */

static uint32_t *
ngx_apigw_keys_seek(ngx_apigw_keys_names_t *names, uint32_t hash,
    ngx_str_t *text)
{
    size_t                  i;
    ngx_apigw_keys_name_t  *name;

    i = hash & (names->ntable - 1);

    while (names->table[i]) {
        name = &names->names[names->table[i] - 1];

        if (name->hash == hash && ngx_apigw_keys_same(names, name, text)) {
            break;
        }

        i = (i + 1) & (names->ntable - 1);
    }

    return &names->table[i];
}


static ngx_int_t
ngx_apigw_keys_rehash(ngx_apigw_keys_names_t *names)
{
    size_t     i, k, n;
    uint32_t  *table;

    n = names->ntable ? names->ntable * 4 : 64;

    table = calloc(n, sizeof(uint32_t));
    if (table == NULL) {
        return NGX_ERROR;
    }

    for (k = 0; k < names->n; k++) {

        i = names->names[k].hash & (n - 1);

        while (table[i]) {
            i = (i + 1) & (n - 1);
        }

        table[i] = k + 1;
    }

    free(names->table);

    names->table = table;
    names->ntable = n;

    return NGX_OK;
}


void *
ngx_apigw_keys_grow(void *p, size_t *nalloc, size_t n, size_t size)
{
    if (n <= *nalloc && p) {
        return p;
    }

    n = ngx_max(n, 2 * *nalloc);
    n = ngx_max(n, 64);

    p = realloc(p, n * size);
    if (p == NULL) {
        return NULL;
    }

    *nalloc = n;

    return p;
}
