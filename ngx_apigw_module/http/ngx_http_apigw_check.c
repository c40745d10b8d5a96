
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/*
 * What would silently do nothing in a stage or a route, or would lead past
 * its policies, is refused.
 */


static ngx_int_t ngx_http_apigw_check_locations(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf, const char *where);
static void *ngx_http_apigw_check_first_word(ngx_conf_t *cf, void **loc_conf,
    const char *name);
static ngx_array_t *ngx_http_apigw_check_codes(ngx_conf_t *cf,
    void **loc_conf);
static ngx_int_t ngx_http_apigw_check_rewrites(ngx_conf_t *cf,
    ngx_array_t *codes);


ngx_int_t
ngx_http_apigw_check_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    const char                *what;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = stage->loc_conf[ngx_http_core_module.ctx_index];

    if (ngx_http_apigw_check_locations(cf, clcf, "stage") != NGX_OK) {
        return NGX_ERROR;
    }

    if (clcf->limit_except) {
        what = "\"limit_except\"";

    } else if (clcf->internal == 1) {
        what = "\"internal\"";

    } else if (clcf->alias) {
        what = "\"alias\"";

    } else if (clcf->handler) {
        what = "a content handler";

    } else if (ngx_http_apigw_check_first_word(cf, stage->loc_conf,
                                               "ngx_http_try_files_module"))
    {
        what = "\"try_files\"";

    } else if (ngx_http_apigw_check_codes(cf, stage->loc_conf)) {
        what = "a directive of the rewrite module";

    } else {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "%s is not allowed in the stage \"%V\" itself, "
                       "only in its routes or outside of stages",
                       what, &stage->name);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_check_route(ngx_conf_t *cf, ngx_http_apigw_route_t *route)
{
    ngx_array_t               *codes;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = route->loc_conf[ngx_http_core_module.ctx_index];

    if (ngx_http_apigw_check_locations(cf, clcf, "route") != NGX_OK) {
        return NGX_ERROR;
    }

    if (clcf->internal == 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"internal\" is not allowed in the route \"%V\"",
                           &route->key.key);
        return NGX_ERROR;
    }

    if (clcf->alias && route->key.nparams) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"alias\" is not allowed in the route \"%V\", "
                           "which has a parameter: use \"root\"",
                           &route->key.key);
        return NGX_ERROR;
    }

    codes = ngx_http_apigw_check_codes(cf, route->loc_conf);

    if (codes) {
        route->early = 1;
        return ngx_http_apigw_check_rewrites(cf, codes);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_check_merged(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                  i;
    ngx_http_apigw_route_t    **routes;
    ngx_http_core_loc_conf_t   *clcf;

    clcf = stage->loc_conf[ngx_http_core_module.ctx_index];

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &stage->place,
                                  "\"satisfy any\" leads past the policies of "
                                  "the stage \"%V\"", &stage->name);
        return NGX_ERROR;
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        clcf = routes[i]->loc_conf[ngx_http_core_module.ctx_index];

        if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[i]->place,
                                      "\"satisfy any\" leads past the "
                                      "policies of the route \"%V\"",
                                      &routes[i]->key.key);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* "if" and "limit_except" make unnamed locations, "location" named ones */

static ngx_int_t
ngx_http_apigw_check_locations(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf,
    const char *where)
{
    ngx_queue_t                *q;
    ngx_http_core_loc_conf_t   *nested;
    ngx_http_location_queue_t  *lq;

    if (clcf->locations == NULL) {
        return NGX_OK;
    }

    for (q = ngx_queue_head(clcf->locations);
         q != ngx_queue_sentinel(clcf->locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;
        nested = lq->exact ? lq->exact : lq->inclusive;

        if (nested->noname) {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" is not allowed inside a %s",
                           &nested->name, where);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The configurations of these two modules are private to nginx, but their
 * first member, a pointer, is what tells whether they have anything to do:
 * so from 0.6 of the rewrite module and 1.13 of try_files on to mainline.
 */

static void *
ngx_http_apigw_check_first_word(ngx_conf_t *cf, void **loc_conf,
    const char *name)
{
    void          **conf;
    ngx_uint_t      i;
    ngx_module_t   *m;

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (m->type != NGX_HTTP_MODULE || ngx_strcmp(m->name, name) != 0) {
            continue;
        }

        conf = loc_conf[m->ctx_index];

        return conf ? *conf : NULL;
    }

    return NULL;
}


static ngx_array_t *
ngx_http_apigw_check_codes(ngx_conf_t *cf, void **loc_conf)
{
    return ngx_http_apigw_check_first_word(cf, loc_conf,
                                           "ngx_http_rewrite_module");
}


/*
 * A rewritten URI without "break" is looked for among the server's locations,
 * and so would leave the route.  Each code begins with the address of its
 * function, aligned.
 */

static ngx_int_t
ngx_http_apigw_check_rewrites(ngx_conf_t *cf, ngx_array_t *codes)
{
#if (NGX_PCRE)

    u_char                        *p, *last;
    ngx_http_script_code_pt        code;
    ngx_http_script_regex_code_t  *regex;

    p = codes->elts;
    last = p + codes->nelts;

    for ( /* void */ ;
         p + sizeof(ngx_http_script_regex_code_t) <= last;
         p += sizeof(uintptr_t))
    {
        ngx_memcpy(&code, p, sizeof(ngx_http_script_code_pt));

        if (code != ngx_http_script_regex_start_code) {
            continue;
        }

        regex = (ngx_http_script_regex_code_t *) p;

        if (!regex->uri
            || regex->test
            || regex->redirect
            || regex->break_cycle)
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rewrite %V\" without \"break\" is not allowed "
                           "in a route", &regex->name);
        return NGX_ERROR;
    }

#endif

    return NGX_OK;
}
