
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_response_int.h"
#include "ngx_apigw_text.h"


/*
 * RFC 9112, strictly: what two readers could take for different messages is
 * refused.  A line is looked at when it is complete, so that pieces of any
 * size give the same; only one that is in several pieces is collected.
 */

#define NGX_APIGW_RESPONSE_BODY    4096
#define NGX_APIGW_RESPONSE_DIGITS  15     /* of the size of a chunk */


typedef enum {
    NGX_APIGW_RESPONSE_STATUS = 0,
    NGX_APIGW_RESPONSE_FIELDS,
    NGX_APIGW_RESPONSE_CHUNK,
    NGX_APIGW_RESPONSE_CHUNK_DATA,
    NGX_APIGW_RESPONSE_CHUNK_END,
    NGX_APIGW_RESPONSE_TRAILERS,
    NGX_APIGW_RESPONSE_LENGTH,
    NGX_APIGW_RESPONSE_CLOSE,
    NGX_APIGW_RESPONSE_DONE
} ngx_apigw_response_phase_e;


struct ngx_apigw_response_state_s {
    ngx_pool_t                  *pool;
    size_t                       max_body;
    ngx_apigw_response_fields_t  fields;

    u_char                      *line;      /* in the piece, or collected */
    size_t                       len;       /* of the line */
    u_char                      *lines;     /* where they are collected */
    size_t                       head;      /* bytes so far */

    u_char                      *body;
    size_t                       size;      /* allocated */
    size_t                       have;
    size_t                       left;      /* of the chunk, of the body */

    ngx_uint_t                   status;
    ngx_uint_t                   interim;
    ngx_uint_t                   phase;     /* ngx_apigw_response_phase_e */
    unsigned                     minor:4;
    unsigned                     cr:1;
};


static size_t ngx_apigw_response_whole(ngx_apigw_response_state_t *st,
    u_char *p, size_t len);
static size_t ngx_apigw_response_plain(u_char *p, size_t len);
static ngx_int_t ngx_apigw_response_byte(ngx_apigw_response_state_t *st,
    u_char c, const char **reason);
static ngx_int_t ngx_apigw_response_line(ngx_apigw_response_t *response,
    const char **reason);
static ngx_int_t ngx_apigw_response_status(ngx_apigw_response_state_t *st,
    const char **reason);
static ngx_int_t ngx_apigw_response_head(ngx_apigw_response_t *response,
    const char **reason);
static ngx_int_t ngx_apigw_response_framing(ngx_apigw_response_t *response,
    const char **reason);
static ngx_int_t ngx_apigw_response_chunk(ngx_apigw_response_state_t *st,
    const char **reason);
static ngx_int_t ngx_apigw_response_data(ngx_apigw_response_state_t *st,
    u_char *p, size_t len, const char **reason);
static ngx_int_t ngx_apigw_response_reserve(ngx_apigw_response_state_t *st,
    size_t size);
static ngx_int_t ngx_apigw_response_done(ngx_apigw_response_t *response);


static const u_char  ngx_apigw_response_http[] = "HTTP/1.";

const char  ngx_apigw_response_large[] = "the body is too large";


ngx_int_t
ngx_apigw_response_init(ngx_apigw_response_t *response, size_t max_body,
    ngx_pool_t *pool)
{
    ngx_apigw_response_state_t  *st;

    ngx_memzero(response, sizeof(ngx_apigw_response_t));

    response->max_age = -1;

    st = ngx_pcalloc(pool, sizeof(ngx_apigw_response_state_t));
    if (st == NULL) {
        return NGX_ERROR;
    }

    st->pool = pool;
    st->max_body = max_body;

    ngx_apigw_response_fields_init(&st->fields, st->pool);

    response->state = st;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_response_feed(ngx_apigw_response_t *response, u_char *p, size_t len,
    const char **reason)
{
    size_t                       n;
    ngx_int_t                    rc;
    ngx_apigw_response_state_t  *st;

    st = response->state;

    while (len) {

        switch (st->phase) {

        case NGX_APIGW_RESPONSE_DONE:
            goto done;

        case NGX_APIGW_RESPONSE_CHUNK_DATA:
        case NGX_APIGW_RESPONSE_LENGTH:
            n = ngx_min(len, st->left);
            rc = ngx_apigw_response_data(st, p, n, reason);
            st->left -= n;

            if (rc != NGX_OK || st->left) {
                break;
            }

            if (st->phase == NGX_APIGW_RESPONSE_LENGTH) {
                rc = ngx_apigw_response_done(response);
                break;
            }

            st->phase = NGX_APIGW_RESPONSE_CHUNK_END;
            break;

        case NGX_APIGW_RESPONSE_CLOSE:
            n = len;
            rc = ngx_apigw_response_data(st, p, n, reason);
            break;

        default:
            n = ngx_apigw_response_whole(st, p, len);

            if (n) {
                rc = NGX_DONE;

            } else {
                n = 1;
                rc = ngx_apigw_response_byte(st, *p, reason);
            }

            if (rc == NGX_DONE) {
                rc = ngx_apigw_response_line(response, reason);
                st->len = 0;
            }
        }

        if (rc != NGX_OK) {
            return rc;
        }

        p += n;
        len -= n;
    }

    if (st->phase != NGX_APIGW_RESPONSE_DONE) {
        return NGX_AGAIN;
    }

done:

    response->rest = len;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_response_end(ngx_apigw_response_t *response, const char **reason)
{
    ngx_apigw_response_state_t  *st;

    st = response->state;

    switch (st->phase) {

    case NGX_APIGW_RESPONSE_DONE:
        return NGX_OK;

    case NGX_APIGW_RESPONSE_CLOSE:
        return ngx_apigw_response_done(response);
    }

    *reason = st->head ? "the response is cut"
                       : "the connection was closed without a response";

    return NGX_DECLINED;
}


/*
 * The line at p and its end, where all of it is there; 0: it is for byte(), as
 * is one that is not acceptable.
 */

static size_t
ngx_apigw_response_whole(ngx_apigw_response_state_t *st, u_char *p, size_t len)
{
    size_t  n;

    if (st->len || st->cr) {
        return 0;
    }

    if (st->phase == NGX_APIGW_RESPONSE_STATUS
        && (len < sizeof(ngx_apigw_response_http) - 1
            || ngx_memcmp(p, ngx_apigw_response_http,
                          sizeof(ngx_apigw_response_http) - 1)
               != 0))
    {
        return 0;
    }

    len = ngx_min(len, NGX_APIGW_RESPONSE_MAX_HEAD - st->head);

    n = ngx_apigw_response_plain(p, len);

    if (len - n < 2 || p[n] != '\r' || p[n + 1] != '\n') {
        return 0;
    }

    st->line = p;
    st->len = n;
    st->head += n + 2;

    return n + 2;
}


/* how many bytes stand before a control character */

static size_t
ngx_apigw_response_plain(u_char *p, size_t len)
{
    u_char    *c, *last;
    uint64_t   w, control;

    c = p;
    last = p + len;

    while (last - c >= 8) {
        ngx_memcpy(&w, c, 8);

        /* a byte that a borrow accuses is above one that is guilty */

        control = (w - NGX_APIGW_TEXT_ONES * 0x20) & ~w;
        w ^= NGX_APIGW_TEXT_ONES * 0x7f;
        control |= (w - NGX_APIGW_TEXT_ONES) & ~w;

        if (control & (NGX_APIGW_TEXT_ONES * 0x80)) {
            break;
        }

        c += 8;
    }

    while (c < last && (*c >= 0x20 || *c == '\t') && *c != 0x7f) {
        c++;
    }

    return c - p;
}


/* NGX_OK; NGX_DONE: the line is complete */

static ngx_int_t
ngx_apigw_response_byte(ngx_apigw_response_state_t *st, u_char c,
    const char **reason)
{
    if (st->phase == NGX_APIGW_RESPONSE_STATUS
        && st->len < sizeof(ngx_apigw_response_http) - 1
        && c != ngx_apigw_response_http[st->len])
    {
        *reason = "it is not an HTTP/1 response";
        return NGX_DECLINED;
    }

    if (++st->head > NGX_APIGW_RESPONSE_MAX_HEAD) {
        *reason = "the header is larger than 16384 bytes";
        return NGX_DECLINED;
    }

    if (st->cr) {

        if (c != '\n') {
            *reason = "a carriage return stands alone";
            return NGX_DECLINED;
        }

        st->cr = 0;

        return NGX_DONE;
    }

    if (c == '\r') {
        st->cr = 1;
        return NGX_OK;
    }

    if (c == '\n') {
        *reason = "a line feed stands alone";
        return NGX_DECLINED;
    }

    if ((c < 0x20 && c != '\t') || c == 0x7f) {
        *reason = "the header has a control character";
        return NGX_DECLINED;
    }

    if (st->lines == NULL) {
        st->lines = ngx_palloc(st->pool, NGX_APIGW_RESPONSE_MAX_HEAD);
        if (st->lines == NULL) {
            return NGX_ERROR;
        }
    }

    st->line = st->lines;
    st->line[st->len++] = c;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_line(ngx_apigw_response_t *response, const char **reason)
{
    u_char                      *p, *last;
    ngx_str_t                    name, value;
    ngx_apigw_response_state_t  *st;

    st = response->state;

    p = st->line;
    last = p + st->len;

    switch (st->phase) {

    case NGX_APIGW_RESPONSE_STATUS:
        return ngx_apigw_response_status(st, reason);

    case NGX_APIGW_RESPONSE_FIELDS:
        return st->len ? ngx_apigw_response_field(&st->fields,
                                                  &response->field, p, last,
                                                  reason)
                       : ngx_apigw_response_head(response, reason);

    case NGX_APIGW_RESPONSE_CHUNK:
        return ngx_apigw_response_chunk(st, reason);

    case NGX_APIGW_RESPONSE_CHUNK_END:

        if (st->len) {
            *reason = "a chunk is longer than its size";
            return NGX_DECLINED;
        }

        st->head -= 2;
        st->phase = NGX_APIGW_RESPONSE_CHUNK;

        return NGX_OK;
    }

    /* NGX_APIGW_RESPONSE_TRAILERS */

    return st->len ? ngx_apigw_response_split(&name, &value, p, last, reason)
                   : ngx_apigw_response_done(response);
}


static ngx_int_t
ngx_apigw_response_status(ngx_apigw_response_state_t *st, const char **reason)
{
    u_char      *p;
    ngx_uint_t   i;

    p = st->line;
    st->status = 0;

    /* "HTTP/1.1 200", " OK" */

    if (st->len < 12
        || p[7] < '0' || p[7] > '9'
        || p[8] != ' '
        || (st->len > 12 && p[12] != ' '))
    {
        goto malformed;
    }

    for (i = 9; i < 12; i++) {

        if (p[i] < '0' || p[i] > '9') {
            goto malformed;
        }

        st->status = st->status * 10 + (p[i] - '0');
    }

    if (st->status < 100 || st->status > 599) {
        goto malformed;
    }

    st->minor = p[7] - '0';
    st->phase = NGX_APIGW_RESPONSE_FIELDS;

    return NGX_OK;

malformed:

    *reason = "the status line is malformed";

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_response_head(ngx_apigw_response_t *response, const char **reason)
{
    ngx_apigw_response_state_t  *st;

    st = response->state;

    if (st->status >= 200) {
        response->status = st->status;
        response->head = 1;
        response->type = st->fields.type;
        response->value = st->fields.value;
        response->request_id = st->fields.request_id;
        response->max_age = ngx_apigw_response_max_age(&st->fields);

        return ngx_apigw_response_framing(response, reason);
    }

    if (st->status == 101) {
        *reason = "it switches to another protocol";
        return NGX_DECLINED;
    }

    if (++st->interim > NGX_APIGW_RESPONSE_MAX_INTERIM) {
        *reason = "there are too many interim responses";
        return NGX_DECLINED;
    }

    ngx_apigw_response_fields_init(&st->fields, st->pool);

    st->phase = NGX_APIGW_RESPONSE_STATUS;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_framing(ngx_apigw_response_t *response,
    const char **reason)
{
    ngx_uint_t                    empty;
    ngx_apigw_response_state_t   *st;
    ngx_apigw_response_fields_t  *fields;

    st = response->state;
    fields = &st->fields;

    if (fields->chunked && fields->length != -1) {
        *reason = "it has both Content-Length and Transfer-Encoding";
        return NGX_DECLINED;
    }

    if (fields->chunked && st->minor == 0) {
        *reason = "it has a Transfer-Encoding, but is HTTP/1.0";
        return NGX_DECLINED;
    }

    empty = (st->status == 204 || st->status == 304);

    response->sized = (empty || fields->chunked || fields->length != -1);

    /* a body that may not be there, and was announced, could come yet */

    response->keep = (st->minor && !fields->close
                      && (empty ? !fields->chunked && fields->length <= 0
                                : response->sized));

    if (empty) {
        return ngx_apigw_response_done(response);
    }

    if (fields->chunked) {
        st->phase = NGX_APIGW_RESPONSE_CHUNK;
        return NGX_OK;
    }

    if (fields->length == -1) {
        st->phase = NGX_APIGW_RESPONSE_CLOSE;
        return NGX_OK;
    }

    if ((uint64_t) fields->length > st->max_body) {
        *reason = ngx_apigw_response_large;
        return NGX_DECLINED;
    }

    if (fields->length == 0) {
        return ngx_apigw_response_done(response);
    }

    st->left = fields->length;
    st->phase = NGX_APIGW_RESPONSE_LENGTH;

    return ngx_apigw_response_reserve(st, st->left);
}


/* extensions stay in the count of the head */

static ngx_int_t
ngx_apigw_response_chunk(ngx_apigw_response_state_t *st, const char **reason)
{
    u_char  c, *p, *last;
    size_t  size, digits;

    p = st->line;
    last = p + st->len;
    size = 0;

    for ( /* void */ ; p < last; p++) {

        c = *p | 0x20;

        if (*p >= '0' && *p <= '9') {
            size = size * 16 + (*p - '0');

        } else if (c >= 'a' && c <= 'f') {
            size = size * 16 + (c - 'a' + 10);

        } else {
            break;
        }

        if (p - st->line == NGX_APIGW_RESPONSE_DIGITS) {
            goto malformed;
        }
    }

    digits = p - st->line;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (digits == 0 || (p < last && *p != ';')) {
        goto malformed;
    }

    if (size > st->max_body - st->have) {
        *reason = ngx_apigw_response_large;
        return NGX_DECLINED;
    }

    st->head -= digits + 2;
    st->left = size;
    st->phase = size ? NGX_APIGW_RESPONSE_CHUNK_DATA
                     : NGX_APIGW_RESPONSE_TRAILERS;

    return NGX_OK;

malformed:

    *reason = "the size of a chunk is malformed";

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_response_data(ngx_apigw_response_state_t *st, u_char *p, size_t len,
    const char **reason)
{
    if (len > st->max_body - st->have) {
        *reason = ngx_apigw_response_large;
        return NGX_DECLINED;
    }

    if (ngx_apigw_response_reserve(st, st->have + len) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(st->body + st->have, p, len);
    st->have += len;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_reserve(ngx_apigw_response_state_t *st, size_t size)
{
    u_char  *p;

    if (size <= st->size) {
        return NGX_OK;
    }

    if (st->phase != NGX_APIGW_RESPONSE_LENGTH) {
        size = ngx_max(size, 2 * st->size);
        size = ngx_max(size, NGX_APIGW_RESPONSE_BODY);
        size = ngx_min(size, st->max_body);
    }

    p = ngx_palloc(st->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (st->body) {
        ngx_memcpy(p, st->body, st->have);
        (void) ngx_pfree(st->pool, st->body);
    }

    st->body = p;
    st->size = size;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_response_done(ngx_apigw_response_t *response)
{
    ngx_apigw_response_state_t  *st;

    st = response->state;

    st->phase = NGX_APIGW_RESPONSE_DONE;

    response->body.len = st->have;
    response->body.data = st->have ? st->body : (u_char *) "";

    if (st->lines) {
        (void) ngx_pfree(st->pool, st->lines);
        st->lines = NULL;
    }

    return NGX_OK;
}
