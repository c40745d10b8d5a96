
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_answer_int.h"


/*
 * What is wrong with headers is not said before all of the text is read: it
 * may be none, or in format 2.0 no answer but a body.
 */

#define NGX_APIGW_ANSWER_FIELDS  16


static ngx_int_t ngx_apigw_answer_object(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list);
static ngx_int_t ngx_apigw_answer_list(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name);
static ngx_int_t ngx_apigw_answer_value(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name);
static ngx_int_t ngx_apigw_answer_push(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name,
    ngx_apigw_json_token_t *value);
static ngx_int_t ngx_apigw_answer_grow(ngx_apigw_answer_fields_t *list,
    ngx_pool_t *pool);


static ngx_str_t  ngx_apigw_answer_cookie = ngx_string("set-cookie");


ngx_int_t
ngx_apigw_answer_decode(ngx_str_t *dst, ngx_apigw_json_token_t *token,
    ngx_pool_t *pool)
{
    u_char  *p;

    if (!token->escaped) {
        *dst = token->text;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, token->text.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->len = ngx_apigw_json_scan_decode(p, &token->text) - p;
    dst->data = p;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_answer_name(ngx_apigw_answer_text_t *text,
    ngx_apigw_json_names_t *names, ngx_str_t *name)
{
    ngx_int_t  rc;

    rc = ngx_apigw_json_scan(&text->scan);
    if (rc != NGX_OK) {
        return rc;
    }

    if (text->scan.token.type == NGX_APIGW_JSON_END_OBJECT) {
        return NGX_DONE;
    }

    rc = ngx_apigw_answer_decode(name, &text->scan.token, text->pool);

    if (rc == NGX_OK) {
        rc = ngx_apigw_json_names_add(names, name);
    }

    return (rc == NGX_DECLINED) ? NGX_BUSY : rc;
}


ngx_int_t
ngx_apigw_answer_member(ngx_apigw_answer_text_t *text, ngx_uint_t member)
{
    u_char                  *start;
    ngx_int_t                rc;
    ngx_uint_t               type, level;
    ngx_apigw_json_token_t  *token;

    token = &text->scan.token;
    type = token->type;
    start = token->text.data;
    level = text->scan.level;

    if (member == NGX_APIGW_ANSWER_HEADERS && type == NGX_APIGW_JSON_OBJECT) {
        rc = ngx_apigw_answer_object(text, &text->headers);

    } else if (member == NGX_APIGW_ANSWER_MULTI
               && type == NGX_APIGW_JSON_OBJECT
               && text->format != NGX_APIGW_EVENT_2_0)
    {
        rc = ngx_apigw_answer_object(text, &text->multi);

    } else if (member == NGX_APIGW_ANSWER_COOKIES
               && type == NGX_APIGW_JSON_ARRAY
               && text->format == NGX_APIGW_EVENT_2_0)
    {
        rc = ngx_apigw_answer_list(text, &text->cookies,
                                   &ngx_apigw_answer_cookie);

    } else {
        return ngx_apigw_json_scan_skip(&text->scan);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    /* what there was no reason to look at */

    rc = ngx_apigw_json_scan_leave(&text->scan, level);

    token->type = type;
    token->text.data = start;

    return rc;
}


/* ends before the object does, where there is a reason */

static ngx_int_t
ngx_apigw_answer_object(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list)
{
    ngx_int_t               rc;
    ngx_str_t               name;
    ngx_apigw_json_names_t  names;

    ngx_apigw_json_names_init(&names, text->pool);

    while (text->reason == NULL) {
        rc = ngx_apigw_answer_name(text, &names, &name);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc == NGX_BUSY) {
            text->reason = "a name stands twice in one object";
            break;
        }

        if (rc == NGX_OK) {
            rc = ngx_apigw_json_scan(&text->scan);
        }

        if (rc == NGX_OK) {
            rc = (list == &text->multi)
                 ? ngx_apigw_answer_list(text, list, &name)
                 : ngx_apigw_answer_value(text, list, &name);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_list(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name)
{
    ngx_int_t   rc;
    ngx_uint_t  n;

    if (text->scan.token.type != NGX_APIGW_JSON_ARRAY) {
        text->reason = "one of its multiValueHeaders is not a list";
        return NGX_OK;
    }

    n = list->n;

    while (text->reason == NULL) {
        rc = ngx_apigw_json_scan(&text->scan);

        if (rc == NGX_OK
            && text->scan.token.type == NGX_APIGW_JSON_END_ARRAY)
        {
            break;
        }

        if (rc == NGX_OK) {
            rc = ngx_apigw_answer_value(text, list, name);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    /* an empty list is work, too */

    if (list == &text->multi && list->n == n && text->reason == NULL
        && ngx_apigw_answer_push(text, list, name, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (list->n != n) {
        list->fields[list->n - 1].last = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_value(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name)
{
    if (ngx_apigw_json_scan_skip(&text->scan) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_apigw_answer_push(text, list, name, &text->scan.token);
}


static ngx_int_t
ngx_apigw_answer_push(ngx_apigw_answer_text_t *text,
    ngx_apigw_answer_fields_t *list, ngx_str_t *name,
    ngx_apigw_json_token_t *value)
{
    ngx_apigw_answer_field_t  *field;

    if (text->nfields == NGX_APIGW_ANSWER_MAX_HEADERS) {
        text->reason = "it has too many headers";
        return NGX_OK;
    }

    if (list->n == list->size
        && ngx_apigw_answer_grow(list, text->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    field = &list->fields[list->n];

    ngx_memzero(field, sizeof(ngx_apigw_answer_field_t));

    field->name = *name;

    if (value) {
        field->value = *value;
    }

    list->n++;
    text->nfields++;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_grow(ngx_apigw_answer_fields_t *list, ngx_pool_t *pool)
{
    ngx_uint_t                 size;
    ngx_apigw_answer_field_t  *fields;

    size = list->size ? list->size * 4 : NGX_APIGW_ANSWER_FIELDS;

    fields = ngx_palloc(pool, size * sizeof(ngx_apigw_answer_field_t));
    if (fields == NULL) {
        return NGX_ERROR;
    }

    if (list->n) {
        ngx_memcpy(fields, list->fields,
                   list->n * sizeof(ngx_apigw_answer_field_t));
    }

    list->fields = fields;
    list->size = size;

    return NGX_OK;
}
