
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_usage.h"


static ngx_int_t ngx_http_apigw_usage_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_usage_query(ngx_http_request_t *r,
    ngx_http_apigw_usage_ctx_t *u);
static ngx_int_t ngx_http_apigw_usage_plan(ngx_http_request_t *r,
    ngx_http_apigw_usage_ctx_t *u);
static ngx_int_t ngx_http_apigw_usage_select(ngx_http_request_t *r,
    ngx_http_apigw_usage_ctx_t *u);
static uint32_t *ngx_http_apigw_usage_offsets(ngx_http_apigw_usage_ctx_t *u);
static ngx_uint_t ngx_http_apigw_usage_same(ngx_str_t *a, ngx_str_t *b);

static char *ngx_http_apigw_usage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_apigw_usage_commands[] = {

    { ngx_string("apigw_usage"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_apigw_usage,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_usage_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_operator_create_loc_conf, /* create location
                                                configuration */
    ngx_http_apigw_operator_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_usage_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_usage_module_ctx,      /* module context */
    ngx_http_apigw_usage_commands,         /* module directives */
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


static ngx_int_t
ngx_http_apigw_usage_handler(ngx_http_request_t *r)
{
    ngx_int_t                            rc;
    ngx_http_apigw_usage_ctx_t          *u;
    ngx_http_apigw_operator_loc_conf_t  *olcf;

    olcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_usage_module);

    rc = ngx_http_apigw_operator(r, olcf->public, "apigw_usage");
    if (rc != NGX_OK) {
        return rc;
    }

    u = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_usage_ctx_t));
    if (u == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    u->request = r;

    rc = ngx_http_apigw_usage_query(r, u);

    return (rc == NGX_DECLINED) ? ngx_http_apigw_usage_report(u) : rc;
}


/* NGX_DECLINED: go on; else what has become of the request */

static ngx_int_t
ngx_http_apigw_usage_query(ngx_http_request_t *r,
    ngx_http_apigw_usage_ctx_t *u)
{
    u_char                   *buf;
    ngx_int_t                 rc;
    ngx_apigw_usage_error_t   err;

    buf = ngx_pnalloc(r->pool, r->args.len + 1);
    if (buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_apigw_usage_query(&u->query, &r->args, buf, &err) != NGX_OK) {
        return ngx_http_apigw_operator_error(r, NGX_HTTP_BAD_REQUEST, err.name,
                                          err.reason);
    }

    rc = ngx_http_apigw_usage_plan(r, u);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (u->query.statement) {
        rc = ngx_http_apigw_usage_statement(u);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    u->report.plan = u->plan->name;
    u->report.period = &u->plan->quota.period;
    u->report.limit = u->plan->quota.limit;
    u->report.start = u->query.start;
    u->report.end = u->query.end;
    u->report.format = u->query.format;

    rc = ngx_http_apigw_usage_select(r, u);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_apigw_operator_error(r, NGX_HTTP_BAD_REQUEST,
                                             "position",
                                             "is not a key of the plan");
    }

    if (u->query.key.len && u->query.position.len == 0 && u->nkeys == 0) {
        return ngx_http_apigw_operator_error(r, NGX_HTTP_NOT_FOUND, NULL,
                                       "Invalid API Key identifier specified");
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_apigw_usage_plan(ngx_http_request_t *r, ngx_http_apigw_usage_ctx_t *u)
{
    ngx_uint_t                    i;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_apigw_get_main_conf(r);
    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {

        if (!ngx_http_apigw_usage_same(&plans[i]->name, &u->query.plan)) {
            continue;
        }

        if (u->query.statement && plans[i]->pricing == NULL) {
            return ngx_http_apigw_operator_error(r, NGX_HTTP_NOT_FOUND, "plan",
                                              "has no pricing, so there is no "
                                              "statement");
        }

        if (!u->query.statement && plans[i]->quota.limit == 0) {
            return ngx_http_apigw_operator_error(r, NGX_HTTP_NOT_FOUND, "plan",
                                              "has no quota, so its requests "
                                              "are not counted");
        }

        u->plan = plans[i];

        return NGX_DECLINED;
    }

    return ngx_http_apigw_operator_error(r, NGX_HTTP_NOT_FOUND, NULL,
                                      "Invalid Usage Plan ID specified");
}


/*
 * The keys of the page, in the order of the directory.
 *
 *     NGX_OK
 *     NGX_DECLINED  the key of "position" is not there
 *     NGX_ERROR     no memory
 */

static ngx_int_t
ngx_http_apigw_usage_select(ngx_http_request_t *r,
    ngx_http_apigw_usage_ctx_t *u)
{
    uint32_t                     i, n, *offsets;
    ngx_str_t                    id;
    ngx_uint_t                   found;
    ngx_apigw_consumer_t        *consumer;
    ngx_http_apigw_main_conf_t  *mcf;
    ngx_http_apigw_usage_key_t  *key;

    mcf = ngx_http_apigw_get_main_conf(r);

    u->keys = ngx_palloc(r->pool,
                         u->query.limit * sizeof(ngx_http_apigw_usage_key_t));
    if (u->keys == NULL) {
        return NGX_ERROR;
    }

    offsets = ngx_http_apigw_usage_offsets(u);
    if (offsets == NULL) {
        return NGX_ERROR;
    }

    found = (u->query.position.len == 0);
    n = (mcf->zone && mcf->keys)
        ? (uint32_t) ngx_apigw_keys_consumers(mcf->keys) : 0;

    for (i = 0; i < n; i++) {
        consumer = ngx_apigw_keys_consumer(mcf->keys, i);

        if (offsets[consumer->planset] == NGX_APIGW_CELL_NONE) {
            continue;
        }

        ngx_apigw_keys_id(mcf->keys, consumer, &id);

        if (!found) {
            found = ngx_http_apigw_usage_same(&id, &u->query.position);

        } else if (u->query.key.len == 0
                   || ngx_http_apigw_usage_same(&id, &u->query.key))
        {
            if (u->nkeys == u->query.limit) {
                u->report.position = u->keys[u->nkeys - 1].id;
                return NGX_OK;
            }

            key = &u->keys[u->nkeys++];

            key->id = id;
            key->n = mcf->cells[consumer->cells
                                + offsets[consumer->planset]];
        }
    }

    return found ? NGX_OK : NGX_DECLINED;
}


/* by plan set: where among a consumer's cells the plan's lease or meter is */

static uint32_t *
ngx_http_apigw_usage_offsets(ngx_http_apigw_usage_ctx_t *u)
{
    uint16_t                     *set;
    uint32_t                      i, n, cell, own, *offsets;
    ngx_uint_t                    m, nset;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_apigw_get_main_conf(u->request);
    plans = mcf->plans.elts;

    own = (uint32_t) (u->query.statement ? ngx_http_apigw_plan_meter(u->plan)
                                         : u->plan->limits.nelts);
    n = mcf->keys ? (uint32_t) ngx_apigw_keys_plansets(mcf->keys) : 0;

    offsets = ngx_palloc(u->request->pool, (n + 1) * sizeof(uint32_t));
    if (offsets == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        offsets[i] = NGX_APIGW_CELL_NONE;
        cell = 0;

        set = ngx_apigw_keys_planset(mcf->keys, i, &nset);

        for (m = 0; m < nset; m++) {

            if (plans[set[m]] == u->plan) {
                offsets[i] = cell + own;
            }

            cell += (uint32_t) ngx_http_apigw_plan_cells(plans[set[m]]);
        }
    }

    return offsets;
}


static ngx_uint_t
ngx_http_apigw_usage_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}


static char *
ngx_http_apigw_usage(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_apigw_operator_conf(cf, conf, NULL,
                                        ngx_http_apigw_usage_handler);
}
