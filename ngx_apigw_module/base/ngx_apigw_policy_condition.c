
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * IAM User Guide, condition operators and global condition keys.  All
 * operators and keys of a condition must hold; of the values of a key one has
 * to match, or none where the operator is negated.
 */

#include "ngx_apigw_policy_int.h"
#include "ngx_apigw_text.h"


/* what an operator compares; keys have several */

#define NGX_APIGW_POLICY_STRING  0x01
#define NGX_APIGW_POLICY_NUMBER  0x02
#define NGX_APIGW_POLICY_DATE    0x04
#define NGX_APIGW_POLICY_FLAG    0x08
#define NGX_APIGW_POLICY_ADDR    0x10
#define NGX_APIGW_POLICY_ARN     0x20
#define NGX_APIGW_POLICY_NULL    0x40


typedef enum {
    NGX_APIGW_POLICY_EQUAL = 0,
    NGX_APIGW_POLICY_IGNORE_CASE,
    NGX_APIGW_POLICY_LIKE,
    NGX_APIGW_POLICY_LESS,
    NGX_APIGW_POLICY_LESS_EQUAL,
    NGX_APIGW_POLICY_GREATER,
    NGX_APIGW_POLICY_GREATER_EQUAL
} ngx_apigw_policy_how_e;

typedef struct {
    ngx_str_t               name;
    ngx_uint_t              type;
    ngx_uint_t              how;         /* ngx_apigw_policy_how_e */
    ngx_uint_t              negated;
} ngx_apigw_policy_operator_t;


typedef enum {
    NGX_APIGW_POLICY_SOURCE_IP = 0,
    NGX_APIGW_POLICY_TIME,
    NGX_APIGW_POLICY_SECURE,
    NGX_APIGW_POLICY_USER_AGENT,
    NGX_APIGW_POLICY_REFERER
} ngx_apigw_policy_key_e;

typedef struct {
    ngx_str_t               name;        /* in lower case */
    ngx_uint_t              key;         /* ngx_apigw_policy_key_e */
    ngx_uint_t              types;
} ngx_apigw_policy_key_t;


/* what the request has for a key */

typedef struct {
    ngx_uint_t              present;
    ngx_str_t               text;
    double                  number;      /* or a time */
    ngx_uint_t              flag;
    ngx_apigw_addr_t        addr;
} ngx_apigw_policy_subject_t;


static const ngx_apigw_policy_operator_t *ngx_apigw_policy_operator(
    ngx_str_t *name, ngx_uint_t *if_exists);
static const ngx_apigw_policy_key_t *ngx_apigw_policy_key(ngx_str_t *name);
static const char *ngx_apigw_policy_keys(
    const ngx_apigw_policy_operator_t *op, ngx_apigw_json_t *keys,
    ngx_apigw_policy_cost_t *cost);
static const char *ngx_apigw_policy_operand(
    const ngx_apigw_policy_operator_t *op, ngx_apigw_json_t *value);
static ngx_uint_t ngx_apigw_policy_key_holds(
    const ngx_apigw_policy_operator_t *op, ngx_uint_t if_exists,
    ngx_apigw_json_t *values, ngx_apigw_policy_request_t *request);
static void ngx_apigw_policy_subject(ngx_apigw_policy_subject_t *subject,
    ngx_uint_t key, ngx_apigw_policy_request_t *request);
static ngx_uint_t ngx_apigw_policy_matches(
    const ngx_apigw_policy_operator_t *op, ngx_apigw_json_t *value,
    ngx_apigw_policy_subject_t *subject);
static ngx_uint_t ngx_apigw_policy_text_matches(ngx_uint_t how,
    ngx_str_t *value, ngx_str_t *text);
static ngx_uint_t ngx_apigw_policy_number_matches(ngx_uint_t how,
    double number, double value);


static const ngx_apigw_policy_operator_t  ngx_apigw_policy_operators[] = {

    { ngx_string("StringEquals"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_EQUAL, 0 },
    { ngx_string("StringNotEquals"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_EQUAL, 1 },
    { ngx_string("StringEqualsIgnoreCase"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_IGNORE_CASE, 0 },
    { ngx_string("StringNotEqualsIgnoreCase"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_IGNORE_CASE, 1 },
    { ngx_string("StringLike"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_LIKE, 0 },
    { ngx_string("StringNotLike"), NGX_APIGW_POLICY_STRING,
      NGX_APIGW_POLICY_LIKE, 1 },

    { ngx_string("NumericEquals"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_EQUAL, 0 },
    { ngx_string("NumericNotEquals"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_EQUAL, 1 },
    { ngx_string("NumericLessThan"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_LESS, 0 },
    { ngx_string("NumericLessThanEquals"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_LESS_EQUAL, 0 },
    { ngx_string("NumericGreaterThan"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_GREATER, 0 },
    { ngx_string("NumericGreaterThanEquals"), NGX_APIGW_POLICY_NUMBER,
      NGX_APIGW_POLICY_GREATER_EQUAL, 0 },

    { ngx_string("DateEquals"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_EQUAL, 0 },
    { ngx_string("DateNotEquals"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_EQUAL, 1 },
    { ngx_string("DateLessThan"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_LESS, 0 },
    { ngx_string("DateLessThanEquals"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_LESS_EQUAL, 0 },
    { ngx_string("DateGreaterThan"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_GREATER, 0 },
    { ngx_string("DateGreaterThanEquals"), NGX_APIGW_POLICY_DATE,
      NGX_APIGW_POLICY_GREATER_EQUAL, 0 },

    { ngx_string("Bool"), NGX_APIGW_POLICY_FLAG, NGX_APIGW_POLICY_EQUAL, 0 },

    { ngx_string("IpAddress"), NGX_APIGW_POLICY_ADDR,
      NGX_APIGW_POLICY_EQUAL, 0 },
    { ngx_string("NotIpAddress"), NGX_APIGW_POLICY_ADDR,
      NGX_APIGW_POLICY_EQUAL, 1 },

    /* to IAM the two are one */

    { ngx_string("ArnEquals"), NGX_APIGW_POLICY_ARN,
      NGX_APIGW_POLICY_LIKE, 0 },
    { ngx_string("ArnLike"), NGX_APIGW_POLICY_ARN,
      NGX_APIGW_POLICY_LIKE, 0 },
    { ngx_string("ArnNotEquals"), NGX_APIGW_POLICY_ARN,
      NGX_APIGW_POLICY_LIKE, 1 },
    { ngx_string("ArnNotLike"), NGX_APIGW_POLICY_ARN,
      NGX_APIGW_POLICY_LIKE, 1 },

    { ngx_string("Null"), NGX_APIGW_POLICY_NULL, NGX_APIGW_POLICY_EQUAL, 0 },

    { ngx_null_string, 0, 0, 0 }
};


static const ngx_apigw_policy_key_t  ngx_apigw_policy_key_names[] = {

    { ngx_string("aws:sourceip"), NGX_APIGW_POLICY_SOURCE_IP,
      NGX_APIGW_POLICY_ADDR|NGX_APIGW_POLICY_NULL },
    { ngx_string("aws:currenttime"), NGX_APIGW_POLICY_TIME,
      NGX_APIGW_POLICY_DATE|NGX_APIGW_POLICY_NULL },
    { ngx_string("aws:epochtime"), NGX_APIGW_POLICY_TIME,
      NGX_APIGW_POLICY_DATE|NGX_APIGW_POLICY_NUMBER|NGX_APIGW_POLICY_NULL },
    { ngx_string("aws:securetransport"), NGX_APIGW_POLICY_SECURE,
      NGX_APIGW_POLICY_FLAG|NGX_APIGW_POLICY_NULL },
    { ngx_string("aws:useragent"), NGX_APIGW_POLICY_USER_AGENT,
      NGX_APIGW_POLICY_STRING|NGX_APIGW_POLICY_ARN|NGX_APIGW_POLICY_NULL },
    { ngx_string("aws:referer"), NGX_APIGW_POLICY_REFERER,
      NGX_APIGW_POLICY_STRING|NGX_APIGW_POLICY_ARN|NGX_APIGW_POLICY_NULL },

    { ngx_null_string, 0, 0 }
};


const char *
ngx_apigw_policy_condition(ngx_apigw_json_t *condition,
    ngx_apigw_policy_cost_t *cost)
{
    ngx_uint_t                          if_exists;
    const char                         *reason;
    ngx_apigw_json_t                   *keys;
    const ngx_apigw_policy_operator_t  *op;

    /* so AWS's library of events for Java writes that there is none */

    if (condition->type == NGX_APIGW_JSON_NULL) {
        return NULL;
    }

    if (condition->type != NGX_APIGW_JSON_OBJECT) {
        return "\"Condition\" is not an object";
    }

    for (keys = condition->first; keys; keys = keys->next) {

        op = ngx_apigw_policy_operator(&keys->name, &if_exists);

        if (op == NULL) {
            return "a condition has an operator that is not supported";
        }

        reason = ngx_apigw_policy_keys(op, keys, cost);

        if (reason) {
            return reason;
        }
    }

    return NULL;
}


static const ngx_apigw_policy_operator_t *
ngx_apigw_policy_operator(ngx_str_t *name, ngx_uint_t *if_exists)
{
    size_t                              len;
    const ngx_apigw_policy_operator_t  *op;

    static ngx_str_t  suffix = ngx_string("IfExists");

    len = name->len;
    *if_exists = 0;

    if (len > suffix.len
        && ngx_memcmp(name->data + len - suffix.len, suffix.data, suffix.len)
           == 0)
    {
        len -= suffix.len;
        *if_exists = 1;
    }

    for (op = ngx_apigw_policy_operators; op->name.len; op++) {

        if (op->name.len == len
            && ngx_memcmp(op->name.data, name->data, len) == 0)
        {
            return (*if_exists && op->type == NGX_APIGW_POLICY_NULL)
                   ? NULL : op;
        }
    }

    return NULL;
}


static const ngx_apigw_policy_key_t *
ngx_apigw_policy_key(ngx_str_t *name)
{
    const ngx_apigw_policy_key_t  *key;

    for (key = ngx_apigw_policy_key_names; key->name.len; key++) {

        if (ngx_apigw_text_same(name, &key->name)) {
            return key;
        }
    }

    return NULL;
}


static const char *
ngx_apigw_policy_keys(const ngx_apigw_policy_operator_t *op,
    ngx_apigw_json_t *keys, ngx_apigw_policy_cost_t *cost)
{
    const char                    *reason;
    ngx_apigw_json_t              *values, *item;
    const ngx_apigw_policy_key_t  *key;

    if (keys->type != NGX_APIGW_JSON_OBJECT || keys->first == NULL) {
        return "an operator of a condition has no keys";
    }

    for (values = keys->first; values; values = values->next) {

        key = ngx_apigw_policy_key(&values->name);

        if (key == NULL) {
            return "a condition has a key that is not supported";
        }

        if (!(key->types & op->type)) {
            return "an operator of a condition does not suit the key";
        }

        if (ngx_apigw_policy_first(values) == NULL) {
            return "a key of a condition has no values";
        }

        for (item = ngx_apigw_policy_first(values);
             item;
             item = ngx_apigw_policy_next(values, item))
        {
            reason = ngx_apigw_policy_operand(op, item);

            if (reason == NULL) {
                reason = ngx_apigw_policy_count(cost, item);
            }

            if (reason) {
                return reason;
            }
        }
    }

    return NULL;
}


static const char *
ngx_apigw_policy_operand(const ngx_apigw_policy_operator_t *op,
    ngx_apigw_json_t *value)
{
    double                   number;
    ngx_uint_t               flag;
    ngx_apigw_policy_cidr_t  cidr;

    switch (op->type) {

    case NGX_APIGW_POLICY_NUMBER:
        return (ngx_apigw_policy_number(value, &number) == NGX_OK)
               ? NULL : "a value of a condition is not a number";

    case NGX_APIGW_POLICY_DATE:
        return (ngx_apigw_policy_date(value, &number) == NGX_OK)
               ? NULL : "a value of a condition is not a date";

    case NGX_APIGW_POLICY_FLAG:
    case NGX_APIGW_POLICY_NULL:
        return (ngx_apigw_policy_flag(value, &flag) == NGX_OK)
               ? NULL : "a value of a condition is neither true nor false";

    case NGX_APIGW_POLICY_ADDR:
        return (ngx_apigw_policy_cidr(value, &cidr) == NGX_OK)
               ? NULL : "a value of a condition is not an address or a CIDR"
                        " block";

    default: /* NGX_APIGW_POLICY_STRING, NGX_APIGW_POLICY_ARN */
        break;
    }

    if (value->type != NGX_APIGW_JSON_STRING) {
        return "a value of a condition is not a string";
    }

    if (ngx_apigw_policy_variable(&value->text)) {
        return "a value of a condition has a policy variable, \"${\"";
    }

    if (op->type == NGX_APIGW_POLICY_ARN
        && !ngx_apigw_policy_is_arn(&value->text))
    {
        return "a value of a condition is not an ARN";
    }

    return NULL;
}


ngx_uint_t
ngx_apigw_policy_holds(ngx_apigw_json_t *condition,
    ngx_apigw_policy_request_t *request)
{
    ngx_uint_t                          if_exists;
    ngx_apigw_json_t                   *keys, *values;
    const ngx_apigw_policy_operator_t  *op;

    for (keys = condition->first; keys; keys = keys->next) {

        op = ngx_apigw_policy_operator(&keys->name, &if_exists);

        for (values = keys->first; values; values = values->next) {

            if (!ngx_apigw_policy_key_holds(op, if_exists, values, request)) {
                return 0;
            }
        }
    }

    return 1;
}


static ngx_uint_t
ngx_apigw_policy_key_holds(const ngx_apigw_policy_operator_t *op,
    ngx_uint_t if_exists, ngx_apigw_json_t *values,
    ngx_apigw_policy_request_t *request)
{
    ngx_apigw_json_t            *item;
    ngx_apigw_policy_subject_t   subject;

    ngx_apigw_policy_subject(&subject,
                             ngx_apigw_policy_key(&values->name)->key,
                             request);

    if (!subject.present && op->type != NGX_APIGW_POLICY_NULL) {
        return op->negated || if_exists;
    }

    for (item = ngx_apigw_policy_first(values);
         item;
         item = ngx_apigw_policy_next(values, item))
    {
        if (ngx_apigw_policy_matches(op, item, &subject)) {
            return !op->negated;
        }
    }

    return op->negated;
}


static void
ngx_apigw_policy_subject(ngx_apigw_policy_subject_t *subject, ngx_uint_t key,
    ngx_apigw_policy_request_t *request)
{
    ngx_memzero(subject, sizeof(ngx_apigw_policy_subject_t));

    switch (key) {

    case NGX_APIGW_POLICY_SOURCE_IP:
        subject->present = (ngx_apigw_policy_addr(&subject->addr,
                                                  &request->source_ip)
                            == NGX_OK);
        break;

    case NGX_APIGW_POLICY_TIME:
        subject->present = 1;
        subject->number = (double) request->time;
        break;

    case NGX_APIGW_POLICY_SECURE:
        subject->present = 1;
        subject->flag = request->secure;
        break;

    case NGX_APIGW_POLICY_USER_AGENT:
        subject->text = request->user_agent;
        subject->present = (subject->text.len != 0);
        break;

    default: /* NGX_APIGW_POLICY_REFERER */
        subject->text = request->referer;
        subject->present = (subject->text.len != 0);
        break;
    }
}


static ngx_uint_t
ngx_apigw_policy_matches(const ngx_apigw_policy_operator_t *op,
    ngx_apigw_json_t *value, ngx_apigw_policy_subject_t *subject)
{
    double                   number;
    ngx_uint_t               flag;
    ngx_apigw_policy_cidr_t  cidr;

    switch (op->type) {

    case NGX_APIGW_POLICY_STRING:
        return ngx_apigw_policy_text_matches(op->how, &value->text,
                                             &subject->text);

    case NGX_APIGW_POLICY_ARN:
        return ngx_apigw_policy_arn_matches(&value->text, &subject->text);

    case NGX_APIGW_POLICY_NUMBER:
        return ngx_apigw_policy_number(value, &number) == NGX_OK
               && ngx_apigw_policy_number_matches(op->how, subject->number,
                                                  number);

    case NGX_APIGW_POLICY_DATE:
        return ngx_apigw_policy_date(value, &number) == NGX_OK
               && ngx_apigw_policy_number_matches(op->how, subject->number,
                                                  number);

    case NGX_APIGW_POLICY_ADDR:
        return ngx_apigw_policy_cidr(value, &cidr) == NGX_OK
               && ngx_apigw_policy_in(&cidr, &subject->addr);

    case NGX_APIGW_POLICY_FLAG:
        return ngx_apigw_policy_flag(value, &flag) == NGX_OK
               && flag == subject->flag;

    default: /* NGX_APIGW_POLICY_NULL */
        return ngx_apigw_policy_flag(value, &flag) == NGX_OK
               && flag == !subject->present;
    }
}


static ngx_uint_t
ngx_apigw_policy_text_matches(ngx_uint_t how, ngx_str_t *value,
    ngx_str_t *text)
{
    if (how == NGX_APIGW_POLICY_LIKE) {
        return ngx_apigw_policy_like(value, text, 0);
    }

    if (how == NGX_APIGW_POLICY_IGNORE_CASE) {
        return ngx_apigw_text_same(value, text);
    }

    return value->len == text->len
           && ngx_memcmp(value->data, text->data, text->len) == 0;
}


static ngx_uint_t
ngx_apigw_policy_number_matches(ngx_uint_t how, double number, double value)
{
    switch (how) {

    case NGX_APIGW_POLICY_LESS:
        return number < value;

    case NGX_APIGW_POLICY_LESS_EQUAL:
        return number <= value;

    case NGX_APIGW_POLICY_GREATER:
        return number > value;

    case NGX_APIGW_POLICY_GREATER_EQUAL:
        return number >= value;

    default: /* NGX_APIGW_POLICY_EQUAL */
        return number == value;
    }
}
