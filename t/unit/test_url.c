
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_url.h"
#include "tap.h"


/* "tls|host|authority|path|port|address|local", or the reason */

static void
check_len(const char *text, size_t len, const char *want)
{
    char              got[8192];
    u_char           *copy;
    ngx_int_t         rc;
    ngx_str_t         s;
    ngx_pool_t       *pool;
    const char       *reason;
    ngx_apigw_url_t   url;

    pool = ngx_create_pool(1024, NULL);

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    reason = "no reason";

    rc = ngx_apigw_url_parse(&url, &s, pool, &reason);

    free(copy);

    if (rc == NGX_OK) {
        sprintf(got, "%s|%.*s|%.*s|%.*s|%d|%s|%s",
                url.tls ? "tls" : "",
                (int) url.host.len, (char *) url.host.data,
                (int) url.authority.len, (char *) url.authority.data,
                (int) url.path.len, (char *) url.path.data,
                (int) url.port,
                url.address ? "address" : "name",
                ngx_apigw_url_is_local(&url) ? "local" : "");

        if (url.host.data[url.host.len] != '\0'
            || url.text.len != len
            || memcmp(url.text.data, text, len) != 0)
        {
            strcpy(got, "the text, or no zero byte");
        }

    } else {
        strcpy(got, reason);
    }

    if (!ok(strcmp(got, want) == 0, "\"%.100s\"", text)) {
        comment("got  %s", got);
        comment("want %s", want);
    }

    ngx_destroy_pool(pool);
}


static void
check(const char *text, const char *want)
{
    check_len(text, strlen(text), want);
}


static void
test_good(void)
{
    check("https://a", "tls|a|a|/|443|name|");
    check("https://a/", "tls|a|a|/|443|name|");
    check("http://a", "|a|a|/|80|name|");
    check("https://id.example.com/a/b?c=d/e?f:g@h",
          "tls|id.example.com|id.example.com|/a/b?c=d/e?f:g@h|443|name|");
    check("https://id.example.com:8443/a",
          "tls|id.example.com|id.example.com:8443|/a|8443|name|");
    check("https://a:443", "tls|a|a:443|/|443|name|");
    check("https://a:00443/", "tls|a|a:00443|/|443|name|");
    check("https://a?b", "tls|a|a|/?b|443|name|");
    check("https://a:1?b", "tls|a|a:1|/?b|1|name|");
    check("HTTPS://ID.Example.COM:1/A", "tls|id.example.com|id.example.com:1|"
          "/A|1|name|");
    check("https://a-b_c.d", "tls|a-b_c.d|a-b_c.d|/|443|name|");
    check("https://1.2.3.4a", "tls|1.2.3.4a|1.2.3.4a|/|443|name|");
    check("https://0xg", "tls|0xg|0xg|/|443|name|");
    check("https://xn--bcher-kva.example",
          "tls|xn--bcher-kva.example|xn--bcher-kva.example|/|443|name|");

    check("https://192.0.2.1:1/",
          "tls|192.0.2.1|192.0.2.1:1|/|1|address|");
    check("https://[2001:DB8::1]",
          "tls|2001:db8::1|[2001:db8::1]|/|443|address|");
    check("https://[2001:db8::1]:8443/a",
          "tls|2001:db8::1|[2001:db8::1]:8443|/a|8443|address|");

    check("http://127.0.0.1:80/",
          "|127.0.0.1|127.0.0.1:80|/|80|address|local");
    check("http://127.255.0.9", "|127.255.0.9|127.255.0.9|/|80|address|local");
    check("http://[::1]:8080/", "|::1|[::1]:8080|/|8080|address|local");
    check("http://LOCALHOST/", "|localhost|localhost|/|80|name|local");
    check("http://localhost.x/", "|localhost.x|localhost.x|/|80|name|");
    check("http://xlocalhost/", "|xlocalhost|xlocalhost|/|80|name|");
    check("http://128.0.0.1/", "|128.0.0.1|128.0.0.1|/|80|address|");
    check("http://[::ffff:127.0.0.1]/",
          "|::ffff:127.0.0.1|[::ffff:127.0.0.1]|/|80|address|");
}


static void
test_bad(void)
{
    char         text[4096];
    const char  *scheme, *host, *port, *ascii;

    scheme = "it doesn't begin with \"https://\"";
    host = "its host is neither a name nor an address";
    port = "its port is not a number from 1 to 65535";
    ascii = "it has other than printable ASCII characters";

    check("", scheme);
    check("https", scheme);
    check("https:/a", scheme);
    check("ftp://a", scheme);
    check("//a", scheme);
    check("file:///etc/passwd", scheme);
    check("httpsx://a", scheme);

    check("https://", "it has no host");
    check("https:///a", "it has no host");
    check("https://?a", "it has no host");
    check("https://:443", "it has no host");
    check("https://[]", "it has no host");
    check("https://user@a", "it has user information");
    check("https://user:word@a/", "it has user information");
    check("https://@a", "it has user information");
    check("https://a/#b", "it has a fragment");
    check("https://a#@b", "it has a fragment");
    check("https://a\\@b", "it has a backslash");
    check("https://a/\\", "it has a backslash");
    check("https://a/ b", ascii);
    check("https://a/\t", ascii);
    check("https://a/\r\nX: y", ascii);
    check("https://a/\x7f", ascii);
    check("https://\xc3\xa4/", ascii);
    check_len("https://a/\0b", 12, ascii);

    check("https://[::1", "the bracket is not closed");
    check("https://[::1/]", "the bracket is not closed");
    check("https://[a]", host);
    check("https://[127.0.0.1]", host);
    check("https://[::1%25eth0]", host);
    check("https://::1", "it has no host");
    check("https://2001:db8::1", host);
    check("https://a..b", host);
    check("https://.a", host);
    check("https://a.", host);
    check("https://.", host);
    check("https://a%2eb", host);
    check("https://a,b", host);
    check("https://[::1]a", port);
    check("https://[::1]:", port);

    /* what inet_aton() would take for 127.0.0.1 */

    check("https://127.1", host);
    check("https://2130706433", host);
    check("https://0x7f000001", host);
    check("https://0x7f.1", host);
    check("https://127.0.0.0X1", host);
    check("https://a.0x", host);
    check("https://0177.0.0.1", host);
    check("https://127.0.0.01", host);
    check("https://127.0.0.256", host);
    check("https://1.2.3.4.5", host);
    check("https://a.1", host);

    check("https://a:", port);
    check("https://a:/", port);
    check("https://a:0", port);
    check("https://a:65536", port);
    check("https://a:000443", port);
    check("https://a:-1", port);
    check("https://a:1a", port);
    check("https://a:1:2", port);

    memset(text, 'a', sizeof(text));
    memcpy(text, "https://a/", 10);
    check_len(text, 2049, "it is longer than 2048 bytes");

    memset(text, 'a', sizeof(text));
    memcpy(text, "https://", 8);
    check_len(text, 8 + 64, host);

    text[8 + 63] = '.';
    text[8 + 127] = '.';
    text[8 + 191] = '.';
    check_len(text, 8 + 254, host);
}


static void
test_long(void)
{
    char  text[2049], want[8192];

    memset(text, 'a', sizeof(text));
    memcpy(text, "https://a/", 10);
    text[2048] = '\0';
    sprintf(want, "tls|a|a|%s|443|name|", text + 9);
    check(text, want);

    memset(text, 'a', sizeof(text));
    memcpy(text, "https://", 8);
    text[8 + 63] = '.';
    text[8 + 127] = '.';
    text[8 + 191] = '.';
    text[8 + 253] = '\0';
    sprintf(want, "tls|%s|%s|/|443|name|", text + 8, text + 8);
    check(text, want);
}


static void
test_memory(void)
{
    ngx_str_t         s;
    ngx_pool_t       *pool;
    const char       *reason;
    ngx_apigw_url_t   url;

    ngx_str_set(&s, "https://a");

    pool = ngx_create_pool(1024, NULL);

    ngx_stub_fail(0);
    is_int(ngx_apigw_url_parse(&url, &s, pool, &reason), NGX_ERROR,
           "no memory");
    ngx_stub_fail(-1);

    ngx_destroy_pool(pool);
}


int
main(void)
{
    test_good();
    test_bad();
    test_long();
    test_memory();

    return done();
}
