
/*
 * Copyright (C) ngx_apigw contributors
 */


/* IAM User Guide, JSON policy elements, and how policies are evaluated */

#include "ngx_apigw_policy_int.h"
#include "ngx_apigw_text.h"


static const char *ngx_apigw_policy_members(ngx_apigw_json_t *policy);
static ngx_uint_t ngx_apigw_policy_known(ngx_str_t *name, const char **names);
static const char *ngx_apigw_policy_statement(ngx_apigw_json_t *statement,
    ngx_apigw_policy_cost_t *cost);
static ngx_apigw_json_t *ngx_apigw_policy_either(ngx_apigw_json_t *statement,
    const char *name);
static const char *ngx_apigw_policy_actions(ngx_apigw_json_t *value,
    ngx_apigw_policy_cost_t *cost);
static const char *ngx_apigw_policy_resources(ngx_apigw_json_t *value,
    ngx_apigw_policy_cost_t *cost);
static ngx_uint_t ngx_apigw_policy_is(ngx_apigw_json_t *value,
    const char *text);
static ngx_uint_t ngx_apigw_policy_applies(ngx_apigw_json_t *statement,
    ngx_apigw_policy_request_t *request);
static ngx_uint_t ngx_apigw_policy_invokes(ngx_apigw_json_t *value);
static ngx_uint_t ngx_apigw_policy_any(ngx_apigw_json_t *value,
    ngx_str_t *text);


static ngx_str_t  ngx_apigw_policy_invoke = ngx_string("execute-api:invoke");


ngx_int_t
ngx_apigw_policy_check(ngx_apigw_json_t *policy, const char **reason)
{
    ngx_apigw_json_t         *statements, *item;
    ngx_apigw_policy_cost_t   cost;

    *reason = ngx_apigw_policy_members(policy);

    if (*reason) {
        return NGX_DECLINED;
    }

    ngx_memzero(&cost, sizeof(ngx_apigw_policy_cost_t));

    statements = ngx_apigw_json_get(policy, "Statement");

    if (statements == NULL || ngx_apigw_policy_first(statements) == NULL) {
        *reason = "the policy has no statement";
        return NGX_DECLINED;
    }

    for (item = ngx_apigw_policy_first(statements);
         item;
         item = ngx_apigw_policy_next(statements, item))
    {
        *reason = ngx_apigw_policy_statement(item, &cost);

        if (*reason) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static const char *
ngx_apigw_policy_members(ngx_apigw_json_t *policy)
{
    ngx_apigw_json_t  *member, *value;

    static const char  *names[] = { "Version", "Id", "Statement", NULL };

    if (policy->type != NGX_APIGW_JSON_OBJECT) {
        return "the policy is not an object";
    }

    for (member = policy->first; member; member = member->next) {

        if (!ngx_apigw_policy_known(&member->name, names)) {
            return "the policy has a member that is none of \"Version\","
                   " \"Id\" and \"Statement\"";
        }
    }

    value = ngx_apigw_json_get(policy, "Version");

    if (value
        && !ngx_apigw_policy_is(value, "2012-10-17")
        && !ngx_apigw_policy_is(value, "2008-10-17"))
    {
        return "\"Version\" is neither \"2012-10-17\" nor \"2008-10-17\"";
    }

    value = ngx_apigw_json_get(policy, "Id");

    if (value && value->type != NGX_APIGW_JSON_STRING) {
        return "\"Id\" is not a string";
    }

    return NULL;
}


/* one of the names, of which the last is NULL */

static ngx_uint_t
ngx_apigw_policy_known(ngx_str_t *name, const char **names)
{
    for ( /* void */ ; *names; names++) {

        if (name->len == strlen(*names)
            && ngx_memcmp(name->data, *names, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static const char *
ngx_apigw_policy_statement(ngx_apigw_json_t *statement,
    ngx_apigw_policy_cost_t *cost)
{
    const char        *reason;
    ngx_apigw_json_t  *member, *value;

    static const char  *names[] = {
        "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource",
        "Condition", NULL
    };

    if (statement->type != NGX_APIGW_JSON_OBJECT) {
        return "a statement is not an object";
    }

    for (member = statement->first; member; member = member->next) {

        if (!ngx_apigw_policy_known(&member->name, names)) {
            return "a statement has a member that is none of \"Sid\","
                   " \"Effect\", \"Action\", \"NotAction\", \"Resource\","
                   " \"NotResource\" and \"Condition\"";
        }
    }

    value = ngx_apigw_json_get(statement, "Sid");

    if (value && value->type != NGX_APIGW_JSON_STRING) {
        return "\"Sid\" is not a string";
    }

    value = ngx_apigw_json_get(statement, "Effect");

    if (value == NULL
        || (!ngx_apigw_policy_is(value, "Allow")
            && !ngx_apigw_policy_is(value, "Deny")))
    {
        return "\"Effect\" is neither \"Allow\" nor \"Deny\"";
    }

    reason = ngx_apigw_policy_actions(
                             ngx_apigw_policy_either(statement, "NotAction"),
                             cost);
    if (reason) {
        return reason;
    }

    reason = ngx_apigw_policy_resources(
                           ngx_apigw_policy_either(statement, "NotResource"),
                           cost);
    if (reason) {
        return reason;
    }

    value = ngx_apigw_json_get(statement, "Condition");

    return value ? ngx_apigw_policy_condition(value, cost) : NULL;
}


/* "NotAction" or "Action", but not both */

static ngx_apigw_json_t *
ngx_apigw_policy_either(ngx_apigw_json_t *statement, const char *name)
{
    ngx_apigw_json_t  *not, *plain;

    not = ngx_apigw_json_member(statement, name, strlen(name));
    plain = ngx_apigw_json_member(statement, name + 3, strlen(name + 3));

    return (not == NULL) ? plain : (plain == NULL) ? not : NULL;
}


static const char *
ngx_apigw_policy_actions(ngx_apigw_json_t *value,
    ngx_apigw_policy_cost_t *cost)
{
    const char        *reason;
    ngx_apigw_json_t  *item;

    if (value == NULL || ngx_apigw_policy_first(value) == NULL) {
        return "a statement has not one of \"Action\" and \"NotAction\"";
    }

    for (item = ngx_apigw_policy_first(value);
         item;
         item = ngx_apigw_policy_next(value, item))
    {
        if (item->type != NGX_APIGW_JSON_STRING) {
            return "an action is not a string";
        }

        if (!ngx_apigw_policy_is(item, "*")
            && ngx_strlchr(item->text.data, item->text.data + item->text.len,
                           ':')
               == NULL)
        {
            return "an action is neither \"*\" nor \"service:action\"";
        }

        reason = ngx_apigw_policy_count(cost, item);

        if (reason) {
            return reason;
        }
    }

    return NULL;
}


static const char *
ngx_apigw_policy_resources(ngx_apigw_json_t *value,
    ngx_apigw_policy_cost_t *cost)
{
    const char        *reason;
    ngx_apigw_json_t  *item;

    if (value == NULL || ngx_apigw_policy_first(value) == NULL) {
        return "a statement has not one of \"Resource\" and \"NotResource\"";
    }

    for (item = ngx_apigw_policy_first(value);
         item;
         item = ngx_apigw_policy_next(value, item))
    {
        if (item->type != NGX_APIGW_JSON_STRING) {
            return "a resource is not a string";
        }

        if ((item->text.len < 4 || ngx_memcmp(item->text.data, "arn:", 4) != 0)
            && (item->text.len == 0 || item->text.data[0] != '*'))
        {
            return "a resource begins neither with \"arn:\" nor with \"*\"";
        }

        if (item->text.len > NGX_APIGW_POLICY_MAX_RESOURCE) {
            return "a resource is longer than 512 characters";
        }

        if (ngx_apigw_policy_variable(&item->text)) {
            return "a resource has a policy variable, \"${\"";
        }

        reason = ngx_apigw_policy_count(cost, item);

        if (reason) {
            return reason;
        }
    }

    return NULL;
}


const char *
ngx_apigw_policy_count(ngx_apigw_policy_cost_t *cost, ngx_apigw_json_t *value)
{
    cost->patterns++;
    cost->bytes += value->text.len;

    if (cost->patterns > NGX_APIGW_POLICY_MAX_PATTERNS) {
        return "the policy has more than 1000 actions, resources and values";
    }

    if (cost->bytes > NGX_APIGW_POLICY_MAX_BYTES) {
        return "the policy is larger than 64 KB";
    }

    return NULL;
}


ngx_uint_t
ngx_apigw_policy_variable(ngx_str_t *pattern)
{
    size_t  i;

    for (i = 1; i < pattern->len; i++) {

        if (pattern->data[i] == '{' && pattern->data[i - 1] == '$') {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_apigw_policy_is(ngx_apigw_json_t *value, const char *text)
{
    return value->type == NGX_APIGW_JSON_STRING
           && value->text.len == strlen(text)
           && ngx_memcmp(value->text.data, text, value->text.len) == 0;
}


ngx_uint_t
ngx_apigw_policy_decide(ngx_apigw_json_t *policy,
    ngx_apigw_policy_request_t *request)
{
    ngx_uint_t         verdict;
    ngx_apigw_json_t  *statements, *item, *effect;

    verdict = NGX_APIGW_POLICY_NONE;

    statements = ngx_apigw_json_get(policy, "Statement");

    for (item = ngx_apigw_policy_first(statements);
         item;
         item = ngx_apigw_policy_next(statements, item))
    {
        if (!ngx_apigw_policy_applies(item, request)) {
            continue;
        }

        effect = ngx_apigw_json_get(item, "Effect");

        if (!ngx_apigw_policy_is(effect, "Allow")) {
            return NGX_APIGW_POLICY_DENY;
        }

        verdict = NGX_APIGW_POLICY_ALLOW;
    }

    return verdict;
}


static ngx_uint_t
ngx_apigw_policy_applies(ngx_apigw_json_t *statement,
    ngx_apigw_policy_request_t *request)
{
    ngx_apigw_json_t  *value;

    value = ngx_apigw_json_get(statement, "Action");

    if (value) {

        if (!ngx_apigw_policy_invokes(value)) {
            return 0;
        }

    } else {
        value = ngx_apigw_json_get(statement, "NotAction");

        if (ngx_apigw_policy_invokes(value)) {
            return 0;
        }
    }

    value = ngx_apigw_json_get(statement, "Resource");

    if (value) {

        if (!ngx_apigw_policy_any(value, &request->arn)) {
            return 0;
        }

    } else {
        value = ngx_apigw_json_get(statement, "NotResource");

        if (ngx_apigw_policy_any(value, &request->arn)) {
            return 0;
        }
    }

    value = ngx_apigw_json_get(statement, "Condition");

    return value == NULL || ngx_apigw_policy_holds(value, request);
}


static ngx_uint_t
ngx_apigw_policy_invokes(ngx_apigw_json_t *value)
{
    ngx_apigw_json_t  *item;

    for (item = ngx_apigw_policy_first(value);
         item;
         item = ngx_apigw_policy_next(value, item))
    {
        /* as all write it */

        if (ngx_apigw_policy_is(item, "execute-api:Invoke")
            || ngx_apigw_policy_like(&item->text, &ngx_apigw_policy_invoke, 1))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_apigw_policy_any(ngx_apigw_json_t *value, ngx_str_t *text)
{
    ngx_apigw_json_t  *item;

    for (item = ngx_apigw_policy_first(value);
         item;
         item = ngx_apigw_policy_next(value, item))
    {
        if (ngx_apigw_policy_like(&item->text, text, 0)) {
            return 1;
        }
    }

    return 0;
}


static ngx_inline uint64_t
ngx_apigw_policy_has_star(uint64_t w)
{
    w ^= NGX_APIGW_TEXT_ONES * '*';

    return (w - NGX_APIGW_TEXT_ONES) & ~w & (NGX_APIGW_TEXT_ONES * 0x80);
}


/* to what may stand behind a "*": c is the next of the pattern */

static ngx_inline u_char *
ngx_apigw_policy_skip(u_char *s, u_char *last, u_char c, ngx_uint_t lower)
{
    if (lower || c == '*' || c == '?') {
        return s;
    }

    while (s < last && *s != c) {
        s++;
    }

    return s;
}


ngx_uint_t
ngx_apigw_policy_like(ngx_str_t *pattern, ngx_str_t *text, ngx_uint_t lower)
{
    u_char     c, *p, *s, *plast, *slast, *star, *from;
    uint64_t   a, b;

    p = pattern->data;
    plast = p + pattern->len;

    s = text->data;
    slast = s + text->len;

    star = NULL;
    from = NULL;

    /* most of an ARN */

    while (!lower && slast - s >= 8 && plast - p >= 8) {
        ngx_memcpy(&a, p, 8);
        ngx_memcpy(&b, s, 8);

        if (a != b || ngx_apigw_policy_has_star(a)) {
            break;
        }

        p += 8;
        s += 8;
    }

    while (!lower && s < slast && p < plast && *p == *s && *p != '*') {
        p++;
        s++;
    }

    while (s < slast) {

        if (p < plast) {

            if (*p == '*') {
                star = ++p;

                if (p == plast) {
                    return 1;
                }

                s = ngx_apigw_policy_skip(s, slast, *p, lower);
                from = s;

                continue;
            }

            c = lower ? ngx_tolower(*p) : *p;

            if (c == *s || c == '?') {
                p++;
                s++;
                continue;
            }
        }

        /* only the last "*" may take more: an earlier one gains nothing */

        if (star == NULL) {
            return 0;
        }

        p = star;
        s = ngx_apigw_policy_skip(from + 1, slast, *p, lower);
        from = s;
    }

    while (p < plast && *p == '*') {
        p++;
    }

    return p == plast;
}
