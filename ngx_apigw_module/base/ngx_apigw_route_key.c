
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_router.h"


static ngx_int_t ngx_apigw_route_method(ngx_str_t *key,
    ngx_apigw_route_key_t *rk, const char **reason);
static ngx_int_t ngx_apigw_route_path(ngx_pool_t *pool,
    ngx_apigw_route_key_t *rk, const char **reason);
static ngx_apigw_param_t *ngx_apigw_route_params(ngx_pool_t *pool, u_char *p,
    u_char *last);
static const char *ngx_apigw_route_literal(u_char *p, u_char *last);
static const char *ngx_apigw_route_segment_param(ngx_apigw_route_key_t *rk,
    u_char *p, u_char *end, ngx_uint_t segment);
static ngx_uint_t ngx_apigw_route_same_name(ngx_str_t *a, ngx_str_t *b);


static ngx_str_t  ngx_apigw_methods[NGX_APIGW_METHODS] = {
    ngx_string("GET"),
    ngx_string("HEAD"),
    ngx_string("POST"),
    ngx_string("PUT"),
    ngx_string("DELETE"),
    ngx_string("OPTIONS"),
    ngx_string("PATCH"),
    ngx_string("ANY")
};


ngx_uint_t
ngx_apigw_method(ngx_str_t *name)
{
    ngx_str_t   *m;
    ngx_uint_t   n;

    for (n = 0; n < NGX_APIGW_METHODS; n++) {
        m = &ngx_apigw_methods[n];

        if (m->len == name->len
            && ngx_memcmp(m->data, name->data, m->len) == 0)
        {
            return n;
        }
    }

    return NGX_APIGW_NO_METHOD;
}


ngx_int_t
ngx_apigw_route_parse(ngx_pool_t *pool, ngx_str_t *key,
    ngx_apigw_route_key_t *rk, const char **reason)
{
    ngx_int_t  rc;

    rk->key = *key;
    ngx_str_null(&rk->path);
    ngx_str_null(&rk->prefix);
    rk->method = NGX_APIGW_ANY;
    rk->nparams = 0;
    rk->params = NULL;
    rk->catch_all = 0;

    if (key->len > NGX_APIGW_ROUTE_MAX_LEN) {
        *reason = "route key is longer than 4096 characters";
        return NGX_DECLINED;
    }

    if (key->len && key->data[0] == '$') {

        if (key->len != sizeof("$default") - 1
            || ngx_memcmp(key->data, "$default", key->len) != 0)
        {
            *reason = "the only route key with \"$\" is \"$default\"";
            return NGX_DECLINED;
        }

        rk->catch_all = 1;

        return NGX_OK;
    }

    rc = ngx_apigw_route_method(key, rk, reason);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_apigw_route_path(pool, rk, reason);
}


static ngx_int_t
ngx_apigw_route_method(ngx_str_t *key, ngx_apigw_route_key_t *rk,
    const char **reason)
{
    u_char     *p;
    ngx_str_t   name;

    if (key->len == 0) {
        *reason = "route key is empty, "
                  "\"METHOD /path\" or \"$default\" is expected";
        return NGX_DECLINED;
    }

    if (key->data[0] == '/') {
        *reason = "no method before path, one of GET, HEAD, POST, PUT, "
                  "DELETE, OPTIONS, PATCH or ANY is expected";
        return NGX_DECLINED;
    }

    p = ngx_strlchr(key->data, key->data + key->len, ' ');

    if (p == NULL) {
        *reason = "no blank between method and path";
        return NGX_DECLINED;
    }

    rk->path.data = p + 1;
    rk->path.len = key->len - (size_t) (p + 1 - key->data);

    name.data = key->data;
    name.len = (size_t) (p - key->data);

    rk->method = ngx_apigw_method(&name);

    if (rk->method == NGX_APIGW_NO_METHOD) {
        *reason = "unknown method, one of GET, HEAD, POST, PUT, "
                  "DELETE, OPTIONS, PATCH or ANY is expected";
        return NGX_DECLINED;
    }

    if (rk->path.len && rk->path.data[0] == ' ') {
        *reason = "exactly one blank is expected between method and path";
        return NGX_DECLINED;
    }

    if (rk->path.len == 0 || rk->path.data[0] != '/') {
        *reason = "path must start with \"/\"";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_route_path(ngx_pool_t *pool, ngx_apigw_route_key_t *rk,
    const char **reason)
{
    u_char      *p, *end, *last;
    ngx_uint_t   segment;
    const char  *err;

    rk->prefix = rk->path;

    segment = 0;
    p = rk->path.data;
    last = p + rk->path.len;

    while (p < last) {
        p++;

        end = ngx_strlchr(p, last, '/');
        if (end == NULL) {
            end = last;
        }

        if (p == end && end != last) {
            *reason = "path has an empty segment, one \"/\" is expected";
            return NGX_DECLINED;
        }

        if (segment == NGX_APIGW_ROUTE_MAX_SEGMENTS) {
            *reason = "path has more than 64 segments";
            return NGX_DECLINED;
        }

        if (p < end && *p == '{') {

            if (rk->params == NULL) {
                rk->prefix.len = (size_t) (p - rk->path.data);

                rk->params = ngx_apigw_route_params(pool, p, last);
                if (rk->params == NULL) {
                    return NGX_ERROR;
                }
            }

            err = ngx_apigw_route_segment_param(rk, p, end, segment);

        } else {
            err = ngx_apigw_route_literal(p, end);
        }

        if (err) {
            *reason = err;
            return NGX_DECLINED;
        }

        segment++;
        p = end;
    }

    return NGX_OK;
}


/* room for the parameters from p on */

static ngx_apigw_param_t *
ngx_apigw_route_params(ngx_pool_t *pool, u_char *p, u_char *last)
{
    ngx_uint_t  n;

    n = 0;

    while (p < last) {
        if (*p++ == '{') {
            n++;
        }
    }

    return ngx_palloc(pool, n * sizeof(ngx_apigw_param_t));
}


static const char *
ngx_apigw_route_literal(u_char *p, u_char *last)
{
    size_t   len;
    u_char  *s;

    len = (size_t) (last - p);

    if ((len == 1 && p[0] == '.')
        || (len == 2 && p[0] == '.' && p[1] == '.'))
    {
        return "path must not have dot segments";
    }

    for (s = p; s < last; s++) {

        if ((*s >= 'a' && *s <= 'z')
            || (*s >= 'A' && *s <= 'Z')
            || (*s >= '0' && *s <= '9'))
        {
            continue;
        }

        switch (*s) {

        case '-': case '.': case '_': case '~':
        case '!': case '$': case '&': case '\'': case '(': case ')':
        case '*': case '+': case ',': case '=': case ':': case '@':
            continue;

        case '{':
        case '}':
            return "parameter must fill its whole segment, "
                   "\"/{name}\" or \"/{name+}\" is expected";

        case '%':
            return "path must be written without percent-encoding";

        case '?':
        case '#':
            return "path must not have a query or fragment";

        default:
            return "path may have letters, digits "
                   "and -._~!$&'()*+,=:@ only";
        }
    }

    return NULL;
}


static const char *
ngx_apigw_route_segment_param(ngx_apigw_route_key_t *rk, u_char *p,
    u_char *end, ngx_uint_t segment)
{
    u_char              c, *last;
    ngx_uint_t          i;
    ngx_apigw_param_t  *param;

    p++;
    last = end;

    if (ngx_strlchr(p, last, '}') == NULL) {
        return "parameter has no closing \"}\"";
    }

    if (*--last != '}') {
        return "parameter must fill its whole segment, "
               "\"/{name}\" or \"/{name+}\" is expected";
    }

    param = &rk->params[rk->nparams];

    param->segment = segment;
    param->greedy = 0;

    if (p < last && last[-1] == '+') {
        param->greedy = 1;
        last--;
    }

    if (p == last) {
        return "parameter has no name";
    }

    param->name.data = p;
    param->name.len = (size_t) (last - p);

    while (p < last) {
        c = *p++;

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
        {
            return "name of a parameter may have letters, digits, "
                   "\"_\", \"-\" and \".\" only";
        }
    }

    for (i = 0; i < rk->nparams; i++) {
        if (ngx_apigw_route_same_name(&rk->params[i].name, &param->name)) {
            return "names of parameters must differ in more than case "
                   "and \"_\", \"-\", \".\"";
        }
    }

    rk->nparams++;

    if (param->greedy && end != rk->path.data + rk->path.len) {
        return "greedy parameter must be the last segment";
    }

    return NULL;
}


/* whether both names make one nginx variable, its case does not count */

static ngx_uint_t
ngx_apigw_route_same_name(ngx_str_t *a, ngx_str_t *b)
{
    u_char  c, d;
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {
        c = ngx_tolower(a->data[i]);
        d = ngx_tolower(b->data[i]);

        if (c == '-' || c == '.') {
            c = '_';
        }

        if (d == '-' || d == '.') {
            d = '_';
        }

        if (c != d) {
            return 0;
        }
    }

    return 1;
}
