
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone.h"
#include "ngx_apigw_digest.h"


#define NGX_APIGW_ZONE_MAGIC     0x31775f69706178ULL    /* and the layout */
#define NGX_APIGW_ZONE_WORKERS   1024


#define NGX_APIGW_ZONE_SWEEP     60000                   /* ms */
#define NGX_APIGW_ZONE_SLICES    1440                    /* in a day */


/* what part of the zone is cells, the rest is buckets */
#define NGX_APIGW_ZONE_CELLS(size)  ((size) / 8 * 5)


struct ngx_apigw_zone_shm_s {
    uint64_t                   magic;
    u_char                     seed[NGX_APIGW_SIPHASH_KEY_LEN];

    size_t                     ncells;
    size_t                     nsets;

    ngx_atomic_t               generation;  /* the last one given */
    ngx_atomic_t               used;        /* cells from here on are new */
    ngx_atomic_t               full;

    /* pid << 32 | generation, 0: free; an entry's owner alone clears it */
    ngx_atomic_t               workers[NGX_APIGW_ZONE_WORKERS];
};


/* cells by meaning, in the memory of the process that loads */

struct ngx_apigw_zone_map_s {
    uint32_t                  *slots;       /* cell + 1, 0: free */
    uint64_t                   mask;

    uint32_t                  *free;        /* cells nobody alive uses */
    ngx_uint_t                 nfree;
};


static ngx_int_t ngx_apigw_zone_check_size(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, void *tag);
static ngx_int_t ngx_apigw_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_apigw_zone_create(ngx_apigw_zone_t *zone,
    ngx_slab_pool_t *shpool, ngx_log_t *log);
static void ngx_apigw_zone_attach(ngx_apigw_zone_t *zone);
static ngx_int_t ngx_apigw_zone_claim_all(ngx_apigw_zone_t *zone,
    ngx_atomic_uint_t oldest, ngx_log_t *log);
static ngx_atomic_uint_t ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_t *old);
static ngx_int_t ngx_apigw_zone_map(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_map_t *map, ngx_atomic_uint_t oldest, ngx_log_t *log);
static void ngx_apigw_zone_sweep_handler(ngx_event_t *ev);
static uint64_t ngx_apigw_zone_slot(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_map_t *map, uint64_t *id);


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

    if (zone->sh->magic != NGX_APIGW_ZONE_MAGIC) {
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
    size -= header;

    if (ngx_apigw_random(sh->seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "could not get random bytes");
        return NGX_ERROR;
    }

    sh->ncells = NGX_APIGW_ZONE_CELLS(size) / line
                 * (line / sizeof(ngx_apigw_cell_t));
    sh->nsets = (size - sh->ncells * sizeof(ngx_apigw_cell_t)) / line;
    sh->magic = NGX_APIGW_ZONE_MAGIC;

    shpool->data = sh;
    zone->sh = sh;

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

    zone->cells = (ngx_apigw_cell_t *) ((u_char *) sh + header);
    zone->ncells = sh->ncells;

    zone->buckets.words = (ngx_atomic_t *) (zone->cells + sh->ncells);
    zone->buckets.nsets = sh->nsets;

    zone->seed = sh->seed;
    zone->full = &sh->full;

    zone->generation = ngx_atomic_fetch_add(&sh->generation, 1) + 1;
}


/*
 * The oldest configuration that anybody alive still works with: the one that
 * is running now, and those of workers that are still shutting down.
 */

static ngx_atomic_uint_t
ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone, ngx_apigw_zone_t *old)
{
    ngx_pid_t          pid;
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry, oldest;

    oldest = old ? old->generation : zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        entry = zone->sh->workers[i];

        if (entry == 0) {
            continue;
        }

        pid = (ngx_pid_t) (entry >> 32);

        if (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
            (void) ngx_atomic_cmp_set(&zone->sh->workers[i], entry, 0);
            continue;
        }

        oldest = ngx_min(oldest, (entry & 0xffffffff));
    }

    return oldest;
}


static ngx_int_t
ngx_apigw_zone_claim_all(ngx_apigw_zone_t *zone, ngx_atomic_uint_t oldest,
    ngx_log_t *log)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_apigw_zone_map_t       map;
    ngx_apigw_zone_claimer_t  *claimers;

    ngx_memzero(&map, sizeof(ngx_apigw_zone_map_t));

    rc = ngx_apigw_zone_map(zone, &map, oldest, log);

    claimers = zone->claimers.elts;
    zone->map = &map;

    for (i = 0; rc == NGX_OK && i < zone->claimers.nelts; i++) {
        rc = claimers[i].handler(zone, claimers[i].data, log);
    }

    zone->map = NULL;

    if (map.slots) {
        ngx_free(map.slots);
    }

    if (map.free) {
        ngx_free(map.free);
    }

    return rc;
}


static ngx_int_t
ngx_apigw_zone_map(ngx_apigw_zone_t *zone, ngx_apigw_zone_map_t *map,
    ngx_atomic_uint_t oldest, ngx_log_t *log)
{
    uint64_t           size, slot;
    ngx_uint_t         i, used;
    ngx_apigw_cell_t  *cell;

    used = zone->sh->used;

    /* a cell that changes its meaning leaves its former slot in use, too */

    for (size = 1024; size <= 2 * zone->ncells; size *= 2) { /* void */ }

    map->mask = size - 1;

    map->slots = ngx_calloc(size * sizeof(uint32_t), log);
    if (map->slots == NULL) {
        return NGX_ERROR;
    }

    map->free = ngx_alloc((used + 1) * sizeof(uint32_t), log);
    if (map->free == NULL) {
        return NGX_ERROR;
    }

    for (i = used; i > 0; i--) {
        cell = &zone->cells[i - 1];

        if (cell->generation < oldest) {
            map->free[map->nfree++] = (uint32_t) (i - 1);
        }

        slot = ngx_apigw_zone_slot(zone, map, cell->id);
        map->slots[slot] = (uint32_t) i;
    }

    return NGX_OK;
}


/* the slot that has this meaning, or the free one where it belongs */

static uint64_t
ngx_apigw_zone_slot(ngx_apigw_zone_t *zone, ngx_apigw_zone_map_t *map,
    uint64_t *id)
{
    uint64_t           slot;
    ngx_apigw_cell_t  *cell;

    slot = id[0] & map->mask;

    while (map->slots[slot]) {
        cell = &zone->cells[map->slots[slot] - 1];

        if (cell->id[0] == id[0] && cell->id[1] == id[1]) {
            break;
        }

        slot = (slot + 1) & map->mask;
    }

    return slot;
}


uint32_t
ngx_apigw_zone_claim(ngx_apigw_zone_t *zone, const u_char *meaning, size_t len)
{
    u_char                 seed[NGX_APIGW_SIPHASH_KEY_LEN];
    uint32_t               n;
    uint64_t               id[2], slot;
    ngx_uint_t             i;
    ngx_apigw_cell_t      *cell;
    ngx_apigw_zone_map_t  *map;

    map = zone->map;

    for (i = 0; i < NGX_APIGW_SIPHASH_KEY_LEN; i++) {
        seed[i] = zone->seed[i] ^ 0x5c;
    }

    id[0] = ngx_apigw_siphash(zone->seed, meaning, len);
    id[1] = ngx_apigw_siphash(seed, meaning, len);

    slot = ngx_apigw_zone_slot(zone, map, id);

    if (map->slots[slot]) {
        n = map->slots[slot] - 1;
        zone->cells[n].generation = zone->generation;
        return n;
    }

    for ( ;; ) {

        if (map->nfree == 0) {

            if (zone->sh->used == zone->ncells) {
                return NGX_APIGW_CELL_NONE;
            }

            n = (uint32_t) zone->sh->used++;
            break;
        }

        n = map->free[--map->nfree];

        /* it may have been claimed again by its old meaning */

        if (zone->cells[n].generation != zone->generation) {
            break;
        }
    }

    cell = &zone->cells[n];

    cell->id[0] = id[0];
    cell->id[1] = id[1];
    cell->tat = 0;
    cell->generation = zone->generation;

    map->slots[slot] = n + 1;

    return n;
}


void
ngx_apigw_zone_enter(ngx_apigw_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    entry = (ngx_atomic_uint_t) ngx_pid << 32 | zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {

        if (zone->sh->workers[i] == 0
            && ngx_atomic_cmp_set(&zone->sh->workers[i], 0, entry))
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
        (void) ngx_atomic_cmp_set(&zone->sh->workers[i], entry, 0);
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
