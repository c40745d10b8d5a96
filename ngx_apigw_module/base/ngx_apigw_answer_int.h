
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ANSWER_INT_H_INCLUDED_
#define _NGX_APIGW_ANSWER_INT_H_INCLUDED_


#include "ngx_apigw_answer.h"
#include "ngx_apigw_json_names.h"
#include "ngx_apigw_json_scan.h"


/* what is known of an answer; of format 2.0; of one that is an error */

#define NGX_APIGW_ANSWER_STATUS   0
#define NGX_APIGW_ANSWER_HEADERS  1
#define NGX_APIGW_ANSWER_MULTI    2
#define NGX_APIGW_ANSWER_BODY     3
#define NGX_APIGW_ANSWER_BASE64   4

#define NGX_APIGW_ANSWER_COOKIES  5

#define NGX_APIGW_ANSWER_TYPE     6
#define NGX_APIGW_ANSWER_MESSAGE  7

#define NGX_APIGW_ANSWER_MEMBERS  8


/* a header, of one with many values each */

typedef struct {
    ngx_str_t                   name;    /* decoded */
    ngx_apigw_json_token_t      value;   /* data NULL: an empty list */
    uint32_t                    hash;    /* of the name in lower case */
    unsigned                    last:1;  /* of its list */
    unsigned                    taken:1; /* it stands in the answer */
} ngx_apigw_answer_field_t;


typedef struct {
    ngx_apigw_answer_field_t   *fields;  /* in the order of the text */
    ngx_uint_t                  n;
    ngx_uint_t                  size;
} ngx_apigw_answer_fields_t;


/* a text, as far as it is read; of members data is NULL: it is not there */

typedef struct {
    ngx_apigw_json_scan_t       scan;
    ngx_apigw_json_token_t      root;
    ngx_apigw_json_token_t      members[NGX_APIGW_ANSWER_MEMBERS];
    ngx_uint_t                  unknown; /* 1: there are others, too */
    ngx_uint_t                  format;  /* ngx_apigw_event_format_e */
    ngx_pool_t                 *pool;

    ngx_apigw_answer_fields_t   headers;
    ngx_apigw_answer_fields_t   multi;
    ngx_apigw_answer_fields_t   cookies;
    ngx_uint_t                  nfields;
    size_t                      bytes;
    const char                 *reason;  /* what is wrong with them */
} ngx_apigw_answer_text_t;


/* The bytes of a string, in the text or in the pool: NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_answer_decode(ngx_str_t *dst,
    ngx_apigw_json_token_t *token, ngx_pool_t *pool);

/*
 * The next name of an object: NGX_OK; NGX_DONE: it ends; NGX_BUSY: it was
 * there; NGX_DECLINED: text->scan.reason; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_answer_name(ngx_apigw_answer_text_t *text,
    ngx_apigw_json_names_t *names, ngx_str_t *name);

/*
 * Reads the value of a member that begins with text->scan.token, the headers
 * into their fields: NGX_OK, text->reason may be set; NGX_DECLINED,
 * NGX_ERROR: as above.
 */
ngx_int_t ngx_apigw_answer_member(ngx_apigw_answer_text_t *text,
    ngx_uint_t member);

/*
 * The headers of an answer, with a Content-Type.  NGX_OK; NGX_DECLINED:
 * text->reason; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_answer_headers(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text);


#endif /* _NGX_APIGW_ANSWER_INT_H_INCLUDED_ */
