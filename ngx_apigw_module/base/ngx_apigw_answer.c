
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


static ngx_int_t ngx_apigw_answer_read(ngx_apigw_answer_text_t *text,
    ngx_str_t *src, ngx_pool_t *pool);
static ngx_int_t ngx_apigw_answer_members(ngx_apigw_answer_text_t *text);
static ngx_uint_t ngx_apigw_answer_find(ngx_str_t *name);
static ngx_int_t ngx_apigw_answer_inferred(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text);
static ngx_int_t ngx_apigw_answer_status(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, const char **reason);
static ngx_int_t ngx_apigw_answer_code(ngx_apigw_answer_t *answer,
    ngx_apigw_json_token_t *value, ngx_pool_t *pool);
static ngx_int_t ngx_apigw_answer_body(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_uint_t decode, const char **reason);
static ngx_int_t ngx_apigw_answer_unbase64(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, const char **reason);
static ngx_int_t ngx_apigw_answer_copy(ngx_str_t *dst,
    ngx_apigw_json_token_t *value, ngx_pool_t *pool);


/* NGX_APIGW_ANSWER_STATUS and so on */

static ngx_str_t  ngx_apigw_answer_names[] = {
    ngx_string("statusCode"),
    ngx_string("headers"),
    ngx_string("multiValueHeaders"),
    ngx_string("body"),
    ngx_string("isBase64Encoded"),
    ngx_string("cookies"),
    ngx_string("errorType"),
    ngx_string("errorMessage")
};


ngx_int_t
ngx_apigw_answer_parse(ngx_apigw_answer_t *answer, ngx_str_t *src,
    ngx_uint_t format, ngx_uint_t binary, ngx_pool_t *pool,
    const char **reason)
{
    ngx_int_t                rc;
    ngx_apigw_answer_text_t  text;

    ngx_memzero(answer, sizeof(ngx_apigw_answer_t));
    ngx_memzero(&text, sizeof(ngx_apigw_answer_text_t));

    text.format = format;

    rc = ngx_apigw_answer_read(&text, src, pool);
    if (rc != NGX_OK) {
        *reason = text.scan.reason;
        return rc;
    }

    if (text.members[NGX_APIGW_ANSWER_STATUS].text.data == NULL
        && format == NGX_APIGW_EVENT_2_0)
    {
        return ngx_apigw_answer_inferred(answer, &text);
    }

    if (text.root.type != NGX_APIGW_JSON_OBJECT) {
        *reason = "it is not an object";
        return NGX_DECLINED;
    }

    if (format == NGX_APIGW_EVENT_REST && text.unknown) {
        *reason = "it has a key that is not of an answer";
        return NGX_DECLINED;
    }

    rc = ngx_apigw_answer_status(answer, &text, reason);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_apigw_answer_headers(answer, &text);
    if (rc != NGX_OK) {
        *reason = text.reason;
        return rc;
    }

    return ngx_apigw_answer_body(answer, &text,
                                 binary || format != NGX_APIGW_EVENT_REST,
                                 reason);
}


static ngx_int_t
ngx_apigw_answer_read(ngx_apigw_answer_text_t *text, ngx_str_t *src,
    ngx_pool_t *pool)
{
    ngx_int_t               rc;
    ngx_apigw_json_scan_t  *scan;

    scan = &text->scan;
    text->pool = pool;

    ngx_apigw_json_scan_init(scan, src, NGX_APIGW_ANSWER_MAX_DEPTH);

    rc = ngx_apigw_json_scan(scan);
    if (rc != NGX_OK) {
        return rc;
    }

    text->root = scan->token;

    if (text->root.type == NGX_APIGW_JSON_OBJECT) {
        rc = ngx_apigw_answer_members(text);

    } else {
        rc = ngx_apigw_json_scan_skip(scan);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (scan->token.type == NGX_APIGW_JSON_END_OBJECT) {
        text->root.text.len = scan->pos - text->root.text.data;

    } else {
        text->root = scan->token;
    }

    rc = ngx_apigw_json_scan(scan);

    return (rc == NGX_DONE) ? NGX_OK : rc;
}


static ngx_int_t
ngx_apigw_answer_members(ngx_apigw_answer_text_t *text)
{
    ngx_int_t               rc;
    ngx_str_t               name;
    ngx_uint_t              i;
    ngx_apigw_json_names_t  names;

    ngx_apigw_json_names_init(&names, text->pool);

    for ( ;; ) {
        rc = ngx_apigw_answer_name(text, &names, &name);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc == NGX_BUSY) {
            text->scan.reason = "a name stands twice in one object";
            return NGX_DECLINED;
        }

        if (rc == NGX_OK) {
            rc = ngx_apigw_json_scan(&text->scan);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        i = ngx_apigw_answer_find(&name);

        rc = ngx_apigw_answer_member(text, i);
        if (rc != NGX_OK) {
            return rc;
        }

        if (i != NGX_APIGW_ANSWER_MEMBERS) {
            text->members[i] = text->scan.token;
        }

        if (i >= NGX_APIGW_ANSWER_COOKIES) {
            text->unknown = 1;
        }
    }
}


static ngx_uint_t
ngx_apigw_answer_find(ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    for (i = 0; i < NGX_APIGW_ANSWER_MEMBERS; i++) {
        known = &ngx_apigw_answer_names[i];

        if (known->len == name->len
            && ngx_memcmp(known->data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return i;
}


/* the value is the body, its bytes as they came; nothing in it means more */

static ngx_int_t
ngx_apigw_answer_inferred(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text)
{
    answer->status = 200;

    if (ngx_apigw_answer_decode(&answer->body, &text->root, text->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(text->members, sizeof(text->members));

    text->headers.n = 0;
    text->cookies.n = 0;
    text->reason = NULL;

    return ngx_apigw_answer_headers(answer, text);
}


static ngx_int_t
ngx_apigw_answer_status(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, const char **reason)
{
    ngx_apigw_json_token_t  *value;

    value = &text->members[NGX_APIGW_ANSWER_STATUS];

    if (value->text.data == NULL || value->type == NGX_APIGW_JSON_NULL) {

        if (text->format != NGX_APIGW_EVENT_REST) {
            *reason = "it has no statusCode";
            return NGX_DECLINED;
        }

        answer->status = 200;

        return NGX_OK;
    }

    if (ngx_apigw_answer_code(answer, value, text->pool) != NGX_OK) {
        return NGX_ERROR;
    }

    if (answer->status < 200 || answer->status > 599) {
        *reason = "its statusCode is not one of 200 to 599";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* 0: it is none */

static ngx_int_t
ngx_apigw_answer_code(ngx_apigw_answer_t *answer,
    ngx_apigw_json_token_t *value, ngx_pool_t *pool)
{
    size_t     i;
    ngx_str_t  digits;

    if (value->type != NGX_APIGW_JSON_INTEGER
        && value->type != NGX_APIGW_JSON_STRING)
    {
        return NGX_OK;
    }

    if (ngx_apigw_answer_decode(&digits, value, pool) != NGX_OK) {
        return NGX_ERROR;
    }

    if (digits.len != 3) {
        return NGX_OK;
    }

    for (i = 0; i < 3; i++) {

        if (digits.data[i] < '0' || digits.data[i] > '9') {
            answer->status = 0;
            break;
        }

        answer->status = answer->status * 10 + (digits.data[i] - '0');
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_body(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_uint_t decode, const char **reason)
{
    ngx_int_t                rc;
    ngx_apigw_json_token_t  *body, *base64;

    ngx_str_set(&answer->body, "");

    body = &text->members[NGX_APIGW_ANSWER_BODY];

    if (body->type == NGX_APIGW_JSON_STRING) {

        if (ngx_apigw_answer_decode(&answer->body, body, text->pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else if (body->type != NGX_APIGW_JSON_NULL) {
        *reason = "its body is not a string";
        return NGX_DECLINED;
    }

    base64 = &text->members[NGX_APIGW_ANSWER_BASE64];

    if (base64->text.data && base64->type != NGX_APIGW_JSON_TRUE
        && base64->type != NGX_APIGW_JSON_FALSE)
    {
        *reason = "its isBase64Encoded is neither true nor false";
        return NGX_DECLINED;
    }

    if (decode && base64->type == NGX_APIGW_JSON_TRUE && answer->body.len) {
        rc = ngx_apigw_answer_unbase64(answer, text, reason);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (answer->status == 204 || answer->status == 304) {
        ngx_str_set(&answer->body, "");
    }

    return NGX_OK;
}


/* in place, where it is not the caller's text */

static ngx_int_t
ngx_apigw_answer_unbase64(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, const char **reason)
{
    ngx_str_t  encoded;

    encoded = answer->body;

    if (!text->members[NGX_APIGW_ANSWER_BODY].escaped) {
        answer->body.data = ngx_pnalloc(text->pool,
                                        NGX_APIGW_BASE64URL_LEN(encoded.len));
        if (answer->body.data == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_apigw_base64_decode(&answer->body, &encoded) != NGX_OK) {
        *reason = "its body is not base64";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_answer_error(ngx_apigw_answer_error_t *error, ngx_str_t *src,
    ngx_pool_t *pool)
{
    ngx_int_t                rc;
    ngx_apigw_answer_text_t  text;

    ngx_str_set(&error->type, "");
    ngx_str_set(&error->message, "");

    ngx_memzero(&text, sizeof(ngx_apigw_answer_text_t));

    rc = ngx_apigw_answer_read(&text, src, pool);

    if (rc == NGX_OK) {
        rc = ngx_apigw_answer_copy(&error->type,
                                   &text.members[NGX_APIGW_ANSWER_TYPE],
                                   pool);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_answer_copy(&error->message,
                                   &text.members[NGX_APIGW_ANSWER_MESSAGE],
                                   pool);
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* the text may be gone before it is logged */

static ngx_int_t
ngx_apigw_answer_copy(ngx_str_t *dst, ngx_apigw_json_token_t *value,
    ngx_pool_t *pool)
{
    u_char  *p;

    if (value->type != NGX_APIGW_JSON_STRING || value->text.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, value->text.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->len = ngx_apigw_json_scan_decode(p, &value->text) - p;
    dst->data = p;

    return NGX_OK;
}
