
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"


#define NGX_APIGW_ISSUER_SET_POOL  4096


static void ngx_apigw_issuer_set_read(ngx_apigw_issuer_t *issuer,
    u_char *buf);
static void ngx_apigw_issuer_set_reap_handler(ngx_event_t *ev);


void
ngx_apigw_issuer_set_init(ngx_apigw_issuer_t *issuer)
{
    ngx_memzero(&issuer->reap, sizeof(ngx_event_t));

    issuer->reap.handler = ngx_apigw_issuer_set_reap_handler;
    issuer->reap.data = issuer;
    issuer->reap.log = issuer->log;

    issuer->version = 0;
}


void
ngx_apigw_issuer_set_sync(ngx_apigw_issuer_t *issuer)
{
    u_char  *buf;

    if (ngx_apigw_slots_version(issuer->zone->slots) == issuer->version) {
        return;
    }

    buf = ngx_alloc(NGX_APIGW_ISSUER_MAX_BODY, issuer->log);
    if (buf == NULL) {
        return;
    }

    ngx_apigw_issuer_set_read(issuer, buf);

    ngx_free(buf);
}


/* What can't be read or parsed is not tried again, but for want of memory. */

static void
ngx_apigw_issuer_set_read(ngx_apigw_issuer_t *issuer, u_char *buf)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_uint_t               version;
    ngx_apigw_jwk_error_t    error;
    ngx_apigw_issuer_set_t  *set;

    text.data = buf;

    rc = ngx_apigw_slots_read(issuer->zone->slots, buf, &text.len, &version);

    if (rc == NGX_DECLINED) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, issuer->log, 0,
                      "the keys of issuer \"%V\" in shared memory are damaged",
                      &issuer->conf.issuer);

        ngx_apigw_slots_hurry(issuer->zone->slots, ngx_current_msec);
    }

    if (rc == NGX_ERROR || (rc == NGX_AGAIN && issuer->set)) {
        issuer->version = version;
        return;
    }

    rc = ngx_apigw_issuer_set_parse(&set, &text, issuer->log, &error);

    if (rc == NGX_OK) {
        ngx_apigw_issuer_set_take(issuer, set, version);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_ALERT, issuer->log, 0,
                      "the keys of issuer \"%V\" in shared memory are not to "
                      "be used: %s", &issuer->conf.issuer, error.reason);
        issuer->version = version;
    }
}


ngx_int_t
ngx_apigw_issuer_set_parse(ngx_apigw_issuer_set_t **set, ngx_str_t *text,
    ngx_log_t *log, ngx_apigw_jwk_error_t *error)
{
    ngx_int_t                rc;
    ngx_pool_t              *pool;
    ngx_apigw_issuer_set_t  *s;

    ngx_memzero(error, sizeof(ngx_apigw_jwk_error_t));

    pool = ngx_create_pool(NGX_APIGW_ISSUER_SET_POOL, log);

    if (pool == NULL) {
        error->reason = "no memory";
        return NGX_ERROR;
    }

    s = ngx_pcalloc(pool, sizeof(ngx_apigw_issuer_set_t));

    if (s == NULL) {
        error->reason = "no memory";
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    s->pool = pool;

    rc = ngx_apigw_jwks_parse(&s->keys, text, 0, pool, error);

    if (rc == NGX_ERROR) {
        error->reason = "no memory";
    }

    if (rc != NGX_OK) {
        ngx_destroy_pool(pool);
        return rc;
    }

    *set = s;

    return NGX_OK;
}


/* Somebody up the stack may use the former one. */

void
ngx_apigw_issuer_set_take(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_set_t *set, ngx_uint_t version)
{
    if (issuer->set) {
        issuer->set->next = issuer->former;
        issuer->former = issuer->set;

        ngx_post_event(&issuer->reap, &ngx_posted_events);
    }

    issuer->set = set;
    issuer->version = version;
    issuer->generation++;
}


static void
ngx_apigw_issuer_set_reap_handler(ngx_event_t *ev)
{
    ngx_apigw_issuer_t      *issuer;
    ngx_apigw_issuer_set_t  *set;

    issuer = ev->data;

    while (issuer->former) {
        set = issuer->former;
        issuer->former = set->next;

        ngx_destroy_pool(set->pool);
    }
}


void
ngx_apigw_issuer_set_exit(ngx_apigw_issuer_t *issuer)
{
    if (issuer->reap.posted) {
        ngx_delete_posted_event(&issuer->reap);
    }

    ngx_apigw_issuer_set_reap_handler(&issuer->reap);

    if (issuer->set) {
        ngx_destroy_pool(issuer->set->pool);
        issuer->set = NULL;
    }
}
