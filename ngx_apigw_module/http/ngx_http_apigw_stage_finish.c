
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_stage.h"
#include "ngx_http_apigw_aws.h"


static ngx_int_t ngx_http_apigw_api_finish(ngx_conf_t *cf,
    ngx_http_apigw_api_t *api);
static ngx_int_t ngx_http_apigw_stage_finish(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_stage_router(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static void ngx_http_apigw_warn_locations(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf);


/* after nginx has merged servers and stages: the routes */

ngx_int_t
ngx_http_apigw_stage_init(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_http_apigw_api_t        **apis;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    apis = mcf->apis.elts;

    for (i = 0; i < mcf->apis.nelts; i++) {

        if (ngx_http_apigw_api_finish(cf, apis[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_stage_finish);
}


static ngx_int_t
ngx_http_apigw_api_finish(ngx_conf_t *cf, ngx_http_apigw_api_t *api)
{
    ngx_uint_t                        i;
    ngx_http_apigw_api_t            **apis;
    ngx_http_apigw_main_conf_t       *mcf;
    ngx_http_apigw_stage_srv_conf_t  *sscf;

    sscf = api->cscf->ctx->srv_conf[ngx_http_apigw_stage_module.ctx_index];

    api->name = sscf->name;

    if (api->name.len == 0) {
        api->name = api->cscf->server_name;
    }

    if (api->name.len == 0) {
        ngx_str_set(&api->name, "default");
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    apis = mcf->apis.elts;

    for (i = 0; apis[i] != api; i++) {

        if (apis[i]->name.len == api->name.len
            && ngx_strncmp(apis[i]->name.data, api->name.data, api->name.len)
               == 0)
        {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &api->place,
                                      "the API name \"%V\" is that of the API "
                                      "in %V:%ui: another \"apigw_api\" is "
                                      "needed", &api->name,
                                      &apis[i]->place.file,
                                      apis[i]->place.line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_stage_finish(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_apigw_stage_loc_conf_t  *slcf;

    if (ngx_http_apigw_locconf_merge(cf, stage) != NGX_OK
        || ngx_http_apigw_check_merged(cf, stage) != NGX_OK)
    {
        return NGX_ERROR;
    }

    slcf = stage->loc_conf[ngx_http_apigw_stage_module.ctx_index];

    stage->type = slcf->type;
    stage->keep_slash = slcf->encoded_slash;

    /* nginx checks it before the switch, which applies the route's */

    clcf = stage->loc_conf[ngx_http_core_module.ctx_index];
    clcf->client_max_body_size = 0;

    return ngx_http_apigw_stage_router(cf, stage);
}


static ngx_int_t
ngx_http_apigw_stage_router(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_http_apigw_route_t    **routes;
    ngx_apigw_router_error_t    err;

    routes = stage->routes.elts;

    ngx_apigw_event_id(stage->id, &stage->api->name, &stage->name, 'd');

    for (i = 0; i < stage->routes.nelts; i++) {
        ngx_apigw_event_id(routes[i]->id, &stage->api->name,
                           ngx_http_apigw_resource(routes[i]), 'r');
    }

    rc = ngx_apigw_router_create(cf->pool, stage->type,
                                 (ngx_apigw_route_key_t **) routes,
                                 stage->routes.nelts, &stage->router, &err);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (err.other == (ngx_uint_t) -1) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[err.route]->place,
                                  "invalid route \"%V\": %s",
                                  &routes[err.route]->key.key, err.reason);
        return NGX_ERROR;
    }

    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[err.route]->place,
                              "the route \"%V\" collides with \"%V\" in "
                              "%V:%ui: %s", &routes[err.route]->key.key,
                              &routes[err.other]->key.key,
                              &routes[err.other]->place.file,
                              routes[err.other]->place.line, err.reason);
    return NGX_ERROR;
}


/* nginx takes the queues of locations apart when it has merged them */

char *
ngx_http_apigw_stage_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_uint_t                        i;
    ngx_http_core_srv_conf_t        **cscfp;
    ngx_http_core_main_conf_t        *cmcf;
    ngx_http_apigw_stage_srv_conf_t  *sscf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        sscf = cscfp[i]->ctx->srv_conf[ngx_http_apigw_stage_module.ctx_index];

        if (sscf->policy.line == 0) {
            continue;
        }

        if (sscf->api == NULL) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &sscf->policy,
                                      "a policy in a server without stages");
            return NGX_CONF_ERROR;
        }

        ngx_http_apigw_warn_locations(cf, cscfp[i]);
    }

    return NGX_CONF_OK;
}


static void
ngx_http_apigw_warn_locations(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf)
{
    ngx_queue_t                      *q, *locations;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_location_queue_t        *lq;
    ngx_http_apigw_stage_loc_conf_t  *slcf;
    ngx_http_apigw_stage_srv_conf_t  *sscf;

    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];
    sscf = cscf->ctx->srv_conf[ngx_http_apigw_stage_module.ctx_index];

    locations = clcf->locations;

    for (q = ngx_queue_head(locations);
         q != ngx_queue_sentinel(locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;
        clcf = lq->exact ? lq->exact : lq->inclusive;
        slcf = clcf->loc_conf[ngx_http_apigw_stage_module.ctx_index];

        if (slcf->stage || clcf->noname || clcf->named) {
            continue;
        }

        ngx_http_apigw_conf_error(cf, NGX_LOG_WARN, &sscf->policy,
                                  "the policies of this server don't hold in "
                                  "its location \"%V\"", &clcf->name);
        return;
    }
}
