
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_answer_int.h"
#include "ngx_apigw_text.h"


/*
 * Field names and values are those of RFC 9110, 5.1 and 5.5.  AWS takes a
 * name that is in both maps for one list, the items of multiValueHeaders
 * first, and its case from there.
 */

/* AWS is said to refuse a number here, and takes it in an HTTP API */

#define NGX_APIGW_ANSWER_REST_NUMBERS  0

/* of a line beside its name and its value: ": " CRLF */

#define NGX_APIGW_ANSWER_LINE          4


static ngx_int_t ngx_apigw_answer_check(ngx_apigw_answer_text_t *text);
static ngx_uint_t ngx_apigw_answer_is(ngx_apigw_json_token_t *value,
    ngx_uint_t type);
static ngx_int_t ngx_apigw_answer_fill(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text);
static ngx_int_t ngx_apigw_answer_multi(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text);
static ngx_int_t ngx_apigw_answer_take(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_str_t *name);
static ngx_int_t ngx_apigw_answer_add(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_str_t *name,
    ngx_apigw_json_token_t *value);
static ngx_int_t ngx_apigw_answer_text(ngx_apigw_answer_text_t *text,
    ngx_str_t *dst, ngx_apigw_json_token_t *value);
static ngx_int_t ngx_apigw_answer_number(ngx_apigw_answer_text_t *text,
    ngx_str_t *dst, ngx_apigw_json_token_t *value);
static ngx_int_t ngx_apigw_answer_trim(ngx_apigw_answer_text_t *text,
    ngx_str_t *value);
static void ngx_apigw_answer_type(ngx_apigw_answer_t *answer);
static ngx_uint_t ngx_apigw_answer_is_name(ngx_str_t *name);
static uint32_t ngx_apigw_answer_hash(ngx_str_t *name);


static ngx_str_t  ngx_apigw_answer_type_name = ngx_string("Content-Type");
static ngx_str_t  ngx_apigw_answer_type_value = ngx_string("application/json");


ngx_int_t
ngx_apigw_answer_headers(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text)
{
    ngx_int_t   rc;
    ngx_uint_t  n;

    if (ngx_apigw_answer_check(text) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* and a Content-Type */

    n = text->headers.n + text->multi.n + text->cookies.n + 1;

    answer->headers = ngx_palloc(text->pool, n * sizeof(ngx_apigw_pair_t));
    if (answer->headers == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_apigw_answer_fill(answer, text);

    if (rc == NGX_OK) {
        ngx_apigw_answer_type(answer);
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_check(ngx_apigw_answer_text_t *text)
{
    ngx_apigw_json_token_t  *members;

    members = text->members;

    if (!ngx_apigw_answer_is(&members[NGX_APIGW_ANSWER_HEADERS],
                             NGX_APIGW_JSON_OBJECT))
    {
        text->reason = "its headers are not an object";

    } else if (text->format == NGX_APIGW_EVENT_2_0) {

        if (!ngx_apigw_answer_is(&members[NGX_APIGW_ANSWER_COOKIES],
                                 NGX_APIGW_JSON_ARRAY))
        {
            text->reason = "its cookies are not a list";
        }

    } else if (!ngx_apigw_answer_is(&members[NGX_APIGW_ANSWER_MULTI],
                                    NGX_APIGW_JSON_OBJECT))
    {
        text->reason = "its multiValueHeaders are not an object";
    }

    return text->reason ? NGX_DECLINED : NGX_OK;
}


/* null, which one that is not there is, too, is as good as nothing */

static ngx_uint_t
ngx_apigw_answer_is(ngx_apigw_json_token_t *value, ngx_uint_t type)
{
    return value->type == NGX_APIGW_JSON_NULL || value->type == type;
}


static ngx_int_t
ngx_apigw_answer_fill(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_apigw_answer_field_t  *field;

    rc = text->multi.n ? ngx_apigw_answer_multi(answer, text) : NGX_OK;

    for (i = 0; i < text->headers.n && rc == NGX_OK; i++) {
        field = &text->headers.fields[i];

        if (!field->taken) {
            rc = ngx_apigw_answer_add(answer, text, &field->name,
                                      &field->value);
        }
    }

    for (i = 0; i < text->cookies.n && rc == NGX_OK; i++) {
        field = &text->cookies.fields[i];

        if (field->value.type != NGX_APIGW_JSON_STRING) {
            text->reason = "a cookie is not a string";
            return NGX_DECLINED;
        }

        rc = ngx_apigw_answer_add(answer, text, &field->name, &field->value);
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_multi(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_apigw_answer_field_t  *field;

    for (i = 0; i < text->headers.n; i++) {
        field = &text->headers.fields[i];
        field->hash = ngx_apigw_answer_hash(&field->name);
    }

    rc = NGX_OK;

    for (i = 0; i < text->multi.n && rc == NGX_OK; i++) {
        field = &text->multi.fields[i];

        if (field->value.text.data) {
            rc = ngx_apigw_answer_add(answer, text, &field->name,
                                      &field->value);
        }

        if (rc == NGX_OK && field->last) {
            rc = ngx_apigw_answer_take(answer, text, &field->name);
        }
    }

    return rc;
}


/* what "headers" have under the same name */

static ngx_int_t
ngx_apigw_answer_take(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_str_t *name)
{
    uint32_t                   hash;
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_apigw_answer_field_t  *field;

    rc = NGX_OK;
    hash = ngx_apigw_answer_hash(name);

    for (i = 0; i < text->headers.n && rc == NGX_OK; i++) {
        field = &text->headers.fields[i];

        if (field->hash == hash && !field->taken
            && ngx_apigw_text_same(&field->name, name))
        {
            field->taken = 1;
            rc = ngx_apigw_answer_add(answer, text, name, &field->value);
        }
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_add(ngx_apigw_answer_t *answer,
    ngx_apigw_answer_text_t *text, ngx_str_t *name,
    ngx_apigw_json_token_t *value)
{
    ngx_int_t          rc;
    ngx_apigw_pair_t  *pair;

    pair = &answer->headers[answer->nheaders];

    if (!ngx_apigw_answer_is_name(name)) {
        text->reason = "a name of a header is malformed";
        return NGX_DECLINED;
    }

    pair->name = *name;

    rc = ngx_apigw_answer_text(text, &pair->value, value);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_apigw_answer_trim(text, &pair->value) != NGX_OK) {
        return NGX_DECLINED;
    }

    text->bytes += name->len + pair->value.len + NGX_APIGW_ANSWER_LINE;

    if (text->bytes > NGX_APIGW_ANSWER_MAX_BYTES) {
        text->reason = "its headers are larger than 65536 bytes";
        return NGX_DECLINED;
    }

    answer->nheaders++;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_text(ngx_apigw_answer_text_t *text, ngx_str_t *dst,
    ngx_apigw_json_token_t *value)
{
    switch (value->type) {

    case NGX_APIGW_JSON_STRING:
        return ngx_apigw_answer_decode(dst, value, text->pool);

    case NGX_APIGW_JSON_TRUE:
    case NGX_APIGW_JSON_FALSE:
        *dst = value->text;
        return NGX_OK;

    case NGX_APIGW_JSON_INTEGER:
    case NGX_APIGW_JSON_REAL:

        if (text->format != NGX_APIGW_EVENT_REST
            || NGX_APIGW_ANSWER_REST_NUMBERS)
        {
            return ngx_apigw_answer_number(text, dst, value);
        }

        break;

    default:
        break;
    }

    text->reason = "the value of a header is not a string";

    return NGX_DECLINED;
}


/* in the one way that json_print() writes it, too: 1.5 of 1.50 */

static ngx_int_t
ngx_apigw_answer_number(ngx_apigw_answer_text_t *text, ngx_str_t *dst,
    ngx_apigw_json_token_t *value)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *number;

    if (value->type == NGX_APIGW_JSON_INTEGER && value->text.data[0] != '-') {
        *dst = value->text;
        return NGX_OK;
    }

    rc = ngx_apigw_json_parse(&number, &value->text, 0, text->pool,
                              &text->reason);
    if (rc == NGX_OK) {
        *dst = number->text;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_trim(ngx_apigw_answer_text_t *text, ngx_str_t *value)
{
    u_char  *p, *last;

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if ((*p < 0x20 && *p != '\t') || *p == 0x7f) {
            text->reason = "the value of a header has a control character";
            return NGX_DECLINED;
        }
    }

    ngx_apigw_text_trim(value);

    return NGX_OK;
}


/* an empty one says nothing */

static void
ngx_apigw_answer_type(ngx_apigw_answer_t *answer)
{
    ngx_apigw_pair_t  *pair, *last, *type;

    type = NULL;
    last = answer->headers + answer->nheaders;

    for (pair = answer->headers; pair < last; pair++) {

        if (!ngx_apigw_text_same(&pair->name, &ngx_apigw_answer_type_name)) {
            continue;
        }

        if (pair->value.len) {
            return;
        }

        type = pair;
    }

    if (type == NULL) {
        type = last;
        type->name = ngx_apigw_answer_type_name;
        answer->nheaders++;
    }

    type->value = ngx_apigw_answer_type_value;
}


static ngx_uint_t
ngx_apigw_answer_is_name(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c >= '0' && c <= '9')
            || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        {
            continue;
        }

        if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL) {
            return 0;
        }
    }

    return name->len != 0;
}


/* FNV-1a */

static uint32_t
ngx_apigw_answer_hash(ngx_str_t *name)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261;

    for (i = 0; i < name->len; i++) {
        hash ^= ngx_tolower(name->data[i]);
        hash *= 16777619;
    }

    return hash;
}
