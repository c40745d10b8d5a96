
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What is taken for a trace has the form of one in both headers, is read again
 * as the same, and is printable.
 */

#include "ngx_apigw_trace.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void traced(ngx_apigw_trace_t *trace, ngx_str_t *header);
static void same(ngx_apigw_trace_t *a, ngx_apigw_trace_t *b);
static void hex(u_char *p, size_t n);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char             *copy;
    ngx_str_t           header;
    ngx_apigw_trace_t   trace;

    copy = malloc(size ? size : 1);
    if (copy == NULL) {
        return 0;
    }

    if (size) {
        memcpy(copy, data, size);
    }

    header.len = size;
    header.data = copy;

    memset(&trace, 0x5a, sizeof(trace));

    if (ngx_apigw_trace_read(&trace, &header) == NGX_OK) {
        traced(&trace, &header);
    }

    memset(&trace, 0x5a, sizeof(trace));

    if (ngx_apigw_traceparent_read(&trace, &header) == NGX_OK) {
        check(trace.parented && trace.decided);
        check(memcmp(header.data + 3, trace.id, NGX_APIGW_TRACE_ID) == 0);
        traced(&trace, &header);
    }

    check(size == 0 || memcmp(copy, data, size) == 0);

    free(copy);

    return 0;
}


static void
traced(ngx_apigw_trace_t *trace, ngx_str_t *header)
{
    size_t             i;
    u_char             text[NGX_APIGW_TRACE_LEN];
    u_char             parent[NGX_APIGW_TRACEPARENT_LEN];
    ngx_str_t          s;
    ngx_apigw_trace_t  again;

    static const u_char  zero[NGX_APIGW_TRACE_SPAN];

    check(header->len && header->len <= 512);

    for (i = 0; i < header->len; i++) {
        check(header->data[i] >= 0x20 && header->data[i] < 0x7f);
    }

    hex(trace->id, NGX_APIGW_TRACE_ID);

    s.data = text;
    s.len = ngx_apigw_trace_write(text, trace) - text;

    check(s.len <= sizeof(text));
    memset(&again, 0x5a, sizeof(again));
    check(ngx_apigw_trace_read(&again, &s) == NGX_OK);
    same(&again, trace);

    if (!trace->parented) {
        ngx_apigw_trace_span(trace, zero);
    }

    hex(trace->parent, NGX_APIGW_TRACE_PARENT);

    s.data = parent;
    s.len = ngx_apigw_traceparent_write(parent, trace) - parent;

    check(s.len == sizeof(parent));
    check(ngx_apigw_traceparent_read(&again, &s) == NGX_OK);

    if (!trace->decided) {
        trace->decided = 1;
        trace->sampled = 1;
    }

    same(&again, trace);
}


static void
same(ngx_apigw_trace_t *a, ngx_apigw_trace_t *b)
{
    check(memcmp(a->id, b->id, NGX_APIGW_TRACE_ID) == 0);
    check(a->parented == b->parented);
    check(a->decided == b->decided && a->sampled == b->sampled);

    if (a->parented) {
        check(memcmp(a->parent, b->parent, NGX_APIGW_TRACE_PARENT) == 0);
    }
}


/* lower case, and not all zeros */

static void
hex(u_char *p, size_t n)
{
    size_t      i;
    ngx_uint_t  zeros;

    for (i = 0, zeros = 0; i < n; i++) {
        check((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f'));
        zeros += (p[i] == '0');
    }

    check(zeros < n);
}
