
/*
 * Copyright (C) ngx_apigw contributors
 */


/* IAM User Guide, create a signed AWS API request: a canonical request */

#include "ngx_apigw_sigv4_int.h"
#include "ngx_apigw_text.h"

#include <stdlib.h>


#define ngx_apigw_sigv4_blank(c)                                             \
    ((c) == ' ' || (c) == '\t' || (c) == '\r' || (c) == '\n')


static size_t ngx_apigw_sigv4_size(ngx_apigw_sigv4_t *request);
static u_char *ngx_apigw_sigv4_path(ngx_apigw_sigv4_t *request,
    ngx_pool_t *pool, u_char *p);
static u_char *ngx_apigw_sigv4_normalize(u_char *p, ngx_str_t *path);
static u_char *ngx_apigw_sigv4_query(ngx_str_t *query, ngx_pool_t *pool,
    u_char *p);
static ngx_uint_t ngx_apigw_sigv4_params(ngx_apigw_pair_t *params,
    ngx_str_t *query, u_char *p);
static u_char *ngx_apigw_sigv4_headers(ngx_apigw_sigv4_t *request,
    ngx_pool_t *pool, u_char *p, ngx_str_t *names);
static u_char *ngx_apigw_sigv4_lower(u_char *p, ngx_str_t *name);
static u_char *ngx_apigw_sigv4_value(u_char *p, ngx_str_t *value);
static int ngx_apigw_sigv4_order_params(const void *one, const void *two);
static int ngx_apigw_sigv4_order_headers(const void *one, const void *two);
static ngx_int_t ngx_apigw_sigv4_compare(ngx_str_t *a, ngx_str_t *b,
    ngx_uint_t lower);
static u_char *ngx_apigw_sigv4_recode(u_char *p, u_char *data, size_t len);
static u_char *ngx_apigw_sigv4_encode(u_char *p, u_char c);


ngx_int_t
ngx_apigw_sigv4_canonical(ngx_apigw_sigv4_t *request, ngx_pool_t *pool,
    ngx_str_t *canonical, ngx_str_t *names)
{
    u_char  *p;

    p = ngx_pnalloc(pool, ngx_apigw_sigv4_size(request));
    if (p == NULL) {
        return NGX_ERROR;
    }

    canonical->data = p;

    p = ngx_cpymem(p, request->method.data, request->method.len);
    *p++ = '\n';

    p = ngx_apigw_sigv4_path(request, pool, p);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p++ = '\n';

    p = ngx_apigw_sigv4_query(&request->query, pool, p);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p++ = '\n';

    p = ngx_apigw_sigv4_headers(request, pool, p, names);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p++ = '\n';
    p = ngx_cpymem(p, request->payload.data, request->payload.len);

    canonical->len = p - canonical->data;

    return NGX_OK;
}


/*
 * Encoded is three times as long; each parameter may get a "=", a path gets a
 * "/" at most; names of headers stand there twice.
 */

static size_t
ngx_apigw_sigv4_size(ngx_apigw_sigv4_t *request)
{
    size_t      len, i;
    ngx_str_t  *name, *value;

    len = request->method.len + 3 * (request->path.len + 1)
          + 3 * request->query.len + 1 + request->payload.len
          + sizeof("\n\n\n\n\n") - 1;

    for (i = 0; i < request->query.len; i++) {
        len += (request->query.data[i] == '&');
    }

    for (i = 0; i < request->nheaders; i++) {
        name = &request->headers[i].name;
        value = &request->headers[i].value;

        len += name->len + 1 + value->len + 1 + name->len + 1;
    }

    return len;
}


static u_char *
ngx_apigw_sigv4_path(ngx_apigw_sigv4_t *request, ngx_pool_t *pool, u_char *p)
{
    size_t     i;
    ngx_str_t  path;

    path = request->path;

    if (path.len == 0) {
        *p++ = '/';
        return p;
    }

    if (request->normalize) {
        path.data = ngx_pnalloc(pool, path.len + 1);
        if (path.data == NULL) {
            return NULL;
        }

        path.len = ngx_apigw_sigv4_normalize(path.data, &request->path)
                   - path.data;
    }

    if (!request->encode) {
        return ngx_cpymem(p, path.data, path.len);
    }

    for (i = 0; i < path.len; i++) {

        if (path.data[i] == '/') {
            *p++ = '/';

        } else {
            p = ngx_apigw_sigv4_encode(p, path.data[i]);
        }
    }

    return p;
}


/* RFC 3986, 5.2.4, and several slashes are one */

static u_char *
ngx_apigw_sigv4_normalize(u_char *p, ngx_str_t *path)
{
    u_char      *start, *s, *end, *last;
    ngx_uint_t   slash;

    start = p;
    slash = 1;
    last = path->data + path->len;

    for (s = path->data; s < last; s = end + 1) {

        end = ngx_strlchr(s, last, '/');
        if (end == NULL) {
            end = last;
        }

        if (end == s || (end - s == 1 && s[0] == '.')) {
            slash = 1;

        } else if (end - s == 2 && s[0] == '.' && s[1] == '.') {
            slash = 1;

            while (p > start && *--p != '/') { /* void */ }

        } else {
            *p++ = '/';
            p = ngx_cpymem(p, s, end - s);
            slash = (end < last);
        }
    }

    if (slash) {
        *p++ = '/';
    }

    return p;
}


static u_char *
ngx_apigw_sigv4_query(ngx_str_t *query, ngx_pool_t *pool, u_char *p)
{
    size_t             i;
    u_char            *text;
    ngx_uint_t         n;
    ngx_apigw_pair_t  *params;

    if (query->len == 0) {
        return p;
    }

    for (n = 1, i = 0; i < query->len; i++) {
        n += (query->data[i] == '&');
    }

    params = ngx_palloc(pool, n * sizeof(ngx_apigw_pair_t));
    if (params == NULL) {
        return NULL;
    }

    text = ngx_pnalloc(pool, 3 * query->len);
    if (text == NULL) {
        return NULL;
    }

    n = ngx_apigw_sigv4_params(params, query, text);

    qsort(params, n, sizeof(ngx_apigw_pair_t), ngx_apigw_sigv4_order_params);

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = '&';
        }

        p = ngx_cpymem(p, params[i].name.data, params[i].name.len);
        *p++ = '=';
        p = ngx_cpymem(p, params[i].value.data, params[i].value.len);
    }

    return p;
}


/* their number; they are encoded at p */

static ngx_uint_t
ngx_apigw_sigv4_params(ngx_apigw_pair_t *params, ngx_str_t *query, u_char *p)
{
    u_char      *s, *end, *last, *equal;
    ngx_uint_t   n;

    n = 0;
    last = query->data + query->len;

    for (s = query->data; s < last; s = end + 1) {

        end = ngx_strlchr(s, last, '&');
        if (end == NULL) {
            end = last;
        }

        if (end == s) {
            continue;
        }

        equal = ngx_strlchr(s, end, '=');
        if (equal == NULL) {
            equal = end;
        }

        params[n].name.data = p;
        p = ngx_apigw_sigv4_recode(p, s, equal - s);
        params[n].name.len = p - params[n].name.data;

        params[n].value.data = p;

        if (equal < end) {
            p = ngx_apigw_sigv4_recode(p, equal + 1, end - equal - 1);
        }

        params[n].value.len = p - params[n].value.data;

        n++;
    }

    return n;
}


static u_char *
ngx_apigw_sigv4_headers(ngx_apigw_sigv4_t *request, ngx_pool_t *pool,
    u_char *p, ngx_str_t *names)
{
    ngx_str_t          *last;
    ngx_uint_t          i, n;
    ngx_apigw_pair_t  **headers;

    n = request->nheaders;

    headers = ngx_palloc(pool, (n + 1) * sizeof(ngx_apigw_pair_t *));
    if (headers == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        headers[i] = &request->headers[i];
    }

    qsort(headers, n, sizeof(ngx_apigw_pair_t *),
          ngx_apigw_sigv4_order_headers);

    for (last = NULL, i = 0; i < n; i++) {

        if (last && ngx_apigw_sigv4_compare(last, &headers[i]->name, 1) == 0) {
            p[-1] = ',';

        } else {
            last = &headers[i]->name;
            p = ngx_apigw_sigv4_lower(p, last);
            *p++ = ':';
        }

        p = ngx_apigw_sigv4_value(p, &headers[i]->value);
        *p++ = '\n';
    }

    *p++ = '\n';

    names->data = p;

    for (last = NULL, i = 0; i < n; i++) {

        if (last && ngx_apigw_sigv4_compare(last, &headers[i]->name, 1) == 0) {
            continue;
        }

        if (last) {
            *p++ = ';';
        }

        last = &headers[i]->name;
        p = ngx_apigw_sigv4_lower(p, last);
    }

    names->len = p - names->data;

    return p;
}


static u_char *
ngx_apigw_sigv4_lower(u_char *p, ngx_str_t *name)
{
    size_t  i;

    for (i = 0; i < name->len; i++) {
        *p++ = ngx_tolower(name->data[i]);
    }

    return p;
}


/* several blanks are one, those at the ends none */

static u_char *
ngx_apigw_sigv4_value(u_char *p, ngx_str_t *value)
{
    size_t       i;
    u_char      *start;
    ngx_uint_t   blank;

    blank = 0;
    start = p;

    for (i = 0; i < value->len; i++) {

        if (ngx_apigw_sigv4_blank(value->data[i])) {
            blank = 1;
            continue;
        }

        if (blank && p > start) {
            *p++ = ' ';
        }

        blank = 0;
        *p++ = value->data[i];
    }

    return p;
}


static int
ngx_apigw_sigv4_order_params(const void *one, const void *two)
{
    ngx_int_t          rc;
    ngx_apigw_pair_t  *p, *q;

    p = (ngx_apigw_pair_t *) one;
    q = (ngx_apigw_pair_t *) two;

    rc = ngx_apigw_sigv4_compare(&p->name, &q->name, 0);

    if (rc == 0) {
        rc = ngx_apigw_sigv4_compare(&p->value, &q->value, 0);
    }

    return (int) rc;
}


/* those of one name stay in their order */

static int
ngx_apigw_sigv4_order_headers(const void *one, const void *two)
{
    ngx_int_t          rc;
    ngx_apigw_pair_t  *p, *q;

    p = *(ngx_apigw_pair_t **) one;
    q = *(ngx_apigw_pair_t **) two;

    rc = ngx_apigw_sigv4_compare(&p->name, &q->name, 1);

    if (rc == 0) {
        rc = (p > q) - (p < q);
    }

    return (int) rc;
}


static ngx_int_t
ngx_apigw_sigv4_compare(ngx_str_t *a, ngx_str_t *b, ngx_uint_t lower)
{
    u_char  c, d;
    size_t  i, len;

    len = ngx_min(a->len, b->len);

    for (i = 0; i < len; i++) {
        c = lower ? ngx_tolower(a->data[i]) : a->data[i];
        d = lower ? ngx_tolower(b->data[i]) : b->data[i];

        if (c != d) {
            return (c < d) ? -1 : 1;
        }
    }

    return (a->len > b->len) - (a->len < b->len);
}


/* what is encoded, in the one way that there is */

static u_char *
ngx_apigw_sigv4_recode(u_char *p, u_char *data, size_t len)
{
    u_char     c;
    size_t     i;
    ngx_str_t  hex;

    for (i = 0; i < len; i++) {
        c = data[i];

        if (c == '%' && len - i > 2) {
            hex.len = 2;
            hex.data = &data[i + 1];

            if (ngx_apigw_unhex(&c, 1, &hex) == NGX_OK) {
                i += 2;
            }
        }

        p = ngx_apigw_sigv4_encode(p, c);
    }

    return p;
}


static u_char *
ngx_apigw_sigv4_encode(u_char *p, u_char c)
{
    static u_char  hex[] = "0123456789ABCDEF";

    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-' || c == '.' || c == '_' || c == '~')
    {
        *p++ = c;
        return p;
    }

    *p++ = '%';
    *p++ = hex[c >> 4];
    *p++ = hex[c & 0xf];

    return p;
}
