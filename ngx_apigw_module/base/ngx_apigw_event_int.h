
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_EVENT_INT_H_INCLUDED_
#define _NGX_APIGW_EVENT_INT_H_INCLUDED_


#include "ngx_apigw_event.h"


/* text that grows; once memory is missing, nothing more is written */

typedef struct {
    u_char                   *start;
    u_char                   *pos;
    u_char                   *end;
    ngx_pool_t               *pool;
    ngx_uint_t                failed;
} ngx_apigw_event_out_t;


/* pairs in order; those of one name are chained */

typedef struct {
    ngx_str_t                 name;
    ngx_str_t                 value;
    uint32_t                  next;      /* of its name; 0: none */
    uint32_t                  last;      /* of its name, where first is set */
    ngx_uint_t                first;     /* of its name */

    /* where name, quote and colon, then the last value with quotes were
     * written; end: 0: not yet */

    size_t                    at;
    size_t                    middle;
    size_t                    end;
} ngx_apigw_event_entry_t;

typedef struct {
    ngx_apigw_event_entry_t  *entries;
    ngx_uint_t                n;
} ngx_apigw_event_map_t;

typedef enum {
    NGX_APIGW_EVENT_LAST = 0,            /* the last value */
    NGX_APIGW_EVENT_ALL,                 /* an array of all */
    NGX_APIGW_EVENT_JOINED               /* all, commas between them */
} ngx_apigw_event_values_e;


/* an event, and what is made of it before it is written */

typedef struct {
    ngx_apigw_event_t        *event;
    ngx_apigw_event_out_t     out;
    ngx_apigw_event_map_t     headers;
    ngx_apigw_event_map_t     query;
    ngx_apigw_event_map_t     params;
    ngx_apigw_event_map_t     variables;
    ngx_str_t                 path;      /* decoded, but for REST */
} ngx_apigw_event_ctx_t;


/* ngx_apigw_event_out.c */

ngx_uint_t ngx_apigw_event_grow(ngx_apigw_event_out_t *out, size_t len);
void ngx_apigw_event_inside(ngx_apigw_event_out_t *out, ngx_str_t *s);
void ngx_apigw_event_string(ngx_apigw_event_out_t *out, ngx_str_t *s);
void ngx_apigw_event_or_null(ngx_apigw_event_out_t *out, ngx_str_t *s);
void ngx_apigw_event_strings(ngx_apigw_event_out_t *out, ngx_str_t *s,
    ngx_uint_t n);
void ngx_apigw_event_number(ngx_apigw_event_out_t *out, uint64_t n);
void ngx_apigw_event_time(ngx_apigw_event_out_t *out, uint64_t time);
void ngx_apigw_event_path(ngx_apigw_event_out_t *out,
    ngx_apigw_event_ctx_t *ctx);


static ngx_inline void
ngx_apigw_event_raw(ngx_apigw_event_out_t *out, const char *text, size_t len)
{
    if ((size_t) (out->end - out->pos) >= len
        || ngx_apigw_event_grow(out, len))
    {
        out->pos = ngx_cpymem(out->pos, text, len);
    }
}


#define ngx_apigw_event_text(out, text)                                      \
    ngx_apigw_event_raw(out, text, sizeof(text) - 1)

#define ngx_apigw_event_member(out, text, s)                                 \
    ngx_apigw_event_text(out, text); ngx_apigw_event_string(out, s)


/* ngx_apigw_event_map.c: all NGX_OK, NGX_ERROR: no memory */

ngx_int_t ngx_apigw_event_headers(ngx_apigw_event_ctx_t *ctx);
ngx_int_t ngx_apigw_event_pairs(ngx_apigw_event_map_t *map,
    ngx_apigw_pair_t *pairs, ngx_uint_t n, ngx_uint_t encoded,
    ngx_pool_t *pool);
ngx_int_t ngx_apigw_event_group(ngx_apigw_event_map_t *map, ngx_pool_t *pool);

void ngx_apigw_event_map(ngx_apigw_event_out_t *out,
    ngx_apigw_event_map_t *map, ngx_uint_t values);


/* ngx_apigw_event_query.c */

/* semicolons: they part as "&" does */
ngx_int_t ngx_apigw_event_query(ngx_apigw_event_map_t *map, ngx_str_t *args,
    ngx_uint_t semicolons, ngx_pool_t *pool);

/* what is no UTF-8, or a NUL, becomes U+FFFD: in a copy */
ngx_int_t ngx_apigw_event_clean(ngx_str_t *s, ngx_pool_t *pool);

/* all triplets of a path, then as clean() */
ngx_int_t ngx_apigw_event_decode(ngx_str_t *s, ngx_pool_t *pool);

/* whether it is the name of Cookie */
ngx_uint_t ngx_apigw_event_is_cookie(ngx_str_t *name);

/* a member, with a comma before it; nothing where there are none */
void ngx_apigw_event_cookies(ngx_apigw_event_out_t *out,
    ngx_apigw_event_t *event);


/* ngx_apigw_event_context.c: requestContext */

void ngx_apigw_event_context(ngx_apigw_event_ctx_t *ctx);
void ngx_apigw_event_context_2(ngx_apigw_event_ctx_t *ctx);


#endif /* _NGX_APIGW_EVENT_INT_H_INCLUDED_ */
