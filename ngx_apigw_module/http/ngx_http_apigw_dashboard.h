
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_DASHBOARD_H_INCLUDED_
#define _NGX_HTTP_APIGW_DASHBOARD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* of the file that assets/embed.pl makes of the other assets */

extern ngx_str_t  ngx_http_apigw_dashboard_page;
extern ngx_str_t  ngx_http_apigw_dashboard_policy;


#endif /* _NGX_HTTP_APIGW_DASHBOARD_H_INCLUDED_ */
