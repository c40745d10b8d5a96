
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TEXT_H_INCLUDED_
#define _NGX_APIGW_TEXT_H_INCLUDED_


#include "ngx_apigw_base.h"


/*
 * Small codecs.  Each writes at p and returns the place after what it wrote;
 * none writes a terminating NUL.
 */

#define NGX_APIGW_UUID_LEN         36
#define NGX_APIGW_BASE32_LEN(n)    (((n) * 8 + 4) / 5)       /* no padding */
#define NGX_APIGW_BASE64_LEN(n)    (((n) + 2) / 3 * 4)

/* a version 4 UUID (RFC 9562), lower case, of 16 random bytes */
u_char *ngx_apigw_uuid(u_char *p, const u_char random[16]);

/* 1 where s is a UUID of any version in either case, else 0 */
ngx_uint_t ngx_apigw_is_uuid(ngx_str_t *s);

/* RFC 4648, 6, in lower case, without padding */
u_char *ngx_apigw_base32(u_char *p, const u_char *data, size_t len);

/* RFC 4648, 4, with padding */
u_char *ngx_apigw_base64(u_char *p, const u_char *data, size_t len);

/* the value of a hex digit of either case, NGX_ERROR where c is none */
ngx_int_t ngx_apigw_hex(u_char c);

/* each byte as two hex digits, lower case */
u_char *ngx_apigw_hex_print(u_char *p, const u_char *data, size_t len);

/* len bytes of exactly 2 * len hex digits of either case: NGX_OK, NGX_ERROR */
ngx_int_t ngx_apigw_unhex(u_char *p, size_t len, ngx_str_t *hex);

/* a decimal number */
u_char *ngx_apigw_number(u_char *p, uint64_t n);

#define NGX_APIGW_NUMBER_LEN       20

/*
 * The inside of a JSON string (RFC 8259, 7).  What is not UTF-8 (RFC 3629)
 * becomes U+FFFD, byte by byte, so that it spoils no more than itself.
 */
u_char *ngx_apigw_json_string(u_char *p, ngx_str_t *s);

/* how many bytes that are */
size_t ngx_apigw_json_string_len(ngx_str_t *s);

/* at most so many bytes for n */
#define NGX_APIGW_JSON_LEN(n)      ((n) * (sizeof("\\u0000") - 1))

#define NGX_APIGW_TEXT_ONES  ((uint64_t) 0x0101010101010101)

/*
 * Not 0 where one of eight bytes is a control character, a quote, a backslash
 * or no ASCII; the borrow of such a byte may accuse the one above it, too.
 */

static ngx_inline uint64_t
ngx_apigw_json_special(uint64_t w)
{
    uint64_t  quote, slash, control;

    quote = (w ^ (NGX_APIGW_TEXT_ONES * '"')) - NGX_APIGW_TEXT_ONES;
    slash = (w ^ (NGX_APIGW_TEXT_ONES * '\\')) - NGX_APIGW_TEXT_ONES;
    control = w - NGX_APIGW_TEXT_ONES * 0x20;

    return (w | quote | slash | control) & (NGX_APIGW_TEXT_ONES * 0x80);
}


/*
 * The bytes of the UTF-8 character at p (RFC 3629), before last; 0 where there
 * is none, or not all of it.
 */
size_t ngx_apigw_utf8(const u_char *p, const u_char *last);

/*
 * Control characters, ends of lines, and what is not UTF-8, byte by byte,
 * become U+FFFD: in a copy, where there are any.  NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_apigw_text_clean(ngx_str_t *s, ngx_pool_t *pool);

/* 1 where s is a word, which is in lower case, in either case of ASCII */
ngx_uint_t ngx_apigw_text_is(ngx_str_t *s, const char *word);

/* takes blanks and tabs from both ends */
void ngx_apigw_text_trim(ngx_str_t *s);


/* 1 where both are the same in either case of ASCII */

static ngx_inline ngx_uint_t
ngx_apigw_text_same(const ngx_str_t *a, const ngx_str_t *b)
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


#endif /* _NGX_APIGW_TEXT_H_INCLUDED_ */
