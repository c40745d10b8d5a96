
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_response.h"
#include "tap.h"


#define MAX_BODY  100

#define HEAD      "HTTP/1.1 200 OK\r\n"
#define CHUNKED   HEAD "Transfer-Encoding: chunked\r\n\r\n"


static char  got[65536];


/* "status|type|max_age|body", "more", or the reason; end: it is closed then */

static void
run(const char *text, size_t len, size_t piece, ngx_uint_t end)
{
    size_t                 n;
    u_char                *copy;
    ngx_int_t              rc;
    ngx_pool_t            *pool;
    const char            *reason;
    ngx_apigw_response_t   response;

    pool = ngx_create_pool(1024, NULL);
    reason = "no reason";       /* and it stays so */

    if (ngx_apigw_response_init(&response, MAX_BODY, pool) != NGX_OK) {
        abort();
    }

    rc = NGX_AGAIN;

    while (len && rc == NGX_AGAIN) {
        n = (len < piece) ? len : piece;

        /* that nothing is read behind it, or later */

        copy = malloc(n);
        memcpy(copy, text, n);
        rc = ngx_apigw_response_feed(&response, copy, n, &reason);
        free(copy);

        text += n;
        len -= n;
    }

    if (rc != NGX_DECLINED && strcmp(reason, "no reason") != 0) {
        rc = NGX_ERROR;
    }

    if (rc == NGX_AGAIN && end) {
        rc = ngx_apigw_response_end(&response, &reason);
    }

    if (rc == NGX_OK) {
        sprintf(got, "%d|%.*s|%d|%.*s", (int) response.status,
                (int) response.type.len,
                (char *) response.type.data,
                (int) response.max_age,
                (int) response.body.len, (char *) response.body.data);

    } else {
        strcpy(got, rc == NGX_AGAIN ? "more"
                                    : rc == NGX_DECLINED ? reason : "error");
    }

    ngx_destroy_pool(pool);
}


static void
check_len(const char *text, size_t len, ngx_uint_t end, const char *want)
{
    size_t                    i;
    static const size_t       pieces[] = { 65536, 1, 2, 3, 7, 64 };
    static const ngx_uint_t   n = sizeof(pieces) / sizeof(pieces[0]);

    for (i = 0; i < n; i++) {
        run(text, len, pieces[i], end);

        if (strcmp(got, want) != 0) {
            break;
        }
    }

    if (!ok(i == n, "\"%.200s\"", text)) {
        comment("got  %s", got);
        comment("want %s", want);
        comment("in pieces of %d", (int) pieces[i]);
    }
}


static void
check(const char *text, const char *want)
{
    check_len(text, strlen(text), 1, want);
}


/* complete without an end */

static void
whole(const char *text, const char *want)
{
    check_len(text, strlen(text), 0, want);
}


static void
test_framing(void)
{
    whole(HEAD "Content-Length: 3\r\n\r\nabc", "200||-1|abc");
    whole(HEAD "Content-Length: 3\r\n\r\nabcdef", "200||-1|abc");
    whole(HEAD "content-LENGTH:\t 3 \t\r\n\r\nabc", "200||-1|abc");
    whole(HEAD "Content-Length: 0\r\n\r\n", "200||-1|");
    whole(HEAD "Content-Length: 000000000000000000000003\r\n\r\nabc",
          "200||-1|abc");
    whole(HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
          "200||-1|abc");
    whole("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200||-1|a");
    whole("HTTP/1.1 404\r\nContent-Length: 1\r\n\r\na", "404||-1|a");
    whole("HTTP/1.1 503 \r\nContent-Length: 1\r\n\r\na", "503||-1|a");
    whole("HTTP/1.7 200 \xc3\xa4 b\r\nContent-Length: 1\r\n\r\na",
          "200||-1|a");
    whole("HTTP/1.1 204 No\r\n\r\n", "204||-1|");
    whole("HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", "204||-1|");
    whole("HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n", "304||-1|");

    whole(HEAD "\r\nabc", "more");
    check(HEAD "\r\nabc", "200||-1|abc");
    check(HEAD "\r\n", "200||-1|");
    check(HEAD "Connection: close\r\nX:\r\nY-1:  \r\n\r\na\r\n\r\nb",
          "200||-1|a\r\n\r\nb");
}


static void
test_chunked(void)
{
    whole(CHUNKED "3\r\nabc\r\n0\r\n\r\n", "200||-1|abc");
    whole(CHUNKED "1\r\na\r\n0002\r\nbc\r\n0\r\n\r\nmore", "200||-1|abc");
    whole(CHUNKED "0\r\n\r\n", "200||-1|");
    whole(CHUNKED "000\r\n\r\n", "200||-1|");
    whole(CHUNKED "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
          "200||-1|01234567890123456789");
    whole(CHUNKED "3;a=\"b;c\"\r\nabc\r\n0 ; x\r\nTrailer: 1\r\nB:\r\n\r\n",
          "200||-1|abc");
    whole(CHUNKED "3\r\n\r\n\n\r\n0\r\n\r\n", "200||-1|\r\n\n");
    whole(HEAD "TRANSFER-encoding: Chunked\r\n\r\n0\r\n\r\n", "200||-1|");

    check(CHUNKED "3\r\nabcd\r\n0\r\n\r\n", "a chunk is longer than its size");
    check(CHUNKED "3\r\nabc0\r\n\r\n", "a chunk is longer than its size");
    check(CHUNKED "g\r\n", "the size of a chunk is malformed");
    check(CHUNKED "\r\n", "the size of a chunk is malformed");
    check(CHUNKED " 3\r\n", "the size of a chunk is malformed");
    check(CHUNKED "-1\r\n", "the size of a chunk is malformed");
    check(CHUNKED "0x3\r\n", "the size of a chunk is malformed");
    check(CHUNKED "3 a\r\n", "the size of a chunk is malformed");
    check(CHUNKED ";a\r\n", "the size of a chunk is malformed");
    check(CHUNKED "0000000000000000\r\n", "the size of a chunk is malformed");
    check(CHUNKED "10000000000000003\r\nabc",
          "the size of a chunk is malformed");
    check(CHUNKED "fffffffffffffff\r\n", "the body is too large");
    check(CHUNKED "3\nabc", "a line feed stands alone");
    check(CHUNKED "3;a\rb\r\nabc", "a carriage return stands alone");
    check(CHUNKED "3\r\nabc\n0\r\n\r\n", "a line feed stands alone");
    check(CHUNKED "0\r\n folded: 1\r\n\r\n", "a header field is malformed");
    check(CHUNKED "0\r\nno field\r\n\r\n", "a header field is malformed");
    check(CHUNKED "3\r\nab", "the response is cut");
    check(CHUNKED "3\r\nabc\r\n", "the response is cut");
    check(CHUNKED "3\r\nabc\r\n0\r\n", "the response is cut");
    check(CHUNKED "3\r\nabc\r\n0\r\nX: y\r\n\r", "the response is cut");
}


static void
test_bad(void)
{
    const char  *status, *field, *length, *transfer;

    status = "the status line is malformed";
    field = "a header field is malformed";
    length = "the Content-Length is not a number";
    transfer = "the Transfer-Encoding is not \"chunked\" alone";

    check("", "the connection was closed without a response");
    check("H", "the response is cut");
    check("HTTP/1.1 200 OK\r\n", "the response is cut");
    check(HEAD "Content-Length: 3\r\n\r\nab", "the response is cut");
    check(HEAD "Content-Length: 3\r\n\r\n", "the response is cut");

    check("<html>", "it is not an HTTP/1 response");
    check("\r\n" HEAD, "it is not an HTTP/1 response");
    check("HTTP/2 200\r\n\r\n", "it is not an HTTP/1 response");
    check("HTTP/2.0 200 OK\r\n\r\n", "it is not an HTTP/1 response");
    check("http/1.1 200 OK\r\n\r\n", "it is not an HTTP/1 response");
    check("HTTP/1.x 200 OK\r\n\r\n", status);
    check("HTTP/1.11 200 OK\r\n\r\n", status);
    check("HTTP/1.1  200 OK\r\n\r\n", status);
    check("HTTP/1.1\t200 OK\r\n\r\n", status);
    check("HTTP/1.1 2000 OK\r\n\r\n", status);
    check("HTTP/1.1 20 OK\r\n\r\n", status);
    check("HTTP/1.1 20\r\n\r\n", status);
    check("HTTP/1.1 +20 OK\r\n\r\n", status);
    check("HTTP/1.1 099 OK\r\n\r\n", status);
    check("HTTP/1.1 600 OK\r\n\r\n", status);
    check("HTTP/1.1 \r\n\r\n", status);

    check(HEAD "no field\r\n\r\n", field);
    check(HEAD ": value\r\n\r\n", field);
    check(HEAD "Name : value\r\n\r\n", field);
    check(HEAD "Na me: value\r\n\r\n", field);
    check(HEAD "N\xc3\xa4me: value\r\n\r\n", field);
    check(HEAD "A: b\r\n folded\r\n\r\n", field);
    check(HEAD "A: b\r\n\tC: folded\r\n\r\n", field);
    check(HEAD " A: b\r\n\r\n", field);
    check(HEAD " \r\n\r\n", field);
    check(HEAD "A: b\n\r\n", "a line feed stands alone");
    check(HEAD "A: b\r\n\n", "a line feed stands alone");
    check(HEAD "A: b\rC: d\r\n\r\n", "a carriage return stands alone");
    check(HEAD "A: b\r\r\n\r\n", "a carriage return stands alone");
    check("HTTP/1.1 200 OK\n\n", "a line feed stands alone");
    check(HEAD "A: \x01\r\n\r\n", "the header has a control character");
    check(HEAD "A: \x7f\r\n\r\n", "the header has a control character");
    check_len(HEAD "A: \0\r\n\r\n", sizeof(HEAD "A: \0\r\n\r\n") - 1, 1,
              "the header has a control character");

    check(HEAD "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
          "there are two different Content-Lengths");
    check(HEAD "Content-Length: 0\r\nContent-Length: 3\r\n\r\nabc",
          "there are two different Content-Lengths");
    check(HEAD "Content-Length: 3, 3\r\n\r\nabc", length);
    check(HEAD "Content-Length: \r\n\r\nabc", length);
    check(HEAD "Content-Length: +3\r\n\r\nabc", length);
    check(HEAD "Content-Length: -3\r\n\r\nabc", length);
    check(HEAD "Content-Length: 0x3\r\n\r\nabc", length);
    check(HEAD "Content-Length: 3 3\r\n\r\nabc", length);
    check(HEAD "Content-Length: 3a\r\n\r\nabc", length);
    check(HEAD "Content-Length: 18446744073709551619\r\n\r\nabc", length);
    check(HEAD "Content-Length: 9223372036854775808\r\n\r\nabc", length);
    check(HEAD "Content-Length: 99999999999999999\r\n\r\nabc",
          "the body is too large");

    check(HEAD "Transfer-Encoding: gzip\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: identity\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: \r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: xchunked\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: chunked;a\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: chunked\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", transfer);
    check(HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
          "0\r\n\r\n", "it has both Content-Length and Transfer-Encoding");
    check(HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\r\n\r\n", "it has both Content-Length and Transfer-Encoding");
    check("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "it has a Transfer-Encoding, but is HTTP/1.0");

    check(HEAD "Content-Encoding: gzip\r\n\r\nabc",
          "it has a Content-Encoding that was not asked for");
    check(HEAD "Content-Encoding: identity\r\n\r\nabc", "200||-1|abc");
}


static void
test_interim(void)
{
#define CONTINUE  "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS     "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n"         \
                  "Transfer-Encoding: chunked\r\nCache-Control: no-store\r\n" \
                  "Content-Type: x\r\n\r\n"
#define ANSWER    HEAD "Content-Length: 1\r\n\r\na"

    whole(CONTINUE ANSWER, "200||-1|a");
    whole(HINTS HINTS CONTINUE HINTS ANSWER, "200||-1|a");
    check(CONTINUE, "the response is cut");
    check(CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE ANSWER,
          "there are too many interim responses");
    check("HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\nabc",
          "it switches to another protocol");
}


static void
test_limits(void)
{
    int      i;
    char    *p;
    size_t   size;
    char     body[MAX_BODY + 2], text[65536], want[65536];

    memset(body, 'b', sizeof(body));
    body[MAX_BODY + 1] = '\0';

    sprintf(text, HEAD "\r\n%.100s", body);
    sprintf(want, "200||-1|%.100s", body);
    check(text, want);

    sprintf(text, HEAD "Content-Length: 100\r\n\r\n%.100s", body);
    check(text, want);

    sprintf(text, CHUNKED "5\r\n%.5s\r\n5f\r\n%.95s\r\n0\r\n\r\n", body, body);
    check(text, want);

    sprintf(text, HEAD "\r\n%.101s", body);
    check(text, "the body is too large");

    check(HEAD "Content-Length: 101\r\n\r\n", "the body is too large");

    sprintf(text, CHUNKED "5\r\n%.5s\r\n60\r\n", body);
    check(text, "the body is too large");

    /* exactly 16384 bytes of head, and one more */

    for (i = 0; i < 2; i++) {
        size = sizeof(HEAD "A: \r\nContent-Length: 1\r\n\r\n") - 1;
        size = 16384 + i - size;

        p = text + sprintf(text, HEAD "A: ");
        memset(p, 'a', size);
        strcpy(p + size, "\r\nContent-Length: 1\r\n\r\na");

        check(text, i ? "the header is larger than 16384 bytes"
                      : "200||-1|a");
    }

    /* a chunk's extensions count, its size doesn't */

    p = text + sprintf(text, CHUNKED);

    for (i = 0; i < 90; i++) {
        p += sprintf(p, "000000000000001;%0200d\r\na\r\n", 0);
    }

    check(text, "the header is larger than 16384 bytes");

    p = text + sprintf(text, CHUNKED);

    for (i = 0; i < 100; i++) {
        p += sprintf(p, "000000000000001\r\nb\r\n");
    }

    strcpy(p, "0\r\n\r\n");
    check(text, want);

    /* trailers, too */

    p = text + sprintf(text, CHUNKED "0\r\n");

    for (i = 0; i < 2000; i++) {
        p += sprintf(p, "Trailer: a\r\n");
    }

    strcpy(p, "\r\n");
    check(text, "the header is larger than 16384 bytes");
}


static void
cache(const char *fields, int want)
{
    char  text[1024], expected[64];

    sprintf(text, HEAD "%sContent-Length: 0\r\n\r\n", fields);
    sprintf(expected, "200||%d|", want);

    check(text, expected);
}


static void
test_cache(void)
{
    cache("", -1);
    cache("Cache-Control: public\r\n", -1);
    cache("Cache-Control: max-age=60\r\n", 60);
    cache("cache-control: PUBLIC, Max-Age=60\r\n", 60);
    cache("Cache-Control: public,max-age=60,must-revalidate\r\n", 60);
    cache("Cache-Control: max-age=\"60\"\r\n", 60);
    cache("Cache-Control: max-age=60, max-age=30, max-age=90\r\n", 30);
    cache("Cache-Control: max-age=60\r\nCache-Control: max-age=30\r\n", 30);
    cache("Cache-Control: max-age=60\r\nCache-Control: no-store\r\n", 0);
    cache("Cache-Control: no-cache\r\n", 0);
    cache("Cache-Control: no-cache=\"a, b\", max-age=60\r\n", 0);
    cache("Cache-Control: x=\"no-store, max-age=1\", max-age=60\r\n", 60);
    cache("Cache-Control: x=\"\\\", no-store, \", max-age=60\r\n", 60);
    cache("Cache-Control: x=\"no-store, max-age=60\r\n", -1);
    cache("Cache-Control: x=\"a\\\r\n", -1);
    cache("Cache-Control: ,,; max-age=60 ,\r\n", 60);
    cache("Cache-Control: s-maxage=10, max-age=60\r\n", 60);
    cache("Cache-Control: s-maxage=10\r\n", -1);
    cache("Cache-Control: xmax-age=10, max-agex=20\r\n", -1);
    cache("Cache-Control: no-storex\r\n", -1);

    cache("Cache-Control: max-age\r\n", 0);
    cache("Cache-Control: max-age=\r\n", 0);
    cache("Cache-Control: max-age=-1\r\n", 0);
    cache("Cache-Control: max-age=1.5\r\n", 0);
    cache("Cache-Control: max-age=6a\r\n", 0);
    cache("Cache-Control: max-age=0\r\n", 0);
    cache("Cache-Control: max-age=2147483647\r\n", 2147483647);
    cache("Cache-Control: max-age=2147483648\r\n", 2147483647);
    cache("Cache-Control: max-age=99999999999999999999999\r\n", 2147483647);
    cache("Cache-Control: max-age=18446744073709551617\r\n", 2147483647);

    cache("Age: 10\r\n", -1);
    cache("Age: 10\r\nCache-Control: max-age=60\r\n", 50);
    cache("Cache-Control: max-age=60\r\nAge: 60\r\n", 0);
    cache("Cache-Control: max-age=60\r\nAge: 61\r\n", 0);
    cache("Cache-Control: max-age=60\r\nAge: 5\r\nAge: 20\r\n", 55);
    cache("Cache-Control: max-age=60\r\nAge: -5\r\n", 60);
    cache("Cache-Control: max-age=60\r\nAge: x\r\nAge: 20\r\n", 40);
    cache("Cache-Control: max-age=60\r\nAge: 99999999999999999999\r\n", 0);
}


static void
test_type(void)
{
#define TYPE(value)                                                          \
    HEAD "Content-Type:" value "\r\nContent-Length: 0\r\n\r\n"

    check(TYPE(" application/json"), "200|application/json|-1|");
    check(TYPE("Application/JSON; charset=UTF-8"),
          "200|application/json|-1|");
    check(TYPE(" application/jwk-set+json ;a"),
          "200|application/jwk-set+json|-1|");
    check(TYPE(""), "200||-1|");
    check(TYPE(" ;a"), "200||-1|");
    check(HEAD "Content-Type: a\r\nContent-Type: a\r\n\r\n",
          "there are two Content-Types");
}


/* "value|flags|rest" after it is fed in two pieces; flags: h, s, k */

static void
about(const char *text, const char *want)
{
    char                   flags[4];
    size_t                 i, len;
    ngx_int_t              rc;
    ngx_pool_t            *pool;
    const char            *reason;
    ngx_apigw_response_t   response;

    len = strlen(text);

    for (i = 0; i <= len; i++) {
        pool = ngx_create_pool(1024, NULL);

        if (ngx_apigw_response_init(&response, MAX_BODY, pool) != NGX_OK) {
            abort();
        }

        ngx_str_set(&response.field, "x-error");

        rc = ngx_apigw_response_feed(&response, (u_char *) text, i, &reason);

        if (rc == NGX_AGAIN) {
            rc = ngx_apigw_response_feed(&response, (u_char *) text + i,
                                         len - i, &reason);
            response.rest += (rc == NGX_OK) ? 0 : 1000;

        } else {
            response.rest += len - i;
        }

        strcpy(flags, response.head ? "h" : "");
        strcat(flags, response.sized ? "s" : "");
        strcat(flags, response.keep ? "k" : "");

        if (rc == NGX_DECLINED) {
            strcpy(got, reason);

        } else {
            sprintf(got, "%.*s|%s|%d", (int) response.value.len,
                    (char *) response.value.data, flags, (int) response.rest);
        }

        ngx_destroy_pool(pool);

        if (strcmp(got, want) != 0) {
            break;
        }
    }

    if (!ok(i > len, "\"%.200s\"", text)) {
        comment("got  %s", got);
        comment("want %s", want);
        comment("after %d", (int) i);
    }
}


#define LENGTH  "Content-Length: 1\r\n"
#define END     LENGTH "\r\na"


static void
test_wanted(void)
{
    const char  *twice, *empty;

    twice = "the field that is looked for is there twice";
    empty = "the field that is looked for is empty";

    about(HEAD END, "|hsk|0");
    about(HEAD "X-Error: Unhandled\r\n" END, "Unhandled|hsk|0");
    about(HEAD "x-ERROR:\tA b, c \r\n" END, "A b, c|hsk|0");
    about(HEAD "X-Error-2: a\r\nX-Erro: b\r\nXX-Error: c\r\n" END,
          "|hsk|0");
    about(HEAD "X_Error: a\r\n" END, "|hsk|0");

    about(HEAD "X-Error: a\r\nX-Error: a\r\n" END, twice);
    about(HEAD "X-Error: a\r\nX-Error:\r\n" END, twice);
    about(HEAD "X-Error:\r\nx-error: a\r\n" END, empty);
    about(HEAD "X-Error: \t \r\n" END, empty);

    /* of interim responses and trailers it is not */

    about("HTTP/1.1 103 Early\r\nX-Error: a\r\n\r\n" HEAD END, "|hsk|0");
    about("HTTP/1.1 103 Early\r\nX-Error: a\r\n\r\n"
          HEAD "X-Error: b\r\n" END, "b|hsk|0");
    about(CHUNKED "0\r\nX-Error: a\r\n\r\n", "|hsk|0");
}


static void
test_keep(void)
{
    about(HEAD, "||1000");
    about(HEAD LENGTH, "||1000");
    about(HEAD LENGTH "\r\n", "|hsk|1000");
    about(HEAD "\r\n", "|h|1000");
    about(HEAD "\r\nabc", "|h|1000");
    about(CHUNKED, "|hsk|1000");
    about(CHUNKED "0\r\n\r\n", "|hsk|0");
    about(HEAD "Content-Length: 0\r\n\r\n", "|hsk|0");

    about(HEAD "Connection: keep-alive\r\n" END, "|hsk|0");
    about(HEAD "Connection: Keep-Alive, closed, xclose\r\n" END, "|hsk|0");
    about(HEAD "Connection:\r\n" END, "|hsk|0");
    about(HEAD "Connection: close\r\n" END, "|hs|0");
    about(HEAD "CONNECTION:CLOSE\r\n" END, "|hs|0");
    about(HEAD "Connection: keep-alive , ,\tClose,a\r\n" END, "|hs|0");
    about(HEAD "Connection: close\r\nConnection: keep-alive\r\n" END,
          "|hs|0");
    about("HTTP/1.0 200 OK\r\n" END, "|hs|0");
    about("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" END, "|hs|0");
    about("HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" HEAD END,
          "|hsk|0");

    about("HTTP/1.1 204 No\r\n\r\n", "|hsk|0");
    about("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "|hsk|0");
    about("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", "|hs|3");
    about("HTTP/1.1 304 Not\r\nContent-Length: 3\r\n\r\n", "|hs|0");
    about("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
          "|hs|0");

    about(HEAD END "b", "|hsk|1");
    about(HEAD END HEAD, "|hsk|17");
    about(CHUNKED "1\r\na\r\n0\r\n\r\n\r\n", "|hsk|2");
}


/* each allocation fails in turn */

static void
test_memory(void)
{
    int                    i;
    ngx_int_t              rc;
    ngx_pool_t            *pool;
    const char            *reason;
    static u_char          text[] =
        HEAD "Content-Type: a\r\nETag: b\r\n\r\nabc";
    ngx_apigw_response_t   response;

    for (i = 0; i < 10; i++) {
        pool = ngx_create_pool(1024, NULL);

        ngx_stub_fail(i);

        rc = ngx_apigw_response_init(&response, MAX_BODY, pool);

        if (rc == NGX_OK) {
            ngx_str_set(&response.field, "etag");

            /* a line in two pieces is collected */

            rc = ngx_apigw_response_feed(&response, text, 3, &reason);
        }

        if (rc == NGX_AGAIN) {
            rc = ngx_apigw_response_feed(&response, text + 3,
                                         sizeof(text) - 4, &reason);
        }

        ngx_stub_fail(-1);
        ngx_destroy_pool(pool);

        if (rc != NGX_ERROR) {
            break;
        }
    }

    is_int(rc, NGX_AGAIN, "it works when there is memory");
    is_int(i, 5, "and fails without");
}


int
main(void)
{
    test_framing();
    test_chunked();
    test_bad();
    test_interim();
    test_limits();
    test_cache();
    test_type();
    test_wanted();
    test_keep();
    test_memory();

    return done();
}
