
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_text.h"


static ngx_inline u_char *ngx_apigw_hex_pairs(u_char *p, const u_char *data,
    size_t len);
static u_char *ngx_apigw_json_escape(u_char *p, u_char *c, u_char *last);
static size_t ngx_apigw_text_char(const u_char *p, const u_char *last);
static ngx_inline u_char *ngx_apigw_json_char(u_char *p, u_char **text,
    u_char *last);


static const u_char  ngx_apigw_base32_digits[] =
    "abcdefghijklmnopqrstuvwxyz234567";

static const u_char  ngx_apigw_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


/* every request has an id: two digits at once */

static const u_char  ngx_apigw_hex_text[] =
    "000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f"
    "202122232425262728292a2b2c2d2e2f"
    "303132333435363738393a3b3c3d3e3f"
    "404142434445464748494a4b4c4d4e4f"
    "505152535455565758595a5b5c5d5e5f"
    "606162636465666768696a6b6c6d6e6f"
    "707172737475767778797a7b7c7d7e7f"
    "808182838485868788898a8b8c8d8e8f"
    "909192939495969798999a9b9c9d9e9f"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
    "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";


u_char *
ngx_apigw_uuid(u_char *p, const u_char random[16])
{
    u_char  version, variant;

    version = (random[6] & 0x0f) | 0x40;
    variant = (random[8] & 0x3f) | 0x80;         /* bits 10 */

    p = ngx_apigw_hex_pairs(p, random, 4);
    *p++ = '-';
    p = ngx_apigw_hex_pairs(p, random + 4, 2);
    *p++ = '-';
    p = ngx_apigw_hex_pairs(p, &version, 1);
    p = ngx_apigw_hex_pairs(p, random + 7, 1);
    *p++ = '-';
    p = ngx_apigw_hex_pairs(p, &variant, 1);
    p = ngx_apigw_hex_pairs(p, random + 9, 1);
    *p++ = '-';

    return ngx_apigw_hex_pairs(p, random + 10, 6);
}


static ngx_inline u_char *
ngx_apigw_hex_pairs(u_char *p, const u_char *data, size_t len)
{
    size_t         i;
    const u_char  *pair;

    for (i = 0; i < len; i++) {
        pair = ngx_apigw_hex_text + (size_t) data[i] * 2;
        p = ngx_cpymem(p, pair, 2);
    }

    return p;
}


u_char *
ngx_apigw_hex_print(u_char *p, const u_char *data, size_t len)
{
    return ngx_apigw_hex_pairs(p, data, len);
}


ngx_uint_t
ngx_apigw_is_uuid(ngx_str_t *s)
{
    ngx_uint_t  i;

    if (s->len != NGX_APIGW_UUID_LEN) {
        return 0;
    }

    for (i = 0; i < NGX_APIGW_UUID_LEN; i++) {

        if (i == 8 || i == 13 || i == 18 || i == 23) {

            if (s->data[i] != '-') {
                return 0;
            }

            continue;
        }

        if (ngx_apigw_hex(s->data[i]) == NGX_ERROR) {
            return 0;
        }
    }

    return 1;
}


u_char *
ngx_apigw_base32(u_char *p, const u_char *data, size_t len)
{
    uint32_t    w;
    ngx_uint_t  bits;

    w = 0;
    bits = 0;

    while (len) {
        w = w << 8 | *data++;
        bits += 8;
        len--;

        while (bits >= 5) {
            bits -= 5;
            *p++ = ngx_apigw_base32_digits[(w >> bits) & 0x1f];
        }
    }

    if (bits) {
        *p++ = ngx_apigw_base32_digits[(w << (5 - bits)) & 0x1f];
    }

    return p;
}


u_char *
ngx_apigw_base64(u_char *p, const u_char *data, size_t len)
{
    uint32_t  w;

    while (len > 2) {
        w = (uint32_t) data[0] << 16 | (uint32_t) data[1] << 8 | data[2];
        data += 3;
        len -= 3;

        *p++ = ngx_apigw_base64_digits[w >> 18];
        *p++ = ngx_apigw_base64_digits[(w >> 12) & 0x3f];
        *p++ = ngx_apigw_base64_digits[(w >> 6) & 0x3f];
        *p++ = ngx_apigw_base64_digits[w & 0x3f];
    }

    if (len == 0) {
        return p;
    }

    w = (uint32_t) data[0] << 16;

    if (len == 2) {
        w |= (uint32_t) data[1] << 8;
    }

    *p++ = ngx_apigw_base64_digits[w >> 18];
    *p++ = ngx_apigw_base64_digits[(w >> 12) & 0x3f];
    *p++ = (len == 2) ? ngx_apigw_base64_digits[(w >> 6) & 0x3f] : '=';
    *p++ = '=';

    return p;
}


ngx_int_t
ngx_apigw_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_apigw_unhex(u_char *p, size_t len, ngx_str_t *hex)
{
    u_char     *s;
    ngx_int_t   hi, lo;

    if (hex->len % 2 || hex->len / 2 != len) {
        return NGX_ERROR;
    }

    s = hex->data;

    while (len) {
        hi = ngx_apigw_hex(s[0]);
        lo = ngx_apigw_hex(s[1]);

        if (hi == NGX_ERROR || lo == NGX_ERROR) {
            return NGX_ERROR;
        }

        *p++ = (u_char) (hi << 4 | lo);
        s += 2;
        len--;
    }

    return NGX_OK;
}


u_char *
ngx_apigw_number(u_char *p, uint64_t n)
{
    u_char  *d, digits[NGX_APIGW_NUMBER_LEN];

    d = digits + NGX_APIGW_NUMBER_LEN;

    do {
        *--d = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    return ngx_cpymem(p, d, (size_t) (digits + NGX_APIGW_NUMBER_LEN - d));
}


/* most texts have nothing to be escaped */

u_char *
ngx_apigw_json_string(u_char *p, ngx_str_t *s)
{
    u_char    *c, *last;
    uint32_t   a, b;
    uint64_t   w;

    if (s->len == 0) {
        return p;
    }

    c = s->data;
    last = c + s->len;

    if (s->len >= 8) {

        while (last - c > 8) {
            ngx_memcpy(&w, c, 8);

            if (ngx_apigw_json_special(w)) {
                return ngx_apigw_json_escape(p, c, last);
            }

            p = ngx_cpymem(p, &w, 8);
            c += 8;
        }

        /* the last eight, some of them once more */

        ngx_memcpy(&w, last - 8, 8);

        if (!ngx_apigw_json_special(w)) {
            p += last - c;
            ngx_memcpy(p - 8, &w, 8);

            return p;
        }

    } else if (s->len >= 4) {

        /* two halves that may overlap */

        ngx_memcpy(&a, c, 4);
        ngx_memcpy(&b, last - 4, 4);

        if (!ngx_apigw_json_special((uint64_t) a << 32 | b)) {
            ngx_memcpy(p, &a, 4);
            p += last - c;
            ngx_memcpy(p - 4, &b, 4);

            return p;
        }
    }

    return ngx_apigw_json_escape(p, c, last);
}


static u_char *
ngx_apigw_json_escape(u_char *p, u_char *c, u_char *last)
{
    uint64_t  w;

    while (c < last) {

        if (last - c >= 8) {
            ngx_memcpy(&w, c, 8);

            if (!ngx_apigw_json_special(w)) {
                p = ngx_cpymem(p, &w, 8);
                c += 8;
                continue;
            }
        }

        p = ngx_apigw_json_char(p, &c, last);
    }

    return p;
}


static ngx_inline u_char *
ngx_apigw_json_char(u_char *p, u_char **text, u_char *last)
{
    u_char  *c;
    size_t   n;

    c = *text;

    if (*c >= 0x20 && *c < 0x80) {

        if (*c == '"' || *c == '\\') {
            *p++ = '\\';
        }

        *p++ = *c;
        *text = c + 1;

        return p;
    }

    n = ngx_apigw_utf8(c, last);

    if (n == 0) {
        p = ngx_cpymem(p, "\\ufffd", sizeof("\\ufffd") - 1);
        n = 1;

    } else if (*c < 0x20) {
        p = ngx_cpymem(p, "\\u00", sizeof("\\u00") - 1);
        p = ngx_apigw_hex_pairs(p, c, 1);

    } else {
        p = ngx_cpymem(p, c, n);
    }

    *text = c + n;

    return p;
}


size_t
ngx_apigw_json_string_len(ngx_str_t *s)
{
    u_char    *c, *last;
    size_t     n, len;
    uint64_t   w;

    if (s->len == 0) {
        return 0;
    }

    c = s->data;
    last = c + s->len;
    len = 0;

    while (c < last) {

        if (last - c >= 8) {
            ngx_memcpy(&w, c, 8);

            if (!ngx_apigw_json_special(w)) {
                c += 8;
                len += 8;
                continue;
            }
        }

        n = ngx_apigw_utf8(c, last);

        if (n == 0 || *c < 0x20) {
            n = 1;
            len += sizeof("\\u0000") - 1;

        } else {
            len += n + (*c == '"' || *c == '\\');
        }

        c += n;
    }

    return len;
}


size_t
ngx_apigw_utf8(const u_char *p, const u_char *last)
{
    u_char  min, max;
    size_t  i, n;

    if (*p < 0x80) {
        return 1;
    }

    if (*p < 0xc2 || *p > 0xf4) {
        return 0;
    }

    n = (*p < 0xe0) ? 2 : (*p < 0xf0) ? 3 : 4;

    if ((size_t) (last - p) < n) {
        return 0;
    }

    /* longer than need be; surrogates; beyond U+10FFFF */

    min = (*p == 0xe0) ? 0xa0 : (*p == 0xf0) ? 0x90 : 0x80;
    max = (*p == 0xed) ? 0x9f : (*p == 0xf4) ? 0x8f : 0xbf;

    if (p[1] < min || p[1] > max) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }

    return n;
}


ngx_int_t
ngx_apigw_text_clean(ngx_str_t *s, ngx_pool_t *pool)
{
    u_char  *p, *c, *last;
    size_t   n, bad;

    last = s->data + s->len;
    bad = 0;

    for (c = s->data; c < last; c += n ? n : 1) {
        n = ngx_apigw_text_char(c, last);
        bad += (n == 0);
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

    while (c < last) {
        n = ngx_apigw_text_char(c, last);

        if (n) {
            p = ngx_cpymem(p, c, n);
            c += n;
            continue;
        }

        p = ngx_cpymem(p, "\xef\xbf\xbd", 3);
        c++;
    }

    s->len = p - s->data;

    return NGX_OK;
}


/*
 * The bytes of a character that may be shown, or 0.  To some who read a text,
 * lines end at U+0085, U+2028 and U+2029, too.
 */

static size_t
ngx_apigw_text_char(const u_char *p, const u_char *last)
{
    size_t  n;

    if (*p < 0x80) {
        return *p >= 0x20 && *p != 0x7f;
    }

    n = ngx_apigw_utf8(p, last);

    if ((n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
        || (n == 3 && p[0] == 0xe2 && p[1] == 0x80
            && (p[2] == 0xa8 || p[2] == 0xa9)))
    {
        return 0;
    }

    return n;
}


ngx_uint_t
ngx_apigw_text_is(ngx_str_t *s, const char *word)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        if (word[i] == '\0' || ngx_tolower(s->data[i]) != (u_char) word[i]) {
            return 0;
        }
    }

    return word[i] == '\0';
}


void
ngx_apigw_text_trim(ngx_str_t *s)
{
    u_char  *p, *last;

    p = s->data;
    last = p + s->len;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    s->data = p;
    s->len = last - p;
}
