
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Whatever a client sends, an event is JSON in which no name stands twice, and
 * what is grouped there is what is found by looking at all pairs.
 *
 * Of the input the first byte is the format, then come lines: the query, the
 * path, headers "name:value", parameters "/name:value", variables
 * "$name:value" and claims, a text of JSON, behind "=".
 */

#include "ngx_apigw_event.h"
#include "ngx_apigw_json.h"


#define check(cond)  if (!(cond)) { abort(); }

#define MAX  64


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fill(ngx_apigw_event_t *event, u_char *p, u_char *last);
static void add(ngx_apigw_event_t *event, ngx_str_t *line);
static void grant(ngx_apigw_event_t *event, ngx_str_t *text);
static void look(ngx_apigw_event_t *event, ngx_apigw_json_t *json);
static ngx_uint_t count(ngx_apigw_json_t *object, ngx_uint_t arrays);
static ngx_uint_t pieces(ngx_str_t *args, ngx_uint_t rest);


static ngx_pool_t           *pool;
static ngx_apigw_pair_t      headers[MAX], params[MAX], variables[MAX];
static ngx_str_t             sources[2];
static ngx_apigw_granted_t   granted;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char             *copy;
    size_t              i;
    ngx_str_t           head, tail, text;
    const char         *reason;
    ngx_apigw_json_t   *json;
    ngx_apigw_event_t   event;

    if (size == 0) {
        return 0;
    }

    pool = ngx_create_pool(4096, NULL);
    check(pool);

    copy = ngx_pnalloc(pool, size);
    check(copy);

    /* nginx refuses requests with a NUL */

    for (i = 0; i < size; i++) {
        copy[i] = data[i] ? data[i] : '0';
    }

    memset(&event, 0, sizeof(ngx_apigw_event_t));

    event.format = data[0] & 3;
    event.authorizer = (data[0] >> 2) & 1;
    event.keyed = (data[0] >> 3) & 1;
    event.headers = headers;
    event.params = params;
    event.variables = variables;
    event.sources = sources;

    memset(&granted, 0, sizeof(ngx_apigw_granted_t));

    granted.kind = (data[0] >> 4) & 1;

    fill(&event, copy + 1, copy + size);

    check(ngx_apigw_event_write(&event, (data[0] >> 5) & 1, data[0] >> 7,
                                pool, &head, &tail)
          == NGX_OK);

    text.len = head.len + tail.len;
    text.data = ngx_pnalloc(pool, text.len);
    check(text.data);

    memcpy(text.data, head.data, head.len);
    memcpy(text.data + head.len, tail.data, tail.len);

    check(ngx_apigw_json_parse(&json, &text, 64, pool, &reason) == NGX_OK);

    look(&event, json);

    ngx_destroy_pool(pool);

    return 0;
}


static void
fill(ngx_apigw_event_t *event, u_char *p, u_char *last)
{
    u_char      *end;
    ngx_str_t    line;
    ngx_uint_t   n;

    for (n = 0; p < last; n++, p = end + (end < last)) {

        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            end = last;
        }

        /* memory of its own */

        line.len = end - p;
        line.data = ngx_pnalloc(pool, line.len ? line.len : 1);
        check(line.data);
        memcpy(line.data, p, line.len);

        if (n == 0) {
            event->args = line;

        } else if (n == 1) {
            event->path = line;
            event->resource = line;
            event->route_key = line;
            event->domain = line;
            event->token = line;
            event->user_agent = line;

        } else if (line.len && line.data[0] == '=') {
            grant(event, &line);

        } else {
            add(event, &line);
        }
    }
}


static void
add(ngx_apigw_event_t *event, ngx_str_t *line)
{
    u_char            *colon;
    ngx_uint_t        *n;
    ngx_apigw_pair_t   pair, *pairs;

    pairs = headers;
    n = &event->nheaders;

    if (line->len && line->data[0] == '/') {
        pairs = params;
        n = &event->nparams;

    } else if (line->len && line->data[0] == '$') {
        pairs = variables;
        n = &event->nvariables;
    }

    if (*n == MAX) {
        return;
    }

    pair.name = *line;
    ngx_str_null(&pair.value);

    colon = ngx_strlchr(line->data, line->data + line->len, ':');

    if (colon) {
        pair.name.len = colon - line->data;
        pair.value.data = colon + 1;
        pair.value.len = line->data + line->len - (colon + 1);
    }

    pairs[(*n)++] = pair;

    if (event->nsources < 2) {
        sources[event->nsources++] = pair.value;
    }
}


static void
grant(ngx_apigw_event_t *event, ngx_str_t *text)
{
    ngx_str_t          s;
    const char        *reason;
    ngx_apigw_json_t  *json;

    s.len = text->len - 1;
    s.data = text->data + 1;

    if (ngx_apigw_json_parse(&json, &s, 8, pool, &reason) == NGX_OK
        && json->type == NGX_APIGW_JSON_OBJECT)
    {
        granted.root = json;
        granted.scopes = sources;
        granted.nscopes = event->nsources;
        granted.principal = event->token;
        event->granted = &granted;
    }
}


static void
look(ngx_apigw_event_t *event, ngx_apigw_json_t *json)
{
    ngx_uint_t         n;
    ngx_apigw_json_t  *last, *all, *value;

    check(json->type == NGX_APIGW_JSON_OBJECT);

    if (event->format == NGX_APIGW_EVENT_TOKEN) {
        check(count(json, 0) == 3);
        return;
    }

    n = pieces(&event->args, event->format == NGX_APIGW_EVENT_REST);

    last = ngx_apigw_json_get(json, "queryStringParameters");
    check((last && last->type == NGX_APIGW_JSON_OBJECT) || n == 0);

    all = ngx_apigw_json_get(json, "multiValueQueryStringParameters");

    if (all) {
        check(count(all, 1) == n);
        check(count(all, 0) == count(last, 0));

        all = ngx_apigw_json_get(json, "multiValueHeaders");
        check(all && count(all, 1) == event->nheaders);
    }

    if (all == NULL || all->type != NGX_APIGW_JSON_OBJECT) {
        return;
    }

    /* the last of all values is the value */

    last = ngx_apigw_json_get(json, "headers");
    check(last && count(last, 0) == count(all, 0));

    last = last->first;

    for (all = all->first; all; all = all->next, last = last->next) {
        value = all->first;

        while (value->next) {
            value = value->next;
        }

        check(all->name.len == last->name.len);
        check(memcmp(all->name.data, last->name.data, last->name.len) == 0);
        check(value->text.len == last->text.len);
        check(memcmp(value->text.data, last->text.data, last->text.len) == 0);
    }
}


/* the members of an object, or those of all arrays that are its members */

static ngx_uint_t
count(ngx_apigw_json_t *object, ngx_uint_t arrays)
{
    ngx_uint_t         n;
    ngx_apigw_json_t  *member;

    for (n = 0, member = object->first; member; member = member->next) {
        n += arrays ? count(member, 0) : 1;
    }

    return n;
}


static ngx_uint_t
pieces(ngx_str_t *args, ngx_uint_t rest)
{
    size_t      i;
    ngx_uint_t  n, inside;

    for (inside = 0, n = 0, i = 0; i < args->len; i++) {

        if (args->data[i] == '&' || (rest && args->data[i] == ';')) {
            inside = 0;

        } else if (!inside) {
            inside = 1;
            n++;
        }
    }

    return n;
}
