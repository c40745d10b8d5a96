
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The JSON is the Usage object of AWS's REST API (GetUsage); SDKs call its
 * member "values" items.  CSV is that of RFC 4180.
 */

#include "ngx_apigw_csv.h"
#include "ngx_apigw_text.h"
#include "ngx_apigw_usage.h"


#define ngx_apigw_usage_copy(p, text)  ngx_cpymem(p, text, sizeof(text) - 1)

#define NGX_APIGW_USAGE_CSV_HEAD  "usagePlanId,keyId,date,used,remaining\r\n"


static u_char *ngx_apigw_usage_key_json(ngx_apigw_usage_t *u, u_char *p,
    ngx_str_t *id, const uint64_t *used, const uint64_t *remaining);
static u_char *ngx_apigw_usage_key_csv(ngx_apigw_usage_t *u, u_char *p,
    ngx_str_t *id, const uint64_t *used, const uint64_t *remaining);
static u_char *ngx_apigw_usage_pair(u_char *p, uint64_t used,
    uint64_t remaining);
static size_t ngx_apigw_usage_days(const ngx_apigw_usage_t *u);


uint32_t
ngx_apigw_usage_first(const ngx_apigw_usage_t *u)
{
    return u->period ? ngx_apigw_period_start(u->period, u->start) : u->start;
}


void
ngx_apigw_usage_remaining(const ngx_apigw_usage_t *u, const uint64_t *counts,
    uint64_t *remaining)
{
    size_t    i, n;
    uint32_t  day, next;
    uint64_t  left;

    left = NGX_APIGW_USAGE_NO_QUOTA;
    day = ngx_apigw_usage_first(u);
    next = day;
    n = ngx_apigw_usage_days(u);

    for (i = 0; i < n; i++) {

        while (u->period && day <= u->start + i) {

            if (day == next) {
                left = u->limit;
                next = ngx_apigw_period_end(u->period, day);
            }

            left = (*counts < left) ? left - *counts : 0;

            counts++;
            day++;
        }

        remaining[i] = left;
    }
}


size_t
ngx_apigw_usage_head_len(const ngx_apigw_usage_t *u)
{
    if (u->format == NGX_APIGW_USAGE_CSV) {
        return sizeof(NGX_APIGW_USAGE_CSV_HEAD) - 1;
    }

    return sizeof("{\"usagePlanId\":\"\",\"startDate\":\"\",\"endDate\":\"\","
                  "\"position\":\"\",\"values\":{") - 1
           + 2 * NGX_APIGW_DATE_LEN
           + NGX_APIGW_JSON_LEN(u->plan.len)
           + NGX_APIGW_JSON_LEN(u->position.len);
}


u_char *
ngx_apigw_usage_head(ngx_apigw_usage_t *u, u_char *p, u_char *last)
{
    if ((size_t) (last - p) < ngx_apigw_usage_head_len(u)) {
        return NULL;
    }

    if (u->format == NGX_APIGW_USAGE_CSV) {
        return ngx_apigw_usage_copy(p, NGX_APIGW_USAGE_CSV_HEAD);
    }

    p = ngx_apigw_usage_copy(p, "{\"usagePlanId\":\"");
    p = ngx_apigw_json_string(p, &u->plan);
    p = ngx_apigw_usage_copy(p, "\",\"startDate\":\"");
    p = ngx_apigw_date_print(p, u->start);
    p = ngx_apigw_usage_copy(p, "\",\"endDate\":\"");
    p = ngx_apigw_date_print(p, u->end);

    if (u->position.len) {
        p = ngx_apigw_usage_copy(p, "\",\"position\":\"");
        p = ngx_apigw_json_string(p, &u->position);
    }

    return ngx_apigw_usage_copy(p, "\",\"values\":{");
}


size_t
ngx_apigw_usage_key_len(const ngx_apigw_usage_t *u, ngx_str_t *id)
{
    size_t  day;

    if (u->format == NGX_APIGW_USAGE_CSV) {
        day = NGX_APIGW_CSV_LEN(u->plan.len) + NGX_APIGW_CSV_LEN(id->len)
              + NGX_APIGW_DATE_LEN + (size_t) 2 * NGX_APIGW_NUMBER_LEN
              + sizeof(",,,,\r\n") - 1;

        return ngx_apigw_usage_days(u) * day;
    }

    day = (size_t) 2 * NGX_APIGW_NUMBER_LEN + sizeof("[,],") - 1;

    return sizeof(",\"\":[]") - 1 + NGX_APIGW_JSON_LEN(id->len)
           + ngx_apigw_usage_days(u) * day;
}


u_char *
ngx_apigw_usage_key(ngx_apigw_usage_t *u, u_char *p, u_char *last,
    ngx_str_t *id, const uint64_t *counts)
{
    uint64_t         remaining[NGX_APIGW_USAGE_DAYS];
    const uint64_t  *used;

    if (ngx_apigw_usage_days(u) > NGX_APIGW_USAGE_DAYS
        || (size_t) (last - p) < ngx_apigw_usage_key_len(u, id))
    {
        return NULL;
    }

    ngx_apigw_usage_remaining(u, counts, remaining);

    used = counts + (u->start - ngx_apigw_usage_first(u));

    if (u->format == NGX_APIGW_USAGE_CSV) {
        p = ngx_apigw_usage_key_csv(u, p, id, used, remaining);

    } else {
        p = ngx_apigw_usage_key_json(u, p, id, used, remaining);
    }

    u->nkeys++;

    return p;
}


static u_char *
ngx_apigw_usage_key_json(ngx_apigw_usage_t *u, u_char *p, ngx_str_t *id,
    const uint64_t *used, const uint64_t *remaining)
{
    size_t  i, n;

    n = ngx_apigw_usage_days(u);

    if (u->nkeys) {
        *p++ = ',';
    }

    *p++ = '"';
    p = ngx_apigw_json_string(p, id);
    p = ngx_apigw_usage_copy(p, "\":[");

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = ',';
        }

        *p++ = '[';
        p = ngx_apigw_usage_pair(p, used[i], remaining[i]);
        *p++ = ']';
    }

    *p++ = ']';

    return p;
}


static u_char *
ngx_apigw_usage_key_csv(ngx_apigw_usage_t *u, u_char *p, ngx_str_t *id,
    const uint64_t *used, const uint64_t *remaining)
{
    size_t  i, n;

    n = ngx_apigw_usage_days(u);

    for (i = 0; i < n; i++) {
        p = ngx_apigw_csv_inert(p, &u->plan);
        *p++ = ',';
        p = ngx_apigw_csv_inert(p, id);
        *p++ = ',';
        p = ngx_apigw_date_print(p, u->start + (uint32_t) i);
        *p++ = ',';
        p = ngx_apigw_usage_pair(p, used[i], remaining[i]);
        *p++ = '\r';
        *p++ = '\n';
    }

    return p;
}


static u_char *
ngx_apigw_usage_pair(u_char *p, uint64_t used, uint64_t remaining)
{
    p = ngx_apigw_number(p, used);
    *p++ = ',';

    if (remaining == NGX_APIGW_USAGE_NO_QUOTA) {
        return ngx_apigw_usage_copy(p, "-1");
    }

    return ngx_apigw_number(p, remaining);
}


static size_t
ngx_apigw_usage_days(const ngx_apigw_usage_t *u)
{
    return (size_t) u->end - u->start + 1;
}


u_char *
ngx_apigw_usage_tail(ngx_apigw_usage_t *u, u_char *p, u_char *last)
{
    if ((size_t) (last - p) < NGX_APIGW_USAGE_TAIL_LEN) {
        return NULL;
    }

    if (u->format == NGX_APIGW_USAGE_CSV) {
        return p;
    }

    return ngx_apigw_usage_copy(p, "}}");
}
