
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What a signature costs here, as a ratio to OpenSSL's bare operation as
 * "openssl speed" does it: verification of a digest with a key that is ready.
 *
 *     verify ALG KEYS TOKEN    files: a set of keys (HS: the secret), a token
 *
 * prints nanoseconds of CPU time, medians of rounds that take turns: bare, our
 * verification (with the digest), and all that is done for a token.
 */


#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "ngx_apigw_base.h"
#include "ngx_apigw_claims.h"
#include "ngx_apigw_jwk.h"
#include "ngx_apigw_jwk_int.h"
#include "ngx_apigw_jwt.h"


#define ROUNDS  15
#define TIMES   200


typedef struct {
    ngx_uint_t        alg;
    ngx_str_t         text;
    ngx_apigw_jwt_t   jwt;
    ngx_apigw_jwk_t  *key;
    ngx_apigw_jwks_t *keys;

    EVP_PKEY_CTX     *ctx;       /* NULL: Ed25519 */
    EVP_MD_CTX       *md;
    u_char            digest[64];
    unsigned int      len;
    u_char            der[256];
    ngx_str_t         signature;
} subject_t;


static void
die(const char *what)
{
    fprintf(stderr, "verify: %s\n", what);
    exit(1);
}


static void
slurp(const char *name, ngx_pool_t *pool, ngx_str_t *text)
{
    FILE  *f;

    f = fopen(name, "rb");
    if (f == NULL) {
        die(name);
    }

    text->data = ngx_pnalloc(pool, 65536);
    text->len = fread(text->data, 1, 65536, f);

    while (text->len && text->data[text->len - 1] == '\n') {
        text->len--;
    }

    fclose(f);
}


static void
bare(subject_t *s)
{
    int  rc;

    if (s->ctx == NULL) {
        rc = EVP_DigestVerifyInit(s->md, NULL, NULL, NULL, s->key->pkey)
             && EVP_DigestVerify(s->md, s->signature.data, s->signature.len,
                                 s->jwt.input.data, s->jwt.input.len);

    } else {
        rc = EVP_PKEY_verify(s->ctx, s->signature.data, s->signature.len,
                             s->digest, s->len);
    }

    if (rc != 1) {
        die("OpenSSL refuses the signature");
    }
}


static void
ours(subject_t *s)
{
    if (ngx_apigw_jwk_verify(s->key, s->alg, &s->jwt.input, &s->jwt.signature)
        != NGX_OK)
    {
        die("the signature is refused");
    }
}


static void
whole(subject_t *s)
{
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_jwk_t     *key;
    ngx_apigw_jwt_t      jwt;
    ngx_apigw_claims_t   claims;

    pool = ngx_create_pool(4096, NULL);

    if (ngx_apigw_jwt_parse(&jwt, &s->text, 2048, pool, &reason) != NGX_OK
        || ngx_apigw_claims_read(&claims, jwt.claims, &reason) != NGX_OK)
    {
        die(reason);
    }

    key = ngx_apigw_jwks_next(s->keys, &jwt.kid, jwt.alg, NULL);

    if (key == NULL
        || ngx_apigw_jwk_verify(key, jwt.alg, &jwt.input, &jwt.signature)
           != NGX_OK)
    {
        die("the token is refused");
    }

    ngx_destroy_pool(pool);
}


static void
prepare(subject_t *s)
{
    ngx_uint_t     n;
    const EVP_MD  *hash;

    s->md = EVP_MD_CTX_new();
    s->signature = s->jwt.signature;

    if (s->alg & (NGX_APIGW_JWS_EDDSA|NGX_APIGW_JWS_SYMMETRIC)) {
        return;
    }

    n = ngx_apigw_jws_number(s->alg);
    hash = (n % 3 == 0) ? EVP_sha256() : n % 3 == 1 ? EVP_sha384()
                                                    : EVP_sha512();

    if (EVP_Digest(s->jwt.input.data, s->jwt.input.len, s->digest, &s->len,
                   hash, NULL)
        != 1)
    {
        die("no digest");
    }

    s->ctx = EVP_PKEY_CTX_new(s->key->pkey, NULL);

    if (EVP_PKEY_verify_init(s->ctx) != 1
        || EVP_PKEY_CTX_set_signature_md(s->ctx, hash) != 1)
    {
        die("no context");
    }

    if (s->alg & NGX_APIGW_JWS_PS256
        && (EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(s->ctx, RSA_PSS_SALTLEN_DIGEST)
               != 1))
    {
        die("no padding");
    }

    if (s->alg & (NGX_APIGW_JWS_ES256|NGX_APIGW_JWS_ES384
                  |NGX_APIGW_JWS_ES512))
    {
        ngx_apigw_jwk_ec_der(&s->signature, &s->jwt.signature, s->der);
    }
}


static double
cost(void (*f)(subject_t *s), subject_t *s)
{
    int              i;
    struct timespec  from, to;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);

    for (i = 0; i < TIMES; i++) {
        f(s);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    return ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec)
           / TIMES;
}


static int
less(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


int
main(int argc, char **argv)
{
    int                     i;
    double                  t[3][ROUNDS];
    ngx_int_t               rc;
    ngx_str_t               name, text;
    subject_t               s;
    ngx_pool_t             *pool;
    const char             *reason;
    ngx_apigw_jwk_error_t   error;

    if (argc != 4) {
        die("ALG, a file of keys and one of a token are expected");
    }

    memset(&s, 0, sizeof(subject_t));

    pool = ngx_create_pool(4096, NULL);

    name.data = (u_char *) argv[1];
    name.len = strlen(argv[1]);

    s.alg = ngx_apigw_jws_alg(&name);

    slurp(argv[2], pool, &text);
    slurp(argv[3], pool, &s.text);

    rc = (s.alg & NGX_APIGW_JWS_SYMMETRIC)
         ? ngx_apigw_jwks_secret(&s.keys, &text, pool, &error)
         : ngx_apigw_jwks_parse(&s.keys, &text, 1, pool, &error);

    if (rc != NGX_OK) {
        die(error.reason);
    }

    if (ngx_apigw_jwt_parse(&s.jwt, &s.text, 2048, pool, &reason) != NGX_OK) {
        die(reason);
    }

    s.key = ngx_apigw_jwks_next(s.keys, &s.jwt.kid, s.alg, NULL);
    if (s.key == NULL) {
        die("the key is not there");
    }

    prepare(&s);

    for (i = -1; i < ROUNDS; i++) {
        t[0][i < 0 ? 0 : i] = (s.alg & NGX_APIGW_JWS_SYMMETRIC)
                              ? 0 : cost(bare, &s);
        t[1][i < 0 ? 0 : i] = cost(ours, &s);
        t[2][i < 0 ? 0 : i] = cost(whole, &s);
    }

    for (i = 0; i < 3; i++) {
        qsort(t[i], ROUNDS, sizeof(double), less);
        printf("%.0f%c", t[i][ROUNDS / 2], i < 2 ? ' ' : '\n');
    }

    EVP_PKEY_CTX_free(s.ctx);
    EVP_MD_CTX_free(s.md);

    ngx_destroy_pool(pool);

    return 0;
}
