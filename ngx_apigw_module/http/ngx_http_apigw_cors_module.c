
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_cors.h"


typedef struct {
    ngx_uint_t                     used;         /* somewhere */
} ngx_http_apigw_cors_main_conf_t;


typedef ngx_int_t (*ngx_http_apigw_cors_set_pt)(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);


typedef struct {
    const char                    *name;
    ngx_http_apigw_cors_set_pt     set;
} ngx_http_apigw_cors_param_t;


static void *ngx_http_apigw_cors_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_apigw_cors_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_cors_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_apigw_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_cors_param(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *arg, ngx_uint_t *seen);
static ngx_int_t ngx_http_apigw_cors_check(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors);
static ngx_int_t ngx_http_apigw_cors_origins(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_methods(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_headers(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_expose(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_names(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t *any);
static ngx_int_t ngx_http_apigw_cors_max_age(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_credentials(ngx_conf_t *cf,
    ngx_http_apigw_cors_t *cors, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_apigw_cors_commands[] = {

    { ngx_string("apigw_cors"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF
                       |NGX_CONF_1MORE,
      ngx_http_apigw_cors,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_cors_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_cors_init,              /* postconfiguration */

    ngx_http_apigw_cors_create_main_conf,  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_cors_create_loc_conf,   /* create location configuration */
    ngx_http_apigw_cors_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_cors_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_cors_module_ctx,       /* module context */
    ngx_http_apigw_cors_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_apigw_cors_param_t  ngx_http_apigw_cors_params[] = {
    { "origins", ngx_http_apigw_cors_origins },
    { "methods", ngx_http_apigw_cors_methods },
    { "headers", ngx_http_apigw_cors_headers },
    { "expose", ngx_http_apigw_cors_expose },
    { "max_age", ngx_http_apigw_cors_max_age },
    { "credentials", ngx_http_apigw_cors_credentials },
    { NULL, NULL }
};


static char *
ngx_http_apigw_cors(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_cors_loc_conf_t  *clcf = conf;

    ngx_str_t                        *value;
    ngx_uint_t                        i, seen;
    ngx_http_apigw_cors_t            *cors;
    ngx_http_apigw_cors_main_conf_t  *cmcf;

    if (clcf->cors != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ngx_http_apigw_conf_policy_here(cf);

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        clcf->cors = NULL;
        return NGX_CONF_OK;
    }

    cors = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_cors_t));
    if (cors == NULL) {
        return NGX_CONF_ERROR;
    }

    seen = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_apigw_cors_param(cf, cors, &value[i], &seen) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_apigw_cors_check(cf, cors) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf->cors = cors;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_apigw_cors_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_cors_param(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *arg, ngx_uint_t *seen)
{
    ngx_str_t                     value;
    ngx_uint_t                    i;
    ngx_http_apigw_cors_param_t  *param;

    if (ngx_http_apigw_conf_no_quotes(cf, arg) != NGX_OK) {
        return NGX_ERROR;
    }

    param = ngx_http_apigw_cors_params;

    for (i = 0; param[i].name; i++) {

        if (!ngx_http_apigw_conf_param(arg, param[i].name, &value)) {
            continue;
        }

        if (*seen & ((ngx_uint_t) 1 << i)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate parameter \"%V\"", arg);
            return NGX_ERROR;
        }

        *seen |= (ngx_uint_t) 1 << i;

        return param[i].set(cf, cors, &value);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": \"origins=\", "
                       "\"methods=\", \"headers=\", \"expose=\", "
                       "\"max_age=\", \"credentials=\", or \"off\" alone is "
                       "expected", arg);
    return NGX_ERROR;
}


/* what only the parameters together say */

static ngx_int_t
ngx_http_apigw_cors_check(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors)
{
    ngx_uint_t           i;
    ngx_apigw_origin_t  *origins;

    if (cors->origins == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"apigw_cors\" directive has no \"origins=\"");
        return NGX_ERROR;
    }

    if (!cors->credentials) {
        return NGX_OK;
    }

    if (cors->any) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"credentials=on\" is not for \"origins=*\": "
                           "the origins have to be told");
        return NGX_ERROR;
    }

    if (cors->any_exposed) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"*\" in \"expose=\" means nothing with "
                           "\"credentials=on\": the headers have to be told");
        return NGX_ERROR;
    }

    origins = cors->origins->elts;

    for (i = 0; i < cors->origins->nelts; i++) {

        if (origins[i].wildcard && origins[i].tail.len == 0) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"credentials=on\" with the origins \"%V*\": "
                               "any such site may act as the user who visits "
                               "it", &origins[i].head);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_origins(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    ngx_int_t            rc;
    ngx_str_t            list, item;
    const char          *reason;
    ngx_apigw_origin_t  *origin;

    cors->origins = ngx_array_create(cf->pool, 4, sizeof(ngx_apigw_origin_t));
    if (cors->origins == NULL) {
        return NGX_ERROR;
    }

    list = *value;

    while (ngx_apigw_cors_next(&list, &item)) {

        origin = ngx_array_push(cors->origins);
        if (origin == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_apigw_origin_parse(cf->pool, &item, origin, &reason);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\": %s", &item, reason);
            return NGX_ERROR;
        }

        cors->any |= origin->any;
    }

    if (cors->any && cors->origins->nelts > 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"*\" stands alone in \"origins=%V\"", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_methods(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    ngx_str_t  list, item;

    list = *value;

    while (ngx_apigw_cors_next(&list, &item)) {

        /* ANY is a word of route keys */

        if (!ngx_apigw_cors_method(&item)
            || (item.len == sizeof("ANY") - 1
                && ngx_memcmp(item.data, "ANY", item.len) == 0))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid method \"%V\": a name in upper case "
                               "such as \"GET\", or \"*\", is expected",
                               &item);
            return NGX_ERROR;
        }

        if (item.data[0] == '*') {
            cors->any_method = 1;
        }
    }

    cors->methods = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_headers(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    ngx_uint_t  any;

    if (ngx_http_apigw_cors_names(cf, value, &any) != NGX_OK) {
        return NGX_ERROR;
    }

    cors->headers = *value;
    cors->any_header = any;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_expose(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    ngx_uint_t  any;

    if (ngx_http_apigw_cors_names(cf, value, &any) != NGX_OK) {
        return NGX_ERROR;
    }

    cors->expose = *value;
    cors->any_exposed = any;

    return NGX_OK;
}


/* names of headers; any: "*" is one of them */

static ngx_int_t
ngx_http_apigw_cors_names(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t *any)
{
    ngx_str_t  list, item;

    list = *value;
    *any = 0;

    while (ngx_apigw_cors_next(&list, &item)) {

        if (!ngx_apigw_cors_token(&item)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid header \"%V\": names with commas "
                               "between them, or \"*\", are expected", &item);
            return NGX_ERROR;
        }

        if (item.len == 1 && item.data[0] == '*') {
            *any = 1;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_max_age(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    ngx_int_t  n;

    if (ngx_strcmp(value->data, "-1") != 0) {
        n = ngx_atoi(value->data, value->len);

        if (n == NGX_ERROR || n > 86400) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid max_age \"%V\": -1 to 86400 seconds "
                               "are expected", value);
            return NGX_ERROR;
        }
    }

    cors->max_age = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_credentials(ngx_conf_t *cf, ngx_http_apigw_cors_t *cors,
    ngx_str_t *value)
{
    if (ngx_strcmp(value->data, "on") == 0) {
        cors->credentials = 1;

    } else if (ngx_strcmp(value->data, "off") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"credentials=\": \"on\" "
                           "or \"off\" is expected", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void *
ngx_http_apigw_cors_create_main_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->used = 0;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_cors_main_conf_t));
}


static void *
ngx_http_apigw_cors_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_cors_loc_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_apigw_cors_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->cors = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_apigw_cors_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_apigw_cors_loc_conf_t  *prev = parent;
    ngx_http_apigw_cors_loc_conf_t  *conf = child;

    ngx_conf_merge_ptr_value(conf->cors, prev->cors, NULL);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_cors_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t       *mcf;
    ngx_http_apigw_cors_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_apigw_cors_module);

    if (!cmcf->used) {
        return NGX_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    mcf->preflight = ngx_http_apigw_cors_preflight;

    ngx_http_apigw_cors_filter_init();

    return NGX_OK;
}
