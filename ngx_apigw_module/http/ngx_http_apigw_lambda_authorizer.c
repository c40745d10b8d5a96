
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda_authorizer.h"


/* type lambda of an authorizer: what its block and the stages must have */


static ngx_int_t ngx_http_apigw_lambda_auth_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static const char *ngx_http_apigw_lambda_auth_check(ngx_conf_t *cf,
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
    ngx_http_apigw_lambda_auth_stage,
    ngx_http_apigw_lambda_auth_stat
};


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

    if (ngx_http_apigw_flight_peer(cf, authorizer, &lambda->url, &lambda->tls,
                                   &lambda->resolver,
                                   &lambda->resolver_timeout)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_lambda_auth_target(cf, lambda);
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
