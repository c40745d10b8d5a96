
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TRACE_H_INCLUDED_
#define _NGX_APIGW_TRACE_H_INCLUDED_


#include "ngx_apigw_base.h"


/* X-Amzn-Trace-Id (AWS X-Ray Developer Guide, tracing header) */

#define NGX_APIGW_TRACE_RANDOM  12       /* bytes */
#define NGX_APIGW_TRACE_LEN     (sizeof("Root=1-") - 1 + 8 + 1 + 24)

/* "Root=1-5759e988-bd862e3fe1be46a994272793"; returns the place behind */
u_char *ngx_apigw_trace(u_char *p, int64_t time,
    const u_char random[NGX_APIGW_TRACE_RANDOM]);

/*
 * 1 where a header has a Root of the right form, and nothing that could not
 * be sent on; at most 512 bytes.
 */
ngx_uint_t ngx_apigw_is_trace(ngx_str_t *header);


#endif /* _NGX_APIGW_TRACE_H_INCLUDED_ */
