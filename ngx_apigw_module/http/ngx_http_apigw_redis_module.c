
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


#define NGX_HTTP_APIGW_REDIS_TIMEOUT       50       /* ms */
#define NGX_HTTP_APIGW_REDIS_CONNECT       1000
#define NGX_HTTP_APIGW_REDIS_MAX_TIME      60000
#define NGX_HTTP_APIGW_REDIS_PARKED        1024
#define NGX_HTTP_APIGW_REDIS_MAX_PARKED    1000000
#define NGX_HTTP_APIGW_REDIS_MAX_PASSWORD  1024


static char *ngx_http_apigw_redis(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_redis_param(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_apigw_redis_conf_t *conf, ngx_str_t *file);
static ngx_int_t ngx_http_apigw_redis_time(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_str_t *value, ngx_msec_t *time);
static ngx_int_t ngx_http_apigw_redis_bad(ngx_conf_t *cf, ngx_str_t *arg);
static ngx_uint_t ngx_http_apigw_redis_is_url(ngx_str_t *arg);
static ngx_int_t ngx_http_apigw_redis_password(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *password);
static void ngx_http_apigw_redis_wipe(void *data);
static ngx_int_t ngx_http_apigw_redis_init_process(ngx_cycle_t *cycle);
static void ngx_http_apigw_redis_exit_process(ngx_cycle_t *cycle);
static ngx_apigw_redis_t *ngx_http_apigw_redis_get(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_apigw_redis_commands[] = {

    { ngx_string("apigw_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_apigw_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_redis_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_redis_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_redis_module_ctx,      /* module context */
    ngx_http_apigw_redis_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_apigw_redis_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_apigw_redis_exit_process,     /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* apigw_redis url ... [name=value ...] */

static char *
ngx_http_apigw_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value, *url, file;
    ngx_uint_t                   i;
    ngx_apigw_redis_conf_t       rcf;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    if (mcf->redis) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(&rcf, sizeof(ngx_apigw_redis_conf_t));
    ngx_str_null(&file);

    rcf.timeout = NGX_HTTP_APIGW_REDIS_TIMEOUT;
    rcf.connect_timeout = NGX_HTTP_APIGW_REDIS_CONNECT;
    rcf.parked_max = NGX_HTTP_APIGW_REDIS_PARKED;

    rcf.urls = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (rcf.urls == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (i > 1 && !ngx_http_apigw_redis_is_url(&value[i])) {

            if (ngx_http_apigw_redis_param(cf, &value[i], &rcf, &file)
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        url = ngx_array_push(rcf.urls);
        if (url == NULL) {
            return NGX_CONF_ERROR;
        }

        *url = value[i];
    }

    if (file.len
        && ngx_http_apigw_redis_password(cf, &file, &rcf.password) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (rcf.user.len && file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"user=\" needs \"password_file=\"");
        return NGX_CONF_ERROR;
    }

    mcf->redis = ngx_apigw_redis_create(cf, &rcf);

    return mcf->redis ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_apigw_redis_param(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_apigw_redis_conf_t *conf, ngx_str_t *file)
{
    ngx_int_t  n;
    ngx_str_t  value, *text;

    if (ngx_http_apigw_conf_param(arg, "timeout", &value)) {
        return ngx_http_apigw_redis_time(cf, arg, &value, &conf->timeout);
    }

    if (ngx_http_apigw_conf_param(arg, "connect_timeout", &value)) {
        return ngx_http_apigw_redis_time(cf, arg, &value,
                                         &conf->connect_timeout);
    }

    if (ngx_http_apigw_conf_param(arg, "parked_max", &value)) {
        n = ngx_atoi(value.data, value.len);

        if (n < 1 || n > NGX_HTTP_APIGW_REDIS_MAX_PARKED) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": a number from 1 to "
                               "%d is expected", arg,
                               NGX_HTTP_APIGW_REDIS_MAX_PARKED);
            return NGX_ERROR;
        }

        conf->parked_max = n;
        return NGX_OK;
    }

    if (ngx_http_apigw_conf_param(arg, "cluster", &value)) {
        conf->cluster = (ngx_strcmp(value.data, "on") == 0);

        if (!conf->cluster && ngx_strcmp(value.data, "off") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": on or off is "
                               "expected", arg);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (ngx_http_apigw_conf_param(arg, "user", &value)) {
        text = &conf->user;

    } else if (ngx_http_apigw_conf_param(arg, "password_file", &value)) {
        text = file;

    } else if (ngx_http_apigw_conf_param(arg, "tls_ca", &value)) {
        text = &conf->tls_ca;

    } else if (ngx_http_apigw_conf_param(arg, "tls_name", &value)) {
        text = &conf->tls_name;

    } else {
        return ngx_http_apigw_redis_bad(cf, arg);
    }

    if (value.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": there is no value", arg);
        return NGX_ERROR;
    }

    *text = value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_redis_time(ngx_conf_t *cf, ngx_str_t *arg, ngx_str_t *value,
    ngx_msec_t *time)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 0);

    if (n == NGX_ERROR || n == 0 || n > NGX_HTTP_APIGW_REDIS_MAX_TIME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": a time from 1ms to 60s "
                           "is expected", arg);
        return NGX_ERROR;
    }

    *time = n;

    return NGX_OK;
}


/* what is unknown may be a secret */

static ngx_int_t
ngx_http_apigw_redis_bad(ngx_conf_t *cf, ngx_str_t *arg)
{
    u_char     *p;
    ngx_str_t   name;

    name = *arg;
    p = ngx_strlchr(name.data, name.data + name.len, '=');

    if (p == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a parameter of \"apigw_redis\" is neither a URL "
                           "nor \"name=value\"");
        return NGX_ERROR;
    }

    name.len = p + 1 - name.data;

    if (name.len == sizeof("password=") - 1
        && ngx_strncmp(name.data, "password=", name.len) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a password doesn't belong into the configuration, "
                           "use \"password_file=\"");
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       &name);
    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_apigw_redis_is_url(ngx_str_t *arg)
{
    return ngx_strncmp(arg->data, "unix:", 5) == 0
           || ngx_strstr(arg->data, "://") != NULL;
}


/* the first line of the file */

static ngx_int_t
ngx_http_apigw_redis_password(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *password)
{
    size_t               size, len;
    ngx_int_t            rc;
    ngx_pool_cleanup_t  *cln;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    size = NGX_HTTP_APIGW_REDIS_MAX_PASSWORD + 2;

    password->data = ngx_pnalloc(cf->pool, size);
    if (password->data == NULL) {
        return NGX_ERROR;
    }

    password->len = size;

    ngx_memzero(password->data, size);

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_apigw_redis_wipe;
    *(ngx_str_t *) cln->data = *password;

    rc = ngx_http_apigw_conf_read(name, password);

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not %s the password file \"%V\"",
                           (rc == NGX_DECLINED) ? "open" : "read", name);
        return NGX_ERROR;
    }

    len = ngx_http_apigw_conf_first_line(password);

    if (len == 0 || len > NGX_HTTP_APIGW_REDIS_MAX_PASSWORD) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the first line of the password file \"%V\" has "
                           "not 1 to %d bytes", name,
                           NGX_HTTP_APIGW_REDIS_MAX_PASSWORD);
        return NGX_ERROR;
    }

    password->len = len;

    return NGX_OK;
}


static void
ngx_http_apigw_redis_wipe(void *data)
{
    ngx_str_t  *password = data;

    ngx_explicit_memzero(password->data, password->len);
}


static ngx_int_t
ngx_http_apigw_redis_init_process(ngx_cycle_t *cycle)
{
    ngx_apigw_redis_t  *redis;

    redis = ngx_http_apigw_redis_get(cycle);

    return redis ? ngx_apigw_redis_init_worker(redis, cycle->log) : NGX_OK;
}


static void
ngx_http_apigw_redis_exit_process(ngx_cycle_t *cycle)
{
    ngx_apigw_redis_t  *redis;

    redis = ngx_http_apigw_redis_get(cycle);

    if (redis) {
        ngx_apigw_redis_exit_worker(redis);
    }
}


/* NULL: none, or not a worker */

static ngx_apigw_redis_t *
ngx_http_apigw_redis_get(ngx_cycle_t *cycle)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_worker_conf(cycle);

    return mcf ? mcf->redis : NULL;
}
