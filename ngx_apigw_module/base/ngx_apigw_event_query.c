
/*
 * Copyright (C) ngx_apigw contributors
 */


/* Queries as HTML's forms encode them; triplets of paths; cookies */

#include "ngx_apigw_event_int.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_EVENT_BAD  "\xef\xbf\xbd"     /* U+FFFD */


static u_char *ngx_apigw_event_piece(u_char *p, u_char *last,
    ngx_uint_t semicolons);
static ngx_int_t ngx_apigw_event_unescape(ngx_str_t *s, u_char **buf,
    ngx_uint_t plus, ngx_pool_t *pool);
static ngx_uint_t ngx_apigw_event_cookie(ngx_apigw_event_out_t *out,
    ngx_str_t *header, ngx_uint_t n);


ngx_int_t
ngx_apigw_event_query(ngx_apigw_event_map_t *map, ngx_str_t *args,
    ngx_uint_t semicolons, ngx_pool_t *pool)
{
    u_char                   *p, *last, *end, *equals, *buf;
    ngx_uint_t                n;
    ngx_apigw_event_entry_t  *entry;

    map->n = 0;
    map->entries = NULL;

    if (args->len == 0) {
        return NGX_OK;
    }

    last = args->data + args->len;

    for (n = 0, p = args->data; p < last; p = end + (end < last), n++) {
        end = ngx_apigw_event_piece(p, last, semicolons);
    }

    map->entries = ngx_palloc(pool, n * sizeof(ngx_apigw_event_entry_t));
    if (map->entries == NULL) {
        return NGX_ERROR;
    }

    buf = ngx_pnalloc(pool, args->len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    for (p = args->data; p < last; p = end + (end < last)) {
        end = ngx_apigw_event_piece(p, last, semicolons);

        if (p == end) {
            continue;
        }

        equals = ngx_strlchr(p, end, '=');
        if (equals == NULL) {
            equals = end;
        }

        entry = &map->entries[map->n++];

        entry->name.data = p;
        entry->name.len = equals - p;
        entry->value.data = (equals < end) ? equals + 1 : end;
        entry->value.len = end - entry->value.data;

        if (ngx_apigw_event_unescape(&entry->name, &buf, 1, pool) != NGX_OK
            || ngx_apigw_event_unescape(&entry->value, &buf, 1, pool)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_apigw_event_group(map, pool);
}


static u_char *
ngx_apigw_event_piece(u_char *p, u_char *last, ngx_uint_t semicolons)
{
    while (p < last && *p != '&' && (*p != ';' || !semicolons)) {
        p++;
    }

    return p;
}


/* into the buffer; what looks like no triplet stays as it is */

static ngx_int_t
ngx_apigw_event_unescape(ngx_str_t *s, u_char **buf, ngx_uint_t plus,
    ngx_pool_t *pool)
{
    u_char      c, *p, *last, *dst;
    ngx_int_t   hi, lo;
    ngx_uint_t  odd;

    p = s->data;
    last = p + s->len;
    dst = *buf;
    odd = 0;

    while (p < last) {
        c = *p++;

        if (c == '+' && plus) {
            c = ' ';

        } else if (c == '%' && last - p >= 2) {
            hi = ngx_apigw_hex(p[0]);
            lo = ngx_apigw_hex(p[1]);

            if (hi != NGX_ERROR && lo != NGX_ERROR) {
                c = (u_char) (hi << 4 | lo);
                p += 2;
            }
        }

        odd |= (c >= 0x80 || c == '\0');
        *dst++ = c;
    }

    s->data = *buf;
    s->len = dst - *buf;
    *buf = dst;

    return odd ? ngx_apigw_event_clean(s, pool) : NGX_OK;
}


ngx_int_t
ngx_apigw_event_decode(ngx_str_t *s, ngx_pool_t *pool)
{
    u_char  *buf;

    if (s->len == 0 || ngx_strlchr(s->data, s->data + s->len, '%') == NULL) {
        return ngx_apigw_event_clean(s, pool);
    }

    buf = ngx_pnalloc(pool, s->len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    return ngx_apigw_event_unescape(s, &buf, 0, pool);
}


/* else two names could be one when they are written */

ngx_int_t
ngx_apigw_event_clean(ngx_str_t *s, ngx_pool_t *pool)
{
    u_char    *p, *c, *last;
    size_t     n, bad;
    uint64_t   w;

    if (s->len == 0) {
        return NGX_OK;
    }

    c = s->data;
    last = c + s->len;

    while (last - c >= 8) {
        ngx_memcpy(&w, c, 8);

        if (ngx_apigw_json_special(w)) {
            break;
        }

        c += 8;
    }

    /* the last eight, some of them once more */

    if (s->len >= 8 && last - c < 8) {
        ngx_memcpy(&w, last - 8, 8);

        if (!ngx_apigw_json_special(w)) {
            return NGX_OK;
        }
    }

    for (bad = 0; c < last; c += n) {

        if (last - c >= 8) {
            n = 8;
            ngx_memcpy(&w, c, 8);

            if (!ngx_apigw_json_special(w)) {
                continue;
            }
        }

        n = (*c && *c < 0x80) ? 1 : ngx_apigw_utf8(c, last);

        if (n == 0 || *c == '\0') {
            bad++;
            n = 1;
        }
    }

    if (bad == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, s->len + 2 * bad);
    if (p == NULL) {
        return NGX_ERROR;
    }

    c = s->data;
    s->data = p;

    for ( /* void */ ; c < last; c += n) {
        n = ngx_apigw_utf8(c, last);

        if (n == 0 || *c == '\0') {
            p = ngx_cpymem(p, NGX_APIGW_EVENT_BAD,
                           sizeof(NGX_APIGW_EVENT_BAD) - 1);
            n = 1;

        } else {
            p = ngx_cpymem(p, c, n);
        }
    }

    s->len = p - s->data;

    return NGX_OK;
}


void
ngx_apigw_event_cookies(ngx_apigw_event_out_t *out, ngx_apigw_event_t *event)
{
    ngx_uint_t  i, n;

    for (n = 0, i = 0; i < event->nheaders; i++) {

        if (ngx_apigw_event_is_cookie(&event->headers[i].name)) {
            n = ngx_apigw_event_cookie(out, &event->headers[i].value, n);
        }
    }

    if (n) {
        ngx_apigw_event_text(out, "]");
    }
}


ngx_uint_t
ngx_apigw_event_is_cookie(ngx_str_t *name)
{
    return ngx_apigw_text_is(name, "cookie");
}


/* those of one header, n of others have been written; returns how many now */

static ngx_uint_t
ngx_apigw_event_cookie(ngx_apigw_event_out_t *out, ngx_str_t *header,
    ngx_uint_t n)
{
    u_char     *p, *last, *end;
    ngx_str_t   cookie;

    if (header->len == 0) {
        return n;
    }

    last = header->data + header->len;

    for (p = header->data; p < last; p = end + (end < last)) {

        end = ngx_strlchr(p, last, ';');
        if (end == NULL) {
            end = last;
        }

        cookie.data = p;
        cookie.len = end - p;

        while (cookie.len && cookie.data[0] == ' ') {
            cookie.data++;
            cookie.len--;
        }

        while (cookie.len && cookie.data[cookie.len - 1] == ' ') {
            cookie.len--;
        }

        if (cookie.len == 0) {
            continue;
        }

        if (n++) {
            ngx_apigw_event_text(out, ",");

        } else {
            ngx_apigw_event_text(out, ",\"cookies\":[");
        }

        ngx_apigw_event_string(out, &cookie);
    }

    return n;
}
