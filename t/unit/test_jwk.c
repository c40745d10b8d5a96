
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "jose.h"
#include "tap.h"


#define ALL_RSA  0x003f

#define members(name)  keys[name].text
#define count(a)       (sizeof(a) / sizeof((a)[0]))


typedef struct {
    const char       *type;
    int               n;
    ngx_uint_t        algs;
    const char       *alg;
    EVP_PKEY         *pkey;
    char              text[2048];      /* members of the JWK */
} jose_key_t;


enum { RSA_A, RSA_B, P256, P256_B, P384, P521, ED, ED_B, NKEYS };


static jose_key_t  keys[NKEYS] = {
    { "RSA", 2048, ALL_RSA, "RS256", NULL, "" },
    { "RSA", 2048, ALL_RSA, "RS256", NULL, "" },
    { "EC", NID_X9_62_prime256v1, NGX_APIGW_JWS_ES256, "ES256", NULL, "" },
    { "EC", NID_X9_62_prime256v1, NGX_APIGW_JWS_ES256, "ES256", NULL, "" },
    { "EC", NID_secp384r1, NGX_APIGW_JWS_ES384, "ES384", NULL, "" },
    { "EC", NID_secp521r1, NGX_APIGW_JWS_ES512, "ES512", NULL, "" },
    { "Ed25519", 0, NGX_APIGW_JWS_EDDSA, "EdDSA", NULL, "" },
    { "Ed25519", 0, NGX_APIGW_JWS_EDDSA, "EdDSA", NULL, "" }
};


static const char  *names[] = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"
};


static const char             *input = "what.is.signed";
static ngx_pool_t             *pool;
static ngx_apigw_jwks_t       *set;
static ngx_apigw_jwk_error_t   error;


static ngx_int_t
parse(const char *text, ngx_uint_t strict)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    /* without a byte behind it, and gone afterwards */

    s.len = strlen(text);
    s.data = malloc(s.len ? s.len : 1);
    must(s.data);
    memcpy(s.data, text, s.len);

    set = NULL;
    memset(&error, 0x55, sizeof(error));

    rc = ngx_apigw_jwks_parse(&set, &s, strict, pool, &error);

    free(s.data);

    if (!jose_clean()) {
        ok(0, "errors were left behind: %s", text);
    }

    return rc;
}


static ngx_apigw_jwk_t *
first(const char *kid, ngx_uint_t alg)
{
    ngx_str_t  k;

    k = jose_str(kid);

    return ngx_apigw_jwks_next(set, &k, alg, NULL);
}


static ngx_int_t
verify(ngx_apigw_jwk_t *key, ngx_uint_t alg, const char *text, ngx_str_t sig)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    s = jose_str(text);

    rc = ngx_apigw_jwk_verify(key, alg, &s, &sig);

    if (!jose_clean()) {
        ok(0, "errors were left behind by a signature");
    }

    return rc;
}


static void
is_reason(const char *reason, const char *what)
{
    ok(error.reason && strcmp(error.reason, reason) == 0, "%s: %s", what,
       error.reason ? error.reason : "no reason");
}


/* left out of a set, or an error of one that must be right */

static void
left_out(const char *jwk, const char *reason, ngx_uint_t bad)
{
    parse(jose_print("{\"keys\":[{%s,\"kid\":\"good\"},%s]}", members(P256),
                     jwk),
          0);

    is_int(set ? ngx_apigw_jwks_count(set) : 0, 1, "one is left: %.60s", jwk);
    is_int(error.key, 1, "which one");
    is_int(error.ignored, 1, "one was not taken");
    is_reason(reason, "left out");

    is_int(parse(jose_print("{\"keys\":[{%s,\"kid\":\"good\"},%s]}",
                            members(P256), jwk),
                 1),
           bad ? NGX_DECLINED : NGX_OK, "strict");
    is_int(error.key, 1, "which one");
    is_reason(reason, "strict");

    is_int(parse(jose_print("{\"keys\":[%s]}", jwk), 0), NGX_DECLINED,
           "alone");
    is_reason(reason, "alone");
    is_int(error.key, 0, "which one");
}


static void
test_names(void)
{
    ngx_str_t   s;
    ngx_uint_t  i;

    static const char  *bad[] = {
        "", "none", "None", "nOnE", "NONE", "rs256", "RS256 ", "RS25",
        "RS2560", "ES256K", "HS", "HS1", "EDDSA", "Ed448", "RSA-OAEP", "dir",
        "A256GCM", "RS1"
    };

    for (i = 0; i < 13; i++) {
        s = jose_str(names[i]);
        is_int(ngx_apigw_jws_alg(&s), 1 << i, "%s", names[i]);
    }

    s = jose_str("Ed25519");
    is_int(ngx_apigw_jws_alg(&s), NGX_APIGW_JWS_EDDSA, "Ed25519");

    for (i = 0; i < count(bad); i++) {
        s = jose_str(bad[i]);
        is_int(ngx_apigw_jws_alg(&s), 0, "\"%s\"", bad[i]);
    }

    s.len = 5;
    s.data = (u_char *) "RS\00056";
    is_int(ngx_apigw_jws_alg(&s), 0, "a NUL");
}


/* each key, all algorithms, by all keys */

static void
test_algorithms(void)
{
    ngx_int_t         rc;
    ngx_str_t         sig[13], s;
    ngx_uint_t        i, k, n, alg;
    ngx_apigw_jwk_t  *key;

    for (k = 0; k < NKEYS; k++) {

        if (k == RSA_B || k == P256_B || k == ED_B) {
            continue;
        }

        is_int(parse(jose_print("{%s}", members(k)), 1), NGX_OK, "%s %d",
               keys[k].type, keys[k].n);
        is_int(ngx_apigw_jwks_count(set), 1, "one key");
        ok(error.reason == NULL && error.key == -1 && error.ignored == 0,
           "none was left out");

        key = NULL;

        for (n = 0; n < 13; n++) {
            alg = (ngx_uint_t) 1 << n;

            if ((keys[k].algs & alg) == 0) {
                ok(first("", alg) == NULL, "it is not for %s", names[n]);
                continue;
            }

            key = first("", alg);
            sig[n] = jose_sign(keys[k].pkey, names[n], input);

            is_int(verify(key, alg, input, sig[n]), NGX_OK, "%s", names[n]);
            is_int(verify(key, alg, input, sig[n]), NGX_OK, "again");
            is_int(verify(key, alg, "what.is.signee", sig[n]), NGX_DECLINED,
                   "another text");
            is_int(verify(key, alg, "", sig[n]), NGX_DECLINED, "no text");
            is_int(verify(key, alg, input, sig[n]), NGX_OK, "once more");

            for (s = sig[n], s.len = 0; s.len < sig[n].len; s.len++) {
                rc = verify(key, alg, input, s);
                if (rc != NGX_DECLINED) {
                    break;
                }
            }

            is_int(s.len, sig[n].len, "no shorter one");

            s = sig[n];
            s.data[s.len++] = 0;
            is_int(verify(key, alg, input, s), NGX_DECLINED, "a longer one");
            s.len--;

            for (i = 0; i < s.len; i += 1 + s.len / 16) {
                s.data[i] ^= 1;
                rc = verify(key, alg, input, s);
                s.data[i] ^= 1;

                if (rc != NGX_DECLINED) {
                    break;
                }
            }

            ok(i >= s.len, "no other one");

            for (i = 0; i < 13; i++) {
                if (i != n && verify(key, (ngx_uint_t) 1 << i, input, sig[n])
                              != NGX_DECLINED)
                {
                    break;
                }
            }

            is_int(i, 13, "for one algorithm only");
        }

        is_int(verify(key, 0, input, sig[0]), NGX_DECLINED, "no algorithm");
        is_int(verify(key, NGX_APIGW_JWS_ASYMMETRIC, input, sig[0]),
               NGX_DECLINED, "several algorithms");
    }
}


static void
test_other_key(void)
{
    ngx_uint_t  i, alg;

    static ngx_uint_t  pairs[][2] = {
        { RSA_A, RSA_B }, { P256, P256_B }, { ED, ED_B }
    };

    for (i = 0; i < 3; i++) {
        parse(jose_print("{%s}", members(pairs[i][0])), 1);

        alg = (i == 0) ? NGX_APIGW_JWS_RS256 : keys[pairs[i][0]].algs;

        is_int(verify(first("", alg), alg, input,
                      jose_sign(keys[pairs[i][1]].pkey,
                                keys[pairs[i][1]].alg, input)),
               NGX_DECLINED, "of another key: %s", keys[pairs[i][1]].alg);
    }
}


/* RFC 7518, 3.5: the salt is as long as the hash */

static void
test_pss(void)
{
    int            salt;
    size_t         len;
    u_char         sig[256];
    ngx_str_t      s;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    parse(jose_print("{%s}", members(RSA_A)), 1);

    for (salt = 0; salt <= 64; salt += 16) {
        ctx = EVP_MD_CTX_new();

        must(EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL,
                                keys[RSA_A].pkey)
             == 1);
        must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1);

        len = sizeof(sig);
        must(EVP_DigestSign(ctx, sig, &len, (u_char *) input, strlen(input))
             == 1);

        EVP_MD_CTX_free(ctx);

        s.len = len;
        s.data = sig;

        is_int(verify(first("", NGX_APIGW_JWS_PS256), NGX_APIGW_JWS_PS256,
                      input, s),
               salt == 32 ? NGX_OK : NGX_DECLINED, "a salt of %d", salt);
    }

    ctx = EVP_MD_CTX_new();

    must(EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, keys[RSA_A].pkey)
         == 1);
    must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
    must(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32) == 1);
    must(EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, EVP_sha1()) == 1);

    len = sizeof(sig);
    must(EVP_DigestSign(ctx, sig, &len, (u_char *) input, strlen(input)) == 1);
    EVP_MD_CTX_free(ctx);

    is_int(verify(first("", NGX_APIGW_JWS_PS256), NGX_APIGW_JWS_PS256, input,
                  s),
           NGX_DECLINED, "MGF1 of another hash");
}


/* the numbers that every ECDSA must refuse; the order of each curve */

static const char  *orders[] = {
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
    "581a0db248b0a77aecec196accc52973",
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
};


static void
hex(u_char *dst, const char *s, size_t n)
{
    size_t    i;
    unsigned  c;

    must(strlen(s) == 2 * n);

    for (i = 0; i < n; i++) {
        must(sscanf(s + 2 * i, "%2x", &c) == 1);
        dst[i] = c;
    }
}


static void
test_ecdsa(void)
{
    int               n;
    BIGNUM           *a, *b;
    u_char            order[66], bytes[132];
    ngx_str_t         good, s;
    ngx_uint_t        k, c, alg;
    ngx_apigw_jwk_t  *key;

    static ngx_uint_t  curves[] = { P256, P384, P521 };

    for (c = 0; c < 3; c++) {
        k = curves[c];
        alg = keys[k].algs;
        n = ngx_apigw_jwk_types[NGX_APIGW_JWK_P256 + c].size;

        parse(jose_print("{%s}", members(k)), 1);

        key = first("", alg);
        good = jose_sign(keys[k].pkey, keys[k].alg, input);
        hex(order, orders[c], n);

        s.len = 2 * n;
        s.data = bytes;

        memset(bytes, 0, 2 * n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "r = s = 0");

        memcpy(bytes, good.data, 2 * n);
        memset(bytes, 0, n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "r = 0");

        memcpy(bytes, good.data, 2 * n);
        memset(bytes + n, 0, n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "s = 0");

        memcpy(bytes, good.data, 2 * n);
        memcpy(bytes, order, n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "r = order");

        memcpy(bytes, good.data, 2 * n);
        memcpy(bytes + n, order, n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "s = order");

        memcpy(bytes, order, n);
        memcpy(bytes + n, order, n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "both");

        memset(bytes, 0xff, 2 * n);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "the greatest");

        /* -s is as good as s: ECDSA is so, and no token is known by it */

        memcpy(bytes, good.data, 2 * n);

        a = BN_bin2bn(order, n, NULL);
        b = BN_bin2bn(bytes + n, n, NULL);

        must(a && b && BN_sub(a, a, b) == 1);
        must(BN_bn2binpad(a, bytes + n, n) == (int) n);

        BN_free(a);
        BN_free(b);

        is_int(verify(key, alg, input, s), NGX_OK, "order - s");

        is_int(verify(key, alg, input, good), NGX_OK, "still the good one");
    }
}


static void
test_der_signature(void)
{
    u_char     buf[NGX_APIGW_JWK_EC_DER];
    ngx_str_t  der, raw;

    parse(jose_print("{%s}", members(P256)), 1);

    raw = jose_sign(keys[P256].pkey, "ES256", input);
    ngx_apigw_jwk_ec_der(&der, &raw, buf);

    is_int(verify(first("", NGX_APIGW_JWS_ES256), NGX_APIGW_JWS_ES256, input,
                  der),
           NGX_DECLINED, "DER");

    ok(der.len <= 72, "its length");
}


/* RFC 8032, 5.1.7: s is less than the order */

static void
test_eddsa(void)
{
    u_char            bytes[64];
    unsigned          carry;
    ngx_str_t         good, s;
    ngx_uint_t        i;
    ngx_apigw_jwk_t  *key;

    static const u_char  order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
        0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10
    };

    parse(jose_print("{%s}", members(ED)), 1);

    key = first("", NGX_APIGW_JWS_EDDSA);
    good = jose_sign(keys[ED].pkey, "EdDSA", input);

    memcpy(bytes, good.data, 64);

    for (carry = 0, i = 0; i < 32; i++) {
        carry += bytes[32 + i] + order[i];
        bytes[32 + i] = carry & 0xff;
        carry >>= 8;
    }

    s.len = 64;
    s.data = bytes;

    is_int(verify(key, NGX_APIGW_JWS_EDDSA, input, s), NGX_DECLINED,
           "s + order");

    memset(bytes, 0, 64);
    is_int(verify(key, NGX_APIGW_JWS_EDDSA, input, s), NGX_DECLINED, "zeros");

    memset(bytes, 0xff, 64);
    is_int(verify(key, NGX_APIGW_JWS_EDDSA, input, s), NGX_DECLINED, "ones");

    is_int(verify(key, NGX_APIGW_JWS_EDDSA, input, good), NGX_OK,
           "still the good one");
}


static void
test_rsa_values(void)
{
    u_char            bytes[256];
    ngx_str_t         s;
    ngx_uint_t        n, alg;
    ngx_apigw_jwk_t  *key;

    parse(jose_print("{%s}", members(RSA_A)), 1);

    s.len = 256;
    s.data = bytes;

    for (n = 0; n < 6; n++) {
        alg = (ngx_uint_t) 1 << n;
        key = first("", alg);

        memset(bytes, 0, 256);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "0, %s", names[n]);

        bytes[255] = 1;
        is_int(verify(key, alg, input, s), NGX_DECLINED, "1");

        memset(bytes, 0xff, 256);
        is_int(verify(key, alg, input, s), NGX_DECLINED, "above the modulus");
    }
}


static char *
rsa(size_t bits, const char *e)
{
    size_t  len;
    u_char  n[1200];

    len = (bits + 7) / 8;
    memset(n, 0xa5, len);
    n[0] = 0x80 >> (len * 8 - bits);

    return jose_print("\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"",
                      jose_base64url(n, len), e);
}


static void
test_rsa_sizes(void)
{
    size_t  i;

    static struct {
        size_t       bits;
        const char  *e;
        const char  *reason;
    } t[] = {
        { 2048, "AQAB", NULL },
        { 2048, "Aw", NULL },
        { 2055, "AQAB", NULL },
        { 8192, "AQAB", NULL },
        { 2048, "__________8", NULL },
        { 512, "AQAB", "RSA modulus is shorter than 2048 bits" },
        { 1024, "AQAB", "RSA modulus is shorter than 2048 bits" },
        { 2047, "AQAB", "RSA modulus is shorter than 2048 bits" },
        { 2041, "AQAB", "RSA modulus is shorter than 2048 bits" },
        { 8193, "AQAB", "RSA modulus is longer than 8192 bits" },
        { 8209, "AQAB", "a number of the key is longer than 8192 bits" },
        { 9000, "AQAB", "a number of the key is longer than 8192 bits" },
        { 2048, "AQ",
          "RSA modulus or exponent is even, or the exponent is 1" },
        { 2048, "Ag",
          "RSA modulus or exponent is even, or the exponent is 1" },
        { 2048, "AQAA",
          "RSA modulus or exponent is even, or the exponent is 1" },
        { 2048, "AP8",
          "RSA modulus or exponent is empty or begins with a zero" },
        { 2048, "AA",
          "RSA modulus or exponent is empty or begins with a zero" },
        { 2048, "",
          "RSA modulus or exponent is empty or begins with a zero" },
        { 2048, "AQAAAAAAAAAB", "RSA exponent is longer than 64 bits" },
        { 2048, "AQAB=", "a number of the key is not base64url" },
        { 2048, "AQA",
          "RSA modulus or exponent is even, or the exponent is 1" },
        { 2048, "AQB", "a number of the key is not base64url" },
        { 2048, "A", "a number of the key is not base64url" },
        { 2048, "AQ B", "a number of the key is not base64url" },
    };

    for (i = 0; i < count(t); i++) {

        if (t[i].reason) {
            left_out(jose_print("{%s}", rsa(t[i].bits, t[i].e)), t[i].reason,
                     1);
            continue;
        }

        is_int(parse(jose_print("{%s}", rsa(t[i].bits, t[i].e)), 1), NGX_OK,
               "%d bits, e %s", (int) t[i].bits, t[i].e);
        is_int(first("", NGX_APIGW_JWS_RS256)->size, (t[i].bits + 7) / 8,
               "length of a signature");
    }

    left_out("{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}",
             "RSA modulus or exponent is empty or begins with a zero", 1);
    left_out("{\"kty\":\"RSA\",\"n\":\"AAEB\",\"e\":\"AQAB\"}",
             "RSA modulus or exponent is empty or begins with a zero", 1);
}


/* what a key may say of itself */

static void
test_members(void)
{
    size_t  i;
    char    kid[258];

    static struct {
        const char  *more;
        const char  *reason;
        ngx_uint_t   bad;
    } t[] = {
        { "\"use\":\"sig\"", NULL, 0 },
        { "\"use\":\"sig\",\"key_ops\":[\"verify\"]", NULL, 0 },
        { "\"key_ops\":[\"sign\",\"verify\"]", NULL, 0 },
        { "\"alg\":\"ES256\"", NULL, 0 },
        { "\"x5t\":1,\"x5c\":{},\"x5u\":\"http://127.0.0.1/\",\"ext\":true",
          NULL, 0 },
        { "\"kid\":\"\"", NULL, 0 },
        { "\"use\":\"enc\"", "\"use\" is not \"sig\"", 0 },
        { "\"use\":\"SIG\"", "\"use\" is not \"sig\"", 0 },
        { "\"use\":\"\"", "\"use\" is not \"sig\"", 0 },
        { "\"use\":[\"sig\"]", "\"use\" is not a string", 1 },
        { "\"use\":null", "\"use\" is not a string", 1 },
        { "\"key_ops\":[]", "\"key_ops\" is without \"verify\"", 0 },
        { "\"key_ops\":[\"encrypt\"]", "\"key_ops\" is without \"verify\"",
          0 },
        { "\"use\":\"sig\",\"key_ops\":[\"wrapKey\"]",
          "\"key_ops\" is without \"verify\"", 0 },
        { "\"use\":\"enc\",\"key_ops\":[\"verify\"]",
          "\"use\" is not \"sig\"", 0 },
        { "\"key_ops\":\"verify\"", "\"key_ops\" is not an array of strings",
          1 },
        { "\"key_ops\":[\"verify\",1]",
          "\"key_ops\" is not an array of strings", 1 },
        { "\"alg\":\"RS256\"", "\"alg\" does not fit the type of the key",
          1 },
        { "\"alg\":\"ES384\"", "\"alg\" does not fit the type of the key",
          1 },
        { "\"alg\":\"HS256\"", "\"alg\" does not fit the type of the key",
          1 },
        { "\"alg\":\"none\"", "\"alg\" is not one of signatures", 0 },
        { "\"alg\":\"ECDH-ES\"", "\"alg\" is not one of signatures", 0 },
        { "\"alg\":\"\"", "\"alg\" is not one of signatures", 0 },
        { "\"alg\":256", "\"alg\" is not a string", 1 },
        { "\"alg\":[\"ES256\"]", "\"alg\" is not a string", 1 },
        { "\"kid\":1", "\"kid\" is not a string of at most 256 bytes", 1 },
        { "\"kid\":null", "\"kid\" is not a string of at most 256 bytes", 1 }
    };

    for (i = 0; i < count(t); i++) {

        if (t[i].reason) {
            left_out(jose_print("{%s,%s}", t[i].more, members(P256_B)),
                     t[i].reason, t[i].bad);
            continue;
        }

        is_int(parse(jose_print("{%s,%s}", t[i].more, members(P256_B)), 1),
               NGX_OK, "%s", t[i].more);
        ok(first("", NGX_APIGW_JWS_ES256) != NULL, "for ES256");
    }

    memset(kid, 'k', 257);
    kid[257] = '\0';

    left_out(jose_print("{\"kid\":\"%s\",%s}", kid, members(P256_B)),
             "\"kid\" is not a string of at most 256 bytes", 1);

    kid[256] = '\0';

    is_int(parse(jose_print("{\"kid\":\"%s\",%s}", kid, members(P256_B)), 1),
           NGX_OK, "a kid of 256 bytes");
    ok(first(kid, NGX_APIGW_JWS_ES256) != NULL, "is found");
}


static void
test_material(void)
{
    size_t     i;
    u_char     x[66], y[66];
    ngx_str_t  der;

    static struct {
        const char  *jwk;
        const char  *reason;
        ngx_uint_t   bad;
    } t[] = {
        { "1", "a key is not an object", 1 },
        { "null", "a key is not an object", 1 },
        { "[]", "a key is not an object", 1 },
        { "{}", "\"kty\" is missing or not a string", 1 },
        { "{\"kty\":1}", "\"kty\" is missing or not a string", 1 },
        { "{\"kty\":\"rsa\"}", "unknown \"kty\"", 0 },
        { "{\"kty\":\"\"}", "unknown \"kty\"", 0 },
        { "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"}", "unknown \"kty\"", 0 },
        { "{\"kty\":\"RSA\"}",
          "a number of the key is missing or not a string", 1 },
        { "{\"kty\":\"RSA\",\"n\":1,\"e\":\"AQAB\"}",
          "a number of the key is missing or not a string", 1 },
        { "{\"kty\":\"RSA\",\"x5c\":[\"AAAA\"]}",
          "a number of the key is missing or not a string", 1 },
        { "{\"kty\":\"EC\"}", "\"crv\" is missing or not a string", 1 },
        { "{\"kty\":\"EC\",\"crv\":256}",
          "\"crv\" is missing or not a string", 1 },
        { "{\"kty\":\"EC\",\"crv\":\"secp256k1\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"p-256\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"OKP\",\"crv\":\"X25519\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed448\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"OKP\",\"crv\":\"P-256\"}", "unknown \"crv\"", 0 },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
          "a number of the key is missing or not a string", 1 },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
          "coordinate of a wrong length", 1 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\"}",
          "a number of the key is missing or not a string", 1 },
        { "{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
          "AAAAAAAA\"}",
          "a symmetric key, which is for \"secret_file\" only", 1 },
        { "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"\"}",
          "a symmetric key, which is for \"secret_file\" only", 1 },
        { "{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"AA\"}",
          "\"use\" is not \"sig\"", 0 }
    };

    for (i = 0; i < count(t); i++) {
        left_out(t[i].jwk, t[i].reason, t[i].bad);
    }

    der = jose_spki(keys[P256_B].pkey);
    memcpy(x, der.data + der.len - 64, 32);
    memcpy(y, der.data + der.len - 32, 32);
    y[31] ^= 1;

    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 32),
                        jose_base64url(y, 32)),
             "OpenSSL does not accept the key"
             " (a point that is not on its curve?)", 1);

    y[31] ^= 1;

    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 31),
                        jose_base64url(y, 32)),
             "coordinate of a wrong length", 1);
    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 32),
                        jose_base64url(y, 33)),
             "coordinate of a wrong length", 1);
    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 32),
                        jose_base64url(y, 32)),
             "coordinate of a wrong length", 1);

    memset(x, 0, 66);

    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 32),
                        jose_base64url(x, 32)),
             "OpenSSL does not accept the key"
             " (a point that is not on its curve?)", 1);

    memset(x, 0xff, 66);

    left_out(jose_print("{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"%s\","
                        "\"y\":\"%s\"}", jose_base64url(x, 66),
                        jose_base64url(x, 66)),
             "OpenSSL does not accept the key"
             " (a point that is not on its curve?)", 1);

    is_int(parse(jose_print("{\"d\":\"AAAA\",\"p\":1,%s}", members(RSA_A)),
                 1),
           NGX_OK, "private parts are not looked at");
}


static void
test_documents(void)
{
    char       *p, text[JOSE_MAX];
    size_t      i, n;
    ngx_int_t   rc;

    static struct {
        const char  *text;
        const char  *reason;
    } t[] = {
        { "", "it is not JSON: it ends too early" },
        { "null", "not a JSON object" },
        { "[]", "not a JSON object" },
        { "{}", "neither \"keys\" nor \"kty\" in the object" },
        { "{\"Keys\":[]}", "neither \"keys\" nor \"kty\" in the object" },
        { "{\"keys\":{}}", "\"keys\" is not an array" },
        { "{\"keys\":null,\"kty\":\"RSA\"}", "\"keys\" is not an array" },
        { "{\"keys\":[]}", "the set is empty" },
        { "{\"keys\":[],\"keys\":[]}",
          "a name stands twice in one object" },
        { "{\"keys\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
          "it is nested too deeply" },
        { "<html>", "it is not JSON" },
        { "{\"keys\":[]}x", "it is not JSON: text follows the value" }
    };

    for (i = 0; i < count(t); i++) {
        is_int(parse(t[i].text, 0), NGX_DECLINED, "%s", t[i].text);
        is_reason(t[i].reason, "lenient");
        is_int(error.key, -1, "the set");
        is_int(parse(t[i].text, 1), NGX_DECLINED, "%s", t[i].text);
        is_reason(t[i].reason, "strict");
    }

    /* 64 keys and one more; then none is even looked at */

    for (n = 64; n < 67; n++) {
        p = text;
        p += sprintf(p, "{\"keys\":[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s{%s,\"kid\":\"%d\"}", i ? "," : "",
                         members(ED), (int) i);
        }

        sprintf(p, "]}");

        is_int(parse(text, 0), NGX_OK, "%d keys", (int) n);
        is_int(ngx_apigw_jwks_count(set), 64, "64 at most");
        is_int(error.ignored, n - 64, "others are not taken");
        ok(first("63", NGX_APIGW_JWS_EDDSA) != NULL, "the last one");

        rc = parse(text, 1);
        is_int(rc, n == 64 ? NGX_OK : NGX_DECLINED, "strict");
        is_int(error.key, n == 64 ? -1 : 64, "which one");
    }

    is_reason("more than 64 keys", "too many");
}


/* the order of candidates */

static void
is_order(const char *kid, ngx_uint_t alg, const char *want)
{
    char              got[64], *p;
    ngx_str_t         k;
    ngx_uint_t        i;
    ngx_apigw_jwk_t  *key, *each;

    k = jose_str(kid);
    p = got;

    for (key = ngx_apigw_jwks_next(set, &k, alg, NULL);
         key && p < got + 60;
         key = ngx_apigw_jwks_next(set, &k, alg, key))
    {
        for (i = 0, each = set->first; each != key; each = each->next) {
            i++;
        }

        *p++ = (char) ('0' + i);
    }

    *p = '\0';

    ok(strcmp(got, want) == 0, "kid \"%s\": %s, want %s", kid, got, want);
}


static void
test_candidates(void)
{
    is_int(parse(jose_print("{\"keys\":["
                            "{%s},"
                            "{\"kid\":\"a\",%s},"
                            "{\"kid\":\"b\",%s},"
                            "{\"kid\":\"a\",%s},"
                            "{%s},"
                            "{\"kid\":\"a\",%s},"
                            "{\"kid\":\"\",%s},"
                            "{\"kid\":\"a\",\"alg\":\"PS512\",%s}"
                            "]}",
                            members(P256), members(P256), members(P256),
                            members(P384), members(ED), members(P256_B),
                            members(P256_B), members(RSA_A)),
                 1),
           NGX_OK, "a set");

    is_order("", NGX_APIGW_JWS_ES256, "01256");
    is_order("a", NGX_APIGW_JWS_ES256, "1506");
    is_order("b", NGX_APIGW_JWS_ES256, "206");
    is_order("c", NGX_APIGW_JWS_ES256, "06");
    is_order("aa", NGX_APIGW_JWS_ES256, "06");
    is_order("A", NGX_APIGW_JWS_ES256, "06");
    is_order("../../etc/passwd", NGX_APIGW_JWS_ES256, "06");
    is_order("a", NGX_APIGW_JWS_ES384, "3");
    is_order("b", NGX_APIGW_JWS_ES384, "");
    is_order("", NGX_APIGW_JWS_EDDSA, "4");
    is_order("a", NGX_APIGW_JWS_EDDSA, "4");
    is_order("a", NGX_APIGW_JWS_PS512, "7");
    is_order("a", NGX_APIGW_JWS_PS256, "");
    is_order("", NGX_APIGW_JWS_RS256, "");
    is_order("", NGX_APIGW_JWS_HS256, "");
    is_order("", 0, "");
}


static void
test_fingerprints(void)
{
    size_t         i, k;
    u_char         print[16][32], other[32];
    const u_char  *p;

    const char  *t[] = {
        jose_print("{%s}", members(P256)),
        jose_print("{%s}", members(P256_B)),
        jose_print("{\"kid\":\"a\",%s}", members(P256)),
        jose_print("{\"kid\":\"b\",%s}", members(P256)),
        jose_print("{%s}", members(RSA_A)),
        jose_print("{\"alg\":\"RS256\",%s}", members(RSA_A)),
        jose_print("{\"alg\":\"RS384\",%s}", members(RSA_A)),
        jose_print("{%s}", members(RSA_B)),
        jose_print("{%s}", members(ED))
    };

    for (i = 0; i < count(t); i++) {
        must(parse(t[i], 1) == NGX_OK);
        p = ngx_apigw_jwk_fingerprint(set->first);
        memcpy(print[i], p, 32);

        must(parse(t[i], 1) == NGX_OK);
        ok(memcmp(ngx_apigw_jwk_fingerprint(set->first), print[i], 32) == 0,
           "the same key, the same fingerprint");
        ok(ngx_apigw_jwks_has(set, print[i]), "the set has it");

        memcpy(other, print[i], 32);
        other[31] ^= 1;
        ok(!ngx_apigw_jwks_has(set, other), "and no other one");

        for (k = 0; k < i; k++) {
            if (memcmp(print[i], print[k], 32) == 0
                || ngx_apigw_jwks_has(set, print[k]))
            {
                break;
            }
        }

        is_int(k, i, "different ones");
    }

    must(parse(jose_print("{\"use\":\"sig\",\"alg\":\"ES256\",%s}",
                          members(P256)), 1)
         == NGX_OK);
    ok(ngx_apigw_jwks_has(set, print[0]), "what changes nothing is not in it");
}


static ngx_int_t
pem(const char *text)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = malloc(s.len ? s.len : 1);
    must(s.data);
    memcpy(s.data, text, s.len);

    set = NULL;
    memset(&error, 0x55, sizeof(error));

    rc = ngx_apigw_jwks_pem(&set, &s, pool, &error);

    free(s.data);

    ok(jose_clean(), "no errors left behind");

    return rc;
}


static char *
pem_text(const char *name, const u_char *der, size_t len)
{
    BIO   *bio;
    int    n;
    char  *text;

    text = jose_text();
    bio = BIO_new(BIO_s_mem());

    must(bio && PEM_write_bio(bio, name, "", der, (long) len) > 0);

    n = BIO_read(bio, text, JOSE_MAX - 1);
    must(n > 0);
    text[n] = '\0';

    BIO_free(bio);

    return text;
}


static char *
certificate(EVP_PKEY *pkey, const EVP_MD *md)
{
    int         len;
    char       *text;
    X509       *x509;
    u_char     *der;
    X509_NAME  *name;

    x509 = X509_new();
    must(x509 && ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(x509), -7200));
    must(X509_gmtime_adj(X509_getm_notAfter(x509), -3600));
    must(X509_set_pubkey(x509, pkey) == 1);

    name = X509_get_subject_name(x509);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (u_char *) "id", -1, -1, 0)
         == 1);
    must(X509_set_issuer_name(x509, name) == 1);
    must(X509_sign(x509, pkey, md) > 0);

    der = NULL;
    len = i2d_X509(x509, &der);
    must(len > 0);

    text = pem_text("CERTIFICATE", der, len);

    OPENSSL_free(der);
    X509_free(x509);

    return text;
}


static void
test_pem_keys(void)
{
    char        *text;
    ngx_str_t    none;
    ngx_uint_t   k;

    ngx_str_null(&none);

    for (k = 0; k < NKEYS; k++) {
        text = jose_pem(keys[k].pkey);

        is_int(pem(text), NGX_OK, "PEM of %s %d", keys[k].type, keys[k].n);
        is_int(ngx_apigw_jwks_count(set), 1, "one key");
        is_int(set->first->algs, keys[k].algs, "its algorithms");
        is_int(set->first->kid.len, 0, "no kid");
        is_int(verify(set->first, keys[k].algs & -keys[k].algs, input,
                      jose_sign(keys[k].pkey, keys[k].alg, input)),
               NGX_OK, "verifies");
    }

    is_int(pem(jose_print("text\n%s more\n%s%s", jose_pem(keys[P256].pkey),
                          jose_pem(keys[RSA_A].pkey),
                          jose_pem(keys[P256_B].pkey))),
           NGX_OK, "three blocks");
    is_int(ngx_apigw_jwks_count(set), 3, "three keys");
    ok(ngx_apigw_jwks_next(set, &none, NGX_APIGW_JWS_ES256, set->first)
       == set->last, "in their order");

    is_int(pem(certificate(keys[P384].pkey, EVP_sha256())), NGX_OK,
           "a certificate, expired");
    is_int(set->first->algs, NGX_APIGW_JWS_ES384, "of P-384");
    is_int(verify(set->first, NGX_APIGW_JWS_ES384, input,
                  jose_sign(keys[P384].pkey, "ES384", input)),
           NGX_OK, "verifies");

    is_int(pem(certificate(keys[ED].pkey, NULL)), NGX_OK,
           "a certificate of Ed25519");
    is_int(pem(certificate(keys[RSA_A].pkey, EVP_sha256())), NGX_OK,
           "a certificate of RSA");
}


static void
test_pem_rsa(void)
{
    int      len;
    u_char  *der;

    der = NULL;
    len = i2d_PublicKey(keys[RSA_A].pkey, &der);
    must(len > 0);

    is_int(pem(pem_text("RSA PUBLIC KEY", der, len)), NGX_OK,
           "RSA PUBLIC KEY");
    is_int(verify(set->first, NGX_APIGW_JWS_RS256, input,
                  jose_sign(keys[RSA_A].pkey, "RS256", input)),
           NGX_OK, "verifies");

    is_int(pem(pem_text("RSA PUBLIC KEY", der, len - 1)), NGX_DECLINED,
           "cut");
    is_reason("\"RSA PUBLIC KEY\" is malformed", "cut");

    OPENSSL_free(der);
}


static void
test_pem_refused(void)
{
    BIO       *bio;
    int        len;
    char      *text, *p, *good;
    size_t     i;
    u_char    *der;
    EVP_PKEY  *pkey;

    static const char  key_reason[] =
        "a key that is not RSA, a point of P-256, P-384 or P-521,"
        " or Ed25519, or is malformed";

    good = jose_pem(keys[P256].pkey);

    is_int(pem(""), NGX_DECLINED, "nothing");
    is_reason("there is no \"PUBLIC KEY\" or \"CERTIFICATE\"", "nothing");
    is_int(pem("some text\n"), NGX_DECLINED, "text");
    is_reason("there is no \"PUBLIC KEY\" or \"CERTIFICATE\"", "text");

    text = jose_text();
    bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio_PrivateKey(bio, keys[P256].pkey, NULL, NULL, 0, NULL,
                                  NULL)
         == 1);
    len = BIO_read(bio, text, JOSE_MAX - 1);
    must(len > 0);
    text[len] = '\0';
    BIO_free(bio);

    is_int(pem(jose_print("%s%s", good, text)), NGX_DECLINED, "private");
    is_reason("a private key, which does not belong here", "private");
    is_int(error.key, 1, "the second block");

    der = NULL;
    len = i2d_PrivateKey(keys[RSA_A].pkey, &der);
    must(len > 0);
    is_int(pem(pem_text("RSA PRIVATE KEY", der, len)), NGX_DECLINED,
           "private");
    is_reason("a private key, which does not belong here", "private");
    OPENSSL_free(der);

    is_int(pem(pem_text("ENCRYPTED PRIVATE KEY", (u_char *) "x", 1)),
           NGX_DECLINED, "private");
    is_reason("a private key, which does not belong here", "private");

    is_int(pem(pem_text("X509 CRL", (u_char *) "x", 1)), NGX_DECLINED, "CRL");
    is_reason("a block that is neither a public key nor a certificate",
              "CRL");

    is_int(pem(pem_text("CERTIFICATE", (u_char *) "\x30\x00", 2)),
           NGX_DECLINED, "no certificate");
    is_reason("\"CERTIFICATE\" is malformed", "no certificate");

    is_int(pem(pem_text("PUBLIC KEY", (u_char *) "\x30\x00", 2)),
           NGX_DECLINED, "no key");
    is_reason(key_reason, "no key");

    text = jose_print("%s", good);
    text[strlen(text) - 10] = '\0';
    is_int(pem(text), NGX_DECLINED, "cut at its end");
    is_reason("a block of PEM is malformed", "cut at its end");

    text = jose_print("%s", good);
    p = strchr(text, '\n');
    p[5] = '*';
    is_int(pem(text), NGX_DECLINED, "not base64");
    is_reason("a block of PEM is malformed", "not base64");

    pkey = jose_generate("RSA", 1024);
    is_int(pem(jose_pem(pkey)), NGX_DECLINED, "RSA of 1024 bits");
    is_reason("RSA modulus is shorter than 2048 bits", "RSA of 1024 bits");
    EVP_PKEY_free(pkey);

    pkey = jose_generate("EC", NID_secp256k1);
    is_int(pem(jose_pem(pkey)), NGX_DECLINED, "secp256k1");
    is_reason(key_reason, "secp256k1");
    EVP_PKEY_free(pkey);

    text = jose_text();
    for (p = text, i = 0; i < 65; i++) {
        p += sprintf(p, "%s", good);
    }

    is_int(pem(text), NGX_DECLINED, "65 keys");
    is_reason("more than 64 keys", "65 keys");
    is_int(error.key, 64, "the last one");
}


/* each byte of a SubjectPublicKeyInfo */

static void
test_spki(void)
{
    size_t                  i, n, same;
    u_char                  buf[NGX_APIGW_JWK_SPKI], copy[1024];
    ngx_str_t               der, s, again;
    ngx_uint_t              k;
    ngx_apigw_jwk_public_t  pub;

    for (k = 0; k < NKEYS; k++) {
        der = jose_spki(keys[k].pkey);

        is_int(ngx_apigw_jwk_spki_read(&pub, &der), NGX_OK, "%s %d",
               keys[k].type, keys[k].n);

        ngx_apigw_jwk_spki(&again, &pub, buf);
        ok(again.len == der.len && memcmp(again.data, der.data, der.len) == 0,
           "written as it was read");

        for (n = 0; n < der.len; n++) {
            s.len = n;
            s.data = malloc(n ? n : 1);
            must(s.data);
            memcpy(s.data, der.data, n);

            if (ngx_apigw_jwk_spki_read(&pub, &s) == NGX_OK) {
                free(s.data);
                break;
            }

            free(s.data);
        }

        is_int(n, der.len, "no part of it");

        s.len = der.len + 1;
        s.data = copy;
        memcpy(copy, der.data, der.len);
        copy[der.len] = 0;
        is_int(ngx_apigw_jwk_spki_read(&pub, &s), NGX_DECLINED,
               "nor with a byte behind it");
        s.len--;

        /* what is read must be written the same: no second form */

        for (same = 0, i = 0; i < der.len * 8; i++) {
            copy[i / 8] ^= 1 << i % 8;

            if (ngx_apigw_jwk_spki_read(&pub, &s) == NGX_OK
                && pub.a.len <= NGX_APIGW_JWK_MODULUS
                && pub.b.len <= NGX_APIGW_JWK_MODULUS / 10)
            {
                ngx_apigw_jwk_spki(&again, &pub, buf);
                same += again.len != s.len
                        || memcmp(again.data, s.data, s.len) != 0;
            }

            copy[i / 8] ^= 1 << i % 8;
        }

        is_int(same, 0, "one form only");
    }

    /* a length in two bytes that one would do for, and in four */

    der = jose_spki(keys[ED].pkey);

    s.len = der.len + 1;
    s.data = copy;
    memcpy(copy + 3, der.data + 2, der.len - 2);

    copy[0] = 0x30;
    copy[1] = 0x81;
    copy[2] = der.data[1];
    is_int(ngx_apigw_jwk_spki_read(&pub, &s), NGX_DECLINED, "0x81");

    s.len = der.len + 2;
    memcpy(copy + 4, der.data + 2, der.len - 2);

    copy[1] = 0x82;
    copy[2] = 0;
    copy[3] = der.data[1];
    is_int(ngx_apigw_jwk_spki_read(&pub, &s), NGX_DECLINED, "0x82");
}


static ngx_int_t
secret(const char *text, size_t len)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    s.len = len;
    s.data = malloc(len ? len : 1);
    must(s.data);
    memcpy(s.data, text, len);

    set = NULL;
    memset(&error, 0x55, sizeof(error));

    rc = ngx_apigw_jwks_secret(&set, &s, pool, &error);

    free(s.data);

    ok(jose_clean(), "no errors left behind");

    return rc;
}


static void
test_secrets(void)
{
    char              text[300], k[300];
    size_t            len, i;
    ngx_str_t         sig;
    ngx_uint_t        n, alg;
    ngx_apigw_jwk_t  *key;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) (i * 7 + 1);
    }

    for (len = 0; len < 300; len += (len >= 30 && len < 70) ? 1 : 10) {

        if (len < 32) {
            is_int(secret(text, len), NGX_DECLINED, "%d bytes", (int) len);
            is_reason("the secret is shorter than 32 bytes", "short");
            continue;
        }

        is_int(secret(text, len), NGX_OK, "%d bytes", (int) len);

        for (n = 10; n < 13; n++) {
            alg = (ngx_uint_t) 1 << n;
            key = first("", alg);

            if (len < 32 + 16 * (n - 10)) {
                ok(key == NULL, "too short for %s", names[n]);
                continue;
            }

            sig = jose_hmac(names[n], text, len, input);

            is_int(verify(key, alg, input, sig), NGX_OK, "%s", names[n]);
            is_int(verify(key, alg, "other", sig), NGX_DECLINED, "other");
            is_int(verify(key, alg, input, sig), NGX_OK, "again");

            sig.len--;
            is_int(verify(key, alg, input, sig), NGX_DECLINED, "shorter");
            sig.len = 0;
            is_int(verify(key, alg, input, sig), NGX_DECLINED, "empty");

            sig = jose_hmac(names[n], text, len, input);
            sig.data[sig.len] = 0;
            sig.len++;
            is_int(verify(key, alg, input, sig), NGX_DECLINED, "longer");
            sig.len--;
            sig.data[sig.len - 1] ^= 1;
            is_int(verify(key, alg, input, sig), NGX_DECLINED, "changed");
        }

        ok(first("", NGX_APIGW_JWS_RS256) == NULL, "symmetric only");
    }

    strcpy(k, jose_base64url(text, 32));

    is_int(secret("{\"kty\":\"oct\"}", 13), NGX_DECLINED, "no k");
    is_reason("\"k\" is missing or not a string", "no k");

    {
        static struct {
            const char  *fmt;
            const char  *reason;
        } t[] = {
            { "{\"kty\":\"oct\",\"k\":\"%s\"}", NULL },
            { "{\"kty\":\"oct\",\"alg\":\"HS256\",\"use\":\"sig\","
              "\"kid\":\"a\",\"k\":\"%s\"}", NULL },
            { "{\"kty\":\"oct\",\"k\":\"%s=\"}", "\"k\" is not base64url" },
            { "{\"kty\":\"oct\",\"k\":true,\"x\":\"%s\"}",
              "\"k\" is missing or not a string" },
            { "{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"%s\"}",
              "the secret is shorter than the hash of its \"alg\"" },
            { "{\"kty\":\"oct\",\"alg\":\"RS256\",\"k\":\"%s\"}",
              "\"alg\" does not fit the type of the key" },
            { "{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"%s\"}",
              "\"use\" is not \"sig\"" },
            { "{\"kty\":\"RSA\",\"k\":\"%s\"}",
              "\"kty\" of a secret is not \"oct\"" },
            { "{\"keys\":[{\"kty\":\"oct\",\"k\":\"%s\"}]}",
              "\"kty\" is missing or not a string" },
            { "{\"kty\":\"oct\",\"k\":\"\",\"x\":\"%s\"}",
              "the secret is shorter than 32 bytes" },
            { "{not JSON, but long enough: %s",
              "it is not JSON" }
        };

        char  doc[500];

        for (i = 0; i < count(t); i++) {
            snprintf(doc, sizeof(doc), t[i].fmt, k);

            is_int(secret(doc, strlen(doc)),
                   t[i].reason ? NGX_DECLINED : NGX_OK, "%s", t[i].fmt);

            if (t[i].reason) {
                is_reason(t[i].reason, "refused");
                continue;
            }

            is_int(verify(first("a", NGX_APIGW_JWS_HS256),
                          NGX_APIGW_JWS_HS256, input,
                          jose_hmac("HS256", text, 32, input)),
                   NGX_OK, "verifies");
        }
    }
}


/* what an attacker knows is no secret: HS256 under a public key */

static void
test_confusion(void)
{
    char             *p;
    size_t            i, len;
    ngx_str_t         der, n;
    ngx_uint_t        a;
    ngx_apigw_jwk_t  *key;

    p = jose_pem(keys[RSA_A].pkey);
    der = jose_spki(keys[RSA_A].pkey);
    n.data = der.data + 33;
    n.len = 256;

    struct {
        const void  *secret;
        size_t       len;
    } t[] = {
        { "", 0 },
        { p, strlen(p) },
        { p, strlen(p) - 1 },
        { der.data, der.len },
        { n.data, n.len },
        { members(RSA_A), strlen(members(RSA_A)) }
    };

    must(parse(jose_print("{%s}", members(RSA_A)), 1) == NGX_OK);
    key = set->first;

    for (i = 0; i < count(t); i++) {
        for (a = 10; a < 13; a++) {
            len = t[i].len;

            ok(first("", (ngx_uint_t) 1 << a) == NULL, "no candidate");
            is_int(verify(key, (ngx_uint_t) 1 << a, input,
                          jose_hmac(names[a], t[i].secret, len, input)),
                   NGX_DECLINED, "%s under %d public bytes", names[a],
                   (int) len);
        }
    }
}


/* each of our allocations fails once, and some of OpenSSL's */

static long  crypto_countdown = -1;


static void *
crypto_malloc(size_t size, const char *file, int line)
{
    if (crypto_countdown == 0) {
        return NULL;
    }

    if (crypto_countdown > 0) {
        crypto_countdown--;
    }

#undef malloc
    return malloc(size);
}


static void *
crypto_realloc(void *p, size_t size, const char *file, int line)
{
    if (crypto_countdown == 0) {
        return NULL;
    }

    if (crypto_countdown > 0) {
        crypto_countdown--;
    }

#undef realloc
    return realloc(p, size);
}


static void
crypto_free(void *p, const char *file, int line)
{
    free(p);
}


static void
test_no_memory(void)
{
    long         n;
    char        *texts[3];
    ngx_int_t    rc;
    ngx_str_t    s;
    ngx_uint_t   i;
    ngx_pool_t  *p;

    texts[0] = jose_print("{\"keys\":[{%s},{%s},{%s}]}", members(RSA_A),
                          members(P256), members(ED));
    texts[1] = jose_print("%s%s", jose_pem(keys[RSA_A].pkey),
                          certificate(keys[P256].pkey, EVP_sha256()));
    texts[2] = jose_print("{\"kty\":\"oct\",\"k\":\"%s\"}",
                          jose_base64url(members(RSA_A), 80));

    for (i = 0; i < 6; i++) {
        s = jose_str(texts[i % 3]);

        for (n = 0; /* void */ ; n += 1 + n / 32) {
            p = ngx_create_pool(0, NULL);

            if (i < 3) {
                ngx_stub_fail(n);

            } else {
                crypto_countdown = n;
            }

            rc = (i % 3 == 0)
                 ? ngx_apigw_jwks_parse(&set, &s, 1, p, &error)
                 : (i % 3 == 1) ? ngx_apigw_jwks_pem(&set, &s, p, &error)
                   : ngx_apigw_jwks_secret(&set, &s, p, &error);

            ngx_stub_fail(-1);
            crypto_countdown = -1;

            if (!jose_clean()) {
                ok(0, "errors were left behind");
            }

            ngx_destroy_pool(p);

            if (rc == NGX_OK) {
                break;
            }

            if (i < 3 && rc != NGX_ERROR) {
                ok(0, "%d at allocation %d", (int) rc, (int) n);
            }
        }

        ok(n > 2, "as if it had no memory after %d allocations", (int) n);
    }
}


int
main(void)
{
    ngx_uint_t  k;

    must(CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free)
         == 1);

    pool = ngx_create_pool(0, NULL);

    for (k = 0; k < NKEYS; k++) {
        keys[k].pkey = jose_generate(keys[k].type, keys[k].n);
        must(strlen(jose_members(keys[k].pkey)) < sizeof(keys[k].text));
        strcpy(keys[k].text, jose_members(keys[k].pkey));
    }

    test_names();
    test_algorithms();
    test_other_key();
    test_pss();
    test_ecdsa();
    test_der_signature();
    test_eddsa();
    test_rsa_values();
    test_rsa_sizes();
    test_members();
    test_material();
    test_documents();
    test_candidates();
    test_fingerprints();
    test_pem_keys();
    test_pem_rsa();
    test_pem_refused();
    test_spki();
    test_secrets();
    test_confusion();
    test_no_memory();

    for (k = 0; k < NKEYS; k++) {
        EVP_PKEY_free(keys[k].pkey);
    }

    ngx_destroy_pool(pool);

    return done();
}
