
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_revoked.h"
#include "tap.h"


#define MAX_LINE  NGX_APIGW_REVOKED_MAX_LINE


static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789abcdef";


/* each piece is a block of its own */

static ngx_int_t
feed(ngx_apigw_revoked_t *list, const char *text, size_t len, ngx_uint_t last,
    ngx_uint_t *line, const char **reason)
{
    ngx_int_t  rc;
    ngx_str_t  piece;

    piece.len = len;
    piece.data = malloc(len ? len : 1);
    memcpy(piece.data, text, len);

    *line = 0;
    *reason = NULL;

    rc = ngx_apigw_revoked_feed(list, &piece, last, line, reason);

    memset(piece.data, 'x', len);
    free(piece.data);

    return rc;
}


/* the whole text in pieces of so many bytes */

static ngx_int_t
read_by(ngx_apigw_revoked_t *list, const char *text, size_t len, size_t n,
    ngx_uint_t *line, const char **reason)
{
    ngx_int_t  rc;

    while (len > n) {
        rc = feed(list, text, n, 0, line, reason);

        if (rc != NGX_OK) {
            return rc;
        }

        text += n;
        len -= n;
    }

    return feed(list, text, len, 1, line, reason);
}


static ngx_uint_t
find(ngx_apigw_revoked_t *list, ngx_uint_t what, const char *value)
{
    ngx_str_t  s;

    s.data = (u_char *) value;
    s.len = strlen(value);

    return ngx_apigw_revoked_find(list, what, &s);
}


static ngx_apigw_revoked_t *
list_of(const char *text)
{
    const char           *reason;
    ngx_uint_t            line;
    ngx_apigw_revoked_t  *list;

    list = ngx_apigw_revoked_create(seed);

    if (!is_int(read_by(list, text, strlen(text), 4096, &line, &reason),
                NGX_OK, "%s", text))
    {
        comment("%s in %lu", reason, (unsigned long) line);
    }

    return list;
}


static void
test_find(void)
{
    ngx_apigw_revoked_t  *list;

    list = list_of("# what is lost\n\njti a1\nsub alice\r\nkid k 1\n"
                   "  \t \n\r\n#jti a2\njti a1\nsub a1\njti caf\xc3\xa9");

    is_int(ngx_apigw_revoked_count(list), 5, "five values");

    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a1"), 1, "a jti");
    is_int(find(list, NGX_APIGW_REVOKED_SUB, "a1"), 1, "a sub like it");
    is_int(find(list, NGX_APIGW_REVOKED_KID, "a1"), 0, "it is no kid");
    is_int(find(list, NGX_APIGW_REVOKED_SUB, "alice"), 1, "CRLF");
    is_int(find(list, NGX_APIGW_REVOKED_SUB, "alice\r"), 0, "without the CR");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "alice"), 0, "it is no jti");
    is_int(find(list, NGX_APIGW_REVOKED_KID, "k 1"), 1, "a space inside");
    is_int(find(list, NGX_APIGW_REVOKED_KID, "k"), 0, "all of it");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "caf\xc3\xa9"), 1,
           "a last line without an end");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a2"), 0, "a comment");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "A1"), 0, "another case");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a"), 0, "a shorter one");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a11"), 0, "a longer one");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, ""), 0, "an empty one");

    ngx_apigw_revoked_free(list);
}


static void
test_empty(void)
{
    ngx_str_t             none;
    ngx_uint_t            line;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    list = list_of("");
    is_int(ngx_apigw_revoked_count(list), 0, "an empty file");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a"), 0, "revokes nothing");
    ngx_apigw_revoked_free(list);

    list = list_of("# nothing\n\n\n");
    is_int(ngx_apigw_revoked_count(list), 0, "comments and empty lines");
    ngx_apigw_revoked_free(list);

    list = list_of("\xef\xbb\xbfjti a\n");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a"), 1, "a byte order mark");
    ngx_apigw_revoked_free(list);

    list = list_of("\xef\xbb\xbf");
    is_int(ngx_apigw_revoked_count(list), 0, "alone");
    ngx_apigw_revoked_free(list);

    list = ngx_apigw_revoked_create(seed);
    is_int(find(list, NGX_APIGW_REVOKED_SUB, "a"), 0, "a list not yet read");
    ngx_str_null(&none);
    is_int(ngx_apigw_revoked_feed(list, &none, 1, &line, &reason), NGX_OK,
           "no text at all");
    ngx_apigw_revoked_free(list);
}


/* wherever the text is cut */

static void
test_pieces(void)
{
    size_t                n;
    ngx_int_t             rc;
    ngx_uint_t            line, wrong;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    static const char  text[] =
        "\xef\xbb\xbf" "jti one\r\nsub two\n\n# three\r\nkid four\r\n"
        "jti five\njti six\r";

    for (wrong = 0, n = 1; n < sizeof(text); n++) {
        list = ngx_apigw_revoked_create(seed);
        rc = read_by(list, text, sizeof(text) - 1, n, &line, &reason);

        wrong += (rc != NGX_OK
                  || ngx_apigw_revoked_count(list) != 5
                  || !find(list, NGX_APIGW_REVOKED_JTI, "one")
                  || !find(list, NGX_APIGW_REVOKED_SUB, "two")
                  || !find(list, NGX_APIGW_REVOKED_KID, "four")
                  || !find(list, NGX_APIGW_REVOKED_JTI, "five")
                  || !find(list, NGX_APIGW_REVOKED_JTI, "six"));

        ngx_apigw_revoked_free(list);
    }

    is_int(wrong, 0, "in pieces of any size");

    list = ngx_apigw_revoked_create(seed);
    is_int(feed(list, "jti a", 5, 0, &line, &reason), NGX_OK, "a piece");
    is_int(feed(list, "", 0, 0, &line, &reason), NGX_OK, "an empty piece");
    is_int(feed(list, "b\n", 2, 0, &line, &reason), NGX_OK, "another");
    is_int(feed(list, "", 0, 1, &line, &reason), NGX_OK, "an empty last one");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "ab"), 1, "make a line");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "a"), 0, "not two");
    ngx_apigw_revoked_free(list);
}


static void
refuses_len(const char *text, size_t len, ngx_uint_t want, const char *why)
{
    size_t                n;
    ngx_int_t             rc;
    ngx_uint_t            line, wrong;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    for (wrong = 0, n = len; n; n = (n > 8) ? n / 2 : n - 1) {
        list = ngx_apigw_revoked_create(seed);
        rc = read_by(list, text, len, n, &line, &reason);

        if (rc != NGX_DECLINED || line != want || strcmp(reason, why) != 0) {
            comment("%ld in %lu: %s", (long) rc, (unsigned long) line, reason);
            wrong++;
        }

        ngx_apigw_revoked_free(list);
    }

    is_int(wrong, 0, "%lu: %s", (unsigned long) want, why);
}


static void
refuses(const char *text, ngx_uint_t want, const char *why)
{
    refuses_len(text, strlen(text), want, why);
}


static void
test_errors(void)
{
    const char  *word = "the line does not begin with \"jti \", \"sub \", "
                        "\"kid \" or \"#\"";
    const char  *missing = "the value is missing";
    const char  *space = "the value begins or ends with a space";
    const char  *control = "the value has a control character";

    refuses("jt", 1, word);
    refuses("jti a\nexp b\n", 2, word);
    refuses("jti a\r\n\r\n#\r\nJTI b\r\n", 4, word);
    refuses("jtia\n", 1, word);
    refuses("jti\ta\n", 1, word);
    refuses(" jti a\n", 1, word);
    refuses(" # a\n", 1, word);
    refuses("jti=a\n", 1, word);
    refuses("eyJhbGciOiJSUzI1NiJ9.e30.AA\n", 1, word);
    refuses("jti a\n\xef\xbb\xbfjti b\n", 2, word);
    refuses_len("\0", 1, 1, word);

    refuses("jti", 1, missing);
    refuses("jti \n", 1, missing);
    refuses("jti a\nsub\r\n", 2, missing);
    refuses("jti a\nsub \r\n", 2, missing);
    refuses("jti a\nkid", 2, missing);

    refuses("jti  a\n", 1, space);
    refuses("jti a \n", 1, space);
    refuses("jti a \r\n", 1, space);
    refuses("jti   \n", 1, space);

    refuses_len("jti a\njti a\0b\n", 14, 2, control);
    refuses_len("jti \0\n", 6, 1, control);
    refuses("jti a\rb\n", 1, control);
    refuses("jti a\r\r\n", 1, control);
    refuses("jti a\tb\n", 1, control);
    refuses("jti \x7f\n", 1, control);
}


static void
test_long_lines(void)
{
    char                 *text;
    size_t                n;
    ngx_str_t             value;
    ngx_uint_t            i;
    ngx_apigw_revoked_t  *list;

    const char  *reason = "the line is too long";

    static const char *const  ends[] = { "\n", "\r\n", "\n#\n", "\r", "" };

    text = malloc(4 * MAX_LINE);

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        memset(text, 'x', MAX_LINE + 1);
        memcpy(text, "jti ", 4);

        strcpy(text + MAX_LINE, ends[i]);
        list = list_of(text);
        value.data = (u_char *) text + 4;
        value.len = MAX_LINE - 4;
        is_int(ngx_apigw_revoked_find(list, NGX_APIGW_REVOKED_JTI, &value), 1,
               "the longest line");
        value.len--;
        is_int(ngx_apigw_revoked_find(list, NGX_APIGW_REVOKED_JTI, &value), 0,
               "and all of it");
        ngx_apigw_revoked_free(list);

        text[MAX_LINE] = 'x';
        strcpy(text + MAX_LINE + 1, ends[i]);
        refuses(text, 1, reason);
    }

    for (n = MAX_LINE; n < MAX_LINE + 3; n++) {
        memset(text, 'x', 3 * MAX_LINE);
        memcpy(text, "\n#", 2);
        text[n + 1] = '\r';
        text[n + 2] = 'x';
        text[3 * MAX_LINE] = '\0';
        refuses(text, 2, reason);
    }

    free(text);
}


/* so many that tables and records have grown several times */

static void
test_many(void)
{
    char                  text[64];
    size_t                n;
    ngx_int_t             rc;
    ngx_uint_t            i, line, wrong;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    static const char *const  words[] = { "jti", "sub", "kid" };

    list = ngx_apigw_revoked_create(seed);

    for (wrong = 0, i = 0; i < 20000; i++) {
        n = sprintf(text, "%s value-%lu\n", words[i % 3],
                    (unsigned long) i / 2);
        rc = feed(list, text, n, 0, &line, &reason);
        wrong += (rc != NGX_OK || line != i + 2);
    }

    is_int(wrong, 0, "20000 lines");
    is_int(feed(list, "", 0, 1, &line, &reason), NGX_OK, "the end");
    is_int(ngx_apigw_revoked_count(list), 20000, "20000 values");

    for (wrong = 0, i = 0; i < 20000; i++) {
        sprintf(text, "value-%lu", (unsigned long) i / 2);
        wrong += !find(list, i % 3, text);

        if (i % 2 == 0) {
            wrong += find(list, (i + 2) % 3, text);
        }

        sprintf(text, "value-%lu", (unsigned long) i + 10000);
        wrong += find(list, i % 3, text);
    }

    is_int(wrong, 0, "these and no others are there");

    ngx_apigw_revoked_free(list);
}


static void
test_no_memory(void)
{
    long                  n;
    size_t                len;
    ngx_int_t             rc;
    ngx_str_t             piece;
    ngx_uint_t            i, line;
    const char           *reason;
    ngx_apigw_revoked_t  *list;

    static char  text[8192];

    ngx_stub_fail(0);
    list = ngx_apigw_revoked_create(seed);
    ngx_stub_fail(-1);
    ok(list == NULL, "no list without memory");

    for (len = 0, i = 0; i < 300; i++) {
        len += sprintf(text + len, "jti value-%lu\n", (unsigned long) i);
    }

    piece.data = (u_char *) text;
    piece.len = len;

    for (n = 0; /* void */; n++) {
        list = ngx_apigw_revoked_create(seed);

        ngx_stub_fail(n);
        rc = ngx_apigw_revoked_feed(list, &piece, 0, &line, &reason);
        ngx_stub_fail(-1);

        if (rc != NGX_ERROR) {
            break;
        }

        i = ngx_apigw_revoked_count(list);
        is_int(find(list, NGX_APIGW_REVOKED_JTI, "value-0"), i > 0,
               "without memory after %ld the list has %lu", n,
               (unsigned long) i);

        ngx_apigw_revoked_free(list);
    }

    is_int(rc, NGX_OK, "with enough memory");
    ok(n > 4, "it grows several times");

    ngx_stub_fail(0);
    piece.len = 0;
    rc = ngx_apigw_revoked_feed(list, &piece, 1, &line, &reason);
    ngx_stub_fail(-1);

    is_int(rc, NGX_OK, "that it can't shrink is no error");
    is_int(ngx_apigw_revoked_count(list), 300, "all are there");
    is_int(find(list, NGX_APIGW_REVOKED_JTI, "value-299"), 1, "the last, too");

    ngx_apigw_revoked_free(list);
}


int
main(void)
{
    test_find();
    test_empty();
    test_pieces();
    test_errors();
    test_long_lines();
    test_many();
    test_no_memory();

    return done();
}
