
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JSON_SCAN_H_INCLUDED_
#define _NGX_APIGW_JSON_SCAN_H_INCLUDED_


#include "ngx_apigw_json.h"


/*
 * JSON (RFC 8259) token by token, as it lies there: for what is large, is read
 * once and needs no tree.  Refused is what ngx_apigw_json_parse() refuses, but
 * for a name that stands twice in one object: that is the caller's.
 */

/* tokens beside the types of values; ARRAY and OBJECT are where one begins */

#define NGX_APIGW_JSON_NAME        (NGX_APIGW_JSON_OBJECT + 1)
#define NGX_APIGW_JSON_END_ARRAY   (NGX_APIGW_JSON_OBJECT + 2)
#define NGX_APIGW_JSON_END_OBJECT  (NGX_APIGW_JSON_OBJECT + 3)

#define NGX_APIGW_JSON_SCAN_DEPTH  512


typedef struct {
    ngx_str_t                text;       /* its bytes in the text; STRING and
                                            NAME: what is between the quotes */
    ngx_uint_t               type;
    ngx_uint_t               escaped;    /* STRING, NAME: escapes are in it */
} ngx_apigw_json_token_t;


typedef struct {
    ngx_apigw_json_token_t   token;
    ngx_uint_t               level;      /* arrays and objects that are open */
    const char              *reason;     /* a static text */

    u_char                  *pos;
    u_char                  *last;
    ngx_uint_t               depth;
    ngx_uint_t               expect;
    uint64_t                 objects[NGX_APIGW_JSON_SCAN_DEPTH / 64];
} ngx_apigw_json_scan_t;


/* The text is only read; depth is at most NGX_APIGW_JSON_SCAN_DEPTH. */
void ngx_apigw_json_scan_init(ngx_apigw_json_scan_t *scan, ngx_str_t *text,
    ngx_uint_t depth);

/*
 *     NGX_OK        scan->token is the next one
 *     NGX_DONE      there was one value, and all of it was acceptable
 *     NGX_DECLINED  it is not acceptable: scan->reason; nothing comes any more
 */
ngx_int_t ngx_apigw_json_scan(ngx_apigw_json_scan_t *scan);

/*
 * The rest of the value that begins with scan->token, whose text is the whole
 * value then.  NGX_OK, NGX_DECLINED.
 */
ngx_int_t ngx_apigw_json_scan_skip(ngx_apigw_json_scan_t *scan);

/* up to where fewer than level, from 1 on, are open: NGX_OK, NGX_DECLINED */
ngx_int_t ngx_apigw_json_scan_leave(ngx_apigw_json_scan_t *scan,
    ngx_uint_t level);

/*
 * The string that a token's text stands for, never longer than it; p may be
 * the text's own place.  Returns its end.
 */
u_char *ngx_apigw_json_scan_decode(u_char *p, ngx_str_t *text);


#endif /* _NGX_APIGW_JSON_SCAN_H_INCLUDED_ */
