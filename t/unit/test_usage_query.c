
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_usage.h"
#include "tap.h"


#define JSON   NGX_APIGW_USAGE_JSON
#define CSV    NGX_APIGW_USAGE_CSV

#define RANGE  "plan=gold&startDate=2026-08-01&endDate=2026-08-03"


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
is_text(const char *got, const char *want, const char *title)
{
    if (!ok(strcmp(got, want) == 0, "%s", title)) {
        comment("got  %s", got);
        comment("want %s", want);
    }
}


static ngx_int_t
query(ngx_apigw_usage_query_t *q, ngx_apigw_usage_error_t *err,
    const char *text)
{
    u_char     *args;
    size_t      len;
    ngx_int_t   rc;
    ngx_str_t   s;

    static u_char  *buf;

    /* without a NUL, for the sanitizer */

    len = strlen(text);
    args = malloc(len ? len : 1);
    memcpy(args, text, len);

    free(buf);
    buf = malloc(len ? len : 1);

    s.len = len;
    s.data = args;

    memset(q, 0xff, sizeof(ngx_apigw_usage_query_t));
    err->name = NULL;
    err->reason = NULL;

    rc = ngx_apigw_usage_query(q, &s, buf, err);

    if (memcmp(args, text, len) != 0) {
        ok(0, "the arguments are as they were: %s", text);
    }

    free(args);

    return rc;
}


static void
test_query(void)
{
    size_t                   i;
    ngx_apigw_usage_query_t  q;
    ngx_apigw_usage_error_t  err;

    static const struct {
        const char  *args;
        const char  *plan;
        const char  *key;
        const char  *position;
        ngx_uint_t   limit;
        ngx_uint_t   format;
    } rows[] = {
        { RANGE, "gold", "", "", 25, JSON },
        { RANGE "&format=json", "gold", "", "", 25, JSON },
        { RANGE "&format=csv", "gold", "", "", 25, CSV },
        { "format=csv&" RANGE, "gold", "", "", 25, CSV },
        { RANGE "&key=k1", "gold", "k1", "", 25, JSON },
        { RANGE "&position=k2&limit=500", "gold", "", "k2", 500, JSON },
        { RANGE "&limit=1&key=k.1-_", "gold", "k.1-_", "", 1, JSON },
        { RANGE "&limit=0025", "gold", "", "", 25, JSON },

        /* what is empty is not given */

        { RANGE "&key=&position&limit=&format", "gold", "", "", 25, JSON },
        { "&&" RANGE "&&key=k1&", "gold", "k1", "", 25, JSON },

        /* encoded */

        { "startDate=%32026-08-01&endDate=2026%2d08%2D03&plan=a+b%20%2b%25",
          "a b +%", "", "", 25, JSON },
        { "%70lan=gold&startDate=2026-08-01&endDate=2026-08-03&f%6Frmat=csv",
          "gold", "", "", 25, CSV },
        { RANGE "&key=a%3Db%26c", "gold", "a=b&c", "", 25, JSON },
        { RANGE "&key=a=b==", "gold", "a=b==", "", 25, JSON },
        { RANGE "&key=%C3%a9;?/", "gold", "\xc3\xa9;?/", "", 25, JSON }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(query(&q, &err, rows[i].args), NGX_OK, "%s", rows[i].args);

        is_nstr(&q.plan, rows[i].plan, "plan");
        is_nstr(&q.key, rows[i].key, "key");
        is_nstr(&q.position, rows[i].position, "position");
        is_int(q.limit, rows[i].limit, "limit");
        is_int(q.format, rows[i].format, "format");
        ok(q.start == day_of("2026-08-01") && q.end == day_of("2026-08-03"),
           "days");
        ok(err.name == NULL && err.reason == NULL, "no error");
    }

    is_int(query(&q, &err, "plan=p&startDate=1970-01-01&endDate=1970-01-01"),
           NGX_OK, "the first day");
    ok(q.start == 0 && q.end == 0, "alone");

    is_int(query(&q, &err, "plan=p&startDate=2026-01-01&endDate=2026-03-31"),
           NGX_OK, "90 days");
    is_int(q.end - q.start + 1, NGX_APIGW_USAGE_DAYS, "as many");
    ok(!q.statement, "no statement");
}


static void
test_month(void)
{
    size_t                   i;
    ngx_apigw_usage_query_t  q;
    ngx_apigw_usage_error_t  err;

    static const char  *bad[] = {
        "2026", "2026-1", "2026-13", "2026-00", "1969-12", "2026-11-01",
        "2026/11", "x026-11", "2026-1x"
    };

    is_int(query(&q, &err, "plan=gold&month=2026-11&format=csv&key=&endDate="),
           NGX_OK, "a month");
    ok(q.statement && q.month == 682 && q.format == CSV, "which it is");
    is_int(query(&q, &err, "plan=gold&month=1970-01"), NGX_OK, "the first");
    ok(q.statement && q.month == 0, "is 0");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char  args[64];

        snprintf(args, sizeof(args), "plan=gold&month=%s", bad[i]);
        is_int(query(&q, &err, args), NGX_DECLINED, "%s", args);
        ok(strcmp(err.name, "month") == 0
           && strcmp(err.reason, "is not a month YYYY-MM") == 0, "no month");
    }

    is_int(query(&q, &err, "plan=gold&month=2026-11&startDate=2026-11-01"),
           NGX_DECLINED, "a month and a day");
    ok(strcmp(err.name, "startDate") == 0
       && strcmp(err.reason, "is given beside month") == 0, "the day is one");
    is_int(query(&q, &err, "plan=gold&month="), NGX_DECLINED, "no month");
    ok(strcmp(err.name, "startDate") == 0, "so days are required");
    is_int(query(&q, &err, "month=2026-11"), NGX_DECLINED, "no plan");
}


static void
test_query_errors(void)
{
    size_t                   i;
    ngx_str_t                args;
    ngx_apigw_usage_query_t  q;
    ngx_apigw_usage_error_t  err;

    static const char  limit[] = "is not a number from 1 to 500";
    static const char  date[] = "is not a date YYYY-MM-DD";
    static const char  hex[] = "has a \"%\" without two hex digits";
    static const char  control[] = "has a control character";
    static const char  unknown[] =
        "has an unknown parameter; known are plan, key, startDate, endDate, "
        "month, limit, position, format";

    static const struct {
        const char  *args;
        const char  *name;
        const char  *reason;
    } rows[] = {
        { "", "plan", "is required" },
        { "&", "plan", "is required" },
        { "plan", "plan", "is required" },
        { "plan=&startDate=2026-08-01&endDate=2026-08-03", "plan",
          "is required" },
        { "plan=p", "startDate", "is required" },
        { "plan=p&startDate=", "startDate", "is required" },
        { "plan=p&endDate=2026-08-03", "startDate", "is required" },
        { "plan=p&startDate=2026-08-01", "endDate", "is required" },

        { "plan=p&startDate=2026-02-29&endDate=2026-08-03", "startDate",
          date },
        { "plan=p&startDate=2026-8-01&endDate=2026-08-03", "startDate", date },
        { "plan=p&startDate=2026-08-01&endDate=20260803", "endDate", date },
        { "plan=p&startDate=1969-12-31&endDate=2026-08-03", "startDate",
          date },
        { "plan=p&startDate=2026-08-02&endDate=2026-08-01", "endDate",
          "is before startDate" },
        { "plan=p&startDate=2026-01-01&endDate=2026-04-01", "endDate",
          "makes a range of more than 90 days" },
        { "plan=p&startDate=1970-01-01&endDate=9999-12-31", "endDate",
          "makes a range of more than 90 days" },

        { RANGE "&limit=0", "limit", limit },
        { RANGE "&limit=501", "limit", limit },
        { RANGE "&limit=-1", "limit", limit },
        { RANGE "&limit=1x", "limit", limit },
        { RANGE "&limit=+1", "limit", limit },
        { RANGE "&limit=1.5", "limit", limit },
        { RANGE "&limit=18446744073709551617", "limit", limit },
        { RANGE "&limit=99999999999999999999999999", "limit", limit },

        { RANGE "&format=xml", "format", "is neither \"json\" nor \"csv\"" },
        { RANGE "&format=JSON", "format", "is neither \"json\" nor \"csv\"" },
        { RANGE "&format=csvx", "format", "is neither \"json\" nor \"csv\"" },

        { RANGE "&plan=gold", "plan", "is given twice" },
        { "key=&" RANGE "&key=k", "key", "is given twice" },
        { "key&key", "key", "is given twice" },

        { RANGE "&limt=1", "query", unknown },
        { RANGE "&startdate=2026-08-01", "query", unknown },
        { RANGE "&=1", "query", unknown },
        { RANGE "&query=1", "query", unknown },
        { RANGE "&plans=1", "query", unknown },
        { "?" RANGE, "query", unknown },

        { RANGE "&key=%", "key", hex },
        { RANGE "&key=%4", "key", hex },
        { RANGE "&key=%4&limit=1", "key", hex },
        { RANGE "&key=%4g", "key", hex },
        { RANGE "&key=%%41", "key", hex },
        { RANGE "&%6=1", "query", hex },
        { RANGE "&key=a%00", "key", control },
        { RANGE "&key=%0d%0a", "key", control },
        { RANGE "&position=%1f", "position", control },
        { RANGE "&position=%7f", "position", control },
        { RANGE "&key=\t", "key", control },
        { RANGE "&k%00ey=1", "query", control }
    };

    ngx_str_null(&args);

    is_int(ngx_apigw_usage_query(&q, &args, NULL, &err), NGX_DECLINED,
           "no query at all");
    is_text(err.name, "plan", "needs a plan");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(query(&q, &err, rows[i].args), NGX_DECLINED, "no \"%s\"",
               rows[i].args);

        is_text(err.name ? err.name : "", rows[i].name, "names it");
        is_text(err.reason ? err.reason : "", rows[i].reason, "says why");
    }
}


int
main(void)
{
    test_query();
    test_month();
    test_query_errors();

    return done();
}
