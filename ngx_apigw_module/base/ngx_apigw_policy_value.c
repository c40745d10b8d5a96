
/*
 * Copyright (C) ngx_apigw contributors
 */


/* IAM User Guide, condition operators: what their values look like */

#include "ngx_apigw_policy_int.h"
#include "ngx_apigw_period.h"
#include "ngx_apigw_text.h"


/* a double has all of these */
#define NGX_APIGW_POLICY_DIGITS   15
#define NGX_APIGW_POLICY_LARGEST  999999999999999LL

#define NGX_APIGW_POLICY_ARN_PARTS  6


static u_char *ngx_apigw_policy_digits(u_char *p, u_char *last,
    double *number);
static u_char *ngx_apigw_policy_fraction(u_char *p, u_char *last,
    double *number);
static u_char *ngx_apigw_policy_clock(u_char *p, u_char *last, double *time);
static ngx_int_t ngx_apigw_policy_zone(u_char *p, u_char *last, double *time);
static ngx_int_t ngx_apigw_policy_two(u_char *p, u_char *last, ngx_int_t max);
static ngx_uint_t ngx_apigw_policy_mapped(ngx_apigw_addr_t *addr);
static ngx_uint_t ngx_apigw_policy_arn(ngx_str_t *text, ngx_str_t *parts);


ngx_int_t
ngx_apigw_policy_number(ngx_apigw_json_t *value, double *number)
{
    u_char      *p, *last;
    ngx_uint_t   negative;

    if (value->type == NGX_APIGW_JSON_INTEGER) {
        *number = (double) value->integer;

        return (value->integer > NGX_APIGW_POLICY_LARGEST
                || value->integer < -NGX_APIGW_POLICY_LARGEST)
               ? NGX_DECLINED : NGX_OK;
    }

    if (value->type == NGX_APIGW_JSON_REAL) {
        *number = value->real;
        return NGX_OK;
    }

    if (value->type != NGX_APIGW_JSON_STRING) {
        return NGX_DECLINED;
    }

    p = value->text.data;
    last = p + value->text.len;

    negative = (p < last && *p == '-');

    p = ngx_apigw_policy_digits(p + negative, last, number);

    if (p && p < last) {
        p = ngx_apigw_policy_fraction(p, last, number);
    }

    if (p != last || p == NULL) {
        return NGX_DECLINED;
    }

    if (negative) {
        *number = -*number;
    }

    return NGX_OK;
}


/* one at least; NULL: none, or too many */

static u_char *
ngx_apigw_policy_digits(u_char *p, u_char *last, double *number)
{
    u_char  *start;

    *number = 0;

    for (start = p; p < last && *p >= '0' && *p <= '9'; p++) {

        if (p - start == NGX_APIGW_POLICY_DIGITS) {
            return NULL;
        }

        *number = *number * 10 + (*p - '0');
    }

    return (p == start) ? NULL : p;
}


/* ".5" */

static u_char *
ngx_apigw_policy_fraction(u_char *p, u_char *last, double *number)
{
    u_char  *start;
    double   scale, digits;

    if (*p++ != '.') {
        return NULL;
    }

    start = p;

    p = ngx_apigw_policy_digits(p, last, &digits);
    if (p == NULL) {
        return NULL;
    }

    for (scale = 1; start < p; start++) {
        scale *= 10;
    }

    *number += digits / scale;

    return p;
}


ngx_int_t
ngx_apigw_policy_date(ngx_apigw_json_t *value, double *time)
{
    u_char     *p, *last;
    uint32_t    day;
    ngx_str_t   date;

    if (value->type != NGX_APIGW_JSON_STRING) {
        return ngx_apigw_policy_number(value, time);
    }

    p = value->text.data;
    last = p + value->text.len;

    if (value->text.len < NGX_APIGW_DATE_LEN || p[4] != '-') {

        /* "2026" is a year to W3C, and a second of 1970 */

        return (value->text.len == 4)
               ? NGX_DECLINED : ngx_apigw_policy_number(value, time);
    }

    date.len = NGX_APIGW_DATE_LEN;
    date.data = p;

    if (ngx_apigw_date_parse(&day, &date) != NGX_OK) {
        return NGX_DECLINED;
    }

    *time = (double) day * 86400;

    p += NGX_APIGW_DATE_LEN;

    if (p == last) {
        return NGX_OK;
    }

    p = ngx_apigw_policy_clock(p, last, time);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    return ngx_apigw_policy_zone(p, last, time);
}


/* "T20:00", "T20:00:00", "T20:00:00.5" */

static u_char *
ngx_apigw_policy_clock(u_char *p, u_char *last, double *time)
{
    double     fraction;
    ngx_int_t  hour, minute, second;

    if (last - p < 6 || *p++ != 'T') {
        return NULL;
    }

    hour = ngx_apigw_policy_two(p, last, 23);
    minute = ngx_apigw_policy_two(p + 3, last, 59);

    if (hour == NGX_ERROR || minute == NGX_ERROR || p[2] != ':') {
        return NULL;
    }

    p += 5;

    *time += (double) (hour * 3600 + minute * 60);

    if (p == last || *p != ':') {
        return p;
    }

    second = ngx_apigw_policy_two(++p, last, 59);
    if (second == NGX_ERROR) {
        return NULL;
    }

    p += 2;

    *time += (double) second;

    if (p == last || *p != '.') {
        return p;
    }

    fraction = 0;
    p = ngx_apigw_policy_fraction(p, last, &fraction);
    *time += fraction;

    return p;
}


/* "Z", "+01:00" */

static ngx_int_t
ngx_apigw_policy_zone(u_char *p, u_char *last, double *time)
{
    double     offset;
    ngx_int_t  hour, minute;

    if (last - p == 1) {
        return (*p == 'Z') ? NGX_OK : NGX_DECLINED;
    }

    if (last - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') {
        return NGX_DECLINED;
    }

    hour = ngx_apigw_policy_two(p + 1, last, 23);
    minute = ngx_apigw_policy_two(p + 4, last, 59);

    if (hour == NGX_ERROR || minute == NGX_ERROR) {
        return NGX_DECLINED;
    }

    offset = (double) (hour * 3600 + minute * 60);
    *time += (*p == '+') ? -offset : offset;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_policy_two(u_char *p, u_char *last, ngx_int_t max)
{
    ngx_int_t  n;

    if (last - p < 2
        || p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
    {
        return NGX_ERROR;
    }

    n = (p[0] - '0') * 10 + (p[1] - '0');

    return (n > max) ? NGX_ERROR : n;
}


ngx_int_t
ngx_apigw_policy_flag(ngx_apigw_json_t *value, ngx_uint_t *flag)
{
    if (value->type == NGX_APIGW_JSON_TRUE
        || (value->type == NGX_APIGW_JSON_STRING
            && ngx_apigw_text_is(&value->text, "true")))
    {
        *flag = 1;
        return NGX_OK;
    }

    if (value->type == NGX_APIGW_JSON_FALSE
        || (value->type == NGX_APIGW_JSON_STRING
            && ngx_apigw_text_is(&value->text, "false")))
    {
        *flag = 0;
        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_apigw_policy_cidr(ngx_apigw_json_t *value, ngx_apigw_policy_cidr_t *cidr)
{
    u_char      *p, *last, *slash;
    ngx_uint_t   max;

    if (value->type != NGX_APIGW_JSON_STRING) {
        return NGX_DECLINED;
    }

    p = value->text.data;
    last = p + value->text.len;

    slash = ngx_strlchr(p, last, '/');

    if (ngx_apigw_addr_parse(&cidr->addr, p, slash ? slash : last)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    max = cidr->addr.len * 8;
    cidr->bits = max;

    if (slash) {
        p = slash + 1;

        if (last - p < 1 || last - p > 3 || (*p == '0' && last - p > 1)) {
            return NGX_DECLINED;
        }

        for (cidr->bits = 0; p < last; p++) {

            if (*p < '0' || *p > '9') {
                return NGX_DECLINED;
            }

            cidr->bits = cidr->bits * 10 + (*p - '0');
        }

        if (cidr->bits > max) {
            return NGX_DECLINED;
        }
    }

    if (cidr->bits >= 96 && ngx_apigw_policy_mapped(&cidr->addr)) {
        cidr->bits -= 96;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_policy_addr(ngx_apigw_addr_t *addr, ngx_str_t *text)
{
    if (ngx_apigw_addr_parse(addr, text->data, text->data + text->len)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    (void) ngx_apigw_policy_mapped(addr);

    return NGX_OK;
}


/* ::ffff:192.0.2.1, which is made 192.0.2.1 */

static ngx_uint_t
ngx_apigw_policy_mapped(ngx_apigw_addr_t *addr)
{
    static const u_char  prefix[12] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
    };

    if (addr->len != 16 || ngx_memcmp(addr->octets, prefix, 12) != 0) {
        return 0;
    }

    ngx_memmove(addr->octets, addr->octets + 12, 4);
    addr->len = 4;

    return 1;
}


ngx_uint_t
ngx_apigw_policy_in(ngx_apigw_policy_cidr_t *cidr, ngx_apigw_addr_t *addr)
{
    u_char      mask;
    ngx_uint_t  bytes, bits;

    if (cidr->addr.len != addr->len) {
        return 0;
    }

    bytes = cidr->bits / 8;
    bits = cidr->bits % 8;

    if (ngx_memcmp(cidr->addr.octets, addr->octets, bytes) != 0) {
        return 0;
    }

    if (bits == 0) {
        return 1;
    }

    mask = (u_char) (0xff << (8 - bits));

    return ((cidr->addr.octets[bytes] ^ addr->octets[bytes]) & mask) == 0;
}


ngx_uint_t
ngx_apigw_policy_is_arn(ngx_str_t *text)
{
    ngx_str_t  parts[NGX_APIGW_POLICY_ARN_PARTS];

    return ngx_apigw_policy_arn(text, parts);
}


/* "arn:partition:service:region:account:resource" */

static ngx_uint_t
ngx_apigw_policy_arn(ngx_str_t *text, ngx_str_t *parts)
{
    u_char      *p, *last, *colon;
    ngx_uint_t   i;

    p = text->data;
    last = p + text->len;

    if (text->len < 4 || ngx_memcmp(p, "arn:", 4) != 0) {
        return 0;
    }

    for (i = 0; i < NGX_APIGW_POLICY_ARN_PARTS - 1; i++) {

        colon = ngx_strlchr(p, last, ':');
        if (colon == NULL) {
            return 0;
        }

        parts[i].len = colon - p;
        parts[i].data = p;

        p = colon + 1;
    }

    parts[i].len = last - p;
    parts[i].data = p;

    return 1;
}


/* part by part, so that "*" spans no colon but those of the resource */

ngx_uint_t
ngx_apigw_policy_arn_matches(ngx_str_t *value, ngx_str_t *text)
{
    ngx_str_t   patterns[NGX_APIGW_POLICY_ARN_PARTS];
    ngx_str_t   parts[NGX_APIGW_POLICY_ARN_PARTS];
    ngx_uint_t  i;

    if (!ngx_apigw_policy_arn(value, patterns)
        || !ngx_apigw_policy_arn(text, parts))
    {
        return 0;
    }

    for (i = 0; i < NGX_APIGW_POLICY_ARN_PARTS; i++) {

        if (!ngx_apigw_policy_like(&patterns[i], &parts[i], 0)) {
            return 0;
        }
    }

    return 1;
}
