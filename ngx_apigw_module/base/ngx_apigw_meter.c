
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meter.h"
#include "ngx_apigw_zone_format.h"

#include <stddef.h>


#define ngx_apigw_meter_tag(month)   ((uint64_t) ((month) & 0xff) << 56)
#define ngx_apigw_meter_month(word)  ((uint32_t) ((word) >> 56))
#define ngx_apigw_meter_value(word)  ((word) & (((uint64_t) 1 << 56) - 1))


/* they are where the table and a quota have them */

typedef u_char  ngx_apigw_meter_fits[
    (sizeof(ngx_apigw_meter_t) == NGX_APIGW_QUOTA_SIZE
     && offsetof(ngx_apigw_meter_t, generation)
        == offsetof(ngx_apigw_quota_t, generation)
     && offsetof(ngx_apigw_meter_t, kind)
        == offsetof(ngx_apigw_quota_t, limit)
     && offsetof(ngx_apigw_meter_t, check)
        == offsetof(ngx_apigw_quota_t, check)) ? 1 : -1];


static void ngx_apigw_meter_count(ngx_atomic_t *word, uint32_t month,
    uint64_t n);
static uint64_t ngx_apigw_meter_of(ngx_atomic_uint_t word, uint64_t tag);
static void ngx_apigw_meter_counts(ngx_apigw_meter_month_t *place,
    uint64_t tag, ngx_apigw_meter_counts_t *counts);


static ngx_inline ngx_apigw_meter_month_t *
ngx_apigw_meter_place(ngx_apigw_meter_t *m, ngx_uint_t i)
{
    return (i < 2) ? &m->first[i] : &m->more[i - 2];
}


void
ngx_apigw_meter_begin(ngx_apigw_meter_t *m)
{
    ngx_uint_t  i;

    if (ngx_apigw_meter_is(m)) {
        return;
    }

    /* nobody has counted yet: a master that was killed comes here again */

    for (i = 0; i < NGX_APIGW_METER_MONTHS; i++) {
        ngx_memzero(ngx_apigw_meter_place(m, i),
                    sizeof(ngx_apigw_meter_month_t));
    }

    m->life = 0;
    m->asked = 0;
    m->unused = 0;

    ngx_memory_barrier();

    m->kind = NGX_APIGW_METER_KIND;
}


void
ngx_apigw_meter_add(ngx_apigw_meter_t *m, uint32_t month, uint64_t increments,
    uint64_t bytes)
{
    ngx_apigw_meter_month_t  *place;

    place = ngx_apigw_meter_place(m, month % NGX_APIGW_METER_MONTHS);

    ngx_apigw_meter_count(&place->increments, month, increments);
    ngx_apigw_meter_count(&place->bytes, month, bytes);
    ngx_apigw_meter_count(&place->requests, month, 1);
}


/* a place is another month's only when all have long left this one */

static void
ngx_apigw_meter_count(ngx_atomic_t *word, uint32_t month, uint64_t n)
{
    uint64_t           tag;
    ngx_atomic_uint_t  old;

    tag = ngx_apigw_meter_tag(month);

    do {
        old = *word;

        if (old - ngx_apigw_meter_value(old) == tag) {
            (void) ngx_atomic_fetch_add(word, (ngx_atomic_int_t) n);
            return;
        }

    } while (!ngx_atomic_cmp_set(word, old, tag | n));
}


uint64_t
ngx_apigw_meter_increments(uint64_t payload, uint64_t size)
{
    return (size && payload) ? (payload - 1) / size + 1 : 1;
}


void
ngx_apigw_meter_read(ngx_apigw_meter_t *m, uint32_t month,
    ngx_apigw_meter_counts_t *counts)
{
    ngx_apigw_meter_counts(ngx_apigw_meter_place(m, month
                                                  % NGX_APIGW_METER_MONTHS),
                           ngx_apigw_meter_tag(month), counts);
}


static void
ngx_apigw_meter_counts(ngx_apigw_meter_month_t *place, uint64_t tag,
    ngx_apigw_meter_counts_t *counts)
{
    counts->requests = ngx_apigw_meter_of(place->requests, tag);

    ngx_memory_barrier();

    counts->increments = ngx_apigw_meter_of(place->increments, tag);
    counts->bytes = ngx_apigw_meter_of(place->bytes, tag);
}


static uint64_t
ngx_apigw_meter_of(ngx_atomic_uint_t word, uint64_t tag)
{
    return (word - ngx_apigw_meter_value(word) == tag)
           ? ngx_apigw_meter_value(word) : 0;
}


ngx_int_t
ngx_apigw_meter_look(ngx_apigw_meter_t *m, ngx_uint_t i, uint32_t current,
    uint32_t *month, ngx_apigw_meter_counts_t *counts)
{
    uint32_t                  ago;
    ngx_atomic_uint_t         word, reported;
    ngx_apigw_meter_month_t  *place;

    place = ngx_apigw_meter_place(m, i);

    reported = place->reported;
    word = place->requests;

    if (ngx_apigw_meter_value(word) == 0) {
        return NGX_DECLINED;
    }

    /* clocks differ, and may be set */

    ago = (current - ngx_apigw_meter_month(word)) & 0xff;
    *month = (ago < 128) ? current - ago : current + (256 - ago);

    ngx_apigw_meter_counts(place, word - ngx_apigw_meter_value(word), counts);

    return (reported - ngx_apigw_meter_value(reported)
            == ngx_apigw_meter_tag(*month)
            && ngx_apigw_meter_value(reported) >= counts->requests)
           ? NGX_DONE : NGX_OK;
}


void
ngx_apigw_meter_reported(ngx_apigw_meter_t *m, uint32_t month,
    uint64_t requests)
{
    uint64_t                  tag;
    ngx_atomic_uint_t         old, word;
    ngx_apigw_meter_month_t  *place;

    place = ngx_apigw_meter_place(m, month % NGX_APIGW_METER_MONTHS);
    tag = ngx_apigw_meter_tag(month);

    do {
        word = place->requests;
        old = place->reported;

        if (word - ngx_apigw_meter_value(word) != tag
            || (old - ngx_apigw_meter_value(old) == tag
                && ngx_apigw_meter_value(old) >= requests))
        {
            return;
        }

    } while (!ngx_atomic_cmp_set(&place->reported, old, tag | requests));
}


void
ngx_apigw_meter_renew(ngx_apigw_meter_t *m, uint64_t life)
{
    ngx_uint_t  i;

    ngx_apigw_quota_raise(&m->life, life + 1);

    for (i = 0; i < NGX_APIGW_METER_MONTHS; i++) {
        ngx_apigw_meter_place(m, i)->reported = 0;
    }
}


void
ngx_apigw_meter_repair(ngx_apigw_meter_t *m, ngx_uint_t closed)
{
    m->asked = 0;

    if (!closed) {
        ngx_apigw_meter_renew(m, m->life);
    }
}
