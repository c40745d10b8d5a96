
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 8259 */

#include "ngx_apigw_json_scan_int.h"


/* what may come next; nothing: the value is complete */

#define NGX_APIGW_JSON_EXPECT_VALUE  0x01
#define NGX_APIGW_JSON_EXPECT_NAME   0x02
#define NGX_APIGW_JSON_EXPECT_COMMA  0x04
#define NGX_APIGW_JSON_EXPECT_END    0x08

/* a comma, and digits that every integer may have */
#define NGX_APIGW_JSON_SCAN_DIGITS   19


static ngx_int_t ngx_apigw_json_scan_value(ngx_apigw_json_scan_t *scan,
    u_char *p);
static ngx_int_t ngx_apigw_json_scan_open(ngx_apigw_json_scan_t *scan,
    u_char *p);
static ngx_int_t ngx_apigw_json_scan_close(ngx_apigw_json_scan_t *scan,
    u_char *p);
static ngx_int_t ngx_apigw_json_scan_name(ngx_apigw_json_scan_t *scan,
    u_char *p);
static ngx_int_t ngx_apigw_json_scan_word(ngx_apigw_json_scan_t *scan,
    u_char *p, const char *word, size_t len, ngx_uint_t type);
static u_char *ngx_apigw_json_scan_integers(u_char *start, u_char *last);


static ngx_inline u_char *
ngx_apigw_json_scan_blanks(u_char *p, u_char *last)
{
    while (p < last && *p <= ' ') {

        if (*p != ' ' && *p != '\n' && *p != '\r' && *p != '\t') {
            break;
        }

        p++;
    }

    return p;
}


static ngx_inline ngx_uint_t
ngx_apigw_json_scan_in_object(ngx_apigw_json_scan_t *scan)
{
    ngx_uint_t  i;

    i = scan->level - 1;

    return scan->objects[i / 64] >> (i % 64) & 1;
}


void
ngx_apigw_json_scan_init(ngx_apigw_json_scan_t *scan, ngx_str_t *text,
    ngx_uint_t depth)
{
    ngx_memzero(scan, sizeof(ngx_apigw_json_scan_t));

    scan->pos = text->data;
    scan->last = text->data + text->len;
    scan->depth = ngx_min(depth, NGX_APIGW_JSON_SCAN_DEPTH);
    scan->expect = NGX_APIGW_JSON_EXPECT_VALUE;
}


ngx_int_t
ngx_apigw_json_scan(ngx_apigw_json_scan_t *scan)
{
    u_char  *p;

    p = ngx_apigw_json_scan_blanks(scan->pos, scan->last);

    if (scan->expect == 0) {

        if (p == scan->last) {
            return NGX_DONE;
        }

        scan->reason = "it is not JSON: text follows the value";
        return NGX_DECLINED;
    }

    if (p == scan->last) {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    if (*p == ',' && scan->expect & NGX_APIGW_JSON_EXPECT_COMMA) {
        p = ngx_apigw_json_scan_blanks(p + 1, scan->last);

        if (p == scan->last) {
            return ngx_apigw_json_scan_failed(scan, p);
        }

        if (ngx_apigw_json_scan_in_object(scan)) {
            return ngx_apigw_json_scan_name(scan, p);
        }

        return ngx_apigw_json_scan_value(scan, p);
    }

    if (scan->expect & NGX_APIGW_JSON_EXPECT_END
        && (*p == ']' || *p == '}'))
    {
        return ngx_apigw_json_scan_close(scan, p);
    }

    if (scan->expect & NGX_APIGW_JSON_EXPECT_COMMA) {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    if (scan->expect & NGX_APIGW_JSON_EXPECT_NAME) {
        return ngx_apigw_json_scan_name(scan, p);
    }

    return ngx_apigw_json_scan_value(scan, p);
}


static ngx_int_t
ngx_apigw_json_scan_value(ngx_apigw_json_scan_t *scan, u_char *p)
{
    scan->expect = scan->level ? NGX_APIGW_JSON_EXPECT_COMMA
                                 |NGX_APIGW_JSON_EXPECT_END
                               : 0;

    if (*p == '"') {
        scan->token.type = NGX_APIGW_JSON_STRING;
        return ngx_apigw_json_scan_string(scan, p + 1);
    }

    if (*p <= '9') {
        return ngx_apigw_json_scan_number(scan, p);
    }

    switch (*p) {

    case '[':
    case '{':
        return ngx_apigw_json_scan_open(scan, p);

    case 't':
        return ngx_apigw_json_scan_word(scan, p, "true", 4,
                                        NGX_APIGW_JSON_TRUE);

    case 'f':
        return ngx_apigw_json_scan_word(scan, p, "false", 5,
                                        NGX_APIGW_JSON_FALSE);

    case 'n':
        return ngx_apigw_json_scan_word(scan, p, "null", 4,
                                        NGX_APIGW_JSON_NULL);

    default:
        return ngx_apigw_json_scan_failed(scan, p);
    }
}


static ngx_int_t
ngx_apigw_json_scan_open(ngx_apigw_json_scan_t *scan, u_char *p)
{
    uint64_t    bit;
    ngx_uint_t  i;

    i = scan->level;

    if (i == scan->depth) {
        scan->reason = "it is nested too deeply";
        return NGX_DECLINED;
    }

    scan->level++;
    bit = (uint64_t) 1 << (i % 64);

    if (*p == '{') {
        scan->objects[i / 64] |= bit;
        scan->expect = NGX_APIGW_JSON_EXPECT_NAME|NGX_APIGW_JSON_EXPECT_END;

        return ngx_apigw_json_scan_token(scan, NGX_APIGW_JSON_OBJECT, p,
                                         p + 1);
    }

    scan->objects[i / 64] &= ~bit;
    scan->expect = NGX_APIGW_JSON_EXPECT_VALUE|NGX_APIGW_JSON_EXPECT_END;

    return ngx_apigw_json_scan_token(scan, NGX_APIGW_JSON_ARRAY, p, p + 1);
}


static ngx_int_t
ngx_apigw_json_scan_close(ngx_apigw_json_scan_t *scan, u_char *p)
{
    ngx_uint_t  object;

    object = ngx_apigw_json_scan_in_object(scan);

    if (object != (*p == '}')) {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    scan->level--;
    scan->expect = scan->level ? NGX_APIGW_JSON_EXPECT_COMMA
                                 |NGX_APIGW_JSON_EXPECT_END
                               : 0;

    return ngx_apigw_json_scan_token(scan,
                                     object ? NGX_APIGW_JSON_END_OBJECT
                                            : NGX_APIGW_JSON_END_ARRAY,
                                     p, p + 1);
}


/* and the colon */

static ngx_int_t
ngx_apigw_json_scan_name(ngx_apigw_json_scan_t *scan, u_char *p)
{
    if (*p != '"') {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    scan->token.type = NGX_APIGW_JSON_NAME;
    scan->expect = NGX_APIGW_JSON_EXPECT_VALUE;

    if (ngx_apigw_json_scan_string(scan, p + 1) != NGX_OK) {
        return NGX_DECLINED;
    }

    p = ngx_apigw_json_scan_blanks(scan->pos, scan->last);

    if (p == scan->last || *p != ':') {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    scan->pos = p + 1;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_json_scan_word(ngx_apigw_json_scan_t *scan, u_char *p,
    const char *word, size_t len, ngx_uint_t type)
{
    if ((size_t) (scan->last - p) < len || ngx_memcmp(p, word, len) != 0) {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    return ngx_apigw_json_scan_token(scan, type, p, p + len);
}


ngx_int_t
ngx_apigw_json_scan_skip(ngx_apigw_json_scan_t *scan)
{
    u_char      *start;
    ngx_uint_t   type;

    type = scan->token.type;

    if (type != NGX_APIGW_JSON_ARRAY && type != NGX_APIGW_JSON_OBJECT) {
        return NGX_OK;
    }

    start = scan->token.text.data;

    if (ngx_apigw_json_scan_leave(scan, scan->level) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_apigw_json_scan_token(scan, type, start, scan->pos);
}


ngx_int_t
ngx_apigw_json_scan_leave(ngx_apigw_json_scan_t *scan, ngx_uint_t level)
{
    u_char  *p;

    while (scan->level >= level) {

        p = scan->pos;

        if (scan->last - p > 2
            && *p == ',' && p[1] >= '0' && p[1] <= '9'
            && scan->expect & NGX_APIGW_JSON_EXPECT_COMMA
            && !ngx_apigw_json_scan_in_object(scan))
        {
            scan->pos = ngx_apigw_json_scan_integers(p, scan->last);
        }

        if (ngx_apigw_json_scan(scan) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * Past all ",1" that nothing but a further item, or the end of the array,
 * follows; others are left to who checks them.
 */

static u_char *
ngx_apigw_json_scan_integers(u_char *start, u_char *last)
{
    u_char  *p;

    for ( ;; ) {
        p = start;

        if (last - p < 3 || *p != ',') {
            return start;
        }

        p++;

        if (*p == '0') {
            p++;

        } else {
            while (p < last && *p >= '0' && *p <= '9') {
                p++;
            }
        }

        if (p == last
            || (*p != ',' && *p != ']')
            || p - start < 2
            || p - start > NGX_APIGW_JSON_SCAN_DIGITS)
        {
            return start;
        }

        start = p;
    }
}
