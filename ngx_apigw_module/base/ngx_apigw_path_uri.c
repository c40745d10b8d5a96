
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_path.h"


static ngx_uint_t ngx_apigw_path_plain(u_char *p, u_char *last);


/* RFC 3986, 3.3: pchar without triplets, and "/" */

static const u_char  ngx_apigw_path_pchars[256] = {
    ['!'] = 1, ['$'] = 1, ['&'] = 1, ['\''] = 1, ['('] = 1, [')'] = 1,
    ['*'] = 1, ['+'] = 1, [','] = 1, [';'] = 1, ['='] = 1, [':'] = 1,
    ['@'] = 1, ['/'] = 1, ['-'] = 1, ['.'] = 1, ['_'] = 1, ['~'] = 1,
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
    ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
    ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1,
    ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
    ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
    ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
    ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,
    ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
    ['y'] = 1, ['z'] = 1
};


ngx_int_t
ngx_apigw_path_from_uri(ngx_pool_t *pool, ngx_str_t *uri, ngx_str_t *path)
{
    static const u_char  hex[] = "0123456789ABCDEF";

    u_char  *p, *d, *last;
    size_t   n;

    last = uri->data + uri->len;
    n = 0;

    for (p = uri->data; p < last; p++) {
        n += ngx_apigw_path_plain(p, last) ? 0 : 2;
    }

    if (n == 0) {
        *path = *uri;
        return NGX_OK;
    }

    d = ngx_pnalloc(pool, uri->len + n);
    if (d == NULL) {
        return NGX_ERROR;
    }

    path->data = d;
    path->len = uri->len + n;

    for (p = uri->data; p < last; p++) {

        if (ngx_apigw_path_plain(p, last)) {
            *d++ = *p;
            continue;
        }

        *d++ = '%';
        *d++ = hex[*p >> 4];
        *d++ = hex[*p & 0xf];
    }

    return NGX_OK;
}


/* ngx_apigw_path_decode() leaves "%2F" as it is */

static ngx_uint_t
ngx_apigw_path_plain(u_char *p, u_char *last)
{
    if (ngx_apigw_path_pchars[*p]) {
        return 1;
    }

    return *p == '%' && last - p > 2 && p[1] == '2' && p[2] == 'F';
}
