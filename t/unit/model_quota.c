
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <setjmp.h>

#include "model_quota.h"


static ngx_uint_t                model_quota_cmp_set(ngx_atomic_t *word,
    ngx_atomic_uint_t old, ngx_atomic_uint_t set);
static void model_quota_step(void);


static ngx_uint_t                model_quota_steps;
static ngx_uint_t                model_quota_last;
static ngx_apigw_quota_t        *model_quota_memory;
static const ngx_apigw_quota_t  *model_quota_became;
static jmp_buf                   model_quota_jump;


#undef ngx_atomic_cmp_set
#undef ngx_memory_barrier

#define ngx_atomic_cmp_set(word, old, set)                                   \
    model_quota_cmp_set(word, old, set)
#define ngx_memory_barrier()  model_quota_step()

#include "ngx_apigw_quota.c"


static ngx_uint_t
model_quota_cmp_set(ngx_atomic_t *word, ngx_atomic_uint_t old,
    ngx_atomic_uint_t set)
{
    ngx_uint_t  done;

    model_quota_step();

    done = (*word == old);

    if (done) {
        *word = set;
    }

    model_quota_step();

    return done;
}


static void
model_quota_step(void)
{
    if (++model_quota_steps != model_quota_last) {
        return;
    }

    if (model_quota_became == NULL) {
        longjmp(model_quota_jump, 1);
    }

    *model_quota_memory = *model_quota_became;
}


ngx_uint_t
model_quota_run(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data)
{
    model_quota_steps = 0;
    model_quota_last = 0;

    handler(q, data);

    return model_quota_steps;
}


void
model_quota_stop(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data, ngx_uint_t step)
{
    model_quota_steps = 0;
    model_quota_last = step;
    model_quota_became = NULL;

    if (setjmp(model_quota_jump) == 0) {
        handler(q, data);
    }

    model_quota_last = 0;
}


void
model_quota_resume(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data, ngx_uint_t step, const ngx_apigw_quota_t *from)
{
    ngx_apigw_quota_t  became;

    became = *q;
    *q = *from;

    model_quota_steps = 0;
    model_quota_last = step;
    model_quota_memory = q;
    model_quota_became = &became;

    handler(q, data);

    model_quota_last = 0;
}
