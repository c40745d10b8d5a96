
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_CRC16_H_INCLUDED_
#define _NGX_APIGW_CRC16_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The slot of a key in a Redis cluster: CRC-16/XMODEM of the key or, where it
 * has one that is not empty, of its hash tag, "{...}".
 */

#define NGX_APIGW_SLOTS  16384


uint16_t ngx_apigw_crc16(const u_char *data, size_t len);
ngx_uint_t ngx_apigw_slot(const ngx_str_t *key);


#endif /* _NGX_APIGW_CRC16_H_INCLUDED_ */
