
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * An origin of the configuration, a line feed, the Origin of a request.  What
 * matches is what another reading of both takes for an origin that is meant,
 * and never more than an origin.
 */

#include "ngx_apigw_cors.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_uint_t meant(ngx_apigw_origin_t *origin, ngx_str_t *value);
static size_t name(const u_char *p, size_t len);
static ngx_uint_t suffix(const u_char *p, size_t len);
static void itself(ngx_apigw_origin_t *origin);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char              *copy, *p;
    ngx_int_t            rc;
    ngx_str_t            text, value;
    ngx_pool_t          *pool;
    const char          *reason;
    ngx_apigw_origin_t   origin;

    p = memchr(data, '\n', size);
    text.len = p ? (size_t) (p - data) : size;
    value.len = p ? size - text.len - 1 : 0;

    text.data = malloc(text.len ? text.len : 1);
    value.data = malloc(value.len ? value.len : 1);
    copy = malloc(value.len ? value.len : 1);
    pool = ngx_create_pool(0, NULL);
    check(text.data && value.data && copy && pool);

    if (text.len) {
        memcpy(text.data, data, text.len);
    }

    if (value.len) {
        memcpy(value.data, p + 1, value.len);
        memcpy(copy, p + 1, value.len);
    }

    reason = NULL;
    rc = ngx_apigw_origin_parse(pool, &text, &origin, &reason);

    check(text.len == 0 || memcmp(text.data, data, text.len) == 0);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED && reason && *reason);

    } else {
        check(reason == NULL);
        check(ngx_apigw_origin_match(&origin, &value)
              == meant(&origin, &value));
        check(value.len == 0 || memcmp(value.data, copy, value.len) == 0);

        itself(&origin);
    }

    ngx_destroy_pool(pool);
    free(text.data);
    free(value.data);
    free(copy);

    return 0;
}


static ngx_uint_t
meant(ngx_apigw_origin_t *origin, ngx_str_t *value)
{
    size_t         len, n;
    const u_char  *p;

    if (origin->any) {
        return 1;
    }

    p = value->data;
    len = value->len;

    if (len < origin->head.len
        || memcmp(p, origin->head.data, origin->head.len) != 0)
    {
        return 0;
    }

    p += origin->head.len;
    len -= origin->head.len;

    if (!origin->wildcard) {
        return len == 0;
    }

    if (origin->tail.len) {

        if (len <= origin->tail.len
            || memcmp(p + len - origin->tail.len, origin->tail.data,
                      origin->tail.len)
               != 0)
        {
            return 0;
        }

        len -= origin->tail.len;

        return name(p, len) == len && p[len - 1] != '.';
    }

    if (len > 2 && p[0] == '[') {

        for (n = 1; n < len && memchr("0123456789abcdef:", p[n], 17); n++) {
            /* void */
        }

        return n > 1 && n < len && p[n] == ']'
               && suffix(p + n + 1, len - n - 1);
    }

    n = name(p, len);

    return n && p[n - 1] != '.' && suffix(p + n, len - n);
}


/* how long a name with a beginning and without ".." is */

static size_t
name(const u_char *p, size_t len)
{
    size_t  n;

    for (n = 0; n < len; n++) {

        if (p[n] == '.' && (n == 0 || p[n - 1] == '.')) {
            return 0;
        }

        if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", p[n], 39)) {
            break;
        }
    }

    return n;
}


/* nothing, or a port */

static ngx_uint_t
suffix(const u_char *p, size_t len)
{
    char  text[8], *end;
    long  port;

    if (len == 0) {
        return 1;
    }

    if (len < 2 || len > 6 || p[0] != ':' || p[1] < '1' || p[1] > '9') {
        return 0;
    }

    memcpy(text, p + 1, len - 1);
    text[len - 1] = '\0';

    port = strtol(text, &end, 10);

    return *end == '\0' && end == text + len - 1 && port <= 65535;
}


/* what was configured matches as a browser would write it */

static void
itself(ngx_apigw_origin_t *origin)
{
    size_t     i;
    u_char     ch;
    ngx_str_t  value;

    if (origin->any) {
        check(origin->head.len == 0 && origin->tail.len == 0);
        return;
    }

    value.data = malloc(origin->head.len + origin->tail.len + 1);
    check(value.data);

    memcpy(value.data, origin->head.data, origin->head.len);
    value.len = origin->head.len;

    if (origin->wildcard) {
        value.data[value.len++] = 'a';

        for (i = 0; i < origin->tail.len; i++) {
            value.data[value.len++] = origin->tail.data[i];
        }
    }

    check(ngx_apigw_origin_match(origin, &value) == 1);

    for (i = 0; i < value.len; i++) {
        ch = value.data[i];

        check((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
              || memchr("-_.:/[]+", ch, 8));
    }

    free(value.data);
}
