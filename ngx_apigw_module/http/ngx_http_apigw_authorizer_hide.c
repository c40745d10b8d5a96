
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"
#include "ngx_http_apigw_mask.h"


/* no log shows what the variables hold that say who a client is */


static void ngx_http_apigw_identity_wipe(void *data);
static u_char *ngx_http_apigw_identity_log(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static void ngx_http_apigw_identity_hide(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_identity_t *identity);


static ngx_http_log_handler_pt  ngx_http_apigw_identity_log_next;


ngx_int_t
ngx_http_apigw_authorizer_shown(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_identity_t *identity,
    ngx_str_t *text)
{
    ngx_int_t                rc;
    ngx_http_apigw_shown_t  *shown;

    for (shown = ctx->shown; shown; shown = shown->next) {

        if (shown->index != identity->index) {
            continue;
        }

        *text = shown->text;

        if (identity->passed || !shown->passed) {
            return NGX_OK;
        }

        shown->passed = 0;

        return (text->len < NGX_HTTP_APIGW_SECRET_MIN)
               ? NGX_OK
               : ngx_http_apigw_mask_request(r, text);
    }

    if (identity->passed) {
        rc = ngx_http_apigw_read_variable(r, identity->index, text);

    } else {
        rc = ngx_http_apigw_take_variable(r, identity->index,
                                          NGX_MAX_SIZE_T_VALUE, text);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_apigw_authorizer_show(r, ctx, identity->index, text,
                                          identity->passed);
}


ngx_int_t
ngx_http_apigw_authorizer_show(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_int_t index, ngx_str_t *text,
    ngx_uint_t passed)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_apigw_shown_t  *shown;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_apigw_shown_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_apigw_identity_wipe;

    shown = cln->data;
    shown->index = index;
    shown->text = *text;
    shown->passed = passed;
    shown->next = ctx->shown;

    ctx->shown = shown;

    r = r->main;

    if (passed && r->log_handler != ngx_http_apigw_identity_log) {
        ngx_http_apigw_identity_log_next = r->log_handler;
        r->log_handler = ngx_http_apigw_identity_log;
    }

    return NGX_OK;
}


static void
ngx_http_apigw_identity_wipe(void *data)
{
    ngx_http_apigw_shown_t  *shown = data;

    ngx_memset(shown->text.data, '*', shown->text.len);
}


/*
 * The error log: request lines, URIs of upstreams, referrers, also of what is
 * said when the request has been logged.
 */

static u_char *
ngx_http_apigw_identity_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                  *p;
    ngx_str_t                text;
    ngx_http_apigw_ctx_t    *ctx;
    ngx_http_apigw_shown_t  *shown;

    p = ngx_http_apigw_identity_log_next(r, sr, buf, len);

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL) {
        return p;
    }

    text.data = buf;
    text.len = p - buf;

    for (shown = ctx->shown; shown; shown = shown->next) {

        if (!shown->passed || shown->text.len < NGX_HTTP_APIGW_SECRET_MIN) {
            continue;
        }

        if (text.len == len) {
            ngx_http_apigw_mask_cut(&text, &shown->text);

        } else {
            ngx_http_apigw_mask(&text, &shown->text);
        }
    }

    return p;
}


ngx_int_t
ngx_http_apigw_authorizer_hide(ngx_http_request_t *r)
{
    ngx_uint_t                     i, n;
    ngx_http_apigw_ctx_t          *ctx;
    ngx_http_apigw_shown_t        *shown;
    ngx_http_apigw_authorizer_t  **authorizers;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_apigw_get_ctx(r);

    if (ctx == NULL || ctx->stage == NULL) {
        return NGX_OK;
    }

    if (ctx->stage->authorizers) {
        authorizers = ctx->stage->authorizers->elts;

        for (i = 0; i < ctx->stage->authorizers->nelts; i++) {

            for (n = 0; n < authorizers[i]->nidentities; n++) {
                ngx_http_apigw_identity_hide(r, ctx,
                                             &authorizers[i]->identities[n]);
            }
        }
    }

    for (shown = ctx->shown; shown; shown = shown->next) {

        if (shown->passed && shown->text.len >= NGX_HTTP_APIGW_SECRET_MIN) {
            (void) ngx_http_apigw_mask_request(r, &shown->text);
            (void) ngx_http_apigw_mask_variables(r, &shown->text);
        }
    }

    /* all were masked before the first of them is overwritten */

    for (shown = ctx->shown; shown; shown = shown->next) {

        if (!shown->passed) {
            ngx_http_apigw_identity_wipe(shown);
        }
    }

    return NGX_OK;
}


static void
ngx_http_apigw_identity_hide(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_identity_t *identity)
{
    ngx_str_t         text;
    ngx_table_elt_t  *h;

    if (identity->open) {
        return;
    }

    if (identity->index != NGX_ERROR) {

        /* no step may have asked for it, and the request line may have it */

        (void) ngx_http_apigw_authorizer_shown(r, ctx, identity, &text);
        return;
    }

    if (identity->header.len) {
        ngx_http_apigw_hide_header(r, &identity->header);
        return;
    }

    h = r->headers_in.authorization;

    /* $remote_user is read from it now, and is no token */

    if (h
        && ngx_strncasecmp(h->value.data, (u_char *) "Basic ",
                           ngx_min(h->value.len, sizeof("Basic ") - 1))
           != 0)
    {
        ngx_http_apigw_hide_value(r, &h->value);
    }
}
