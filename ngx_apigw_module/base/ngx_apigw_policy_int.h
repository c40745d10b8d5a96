
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_POLICY_INT_H_INCLUDED_
#define _NGX_APIGW_POLICY_INT_H_INCLUDED_


#include "ngx_apigw_policy.h"
#include "ngx_apigw_addr.h"


/*
 * What is compared in a decision, of all statements: actions, resources and
 * values of conditions.  An ARN in a policy has 512 characters at most (AWS).
 */

#define NGX_APIGW_POLICY_MAX_PATTERNS  1000
#define NGX_APIGW_POLICY_MAX_BYTES     65536
#define NGX_APIGW_POLICY_MAX_RESOURCE  512

typedef struct {
    ngx_uint_t              patterns;
    size_t                  bytes;
} ngx_apigw_policy_cost_t;

/* NULL, or that it is too much */
const char *ngx_apigw_policy_count(ngx_apigw_policy_cost_t *cost,
    ngx_apigw_json_t *value);


/* the items of a list, or the one value that stands for it */

static ngx_inline ngx_apigw_json_t *
ngx_apigw_policy_first(ngx_apigw_json_t *value)
{
    return (value->type == NGX_APIGW_JSON_ARRAY) ? value->first : value;
}


static ngx_inline ngx_apigw_json_t *
ngx_apigw_policy_next(ngx_apigw_json_t *value, ngx_apigw_json_t *item)
{
    return (value->type == NGX_APIGW_JSON_ARRAY) ? item->next : NULL;
}


/*
 * "*" is any text, "?" any byte.  lower: 1: the text is in lower case, of the
 * pattern the case does not matter.  At most a product of both lengths, where
 * what is between two "*" repeats itself.
 */
ngx_uint_t ngx_apigw_policy_like(ngx_str_t *pattern, ngx_str_t *text,
    ngx_uint_t lower);

/* "${aws:username}" and the like, which nobody replaces here */
ngx_uint_t ngx_apigw_policy_variable(ngx_str_t *pattern);


/* ngx_apigw_policy_condition.c: NULL, or a reason; whether it holds */

const char *ngx_apigw_policy_condition(ngx_apigw_json_t *condition,
    ngx_apigw_policy_cost_t *cost);
ngx_uint_t ngx_apigw_policy_holds(ngx_apigw_json_t *condition,
    ngx_apigw_policy_request_t *request);


/* ngx_apigw_policy_value.c: values of conditions; NGX_OK, NGX_DECLINED */

typedef struct {
    ngx_apigw_addr_t        addr;
    ngx_uint_t              bits;
} ngx_apigw_policy_cidr_t;

/* a number of JSON, or a text "-12.5" */
ngx_int_t ngx_apigw_policy_number(ngx_apigw_json_t *value, double *number);

/*
 * Seconds of Unix time, of such a number, or of a text "2026-11-22",
 * "2026-11-22T20:00Z", "2026-11-22T20:00:00.5+01:00"
 */
ngx_int_t ngx_apigw_policy_date(ngx_apigw_json_t *value, double *time);

/* true and false, or as a text in either case */
ngx_int_t ngx_apigw_policy_flag(ngx_apigw_json_t *value, ngx_uint_t *flag);

/* "192.0.2.0/24", "2001:db8::/32", or an address */
ngx_int_t ngx_apigw_policy_cidr(ngx_apigw_json_t *value,
    ngx_apigw_policy_cidr_t *cidr);

/* an address; IPv4 within IPv6 is IPv4 */
ngx_int_t ngx_apigw_policy_addr(ngx_apigw_addr_t *addr, ngx_str_t *text);

ngx_uint_t ngx_apigw_policy_in(ngx_apigw_policy_cidr_t *cidr,
    ngx_apigw_addr_t *addr);

/* 1 where it is one; where that of a request matches that of a policy */
ngx_uint_t ngx_apigw_policy_is_arn(ngx_str_t *text);
ngx_uint_t ngx_apigw_policy_arn_matches(ngx_str_t *value, ngx_str_t *text);


#endif /* _NGX_APIGW_POLICY_INT_H_INCLUDED_ */
