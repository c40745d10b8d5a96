
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A shared credentials file: what is taken lies in the text and can stand in a
 * header, what is refused names a line that there is.  The first byte tells
 * which profile.
 */

#include <stdio.h>

#include "ngx_apigw_sigv4.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void inside(ngx_str_t *value, ngx_str_t *text, ngx_uint_t empty);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                    i;
    u_char                   *copy;
    ngx_int_t                 rc;
    ngx_str_t                 text, profile;
    ngx_uint_t                line, lines;
    const char               *reason;
    ngx_apigw_credentials_t   c;

    static ngx_str_t  profiles[] = {
        ngx_string(""), ngx_string("default"), ngx_string("a"),
        ngx_string("prod")
    };

    if (size == 0) {
        return 0;
    }

    copy = malloc(size);
    check(copy);
    memcpy(copy, data, size);

    profile = profiles[copy[0] & 3];
    text.data = copy + 1;
    text.len = size - 1;

    for (lines = 1, i = 0; i < text.len; i++) {
        lines += (text.data[i] == '\n');
    }

    reason = NULL;
    line = 1000000;

    rc = ngx_apigw_credentials_parse(&c, &text, &profile, &reason, &line);

    check(line <= lines);
    check(memcmp(copy, data, size) == 0);

    if (rc == NGX_OK) {
        inside(&c.key_id, &text, 0);
        inside(&c.secret, &text, 0);
        inside(&c.token, &text, 1);
        check(ngx_apigw_credentials_check(&c) == NULL);

    } else {
        check(rc == NGX_DECLINED && reason && reason[0]);
    }

    free(copy);

    return 0;
}


static void
inside(ngx_str_t *value, ngx_str_t *text, ngx_uint_t empty)
{
    size_t  i;

    if (empty && value->len == 0) {
        return;
    }

    check(value->len && value->data >= text->data
          && value->data + value->len <= text->data + text->len);

    for (i = 0; i < value->len; i++) {
        check(value->data[i] > 0x20 && value->data[i] < 0x7f);
    }
}
