
/*
 * Copyright (C) ngx_apigw contributors
 */


/* Developer Guide, output from an API Gateway Lambda authorizer */

#include "ngx_apigw_policy.h"


static const char *ngx_apigw_verdict_simple(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root);
static const char *ngx_apigw_verdict_policy(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root);
static const char *ngx_apigw_verdict_context(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root, ngx_uint_t rest);
static const char *ngx_apigw_verdict_usage_key(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root);
static ngx_apigw_json_t *ngx_apigw_verdict_member(ngx_apigw_json_t *root,
    const char *name);


ngx_int_t
ngx_apigw_verdict_read(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root,
    ngx_uint_t rest, ngx_uint_t simple, const char **reason)
{
    ngx_memzero(verdict, sizeof(ngx_apigw_verdict_t));

    if (root->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "it is not a JSON object";
        return NGX_DECLINED;
    }

    *reason = simple ? ngx_apigw_verdict_simple(verdict, root)
                     : ngx_apigw_verdict_policy(verdict, root);

    if (*reason == NULL) {
        *reason = ngx_apigw_verdict_context(verdict, root, rest);
    }

    if (*reason == NULL) {
        *reason = ngx_apigw_verdict_usage_key(verdict, root);
    }

    if (*reason) {
        ngx_memzero(verdict, sizeof(ngx_apigw_verdict_t));
        return NGX_DECLINED;
    }

    return NGX_OK;
}


void
ngx_apigw_verdict_again(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root)
{
    ngx_apigw_json_t  *value;

    ngx_memzero(verdict, sizeof(ngx_apigw_verdict_t));

    verdict->policy = ngx_apigw_verdict_member(root, "policyDocument");
    verdict->context = ngx_apigw_verdict_member(root, "context");

    if (verdict->policy) {
        verdict->principal = ngx_apigw_json_get(root, "principalId")->text;

    } else {
        value = ngx_apigw_json_get(root, "isAuthorized");
        verdict->authorized = (value->type == NGX_APIGW_JSON_TRUE);
    }

    value = ngx_apigw_verdict_member(root, "usageIdentifierKey");

    if (value) {
        verdict->usage_key = value->text;
    }
}


static const char *
ngx_apigw_verdict_simple(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root)
{
    ngx_apigw_json_t  *value;

    if (ngx_apigw_verdict_member(root, "policyDocument")) {
        return "\"policyDocument\" in a simple response";
    }

    value = ngx_apigw_json_get(root, "isAuthorized");

    if (value == NULL
        || (value->type != NGX_APIGW_JSON_TRUE
            && value->type != NGX_APIGW_JSON_FALSE))
    {
        return "\"isAuthorized\" is neither true nor false";
    }

    verdict->authorized = (value->type == NGX_APIGW_JSON_TRUE);

    return NULL;
}


static const char *
ngx_apigw_verdict_policy(ngx_apigw_verdict_t *verdict, ngx_apigw_json_t *root)
{
    const char        *reason;
    ngx_apigw_json_t  *value;

    if (ngx_apigw_verdict_member(root, "isAuthorized")) {
        return "\"isAuthorized\" where simple responses are off";
    }

    value = ngx_apigw_json_get(root, "principalId");

    if (value == NULL || value->type != NGX_APIGW_JSON_STRING
        || value->text.len == 0)
    {
        return "\"principalId\" is not a string, or empty";
    }

    verdict->principal = value->text;

    value = ngx_apigw_verdict_member(root, "policyDocument");

    if (value == NULL) {
        return "there is no \"policyDocument\"";
    }

    if (ngx_apigw_policy_check(value, &reason) != NGX_OK) {
        return reason;
    }

    verdict->policy = value;

    return NULL;
}


static const char *
ngx_apigw_verdict_context(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root, ngx_uint_t rest)
{
    ngx_apigw_json_t  *context, *value;

    context = ngx_apigw_verdict_member(root, "context");

    if (context == NULL) {
        return NULL;
    }

    if (context->type != NGX_APIGW_JSON_OBJECT) {
        return "\"context\" is not an object";
    }

    for (value = context->first; rest && value; value = value->next) {

        if (value->type == NGX_APIGW_JSON_NULL
            || value->type == NGX_APIGW_JSON_ARRAY
            || value->type == NGX_APIGW_JSON_OBJECT)
        {
            return "\"context\" has a value that is no string, number or"
                   " boolean";
        }
    }

    verdict->context = context;

    return NULL;
}


static const char *
ngx_apigw_verdict_usage_key(ngx_apigw_verdict_t *verdict,
    ngx_apigw_json_t *root)
{
    ngx_apigw_json_t  *value;

    value = ngx_apigw_verdict_member(root, "usageIdentifierKey");

    if (value == NULL) {
        return NULL;
    }

    if (value->type != NGX_APIGW_JSON_STRING) {
        return "\"usageIdentifierKey\" is not a string";
    }

    verdict->usage_key = value->text;

    return NULL;
}


/* null is what some languages make of a member that is not there */

static ngx_apigw_json_t *
ngx_apigw_verdict_member(ngx_apigw_json_t *root, const char *name)
{
    ngx_apigw_json_t  *value;

    value = ngx_apigw_json_member(root, name, strlen(name));

    return (value && value->type != NGX_APIGW_JSON_NULL) ? value : NULL;
}


ngx_uint_t
ngx_apigw_verdict_decide(ngx_apigw_verdict_t *verdict,
    ngx_apigw_policy_request_t *request)
{
    if (verdict->policy) {
        return ngx_apigw_policy_decide(verdict->policy, request);
    }

    return verdict->authorized ? NGX_APIGW_POLICY_ALLOW
                               : NGX_APIGW_POLICY_NONE;
}
