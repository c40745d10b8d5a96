
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TOKENS_H_INCLUDED_
#define _NGX_APIGW_TOKENS_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_claims.h"
#include "ngx_apigw_jwk.h"
#include "ngx_apigw_siphash.h"


/*
 * Tokens that were verified, and what they say; in one process, bounded in
 * bytes, the one used least recently leaves first.  A keyed hash finds a
 * token, a comparison of all its bytes confirms it.  Whoever takes a token
 * from the cache still checks its times and its key.
 */

typedef struct ngx_apigw_tokens_s  ngx_apigw_tokens_t;
typedef struct ngx_apigw_token_s   ngx_apigw_token_t;

struct ngx_apigw_token_s {
    ngx_apigw_token_t         *hash_next;
    ngx_apigw_token_t         *newer;     /* in the order of use */
    ngx_apigw_token_t         *older;
    ngx_apigw_tokens_t        *tokens;    /* NULL: it is not in a cache */
    uint64_t                   hash;
    size_t                     size;      /* bytes of the block */
    ngx_uint_t                 refs;

    ngx_str_t                  text;      /* the token */
    ngx_str_t                  kid;       /* of its key, or empty */
    ngx_apigw_claims_t         claims;    /* copied into the block */
    int64_t                    until;     /* forget it then, Unix time */

    /* for the owner of the cache; zero at first */

    u_char                     key[NGX_APIGW_JWK_FINGERPRINT_LEN];
    ngx_uint_t                 issuer;    /* its number there */
    ngx_uint_t                 generation;  /* of its keys when checked last */
    ngx_uint_t                 revoked;   /* of the list when checked last */
    void                      *passed;    /* the scopes it was found to have */
    ngx_uint_t                 inactive;
};


/*
 * bytes: what all tokens and their claims may take, 64 KB or more; the object
 * is malloc()ed: destroy it.  Tokens that are still held are freed when they
 * are released.  NULL: no memory.
 */
ngx_apigw_tokens_t *ngx_apigw_tokens_create(size_t bytes,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN]);
void ngx_apigw_tokens_destroy(ngx_apigw_tokens_t *tokens);

/* The token with these bytes, held: release it.  NULL: it is not there. */
ngx_apigw_token_t *ngx_apigw_tokens_find(ngx_apigw_tokens_t *tokens,
    ngx_str_t *text);

/*
 * The same, but one whose time has passed is taken out; where tokens is NULL,
 * there are none.
 */
ngx_apigw_token_t *ngx_apigw_tokens_current(ngx_apigw_tokens_t *tokens,
    ngx_str_t *text, int64_t now);

/*
 * Makes a token of a copy of text, kid and claims, held: release it.  Of what
 * is not active there are no claims (NULL), nor is there a tree of them where
 * claims->root is NULL.  NULL: no memory.
 */
ngx_apigw_token_t *ngx_apigw_token_create(ngx_str_t *text, ngx_str_t *kid,
    ngx_apigw_claims_t *claims);
void ngx_apigw_token_release(ngx_apigw_token_t *token);

/*
 * Puts a token into the cache, in the place of one with the same bytes; one
 * that takes more than an eighth of it, or is in a cache, is not taken.
 */
void ngx_apigw_tokens_insert(ngx_apigw_tokens_t *tokens,
    ngx_apigw_token_t *token);

/* Takes it out; whoever holds it keeps it. */
void ngx_apigw_tokens_remove(ngx_apigw_token_t *token);


typedef struct {
    uint64_t                   hits;
    uint64_t                   misses;
    uint64_t                   evicted;   /* by newer ones */
    ngx_uint_t                 count;
    size_t                     bytes;
} ngx_apigw_tokens_stat_t;

void ngx_apigw_tokens_stat(ngx_apigw_tokens_t *tokens,
    ngx_apigw_tokens_stat_t *stat);


#endif /* _NGX_APIGW_TOKENS_H_INCLUDED_ */
