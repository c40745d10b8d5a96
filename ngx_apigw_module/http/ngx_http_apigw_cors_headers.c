
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_cors.h"


/*
 * Cross-origin requests, with the semantics of AWS's HTTP APIs: a preflight is
 * answered in the switch, before it could become a route's request, and other
 * answers get their headers in the filter, whoever made them.
 */


#define NGX_HTTP_APIGW_CORS_FIELDS  3


/* what a request says; no data: nothing; empty: more than once, too */

typedef struct {
    ngx_http_apigw_cors_t         *cors;         /* that answers a preflight */
    ngx_str_t                      origin;
    ngx_str_t                      method;
    ngx_str_t                      headers;
} ngx_http_apigw_cors_ctx_t;


typedef struct {
    ngx_str_t                      name;         /* in lower case */
    ngx_uint_t                     offset;       /* in its ctx */
} ngx_http_apigw_cors_field_t;


static ngx_http_apigw_cors_t *ngx_http_apigw_cors_get(ngx_http_request_t *r,
    ngx_http_apigw_stage_t *stage, ngx_http_apigw_route_t *route);
static void ngx_http_apigw_cors_read(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked, ngx_uint_t n);
static ngx_int_t ngx_http_apigw_cors_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_cors_answer(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked);
static ngx_int_t ngx_http_apigw_cors_share(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked);
static ngx_uint_t ngx_http_apigw_cors_match(ngx_http_apigw_cors_t *cors,
    ngx_str_t *value);
static ngx_int_t ngx_http_apigw_cors_allow(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked);
static ngx_int_t ngx_http_apigw_cors_clear(ngx_http_request_t *r,
    ngx_str_t *vary);
static ngx_int_t ngx_http_apigw_cors_vary(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_str_t *vary);
static ngx_int_t ngx_http_apigw_cors_add(ngx_http_request_t *r,
    ngx_str_t *key, ngx_str_t *value);


static ngx_http_apigw_cors_field_t
    ngx_http_apigw_cors_fields[NGX_HTTP_APIGW_CORS_FIELDS] =
{
    { ngx_string("origin"),
      offsetof(ngx_http_apigw_cors_ctx_t, origin) },
    { ngx_string("access-control-request-method"),
      offsetof(ngx_http_apigw_cors_ctx_t, method) },
    { ngx_string("access-control-request-headers"),
      offsetof(ngx_http_apigw_cors_ctx_t, headers) }
};


static ngx_str_t  ngx_http_apigw_cors_origin_key =
    ngx_string("Access-Control-Allow-Origin");
static ngx_str_t  ngx_http_apigw_cors_credentials_key =
    ngx_string("Access-Control-Allow-Credentials");
static ngx_str_t  ngx_http_apigw_cors_methods_key =
    ngx_string("Access-Control-Allow-Methods");
static ngx_str_t  ngx_http_apigw_cors_headers_key =
    ngx_string("Access-Control-Allow-Headers");
static ngx_str_t  ngx_http_apigw_cors_expose_key =
    ngx_string("Access-Control-Expose-Headers");
static ngx_str_t  ngx_http_apigw_cors_max_age_key =
    ngx_string("Access-Control-Max-Age");
static ngx_str_t  ngx_http_apigw_cors_vary_key = ngx_string("Vary");

static ngx_str_t  ngx_http_apigw_cors_star = ngx_string("*");
static ngx_str_t  ngx_http_apigw_cors_true = ngx_string("true");
static ngx_str_t  ngx_http_apigw_cors_by_origin = ngx_string("Origin");

/* where the answer repeats what was asked */

static ngx_str_t  ngx_http_apigw_cors_by_asked =
    ngx_string("Origin, Access-Control-Request-Method, "
               "Access-Control-Request-Headers");


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


/* lowcase_key is the shorter way, but other modules may leave it out */

static ngx_inline ngx_uint_t
ngx_http_apigw_cors_is(ngx_table_elt_t *h, ngx_str_t *name)
{
    if (h->key.len != name->len) {
        return 0;
    }

    return (h->lowcase_key
            && ngx_memcmp(h->lowcase_key, name->data, name->len) == 0)
           || ngx_strncasecmp(h->key.data, name->data, name->len) == 0;
}


void
ngx_http_apigw_cors_filter_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_apigw_cors_header_filter;
}


ngx_int_t
ngx_http_apigw_cors_preflight(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_route_t     *route;
    ngx_http_complex_value_t    nothing;
    ngx_http_apigw_cors_ctx_t  *asked, says;

    ngx_http_apigw_cors_read(r, &says, NGX_HTTP_APIGW_CORS_FIELDS);

    if (says.origin.data == NULL || says.method.data == NULL) {
        return NGX_DECLINED;
    }

    route = NULL;

    if (ctx->stage) {
        route = (ngx_http_apigw_route_t *)
                    ngx_apigw_router_match(ctx->stage->router,
                                           ngx_apigw_method(&says.method),
                                           &ctx->path);
    }

    says.cors = ngx_http_apigw_cors_get(r, ctx->stage, route);

    if (says.cors == NULL) {
        return NGX_DECLINED;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "apigw cors: preflight of \"%V\" from \"%V\"",
                   &says.method, &says.origin);

    asked = ngx_palloc(r->pool, sizeof(ngx_http_apigw_cors_ctx_t));
    if (asked == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *asked = says;
    ngx_http_set_ctx(r, asked, ngx_http_apigw_cors_module);

    ngx_memzero(&nothing, sizeof(ngx_http_complex_value_t));

    return ngx_http_send_response(r, NGX_HTTP_NO_CONTENT, NULL, &nothing);
}


/* r may have left the route or the stage for an error_page since */

static ngx_http_apigw_cors_t *
ngx_http_apigw_cors_get(ngx_http_request_t *r, ngx_http_apigw_stage_t *stage,
    ngx_http_apigw_route_t *route)
{
    void                            **loc_conf;
    ngx_http_apigw_cors_loc_conf_t   *clcf;

    loc_conf = route ? route->loc_conf : stage ? stage->loc_conf : r->loc_conf;
    clcf = loc_conf[ngx_http_apigw_cors_module.ctx_index];

    return clcf->cors;
}


/* the first n of the fields */

static void
ngx_http_apigw_cors_read(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked, ngx_uint_t n)
{
    ngx_str_t                    *value;
    ngx_uint_t                    i;
    ngx_list_part_t              *part;
    ngx_table_elt_t              *h;
    ngx_http_apigw_cors_field_t  *f, *last;

    last = ngx_http_apigw_cors_fields + n;

    ngx_memzero(asked, sizeof(ngx_http_apigw_cors_ctx_t));

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            for (f = ngx_http_apigw_cors_fields; f < last; f++) {

                if (!ngx_http_apigw_cors_is(&h[i], &f->name)) {
                    continue;
                }

                value = (ngx_str_t *) ((u_char *) asked + f->offset);

                if (value->data == NULL) {
                    *value = h[i].value;

                } else {
                    ngx_str_set(value, "");
                }

                break;
            }
        }
    }
}


static ngx_int_t
ngx_http_apigw_cors_header_filter(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t       *ctx;
    ngx_http_apigw_cors_t      *cors;
    ngx_http_apigw_cors_ctx_t  *asked, says;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_apigw_get_ctx(r);
    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    asked = ngx_http_get_module_ctx(r, ngx_http_apigw_cors_module);

    if (asked) {

        if (ngx_http_apigw_cors_answer(r, asked) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    cors = ngx_http_apigw_cors_get(r, ctx->stage, ctx->route);
    if (cors == NULL) {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_apigw_cors_read(r, &says, cors->any ? 0 : 1);
    says.cors = cors;

    if (ngx_http_apigw_cors_share(r, &says) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* of a preflight */

static ngx_int_t
ngx_http_apigw_cors_answer(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked)
{
    ngx_str_t              *methods, *headers, *vary;
    ngx_http_apigw_cors_t  *cors;

    cors = asked->cors;

    methods = &cors->methods;
    headers = &cors->headers;
    vary = &ngx_http_apigw_cors_by_origin;

    /* Fetch, 3.3.5: "*" is a name like others where there are credentials */

    if (cors->credentials && cors->any_method) {
        methods = &asked->method;
        vary = &ngx_http_apigw_cors_by_asked;

        if (!ngx_apigw_cors_token(methods)) {
            ngx_str_null(methods);
        }
    }

    if (cors->credentials && cors->any_header) {
        headers = &asked->headers;
        vary = &ngx_http_apigw_cors_by_asked;

        if (!ngx_apigw_cors_asked(headers)) {
            ngx_str_null(headers);
        }
    }

    if (ngx_http_apigw_cors_clear(r, cors->any ? NULL : vary) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_http_apigw_cors_match(cors, &asked->origin)) {
        return NGX_OK;
    }

    if (ngx_http_apigw_cors_allow(r, asked) != NGX_OK
        || ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_methods_key,
                                   methods)
           != NGX_OK
        || ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_headers_key,
                                   headers)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_max_age_key,
                                   &cors->max_age);
}


/*
 * Of any other request.  "*" is sent to those that show no origin, too: what
 * is the same for all may be cached for all (Fetch, 3.3.4).
 */

static ngx_int_t
ngx_http_apigw_cors_share(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked)
{
    ngx_http_apigw_cors_t  *cors;

    cors = asked->cors;

    if (ngx_http_apigw_cors_clear(r, cors->any
                                     ? NULL : &ngx_http_apigw_cors_by_origin)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ngx_http_apigw_cors_match(cors, &asked->origin)) {
        return NGX_OK;
    }

    if (ngx_http_apigw_cors_allow(r, asked) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_expose_key,
                                   &cors->expose);
}


static ngx_uint_t
ngx_http_apigw_cors_match(ngx_http_apigw_cors_t *cors, ngx_str_t *value)
{
    ngx_uint_t           i;
    ngx_apigw_origin_t  *origins;

    if (cors->any) {
        return 1;
    }

    if (value->len == 0) {
        return 0;
    }

    origins = cors->origins->elts;

    for (i = 0; i < cors->origins->nelts; i++) {

        if (ngx_apigw_origin_match(&origins[i], value)) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_apigw_cors_allow(ngx_http_request_t *r,
    ngx_http_apigw_cors_ctx_t *asked)
{
    if (ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_origin_key,
                                asked->cors->any ? &ngx_http_apigw_cors_star
                                                 : &asked->origin)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!asked->cors->credentials) {
        return NGX_OK;
    }

    return ngx_http_apigw_cors_add(r, &ngx_http_apigw_cors_credentials_key,
                                   &ngx_http_apigw_cors_true);
}


/* what the backend says of it goes, its Vary stays; vary may be NULL */

static ngx_int_t
ngx_http_apigw_cors_clear(ngx_http_request_t *r, ngx_str_t *vary)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *last;

    last = NULL;

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0) {
                continue;
            }

            if (h[i].key.len > sizeof("Access-Control-") - 1
                && ngx_strncasecmp(h[i].key.data,
                                   (u_char *) "Access-Control-",
                                   sizeof("Access-Control-") - 1)
                   == 0)
            {
                h[i].hash = 0;
                continue;
            }

            if (h[i].key.len != sizeof("Vary") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "Vary",
                                   sizeof("Vary") - 1)
                   != 0)
            {
                continue;
            }

            if (ngx_apigw_cors_has(&h[i].value, "origin",
                                   sizeof("origin") - 1))
            {
                vary = NULL;
            }

            last = &h[i];
        }
    }

    if (vary == NULL) {
        return NGX_OK;
    }

    if (last == NULL || last->value.len == 0) {
        return ngx_http_apigw_add_header(r, &ngx_http_apigw_cors_vary_key,
                                         vary);
    }

    return ngx_http_apigw_cors_vary(r, last, vary);
}


static ngx_int_t
ngx_http_apigw_cors_vary(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_str_t *vary)
{
    u_char  *p;
    size_t   len;

    len = h->value.len + sizeof(", ") - 1 + vary->len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(p, "%V, %V", &h->value, vary);

    h->value.data = p;
    h->value.len = len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_cors_add(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    if (value->len == 0) {
        return NGX_OK;
    }

    return ngx_http_apigw_add_header(r, key, value);
}
