
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_key.h"


static ngx_int_t ngx_http_apigw_key_read_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *secret);
static ngx_int_t ngx_http_apigw_key_read_variable(ngx_http_request_t *r,
    ngx_int_t index, ngx_str_t *secret);
static ngx_int_t ngx_http_apigw_key_mask_request(ngx_http_request_t *r,
    ngx_str_t *secret);
static void ngx_http_apigw_key_mask_query(ngx_str_t *uri, ngx_str_t *secret);
static ngx_int_t ngx_http_apigw_key_mask_header(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_str_t *secret);
static void ngx_http_apigw_key_mask(ngx_str_t *text, ngx_str_t *secret);
static u_char *ngx_http_apigw_key_at(u_char *p, u_char *last,
    ngx_str_t *secret);


ngx_int_t
ngx_http_apigw_key_read(ngx_http_request_t *r,
    ngx_http_apigw_key_loc_conf_t *klcf, ngx_str_t *secret)
{
    if (klcf->header.len) {
        return ngx_http_apigw_key_read_header(r, &klcf->header, secret);
    }

    return ngx_http_apigw_key_read_variable(r, klcf->index, secret);
}


static ngx_int_t
ngx_http_apigw_key_read_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *secret)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *found;

    found = NULL;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len != name->len
            || !ngx_http_apigw_header_is(&h[i], name->data, name->len))
        {
            continue;
        }

        if (found) {
            secret->len = 0;
            return NGX_BUSY;
        }

        found = &h[i];
    }

    if (found == NULL || found->value.len == 0) {
        return NGX_DECLINED;
    }

    *secret = found->value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_read_variable(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *secret)
{
    ngx_http_variable_value_t  *vv;

    vv = ngx_http_get_flushed_variable(r, index);

    if (vv == NULL) {
        return NGX_ERROR;
    }

    if (vv->not_found || vv->len == 0) {
        return NGX_DECLINED;
    }

    /* the value may belong to the configuration: it is not ours to wipe */

    secret->data = ngx_pnalloc(r->pool, vv->len);
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(secret->data, vv->data, vv->len);
    secret->len = vv->len;

    return ngx_http_apigw_key_mask_request(r, secret);
}


/* wherever the client wrote the key, logs and upstreams will read stars */

static ngx_int_t
ngx_http_apigw_key_mask_request(ngx_http_request_t *r, ngx_str_t *secret)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_http_apigw_key_mask_query(&r->unparsed_uri, secret);
    ngx_http_apigw_key_mask_query(&r->request_line, secret);
    ngx_http_apigw_key_mask(&r->args, secret);

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_apigw_key_mask_header(r, &h[i], secret) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static void
ngx_http_apigw_key_mask_query(ngx_str_t *uri, ngx_str_t *secret)
{
    u_char     *p;
    ngx_str_t   query;

    p = ngx_strlchr(uri->data, uri->data + uri->len, '?');

    if (p) {
        query.data = p;
        query.len = uri->data + uri->len - p;

        ngx_http_apigw_key_mask(&query, secret);
    }
}


/* the value of an HTTP/2 header may be a constant of nginx's */

static ngx_int_t
ngx_http_apigw_key_mask_header(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_str_t *secret)
{
    u_char  *p;

    if (ngx_http_apigw_key_at(h->value.data, h->value.data + h->value.len,
                              secret)
        == NULL)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, h->value.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(p, h->value.data, h->value.len + 1);

    h->value.data = p;
    ngx_http_apigw_key_mask(&h->value, secret);

    return NGX_OK;
}


static void
ngx_http_apigw_key_mask(ngx_str_t *text, ngx_str_t *secret)
{
    u_char  *p, *last;

    p = text->data;
    last = text->data + text->len;

    for ( ;; ) {
        p = ngx_http_apigw_key_at(p, last, secret);
        if (p == NULL) {
            return;
        }

        ngx_memset(p, '*', secret->len);
        p += secret->len;
    }
}


static u_char *
ngx_http_apigw_key_at(u_char *p, u_char *last, ngx_str_t *secret)
{
    while ((size_t) (last - p) >= secret->len) {

        if (ngx_memcmp(p, secret->data, secret->len) == 0) {
            return p;
        }

        p++;
    }

    return NULL;
}
