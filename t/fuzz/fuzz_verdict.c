
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What an authorizer answers, after a byte of flags: what is refused leaves
 * nothing behind that allows; what allows says so, and in a REST API nothing
 * of its context is nested.
 */

#include <stdio.h>

#include "ngx_apigw_policy.h"


#define check(cond)  if (!(cond)) { abort(); }

#define DEPTH  16


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void take(ngx_apigw_json_t *root, ngx_uint_t rest, ngx_uint_t simple);
static void hold(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root,
    ngx_uint_t rest, ngx_uint_t simple);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t          text;
    ngx_pool_t        *pool;
    const char        *reason;
    ngx_apigw_json_t  *root;

    if (size == 0) {
        return 0;
    }

    pool = ngx_create_pool(4096, NULL);
    check(pool);

    text.len = size - 1;
    text.data = ngx_pnalloc(pool, size);
    check(text.data);

    memcpy(text.data, data + 1, size - 1);

    if (ngx_apigw_json_parse(&root, &text, DEPTH, pool, &reason) == NGX_OK) {
        take(root, data[0] & 1, (data[0] & 2) != 0);
    }

    ngx_destroy_pool(pool);

    return 0;
}


static void
take(ngx_apigw_json_t *root, ngx_uint_t rest, ngx_uint_t simple)
{
    ngx_int_t                    rc;
    const char                  *reason;
    ngx_apigw_verdict_t          verdict;
    ngx_apigw_policy_request_t   request;

    memset(&request, 0, sizeof(ngx_apigw_policy_request_t));

    ngx_str_set(&request.arn, "arn:aws:execute-api:us-east-1:1:a/prod/GET/a");

    reason = NULL;
    memset(&verdict, 0xff, sizeof(ngx_apigw_verdict_t));

    rc = ngx_apigw_verdict_read(&verdict, root, rest, simple, &reason);

    if (rc == NGX_OK) {
        hold(&verdict, root, rest, simple);

        (void) ngx_apigw_verdict_decide(&verdict, &request);

        return;
    }

    check(rc == NGX_DECLINED && reason && reason[0]);
    check(ngx_apigw_verdict_decide(&verdict, &request)
          == NGX_APIGW_POLICY_NONE);
}


static void
hold(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root, ngx_uint_t rest,
    ngx_uint_t simple)
{
    ngx_apigw_json_t            *value;
    ngx_apigw_policy_request_t   request;

    memset(&request, 0, sizeof(ngx_apigw_policy_request_t));

    if (simple) {
        value = ngx_apigw_json_get(root, "isAuthorized");

        check(value && verdict->policy == NULL);
        check(verdict->authorized == (value->type == NGX_APIGW_JSON_TRUE));
        check(verdict->principal.len == 0);
        check(ngx_apigw_verdict_decide(verdict, &request)
              == (verdict->authorized ? NGX_APIGW_POLICY_ALLOW
                                      : NGX_APIGW_POLICY_NONE));

    } else {
        check(verdict->policy && verdict->principal.len);
        check(verdict->policy == ngx_apigw_json_get(root, "policyDocument"));
        check(verdict->authorized == 0);
    }

    if (verdict->context == NULL) {
        return;
    }

    check(verdict->context->type == NGX_APIGW_JSON_OBJECT);

    for (value = verdict->context->first; value; value = value->next) {
        check(!rest || value->text.len
              || value->type == NGX_APIGW_JSON_STRING);
        check(!rest || value->type != NGX_APIGW_JSON_NULL);
    }
}
