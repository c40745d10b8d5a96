
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ADDR_H_INCLUDED_
#define _NGX_APIGW_ADDR_H_INCLUDED_


#include "ngx_apigw_base.h"


/* an IP address, as the network has it */

typedef struct {
    u_char                     octets[16];
    ngx_uint_t                 len;       /* 4 or 16; 0: none */
} ngx_apigw_addr_t;


/*
 * "192.0.2.1", of four decimal numbers without zeros in front, or an IPv6
 * address without brackets and without a zone.  NGX_OK; NGX_DECLINED: none.
 */
ngx_int_t ngx_apigw_addr_parse(ngx_apigw_addr_t *addr, u_char *p,
    u_char *last);

/* 127.0.0.0/8, ::1 */
ngx_uint_t ngx_apigw_addr_is_loopback(const ngx_apigw_addr_t *addr);

/*
 * What nobody outside has to send us to: loopback, link-local, unspecified
 * (0.0.0.0/8, ::), multicast, broadcast; also as an IPv4 address within IPv6
 * (mapped, compatible, translated, NAT64).
 */
ngx_uint_t ngx_apigw_addr_is_special(const ngx_apigw_addr_t *addr);


#endif /* _NGX_APIGW_ADDR_H_INCLUDED_ */
