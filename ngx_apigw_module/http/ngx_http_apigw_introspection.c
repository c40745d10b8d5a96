
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_introspection.h"
#include "ngx_apigw_introspect.h"


/*
 * type introspection of an authorizer (RFC 7662): opaque tokens, and what
 * their issuer says about them.
 */

#define NGX_HTTP_APIGW_INTROSPECTION_MAX_SECRET  1024
#define NGX_HTTP_APIGW_INTROSPECTION_MAX_TIME    86400   /* seconds */


typedef ngx_int_t (*ngx_http_apigw_introspection_set_pt)(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);

typedef struct {
    ngx_str_t                            name;
    ngx_http_apigw_introspection_set_pt  set;
    ngx_uint_t                           list;   /* of values */
} ngx_http_apigw_introspection_line_t;


static char *ngx_http_apigw_introspection_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_http_apigw_introspection_t *ngx_http_apigw_introspection_conf(
    ngx_conf_t *cf, ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_introspection_endpoint(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_client_id(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_client_secret(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_issuer(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_audience(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_cache_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_inactive_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_introspection_time(ngx_conf_t *cf,
    ngx_str_t *value, time_t *time);
static ngx_int_t ngx_http_apigw_introspection_names(ngx_conf_t *cf,
    ngx_array_t **names, ngx_str_t *value);

static ngx_int_t ngx_http_apigw_introspection_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_introspection_missing(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *name);
static ngx_int_t ngx_http_apigw_introspection_headers(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_introspection_secret(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *secret);
static void ngx_http_apigw_introspection_wipe(void *data);


ngx_http_apigw_authorizer_type_t  ngx_http_apigw_introspection_type = {
    ngx_string("introspection"),
    1,
    5000,
    ngx_http_apigw_introspection_directive,
    ngx_http_apigw_introspection_init,
    ngx_http_apigw_introspection_init_worker,
    ngx_http_apigw_introspection_exit_worker,
    ngx_http_apigw_introspection_authorize,
    NULL,
    NULL,
    ngx_http_apigw_introspection_stat
};


static ngx_http_apigw_introspection_line_t
    ngx_http_apigw_introspection_lines[] = {

    { ngx_string("endpoint"), ngx_http_apigw_introspection_endpoint, 0 },
    { ngx_string("client_id"), ngx_http_apigw_introspection_client_id, 0 },
    { ngx_string("client_secret_file"),
      ngx_http_apigw_introspection_client_secret, 0 },
    { ngx_string("issuer"), ngx_http_apigw_introspection_issuer, 0 },
    { ngx_string("audience"), ngx_http_apigw_introspection_audience, 1 },
    { ngx_string("cache_max"), ngx_http_apigw_introspection_cache_max, 0 },
    { ngx_string("inactive_max"),
      ngx_http_apigw_introspection_inactive_max, 0 },
    { ngx_string("parked_max"), ngx_http_apigw_introspection_parked_max, 0 },
    { ngx_null_string, NULL, 0 }
};


static char *
ngx_http_apigw_introspection_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t                            *value;
    ngx_uint_t                            i;
    ngx_http_apigw_introspection_t       *introspection;
    ngx_http_apigw_introspection_line_t  *line;

    value = cf->args->elts;

    for (line = ngx_http_apigw_introspection_lines; line->set; line++) {

        if (line->name.len == value[0].len
            && ngx_strcmp(line->name.data, value[0].data) == 0)
        {
            break;
        }
    }

    if (line->set == NULL) {
        return NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN;
    }

    if (cf->args->nelts < 2 || (cf->args->nelts > 2 && !line->list)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\"", &value[0]);
        return NGX_CONF_ERROR;
    }

    introspection = ngx_http_apigw_introspection_conf(cf, authorizer);
    if (introspection == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "an empty value of \"%V\"", &value[0]);
            return NGX_CONF_ERROR;
        }

        if (line->set(cf, introspection, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_http_apigw_introspection_t *
ngx_http_apigw_introspection_conf(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_introspection_t  *introspection;

    if (authorizer->conf) {
        return authorizer->conf;
    }

    introspection = ngx_pcalloc(cf->pool,
                                sizeof(ngx_http_apigw_introspection_t));
    if (introspection == NULL) {
        return NULL;
    }

    introspection->cache_max = NGX_CONF_UNSET;
    introspection->inactive_max = NGX_CONF_UNSET;
    introspection->parked_max = NGX_CONF_UNSET_UINT;

    authorizer->conf = introspection;

    return introspection;
}


/* endpoint url */

static ngx_int_t
ngx_http_apigw_introspection_endpoint(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_flight_endpoint(cf, &introspection->url, value,
                                          "\"https://\" is expected, tokens "
                                          "and a secret are sent there");
}


/* client_id id */

static ngx_int_t
ngx_http_apigw_introspection_client_id(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    if (introspection->client_id.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    introspection->client_id = *value;

    return NGX_OK;
}


/* client_secret_file file */

static ngx_int_t
ngx_http_apigw_introspection_client_secret(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    if (introspection->secret_file.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    introspection->secret_file = *value;

    return ngx_conf_full_name(cf->cycle, &introspection->secret_file, 1);
}


/* issuer iss, which may repeat */

static ngx_int_t
ngx_http_apigw_introspection_issuer(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_introspection_names(cf, &introspection->issuers,
                                              value);
}


/* audience aud ..., which may repeat */

static ngx_int_t
ngx_http_apigw_introspection_audience(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_introspection_names(cf, &introspection->audiences,
                                              value);
}


/* cache_max time */

static ngx_int_t
ngx_http_apigw_introspection_cache_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_introspection_time(cf, value,
                                             &introspection->cache_max);
}


/* inactive_max time */

static ngx_int_t
ngx_http_apigw_introspection_inactive_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_introspection_time(cf, value,
                                             &introspection->inactive_max);
}


/* parked_max number */

static ngx_int_t
ngx_http_apigw_introspection_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_introspection_t *introspection, ngx_str_t *value)
{
    return ngx_http_apigw_flight_parked_max(cf, &introspection->parked_max,
                                            value);
}


static ngx_int_t
ngx_http_apigw_introspection_time(ngx_conf_t *cf, ngx_str_t *value,
    time_t *time)
{
    ngx_int_t  n;

    if (*time != NGX_CONF_UNSET) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    n = ngx_parse_time(value, 1);

    if (n == NGX_ERROR || n > NGX_HTTP_APIGW_INTROSPECTION_MAX_TIME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"%V\" \"%V\": a time from 0 to 1d in "
                           "seconds is expected", value - 1, value);
        return NGX_ERROR;
    }

    *time = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_introspection_names(ngx_conf_t *cf, ngx_array_t **names,
    ngx_str_t *value)
{
    ngx_str_t  *name;

    if (ngx_http_apigw_conf_no_quotes(cf, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (*names == NULL) {
        *names = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (*names == NULL) {
            return NGX_ERROR;
        }
    }

    name = ngx_array_push(*names);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_introspection_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_introspection_t  *introspection;

    introspection = ngx_http_apigw_introspection_conf(cf, authorizer);
    if (introspection == NULL) {
        return NGX_ERROR;
    }

    if (introspection->url.text.len == 0) {
        return ngx_http_apigw_introspection_missing(cf, authorizer,
                                                    "endpoint");
    }

    if (introspection->client_id.len == 0) {
        return ngx_http_apigw_introspection_missing(cf, authorizer,
                                                    "client_id");
    }

    if (introspection->secret_file.len == 0) {
        return ngx_http_apigw_introspection_missing(cf, authorizer,
                                                    "client_secret_file");
    }

    ngx_conf_init_value(introspection->cache_max, 60);
    ngx_conf_init_value(introspection->inactive_max, 5);
    ngx_conf_init_uint_value(introspection->parked_max, 1024);

    if (ngx_http_apigw_flight_peer(cf, authorizer, &introspection->url,
                                   &introspection->tls,
                                   &introspection->resolver,
                                   &introspection->resolver_timeout)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_introspection_headers(cf, authorizer);
}


static ngx_int_t
ngx_http_apigw_introspection_missing(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *name)
{
    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                              "the authorizer \"%V\" has no \"%s\"",
                              &authorizer->name, name);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_introspection_headers(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    u_char                          *p;
    size_t                           len;
    ngx_int_t                        rc;
    ngx_str_t                        secret, basic, *headers;
    ngx_pool_cleanup_t              *cln;
    ngx_http_apigw_introspection_t  *introspection;

    static ngx_str_t  rest = ngx_string("\r\nAccept: application/json\r\n"
              "Content-Type: application/x-www-form-urlencoded\r\n");

    introspection = authorizer->conf;
    headers = &introspection->headers;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_apigw_introspection_secret(cf, authorizer, &secret);

    if (rc == NGX_OK) {
        rc = ngx_apigw_introspect_basic(&basic, &introspection->client_id,
                                        &secret, cf->pool);
    }

    ngx_http_apigw_introspection_wipe(&secret);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    len = sizeof("Authorization: ") - 1 + basic.len + rest.len;

    headers->data = ngx_pnalloc(cf->pool, len);
    if (headers->data == NULL) {
        ngx_http_apigw_introspection_wipe(&basic);
        return NGX_ERROR;
    }

    headers->len = len;

    cln->handler = ngx_http_apigw_introspection_wipe;
    cln->data = headers;

    p = ngx_cpymem(headers->data, "Authorization: ",
                   sizeof("Authorization: ") - 1);
    p = ngx_cpymem(p, basic.data, basic.len);
    ngx_memcpy(p, rest.data, rest.len);

    ngx_http_apigw_introspection_wipe(&basic);

    return NGX_OK;
}


/* the first line of the file */

static ngx_int_t
ngx_http_apigw_introspection_secret(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *secret)
{
    size_t      size, n;
    ngx_str_t  *name;

    name = &((ngx_http_apigw_introspection_t *) authorizer->conf)->secret_file;

    size = NGX_HTTP_APIGW_INTROSPECTION_MAX_SECRET + 2;
    secret->len = 0;

    secret->data = ngx_pcalloc(cf->pool, size);
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    secret->len = size;

    if (ngx_http_apigw_conf_read(name, secret) != NGX_OK) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "could not read the client secret file "
                                  "\"%V\" (%d: %s)", name, ngx_errno,
                                  strerror(ngx_errno));
        return NGX_ERROR;
    }

    n = ngx_http_apigw_conf_first_line(secret);

    if (n == 0 || n > NGX_HTTP_APIGW_INTROSPECTION_MAX_SECRET) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "the first line of the client secret file "
                                  "\"%V\" has not 1 to %d bytes", name,
                                  NGX_HTTP_APIGW_INTROSPECTION_MAX_SECRET);
        return NGX_ERROR;
    }

    /* what else was read is wiped here, the secret when it was used */

    ngx_explicit_memzero(secret->data + n, size - n);
    secret->len = n;

    return NGX_OK;
}


static void
ngx_http_apigw_introspection_wipe(void *data)
{
    ngx_str_t  *text = data;

    if (text->len) {
        ngx_explicit_memzero(text->data, text->len);
    }
}
