
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_router_tree.h"


/* a branch that was left for later, or the place where the walk is */

typedef struct {
    ngx_apigw_node_t        *node;
    ngx_uint_t               depth;
    ngx_uint_t               literals;
    ngx_uint_t               prefix;     /* literals before any parameter */
} ngx_apigw_branch_t;


typedef struct {
    ngx_apigw_router_t      *router;
    ngx_uint_t               method;

    ngx_apigw_route_key_t   *plain;      /* the best so far */
    ngx_uint_t               literals;

    ngx_apigw_route_key_t   *greedy;     /* same */
    ngx_uint_t               prefix;
    ngx_uint_t               depth;

    ngx_apigw_branch_t       at;

    ngx_uint_t               nbranches;
    ngx_apigw_branch_t       branches[NGX_APIGW_ROUTE_MAX_SEGMENTS];

    /* one more than the tree has levels stands for all that follow */

    ngx_uint_t               nsegs;
    ngx_apigw_segment_t      segs[NGX_APIGW_ROUTE_MAX_SEGMENTS + 1];
} ngx_apigw_walk_t;


static ngx_apigw_route_key_t *ngx_apigw_router_match_rest(
    ngx_apigw_router_t *router, ngx_uint_t method, ngx_str_t *path);
static ngx_apigw_route_key_t *ngx_apigw_router_match_http(
    ngx_apigw_router_t *router, ngx_uint_t method, ngx_str_t *path);
static void ngx_apigw_walk_start(ngx_apigw_walk_t *w,
    ngx_apigw_router_t *router, ngx_uint_t method, ngx_str_t *path);
static ngx_uint_t ngx_apigw_walk_on(ngx_apigw_walk_t *w);
static ngx_uint_t ngx_apigw_walk_back(ngx_apigw_walk_t *w);
static void ngx_apigw_walk_plain(ngx_apigw_walk_t *w);
static void ngx_apigw_walk_greedy(ngx_apigw_walk_t *w);


static ngx_inline ngx_apigw_node_t *
ngx_apigw_router_child(ngx_apigw_router_t *router, ngx_apigw_node_t *parent,
    ngx_apigw_segment_t *seg)
{
    uint32_t           i, up;
    ngx_apigw_node_t  *node;

    if (!parent->literals) {
        return NULL;
    }

    up = (uint32_t) (parent - router->nodes) + 1;
    i = ngx_apigw_router_slot(seg->hash, up, router->shift);

    for ( ;; ) {
        node = &router->nodes[1 + i];

        if (node->up == 0) {
            return NULL;
        }

        if (ngx_apigw_node_is(node, up, seg)) {
            return node;
        }

        i = (i + 1) & router->mask;
    }
}


static ngx_inline ngx_apigw_route_key_t *
ngx_apigw_router_pick(ngx_apigw_router_t *router, uint32_t first,
    ngx_uint_t methods, ngx_uint_t method)
{
    ngx_uint_t  bit;

    bit = (ngx_uint_t) 1 << method;

    if (!(methods & bit)) {
        bit = (ngx_uint_t) 1 << NGX_APIGW_ANY;

        if (!(methods & bit)) {
            return NULL;
        }
    }

    return router->routes[first + ngx_apigw_bits(methods & (bit - 1))];
}


static ngx_inline ngx_apigw_route_key_t *
ngx_apigw_router_plain(ngx_apigw_router_t *router, ngx_apigw_node_t *node,
    ngx_uint_t method)
{
    return ngx_apigw_router_pick(router, node->routes, node->methods, method);
}


static ngx_inline ngx_apigw_route_key_t *
ngx_apigw_router_greedy(ngx_apigw_router_t *router, ngx_apigw_node_t *node,
    ngx_uint_t method)
{
    return ngx_apigw_router_pick(router,
                                 node->routes + ngx_apigw_bits(node->methods),
                                 node->greedy, method);
}


ngx_apigw_route_key_t *
ngx_apigw_router_match(ngx_apigw_router_t *router, ngx_uint_t method,
    ngx_str_t *path)
{
    if (method >= NGX_APIGW_ANY) {
        return NULL;
    }

    if (router->type == NGX_APIGW_REST) {
        return ngx_apigw_router_match_rest(router, method, path);
    }

    return ngx_apigw_router_match_http(router, method, path);
}


static ngx_apigw_route_key_t *
ngx_apigw_router_match_rest(ngx_apigw_router_t *router, ngx_uint_t method,
    ngx_str_t *path)
{
    u_char               *p, *last;
    ngx_apigw_node_t     *node, *child;
    ngx_apigw_segment_t   seg;

    p = path->data;
    last = p + path->len;

    if (last[-1] == '/') {
        last--;
    }

    node = router->nodes;

    while (p < last) {
        p = ngx_apigw_segment_read(&seg, p + 1, last);

        child = ngx_apigw_router_child(router, node, &seg);

        if (child) {
            node = child;
            continue;
        }

        if (node->param == 0) {
            return ngx_apigw_router_greedy(router, node, method);
        }

        node = &router->nodes[node->param];
    }

    return ngx_apigw_router_plain(router, node, method);
}


/*
 * The tree is walked literal first, so that of equal matches the first one
 * found is the right one.  Each parameter passed by is a branch left for
 * later, taken up where it may yet lead to more literals.  No node is visited
 * twice, and there is one branch per level at most.
 */

static ngx_apigw_route_key_t *
ngx_apigw_router_match_http(ngx_apigw_router_t *router, ngx_uint_t method,
    ngx_str_t *path)
{
    ngx_apigw_walk_t  w;

    ngx_apigw_walk_start(&w, router, method, path);

    while (ngx_apigw_walk_on(&w) || ngx_apigw_walk_back(&w)) {
        /* void */
    }

    if (w.plain) {
        return w.plain;
    }

    return w.greedy ? w.greedy : router->fallback;
}


static void
ngx_apigw_walk_start(ngx_apigw_walk_t *w, ngx_apigw_router_t *router,
    ngx_uint_t method, ngx_str_t *path)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    w->router = router;
    w->method = method;
    w->plain = NULL;
    w->greedy = NULL;
    w->nbranches = 0;

    w->at.node = router->nodes;
    w->at.depth = 0;
    w->at.literals = 0;
    w->at.prefix = 0;

    p = path->data;
    last = p + path->len;

    for (n = 0; p < last && n <= router->depth; n++) {
        p = ngx_apigw_segment_read(&w->segs[n], p + 1, last);
    }

    w->nsegs = n;
}


/* does what is to be done at a node, goes to its literal child: 1, 0 */

static ngx_uint_t
ngx_apigw_walk_on(ngx_apigw_walk_t *w)
{
    ngx_apigw_node_t     *node;
    ngx_apigw_branch_t   *b;
    ngx_apigw_segment_t  *seg;

    if (w->at.depth == w->nsegs) {
        ngx_apigw_walk_plain(w);
        return 0;
    }

    node = w->at.node;
    seg = &w->segs[w->at.depth];

    if (node->greedy && seg->len) {
        ngx_apigw_walk_greedy(w);
    }

    if (node->param && seg->len) {
        b = &w->branches[w->nbranches++];

        *b = w->at;
        b->node = &w->router->nodes[node->param];
        b->depth++;
    }

    node = ngx_apigw_router_child(w->router, node, seg);

    if (node == NULL) {
        return 0;
    }

    w->at.node = node;
    w->at.prefix += (w->at.prefix == w->at.depth);
    w->at.literals++;
    w->at.depth++;

    return 1;
}


static ngx_uint_t
ngx_apigw_walk_back(ngx_apigw_walk_t *w)
{
    ngx_apigw_branch_t  *b;

    while (w->nbranches) {
        b = &w->branches[--w->nbranches];

        if (w->plain == NULL
            || b->literals + (w->nsegs - b->depth) > w->literals)
        {
            w->at = *b;
            return 1;
        }
    }

    return 0;
}


static void
ngx_apigw_walk_plain(ngx_apigw_walk_t *w)
{
    ngx_apigw_route_key_t  *rk;

    if (w->plain && w->at.literals <= w->literals) {
        return;
    }

    rk = ngx_apigw_router_plain(w->router, w->at.node, w->method);

    if (rk) {
        w->plain = rk;
        w->literals = w->at.literals;
    }
}


static void
ngx_apigw_walk_greedy(ngx_apigw_walk_t *w)
{
    ngx_apigw_route_key_t  *rk;

    if (w->greedy
        && (w->at.prefix < w->prefix
            || (w->at.prefix == w->prefix && w->at.depth <= w->depth)))
    {
        return;
    }

    rk = ngx_apigw_router_greedy(w->router, w->at.node, w->method);

    if (rk) {
        w->greedy = rk;
        w->prefix = w->at.prefix;
        w->depth = w->at.depth;
    }
}


void
ngx_apigw_route_param(ngx_apigw_router_t *router, ngx_apigw_param_t *param,
    ngx_str_t *path, ngx_str_t *value)
{
    u_char      *p, *end, *last;
    ngx_uint_t   n;

    p = path->data;
    last = p + path->len;

    if (router->type == NGX_APIGW_REST && last[-1] == '/') {
        last--;
    }

    for (n = 0; n < param->segment && p < last; n++) {
        p = ngx_apigw_segment_end(p + 1, last);
    }

    if (p < last) {
        p++;
    }

    end = param->greedy ? last : ngx_apigw_segment_end(p, last);

    value->data = p;
    value->len = (size_t) (end - p);
}
