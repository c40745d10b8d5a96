
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_period.h"
#include "tap.h"


/*
 * The slow calendar: one day after the other from Thursday, 1970-01-01, by the
 * rules that a child learns.
 */

typedef struct {
    int         year;
    int         month;
    int         mday;
    int         wday;                    /* Sunday is 0 */
} walk_t;


#define DAY    NGX_APIGW_PERIOD_DAY
#define WEEK   NGX_APIGW_PERIOD_WEEK
#define MONTH  NGX_APIGW_PERIOD_MONTH


/* until some months into 2201, so that each period of 2200 has its end */

#define DAYS  (84371 + 120)


static uint8_t   mdays[DAYS];
static uint8_t   wdays[DAYS];
static uint32_t  starts[DAYS];
static uint32_t  ends[DAYS];


static int
walk_leap(int year)
{
    if (year % 400 == 0) {
        return 1;
    }

    if (year % 100 == 0) {
        return 0;
    }

    return year % 4 == 0;
}


static void
walk_next(walk_t *w)
{
    int  len;

    switch (w->month) {

    case 2:
        len = walk_leap(w->year) ? 29 : 28;
        break;

    case 4:
    case 6:
    case 9:
    case 11:
        len = 30;
        break;

    default:
        len = 31;
    }

    w->wday = (w->wday == 6) ? 0 : w->wday + 1;

    if (w->mday < len) {
        w->mday++;
        return;
    }

    w->mday = 1;

    if (w->month < 12) {
        w->month++;
        return;
    }

    w->month = 1;
    w->year++;
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
test_dates(void)
{
    size_t      i;
    u_char     *last, text[NGX_APIGW_DATE_LEN + 1];
    uint32_t    day;
    ngx_str_t   s;

    static const struct {
        const char  *date;
        uint32_t     day;
    } dates[] = {
        { "1970-01-01", 0 },
        { "1970-01-31", 30 },
        { "1970-02-01", 31 },
        { "1970-02-28", 58 },
        { "1970-03-01", 59 },
        { "1970-12-31", 364 },
        { "1971-01-01", 365 },
        { "1972-02-29", 789 },
        { "1999-12-31", 10956 },
        { "2000-02-28", 11015 },
        { "2000-02-29", 11016 },
        { "2000-03-01", 11017 },
        { "2024-02-29", 19782 },
        { "2026-11-22", 20779 },
        { "2038-01-19", 24855 },
        { "2100-02-28", 47540 },
        { "2100-03-01", 47541 },
        { "2200-12-31", 84370 },
        { "2400-02-29", 157113 },
        { "2400-03-01", 157114 },
        { "9999-12-31", NGX_APIGW_DAY_MAX }
    };

    for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        s.len = NGX_APIGW_DATE_LEN;
        s.data = (u_char *) dates[i].date;

        day = 4711;

        is_int(ngx_apigw_date_parse(&day, &s), NGX_OK, "%s", dates[i].date);
        is_int(day, dates[i].day, "its day");

        memset(text, '!', sizeof(text));

        last = ngx_apigw_date_print(text, day);

        ok(last == text + NGX_APIGW_DATE_LEN && *last == '!',
           "prints ten bytes");
        is_mem(text, dates[i].date, NGX_APIGW_DATE_LEN, "of the same date");
    }

    last = ngx_apigw_date_print(text, NGX_APIGW_DAY_MAX + 1);
    ok(last == text + NGX_APIGW_DATE_LEN, "a day too late: ten bytes");
    is_mem(text, "9999-12-31", NGX_APIGW_DATE_LEN, "of the last day");

    last = ngx_apigw_date_print(text, (uint32_t) -1);
    ok(last == text + NGX_APIGW_DATE_LEN, "the largest: ten bytes");
    is_mem(text, "9999-12-31", NGX_APIGW_DATE_LEN, "of the last day");
}


static void
test_date_errors(void)
{
    size_t       i, len;
    u_char      *copy;
    uint32_t     day;
    ngx_str_t    s;
    ngx_uint_t   c, bad;

    static const char  *errors[] = {
        "", "2026", "2026-11", "2026-11-2", "2026-11-222", "2026-1-022",
        "26-11-2200", "2026-11-22 ", " 2026-11-2", "2026-11-22T00:00:00Z",
        "2026/11/22", "2026.11.22", "20261122", "20261122--", "2026-1122-",
        "-2026-11-2", "+026-11-22", "2026-+1-22", "2026-11-+2", "2026-11--2",
        "2026-00-22", "2026-13-22", "2026-99-22", "2026-11-00", "2026-11-31",
        "2026-01-32", "2026-02-29", "2026-04-31", "2026-06-31", "2026-09-31",
        "2100-02-29", "2200-02-29", "2300-02-29", "2000-02-30", "2400-02-30",
        "1969-12-31", "1900-01-01", "0000-01-01", "0000-00-00", "1972-02-30",
        "9999-12-32", "99999-1-01", "2026-11-2a", "2026-1a-22", "a026-11-22",
        "2026-11-\xb2\xb2", "2026-12-99"
    };

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {

        /* without a NUL, for the sanitizer */

        len = strlen(errors[i]);
        copy = malloc(len ? len : 1);
        memcpy(copy, errors[i], len);

        s.len = len;
        s.data = copy;

        day = 4711;

        ok(ngx_apigw_date_parse(&day, &s) == NGX_ERROR && day == 4711,
           "no date \"%s\"", errors[i]);

        free(copy);
    }

    /* each byte at each place */

    copy = malloc(NGX_APIGW_DATE_LEN);

    s.len = NGX_APIGW_DATE_LEN;
    s.data = copy;

    for (bad = 0, i = 0; i < NGX_APIGW_DATE_LEN; i++) {
        for (c = 0; c < 256; c++) {
            memcpy(copy, "2026-11-22", NGX_APIGW_DATE_LEN);
            copy[i] = (u_char) c;

            if (ngx_apigw_date_parse(&day, &s) == NGX_OK) {
                bad += (i == 4 || i == 7) ? c != '-' : c < '0' || c > '9';
            }
        }
    }

    is_int(bad, 0, "nothing but digits and hyphens");

    free(copy);
}


static void
test_parse(void)
{
    char                *copy;
    size_t               i;
    ngx_str_t            s;
    ngx_apigw_period_t   p;

    static const struct {
        const char  *name;
        ngx_uint_t   type;
        ngx_uint_t   offset;
    } good[] = {
        { "day", DAY, 0 },
        { "week", WEEK, 6 },
        { "month", MONTH, 27 }
    };

    static const char  *bad[] = {
        "", "d", "da", "days", "Day", "DAY", " day", "day ", "hour", "weekly",
        "wee", "WEEK", "months", "mont", "MONTH", "year", "dayweek"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        s.len = strlen(good[i].name);
        s.data = (u_char *) good[i].name;

        memset(&p, 0xff, sizeof(p));

        is_int(ngx_apigw_period_parse(&p, &s), NGX_OK, "%s", good[i].name);
        ok(p.type == good[i].type && p.offset == 0, "type, no offset");

        is_int(ngx_apigw_period_offset(&p, good[i].offset), NGX_OK,
               "largest offset");
        is_int(p.offset, good[i].offset, "is set");
        is_int(ngx_apigw_period_offset(&p, good[i].offset + 1), NGX_ERROR,
               "one more");
        is_int(ngx_apigw_period_offset(&p, (ngx_uint_t) -1), NGX_ERROR,
               "many more");
        is_int(p.offset, good[i].offset, "is as it was");
        is_int(ngx_apigw_period_offset(&p, 0), NGX_OK, "none");
        is_int(p.offset, 0, "is set");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        s.len = strlen(bad[i]);
        copy = malloc(s.len ? s.len : 1);
        memcpy(copy, bad[i], s.len);
        s.data = (u_char *) copy;

        p.type = 4711;
        p.offset = 4712;

        ok(ngx_apigw_period_parse(&p, &s) == NGX_ERROR
           && p.type == 4711 && p.offset == 4712,
           "no period \"%s\"", bad[i]);

        free(copy);
    }

    is_int(ngx_apigw_period_offset(&p, 0), NGX_ERROR, "offset of no type");
}


static void
test_periods(void)
{
    size_t              i;
    ngx_apigw_period_t  p;

    static const struct {
        const char  *day;
        const char  *start;
        const char  *end;
        ngx_uint_t   type;
        ngx_uint_t   offset;
    } rows[] = {
        { "2026-11-22", "2026-11-22", "2026-11-23", DAY, 0 },
        { "2024-02-28", "2024-02-28", "2024-02-29", DAY, 0 },
        { "1999-12-31", "1999-12-31", "2000-01-01", DAY, 0 },
        { "1970-01-01", "1970-01-01", "1970-01-02", DAY, 0 },

        /* 2026-11-22 is a Sunday */

        { "2026-11-21", "2026-11-15", "2026-11-22", WEEK, 0 },
        { "2026-11-22", "2026-11-22", "2026-11-29", WEEK, 0 },
        { "2026-11-28", "2026-11-22", "2026-11-29", WEEK, 0 },
        { "2026-11-22", "2026-11-16", "2026-11-23", WEEK, 1 },
        { "2026-11-23", "2026-11-23", "2026-11-30", WEEK, 1 },
        { "2026-11-22", "2026-11-21", "2026-11-28", WEEK, 6 },
        { "2027-01-01", "2026-12-27", "2027-01-03", WEEK, 0 },
        { "1970-01-01", "1970-01-01", "1970-01-04", WEEK, 0 },
        { "1970-01-01", "1970-01-01", "1970-01-08", WEEK, 4 },
        { "1970-01-01", "1970-01-01", "1970-01-02", WEEK, 5 },
        { "1970-01-02", "1970-01-01", "1970-01-03", WEEK, 6 },
        { "1970-01-03", "1970-01-03", "1970-01-10", WEEK, 6 },

        { "2026-11-01", "2026-11-01", "2026-12-01", MONTH, 0 },
        { "2026-12-31", "2026-12-01", "2027-01-01", MONTH, 0 },
        { "2026-11-27", "2026-10-28", "2026-11-28", MONTH, 27 },
        { "2026-11-28", "2026-11-28", "2026-12-28", MONTH, 27 },
        { "2027-01-14", "2026-12-15", "2027-01-15", MONTH, 14 },
        { "2000-02-29", "2000-02-01", "2000-03-01", MONTH, 0 },
        { "2000-02-29", "2000-02-28", "2000-03-28", MONTH, 27 },
        { "2100-03-01", "2100-02-28", "2100-03-28", MONTH, 27 },
        { "2400-02-01", "2400-02-01", "2400-03-01", MONTH, 0 },
        { "1970-01-01", "1970-01-01", "1970-02-01", MONTH, 0 },
        { "1970-01-01", "1970-01-01", "1970-01-02", MONTH, 1 },
        { "1970-01-27", "1970-01-01", "1970-01-28", MONTH, 27 },
        { "1970-01-28", "1970-01-28", "1970-02-28", MONTH, 27 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        p.type = rows[i].type;
        p.offset = rows[i].offset;

        is_int(ngx_apigw_period_start(&p, day_of(rows[i].day)),
               day_of(rows[i].start), "start of the period of %s, %lu+%lu",
               rows[i].day, (unsigned long) p.type, (unsigned long) p.offset);
        is_int(ngx_apigw_period_end(&p, day_of(rows[i].day)),
               day_of(rows[i].end), "its end");
    }

    p.type = MONTH;
    p.offset = 0;

    is_int(ngx_apigw_period_end(&p, NGX_APIGW_DAY_MAX), NGX_APIGW_DAY_MAX + 1,
           "the last month ends");
}


/* each date from 1970 to 9999; notes the days of the first ones */

static void
test_walk(void)
{
    char        text[64];
    u_char      got[NGX_APIGW_DATE_LEN];
    walk_t      w;
    uint32_t    day, again;
    ngx_str_t   s;
    ngx_uint_t  bad;

    w.year = 1970;
    w.month = 1;
    w.mday = 1;
    w.wday = 4;

    s.len = NGX_APIGW_DATE_LEN;
    s.data = (u_char *) text;

    for (bad = 0, day = 0; w.year < 10000; day++) {

        if (day < DAYS) {
            mdays[day] = (uint8_t) w.mday;
            wdays[day] = (uint8_t) w.wday;
        }

        snprintf(text, sizeof(text), "%04d-%02d-%02d", w.year, w.month,
                 w.mday);

        (void) ngx_apigw_date_print(got, day);

        bad += memcmp(got, text, sizeof(got)) != 0;
        bad += ngx_apigw_date_parse(&again, &s) != NGX_OK || again != day;

        walk_next(&w);
    }

    is_int(day, NGX_APIGW_DAY_MAX + 1, "days until 9999-12-31");
    is_int(bad, 0, "each is printed and parsed as a slow calendar has it");
}


/* each period of one kind */

static void
walk_periods(ngx_uint_t type, ngx_uint_t offset)
{
    uint32_t            day, last, start, end;
    ngx_uint_t          begins, wrong, order, longer;
    ngx_apigw_period_t  p;

    p.type = type;
    p.offset = offset;

    for (start = 0, day = 0; day < DAYS; day++) {

        begins = type == DAY
                 || (type == WEEK && wdays[day] == offset)
                 || (type == MONTH
                     && mdays[day] == offset + 1);

        if (begins) {
            start = day;
        }

        starts[day] = start;
    }

    last = start;

    for (end = last, day = last; day-- > 0; /* void */) {
        ends[day] = end;

        if (starts[day] == day) {
            end = day;
        }
    }

    wrong = 0;
    order = 0;
    longer = 0;

    for (day = 0; day < last; day++) {
        start = ngx_apigw_period_start(&p, day);
        end = ngx_apigw_period_end(&p, day);

        wrong += start != starts[day] || end != ends[day];
        order += start > day || end <= day
                 || ngx_apigw_period_start(&p, end) != end
                 || ngx_apigw_period_start(&p, end - 1) != start
                 || ngx_apigw_period_end(&p, start) != end;
        longer += end - start > NGX_APIGW_PERIOD_MAX;
    }

    ok(last > 84371, "beyond 2200");
    is_int(wrong, 0, "type %lu, offset %lu: as the slow calendar has it",
           (unsigned long) type, (unsigned long) offset);
    is_int(order, 0, "each day in one period, each period after another");
    is_int(longer, 0, "none is too long");
}


static void
test_months(void)
{
    u_char     text[NGX_APIGW_DATE_LEN];
    uint32_t   day, month, wrong, other;
    ngx_str_t  s;

    wrong = 0;

    for (day = 0; day <= NGX_APIGW_DAY_MAX; day += 13) {
        month = ngx_apigw_month_of(day);

        (void) ngx_apigw_date_print(text, day);
        s.data = text;
        s.len = NGX_APIGW_MONTH_LEN;

        wrong += (ngx_apigw_month_parse(&other, &s) != NGX_OK
                  || other != month);

        wrong += (ngx_apigw_month_print(text, month)
                  != text + NGX_APIGW_MONTH_LEN);
        wrong += (ngx_apigw_month_parse(&other, &s) != NGX_OK
                  || other != month);
    }

    is_int(wrong, 0, "months are those of dates");
    is_int(ngx_apigw_month_of(20000), 657, "one of them");
}


int
main(void)
{
    ngx_uint_t  i;

    test_dates();
    test_date_errors();
    test_parse();
    test_periods();
    test_walk();
    test_months();

    walk_periods(DAY, 0);

    for (i = 0; i < 7; i++) {
        walk_periods(WEEK, i);
    }

    for (i = 0; i < 28; i++) {
        walk_periods(MONTH, i);
    }

    return done();
}
