
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Prometheus, "Exposition formats", text 0.0.4; OpenMetrics 1.0.0.  A bound of
 * a histogram has always a fraction, as OpenMetrics wants it, so that a series
 * has one name in both.
 */

#include "ngx_apigw_exposition.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_EXPOSITION_TOTAL  (sizeof("_total") - 1)

#define ngx_apigw_exposition_text(p, last, text)                             \
    ngx_apigw_exposition_copy(p, last, (const u_char *) (text),              \
                              sizeof(text) - 1)

#define ngx_apigw_exposition_str(p, last, s)                                 \
    ngx_apigw_exposition_copy(p, last, (s)->data, (s)->len)


static u_char *ngx_apigw_exposition_copy(u_char *p, u_char *last,
    const u_char *text, size_t len);
static u_char *ngx_apigw_exposition_line(u_char *p, u_char *last,
    const char *what, ngx_str_t *name, const ngx_str_t *text);
static u_char *ngx_apigw_exposition_escape(u_char *p, u_char *last,
    const ngx_str_t *s);
static u_char *ngx_apigw_exposition_bucket(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *h, ngx_uint_t i, uint64_t count);
static u_char *ngx_apigw_exposition_rest(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *h, const char *suffix, uint64_t n,
    ngx_uint_t digits);


static const ngx_str_t  ngx_apigw_exposition_types[] = {
    ngx_string("counter"),
    ngx_string("gauge"),
    ngx_string("histogram")
};


u_char *
ngx_apigw_exposition_head(u_char *p, u_char *last,
    const ngx_apigw_exposition_family_t *family, ngx_uint_t open)
{
    ngx_str_t  name;

    name = family->name;

    if (open && family->type == NGX_APIGW_EXPOSITION_COUNTER) {
        name.len -= NGX_APIGW_EXPOSITION_TOTAL;
    }

    p = ngx_apigw_exposition_line(p, last, "HELP", &name, &family->help);
    p = ngx_apigw_exposition_line(p, last, "TYPE", &name,
                                  &ngx_apigw_exposition_types[family->type]);

    if (open && family->unit.len) {
        p = ngx_apigw_exposition_line(p, last, "UNIT", &name, &family->unit);
    }

    return p;
}


static u_char *
ngx_apigw_exposition_line(u_char *p, u_char *last, const char *what,
    ngx_str_t *name, const ngx_str_t *text)
{
    p = ngx_apigw_exposition_text(p, last, "# ");
    p = ngx_apigw_exposition_copy(p, last, (const u_char *) what, 4);
    p = ngx_apigw_exposition_text(p, last, " ");
    p = ngx_apigw_exposition_str(p, last, name);
    p = ngx_apigw_exposition_text(p, last, " ");
    p = ngx_apigw_exposition_str(p, last, text);

    return ngx_apigw_exposition_text(p, last, "\n");
}


static u_char *
ngx_apigw_exposition_copy(u_char *p, u_char *last, const u_char *text,
    size_t len)
{
    if (p == NULL || (size_t) (last - p) < len) {
        return NULL;
    }

    return len ? ngx_cpymem(p, text, len) : p;
}


u_char *
ngx_apigw_exposition_label(u_char *p, u_char *last, ngx_uint_t more,
    const char *name, const ngx_str_t *value)
{
    if (more) {
        p = ngx_apigw_exposition_text(p, last, ",");
    }

    p = ngx_apigw_exposition_copy(p, last, (const u_char *) name,
                                  strlen(name));
    p = ngx_apigw_exposition_text(p, last, "=\"");
    p = ngx_apigw_exposition_escape(p, last, value);

    return ngx_apigw_exposition_text(p, last, "\"");
}


static u_char *
ngx_apigw_exposition_escape(u_char *p, u_char *last, const ngx_str_t *s)
{
    u_char  *c, *end;
    size_t   len;

    c = s->data;
    end = c + s->len;

    while (c < end && p) {

        if (*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\') {

            if (p == last) {
                return NULL;
            }

            *p++ = *c++;
            continue;
        }

        len = (*c >= 0x80) ? ngx_apigw_utf8(c, end) : 0;

        if (*c == '\n') {
            p = ngx_apigw_exposition_text(p, last, "\\n");

        } else if (*c == '"' || *c == '\\') {
            p = ngx_apigw_exposition_text(p, last, "\\");
            p = ngx_apigw_exposition_copy(p, last, c, 1);

        } else if (len == 0 || (*c == 0xc2 && c[1] < 0xa0)) {

            /* U+0080 to U+009F are control characters, too */

            p = ngx_apigw_exposition_text(p, last, "\xef\xbf\xbd");

        } else {
            p = ngx_apigw_exposition_copy(p, last, c, len);
        }

        c += len ? len : 1;
    }

    return p;
}


u_char *
ngx_apigw_exposition_number(u_char *p, u_char *last, uint64_t n,
    ngx_uint_t digits)
{
    size_t      len;
    u_char      buf[NGX_APIGW_NUMBER_LEN];
    uint64_t    unit, rest;
    ngx_uint_t  i;

    for (unit = 1, i = 0; i < digits; i++) {
        unit *= 10;
    }

    rest = n % unit;

    len = (size_t) (ngx_apigw_number(buf, n / unit) - buf);
    p = ngx_apigw_exposition_copy(p, last, buf, len);

    if (rest == 0) {
        return p;
    }

    buf[0] = '.';
    len = 1;

    for (unit /= 10; rest; unit /= 10) {
        buf[len++] = (u_char) ('0' + rest / unit);
        rest %= unit;
    }

    return ngx_apigw_exposition_copy(p, last, buf, len);
}


u_char *
ngx_apigw_exposition_sample(u_char *p, u_char *last,
    const ngx_apigw_exposition_sample_t *sample)
{
    p = ngx_apigw_exposition_str(p, last, &sample->family->name);

    if (sample->labels.len || sample->name) {
        p = ngx_apigw_exposition_text(p, last, "{");
        p = ngx_apigw_exposition_str(p, last, &sample->labels);

        if (sample->name) {
            p = ngx_apigw_exposition_label(p, last, sample->labels.len != 0,
                                           sample->name, &sample->value);
        }

        p = ngx_apigw_exposition_text(p, last, "}");
    }

    p = ngx_apigw_exposition_text(p, last, " ");
    p = ngx_apigw_exposition_number(p, last, sample->n, sample->digits);

    return ngx_apigw_exposition_text(p, last, "\n");
}


u_char *
ngx_apigw_exposition_histogram(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *h)
{
    uint64_t    count;
    ngx_uint_t  i;

    for (count = 0, i = 0; i < h->n; i++) {
        count += h->counts[i];

        p = ngx_apigw_exposition_bucket(p, last, h, i, count);
    }

    p = ngx_apigw_exposition_rest(p, last, h, "_sum", h->sum, h->sum_digits);

    return ngx_apigw_exposition_rest(p, last, h, "_count", count, 0);
}


static u_char *
ngx_apigw_exposition_bucket(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *h, ngx_uint_t i, uint64_t count)
{
    u_char  *start;

    p = ngx_apigw_exposition_str(p, last, &h->family->name);
    p = ngx_apigw_exposition_text(p, last, "_bucket{");

    if (h->labels.len) {
        p = ngx_apigw_exposition_str(p, last, &h->labels);
        p = ngx_apigw_exposition_text(p, last, ",");
    }

    p = ngx_apigw_exposition_text(p, last, "le=\"");

    if (i == h->n - 1) {
        p = ngx_apigw_exposition_text(p, last, "+Inf");

    } else {
        start = p;
        p = ngx_apigw_exposition_number(p, last, h->bounds[i], h->digits);

        if (p && ngx_strlchr(start, p, '.') == NULL) {
            p = ngx_apigw_exposition_text(p, last, ".0");
        }
    }

    p = ngx_apigw_exposition_text(p, last, "\"} ");
    p = ngx_apigw_exposition_number(p, last, count, 0);

    return ngx_apigw_exposition_text(p, last, "\n");
}


static u_char *
ngx_apigw_exposition_rest(u_char *p, u_char *last,
    const ngx_apigw_exposition_histogram_t *h, const char *suffix, uint64_t n,
    ngx_uint_t digits)
{
    p = ngx_apigw_exposition_str(p, last, &h->family->name);
    p = ngx_apigw_exposition_copy(p, last, (const u_char *) suffix,
                                  strlen(suffix));

    if (h->labels.len) {
        p = ngx_apigw_exposition_text(p, last, "{");
        p = ngx_apigw_exposition_str(p, last, &h->labels);
        p = ngx_apigw_exposition_text(p, last, "}");
    }

    p = ngx_apigw_exposition_text(p, last, " ");
    p = ngx_apigw_exposition_number(p, last, n, digits);

    return ngx_apigw_exposition_text(p, last, "\n");
}


u_char *
ngx_apigw_exposition_end(u_char *p, u_char *last)
{
    return ngx_apigw_exposition_text(p, last, "# EOF\n");
}
