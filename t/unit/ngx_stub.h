
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_STUB_H_INCLUDED_
#define _NGX_STUB_H_INCLUDED_


/*
 * What base/ uses of nginx (the list is in ngx_apigw_base.h), for the unit
 * tests and the fuzzers.  The pool is malloc(), so that a sanitizer sees each
 * allocation apart.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>


#define NGX_PTR_SIZE  8

#define NGX_OK         0
#define NGX_ERROR     -1
#define NGX_AGAIN     -2
#define NGX_BUSY      -3
#define NGX_DONE      -4
#define NGX_DECLINED  -5

#define ngx_inline    inline


typedef intptr_t              ngx_int_t;
typedef uintptr_t             ngx_uint_t;
typedef intptr_t              ngx_flag_t;

typedef long                  ngx_atomic_int_t;
typedef unsigned long         ngx_atomic_uint_t;
typedef volatile ngx_atomic_uint_t  ngx_atomic_t;


typedef struct {
    size_t      len;
    u_char     *data;
} ngx_str_t;


typedef void (*ngx_pool_cleanup_pt)(void *data);

typedef struct ngx_pool_cleanup_s  ngx_pool_cleanup_t;

struct ngx_pool_cleanup_s {
    ngx_pool_cleanup_pt   handler;
    void                 *data;
    ngx_pool_cleanup_t   *next;
};


typedef struct ngx_pool_s  ngx_pool_t;


#define ngx_string(str)     { sizeof(str) - 1, (u_char *) str }
#define ngx_null_string     { 0, NULL }
#define ngx_str_set(str, text)                                               \
    (str)->len = sizeof(text) - 1; (str)->data = (u_char *) text
#define ngx_str_null(str)   (str)->len = 0; (str)->data = NULL

#define ngx_tolower(c)      (u_char) ((c >= 'A' && c <= 'Z') ? (c | 0x20) : c)
#define ngx_toupper(c)      (u_char) ((c >= 'a' && c <= 'z') ? (c & ~0x20) : c)

#define ngx_memcpy(dst, src, n)   (void) memcpy(dst, src, n)
#define ngx_cpymem(dst, src, n)   (((u_char *) memcpy(dst, src, n)) + (n))
#define ngx_memmove(dst, src, n)  (void) memmove(dst, src, n)
#define ngx_memzero(buf, n)       (void) memset(buf, 0, n)
#define ngx_memset(buf, c, n)     (void) memset(buf, c, n)
#define ngx_memcmp(s1, s2, n)     memcmp(s1, s2, n)

#define ngx_abs(value)       (((value) >= 0) ? (value) : - (value))
#define ngx_max(val1, val2)  ((val1 < val2) ? (val2) : (val1))
#define ngx_min(val1, val2)  ((val1 > val2) ? (val2) : (val1))
#define ngx_align(d, a)      (((d) + (a - 1)) & ~(a - 1))

#define ngx_atomic_cmp_set(lock, old, set)                                   \
    __sync_bool_compare_and_swap(lock, old, set)
#define ngx_atomic_fetch_add(value, add)                                     \
    __sync_fetch_and_add(value, add)
#define ngx_memory_barrier()  __sync_synchronize()


static ngx_inline u_char *
ngx_strlchr(u_char *p, u_char *last, u_char c)
{
    while (p < last) {

        if (*p == c) {
            return p;
        }

        p++;
    }

    return NULL;
}


ngx_pool_t *ngx_create_pool(size_t size, void *log);
void ngx_destroy_pool(ngx_pool_t *pool);

void *ngx_palloc(ngx_pool_t *pool, size_t size);
void *ngx_pnalloc(ngx_pool_t *pool, size_t size);
void *ngx_pcalloc(ngx_pool_t *pool, size_t size);
ngx_int_t ngx_pfree(ngx_pool_t *pool, void *p);
ngx_pool_cleanup_t *ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size);

/* the n-th allocation from now fails, and all after it; -1: none does */
void ngx_stub_fail(long n);

/* bytes that the pool holds at this moment */
size_t ngx_stub_bytes(ngx_pool_t *pool);


/* what is allocated beside a pool fails by the same count */

void *ngx_stub_malloc(size_t size);
void *ngx_stub_calloc(size_t n, size_t size);
void *ngx_stub_realloc(void *p, size_t size);

#if !(NGX_STUB_LIBC)
#define malloc(size)      ngx_stub_malloc(size)
#define calloc(n, size)   ngx_stub_calloc(n, size)
#define realloc(p, size)  ngx_stub_realloc(p, size)
#endif


#endif /* _NGX_STUB_H_INCLUDED_ */
