
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_stage.h"


static void *ngx_http_apigw_stage_create_srv_conf(ngx_conf_t *cf);
static void *ngx_http_apigw_stage_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_stage_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

static char *ngx_http_apigw_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_stage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_stage_variable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_route(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static ngx_http_apigw_api_t *ngx_http_apigw_get_api(ngx_conf_t *cf,
    ngx_http_apigw_stage_srv_conf_t *sscf);
static ngx_int_t ngx_http_apigw_variable_name(ngx_str_t *name);


static ngx_conf_enum_t  ngx_http_apigw_types[] = {
    { ngx_string("rest"), NGX_APIGW_REST },
    { ngx_string("http"), NGX_APIGW_HTTP },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_apigw_encoded_slash[] = {
    { ngx_string("reject"), 0 },
    { ngx_string("keep"), 1 },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_apigw_stage_commands[] = {

    { ngx_string("apigw_api"),
      NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_apigw_api,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_api_type"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_stage_loc_conf_t, type),
      &ngx_http_apigw_types },

    { ngx_string("apigw_encoded_slash"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_stage_loc_conf_t, encoded_slash),
      &ngx_http_apigw_encoded_slash },

    { ngx_string("apigw_stage"),
      NGX_HTTP_SRV_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE12,
      ngx_http_apigw_stage,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_stage_variable"),
      NGX_HTTP_APIGW_STAGE_CONF|NGX_CONF_TAKE2,
      ngx_http_apigw_stage_variable,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_route"),
      NGX_HTTP_APIGW_STAGE_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_apigw_route,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_stage_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_stage_init,             /* postconfiguration */

    NULL,                                  /* create main configuration */
    ngx_http_apigw_stage_init_main_conf,   /* init main configuration */

    ngx_http_apigw_stage_create_srv_conf,  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_stage_create_loc_conf,  /* create location configuration */
    ngx_http_apigw_stage_merge_loc_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_stage_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_stage_module_ctx,      /* module context */
    ngx_http_apigw_stage_commands,         /* module directives */
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


ngx_http_apigw_route_t *
ngx_http_apigw_get_route(ngx_http_request_t *r)
{
    ngx_http_apigw_stage_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_stage_module);

    return slcf->route;
}


void
ngx_http_apigw_conf_policy_here(ngx_conf_t *cf)
{
    ngx_http_apigw_stage_srv_conf_t  *sscf;

    if (!(cf->cmd_type & NGX_HTTP_SRV_CONF)) {
        return;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_apigw_stage_module);
    ngx_http_apigw_here(cf, &sscf->policy);
}


static char *
ngx_http_apigw_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_stage_srv_conf_t  *sscf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (sscf->name.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {

        if (value[1].data[i] <= ' ' || value[1].data[i] >= 0x7f
            || value[1].data[i] == '"')
        {
            break;
        }
    }

    if (i == 0 || i < value[1].len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid API name \"%V\": printable characters "
                           "without blanks and quotes are expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    sscf->name = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_apigw_stage(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_stage_srv_conf_t  *sscf = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_conf_t               save;
    ngx_http_conf_ctx_t     *ctx, *pctx;
    ngx_http_apigw_api_t    *api;
    ngx_http_apigw_stage_t  *stage, **stages;

    api = ngx_http_apigw_get_api(cf, sscf);
    if (api == NULL) {
        return NGX_CONF_ERROR;
    }

    stage = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_stage_t));
    if (stage == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_array_init(&stage->routes, cf->pool, 16, sizeof(void *)) != NGX_OK
        || ngx_array_init(&stage->variables, cf->pool, 4, sizeof(ngx_keyval_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    stage->api = api;
    stage->name = value[1];
    ngx_http_apigw_here(cf, &stage->place);

    if (ngx_http_apigw_stage_name(cf, stage) != NGX_OK
        || ngx_http_apigw_stage_unique(cf, api, stage) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    stages = ngx_array_push(&api->stages);
    if (stages == NULL) {
        return NGX_CONF_ERROR;
    }

    *stages = stage;

    stage->locconf = ngx_http_apigw_locconf_create(cf);
    if (stage->locconf == NULL) {
        return NGX_CONF_ERROR;
    }

    ctx = ngx_pcalloc(cf->pool, sizeof(ngx_http_conf_ctx_t));
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_apigw_stage_locations(cf, stage) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    pctx = cf->ctx;
    ctx->main_conf = pctx->main_conf;
    ctx->srv_conf = pctx->srv_conf;
    ctx->loc_conf = stage->loc_conf;

    save = *cf;
    cf->ctx = ctx;
    cf->cmd_type = NGX_HTTP_LOC_CONF|NGX_HTTP_APIGW_STAGE_CONF;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_apigw_check_stage(cf, stage) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_http_apigw_api_t *
ngx_http_apigw_get_api(ngx_conf_t *cf, ngx_http_apigw_stage_srv_conf_t *sscf)
{
    ngx_http_apigw_api_t        *api, **apis;
    ngx_http_apigw_main_conf_t  *mcf;

    if (sscf->api) {
        return sscf->api;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    api = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_api_t));
    if (api == NULL) {
        return NULL;
    }

    if (ngx_array_init(&api->stages, cf->pool, 4, sizeof(void *)) != NGX_OK) {
        return NULL;
    }

    apis = ngx_array_push(&mcf->apis);
    if (apis == NULL) {
        return NULL;
    }

    *apis = api;

    ngx_http_apigw_here(cf, &api->place);
    api->cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    sscf->api = api;

    return api;
}


static char *
ngx_http_apigw_stage_variable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_stage_loc_conf_t  *slcf = conf;

    ngx_str_t     *value;
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    value = cf->args->elts;

    if (ngx_http_apigw_variable_name(&value[1]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid stage variable name \"%V\": letters, "
                           "digits, \"_\", \"-\" and \".\" are expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    kv = slcf->stage->variables.elts;

    for (i = 0; i < slcf->stage->variables.nelts; i++) {

        if (kv[i].key.len == value[1].len
            && ngx_strncasecmp(kv[i].key.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate stage variable \"%V\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    kv = ngx_array_push(&slcf->stage->variables);
    if (kv == NULL) {
        return NGX_CONF_ERROR;
    }

    kv->key = value[1];
    kv->value = value[2];

    return NGX_CONF_OK;
}


/* nginx's variables hold letters, digits and "_" */

static ngx_int_t
ngx_http_apigw_variable_name(ngx_str_t *name)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (ch == '-' || ch == '.') {
            name->data[i] = '_';
            continue;
        }

        if (ch == '_'
            || (ch >= '0' && ch <= '9')
            || (ngx_tolower(ch) >= 'a' && ngx_tolower(ch) <= 'z'))
        {
            continue;
        }

        return NGX_ERROR;
    }

    return i ? NGX_OK : NGX_ERROR;
}


static char *
ngx_http_apigw_route(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_stage_loc_conf_t  *slcf = conf;

    char                      *rv;
    ngx_int_t                  rc;
    ngx_str_t                 *value;
    const char                *reason;
    ngx_conf_t                 save;
    ngx_http_conf_ctx_t       *ctx, *pctx;
    ngx_http_apigw_stage_t    *stage;
    ngx_http_apigw_route_t    *route, **routes;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;
    stage = slcf->stage;

    route = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_route_t));
    if (route == NULL) {
        return NGX_CONF_ERROR;
    }

    rc = ngx_apigw_route_parse(cf->pool, &value[1], &route->key, &reason);

    if (rc == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid route \"%V\": %s",
                           &value[1], reason);
        return NGX_CONF_ERROR;
    }

    route->stage = stage;
    ngx_http_apigw_here(cf, &route->place);

    routes = ngx_array_push(&stage->routes);
    if (routes == NULL) {
        return NGX_CONF_ERROR;
    }

    *routes = route;

    route->loc_conf = ngx_http_apigw_locconf_open(cf, stage->locconf);
    if (route->loc_conf == NULL) {
        return NGX_CONF_ERROR;
    }

    slcf = route->loc_conf[ngx_http_apigw_stage_module.ctx_index];
    slcf->route = route;

    /* "noname" would make proxy_pass refuse a URI part */

    clcf = route->loc_conf[ngx_http_core_module.ctx_index];
    clcf->loc_conf = route->loc_conf;
    clcf->name = route->key.prefix;

    if (route->key.catch_all) {
        ngx_str_set(&clcf->name, "/");
    }

    /* modules may keep it */

    ctx = ngx_pcalloc(cf->pool, sizeof(ngx_http_conf_ctx_t));
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    pctx = cf->ctx;
    ctx->main_conf = pctx->main_conf;
    ctx->srv_conf = pctx->srv_conf;
    ctx->loc_conf = route->loc_conf;

    save = *cf;
    cf->ctx = ctx;
    cf->cmd_type = NGX_HTTP_LOC_CONF|NGX_HTTP_APIGW_ROUTE_CONF;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    clcf->noname = 1;

    if (ngx_http_apigw_check_route(cf, route) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_apigw_locconf_close(stage->locconf, route->loc_conf);

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_stage_create_srv_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->api = NULL;
     *     conf->name = { 0, NULL };
     *     conf->policy.line = 0;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_stage_srv_conf_t));
}


static void *
ngx_http_apigw_stage_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_stage_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_stage_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->stage = NULL;
     *     conf->route = NULL;
     */

    conf->type = NGX_CONF_UNSET_UINT;
    conf->encoded_slash = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_apigw_stage_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_apigw_stage_loc_conf_t  *prev = parent;
    ngx_http_apigw_stage_loc_conf_t  *conf = child;

    if (conf->route == NULL) {
        conf->route = prev->route;
    }

    ngx_conf_merge_uint_value(conf->type, prev->type, NGX_APIGW_REST);
    ngx_conf_merge_uint_value(conf->encoded_slash, prev->encoded_slash, 0);

    return NGX_CONF_OK;
}
