
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ROUTER_TREE_H_INCLUDED_
#define _NGX_APIGW_ROUTER_TREE_H_INCLUDED_


#include "ngx_apigw_router.h"


/*
 * What the two halves of the router share.
 *
 * The tree of segments is one hash table: the slot that (parent, segment)
 * leads to is the node itself, half a cache line with the text of a segment
 * of up to 16 bytes in it.  So a segment costs one hash and touches one line,
 * however many routes there are.  Nodes of parameters need no hash: they
 * stand behind the table.
 */

#define NGX_APIGW_ROUTER_SHORT  16             /* bytes in word[] */

#define NGX_APIGW_ROUTER_MIX    0x9e3779b97f4a7c15
#define NGX_APIGW_ROUTER_MIX2   0xd6e8feb86659fd93


typedef struct {
    uint32_t                 up;         /* parent's index + 1, 0: free slot */
    uint32_t                 param;      /* index of the child, 0: none */
    uint32_t                 routes;     /* index of the first */
    unsigned                 len:15;
    unsigned                 literals:1; /* has children in the table */
    u_char                   methods;    /* bit per method, from GET */
    u_char                   greedy;     /* same, of {name+} below the node */
    uint64_t                 word[2];    /* see ngx_apigw_segment_t */
} ngx_apigw_node_t;


/*
 * The words hold a short segment as it is; of a longer one they are a hash
 * and, in a node, the address of the text.
 */

typedef struct {
    u_char                  *data;
    size_t                   len;
    uint64_t                 word[2];
    uint64_t                 hash;
} ngx_apigw_segment_t;


struct ngx_apigw_router_s {
    ngx_apigw_node_t        *nodes;      /* root, slots, parameters */
    ngx_apigw_route_key_t  **routes;     /* by node, then plain and greedy,
                                            then by method */
    ngx_apigw_route_key_t   *fallback;   /* $default */
    ngx_uint_t               type;
    ngx_uint_t               depth;      /* of the deepest node */
    ngx_uint_t               shift;      /* 64 - log2 of slots */
    uint32_t                 mask;
};


static ngx_inline u_char *
ngx_apigw_segment_end(u_char *p, u_char *last)
{
    u_char  *end;

    end = memchr(p, '/', (size_t) (last - p));

    return end ? end : last;
}


/* reads the segment that begins at p, returns its end */

static ngx_inline u_char *
ngx_apigw_segment_read(ngx_apigw_segment_t *seg, u_char *p, u_char *last)
{
    u_char    *end;
    size_t     len;
    uint32_t   a, b;
    uint64_t   w, h;

    end = ngx_apigw_segment_end(p, last);
    len = (size_t) (end - p);

    seg->data = p;
    seg->len = len;
    seg->word[1] = 0;

    if (len >= 8) {
        ngx_memcpy(&seg->word[0], p, 8);
        ngx_memcpy(&seg->word[1], end - 8, 8);

    } else if (len >= 4) {
        ngx_memcpy(&a, p, 4);
        ngx_memcpy(&b, end - 4, 4);
        seg->word[0] = (uint64_t) a << 32 | b;

    } else if (len) {
        seg->word[0] = (uint64_t) p[0] << 16 | (uint64_t) p[len / 2] << 8
                       | end[-1];

    } else {
        seg->word[0] = 0;
    }

    h = (seg->word[0] ^ len) * NGX_APIGW_ROUTER_MIX;
    h ^= h >> 32;
    h = (h ^ seg->word[1]) * NGX_APIGW_ROUTER_MIX2;

    if (len > NGX_APIGW_ROUTER_SHORT) {

        for (p += 8; end - p > 8; p += 8) {
            ngx_memcpy(&w, p, 8);
            h ^= h >> 32;
            h = (h ^ w) * NGX_APIGW_ROUTER_MIX;
        }

        seg->word[0] = h;
    }

    seg->hash = h ^ h >> 32;

    return end;
}


static ngx_inline uint32_t
ngx_apigw_router_slot(uint64_t hash, uint32_t up, ngx_uint_t shift)
{
    hash = (hash ^ up * NGX_APIGW_ROUTER_MIX2) * NGX_APIGW_ROUTER_MIX;

    return (uint32_t) (hash >> shift);
}


static ngx_inline ngx_uint_t
ngx_apigw_node_is(ngx_apigw_node_t *node, uint32_t up,
    ngx_apigw_segment_t *seg)
{
    if (node->up != up
        || node->len != seg->len
        || node->word[0] != seg->word[0])
    {
        return 0;
    }

    if (seg->len <= NGX_APIGW_ROUTER_SHORT) {
        return node->word[1] == seg->word[1];
    }

    return ngx_memcmp((u_char *) (uintptr_t) node->word[1], seg->data,
                      seg->len)
           == 0;
}


/* the number of bits in an octet */

static ngx_inline uint32_t
ngx_apigw_bits(ngx_uint_t n)
{
    n = n - ((n >> 1) & 0x55);
    n = (n & 0x33) + ((n >> 2) & 0x33);

    return (uint32_t) ((n + (n >> 4)) & 0x0f);
}


#endif /* _NGX_APIGW_ROUTER_TREE_H_INCLUDED_ */
