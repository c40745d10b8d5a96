
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <dirent.h>

#include "tap.h"
#include "ngx_apigw_path.h"


#define KEEP  NGX_APIGW_PATH_KEEP_SLASH


typedef struct {
    const char  *raw;
    const char  *path;                   /* NULL: refused */
    ngx_uint_t   flags;
} test_path_t;


static test_path_t  tests[] = {

    /* nothing to change */

    { "/", "/", 0 },
    { "/a", "/a", 0 },
    { "/a/", "/a/", 0 },
    { "/pets/dog/1", "/pets/dog/1", 0 },
    { "/-._~!$&'()*+,;=:@\"<>[]^`{|}", "/-._~!$&'()*+,;=:@\"<>[]^`{|}", 0 },
    { "/.well-known/jwks.json", "/.well-known/jwks.json", 0 },
    { "/...", "/...", 0 },
    { "/.../", "/.../", 0 },
    { "/..a/.a", "/..a/.a", 0 },
    { "/a..", "/a..", 0 },
    { "/a;x=1/b", "/a;x=1/b", 0 },
    { "/...;x", "/...;x", 0 },
    { "/%C3%A9", "/%C3%A9", 0 },
    { "/%20%25%3F%23%3B%2B", "/%20%25%3F%23%3B%2B", 0 },
    { "/%25", "/%25", 0 },
    { "/a%2Fb", "/a%2Fb", KEEP },

    /* triplets */

    { "/%c3%a9", "/%C3%A9", 0 },
    { "/%C3%a9", "/%C3%A9", 0 },
    { "/%c3%A9", "/%C3%A9", 0 },
    { "/%41%5a%61%7A%30%39%2d%2E%5F%7e", "/AZaz09-._~", 0 },
    { "/%3a%40%21", "/%3A%40%21", 0 },
    { "/a b", "/a%20b", 0 },
    { "/\xc3\xa9", "/%C3%A9", 0 },
    { "/\x80\xff", "/%80%FF", 0 },
    { "/a\xc3\xa9/../ b", "/%20b", 0 },
    { "/%", NULL, 0 },
    { "/%4", NULL, 0 },
    { "/%4/", NULL, 0 },
    { "/%zz", NULL, 0 },
    { "/%u0041", NULL, 0 },
    { "/%%41", NULL, 0 },
    { "/%2%35", NULL, 0 },
    { "/%-1", NULL, 0 },
    { "/% 1", NULL, 0 },
    { "/a%2fb", NULL, 0 },
    { "/a%2Fb", NULL, 0 },
    { "/a%2fb", "/a%2Fb", KEEP },
    { "/a%2f%2Fb/%61", "/a%2F%2Fb/a", KEEP },

    /* dot segments and slashes */

    { "/.", "/", 0 },
    { "/./", "/", 0 },
    { "/a/.", "/a/", 0 },
    { "/a/..", "/", 0 },
    { "/a/../", "/", 0 },
    { "/a/b/..", "/a/", 0 },
    { "/a/b/../", "/a/", 0 },
    { "/a/b/../c", "/a/c", 0 },
    { "/a/./b/././c", "/a/b/c", 0 },
    { "/a/b/c/../../../d", "/d", 0 },
    { "//", "/", 0 },
    { "///a////b//", "/a/b/", 0 },
    { "/a//../b", "/b", 0 },
    { "/a/%2E%2e/b", "/b", 0 },
    { "/a/.%2e/b", "/b", 0 },
    { "/a/%2e./b", "/b", 0 },
    { "/a/%2e/b", "/a/b", 0 },
    { "/%2E", "/", 0 },
    { "/..", NULL, 0 },
    { "/../", NULL, 0 },
    { "/../a", NULL, 0 },
    { "//../a", NULL, 0 },
    { "/a/../..", NULL, 0 },
    { "/a/../../a", NULL, 0 },
    { "/./../a", NULL, 0 },

    /* parameters of dot segments */

    { "/..;", NULL, 0 },
    { "/a/..;/b", NULL, 0 },
    { "/a/..;x=1/b", NULL, 0 },
    { "/a/.;/b", NULL, 0 },
    { "/a/%2e%2e;/b", NULL, 0 },
    { "/a/%2e;", NULL, 0 },
    { "/a/..%3b/b", NULL, 0 },
    { "/a/..%3B", NULL, 0 },
    { "/a/..%3", NULL, 0 },
    { "/a/..%3A", "/a/..%3A", 0 },
    { "/a/..;%2Fb", NULL, KEEP },

    /* "%2F" that stays */

    { "/a/..%2Fb", NULL, KEEP },
    { "/a/b%2F..", NULL, KEEP },
    { "/a/b%2f../c", NULL, KEEP },
    { "/a/b%2F.%2Fc", NULL, KEEP },
    { "/a/b%2F..;x", NULL, KEEP },
    { "/a/b%2F%2e%2e", NULL, KEEP },
    { "/a/b%2F.../c..%2Fd", "/a/b%2F.../c..%2Fd", KEEP },
    { "/a/b%2Fc/../d", "/a/d", KEEP },
    { "/%2F", "/%2F", KEEP },
    { "/%2F/../a", "/a", KEEP },

    /* what is no path */

    { "", NULL, 0 },
    { "*", NULL, 0 },
    { "a", NULL, 0 },
    { "http://h/", NULL, 0 },
    { "example.com:443", NULL, 0 },
    { "/a?b", NULL, 0 },
    { "/a#b", NULL, 0 },
    { "/a\tb", NULL, 0 },
    { "/a\r\nb", NULL, 0 },
    { "/a\x7f", NULL, 0 },
    { "/a%0a", NULL, 0 },
    { "/a%0D%0A", NULL, 0 },
    { "/a%1f", NULL, 0 },
    { "/a%7F", NULL, 0 },

    /* attacks */

    { "//admin", "/admin", 0 },
    { "/./admin", "/admin", 0 },
    { "/x/../admin", "/admin", 0 },
    { "/admin/.", "/admin/", 0 },
    { "/admin;x=1", "/admin;x=1", 0 },
    { "/admin%00", NULL, 0 },
    { "/admin%2f", NULL, 0 },
    { "/admin%2f", "/admin%2F", KEEP },
    { "/%61dmin", "/admin", 0 },
    { "/admin\\", NULL, 0 },
    { "/%5cadmin", NULL, 0 },
    { "/%5Cadmin", NULL, KEEP },
    { "/%2e%2e/admin", NULL, 0 },
    { "/x/%252e%252e/admin", "/x/%252e%252e/admin", 0 },
    { "/%252e", "/%252e", 0 },
    { "/%25%32%65", "/%252e", 0 },
    { "/%c0%ae%c0%ae/admin", "/%C0%AE%C0%AE/admin", 0 },
    { "/\xc0\xae/admin", "/%C0%AE/admin", 0 },
    { "/ADMIN", "/ADMIN", 0 },
    { "/x/..%5c..%5cadmin", NULL, 0 },
    { "/x/..\\admin", NULL, 0 },
    { "/admin%20", "/admin%20", 0 },
    { "/admin..;/", "/admin..;/", 0 },
    { "/x/..%00/admin", NULL, 0 },
    { "/x/..%c0%af", "/x/..%C0%AF", 0 },
    { "/x/.%%32e", NULL, 0 }
};


/* why a canonical path is none, or NULL */

static const char *
test_property(ngx_str_t *path, ngx_uint_t flags)
{
    char       hex[3];
    u_char    *p, *last, *seg;
    size_t     len;
    unsigned   c;

    p = path->data;
    last = p + path->len;
    seg = p;

    if (p == last || *p != '/') {
        return "no slash at its begin";
    }

    for ( /* void */ ; p < last; p++) {

        if (*p < 0x21 || *p > 0x7e || strchr("\\?#", *p)) {
            return "forbidden byte";
        }

        if (*p == '%') {

            if (last - p < 3) {
                return "short triplet";
            }

            memcpy(hex, p + 1, 2);
            hex[2] = '\0';

            if (strspn(hex, "0123456789ABCDEF") != 2) {
                return "triplet not in upper case";
            }

            c = (unsigned) strtoul(hex, NULL, 16);

            if (c < 0x20 || c == 0x7f || c == '\\'
                || (c == '/' && !(flags & KEEP)))
            {
                return "forbidden triplet";
            }

            if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z') || (c < 0x80 && strchr("-._~",
                                                                 (int) c)))
            {
                return "triplet of an unreserved character";
            }
        }

        if (*p == '/') {
            seg = p + 1;

            if (seg < last && *seg == '/') {
                return "empty segment";
            }
        }

        if (p + 1 == last || p[1] == '/') {
            len = (size_t) (p + 1 - seg);

            if (p >= seg
                && ((len == 1 && seg[0] == '.')
                    || (len == 2 && seg[0] == '.' && seg[1] == '.')))
            {
                return "dot segment";
            }
        }
    }

    return NULL;
}


static void
test_one(const char *raw, size_t len, const char *want, ngx_uint_t flags)
{
    u_char      *data;
    ngx_int_t    rc;
    ngx_str_t    s, path, again;
    const char  *reason, *broken;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(0, NULL);
    reason = NULL;

    /* no byte behind the path may be read */

    data = malloc(len + !len);
    memcpy(data, raw, len);

    s.data = data;
    s.len = len;

    rc = ngx_apigw_path_canonical(pool, &s, flags, &path, &reason);

    if (want == NULL) {
        ok(rc == NGX_DECLINED && reason, "refused: \"%s\": %s", raw,
           reason ? reason : "");
        goto done;
    }

    is_int(rc, NGX_OK, "\"%s\" is no error", raw);

    if (rc != NGX_OK) {
        comment("%s", reason);
        goto done;
    }

    is_nstr(&path, want, "\"%s\"", raw);

    broken = test_property(&path, flags);
    ok(broken == NULL, "is canonical%s%s", broken ? ": " : "",
       broken ? broken : "");

    if (strcmp(raw, want) == 0) {
        ok(path.data == data, "nothing is allocated");
    }

    is_mem(data, raw, len, "the input is as it was");

    rc = ngx_apigw_path_canonical(pool, &path, flags, &again, &reason);
    ok(rc == NGX_OK && again.data == path.data && again.len == path.len,
       "canonical again is the same");

done:

    free(data);
    ngx_destroy_pool(pool);
}


static void
test_bytes(void)
{
    int          raw, triplet, want_raw, want_triplet, bad;
    char         buf[8];
    u_char       one[2];
    unsigned     c;
    ngx_str_t    s, path;
    const char  *reason;
    ngx_pool_t  *pool;

    bad = 0;

    for (c = 0; c < 256; c++) {
        pool = ngx_create_pool(0, NULL);

        one[0] = '/';
        one[1] = (u_char) c;
        s.data = one;
        s.len = 2;

        raw = (ngx_apigw_path_canonical(pool, &s, 0, &path, &reason)
               == NGX_OK);
        want_raw = !(c < 0x20 || c == 0x7f || c == '\\' || c == '%'
                     || c == '?' || c == '#');

        if (raw != want_raw || (raw && test_property(&path, 0))) {
            comment("raw 0x%02x", c);
            bad++;
        }

        sprintf(buf, "/%%%02x", c);
        s.data = (u_char *) buf;
        s.len = 4;

        triplet = (ngx_apigw_path_canonical(pool, &s, 0, &path, &reason)
                   == NGX_OK);
        want_triplet = !(c < 0x20 || c == 0x7f || c == '\\' || c == '/');

        if (triplet != want_triplet
            || (triplet && test_property(&path, 0)))
        {
            comment("triplet 0x%02x", c);
            bad++;
        }

        ngx_destroy_pool(pool);
    }

    is_int(bad, 0, "each byte, raw and as a triplet");

    test_one("/a\0b", 4, NULL, 0);
}


static void
test_long(void)
{
    size_t       i, n;
    u_char      *data;
    ngx_str_t    s, path;
    const char  *reason;
    ngx_pool_t  *pool;

    n = 300000;
    data = malloc(n);
    pool = ngx_create_pool(0, NULL);

    s.data = data;
    s.len = n;

    memset(data, '/', n);
    is_int(ngx_apigw_path_canonical(pool, &s, 0, &path, &reason), NGX_OK,
           "300000 slashes");
    is_nstr(&path, "/", "become one");

    for (i = 0; i < n; i += 2) {
        data[i] = '/';
        data[i + 1] = 'a';
    }

    is_int(ngx_apigw_path_canonical(pool, &s, 0, &path, &reason), NGX_OK,
           "150000 segments");
    ok(path.data == data && path.len == n, "stay");

    for (i = 0; i < n; i += 6) {
        memcpy(data + i, "/a/../", 6);
    }

    is_int(ngx_apigw_path_canonical(pool, &s, 0, &path, &reason), NGX_OK,
           "50000 times back");
    is_nstr(&path, "/", "is the root");

    memset(data, 0xff, n);
    data[0] = '/';

    is_int(ngx_apigw_path_canonical(pool, &s, 0, &path, &reason), NGX_OK,
           "299999 bytes to encode");
    is_int(path.len, 1 + 3 * (n - 1), "take three times as much");

    ngx_destroy_pool(pool);
    free(data);
}


static void
test_decode(void)
{
    long         n;
    ngx_int_t    rc;
    ngx_str_t    s, d;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    static const char  *list[][2] = {
        { "/", "/" },
        { "/a/b", "/a/b" },
        { "/a%2Fb", "/a%2Fb" },
        { "/%2F%2F", "/%2F%2F" },
        { "/a%20b", "/a b" },
        { "/%C3%A9/%2B", "/\xc3\xa9/+" },
        { "/%2F%20%2F", "/%2F %2F" },
        { "/%252F", "/%2F" },
        { "/%25", "/%" },
        { "/%20", "/ " },
        { "/%20%2", "/ %2" },
        { "/%", "/%" },
        { "", "" }
    };

    for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        pool = ngx_create_pool(0, NULL);

        s.data = (u_char *) list[i][0];
        s.len = strlen(list[i][0]);

        is_int(ngx_apigw_path_decode(pool, &s, &d), NGX_OK, "decode");
        is_nstr(&d, list[i][1], "decode of \"%s\"", list[i][0]);

        if (strcmp(list[i][0], list[i][1]) == 0) {
            ok(d.data == s.data, "nothing is allocated");
        }

        ngx_destroy_pool(pool);
    }

    pool = ngx_create_pool(0, NULL);
    ngx_str_set(&s, "/a%20b");

    for (n = 0; n < 10; n++) {
        ngx_stub_fail(n);
        rc = ngx_apigw_path_decode(pool, &s, &d);
        ngx_stub_fail(-1);

        if (rc != NGX_ERROR) {
            break;
        }
    }

    ok(rc == NGX_OK && n == 1, "decode without memory");

    ngx_destroy_pool(pool);
}


static void
test_no_memory(void)
{
    long         n;
    ngx_int_t    rc;
    ngx_str_t    s, path;
    ngx_uint_t   i;
    const char  *reason;
    ngx_pool_t  *pool;

    static const char  *list[] = {
        "/%61", "/a b", "/%c3", "/a//b", "/a/./b", "/a/..", "/a/."
    };

    for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        pool = ngx_create_pool(0, NULL);

        s.data = (u_char *) list[i];
        s.len = strlen(list[i]);

        for (n = 0; n < 10; n++) {
            ngx_stub_fail(n);
            rc = ngx_apigw_path_canonical(pool, &s, 0, &path, &reason);
            ngx_stub_fail(-1);

            if (rc != NGX_ERROR) {
                break;
            }
        }

        ok(rc == NGX_OK && n == 1, "\"%s\" without memory", list[i]);

        ngx_destroy_pool(pool);
    }
}


static void
test_vector(char *line, size_t len, ngx_uint_t flags, ngx_uint_t *passed,
    ngx_uint_t *failed)
{
    ngx_int_t    rc;
    ngx_str_t    s, path, again;
    const char  *reason, *broken;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(0, NULL);
    broken = NULL;

    s.data = (u_char *) line;
    s.len = len;

    rc = ngx_apigw_path_canonical(pool, &s, flags, &path, &reason);

    if (rc == NGX_OK) {
        (*passed)++;

        broken = test_property(&path, flags);

        if (broken == NULL
            && (ngx_apigw_path_canonical(pool, &path, flags, &again, &reason)
                != NGX_OK
                || again.data != path.data || again.len != path.len))
        {
            broken = "not idempotent";
        }

    } else if (rc != NGX_DECLINED) {
        broken = "neither accepted nor refused";
    }

    if (broken) {
        comment("\"%s\": %s", line, broken);
        (*failed)++;
    }

    ngx_destroy_pool(pool);
}


static void
test_vectors(const char *dir, ngx_uint_t level)
{
    DIR            *d;
    FILE           *f;
    char            name[4096], line[8192];
    size_t          len;
    ngx_uint_t      lines, passed, failed;
    struct dirent  *e;

    d = opendir(dir);
    if (d == NULL) {
        return;
    }

    for ( ;; ) {
        e = readdir(d);

        if (e == NULL) {
            break;
        }

        if (e->d_name[0] == '.'
            || snprintf(name, sizeof(name), "%s/%s", dir, e->d_name)
               >= (int) sizeof(name))
        {
            continue;
        }

        len = strlen(name);

        if (len < 4 || strcmp(name + len - 4, ".txt") != 0) {

            if (level < 5) {
                test_vectors(name, level + 1);
            }

            continue;
        }

        f = fopen(name, "r");
        if (f == NULL) {
            continue;
        }

        lines = 0;
        passed = 0;
        failed = 0;

        line[0] = '/';

        while (fgets(line + 1, sizeof(line) - 1, f)) {
            len = strcspn(line, "\r\n");
            line[len] = '\0';
            lines++;

            test_vector(line, len, 0, &passed, &failed);
            test_vector(line, len, KEEP, &passed, &failed);
            test_vector(line + 1, len - 1, 0, &passed, &failed);
            test_vector(line + 1, len - 1, KEEP, &passed, &failed);
        }

        fclose(f);

        is_int(failed, 0, "%s: %lu lines, %lu of %lu paths accepted",
               e->d_name, (unsigned long) lines, (unsigned long) passed,
               (unsigned long) lines * 4);
    }

    closedir(d);
}


int
main(void)
{
    char         dir[4096];
    ngx_uint_t   i;
    const char  *vectors;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        test_one(tests[i].raw, strlen(tests[i].raw), tests[i].path,
                 tests[i].flags);
    }

    test_bytes();
    test_long();
    test_decode();
    test_no_memory();

    vectors = getenv("APIGW_TEST_VECTORS");

    if (vectors
        && snprintf(dir, sizeof(dir), "%s/path-traversal", vectors)
           < (int) sizeof(dir))
    {
        test_vectors(dir, 0);

    } else {
        comment("skipped: no vectors");
    }

    return done();
}
