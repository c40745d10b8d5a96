
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_PRICING_H_INCLUDED_
#define _NGX_APIGW_PRICING_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_meter.h"


/*
 * Prices in tiers, and what is to be paid.  There is no floating point: a
 * price is an integer of 10^-6 of the currency, an amount one of 10^-12, so
 * that what requests cost is exact.
 */

#define NGX_APIGW_PRICING_TIERS     16           /* of each kind */
#define NGX_APIGW_PRICING_CURRENCY  3

/* 10^-6 of the currency: a million */
#define NGX_APIGW_PRICE_MAX         1000000000000ULL

/* of a tier, and of what is counted */
#define NGX_APIGW_QUANTITY_MAX      ((uint64_t) 1 << 62)

/* the bytes that the price of a GB is for, a power of two */
#define NGX_APIGW_PRICING_GB        ((uint64_t) 1 << 30)

#define NGX_APIGW_PRICE_REQUESTS    0
#define NGX_APIGW_PRICE_TRANSFER    1
#define NGX_APIGW_PRICE_KINDS       2

/* digits, the point, and a zero before it and behind it */
#define NGX_APIGW_AMOUNT_LEN        42


/* pools align to 8 bytes */
__extension__ typedef unsigned __int128  ngx_apigw_amount_t
    __attribute__((aligned(8)));


typedef struct {
    uint64_t                count;       /* requests or bytes; 0: all others */
    uint64_t                price;       /* of a million requests, or a GB */
} ngx_apigw_tier_t;


/* either there are no tiers, or the last one, and no other, is of the rest */

typedef struct {
    ngx_uint_t              n;
    ngx_apigw_tier_t        tiers[NGX_APIGW_PRICING_TIERS];
} ngx_apigw_tiers_t;


typedef struct {
    u_char                  currency[NGX_APIGW_PRICING_CURRENCY];
    ngx_apigw_tiers_t       kinds[NGX_APIGW_PRICE_KINDS];
    uint64_t                increment;   /* bytes that count as a request; 0:
                                            a request is one */
} ngx_apigw_pricing_t;


typedef struct {
    ngx_uint_t              kind;
    ngx_uint_t              tier;        /* from 1 */
    uint64_t                quantity;
    uint64_t                price;
    ngx_apigw_amount_t      amount;
} ngx_apigw_pricing_line_t;

#define NGX_APIGW_PRICING_LINES                                              \
    ((size_t) NGX_APIGW_PRICE_KINDS * NGX_APIGW_PRICING_TIERS)


/* "3.50", up to six digits after the point: NGX_OK, NGX_ERROR */
ngx_int_t ngx_apigw_price_parse(uint64_t *price, ngx_str_t *text);

/*
 * "333m": of requests k and m are 10^3 and 10^6, of bytes k, m, g and t are
 * 2^10 and so on.  NGX_OK, NGX_ERROR: none, 0, or too much.
 */
ngx_int_t ngx_apigw_quantity_parse(uint64_t *count, ngx_str_t *text,
    ngx_uint_t kind);

/*
 * Adds a tier; text is NULL for that of the rest.
 *
 *     NULL          added
 *     others        what is wrong; static
 */
const char *ngx_apigw_pricing_tier(ngx_apigw_pricing_t *pricing,
    ngx_uint_t kind, ngx_str_t *text, ngx_str_t *price);

/* after the last tier: the same */
const char *ngx_apigw_pricing_finish(ngx_apigw_pricing_t *pricing);

/* NGX_OK, NGX_ERROR: not three capital letters */
ngx_int_t ngx_apigw_pricing_currency(ngx_apigw_pricing_t *pricing,
    ngx_str_t *text);

/*
 * A line for each tier, whether it was reached or not: how many.  Of what is
 * sent the amount is rounded, half up.
 */
ngx_uint_t ngx_apigw_pricing_lines(const ngx_apigw_pricing_t *pricing,
    const ngx_apigw_meter_counts_t *counts, ngx_apigw_pricing_line_t *lines);

/* the sum of the lines */
ngx_apigw_amount_t ngx_apigw_pricing_total(
    const ngx_apigw_pricing_line_t *lines, ngx_uint_t n);

/* a decimal number, of two digits after the point, or as many as it needs */
u_char *ngx_apigw_amount_print(u_char *p, ngx_apigw_amount_t amount);
u_char *ngx_apigw_price_print(u_char *p, uint64_t price);


#endif /* _NGX_APIGW_PRICING_H_INCLUDED_ */
