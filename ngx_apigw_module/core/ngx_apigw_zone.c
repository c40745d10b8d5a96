
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone.h"
#include "ngx_apigw_digest.h"


#define NGX_APIGW_ZONE_MAGIC     0x32775f69706178ULL    /* and the layout */


#define NGX_APIGW_ZONE_SWEEP     60000                   /* ms */
#define NGX_APIGW_ZONE_SLICES    1440                    /* in a day */


/* what parts of the zone are cells and quotas, the rest is buckets */
#define NGX_APIGW_ZONE_CELLS(size)   ((size) / 8 * 4)
#define NGX_APIGW_ZONE_QUOTAS(size)  ((size) / 8 * 2)


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


static ngx_int_t ngx_apigw_zone_check(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, ngx_str_t *file, void *tag);
static ngx_int_t ngx_apigw_zone_check_old(ngx_conf_t *cf,
    ngx_shm_zone_t *shm_zone, size_t size, ngx_str_t *file);
static void ngx_apigw_zone_cleanup(void *data);
static ngx_int_t ngx_apigw_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_apigw_zone_open(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_t *old, size_t size, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_create(ngx_apigw_zone_t *zone,
    ngx_slab_pool_t *shpool, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_divide(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_shm_t *sh, size_t size);
static void ngx_apigw_zone_attach(ngx_apigw_zone_t *zone);
static void ngx_apigw_zone_attach_quotas(ngx_apigw_zone_t *zone,
    ngx_apigw_table_head_t *head, u_char *records);
static ngx_int_t ngx_apigw_zone_claim_all(ngx_apigw_zone_t *zone,
    ngx_atomic_uint_t oldest, ngx_log_t *log);
static void ngx_apigw_zone_sweep_handler(ngx_event_t *ev);


static ngx_str_t  ngx_apigw_zone_name = ngx_string("apigw");


ngx_apigw_zone_t *
ngx_apigw_zone_add(ngx_conf_t *cf, size_t size, ngx_str_t *file, void *tag)
{
    ngx_shm_zone_t      *shm_zone;
    ngx_apigw_zone_t    *zone;
    ngx_pool_cleanup_t  *cln;

    if (ngx_apigw_zone_check(cf, &ngx_apigw_zone_name, size, file, tag)
        != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_zone_cleanup;
    cln->data = zone;

    if (file) {
        zone->filename = *file;

        zone->sync = ngx_apigw_zone_sync_create(cf);
        if (zone->sync == NULL) {
            return NULL;
        }
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


static void
ngx_apigw_zone_cleanup(void *data)
{
    ngx_apigw_zone_t *zone = data;

    if (zone->sweep.timer_set) {
        ngx_del_timer(&zone->sweep);
    }

    if (zone->file) {
        ngx_apigw_zone_file_release(zone->file);
        zone->file = NULL;
    }
}


/*
 * nginx would answer another size with a new, empty zone, in which every
 * limit starts anew.
 */

static ngx_int_t
ngx_apigw_zone_check(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    ngx_str_t *file, void *tag)
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

        return ngx_apigw_zone_check_old(cf, &shm_zone[i], size, file);
    }
}


static ngx_int_t
ngx_apigw_zone_check_old(ngx_conf_t *cf, ngx_shm_zone_t *shm_zone, size_t size,
    ngx_str_t *file)
{
    ngx_str_t          none;
    ngx_apigw_zone_t  *old;

    if (shm_zone->shm.size != size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the size %uz of the \"apigw_zone\" conflicts with "
                           "its size %uz in use: a restart is needed to "
                           "change it", size, shm_zone->shm.size);
        return NGX_ERROR;
    }

    old = shm_zone->data;

    ngx_str_set(&none, "");
    file = file ? file : &none;

    if (old->filename.len != file->len
        || ngx_memcmp(old->filename.data, file->data, file->len) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the file \"%V\" of the \"apigw_zone\" conflicts "
                           "with its file \"%V\" in use: a restart is needed "
                           "to change it", file, &old->filename);
        return NGX_ERROR;
    }

    return NGX_OK;
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

    if (zone->filename.len
        && ngx_apigw_zone_open(zone, old, shm_zone->shm.size, log) != NGX_OK)
    {
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
ngx_apigw_zone_open(ngx_apigw_zone_t *zone, ngx_apigw_zone_t *old, size_t size,
    ngx_log_t *log)
{
    if (old) {
        zone->file = old->file;
        ngx_apigw_zone_file_share(zone->file);
        return NGX_OK;
    }

    zone->file = ngx_apigw_zone_file_open(&zone->filename,
                         NGX_APIGW_ZONE_QUOTAS(size) / NGX_APIGW_QUOTA_SIZE,
                         log);

    return zone->file ? NGX_OK : NGX_ERROR;
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

    if (ngx_apigw_zone_divide(zone, sh, size - header) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "could not get random bytes");
        return NGX_ERROR;
    }

    shpool->data = sh;
    zone->sh = sh;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_zone_divide(ngx_apigw_zone_t *zone, ngx_apigw_zone_shm_t *sh,
    size_t size)
{
    u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN];
    size_t  line, ncells, nquotas;

    line = NGX_APIGW_BUCKETS_WAYS * sizeof(ngx_atomic_t);

    ncells = NGX_APIGW_ZONE_CELLS(size) / line
             * (line / sizeof(ngx_apigw_cell_t));
    nquotas = NGX_APIGW_ZONE_QUOTAS(size) / NGX_APIGW_QUOTA_SIZE;

    if (zone->filename.len) {
        nquotas = 0;
    }

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
    u_char                 *records;
    size_t                  header, line;
    ngx_apigw_zone_shm_t   *sh;
    ngx_apigw_zone_head_t  *file;

    sh = zone->sh;

    line = NGX_APIGW_BUCKETS_WAYS * sizeof(ngx_atomic_t);
    header = ngx_align(sizeof(ngx_apigw_zone_shm_t), line);

    records = (u_char *) sh + header;

    if (zone->file) {
        file = zone->file->head;
        ngx_apigw_zone_attach_quotas(zone, &file->table, zone->file->records);

        zone->reg = &file->reg;
        ngx_memcpy(zone->gateway, file->gateway, NGX_APIGW_GATEWAY_LEN);

    } else {
        ngx_apigw_zone_attach_quotas(zone, &sh->quotas, records);

        zone->reg = &sh->reg;
        ngx_memcpy(zone->gateway, sh->gateway, NGX_APIGW_GATEWAY_LEN);
    }

    records += sh->quotas.capacity * NGX_APIGW_QUOTA_SIZE;

    zone->cells = (ngx_apigw_cell_t *) records;
    zone->ncells = sh->cells.capacity;

    zone->cell_table.head = &sh->cells;
    zone->cell_table.records = records;

    zone->buckets.words = (ngx_atomic_t *) (zone->cells + zone->ncells);
    zone->buckets.nsets = sh->nsets;

    zone->seed = sh->cells.seed;
    zone->full = &sh->full;

    zone->store = &sh->store;

    zone->generation = ngx_atomic_fetch_add(&zone->reg->generation, 1) + 1;
}


static void
ngx_apigw_zone_attach_quotas(ngx_apigw_zone_t *zone,
    ngx_apigw_table_head_t *head, u_char *records)
{
    zone->quotas = records;
    zone->maxquotas = head->capacity;

    zone->quota_table.head = head;
    zone->quota_table.records = records;
    zone->quota_table.check = offsetof(ngx_apigw_quota_t, check);
    zone->quota_table.keep = 1;
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
