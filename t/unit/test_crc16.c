
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_crc16.h"
#include "tap.h"


/* slots as "CLUSTER KEYSLOT" gives them */

static void
slot(const char *key, size_t len, ngx_uint_t want)
{
    ngx_str_t  s;

    /* an allocation of its own, so that reading past it is seen */

    s.len = len;
    s.data = malloc(len ? len : 1);
    memcpy(s.data, key, len);

    is_int(ngx_apigw_slot(&s), want, "slot of \"%s\"", key);

    free(s.data);
}


int
main(void)
{
    is_int(ngx_apigw_crc16((u_char *) "", 0), 0, "nothing");
    is_int(ngx_apigw_crc16((u_char *) "123456789", 9), 0x31c3, "check value");
    is_int(ngx_apigw_crc16((u_char *) "\0", 1), 0, "a zero byte");
    is_int(ngx_apigw_crc16((u_char *) "\xff", 1), 0x1ef0, "0xff");
    is_int(ngx_apigw_crc16((u_char *) "A", 1), 0x58e5, "A");

    slot("", 0, 0);
    slot("foo", 3, 12182);
    slot("bar", 3, 5061);
    slot("hello", 5, 866);
    slot("{foo}", 5, 12182);
    slot("{foo}bar", 8, 12182);
    slot("bar{foo}", 8, 12182);
    slot("bar{foo}{hello}", 15, 12182);
    slot("x{foo}}", 7, 12182);

    /* no tag, or an empty one: the whole key */

    slot("{}foo", 5, 9500);
    slot("foo{}{bar}", 10, 8363);
    slot("{foo", 4, 13308);
    slot("foo}", 4, 15679);
    slot("foo{", 4, 7673);
    slot("foo{{bar}}zap", 13, 4015);

    return done();
}
