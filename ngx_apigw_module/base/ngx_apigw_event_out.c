
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_event_int.h"
#include "ngx_apigw_period.h"
#include "ngx_apigw_siphash.h"
#include "ngx_apigw_text.h"


ngx_uint_t
ngx_apigw_event_grow(ngx_apigw_event_out_t *out, size_t len)
{
    u_char  *p;
    size_t   used, size;

    if (out->failed) {
        return 0;
    }

    used = out->pos - out->start;
    size = 2 * (size_t) (out->end - out->start);
    size = ngx_max(size, used + len);

    p = ngx_pnalloc(out->pool, size);
    if (p == NULL) {
        out->failed = 1;
        out->end = out->pos;
        return 0;
    }

    if (out->start) {
        ngx_memcpy(p, out->start, used);
        (void) ngx_pfree(out->pool, out->start);
    }

    out->start = p;
    out->pos = p + used;
    out->end = p + size;

    return 1;
}


void
ngx_apigw_event_inside(ngx_apigw_event_out_t *out, ngx_str_t *s)
{
    size_t  len, room;

    if (s->len == 0) {
        return;
    }

    room = out->end - out->pos;

    if (room < NGX_APIGW_JSON_LEN(s->len)) {
        len = ngx_apigw_json_string_len(s);

        if (room < len && !ngx_apigw_event_grow(out, len)) {
            return;
        }
    }

    out->pos = ngx_apigw_json_string(out->pos, s);
}


void
ngx_apigw_event_string(ngx_apigw_event_out_t *out, ngx_str_t *s)
{
    u_char  *p;

    if ((size_t) (out->end - out->pos) < NGX_APIGW_JSON_LEN(s->len) + 2
        || s->len == 0)
    {
        ngx_apigw_event_text(out, "\"");
        ngx_apigw_event_inside(out, s);
        ngx_apigw_event_text(out, "\"");
        return;
    }

    p = out->pos;

    *p++ = '"';
    p = ngx_apigw_json_string(p, s);
    *p++ = '"';

    out->pos = p;
}


void
ngx_apigw_event_or_null(ngx_apigw_event_out_t *out, ngx_str_t *s)
{
    if (s->len) {
        ngx_apigw_event_string(out, s);

    } else {
        ngx_apigw_event_text(out, "null");
    }
}


void
ngx_apigw_event_strings(ngx_apigw_event_out_t *out, ngx_str_t *s, ngx_uint_t n)
{
    ngx_uint_t  i;

    ngx_apigw_event_text(out, "[");

    for (i = 0; i < n; i++) {
        if (i) {
            ngx_apigw_event_text(out, ",");
        }

        ngx_apigw_event_string(out, &s[i]);
    }

    ngx_apigw_event_text(out, "]");
}


void
ngx_apigw_event_number(ngx_apigw_event_out_t *out, uint64_t n)
{
    u_char  *last, digits[NGX_APIGW_NUMBER_LEN];

    last = ngx_apigw_number(digits, n);

    ngx_apigw_event_raw(out, (char *) digits, last - digits);
}


u_char *
ngx_apigw_event_clock(u_char *p, uint64_t time)
{
    u_char             date[NGX_APIGW_DATE_LEN];
    uint32_t           part[3];
    uint64_t           day;
    ngx_uint_t         i, month;
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    time /= 1000;
    day = time / 86400;
    part[0] = time % 86400 / 3600;
    part[1] = time % 3600 / 60;
    part[2] = time % 60;

    (void) ngx_apigw_date_print(date, ngx_min(day, NGX_APIGW_DAY_MAX));

    month = (date[5] - '0') * 10 + (date[6] - '0');

    p = ngx_cpymem(p, date + 8, 2);
    *p++ = '/';
    p = ngx_cpymem(p, months + 3 * (month - 1), 3);
    *p++ = '/';
    p = ngx_cpymem(p, date, 4);

    for (i = 0; i < 3; i++) {
        *p++ = ':';
        *p++ = (u_char) ('0' + part[i] / 10);
        *p++ = (u_char) ('0' + part[i] % 10);
    }

    return ngx_cpymem(p, " +0000", sizeof(" +0000") - 1);
}


void
ngx_apigw_event_time(ngx_apigw_event_out_t *out, uint64_t time)
{
    u_char  *p, text[NGX_APIGW_EVENT_CLOCK_LEN];

    p = ngx_apigw_event_clock(text, time);

    ngx_apigw_event_raw(out, (char *) text, p - text);
}


/* the same name has the same id on all machines, so the hash has no secret */

void
ngx_apigw_event_id(u_char id[NGX_APIGW_EVENT_ID], ngx_str_t *api,
    ngx_str_t *what, u_char kind)
{
    u_char             key[NGX_APIGW_SIPHASH_KEY_LEN];
    uint64_t           hash;
    ngx_uint_t         i;
    static const char  digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    ngx_memzero(key, sizeof(key));
    key[8] = kind;

    hash = ngx_apigw_siphash(key, api->data, api->len);

    for (i = 0; i < 8; i++) {
        key[i] = (u_char) (hash >> (8 * i));
    }

    hash = ngx_apigw_siphash(key, what->data, what->len);

    for (i = 0; i < NGX_APIGW_EVENT_ID; i++) {
        id[i] = digits[hash % 36];
        hash /= 36;
    }
}


void
ngx_apigw_event_path(ngx_apigw_event_out_t *out, ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_text(out, "\"");
    ngx_apigw_event_inside(out, &ctx->event->prefix);
    ngx_apigw_event_inside(out, &ctx->path);
    ngx_apigw_event_text(out, "\"");
}
