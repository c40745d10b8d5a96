
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_LEASE_INT_H_INCLUDED_
#define _NGX_APIGW_LEASE_INT_H_INCLUDED_


#include "ngx_apigw_lease.h"


/*
 * What the parts of the lease engine share.
 *
 * Each worker may claim units for any lease: it has at most one claim for a
 * lease in flight, on which all its waiting requests wait.  Claims of several
 * workers for one lease have one sequence number, so that they are one claim.
 */

#define NGX_APIGW_LEASE_BLOCK  128       /* units, the least to ask for */
#define NGX_APIGW_LEASE_MAX    1000000000
#define NGX_APIGW_LEASE_NODES  64        /* judged apart */
#define NGX_APIGW_LEASE_HEX    32        /* of the gateway's id */
#define NGX_APIGW_LEASE_KEY_MAX  1024    /* escaped */


/* a quota of the configuration */

typedef struct {
    ngx_apigw_lease_plan_t    *plan;
    u_char                    *key;
    uint32_t                   key_len;
    uint32_t                   record;       /* of the zone */
} ngx_apigw_lease_t;


/* of a server, or of servers whose numbers are alike */

typedef struct {
    ngx_uint_t                 failures;     /* in a row */
    ngx_msec_t                 until;        /* it is left in peace */
    ngx_msec_t                 probing;      /* a claim tries it until then */
    unsigned                   sick:1;
} ngx_apigw_lease_health_t;


typedef struct {
    ngx_rbtree_node_t          node;         /* key: the lease's number */
    ngx_queue_t                waits;        /* ngx_apigw_lease_wait_t */
    ngx_event_t                retry;
    ngx_apigw_redis_cmd_t      cmd;
    ngx_apigw_leases_t        *leases;
    ngx_apigw_lease_health_t  *health;       /* of where it was sent */

    uint32_t                   seq;          /* as it was sent */
    uint64_t                   spent;
    uint64_t                   limit;
    ngx_msec_t                 sent;
    ngx_msec_t                 held;         /* since then; 0: it is not */

    unsigned                   flying:1;
    unsigned                   recalled:1;   /* others have been asked */
} ngx_apigw_claim_t;


/* a lease that this worker has spent of */

typedef struct {
    uint32_t                   n;
    uint32_t                   spent;
    ngx_msec_t                 since;        /* spent has not changed */
} ngx_apigw_lease_active_t;


struct ngx_apigw_leases_s {
    ngx_apigw_zone_t          *zone;
    ngx_apigw_redis_t         *redis;
    ngx_msec_t                 timeout;      /* of a request that waits */
    ngx_uint_t                 parked_max;
    ngx_uint_t                 cluster;

    ngx_apigw_lease_t         *elts;
    ngx_uint_t                 nelts;
    ngx_uint_t                 nalloc;

    /* of one worker */

    ngx_log_t                 *log;
    u_char                     gateway[NGX_APIGW_LEASE_HEX];
    ngx_str_t                  channel;      /* of recalls */
    ngx_apigw_redis_cmd_t      epoch;
    ngx_apigw_redis_cmd_t      epoch_set;
    ngx_rbtree_t               claims;
    ngx_rbtree_node_t          sentinel;
    ngx_uint_t                 parked;
    ngx_uint_t                 flying;

    uint64_t                  *seen;         /* bits: is in active */
    ngx_apigw_lease_active_t  *active;
    ngx_uint_t                 nactive;
    ngx_uint_t                 active_alloc;
    uint32_t                  *numbers;      /* of leases, + 1, by record */
    ngx_uint_t                 nrecords;
    ngx_uint_t                 turn;         /* in active, of the tick */
    ngx_event_t                tick;
    ngx_msec_t                 exit_until;

    ngx_apigw_lease_health_t   health[NGX_APIGW_LEASE_NODES];
    const char                *why;          /* the last failure; static */
    ngx_msec_t                 inexact_at;   /* on_error has decided last */
    unsigned                   inexact:1;    /* logged */
    unsigned                   known:1;      /* Redis's epoch, since it was
                                                connected */
};


/*
 * Sends a claim for lease n to Redis, unless one is in flight.  want may be 0:
 * what was spent is reported; give: what is left is given back.
 *
 *     NGX_AGAIN  in flight, or it will be sent as soon as it can
 *     NGX_BUSY   no connection
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_lease_claim(ngx_apigw_leases_t *leases, uint32_t n,
    ngx_uint_t want, ngx_uint_t give);

/*
 * The stores.  The zone answers at once; NGX_AGAIN where it has a file that
 * must be written first.
 */
ngx_int_t ngx_apigw_lease_claim_local(ngx_apigw_leases_t *leases,
    uint32_t n);
ngx_int_t ngx_apigw_lease_claim_redis(ngx_apigw_claim_t *claim,
    ngx_uint_t want);

/* the end of a day by the clock: ms of CLOCK_MONOTONIC */
uint64_t ngx_apigw_lease_local_end(uint32_t day);

/* the script's SHA-1, for all workers; the recalls, and Redis's epoch */
void ngx_apigw_lease_redis_init(void);
ngx_int_t ngx_apigw_lease_redis_init_worker(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle);

/* NGX_OK: it is known; NGX_AGAIN: it is being asked; NGX_BUSY: it can't be */
ngx_int_t ngx_apigw_lease_epoch(ngx_apigw_leases_t *leases);

/* the key in Redis; NULL: no room */
u_char *ngx_apigw_lease_redis_key(u_char *p, u_char *last,
    ngx_apigw_lease_t *lease);

extern ngx_str_t  ngx_apigw_lease_script;

/* A claim has been answered, or it has failed; it may be gone afterwards. */
void ngx_apigw_lease_answered(ngx_apigw_claim_t *claim);
void ngx_apigw_lease_failed(ngx_apigw_claim_t *claim, const char *why);

/* the health of the server that has the key of lease n */
ngx_apigw_lease_health_t *ngx_apigw_lease_health(ngx_apigw_leases_t *leases,
    uint32_t n);

/*
 * 1: it is left in peace.  0: it may be asked; where it is sick, by the caller
 * alone, who sends a claim now or sets probing back.
 */
ngx_uint_t ngx_apigw_lease_sick(ngx_apigw_lease_health_t *health);

/* it has answered; or it has not */
void ngx_apigw_lease_well(ngx_apigw_lease_health_t *health);
void ngx_apigw_lease_ill(ngx_apigw_lease_health_t *health);

/* a request is decided without the store; and a look whether it's over */
void ngx_apigw_lease_inexact(ngx_apigw_leases_t *leases);
void ngx_apigw_lease_exact(ngx_apigw_leases_t *leases);

/* the claim of lease n, a new one if there is none; NULL: no memory */
ngx_apigw_claim_t *ngx_apigw_lease_claim_get(ngx_apigw_leases_t *leases,
    uint32_t n);

/* frees it where nobody waits for it and it is not under way */
void ngx_apigw_lease_claim_done(ngx_apigw_claim_t *claim);

/* ngx_apigw_lease_tick.c: reports, idle leases, the worker's exit */
ngx_int_t ngx_apigw_lease_tick_init(ngx_apigw_leases_t *leases,
    ngx_cycle_t *cycle);
ngx_uint_t ngx_apigw_lease_pending(ngx_apigw_quota_t *q);
void ngx_apigw_lease_touch_slow(ngx_apigw_leases_t *leases, uint32_t n);


static ngx_inline ngx_apigw_quota_t *
ngx_apigw_lease_quota(ngx_apigw_leases_t *leases, uint32_t n)
{
    return ngx_apigw_zone_quota(leases->zone, leases->elts[n].record);
}


/* the store has nothing under this limit; there may be another one by now */

static ngx_inline void
ngx_apigw_lease_dry(ngx_apigw_quota_t *q, uint64_t limit, uint64_t until)
{
    q->dry = until;

    ngx_memory_barrier();

    if (q->limit != limit) {
        q->dry = 0;
    }
}


static ngx_inline void
ngx_apigw_lease_touch(ngx_apigw_leases_t *leases, uint32_t n)
{
    if (leases->seen && !(leases->seen[n >> 6] >> (n & 63) & 1)) {
        ngx_apigw_lease_touch_slow(leases, n);
    }
}


#endif /* _NGX_APIGW_LEASE_INT_H_INCLUDED_ */
