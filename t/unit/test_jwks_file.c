
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_jwks_file.h"
#include "tap.h"


static ngx_str_t  issuer = ngx_string("https://id.example.com/a b");
static ngx_str_t  text = ngx_string("{\"keys\":[]}\n\nand more");


/* a file in a block of its own size */

static ngx_str_t
file_of(ngx_str_t *iss, time_t fetched, ngx_str_t *keys)
{
    size_t     len;
    u_char     head[NGX_APIGW_JWKS_FILE_HEAD + 256];
    ngx_str_t  file;

    len = ngx_apigw_jwks_file_head(head, iss, fetched, keys);

    ok(len <= NGX_APIGW_JWKS_FILE_HEAD + iss->len, "the head has room");
    is_int(head[len - 1], '\n', "the head is a line");

    file.len = len + keys->len;
    file.data = malloc(file.len);

    memcpy(file.data, head, len);

    if (keys->len) {
        memcpy(file.data + len, keys->data, keys->len);
    }

    return file;
}


static ngx_int_t
parse(u_char *p, size_t len, const char **reason)
{
    time_t      fetched;
    u_char     *copy;
    ngx_int_t   rc;
    ngx_str_t   file, out;

    copy = malloc(len ? len : 1);
    memcpy(copy, p, len);

    file.data = copy;
    file.len = len;

    *reason = NULL;
    rc = ngx_apigw_jwks_file_parse(&file, &issuer, &fetched, &out, reason);

    free(copy);

    return rc;
}


static void
whole(ngx_str_t *iss, time_t fetched, ngx_str_t *keys, const char *title)
{
    time_t       time;
    ngx_str_t    file, out;
    const char  *reason;

    file = file_of(iss, fetched, keys);

    is_int(ngx_apigw_jwks_file_parse(&file, iss, &time, &out, &reason), NGX_OK,
           "%s", title);
    is_int(time, fetched, "%s, the time", title);
    ok(out.len == keys->len
       && (keys->len == 0 || memcmp(out.data, keys->data, keys->len) == 0),
       "%s, the text", title);

    free(file.data);
}


static void
refused(const char *string, const char *want)
{
    ngx_int_t    rc;
    const char  *reason;

    rc = parse((u_char *) string, strlen(string), &reason);

    ok(rc == NGX_DECLINED && reason && strcmp(reason, want) == 0, "\"%s\"",
       string);
}


int
main(void)
{
    size_t       i, len;
    u_char      *p;
    ngx_str_t    file, none, other, big;
    ngx_uint_t   bit, bad;
    const char  *reason;

    ngx_str_null(&none);

    whole(&issuer, 1700000000, &text, "a file");
    whole(&issuer, 0, &text, "no time");
    whole(&issuer, 1700000000, &none, "no text");

    ngx_str_set(&other, "x");
    whole(&other, 99999999999, &text, "a short issuer, a late time");

    big.len = 262144;
    big.data = malloc(big.len);
    memset(big.data, ' ', big.len);
    whole(&issuer, 1700000000, &big, "a large text");
    free(big.data);

    /* the format is one of former runs, too */

    file = file_of(&issuer, 1700000000, &text);

    ok(memcmp(file.data, "apigw-jwks 1 1700000000 21 ", 27) == 0
       && memcmp(file.data + 27 + 32, " https://id.example.com/a b\n{", 29)
          == 0,
       "the head's form");
    is_mem(file.data + 27, "1a2505396be2ac4130439aecec743e67", 32,
           "its checksum");

    for (bad = 0, i = 0; i < file.len; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            file.data[i] ^= bit;
            bad += (parse(file.data, file.len, &reason) != NGX_DECLINED
                    || reason == NULL);
            file.data[i] ^= bit;
        }
    }

    is_int(bad, 0, "each bit counts");

    for (bad = 0, len = 0; len < file.len; len++) {
        bad += (parse(file.data, len, &reason) != NGX_DECLINED
                || reason == NULL);
    }

    is_int(bad, 0, "each byte counts");

    p = malloc(file.len + 1);
    memcpy(p, file.data, file.len);
    p[file.len] = '\n';

    is_int(parse(p, file.len, &reason), NGX_OK, "the file");
    is_int(parse(p, file.len + 1, &reason), NGX_DECLINED, "a byte more");

    free(p);
    free(file.data);

    refused("", "it is no file of keys, or of another version");
    refused("apigw-jwks 2 1 1 ", "it is no file of keys, or of another "
            "version");
    refused("{\"keys\":[]}", "it is no file of keys, or of another version");
    refused("apigw-jwks 1 ", "it is damaged");
    refused("apigw-jwks 1  1 ", "it is damaged");
    refused("apigw-jwks 1 01 1 ", "it is damaged");
    refused("apigw-jwks 1 -1 1 ", "it is damaged");
    refused("apigw-jwks 1 1 1", "it is damaged");
    refused("apigw-jwks 1 99999999999999999999 1 x", "it is damaged");
    refused("apigw-jwks 1 1 0 0123456789abcdef0123456789abcdef "
            "https://id.example.com/a c\n", "it is damaged, or another "
            "issuer's");
    refused("apigw-jwks 1 1 0 0123456789abcdef0123456789abcdef "
            "https://id.example.com/a b\n", "it is damaged");
    refused("apigw-jwks 1 1 1 0123456789abcdef0123456789abcdef "
            "https://id.example.com/a b\n", "it is incomplete");

    return done();
}
