
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_PLAN_H_INCLUDED_
#define _NGX_HTTP_APIGW_PLAN_H_INCLUDED_


#include "ngx_http_apigw.h"


/* ngx_http_apigw_plan_block.c */

/* the directive apigw_usage_plan */
char *ngx_http_apigw_usage_plan(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_APIGW_PLAN_H_INCLUDED_ */
