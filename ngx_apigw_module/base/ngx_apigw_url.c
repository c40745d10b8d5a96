
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_url.h"


/*
 * RFC 3986, as far as a gateway's own requests need it.  Hosts that resolvers
 * and libraries read in different ways ("0x7f.1", "127.1", "010.0.0.1") are
 * refused.
 */

#define NGX_APIGW_URL_MAX_HOST   253
#define NGX_APIGW_URL_MAX_LABEL  63


static ngx_int_t ngx_apigw_url_check(ngx_apigw_url_t *url,
    const char **reason);
static ngx_int_t ngx_apigw_url_split(ngx_apigw_url_t *url, u_char *p,
    u_char *last, const char **reason);
static ngx_int_t ngx_apigw_url_port(ngx_apigw_url_t *url, u_char *p,
    u_char *last);
static ngx_int_t ngx_apigw_url_host(ngx_apigw_url_t *url,
    ngx_uint_t brackets);
static ngx_uint_t ngx_apigw_url_is_name(ngx_str_t *host);
static ngx_uint_t ngx_apigw_url_is_number(u_char *p, u_char *last);
static ngx_int_t ngx_apigw_url_copy(ngx_apigw_url_t *url, ngx_pool_t *pool);
static ngx_uint_t ngx_apigw_url_begins(const ngx_str_t *text,
    const char *prefix);


ngx_int_t
ngx_apigw_url_parse(ngx_apigw_url_t *url, const ngx_str_t *text,
    ngx_pool_t *pool, const char **reason)
{
    u_char  *p, *last;

    ngx_memzero(url, sizeof(ngx_apigw_url_t));

    url->text = *text;

    if (ngx_apigw_url_check(url, reason) != NGX_OK) {
        return NGX_DECLINED;
    }

    p = text->data;
    last = p + text->len;

    if (ngx_apigw_url_begins(text, "https://")) {
        p += sizeof("https://") - 1;
        url->tls = 1;
        url->port = 443;

    } else if (ngx_apigw_url_begins(text, "http://")) {
        p += sizeof("http://") - 1;
        url->port = 80;

    } else {
        *reason = "it doesn't begin with \"https://\"";
        return NGX_DECLINED;
    }

    if (ngx_apigw_url_split(url, p, last, reason) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_apigw_url_copy(url, pool);
}


static ngx_int_t
ngx_apigw_url_check(ngx_apigw_url_t *url, const char **reason)
{
    u_char  *p, *last;

    if (url->text.len > NGX_APIGW_URL_MAX) {
        *reason = "it is longer than 2048 bytes";
        return NGX_DECLINED;
    }

    p = url->text.data;
    last = p + url->text.len;

    for ( /* void */ ; p < last; p++) {

        if (*p <= 0x20 || *p >= 0x7f) {
            *reason = "it has other than printable ASCII characters";
            return NGX_DECLINED;
        }

        if (*p == '#') {
            *reason = "it has a fragment";
            return NGX_DECLINED;
        }

        if (*p == '\\') {
            *reason = "it has a backslash";
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_url_split(ngx_apigw_url_t *url, u_char *p, u_char *last,
    const char **reason)
{
    u_char      *end, *port;
    ngx_uint_t   brackets;

    for (end = p; end < last && *end != '/' && *end != '?'; end++) {

        if (*end == '@') {
            *reason = "it has user information";
            return NGX_DECLINED;
        }
    }

    url->authority.data = p;
    url->authority.len = end - p;

    url->path.data = end;
    url->path.len = last - end;

    brackets = (p < end && *p == '[');

    if (brackets) {
        p++;
        port = ngx_strlchr(p, end, ']');

        if (port == NULL) {
            *reason = "the bracket is not closed";
            return NGX_DECLINED;
        }

        url->host.len = port++ - p;

    } else {
        port = ngx_strlchr(p, end, ':');

        if (port == NULL) {
            port = end;
        }

        url->host.len = port - p;
    }

    url->host.data = p;

    if (url->host.len == 0) {
        *reason = "it has no host";
        return NGX_DECLINED;
    }

    if (ngx_apigw_url_host(url, brackets) != NGX_OK) {
        *reason = "its host is neither a name nor an address";
        return NGX_DECLINED;
    }

    if (port < end && ngx_apigw_url_port(url, port, end) != NGX_OK) {
        *reason = "its port is not a number from 1 to 65535";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_url_port(ngx_apigw_url_t *url, u_char *p, u_char *last)
{
    ngx_uint_t  n;

    if (*p++ != ':' || p == last || last - p > 5) {
        return NGX_ERROR;
    }

    for (n = 0; p < last; p++) {

        if (*p < '0' || *p > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (*p - '0');
    }

    if (n == 0 || n > 65535) {
        return NGX_ERROR;
    }

    url->port = n;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_url_host(ngx_apigw_url_t *url, ngx_uint_t brackets)
{
    u_char  *p, *last;

    p = url->host.data;
    last = p + url->host.len;

    if (ngx_apigw_addr_parse(&url->addr, p, last) == NGX_OK) {
        url->address = 1;
        return (brackets == (url->addr.len == 16)) ? NGX_OK : NGX_ERROR;
    }

    return (!brackets && ngx_apigw_url_is_name(&url->host)) ? NGX_OK
                                                            : NGX_ERROR;
}


/* labels; the last one is no number, in whatever notation */

static ngx_uint_t
ngx_apigw_url_is_name(ngx_str_t *host)
{
    u_char  c, *p, *last, *label;

    if (host->len > NGX_APIGW_URL_MAX_HOST) {
        return 0;
    }

    p = host->data;
    last = p + host->len;

    for (label = p; p < last; p++) {

        c = *p | 0x20;

        if (*p == '.') {

            if (p == label || p - label > NGX_APIGW_URL_MAX_LABEL) {
                return 0;
            }

            label = p + 1;

        } else if (!(*p >= '0' && *p <= '9') && !(c >= 'a' && c <= 'z')
                   && *p != '-' && *p != '_')
        {
            return 0;
        }
    }

    return label < last
           && last - label <= NGX_APIGW_URL_MAX_LABEL
           && !ngx_apigw_url_is_number(label, last);
}


static ngx_uint_t
ngx_apigw_url_is_number(u_char *p, u_char *last)
{
    u_char      c;
    ngx_uint_t  hex;

    hex = (last - p >= 2 && p[0] == '0' && (p[1] | 0x20) == 'x');

    for (p += 2 * hex; p < last; p++) {

        c = *p | 0x20;

        if (!(*p >= '0' && *p <= '9') && !(hex && c >= 'a' && c <= 'f')) {
            return 0;
        }
    }

    return 1;
}


/* one block: the text, the authority, the host, the path */

static ngx_int_t
ngx_apigw_url_copy(ngx_apigw_url_t *url, ngx_pool_t *pool)
{
    u_char  *p;
    size_t   i, len, slash;

    slash = (url->path.len == 0 || url->path.data[0] != '/');

    len = url->text.len + url->authority.len + url->host.len + 1
          + slash + url->path.len;

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, url->text.data, url->text.len);
    url->text.data = p;
    p += url->text.len;

    for (i = 0; i < url->authority.len; i++) {
        p[i] = ngx_tolower(url->authority.data[i]);
    }

    url->authority.data = p;
    p += url->authority.len;

    for (i = 0; i < url->host.len; i++) {
        p[i] = ngx_tolower(url->host.data[i]);
    }

    url->host.data = p;
    p += url->host.len;
    *p++ = '\0';

    if (slash) {
        *p = '/';
    }

    ngx_memcpy(p + slash, url->path.data, url->path.len);
    url->path.data = p;
    url->path.len += slash;

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_url_is_local(const ngx_apigw_url_t *url)
{
    if (url->address) {
        return ngx_apigw_addr_is_loopback(&url->addr);
    }

    return url->host.len == sizeof("localhost") - 1
           && ngx_memcmp(url->host.data, "localhost",
                         sizeof("localhost") - 1)
              == 0;
}


static ngx_uint_t
ngx_apigw_url_begins(const ngx_str_t *text, const char *prefix)
{
    size_t  i;

    for (i = 0; prefix[i]; i++) {

        if (i == text->len
            || ngx_tolower(text->data[i]) != (u_char) prefix[i])
        {
            return 0;
        }
    }

    return 1;
}
