
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/*
 * Quotas at request time: a unit is taken from the lease that the API key has
 * in its usage plan.  Where that is empty and nobody knows yet whether there
 * are more, the request waits.
 */


static ngx_int_t ngx_http_apigw_quota_step(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_http_apigw_quota_t *ngx_http_apigw_quota_create(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_quota_spend(ngx_http_request_t *r,
    ngx_http_apigw_quota_t *q);
static ngx_apigw_lease_wait_t *ngx_http_apigw_quota_wait(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_quota_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static void ngx_http_apigw_quota_log(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static void ngx_http_apigw_quota_forget(void *data);
static void ngx_http_apigw_quota_wake(ngx_apigw_lease_wait_t *wait);

static char *ngx_http_apigw_quota_init_main_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_apigw_quota_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_quota_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_quota_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_apigw_quota_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_quota_init,             /* postconfiguration */

    NULL,                                  /* create main configuration */
    ngx_http_apigw_quota_init_main_conf,   /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_quota_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_quota_module_ctx,      /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_apigw_quota_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_quota_exit_process,     /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* a client request is charged once, and what was decided stays decided */

static ngx_int_t
ngx_http_apigw_quota_step(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_plan_t   *plan;
    ngx_http_apigw_quota_t  *q;

    plan = ctx->plan;

    if (plan == NULL || plan->quota.limit == 0) {
        return NGX_OK;
    }

    q = ctx->quota;

    if (q == NULL) {
        q = ngx_http_apigw_quota_create(r);
        if (q == NULL) {
            return NGX_ERROR;
        }

        ctx->quota = q;
    }

    if (q->rc != NGX_AGAIN) {
        return q->rc == NGX_OK ? NGX_OK : ngx_http_apigw_quota_refuse(r, ctx);
    }

    q->plan = plan;
    q->lease = ctx->cells[plan->limits.nelts];
    q->rc = ngx_http_apigw_quota_spend(r, q);
    q->waited = ngx_current_msec - q->since;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "apigw quota: %i, mode %ui", q->rc, q->mode);

    switch (q->rc) {

    case NGX_OK:
        return NGX_OK;

    case NGX_AGAIN:

        if (ngx_http_apigw_park(r, "waiting for a quota") == NGX_DONE) {
            return NGX_DONE;
        }

        ngx_apigw_lease_cancel(q->wait);
        return NGX_ERROR;

    case NGX_DECLINED:
    case NGX_BUSY:
        ngx_http_apigw_quota_log(r, ctx);
        return ngx_http_apigw_quota_refuse(r, ctx);

    default: /* NGX_ERROR */
        q->rc = NGX_AGAIN;
        return NGX_ERROR;
    }
}


static ngx_http_apigw_quota_t *
ngx_http_apigw_quota_create(ngx_http_request_t *r)
{
    ngx_http_apigw_quota_t  *q;

    q = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_quota_t));
    if (q == NULL) {
        return NULL;
    }

    q->rc = NGX_AGAIN;
    q->since = ngx_current_msec;

    return q;
}


/* most requests never wait, and do without what that takes */

static ngx_int_t
ngx_http_apigw_quota_spend(ngx_http_request_t *r, ngx_http_apigw_quota_t *q)
{
    ngx_int_t                    rc;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);

    rc = ngx_apigw_lease_spend(mcf->leases, q->lease, q->wait, &q->mode);

    if (rc != NGX_AGAIN || q->wait) {
        return rc;
    }

    q->wait = ngx_http_apigw_quota_wait(r);
    if (q->wait == NULL) {
        return NGX_ERROR;
    }

    return ngx_apigw_lease_spend(mcf->leases, q->lease, q->wait, &q->mode);
}


static ngx_apigw_lease_wait_t *
ngx_http_apigw_quota_wait(ngx_http_request_t *r)
{
    ngx_http_cleanup_t      *cln;
    ngx_apigw_lease_wait_t  *wait;

    wait = ngx_pcalloc(r->pool, sizeof(ngx_apigw_lease_wait_t));
    if (wait == NULL) {
        return NULL;
    }

    wait->handler = ngx_http_apigw_quota_wake;
    wait->data = r;

    /* that of a pool would be called only when all has been freed */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_apigw_quota_forget;
    cln->data = wait;

    return wait;
}


static ngx_int_t
ngx_http_apigw_quota_refuse(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ctx->limited = ctx->route;

    return ngx_http_apigw_refuse(r, ctx,
                                 ctx->quota->rc == NGX_DECLINED
                                 ? NGX_HTTP_APIGW_QUOTA_EXCEEDED
                                 : NGX_HTTP_APIGW_QUOTA_UNAVAILABLE);
}


static void
ngx_http_apigw_quota_log(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_str_t                    id;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);
    ngx_apigw_keys_id(mcf->keys, ctx->consumer, &id);

    ngx_log_error(ngx_http_apigw_limit_log_level(ctx->route),
                  r->connection->log, 0,
                  "limiting requests by the quota of the usage plan \"%V\" "
                  "for \"%V\" in stage \"%V\": API key \"%V\" %s",
                  &ctx->plan->name, &ctx->route->key.key, &ctx->stage->name,
                  &id, ctx->quota->rc == NGX_DECLINED
                       ? "has used it up"
                       : "may have used it up, its store does not answer");
}


/* the request ends, or it is being terminated */

static void
ngx_http_apigw_quota_forget(void *data)
{
    ngx_apigw_lease_wait_t  *wait = data;

    ngx_apigw_lease_cancel(wait);
}


static void
ngx_http_apigw_quota_wake(ngx_apigw_lease_wait_t *wait)
{
    ngx_http_apigw_resume(wait->data);
}


ngx_apigw_lease_view_t *
ngx_http_apigw_quota_view(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_quota_t      *q;
    ngx_http_apigw_main_conf_t  *mcf;

    q = ctx->quota;

    if (q == NULL || q->rc == NGX_AGAIN) {
        return NULL;
    }

    if (!q->viewed) {
        mcf = ngx_http_apigw_get_main_conf(r);

        ngx_apigw_lease_view(mcf->leases, q->lease, &q->view);

        if (q->rc == NGX_DECLINED) {

            /* what others have leased is not for this client */

            q->view.remaining = 0;
        }

        q->viewed = 1;
    }

    return &q->view;
}


static char *
ngx_http_apigw_quota_init_main_conf(ngx_conf_t *cf, void *conf)
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

        if (plans[i]->quota.limit == 0) {
            continue;
        }

        mcf->leases = ngx_apigw_leases_create(cf, mcf->zone, mcf->redis);

        return mcf->leases ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_quota_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    mcf->steps[NGX_HTTP_APIGW_STEP_QUOTA] = ngx_http_apigw_quota_step;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_quota_init_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_worker_conf(cycle);

    if (mcf == NULL || mcf->leases == NULL) {
        return NGX_OK;
    }

    return ngx_apigw_leases_init_worker(mcf->leases, cycle);
}


static void
ngx_http_apigw_quota_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_apigw_module);

    if (mcf && mcf->leases) {
        ngx_apigw_leases_exit_worker(mcf->leases);
    }
}
