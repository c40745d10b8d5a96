
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_aws.h"


/* how functions are called (AWS Lambda API Reference, Invoke) */


#define NGX_HTTP_APIGW_FUNCTION_MAX   170
#define NGX_HTTP_APIGW_QUALIFIER_MAX  128

/* arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER */
#define NGX_HTTP_APIGW_FUNCTION_PARTS  8


static ngx_uint_t ngx_http_apigw_function_parse(ngx_str_t *name,
    ngx_str_t *qualifier);
static ngx_uint_t ngx_http_apigw_function_split(ngx_str_t *name,
    ngx_str_t *part);
static ngx_uint_t ngx_http_apigw_function_is(ngx_str_t *part,
    const char *word);
static ngx_uint_t ngx_http_apigw_function_is_qualifier(ngx_str_t *qualifier);
static ngx_uint_t ngx_http_apigw_function_is_name(ngx_str_t *name,
    const char *others, size_t max);


ngx_uint_t
ngx_http_apigw_function_in_path(ngx_str_t *path)
{
    return path->len
           && ngx_strnstr(path->data, "/2015-03-31", path->len) != NULL;
}


ngx_int_t
ngx_http_apigw_function_check(ngx_conf_t *cf,
    ngx_http_apigw_function_t *function)
{
    ngx_str_t  qualifier;

    if (!ngx_http_apigw_function_is_name(&function->name, "-_:$.",
                                         NGX_HTTP_APIGW_FUNCTION_MAX))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid function \"%V\": a name, or an ARN, of up "
                           "to %d letters, digits, \"-\" and \"_\" is "
                           "expected", &function->name,
                           NGX_HTTP_APIGW_FUNCTION_MAX);
        return NGX_ERROR;
    }

    if (!ngx_http_apigw_function_parse(&function->name, &qualifier)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid function \"%V\": a name such as \"pets\", "
                           "or an ARN such as \"arn:aws:lambda:us-east-1:"
                           "123456789012:function:pets\" is expected",
                           &function->name);
        return NGX_ERROR;
    }

    if (function->qualifier.len == 0) {
        return NGX_OK;
    }

    if (!ngx_http_apigw_function_is_qualifier(&function->qualifier)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid qualifier \"%V\": a version, or an alias "
                           "of up to %d letters, digits, \"-\" and \"_\" is "
                           "expected", &function->qualifier,
                           NGX_HTTP_APIGW_QUALIFIER_MAX);
        return NGX_ERROR;
    }

    if (qualifier.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid qualifier \"%V\": the function \"%V\" has "
                           "one already", &function->qualifier,
                           &function->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Invoke, FunctionName: NAME, ACCOUNT:function:NAME or an ARN, each with or
 * without a qualifier
 */

static ngx_uint_t
ngx_http_apigw_function_parse(ngx_str_t *name, ngx_str_t *qualifier)
{
    ngx_str_t   part[NGX_HTTP_APIGW_FUNCTION_PARTS], *p;
    ngx_uint_t  n;

    ngx_str_null(qualifier);

    p = part;
    n = ngx_http_apigw_function_split(name, part);

    if (n > 6 && ngx_http_apigw_function_is(&p[0], "arn")) {

        if (!ngx_http_apigw_function_is(&p[2], "lambda")
            || !ngx_http_apigw_aws_is_region(&p[3]))
        {
            return 0;
        }

        p += 4;
        n -= 4;
    }

    if (n > 2) {

        if (!ngx_http_apigw_aws_is_account(&p[0])
            || !ngx_http_apigw_function_is(&p[1], "function"))
        {
            return 0;
        }

        p += 2;
        n -= 2;
    }

    if (n == 2) {
        *qualifier = p[1];

        if (!ngx_http_apigw_function_is_qualifier(qualifier)) {
            return 0;
        }

    } else if (n != 1) {
        return 0;
    }

    return ngx_http_apigw_function_is_name(&p[0], "-_.", p[0].len);
}


/* the number of parts between colons; 0: too many */

static ngx_uint_t
ngx_http_apigw_function_split(ngx_str_t *name, ngx_str_t *part)
{
    u_char      *p, *last, *end;
    ngx_uint_t   n;

    p = name->data;
    last = p + name->len;

    for (n = 0; n < NGX_HTTP_APIGW_FUNCTION_PARTS; p = end + 1) {
        end = ngx_strlchr(p, last, ':');

        part[n].data = p;
        part[n].len = (end ? end : last) - p;
        n++;

        if (end == NULL) {
            return n;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_apigw_function_is(ngx_str_t *part, const char *word)
{
    return part->len == ngx_strlen(word)
           && ngx_strncmp(part->data, word, part->len) == 0;
}


static ngx_uint_t
ngx_http_apigw_function_is_qualifier(ngx_str_t *qualifier)
{
    if (ngx_http_apigw_function_is(qualifier, "$LATEST")) {
        return 1;
    }

    return ngx_http_apigw_function_is_name(qualifier, "-_",
                                           NGX_HTTP_APIGW_QUALIFIER_MAX);
}


static ngx_uint_t
ngx_http_apigw_function_is_name(ngx_str_t *name, const char *others,
    size_t max)
{
    u_char  ch;
    size_t  i;

    if (name->len == 0 || name->len > max) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if ((ch >= '0' && ch <= '9')
            || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z')
            || (ch && ngx_strchr(others, ch)))
        {
            continue;
        }

        return 0;
    }

    /* nobody shall leave the path of functions */

    return name->data[0] != '.';
}
