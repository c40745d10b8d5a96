
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_aws.h"


/* functions of AWS Lambda: where they are invoked, and what signs a call */


#define NGX_HTTP_APIGW_FUNCTION_HEADERS  4


static void ngx_http_apigw_function_region(ngx_http_apigw_function_t *f);
static u_char *ngx_http_apigw_function_escape(u_char *p, ngx_str_t *s);
static ngx_int_t ngx_http_apigw_function_sign(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *event, ngx_pool_t *pool,
    ngx_str_t *date, ngx_str_t *authorization);


ngx_int_t
ngx_http_apigw_function(ngx_conf_t *cf, ngx_http_apigw_function_t *function)
{
    u_char  *p;

    if (ngx_http_apigw_function_check(cf, function) != NGX_OK) {
        return NGX_ERROR;
    }

    if (function->region.len == 0) {
        ngx_http_apigw_function_region(function);
    }

    p = ngx_pnalloc(cf->pool, function->base.len
                              + sizeof(NGX_HTTP_APIGW_INVOKE_PATH) - 1
                              + 3 * function->name.len
                              + sizeof("/invocations") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    function->path.data = p;

    p = ngx_cpymem(p, function->base.data, function->base.len);
    p = ngx_cpymem(p, NGX_HTTP_APIGW_INVOKE_PATH,
                   sizeof(NGX_HTTP_APIGW_INVOKE_PATH) - 1);
    p = ngx_http_apigw_function_escape(p, &function->name);
    p = ngx_cpymem(p, "/invocations", sizeof("/invocations") - 1);

    function->path.len = p - function->path.data;

    if (function->qualifier.len == 0) {
        ngx_str_set(&function->query, "");
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, sizeof("Qualifier=") - 1
                              + 3 * function->qualifier.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    function->query.data = p;

    p = ngx_cpymem(p, "Qualifier=", sizeof("Qualifier=") - 1);
    p = ngx_http_apigw_function_escape(p, &function->qualifier);

    function->query.len = p - function->query.data;

    return NGX_OK;
}


/* lambda.eu-central-1.amazonaws.com, also with ".cn" */

static void
ngx_http_apigw_function_region(ngx_http_apigw_function_t *function)
{
    u_char     *p, *last, *end;
    ngx_str_t   region;

    p = function->host.data;
    last = p + function->host.len;

    if (function->host.len <= sizeof("lambda.") - 1
        || ngx_strncasecmp(p, (u_char *) "lambda.", sizeof("lambda.") - 1)
           != 0)
    {
        return;
    }

    p += sizeof("lambda.") - 1;

    end = ngx_strlchr(p, last, '.');

    if (end == NULL
        || (size_t) (last - end) < sizeof(".amazonaws.com") - 1
        || ngx_strncasecmp(end, (u_char *) ".amazonaws.com",
                           sizeof(".amazonaws.com") - 1)
           != 0)
    {
        return;
    }

    region.data = p;
    region.len = end - p;

    if (ngx_http_apigw_aws_is_region(&region)) {
        function->region = region;
    }
}


static u_char *
ngx_http_apigw_function_escape(u_char *p, ngx_str_t *s)
{
    u_char         ch;
    size_t         i;
    static u_char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if (ch == ':' || ch == '$') {
            *p++ = '%';
            *p++ = hex[ch >> 4];
            *p++ = hex[ch & 0xf];
            continue;
        }

        *p++ = ch;
    }

    return p;
}


ngx_int_t
ngx_http_apigw_function_payload(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t *format)
{
    if (ngx_apigw_text_is(value, "1.0")) {
        *format = NGX_APIGW_EVENT_1_0;
        return NGX_OK;
    }

    if (ngx_apigw_text_is(value, "2.0")) {
        *format = NGX_APIGW_EVENT_2_0;
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid payload \"%V\": \"1.0\" or \"2.0\" is "
                       "expected", value);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_function_headers(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *trace, ngx_str_t *event,
    ngx_pool_t *pool, ngx_str_t *lines)
{
    u_char     *p, date[NGX_APIGW_SIGV4_DATE];
    size_t      len;
    ngx_str_t   token, when, authorization;

    ngx_str_null(&token);
    ngx_str_null(&authorization);

    len = sizeof("Content-Type: application/json" CRLF) - 1;

    if (trace->len) {
        len += sizeof("X-Amzn-Trace-Id: " CRLF) - 1 + trace->len;
    }

    if (function->sign) {
        ngx_apigw_sigv4_date(date, ngx_time());

        when.data = date;
        when.len = NGX_APIGW_SIGV4_DATE;

        if (ngx_http_apigw_function_sign(aws, function, event, pool, &when,
                                         &authorization)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        token = aws->credentials.token;

        len += sizeof("X-Amz-Date: " CRLF) - 1 + when.len
               + sizeof("X-Amz-Security-Token: " CRLF) - 1 + token.len
               + sizeof("Authorization: " CRLF) - 1 + authorization.len;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    lines->data = p;

    p = ngx_cpymem(p, "Content-Type: application/json" CRLF,
                   sizeof("Content-Type: application/json" CRLF) - 1);

    if (trace->len) {
        p = ngx_cpymem(p, "X-Amzn-Trace-Id: ",
                       sizeof("X-Amzn-Trace-Id: ") - 1);
        p = ngx_cpymem(p, trace->data, trace->len);
        *p++ = CR;
        *p++ = LF;
    }

    if (function->sign) {
        p = ngx_sprintf(p, "X-Amz-Date: %V" CRLF, &when);

        if (token.len) {
            p = ngx_sprintf(p, "X-Amz-Security-Token: %V" CRLF, &token);
        }

        p = ngx_sprintf(p, "Authorization: %V" CRLF, &authorization);
    }

    lines->len = p - lines->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_function_sign(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *event, ngx_pool_t *pool,
    ngx_str_t *date, ngx_str_t *authorization)
{
    u_char               hex[NGX_APIGW_SHA256_HEX];
    ngx_apigw_pair_t     headers[NGX_HTTP_APIGW_FUNCTION_HEADERS];
    ngx_apigw_sigv4_t    request;
    ngx_apigw_sha256_t  *sha;

    sha = ngx_apigw_sha256_create();
    if (sha == NULL) {
        return NGX_ERROR;
    }

    if (ngx_apigw_sha256_update(sha, event->data, event->len) != NGX_OK) {
        (void) ngx_apigw_sha256_final(sha, NULL);
        return NGX_ERROR;
    }

    if (ngx_apigw_sha256_final(sha, hex) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&request, sizeof(ngx_apigw_sigv4_t));

    ngx_str_set(&headers[0].name, "content-type");
    ngx_str_set(&headers[0].value, "application/json");

    ngx_str_set(&headers[1].name, "host");
    headers[1].value = function->host;

    ngx_str_set(&headers[2].name, "x-amz-date");
    headers[2].value = *date;

    request.nheaders = 3;

    if (aws->credentials.token.len) {
        ngx_str_set(&headers[3].name, "x-amz-security-token");
        headers[3].value = aws->credentials.token;
        request.nheaders++;
    }

    ngx_str_set(&request.method, "POST");
    request.path = function->path;
    request.query = function->query;
    request.headers = headers;
    request.payload.data = hex;
    request.payload.len = NGX_APIGW_SHA256_HEX;
    request.date = *date;
    request.region = function->region.len ? function->region : aws->region;
    ngx_str_set(&request.service, "lambda");
    request.normalize = 1;
    request.encode = 1;

    return ngx_apigw_sigv4(&request, &aws->credentials, pool, authorization,
                           NULL, NULL);
}
