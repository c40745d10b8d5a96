
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * What Access-Control-Request-Headers says is sent back only where a reading
 * character by character takes it for a list of names; and lists fall apart
 * into what they were made of.
 */

#include "ngx_apigw_cors.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_uint_t names(const u_char *p, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char     *copy;
    size_t      len;
    ngx_str_t   list, rest, item;

    copy = malloc(size ? size : 1);
    check(copy);

    if (size) {
        memcpy(copy, data, size);
    }

    list.data = copy;
    list.len = size;

    check(ngx_apigw_cors_asked(&list) == names(data, size));

    /* the items, and the commas between them */

    rest = list;
    len = 0;

    while (ngx_apigw_cors_next(&rest, &item)) {
        check(item.data == copy + len);
        check(item.len == 0 || memchr(item.data, ',', item.len) == NULL);

        len += item.len;
        check(len == size || copy[len] == ',');
        len++;

        if (ngx_apigw_cors_token(&item)) {
            check(names(item.data, item.len));
            check(memchr(item.data, ' ', item.len) == NULL);
        }

        if (ngx_apigw_cors_method(&item)) {
            check(ngx_apigw_cors_token(&item));
        }
    }

    check(len == size + 1);
    check(rest.data == NULL && ngx_apigw_cors_next(&rest, &item) == 0);

    if (ngx_apigw_cors_has(&list, "origin", 6)) {
        check(size && (memchr(copy, '*', size) || size >= 6));
    }

    check(size == 0 || memcmp(copy, data, size) == 0);

    free(copy);

    return 0;
}


/* 0: before a name, 1: in it, 2: after it */

static ngx_uint_t
names(const u_char *p, size_t len)
{
    size_t             i;
    ngx_uint_t         state;
    static const char  separators[] = "\"(),/:;<=>?@[\\]{}";

    state = 0;

    for (i = 0; i < len; i++) {

        if (p[i] == ',') {
            if (state == 0) {
                return 0;
            }

            state = 0;

        } else if (p[i] == ' ' || p[i] == '\t') {
            state = state ? 2 : 0;

        } else if (p[i] > ' ' && p[i] < 0x7f
                   && !memchr(separators, p[i], sizeof(separators) - 1)
                   && state < 2)
        {
            state = 1;

        } else {
            return 0;
        }
    }

    return state != 0;
}
