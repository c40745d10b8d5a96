
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"


#define NGX_HTTP_APIGW_LAMBDA_CONNECT  5000
#define NGX_HTTP_APIGW_LAMBDA_BUFFER   16384


static char *ngx_http_apigw_lambda_connect_check(ngx_conf_t *cf, void *post,
    void *data);
static void *ngx_http_apigw_lambda_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_apigw_lambda_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_lambda_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static void ngx_http_apigw_lambda_merge_function(
    ngx_http_apigw_lambda_loc_conf_t *prev,
    ngx_http_apigw_lambda_loc_conf_t *conf);
static ngx_int_t ngx_http_apigw_lambda_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_lambda_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
static ngx_int_t ngx_http_apigw_lambda_route(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_route_t *route);


static ngx_conf_bitmask_t  ngx_http_apigw_lambda_next_upstream[] = {
    { ngx_string("error"), NGX_HTTP_UPSTREAM_FT_ERROR },
    { ngx_string("timeout"), NGX_HTTP_UPSTREAM_FT_TIMEOUT },
    { ngx_string("invalid_header"), NGX_HTTP_UPSTREAM_FT_INVALID_HEADER },
    { ngx_string("non_idempotent"), NGX_HTTP_UPSTREAM_FT_NON_IDEMPOTENT },
    { ngx_string("off"), NGX_HTTP_UPSTREAM_FT_OFF },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_http_apigw_lambda_connect_post = {
    ngx_http_apigw_lambda_connect_check
};


static ngx_command_t  ngx_http_apigw_lambda_commands[] = {

    { ngx_string("apigw_lambda"),
      NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_2MORE,
      ngx_http_apigw_lambda,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("apigw_lambda_next_upstream"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t, upstream.next_upstream),
      &ngx_http_apigw_lambda_next_upstream },

    { ngx_string("apigw_lambda_next_upstream_tries"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t,
               upstream.next_upstream_tries),
      NULL },

    { ngx_string("apigw_lambda_connect_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t, connect),
      &ngx_http_apigw_lambda_connect_post },

#if (NGX_HTTP_SSL)

    { ngx_string("apigw_lambda_ssl_trusted_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t, trusted),
      NULL },

    { ngx_string("apigw_lambda_ssl_verify"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t, upstream.ssl_verify),
      NULL },

    { ngx_string("apigw_lambda_ssl_name"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_HTTP_APIGW_ROUTE_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_lambda_loc_conf_t, upstream.ssl_name),
      NULL },

#endif

    { ngx_string("apigw_binary_media_types"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_1MORE,
      ngx_http_apigw_lambda_binary,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_lambda_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_lambda_init,            /* postconfiguration */

    ngx_http_apigw_lambda_create_main_conf,   /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_lambda_create_loc_conf, /* create location configuration */
    ngx_http_apigw_lambda_merge_loc_conf   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_lambda_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_lambda_module_ctx,     /* module context */
    ngx_http_apigw_lambda_commands,        /* module directives */
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


/* nothing is connected in no time */

static char *
ngx_http_apigw_lambda_connect_check(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t  *connect = data;

    return *connect ? NGX_CONF_OK : "is 0, which no call would survive";
}


static void *
ngx_http_apigw_lambda_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_lambda_main_conf_t  *lmcf;

    lmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_lambda_main_conf_t));
    if (lmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&lmcf->tls, cf->pool, 1,
                       sizeof(ngx_http_apigw_lambda_tls_t))
        != NGX_OK
        || ngx_array_init(&lmcf->peers, cf->pool, 1,
                          sizeof(ngx_http_apigw_lambda_peer_t))
           != NGX_OK)
    {
        return NULL;
    }

    return lmcf;
}


static void *
ngx_http_apigw_lambda_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_lambda_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_lambda_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->upstream.next_upstream = 0;
     *     conf->upstream.next_upstream_timeout = 0;
     *     conf->upstream.buffering = 0;
     *     conf->upstream.intercept_errors = 0;
     *     conf->upstream.ssl = NULL;
     *     conf->upstream.ssl_name = NULL;
     *     conf->upstream.upstream = NULL;
     *     conf->function = { 0 };
     *     conf->payload = 0;
     *     conf->trusted = { 0, NULL };
     *     conf->tls = 0;
     */

    conf->upstream.next_upstream_tries = NGX_CONF_UNSET_UINT;

#if (NGX_HTTP_SSL)
    conf->upstream.ssl_verify = NGX_CONF_UNSET;
    conf->upstream.ssl_server_name = 1;
    conf->upstream.ssl_session_reuse = 1;
#endif

    ngx_str_set(&conf->upstream.module, "apigw_lambda");

    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->connect = NGX_CONF_UNSET_MSEC;
    conf->binary = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_apigw_lambda_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_lambda_loc_conf_t  *prev = parent;
    ngx_http_apigw_lambda_loc_conf_t  *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_bitmask_value(conf->upstream.next_upstream,
                                 prev->upstream.next_upstream,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_HTTP_UPSTREAM_FT_ERROR
                                  |NGX_HTTP_UPSTREAM_FT_TIMEOUT));

    if (conf->upstream.next_upstream & NGX_HTTP_UPSTREAM_FT_OFF) {
        conf->upstream.next_upstream = NGX_CONF_BITMASK_SET
                                       |NGX_HTTP_UPSTREAM_FT_OFF;
    }

    ngx_conf_merge_uint_value(conf->upstream.next_upstream_tries,
                              prev->upstream.next_upstream_tries, 0);

    ngx_conf_merge_msec_value(conf->connect, prev->connect,
                              NGX_HTTP_APIGW_LAMBDA_CONNECT);

#if (NGX_HTTP_SSL)

    ngx_conf_merge_value(conf->upstream.ssl_verify,
                         prev->upstream.ssl_verify, 1);

    if (conf->upstream.ssl_name == NULL) {
        conf->upstream.ssl_name = prev->upstream.ssl_name;
    }

    ngx_conf_merge_str_value(conf->trusted, prev->trusted, "");

#endif

    ngx_conf_merge_ptr_value(conf->binary, prev->binary, NULL);

    if (conf->function.name.len == 0) {
        ngx_http_apigw_lambda_merge_function(prev, conf);
    }

    if (conf->function.name.len == 0) {
        return NGX_CONF_OK;
    }

    conf->upstream.buffer_size = NGX_HTTP_APIGW_LAMBDA_BUFFER;
    conf->upstream.connect_timeout = ngx_min(conf->connect, conf->timeout);
    conf->upstream.send_timeout = conf->timeout;
    conf->upstream.read_timeout = conf->timeout;

#if (NGX_HTTP_SSL)

    if (conf->tls && ngx_http_apigw_lambda_tls(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

#endif

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = ngx_http_apigw_lambda_handler;
    }

    return NGX_CONF_OK;
}


/* "if" and "limit_except" in a route answer as it does */

static void
ngx_http_apigw_lambda_merge_function(ngx_http_apigw_lambda_loc_conf_t *prev,
    ngx_http_apigw_lambda_loc_conf_t *conf)
{
    conf->upstream.upstream = prev->upstream.upstream;
    conf->function = prev->function;
    conf->timeout = prev->timeout;
    conf->payload = prev->payload;
    conf->tls = prev->tls;
}


static ngx_int_t
ngx_http_apigw_lambda_init(ngx_conf_t *cf)
{
    return ngx_http_apigw_each_stage(cf, ngx_http_apigw_lambda_stage);
}


static ngx_int_t
ngx_http_apigw_lambda_stage(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                         i;
    ngx_http_apigw_route_t           **routes;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    llcf = stage->loc_conf[ngx_http_apigw_lambda_module.ctx_index];

    if (llcf->own_binary && stage->type != NGX_APIGW_REST) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &stage->place,
                                  "\"apigw_binary_media_types\" is for stages "
                                  "of REST APIs, the stage \"%V\" is of an "
                                  "HTTP API", &stage->name);
        return NGX_ERROR;
    }

    routes = stage->routes.elts;

    for (i = 0; i < stage->routes.nelts; i++) {

        if (ngx_http_apigw_lambda_route(cf, stage, routes[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what is known only when all has been read */

static ngx_int_t
ngx_http_apigw_lambda_route(ngx_conf_t *cf, ngx_http_apigw_stage_t *stage,
    ngx_http_apigw_route_t *route)
{
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_apigw_lambda_loc_conf_t  *llcf;

    llcf = route->loc_conf[ngx_http_apigw_lambda_module.ctx_index];
    clcf = route->loc_conf[ngx_http_core_module.ctx_index];

    if (llcf->function.name.len == 0) {
        return NGX_OK;
    }

    if (clcf->handler != ngx_http_apigw_lambda_handler) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" has \"apigw_lambda\" and "
                                  "another content handler",
                                  &route->key.key);
        return NGX_ERROR;
    }

    if (llcf->payload && stage->type == NGX_APIGW_REST) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" has \"payload=\", but the "
                                  "stage \"%V\" is of a REST API, whose "
                                  "events have one form", &route->key.key,
                                  &stage->name);
        return NGX_ERROR;
    }

    if (llcf->function.sign && !ngx_http_apigw_aws(cf)->signs) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" has \"sign\", but "
                                  "\"apigw_aws\" has no \"credentials=\"",
                                  &route->key.key);
        return NGX_ERROR;
    }

#if (NGX_HTTP_SSL)
    return ngx_http_apigw_lambda_peer(cf, llcf, route);
#else
    return NGX_OK;
#endif
}
