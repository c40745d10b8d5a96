
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_COMPAT_H_INCLUDED_
#define _NGX_HTTP_APIGW_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Every difference between nginx 1.22 and mainline that this module meets.
 */

/* 1.25.0: HTTP/3 */

#if (NGX_HTTP_V3)
#define ngx_http_apigw_is_v3(r)  ((r)->http_version == NGX_HTTP_VERSION_30)
#else
#define ngx_http_apigw_is_v3(r)  0
#endif


/*
 * 1.23.0: headers of one name are a linked list instead of an array of
 * pointers.  lead_lists: what points to the element "from" in them shall
 * point to "to".
 */

#if (nginx_version >= 1023000)

#define ngx_http_apigw_link_header(h)  (h)->next = NULL


static ngx_inline void
ngx_http_apigw_lead_lists(ngx_http_request_t *r, ngx_table_elt_t *from,
    ngx_table_elt_t *to)
{
    ngx_table_elt_t  **p, **last, *h;

    p = &r->headers_in.host;
    last = (ngx_table_elt_t **) &r->headers_in.user;

    for ( /* void */ ; p < last; p++) {

        for (h = *p; h; h = h->next) {

            if (h->next == from) {
                h->next = to;
            }
        }
    }
}


/* what "expires" looks for */

static ngx_inline ngx_int_t
ngx_http_apigw_know_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    ngx_table_elt_t  **p;

    for (p = &r->headers_out.cache_control; *p; p = &(*p)->next) {
        /* void */
    }

    *p = h;

    return NGX_OK;
}

#else

#define ngx_http_apigw_link_header(h)


static ngx_inline ngx_int_t
ngx_http_apigw_know_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    ngx_array_t       *array;
    ngx_table_elt_t  **p;

    array = &r->headers_out.cache_control;

    if (array->elts == NULL
        && ngx_array_init(array, r->pool, 1, sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_array_push(array);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p = h;

    return NGX_OK;
}


static ngx_inline void
ngx_http_apigw_lead_array(ngx_array_t *array, ngx_table_elt_t *from,
    ngx_table_elt_t *to)
{
    ngx_uint_t         i;
    ngx_table_elt_t  **h;

    h = array->elts;

    for (i = 0; i < array->nelts; i++) {

        if (h[i] == from) {
            h[i] = to;
        }
    }
}


static ngx_inline void
ngx_http_apigw_lead_lists(ngx_http_request_t *r, ngx_table_elt_t *from,
    ngx_table_elt_t *to)
{
#if (NGX_HTTP_X_FORWARDED_FOR)
    ngx_http_apigw_lead_array(&r->headers_in.x_forwarded_for, from, to);
#endif

    ngx_http_apigw_lead_array(&r->headers_in.cookies, from, to);
}

#endif


#endif /* _NGX_HTTP_APIGW_COMPAT_H_INCLUDED_ */
