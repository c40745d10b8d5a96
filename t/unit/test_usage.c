
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_csv.h"
#include "ngx_apigw_text.h"
#include "ngx_apigw_usage.h"
#include "tap.h"


#define DAY    NGX_APIGW_PERIOD_DAY
#define WEEK   NGX_APIGW_PERIOD_WEEK
#define MONTH  NGX_APIGW_PERIOD_MONTH

#define JSON   NGX_APIGW_USAGE_JSON
#define CSV    NGX_APIGW_USAGE_CSV

#define NONE   NGX_APIGW_USAGE_NO_QUOTA


static uint64_t  seed = 88172645463325252;


static uint64_t
rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


static uint32_t
day_of(const char *date)
{
    uint32_t   day;
    ngx_str_t  s;

    s.len = strlen(date);
    s.data = (u_char *) date;

    day = 0;

    if (ngx_apigw_date_parse(&day, &s) != NGX_OK) {
        ok(0, "date %s", date);
    }

    return day;
}


static void
set(ngx_str_t *s, const char *text)
{
    s->len = strlen(text);
    s->data = (u_char *) text;
}


static void
report(ngx_apigw_usage_t *u, const char *start, const char *end)
{
    memset(u, 0, sizeof(ngx_apigw_usage_t));

    set(&u->plan, "abc123");
    u->start = day_of(start);
    u->end = day_of(end);
}


/*
 * Appends what one piece of a report is, written where exactly the told length
 * is free; with a byte less there is nothing.
 */

#define HEAD  ((const char *) NULL)
#define TAIL  ""


static char *
piece(char *text, ngx_apigw_usage_t *u, const char *id, const uint64_t *counts)
{
    u_char      *p, *buf;
    size_t       len, n;
    ngx_str_t    s;
    ngx_uint_t   nkeys;

    nkeys = u->nkeys;
    buf = NULL;
    p = NULL;

    set(&s, id ? id : "");

    len = (id == HEAD) ? ngx_apigw_usage_head_len(u)
          : *id ? ngx_apigw_usage_key_len(u, &s)
          : NGX_APIGW_USAGE_TAIL_LEN;

    for (n = len - 1; n <= len; n++) {
        free(buf);
        buf = malloc(n ? n : 1);

        p = (id == HEAD) ? ngx_apigw_usage_head(u, buf, buf + n)
            : *id ? ngx_apigw_usage_key(u, buf, buf + n, &s, counts)
            : ngx_apigw_usage_tail(u, buf, buf + n);

        if (n < len && (p != NULL || u->nkeys != nkeys)) {
            ok(0, "a piece in too little room");
        }
    }

    if (p == NULL || p > buf + len
        || u->nkeys != nkeys + (id != HEAD && *id))
    {
        ok(0, "a piece in enough room");
        p = buf;
    }

    n = (size_t) (p - buf);
    memcpy(text, buf, n);
    text[n] = '\0';

    free(buf);

    return text + n;
}


static void
is_text(const char *got, const char *want, const char *title)
{
    if (!ok(strcmp(got, want) == 0, "%s", title)) {
        comment("got  %s", got);
        comment("want %s", want);
    }
}


static void
test_json(void)
{
    char                *p, text[4096];
    ngx_apigw_usage_t    u;
    ngx_apigw_period_t   month;

    static const uint64_t  some[] = { 0, 17, 3 };
    static const uint64_t  live[] = { 137, 123, 84 };
    static const uint64_t  many[] = { 1, (uint64_t) -1, 0 };

    month.type = MONTH;
    month.offset = 0;

    report(&u, "2026-08-01", "2026-08-03");
    u.period = &month;
    u.limit = 10000;
    set(&u.position, "k1");

    p = piece(text, &u, HEAD, NULL);
    p = piece(p, &u, "k1", some);
    (void) piece(p, &u, TAIL, NULL);

    is_text(text, "{\"usagePlanId\":\"abc123\",\"startDate\":\"2026-08-01\","
                  "\"endDate\":\"2026-08-03\",\"position\":\"k1\","
                  "\"values\":{\"k1\":[[0,10000],[17,9983],[3,9980]]}}",
            "AWS's shape");

    /* a member of what AWS has answered */

    report(&u, "2026-09-01", "2026-09-03");
    u.period = &month;
    u.limit = 1000000;
    set(&u.plan, "cqdia0");

    p = piece(text, &u, HEAD, NULL);
    p = piece(p, &u, "58v93i1885", live);
    p = piece(p, &u, "other", many);
    (void) piece(p, &u, TAIL, NULL);

    is_text(text, "{\"usagePlanId\":\"cqdia0\",\"startDate\":\"2026-09-01\","
                  "\"endDate\":\"2026-09-03\",\"values\":{"
                  "\"58v93i1885\":[[137,999863],[123,999740],[84,999656]],"
                  "\"other\":[[1,999999],[18446744073709551615,0],[0,0]]}}",
            "two keys, no position");

    report(&u, "2026-09-01", "2026-09-01");
    set(&u.plan, "a \"plan\"\\\n\xe9");

    p = piece(text, &u, HEAD, NULL);
    (void) piece(p, &u, TAIL, NULL);

    is_text(text, "{\"usagePlanId\":\"a \\\"plan\\\"\\\\\\u000a\\ufffd\","
                  "\"startDate\":\"2026-09-01\",\"endDate\":\"2026-09-01\","
                  "\"values\":{}}",
            "no key, a plan to escape");

    p = piece(text, &u, HEAD, NULL);
    p = piece(text, &u, "k\"1", some + 1);
    (void) piece(p, &u, TAIL, NULL);

    is_text(text, "\"k\\\"1\":[[17,-1]]}}", "no quota");
}


static void
test_csv(void)
{
    char                *p, text[4096];
    ngx_apigw_csv_t      csv;
    ngx_apigw_usage_t    u;
    ngx_apigw_period_t   day;

    static const uint64_t  some[] = { 0, 17, 3 };

    day.type = DAY;
    day.offset = 0;

    report(&u, "2026-12-30", "2027-01-01");
    u.period = &day;
    u.limit = 10;
    u.format = CSV;
    set(&u.position, "not-in-csv");

    p = piece(text, &u, HEAD, NULL);
    p = piece(p, &u, "k1", some);
    p = piece(p, &u, "k2", some);
    (void) piece(p, &u, TAIL, NULL);

    is_text(text, "usagePlanId,keyId,date,used,remaining\r\n"
                  "abc123,k1,2026-12-30,0,10\r\n"
                  "abc123,k1,2026-12-31,17,0\r\n"
                  "abc123,k1,2027-01-01,3,7\r\n"
                  "abc123,k2,2026-12-30,0,10\r\n"
                  "abc123,k2,2026-12-31,17,0\r\n"
                  "abc123,k2,2027-01-01,3,7\r\n",
            "CSV");

    report(&u, "2026-09-01", "2026-09-01");
    u.format = CSV;
    set(&u.plan, "a \"plan\", or two");

    (void) piece(text, &u, "k,1", some + 1);

    is_text(text, "\"a \"\"plan\"\", or two\",\"k,1\",2026-09-01,17,-1\r\n",
            "quoted; no quota");

    ngx_apigw_csv_init(&csv, (u_char *) text, strlen(text));

    is_int(ngx_apigw_csv_next(&csv), NGX_OK, "is read");
    is_int(csv.nfields, 5, "five fields");
    is_nstr(&csv.fields[0], "a \"plan\", or two", "as it was");
}


static void
test_lengths(void)
{
    char                *p, *text, plan[64], id[64];
    size_t               i, len;
    uint64_t             counts[NGX_APIGW_USAGE_COUNTS];
    ngx_str_t            s;
    ngx_apigw_usage_t    u;
    ngx_apigw_period_t   day;

    memset(plan, '\x01', sizeof(plan) - 1);
    plan[sizeof(plan) - 1] = '\0';
    memset(id, '\x02', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';

    for (i = 0; i < NGX_APIGW_USAGE_COUNTS; i++) {
        counts[i] = (uint64_t) -1;
    }

    day.type = DAY;
    day.offset = 0;

    report(&u, "2026-01-01", "2026-03-31");
    u.period = &day;
    u.limit = (uint64_t) -1;
    set(&u.plan, plan);
    set(&u.position, id);
    set(&s, id);

    is_int(u.end - u.start + 1, NGX_APIGW_USAGE_DAYS, "90 days");

    len = ngx_apigw_usage_head_len(&u);
    text = malloc(len + ngx_apigw_usage_key_len(&u, &s) + 1);

    p = piece(text, &u, HEAD, NULL);
    is_int(p - text, len, "a head may be as long as that");

    u.nkeys = 1;
    p = piece(text, &u, id, counts);
    is_int(text + ngx_apigw_usage_key_len(&u, &s) - p,
           90 * (NGX_APIGW_NUMBER_LEN - 1) + 1, "a key may nearly be so");

    free(text);

    /* quotes are doubled */

    memset(plan, '"', sizeof(plan) - 1);
    memset(id, '"', sizeof(id) - 1);

    u.format = CSV;

    len = ngx_apigw_usage_key_len(&u, &s);
    text = malloc(len + 1);
    p = piece(text, &u, id, counts);
    is_int(text + len - p, 90 * (NGX_APIGW_NUMBER_LEN - 1),
           "so may a key of CSV");
    free(text);

    u.end++;
    len = ngx_apigw_usage_key_len(&u, &s);
    text = malloc(len);
    ok(ngx_apigw_usage_key(&u, (u_char *) text, (u_char *) text + len, &s,
                           counts)
       == NULL, "no 91 days");
    free(text);
}


static void
test_remaining(void)
{
    size_t              i, k, n;
    uint64_t            remaining[NGX_APIGW_USAGE_DAYS];
    ngx_apigw_usage_t   u;
    ngx_apigw_period_t  p;

    static const struct {
        const char  *start;
        const char  *end;
        ngx_uint_t   type;
        ngx_uint_t   offset;
        const char  *first;
        uint64_t     limit;
        uint64_t     counts[8];
        uint64_t     want[8];
    } rows[] = {
        { "2026-11-22", "2026-11-24", DAY, 0, "2026-11-22", 10,
          { 3, 10, 11 }, { 7, 0, 0 } },

        /* 2026-11-22 is a Sunday */

        { "2026-11-20", "2026-11-22", WEEK, 0, "2026-11-15", 10,
          { 1, 2, 0, 0, 1 }, { 6, 6, 10 } },
        { "2026-11-20", "2026-11-22", WEEK, 5, "2026-11-20", 10,
          { 1, 2, 3 }, { 9, 7, 4 } },
        { "2026-11-20", "2026-11-22", WEEK, 0, "2026-11-15", 10,
          { 8, 4, 0, 0, 0, 1, 1, 5 }, { 0, 0, 5 } },
        { "2026-11-19", "2026-11-19", WEEK, 3, "2026-11-18", 100,
          { 30, 4 }, { 66 } },

        { "2026-11-02", "2026-11-03", MONTH, 0, "2026-11-01", 1000,
          { 100, 20, 3 }, { 880, 877 } },
        { "2026-11-30", "2026-12-02", MONTH, 27, "2026-11-28", 1000,
          { 100, 20, 3, 4, 5 }, { 877, 873, 868 } },
        { "2028-02-29", "2028-03-01", MONTH, 27, "2028-02-28", 5,
          { 1, 2, 1 }, { 2, 1 } },
        { "1970-01-01", "1970-01-03", MONTH, 1, "1970-01-01", 5,
          { 1, 2, 3 }, { 4, 3, 0 } },

        { "2026-11-01", "2026-11-03", MONTH, 0, "2026-11-01", 1,
          { (uint64_t) -1, (uint64_t) -1, 2 }, { 0, 0, 0 } },
        { "2026-11-01", "2026-11-02", MONTH, 0, "2026-11-01", 0,
          { 0, 1 }, { 0, 0 } },

        { "2026-11-03", "2026-11-04", 0, 0, "2026-11-03", 7,
          { 5, 6 }, { NONE, NONE } }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        p.type = rows[i].type;
        p.offset = rows[i].offset;

        report(&u, rows[i].start, rows[i].end);
        u.period = p.type ? &p : NULL;
        u.limit = rows[i].limit;

        is_int(ngx_apigw_usage_first(&u), day_of(rows[i].first),
               "row %lu begins with %s", (unsigned long) i, rows[i].first);

        ngx_apigw_usage_remaining(&u, rows[i].counts, remaining);
        n = u.end - u.start + 1;

        for (k = 0; k < n; k++) {
            ok(remaining[k] == rows[i].want[k], "day %lu: %lu",
               (unsigned long) k, (unsigned long) remaining[k]);
        }
    }
}


/* any period, any range, any counts: against a sum of each day anew */

static void
test_model(void)
{
    size_t              i, k, n;
    __int128            sum, want;
    uint32_t            day, from;
    uint64_t            counts[NGX_APIGW_USAGE_COUNTS];
    uint64_t            remaining[NGX_APIGW_USAGE_DAYS + 1];
    ngx_uint_t          bad, most, rolled;
    ngx_apigw_usage_t   u;
    ngx_apigw_period_t  p;

    memset(&u, 0, sizeof(u));

    bad = 0;
    most = 0;
    rolled = 0;

    for (i = 0; i < 20000; i++) {
        p.type = 1 + rnd() % 3;
        p.offset = (p.type == DAY) ? 0 : rnd() % (p.type == WEEK ? 7 : 28);

        u.period = &p;
        u.limit = rnd() >> (rnd() % 64);
        u.start = (uint32_t) (rnd() % ((rnd() % 4) ? 80000 : 40));
        u.end = u.start + (uint32_t) (rnd() % NGX_APIGW_USAGE_DAYS);

        from = ngx_apigw_usage_first(&u);
        n = u.end - from + 1;
        most = ngx_max(most, n);

        for (k = 0; k < n; k++) {
            counts[k] = (rnd() % 3) ? (u.limit >> 4) : rnd() >> (rnd() % 64);
        }

        n = u.end - u.start + 1;
        remaining[n] = 4711;
        ngx_apigw_usage_remaining(&u, counts, remaining);
        bad += remaining[n] != 4711;

        for (k = 0; k < n; k++) {
            day = ngx_apigw_period_start(&p, u.start + (uint32_t) k);
            rolled += day > u.start;

            for (sum = 0; day <= u.start + k; day++) {
                sum += counts[day - from];
            }

            want = (sum < (__int128) u.limit) ? u.limit - sum : 0;
            bad += (__int128) remaining[k] != want;
        }
    }

    is_int(bad, 0, "remains what a sum says");
    is_int(most, NGX_APIGW_USAGE_COUNTS, "the most counts are as many");
    ok(rolled > 100000, "many periods began within a report");
}


int
main(void)
{
    test_json();
    test_csv();
    test_lengths();
    test_remaining();
    test_model();

    return done();
}
