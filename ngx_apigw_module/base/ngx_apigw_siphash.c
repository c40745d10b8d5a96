
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


/* the state when all is read; a copy that only locals see is in registers */

static void
ngx_apigw_siphash_read(uint64_t state[4], const u_char *key, uint64_t kind,
    const u_char *data, size_t len)
{
    size_t    i, n;
    uint64_t  k0, k1, w, v[4];

    k0 = ngx_apigw_siphash_word(key);
    k1 = ngx_apigw_siphash_word(key + 8);

    /* "somepseudorandomlygeneratedbytes" */

    v[0] = k0 ^ 0x736f6d6570736575;
    v[1] = k1 ^ 0x646f72616e646f6d ^ kind;
    v[2] = k0 ^ 0x6c7967656e657261;
    v[3] = k1 ^ 0x7465646279746573;

    for (n = len; n >= 8; n -= 8) {
        w = ngx_apigw_siphash_word(data);
        data += 8;

        v[3] ^= w;
        ngx_apigw_siphash_round(v);
        ngx_apigw_siphash_round(v);
        v[0] ^= w;
    }

    w = (uint64_t) len << 56;

    for (i = 0; i < n; i++) {
        w |= (uint64_t) data[i] << (8 * i);
    }

    v[3] ^= w;
    ngx_apigw_siphash_round(v);
    ngx_apigw_siphash_round(v);
    v[0] ^= w;

    for (i = 0; i < 4; i++) {
        state[i] = v[i];
    }
}


static ngx_inline uint64_t
ngx_apigw_siphash_finish(uint64_t *v)
{
    ngx_apigw_siphash_round(v);
    ngx_apigw_siphash_round(v);
    ngx_apigw_siphash_round(v);
    ngx_apigw_siphash_round(v);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}


uint64_t
ngx_apigw_siphash(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len)
{
    uint64_t  v[4];

    ngx_apigw_siphash_read(v, key, 0, data, len);

    v[2] ^= 0xff;

    return ngx_apigw_siphash_finish(v);
}


void
ngx_apigw_siphash128(const u_char key[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char *data, size_t len, uint64_t hash[2])
{
    uint64_t  v[4];

    ngx_apigw_siphash_read(v, key, 0xee, data, len);

    v[2] ^= 0xee;
    hash[0] = ngx_apigw_siphash_finish(v);

    v[1] ^= 0xdd;
    hash[1] = ngx_apigw_siphash_finish(v);
}
