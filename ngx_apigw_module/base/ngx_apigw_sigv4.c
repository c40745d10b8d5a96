
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * IAM User Guide, create a signed AWS API request: the string to sign, the
 * signing key, the signature.  HMAC is RFC 2104.
 */

#include "ngx_apigw_sigv4_int.h"
#include "ngx_apigw_digest.h"
#include "ngx_apigw_period.h"

#include <openssl/err.h>
#include <openssl/evp.h>


#define NGX_APIGW_SIGV4_BLOCK  64
#define NGX_APIGW_SIGV4_DAY    8                         /* "20150830" */
#define NGX_APIGW_SIGV4_LAST   (((int64_t) NGX_APIGW_DAY_MAX + 1) * 86400 - 1)


static void ngx_apigw_sigv4_digits(u_char *p, ngx_uint_t n);
static u_char *ngx_apigw_sigv4_hex(u_char *p, u_char *data, size_t len);
static ngx_int_t ngx_apigw_sigv4_to_sign(ngx_apigw_sigv4_t *request,
    ngx_apigw_digest_t *digest, ngx_pool_t *pool, ngx_str_t *canonical,
    ngx_str_t *to_sign);
static size_t ngx_apigw_sigv4_scope_len(ngx_apigw_sigv4_t *request);
static u_char *ngx_apigw_sigv4_scope(u_char *p, ngx_apigw_sigv4_t *request);
static ngx_int_t ngx_apigw_sigv4_sign(ngx_apigw_sigv4_t *request,
    ngx_apigw_digest_t *digest, ngx_str_t *secret, ngx_str_t *to_sign,
    u_char *signature);
static ngx_int_t ngx_apigw_sigv4_secret(ngx_apigw_digest_t *digest,
    ngx_str_t *secret, ngx_str_t *key);
static ngx_int_t ngx_apigw_sigv4_hmac(ngx_apigw_digest_t *digest,
    ngx_str_t *key, ngx_str_t *text, u_char *out);
static ngx_int_t ngx_apigw_sigv4_header(ngx_apigw_sigv4_t *request,
    ngx_pool_t *pool, ngx_str_t *key_id, ngx_str_t *names, u_char *signature,
    ngx_str_t *authorization);


static ngx_str_t  ngx_apigw_sigv4_algorithm = ngx_string("AWS4-HMAC-SHA256");
static ngx_str_t  ngx_apigw_sigv4_credential = ngx_string(" Credential=");
static ngx_str_t  ngx_apigw_sigv4_signed = ngx_string(", SignedHeaders=");
static ngx_str_t  ngx_apigw_sigv4_signature = ngx_string(", Signature=");
static ngx_str_t  ngx_apigw_sigv4_start = ngx_string("AWS4");
static ngx_str_t  ngx_apigw_sigv4_end = ngx_string("aws4_request");


ngx_apigw_sha256_t *
ngx_apigw_sha256_create(void)
{
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        ERR_clear_error();
        return NULL;
    }

    if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        EVP_MD_CTX_free(ctx);
        return NULL;
    }

    return (ngx_apigw_sha256_t *) ctx;
}


ngx_int_t
ngx_apigw_sha256_update(ngx_apigw_sha256_t *sha, u_char *data, size_t len)
{
    if (EVP_DigestUpdate((EVP_MD_CTX *) sha, data, len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_sha256_final(ngx_apigw_sha256_t *sha,
    u_char hex[NGX_APIGW_SHA256_HEX])
{
    int     rc;
    u_char  hash[NGX_APIGW_DIGEST_LEN];

    rc = 1;

    if (hex) {
        rc = EVP_DigestFinal_ex((EVP_MD_CTX *) sha, hash, NULL);
    }

    EVP_MD_CTX_free((EVP_MD_CTX *) sha);

    if (rc != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    if (hex) {
        (void) ngx_apigw_sigv4_hex(hex, hash, NGX_APIGW_DIGEST_LEN);
    }

    return NGX_OK;
}


void
ngx_apigw_sigv4_date(u_char date[NGX_APIGW_SIGV4_DATE], int64_t time)
{
    u_char      day[NGX_APIGW_DATE_LEN];
    ngx_uint_t  seconds;

    time = ngx_max(time, 0);
    time = ngx_min(time, NGX_APIGW_SIGV4_LAST);

    seconds = time % 86400;

    (void) ngx_apigw_date_print(day, (uint32_t) (time / 86400));

    ngx_memcpy(date, day, 4);
    ngx_memcpy(date + 4, day + 5, 2);
    ngx_memcpy(date + 6, day + 8, 2);

    date[8] = 'T';
    ngx_apigw_sigv4_digits(date + 9, seconds / 3600);
    ngx_apigw_sigv4_digits(date + 11, seconds / 60 % 60);
    ngx_apigw_sigv4_digits(date + 13, seconds % 60);
    date[15] = 'Z';
}


static void
ngx_apigw_sigv4_digits(u_char *p, ngx_uint_t n)
{
    p[0] = (u_char) ('0' + n / 10);
    p[1] = (u_char) ('0' + n % 10);
}


static u_char *
ngx_apigw_sigv4_hex(u_char *p, u_char *data, size_t len)
{
    size_t         i;
    static u_char  hex[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        *p++ = hex[data[i] >> 4];
        *p++ = hex[data[i] & 0xf];
    }

    return p;
}


ngx_int_t
ngx_apigw_sigv4(ngx_apigw_sigv4_t *request,
    ngx_apigw_credentials_t *credentials, ngx_pool_t *pool,
    ngx_str_t *authorization, ngx_str_t *canonical, ngx_str_t *to_sign)
{
    u_char               signature[NGX_APIGW_DIGEST_LEN];
    ngx_int_t            rc;
    ngx_str_t            text, names, string;
    ngx_apigw_digest_t  *digest;

    if (ngx_apigw_sigv4_canonical(request, pool, &text, &names) != NGX_OK) {
        return NGX_ERROR;
    }

    /* SHA-256 is fetched once for all six */

    digest = ngx_apigw_digest_create(NULL);
    if (digest == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_apigw_sigv4_to_sign(request, digest, pool, &text, &string);

    if (rc == NGX_OK) {
        rc = ngx_apigw_sigv4_sign(request, digest, &credentials->secret,
                                  &string, signature);
    }

    ngx_apigw_digest_free(digest);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (canonical) {
        *canonical = text;
    }

    if (to_sign) {
        *to_sign = string;
    }

    return ngx_apigw_sigv4_header(request, pool, &credentials->key_id, &names,
                                  signature, authorization);
}


static ngx_int_t
ngx_apigw_sigv4_to_sign(ngx_apigw_sigv4_t *request,
    ngx_apigw_digest_t *digest, ngx_pool_t *pool, ngx_str_t *canonical,
    ngx_str_t *to_sign)
{
    u_char  *p, hash[NGX_APIGW_DIGEST_LEN];

    if (ngx_apigw_digest(digest, canonical, NULL, hash) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(pool, ngx_apigw_sigv4_algorithm.len
                          + NGX_APIGW_SIGV4_DATE
                          + ngx_apigw_sigv4_scope_len(request)
                          + NGX_APIGW_SHA256_HEX + sizeof("\n\n\n") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    to_sign->data = p;

    p = ngx_cpymem(p, ngx_apigw_sigv4_algorithm.data,
                   ngx_apigw_sigv4_algorithm.len);
    *p++ = '\n';
    p = ngx_cpymem(p, request->date.data, NGX_APIGW_SIGV4_DATE);
    *p++ = '\n';
    p = ngx_apigw_sigv4_scope(p, request);
    *p++ = '\n';
    p = ngx_apigw_sigv4_hex(p, hash, NGX_APIGW_DIGEST_LEN);

    to_sign->len = p - to_sign->data;

    return NGX_OK;
}


static size_t
ngx_apigw_sigv4_scope_len(ngx_apigw_sigv4_t *request)
{
    return NGX_APIGW_SIGV4_DAY + request->region.len + request->service.len
           + ngx_apigw_sigv4_end.len + sizeof("///") - 1;
}


static u_char *
ngx_apigw_sigv4_scope(u_char *p, ngx_apigw_sigv4_t *request)
{
    p = ngx_cpymem(p, request->date.data, NGX_APIGW_SIGV4_DAY);
    *p++ = '/';
    p = ngx_cpymem(p, request->region.data, request->region.len);
    *p++ = '/';
    p = ngx_cpymem(p, request->service.data, request->service.len);
    *p++ = '/';

    return ngx_cpymem(p, ngx_apigw_sigv4_end.data, ngx_apigw_sigv4_end.len);
}


static ngx_int_t
ngx_apigw_sigv4_sign(ngx_apigw_sigv4_t *request, ngx_apigw_digest_t *digest,
    ngx_str_t *secret, ngx_str_t *to_sign, u_char *signature)
{
    u_char       data[NGX_APIGW_SIGV4_BLOCK];
    ngx_int_t    rc;
    ngx_str_t    key, day, *texts[4];
    ngx_uint_t   i;

    day.len = NGX_APIGW_SIGV4_DAY;
    day.data = request->date.data;

    texts[0] = &day;
    texts[1] = &request->region;
    texts[2] = &request->service;
    texts[3] = &ngx_apigw_sigv4_end;

    key.data = data;

    rc = ngx_apigw_sigv4_secret(digest, secret, &key);

    for (i = 0; i < 4 && rc == NGX_OK; i++) {
        rc = ngx_apigw_sigv4_hmac(digest, &key, texts[i], key.data);
        key.len = NGX_APIGW_DIGEST_LEN;
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_sigv4_hmac(digest, &key, to_sign, signature);
    }

    ngx_apigw_cleanse(data, NGX_APIGW_SIGV4_BLOCK);

    return rc;
}


/* "AWS4" and the secret, or what HMAC makes of a key that is longer */

static ngx_int_t
ngx_apigw_sigv4_secret(ngx_apigw_digest_t *digest, ngx_str_t *secret,
    ngx_str_t *key)
{
    u_char  *p;

    key->len = ngx_apigw_sigv4_start.len + secret->len;

    if (key->len > NGX_APIGW_SIGV4_BLOCK) {
        key->len = NGX_APIGW_DIGEST_LEN;

        return ngx_apigw_digest(digest, &ngx_apigw_sigv4_start, secret,
                                key->data);
    }

    p = ngx_cpymem(key->data, ngx_apigw_sigv4_start.data,
                   ngx_apigw_sigv4_start.len);
    ngx_memcpy(p, secret->data, secret->len);

    return NGX_OK;
}


/* the key is not longer than a block; out may be its place */

static ngx_int_t
ngx_apigw_sigv4_hmac(ngx_apigw_digest_t *digest, ngx_str_t *key,
    ngx_str_t *text, u_char *out)
{
    u_char      data[NGX_APIGW_SIGV4_BLOCK];
    ngx_int_t   rc;
    ngx_str_t   block, inner;
    ngx_uint_t  i;

    block.len = NGX_APIGW_SIGV4_BLOCK;
    block.data = data;

    inner.len = NGX_APIGW_DIGEST_LEN;
    inner.data = out;

    ngx_memzero(data, NGX_APIGW_SIGV4_BLOCK);
    ngx_memcpy(data, key->data, key->len);

    for (i = 0; i < NGX_APIGW_SIGV4_BLOCK; i++) {
        data[i] ^= 0x36;
    }

    rc = ngx_apigw_digest(digest, &block, text, out);

    if (rc == NGX_OK) {

        for (i = 0; i < NGX_APIGW_SIGV4_BLOCK; i++) {
            data[i] ^= 0x36 ^ 0x5c;
        }

        rc = ngx_apigw_digest(digest, &block, &inner, out);
    }

    ngx_apigw_cleanse(data, NGX_APIGW_SIGV4_BLOCK);

    return rc;
}


static ngx_int_t
ngx_apigw_sigv4_header(ngx_apigw_sigv4_t *request, ngx_pool_t *pool,
    ngx_str_t *key_id, ngx_str_t *names, u_char *signature,
    ngx_str_t *authorization)
{
    u_char  *p;

    p = ngx_pnalloc(pool, ngx_apigw_sigv4_algorithm.len
                          + ngx_apigw_sigv4_credential.len + key_id->len + 1
                          + ngx_apigw_sigv4_scope_len(request)
                          + ngx_apigw_sigv4_signed.len + names->len
                          + ngx_apigw_sigv4_signature.len
                          + NGX_APIGW_SHA256_HEX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    authorization->data = p;

    p = ngx_cpymem(p, ngx_apigw_sigv4_algorithm.data,
                   ngx_apigw_sigv4_algorithm.len);
    p = ngx_cpymem(p, ngx_apigw_sigv4_credential.data,
                   ngx_apigw_sigv4_credential.len);
    p = ngx_cpymem(p, key_id->data, key_id->len);
    *p++ = '/';
    p = ngx_apigw_sigv4_scope(p, request);
    p = ngx_cpymem(p, ngx_apigw_sigv4_signed.data, ngx_apigw_sigv4_signed.len);
    p = ngx_cpymem(p, names->data, names->len);
    p = ngx_cpymem(p, ngx_apigw_sigv4_signature.data,
                   ngx_apigw_sigv4_signature.len);
    p = ngx_apigw_sigv4_hex(p, signature, NGX_APIGW_DIGEST_LEN);

    authorization->len = p - authorization->data;

    return NGX_OK;
}
