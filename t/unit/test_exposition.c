
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_exposition.h"
#include "tap.h"


static void test_head(void);
static void test_label(void);
static void test_number(void);
static void test_sample(void);
static void test_histogram(void);
static void test_room(void);
static void test_accept(void);
static void is_text(const char *got, const char *want, const char *title);
static char *label(const char *value, size_t len);
static char *number(uint64_t n, ngx_uint_t digits);
static ngx_uint_t open_of(const char *first, const char *second);


static const ngx_apigw_exposition_family_t  requests = {
    ngx_string("a_requests_total"), ngx_string("All of them."),
    ngx_string(""), NGX_APIGW_EXPOSITION_COUNTER
};

static const ngx_apigw_exposition_family_t  latency = {
    ngx_string("a_latency_seconds"), ngx_string("From A to B."),
    ngx_string("seconds"), NGX_APIGW_EXPOSITION_HISTOGRAM
};

static u_char  buf[4096];


int
main(void)
{
    test_head();
    test_label();
    test_number();
    test_sample();
    test_histogram();
    test_room();
    test_accept();

    return done();
}


static void
test_head(void)
{
    u_char  *p;

    p = ngx_apigw_exposition_head(buf, buf + sizeof(buf), &requests, 0);
    *p = '\0';
    is_text((char *) buf, "# HELP a_requests_total All of them.\n"
                     "# TYPE a_requests_total counter\n",
       "the head of a counter in text");

    p = ngx_apigw_exposition_head(buf, buf + sizeof(buf), &requests, 1);
    *p = '\0';
    is_text((char *) buf, "# HELP a_requests All of them.\n"
                     "# TYPE a_requests counter\n",
       "in OpenMetrics its name has no suffix");

    p = ngx_apigw_exposition_head(buf, buf + sizeof(buf), &latency, 0);
    *p = '\0';
    is_text((char *) buf, "# HELP a_latency_seconds From A to B.\n"
                     "# TYPE a_latency_seconds histogram\n",
       "text has no unit");

    p = ngx_apigw_exposition_head(buf, buf + sizeof(buf), &latency, 1);
    *p = '\0';
    is_text((char *) buf, "# HELP a_latency_seconds From A to B.\n"
                     "# TYPE a_latency_seconds histogram\n"
                     "# UNIT a_latency_seconds seconds\n",
       "OpenMetrics has");

    p = ngx_apigw_exposition_end(buf, buf + sizeof(buf));
    *p = '\0';
    is_text((char *) buf, "# EOF\n", "the end of OpenMetrics");
}


static void
is_text(const char *got, const char *want, const char *title)
{
    ngx_str_t  s;

    s.data = (u_char *) got;
    s.len = strlen(got);

    is_nstr(&s, want, "%s", title);
}


static char *
label(const char *value, size_t len)
{
    u_char     *p;
    ngx_str_t   s;

    s.data = (u_char *) value;
    s.len = len;

    p = ngx_apigw_exposition_label(buf, buf + sizeof(buf), 0, "l", &s);
    *p = '\0';

    return (char *) buf;
}

#define is_label(value, want, what)                                          \
    is_text(label(value, sizeof(value) - 1), "l=\"" want "\"", what)


static void
test_label(void)
{
    u_char     *p;
    ngx_str_t   s;

    is_label("", "", "an empty label");
    is_label("GET /pets/{id}", "GET /pets/{id}", "a plain one");
    is_label("a\"b\\c\nd", "a\\\"b\\\\c\\nd", "what would end it");
    is_label("\\n", "\\\\n", "a backslash and n are not a newline");
    is_label("a\r\tb\0c\x7f", "a\xef\xbf\xbd\xef\xbf\xbd" "b\xef\xbf\xbd"
             "c\xef\xbf\xbd", "control characters");
    is_label("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
             "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "UTF-8");
    is_label("\xc2\x85" "a\xc2\x9f\xc2\xa0", "\xef\xbf\xbd" "a\xef\xbf\xbd"
             "\xc2\xa0", "control characters above ASCII");
    is_label("\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd", "no UTF-8");
    is_label("\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd\\\"",
             "a quote after half a character is escaped");
    is_label("\xed\xa0\x80\xc0\xaf",
             "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
             "surrogates and overlong forms");

    s.len = 1;
    s.data = (u_char *) "x";

    p = ngx_apigw_exposition_label(buf, buf + sizeof(buf), 1, "l", &s);
    *p = '\0';
    is_text((char *) buf, ",l=\"x\"", "one more");
}


static char *
number(uint64_t n, ngx_uint_t digits)
{
    u_char  *p;

    p = ngx_apigw_exposition_number(buf, buf + sizeof(buf), n, digits);
    *p = '\0';

    return (char *) buf;
}


static void
test_number(void)
{
    is_text(number(0, 0), "0", "0");
    is_text(number(0, 6), "0", "0 us");
    is_text(number(1, 3), "0.001", "1 ms");
    is_text(number(10, 3), "0.01", "10 ms");
    is_text(number(1000, 3), "1", "1 s");
    is_text(number(1200300, 6), "1.2003", "1.2003 s");
    is_text(number(UINT64_MAX, 0), "18446744073709551615", "the greatest");
    is_text(number(UINT64_MAX, 6), "18446744073709.551615",
       "no digit of it is lost");
}


static void
test_sample(void)
{
    u_char                         *p;
    ngx_apigw_exposition_sample_t   sample;

    memset(&sample, 0, sizeof(sample));

    sample.family = &requests;
    sample.n = 7;

    p = ngx_apigw_exposition_sample(buf, buf + sizeof(buf), &sample);
    *p = '\0';
    is_text((char *) buf, "a_requests_total 7\n", "a sample without labels");

    ngx_str_set(&sample.labels, "api=\"a\"");

    p = ngx_apigw_exposition_sample(buf, buf + sizeof(buf), &sample);
    *p = '\0';
    is_text((char *) buf, "a_requests_total{api=\"a\"} 7\n", "with one");

    sample.name = "code";
    ngx_str_set(&sample.value, "2\"x");

    p = ngx_apigw_exposition_sample(buf, buf + sizeof(buf), &sample);
    *p = '\0';
    is_text((char *) buf, "a_requests_total{api=\"a\",code=\"2\\\"x\"} 7\n",
       "with one of its own");

    ngx_str_null(&sample.labels);
    sample.digits = 3;

    p = ngx_apigw_exposition_sample(buf, buf + sizeof(buf), &sample);
    *p = '\0';
    is_text((char *) buf, "a_requests_total{code=\"2\\\"x\"} 0.007\n",
       "with that alone");
}


static void
test_histogram(void)
{
    u_char                            *p;
    ngx_apigw_exposition_histogram_t   h;

    static const uint32_t  bounds[] = { 1, 1000, 2500, (uint32_t) -1 };
    static const uint64_t  counts[] = { 3, 0, 4, 1 };

    h.family = &latency;
    ngx_str_null(&h.labels);
    h.bounds = bounds;
    h.digits = 3;
    h.counts = counts;
    h.n = 4;
    h.sum = 50001234;
    h.sum_digits = 6;

    p = ngx_apigw_exposition_histogram(buf, buf + sizeof(buf), &h);
    *p = '\0';
    is_text((char *) buf, "a_latency_seconds_bucket{le=\"0.001\"} 3\n"
                     "a_latency_seconds_bucket{le=\"1.0\"} 3\n"
                     "a_latency_seconds_bucket{le=\"2.5\"} 7\n"
                     "a_latency_seconds_bucket{le=\"+Inf\"} 8\n"
                     "a_latency_seconds_sum 50.001234\n"
                     "a_latency_seconds_count 8\n", "a histogram");

    ngx_str_set(&h.labels, "api=\"a\"");
    h.counts += 3;
    h.n = 1;

    p = ngx_apigw_exposition_histogram(buf, buf + sizeof(buf), &h);
    *p = '\0';
    is_text((char *) buf, "a_latency_seconds_bucket{api=\"a\",le=\"+Inf\"} 1\n"
                     "a_latency_seconds_sum{api=\"a\"} 50.001234\n"
                     "a_latency_seconds_count{api=\"a\"} 1\n",
       "with labels");
}


/* memory of just that size: a sanitizer sees a byte too many */

static void
test_room(void)
{
    u_char                            *mem, *p;
    size_t                             len, need;
    ngx_uint_t                         bad;
    ngx_apigw_exposition_sample_t      sample;
    ngx_apigw_exposition_histogram_t   h;

    static const uint32_t  bounds[] = { 1, (uint32_t) -1 };
    static const uint64_t  counts[] = { 3, 4 };

    sample.family = &requests;
    ngx_str_set(&sample.labels, "api=\"a\"");
    sample.name = "code";
    ngx_str_set(&sample.value, "\"\n\xff\xc3\xa9x");
    sample.n = 1234567;
    sample.digits = 3;

    h.family = &latency;
    h.labels = sample.labels;
    h.bounds = bounds;
    h.digits = 3;
    h.counts = counts;
    h.n = 2;
    h.sum = 1;
    h.sum_digits = 3;

    p = ngx_apigw_exposition_head(buf, buf + sizeof(buf), &latency, 1);
    p = ngx_apigw_exposition_sample(p, buf + sizeof(buf), &sample);
    p = ngx_apigw_exposition_histogram(p, buf + sizeof(buf), &h);
    p = ngx_apigw_exposition_end(p, buf + sizeof(buf));

    need = (size_t) (p - buf);
    bad = 0;

    for (len = 0; len <= need; len++) {
        mem = malloc(len + 1);

        p = ngx_apigw_exposition_head(mem, mem + len, &latency, 1);
        p = ngx_apigw_exposition_sample(p, mem + len, &sample);
        p = ngx_apigw_exposition_histogram(p, mem + len, &h);
        p = ngx_apigw_exposition_end(p, mem + len);

        bad += (len < need) ? (p != NULL)
                            : (p != mem + len || memcmp(mem, buf, len) != 0);
        free(mem);
    }

    ok(bad == 0, "all of it, or NULL where a byte is missing");
}


static ngx_uint_t
open_of(const char *first, const char *second)
{
    ngx_str_t                      s;
    ngx_apigw_exposition_accept_t  accept;

    memset(&accept, 0, sizeof(accept));

    if (first) {
        s.data = (u_char *) first;
        s.len = strlen(first);
        ngx_apigw_exposition_accept(&accept, &s);
    }

    if (second) {
        s.data = (u_char *) second;
        s.len = strlen(second);
        ngx_apigw_exposition_accept(&accept, &s);
    }

    return ngx_apigw_exposition_open(&accept);
}


static void
test_accept(void)
{
    size_t  i;

    static const struct {
        const char  *first;
        const char  *second;
        ngx_uint_t   open;
    } tests[] = {
        { NULL, NULL, 0 },
        { "", NULL, 0 },
        { "*/*", NULL, 0 },
        { "text/plain", NULL, 0 },
        { "application/openmetrics-text", NULL, 1 },
        { "application/openmetrics-text; version=1.0.0", NULL, 1 },
        { "application/openmetrics-text; version=\"1.0.0\"", NULL, 1 },
        { "application/openmetrics-text; version=0.0.1", NULL, 0 },
        { "application/openmetrics-text; version=2.0.0, */*", NULL, 0 },
        { "application/openmetrics-text;version=1.0.0,"
          "application/openmetrics-text;version=0.0.1;q=0.75,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", NULL, 1 },
        { "application/openmetrics-text; version=0.0.1,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", NULL, 0 },
        { "application/vnd.google.protobuf;proto=io.prometheus.client."
          "MetricFamily;encoding=delimited;q=0.6,"
          "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
          "q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", NULL, 1 },
        { "application/openmetrics-text;q=0.5, text/plain;q=0.4", NULL, 1 },
        { "application/openmetrics-text;q=0.4, text/plain;q=0.5", NULL, 0 },
        { "application/openmetrics-text, text/plain", NULL, 0 },
        { "application/openmetrics-text, */*", NULL, 1 },
        { "application/openmetrics-text;q=0, */*", NULL, 0 },
        { "application/openmetrics-text;q=0", NULL, 0 },
        { "text/plain;q=0, */*;q=0.1", NULL, 1 },
        { "text/*;q=0.3, application/*;q=0.4", NULL, 1 },
        { "application/*;q=0.3", NULL, 1 },
        { "TEXT/Plain;Q=0.3 , APPLICATION/OpenMetrics-Text ; q=0.301", NULL,
          1 },
        { "text/plain", "application/openmetrics-text;q=0.9", 0 },
        { "text/plain;q=0.8", "application/openmetrics-text;q=0.9", 1 },
        { "application/openmetrics-text;q=1.001", NULL, 0 },
        { "application/openmetrics-text;q=0.1234", NULL, 0 },
        { "application/openmetrics-text;q=-1", NULL, 0 },
        { "application/openmetrics-text;q=", NULL, 0 },
        { "application/openmetrics-text;q=x", NULL, 0 },
        { "application/openmetrics-text;q", NULL, 0 },
        { ";;;,,,===\",\\", NULL, 0 },
        { "a=\"application/openmetrics-text,\"", NULL, 0 },
        { "x/y;a=\",\", application/openmetrics-text", NULL, 1 },
        { "application/json", NULL, 0 }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ok(open_of(tests[i].first, tests[i].second) == tests[i].open,
           "Accept: %s%s%s", tests[i].first ? tests[i].first : "(none)",
           tests[i].second ? " and " : "",
           tests[i].second ? tests[i].second : "");
    }
}
