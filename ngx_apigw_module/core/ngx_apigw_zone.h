
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ZONE_H_INCLUDED_
#define _NGX_APIGW_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_buckets.h"
#include "ngx_apigw_siphash.h"


/*
 * The shared memory zone.  It is divided once, when it is made:
 *
 *     header     magic, seed, the register of living workers
 *     cells      token buckets of keys and routes, known by configuration:
 *                a cell is claimed while a configuration is loaded and is
 *                known by a hash of what it means, so that a reload finds it
 *     buckets    token buckets of keys that clients choose
 *
 * After that nothing is allocated in it, and there are no locks: workers
 * change single words by compare-and-swap.
 */

#define NGX_APIGW_ZONE_MIN      ((ssize_t) 1 << 20)
#define NGX_APIGW_ZONE_DEFAULT  ((ssize_t) 32 << 20)

#define NGX_APIGW_CELL_NONE     ((uint32_t) -1)


/* a cell: 32 bytes, so that two share a cache line and none is split */

typedef struct {
    uint64_t                   id[2];       /* what it means, hashed */
    ngx_atomic_t               tat;         /* ngx_apigw_gcra.h */
    ngx_atomic_t               generation;  /* configuration that used it last;
                                               0: never used */
} ngx_apigw_cell_t;


typedef struct ngx_apigw_zone_s       ngx_apigw_zone_t;
typedef struct ngx_apigw_zone_shm_s   ngx_apigw_zone_shm_t;
typedef struct ngx_apigw_zone_map_s   ngx_apigw_zone_map_t;


/*
 * Called while the zone is opened for a configuration, to claim its cells:
 * NGX_OK or, after logging to log, NGX_ERROR, which refuses the configuration.
 */
typedef ngx_int_t (*ngx_apigw_zone_claim_pt)(ngx_apigw_zone_t *zone,
    void *data, ngx_log_t *log);

typedef struct {
    ngx_apigw_zone_claim_pt    handler;
    void                      *data;
} ngx_apigw_zone_claimer_t;


/* one configuration's view of the zone; lives in the configuration's pool */

struct ngx_apigw_zone_s {
    ngx_apigw_zone_shm_t      *sh;

    ngx_apigw_cell_t          *cells;
    ngx_uint_t                 ncells;
    ngx_apigw_buckets_t        buckets;

    u_char                    *seed;        /* for ngx_apigw_siphash() */
    ngx_atomic_t              *full;        /* refused or passed because a set
                                               of buckets was full */

    ngx_atomic_uint_t          generation;
    ngx_apigw_zone_map_t      *map;         /* while cells are claimed */
    ngx_array_t                claimers;    /* ngx_apigw_zone_claimer_t */

    ngx_event_t                sweep;
    uint64_t                   swept;       /* sets, up to here */
};


/*
 * Declares the zone "apigw" of this size for the configuration being read.
 *
 *     zone      allocated from cf->pool
 *     NULL      no memory, or the size differs from that of the running
 *               configuration: logged
 */
ngx_apigw_zone_t *ngx_apigw_zone_add(ngx_conf_t *cf, size_t size, void *tag);

/* Registers a claimer: NGX_OK, NGX_ERROR (no memory). */
ngx_int_t ngx_apigw_zone_claimer(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_claim_pt handler, void *data);

/*
 * Claims the cell with this meaning; for claimers only.  A cell that a former
 * configuration had is found again with its state, a new one starts full.
 * NGX_APIGW_CELL_NONE where the zone has no cell left.
 */
uint32_t ngx_apigw_zone_claim(ngx_apigw_zone_t *zone, const u_char *meaning,
    size_t len);

/* Enters the process into the register, and takes it out. */
void ngx_apigw_zone_enter(ngx_apigw_zone_t *zone, ngx_log_t *log);
void ngx_apigw_zone_leave(ngx_apigw_zone_t *zone);

/*
 * Frees what has expired among the buckets, a slice each minute, so that no
 * time in them ever comes round again (ngx_apigw_buckets.h).  For one process;
 * the timer keeps no worker from exiting.
 */
void ngx_apigw_zone_sweep(ngx_apigw_zone_t *zone, ngx_log_t *log);

/* nanoseconds of CLOCK_MONOTONIC: 27 ns a call, no system call */
uint64_t ngx_apigw_now(void);


#endif /* _NGX_APIGW_ZONE_H_INCLUDED_ */
