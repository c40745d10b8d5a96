
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/*
 * A location has a configuration of each module: some 19 KB with Debian's
 * modules, most of it inherited as it stands.  So a route gets its own
 * configuration of a module only where its block touched it; all others of a
 * stage share one, which was merged from the stage as theirs would have been.
 *
 * Whether a configuration was touched is seen by comparing its memory with an
 * image taken when it was created.  Where its extent can't be told (it is not
 * one piece of a pool's block), each route keeps its own.
 */

struct ngx_http_apigw_locconf_s {
    void                         **spare;    /* created, not touched yet */
    u_char                       **image;    /* what it looked like then */
    size_t                        *size;     /* 0: can't be told */
};


/* how full the blocks were that a pool takes small pieces from */

#define NGX_HTTP_APIGW_MARK_BLOCKS  16

typedef struct {
    ngx_pool_t                    *block;    /* the first of them */
    ngx_pool_large_t              *large;
    ngx_uint_t                     nblocks;
    u_char                        *last[NGX_HTTP_APIGW_MARK_BLOCKS];
} ngx_http_apigw_mark_t;


static ngx_int_t ngx_http_apigw_locconf_spare(ngx_conf_t *cf,
    ngx_http_apigw_locconf_t *lc, ngx_module_t *module);
static void ngx_http_apigw_locconf_mark(ngx_pool_t *pool,
    ngx_http_apigw_mark_t *mark);
static size_t ngx_http_apigw_locconf_extent(ngx_pool_t *pool,
    ngx_http_apigw_mark_t *mark, void *conf);
static ngx_int_t ngx_http_apigw_locconf_merge_module(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_module_t *module, ngx_uint_t n);
static ngx_int_t ngx_http_apigw_locconf_merge_one(ngx_conf_t *cf,
    ngx_http_module_t *module, void *parent, void *child);
static ngx_int_t ngx_http_apigw_locconf_merge_nested(ngx_conf_t *cf,
    ngx_queue_t *locations, void **parent, ngx_http_module_t *module,
    ngx_uint_t n);


ngx_http_apigw_locconf_t *
ngx_http_apigw_locconf_create(ngx_conf_t *cf)
{
    ngx_http_apigw_locconf_t  *lc;

    lc = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_locconf_t));
    if (lc == NULL) {
        return NULL;
    }

    lc->spare = ngx_pcalloc(cf->pool, sizeof(void *) * ngx_http_max_module);
    if (lc->spare == NULL) {
        return NULL;
    }

    lc->image = ngx_pcalloc(cf->pool, sizeof(u_char *) * ngx_http_max_module);
    if (lc->image == NULL) {
        return NULL;
    }

    lc->size = ngx_pcalloc(cf->pool, sizeof(size_t) * ngx_http_max_module);
    if (lc->size == NULL) {
        return NULL;
    }

    return lc;
}


void **
ngx_http_apigw_locconf_fresh(ngx_conf_t *cf)
{
    void               **loc_conf;
    ngx_uint_t           i;
    ngx_module_t        *m;
    ngx_http_module_t   *module;

    loc_conf = ngx_pcalloc(cf->pool, sizeof(void *) * ngx_http_max_module);
    if (loc_conf == NULL) {
        return NULL;
    }

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (m->type != NGX_HTTP_MODULE) {
            continue;
        }

        module = m->ctx;

        if (module->create_loc_conf) {
            loc_conf[m->ctx_index] = module->create_loc_conf(cf);

            if (loc_conf[m->ctx_index] == NULL) {
                return NULL;
            }
        }
    }

    return loc_conf;
}


void **
ngx_http_apigw_locconf_open(ngx_conf_t *cf, ngx_http_apigw_locconf_t *lc)
{
    void              **loc_conf;
    ngx_uint_t          i;
    ngx_module_t       *m;
    ngx_http_module_t  *module;

    loc_conf = ngx_palloc(cf->pool, sizeof(void *) * ngx_http_max_module);
    if (loc_conf == NULL) {
        return NULL;
    }

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (m->type != NGX_HTTP_MODULE) {
            continue;
        }

        module = m->ctx;

        if (module->create_loc_conf == NULL || lc->spare[m->ctx_index]) {
            continue;
        }

        if (ngx_http_apigw_locconf_spare(cf, lc, m) != NGX_OK) {
            return NULL;
        }
    }

    ngx_memcpy(loc_conf, lc->spare, sizeof(void *) * ngx_http_max_module);

    return loc_conf;
}


static ngx_int_t
ngx_http_apigw_locconf_spare(ngx_conf_t *cf, ngx_http_apigw_locconf_t *lc,
    ngx_module_t *m)
{
    void                   *conf;
    size_t                  size;
    u_char                 *image;
    ngx_uint_t              n;
    ngx_http_module_t      *module;
    ngx_http_apigw_mark_t   mark;

    module = m->ctx;
    n = m->ctx_index;

    ngx_http_apigw_locconf_mark(cf->pool, &mark);

    conf = module->create_loc_conf(cf);
    if (conf == NULL) {
        return NGX_ERROR;
    }

    size = ngx_http_apigw_locconf_extent(cf->pool, &mark, conf);

    if (size > lc->size[n]) {
        image = ngx_pnalloc(cf->temp_pool, size);
        if (image == NULL) {
            return NGX_ERROR;
        }

        lc->image[n] = image;
    }

    lc->spare[n] = conf;
    lc->size[n] = size;

    if (size) {
        ngx_memcpy(lc->image[n], conf, size);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_locconf_mark(ngx_pool_t *pool, ngx_http_apigw_mark_t *mark)
{
    ngx_pool_t  *p;

    mark->block = pool->current;
    mark->large = pool->large;
    mark->nblocks = 0;

    for (p = mark->block; p; p = p->d.next) {

        if (mark->nblocks < NGX_HTTP_APIGW_MARK_BLOCKS) {
            mark->last[mark->nblocks] = p->d.last;
        }

        mark->nblocks++;
    }
}


/* the size of what was allocated since the mark, if that is one piece */

static size_t
ngx_http_apigw_locconf_extent(ngx_pool_t *pool, ngx_http_apigw_mark_t *mark,
    void *conf)
{
    u_char      *last;
    size_t       size;
    ngx_uint_t   i;
    ngx_pool_t  *p;

    if (pool->large != mark->large
        || mark->nblocks >= NGX_HTTP_APIGW_MARK_BLOCKS)
    {
        return 0;
    }

    size = 0;

    for (p = mark->block, i = 0; p; p = p->d.next, i++) {

        last = (i < mark->nblocks) ? mark->last[i] : (u_char *) p;

        if (p->d.last == last) {
            continue;
        }

        if (size || (u_char *) conf < last || (u_char *) conf >= p->d.last) {
            return 0;
        }

        size = p->d.last - (u_char *) conf;
    }

    return size;
}


void
ngx_http_apigw_locconf_close(ngx_http_apigw_locconf_t *lc, void **loc_conf)
{
    ngx_uint_t  i;

    for (i = 0; i < ngx_http_max_module; i++) {

        if (loc_conf[i] == NULL) {
            continue;
        }

        if (lc->size[i]
            && ngx_memcmp(loc_conf[i], lc->image[i], lc->size[i]) == 0)
        {
            loc_conf[i] = NULL;
            continue;
        }

        lc->spare[i] = NULL;
    }
}


ngx_int_t
ngx_http_apigw_locconf_merge(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    void                      **shared;
    ngx_uint_t                  i, n;
    ngx_module_t               *m;
    ngx_http_conf_ctx_t        *ctx, saved;
    ngx_http_apigw_route_t    **routes;
    ngx_http_core_loc_conf_t   *clcf;

    shared = ngx_http_apigw_locconf_open(cf, stage->locconf);
    if (shared == NULL) {
        return NGX_ERROR;
    }

    clcf = shared[ngx_http_core_module.ctx_index];
    clcf->loc_conf = shared;
    clcf->noname = 1;

    stage->locconf->spare = shared;
    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {

        for (n = 0; n < ngx_http_max_module; n++) {
            if (routes[i]->loc_conf[n] == NULL) {
                routes[i]->loc_conf[n] = shared[n];
            }
        }
    }

    ctx = cf->ctx;
    saved = *ctx;
    ctx->srv_conf = stage->api->cscf->ctx->srv_conf;

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (m->type != NGX_HTTP_MODULE) {
            continue;
        }

        if (ngx_http_apigw_locconf_merge_module(cf, stage, m->ctx,
                                                m->ctx_index)
            != NGX_OK)
        {
            *ctx = saved;
            return NGX_ERROR;
        }
    }

    *ctx = saved;
    stage->locconf = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_locconf_merge_module(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_module_t *module, ngx_uint_t n)
{
    void                      **shared;
    ngx_uint_t                  i;
    ngx_http_conf_ctx_t        *ctx;
    ngx_http_apigw_route_t    **routes;
    ngx_http_core_loc_conf_t   *clcf;

    if (module->merge_loc_conf == NULL) {
        return NGX_OK;
    }

    ctx = cf->ctx;
    shared = stage->locconf->spare;
    ctx->loc_conf = shared;

    if (ngx_http_apigw_locconf_merge_one(cf, module, stage->loc_conf[n],
                                         shared[n])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        ctx->loc_conf = routes[i]->loc_conf;

        if (ctx->loc_conf[n] != shared[n]
            && ngx_http_apigw_locconf_merge_one(cf, module, stage->loc_conf[n],
                                                ctx->loc_conf[n])
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        clcf = routes[i]->loc_conf[ngx_http_core_module.ctx_index];

        if (ngx_http_apigw_locconf_merge_nested(cf, clcf->locations,
                                                routes[i]->loc_conf, module, n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_locconf_merge_one(ngx_conf_t *cf, ngx_http_module_t *module,
    void *parent, void *child)
{
    char  *rv;

    rv = module->merge_loc_conf(cf, parent, child);

    if (rv == NGX_CONF_OK) {
        return NGX_OK;
    }

    if (rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "a route %s", rv);
    }

    return NGX_ERROR;
}


/* the blocks of "if" and "limit_except" in a route */

static ngx_int_t
ngx_http_apigw_locconf_merge_nested(ngx_conf_t *cf, ngx_queue_t *locations,
    void **parent, ngx_http_module_t *module, ngx_uint_t n)
{
    ngx_queue_t                *q;
    ngx_http_conf_ctx_t        *ctx;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_location_queue_t  *lq;

    if (locations == NULL) {
        return NGX_OK;
    }

    ctx = cf->ctx;

    for (q = ngx_queue_head(locations);
         q != ngx_queue_sentinel(locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;

        clcf = lq->exact ? lq->exact : lq->inclusive;
        ctx->loc_conf = clcf->loc_conf;

        if (ngx_http_apigw_locconf_merge_one(cf, module, parent[n],
                                             clcf->loc_conf[n])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_http_apigw_locconf_merge_nested(cf, clcf->locations,
                                                clcf->loc_conf, module, n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
