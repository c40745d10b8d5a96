
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_revoked.h"

#include <stdlib.h>


/*
 * A record is what it is, two bytes of length, the value.  As many as there
 * may be, of the longest lines, have less than 4 GB: 32 bits tell where one
 * is.
 */

#define NGX_APIGW_REVOKED_HEAD   3
#define NGX_APIGW_REVOKED_KINDS  3


typedef struct {
    uint32_t                     hash;
    uint32_t                     record;  /* offset + 1, 0: free */
} ngx_apigw_revoked_slot_t;


struct ngx_apigw_revoked_s {
    ngx_apigw_revoked_slot_t    *slots;
    uint32_t                     mask;

    u_char                      *records;
    size_t                       used;
    size_t                       size;

    ngx_uint_t                   count;
    ngx_uint_t                   counts[NGX_APIGW_REVOKED_KINDS];

    ngx_uint_t                   line;    /* number of the one that is read */
    size_t                       len;     /* what there is of it, and of CR */
    u_char                       text[NGX_APIGW_REVOKED_MAX_LINE + 1];

    u_char                       seed[NGX_APIGW_SIPHASH_KEY_LEN];
};


static ngx_int_t ngx_apigw_revoked_line(ngx_apigw_revoked_t *list, u_char *p,
    size_t len, const char **reason);
static ngx_int_t ngx_apigw_revoked_value(ngx_str_t *value,
    const char **reason);
static ngx_int_t ngx_apigw_revoked_add(ngx_apigw_revoked_t *list,
    ngx_uint_t what, ngx_str_t *value, const char **reason);
static ngx_int_t ngx_apigw_revoked_room(ngx_apigw_revoked_t *list,
    size_t size);
static void ngx_apigw_revoked_shrink(ngx_apigw_revoked_t *list);
static ngx_int_t ngx_apigw_revoked_rehash(ngx_apigw_revoked_t *list);
static uint32_t ngx_apigw_revoked_hash(ngx_apigw_revoked_t *list,
    ngx_uint_t what, ngx_str_t *value);
static ngx_apigw_revoked_slot_t *ngx_apigw_revoked_slot(
    ngx_apigw_revoked_t *list, uint32_t hash, ngx_uint_t what,
    ngx_str_t *value);


static const char  ngx_apigw_revoked_words[] = "jti sub kid ";


ngx_apigw_revoked_t *
ngx_apigw_revoked_create(const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN])
{
    ngx_apigw_revoked_t  *list;

    list = calloc(1, sizeof(ngx_apigw_revoked_t));
    if (list == NULL) {
        return NULL;
    }

    list->line = 1;

    ngx_memcpy(list->seed, seed, NGX_APIGW_SIPHASH_KEY_LEN);

    return list;
}


void
ngx_apigw_revoked_free(ngx_apigw_revoked_t *list)
{
    free(list->slots);
    free(list->records);
    free(list);
}


ngx_int_t
ngx_apigw_revoked_feed(ngx_apigw_revoked_t *list, ngx_str_t *piece,
    ngx_uint_t last, ngx_uint_t *line, const char **reason)
{
    u_char     *p, *lf, *end;
    size_t      n;
    ngx_int_t   rc;

    *line = list->line;

    p = piece->data;
    end = piece->len ? p + piece->len : p;

    for ( /* void */ ; p < end; p = lf + 1) {

        lf = ngx_strlchr(p, end, '\n');

        n = (lf ? lf : end) - p;

        if (n > sizeof(list->text) - list->len) {
            *reason = "the line is too long";
            return NGX_DECLINED;
        }

        ngx_memcpy(list->text + list->len, p, n);
        list->len += n;

        if (lf == NULL) {
            break;
        }

        rc = ngx_apigw_revoked_line(list, list->text, list->len, reason);
        if (rc != NGX_OK) {
            return rc;
        }

        list->len = 0;
        *line = ++list->line;
    }

    if (!last) {
        return NGX_OK;
    }

    n = list->len;
    list->len = 0;

    rc = ngx_apigw_revoked_line(list, list->text, n, reason);

    ngx_apigw_revoked_shrink(list);

    return rc;
}


static ngx_int_t
ngx_apigw_revoked_line(ngx_apigw_revoked_t *list, u_char *p, size_t len,
    const char **reason)
{
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   value;
    ngx_uint_t  what;

    if (len && p[len - 1] == '\r') {
        len--;
    }

    if (len > NGX_APIGW_REVOKED_MAX_LINE) {
        *reason = "the line is too long";
        return NGX_DECLINED;
    }

    if (list->line == 1 && len >= 3
        && ngx_memcmp(p, "\xef\xbb\xbf", 3) == 0)
    {
        p += 3;
        len -= 3;
    }

    for (i = 0; i < len && (p[i] == ' ' || p[i] == '\t'); i++) {
        /* void */
    }

    if (i == len || *p == '#') {
        return NGX_OK;
    }

    for (what = 0; what < NGX_APIGW_REVOKED_KINDS; what++) {

        if (len >= 3
            && ngx_memcmp(p, &ngx_apigw_revoked_words[what * 4], 3) == 0
            && (len == 3 || p[3] == ' '))
        {
            break;
        }
    }

    if (what == NGX_APIGW_REVOKED_KINDS) {
        *reason = "the line does not begin with \"jti \", \"sub \", \"kid \""
                  " or \"#\"";
        return NGX_DECLINED;
    }

    value.data = p + 4;
    value.len = (len > 4) ? len - 4 : 0;

    rc = ngx_apigw_revoked_value(&value, reason);

    return (rc == NGX_OK) ? ngx_apigw_revoked_add(list, what, &value, reason)
                          : rc;
}


static ngx_int_t
ngx_apigw_revoked_value(ngx_str_t *value, const char **reason)
{
    size_t  i;

    if (value->len == 0) {
        *reason = "the value is missing";
        return NGX_DECLINED;
    }

    if (value->data[0] == ' ' || value->data[value->len - 1] == ' ') {
        *reason = "the value begins or ends with a space";
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {

        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            *reason = "the value has a control character";
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_revoked_add(ngx_apigw_revoked_t *list, ngx_uint_t what,
    ngx_str_t *value, const char **reason)
{
    u_char                    *p;
    uint32_t                   hash;
    ngx_apigw_revoked_slot_t  *slot;

    hash = ngx_apigw_revoked_hash(list, what, value);

    if (list->slots
        && ngx_apigw_revoked_slot(list, hash, what, value)->record)
    {
        return NGX_OK;
    }

    if (list->count == NGX_APIGW_REVOKED_MAX) {
        *reason = "there are too many values";
        return NGX_DECLINED;
    }

    if (ngx_apigw_revoked_room(list, NGX_APIGW_REVOKED_HEAD + value->len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    slot = ngx_apigw_revoked_slot(list, hash, what, value);

    slot->hash = hash;
    slot->record = (uint32_t) list->used + 1;

    p = list->records + list->used;

    *p++ = (u_char) what;
    *p++ = (u_char) (value->len >> 8);
    *p++ = (u_char) value->len;

    ngx_memcpy(p, value->data, value->len);

    list->used += NGX_APIGW_REVOKED_HEAD + value->len;
    list->counts[what]++;
    list->count++;

    return NGX_OK;
}


/* for one more record, and a free slot after it */

static ngx_int_t
ngx_apigw_revoked_room(ngx_apigw_revoked_t *list, size_t size)
{
    u_char  *records;

    if (list->size - list->used < size) {

        /* by half: what is not used of a long list should not be much */

        size = list->size + ngx_max(list->size / 2, 4096);

        records = realloc(list->records, size);
        if (records == NULL) {
            return NGX_ERROR;
        }

        list->records = records;
        list->size = size;
    }

    if (list->slots == NULL
        || (list->count + 1) * 4 > ((size_t) list->mask + 1) * 3)
    {
        return ngx_apigw_revoked_rehash(list);
    }

    return NGX_OK;
}


static void
ngx_apigw_revoked_shrink(ngx_apigw_revoked_t *list)
{
    u_char  *records;

    if (list->used == list->size) {
        return;
    }

    records = realloc(list->records, ngx_max(list->used, 1));
    if (records == NULL) {
        return;
    }

    list->records = records;
    list->size = list->used;
}


static ngx_int_t
ngx_apigw_revoked_rehash(ngx_apigw_revoked_t *list)
{
    size_t                     i, n;
    uint32_t                   mask, place;
    ngx_apigw_revoked_slot_t  *slots;

    n = list->slots ? (size_t) list->mask + 1 : 0;
    mask = (uint32_t) (n ? 2 * n : 64) - 1;

    slots = calloc((size_t) mask + 1, sizeof(ngx_apigw_revoked_slot_t));
    if (slots == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (list->slots[i].record == 0) {
            continue;
        }

        place = list->slots[i].hash & mask;

        while (slots[place].record) {
            place = (place + 1) & mask;
        }

        slots[place] = list->slots[i];
    }

    free(list->slots);

    list->slots = slots;
    list->mask = mask;

    return NGX_OK;
}


static uint32_t
ngx_apigw_revoked_hash(ngx_apigw_revoked_t *list, ngx_uint_t what,
    ngx_str_t *value)
{
    return (uint32_t) (ngx_apigw_siphash(list->seed, value->data, value->len)
                       + what * 0x9e3779b9);
}


/* where the value is, or the free slot for it */

static ngx_apigw_revoked_slot_t *
ngx_apigw_revoked_slot(ngx_apigw_revoked_t *list, uint32_t hash,
    ngx_uint_t what, ngx_str_t *value)
{
    u_char                    *p;
    uint32_t                   place;
    ngx_apigw_revoked_slot_t  *slot;

    for (place = hash & list->mask; /* void */;
         place = (place + 1) & list->mask)
    {
        slot = &list->slots[place];

        if (slot->record == 0) {
            return slot;
        }

        if (slot->hash != hash) {
            continue;
        }

        p = list->records + slot->record - 1;

        if (p[0] == what
            && (size_t) (p[1] << 8 | p[2]) == value->len
            && ngx_memcmp(p + NGX_APIGW_REVOKED_HEAD, value->data, value->len)
               == 0)
        {
            return slot;
        }
    }
}


ngx_uint_t
ngx_apigw_revoked_find(ngx_apigw_revoked_t *list, ngx_uint_t what,
    ngx_str_t *value)
{
    uint32_t  hash;

    if (list->counts[what] == 0 || value->len == 0) {
        return 0;
    }

    hash = ngx_apigw_revoked_hash(list, what, value);

    return ngx_apigw_revoked_slot(list, hash, what, value)->record != 0;
}


ngx_uint_t
ngx_apigw_revoked_count(ngx_apigw_revoked_t *list)
{
    return list->count;
}
