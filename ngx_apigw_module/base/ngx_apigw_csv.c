
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 4180; what is read beyond it is in the header */

#include "ngx_apigw_csv.h"


/* what a formula begins with */
#define NGX_APIGW_CSV_FORMULA  "=+-@\t\r"


#define ngx_apigw_csv_control(c)  ((c) < 0x20 || (c) == 0x7f)


static ngx_int_t ngx_apigw_csv_quoted(ngx_apigw_csv_t *csv, ngx_str_t *field);
static ngx_int_t ngx_apigw_csv_unquoted(ngx_apigw_csv_t *csv,
    ngx_str_t *field);
static void ngx_apigw_csv_blanks(ngx_apigw_csv_t *csv);
static ngx_uint_t ngx_apigw_csv_eol(ngx_apigw_csv_t *csv);
static ngx_int_t ngx_apigw_csv_error(ngx_apigw_csv_t *csv, const char *reason);
static u_char *ngx_apigw_csv_quote(u_char *p, ngx_str_t *field);
static ngx_uint_t ngx_apigw_csv_plain(ngx_str_t *field);


void
ngx_apigw_csv_init(ngx_apigw_csv_t *csv, u_char *text, size_t len)
{
    ngx_memzero(csv, sizeof(ngx_apigw_csv_t));

    csv->pos = text;
    csv->last = text + len;
    csv->next = 1;

    if (len >= 3 && ngx_memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        csv->pos += 3;
    }
}


ngx_int_t
ngx_apigw_csv_next(ngx_apigw_csv_t *csv)
{
    ngx_int_t   rc;
    ngx_str_t  *field;

    csv->nfields = 0;

    do {
        ngx_apigw_csv_blanks(csv);

        if (csv->pos == csv->last) {
            return NGX_DONE;
        }

        csv->line = csv->next;

    } while (ngx_apigw_csv_eol(csv));

    for ( ;; ) {

        if (csv->nfields == NGX_APIGW_CSV_MAX_FIELDS) {
            return ngx_apigw_csv_error(csv, "too many fields");
        }

        field = &csv->fields[csv->nfields++];

        ngx_apigw_csv_blanks(csv);

        if (csv->pos < csv->last && (*csv->pos == '"' || *csv->pos == '\'')) {
            rc = ngx_apigw_csv_quoted(csv, field);

        } else {
            rc = ngx_apigw_csv_unquoted(csv, field);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (csv->pos == csv->last || ngx_apigw_csv_eol(csv)) {
            return NGX_OK;
        }

        if (*csv->pos != ',') {
            return ngx_apigw_csv_error(csv,
                                       ngx_apigw_csv_control(*csv->pos)
                                       ? "control character"
                                       : "text after a closing quote");
        }

        csv->pos++;
    }
}


static ngx_int_t
ngx_apigw_csv_quoted(ngx_apigw_csv_t *csv, ngx_str_t *field)
{
    u_char  c, quote, *dst;

    quote = *csv->pos++;

    field->data = csv->pos;
    dst = csv->pos;

    while (csv->pos < csv->last) {

        c = *csv->pos;

        if (c == quote) {
            csv->pos++;

            if (csv->pos == csv->last || *csv->pos != quote) {
                field->len = dst - field->data;
                ngx_apigw_csv_blanks(csv);

                return NGX_OK;
            }

            /* a doubled quote: the second one is kept */

        } else if (ngx_apigw_csv_control(c) && c != '\t') {

            if (!ngx_apigw_csv_eol(csv)) {
                return ngx_apigw_csv_error(csv, "control character");
            }

            if (c == '\r') {
                *dst++ = c;
            }

            *dst++ = '\n';

            continue;
        }

        *dst++ = *csv->pos++;
    }

    return ngx_apigw_csv_error(csv, "quote is not closed");
}


static ngx_int_t
ngx_apigw_csv_unquoted(ngx_apigw_csv_t *csv, ngx_str_t *field)
{
    u_char  c, *end;

    field->data = csv->pos;
    end = csv->pos;

    while (csv->pos < csv->last) {

        c = *csv->pos;

        if (c == '"') {
            return ngx_apigw_csv_error(csv, "quote in an unquoted field");
        }

        if (c == ',' || (ngx_apigw_csv_control(c) && c != '\t')) {
            break;
        }

        csv->pos++;

        if (c != ' ' && c != '\t') {
            end = csv->pos;
        }
    }

    field->len = end - field->data;

    return NGX_OK;
}


static void
ngx_apigw_csv_blanks(ngx_apigw_csv_t *csv)
{
    while (csv->pos < csv->last && (*csv->pos == ' ' || *csv->pos == '\t')) {
        csv->pos++;
    }
}


/* steps over a line end */

static ngx_uint_t
ngx_apigw_csv_eol(ngx_apigw_csv_t *csv)
{
    u_char  *p;

    p = csv->pos;

    if (*p == '\r' && csv->last - p > 1) {
        p++;
    }

    if (*p != '\n') {
        return 0;
    }

    csv->pos = p + 1;
    csv->next++;

    return 1;
}


static ngx_int_t
ngx_apigw_csv_error(ngx_apigw_csv_t *csv, const char *reason)
{
    csv->pos = csv->last;
    csv->nfields = 0;
    csv->reason = reason;

    return NGX_ERROR;
}


u_char *
ngx_apigw_csv_field(u_char *p, ngx_str_t *field)
{
    if (ngx_apigw_csv_plain(field)) {
        return field->len ? ngx_cpymem(p, field->data, field->len) : p;
    }

    *p++ = '"';

    return ngx_apigw_csv_quote(p, field);
}


u_char *
ngx_apigw_csv_inert(u_char *p, ngx_str_t *field)
{
    if (field->len == 0 || ngx_strlchr((u_char *) NGX_APIGW_CSV_FORMULA,
                                       (u_char *) NGX_APIGW_CSV_FORMULA
                                       + sizeof(NGX_APIGW_CSV_FORMULA) - 1,
                                       field->data[0])
                           == NULL)
    {
        return ngx_apigw_csv_field(p, field);
    }

    *p++ = '"';
    *p++ = '\'';

    return ngx_apigw_csv_quote(p, field);
}


static u_char *
ngx_apigw_csv_quote(u_char *p, ngx_str_t *field)
{
    size_t  i;

    for (i = 0; i < field->len; i++) {

        if (field->data[i] == '"') {
            *p++ = '"';
        }

        *p++ = field->data[i];
    }

    *p++ = '"';

    return p;
}


static ngx_uint_t
ngx_apigw_csv_plain(ngx_str_t *field)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < field->len; i++) {
        c = field->data[i];

        if (c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9')) {
            continue;
        }

        c |= 0x20;

        if (c < 'a' || c > 'z') {
            return 0;
        }
    }

    return 1;
}
