
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_RESPONSE_INT_H_INCLUDED_
#define _NGX_APIGW_RESPONSE_INT_H_INCLUDED_


#include "ngx_apigw_response.h"


/* what the fields of a head have said */

typedef struct {
    ngx_pool_t                *pool;
    const char                *reason;      /* why a field is refused */
    int64_t                    length;      /* Content-Length; -1: none */
    int64_t                    max_age;     /* -1: none */
    int64_t                    age;
    ngx_str_t                  type;        /* Content-Type, in a buffer */
    ngx_str_t                  value;       /* of the wanted one */
    ngx_str_t                  request_id;  /* x-amzn-RequestId */
    unsigned                   chunked:1;
    unsigned                   aged:1;
    unsigned                   typed:1;
    unsigned                   stale:1;     /* no-store, no-cache */
    unsigned                   close:1;     /* Connection: close */
} ngx_apigw_response_fields_t;


void ngx_apigw_response_fields_init(ngx_apigw_response_fields_t *fields,
    ngx_pool_t *pool);

/*
 * A line without its end; wanted: the name of the field whose value is kept.
 * NGX_OK; NGX_DECLINED: *reason; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_response_field(ngx_apigw_response_fields_t *fields,
    ngx_str_t *wanted, u_char *p, u_char *last, const char **reason);

/* the name and the value of a line: NGX_OK, NGX_DECLINED: *reason */
ngx_int_t ngx_apigw_response_split(ngx_str_t *name, ngx_str_t *value,
    u_char *p, u_char *last, const char **reason);

/* seconds; -1: not said */
ngx_int_t ngx_apigw_response_max_age(ngx_apigw_response_fields_t *fields);


#endif /* _NGX_APIGW_RESPONSE_INT_H_INCLUDED_ */
