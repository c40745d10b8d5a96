
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_CORS_H_INCLUDED_
#define _NGX_APIGW_CORS_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The rules of CORS (Fetch Standard, 3.3): which origins are meant, and what
 * stands in lists.
 */


/* what a request's Origin is compared with */

typedef struct {
    ngx_str_t               head;        /* "https://app.example.com", or
                                            "https://" of a wildcard */
    ngx_str_t               tail;        /* ".example.com" of a wildcard */
    unsigned                wildcard:1;  /* something is between the two */
    unsigned                any:1;       /* "*" */
} ngx_apigw_origin_t;


/*
 * Parses what the configuration says; the strings are allocated.
 *
 *     "*"                     any origin, "null" too
 *     SCHEME "*"              any of it; SCHEME is "http://" or "https://"
 *     SCHEME "*" .name[:port] any host below, however deep, on that port
 *     scheme://host[:port]    this one, of any scheme
 *
 * Scheme and host are lowered and the scheme's own port is left out, since
 * browsers do so.
 *
 *     NGX_OK        origin is set
 *     NGX_DECLINED  invalid, *reason says why (static string)
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_origin_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_apigw_origin_t *origin, const char **reason);

/*
 * 1 where a request's Origin is meant.  It is compared byte by byte; what a
 * wildcard stands for has to be the serialization of a host (and a port), so
 * that nothing else is ever sent back.
 */
ngx_uint_t ngx_apigw_origin_match(ngx_apigw_origin_t *origin,
    ngx_str_t *value);


/*
 * Takes the first item off a list with commas: 1, or 0 at its end.  An empty
 * list has one item, which is empty.  A finished list has no data.
 */
ngx_uint_t ngx_apigw_cors_next(ngx_str_t *list, ngx_str_t *item);

/* 1 where s is a token (RFC 9110, 5.6.2): a name of a header, or "*" */
ngx_uint_t ngx_apigw_cors_token(ngx_str_t *s);

/* 1 where s can be the method of a request of nginx's, or is "*" */
ngx_uint_t ngx_apigw_cors_method(ngx_str_t *s);

/*
 * 1 where list is what Access-Control-Request-Headers may say: tokens with
 * commas between them, and blanks around those.
 */
ngx_uint_t ngx_apigw_cors_asked(ngx_str_t *list);

/* 1 where a list (Vary) has this lower-case token in whatever case, or "*" */
ngx_uint_t ngx_apigw_cors_has(ngx_str_t *list, const char *token, size_t len);


#endif /* _NGX_APIGW_CORS_H_INCLUDED_ */
