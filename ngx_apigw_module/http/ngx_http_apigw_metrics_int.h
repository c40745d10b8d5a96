
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_
#define _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_


#include "ngx_http_apigw_metrics.h"
#include "ngx_apigw_exposition.h"


/*
 * What the writers of expositions share.  An exposition is a row of items,
 * each small; a piece is as many of them as there is room and time for.
 */

#define NGX_HTTP_APIGW_METRICS_TOP   20        /* consumers shown */
#define NGX_HTTP_APIGW_METRICS_ALL   1024      /* merged at most */

/*
 * Of a piece: cache lines that may have to be read from other processors,
 * 0.1 us each.
 */
#define NGX_HTTP_APIGW_METRICS_COST  4096

#define NGX_HTTP_APIGW_METRICS_LINE  16        /* for what is written */

#define ngx_http_apigw_metrics_lines(size)  (((size) + 63) / 64)


/* what is not of a series; words, as counters are */

typedef struct {
    uint64_t                       one;
    uint64_t                       born;        /* Unix time */
    uint64_t                       generation;  /* of the configuration */
    uint64_t                       workers;
    uint64_t                       missed;      /* series without room */
    uint64_t                       cells[3];    /* taken, free, room */
    uint64_t                       quotas[3];
    uint64_t                       buckets;     /* room */
    uint64_t                       full;
    uint64_t                       modes[NGX_APIGW_LEASE_MODES];
    ngx_apigw_metrics_gauges_t     gauges;
    ngx_apigw_metrics_worker_t     counters;
} ngx_http_apigw_metrics_state_t;


/* a route that has a history */

typedef struct {
    uint32_t                       series;
    ngx_apigw_metrics_sample_t    *samples;
    ngx_http_apigw_route_t        *route;       /* NULL: of another
                                                   configuration */
    ngx_uint_t                     stage;
} ngx_http_apigw_metrics_busy_t;


typedef struct ngx_http_apigw_metrics_s  ngx_http_apigw_metrics_t;

/*
 * Writes the item, or nothing, as the writers of ngx_apigw_exposition.h do;
 * called again with more room where that was NULL.
 */
typedef u_char *(*ngx_http_apigw_metrics_item_pt)(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);

/* goes to the next item: NGX_OK, NGX_DONE: there is none */
typedef ngx_int_t (*ngx_http_apigw_metrics_next_pt)(
    ngx_http_apigw_metrics_t *m);

struct ngx_http_apigw_metrics_s {
    ngx_http_request_t                  *request;
    ngx_http_apigw_main_conf_t          *mcf;
    ngx_apigw_metrics_t                 *metrics;
    ngx_http_apigw_metrics_item_pt       item;
    ngx_http_apigw_metrics_next_pt       next;

    ngx_uint_t                           format;
    ngx_uint_t                           routes;    /* 1: they are shown */
    uint32_t                             since;     /* a step */

    ngx_http_apigw_metrics_state_t       state;
    ngx_uint_t                           cost;      /* of the piece */
    ngx_uint_t                           failed;    /* no memory */

    /* where the writer is */

    ngx_uint_t                           part;
    ngx_uint_t                           index;     /* in its part */
    ngx_http_apigw_stage_t             **stages;
    ngx_uint_t                           nstages;
    ngx_uint_t                           stage;     /* of route */
    ngx_uint_t                           route;
    ngx_uint_t                           closing;   /* the array of JSON */
    ngx_uint_t                           wrote;     /* the item, something */
    ngx_uint_t                           some;      /* of the array */

    ngx_str_t                            labels;    /* in text, of an item */
    size_t                               size;      /* room for them */

    uint32_t                             step;      /* of JSON: to be sampled
                                                       next */
    uint32_t                             first;     /* sample shown */
    ngx_http_apigw_metrics_busy_t       *busy;
    ngx_uint_t                           nbusy;
    ngx_apigw_topk_entry_t              *top;       /* of all slots */
    ngx_uint_t                           ntop;
    uint32_t                            *numbers;   /* of top, in the directory
                                                       of keys, or _NONE */
    ngx_uint_t                           scan;      /* some are unknown */
};


/* ngx_http_apigw_metrics_state.c */

/* NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_metrics_init(ngx_http_apigw_metrics_t *m);

/* writes pieces: ngx_http_apigw_report_pt, data is the object */
ngx_int_t ngx_http_apigw_metrics_write(ngx_http_apigw_report_t *report);

/*
 * The sum of a series, whose kind has a structure of this size: NGX_OK,
 * NGX_DECLINED: it is not counted.
 */
ngx_int_t ngx_http_apigw_metrics_sum(ngx_http_apigw_metrics_t *m,
    ngx_uint_t kind, uint32_t series, void *sum, size_t size);

/* the same of the route that is next; NGX_DECLINED, too: it is unused */
ngx_int_t ngx_http_apigw_metrics_route(ngx_http_apigw_metrics_t *m,
    ngx_apigw_metrics_series_t *sum);

/* goes to the next route: NGX_OK, NGX_DONE */
ngx_int_t ngx_http_apigw_metrics_next_route(ngx_http_apigw_metrics_t *m);

#define ngx_http_apigw_metrics_this_route(m)                                 \
    (((ngx_http_apigw_route_t **) (m)->stages[(m)->stage]->routes.elts)      \
     [(m)->route])


/* ngx_http_apigw_metrics_families.c */

typedef enum {
    NGX_HTTP_APIGW_METRICS_ONCE = 0,
    NGX_HTTP_APIGW_METRICS_STAGES,
    NGX_HTTP_APIGW_METRICS_ROUTES,
    NGX_HTTP_APIGW_METRICS_PLANS,
    NGX_HTTP_APIGW_METRICS_AUTHORIZERS
} ngx_http_apigw_metrics_walk_e;


/* counters of one family, which a label tells apart */

typedef struct {
    ngx_str_t                          value;
    size_t                             offset;
} ngx_http_apigw_metrics_part_t;


typedef struct ngx_http_apigw_metrics_family_s
    ngx_http_apigw_metrics_family_t;

typedef u_char *(*ngx_http_apigw_metrics_family_pt)(
    ngx_http_apigw_metrics_t *m, ngx_http_apigw_metrics_family_t *f, u_char *p,
    u_char *last, void *sum);

struct ngx_http_apigw_metrics_family_s {
    ngx_apigw_exposition_family_t      family;
    ngx_uint_t                         walk;
    ngx_http_apigw_metrics_family_pt   write;
    size_t                             offset;  /* of the counter, in what the
                                                   walk sums up */
    size_t                             sum;     /* of a histogram */
    ngx_uint_t                         digits;
    const char                        *label;   /* of parts */
    ngx_http_apigw_metrics_part_t     *parts;
    size_t                             needs;   /* a pointer of the main
                                                   configuration; 0: none */
};

/* one whose write is NULL is the end */
extern ngx_http_apigw_metrics_family_t  ngx_http_apigw_metrics_families[];


/* ngx_http_apigw_metrics_text.c, ngx_http_apigw_metrics_json.c */

u_char *ngx_http_apigw_metrics_text(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last);
ngx_int_t ngx_http_apigw_metrics_text_next(ngx_http_apigw_metrics_t *m);

u_char *ngx_http_apigw_metrics_json(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last);
ngx_int_t ngx_http_apigw_metrics_json_next(ngx_http_apigw_metrics_t *m);

/* bounded and chained as the writers of expositions */
u_char *ngx_http_apigw_metrics_put(u_char *p, u_char *last, const char *text);
u_char *ngx_http_apigw_metrics_put_number(u_char *p, u_char *last,
    const char *before, uint64_t n);
u_char *ngx_http_apigw_metrics_put_string(u_char *p, u_char *last,
    const char *before, ngx_str_t *value);


/* ngx_http_apigw_metrics_series.c */

u_char *ngx_http_apigw_metrics_json_stage(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
u_char *ngx_http_apigw_metrics_json_route(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
u_char *ngx_http_apigw_metrics_json_busy(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);

/* which routes have a history, and from where on: NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_metrics_history(ngx_http_apigw_metrics_t *m);


/* ngx_http_apigw_metrics_top.c */

/* how many items there are in merging, finding and showing consumers */
ngx_uint_t ngx_http_apigw_metrics_top_slots(ngx_http_apigw_metrics_t *m);
ngx_uint_t ngx_http_apigw_metrics_top_scans(ngx_http_apigw_metrics_t *m);
ngx_uint_t ngx_http_apigw_metrics_top_shown(ngx_http_apigw_metrics_t *m);

u_char *ngx_http_apigw_metrics_top_merge(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);
u_char *ngx_http_apigw_metrics_top_find(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last);
u_char *ngx_http_apigw_metrics_json_consumer(ngx_http_apigw_metrics_t *m,
    u_char *p, u_char *last);


#endif /* _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_ */
