
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_jwks_file.h"
#include "ngx_apigw_siphash.h"


#define NGX_APIGW_JWKS_FILE_MAGIC  "apigw-jwks 1 "

#define NGX_APIGW_JWKS_FILE_SUM    32    /* hex digits */

/* digits: more would overflow */
#define NGX_APIGW_JWKS_FILE_MAX    15


static u_char *ngx_apigw_jwks_file_number(u_char *p, uint64_t n);
static ngx_int_t ngx_apigw_jwks_file_read(ngx_str_t *line, uint64_t *n);
static u_char *ngx_apigw_jwks_file_sum(u_char *p, ngx_str_t *issuer,
    uint64_t fetched, ngx_str_t *text);


size_t
ngx_apigw_jwks_file_head(u_char *p, ngx_str_t *issuer, time_t fetched,
    ngx_str_t *text)
{
    u_char  *start;

    start = p;

    p = ngx_cpymem(p, NGX_APIGW_JWKS_FILE_MAGIC,
                   sizeof(NGX_APIGW_JWKS_FILE_MAGIC) - 1);
    p = ngx_apigw_jwks_file_number(p, (uint64_t) fetched);
    *p++ = ' ';
    p = ngx_apigw_jwks_file_number(p, text->len);
    *p++ = ' ';
    p = ngx_apigw_jwks_file_sum(p, issuer, (uint64_t) fetched, text);
    *p++ = ' ';
    p = ngx_cpymem(p, issuer->data, issuer->len);
    *p++ = '\n';

    return p - start;
}


ngx_int_t
ngx_apigw_jwks_file_parse(ngx_str_t *file, ngx_str_t *issuer, time_t *fetched,
    ngx_str_t *text, const char **reason)
{
    u_char     sum[NGX_APIGW_JWKS_FILE_SUM], *p;
    size_t     len;
    uint64_t   time, n;
    ngx_str_t  line;

    len = sizeof(NGX_APIGW_JWKS_FILE_MAGIC) - 1;

    if (file->len < len
        || ngx_memcmp(file->data, NGX_APIGW_JWKS_FILE_MAGIC, len) != 0)
    {
        *reason = "it is no file of keys, or of another version";
        return NGX_DECLINED;
    }

    line.data = file->data + len;
    line.len = file->len - len;

    *reason = "it is damaged";

    if (ngx_apigw_jwks_file_read(&line, &time) != NGX_OK
        || ngx_apigw_jwks_file_read(&line, &n) != NGX_OK
        || line.len < sizeof(sum) + 1 + issuer->len + 1)
    {
        return NGX_DECLINED;
    }

    p = line.data + sizeof(sum);

    if (*p++ != ' '
        || ngx_memcmp(p, issuer->data, issuer->len) != 0
        || p[issuer->len] != '\n')
    {
        *reason = "it is damaged, or another issuer's";
        return NGX_DECLINED;
    }

    text->data = p + issuer->len + 1;
    text->len = file->data + file->len - text->data;

    if (text->len != n) {
        *reason = "it is incomplete";
        return NGX_DECLINED;
    }

    (void) ngx_apigw_jwks_file_sum(sum, issuer, time, text);

    if (ngx_memcmp(line.data, sum, sizeof(sum)) != 0) {
        return NGX_DECLINED;
    }

    *fetched = (time_t) time;

    return NGX_OK;
}


static u_char *
ngx_apigw_jwks_file_number(u_char *p, uint64_t n)
{
    u_char  *start, *last, c;

    start = p;

    do {
        *p++ = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    for (last = p - 1; start < last; start++, last--) {
        c = *start;
        *start = *last;
        *last = c;
    }

    return p;
}


/* a number and a space, without which nothing is read */

static ngx_int_t
ngx_apigw_jwks_file_read(ngx_str_t *line, uint64_t *n)
{
    size_t  i;

    *n = 0;

    for (i = 0; i < line->len && i <= NGX_APIGW_JWKS_FILE_MAX; i++) {

        if (line->data[i] == ' ' && i) {
            line->data += i + 1;
            line->len -= i + 1;
            return NGX_OK;
        }

        if (line->data[i] < '0'
            || line->data[i] > '9'
            || (i == 1 && line->data[0] == '0'))
        {
            return NGX_ERROR;
        }

        *n = *n * 10 + (line->data[i] - '0');
    }

    return NGX_ERROR;
}


/* of the time and the issuer, then, with that as the key, of the text */

static u_char *
ngx_apigw_jwks_file_sum(u_char *p, ngx_str_t *issuer, uint64_t fetched,
    ngx_str_t *text)
{
    u_char      key[NGX_APIGW_SIPHASH_KEY_LEN];
    uint64_t    hash[2];
    ngx_uint_t  i, shift;

    static const u_char  hex[] = "0123456789abcdef";

    ngx_memzero(key, sizeof(key));
    ngx_memcpy(key, &fetched, sizeof(uint64_t));

    ngx_apigw_siphash128(key, issuer->data, issuer->len, hash);
    ngx_memcpy(key, hash, sizeof(key));

    ngx_apigw_siphash128(key, text->data, text->len, hash);

    for (i = 0; i < 2; i++) {
        for (shift = 64; shift; shift -= 4) {
            *p++ = hex[hash[i] >> (shift - 4) & 0xf];
        }
    }

    return p;
}
