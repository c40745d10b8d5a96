
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Examples that others have published: RFC 7515, A; RFC 7517, A; RFC 7519;
 * RFC 8037, A; and the files of the JOSE cookbook (RFC 7520), where
 * APIGW_TEST_VECTORS leads to them.
 */

#include <dirent.h>

#include "jose.h"
#include "tap.h"


#define count(a)    (sizeof(a) / sizeof((a)[0]))

#define FILE_MAX    65536
#define HEADER_MAX  2048

#define JOE         "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA" \
                    "6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

#define A1_SECRET   "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75" \
                    "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"


static ngx_pool_t             *pool;
static ngx_apigw_jwks_t       *set;
static ngx_apigw_jwk_error_t   error;


typedef struct {
    const char                *name;
    const char                *key;
    const char                *alg;
    const char                *input;
    const char                *signature;
    const char                *refused;    /* by the parser; NULL: none */
} example_t;


static const char  not_json[] = "the claims are not acceptable JSON";


static const example_t  examples[] = {

    { "RFC 7515, A.1 (and RFC 7519, 3.1)",
      "{\"kty\":\"oct\",\"k\":\"" A1_SECRET "\"}",
      "HS256",
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE,
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      NULL },

    { "RFC 7515, A.2",
      "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4f"
      "Akd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-y"
      "RT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"
      "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY"
      "4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2"
      "ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}",
      "RS256",
      "eyJhbGciOiJSUzI1NiJ9." JOE,
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHI"
      "m4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB"
      "--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN938"
      "3LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
      "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
      NULL },

    { "RFC 7515, A.3",
      "{\"kty\":\"EC\",\"crv\":\"P-256\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
      "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
      "ES256",
      "eyJhbGciOiJFUzI1NiJ9." JOE,
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQx"
      "fKTUJqPP3-Kg6NU1Q",
      NULL },

    { "RFC 7515, A.4",
      "{\"kty\":\"EC\",\"crv\":\"P-521\","
      "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6"
      "OvLFV1jSfS9tsz4qUxcWceqwQGk\","
      "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79aj"
      "L4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
      "ES512",
      "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
      "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2S"
      "I-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgz"
      "DO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
      not_json },

    { "RFC 8037, A.4",
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
      "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
      "EdDSA",
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
      "9g7sVvpAr_MuM0KAg",
      not_json }
};


static void
refused(const char *token, const char *want, const char *name)
{
    ngx_int_t         rc;
    ngx_str_t         s;
    const char       *reason;
    ngx_apigw_jwt_t   jwt;

    s = jose_str(token);
    reason = "none";

    rc = ngx_apigw_jwt_parse(&jwt, &s, HEADER_MAX, pool, &reason);

    is_int(rc, NGX_DECLINED, "%s: refused", name);
    ok(strcmp(reason, want) == 0, "%s: %s, want %s", name, reason, want);
}


/* "oct" by the way that is for secrets */

static ngx_int_t
take(const char *key)
{
    ngx_str_t  s;

    s = jose_str(key);
    set = NULL;

    return strstr(key, "\"oct\"")
           ? ngx_apigw_jwks_secret(&set, &s, pool, &error)
           : ngx_apigw_jwks_parse(&set, &s, 1, pool, &error);
}


static ngx_int_t
verify(const char *alg, const char *input, ngx_str_t sig)
{
    ngx_int_t         rc;
    ngx_str_t         a, s, kid;
    ngx_apigw_jwk_t  *key;

    a = jose_str(alg);
    s = jose_str(input);

    ngx_str_null(&kid);

    key = ngx_apigw_jwks_next(set, &kid, ngx_apigw_jws_alg(&a), NULL);
    if (key == NULL) {
        return NGX_BUSY;
    }

    rc = ngx_apigw_jwk_verify(key, ngx_apigw_jws_alg(&a), &s, &sig);

    if (!jose_clean()) {
        ok(0, "errors were left behind");
    }

    return rc;
}


/* the signature, and each way to tamper with it */

static void
signature(const example_t *e)
{
    char       *text;
    size_t      i, len;
    ngx_int_t   rc;
    ngx_str_t   sig;

    if (!is_int(take(e->key), NGX_OK, "%s: the key", e->name)) {
        comment("%s", error.reason);
        return;
    }

    sig = jose_decode(e->signature);

    is_int(verify(e->alg, e->input, sig), NGX_OK, "%s: the signature",
           e->name);

    rc = NGX_DECLINED;

    for (i = 0; i < sig.len && rc == NGX_DECLINED; i += 1 + sig.len / 9) {
        sig.data[i] ^= 0x10;
        rc = verify(e->alg, e->input, sig);
        sig.data[i] ^= 0x10;
    }

    is_int(rc, NGX_DECLINED, "%s: another signature", e->name);

    sig.len--;
    is_int(verify(e->alg, e->input, sig), NGX_DECLINED, "%s: a shorter one",
           e->name);
    sig.len++;

    text = jose_print("%s", e->input);

    len = strlen(text);

    for (i = 0; i < len && rc == NGX_DECLINED; i += 1 + len / 9) {
        text[i] ^= 1;
        rc = verify(e->alg, text, sig);
        text[i] ^= 1;
    }

    is_int(rc, NGX_DECLINED, "%s: another text", e->name);
}


/* as a token: what the parser says, and that it finds the same parts */

static void
token(const example_t *e)
{
    char             *text;
    ngx_str_t         s, alg;
    const char       *reason;
    ngx_apigw_jwt_t   jwt;

    text = jose_print("%s.%s", e->input, e->signature);

    if (e->refused) {
        refused(text, e->refused, e->name);
        return;
    }

    s = jose_str(text);
    alg = jose_str(e->alg);

    is_int(ngx_apigw_jwt_parse(&jwt, &s, HEADER_MAX, pool, &reason), NGX_OK,
           "%s: the token", e->name);
    is_int(jwt.alg, ngx_apigw_jws_alg(&alg), "%s: alg", e->name);
    is_nstr(&jwt.input, e->input, "%s: input", e->name);
    is_int(jwt.claims->type, NGX_APIGW_JSON_OBJECT, "%s: claims", e->name);
    is_int(ngx_apigw_json_get(jwt.claims, "exp")->integer, 1300819380,
           "%s: exp", e->name);
}


static void
test_rfc_keys(void)
{
    ngx_str_t  s;

    static const char  a1[] =
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
        "\"use\":\"enc\",\"kid\":\"1\"},"
        "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbW"
        "hM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2"
        "QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08"
        "qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF4"
        "4-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\","
        "\"kid\":\"2011-04-29\"}]}";

    static const char  a3[] =
        "{\"keys\":[{\"kty\":\"oct\",\"alg\":\"A128KW\","
        "\"k\":\"GawgguFyGrWKav7AX4VKUg\"},"
        "{\"kty\":\"oct\",\"k\":\"" A1_SECRET "\","
        "\"kid\":\"HMAC key used in JWS spec Appendix A.1 example\"}]}";

    s = jose_str(a1);

    is_int(ngx_apigw_jwks_parse(&set, &s, 1, pool, &error), NGX_OK,
           "RFC 7517, A.1");
    is_int(ngx_apigw_jwks_count(set), 1, "RFC 7517, A.1: one for signatures");
    is_int(error.ignored, 1, "RFC 7517, A.1: one for encryption");
    is_nstr(&set->first->kid, "2011-04-29", "RFC 7517, A.1: kid");
    is_int(set->first->algs, NGX_APIGW_JWS_RS256, "RFC 7517, A.1: alg");

    /* the point is one */

    s.data = (u_char *) jose_print("%s", a1);
    memcpy(strstr((char *) s.data, "enc"), "sig", 3);

    is_int(ngx_apigw_jwks_parse(&set, &s, 1, pool, &error), NGX_OK,
           "RFC 7517, A.1, both");
    is_int(ngx_apigw_jwks_count(set), 2, "RFC 7517, A.1, both");

    s = jose_str(a3);

    is_int(ngx_apigw_jwks_parse(&set, &s, 0, pool, &error), NGX_DECLINED,
           "RFC 7517, A.3: symmetric");
    is_int(error.ignored, 2, "RFC 7517, A.3");
    ok(strcmp(error.reason, "a symmetric key, which is for \"secret_file\""
                            " only")
       == 0, "RFC 7517, A.3: %s", error.reason);
}


static void
test_rfc(void)
{
    size_t  i;

    for (i = 0; i < count(examples); i++) {
        signature(&examples[i]);
        token(&examples[i]);
    }

    test_rfc_keys();

    refused("eyJhbGciOiJub25lIn0." JOE ".", "not signed",
            "RFC 7515, A.5 (and RFC 7519, 6.1)");
    refused("eyJhbGciOiJub25lIn0." JOE ".AA", "\"alg\" is not known",
            "RFC 7515, A.5, with a signature");
}


/* what a file of the cookbook is */

typedef enum {
    COMPACT = 0,        /* a signature over text that is no JSON */
    CLAIMS,             /* signed claims, then encrypted */
    DETACHED,           /* its payload is elsewhere */
    UNPROTECTED,        /* JSON only: kid not protected, then compact */
    NO_HEADER,          /* JSON only: nothing is protected */
    MULTIPLE,           /* JSON only: three of these */
    UNENCODED,          /* b64 is false */
    UNENCODED_JSON,     /* and the payload has a dot */
    ENCRYPTED,
    KEY,                /* to be taken */
    SECRET,             /* to be taken as a secret only */
    NO_KEY              /* not for signatures */
} kind_e;


static const struct {
    const char  *dir;
    const char  *name;
    kind_e       kind;
} files[] = {
    { ".", "6.nesting_signatures_and_encryption.json", CLAIMS },
    { "curve25519", "ecdh-es.json", ENCRYPTED },
    { "curve25519", "jws.json", COMPACT },
    { "jwe", "5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json",
      ENCRYPTED },
    { "jwe", "5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json",
      ENCRYPTED },
    { "jwe", "5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2"
             ".json", ENCRYPTED },
    { "jwe", "5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-"
             "keywrap_with_aes-gcm.json", ENCRYPTED },
    { "jwe", "5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json",
      ENCRYPTED },
    { "jwe", "5_6.direct_encryption_using_aes-gcm.json", ENCRYPTED },
    { "jwe", "5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2"
             ".json", ENCRYPTED },
    { "jwe", "5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json", ENCRYPTED },
    { "jwe", "5_9.compressed_content.json", ENCRYPTED },
    { "jwe", "5_10.including_additional_authentication_data.json",
      ENCRYPTED },
    { "jwe", "5_11.protecting_specific_header_fields.json", ENCRYPTED },
    { "jwe", "5_12.protecting_content_only.json", ENCRYPTED },
    { "jwe", "5_13.encrypting_to_multiple_recipients.json", ENCRYPTED },
    { "jwk", "3_1.ec_public_key.json", KEY },
    { "jwk", "3_2.ec_private_key.json", KEY },
    { "jwk", "3_3.rsa_public_key.json", KEY },
    { "jwk", "3_4.rsa_private_key.json", KEY },
    { "jwk", "3_5.symmetric_key_mac_computation.json", SECRET },
    { "jwk", "3_6.symmetric_key_encryption.json", NO_KEY },
    { "jws", "4_1.rsa_v15_signature.json", COMPACT },
    { "jws", "4_2.rsa-pss_signature.json", COMPACT },
    { "jws", "4_3.ecdsa_signature.json", COMPACT },
    { "jws", "4_4.hmac-sha2_integrity_protection.json", COMPACT },
    { "jws", "4_5.signature_with_detached_content.json", DETACHED },
    { "jws", "4_6.protecting_specific_header_fields.json", UNPROTECTED },
    { "jws", "4_7.protecting_content_only.json", NO_HEADER },
    { "jws", "4_8.multiple_signatures.json", MULTIPLE },
    { "rfc7797", "4.2.hmac-sha2_b64_false.json", UNENCODED_JSON },
    { "rfc7797", "hmac-sha2_b64_false.json", UNENCODED }
};


static ngx_apigw_json_t *
load(const char *path)
{
    FILE              *f;
    char               text[FILE_MAX];
    ngx_str_t          s;
    const char        *reason;
    ngx_apigw_json_t  *json;

    f = fopen(path, "rb");
    must(f);

    s.len = fread(text, 1, FILE_MAX, f);
    s.data = (u_char *) text;
    must(s.len < FILE_MAX);

    fclose(f);

    if (ngx_apigw_json_parse(&json, &s, 16, pool, &reason) != NGX_OK) {
        printf("Bail out! %s: %s\n", path, reason);
        exit(1);
    }

    return json;
}


static ngx_apigw_json_t *
at(ngx_apigw_json_t *json, const char *pointer)
{
    ngx_str_t  p;

    p = jose_str(pointer);

    return ngx_apigw_json_pointer(json, &p);
}


/* a text of the file, or what it has there as JSON */

static char *
text_at(ngx_apigw_json_t *json, const char *pointer)
{
    ngx_str_t          s;
    ngx_apigw_json_t  *value;

    value = at(json, pointer);

    if (value == NULL) {
        printf("Bail out! there is no %s\n", pointer);
        exit(1);
    }

    s = value->text;

    if (value->type != NGX_APIGW_JSON_STRING) {
        must(ngx_apigw_json_print(value, pool, &s) == NGX_OK);
    }

    return jose_print("%.*s", (int) s.len, s.data);
}


static void
compact(const char *name, ngx_apigw_json_t *json, const char *part,
    const char *reason)
{
    char       *dot, *text;
    example_t   e;

    text = text_at(json, jose_print("%s/output/compact", part));
    dot = strrchr(text, '.');

    e.name = name;
    e.key = text_at(json, jose_print("%s/input/key", part));
    e.alg = text_at(json, jose_print("%s/input/alg", part));
    e.input = jose_print("%.*s", (int) (dot - text), text);
    e.signature = dot + 1;
    e.refused = reason;

    ok(strcmp(e.signature, text_at(json, jose_print("%s/signing/sig", part)))
       == 0, "%s: one signature", name);

    signature(&e);
    token(&e);
}


/* one of the signatures of JSON serialization, written as a token */

static void
assemble(const char *name, ngx_apigw_json_t *json, const char *key,
    const char *alg, ngx_uint_t n, const char *payload)
{
    char              *header;
    example_t          e;
    ngx_apigw_json_t  *sig;

    sig = at(json, jose_print("/output/json/signatures/%d", (int) n));
    must(sig);

    header = at(sig, "/protected") ? text_at(sig, "/protected") : "";

    e.name = name;
    e.key = key;
    e.alg = alg;
    e.input = jose_print("%s.%s", header, payload);
    e.signature = text_at(sig, "/signature");
    e.refused = header[0] ? not_json : "an empty part";

    signature(&e);
    token(&e);
}


static void
encrypted(const char *name, ngx_apigw_json_t *json, const char *part)
{
    ngx_int_t         rc;
    ngx_str_t         s;
    const char       *pointer, *reason;
    ngx_apigw_jwt_t   jwt;

    pointer = jose_print("%s/output/compact", part);

    if (at(json, pointer)) {
        refused(text_at(json, pointer), "an encrypted token", name);

    } else {
        comment("%s: JSON only", name);
    }

    s = jose_str(text_at(json, jose_print("%s/output", part)));

    rc = ngx_apigw_jwt_parse(&jwt, &s, HEADER_MAX, pool, &reason);
    is_int(rc, NGX_DECLINED, "%s: JSON", name);
}


static void
key_file(const char *name, ngx_apigw_json_t *json, kind_e kind)
{
    char       *text;
    ngx_str_t   s;

    text = text_at(json, "");
    s = jose_str(text);

    is_int(ngx_apigw_jwks_parse(&set, &s, 1, pool, &error),
           kind == KEY ? NGX_OK : NGX_DECLINED, "%s", name);

    if (kind == KEY) {
        is_nstr(&set->first->kid, text_at(json, "/kid"), "%s: kid", name);
    }

    s = jose_str(text);

    is_int(ngx_apigw_jwks_secret(&set, &s, pool, &error),
           kind == SECRET ? NGX_OK : NGX_DECLINED, "%s as a secret", name);

    if (kind == SECRET) {
        is_nstr(&set->first->kid, text_at(json, "/kid"), "%s: kid", name);
        is_int(set->first->algs, NGX_APIGW_JWS_HS256, "%s: alg", name);
    }

    if (kind == NO_KEY) {
        ok(strcmp(error.reason, "\"use\" is not \"sig\"") == 0, "%s: %s",
           name, error.reason);
    }
}


static void
unencoded(const char *name, ngx_apigw_json_t *json, kind_e kind)
{
    example_t  e;

    e.name = name;
    e.key = text_at(json, "/input/key");
    e.alg = "HS256";
    e.input = jose_print("%s.%s", text_at(json, "/output/json_flat/protected"),
                         text_at(json, "/input/payload"));
    e.signature = text_at(json, "/output/json_flat/signature");
    e.refused = (kind == UNENCODED_JSON)
                ? "not three parts"
                : "\"crit\", \"b64\", \"enc\" or \"zip\" in the header";

    signature(&e);
    token(&e);

    /* with a payload that could be one */

    refused(jose_print("%s.e30.%s",
                       text_at(json, "/output/json_flat/protected"),
                       e.signature),
            "\"crit\", \"b64\", \"enc\" or \"zip\" in the header", name);
}


static void
test_file(const char *dir, ngx_uint_t n)
{
    const char        *name, *payload;
    ngx_apigw_json_t  *json;

    name = files[n].name;
    json = load(jose_print("%s/%s/%s", dir, files[n].dir, name));

    switch (files[n].kind) {

    case COMPACT:
        compact(name, json, "", not_json);
        refused(text_at(json, "/output/json"), "not three parts", name);
        break;

    case CLAIMS:
        compact(name, json, "/sign", NULL);
        encrypted(name, json, "/encrypt");
        break;

    case DETACHED:
        refused(text_at(json, "/output/compact"), "an empty part", name);
        payload = text_at(json, "/input/payload");
        assemble(name, json, text_at(json, "/input/key"),
                 text_at(json, "/input/alg"), 0,
                 jose_base64url(payload, strlen(payload)));
        break;

    case UNPROTECTED:
    case NO_HEADER:
        assemble(name, json, text_at(json, "/input/key"),
                 text_at(json, "/input/alg"), 0,
                 text_at(json, "/output/json/payload"));
        break;

    case MULTIPLE:
        payload = text_at(json, "/output/json/payload");
        assemble(name, json, text_at(json, "/input/key/0"), "RS256", 0,
                 payload);
        assemble(name, json, text_at(json, "/input/key/1"), "ES512", 1,
                 payload);
        assemble(name, json, text_at(json, "/input/key/2"), "HS256", 2,
                 payload);
        break;

    case UNENCODED:
    case UNENCODED_JSON:
        unencoded(name, json, files[n].kind);
        break;

    case ENCRYPTED:
        encrypted(name, json, "");
        break;

    default:
        key_file(name, json, files[n].kind);
    }
}


/* a file that the table does not have is a test that nobody wrote */

static ngx_uint_t
count_files(const char *path)
{
    DIR            *d;
    size_t          len;
    ngx_uint_t      n;
    struct dirent  *e;

    d = opendir(path);
    if (d == NULL) {
        return 0;
    }

    n = 0;

    for (e = readdir(d); e; e = readdir(d)) {
        len = strlen(e->d_name);
        n += len > 5 && strcmp(e->d_name + len - 5, ".json") == 0;
    }

    closedir(d);

    return n;
}


static void
test_files(const char *vectors)
{
    char        dir[2048];
    size_t      i;
    ngx_uint_t  n;

    static const char  *dirs[] = {
        ".", "curve25519", "jwe", "jwk", "jws", "rfc7797"
    };

    must(snprintf(dir, sizeof(dir), "%s/jose-cookbook", vectors)
         < (int) sizeof(dir));

    for (n = 0, i = 0; i < count(dirs); i++) {
        n += count_files(jose_print("%s/%s", dir, dirs[i]));
    }

    is_int(n, count(files), "files of the cookbook");

    for (i = 0; i < count(files); i++) {
        test_file(dir, i);
    }
}


int
main(void)
{
    const char  *vectors;

    pool = ngx_create_pool(0, NULL);

    test_rfc();

    vectors = getenv("APIGW_TEST_VECTORS");

    if (vectors) {
        test_files(vectors);

    } else {
        comment("skipped: no vectors");
        fprintf(stderr, "# test_jose_vectors: skipped: no vectors\n");
    }

    ngx_destroy_pool(pool);

    return done();
}
