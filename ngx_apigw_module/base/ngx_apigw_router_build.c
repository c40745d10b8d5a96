
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_router_tree.h"


/*
 * The tree is drafted first, in the order of the keys, as its size is not
 * known before; then the drafts are placed in a table of the right size.
 */

#define NGX_APIGW_ROUTER_NONE   0xffffffff


typedef struct {
    ngx_apigw_node_t         node;       /* up, param: indices of drafts */
    uint64_t                 hash;
    uint32_t                 place;      /* index in the router's nodes */
    uint32_t                 routes;     /* list by next[] */
    ngx_uint_t               is_param;
    ngx_str_t                var;        /* REST: the parameter below */
    uint32_t                 owner;      /* the route that brought it */
} ngx_apigw_draft_t;


typedef struct {
    ngx_pool_t                *pool;
    ngx_apigw_router_t        *router;
    ngx_apigw_route_key_t    **keys;
    uint32_t                  *next;         /* of each route of a node */
    ngx_uint_t                 nkeys;

    ngx_apigw_draft_t         *drafts;
    ngx_uint_t                 ndrafts;
    ngx_uint_t                 nparams;

    uint32_t                  *slots;        /* of drafts, 0: free */
    ngx_uint_t                 shift;
    uint32_t                   mask;

    ngx_apigw_router_error_t  *err;
} ngx_apigw_draft_ctx_t;


static ngx_int_t ngx_apigw_router_draft(ngx_apigw_draft_ctx_t *ctx);
static ngx_int_t ngx_apigw_router_add(ngx_apigw_draft_ctx_t *ctx, uint32_t n);
static ngx_int_t ngx_apigw_router_add_default(ngx_apigw_draft_ctx_t *ctx,
    uint32_t n);
static ngx_int_t ngx_apigw_router_check_param(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *parent, ngx_apigw_segment_t *seg, uint32_t n);
static ngx_apigw_draft_t *ngx_apigw_router_add_literal(
    ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *parent,
    ngx_apigw_segment_t *seg);
static ngx_apigw_draft_t *ngx_apigw_router_new_draft(
    ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *parent);
static ngx_int_t ngx_apigw_router_add_route(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *d, uint32_t n);
static ngx_int_t ngx_apigw_router_error(ngx_apigw_draft_ctx_t *ctx,
    ngx_uint_t route, ngx_uint_t other, const char *reason);
static ngx_int_t ngx_apigw_router_compile(ngx_apigw_draft_ctx_t *ctx);
static uint32_t ngx_apigw_router_free_slot(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *d);
static void ngx_apigw_router_place(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *d, uint32_t place);
static uint32_t ngx_apigw_router_place_routes(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *d, uint32_t first);
static ngx_uint_t ngx_apigw_router_size(ngx_uint_t n, ngx_uint_t *shift);

#define ngx_apigw_route_greedy(rk)                                           \
    ((rk)->nparams && (rk)->params[(rk)->nparams - 1].greedy)


ngx_int_t
ngx_apigw_router_create(ngx_pool_t *pool, ngx_uint_t type,
    ngx_apigw_route_key_t **keys, ngx_uint_t n, ngx_apigw_router_t **router,
    ngx_apigw_router_error_t *err)
{
    ngx_int_t              rc;
    ngx_apigw_draft_ctx_t  ctx;

    ngx_memzero(&ctx, sizeof(ngx_apigw_draft_ctx_t));

    ctx.pool = pool;
    ctx.keys = keys;
    ctx.nkeys = n;
    ctx.err = err;

    ctx.router = ngx_pcalloc(pool, sizeof(ngx_apigw_router_t));
    if (ctx.router == NULL) {
        return NGX_ERROR;
    }

    ctx.router->type = type;

    rc = ngx_apigw_router_draft(&ctx);

    if (rc == NGX_OK) {
        rc = ngx_apigw_router_compile(&ctx);
    }

    if (ctx.next) {
        ngx_pfree(pool, ctx.next);
    }

    if (ctx.slots) {
        ngx_pfree(pool, ctx.slots);
    }

    if (ctx.drafts) {
        ngx_pfree(pool, ctx.drafts);
    }

    if (rc == NGX_OK) {
        *router = ctx.router;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_router_draft(ngx_apigw_draft_ctx_t *ctx)
{
    size_t       j;
    ngx_int_t    rc;
    ngx_str_t   *path;
    ngx_uint_t   i, n;

    n = 1;                              /* the root */

    for (i = 0; i < ctx->nkeys; i++) {
        path = &ctx->keys[i]->path;

        for (j = 0; j < path->len; j++) {
            if (path->data[j] == '/') {
                n++;
            }
        }
    }

    ctx->drafts = ngx_palloc(ctx->pool, n * sizeof(ngx_apigw_draft_t));
    if (ctx->drafts == NULL) {
        return NGX_ERROR;
    }

    ctx->next = ngx_palloc(ctx->pool, (ctx->nkeys + 1) * sizeof(uint32_t));
    if (ctx->next == NULL) {
        return NGX_ERROR;
    }

    n = ngx_apigw_router_size(n, &ctx->shift);

    ctx->mask = (uint32_t) (n - 1);

    ctx->slots = ngx_pcalloc(ctx->pool, n * sizeof(uint32_t));
    if (ctx->slots == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_apigw_router_new_draft(ctx, NULL);

    for (i = 0; i < ctx->nkeys; i++) {

        if (ctx->keys[i]->catch_all) {
            rc = ngx_apigw_router_add_default(ctx, (uint32_t) i);

        } else {
            rc = ngx_apigw_router_add(ctx, (uint32_t) i);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_router_add(ngx_apigw_draft_ctx_t *ctx, uint32_t n)
{
    u_char               *p, *last;
    ngx_int_t             rc;
    ngx_uint_t            depth, rest;
    ngx_apigw_draft_t    *d;
    ngx_apigw_segment_t   seg;

    p = ctx->keys[n]->path.data;
    last = p + ctx->keys[n]->path.len;

    rest = (ctx->router->type == NGX_APIGW_REST);

    if (rest && last[-1] == '/') {
        last--;
    }

    d = ctx->drafts;
    depth = 0;

    while (p < last) {
        p = ngx_apigw_segment_read(&seg, p + 1, last);

        if (seg.len == 0 || seg.data[0] != '{') {
            d = ngx_apigw_router_add_literal(ctx, d, &seg);

        } else {

            if (rest) {
                rc = ngx_apigw_router_check_param(ctx, d, &seg, n);

                if (rc != NGX_OK) {
                    return rc;
                }
            }

            if (p == last && ngx_apigw_route_greedy(ctx->keys[n])) {
                break;
            }

            if (d->node.param == 0) {
                d->node.param = (uint32_t) ctx->ndrafts;
                ngx_apigw_router_new_draft(ctx, d)->is_param = 1;
                ctx->nparams++;
            }

            d = &ctx->drafts[d->node.param];
        }

        depth++;
    }

    if (ctx->router->depth < depth) {
        ctx->router->depth = depth;
    }

    return ngx_apigw_router_add_route(ctx, d, n);
}


static ngx_int_t
ngx_apigw_router_add_default(ngx_apigw_draft_ctx_t *ctx, uint32_t n)
{
    ngx_uint_t  i;

    if (ctx->router->type == NGX_APIGW_REST) {
        return ngx_apigw_router_error(ctx, n, (ngx_uint_t) -1,
                                  "REST APIs have no \"$default\" route, "
                                  "\"ANY /{proxy+}\" and \"ANY /\" come next");
    }

    if (ctx->router->fallback) {

        for (i = 0; ctx->keys[i] != ctx->router->fallback; i++) {
            /* void */
        }

        return ngx_apigw_router_error(ctx, n, i, "duplicate route");
    }

    ctx->router->fallback = ctx->keys[n];

    return NGX_OK;
}


/* REST: one parameter, with one name, under one parent */

static ngx_int_t
ngx_apigw_router_check_param(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *parent, ngx_apigw_segment_t *seg, uint32_t n)
{
    if (parent->var.len == 0) {
        parent->var.len = seg->len;
        parent->var.data = seg->data;
        parent->owner = n;

        return NGX_OK;
    }

    if (parent->var.len != seg->len
        || ngx_memcmp(parent->var.data, seg->data, seg->len) != 0)
    {
        return ngx_apigw_router_error(ctx, n, parent->owner,
                                  "REST APIs have one parameter with one name "
                                  "at one place, another one stands there");
    }

    return NGX_OK;
}


static ngx_apigw_draft_t *
ngx_apigw_router_add_literal(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *parent, ngx_apigw_segment_t *seg)
{
    uint32_t            i, up;
    ngx_apigw_draft_t  *d;

    up = (uint32_t) (parent - ctx->drafts) + 1;
    i = ngx_apigw_router_slot(seg->hash, up, ctx->shift);

    while (ctx->slots[i]) {
        d = &ctx->drafts[ctx->slots[i]];

        if (ngx_apigw_node_is(&d->node, up, seg)) {
            return d;
        }

        i = (i + 1) & ctx->mask;
    }

    ctx->slots[i] = (uint32_t) ctx->ndrafts;

    d = ngx_apigw_router_new_draft(ctx, parent);

    d->hash = seg->hash;
    d->node.len = seg->len & 0x7fff;
    d->node.word[0] = seg->word[0];
    d->node.word[1] = seg->word[1];

    if (seg->len > NGX_APIGW_ROUTER_SHORT) {
        d->node.word[1] = (uintptr_t) seg->data;
    }

    return d;
}


static ngx_apigw_draft_t *
ngx_apigw_router_new_draft(ngx_apigw_draft_ctx_t *ctx,
    ngx_apigw_draft_t *parent)
{
    ngx_apigw_draft_t  *d;

    d = &ctx->drafts[ctx->ndrafts++];

    ngx_memzero(d, sizeof(ngx_apigw_draft_t));

    d->routes = NGX_APIGW_ROUTER_NONE;

    if (parent) {
        d->node.up = (uint32_t) (parent - ctx->drafts) + 1;
    }

    return d;
}


static ngx_int_t
ngx_apigw_router_add_route(ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *d,
    uint32_t n)
{
    uint32_t                i;
    ngx_apigw_route_key_t  *a, *b;

    a = ctx->keys[n];

    for (i = d->routes; i != NGX_APIGW_ROUTER_NONE; i = ctx->next[i]) {
        b = ctx->keys[i];

        if (a->method == b->method
            && ngx_apigw_route_greedy(a) == ngx_apigw_route_greedy(b))
        {
            return ngx_apigw_router_error(ctx, n, i, "duplicate route");
        }
    }

    ctx->next[n] = d->routes;
    d->routes = n;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_router_error(ngx_apigw_draft_ctx_t *ctx, ngx_uint_t route,
    ngx_uint_t other, const char *reason)
{
    ctx->err->route = route;
    ctx->err->other = other;
    ctx->err->reason = reason;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_router_compile(ngx_apigw_draft_ctx_t *ctx)
{
    size_t               size;
    uint32_t             place, param, routes;
    ngx_uint_t           i, n;
    ngx_apigw_node_t    *nodes;
    ngx_apigw_draft_t   *d;
    ngx_apigw_router_t  *router;

    router = ctx->router;

    n = ngx_apigw_router_size(ctx->ndrafts - ctx->nparams, &router->shift);

    router->mask = (uint32_t) (n - 1);

    /* aligned, a node does not lie in two cache lines */

    size = (1 + n + ctx->nparams) * sizeof(ngx_apigw_node_t);

    nodes = ngx_palloc(ctx->pool, size + sizeof(ngx_apigw_node_t) - 1);
    if (nodes == NULL) {
        return NGX_ERROR;
    }

    router->nodes = (ngx_apigw_node_t *)
                        ngx_align((uintptr_t) nodes, sizeof(ngx_apigw_node_t));

    ngx_memzero(router->nodes, size);

    router->routes = ngx_palloc(ctx->pool, (ctx->nkeys + 1)
                                           * sizeof(ngx_apigw_route_key_t *));
    if (router->routes == NULL) {
        return NGX_ERROR;
    }

    param = (uint32_t) (1 + n);
    routes = 0;

    for (i = 0; i < ctx->ndrafts; i++) {

        d = &ctx->drafts[i];

        if (i == 0) {
            place = 0;

        } else if (d->is_param) {
            place = param++;

        } else {
            place = ngx_apigw_router_free_slot(ctx, d);
        }

        ngx_apigw_router_place(ctx, d, place);

        routes += ngx_apigw_router_place_routes(ctx, d, routes);
    }

    return NGX_OK;
}


static uint32_t
ngx_apigw_router_free_slot(ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *d)
{
    uint32_t             i, up;
    ngx_apigw_router_t  *router;

    router = ctx->router;

    up = ctx->drafts[d->node.up - 1].place + 1;
    i = ngx_apigw_router_slot(d->hash, up, router->shift);

    while (router->nodes[1 + i].up) {
        i = (i + 1) & router->mask;
    }

    return 1 + i;
}


/* parents are drafted, and so placed, before their children */

static void
ngx_apigw_router_place(ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *d,
    uint32_t place)
{
    uint32_t           parent;
    ngx_apigw_node_t  *nodes;

    d->place = place;

    nodes = ctx->router->nodes;

    nodes[place] = d->node;
    nodes[place].param = 0;

    if (d->node.up == 0) {
        return;
    }

    parent = ctx->drafts[d->node.up - 1].place;

    nodes[place].up = parent + 1;

    if (d->is_param) {
        nodes[parent].param = place;

    } else {
        nodes[parent].literals = 1;
    }
}


static uint32_t
ngx_apigw_router_place_routes(ngx_apigw_draft_ctx_t *ctx, ngx_apigw_draft_t *d,
    uint32_t first)
{
    uint32_t                i, n, plain, bit;
    ngx_apigw_node_t       *node;
    ngx_apigw_route_key_t  *rk;

    node = &ctx->router->nodes[d->place];
    node->routes = first;

    for (i = d->routes; i != NGX_APIGW_ROUTER_NONE; i = ctx->next[i]) {
        rk = ctx->keys[i];
        bit = (uint32_t) 1 << rk->method;

        if (ngx_apigw_route_greedy(rk)) {
            node->greedy = (u_char) (node->greedy | bit);

        } else {
            node->methods = (u_char) (node->methods | bit);
        }
    }

    plain = ngx_apigw_bits(node->methods);

    for (i = d->routes; i != NGX_APIGW_ROUTER_NONE; i = ctx->next[i]) {
        rk = ctx->keys[i];
        bit = (uint32_t) 1 << rk->method;

        if (ngx_apigw_route_greedy(rk)) {
            n = plain + ngx_apigw_bits(node->greedy & (bit - 1));

        } else {
            n = ngx_apigw_bits(node->methods & (bit - 1));
        }

        ctx->router->routes[first + n] = rk;
    }

    return plain + ngx_apigw_bits(node->greedy);
}


/* a power of two of at least 2 * n, and the shift that makes its indices */

static ngx_uint_t
ngx_apigw_router_size(ngx_uint_t n, ngx_uint_t *shift)
{
    ngx_uint_t  size;

    size = 2;
    *shift = 63;

    while (size < 2 * n) {
        size *= 2;
        (*shift)--;
    }

    return size;
}
