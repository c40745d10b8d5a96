
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_JSON_H_INCLUDED_
#define _NGX_APIGW_JSON_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * JSON (RFC 8259) as foreigners send it, parsed by jansson and turned into a
 * tree of ours: one block, never changed, so that it may be kept and counted.
 *
 * Refused: what is not UTF-8, the same name twice in one object, a NUL in a
 * string or a name, an integer outside 64 bits, a real number that overflows,
 * nesting beyond depth, text behind the value.
 */

typedef enum {
    NGX_APIGW_JSON_NULL = 0,
    NGX_APIGW_JSON_FALSE,
    NGX_APIGW_JSON_TRUE,
    NGX_APIGW_JSON_INTEGER,
    NGX_APIGW_JSON_REAL,
    NGX_APIGW_JSON_STRING,
    NGX_APIGW_JSON_ARRAY,
    NGX_APIGW_JSON_OBJECT
} ngx_apigw_json_type_e;


typedef struct ngx_apigw_json_s  ngx_apigw_json_t;

struct ngx_apigw_json_s {
    ngx_str_t                  name;     /* of a member, else empty */
    ngx_str_t                  text;     /* STRING: its bytes; scalars: as JSON
                                            writes them; else empty */
    int64_t                    integer;  /* INTEGER */
    double                     real;     /* REAL */
    ngx_apigw_json_t          *first;    /* of ARRAY and OBJECT, in the order
                                            of the text; NULL: empty */
    ngx_apigw_json_t          *next;     /* beside it */
    ngx_uint_t                 type;     /* ngx_apigw_json_type_e */
};


/*
 * One value, a scalar, too; the tree is one block of the pool, the text may be
 * freed.
 *
 *     NGX_OK        *value is set
 *     NGX_DECLINED  it is not acceptable JSON: *reason is a static text
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_apigw_json_parse(ngx_apigw_json_t **value, ngx_str_t *text,
    ngx_uint_t depth, ngx_pool_t *pool, const char **reason);

/* Bytes of a copy; the copy, in a block of so many, aligned for pointers */
size_t ngx_apigw_json_size(ngx_apigw_json_t *value);
ngx_apigw_json_t *ngx_apigw_json_copy(ngx_apigw_json_t *value, void *block);

/* The member of an object, NULL: there is none, or it is no object. */
ngx_apigw_json_t *ngx_apigw_json_member(ngx_apigw_json_t *object,
    const char *name, size_t len);

#define ngx_apigw_json_get(object, name)                                     \
    ngx_apigw_json_member(object, name, sizeof(name) - 1)

/*
 * What a JSON pointer (RFC 6901) leads to, NULL: nothing.  check() tells
 * whether a text is one: NGX_OK, NGX_ERROR.
 */
ngx_apigw_json_t *ngx_apigw_json_pointer(ngx_apigw_json_t *value,
    ngx_str_t *pointer);
ngx_int_t ngx_apigw_json_pointer_check(ngx_str_t *pointer);

/*
 * A value as compact JSON in ASCII, in its order: NGX_OK, and text is in the
 * pool; NGX_ERROR: no memory.
 */
ngx_int_t ngx_apigw_json_print(ngx_apigw_json_t *value, ngx_pool_t *pool,
    ngx_str_t *text);


#endif /* _NGX_APIGW_JSON_H_INCLUDED_ */
