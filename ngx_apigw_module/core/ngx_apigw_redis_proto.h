
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_REDIS_PROTO_H_INCLUDED_
#define _NGX_APIGW_REDIS_PROTO_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The protocol of Redis (RESP2): commands are formatted and replies are parsed
 * by hiredis, which does nothing else here.  Pure: no connection, no events.
 */


typedef enum {
    NGX_APIGW_REDIS_NIL = 0,
    NGX_APIGW_REDIS_STRING,
    NGX_APIGW_REDIS_STATUS,
    NGX_APIGW_REDIS_ERROR,
    NGX_APIGW_REDIS_INTEGER,
    NGX_APIGW_REDIS_ARRAY
} ngx_apigw_redis_type_e;


typedef struct ngx_apigw_redis_reply_s  ngx_apigw_redis_reply_t;

struct ngx_apigw_redis_reply_s {
    ngx_uint_t                   type;      /* ngx_apigw_redis_type_e */
    int64_t                      integer;
    ngx_str_t                    str;       /* of a string, status or error;
                                               a zero byte follows */
    ngx_uint_t                   nelts;
    ngx_apigw_redis_reply_t     *elts;
};


/* what a reply may have; more is an error of the protocol */

#define NGX_APIGW_REDIS_MAX_NESTING   4
#define NGX_APIGW_REDIS_MAX_STRING    65536
#define NGX_APIGW_REDIS_MAX_ELEMENTS  64         /* of one array */
#define NGX_APIGW_REDIS_MAX_TOTAL     1024       /* of all arrays together */
#define NGX_APIGW_REDIS_MAX_SIZE      262144     /* of all strings */

/* and that of CLUSTER SLOTS */

#define NGX_APIGW_REDIS_MAX_SLOTS         16384
#define NGX_APIGW_REDIS_MAX_SLOTS_TOTAL   262144
#define NGX_APIGW_REDIS_MAX_SLOTS_SIZE    4194304


typedef struct ngx_apigw_redis_reader_s  ngx_apigw_redis_reader_t;


/*
 * A reader; what replies consist of is allocated from the second pool and
 * lives until that is reset, which the caller may do when he has done with a
 * reply and before he asks for the next one.  NULL: no memory.
 */
ngx_apigw_redis_reader_t *ngx_apigw_redis_reader_create(ngx_pool_t *pool,
    ngx_pool_t *replies);
void ngx_apigw_redis_reader_free(ngx_apigw_redis_reader_t *reader);

/* NGX_OK, NGX_ERROR (no memory) */
ngx_int_t ngx_apigw_redis_reader_feed(ngx_apigw_redis_reader_t *reader,
    u_char *data, size_t len);

/*
 * The next reply; "large" sets the bounds of CLUSTER SLOTS.
 *
 *     NGX_OK      *reply is a reply
 *     NGX_AGAIN   more data is needed
 *     NGX_ERROR   not the protocol, beyond the bounds, or no memory: *reason
 *                 is a static text; the reader is of no more use
 */
ngx_int_t ngx_apigw_redis_reader_next(ngx_apigw_redis_reader_t *reader,
    ngx_uint_t large, ngx_apigw_redis_reply_t **reply, const char **reason);

/* arguments of a command */
#define NGX_APIGW_REDIS_MAX_ARGS      1024
#define NGX_APIGW_REDIS_MAX_COMMAND   1048576


/*
 * Formats a command of two parts; text->data is to be freed by
 * ngx_apigw_redis_format_free().  NGX_OK, NGX_ERROR (no memory, no arguments,
 * too long).
 */
ngx_int_t ngx_apigw_redis_format(ngx_str_t *text, ngx_uint_t nhead,
    const ngx_str_t *head, ngx_uint_t argc, const ngx_str_t *argv);

/*
 * Formats a command anew with other first arguments: the old text is freed.
 * NGX_OK, NGX_ERROR: the text stays.
 */
ngx_int_t ngx_apigw_redis_reformat(ngx_str_t *text, ngx_uint_t nhead,
    const ngx_str_t *head);

void ngx_apigw_redis_format_free(ngx_str_t *text);

/* 1 where the reply is an error that begins with this word */
ngx_uint_t ngx_apigw_redis_error_is(const ngx_apigw_redis_reply_t *reply,
    const char *word);


#endif /* _NGX_APIGW_REDIS_PROTO_H_INCLUDED_ */
