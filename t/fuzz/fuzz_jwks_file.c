
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A file of keys, after its issuer and a line end: as it is; then one that is
 * made of it, whole and with a bit that is wrong.
 */

#include "ngx_apigw_jwks_file.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what is taken makes the same file again */

static void
fuzz_parse(ngx_str_t *file, ngx_str_t *issuer)
{
    time_t       fetched;
    u_char      *head;
    size_t       len;
    ngx_int_t    rc;
    ngx_str_t    text;
    const char  *reason;

    reason = NULL;
    rc = ngx_apigw_jwks_file_parse(file, issuer, &fetched, &text, &reason);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED && reason);
        return;
    }

    check(text.data + text.len == file->data + file->len);

    head = malloc(NGX_APIGW_JWKS_FILE_HEAD + issuer->len);
    len = ngx_apigw_jwks_file_head(head, issuer, fetched, &text);

    check(len + text.len == file->len);
    check(memcmp(head, file->data, len) == 0);

    free(head);
}


static void
fuzz_make(ngx_str_t *text, ngx_str_t *issuer)
{
    time_t       fetched;
    size_t       at;
    ngx_str_t    file, got;
    const char  *reason;

    file.data = malloc(NGX_APIGW_JWKS_FILE_HEAD + issuer->len + text->len);
    file.len = ngx_apigw_jwks_file_head(file.data, issuer, text->len * 12345,
                                        text);

    check(file.len <= NGX_APIGW_JWKS_FILE_HEAD + issuer->len);

    memcpy(file.data + file.len, text->data, text->len);
    file.len += text->len;

    check(ngx_apigw_jwks_file_parse(&file, issuer, &fetched, &got, &reason)
          == NGX_OK);
    check(fetched == (time_t) (text->len * 12345) && got.len == text->len);

    /* where, and which bit, the text says */

    at = text->len ? (text->data[0] * 256 + text->data[text->len - 1])
                     % file.len
                   : 0;
    file.data[at] ^= 1 << (text->len % 8);

    check(ngx_apigw_jwks_file_parse(&file, issuer, &fetched, &got, &reason)
          == NGX_DECLINED);

    free(file.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          n;
    ngx_str_t       issuer, text;
    const uint8_t  *p;

    p = size ? memchr(data, '\n', size) : NULL;
    n = p ? (size_t) (p - data) : 0;

    issuer.len = n;
    issuer.data = memcpy(malloc(n + 1), data, n);

    text.len = p ? size - n - 1 : size;
    text.data = malloc(text.len ? text.len : 1);
    memcpy(text.data, data + size - text.len, text.len);

    fuzz_parse(&text, &issuer);
    fuzz_make(&text, &issuer);

    free(issuer.data);
    free(text.data);

    return 0;
}
