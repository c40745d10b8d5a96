
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_POLICY_H_INCLUDED_
#define _NGX_APIGW_POLICY_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_json.h"


/*
 * What a Lambda authorizer says, and the IAM policy in it (IAM User Guide,
 * JSON policy elements): statements with Effect, Action or NotAction, Resource
 * or NotResource, Condition.  What is not known makes a policy malformed, it
 * never opens anything.
 */

typedef struct {
    ngx_str_t               arn;         /* of the method that is called */
    ngx_str_t               source_ip;   /* aws:SourceIp, as text */
    ngx_str_t               user_agent;  /* aws:UserAgent; "": not there */
    ngx_str_t               referer;     /* aws:Referer; "": not there */
    int64_t                 time;        /* aws:CurrentTime, aws:EpochTime */
    unsigned                secure:1;    /* aws:SecureTransport */
} ngx_apigw_policy_request_t;


typedef enum {
    NGX_APIGW_POLICY_NONE = 0,     /* no statement matches: denied */
    NGX_APIGW_POLICY_ALLOW,
    NGX_APIGW_POLICY_DENY          /* explicitly */
} ngx_apigw_policy_e;


typedef struct {
    ngx_str_t               principal;   /* principalId, "" in a simple one */
    ngx_apigw_json_t       *policy;      /* NULL: it is a simple one */
    ngx_apigw_json_t       *context;     /* an object, or NULL */
    ngx_str_t               usage_key;   /* usageIdentifierKey; "": none */
    ngx_uint_t              authorized;  /* isAuthorized of a simple one */
} ngx_apigw_verdict_t;


/*
 * With a policy there is a principalId, a string that is not empty.  rest:
 * context holds strings, numbers and booleans only.  simple: the answer is
 * {"isAuthorized": ..., "context": ...}.  An answer of one form with the
 * member of the other is malformed, members that are not known are ignored,
 * and null is as good as nothing for all but principalId and isAuthorized.
 * The policy is checked whole.  All points into root.
 *
 *     NGX_OK
 *     NGX_DECLINED  malformed: *reason is a static text
 */
ngx_int_t ngx_apigw_verdict_read(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root, ngx_uint_t rest, ngx_uint_t simple,
    const char **reason);

/* the same of a root that was read before, which is not checked again */
void ngx_apigw_verdict_again(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root);

/*
 * All of it must be known: elements, operators, and keys, of which there are
 * those of the request above.  At most 1000 actions, resources and values in
 * 64 KB, so that a decision is cheap.  NGX_OK, or NGX_DECLINED and *reason is
 * a static text.
 */
ngx_int_t ngx_apigw_policy_check(ngx_apigw_json_t *policy,
    const char **reason);

/* Of a policy that was checked: ngx_apigw_policy_e */
ngx_uint_t ngx_apigw_policy_decide(ngx_apigw_json_t *policy,
    ngx_apigw_policy_request_t *request);

/* of a verdict: NGX_APIGW_POLICY_NONE where a simple one is false */
ngx_uint_t ngx_apigw_verdict_decide(ngx_apigw_verdict_t *verdict,
    ngx_apigw_policy_request_t *request);


#endif /* _NGX_APIGW_POLICY_H_INCLUDED_ */
