
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_proto.h"

#include <hiredis/hiredis.h>


/* the longest line or string that is not complete yet, with what is around */
#define NGX_APIGW_REDIS_MAX_PENDING  (NGX_APIGW_REDIS_MAX_STRING + 64)


struct ngx_apigw_redis_reader_s {
    redisReader                 *reader;
    ngx_pool_t                  *pool;
    ngx_uint_t                   large;

    ngx_uint_t                   total;     /* elements of this reply */
    size_t                       size;      /* bytes of its strings */

    const char                  *reason;
};


#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_apigw_redis_nelts_t;
#else
typedef int  ngx_apigw_redis_nelts_t;
#endif


static ngx_apigw_redis_reply_t *ngx_apigw_redis_new(const redisReadTask *task);
static void *ngx_apigw_redis_create_string(const redisReadTask *task,
    char *str, size_t len);
static void *ngx_apigw_redis_create_array(const redisReadTask *task,
    ngx_apigw_redis_nelts_t n);
static void *ngx_apigw_redis_create_integer(const redisReadTask *task,
    long long value);
static void *ngx_apigw_redis_create_nil(const redisReadTask *task);
static void ngx_apigw_redis_free_object(void *object);
static void *ngx_apigw_redis_refuse(const redisReadTask *task,
    const char *reason);
static ngx_int_t ngx_apigw_redis_format_parts(ngx_str_t *text, ngx_uint_t n,
    const char **parts, size_t *lens);
static u_char *ngx_apigw_redis_part(u_char *p, u_char *last, ngx_str_t *part);

#if (HIREDIS_MAJOR >= 1)
static void *ngx_apigw_redis_create_double(const redisReadTask *task,
    double value, char *str, size_t len);
static void *ngx_apigw_redis_create_bool(const redisReadTask *task, int value);
#endif


static redisReplyObjectFunctions  ngx_apigw_redis_functions = {
    .createString = ngx_apigw_redis_create_string,
    .createArray = ngx_apigw_redis_create_array,
    .createInteger = ngx_apigw_redis_create_integer,
    .createNil = ngx_apigw_redis_create_nil,
#if (HIREDIS_MAJOR >= 1)
    .createDouble = ngx_apigw_redis_create_double,
    .createBool = ngx_apigw_redis_create_bool,
#endif
    .freeObject = ngx_apigw_redis_free_object
};


ngx_apigw_redis_reader_t *
ngx_apigw_redis_reader_create(ngx_pool_t *pool, ngx_pool_t *replies)
{
    ngx_apigw_redis_reader_t  *reader;

    reader = ngx_pcalloc(pool, sizeof(ngx_apigw_redis_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    reader->pool = replies;

    reader->reader = redisReaderCreateWithFunctions(
                                                &ngx_apigw_redis_functions);
    if (reader->reader == NULL) {
        return NULL;
    }

    reader->reader->privdata = reader;

    return reader;
}


void
ngx_apigw_redis_reader_free(ngx_apigw_redis_reader_t *reader)
{
    redisReaderFree(reader->reader);
}


ngx_int_t
ngx_apigw_redis_reader_feed(ngx_apigw_redis_reader_t *reader, u_char *data,
    size_t len)
{
    return (redisReaderFeed(reader->reader, (char *) data, len) == REDIS_OK)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_apigw_redis_reader_next(ngx_apigw_redis_reader_t *reader, ngx_uint_t large,
    ngx_apigw_redis_reply_t **reply, const char **reason)
{
    void         *object;
    redisReader  *hi;

    hi = reader->reader;
    object = NULL;

    reader->large = large;

    if (redisReaderGetReply(hi, &object) != REDIS_OK) {
        *reason = reader->reason ? reader->reason
                                 : (hi->err == REDIS_ERR_OOM)
                                   ? "no memory for the reply"
                                   : "the reply is not Redis's protocol";
        return NGX_ERROR;
    }

    if (object) {
        reader->total = 0;
        reader->size = 0;
        *reply = object;
        return NGX_OK;
    }

    if (hi->len - hi->pos > NGX_APIGW_REDIS_MAX_PENDING) {
        *reason = "the reply has too long a string";
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* an element is in its array already */

static ngx_apigw_redis_reply_t *
ngx_apigw_redis_new(const redisReadTask *task)
{
    ngx_apigw_redis_reply_t   *reply, *array;
    ngx_apigw_redis_reader_t  *reader;

    reader = task->privdata;

    if (task->parent) {
        array = task->parent->obj;
        return &array->elts[task->idx];
    }

    reply = ngx_pcalloc(reader->pool, sizeof(ngx_apigw_redis_reply_t));

    if (reply == NULL) {
        reader->reason = "no memory for the reply";
    }

    return reply;
}


static void *
ngx_apigw_redis_create_string(const redisReadTask *task, char *str, size_t len)
{
    size_t                     max;
    u_char                    *p;
    ngx_uint_t                 type;
    ngx_apigw_redis_reply_t   *reply;
    ngx_apigw_redis_reader_t  *reader;

    reader = task->privdata;

    switch (task->type) {

    case REDIS_REPLY_STRING:
        type = NGX_APIGW_REDIS_STRING;
        break;

    case REDIS_REPLY_STATUS:
        type = NGX_APIGW_REDIS_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        type = NGX_APIGW_REDIS_ERROR;
        break;

    default:
        return ngx_apigw_redis_refuse(task, "the reply has an unknown type");
    }

    max = reader->large ? NGX_APIGW_REDIS_MAX_SLOTS_SIZE
                        : NGX_APIGW_REDIS_MAX_SIZE;
    reader->size += len;

    if (len > NGX_APIGW_REDIS_MAX_STRING) {
        return ngx_apigw_redis_refuse(task, "the reply has too long a string");
    }

    if (reader->size > max) {
        return ngx_apigw_redis_refuse(task, "the reply is too large");
    }

    reply = ngx_apigw_redis_new(task);
    if (reply == NULL) {
        return NULL;
    }

    p = ngx_pnalloc(reader->pool, len + 1);
    if (p == NULL) {
        return ngx_apigw_redis_refuse(task, "no memory for the reply");
    }

    ngx_memcpy(p, str, len);
    p[len] = '\0';

    reply->type = type;
    reply->str.len = len;
    reply->str.data = p;

    return reply;
}


static void *
ngx_apigw_redis_create_array(const redisReadTask *task,
    ngx_apigw_redis_nelts_t n)
{
    ngx_uint_t                 nelts, max, total, nesting;
    const redisReadTask       *up;
    ngx_apigw_redis_reply_t   *reply;
    ngx_apigw_redis_reader_t  *reader;

    reader = task->privdata;

    if (task->type != REDIS_REPLY_ARRAY) {
        return ngx_apigw_redis_refuse(task, "the reply has an unknown type");
    }

    max = reader->large ? NGX_APIGW_REDIS_MAX_SLOTS
                        : NGX_APIGW_REDIS_MAX_ELEMENTS;
    total = reader->large ? NGX_APIGW_REDIS_MAX_SLOTS_TOTAL
                          : NGX_APIGW_REDIS_MAX_TOTAL;
    nelts = (ngx_uint_t) n;

    if (nelts > max || nelts > total - reader->total) {
        return ngx_apigw_redis_refuse(task, "the reply has too many elements");
    }

    nesting = 1;

    for (up = task->parent; up; up = up->parent) {
        nesting++;
    }

    if (nesting > NGX_APIGW_REDIS_MAX_NESTING) {
        return ngx_apigw_redis_refuse(task, "the reply is nested too deeply");
    }

    reader->total += nelts;

    reply = ngx_apigw_redis_new(task);
    if (reply == NULL) {
        return NULL;
    }

    reply->type = NGX_APIGW_REDIS_ARRAY;
    reply->nelts = nelts;

    if (nelts == 0) {
        return reply;
    }

    reply->elts = ngx_pcalloc(reader->pool,
                              nelts * sizeof(ngx_apigw_redis_reply_t));
    if (reply->elts == NULL) {
        return ngx_apigw_redis_refuse(task, "no memory for the reply");
    }

    return reply;
}


static void *
ngx_apigw_redis_create_integer(const redisReadTask *task, long long value)
{
    ngx_apigw_redis_reply_t  *reply;

    reply = ngx_apigw_redis_new(task);
    if (reply == NULL) {
        return NULL;
    }

    reply->type = NGX_APIGW_REDIS_INTEGER;
    reply->integer = value;

    return reply;
}


static void *
ngx_apigw_redis_create_nil(const redisReadTask *task)
{
    return ngx_apigw_redis_new(task);
}


#if (HIREDIS_MAJOR >= 1)

static void *
ngx_apigw_redis_create_double(const redisReadTask *task, double value,
    char *str, size_t len)
{
    return ngx_apigw_redis_refuse(task, "the reply has an unknown type");
}


static void *
ngx_apigw_redis_create_bool(const redisReadTask *task, int value)
{
    return ngx_apigw_redis_refuse(task, "the reply has an unknown type");
}

#endif


/* the pool has it */

static void
ngx_apigw_redis_free_object(void *object)
{
    /* void */
}


static void *
ngx_apigw_redis_refuse(const redisReadTask *task, const char *reason)
{
    ngx_apigw_redis_reader_t  *reader;

    reader = task->privdata;
    reader->reason = reason;

    return NULL;
}


ngx_int_t
ngx_apigw_redis_format(ngx_str_t *text, ngx_uint_t nhead,
    const ngx_str_t *head, ngx_uint_t argc, const ngx_str_t *argv)
{
    size_t       lens[NGX_APIGW_REDIS_MAX_ARGS];
    ngx_uint_t   i, n;
    const char  *parts[NGX_APIGW_REDIS_MAX_ARGS];

    n = 0;

    /* Redis doesn't answer a command of nothing */

    if (nhead + argc == 0) {
        return NGX_ERROR;
    }

    if (argc > NGX_APIGW_REDIS_MAX_ARGS
        || nhead > NGX_APIGW_REDIS_MAX_ARGS - argc)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < nhead; i++, n++) {
        parts[n] = (const char *) head[i].data;
        lens[n] = head[i].len;
    }

    for (i = 0; i < argc; i++, n++) {
        parts[n] = (const char *) argv[i].data;
        lens[n] = argv[i].len;
    }

    return ngx_apigw_redis_format_parts(text, n, parts, lens);
}


static ngx_int_t
ngx_apigw_redis_format_parts(ngx_str_t *text, ngx_uint_t n,
    const char **parts, size_t *lens)
{
    char        *target;
    size_t       size;
    long long    len;
    ngx_uint_t   i;

    size = 0;

    for (i = 0; i < n; i++) {

        if (lens[i] > NGX_APIGW_REDIS_MAX_COMMAND - size) {
            return NGX_ERROR;
        }

        size += lens[i];

        if (lens[i] == 0) {
            parts[i] = "";
        }
    }

    len = redisFormatCommandArgv(&target, (int) n, parts, lens);

    if (len < 0) {
        return NGX_ERROR;
    }

    text->data = (u_char *) target;
    text->len = (size_t) len;

    return NGX_OK;
}


ngx_int_t
ngx_apigw_redis_reformat(ngx_str_t *text, ngx_uint_t nhead,
    const ngx_str_t *head)
{
    u_char      *p, *last;
    size_t       lens[NGX_APIGW_REDIS_MAX_ARGS];
    ngx_str_t    part, old;
    ngx_uint_t   n;
    const char  *parts[NGX_APIGW_REDIS_MAX_ARGS];

    old = *text;

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, '\n');

    if (p == NULL) {
        return NGX_ERROR;
    }

    p++;

    for (n = 0; p < last; n++) {

        p = ngx_apigw_redis_part(p, last, &part);

        if (p == NULL || n == NGX_APIGW_REDIS_MAX_ARGS) {
            return NGX_ERROR;
        }

        if (n < nhead) {
            part = head[n];
        }

        parts[n] = (const char *) part.data;
        lens[n] = part.len;
    }

    if (ngx_apigw_redis_format_parts(text, n, parts, lens) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_apigw_redis_format_free(&old);

    return NGX_OK;
}


/* "$3\r\nSET\r\n" */

static u_char *
ngx_apigw_redis_part(u_char *p, u_char *last, ngx_str_t *part)
{
    size_t  len;

    len = 0;

    for (p++; p < last && *p >= '0' && *p <= '9'; p++) {
        len = len * 10 + (*p - '0');
    }

    p += 2;

    if (p > last || len + 2 > (size_t) (last - p)) {
        return NULL;
    }

    part->data = p;
    part->len = len;

    return p + len + 2;
}


void
ngx_apigw_redis_format_free(ngx_str_t *text)
{
    redisFreeCommand((char *) text->data);
    text->data = NULL;
    text->len = 0;
}


ngx_uint_t
ngx_apigw_redis_error_is(const ngx_apigw_redis_reply_t *reply,
    const char *word)
{
    size_t  len;

    len = strlen(word);

    return reply->type == NGX_APIGW_REDIS_ERROR
           && reply->str.len >= len
           && ngx_memcmp(reply->str.data, word, len) == 0
           && (reply->str.len == len || reply->str.data[len] == ' ');
}
