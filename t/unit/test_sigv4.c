
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * AWS's published examples; values that another implementation computed; and
 * the files of AWS's test suite where APIGW_TEST_VECTORS leads to them.  Of
 * that, what signs in the query is taken as a request to be signed, which has
 * the same canonical form.
 */

#include <dirent.h>
#include <stdio.h>

#include <openssl/err.h>

#include "ngx_apigw_json.h"
#include "ngx_apigw_sigv4.h"
#include "tap.h"


#define count(a)  (sizeof(a) / sizeof((a)[0]))

#define FILE_MAX  16384
#define HEADERS   16
#define CASES     38

#define KEY_ID    "AKIDEXAMPLE"
#define SECRET    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE      "20150830T123600Z"
#define EMPTY     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b" \
                  "7852b855"


typedef struct {
    const char               *name;
    const char               *method;
    const char               *path;
    const char               *query;
    ngx_apigw_pair_t          headers[HEADERS];
    const char               *region;
    const char               *service;
    const char               *body;
    const char               *canonical;   /* without the hash of the body */
    const char               *to_sign;     /* its last line */
    const char               *names;
    const char               *signature;
} example_t;


static ngx_pool_t  *pool;


static const example_t  examples[] = {

    { "IAM User Guide, ListUsers", "GET", "/",
      "Action=ListUsers&Version=2010-05-08",
      { { ngx_string("content-type"),
          ngx_string("application/x-www-form-urlencoded; charset=utf-8") },
        { ngx_string("host"), ngx_string("iam.amazonaws.com") },
        { ngx_string("x-amz-date"), ngx_string(DATE) } },
      "us-east-1", "iam", "",
      "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
      "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
      "host:iam.amazonaws.com\nx-amz-date:" DATE "\n\n"
      "content-type;host;x-amz-date\n",
      "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
      "content-type;host;x-amz-date",
      "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7" },

    { "the smallest", "GET", "", "",
      { { ngx_string("X-Amz-Date"), ngx_string(DATE) },
        { ngx_string("Host"), ngx_string("example.amazonaws.com") } },
      "us-east-1", "service", "",
      "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:" DATE "\n\n"
      "host;x-amz-date\n",
      "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },

    { "a function", "POST",
      "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012"
      "%3Afunction%3Ahello/invocations", "Qualifier=$LATEST",
      { { ngx_string("Host"),
          ngx_string("lambda.eu-central-1.amazonaws.com") },
        { ngx_string("Content-Type"), ngx_string("application/json") },
        { ngx_string("X-Amz-Security-Token"),
          ngx_string("AQoDYXdzEPT//////////wEXAMPLE==") },
        { ngx_string("X-Amz-Date"), ngx_string(DATE) } },
      "eu-central-1", "lambda", "{\"a\":1}",
      "POST\n/2015-03-31/functions/arn%253Aaws%253Alambda%253Aeu-central-1"
      "%253A123456789012%253Afunction%253Ahello/invocations\n"
      "Qualifier=%24LATEST\ncontent-type:application/json\n"
      "host:lambda.eu-central-1.amazonaws.com\nx-amz-date:" DATE "\n"
      "x-amz-security-token:AQoDYXdzEPT//////////wEXAMPLE==\n\n"
      "content-type;host;x-amz-date;x-amz-security-token\n",
      "4d3330fdee4f61d54dbb2a66b82e16aa9163a865e0bef98d555d148f4ff76628",
      "content-type;host;x-amz-date;x-amz-security-token",
      "12d06e383b5610e7221c0ed6dd998c8f98b47b8a480841ec6f59a41a2b341b2e" },

    { "what is to be sorted and encoded", "GET", "/a b/%c3%a9/~",
      "&b=2&a-b&a=z&a=%42&x%20y=/%2b&&q=",
      { { ngx_string("X-B"), ngx_string("  one \t two ") },
        { ngx_string("Host"), ngx_string("h") },
        { ngx_string("x-b"), ngx_string("") },
        { ngx_string("X-A"), ngx_string("1") },
        { ngx_string("X-b"), ngx_string("three") } },
      "us-east-1", "lambda", "",
      "GET\n/a%20b/%25c3%25a9/~\na=B&a=z&a-b=&b=2&q=&x%20y=%2F%2B\n"
      "host:h\nx-a:1\nx-b:one two,,three\n\nhost;x-a;x-b\n",
      NULL, "host;x-a;x-b",
      "dc8da9f6e534c1b452f1b5d21714f112af21f5462a775df70d926de1ec1ea258" }
};


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = ngx_pnalloc(pool, r.len + 1);
    memcpy(r.data, s, r.len + 1);

    return r;
}


/* each text of a test lives in the pool, with a zero byte behind */

__attribute__((format(printf, 1, 2)))
static const char *
print(const char *fmt, ...)
{
    char     text[FILE_MAX];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return (char *) str(text).data;
}


static ngx_str_t
hash(const char *text, size_t len)
{
    ngx_str_t            hex;
    ngx_apigw_sha256_t  *sha;

    hex.len = NGX_APIGW_SHA256_HEX;
    hex.data = ngx_pnalloc(pool, hex.len);

    sha = ngx_apigw_sha256_create();

    ok(ngx_apigw_sha256_update(sha, (u_char *) text, len / 2) == NGX_OK
       && ngx_apigw_sha256_update(sha, (u_char *) text + len / 2,
                                  len - len / 2)
          == NGX_OK
       && ngx_apigw_sha256_final(sha, hex.data) == NGX_OK, "a hash");

    return hex;
}


static ngx_apigw_credentials_t
credentials(const char *secret)
{
    ngx_apigw_credentials_t  c;

    c.key_id = str(KEY_ID);
    c.secret = str(secret);
    c.token = str("");

    return c;
}


static void
test_example(const example_t *e)
{
    ngx_str_t                 auth, canonical, to_sign;
    const char               *scope;
    ngx_apigw_sigv4_t         request;
    ngx_apigw_credentials_t   c;

    memset(&request, 0, sizeof(ngx_apigw_sigv4_t));

    c = credentials(SECRET);

    request.method = str(e->method);
    request.path = str(e->path);
    request.query = str(e->query);
    request.payload = hash(e->body, strlen(e->body));
    request.date = str(DATE);
    request.region = str(e->region);
    request.service = str(e->service);
    request.headers = (ngx_apigw_pair_t *) e->headers;
    request.normalize = 1;
    request.encode = 1;

    while (e->headers[request.nheaders].name.len) {
        request.nheaders++;
    }

    is_int(ngx_apigw_sigv4(&request, &c, pool, &auth, &canonical, &to_sign),
           NGX_OK, "%s", e->name);

    scope = print("20150830/%s/%s/aws4_request", e->region, e->service);

    is_nstr(&canonical, print("%s%.*s", e->canonical,
                              (int) request.payload.len,
                              request.payload.data),
            "%s: the canonical request", e->name);

    if (e->to_sign) {
        is_nstr(&to_sign, print("AWS4-HMAC-SHA256\n" DATE "\n%s\n%s", scope,
                                e->to_sign),
                "%s: the string to sign", e->name);
    }

    is_nstr(&auth, print("AWS4-HMAC-SHA256 Credential=" KEY_ID "/%s, "
                         "SignedHeaders=%s, Signature=%s", scope, e->names,
                         e->signature),
            "%s: the header", e->name);

    is_int(ngx_apigw_sigv4(&request, &c, pool, &canonical, NULL, NULL),
           NGX_OK, "%s, once more", e->name);

    ok(canonical.len == auth.len
       && memcmp(canonical.data, auth.data, auth.len) == 0,
       "%s: the same", e->name);

    ok(ERR_peek_error() == 0, "%s: no errors are left behind", e->name);
}


/* allocations fail after so many; -1: none does */

static const char *
signature_of(const char *secret, long fail)
{
    ngx_int_t                rc;
    ngx_str_t                auth;
    ngx_apigw_pair_t         header;
    ngx_apigw_sigv4_t        request;
    ngx_apigw_credentials_t  c;

    memset(&request, 0, sizeof(ngx_apigw_sigv4_t));

    c = credentials(secret);

    header.name = str("Host");
    header.value = str("h");

    request.method = str("GET");
    request.path = str("/");
    request.payload = str(EMPTY);
    request.date = str(DATE);
    request.region = str("us-east-1");
    request.service = str("lambda");
    request.headers = &header;
    request.nheaders = 1;

    ngx_stub_fail(fail);
    rc = ngx_apigw_sigv4(&request, &c, pool, &auth, NULL, NULL);
    ngx_stub_fail(-1);

    if (rc != NGX_OK) {
        return "none";
    }

    return print("%.*s", NGX_APIGW_SHA256_HEX,
                 auth.data + auth.len - NGX_APIGW_SHA256_HEX);
}


/* "AWS4" and a secret are a block of HMAC, and longer */

static void
test_secrets(void)
{
    size_t     i;
    ngx_str_t  s;

    static const struct {
        int          len;
        const char  *signature;
    } t[] = {
        { 60, "1f6b2891898b8a42e4425dcea7e848e9b2577165a78d874aeb0b9524f9a7"
              "dd36" },
        { 61, "e8d5a5cdb4c48aa68aa8a31f849b4369747ecc655f770ebc48a846db39a3"
              "61f3" },
        { 128, "9646a377ecbcb8e56efa9feaae28424044ac18d498273af42214b803734"
               "4e735" }
    };

    for (i = 0; i < count(t); i++) {
        s = str(signature_of(print("%0*d", t[i].len, 0), -1));

        ok(strcmp((char *) s.data, t[i].signature) != 0,
           "a secret of %d other bytes", t[i].len);

        s.data = memset(ngx_pcalloc(pool, t[i].len + 1), 'x', t[i].len);
        s = str(signature_of((char *) s.data, -1));

        is_nstr(&s, t[i].signature, "a secret of %d bytes", t[i].len);
    }
}


static void
test_date(void)
{
    size_t  i;
    u_char  date[NGX_APIGW_SIGV4_DATE];

    static const struct {
        int64_t      time;
        const char  *date;
    } t[] = {
        { 1440938160, DATE },
        { 0, "19700101T000000Z" },
        { -1, "19700101T000000Z" },
        { 951782399, "20000228T235959Z" },
        { 951868799, "20000229T235959Z" },
        { 253402300799LL, "99991231T235959Z" },
        { INT64_MAX, "99991231T235959Z" }
    };

    for (i = 0; i < count(t); i++) {
        memset(date, '?', sizeof(date));
        ngx_apigw_sigv4_date(date, t[i].time);
        is_mem(date, t[i].date, NGX_APIGW_SIGV4_DATE, "%s", t[i].date);
    }
}


static void
test_sha256(void)
{
    ngx_str_t            hex;
    ngx_apigw_sha256_t  *sha;

    hex = hash("", 0);
    is_mem(hex.data, EMPTY, 64, "nothing");

    hex = hash("abc", 3);
    is_mem(hex.data, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
                     "1f20015ad", 64, "abc");

    sha = ngx_apigw_sha256_create();
    is_int(ngx_apigw_sha256_update(sha, (u_char *) "a", 1), NGX_OK, "begun");
    is_int(ngx_apigw_sha256_final(sha, NULL), NGX_OK, "thrown away");
}


static void
test_no_memory(void)
{
    long         n;
    const char  *s;

    for (n = 0; n < 64; n++) {
        s = signature_of("x", n);

        if (strcmp(s, "none") != 0) {
            break;
        }
    }

    ok(n > 4 && n < 64, "no memory: %ld allocations", n);
}


static char *
load(const char *dir, const char *name, const char *file)
{
    FILE    *f;
    char     path[4096], text[FILE_MAX];
    size_t   len;

    snprintf(path, sizeof(path), "%s/%s/%s", dir, name, file);

    f = fopen(path, "rb");

    if (f == NULL) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }

    len = fread(text, 1, FILE_MAX - 1, f);
    text[len] = '\0';

    fclose(f);

    return (char *) str(text).data;
}


/* "GET /a b?c HTTP/1.1", lines, of which some go on, an empty one, a body */

static char *
read_request(ngx_apigw_sigv4_t *request, char *text)
{
    char              *line, *next, *p;
    ngx_apigw_pair_t  *h;

    h = ngx_pcalloc(pool, HEADERS * sizeof(ngx_apigw_pair_t));
    request->headers = h--;

    next = strchr(text, '\n');
    *next++ = '\0';
    next[-1 - (long) strlen(" HTTP/1.1")] = '\0';

    p = strchr(text, ' ');
    *p++ = '\0';

    request->method = str(text);

    line = strchr(p, '?');

    if (line) {
        *line++ = '\0';
        request->query = str(line);
    }

    request->path = str(p);

    while (*next && *next != '\n') {
        line = next;
        next = strchr(line, '\n');

        if (next) {
            *next++ = '\0';

        } else {
            next = line + strlen(line);
        }

        if (*line == ' ') {
            h->value = str(print("%.*s\n%s", (int) h->value.len,
                                 h->value.data, line));
            continue;
        }

        p = strchr(line, ':');
        *p++ = '\0';

        h++;
        request->nheaders++;

        if (request->nheaders > HEADERS) {
            printf("Bail out! more than %d headers\n", HEADERS);
            exit(1);
        }

        h->name = str(line);
        h->value = str(p);
    }

    return *next ? next + 1 : next;
}


/* what was added when it had been signed */

static void
strip(ngx_apigw_sigv4_t *request, ngx_uint_t omit)
{
    char        *p, *end, *query;
    size_t       k;
    ngx_uint_t   i, n;

    static const char  *late[] = { "X-Amz-Signature=",
                                   "X-Amz-Security-Token=" };

    query = request->query.len ? (char *) request->query.data : "";

    for (k = 0; k < 1 + omit; k++) {
        p = strstr(query, late[k]);

        if (p) {
            end = strchr(p, '&');
            end = end ? end + 1 : p + strlen(p);
            memmove(p, end, strlen(end) + 1);
        }
    }

    request->query.len = strlen(query);

    for (n = 0, i = 0; i < request->nheaders; i++) {

        if (strcmp((char *) request->headers[i].name.data, "Authorization")
            == 0
            || (omit
                && strcmp((char *) request->headers[i].name.data,
                          "X-Amz-Security-Token")
                   == 0))
        {
            continue;
        }

        request->headers[n++] = request->headers[i];
    }

    request->nheaders = n;
}


static const char *
text_at(ngx_apigw_json_t *root, const char *pointer)
{
    ngx_str_t          p;
    ngx_apigw_json_t  *value;

    p = str(pointer);
    value = ngx_apigw_json_pointer(root, &p);

    return value ? print("%.*s", (int) value->text.len, value->text.data)
                 : "";
}


static void
test_case(const char *dir, const char *name, const char *kind)
{
    char                     *body;
    ngx_str_t                 text, auth, canonical, to_sign;
    const char               *reason;
    ngx_apigw_json_t         *root;
    ngx_apigw_sigv4_t         request;
    ngx_apigw_credentials_t   c;

    text = str(load(dir, name, "context.json"));

    if (!is_int(ngx_apigw_json_parse(&root, &text, 8, pool, &reason), NGX_OK,
                "%s: context.json", name))
    {
        return;
    }

    memset(&request, 0, sizeof(ngx_apigw_sigv4_t));

    c.key_id = str(text_at(root, "/credentials/access_key_id"));
    c.secret = str(text_at(root, "/credentials/secret_access_key"));
    c.token = str(text_at(root, "/credentials/token"));

    body = read_request(&request,
                        load(dir, name, print("%s-signed-request.txt",
                                              kind)));

    strip(&request, strcmp(text_at(root, "/omit_session_token"), "true") == 0);

    request.payload = hash(body, strlen(body));
    request.date = str(DATE);
    request.region = str(text_at(root, "/region"));
    request.service = str(text_at(root, "/service"));
    request.normalize = strcmp(text_at(root, "/normalize"), "true") == 0;
    request.encode = 1;

    ok(strcmp(text_at(root, "/timestamp"), "2015-08-30T12:36:00Z") == 0,
       "%s: the time", name);

    is_int(ngx_apigw_sigv4(&request, &c, pool, &auth, &canonical, &to_sign),
           NGX_OK, "%s, %s", name, kind);

    is_nstr(&canonical, load(dir, name, print("%s-canonical-request.txt",
                                              kind)),
            "%s, %s: the canonical request", name, kind);
    is_nstr(&to_sign, load(dir, name, print("%s-string-to-sign.txt", kind)),
            "%s, %s: the string to sign", name, kind);

    auth.data += auth.len - NGX_APIGW_SHA256_HEX;
    auth.len = NGX_APIGW_SHA256_HEX;

    is_nstr(&auth, load(dir, name, print("%s-signature.txt", kind)),
            "%s, %s: the signature", name, kind);
}


static void
test_vectors(const char *vectors)
{
    DIR            *d;
    const char     *dir;
    ngx_uint_t      n;
    struct dirent  *e;

    dir = print("%s/sigv4-aws-c-auth/tests/aws-signing-test-suite/v4",
                vectors);

    d = opendir(dir);

    if (!ok(d != NULL, "AWS's test suite")) {
        return;
    }

    n = 0;

    for (e = readdir(d); e; e = readdir(d)) {

        if (e->d_name[0] == '.') {
            continue;
        }

        test_case(dir, e->d_name, "header");
        test_case(dir, e->d_name, "query");

        n++;
    }

    closedir(d);

    is_int(n, CASES, "cases");
}


int
main(void)
{
    size_t       i;
    const char  *vectors;

    pool = ngx_create_pool(0, NULL);

    for (i = 0; i < count(examples); i++) {
        test_example(&examples[i]);
    }

    test_secrets();
    test_date();
    test_sha256();
    test_no_memory();

    vectors = getenv("APIGW_TEST_VECTORS");

    if (vectors) {
        test_vectors(vectors);

    } else {
        comment("skipped: no vectors");
        fprintf(stderr, "# test_sigv4: skipped: no vectors\n");
    }

    ngx_destroy_pool(pool);

    return done();
}
