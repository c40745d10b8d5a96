
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ANSWER_INT_H_INCLUDED_
#define _NGX_APIGW_ANSWER_INT_H_INCLUDED_


#include "ngx_apigw_answer.h"


/*
 * The headers of an answer, with a Content-Type; root NULL: there are none.
 * NGX_OK; NGX_DECLINED: *reason; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_answer_headers(ngx_apigw_answer_t *answer,
    ngx_apigw_json_t *root, ngx_uint_t format, ngx_pool_t *pool,
    const char **reason);


#endif /* _NGX_APIGW_ANSWER_INT_H_INCLUDED_ */
