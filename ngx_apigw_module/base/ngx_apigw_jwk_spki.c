
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * SubjectPublicKeyInfo of RSA (RFC 3279, 2.3.1), EC (RFC 5480, 2) and Ed25519
 * (RFC 8410, 4) in DER, written from the end to the beginning, since a length
 * is known only when its content is there.
 */

#include "ngx_apigw_jwk_int.h"


#define NGX_APIGW_JWK_INTEGER     0x02
#define NGX_APIGW_JWK_BIT_STRING  0x03
#define NGX_APIGW_JWK_SEQUENCE    0x30

#define NGX_APIGW_JWK_EC_OID      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

#define NGX_APIGW_JWK_RS_PS                                                  \
    (NGX_APIGW_JWS_RS256|NGX_APIGW_JWS_RS384|NGX_APIGW_JWS_RS512             \
     |NGX_APIGW_JWS_PS256|NGX_APIGW_JWS_PS384|NGX_APIGW_JWS_PS512)


static u_char *ngx_apigw_jwk_der_head(u_char *p, u_char tag, size_t len);
static u_char *ngx_apigw_jwk_der_bytes(u_char *p, ngx_str_t *bytes);
static u_char *ngx_apigw_jwk_der_integer(u_char *p, ngx_str_t *number);
static ngx_int_t ngx_apigw_jwk_der_read(ngx_str_t *value, ngx_str_t *text,
    u_char tag);
static ngx_int_t ngx_apigw_jwk_der_number(ngx_str_t *number, ngx_str_t *text);
static ngx_uint_t ngx_apigw_jwk_bits(ngx_str_t *number);


/* in the order of ngx_apigw_jwk_type_e */

const ngx_apigw_jwk_type_t  ngx_apigw_jwk_types[] = {

    { ngx_string("RSA"),
      ngx_string(""),
      ngx_string("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
                 "\x05\x00"),
      0,
      NGX_APIGW_JWK_RS_PS },

    { ngx_string("EC"),
      ngx_string("P-256"),
      ngx_string("\x30\x13" NGX_APIGW_JWK_EC_OID
                 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
      32,
      NGX_APIGW_JWS_ES256 },

    { ngx_string("EC"),
      ngx_string("P-384"),
      ngx_string("\x30\x10" NGX_APIGW_JWK_EC_OID
                 "\x06\x05\x2b\x81\x04\x00\x22"),
      48,
      NGX_APIGW_JWS_ES384 },

    { ngx_string("EC"),
      ngx_string("P-521"),
      ngx_string("\x30\x10" NGX_APIGW_JWK_EC_OID
                 "\x06\x05\x2b\x81\x04\x00\x23"),
      66,
      NGX_APIGW_JWS_ES512 },

    { ngx_string("OKP"),
      ngx_string("Ed25519"),
      ngx_string("\x30\x05\x06\x03\x2b\x65\x70"),
      32,
      NGX_APIGW_JWS_EDDSA },

    { ngx_string("oct"),
      ngx_string(""),
      ngx_string(""),
      0,
      NGX_APIGW_JWS_SYMMETRIC },

    { ngx_null_string, ngx_null_string, ngx_null_string, 0, 0 }
};


ngx_int_t
ngx_apigw_jwk_check(ngx_apigw_jwk_public_t *pub, const char **reason)
{
    size_t      size;
    ngx_uint_t  bits;

    size = ngx_apigw_jwk_types[pub->type].size;

    if (size) {

        if (pub->a.len != size
            || (pub->type != NGX_APIGW_JWK_ED25519 && pub->b.len != size))
        {
            *reason = "coordinate of a wrong length";
            return NGX_DECLINED;
        }

        return NGX_OK;
    }

    if (pub->a.len == 0 || pub->b.len == 0
        || pub->a.data[0] == 0 || pub->b.data[0] == 0)
    {
        *reason = "RSA modulus or exponent is empty or begins with a zero";
        return NGX_DECLINED;
    }

    bits = ngx_apigw_jwk_bits(&pub->a);

    if (bits < NGX_APIGW_JWK_MIN_RSA) {
        *reason = "RSA modulus is shorter than 2048 bits";
        return NGX_DECLINED;
    }

    if (bits > NGX_APIGW_JWK_MAX_RSA) {
        *reason = "RSA modulus is longer than 8192 bits";
        return NGX_DECLINED;
    }

    if (pub->b.len > NGX_APIGW_JWK_EXPONENT) {
        *reason = "RSA exponent is longer than 64 bits";
        return NGX_DECLINED;
    }

    if ((pub->a.data[pub->a.len - 1] & 1) == 0
        || (pub->b.data[pub->b.len - 1] & 1) == 0
        || (pub->b.len == 1 && pub->b.data[0] == 1))
    {
        *reason = "RSA modulus or exponent is even, or the exponent is 1";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_jwk_bits(ngx_str_t *number)
{
    u_char      c;
    ngx_uint_t  bits;

    bits = number->len * 8;

    for (c = number->data[0]; (c & 0x80) == 0; c <<= 1) {
        bits--;
    }

    return bits;
}


void
ngx_apigw_jwk_spki(ngx_str_t *spki, ngx_apigw_jwk_public_t *pub, u_char *buf)
{
    u_char                      *p, *end;
    ngx_str_t                    der;
    const ngx_apigw_jwk_type_t  *type;

    type = &ngx_apigw_jwk_types[pub->type];

    end = buf + NGX_APIGW_JWK_SPKI;
    p = end;

    if (pub->type == NGX_APIGW_JWK_RSA) {
        p = ngx_apigw_jwk_der_integer(p, &pub->b);
        p = ngx_apigw_jwk_der_integer(p, &pub->a);
        p = ngx_apigw_jwk_der_head(p, NGX_APIGW_JWK_SEQUENCE, end - p);

    } else {
        p = ngx_apigw_jwk_der_bytes(p, &pub->b);
        p = ngx_apigw_jwk_der_bytes(p, &pub->a);

        if (pub->type != NGX_APIGW_JWK_ED25519) {
            *--p = 0x04;
        }
    }

    *--p = 0;

    p = ngx_apigw_jwk_der_head(p, NGX_APIGW_JWK_BIT_STRING, end - p);

    der = type->der;
    p = ngx_apigw_jwk_der_bytes(p, &der);

    p = ngx_apigw_jwk_der_head(p, NGX_APIGW_JWK_SEQUENCE, end - p);

    spki->len = end - p;
    spki->data = p;
}


/* RFC 3279, 2.2.3, of the two halves that RFC 7518, 3.4 has */

void
ngx_apigw_jwk_ec_der(ngx_str_t *der, ngx_str_t *raw, u_char *buf)
{
    u_char     *p, *end;
    ngx_str_t   r, s;

    r.len = raw->len / 2;
    r.data = raw->data;

    s.len = r.len;
    s.data = raw->data + r.len;

    end = buf + NGX_APIGW_JWK_EC_DER;

    p = ngx_apigw_jwk_der_integer(end, &s);
    p = ngx_apigw_jwk_der_integer(p, &r);
    p = ngx_apigw_jwk_der_head(p, NGX_APIGW_JWK_SEQUENCE, end - p);

    der->len = end - p;
    der->data = p;
}


static u_char *
ngx_apigw_jwk_der_head(u_char *p, u_char tag, size_t len)
{
    *--p = len & 0xff;

    if (len > 0xff) {
        *--p = len >> 8;
        *--p = 0x82;

    } else if (len > 0x7f) {
        *--p = 0x81;
    }

    *--p = tag;

    return p;
}


static u_char *
ngx_apigw_jwk_der_bytes(u_char *p, ngx_str_t *bytes)
{
    p -= bytes->len;

    if (bytes->len) {
        ngx_memcpy(p, bytes->data, bytes->len);
    }

    return p;
}


static u_char *
ngx_apigw_jwk_der_integer(u_char *p, ngx_str_t *number)
{
    u_char     *end;
    ngx_str_t   n;

    end = p;
    n = *number;

    while (n.len && n.data[0] == 0) {
        n.data++;
        n.len--;
    }

    p = ngx_apigw_jwk_der_bytes(p, &n);

    if (n.len == 0 || (n.data[0] & 0x80)) {
        *--p = 0;
    }

    return ngx_apigw_jwk_der_head(p, NGX_APIGW_JWK_INTEGER, end - p);
}


ngx_int_t
ngx_apigw_jwk_spki_read(ngx_apigw_jwk_public_t *pub, ngx_str_t *spki)
{
    ngx_str_t                    text, body, bits;
    const ngx_apigw_jwk_type_t  *type;

    text = *spki;

    if (ngx_apigw_jwk_der_read(&body, &text, NGX_APIGW_JWK_SEQUENCE) != NGX_OK
        || text.len)
    {
        return NGX_DECLINED;
    }

    for (type = ngx_apigw_jwk_types; type->der.len; type++) {

        if (body.len > type->der.len
            && ngx_memcmp(body.data, type->der.data, type->der.len) == 0)
        {
            break;
        }
    }

    if (type->der.len == 0) {
        return NGX_DECLINED;
    }

    pub->type = type - ngx_apigw_jwk_types;

    body.data += type->der.len;
    body.len -= type->der.len;

    if (ngx_apigw_jwk_der_read(&bits, &body, NGX_APIGW_JWK_BIT_STRING)
        != NGX_OK
        || body.len || bits.len == 0 || bits.data[0] != 0)
    {
        return NGX_DECLINED;
    }

    bits.data++;
    bits.len--;

    if (pub->type == NGX_APIGW_JWK_RSA) {
        return ngx_apigw_jwk_rsa_read(pub, &bits);
    }

    if (pub->type == NGX_APIGW_JWK_ED25519) {
        pub->a = bits;
        ngx_str_null(&pub->b);

        return NGX_OK;
    }

    if (bits.len != 1 + 2 * type->size || bits.data[0] != 0x04) {
        return NGX_DECLINED;
    }

    pub->a.len = type->size;
    pub->a.data = bits.data + 1;

    pub->b.len = type->size;
    pub->b.data = pub->a.data + type->size;

    return NGX_OK;
}


/* RSAPublicKey (RFC 8017, A.1.1) */

ngx_int_t
ngx_apigw_jwk_rsa_read(ngx_apigw_jwk_public_t *pub, ngx_str_t *der)
{
    ngx_str_t  text, body;

    text = *der;
    pub->type = NGX_APIGW_JWK_RSA;

    if (ngx_apigw_jwk_der_read(&body, &text, NGX_APIGW_JWK_SEQUENCE) != NGX_OK
        || text.len
        || ngx_apigw_jwk_der_number(&pub->a, &body) != NGX_OK
        || ngx_apigw_jwk_der_number(&pub->b, &body) != NGX_OK
        || body.len)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* steps over a value */

static ngx_int_t
ngx_apigw_jwk_der_read(ngx_str_t *value, ngx_str_t *text, u_char tag)
{
    u_char  *p;
    size_t   len, head;

    p = text->data;

    if (text->len < 2 || p[0] != tag) {
        return NGX_DECLINED;
    }

    len = p[1];
    head = 2;

    if (len == 0x81 && text->len > 2 && p[2] > 0x7f) {
        len = p[2];
        head = 3;

    } else if (len == 0x82 && text->len > 3 && p[2]) {
        len = p[2] << 8 | p[3];
        head = 4;

    } else if (len > 0x7f) {
        return NGX_DECLINED;
    }

    if (text->len - head < len) {
        return NGX_DECLINED;
    }

    value->len = len;
    value->data = p + head;

    text->len -= head + len;
    text->data += head + len;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_jwk_der_number(ngx_str_t *number, ngx_str_t *text)
{
    if (ngx_apigw_jwk_der_read(number, text, NGX_APIGW_JWK_INTEGER) != NGX_OK
        || number->len == 0
        || (number->data[0] & 0x80))
    {
        return NGX_DECLINED;
    }

    if (number->len > 1 && number->data[0] == 0) {

        if ((number->data[1] & 0x80) == 0) {
            return NGX_DECLINED;
        }

        number->data++;
        number->len--;
    }

    return NGX_OK;
}
