
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_base64url.h"


/* values of the characters from "+" to "z", 64: it is none */

static const u_char  ngx_apigw_base64url_values[] = {
    64, 64, 62, 64, 64, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64,
    64, 64, 64, 64, 64, 64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    64, 64, 64, 64, 63, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
    36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51
};

static const u_char  ngx_apigw_base64_values[] = {
    62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64,
    64, 64, 64, 64, 64, 64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
    36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51
};


static ngx_inline uint32_t
ngx_apigw_base64url_value(u_char c, const u_char *values)
{
    c -= '+';

    return c < sizeof(ngx_apigw_base64url_values) ? values[c] : 64;
}


static ngx_inline ngx_int_t
ngx_apigw_base64url_bytes(ngx_str_t *dst, ngx_str_t *src, const u_char *values)
{
    size_t     n;
    u_char    *d, *s;
    uint32_t   bits, value, bad;

    s = src->data;
    d = dst->data;
    bad = 0;

    for (n = src->len; n >= 4; n -= 4) {
        value = ngx_apigw_base64url_value(s[0], values);
        bits = value << 18;
        bad |= value;

        value = ngx_apigw_base64url_value(s[1], values);
        bits |= value << 12;
        bad |= value;

        value = ngx_apigw_base64url_value(s[2], values);
        bits |= value << 6;
        bad |= value;

        value = ngx_apigw_base64url_value(s[3], values);
        bits |= value;
        bad |= value;

        *d++ = (u_char) (bits >> 16);
        *d++ = (u_char) (bits >> 8);
        *d++ = (u_char) bits;

        s += 4;
    }

    if (n == 1) {
        return NGX_ERROR;
    }

    if (n) {
        value = ngx_apigw_base64url_value(s[0], values);
        bits = value << 18;
        bad |= value;

        value = ngx_apigw_base64url_value(s[1], values);
        bits |= value << 12;
        bad |= value;

        *d++ = (u_char) (bits >> 16);

        if (n == 3) {
            value = ngx_apigw_base64url_value(s[2], values);
            bits |= value << 6;
            bad |= value;

            *d++ = (u_char) (bits >> 8);
            bits <<= 8;
        }

        /* what is left of them stands for nothing */

        if (bits & 0xffff) {
            return NGX_ERROR;
        }
    }

    if (bad & 64) {
        return NGX_ERROR;
    }

    dst->len = d - dst->data;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_base64url_decode(ngx_str_t *dst, ngx_str_t *src)
{
    return ngx_apigw_base64url_bytes(dst, src, ngx_apigw_base64url_values);
}


ngx_int_t
ngx_apigw_base64_decode(ngx_str_t *dst, ngx_str_t *src)
{
    ngx_str_t  text;

    text = *src;

    if (text.len && text.len % 4 == 0 && text.data[text.len - 1] == '=') {
        text.len--;

        if (text.data[text.len - 1] == '=') {
            text.len--;
        }
    }

    return ngx_apigw_base64url_bytes(dst, &text, ngx_apigw_base64_values);
}
