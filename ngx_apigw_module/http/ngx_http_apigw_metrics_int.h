
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_
#define _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_


#include "ngx_http_apigw_metrics.h"


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

#define ngx_http_apigw_metrics_lines(size)  (((size) + 63) / 64)


/* what is not of a series */

typedef struct {
    ngx_uint_t                     workers;
    ngx_apigw_metrics_gauges_t     gauges;
    ngx_apigw_metrics_worker_t     counters;
    uint64_t                       cells[2];    /* taken, room */
    uint64_t                       quotas[2];
} ngx_http_apigw_metrics_state_t;


/* a consumer that came often */

typedef struct {
    uint32_t                       number;      /* in the directory */
    ngx_uint_t                     known;       /* it is there */
} ngx_http_apigw_metrics_consumer_t;


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
    ngx_uint_t                           some;      /* of the part are written */

    u_char                              *labels;    /* in text, of an item */
    size_t                               size;

    ngx_apigw_topk_entry_t              *top;       /* in JSON, merged */
    ngx_uint_t                           ntop;
    ngx_http_apigw_metrics_consumer_t   *consumers; /* of top */
    uint32_t                             step;      /* the current one */
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


/* ngx_http_apigw_metrics_text.c, ngx_http_apigw_metrics_json.c */

u_char *ngx_http_apigw_metrics_text(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last);
ngx_int_t ngx_http_apigw_metrics_text_next(ngx_http_apigw_metrics_t *m);

u_char *ngx_http_apigw_metrics_json(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last);
ngx_int_t ngx_http_apigw_metrics_json_next(ngx_http_apigw_metrics_t *m);


#endif /* _NGX_HTTP_APIGW_METRICS_INT_H_INCLUDED_ */
