
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TLS_H_INCLUDED_
#define _NGX_APIGW_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


/*
 * TLS as a client: the certificate is always verified, and always for the
 * name that was asked for.
 */

typedef struct ngx_apigw_tls_s  ngx_apigw_tls_t;

/*
 * ca: a file of authorities, empty: those of the system.  From cf->pool;
 * NULL: logged, with name for the parameter ("tls_ca=").
 */
ngx_apigw_tls_t *ngx_apigw_tls_create(ngx_conf_t *cf, ngx_str_t *ca,
    const char *name);

/*
 * The handshake with a host, a name or an address, which a zero byte follows.
 * The handler is called only after NGX_AGAIN, and calls end() of it.
 *
 *     NGX_OK     done, as end() says
 *     NGX_AGAIN  the handler will be called
 *     NGX_ERROR  it failed: *reason is a static text, detail more about it or
 *                empty, valid until the connection is closed
 */
ngx_int_t ngx_apigw_tls_begin(ngx_apigw_tls_t *tls, ngx_connection_t *c,
    ngx_str_t *host, ngx_connection_handler_pt handler, const char **reason,
    ngx_str_t *detail);
ngx_int_t ngx_apigw_tls_end(ngx_connection_t *c, ngx_str_t *host,
    const char **reason, ngx_str_t *detail);

/* Before a connection is closed: no farewell, which would have to wait. */
void ngx_apigw_tls_close(ngx_connection_t *c);


#endif /* _NGX_APIGW_TLS_H_INCLUDED_ */
