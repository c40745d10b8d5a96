
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_RESPONSE_H_INCLUDED_
#define _NGX_APIGW_RESPONSE_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * The response to one HTTP/1.1 request of the gateway's own, other than HEAD
 * and CONNECT; fed in pieces.
 */

/* status lines, fields and trailers, also of interim responses, and what
 * chunks have beside their sizes */

#define NGX_APIGW_RESPONSE_MAX_HEAD     16384

#define NGX_APIGW_RESPONSE_MAX_INTERIM  4


typedef struct ngx_apigw_response_state_s  ngx_apigw_response_state_t;

typedef struct {
    ngx_uint_t                   status;     /* 0: not read yet */
    ngx_int_t                    max_age;    /* seconds; of Cache-Control and
                                                Age; 0 also for no-store and
                                                no-cache; -1: not said */
    ngx_str_t                    type;       /* Content-Type: lower case, no
                                                parameters */
    ngx_str_t                    field;      /* set after init(): the name, in
                                                lower case, of a field that
                                                value is to have; "": none;
                                                empty or twice it is not
                                                acceptable */
    ngx_str_t                    value;      /* of it; "": it is not there */
    ngx_str_t                    request_id; /* x-amzn-RequestId: at most 128
                                                bytes, the first one; "": it is
                                                not there */
    ngx_str_t                    body;       /* decoded; set at the end */
    size_t                       rest;       /* set at the end: bytes of the
                                                last piece that are behind */
    unsigned                     keep:1;     /* HTTP/1.1, its length is known,
                                                and nobody wants to close */
    unsigned                     sized:1;    /* its end is known without that
                                                of the connection; set when the
                                                fields have been read */
    unsigned                     head:1;     /* the fields have been read */
    ngx_apigw_response_state_t  *state;
} ngx_apigw_response_t;


/* the reason where a body is larger than max_body, to be compared */
extern const char  ngx_apigw_response_large[];


/* All of it is in the pool; NGX_OK, NGX_ERROR. */
ngx_int_t ngx_apigw_response_init(ngx_apigw_response_t *response,
    size_t max_body, ngx_pool_t *pool);

/*
 * What was received, or that no more will come:
 *
 *     NGX_OK        it is complete; what comes behind is ignored
 *     NGX_AGAIN     there is more to come; never of end()
 *     NGX_DECLINED  it is not acceptable: *reason is a static text
 *     NGX_ERROR     no memory
 *
 * After NGX_DECLINED and NGX_ERROR it isn't fed again.
 */
ngx_int_t ngx_apigw_response_feed(ngx_apigw_response_t *response, u_char *p,
    size_t len, const char **reason);
ngx_int_t ngx_apigw_response_end(ngx_apigw_response_t *response,
    const char **reason);


#endif /* _NGX_APIGW_RESPONSE_H_INCLUDED_ */
