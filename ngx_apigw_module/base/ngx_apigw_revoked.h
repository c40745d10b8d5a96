
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_REVOKED_H_INCLUDED_
#define _NGX_APIGW_REVOKED_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_siphash.h"


/*
 * A list of what is revoked: lines "jti VALUE", "sub VALUE" and "kid VALUE",
 * each value up to the end of the line (LF or CRLF); blank lines, and lines
 * that begin with "#", say nothing.  A value has no control characters and
 * neither begins nor ends with a space: it would look like another one.  The
 * list is read piece by piece, then never changed.
 */

#define NGX_APIGW_REVOKED_MAX_LINE  1024      /* bytes, without its end */
#define NGX_APIGW_REVOKED_MAX       4194304   /* values */

typedef enum {
    NGX_APIGW_REVOKED_JTI = 0,
    NGX_APIGW_REVOKED_SUB,
    NGX_APIGW_REVOKED_KID
} ngx_apigw_revoked_e;

typedef struct ngx_apigw_revoked_s  ngx_apigw_revoked_t;


/* malloc()ed: free it.  NULL: no memory. */
ngx_apigw_revoked_t *ngx_apigw_revoked_create(
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN]);
void ngx_apigw_revoked_free(ngx_apigw_revoked_t *list);

/*
 * The next piece of the file, of any size; last: there is no other one.  After
 * an error the list can only be freed.
 *
 *     NGX_OK        go on
 *     NGX_DECLINED  *line of the file is none: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_revoked_feed(ngx_apigw_revoked_t *list, ngx_str_t *piece,
    ngx_uint_t last, ngx_uint_t *line, const char **reason);

/* 1 where it is on the list; all of it is compared */
ngx_uint_t ngx_apigw_revoked_find(ngx_apigw_revoked_t *list, ngx_uint_t what,
    ngx_str_t *value);

ngx_uint_t ngx_apigw_revoked_count(ngx_apigw_revoked_t *list);


#endif /* _NGX_APIGW_REVOKED_H_INCLUDED_ */
