
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_response_int.h"
#include "ngx_apigw_text.h"


/* RFC 9111 takes what is larger for this */

#define NGX_APIGW_RESPONSE_MAX_AGE     2147483647

#define NGX_APIGW_RESPONSE_MAX_LENGTH  99999999999999999
#define NGX_APIGW_RESPONSE_MAX_ID      128


typedef ngx_int_t (*ngx_apigw_response_field_pt)(
    ngx_apigw_response_fields_t *fields, ngx_str_t *value);

typedef struct {
    ngx_str_t                    name;
    ngx_apigw_response_field_pt  handler;
} ngx_apigw_response_known_t;


static ngx_int_t ngx_apigw_response_known_field(
    ngx_apigw_response_fields_t *fields, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_apigw_response_wanted(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_length(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_transfer(
    ngx_apigw_response_fields_t *fields, ngx_str_t *value);
static ngx_int_t ngx_apigw_response_coding(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_type(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_connection(
    ngx_apigw_response_fields_t *fields, ngx_str_t *value);
static ngx_int_t ngx_apigw_response_age(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_cache(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value);
static ngx_int_t ngx_apigw_response_request_id(
    ngx_apigw_response_fields_t *fields, ngx_str_t *value);
static void ngx_apigw_response_directive(ngx_apigw_response_fields_t *fields,
    ngx_str_t *name, ngx_str_t *value);
static u_char *ngx_apigw_response_argument(ngx_str_t *value, u_char *p,
    u_char *last);
static u_char *ngx_apigw_response_token(ngx_str_t *token, u_char *p,
    u_char *last);
static ngx_inline ngx_uint_t ngx_apigw_response_is_name(ngx_str_t *text,
    ngx_str_t *lower);
static int64_t ngx_apigw_response_number(ngx_str_t *text, int64_t max);


/* of tokens, RFC 9110, 5.6.2, in lower case; of others 0 */

static const u_char  ngx_apigw_response_tokens[256] =
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0!\0#$%&'\0\0*+\0-.\0" "0123456789\0\0\0\0\0\0"
    "\0abcdefghijklmnopqrstuvwxyz\0\0\0^_"
    "`abcdefghijklmnopqrstuvwxyz\0|\0~\0";


static ngx_apigw_response_known_t  ngx_apigw_response_known[] = {

    { ngx_string("content-length"), ngx_apigw_response_length },
    { ngx_string("transfer-encoding"), ngx_apigw_response_transfer },
    { ngx_string("content-encoding"), ngx_apigw_response_coding },
    { ngx_string("content-type"), ngx_apigw_response_type },
    { ngx_string("connection"), ngx_apigw_response_connection },
    { ngx_string("age"), ngx_apigw_response_age },
    { ngx_string("cache-control"), ngx_apigw_response_cache },
    { ngx_string("x-amzn-requestid"), ngx_apigw_response_request_id }
};


static ngx_inline ngx_uint_t
ngx_apigw_response_is_token(u_char c)
{
    return ngx_apigw_response_tokens[c];
}


void
ngx_apigw_response_fields_init(ngx_apigw_response_fields_t *fields,
    ngx_pool_t *pool)
{
    ngx_memzero(fields, sizeof(ngx_apigw_response_fields_t));

    fields->pool = pool;
    fields->length = -1;
    fields->max_age = -1;
}


ngx_int_t
ngx_apigw_response_field(ngx_apigw_response_fields_t *fields,
    ngx_str_t *wanted, u_char *p, u_char *last, const char **reason)
{
    ngx_int_t  rc;
    ngx_str_t  name, value;

    if (ngx_apigw_response_split(&name, &value, p, last, reason) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = NGX_OK;

    if (wanted->len && ngx_apigw_text_same(&name, wanted)) {
        rc = ngx_apigw_response_wanted(fields, &value);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_response_known_field(fields, &name, &value);
    }

    if (rc == NGX_DECLINED) {
        *reason = fields->reason;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_response_known_field(ngx_apigw_response_fields_t *fields,
    ngx_str_t *name, ngx_str_t *value)
{
    ngx_uint_t                   i, n;
    ngx_apigw_response_known_t  *known;

    known = ngx_apigw_response_known;
    n = sizeof(ngx_apigw_response_known) / sizeof(ngx_apigw_response_known_t);

    for (i = 0; i < n; i++) {

        if (ngx_apigw_response_is_name(name, &known[i].name)) {
            return known[i].handler(fields, value);
        }
    }

    return NGX_OK;
}


/* whoever wants it takes "" for its absence: it may not hide what was said */

static ngx_int_t
ngx_apigw_response_wanted(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    u_char  *p;

    if (fields->value.len) {
        fields->reason = "the field that is looked for is there twice";
        return NGX_DECLINED;
    }

    if (value->len == 0) {
        fields->reason = "the field that is looked for is empty";
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(fields->pool, value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, value->data, value->len);

    fields->value.data = p;
    fields->value.len = value->len;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_response_split(ngx_str_t *name, ngx_str_t *value, u_char *p,
    u_char *last, const char **reason)
{
    name->data = p;

    while (p < last && ngx_apigw_response_is_token(*p)) {
        p++;
    }

    name->len = p - name->data;

    /* a line that begins with a blank would continue the one before */

    if (name->len == 0 || p == last || *p != ':') {
        *reason = "a header field is malformed";
        return NGX_DECLINED;
    }

    p++;

    value->data = p;
    value->len = last - p;

    ngx_apigw_text_trim(value);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_length(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    int64_t  length;

    length = ngx_apigw_response_number(value, NGX_APIGW_RESPONSE_MAX_LENGTH);

    if (length < 0 || length > NGX_APIGW_RESPONSE_MAX_LENGTH) {
        fields->reason = "the Content-Length is not a number";
        return NGX_DECLINED;
    }

    if (fields->length != -1 && fields->length != length) {
        fields->reason = "there are two different Content-Lengths";
        return NGX_DECLINED;
    }

    fields->length = length;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_transfer(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    if (fields->chunked || !ngx_apigw_text_is(value, "chunked")) {
        fields->reason = "the Transfer-Encoding is not \"chunked\" alone";
        return NGX_DECLINED;
    }

    fields->chunked = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_coding(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    if (value->len && !ngx_apigw_text_is(value, "identity")) {
        fields->reason = "it has a Content-Encoding that was not asked for";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_type(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    u_char  *p, *type;
    size_t   i, len;

    if (fields->typed) {
        fields->reason = "there are two Content-Types";
        return NGX_DECLINED;
    }

    fields->typed = 1;

    type = value->data;

    for (len = 0; len < value->len; len++) {

        if (type[len] == ';' || type[len] == ' ' || type[len] == '\t') {
            break;
        }
    }

    if (len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(fields->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < len; i++) {
        p[i] = ngx_tolower(type[i]);
    }

    fields->type.data = p;
    fields->type.len = len;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_connection(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    u_char     *p, *last;
    ngx_str_t   option;

    p = value->data;
    last = p + value->len;

    while (p < last) {
        p = ngx_apigw_response_token(&option, p, last);

        if (ngx_apigw_text_is(&option, "close")) {
            fields->close = 1;
        }
    }

    return NGX_OK;
}


/* the first one holds, one that is invalid is ignored: RFC 9111, 5.1 */

static ngx_int_t
ngx_apigw_response_age(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    int64_t  age;

    age = ngx_apigw_response_number(value, NGX_APIGW_RESPONSE_MAX_AGE);

    if (!fields->aged && age >= 0) {
        fields->aged = 1;
        fields->age = ngx_min(age, NGX_APIGW_RESPONSE_MAX_AGE);
    }

    return NGX_OK;
}


/*
 * A gateway is the client here, and keeps what it gets for itself: s-maxage is
 * for others.
 */

static ngx_int_t
ngx_apigw_response_cache(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    u_char     *p, *last;
    ngx_str_t   name, argument;

    p = value->data;
    last = p + value->len;

    while (p < last) {
        p = ngx_apigw_response_token(&name, p, last);

        ngx_str_null(&argument);

        if (p < last && *p == '=') {
            p = ngx_apigw_response_argument(&argument, p + 1, last);
        }

        ngx_apigw_response_directive(fields, &name, &argument);

        while (p < last && *p != ',') {
            p++;
        }
    }

    return NGX_OK;
}


/* a token or a quoted string; in those that are of use nothing is escaped */

static u_char *
ngx_apigw_response_argument(ngx_str_t *value, u_char *p, u_char *last)
{
    if (p < last && *p == '"') {

        value->data = ++p;

        while (p < last && *p != '"') {

            if (*p == '\\' && p + 1 < last) {
                p++;
            }

            p++;
        }

        value->len = p - value->data;

        return (p < last) ? p + 1 : p;
    }

    value->data = p;

    while (p < last && ngx_apigw_response_is_token(*p)) {
        p++;
    }

    value->len = p - value->data;

    return p;
}


/* the next one, "" where there is none; returns the place behind it */

static u_char *
ngx_apigw_response_token(ngx_str_t *token, u_char *p, u_char *last)
{
    while (p < last && !ngx_apigw_response_is_token(*p)) {
        p++;
    }

    token->data = p;

    while (p < last && ngx_apigw_response_is_token(*p)) {
        p++;
    }

    token->len = p - token->data;

    return p;
}


/* for logs only: whatever it is, it spoils nothing */

static ngx_int_t
ngx_apigw_response_request_id(ngx_apigw_response_fields_t *fields,
    ngx_str_t *value)
{
    u_char  *p;

    if (fields->request_id.len
        || value->len == 0
        || value->len > NGX_APIGW_RESPONSE_MAX_ID)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(fields->pool, value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, value->data, value->len);

    fields->request_id.data = p;
    fields->request_id.len = value->len;

    return NGX_OK;
}


/* of several the shortest; one that is invalid means stale: RFC 9111, 4.2.1 */

static void
ngx_apigw_response_directive(ngx_apigw_response_fields_t *fields,
    ngx_str_t *name, ngx_str_t *value)
{
    int64_t  n;

    if (ngx_apigw_text_is(name, "no-store")
        || ngx_apigw_text_is(name, "no-cache"))
    {
        fields->stale = 1;
        return;
    }

    if (!ngx_apigw_text_is(name, "max-age")) {
        return;
    }

    n = ngx_apigw_response_number(value, NGX_APIGW_RESPONSE_MAX_AGE);
    n = ngx_max(n, 0);
    n = ngx_min(n, NGX_APIGW_RESPONSE_MAX_AGE);

    if (fields->max_age == -1 || n < fields->max_age) {
        fields->max_age = n;
    }
}


ngx_int_t
ngx_apigw_response_max_age(ngx_apigw_response_fields_t *fields)
{
    if (fields->stale) {
        return 0;
    }

    if (fields->max_age == -1) {
        return -1;
    }

    return (fields->max_age > fields->age) ? fields->max_age - fields->age : 0;
}


static ngx_inline ngx_uint_t
ngx_apigw_response_is_name(ngx_str_t *text, ngx_str_t *lower)
{
    size_t  i;

    if (text->len != lower->len) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {

        if (ngx_apigw_response_tokens[text->data[i]] != lower->data[i]) {
            return 0;
        }
    }

    return 1;
}


/* -1: none; max + 1: larger than max */

static int64_t
ngx_apigw_response_number(ngx_str_t *text, int64_t max)
{
    size_t   i;
    int64_t  n;

    if (text->len == 0) {
        return -1;
    }

    n = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return -1;
        }

        n = ngx_min(n, max) * 10 + (text->data[i] - '0');
    }

    return ngx_min(n, max + 1);
}
