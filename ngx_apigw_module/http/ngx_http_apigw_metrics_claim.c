
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics.h"


/* Which series a configuration has, and where they are. */

#define NGX_HTTP_APIGW_METRICS_PARTS  3


static ngx_int_t ngx_http_apigw_metrics_claim_stage(
    ngx_apigw_metrics_zone_t *zone, ngx_http_apigw_stage_t *stage,
    ngx_log_t *log);
static ngx_int_t ngx_http_apigw_metrics_claim_parts(
    ngx_apigw_metrics_zone_t *zone, ngx_uint_t kind, ngx_uint_t n,
    ngx_str_t **parts, ngx_log_t *log, uint32_t *series);


static ngx_str_t  ngx_http_apigw_metrics_kinds[NGX_APIGW_METRICS_KINDS] = {
    ngx_string("stage"),
    ngx_string("route"),
    ngx_string("plan"),
    ngx_string("authorizer")
};


void
ngx_http_apigw_metrics_need(ngx_http_apigw_main_conf_t *mcf,
    ngx_apigw_metrics_size_t *needed)
{
    ngx_uint_t                i, n, m;
    ngx_http_apigw_api_t    **apis;
    ngx_http_apigw_plan_t   **plans;
    ngx_http_apigw_stage_t  **stages;
    ngx_http_apigw_route_t  **routes;

    ngx_memzero(needed, sizeof(ngx_apigw_metrics_size_t));

    needed->room[NGX_APIGW_METRICS_PLAN] = (uint32_t) mcf->plans.nelts;
    needed->room[NGX_APIGW_METRICS_AUTHORIZER] =
                                               (uint32_t) mcf->watched.nelts;

    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {
        plans[i]->series = NGX_APIGW_METRICS_NONE;
    }

    apis = mcf->apis.elts;

    for (i = 0; i < mcf->apis.nelts; i++) {
        stages = apis[i]->stages.elts;

        needed->room[NGX_APIGW_METRICS_STAGE] +=
                                           (uint32_t) apis[i]->stages.nelts;

        for (n = 0; n < apis[i]->stages.nelts; n++) {
            stages[n]->series = NGX_APIGW_METRICS_NONE;
            routes = stages[n]->routes.elts;

            needed->room[NGX_APIGW_METRICS_ROUTE] +=
                                        (uint32_t) stages[n]->routes.nelts;

            for (m = 0; m < stages[n]->routes.nelts; m++) {
                routes[m]->series = NGX_APIGW_METRICS_NONE;
            }
        }
    }
}


ngx_int_t
ngx_http_apigw_metrics_claim(ngx_apigw_metrics_zone_t *zone, void *data,
    ngx_log_t *log)
{
    ngx_http_apigw_main_conf_t *mcf = data;

    ngx_str_t                  *parts[NGX_HTTP_APIGW_METRICS_PARTS];
    ngx_uint_t                  i, n;
    ngx_http_apigw_api_t      **apis;
    ngx_http_apigw_plan_t     **plans;
    ngx_http_apigw_stage_t    **stages;
    ngx_http_apigw_watched_t  **watched;

    zone->metrics.throttled = NGX_HTTP_APIGW_THROTTLED;
    zone->metrics.quota = NGX_HTTP_APIGW_QUOTA_EXCEEDED;

    apis = mcf->apis.elts;

    for (i = 0; i < mcf->apis.nelts; i++) {
        stages = apis[i]->stages.elts;

        for (n = 0; n < apis[i]->stages.nelts; n++) {

            if (ngx_http_apigw_metrics_claim_stage(zone, stages[n], log)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {
        parts[0] = &plans[i]->name;

        if (ngx_http_apigw_metrics_claim_parts(zone, NGX_APIGW_METRICS_PLAN,
                                               1, parts, log,
                                               &plans[i]->series)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    watched = mcf->watched.elts;

    for (i = 0; i < mcf->watched.nelts; i++) {
        parts[0] = &watched[i]->name;

        if (ngx_http_apigw_metrics_claim_parts(zone,
                                               NGX_APIGW_METRICS_AUTHORIZER,
                                               1, parts, log,
                                               &watched[i]->series)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_metrics_claim_stage(ngx_apigw_metrics_zone_t *zone,
    ngx_http_apigw_stage_t *stage, ngx_log_t *log)
{
    ngx_str_t                *parts[NGX_HTTP_APIGW_METRICS_PARTS];
    ngx_uint_t                i;
    ngx_http_apigw_route_t  **routes;

    parts[0] = &stage->api->name;
    parts[1] = &stage->name;

    if (ngx_http_apigw_metrics_claim_parts(zone, NGX_APIGW_METRICS_STAGE, 2,
                                           parts, log, &stage->series)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        parts[2] = &routes[i]->key.key;

        if (ngx_http_apigw_metrics_claim_parts(zone, NGX_APIGW_METRICS_ROUTE,
                                               3, parts, log,
                                               &routes[i]->series)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what it means: the kind and the parts, with zero bytes between them */

static ngx_int_t
ngx_http_apigw_metrics_claim_parts(ngx_apigw_metrics_zone_t *zone,
    ngx_uint_t kind, ngx_uint_t n, ngx_str_t **parts, ngx_log_t *log,
    uint32_t *series)
{
    u_char      *p, *text;
    size_t       len;
    ngx_str_t   *name;
    ngx_uint_t   i;

    name = &ngx_http_apigw_metrics_kinds[kind];
    len = name->len;

    for (i = 0; i < n; i++) {
        len += 1 + parts[i]->len;
    }

    text = ngx_alloc(len, log);
    if (text == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text, name->data, name->len);

    for (i = 0; i < n; i++) {
        *p++ = '\0';
        p = ngx_cpymem(p, parts[i]->data, parts[i]->len);
    }

    *series = ngx_apigw_metrics_zone_claim(zone, kind, text, len);

    ngx_free(text);

    return NGX_OK;
}
