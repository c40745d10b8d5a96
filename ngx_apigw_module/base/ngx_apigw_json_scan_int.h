
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JSON_SCAN_INT_H_INCLUDED_
#define _NGX_APIGW_JSON_SCAN_INT_H_INCLUDED_


#include "ngx_apigw_json_scan.h"


/*
 * A string, p: behind its quote, whose type the token has; a number.  NGX_OK,
 * NGX_DECLINED.
 */
ngx_int_t ngx_apigw_json_scan_string(ngx_apigw_json_scan_t *scan,
    u_char *p);
ngx_int_t ngx_apigw_json_scan_number(ngx_apigw_json_scan_t *scan,
    u_char *p);


static ngx_inline ngx_int_t
ngx_apigw_json_scan_failed(ngx_apigw_json_scan_t *scan, u_char *p)
{
    scan->reason = (p == scan->last) ? "it is not JSON: it ends too early"
                                     : "it is not JSON";

    return NGX_DECLINED;
}


static ngx_inline ngx_int_t
ngx_apigw_json_scan_token(ngx_apigw_json_scan_t *scan, ngx_uint_t type,
    u_char *start, u_char *last)
{
    scan->token.type = type;
    scan->token.text.data = start;
    scan->token.text.len = last - start;
    scan->token.escaped = 0;
    scan->pos = last;

    return NGX_OK;
}


#endif /* _NGX_APIGW_JSON_SCAN_INT_H_INCLUDED_ */
