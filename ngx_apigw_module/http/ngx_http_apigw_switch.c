
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_stage.h"
#include "ngx_apigw_path.h"


static ngx_int_t ngx_http_apigw_preflight(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_early(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_http_apigw_ctx_t *ngx_http_apigw_enter(ngx_http_request_t *r,
    ngx_http_apigw_stage_t *stage);
static void ngx_http_apigw_redirected(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_unknown_stage(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_canonical(ngx_http_request_t *r,
    ngx_http_apigw_stage_t *stage, ngx_str_t *path);
static ngx_int_t ngx_http_apigw_same_path(ngx_http_request_t *r,
    ngx_str_t *path);
static ngx_int_t ngx_http_apigw_raw_path(ngx_http_request_t *r,
    ngx_str_t *raw);
static ngx_int_t ngx_http_apigw_set_uri(ngx_http_request_t *r,
    ngx_str_t *path);
static ngx_int_t ngx_http_apigw_set_unparsed_uri(ngx_http_request_t *r,
    ngx_str_t *path);
static ngx_uint_t ngx_http_apigw_method(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_become(ngx_http_request_t *r,
    ngx_http_apigw_route_t *route);
static ngx_uint_t ngx_http_apigw_server_relative(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


ngx_int_t
ngx_http_apigw_switch_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_str_t                         path;
    ngx_http_apigw_ctx_t             *ctx;
    ngx_apigw_route_key_t            *key;
    ngx_http_apigw_route_t           *route;
    ngx_http_apigw_stage_t           *stage;
    ngx_http_apigw_stage_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_stage_module);
    stage = slcf->stage;

    if (stage == NULL) {

        /* a request that was parked here is a route's already */

        return slcf->route
               ? ngx_http_apigw_early(r, ngx_http_apigw_get_ctx(r))
               : ngx_http_apigw_unknown_stage(r);
    }

    r->loc_conf = stage->loc_conf;

    ctx = NULL;

    if (r == r->main) {
        ctx = ngx_http_apigw_enter(r, stage);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    rc = ngx_http_apigw_canonical(r, stage, &path);

    if (rc != NGX_OK) {
        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ctx ? ngx_http_apigw_refuse(r, ctx, (ngx_uint_t) rc)
                   : NGX_HTTP_NOT_FOUND;
    }

    if (ctx) {
        ctx->path = path;

        rc = ngx_http_apigw_preflight(r, ctx);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    key = ngx_apigw_router_match(stage->router, ngx_http_apigw_method(r),
                                 &path);

    if (key == NULL) {
        return ctx ? ngx_http_apigw_refuse(r, ctx,
                                  NGX_HTTP_APIGW_MISSING_AUTHENTICATION_TOKEN)
                   : NGX_HTTP_NOT_FOUND;
    }

    route = (ngx_http_apigw_route_t *) key;

    if (ngx_http_apigw_set_uri(r, &path) != NGX_OK
        || ngx_http_apigw_set_unparsed_uri(r, &path) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_apigw_become(r, route);

    if (ctx == NULL) {
        return rc;
    }

    ctx->route = route;
    ctx->inside = 1;
    ctx->error_page = r->error_page;
    ctx->err_status = r->err_status;

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_apigw_forward(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return route->early ? ngx_http_apigw_early(r, ctx) : NGX_DECLINED;
}


/* CORS: answered for whatever route may be, and before its policies */

static ngx_int_t
ngx_http_apigw_preflight(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_main_conf_t  *mcf;

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_apigw_get_main_conf(r);

    return mcf->preflight ? mcf->preflight(r, ctx) : NGX_DECLINED;
}


/* the pipeline of a route that may answer in this phase */

static ngx_int_t
ngx_http_apigw_early(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_apigw_pipeline(r, ctx);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


/* the context of the request, new or led into another stage; NULL: error */

static ngx_http_apigw_ctx_t *
ngx_http_apigw_enter(ngx_http_request_t *r, ngx_http_apigw_stage_t *stage)
{
    ngx_uint_t                   i;
    ngx_http_apigw_ctx_t        *ctx;
    ngx_http_apigw_main_conf_t  *mcf;

    ctx = ngx_http_apigw_create_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    ngx_http_apigw_redirected(r, ctx);

    ctx->stage = stage;
    ctx->type = stage->type;
    ctx->route = NULL;
    ctx->step = 0;
    ctx->inside = 0;

    mcf = ngx_http_apigw_get_main_conf(r);

    for (i = 0; i < NGX_HTTP_APIGW_STEPS; i++) {

        if (mcf->enter[i] && mcf->enter[i](r, ctx) != NGX_OK) {
            return NULL;
        }
    }

    return ctx;
}


/* a user's error_page answers now; with "=" further errors are new ones */

static void
ngx_http_apigw_redirected(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    if (r->internal && r->err_status) {
        ctx->redirected = 1;

    } else {
        ctx->redirected = 0;
        ctx->answered = (ctx->error != NGX_HTTP_APIGW_NO_ERROR);
    }
}


/* a request that no location of a server with stages has taken */

static ngx_int_t
ngx_http_apigw_unknown_stage(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_http_apigw_ctx_t             *ctx;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_core_srv_conf_t         *cscf;
    ngx_http_apigw_stage_srv_conf_t  *sscf;
    ngx_http_apigw_stage_loc_conf_t  *slcf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_apigw_stage_module);

    if (sscf->api == NULL || r != r->main) {
        return NGX_DECLINED;
    }

    if (r->internal) {
        ctx = ngx_http_apigw_get_ctx(r);

        if (ctx) {
            clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

            ngx_http_apigw_redirected(r, ctx);

            if (!clcf->named) {
                ctx->inside = 0;
            }
        }

        return NGX_DECLINED;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (r->loc_conf != cscf->ctx->loc_conf) {
        return NGX_DECLINED;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_stage_module);

    ctx = ngx_http_apigw_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->type = slcf->type;

    rc = ngx_http_apigw_preflight(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "no stage for \"%V\"", &r->uri);

    return ngx_http_apigw_refuse(r, ctx, NGX_HTTP_APIGW_UNKNOWN_STAGE);
}


/*
 *     NGX_OK     path is the canonical path without the stage
 *     NGX_ERROR  no memory
 *     > 0        the gateway response
 */

static ngx_int_t
ngx_http_apigw_canonical(ngx_http_request_t *r, ngx_http_apigw_stage_t *stage,
    ngx_str_t *path)
{
    size_t       len;
    ngx_int_t    rc;
    ngx_str_t    raw;
    const char  *reason;

    if (ngx_http_apigw_raw_path(r, &raw) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_apigw_path_canonical(r->pool, &raw,
                                  stage->keep_slash ? NGX_APIGW_PATH_KEEP_SLASH
                                                    : 0,
                                  path, &reason);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "client sent invalid path \"%V\": %s", &raw, reason);
        return NGX_HTTP_APIGW_BAD_PATH;
    }

    rc = ngx_http_apigw_same_path(r, path);

    if (rc != NGX_OK) {
        return rc;
    }

    len = stage->prefix.len;

    if (path->len < len
        || ngx_memcmp(path->data, stage->prefix.data, len) != 0
        || (path->len > len && path->data[len] != '/'))
    {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "canonical path \"%V\" is outside of the stage \"%V\"",
                      path, &stage->name);
        return NGX_HTTP_APIGW_UNKNOWN_STAGE;
    }

    path->data += len;
    path->len -= len;

    if (path->len == 0) {
        ngx_str_set(path, "/");
    }

    return NGX_OK;
}


/*
 * nginx found the location by its own reading of the path.  Where ours is
 * another one ("%2F" beside dot segments, merge_slashes off), a client could
 * have a location's rules checked for one path and another one forwarded.
 */

static ngx_int_t
ngx_http_apigw_same_path(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char     *p, *src;
    ngx_str_t   decoded;

    if (!r->valid_unparsed_uri
        || path->data == r->uri.data
        || (path->len == r->uri.len
            && ngx_memcmp(path->data, r->uri.data, path->len) == 0))
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, path->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    src = path->data;
    decoded.data = p;

    ngx_unescape_uri(&p, &src, path->len, 0);

    decoded.len = p - decoded.data;

    if (decoded.len == r->uri.len
        && ngx_memcmp(decoded.data, r->uri.data, decoded.len) == 0)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "client sent ambiguous path \"%V\", canonical \"%V\"",
                  &r->unparsed_uri, path);

    return NGX_HTTP_APIGW_BAD_PATH;
}


/* the path as the client sent it, or as an internal redirect wrote it */

static ngx_int_t
ngx_http_apigw_raw_path(ngx_http_request_t *r, ngx_str_t *raw)
{
    u_char  *p, *last;

    if (!r->valid_unparsed_uri) {
        return ngx_apigw_path_from_uri(r->pool, &r->uri, raw);
    }

    *raw = r->unparsed_uri;

    if (raw->len == r->uri.len && !r->empty_path_in_uri) {
        return NGX_OK;
    }

    p = raw->data;
    last = p + raw->len;

    while (p < last && *p != '?' && *p != '#') {
        p++;
    }

    raw->len = p - raw->data;

    if (raw->len == 0) {
        ngx_str_set(raw, "/");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_set_uri(ngx_http_request_t *r, ngx_str_t *path)
{
    if (!r->quoted_uri
        && path->data >= r->unparsed_uri.data
        && path->data < r->unparsed_uri.data + r->unparsed_uri.len)
    {
        /* a slice of what had nothing to decode */

        r->uri = *path;

    } else if (ngx_apigw_path_decode(r->pool, path, &r->uri) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->uri.data != path->data) {
        r->quoted_uri = 1;
    }

    ngx_http_set_exten(r);

    return NGX_OK;
}


/* what is forwarded: the very bytes that were matched, and the arguments */

static ngx_int_t
ngx_http_apigw_set_unparsed_uri(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char     *p, *end, *last;
    ngx_str_t  *uri;

    uri = &r->unparsed_uri;

    p = path->data + path->len;
    end = uri->data + uri->len;

    if (r->valid_unparsed_uri
        && path->data >= uri->data && p <= end
        && (p == end || (*p == '?' && p + 1 + r->args.len == end)))
    {
        /* a slice of the request line */

        uri->len = end - path->data;
        uri->data = path->data;

        return NGX_OK;
    }

    r->valid_unparsed_uri = 1;

    if (r->args.len == 0) {
        *uri = *path;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, path->len + 1 + r->args.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_cpymem(p, path->data, path->len);
    *last++ = '?';
    last = ngx_cpymem(last, r->args.data, r->args.len);

    uri->data = p;
    uri->len = last - p;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return NGX_APIGW_GET;

    case NGX_HTTP_HEAD:
        return NGX_APIGW_HEAD;

    case NGX_HTTP_POST:
        return NGX_APIGW_POST;

    case NGX_HTTP_PUT:
        return NGX_APIGW_PUT;

    case NGX_HTTP_DELETE:
        return NGX_APIGW_DELETE;

    case NGX_HTTP_OPTIONS:
        return NGX_APIGW_OPTIONS;

    case NGX_HTTP_PATCH:
        return NGX_APIGW_PATCH;

    default:
        return NGX_APIGW_NO_METHOD;
    }
}


/* what the find-config phase does for a location */

static ngx_int_t
ngx_http_apigw_become(ngx_http_request_t *r, ngx_http_apigw_route_t *route)
{
    ngx_http_core_loc_conf_t  *clcf;

    r->loc_conf = route->loc_conf;
    r->content_handler = NULL;

    ngx_http_update_location_config(r);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "apigw route: \"%V\"", &route->key.key);

    /* proxy takes the name's length off the URI without looking */

    r->valid_location = (r->uri.len >= clcf->name.len
                         && ngx_memcmp(r->uri.data, clcf->name.data,
                                       clcf->name.len)
                            == 0);

    if (r->headers_in.content_length_n == -1
        || r->discard_body
        || clcf->client_max_body_size == 0
        || clcf->client_max_body_size >= r->headers_in.content_length_n)
    {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "client intended to send too large body: %O bytes",
                  r->headers_in.content_length_n);

    r->expect_tested = 1;
    (void) ngx_http_discard_request_body(r);

    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
}


/*
 * In a route r->uri has no stage.  Where nginx redirects internally to a URI
 * that it derived from r->uri (an index file, the fallback of try_files), the
 * stage is put back before a location is looked for.
 */

ngx_int_t
ngx_http_apigw_return_handler(ngx_http_request_t *r)
{
    u_char                *p;
    ngx_str_t             *prefix;
    ngx_http_apigw_ctx_t  *ctx;

    if (!r->internal || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || !ctx->inside) {
        return NGX_DECLINED;
    }

    prefix = &ctx->stage->prefix;

    if (prefix->len && !ngx_http_apigw_server_relative(r, ctx)) {

        p = ngx_pnalloc(r->pool, prefix->len + r->uri.len);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_memcpy(p, prefix->data, prefix->len);
        ngx_memcpy(p + prefix->len, r->uri.data, r->uri.len);

        r->uri.data = p;
        r->uri.len += prefix->len;

        ngx_http_set_exten(r);
    }

    ctx->inside = 0;

    return NGX_DECLINED;
}


/* 1 where the URI was written by the administrator or by the upstream */

static ngx_uint_t
ngx_http_apigw_server_relative(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    if (r->upstream
        || r->post_action
        || r->err_status != ctx->err_status
        || r->error_page != ctx->error_page)
    {
        return 1;
    }

    /* with recursive_error_pages and "=" a request shows no trace */

    clcf = ctx->route->loc_conf[ngx_http_core_module.ctx_index];

    if (!clcf->recursive_error_pages || clcf->error_pages == NULL) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {

        if (page[i].value.value.len == r->uri.len
            && ngx_memcmp(page[i].value.value.data, r->uri.data, r->uri.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
