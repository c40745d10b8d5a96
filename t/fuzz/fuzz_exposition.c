
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * The first byte says the format and how much room there is, the first line is
 * an Accept header, what follows are labels.  Whatever they are, each line of
 * an exposition parses, its labels are the bytes that were given but for those
 * that are harmful, and nothing is written beyond the room.
 */

#include "ngx_apigw_exposition.h"
#include "ngx_apigw_text.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void accept(ngx_str_t *s);
static void expose(ngx_str_t *a, ngx_str_t *b, ngx_uint_t open, size_t room);
static u_char *write_all(u_char *p, u_char *last, ngx_str_t *labels,
    ngx_str_t *value, ngx_uint_t open);
static void read_all(u_char *p, u_char *last, ngx_str_t *a, ngx_str_t *b);
static u_char *read_line(u_char *p, u_char *last, ngx_str_t *a, ngx_str_t *b);
static u_char *read_name(u_char *p, u_char *last);
static u_char *read_label(u_char *p, u_char *last, ngx_str_t *want);
static u_char *read_number(u_char *p, u_char *last);
static size_t harmless(u_char *p, u_char *last);


static const ngx_apigw_exposition_family_t  requests = {
    ngx_string("requests_total"), ngx_string("All of them."),
    ngx_string(""), NGX_APIGW_EXPOSITION_COUNTER
};

static const ngx_apigw_exposition_family_t  latency = {
    ngx_string("latency_seconds"), ngx_string("From A to B."),
    ngx_string("seconds"), NGX_APIGW_EXPOSITION_HISTOGRAM
};

static const uint32_t  bounds[] = { 1, 1000, (uint32_t) -1 };
static const uint64_t  counts[] = { 3, 0, UINT64_MAX - 3 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char     *copy, *p, *last;
    size_t      room;
    ngx_str_t   s, a, b;

    if (size == 0 || size > 4096) {
        return 0;
    }

    copy = malloc(size);
    check(copy);

    memcpy(copy, data, size);

    last = copy + size;
    room = (copy[0] >> 1) * (copy[0] >> 1);

    s.data = copy + 1;
    p = ngx_strlchr(s.data, last, '\n');
    s.len = (size_t) ((p ? p : last) - s.data);

    accept(&s);

    a.data = p ? p + 1 : last;
    a.len = (size_t) (last - a.data) / 2;
    b.data = a.data + a.len;
    b.len = (size_t) (last - b.data);

    expose(&a, &b, copy[0] & 1, room);
    expose(&a, &b, copy[0] & 1, 65536);

    check(memcmp(copy, data, size) == 0);

    free(copy);

    return 0;
}


/* a range that is added takes nothing from who names OpenMetrics alone */

static void
accept(ngx_str_t *s)
{
    ngx_str_t                      more;
    ngx_apigw_exposition_accept_t  state;

    memset(&state, 0, sizeof(state));

    ngx_apigw_exposition_accept(&state, s);

    check(state.q[0] <= 1000 && state.q[1] <= 1000);
    check(state.rank[0] <= 4 && state.rank[1] <= 4);
    check(!ngx_apigw_exposition_open(&state) || state.rank[1]);

    ngx_str_set(&more, "text/plain;version=0.0.4;q=1");
    ngx_apigw_exposition_accept(&state, &more);
    check(state.q[0] == 1000 && state.rank[0] == 4);
    check(!ngx_apigw_exposition_open(&state));
}


static void
expose(ngx_str_t *a, ngx_str_t *b, ngx_uint_t open, size_t room)
{
    u_char     *p, *out, *mem;
    size_t      size;
    ngx_str_t   labels;

    size = 3 * a->len + 16;
    mem = malloc(size);
    out = malloc(room ? room : 1);
    check(mem && out);

    p = ngx_apigw_exposition_label(mem, mem + size, 0, "a", a);
    check(p);

    labels.data = mem;
    labels.len = (size_t) (p - mem);

    p = write_all(out, out + room, &labels, b, open);

    /* five lines have both labels or the first one */

    check(p || room < 8 * (size + 3 * b->len + 64) + 512);

    if (p) {
        check(p <= out + room);
        read_all(out, p, a, b);
    }

    free(mem);
    free(out);
}


static u_char *
write_all(u_char *p, u_char *last, ngx_str_t *labels, ngx_str_t *value,
    ngx_uint_t open)
{
    ngx_apigw_exposition_sample_t     sample;
    ngx_apigw_exposition_histogram_t  h;

    sample.family = &requests;
    sample.labels = *labels;
    sample.name = "b";
    sample.value = *value;
    sample.n = value->len;
    sample.digits = labels->len % 7;

    h.family = &latency;
    h.labels = *labels;
    h.bounds = bounds;
    h.digits = 3;
    h.counts = counts;
    h.n = 3;
    h.sum = value->len * 1001;
    h.sum_digits = 6;

    p = ngx_apigw_exposition_head(p, last, &requests, open);
    p = ngx_apigw_exposition_sample(p, last, &sample);
    p = ngx_apigw_exposition_head(p, last, &latency, open);
    p = ngx_apigw_exposition_histogram(p, last, &h);

    return open ? ngx_apigw_exposition_end(p, last) : p;
}


static void
read_all(u_char *p, u_char *last, ngx_str_t *a, ngx_str_t *b)
{
    u_char      *end;
    ngx_uint_t   samples;

    samples = 0;

    while (p < last) {
        end = ngx_strlchr(p, last, '\n');
        check(end);

        if (*p != '#') {
            check(read_line(p, end, a, b) == end);
            samples++;
        }

        p = end + 1;
    }

    check(samples == 6);
}


/* name{label="value",...} number */

static u_char *
read_line(u_char *p, u_char *last, ngx_str_t *a, ngx_str_t *b)
{
    ngx_str_t  *want;

    p = read_name(p, last);
    check(p < last && *p == '{');

    do {
        p++;
        check(p < last);
        want = (*p == 'a') ? a : (*p == 'b') ? b : NULL;

        p = read_name(p, last);
        p = read_label(p, last, want);

    } while (p < last && *p == ',');

    check(last - p > 2 && p[0] == '}' && p[1] == ' ');

    return read_number(p + 2, last);
}


static u_char *
read_name(u_char *p, u_char *last)
{
    u_char  *start;

    start = p;

    while (p < last && ((*p >= 'a' && *p <= 'z') || *p == '_')) {
        p++;
    }

    check(p > start);

    return p;
}


static u_char *
read_label(u_char *p, u_char *last, ngx_str_t *want)
{
    u_char  *w, *end, c;
    size_t   len, skip;

    check(last - p > 2 && p[0] == '=' && p[1] == '"');

    p += 2;
    w = want ? want->data : NULL;
    end = want ? w + want->len : NULL;

    while (p < last && *p != '"') {

        if (want == NULL) {
            p++;
            continue;
        }

        check(w < end);

        if (*p == '\\') {
            check(last - p > 1);
            c = (p[1] == 'n') ? '\n' : p[1];
            check(c == '\n' || c == '"' || c == '\\');
            check(*w == c);
            p += 2;
            w++;
            continue;
        }

        len = harmless(w, end);
        skip = ngx_apigw_utf8(p, last);
        check(skip && *p >= 0x20 && *p != 0x7f);

        if (len) {
            check(len == skip && memcmp(p, w, len) == 0);

        } else {
            check(skip == 3 && memcmp(p, "\xef\xbf\xbd", 3) == 0);
            len = (*w >= 0x80) ? ngx_apigw_utf8(w, end) : 0;
            len = len ? len : 1;
        }

        p += skip;
        w += len;
    }

    check(p < last && w == end);

    return p + 1;
}


/* the length of a character that stands as it is, or 0 */

static size_t
harmless(u_char *p, u_char *last)
{
    size_t  len;

    if (*p < 0x80) {
        return *p >= 0x20 && *p != 0x7f;
    }

    len = ngx_apigw_utf8(p, last);

    return (len == 2 && p[0] == 0xc2 && p[1] < 0xa0) ? 0 : len;
}


static u_char *
read_number(u_char *p, u_char *last)
{
    u_char  *start;

    for (start = p; p < last && *p >= '0' && *p <= '9'; p++) { /* void */ }

    check(p > start);

    if (p < last && *p == '.') {
        start = ++p;

        for ( /* void */ ; p < last && *p >= '0' && *p <= '9'; p++) {
            /* void */
        }

        check(p > start && p[-1] != '0');
    }

    return p;
}
