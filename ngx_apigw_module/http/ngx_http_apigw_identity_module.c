
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_trace.h"
#include "ngx_apigw_digest.h"


/*
 * What the gateway tells the upstream and the client about a request: its
 * ids, who sent it, and by which way it came.
 */


#define NGX_HTTP_APIGW_RANDOM  4096


typedef struct {
    ngx_uint_t                     trust;
    ngx_uint_t                     trace;    /* NGX_HTTP_APIGW_TRACE_* */
} ngx_http_apigw_identity_loc_conf_t;


static ngx_uint_t ngx_http_apigw_trusted_id(ngx_http_request_t *r,
    u_char *id);
static ngx_int_t ngx_http_apigw_identity_header_filter(ngx_http_request_t *r);
static void ngx_http_apigw_identity_clear(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
static ngx_uint_t ngx_http_apigw_identity_key(ngx_table_elt_t *h,
    ngx_str_t *key);

static char *ngx_http_apigw_identity_trace(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void *ngx_http_apigw_identity_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_identity_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static ngx_int_t ngx_http_apigw_identity_init(ngx_conf_t *cf);


static ngx_conf_enum_t  ngx_http_apigw_request_ids[] = {
    { ngx_string("generate"), 0 },
    { ngx_string("trust"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_apigw_trace_names[] = {
    { ngx_string("off"), 0 },
    { ngx_string("xray"), NGX_HTTP_APIGW_TRACE_XRAY },
    { ngx_string("w3c"), NGX_HTTP_APIGW_TRACE_W3C },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_apigw_identity_commands[] = {

    { ngx_string("apigw_request_id"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_apigw_identity_loc_conf_t, trust),
      &ngx_http_apigw_request_ids },

    { ngx_string("apigw_trace"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_APIGW_STAGE_CONF
                        |NGX_CONF_1MORE,
      ngx_http_apigw_identity_trace,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_identity_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_identity_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_apigw_identity_create_loc_conf,
                                           /* create location configuration */
    ngx_http_apigw_identity_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_identity_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_identity_module_ctx,   /* module context */
    ngx_http_apigw_identity_commands,      /* module directives */
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


static ngx_str_t  ngx_http_apigw_rest_id_key = ngx_string("x-amzn-RequestId");
static ngx_str_t  ngx_http_apigw_rest_ext_key = ngx_string("x-amz-apigw-id");
static ngx_str_t  ngx_http_apigw_http_id_key = ngx_string("apigw-requestid");

/* that of the upstream, as AWS renames it */

static ngx_str_t  ngx_http_apigw_remapped_id_key =
    ngx_string("x-amzn-Remapped-x-amzn-RequestId");


/* random bytes of the process: a system call for each request would show */

static u_char  ngx_http_apigw_random_bytes[NGX_HTTP_APIGW_RANDOM];
static size_t  ngx_http_apigw_random_left;


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


ngx_int_t
ngx_http_apigw_identify(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    u_char                              *p;
    ngx_http_apigw_identity_loc_conf_t  *ilcf;

    if (ctx->identified) {
        return NGX_OK;
    }

    p = ngx_http_apigw_random(16 + NGX_HTTP_APIGW_EXTENDED_LEN);
    if (p == NULL) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "could not get random bytes for a request id");
        return NGX_ERROR;
    }

    (void) ngx_apigw_uuid(ctx->request_id, p);
    (void) ngx_apigw_base64(ctx->extended_id, p + 16,
                            NGX_HTTP_APIGW_EXTENDED_LEN);

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_identity_module);

    if (ilcf->trust) {
        (void) ngx_http_apigw_trusted_id(r, ctx->request_id);
    }

    ctx->identified = 1;

    return NGX_OK;
}


u_char *
ngx_http_apigw_random(size_t len)
{
    if (ngx_http_apigw_random_left < len) {

        if (ngx_apigw_random(ngx_http_apigw_random_bytes,
                             NGX_HTTP_APIGW_RANDOM)
            != NGX_OK)
        {
            return NULL;
        }

        ngx_http_apigw_random_left = NGX_HTTP_APIGW_RANDOM;
    }

    ngx_http_apigw_random_left -= len;

    return ngx_http_apigw_random_bytes + ngx_http_apigw_random_left;
}


/* a client's x-amzn-RequestId is kept where it is a UUID, as AWS does */

static ngx_uint_t
ngx_http_apigw_trusted_id(ngx_http_request_t *r, u_char *id)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_apigw_identity_key(&h[i], &ngx_http_apigw_rest_id_key)
            && ngx_apigw_is_uuid(&h[i].value))
        {
            ngx_strlow(id, h[i].value.data, NGX_APIGW_UUID_LEN);
            return 1;
        }
    }
}


static ngx_int_t
ngx_http_apigw_identity_header_filter(ngx_http_request_t *r)
{
    ngx_str_t              value;
    ngx_http_apigw_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_apigw_get_ctx(r);
    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_apigw_identify(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->upstream) {
        ngx_http_apigw_identity_clear(r, ctx);
    }

    value.data = ctx->extended_id;
    value.len = sizeof(ctx->extended_id);

    if (ctx->type == NGX_APIGW_HTTP) {

        if (ngx_http_apigw_add_header(r, &ngx_http_apigw_http_id_key, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_apigw_add_header(r, &ngx_http_apigw_rest_ext_key, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ctx->request_id;
    value.len = sizeof(ctx->request_id);

    if (ngx_http_apigw_add_header(r, &ngx_http_apigw_rest_id_key, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* the answer has the gateway's ids, not those of an upstream besides */

static void
ngx_http_apigw_identity_clear(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ctx->type == NGX_APIGW_HTTP) {

                if (ngx_http_apigw_identity_key(&h[i],
                                                &ngx_http_apigw_http_id_key))
                {
                    h[i].hash = 0;
                }

                continue;
            }

            if (ngx_http_apigw_identity_key(&h[i],
                                            &ngx_http_apigw_rest_ext_key))
            {
                h[i].hash = 0;

            } else if (ngx_http_apigw_identity_key(&h[i],
                                                  &ngx_http_apigw_rest_id_key))
            {
                h[i].key = ngx_http_apigw_remapped_id_key;
            }
        }
    }
}


static ngx_uint_t
ngx_http_apigw_identity_key(ngx_table_elt_t *h, ngx_str_t *key)
{
    return h->key.len == key->len
           && ngx_strncasecmp(h->key.data, key->data, key->len) == 0;
}


ngx_uint_t
ngx_http_apigw_trace_kinds(ngx_http_request_t *r)
{
    ngx_http_apigw_identity_loc_conf_t  *ilcf;

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_apigw_identity_module);

    return ilcf->trace;
}


static char *
ngx_http_apigw_identity_trace(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_identity_loc_conf_t  *ilcf = conf;

    ngx_str_t        *value;
    ngx_uint_t        i;
    ngx_conf_enum_t  *e;

    if (ilcf->trace != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    ilcf->trace = 0;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (e = ngx_http_apigw_trace_names; e->name.len; e++) {

            if (e->name.len == value[i].len
                && ngx_strncmp(e->name.data, value[i].data, value[i].len) == 0)
            {
                break;
            }
        }

        if (e->name.len == 0
            || (e->value == 0 && cf->args->nelts != 2)
            || (ilcf->trace & e->value))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"apigw_trace\": "
                               "\"xray\", \"w3c\", both, or \"off\" is "
                               "expected", &value[i]);
            return NGX_CONF_ERROR;
        }

        ilcf->trace |= e->value;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_apigw_identity_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_identity_loc_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_apigw_identity_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->trust = NGX_CONF_UNSET_UINT;
    conf->trace = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_apigw_identity_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_identity_loc_conf_t  *prev = parent;
    ngx_http_apigw_identity_loc_conf_t  *conf = child;

    ngx_conf_merge_uint_value(conf->trust, prev->trust, 0);
    ngx_conf_merge_uint_value(conf->trace, prev->trace,
                              NGX_HTTP_APIGW_TRACE_XRAY
                              |NGX_HTTP_APIGW_TRACE_W3C);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_identity_init(ngx_conf_t *cf)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    mcf->steps[NGX_HTTP_APIGW_STEP_IDENTITY] = ngx_http_apigw_forward_key;

    ngx_http_apigw_forward_init();

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_apigw_identity_header_filter;

    return NGX_OK;
}
