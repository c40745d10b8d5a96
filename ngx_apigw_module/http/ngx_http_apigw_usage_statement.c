
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_usage.h"


static void ngx_http_apigw_usage_statement_handler(
    ngx_apigw_meters_read_t *read, ngx_int_t rc);


/* a bill that says 0 because nothing is known any more would be a wrong one */

ngx_int_t
ngx_http_apigw_usage_statement(ngx_http_apigw_usage_ctx_t *u)
{
    ngx_http_request_t          *r;
    ngx_http_apigw_main_conf_t  *mcf;

    r = u->request;
    mcf = ngx_http_apigw_get_main_conf(r);

    if (u->query.month > ngx_apigw_meters_month()) {
        return ngx_http_apigw_operator_error(r, NGX_HTTP_BAD_REQUEST, "month",
                                          "has not begun");
    }

    if (mcf->meters == NULL
        || u->query.month < ngx_apigw_meters_oldest(mcf->meters))
    {
        return ngx_http_apigw_operator_error(r, NGX_HTTP_BAD_REQUEST, "month",
                                          "is not kept any more");
    }

    u->statement.plan = u->plan->name;
    u->statement.name = u->plan->pricing->name;
    u->statement.pricing = &u->plan->pricing->prices;
    u->statement.month = u->query.month;
    u->statement.format = u->query.format;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_apigw_usage_statement_ask(ngx_http_apigw_usage_ctx_t *u, ngx_uint_t i)
{
    ngx_apigw_meters_read_t     *read;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_apigw_get_main_conf(u->request);
    read = &u->items[i].read;

    read->handler = ngx_http_apigw_usage_statement_handler;
    read->data = u;
    read->month = u->query.month;

    return ngx_apigw_meters_read(mcf->meters, u->keys[u->next + i].n, read);
}


static void
ngx_http_apigw_usage_statement_handler(ngx_apigw_meters_read_t *read,
    ngx_int_t rc)
{
    ngx_http_apigw_usage_answered(read->data, rc);
}


size_t
ngx_http_apigw_usage_statement_len(ngx_http_apigw_usage_ctx_t *u)
{
    size_t      len;
    ngx_uint_t  i;

    u->statement.position = u->report.position;

    len = ngx_apigw_statement_head_len(&u->statement)
          + ngx_apigw_statement_tail_len(&u->statement);

    for (i = 0; i < u->nitems; i++) {
        len += ngx_apigw_statement_key_len(&u->statement,
                                           &u->keys[u->next + i].id);
    }

    return len;
}


u_char *
ngx_http_apigw_usage_statement_write(ngx_http_apigw_usage_ctx_t *u, u_char *p,
    u_char *last)
{
    ngx_uint_t  i;

    if (u->next == 0) {
        p = ngx_apigw_statement_head(&u->statement, p, last);
    }

    for (i = 0; p && i < u->nitems; i++) {
        p = ngx_apigw_statement_key(&u->statement, p, last,
                                    &u->keys[u->next + i].id,
                                    &u->items[i].read.counts);
    }

    if (p && u->next + u->nitems == u->nkeys) {
        p = ngx_apigw_statement_tail(&u->statement, p, last);
    }

    return p;
}
