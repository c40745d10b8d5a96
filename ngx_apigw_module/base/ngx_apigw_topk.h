
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TOPK_H_INCLUDED_
#define _NGX_APIGW_TOPK_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The names that come most often, in a fixed piece of memory: Space-Saving
 * (Metwally, Agrawal, El Abbadi, 2005) in sets of 8.  A name that is new to a
 * full set takes the place of the one that came least, and its count: what it
 * may be too high is its error, at most an eighth of what came to the set.
 *
 * One process writes, others read: an entry whose version is odd, or changes
 * while it is read, is left out.  A writer that is killed leaves an entry that
 * is lost until its place is taken again.
 */

#define NGX_APIGW_TOPK_SETS   16
#define NGX_APIGW_TOPK_WAYS   8
#define NGX_APIGW_TOPK_SIZE   128           /* SETS * WAYS */
#define NGX_APIGW_TOPK_NAME   64


typedef struct {
    ngx_atomic_t               version;
    uint32_t                   hash;
    uint32_t                   len;
    uint64_t                   count;
    uint64_t                   error;       /* count is at most so much more
                                               than the truth */
    uint64_t                   refused;     /* since the name is there */
    uint64_t                   sent;        /* bytes, the same */
    u_char                     name[NGX_APIGW_TOPK_NAME];
    uint64_t                   spare[2];
} ngx_apigw_topk_entry_t;                   /* 128 bytes */

typedef struct {
    ngx_apigw_topk_entry_t     entries[NGX_APIGW_TOPK_SIZE];
} ngx_apigw_topk_t;


/* The memory of a new sketch is zero.  A longer name is cut. */
void ngx_apigw_topk_count(ngx_apigw_topk_t *topk, ngx_str_t *name,
    ngx_uint_t refused, uint64_t sent);

/*
 * Adds the names of a sketch to those of others: all has room for max entries
 * and n of them, 0 at first; returns how many there are then.  Equal names are
 * added up; what has no room is left out.  Call for each sketch, then sort()
 * by count, the highest first.
 */
ngx_uint_t ngx_apigw_topk_add(ngx_apigw_topk_entry_t *all, ngx_uint_t n,
    ngx_uint_t max, ngx_apigw_topk_t *topk);
void ngx_apigw_topk_sort(ngx_apigw_topk_entry_t *all, ngx_uint_t n);


#endif /* _NGX_APIGW_TOPK_H_INCLUDED_ */
