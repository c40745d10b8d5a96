
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_keys_int.h"


ngx_int_t
ngx_apigw_keys_find(ngx_apigw_keys_t *keys, ngx_str_t *value,
    uint32_t *consumer)
{
    u_char                  digest[NGX_APIGW_DIGEST_LEN];
    uint64_t                mark[2];
    ngx_apigw_keys_slot_t  *slot;

    ngx_apigw_siphash128(keys->secret, value->data, value->len, mark);

    slot = ngx_apigw_keys_lookup(&keys->tags, mark);

    if (slot == NULL && keys->digests.nkeys) {

        if (ngx_apigw_digest(keys->digest, value, NULL, digest) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_apigw_keys_mark(mark, digest);

        slot = ngx_apigw_keys_lookup(&keys->digests, mark);
    }

    if (slot == NULL || !(slot->flags & NGX_APIGW_KEYS_ENABLED)) {
        return NGX_DECLINED;
    }

    *consumer = slot->consumer;

    return NGX_OK;
}


/*
 * A number is compared at once: no time tells how much of it is right.  Which
 * tags are near its own a client cannot know, they are keyed with a secret.
 */

ngx_apigw_keys_slot_t *
ngx_apigw_keys_lookup(ngx_apigw_keys_table_t *table, uint64_t mark[2])
{
    ngx_apigw_keys_slot_t  *slot;

    slot = table->slots + ngx_apigw_keys_home(table, mark[0]);

    while (slot->head < mark[0]) {
        slot++;
    }

    for ( /* void */ ; slot->head == mark[0] && slot->flags; slot++) {

        if (slot->tail == mark[1]) {
            return slot;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_apigw_keys_consumers(ngx_apigw_keys_t *keys)
{
    return keys->nconsumers;
}


ngx_apigw_consumer_t *
ngx_apigw_keys_consumer(ngx_apigw_keys_t *keys, uint32_t n)
{
    return &keys->consumers[n];
}


void
ngx_apigw_keys_id(ngx_apigw_keys_t *keys, ngx_apigw_consumer_t *c,
    ngx_str_t *id)
{
    id->len = c->id_len;
    id->data = keys->ids + c->id;
}


ngx_uint_t
ngx_apigw_keys_plansets(ngx_apigw_keys_t *keys)
{
    return keys->nplansets;
}


uint16_t *
ngx_apigw_keys_planset(ngx_apigw_keys_t *keys, uint32_t n, ngx_uint_t *nplans)
{
    *nplans = keys->plansets[n].nplans;

    return (uint16_t *) (keys->plans + keys->plansets[n].plans);
}


void
ngx_apigw_keys_planset_row(ngx_apigw_keys_t *keys, uint32_t n,
    ngx_uint_t *file, ngx_uint_t *line)
{
    *file = keys->plansets[n].file;
    *line = keys->plansets[n].line;
}
