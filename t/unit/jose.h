
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _JOSE_H_INCLUDED_
#define _JOSE_H_INCLUDED_


/*
 * The other side of JOSE for the tests: keys are made, written as JWK, and
 * sign.  What fails here ends the test.
 */

#include <stdio.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ngx_apigw_base64url.h"
#include "ngx_apigw_jwk_int.h"
#include "ngx_apigw_jwt.h"


#define JOSE_MAX  32768

#define must(cond)  jose_must((cond) ? 1 : 0, __LINE__, #cond)


static ngx_inline void
jose_must(int passed, int line, const char *what)
{
    if (!passed) {
        printf("Bail out! jose.h or its user, line %d: %s\n", line, what);
        exit(1);
    }
}


/* texts live as long as the test: a few of them, one after another */

static ngx_inline char *
jose_text(void)
{
    static char        texts[64][JOSE_MAX];
    static ngx_uint_t  n;

    return texts[n++ % 64];
}


__attribute__((format(printf, 1, 2)))
static ngx_inline char *
jose_print(const char *fmt, ...)
{
    int       len;
    char     *text;
    va_list   args;

    text = jose_text();

    va_start(args, fmt);
    len = vsnprintf(text, JOSE_MAX, fmt, args);
    va_end(args);

    must(len >= 0 && len < JOSE_MAX);

    return text;
}


static ngx_inline ngx_str_t
jose_str(const char *s)
{
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = (u_char *) s;

    return r;
}


static ngx_inline char *
jose_base64url(const void *data, size_t len)
{
    char          *text, *p;
    size_t         i;
    uint32_t       bits;
    const u_char  *s;

    static const char  chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";

    must(len < JOSE_MAX / 2);

    text = jose_text();
    p = text;
    s = data;

    for (i = 0; i < len; i += 3) {
        bits = s[i] << 16 | (i + 1 < len ? s[i + 1] << 8 : 0)
               | (i + 2 < len ? s[i + 2] : 0);

        *p++ = chars[bits >> 18];
        *p++ = chars[bits >> 12 & 63];

        if (i + 1 < len) {
            *p++ = chars[bits >> 6 & 63];
        }

        if (i + 2 < len) {
            *p++ = chars[bits & 63];
        }
    }

    *p = '\0';

    return text;
}


static ngx_inline ngx_str_t
jose_decode(const char *text)
{
    ngx_str_t  src, dst;

    src = jose_str(text);
    dst.data = (u_char *) jose_text();

    must(src.len < JOSE_MAX);
    must(ngx_apigw_base64url_decode(&dst, &src) == NGX_OK);

    return dst;
}


/* "RSA" and bits, "EC" and a curve's nid, or "Ed25519" */

static ngx_inline EVP_PKEY *
jose_generate(const char *type, int n)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_id(strcmp(type, "RSA") == 0
                              ? EVP_PKEY_RSA
                              : strcmp(type, "EC") == 0
                                ? EVP_PKEY_EC : EVP_PKEY_ED25519,
                              NULL);

    must(ctx && EVP_PKEY_keygen_init(ctx) == 1);

    if (strcmp(type, "RSA") == 0) {
        must(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, n) == 1);

    } else if (strcmp(type, "EC") == 0) {
        must(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, n) == 1);
    }

    pkey = NULL;
    must(EVP_PKEY_keygen(ctx, &pkey) == 1);

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* the SubjectPublicKeyInfo as OpenSSL writes it */

static ngx_inline ngx_str_t
jose_spki(EVP_PKEY *pkey)
{
    int         len;
    u_char     *p;
    ngx_str_t   der;

    der.data = (u_char *) jose_text();
    p = der.data;

    len = i2d_PUBKEY(pkey, NULL);
    must(len > 0 && len < JOSE_MAX);

    der.len = i2d_PUBKEY(pkey, &p);

    return der;
}


/* members, without braces; OpenSSL's DER is cut where the numbers stand */

static ngx_inline char *
jose_members(EVP_PKEY *pkey)
{
    size_t                  n;
    ngx_str_t               der;
    ngx_apigw_jwk_public_t  pub;

    der = jose_spki(pkey);

    switch (EVP_PKEY_base_id(pkey)) {

    case EVP_PKEY_RSA:
        must(ngx_apigw_jwk_spki_read(&pub, &der) == NGX_OK);

        return jose_print("\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"",
                          jose_base64url(pub.a.data, pub.a.len),
                          jose_base64url(pub.b.data, pub.b.len));

    case EVP_PKEY_EC:
        n = (EVP_PKEY_bits(pkey) + 7) / 8;

        return jose_print("\"kty\":\"EC\",\"crv\":\"P-%d\","
                          "\"x\":\"%s\",\"y\":\"%s\"",
                          EVP_PKEY_bits(pkey),
                          jose_base64url(der.data + der.len - 2 * n, n),
                          jose_base64url(der.data + der.len - n, n));

    default:
        return jose_print("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"",
                          jose_base64url(der.data + der.len - 32, 32));
    }
}


static ngx_inline char *
jose_pem(EVP_PKEY *pkey)
{
    BIO   *bio;
    int    len;
    char  *text;

    text = jose_text();

    bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_PUBKEY(bio, pkey) == 1);

    len = BIO_read(bio, text, JOSE_MAX - 1);
    must(len > 0);
    text[len] = '\0';

    BIO_free(bio);

    return text;
}


/* r || s of ECDSA's DER */

static ngx_inline ngx_str_t
jose_ec_raw(const u_char *der, size_t len, size_t n)
{
    ngx_str_t      raw;
    ECDSA_SIG     *sig;
    const u_char  *p;

    p = der;
    sig = d2i_ECDSA_SIG(NULL, &p, (long) len);
    must(sig);

    raw.len = 2 * n;
    raw.data = (u_char *) jose_text();

    must(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw.data, (int) n) == (int) n);
    must(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw.data + n, (int) n)
         == (int) n);

    ECDSA_SIG_free(sig);

    return raw;
}


static ngx_inline const EVP_MD *
jose_md(const char *alg)
{
    return strstr(alg, "256") ? EVP_sha256()
           : strstr(alg, "384") ? EVP_sha384()
             : strstr(alg, "512") ? EVP_sha512() : NULL;
}


/* any algorithm with any key that OpenSSL lets do it */

static ngx_inline ngx_str_t
jose_sign(EVP_PKEY *pkey, const char *alg, const char *input)
{
    size_t         len;
    ngx_str_t      sig;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    ctx = EVP_MD_CTX_new();

    must(ctx && EVP_DigestSignInit(ctx, &pctx, jose_md(alg), NULL, pkey) == 1);

    if (alg[0] == 'P') {
        must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST)
             == 1);
    }

    sig.data = (u_char *) jose_text();
    len = JOSE_MAX;

    must(EVP_DigestSign(ctx, sig.data, &len, (const u_char *) input,
                        strlen(input))
         == 1);

    sig.len = len;

    EVP_MD_CTX_free(ctx);

    if (alg[0] == 'E' && alg[1] == 'S') {
        sig = jose_ec_raw(sig.data, sig.len, (EVP_PKEY_bits(pkey) + 7) / 8);
    }

    return sig;
}


static ngx_inline ngx_str_t
jose_hmac(const char *alg, const void *secret, size_t secret_len,
    const char *input)
{
    unsigned   len;
    ngx_str_t  sig;

    sig.data = (u_char *) jose_text();

    must(HMAC(jose_md(alg), secret, (int) secret_len, (const u_char *) input,
              strlen(input), sig.data, &len));

    sig.len = len;

    return sig;
}


/* header and claims as texts; pkey NULL: not signed */

static ngx_inline char *
jose_input(const char *header, const char *claims)
{
    return jose_print("%s.%s", jose_base64url(header, strlen(header)),
                      jose_base64url(claims, strlen(claims)));
}


static ngx_inline char *
jose_token(EVP_PKEY *pkey, const char *alg, const char *header,
    const char *claims)
{
    char       *input;
    ngx_str_t   sig;

    input = jose_input(header, claims);
    sig = jose_sign(pkey, alg, input);

    return jose_print("%s.%s", input, jose_base64url(sig.data, sig.len));
}


/* nothing of OpenSSL's errors may be left behind */

static ngx_inline ngx_uint_t
jose_clean(void)
{
    unsigned long  err;

    err = ERR_peek_error();

    if (err == 0) {
        return 1;
    }

    printf("# left behind: %s\n", ERR_error_string(err, NULL));
    ERR_clear_error();

    return 0;
}


#endif /* _JOSE_H_INCLUDED_ */
