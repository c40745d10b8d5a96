
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The scanner against jansson: they accept the same texts, but for names that
 * stand twice and stray NULs, and see the same values in them.  The first byte
 * is the depth.
 */

#include "ngx_apigw_json_scan.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_int_t scan_all(ngx_str_t *text, ngx_uint_t depth);
static ngx_int_t skip_all(ngx_str_t *text, ngx_uint_t depth);
static void compare(ngx_apigw_json_scan_t *scan, ngx_apigw_json_t *value);
static void compare_children(ngx_apigw_json_scan_t *scan,
    ngx_apigw_json_t *value);
static void compare_text(ngx_apigw_json_token_t *token, ngx_str_t *want);
static void compare_number(ngx_apigw_json_token_t *token,
    ngx_apigw_json_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t               rc, ours;
    ngx_str_t               text;
    ngx_uint_t              depth;
    ngx_pool_t             *pool;
    const char             *reason;
    ngx_apigw_json_t       *value;
    ngx_apigw_json_scan_t   scan;

    if (size == 0) {
        return 0;
    }

    depth = data[0];

    data++;
    size--;

    text.data = malloc(size ? size : 1);
    check(text.data);
    memcpy(text.data, data, size);
    text.len = size;

    pool = ngx_create_pool(1024, NULL);
    reason = NULL;

    rc = ngx_apigw_json_parse(&value, &text, depth, pool, &reason);
    check(rc == NGX_OK || rc == NGX_DECLINED);

    ours = scan_all(&text, depth);
    check(ours == skip_all(&text, depth));

    /* jansson does not see a NUL right behind a number or a word */

    if (memchr(text.data, '\0', size)) {
        check(ours == NGX_DECLINED);

    } else if (rc == NGX_OK) {
        check(ours == NGX_DONE);

        ngx_apigw_json_scan_init(&scan, &text, depth);
        check(ngx_apigw_json_scan(&scan) == NGX_OK);
        compare(&scan, value);
        check(ngx_apigw_json_scan(&scan) == NGX_DONE);

    } else if (strcmp(reason, "a name stands twice in one object") != 0) {
        check(ours == NGX_DECLINED);
    }

    check(size == 0 || memcmp(text.data, data, size) == 0);

    free(text.data);
    ngx_destroy_pool(pool);

    return 0;
}


static ngx_int_t
scan_all(ngx_str_t *text, ngx_uint_t depth)
{
    u_char                 *p;
    ngx_int_t               rc;
    ngx_apigw_json_scan_t   scan;

    ngx_apigw_json_scan_init(&scan, text, depth);

    p = text->data;

    while ((rc = ngx_apigw_json_scan(&scan)) == NGX_OK) {
        check(scan.level <= depth);
        check(scan.token.text.data >= p);

        p = scan.token.text.data + scan.token.text.len;
        check(p <= text->data + text->len);
    }

    check(rc == NGX_DONE || (rc == NGX_DECLINED && scan.reason));

    return rc;
}


static ngx_int_t
skip_all(ngx_str_t *text, ngx_uint_t depth)
{
    ngx_int_t              rc;
    ngx_apigw_json_scan_t  scan;

    ngx_apigw_json_scan_init(&scan, text, depth);

    rc = ngx_apigw_json_scan(&scan);

    if (rc == NGX_OK) {
        rc = ngx_apigw_json_scan_skip(&scan);
    }

    if (rc == NGX_OK) {
        check(scan.level == 0);
        rc = ngx_apigw_json_scan(&scan);
    }

    return rc;
}


static void
compare(ngx_apigw_json_scan_t *scan, ngx_apigw_json_t *value)
{
    ngx_apigw_json_token_t  *token;

    token = &scan->token;

    check(token->type == value->type);

    switch (value->type) {

    case NGX_APIGW_JSON_STRING:
        compare_text(token, &value->text);
        break;

    case NGX_APIGW_JSON_INTEGER:
    case NGX_APIGW_JSON_REAL:
        compare_number(token, value);
        break;

    case NGX_APIGW_JSON_ARRAY:
    case NGX_APIGW_JSON_OBJECT:
        compare_children(scan, value);
        break;

    default:
        check(!token->escaped && token->text.len == value->text.len);
        check(memcmp(token->text.data, value->text.data, token->text.len)
              == 0);
        break;
    }
}


static void
compare_children(ngx_apigw_json_scan_t *scan, ngx_apigw_json_t *value)
{
    ngx_uint_t         level, end;
    ngx_apigw_json_t  *child;

    level = scan->level;
    end = NGX_APIGW_JSON_END_ARRAY;

    if (value->type == NGX_APIGW_JSON_OBJECT) {
        end = NGX_APIGW_JSON_END_OBJECT;
    }

    for (child = value->first; child; child = child->next) {
        check(ngx_apigw_json_scan(scan) == NGX_OK);
        check(scan->level >= level);

        if (value->type == NGX_APIGW_JSON_OBJECT) {
            check(scan->token.type == NGX_APIGW_JSON_NAME);
            compare_text(&scan->token, &child->name);
            check(ngx_apigw_json_scan(scan) == NGX_OK);
        }

        compare(scan, child);
        check(scan->level == level);
    }

    check(ngx_apigw_json_scan(scan) == NGX_OK);
    check(scan->token.type == end && scan->level == level - 1);
}


/* beside it and in place */

static void
compare_text(ngx_apigw_json_token_t *token, ngx_str_t *want)
{
    u_char     *copy, *last;
    ngx_str_t   text;

    text = token->text;

    check(token->escaped == (memchr(text.data, '\\', text.len) != NULL));

    copy = malloc(text.len ? text.len : 1);
    check(copy);

    last = ngx_apigw_json_scan_decode(copy, &text);
    check((size_t) (last - copy) == want->len);
    check(memcmp(copy, want->data, want->len) == 0);

    memcpy(copy, text.data, text.len);
    text.data = copy;

    last = ngx_apigw_json_scan_decode(copy, &text);
    check((size_t) (last - copy) == want->len);
    check(memcmp(copy, want->data, want->len) == 0);

    free(copy);
}


static void
compare_number(ngx_apigw_json_token_t *token, ngx_apigw_json_t *value)
{
    char    *end, *copy;
    size_t   len;

    len = token->text.len;

    copy = malloc(len + 1);
    check(copy);
    memcpy(copy, token->text.data, len);
    copy[len] = '\0';

    if (value->type == NGX_APIGW_JSON_INTEGER) {
        check(strtoll(copy, &end, 10) == value->integer);

    } else {
        check(strtod(copy, &end) == value->real);
    }

    check(end == copy + len);

    free(copy);
}
