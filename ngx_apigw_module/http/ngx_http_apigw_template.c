
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_template.h"


typedef struct {
    ngx_str_t                      text;     /* of a literal part */
    ngx_int_t                      index;    /* of a variable, or NGX_ERROR */
} ngx_http_apigw_part_t;


static ngx_int_t ngx_http_apigw_template_variable(ngx_conf_t *cf,
    ngx_str_t *text, ngx_http_apigw_part_t *part, size_t *used);
static ngx_uint_t ngx_http_apigw_template_json(
    ngx_http_apigw_template_t *template);
static ngx_int_t ngx_http_apigw_template_value(ngx_http_request_t *r,
    ngx_http_apigw_part_t *part, ngx_uint_t json, ngx_str_t *value);


ngx_int_t
ngx_http_apigw_template_compile(ngx_conf_t *cf,
    ngx_http_apigw_template_t *template, ngx_str_t *text)
{
    u_char                 *p;
    size_t                  used;
    ngx_str_t               rest;
    ngx_http_apigw_part_t  *part;

    template->parts = ngx_array_create(cf->pool, 4,
                                       sizeof(ngx_http_apigw_part_t));
    if (template->parts == NULL) {
        return NGX_ERROR;
    }

    rest = *text;

    while (rest.len) {

        part = ngx_array_push(template->parts);
        if (part == NULL) {
            return NGX_ERROR;
        }

        if (rest.data[0] == '$') {

            if (ngx_http_apigw_template_variable(cf, &rest, part, &used)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else {
            p = ngx_strlchr(rest.data, rest.data + rest.len, '$');
            used = p ? (size_t) (p - rest.data) : rest.len;

            part->text.data = rest.data;
            part->text.len = used;
            part->index = NGX_ERROR;
        }

        rest.data += used;
        rest.len -= used;
    }

    return NGX_OK;
}


/* "$name" or "${name}" */

static ngx_int_t
ngx_http_apigw_template_variable(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_apigw_part_t *part, size_t *used)
{
    u_char     ch;
    size_t     i, start;
    ngx_str_t  name;

    start = (text->len > 1 && text->data[1] == '{') ? 2 : 1;

    for (i = start; i < text->len; i++) {
        ch = text->data[i];

        if (ch != '_'
            && (ch < '0' || ch > '9')
            && (ngx_tolower(ch) < 'a' || ngx_tolower(ch) > 'z'))
        {
            break;
        }
    }

    name.data = text->data + start;
    name.len = i - start;

    if (name.len == 0
        || (start == 2 && (i == text->len || text->data[i] != '}')))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable name at \"%V\"", text);
        return NGX_ERROR;
    }

    *used = (start == 2) ? i + 1 : i;

    part->index = ngx_http_get_variable_index(cf, &name);

    return (part->index == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_template_json(ngx_http_apigw_template_t *template)
{
    return template->type.len == 0
           || ngx_strlcasestrn(template->type.data,
                               template->type.data + template->type.len,
                               (u_char *) "json", sizeof("json") - 2)
              != NULL;
}


/*
 * Each variable is evaluated once: evaluating another one may change its value
 * (a named capture of a map, say).
 */

ngx_int_t
ngx_http_apigw_template_run(ngx_http_request_t *r,
    ngx_http_apigw_template_t *template, ngx_str_t *body)
{
    u_char                 *p;
    size_t                  len;
    ngx_str_t              *values;
    ngx_uint_t              i, json;
    ngx_http_apigw_part_t  *parts;

    json = ngx_http_apigw_template_json(template);
    parts = template->parts->elts;
    len = 0;

    values = ngx_palloc(r->pool,
                        (template->parts->nelts + 1) * sizeof(ngx_str_t));
    if (values == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < template->parts->nelts; i++) {

        if (ngx_http_apigw_template_value(r, &parts[i], json, &values[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        len += values[i].len;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = len;

    for (i = 0; i < template->parts->nelts; i++) {
        p = ngx_cpymem(p, values[i].data, values[i].len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_template_value(ngx_http_request_t *r,
    ngx_http_apigw_part_t *part, ngx_uint_t json, ngx_str_t *value)
{
    uintptr_t                   escape;
    ngx_http_variable_value_t  *vv;

    if (part->index == NGX_ERROR) {
        *value = part->text;
        return NGX_OK;
    }

    ngx_str_set(value, "");

    vv = ngx_http_get_flushed_variable(r, part->index);

    if (vv == NULL || vv->not_found || vv->len == 0) {
        return NGX_OK;
    }

    escape = json ? ngx_escape_json(NULL, vv->data, vv->len) : 0;

    value->len = vv->len + escape;
    value->data = ngx_pnalloc(r->pool, value->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    if (escape) {
        (void) ngx_escape_json(value->data, vv->data, vv->len);

    } else {
        ngx_memcpy(value->data, vv->data, vv->len);
    }

    return NGX_OK;
}
