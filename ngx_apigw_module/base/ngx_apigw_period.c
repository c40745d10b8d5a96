
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The proleptic Gregorian calendar (ISO 8601) in integers.  It is computed in
 * eras of 400 years whose years begin on March 1st: so the leap day is the
 * last of its year, and the lengths of months follow one line.
 */

#include "ngx_apigw_period.h"


#define NGX_APIGW_PERIOD_ERA    146097           /* days of 400 years */
#define NGX_APIGW_PERIOD_EPOCH  719468           /* days since 0000-03-01 */

/* the weekday of day 0, a Thursday, where Sunday is 0 */
#define NGX_APIGW_PERIOD_THURSDAY  4

#define NGX_APIGW_PERIODS                                                    \
    (sizeof(ngx_apigw_periods) / sizeof(ngx_apigw_periods[0]))


typedef struct {
    uint32_t                year;
    uint32_t                month;       /* 1..12 */
    uint32_t                day;         /* 1..31 */
} ngx_apigw_date_t;


static void ngx_apigw_period_bounds(const ngx_apigw_period_t *p, uint32_t day,
    uint32_t *start, uint32_t *end);
static void ngx_apigw_date_of(ngx_apigw_date_t *date, uint32_t day);
static uint32_t ngx_apigw_date_day(const ngx_apigw_date_t *date);
static uint32_t ngx_apigw_date_month_len(const ngx_apigw_date_t *date);
static u_char *ngx_apigw_date_digits(u_char *p, uint32_t n, ngx_uint_t len);
static ngx_int_t ngx_apigw_date_number(uint32_t *n, const u_char *p,
    ngx_uint_t len);


static const struct {
    ngx_str_t               name;
    ngx_uint_t              type;
    ngx_uint_t              offset;      /* the largest */
} ngx_apigw_periods[] = {
    { ngx_string("day"), NGX_APIGW_PERIOD_DAY, 0 },
    { ngx_string("week"), NGX_APIGW_PERIOD_WEEK, 6 },
    { ngx_string("month"), NGX_APIGW_PERIOD_MONTH, 27 }
};


ngx_int_t
ngx_apigw_period_parse(ngx_apigw_period_t *p, ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *known;

    for (i = 0; i < NGX_APIGW_PERIODS; i++) {
        known = &ngx_apigw_periods[i].name;

        if (name->len == known->len
            && ngx_memcmp(name->data, known->data, known->len) == 0)
        {
            p->type = ngx_apigw_periods[i].type;
            p->offset = 0;

            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_apigw_period_offset(ngx_apigw_period_t *p, ngx_uint_t offset)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_APIGW_PERIODS; i++) {

        if (p->type == ngx_apigw_periods[i].type
            && offset <= ngx_apigw_periods[i].offset)
        {
            p->offset = offset;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


uint32_t
ngx_apigw_period_start(const ngx_apigw_period_t *p, uint32_t day)
{
    uint32_t  start, end;

    ngx_apigw_period_bounds(p, day, &start, &end);

    return start;
}


uint32_t
ngx_apigw_period_end(const ngx_apigw_period_t *p, uint32_t day)
{
    uint32_t  start, end;

    ngx_apigw_period_bounds(p, day, &start, &end);

    return end;
}


static void
ngx_apigw_period_bounds(const ngx_apigw_period_t *p, uint32_t day,
    uint32_t *start, uint32_t *end)
{
    uint32_t          offset, past;
    ngx_apigw_date_t  date;

    offset = (uint32_t) p->offset;

    switch (p->type) {

    case NGX_APIGW_PERIOD_WEEK:
        past = (day + NGX_APIGW_PERIOD_THURSDAY + 7 - offset) % 7;

        *start = (day > past) ? day - past : 0;
        *end = day + 7 - past;

        return;

    case NGX_APIGW_PERIOD_MONTH:

        if (day < offset) {
            *start = 0;
            *end = offset;

            return;
        }

        /* each month has its 28th: moved back, a period is a month */

        ngx_apigw_date_of(&date, day - offset);

        *start = day + 1 - date.day;
        *end = *start + ngx_apigw_date_month_len(&date);

        return;

    default: /* NGX_APIGW_PERIOD_DAY */
        *start = day;
        *end = day + 1;

        return;
    }
}


u_char *
ngx_apigw_date_print(u_char *p, uint32_t day)
{
    ngx_apigw_date_t  date;

    ngx_apigw_date_of(&date, ngx_min(day, NGX_APIGW_DAY_MAX));

    p = ngx_apigw_date_digits(p, date.year, 4);
    *p++ = '-';
    p = ngx_apigw_date_digits(p, date.month, 2);
    *p++ = '-';

    return ngx_apigw_date_digits(p, date.day, 2);
}


ngx_int_t
ngx_apigw_date_parse(uint32_t *day, ngx_str_t *text)
{
    u_char            *p;
    ngx_apigw_date_t   date;

    p = text->data;

    if (text->len != NGX_APIGW_DATE_LEN || p[4] != '-' || p[7] != '-') {
        return NGX_ERROR;
    }

    if (ngx_apigw_date_number(&date.year, p, 4) != NGX_OK
        || ngx_apigw_date_number(&date.month, p + 5, 2) != NGX_OK
        || ngx_apigw_date_number(&date.day, p + 8, 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (date.year < 1970
        || date.month < 1 || date.month > 12
        || date.day < 1 || date.day > ngx_apigw_date_month_len(&date))
    {
        return NGX_ERROR;
    }

    *day = ngx_apigw_date_day(&date);

    return NGX_OK;
}


uint32_t
ngx_apigw_month_of(uint32_t day)
{
    ngx_apigw_date_t  date;

    ngx_apigw_date_of(&date, ngx_min(day, NGX_APIGW_DAY_MAX));

    return (date.year - 1970) * 12 + date.month - 1;
}


u_char *
ngx_apigw_month_print(u_char *p, uint32_t month)
{
    p = ngx_apigw_date_digits(p, 1970 + month / 12, 4);
    *p++ = '-';

    return ngx_apigw_date_digits(p, month % 12 + 1, 2);
}


ngx_int_t
ngx_apigw_month_parse(uint32_t *month, ngx_str_t *text)
{
    uint32_t  year, n;

    if (text->len != NGX_APIGW_MONTH_LEN
        || text->data[4] != '-'
        || ngx_apigw_date_number(&year, text->data, 4) != NGX_OK
        || ngx_apigw_date_number(&n, text->data + 5, 2) != NGX_OK
        || year < 1970 || n < 1 || n > 12)
    {
        return NGX_ERROR;
    }

    *month = (year - 1970) * 12 + n - 1;

    return NGX_OK;
}


static void
ngx_apigw_date_of(ngx_apigw_date_t *date, uint32_t day)
{
    uint32_t  era, n, year, month;

    era = (day + NGX_APIGW_PERIOD_EPOCH) / NGX_APIGW_PERIOD_ERA;
    n = (day + NGX_APIGW_PERIOD_EPOCH) % NGX_APIGW_PERIOD_ERA;

    /* without the era's leap days before it, each year has 365 days */

    year = (n - n / 1460 + n / 36524 - n / (NGX_APIGW_PERIOD_ERA - 1)) / 365;

    n -= 365 * year + year / 4 - year / 100;
    month = (5 * n + 2) / 153;

    date->day = n - (153 * month + 2) / 5 + 1;
    date->month = (month < 10) ? month + 3 : month - 9;
    date->year = era * 400 + year + (date->month < 3);
}


static uint32_t
ngx_apigw_date_day(const ngx_apigw_date_t *date)
{
    uint32_t  year, month, n;

    year = date->year - (date->month < 3);
    month = (date->month < 3) ? date->month + 9 : date->month - 3;

    n = year / 400 * NGX_APIGW_PERIOD_ERA;
    year %= 400;
    n += 365 * year + year / 4 - year / 100;
    n += (153 * month + 2) / 5 + date->day - 1;

    return n - NGX_APIGW_PERIOD_EPOCH;
}


static uint32_t
ngx_apigw_date_month_len(const ngx_apigw_date_t *date)
{
    uint32_t  year;

    static const uint8_t  len[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    year = date->year;

    if (date->month == 2
        && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
    {
        return 29;
    }

    return len[date->month - 1];
}


static u_char *
ngx_apigw_date_digits(u_char *p, uint32_t n, ngx_uint_t len)
{
    ngx_uint_t  i;

    for (i = len; i > 0; i--) {
        p[i - 1] = (u_char) ('0' + n % 10);
        n /= 10;
    }

    return p + len;
}


static ngx_int_t
ngx_apigw_date_number(uint32_t *n, const u_char *p, ngx_uint_t len)
{
    for (*n = 0; len; p++, len--) {

        if (*p < '0' || *p > '9') {
            return NGX_ERROR;
        }

        *n = *n * 10 + (uint32_t) (*p - '0');
    }

    return NGX_OK;
}
