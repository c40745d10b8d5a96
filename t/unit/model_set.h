
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _MODEL_SET_H_INCLUDED_
#define _MODEL_SET_H_INCLUDED_


#include "ngx_stub.h"


/* a set of things of one size, each with a number in the order they came */

typedef struct {
    size_t      size;
    u_char     *items;
    uint32_t   *slots;
    uint32_t    count;
    uint32_t    room;
    uint32_t    mask;
} model_set_t;


void model_set_init(model_set_t *set, size_t size);
void model_set_free(model_set_t *set);

/* the number of a thing; fresh: whether it is new, or NULL */
uint32_t model_set_add(model_set_t *set, const void *item, ngx_uint_t *fresh);

/* realloc(), or the end */
void *model_set_alloc(void *p, size_t size);

/* valid until the next one is added */
void *model_set_get(model_set_t *set, uint32_t n);


#endif /* _MODEL_SET_H_INCLUDED_ */
