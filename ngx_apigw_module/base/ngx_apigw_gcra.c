
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The generic cell rate algorithm (ITU-T I.371, annex A), in integers.  What
 * is computed with is the time ahead of now: it is below 2^62, so that no sum
 * overflows.
 */

#include "ngx_apigw_gcra.h"


#define NGX_APIGW_GCRA_DECIMALS  6
#define NGX_APIGW_GCRA_MICRO     ((uint64_t) 1000000)
#define NGX_APIGW_GCRA_SECOND    ((uint64_t) 1000000000)           /* ns */
#define NGX_APIGW_GCRA_MAX_RATE  (1000000 * NGX_APIGW_GCRA_MICRO)


static u_char *ngx_apigw_gcra_decimal(u_char *p, u_char *last, uint64_t max,
    uint64_t *micro);


ngx_int_t
ngx_apigw_gcra_rate(ngx_str_t *value, ngx_apigw_gcra_t *limit)
{
    u_char    *p, *last;
    uint64_t   rate, unit;

    if (value->len < sizeof("0r/s") - 1) {
        return NGX_ERROR;
    }

    last = value->data + value->len - (sizeof("r/s") - 1);

    if (last[0] != 'r' || last[1] != '/') {
        return NGX_ERROR;
    }

    switch (last[2]) {

    case 's':
        unit = 1;
        break;

    case 'm':
        unit = 60;
        break;

    default:
        return NGX_ERROR;
    }

    p = ngx_apigw_gcra_decimal(value->data, last,
                               unit * NGX_APIGW_GCRA_MAX_RATE, &rate);
    if (p != last) {
        return NGX_ERROR;
    }

    if (rate == 0) {
        limit->interval = 0;
        return NGX_OK;
    }

    /* at most 6 * 10^16 + 3 * 10^13 */

    limit->interval = (unit * NGX_APIGW_GCRA_SECOND * NGX_APIGW_GCRA_MICRO
                       + rate / 2) / rate;

    return NGX_OK;
}


/* NULL, or where the number ends */

static u_char *
ngx_apigw_gcra_decimal(u_char *p, u_char *last, uint64_t max, uint64_t *micro)
{
    uint64_t    n;
    ngx_uint_t  decimals;

    if (*p < '0' || *p > '9') {
        return NULL;
    }

    for (n = 0; p < last && *p >= '0' && *p <= '9'; p++) {

        n = n * 10 + (*p - '0');

        if (n > max / NGX_APIGW_GCRA_MICRO) {
            return NULL;
        }
    }

    decimals = 0;

    if (p < last && *p == '.') {

        for (p++; p < last && *p >= '0' && *p <= '9'; p++) {

            if (decimals == NGX_APIGW_GCRA_DECIMALS) {
                return NULL;
            }

            n = n * 10 + (*p - '0');
            decimals++;
        }

        if (decimals == 0) {
            return NULL;
        }
    }

    while (decimals < NGX_APIGW_GCRA_DECIMALS) {
        n *= 10;
        decimals++;
    }

    if (n > max) {
        return NULL;
    }

    *micro = n;

    return p;
}


ngx_int_t
ngx_apigw_gcra_burst(ngx_apigw_gcra_t *limit, uint64_t burst)
{
    if (limit->interval && burst > NGX_APIGW_GCRA_MAX / limit->interval) {
        return NGX_ERROR;
    }

    limit->burst = burst;
    limit->capacity = burst * limit->interval;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_gcra_step(ngx_apigw_gcra_t *limit, uint64_t tat, uint64_t now,
    uint64_t *next, ngx_apigw_gcra_state_t *state)
{
    uint64_t   ahead, left;
    ngx_int_t  rc;

    *next = tat;

    if (limit->interval == 0 || limit->burst == 0) {
        state->remaining = 0;
        state->retry = NGX_APIGW_GCRA_NEVER;
        state->reset = NGX_APIGW_GCRA_NEVER;

        return NGX_BUSY;
    }

    ahead = (tat > now) ? tat - now : 0;

    if (ahead > limit->capacity + NGX_APIGW_GCRA_SLACK) {
        ahead = limit->capacity;
        *next = now + ahead;
    }

    left = (ahead < limit->capacity) ? limit->capacity - ahead : 0;

    if (left >= limit->interval) {
        ahead += limit->interval;
        left -= limit->interval;
        *next = now + ahead;

        rc = NGX_OK;

    } else {
        rc = NGX_BUSY;
    }

    state->remaining = left / limit->interval;
    state->reset = ahead;

    /* ahead may exceed the capacity by the slack */

    state->retry = 0;

    if (left < limit->interval) {
        state->retry = ahead + limit->interval - limit->capacity;
    }

    return rc;
}


ngx_int_t
ngx_apigw_gcra_take(ngx_apigw_gcra_t *limit, ngx_atomic_t *tat, uint64_t now,
    ngx_apigw_gcra_state_t *state)
{
    uint64_t   old, next;
    ngx_int_t  rc;

    for ( ;; ) {
        old = *tat;

        rc = ngx_apigw_gcra_step(limit, old, now, &next, state);

        if (next == old || ngx_atomic_cmp_set(tat, old, next)) {
            return rc;
        }
    }
}


void
ngx_apigw_gcra_refund(ngx_apigw_gcra_t *limit, ngx_atomic_t *tat)
{
    uint64_t  old, next;

    for ( ;; ) {
        old = *tat;

        /* less than an interval only where the limit was changed meanwhile */

        next = (old > limit->interval) ? old - limit->interval : 0;

        if (next == old || ngx_atomic_cmp_set(tat, old, next)) {
            return;
        }
    }
}
