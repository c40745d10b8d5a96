
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_METRICS_INT_H_INCLUDED_
#define _NGX_APIGW_METRICS_INT_H_INCLUDED_


#include "ngx_apigw_metrics.h"


/*
 * The layout of the memory: the head, the records of the tables, what was
 * sampled of stages, routes and busy routes, the slots; all at multiples of a
 * cache line.  A process may be killed at any instruction: a number that is
 * read from here is not taken for an index before it is compared with sizes
 * that the process has for itself.
 */

#define NGX_APIGW_METRICS_LINE  64


typedef struct {
    ngx_apigw_record_t         record;
    ngx_atomic_t               check;
    ngx_atomic_t               ready;       /* 0: what its former meaning has
                                               counted may still be there */
} ngx_apigw_metrics_record_t;


/* what was sampled: of a stage, */

struct ngx_apigw_metrics_past_s {
    ngx_apigw_metrics_history_t  samples;
    ngx_apigw_metrics_stage_t    previous;  /* sums at the last sample */
};

/* of each route, */

struct ngx_apigw_metrics_use_s {
    ngx_atomic_t               count;       /* at the last sample */
    ngx_atomic_t               activity;    /* decays */
};

/* of a route that is busy */

struct ngx_apigw_metrics_busy_s {
    ngx_apigw_metrics_history_t  samples;
    ngx_apigw_metrics_series_t   previous;
};


typedef struct {
    ngx_atomic_t               route;       /* + 1; 0: the place is free */
    ngx_atomic_t               begins;      /* 1: previous is not known yet */
} ngx_apigw_metrics_place_t;


struct ngx_apigw_metrics_head_s {
    ngx_atomic_t               magic;
    ngx_apigw_metrics_size_t   size;
    uint32_t                   spare;
    uint64_t                   born;
    ngx_atomic_t               step;        /* the last one somebody took */
    ngx_apigw_table_head_t     tables[NGX_APIGW_METRICS_KINDS];
    ngx_apigw_metrics_place_t  places[NGX_APIGW_METRICS_BUSY];
};


static ngx_inline ngx_apigw_metrics_record_t *
ngx_apigw_metrics_record(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    ngx_uint_t n)
{
    return (ngx_apigw_metrics_record_t *) metrics->tables[kind].records + n;
}


static ngx_inline ngx_uint_t
ngx_apigw_metrics_used(ngx_apigw_metrics_t *metrics, ngx_uint_t kind)
{
    ngx_uint_t  used;

    used = metrics->head->tables[kind].used;

    return ngx_min(used, metrics->size.room[kind]);
}


/* nothing of it was sampled yet */
void ngx_apigw_metrics_forget(ngx_apigw_metrics_t *metrics, ngx_uint_t kind,
    ngx_uint_t n);


#endif /* _NGX_APIGW_METRICS_INT_H_INCLUDED_ */
