
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


ngx_int_t
ngx_http_apigw_pipeline(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t                    rc;
    ngx_http_apigw_main_conf_t  *mcf;

    if (ctx->passed == ctx->route) {
        return NGX_OK;
    }

    mcf = ngx_http_apigw_get_main_conf(r);

    while (ctx->step < NGX_HTTP_APIGW_STEPS) {

        rc = mcf->steps[ctx->step](r, ctx);

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }

        if (rc != NGX_OK) {
            ctx->step = 0;
            return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
        }

        ctx->step++;
    }

    ctx->step = 0;
    ctx->passed = ctx->route;

    /* a redirect may leave the plan */

    if (ctx->plan && ctx->plan->pricing && ctx->payer == NULL) {
        ctx->payer = ctx->plan;
        ctx->meter = ctx->cells[ngx_http_apigw_plan_meter(ctx->plan)];
    }

    return NGX_OK;
}
