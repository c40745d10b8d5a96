
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda_authorizer.h"


/* the directives of a block of the type lambda */

#define NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_TTL  3600     /* seconds, AWS */


typedef ngx_int_t (*ngx_http_apigw_lambda_auth_set_pt)(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);

typedef struct {
    ngx_str_t                          name;
    ngx_http_apigw_lambda_auth_set_pt  set;      /* NULL: not of this type */
    ngx_uint_t                         min;      /* arguments */
    ngx_uint_t                         max;
} ngx_http_apigw_lambda_auth_line_t;


static ngx_int_t ngx_http_apigw_lambda_auth_endpoint(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_function(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_mode(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_payload(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_simple(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_validation(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
#if (NGX_PCRE)
static ngx_int_t ngx_http_apigw_lambda_auth_whole(ngx_conf_t *cf,
    ngx_str_t *pattern, ngx_regex_t **regex);
static ngx_int_t ngx_http_apigw_lambda_auth_regex(ngx_conf_t *cf,
    ngx_str_t *pattern, ngx_regex_t **regex);
#endif
static ngx_int_t ngx_http_apigw_lambda_auth_set_ttl(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_sign(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_auth_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);


static ngx_http_apigw_lambda_auth_line_t
    ngx_http_apigw_lambda_auth_lines[] = {

    { ngx_string("endpoint"), ngx_http_apigw_lambda_auth_endpoint, 1, 1 },
    { ngx_string("function"), ngx_http_apigw_lambda_auth_function, 1, 2 },
    { ngx_string("mode"), ngx_http_apigw_lambda_auth_mode, 1, 1 },
    { ngx_string("payload"), ngx_http_apigw_lambda_auth_payload, 1, 1 },
    { ngx_string("simple_responses"),
      ngx_http_apigw_lambda_auth_simple, 1, 1 },
    { ngx_string("validation"), ngx_http_apigw_lambda_auth_validation, 1, 1 },
    { ngx_string("ttl"), ngx_http_apigw_lambda_auth_set_ttl, 1, 1 },
    { ngx_string("sign"), ngx_http_apigw_lambda_auth_sign, 0, 0 },
    { ngx_string("parked_max"), ngx_http_apigw_lambda_auth_parked_max, 1, 1 },
    { ngx_string("leeway"), NULL, 0, 0 },
    { ngx_string("token_max"), NULL, 0, 0 },
    { ngx_string("require"), NULL, 0, 0 },
    { ngx_string("revoked"), NULL, 0, 0 },
    { ngx_null_string, NULL, 0, 0 }
};


char *
ngx_http_apigw_lambda_auth_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t                          *value;
    ngx_uint_t                          i, n;
    ngx_http_apigw_lambda_auth_t       *lambda;
    ngx_http_apigw_lambda_auth_line_t  *line;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    for (line = ngx_http_apigw_lambda_auth_lines; line->name.len; line++) {

        if (line->name.len == value[0].len
            && ngx_strcmp(line->name.data, value[0].data) == 0)
        {
            break;
        }
    }

    if (line->name.len == 0) {
        return NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN;
    }

    if (line->set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is for tokens, not for an authorizer of "
                           "the type \"lambda\"", &value[0]);
        return NGX_CONF_ERROR;
    }

    if (n < line->min || n > line->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\"", &value[0]);
        return NGX_CONF_ERROR;
    }

    for (i = 1; i <= n; i++) {

        if (value[i].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "an empty value of \"%V\"", &value[0]);
            return NGX_CONF_ERROR;
        }
    }

    lambda = ngx_http_apigw_lambda_auth_conf(cf, authorizer);
    if (lambda == NULL) {
        return NGX_CONF_ERROR;
    }

    return (line->set(cf, lambda, &value[1]) == NGX_OK) ? NGX_CONF_OK
                                                        : NGX_CONF_ERROR;
}


ngx_http_apigw_lambda_auth_t *
ngx_http_apigw_lambda_auth_conf(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    if (authorizer->conf) {
        return authorizer->conf;
    }

    lambda = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_lambda_auth_t));
    if (lambda == NULL) {
        return NULL;
    }

    lambda->mode = NGX_CONF_UNSET_UINT;
    lambda->payload = NGX_CONF_UNSET_UINT;
    lambda->simple = NGX_CONF_UNSET;
    lambda->ttl = NGX_CONF_UNSET;
    lambda->parked_max = NGX_CONF_UNSET_UINT;

    authorizer->conf = lambda;

    return lambda;
}


/* endpoint url */

static ngx_int_t
ngx_http_apigw_lambda_auth_endpoint(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    ngx_str_t  *path;

    if (ngx_http_apigw_flight_endpoint(cf, &lambda->url, value,
                                       "\"https://\" is expected, "
                                       "\"http://\" is for addresses of this "
                                       "host such as 127.0.0.1 only, and an "
                                       "upstream cannot be named")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    path = &lambda->url.path;

    if (ngx_strlchr(path->data, path->data + path->len, '?')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid endpoint \"%V\": it has arguments", value);
        return NGX_ERROR;
    }

    if (ngx_http_apigw_function_in_path(path)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid endpoint \"%V\": "
                           NGX_HTTP_APIGW_INVOKE_ADDED, value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* function name [qualifier] */

static ngx_int_t
ngx_http_apigw_lambda_auth_function(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->function.name.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    lambda->function.name = value[0];

    if (cf->args->nelts == 3) {
        lambda->function.qualifier = value[1];
    }

    /* checked here, where the line is known, and made when all is known */

    return ngx_http_apigw_function(cf, &lambda->function);
}


/* mode token | request */

static ngx_int_t
ngx_http_apigw_lambda_auth_mode(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->mode != NGX_CONF_UNSET_UINT) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_strcmp(value->data, "token") == 0) {
        lambda->mode = NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN;

    } else if (ngx_strcmp(value->data, "request") == 0) {
        lambda->mode = NGX_HTTP_APIGW_LAMBDA_AUTH_REQUEST;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid mode \"%V\": \"token\" or \"request\" is "
                           "expected", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* payload 1.0 | 2.0 */

static ngx_int_t
ngx_http_apigw_lambda_auth_payload(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->payload != NGX_CONF_UNSET_UINT) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    return ngx_http_apigw_function_payload(cf, value, &lambda->payload);
}


/* simple_responses on | off */

static ngx_int_t
ngx_http_apigw_lambda_auth_simple(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->simple != NGX_CONF_UNSET) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_strcmp(value->data, "on") == 0) {
        lambda->simple = 1;

    } else if (ngx_strcmp(value->data, "off") == 0) {
        lambda->simple = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"simple_responses\" \"%V\": \"on\" or "
                           "\"off\" is expected", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* validation regex */

static ngx_int_t
ngx_http_apigw_lambda_auth_validation(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->validation.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    lambda->validation = *value;

#if (NGX_PCRE)

    return ngx_http_apigw_lambda_auth_whole(cf, value, &lambda->regex);

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"validation\" needs an nginx with PCRE");
    return NGX_ERROR;

#endif
}


#if (NGX_PCRE)

/* one that is complete can't get out of the parentheses */

static ngx_int_t
ngx_http_apigw_lambda_auth_whole(ngx_conf_t *cf, ngx_str_t *pattern,
    ngx_regex_t **regex)
{
    u_char     *p;
    ngx_str_t   whole;

    if (ngx_http_apigw_lambda_auth_regex(cf, pattern, regex) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, pattern->len + sizeof("\\A(?:)\\z"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    whole.data = p;
    whole.len = ngx_sprintf(p, "\\A(?:%V)\\z%Z", pattern) - p - 1;

    return ngx_http_apigw_lambda_auth_regex(cf, &whole, regex);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_regex(ngx_conf_t *cf, ngx_str_t *pattern,
    ngx_regex_t **regex)
{
    u_char               errstr[NGX_MAX_CONF_ERRSTR];
    ngx_regex_compile_t  rc;

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = *pattern;
    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid validation: %V",
                           &rc.err);
        return NGX_ERROR;
    }

    *regex = rc.regex;

    return NGX_OK;
}

#endif


/* ttl time */

static ngx_int_t
ngx_http_apigw_lambda_auth_set_ttl(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    ngx_int_t  n;

    if (lambda->ttl != NGX_CONF_UNSET) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    n = ngx_parse_time(value, 1);

    if (n == NGX_ERROR || n > NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_TTL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid ttl \"%V\": a time from 0 to 1h in "
                           "seconds is expected", value);
        return NGX_ERROR;
    }

    lambda->ttl = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_sign(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    if (lambda->function.sign) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    lambda->function.sign = 1;

    return NGX_OK;
}


/* parked_max number */

static ngx_int_t
ngx_http_apigw_lambda_auth_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value)
{
    return ngx_http_apigw_flight_parked_max(cf, &lambda->parked_max, value);
}
