
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda_authorizer.h"


/* type lambda of an authorizer: its directives, and what fits a stage */

#define NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_TTL     3600     /* seconds, AWS */
#define NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_PARKED  65536


typedef ngx_int_t (*ngx_http_apigw_lambda_auth_set_pt)(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda, ngx_str_t *value);

typedef struct {
    ngx_str_t                          name;
    ngx_http_apigw_lambda_auth_set_pt  set;      /* NULL: not of this type */
    ngx_uint_t                         min;      /* arguments */
    ngx_uint_t                         max;
} ngx_http_apigw_lambda_auth_line_t;


static char *ngx_http_apigw_lambda_auth_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_http_apigw_lambda_auth_t *ngx_http_apigw_lambda_auth_conf(
    ngx_conf_t *cf, ngx_http_apigw_authorizer_t *authorizer);
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

static ngx_int_t ngx_http_apigw_lambda_auth_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static const char *ngx_http_apigw_lambda_auth_check(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_lambda_auth_peer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_lambda_auth_target(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda);
static ngx_int_t ngx_http_apigw_lambda_auth_stage(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_lambda_auth_error(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *what,
    ngx_http_apigw_stage_t *stage);


ngx_http_apigw_authorizer_type_t  ngx_http_apigw_lambda_authorizer_type = {
    ngx_string("lambda"),
    NGX_HTTP_APIGW_LAMBDA_AUTH_IDENTITIES,
    10000,
    ngx_http_apigw_lambda_auth_directive,
    ngx_http_apigw_lambda_auth_init,
    ngx_http_apigw_lambda_auth_init_worker,
    ngx_http_apigw_lambda_auth_exit_worker,
    ngx_http_apigw_lambda_auth_authorize,
    ngx_http_apigw_lambda_auth_identify,
    ngx_http_apigw_lambda_auth_stage
};


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


static char *
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


static ngx_http_apigw_lambda_auth_t *
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
    ngx_int_t         rc;
    const char       *reason;
    ngx_apigw_url_t  *url;

    url = &lambda->url;

    if (url->text.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    rc = ngx_apigw_url_parse(url, value, cf->pool, &reason);

    if (rc == NGX_OK) {

        if (!url->tls && !ngx_apigw_url_is_local(url)) {
            reason = "\"https://\" is expected, \"http://\" is for addresses"
                     " of this host such as 127.0.0.1 only, and an upstream"
                     " cannot be named";
            rc = NGX_DECLINED;

        } else if (ngx_strlchr(url->path.data, url->path.data + url->path.len,
                               '?'))
        {
            reason = "it has arguments";
            rc = NGX_DECLINED;

        } else if (ngx_http_apigw_function_in_path(&url->path)) {
            reason = NGX_HTTP_APIGW_INVOKE_ADDED;
            rc = NGX_DECLINED;
        }
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* there may be a password in it */

    if (ngx_strlchr(value->data, value->data + value->len, '@')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid endpoint: %s",
                           reason);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid endpoint \"%V\": %s",
                           value, reason);
    }

    return NGX_ERROR;
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

    if (ngx_strcmp(value->data, "1.0") == 0) {
        lambda->payload = NGX_APIGW_EVENT_1_0;

    } else if (ngx_strcmp(value->data, "2.0") == 0) {
        lambda->payload = NGX_APIGW_EVENT_2_0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid payload \"%V\": \"1.0\" or \"2.0\" is "
                           "expected", value);
        return NGX_ERROR;
    }

    return NGX_OK;
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
    ngx_int_t  n;

    if (lambda->parked_max != NGX_CONF_UNSET_UINT) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_PARKED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"parked_max\" \"%V\": a number from 1 to "
                           "%d is expected", value,
                           NGX_HTTP_APIGW_LAMBDA_AUTH_MAX_PARKED);
        return NGX_ERROR;
    }

    lambda->parked_max = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    const char                    *reason;
    ngx_http_apigw_lambda_auth_t  *lambda;

    static ngx_str_t  header = ngx_string("$http_authorization");

    lambda = ngx_http_apigw_lambda_auth_conf(cf, authorizer);
    if (lambda == NULL) {
        return NGX_ERROR;
    }

    ngx_conf_init_uint_value(lambda->mode, NGX_HTTP_APIGW_LAMBDA_AUTH_REQUEST);
    ngx_conf_init_uint_value(lambda->parked_max, 1024);

    if (lambda->mode == NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN
        && authorizer->nidentities == 0
        && ngx_http_apigw_authorizer_add_identity(cf, authorizer, &header)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    reason = ngx_http_apigw_lambda_auth_check(cf, authorizer);

    if (reason) {
        return ngx_http_apigw_lambda_auth_error(cf, authorizer, reason, NULL);
    }

    return ngx_http_apigw_lambda_auth_peer(cf, authorizer);
}


/* NULL, or what is wrong with the block */

static const char *
ngx_http_apigw_lambda_auth_check(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    if (lambda->url.text.len == 0) {
        return "has no \"endpoint\"";
    }

    if (lambda->function.name.len == 0) {
        return "has no \"function\"";
    }

    if (lambda->function.sign && !ngx_http_apigw_aws(cf)->signs) {
        return "has \"sign\", but \"apigw_aws\" no credentials";
    }

    if (lambda->mode == NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN) {

        if (authorizer->nidentities != 1
            || authorizer->identities->index != NGX_ERROR)
        {
            return "has \"mode token\", whose identity is one header such as "
                   "$http_authorization";
        }

        if (lambda->payload != NGX_CONF_UNSET_UINT) {
            return "has \"mode token\", whose event has one form, and a "
                   "\"payload\"";
        }

    } else if (lambda->validation.len) {
        return "has \"validation\", which needs \"mode token\"";
    }

    if (lambda->simple == 1 && lambda->payload == NGX_APIGW_EVENT_1_0) {
        return "has \"simple_responses\", which need \"payload 2.0\"";
    }

    if (lambda->ttl > 0 && authorizer->nidentities == 0) {
        return "has a \"ttl\", which needs an \"identity\"";
    }

    if (lambda->ttl > 0 && authorizer->cache == 0) {
        return "has a \"ttl\" and \"cache off\"";
    }

    return NULL;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_peer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_lambda_auth_t  *lambda;

    lambda = authorizer->conf;

    if (lambda->url.tls) {
        lambda->tls = ngx_apigw_tls_create(cf,
                                           &authorizer->trusted_certificate,
                                           "trusted_certificate ");
        if (lambda->tls == NULL) {
            return NGX_ERROR;
        }

    } else if (authorizer->trusted_certificate.len) {
        return ngx_http_apigw_lambda_auth_error(cf, authorizer,
                                     "has a \"trusted_certificate\", which is "
                                     "for \"https://\" only", NULL);
    }

    if (!lambda->url.address) {
        lambda->resolver = ngx_http_apigw_authorizer_resolver(cf,
                                                   &lambda->resolver_timeout);

        if (lambda->resolver == NULL) {
            return ngx_http_apigw_lambda_auth_error(cf, authorizer,
                                     "needs a \"resolver\" in http{} for the "
                                     "host of its \"endpoint\"", NULL);
        }
    }

    return ngx_http_apigw_lambda_auth_target(cf, lambda);
}


static ngx_int_t
ngx_http_apigw_lambda_auth_target(ngx_conf_t *cf,
    ngx_http_apigw_lambda_auth_t *lambda)
{
    u_char                     *p;
    ngx_str_t                  *path;
    ngx_http_apigw_function_t  *function;

    path = &lambda->url.path;
    function = &lambda->function;

    function->host = lambda->url.authority;
    function->base = *path;

    while (function->base.len
           && function->base.data[function->base.len - 1] == '/')
    {
        function->base.len--;
    }

    if (ngx_http_apigw_function(cf, function) != NGX_OK) {
        return NGX_ERROR;
    }

    if (function->query.len == 0) {
        *path = function->path;
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, function->path.len + 1 + function->query.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    path->data = p;
    path->len = function->path.len + 1 + function->query.len;

    p = ngx_cpymem(p, function->path.data, function->path.len);
    *p++ = '?';
    ngx_memcpy(p, function->query.data, function->query.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_stage(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                              i;
    const char                             *reason;
    ngx_http_apigw_route_t                **routes;
    ngx_http_apigw_authorize_t             *authorize;
    ngx_http_apigw_lambda_auth_t           *lambda;
    ngx_http_apigw_authorizer_loc_conf_t   *alcf;

    lambda = authorizer->conf;
    reason = NULL;

    if (stage->type == NGX_APIGW_REST) {

        if (lambda->payload != NGX_CONF_UNSET_UINT) {
            reason = "has a \"payload\"";

        } else if (lambda->simple == 1) {
            reason = "has \"simple_responses\"";
        }

    } else if (lambda->mode == NGX_HTTP_APIGW_LAMBDA_AUTH_TOKEN) {
        reason = "has \"mode token\"";
    }

    if (reason) {
        return ngx_http_apigw_lambda_auth_error(cf, authorizer, reason, stage);
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        alcf = routes[i]->loc_conf[ngx_http_apigw_authorizer_module.ctx_index];
        authorize = alcf->authorize;

        if (authorize->authorizer != authorizer) {
            continue;
        }

        routes[i]->usage_key = 1;

        if (authorize->nscopes || authorize->nscopes_all) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorize->place,
                                      "the authorizer \"%V\" of the type "
                                      "\"lambda\" knows no scopes",
                                      &authorizer->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_auth_error(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *what,
    ngx_http_apigw_stage_t *stage)
{
    if (stage == NULL) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "the authorizer \"%V\" %s",
                                  &authorizer->name, what);
        return NGX_ERROR;
    }

    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                              "the authorizer \"%V\" %s, which is for %s APIs "
                              "only, but the stage \"%V\" of %s API names it",
                              &authorizer->name, what,
                              (stage->type == NGX_APIGW_REST) ? "HTTP"
                                                              : "REST",
                              &stage->name,
                              (stage->type == NGX_APIGW_REST) ? "a REST"
                                                              : "an HTTP");
    return NGX_ERROR;
}
