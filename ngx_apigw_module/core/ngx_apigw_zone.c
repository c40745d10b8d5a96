
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone.h"
#include "ngx_apigw_digest.h"


#define NGX_APIGW_ZONE_MAGIC     0x32775f69706178ULL    /* and the layout */
#define NGX_APIGW_ZONE_WORKERS   1024


#define NGX_APIGW_ZONE_SWEEP     60000                   /* ms */
#define NGX_APIGW_ZONE_SLICES    1440                    /* in a day */


/* what parts of the zone are cells and quotas, the rest is buckets */
#define NGX_APIGW_ZONE_CELLS(size)   ((size) / 8 * 4)
#define NGX_APIGW_ZONE_QUOTAS(size)  ((size) / 8 * 2)


struct ngx_apigw_zone_register_s {
    ngx_atomic_t               generation;  /* the last one given */

    /* pid << 32 | generation, 0: free; its owner clears an entry, and whoever
       finds that owner dead */
    ngx_atomic_t               workers[NGX_APIGW_ZONE_WORKERS];
};


struct ngx_apigw_zone_shm_s {
    uint64_t                   magic;
    size_t                     nsets;

    ngx_atomic_t               full;

    ngx_apigw_table_head_t     cells;
    ngx_apigw_table_head_t     quotas;
    u_char                     gateway[NGX_APIGW_GATEWAY_LEN];

    ngx_apigw_zone_store_t     store;
    ngx_apigw_zone_register_t  reg;
};


static ngx_int_t ngx_apigw_zone_check_size(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, void *tag);
static ngx_int_t ngx_apigw_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_apigw_zone_create(ngx_apigw_zone_t *zone,
    ngx_slab_pool_t *shpool, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_format(ngx_apigw_zone_shm_t *sh, size_t size);
static void ngx_apigw_zone_attach(ngx_apigw_zone_t *zone);
static ngx_int_t ngx_apigw_zone_claim_all(ngx_apigw_zone_t *zone,
    ngx_atomic_uint_t oldest, ngx_log_t *log);
static ngx_atomic_uint_t ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_t *old);
static ngx_uint_t ngx_apigw_zone_alive(ngx_apigw_zone_t *zone, ngx_uint_t i,
    ngx_atomic_uint_t entry);
static void ngx_apigw_zone_sweep_handler(ngx_event_t *ev);


static ngx_str_t  ngx_apigw_zone_name = ngx_string("apigw");


ngx_apigw_zone_t *
ngx_apigw_zone_add(ngx_conf_t *cf, size_t size, void *tag)
{
    ngx_shm_zone_t    *shm_zone;
    ngx_apigw_zone_t  *zone;

    if (ngx_apigw_zone_check_size(cf, &ngx_apigw_zone_name, size, tag)
        != NGX_OK)
    {
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    if (ngx_array_init(&zone->claimers, cf->pool, 4,
                       sizeof(ngx_apigw_zone_claimer_t))
        != NGX_OK)
    {
        return NULL;
    }

    shm_zone = ngx_shared_memory_add(cf, &ngx_apigw_zone_name, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    shm_zone->init = ngx_apigw_zone_init;
    shm_zone->data = zone;

    return zone;
}


/*
 * nginx would answer another size with a new, empty zone, in which every
 * limit starts anew.
 */

static ngx_int_t
ngx_apigw_zone_check_size(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *shm_zone;
    ngx_list_part_t  *part;

    if (cf->cycle->old_cycle == NULL) {
        return NGX_OK;
    }

    part = &cf->cycle->old_cycle->shared_memory.part;
    shm_zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            shm_zone = part->elts;
            i = 0;
        }

        if (shm_zone[i].tag != tag
            || shm_zone[i].shm.name.len != name->len
            || ngx_memcmp(shm_zone[i].shm.name.data, name->data, name->len)
               != 0)
        {
            continue;
        }

        if (shm_zone[i].shm.size == size) {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the size %uz of the \"apigw_zone\" conflicts with "
                           "its size %uz in use: a restart is needed to "
                           "change it", size, shm_zone[i].shm.size);
        return NGX_ERROR;
    }
}


ngx_int_t
ngx_apigw_zone_claimer(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_claim_pt handler, void *data)
{
    ngx_apigw_zone_claimer_t  *claimer;

    claimer = ngx_array_push(&zone->claimers);
    if (claimer == NULL) {
        return NGX_ERROR;
    }

    claimer->handler = handler;
    claimer->data = data;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_apigw_zone_t  *old = data;

    ngx_log_t         *log;
    ngx_slab_pool_t   *shpool;
    ngx_apigw_zone_t  *zone;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    log = shm_zone->shm.log;

    if (old) {
        zone->sh = old->sh;

    } else if (shm_zone->shm.exists) {
        zone->sh = shpool->data;

    } else if (ngx_apigw_zone_create(zone, shpool, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (zone->sh->magic != NGX_APIGW_ZONE_MAGIC
        || ngx_apigw_table_valid(&zone->sh->cells, sizeof(ngx_apigw_cell_t))
           != NGX_OK
        || ngx_apigw_table_valid(&zone->sh->quotas, NGX_APIGW_QUOTA_SIZE)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "shared memory zone \"%V\" has another layout: "
                      "a restart is needed", &shm_zone->shm.name);
        return NGX_ERROR;
    }

    ngx_apigw_zone_attach(zone);

    return ngx_apigw_zone_claim_all(zone, ngx_apigw_zone_oldest(zone, old),
                                    log);
}


static ngx_int_t
ngx_apigw_zone_create(ngx_apigw_zone_t *zone, ngx_slab_pool_t *shpool,
    ngx_log_t *log)
{
    u_char                *p;
    size_t                 size, header, line;
    ngx_apigw_zone_shm_t  *sh;

    shpool->log_nomem = 0;

    line = NGX_APIGW_BUCKETS_WAYS * sizeof(ngx_atomic_t);
    header = ngx_align(sizeof(ngx_apigw_zone_shm_t), line);
    size = shpool->pfree * ngx_pagesize;

    p = ngx_slab_calloc(shpool, size);

    if (p == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "could not allocate %uz bytes in \"apigw_zone\"", size);
        return NGX_ERROR;
    }

    sh = (ngx_apigw_zone_shm_t *) p;

    if (ngx_apigw_zone_format(sh, size - header) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "could not get random bytes");
        return NGX_ERROR;
    }

    shpool->data = sh;
    zone->sh = sh;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_zone_format(ngx_apigw_zone_shm_t *sh, size_t size)
{
    u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN];
    size_t  line, ncells, nquotas;

    line = NGX_APIGW_BUCKETS_WAYS * sizeof(ngx_atomic_t);

    ncells = NGX_APIGW_ZONE_CELLS(size) / line
             * (line / sizeof(ngx_apigw_cell_t));
    nquotas = NGX_APIGW_ZONE_QUOTAS(size) / NGX_APIGW_QUOTA_SIZE;

    if (ngx_apigw_random(seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_apigw_table_format(&sh->cells, sizeof(ngx_apigw_cell_t), ncells, seed);

    if (ngx_apigw_random(seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK
        || ngx_apigw_random(sh->gateway, NGX_APIGW_GATEWAY_LEN) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_apigw_table_format(&sh->quotas, NGX_APIGW_QUOTA_SIZE, nquotas, seed);

    sh->nsets = (size - ncells * sizeof(ngx_apigw_cell_t)
                 - nquotas * NGX_APIGW_QUOTA_SIZE)
                / line;

    sh->magic = NGX_APIGW_ZONE_MAGIC;

    return NGX_OK;
}


static void
ngx_apigw_zone_attach(ngx_apigw_zone_t *zone)
{
    size_t                 header, line;
    ngx_apigw_zone_shm_t  *sh;

    sh = zone->sh;

    line = NGX_APIGW_BUCKETS_WAYS * sizeof(ngx_atomic_t);
    header = ngx_align(sizeof(ngx_apigw_zone_shm_t), line);

    zone->quotas = (u_char *) sh + header;
    zone->maxquotas = sh->quotas.capacity;

    zone->quota_table.head = &sh->quotas;
    zone->quota_table.records = zone->quotas;
    zone->quota_table.check = offsetof(ngx_apigw_quota_t, check);
    zone->quota_table.keep = 1;

    zone->cells = (ngx_apigw_cell_t *)
                   (zone->quotas + zone->maxquotas * NGX_APIGW_QUOTA_SIZE);
    zone->ncells = sh->cells.capacity;

    zone->cell_table.head = &sh->cells;
    zone->cell_table.records = (u_char *) zone->cells;

    zone->buckets.words = (ngx_atomic_t *) (zone->cells + zone->ncells);
    zone->buckets.nsets = sh->nsets;

    zone->seed = sh->cells.seed;
    zone->full = &sh->full;

    zone->store = &sh->store;
    zone->reg = &sh->reg;
    ngx_memcpy(zone->gateway, sh->gateway, NGX_APIGW_GATEWAY_LEN);

    zone->generation = ngx_atomic_fetch_add(&zone->reg->generation, 1) + 1;
}


/*
 * The oldest configuration that anybody alive still works with: the one that
 * is running now, and those of workers that are still shutting down.
 */

static ngx_atomic_uint_t
ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone, ngx_apigw_zone_t *old)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry, oldest;

    oldest = old ? old->generation : zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        entry = zone->reg->workers[i];

        if (ngx_apigw_zone_alive(zone, i, entry)) {
            oldest = ngx_min(oldest, (entry & 0xffffffff));
        }
    }

    return oldest;
}


ngx_uint_t
ngx_apigw_zone_newer(ngx_apigw_zone_t *zone)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        entry = zone->reg->workers[i];

        if ((entry & 0xffffffff) > zone->generation
            && ngx_apigw_zone_alive(zone, i, entry))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_apigw_zone_alive(ngx_apigw_zone_t *zone, ngx_uint_t i,
    ngx_atomic_uint_t entry)
{
    ngx_pid_t  pid;

    if (entry == 0) {
        return 0;
    }

    pid = (ngx_pid_t) (entry >> 32);

    if (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
        (void) ngx_atomic_cmp_set(&zone->reg->workers[i], entry, 0);
        return 0;
    }

    return 1;
}


static ngx_int_t
ngx_apigw_zone_claim_all(ngx_apigw_zone_t *zone, ngx_atomic_uint_t oldest,
    ngx_log_t *log)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_apigw_zone_claimer_t  *claimers;

    rc = NGX_OK;

    if (ngx_apigw_table_open(&zone->cell_table, oldest) != NGX_OK
        || ngx_apigw_table_open(&zone->quota_table, oldest) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "no memory for \"apigw_zone\"");
        rc = NGX_ERROR;
    }

    claimers = zone->claimers.elts;

    for (i = 0; rc == NGX_OK && i < zone->claimers.nelts; i++) {
        rc = claimers[i].handler(zone, claimers[i].data, log);
    }

    ngx_apigw_table_close(&zone->quota_table);
    ngx_apigw_table_close(&zone->cell_table);

    return rc;
}


uint32_t
ngx_apigw_zone_claim(ngx_apigw_zone_t *zone, const u_char *meaning, size_t len)
{
    return ngx_apigw_table_claim(&zone->cell_table, meaning, len,
                                 zone->generation);
}


uint32_t
ngx_apigw_zone_claim_quota(ngx_apigw_zone_t *zone, const u_char *meaning,
    size_t len)
{
    return ngx_apigw_table_claim(&zone->quota_table, meaning, len,
                                 zone->generation);
}


ngx_uint_t
ngx_apigw_zone_nquotas(ngx_apigw_zone_t *zone)
{
    return zone->quota_table.head->used;
}


void
ngx_apigw_zone_enter(ngx_apigw_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    entry = (ngx_atomic_uint_t) ngx_pid << 32 | zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {

        if (zone->reg->workers[i] == 0
            && ngx_atomic_cmp_set(&zone->reg->workers[i], 0, entry))
        {
            return;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, log, 0,
                  "more than %d worker processes in \"apigw_zone\"",
                  NGX_APIGW_ZONE_WORKERS);
}


void
ngx_apigw_zone_leave(ngx_apigw_zone_t *zone)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    entry = (ngx_atomic_uint_t) ngx_pid << 32 | zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        (void) ngx_atomic_cmp_set(&zone->reg->workers[i], entry, 0);
    }
}


void
ngx_apigw_zone_sweep(ngx_apigw_zone_t *zone, ngx_log_t *log)
{
    zone->sweep.handler = ngx_apigw_zone_sweep_handler;
    zone->sweep.data = zone;
    zone->sweep.log = log;
    zone->sweep.cancelable = 1;

    ngx_add_timer(&zone->sweep, NGX_APIGW_ZONE_SWEEP);
}


static void
ngx_apigw_zone_sweep_handler(ngx_event_t *ev)
{
    uint64_t           n;
    ngx_apigw_zone_t  *zone;

    zone = ev->data;
    n = zone->buckets.nsets / NGX_APIGW_ZONE_SLICES + 1;

    (void) ngx_apigw_buckets_sweep(&zone->buckets, zone->swept, n,
                                   ngx_apigw_now());
    zone->swept += n;

    if (zone->swept >= zone->buckets.nsets) {
        zone->swept = 0;
    }

    ngx_add_timer(ev, NGX_APIGW_ZONE_SWEEP);
}


uint64_t
ngx_apigw_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}
