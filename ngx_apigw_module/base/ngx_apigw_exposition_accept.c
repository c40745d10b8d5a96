
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Of the ranges that a format is in, the most exact one says its quality, and
 * of several such the highest.  Where both are as welcome, OpenMetrics is
 * taken only by who names it more exactly than the other.  An element that is
 * no range is skipped.
 */

#include "ngx_apigw_exposition.h"
#include "ngx_apigw_text.h"


typedef struct {
    ngx_str_t                  type;     /* "text/plain" */
    ngx_str_t                  any;      /* "text/" */
    ngx_str_t                  version;
} ngx_apigw_exposition_media_t;


static void ngx_apigw_exposition_element(
    ngx_apigw_exposition_accept_t *accept, ngx_str_t *element);
static ngx_uint_t ngx_apigw_exposition_rank(ngx_uint_t format,
    ngx_str_t *range, ngx_str_t *version);
static ngx_int_t ngx_apigw_exposition_quality(ngx_str_t *value,
    ngx_uint_t *q);
static void ngx_apigw_exposition_cut(ngx_str_t *text, u_char sep,
    ngx_str_t *part);


/* text comes first */

static ngx_apigw_exposition_media_t  ngx_apigw_exposition_media[] = {
    { ngx_string("text/plain"), ngx_string("text/*"), ngx_string("0.0.4") },
    { ngx_string("application/openmetrics-text"),
      ngx_string("application/*"), ngx_string("1.0.0") }
};

static ngx_str_t  ngx_apigw_exposition_any = ngx_string("*/*");


void
ngx_apigw_exposition_accept(ngx_apigw_exposition_accept_t *accept,
    const ngx_str_t *value)
{
    ngx_str_t  text, element;

    text = *value;

    while (text.len) {
        ngx_apigw_exposition_cut(&text, ',', &element);
        ngx_apigw_exposition_element(accept, &element);
    }
}


static void
ngx_apigw_exposition_element(ngx_apigw_exposition_accept_t *accept,
    ngx_str_t *element)
{
    ngx_str_t   range, param, name, version;
    ngx_uint_t  i, q, rank;

    q = 1000;
    ngx_str_null(&version);

    ngx_apigw_exposition_cut(element, ';', &range);

    while (element->len) {
        ngx_apigw_exposition_cut(element, ';', &param);
        ngx_apigw_exposition_cut(&param, '=', &name);
        ngx_apigw_text_trim(&param);

        if (param.len > 1 && param.data[0] == '"'
            && param.data[param.len - 1] == '"')
        {
            param.data++;
            param.len -= 2;
        }

        if (ngx_apigw_text_is(&name, "version")) {
            version = param;

        } else if (ngx_apigw_text_is(&name, "q")
                   && ngx_apigw_exposition_quality(&param, &q) != NGX_OK)
        {
            return;
        }
    }

    for (i = 0; i < 2; i++) {
        rank = ngx_apigw_exposition_rank(i, &range, &version);

        if (rank > accept->rank[i]
            || (rank && rank == accept->rank[i] && q > accept->q[i]))
        {
            accept->rank[i] = rank;
            accept->q[i] = q;
        }
    }
}


/* how exactly a range names a format; 0: not at all */

static ngx_uint_t
ngx_apigw_exposition_rank(ngx_uint_t format, ngx_str_t *range,
    ngx_str_t *version)
{
    ngx_apigw_exposition_media_t  *media;

    media = &ngx_apigw_exposition_media[format];

    if (ngx_apigw_text_same(range, &media->type)) {

        if (version->len == 0) {
            return 3;
        }

        return ngx_apigw_text_same(version, &media->version) ? 4 : 0;
    }

    if (ngx_apigw_text_same(range, &media->any)) {
        return 2;
    }

    return ngx_apigw_text_same(range, &ngx_apigw_exposition_any) ? 1 : 0;
}


/* RFC 9110, 12.4.2 */

static ngx_int_t
ngx_apigw_exposition_quality(ngx_str_t *value, ngx_uint_t *q)
{
    size_t      i;
    ngx_uint_t  n, unit;

    if (value->len == 0 || value->len > sizeof("0.000") - 1
        || value->data[0] < '0' || value->data[0] > '1'
        || (value->len > 1 && value->data[1] != '.'))
    {
        return NGX_ERROR;
    }

    n = (ngx_uint_t) (value->data[0] - '0') * 1000;

    for (unit = 100, i = 2; i < value->len; i++, unit /= 10) {

        if (value->data[i] < '0' || value->data[i] > '9') {
            return NGX_ERROR;
        }

        n += (ngx_uint_t) (value->data[i] - '0') * unit;
    }

    if (n > 1000) {
        return NGX_ERROR;
    }

    *q = n;

    return NGX_OK;
}


/* takes the part before a separator, which is not looked for in quotes */

static void
ngx_apigw_exposition_cut(ngx_str_t *text, u_char sep, ngx_str_t *part)
{
    size_t      i;
    ngx_uint_t  quoted;

    quoted = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"') {
            quoted = !quoted;

        } else if (text->data[i] == '\\' && quoted && i + 1 < text->len) {
            i++;

        } else if (text->data[i] == sep && !quoted) {
            break;
        }
    }

    part->data = text->data;
    part->len = i;

    i = ngx_min(i + 1, text->len);

    text->data += i;
    text->len -= i;

    ngx_apigw_text_trim(part);
}


ngx_uint_t
ngx_apigw_exposition_open(const ngx_apigw_exposition_accept_t *accept)
{
    if (accept->q[1] != accept->q[0]) {
        return accept->q[1] > accept->q[0];
    }

    return accept->q[1] && accept->rank[1] > accept->rank[0];
}
