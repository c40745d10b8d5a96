
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ISSUER_H_INCLUDED_
#define _NGX_APIGW_ISSUER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_fetch.h"
#include "ngx_apigw_jwk.h"


/*
 * The keys of an issuer of tokens: from a file, read with the configuration,
 * or fetched, by discovery (OpenID Connect Discovery 1.0) or from an URL.
 *
 * What is fetched is fetched by one worker for all: a claim with a deadline in
 * a shared memory zone of the issuer's own keeps the others from it, the
 * result stands in one of two slots there, and in a file, so that it outlives
 * a restart.  It is fetched ahead of its expiry, and where a token shows a key
 * that is not known, at most once per cool-down.  The last good set is kept
 * for as long as nothing better comes.
 */

#define NGX_APIGW_ISSUER_MAX_BODY     262144    /* bytes of a document */
#define NGX_APIGW_ISSUER_MIN_AGE      60        /* seconds, whatever */
#define NGX_APIGW_ISSUER_MAX_AGE      3600      /* Cache-Control says */
#define NGX_APIGW_ISSUER_AGE          900       /* where it says nothing */

/* all of it is set, what is not needed to zero */

typedef struct {
    ngx_str_t                  issuer;    /* "iss", exact */
    ngx_str_t                  jwks;      /* a file or an URL; empty: to be
                                             discovered */
    ngx_apigw_tls_t           *tls;       /* NULL: only http:// is used */
    ngx_str_t                  trusted;   /* its file of authorities, or empty:
                                             keys that were fetched by others
                                             are not shared */
    ngx_resolver_t            *resolver;
    ngx_msec_t                 resolver_timeout;
    ngx_msec_t                 timeout;   /* of one fetch */
    ngx_msec_t                 cooldown;  /* between two for unknown keys */
    ngx_str_t                  path;      /* directory for files, or empty */
    ngx_uint_t                 parked_max;  /* waiting tokens, per worker */
} ngx_apigw_issuer_conf_t;


typedef struct ngx_apigw_issuer_s       ngx_apigw_issuer_t;
typedef struct ngx_apigw_issuer_wait_s  ngx_apigw_issuer_wait_t;

typedef void (*ngx_apigw_issuer_pt)(ngx_apigw_issuer_wait_t *wait);

struct ngx_apigw_issuer_wait_s {
    ngx_apigw_issuer_pt        handler;
    void                      *data;

    /* set by wait(); before the first one, waiting and since are 0 */

    ngx_queue_t                queue;     /* of the issuer */
    ngx_apigw_issuer_t        *issuer;
    ngx_msec_t                 since;
    ngx_uint_t                 version;   /* of the fetches */
    ngx_uint_t                 generation;
    unsigned                   waiting:1;
    unsigned                   tried:1;   /* a fetch came after since */
};


/* From cf->pool; NULL: logged.  Nothing is fetched, nothing unreachable is an
 * error. */
ngx_apigw_issuer_t *ngx_apigw_issuer_create(ngx_conf_t *cf,
    ngx_apigw_issuer_conf_t *conf, void *tag);

/* The same for keys that never change: jwks or pem file, or secret. */
ngx_apigw_issuer_t *ngx_apigw_issuer_fixed(ngx_conf_t *cf,
    ngx_str_t *issuer, ngx_apigw_jwks_t *keys);

/*
 * Of a worker: starts what has to be fetched; ends it.  NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_apigw_issuer_init_worker(ngx_apigw_issuer_t *issuer,
    ngx_cycle_t *cycle);
void ngx_apigw_issuer_exit_worker(ngx_apigw_issuer_t *issuer);

ngx_str_t *ngx_apigw_issuer_name(ngx_apigw_issuer_t *issuer);

/*
 * The set as it is now, NULL: there is none yet.  It lives until the event
 * loop goes on.  generation changes whenever the set does; 0: none yet.
 */
ngx_apigw_jwks_t *ngx_apigw_issuer_keys(ngx_apigw_issuer_t *issuer);
ngx_uint_t ngx_apigw_issuer_generation(ngx_apigw_issuer_t *issuer);

/*
 * For a token whose key is not there: waits for a set that is fetched from
 * now on, or, where there is no set at all, for the first one.
 *
 *     NGX_AGAIN     the handler will be called, from the event loop: with
 *                   tried when a fetch that began after now has ended, well or
 *                   not; without it when there is another set, from a fetch
 *                   that had begun before, so that a key which still is not
 *                   there may be waited for again, or when the time has passed
 *                   that conf->timeout gives for all waits together
 *     NGX_DECLINED  there will be none: fixed keys, no fetch may begin before
 *                   that time has passed, or as many wait as may
 */
ngx_int_t ngx_apigw_issuer_wait(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_wait_t *wait);
void ngx_apigw_issuer_cancel(ngx_apigw_issuer_wait_t *wait);

/*
 * For a signature that a known key has not made: a provider may have given a
 * new key an old name.  1: a fetch may begin now, or goes on, and wait() is
 * worth it; 0: one has begun within the cool-down.
 */
ngx_uint_t ngx_apigw_issuer_stale(ngx_apigw_issuer_t *issuer);


/* what is to be seen of it */

typedef struct {
    time_t                     fetched;   /* the set, Unix time; 0: never */
    ngx_uint_t                 keys;
    ngx_uint_t                 fetches;   /* begun, by all workers */
    ngx_uint_t                 failures;  /* in a row, at the end */
    ngx_uint_t                 waiting;   /* tokens of this worker */
    unsigned                   file:1;    /* it is from the file of a former
                                             run */
    unsigned                   fixed:1;   /* nothing is ever fetched */
} ngx_apigw_issuer_stat_t;

void ngx_apigw_issuer_stat(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_stat_t *stat);


#endif /* _NGX_APIGW_ISSUER_H_INCLUDED_ */
