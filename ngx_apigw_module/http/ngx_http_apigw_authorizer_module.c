
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"
#include "ngx_apigw_digest.h"


static char *ngx_http_apigw_jwks_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_authorize(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_authorize_scopes(ngx_conf_t *cf,
    ngx_str_t *arg, ngx_str_t **scopes, ngx_uint_t *n);
static ngx_int_t ngx_http_apigw_authorize_wanted(ngx_conf_t *cf,
    ngx_http_apigw_authorize_t *authorize);

static ngx_int_t ngx_http_apigw_authorizer_preconfiguration(ngx_conf_t *cf);
static void *ngx_http_apigw_authorizer_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_authorizer_init_main_conf(ngx_conf_t *cf,
    void *conf);
static void *ngx_http_apigw_authorizer_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_authorizer_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static ngx_int_t ngx_http_apigw_authorizer_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_authorizer_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_authorizer_of_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_authorizer_t *authorizer);

static ngx_int_t ngx_http_apigw_authorizer_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_apigw_authorizer_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_authorizer_exit_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_apigw_authorizer_start(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer);
static void ngx_http_apigw_authorizer_stop(void *data);


static ngx_command_t  ngx_http_apigw_authorizer_commands[] = {

    { ngx_string("apigw_authorizer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_apigw_authorizer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_jwks_path"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_apigw_jwks_path,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_apigw_authorizer_main_conf_t, jwks_path),
      NULL },

    { ngx_string("apigw_authorize"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF
                       |NGX_CONF_TAKE123,
      ngx_http_apigw_authorize,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_claim"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_apigw_claim,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_authorizer_module_ctx = {
    ngx_http_apigw_authorizer_preconfiguration,
                                           /* preconfiguration */
    ngx_http_apigw_authorizer_init,        /* postconfiguration */

    ngx_http_apigw_authorizer_create_main_conf,
                                           /* create main configuration */
    ngx_http_apigw_authorizer_init_main_conf,
                                           /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_authorizer_create_loc_conf,
                                           /* create location configuration */
    ngx_http_apigw_authorizer_merge_loc_conf
                                           /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_authorizer_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_authorizer_module_ctx, /* module context */
    ngx_http_apigw_authorizer_commands,    /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_apigw_authorizer_init_module, /* init module */
    ngx_http_apigw_authorizer_init_process,   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_authorizer_exit_process,   /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_apigw_authorize_t  ngx_http_apigw_authorize_off;


static char *
ngx_http_apigw_jwks_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_authorizer_main_conf_t *amcf = conf;

    char             *rv;
    ngx_str_t        *value;
    ngx_file_info_t   info;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "is empty";
    }

    rv = ngx_conf_set_path_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    /* nginx takes whatever is there for a directory */

    if (ngx_file_info(amcf->jwks_path->name.data, &info) != NGX_FILE_ERROR
        && !ngx_is_dir(&info))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no directory",
                           &amcf->jwks_path->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* apigw_authorize name [scopes=a,b] [scopes_all=a,b] | off */

static char *
ngx_http_apigw_authorize(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_authorizer_loc_conf_t  *alcf = conf;

    ngx_str_t                              *value, list;
    ngx_int_t                               rc;
    ngx_uint_t                              i;
    ngx_http_apigw_authorize_t             *authorize, **authorizes;
    ngx_http_apigw_authorizer_main_conf_t  *amcf;

    if (alcf->authorize) {
        return "is duplicate";
    }

    ngx_http_apigw_conf_policy_here(cf);

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" behind \"off\"",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        alcf->authorize = &ngx_http_apigw_authorize_off;
        return NGX_CONF_OK;
    }

    authorize = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_authorize_t));
    if (authorize == NULL) {
        return NGX_CONF_ERROR;
    }

    authorize->name = value[1];
    ngx_http_apigw_here(cf, &authorize->place);

    for (i = 2; i < cf->args->nelts; i++) {

        if (authorize->nscopes == 0
            && ngx_http_apigw_conf_param(&value[i], "scopes", &list))
        {
            rc = ngx_http_apigw_authorize_scopes(cf, &value[i],
                                                 &authorize->scopes,
                                                 &authorize->nscopes);

        } else if (authorize->nscopes_all == 0
                   && ngx_http_apigw_conf_param(&value[i], "scopes_all",
                                                &list))
        {
            rc = ngx_http_apigw_authorize_scopes(cf, &value[i],
                                                 &authorize->scopes_all,
                                                 &authorize->nscopes_all);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": one \"scopes=\" and "
                               "one \"scopes_all=\" are expected", &value[i]);
            rc = NGX_ERROR;
        }

        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_apigw_authorize_wanted(cf, authorize) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    amcf = ngx_http_apigw_authorizer_get_conf(cf);

    authorizes = ngx_array_push(&amcf->authorizes);
    if (authorizes == NULL) {
        return NGX_CONF_ERROR;
    }

    *authorizes = authorize;
    alcf->authorize = authorize;

    return NGX_CONF_OK;
}


/* RFC 6749, 3.3 */

static ngx_int_t
ngx_http_apigw_authorize_scopes(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_str_t **scopes, ngx_uint_t *n)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < arg->len; i++) {
        ch = arg->data[i];

        if (ch <= ' ' || ch >= 0x7f || ch == '"' || ch == '\\') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid scopes \"%V\": words of printable "
                               "ASCII without blanks, quotes and backslashes, "
                               "separated by commas, are expected", arg);
            return NGX_ERROR;
        }
    }

    return ngx_http_apigw_authorizer_list(cf, arg, scopes, n);
}


/* all scopes, separated by blanks */

static ngx_int_t
ngx_http_apigw_authorize_wanted(ngx_conf_t *cf,
    ngx_http_apigw_authorize_t *authorize)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i;

    len = 0;

    for (i = 0; i < authorize->nscopes; i++) {
        len += authorize->scopes[i].len + 1;
    }

    for (i = 0; i < authorize->nscopes_all; i++) {
        len += authorize->scopes_all[i].len + 1;
    }

    if (len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    authorize->wanted.data = p;
    authorize->wanted.len = len - 1;

    for (i = 0; i < authorize->nscopes; i++) {
        p = ngx_cpymem(p, authorize->scopes[i].data, authorize->scopes[i].len);
        *p++ = ' ';
    }

    for (i = 0; i < authorize->nscopes_all; i++) {
        p = ngx_cpymem(p, authorize->scopes_all[i].data,
                       authorize->scopes_all[i].len);
        *p++ = ' ';
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_apigw_add_variables(cf, ngx_http_apigw_authorizer_vars);
}


static void *
ngx_http_apigw_authorizer_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_authorizer_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool,
                       sizeof(ngx_http_apigw_authorizer_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->jwks_path = NULL;
     */

    if (ngx_array_init(&conf->authorizers, cf->pool, 4, sizeof(void *))
        != NGX_OK
        || ngx_array_init(&conf->authorizes, cf->pool, 4, sizeof(void *))
           != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


/* an authorizer may be declared behind the server that wants it */

static char *
ngx_http_apigw_authorizer_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_apigw_authorizer_main_conf_t  *amcf = conf;

    ngx_uint_t                     i, n;
    ngx_http_apigw_authorize_t   **authorizes;
    ngx_http_apigw_authorizer_t  **authorizers;

    authorizes = amcf->authorizes.elts;
    authorizers = amcf->authorizers.elts;

    for (i = 0; i < amcf->authorizes.nelts; i++) {

        for (n = 0; n < amcf->authorizers.nelts; n++) {

            if (authorizers[n]->name.len == authorizes[i]->name.len
                && ngx_strncmp(authorizers[n]->name.data,
                               authorizes[i]->name.data,
                               authorizers[n]->name.len)
                   == 0)
            {
                authorizes[i]->authorizer = authorizers[n];
                break;
            }
        }

        if (n == amcf->authorizers.nelts) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizes[i]->place,
                                      "unknown authorizer \"%V\": no "
                                      "\"apigw_authorizer\" of http{} has "
                                      "this name", &authorizes[i]->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_authorizer_create_loc_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->authorize = NULL;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_authorizer_loc_conf_t));
}


static char *
ngx_http_apigw_authorizer_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_authorizer_loc_conf_t  *prev = parent;
    ngx_http_apigw_authorizer_loc_conf_t  *conf = child;

    if (conf->authorize == NULL) {
        conf->authorize = prev->authorize ? prev->authorize
                                          : &ngx_http_apigw_authorize_off;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_init(ngx_conf_t *cf)
{
    ngx_uint_t                               i;
    ngx_pool_cleanup_t                      *cln;
    ngx_http_apigw_main_conf_t              *mcf;
    ngx_http_apigw_authorizer_t            **authorizers;
    ngx_http_apigw_authorizer_main_conf_t   *amcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    amcf = ngx_http_apigw_authorizer_get_conf(cf);

    mcf->enter[NGX_HTTP_APIGW_STEP_AUTHORIZE] =
                                               ngx_http_apigw_authorizer_enter;
    mcf->steps[NGX_HTTP_APIGW_STEP_AUTHORIZE] = ngx_http_apigw_authorizer_step;

    ngx_http_apigw_authorizer_filter_init();

    authorizers = amcf->authorizers.elts;

    for (i = 0; i < amcf->authorizers.nelts; i++) {

        /* before what init() makes is gone */

        if (authorizers[i]->type->init(cf, authorizers[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_apigw_authorizer_stop;
        cln->data = authorizers[i];

        if (ngx_http_apigw_authorizer_watch(cf, authorizers[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (amcf->authorizes.nelts
        && ngx_http_apigw_conf_log_first(cf, ngx_http_apigw_authorizer_hide)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_authorizer_stage);
}


static ngx_int_t
ngx_http_apigw_authorizer_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                              i;
    ngx_http_apigw_route_t                **routes;
    ngx_http_apigw_authorizer_t            *authorizer;
    ngx_http_apigw_authorizer_loc_conf_t   *alcf;

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        alcf = routes[i]->loc_conf[ngx_http_apigw_authorizer_module.ctx_index];
        authorizer = alcf->authorize->authorizer;

        if (authorizer == NULL) {
            continue;
        }

        routes[i]->protect = 1;

        if (ngx_http_apigw_authorizer_of_stage(cf, stage, authorizer)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_of_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_uint_t                     i;
    ngx_http_apigw_authorizer_t  **authorizers;

    if (stage->authorizers == NULL) {
        stage->authorizers = ngx_array_create(cf->pool, 1, sizeof(void *));
        if (stage->authorizers == NULL) {
            return NGX_ERROR;
        }
    }

    authorizers = stage->authorizers->elts;

    for (i = 0; i < stage->authorizers->nelts; i++) {

        if (authorizers[i] == authorizer) {
            return NGX_OK;
        }
    }

    authorizers = ngx_array_push(stage->authorizers);
    if (authorizers == NULL) {
        return NGX_ERROR;
    }

    *authorizers = authorizer;

    return authorizer->type->stage
           ? authorizer->type->stage(cf, authorizer, stage) : NGX_OK;
}


/* a single process does not call init_process when it is reloaded */

static ngx_int_t
ngx_http_apigw_authorizer_init_module(ngx_cycle_t *cycle)
{
    if (ngx_process != NGX_PROCESS_SINGLE
        || ngx_test_config
        || ngx_is_init_cycle(cycle->old_cycle))
    {
        return NGX_OK;
    }

    return ngx_http_apigw_authorizer_init_process(cycle);
}


static ngx_int_t
ngx_http_apigw_authorizer_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                               i;
    ngx_http_apigw_authorizer_t            **authorizers;
    ngx_http_apigw_authorizer_main_conf_t   *amcf;

    if (ngx_http_apigw_worker_conf(cycle) == NULL) {
        return NGX_OK;
    }

    amcf = ngx_http_cycle_get_module_main_conf(cycle,
                                             ngx_http_apigw_authorizer_module);
    authorizers = amcf->authorizers.elts;

    for (i = 0; i < amcf->authorizers.nelts; i++) {

        if (ngx_http_apigw_authorizer_start(cycle, authorizers[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_apigw_authorizer_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                               i;
    ngx_http_apigw_authorizer_t            **authorizers;
    ngx_http_apigw_authorizer_main_conf_t   *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle,
                                             ngx_http_apigw_authorizer_module);

    if (amcf == NULL) {
        return;
    }

    authorizers = amcf->authorizers.elts;

    for (i = 0; i < amcf->authorizers.nelts; i++) {
        ngx_http_apigw_authorizer_stop(authorizers[i]);
    }
}


static ngx_int_t
ngx_http_apigw_authorizer_start(ngx_cycle_t *cycle,
    ngx_http_apigw_authorizer_t *authorizer)
{
    u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN];

    authorizer->started = 1;

    if (authorizer->cache) {

        if (ngx_apigw_random(seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
            ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                          "could not get random bytes for a cache of tokens");
            return NGX_ERROR;
        }

        authorizer->tokens = ngx_apigw_tokens_create(authorizer->cache, seed);
        if (authorizer->tokens == NULL) {
            return NGX_ERROR;
        }
    }

    if (authorizer->revoked
        && ngx_http_apigw_revoked_init_worker(cycle, authorizer->revoked)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return authorizer->type->init_worker(cycle, authorizer);
}


/* the process ends, or the configuration, and with it what was started */

static void
ngx_http_apigw_authorizer_stop(void *data)
{
    ngx_http_apigw_authorizer_t  *authorizer = data;

    if (!authorizer->started) {
        return;
    }

    authorizer->started = 0;
    authorizer->type->exit_worker(authorizer);

    if (authorizer->revoked) {
        ngx_http_apigw_revoked_exit_worker(authorizer->revoked);
    }

    if (authorizer->tokens) {
        ngx_apigw_tokens_destroy(authorizer->tokens);
        authorizer->tokens = NULL;
    }
}
