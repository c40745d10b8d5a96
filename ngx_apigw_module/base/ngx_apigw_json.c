
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 8259, by jansson; RFC 6901 */

#include "ngx_apigw_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <jansson.h>


/* a real number: sign, 17 digits, point, exponent, ".0" */
#define NGX_APIGW_JSON_NUMBER  32


typedef struct {
    size_t             nodes;
    size_t             bytes;      /* of texts and names */
} ngx_apigw_json_size_t;


/* what is left of a block */

typedef struct {
    ngx_apigw_json_t  *node;
    u_char            *pos;
} ngx_apigw_json_room_t;


static ngx_uint_t ngx_apigw_json_too_deep(ngx_str_t *text, ngx_uint_t depth);
static ngx_int_t ngx_apigw_json_failed(json_error_t *error,
    const char **reason);
static void ngx_apigw_json_measure(json_t *json, ngx_apigw_json_size_t *size);
static void ngx_apigw_json_fill(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room);
static void ngx_apigw_json_fill_object(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room);
static void ngx_apigw_json_fill_array(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room);
static void ngx_apigw_json_text(ngx_str_t *dst, const char *src, size_t len,
    ngx_apigw_json_room_t *room);
static size_t ngx_apigw_json_real(char *text, double real);
static void ngx_apigw_json_count(ngx_apigw_json_t *value,
    ngx_apigw_json_size_t *size);
static void ngx_apigw_json_clone(ngx_apigw_json_t *dst, ngx_apigw_json_t *src,
    ngx_apigw_json_room_t *room);
static ngx_apigw_json_t *ngx_apigw_json_step(ngx_apigw_json_t *value,
    u_char *p, size_t len);
static ngx_apigw_json_t *ngx_apigw_json_item(ngx_apigw_json_t *array,
    u_char *p, size_t len);
static ngx_uint_t ngx_apigw_json_is_name(ngx_str_t *name, u_char *p,
    size_t len);
static size_t ngx_apigw_json_print_len(ngx_apigw_json_t *value);
static size_t ngx_apigw_json_quoted_len(ngx_str_t *s);
static u_char *ngx_apigw_json_write(u_char *p, ngx_apigw_json_t *value);
static u_char *ngx_apigw_json_quote(u_char *p, ngx_str_t *s);
static u_char *ngx_apigw_json_escape(u_char *p, uint32_t unit);


static ngx_str_t  ngx_apigw_json_null_text = ngx_string("null");
static ngx_str_t  ngx_apigw_json_false_text = ngx_string("false");
static ngx_str_t  ngx_apigw_json_true_text = ngx_string("true");
static ngx_str_t  ngx_apigw_json_no_text = ngx_string("");


ngx_int_t
ngx_apigw_json_parse(ngx_apigw_json_t **value, ngx_str_t *text,
    ngx_uint_t depth, ngx_pool_t *pool, const char **reason)
{
    json_t                 *json;
    json_error_t            error;
    ngx_apigw_json_room_t   room;
    ngx_apigw_json_size_t   size;

    /* jansson would go 2048 levels down */

    if (ngx_apigw_json_too_deep(text, depth)) {
        *reason = "it is nested too deeply";
        return NGX_DECLINED;
    }

    ngx_memzero(&error, sizeof(json_error_t));

    json = json_loadb(text->len ? (const char *) text->data : "", text->len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &error);
    if (json == NULL) {
        return ngx_apigw_json_failed(&error, reason);
    }

    ngx_memzero(&size, sizeof(ngx_apigw_json_size_t));

    ngx_apigw_json_measure(json, &size);

    room.node = ngx_palloc(pool, size.nodes * sizeof(ngx_apigw_json_t)
                                 + size.bytes);
    if (room.node == NULL) {
        json_decref(json);
        return NGX_ERROR;
    }

    room.pos = (u_char *) (room.node + size.nodes);

    *value = room.node++;

    ngx_str_set(&(*value)->name, "");
    (*value)->next = NULL;

    ngx_apigw_json_fill(*value, json, &room);

    json_decref(json);

    return NGX_OK;
}


/* up to the first error a parser sees the same brackets */

static ngx_uint_t
ngx_apigw_json_too_deep(ngx_str_t *text, ngx_uint_t depth)
{
    size_t      i;
    ngx_uint_t  level;

    level = 0;

    for (i = 0; i < text->len; i++) {

        switch (text->data[i]) {

        case '"':
            while (++i < text->len && text->data[i] != '"') {
                i += (text->data[i] == '\\');
            }

            break;

        case '[':
        case '{':
            if (++level > depth) {
                return 1;
            }

            break;

        case ']':
        case '}':
            if (level) {
                level--;
            }

            break;

        default:
            break;
        }
    }

    return 0;
}


static ngx_int_t
ngx_apigw_json_failed(json_error_t *error, const char **reason)
{
    /* some of jansson's failing allocations leave no error */

    if (error->text[0] == '\0') {
        return NGX_ERROR;
    }

    switch (json_error_code(error)) {

    case json_error_out_of_memory:
        return NGX_ERROR;

    case json_error_invalid_utf8:
        *reason = "it is not UTF-8";
        break;

    case json_error_premature_end_of_input:
        *reason = "it is not JSON: it ends too early";
        break;

    case json_error_end_of_input_expected:
        *reason = "it is not JSON: text follows the value";
        break;

    case json_error_null_character:
    case json_error_null_byte_in_key:
        *reason = "a string has a NUL";
        break;

    case json_error_duplicate_key:
        *reason = "a name stands twice in one object";
        break;

    case json_error_numeric_overflow:
        *reason = "a number is too large";
        break;

    default:
        *reason = "it is not JSON";
        break;
    }

    return NGX_DECLINED;
}


static void
ngx_apigw_json_measure(json_t *json, ngx_apigw_json_size_t *size)
{
    void    *iter;
    size_t   i;

    size->nodes++;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        for (iter = json_object_iter(json);
             iter;
             iter = json_object_iter_next(json, iter))
        {
            size->bytes += strlen(json_object_iter_key(iter));
            ngx_apigw_json_measure(json_object_iter_value(iter), size);
        }

        break;

    case JSON_ARRAY:
        for (i = 0; i < json_array_size(json); i++) {
            ngx_apigw_json_measure(json_array_get(json, i), size);
        }

        break;

    case JSON_STRING:
        size->bytes += json_string_length(json);
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        size->bytes += NGX_APIGW_JSON_NUMBER;
        break;

    default:
        break;
    }
}


/* all of a value but its name and what is next to it */

static void
ngx_apigw_json_fill(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room)
{
    size_t  len;
    char    text[NGX_APIGW_JSON_NUMBER];

    value->text = ngx_apigw_json_no_text;
    value->integer = 0;
    value->real = 0;
    value->first = NULL;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        value->type = NGX_APIGW_JSON_OBJECT;
        ngx_apigw_json_fill_object(value, json, room);
        break;

    case JSON_ARRAY:
        value->type = NGX_APIGW_JSON_ARRAY;
        ngx_apigw_json_fill_array(value, json, room);
        break;

    case JSON_STRING:
        value->type = NGX_APIGW_JSON_STRING;
        ngx_apigw_json_text(&value->text, json_string_value(json),
                            json_string_length(json), room);
        break;

    case JSON_INTEGER:
        value->type = NGX_APIGW_JSON_INTEGER;
        value->integer = json_integer_value(json);

        len = snprintf(text, sizeof(text), "%lld",
                       (long long) value->integer);
        ngx_apigw_json_text(&value->text, text, len, room);
        break;

    case JSON_REAL:
        value->type = NGX_APIGW_JSON_REAL;
        value->real = json_real_value(json);

        len = ngx_apigw_json_real(text, value->real);
        ngx_apigw_json_text(&value->text, text, len, room);
        break;

    case JSON_TRUE:
        value->type = NGX_APIGW_JSON_TRUE;
        value->text = ngx_apigw_json_true_text;
        break;

    case JSON_FALSE:
        value->type = NGX_APIGW_JSON_FALSE;
        value->text = ngx_apigw_json_false_text;
        break;

    default: /* JSON_NULL */
        value->type = NGX_APIGW_JSON_NULL;
        value->text = ngx_apigw_json_null_text;
        break;
    }
}


/* jansson keeps the order of the text */

static void
ngx_apigw_json_fill_object(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room)
{
    void               *iter;
    const char         *name;
    ngx_apigw_json_t  **next;

    next = &value->first;

    for (iter = json_object_iter(json);
         iter;
         iter = json_object_iter_next(json, iter))
    {
        *next = room->node++;

        name = json_object_iter_key(iter);
        ngx_apigw_json_text(&(*next)->name, name, strlen(name), room);

        ngx_apigw_json_fill(*next, json_object_iter_value(iter), room);

        next = &(*next)->next;
    }

    *next = NULL;
}


static void
ngx_apigw_json_fill_array(ngx_apigw_json_t *value, json_t *json,
    ngx_apigw_json_room_t *room)
{
    size_t              i;
    ngx_apigw_json_t  **next;

    next = &value->first;

    for (i = 0; i < json_array_size(json); i++) {
        *next = room->node++;

        ngx_str_set(&(*next)->name, "");

        ngx_apigw_json_fill(*next, json_array_get(json, i), room);

        next = &(*next)->next;
    }

    *next = NULL;
}


static void
ngx_apigw_json_text(ngx_str_t *dst, const char *src, size_t len,
    ngx_apigw_json_room_t *room)
{
    dst->len = len;
    dst->data = room->pos;

    room->pos = ngx_cpymem(room->pos, src, len);
}


/* the shortest text that is read as the same number */

static size_t
ngx_apigw_json_real(char *text, double real)
{
    int      digits;
    char    *p;
    size_t   len, point;

    for (digits = 15; /* void */; digits++) {
        len = snprintf(text, NGX_APIGW_JSON_NUMBER, "%.*g", digits, real);

        if (digits == 17 || strtod(text, NULL) == real) {
            break;
        }
    }

    point = 0;

    for (p = text; p < text + len; p++) {

        if (*p == 'e') {
            point = 1;

        } else if (*p != '-' && *p != '+' && (*p < '0' || *p > '9')) {
            *p = '.';    /* whatever the locale has */
            point = 1;
        }
    }

    if (!point) {
        *p++ = '.';
        *p++ = '0';
    }

    return p - text;
}


size_t
ngx_apigw_json_size(ngx_apigw_json_t *value)
{
    ngx_apigw_json_size_t  size;

    ngx_memzero(&size, sizeof(ngx_apigw_json_size_t));

    ngx_apigw_json_count(value, &size);

    return size.nodes * sizeof(ngx_apigw_json_t) + size.bytes;
}


static void
ngx_apigw_json_count(ngx_apigw_json_t *value, ngx_apigw_json_size_t *size)
{
    ngx_apigw_json_t  *child;

    size->nodes++;
    size->bytes += value->name.len + value->text.len;

    for (child = value->first; child; child = child->next) {
        ngx_apigw_json_count(child, size);
    }
}


ngx_apigw_json_t *
ngx_apigw_json_copy(ngx_apigw_json_t *value, void *block)
{
    ngx_apigw_json_t       *copy;
    ngx_apigw_json_room_t   room;
    ngx_apigw_json_size_t   size;

    ngx_memzero(&size, sizeof(ngx_apigw_json_size_t));

    ngx_apigw_json_count(value, &size);

    room.node = block;
    room.pos = (u_char *) (room.node + size.nodes);

    copy = room.node++;
    copy->next = NULL;

    ngx_apigw_json_clone(copy, value, &room);

    return copy;
}


static void
ngx_apigw_json_clone(ngx_apigw_json_t *dst, ngx_apigw_json_t *src,
    ngx_apigw_json_room_t *room)
{
    ngx_apigw_json_t  *child, **next;

    ngx_apigw_json_text(&dst->name, (char *) src->name.data, src->name.len,
                        room);
    ngx_apigw_json_text(&dst->text, (char *) src->text.data, src->text.len,
                        room);

    dst->integer = src->integer;
    dst->real = src->real;
    dst->type = src->type;

    next = &dst->first;

    for (child = src->first; child; child = child->next) {
        *next = room->node++;

        ngx_apigw_json_clone(*next, child, room);

        next = &(*next)->next;
    }

    *next = NULL;
}


ngx_apigw_json_t *
ngx_apigw_json_member(ngx_apigw_json_t *object, const char *name, size_t len)
{
    ngx_apigw_json_t  *member;

    if (object->type != NGX_APIGW_JSON_OBJECT) {
        return NULL;
    }

    for (member = object->first; member; member = member->next) {

        if (member->name.len == len
            && ngx_memcmp(member->name.data, name, len) == 0)
        {
            return member;
        }
    }

    return NULL;
}


ngx_int_t
ngx_apigw_json_pointer_check(ngx_str_t *pointer)
{
    size_t  i;

    if (pointer->len == 0) {
        return NGX_OK;
    }

    if (pointer->data[0] != '/') {
        return NGX_ERROR;
    }

    for (i = 1; i < pointer->len; i++) {

        if (pointer->data[i] != '~') {
            continue;
        }

        i++;

        if (i == pointer->len
            || (pointer->data[i] != '0' && pointer->data[i] != '1'))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_apigw_json_t *
ngx_apigw_json_pointer(ngx_apigw_json_t *value, ngx_str_t *pointer)
{
    u_char  *p, *end, *last;

    if (ngx_apigw_json_pointer_check(pointer) != NGX_OK) {
        return NULL;
    }

    p = pointer->data;
    last = p + pointer->len;

    while (value && p < last) {
        p++;

        end = ngx_strlchr(p, last, '/');
        if (end == NULL) {
            end = last;
        }

        value = ngx_apigw_json_step(value, p, end - p);
        p = end;
    }

    return value;
}


static ngx_apigw_json_t *
ngx_apigw_json_step(ngx_apigw_json_t *value, u_char *p, size_t len)
{
    ngx_apigw_json_t  *member;

    if (value->type == NGX_APIGW_JSON_ARRAY) {
        return ngx_apigw_json_item(value, p, len);
    }

    for (member = value->first; member; member = member->next) {

        if (ngx_apigw_json_is_name(&member->name, p, len)) {
            return member;
        }
    }

    return NULL;
}


/* RFC 6901, 4: no leading zeros; "-" is what would be after the last one */

static ngx_apigw_json_t *
ngx_apigw_json_item(ngx_apigw_json_t *array, u_char *p, size_t len)
{
    size_t             i;
    ngx_uint_t         n;
    ngx_apigw_json_t  *item;

    if (len == 0 || len > 9 || (len > 1 && *p == '0')) {
        return NULL;
    }

    for (n = 0, i = 0; i < len; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return NULL;
        }

        n = n * 10 + (p[i] - '0');
    }

    for (item = array->first; item && n; item = item->next) {
        n--;
    }

    return item;
}


/* whether a part of a pointer, with its "~0" and "~1", is the name */

static ngx_uint_t
ngx_apigw_json_is_name(ngx_str_t *name, u_char *p, size_t len)
{
    u_char  c;
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++, n++) {
        c = p[i];

        if (c == '~') {
            c = (p[++i] == '0') ? '~' : '/';
        }

        if (n == name->len || name->data[n] != c) {
            return 0;
        }
    }

    return n == name->len;
}


ngx_int_t
ngx_apigw_json_print(ngx_apigw_json_t *value, ngx_pool_t *pool,
    ngx_str_t *text)
{
    text->data = ngx_pnalloc(pool, ngx_apigw_json_print_len(value));
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_apigw_json_write(text->data, value) - text->data;

    return NGX_OK;
}


static size_t
ngx_apigw_json_print_len(ngx_apigw_json_t *value)
{
    size_t             len;
    ngx_apigw_json_t  *child;

    if (value->type == NGX_APIGW_JSON_STRING) {
        return ngx_apigw_json_quoted_len(&value->text);
    }

    if (value->type < NGX_APIGW_JSON_STRING) {
        return value->text.len;
    }

    len = sizeof("{}") - 1;

    for (child = value->first; child; child = child->next) {
        len += ngx_apigw_json_print_len(child) + 1;

        if (value->type == NGX_APIGW_JSON_OBJECT) {
            len += ngx_apigw_json_quoted_len(&child->name) + 1;
        }
    }

    return len;
}


/* UTF-8 of 2, 3 and 4 bytes is 6, 6 and 12 characters long */

static size_t
ngx_apigw_json_quoted_len(ngx_str_t *s)
{
    u_char  c;
    size_t  i, len;

    len = sizeof("\"\"") - 1;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c >= 0x80) {
            len += 3;

        } else if (c < 0x20 || c == 0x7f) {
            len += 6;

        } else {
            len += (c == '"' || c == '\\') ? 2 : 1;
        }
    }

    return len;
}


static u_char *
ngx_apigw_json_write(u_char *p, ngx_apigw_json_t *value)
{
    u_char             end;
    ngx_apigw_json_t  *child;

    if (value->type == NGX_APIGW_JSON_STRING) {
        return ngx_apigw_json_quote(p, &value->text);
    }

    if (value->type < NGX_APIGW_JSON_STRING) {
        return ngx_cpymem(p, value->text.data, value->text.len);
    }

    if (value->type == NGX_APIGW_JSON_OBJECT) {
        *p++ = '{';
        end = '}';

    } else {
        *p++ = '[';
        end = ']';
    }

    for (child = value->first; child; child = child->next) {

        if (value->type == NGX_APIGW_JSON_OBJECT) {
            p = ngx_apigw_json_quote(p, &child->name);
            *p++ = ':';
        }

        p = ngx_apigw_json_write(p, child);

        if (child->next) {
            *p++ = ',';
        }
    }

    *p++ = end;

    return p;
}


/* jansson has seen to it that it is UTF-8 */

static u_char *
ngx_apigw_json_quote(u_char *p, ngx_str_t *s)
{
    u_char    *c, *last;
    uint32_t   code;

    c = s->data;
    last = c + s->len;

    *p++ = '"';

    while (c < last) {
        code = *c++;

        if (code == '"' || code == '\\') {
            *p++ = '\\';
            *p++ = (u_char) code;
            continue;
        }

        if (code >= 0x20 && code < 0x7f) {
            *p++ = (u_char) code;
            continue;
        }

        if (code >= 0xf0) {
            code = (code & 0x07) << 18 | (c[0] & 0x3f) << 12
                   | (c[1] & 0x3f) << 6 | (c[2] & 0x3f);
            c += 3;

            code -= 0x10000;
            p = ngx_apigw_json_escape(p, 0xd800 | code >> 10);
            code = 0xdc00 | (code & 0x3ff);

        } else if (code >= 0xe0) {
            code = (code & 0x0f) << 12 | (c[0] & 0x3f) << 6 | (c[1] & 0x3f);
            c += 2;

        } else if (code >= 0xc0) {
            code = (code & 0x1f) << 6 | (c[0] & 0x3f);
            c++;
        }

        p = ngx_apigw_json_escape(p, code);
    }

    *p++ = '"';

    return p;
}


static u_char *
ngx_apigw_json_escape(u_char *p, uint32_t unit)
{
    static const u_char  hex[] = "0123456789abcdef";

    *p++ = '\\';

    switch (unit) {

    case '\b':
        *p++ = 'b';
        return p;

    case '\f':
        *p++ = 'f';
        return p;

    case '\n':
        *p++ = 'n';
        return p;

    case '\r':
        *p++ = 'r';
        return p;

    case '\t':
        *p++ = 't';
        return p;

    default:
        break;
    }

    *p++ = 'u';
    *p++ = hex[unit >> 12];
    *p++ = hex[unit >> 8 & 0xf];
    *p++ = hex[unit >> 4 & 0xf];
    *p++ = hex[unit & 0xf];

    return p;
}
