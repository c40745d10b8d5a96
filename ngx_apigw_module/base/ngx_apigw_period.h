
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_PERIOD_H_INCLUDED_
#define _NGX_APIGW_PERIOD_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Calendar periods of quotas, in UTC.  A day is the number of days since
 * 1970-01-01, at most NGX_APIGW_DAY_MAX.  A week begins on Sunday, a month on
 * the 1st, either of them offset days later.
 */

#define NGX_APIGW_DAY_MAX       2932896                     /* 9999-12-31 */

#define NGX_APIGW_DATE_LEN      (sizeof("2026-11-22") - 1)
#define NGX_APIGW_MONTH_LEN     (sizeof("2026-11") - 1)

#define NGX_APIGW_PERIOD_DAY    1
#define NGX_APIGW_PERIOD_WEEK   2
#define NGX_APIGW_PERIOD_MONTH  3

/* no period has more days */
#define NGX_APIGW_PERIOD_MAX    31


typedef struct {
    ngx_uint_t              type;
    ngx_uint_t              offset;      /* day 0, week 0..6, month 0..27 */
} ngx_apigw_period_t;


/*
 * Parses "day", "week", "month".
 *
 *     NGX_OK     type is set, offset is 0
 *     NGX_ERROR  none of them; p is as it was
 */
ngx_int_t ngx_apigw_period_parse(ngx_apigw_period_t *p, ngx_str_t *name);


/*
 * Sets the offset; the type must be set.
 *
 *     NGX_OK
 *     NGX_ERROR  too large for the type; p is as it was
 */
ngx_int_t ngx_apigw_period_offset(ngx_apigw_period_t *p, ngx_uint_t offset);


/*
 * The first day of the period that contains the day, and the first day after
 * that period.  What begins before 1970-01-01 begins there.
 */
uint32_t ngx_apigw_period_start(const ngx_apigw_period_t *p, uint32_t day);
uint32_t ngx_apigw_period_end(const ngx_apigw_period_t *p, uint32_t day);


/* YYYY-MM-DD, always NGX_APIGW_DATE_LEN bytes; returns where they end */
u_char *ngx_apigw_date_print(u_char *p, uint32_t day);


/*
 * Parses exactly YYYY-MM-DD.
 *
 *     NGX_OK     day is set
 *     NGX_ERROR  another form, no such date, or before 1970-01-01; day is as
 *                it was
 */
ngx_int_t ngx_apigw_date_parse(uint32_t *day, ngx_str_t *text);


/* months since 1970-01, of a day */
uint32_t ngx_apigw_month_of(uint32_t day);

/* the same for YYYY-MM */
u_char *ngx_apigw_month_print(u_char *p, uint32_t month);
ngx_int_t ngx_apigw_month_parse(uint32_t *month, ngx_str_t *text);


#endif /* _NGX_APIGW_PERIOD_H_INCLUDED_ */
