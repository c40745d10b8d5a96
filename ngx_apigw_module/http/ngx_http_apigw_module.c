
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


#define NGX_HTTP_APIGW_VARIABLES_HASH  4096


static ngx_int_t ngx_http_apigw_access_handler(ngx_http_request_t *r);

static ngx_int_t ngx_http_apigw_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_init(ngx_conf_t *cf);
static void *ngx_http_apigw_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_init_main_conf(ngx_conf_t *cf, void *conf);
static char *ngx_http_apigw_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_zone_metrics(ngx_conf_t *cf,
    ngx_http_apigw_main_conf_t *mcf, ngx_str_t *value);

static ngx_int_t ngx_http_apigw_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_apigw_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_exit_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_exit_master(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_apigw_commands[] = {

    { ngx_string("apigw_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_apigw_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_apigw_module_ctx = {
    ngx_http_apigw_preconfiguration,       /* preconfiguration */
    ngx_http_apigw_init,                   /* postconfiguration */

    ngx_http_apigw_create_main_conf,       /* create main configuration */
    ngx_http_apigw_init_main_conf,         /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_apigw_module = {
    NGX_MODULE_V1,
    &ngx_apigw_module_ctx,                 /* module context */
    ngx_http_apigw_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_apigw_init_module,            /* init module */
    ngx_http_apigw_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_exit_process,           /* exit process */
    ngx_http_apigw_exit_master,            /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_apigw_access_handler(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_http_apigw_ctx_t  *ctx;

    if (ngx_http_apigw_get_route(r) == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    rc = ngx_http_apigw_pipeline(r, ctx);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


static ngx_int_t
ngx_http_apigw_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_http_apigw_add_variables(cf, ngx_http_apigw_vars) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_add_variables(cf, ngx_http_apigw_context_vars);
}


static ngx_int_t
ngx_http_apigw_init(ngx_conf_t *cf)
{
    ngx_http_core_main_conf_t   *cmcf;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    /* ours are many and long: nginx would warn of its default at each start */

    if (cmcf->variables_hash_max_size < NGX_HTTP_APIGW_VARIABLES_HASH) {
        cmcf->variables_hash_max_size = NGX_HTTP_APIGW_VARIABLES_HASH;
    }

    if (mcf->apis.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_apigw_conf_log_first(cf, ngx_http_apigw_log_handler) != NGX_OK
        || ngx_http_apigw_conf_handler(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                      ngx_http_apigw_return_handler)
           != NGX_OK
        || ngx_http_apigw_conf_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                      ngx_http_apigw_switch_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_conf_handler(cf, NGX_HTTP_ACCESS_PHASE,
                                      ngx_http_apigw_access_handler);
}


static void *
ngx_http_apigw_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&conf->apis, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&conf->plans, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&conf->watched, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->pricings, cf->pool, 4, sizeof(void *))
           != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


static char *
ngx_http_apigw_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_apigw_main_conf_t *mcf = conf;

    if (mcf->zone || mcf->apis.nelts == 0) {
        return NGX_CONF_OK;
    }

    mcf->zone = ngx_apigw_zone_add(cf, NGX_APIGW_ZONE_DEFAULT, NULL,
                                   &ngx_apigw_module);

    return mcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_apigw_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_main_conf_t *mcf = conf;

    char        *rv;
    ssize_t      size;
    ngx_str_t   *value, file, text;
    ngx_uint_t   i;

    if (mcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size < NGX_APIGW_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\": \"%zm\" or more is "
                           "expected", &value[1], NGX_APIGW_ZONE_MIN >> 20);
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&file);

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_param(&value[i], "metrics", &text)) {
            rv = ngx_http_apigw_zone_metrics(cf, mcf, &text);

            if (rv != NGX_CONF_OK) {
                return rv;
            }

            continue;
        }

        if (!ngx_http_apigw_conf_param(&value[i], "file", &text)
            || text.len == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (file.len) {
            return "has a duplicate parameter \"file=\"";
        }

        file = text;

        if (ngx_conf_full_name(cf->cycle, &file, 0) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    mcf->zone = ngx_apigw_zone_add(cf, size, file.len ? &file : NULL,
                                   &ngx_apigw_module);

    return mcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_apigw_zone_metrics(ngx_conf_t *cf, ngx_http_apigw_main_conf_t *mcf,
    ngx_str_t *value)
{
    ssize_t  size;

    if (mcf->metrics_size || mcf->metrics_off) {
        return "has a duplicate parameter \"metrics=\"";
    }

    if (value->len == 3 && ngx_strncmp(value->data, "off", 3) == 0) {
        mcf->metrics_off = 1;
        return NGX_CONF_OK;
    }

    size = ngx_parse_size(value);

    if (size == NGX_ERROR || size == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of \"metrics=\": a size or "
                           "\"off\" is expected", value);
        return NGX_CONF_ERROR;
    }

    mcf->metrics_size = size;

    return NGX_CONF_OK;
}


/*
 * The order of handlers in a phase is that in which modules were loaded.  A
 * stage must become its route before anything else looks at the location, and
 * a request that others refuse must not be charged for.
 */

static ngx_int_t
ngx_http_apigw_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i, n;
    ngx_http_phase_handler_t   *ph, own;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    if (cmcf == NULL) {
        return NGX_OK;
    }

    ph = cmcf->phase_engine.handlers;

    for (i = 0; ph[i].checker; i++) {

        own = ph[i];
        n = i;

        if (own.handler == ngx_http_apigw_switch_handler
            || own.handler == ngx_http_apigw_return_handler)
        {
            for ( /* void */ ;
                 n > 0 && ph[n - 1].checker == own.checker;
                 n--)
            {
                ph[n] = ph[n - 1];
            }

            ph[n] = own;

        } else if (own.handler == ngx_http_apigw_access_handler
                   && ph[n + 1].checker == own.checker)
        {
            ph[n] = ph[n + 1];
            ph[n + 1] = own;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_init_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_worker_conf(cycle);

    if (mcf && mcf->zone) {
        ngx_apigw_zone_enter(mcf->zone, cycle->log);

        if (ngx_worker == 0) {
            ngx_apigw_zone_sweep(mcf->zone, cycle->log);
        }
    }

    return NGX_OK;
}


ngx_http_apigw_main_conf_t *
ngx_http_apigw_worker_conf(ngx_cycle_t *cycle)
{
    /* not for the cache manager and the cache loader */

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NULL;
    }

    return ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);
}


static void
ngx_http_apigw_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);

    if (mcf && mcf->zone) {
        ngx_apigw_zone_leave(mcf->zone);
    }
}


static void
ngx_http_apigw_exit_master(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);

    if (mcf && mcf->zone) {
        ngx_apigw_zone_close(mcf->zone, cycle->log);
    }
}
