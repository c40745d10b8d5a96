
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_csv.h"
#include "ngx_apigw_statement.h"
#include "ngx_apigw_text.h"
#include "ngx_apigw_usage.h"


#define ngx_apigw_statement_copy(p, text)                                    \
    ngx_cpymem(p, text, sizeof(text) - 1)

#define NGX_APIGW_STATEMENT_CSV_HEAD                                         \
    "usagePlanId,month,keyId,pricing,currency,item,tier,quantity,"           \
    "unitPrice,amount\r\n"

/* the rows of a key: its calls, a row for each tier, the total */
#define NGX_APIGW_STATEMENT_ROWS  (NGX_APIGW_PRICING_LINES + 2)

/* of one row, without names */
#define NGX_APIGW_STATEMENT_ROW                                              \
    (sizeof(",,,,,page total,,,,\r\n") - 1 + NGX_APIGW_MONTH_LEN             \
     + NGX_APIGW_PRICING_CURRENCY + (size_t) 2 * NGX_APIGW_NUMBER_LEN        \
     + (size_t) 2 * NGX_APIGW_AMOUNT_LEN)

#define NGX_APIGW_STATEMENT_LINE                                             \
    (sizeof(",{\"item\":\"requests\",\"tier\":,\"quantity\":,"               \
            "\"unitPrice\":\"\",\"amount\":\"\"}") - 1                       \
     + (size_t) 2 * NGX_APIGW_NUMBER_LEN + (size_t) 2 * NGX_APIGW_AMOUNT_LEN)


typedef struct {
    ngx_str_t                   name;
    const ngx_uint_t           *tier;        /* NULL: none */
    const uint64_t             *quantity;
    const uint64_t             *price;
    const ngx_apigw_amount_t   *amount;
} ngx_apigw_statement_row_t;


static u_char *ngx_apigw_statement_json(ngx_apigw_statement_t *s, u_char *p,
    ngx_str_t *id, const ngx_apigw_meter_counts_t *counts,
    const ngx_apigw_pricing_line_t *lines, ngx_uint_t n);
static u_char *ngx_apigw_statement_csv(ngx_apigw_statement_t *s, u_char *p,
    ngx_str_t *id, const ngx_apigw_meter_counts_t *counts,
    const ngx_apigw_pricing_line_t *lines, ngx_uint_t n);
static u_char *ngx_apigw_statement_row(ngx_apigw_statement_t *s, u_char *p,
    ngx_str_t *id, const ngx_apigw_statement_row_t *row);


/* by NGX_APIGW_PRICE_* */

static const ngx_str_t  ngx_apigw_statement_items[] = {
    ngx_string("requests"),
    ngx_string("transfer")
};


size_t
ngx_apigw_statement_head_len(const ngx_apigw_statement_t *s)
{
    if (s->format == NGX_APIGW_USAGE_CSV) {
        return sizeof(NGX_APIGW_STATEMENT_CSV_HEAD) - 1;
    }

    return sizeof("{\"usagePlanId\":\"\",\"month\":\"\",\"pricing\":\"\","
                  "\"currency\":\"\",\"position\":\"\",\"items\":[") - 1
           + NGX_APIGW_JSON_LEN(s->plan.len) + NGX_APIGW_MONTH_LEN
           + NGX_APIGW_JSON_LEN(s->name.len) + NGX_APIGW_PRICING_CURRENCY
           + NGX_APIGW_JSON_LEN(s->position.len);
}


u_char *
ngx_apigw_statement_head(ngx_apigw_statement_t *s, u_char *p, u_char *last)
{
    if ((size_t) (last - p) < ngx_apigw_statement_head_len(s)) {
        return NULL;
    }

    if (s->format == NGX_APIGW_USAGE_CSV) {
        return ngx_apigw_statement_copy(p, NGX_APIGW_STATEMENT_CSV_HEAD);
    }

    p = ngx_apigw_statement_copy(p, "{\"usagePlanId\":\"");
    p = ngx_apigw_json_string(p, &s->plan);
    p = ngx_apigw_statement_copy(p, "\",\"month\":\"");
    p = ngx_apigw_month_print(p, s->month);
    p = ngx_apigw_statement_copy(p, "\",\"pricing\":\"");
    p = ngx_apigw_json_string(p, &s->name);
    p = ngx_apigw_statement_copy(p, "\",\"currency\":\"");
    p = ngx_cpymem(p, s->pricing->currency, NGX_APIGW_PRICING_CURRENCY);

    if (s->position.len) {
        p = ngx_apigw_statement_copy(p, "\",\"position\":\"");
        p = ngx_apigw_json_string(p, &s->position);
    }

    return ngx_apigw_statement_copy(p, "\",\"items\":[");
}


size_t
ngx_apigw_statement_key_len(const ngx_apigw_statement_t *s, ngx_str_t *id)
{
    if (s->format == NGX_APIGW_USAGE_CSV) {
        return NGX_APIGW_STATEMENT_ROWS
               * (NGX_APIGW_STATEMENT_ROW
                  + NGX_APIGW_CSV_LEN(s->plan.len)
                  + NGX_APIGW_CSV_LEN(s->name.len)
                  + NGX_APIGW_CSV_LEN(id->len));
    }

    return sizeof(",{\"keyId\":\"\",\"requests\":,\"billed\":,\"bytes\":,"
                  "\"lines\":[],\"total\":\"\"}") - 1
           + NGX_APIGW_JSON_LEN(id->len) + (size_t) 3 * NGX_APIGW_NUMBER_LEN
           + NGX_APIGW_PRICING_LINES * NGX_APIGW_STATEMENT_LINE
           + NGX_APIGW_AMOUNT_LEN;
}


u_char *
ngx_apigw_statement_key(ngx_apigw_statement_t *s, u_char *p, u_char *last,
    ngx_str_t *id, const ngx_apigw_meter_counts_t *counts)
{
    ngx_uint_t                n;
    ngx_apigw_pricing_line_t  lines[NGX_APIGW_PRICING_LINES];

    if ((size_t) (last - p) < ngx_apigw_statement_key_len(s, id)) {
        return NULL;
    }

    n = ngx_apigw_pricing_lines(s->pricing, counts, lines);

    if (s->format == NGX_APIGW_USAGE_CSV) {
        p = ngx_apigw_statement_csv(s, p, id, counts, lines, n);

    } else {
        p = ngx_apigw_statement_json(s, p, id, counts, lines, n);
    }

    s->nkeys++;
    s->total += ngx_apigw_pricing_total(lines, n);

    return p;
}


static u_char *
ngx_apigw_statement_json(ngx_apigw_statement_t *s, u_char *p, ngx_str_t *id,
    const ngx_apigw_meter_counts_t *counts,
    const ngx_apigw_pricing_line_t *lines, ngx_uint_t n)
{
    ngx_uint_t        i;
    const ngx_str_t  *item;

    if (s->nkeys) {
        *p++ = ',';
    }

    p = ngx_apigw_statement_copy(p, "{\"keyId\":\"");
    p = ngx_apigw_json_string(p, id);
    p = ngx_apigw_statement_copy(p, "\",\"requests\":");
    p = ngx_apigw_number(p, counts->requests);
    p = ngx_apigw_statement_copy(p, ",\"billed\":");
    p = ngx_apigw_number(p, counts->increments);
    p = ngx_apigw_statement_copy(p, ",\"bytes\":");
    p = ngx_apigw_number(p, counts->bytes);
    p = ngx_apigw_statement_copy(p, ",\"lines\":[");

    for (i = 0; i < n; i++) {
        item = &ngx_apigw_statement_items[lines[i].kind];

        if (i) {
            *p++ = ',';
        }

        p = ngx_apigw_statement_copy(p, "{\"item\":\"");
        p = ngx_cpymem(p, item->data, item->len);
        p = ngx_apigw_statement_copy(p, "\",\"tier\":");
        p = ngx_apigw_number(p, lines[i].tier);
        p = ngx_apigw_statement_copy(p, ",\"quantity\":");
        p = ngx_apigw_number(p, lines[i].quantity);
        p = ngx_apigw_statement_copy(p, ",\"unitPrice\":\"");
        p = ngx_apigw_price_print(p, lines[i].price);
        p = ngx_apigw_statement_copy(p, "\",\"amount\":\"");
        p = ngx_apigw_amount_print(p, lines[i].amount);
        p = ngx_apigw_statement_copy(p, "\"}");
    }

    p = ngx_apigw_statement_copy(p, "],\"total\":\"");
    p = ngx_apigw_amount_print(p, ngx_apigw_pricing_total(lines, n));

    return ngx_apigw_statement_copy(p, "\"}");
}


static u_char *
ngx_apigw_statement_csv(ngx_apigw_statement_t *s, u_char *p, ngx_str_t *id,
    const ngx_apigw_meter_counts_t *counts,
    const ngx_apigw_pricing_line_t *lines, ngx_uint_t n)
{
    ngx_uint_t                 i;
    ngx_apigw_amount_t         total;
    ngx_apigw_statement_row_t  row;

    ngx_memzero(&row, sizeof(ngx_apigw_statement_row_t));

    ngx_str_set(&row.name, "calls");
    row.quantity = &counts->requests;
    p = ngx_apigw_statement_row(s, p, id, &row);

    for (i = 0; i < n; i++) {
        row.name = ngx_apigw_statement_items[lines[i].kind];
        row.tier = &lines[i].tier;
        row.quantity = &lines[i].quantity;
        row.price = &lines[i].price;
        row.amount = &lines[i].amount;
        p = ngx_apigw_statement_row(s, p, id, &row);
    }

    total = ngx_apigw_pricing_total(lines, n);

    ngx_memzero(&row, sizeof(ngx_apigw_statement_row_t));

    ngx_str_set(&row.name, "total");
    row.amount = &total;

    return ngx_apigw_statement_row(s, p, id, &row);
}


static u_char *
ngx_apigw_statement_row(ngx_apigw_statement_t *s, u_char *p, ngx_str_t *id,
    const ngx_apigw_statement_row_t *row)
{
    p = ngx_apigw_csv_inert(p, &s->plan);
    *p++ = ',';
    p = ngx_apigw_month_print(p, s->month);
    *p++ = ',';
    p = ngx_apigw_csv_inert(p, id);
    *p++ = ',';
    p = ngx_apigw_csv_inert(p, &s->name);
    *p++ = ',';
    p = ngx_cpymem(p, s->pricing->currency, NGX_APIGW_PRICING_CURRENCY);
    *p++ = ',';
    p = ngx_cpymem(p, row->name.data, row->name.len);
    *p++ = ',';

    if (row->tier) {
        p = ngx_apigw_number(p, *row->tier);
    }

    *p++ = ',';

    if (row->quantity) {
        p = ngx_apigw_number(p, *row->quantity);
    }

    *p++ = ',';

    if (row->price) {
        p = ngx_apigw_price_print(p, *row->price);
    }

    *p++ = ',';

    if (row->amount) {
        p = ngx_apigw_amount_print(p, *row->amount);
    }

    *p++ = '\r';
    *p++ = '\n';

    return p;
}


size_t
ngx_apigw_statement_tail_len(const ngx_apigw_statement_t *s)
{
    return NGX_APIGW_STATEMENT_ROW + NGX_APIGW_CSV_LEN(s->plan.len)
           + NGX_APIGW_CSV_LEN(s->name.len);
}


u_char *
ngx_apigw_statement_tail(ngx_apigw_statement_t *s, u_char *p, u_char *last)
{
    ngx_str_t                  none;
    ngx_apigw_statement_row_t  row;

    if ((size_t) (last - p) < ngx_apigw_statement_tail_len(s)) {
        return NULL;
    }

    if (s->format == NGX_APIGW_USAGE_CSV) {
        ngx_memzero(&row, sizeof(ngx_apigw_statement_row_t));
        ngx_str_set(&none, "");

        ngx_str_set(&row.name, "page total");
        row.amount = &s->total;

        return ngx_apigw_statement_row(s, p, &none, &row);
    }

    p = ngx_apigw_statement_copy(p, "],\"total\":\"");
    p = ngx_apigw_amount_print(p, s->total);

    return ngx_apigw_statement_copy(p, "\"}");
}
