
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "jose.h"
#include "tap.h"


#define count(a)    (sizeof(a) / sizeof((a)[0]))

#define HEADER      "{\"alg\":\"RS256\",\"kid\":\"k1\"}"
#define CLAIMS      "{\"sub\":\"u1\"}"
#define HEADER_MAX  2048


static ngx_pool_t       *pool;
static ngx_apigw_jwt_t   jwt;
static const char       *reason;


/* in memory of its own, without a byte behind it; it is kept for its parts */

static ngx_int_t
parse_bytes(const void *token, size_t len, size_t header_max)
{
    ngx_int_t  rc;
    ngx_str_t  s;

    s.len = len;
    s.data = ngx_palloc(pool, len);
    must(s.data);
    memcpy(s.data, token, len);

    reason = NULL;

    rc = ngx_apigw_jwt_parse(&jwt, &s, header_max, pool, &reason);

    if (memcmp(s.data, token, len) != 0) {
        ok(0, "the token was changed");
    }

    return rc;
}


static ngx_int_t
parse(const char *token)
{
    return parse_bytes(token, strlen(token), HEADER_MAX);
}


static void
refused(const char *token, const char *want)
{
    is_int(parse(token), NGX_DECLINED, "%.70s", token);
    ok(reason && strcmp(reason, want) == 0, "%s", reason ? reason : "none");
}


static char *
token_of(const char *header, size_t header_len, const char *claims,
    size_t claims_len)
{
    return jose_print("%s.%s.%s", jose_base64url(header, header_len),
                      jose_base64url(claims, claims_len),
                      jose_base64url("signature", 9));
}


static char *
with_header(const char *header)
{
    return token_of(header, strlen(header), CLAIMS, strlen(CLAIMS));
}


static char *
with_claims(const char *claims)
{
    return token_of(HEADER, strlen(HEADER), claims, strlen(claims));
}


static void
test_accepted(void)
{
    char        kid[257], *token;
    size_t      i;
    ngx_str_t  *s;

    static struct {
        const char  *header;
        const char  *kid;
        ngx_uint_t   alg;
    } t[] = {
        { HEADER, "k1", NGX_APIGW_JWS_RS256 },
        { "{\"alg\":\"ES512\"}", "", NGX_APIGW_JWS_ES512 },
        { " {\r\n\"alg\" : \"EdDSA\" } ", "", NGX_APIGW_JWS_EDDSA },
        { "{\"alg\":\"HS256\",\"kid\":\"\"}", "", NGX_APIGW_JWS_HS256 },
        { "{\"alg\":\"PS384\",\"typ\":\"JWT\"}", "", NGX_APIGW_JWS_PS384 },
        { "{\"alg\":\"PS384\",\"typ\":\"at+jwt\"}", "", NGX_APIGW_JWS_PS384 },
        { "{\"alg\":\"PS384\",\"typ\":\"application/AT+JWT\"}", "",
          NGX_APIGW_JWS_PS384 },
        { "{\"alg\":\"PS384\",\"typ\":\"\"}", "", NGX_APIGW_JWS_PS384 },
        { "{\"\\u0061lg\":\"\\u0052S256\",\"kid\":\"\\u00e4\"}", "\xc3\xa4",
          NGX_APIGW_JWS_RS256 },

        /* what would lead elsewhere is not looked at */

        { "{\"alg\":\"RS256\",\"jku\":\"http://127.0.0.1:1/\",\"x5u\":1,"
          "\"jwk\":{\"kty\":\"oct\",\"k\":\"\"},\"x5c\":[\"AAAA\"]}", "",
          NGX_APIGW_JWS_RS256 },
        { "{\"alg\":\"RS256\",\"kid\":\"../../etc/passwd\"}",
          "../../etc/passwd", NGX_APIGW_JWS_RS256 },
        { "{\"alg\":\"RS256\",\"kid\":\"http://169.254.169.254/\"}",
          "http://169.254.169.254/", NGX_APIGW_JWS_RS256 },
        { "{\"alg\":\"RS256\",\"kid\":\"' OR 1=1 --\\r\\nFLUSHALL\"}",
          "' OR 1=1 --\r\nFLUSHALL", NGX_APIGW_JWS_RS256 },
        { "{\"alg\":\"RS256\",\"Crit\":1,\"ENC\":1}", "",
          NGX_APIGW_JWS_RS256 }
    };

    for (i = 0; i < count(t); i++) {
        token = with_header(t[i].header);

        is_int(parse(token), NGX_OK, "%s", t[i].header);
        is_int(jwt.alg, t[i].alg, "alg");
        is_nstr(&jwt.kid, t[i].kid, "kid");
        is_int(jwt.input.len, strrchr(token, '.') - token, "input");
        is_mem(jwt.input.data, token, jwt.input.len, "input");
        is_nstr(&jwt.signature, "signature", "signature");
        is_nstr(&ngx_apigw_json_get(jwt.claims, "sub")->text, "u1", "claims");
        is_int(ngx_apigw_jws_alg(&ngx_apigw_json_get(jwt.header, "alg")->text),
               t[i].alg, "header");
    }

    memset(kid, 'k', 256);
    kid[256] = '\0';

    is_int(parse(with_header(jose_print("{\"alg\":\"RS256\",\"kid\":\"%s\"}",
                                        kid))),
           NGX_OK, "a kid of 256 bytes");
    s = &jwt.kid;
    is_int(s->len, 256, "its length");
}


static void
test_parts(void)
{
    char       *good, *h, *p, *s;
    size_t      i, len;
    ngx_int_t   rc;

    good = with_header(HEADER);
    h = jose_base64url(HEADER, strlen(HEADER));
    p = jose_base64url(CLAIMS, strlen(CLAIMS));
    s = jose_base64url("signature", 9);

    refused("", "not three parts");
    refused(".", "not three parts");
    refused("..", "an empty part");
    refused("...", "not three parts");
    refused("....", "an encrypted token");
    refused(".....", "not three parts");
    refused(h, "not three parts");
    refused(jose_print("%s.%s", h, p), "not three parts");
    refused(jose_print("%s.%s.", h, p), "not signed");
    refused(jose_print("%s..%s", h, s), "an empty part");
    refused(jose_print(".%s.%s", p, s), "an empty part");
    refused(jose_print("%s.x", good), "not three parts");
    refused(jose_print("%s.", good), "not three parts");
    refused(jose_print(".%s", good), "not three parts");
    refused(jose_print("%s.a.b", good), "an encrypted token");
    refused(jose_print("%s.a.b.c", good), "not three parts");
    refused(jose_print("{\"payload\":\"%s\",\"protected\":\"%s\","
                       "\"signature\":\"%s\"}", p, h, s),
            "not three parts");

    refused(jose_print(" %s", good), "not base64url");
    refused(jose_print("%s ", good), "not base64url");
    refused(jose_print("%s\n", good), "not base64url");
    refused(jose_print("%s.%.5s\n%s.%s", h, p, p + 5, s), "not base64url");
    refused(jose_print("%s=.%s.%s", h, p, s), "not base64url");
    refused(jose_print("%s.%s=.%s", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%s=", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%s==", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%s+", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%s/", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%sAA,", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%%41%s", h, p, s), "not base64url");
    refused(jose_print("%s.%s.\xc3\xa4%s", h, p, s), "not base64url");
    refused(jose_print("%s.%s.%sA", h, p, s), "not base64url");

    /* bits that stand for nothing */

    is_int(parse(jose_print("%s.%s.AA", h, p)), NGX_OK, "one byte");
    refused(jose_print("%s.%s.AB", h, p), "not base64url");
    refused(jose_print("%s.%s.AAB", h, p), "not base64url");
    refused(jose_print("%s.%s.A", h, p), "not base64url");

    /* each byte of a token as each other one */

    len = strlen(good);

    for (i = 0; i < len; i++) {
        char  c;

        c = good[i];
        good[i] = '\0';
        rc = parse_bytes(good, len, HEADER_MAX);
        good[i] = c;

        if (rc != NGX_DECLINED) {
            break;
        }
    }

    is_int(i, len, "no place for a NUL");

    for (i = 0; i < len; i++) {
        if (parse_bytes(good, i, HEADER_MAX) == NGX_OK
            && i < (size_t) (strrchr(good, '.') - good) + 3)
        {
            break;
        }
    }

    is_int(i, len, "no part of it without a signature");
}


static void
test_header(void)
{
    char    kid[258];
    size_t  i;

    static const char  json[] = "the header is not acceptable JSON";
    static const char  object[] = "the header is not an object";
    static const char  alg[] = "\"alg\" is missing or not a string";
    static const char  known[] = "\"alg\" is not known";
    static const char  more[] = "\"crit\", \"b64\", \"enc\" or \"zip\""
                                " in the header";
    static const char  bad_kid[] = "\"kid\" is not a string of at most 256"
                                   " bytes";

    static struct {
        const char  *header;
        const char  *reason;
    } t[] = {
        { "x", json },
        { "{", json },
        { "{}x", json },
        { "{\"alg\":\"RS256\",}", json },
        { "{'alg':'RS256'}", json },
        { "{\"alg\":\"none\",\"alg\":\"RS256\"}", json },
        { "{\"alg\":\"RS256\",\"\\u0061lg\":\"RS256\"}", json },
        { "{\"alg\":\"RS256\",\"kid\":\"k1\\u0000\"}", json },
        { "{\"alg\":\"RS256\",\"kid\":\"\xff\"}", json },
        { "{\"alg\":\"RS256\",\"kid\":\"\\ud800\"}", json },
        { "\xef\xbb\xbf{\"alg\":\"RS256\"}", json },
        { "{\"alg\":\"RS256\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", json },
        { "[]", object },
        { "[\"alg\",\"RS256\"]", object },
        { "\"RS256\"", object },
        { "null", object },
        { "1", object },
        { "{}", alg },
        { "{\"Alg\":\"RS256\"}", alg },
        { "{\"typ\":\"JWT\"}", alg },
        { "{\"alg\":null}", alg },
        { "{\"alg\":256}", alg },
        { "{\"alg\":true}", alg },
        { "{\"alg\":[\"RS256\"]}", alg },
        { "{\"alg\":{\"alg\":\"RS256\"}}", alg },
        { "{\"alg\":\"none\"}", known },
        { "{\"alg\":\"None\"}", known },
        { "{\"alg\":\"NONE\"}", known },
        { "{\"alg\":\"nOnE\"}", known },
        { "{\"alg\":\"\"}", known },
        { "{\"alg\":\"rs256\"}", known },
        { "{\"alg\":\"RS256 \"}", known },
        { "{\"alg\":\"RS1\"}", known },
        { "{\"alg\":\"ES256K\"}", known },
        { "{\"alg\":\"RSA-OAEP\"}", known },
        { "{\"alg\":\"dir\"}", known },
        { "{\"alg\":\"RS256\",\"crit\":[\"x\"],\"x\":1}", more },
        { "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", more },
        { "{\"alg\":\"RS256\",\"crit\":[]}", more },
        { "{\"alg\":\"RS256\",\"crit\":null}", more },
        { "{\"alg\":\"RS256\",\"\\u0063rit\":[\"x\"]}", more },
        { "{\"alg\":\"RS256\",\"b64\":false,\"crit\":[\"b64\"]}", more },
        { "{\"alg\":\"RS256\",\"b64\":false}", more },
        { "{\"alg\":\"RS256\",\"enc\":\"A128GCM\"}", more },
        { "{\"alg\":\"RS256\",\"zip\":\"DEF\"}", more },
        { "{\"alg\":\"RS256\",\"typ\":1}", "\"typ\" is not a string" },
        { "{\"alg\":\"RS256\",\"typ\":null}", "\"typ\" is not a string" },
        { "{\"alg\":\"RS256\",\"typ\":[\"JWT\"]}", "\"typ\" is not a string" },
        { "{\"alg\":\"RS256\",\"kid\":1}", bad_kid },
        { "{\"alg\":\"RS256\",\"kid\":null}", bad_kid },
        { "{\"alg\":\"RS256\",\"kid\":[\"k1\"]}", bad_kid },
        { "{\"alg\":\"RS256\",\"kid\":{}}", bad_kid }
    };

    for (i = 0; i < count(t); i++) {
        refused(with_header(t[i].header), t[i].reason);
    }

    memset(kid, 'k', 257);
    kid[257] = '\0';
    refused(with_header(jose_print("{\"alg\":\"RS256\",\"kid\":\"%s\"}",
                                   kid)),
            bad_kid);

    refused(token_of("{\"alg\":\"RS256\"}\0", 16, CLAIMS, strlen(CLAIMS)),
            json);
}


static void
test_header_max(void)
{
    char    header[64], *token, *big;
    size_t  n, len;

    /* a header padded to each length around the limit */

    for (n = 20; n < 40; n++) {
        memset(header, ' ', sizeof(header));
        memcpy(header, "{\"alg\":\"RS256\"}", 15);

        token = token_of(header, n, CLAIMS, strlen(CLAIMS));

        is_int(parse_bytes(token, strlen(token), 30),
               n <= 30 ? NGX_OK : NGX_DECLINED, "a header of %d bytes",
               (int) n);

        if (n > 30) {
            ok(reason && strcmp(reason, "the header is too large") == 0,
               "too large");
        }
    }

    /* one of 64k is not even decoded */

    len = 65536;
    big = malloc(len + 32);
    must(big);
    memset(big, '!', len);
    memcpy(big + len, ".e30.AA", 7);

    is_int(parse_bytes(big, len + 7, HEADER_MAX), NGX_DECLINED, "64k");
    ok(reason && strcmp(reason, "the header is too large") == 0, "too large");

    free(big);
}


static void
test_claims(void)
{
    char    deep[6010];
    size_t  i;

    static const char  json[] = "the claims are not acceptable JSON";
    static const char  object[] = "the claims are not an object";

    static struct {
        const char  *claims;
        const char  *reason;
    } t[] = {
        { "not json", json },
        { "{\"exp\":1,\"exp\":2}", json },
        { "{\"aud\":\"a\",\"\\u0061ud\":\"b\"}", json },
        { "{\"a\":{\"b\":1,\"b\":1}}", json },
        { "{\"\xff\":1}", json },
        { "{\"a\":\"\\u0000\"}", json },
        { "{\"a\\u0000\":1}", json },
        { "{\"exp\":9223372036854775808}", json },
        { "{\"exp\":-9223372036854775809}", json },
        { "{\"exp\":1e309}", json },
        { "{\"exp\":NaN}", json },
        { "{\"exp\":01}", json },
        { "{}{}", json },
        { "[1]", object },
        { "\"eyJhbGciOiJSUzI1NiJ9.e30.AA\"", object },
        { "null", object },
        { "1", object }
    };

    for (i = 0; i < count(t); i++) {
        refused(with_claims(t[i].claims), t[i].reason);
    }

    /* a token in a token */

    refused(with_claims("eyJhbGciOiJSUzI1NiJ9.e30.AA"), json);

    memcpy(deep, "{\"x\":", 5);
    memset(deep + 5, '[', 3000);
    memset(deep + 3005, ']', 3000);
    memcpy(deep + 6005, "}", 2);
    refused(with_claims(deep), json);

    is_int(parse(with_claims("{}")), NGX_OK, "no claims");
    ok(jwt.claims->first == NULL, "none");

    is_int(parse(with_claims("{\"exp\":1e308,\"\\u0073ub\":\"\\u00e4\"}")),
           NGX_OK, "a real number, a name that is escaped");
    is_int(ngx_apigw_json_get(jwt.claims, "exp")->type, NGX_APIGW_JSON_REAL,
           "is no integer");
    is_nstr(&ngx_apigw_json_get(jwt.claims, "sub")->text, "\xc3\xa4", "sub");

    is_int(parse(with_claims("{\"exp\":\"1\",\"nbf\":-1}")), NGX_OK,
           "types are the caller's");
}


static void
test_no_memory(void)
{
    long         n;
    ngx_int_t    rc;
    ngx_str_t    s;
    ngx_pool_t  *p;

    s = jose_str(with_header(HEADER));

    for (n = 0; /* void */ ; n++) {
        p = ngx_create_pool(0, NULL);

        ngx_stub_fail(n);
        rc = ngx_apigw_jwt_parse(&jwt, &s, HEADER_MAX, p, &reason);
        ngx_stub_fail(-1);

        ngx_destroy_pool(p);

        if (rc == NGX_OK) {
            break;
        }

        is_int(rc, NGX_ERROR, "no memory, %d", (int) n);
    }

    is_int(n, 5, "allocations");
}


/* one token after another through a key */

static void
test_end_to_end(void)
{
    char                   *token, *other;
    EVP_PKEY               *pkey;
    ngx_str_t               doc;
    ngx_apigw_jwk_t        *key;
    ngx_apigw_jwks_t       *set;
    ngx_apigw_jwk_error_t   error;

    pkey = jose_generate("EC", NID_X9_62_prime256v1);
    doc = jose_str(jose_print("{\"keys\":[{%s,\"kid\":\"k1\"}]}",
                              jose_members(pkey)));

    must(ngx_apigw_jwks_parse(&set, &doc, 0, pool, &error) == NGX_OK);

    token = jose_token(pkey, "ES256", "{\"alg\":\"ES256\",\"kid\":\"k1\"}",
                       CLAIMS);

    is_int(parse(token), NGX_OK, "a token");
    key = ngx_apigw_jwks_next(set, &jwt.kid, jwt.alg, NULL);
    ok(key != NULL, "its key");
    is_int(ngx_apigw_jwk_verify(key, jwt.alg, &jwt.input, &jwt.signature),
           NGX_OK, "its signature");

    /* claims that were changed, under the same signature */

    other = jose_print("%s.%s%s", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0",
                       jose_base64url("{\"sub\":\"u2\"}", 12),
                       strrchr(token, '.'));

    is_int(parse(other), NGX_OK, "a token");
    is_int(ngx_apigw_jwk_verify(key, jwt.alg, &jwt.input, &jwt.signature),
           NGX_DECLINED, "not its signature");

    /* of a key that it brings along */

    is_int(parse(with_header(jose_print("{\"alg\":\"ES256\",\"kid\":\"k2\","
                                        "\"jwk\":{%s}}",
                                        jose_members(pkey)))),
           NGX_OK, "a token with a key");
    ok(ngx_apigw_jwks_next(set, &jwt.kid, jwt.alg, NULL) == NULL,
       "no candidate");

    EVP_PKEY_free(pkey);
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_accepted();
    test_parts();
    test_header();
    test_header_max();
    test_claims();
    test_no_memory();
    test_end_to_end();

    ngx_destroy_pool(pool);

    return done();
}
