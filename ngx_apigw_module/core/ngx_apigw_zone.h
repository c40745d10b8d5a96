
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ZONE_H_INCLUDED_
#define _NGX_APIGW_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_buckets.h"
#include "ngx_apigw_quota.h"
#include "ngx_apigw_siphash.h"
#include "ngx_apigw_table.h"
#include "ngx_apigw_zone_file.h"
#include "ngx_apigw_zone_format.h"


/*
 * The shared memory zone.  It is divided once, when it is made:
 *
 *     header     seeds, the gateway's id, the register of living workers
 *     quotas     of keys in plans, a table (ngx_apigw_table.h)
 *     cells      token buckets of keys and routes, a table, too
 *     buckets    token buckets of keys that clients choose
 *
 * Where the zone has a file, quotas and register are in it, and outlive the
 * zone; their part of the zone is buckets'.
 *
 * After that nothing is allocated in it, and there are no locks: workers
 * change single words by compare-and-swap.
 */

#define NGX_APIGW_ZONE_MIN      ((ssize_t) 1 << 20)
#define NGX_APIGW_ZONE_DEFAULT  ((ssize_t) 32 << 20)

#define NGX_APIGW_CELL_NONE     NGX_APIGW_TABLE_NONE


/* a cell: 32 bytes, so that two share a cache line and none is split */

typedef struct {
    ngx_apigw_record_t         record;
    ngx_atomic_t               tat;         /* ngx_apigw_gcra.h */
} ngx_apigw_cell_t;


typedef struct ngx_apigw_zone_s       ngx_apigw_zone_t;
typedef struct ngx_apigw_zone_shm_s   ngx_apigw_zone_shm_t;
typedef struct ngx_apigw_zone_sync_s  ngx_apigw_zone_sync_t;


/* of the store of quotas, ngx_apigw_lease.h */

typedef struct {
    ngx_atomic_t               modes[4];    /* requests decided without it, by
                                               ngx_apigw_lease_mode_e */
    ngx_atomic_t               epoch;       /* of Redis's data; 0: unknown */
    ngx_atomic_t               lost;        /* ms of CLOCK_MONOTONIC until all
                                               gateways have reported again */
} ngx_apigw_zone_store_t;


/*
 * Called while the zone is opened for a configuration, to claim its records:
 * NGX_OK or, after logging to log, NGX_ERROR, which refuses the configuration.
 */
typedef ngx_int_t (*ngx_apigw_zone_claim_pt)(ngx_apigw_zone_t *zone,
    void *data, ngx_log_t *log);

typedef struct {
    ngx_apigw_zone_claim_pt    handler;
    void                      *data;
} ngx_apigw_zone_claimer_t;


/* rc: NGX_OK, NGX_ERROR */
typedef void (*ngx_apigw_zone_sync_pt)(void *data, ngx_int_t rc);


/* one configuration's view of the zone; lives in the configuration's pool */

struct ngx_apigw_zone_s {
    ngx_apigw_zone_shm_t      *sh;
    ngx_apigw_zone_register_t *reg;

    ngx_str_t                  filename;    /* empty: there is none */
    ngx_apigw_zone_file_t     *file;
    ngx_apigw_zone_sync_t     *sync;

    ngx_apigw_cell_t          *cells;
    ngx_uint_t                 ncells;      /* room */
    u_char                    *quotas;      /* ngx_apigw_zone_quota() */
    ngx_uint_t                 maxquotas;   /* room */
    ngx_apigw_buckets_t        buckets;

    ngx_apigw_table_t          cell_table;
    ngx_apigw_table_t          quota_table;

    u_char                    *seed;        /* for ngx_apigw_siphash() */
    ngx_atomic_t              *full;        /* refused or passed because a set
                                               of buckets was full */
    u_char                     gateway[NGX_APIGW_GATEWAY_LEN];
    ngx_apigw_zone_store_t    *store;

    ngx_atomic_uint_t          generation;
    ngx_array_t                claimers;    /* ngx_apigw_zone_claimer_t */

    ngx_event_t                sweep;
    uint64_t                   swept;       /* sets, up to here */
};


/*
 * Declares the zone "apigw" of this size for the configuration being read,
 * with its quotas in a file, unless that is NULL.
 *
 *     zone      allocated from cf->pool
 *     NULL      no memory, or size or file differ from those of the running
 *               configuration: logged
 */
ngx_apigw_zone_t *ngx_apigw_zone_add(ngx_conf_t *cf, size_t size,
    ngx_str_t *file, void *tag);

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

/*
 * The same for quotas.  A new record is all zero but its head and check; one
 * that nobody uses is kept as long as there is room for new ones, so that a
 * key that is taken out and comes back finds its count.
 */
uint32_t ngx_apigw_zone_claim_quota(ngx_apigw_zone_t *zone,
    const u_char *meaning, size_t len);

/* quotas ever used: their numbers are below this */
ngx_uint_t ngx_apigw_zone_nquotas(ngx_apigw_zone_t *zone);

/*
 * Writes quota n to the file durably, as it is now or later, in a thread.  The
 * handler is called from the event loop, unless the worker exits before.
 *
 *     NGX_OK        the handler will be called
 *     NGX_DECLINED  the zone has no file
 *     NGX_ERROR     no memory, or no place in the thread pool's queue: logged
 */
ngx_int_t ngx_apigw_zone_sync(ngx_apigw_zone_t *zone, uint32_t n,
    ngx_apigw_zone_sync_pt handler, void *data);

/* For ngx_apigw_zone_add(): what sync() works with; NULL: logged. */
ngx_apigw_zone_sync_t *ngx_apigw_zone_sync_create(ngx_conf_t *cf);

/* Enters the worker into the register, and takes it out. */
void ngx_apigw_zone_enter(ngx_apigw_zone_t *zone, ngx_log_t *log);
void ngx_apigw_zone_leave(ngx_apigw_zone_t *zone);

/* For a master that exits, after its workers: closes the file. */
void ngx_apigw_zone_close(ngx_apigw_zone_t *zone, ngx_log_t *log);

/*
 * The oldest configuration that anybody alive still works with: the one that
 * is running now, NULL where there is none, and those of workers that are
 * still shutting down.
 */
ngx_atomic_uint_t ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone,
    ngx_apigw_zone_t *old);

/* 1 where a living worker of a newer configuration is registered */
ngx_uint_t ngx_apigw_zone_newer(ngx_apigw_zone_t *zone);

/*
 * Frees what has expired among the buckets, a slice each minute, so that no
 * time in them ever comes round again (ngx_apigw_buckets.h).  For one process;
 * the timer keeps no worker from exiting.
 */
void ngx_apigw_zone_sweep(ngx_apigw_zone_t *zone, ngx_log_t *log);

/* nanoseconds of CLOCK_MONOTONIC: 27 ns a call, no system call */
uint64_t ngx_apigw_now(void);


static ngx_inline ngx_apigw_quota_t *
ngx_apigw_zone_quota(ngx_apigw_zone_t *zone, uint32_t n)
{
    return (ngx_apigw_quota_t *)
                          (zone->quotas + (size_t) n * NGX_APIGW_QUOTA_SIZE);
}


#endif /* _NGX_APIGW_ZONE_H_INCLUDED_ */
