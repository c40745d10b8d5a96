
/*
 * Copyright (C) ngx_apigw contributors
 */


#define NGX_STUB_LIBC  1

#include "ngx_stub.h"


typedef struct ngx_stub_block_s  ngx_stub_block_t;

struct ngx_stub_block_s {
    ngx_stub_block_t    *next;
    void                *data;
    size_t               size;
};


struct ngx_pool_s {
    ngx_stub_block_t    *blocks;
    ngx_pool_cleanup_t  *cleanup;
    size_t               bytes;
};


static long  ngx_stub_countdown = -1;


void
ngx_stub_fail(long n)
{
    ngx_stub_countdown = n;
}


static int
ngx_stub_failing(void)
{
    if (ngx_stub_countdown == 0) {
        return 1;
    }

    if (ngx_stub_countdown > 0) {
        ngx_stub_countdown--;
    }

    return 0;
}


size_t
ngx_stub_bytes(ngx_pool_t *pool)
{
    return pool->bytes;
}


void *
ngx_stub_malloc(size_t size)
{
    return ngx_stub_failing() ? NULL : malloc(size);
}


void *
ngx_stub_calloc(size_t n, size_t size)
{
    return ngx_stub_failing() ? NULL : calloc(n, size);
}


void *
ngx_stub_realloc(void *p, size_t size)
{
    return ngx_stub_failing() ? NULL : realloc(p, size);
}


ngx_pool_t *
ngx_create_pool(size_t size, void *log)
{
    (void) size;
    (void) log;

    return calloc(1, sizeof(ngx_pool_t));
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    ngx_stub_block_t    *b, *next;
    ngx_pool_cleanup_t  *c;

    for (c = pool->cleanup; c; c = c->next) {
        if (c->handler) {
            c->handler(c->data);
        }
    }

    for (b = pool->blocks; b; b = next) {
        next = b->next;
        free(b->data);
        free(b);
    }

    free(pool);
}


void *
ngx_palloc(ngx_pool_t *pool, size_t size)
{
    void              *p;
    ngx_stub_block_t  *b;

    if (ngx_stub_failing()) {
        return NULL;
    }

    p = malloc(size);
    b = malloc(sizeof(ngx_stub_block_t));

    if (p == NULL || b == NULL) {
        free(p);
        free(b);
        return NULL;
    }

    b->data = p;
    b->size = size;
    b->next = pool->blocks;

    pool->blocks = b;
    pool->bytes += size;

    return p;
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_palloc(pool, size);
    if (p) {
        memset(p, 0, size);
    }

    return p;
}


ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    ngx_stub_block_t  *b;

    for (b = pool->blocks; b; b = b->next) {
        if (b->data == p) {
            free(p);
            b->data = NULL;
            pool->bytes -= b->size;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *c;

    c = ngx_palloc(pool, sizeof(ngx_pool_cleanup_t));
    if (c == NULL) {
        return NULL;
    }

    c->data = NULL;

    if (size) {
        c->data = ngx_palloc(pool, size);
        if (c->data == NULL) {
            return NULL;
        }
    }

    c->handler = NULL;
    c->next = pool->cleanup;
    pool->cleanup = c;

    return c;
}
