
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_keys_int.h"


uint32_t
ngx_apigw_keys_find(ngx_apigw_keys_t *keys,
    const u_char digest[NGX_APIGW_DIGEST_LEN])
{
    uint64_t                head;
    ngx_apigw_keys_slot_t  *slot;

    head = ngx_apigw_keys_head(digest);
    slot = keys->slots + ngx_apigw_keys_home(keys, head);

    while (slot->head < head) {
        slot++;
    }

    for ( /* void */ ; slot->head == head && slot->flags; slot++) {

        if (!ngx_apigw_equal(slot->tail, digest + 8, NGX_APIGW_KEYS_TAIL)) {
            continue;
        }

        if (slot->flags & NGX_APIGW_KEYS_ENABLED) {
            return slot->consumer;
        }

        return NGX_APIGW_KEY_NOT_FOUND;
    }

    return NGX_APIGW_KEY_NOT_FOUND;
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
