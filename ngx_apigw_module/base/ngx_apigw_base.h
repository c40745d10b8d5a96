
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_BASE_H_INCLUDED_
#define _NGX_APIGW_BASE_H_INCLUDED_


/*
 * The door between base/ and nginx.  Files of base/ include this header and
 * each other's, libc and, in the crypto files, OpenSSL; nothing else.  What
 * they may use of nginx:
 *
 *     types      u_char ngx_int_t ngx_uint_t ngx_str_t ngx_flag_t
 *                ngx_atomic_t ngx_atomic_uint_t ngx_atomic_int_t
 *     codes      NGX_OK NGX_ERROR NGX_AGAIN NGX_BUSY NGX_DONE NGX_DECLINED
 *     memory     ngx_pool_t ngx_palloc ngx_pnalloc ngx_pcalloc ngx_pfree
 *                ngx_pool_cleanup_t ngx_pool_cleanup_add
 *                ngx_memcpy ngx_cpymem ngx_memmove ngx_memzero ngx_memset
 *     strings    ngx_string ngx_null_string ngx_str_set ngx_str_null
 *                ngx_tolower ngx_toupper ngx_memcmp ngx_strlchr
 *     atomics    ngx_atomic_cmp_set ngx_atomic_fetch_add ngx_memory_barrier
 *     other      ngx_inline ngx_min ngx_max ngx_abs ngx_align
 *
 * In the unit tests and the fuzzers t/unit/ngx_stub.h plays nginx's part: its
 * pool is plain malloc(), so that a sanitizer sees each allocation apart.
 */

#if (NGX_APIGW_STUB)

#include "ngx_stub.h"

#else

#include <ngx_config.h>
#include <ngx_core.h>

#endif


#if (NGX_PTR_SIZE != 8)
#error "ngx_apigw needs a 64-bit platform: its counters are 64-bit words"
#endif


#endif /* _NGX_APIGW_BASE_H_INCLUDED_ */
