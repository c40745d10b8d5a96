
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A text that is read gives fields that lie in it, in records whose lines
 * rise; written anew with quotes it reads the same.  The records, taken as
 * rows of keys, give a directory that has each of them, or an error that
 * names a row.
 */

#include <stdio.h>

#include "ngx_apigw_csv.h"
#include "ngx_apigw_keys.h"


#define check(cond)  if (!(cond)) { abort(); }

#define ROWS  256


typedef struct {
    ngx_str_t      value;
    ngx_str_t      id;
    uint16_t       plan;
    ngx_uint_t     nplans;
    ngx_uint_t     enabled;
    ngx_uint_t     line;
} row_t;


static ngx_apigw_digest_t  *digest;
static row_t                rows[ROWS];


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static ngx_uint_t read_all(u_char *text, size_t size);
static void write_anew(ngx_apigw_csv_t *csv);
static void build(ngx_uint_t n);
static void compare(ngx_apigw_keys_t *keys, ngx_uint_t n);
static void unknown(ngx_apigw_keys_t *keys, ngx_str_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char      *text;
    ngx_uint_t   n;

    if (digest == NULL) {
        digest = ngx_apigw_digest_create(NULL);
        check(digest);
    }

    text = malloc(size ? size : 1);
    if (text == NULL) {
        return 0;
    }

    if (size) {
        memcpy(text, data, size);
    }

    n = read_all(text, size);
    build(n);

    free(text);

    return 0;
}


static ngx_uint_t
read_all(u_char *text, size_t size)
{
    u_char           *pos;
    ngx_int_t         rc;
    ngx_uint_t        i, n, line;
    ngx_apigw_csv_t   csv;

    ngx_apigw_csv_init(&csv, text, size);

    line = 0;
    n = 0;

    for ( ;; ) {
        pos = csv.pos;
        rc = ngx_apigw_csv_next(&csv);

        check(csv.pos >= pos && csv.pos <= text + size);

        if (rc == NGX_DONE) {
            check(csv.pos == text + size && csv.nfields == 0);
            return n;
        }

        check(csv.line > line && csv.line <= csv.next);
        line = csv.line;

        if (rc == NGX_ERROR) {
            check(csv.reason && ngx_apigw_csv_next(&csv) == NGX_DONE);
            return n;
        }

        check(rc == NGX_OK && csv.pos > pos);
        check(csv.nfields > 0 && csv.nfields <= NGX_APIGW_CSV_MAX_FIELDS);

        for (i = 0; i < csv.nfields; i++) {
            check(csv.fields[i].data >= pos
                  && csv.fields[i].data + csv.fields[i].len <= csv.pos);

            pos = csv.fields[i].data + csv.fields[i].len;
        }

        write_anew(&csv);

        if (n < ROWS) {
            memset(&rows[n], 0, sizeof(row_t));

            rows[n].line = csv.line;
            rows[n].value = csv.fields[0];
            rows[n].enabled = 1;

            if (csv.nfields > 1) {
                rows[n].id = csv.fields[1];
            }

            if (csv.nfields > 2 && csv.fields[2].len) {
                rows[n].nplans = 1;
                rows[n].plan = csv.fields[2].data[0];
            }

            if (csv.nfields > 3) {
                rows[n].enabled = csv.fields[3].len == 0;
            }

            n++;
        }
    }
}


static void
write_anew(ngx_apigw_csv_t *csv)
{
    u_char           *text, *p;
    size_t            i, k, size;
    ngx_apigw_csv_t   again;

    size = 2;

    for (i = 0; i < csv->nfields; i++) {
        size += 3 + 2 * csv->fields[i].len;
    }

    text = malloc(size);
    if (text == NULL) {
        return;
    }

    p = text;

    for (i = 0; i < csv->nfields; i++) {
        *p++ = '"';

        for (k = 0; k < csv->fields[i].len; k++) {
            *p = csv->fields[i].data[k];

            if (*p++ == '"') {
                *p++ = '"';
            }
        }

        *p++ = '"';
        *p++ = ',';
    }

    p[-1] = '\n';

    ngx_apigw_csv_init(&again, text, p - text);

    check(ngx_apigw_csv_next(&again) == NGX_OK);
    check(again.nfields == csv->nfields);

    for (i = 0; i < csv->nfields; i++) {
        check(again.fields[i].len == csv->fields[i].len);
        check(again.fields[i].len == 0
              || memcmp(again.fields[i].data, csv->fields[i].data,
                        again.fields[i].len)
                 == 0);
    }

    check(ngx_apigw_csv_next(&again) == NGX_DONE);

    free(text);
}


static void
build(ngx_uint_t n)
{
    ngx_int_t                rc;
    ngx_uint_t               i, good;
    ngx_pool_t              *pool;
    ngx_apigw_keys_t        *keys;
    ngx_apigw_key_row_t      row;
    ngx_apigw_keys_error_t   err;

    pool = ngx_create_pool(0, NULL);
    keys = ngx_apigw_keys_create(pool, digest);
    check(keys);

    for (good = 0, i = 0; i < n; i++) {
        row.value = rows[i].value;
        row.id = rows[i].id;
        row.plans = &rows[i].plan;
        row.nplans = rows[i].nplans;
        row.enabled = rows[i].enabled;
        row.file = 1;
        row.line = rows[i].line;

        rc = ngx_apigw_keys_add(keys, &row, &err);

        if (rc == NGX_OK) {
            rows[good++] = rows[i];
            continue;
        }

        check(rc == NGX_DECLINED && err.reason);
        check(err.file == 1 && err.line == row.line && err.other_line == 0);
    }

    rc = ngx_apigw_keys_finish(keys, &err);

    if (rc == NGX_OK) {
        compare(keys, good);

    } else {
        check(rc == NGX_DECLINED && err.reason);
        check(err.file == 1 && err.other_file == 1);
        check(err.other_line > 0 && err.other_line < err.line);
    }

    ngx_destroy_pool(pool);
}


static void
compare(ngx_apigw_keys_t *keys, ngx_uint_t n)
{
    uint16_t              *plans;
    uint32_t               c;
    ngx_int_t              rc;
    ngx_str_t              id;
    ngx_uint_t             i, nplans;
    ngx_apigw_consumer_t  *consumer;

    check(ngx_apigw_keys_consumers(keys) <= n);

    for (i = 0; i < n; i++) {

        if (rows[i].value.len >= 7
            && memcmp(rows[i].value.data, "sha256:", 7) == 0)
        {
            continue;
        }

        rc = ngx_apigw_keys_find(keys, &rows[i].value, &c);

        if (!rows[i].enabled) {
            check(rc == NGX_DECLINED);
            continue;
        }

        check(rc == NGX_OK && c < ngx_apigw_keys_consumers(keys));

        consumer = ngx_apigw_keys_consumer(keys, c);
        ngx_apigw_keys_id(keys, consumer, &id);

        check(id.len == (rows[i].id.len ? rows[i].id.len
                                        : NGX_APIGW_KEY_ID_LEN));
        check(rows[i].id.len == 0
              || memcmp(id.data, rows[i].id.data, id.len) == 0);

        check(consumer->planset < ngx_apigw_keys_plansets(keys));
        plans = ngx_apigw_keys_planset(keys, consumer->planset, &nplans);

        check(nplans == rows[i].nplans);
        check(nplans == 0 || plans[0] == rows[i].plan);

        unknown(keys, &rows[i].value);
    }
}


/* no row has a blank in its value */

static void
unknown(ngx_apigw_keys_t *keys, ngx_str_t *value)
{
    u_char     text[NGX_APIGW_KEY_MAX_LEN];
    uint32_t   c;
    ngx_str_t  other;

    other.len = value->len;
    other.data = text;

    memcpy(text, value->data, value->len);
    text[value->len / 2] = ' ';

    check(ngx_apigw_keys_find(keys, &other, &c) == NGX_DECLINED);
}
