
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


ngx_int_t
ngx_http_apigw_add_header(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *key;
    h->value = *value;
    h->lowcase_key = NULL;
    ngx_http_apigw_link_header(h);

    return NGX_OK;
}


ngx_uint_t
ngx_http_apigw_header_is(ngx_table_elt_t *h, u_char *name, size_t len)
{
    u_char  ch;
    size_t  i;

    if (h->lowcase_key && ngx_memcmp(h->lowcase_key, name, len) == 0) {
        return 1;
    }

    for (i = 0; i < len; i++) {
        ch = h->key.data[i];
        ch = (ch == '_' || ch == '.') ? '-' : ngx_tolower(ch);

        if (ch != name[i]) {
            return 0;
        }
    }

    return 1;
}
