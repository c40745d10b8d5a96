
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * An URL that is accepted has parts that are safe in a request and reads the
 * same when it is put together again; addresses are those that libc reads.
 */

#include <arpa/inet.h>

#include "ngx_apigw_url.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void parts(ngx_apigw_url_t *url);
static void again(ngx_apigw_url_t *url, ngx_pool_t *pool);
static void address(u_char *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t         rc;
    ngx_str_t         text;
    ngx_pool_t       *pool;
    const char       *reason;
    ngx_apigw_url_t   url;

    text.len = size;
    text.data = malloc(size + 1);
    check(text.data);
    memcpy(text.data, data, size);
    text.data[size] = '\0';

    address(text.data, size);

    pool = ngx_create_pool(1024, NULL);
    reason = NULL;

    rc = ngx_apigw_url_parse(&url, &text, pool, &reason);

    free(text.data);

    check(rc == NGX_OK || (rc == NGX_DECLINED && reason));

    if (rc == NGX_OK) {
        check(url.text.len == size);
        check(memcmp(url.text.data, data, size) == 0);

        parts(&url);
        again(&url, pool);
    }

    ngx_destroy_pool(pool);

    return 0;
}


static void
parts(ngx_apigw_url_t *url)
{
    u_char          binary[16];
    size_t          i;
    struct in_addr  in;

    check(url->port >= 1 && url->port <= 65535);
    check(url->host.len && strlen((char *) url->host.data) == url->host.len);
    check(url->authority.len >= url->host.len);
    check(url->path.len && url->path.data[0] == '/');

    for (i = 0; i < url->authority.len; i++) {
        check(strchr("abcdefghijklmnopqrstuvwxyz0123456789-._:[]",
                     url->authority.data[i]));
    }

    for (i = 0; i < url->path.len; i++) {
        check(url->path.data[i] > 0x20 && url->path.data[i] < 0x7f);
        check(url->path.data[i] != '#');
    }

    if (url->address) {
        check(inet_pton(url->addr.len == 4 ? AF_INET : AF_INET6,
                        (char *) url->host.data, binary) == 1);
        check(memcmp(binary, url->addr.octets, url->addr.len) == 0);

    } else {
        check(url->addr.len == 0);
        check(url->host.len <= 253);
        check(inet_aton((char *) url->host.data, &in) == 0);
        check(strchr((char *) url->host.data, ':') == NULL);
    }

    (void) ngx_apigw_addr_is_special(&url->addr);
    (void) ngx_apigw_url_is_local(url);
}


static void
again(ngx_apigw_url_t *url, ngx_pool_t *pool)
{
    u_char           *p;
    ngx_str_t         text;
    const char       *reason;
    ngx_apigw_url_t   copy;

    text.data = malloc(8 + url->authority.len + url->path.len);
    check(text.data);

    p = ngx_cpymem(text.data, url->tls ? "https://" : "http://",
                   url->tls ? 8 : 7);
    p = ngx_cpymem(p, url->authority.data, url->authority.len);
    p = ngx_cpymem(p, url->path.data, url->path.len);

    text.len = p - text.data;

    if (text.len > NGX_APIGW_URL_MAX) {
        free(text.data);
        return;
    }

    check(ngx_apigw_url_parse(&copy, &text, pool, &reason) == NGX_OK);

    free(text.data);

    check(copy.tls == url->tls && copy.port == url->port);
    check(copy.address == url->address);
    check(copy.host.len == url->host.len);
    check(memcmp(copy.host.data, url->host.data, url->host.len) == 0);
    check(copy.path.len == url->path.len);
    check(memcmp(copy.path.data, url->path.data, url->path.len) == 0);
    check(memcmp(&copy.addr, &url->addr, sizeof(ngx_apigw_addr_t)) == 0);
}


/* the input as an address: by libc, and by us */

static void
address(u_char *data, size_t size)
{
    u_char            binary[16];
    ngx_int_t         rc;
    ngx_uint_t        len;
    ngx_apigw_addr_t  addr;

    len = 0;

    if (strlen((char *) data) == size) {

        if (inet_pton(AF_INET, (char *) data, binary) == 1) {
            len = 4;

        } else if (inet_pton(AF_INET6, (char *) data, binary) == 1) {
            len = 16;
        }
    }

    rc = ngx_apigw_addr_parse(&addr, data, data + size);

    check(rc == (len ? NGX_OK : NGX_DECLINED));
    check(addr.len == len);
    check(len == 0 || memcmp(addr.octets, binary, len) == 0);
}
