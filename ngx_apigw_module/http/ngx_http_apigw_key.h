
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_KEY_H_INCLUDED_
#define _NGX_HTTP_APIGW_KEY_H_INCLUDED_


#include "ngx_http_apigw.h"


/* a directive that gives keys: a file, or one key */

typedef struct {
    ngx_str_t                      file;     /* of apigw_api_keys, or "" */
    ngx_str_t                      key;      /* of apigw_api_key; wiped when
                                                it has been read */
    ngx_str_t                      plans;
    ngx_str_t                      id;
    ngx_uint_t                     enabled;
    ngx_http_apigw_place_t         place;
} ngx_http_apigw_key_source_t;


typedef struct {
    ngx_array_t                    sources;  /* ngx_http_apigw_key_source_t */
    ngx_str_t                      hmac_file;
    ngx_http_apigw_place_t         hmac_place;
    ngx_apigw_digest_t            *digest;   /* NULL: there are no keys */
} ngx_http_apigw_key_main_conf_t;


typedef struct {
    ngx_flag_t                     required;
    ngx_flag_t                     forward;
    ngx_int_t                      index;    /* of apigw_api_key_source */
    ngx_uint_t                     query;    /* it is in the request line or in
                                                a cookie */
    ngx_str_t                      header;   /* where the source is one */
    ngx_uint_t                     granted;  /* the source is what an
                                                authorizer says */
} ngx_http_apigw_key_loc_conf_t;


extern ngx_module_t  ngx_http_apigw_key_module;


/* ngx_http_apigw_key_load.c */

/* Builds mcf->keys of all sources: NGX_OK, or logged and NGX_ERROR. */
ngx_int_t ngx_http_apigw_key_load(ngx_conf_t *cf,
    ngx_http_apigw_key_main_conf_t *kmcf);

/* where a plan set was written first */
void ngx_http_apigw_key_place(ngx_http_apigw_key_main_conf_t *kmcf,
    ngx_apigw_keys_t *keys, uint32_t planset, ngx_http_apigw_place_t *place);

/* claims the cells of all keys; data is the main configuration */
ngx_int_t ngx_http_apigw_key_claim(ngx_apigw_zone_t *zone, void *data,
    ngx_log_t *log);


/* ngx_http_apigw_key_read.c */

/*
 * The key that a client shows, or that an authorizer has said it has.
 *
 *     NGX_OK        secret is a slice of the request, to be wiped
 *     NGX_DECLINED  there is none
 *     NGX_BUSY      the header is there twice
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_http_apigw_key_read(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_key_loc_conf_t *klcf,
    ngx_str_t *secret);

/* overwrites the key with stars, and forgets it */
void ngx_http_apigw_key_wipe(ngx_http_request_t *r,
    ngx_http_apigw_key_loc_conf_t *klcf, ngx_str_t *secret);


#endif /* _NGX_HTTP_APIGW_KEY_H_INCLUDED_ */
