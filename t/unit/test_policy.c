
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "ngx_apigw_policy_int.h"
#include "tap.h"


#define count(a)  (sizeof(a) / sizeof((a)[0]))

#define NONE      NGX_APIGW_POLICY_NONE
#define ALLOW     NGX_APIGW_POLICY_ALLOW
#define DENY      NGX_APIGW_POLICY_DENY

#define API       "arn:aws:execute-api:eu-central-1:123456789012:abc123"
#define PETS      API "/prod/GET/pets"
#define PET       API "/prod/GET/pets/7"

#define NOW       1795377600                    /* 2026-11-22T20:00:00Z */

#define INVOKE    "'Action':'execute-api:Invoke'"
#define IF(c)     "{'Effect':'Allow'," INVOKE ",'Resource':'*'," \
                  "'Condition':" c "}"


/* ' is written for " */

typedef struct {
    const char  *statements;
    const char  *arn;
    ngx_uint_t   want;
} test_t;


static ngx_pool_t                  *pool;
static ngx_apigw_policy_request_t   request;


static const test_t  tests[] = {

    /* actions */

    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "'}", PETS, ALLOW },
    { "{'Effect':'Allow','Action':'*','Resource':'*'}", PETS, ALLOW },
    { "{'Effect':'Allow','Action':'execute-api:*','Resource':'*'}", PETS,
      ALLOW },
    { "{'Effect':'Allow','Action':'EXECUTE-API:invoke','Resource':'*'}", PETS,
      ALLOW },
    { "{'Effect':'Allow','Action':'execute-api:In?oke','Resource':'*'}", PETS,
      ALLOW },
    { "{'Effect':'Allow','Action':'execute-api:Inv*e','Resource':'*'}", PETS,
      ALLOW },
    { "{'Effect':'Allow','Action':['s3:Get','execute-api:Invoke'],"
      "'Resource':'*'}", PETS, ALLOW },
    { "{'Effect':'Allow','Action':'execute-api:InvalidateCache',"
      "'Resource':'*'}", PETS, NONE },
    { "{'Effect':'Allow','Action':'execute-api:Invok','Resource':'*'}", PETS,
      NONE },
    { "{'Effect':'Allow','Action':'execute-api:Invoke?','Resource':'*'}",
      PETS, NONE },
    { "{'Effect':'Allow','Action':'s3:*','Resource':'*'}", PETS, NONE },
    { "{'Effect':'Allow','NotAction':'s3:*','Resource':'*'}", PETS, ALLOW },
    { "{'Effect':'Allow','NotAction':['s3:*','execute-api:*'],"
      "'Resource':'*'}", PETS, NONE },
    { "{'Effect':'Deny','NotAction':'s3:*','Resource':'*'}", PETS, DENY },

    /* resources */

    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "'}", PET, NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "*'}", PET, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/*'}", PETS, NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/?'}", PET, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/?" "?'}", PET, NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" API "/*/GET/*'}", PET,
      ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" API "/*/POST/*'}", PET,
      NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" API "/prod/get/pets'}",
      PETS, NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'arn:aws:*'}", PET, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'arn:*/pets/7'}", PET, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'*/pets'}", PETS, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'arn:aws:execute-api:*:*:*'}",
      PET, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':['arn:aws:a','" PET "']}", PET,
      ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'NotResource':'" PET "'}", PET, NONE },
    { "{'Effect':'Allow'," INVOKE ",'NotResource':'" PET "'}", PETS, ALLOW },
    { "{'Effect':'Deny'," INVOKE ",'NotResource':['" PET "','arn:x']}", PETS,
      DENY },

    /* what a client wrote is no pattern */

    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/7'}", PETS "/*",
      NONE },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/*'}", PETS "/*",
      ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "/*b'}", PETS "/**b",
      ALLOW },

    /* several statements */

    { "{'Effect':'Allow'," INVOKE ",'Resource':'*'},"
      "{'Effect':'Deny'," INVOKE ",'Resource':'" PET "'}", PET, DENY },
    { "{'Effect':'Deny'," INVOKE ",'Resource':'" PET "'},"
      "{'Effect':'Allow'," INVOKE ",'Resource':'*'}", PET, DENY },
    { "{'Effect':'Deny'," INVOKE ",'Resource':'" PET "'},"
      "{'Effect':'Allow'," INVOKE ",'Resource':'*'}", PETS, ALLOW },
    { "{'Effect':'Allow'," INVOKE ",'Resource':'" PETS "'},"
      "{'Effect':'Allow'," INVOKE ",'Resource':'" PET "'}", PET, ALLOW },
    { "{'Effect':'Deny'," INVOKE ",'Resource':'" PET "'}", PETS, NONE },
    { "{'Sid':'a','Effect':'Deny'," INVOKE ",'Resource':'*',"
      "'Condition':{'Bool':{'aws:SecureTransport':'true'}}},"
      "{'Effect':'Allow'," INVOKE ",'Resource':'*'}", PET, ALLOW },
    { "{'Sid':'a','Effect':'Deny'," INVOKE ",'Resource':'*',"
      "'Condition':{'Bool':{'aws:SecureTransport':'false'}}},"
      "{'Effect':'Allow'," INVOKE ",'Resource':'*'}", PET, DENY },

    /* no conditions */

    { IF("{}"), PET, ALLOW },
    { IF("null"), PET, ALLOW },

    /* strings: the user agent is "curl/8.5", there is no referer */

    { IF("{'StringEquals':{'aws:UserAgent':'curl/8.5'}}"), PET, ALLOW },
    { IF("{'StringEquals':{'AWS:useragent':'curl/8.5'}}"), PET, ALLOW },
    { IF("{'StringEquals':{'aws:UserAgent':'Curl/8.5'}}"), PET, NONE },
    { IF("{'StringEquals':{'aws:UserAgent':'curl/8.?'}}"), PET, NONE },
    { IF("{'StringEquals':{'aws:UserAgent':['a','curl/8.5']}}"), PET, ALLOW },
    { IF("{'StringNotEquals':{'aws:UserAgent':['a','curl/8.5']}}"), PET,
      NONE },
    { IF("{'StringNotEquals':{'aws:UserAgent':['a','b']}}"), PET, ALLOW },
    { IF("{'StringEqualsIgnoreCase':{'aws:UserAgent':'CURL/8.5'}}"), PET,
      ALLOW },
    { IF("{'StringEqualsIgnoreCase':{'aws:UserAgent':'CURL/8.6'}}"), PET,
      NONE },
    { IF("{'StringNotEqualsIgnoreCase':{'aws:UserAgent':'CURL/8.5'}}"), PET,
      NONE },
    { IF("{'StringLike':{'aws:UserAgent':'curl/*'}}"), PET, ALLOW },
    { IF("{'StringLike':{'aws:UserAgent':'CURL/*'}}"), PET, NONE },
    { IF("{'StringNotLike':{'aws:UserAgent':'curl/*'}}"), PET, NONE },
    { IF("{'StringNotLike':{'aws:UserAgent':'wget/*'}}"), PET, ALLOW },

    /* what is not there */

    { IF("{'StringEquals':{'aws:Referer':'a'}}"), PET, NONE },
    { IF("{'StringLike':{'aws:Referer':'*'}}"), PET, NONE },
    { IF("{'StringNotEquals':{'aws:Referer':'a'}}"), PET, ALLOW },
    { IF("{'StringNotLike':{'aws:Referer':'*'}}"), PET, ALLOW },
    { IF("{'StringEqualsIfExists':{'aws:Referer':'a'}}"), PET, ALLOW },
    { IF("{'StringEqualsIfExists':{'aws:UserAgent':'a'}}"), PET, NONE },
    { IF("{'StringNotEqualsIfExists':{'aws:UserAgent':'a'}}"), PET, ALLOW },
    { IF("{'Null':{'aws:Referer':'true'}}"), PET, ALLOW },
    { IF("{'Null':{'aws:Referer':true}}"), PET, ALLOW },
    { IF("{'Null':{'aws:Referer':'false'}}"), PET, NONE },
    { IF("{'Null':{'aws:UserAgent':'true'}}"), PET, NONE },
    { IF("{'Null':{'aws:UserAgent':'False'}}"), PET, ALLOW },
    { IF("{'Null':{'aws:UserAgent':['true','false']}}"), PET, ALLOW },
    { IF("{'Null':{'aws:SourceIp':'false','aws:CurrentTime':'false'}}"), PET,
      ALLOW },

    /* all must hold */

    { IF("{'StringLike':{'aws:UserAgent':'curl/*'},"
         "'Bool':{'aws:SecureTransport':'true'}}"), PET, NONE },
    { IF("{'StringLike':{'aws:UserAgent':'curl/*'},"
         "'Bool':{'aws:SecureTransport':'false'}}"), PET, ALLOW },
    { IF("{'StringLike':{'aws:UserAgent':'curl/*','aws:Referer':'*'}}"), PET,
      NONE },

    /* the time */

    { IF("{'NumericEquals':{'aws:EpochTime':1795377600}}"), PET, ALLOW },
    { IF("{'NumericEquals':{'aws:EpochTime':'1795377600.0'}}"), PET, ALLOW },
    { IF("{'NumericNotEquals':{'aws:EpochTime':1795377600}}"), PET, NONE },
    { IF("{'NumericLessThan':{'aws:EpochTime':1795377600}}"), PET, NONE },
    { IF("{'NumericLessThan':{'aws:EpochTime':1795377600.5}}"), PET, ALLOW },
    { IF("{'NumericLessThanEquals':{'aws:EpochTime':1795377600}}"), PET,
      ALLOW },
    { IF("{'NumericGreaterThan':{'aws:EpochTime':1795377600}}"), PET, NONE },
    { IF("{'NumericGreaterThan':{'aws:EpochTime':'-1'}}"), PET, ALLOW },
    { IF("{'NumericGreaterThanEquals':{'aws:EpochTime':1795377600}}"), PET,
      ALLOW },
    { IF("{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00Z'}}"), PET,
      ALLOW },
    { IF("{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00Z'}}"), PET,
      ALLOW },
    { IF("{'DateEquals':{'aws:CurrentTime':'2026-11-22T21:30:00+01:30'}}"),
      PET, ALLOW },
    { IF("{'DateEquals':{'aws:CurrentTime':'2026-11-22T15:00:00.0-05:00'}}"),
      PET, ALLOW },
    { IF("{'DateEquals':{'aws:EpochTime':'1795377600'}}"), PET, ALLOW },
    { IF("{'DateNotEquals':{'aws:CurrentTime':'2026-11-22T20:00:00Z'}}"),
      PET, NONE },
    { IF("{'DateLessThan':{'aws:CurrentTime':'2026-11-22T20:00:00.5Z'}}"),
      PET, ALLOW },
    { IF("{'DateLessThan':{'aws:CurrentTime':'2026-11-22'}}"), PET, NONE },
    { IF("{'DateLessThanEquals':{'aws:CurrentTime':'2026-11-23'}}"), PET,
      ALLOW },
    { IF("{'DateGreaterThan':{'aws:CurrentTime':'2026-11-22'},"
         "'DateLessThan':{'aws:CurrentTime':'2026-11-23'}}"), PET, ALLOW },
    { IF("{'DateGreaterThan':{'aws:CurrentTime':'2026-11-22T20:00:01Z'}}"),
      PET, NONE },
    { IF("{'DateGreaterThanEquals':{'aws:CurrentTime':1795377600}}"), PET,
      ALLOW },

    /* where it comes from: 203.0.113.7, in the clear */

    { IF("{'Bool':{'aws:SecureTransport':false}}"), PET, ALLOW },
    { IF("{'Bool':{'aws:SecureTransport':'true'}}"), PET, NONE },
    { IF("{'BoolIfExists':{'aws:SecureTransport':'true'}}"), PET, NONE },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}}"), PET, ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.9/24'}}"), PET, ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.7'}}"), PET, ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.6'}}"), PET, NONE },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.6/31'}}"), PET, ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':'203.0.113.8/29'}}"), PET, NONE },
    { IF("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}"), PET, ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':'::/0'}}"), PET, NONE },
    { IF("{'IpAddress':{'aws:SourceIp':'::ffff:203.0.113.0/120'}}"), PET,
      ALLOW },
    { IF("{'IpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.7/32']}}"),
      PET, ALLOW },
    { IF("{'NotIpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.7']}}"),
      PET, NONE },
    { IF("{'NotIpAddress':{'aws:SourceIp':'10.0.0.0/8'}}"), PET, ALLOW },

    /* ARNs, part by part */

    { IF("{'ArnLike':{'aws:UserAgent':'arn:aws:iam::1:role/a*'}}"), PET,
      NONE },
    { IF("{'ArnNotLike':{'aws:UserAgent':'arn:aws:iam::1:role/a*'}}"), PET,
      ALLOW },
    { IF("{'ArnEquals':{'aws:Referer':'arn:aws:iam::1:role/a*'}}"), PET,
      NONE },
    { IF("{'ArnNotEquals':{'aws:Referer':'arn:aws:iam::1:role/a*'}}"), PET,
      ALLOW }
};


/* whole policies, and why they are refused */

static const struct {
    const char  *policy;
    const char  *reason;
} malformed[] = {

    { "[]", "the policy is not an object" },
    { "'Allow'", "the policy is not an object" },
    { "null", "the policy is not an object" },
    { "{}", "the policy has no statement" },
    { "{'Version':'2012-10-17'}", "the policy has no statement" },
    { "{'Statement':[]}", "the policy has no statement" },
    { "{'Statement':{},'Version':'2012-10-18'}",
      "'Version' is neither '2012-10-17' nor '2008-10-17'" },
    { "{'Statement':{},'Version':2012}",
      "'Version' is neither '2012-10-17' nor '2008-10-17'" },
    { "{'Statement':{},'Version':null}",
      "'Version' is neither '2012-10-17' nor '2008-10-17'" },
    { "{'Statement':{},'Id':1}", "'Id' is not a string" },
    { "{'Statement':{},'version':'2012-10-17'}",
      "the policy has a member that is none of 'Version', 'Id' and"
      " 'Statement'" },
    { "{'Statement':'Allow'}", "a statement is not an object" },
    { "{'Statement':null}", "a statement is not an object" },
    { "{'Statement':[[]]}", "a statement is not an object" },
    { "{'Statement':{}}", "'Effect' is neither 'Allow' nor 'Deny'" },
    { "{'Statement':{'Effect':'allow'," INVOKE ",'Resource':'*'}}",
      "'Effect' is neither 'Allow' nor 'Deny'" },
    { "{'Statement':{'Effect':'Allow '," INVOKE ",'Resource':'*'}}",
      "'Effect' is neither 'Allow' nor 'Deny'" },
    { "{'Statement':{'Effect':true," INVOKE ",'Resource':'*'}}",
      "'Effect' is neither 'Allow' nor 'Deny'" },
    { "{'Statement':{'Effect':'Allow'," INVOKE ",'Resource':'*',"
      "'Principal':'*'}}",
      "a statement has a member that is none of 'Sid', 'Effect', 'Action',"
      " 'NotAction', 'Resource', 'NotResource' and 'Condition'" },
    { "{'Statement':{'Effect':'Allow'," INVOKE ",'resource':'*'}}",
      "a statement has a member that is none of 'Sid', 'Effect', 'Action',"
      " 'NotAction', 'Resource', 'NotResource' and 'Condition'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':'*','Sid':1}}",
      "'Sid' is not a string" },
    { "{'Statement':{'Effect':'Deny','Resource':'*'}}",
      "a statement has not one of 'Action' and 'NotAction'" },
    { "{'Statement':{'Effect':'Deny','Action':[],'Resource':'*'}}",
      "a statement has not one of 'Action' and 'NotAction'" },
    { "{'Statement':{'Effect':'Deny','NotAction':[],'Resource':'*'}}",
      "a statement has not one of 'Action' and 'NotAction'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'NotAction':'a:b',"
      "'Resource':'*'}}",
      "a statement has not one of 'Action' and 'NotAction'" },
    { "{'Statement':{'Effect':'Deny','Action':null,'Resource':'*'}}",
      "an action is not a string" },
    { "{'Statement':{'Effect':'Deny','Action':['*',1],'Resource':'*'}}",
      "an action is not a string" },
    { "{'Statement':{'Effect':'Deny','Action':{'a':'*'},'Resource':'*'}}",
      "an action is not a string" },
    { "{'Statement':{'Effect':'Deny','Action':'Invoke','Resource':'*'}}",
      "an action is neither '*' nor 'service:action'" },
    { "{'Statement':{'Effect':'Deny','Action':'','Resource':'*'}}",
      "an action is neither '*' nor 'service:action'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE "}}",
      "a statement has not one of 'Resource' and 'NotResource'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':[]}}",
      "a statement has not one of 'Resource' and 'NotResource'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':'*',"
      "'NotResource':'arn:a'}}",
      "a statement has not one of 'Resource' and 'NotResource'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':[['*']]}}",
      "a resource is not a string" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':''}}",
      "a resource begins neither with 'arn:' nor with '*'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':'/prod/GET/a'}}",
      "a resource begins neither with 'arn:' nor with '*'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE ",'Resource':'ARN:a'}}",
      "a resource begins neither with 'arn:' nor with '*'" },
    { "{'Statement':{'Effect':'Deny'," INVOKE
      ",'Resource':'arn:${aws:userid}'}}",
      "a resource has a policy variable, '${'" }
};


/* conditions, and why they are refused */

static const struct {
    const char  *condition;
    const char  *reason;
} conditions[] = {

    { "[]", "'Condition' is not an object" },
    { "''", "'Condition' is not an object" },
    { "false", "'Condition' is not an object" },
    { "{'stringEquals':{'aws:UserAgent':'a'}}",
      "a condition has an operator that is not supported" },
    { "{'ForAnyValue:StringEquals':{'aws:UserAgent':'a'}}",
      "a condition has an operator that is not supported" },
    { "{'ForAllValues:StringEquals':{'aws:UserAgent':'a'}}",
      "a condition has an operator that is not supported" },
    { "{'BinaryEquals':{'aws:UserAgent':'a'}}",
      "a condition has an operator that is not supported" },
    { "{'NullIfExists':{'aws:UserAgent':'true'}}",
      "a condition has an operator that is not supported" },
    { "{'StringEqualsIfExistsIfExists':{'aws:UserAgent':'true'}}",
      "a condition has an operator that is not supported" },
    { "{'IfExists':{'aws:UserAgent':'true'}}",
      "a condition has an operator that is not supported" },
    { "{'':{'aws:UserAgent':'true'}}",
      "a condition has an operator that is not supported" },
    { "{'StringEquals':'a'}", "an operator of a condition has no keys" },
    { "{'StringEquals':[{'aws:UserAgent':'a'}]}",
      "an operator of a condition has no keys" },
    { "{'StringEquals':{}}", "an operator of a condition has no keys" },
    { "{'StringEquals':{'aws:username':'a'}}",
      "a condition has a key that is not supported" },
    { "{'StringEquals':{'UserAgent':'a'}}",
      "a condition has a key that is not supported" },
    { "{'StringEquals':{'':'a'}}",
      "a condition has a key that is not supported" },
    { "{'StringEquals':{'aws:SourceIp':'10.0.0.1'}}",
      "an operator of a condition does not suit the key" },
    { "{'NumericEquals':{'aws:CurrentTime':1}}",
      "an operator of a condition does not suit the key" },
    { "{'Bool':{'aws:UserAgent':'true'}}",
      "an operator of a condition does not suit the key" },
    { "{'IpAddress':{'aws:UserAgent':'10.0.0.1'}}",
      "an operator of a condition does not suit the key" },
    { "{'StringEquals':{'aws:UserAgent':[]}}",
      "a key of a condition has no values" },
    { "{'StringEquals':{'aws:UserAgent':1}}",
      "a value of a condition is not a string" },
    { "{'StringEquals':{'aws:UserAgent':['a',null]}}",
      "a value of a condition is not a string" },
    { "{'StringEquals':{'aws:UserAgent':{'a':'b'}}}",
      "a value of a condition is not a string" },
    { "{'StringLike':{'aws:UserAgent':'${aws:x}'}}",
      "a value of a condition has a policy variable, '${'" },
    { "{'NumericEquals':{'aws:EpochTime':'1e3'}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':''}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':'-'}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':'1.'}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':'.5'}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':'1 '}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':'1234567890123456'}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':1234567890123456}}",
      "a value of a condition is not a number" },
    { "{'NumericEquals':{'aws:EpochTime':true}}",
      "a value of a condition is not a number" },
    { "{'DateEquals':{'aws:CurrentTime':'2026'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-02-29'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00.Z'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T24:00:00Z'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20-00:00Z'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00+0100'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00+25:00'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22 20:00:00Z'}}",
      "a value of a condition is not a date" },
    { "{'DateEquals':{'aws:CurrentTime':'2026-11-22T20:00:00Zx'}}",
      "a value of a condition is not a date" },
    { "{'Bool':{'aws:SecureTransport':'yes'}}",
      "a value of a condition is neither true nor false" },
    { "{'Bool':{'aws:SecureTransport':1}}",
      "a value of a condition is neither true nor false" },
    { "{'Null':{'aws:UserAgent':'maybe'}}",
      "a value of a condition is neither true nor false" },
    { "{'IpAddress':{'aws:SourceIp':'10.0.0.0/33'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'10.0.0.0/'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'10.0.0.0/08'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'10.0.0.0/8x'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'10.0.0.0/8888'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'::/129'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':'*'}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'IpAddress':{'aws:SourceIp':10}}",
      "a value of a condition is not an address or a CIDR block" },
    { "{'ArnLike':{'aws:UserAgent':'arn:aws:iam::role'}}",
      "a value of a condition is not an ARN" },
    { "{'ArnLike':{'aws:UserAgent':'*'}}",
      "a value of a condition is not an ARN" }
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


static ngx_apigw_json_t *
json(const char *before, const char *text, const char *after)
{
    char              *all;
    ngx_str_t          s;
    const char        *reason;
    ngx_apigw_json_t  *root;

    all = malloc(strlen(before) + strlen(text) + strlen(after) + 1);
    sprintf(all, "%s%s%s", before, text, after);
    s = str(all);
    free(all);

    if (ngx_apigw_json_parse(&root, &s, 16, pool, &reason) != NGX_OK) {
        printf("Bail out! %s: %s\n", text, reason);
        exit(1);
    }

    return root;
}


static void
reset(void)
{
    memset(&request, 0, sizeof(ngx_apigw_policy_request_t));

    request.arn = str(PET);
    request.source_ip = str("203.0.113.7");
    request.user_agent = str("curl/8.5");
    request.time = NOW;
}


static ngx_uint_t
decide(const char *statements)
{
    const char        *reason;
    ngx_apigw_json_t  *policy;

    policy = json("{'Version':'2012-10-17','Id':'x','Statement':[",
                  statements, "]}");

    if (!is_int(ngx_apigw_policy_check(policy, &reason), NGX_OK, "%s",
                statements))
    {
        comment("%s", reason);
        return 1000;
    }

    return ngx_apigw_policy_decide(policy, &request);
}


static void
test_tables(void)
{
    size_t             i;
    ngx_str_t          want;
    const char        *reason;
    ngx_apigw_json_t  *policy;

    for (i = 0; i < count(tests); i++) {
        reset();
        request.arn = str(tests[i].arn);

        is_int(decide(tests[i].statements), tests[i].want, "%s: %s",
               tests[i].statements, tests[i].arn);
    }

    for (i = 0; i < count(malformed); i++) {
        policy = json("", malformed[i].policy, "");
        want = str(malformed[i].reason);
        reason = "none";

        is_int(ngx_apigw_policy_check(policy, &reason), NGX_DECLINED, "%s",
               malformed[i].policy);
        is_nstr(&want, reason, "%s", malformed[i].reason);
    }

    for (i = 0; i < count(conditions); i++) {
        policy = json("{'Statement':{'Effect':'Deny'," INVOKE
                      ",'Resource':'*','Condition':",
                      conditions[i].condition, "}}");
        want = str(conditions[i].reason);
        reason = "none";

        is_int(ngx_apigw_policy_check(policy, &reason), NGX_DECLINED, "%s",
               conditions[i].condition);
        is_nstr(&want, reason, "%s", conditions[i].reason);
    }
}


/* one statement, not in a list, and no version */

static void
test_forms(void)
{
    const char        *reason;
    ngx_apigw_json_t  *policy;

    reset();

    policy = json("{'Statement':", IF("{}"), "}");
    is_int(ngx_apigw_policy_check(policy, &reason), NGX_OK, "an object");
    is_int(ngx_apigw_policy_decide(policy, &request), ALLOW, "it allows");

    policy = json("{'Version':'2008-10-17','Statement':", IF("{}"), "}");
    is_int(ngx_apigw_policy_check(policy, &reason), NGX_OK, "of 2008");
}


static void
test_requests(void)
{
    reset();
    request.secure = 1;
    is_int(decide(IF("{'Bool':{'aws:SecureTransport':'true'}}")), ALLOW,
           "by TLS");

    reset();
    request.referer = str("https://a.example/x");
    is_int(decide(IF("{'StringLike':{'aws:Referer':'https://a.example/*'}}")),
           ALLOW, "a referer");

    request.referer = str("arn:aws:iam::1:role/abc:d");
    is_int(decide(IF("{'ArnLike':{'aws:Referer':'arn:aws:iam::1:role/a*d'}}")),
           ALLOW, "an ARN");
    is_int(decide(IF("{'ArnEquals':{'aws:Referer':'arn:*:iam:*:?:*'}}")),
           ALLOW, "an ARN by wildcards");
    is_int(decide(IF("{'ArnLike':{'aws:Referer':'arn:aws:*:1:role/abc:d'}}")),
           NONE, "a wildcard spans no colon");
    is_int(decide(IF("{'ArnNotLike':{'aws:Referer':'arn:*:*:*:*:*'}}")),
           NONE, "not an ARN");

    reset();
    request.source_ip = str("2001:db8::7");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'2001:DB8::/33'}}")),
           ALLOW, "IPv6");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'2001:db8:8000::/33'}}")),
           NONE, "IPv6, another network");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'2001:db8::7'}}")),
           ALLOW, "IPv6, an address");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'::/0'}}")), ALLOW,
           "IPv6, all");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}")), NONE,
           "IPv6 is not IPv4");

    request.source_ip = str("::ffff:203.0.113.7");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}}")),
           ALLOW, "IPv4 within IPv6");

    request.source_ip = str("unix:");
    is_int(decide(IF("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}")), NONE,
           "no address");
    is_int(decide(IF("{'NotIpAddress':{'aws:SourceIp':'0.0.0.0/0'}}")), ALLOW,
           "no address, negated");
    is_int(decide(IF("{'IpAddressIfExists':{'aws:SourceIp':'::1'}}")), ALLOW,
           "no address, if it exists");
    is_int(decide(IF("{'Null':{'aws:SourceIp':'true'}}")), ALLOW,
           "no address, null");
}


/* so many of one text, between two others */

static ngx_int_t
repeat(const char *before, const char *item, ngx_uint_t n, const char *after,
    const char **reason)
{
    char              *text, *p;
    ngx_int_t          rc;
    ngx_apigw_json_t  *policy;

    text = malloc(strlen(item) * n + 1);
    p = text;
    *p = '\0';

    while (n--) {
        p += sprintf(p, "%s", item);
    }

    policy = json(before, text, after);
    free(text);

    rc = ngx_apigw_policy_check(policy, reason);

    if (rc == NGX_OK) {
        is_int(ngx_apigw_policy_decide(policy, &request), NONE,
               "it matches nothing");
    }

    return rc;
}


static void
test_bounds(void)
{
    const char  *reason;

    reset();

    is_int(repeat("{'Statement':{'Effect':'Deny'," INVOKE
                  ",'Resource':['arn:a'", ",'arn:a'", 998, "]}}", &reason),
           NGX_OK, "1000 patterns");

    is_int(repeat("{'Statement':{'Effect':'Deny'," INVOKE
                  ",'Resource':['arn:a'", ",'arn:a'", 999, "]}}", &reason),
           NGX_DECLINED, "1001 patterns");
    ok(strstr(reason, "more than 1000") != NULL, "%s", reason);

    is_int(repeat("{'Statement':{'Effect':'Deny'," INVOKE
                  ",'Resource':'arn:", "a", 508, "'}}", &reason),
           NGX_OK, "512 characters");

    is_int(repeat("{'Statement':{'Effect':'Deny'," INVOKE
                  ",'Resource':'arn:", "a", 509, "'}}", &reason),
           NGX_DECLINED, "513 characters");
    ok(strstr(reason, "longer than 512") != NULL, "%s", reason);

    is_int(repeat("{'Statement':{'Effect':'Allow'," INVOKE
                  ",'Resource':'*','Condition':{'StringEquals':"
                  "{'aws:UserAgent':'", "a", 65536, "'}}}}", &reason),
           NGX_DECLINED, "64 KB");
    ok(strstr(reason, "larger than 64 KB") != NULL, "%s", reason);
}


/* what "*" and "?" mean, in the words of a child */

static int
like(const char *p, const char *s)
{
    if (*p == '\0') {
        return *s == '\0';
    }

    if (*p == '*') {
        return like(p + 1, s) || (*s && like(p, s + 1));
    }

    return *s && (*p == '?' || *p == *s) && like(p + 1, s + 1);
}


static ngx_uint_t
write_number(char *text, ngx_uint_t n, const char *digits)
{
    size_t  base;

    for (base = strlen(digits); n; n /= base + 1) {

        if (n % (base + 1) == 0) {
            return 0;
        }

        *text++ = digits[n % (base + 1) - 1];
    }

    *text = '\0';

    return 1;
}


/* behind: of both, so that what is compared at once ends within */

static void
test_like(const char *behind)
{
    char        pattern[32], text[32];
    size_t      len;
    ngx_str_t   p, s;
    ngx_uint_t  i, k, n, bad;

    n = 0;
    bad = 0;

    len = strlen(behind);
    strcpy(pattern, behind);
    strcpy(text, behind);

    p.data = (u_char *) pattern;
    s.data = (u_char *) text;

    for (i = 0; i < 3125; i++) {

        if (!write_number(pattern + len, i, "ab*?")) {
            continue;
        }

        p.len = strlen(pattern);

        for (k = 0; k < 1024; k++) {

            if (!write_number(text + len, k, "ab*")) {
                continue;
            }

            s.len = strlen(text);
            n++;

            if ((int) ngx_apigw_policy_like(&p, &s, 0)
                != like(pattern, text))
            {
                bad++;
                comment("%s %s", pattern, text);
            }
        }
    }

    ok(n > 100000 && bad == 0, "wildcards: %d of %d are wrong", (int) bad,
       (int) n);
}


/* what would take for ever where each "*" is tried anew */

static void
test_hostile(void)
{
    size_t     i;
    u_char     pattern[512], text[1600];
    ngx_str_t  p, s;

    for (i = 0; i < sizeof(pattern); i++) {
        pattern[i] = (i % 2) ? 'a' : '*';
    }

    memset(text, 'a', sizeof(text));
    pattern[sizeof(pattern) - 1] = 'b';

    p.len = sizeof(pattern);
    p.data = pattern;
    s.len = sizeof(text);
    s.data = text;

    for (i = 0; i < 1000; i++) {

        if (ngx_apigw_policy_like(&p, &s, 0)) {
            break;
        }
    }

    is_int(i, 1000, "256 stars, 1000 times");
}


int
main(void)
{
    pool = ngx_create_pool(0, NULL);

    test_tables();
    test_forms();
    test_requests();
    test_bounds();
    test_like("");
    test_like("abcdef");
    test_like("a?cdef");
    test_hostile();

    ngx_destroy_pool(pool);

    return done();
}
