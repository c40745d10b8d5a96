
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_plan.h"


typedef struct {
    ngx_array_t                   *plans;    /* ngx_uint_t */
    ngx_uint_t                     own;      /* written at this level */
} ngx_http_apigw_plan_loc_conf_t;


static char *ngx_http_apigw_usage_plans(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static void *ngx_http_apigw_plan_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_plan_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_apigw_plan_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_plan_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_plan_route(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_route_t *route);
static ngx_int_t ngx_http_apigw_plan_check(ngx_conf_t *cf,
    ngx_http_apigw_plan_t *plan);


static ngx_command_t  ngx_http_apigw_plan_commands[] = {

    { ngx_string("apigw_usage_plan"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_apigw_usage_plan,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_usage_plans"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF|NGX_CONF_1MORE,
      ngx_http_apigw_usage_plans,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_plan_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_plan_init,              /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_plan_create_loc_conf,   /* create location configuration */
    ngx_http_apigw_plan_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_plan_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_plan_module_ctx,       /* module context */
    ngx_http_apigw_plan_commands,          /* module directives */
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


static char *
ngx_http_apigw_usage_plans(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_plan_loc_conf_t  *plcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i, n, *index;
    ngx_http_apigw_plan_t   *plan;
    ngx_http_apigw_place_t   here;

    if (plcf->plans != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->own = 1;
    plcf->plans = ngx_array_create(cf->pool, 2, sizeof(ngx_uint_t));
    if (plcf->plans == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    ngx_http_apigw_here(cf, &here);

    for (i = 1; i < cf->args->nelts; i++) {

        plan = ngx_http_apigw_conf_plan(cf, &value[i], &here);
        if (plan == NULL) {
            return NGX_CONF_ERROR;
        }

        index = plcf->plans->elts;

        for (n = 0; n < plcf->plans->nelts; n++) {

            if (index[n] == plan->index) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the duplicate usage plan \"%V\"",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        index = ngx_array_push(plcf->plans);
        if (index == NULL) {
            return NGX_CONF_ERROR;
        }

        *index = plan->index;
    }

    ngx_http_apigw_conf_policy_here(cf);

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_plan_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_plan_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_plan_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->own = 0;
     */

    conf->plans = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_apigw_plan_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_apigw_plan_loc_conf_t  *prev = parent;
    ngx_http_apigw_plan_loc_conf_t  *conf = child;

    ngx_conf_merge_ptr_value(conf->plans, prev->plans, NULL);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_plan_init(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_main_conf_t   *mcf;

    if (ngx_http_apigw_each_stage(cf, ngx_http_apigw_plan_stage) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {

        if (ngx_http_apigw_plan_check(cf, plans[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_plan_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                        i;
    ngx_http_apigw_route_t          **routes;
    ngx_http_apigw_plan_loc_conf_t   *plcf;

    plcf = stage->loc_conf[ngx_http_apigw_plan_module.ctx_index];
    stage->plans = plcf->plans;
    stage->own_plans = plcf->own;

    if (stage->plans == NULL) {
        return NGX_OK;
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {

        if (ngx_http_apigw_plan_route(cf, stage, routes[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* which throttles "route=" of the stage's plans are for this route */

static ngx_int_t
ngx_http_apigw_plan_route(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage,
    ngx_http_apigw_route_t *route)
{
    ngx_uint_t                     i, n, *index, *limit;
    ngx_array_t                   *limits;
    ngx_http_apigw_plan_t        **plans;
    ngx_http_apigw_main_conf_t    *mcf;
    ngx_http_apigw_plan_limit_t   *pl;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    plans = mcf->plans.elts;
    index = stage->plans->elts;

    for (i = 0; i < stage->plans->nelts; i++) {
        pl = plans[index[i]]->limits.elts;

        for (n = 0; n < plans[index[i]]->limits.nelts; n++) {

            if (pl[n].route.len == 0
                || pl[n].route.len != route->key.key.len
                || ngx_strncmp(pl[n].route.data, route->key.key.data,
                               pl[n].route.len)
                   != 0)
            {
                continue;
            }

            pl[n].used = 1;

            if (route->plan_limits == NULL) {
                route->plan_limits = ngx_pcalloc(cf->pool,
                                  stage->plans->nelts * sizeof(ngx_array_t *));
                if (route->plan_limits == NULL) {
                    return NGX_ERROR;
                }
            }

            limits = route->plan_limits[i];

            if (limits == NULL) {
                limits = ngx_array_create(cf->pool, 1, sizeof(ngx_uint_t));
                if (limits == NULL) {
                    return NGX_ERROR;
                }

                route->plan_limits[i] = limits;
            }

            limit = ngx_array_push(limits);
            if (limit == NULL) {
                return NGX_ERROR;
            }

            *limit = n;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_plan_check(ngx_conf_t *cf, ngx_http_apigw_plan_t *plan)
{
    ngx_uint_t                    i;
    ngx_http_apigw_plan_limit_t  *pl;

    if (plan->place.line == 0) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &plan->mention,
                                  "unknown usage plan \"%V\"", &plan->name);
        return NGX_ERROR;
    }

    pl = plan->limits.elts;

    for (i = 0; i < plan->limits.nelts; i++) {

        if (pl[i].route.len && !pl[i].used) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &pl[i].place,
                                      "no stage that the usage plan \"%V\" "
                                      "opens has the route \"%V\"",
                                      &plan->name, &pl[i].route);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
