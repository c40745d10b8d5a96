
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_USAGE_H_INCLUDED_
#define _NGX_APIGW_USAGE_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_period.h"


/*
 * Reports of what keys have used: AWS's GetUsage as JSON, and CSV for billing.
 * A page has up to `limit` keys in an order that is the caller's and stays the
 * same; it goes on after the key whose id is `position`, and names the id of
 * its own last key as position where there are more.
 */

#define NGX_APIGW_USAGE_JSON       0
#define NGX_APIGW_USAGE_CSV        1

#define NGX_APIGW_USAGE_DAYS       90     /* in one report, as in AWS's */
#define NGX_APIGW_USAGE_LIMIT      25
#define NGX_APIGW_USAGE_MAX_LIMIT  500

/* what remains where there is no quota, written as -1 */
#define NGX_APIGW_USAGE_NO_QUOTA   ((uint64_t) -1)

/* the most that a report's counts can be: ngx_apigw_usage_first() */
#define NGX_APIGW_USAGE_COUNTS                                               \
    (NGX_APIGW_USAGE_DAYS + NGX_APIGW_PERIOD_MAX - 1)


typedef struct {
    ngx_str_t                   plan;
    ngx_str_t                   key;         /* empty: all of the plan */
    ngx_str_t                   position;    /* a key's id, or empty */
    uint32_t                    start;
    uint32_t                    end;         /* the last day, not after it */
    uint32_t                    month;       /* since 1970-01, not of days */
    ngx_uint_t                  limit;       /* keys */
    ngx_uint_t                  format;
    unsigned                    statement:1; /* month is set */
} ngx_apigw_usage_query_t;


/* "startDate" "is required"; both static */

typedef struct {
    const char                 *name;        /* the parameter, or "query" */
    const char                 *reason;
} ngx_apigw_usage_error_t;


typedef struct {
    ngx_str_t                   plan;
    const ngx_apigw_period_t   *period;      /* NULL: there is no quota */
    uint64_t                    limit;       /* units in a period */
    uint32_t                    start;
    uint32_t                    end;         /* the last day, not after it */
    ngx_str_t                   position;    /* empty: the last page */
    ngx_uint_t                  format;
    ngx_uint_t                  nkeys;       /* written; 0 at first */
} ngx_apigw_usage_t;


/*
 * Parses the arguments of a request, as forms encode them:
 *
 *     plan, startDate, endDate or plan, month
 *     key, position, limit, format=json|csv     may be missing, or empty
 *
 * What has escapes is decoded into buf, which has room for args->len bytes;
 * the texts of q lie there.  args is not changed.
 *
 *     NGX_OK        q is set
 *     NGX_DECLINED  err says which parameter is wrong, and why: missing, given
 *                   twice, unknown, malformed, with a control character; no
 *                   such date, a range that ends before it starts, or of more
 *                   than NGX_APIGW_USAGE_DAYS; days beside a month; a limit
 *                   that is not 1 to NGX_APIGW_USAGE_MAX_LIMIT
 */
ngx_int_t ngx_apigw_usage_query(ngx_apigw_usage_query_t *q, ngx_str_t *args,
    u_char *buf, ngx_apigw_usage_error_t *err);


/*
 * The first day of which a key's count is needed: where the period began that
 * the report starts in.  A key's counts are those of this day to u->end.
 */
uint32_t ngx_apigw_usage_first(const ngx_apigw_usage_t *u);

/*
 * What remained at the end of each day from u->start to u->end: the limit less
 * what was used in the day's period until then, not below 0.
 */
void ngx_apigw_usage_remaining(const ngx_apigw_usage_t *u,
    const uint64_t *counts, uint64_t *remaining);


/*
 * The writer: the head, each key, the tail, each at p, and each wholly or not
 * at all.  They return where they ended, or NULL: there are fewer bytes until
 * last than the length that is told beforehand, or more days than
 * NGX_APIGW_USAGE_DAYS.  That length is the most that may be needed.
 */
size_t ngx_apigw_usage_head_len(const ngx_apigw_usage_t *u);
u_char *ngx_apigw_usage_head(ngx_apigw_usage_t *u, u_char *p, u_char *last);

size_t ngx_apigw_usage_key_len(const ngx_apigw_usage_t *u, ngx_str_t *id);
u_char *ngx_apigw_usage_key(ngx_apigw_usage_t *u, u_char *p, u_char *last,
    ngx_str_t *id, const uint64_t *counts);

#define NGX_APIGW_USAGE_TAIL_LEN   (sizeof("}}") - 1)
u_char *ngx_apigw_usage_tail(ngx_apigw_usage_t *u, u_char *p, u_char *last);


#endif /* _NGX_APIGW_USAGE_H_INCLUDED_ */
