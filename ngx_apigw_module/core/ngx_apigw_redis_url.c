
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_url.h"


#define NGX_APIGW_REDIS_EXPECTED                                             \
    "\"redis://host[:port][/db]\", \"rediss://host[:port][/db]\" or "        \
    "\"unix:/path[:db]\" is expected"


static ngx_int_t ngx_apigw_redis_url_local(ngx_apigw_redis_url_t *url,
    u_char *p, u_char *last, const char **reason);
static ngx_int_t ngx_apigw_redis_url_host(ngx_apigw_redis_url_t *url,
    u_char *p, u_char *last, const char **reason);
static ngx_uint_t ngx_apigw_redis_url_begins(const ngx_str_t *text,
    const char *prefix);
static ngx_int_t ngx_apigw_redis_url_number(u_char *p, u_char *last,
    ngx_uint_t max);


ngx_int_t
ngx_apigw_redis_url_parse(ngx_apigw_redis_url_t *url, const ngx_str_t *text,
    const char **reason)
{
    u_char      *p, *last, *slash;
    ngx_int_t    n;
    ngx_uint_t   i;

    ngx_memzero(url, sizeof(ngx_apigw_redis_url_t));

    p = text->data;
    last = p + text->len;

    for (i = 0; i < text->len; i++) {

        if (p[i] <= 0x20 || p[i] >= 0x7f) {
            *reason = "a URL has printable ASCII characters only";
            return NGX_DECLINED;
        }
    }

    if (ngx_apigw_redis_url_begins(text, "unix:")) {
        return ngx_apigw_redis_url_local(url, p, last, reason);
    }

    if (ngx_apigw_redis_url_begins(text, "redis://")) {
        p += sizeof("redis://") - 1;

    } else if (ngx_apigw_redis_url_begins(text, "rediss://")) {
        p += sizeof("rediss://") - 1;
        url->tls = 1;

    } else {
        *reason = NGX_APIGW_REDIS_EXPECTED;
        return NGX_DECLINED;
    }

    if (ngx_strlchr(p, last, '@')) {
        *reason = "credentials don't belong into the configuration, "
                  "use \"user=\" and \"password_file=\"";
        return NGX_DECLINED;
    }

    slash = ngx_strlchr(p, last, '/');

    if (slash && slash + 1 < last) {
        n = ngx_apigw_redis_url_number(slash + 1, last,
                                       NGX_APIGW_REDIS_MAX_DB);

        if (n == NGX_ERROR) {
            *reason = "the database is not a number from 0 to 65535";
            return NGX_DECLINED;
        }

        url->db = n;
    }

    return ngx_apigw_redis_url_host(url, p, slash ? slash : last, reason);
}


static ngx_int_t
ngx_apigw_redis_url_host(ngx_apigw_redis_url_t *url, u_char *p, u_char *last,
    const char **reason)
{
    u_char      *end, *port;
    ngx_int_t    n;
    ngx_uint_t   brackets;

    url->address.data = p;
    url->address.len = last - p;

    brackets = (p < last && *p == '[');

    if (brackets) {
        p++;
        end = ngx_strlchr(p, last, ']');

        if (end == NULL) {
            *reason = "the bracket is not closed";
            return NGX_DECLINED;
        }

        port = end + 1;

    } else {
        end = ngx_strlchr(p, last, ':');

        if (end == NULL) {
            end = last;
        }

        port = end;
    }

    if (end == p) {
        *reason = "there is no host";
        return NGX_DECLINED;
    }

    url->host.data = p;
    url->host.len = end - p;

    if (url->host.len > 255) {
        *reason = "the host is too long";
        return NGX_DECLINED;
    }

    for ( /* void */ ; p < end; p++) {

        if ((*p >= '0' && *p <= '9')
            || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
            || *p == '-' || *p == '.' || *p == '_'
            || (*p == ':' && brackets))
        {
            continue;
        }

        *reason = "the host has an invalid character";
        return NGX_DECLINED;
    }

    if (port == last) {
        return NGX_OK;
    }

    n = (*port == ':') ? ngx_apigw_redis_url_number(port + 1, last, 65535)
                       : NGX_ERROR;

    if (n == NGX_ERROR || n == 0) {
        *reason = "the port is not a number from 1 to 65535";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_url_local(ngx_apigw_redis_url_t *url, u_char *p, u_char *last,
    const char **reason)
{
    u_char     *colon;
    ngx_int_t   n;

    url->local = 1;
    url->address.data = p;

    p += sizeof("unix:") - 1;

    if (p == last || *p != '/') {
        *reason = "the path of a socket begins with \"/\"";
        return NGX_DECLINED;
    }

    colon = ngx_strlchr(p, last, ':');

    if (colon) {
        n = ngx_apigw_redis_url_number(colon + 1, last,
                                       NGX_APIGW_REDIS_MAX_DB);

        if (n == NGX_ERROR) {
            *reason = "the database is not a number from 0 to 65535";
            return NGX_DECLINED;
        }

        url->db = n;
        last = colon;
    }

    url->address.len = last - url->address.data;

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_redis_url_secret(const ngx_str_t *text)
{
    return text->len
           && ngx_strlchr(text->data, text->data + text->len, '@') != NULL;
}


static ngx_uint_t
ngx_apigw_redis_url_begins(const ngx_str_t *text, const char *prefix)
{
    size_t  len;

    len = strlen(prefix);

    return text->len >= len && ngx_memcmp(text->data, prefix, len) == 0;
}


static ngx_int_t
ngx_apigw_redis_url_number(u_char *p, u_char *last, ngx_uint_t max)
{
    ngx_uint_t  n;

    if (p == last || last - p > 5) {
        return NGX_ERROR;
    }

    for (n = 0; p < last; p++) {

        if (*p < '0' || *p > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (*p - '0');
    }

    return (n > max) ? NGX_ERROR : (ngx_int_t) n;
}
