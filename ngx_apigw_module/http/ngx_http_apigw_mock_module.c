
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/*
 * Mock integrations: a route answers without a backend.  Unlike "return", it
 * does so in the content phase, after what else the route says.
 */


typedef struct {
    ngx_uint_t                     status;       /* 0: no mock */
    ngx_http_complex_value_t      *body;         /* NULL: none */
    ngx_str_t                      type;         /* "": by the body */
} ngx_http_apigw_mock_loc_conf_t;


static ngx_int_t ngx_http_apigw_mock_handler(ngx_http_request_t *r);
static void ngx_http_apigw_mock_type(ngx_http_request_t *r,
    ngx_str_t *type, ngx_str_t *body);
static ngx_uint_t ngx_http_apigw_mock_bodyless(ngx_uint_t status);

static void *ngx_http_apigw_mock_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_mock_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_apigw_mock(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_mock_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_mock_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);


static ngx_command_t  ngx_http_apigw_mock_commands[] = {

    { ngx_string("apigw_mock"),
      NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_TAKE123,
      ngx_http_apigw_mock,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_mock_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_mock_init,              /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_mock_create_loc_conf,   /* create location configuration */
    ngx_http_apigw_mock_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_mock_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_mock_module_ctx,       /* module context */
    ngx_http_apigw_mock_commands,          /* module directives */
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
ngx_http_apigw_mock_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_buf_t                       *b;
    ngx_str_t                        body;
    ngx_chain_t                      out;
    ngx_http_apigw_mock_loc_conf_t  *mlcf;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_mock_module);

    ngx_str_set(&body, "");

    if (mlcf->body && ngx_http_complex_value(r, mlcf->body, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = mlcf->status;

    if (!ngx_http_apigw_mock_bodyless(mlcf->status)) {
        r->headers_out.content_length_n = body.len;
    }

    if (body.len) {
        ngx_http_apigw_mock_type(r, &mlcf->type, &body);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = body.data;
    b->last = body.data + body.len;
    b->memory = body.len ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR
        || rc > NGX_OK
        || r->header_only
        || (r != r->main && body.len == 0))
    {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


static void
ngx_http_apigw_mock_type(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *body)
{
    if (type->len) {
        r->headers_out.content_type = *type;

    } else if (body->data[0] == '{' || body->data[0] == '[') {
        ngx_str_set(&r->headers_out.content_type, "application/json");

    } else {
        ngx_str_set(&r->headers_out.content_type, "text/plain");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
}


/* RFC 9110, 15.3.5, 15.4.5: not even a Content-Length */

static ngx_uint_t
ngx_http_apigw_mock_bodyless(ngx_uint_t status)
{
    return status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_MODIFIED;
}


static char *
ngx_http_apigw_mock(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_mock_loc_conf_t  *mlcf = conf;

    ngx_int_t                          status;
    ngx_str_t                         *value;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_compile_complex_value_t   ccv;

    if (mlcf->status) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another content handler";
    }

    value = cf->args->elts;
    status = ngx_atoi(value[1].data, value[1].len);

    if (status < NGX_HTTP_OK || status > 599) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid status \"%V\": 200 to 599 are expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 4
        && (!ngx_http_apigw_conf_param(&value[3], "type", &mlcf->type)
            || mlcf->type.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": \"type=\" is expected "
                           "after the body", &value[3]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts > 2 && value[2].len) {

        if (ngx_http_apigw_mock_bodyless(status)
            || status == NGX_HTTP_APIGW_RESET_CONTENT)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "a response with status %i has no body",
                               status);
            return NGX_CONF_ERROR;
        }

        mlcf->body = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
        if (mlcf->body == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[2];
        ccv.complex_value = mlcf->body;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    mlcf->status = status;
    clcf->handler = ngx_http_apigw_mock_handler;

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_mock_create_loc_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->status = 0;
     *     conf->body = NULL;
     *     conf->type = { 0, NULL };
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_mock_loc_conf_t));
}


/* "if" and "limit_except" in a route answer as it does */

static char *
ngx_http_apigw_mock_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_apigw_mock_loc_conf_t  *prev = parent;
    ngx_http_apigw_mock_loc_conf_t  *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    if (conf->status == 0) {
        *conf = *prev;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->status && clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = ngx_http_apigw_mock_handler;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_mock_init(ngx_conf_t *cf)
{
    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_mock_stage);
}


/* another content handler that was written after it */

static ngx_int_t
ngx_http_apigw_mock_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                        i;
    ngx_http_apigw_route_t          **routes;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_apigw_mock_loc_conf_t   *mlcf;

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {
        mlcf = routes[i]->loc_conf[ngx_http_apigw_mock_module.ctx_index];
        clcf = routes[i]->loc_conf[ngx_http_core_module.ctx_index];

        if (mlcf->status == 0
            || clcf->handler == ngx_http_apigw_mock_handler)
        {
            continue;
        }

        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &routes[i]->place,
                                  "the route \"%V\" has \"apigw_mock\" and "
                                  "another content handler",
                                  &routes[i]->key.key);
        return NGX_ERROR;
    }

    return NGX_OK;
}
