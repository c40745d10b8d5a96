
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The first byte is the depth.  A text that is read gives a tree no deeper
 * than that, of one allocation, whose objects have no name twice.  Printed it
 * is ASCII without control characters and is read as the same tree, as is a
 * copy; each value is found by its own pointer.
 */

#include "ngx_apigw_json.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_apigw_json_t *parse(ngx_str_t *text, ngx_uint_t depth,
    ngx_pool_t *pool);
static void walk(ngx_apigw_json_t *root, ngx_apigw_json_t *value,
    ngx_str_t *pointer, ngx_uint_t depth);
static size_t step(u_char *p, ngx_apigw_json_t *parent,
    ngx_apigw_json_t *child, ngx_uint_t n);
static void same(ngx_apigw_json_t *a, ngx_apigw_json_t *b);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             i;
    u_char            *block;
    ngx_str_t          text, printed, again, pointer;
    ngx_uint_t         depth;
    ngx_pool_t        *pool;
    ngx_apigw_json_t  *value, *other;

    if (size == 0) {
        return 0;
    }

    pool = ngx_create_pool(0, NULL);

    depth = data[0] % 20;

    text.len = size - 1;
    text.data = ngx_palloc(pool, size);
    memcpy(text.data, data + 1, size - 1);

    value = parse(&text, depth, pool);

    if (value == NULL) {
        ngx_destroy_pool(pool);
        return 0;
    }

    pointer.data = malloc(7 * size);
    pointer.len = 0;
    walk(value, value, &pointer, depth);
    free(pointer.data);

    check(ngx_apigw_json_print(value, pool, &printed) == NGX_OK);

    for (i = 0; i < printed.len; i++) {
        check(printed.data[i] >= 0x20 && printed.data[i] < 0x7f);
    }

    other = parse(&printed, depth, pool);
    check(other);
    same(value, other);

    block = malloc(ngx_apigw_json_size(value));
    other = ngx_apigw_json_copy(value, block);
    same(value, other);
    check(ngx_apigw_json_print(other, pool, &again) == NGX_OK);
    check(again.len == printed.len
          && memcmp(again.data, printed.data, again.len) == 0);
    free(block);

    ngx_destroy_pool(pool);

    return 0;
}


static ngx_apigw_json_t *
parse(ngx_str_t *text, ngx_uint_t depth, ngx_pool_t *pool)
{
    size_t             bytes;
    ngx_int_t          rc;
    const char        *reason;
    ngx_apigw_json_t  *value;

    value = NULL;
    reason = NULL;
    bytes = ngx_stub_bytes(pool);

    rc = ngx_apigw_json_parse(&value, text, depth, pool, &reason);

    if (rc == NGX_OK) {
        check(value && reason == NULL && value->next == NULL
              && value->name.len == 0);
        check(ngx_stub_bytes(pool) > bytes);
        return value;
    }

    check(rc == NGX_DECLINED && reason && ngx_stub_bytes(pool) == bytes);

    return NULL;
}


static void
walk(ngx_apigw_json_t *root, ngx_apigw_json_t *value, ngx_str_t *pointer,
    ngx_uint_t depth)
{
    size_t             len;
    ngx_uint_t         n;
    ngx_apigw_json_t  *child;

    check(ngx_apigw_json_pointer_check(pointer) == NGX_OK);
    check(ngx_apigw_json_pointer(root, pointer) == value);

    if (value->type < NGX_APIGW_JSON_ARRAY) {
        check(value->first == NULL);
        return;
    }

    check(value->text.len == 0 && depth > 0);

    for (n = 0, child = value->first; child; n++, child = child->next) {

        if (value->type == NGX_APIGW_JSON_OBJECT) {
            check(ngx_apigw_json_member(value, (char *) child->name.data,
                                        child->name.len)
                  == child);

        } else {
            check(child->name.len == 0);
        }

        len = pointer->len;
        pointer->len += step(pointer->data + len, value, child, n);

        walk(root, child, pointer, depth - 1);

        pointer->len = len;
    }
}


static size_t
step(u_char *p, ngx_apigw_json_t *parent, ngx_apigw_json_t *child,
    ngx_uint_t n)
{
    char     number[24];
    size_t   i;
    u_char  *start;

    start = p;
    *p++ = '/';

    if (parent->type == NGX_APIGW_JSON_ARRAY) {
        i = sizeof(number);

        do {
            number[--i] = (char) ('0' + n % 10);
            n /= 10;
        } while (n);

        memcpy(p, number + i, sizeof(number) - i);

        return p + sizeof(number) - i - start;
    }

    for (i = 0; i < child->name.len; i++) {
        *p = child->name.data[i];

        if (*p == '~' || *p == '/') {
            p[1] = (*p == '~') ? '0' : '1';
            *p++ = '~';
        }

        p++;
    }

    return p - start;
}


static void
same(ngx_apigw_json_t *a, ngx_apigw_json_t *b)
{
    check(a->type == b->type && a->integer == b->integer);
    check(a->real == b->real);
    check(a->name.len == b->name.len && a->text.len == b->text.len);
    check(memcmp(a->name.data, b->name.data, a->name.len) == 0);
    check(memcmp(a->text.data, b->text.data, a->text.len) == 0);

    a = a->first;
    b = b->first;

    while (a && b) {
        same(a, b);
        a = a->next;
        b = b->next;
    }

    check(a == NULL && b == NULL);
}
