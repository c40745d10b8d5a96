
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_stage.h"


#define NGX_HTTP_APIGW_STAGE_NAME_MAX  128


static ngx_int_t ngx_http_apigw_stage_path(ngx_conf_t *cf, ngx_str_t *path,
    ngx_str_t *prefix);
static ngx_int_t ngx_http_apigw_stage_location(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_str_t *name, ngx_uint_t exact);


/* the names that AWS allows; sets the prefix, too */

ngx_int_t
ngx_http_apigw_stage_name(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    u_char       ch;
    ngx_str_t   *value, path;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (cf->args->nelts == 3
        && !ngx_http_apigw_conf_param(&value[2], "path", &path))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": \"path=/prefix\" is "
                           "expected", &value[2]);
        return NGX_ERROR;
    }

    if (ngx_strcmp(stage->name.data, "$default") != 0) {

        for (i = 0; i < stage->name.len; i++) {
            ch = stage->name.data[i];

            if ((ch >= '0' && ch <= '9')
                || (ngx_tolower(ch) >= 'a' && ngx_tolower(ch) <= 'z')
                || ch == '_' || ch == '-')
            {
                continue;
            }

            break;
        }

        if (i == 0 || i < stage->name.len
            || i > NGX_HTTP_APIGW_STAGE_NAME_MAX)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid stage name \"%V\": 1 to %d letters, "
                               "digits, \"_\" and \"-\", or \"$default\" are "
                               "expected", &stage->name,
                               NGX_HTTP_APIGW_STAGE_NAME_MAX);
            return NGX_ERROR;
        }
    }

    if (cf->args->nelts == 3) {
        return ngx_http_apigw_stage_path(cf, &path, &stage->prefix);
    }

    if (stage->name.data[0] == '$') {
        return NGX_OK;
    }

    /* nginx sorts locations by their names and the NUL behind them */

    stage->prefix.len = stage->name.len + 1;
    stage->prefix.data = ngx_pnalloc(cf->pool, stage->prefix.len + 1);
    if (stage->prefix.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(stage->prefix.data, "/%V%Z", &stage->name);

    return NGX_OK;
}


/* a base path is what a canonical path begins with, segment by segment */

static ngx_int_t
ngx_http_apigw_stage_path(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *prefix)
{
    ngx_str_t               key;
    const char             *reason;
    ngx_apigw_route_key_t   rk;

    if (path->len == 1 && path->data[0] == '/') {
        return NGX_OK;
    }

    /* the rules of a literal path are those of a route key */

    key.len = sizeof("ANY ") - 1 + path->len;
    key.data = ngx_pnalloc(cf->temp_pool, key.len);
    if (key.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(key.data, "ANY %V", path);

    switch (ngx_apigw_route_parse(cf->temp_pool, &key, &rk, &reason)) {

    case NGX_OK:

        if (rk.nparams) {
            reason = "a base path has no parameters";
            break;
        }

        if (path->data[path->len - 1] == '/') {
            reason = "no slash at the end is expected";
            break;
        }

        *prefix = *path;
        return NGX_OK;

    case NGX_ERROR:
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid base path \"%V\": %s",
                       path, reason);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_stage_unique(ngx_conf_t *cf, ngx_http_apigw_api_t *api,
    ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                i;
    const char               *what;
    ngx_http_apigw_stage_t  **stages;

    stages = api->stages.elts;

    for (i = 0; i < api->stages.nelts; i++) {

        if (stages[i]->name.len == stage->name.len
            && ngx_strncmp(stages[i]->name.data, stage->name.data,
                           stage->name.len)
               == 0)
        {
            what = "name";

        } else if (stages[i]->prefix.len == stage->prefix.len
                   && ngx_strncmp(stages[i]->prefix.data, stage->prefix.data,
                                  stage->prefix.len)
                      == 0)
        {
            what = "path";

        } else {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the stage \"%V\" has the %s of the stage in "
                           "%V:%ui", &stage->name, what,
                           &stages[i]->place.file, stages[i]->place.line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* "/stage" and what is below "/stage/", but not "/stageX" */

ngx_int_t
ngx_http_apigw_stage_locations(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_str_t  name;

    if (stage->prefix.len
        && ngx_http_apigw_stage_location(cf, stage, &stage->prefix, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    name.len = stage->prefix.len + 1;
    name.data = ngx_pnalloc(cf->pool, name.len + 1);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(name.data, "%V/%Z", &stage->prefix);

    return ngx_http_apigw_stage_location(cf, stage, &name, 0);
}


static ngx_int_t
ngx_http_apigw_stage_location(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage,
    ngx_str_t *name, ngx_uint_t exact)
{
    void                             **loc_conf;
    ngx_http_conf_ctx_t               *pctx;
    ngx_http_core_loc_conf_t          *clcf, *pclcf;
    ngx_http_apigw_stage_loc_conf_t   *slcf;

    loc_conf = ngx_http_apigw_locconf_fresh(cf);
    if (loc_conf == NULL) {
        return NGX_ERROR;
    }

    slcf = loc_conf[ngx_http_apigw_stage_module.ctx_index];
    slcf->stage = stage;

    clcf = loc_conf[ngx_http_core_module.ctx_index];
    clcf->loc_conf = loc_conf;
    clcf->name = *name;

    if (exact) {
        /* a doorway: the switch goes on with the configuration below */
        clcf->exact_match = 1;
        clcf->client_max_body_size = 0;

    } else {
        clcf->noregex = 1;
        stage->loc_conf = loc_conf;
    }

    pctx = cf->ctx;
    pclcf = pctx->loc_conf[ngx_http_core_module.ctx_index];

    return ngx_http_add_location(cf, &pclcf->locations, clcf);
}
