
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics.h"
#include "ngx_http_apigw_dashboard.h"


/*
 * A page, and with arguments the figures that it asks for: so it needs no
 * other location, whatever prefix is before its own.
 */


static ngx_int_t ngx_http_apigw_dashboard_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_dashboard_send(ngx_http_request_t *r);

static char *ngx_http_apigw_dashboard(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_dashboard_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_apigw_dashboard_commands[] = {

    { ngx_string("apigw_dashboard"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_apigw_dashboard,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_dashboard_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_dashboard_init,         /* postconfiguration */

    ngx_http_apigw_operator_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_operator_create_loc_conf, /* create location
                                                configuration */
    ngx_http_apigw_operator_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_dashboard_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_dashboard_module_ctx,  /* module context */
    ngx_http_apigw_dashboard_commands,     /* module directives */
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


/* of the page; nothing but itself may be loaded, asked for or embedded */

static ngx_keyval_t  ngx_http_apigw_dashboard_headers[] = {
    { ngx_string("Cache-Control"), ngx_string("no-store") },
    { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") },
    { ngx_string("Referrer-Policy"), ngx_string("no-referrer") },
    { ngx_string("Cross-Origin-Opener-Policy"), ngx_string("same-origin") },
    { ngx_string("Cross-Origin-Resource-Policy"), ngx_string("same-origin") },
    { ngx_null_string, ngx_null_string }
};


static ngx_int_t
ngx_http_apigw_dashboard_handler(ngx_http_request_t *r)
{
    ngx_int_t                            rc;
    ngx_http_apigw_operator_loc_conf_t  *olcf;

    olcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_dashboard_module);

    rc = ngx_http_apigw_operator(r, olcf->public, "apigw_dashboard");
    if (rc != NGX_OK) {
        return rc;
    }

    if (r->args.len) {
        return ngx_http_apigw_metrics_answer(r, 1);
    }

    return ngx_http_apigw_dashboard_send(r);
}


static ngx_int_t
ngx_http_apigw_dashboard_send(ngx_http_request_t *r)
{
    ngx_str_t                  type, policy;
    ngx_keyval_t              *h;
    ngx_http_complex_value_t   cv;

    for (h = ngx_http_apigw_dashboard_headers; h->key.len; h++) {
        if (ngx_http_apigw_add_header(r, &h->key, &h->value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ngx_str_set(&policy, "Content-Security-Policy");

    if (ngx_http_apigw_add_header(r, &policy, &ngx_http_apigw_dashboard_policy)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value = ngx_http_apigw_dashboard_page;

    /* apart, so that gzip knows the type */

    ngx_str_set(&type, "text/html");
    ngx_str_set(&r->headers_out.charset, "utf-8");

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &cv);
}


static char *
ngx_http_apigw_dashboard(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_operator_main_conf_t  *omcf;

    omcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_apigw_dashboard_module);

    return ngx_http_apigw_operator_conf(cf, conf, omcf,
                                        ngx_http_apigw_dashboard_handler);
}


static ngx_int_t
ngx_http_apigw_dashboard_init(ngx_conf_t *cf)
{
    ngx_http_apigw_operator_main_conf_t  *omcf;

    omcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_apigw_dashboard_module);

    return ngx_http_apigw_operator_init(cf, omcf, "apigw_dashboard");
}
