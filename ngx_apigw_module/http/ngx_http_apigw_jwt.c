
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_jwt.h"


/* Authorizers of the type "jwt": what their blocks say. */


typedef ngx_int_t (*ngx_http_apigw_jwt_line_pt)(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);

typedef struct {
    ngx_str_t                      name;
    ngx_http_apigw_jwt_line_pt     handler;
} ngx_http_apigw_jwt_line_t;


static char *ngx_http_apigw_jwt_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_http_apigw_jwt_conf_t *ngx_http_apigw_jwt_conf(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_jwt_issuer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_http_apigw_issuer_t *ngx_http_apigw_jwt_issuer_add(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *name);
static ngx_int_t ngx_http_apigw_jwt_audience(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_jwks(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_where(ngx_conf_t *cf, ngx_str_t *jwks);
static ngx_int_t ngx_http_apigw_jwt_algorithms(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_secret_file(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_header_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_cooldown(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);

static ngx_int_t ngx_http_apigw_jwt_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_jwt_check(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf);
static ngx_int_t ngx_http_apigw_jwt_wrong(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *what);
static ngx_int_t ngx_http_apigw_jwt_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer);
static void ngx_http_apigw_jwt_exit_worker(
    ngx_http_apigw_authorizer_t *authorizer);


ngx_http_apigw_authorizer_type_t  ngx_http_apigw_jwt_type = {
    ngx_string("jwt"),
    1,
    5000,
    ngx_http_apigw_jwt_directive,
    ngx_http_apigw_jwt_init,
    ngx_http_apigw_jwt_init_worker,
    ngx_http_apigw_jwt_exit_worker,
    ngx_http_apigw_jwt_authorize,
    NULL,
    NULL,
    ngx_http_apigw_jwt_stat
};


static ngx_http_apigw_jwt_line_t  ngx_http_apigw_jwt_lines[] = {
    { ngx_string("issuer"), ngx_http_apigw_jwt_issuer },
    { ngx_string("audience"), ngx_http_apigw_jwt_audience },
    { ngx_string("jwks"), ngx_http_apigw_jwt_jwks },
    { ngx_string("algorithms"), ngx_http_apigw_jwt_algorithms },
    { ngx_string("secret_file"), ngx_http_apigw_jwt_secret_file },
    { ngx_string("header_max"), ngx_http_apigw_jwt_header_max },
    { ngx_string("cooldown"), ngx_http_apigw_jwt_cooldown },
    { ngx_string("parked_max"), ngx_http_apigw_jwt_parked_max },
    { ngx_null_string, NULL }
};


static char *
ngx_http_apigw_jwt_directive(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t                  *value;
    ngx_http_apigw_jwt_conf_t  *jcf;
    ngx_http_apigw_jwt_line_t  *line;

    value = cf->args->elts;

    for (line = ngx_http_apigw_jwt_lines; line->handler; line++) {

        if (ngx_strcmp(value[0].data, line->name.data) != 0) {
            continue;
        }

        jcf = ngx_http_apigw_jwt_conf(cf, authorizer);
        if (jcf == NULL) {
            return NGX_CONF_ERROR;
        }

        if (cf->args->nelts < 2 || value[1].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has no value", &value[0]);
            return NGX_CONF_ERROR;
        }

        return (line->handler(cf, authorizer, jcf) == NGX_OK) ? NGX_CONF_OK
                                                              : NGX_CONF_ERROR;
    }

    return NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN;
}


static ngx_http_apigw_jwt_conf_t *
ngx_http_apigw_jwt_conf(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_jwt_conf_t  *jcf;

    if (authorizer->conf) {
        return authorizer->conf;
    }

    jcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_jwt_conf_t));
    if (jcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     jcf->algorithms = 0;
     *     jcf->jwks = { 0, NULL };
     *     jcf->secret_file = { 0, NULL };
     *     jcf->audiences = NULL;
     */

    jcf->cooldown = NGX_CONF_UNSET_MSEC;
    jcf->parked_max = NGX_CONF_UNSET;

    authorizer->header_max = NGX_CONF_UNSET_SIZE;

    authorizer->issuers = ngx_array_create(cf->pool, 1,
                                           sizeof(ngx_http_apigw_issuer_t));
    if (authorizer->issuers == NULL) {
        return NULL;
    }

    authorizer->conf = jcf;

    return jcf;
}


/* issuer name [audience=a,b] [jwks=where] */

static ngx_int_t
ngx_http_apigw_jwt_issuer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t                *value, text;
    ngx_uint_t                i;
    ngx_http_apigw_issuer_t  *issuer;

    value = cf->args->elts;

    issuer = ngx_http_apigw_jwt_issuer_add(cf, authorizer, &value[1]);
    if (issuer == NULL) {
        return NGX_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (issuer->naudiences == 0
            && ngx_http_apigw_conf_param(&value[i], "audience", &text))
        {
            if (ngx_http_apigw_authorizer_list(cf, &value[i],
                                               &issuer->audiences,
                                               &issuer->naudiences)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else if (issuer->jwks.len == 0
                   && ngx_http_apigw_conf_param(&value[i], "jwks", &text)
                   && text.len)
        {
            issuer->jwks = text;

            if (ngx_http_apigw_jwt_where(cf, &issuer->jwks) != NGX_OK) {
                return NGX_ERROR;
            }

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": one \"audience=\" "
                               "and one \"jwks=\" are expected", &value[i]);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_http_apigw_issuer_t *
ngx_http_apigw_jwt_issuer_add(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *name)
{
    ngx_uint_t                i;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorizer->issuers->elts;

    for (i = 0; i < authorizer->issuers->nelts; i++) {

        if (issuer[i].name.len == name->len
            && ngx_strncmp(issuer[i].name.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate issuer \"%V\" in the authorizer "
                               "\"%V\"", name, &authorizer->name);
            return NULL;
        }
    }

    issuer = ngx_array_push(authorizer->issuers);
    if (issuer == NULL) {
        return NULL;
    }

    ngx_memzero(issuer, sizeof(ngx_http_apigw_issuer_t));

    issuer->name = *name;
    ngx_http_apigw_here(cf, &issuer->place);

    return issuer;
}


static ngx_int_t
ngx_http_apigw_jwt_audience(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (jcf->naudiences) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "an empty \"audience\"");
            return NGX_ERROR;
        }
    }

    jcf->naudiences = cf->args->nelts - 1;

    jcf->audiences = ngx_palloc(cf->pool, jcf->naudiences * sizeof(ngx_str_t));
    if (jcf->audiences == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(jcf->audiences, &value[1], jcf->naudiences * sizeof(ngx_str_t));

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_jwt_jwks(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t  *value;

    if (jcf->jwks.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    jcf->jwks = value[1];

    return ngx_http_apigw_jwt_where(cf, &jcf->jwks);
}


/* an URL, or a file beside the configuration */

static ngx_int_t
ngx_http_apigw_jwt_where(ngx_conf_t *cf, ngx_str_t *jwks)
{
    if (ngx_strstr(jwks->data, "://") != NULL) {
        return NGX_OK;
    }

    return ngx_conf_full_name(cf->cycle, jwks, 1);
}


static ngx_int_t
ngx_http_apigw_jwt_algorithms(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t   *value;
    ngx_uint_t   i, alg;

    if (jcf->algorithms) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        alg = ngx_apigw_jws_alg(&value[i]);

        if (alg == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\": RS, PS, ES or HS "
                               "with 256, 384 or 512, or EdDSA, is expected",
                               &value[i]);
            return NGX_ERROR;
        }

        if (jcf->algorithms & alg) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate algorithm \"%V\"", &value[i]);
            return NGX_ERROR;
        }

        jcf->algorithms |= alg;

        if ((jcf->algorithms & NGX_APIGW_JWS_SYMMETRIC)
            && (jcf->algorithms & NGX_APIGW_JWS_ASYMMETRIC))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" beside \"%V\": their keys are of "
                               "another kind, another authorizer is needed",
                               &value[i], &value[1]);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_jwt_secret_file(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t  *value;

    if (jcf->secret_file.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    jcf->secret_file = value[1];

    return ngx_conf_full_name(cf->cycle, &jcf->secret_file, 1);
}


static ngx_int_t
ngx_http_apigw_jwt_header_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    if (authorizer->header_max != NGX_CONF_UNSET_SIZE) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    return ngx_http_apigw_authorizer_size(cf, 64, 16384,
                                          &authorizer->header_max);
}


static ngx_int_t
ngx_http_apigw_jwt_cooldown(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    if (jcf->cooldown != NGX_CONF_UNSET_MSEC) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    return ngx_http_apigw_authorizer_time(cf, 1000, 3600000, &jcf->cooldown);
}


static ngx_int_t
ngx_http_apigw_jwt_parked_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_str_t  *value;

    if (jcf->parked_max != NGX_CONF_UNSET) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    jcf->parked_max = ngx_atoi(value[1].data, value[1].len);

    if (jcf->parked_max < 1 || jcf->parked_max > 1000000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"parked_max\" \"%V\": 1 to 1000000 "
                           "requests are expected", &value[1]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_jwt_init(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_http_apigw_jwt_conf_t  *jcf;

    jcf = ngx_http_apigw_jwt_conf(cf, authorizer);
    if (jcf == NULL) {
        return NGX_ERROR;
    }

    ngx_conf_init_msec_value(jcf->cooldown, 10000);
    ngx_conf_init_value(jcf->parked_max, 1024);
    ngx_conf_init_size_value(authorizer->header_max, 2048);

    if (jcf->algorithms == 0) {
        jcf->algorithms = NGX_APIGW_JWS_ASYMMETRIC;
    }

    if (ngx_http_apigw_jwt_check(cf, authorizer, jcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_jwt_keys(cf, authorizer);
}


static ngx_int_t
ngx_http_apigw_jwt_check(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_jwt_conf_t *jcf)
{
    ngx_uint_t                i, n, symmetric;
    ngx_http_apigw_issuer_t  *issuer;

    n = authorizer->issuers->nelts;
    issuer = authorizer->issuers->elts;
    symmetric = (jcf->algorithms & NGX_APIGW_JWS_SYMMETRIC) != 0;

    if (n == 0) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer, "has no \"issuer\"");
    }

    if (symmetric && jcf->secret_file.len == 0) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                        "has symmetric \"algorithms\", but no "
                                        "\"secret_file\"");
    }

    if (jcf->secret_file.len && !symmetric) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                        "has a \"secret_file\", which needs "
                                        "\"algorithms\" HS256, HS384 or "
                                        "HS512");
    }

    if (jcf->secret_file.len && jcf->jwks.len) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                        "has \"secret_file\" and \"jwks\", "
                                        "which exclude each other");
    }

    if (jcf->secret_file.len && n > 1) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                        "has a \"secret_file\" for several "
                                        "issuers: each would be trusted as "
                                        "the others are");
    }

    if (jcf->jwks.len && n > 1) {
        return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                        "has \"jwks\" and several issuers: "
                                        "\"jwks=\" of each issuer is "
                                        "expected");
    }

    for (i = 0; i < n; i++) {

        if (issuer[i].jwks.len && (jcf->jwks.len || jcf->secret_file.len)) {
            return ngx_http_apigw_jwt_wrong(cf, authorizer,
                                            "has \"jwks=\" of an issuer "
                                            "beside \"jwks\" or "
                                            "\"secret_file\"");
        }

        if (issuer[i].naudiences == 0 && jcf->naudiences == 0) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &issuer[i].place,
                                      "the issuer \"%V\" of the authorizer "
                                      "\"%V\" has no audience: \"audience\" "
                                      "or \"audience=\" is expected",
                                      &issuer[i].name, &authorizer->name);
            return NGX_ERROR;
        }

        if (issuer[i].naudiences == 0) {
            issuer[i].audiences = jcf->audiences;
            issuer[i].naudiences = jcf->naudiences;
        }

        if (jcf->jwks.len) {
            issuer[i].jwks = jcf->jwks;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_jwt_wrong(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, const char *what)
{
    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                              "the authorizer \"%V\" %s", &authorizer->name,
                              what);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_jwt_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_uint_t                i;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorizer->issuers->elts;

    for (i = 0; i < authorizer->issuers->nelts; i++) {

        if (ngx_apigw_issuer_init_worker(issuer[i].issuer, cycle) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_apigw_jwt_exit_worker(ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_uint_t                i;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorizer->issuers->elts;

    for (i = 0; i < authorizer->issuers->nelts; i++) {
        ngx_apigw_issuer_exit_worker(issuer[i].issuer);
    }
}
