
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_KEYS_INT_H_INCLUDED_
#define _NGX_APIGW_KEYS_INT_H_INCLUDED_


#include "ngx_apigw_keys.h"
#include "ngx_apigw_siphash.h"


/*
 * What the parts of the directory share.
 *
 * The directory is a table of slots in the order of their digests, with gaps.
 * A key stands at its home, the place its digest has in proportion among all
 * digests, or as near behind it as the keys before it allow.  So a search goes
 * from the home over smaller digests, and ends at a greater one; a gap counts
 * as the greatest, and the last slot is a gap.
 */

#define NGX_APIGW_KEYS_MAX      ((uint32_t) 1 << 30)

#define NGX_APIGW_KEYS_GAP      ((uint64_t) -1)
#define NGX_APIGW_KEYS_TAIL     16

#define NGX_APIGW_KEYS_USED     0x1
#define NGX_APIGW_KEYS_ENABLED  0x2
#define NGX_APIGW_KEYS_DERIVED  0x4                   /* its id is */


typedef struct {
    uint64_t                head;        /* of the digest, as a number */
    u_char                  tail[NGX_APIGW_KEYS_TAIL];
    uint32_t                consumer;    /* while sorted: the row */
    uint32_t                flags;
} ngx_apigw_keys_slot_t;


typedef struct {
    ngx_apigw_keys_slot_t   slot;
    uint32_t                planset;
    uint32_t                file;
    uint32_t                line;
    uint32_t                spare;
} ngx_apigw_keys_row_t;


/* different texts in the order of their arrival */

typedef struct {
    uint32_t                text;        /* where it begins */
    uint32_t                len;
    uint32_t                hash;
    uint32_t                row;         /* the first one that has it */
    uint32_t                derived;     /* 1 + the one that derived it */
} ngx_apigw_keys_name_t;


typedef struct {
    u_char                 *text;
    size_t                  len;
    size_t                  size;
    ngx_apigw_keys_name_t  *names;
    size_t                  n;
    size_t                  nalloc;
    uint32_t               *table;       /* 1 + number, 0: free */
    size_t                  ntable;      /* a power of 2, or 0 */
} ngx_apigw_keys_names_t;


typedef struct {
    ngx_apigw_keys_row_t   *rows;
    size_t                  n;
    size_t                  nalloc;
    ngx_apigw_keys_slot_t  *sorted;
    uint32_t               *ends;        /* of the parts of sorted */
    ngx_apigw_keys_names_t  ids;
    ngx_apigw_keys_names_t  plansets;
    ngx_apigw_digest_t     *plain;       /* of derived ids */
    u_char                  seed[NGX_APIGW_SIPHASH_KEY_LEN];
} ngx_apigw_keys_build_t;


typedef struct {
    uint32_t                plans;       /* where they begin, in bytes */
    uint32_t                nplans;
    uint32_t                file;
    uint32_t                line;
} ngx_apigw_keys_planset_t;


struct ngx_apigw_keys_s {
    ngx_apigw_keys_slot_t     *slots;
    uint64_t                   nslots;   /* homes, there are more slots */
    ngx_apigw_consumer_t      *consumers;
    ngx_uint_t                 nconsumers;
    u_char                    *ids;
    ngx_apigw_keys_planset_t  *plansets;
    ngx_uint_t                 nplansets;
    u_char                    *plans;

    ngx_pool_t                *pool;
    ngx_apigw_digest_t        *digest;
    ngx_apigw_keys_build_t     build;
};


/*
 * The number of a text, a new one where it is new; b->n is the row that has
 * it.
 *
 *     NGX_OK     number is set
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_keys_intern(ngx_apigw_keys_build_t *b,
    ngx_apigw_keys_names_t *names, ngx_str_t *text, uint32_t *number);

/*
 * Makes room for n elements: the array, moved maybe.  NULL: no memory; p stays
 * valid and the caller's.
 */
void *ngx_apigw_keys_grow(void *p, size_t *nalloc, size_t n, size_t size);


static ngx_inline ngx_uint_t
ngx_apigw_keys_same(ngx_apigw_keys_names_t *names, ngx_apigw_keys_name_t *name,
    ngx_str_t *text)
{
    return name->len == text->len
           && (text->len == 0
               || ngx_memcmp(names->text + name->text, text->data, text->len)
                  == 0);
}


static ngx_inline uint64_t
ngx_apigw_keys_head(const u_char *p)
{
    return (uint64_t) p[0] << 56
           | (uint64_t) p[1] << 48
           | (uint64_t) p[2] << 40
           | (uint64_t) p[3] << 32
           | (uint64_t) p[4] << 24
           | (uint64_t) p[5] << 16
           | (uint64_t) p[6] << 8
           | (uint64_t) p[7];
}


static ngx_inline uint64_t
ngx_apigw_keys_home(ngx_apigw_keys_t *keys, uint64_t head)
{
    return (unsigned __int128) head * keys->nslots >> 64;
}


#endif /* _NGX_APIGW_KEYS_INT_H_INCLUDED_ */
