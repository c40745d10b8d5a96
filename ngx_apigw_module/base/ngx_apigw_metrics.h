
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METRICS_H_INCLUDED_
#define _NGX_APIGW_METRICS_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_histogram.h"
#include "ngx_apigw_table.h"
#include "ngx_apigw_topk.h"


/*
 * What is counted, in memory that all processes of a gateway share.
 *
 * A series is a record of counters: of a stage, a route, a usage plan or an
 * authorizer.  It has a place in a table by what it means, so that a
 * configuration loaded later finds it again, and its counters in each slot.
 * A slot belongs to one worker process, which alone writes it, with plain
 * stores; whoever finds its owner dead takes it over as it is, so that sums
 * never go down.  Workers that have no slot share the last one, with atomic
 * additions: those that shut down, and those that come while others do.
 *
 * Counters are 64-bit words; a reader adds them up over all slots.
 *
 * Beside them is a history: samples that one process takes of all stages each
 * ten seconds, for an hour, and of the busiest routes.
 */

#define NGX_APIGW_METRICS_MAGIC     0x31746d77676e6761ULL  /* and the layout */

#define NGX_APIGW_METRICS_STEP      10000   /* ms */
#define NGX_APIGW_METRICS_STEPS     360
#define NGX_APIGW_METRICS_BUSY      50      /* routes with a history */

#define NGX_APIGW_METRICS_ERRORS    32      /* room for gateway responses */
#define NGX_APIGW_METRICS_NONE      NGX_APIGW_TABLE_NONE


typedef enum {
    NGX_APIGW_METRICS_STAGE = 0,
    NGX_APIGW_METRICS_ROUTE,
    NGX_APIGW_METRICS_PLAN,
    NGX_APIGW_METRICS_AUTHORIZER,
    NGX_APIGW_METRICS_KINDS
} ngx_apigw_metrics_kind_e;


/* of a stage and of a route; sizes in bytes, times in ms */

typedef struct {
    ngx_atomic_t               count;
    ngx_atomic_t               classes[5];  /* 1xx to 5xx */
    ngx_atomic_t               received;
    ngx_atomic_t               sent;
    ngx_atomic_t               hits;        /* of nginx's cache */
    ngx_atomic_t               misses;
    ngx_atomic_t               latency_sum;
    ngx_atomic_t               latency[NGX_APIGW_HISTOGRAM_COARSE];
    ngx_atomic_t               integration_sum;
    ngx_atomic_t               integration[NGX_APIGW_HISTOGRAM_COARSE];
} ngx_apigw_metrics_series_t;

typedef struct {
    ngx_apigw_metrics_series_t  all;
    ngx_atomic_t                errors[NGX_APIGW_METRICS_ERRORS];
                                            /* by ngx_http_apigw_error_e */
    ngx_atomic_t                latency[NGX_APIGW_HISTOGRAM_FINE];
    ngx_atomic_t                integration[NGX_APIGW_HISTOGRAM_FINE];
} ngx_apigw_metrics_stage_t;

typedef struct {
    ngx_atomic_t               admitted;
    ngx_atomic_t               throttled;
    ngx_atomic_t               refused;     /* the quota is used up */
    ngx_atomic_t               unavailable; /* its store did not answer */
    ngx_atomic_t               spare[4];
} ngx_apigw_metrics_plan_t;

typedef struct {
    ngx_atomic_t               hits;        /* found among verified tokens or
                                               remembered verdicts */
    ngx_atomic_t               misses;
    ngx_atomic_t               accepted;
    ngx_atomic_t               refused;
    ngx_atomic_t               failed;      /* it could not be decided */
    ngx_atomic_t               spare[3];
} ngx_apigw_metrics_authorizer_t;


/* a worker's own, counters */

typedef struct {
    ngx_atomic_t               redis_commands;
    ngx_atomic_t               redis_failures;  /* no answer in time */
    ngx_atomic_t               redis_sum;       /* us of those answered */
    ngx_atomic_t               redis_buckets[NGX_APIGW_HISTOGRAM_COARSE];
                                            /* of units of 0.1 ms */
    ngx_atomic_t               scrapes;
    ngx_atomic_t               longest;     /* us, a piece of a report: raised,
                                               never added up */
    ngx_atomic_t               pieces;      /* of reports */
    ngx_atomic_t               spare[4];
} ngx_apigw_metrics_worker_t;


/* a worker's own, as they are now; 0 when a slot changes its owner */

typedef struct {
    ngx_atomic_t               redis_up;    /* 1: connected */
    ngx_atomic_t               breaker;     /* 1: Redis is not asked */
    ngx_atomic_t               connections; /* in use */
    ngx_atomic_t               tokens;      /* remembered, all authorizers */
    ngx_atomic_t               parked;      /* requests that wait */
    ngx_atomic_t               spare[3];
} ngx_apigw_metrics_gauges_t;


typedef struct {
    ngx_atomic_t                owner;      /* pid; 0: free */
    ngx_apigw_metrics_gauges_t  gauges;
    ngx_apigw_metrics_worker_t  worker;
    ngx_apigw_topk_t            topk;       /* consumers; not in the last */
} ngx_apigw_metrics_slot_t;                 /* then the series, by kind */


/* what a sample says; of the time since the one before */

typedef struct {
    uint32_t                   step;        /* 0: never taken */
    uint32_t                   count;
    uint32_t                   c4xx;
    uint32_t                   c5xx;
    uint32_t                   throttled;   /* THROTTLED, */
    uint32_t                   quota;       /* QUOTA_EXCEEDED */
    uint32_t                   p50;         /* ms; 0 where count is 0 */
    uint32_t                   p90;
    uint32_t                   p99;
    uint32_t                   i50;         /* of integrations */
    uint32_t                   i90;
    uint32_t                   i99;
    uint64_t                   received;
    uint64_t                   sent;
} ngx_apigw_metrics_sample_t;               /* 64 bytes; of a route, too: its
                                               quantiles are coarse, it has no
                                               throttled, quota */

typedef ngx_apigw_metrics_sample_t
    ngx_apigw_metrics_history_t[NGX_APIGW_METRICS_STEPS];
                                            /* by step % STEPS */


typedef struct {
    uint32_t                   nslots;      /* with the shared one */
    uint32_t                   room[NGX_APIGW_METRICS_KINDS];
} ngx_apigw_metrics_size_t;


typedef struct ngx_apigw_metrics_head_s  ngx_apigw_metrics_head_t;
typedef struct ngx_apigw_metrics_past_s  ngx_apigw_metrics_past_t;
typedef struct ngx_apigw_metrics_use_s   ngx_apigw_metrics_use_t;
typedef struct ngx_apigw_metrics_busy_s  ngx_apigw_metrics_busy_t;

/* a process's view; private but for slot and shared */

typedef struct {
    ngx_apigw_metrics_head_t  *head;
    ngx_apigw_metrics_size_t   size;
    ngx_apigw_table_t          tables[NGX_APIGW_METRICS_KINDS];
    ngx_apigw_metrics_past_t  *stages;
    ngx_apigw_metrics_use_t   *routes;
    ngx_apigw_metrics_busy_t  *busy;
    u_char                    *slots;
    size_t                     slot_size;
    size_t                     offsets[NGX_APIGW_METRICS_KINDS];
                                            /* of a kind's series in a slot */

    ngx_apigw_metrics_slot_t  *slot;        /* ours; NULL: none yet */
    ngx_uint_t                 shared;      /* 1: it is the shared one */

    uint32_t                   throttled;   /* indexes in errors, of what a */
    uint32_t                   quota;       /* sample counts; the caller's */

    uint32_t                   step;        /* being sampled, 0: none */
    ngx_uint_t                 next;        /* series to sample */
} ngx_apigw_metrics_t;


/* bytes for all of it */
size_t ngx_apigw_metrics_bytes(ngx_apigw_metrics_size_t *size);

/* Makes it, of memory that is zero; time: Unix, of its birth. */
void ngx_apigw_metrics_format(void *mem, ngx_apigw_metrics_size_t *size,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN], uint64_t time);

/* NGX_OK, NGX_DECLINED: it is none, or of another layout or size */
ngx_int_t ngx_apigw_metrics_attach(ngx_apigw_metrics_t *metrics, void *mem,
    size_t len);

ngx_uint_t ngx_apigw_metrics_nslots(ngx_apigw_metrics_t *metrics);
uint64_t ngx_apigw_metrics_born(ngx_apigw_metrics_t *metrics);
ngx_uint_t ngx_apigw_metrics_room(ngx_apigw_metrics_t *metrics,
    ngx_uint_t kind);


/*
 * Claims series while a configuration is loaded, as ngx_apigw_table.h has it.
 * One that is new is zero in all slots, and has no history.
 * NGX_APIGW_METRICS_NONE: there is no room; it is not counted then.
 */
ngx_int_t ngx_apigw_metrics_open(ngx_apigw_metrics_t *metrics,
    ngx_atomic_uint_t oldest);
void ngx_apigw_metrics_close(ngx_apigw_metrics_t *metrics);
uint32_t ngx_apigw_metrics_claim(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    const u_char *meaning, size_t len, ngx_atomic_uint_t generation);


/*
 * Takes a slot for a process: one that is free, or whose owner is dead; else
 * the shared one.  May be called again by one that has the shared slot.
 * leave(): it uses the shared one from here on, or is going to exit.
 */
typedef ngx_uint_t (*ngx_apigw_metrics_alive_pt)(ngx_uint_t pid);

void ngx_apigw_metrics_enter(ngx_apigw_metrics_t *metrics, ngx_uint_t pid,
    ngx_apigw_metrics_alive_pt alive);
void ngx_apigw_metrics_leave(ngx_apigw_metrics_t *metrics);


/* a request that has ended */

typedef struct {
    uint32_t                   stage;       /* series, _NONE, as the others */
    uint32_t                   route;
    uint32_t                   plan;
    uint32_t                   error;       /* 0: no gateway response */
    ngx_uint_t                 status;
    uint64_t                   latency;
    int64_t                    integration; /* -1: there was none */
    uint64_t                   received;
    uint64_t                   sent;
    ngx_uint_t                 cache;       /* 0: none, 1: hit, 2: miss */
    size_t                     verdict;     /* offset of the plan's counter */
} ngx_apigw_metrics_request_t;

void ngx_apigw_metrics_count(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_request_t *request);

/* one to a counter, or n, in our own slot */

static ngx_inline void
ngx_apigw_metrics_add(ngx_apigw_metrics_t *metrics, ngx_atomic_t *counter,
    uint64_t n)
{
    if (metrics->shared) {
        (void) ngx_atomic_fetch_add(counter, n);

    } else {
        *counter += n;
    }
}


/* a series in a slot; n is below the room */

static ngx_inline void *
ngx_apigw_metrics_at(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_slot_t *slot, ngx_uint_t kind, uint32_t n)
{
    static const size_t  sizes[] = {
        sizeof(ngx_apigw_metrics_stage_t),
        sizeof(ngx_apigw_metrics_series_t),
        sizeof(ngx_apigw_metrics_plan_t),
        sizeof(ngx_apigw_metrics_authorizer_t)
    };

    return (u_char *) slot + metrics->offsets[kind] + n * sizes[kind];
}


static ngx_inline ngx_apigw_metrics_slot_t *
ngx_apigw_metrics_slot(ngx_apigw_metrics_t *metrics, ngx_uint_t n)
{
    return (ngx_apigw_metrics_slot_t *)
                                 (metrics->slots + n * metrics->slot_size);
}


/*
 * The sum over all slots, in a structure of the kind; of a worker's counters;
 * of gauges of those that are alive.
 */
void ngx_apigw_metrics_sum(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    uint32_t n, void *sum);
void ngx_apigw_metrics_sum_workers(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_worker_t *sum);
ngx_uint_t ngx_apigw_metrics_sum_gauges(ngx_apigw_metrics_t *metrics,
    ngx_apigw_metrics_alive_pt alive, ngx_apigw_metrics_gauges_t *sum);
                                            /* how many there are */


/*
 * Sampling; now: ms of a clock that is never set.  due() is true for one
 * process and step.  It then calls sample() until that returns NGX_OK; each
 * call does a bounded piece of work, of less than a millisecond.
 */
ngx_uint_t ngx_apigw_metrics_due(ngx_apigw_metrics_t *metrics, uint64_t now);
ngx_int_t ngx_apigw_metrics_sample(ngx_apigw_metrics_t *metrics);

#define ngx_apigw_metrics_now(ms)                                            \
    ((uint32_t) ((ms) / NGX_APIGW_METRICS_STEP) + 1)

/* the samples of a stage; one whose step is not what is asked for is void */
ngx_apigw_metrics_sample_t *ngx_apigw_metrics_stage_history(
    ngx_apigw_metrics_t *metrics, uint32_t stage);

/* those of busy route n, below _BUSY: NULL: there is none; route is set */
ngx_apigw_metrics_sample_t *ngx_apigw_metrics_busy_history(
    ngx_apigw_metrics_t *metrics, ngx_uint_t n, uint32_t *route);


#endif /* _NGX_APIGW_METRICS_H_INCLUDED_ */
