
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_key.h"
#include "ngx_http_apigw_mask.h"


#define NGX_HTTP_APIGW_KEY_NO_INDEX  NGX_DECLINED


static ngx_int_t ngx_http_apigw_key_enter(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_key_step(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_key_find(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_key_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, const char *why);
static ngx_int_t ngx_http_apigw_key_log_handler(ngx_http_request_t *r);

static char *ngx_http_apigw_api_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_api_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_key_hmac_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_key_source(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_key_policy(ngx_conf_t *cf, void *post,
    void *data);

static void *ngx_http_apigw_key_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_key_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_apigw_key_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_key_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_apigw_key_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_key_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_key_routes(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_key_loc_conf_t *slcf);
static ngx_int_t ngx_http_apigw_key_admissions(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_key_admission(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, uint32_t planset,
    ngx_http_apigw_admission_t *admission);


static ngx_conf_post_t  ngx_http_apigw_key_post = {
    ngx_http_apigw_key_policy
};


static ngx_command_t  ngx_http_apigw_key_commands[] = {

    { ngx_string("apigw_api_keys"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_apigw_api_keys,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_api_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_apigw_api_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_key_hmac_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_apigw_key_hmac_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_api_key_required"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF
                       |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_key_loc_conf_t, required),
      &ngx_http_apigw_key_post },

    { ngx_string("apigw_api_key_source"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_CONF_TAKE1,
      ngx_http_apigw_key_source,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_forward_api_key"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF
                       |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_key_loc_conf_t, forward),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_key_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_key_init,               /* postconfiguration */

    ngx_http_apigw_key_create_main_conf,   /* create main configuration */
    ngx_http_apigw_key_init_main_conf,     /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_key_create_loc_conf,    /* create location configuration */
    ngx_http_apigw_key_merge_loc_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_key_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_key_module_ctx,        /* module context */
    ngx_http_apigw_key_commands,           /* module directives */
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


static ngx_str_t  ngx_http_apigw_key_default = ngx_string("x-api-key");


/*
 * A key that the request itself shows is read as soon as the stage is known,
 * before anybody else can log it or send it on.
 */

static ngx_int_t
ngx_http_apigw_key_enter(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t                       rc;
    ngx_http_apigw_key_loc_conf_t  *klcf;

    klcf = ctx->stage->loc_conf[ngx_http_apigw_key_module.ctx_index];

    if (ctx->stage->plans == NULL
        || ctx->secret.len
        || ctx->key_repeated
        || !(klcf->query || klcf->header.len))
    {
        return NGX_OK;
    }

    rc = ngx_http_apigw_key_read(r, ctx, klcf, &ctx->secret);

    if (rc == NGX_BUSY) {
        ctx->key_repeated = 1;
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_step(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_key_loc_conf_t  *klcf;

    klcf = ctx->route->loc_conf[ngx_http_apigw_key_module.ctx_index];

    ctx->consumer = NULL;
    ctx->plan = NULL;

    if (!klcf->required) {
        return NGX_OK;
    }

    if (ctx->key_repeated) {
        return ngx_http_apigw_key_refuse(r, ctx, "the API key was sent twice");
    }

    if (klcf->granted && ctx->secret.len) {

        /* of another route, where another authorizer may have said it */

        ngx_http_apigw_key_wipe(r, klcf, &ctx->secret);
    }

    if (ctx->secret.len == 0) {

        /* another module may have set it since the request came in */

        if (ngx_http_apigw_key_read(r, ctx, klcf, &ctx->secret) == NGX_ERROR) {
            return NGX_ERROR;
        }

        ctx->key_late = (klcf->header.len != 0);
    }

    if (ctx->secret.len == 0) {
        return ngx_http_apigw_key_refuse(r, ctx,
                                         klcf->granted
                                         ? "the authorizer says no API key"
                                         : "no API key was sent");
    }

    return ngx_http_apigw_key_find(r, ctx);
}


static ngx_int_t
ngx_http_apigw_key_find(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    uint32_t                      n;
    ngx_int_t                     rc;
    ngx_uint_t                   *plans;
    ngx_apigw_consumer_t         *consumer;
    ngx_http_apigw_plan_t       **all;
    ngx_http_apigw_stage_t       *stage;
    ngx_http_apigw_main_conf_t   *mcf;
    ngx_http_apigw_admission_t   *admission;

    mcf = ngx_http_apigw_get_main_conf(r);
    stage = ctx->stage;

    if (mcf->keys == NULL
        || ctx->secret.len < NGX_HTTP_APIGW_SECRET_MIN
        || ctx->secret.len > NGX_APIGW_KEY_MAX_LEN)
    {
        return ngx_http_apigw_key_refuse(r, ctx, "the API key is unknown");
    }

    rc = ngx_apigw_keys_find(mcf->keys, &ctx->secret, &n);

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "SHA-256 of an API key failed");
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_key_refuse(r, ctx,
                                         "the API key is unknown or disabled");
    }

    consumer = ngx_apigw_keys_consumer(mcf->keys, n);
    admission = &stage->admissions[consumer->planset];

    if (admission->plan == NGX_HTTP_APIGW_NO_PLAN) {
        return ngx_http_apigw_key_refuse(r, ctx,
                                         "no usage plan of the API key opens "
                                         "this stage");
    }

    plans = stage->plans->elts;
    all = mcf->plans.elts;

    ctx->consumer = consumer;
    ctx->plan_index = admission->plan;
    ctx->plan = all[plans[admission->plan]];
    ctx->cells = mcf->cells + consumer->cells + admission->cell;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_refuse(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    const char *why)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "%s for \"%V\" in stage \"%V\"", why, &ctx->route->key.key,
                  &ctx->stage->name);

    return ngx_http_apigw_refuse(r, ctx, NGX_HTTP_APIGW_INVALID_API_KEY);
}


/* runs before the request is logged */

static ngx_int_t
ngx_http_apigw_key_log_handler(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t           *ctx;
    ngx_http_apigw_key_loc_conf_t  *klcf;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->stage == NULL) {
        return NGX_OK;
    }

    klcf = ctx->stage->loc_conf[ngx_http_apigw_key_module.ctx_index];

    if (ctx->secret.len) {
        ngx_http_apigw_key_wipe(r, klcf, &ctx->secret);
        return NGX_OK;
    }

    if (klcf->header.len && (ctx->passed == NULL || ctx->key_repeated)) {

        /* a key that no step has read: the request was refused before */

        ngx_http_apigw_hide_header(r, &klcf->header);
    }

    return NGX_OK;
}


static char *
ngx_http_apigw_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_key_main_conf_t  *kmcf = conf;

    ngx_str_t                    *value;
    ngx_http_apigw_key_source_t  *source;

    value = cf->args->elts;

    source = ngx_array_push(&kmcf->sources);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(source, sizeof(ngx_http_apigw_key_source_t));

    ngx_http_apigw_here(cf, &source->place);
    source->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &source->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* apigw_api_key name key=... plan=... [id=...] [enabled=off] */

static char *
ngx_http_apigw_api_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_key_main_conf_t  *kmcf = conf;

    ngx_str_t                    *value, enabled;
    ngx_uint_t                    i;
    ngx_http_apigw_key_source_t  *source;

    value = cf->args->elts;

    source = ngx_array_push(&kmcf->sources);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(source, sizeof(ngx_http_apigw_key_source_t));

    ngx_http_apigw_here(cf, &source->place);
    source->enabled = 1;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_param(&value[i], "key", &source->key)
            || ngx_http_apigw_conf_param(&value[i], "plan", &source->plans)
            || ngx_http_apigw_conf_param(&value[i], "id", &source->id))
        {
            continue;
        }

        if (!ngx_http_apigw_conf_param(&value[i], "enabled", &enabled)) {
            /* the value may be a key */
            return "has an invalid parameter: \"key=\", \"plan=\", \"id=\" or "
                   "\"enabled=on|off\" is expected";
        }

        if (ngx_strcmp(enabled.data, "off") == 0) {
            source->enabled = 0;

        } else if (ngx_strcmp(enabled.data, "on") != 0) {
            return "has an invalid \"enabled=\", on or off is expected";
        }
    }

    if (source->key.len == 0) {
        return "has no \"key=\"";
    }

    if (source->plans.len == 0) {
        return "has no \"plan=\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_apigw_key_hmac_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_key_main_conf_t  *kmcf = conf;

    ngx_str_t  *value;

    if (kmcf->hmac_file.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    kmcf->hmac_file = value[1];

    ngx_http_apigw_here(cf, &kmcf->hmac_place);

    if (ngx_conf_full_name(cf->cycle, &kmcf->hmac_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_apigw_key_source(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_key_loc_conf_t  *klcf = conf;

    ngx_str_t  *value, name;

    if (klcf->index != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_strcmp(name.data, "authorizer") == 0) {
        klcf->index = NGX_HTTP_APIGW_KEY_NO_INDEX;
        klcf->granted = 1;

        return NGX_CONF_OK;
    }

    if (name.len < 2 || name.data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid API key source \"%V\": a variable such as "
                           "\"$http_x_api_key\", or \"authorizer\", is "
                           "expected", &name);
        return NGX_CONF_ERROR;
    }

    name.data++;
    name.len--;

    klcf->index = ngx_http_get_variable_index(cf, &name);
    if (klcf->index == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    klcf->query = ngx_strncasecmp(name.data, (u_char *) "arg_", 4) == 0
                  || ngx_strncasecmp(name.data, (u_char *) "cookie_", 7) == 0;

    if (ngx_http_apigw_conf_header(cf, &name, &klcf->header) == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_apigw_key_policy(ngx_conf_t *cf, void *post, void *data)
{
    ngx_http_apigw_conf_policy_here(cf);

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_key_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_key_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_key_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&conf->sources, cf->pool, 4,
                       sizeof(ngx_http_apigw_key_source_t))
        != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


static char *
ngx_http_apigw_key_init_main_conf(ngx_conf_t *cf, void *conf)
{
    return ngx_http_apigw_key_load(cf, conf) == NGX_OK ? NGX_CONF_OK
                                                       : NGX_CONF_ERROR;
}


static void *
ngx_http_apigw_key_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_key_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_key_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->header = { 0, NULL };
     *     conf->query = 0;
     *     conf->granted = 0;
     */

    conf->required = NGX_CONF_UNSET;
    conf->forward = NGX_CONF_UNSET;
    conf->index = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_http_apigw_key_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_apigw_key_loc_conf_t  *prev = parent;
    ngx_http_apigw_key_loc_conf_t  *conf = child;

    ngx_conf_merge_value(conf->required, prev->required, 0);
    ngx_conf_merge_value(conf->forward, prev->forward, 0);

    if (conf->index == NGX_CONF_UNSET) {
        conf->index = prev->index;
        conf->query = prev->query;
        conf->header = prev->header;
        conf->granted = prev->granted;
    }

    if (conf->index == NGX_CONF_UNSET) {
        conf->header = ngx_http_apigw_key_default;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_key_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    mcf->enter[NGX_HTTP_APIGW_STEP_KEY] = ngx_http_apigw_key_enter;
    mcf->steps[NGX_HTTP_APIGW_STEP_KEY] = ngx_http_apigw_key_step;

    if (mcf->zone
        && mcf->keys
        && ngx_apigw_zone_claimer(mcf->zone, ngx_http_apigw_key_claim, mcf)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->apis.nelts
        && ngx_http_apigw_conf_log_first(cf, ngx_http_apigw_key_log_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_key_stage);
}


static ngx_int_t
ngx_http_apigw_key_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_int_t                       rc;
    ngx_http_apigw_key_loc_conf_t  *klcf;

    klcf = stage->loc_conf[ngx_http_apigw_key_module.ctx_index];

    rc = ngx_http_apigw_key_routes(cf, stage, klcf);
    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    stage->key_header = klcf->header;

    if (stage->plans == NULL) {
        return NGX_OK;
    }

    if (rc == NGX_DECLINED && stage->own_plans) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &stage->place,
                                  "the stage \"%V\" has usage plans, but none "
                                  "of its routes requires an API key",
                                  &stage->name);
        return NGX_ERROR;
    }

    return ngx_http_apigw_key_admissions(cf, stage);
}


/*
 *     NGX_OK        some route requires a key
 *     NGX_DECLINED  none does
 *     NGX_ERROR     logged
 */

static ngx_int_t
ngx_http_apigw_key_routes(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage,
    ngx_http_apigw_key_loc_conf_t *slcf)
{
    ngx_int_t                        rc;
    ngx_uint_t                       i;
    ngx_http_apigw_route_t         **routes;
    ngx_http_apigw_key_loc_conf_t   *klcf;

    rc = NGX_DECLINED;
    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        klcf = routes[i]->loc_conf[ngx_http_apigw_key_module.ctx_index];

        routes[i]->keyed = klcf->required;
        routes[i]->forward_key = klcf->forward;

        if (!klcf->required) {
            continue;
        }

        rc = NGX_OK;
        routes[i]->protect = 1;

        if (stage->plans == NULL) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[i]->place,
                                      "the route \"%V\" requires an API key, "
                                      "but the stage \"%V\" has no "
                                      "\"apigw_usage_plans\"",
                                      &routes[i]->key.key, &stage->name);
            return NGX_ERROR;
        }

        if (slcf->granted && !routes[i]->usage_key) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[i]->place,
                                      "the route \"%V\" requires an API key "
                                      "of an authorizer of the type "
                                      "\"lambda\", but has none",
                                      &routes[i]->key.key);
            return NGX_ERROR;
        }

        if (klcf->forward && slcf->header.len == 0) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[i]->place,
                                      "\"apigw_forward_api_key\" needs an API "
                                      "key in a header of its own: elsewhere "
                                      "it is masked before it can be logged");
            return NGX_ERROR;
        }
    }

    return rc;
}


/* for each plan set: which plan it has here, and where its cells begin */

static ngx_int_t
ngx_http_apigw_key_admissions(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    uint32_t                     i, n;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    n = mcf->keys ? (uint32_t) ngx_apigw_keys_plansets(mcf->keys) : 0;

    stage->admissions = ngx_palloc(cf->pool,
                             (n + 1) * sizeof(ngx_http_apigw_admission_t));
    if (stage->admissions == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (ngx_http_apigw_key_admission(cf, stage, i, &stage->admissions[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_admission(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage,
    uint32_t planset, ngx_http_apigw_admission_t *admission)
{
    uint16_t                         *set;
    ngx_uint_t                        i, n, cell, nset, *plans;
    ngx_http_apigw_plan_t           **all;
    ngx_http_apigw_place_t            place;
    ngx_http_apigw_main_conf_t       *mcf;
    ngx_http_apigw_key_main_conf_t   *kmcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    kmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_apigw_key_module);

    all = mcf->plans.elts;
    plans = stage->plans->elts;

    admission->plan = NGX_HTTP_APIGW_NO_PLAN;
    cell = 0;

    set = ngx_apigw_keys_planset(mcf->keys, planset, &nset);

    for (i = 0; i < nset; i++) {

        for (n = 0; n < stage->plans->nelts; n++) {

            if (plans[n] != set[i]) {
                continue;
            }

            if (admission->plan != NGX_HTTP_APIGW_NO_PLAN) {
                ngx_http_apigw_key_place(kmcf, mcf->keys, planset, &place);
                ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &place,
                                          "the API key is in the usage plans "
                                          "\"%V\" and \"%V\", which both open "
                                          "the stage \"%V\"",
                                          &all[plans[admission->plan]]->name,
                                          &all[set[i]]->name, &stage->name);
                return NGX_ERROR;
            }

            admission->plan = (uint32_t) n;
            admission->cell = (uint32_t) cell;
        }

        cell += ngx_http_apigw_plan_cells(all[set[i]]);
    }

    return NGX_OK;
}
