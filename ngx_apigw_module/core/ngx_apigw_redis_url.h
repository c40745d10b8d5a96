
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_REDIS_URL_H_INCLUDED_
#define _NGX_APIGW_REDIS_URL_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Where a Redis server is:
 *
 *     redis://host[:port][/db]     rediss://host[:port][/db]
 *     unix:/path[:db]
 *
 * Pure; nothing is resolved, and the parts point into the text.
 */

#define NGX_APIGW_REDIS_PORT     6379
#define NGX_APIGW_REDIS_MAX_DB   65535


typedef struct {
    ngx_str_t                    host;       /* without the brackets of IPv6 */
    ngx_str_t                    address;    /* host[:port], as nginx takes
                                                it, or "unix:/path" */
    ngx_uint_t                   db;
    unsigned                     tls:1;
    unsigned                     local:1;    /* a Unix domain socket */
} ngx_apigw_redis_url_t;


/* NGX_OK; NGX_DECLINED: *reason, a static text, says what is wrong */
ngx_int_t ngx_apigw_redis_url_parse(ngx_apigw_redis_url_t *url,
    const ngx_str_t *text, const char **reason);

/* 1 where the text has credentials, which are not to be logged */
ngx_uint_t ngx_apigw_redis_url_secret(const ngx_str_t *text);


#endif /* _NGX_APIGW_REDIS_URL_H_INCLUDED_ */
