
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_mask.h"


/* Secrets that clients show, and that nobody else shall see. */


static ngx_int_t ngx_http_apigw_mask_query(ngx_http_request_t *r,
    ngx_str_t *uri, ngx_str_t *secret);
static ngx_int_t ngx_http_apigw_mask_text(ngx_http_request_t *r,
    ngx_str_t *text, ngx_str_t *part, ngx_str_t *secret);
static u_char *ngx_http_apigw_mask_at(u_char *p, u_char *last,
    ngx_str_t *secret);
static ngx_int_t ngx_http_apigw_mask_copy(ngx_http_request_t *r, u_char *p,
    size_t len, ngx_str_t *copy);
static ngx_uint_t ngx_http_apigw_in_request(ngx_http_request_t *r,
    u_char *p);
static ngx_uint_t ngx_http_apigw_in_pool(ngx_pool_t *pool, u_char *p);


ngx_int_t
ngx_http_apigw_find_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_table_elt_t **header)
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

        if (!ngx_http_apigw_header_named(&h[i], name)) {
            continue;
        }

        if (found) {
            return NGX_BUSY;
        }

        found = &h[i];
    }

    if (found == NULL || found->value.len == 0) {
        return NGX_DECLINED;
    }

    *header = found;

    return NGX_OK;
}


void
ngx_http_apigw_hide_header(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_apigw_header_named(&h[i], name)) {
            ngx_http_apigw_hide_value(r, &h[i].value);
        }
    }
}


void
ngx_http_apigw_hide_value(ngx_http_request_t *r, ngx_str_t *value)
{
    if (ngx_http_apigw_in_request(r, value->data)) {
        ngx_memset(value->data, '*', value->len);

    } else {
        ngx_str_set(value, "********");
    }
}


ngx_int_t
ngx_http_apigw_own(ngx_http_request_t *r, ngx_str_t *value, ngx_str_t *own)
{
    if (ngx_http_apigw_in_request(r, value->data)) {
        *own = *value;
        return NGX_OK;
    }

    return ngx_http_apigw_mask_copy(r, value->data, value->len, own);
}


ngx_int_t
ngx_http_apigw_take_variable(ngx_http_request_t *r, ngx_int_t index,
    size_t max, ngx_str_t *secret)
{
    ngx_int_t                   rc;
    ngx_http_variable_value_t  *vv;

    rc = ngx_http_apigw_read_variable(r, index, secret);

    if (rc != NGX_OK) {
        return rc;
    }

    if (secret->len < NGX_HTTP_APIGW_SECRET_MIN || secret->len > max) {
        /* no secret, and its bytes may stand everywhere */
        return NGX_OK;
    }

    vv = &r->variables[index];

    if (ngx_http_apigw_in_request(r, vv->data)) {
        ngx_memset(vv->data, '*', vv->len);
    }

    return ngx_http_apigw_mask_request(r, secret);
}


ngx_int_t
ngx_http_apigw_read_variable(ngx_http_request_t *r, ngx_int_t index,
    ngx_str_t *value)
{
    ngx_http_variable_value_t  *vv;

    vv = ngx_http_get_flushed_variable(r, index);

    if (vv == NULL) {
        return NGX_ERROR;
    }

    if (vv->not_found || vv->len == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_apigw_mask_copy(r, vv->data, vv->len, value);
}


ngx_int_t
ngx_http_apigw_mask_request(ngx_http_request_t *r, ngx_str_t *secret)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (ngx_http_apigw_mask_query(r, &r->unparsed_uri, secret) != NGX_OK
        || ngx_http_apigw_mask_query(r, &r->request_line, secret)
           != NGX_OK
        || ngx_http_apigw_mask_text(r, &r->args, &r->args, secret)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

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

        if (ngx_http_apigw_mask_text(r, &h[i].value, &h[i].value, secret)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


ngx_int_t
ngx_http_apigw_mask_variables(ngx_http_request_t *r, ngx_str_t *secret)
{
    ngx_str_t                   text;
    ngx_uint_t                  i;
    ngx_http_variable_value_t  *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < cmcf->variables.nelts; i++) {
        v = &r->variables[i];

        if (!v->valid || v->not_found || v->len < secret->len) {
            continue;
        }

        text.data = v->data;
        text.len = v->len;

        if (ngx_http_apigw_mask_text(r, &text, &text, secret) != NGX_OK) {
            return NGX_ERROR;
        }

        v->data = text.data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_mask_query(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_str_t *secret)
{
    u_char     *p;
    ngx_str_t   query;

    p = ngx_strlchr(uri->data, uri->data + uri->len, '?');

    if (p == NULL) {
        return NGX_OK;
    }

    query.data = p;
    query.len = uri->data + uri->len - p;

    return ngx_http_apigw_mask_text(r, uri, &query, secret);
}


/*
 * Masks a secret in a part of a text, in place, as others may have pointers to
 * it; a text that is not the request's own is copied first.
 */

static ngx_int_t
ngx_http_apigw_mask_text(ngx_http_request_t *r, ngx_str_t *text,
    ngx_str_t *part, ngx_str_t *secret)
{
    u_char     *p;
    size_t      skip;
    ngx_str_t   tail;

    if (ngx_http_apigw_mask_at(part->data, part->data + part->len, secret)
        == NULL)
    {
        return NGX_OK;
    }

    skip = part->data - text->data;

    if (!ngx_http_apigw_in_request(r, text->data)) {

        p = ngx_pnalloc(r->pool, text->len + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_cpystrn(p, text->data, text->len + 1);
        text->data = p;
    }

    tail.data = text->data + skip;
    tail.len = text->len - skip;

    ngx_http_apigw_mask(&tail, secret);

    return NGX_OK;
}


void
ngx_http_apigw_mask(ngx_str_t *text, ngx_str_t *secret)
{
    u_char  *p, *last;

    p = text->data;
    last = text->data + text->len;

    for ( ;; ) {
        p = ngx_http_apigw_mask_at(p, last, secret);
        if (p == NULL) {
            return;
        }

        ngx_memset(p, '*', secret->len);
        p += secret->len;
    }
}


void
ngx_http_apigw_mask_cut(ngx_str_t *text, ngx_str_t *secret)
{
    u_char  *p, *last;
    size_t   len;

    ngx_http_apigw_mask(text, secret);

    last = text->data + text->len;
    len = ngx_min(text->len, secret->len - 1);

    for (p = last - len; p < last; p++) {

        if (ngx_memcmp(p, secret->data, last - p) == 0) {
            ngx_memset(p, '*', last - p);
            return;
        }
    }
}


/* clients choose both: its time is linear */

static u_char *
ngx_http_apigw_mask_at(u_char *p, u_char *last, ngx_str_t *secret)
{
    return memmem(p, last - p, secret->data, secret->len);
}


static ngx_int_t
ngx_http_apigw_mask_copy(ngx_http_request_t *r, u_char *p, size_t len,
    ngx_str_t *copy)
{
    copy->data = ngx_pnalloc(r->pool, len);
    if (copy->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy->data, p, len);
    copy->len = len;

    return NGX_OK;
}


/*
 * 1 where p is in the client's buffers or in the request's pools.  A value
 * that another module has set may belong to the configuration, that of an
 * HTTP/2 header may be a constant of nginx's: these are not ours to wipe.
 */

static ngx_uint_t
ngx_http_apigw_in_request(ngx_http_request_t *r, u_char *p)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (ngx_http_apigw_in_pool(r->pool, p)) {
        return 1;
    }

#if (NGX_HTTP_V2)

    if (r->stream) {
        return ngx_http_apigw_in_pool(r->stream->pool, p);
    }

#endif

    if (ngx_http_apigw_is_v3(r)) {
        return ngx_http_apigw_in_pool(r->connection->pool, p);
    }

    /* when nginx goes on in a large buffer, the first one keeps its headers */

    b = r->connection->buffer;

    if (b && p >= b->start && p < b->end) {
        return 1;
    }

    b = r->header_in;

    if (b && p >= b->start && p < b->end) {
        return 1;
    }

    for (cl = r->http_connection->busy; cl; cl = cl->next) {

        if (p >= cl->buf->start && p < cl->buf->end) {
            return 1;
        }
    }

    return 0;
}


/* of what did not fit into a block only the beginning is known */

static ngx_uint_t
ngx_http_apigw_in_pool(ngx_pool_t *pool, u_char *p)
{
    ngx_pool_large_t  *l;

    for (l = pool->large; l; l = l->next) {

        if (l->alloc == p) {
            return 1;
        }
    }

    for ( /* void */ ; pool; pool = pool->d.next) {

        if (p >= (u_char *) pool && p < pool->d.end) {
            return 1;
        }
    }

    return 0;
}
