
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A rate that is taken has an interval that reading it another way confirms;
 * with it, no burst, word or time breaks a bucket.
 */

#include "ngx_apigw_gcra.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static unsigned __int128 micro(const u_char *p, const u_char *last);
static void step(ngx_apigw_gcra_t *limit, uint64_t tat, uint64_t now);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char             *copy;
    uint64_t            n[3];
    ngx_int_t           rc;
    ngx_str_t           value;
    ngx_apigw_gcra_t    limit;
    unsigned __int128   rate, unit, diff;

    /* the numbers, then the text */

    memset(n, 0, sizeof(n));

    if (size >= sizeof(n)) {
        memcpy(n, data, sizeof(n));
        data += sizeof(n);
        size -= sizeof(n);
    }

    copy = malloc(size ? size : 1);
    if (copy == NULL) {
        return 0;
    }

    if (size) {
        memcpy(copy, data, size);
    }

    value.len = size;
    value.data = copy;

    limit.interval = 4711;
    rc = ngx_apigw_gcra_rate(&value, &limit);

    check(size == 0 || memcmp(copy, data, size) == 0);

    if (rc != NGX_OK) {
        check(rc == NGX_ERROR && limit.interval == 4711);

        limit.interval = n[0] >> 3;

    } else {
        unit = copy[size - 1] == 's' ? 1 : 60;
        rate = micro(copy, copy + size - 3);

        check(rate <= unit * 1000000 * 1000000);
        check((rate == 0) == (limit.interval == 0));

        if (rate) {

            /* the nearest: |interval * rate - unit| <= rate / 2 */

            unit *= (uint64_t) 1000000000 * 1000000;
            diff = limit.interval * rate;
            diff = diff > unit ? diff - unit : unit - diff;

            check(2 * diff <= rate);
            check(limit.interval >= 1000);
        }
    }

    free(copy);

    if (ngx_apigw_gcra_burst(&limit, n[0]) != NGX_OK) {
        check((unsigned __int128) limit.interval * n[0] > NGX_APIGW_GCRA_MAX);
        check(ngx_apigw_gcra_burst(&limit, n[0] % 1000 ? 1 : 0) == NGX_OK);
    }

    check((unsigned __int128) limit.interval * limit.burst == limit.capacity);

    step(&limit, n[1], n[2] >> 1);

    return 0;
}


static unsigned __int128
micro(const u_char *p, const u_char *last)
{
    int                decimals;
    unsigned __int128  n;

    decimals = -1;

    for (n = 0; p < last; p++) {

        if (*p == '.') {
            check(decimals < 0 && p + 1 < last);
            decimals = 0;
            continue;
        }

        check(*p >= '0' && *p <= '9');

        n = n * 10 + (*p - '0');
        decimals += decimals >= 0;

        check(n <= (unsigned __int128) 1 << 100);
    }

    check(decimals <= 6);

    for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++) {
        n *= 10;
    }

    return n;
}


static void
step(ngx_apigw_gcra_t *limit, uint64_t tat, uint64_t now)
{
    uint64_t                next, again;
    ngx_int_t               rc;
    ngx_atomic_t            word;
    ngx_apigw_gcra_state_t  st, later;

    rc = ngx_apigw_gcra_step(limit, tat, now, &next, &st);

    if (limit->capacity == 0) {
        check(rc == NGX_BUSY && next == tat);
        check(st.retry == NGX_APIGW_GCRA_NEVER && st.remaining == 0);
        return;
    }

    check(rc == NGX_OK || rc == NGX_BUSY);
    check((st.remaining == 0) == (st.retry != 0));
    check(st.reset <= limit->capacity + NGX_APIGW_GCRA_SLACK);
    check(next - now == st.reset);

    if (rc == NGX_OK) {
        check(next > now && st.reset <= limit->capacity);
        check(st.remaining < limit->burst);

    } else {
        check(next == tat || next == now + limit->capacity);
    }

    /* exactly then there is a token */

    if (st.retry) {
        check(ngx_apigw_gcra_step(limit, next, now + st.retry - 1, &again,
                                  &later)
              == NGX_BUSY);
        check(later.retry == 1);
    }

    check(ngx_apigw_gcra_step(limit, next, now + st.retry, &again, &later)
          == NGX_OK);

    /* a token taken and given back is none, for whom the bucket is not full */

    word = next;

    if (ngx_apigw_gcra_take(limit, &word, now, &later) == NGX_OK) {
        ngx_apigw_gcra_refund(limit, &word);
    }

    check(word == next);
}
