
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Keys of a PEM file (RFC 7468): "PUBLIC KEY", "RSA PUBLIC KEY" and
 * "CERTIFICATE", of which only the key is used; text between them is skipped.
 */

#include "ngx_apigw_jwk_int.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>


typedef struct {
    char                      *name;
    char                      *header;
    unsigned char             *data;
    long                       len;
} ngx_apigw_jwk_pem_t;


static ngx_int_t ngx_apigw_jwk_pem_next(BIO *bio, ngx_apigw_jwks_t *set,
    const char **reason);
static ngx_int_t ngx_apigw_jwk_pem_take(ngx_apigw_jwk_pem_t *pem,
    ngx_apigw_jwks_t *set, const char **reason);
static ngx_int_t ngx_apigw_jwk_pem_certificate(ngx_str_t *der,
    ngx_apigw_jwks_t *set, const char **reason);
static ngx_int_t ngx_apigw_jwk_pem_spki(ngx_str_t *spki,
    ngx_apigw_jwks_t *set, const char **reason);
static ngx_int_t ngx_apigw_jwk_pem_add(ngx_apigw_jwk_public_t *pub,
    ngx_apigw_jwks_t *set, const char **reason);


ngx_int_t
ngx_apigw_jwks_pem(ngx_apigw_jwks_t **set, ngx_str_t *text, ngx_pool_t *pool,
    ngx_apigw_jwk_error_t *error)
{
    BIO        *bio;
    ngx_int_t   rc, i;

    ngx_apigw_jwk_no_error(error);

    if (text->len > INT_MAX) {
        error->reason = "the file is too large";
        return NGX_DECLINED;
    }

    if (ngx_apigw_jwks_create(set, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    bio = BIO_new_mem_buf(text->data, (int) text->len);
    if (bio == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    i = -1;

    do {
        i++;
        rc = ngx_apigw_jwk_pem_next(bio, *set, &error->reason);

    } while (rc == NGX_OK);

    BIO_free(bio);
    ERR_clear_error();

    if (rc != NGX_DONE) {
        error->key = i;
        return rc;
    }

    if (i == 0) {
        error->reason = "there is no \"PUBLIC KEY\" or \"CERTIFICATE\"";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* NGX_DONE: there is no other block */

static ngx_int_t
ngx_apigw_jwk_pem_next(BIO *bio, ngx_apigw_jwks_t *set, const char **reason)
{
    ngx_int_t            rc;
    unsigned long        err;
    ngx_apigw_jwk_pem_t  pem;

    ERR_clear_error();

    if (PEM_read_bio(bio, &pem.name, &pem.header, &pem.data, &pem.len) != 1) {
        err = ERR_peek_last_error();

        if (ERR_GET_LIB(err) == ERR_LIB_PEM
            && ERR_GET_REASON(err) == PEM_R_NO_START_LINE)
        {
            return NGX_DONE;
        }

        *reason = "a block of PEM is malformed";

        return NGX_DECLINED;
    }

    rc = ngx_apigw_jwk_pem_take(&pem, set, reason);

    OPENSSL_free(pem.name);
    OPENSSL_free(pem.header);
    OPENSSL_clear_free(pem.data, pem.len);

    return rc;
}


static ngx_int_t
ngx_apigw_jwk_pem_take(ngx_apigw_jwk_pem_t *pem, ngx_apigw_jwks_t *set,
    const char **reason)
{
    ngx_str_t               der;
    ngx_apigw_jwk_public_t  pub;

    if (strstr(pem->name, "PRIVATE KEY")) {
        *reason = "a private key, which does not belong here";
        return NGX_DECLINED;
    }

    der.len = pem->len;
    der.data = pem->data;

    if (strcmp(pem->name, "PUBLIC KEY") == 0) {
        return ngx_apigw_jwk_pem_spki(&der, set, reason);
    }

    if (strcmp(pem->name, "CERTIFICATE") == 0) {
        return ngx_apigw_jwk_pem_certificate(&der, set, reason);
    }

    if (strcmp(pem->name, "RSA PUBLIC KEY") != 0) {
        *reason = "a block that is neither a public key nor a certificate";
        return NGX_DECLINED;
    }

    if (ngx_apigw_jwk_rsa_read(&pub, &der) != NGX_OK) {
        *reason = "\"RSA PUBLIC KEY\" is malformed";
        return NGX_DECLINED;
    }

    return ngx_apigw_jwk_pem_add(&pub, set, reason);
}


static ngx_int_t
ngx_apigw_jwk_pem_certificate(ngx_str_t *der, ngx_apigw_jwks_t *set,
    const char **reason)
{
    int            len;
    X509          *x509;
    u_char        *data;
    ngx_int_t      rc;
    ngx_str_t      spki;
    const u_char  *p;

    p = der->data;

    x509 = d2i_X509(NULL, &p, (long) der->len);

    if (x509 == NULL || p != der->data + der->len) {
        X509_free(x509);
        *reason = "\"CERTIFICATE\" is malformed";
        return NGX_DECLINED;
    }

    data = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &data);

    X509_free(x509);

    if (len <= 0) {
        return NGX_ERROR;
    }

    spki.len = len;
    spki.data = data;

    rc = ngx_apigw_jwk_pem_spki(&spki, set, reason);

    OPENSSL_free(data);

    return rc;
}


static ngx_int_t
ngx_apigw_jwk_pem_spki(ngx_str_t *spki, ngx_apigw_jwks_t *set,
    const char **reason)
{
    ngx_apigw_jwk_public_t  pub;

    if (ngx_apigw_jwk_spki_read(&pub, spki) != NGX_OK) {
        *reason = "a key that is not RSA, a point of P-256, P-384 or P-521,"
                  " or Ed25519, or is malformed";
        return NGX_DECLINED;
    }

    return ngx_apigw_jwk_pem_add(&pub, set, reason);
}


static ngx_int_t
ngx_apigw_jwk_pem_add(ngx_apigw_jwk_public_t *pub, ngx_apigw_jwks_t *set,
    const char **reason)
{
    ngx_apigw_jwk_t  key;

    ngx_memzero(&key, sizeof(ngx_apigw_jwk_t));

    key.type = pub->type;
    key.algs = ngx_apigw_jwk_types[pub->type].algs;

    return ngx_apigw_jwks_add_public(set, &key, pub, reason);
}
