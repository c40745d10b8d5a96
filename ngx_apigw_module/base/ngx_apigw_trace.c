
/*
 * Copyright (C) ngx_apigw contributors
 */


/* AWS X-Ray Developer Guide, tracing header */

#include "ngx_apigw_text.h"
#include "ngx_apigw_trace.h"


#define NGX_APIGW_TRACE_MAX  512


static u_char *ngx_apigw_trace_hex(u_char *p, const u_char *data, size_t len);
static ngx_uint_t ngx_apigw_trace_is_root(u_char *p, size_t len);


u_char *
ngx_apigw_trace(u_char *p, int64_t time,
    const u_char random[NGX_APIGW_TRACE_RANDOM])
{
    u_char      seconds[4];
    ngx_uint_t  i;

    for (i = 0; i < 4; i++) {
        seconds[i] = (u_char) ((uint64_t) time >> (24 - 8 * i));
    }

    p = ngx_cpymem(p, "Root=1-", sizeof("Root=1-") - 1);
    p = ngx_apigw_trace_hex(p, seconds, 4);
    *p++ = '-';

    return ngx_apigw_trace_hex(p, random, NGX_APIGW_TRACE_RANDOM);
}


static u_char *
ngx_apigw_trace_hex(u_char *p, const u_char *data, size_t len)
{
    size_t               i;
    static const u_char  hex[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        *p++ = hex[data[i] >> 4];
        *p++ = hex[data[i] & 0xf];
    }

    return p;
}


ngx_uint_t
ngx_apigw_is_trace(ngx_str_t *header)
{
    u_char      *p, *last, *end;
    ngx_uint_t   found;

    if (header->len == 0 || header->len > NGX_APIGW_TRACE_MAX) {
        return 0;
    }

    last = header->data + header->len;

    for (p = header->data; p < last; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            return 0;
        }
    }

    found = 0;

    for (p = header->data; p < last; p = end + (end < last)) {

        end = ngx_strlchr(p, last, ';');
        if (end == NULL) {
            end = last;
        }

        while (p < end && *p == ' ') {
            p++;
        }

        if (end - p < 5 || ngx_memcmp(p, "Root=", 5) != 0) {
            continue;
        }

        /* two of them are two stories */

        if (found || !ngx_apigw_trace_is_root(p, end - p)) {
            return 0;
        }

        found = 1;
    }

    return found;
}


static ngx_uint_t
ngx_apigw_trace_is_root(u_char *p, size_t len)
{
    size_t             i;
    static const char  form[] = "Root=1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx";

    while (len && p[len - 1] == ' ') {
        len--;
    }

    if (len != NGX_APIGW_TRACE_LEN) {
        return 0;
    }

    for (i = 0; i < len; i++) {

        if (form[i] == 'x') {
            if (ngx_apigw_hex(p[i]) == NGX_ERROR) {
                return 0;
            }

        } else if (p[i] != (u_char) form[i]) {
            return 0;
        }
    }

    return 1;
}
