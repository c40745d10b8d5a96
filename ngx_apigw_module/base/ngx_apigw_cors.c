
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_cors.h"


/*
 * An origin is serialized as "scheme://host[:port]" (HTML Standard, 7.1.1):
 * scheme and host in lower case, a host of other scripts as Punycode, an IPv6
 * address in brackets, no port where it is the scheme's own; or it is "null".
 */


static ngx_int_t ngx_apigw_origin_wildcard(ngx_apigw_origin_t *origin,
    u_char *p, u_char *last, const char **reason);
static u_char *ngx_apigw_origin_lower(ngx_pool_t *pool, ngx_str_t *text);
static u_char *ngx_apigw_origin_scheme(u_char *p, u_char *last);
static u_char *ngx_apigw_origin_host(u_char *p, u_char *last);
static u_char *ngx_apigw_origin_labels(u_char *p, u_char *last);
static ngx_uint_t ngx_apigw_origin_port(u_char *p, u_char *last);
static u_char *ngx_apigw_origin_no_port(u_char *p, u_char *host,
    u_char *last);
static void ngx_apigw_cors_trim(ngx_str_t *s);


/* beside letters and digits */

static u_char  ngx_apigw_cors_symbols[] = "!#$%&'*+-.^_`|~";


static ngx_inline ngx_uint_t
ngx_apigw_origin_is_http(u_char *p, size_t len)
{
    return (len == sizeof("http") - 1 && ngx_memcmp(p, "http", len) == 0)
           || (len == sizeof("https") - 1 && ngx_memcmp(p, "https", len) == 0);
}


ngx_int_t
ngx_apigw_origin_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_apigw_origin_t *origin, const char **reason)
{
    u_char  *p, *host, *last, *end;

    origin->wildcard = 0;
    origin->any = 0;
    ngx_str_null(&origin->head);
    ngx_str_null(&origin->tail);

    if (text->len == 1 && text->data[0] == '*') {
        origin->any = 1;
        return NGX_OK;
    }

    if (text->len == 0) {
        *reason = "it is empty";
        return NGX_DECLINED;
    }

    p = ngx_apigw_origin_lower(pool, text);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = p + text->len;
    host = ngx_apigw_origin_scheme(p, last);

    if (host == NULL) {
        *reason = "\"*\" or a scheme such as in \"https://app.example.com\" "
                  "is expected";
        return NGX_DECLINED;
    }

    origin->head.data = p;

    if (host < last && *host == '*') {
        origin->head.len = (size_t) (host - p);
        return ngx_apigw_origin_wildcard(origin, host + 1, last, reason);
    }

    end = ngx_apigw_origin_host(host, last);

    if (end == NULL || (end < last && *end != ':')) {
        *reason = "nothing but a host and a port is expected after the "
                  "scheme, as in \"https://app.example.com:8443\"";
        return NGX_DECLINED;
    }

    if (end < last && !ngx_apigw_origin_port(end, last)) {
        *reason = "a port is 1 to 65535";
        return NGX_DECLINED;
    }

    last = ngx_apigw_origin_no_port(p, end, last);
    origin->head.len = (size_t) (last - p);

    return NGX_OK;
}


/* what follows a scheme and "*" */

static ngx_int_t
ngx_apigw_origin_wildcard(ngx_apigw_origin_t *origin, u_char *p, u_char *last,
    const char **reason)
{
    u_char  *end;

    if (!ngx_apigw_origin_is_http(origin->head.data,
                                  origin->head.len - (sizeof("://") - 1)))
    {
        *reason = "a wildcard is for \"http\" and \"https\" only";
        return NGX_DECLINED;
    }

    origin->wildcard = 1;

    if (p == last) {
        return NGX_OK;
    }

    end = (*p == '.') ? ngx_apigw_origin_labels(p + 1, last) : NULL;

    if (end == NULL || (end < last && *end != ':')) {
        *reason = "a wildcard stands for the host, or for what is before the "
                  "first dot, as in \"https://*.example.com\"";
        return NGX_DECLINED;
    }

    if (end < last && !ngx_apigw_origin_port(end, last)) {
        *reason = "a port is 1 to 65535";
        return NGX_DECLINED;
    }

    last = ngx_apigw_origin_no_port(origin->head.data, end, last);

    origin->tail.data = p;
    origin->tail.len = (size_t) (last - p);

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_origin_match(ngx_apigw_origin_t *origin, ngx_str_t *value)
{
    u_char  *p, *end, *last;
    size_t   len;

    if (origin->any) {
        return 1;
    }

    len = origin->head.len;

    if (!origin->wildcard) {
        return value->len == len
               && ngx_memcmp(value->data, origin->head.data, len) == 0;
    }

    if (value->len <= len + origin->tail.len
        || ngx_memcmp(value->data, origin->head.data, len) != 0)
    {
        return 0;
    }

    p = value->data + len;
    last = value->data + value->len;

    if (origin->tail.len == 0) {
        end = ngx_apigw_origin_host(p, last);

        return end && (end == last || ngx_apigw_origin_port(end, last));
    }

    last -= origin->tail.len;

    return ngx_memcmp(last, origin->tail.data, origin->tail.len) == 0
           && ngx_apigw_origin_labels(p, last) == last;
}


static u_char *
ngx_apigw_origin_lower(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char  *p;
    size_t   i;

    p = ngx_pnalloc(pool, text->len);
    if (p == NULL) {
        return NULL;
    }

    for (i = 0; i < text->len; i++) {
        p[i] = (u_char) ngx_tolower(text->data[i]);
    }

    return p;
}


/* RFC 3986, 3.1, in lower case: the place after "://", or NULL */

static u_char *
ngx_apigw_origin_scheme(u_char *p, u_char *last)
{
    u_char  *start;

    for (start = p; p < last; p++) {

        if (*p >= 'a' && *p <= 'z') {
            continue;
        }

        if (p == start
            || ((*p < '0' || *p > '9')
                && *p != '+' && *p != '-' && *p != '.'))
        {
            break;
        }
    }

    if (p == start
        || (size_t) (last - p) < sizeof("://") - 1
        || ngx_memcmp(p, "://", sizeof("://") - 1) != 0)
    {
        return NULL;
    }

    return p + sizeof("://") - 1;
}


/* the place after a name or an address, or NULL where there is none */

static u_char *
ngx_apigw_origin_host(u_char *p, u_char *last)
{
    u_char  *start;

    if (p == last || *p != '[') {
        return ngx_apigw_origin_labels(p, last);
    }

    for (start = ++p; p < last; p++) {

        if (*p == ']') {
            return p == start ? NULL : p + 1;
        }

        if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f') && *p != ':') {
            return NULL;
        }
    }

    return NULL;
}


/* dots between labels that are not empty; stops at what is none of it */

static u_char *
ngx_apigw_origin_labels(u_char *p, u_char *last)
{
    u_char  *start;

    for (start = p; p < last; p++) {

        if (*p == '.') {

            if (p == start) {
                return NULL;
            }

            start = p + 1;
            continue;
        }

        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9')
            && *p != '-' && *p != '_')
        {
            break;
        }
    }

    return p == start ? NULL : p;
}


/* ":" and 1 to 65535 up to the end */

static ngx_uint_t
ngx_apigw_origin_port(u_char *p, u_char *last)
{
    ngx_uint_t  n;

    if (*p++ != ':' || p == last || *p == '0') {
        return 0;
    }

    for (n = 0; p < last; p++) {

        if (*p < '0' || *p > '9') {
            return 0;
        }

        n = n * 10 + (*p - '0');

        if (n > 65535) {
            return 0;
        }
    }

    return 1;
}


/* the end of an origin without the port that is its scheme's */

static u_char *
ngx_apigw_origin_no_port(u_char *p, u_char *port, u_char *last)
{
    size_t  len;

    len = (size_t) (last - port);

    if ((len == sizeof(":443") - 1
         && ngx_memcmp(port, ":443", len) == 0
         && ngx_memcmp(p, "https://", sizeof("https://") - 1) == 0)
        || (len == sizeof(":80") - 1
            && ngx_memcmp(port, ":80", len) == 0
            && ngx_memcmp(p, "http://", sizeof("http://") - 1) == 0))
    {
        return port;
    }

    return last;
}


ngx_uint_t
ngx_apigw_cors_next(ngx_str_t *list, ngx_str_t *item)
{
    u_char  *p, *last;

    if (list->data == NULL) {
        return 0;
    }

    last = list->data + list->len;
    p = ngx_strlchr(list->data, last, ',');

    item->data = list->data;

    if (p == NULL) {
        item->len = list->len;
        ngx_str_null(list);

    } else {
        item->len = (size_t) (p - list->data);
        list->data = p + 1;
        list->len = (size_t) (last - list->data);
    }

    return 1;
}


ngx_uint_t
ngx_apigw_cors_token(ngx_str_t *s)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if ((ch >= '0' && ch <= '9')
            || (ngx_tolower(ch) >= 'a' && ngx_tolower(ch) <= 'z')
            || ngx_strlchr(ngx_apigw_cors_symbols,
                           ngx_apigw_cors_symbols
                           + sizeof(ngx_apigw_cors_symbols) - 1, ch))
        {
            continue;
        }

        return 0;
    }

    return i != 0;
}


ngx_uint_t
ngx_apigw_cors_method(ngx_str_t *s)
{
    u_char  ch;
    size_t  i;

    if (s->len == 1 && s->data[0] == '*') {
        return 1;
    }

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if ((ch < 'A' || ch > 'Z') && ch != '_' && ch != '-') {
            return 0;
        }
    }

    return i != 0;
}


ngx_uint_t
ngx_apigw_cors_asked(ngx_str_t *list)
{
    ngx_str_t  rest, item;

    rest = *list;

    while (ngx_apigw_cors_next(&rest, &item)) {
        ngx_apigw_cors_trim(&item);

        if (!ngx_apigw_cors_token(&item)) {
            return 0;
        }
    }

    return list->data != NULL;
}


ngx_uint_t
ngx_apigw_cors_has(ngx_str_t *list, const char *token, size_t len)
{
    size_t     i;
    ngx_str_t  rest, item;

    rest = *list;

    while (ngx_apigw_cors_next(&rest, &item)) {
        ngx_apigw_cors_trim(&item);

        if (item.len == 1 && item.data[0] == '*') {
            return 1;
        }

        if (item.len != len) {
            continue;
        }

        for (i = 0; i < len; i++) {
            if (ngx_tolower(item.data[i]) != (u_char) token[i]) {
                break;
            }
        }

        if (i == len) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_apigw_cors_trim(ngx_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }

    while (s->len
           && (s->data[s->len - 1] == ' ' || s->data[s->len - 1] == '\t'))
    {
        s->len--;
    }
}
