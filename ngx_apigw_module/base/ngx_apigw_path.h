
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_PATH_H_INCLUDED_
#define _NGX_APIGW_PATH_H_INCLUDED_


#include "ngx_apigw_base.h"


/* "%2F" inside a segment stays there, opaque, instead of being refused */
#define NGX_APIGW_PATH_KEEP_SLASH  1


/*
 * Brings the path of a request target (no query, no fragment) to its one
 * canonical form (RFC 3986, 6.2.2): triplets of unreserved characters are
 * decoded, all others are kept with upper-case hex digits, bytes below 0x21
 * and above 0x7e are encoded, dot segments are removed, adjacent slashes are
 * merged.  A dot segment that would climb above the root is refused.
 *
 * The result begins with "/".  Where nothing had to change, path->data is
 * raw->data and nothing is allocated; else it is allocated from the pool.
 *
 *     NGX_OK        path is set
 *     NGX_DECLINED  the path is refused, *reason says why (static string):
 *                   it does not begin with "/"; a triplet is malformed or
 *                   encodes 0x00-0x1f, 0x7f, "\" or, without
 *                   NGX_APIGW_PATH_KEEP_SLASH, "/"; it has a raw control
 *                   character, "\", "?" or "#"; a dot segment carries ";"
 *                   or "%3B" parameters, climbs above the root, or has a
 *                   "%2F" beside it
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_path_canonical(ngx_pool_t *pool, ngx_str_t *raw,
    ngx_uint_t flags, ngx_str_t *path, const char **reason);


/*
 * Decodes all triplets of a canonical path but "%2F", which stays as it is,
 * so that the number of segments never changes.  Where there is nothing to
 * decode, decoded->data is path->data.
 *
 *     NGX_OK     decoded is set
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_path_decode(ngx_pool_t *pool, ngx_str_t *path,
    ngx_str_t *decoded);

/*
 * The way back: encodes what may not stand in a path as it is.  "%2F" is
 * taken for what ngx_apigw_path_decode() left.  Where nothing has to be
 * encoded, path->data is uri->data.
 *
 *     NGX_OK     path is set
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_path_from_uri(ngx_pool_t *pool, ngx_str_t *uri,
    ngx_str_t *path);


#endif /* _NGX_APIGW_PATH_H_INCLUDED_ */
