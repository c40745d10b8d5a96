
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/* ?format= &routes= &since=, and what Accept says where there is no format */


static ngx_int_t ngx_http_apigw_exposition_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_exposition_args(ngx_http_apigw_metrics_t *m);
static const char *ngx_http_apigw_exposition_arg(ngx_http_apigw_metrics_t *m,
    ngx_str_t *name, ngx_str_t *value, ngx_uint_t *given);
static const char *ngx_http_apigw_exposition_format(
    ngx_http_apigw_metrics_t *m, ngx_str_t *value);
static const char *ngx_http_apigw_exposition_since(
    ngx_http_apigw_metrics_t *m, ngx_str_t *value);
static ngx_uint_t ngx_http_apigw_exposition_accepted(ngx_http_request_t *r);
static ngx_int_t ngx_http_apigw_exposition_headers(ngx_http_request_t *r,
    ngx_uint_t format);

static char *ngx_http_apigw_exposition(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_exposition_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_apigw_exposition_commands[] = {

    { ngx_string("apigw_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_apigw_exposition,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_exposition_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_exposition_init,        /* postconfiguration */

    ngx_http_apigw_operator_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_operator_create_loc_conf, /* create location
                                                configuration */
    ngx_http_apigw_operator_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_exposition_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_exposition_module_ctx, /* module context */
    ngx_http_apigw_exposition_commands,    /* module directives */
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


/* by ngx_http_apigw_metrics_format_e */

static ngx_str_t  ngx_http_apigw_exposition_formats[] = {
    ngx_string("text"),
    ngx_string("openmetrics"),
    ngx_string("json")
};

static ngx_str_t  ngx_http_apigw_exposition_types[] = {
    ngx_string("text/plain; version=0.0.4; charset=utf-8"),
    ngx_string("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ngx_string("application/json")
};

static ngx_str_t  ngx_http_apigw_exposition_args_names[] = {
    ngx_string("format"),
    ngx_string("routes"),
    ngx_string("since")
};


static ngx_int_t
ngx_http_apigw_exposition_handler(ngx_http_request_t *r)
{
    ngx_int_t                            rc;
    ngx_http_apigw_operator_loc_conf_t  *olcf;

    olcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_exposition_module);

    rc = ngx_http_apigw_operator(r, olcf->public, "apigw_metrics");
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_apigw_metrics_answer(r, 0);
}


ngx_int_t
ngx_http_apigw_metrics_answer(ngx_http_request_t *r, ngx_uint_t json)
{
    ngx_int_t                  rc;
    ngx_http_apigw_metrics_t  *m;

    m = ngx_pcalloc(r->pool, sizeof(ngx_http_apigw_metrics_t));
    if (m == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    m->request = r;
    m->routes = 1;
    m->format = ngx_http_apigw_exposition_accepted(r)
                ? NGX_HTTP_APIGW_METRICS_OPEN : NGX_HTTP_APIGW_METRICS_TEXT;

    rc = ngx_http_apigw_exposition_args(m);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (json) {
        m->format = NGX_HTTP_APIGW_METRICS_JSON;
    }

    if (ngx_http_apigw_exposition_headers(r, m->format) != NGX_OK
        || ngx_http_apigw_metrics_init(m) != NGX_OK
        || ngx_http_apigw_metrics_history(m) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (m->format == NGX_HTTP_APIGW_METRICS_JSON) {
        m->item = ngx_http_apigw_metrics_json;
        m->next = ngx_http_apigw_metrics_json_next;

    } else {
        m->item = ngx_http_apigw_metrics_text;
        m->next = ngx_http_apigw_metrics_text_next;
    }

    return ngx_http_apigw_report(r, ngx_http_apigw_metrics_write, m);
}


/* NGX_DECLINED: go on; else what has become of the request */

static ngx_int_t
ngx_http_apigw_exposition_args(ngx_http_apigw_metrics_t *m)
{
    u_char      *p, *end, *last;
    ngx_str_t    name, value;
    ngx_uint_t   given;
    const char  *reason;

    p = m->request->args.data;
    last = p + m->request->args.len;
    given = 0;

    while (p < last) {
        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;

        name.data = p;
        p = ngx_strlchr(p, end, '=');
        p = p ? p : end;
        name.len = p - name.data;

        value.data = ngx_min(p + 1, end);
        value.len = end - value.data;

        p = end + 1;

        if (name.len == 0 && value.len == 0) {
            continue;
        }

        reason = ngx_http_apigw_exposition_arg(m, &name, &value, &given);

        if (reason) {
            return ngx_http_apigw_operator_error(m->request,
                                                 NGX_HTTP_BAD_REQUEST, NULL,
                                                 reason);
        }
    }

    return NGX_DECLINED;
}


static const char *
ngx_http_apigw_exposition_arg(ngx_http_apigw_metrics_t *m, ngx_str_t *name,
    ngx_str_t *value, ngx_uint_t *given)
{
    ngx_str_t   *names;
    ngx_uint_t   i;

    names = ngx_http_apigw_exposition_args_names;

    for (i = 0; i < 3; i++) {

        if (name->len == names[i].len
            && ngx_memcmp(name->data, names[i].data, name->len) == 0)
        {
            break;
        }
    }

    if (i == 3) {
        return "query has an unknown parameter";
    }

    if (*given & (1 << i)) {
        return "query has a parameter twice";
    }

    *given |= 1 << i;

    switch (i) {

    case 0:
        return ngx_http_apigw_exposition_format(m, value);

    case 1:

        if (value->len == 3 && ngx_memcmp(value->data, "off", 3) == 0) {
            m->routes = 0;

        } else if (value->len != 2 || ngx_memcmp(value->data, "on", 2) != 0) {
            return "routes is not \"on\" or \"off\"";
        }

        return NULL;

    default: /* 2 */
        return ngx_http_apigw_exposition_since(m, value);
    }
}


static const char *
ngx_http_apigw_exposition_format(ngx_http_apigw_metrics_t *m,
    ngx_str_t *value)
{
    ngx_str_t   *formats;
    ngx_uint_t   i;

    formats = ngx_http_apigw_exposition_formats;

    for (i = 0; i <= NGX_HTTP_APIGW_METRICS_JSON; i++) {

        if (value->len == formats[i].len
            && ngx_memcmp(value->data, formats[i].data, value->len) == 0)
        {
            m->format = i;
            return NULL;
        }
    }

    return "format is not \"text\", \"openmetrics\" or \"json\"";
}


static const char *
ngx_http_apigw_exposition_since(ngx_http_apigw_metrics_t *m, ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || n > (ngx_int_t) 0xffffffff) {
        return "since is not a step";
    }

    m->since = (uint32_t) n;

    return NULL;
}


static ngx_uint_t
ngx_http_apigw_exposition_accepted(ngx_http_request_t *r)
{
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_apigw_exposition_accept_t   accept;

    static ngx_str_t  name = ngx_string("accept");

    ngx_memzero(&accept, sizeof(ngx_apigw_exposition_accept_t));

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash && ngx_http_apigw_header_named(&h[i], &name)) {
                ngx_apigw_exposition_accept(&accept, &h[i].value);
            }
        }
    }

    return ngx_apigw_exposition_open(&accept);
}


static ngx_int_t
ngx_http_apigw_exposition_headers(ngx_http_request_t *r, ngx_uint_t format)
{
    u_char      *end;
    ngx_str_t   *type;
    ngx_uint_t   i;

    static ngx_str_t  headers[][2] = {
        { ngx_string("Cache-Control"), ngx_string("no-store") },
        { ngx_string("Vary"), ngx_string("Accept") },
        { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") }
    };

    for (i = 0; i < 3; i++) {

        if (ngx_http_apigw_add_header(r, &headers[i][0], &headers[i][1])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    type = &ngx_http_apigw_exposition_types[format];
    end = ngx_strlchr(type->data, type->data + type->len, ';');

    /* gzip_types and the like know no parameters */

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = end ? (size_t) (end - type->data)
                                          : type->len;
    r->headers_out.content_type_lowcase = NULL;

    return NGX_OK;
}


static char *
ngx_http_apigw_exposition(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_operator_main_conf_t  *omcf;

    omcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_apigw_exposition_module);

    return ngx_http_apigw_operator_conf(cf, conf, omcf,
                                        ngx_http_apigw_exposition_handler);
}


static ngx_int_t
ngx_http_apigw_exposition_init(ngx_conf_t *cf)
{
    ngx_http_apigw_operator_main_conf_t  *omcf;

    omcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_apigw_exposition_module);

    return ngx_http_apigw_operator_init(cf, omcf, "apigw_metrics");
}
