
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_tokens.h"
#include "tap.h"


#define BYTES  65536
#define LAST   7899    /* byte of a token that 8 of fit */


static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789abcdef";

static ngx_str_t    no_kid = ngx_string("");
static ngx_pool_t  *pool;


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static ngx_apigw_claims_t
claims_of(const char *text, ngx_pool_t *own)
{
    ngx_str_t            s;
    const char          *reason;
    ngx_apigw_json_t    *root;
    ngx_apigw_claims_t   claims;

    s = str(text);

    if (ngx_apigw_json_parse(&root, &s, 16, own, &reason) != NGX_OK
        || ngx_apigw_claims_read(&claims, root, &reason) != NGX_OK)
    {
        ok(0, "%s", text);
        exit(1);
    }

    return claims;
}


/* a token without claims in the cache, which alone holds it */

static ngx_apigw_token_t *
put(ngx_apigw_tokens_t *tokens, const char *text)
{
    ngx_str_t           s;
    ngx_apigw_token_t  *token;

    s = str(text);

    token = ngx_apigw_token_create(&s, &no_kid, NULL);
    ngx_apigw_tokens_insert(tokens, token);
    ngx_apigw_token_release(token);

    return token;
}


static ngx_uint_t
has(ngx_apigw_tokens_t *tokens, const char *text)
{
    ngx_str_t           s;
    ngx_apigw_token_t  *token;

    s = str(text);

    token = ngx_apigw_tokens_find(tokens, &s);

    if (token == NULL) {
        return 0;
    }

    if (token->text.len != s.len
        || memcmp(token->text.data, s.data, s.len) != 0)
    {
        return 2;
    }

    ngx_apigw_token_release(token);

    return 1;
}


static void
test_copy(void)
{
    ngx_str_t            text, kid, got;
    ngx_pool_t          *own;
    ngx_apigw_token_t   *token;
    ngx_apigw_claims_t   claims;

    char  name[] = "a.b.c", id[] = "key";

    own = ngx_create_pool(0, NULL);

    claims = claims_of("{\"iss\":\"i\",\"sub\":\"alice\",\"exp\":3,\"nbf\":1,"
                       "\"iat\":2,\"jti\":\"j\",\"client_id\":\"c\","
                       "\"x\":[1,{\"y\":null}]}", own);

    text = str(name);
    kid = str(id);

    token = ngx_apigw_token_create(&text, &kid, &claims);

    memset(name, 'x', sizeof(name) - 1);
    memset(id, 'x', sizeof(id) - 1);
    ngx_destroy_pool(own);

    is_nstr(&token->text, "a.b.c", "a copy of the text");
    is_nstr(&token->kid, "key", "of the kid");
    is_nstr(&token->claims.iss, "i", "of the issuer");
    is_nstr(&token->claims.sub, "alice", "of the subject");
    is_nstr(&token->claims.jti, "j", "of the jti");
    is_nstr(&token->claims.client_id, "c", "of the client_id");
    is_int(token->claims.exp, 3, "exp");
    is_int(token->claims.nbf, 1, "nbf");
    is_int(token->claims.iat, 2, "iat");

    ngx_apigw_json_print(token->claims.root, pool, &got);
    is_nstr(&got, "{\"iss\":\"i\",\"sub\":\"alice\",\"exp\":3,\"nbf\":1,"
                  "\"iat\":2,\"jti\":\"j\",\"client_id\":\"c\","
                  "\"x\":[1,{\"y\":null}]}", "and of all claims");

    ok(token->until == 0 && token->issuer == 0 && token->generation == 0
       && token->revoked == 0 && token->passed == NULL
       && token->inactive == 0 && token->tokens == NULL,
       "what is the owner's is zero");

    ngx_apigw_token_release(token);
}


static void
test_no_claims(void)
{
    ngx_str_t            text, empty;
    ngx_apigw_token_t   *token;
    ngx_apigw_claims_t   claims;

    text = str("opaque");
    ngx_str_null(&empty);

    token = ngx_apigw_token_create(&text, &empty, NULL);
    is_nstr(&token->text, "opaque", "a token without claims");
    is_nstr(&token->kid, "", "and kid");
    is_nstr(&token->claims.sub, "", "has no subject");
    ok(token->claims.root == NULL, "no tree");
    is_int(token->claims.exp, NGX_APIGW_CLAIMS_NO_TIME, "no time");
    is_int(token->size, sizeof(ngx_apigw_token_t) + 6, "a small block");
    ngx_apigw_token_release(token);

    memset(&claims, 0, sizeof(ngx_apigw_claims_t));
    claims.sub = str("alice");
    claims.exp = 7;

    token = ngx_apigw_token_create(&text, &no_kid, &claims);
    is_nstr(&token->claims.sub, "alice", "claims without a tree");
    is_int(token->claims.exp, 7, "and their time");
    ok(token->claims.root == NULL, "no tree is made of it");
    ngx_apigw_token_release(token);
}


static void
test_find(void)
{
    ngx_str_t                 text;
    ngx_apigw_token_t        *token, *other;
    ngx_apigw_tokens_t       *tokens, *other_cache;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    is_int(has(tokens, "a"), 0, "nothing is there");

    text = str("a");
    token = ngx_apigw_token_create(&text, &no_kid, NULL);
    ngx_apigw_tokens_insert(tokens, token);
    is_int(token->refs, 2, "held by us and the cache");

    other = ngx_apigw_tokens_find(tokens, &text);
    ok(other == token, "it is found");
    is_int(token->refs, 3, "and held once more");
    ngx_apigw_token_release(other);

    is_int(has(tokens, "b"), 0, "another is not");
    is_int(has(tokens, "aa"), 0, "nor a longer one");

    ngx_apigw_tokens_insert(tokens, token);
    is_int(token->refs, 2, "what is there is not taken again");

    ngx_apigw_tokens_stat(tokens, &stat);
    is_int(stat.hits, 1, "hits");
    is_int(stat.misses, 3, "misses");
    is_int(stat.count, 1, "count");
    is_int(stat.bytes, token->size, "bytes");
    is_int(stat.evicted, 0, "none is evicted");

    ngx_apigw_tokens_remove(token);
    is_int(has(tokens, "a"), 0, "removed");
    is_int(token->refs, 1, "but held by us");
    is_nstr(&token->text, "a", "and as it was");

    ngx_apigw_tokens_remove(token);
    is_int(token->refs, 1, "it is removed once only");

    ngx_apigw_tokens_insert(tokens, token);
    is_int(has(tokens, "a"), 1, "it may come again");

    other_cache = ngx_apigw_tokens_create(BYTES, seed);
    ngx_apigw_tokens_insert(other_cache, token);
    is_int(has(other_cache, "a"), 0, "but not to another cache, too");
    ngx_apigw_tokens_destroy(other_cache);

    ngx_apigw_tokens_destroy(tokens);
    is_int(token->refs, 1, "it outlives the cache");
    ok(token->tokens == NULL, "and is in none");
    ngx_apigw_tokens_remove(token);
    ngx_apigw_token_release(token);
}


static void
test_current(void)
{
    ngx_str_t            text;
    ngx_apigw_token_t   *token;
    ngx_apigw_tokens_t  *tokens;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    text = str("a");
    token = ngx_apigw_token_create(&text, &no_kid, NULL);
    token->until = 10;
    ngx_apigw_tokens_insert(tokens, token);

    ok(ngx_apigw_tokens_current(NULL, &text, 9) == NULL, "there is no cache");
    ok(ngx_apigw_tokens_current(tokens, &text, 9) == token, "it is current");
    is_int(token->refs, 3, "and held");
    ngx_apigw_token_release(token);

    ok(ngx_apigw_tokens_current(tokens, &text, 10) == NULL, "its time passed");
    is_int(token->refs, 1, "it is not held");
    is_int(has(tokens, "a"), 0, "and was taken out");

    ngx_apigw_token_release(token);
    ngx_apigw_tokens_destroy(tokens);
}


static void
test_same_bytes(void)
{
    ngx_str_t                 text;
    ngx_apigw_token_t        *first, *second, *found;
    ngx_apigw_tokens_t       *tokens;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);
    text = str("a.b.c");

    first = ngx_apigw_token_create(&text, &no_kid, NULL);
    second = ngx_apigw_token_create(&text, &no_kid, NULL);

    ngx_apigw_tokens_insert(tokens, first);
    ngx_apigw_tokens_insert(tokens, second);

    found = ngx_apigw_tokens_find(tokens, &text);
    ok(found == second, "the second one takes the place of the first");
    ngx_apigw_token_release(found);

    is_int(first->refs, 1, "which only we hold");
    ok(first->tokens == NULL, "out of the cache");

    ngx_apigw_tokens_stat(tokens, &stat);
    is_int(stat.count, 1, "one is there");
    is_int(stat.bytes, second->size, "with its bytes");
    is_int(stat.evicted, 0, "this is no eviction");

    ngx_apigw_token_release(first);
    ngx_apigw_token_release(second);
    ngx_apigw_tokens_destroy(tokens);
}


/* all bytes count, not only those that are hashed */

static void
test_alias(void)
{
    char                 a[301], b[301], c[302];
    size_t               i;
    ngx_uint_t           aliases;
    ngx_apigw_tokens_t  *tokens;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    memset(a, 'a', 300);
    a[300] = '\0';
    put(tokens, a);

    for (aliases = 0, i = 0; i < 300; i++) {
        memcpy(b, a, 301);
        b[i] = 'b';
        aliases += has(tokens, b);
    }

    is_int(aliases, 0, "a token that differs in any one byte is not it");

    memcpy(c, a, 301);
    c[300] = 'a';
    c[301] = '\0';
    is_int(has(tokens, c), 0, "nor is one with a byte more");
    is_int(has(tokens, a + 1), 0, "nor with one less");
    is_int(has(tokens, a), 1, "it itself is");

    memcpy(b, a, 301);
    b[0] = 'b';
    put(tokens, b);
    is_int(has(tokens, a), 1, "of two with one end the first is there");
    is_int(has(tokens, b), 1, "and the second");

    ngx_apigw_tokens_destroy(tokens);
}


/* whoever makes up tokens of one end gets no long chain */

static void
test_alike(void)
{
    char                      text[101];
    ngx_uint_t                i, n;
    ngx_apigw_tokens_t       *tokens;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    put(tokens, "bystander");

    memset(text, 'a', 100);
    text[100] = '\0';

    for (i = 0; i < 26; i++) {
        text[0] = 'a' + i;
        put(tokens, text);
        n = has(tokens, text);

        if (n != 1) {
            break;
        }
    }

    is_int(i, 26, "each of them is there when it was put in");

    for (n = 0, i = 0; i < 26; i++) {
        text[0] = 'a' + i;
        n += has(tokens, text);
    }

    is_int(n, 8, "but only eight in the end");

    text[0] = 'a' + 18;
    is_int(has(tokens, text), 1, "the last ones");
    is_int(has(tokens, "bystander"), 1, "others are not touched");

    ngx_apigw_tokens_stat(tokens, &stat);
    is_int(stat.count, 9, "which count");
    is_int(stat.evicted, 18, "the others were evicted");

    ngx_apigw_tokens_destroy(tokens);
}


static void
test_eviction(void)
{
    char                      text[32];
    size_t                    size;
    ngx_str_t                 s;
    ngx_uint_t                i, n, wrong;
    ngx_apigw_token_t        *held;
    ngx_apigw_tokens_t       *tokens;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    s = str("token-00000");
    held = ngx_apigw_token_create(&s, &no_kid, NULL);
    ngx_apigw_tokens_insert(tokens, held);
    size = held->size;
    n = BYTES / size;

    for (wrong = 0, i = 1; i < 1000; i++) {
        sprintf(text, "token-%05lu", (unsigned long) i);
        put(tokens, text);

        ngx_apigw_tokens_stat(tokens, &stat);
        wrong += (stat.bytes > BYTES || stat.bytes != stat.count * size);

        /* whatever is used stays */

        if (i < 500) {
            wrong += !has(tokens, "token-00000");
        }
    }

    is_int(wrong, 0, "never more bytes than there may be");
    is_int(stat.count, n, "as many tokens as fit");
    is_int(stat.evicted, 1000 - n, "the others are evicted");

    for (wrong = 0, i = 1; i < 1000; i++) {
        sprintf(text, "token-%05lu", (unsigned long) i);
        wrong += (has(tokens, text) != (i >= 1000 - n));
    }

    is_int(wrong, 0, "those used last are left");
    is_int(has(tokens, "token-00000"), 0, "of the one held the cache is free");
    is_int(held->refs, 1, "we hold it");
    is_nstr(&held->text, "token-00000", "as it was");

    ngx_apigw_token_release(held);
    ngx_apigw_tokens_destroy(tokens);
}


/* the order of use, seen by what leaves first */

static void
test_order(void)
{
    char                 a[8192], b[8192], text[8192];
    ngx_uint_t           i;
    ngx_apigw_tokens_t  *tokens;

    static const char    letters[] = "abcdefgh";

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    memset(text, 'x', LAST + 1);
    text[LAST + 1] = '\0';

    for (i = 0; i < 8; i++) {
        text[LAST] = letters[i];
        put(tokens, text);
    }

    memcpy(a, text, sizeof(a));
    memcpy(b, text, sizeof(b));

    a[LAST] = 'a';
    b[LAST] = 'd';
    is_int(has(tokens, a), 1, "the oldest is used");
    is_int(has(tokens, b), 1, "and one in the middle");
    b[LAST] = 'h';
    is_int(has(tokens, b), 1, "and the newest but two");

    text[LAST] = 'i';
    put(tokens, text);
    b[LAST] = 'b';
    is_int(has(tokens, b), 0, "the next oldest left first");

    text[LAST] = 'j';
    put(tokens, text);
    b[LAST] = 'c';
    is_int(has(tokens, b), 0, "then the one after it");

    text[LAST] = 'k';
    put(tokens, text);
    b[LAST] = 'e';
    is_int(has(tokens, b), 0, "then not the one that was used");
    b[LAST] = 'd';
    is_int(has(tokens, b), 1, "which is there");
    is_int(has(tokens, a), 1, "as the oldest is");

    ngx_apigw_tokens_destroy(tokens);
}


static void
test_too_large(void)
{
    char                     *text;
    size_t                    room;
    ngx_str_t                 s;
    ngx_apigw_token_t        *token;
    ngx_apigw_tokens_t       *tokens;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    room = BYTES / 8 - sizeof(ngx_apigw_token_t);
    text = malloc(room + 1);
    memset(text, 'x', room + 1);

    s.data = (u_char *) text;
    s.len = room + 1;
    token = ngx_apigw_token_create(&s, &no_kid, NULL);
    ngx_apigw_tokens_insert(tokens, token);
    is_int(token->refs, 1, "more than an eighth is not taken");
    ngx_apigw_token_release(token);

    s.len = room;
    token = ngx_apigw_token_create(&s, &no_kid, NULL);
    ngx_apigw_tokens_insert(tokens, token);
    is_int(token->refs, 2, "an eighth is");
    ngx_apigw_token_release(token);

    ngx_apigw_tokens_stat(tokens, &stat);
    is_int(stat.count, 1, "one is there");
    is_int(stat.bytes, BYTES / 8, "with its bytes");

    free(text);
    ngx_apigw_tokens_destroy(tokens);
}


static void
test_no_memory(void)
{
    ngx_str_t            text;
    ngx_apigw_token_t   *token;
    ngx_apigw_claims_t   claims;
    ngx_apigw_tokens_t  *tokens;

    ngx_stub_fail(0);
    tokens = ngx_apigw_tokens_create(BYTES, seed);
    ngx_stub_fail(-1);
    ok(tokens == NULL, "no cache without memory");

    ngx_stub_fail(1);
    tokens = ngx_apigw_tokens_create(BYTES, seed);
    ngx_stub_fail(-1);
    ok(tokens == NULL, "nor without chains");

    claims = claims_of("{\"sub\":\"alice\"}", pool);
    text = str("a");

    ngx_stub_fail(0);
    token = ngx_apigw_token_create(&text, &no_kid, &claims);
    ngx_stub_fail(-1);
    ok(token == NULL, "no token without memory");

    ngx_stub_fail(1);
    token = ngx_apigw_token_create(&text, &no_kid, &claims);
    ngx_stub_fail(-1);

    if (ok(token != NULL, "it is one block")) {
        ngx_apigw_token_release(token);
    }
}


/* against a list that knows the answer */

static void
test_random(void)
{
    char                      text[64];
    uint64_t                  random;
    ngx_str_t                 s;
    ngx_uint_t                i, n, wrong, there[64];
    ngx_apigw_token_t        *held[64];
    ngx_apigw_tokens_t       *tokens;
    ngx_apigw_tokens_stat_t   stat;

    tokens = ngx_apigw_tokens_create(BYTES, seed);

    memset(there, 0, sizeof(there));
    memset(held, 0, sizeof(held));

    wrong = 0;
    random = 42;

    for (i = 0; i < 20000; i++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        n = random >> 58;
        sprintf(text, "token-%lu", (unsigned long) n);

        switch (random >> 40 & 3) {

        case 0:
            put(tokens, text);
            there[n] = 1;
            break;

        case 1:
            if (held[n]) {
                ngx_apigw_tokens_remove(held[n]);
                there[n] = (has(tokens, text) == 1);
                ngx_apigw_token_release(held[n]);
                held[n] = NULL;
                break;
            }

            if (there[n]) {
                s = str(text);
                held[n] = ngx_apigw_tokens_find(tokens, &s);
                wrong += (held[n] == NULL);
            }

            break;

        default:
            wrong += (has(tokens, text) != there[n]);
            break;
        }
    }

    is_int(wrong, 0, "20000 steps");

    for (n = 0, i = 0; i < 64; i++) {
        n += there[i];
    }

    ngx_apigw_tokens_stat(tokens, &stat);
    is_int(stat.count, n, "as many tokens as there should be");
    is_int(stat.evicted, 0, "there was room for all");

    ngx_apigw_tokens_destroy(tokens);

    for (i = 0; i < 64; i++) {

        if (held[i]) {
            wrong += (held[i]->refs != 1);
            ngx_apigw_token_release(held[i]);
        }
    }

    is_int(wrong, 0, "the cache gave all up");
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_copy();
    test_no_claims();
    test_find();
    test_current();
    test_same_bytes();
    test_alias();
    test_alike();
    test_eviction();
    test_order();
    test_too_large();
    test_no_memory();
    test_random();

    ngx_destroy_pool(pool);

    return done();
}
