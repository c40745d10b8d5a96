
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "ngx_apigw_path.h"


/*
 * The first byte is the flags, the rest a path.  The canonical form has its
 * properties, and is what a naive reference in several passes makes of it.
 */

#define check(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        abort();                                                             \
    }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
unreserved(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}


static int
hex(int c)
{
    static const char  digits[] = "0123456789abcdefABCDEF";

    const char  *p;

    p = c ? strchr(digits, c) : NULL;

    if (p == NULL) {
        return -1;
    }

    return (int) (p - digits) - (p - digits > 15 ? 6 : 0);
}


/* triplets and bytes alone: the new length, -1 where the path is refused */

static long
reference_bytes(const uint8_t *s, size_t len, ngx_uint_t flags, char *out)
{
    int      c, encoded;
    char    *d;
    size_t   i;

    d = out;

    for (i = 0; i < len; i++) {
        c = s[i];
        encoded = 0;

        if (c == '%') {

            if (len - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0) {
                return -1;
            }

            c = hex(s[i + 1]) * 16 + hex(s[i + 2]);
            encoded = 1;
            i += 2;
        }

        if (c < 0x20 || c == 0x7f || c == '\\') {
            return -1;
        }

        if (encoded && c == '/' && !(flags & NGX_APIGW_PATH_KEEP_SLASH)) {
            return -1;
        }

        if (!encoded && (c == '?' || c == '#')) {
            return -1;
        }

        if ((encoded && !unreserved(c)) || c == 0x20 || c > 0x7e) {
            d += sprintf(d, "%%%02X", (unsigned) c);

        } else {
            *d++ = (char) c;
        }
    }

    return d - out;
}


static int
dots(const char *s, size_t len)
{
    return (len == 1 && s[0] == '.')
           || (len == 2 && s[0] == '.' && s[1] == '.');
}


/* a segment whose pieces are dot segments is refused */

static int
reference_refused(const char *s, size_t len)
{
    int     pieces, bad;
    size_t  i, piece;

    pieces = 1;
    piece = 0;
    bad = 0;

    for (i = 0; i <= len; i++) {

        if (i == len || memcmp(s + i, "%2F", 3) == 0) {
            bad |= dots(s + piece, i - piece);

            if (i < len) {
                pieces++;
                i += 2;
            }

            piece = i + 1;
            continue;
        }

        if (s[i] == ';' || memcmp(s + i, "%3B", 3) == 0) {
            if (dots(s + piece, i - piece)) {
                return 1;
            }
        }
    }

    return pieces > 1 && bad;
}


static long
reference(const uint8_t *s, size_t len, ngx_uint_t flags, char *tmp, char *out)
{
    char    *p, *end, *last, *d;
    long     n;
    size_t   seg;

    if (len == 0 || s[0] != '/') {
        return -1;
    }

    n = reference_bytes(s, len, flags, tmp);
    if (n == -1) {
        return -1;
    }

    /* room for memcmp() behind the end */

    memset(tmp + n, 0, 4);

    last = tmp + n;
    d = out;
    *d++ = '/';

    for (p = tmp + 1; p <= last; p = end + 1) {
        end = p;

        while (end < last && *end != '/') {
            end++;
        }

        seg = (size_t) (end - p);

        if (reference_refused(p, seg)) {
            return -1;
        }

        if (dots(p, seg)) {

            if (seg == 2) {

                if (d - out == 1) {
                    return -1;
                }

                for (d--; d[-1] != '/'; d--) { /* void */ }
            }

            continue;
        }

        if (seg == 0) {
            continue;
        }

        memcpy(d, p, seg);
        d += seg;

        if (end < last) {
            *d++ = '/';
        }
    }

    return d - out;
}


static void
check_canonical(ngx_str_t *path, ngx_uint_t flags)
{
    int      c;
    u_char  *p, *last, *seg;

    p = path->data;
    last = p + path->len;

    check(path->len && *p == '/');

    seg = p + 1;

    for (p = seg; p <= last; p++) {

        if (p == last || *p == '/') {
            check(!dots((char *) seg, (size_t) (p - seg)));
            check(p == last || p > seg);
            seg = p + 1;
            continue;
        }

        check(*p > 0x20 && *p < 0x7f);
        check(*p != '\\' && *p != '?' && *p != '#');

        if (*p == '%') {
            check(last - p >= 3);
            check(hex(p[1]) >= 0 && hex(p[2]) >= 0);
            check(p[1] < 'a' && p[2] < 'a');

            c = hex(p[1]) * 16 + hex(p[2]);

            check(!unreserved(c));
            check(c >= 0x20 && c != 0x7f && c != '\\');
            check(c != '/' || (flags & NGX_APIGW_PATH_KEEP_SLASH));
        }
    }
}


static size_t
slashes(ngx_str_t *s)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < s->len; i++) {
        n += (s->data[i] == '/');
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char        *tmp, *want;
    long         n;
    u_char      *copy;
    ngx_int_t    rc;
    ngx_str_t    raw, path, again, decoded;
    ngx_uint_t   flags;
    const char  *reason;
    ngx_pool_t  *pool;

    if (size == 0) {
        return 0;
    }

    flags = *data++ & NGX_APIGW_PATH_KEEP_SLASH;
    size--;

    copy = malloc(size + 1);
    tmp = malloc(3 * size + 8);
    want = malloc(3 * size + 8);
    memcpy(copy, data, size);

    raw.data = copy;
    raw.len = size;

    pool = ngx_create_pool(0, NULL);
    reason = NULL;

    rc = ngx_apigw_path_canonical(pool, &raw, flags, &path, &reason);

    check(memcmp(copy, data, size) == 0);

    n = reference(data, size, flags, tmp, want);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED);
        check(reason && *reason);
        check(n == -1);
        goto done;
    }

    check(n == (long) path.len);
    check(memcmp(path.data, want, path.len) == 0);

    check((path.data == copy)
          == (path.len == size && memcmp(path.data, data, size) == 0));

    check_canonical(&path, flags);

    check(ngx_apigw_path_canonical(pool, &path, flags, &again, &reason)
          == NGX_OK);
    check(again.data == path.data && again.len == path.len);

    check(ngx_apigw_path_decode(pool, &path, &decoded) == NGX_OK);
    check(decoded.len <= path.len);
    check(slashes(&decoded) == slashes(&path));

done:

    /* any bytes may be decoded, too */

    check(ngx_apigw_path_decode(pool, &raw, &decoded) == NGX_OK);
    check(slashes(&decoded) == slashes(&raw));

    ngx_destroy_pool(pool);
    free(copy);
    free(tmp);
    free(want);

    return 0;
}
