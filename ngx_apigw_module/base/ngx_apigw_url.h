
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_URL_H_INCLUDED_
#define _NGX_APIGW_URL_H_INCLUDED_


#include "ngx_apigw_addr.h"


/* an URL "https://host[:port]/path[?args]", or "http://" */

#define NGX_APIGW_URL_MAX  2048


typedef struct {
    ngx_str_t                  text;      /* all of it, as it was */
    ngx_str_t                  host;      /* in lower case, with a zero byte
                                             behind; an IPv6 address without
                                             its brackets */
    ngx_str_t                  authority; /* the host, and the port as written:
                                             for the Host header */
    ngx_str_t                  path;      /* with arguments; at least "/" */
    ngx_apigw_addr_t           addr;      /* where the host is one */
    ngx_uint_t                 port;
    unsigned                   tls:1;
    unsigned                   address:1; /* the host is an IP address */
} ngx_apigw_url_t;


/*
 * NGX_OK, all in the pool; NGX_DECLINED: *reason is a static text (another
 * scheme, user information, a fragment, control characters, ...); NGX_ERROR.
 */
ngx_int_t ngx_apigw_url_parse(ngx_apigw_url_t *url, const ngx_str_t *text,
    ngx_pool_t *pool, const char **reason);

/* 1 where http:// is as good as https://: a loopback address, "localhost" */
ngx_uint_t ngx_apigw_url_is_local(const ngx_apigw_url_t *url);


#endif /* _NGX_APIGW_URL_H_INCLUDED_ */
