
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A body in pieces, wherever they are cut: it is UTF-8 where one look at all
 * of it says so, as text it is read back by a parser of JSON, and as base64 by
 * a plain decoder.  The first byte decides how it is cut.
 */

#include "ngx_apigw_event.h"
#include "ngx_apigw_json.h"
#include "ngx_apigw_text.h"


#define check(cond)  if (!(cond)) { abort(); }


typedef enum {
    MEASURE = 0,
    TEXT,
    BASE64
} pass_e;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static u_char *walk(ngx_apigw_event_body_t *body, u_char *p,
    const uint8_t *data, size_t size, unsigned seed, pass_e pass);
static ngx_uint_t is_utf8(const uint8_t *data, size_t size);
static void read_text(u_char *text, size_t len, const uint8_t *data,
    size_t size);
static void read_json(u_char *text, size_t len, const uint8_t *data,
    size_t size);
static void read_base64(u_char *text, size_t len, const uint8_t *data,
    size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                  *text, *base64, *p;
    size_t                   len;
    unsigned                 seed;
    ngx_str_t                type;
    ngx_apigw_event_body_t   body;

    if (size == 0) {
        return 0;
    }

    seed = *data++;
    size--;

    ngx_apigw_event_body_init(&body);

    (void) walk(&body, NULL, data, size, seed, MEASURE);

    check(body.bytes == size);
    check(body.bad == !is_utf8(data, size));

    /* what isn't UTF-8 isn't to be written as text, but it has the room */

    text = malloc(body.text ? body.text : 1);
    check(text);

    p = walk(&body, text, data, size, seed * 7 + 1, TEXT);
    check((size_t) (p - text) == body.text);

    read_text(text, body.text, data, size);

    if (!body.bad) {
        read_json(text, body.text, data, size);
    }

    free(text);

    len = NGX_APIGW_BASE64_LEN(size);

    base64 = malloc(len ? len : 1);
    check(base64);

    p = walk(&body, base64, data, size, seed * 5 + 2, BASE64);
    check((size_t) (p - base64) == len);

    read_base64(base64, len, data, size);

    free(base64);

    /* any text is a type or none */

    type.len = size;
    type.data = malloc(size ? size : 1);
    check(type.data);

    if (size) {
        memcpy(type.data, data, size);
    }

    check(ngx_apigw_event_text_type(&type) < 2);
    check(ngx_apigw_event_binary_type(&type, &type, 1) < 2);

    free(type.data);

    return 0;
}


static u_char *
walk(ngx_apigw_event_body_t *body, u_char *p, const uint8_t *data, size_t size,
    unsigned seed, pass_e pass)
{
    u_char      *copy;
    size_t       n;
    ngx_uint_t   last;

    do {
        seed = seed * 1103515245 + 12345;
        n = (seed >> 16) % ((seed & 0x800) ? 64 : 5);

        if (n > size) {
            n = size;
        }

        last = (n == size && ((seed >> 12) & 1));

        copy = malloc(n ? n : 1);
        check(copy);

        if (n) {
            memcpy(copy, data, n);
        }

        if (pass == MEASURE) {
            ngx_apigw_event_body_measure(body, copy, n, last);

        } else if (pass == TEXT) {
            p = ngx_apigw_event_body_text(p, copy, n);

        } else {
            p = ngx_apigw_event_body_base64(body, p, copy, n, last);
        }

        free(copy);

        data += n;
        size -= n;
    } while (!last);

    return p;
}


static ngx_uint_t
is_utf8(const uint8_t *data, size_t size)
{
    size_t  i, n;

    for (i = 0; i < size; i += n) {
        n = ngx_apigw_utf8(data + i, data + size);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}


static void
read_text(u_char *text, size_t len, const uint8_t *data, size_t size)
{
    u_char     c, *p, *last;
    size_t     i;
    ngx_str_t  hex;

    static const char  from[] = "bfnrt\"\\", to[] = "\b\f\n\r\t\"\\";

    p = text;
    last = text + len;

    for (i = 0; p < last; i++) {
        c = *p++;
        check(c >= 0x20 && c != '"' && i < size);

        if (c == '\\') {
            check(p < last);
            c = *p++;

            if (c == 'u') {
                check(last - p >= 4 && p[0] == '0' && p[1] == '0');

                hex.len = 2;
                hex.data = p + 2;
                p += 4;

                check(ngx_apigw_unhex(&c, 1, &hex) == NGX_OK);

            } else {
                check(memchr(from, c, sizeof(from) - 1));
                c = (u_char) to[(char *) memchr(from, c, sizeof(from) - 1)
                                - from];
            }
        }

        check(c == data[i]);
    }

    check(i == size);
}


static void
read_json(u_char *text, size_t len, const uint8_t *data, size_t size)
{
    ngx_int_t          rc;
    ngx_str_t          s;
    ngx_pool_t        *pool;
    const char        *reason;
    ngx_apigw_json_t  *json;

    pool = ngx_create_pool(1024, NULL);
    check(pool);

    s.len = len + 2;
    s.data = ngx_pnalloc(pool, s.len);
    check(s.data);

    s.data[0] = '"';
    memcpy(s.data + 1, text, len);
    s.data[len + 1] = '"';

    rc = ngx_apigw_json_parse(&json, &s, 1, pool, &reason);

    if (size && memchr(data, '\0', size)) {
        check(rc == NGX_DECLINED);

    } else {
        check(rc == NGX_OK && json->type == NGX_APIGW_JSON_STRING);
        check(json->text.len == size);
        check(size == 0 || memcmp(json->text.data, data, size) == 0);
    }

    ngx_destroy_pool(pool);
}


static void
read_base64(u_char *text, size_t len, const uint8_t *data, size_t size)
{
    size_t             i, k;
    uint32_t           w;
    const char        *digit;
    static const char  digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0; i < size; i += 3, text += 4) {

        for (w = 0, k = 0; k < 4; k++) {
            w <<= 6;

            if (i + k > size) {
                check(text[k] == '=');
                continue;
            }

            digit = memchr(digits, text[k], 64);
            check(digit);
            w |= (uint32_t) (digit - digits);
        }

        for (k = 0; k < 3 && i + k < size; k++) {
            check(data[i + k] == ((w >> (16 - 8 * k)) & 0xff));
        }
    }
}
