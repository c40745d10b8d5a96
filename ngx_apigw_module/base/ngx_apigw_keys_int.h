
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
 * A key has a mark of 128 bits: its tag, or the first half of its digest.  A
 * table is slots in the order of their marks, with gaps.  A key stands at its
 * home, the place its mark has in proportion among all marks, or as near
 * behind it as the keys before it allow.  So a search goes from the home over
 * smaller marks, and ends at a greater one; a gap counts as the greatest, and
 * the last slot is a gap.
 */

#define NGX_APIGW_KEYS_MAX      ((uint32_t) 1 << 30)

#define NGX_APIGW_KEYS_GAP      ((uint64_t) -1)

#define NGX_APIGW_KEYS_TAGGED   0x1
#define NGX_APIGW_KEYS_HASHED   0x2
#define NGX_APIGW_KEYS_ENABLED  0x4
#define NGX_APIGW_KEYS_DERIVED  0x8                   /* its id is */


typedef struct {
    uint64_t                head;        /* of the mark */
    uint64_t                tail;
    uint32_t                consumer;    /* while sorted: the row */
    uint32_t                flags;       /* 0: a gap */
} ngx_apigw_keys_slot_t;


typedef struct {
    ngx_apigw_keys_slot_t  *slots;
    uint64_t                nhomes;      /* there are more slots */
    size_t                  nkeys;
} ngx_apigw_keys_table_t;


typedef struct {
    ngx_apigw_keys_slot_t   slot;        /* its mark is the digest's */
    uint64_t                tag[2];
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
    size_t                  nsorted;
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
    ngx_apigw_keys_table_t     tags;
    ngx_apigw_keys_table_t     digests;
    u_char                     secret[NGX_APIGW_SIPHASH_KEY_LEN];
    ngx_apigw_digest_t        *digest;
    ngx_apigw_consumer_t      *consumers;
    ngx_uint_t                 nconsumers;
    u_char                    *ids;
    ngx_apigw_keys_planset_t  *plansets;
    ngx_uint_t                 nplansets;
    u_char                    *plans;

    ngx_pool_t                *pool;
    ngx_apigw_keys_build_t     build;
};


/* The slot that has the mark, or NULL: about one probe. */
ngx_apigw_keys_slot_t *ngx_apigw_keys_lookup(ngx_apigw_keys_table_t *table,
    uint64_t mark[2]);


/* Sorts those rows into b->sorted that have a flag: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_keys_sort(ngx_apigw_keys_build_t *b, uint32_t flags);

/* Makes a table of those rows that have a flag: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_keys_tabulate(ngx_apigw_keys_t *keys,
    ngx_apigw_keys_table_t *table, uint32_t flags);


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
ngx_apigw_keys_home(ngx_apigw_keys_table_t *table, uint64_t head)
{
    return (unsigned __int128) head * table->nhomes >> 64;
}


/* in the order of its bytes */

static ngx_inline void
ngx_apigw_keys_mark(uint64_t mark[2], const u_char *digest)
{
    ngx_uint_t  i;

    mark[0] = 0;
    mark[1] = 0;

    for (i = 0; i < 8; i++) {
        mark[0] = mark[0] << 8 | digest[i];
        mark[1] = mark[1] << 8 | digest[i + 8];
    }
}


#endif /* _NGX_APIGW_KEYS_INT_H_INCLUDED_ */
