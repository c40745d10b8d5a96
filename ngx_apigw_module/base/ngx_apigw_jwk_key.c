
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What OpenSSL keeps of a key.  All that a verification needs is fetched,
 * allocated and set here, once: a context for each algorithm of the key, and
 * the two blocks of HMAC (RFC 2104), already digested.
 */

#include "ngx_apigw_jwk_int.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>


#define NGX_APIGW_JWK_BLOCK  128         /* of SHA-384 and SHA-512 */


static const EVP_MD *ngx_apigw_jwk_md(ngx_uint_t hash);
static void ngx_apigw_jwk_md_free(const EVP_MD *md);
static ngx_uint_t ngx_apigw_jwk_meant(EVP_PKEY *pkey, ngx_str_t *spki);
static ngx_int_t ngx_apigw_jwk_prepare(ngx_apigw_jwk_t *key);
static EVP_PKEY_CTX *ngx_apigw_jwk_context(ngx_apigw_jwk_t *key,
    ngx_uint_t n);
static ngx_int_t ngx_apigw_jwk_blocks(ngx_apigw_jwk_t *key, ngx_uint_t hash,
    ngx_str_t *secret);
static EVP_MD_CTX *ngx_apigw_jwk_block(const EVP_MD *md, const u_char *block,
    u_char pad);
static ngx_int_t ngx_apigw_jwk_hash(ngx_apigw_jwk_t *key,
    ngx_str_t *material);


#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

static const EVP_MD *
ngx_apigw_jwk_md(ngx_uint_t hash)
{
    static const char  *names[] = { "SHA256", "SHA384", "SHA512" };

    return EVP_MD_fetch(NULL, names[hash], NULL);
}


static void
ngx_apigw_jwk_md_free(const EVP_MD *md)
{
    EVP_MD_free((EVP_MD *) md);
}

#else

static const EVP_MD *
ngx_apigw_jwk_md(ngx_uint_t hash)
{
    return hash == 0 ? EVP_sha256() : hash == 1 ? EVP_sha384() : EVP_sha512();
}


static void
ngx_apigw_jwk_md_free(const EVP_MD *md)
{
    (void) md;
}

#endif


ngx_int_t
ngx_apigw_jwks_open(ngx_apigw_jwks_t *set)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_APIGW_JWK_HASHES; i++) {
        set->md[i] = ngx_apigw_jwk_md(i);

        if (set->md[i] == NULL) {
            goto failed;
        }
    }

    set->ctx = EVP_MD_CTX_new();
    if (set->ctx == NULL) {
        goto failed;
    }

    return NGX_OK;

failed:

    ERR_clear_error();

    return NGX_ERROR;
}


/* a cleanup of the pool */

void
ngx_apigw_jwks_close(void *data)
{
    ngx_apigw_jwks_t *set = data;

    ngx_uint_t        i;
    ngx_apigw_jwk_t  *key;

    for (key = set->first; key; key = key->next) {
        ngx_apigw_jwk_close(key);
    }

    EVP_MD_CTX_free(set->ctx);

    for (i = 0; i < NGX_APIGW_JWK_HASHES; i++) {
        ngx_apigw_jwk_md_free(set->md[i]);
    }

    ngx_memzero(set, sizeof(ngx_apigw_jwks_t));
}


void
ngx_apigw_jwk_close(ngx_apigw_jwk_t *key)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_APIGW_JWK_PADDINGS; i++) {
        EVP_PKEY_CTX_free(key->ctx[i]);
    }

    for (i = 0; i < NGX_APIGW_JWK_HASHES; i++) {
        EVP_MD_CTX_free(key->inner[i]);
        EVP_MD_CTX_free(key->outer[i]);
    }

    EVP_MD_CTX_free(key->eddsa);
    EVP_PKEY_free(key->pkey);

    ERR_clear_error();
}


ngx_int_t
ngx_apigw_jwk_open_public(ngx_apigw_jwk_t *key, ngx_str_t *spki,
    const char **reason)
{
    const u_char  *p;

    p = spki->data;
    key->pkey = d2i_PUBKEY(NULL, &p, (long) spki->len);

    if (key->pkey == NULL || !ngx_apigw_jwk_meant(key->pkey, spki)) {
        *reason = "OpenSSL does not accept the key"
                  " (a point that is not on its curve?)";
        return NGX_DECLINED;
    }

    key->size = (key->type == NGX_APIGW_JWK_RSA)
                ? (size_t) (EVP_PKEY_bits(key->pkey) + 7) / 8
                : 2 * ngx_apigw_jwk_types[key->type].size;

    if (ngx_apigw_jwk_prepare(key) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_apigw_jwk_hash(key, spki);
}


/* a key that is written as it was read has the type and the numbers meant */

static ngx_uint_t
ngx_apigw_jwk_meant(EVP_PKEY *pkey, ngx_str_t *spki)
{
    int          len;
    u_char      *der;
    ngx_uint_t   meant;

    der = NULL;
    len = i2d_PUBKEY(pkey, &der);

    meant = len > 0 && (size_t) len == spki->len
            && ngx_memcmp(der, spki->data, spki->len) == 0;

    OPENSSL_free(der);

    return meant;
}


static ngx_int_t
ngx_apigw_jwk_prepare(ngx_apigw_jwk_t *key)
{
    ngx_uint_t  n;

    if (key->type == NGX_APIGW_JWK_ED25519) {
        key->eddsa = EVP_MD_CTX_new();

        if (key->eddsa == NULL
            || EVP_DigestVerifyInit(key->eddsa, NULL, NULL, NULL, key->pkey)
               != 1)
        {
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    for (n = 0; n < NGX_APIGW_JWK_PADDINGS; n++) {

        if ((key->algs & ((ngx_uint_t) 1 << n)) == 0) {
            continue;
        }

        key->ctx[n] = ngx_apigw_jwk_context(key, n);
        if (key->ctx[n] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static EVP_PKEY_CTX *
ngx_apigw_jwk_context(ngx_apigw_jwk_t *key, ngx_uint_t n)
{
    ngx_uint_t     alg;
    EVP_PKEY_CTX  *ctx;
    const EVP_MD  *md;

    alg = (ngx_uint_t) 1 << n;
    md = key->set->md[ngx_apigw_jws_hash(n)];

    ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_PKEY_verify_init(ctx) != 1
        || EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
    {
        goto failed;
    }

    if (alg < NGX_APIGW_JWS_PS256) {

        if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1) {
            goto failed;
        }

    } else if (alg < NGX_APIGW_JWS_ES256) {

        if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, EVP_MD_size(md)) != 1)
        {
            goto failed;
        }
    }

    return ctx;

failed:

    EVP_PKEY_CTX_free(ctx);

    return NULL;
}


ngx_int_t
ngx_apigw_jwk_open_secret(ngx_apigw_jwk_t *key, ngx_str_t *secret)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_APIGW_JWK_HASHES; i++) {

        if (key->algs & (NGX_APIGW_JWS_HS256 << i)
            && ngx_apigw_jwk_blocks(key, i, secret) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_apigw_jwk_hash(key, secret);
}


static ngx_int_t
ngx_apigw_jwk_blocks(ngx_apigw_jwk_t *key, ngx_uint_t hash, ngx_str_t *secret)
{
    u_char         block[NGX_APIGW_JWK_BLOCK];
    size_t         len, size;
    const EVP_MD  *md;

    md = key->set->md[hash];
    size = EVP_MD_block_size(md);

    ngx_memzero(block, NGX_APIGW_JWK_BLOCK);

    if (secret->len <= size) {
        ngx_memcpy(block, secret->data, secret->len);

    } else if (ngx_apigw_jwks_digest(key->set, hash, NULL, secret, block, &len)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    key->inner[hash] = ngx_apigw_jwk_block(md, block, 0x36);
    key->outer[hash] = ngx_apigw_jwk_block(md, block, 0x5c);

    OPENSSL_cleanse(block, NGX_APIGW_JWK_BLOCK);

    if (key->inner[hash] == NULL || key->outer[hash] == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static EVP_MD_CTX *
ngx_apigw_jwk_block(const EVP_MD *md, const u_char *block, u_char pad)
{
    size_t       i, size;
    u_char       padded[NGX_APIGW_JWK_BLOCK];
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NULL;
    }

    size = EVP_MD_block_size(md);

    for (i = 0; i < size; i++) {
        padded[i] = block[i] ^ pad;
    }

    if (EVP_DigestInit_ex(ctx, md, NULL) != 1
        || EVP_DigestUpdate(ctx, padded, size) != 1)
    {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }

    OPENSSL_cleanse(padded, NGX_APIGW_JWK_BLOCK);

    return ctx;
}


ngx_int_t
ngx_apigw_jwks_digest(ngx_apigw_jwks_t *set, ngx_uint_t hash,
    EVP_MD_CTX *from, ngx_str_t *text, u_char *out, size_t *len)
{
    int       rc;
    unsigned  n;

    if (from) {
        rc = EVP_MD_CTX_copy_ex(set->ctx, from);

    } else {
        rc = EVP_DigestInit_ex(set->ctx, set->md[hash], NULL);
    }

    if (rc != 1
        || EVP_DigestUpdate(set->ctx, text->data, text->len) != 1
        || EVP_DigestFinal_ex(set->ctx, out, &n) != 1)
    {
        return NGX_ERROR;
    }

    *len = n;

    return NGX_OK;
}


/* the lengths stand before the texts, so that no two keys are one text */

static ngx_int_t
ngx_apigw_jwk_hash(ngx_apigw_jwk_t *key, ngx_str_t *material)
{
    uint64_t     head[4];
    EVP_MD_CTX  *ctx;

    static const u_char  domain[] = "ngx_apigw jwk 1";

    ctx = key->set->ctx;

    head[0] = key->type;
    head[1] = key->algs;
    head[2] = key->kid.len;
    head[3] = material->len;

    if (EVP_DigestInit_ex(ctx, key->set->md[0], NULL) != 1
        || EVP_DigestUpdate(ctx, domain, sizeof(domain)) != 1
        || EVP_DigestUpdate(ctx, head, sizeof(head)) != 1
        || EVP_DigestUpdate(ctx, key->kid.data, key->kid.len) != 1
        || EVP_DigestUpdate(ctx, material->data, material->len) != 1
        || EVP_DigestFinal_ex(ctx, key->fingerprint, NULL) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_apigw_jwk_cleanse(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}
