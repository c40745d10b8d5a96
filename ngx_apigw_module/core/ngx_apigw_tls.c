
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_tls.h"


#define NGX_APIGW_TLS_DEPTH  5


struct ngx_apigw_tls_s {
    ngx_ssl_t                  ssl;
};


static ngx_int_t ngx_apigw_tls_check_name(ngx_connection_t *c,
    ngx_str_t *name);
static ngx_uint_t ngx_apigw_tls_is_addr(ngx_str_t *name);


ngx_apigw_tls_t *
ngx_apigw_tls_create(ngx_conf_t *cf, ngx_str_t *ca, const char *name)
{
    ngx_ssl_t           *ssl;
    ngx_apigw_tls_t     *tls;
    ngx_pool_cleanup_t  *cln;

    tls = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_tls_t));
    if (tls == NULL) {
        return NULL;
    }

    ssl = &tls->ssl;
    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NULL;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    if (ca->len) {

        if (ngx_ssl_trusted_certificate(cf, ssl, ca, NGX_APIGW_TLS_DEPTH)
            == NGX_OK)
        {
            return tls;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%s%V\": certificates of "
                           "authorities are expected", name, ca);
        return NULL;
    }

    if (SSL_CTX_set_default_verify_paths(ssl->ctx) == 0) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NULL;
    }

    return tls;
}


ngx_int_t
ngx_apigw_tls_begin(ngx_apigw_tls_t *tls, ngx_connection_t *c,
    ngx_str_t *host, ngx_connection_handler_pt handler, const char **reason,
    ngx_str_t *detail)
{
    ngx_int_t  rc;

    *reason = "the TLS handshake failed";
    ngx_str_null(detail);

    if (ngx_ssl_create_connection(&tls->ssl, c, NGX_SSL_CLIENT) != NGX_OK) {
        return NGX_ERROR;
    }

    /* SNI has no addresses */

    if (!ngx_apigw_tls_is_addr(host)
        && SSL_set_tlsext_host_name(c->ssl->connection, (char *) host->data)
           == 0)
    {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name(\"%V\") failed", host);
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = handler;
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_apigw_tls_end(c, host, reason, detail);
}


/* as nginx does for upstreams, and for names that are addresses, too */

ngx_int_t
ngx_apigw_tls_end(ngx_connection_t *c, ngx_str_t *host, const char **reason,
    ngx_str_t *detail)
{
    long  rc;

    ngx_str_null(detail);

    if (!c->ssl->handshaked) {
        *reason = "the TLS handshake failed";
        return NGX_ERROR;
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        *reason = "its certificate is not valid";
        detail->data = (u_char *) X509_verify_cert_error_string(rc);
        detail->len = ngx_strlen(detail->data);
        return NGX_ERROR;
    }

    if (ngx_apigw_tls_check_name(c, host) != NGX_OK) {
        *reason = "its certificate is not for this host";
        *detail = *host;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_tls_check_name(ngx_connection_t *c, ngx_str_t *name)
{
    int    rc;
    X509  *cert;

    if (!ngx_apigw_tls_is_addr(name)) {
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
ngx_apigw_tls_is_addr(ngx_str_t *name)
{
    return ngx_strlchr(name->data, name->data + name->len, ':') != NULL
           || ngx_inet_addr(name->data, name->len) != INADDR_NONE;
}


void
ngx_apigw_tls_close(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }
}
