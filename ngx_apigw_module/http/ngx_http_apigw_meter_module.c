
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/* What a request is worth, counted when it is logged. */


static ngx_int_t ngx_http_apigw_meter_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_apigw_meter_billable(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static uint64_t ngx_http_apigw_meter_payload(ngx_http_request_t *r);

static char *ngx_http_apigw_meter_init_main_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_apigw_meter_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_meter_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_meter_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_apigw_meter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_meter_init,             /* postconfiguration */

    NULL,                                  /* create main configuration */
    ngx_http_apigw_meter_init_main_conf,   /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_meter_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_meter_module_ctx,      /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_apigw_meter_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_meter_exit_process,     /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_apigw_meter_handler(ngx_http_request_t *r)
{
    uint64_t                     increments;
    ngx_apigw_pricing_t         *prices;
    ngx_http_apigw_ctx_t        *ctx;
    ngx_http_apigw_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL
        || ctx->payer == NULL
        || !ngx_http_apigw_meter_billable(r, ctx))
    {
        return NGX_OK;
    }

    prices = &ctx->payer->pricing->prices;
    increments = 1;

    if (prices->increment) {
        increments = ngx_apigw_meter_increments(
                         ngx_http_apigw_meter_payload(r), prices->increment);
    }

    mcf = ngx_http_apigw_get_main_conf(r);

    ngx_apigw_meters_count(mcf->meters, ctx->meter, increments,
                           (uint64_t) r->connection->sent);

    return NGX_OK;
}


/* as AWS: what a policy has refused is not billed, what has failed later is */

static ngx_uint_t
ngx_http_apigw_meter_billable(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    /* it has been to a backend */

    if (r->upstream) {
        return 1;
    }

    /* another route may have refused after a redirect */

    switch (ctx->error) {

    case NGX_HTTP_APIGW_ACCESS_DENIED:
    case NGX_HTTP_APIGW_AUTHORIZER_CONFIGURATION_ERROR:
    case NGX_HTTP_APIGW_AUTHORIZER_FAILURE:
    case NGX_HTTP_APIGW_EXPLICIT_DENY:
    case NGX_HTTP_APIGW_INVALID_API_KEY:
    case NGX_HTTP_APIGW_MISSING_AUTHENTICATION_TOKEN:
    case NGX_HTTP_APIGW_QUOTA_EXCEEDED:
    case NGX_HTTP_APIGW_QUOTA_UNAVAILABLE:
    case NGX_HTTP_APIGW_THROTTLED:
    case NGX_HTTP_APIGW_UNAUTHORIZED:
        return 0;

    default:
        return 1;
    }
}


/*
 * The bodies of the request and of the response; of the request what has come,
 * whatever its Content-Length says.
 */

static uint64_t
ngx_http_apigw_meter_payload(ngx_http_request_t *r)
{
    off_t  in, out;

    in = r->headers_in.content_length_n;

    /* HTTP/2 without Content-Length and with unbuffered bodies */

    if (in < 0 && r->request_body) {
        in = r->request_body->received;
    }

    in = ngx_min(in, r->request_length);
    out = r->connection->sent - (off_t) r->header_size;

    return (uint64_t) ngx_max(in, 0) + (uint64_t) ngx_max(out, 0);
}


static char *
ngx_http_apigw_meter_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_uint_t                    i;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    if (mcf->zone == NULL) {
        return NGX_CONF_OK;
    }

    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {

        if (plans[i]->pricing == NULL) {
            continue;
        }

        mcf->meters = ngx_apigw_meters_create(cf, mcf->zone, mcf->redis);

        return mcf->meters ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_meter_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    if (mcf->meters == NULL) {
        return NGX_OK;
    }

    return ngx_http_apigw_conf_handler(cf, NGX_HTTP_LOG_PHASE,
                                       ngx_http_apigw_meter_handler);
}


static ngx_int_t
ngx_http_apigw_meter_init_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_worker_conf(cycle);

    if (mcf == NULL || mcf->meters == NULL) {
        return NGX_OK;
    }

    return ngx_apigw_meters_init_worker(mcf->meters, cycle);
}


static void
ngx_http_apigw_meter_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);

    if (mcf && mcf->meters) {
        ngx_apigw_meters_exit_worker(mcf->meters);
    }
}
