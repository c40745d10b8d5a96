
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


ngx_apigw_redis_entry_t *
ngx_apigw_redis_entry_create(ngx_apigw_redis_t *redis, ngx_uint_t nhead,
    ngx_str_t *head, ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_apigw_redis_entry_t  *entry;

    entry = ngx_calloc(sizeof(ngx_apigw_redis_entry_t), redis->log);
    if (entry == NULL) {
        return NULL;
    }

    if (ngx_apigw_redis_format(&entry->text, nhead, head, argc, argv)
        != NGX_OK)
    {
        ngx_free(entry);
        return NULL;
    }

    entry->redis = redis;
    redis->nentries++;

    return entry;
}


ngx_apigw_redis_entry_t *
ngx_apigw_redis_entry_own(ngx_apigw_redis_t *redis, ngx_uint_t purpose,
    ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_apigw_redis_entry_t  *entry;

    entry = ngx_apigw_redis_entry_create(redis, 0, NULL, argc, argv);

    if (entry) {
        entry->purpose = purpose;
        entry->slot = -1;
    }

    return entry;
}


void
ngx_apigw_redis_entry_free(ngx_apigw_redis_entry_t *entry)
{
    if (entry->purpose == NGX_APIGW_REDIS_AUTH) {
        ngx_explicit_memzero(entry->text.data, entry->text.len);
    }

    ngx_apigw_redis_format_free(&entry->text);

    entry->redis->nentries--;

    ngx_free(entry);
}
