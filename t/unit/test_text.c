
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_text.h"


static void
test_uuid(void)
{
    u_char      *p, buf[64];
    ngx_str_t    s;
    ngx_uint_t   i;

    static const u_char  zero[16];
    static const u_char  ones[16] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    };
    static const u_char  some[16] = {
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
        0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10
    };
    static const char  *bad[] = {
        "", "0", "01234567-89ab-4def-bedc-ba987654321",
        "01234567-89ab-4def-bedc-ba98765432100",
        "0123456789ab-4def-bedc-ba9876543210-",
        "01234567-89ab-4def-bedc+ba9876543210",
        "01234567-89ab-4def-bedc-ba987654321g",
        "{1234567-89ab-4def-bedc-ba987654321}",
        "-1234567-89ab-4def-bedc-ba9876543210",
        "01234567-89ab-4def-bedc-ba98765432 0"
    };

    s.data = buf;

    p = ngx_apigw_uuid(buf, zero);
    s.len = (size_t) (p - buf);
    is_nstr(&s, "00000000-0000-4000-8000-000000000000", "uuid of zeros");
    is_int(ngx_apigw_is_uuid(&s), 1, "is a uuid");

    p = ngx_apigw_uuid(buf, ones);
    s.len = (size_t) (p - buf);
    is_nstr(&s, "ffffffff-ffff-4fff-bfff-ffffffffffff", "uuid of ones");

    buf[36] = 0xa5;
    p = ngx_apigw_uuid(buf, some);
    s.len = (size_t) (p - buf);
    is_nstr(&s, "01234567-89ab-4def-bedc-ba9876543210", "uuid");
    is_int(buf[36], 0xa5, "uuid writes no NUL");

    for (i = 0; i < s.len; i++) {
        buf[i] = ngx_toupper(buf[i]);
    }

    is_int(ngx_apigw_is_uuid(&s), 1, "upper case is a uuid");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        s.data = (u_char *) bad[i];
        s.len = strlen(bad[i]);
        is_int(ngx_apigw_is_uuid(&s), 0, "no uuid: \"%s\"", bad[i]);
    }
}


static void
test_base(void)
{
    u_char      *p, buf[64];
    ngx_str_t    s;
    ngx_uint_t   i;

    static const char  *src[] = {
        "", "f", "fo", "foo", "foob", "fooba", "foobar"
    };
    static const char  *b32[] = {
        "", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"
    };
    static const char  *b64[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
    };
    static const u_char  bits[] = {
        0xff, 0xff, 0xff, 0xfb, 0xf0, 0x00, 0x00, 0x00, 0x00, 0xff
    };

    s.data = buf;

    for (i = 0; i < 7; i++) {
        memset(buf, 0xa5, sizeof(buf));

        p = ngx_apigw_base32(buf, (const u_char *) src[i], i);
        s.len = (size_t) (p - buf);
        is_nstr(&s, b32[i], "base32 of \"%s\"", src[i]);
        is_int(s.len, NGX_APIGW_BASE32_LEN(i), "base32 length of %lu",
               (unsigned long) i);
        is_int(*p, 0xa5, "base32 writes no NUL");

        memset(buf, 0xa5, sizeof(buf));

        p = ngx_apigw_base64(buf, (const u_char *) src[i], i);
        s.len = (size_t) (p - buf);
        is_nstr(&s, b64[i], "base64 of \"%s\"", src[i]);
        is_int(s.len, NGX_APIGW_BASE64_LEN(i), "base64 length of %lu",
               (unsigned long) i);
        is_int(*p, 0xa5, "base64 writes no NUL");
    }

    p = ngx_apigw_base32(buf, bits, sizeof(bits));
    s.len = (size_t) (p - buf);
    is_nstr(&s, "7777767qaaaaaah7", "base32 of high bits");

    p = ngx_apigw_base64(buf, bits, sizeof(bits));
    s.len = (size_t) (p - buf);
    is_nstr(&s, "////+/AAAAAA/w==", "base64 of high bits");
}


static void
test_hex(void)
{
    int         n;
    u_char      buf[8];
    ngx_str_t   s;
    ngx_uint_t  i, c;

    static const char  *bad[] = {
        "", "0", "001122334", "00112233445", "001122334g", "g011223344",
        "0x11223344", "00 1223344", "001122334/", "001122334:", "001122334@",
        "001122334`", "-011223344"
    };

    ngx_str_set(&s, "00fFAb129c");
    is_int(ngx_apigw_unhex(buf, 5, &s), NGX_OK, "unhex");
    is_mem(buf, "\x00\xff\xab\x12\x9c", 5, "unhex of both cases");

    ngx_str_set(&s, "");
    is_int(ngx_apigw_unhex(buf, 0, &s), NGX_OK, "unhex of nothing");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        s.data = (u_char *) bad[i];
        s.len = strlen(bad[i]);
        is_int(ngx_apigw_unhex(buf, 5, &s), NGX_ERROR, "no hex: \"%s\"",
               bad[i]);
    }

    n = 0;

    for (c = 0; c < 256; c++) {
        if (ngx_apigw_hex((u_char) c) != NGX_ERROR) {
            n++;
        }
    }

    is_int(n, 22, "22 characters are hex digits");
    is_int(ngx_apigw_hex('9'), 9, "hex 9");
    is_int(ngx_apigw_hex('a'), 10, "hex a");
    is_int(ngx_apigw_hex('F'), 15, "hex F");
}


static void
test_number(void)
{
    u_char      *p, buf[32];
    ngx_str_t    s;
    ngx_uint_t   i;
    char         want[32];

    static const uint64_t  numbers[] = {
        0, 1, 9, 10, 99, 100, 4294967295, 4294967296,
        9999999999999999999u, 10000000000000000000u, 18446744073709551615u
    };

    s.data = buf;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        memset(buf, 0xa5, sizeof(buf));

        p = ngx_apigw_number(buf, numbers[i]);
        s.len = (size_t) (p - buf);

        sprintf(want, "%llu", (unsigned long long) numbers[i]);
        is_nstr(&s, want, "number %s", want);
        is_int(*p, 0xa5, "number writes no NUL");
    }

    is_int(s.len, NGX_APIGW_NUMBER_LEN, "the longest number");
}


static void
test_json(void)
{
    u_char      c, *p, *copy, *buf;
    size_t      i, k, n, at;
    ngx_str_t   in, out;

    static const struct {
        const char  *in;
        const char  *want;
    } rows[] = {
        { "", "" },
        { "abc-_.09/<>&'", "abc-_.09/<>&'" },
        { "\"", "\\\"" },
        { "\\", "\\\\" },
        { "a\"b\\c\"", "a\\\"b\\\\c\\\"" },
        { "\t\n\r", "\\u0009\\u000a\\u000d" },
        { "\x01\x1f \x7f", "\\u0001\\u001f \x7f" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
        { "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf" },
        { "\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf" },
        { "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
        { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
          "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
        { "\xe9t\xe9", "\\ufffdt\\ufffd" },
        { "\x80\xbf", "\\ufffd\\ufffd" },
        { "\xc0\x80", "\\ufffd\\ufffd" },
        { "\xc1\xbf", "\\ufffd\\ufffd" },
        { "\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd" },
        { "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
        { "\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd" },
        { "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
        { "\xf5\xff", "\\ufffd\\ufffd" },
        { "\xc3", "\\ufffd" },
        { "\xe2\x82", "\\ufffd\\ufffd" },
        { "\xf0\x9f\x98", "\\ufffd\\ufffd\\ufffd" },
        { "\xc3\"", "\\ufffd\\\"" },
        { "\xe2\x82\"", "\\ufffd\\ufffd\\\"" },
        { "\xf0\x9f\x98\\", "\\ufffd\\ufffd\\ufffd\\\\" },
        { "\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        /* as large as they must be, for the sanitizer */

        in.len = strlen(rows[i].in);
        copy = malloc(in.len ? in.len : 1);
        memcpy(copy, rows[i].in, in.len);
        in.data = copy;

        buf = malloc(NGX_APIGW_JSON_LEN(in.len) + 1);
        memset(buf, 0xa5, NGX_APIGW_JSON_LEN(in.len) + 1);

        p = ngx_apigw_json_string(buf, &in);

        out.data = buf;
        out.len = (size_t) (p - buf);
        is_nstr(&out, rows[i].want, "json of row %lu", (unsigned long) i);
        is_int(ngx_apigw_json_string_len(&in), out.len, "its length");
        is_int(*p, 0xa5, "json writes no NUL");

        free(copy);
        free(buf);
    }

    /* nothing; a NUL; the longest */

    copy = calloc(1, 256);
    buf = malloc(NGX_APIGW_JSON_LEN(256));

    in.len = 0;
    in.data = NULL;

    ok(ngx_apigw_json_string(buf, &in) == buf, "json of nothing");
    is_int(ngx_apigw_json_string_len(&in), 0, "its length");

    in.len = 256;
    in.data = copy;
    out.data = buf;
    out.len = (size_t) (ngx_apigw_json_string(buf, &in) - buf);

    is_int(out.len, NGX_APIGW_JSON_LEN(256), "json of NULs");
    is_mem(buf, "\\u0000\\u0000", 12, "is escapes");

    /* each byte among others that are plain, at each place of each length */

    for (k = 0, n = 1; n < 18; n++) {

        for (i = 0; i < 256 * n; i++) {
            memset(copy, 'a' + i % 26, n);
            in.len = n;
            at = i % n;
            c = (u_char) (i / n);
            copy[at] = c;
            out.len = (size_t) (ngx_apigw_json_string(buf, &in) - buf);

            k += out.len != n + ((c < 0x20 || c > 0x7f) ? 5
                                 : (c == '"' || c == '\\'));
            k += out.len != ngx_apigw_json_string_len(&in);
            k += memcmp(buf, copy, at) != 0;
            k += memcmp(buf + out.len - (n - at - 1), copy + at + 1,
                        n - at - 1)
                 != 0;
        }
    }

    is_int(k, 0, "json of each byte at each place");

    /* each byte alone */

    for (k = 0, i = 0; i < 256; i++) {
        in.len = 1;
        copy[0] = (u_char) i;
        out.len = (size_t) (ngx_apigw_json_string(buf, &in) - buf);

        k += out.len != ((i < 0x20 || i > 0x7f) ? 6
                         : (i == '"' || i == '\\') ? 2 : 1);
    }

    is_int(k, 0, "json of each byte");

    free(copy);
    free(buf);
}


static void
test_words(void)
{
    size_t     i;
    ngx_str_t  s, same, trimmed;

    static ngx_str_t  others[] = {
        ngx_string(""), ngx_string("cookie\0"), ngx_string("cookies"),
        ngx_string("cooki"), ngx_string("cook\0e"), ngx_string("c\xcfokie")
    };
    static ngx_str_t  blanks[][2] = {
        { ngx_string(""), ngx_string("") },
        { ngx_string(" "), ngx_string("") },
        { ngx_string("\t \t"), ngx_string("") },
        { ngx_string("a"), ngx_string("a") },
        { ngx_string(" a b\t"), ngx_string("a b") },
        { ngx_string("\na\r"), ngx_string("\na\r") }
    };

    ngx_str_set(&s, "CooKie");
    ngx_str_set(&same, "cOOkie");

    is_int(ngx_apigw_text_is(&s, "cookie"), 1, "a word in either case");
    is_int(ngx_apigw_text_same(&s, &same), 1, "the same in either case");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        is_int(ngx_apigw_text_is(&others[i], "cookie"), 0, "another word");
        is_int(ngx_apigw_text_same(&others[i], &same), 0, "not the same");
        is_int(ngx_apigw_text_same(&others[i], &others[i]), 1, "itself");
    }

    ngx_str_set(&s, "");
    is_int(ngx_apigw_text_is(&s, ""), 1, "no word");

    for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        trimmed = blanks[i][0];
        ngx_apigw_text_trim(&trimmed);
        is_int(trimmed.len, blanks[i][1].len, "trimmed length");
        is_int(memcmp(trimmed.data, blanks[i][1].data, trimmed.len), 0,
               "trimmed");
    }
}


static void
test_clean(void)
{
    u_char      *copy;
    size_t       i, len;
    ngx_str_t    s;
    ngx_pool_t  *pool;

    static const struct {
        const char  *text;
        const char  *clean;
    } texts[] = {
        { "", "" },
        { "curl/8.5 \"<script>\\", "curl/8.5 \"<script>\\" },
        { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xc2\xa0",
          "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xc2\xa0" },
        { "a\nb\x7f\x1f\t", "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd"
                              "\xef\xbf\xbd" },
        { "\xff" "a\xc3", "\xef\xbf\xbd" "a\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc2\x85", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe2\x80\xa8x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" },
        { "\xe2\x80\xa9", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe2\x80\xa7", "\xe2\x80\xa7" }
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        pool = ngx_create_pool(1024, NULL);
        len = strlen(texts[i].text);

        copy = malloc(len ? len : 1);
        memcpy(copy, texts[i].text, len);

        s.len = len;
        s.data = copy;

        is_int(ngx_apigw_text_clean(&s, pool), NGX_OK, "clean %d", (int) i);
        is_nstr(&s, texts[i].clean, "  its text");
        ok(memcmp(copy, texts[i].text, len) == 0, "  and the old one stays");

        free(copy);
        ngx_destroy_pool(pool);
    }

    pool = ngx_create_pool(1024, NULL);
    s.len = 2;
    s.data = (u_char *) "a\0";
    is_int(ngx_apigw_text_clean(&s, pool), NGX_OK, "a NUL");
    is_nstr(&s, "a\xef\xbf\xbd", "  its text");
    ngx_destroy_pool(pool);
}


int
main(void)
{
    test_uuid();
    test_base();
    test_hex();
    test_number();
    test_json();
    test_words();
    test_clean();

    return done();
}
