
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <ngx_sha1.h>

#include "ngx_apigw_redis_int.h"
#include "ngx_apigw_redis_url.h"


static ngx_int_t ngx_apigw_redis_conf_url(ngx_conf_t *cf,
    ngx_apigw_redis_t *redis, ngx_str_t *text);
static ngx_int_t ngx_apigw_redis_conf_check(ngx_conf_t *cf,
    ngx_apigw_redis_t *redis, ngx_apigw_redis_url_t *url, ngx_str_t *text);
static ngx_int_t ngx_apigw_redis_conf_addr(ngx_conf_t *cf,
    ngx_apigw_redis_t *redis, ngx_apigw_redis_url_t *url, ngx_addr_t *addr);
static ngx_int_t ngx_apigw_redis_conf_copy(ngx_conf_t *cf, ngx_str_t *to,
    ngx_str_t *from);
static void ngx_apigw_redis_conf_cleanup(void *data);


ngx_apigw_redis_t *
ngx_apigw_redis_create(ngx_conf_t *cf, ngx_apigw_redis_conf_t *conf)
{
    ngx_str_t           *urls;
    ngx_uint_t           i;
    ngx_apigw_redis_t   *redis;
    ngx_pool_cleanup_t  *cln;

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->conf = *conf;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_redis_conf_cleanup;
    cln->data = redis;

    if (ngx_array_init(&redis->addrs, cf->pool, 4,
                       sizeof(ngx_apigw_redis_addr_t))
        != NGX_OK)
    {
        return NULL;
    }

    urls = conf->urls->elts;

    if (conf->urls->nelts > 1 && !conf->cluster) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "several Redis servers need \"cluster=on\"");
        return NULL;
    }

    for (i = 0; i < conf->urls->nelts; i++) {

        if (ngx_apigw_redis_conf_url(cf, redis, &urls[i]) != NGX_OK) {
            return NULL;
        }
    }

    if (redis->tls) {
        redis->ssl = ngx_apigw_tls_create(cf, &redis->conf.tls_ca, "tls_ca=");

        return redis->ssl ? redis : NULL;
    }

    if (conf->tls_ca.len || conf->tls_name.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tls_ca=\" and \"tls_name=\" need a URL that "
                           "begins with \"rediss://\"");
        return NULL;
    }

    return redis;
}


static ngx_int_t
ngx_apigw_redis_conf_url(ngx_conf_t *cf, ngx_apigw_redis_t *redis,
    ngx_str_t *text)
{
    ngx_url_t               u;
    ngx_uint_t              i;
    const char             *reason;
    ngx_apigw_redis_url_t   url;

    if (ngx_apigw_redis_url_parse(&url, text, &reason) != NGX_OK) {

        if (ngx_apigw_redis_url_secret(text)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid Redis URL: %s",
                               reason);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid Redis URL \"%V\": %s", text, reason);
        }

        return NGX_ERROR;
    }

    if (ngx_apigw_redis_conf_check(cf, redis, &url, text) != NGX_OK) {
        return NGX_ERROR;
    }

    redis->tls = url.tls;
    redis->db = url.db;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = url.address;
    u.default_port = NGX_APIGW_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in Redis URL \"%V\"",
                           u.err ? u.err : "no memory", text);
        return NGX_ERROR;
    }

    for (i = 0; i < u.naddrs; i++) {

        if (ngx_apigw_redis_conf_addr(cf, redis, &url, &u.addrs[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* against what was there before */

static ngx_int_t
ngx_apigw_redis_conf_check(ngx_conf_t *cf, ngx_apigw_redis_t *redis,
    ngx_apigw_redis_url_t *url, ngx_str_t *text)
{
    const char  *reason;

    reason = NULL;

    if (redis->conf.cluster && url->db) {
        reason = "a cluster has no databases";

    } else if (redis->conf.cluster && url->local) {
        reason = "a cluster has no Unix domain sockets";

    } else if (redis->addrs.nelts && url->tls != redis->tls) {
        reason = "either all servers are \"rediss://\" or none";
    }

    if (reason) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid Redis URL \"%V\": %s", text, reason);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_conf_addr(ngx_conf_t *cf, ngx_apigw_redis_t *redis,
    ngx_apigw_redis_url_t *url, ngx_addr_t *addr)
{
    ngx_str_t               *host;
    ngx_apigw_redis_addr_t  *a;

    a = ngx_array_push(&redis->addrs);
    if (a == NULL) {
        return NGX_ERROR;
    }

    a->sockaddr = addr->sockaddr;
    a->socklen = addr->socklen;
    a->name = addr->name;

    host = redis->conf.tls_name.len ? &redis->conf.tls_name : &url->host;

    return ngx_apigw_redis_conf_copy(cf, &a->host, host);
}


/* with a zero byte */

static ngx_int_t
ngx_apigw_redis_conf_copy(ngx_conf_t *cf, ngx_str_t *to, ngx_str_t *from)
{
    to->len = from->len;

    to->data = ngx_pnalloc(cf->pool, from->len + 1);
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, from->data, from->len);
    to->data[from->len] = '\0';

    return NGX_OK;
}


static void
ngx_apigw_redis_conf_cleanup(void *data)
{
    ngx_apigw_redis_exit_worker(data);
}


ngx_apigw_redis_conf_t *
ngx_apigw_redis_get_conf(ngx_apigw_redis_t *redis)
{
    return &redis->conf;
}


void
ngx_apigw_redis_script(ngx_apigw_redis_script_t *script, ngx_str_t *text)
{
    u_char      digest[20];
    ngx_sha1_t  sha1;

    script->text = *text;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, text->data, text->len);
    ngx_sha1_final(digest, &sha1);

    ngx_hex_dump(script->sha1, digest, sizeof(digest));
}
