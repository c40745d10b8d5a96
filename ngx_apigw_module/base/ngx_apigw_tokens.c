
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_tokens.h"
#include "ngx_apigw_digest.h"

#include <stdlib.h>


/*
 * The last bytes of a token are of its signature, random or under a secret:
 * they tell tokens apart as well as all of them would.  Whoever makes up
 * opaque tokens of one end may have few of them in the cache only.
 */

#define NGX_APIGW_TOKENS_HASHED   64
#define NGX_APIGW_TOKENS_ALIKE    8       /* of one hash */

#define NGX_APIGW_TOKENS_BYTES    512     /* of the cache for each chain */


struct ngx_apigw_tokens_s {
    ngx_apigw_token_t       **chains;
    ngx_uint_t                mask;

    ngx_apigw_token_t        *newest;
    ngx_apigw_token_t        *oldest;

    size_t                    max;
    ngx_apigw_tokens_stat_t   stat;

    u_char                    seed[NGX_APIGW_SIPHASH_KEY_LEN];
};


static ngx_inline uint64_t ngx_apigw_tokens_hash(ngx_apigw_tokens_t *tokens,
    ngx_str_t *text);
static ngx_inline ngx_uint_t ngx_apigw_token_is(ngx_apigw_token_t *token,
    ngx_str_t *text, uint64_t hash);
static void ngx_apigw_tokens_displace(ngx_apigw_tokens_t *tokens,
    ngx_apigw_token_t *token);
static ngx_inline void ngx_apigw_tokens_link(ngx_apigw_tokens_t *tokens,
    ngx_apigw_token_t *token);
static ngx_inline void ngx_apigw_tokens_unlink(ngx_apigw_tokens_t *tokens,
    ngx_apigw_token_t *token);
static u_char *ngx_apigw_token_string(ngx_str_t *dst, u_char *p,
    ngx_str_t *src);


ngx_apigw_tokens_t *
ngx_apigw_tokens_create(size_t bytes,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN])
{
    ngx_uint_t           n;
    ngx_apigw_tokens_t  *tokens;

    tokens = calloc(1, sizeof(ngx_apigw_tokens_t));
    if (tokens == NULL) {
        return NULL;
    }

    for (n = 64; n < bytes / NGX_APIGW_TOKENS_BYTES; n *= 2) {
        /* void */
    }

    tokens->chains = calloc(n, sizeof(ngx_apigw_token_t *));
    if (tokens->chains == NULL) {
        free(tokens);
        return NULL;
    }

    tokens->mask = n - 1;
    tokens->max = bytes;

    ngx_memcpy(tokens->seed, seed, NGX_APIGW_SIPHASH_KEY_LEN);

    return tokens;
}


void
ngx_apigw_tokens_destroy(ngx_apigw_tokens_t *tokens)
{
    while (tokens->oldest) {
        ngx_apigw_tokens_remove(tokens->oldest);
    }

    free(tokens->chains);
    free(tokens);
}


static ngx_inline uint64_t
ngx_apigw_tokens_hash(ngx_apigw_tokens_t *tokens, ngx_str_t *text)
{
    size_t  n;

    n = ngx_min(text->len, NGX_APIGW_TOKENS_HASHED);

    return ngx_apigw_siphash(tokens->seed, text->data + (text->len - n), n)
           ^ text->len;
}


static ngx_inline ngx_uint_t
ngx_apigw_token_is(ngx_apigw_token_t *token, ngx_str_t *text, uint64_t hash)
{
    return token->hash == hash
           && token->text.len == text->len
           && ngx_memcmp(token->text.data, text->data, text->len) == 0;
}


ngx_apigw_token_t *
ngx_apigw_tokens_find(ngx_apigw_tokens_t *tokens, ngx_str_t *text)
{
    uint64_t            hash;
    ngx_apigw_token_t  *token;

    hash = ngx_apigw_tokens_hash(tokens, text);

    for (token = tokens->chains[hash & tokens->mask];
         token;
         token = token->hash_next)
    {
        if (ngx_apigw_token_is(token, text, hash)) {
            break;
        }
    }

    if (token == NULL) {
        tokens->stat.misses++;
        return NULL;
    }

    tokens->stat.hits++;

    if (token != tokens->newest) {
        ngx_apigw_tokens_unlink(tokens, token);
        ngx_apigw_tokens_link(tokens, token);
    }

    token->refs++;

    return token;
}


ngx_apigw_token_t *
ngx_apigw_tokens_current(ngx_apigw_tokens_t *tokens, ngx_str_t *text,
    int64_t now)
{
    ngx_apigw_token_t  *token;

    if (tokens == NULL) {
        return NULL;
    }

    token = ngx_apigw_tokens_find(tokens, text);

    if (token == NULL || token->until > now) {
        return token;
    }

    ngx_apigw_tokens_remove(token);
    ngx_apigw_token_release(token);

    return NULL;
}


ngx_apigw_token_t *
ngx_apigw_token_create(ngx_str_t *text, ngx_str_t *kid,
    ngx_apigw_claims_t *claims)
{
    u_char             *p;
    size_t              size, tree;
    ngx_apigw_token_t  *token;

    size = sizeof(ngx_apigw_token_t) + text->len + kid->len;
    tree = 0;

    if (claims) {
        size += claims->iss.len + claims->sub.len + claims->jti.len
                + claims->client_id.len;

        if (claims->root) {
            tree = ngx_apigw_json_size(claims->root);
            size += tree;
        }
    }

    token = malloc(size);
    if (token == NULL) {
        return NULL;
    }

    ngx_memzero(token, sizeof(ngx_apigw_token_t));

    token->size = size;
    token->refs = 1;

    p = (u_char *) (token + 1);

    if (tree) {
        token->claims.root = ngx_apigw_json_copy(claims->root, p);
        p += tree;
    }

    p = ngx_apigw_token_string(&token->text, p, text);
    p = ngx_apigw_token_string(&token->kid, p, kid);

    token->claims.exp = NGX_APIGW_CLAIMS_NO_TIME;
    token->claims.nbf = NGX_APIGW_CLAIMS_NO_TIME;
    token->claims.iat = NGX_APIGW_CLAIMS_NO_TIME;

    if (claims) {
        token->claims.exp = claims->exp;
        token->claims.nbf = claims->nbf;
        token->claims.iat = claims->iat;

        p = ngx_apigw_token_string(&token->claims.iss, p, &claims->iss);
        p = ngx_apigw_token_string(&token->claims.sub, p, &claims->sub);
        p = ngx_apigw_token_string(&token->claims.jti, p, &claims->jti);

        (void) ngx_apigw_token_string(&token->claims.client_id, p,
                                      &claims->client_id);
    }

    return token;
}


static u_char *
ngx_apigw_token_string(ngx_str_t *dst, u_char *p, ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = p;

    return src->len ? ngx_cpymem(p, src->data, src->len) : p;
}


void
ngx_apigw_token_release(ngx_apigw_token_t *token)
{
    if (--token->refs == 0) {

        /* there are secrets in it */

        ngx_apigw_cleanse(token, token->size);
        free(token);
    }
}


void
ngx_apigw_tokens_insert(ngx_apigw_tokens_t *tokens, ngx_apigw_token_t *token)
{
    ngx_apigw_token_t  **chain, *old, *newer;

    if (token->tokens || token->size > tokens->max / 8) {
        return;
    }

    token->hash = ngx_apigw_tokens_hash(tokens, &token->text);

    ngx_apigw_tokens_displace(tokens, token);

    for (old = tokens->oldest;
         old && tokens->stat.bytes + token->size > tokens->max;
         old = newer)
    {
        newer = old->newer;

        tokens->stat.evicted++;
        ngx_apigw_tokens_remove(old);
    }

    chain = &tokens->chains[token->hash & tokens->mask];

    token->hash_next = *chain;
    *chain = token;

    ngx_apigw_tokens_link(tokens, token);

    token->tokens = tokens;
    token->refs++;

    tokens->stat.count++;
    tokens->stat.bytes += token->size;
}


/* the same bytes, and what is too much of one hash: the end of a chain is the
   oldest */

static void
ngx_apigw_tokens_displace(ngx_apigw_tokens_t *tokens, ngx_apigw_token_t *token)
{
    ngx_uint_t          alike;
    ngx_apigw_token_t  *other, *next;

    alike = 1;

    for (other = tokens->chains[token->hash & tokens->mask];
         other;
         other = next)
    {
        next = other->hash_next;

        if (other->hash != token->hash) {
            continue;
        }

        if (ngx_apigw_token_is(other, &token->text, token->hash)) {
            ngx_apigw_tokens_remove(other);

        } else if (alike++ == NGX_APIGW_TOKENS_ALIKE) {
            tokens->stat.evicted++;
            ngx_apigw_tokens_remove(other);
        }
    }
}


void
ngx_apigw_tokens_remove(ngx_apigw_token_t *token)
{
    ngx_apigw_token_t   **chain;
    ngx_apigw_tokens_t   *tokens;

    tokens = token->tokens;

    if (tokens == NULL) {
        return;
    }

    chain = &tokens->chains[token->hash & tokens->mask];

    while (*chain != token) {
        chain = &(*chain)->hash_next;
    }

    *chain = token->hash_next;

    ngx_apigw_tokens_unlink(tokens, token);

    token->tokens = NULL;

    tokens->stat.count--;
    tokens->stat.bytes -= token->size;

    ngx_apigw_token_release(token);
}


static ngx_inline void
ngx_apigw_tokens_link(ngx_apigw_tokens_t *tokens, ngx_apigw_token_t *token)
{
    token->newer = NULL;
    token->older = tokens->newest;

    if (tokens->newest) {
        tokens->newest->newer = token;

    } else {
        tokens->oldest = token;
    }

    tokens->newest = token;
}


static ngx_inline void
ngx_apigw_tokens_unlink(ngx_apigw_tokens_t *tokens, ngx_apigw_token_t *token)
{
    if (token->newer) {
        token->newer->older = token->older;

    } else {
        tokens->newest = token->older;
    }

    if (token->older) {
        token->older->newer = token->newer;

    } else {
        tokens->oldest = token->newer;
    }
}


void
ngx_apigw_tokens_stat(ngx_apigw_tokens_t *tokens,
    ngx_apigw_tokens_stat_t *stat)
{
    *stat = tokens->stat;
}
