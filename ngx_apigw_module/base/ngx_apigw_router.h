
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ROUTER_H_INCLUDED_
#define _NGX_APIGW_ROUTER_H_INCLUDED_


#include "ngx_apigw_base.h"


/* whose matching: AWS's REST APIs or its HTTP APIs */

#define NGX_APIGW_REST         0
#define NGX_APIGW_HTTP         1


#define NGX_APIGW_GET          0
#define NGX_APIGW_HEAD         1
#define NGX_APIGW_POST         2
#define NGX_APIGW_PUT          3
#define NGX_APIGW_DELETE       4
#define NGX_APIGW_OPTIONS      5
#define NGX_APIGW_PATCH        6
#define NGX_APIGW_ANY          7   /* in a route key only */

#define NGX_APIGW_METHODS      8
#define NGX_APIGW_NO_METHOD    NGX_APIGW_METHODS  /* matches no route */


#define NGX_APIGW_ROUTE_MAX_LEN       4096     /* of a route key */
#define NGX_APIGW_ROUTE_MAX_SEGMENTS  64


typedef struct ngx_apigw_router_s  ngx_apigw_router_t;


typedef struct {
    ngx_str_t               name;
    ngx_uint_t              segment;     /* from 0 */
    unsigned                greedy:1;
} ngx_apigw_param_t;


/* a parsed route key: "GET /pets/{id}", "ANY /{proxy+}", "$default" */

typedef struct {
    ngx_str_t               key;         /* as written */
    ngx_str_t               path;        /* "/pets/{id}", empty: $default */
    ngx_str_t               prefix;      /* "/pets/": up to the first "{" */
    ngx_uint_t              method;      /* NGX_APIGW_GET .. NGX_APIGW_ANY */
    ngx_uint_t              nparams;
    ngx_apigw_param_t      *params;
    unsigned                catch_all:1; /* $default */
} ngx_apigw_route_key_t;


typedef struct {
    ngx_uint_t              route;       /* index of the offending key */
    ngx_uint_t              other;       /* the one it collides with, or
                                            (ngx_uint_t) -1 */
    const char             *reason;      /* static */
} ngx_apigw_router_error_t;


/* NGX_APIGW_GET .. NGX_APIGW_ANY, or NGX_APIGW_NO_METHOD */
ngx_uint_t ngx_apigw_method(ngx_str_t *name);


/*
 * Parses a route key; the strings of rk point into key, the parameters are
 * allocated from the pool.  A literal part of a path holds unreserved
 * characters, sub-delimiters without ";", ":" and "@" (RFC 3986, pchar without
 * triplets); a parameter fills its whole segment, its name holds letters,
 * digits, "_", "-", "." and is unique in its key once "-" and "." are read as
 * "_" (names of nginx variables); {name+} stands last.  A trailing slash is
 * kept; there are no empty segments inside and no dot segments.
 *
 *     NGX_OK        rk is set
 *     NGX_DECLINED  invalid, *reason says why (static string)
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_route_parse(ngx_pool_t *pool, ngx_str_t *key,
    ngx_apigw_route_key_t *rk, const char **reason);


/*
 * Compiles n route keys into a tree.  The keys must outlive the router.
 *
 * NGX_APIGW_REST: a trailing slash in a key means nothing; $default is
 * refused; two different parameter segments under one parent are refused.
 * Both types: two keys of one method that differ at most in the names of
 * their parameters are duplicates.
 *
 *     NGX_OK        *router is set
 *     NGX_DECLINED  the keys contradict each other, err says which and how
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_router_create(ngx_pool_t *pool, ngx_uint_t type,
    ngx_apigw_route_key_t **keys, ngx_uint_t n, ngx_apigw_router_t **router,
    ngx_apigw_router_error_t *err);


/*
 * Finds the route of a canonical path (ngx_apigw_path.h) and a method, or
 * NULL.  Allocates nothing; costs one hash and one probe per segment.
 *
 * NGX_APIGW_REST (AWS Developer Guide): the tree is walked by segments, a
 * literal child is preferred to a parameter, and there is no way back out of
 * a literal branch; on the resource found the exact method, then ANY.  One
 * trailing slash of the path is ignored.  {name+} takes one or more segments.
 *
 * NGX_APIGW_HTTP: a full match of path and method, the one with the most
 * literal segments first (of equal ones the one whose first difference is
 * literal), exact method before ANY on the same path; else the greedy route
 * with the longest literal prefix, then the deepest; else $default.  A
 * trailing slash is an empty last segment, which only a key with a trailing
 * slash or {name+} after at least one other segment of its own matches.
 */
ngx_apigw_route_key_t *ngx_apigw_router_match(ngx_apigw_router_t *router,
    ngx_uint_t method, ngx_str_t *path);


/*
 * The value of a parameter in a canonical path that matched its route: a
 * slice of the path.  A greedy value has no trailing slash in REST APIs.
 */
void ngx_apigw_route_param(ngx_apigw_router_t *router,
    ngx_apigw_param_t *param, ngx_str_t *path, ngx_str_t *value);


#endif /* _NGX_APIGW_ROUTER_H_INCLUDED_ */
