
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_answer_int.h"


/*
 * Field names and values are those of RFC 9110, 5.1 and 5.5.  AWS takes a
 * name that is in both maps for one list, the items of multiValueHeaders
 * first, and its case from there.
 */

/* AWS is said to refuse a number here, and takes it in an HTTP API */

#define NGX_APIGW_ANSWER_REST_NUMBERS  0

/* of a line beside its name and its value: ": " CRLF */

#define NGX_APIGW_ANSWER_LINE          4


/* a member of "headers" */

typedef struct {
    ngx_apigw_json_t         *member;
    uint32_t                  hash;      /* of the name in lower case */
    ngx_uint_t                taken;     /* 1: it stands in the list */
} ngx_apigw_answer_single_t;


typedef struct {
    ngx_apigw_answer_t         *answer;
    ngx_uint_t                  format;  /* ngx_apigw_event_format_e */
    size_t                      bytes;
    const char                 *reason;

    ngx_apigw_json_t           *headers;     /* members, items; NULL: none */
    ngx_apigw_json_t           *multi;
    ngx_apigw_json_t           *cookies;

    ngx_apigw_answer_single_t  *singles;
    ngx_uint_t                  nsingles;
} ngx_apigw_answer_list_t;


static ngx_int_t ngx_apigw_answer_find(ngx_apigw_answer_list_t *list,
    ngx_apigw_json_t *root);
static ngx_int_t ngx_apigw_answer_children(ngx_apigw_json_t **first,
    ngx_apigw_json_t *value, ngx_uint_t type);
static ngx_int_t ngx_apigw_answer_allocate(ngx_apigw_answer_list_t *list,
    ngx_pool_t *pool);
static ngx_uint_t ngx_apigw_answer_count(ngx_apigw_json_t *value);
static ngx_int_t ngx_apigw_answer_fill(ngx_apigw_answer_list_t *list);
static ngx_int_t ngx_apigw_answer_multi(ngx_apigw_answer_list_t *list,
    ngx_apigw_json_t *member);
static ngx_int_t ngx_apigw_answer_add(ngx_apigw_answer_list_t *list,
    ngx_str_t *name, ngx_apigw_json_t *value);
static ngx_int_t ngx_apigw_answer_value(ngx_apigw_answer_list_t *list,
    ngx_str_t *dst, ngx_apigw_json_t *value);
static void ngx_apigw_answer_type(ngx_apigw_answer_t *answer);
static ngx_uint_t ngx_apigw_answer_is_name(ngx_str_t *name);
static uint32_t ngx_apigw_answer_hash(ngx_str_t *name);
static ngx_uint_t ngx_apigw_answer_same(ngx_str_t *a, ngx_str_t *b);


static ngx_str_t  ngx_apigw_answer_cookie = ngx_string("set-cookie");
static ngx_str_t  ngx_apigw_answer_type_name = ngx_string("Content-Type");
static ngx_str_t  ngx_apigw_answer_type_value = ngx_string("application/json");


ngx_int_t
ngx_apigw_answer_headers(ngx_apigw_answer_t *answer, ngx_apigw_json_t *root,
    ngx_uint_t format, ngx_pool_t *pool, const char **reason)
{
    ngx_int_t                rc;
    ngx_apigw_answer_list_t  list;

    ngx_memzero(&list, sizeof(ngx_apigw_answer_list_t));

    list.answer = answer;
    list.format = format;

    rc = root ? ngx_apigw_answer_find(&list, root) : NGX_OK;

    if (rc == NGX_OK) {
        rc = ngx_apigw_answer_allocate(&list, pool);
    }

    if (rc == NGX_OK) {
        rc = ngx_apigw_answer_fill(&list);
    }

    if (rc == NGX_OK) {
        ngx_apigw_answer_type(answer);
    }

    if (rc == NGX_DECLINED) {
        *reason = list.reason;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_find(ngx_apigw_answer_list_t *list, ngx_apigw_json_t *root)
{
    if (ngx_apigw_answer_children(&list->headers,
                                  ngx_apigw_json_get(root, "headers"),
                                  NGX_APIGW_JSON_OBJECT)
        != NGX_OK)
    {
        list->reason = "its headers are not an object";
        return NGX_DECLINED;
    }

    if (list->format == NGX_APIGW_EVENT_2_0) {

        if (ngx_apigw_answer_children(&list->cookies,
                                      ngx_apigw_json_get(root, "cookies"),
                                      NGX_APIGW_JSON_ARRAY)
            != NGX_OK)
        {
            list->reason = "its cookies are not a list";
            return NGX_DECLINED;
        }

        return NGX_OK;
    }

    if (ngx_apigw_answer_children(&list->multi,
                                  ngx_apigw_json_get(root,
                                                     "multiValueHeaders"),
                                  NGX_APIGW_JSON_OBJECT)
        != NGX_OK)
    {
        list->reason = "its multiValueHeaders are not an object";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* null is as good as nothing */

static ngx_int_t
ngx_apigw_answer_children(ngx_apigw_json_t **first, ngx_apigw_json_t *value,
    ngx_uint_t type)
{
    if (value == NULL || value->type == NGX_APIGW_JSON_NULL) {
        return NGX_OK;
    }

    if (value->type != type) {
        return NGX_DECLINED;
    }

    *first = value->first;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_allocate(ngx_apigw_answer_list_t *list, ngx_pool_t *pool)
{
    ngx_uint_t                  n;
    ngx_apigw_json_t           *member;
    ngx_apigw_answer_single_t  *single;

    list->nsingles = ngx_apigw_answer_count(list->headers);

    n = list->nsingles + ngx_apigw_answer_count(list->cookies);

    /* an empty list is work, too */

    for (member = list->multi;
         member && n <= NGX_APIGW_ANSWER_MAX_HEADERS;
         member = member->next)
    {
        n += ngx_max(ngx_apigw_answer_count(member->first), 1);
    }

    if (n > NGX_APIGW_ANSWER_MAX_HEADERS) {
        list->reason = "it has too many headers";
        return NGX_DECLINED;
    }

    /* and a Content-Type */

    list->answer->headers = ngx_palloc(pool,
                                       (n + 1) * sizeof(ngx_apigw_pair_t));
    if (list->answer->headers == NULL) {
        return NGX_ERROR;
    }

    if (list->nsingles == 0) {
        return NGX_OK;
    }

    single = ngx_palloc(pool,
                        list->nsingles * sizeof(ngx_apigw_answer_single_t));
    if (single == NULL) {
        return NGX_ERROR;
    }

    list->singles = single;

    for (member = list->headers; member; member = member->next) {
        single->member = member;
        single->hash = ngx_apigw_answer_hash(&member->name);
        single->taken = 0;
        single++;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_answer_count(ngx_apigw_json_t *value)
{
    ngx_uint_t  n;

    for (n = 0; value; value = value->next) {
        n++;
    }

    return n;
}


static ngx_int_t
ngx_apigw_answer_fill(ngx_apigw_answer_list_t *list)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_apigw_json_t           *value;
    ngx_apigw_answer_single_t  *single;

    rc = NGX_OK;

    for (value = list->multi; value && rc == NGX_OK; value = value->next) {
        rc = ngx_apigw_answer_multi(list, value);
    }

    for (i = 0; i < list->nsingles && rc == NGX_OK; i++) {
        single = &list->singles[i];

        if (!single->taken) {
            rc = ngx_apigw_answer_add(list, &single->member->name,
                                      single->member);
        }
    }

    for (value = list->cookies; value && rc == NGX_OK; value = value->next) {

        if (value->type != NGX_APIGW_JSON_STRING) {
            list->reason = "a cookie is not a string";
            return NGX_DECLINED;
        }

        rc = ngx_apigw_answer_add(list, &ngx_apigw_answer_cookie, value);
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_multi(ngx_apigw_answer_list_t *list, ngx_apigw_json_t *member)
{
    uint32_t                    hash;
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_apigw_json_t           *value;
    ngx_apigw_answer_single_t  *single;

    if (member->type != NGX_APIGW_JSON_ARRAY) {
        list->reason = "one of its multiValueHeaders is not a list";
        return NGX_DECLINED;
    }

    rc = NGX_OK;

    for (value = member->first; value && rc == NGX_OK; value = value->next) {
        rc = ngx_apigw_answer_add(list, &member->name, value);
    }

    hash = ngx_apigw_answer_hash(&member->name);

    for (i = 0; i < list->nsingles && rc == NGX_OK; i++) {
        single = &list->singles[i];

        if (single->hash == hash && !single->taken
            && ngx_apigw_answer_same(&single->member->name, &member->name))
        {
            single->taken = 1;
            rc = ngx_apigw_answer_add(list, &member->name, single->member);
        }
    }

    return rc;
}


static ngx_int_t
ngx_apigw_answer_add(ngx_apigw_answer_list_t *list, ngx_str_t *name,
    ngx_apigw_json_t *value)
{
    ngx_apigw_pair_t    *pair;
    ngx_apigw_answer_t  *answer;

    answer = list->answer;
    pair = &answer->headers[answer->nheaders];

    if (!ngx_apigw_answer_is_name(name)) {
        list->reason = "a name of a header is malformed";
        return NGX_DECLINED;
    }

    pair->name = *name;

    if (ngx_apigw_answer_value(list, &pair->value, value) != NGX_OK) {
        return NGX_DECLINED;
    }

    list->bytes += name->len + pair->value.len + NGX_APIGW_ANSWER_LINE;

    if (list->bytes > NGX_APIGW_ANSWER_MAX_BYTES) {
        list->reason = "its headers are larger than 65536 bytes";
        return NGX_DECLINED;
    }

    answer->nheaders++;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_answer_value(ngx_apigw_answer_list_t *list, ngx_str_t *dst,
    ngx_apigw_json_t *value)
{
    u_char  *p, *last, *c;

    switch (value->type) {

    case NGX_APIGW_JSON_STRING:
    case NGX_APIGW_JSON_TRUE:
    case NGX_APIGW_JSON_FALSE:
        break;

    case NGX_APIGW_JSON_INTEGER:
    case NGX_APIGW_JSON_REAL:

        if (list->format != NGX_APIGW_EVENT_REST
            || NGX_APIGW_ANSWER_REST_NUMBERS)
        {
            break;
        }

        /* fall through */

    default:
        list->reason = "the value of a header is not a string";
        return NGX_DECLINED;
    }

    p = value->text.data;
    last = p + value->text.len;

    for (c = p; c < last; c++) {

        if ((*c < 0x20 && *c != '\t') || *c == 0x7f) {
            list->reason = "the value of a header has a control character";
            return NGX_DECLINED;
        }
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    dst->data = p;
    dst->len = last - p;

    return NGX_OK;
}


/* an empty one says nothing */

static void
ngx_apigw_answer_type(ngx_apigw_answer_t *answer)
{
    ngx_apigw_pair_t  *pair, *last, *type;

    type = NULL;
    last = answer->headers + answer->nheaders;

    for (pair = answer->headers; pair < last; pair++) {

        if (!ngx_apigw_answer_same(&pair->name, &ngx_apigw_answer_type_name)) {
            continue;
        }

        if (pair->value.len) {
            return;
        }

        type = pair;
    }

    if (type == NULL) {
        type = last;
        type->name = ngx_apigw_answer_type_name;
        answer->nheaders++;
    }

    type->value = ngx_apigw_answer_type_value;
}


static ngx_uint_t
ngx_apigw_answer_is_name(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c >= '0' && c <= '9')
            || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        {
            continue;
        }

        if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL) {
            return 0;
        }
    }

    return name->len != 0;
}


/* FNV-1a */

static uint32_t
ngx_apigw_answer_hash(ngx_str_t *name)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261;

    for (i = 0; i < name->len; i++) {
        hash ^= ngx_tolower(name->data[i]);
        hash *= 16777619;
    }

    return hash;
}


static ngx_uint_t
ngx_apigw_answer_same(ngx_str_t *a, ngx_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {

        if (ngx_tolower(a->data[i]) != ngx_tolower(b->data[i])) {
            return 0;
        }
    }

    return 1;
}
