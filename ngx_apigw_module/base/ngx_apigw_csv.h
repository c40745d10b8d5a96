
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_CSV_H_INCLUDED_
#define _NGX_APIGW_CSV_H_INCLUDED_


#include "ngx_apigw_base.h"


#define NGX_APIGW_CSV_MAX_FIELDS  64


/*
 * A reader of RFC 4180 text that lies in memory whole.  Records end with LF or
 * CRLF; a field may be quoted with '"' or, as AWS's importer allows, with "'",
 * and then holds its own quote doubled and line ends as they are; blanks
 * (spaces, TABs) round a field are dropped.  Empty and blank lines and a UTF-8
 * byte order mark are skipped.  Fields are unquoted in place: the text is
 * changed.
 */

typedef struct {
    u_char                 *pos;
    u_char                 *last;
    ngx_uint_t              line;        /* of the record read last, from 1 */
    ngx_uint_t              next;        /* line that pos is in */
    ngx_uint_t              nfields;
    ngx_str_t               fields[NGX_APIGW_CSV_MAX_FIELDS];
    const char             *reason;      /* static, with NGX_ERROR */
} ngx_apigw_csv_t;


void ngx_apigw_csv_init(ngx_apigw_csv_t *csv, u_char *text, size_t len);


/*
 *     NGX_OK     fields and line are set
 *     NGX_DONE   there is no further record
 *     NGX_ERROR  malformed record at csv->line, csv->reason says why: an open
 *                quote, text after a closing quote, a '"' inside an unquoted
 *                field, a NUL or another control character but TAB, too many
 *                fields; no record can be read after it
 */
ngx_int_t ngx_apigw_csv_next(ngx_apigw_csv_t *csv);


/*
 * Writes a field as the reader above, and any other, reads it: quoted unless
 * it is of letters, digits, "_", "-" and "." only.
 */
u_char *ngx_apigw_csv_field(u_char *p, ngx_str_t *field);

/* at most so many bytes for n */
#define NGX_APIGW_CSV_LEN(n)      ((n) * 2 + 2)

/*
 * The same for people: where a spreadsheet would take the field for a formula,
 * "'" is written before it.  It is not longer, since no quote begins one.
 */
u_char *ngx_apigw_csv_inert(u_char *p, ngx_str_t *field);


#endif /* _NGX_APIGW_CSV_H_INCLUDED_ */
