
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_crc16.h"


/* polynomial 0x1021, begins with 0, not reflected; four bits at a time */

static uint16_t  ngx_apigw_crc16_table[] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef
};


uint16_t
ngx_apigw_crc16(const u_char *data, size_t len)
{
    uint16_t  crc;

    crc = 0;

    while (len--) {
        crc = (uint16_t) (crc << 4)
              ^ ngx_apigw_crc16_table[(crc >> 12) ^ (*data >> 4)];
        crc = (uint16_t) (crc << 4)
              ^ ngx_apigw_crc16_table[(crc >> 12) ^ (*data & 0x0f)];
        data++;
    }

    return crc;
}


ngx_uint_t
ngx_apigw_slot(const ngx_str_t *key)
{
    u_char  *p, *end, *last;

    last = key->data + key->len;
    p = ngx_strlchr(key->data, last, '{');

    if (p) {
        p++;
        end = ngx_strlchr(p, last, '}');

        if (end && end > p) {
            return ngx_apigw_crc16(p, end - p) % NGX_APIGW_SLOTS;
        }
    }

    return ngx_apigw_crc16(key->data, key->len) % NGX_APIGW_SLOTS;
}
