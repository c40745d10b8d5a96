
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"
#include "ngx_http_apigw_mask.h"


/* the variables that say who a client is, and where they are */


static ngx_int_t ngx_http_apigw_identity_init(ngx_conf_t *cf,
    ngx_http_apigw_identity_t *identity, ngx_str_t *value);
static void ngx_http_apigw_identity_part(ngx_http_apigw_identity_t *identity);
static ngx_uint_t ngx_http_apigw_identity_open(ngx_str_t *name);

static ngx_int_t ngx_http_apigw_identity_header(ngx_http_request_t *r,
    ngx_http_apigw_identity_t *identity, ngx_str_t *text);
static ngx_uint_t ngx_http_apigw_identity_repeated(ngx_http_request_t *r,
    ngx_http_apigw_identity_t *identity);
static ngx_uint_t ngx_http_apigw_identity_args(ngx_str_t *args,
    ngx_str_t *name);
static u_char *ngx_http_apigw_identity_name(u_char *p, u_char *last,
    ngx_str_t *name);
static ngx_uint_t ngx_http_apigw_identity_cookies(ngx_str_t *cookies,
    ngx_str_t *name);


/* what nginx and the gateway say of a request is no secret of the client */

static ngx_str_t  ngx_http_apigw_identity_opens[] = {
    ngx_string("apigw_"),
    ngx_string("document_uri"),
    ngx_string("host"),
    ngx_string("http_host"),
    ngx_string("realip_remote_"),
    ngx_string("remote_addr"),
    ngx_string("remote_port"),
    ngx_string("request_method"),
    ngx_string("scheme"),
    ngx_string("server_"),
    ngx_string("ssl_"),
    ngx_string("uri"),
    ngx_null_string
};


ngx_int_t
ngx_http_apigw_authorizer_identity(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t   *value;
    ngx_uint_t   i, n;

    if (authorizer->identities) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (authorizer->type->identities == 1) {

        if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (n == 0 || n > authorizer->type->identities) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\": 1 to %ui "
                           "are expected", &value[0],
                           authorizer->type->identities);
        return NGX_ERROR;
    }

    for (i = 1; i <= n; i++) {

        if (ngx_http_apigw_authorizer_add_identity(cf, authorizer, &value[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_authorizer_add_identity(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *value)
{
    ngx_http_apigw_identity_t  *identity;

    if (authorizer->identities == NULL) {
        authorizer->identities = ngx_pcalloc(cf->pool,
                                        authorizer->type->identities
                                        * sizeof(ngx_http_apigw_identity_t));
        if (authorizer->identities == NULL) {
            return NGX_ERROR;
        }
    }

    identity = &authorizer->identities[authorizer->nidentities++];
    identity->passed = (authorizer->type->identify != NULL);

    return ngx_http_apigw_identity_init(cf, identity, value);
}


/* $variable */

static ngx_int_t
ngx_http_apigw_identity_init(ngx_conf_t *cf,
    ngx_http_apigw_identity_t *identity, ngx_str_t *value)
{
    ngx_int_t   rc;
    ngx_str_t   name;
    ngx_uint_t  i;

    name = *value;

    if (name.len < 2 || name.data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid identity \"%V\": a variable such as "
                           "\"$http_authorization\" is expected", value);
        return NGX_ERROR;
    }

    name.data++;
    name.len--;

    for (i = 0; i < name.len; i++) {

        if (name.data[i] != '_'
            && (name.data[i] < '0' || name.data[i] > '9')
            && (ngx_tolower(name.data[i]) < 'a'
                || ngx_tolower(name.data[i]) > 'z'))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid identity \"%V\": one variable is "
                               "expected", value);
            return NGX_ERROR;
        }
    }

    identity->name = name;
    identity->index = NGX_ERROR;

    rc = ngx_http_apigw_conf_header(cf, &name, &identity->header);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {

        if (identity->header.len == sizeof("authorization") - 1
            && ngx_memcmp(identity->header.data, "authorization",
                          identity->header.len)
               == 0)
        {
            ngx_str_null(&identity->header);
        }

    } else {
        ngx_http_apigw_identity_part(identity);

        identity->index = ngx_http_get_variable_index(cf, &name);
        if (identity->index == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    if (identity->passed) {
        identity->open = ngx_http_apigw_identity_open(&name);
    }

    return NGX_OK;
}


static void
ngx_http_apigw_identity_part(ngx_http_apigw_identity_t *identity)
{
    size_t      len;
    ngx_str_t  *name;

    name = &identity->name;

    if (ngx_strncasecmp(name->data, (u_char *) "arg_", sizeof("arg_") - 1)
        == 0)
    {
        len = sizeof("arg_") - 1;

    } else if (ngx_strncasecmp(name->data, (u_char *) "cookie_",
                               sizeof("cookie_") - 1)
               == 0)
    {
        len = sizeof("cookie_") - 1;
        identity->cookie = 1;

    } else {
        return;
    }

    identity->query = 1;

    identity->part.data = name->data + len;
    identity->part.len = name->len - len;
}


static ngx_uint_t
ngx_http_apigw_identity_open(ngx_str_t *name)
{
    ngx_str_t  *open;

    for (open = ngx_http_apigw_identity_opens; open->len; open++) {

        if (name->len >= open->len
            && (name->len == open->len || open->data[open->len - 1] == '_')
            && ngx_strncasecmp(name->data, open->data, open->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_apigw_authorizer_enter(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    ngx_str_t                      text;
    ngx_uint_t                     i, n;
    ngx_http_apigw_identity_t     *identity;
    ngx_http_apigw_authorizer_t  **authorizers;

    if (ctx->stage->authorizers == NULL) {
        return NGX_OK;
    }

    authorizers = ctx->stage->authorizers->elts;

    for (i = 0; i < ctx->stage->authorizers->nelts; i++) {

        for (n = 0; n < authorizers[i]->nidentities; n++) {
            identity = &authorizers[i]->identities[n];

            if (identity->query
                && ngx_http_apigw_authorizer_shown(r, ctx, identity, &text)
                   == NGX_ERROR)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_authorizer_read(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_identity_t *identity,
    ngx_str_t *text)
{
    if (identity->index == NGX_ERROR) {
        return ngx_http_apigw_identity_header(r, identity, text);
    }

    if (identity->passed
        && identity->query
        && ngx_http_apigw_identity_repeated(r, identity))
    {
        return NGX_BUSY;
    }

    if (identity->open) {
        return ngx_http_apigw_read_variable(r, identity->index, text);
    }

    return ngx_http_apigw_authorizer_shown(r, ctx, identity, text);
}


static ngx_int_t
ngx_http_apigw_identity_header(ngx_http_request_t *r,
    ngx_http_apigw_identity_t *identity, ngx_str_t *text)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    if (identity->header.len) {
        rc = ngx_http_apigw_find_header(r, &identity->header, &h);

        if (rc != NGX_OK) {
            return rc;
        }

    } else {

        /* nginx refuses several of them */

        h = r->headers_in.authorization;

        if (h == NULL || h->value.len == 0) {
            return NGX_DECLINED;
        }
    }

    *text = h->value;

    return NGX_OK;
}


/*
 * A variable gives the first one, a function and an upstream may read another;
 * they decode the names of arguments, may end one at ";", as events of REST
 * APIs do, and may skip tabs before the name of a cookie.
 */

static ngx_uint_t
ngx_http_apigw_identity_repeated(ngx_http_request_t *r,
    ngx_http_apigw_identity_t *identity)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  cookie = ngx_string("cookie");

    if (!identity->cookie) {
        return ngx_http_apigw_identity_args(&r->args, &identity->part) > 1;
    }

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_http_apigw_header_named(&h[i], &cookie)) {
                n += ngx_http_apigw_identity_cookies(&h[i].value,
                                                     &identity->part);
            }
        }
    }

    return n > 1;
}


static ngx_uint_t
ngx_http_apigw_identity_args(ngx_str_t *args, ngx_str_t *name)
{
    u_char      *p, *last, *end;
    ngx_uint_t   n;

    n = 0;
    p = args->data;

    if (p == NULL) {
        return 0;
    }

    last = p + args->len;

    while (p < last) {

        end = p;

        while (end < last && *end != '&' && *end != ';') {
            end++;
        }

        p = ngx_http_apigw_identity_name(p, end, name);

        n += (p && (p == end || *p == '='));

        p = end + 1;
    }

    return n;
}


/* the place behind a name that may be encoded, in either case, or NULL */

static u_char *
ngx_http_apigw_identity_name(u_char *p, u_char *last, ngx_str_t *name)
{
    u_char      ch;
    ngx_int_t   n;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {

        if (p == last) {
            return NULL;
        }

        ch = *p++;

        if (ch == '%' && last - p >= 2) {
            n = ngx_hextoi(p, 2);

            if (n != NGX_ERROR) {
                ch = (u_char) n;
                p += 2;
            }
        }

        if (ngx_tolower(ch) != ngx_tolower(name->data[i])) {
            return NULL;
        }
    }

    return p;
}


static ngx_uint_t
ngx_http_apigw_identity_cookies(ngx_str_t *cookies, ngx_str_t *name)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    n = 0;
    p = cookies->data;
    last = p + cookies->len;

    while (p < last) {

        while (p < last
               && (*p == ' ' || *p == '\t' || *p == ';' || *p == ','))
        {
            p++;
        }

        if ((size_t) (last - p) >= name->len
            && ngx_strncasecmp(p, name->data, name->len) == 0)
        {
            p += name->len;

            while (p < last && (*p == ' ' || *p == '\t')) {
                p++;
            }

            n += (p < last && *p == '=');
        }

        while (p < last && *p != ';' && *p != ',') {
            p++;
        }
    }

    return n;
}
