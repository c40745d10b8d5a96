
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_FETCH_INT_H_INCLUDED_
#define _NGX_APIGW_FETCH_INT_H_INCLUDED_


#include "ngx_apigw_fetch.h"
#include "ngx_apigw_response.h"


/*
 * What ends a fetch posts an event and does no more, so that the end may be
 * found anywhere, and nothing is gone when it is.
 */

#define NGX_APIGW_FETCH_MAX_PLACES  16
#define NGX_APIGW_FETCH_BUFFER      4096
#define NGX_APIGW_FETCH_SAID        256


typedef enum {
    NGX_APIGW_FETCH_RESOLVING = 0,
    NGX_APIGW_FETCH_CONNECTING,
    NGX_APIGW_FETCH_HANDSHAKE,
    NGX_APIGW_FETCH_ANSWER
} ngx_apigw_fetch_stage_e;


typedef struct {
    ngx_sockaddr_t             sockaddr;
    socklen_t                  socklen;
} ngx_apigw_fetch_place_t;


typedef struct {
    ngx_apigw_fetch_t         *fetch;     /* NULL: it has ended */
    ngx_uint_t                 stage;     /* ngx_apigw_fetch_stage_e */
    ngx_log_t                  quiet;
    ngx_log_t                  heard;     /* during the handshake */
    u_char                     said[NGX_APIGW_FETCH_SAID];
    size_t                     nsaid;

    ngx_resolver_ctx_t        *ctx;
    ngx_apigw_fetch_place_t   *places;
    ngx_uint_t                 nplaces;
    ngx_uint_t                 tried;
    ngx_uint_t                 cursor;

    ngx_connection_t          *connection;
    ngx_apigw_response_t       response;
    u_char                    *request;
    u_char                    *pos;
    u_char                    *last;
} ngx_apigw_fetch_state_t;


/* ngx_apigw_fetch.c */

/* keeps why it fails; the detail is copied, NULL: none */
void ngx_apigw_fetch_note(ngx_apigw_fetch_t *fetch, const char *reason,
    ngx_str_t *detail);

/* the end, as fetch->rc and fetch->reason say */
void ngx_apigw_fetch_done(ngx_apigw_fetch_t *fetch);

/* both; reason NULL: it is noted already */
void ngx_apigw_fetch_failed(ngx_apigw_fetch_t *fetch, const char *reason,
    ngx_str_t *detail);

/* closes the connection, if any */
void ngx_apigw_fetch_close(ngx_apigw_fetch_state_t *st);

/* 1: the worker is to exit, and the fetch has failed */
ngx_uint_t ngx_apigw_fetch_exiting(ngx_apigw_fetch_state_t *st);


/* ngx_apigw_fetch_resolve.c */

/* finds the addresses, and connects */
void ngx_apigw_fetch_resolve(ngx_apigw_fetch_state_t *st);


/* ngx_apigw_fetch_connect.c */

/* tries an address after the other */
void ngx_apigw_fetch_connect(ngx_apigw_fetch_state_t *st);


/* ngx_apigw_fetch_io.c */

/* the connection is there: sends the request, reads the answer */
void ngx_apigw_fetch_talk(ngx_apigw_fetch_state_t *st);


#endif /* _NGX_APIGW_FETCH_INT_H_INCLUDED_ */
