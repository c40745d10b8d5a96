
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_trace.h"


/*
 * The request headers that the upstream gets.  What the gateway asserts goes
 * into the list of the client's headers, where every kind of upstream module
 * takes it from; what the client sent under these names is taken out first.
 *
 * A place that becomes free is given to a header of ours.  nginx keeps
 * pointers to some elements; when those move, the pointers are led after them.
 */


#define NGX_HTTP_APIGW_PLACES      9     /* as many headers as we ever set */

#define NGX_HTTP_APIGW_TAKE        1     /* out of the list */
#define NGX_HTTP_APIGW_TAKE_CHAIN  2     /* and its value goes on in ours */


typedef struct {
    ngx_uint_t                     n;
    ngx_uint_t                     more;     /* taken, but without a place */
    ngx_table_elt_t               *places[NGX_HTTP_APIGW_PLACES];
    ngx_str_t                      chain;    /* the client's X-Forwarded-For */
    size_t                         room;     /* bytes that chain may use */
    ngx_http_apigw_traces_t        traces;
} ngx_http_apigw_places_t;


typedef struct {
    ngx_str_t                      name;     /* lower case and, behind a NUL,
                                                as it is sent */
    ngx_uint_t                     hash;     /* of what is in lower case */
} ngx_http_apigw_forward_name_t;


static ngx_int_t ngx_http_apigw_forward_collect(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places);
static ngx_uint_t ngx_http_apigw_forward_taken(ngx_table_elt_t *h,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_traces_t *traces);
static ngx_int_t ngx_http_apigw_forward_take(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_table_elt_t *h);
static ngx_int_t ngx_http_apigw_forward_traces(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places);
static ngx_int_t ngx_http_apigw_forward_untrace(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_uint_t kinds);
static ngx_int_t ngx_http_apigw_forward_join(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_forward_ours(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places);
static ngx_int_t ngx_http_apigw_forward_consumer(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places);
static ngx_int_t ngx_http_apigw_forward_set(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_http_apigw_forward_name_t *n,
    ngx_str_t *value);
static ngx_int_t ngx_http_apigw_forward_port(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places);
static ngx_int_t ngx_http_apigw_forward_vacate(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static void ngx_http_apigw_forward_sweep(ngx_http_request_t *r);
static void ngx_http_apigw_forward_lead(ngx_http_request_t *r,
    ngx_table_elt_t *from, ngx_table_elt_t *to);
static void ngx_http_apigw_forward_connection(ngx_table_elt_t *h,
    ngx_uint_t kinds);
static ngx_uint_t ngx_http_apigw_forward_is_ours(u_char *p, size_t len,
    ngx_uint_t kinds);


static ngx_str_t  ngx_http_apigw_prefix = ngx_string("x-apigw-");
static ngx_str_t  ngx_http_apigw_forwarded_for = ngx_string("x-forwarded-for");
static ngx_str_t  ngx_http_apigw_forwarded_proto =
    ngx_string("x-forwarded-proto");
static ngx_str_t  ngx_http_apigw_forwarded_port =
    ngx_string("x-forwarded-port");
static ngx_str_t  ngx_http_apigw_connection = ngx_string("connection");


static ngx_http_apigw_forward_name_t  ngx_http_apigw_for_name =
    { ngx_string("x-forwarded-for\0X-Forwarded-For"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_proto_name =
    { ngx_string("x-forwarded-proto\0X-Forwarded-Proto"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_port_name =
    { ngx_string("x-forwarded-port\0X-Forwarded-Port"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_request_name =
    { ngx_string("x-apigw-request-id\0X-Apigw-Request-Id"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_principal_name =
    { ngx_string("x-apigw-principal\0X-Apigw-Principal"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_key_name =
    { ngx_string("x-apigw-api-key-id\0X-Apigw-Api-Key-Id"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_plan_name =
    { ngx_string("x-apigw-usage-plan\0X-Apigw-Usage-Plan"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_xray_name =
    { ngx_string("x-amzn-trace-id\0X-Amzn-Trace-Id"), 0 };
static ngx_http_apigw_forward_name_t  ngx_http_apigw_traceparent_name =
    { ngx_string("traceparent\0traceparent"), 0 };


static ngx_http_apigw_forward_name_t  *ngx_http_apigw_forward_names[] = {
    &ngx_http_apigw_for_name,
    &ngx_http_apigw_proto_name,
    &ngx_http_apigw_port_name,
    &ngx_http_apigw_request_name,
    &ngx_http_apigw_principal_name,
    &ngx_http_apigw_key_name,
    &ngx_http_apigw_plan_name,
    &ngx_http_apigw_xray_name,
    &ngx_http_apigw_traceparent_name,
    NULL
};


/* by their hashes proxy_set_header finds those that it replaces */

void
ngx_http_apigw_forward_init(void)
{
    ngx_str_t                       *name;
    ngx_http_apigw_forward_name_t  **n;

    for (n = ngx_http_apigw_forward_names; *n; n++) {
        name = &(*n)->name;
        (*n)->hash = ngx_hash_key(name->data, (name->len - 1) / 2);
    }
}


ngx_int_t
ngx_http_apigw_forward(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_places_t  places;

    if (ngx_http_apigw_identify(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    /* an HTTP/0.9 request has no list */

    if (r->headers_in.headers.last == NULL
        && ngx_list_init(&r->headers_in.headers, r->pool,
                         NGX_HTTP_APIGW_PLACES, sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&places, sizeof(ngx_http_apigw_places_t));
    ngx_http_apigw_trace_begin(r, ctx, &places.traces);

    if (ngx_http_apigw_forward_collect(r, ctx, &places) != NGX_OK
        || ngx_http_apigw_forward_traces(r, ctx, &places) != NGX_OK
        || ngx_http_apigw_forward_ours(r, ctx, &places) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (places.n || places.more) {

        while (places.n) {
            places.places[--places.n]->key.len = 0;
        }

        ngx_http_apigw_forward_sweep(r);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_forward_collect(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places)
{
    ngx_uint_t        i, taken;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        taken = ngx_http_apigw_forward_taken(&h[i], ctx, &places->traces);

        if (taken == 0) {
            continue;
        }

        if (taken == NGX_HTTP_APIGW_TAKE_CHAIN
            && ctx->forwarded_for.len == 0
            && ngx_http_apigw_forward_join(r, places, &h[i].value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_http_apigw_forward_take(r, places, &h[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_http_apigw_forward_take(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_table_elt_t *h)
{
    if (ngx_http_apigw_forward_vacate(r, h) != NGX_OK) {
        return NGX_ERROR;
    }

    if (places->n < NGX_HTTP_APIGW_PLACES) {
        places->places[places->n++] = h;
        return NGX_OK;
    }

    /* it loses its name, and goes when all have been looked at */

    h->key.len = 0;
    places->more++;

    return NGX_OK;
}


/* most headers of a request are told apart by their first letter */

static ngx_uint_t
ngx_http_apigw_forward_taken(ngx_table_elt_t *h, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_traces_t *traces)
{
    u_char      ch;
    ngx_str_t  *key;

    if (h->key.len == 0) {
        return 0;
    }

    ch = h->key.data[0] | 0x20;
    key = &ctx->stage->key_header;

    if (key->len
        && ch == key->data[0]
        && !ctx->route->forward_key
        && ngx_http_apigw_header_named(h, key))
    {
        return NGX_HTTP_APIGW_TAKE;
    }

    if (ch == 'c') {

        if (ngx_http_apigw_header_named(h, &ngx_http_apigw_connection)) {
            ngx_http_apigw_forward_connection(h, traces->kinds);
        }

        return 0;
    }

    if (ch == 't') {
        (void) ngx_http_apigw_trace_met(traces, h);
        return 0;
    }

    if (ch != 'x') {
        return 0;
    }

    if (h->key.len >= ngx_http_apigw_prefix.len
        && ngx_http_apigw_header_is(h, ngx_http_apigw_prefix.data,
                                    ngx_http_apigw_prefix.len))
    {
        return NGX_HTTP_APIGW_TAKE;
    }

    key = (h->key.len == ngx_http_apigw_forwarded_for.len)
          ? &ngx_http_apigw_forwarded_for
          : (h->key.len == ngx_http_apigw_forwarded_port.len)
          ? &ngx_http_apigw_forwarded_port
          : &ngx_http_apigw_forwarded_proto;

    if (!ngx_http_apigw_header_named(h, key)) {

        /* whether they are taken is known when all have been seen */

        (void) ngx_http_apigw_trace_met(traces, h);
        return 0;
    }

    return (key == &ngx_http_apigw_forwarded_for) ? NGX_HTTP_APIGW_TAKE_CHAIN
                                                  : NGX_HTTP_APIGW_TAKE;
}


static ngx_int_t
ngx_http_apigw_forward_traces(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_places_t *places)
{
    ngx_uint_t                kinds;
    ngx_http_apigw_traces_t  *traces;

    traces = &places->traces;

    if (traces->kinds == 0) {
        return NGX_OK;
    }

    if (ngx_http_apigw_trace_decide(r, ctx, traces) != NGX_OK) {
        return NGX_ERROR;
    }

    /* what vendors say of one traceparent is not true of another */

    kinds = traces->made;

    if (kinds & NGX_HTTP_APIGW_TRACE_W3C) {
        kinds |= NGX_HTTP_APIGW_TRACE_STATE;
    }

    if ((traces->met & kinds)
        && ngx_http_apigw_forward_untrace(r, places, kinds) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((traces->made & NGX_HTTP_APIGW_TRACE_XRAY)
        && ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_xray_name,
                                      &ctx->trace)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((traces->made & NGX_HTTP_APIGW_TRACE_W3C)
        && ngx_http_apigw_forward_set(r, places,
                                      &ngx_http_apigw_traceparent_name,
                                      &ctx->traceparent)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_forward_untrace(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_uint_t kinds)
{
    ngx_uint_t                i;
    ngx_list_part_t          *part;
    ngx_table_elt_t          *h;
    ngx_http_apigw_traces_t   traces;

    ngx_memzero(&traces, sizeof(ngx_http_apigw_traces_t));

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len
                && (ngx_http_apigw_trace_met(&traces, &h[i]) & kinds)
                && ngx_http_apigw_forward_take(r, places, &h[i]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* a client may send a thousand of them: the room doubles */

static ngx_int_t
ngx_http_apigw_forward_join(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_str_t *value)
{
    u_char     *p;
    size_t      need;
    ngx_str_t  *chain;

    chain = &places->chain;

    if (value->len == 0) {
        return NGX_OK;
    }

    if (chain->len == 0) {
        *chain = *value;
        return NGX_OK;
    }

    need = chain->len + 2 + value->len;

    if (need > places->room) {

        p = ngx_pnalloc(r->pool, 2 * need);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, chain->data, chain->len);

        places->room = 2 * need;
        chain->data = p;
    }

    p = chain->data + chain->len;

    *p++ = ',';
    *p++ = ' ';
    ngx_memcpy(p, value->data, value->len);

    chain->len = need;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_forward_ours(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_http_apigw_places_t *places)
{
    ngx_str_t          value;
    ngx_connection_t  *c;

    c = r->connection;

    if (ctx->forwarded_for.len == 0) {

        if (ngx_http_apigw_forward_join(r, places, &c->addr_text) != NGX_OK) {
            return NGX_ERROR;
        }

        ctx->forwarded_for = places->chain;
    }

    if (ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_for_name,
                                   &ctx->forwarded_for)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (NGX_HTTP_SSL)

    if (c->ssl) {
        ngx_str_set(&value, "https");

    } else {
        ngx_str_set(&value, "http");
    }

#else

    ngx_str_set(&value, "http");

#endif

    if (ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_proto_name,
                                   &value)
        != NGX_OK
        || ngx_http_apigw_forward_port(r, places) != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ctx->request_id;
    value.len = sizeof(ctx->request_id);

    if (ctx->type == NGX_APIGW_HTTP) {
        value.data = ctx->extended_id;
        value.len = sizeof(ctx->extended_id);
    }

    if (ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_request_name,
                                   &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the same route again: its steps don't run a second time */

    if (ctx->passed == ctx->route) {
        return ngx_http_apigw_forward_consumer(r, ctx, places);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_forward_key(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx)
{
    ngx_http_apigw_places_t  places;

    if (ctx->key_late) {
        ctx->key_late = 0;

        if (ngx_http_apigw_forward(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_memzero(&places, sizeof(ngx_http_apigw_places_t));

    return ngx_http_apigw_forward_consumer(r, ctx, &places);
}


static ngx_int_t
ngx_http_apigw_forward_consumer(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_places_t *places)
{
    ngx_str_t                    value;
    ngx_http_apigw_main_conf_t  *mcf;

    if (ctx->principal.len
        && ngx_http_apigw_forward_set(r, places,
                                      &ngx_http_apigw_principal_name,
                                      &ctx->principal)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->consumer == NULL) {
        return NGX_OK;
    }

    mcf = ngx_http_apigw_get_main_conf(r);
    ngx_apigw_keys_id(mcf->keys, ctx->consumer, &value);

    if (ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_key_name,
                                   &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_plan_name,
                                      &ctx->plan->name);
}


static ngx_int_t
ngx_http_apigw_forward_port(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places)
{
    u_char     *p;
    in_port_t   port;
    ngx_str_t   value;

    port = ngx_inet_get_port(r->connection->local_sockaddr);

    if (port == 0) {
        /* a unix socket */
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, sizeof("65535") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_apigw_number(p, port) - p;

    return ngx_http_apigw_forward_set(r, places, &ngx_http_apigw_port_name,
                                      &value);
}


static ngx_int_t
ngx_http_apigw_forward_set(ngx_http_request_t *r,
    ngx_http_apigw_places_t *places, ngx_http_apigw_forward_name_t *n,
    ngx_str_t *value)
{
    size_t            len;
    ngx_table_elt_t  *h;

    if (places->n) {
        h = places->places[--places->n];

    } else {
        h = ngx_list_push(&r->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }
    }

    len = (n->name.len - 1) / 2;

    h->hash = n->hash;
    h->key.len = len;
    h->key.data = n->name.data + len + 1;
    h->value = *value;
    h->lowcase_key = n->name.data;
    ngx_http_apigw_link_header(h);

    return NGX_OK;
}


/* nginx may still want to read what stood here: $http_x_forwarded_for */

static ngx_int_t
ngx_http_apigw_forward_vacate(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    ngx_table_elt_t  *copy;

    /* it keeps no pointers to these */

    if ((h->key.data[0] | 0x20) == 'x'
        && h->key.len != ngx_http_apigw_forwarded_for.len)
    {
        return NGX_OK;
    }

    copy = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));
    if (copy == NULL) {
        return NGX_ERROR;
    }

    *copy = *h;
    ngx_http_apigw_forward_lead(r, h, copy);

    return NGX_OK;
}


/*
 * Removes what has no name.  The rest keeps its order: of equal names the last
 * one counts for some, and a front end's own may stand behind the client's.
 */

static void
ngx_http_apigw_forward_sweep(ngx_http_request_t *r)
{
    ngx_uint_t        i, n;
    ngx_list_t       *list;
    ngx_list_part_t  *part, *to;
    ngx_table_elt_t  *h, *dst;

    list = &r->headers_in.headers;

    to = &list->part;
    n = 0;

    for (part = &list->part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == 0) {
                continue;
            }

            if (n == to->nelts) {
                to = to->next;
                n = 0;
            }

            dst = to->elts;
            dst += n++;

            if (dst != &h[i]) {
                *dst = h[i];
                ngx_http_apigw_forward_lead(r, &h[i], dst);
            }
        }
    }

    /* those who walk the list expect no empty part behind another */

    to->nelts = n;
    to->next = NULL;
    list->last = to;
}


/*
 * The members of r->headers_in between "host" and "server" are pointers to
 * elements, but for two strings and, before 1.23, two arrays of such pointers.
 */

static void
ngx_http_apigw_forward_lead(ngx_http_request_t *r, ngx_table_elt_t *from,
    ngx_table_elt_t *to)
{
    void  **p, **last;

    p = (void **) &r->headers_in.host;
    last = (void **) &r->headers_in.server;

    for ( /* void */ ; p < last; p++) {

        if (*p == from) {
            *p = to;
        }
    }

    ngx_http_apigw_lead_lists(r, from, to);
}


/* "Connection: X-Apigw-Request-Id" would have the next hop drop it */

static void
ngx_http_apigw_forward_connection(ngx_table_elt_t *h, ngx_uint_t kinds)
{
    u_char  *p, *last, *end, *dst;

    p = h->value.data;
    last = p + h->value.len;

    if (ngx_strlcasestrn(p, last, (u_char *) "x-", 2 - 1) == NULL
        && ngx_strlcasestrn(p, last, (u_char *) "x_", 2 - 1) == NULL
        && ngx_strlcasestrn(p, last, (u_char *) "tra", 3 - 1) == NULL)
    {
        return;
    }

    dst = p;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        if (end > p && !ngx_http_apigw_forward_is_ours(p, end - p, kinds)) {

            if (dst != h->value.data) {
                *dst++ = ',';
            }

            dst = ngx_movemem(dst, p, end - p);
        }

        p = end;
    }

    h->value.len = dst - h->value.data;
}


static ngx_uint_t
ngx_http_apigw_forward_is_ours(u_char *p, size_t len, ngx_uint_t kinds)
{
    ngx_uint_t       i;
    ngx_table_elt_t  token;

    static const struct {
        ngx_str_t   name;                    /* how it begins */
        ngx_uint_t  kind;
    } names[] = {
        { ngx_string("x-apigw"), 0 },
        { ngx_string("x-forwarded"), 0 },
        { ngx_string("x-amzn-trace-id"), NGX_HTTP_APIGW_TRACE_XRAY },
        { ngx_string("traceparent"), NGX_HTTP_APIGW_TRACE_W3C }
    };

    token.lowcase_key = NULL;
    token.key.data = p;
    token.key.len = len;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (len >= names[i].name.len
            && (names[i].kind == 0 || (names[i].kind & kinds))
            && ngx_http_apigw_header_is(&token, names[i].name.data,
                                        names[i].name.len))
        {
            return 1;
        }
    }

    return 0;
}
