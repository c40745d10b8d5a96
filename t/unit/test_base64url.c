
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_base64url.h"
#include "tap.h"


static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_";


/* exactly the room that the header asks for, so that a byte more is seen */

static ngx_int_t
decode(const char *text, size_t len, ngx_str_t *dst)
{
    u_char     *copy;
    ngx_str_t   src;
    ngx_int_t   rc;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    src.data = copy;
    src.len = len;

    dst->len = 4711;
    dst->data = malloc(NGX_APIGW_BASE64URL_LEN(len));

    rc = ngx_apigw_base64url_decode(dst, &src);

    free(copy);

    return rc;
}


static void
good(const char *text, const char *want, size_t len)
{
    ngx_str_t  dst;

    if (is_int(decode(text, strlen(text), &dst), NGX_OK, "\"%s\"", text)) {
        is_int(dst.len, len, "its length");
        is_mem(dst.data, want, len, "its bytes");
    }

    free(dst.data);
}


static void
bad(const char *text, size_t len, const char *title)
{
    ngx_str_t  dst;

    is_int(decode(text, len, &dst), NGX_ERROR, "%s", title);
    is_int(dst.len, 4711, "and no length");

    free(dst.data);
}


static void
test_values(void)
{
    /* RFC 4648, 10 and RFC 7515, C */

    good("", "", 0);
    good("Zg", "f", 1);
    good("Zm8", "fo", 2);
    good("Zm9v", "foo", 3);
    good("Zm9vYg", "foob", 4);
    good("Zm9vYmE", "fooba", 5);
    good("Zm9vYmFy", "foobar", 6);
    good("A-z_4ME", "\x03\xec\xff\xe0\xc1", 5);
    good("AAAA", "\0\0\0", 3);
    good("____", "\xff\xff\xff", 3);
    good("_w", "\xff", 1);
    good("-_8", "\xfb\xff", 2);
}


static void
test_errors(void)
{
    char    text[8];
    size_t  i;

    bad("A", 1, "one character");
    bad("AAAAA", 5, "five of them");
    bad("Zg==", 4, "padding");
    bad("Zm8=", 4, "less of it");
    bad("Zg=", 3, "too little of it");
    bad("=", 1, "only padding");
    bad("Zm 8", 4, "a blank");
    bad("Zm8\n", 4, "a line feed at the end");
    bad("Zm\n9v", 5, "a line feed inside");
    bad("Zm8\0", 4, "a NUL");
    bad("+A", 2, "a plus of base64");
    bad("AA/A", 4, "a slash of base64");
    bad("A.", 2, "a period");

    for (i = 0; i < 4; i++) {
        memcpy(text, "AAAA", 4);
        text[i] = '$';
        bad(text, 4, "none of the alphabet");
    }

    for (i = 0; i < 3; i++) {
        memcpy(text, "AAAAAAA", 7);
        text[4 + i] = '$';
        bad(text, 7, "in the last group");
    }
}


/* two texts never have one value: the attack is a signature with spare bits */

static void
test_spare_bits(void)
{
    char        text[4];
    ngx_str_t   dst;
    ngx_uint_t  i, two, three;

    two = 0;
    three = 0;

    for (i = 0; i < 64; i++) {
        text[0] = 'A';
        text[1] = alphabet[i];

        if (decode(text, 2, &dst) == NGX_OK) {
            two++;
            ok(i % 16 == 0 && dst.len == 1 && dst.data[0] == i >> 4,
               "A%c", alphabet[i]);
        }

        free(dst.data);

        text[1] = 'A';
        text[2] = alphabet[i];

        if (decode(text, 3, &dst) == NGX_OK) {
            three++;
            ok(i % 4 == 0 && dst.len == 2 && dst.data[1] == i >> 2,
               "AA%c", alphabet[i]);
        }

        free(dst.data);
    }

    is_int(two, 4, "of 64 characters 4 may end a group of two");
    is_int(three, 16, "and 16 one of three");
}


static void
test_all_characters(void)
{
    char         text[4];
    u_char       want;
    ngx_int_t    rc;
    ngx_str_t    dst;
    ngx_uint_t   c, wrong;
    const char  *p;

    wrong = 0;

    for (c = 0; c < 256; c++) {
        memcpy(text, "AAAA", 4);
        text[3] = (char) c;

        p = c ? strchr(alphabet, (int) c) : NULL;
        rc = decode(text, 4, &dst);

        if (p == NULL) {
            wrong += (rc != NGX_ERROR);

        } else {
            want = (u_char) (p - alphabet);
            wrong += (rc != NGX_OK || dst.len != 3 || dst.data[2] != want);
        }

        free(dst.data);
    }

    is_int(wrong, 0, "each of 256 characters has its value or none");
}


static void
test_in_place(void)
{
    ngx_str_t  s;

    char  text[] = "Zm9vYmE";

    s.data = (u_char *) text;
    s.len = 7;

    is_int(ngx_apigw_base64url_decode(&s, &s), NGX_OK, "in place");
    is_nstr(&s, "fooba", "its bytes");
}


/* len -1: it is none */

static void
base64(const char *text, const char *want, int len)
{
    char       copy[16];
    ngx_int_t  rc;
    ngx_str_t  s;

    strcpy(copy, text);

    s.data = (u_char *) copy;
    s.len = strlen(text);

    rc = ngx_apigw_base64_decode(&s, &s);

    is_int(rc, len < 0 ? NGX_ERROR : NGX_OK, "base64 \"%s\"", text);

    if (rc == NGX_OK) {
        is_int(s.len, len, "its length");
        is_mem(s.data, want, len, "its bytes");
    }
}


static void
test_base64(void)
{
    base64("", "", 0);
    base64("Zg==", "f", 1);
    base64("Zm8=", "fo", 2);
    base64("Zm9v", "foo", 3);
    base64("Zm9vYg==", "foob", 4);
    base64("Zm9vYmE=", "fooba", 5);
    base64("Zm9vYmFy", "foobar", 6);
    base64("A+z/4ME=", "\x03\xec\xff\xe0\xc1", 5);
    base64("++//", "\xfb\xef\xff", 3);
    base64("Zg", "f", 1);
    base64("Zm8", "fo", 2);

    base64("=", "", -1);
    base64("==", "", -1);
    base64("===", "", -1);
    base64("====", "", -1);
    base64("A===", "", -1);
    base64("AA=A", "", -1);
    base64("Zg=", "", -1);
    base64("Zm8==", "", -1);
    base64("Zm9v=", "", -1);
    base64("Zm9v==", "", -1);
    base64("Zm9v====", "", -1);
    base64("Zg==Zg==", "", -1);
    base64("Zh==", "", -1);
    base64("Zm9=", "", -1);
    base64("A-z_", "", -1);
    base64("Zm8=\n", "", -1);
    base64("Zm9v\n", "", -1);
    base64("Zm9v\r\nZg", "", -1);
    base64(" Zm9v", "", -1);
    base64("Zm,v", "", -1);
    base64("Zm*v", "", -1);
    base64("Zm{v", "", -1);
    base64("Zm\xffv", "", -1);
}


int
main(void)
{
    test_values();
    test_errors();
    test_spare_bits();
    test_all_characters();
    test_in_place();
    test_base64();

    return done();
}
