
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ANSWER_H_INCLUDED_
#define _NGX_APIGW_ANSWER_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_event.h"


/*
 * The answer of a function to an event (Developer Guide, output format of a
 * Lambda function for proxy integration), as what is sent to the client.
 */

typedef struct {
    ngx_uint_t              status;      /* 200 to 599 */
    ngx_apigw_pair_t       *headers;     /* names are tokens, values hold no
                                            control characters; in order, of a
                                            multi-value header one each */
    ngx_uint_t              nheaders;
    ngx_str_t               body;        /* decoded */
} ngx_apigw_answer_t;

#define NGX_APIGW_ANSWER_MAX_HEADERS  1000

/* of all header lines; AWS ends at 10240, clients seldom before this */

#define NGX_APIGW_ANSWER_MAX_BYTES    65536


/*
 * format: ngx_apigw_event_format_e of the event; binary: 0: a REST API sends
 * base64 on as it is, HTTP APIs always decode it.  A Content-Type is there
 * always.  What is in the answer may point into text.
 *
 *     NGX_OK
 *     NGX_DECLINED  malformed: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_answer_parse(ngx_apigw_answer_t *answer, ngx_str_t *text,
    ngx_uint_t format, ngx_uint_t binary, ngx_pool_t *pool,
    const char **reason);

/*
 * errorType and errorMessage of a function that failed, from the answer that
 * has X-Amz-Function-Error; both empty where it says neither.  NGX_OK,
 * NGX_ERROR: no memory.
 */
typedef struct {
    ngx_str_t               type;
    ngx_str_t               message;
} ngx_apigw_answer_error_t;

ngx_int_t ngx_apigw_answer_error(ngx_apigw_answer_error_t *error,
    ngx_str_t *text, ngx_pool_t *pool);


#endif /* _NGX_APIGW_ANSWER_H_INCLUDED_ */
