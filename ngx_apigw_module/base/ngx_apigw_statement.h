
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_STATEMENT_H_INCLUDED_
#define _NGX_APIGW_STATEMENT_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_pricing.h"


/*
 * What keys of a plan have to pay for a month, as JSON or CSV: pages as those
 * of ngx_apigw_usage.h, and written in the same way.  Amounts are strings in
 * JSON, since a reader might take a number for floating point.
 */

typedef struct {
    ngx_str_t                   plan;
    ngx_str_t                   name;        /* of the pricing */
    const ngx_apigw_pricing_t  *pricing;
    uint32_t                    month;
    ngx_str_t                   position;    /* empty: the last page */
    ngx_uint_t                  format;      /* NGX_APIGW_USAGE_* */
    ngx_uint_t                  nkeys;       /* written; 0 at first */
    ngx_apigw_amount_t          total;       /* of them; 0 at first */
} ngx_apigw_statement_t;


size_t ngx_apigw_statement_head_len(const ngx_apigw_statement_t *s);
u_char *ngx_apigw_statement_head(ngx_apigw_statement_t *s, u_char *p,
    u_char *last);

size_t ngx_apigw_statement_key_len(const ngx_apigw_statement_t *s,
    ngx_str_t *id);
u_char *ngx_apigw_statement_key(ngx_apigw_statement_t *s, u_char *p,
    u_char *last, ngx_str_t *id, const ngx_apigw_meter_counts_t *counts);

size_t ngx_apigw_statement_tail_len(const ngx_apigw_statement_t *s);
u_char *ngx_apigw_statement_tail(ngx_apigw_statement_t *s, u_char *p,
    u_char *last);


#endif /* _NGX_APIGW_STATEMENT_H_INCLUDED_ */
