
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_EXPOSITION_H_INCLUDED_
#define _NGX_APIGW_EXPOSITION_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Metrics as text: Prometheus's exposition format 0.0.4, and OpenMetrics
 * 1.0.0.
 */

typedef enum {
    NGX_APIGW_EXPOSITION_COUNTER = 0,
    NGX_APIGW_EXPOSITION_GAUGE,
    NGX_APIGW_EXPOSITION_HISTOGRAM
} ngx_apigw_exposition_type_e;


/* plain texts, which nothing is escaped in */

typedef struct {
    ngx_str_t                  name;     /* that of a counter ends in _total */
    ngx_str_t                  help;
    ngx_str_t                  unit;     /* the name has it, too; or empty */
    ngx_uint_t                 type;
} ngx_apigw_exposition_family_t;


/*
 * The writers write at p and return where they ended; NULL: there was no room
 * before last, or p was NULL, so that calls may be chained.
 */

/* # HELP, # TYPE, and in OpenMetrics # UNIT; open: it is OpenMetrics */
u_char *ngx_apigw_exposition_head(u_char *p, u_char *last,
    const ngx_apigw_exposition_family_t *family, ngx_uint_t open);

/*
 * name="value", after a comma where more is 1.  What would break a line is
 * escaped; other control characters and bytes that are no UTF-8 become U+FFFD.
 */
u_char *ngx_apigw_exposition_label(u_char *p, u_char *last, ngx_uint_t more,
    const char *name, const ngx_str_t *value);

/* n / 10^digits, exactly */
u_char *ngx_apigw_exposition_number(u_char *p, u_char *last, uint64_t n,
    ngx_uint_t digits);


/* a line: labels is what label() has written, name and value are one more */

typedef struct {
    const ngx_apigw_exposition_family_t  *family;
    ngx_str_t                             labels;
    const char                           *name;    /* NULL: there is none */
    ngx_str_t                             value;
    uint64_t                              n;
    ngx_uint_t                            digits;
} ngx_apigw_exposition_sample_t;

u_char *ngx_apigw_exposition_sample(u_char *p, u_char *last,
    const ngx_apigw_exposition_sample_t *sample);


/*
 * The lines of a histogram, whose counts are not cumulative; the last bucket
 * has no bound.
 */

typedef struct {
    const ngx_apigw_exposition_family_t  *family;
    ngx_str_t                             labels;
    const uint32_t                       *bounds;  /* n / 10^digits,
                                                      inclusive */
    ngx_uint_t                            digits;
    const uint64_t                       *counts;
    ngx_uint_t                            n;
    uint64_t                              sum;     /* n / 10^sum_digits */
    ngx_uint_t                            sum_digits;
} ngx_apigw_exposition_histogram_t;

u_char *ngx_apigw_exposition_histogram(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *histogram);

/* the end of OpenMetrics */
u_char *ngx_apigw_exposition_end(u_char *p, u_char *last);


/*
 * What a client would rather have, by its Accept headers (RFC 9110, 12.5.1):
 * zeroed, then each of them, then open() is 1 where that is OpenMetrics.
 */

typedef struct {
    ngx_uint_t                 rank[2];  /* of the range that told, 0: none */
    ngx_uint_t                 q[2];     /* thousandths */
} ngx_apigw_exposition_accept_t;

void ngx_apigw_exposition_accept(ngx_apigw_exposition_accept_t *accept,
    const ngx_str_t *value);
ngx_uint_t ngx_apigw_exposition_open(
    const ngx_apigw_exposition_accept_t *accept);


#endif /* _NGX_APIGW_EXPOSITION_H_INCLUDED_ */
