
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_text.h"


static const u_char  ngx_apigw_hex_digits[] = "0123456789abcdef";

static const u_char  ngx_apigw_base32_digits[] =
    "abcdefghijklmnopqrstuvwxyz234567";

static const u_char  ngx_apigw_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


u_char *
ngx_apigw_uuid(u_char *p, const u_char random[16])
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < 16; i++) {

        c = random[i];

        switch (i) {

        case 6:
            c = (c & 0x0f) | 0x40;      /* version 4 */
            *p++ = '-';
            break;

        case 8:
            c = (c & 0x3f) | 0x80;      /* variant 10 */
            *p++ = '-';
            break;

        case 4:
        case 10:
            *p++ = '-';
            break;
        }

        *p++ = ngx_apigw_hex_digits[c >> 4];
        *p++ = ngx_apigw_hex_digits[c & 0x0f];
    }

    return p;
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
