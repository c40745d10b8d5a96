
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_metrics_zone.h"
#include "ngx_apigw_digest.h"


#define NGX_APIGW_METRICS_ZONE_TICK    1000      /* ms */
#define NGX_APIGW_METRICS_ZONE_PIECE   1

#define NGX_APIGW_METRICS_ZONE_GROWTH  64        /* steps to twice the room */


static ngx_int_t ngx_apigw_metrics_zone_open(ngx_apigw_zone_t *apigw,
    void *data, ngx_log_t *log);
static ngx_shm_zone_t *ngx_apigw_metrics_zone_old(
    ngx_apigw_metrics_zone_t *zone);
static ngx_int_t ngx_apigw_metrics_zone_fit(ngx_apigw_metrics_zone_t *zone,
    ngx_log_t *log);
static void ngx_apigw_metrics_zone_grow(ngx_apigw_metrics_zone_t *zone,
    ngx_uint_t n, ngx_apigw_metrics_size_t *layout);
static size_t ngx_apigw_metrics_zone_bytes(ngx_apigw_metrics_size_t *layout);
static ngx_int_t ngx_apigw_metrics_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_apigw_metrics_zone_create(ngx_apigw_metrics_zone_t *zone,
    ngx_slab_pool_t *shpool, ngx_log_t *log);
static ngx_int_t ngx_apigw_metrics_zone_claim_all(
    ngx_apigw_metrics_zone_t *zone, ngx_apigw_metrics_zone_t *old,
    ngx_log_t *log);
static void ngx_apigw_metrics_zone_tick(ngx_event_t *ev);
static void ngx_apigw_metrics_zone_sample(ngx_event_t *ev);
static void ngx_apigw_metrics_zone_cleanup(void *data);


static ngx_str_t  ngx_apigw_metrics_zone_name = ngx_string("apigw_metrics");

/* room, whatever is needed */

static uint32_t  ngx_apigw_metrics_zone_least[NGX_APIGW_METRICS_KINDS] = {
    8, 64, 16, 8
};


ngx_apigw_metrics_zone_t *
ngx_apigw_metrics_zone_add(ngx_conf_t *cf, ngx_apigw_zone_t *apigw,
    size_t size, ngx_apigw_metrics_size_t *needed, void *tag)
{
    ngx_pool_cleanup_t        *cln;
    ngx_apigw_metrics_zone_t  *zone;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_apigw_metrics_zone_t));
    if (cln == NULL) {
        return NULL;
    }

    zone = cln->data;
    ngx_memzero(zone, sizeof(ngx_apigw_metrics_zone_t));

    zone->zone = apigw;
    zone->size = size;
    zone->needed = *needed;
    zone->cycle = cf->cycle;

    if (ngx_apigw_zone_claimer(apigw, ngx_apigw_metrics_zone_open, zone)
        != NGX_OK)
    {
        return NULL;
    }

    zone->shm_zone = ngx_shared_memory_add(cf, &ngx_apigw_metrics_zone_name,
                                           size, tag);
    if (zone->shm_zone == NULL) {
        return NULL;
    }

    zone->shm_zone->init = ngx_apigw_metrics_zone_init;
    zone->shm_zone->data = zone;

    cln->handler = ngx_apigw_metrics_zone_cleanup;

    return zone;
}


/*
 * A claimer of the zone "apigw": nginx opens zones in the order in which they
 * were added, so the size of ours is set in time.
 */

static ngx_int_t
ngx_apigw_metrics_zone_open(ngx_apigw_zone_t *apigw, void *data,
    ngx_log_t *log)
{
    ngx_apigw_metrics_zone_t *zone = data;

    ngx_shm_zone_t   *old;
    ngx_core_conf_t  *ccf;

    old = ngx_apigw_metrics_zone_old(zone);

    if (old && zone->size && zone->size != old->shm.size) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the size %uz of \"metrics=\" of the \"apigw_zone\" "
                      "conflicts with its size %uz in use: a restart is "
                      "needed to change it", zone->size, old->shm.size);
        return NGX_ERROR;
    }

    if (old) {
        zone->shm_zone->shm.size = old->shm.size;
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(zone->cycle->conf_ctx,
                                           ngx_core_module);

    zone->needed.nslots = (uint32_t) ngx_max(ccf->worker_processes, 1) + 1;

    return ngx_apigw_metrics_zone_fit(zone, log);
}


/* that of the running configuration, or NULL */

static ngx_shm_zone_t *
ngx_apigw_metrics_zone_old(ngx_apigw_metrics_zone_t *zone)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_shm_zone_t   *shm_zone;
    ngx_list_part_t  *part;

    if (zone->cycle->old_cycle == NULL) {
        return NULL;
    }

    name = &ngx_apigw_metrics_zone_name;

    part = &zone->cycle->old_cycle->shared_memory.part;
    shm_zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            shm_zone = part->elts;
            i = 0;
        }

        if (shm_zone[i].tag == zone->shm_zone->tag
            && shm_zone[i].shm.name.len == name->len
            && ngx_memcmp(shm_zone[i].shm.name.data, name->data, name->len)
               == 0)
        {
            return &shm_zone[i];
        }
    }
}


static ngx_int_t
ngx_apigw_metrics_zone_fit(ngx_apigw_metrics_zone_t *zone, ngx_log_t *log)
{
    size_t                    least;
    ngx_uint_t                n, step;
    ngx_apigw_metrics_size_t  layout;

    if (zone->size == 0) {
        ngx_apigw_metrics_zone_grow(zone, NGX_APIGW_METRICS_ZONE_GROWTH,
                                    &zone->layout);

        zone->shm_zone->shm.size = ngx_apigw_metrics_zone_bytes(&zone->layout);

        return NGX_OK;
    }

    least = ngx_apigw_metrics_zone_bytes(&zone->needed);

    if (zone->size < least) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the size %uz of \"metrics=\" of the \"apigw_zone\" is "
                      "too small: \"metrics=%uzk\" or more is expected",
                      zone->size, (least + 1023) / 1024);
        return NGX_ERROR;
    }

    n = 0;

    for (step = 65536; step; step /= 2) {
        ngx_apigw_metrics_zone_grow(zone, n + step, &layout);

        if (ngx_apigw_metrics_zone_bytes(&layout) <= zone->size) {
            n += step;
        }
    }

    zone->layout = zone->needed;

    if (n) {
        ngx_apigw_metrics_zone_grow(zone, n, &zone->layout);
    }

    return NGX_OK;
}


/* what is needed, and n steps more */

static void
ngx_apigw_metrics_zone_grow(ngx_apigw_metrics_zone_t *zone, ngx_uint_t n,
    ngx_apigw_metrics_size_t *layout)
{
    uint64_t    room;
    ngx_uint_t  i;

    layout->nslots = zone->needed.nslots;

    for (i = 0; i < NGX_APIGW_METRICS_KINDS; i++) {
        room = zone->needed.room[i];
        room = ngx_max(room, ngx_apigw_metrics_zone_least[i] / 2);
        room = room * (NGX_APIGW_METRICS_ZONE_GROWTH + n)
               / NGX_APIGW_METRICS_ZONE_GROWTH;

        layout->room[i] = (uint32_t) ngx_min(room, 1 << 30);
    }
}


/* with what the slab allocator needs for itself */

static size_t
ngx_apigw_metrics_zone_bytes(ngx_apigw_metrics_size_t *layout)
{
    size_t  pages;

    pages = ngx_apigw_metrics_bytes(layout) / ngx_pagesize + 1;

    return pages * (ngx_pagesize + sizeof(ngx_slab_page_t)) + 2 * ngx_pagesize;
}


static ngx_int_t
ngx_apigw_metrics_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_apigw_metrics_zone_t  *old = data;

    u_char                    *mem;
    ngx_log_t                 *log;
    ngx_slab_pool_t           *shpool;
    ngx_apigw_metrics_zone_t  *zone;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    log = shm_zone->shm.log;

    if (old == NULL
        && !shm_zone->shm.exists
        && ngx_apigw_metrics_zone_create(zone, shpool, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    mem = shpool->data;

    if (ngx_apigw_metrics_attach(&zone->metrics, mem,
                                 (u_char *) shpool->end - mem)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "shared memory zone \"%V\" has another layout: "
                      "a restart is needed", &shm_zone->shm.name);
        return NGX_ERROR;
    }

    return ngx_apigw_metrics_zone_claim_all(zone, old, log);
}


/* what has been mapped is zero, and need not be there before it is used */

static ngx_int_t
ngx_apigw_metrics_zone_create(ngx_apigw_metrics_zone_t *zone,
    ngx_slab_pool_t *shpool, ngx_log_t *log)
{
    u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN];
    size_t  size;

    shpool->log_nomem = 0;

    size = ngx_apigw_metrics_bytes(&zone->layout);
    shpool->data = ngx_slab_alloc(shpool, size);

    if (shpool->data == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "could not allocate %uz bytes in \"apigw_metrics\"",
                      size);
        return NGX_ERROR;
    }

#if (NGX_DEBUG_MALLOC || NGX_HAVE_DEBUG_MALLOC)
    ngx_memzero(shpool->data, size);
#endif

    if (ngx_apigw_random(seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "could not get random bytes");
        return NGX_ERROR;
    }

    ngx_apigw_metrics_format(shpool->data, &zone->layout, seed,
                             (uint64_t) ngx_time());

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_metrics_zone_claim_all(ngx_apigw_metrics_zone_t *zone,
    ngx_apigw_metrics_zone_t *old, ngx_log_t *log)
{
    ngx_int_t          rc;
    ngx_atomic_uint_t  oldest;

    oldest = ngx_apigw_zone_oldest(zone->zone, old ? old->zone : NULL);

    if (ngx_apigw_metrics_open(&zone->metrics, oldest) == NGX_OK) {
        rc = zone->claim(zone, zone->data, log);

    } else {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "no memory for \"apigw_metrics\"");
        rc = NGX_ERROR;
    }

    ngx_apigw_metrics_close(&zone->metrics);

    if (zone->missed) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "no room in \"apigw_metrics\" for %ui stages, routes, "
                      "plans and authorizers, which are not counted apart: a "
                      "restart makes room", zone->missed);
    }

    return rc;
}


uint32_t
ngx_apigw_metrics_zone_claim(ngx_apigw_metrics_zone_t *zone, ngx_uint_t kind,
    const u_char *meaning, size_t len)
{
    uint32_t  n;

    n = ngx_apigw_metrics_claim(&zone->metrics, kind, meaning, len,
                                zone->zone->generation);

    if (n == NGX_APIGW_METRICS_NONE) {
        zone->missed++;
    }

    return n;
}


/* no timer keeps a worker from exiting */

void
ngx_apigw_metrics_zone_enter(ngx_apigw_metrics_zone_t *zone, ngx_log_t *log)
{
    ngx_apigw_metrics_enter(&zone->metrics, ngx_pid,
                            ngx_apigw_metrics_zone_alive);

    zone->event.handler = ngx_apigw_metrics_zone_tick;
    zone->event.data = zone;
    zone->event.log = log;
    zone->event.cancelable = 1;

    zone->sampler.handler = ngx_apigw_metrics_zone_sample;
    zone->sampler.data = zone;
    zone->sampler.log = log;
    zone->sampler.cancelable = 1;

    ngx_add_timer(&zone->event, NGX_APIGW_METRICS_ZONE_TICK);
}


void
ngx_apigw_metrics_zone_leave(ngx_apigw_metrics_zone_t *zone)
{
    if (zone->metrics.slot == NULL) {
        return;
    }

    ngx_apigw_metrics_zone_cleanup(zone);

    if (zone->collect) {
        zone->collect(zone, zone->data);
    }

    ngx_apigw_metrics_leave(&zone->metrics);
}


static void
ngx_apigw_metrics_zone_tick(ngx_event_t *ev)
{
    ngx_apigw_metrics_t       *metrics;
    ngx_apigw_metrics_zone_t  *zone;

    zone = ev->data;
    metrics = &zone->metrics;

    if (ngx_exiting && !metrics->shared) {

        /* somebody who comes has more use for the slot */

        ngx_apigw_metrics_leave(metrics);

    } else if (!ngx_exiting && metrics->shared) {
        ngx_apigw_metrics_enter(metrics, ngx_pid,
                                ngx_apigw_metrics_zone_alive);
    }

    if (zone->collect) {
        zone->collect(zone, zone->data);
    }

    if (!ngx_exiting
        && !zone->sampler.timer_set
        && ngx_apigw_metrics_due(metrics, ngx_apigw_now() / 1000000))
    {
        ngx_apigw_metrics_zone_sample(&zone->sampler);
    }

    ngx_add_timer(ev, NGX_APIGW_METRICS_ZONE_TICK);
}


static void
ngx_apigw_metrics_zone_sample(ngx_event_t *ev)
{
    ngx_apigw_metrics_zone_t  *zone;

    zone = ev->data;

    if (ngx_apigw_metrics_sample(&zone->metrics) == NGX_AGAIN) {
        ngx_add_timer(ev, NGX_APIGW_METRICS_ZONE_PIECE);
    }
}


static void
ngx_apigw_metrics_zone_cleanup(void *data)
{
    ngx_apigw_metrics_zone_t *zone = data;

    if (zone->event.timer_set) {
        ngx_del_timer(&zone->event);
    }

    if (zone->sampler.timer_set) {
        ngx_del_timer(&zone->sampler);
    }
}


ngx_uint_t
ngx_apigw_metrics_zone_alive(ngx_uint_t pid)
{
    return kill((ngx_pid_t) pid, 0) == 0 || ngx_errno != NGX_ESRCH;
}


uint32_t
ngx_apigw_metrics_zone_step(void)
{
    return ngx_apigw_metrics_now(ngx_apigw_now() / 1000000);
}
