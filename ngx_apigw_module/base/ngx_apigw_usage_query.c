
/*
 * Copyright (C) ngx_apigw contributors
 */


/* Names are those of AWS, encoding is that of HTML's forms */

#include "ngx_apigw_text.h"
#include "ngx_apigw_usage.h"


#define ngx_apigw_usage_text(n)   ngx_apigw_usage_quote(n)
#define ngx_apigw_usage_quote(n)  #n

#define NGX_APIGW_USAGE_UNKNOWN                                              \
    "has an unknown parameter; known are plan, key, startDate, endDate, "    \
    "month, limit, position, format"
#define NGX_APIGW_USAGE_TOO_LONG                                             \
    "makes a range of more than "                                            \
    ngx_apigw_usage_text(NGX_APIGW_USAGE_DAYS) " days"
#define NGX_APIGW_USAGE_BAD_LIMIT                                            \
    "is not a number from 1 to "                                             \
    ngx_apigw_usage_text(NGX_APIGW_USAGE_MAX_LIMIT)


typedef enum {
    NGX_APIGW_USAGE_PLAN = 0,
    NGX_APIGW_USAGE_KEY,
    NGX_APIGW_USAGE_START,
    NGX_APIGW_USAGE_END,
    NGX_APIGW_USAGE_MONTH,
    NGX_APIGW_USAGE_PAGE,
    NGX_APIGW_USAGE_POSITION,
    NGX_APIGW_USAGE_FORMAT,
    NGX_APIGW_USAGE_PARAMS
} ngx_apigw_usage_param_e;


static ngx_int_t ngx_apigw_usage_split(ngx_str_t *values, ngx_str_t *args,
    u_char *buf, ngx_apigw_usage_error_t *err);
static ngx_uint_t ngx_apigw_usage_param(ngx_str_t *name);
static const char *ngx_apigw_usage_decode(ngx_str_t *s, u_char **buf);
static ngx_int_t ngx_apigw_usage_range(ngx_apigw_usage_query_t *q,
    ngx_str_t *values, ngx_apigw_usage_error_t *err);
static ngx_int_t ngx_apigw_usage_month(ngx_apigw_usage_query_t *q,
    ngx_str_t *values, ngx_apigw_usage_error_t *err);
static ngx_int_t ngx_apigw_usage_limit(ngx_uint_t *limit, ngx_str_t *value);
static ngx_int_t ngx_apigw_usage_format(ngx_uint_t *format, ngx_str_t *value);
static ngx_int_t ngx_apigw_usage_error(ngx_apigw_usage_error_t *err,
    ngx_uint_t param, const char *reason);


/* the last one is the query itself, in errors */

static const ngx_str_t  ngx_apigw_usage_params[] = {
    ngx_string("plan"),
    ngx_string("key"),
    ngx_string("startDate"),
    ngx_string("endDate"),
    ngx_string("month"),
    ngx_string("limit"),
    ngx_string("position"),
    ngx_string("format"),
    ngx_string("query")
};


ngx_int_t
ngx_apigw_usage_query(ngx_apigw_usage_query_t *q, ngx_str_t *args,
    u_char *buf, ngx_apigw_usage_error_t *err)
{
    ngx_str_t  values[NGX_APIGW_USAGE_PARAMS];

    ngx_memzero(values, sizeof(values));

    if (ngx_apigw_usage_split(values, args, buf, err) != NGX_OK) {
        return NGX_DECLINED;
    }

    q->plan = values[NGX_APIGW_USAGE_PLAN];
    q->key = values[NGX_APIGW_USAGE_KEY];
    q->position = values[NGX_APIGW_USAGE_POSITION];

    if (q->plan.len == 0) {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_PLAN, "is required");
    }

    if (ngx_apigw_usage_range(q, values, err) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (ngx_apigw_usage_limit(&q->limit, &values[NGX_APIGW_USAGE_PAGE])
        != NGX_OK)
    {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_PAGE,
                                     NGX_APIGW_USAGE_BAD_LIMIT);
    }

    if (ngx_apigw_usage_format(&q->format, &values[NGX_APIGW_USAGE_FORMAT])
        != NGX_OK)
    {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_FORMAT,
                                     "is neither \"json\" nor \"csv\"");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_usage_split(ngx_str_t *values, ngx_str_t *args, u_char *buf,
    ngx_apigw_usage_error_t *err)
{
    u_char      *p, *last, *end, *equals;
    ngx_str_t    name, value;
    ngx_uint_t   param;
    const char  *reason;

    if (args->len == 0) {
        return NGX_OK;
    }

    last = args->data + args->len;

    for (p = args->data; p < last; p = (end < last) ? end + 1 : last) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if (p == end) {
            continue;
        }

        equals = ngx_strlchr(p, end, '=');
        if (equals == NULL) {
            equals = end;
        }

        name.data = p;
        name.len = equals - p;

        value.data = (equals < end) ? equals + 1 : end;
        value.len = end - value.data;

        reason = ngx_apigw_usage_decode(&name, &buf);
        if (reason) {
            return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_PARAMS, reason);
        }

        param = ngx_apigw_usage_param(&name);
        if (param == NGX_APIGW_USAGE_PARAMS) {
            return ngx_apigw_usage_error(err, param, NGX_APIGW_USAGE_UNKNOWN);
        }

        reason = ngx_apigw_usage_decode(&value, &buf);
        if (reason) {
            return ngx_apigw_usage_error(err, param, reason);
        }

        if (values[param].data) {
            return ngx_apigw_usage_error(err, param, "is given twice");
        }

        values[param] = value;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_usage_param(ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *known;

    for (i = 0; i < NGX_APIGW_USAGE_PARAMS; i++) {
        known = &ngx_apigw_usage_params[i];

        if (name->len == known->len
            && ngx_memcmp(name->data, known->data, known->len) == 0)
        {
            break;
        }
    }

    return i;
}


/* moves s into the buffer; NULL, or what is wrong with it */

static const char *
ngx_apigw_usage_decode(ngx_str_t *s, u_char **buf)
{
    u_char     c, *p, *last, *dst;
    ngx_str_t  hex;

    p = s->data;
    last = p + s->len;
    dst = *buf;

    while (p < last) {
        c = *p++;

        if (c == '+') {
            c = ' ';

        } else if (c == '%') {
            hex.data = p;
            hex.len = ngx_min(last - p, 2);

            if (ngx_apigw_unhex(&c, 1, &hex) != NGX_OK) {
                return "has a \"%\" without two hex digits";
            }

            p += 2;
        }

        if (c < 0x20 || c == 0x7f) {
            return "has a control character";
        }

        *dst++ = c;
    }

    s->data = *buf;
    s->len = dst - *buf;
    *buf = dst;

    return NULL;
}


static ngx_int_t
ngx_apigw_usage_range(ngx_apigw_usage_query_t *q, ngx_str_t *values,
    ngx_apigw_usage_error_t *err)
{
    uint32_t    *day;
    ngx_uint_t   i;

    q->statement = (values[NGX_APIGW_USAGE_MONTH].len != 0);

    if (q->statement) {
        return ngx_apigw_usage_month(q, values, err);
    }

    for (i = NGX_APIGW_USAGE_START; i <= NGX_APIGW_USAGE_END; i++) {

        if (values[i].len == 0) {
            return ngx_apigw_usage_error(err, i, "is required");
        }

        day = (i == NGX_APIGW_USAGE_START) ? &q->start : &q->end;

        if (ngx_apigw_date_parse(day, &values[i]) != NGX_OK) {
            return ngx_apigw_usage_error(err, i, "is not a date YYYY-MM-DD");
        }
    }

    if (q->end < q->start) {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_END,
                                     "is before startDate");
    }

    if (q->end - q->start >= NGX_APIGW_USAGE_DAYS) {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_END,
                                     NGX_APIGW_USAGE_TOO_LONG);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_usage_month(ngx_apigw_usage_query_t *q, ngx_str_t *values,
    ngx_apigw_usage_error_t *err)
{
    ngx_uint_t  i;

    for (i = NGX_APIGW_USAGE_START; i <= NGX_APIGW_USAGE_END; i++) {

        if (values[i].len) {
            return ngx_apigw_usage_error(err, i, "is given beside month");
        }
    }

    if (ngx_apigw_month_parse(&q->month, &values[NGX_APIGW_USAGE_MONTH])
        != NGX_OK)
    {
        return ngx_apigw_usage_error(err, NGX_APIGW_USAGE_MONTH,
                                     "is not a month YYYY-MM");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_usage_limit(ngx_uint_t *limit, ngx_str_t *value)
{
    size_t      i;
    ngx_uint_t  n;

    if (value->len == 0) {
        *limit = NGX_APIGW_USAGE_LIMIT;
        return NGX_OK;
    }

    for (n = 0, i = 0; i < value->len; i++) {

        if (value->data[i] < '0' || value->data[i] > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (value->data[i] - '0');

        if (n > NGX_APIGW_USAGE_MAX_LIMIT) {
            return NGX_ERROR;
        }
    }

    if (n == 0) {
        return NGX_ERROR;
    }

    *limit = n;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_usage_format(ngx_uint_t *format, ngx_str_t *value)
{
    if (value->len == 0
        || (value->len == 4 && ngx_memcmp(value->data, "json", 4) == 0))
    {
        *format = NGX_APIGW_USAGE_JSON;
        return NGX_OK;
    }

    if (value->len == 3 && ngx_memcmp(value->data, "csv", 3) == 0) {
        *format = NGX_APIGW_USAGE_CSV;
        return NGX_OK;
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_apigw_usage_error(ngx_apigw_usage_error_t *err, ngx_uint_t param,
    const char *reason)
{
    err->name = (const char *) ngx_apigw_usage_params[param].data;
    err->reason = reason;

    return NGX_DECLINED;
}
