
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 8259, 6 */

#include "ngx_apigw_json_scan_int.h"


/* beyond what the digits of any text make good */
#define NGX_APIGW_JSON_EXPONENT      1000000000000

/* the power of ten of the largest double's first digit */
#define NGX_APIGW_JSON_MAGNITUDE     308


static ngx_int_t ngx_apigw_json_scan_real(ngx_apigw_json_scan_t *scan,
    u_char *start, u_char *p);
static ngx_uint_t ngx_apigw_json_scan_exceeds(u_char *digits, u_char *last,
    ngx_uint_t negative);
static ngx_uint_t ngx_apigw_json_scan_overflows(u_char *digits, u_char *point,
    u_char *last, int64_t exponent);


/*
 * 2^1024 - 2^970: halfway from the largest double to where the next one would
 * be, and what strtod() rounds up from.
 */

static const u_char  ngx_apigw_json_scan_limit[] =
    "17976931348623158079372897140530341507993413271003782693617377898044"
    "49682927647509466490179775872070963302864166928879109465555478519404"
    "02630657488671505820681908902000708383676273854845817711531764475730"
    "27006985557136695962284291481986083493647529271907416844436551070434"
    "2711559699508093042880177904174497792";


static ngx_inline u_char *
ngx_apigw_json_scan_digits(u_char *p, u_char *last)
{
    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


ngx_int_t
ngx_apigw_json_scan_number(ngx_apigw_json_scan_t *scan, u_char *start)
{
    u_char      *p, *digits, *last;
    ngx_uint_t   negative;

    last = scan->last;
    negative = (*start == '-');
    digits = start + negative;

    p = ngx_apigw_json_scan_digits(digits, last);

    if (p == digits || (*digits == '0' && p - digits > 1)) {
        return ngx_apigw_json_scan_failed(scan, p);
    }

    if (p < last && (*p == '.' || *p == 'e' || *p == 'E')) {
        return ngx_apigw_json_scan_real(scan, start, p);
    }

    if (p - digits >= 19 && ngx_apigw_json_scan_exceeds(digits, p, negative)) {
        scan->reason = "a number is too large";
        return NGX_DECLINED;
    }

    return ngx_apigw_json_scan_token(scan, NGX_APIGW_JSON_INTEGER, start, p);
}


/* p: behind the digits of its integer part */

static ngx_int_t
ngx_apigw_json_scan_real(ngx_apigw_json_scan_t *scan, u_char *start, u_char *p)
{
    u_char      *c, *last, *point, *end;
    int64_t      exponent;
    ngx_uint_t   negative;

    last = scan->last;
    point = p;
    end = p;
    exponent = 0;

    if (*p == '.') {
        end = ngx_apigw_json_scan_digits(p + 1, last);

        if (end == p + 1) {
            return ngx_apigw_json_scan_failed(scan, end);
        }
    }

    p = end;

    if (p < last && (*p == 'e' || *p == 'E')) {
        p++;

        negative = (p < last && *p == '-');

        if (p < last && (*p == '-' || *p == '+')) {
            p++;
        }

        c = p;
        p = ngx_apigw_json_scan_digits(c, last);

        if (p == c) {
            return ngx_apigw_json_scan_failed(scan, p);
        }

        while (c < p && exponent < NGX_APIGW_JSON_EXPONENT) {
            exponent = exponent * 10 + (*c++ - '0');
        }

        if (negative) {
            exponent = -exponent;
        }
    }

    if (ngx_apigw_json_scan_overflows(start + (*start == '-'), point, end,
                                      exponent))
    {
        scan->reason = "a number is too large";
        return NGX_DECLINED;
    }

    return ngx_apigw_json_scan_token(scan, NGX_APIGW_JSON_REAL, start, p);
}


/* of 19 digits and more whether 64 bits are too few */

static ngx_uint_t
ngx_apigw_json_scan_exceeds(u_char *digits, u_char *last, ngx_uint_t negative)
{
    const char  *limit;

    if (last - digits > 19) {
        return 1;
    }

    limit = negative ? "9223372036854775808" : "9223372036854775807";

    return ngx_memcmp(digits, limit, 19) > 0;
}


/* point: it, or last */

static ngx_uint_t
ngx_apigw_json_scan_overflows(u_char *digits, u_char *point, u_char *last,
    int64_t exponent)
{
    u_char      *p;
    u_char       digit;
    int64_t      magnitude;
    ngx_uint_t   i;

    if (point - digits + exponent <= NGX_APIGW_JSON_MAGNITUDE) {
        return 0;
    }

    for (p = digits; p < last && (*p == '0' || *p == '.'); p++) {
        /* void */
    }

    if (p == last) {
        return 0;
    }

    magnitude = point - p + exponent - (p < point);

    if (magnitude != NGX_APIGW_JSON_MAGNITUDE) {
        return magnitude > NGX_APIGW_JSON_MAGNITUDE;
    }

    for (i = 0; i < sizeof(ngx_apigw_json_scan_limit) - 1; i++) {

        if (p < last && *p == '.') {
            p++;
        }

        digit = (p < last) ? *p++ : '0';

        if (digit != ngx_apigw_json_scan_limit[i]) {
            return digit > ngx_apigw_json_scan_limit[i];
        }
    }

    return 1;
}
