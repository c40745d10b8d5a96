
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_digest.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>


#define NGX_APIGW_DIGEST_BLOCK  64


/*
 * HMAC (RFC 2104) is two digests that begin with a block made of the key.
 * Both blocks are digested once, and the contexts are copied.
 */

struct ngx_apigw_digest_s {
    const EVP_MD           *md;
    EVP_MD_CTX             *ctx;
    EVP_MD_CTX             *inner;       /* NULL: plain SHA-256 */
    EVP_MD_CTX             *outer;
};


static const EVP_MD *ngx_apigw_digest_fetch(void);
static void ngx_apigw_digest_release(const EVP_MD *md);
static ngx_int_t ngx_apigw_digest_pepper(ngx_apigw_digest_t *digest,
    ngx_str_t *pepper);
static EVP_MD_CTX *ngx_apigw_digest_block(ngx_apigw_digest_t *digest,
    const u_char *key, u_char pad);
static ngx_int_t ngx_apigw_digest_hash(ngx_apigw_digest_t *digest,
    EVP_MD_CTX *from, ngx_str_t *a, ngx_str_t *b, u_char *out);


ngx_apigw_digest_t *
ngx_apigw_digest_create(ngx_str_t *pepper)
{
    ngx_apigw_digest_t  *digest;

    digest = calloc(1, sizeof(ngx_apigw_digest_t));
    if (digest == NULL) {
        return NULL;
    }

    digest->md = ngx_apigw_digest_fetch();
    if (digest->md == NULL) {
        goto failed;
    }

    digest->ctx = EVP_MD_CTX_new();
    if (digest->ctx == NULL) {
        goto failed;
    }

    /* what the first use allocates is allocated here */

    if (EVP_DigestInit_ex(digest->ctx, digest->md, NULL) != 1) {
        goto failed;
    }

    if (pepper && pepper->len) {
        if (ngx_apigw_digest_pepper(digest, pepper) != NGX_OK) {
            goto failed;
        }
    }

    return digest;

failed:

    ERR_clear_error();
    ngx_apigw_digest_free(digest);

    return NULL;
}


void
ngx_apigw_digest_free(ngx_apigw_digest_t *digest)
{
    if (digest == NULL) {
        return;
    }

    EVP_MD_CTX_free(digest->outer);
    EVP_MD_CTX_free(digest->inner);
    EVP_MD_CTX_free(digest->ctx);

    ngx_apigw_digest_release(digest->md);

    free(digest);
}


#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

static const EVP_MD *
ngx_apigw_digest_fetch(void)
{
    return EVP_MD_fetch(NULL, "SHA256", NULL);
}


static void
ngx_apigw_digest_release(const EVP_MD *md)
{
    EVP_MD_free((EVP_MD *) md);
}

#else

static const EVP_MD *
ngx_apigw_digest_fetch(void)
{
    return EVP_sha256();
}


static void
ngx_apigw_digest_release(const EVP_MD *md)
{
    (void) md;
}

#endif


static ngx_int_t
ngx_apigw_digest_pepper(ngx_apigw_digest_t *digest, ngx_str_t *pepper)
{
    u_char  key[NGX_APIGW_DIGEST_BLOCK];

    ngx_memzero(key, NGX_APIGW_DIGEST_BLOCK);

    if (pepper->len <= NGX_APIGW_DIGEST_BLOCK) {
        ngx_memcpy(key, pepper->data, pepper->len);

    } else if (ngx_apigw_digest_hash(digest, NULL, pepper, NULL, key)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    digest->inner = ngx_apigw_digest_block(digest, key, 0x36);
    digest->outer = ngx_apigw_digest_block(digest, key, 0x5c);

    OPENSSL_cleanse(key, NGX_APIGW_DIGEST_BLOCK);

    if (digest->inner == NULL || digest->outer == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static EVP_MD_CTX *
ngx_apigw_digest_block(ngx_apigw_digest_t *digest, const u_char *key,
    u_char pad)
{
    u_char       block[NGX_APIGW_DIGEST_BLOCK];
    ngx_uint_t   i;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_APIGW_DIGEST_BLOCK; i++) {
        block[i] = key[i] ^ pad;
    }

    if (EVP_DigestInit_ex(ctx, digest->md, NULL) != 1
        || EVP_DigestUpdate(ctx, block, NGX_APIGW_DIGEST_BLOCK) != 1)
    {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }

    OPENSSL_cleanse(block, NGX_APIGW_DIGEST_BLOCK);

    return ctx;
}


ngx_int_t
ngx_apigw_digest(ngx_apigw_digest_t *digest, ngx_str_t *a, ngx_str_t *b,
    u_char out[NGX_APIGW_DIGEST_LEN])
{
    ngx_str_t  inner;

    if (ngx_apigw_digest_hash(digest, digest->inner, a, b, out) != NGX_OK) {
        goto failed;
    }

    if (digest->outer == NULL) {
        return NGX_OK;
    }

    inner.len = NGX_APIGW_DIGEST_LEN;
    inner.data = out;

    if (ngx_apigw_digest_hash(digest, digest->outer, &inner, NULL, out)
        != NGX_OK)
    {
        goto failed;
    }

    return NGX_OK;

failed:

    ERR_clear_error();

    return NGX_ERROR;
}


static ngx_int_t
ngx_apigw_digest_hash(ngx_apigw_digest_t *digest, EVP_MD_CTX *from,
    ngx_str_t *a, ngx_str_t *b, u_char *out)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    ctx = digest->ctx;

    if (from) {
        rc = EVP_MD_CTX_copy_ex(ctx, from);

    } else {
        rc = EVP_DigestInit_ex(ctx, digest->md, NULL);
    }

    if (rc != 1) {
        return NGX_ERROR;
    }

    if (EVP_DigestUpdate(ctx, a->data, a->len) != 1) {
        return NGX_ERROR;
    }

    if (b && EVP_DigestUpdate(ctx, b->data, b->len) != 1) {
        return NGX_ERROR;
    }

    if (EVP_DigestFinal_ex(ctx, out, NULL) != 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_equal(const u_char *a, const u_char *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
ngx_apigw_cleanse(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}


ngx_int_t
ngx_apigw_random(u_char *p, size_t len)
{
    if (len > INT_MAX || RAND_bytes(p, (int) len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}
