
/*
 * Copyright (C) ngx_apigw contributors
 */


/* Clients choose names, may repeat them, and may send thousands */

#include "ngx_apigw_event_int.h"
#include "ngx_apigw_text.h"


/* up to so many names each is compared with all */

#define NGX_APIGW_EVENT_FEW  16


static void ngx_apigw_event_spell(ngx_str_t *name);
static void ngx_apigw_event_chain(ngx_apigw_event_map_t *map);
static uint32_t *ngx_apigw_event_sort(ngx_apigw_event_map_t *map,
    uint32_t *order, uint32_t *spare);
static uint32_t *ngx_apigw_event_merge(ngx_apigw_event_map_t *map,
    uint32_t *dst, uint32_t *a, uint32_t *b, uint32_t *last);
static ngx_int_t ngx_apigw_event_compare(ngx_str_t *a, ngx_str_t *b);
static void ngx_apigw_event_again(ngx_apigw_event_out_t *out,
    ngx_apigw_event_entry_t *entry);
static void ngx_apigw_event_values(ngx_apigw_event_out_t *out,
    ngx_apigw_event_map_t *map, ngx_apigw_event_entry_t *entry,
    ngx_uint_t join);


/* HTTP APIs: in lower case; format 2.0: without cookies */

ngx_int_t
ngx_apigw_event_headers(ngx_apigw_event_ctx_t *ctx)
{
    u_char                   *p;
    size_t                    i, len;
    ngx_uint_t                n, k;
    ngx_apigw_event_t        *event;
    ngx_apigw_event_map_t    *map;
    ngx_apigw_event_entry_t  *entry;

    event = ctx->event;
    map = &ctx->headers;

    if (ngx_apigw_event_pairs(map, event->headers, event->nheaders, 0,
                              ctx->out.pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (event->format == NGX_APIGW_EVENT_REST) {
        for (n = 0; n < map->n; n++) {
            ngx_apigw_event_spell(&map->entries[n].name);
        }

        return ngx_apigw_event_group(map, ctx->out.pool);
    }

    if (map->n == 0) {
        return NGX_OK;
    }

    for (len = 0, n = 0; n < map->n; n++) {
        len += map->entries[n].name.len;
    }

    p = ngx_pnalloc(ctx->out.pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (k = 0, n = 0; n < map->n; n++) {
        entry = &map->entries[k];
        *entry = map->entries[n];

        for (i = 0; i < entry->name.len; i++) {
            p[i] = ngx_tolower(entry->name.data[i]);
        }

        entry->name.data = p;
        p += entry->name.len;

        if (event->format == NGX_APIGW_EVENT_1_0
            || !ngx_apigw_event_is_cookie(&entry->name))
        {
            k++;
        }
    }

    map->n = k;

    return ngx_apigw_event_group(map, ctx->out.pool);
}


/* REST APIs leave names as they were sent, but for two of them */

static void
ngx_apigw_event_spell(ngx_str_t *name)
{
    ngx_uint_t  i;

    static ngx_str_t  names[] = {
        ngx_string("Authorization"),
        ngx_string("User-Agent")
    };

    for (i = 0; i < 2; i++) {

        if (ngx_apigw_text_same(name, &names[i])) {
            *name = names[i];
        }
    }
}


/* encoded: the values are those of a path, and wanted without triplets */

ngx_int_t
ngx_apigw_event_pairs(ngx_apigw_event_map_t *map, ngx_apigw_pair_t *pairs,
    ngx_uint_t n, ngx_uint_t encoded, ngx_pool_t *pool)
{
    ngx_uint_t                i;
    ngx_apigw_event_entry_t  *entry;

    map->n = n;
    map->entries = NULL;

    if (n == 0) {
        return NGX_OK;
    }

    map->entries = ngx_palloc(pool, n * sizeof(ngx_apigw_event_entry_t));
    if (map->entries == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        entry = &map->entries[i];

        entry->name = pairs[i].name;
        entry->value = pairs[i].value;

        if (ngx_apigw_event_clean(&entry->name, pool) != NGX_OK) {
            return NGX_ERROR;
        }

        if (encoded
            && ngx_apigw_event_decode(&entry->value, pool) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * The order by name keeps that of the request among equal names, so that each
 * run of them is a chain.  A hash would need a secret, this one doesn't.
 */

ngx_int_t
ngx_apigw_event_group(ngx_apigw_event_map_t *map, ngx_pool_t *pool)
{
    uint32_t                 *order;
    ngx_uint_t                i;
    ngx_apigw_event_entry_t  *entry, *first, *entries;

    entries = map->entries;

    if (map->n <= NGX_APIGW_EVENT_FEW) {
        ngx_apigw_event_chain(map);
        return NGX_OK;
    }

    order = ngx_palloc(pool, 2 * map->n * sizeof(uint32_t));
    if (order == NULL) {
        return NGX_ERROR;
    }

    order = ngx_apigw_event_sort(map, order, order + map->n);

    first = NULL;

    for (i = 0; i < map->n; i++) {
        entry = &entries[order[i]];
        entry->next = 0;
        entry->end = 0;

        if (first
            && ngx_apigw_event_compare(&first->name, &entry->name) == 0)
        {
            entries[order[i - 1]].next = order[i];
            first->last = order[i];
            entry->first = 0;

        } else {
            entry->first = 1;
            entry->last = order[i];
            first = entry;
        }
    }

    return NGX_OK;
}


static void
ngx_apigw_event_chain(ngx_apigw_event_map_t *map)
{
    ngx_uint_t                i, k;
    ngx_apigw_event_entry_t  *entry, *first;

    for (i = 0; i < map->n; i++) {
        entry = &map->entries[i];

        entry->next = 0;
        entry->end = 0;
        entry->last = (uint32_t) i;
        entry->first = 1;

        for (k = 0; k < i; k++) {
            first = &map->entries[k];

            if (first->first
                && first->name.len == entry->name.len
                && ngx_apigw_event_compare(&first->name, &entry->name) == 0)
            {
                map->entries[first->last].next = (uint32_t) i;
                first->last = (uint32_t) i;
                entry->first = 0;
                break;
            }
        }
    }
}


static uint32_t *
ngx_apigw_event_sort(ngx_apigw_event_map_t *map, uint32_t *order,
    uint32_t *spare)
{
    uint32_t    *dst, *swap;
    ngx_uint_t   i, n, width, middle, end;

    n = map->n;

    for (i = 0; i < n; i++) {
        order[i] = (uint32_t) i;
    }

    for (width = 1; width < n; width *= 2) {
        dst = spare;

        for (i = 0; i < n; i = end) {
            middle = ngx_min(i + width, n);
            end = ngx_min(i + 2 * width, n);

            dst = ngx_apigw_event_merge(map, dst, order + i, order + middle,
                                        order + end);
        }

        swap = order;
        order = spare;
        spare = swap;
    }

    return order;
}


/* a ends where b begins */

static uint32_t *
ngx_apigw_event_merge(ngx_apigw_event_map_t *map, uint32_t *dst, uint32_t *a,
    uint32_t *b, uint32_t *last)
{
    uint32_t  *middle;

    middle = b;

    while (a < middle && b < last) {

        if (ngx_apigw_event_compare(&map->entries[*a].name,
                                    &map->entries[*b].name)
            <= 0)
        {
            *dst++ = *a++;

        } else {
            *dst++ = *b++;
        }
    }

    while (a < middle) {
        *dst++ = *a++;
    }

    while (b < last) {
        *dst++ = *b++;
    }

    return dst;
}


static ngx_int_t
ngx_apigw_event_compare(ngx_str_t *a, ngx_str_t *b)
{
    if (a->len != b->len) {
        return (a->len < b->len) ? -1 : 1;
    }

    return a->len ? ngx_memcmp(a->data, b->data, a->len) : 0;
}


void
ngx_apigw_event_map(ngx_apigw_event_out_t *out, ngx_apigw_event_map_t *map,
    ngx_uint_t values)
{
    ngx_uint_t                i;
    ngx_apigw_event_entry_t  *entry;

    ngx_apigw_event_text(out, "{");

    for (i = 0; i < map->n; i++) {
        entry = &map->entries[i];

        if (!entry->first) {
            continue;
        }

        if (i) {
            ngx_apigw_event_text(out, ",\"");

        } else {
            ngx_apigw_event_text(out, "\"");
        }

        if (values == NGX_APIGW_EVENT_ALL && entry->end && entry->last == i) {
            ngx_apigw_event_again(out, entry);
            continue;
        }

        entry->at = out->pos - out->start;
        ngx_apigw_event_inside(out, &entry->name);

        if (values == NGX_APIGW_EVENT_ALL) {
            ngx_apigw_event_text(out, "\":[\"");
            ngx_apigw_event_values(out, map, entry, 0);
            ngx_apigw_event_text(out, "\"]");
            continue;
        }

        ngx_apigw_event_text(out, "\":\"");
        entry->middle = out->pos - out->start - 1;

        if (values == NGX_APIGW_EVENT_JOINED) {
            ngx_apigw_event_values(out, map, entry, 1);

        } else {
            ngx_apigw_event_inside(out, &map->entries[entry->last].value);
        }

        ngx_apigw_event_text(out, "\"");
        entry->end = out->pos - out->start;
    }

    ngx_apigw_event_text(out, "}");
}


/* the only value of a name, as an array */

static void
ngx_apigw_event_again(ngx_apigw_event_out_t *out,
    ngx_apigw_event_entry_t *entry)
{
    u_char  *p;
    size_t   len;

    len = entry->end - entry->at + 2;

    if ((size_t) (out->end - out->pos) < len
        && !ngx_apigw_event_grow(out, len))
    {
        return;
    }

    p = out->pos;

    p = ngx_cpymem(p, out->start + entry->at, entry->middle - entry->at);
    *p++ = '[';
    p = ngx_cpymem(p, out->start + entry->middle, entry->end - entry->middle);
    *p++ = ']';

    out->pos = p;
}


static void
ngx_apigw_event_values(ngx_apigw_event_out_t *out, ngx_apigw_event_map_t *map,
    ngx_apigw_event_entry_t *entry, ngx_uint_t join)
{
    for ( ;; ) {
        ngx_apigw_event_inside(out, &entry->value);

        if (entry->next == 0) {
            return;
        }

        entry = &map->entries[entry->next];

        if (join) {
            ngx_apigw_event_text(out, ",");

        } else {
            ngx_apigw_event_text(out, "\",\"");
        }
    }
}
