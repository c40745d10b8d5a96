
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_path.h"
#include "ngx_apigw_text.h"


/*
 * RFC 3986, 6.2.2 and 5.2.4, in one pass.  As long as nothing has to change
 * the output is the input itself, only read: s == d.  What has to change
 * first moves the output to memory of its own.
 *
 * Dot segments are looked for in the output, where "%2e" is "." already.
 */

/* classes of bytes, as bits that the two scans test */

#define NGX_APIGW_PATH_PLAIN       0     /* also as a triplet it stays */
#define NGX_APIGW_PATH_UNRESERVED  8
#define NGX_APIGW_PATH_FULL_STOP   10    /* unreserved, too */
#define NGX_APIGW_PATH_SLASH       6
#define NGX_APIGW_PATH_PERCENT     1
#define NGX_APIGW_PATH_ENCODE      3
#define NGX_APIGW_PATH_FORBIDDEN   5     /* raw and as a triplet */
#define NGX_APIGW_PATH_END         7     /* "?" and "#" */

#define NGX_APIGW_PATH_ODD         1     /* none of "/", ".", plain ones */
#define NGX_APIGW_PATH_PAIR        2     /* a slash before it tells more */
#define NGX_APIGW_PATH_STOP        5     /* odd ones and "/" */


/* what a segment is: 1 and 2 are "." and ".." */

#define NGX_APIGW_PATH_DOT         1
#define NGX_APIGW_PATH_DOTS_PARAM  3     /* one of them and ";" */


typedef struct {
    ngx_pool_t             *pool;
    u_char                 *s;           /* input */
    u_char                 *last;
    u_char                 *start;       /* output */
    u_char                 *d;
    u_char                 *segment;     /* the last one's begin, in output */
    u_char                 *piece;       /* same, "%2F" also ends a piece */
    ngx_uint_t              flags;
    ngx_uint_t              owned;       /* the output is not the input */
    const char             *reason;
} ngx_apigw_path_ctx_t;


static ngx_uint_t ngx_apigw_path_simple(ngx_str_t *raw);
static ngx_int_t ngx_apigw_path_rewrite(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_slash(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_triplet(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_encoded_slash(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_encode(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_segment(ngx_apigw_path_ctx_t *ctx);
static ngx_uint_t ngx_apigw_path_dots(u_char *p, u_char *last);
static ngx_int_t ngx_apigw_path_own(ngx_apigw_path_ctx_t *ctx);
static ngx_int_t ngx_apigw_path_octet(u_char *p, u_char *last);


static const u_char  ngx_apigw_path_classes[256] = {
     5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,
     5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,
     3,  0,  0,  7,  0,  1,  0,  0,  0,  0,  0,  0,  0,  8, 10,  6,
     8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  0,  0,  0,  0,  0,  7,
     0,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,
     8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  0,  5,  0,  0,  8,
     0,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,
     8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  0,  0,  0,  8,  5,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3
};


ngx_int_t
ngx_apigw_path_canonical(ngx_pool_t *pool, ngx_str_t *raw, ngx_uint_t flags,
    ngx_str_t *path, const char **reason)
{
    ngx_int_t             rc;
    ngx_apigw_path_ctx_t  ctx;

    if (raw->len == 0 || raw->data[0] != '/') {
        *reason = "path does not begin with \"/\"";
        return NGX_DECLINED;
    }

    if (ngx_apigw_path_simple(raw)) {
        *path = *raw;
        return NGX_OK;
    }

    ctx.pool = pool;
    ctx.s = raw->data + 1;
    ctx.last = raw->data + raw->len;
    ctx.start = raw->data;
    ctx.d = ctx.s;
    ctx.segment = ctx.s;
    ctx.piece = ctx.s;
    ctx.flags = flags;
    ctx.owned = 0;

    rc = ngx_apigw_path_rewrite(&ctx);

    if (rc == NGX_OK) {
        path->data = ctx.start;
        path->len = (size_t) (ctx.d - ctx.start);

    } else if (rc == NGX_DECLINED) {
        *reason = ctx.reason;
    }

    return rc;
}


/*
 * The common case: no segment is empty or begins with ".", and no byte needs
 * a closer look.  A branch at each slash would often be mispredicted; SLASH
 * >> 1 makes the mask instead.
 */

static ngx_uint_t
ngx_apigw_path_simple(ngx_str_t *raw)
{
    u_char      *p, *last;
    ngx_uint_t   class, mask;

    last = raw->data + raw->len;
    mask = NGX_APIGW_PATH_ODD|NGX_APIGW_PATH_PAIR;

    for (p = raw->data + 1; p < last; p++) {

        class = ngx_apigw_path_classes[*p];

        if (class & mask) {
            return 0;
        }

        mask = NGX_APIGW_PATH_ODD | ((class >> 1) & NGX_APIGW_PATH_PAIR);
    }

    return 1;
}


static ngx_int_t
ngx_apigw_path_rewrite(ngx_apigw_path_ctx_t *ctx)
{
    u_char     *p;
    ngx_int_t   rc;

    for ( ;; ) {

        p = ctx->s;

        while (p < ctx->last
               && !(ngx_apigw_path_classes[*p] & NGX_APIGW_PATH_STOP))
        {
            p++;
        }

        if (ctx->owned) {
            ctx->d = ngx_cpymem(ctx->d, ctx->s, (size_t) (p - ctx->s));

        } else {
            ctx->d = p;
        }

        ctx->s = p;

        if (p == ctx->last) {
            return ngx_apigw_path_segment(ctx);
        }

        switch (ngx_apigw_path_classes[*p]) {

        case NGX_APIGW_PATH_SLASH:
            rc = ngx_apigw_path_slash(ctx);
            break;

        case NGX_APIGW_PATH_PERCENT:
            rc = ngx_apigw_path_triplet(ctx);
            break;

        case NGX_APIGW_PATH_ENCODE:
            rc = ngx_apigw_path_encode(ctx);
            break;

        case NGX_APIGW_PATH_END:
            ctx->reason = "path has a \"?\" or \"#\"";
            return NGX_DECLINED;

        default: /* NGX_APIGW_PATH_FORBIDDEN */
            ctx->reason = "path has a control character or \"\\\"";
            return NGX_DECLINED;
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }
}


static ngx_int_t
ngx_apigw_path_slash(ngx_apigw_path_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_apigw_path_segment(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->d[-1] == '/') {

        /* an empty segment, or nothing is left of a dot segment */

        if (ngx_apigw_path_own(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {

        if (ctx->owned) {
            *ctx->d = '/';
        }

        ctx->d++;
    }

    ctx->s++;
    ctx->segment = ctx->d;
    ctx->piece = ctx->d;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_path_triplet(ngx_apigw_path_ctx_t *ctx)
{
    u_char     *s;
    ngx_int_t   c;

    s = ctx->s;
    c = ngx_apigw_path_octet(s, ctx->last);

    if (c == NGX_ERROR) {
        ctx->reason = "path has a malformed percent-encoding";
        return NGX_DECLINED;
    }

    switch (ngx_apigw_path_classes[c]) {

    case NGX_APIGW_PATH_UNRESERVED:
    case NGX_APIGW_PATH_FULL_STOP:

        if (ngx_apigw_path_own(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        *ctx->d++ = (u_char) c;
        ctx->s += 3;

        return NGX_OK;

    case NGX_APIGW_PATH_SLASH:

        if (ngx_apigw_path_encoded_slash(ctx) != NGX_OK) {
            return NGX_DECLINED;
        }

        break;

    case NGX_APIGW_PATH_FORBIDDEN:
        ctx->reason = "path has an encoded control character or \"\\\"";
        return NGX_DECLINED;
    }

    if ((s[1] >= 'a' || s[2] >= 'a') && ngx_apigw_path_own(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->owned) {
        ctx->d[0] = '%';
        ctx->d[1] = ngx_toupper(s[1]);
        ctx->d[2] = ngx_toupper(s[2]);
    }

    ctx->d += 3;
    ctx->s += 3;

    if (c == '/') {
        ctx->piece = ctx->d;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_path_encoded_slash(ngx_apigw_path_ctx_t *ctx)
{
    if (!(ctx->flags & NGX_APIGW_PATH_KEEP_SLASH)) {
        ctx->reason = "path has an encoded \"/\"";
        return NGX_DECLINED;
    }

    if (ngx_apigw_path_dots(ctx->piece, ctx->d)) {
        ctx->reason = "path has a dot segment beside an encoded \"/\"";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_path_encode(ngx_apigw_path_ctx_t *ctx)
{
    u_char  c;

    static const u_char  hex[] = "0123456789ABCDEF";

    if (ngx_apigw_path_own(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    c = *ctx->s++;

    *ctx->d++ = '%';
    *ctx->d++ = hex[c >> 4];
    *ctx->d++ = hex[c & 0x0f];

    return NGX_OK;
}


/* ends the segment: a dot segment is removed from the output */

static ngx_int_t
ngx_apigw_path_segment(ngx_apigw_path_ctx_t *ctx)
{
    ngx_uint_t  dots;

    dots = ngx_apigw_path_dots(ctx->piece, ctx->d);

    if (dots == 0) {
        return NGX_OK;
    }

    if (dots == NGX_APIGW_PATH_DOTS_PARAM) {
        ctx->reason = "path has a dot segment with \";\"";
        return NGX_DECLINED;
    }

    if (ctx->piece != ctx->segment) {
        ctx->reason = "path has a dot segment beside an encoded \"/\"";
        return NGX_DECLINED;
    }

    if (ngx_apigw_path_own(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->d = ctx->segment;

    if (dots == NGX_APIGW_PATH_DOT) {
        return NGX_OK;
    }

    if (ctx->d - ctx->start == 1) {
        ctx->reason = "path climbs above \"/\"";
        return NGX_DECLINED;
    }

    do {
        ctx->d--;
    } while (ctx->d[-1] != '/');

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_path_dots(u_char *p, u_char *last)
{
    ngx_uint_t  n;

    n = 0;

    while (p < last && *p == '.' && n < 2) {
        p++;
        n++;
    }

    if (n == 0 || p == last) {
        return n;
    }

    /* who decodes once more takes "%3B" for ";" */

    if (*p == ';' || (last - p >= 3 && ngx_memcmp(p, "%3B", 3) == 0)) {
        return NGX_APIGW_PATH_DOTS_PARAM;
    }

    return 0;
}


static ngx_int_t
ngx_apigw_path_own(ngx_apigw_path_ctx_t *ctx)
{
    size_t   len, done;
    u_char  *p, *start;

    if (ctx->owned) {
        return NGX_OK;
    }

    done = (size_t) (ctx->d - ctx->start);
    len = done + (size_t) (ctx->last - ctx->s);

    for (p = ctx->s; p < ctx->last; p++) {
        if (ngx_apigw_path_classes[*p] == NGX_APIGW_PATH_ENCODE) {
            len += 2;
        }
    }

    start = ngx_pnalloc(ctx->pool, len);
    if (start == NULL) {
        return NGX_ERROR;
    }

    ctx->d = ngx_cpymem(start, ctx->start, done);
    ctx->segment = start + (ctx->segment - ctx->start);
    ctx->piece = start + (ctx->piece - ctx->start);
    ctx->start = start;
    ctx->owned = 1;

    return NGX_OK;
}


/* the byte that the triplet at p means, NGX_ERROR where there is none */

static ngx_int_t
ngx_apigw_path_octet(u_char *p, u_char *last)
{
    ngx_int_t  hi, lo;

    if (last - p < 3 || *p != '%') {
        return NGX_ERROR;
    }

    hi = ngx_apigw_hex(p[1]);
    lo = ngx_apigw_hex(p[2]);

    if (hi == NGX_ERROR || lo == NGX_ERROR) {
        return NGX_ERROR;
    }

    return hi << 4 | lo;
}


ngx_int_t
ngx_apigw_path_decode(ngx_pool_t *pool, ngx_str_t *path, ngx_str_t *decoded)
{
    u_char     *p, *d, *last;
    ngx_int_t   c;

    p = path->data;
    last = p + path->len;

    for ( ;; ) {
        p = ngx_strlchr(p, last, '%');

        if (p == NULL) {
            *decoded = *path;
            return NGX_OK;
        }

        c = ngx_apigw_path_octet(p, last);

        if (c != NGX_ERROR && c != '/') {
            break;
        }

        p++;
    }

    d = ngx_pnalloc(pool, path->len);
    if (d == NULL) {
        return NGX_ERROR;
    }

    decoded->data = d;
    d = ngx_cpymem(d, path->data, (size_t) (p - path->data));

    while (p < last) {
        c = ngx_apigw_path_octet(p, last);

        if (c != NGX_ERROR && c != '/') {
            *d++ = (u_char) c;
            p += 3;

        } else {
            *d++ = *p++;
        }
    }

    decoded->len = (size_t) (d - decoded->data);

    return NGX_OK;
}
