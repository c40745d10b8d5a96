
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <arpa/inet.h>

#include "ngx_apigw_addr.h"
#include "tap.h"


static ngx_int_t
parse(ngx_apigw_addr_t *addr, const char *text)
{
    size_t      len;
    u_char     *copy;
    ngx_int_t   rc;

    len = strlen(text);
    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    rc = ngx_apigw_addr_parse(addr, copy, copy + len);

    free(copy);

    return rc;
}


/* as libc reads it */

static void
check(const char *text)
{
    u_char            want[16];
    ngx_int_t         rc;
    ngx_uint_t        len;
    ngx_apigw_addr_t  addr;

    len = 0;

    if (inet_pton(AF_INET, text, want) == 1) {
        len = 4;

    } else if (inet_pton(AF_INET6, text, want) == 1) {
        len = 16;
    }

    rc = parse(&addr, text);

    is_int(rc, len ? NGX_OK : NGX_DECLINED, "\"%s\"", text);
    is_int(addr.len, len, "\"%s\": its length", text);
    is_mem(addr.octets, want, len, "\"%s\": its octets", text);
}


static void
test_parse(void)
{
    ngx_uint_t          i;
    static const char  *texts[] = {
        "0.0.0.0", "255.255.255.255", "192.0.2.1", "1.2.3.4", "256.0.0.1",
        "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..2.3",
        "01.2.3.4", "1.2.3.00", "1.2.3.0001", "1.2.3.-4", "1.2.3.4 ", "1",
        "", ":", "::", ":::", "::1", "1::", "1::2", "::1::", "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8", "1:2:3::4:5:6:7:8", "1:2:3:4::5:6:7:8:9", "1:",
        ":1", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "12345::", "::12345",
        "::00001", "::ffff", "::FFFF", "::g", "fe80::1", "fe80::1%eth0",
        "::1.2.3.4", "::ffff:1.2.3.4", "64:ff9b::192.0.2.1",
        "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.256",
        "::1.2.3.4:5", "1::1.2.3.4", "[::1]", "0x7f.0.0.1",
        "2001:db8:0:0:1:0:0:1", "::1:2:3:4:5:6:7", "::1:2:3:4:5:6:7:8"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check(texts[i]);
    }
}


static void
test_special(void)
{
    ngx_uint_t         i;
    ngx_apigw_addr_t   addr;
    static const char *special[] = {
        "127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3", "169.254.0.1",
        "169.254.169.254", "224.0.0.1", "239.255.255.255", "255.255.255.255",
        "::", "::1", "::2", "fe80::1", "febf::", "ff00::", "ff02::1",
        "ffff::", "::ffff:127.0.0.1", "::ffff:0.0.0.0",
        "::ffff:169.254.169.254", "::ffff:224.0.0.1",
        "::ffff:255.255.255.255", "::127.0.0.1", "::169.254.1.1",
        "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
        "64:ff9b::", "64:ff9b::7f00:1"
    };
    static const char *common[] = {
        "126.255.255.255", "128.0.0.0", "1.0.0.0", "10.0.0.1", "172.16.0.1",
        "192.168.0.1", "169.253.0.1", "169.255.0.1", "223.255.255.255",
        "240.0.0.1", "255.255.255.254", "2001:db8::1", "fc00::1", "fd00::1",
        "fec0::1", "fe7f::1", "feff::1", "::ffff:10.0.0.1", "::10.0.0.1",
        "64:ff9b::10.0.0.1", "64:ff9b:1::127.0.0.1", "1::127.0.0.1",
        "::1:0:127.0.0.1"
    };

    for (i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        ok(parse(&addr, special[i]) == NGX_OK
           && ngx_apigw_addr_is_special(&addr), "%s is special", special[i]);
    }

    for (i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        ok(parse(&addr, common[i]) == NGX_OK
           && !ngx_apigw_addr_is_special(&addr), "%s is not", common[i]);
    }
}


static void
test_loopback(void)
{
    ngx_uint_t         i;
    ngx_apigw_addr_t   addr;
    static const char *loopback[] = { "127.0.0.1", "127.9.9.9", "::1" };
    static const char *others[] = {
        "126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1",
        "1::1"
    };

    for (i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
        ok(parse(&addr, loopback[i]) == NGX_OK
           && ngx_apigw_addr_is_loopback(&addr), "%s is one", loopback[i]);
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ok(parse(&addr, others[i]) == NGX_OK
           && !ngx_apigw_addr_is_loopback(&addr), "%s is none", others[i]);
    }

    memset(&addr, 0, sizeof(ngx_apigw_addr_t));
    ok(!ngx_apigw_addr_is_loopback(&addr), "no address is none");
}


int
main(void)
{
    test_parse();
    test_special();
    test_loopback();

    return done();
}
