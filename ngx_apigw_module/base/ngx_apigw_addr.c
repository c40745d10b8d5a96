
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_addr.h"


static ngx_int_t ngx_apigw_addr_parse4(u_char *octets, u_char *p,
    u_char *last);
static ngx_int_t ngx_apigw_addr_parse6(u_char *octets, u_char *p,
    u_char *last);
static u_char *ngx_apigw_addr_group(u_char *octets, u_char *p, u_char *last);
static ngx_uint_t ngx_apigw_addr_begins(const u_char *octets,
    const u_char *prefix, size_t len);
static ngx_uint_t ngx_apigw_addr_is_special4(const u_char *octets);


/* IPv4 addresses within IPv6 ones, the first 96 bits */

static const u_char  ngx_apigw_addr_embedded[][12] = {
    { 0 },                                             /* compatible, ::1 */
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },      /* mapped */
    { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0 },      /* translated */
    { 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0 }    /* NAT64 */
};


ngx_int_t
ngx_apigw_addr_parse(ngx_apigw_addr_t *addr, u_char *p, u_char *last)
{
    ngx_memzero(addr, sizeof(ngx_apigw_addr_t));

    if (ngx_apigw_addr_parse4(addr->octets, p, last) == NGX_OK) {
        addr->len = 4;
        return NGX_OK;
    }

    ngx_memzero(addr, sizeof(ngx_apigw_addr_t));

    if (ngx_apigw_addr_parse6(addr->octets, p, last) == NGX_OK) {
        addr->len = 16;
        return NGX_OK;
    }

    ngx_memzero(addr, sizeof(ngx_apigw_addr_t));

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_addr_parse4(u_char *octets, u_char *p, u_char *last)
{
    ngx_uint_t  i, n, digits;

    for (i = 0; i < 4; i++) {

        if (i && (p == last || *p++ != '.')) {
            return NGX_DECLINED;
        }

        n = 0;

        for (digits = 0; p < last && *p >= '0' && *p <= '9'; digits++) {

            if (digits == 3 || (digits && n == 0)) {
                return NGX_DECLINED;
            }

            n = n * 10 + (*p++ - '0');
        }

        if (digits == 0 || n > 255) {
            return NGX_DECLINED;
        }

        octets[i] = (u_char) n;
    }

    return (p == last) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_addr_parse6(u_char *octets, u_char *p, u_char *last)
{
    u_char      *next;
    ngx_int_t    gap;
    ngx_uint_t   n, tail;

    n = 0;
    gap = -1;

    if (last - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }

    while (p < last) {

        if (n == 16) {
            return NGX_DECLINED;
        }

        if (n <= 12 && ngx_apigw_addr_parse4(&octets[n], p, last) == NGX_OK) {
            n += 4;
            break;
        }

        next = ngx_apigw_addr_group(&octets[n], p, last);
        if (next == NULL) {
            return NGX_DECLINED;
        }

        p = next;
        n += 2;

        if (p == last) {
            break;
        }

        if (*p++ != ':' || p == last) {
            return NGX_DECLINED;
        }

        if (*p == ':') {

            if (gap != -1) {
                return NGX_DECLINED;
            }

            gap = n;
            p++;
        }
    }

    if (gap == -1) {
        return (n == 16) ? NGX_OK : NGX_DECLINED;
    }

    /* a gap is of one group at least */

    if (n > 14) {
        return NGX_DECLINED;
    }

    tail = n - gap;

    ngx_memmove(&octets[16 - tail], &octets[gap], tail);
    ngx_memzero(&octets[gap], 16 - n);

    return NGX_OK;
}


/* up to four hexadecimal digits; NULL: none, or more */

static u_char *
ngx_apigw_addr_group(u_char *octets, u_char *p, u_char *last)
{
    u_char      c, *start;
    ngx_uint_t  n;

    n = 0;

    for (start = p; p < last && p - start < 5; p++) {

        c = *p | 0x20;

        if (*p >= '0' && *p <= '9') {
            n = n * 16 + (*p - '0');

        } else if (c >= 'a' && c <= 'f') {
            n = n * 16 + (c - 'a' + 10);

        } else {
            break;
        }
    }

    if (p == start || p - start == 5) {
        return NULL;
    }

    octets[0] = (u_char) (n >> 8);
    octets[1] = (u_char) (n & 0xff);

    return p;
}


ngx_uint_t
ngx_apigw_addr_is_loopback(const ngx_apigw_addr_t *addr)
{
    static const u_char  loopback[16] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    };

    if (addr->len == 4) {
        return addr->octets[0] == 127;
    }

    return addr->len == 16
           && ngx_apigw_addr_begins(addr->octets, loopback, 16);
}


ngx_uint_t
ngx_apigw_addr_is_special(const ngx_apigw_addr_t *addr)
{
    ngx_uint_t     i, n;
    const u_char  *octets;

    octets = addr->octets;

    if (addr->len != 16) {
        return ngx_apigw_addr_is_special4(octets);
    }

    /* multicast, link-local */

    if (octets[0] == 0xff
        || (octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80))
    {
        return 1;
    }

    n = sizeof(ngx_apigw_addr_embedded) / sizeof(ngx_apigw_addr_embedded[0]);

    for (i = 0; i < n; i++) {

        if (ngx_apigw_addr_begins(octets, ngx_apigw_addr_embedded[i], 12)) {
            return ngx_apigw_addr_is_special4(&octets[12]);
        }
    }

    return 0;
}


static ngx_uint_t
ngx_apigw_addr_begins(const u_char *octets, const u_char *prefix, size_t len)
{
    return ngx_memcmp(octets, prefix, len) == 0;
}


/* ::1 is 0.0.0.1 here, of 0.0.0.0/8 */

static ngx_uint_t
ngx_apigw_addr_is_special4(const u_char *octets)
{
    return octets[0] == 0
           || octets[0] == 127
           || (octets[0] == 169 && octets[1] == 254)
           || (octets[0] >= 224 && octets[0] < 240)
           || (octets[0] == 255 && octets[1] == 255
               && octets[2] == 255 && octets[3] == 255);
}
