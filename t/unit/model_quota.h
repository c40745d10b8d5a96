
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _MODEL_QUOTA_H_INCLUDED_
#define _MODEL_QUOTA_H_INCLUDED_


/*
 * A second copy of base/ngx_apigw_quota.c that can be stopped between any two
 * of its atomic steps, as a worker can.
 */

#define ngx_apigw_quota_take      model_quota_take
#define ngx_apigw_quota_read      model_quota_read
#define ngx_apigw_quota_freeze    model_quota_freeze
#define ngx_apigw_quota_apply     model_quota_apply
#define ngx_apigw_quota_adopt     model_quota_adopt
#define ngx_apigw_quota_begin     model_quota_begin
#define ngx_apigw_quota_overdraw  model_quota_overdraw
#define ngx_apigw_quota_day       model_quota_day
#define ngx_apigw_quota_on        model_quota_on

#include "ngx_apigw_quota.h"


typedef void (*model_quota_pt)(ngx_apigw_quota_t *q, const void *data);


/* runs handler to its end; the steps it had */
ngx_uint_t model_quota_run(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data);

/* runs it up to a step, where it stops */
void model_quota_stop(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data, ngx_uint_t step);

/*
 * Goes on with what was stopped: from is the record as it was at the start, q
 * is what it has become, and becomes what it is at the end.
 */
void model_quota_resume(ngx_apigw_quota_t *q, model_quota_pt handler,
    const void *data, ngx_uint_t step, const ngx_apigw_quota_t *from);


#endif /* _MODEL_QUOTA_H_INCLUDED_ */
