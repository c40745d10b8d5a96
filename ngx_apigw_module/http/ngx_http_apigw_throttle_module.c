
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_throttle.h"


static char *ngx_http_apigw_throttle(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_throttle_params(ngx_conf_t *cf,
    ngx_http_apigw_throttle_t *throttle);
static ngx_int_t ngx_http_apigw_throttle_variable(ngx_conf_t *cf,
    ngx_http_apigw_throttle_t *throttle);
static ngx_uint_t ngx_http_apigw_throttle_same(ngx_http_apigw_throttle_t *a,
    ngx_http_apigw_throttle_t *b);

static void *ngx_http_apigw_throttle_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_throttle_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static ngx_array_t *ngx_http_apigw_throttle_inherit(ngx_conf_t *cf,
    ngx_array_t *prev, ngx_array_t *own);
static ngx_int_t ngx_http_apigw_throttle_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_throttle_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_throttle_route(ngx_conf_t *cf,
    ngx_http_apigw_route_t *route, ngx_array_t *throttles);
static ngx_int_t ngx_http_apigw_throttle_claim(ngx_apigw_zone_t *zone,
    void *data, ngx_log_t *log);
static ngx_int_t ngx_http_apigw_throttle_claim_limit(ngx_apigw_zone_t *zone,
    ngx_http_apigw_route_t *route, ngx_http_apigw_limit_t *limit,
    ngx_log_t *log);


static ngx_conf_enum_t  ngx_http_apigw_limit_log_levels[] = {
    { ngx_string("info"), NGX_LOG_INFO },
    { ngx_string("notice"), NGX_LOG_NOTICE },
    { ngx_string("warn"), NGX_LOG_WARN },
    { ngx_string("error"), NGX_LOG_ERR },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_apigw_throttle_commands[] = {

    { ngx_string("apigw_throttle"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF
                       |NGX_CONF_1MORE,
      ngx_http_apigw_throttle,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_limit_headers"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_throttle_loc_conf_t, headers),
      NULL },

    { ngx_string("apigw_limit_log_level"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_throttle_loc_conf_t, log_level),
      &ngx_http_apigw_limit_log_levels },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_throttle_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_throttle_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_throttle_create_loc_conf,
                                           /* create location configuration */
    ngx_http_apigw_throttle_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_throttle_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_throttle_module_ctx,   /* module context */
    ngx_http_apigw_throttle_commands,      /* module directives */
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


ngx_uint_t
ngx_http_apigw_limit_log_level(ngx_http_apigw_route_t *route)
{
    ngx_http_apigw_throttle_loc_conf_t  *tlcf;

    tlcf = route->loc_conf[ngx_http_apigw_throttle_module.ctx_index];

    return tlcf->log_level;
}


static char *
ngx_http_apigw_throttle(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_throttle_loc_conf_t  *tlcf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_http_apigw_throttle_t  *throttle, **throttles;

    ngx_http_apigw_conf_policy_here(cf);

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2 || tlcf->off || tlcf->throttles) {
            return "off stands alone, before the throttles of its level";
        }

        tlcf->off = 1;
        return NGX_CONF_OK;
    }

    if (tlcf->throttles == NULL) {
        tlcf->throttles = ngx_array_create(cf->pool, 2, sizeof(void *));
        if (tlcf->throttles == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    throttle = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_throttle_t));
    if (throttle == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_apigw_throttle_params(cf, throttle) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    throttles = tlcf->throttles->elts;

    for (i = 0; i < tlcf->throttles->nelts; i++) {
        throttle->ordinal += ngx_http_apigw_throttle_same(throttles[i],
                                                          throttle);
    }

    throttles = ngx_array_push(tlcf->throttles);
    if (throttles == NULL) {
        return NGX_CONF_ERROR;
    }

    *throttles = throttle;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_throttle_params(ngx_conf_t *cf,
    ngx_http_apigw_throttle_t *throttle)
{
    ngx_str_t               *value, burst, s;
    ngx_uint_t               i;
    ngx_http_apigw_limit_t  *limit;

    value = cf->args->elts;
    limit = &throttle->limit;

    ngx_str_null(&burst);

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_no_quotes(cf, &value[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_http_apigw_conf_param(&value[i], "burst", &burst)
            || ngx_http_apigw_conf_param(&value[i], "key", &throttle->key))
        {
            continue;
        }

        if (ngx_strcmp(value[i].data, "dry_run") == 0) {
            limit->dry_run = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "scope=route") == 0
            || ngx_strcmp(value[i].data, "on_full=reject") == 0)
        {
            continue;
        }

        if (ngx_strcmp(value[i].data, "on_full=pass") == 0) {
            limit->pass_on_full = 1;
            continue;
        }

        if (!ngx_http_apigw_conf_param(&value[i], "scope", &s)
            || ngx_strcmp(s.data, "stage") != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": \"burst=N\", "
                               "\"key=$variable\", \"scope=route|stage\", "
                               "\"on_full=reject|pass\" or \"dry_run\" is "
                               "expected", &value[i]);
            return NGX_ERROR;
        }

        if (cf->cmd_type & NGX_HTTP_APIGW_ROUTE_CONF) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"scope=stage\" belongs to the stage or the "
                               "server, not to a route");
            return NGX_ERROR;
        }

        limit->stage_scope = 1;
    }

    if (ngx_http_apigw_conf_rate(cf, &value[1], &burst, &limit->gcra)
        != NGX_OK
        || ngx_http_apigw_throttle_variable(cf, throttle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_conf_policy(cf, limit,
                                      limit->key ? "client"
                                      : limit->stage_scope ? "stage"
                                                           : "route");
}


static ngx_int_t
ngx_http_apigw_throttle_variable(ngx_conf_t *cf,
    ngx_http_apigw_throttle_t *throttle)
{
    ngx_http_apigw_limit_t            *limit;
    ngx_http_compile_complex_value_t   ccv;

    limit = &throttle->limit;

    if (throttle->key.data == NULL) {

        if (limit->pass_on_full) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"on_full=\" means nothing without \"key=\"");
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (ngx_strlchr(throttle->key.data,
                    throttle->key.data + throttle->key.len, '$')
        == NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid key \"%V\": a variable is expected",
                           &throttle->key);
        return NGX_ERROR;
    }

    if (limit->gcra.capacity > NGX_APIGW_BUCKETS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a bucket with \"key=\" has to fill within 50 "
                           "days: a higher rate or a lower burst is expected");
        return NGX_ERROR;
    }

    limit->key = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (limit->key == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &throttle->key;
    ccv.complex_value = limit->key;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_uint_t
ngx_http_apigw_throttle_same(ngx_http_apigw_throttle_t *a,
    ngx_http_apigw_throttle_t *b)
{
    return a->limit.stage_scope == b->limit.stage_scope
           && a->key.len == b->key.len
           && ngx_strncmp(a->key.data, b->key.data, a->key.len) == 0;
}


static void *
ngx_http_apigw_throttle_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_throttle_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_throttle_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->throttles = NULL;
     *     conf->off = 0;
     */

    conf->headers = NGX_CONF_UNSET;
    conf->log_level = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_apigw_throttle_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_throttle_loc_conf_t  *prev = parent;
    ngx_http_apigw_throttle_loc_conf_t  *conf = child;

    if (conf->throttles == NULL && !conf->off) {
        conf->throttles = prev->throttles;

    } else if (conf->throttles && prev->throttles && !conf->off) {
        conf->throttles = ngx_http_apigw_throttle_inherit(cf, prev->throttles,
                                                          conf->throttles);
        if (conf->throttles == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    ngx_conf_merge_value(conf->headers, prev->headers, 1);
    ngx_conf_merge_uint_value(conf->log_level, prev->log_level, NGX_LOG_INFO);

    return NGX_CONF_OK;
}


/* a lower level replaces what has the same key and scope */

static ngx_array_t *
ngx_http_apigw_throttle_inherit(ngx_conf_t *cf, ngx_array_t *prev,
    ngx_array_t *own)
{
    ngx_uint_t                   i, n;
    ngx_array_t                 *all;
    ngx_http_apigw_throttle_t  **t, **theirs, **mine;

    all = ngx_array_create(cf->pool, prev->nelts + own->nelts, sizeof(void *));
    if (all == NULL) {
        return NULL;
    }

    theirs = prev->elts;
    mine = own->elts;

    for (i = 0; i < prev->nelts; i++) {

        for (n = 0; n < own->nelts; n++) {
            if (ngx_http_apigw_throttle_same(theirs[i], mine[n])) {
                break;
            }
        }

        if (n < own->nelts) {
            continue;
        }

        t = ngx_array_push(all);
        if (t == NULL) {
            return NULL;
        }

        *t = theirs[i];
    }

    t = ngx_array_push_n(all, own->nelts);
    if (t == NULL) {
        return NULL;
    }

    ngx_memcpy(t, mine, own->nelts * sizeof(void *));

    return all;
}


static ngx_int_t
ngx_http_apigw_throttle_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    mcf->steps[NGX_HTTP_APIGW_STEP_THROTTLE] = ngx_http_apigw_throttle_step;

    ngx_http_apigw_throttle_filter_init();

    if (mcf->zone
        && ngx_apigw_zone_claimer(mcf->zone, ngx_http_apigw_throttle_claim,
                                  mcf)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_throttle_stage);
}


static ngx_int_t
ngx_http_apigw_throttle_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                            i;
    ngx_http_apigw_route_t              **routes;
    ngx_http_apigw_throttle_loc_conf_t   *tlcf;

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        tlcf = routes[i]->loc_conf[ngx_http_apigw_throttle_module.ctx_index];

        if (tlcf->throttles == NULL) {
            continue;
        }

        if (ngx_http_apigw_throttle_route(cf, routes[i], tlcf->throttles)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_throttle_route(ngx_conf_t *cf, ngx_http_apigw_route_t *route,
    ngx_array_t *throttles)
{
    ngx_uint_t                   i;
    ngx_http_apigw_limit_t      *limit;
    ngx_http_apigw_throttle_t  **t;

    if (throttles->nelts > NGX_HTTP_APIGW_MAX_CHARGES / 2) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" has more than %d "
                                  "throttles", &route->key.key,
                                  NGX_HTTP_APIGW_MAX_CHARGES / 2);
        return NGX_ERROR;
    }

    route->limits = ngx_pcalloc(cf->pool,
                                (throttles->nelts + 1) * sizeof(void *));
    if (route->limits == NULL) {
        return NGX_ERROR;
    }

    t = throttles->elts;

    for (i = 0; i < throttles->nelts; i++) {

        if (t[i]->limit.stage_scope && t[i]->stage == route->stage) {
            route->limits[i] = t[i]->shared;
            continue;
        }

        limit = ngx_palloc(cf->pool, sizeof(ngx_http_apigw_limit_t));
        if (limit == NULL) {
            return NGX_ERROR;
        }

        *limit = t[i]->limit;
        limit->source = t[i];

        t[i]->stage = route->stage;
        t[i]->shared = limit;

        route->limits[i] = limit;
    }

    route->protect = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_throttle_claim(ngx_apigw_zone_t *zone, void *data,
    ngx_log_t *log)
{
    ngx_http_apigw_main_conf_t  *mcf = data;

    ngx_uint_t                i, n, m;
    ngx_http_apigw_api_t    **apis;
    ngx_http_apigw_limit_t  **limits;
    ngx_http_apigw_route_t  **routes;
    ngx_http_apigw_stage_t  **stages;

    apis = mcf->apis.elts;

    for (i = 0; i < mcf->apis.nelts; i++) {
        stages = apis[i]->stages.elts;

        for (n = 0; n < apis[i]->stages.nelts; n++) {
            routes = stages[n]->routes.elts;

            for (m = 0; m < stages[n]->routes.nelts; m++) {
                limits = routes[m]->limits;

                for ( /* void */ ; limits && *limits; limits++) {

                    if (ngx_http_apigw_throttle_claim_limit(zone, routes[m],
                                                            *limits, log)
                        != NGX_OK)
                    {
                        return NGX_ERROR;
                    }
                }
            }
        }
    }

    return NGX_OK;
}


/* what a bucket means is what it was written for, not its rate */

static ngx_int_t
ngx_http_apigw_throttle_claim_limit(ngx_apigw_zone_t *zone,
    ngx_http_apigw_route_t *route, ngx_http_apigw_limit_t *limit,
    ngx_log_t *log)
{
    u_char                     *p, *last;
    size_t                      len;
    ngx_str_t                  *name, nothing;
    ngx_http_apigw_stage_t     *stage;
    ngx_http_apigw_throttle_t  *throttle;

    stage = route->stage;
    throttle = limit->source;

    ngx_str_null(&nothing);
    name = limit->stage_scope ? &nothing : &route->key.key;

    len = sizeof("throttle") + stage->api->name.len + stage->name.len
          + name->len + throttle->key.len + 4 + NGX_INT_T_LEN;

    p = ngx_alloc(len, log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "throttle%Z%V%Z%V%Z%V%Z%V%Z%ui", &stage->api->name,
                       &stage->name, name, &throttle->key, throttle->ordinal);

    if (limit->key) {
        limit->hash = ngx_apigw_siphash(zone->seed, p, last - p);

    } else {
        limit->cell = ngx_apigw_zone_claim(zone, p, last - p);
    }

    ngx_free(p);

    if (limit->key || limit->cell != NGX_APIGW_CELL_NONE) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "\"apigw_zone\" is too small for the throttles of all "
                  "routes: it has room for %ui token buckets", zone->ncells);
    return NGX_ERROR;
}
