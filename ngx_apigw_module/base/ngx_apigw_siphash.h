
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_SIPHASH_H_INCLUDED_
#define _NGX_APIGW_SIPHASH_H_INCLUDED_


#include "ngx_apigw_base.h"


#define NGX_APIGW_SIPHASH_KEY_LEN  16


/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of len bytes under a 128-bit key.
 * For every table whose keys a client can choose.
 */
uint64_t ngx_apigw_siphash(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len);

/*
 * The same with an output of 128 bits, another function: two words, where the
 * authors write 16 bytes, the low one of each first.
 */
void ngx_apigw_siphash128(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len, uint64_t hash[2]);


#endif /* _NGX_APIGW_SIPHASH_H_INCLUDED_ */
