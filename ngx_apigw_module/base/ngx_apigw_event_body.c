
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 3629, RFC 8259, 7; RFC 4648, 4; RFC 9110, 8.3.1 */

#include "ngx_apigw_event.h"
#include "ngx_apigw_text.h"


static size_t ngx_apigw_event_body_escaped(u_char *data, size_t len);
static size_t ngx_apigw_event_body_resume(ngx_apigw_event_body_t *body,
    u_char *data, size_t len);
static void ngx_apigw_event_body_check(ngx_apigw_event_body_t *body,
    u_char *data, size_t len);
static size_t ngx_apigw_event_body_char(u_char c);
static ngx_uint_t ngx_apigw_event_type(ngx_str_t *type, ngx_str_t *left,
    ngx_str_t *right);
static ngx_uint_t ngx_apigw_event_ends(ngx_str_t *s, const char *suffix);
static ngx_uint_t ngx_apigw_event_same(ngx_str_t *part, ngx_str_t *pattern);


/* what stands behind a backslash; 0: the byte itself, 'u': its number does */

static const u_char  ngx_apigw_event_escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    'u', 'u', 0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\'
};


void
ngx_apigw_event_body_init(ngx_apigw_event_body_t *body)
{
    ngx_memzero(body, sizeof(ngx_apigw_event_body_t));
}


void
ngx_apigw_event_body_measure(ngx_apigw_event_body_t *body, u_char *data,
    size_t len, ngx_uint_t last)
{
    size_t  n;

    if (len) {
        body->bytes += len;
        body->text += ngx_apigw_event_body_escaped(data, len);

        if (!body->bad) {
            n = ngx_apigw_event_body_resume(body, data, len);
            ngx_apigw_event_body_check(body, data + n, len - n);
        }
    }

    if (last) {
        if (body->ncarry) {
            body->bad = 1;
        }

        body->ncarry = 0;
    }
}


static size_t
ngx_apigw_event_body_escaped(u_char *data, size_t len)
{
    u_char     c, *p, *last;
    uint64_t   w;

    p = data;
    last = p + len;

    while (p < last) {

        if (last - p >= 8) {
            ngx_memcpy(&w, p, 8);

            if (!ngx_apigw_json_special(w)) {
                p += 8;
                continue;
            }
        }

        c = ngx_apigw_event_escapes[*p++];

        if (c) {
            len += (c == 'u') ? sizeof("\\u000") - 1 : 1;
        }
    }

    return len;
}


/* what is missing of the character that the last piece began */

static size_t
ngx_apigw_event_body_resume(ngx_apigw_event_body_t *body, u_char *data,
    size_t len)
{
    size_t  n, size;

    if (body->ncarry == 0) {
        return 0;
    }

    size = ngx_apigw_event_body_char(body->carry[0]);

    for (n = 0; n < len && body->ncarry < size; n++) {
        body->carry[body->ncarry++] = data[n];
    }

    if (body->ncarry == size) {
        body->bad = (ngx_apigw_utf8(body->carry, body->carry + size) == 0);
        body->ncarry = 0;
    }

    return n;
}


static void
ngx_apigw_event_body_check(ngx_apigw_event_body_t *body, u_char *data,
    size_t len)
{
    size_t     n;
    u_char    *p, *last;
    uint64_t   w;

    p = data;
    last = p + len;

    while (p < last && !body->bad) {

        if (*p < 0x80) {

            while (last - p >= 8) {
                ngx_memcpy(&w, p, 8);

                if (w & 0x8080808080808080) {
                    break;
                }

                p += 8;
            }

            while (p < last && *p < 0x80) {
                p++;
            }

            continue;
        }

        n = ngx_apigw_utf8(p, last);

        if (n == 0) {
            n = last - p;

            if (n >= ngx_apigw_event_body_char(*p)) {
                body->bad = 1;
                return;
            }

            ngx_memcpy(body->carry, p, n);
            body->ncarry = n;
        }

        p += n;
    }
}


/* how long the character is that begins so, 0: none does */

static size_t
ngx_apigw_event_body_char(u_char c)
{
    if (c < 0xc2 || c > 0xf4) {
        return (c < 0x80);
    }

    return (c < 0xe0) ? 2 : (c < 0xf0) ? 3 : 4;
}


u_char *
ngx_apigw_event_body_text(u_char *p, u_char *data, size_t len)
{
    u_char               c, *last;
    uint64_t             w;
    static const u_char  hex[] = "0123456789abcdef";

    if (len == 0) {
        return p;
    }

    last = data + len;

    while (data < last) {

        if (last - data >= 8) {
            ngx_memcpy(&w, data, 8);

            if (!ngx_apigw_json_special(w)) {
                p = ngx_cpymem(p, &w, 8);
                data += 8;
                continue;
            }
        }

        c = ngx_apigw_event_escapes[*data];

        if (c == 0) {
            *p++ = *data++;
            continue;
        }

        *p++ = '\\';
        *p++ = c;

        if (c == 'u') {
            *p++ = '0';
            *p++ = '0';
            *p++ = hex[*data >> 4];
            *p++ = hex[*data & 0xf];
        }

        data++;
    }

    return p;
}


u_char *
ngx_apigw_event_body_base64(ngx_apigw_event_body_t *body, u_char *p,
    u_char *data, size_t len, ngx_uint_t last)
{
    size_t  n;

    if (body->ncarry) {

        while (len && body->ncarry < 3) {
            body->carry[body->ncarry++] = *data++;
            len--;
        }

        if (body->ncarry == 3) {
            p = ngx_apigw_base64(p, body->carry, 3);
            body->ncarry = 0;
        }
    }

    /* either nothing is carried, or nothing is left */

    n = len - len % 3;
    p = ngx_apigw_base64(p, data, n);

    for ( /* void */ ; n < len; n++) {
        body->carry[body->ncarry++] = data[n];
    }

    if (last) {
        p = ngx_apigw_base64(p, body->carry, body->ncarry);
        body->ncarry = 0;
    }

    return p;
}


ngx_uint_t
ngx_apigw_event_text_type(ngx_str_t *type)
{
    ngx_str_t  left, right;

    /* without a type it is text/plain */

    if (!ngx_apigw_event_type(type, &left, &right)) {
        return (left.len == 0);
    }

    if (ngx_apigw_text_is(&left, "text")
        || ngx_apigw_event_ends(&right, "+json")
        || ngx_apigw_event_ends(&right, "+xml"))
    {
        return 1;
    }

    return (ngx_apigw_text_is(&left, "application")
            && (ngx_apigw_text_is(&right, "json")
                || ngx_apigw_text_is(&right, "xml")
                || ngx_apigw_text_is(&right, "javascript")));
}


ngx_uint_t
ngx_apigw_event_binary_type(ngx_str_t *type, ngx_str_t *types, ngx_uint_t n)
{
    ngx_str_t   left, right, wants, want;
    ngx_uint_t  i;

    if (!ngx_apigw_event_type(type, &left, &right) && left.len) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (ngx_apigw_event_type(&types[i], &wants, &want)
            && ngx_apigw_event_same(&left, &wants)
            && ngx_apigw_event_same(&right, &want))
        {
            return 1;
        }
    }

    return 0;
}


/* 0: it has no two parts; left is empty where it has none */

static ngx_uint_t
ngx_apigw_event_type(ngx_str_t *type, ngx_str_t *left, ngx_str_t *right)
{
    u_char  *p, *last, *end;

    p = type->data;
    last = p + type->len;

    end = ngx_strlchr(p, last, ';');
    if (end) {
        last = end;
    }

    left->data = p;
    left->len = last - p;

    ngx_apigw_text_trim(left);

    p = left->data;
    last = p + left->len;

    right->data = p;
    right->len = 0;

    end = ngx_strlchr(p, last, '/');
    if (end == NULL) {
        return 0;
    }

    left->len = end - p;
    right->data = end + 1;
    right->len = last - (end + 1);

    return (left->len && right->len);
}


/* a suffix (RFC 6839) */

static ngx_uint_t
ngx_apigw_event_ends(ngx_str_t *s, const char *suffix)
{
    size_t     len;
    ngx_str_t  end;

    len = strlen(suffix);

    if (s->len <= len) {
        return 0;
    }

    end.len = len;
    end.data = s->data + s->len - len;

    return ngx_apigw_text_is(&end, suffix);
}


/* the pattern is as somebody wrote it */

static ngx_uint_t
ngx_apigw_event_same(ngx_str_t *part, ngx_str_t *pattern)
{
    return (pattern->len == 1 && pattern->data[0] == '*')
           || ngx_apigw_text_same(part, pattern);
}
