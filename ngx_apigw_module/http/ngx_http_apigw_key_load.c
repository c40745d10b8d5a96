
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_key.h"
#include "ngx_apigw_csv.h"


#define NGX_HTTP_APIGW_KEY_MAX_PLANS   10     /* of one key, as AWS has it */
#define NGX_HTTP_APIGW_PEPPER_MIN      16
#define NGX_HTTP_APIGW_PEPPER_MAX      4096


/* columns of AWS's import format, and our "id" */

typedef enum {
    NGX_HTTP_APIGW_COLUMN_NAME = 0,
    NGX_HTTP_APIGW_COLUMN_KEY,
    NGX_HTTP_APIGW_COLUMN_ENABLED,
    NGX_HTTP_APIGW_COLUMN_PLANS,
    NGX_HTTP_APIGW_COLUMN_ID,
    NGX_HTTP_APIGW_COLUMNS
} ngx_http_apigw_column_e;


typedef struct {
    ngx_conf_t                    *cf;
    ngx_apigw_keys_t              *keys;
    ngx_http_apigw_key_source_t   *source;
    ngx_uint_t                     number;   /* of the source */

    ngx_int_t                      columns[NGX_HTTP_APIGW_COLUMNS];

    ngx_str_t                      last_plans; /* the text seen last, */
    uint16_t                       plans[NGX_HTTP_APIGW_KEY_MAX_PLANS];
    ngx_uint_t                     nplans;     /* and what it means */
} ngx_http_apigw_key_load_t;


static void ngx_http_apigw_key_free_digest(void *data);
static ngx_int_t ngx_http_apigw_key_pepper(ngx_conf_t *cf,
    ngx_http_apigw_key_main_conf_t *kmcf, ngx_str_t *pepper);
static ngx_int_t ngx_http_apigw_key_build(ngx_conf_t *cf,
    ngx_http_apigw_key_main_conf_t *kmcf);
static ngx_int_t ngx_http_apigw_key_inline(ngx_http_apigw_key_load_t *load);
static ngx_int_t ngx_http_apigw_key_file(ngx_http_apigw_key_load_t *load);
static ngx_int_t ngx_http_apigw_key_records(ngx_http_apigw_key_load_t *load,
    ngx_str_t *text);
static ngx_int_t ngx_http_apigw_key_header(ngx_http_apigw_key_load_t *load,
    ngx_apigw_csv_t *csv);
static ngx_int_t ngx_http_apigw_key_record(ngx_http_apigw_key_load_t *load,
    ngx_apigw_csv_t *csv);
static ngx_int_t ngx_http_apigw_key_add(ngx_http_apigw_key_load_t *load,
    ngx_apigw_key_row_t *row);
static ngx_int_t ngx_http_apigw_key_plans(ngx_http_apigw_key_load_t *load,
    ngx_str_t *text, ngx_uint_t line);
static ngx_int_t ngx_http_apigw_key_plan(ngx_http_apigw_key_load_t *load,
    ngx_str_t *name, ngx_uint_t line);
static ngx_int_t ngx_http_apigw_key_cells(ngx_conf_t *cf);
static ngx_int_t ngx_http_apigw_key_claim_plan(ngx_http_apigw_main_conf_t *mcf,
    ngx_http_apigw_plan_t *plan, ngx_str_t *id, uint32_t *cell, u_char *p,
    ngx_log_t *log);
static void ngx_http_apigw_key_error(ngx_conf_t *cf,
    ngx_http_apigw_key_main_conf_t *kmcf, ngx_apigw_keys_error_t *err);
static void ngx_http_apigw_key_bad_line(ngx_http_apigw_key_load_t *load,
    ngx_uint_t line, const char *reason);
static ngx_int_t ngx_http_apigw_key_read_file(ngx_conf_t *cf,
    ngx_http_apigw_place_t *place, ngx_str_t *name, ngx_str_t *text);


static ngx_str_t  ngx_http_apigw_columns[] = {
    ngx_string("name"),
    ngx_string("key"),
    ngx_string("enabled"),
    ngx_string("usageplanids"),
    ngx_string("id")
};


ngx_int_t
ngx_http_apigw_key_load(ngx_conf_t *cf, ngx_http_apigw_key_main_conf_t *kmcf)
{
    ngx_int_t            rc;
    ngx_str_t            pepper;
    ngx_pool_cleanup_t  *cln;

    if (kmcf->sources.nelts == 0) {

        if (kmcf->hmac_file.len) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &kmcf->hmac_place,
                                      "\"apigw_key_hmac_file\" without API "
                                      "keys");
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    ngx_str_null(&pepper);

    if (kmcf->hmac_file.len
        && ngx_http_apigw_key_pepper(cf, kmcf, &pepper) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    kmcf->digest = ngx_apigw_digest_create(&pepper);

    if (pepper.len) {
        ngx_apigw_cleanse(pepper.data, pepper.len);
        ngx_free(pepper.data);
    }

    if (kmcf->digest == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "SHA-256 is not available");
        return NGX_ERROR;
    }

    cln->handler = ngx_http_apigw_key_free_digest;
    cln->data = kmcf->digest;

    rc = ngx_http_apigw_key_build(cf, kmcf);

    return (rc == NGX_OK) ? ngx_http_apigw_key_cells(cf) : rc;
}


static void
ngx_http_apigw_key_free_digest(void *data)
{
    ngx_apigw_digest_free(data);
}


/* the first line of the file */

static ngx_int_t
ngx_http_apigw_key_pepper(ngx_conf_t *cf, ngx_http_apigw_key_main_conf_t *kmcf,
    ngx_str_t *pepper)
{
    u_char  *p;

    if (ngx_http_apigw_key_read_file(cf, &kmcf->hmac_place, &kmcf->hmac_file,
                                     pepper)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_strlchr(pepper->data, pepper->data + pepper->len, LF);
    if (p) {
        pepper->len = p - pepper->data;
    }

    if (pepper->len && pepper->data[pepper->len - 1] == CR) {
        pepper->len--;
    }

    if (pepper->len >= NGX_HTTP_APIGW_PEPPER_MIN
        && pepper->len <= NGX_HTTP_APIGW_PEPPER_MAX)
    {
        return NGX_OK;
    }

    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &kmcf->hmac_place,
                              "the first line of \"%V\" has %uz bytes, %d to "
                              "%d are expected", &kmcf->hmac_file, pepper->len,
                              NGX_HTTP_APIGW_PEPPER_MIN,
                              NGX_HTTP_APIGW_PEPPER_MAX);

    ngx_apigw_cleanse(pepper->data, pepper->len);
    ngx_free(pepper->data);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_key_build(ngx_conf_t *cf, ngx_http_apigw_key_main_conf_t *kmcf)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    ngx_apigw_keys_error_t       err;
    ngx_http_apigw_key_load_t    load;
    ngx_http_apigw_main_conf_t  *mcf;

    ngx_memzero(&load, sizeof(ngx_http_apigw_key_load_t));

    load.cf = cf;
    load.source = kmcf->sources.elts;

    load.keys = ngx_apigw_keys_create(cf->pool, kmcf->digest);
    if (load.keys == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < kmcf->sources.nelts; i++, load.source++) {
        load.number = i;
        load.last_plans.data = NULL;

        rc = load.source->file.len ? ngx_http_apigw_key_file(&load)
                                   : ngx_http_apigw_key_inline(&load);
        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    rc = ngx_apigw_keys_finish(load.keys, &err);

    if (rc == NGX_DECLINED) {
        ngx_http_apigw_key_error(cf, kmcf, &err);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    mcf->keys = load.keys;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_inline(ngx_http_apigw_key_load_t *load)
{
    ngx_int_t                     rc;
    ngx_apigw_key_row_t           row;
    ngx_http_apigw_key_source_t  *source;

    source = load->source;

    ngx_memzero(&row, sizeof(ngx_apigw_key_row_t));

    row.value = source->key;
    row.id = source->id;
    row.enabled = source->enabled;
    row.line = source->place.line;

    rc = ngx_http_apigw_key_plans(load, &source->plans, row.line);

    if (rc == NGX_OK) {
        rc = ngx_http_apigw_key_add(load, &row);
    }

    ngx_apigw_cleanse(source->key.data, source->key.len);

    return rc;
}


static ngx_int_t
ngx_http_apigw_key_file(ngx_http_apigw_key_load_t *load)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    if (ngx_http_apigw_key_read_file(load->cf, &load->source->place,
                                     &load->source->file, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_apigw_key_records(load, &text);

    ngx_apigw_cleanse(text.data, text.len);
    ngx_free(text.data);

    return rc;
}


static ngx_int_t
ngx_http_apigw_key_records(ngx_http_apigw_key_load_t *load, ngx_str_t *text)
{
    ngx_int_t        rc;
    ngx_apigw_csv_t  csv;

    ngx_apigw_csv_init(&csv, text->data, text->len);

    rc = ngx_apigw_csv_next(&csv);

    if (rc == NGX_DONE) {
        ngx_http_apigw_key_bad_line(load, 1, "a line with the names of the "
                                    "columns is expected");
        return NGX_ERROR;
    }

    if (rc == NGX_OK && ngx_http_apigw_key_header(load, &csv) != NGX_OK) {
        return NGX_ERROR;
    }

    while (rc == NGX_OK) {
        rc = ngx_apigw_csv_next(&csv);

        if (rc == NGX_OK
            && ngx_http_apigw_key_record(load, &csv) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rc == NGX_DONE) {
        return NGX_OK;
    }

    ngx_http_apigw_key_bad_line(load, csv.line, csv.reason);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_key_header(ngx_http_apigw_key_load_t *load,
    ngx_apigw_csv_t *csv)
{
    ngx_str_t   *field;
    ngx_uint_t   i, n;

    for (n = 0; n < NGX_HTTP_APIGW_COLUMNS; n++) {
        load->columns[n] = NGX_ERROR;
    }

    for (i = 0; i < csv->nfields; i++) {
        field = &csv->fields[i];

        for (n = 0; n < NGX_HTTP_APIGW_COLUMNS; n++) {

            if (field->len != ngx_http_apigw_columns[n].len
                || ngx_strncasecmp(field->data,
                                   ngx_http_apigw_columns[n].data, field->len)
                   != 0)
            {
                continue;
            }

            if (load->columns[n] != NGX_ERROR) {
                ngx_http_apigw_key_bad_line(load, csv->line,
                                            "a column is there twice");
                return NGX_ERROR;
            }

            load->columns[n] = i;
        }
    }

    if (load->columns[NGX_HTTP_APIGW_COLUMN_NAME] == NGX_ERROR
        || load->columns[NGX_HTTP_APIGW_COLUMN_KEY] == NGX_ERROR)
    {
        ngx_http_apigw_key_bad_line(load, csv->line,
                                    "the columns \"Name\" and \"key\" are "
                                    "required");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_key_record(ngx_http_apigw_key_load_t *load,
    ngx_apigw_csv_t *csv)
{
    ngx_int_t             n;
    ngx_str_t             fields[NGX_HTTP_APIGW_COLUMNS], *enabled;
    ngx_uint_t            i;
    ngx_apigw_key_row_t   row;

    for (i = 0; i < NGX_HTTP_APIGW_COLUMNS; i++) {
        n = load->columns[i];
        ngx_str_null(&fields[i]);

        if (n != NGX_ERROR && (ngx_uint_t) n < csv->nfields) {
            fields[i] = csv->fields[n];
        }
    }

    ngx_memzero(&row, sizeof(ngx_apigw_key_row_t));

    row.value = fields[NGX_HTTP_APIGW_COLUMN_KEY];
    row.id = fields[NGX_HTTP_APIGW_COLUMN_ID];
    row.line = csv->line;

    enabled = &fields[NGX_HTTP_APIGW_COLUMN_ENABLED];

    if (enabled->len == 0
        || (enabled->len == 4
            && ngx_strncasecmp(enabled->data, (u_char *) "true", 4) == 0))
    {
        row.enabled = 1;

    } else if (enabled->len != 5
               || ngx_strncasecmp(enabled->data, (u_char *) "false", 5) != 0)
    {
        ngx_http_apigw_key_bad_line(load, csv->line,
                                    "\"Enabled\" is neither true nor false");
        return NGX_ERROR;
    }

    if (ngx_http_apigw_key_plans(load, &fields[NGX_HTTP_APIGW_COLUMN_PLANS],
                                 csv->line)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_key_add(load, &row);
}


static ngx_int_t
ngx_http_apigw_key_add(ngx_http_apigw_key_load_t *load,
    ngx_apigw_key_row_t *row)
{
    ngx_int_t                        rc;
    ngx_apigw_keys_error_t           err;
    ngx_http_apigw_key_main_conf_t  *kmcf;

    row->plans = load->plans;
    row->nplans = load->nplans;
    row->file = load->number;

    rc = ngx_apigw_keys_add(load->keys, row, &err);

    if (rc == NGX_DECLINED) {
        kmcf = ngx_http_conf_get_module_main_conf(load->cf,
                                                  ngx_http_apigw_key_module);
        ngx_http_apigw_key_error(load->cf, kmcf, &err);
    }

    return rc;
}


/* names separated by commas; most rows have what the row before has */

static ngx_int_t
ngx_http_apigw_key_plans(ngx_http_apigw_key_load_t *load, ngx_str_t *text,
    ngx_uint_t line)
{
    u_char     *p, *last, *comma;
    ngx_str_t   name;

    if (load->last_plans.data
        && load->last_plans.len == text->len
        && ngx_memcmp(load->last_plans.data, text->data, text->len) == 0)
    {
        return NGX_OK;
    }

    load->last_plans = *text;
    load->nplans = 0;

    p = text->data;
    last = p + text->len;

    while (p < last) {
        comma = ngx_strlchr(p, last, ',');

        name.data = p;
        name.len = (comma ? comma : last) - p;

        p = comma ? comma + 1 : last;

        while (name.len && name.data[0] == ' ') {
            name.data++;
            name.len--;
        }

        while (name.len && name.data[name.len - 1] == ' ') {
            name.len--;
        }

        if (name.len == 0) {
            ngx_http_apigw_key_bad_line(load, line,
                                        "an empty name among the usage plans");
            return NGX_ERROR;
        }

        if (ngx_http_apigw_key_plan(load, &name, line) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* keeps the plans sorted */

static ngx_int_t
ngx_http_apigw_key_plan(ngx_http_apigw_key_load_t *load, ngx_str_t *name,
    ngx_uint_t line)
{
    uint16_t                 index;
    ngx_uint_t               i;
    ngx_http_apigw_plan_t   *plan;
    ngx_http_apigw_place_t   place;

    place = load->source->place;

    if (load->source->file.len) {
        place.file = load->source->file;
        place.line = line;
    }

    plan = ngx_http_apigw_conf_plan(load->cf, name, &place);
    if (plan == NULL) {
        return NGX_ERROR;
    }

    index = (uint16_t) plan->index;

    for (i = 0; i < load->nplans; i++) {

        if (load->plans[i] == index) {
            ngx_http_apigw_key_bad_line(load, line,
                                        "a usage plan is there twice");
            return NGX_ERROR;
        }
    }

    if (load->nplans == NGX_HTTP_APIGW_KEY_MAX_PLANS) {
        ngx_http_apigw_key_bad_line(load, line,
                                    "an API key has at most 10 usage plans");
        return NGX_ERROR;
    }

    for (i = load->nplans++; i && load->plans[i - 1] > index; i--) {
        load->plans[i] = load->plans[i - 1];
    }

    load->plans[i] = index;

    return NGX_OK;
}


/* where the cells of each consumer begin */

static ngx_int_t
ngx_http_apigw_key_cells(ngx_conf_t *cf)
{
    uint16_t                     *set;
    uint32_t                      i, total;
    ngx_uint_t                    n, nset;
    ngx_apigw_consumer_t         *consumer;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    plans = mcf->plans.elts;
    total = 0;

    for (i = 0; i < ngx_apigw_keys_consumers(mcf->keys); i++) {
        consumer = ngx_apigw_keys_consumer(mcf->keys, i);
        consumer->cells = total;

        set = ngx_apigw_keys_planset(mcf->keys, consumer->planset, &nset);

        for (n = 0; n < nset; n++) {
            total += (uint32_t) ngx_http_apigw_plan_cells(plans[set[n]]);
        }
    }

    mcf->cells = ngx_palloc(cf->pool, (total + 1) * sizeof(uint32_t));
    if (mcf->cells == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_key_claim(ngx_apigw_zone_t *zone, void *data, ngx_log_t *log)
{
    ngx_http_apigw_main_conf_t  *mcf = data;

    u_char                       *p;
    size_t                        size;
    uint16_t                     *set;
    uint32_t                      i, *cell;
    ngx_int_t                     rc;
    ngx_str_t                     id;
    ngx_uint_t                    n, m, nset;
    ngx_apigw_consumer_t         *consumer;
    ngx_http_apigw_plan_t       **plans;
    ngx_http_apigw_plan_limit_t  *pl;

    plans = mcf->plans.elts;
    size = 0;

    for (n = 0; n < mcf->plans.nelts; n++) {
        pl = plans[n]->limits.elts;

        for (m = 0; m < plans[n]->limits.nelts; m++) {
            size = ngx_max(size, plans[n]->name.len + pl[m].route.len);
        }
    }

    p = ngx_alloc(size + NGX_APIGW_KEY_ID_MAX + sizeof("plan") + 3, log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    cell = mcf->cells;

    for (i = 0;
         rc == NGX_OK && i < ngx_apigw_keys_consumers(mcf->keys);
         i++)
    {
        consumer = ngx_apigw_keys_consumer(mcf->keys, i);
        ngx_apigw_keys_id(mcf->keys, consumer, &id);

        set = ngx_apigw_keys_planset(mcf->keys, consumer->planset, &nset);

        for (n = 0; rc == NGX_OK && n < nset; n++) {
            rc = ngx_http_apigw_key_claim_plan(mcf, plans[set[n]], &id, cell,
                                               p, log);
            cell += ngx_http_apigw_plan_cells(plans[set[n]]);
        }
    }

    ngx_free(p);

    return rc;
}


/*
 * A cell for each limit, the numbers of the lease and of the meter; p is room
 * to work in.
 */

static ngx_int_t
ngx_http_apigw_key_claim_plan(ngx_http_apigw_main_conf_t *mcf,
    ngx_http_apigw_plan_t *plan, ngx_str_t *id, uint32_t *cell, u_char *p,
    ngx_log_t *log)
{
    u_char                       *last;
    ngx_uint_t                    i;
    ngx_http_apigw_plan_limit_t  *pl;

    pl = plan->limits.elts;

    for (i = 0; i < plan->limits.nelts; i++) {
        last = ngx_cpymem(p, "plan", sizeof("plan"));
        last = ngx_cpymem(last, plan->name.data, plan->name.len);
        *last++ = '\0';
        last = ngx_cpymem(last, id->data, id->len);
        *last++ = '\0';
        last = ngx_cpymem(last, pl[i].route.data, pl[i].route.len);

        cell[i] = ngx_apigw_zone_claim(mcf->zone, p, last - p);

        if (cell[i] == NGX_APIGW_CELL_NONE) {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "\"apigw_zone\" is too small for the throttles of "
                          "%ui API keys: it has room for %ui token buckets",
                          ngx_apigw_keys_consumers(mcf->keys),
                          mcf->zone->ncells);
            return NGX_ERROR;
        }
    }

    if (plan->quota.limit) {
        cell[i] = ngx_apigw_leases_add(mcf->leases, &plan->quota, id, log);

        if (cell[i++] == NGX_APIGW_CELL_NONE) {
            return NGX_ERROR;
        }
    }

    if (plan->pricing == NULL) {
        return NGX_OK;
    }

    cell[i] = ngx_apigw_meters_add(mcf->meters, &plan->name, id, log);

    return (cell[i] == NGX_APIGW_CELL_NONE) ? NGX_ERROR : NGX_OK;
}


void
ngx_http_apigw_key_place(ngx_http_apigw_key_main_conf_t *kmcf,
    ngx_apigw_keys_t *keys, uint32_t planset, ngx_http_apigw_place_t *place)
{
    ngx_uint_t                    file, line;
    ngx_http_apigw_key_source_t  *sources;

    ngx_apigw_keys_planset_row(keys, planset, &file, &line);

    sources = kmcf->sources.elts;
    *place = sources[file].place;

    if (sources[file].file.len) {
        place->file = sources[file].file;
        place->line = line;
    }
}


static void
ngx_http_apigw_key_error(ngx_conf_t *cf, ngx_http_apigw_key_main_conf_t *kmcf,
    ngx_apigw_keys_error_t *err)
{
    ngx_str_t                    *file, *other;
    ngx_http_apigw_key_source_t  *sources;

    sources = kmcf->sources.elts;

    file = sources[err->file].file.len ? &sources[err->file].file
                                       : &sources[err->file].place.file;

    if (err->other_line == 0) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG,
                                  &sources[err->file].place,
                                  "invalid API key in %V:%ui: %s", file,
                                  err->line, err->reason);
        return;
    }

    other = sources[err->other_file].file.len
            ? &sources[err->other_file].file
            : &sources[err->other_file].place.file;

    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &sources[err->file].place,
                              "invalid API key in %V:%ui: %s, see %V:%ui",
                              file, err->line, err->reason, other,
                              err->other_line);
}


static void
ngx_http_apigw_key_bad_line(ngx_http_apigw_key_load_t *load, ngx_uint_t line,
    const char *reason)
{
    ngx_apigw_keys_error_t           err;
    ngx_http_apigw_key_main_conf_t  *kmcf;

    kmcf = ngx_http_conf_get_module_main_conf(load->cf,
                                              ngx_http_apigw_key_module);

    ngx_memzero(&err, sizeof(ngx_apigw_keys_error_t));

    err.file = load->number;
    err.line = line;
    err.reason = reason;

    ngx_http_apigw_key_error(load->cf, kmcf, &err);
}


/* the whole file, in memory that is the caller's to wipe and free */

static ngx_int_t
ngx_http_apigw_key_read_file(ngx_conf_t *cf, ngx_http_apigw_place_t *place,
    ngx_str_t *name, ngx_str_t *text)
{
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_file_t  file;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, place,
                                  "could not open \"%V\" (%d: %s)", name,
                                  ngx_errno, strerror(ngx_errno));
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.fd = fd;
    file.name = *name;
    file.log = cf->log;

    text->data = NULL;
    n = NGX_ERROR;

    if (ngx_fd_info(fd, &file.info) != NGX_FILE_ERROR
        && ngx_is_file(&file.info))
    {
        text->len = (size_t) ngx_file_size(&file.info);

        text->data = ngx_alloc(text->len + 1, cf->log);
        if (text->data == NULL) {
            (void) ngx_close_file(fd);
            return NGX_ERROR;
        }

        n = ngx_read_file(&file, text->data, text->len, 0);
    }

    (void) ngx_close_file(fd);

    if (n != NGX_ERROR && (size_t) n == text->len) {
        return NGX_OK;
    }

    if (text->data) {
        ngx_free(text->data);
    }

    ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, place,
                              "could not read the file \"%V\"", name);
    return NGX_ERROR;
}
