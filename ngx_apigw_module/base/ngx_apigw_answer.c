
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_answer_int.h"
#include "ngx_apigw_base64url.h"


/*
 * Developer Guide, Lambda proxy integrations: output format of a Lambda
 * function for proxy integration; HTTP APIs: Lambda function response for
 * format 1.0 and 2.0.
 */

#define NGX_APIGW_ANSWER_MAX_DEPTH  64


static ngx_int_t ngx_apigw_answer_inferred(ngx_apigw_answer_t *answer,
    ngx_apigw_json_t *root, ngx_str_t *text, ngx_pool_t *pool,
    const char **reason);
static ngx_uint_t ngx_apigw_answer_known(ngx_apigw_json_t *root);
static ngx_int_t ngx_apigw_answer_status(ngx_apigw_answer_t *answer,
    ngx_apigw_json_t *value, ngx_uint_t format, const char **reason);
static ngx_uint_t ngx_apigw_answer_code(ngx_apigw_json_t *value);
static ngx_int_t ngx_apigw_answer_body(ngx_apigw_answer_t *answer,
    ngx_apigw_json_t *root, ngx_uint_t decode, const char **reason);
static void ngx_apigw_answer_trim(ngx_str_t *text);
static void ngx_apigw_answer_string(ngx_str_t *dst, ngx_apigw_json_t *value);


static ngx_str_t  ngx_apigw_answer_names[] = {
    ngx_string("statusCode"),
    ngx_string("headers"),
    ngx_string("multiValueHeaders"),
    ngx_string("body"),
    ngx_string("isBase64Encoded"),
    ngx_null_string
};


ngx_int_t
ngx_apigw_answer_parse(ngx_apigw_answer_t *answer, ngx_str_t *text,
    ngx_uint_t format, ngx_uint_t binary, ngx_pool_t *pool,
    const char **reason)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *root, *status;

    ngx_memzero(answer, sizeof(ngx_apigw_answer_t));

    rc = ngx_apigw_json_parse(&root, text, NGX_APIGW_ANSWER_MAX_DEPTH, pool,
                              reason);
    if (rc != NGX_OK) {
        return rc;
    }

    status = ngx_apigw_json_get(root, "statusCode");

    if (status == NULL && format == NGX_APIGW_EVENT_2_0) {
        return ngx_apigw_answer_inferred(answer, root, text, pool, reason);
    }

    if (root->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "it is not an object";
        return NGX_DECLINED;
    }

    if (format == NGX_APIGW_EVENT_REST && !ngx_apigw_answer_known(root)) {
        *reason = "it has a key that is not of an answer";
        return NGX_DECLINED;
    }

    rc = ngx_apigw_answer_status(answer, status, format, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_answer_headers(answer, root, format, pool, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_apigw_answer_body(answer, root,
                                 binary || format != NGX_APIGW_EVENT_REST,
                                 reason);
}


/* the value is the body, its bytes as they came */

static ngx_int_t
ngx_apigw_answer_inferred(ngx_apigw_answer_t *answer, ngx_apigw_json_t *root,
    ngx_str_t *text, ngx_pool_t *pool, const char **reason)
{
    answer->status = 200;

    if (root->type == NGX_APIGW_JSON_STRING) {
        answer->body = root->text;

    } else {
        answer->body = *text;
        ngx_apigw_answer_trim(&answer->body);
    }

    return ngx_apigw_answer_headers(answer, NULL, NGX_APIGW_EVENT_2_0, pool,
                                    reason);
}


static ngx_uint_t
ngx_apigw_answer_known(ngx_apigw_json_t *root)
{
    ngx_str_t         *name;
    ngx_apigw_json_t  *member;

    for (member = root->first; member; member = member->next) {

        for (name = ngx_apigw_answer_names; name->len; name++) {

            if (name->len == member->name.len
                && ngx_memcmp(name->data, member->name.data, name->len) == 0)
            {
                break;
            }
        }

        if (name->len == 0) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_apigw_answer_status(ngx_apigw_answer_t *answer, ngx_apigw_json_t *value,
    ngx_uint_t format, const char **reason)
{
    if (value == NULL || value->type == NGX_APIGW_JSON_NULL) {

        if (format != NGX_APIGW_EVENT_REST) {
            *reason = "it has no statusCode";
            return NGX_DECLINED;
        }

        answer->status = 200;

        return NGX_OK;
    }

    answer->status = ngx_apigw_answer_code(value);

    if (answer->status < 200 || answer->status > 599) {
        *reason = "its statusCode is not one of 200 to 599";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* 0: it is none */

static ngx_uint_t
ngx_apigw_answer_code(ngx_apigw_json_t *value)
{
    size_t      i;
    ngx_uint_t  code;

    if (value->type != NGX_APIGW_JSON_INTEGER
        && value->type != NGX_APIGW_JSON_STRING)
    {
        return 0;
    }

    if (value->text.len != 3) {
        return 0;
    }

    code = 0;

    for (i = 0; i < 3; i++) {

        if (value->text.data[i] < '0' || value->text.data[i] > '9') {
            return 0;
        }

        code = code * 10 + (value->text.data[i] - '0');
    }

    return code;
}


static ngx_int_t
ngx_apigw_answer_body(ngx_apigw_answer_t *answer, ngx_apigw_json_t *root,
    ngx_uint_t decode, const char **reason)
{
    ngx_str_t          encoded;
    ngx_apigw_json_t  *body, *base64;

    ngx_str_set(&answer->body, "");

    body = ngx_apigw_json_get(root, "body");

    if (body && body->type == NGX_APIGW_JSON_STRING) {
        answer->body = body->text;

    } else if (body && body->type != NGX_APIGW_JSON_NULL) {
        *reason = "its body is not a string";
        return NGX_DECLINED;
    }

    base64 = ngx_apigw_json_get(root, "isBase64Encoded");

    if (base64 && base64->type != NGX_APIGW_JSON_TRUE
        && base64->type != NGX_APIGW_JSON_FALSE)
    {
        *reason = "its isBase64Encoded is neither true nor false";
        return NGX_DECLINED;
    }

    if (decode && base64 && base64->type == NGX_APIGW_JSON_TRUE) {

        /* in place: nobody else has the tree, and it may be large */

        encoded = answer->body;

        if (ngx_apigw_base64_decode(&answer->body, &encoded) != NGX_OK) {
            *reason = "its body is not base64";
            return NGX_DECLINED;
        }
    }

    if (answer->status == 204 || answer->status == 304) {
        ngx_str_set(&answer->body, "");
    }

    return NGX_OK;
}


/* the white space of JSON around a value, which is there */

static void
ngx_apigw_answer_trim(ngx_str_t *text)
{
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') {
        p++;
    }

    while (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'
           || last[-1] == '\n')
    {
        last--;
    }

    text->data = p;
    text->len = last - p;
}


ngx_int_t
ngx_apigw_answer_error(ngx_apigw_answer_error_t *error, ngx_str_t *text,
    ngx_pool_t *pool)
{
    ngx_int_t          rc;
    const char        *reason;
    ngx_apigw_json_t  *root;

    ngx_str_set(&error->type, "");
    ngx_str_set(&error->message, "");

    rc = ngx_apigw_json_parse(&root, text, NGX_APIGW_ANSWER_MAX_DEPTH, pool,
                              &reason);

    if (rc == NGX_OK) {
        ngx_apigw_answer_string(&error->type,
                                ngx_apigw_json_get(root, "errorType"));
        ngx_apigw_answer_string(&error->message,
                                ngx_apigw_json_get(root, "errorMessage"));
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static void
ngx_apigw_answer_string(ngx_str_t *dst, ngx_apigw_json_t *value)
{
    if (value && value->type == NGX_APIGW_JSON_STRING) {
        *dst = value->text;
    }
}
