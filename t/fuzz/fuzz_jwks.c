
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Keys: a JWK Set, strictly and not, a secret, or PEM.  A set that is taken
 * has keys that are for something, are found, and verify nothing of an
 * attacker's; OpenSSL's error queue is empty at the end.
 */

#include <openssl/err.h>

#include "ngx_apigw_jwk.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_uint_t parse(ngx_str_t *text, ngx_uint_t how);
static void use(ngx_apigw_jwks_t *set);
static void verify(ngx_apigw_jwk_t *key, ngx_uint_t alg);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t   text;
    ngx_uint_t  lenient, strict;

    text.len = size;
    text.data = malloc(size ? size : 1);
    check(text.data);

    if (size) {
        memcpy(text.data, data, size);
    }

    lenient = parse(&text, 0);
    strict = parse(&text, 1);

    check(lenient >= strict);

    (void) parse(&text, 2);
    (void) parse(&text, 3);

    check(size == 0 || memcmp(text.data, data, size) == 0);

    free(text.data);

    return 0;
}


static ngx_uint_t
parse(ngx_str_t *text, ngx_uint_t how)
{
    ngx_int_t               rc;
    ngx_uint_t              n;
    ngx_pool_t             *pool;
    ngx_apigw_jwks_t       *set;
    ngx_apigw_jwk_error_t   error;

    pool = ngx_create_pool(0, NULL);
    check(pool);

    rc = (how < 2) ? ngx_apigw_jwks_parse(&set, text, how, pool, &error)
         : (how == 2) ? ngx_apigw_jwks_pem(&set, text, pool, &error)
           : ngx_apigw_jwks_secret(&set, text, pool, &error);

    check(ERR_peek_error() == 0);

    n = 0;

    if (rc == NGX_OK) {
        n = ngx_apigw_jwks_count(set);
        check(n > 0 && n <= NGX_APIGW_JWK_MAX_KEYS);
        check((error.ignored == 0) == (error.reason == NULL));

        use(set);

    } else {
        check(rc == NGX_DECLINED && error.reason);
    }

    ngx_destroy_pool(pool);

    return n;
}


static void
use(ngx_apigw_jwks_t *set)
{
    ngx_str_t         none;
    ngx_uint_t        alg, n, found;
    ngx_apigw_jwk_t  *key;

    none.len = 0;
    none.data = NULL;

    found = 0;

    for (alg = 1; alg <= NGX_APIGW_JWS_HS512; alg <<= 1) {
        n = 0;

        for (key = ngx_apigw_jwks_next(set, &none, alg, NULL);
             key;
             key = ngx_apigw_jwks_next(set, &none, alg, key))
        {
            check(++n <= ngx_apigw_jwks_count(set));
            check(ngx_apigw_jwks_has(set, ngx_apigw_jwk_fingerprint(key)));

            verify(key, alg);
        }

        found += n;
    }

    check(found >= ngx_apigw_jwks_count(set));
}


static void
verify(ngx_apigw_jwk_t *key, ngx_uint_t alg)
{
    size_t     i;
    u_char     bytes[1025];
    ngx_int_t  rc;
    ngx_str_t  input, sig;

    static const size_t  lengths[] = {
        0, 32, 48, 64, 96, 132, 256, 1024, 1025
    };

    memset(bytes, 0x5a, sizeof(bytes));

    input.len = 5;
    input.data = (u_char *) "input";

    sig.data = bytes;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        sig.len = lengths[i];

        rc = ngx_apigw_jwk_verify(key, alg, &input, &sig);

        check(rc == NGX_DECLINED);
        check(ERR_peek_error() == 0);
    }
}
