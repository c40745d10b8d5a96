
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "ngx_apigw_policy.h"
#include "tap.h"


#define count(a)  (sizeof(a) / sizeof((a)[0]))

#define NONE      NGX_APIGW_POLICY_NONE
#define ALLOW     NGX_APIGW_POLICY_ALLOW
#define DENY      NGX_APIGW_POLICY_DENY
#define BAD       1000

#define REST      1
#define SIMPLE    2

#define POLICY(e)  "'policyDocument':{'Version':'2012-10-17','Statement':[" \
                   "{'Action':'execute-api:Invoke','Effect':'" e "'," \
                   "'Resource':'arn:aws:execute-api:*'}]}"


/* ' is written for " */

typedef struct {
    ngx_uint_t   flags;
    const char  *text;
    ngx_uint_t   want;           /* BAD: refused, by the reason */
    const char  *reason;         /* or the principal */
} test_t;


static ngx_pool_t  *pool;


static const test_t  tests[] = {

    /* with a policy */

    { REST, "{'principalId':'u|1'," POLICY("Allow") "}", ALLOW, "u|1" },
    { 0, "{'principalId':'u|1'," POLICY("Allow") "}", ALLOW, "u|1" },
    { REST, "{'principalId':'u'," POLICY("Deny") "}", DENY, "u" },
    { REST, "{'principalId':'u','policyDocument':{'Statement':{'Effect':"
      "'Allow','Action':'s3:*','Resource':'*'}}}", NONE, "u" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'other':[1,{}]}", ALLOW,
      "u" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':null,"
      "'usageIdentifierKey':null,'isAuthorized':null}", ALLOW, "u" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':{}}", ALLOW,
      "u" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':{'s':'a',"
      "'n':1,'r':1.5,'b':true,'f':false}}", ALLOW, "u" },
    { 0, "{'principalId':'u'," POLICY("Allow") ",'context':{'s':'a',"
      "'l':[1,{'a':null}],'o':{'b':{}},'n':null}}", ALLOW, "u" },

    { REST, "[]", BAD, "it is not a JSON object" },
    { REST, "'Allow'", BAD, "it is not a JSON object" },
    { REST, "null", BAD, "it is not a JSON object" },
    { REST, "{}", BAD, "'principalId' is not a string, or empty" },
    { REST, "{" POLICY("Allow") "}", BAD,
      "'principalId' is not a string, or empty" },
    { 0, "{" POLICY("Allow") "}", BAD,
      "'principalId' is not a string, or empty" },
    { REST, "{'principalId':7," POLICY("Allow") "}", BAD,
      "'principalId' is not a string, or empty" },
    { REST, "{'principalId':null," POLICY("Allow") "}", BAD,
      "'principalId' is not a string, or empty" },
    { REST, "{'principalId':''," POLICY("Allow") "}", BAD,
      "'principalId' is not a string, or empty" },
    { REST, "{'principalId':'u'}", BAD, "there is no 'policyDocument'" },
    { REST, "{'principalId':'u','policyDocument':null}", BAD,
      "there is no 'policyDocument'" },
    { REST, "{'principalId':'u','policyDocument':'{}'}", BAD,
      "the policy is not an object" },
    { REST, "{'principalId':'u','policyDocument':{}}", BAD,
      "the policy has no statement" },
    { REST, "{'principalId':'u'," POLICY("allow") "}", BAD,
      "'Effect' is neither 'Allow' nor 'Deny'" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':[]}", BAD,
      "'context' is not an object" },
    { 0, "{'principalId':'u'," POLICY("Allow") ",'context':'a'}", BAD,
      "'context' is not an object" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':{'a':[]}}", BAD,
      "'context' has a value that is no string, number or boolean" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':{'b':1,'a':{}}}",
      BAD, "'context' has a value that is no string, number or boolean" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'context':{'a':null}}",
      BAD, "'context' has a value that is no string, number or boolean" },
    { REST, "{'principalId':'u'," POLICY("Allow") ",'usageIdentifierKey':1}",
      BAD, "'usageIdentifierKey' is not a string" },
    { 0, "{'principalId':'u'," POLICY("Allow") ",'isAuthorized':true}", BAD,
      "'isAuthorized' where simple responses are off" },
    { 0, "{'isAuthorized':true}", BAD,
      "'isAuthorized' where simple responses are off" },

    /* simple */

    { SIMPLE, "{'isAuthorized':true}", ALLOW, "" },
    { SIMPLE, "{'isAuthorized':false}", NONE, "" },
    { SIMPLE, "{'isAuthorized':true,'context':{'a':[null]}}", ALLOW, "" },
    { SIMPLE, "{'isAuthorized':true,'principalId':'u','x':1}", ALLOW, "" },
    { SIMPLE, "{'isAuthorized':true,'policyDocument':null}", ALLOW, "" },

    { SIMPLE, "true", BAD, "it is not a JSON object" },
    { SIMPLE, "{}", BAD, "'isAuthorized' is neither true nor false" },
    { SIMPLE, "{'isAuthorized':'true'}", BAD,
      "'isAuthorized' is neither true nor false" },
    { SIMPLE, "{'isAuthorized':1}", BAD,
      "'isAuthorized' is neither true nor false" },
    { SIMPLE, "{'isAuthorized':null}", BAD,
      "'isAuthorized' is neither true nor false" },
    { SIMPLE, "{'isauthorized':true}", BAD,
      "'isAuthorized' is neither true nor false" },
    { SIMPLE, "{'principalId':'u'," POLICY("Allow") "}", BAD,
      "'policyDocument' in a simple response" },
    { SIMPLE, "{'isAuthorized':true," POLICY("Deny") "}", BAD,
      "'policyDocument' in a simple response" },
    { SIMPLE, "{'isAuthorized':true,'policyDocument':{}}", BAD,
      "'policyDocument' in a simple response" },
    { SIMPLE, "{'isAuthorized':true,'context':1}", BAD,
      "'context' is not an object" },
    { SIMPLE, "{'isAuthorized':true,'usageIdentifierKey':true}", BAD,
      "'usageIdentifierKey' is not a string" }
};


static ngx_str_t
str(const char *s)
{
    size_t     i;
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = ngx_pnalloc(pool, r.len + 1);

    for (i = 0; i <= r.len; i++) {
        r.data[i] = (s[i] == '\'') ? '"' : (u_char) s[i];
    }

    return r;
}


static ngx_int_t
take(ngx_apigw_verdict_t *verdict, const char *text, ngx_uint_t flags,
    const char **reason)
{
    ngx_str_t          s;
    ngx_apigw_json_t  *root;

    s = str(text);

    if (ngx_apigw_json_parse(&root, &s, 16, pool, reason) != NGX_OK) {
        printf("Bail out! %s: %s\n", text, *reason);
        exit(1);
    }

    memset(verdict, 0xff, sizeof(ngx_apigw_verdict_t));

    return ngx_apigw_verdict_read(verdict, root, flags & REST,
                                  (flags & SIMPLE) != 0, reason);
}


static void
test_one(const test_t *t)
{
    ngx_int_t                    rc;
    ngx_str_t                    want;
    const char                  *reason;
    ngx_apigw_verdict_t          verdict;
    ngx_apigw_policy_request_t   request;

    memset(&request, 0, sizeof(ngx_apigw_policy_request_t));

    request.arn = str("arn:aws:execute-api:eu-central-1:1:abc/prod/GET/a");

    want = str(t->reason);
    reason = "none";

    rc = take(&verdict, t->text, t->flags, &reason);

    if (t->want == BAD) {
        is_int(rc, NGX_DECLINED, "%s", t->text);
        is_nstr(&want, reason, "%s", t->reason);
        is_int(ngx_apigw_verdict_decide(&verdict, &request), NONE,
               "it does not allow");
        return;
    }

    if (!is_int(rc, NGX_OK, "%s", t->text)) {
        comment("%s", reason);
        return;
    }

    ok(verdict.principal.len == want.len
       && memcmp(verdict.principal.data ? verdict.principal.data : want.data,
                 want.data, want.len)
          == 0, "the principal \"%s\"", t->reason);

    ok((verdict.policy == NULL) == (t->flags == SIMPLE), "a policy");
    is_int(ngx_apigw_verdict_decide(&verdict, &request), t->want,
           "its decision");
}


static void
test_members(void)
{
    const char           *reason;
    ngx_apigw_verdict_t   v;

    is_int(take(&v, "{'principalId':'u'," POLICY("Allow") ",'context':"
                "{'a':'b'},'usageIdentifierKey':'k'}", REST, &reason),
           NGX_OK, "all members");

    is_nstr(&v.usage_key, "k", "usageIdentifierKey");
    ok(v.context && ngx_apigw_json_get(v.context, "a"), "context");
    is_int(v.authorized, 0, "isAuthorized");

    is_int(take(&v, "{'isAuthorized':true}", SIMPLE, &reason), NGX_OK,
           "one member");

    is_int(v.usage_key.len, 0, "no usageIdentifierKey");
    ok(v.context == NULL, "no context");
    is_int(v.authorized, 1, "isAuthorized");

    is_int(take(&v, "{'isAuthorized':true,'context':{},"
                "'usageIdentifierKey':''}", SIMPLE, &reason), NGX_OK,
           "empty ones");

    is_int(v.usage_key.len, 0, "an empty usageIdentifierKey");
    ok(v.context && v.context->first == NULL, "an empty context");
}


int
main(void)
{
    size_t  i;

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < count(tests); i++) {
        test_one(&tests[i]);
    }

    test_members();

    ngx_destroy_pool(pool);

    return done();
}
