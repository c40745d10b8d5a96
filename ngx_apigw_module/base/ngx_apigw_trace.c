
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_text.h"
#include "ngx_apigw_trace.h"


#define NGX_APIGW_TRACE_MAX      512


static ngx_uint_t ngx_apigw_trace_printable(ngx_str_t *header);
static ngx_uint_t ngx_apigw_trace_is_root(ngx_apigw_trace_t *trace, u_char *p,
    size_t len);
static void ngx_apigw_trace_other(ngx_apigw_trace_t *trace, u_char *p,
    size_t len);
static ngx_uint_t ngx_apigw_trace_lower(u_char *dst, u_char *p, size_t n);
static ngx_uint_t ngx_apigw_trace_is_lower(u_char *p, size_t n);
static ngx_uint_t ngx_apigw_trace_is_zero(u_char *p, size_t n);


ngx_int_t
ngx_apigw_trace_read(ngx_apigw_trace_t *trace, ngx_str_t *header)
{
    size_t       len;
    u_char      *p, *last, *end;
    ngx_uint_t   found;

    if (!ngx_apigw_trace_printable(header)) {
        return NGX_DECLINED;
    }

    trace->parented = 0;
    trace->decided = 0;
    trace->sampled = 0;

    found = 0;
    last = header->data + header->len;

    for (p = header->data; p < last; p = end + (end < last)) {

        end = ngx_strlchr(p, last, ';');
        if (end == NULL) {
            end = last;
        }

        while (p < end && *p == ' ') {
            p++;
        }

        len = end - p;

        while (len && p[len - 1] == ' ') {
            len--;
        }

        if (len < 5 || ngx_memcmp(p, "Root=", 5) != 0) {
            ngx_apigw_trace_other(trace, p, len);
            continue;
        }

        /* two of them are two stories */

        if (found || !ngx_apigw_trace_is_root(trace, p + 5, len - 5)) {
            return NGX_DECLINED;
        }

        found = 1;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_apigw_trace_printable(ngx_str_t *header)
{
    size_t  i;

    if (header->len > NGX_APIGW_TRACE_MAX) {
        return 0;
    }

    for (i = 0; i < header->len; i++) {

        if (header->data[i] < 0x20 || header->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_apigw_trace_is_root(ngx_apigw_trace_t *trace, u_char *p, size_t len)
{
    if (len != NGX_APIGW_TRACE_ROOT_LEN
        || p[0] != '1' || p[1] != '-' || p[10] != '-')
    {
        return 0;
    }

    /* all zeros are no id of traceparent */

    return ngx_apigw_trace_lower(trace->id, p + 2, 8)
           && ngx_apigw_trace_lower(trace->id + 8, p + 11, 24)
           && !ngx_apigw_trace_is_zero(trace->id, NGX_APIGW_TRACE_ID);
}


/* Parent and Sampled, where they are what they should be */

static void
ngx_apigw_trace_other(ngx_apigw_trace_t *trace, u_char *p, size_t len)
{
    if (len == sizeof("Parent=") - 1 + NGX_APIGW_TRACE_PARENT
        && ngx_memcmp(p, "Parent=", sizeof("Parent=") - 1) == 0
        && !trace->parented)
    {
        p += sizeof("Parent=") - 1;

        trace->parented =
            ngx_apigw_trace_lower(trace->parent, p, NGX_APIGW_TRACE_PARENT)
            && !ngx_apigw_trace_is_zero(trace->parent, NGX_APIGW_TRACE_PARENT);

        return;
    }

    if (len == sizeof("Sampled=1") - 1
        && ngx_memcmp(p, "Sampled=", sizeof("Sampled=") - 1) == 0
        && !trace->decided
        && (p[len - 1] == '0' || p[len - 1] == '1'))
    {
        trace->decided = 1;
        trace->sampled = (p[len - 1] == '1');
    }
}


ngx_int_t
ngx_apigw_traceparent_read(ngx_apigw_trace_t *trace, ngx_str_t *header)
{
    u_char  *p;

    p = header->data;

    if (header->len < NGX_APIGW_TRACEPARENT_LEN
        || !ngx_apigw_trace_printable(header)
        || p[2] != '-' || p[35] != '-' || p[52] != '-'
        || !ngx_apigw_trace_is_lower(p, 2)
        || !ngx_apigw_trace_is_lower(p + 3, NGX_APIGW_TRACE_ID)
        || !ngx_apigw_trace_is_lower(p + 36, NGX_APIGW_TRACE_PARENT)
        || !ngx_apigw_trace_is_lower(p + 53, 2)
        || ngx_apigw_trace_is_zero(p + 3, NGX_APIGW_TRACE_ID)
        || ngx_apigw_trace_is_zero(p + 36, NGX_APIGW_TRACE_PARENT))
    {
        return NGX_DECLINED;
    }

    /* a later version may have more behind; there is no version "ff" */

    if (header->len > NGX_APIGW_TRACEPARENT_LEN
        && (p[NGX_APIGW_TRACEPARENT_LEN] != '-'
            || (p[0] == '0' && p[1] == '0')))
    {
        return NGX_DECLINED;
    }

    if (p[0] == 'f' && p[1] == 'f') {
        return NGX_DECLINED;
    }

    ngx_memcpy(trace->id, p + 3, NGX_APIGW_TRACE_ID);
    ngx_memcpy(trace->parent, p + 36, NGX_APIGW_TRACE_PARENT);

    trace->parented = 1;
    trace->decided = 1;
    trace->sampled = ngx_apigw_hex(p[54]) & 1;

    return NGX_OK;
}


void
ngx_apigw_trace_new(ngx_apigw_trace_t *trace, int64_t time,
    const u_char random[NGX_APIGW_TRACE_RANDOM])
{
    u_char      seconds[4];
    ngx_uint_t  i;

    for (i = 0; i < 4; i++) {
        seconds[i] = (u_char) ((uint64_t) time >> (24 - 8 * i));
    }

    (void) ngx_apigw_hex_print(trace->id, seconds, 4);
    (void) ngx_apigw_hex_print(trace->id + 8, random, NGX_APIGW_TRACE_RANDOM);

    trace->parented = 0;
    trace->decided = 0;
    trace->sampled = 0;
}


void
ngx_apigw_trace_span(ngx_apigw_trace_t *trace,
    const u_char random[NGX_APIGW_TRACE_SPAN])
{
    (void) ngx_apigw_hex_print(trace->parent, random, NGX_APIGW_TRACE_SPAN);

    if (ngx_apigw_trace_is_zero(trace->parent, NGX_APIGW_TRACE_PARENT)) {
        trace->parent[NGX_APIGW_TRACE_PARENT - 1] = '1';
    }

    trace->parented = 1;
}


u_char *
ngx_apigw_trace_root(u_char *p, ngx_apigw_trace_t *trace)
{
    p = ngx_cpymem(p, "1-", sizeof("1-") - 1);
    p = ngx_cpymem(p, trace->id, 8);
    *p++ = '-';

    return ngx_cpymem(p, trace->id + 8, NGX_APIGW_TRACE_ID - 8);
}


u_char *
ngx_apigw_trace_write(u_char *p, ngx_apigw_trace_t *trace)
{
    p = ngx_cpymem(p, "Root=", sizeof("Root=") - 1);
    p = ngx_apigw_trace_root(p, trace);

    if (trace->parented) {
        p = ngx_cpymem(p, ";Parent=", sizeof(";Parent=") - 1);
        p = ngx_cpymem(p, trace->parent, NGX_APIGW_TRACE_PARENT);
    }

    if (trace->decided) {
        p = ngx_cpymem(p, ";Sampled=", sizeof(";Sampled=") - 1);
        *p++ = trace->sampled ? '1' : '0';
    }

    return p;
}


u_char *
ngx_apigw_traceparent_write(u_char *p, ngx_apigw_trace_t *trace)
{
    p = ngx_cpymem(p, "00-", sizeof("00-") - 1);
    p = ngx_cpymem(p, trace->id, NGX_APIGW_TRACE_ID);
    *p++ = '-';
    p = ngx_cpymem(p, trace->parent, NGX_APIGW_TRACE_PARENT);
    p = ngx_cpymem(p, "-0", sizeof("-0") - 1);
    *p++ = (trace->decided && !trace->sampled) ? '0' : '1';

    return p;
}


/* hex digits of either case, in lower case: 1, or 0: they are not */

static ngx_uint_t
ngx_apigw_trace_lower(u_char *dst, u_char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (ngx_apigw_hex(p[i]) == NGX_ERROR) {
            return 0;
        }

        dst[i] = ngx_tolower(p[i]);
    }

    return 1;
}


static ngx_uint_t
ngx_apigw_trace_is_lower(u_char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if ((p[i] < '0' || p[i] > '9') && (p[i] < 'a' || p[i] > 'f')) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_apigw_trace_is_zero(u_char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (p[i] != '0') {
            return 0;
        }
    }

    return 1;
}
