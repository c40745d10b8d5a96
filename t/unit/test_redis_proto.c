
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_proto.h"
#include "tap.h"


static char  text[1024 * 1024];


/* "nil", "i:1", "s:abc", "+OK", "-ERR", "[...]" */

static char *
print(char *p, ngx_apigw_redis_reply_t *reply)
{
    ngx_uint_t  i;

    switch (reply->type) {

    case NGX_APIGW_REDIS_NIL:
        return p + sprintf(p, "nil");

    case NGX_APIGW_REDIS_INTEGER:
        return p + sprintf(p, "i:%lld", (long long) reply->integer);

    case NGX_APIGW_REDIS_ARRAY:
        break;

    default:
        if (reply->str.data[reply->str.len] != '\0') {
            return p + sprintf(p, "no zero byte");
        }

        return p + sprintf(p, "%s%.*s",
                           reply->type == NGX_APIGW_REDIS_STRING ? "s:"
                           : reply->type == NGX_APIGW_REDIS_STATUS ? "+" : "-",
                           (int) reply->str.len, (char *) reply->str.data);
    }

    *p++ = '[';

    for (i = 0; i < reply->nelts; i++) {
        p = print(p, &reply->elts[i]);

        if (i + 1 < reply->nelts) {
            *p++ = ' ';
        }
    }

    *p++ = ']';
    *p = '\0';

    return p;
}


/* all replies, each in a line's place, and an error with its reason */

static void
parse(const char *in, size_t len, size_t chunk, ngx_uint_t large, char *got)
{
    size_t                     n;
    ngx_int_t                  rc;
    ngx_pool_t                *pool, *replies;
    const char                *reason;
    ngx_apigw_redis_reply_t   *reply;
    ngx_apigw_redis_reader_t  *reader;

    pool = ngx_create_pool(1024, NULL);
    replies = ngx_create_pool(1024, NULL);
    reader = ngx_apigw_redis_reader_create(pool, replies);

    *got = '\0';
    rc = NGX_AGAIN;

    while (len && rc == NGX_AGAIN) {
        n = (len < chunk) ? len : chunk;

        if (ngx_apigw_redis_reader_feed(reader, (u_char *) in, n) != NGX_OK) {
            strcpy(got, "feed");
            break;
        }

        in += n;
        len -= n;

        for ( ;; ) {
            rc = ngx_apigw_redis_reader_next(reader, large, &reply, &reason);

            if (rc != NGX_OK) {
                break;
            }

            got = print(got, reply);
            *got++ = ';';
            *got = '\0';
        }
    }

    if (rc == NGX_ERROR) {
        sprintf(got, "!%s", reason);
    }

    ngx_apigw_redis_reader_free(reader);
    ngx_destroy_pool(pool);
    ngx_destroy_pool(replies);
}


static void
check_len(const char *in, size_t len, ngx_uint_t large, const char *want,
    const char *title)
{
    size_t  i;

    static char          got[1024 * 1024];
    static const size_t  chunks[] = { 1, 7, 16384 };

    for (i = len > 5000 ? 2 : 0; i < 3; i++) {
        parse(in, len, chunks[i], large, got);

        if (!ok(strcmp(got, want) == 0, "%s, %d at a time", title,
                (int) chunks[i]))
        {
            comment("got  %.200s", got);
            comment("want %.200s", want);
        }
    }
}


static void
check(const char *in, const char *want)
{
    check_len(in, strlen(in), 0, want, in);
}


static void
test_replies(void)
{
    check("+OK\r\n", "+OK;");
    check("+\r\n", "+;");
    check("-ERR what\r\n", "-ERR what;");
    check(":0\r\n:-1\r\n", "i:0;i:-1;");
    check(":9223372036854775807\r\n", "i:9223372036854775807;");
    check(":-9223372036854775808\r\n", "i:-9223372036854775808;");
    check("$3\r\nabc\r\n", "s:abc;");
    check("$0\r\n\r\n", "s:;");
    check("$-1\r\n", "nil;");
    check("*-1\r\n", "nil;");
    check("*0\r\n", "[];");
    check("*2\r\n$1\r\na\r\n:5\r\n+OK\r\n", "[s:a i:5];+OK;");
    check("*3\r\n$-1\r\n-ERR\r\n*1\r\n+x\r\n", "[nil -ERR [+x]];");
    check("*2\r\n*0\r\n*-1\r\n", "[[] nil];");
    check("$4\r\n\r\n\r\n\r\n", "s:\r\n\r\n;");
    check("+OK\r\n$3\r\nab", "+OK;");
    check("*2\r\n:1\r\n", "");
}


static void
test_bad(void)
{
    const char  *bad;

    bad = "!the reply is not Redis's protocol";

    check("HTTP/1.1 400\r\n", bad);
    check("\r\n", bad);
    check("?\r\n", bad);
    check(":x\r\n", bad);
    check(":9223372036854775808\r\n", bad);
    check("$x\r\n", bad);
    check("$-2\r\n", bad);
    check("*-2\r\n", bad);
    check("*1\r\nx\r\n", bad);
    check("+OK\r\n/\r\n", "+OK;!the reply is not Redis's protocol");
}


static void
array(ngx_uint_t n, const char *element)
{
    char  *p;

    p = text + sprintf(text, "*%lu\r\n", (unsigned long) n);

    while (n--) {
        p += sprintf(p, "%s", element);
    }
}


static void
test_bounds(void)
{
    ngx_uint_t  i;

    static char          want[1024 * 1024];
    static const char   *many = "!the reply has too many elements";
    static const char   *deep = "!the reply is nested too deeply";
    static const char   *longer = "!the reply has too long a string";

    check("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "[[[[i:1]]]];");
    check("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", deep);
    check("*2\r\n:1\r\n*1\r\n*1\r\n*1\r\n*0\r\n", deep);

    check("*65\r\n", many);
    check("*1\r\n*65\r\n", many);
    check("*1000000000\r\n", many);

    array(64, ":1\r\n");
    strcpy(want, "[");

    for (i = 0; i < 64; i++) {
        strcat(want, i < 63 ? "i:1 " : "i:1];");
    }

    check_len(text, strlen(text), 0, want, "64 elements");

    /* 17 times 64 is more than all arrays together may have */

    array(17, "*64\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
              ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n");
    check_len(text, strlen(text), 0, many, "1088 elements");

    /* CLUSTER SLOTS */

    array(16384, ":1\r\n");
    text[strlen(text) - 4] = '\0';
    check_len(text, strlen(text), 1, "", "16384 elements, large");
    check_len(text, strlen(text), 0, many, "16384 elements");
    check_len("*16385\r\n", 8, 1, many, "16385 elements, large");

    /* strings, those that are not complete, and lines */

    i = sprintf(text, "$%d\r\n", 64 * 1024);
    memset(text + i, 'x', 64 * 1024);
    strcpy(text + i + 64 * 1024, "\r\n");
    strcpy(want, "s:");
    memset(want + 2, 'x', 64 * 1024);
    strcpy(want + 2 + 64 * 1024, ";");
    check_len(text, strlen(text), 0, want, "a string of 64K");

    i = sprintf(text, "$%d\r\n", 64 * 1024 + 1);
    memset(text + i, 'x', 64 * 1024 + 1);
    strcpy(text + i + 64 * 1024 + 1, "\r\n");
    check_len(text, strlen(text), 0, longer, "a longer one");

    i = sprintf(text, "$500000000\r\n");
    memset(text + i, 'x', 100000);
    check_len(text, i + 100000, 0, longer, "one that never ends");

    text[0] = '-';
    memset(text + 1, 'x', 100000);
    check_len(text, 100001, 0, longer, "a line that never ends");

    /* many long strings */

    i = sprintf(text, "*5\r\n");

    for ( /* void */ ; i < 5 * 65000; /* void */ ) {
        i += sprintf(text + i, "$65000\r\n");
        memset(text + i, 'x', 65000);
        i += 65000;
        i += sprintf(text + i, "\r\n");
    }

    check_len(text, i, 0, "!the reply is too large", "five strings");
}


/* a command is an array of strings, so it can be read */

static void
command(ngx_str_t *cmd, const char *want, const char *title)
{
    static char  got[65536];

    parse((char *) cmd->data, cmd->len, 16384, 0, got);

    if (!ok(strcmp(got, want) == 0, "%s", title)) {
        comment("got  %.200s", got);
        comment("want %.200s", want);
    }
}


static void
test_format(void)
{
    ngx_str_t  cmd;

    static ngx_str_t  many[NGX_APIGW_REDIS_MAX_ARGS + 1];
    static ngx_str_t  head[] = { ngx_string("EVALSHA"), ngx_string("abc") };
    static ngx_str_t  eval[] = { ngx_string("EVAL"),
                                 ngx_string("return 'a\r\nb'") };
    static ngx_str_t  args[] = { ngx_string("1"), ngx_null_string,
                                 ngx_string("$3\r\nx\r\n") };

    is_int(ngx_apigw_redis_format(&cmd, 2, head, 3, args), NGX_OK, "format");
    command(&cmd, "[s:EVALSHA s:abc s:1 s: s:$3\r\nx\r\n];", "two parts");

    is_int(ngx_apigw_redis_reformat(&cmd, 2, eval), NGX_OK, "reformat");
    command(&cmd, "[s:EVAL s:return 'a\r\nb' s:1 s: s:$3\r\nx\r\n];",
            "another head");

    ngx_apigw_redis_format_free(&cmd);
    ok(cmd.data == NULL && cmd.len == 0, "freed");

    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 1, args), NGX_OK, "one");
    is_mem(cmd.data, "*1\r\n$1\r\n1\r\n", cmd.len, "one argument");
    ngx_apigw_redis_format_free(&cmd);

    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 0, NULL), NGX_ERROR,
           "no argument");
    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 1024, many), NGX_OK,
           "1024 arguments");
    is_int(ngx_apigw_redis_reformat(&cmd, 2, eval), NGX_OK, "reformat them");
    ngx_apigw_redis_format_free(&cmd);

    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 1025, many), NGX_ERROR,
           "1025 arguments");
    is_int(ngx_apigw_redis_format(&cmd, 1, many, 1024, many), NGX_ERROR,
           "1 + 1024 arguments");
    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, (ngx_uint_t) -1, many),
           NGX_ERROR, "no overflow");

    args[1].data = calloc(1, NGX_APIGW_REDIS_MAX_COMMAND + 1);
    args[1].len = NGX_APIGW_REDIS_MAX_COMMAND + 1;
    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 2, args), NGX_ERROR,
           "too long");

    args[1].len = NGX_APIGW_REDIS_MAX_COMMAND - 1;
    is_int(ngx_apigw_redis_format(&cmd, 0, NULL, 2, args), NGX_OK,
           "as long as possible");
    is_int(ngx_apigw_redis_reformat(&cmd, 2, head), NGX_OK, "made short");
    ngx_apigw_redis_format_free(&cmd);
    free(args[1].data);
    ngx_str_null(&args[1]);
}


/* what is no command leaves the text alone */

static void
test_reformat_bad(void)
{
    size_t     i;
    ngx_str_t  cmd;

    static ngx_str_t    head = ngx_string("EVAL");
    static const char  *bad[] = {
        "", "*1", "*1\r\n$", "*1\r\n$9\r\nabc\r\n", "*1\r\n$3\r\nabc",
        "*1\r\n$3\r\nabc\r", "*1\r\n$99999999999999999999999\r\nabc\r\n"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cmd.len = strlen(bad[i]);
        cmd.data = malloc(cmd.len + 1);
        memcpy(cmd.data, bad[i], cmd.len);

        is_int(ngx_apigw_redis_reformat(&cmd, 1, &head), NGX_ERROR, "%s",
               bad[i]);

        free(cmd.data);
    }
}


static void
test_error_is(void)
{
    ngx_apigw_redis_reply_t  reply;

    memset(&reply, 0, sizeof(reply));

    reply.type = NGX_APIGW_REDIS_ERROR;
    ngx_str_set(&reply.str, "MOVED 1 a:2");

    is_int(ngx_apigw_redis_error_is(&reply, "MOVED"), 1, "the word");
    is_int(ngx_apigw_redis_error_is(&reply, "MOVE"), 0, "part of it");
    is_int(ngx_apigw_redis_error_is(&reply, "MOVED 1 a:2 x"), 0, "longer");

    ngx_str_set(&reply.str, "MOVED");
    is_int(ngx_apigw_redis_error_is(&reply, "MOVED"), 1, "nothing else");

    reply.type = NGX_APIGW_REDIS_STRING;
    is_int(ngx_apigw_redis_error_is(&reply, "MOVED"), 0, "a string");
}


static void
test_no_memory(void)
{
    long                       n;
    ngx_int_t                  rc;
    ngx_pool_t                *pool, *replies;
    const char                *reason;
    ngx_apigw_redis_reply_t   *reply;
    ngx_apigw_redis_reader_t  *reader;

    static const char  in[] = "*3\r\n$1\r\na\r\n*2\r\n:1\r\n+OK\r\n$-1\r\n";

    pool = ngx_create_pool(1024, NULL);

    ngx_stub_fail(0);
    ok(ngx_apigw_redis_reader_create(pool, pool) == NULL, "no reader");
    ngx_stub_fail(-1);

    for (n = 0; /* void */ ; n++) {
        replies = ngx_create_pool(1024, NULL);
        reader = ngx_apigw_redis_reader_create(pool, replies);

        ngx_apigw_redis_reader_feed(reader, (u_char *) in, sizeof(in) - 1);

        reason = "";

        ngx_stub_fail(n);
        rc = ngx_apigw_redis_reader_next(reader, 0, &reply, &reason);
        ngx_stub_fail(-1);

        ngx_apigw_redis_reader_free(reader);
        ngx_destroy_pool(replies);

        if (rc == NGX_OK) {
            break;
        }

        ok(rc == NGX_ERROR && strcmp(reason, "no memory for the reply") == 0,
           "allocation %ld fails", n);
    }

    ok(n > 3, "%ld allocations", n);

    ngx_destroy_pool(pool);
}


int
main(void)
{
    test_replies();
    test_bad();
    test_bounds();
    test_format();
    test_reformat_bad();
    test_error_is();
    test_no_memory();

    return done();
}
