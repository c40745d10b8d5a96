
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_response.h"
#include "ngx_http_apigw_template.h"


/*
 * Gateway responses: what the gateway answers instead of the backend.  The
 * phase handlers return a status, nginx makes its own page of it (or the
 * user's error_page does), and the filters here turn nginx's page into AWS's
 * answer.  So are errors that nginx itself finds inside a stage.
 */


typedef struct {
    ngx_http_apigw_template_t     *templates[NGX_HTTP_APIGW_ERRORS];
} ngx_http_apigw_response_loc_conf_t;


static ngx_int_t ngx_http_apigw_response_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_response_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_uint_t ngx_http_apigw_unguarded(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_int_t ngx_http_apigw_turn(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_uint_t ngx_http_apigw_classify(ngx_http_request_t *r);
static ngx_http_apigw_template_t *ngx_http_apigw_response_template(
    ngx_http_request_t *r, ngx_uint_t error);
static ngx_uint_t ngx_http_apigw_status(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error);
static ngx_int_t ngx_http_apigw_default_body(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_apigw_restore_location(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_uint_t ngx_http_apigw_static_redirect(ngx_http_request_t *r);

static void *ngx_http_apigw_response_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_response_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_apigw_response(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_http_apigw_response_type(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_int_t ngx_http_apigw_response_init(ngx_conf_t *cf);


static ngx_str_t  ngx_http_apigw_error_type_key =
    ngx_string("x-amzn-ErrorType");


static ngx_command_t  ngx_http_apigw_response_commands[] = {

    { ngx_string("apigw_response"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_2MORE,
      ngx_http_apigw_response,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_response_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_response_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_response_create_loc_conf,
                                           /* create location configuration */
    ngx_http_apigw_response_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_response_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_response_module_ctx,   /* module context */
    ngx_http_apigw_response_commands,      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_apigw_refuse(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_uint_t error)
{
    ngx_uint_t  status;

    ctx->error = error;
    ctx->redirected = 0;
    ctx->answered = 0;

    status = ngx_http_apigw_status(r, ctx, error);

    switch (status) {

    case NGX_HTTP_REQUEST_TIME_OUT:
    case NGX_HTTP_CLOSE:
    case NGX_HTTP_CLIENT_CLOSED_REQUEST:

        /* nginx would close the connection; the filter sets them */

        return ngx_http_apigw_responses[error].answers[ctx->type].status;

    default:
        return status;
    }
}


static ngx_uint_t
ngx_http_apigw_status(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_uint_t error)
{
    ngx_http_apigw_template_t  *template;

    template = ngx_http_apigw_response_template(r, error);

    if (template && template->status) {
        return template->status;
    }

    return ngx_http_apigw_responses[error].answers[ctx->type].status;
}


/* its own, or that of what it is a kind of */

static ngx_http_apigw_template_t *
ngx_http_apigw_response_template(ngx_http_request_t *r, ngx_uint_t error)
{
    ngx_uint_t                           parent;
    ngx_http_apigw_response_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_response_module);

    while (rlcf->templates[error] == NULL) {
        parent = ngx_http_apigw_responses[error].parent;

        if (parent == error) {
            return NULL;
        }

        error = parent;
    }

    return rlcf->templates[error];
}


static ngx_int_t
ngx_http_apigw_response_header_filter(ngx_http_request_t *r)
{
    ngx_http_apigw_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_apigw_get_ctx(r);
    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_apigw_unguarded(r, ctx)) {
        return ngx_http_filter_finalize_request(r, NULL,
                                               NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    if (r->err_status >= NGX_HTTP_BAD_REQUEST
        && !ctx->redirected
        && ((ctx->error && !ctx->answered) || ngx_http_apigw_get_route(r)))
    {
        if (ngx_http_apigw_turn(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (r->headers_out.location
               && ngx_http_apigw_restore_location(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* the last line: no content of a route before its policies have passed */

static ngx_uint_t
ngx_http_apigw_unguarded(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_route_t  *route;

    /* pages that nginx makes, or that an error_page has */

    if (ctx->redirected) {

        if (r->headers_out.status >= NGX_HTTP_BAD_REQUEST) {
            return 0;
        }

    } else if (r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return 0;
    }

    route = ngx_http_apigw_get_route(r);

    if (route == NULL || !route->protect || ctx->passed == route) {
        return 0;
    }

    ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                  "status %ui of the route \"%V\" was about to be sent before "
                  "its policies had passed", r->headers_out.status,
                  &route->key.key);

    return 1;
}


static ngx_int_t
ngx_http_apigw_turn(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_str_t                  *body;
    ngx_uint_t                  status;
    ngx_http_apigw_template_t  *template;

    if (ctx->error == NGX_HTTP_APIGW_NO_ERROR || ctx->answered) {
        ctx->answered = 0;
        ctx->error = ngx_http_apigw_classify(r);
        ctx->error_status = r->err_status;
    }

    /* nginx closes connections after a 500 */

    if (ctx->keepalive) {
        ctx->keepalive = 0;
        r->keepalive = 1;
    }

    status = ngx_http_apigw_status(r, ctx, ctx->error);

    if (status) {
        r->err_status = status;
        r->headers_out.status = status;
        r->headers_out.status_line.len = 0;
    }

    body = ngx_pcalloc(r->pool, sizeof(ngx_str_t));
    if (body == NULL) {
        return NGX_ERROR;
    }

    template = ngx_http_apigw_response_template(r, ctx->error);

    if (template && template->parts) {

        if (ngx_http_apigw_template_run(r, template, body) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (ngx_http_apigw_default_body(r, ctx, body) != NGX_OK) {
        return NGX_ERROR;
    }

    if (template && template->type.len) {
        r->headers_out.content_type = template->type;

    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = body->len;

    ngx_http_set_ctx(r, body, ngx_http_apigw_response_module);

    if (ctx->type != NGX_APIGW_REST) {
        return NGX_OK;
    }

    return ngx_http_apigw_add_header(r, &ngx_http_apigw_error_type_key,
                           &ngx_http_apigw_responses[ctx->error].exception);
}


/* what kind of error nginx found */

static ngx_uint_t
ngx_http_apigw_classify(ngx_http_request_t *r)
{
    /* NGX_HTTP_LIMIT_REQ_REJECTED, NGX_HTTP_LIMIT_CONN_REJECTED of nginx */

    if (r->limit_req_status == 3 || r->limit_conn_status == 2) {
        return NGX_HTTP_APIGW_THROTTLED;
    }

    switch (r->err_status) {

    case NGX_HTTP_UNAUTHORIZED:
        return NGX_HTTP_APIGW_UNAUTHORIZED;

    case NGX_HTTP_FORBIDDEN:
        return NGX_HTTP_APIGW_ACCESS_DENIED;

    case NGX_HTTP_NOT_FOUND:
        return NGX_HTTP_APIGW_RESOURCE_NOT_FOUND;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return NGX_HTTP_APIGW_REQUEST_TOO_LARGE;

    case NGX_HTTP_BAD_GATEWAY:

        if (r->upstream) {
            return NGX_HTTP_APIGW_INTEGRATION_FAILURE;
        }

        break;

    case NGX_HTTP_GATEWAY_TIME_OUT:

        if (r->upstream) {
            return NGX_HTTP_APIGW_INTEGRATION_TIMEOUT;
        }

        break;
    }

    return r->err_status < NGX_HTTP_INTERNAL_SERVER_ERROR
           ? NGX_HTTP_APIGW_DEFAULT_4XX : NGX_HTTP_APIGW_DEFAULT_5XX;
}


static ngx_int_t
ngx_http_apigw_default_body(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *body)
{
    u_char     *p;
    ngx_str_t   key, message;

    if ((ctx->error == NGX_HTTP_APIGW_AUTHORIZER_FAILURE
         || ctx->error == NGX_HTTP_APIGW_AUTHORIZER_CONFIGURATION_ERROR)
        && ctx->type == NGX_APIGW_REST)
    {
        ngx_str_set(body, "{\"message\":null}");
        return NGX_OK;
    }

    if (ngx_http_apigw_error_message(r, ctx, &message) != NGX_OK) {
        return NGX_ERROR;
    }

    if ((ctx->error == NGX_HTTP_APIGW_ACCESS_DENIED
         || ctx->error == NGX_HTTP_APIGW_EXPLICIT_DENY)
        && ctx->type == NGX_APIGW_REST)
    {
        ngx_str_set(&key, "{\"Message\":\"");

    } else {
        ngx_str_set(&key, "{\"message\":\"");
    }

    p = ngx_pnalloc(r->pool, key.len + message.len + sizeof("\"}") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    p = ngx_cpymem(p, key.data, key.len);
    p = ngx_cpymem(p, message.data, message.len);
    *p++ = '"'; *p++ = '}';

    body->len = p - body->data;

    return NGX_OK;
}


/*
 * The static module redirects to r->uri, which has no stage in a route; so
 * does proxy_redirect by default, which puts the route's name in the place of
 * the upstream's address.  A path that the upstream itself sent is not here.
 */

static ngx_int_t
ngx_http_apigw_restore_location(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t  *location, *prefix;

    location = &r->headers_out.location->value;

    if (location->len == 0
        || location->data[0] != '/'
        || ngx_http_apigw_get_route(r) == NULL)
    {
        return NGX_OK;
    }

    if (!r->upstream && !ngx_http_apigw_static_redirect(r)) {
        return NGX_OK;
    }

    prefix = &ctx->stage->prefix;

    if (r->upstream
        && location->len > prefix->len
        && location->data[prefix->len] == '/'
        && ngx_memcmp(location->data, prefix->data, prefix->len) == 0)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, prefix->len + location->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, prefix->data, prefix->len);
    ngx_memcpy(p + prefix->len, location->data, location->len);

    location->data = p;
    location->len += prefix->len;

    return NGX_OK;
}


/* it stands in the content phase, where "return" does not come */

static ngx_uint_t
ngx_http_apigw_static_redirect(ngx_http_request_t *r)
{
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    ph = cmcf->phase_engine.handlers + r->phase_handler;

    return r->headers_out.status == NGX_HTTP_MOVED_PERMANENTLY
           && r->content_handler == NULL
           && ph->checker == ngx_http_core_content_phase;
}


static ngx_int_t
ngx_http_apigw_response_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_str_t    *body;
    ngx_chain_t  *cl, out;

    body = ngx_http_get_module_ctx(r, ngx_http_apigw_response_module);

    if (body == NULL || in == NULL || r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    ngx_http_set_ctx(r, NULL, ngx_http_apigw_response_module);

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    if (body->len) {
        b->pos = body->data;
        b->last = body->data + body->len;
        b->memory = 1;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static char *
ngx_http_apigw_response(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_response_loc_conf_t  *rlcf = conf;

    ngx_int_t                   n;
    ngx_str_t                  *value, s, body;
    ngx_uint_t                  i, type;
    ngx_http_apigw_template_t  *template;

    value = cf->args->elts;

    type = ngx_http_apigw_response_type(cf, &value[1]);
    if (type == NGX_HTTP_APIGW_NO_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (rlcf->templates[type]) {
        return "is duplicate";
    }

    template = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_template_t));
    if (template == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&body);

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_param(&value[i], "status", &s)) {
            n = ngx_atoi(s.data, s.len);

            if (n < NGX_HTTP_BAD_REQUEST || n > 599) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid status \"%V\": 400 to 599 are "
                                   "expected", &s);
                return NGX_CONF_ERROR;
            }

            template->status = n;

        } else if (ngx_http_apigw_conf_param(&value[i], "type", &s)) {
            template->type = s;

        } else if (ngx_http_apigw_conf_param(&value[i], "body", &s)) {
            body = s;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": \"status=\", "
                               "\"type=\" or \"body=\" is expected",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (body.data && ngx_http_apigw_template_compile(cf, template, &body)
                     != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rlcf->templates[type] = template;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_apigw_response_type(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    for (i = 1; i < NGX_HTTP_APIGW_ERRORS; i++) {
        known = &ngx_http_apigw_responses[i].name;

        if (known->len == name->len
            && ngx_strncmp(known->data, name->data, name->len) == 0)
        {
            return i;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown gateway response type \"%V\": a name such as "
                       "\"THROTTLED\" or \"DEFAULT_4XX\" is expected, see the "
                       "documentation of \"apigw_response\"", name);

    return NGX_HTTP_APIGW_NO_ERROR;
}


static void *
ngx_http_apigw_response_create_loc_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->templates[] = NULL;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_response_loc_conf_t));
}


static char *
ngx_http_apigw_response_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_response_loc_conf_t  *prev = parent;
    ngx_http_apigw_response_loc_conf_t  *conf = child;

    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_APIGW_ERRORS; i++) {

        if (conf->templates[i] == NULL) {
            conf->templates[i] = prev->templates[i];
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_response_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_apigw_response_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_apigw_response_body_filter;

    return NGX_OK;
}
