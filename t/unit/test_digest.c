
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <openssl/crypto.h>
#include <openssl/err.h>

#include "ngx_apigw_digest.h"
#include "ngx_apigw_text.h"
#include "tap.h"


#undef malloc
#undef realloc


/* OpenSSL's n-th allocation from now fails; -1: none does */

static long  countdown = -1;


static int
failing(void)
{
    if (countdown < 0) {
        return 0;
    }

    return countdown-- == 0;
}


static void *
ssl_malloc(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return failing() ? NULL : malloc(size);
}


static void *
ssl_realloc(void *p, size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return failing() ? NULL : realloc(p, size);
}


static void
ssl_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;

    free(p);
}


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = (u_char *) s;

    return r;
}


static void
hex(u_char *p, size_t len, const char *s)
{
    ngx_str_t  h;

    h = str(s);

    if (ngx_apigw_unhex(p, len, &h) != NGX_OK) {
        ok(0, "bad hex %s", s);
    }
}


/* FIPS 180-2, appendix B, and NIST's example of a million "a" */

static void
test_sha256(void)
{
    u_char              *million, out[32], want[32];
    size_t               i, k;
    ngx_str_t            s, a, b;
    ngx_apigw_digest_t  *d;

    static const struct {
        const char  *text;
        const char  *digest;
    } t[] = {
        { "",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" }
    };

    d = ngx_apigw_digest_create(NULL);
    ok(d != NULL, "create");

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        s = str(t[i].text);
        hex(want, 32, t[i].digest);

        is_int(ngx_apigw_digest(d, &s, NULL, out), NGX_OK, "\"%s\"",
               t[i].text);
        is_mem(out, want, 32, "is right");

        for (k = 0; k <= s.len; k++) {
            a.len = k;
            a.data = s.data;
            b.len = s.len - k;
            b.data = s.data + k;

            memset(out, 0, 32);

            if (ngx_apigw_digest(d, &a, &b, out) != NGX_OK
                || memcmp(out, want, 32) != 0)
            {
                ok(0, "split at %lu", (unsigned long) k);
            }
        }
    }

    million = malloc(1000000);
    memset(million, 'a', 1000000);
    s.len = 1000000;
    s.data = million;

    hex(want, 32,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    is_int(ngx_apigw_digest(d, &s, NULL, out), NGX_OK, "a million \"a\"");
    is_mem(out, want, 32, "is right");

    free(million);

    a.len = 0;
    a.data = NULL;
    hex(want, 32, t[0].digest);
    is_int(ngx_apigw_digest(d, &a, &a, out), NGX_OK, "nothing at NULL, twice");
    is_mem(out, want, 32, "is right");

    ngx_apigw_digest_free(d);

    d = ngx_apigw_digest_create(&a);
    is_int(ngx_apigw_digest(d, &a, NULL, out), NGX_OK, "an empty pepper");
    is_mem(out, want, 32, "is none");
    ngx_apigw_digest_free(d);

    ngx_apigw_digest_free(NULL);
}


/* RFC 4231, 4; the fifth one is truncated there */

static void
test_hmac(void)
{
    u_char               key[131], data[200], out[32], want[32];
    size_t               i, r;
    ngx_str_t            k, s;
    ngx_apigw_digest_t  *d;

    static const struct {
        size_t       klen;
        int          kbyte;               /* -1: text, -2: 1, 2, 3... */
        const char  *key;
        size_t       dlen;                /* of dbyte, 0: text */
        int          dbyte;
        const char  *data;
        size_t       len;
        const char  *digest;
    } t[] = {
        { 20, 0x0b, "", 0, 0, "Hi There", 32,
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { 4, -1, "Jefe", 0, 0, "what do ya want for nothing?", 32,
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { 20, 0xaa, "", 50, 0xdd, "", 32,
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { 25, -2, "", 50, 0xcd, "", 32,
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { 20, 0x0c, "", 0, 0, "Test With Truncation", 16,
          "a3b6167473100ee06e0c796c2955552b" },
        { 131, 0xaa, "", 0, 0,
          "Test Using Larger Than Block-Size Key - Hash Key First", 32,
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { 131, 0xaa, "", 0, 0,
          "This is a test using a larger than block-size key and a larger "
          "than block-size data. The key needs to be hashed before being "
          "used by the HMAC algorithm.", 32,
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {

        for (r = 0; r < t[i].klen; r++) {
            key[r] = (t[i].kbyte >= 0) ? (u_char) t[i].kbyte
                     : (t[i].kbyte == -1) ? (u_char) t[i].key[r] : r + 1;
        }

        k.len = t[i].klen;
        k.data = key;

        s = str(t[i].data);

        if (t[i].dlen) {
            memset(data, t[i].dbyte, t[i].dlen);
            s.len = t[i].dlen;
            s.data = data;
        }

        hex(want, t[i].len, t[i].digest);

        d = ngx_apigw_digest_create(&k);

        for (r = 0; r < 3; r++) {
            memset(out, 0, 32);
            is_int(ngx_apigw_digest(d, &s, NULL, out), NGX_OK,
                   "RFC 4231, 4.%lu, use %lu", (unsigned long) i + 2,
                   (unsigned long) r + 1);
            is_mem(out, want, t[i].len, "is right");
        }

        ngx_apigw_digest_free(d);
    }
}


static void
test_failures(void)
{
    long                 n, tried;
    u_char               out[32], want[32];
    ngx_int_t            rc;
    ngx_str_t            s, pepper;
    ngx_uint_t           i, bad;
    ngx_apigw_digest_t  *d;

    s = str("abc");
    bad = 0;

    ngx_stub_fail(0);
    ok(ngx_apigw_digest_create(NULL) == NULL, "no memory");
    ngx_stub_fail(-1);

    for (i = 0; i < 2; i++) {
        pepper = str(i ? "pepper" : "");

        d = ngx_apigw_digest_create(&pepper);
        (void) ngx_apigw_digest(d, &s, NULL, want);

        /* a digest that fails is followed by one that does not */

        for (tried = 0, n = 0; ; n++) {
            countdown = n;
            rc = ngx_apigw_digest(d, &s, NULL, out);

            if (countdown >= 0) {
                countdown = -1;
                break;
            }

            tried += rc != NGX_OK;
            bad += ERR_peek_error() != 0;
            bad += rc == NGX_OK && memcmp(out, want, 32) != 0;

            memset(out, 0, 32);
            bad += ngx_apigw_digest(d, &s, NULL, out) != NGX_OK;
            bad += memcmp(out, want, 32) != 0;
        }

        comment("%ld allocations in a digest, %ld made it fail", n, tried);

        ngx_apigw_digest_free(d);

        for (tried = 0, n = 0; ; n++) {
            countdown = n;
            d = ngx_apigw_digest_create(&pepper);

            if (countdown >= 0) {
                countdown = -1;
                ngx_apigw_digest_free(d);
                break;
            }

            tried += d == NULL;
            bad += ERR_peek_error() != 0;

            ngx_apigw_digest_free(d);
        }

        comment("%ld allocations to create one, %ld made it fail", n, tried);
    }

    is_int(bad, 0, "failures of OpenSSL: no wrong digest, no error left");
}


int
main(void)
{
    u_char      a[32], b[32];
    ngx_uint_t  i, same;

    ok(CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) == 1,
       "OpenSSL takes our allocator");

    test_sha256();
    test_hmac();
    test_failures();

    is_int(ngx_apigw_random(a, 32), NGX_OK, "random");
    is_int(ngx_apigw_random(b, 32), NGX_OK, "random");
    ok(memcmp(a, b, 32) != 0, "differs");
    ok(!ngx_apigw_equal(a, b, 32), "is not equal");
    ok(ngx_apigw_equal(a, a, 32), "but to itself");
    ok(ngx_apigw_equal(a, b, 0), "nothing equals nothing");
    is_int(ngx_apigw_random(a, (size_t) 1 << 40), NGX_ERROR, "too much");

    ngx_apigw_cleanse(a, 32);

    for (same = 0, i = 0; i < 32; i++) {
        same += a[i] == b[i];
    }

    ok(same < 8, "cleansed");

    return done();
}
