
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 8259, 7; RFC 3629 */

#include "ngx_apigw_json_scan_int.h"
#include "ngx_apigw_text.h"


static u_char *ngx_apigw_json_scan_plain(u_char *p, u_char *last);
static u_char *ngx_apigw_json_scan_wide(ngx_apigw_json_scan_t *scan,
    u_char *p);
static u_char *ngx_apigw_json_scan_escape(ngx_apigw_json_scan_t *scan,
    u_char *p);
static ngx_int_t ngx_apigw_json_scan_unit(u_char *p, u_char *last);
static u_char *ngx_apigw_json_scan_unescape(u_char **dst, u_char *p);


/* what stands behind a backslash, but for u */

static const u_char  ngx_apigw_json_scan_escapes[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f',
    ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'
};


static ngx_inline uint64_t
ngx_apigw_json_scan_slash(uint64_t w)
{
    w ^= NGX_APIGW_TEXT_ONES * '\\';

    return (w - NGX_APIGW_TEXT_ONES) & ~w & (NGX_APIGW_TEXT_ONES * 0x80);
}


ngx_int_t
ngx_apigw_json_scan_string(ngx_apigw_json_scan_t *scan, u_char *p)
{
    scan->token.escaped = 0;
    scan->token.text.data = p;

    for ( ;; ) {
        p = ngx_apigw_json_scan_plain(p, scan->last);

        if (p == scan->last) {
            return ngx_apigw_json_scan_failed(scan, p);
        }

        if (*p == '"') {
            break;
        }

        if (*p == '\\') {
            scan->token.escaped = 1;

            do {
                p = ngx_apigw_json_scan_escape(scan, p);
            } while (p && p < scan->last && *p == '\\');

        } else {
            p = ngx_apigw_json_scan_wide(scan, p);
        }

        if (p == NULL) {
            return NGX_DECLINED;
        }
    }

    scan->token.text.len = p - scan->token.text.data;
    scan->pos = p + 1;

    return NGX_OK;
}


/* past what stands for itself */

static u_char *
ngx_apigw_json_scan_plain(u_char *p, u_char *last)
{
    uint64_t  w;

    while (last - p >= 8) {
        ngx_memcpy(&w, p, 8);

        w = ngx_apigw_json_special(w);

        if (w) {
#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return p + __builtin_ctzll(w) / 8;
#else
            break;
#endif
        }

        p += 8;
    }

    while (p < last && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }

    return p;
}


/* such characters come in rows */

static u_char *
ngx_apigw_json_scan_wide(ngx_apigw_json_scan_t *scan, u_char *p)
{
    size_t  n;

    if (*p < 0x20) {
        (void) ngx_apigw_json_scan_failed(scan, p);
        return NULL;
    }

    do {
        n = ngx_apigw_utf8(p, scan->last);

        if (n == 0) {
            scan->reason = "it is not UTF-8";
            return NULL;
        }

        p += n;

    } while (p < scan->last && *p >= 0x80);

    return p;
}


static u_char *
ngx_apigw_json_scan_escape(ngx_apigw_json_scan_t *scan, u_char *p)
{
    u_char     *last;
    ngx_int_t   unit;

    last = scan->last;

    if (++p == last) {
        (void) ngx_apigw_json_scan_failed(scan, p);
        return NULL;
    }

    if (ngx_apigw_json_scan_escapes[*p]) {
        return p + 1;
    }

    if (*p != 'u') {
        (void) ngx_apigw_json_scan_failed(scan, p);
        return NULL;
    }

    unit = ngx_apigw_json_scan_unit(p + 1, last);

    if (unit == 0) {
        scan->reason = "a string has a NUL";
        return NULL;
    }

    if (unit > 0 && (unit < 0xd800 || unit > 0xdfff)) {
        return p + 5;
    }

    /* a high surrogate, and a low one */

    if (unit > 0 && unit < 0xdc00) {
        p += 5;

        if (last - p >= 6 && p[0] == '\\' && p[1] == 'u') {
            unit = ngx_apigw_json_scan_unit(p + 2, last);

            if (unit >= 0xdc00 && unit <= 0xdfff) {
                return p + 6;
            }
        }
    }

    (void) ngx_apigw_json_scan_failed(scan, p);

    return NULL;
}


static ngx_int_t
ngx_apigw_json_scan_unit(u_char *p, u_char *last)
{
    ngx_int_t   digit, unit;
    ngx_uint_t  i;

    if (last - p < 4) {
        return NGX_ERROR;
    }

    unit = 0;

    for (i = 0; i < 4; i++) {
        digit = ngx_apigw_hex(p[i]);

        if (digit == NGX_ERROR) {
            return NGX_ERROR;
        }

        unit = unit << 4 | digit;
    }

    return unit;
}


/* in place, too: what is written never gets ahead of what is read */

u_char *
ngx_apigw_json_scan_decode(u_char *p, ngx_str_t *text)
{
    u_char    *c, *last;
    uint64_t   w;

    c = text->data;
    last = c + text->len;

    while (c < last) {

        while (last - c >= 8) {
            ngx_memcpy(&w, c, 8);

            if (ngx_apigw_json_scan_slash(w)) {
                break;
            }

            ngx_memcpy(p, &w, 8);
            c += 8;
            p += 8;
        }

        while (c < last && *c != '\\') {
            *p++ = *c++;
        }

        while (c < last && *c == '\\') {
            c = ngx_apigw_json_scan_unescape(&p, c + 1);
        }
    }

    return p;
}


/* of a string that was scanned; p: behind the backslash */

static u_char *
ngx_apigw_json_scan_unescape(u_char **dst, u_char *p)
{
    u_char    *d;
    uint32_t   code;

    d = *dst;

    if (*p != 'u') {
        *d++ = ngx_apigw_json_scan_escapes[*p];
        *dst = d;

        return p + 1;
    }

    code = ngx_apigw_json_scan_unit(p + 1, p + 5);
    p += 5;

    if (code >= 0xd800 && code <= 0xdfff) {
        code = 0x10000 + ((code & 0x3ff) << 10);
        code += ngx_apigw_json_scan_unit(p + 2, p + 6) & 0x3ff;
        p += 6;
    }

    if (code < 0x80) {
        *d++ = code;

    } else if (code < 0x800) {
        *d++ = 0xc0 | code >> 6;
        *d++ = 0x80 | (code & 0x3f);

    } else if (code < 0x10000) {
        *d++ = 0xe0 | code >> 12;
        *d++ = 0x80 | (code >> 6 & 0x3f);
        *d++ = 0x80 | (code & 0x3f);

    } else {
        *d++ = 0xf0 | code >> 18;
        *d++ = 0x80 | (code >> 12 & 0x3f);
        *d++ = 0x80 | (code >> 6 & 0x3f);
        *d++ = 0x80 | (code & 0x3f);
    }

    *dst = d;

    return p;
}
