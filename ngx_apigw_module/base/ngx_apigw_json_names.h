
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JSON_NAMES_H_INCLUDED_
#define _NGX_APIGW_JSON_NAMES_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The names of one object as they come, whoever chooses them: whether one
 * stands there twice.
 */

#define NGX_APIGW_JSON_NAMES_FEW  16


typedef struct {
    u_char                   *data;      /* NULL: the place is free */
    uint32_t                  len;
    uint32_t                  hash;
} ngx_apigw_json_name_t;


typedef struct {
    ngx_apigw_json_name_t     few[NGX_APIGW_JSON_NAMES_FEW];
    ngx_apigw_json_name_t    *table;     /* NULL: they are few */
    ngx_uint_t                size;      /* of the table: a power of two */
    ngx_uint_t                n;
    ngx_pool_t               *pool;
    u_char                    key[16];
} ngx_apigw_json_names_t;


void ngx_apigw_json_names_init(ngx_apigw_json_names_t *names,
    ngx_pool_t *pool);

/*
 * Decoded; its bytes, fewer than 4 GB, must stay.
 *
 *     NGX_OK        it is a new one
 *     NGX_DECLINED  it was there
 *     NGX_ERROR     no memory, or no random bytes
 */
ngx_int_t ngx_apigw_json_names_add(ngx_apigw_json_names_t *names,
    ngx_str_t *name);


#endif /* _NGX_APIGW_JSON_NAMES_H_INCLUDED_ */
