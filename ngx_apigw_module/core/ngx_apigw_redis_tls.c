
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


#define NGX_APIGW_REDIS_TLS_DEPTH  5


static void ngx_apigw_redis_tls_handler(ngx_connection_t *c);
static ngx_int_t ngx_apigw_redis_tls_check(ngx_apigw_redis_link_t *link);
static ngx_int_t ngx_apigw_redis_tls_check_name(ngx_connection_t *c,
    ngx_str_t *name);
static ngx_uint_t ngx_apigw_redis_tls_is_addr(ngx_str_t *name);


ngx_int_t
ngx_apigw_redis_tls_create(ngx_conf_t *cf, ngx_apigw_redis_t *redis)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    redis->ssl = ssl;

    if (redis->conf.tls_ca.len) {

        if (ngx_ssl_trusted_certificate(cf, ssl, &redis->conf.tls_ca,
                                        NGX_APIGW_REDIS_TLS_DEPTH)
            == NGX_OK)
        {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"tls_ca=%V\": certificates of "
                           "authorities are expected", &redis->conf.tls_ca);
        return NGX_ERROR;
    }

    if (SSL_CTX_set_default_verify_paths(ssl->ctx) == 0) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_redis_tls_begin(ngx_apigw_redis_link_t *link)
{
    ngx_int_t          rc;
    ngx_str_t         *name;
    ngx_connection_t  *c;

    c = link->connection;
    name = &link->addr->host;

    ngx_apigw_redis_link_note(link, "the TLS handshake failed", 0, NULL);

    if (ngx_ssl_create_connection(link->redis->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the host is followed by a zero byte, and SNI has no addresses */

    if (!ngx_apigw_redis_tls_is_addr(name)
        && SSL_set_tlsext_host_name(c->ssl->connection, (char *) name->data)
           == 0)
    {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name(\"%V\") failed", name);
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_apigw_redis_tls_handler;
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_apigw_redis_tls_check(link);
}


static void
ngx_apigw_redis_tls_handler(ngx_connection_t *c)
{
    ngx_apigw_redis_link_t  *link;

    link = c->data;

    if (!c->ssl->handshaked || ngx_apigw_redis_tls_check(link) != NGX_OK) {
        ngx_apigw_redis_link_failed(link, NULL, 0, NULL);
        return;
    }

    ngx_apigw_redis_connect_tls(link);
}


/* as nginx does for upstreams, and for names that are addresses, too */

static ngx_int_t
ngx_apigw_redis_tls_check(ngx_apigw_redis_link_t *link)
{
    long               rc;
    ngx_str_t          text;
    ngx_connection_t  *c;

    c = link->connection;

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        text.data = (u_char *) X509_verify_cert_error_string(rc);
        text.len = ngx_strlen(text.data);

        ngx_apigw_redis_link_note(link, "its certificate is not valid", 0,
                                  &text);
        return NGX_ERROR;
    }

    if (ngx_apigw_redis_tls_check_name(c, &link->addr->host) != NGX_OK) {
        ngx_apigw_redis_link_note(link, "its certificate is not for this host",
                                  0,
                                  &link->addr->host);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_tls_check_name(ngx_connection_t *c, ngx_str_t *name)
{
    int    rc;
    X509  *cert;

    if (!ngx_apigw_redis_tls_is_addr(name)) {
        return ngx_ssl_check_host(c, name);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL) {
        return NGX_ERROR;
    }

    rc = X509_check_ip_asc(cert, (char *) name->data, 0);

    X509_free(cert);

    return (rc == 1) ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_apigw_redis_tls_is_addr(ngx_str_t *name)
{
    return ngx_strlchr(name->data, name->data + name->len, ':') != NULL
           || ngx_inet_addr(name->data, name->len) != INADDR_NONE;
}


/* without a farewell, for which it would have to wait */

void
ngx_apigw_redis_tls_end(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }
}
