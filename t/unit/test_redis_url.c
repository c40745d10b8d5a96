
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_url.h"
#include "tap.h"


/* "tls|host|address|db", or the reason */

static void
check_len(const char *text, size_t len, const char *want)
{
    char                    got[1024];
    ngx_int_t               rc;
    ngx_str_t               s;
    const char             *reason;
    ngx_apigw_redis_url_t   url;

    s.len = len;
    s.data = malloc(len ? len : 1);
    memcpy(s.data, text, len);

    reason = "no reason";

    rc = ngx_apigw_redis_url_parse(&url, &s, &reason);

    if (rc == NGX_OK) {
        sprintf(got, "%s|%.*s|%.*s|%d",
                url.tls ? "tls" : url.local ? "local" : "",
                (int) url.host.len, (char *) url.host.data,
                (int) url.address.len, (char *) url.address.data,
                (int) url.db);

    } else {
        strcpy(got, reason);
    }

    if (!ok(strcmp(got, want) == 0, "\"%.100s\"", text)) {
        comment("got  %s", got);
        comment("want %s", want);
    }

    free(s.data);
}


static void
check(const char *text, const char *want)
{
    check_len(text, strlen(text), want);
}


static void
test_good(void)
{
    check("redis://a", "|a|a|0");
    check("redis://a/", "|a|a|0");
    check("redis://redis.example:6380", "|redis.example|redis.example:6380|0");
    check("redis://redis_1-b.x:1/15", "|redis_1-b.x|redis_1-b.x:1|15");
    check("redis://127.0.0.1/65535", "|127.0.0.1|127.0.0.1|65535");
    check("redis://a:65535/007", "|a|a:65535|7");
    check("redis://[::1]", "|::1|[::1]|0");
    check("redis://[2001:DB8::1]:6379/2", "|2001:DB8::1|[2001:DB8::1]:6379|2");
    check("rediss://a", "tls|a|a|0");
    check("rediss://a:6380/1", "tls|a|a:6380|1");
    check("unix:/run/redis.sock", "local||unix:/run/redis.sock|0");
    check("unix:/run/redis.sock:3", "local||unix:/run/redis.sock|3");
    check("unix:/", "local||unix:/|0");
}


static void
test_bad(void)
{
    const char  *expected, *port, *db, *invalid, *secret, *printable;
    char         text[512];

    expected = "\"redis://host[:port][/db]\", \"rediss://host[:port][/db]\" "
               "or \"unix:/path[:db]\" is expected";
    port = "the port is not a number from 1 to 65535";
    db = "the database is not a number from 0 to 65535";
    invalid = "the host has an invalid character";
    secret = "credentials don't belong into the configuration, "
             "use \"user=\" and \"password_file=\"";
    printable = "a URL has printable ASCII characters only";

    check("", expected);
    check("a:6379", expected);
    check("http://a", expected);
    check("REDIS://a", expected);
    check("redis:a", expected);
    check("redis:/", expected);
    check("rediss:/a", expected);
    check("unix", expected);

    check("redis://", "there is no host");
    check("redis://:6379", "there is no host");
    check("redis:///0", "there is no host");
    check("redis://[]", "there is no host");
    check("redis://[::1", "the bracket is not closed");
    check("redis://[::1]6379", port);
    check("redis://a:", port);
    check("redis://a:0", port);
    check("redis://a:65536", port);
    check("redis://a:000001", port);
    check("redis://a:6379x", port);
    check("redis://a:-1", port);
    check("redis://a:b:6379", port);
    check("redis://a/x", db);
    check("redis://a/1/", db);
    check("redis://a/65536", db);
    check("redis://a/-1", db);
    check("redis://a/1?x=y", db);
    check("redis://a?x=y", invalid);
    check("redis://a*", invalid);
    check("redis://a,b", invalid);
    check("redis://$host", invalid);
    check("redis://[a.b]]", port);

    check("redis://u:p@a", secret);
    check("redis://:p@a:6379/0", secret);
    check("rediss://p@a", secret);

    check("unix:", "the path of a socket begins with \"/\"");
    check("unix:run/redis.sock", "the path of a socket begins with \"/\"");
    check("unix:/run/redis.sock:", db);
    check("unix:/run/redis.sock:x", db);
    check("unix:/run/redis.sock:1:2", db);

    check("redis://a b", printable);
    check("redis://\xc3\xa9", printable);
    check_len("redis://a\0b", 11, printable);

    strcpy(text, "redis://");
    memset(text + 8, 'a', 256);
    text[264] = '\0';
    check(text, "the host is too long");
}


static void
test_secret(void)
{
    ngx_str_t  s = ngx_string("redis://u:p@a");
    ngx_str_t  none = ngx_string("redis://a");

    is_int(ngx_apigw_redis_url_secret(&s), 1, "credentials");
    is_int(ngx_apigw_redis_url_secret(&none), 0, "no credentials");
    ngx_str_null(&none);
    is_int(ngx_apigw_redis_url_secret(&none), 0, "nothing");
}


int
main(void)
{
    test_good();
    test_bad();
    test_secret();

    return done();
}
