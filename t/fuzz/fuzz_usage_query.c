
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A query that is taken is one whose parts, encoded anew, give the same; the
 * report of it is read back as JSON and as CSV.  One that is not says why.
 */

#include <stdio.h>

#include "ngx_apigw_csv.h"
#include "ngx_apigw_statement.h"
#include "ngx_apigw_text.h"
#include "ngx_apigw_usage.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void again(ngx_apigw_usage_query_t *q);
static char *encode(char *p, const char *name, ngx_str_t *value);
static void same(ngx_str_t *a, ngx_str_t *b);
static void inert(ngx_str_t *field, ngx_str_t *want);
static void statement(ngx_apigw_usage_query_t *q, ngx_uint_t format);
static void report(ngx_apigw_usage_query_t *q, ngx_uint_t format);
static void read_json(ngx_apigw_usage_t *u, ngx_str_t **ids, u_char *p,
    u_char *last);
static u_char *read_string(u_char *p, u_char *last, ngx_str_t *want);
static u_char *read_text(u_char *p, u_char *last, const char *want);
static void read_csv(ngx_apigw_usage_t *u, ngx_str_t **ids, u_char *p,
    u_char *last);
static uint64_t count_of(ngx_uint_t n);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                   *copy, *buf;
    ngx_int_t                 rc;
    ngx_str_t                 args;
    ngx_apigw_usage_query_t   q;
    ngx_apigw_usage_error_t   err;

    copy = malloc(size ? size : 1);
    buf = malloc(size ? size : 1);
    check(copy && buf);

    if (size) {
        memcpy(copy, data, size);
    }

    args.len = size;
    args.data = copy;

    err.name = NULL;
    err.reason = NULL;

    rc = ngx_apigw_usage_query(&q, &args, buf, &err);

    check(size == 0 || memcmp(copy, data, size) == 0);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED);
        check(err.name && *err.name && err.reason && *err.reason);

    } else {
        check(err.name == NULL && err.reason == NULL);
        check(q.plan.len);
        check(q.plan.data >= buf && q.plan.data + q.plan.len <= buf + size);
        check(q.statement
              || (q.start <= q.end && q.end <= NGX_APIGW_DAY_MAX
                  && q.end - q.start < NGX_APIGW_USAGE_DAYS));
        check(q.limit >= 1 && q.limit <= NGX_APIGW_USAGE_MAX_LIMIT);

        again(&q);

        if (q.statement) {
            statement(&q, NGX_APIGW_USAGE_JSON);
            statement(&q, NGX_APIGW_USAGE_CSV);

        } else {
            report(&q, NGX_APIGW_USAGE_JSON);
            report(&q, NGX_APIGW_USAGE_CSV);
        }
    }

    free(copy);
    free(buf);

    return 0;
}


static void
again(ngx_apigw_usage_query_t *q)
{
    char                     *p, *text;
    u_char                   *buf, date[NGX_APIGW_DATE_LEN];
    size_t                    size;
    ngx_str_t                 args, s;
    ngx_apigw_usage_query_t   other;
    ngx_apigw_usage_error_t   err;

    size = 3 * (q->plan.len + q->key.len + q->position.len) + 512;

    text = malloc(size);
    buf = malloc(size);
    check(text && buf);

    p = encode(text, "position", &q->position);
    p += sprintf(p, "limit=%lu&format=%s&", (unsigned long) q->limit,
                 q->format == NGX_APIGW_USAGE_CSV ? "csv" : "json");

    s.len = NGX_APIGW_DATE_LEN;
    s.data = date;

    if (q->statement) {
        s.len = NGX_APIGW_MONTH_LEN;
        (void) ngx_apigw_month_print(date, q->month);
        p = encode(p, "month", &s);

    } else {
        (void) ngx_apigw_date_print(date, q->end);
        p = encode(p, "endDate", &s);
        (void) ngx_apigw_date_print(date, q->start);
        p = encode(p, "startDate", &s);
    }

    p = encode(p, "key", &q->key);
    p = encode(p, "plan", &q->plan);

    args.len = (size_t) (p - text);
    args.data = (u_char *) text;

    check(args.len <= size);
    check(ngx_apigw_usage_query(&other, &args, buf, &err) == NGX_OK);

    same(&other.plan, &q->plan);
    same(&other.key, &q->key);
    same(&other.position, &q->position);

    check(other.statement == q->statement);
    check(q->statement ? other.month == q->month
                       : other.start == q->start && other.end == q->end);
    check(other.limit == q->limit && other.format == q->format);

    free(text);
    free(buf);
}


static char *
encode(char *p, const char *name, ngx_str_t *value)
{
    size_t  i;

    p += sprintf(p, "%s=", name);

    for (i = 0; i < value->len; i++) {
        p += sprintf(p, "%%%02x", value->data[i]);
    }

    *p++ = '&';

    return p;
}


static void
same(ngx_str_t *a, ngx_str_t *b)
{
    check(a->len == b->len);
    check(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


/* they fit, and what is not of us is inert */

static void
statement(ngx_apigw_usage_query_t *q, ngx_uint_t format)
{
    u_char                    *p, *last, *text;
    size_t                     size;
    ngx_str_t                  price;
    ngx_apigw_csv_t            csv;
    ngx_apigw_pricing_t        pricing;
    ngx_apigw_statement_t      s;
    ngx_apigw_meter_counts_t   counts;

    memset(&s, 0, sizeof(s));
    memset(&pricing, 0, sizeof(pricing));
    memcpy(pricing.currency, "USD", 3);

    price.data = (u_char *) "0.000001";
    price.len = 8;

    (void) ngx_apigw_pricing_tier(&pricing, 0, &q->plan, &q->key);
    (void) ngx_apigw_pricing_tier(&pricing, 0, NULL, &price);
    check(ngx_apigw_pricing_finish(&pricing) == NULL);

    s.plan = q->plan;
    s.name = q->key;
    s.pricing = &pricing;
    s.month = q->month;
    s.position = q->position;
    s.format = format;

    counts.requests = q->limit;
    counts.increments = count_of(q->limit) >> 2;
    counts.bytes = counts.increments;

    size = ngx_apigw_statement_head_len(&s) + ngx_apigw_statement_tail_len(&s)
           + ngx_apigw_statement_key_len(&s, &q->position);

    text = malloc(size);
    check(text);

    last = text + size;

    p = ngx_apigw_statement_head(&s, text, last);
    check(p);
    p = ngx_apigw_statement_key(&s, p, last, &q->position, &counts);
    check(p);
    p = ngx_apigw_statement_tail(&s, p, last);
    check(p && p <= last);

    if (format == NGX_APIGW_USAGE_CSV) {
        ngx_apigw_csv_init(&csv, text, (size_t) (p - text));
        check(ngx_apigw_csv_next(&csv) == NGX_OK && csv.nfields == 10);

        while (ngx_apigw_csv_next(&csv) == NGX_OK) {
            check(csv.nfields == 10);

            inert(&csv.fields[0], &q->plan);
            inert(&csv.fields[2], csv.fields[2].len ? &q->position
                                                    : &csv.fields[2]);
            inert(&csv.fields[3], &q->key);
        }

        check(csv.reason == NULL);
    }

    free(text);
}


/* as it was, but that a formula has a quote before it */

static void
inert(ngx_str_t *field, ngx_str_t *want)
{
    ngx_str_t  s;

    s = *field;

    if (want->len && memchr("=+-@\t\r", want->data[0], 6)) {
        check(s.len && s.data[0] == '\'');
        s.data++;
        s.len--;
    }

    same(&s, want);
}


/* the client's texts stand for those of the configuration */

static void
report(ngx_apigw_usage_query_t *q, ngx_uint_t format)
{
    u_char              *p, *last, *text;
    size_t               size;
    uint64_t             counts[NGX_APIGW_USAGE_COUNTS];
    ngx_str_t           *ids[2];
    ngx_uint_t           i;
    ngx_apigw_usage_t    u;
    ngx_apigw_period_t   period;

    memset(&u, 0, sizeof(u));

    period.type = 1 + q->limit % 3;
    period.offset = 0;
    (void) ngx_apigw_period_offset(&period, q->plan.data[0] % 28);

    u.plan = q->plan;
    u.period = q->key.len % 2 ? NULL : &period;
    u.limit = q->limit;
    u.start = q->start;
    u.end = q->end;
    u.position = q->position;
    u.format = format;

    check(u.end - ngx_apigw_usage_first(&u) < NGX_APIGW_USAGE_COUNTS);

    for (i = 0; i <= u.end - ngx_apigw_usage_first(&u); i++) {
        counts[i] = count_of(i);
    }

    ids[0] = &q->key;
    ids[1] = &q->position;

    size = ngx_apigw_usage_head_len(&u) + NGX_APIGW_USAGE_TAIL_LEN;

    for (i = 0; i < 2; i++) {
        size += ngx_apigw_usage_key_len(&u, ids[i]);
    }

    text = malloc(size);
    check(text);

    last = text + size;

    p = ngx_apigw_usage_head(&u, text, last);
    check(p);

    for (i = 0; i < 2; i++) {
        p = ngx_apigw_usage_key(&u, p, last, ids[i], counts);
        check(p);
    }

    p = ngx_apigw_usage_tail(&u, p, last);
    check(p && p <= last && u.nkeys == 2);

    if (format == NGX_APIGW_USAGE_JSON) {
        read_json(&u, ids, text, p);

    } else {
        read_csv(&u, ids, text, p);
    }

    free(text);
}


static void
read_json(ngx_apigw_usage_t *u, ngx_str_t **ids, u_char *p, u_char *last)
{
    char        want[128];
    u_char      date[NGX_APIGW_DATE_LEN];
    uint64_t    remaining[NGX_APIGW_USAGE_DAYS];
    uint64_t    counts[NGX_APIGW_USAGE_COUNTS];
    ngx_uint_t  i, k, from, days;

    from = u->start - ngx_apigw_usage_first(u);
    days = u->end - u->start + 1;

    for (i = 0; i < from + days; i++) {
        counts[i] = count_of(i);
    }

    ngx_apigw_usage_remaining(u, counts, remaining);

    p = read_text(p, last, "{\"usagePlanId\":\"");
    p = read_string(p, last, &u->plan);

    (void) ngx_apigw_date_print(date, u->start);
    snprintf(want, sizeof(want), "\",\"startDate\":\"%.10s", date);
    p = read_text(p, last, want);

    (void) ngx_apigw_date_print(date, u->end);
    snprintf(want, sizeof(want), "\",\"endDate\":\"%.10s", date);
    p = read_text(p, last, want);

    if (u->position.len) {
        p = read_text(p, last, "\",\"position\":\"");
        p = read_string(p, last, &u->position);
    }

    p = read_text(p, last, "\",\"values\":{");

    for (k = 0; k < 2; k++) {
        p = read_text(p, last, k ? ",\"" : "\"");
        p = read_string(p, last, ids[k]);
        p = read_text(p, last, "\":[");

        for (i = 0; i < days; i++) {
            snprintf(want, sizeof(want),
                     u->period ? "%s[%lu,%lu]" : "%s[%lu,-1]", i ? "," : "",
                     (unsigned long) counts[from + i],
                     (unsigned long) remaining[i]);
            p = read_text(p, last, want);
        }

        p = read_text(p, last, "]");
    }

    p = read_text(p, last, "}}");
    check(p == last);
}


/* until the quote that ends it; escapes are of those that JSON has */

static u_char *
read_string(u_char *p, u_char *last, ngx_str_t *want)
{
    u_char     b[2];
    size_t     n;
    unsigned   c;
    ngx_str_t  hex;

    for (n = 0; p < last && *p != '"'; n++) {

        c = *p++;
        check(c >= 0x20);

        if (c == '\\') {
            c = *p++;

            if (c == 'u') {
                check(last - p > 4);

                hex.len = 4;
                hex.data = p;
                p += 4;

                check(ngx_apigw_unhex(b, 2, &hex) == NGX_OK);
                c = (unsigned) b[0] << 8 | b[1];

            } else {
                check(c == '"' || c == '\\');
            }
        }

        check(n < want->len);
        check(c == want->data[n] || (c == 0xfffd && want->data[n] >= 0x80));
    }

    check(p < last && n == want->len);

    return p;
}


static u_char *
read_text(u_char *p, u_char *last, const char *want)
{
    size_t  len;

    len = strlen(want);

    check((size_t) (last - p) >= len && memcmp(p, want, len) == 0);

    return p + len;
}


static void
read_csv(ngx_apigw_usage_t *u, ngx_str_t **ids, u_char *p, u_char *last)
{
    char             want[64];
    u_char           date[NGX_APIGW_DATE_LEN];
    uint32_t         day;
    ngx_str_t        s;
    ngx_uint_t       k, from;
    ngx_apigw_csv_t  csv;

    from = u->start - ngx_apigw_usage_first(u);

    ngx_apigw_csv_init(&csv, p, (size_t) (last - p));

    check(ngx_apigw_csv_next(&csv) == NGX_OK && csv.nfields == 5);

    s.data = (u_char *) want;

    for (k = 0; k < 2; k++) {

        for (day = u->start; day <= u->end; day++) {
            check(ngx_apigw_csv_next(&csv) == NGX_OK && csv.nfields == 5);

            inert(&csv.fields[0], &u->plan);
            inert(&csv.fields[1], ids[k]);

            (void) ngx_apigw_date_print(date, day);
            s.len = (size_t) sprintf(want, "%.10s", date);
            same(&csv.fields[2], &s);

            s.len = (size_t) sprintf(want, "%lu", (unsigned long)
                                     count_of(from + day - u->start));
            same(&csv.fields[3], &s);

            check(csv.fields[4].len);
        }
    }

    check(ngx_apigw_csv_next(&csv) == NGX_DONE);
}


static uint64_t
count_of(ngx_uint_t n)
{
    return (n % 7 == 3) ? (uint64_t) -1 : n * n % 23;
}
