
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_SIGV4_INT_H_INCLUDED_
#define _NGX_APIGW_SIGV4_INT_H_INCLUDED_


#include "ngx_apigw_sigv4.h"


/*
 * The canonical request, in the pool; names: those of the signed headers,
 * which point into it.  NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_apigw_sigv4_canonical(ngx_apigw_sigv4_t *request,
    ngx_pool_t *pool, ngx_str_t *canonical, ngx_str_t *names);


#endif /* _NGX_APIGW_SIGV4_INT_H_INCLUDED_ */
