
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What is accepted of a function's answer can be sent: the status is one,
 * headers are tokens and values without control characters, within their
 * bounds, and there is a Content-Type.  The first byte says the format.
 */

#include <strings.h>

#include "ngx_apigw_answer.h"


#define check(cond)  if (!(cond)) { abort(); }


static volatile ngx_uint_t  sum;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void check_answer(ngx_apigw_answer_t *answer, size_t size);
static void check_header(ngx_apigw_pair_t *header);
static ngx_uint_t is_type(ngx_str_t *name);
static void touch(ngx_str_t *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t                  rc;
    ngx_str_t                  text;
    ngx_uint_t                 format, binary;
    ngx_pool_t                *pool;
    const char                *reason;
    ngx_apigw_answer_t         answer;
    ngx_apigw_answer_error_t   error;
    static const ngx_uint_t    formats[] = {
        NGX_APIGW_EVENT_REST, NGX_APIGW_EVENT_1_0, NGX_APIGW_EVENT_2_0,
        NGX_APIGW_EVENT_2_0
    };

    if (size == 0) {
        return 0;
    }

    format = formats[data[0] & 3];
    binary = (data[0] >> 2) & 1;

    data++;
    size--;

    pool = ngx_create_pool(1024, NULL);

    text.data = malloc(size ? size : 1);
    check(text.data);
    memcpy(text.data, data, size);
    text.len = size;

    reason = NULL;

    rc = ngx_apigw_answer_parse(&answer, &text, format, binary, pool, &reason);

    check(rc == NGX_OK || (rc == NGX_DECLINED && reason));

    /* it is only read */

    check(size == 0 || memcmp(text.data, data, size) == 0);

    if (rc == NGX_OK) {
        check_answer(&answer, size);
    }

    check(ngx_apigw_answer_error(&error, &text, pool) == NGX_OK);

    free(text.data);

    touch(&error.type);
    touch(&error.message);

    ngx_destroy_pool(pool);

    return 0;
}


static void
check_answer(ngx_apigw_answer_t *answer, size_t size)
{
    size_t             bytes;
    ngx_uint_t         i, types;
    ngx_apigw_pair_t  *header;

    check(answer->status >= 200 && answer->status <= 599);
    check(answer->nheaders <= NGX_APIGW_ANSWER_MAX_HEADERS + 1);
    check(answer->body.len <= size);
    check((answer->status != 204 && answer->status != 304)
          || answer->body.len == 0);

    bytes = 0;
    types = 0;

    for (i = 0; i < answer->nheaders; i++) {
        header = &answer->headers[i];

        check_header(header);

        bytes += header->name.len + header->value.len + 4;
        types += (is_type(&header->name) && header->value.len);
    }

    check(types);
    check(bytes <= NGX_APIGW_ANSWER_MAX_BYTES + 64);

    touch(&answer->body);
}


static void
check_header(ngx_apigw_pair_t *header)
{
    u_char  c;
    size_t  i;

    check(header->name.len);

    for (i = 0; i < header->name.len; i++) {
        c = header->name.data[i];

        check(c > 0x20 && c < 0x7f);
        check(strchr("\"(),/:;<=>?@[\\]{}", c) == NULL);
    }

    for (i = 0; i < header->value.len; i++) {
        c = header->value.data[i];

        check(c == '\t' || (c >= 0x20 && c != 0x7f));

        if (i == 0 || i == header->value.len - 1) {
            check(c != ' ' && c != '\t');
        }
    }
}


static ngx_uint_t
is_type(ngx_str_t *name)
{
    return name->len == sizeof("Content-Type") - 1
           && strncasecmp((char *) name->data, "Content-Type", name->len) == 0;
}


/* that all of it is there */

static void
touch(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        sum += text->data[i];
    }
}
