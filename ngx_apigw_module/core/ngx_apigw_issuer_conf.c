
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"
#include "ngx_apigw_oidc.h"


static ngx_int_t ngx_apigw_issuer_conf_url(ngx_conf_t *cf,
    ngx_apigw_issuer_t *issuer);
static ngx_int_t ngx_apigw_issuer_conf_check(ngx_conf_t *cf,
    ngx_apigw_issuer_t *issuer);
static ngx_uint_t ngx_apigw_issuer_conf_text(ngx_str_t *text);
static void ngx_apigw_issuer_conf_cleanup(void *data);


ngx_apigw_issuer_t *
ngx_apigw_issuer_create(ngx_conf_t *cf, ngx_apigw_issuer_conf_t *conf,
    void *tag)
{
    ngx_apigw_jwks_t    *keys;
    ngx_apigw_issuer_t  *issuer;
    ngx_pool_cleanup_t  *cln;

    if (conf->jwks.len
        && ngx_strnstr(conf->jwks.data, "://", conf->jwks.len) == NULL)
    {
        keys = ngx_apigw_issuer_file_keys(cf, &conf->jwks);

        return keys ? ngx_apigw_issuer_fixed(cf, &conf->issuer, keys) : NULL;
    }

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_issuer_t));
    if (issuer == NULL) {
        return NULL;
    }

    issuer->conf = *conf;
    issuer->cycle = cf->cycle;
    issuer->discovery = (conf->jwks.len == 0);

    if (ngx_apigw_issuer_conf_url(cf, issuer) != NGX_OK
        || ngx_apigw_issuer_conf_check(cf, issuer) != NGX_OK)
    {
        return NULL;
    }

    issuer->zone = ngx_apigw_issuer_zone_add(cf, conf, tag);
    if (issuer->zone == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_issuer_conf_cleanup;
    cln->data = issuer;

    return issuer;
}


ngx_apigw_issuer_t *
ngx_apigw_issuer_fixed(ngx_conf_t *cf, ngx_str_t *name, ngx_apigw_jwks_t *keys)
{
    ngx_apigw_issuer_t  *issuer;

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_issuer_t));
    if (issuer == NULL) {
        return NULL;
    }

    issuer->conf.issuer = *name;
    issuer->fixed = keys;
    issuer->generation = 1;

    return issuer;
}


/* what is wrong with an URL may be a password in it */

static ngx_int_t
ngx_apigw_issuer_conf_url(ngx_conf_t *cf, ngx_apigw_issuer_t *issuer)
{
    ngx_int_t                 rc;
    ngx_str_t                 url;
    const char               *reason;
    ngx_apigw_issuer_conf_t  *conf;

    conf = &issuer->conf;
    reason = "it has a query or a fragment";

    if (!ngx_apigw_issuer_conf_text(&conf->issuer)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "an issuer is empty or has control characters");
        return NGX_ERROR;
    }

    url = conf->jwks;
    rc = NGX_OK;

    if (issuer->discovery) {
        rc = ngx_apigw_oidc_url(&conf->issuer, &url, cf->pool);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_url_parse(&issuer->url, &url, cf->pool, &reason);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_strlchr(url.data, url.data + url.len, '@')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL of an issuer or of its keys: %s",
                           reason);

    } else if (issuer->discovery) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the issuer \"%V\" is no URL for discovery: %s",
                           &conf->issuer, reason);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\" of the keys of the issuer "
                           "\"%V\": %s", &url, &conf->issuer, reason);
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_apigw_issuer_conf_check(ngx_conf_t *cf, ngx_apigw_issuer_t *issuer)
{
    ngx_resolver_t   *resolver;
    ngx_apigw_url_t  *url;

    url = &issuer->url;
    resolver = issuer->conf.resolver;

    if (!url->tls && !ngx_apigw_url_is_local(url)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": keys are fetched by https:// "
                           "only, by http:// from this host alone",
                           &url->text);
        return NGX_ERROR;
    }

    if (url->tls && issuer->conf.tls == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no TLS for the URL \"%V\"", &url->text);
        return NGX_ERROR;
    }

    if (url->address) {
        return NGX_OK;
    }

    if (resolver == NULL || resolver->connections.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no resolver in http{} for the host of \"%V\"",
                           &url->text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_issuer_conf_text(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return 0;
        }
    }

    return text->len != 0;
}


static void
ngx_apigw_issuer_conf_cleanup(void *data)
{
    ngx_apigw_issuer_exit_worker(data);
}


/*
 * Where nginx is one process, requests and timers of a former configuration go
 * on, though its zones may be unmapped.
 */

ngx_uint_t
ngx_apigw_issuer_ready(ngx_apigw_issuer_t *issuer)
{
    return issuer->log && (ngx_cycle_t *) ngx_cycle == issuer->cycle;
}


ngx_int_t
ngx_apigw_issuer_init_worker(ngx_apigw_issuer_t *issuer, ngx_cycle_t *cycle)
{
    if (issuer->fixed || issuer->log) {
        return NGX_OK;
    }

    issuer->log = cycle->log;

    ngx_queue_init(&issuer->waiting);
    ngx_queue_init(&issuer->woken);

    ngx_apigw_issuer_set_init(issuer);
    ngx_apigw_issuer_poll_init(issuer);
    ngx_apigw_issuer_fetch_init(issuer);

    ngx_apigw_issuer_set_sync(issuer);

    return NGX_OK;
}


void
ngx_apigw_issuer_exit_worker(ngx_apigw_issuer_t *issuer)
{
    if (issuer->log == NULL) {
        return;
    }

    ngx_apigw_issuer_fetch_exit(issuer);
    ngx_apigw_issuer_poll_exit(issuer);
    ngx_apigw_issuer_set_exit(issuer);

    issuer->log = NULL;
}
