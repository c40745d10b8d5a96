
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The first byte is the size of the pieces that a file is read in: they make
 * no difference.  Of a file that is good each line that says something is on
 * the list, and no part of it is; of a bad one the line that is named is bad,
 * and what comes before it is good.
 */

#include "ngx_apigw_revoked.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_apigw_revoked_t *read_all(ngx_str_t *text, size_t n, ngx_int_t *rc,
    ngx_uint_t *line, const char **reason);
static void compare(ngx_apigw_revoked_t *list, ngx_str_t *text);
static void bad_line(ngx_str_t *text, ngx_uint_t line);
static ngx_int_t kind(u_char *p, size_t len);


static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789abcdef";


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t             rc, other_rc;
    ngx_str_t             text;
    ngx_uint_t            line, other_line;
    const char           *reason, *other_reason;
    ngx_apigw_revoked_t  *list, *other;

    if (size == 0) {
        return 0;
    }

    text.len = size - 1;
    text.data = malloc(size);
    memcpy(text.data, data + 1, size - 1);

    list = read_all(&text, size, &rc, &line, &reason);
    other = read_all(&text, data[0] + 1, &other_rc, &other_line,
                     &other_reason);

    check(rc == other_rc);
    check(ngx_apigw_revoked_count(list) == ngx_apigw_revoked_count(other));

    if (rc == NGX_OK) {
        compare(list, &text);
        compare(other, &text);

    } else {
        check(rc == NGX_DECLINED && line == other_line);
        check(reason && other_reason && strcmp(reason, other_reason) == 0);
        bad_line(&text, line);
    }

    ngx_apigw_revoked_free(list);
    ngx_apigw_revoked_free(other);
    free(text.data);

    return 0;
}


static ngx_apigw_revoked_t *
read_all(ngx_str_t *text, size_t n, ngx_int_t *rc, ngx_uint_t *line,
    const char **reason)
{
    size_t                pos;
    ngx_str_t             piece;
    ngx_uint_t            last;
    ngx_apigw_revoked_t  *list;

    *reason = NULL;

    list = ngx_apigw_revoked_create(seed);
    check(list);

    pos = 0;

    do {
        piece.len = ngx_min(n, text->len - pos);
        piece.data = malloc(piece.len ? piece.len : 1);
        memcpy(piece.data, text->data + pos, piece.len);

        pos += piece.len;
        last = (pos == text->len);

        *rc = ngx_apigw_revoked_feed(list, &piece, last, line, reason);

        free(piece.data);

    } while (*rc == NGX_OK && !last);

    return list;
}


static void
compare(ngx_apigw_revoked_t *list, ngx_str_t *text)
{
    u_char      *p, *end, *last;
    ngx_int_t    what;
    ngx_str_t    value;
    ngx_uint_t   n;

    p = text->data;
    last = p + text->len;

    if (text->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for (n = 0; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '\n');

        if (end == NULL) {
            end = last;
        }

        what = kind(p, end - p);

        if (what < 0) {
            continue;
        }

        value.data = p + 4;
        value.len = end - value.data;

        if (end[-1] == '\r') {
            value.len--;
        }

        check(value.len && ngx_apigw_revoked_find(list, what, &value));
        n++;
    }

    check(ngx_apigw_revoked_count(list) <= n);
    check(n == 0 || ngx_apigw_revoked_count(list) > 0);

    value.data = (u_char *) "no line has\n";
    value.len = sizeof("no line has\n") - 1;

    for (what = 0; what < 3; what++) {
        check(!ngx_apigw_revoked_find(list, what, &value));
    }
}


static void
bad_line(ngx_str_t *text, ngx_uint_t line)
{
    u_char               *p, *last;
    ngx_int_t             rc;
    ngx_str_t             good;
    ngx_uint_t            n;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    p = text->data;
    last = p + text->len;

    for (n = 1; n < line; n++) {
        p = ngx_strlchr(p, last, '\n');
        check(p);
        p++;
    }

    check(p < last);

    good.data = text->data;
    good.len = p - text->data;

    list = read_all(&good, good.len + 1, &rc, &n, &reason);
    check(rc == NGX_OK && reason == NULL);
    compare(list, &good);
    ngx_apigw_revoked_free(list);
}


static ngx_int_t
kind(u_char *p, size_t len)
{
    if (len < 5) {
        return -1;
    }

    if (memcmp(p, "jti ", 4) == 0) {
        return NGX_APIGW_REVOKED_JTI;
    }

    if (memcmp(p, "sub ", 4) == 0) {
        return NGX_APIGW_REVOKED_SUB;
    }

    return (memcmp(p, "kid ", 4) == 0) ? NGX_APIGW_REVOKED_KID : -1;
}
