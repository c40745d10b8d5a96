
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_pricing.h"


#define NGX_APIGW_PRICE_DIGITS   6
#define NGX_APIGW_AMOUNT_DIGITS  12
#define NGX_APIGW_AMOUNT_ONE     1000000000000ULL


static ngx_apigw_amount_t ngx_apigw_pricing_amount(ngx_uint_t kind,
    uint64_t quantity, uint64_t price);


ngx_int_t
ngx_apigw_price_parse(uint64_t *price, ngx_str_t *text)
{
    u_char      c;
    size_t      i;
    uint64_t    n;
    ngx_uint_t  digits, point, fraction;

    n = 0;
    digits = 0;
    point = 0;
    fraction = 0;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c == '.' && digits && !point) {
            point = 1;
            continue;
        }

        if (c < '0' || c > '9' || fraction == NGX_APIGW_PRICE_DIGITS) {
            return NGX_ERROR;
        }

        n = n * 10 + (c - '0');
        digits++;
        fraction += point;

        if (n > NGX_APIGW_PRICE_MAX) {
            return NGX_ERROR;
        }
    }

    if (digits == 0 || (point && fraction == 0)) {
        return NGX_ERROR;
    }

    for ( /* void */ ; fraction < NGX_APIGW_PRICE_DIGITS; fraction++) {
        n *= 10;
    }

    if (n > NGX_APIGW_PRICE_MAX) {
        return NGX_ERROR;
    }

    *price = n;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_quantity_parse(uint64_t *count, ngx_str_t *text, ngx_uint_t kind)
{
    size_t       i, len;
    uint64_t     n, scale;
    const char  *p;

    len = text->len;
    scale = 1;

    if (len && (text->data[len - 1] < '0' || text->data[len - 1] > '9')) {
        len--;

        for (p = (kind == NGX_APIGW_PRICE_REQUESTS) ? "km" : "kmgt";
             *p;
             p++)
        {
            scale *= (kind == NGX_APIGW_PRICE_REQUESTS) ? 1000 : 1024;

            if (*p == (char) ngx_tolower(text->data[len])) {
                break;
            }
        }

        if (*p == '\0') {
            return NGX_ERROR;
        }
    }

    for (n = 0, i = 0; i < len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (text->data[i] - '0');

        if (n > NGX_APIGW_QUANTITY_MAX / scale) {
            return NGX_ERROR;
        }
    }

    if (n == 0) {
        return NGX_ERROR;
    }

    *count = n * scale;

    return NGX_OK;
}


const char *
ngx_apigw_pricing_tier(ngx_apigw_pricing_t *pricing, ngx_uint_t kind,
    ngx_str_t *text, ngx_str_t *price)
{
    uint64_t            sum;
    ngx_uint_t          i;
    ngx_apigw_tier_t    tier;
    ngx_apigw_tiers_t  *tiers;

    tiers = &pricing->kinds[kind];
    sum = 0;

    for (i = 0; i < tiers->n; i++) {

        if (tiers->tiers[i].count == 0) {
            return "the tier without a count is the last one";
        }

        sum += tiers->tiers[i].count;
    }

    if (tiers->n == NGX_APIGW_PRICING_TIERS) {
        return "16 tiers are allowed";
    }

    tier.count = 0;

    if (text
        && (ngx_apigw_quantity_parse(&tier.count, text, kind) != NGX_OK
            || tier.count > NGX_APIGW_QUANTITY_MAX - sum))
    {
        return (kind == NGX_APIGW_PRICE_REQUESTS)
               ? "a count such as \"333m\" is expected, with \"k\" or \"m\""
               : "a size such as \"10t\" is expected, with \"k\", \"m\", "
                 "\"g\" or \"t\"";
    }

    if (ngx_apigw_price_parse(&tier.price, price) != NGX_OK) {
        return "a price such as \"3.50\" is expected, up to 1000000, with up "
               "to 6 digits after the point";
    }

    tiers->tiers[tiers->n++] = tier;

    return NULL;
}


const char *
ngx_apigw_pricing_finish(ngx_apigw_pricing_t *pricing)
{
    ngx_uint_t          i;
    ngx_apigw_tiers_t  *tiers;

    static const char  *missing[] = {
        "a last \"requests\" without a count is expected",
        "a last \"transfer\" without a size is expected"
    };

    for (i = 0; i < NGX_APIGW_PRICE_KINDS; i++) {
        tiers = &pricing->kinds[i];

        if (tiers->n && tiers->tiers[tiers->n - 1].count) {
            return missing[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_apigw_pricing_currency(ngx_apigw_pricing_t *pricing, ngx_str_t *text)
{
    size_t  i;

    if (text->len != NGX_APIGW_PRICING_CURRENCY) {
        return NGX_ERROR;
    }

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < 'A' || text->data[i] > 'Z') {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(pricing->currency, text->data, text->len);

    return NGX_OK;
}


ngx_uint_t
ngx_apigw_pricing_lines(const ngx_apigw_pricing_t *pricing,
    const ngx_apigw_meter_counts_t *counts, ngx_apigw_pricing_line_t *lines)
{
    uint64_t                   left;
    ngx_uint_t                 i, kind;
    const ngx_apigw_tier_t    *tier;
    ngx_apigw_pricing_line_t  *line;

    line = lines;

    for (kind = 0; kind < NGX_APIGW_PRICE_KINDS; kind++) {

        left = (kind == NGX_APIGW_PRICE_REQUESTS) ? counts->increments
                                                  : counts->bytes;

        for (i = 0; i < pricing->kinds[kind].n; i++) {
            tier = &pricing->kinds[kind].tiers[i];

            line->kind = kind;
            line->tier = i + 1;
            line->quantity = tier->count ? ngx_min(tier->count, left) : left;
            line->price = tier->price;
            line->amount = ngx_apigw_pricing_amount(kind, line->quantity,
                                                    tier->price);
            left -= line->quantity;
            line++;
        }
    }

    return (ngx_uint_t) (line - lines);
}


/* below 2^63 * 10^12 * 10^6, which is below 2^123 */

static ngx_apigw_amount_t
ngx_apigw_pricing_amount(ngx_uint_t kind, uint64_t quantity, uint64_t price)
{
    ngx_apigw_amount_t  amount;

    amount = (ngx_apigw_amount_t) quantity * price;

    if (kind == NGX_APIGW_PRICE_REQUESTS) {
        return amount;
    }

    amount = amount * 1000000 + NGX_APIGW_PRICING_GB / 2;

    return amount / NGX_APIGW_PRICING_GB;
}


ngx_apigw_amount_t
ngx_apigw_pricing_total(const ngx_apigw_pricing_line_t *lines, ngx_uint_t n)
{
    ngx_uint_t          i;
    ngx_apigw_amount_t  total;

    total = 0;

    for (i = 0; i < n; i++) {
        total += lines[i].amount;
    }

    return total;
}


u_char *
ngx_apigw_amount_print(u_char *p, ngx_apigw_amount_t amount)
{
    u_char              *d, digits[NGX_APIGW_AMOUNT_LEN];
    uint64_t             fraction;
    ngx_uint_t           i, n;
    ngx_apigw_amount_t   whole;

    whole = amount / NGX_APIGW_AMOUNT_ONE;
    fraction = (uint64_t) (amount % NGX_APIGW_AMOUNT_ONE);

    d = digits + sizeof(digits);

    do {
        *--d = (u_char) ('0' + (uint64_t) (whole % 10));
        whole /= 10;
    } while (whole);

    p = ngx_cpymem(p, d, (size_t) (digits + sizeof(digits) - d));
    *p++ = '.';

    n = NGX_APIGW_AMOUNT_DIGITS;

    while (n > 2 && fraction % 10 == 0) {
        fraction /= 10;
        n--;
    }

    for (i = n; i > 0; i--) {
        p[i - 1] = (u_char) ('0' + fraction % 10);
        fraction /= 10;
    }

    return p + n;
}


u_char *
ngx_apigw_price_print(u_char *p, uint64_t price)
{
    return ngx_apigw_amount_print(p, (ngx_apigw_amount_t) price * 1000000);
}
