
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * "ARN\nsource\nagent\npolicy": a policy that was checked decides, the same
 * each time; without an "Allow" it never allows, without a "Deny" it never
 * denies; with a statement more that denies all it denies.
 */

#include <stdio.h>

#include "ngx_apigw_policy_int.h"


#define check(cond)  if (!(cond)) { abort(); }

#define DEPTH  16


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_str_t next_line(u_char **p, u_char *last);
static ngx_uint_t has(ngx_apigw_json_t *value, const char *text);
static void decide(ngx_apigw_json_t *policy,
    ngx_apigw_policy_request_t *request, ngx_pool_t *pool);
static void deny(ngx_apigw_json_t *policy,
    ngx_apigw_policy_request_t *request, ngx_pool_t *pool);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                      *copy, *p, *last;
    ngx_int_t                    rc;
    ngx_str_t                    text;
    ngx_pool_t                  *pool;
    const char                  *reason;
    ngx_apigw_json_t            *policy;
    ngx_apigw_policy_request_t   request;

    pool = ngx_create_pool(4096, NULL);
    check(pool);

    copy = ngx_pnalloc(pool, size + 1);
    check(copy);

    memcpy(copy, data, size);

    p = copy;
    last = copy + size;

    memset(&request, 0, sizeof(ngx_apigw_policy_request_t));

    request.arn = next_line(&p, last);
    request.source_ip = next_line(&p, last);
    request.user_agent = next_line(&p, last);
    request.referer = request.user_agent;
    request.time = 1795377600;
    request.secure = size & 1;

    text.data = p;
    text.len = last - p;

    if (ngx_apigw_json_parse(&policy, &text, DEPTH, pool, &reason) == NGX_OK) {
        reason = NULL;

        rc = ngx_apigw_policy_check(policy, &reason);

        check(rc == NGX_OK || (rc == NGX_DECLINED && reason && reason[0]));

        if (rc == NGX_OK) {
            decide(policy, &request, pool);
        }
    }

    ngx_destroy_pool(pool);

    return 0;
}


static ngx_str_t
next_line(u_char **p, u_char *last)
{
    u_char     *end;
    ngx_str_t   line;

    end = ngx_strlchr(*p, last, '\n');
    if (end == NULL) {
        end = last;
    }

    line.data = *p;
    line.len = end - *p;

    *p = (end < last) ? end + 1 : last;

    return line;
}


static void
decide(ngx_apigw_json_t *policy, ngx_apigw_policy_request_t *request,
    ngx_pool_t *pool)
{
    ngx_uint_t  verdict;

    verdict = ngx_apigw_policy_decide(policy, request);

    check(verdict == NGX_APIGW_POLICY_NONE || verdict == NGX_APIGW_POLICY_ALLOW
          || verdict == NGX_APIGW_POLICY_DENY);
    check(verdict == ngx_apigw_policy_decide(policy, request));

    check(verdict != NGX_APIGW_POLICY_ALLOW || has(policy, "Allow"));
    check(verdict != NGX_APIGW_POLICY_DENY || has(policy, "Deny"));

    deny(policy, request, pool);
}


static ngx_uint_t
has(ngx_apigw_json_t *value, const char *text)
{
    ngx_apigw_json_t  *child;

    if (value->type == NGX_APIGW_JSON_STRING
        && value->text.len == strlen(text)
        && memcmp(value->text.data, text, value->text.len) == 0)
    {
        return 1;
    }

    for (child = value->first; child; child = child->next) {

        if (has(child, text)) {
            return 1;
        }
    }

    return 0;
}


static void
deny(ngx_apigw_json_t *policy, ngx_apigw_policy_request_t *request,
    ngx_pool_t *pool)
{
    ngx_str_t          text;
    const char        *reason;
    ngx_apigw_json_t  *statement, *list, *last;

    ngx_str_set(&text, "{\"Effect\":\"Deny\",\"Action\":\"*\","
                       "\"Resource\":\"*\"}");

    check(ngx_apigw_json_parse(&statement, &text, DEPTH, pool, &reason)
          == NGX_OK);

    list = ngx_apigw_json_get(policy, "Statement");
    check(list);

    if (list->type != NGX_APIGW_JSON_ARRAY) {
        return;
    }

    for (last = list->first; last->next; last = last->next) { /* void */ }

    last->next = statement;

    if (ngx_apigw_policy_check(policy, &reason) == NGX_OK) {
        check(ngx_apigw_policy_decide(policy, request)
              == NGX_APIGW_POLICY_DENY);
    }
}
