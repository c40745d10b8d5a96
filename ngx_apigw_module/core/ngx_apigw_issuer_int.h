
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ISSUER_INT_H_INCLUDED_
#define _NGX_APIGW_ISSUER_INT_H_INCLUDED_


/*
 * What the files of the issuers share.
 */


#include "ngx_apigw_issuer.h"
#include "ngx_apigw_slots.h"


#define NGX_APIGW_ISSUER_HASH  32    /* hex digits */


/* of all issuers of a cycle that mean the same */

typedef struct {
    ngx_apigw_slots_t         *slots;
    ngx_atomic_uint_t          claim;     /* of this process; 0: none */
    ngx_str_t                  issuer;
    ngx_str_t                  file;      /* with a zero byte behind; empty:
                                             none */
    ngx_core_conf_t           *ccf;       /* of whose processes write it */
    u_char                     hash[NGX_APIGW_ISSUER_HASH];
} ngx_apigw_issuer_zone_t;


typedef struct ngx_apigw_issuer_set_s  ngx_apigw_issuer_set_t;

struct ngx_apigw_issuer_set_s {
    ngx_pool_t                *pool;      /* where this is, too */
    ngx_apigw_jwks_t          *keys;
    ngx_apigw_issuer_set_t    *next;
};


struct ngx_apigw_issuer_s {
    ngx_apigw_issuer_conf_t    conf;
    ngx_apigw_jwks_t          *fixed;
    ngx_apigw_issuer_zone_t   *zone;
    ngx_apigw_url_t            url;       /* of the document or of the keys */
    ngx_cycle_t               *cycle;
    unsigned                   discovery:1;

    /* of the worker; log NULL: it has not begun */

    ngx_log_t                 *log;

    ngx_apigw_issuer_set_t    *set;
    ngx_apigw_issuer_set_t    *former;    /* until the event loop goes on */
    ngx_event_t                reap;
    ngx_uint_t                 version;   /* that was read last */
    ngx_uint_t                 generation;

    ngx_event_t                timer;
    ngx_queue_t                waiting;
    ngx_queue_t                woken;
    ngx_event_t                poll;
    ngx_uint_t                 nwaiting;

    ngx_apigw_fetch_t         *fetch;     /* NULL: none goes on here */
    ngx_pool_t                *pool;      /* of the fetch */
    ngx_atomic_uint_t          claim;
    ngx_uint_t                 number;    /* of the fetch */
    unsigned                   document:1;   /* of discovery is fetched */

    ngx_str_t                  found;     /* by discovery, ngx_alloc()'ed */
    ngx_msec_t                 found_at;
};


/* ngx_apigw_issuer_conf.c */

/* the worker's part is there, and the zone is not a former cycle's */
ngx_uint_t ngx_apigw_issuer_ready(ngx_apigw_issuer_t *issuer);


/* ngx_apigw_issuer_zone.c */

ngx_apigw_issuer_zone_t *ngx_apigw_issuer_zone_add(ngx_conf_t *cf,
    ngx_apigw_issuer_conf_t *conf, void *tag);

/* a claim for this process; 0: another one has it */
ngx_atomic_uint_t ngx_apigw_issuer_zone_claim(ngx_apigw_issuer_zone_t *zone,
    ngx_msec_t time);
void ngx_apigw_issuer_zone_release(ngx_apigw_issuer_zone_t *zone,
    ngx_atomic_uint_t claim);


/* ngx_apigw_issuer_file.c */

/*
 * The keys of a file that an administrator wrote: NULL: logged.
 */
ngx_apigw_jwks_t *ngx_apigw_issuer_file_keys(ngx_conf_t *cf, ngx_str_t *file);

/* What a former run has saved is published; all that fails is logged. */
void ngx_apigw_issuer_file_restore(ngx_apigw_issuer_zone_t *zone,
    ngx_log_t *log);
void ngx_apigw_issuer_file_save(ngx_apigw_issuer_zone_t *zone, ngx_str_t *text,
    ngx_pool_t *pool, ngx_log_t *log);


/* ngx_apigw_issuer_set.c */

void ngx_apigw_issuer_set_init(ngx_apigw_issuer_t *issuer);
void ngx_apigw_issuer_set_exit(ngx_apigw_issuer_t *issuer);

/* Takes what is published where it is not what this worker has. */
void ngx_apigw_issuer_set_sync(ngx_apigw_issuer_t *issuer);

/* NGX_OK, and *set is made; NGX_DECLINED, NGX_ERROR as of jwks_parse() */
ngx_int_t ngx_apigw_issuer_set_parse(ngx_apigw_issuer_set_t **set,
    ngx_str_t *text, ngx_log_t *log, ngx_apigw_jwk_error_t *error);
void ngx_apigw_issuer_set_take(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_set_t *set, ngx_uint_t version);


/* ngx_apigw_issuer_fetch.c */

void ngx_apigw_issuer_fetch_init(ngx_apigw_issuer_t *issuer);
void ngx_apigw_issuer_fetch_exit(ngx_apigw_issuer_t *issuer);

/*
 * Begins a fetch that is due or waited for, where nobody else does it.  No
 * handler of a wait is called from here.
 */
void ngx_apigw_issuer_fetch(ngx_apigw_issuer_t *issuer);


/* ngx_apigw_issuer.c */

void ngx_apigw_issuer_poll_init(ngx_apigw_issuer_t *issuer);
void ngx_apigw_issuer_poll_exit(ngx_apigw_issuer_t *issuer);

/* The handlers of those whose wait is over. */
void ngx_apigw_issuer_wake(ngx_apigw_issuer_t *issuer);


#endif /* _NGX_APIGW_ISSUER_INT_H_INCLUDED_ */
