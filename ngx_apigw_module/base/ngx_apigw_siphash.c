
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_siphash.h"


#define ngx_apigw_rotl(x, b)  (((x) << (b)) | ((x) >> (64 - (b))))


static ngx_inline uint64_t
ngx_apigw_siphash_word(const u_char *p)
{
    return (uint64_t) p[0]
           | (uint64_t) p[1] << 8
           | (uint64_t) p[2] << 16
           | (uint64_t) p[3] << 24
           | (uint64_t) p[4] << 32
           | (uint64_t) p[5] << 40
           | (uint64_t) p[6] << 48
           | (uint64_t) p[7] << 56;
}


static ngx_inline void
ngx_apigw_siphash_round(uint64_t *v)
{
    v[0] += v[1];
    v[1] = ngx_apigw_rotl(v[1], 13);
    v[1] ^= v[0];
    v[0] = ngx_apigw_rotl(v[0], 32);

    v[2] += v[3];
    v[3] = ngx_apigw_rotl(v[3], 16);
    v[3] ^= v[2];

    v[0] += v[3];
    v[3] = ngx_apigw_rotl(v[3], 21);
    v[3] ^= v[0];

    v[2] += v[1];
    v[1] = ngx_apigw_rotl(v[1], 17);
    v[1] ^= v[2];
    v[2] = ngx_apigw_rotl(v[2], 32);
}


static ngx_inline void
ngx_apigw_siphash_rounds(uint64_t *v, ngx_uint_t n)
{
    while (n--) {
        ngx_apigw_siphash_round(v);
    }
}


static ngx_inline void
ngx_apigw_siphash_init(uint64_t *v, const u_char *key)
{
    uint64_t  k0, k1;

    k0 = ngx_apigw_siphash_word(key);
    k1 = ngx_apigw_siphash_word(key + 8);

    /* "somepseudorandomlygeneratedbytes" */

    v[0] = k0 ^ 0x736f6d6570736575;
    v[1] = k1 ^ 0x646f72616e646f6d;
    v[2] = k0 ^ 0x6c7967656e657261;
    v[3] = k1 ^ 0x7465646279746573;
}


static ngx_inline void
ngx_apigw_siphash_absorb(uint64_t *v, const u_char *data, size_t len)
{
    size_t    i, n;
    uint64_t  w;

    for (n = len; n >= 8; n -= 8) {
        w = ngx_apigw_siphash_word(data);
        data += 8;

        v[3] ^= w;
        ngx_apigw_siphash_rounds(v, 2);
        v[0] ^= w;
    }

    w = (uint64_t) len << 56;

    for (i = 0; i < n; i++) {
        w |= (uint64_t) data[i] << (8 * i);
    }

    v[3] ^= w;
    ngx_apigw_siphash_rounds(v, 2);
    v[0] ^= w;
}


uint64_t
ngx_apigw_siphash(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len)
{
    uint64_t  v[4];

    ngx_apigw_siphash_init(v, key);
    ngx_apigw_siphash_absorb(v, data, len);

    v[2] ^= 0xff;
    ngx_apigw_siphash_rounds(v, 4);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}


void
ngx_apigw_siphash128(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len, uint64_t hash[2])
{
    uint64_t  v[4];

    ngx_apigw_siphash_init(v, key);
    v[1] ^= 0xee;

    ngx_apigw_siphash_absorb(v, data, len);

    v[2] ^= 0xee;
    ngx_apigw_siphash_rounds(v, 4);
    hash[0] = v[0] ^ v[1] ^ v[2] ^ v[3];

    v[1] ^= 0xdd;
    ngx_apigw_siphash_rounds(v, 4);
    hash[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
