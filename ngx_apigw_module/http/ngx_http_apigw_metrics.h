
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_METRICS_H_INCLUDED_
#define _NGX_HTTP_APIGW_METRICS_H_INCLUDED_


#include "ngx_http_apigw.h"


/*
 * Reports of what was counted, which may be long: they are written in pieces,
 * one at each turn of the event loop, each of a bounded piece of work, so that
 * no other request waits for more than some milliseconds.
 */

typedef struct ngx_http_apigw_report_s  ngx_http_apigw_report_t;

/*
 * Writes the next piece: appends to report->buf.
 *
 *     NGX_OK     that was the last one
 *     NGX_AGAIN  there is more
 *     NGX_ERROR  no memory
 */
typedef ngx_int_t (*ngx_http_apigw_report_pt)(
    ngx_http_apigw_report_t *report);

#define NGX_HTTP_APIGW_REPORT_PIECE  65536   /* bytes, about */

struct ngx_http_apigw_report_s {
    ngx_http_request_t            *request;
    ngx_http_apigw_report_pt       write;
    void                          *data;     /* the writer's */

    ngx_buf_t                     *buf;      /* of this piece; the writer
                                                appends to it */
    ngx_event_t                    event;    /* private */
};

/*
 * Answers with a report, in chunks: what a content handler returns.  The
 * status is 200; headers are set by the caller.
 */
ngx_int_t ngx_http_apigw_report(ngx_http_request_t *r,
    ngx_http_apigw_report_pt write, void *data);

/* room for so many bytes more in report->buf: NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_report_room(ngx_http_apigw_report_t *report,
    size_t len);


extern ngx_module_t  ngx_http_apigw_exposition_module;


/* the expositions */

typedef enum {
    NGX_HTTP_APIGW_METRICS_TEXT = 0,         /* Prometheus, 0.0.4 */
    NGX_HTTP_APIGW_METRICS_OPEN,             /* OpenMetrics, 1.0.0 */
    NGX_HTTP_APIGW_METRICS_JSON
} ngx_http_apigw_metrics_format_e;

/*
 * Answers with the metrics, as the arguments and Accept of the request ask;
 * json: whatever they ask, for the dashboard.
 */
ngx_int_t ngx_http_apigw_metrics_answer(ngx_http_request_t *r,
    ngx_uint_t json);


/*
 * What content handlers of operators have in common: GET and HEAD only, no
 * body, and local peers only, unless it is public.  NGX_OK or what the handler
 * returns.
 */
ngx_int_t ngx_http_apigw_operator(ngx_http_request_t *r, ngx_uint_t public,
    const char *directive);

/*
 * Answers {"message":"name reason"}, as AWS's control plane has it; name may
 * be NULL.
 */
ngx_int_t ngx_http_apigw_operator_error(ngx_http_request_t *r,
    ngx_uint_t status, const char *name, const char *reason);

/* their configuration: that of a location, and of what needs metrics */

typedef struct {
    ngx_flag_t                     public;   /* for whom it is */
} ngx_http_apigw_operator_loc_conf_t;

typedef struct {
    ngx_http_apigw_place_t         place;    /* line 0: there is none */
} ngx_http_apigw_operator_main_conf_t;

void *ngx_http_apigw_operator_create_main_conf(ngx_conf_t *cf);
void *ngx_http_apigw_operator_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_apigw_operator_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/*
 * The directive of one: "name [public]".  Sets the handler of the location;
 * omcf may be NULL.
 */
char *ngx_http_apigw_operator_conf(ngx_conf_t *cf,
    ngx_http_apigw_operator_loc_conf_t *olcf,
    ngx_http_apigw_operator_main_conf_t *omcf, ngx_http_handler_pt handler);

/* NGX_OK: there is none, or there are metrics; else logged, NGX_ERROR */
ngx_int_t ngx_http_apigw_operator_init(ngx_conf_t *cf,
    ngx_http_apigw_operator_main_conf_t *omcf, const char *directive);


/* ngx_http_apigw_metrics_claim.c */

/* how many series there are; none is claimed yet */
void ngx_http_apigw_metrics_need(ngx_http_apigw_main_conf_t *mcf,
    ngx_apigw_metrics_size_t *needed);

/* the claimer; data: the main configuration */
ngx_int_t ngx_http_apigw_metrics_claim(ngx_apigw_metrics_zone_t *zone,
    void *data, ngx_log_t *log);


#endif /* _NGX_HTTP_APIGW_METRICS_H_INCLUDED_ */
