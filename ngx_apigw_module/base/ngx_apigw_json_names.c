
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_json_names.h"
#include "ngx_apigw_digest.h"
#include "ngx_apigw_siphash.h"


/* the first table */
#define NGX_APIGW_JSON_NAMES_SIZE  64


static ngx_int_t ngx_apigw_json_names_grow(ngx_apigw_json_names_t *names);
static ngx_int_t ngx_apigw_json_names_put(ngx_apigw_json_names_t *names,
    u_char *data, uint32_t len, uint32_t hash);


static ngx_inline ngx_uint_t
ngx_apigw_json_names_same(ngx_apigw_json_name_t *name, u_char *data,
    uint32_t len)
{
    return name->len == len && ngx_memcmp(name->data, data, len) == 0;
}


static ngx_inline uint32_t
ngx_apigw_json_names_hash(ngx_apigw_json_names_t *names, u_char *data,
    size_t len)
{
    return (uint32_t) ngx_apigw_siphash(names->key, data, len);
}


void
ngx_apigw_json_names_init(ngx_apigw_json_names_t *names, ngx_pool_t *pool)
{
    names->table = NULL;
    names->size = 0;
    names->n = 0;
    names->pool = pool;
}


ngx_int_t
ngx_apigw_json_names_add(ngx_apigw_json_names_t *names, ngx_str_t *name)
{
    uint32_t    hash;
    ngx_uint_t  i;

    if (names->n < NGX_APIGW_JSON_NAMES_FEW) {

        for (i = 0; i < names->n; i++) {

            if (ngx_apigw_json_names_same(&names->few[i], name->data,
                                          name->len))
            {
                return NGX_DECLINED;
            }
        }

        names->few[i].data = name->data;
        names->few[i].len = name->len;
        names->n++;

        return NGX_OK;
    }

    if (names->n >= names->size / 4 * 3
        && ngx_apigw_json_names_grow(names) != NGX_OK)
    {
        return NGX_ERROR;
    }

    hash = ngx_apigw_json_names_hash(names, name->data, name->len);

    return ngx_apigw_json_names_put(names, name->data, name->len, hash);
}


static ngx_int_t
ngx_apigw_json_names_grow(ngx_apigw_json_names_t *names)
{
    ngx_uint_t              i, n;
    ngx_apigw_json_name_t  *old;

    old = names->table;
    n = names->size;

    if (old == NULL) {
        old = names->few;
        n = NGX_APIGW_JSON_NAMES_FEW;

        if (ngx_apigw_random(names->key, sizeof(names->key)) != NGX_OK) {
            return NGX_ERROR;
        }

        for (i = 0; i < n; i++) {
            old[i].hash = ngx_apigw_json_names_hash(names, old[i].data,
                                                    old[i].len);
        }
    }

    names->size = names->size ? names->size * 2 : NGX_APIGW_JSON_NAMES_SIZE;

    names->table = ngx_pcalloc(names->pool,
                               names->size * sizeof(ngx_apigw_json_name_t));
    if (names->table == NULL) {
        return NGX_ERROR;
    }

    names->n = 0;

    for (i = 0; i < n; i++) {

        if (old[i].data) {
            (void) ngx_apigw_json_names_put(names, old[i].data, old[i].len,
                                            old[i].hash);
        }
    }

    if (old != names->few) {
        (void) ngx_pfree(names->pool, old);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_json_names_put(ngx_apigw_json_names_t *names, u_char *data,
    uint32_t len, uint32_t hash)
{
    ngx_uint_t              i;
    ngx_apigw_json_name_t  *name;

    for (i = hash; /* void */; i++) {
        name = &names->table[i & (names->size - 1)];

        if (name->data == NULL) {
            break;
        }

        if (name->hash == hash
            && ngx_apigw_json_names_same(name, data, len))
        {
            return NGX_DECLINED;
        }
    }

    name->data = data;
    name->len = len;
    name->hash = hash;
    names->n++;

    return NGX_OK;
}
