
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meter.h"
#include "ngx_apigw_zone_format.h"

#include <stddef.h>


/* they fit, or this does not compile */

typedef u_char  ngx_apigw_zone_format_fits[
    (sizeof(ngx_apigw_quota_t) <= NGX_APIGW_QUOTA_SIZE
     && sizeof(ngx_apigw_zone_head_t) <= NGX_APIGW_ZONE_HEAD) ? 1 : -1];


static uint64_t ngx_apigw_zone_format_head_sum(ngx_apigw_zone_head_t *head);
static uint64_t ngx_apigw_zone_format_records_sum(u_char *p);
static void ngx_apigw_zone_format_spend(ngx_apigw_quota_t *q);


static ngx_inline ngx_apigw_quota_t *
ngx_apigw_zone_format_quota(u_char *p, uint64_t n)
{
    return (ngx_apigw_quota_t *)
                         (p + NGX_APIGW_ZONE_HEAD + n * NGX_APIGW_QUOTA_SIZE);
}


size_t
ngx_apigw_zone_format_size(uint64_t capacity)
{
    return NGX_APIGW_ZONE_HEAD + (size_t) capacity * NGX_APIGW_QUOTA_SIZE;
}


void
ngx_apigw_zone_format_head(ngx_apigw_zone_head_t *head, uint64_t capacity,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char gateway[NGX_APIGW_GATEWAY_LEN])
{
    ngx_memcpy(head->gateway, gateway, NGX_APIGW_GATEWAY_LEN);
    head->state = NGX_APIGW_ZONE_USED;

    ngx_apigw_table_format(&head->table, NGX_APIGW_QUOTA_SIZE, capacity, seed);

    head->check = ngx_apigw_zone_format_head_sum(head);
}


ngx_uint_t
ngx_apigw_zone_format_check_head(const u_char *p, size_t len, uint64_t size,
    uint64_t capacity)
{
    ngx_apigw_zone_head_t    head;
    ngx_apigw_table_head_t  *table;

    table = &head.table;

    ngx_memzero(&head, sizeof(ngx_apigw_zone_head_t));
    ngx_memcpy(&head, p, ngx_min(len, sizeof(ngx_apigw_zone_head_t)));

    if (table->magic != NGX_APIGW_TABLE_MAGIC) {

        if (ngx_apigw_zone_format_zero(p, len)
            && size <= ngx_apigw_zone_format_size(capacity))
        {
            return NGX_APIGW_ZONE_FILE_NEW;
        }

        return NGX_APIGW_ZONE_FILE_FOREIGN;
    }

    if (len < NGX_APIGW_ZONE_HEAD) {
        return NGX_APIGW_ZONE_FILE_SIZE;
    }

    if (table->version != NGX_APIGW_TABLE_VERSION) {
        return NGX_APIGW_ZONE_FILE_VERSION;
    }

    if (head.check != ngx_apigw_zone_format_head_sum(&head)
        || (head.state != NGX_APIGW_ZONE_CLEAN
            && head.state != NGX_APIGW_ZONE_USED))
    {
        return NGX_APIGW_ZONE_FILE_HEAD;
    }

    if (table->size != NGX_APIGW_QUOTA_SIZE) {
        return NGX_APIGW_ZONE_FILE_RECORD;
    }

    if (table->capacity != capacity) {
        return NGX_APIGW_ZONE_FILE_CAPACITY;
    }

    if (size != ngx_apigw_zone_format_size(capacity)) {
        return NGX_APIGW_ZONE_FILE_SIZE;
    }

    return NGX_APIGW_ZONE_FILE_OK;
}


ngx_uint_t
ngx_apigw_zone_format_zero(const u_char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i]) {
            return 0;
        }
    }

    return 1;
}


static uint64_t
ngx_apigw_zone_format_head_sum(ngx_apigw_zone_head_t *head)
{
    ngx_apigw_zone_head_t  copy;

    static const u_char  key[NGX_APIGW_SIPHASH_KEY_LEN];

    ngx_memzero(&copy, offsetof(ngx_apigw_zone_head_t, check));

    copy.table = head->table;
    copy.table.used = 0;
    ngx_memcpy(copy.gateway, head->gateway, NGX_APIGW_GATEWAY_LEN);

    return ngx_apigw_siphash(key, (u_char *) &copy,
                             offsetof(ngx_apigw_zone_head_t, check));
}


ngx_uint_t
ngx_apigw_zone_format_check_records(u_char *p, ngx_uint_t *bad)
{
    uint64_t                n;
    ngx_apigw_quota_t      *q;
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;

    for (n = 0; n < head->table.capacity; n++) {
        q = ngx_apigw_zone_format_quota(p, n);

        if (q->check
            && q->check != ngx_apigw_table_check(&head->table, q->id))
        {
            *bad = n;
            return NGX_APIGW_ZONE_FILE_DAMAGED;
        }
    }

    if (head->state == NGX_APIGW_ZONE_CLEAN
        && head->sum != ngx_apigw_zone_format_records_sum(p))
    {
        return NGX_APIGW_ZONE_FILE_SUM;
    }

    return NGX_APIGW_ZONE_FILE_OK;
}


static uint64_t
ngx_apigw_zone_format_records_sum(u_char *p)
{
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;

    return ngx_apigw_siphash(head->table.seed, p + NGX_APIGW_ZONE_HEAD,
                             head->table.capacity * NGX_APIGW_QUOTA_SIZE);
}


void
ngx_apigw_zone_format_repair(u_char *p, ngx_uint_t closed)
{
    uint64_t                n;
    ngx_apigw_quota_t      *q;
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;

    for (n = 0; n < head->table.capacity; n++) {
        q = ngx_apigw_zone_format_quota(p, n);

        if (q->check == 0) {
            continue;
        }

        if (ngx_apigw_meter_is((ngx_apigw_meter_t *) q)) {
            ngx_apigw_meter_repair((ngx_apigw_meter_t *) q, closed);
            continue;
        }

        q->until = 0;
        q->dry = 0;
        q->mark = 0;

        if (!closed) {
            ngx_apigw_zone_format_spend(q);
        }
    }
}


/* less than nothing is left where units were spent without a grant */

static void
ngx_apigw_zone_format_spend(ngx_apigw_quota_t *q)
{
    int32_t     left;
    uint64_t    granted, seq, word;
    ngx_uint_t  i;

    word = q->word;
    left = (int32_t) (uint32_t) word;
    seq = word >> 33 & (NGX_APIGW_QUOTA_SEQS - 1);

    i = seq & 1;
    seq = (seq - 2) & (NGX_APIGW_QUOTA_SEQS - 1);

    granted = ngx_apigw_quota_value(q->granted[i]);

    if (left < 0) {
        granted += (uint64_t) -(int64_t) left;
        granted = ngx_min(granted, ngx_apigw_quota_value(~(uint64_t) 0));
    }

    if (!(q->reserved & NGX_APIGW_QUOTA_ALLOWED)) {
        granted = ngx_max(granted, ngx_apigw_quota_value(q->reserved));
    }

    /*
     * A store that has seen a later claim than our next one says what it has
     * granted.  Who is killed here repeats it, and rather counts too much.
     */

    q->granted[i] = seq << 48 | granted;

    ngx_memory_barrier();

    q->word = (word & ~(((uint64_t) 1 << 48) - 1)) | seq << 33;
}


void
ngx_apigw_zone_format_reset(u_char *p)
{
    uint64_t                n, used;
    ngx_apigw_quota_t      *q;
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;
    used = 0;

    for (n = 0; n < head->table.capacity; n++) {
        q = ngx_apigw_zone_format_quota(p, n);

        if (q->generation) {
            q->generation = 0;
        }

        if (q->check) {
            used = n + 1;
        }
    }

    head->table.used = used;
    head->masters = 1;
    head->errors = 0;

    ngx_memzero(&head->reg, sizeof(ngx_apigw_zone_register_t));
}


void
ngx_apigw_zone_format_sum(u_char *p)
{
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;

    head->sum = ngx_apigw_zone_format_records_sum(p);

    ngx_memory_barrier();

    head->state = NGX_APIGW_ZONE_CLEAN;
}
