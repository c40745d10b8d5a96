
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <time.h>

#include "ngx_apigw_event.h"
#include "tap.h"


#define REST    NGX_APIGW_EVENT_REST
#define V1      NGX_APIGW_EVENT_1_0
#define V2      NGX_APIGW_EVENT_2_0
#define TOKEN   NGX_APIGW_EVENT_TOKEN

#define N(a)    (sizeof(a) / sizeof(a[0]))


static ngx_pool_t        *pool;
static ngx_apigw_json_t  *json;
static ngx_str_t          json_text;


/* without a NUL, for the sanitizer */

static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = ngx_pnalloc(pool, s.len ? s.len : 1);
    memcpy(s.data, text, s.len);

    return s;
}


static ngx_apigw_json_t *
parse(const char *text)
{
    ngx_str_t          s;
    const char        *reason;
    ngx_apigw_json_t  *value;

    s = str(text);

    if (ngx_apigw_json_parse(&value, &s, 16, pool, &reason) != NGX_OK) {
        ok(0, "no JSON: %s", text);
        exit(1);
    }

    return value;
}


static ngx_apigw_pair_t *
pairs(ngx_uint_t *n, ...)
{
    va_list            args;
    const char        *name;
    ngx_apigw_pair_t  *p;

    p = ngx_palloc(pool, 32 * sizeof(ngx_apigw_pair_t));
    *n = 0;

    va_start(args, n);

    for ( ;; ) {
        name = va_arg(args, const char *);

        if (name == NULL) {
            break;
        }

        p[*n].name = str(name);
        p[*n].value = str(va_arg(args, const char *));
        (*n)++;
    }

    va_end(args);

    return p;
}


static ngx_apigw_event_t
event_of(ngx_uint_t format)
{
    ngx_apigw_event_t  e;

    memset(&e, 0, sizeof(ngx_apigw_event_t));

    e.format = format;
    e.account = str("123456789012");
    e.region = str("eu-central-1");
    e.api = str("shop");
    e.stage = str("prod");
    e.prefix = str("/prod");
    e.domain = str("api.example.com");
    e.method = str("POST");
    e.protocol = str("HTTP/1.1");
    e.resource = str("/hello/{name}");
    e.route_key = str("POST /hello/{name}");
    e.path = str("/hello/bob%20x");
    e.request_id = str("555fda34-4fcd-40ef-bf51-8d161e0394f1");
    e.extended_id = str("Abcd123XPHcEKPA=");
    e.source_ip = str("192.0.2.1");
    e.user_agent = str("curl/7.88.1");
    e.time = 1786276800123;

    e.headers = pairs(&e.nheaders, "Host", "api.example.com", "user-agent",
                      "curl/7.88.1", "X-Multi", "1", "Accept", "*/*",
                      "X-Multi", "2", "AUTHORIZATION", "Bearer x", NULL);
    e.params = pairs(&e.nparams, "name", "bob%20x", NULL);

    return e;
}


/* what has_body would insert; NULL: there is no body */

static void
render(ngx_apigw_event_t *e, const char *body, ngx_uint_t base64)
{
    size_t       len;
    ngx_str_t    head, tail;
    const char  *reason;

    static u_char  ids[2][NGX_APIGW_EVENT_ID];

    ngx_apigw_event_id(ids[0], &e->api, &e->stage, 'd');
    ngx_apigw_event_id(ids[1], &e->api, &e->resource, 'r');

    e->deployment_id.data = ids[0];
    e->deployment_id.len = NGX_APIGW_EVENT_ID;
    e->resource_id.data = ids[1];
    e->resource_id.len = NGX_APIGW_EVENT_ID;

    if (ngx_apigw_event_write(e, body != NULL, base64, pool, &head, &tail)
        != NGX_OK)
    {
        ok(0, "event");
        exit(1);
    }

    len = body ? strlen(body) : 0;

    json_text.len = head.len + len + tail.len;
    json_text.data = ngx_pnalloc(pool, json_text.len);

    memcpy(json_text.data, head.data, head.len);
    memcpy(json_text.data + head.len, body ? body : "", len);
    memcpy(json_text.data + head.len + len, tail.data, tail.len);

    if (ngx_apigw_json_parse(&json, &json_text, 32, pool, &reason) != NGX_OK) {
        ok(0, "an event is JSON: %s: %.*s", reason, (int) json_text.len,
           (char *) json_text.data);
        exit(1);
    }
}


/* what a pointer leads to, as compact JSON; want NULL: nothing */

static void
is(const char *pointer, const char *want)
{
    ngx_str_t          s, text;
    ngx_apigw_json_t  *value;

    s = str(pointer);
    value = ngx_apigw_json_pointer(json, &s);

    if (want == NULL) {
        ok(value == NULL, "no %s", pointer);
        return;
    }

    if (value == NULL || ngx_apigw_json_print(value, pool, &text) != NGX_OK) {
        ok(0, "%s", pointer);
        return;
    }

    is_nstr(&text, want, "%s", pointer);
}


/* the names of the members of an object, in order */

static void
has(const char *pointer, const char *want)
{
    char              *p, names[2048];
    ngx_str_t          s;
    ngx_apigw_json_t  *value, *member;

    s = str(pointer);
    value = ngx_apigw_json_pointer(json, &s);
    p = names;
    *p = '\0';

    for (member = value ? value->first : NULL; member; member = member->next) {
        p += snprintf(p, names + sizeof(names) - p, "%s%.*s",
                      p > names ? " " : "", (int) member->name.len,
                      (char *) member->name.data);
    }

    if (!ok(strcmp(names, want) == 0, "members of \"%s\"", pointer)) {
        comment("got  %s", names);
        comment("want %s", want);
    }
}


static void
test_rest(void)
{
    ngx_apigw_event_t  e;

    e = event_of(REST);
    e.args = str("a=1&b=&a=2");
    e.variables = pairs(&e.nvariables, "color", "blue", NULL);

    render(&e, "line\\n", 0);

    has("", "resource path httpMethod headers multiValueHeaders "
        "queryStringParameters multiValueQueryStringParameters "
        "pathParameters stageVariables requestContext body isBase64Encoded");

    is("/resource", "\"/hello/{name}\"");
    is("/path", "\"/hello/bob%20x\"");
    is("/httpMethod", "\"POST\"");
    is("/headers", "{\"Host\":\"api.example.com\",\"User-Agent\":"
       "\"curl/7.88.1\",\"X-Multi\":\"2\",\"Accept\":\"*/*\","
       "\"Authorization\":\"Bearer x\"}");
    is("/multiValueHeaders", "{\"Host\":[\"api.example.com\"],\"User-Agent\":"
       "[\"curl/7.88.1\"],\"X-Multi\":[\"1\",\"2\"],\"Accept\":[\"*/*\"],"
       "\"Authorization\":[\"Bearer x\"]}");
    is("/queryStringParameters", "{\"a\":\"2\",\"b\":\"\"}");
    is("/multiValueQueryStringParameters",
       "{\"a\":[\"1\",\"2\"],\"b\":[\"\"]}");
    is("/pathParameters", "{\"name\":\"bob%20x\"}");
    is("/stageVariables", "{\"color\":\"blue\"}");
    is("/body", "\"line\\n\"");
    is("/isBase64Encoded", "false");

    has("/requestContext", "accountId apiId deploymentId domainName "
        "domainPrefix extendedRequestId httpMethod identity path protocol "
        "requestId requestTime requestTimeEpoch resourceId resourcePath "
        "stage");

    is("/requestContext/accountId", "\"123456789012\"");
    is("/requestContext/apiId", "\"shop\"");
    is("/requestContext/domainName", "\"api.example.com\"");
    is("/requestContext/domainPrefix", "\"api\"");
    is("/requestContext/extendedRequestId", "\"Abcd123XPHcEKPA=\"");
    is("/requestContext/httpMethod", "\"POST\"");
    is("/requestContext/path", "\"/prod/hello/bob%20x\"");
    is("/requestContext/protocol", "\"HTTP/1.1\"");
    is("/requestContext/requestId",
       "\"555fda34-4fcd-40ef-bf51-8d161e0394f1\"");
    is("/requestContext/requestTime", "\"09/Aug/2026:12:00:00 +0000\"");
    is("/requestContext/requestTimeEpoch", "1786276800123");
    is("/requestContext/resourcePath", "\"/hello/{name}\"");
    is("/requestContext/stage", "\"prod\"");

    is("/requestContext/identity", "{\"accessKey\":null,\"accountId\":null,"
       "\"caller\":null,\"cognitoAuthenticationProvider\":null,"
       "\"cognitoAuthenticationType\":null,\"cognitoIdentityId\":null,"
       "\"cognitoIdentityPoolId\":null,\"principalOrgId\":null,"
       "\"sourceIp\":\"192.0.2.1\",\"user\":null,"
       "\"userAgent\":\"curl/7.88.1\",\"userArn\":null}");

    render(&e, "YQ==", 1);

    is("/body", "\"YQ==\"");
    is("/isBase64Encoded", "true");
}


static void
test_rest_empty(void)
{
    ngx_apigw_event_t  e;

    e = event_of(REST);
    e.nparams = 0;
    e.nheaders = 0;
    e.prefix = str("");
    e.domain = str("localhost");
    ngx_str_null(&e.user_agent);
    e.keyed = 1;

    render(&e, NULL, 0);

    is("/headers", "null");
    is("/multiValueHeaders", "null");
    is("/queryStringParameters", "null");
    is("/multiValueQueryStringParameters", "null");
    is("/pathParameters", "null");
    is("/stageVariables", "null");
    is("/body", "null");
    is("/isBase64Encoded", "false");
    is("/requestContext/path", "\"/hello/bob%20x\"");
    is("/requestContext/domainPrefix", "\"localhost\"");
    is("/requestContext/identity/userAgent", "null");
    is("/requestContext/identity/apiKey", "null");
    is("/requestContext/identity/apiKeyId", "null");
    is("/requestContext/authorizer", NULL);
    is("/version", NULL);

    e.args = str("&&");
    e.api_key = str("k\"ey");
    e.api_key_id = str("id1");

    render(&e, NULL, 0);

    is("/queryStringParameters", "null");
    is("/requestContext/identity/apiKey", "\"k\\\"ey\"");
    is("/requestContext/identity/apiKeyId", "\"id1\"");

    /* nothing at all */

    memset(&e, 0, sizeof(ngx_apigw_event_t));

    render(&e, "", 0);

    is("/body", "\"\"");
    is("/path", "\"\"");
    is("/requestContext/requestTime", "\"01/Jan/1970:00:00:00 +0000\"");

    e.time = 253402300799999;
    render(&e, NULL, 0);
    is("/requestContext/requestTime", "\"31/Dec/9999:23:59:59 +0000\"");
}


static void
test_ids(void)
{
    ngx_str_t           a, b;
    ngx_uint_t          i, k, odd;
    ngx_apigw_json_t   *id;
    ngx_apigw_event_t   e;

    static const char  pointers[2][32] = {
        "/requestContext/resourceId", "/requestContext/deploymentId"
    };

    e = event_of(REST);

    for (i = 0; i < 2; i++) {
        render(&e, NULL, 0);

        a = str(pointers[i]);
        id = ngx_apigw_json_pointer(json, &a);
        a = id->text;

        for (odd = 0, k = 0; k < a.len; k++) {
            odd += !((a.data[k] >= '0' && a.data[k] <= '9')
                     || (a.data[k] >= 'a' && a.data[k] <= 'z'));
        }

        ok(a.len == 6 && odd == 0, "%s: letters and digits", pointers[i]);

        render(&e, NULL, 0);

        b = str(pointers[i]);
        b = ngx_apigw_json_pointer(json, &b)->text;
        ok(memcmp(a.data, b.data, 6) == 0, "the same again");

        e.resource = str("/hello/{other}");
        e.stage = str("test");
        render(&e, NULL, 0);

        b = str(pointers[i]);
        b = ngx_apigw_json_pointer(json, &b)->text;
        ok(memcmp(a.data, b.data, 6) != 0, "another one is another");

        e.resource = str("/hello/{name}");
        e.stage = str("prod");
        e.api = str("other");
        render(&e, NULL, 0);

        b = str(pointers[i]);
        b = ngx_apigw_json_pointer(json, &b)->text;
        ok(memcmp(a.data, b.data, 6) != 0, "that of another API is, too");

        e.api = str("shop");
    }
}


static void
test_1_0(void)
{
    ngx_apigw_event_t  e;

    e = event_of(V1);
    e.args = str("a=1&a=2;b");
    e.path = str("/caf%C3%A9/%FF");
    e.params = pairs(&e.nparams, "name", "%C3%A9%ff%2F+", NULL);

    render(&e, "x", 0);

    has("", "version resource path httpMethod headers multiValueHeaders "
        "queryStringParameters multiValueQueryStringParameters "
        "pathParameters stageVariables requestContext body isBase64Encoded");

    is("/version", "\"1.0\"");
    is("/path", "\"/caf\\u00e9/\\ufffd\"");
    is("/headers", "{\"host\":\"api.example.com\",\"user-agent\":"
       "\"curl/7.88.1\",\"x-multi\":\"2\",\"accept\":\"*/*\","
       "\"authorization\":\"Bearer x\"}");
    is("/multiValueHeaders/x-multi", "[\"1\",\"2\"]");
    is("/queryStringParameters", "{\"a\":\"2;b\"}");
    is("/multiValueQueryStringParameters", "{\"a\":[\"1\",\"2;b\"]}");
    is("/pathParameters", "{\"name\":\"\\u00e9\\ufffd/+\"}");
    is("/stageVariables", "null");
    is("/requestContext/path", "\"/prod/caf\\u00e9/\\ufffd\"");
    is("/requestContext/resourceId", "null");
    is("/requestContext/authorizer", "{\"claims\":null,\"scopes\":null}");

    e.headers = pairs(&e.nheaders, "Cookie", "a=1; b=2", NULL);
    render(&e, NULL, 0);

    is("/headers", "{\"cookie\":\"a=1; b=2\"}");
    is("/cookies", NULL);
    is("/body", "null");
}


static void
test_2_0(void)
{
    ngx_apigw_event_t  e;

    e = event_of(V2);
    e.args = str("p1=v1&p1=v2&p2=a%20b+c;d&p3");
    e.variables = pairs(&e.nvariables, "s", "v", NULL);
    e.headers = pairs(&e.nheaders, "Host", "api.example.com", "Cookie",
                      "c1=1;c2=2 ; ;", "X-Multi", "1", "x-multi", "2",
                      "cookie", "c3=\"3\"", "X-MULTI", "", NULL);

    render(&e, "x", 1);

    has("", "version routeKey rawPath rawQueryString cookies headers "
        "queryStringParameters requestContext pathParameters stageVariables "
        "body isBase64Encoded");

    is("/version", "\"2.0\"");
    is("/routeKey", "\"POST /hello/{name}\"");
    is("/rawPath", "\"/prod/hello/bob x\"");
    is("/rawQueryString", "\"p1=v1&p1=v2&p2=a%20b+c;d&p3\"");
    is("/cookies", "[\"c1=1\",\"c2=2\",\"c3=\\\"3\\\"\"]");
    is("/headers", "{\"host\":\"api.example.com\",\"x-multi\":\"1,2,\"}");
    is("/queryStringParameters",
       "{\"p1\":\"v1,v2\",\"p2\":\"a b c;d\",\"p3\":\"\"}");
    is("/pathParameters", "{\"name\":\"bob x\"}");
    is("/stageVariables", "{\"s\":\"v\"}");
    is("/isBase64Encoded", "true");

    is("/requestContext", "{\"accountId\":\"123456789012\","
       "\"apiId\":\"shop\",\"domainName\":\"api.example.com\","
       "\"domainPrefix\":\"api\",\"http\":{\"method\":\"POST\","
       "\"path\":\"/prod/hello/bob x\",\"protocol\":\"HTTP/1.1\","
       "\"sourceIp\":\"192.0.2.1\",\"userAgent\":\"curl/7.88.1\"},"
       "\"requestId\":\"555fda34-4fcd-40ef-bf51-8d161e0394f1\","
       "\"routeKey\":\"POST /hello/{name}\",\"stage\":\"prod\","
       "\"time\":\"09/Aug/2026:12:00:00 +0000\","
       "\"timeEpoch\":1786276800123}");

    /* absent rather than null */

    e.nvariables = 0;
    e.nparams = 0;
    e.nheaders = 0;
    ngx_str_null(&e.args);

    render(&e, NULL, 0);

    has("", "version routeKey rawPath rawQueryString headers requestContext "
        "isBase64Encoded");
    is("/rawQueryString", "\"\"");
    is("/headers", "{}");

    e.headers = pairs(&e.nheaders, "Cookie", " ; ", "Cookie", "", NULL);

    render(&e, NULL, 0);

    is("/cookies", NULL);
    is("/headers", "{}");
}


static void
test_cert(void)
{
    ngx_uint_t              i;
    ngx_apigw_event_t       e;
    ngx_apigw_event_cert_t  cert;

    static const struct {
        ngx_uint_t   format;
        const char  *where;
        const char  *subject;
    } rows[] = {
        { REST, "/requestContext/identity/clientCert",
          "/requestContext/identity/clientCert/subjectDN" },
        { V1, "/requestContext/identity/clientCert",
          "/requestContext/identity/clientCert/subjectDN" },
        { V2, "/requestContext/authentication/clientCert",
          "/requestContext/authentication/clientCert/subjectDN" }
    };

    cert.pem = str("-----BEGIN CERTIFICATE-----\nMII\n");
    cert.subject = str("CN=a");
    cert.issuer = str("CN=ca");
    cert.serial = str("a1:b2");
    cert.not_before = str("May 28 12:30:02 2019 GMT");
    cert.not_after = str("Aug  5 09:36:04 2021 GMT");

    for (i = 0; i < N(rows); i++) {
        e = event_of(rows[i].format);
        e.cert = &cert;

        render(&e, NULL, 0);

        is(rows[i].where, "{\"clientCertPem\":"
           "\"-----BEGIN CERTIFICATE-----\\nMII\\n\",\"issuerDN\":\"CN=ca\","
           "\"serialNumber\":\"a1:b2\",\"subjectDN\":\"CN=a\","
           "\"validity\":{\"notAfter\":\"Aug  5 09:36:04 2021 GMT\","
           "\"notBefore\":\"May 28 12:30:02 2019 GMT\"}}");

        e.authorizer = 1;
        render(&e, NULL, 0);
        is(rows[i].subject, "\"CN=a\"");
    }
}


static void
test_claims(void)
{
    ngx_str_t            scopes[2];
    ngx_apigw_event_t    e;
    ngx_apigw_granted_t  granted;

    static const char  claims[] =
        "{\"sub\":\"a\\\"b\\u00e9\",\"groups\":[\"x\",\"y z\",3],\"exp\":1700,"
        "\"ok\":true,\"no\":null,\"f\":1.5,\"o\":{\"k\":[1,\"\\u00e9\"]},"
        "\"none\":[],\"deep\":[[1,2],{\"a\":1}]}";
    static const char  want[] =
        "{\"sub\":\"a\\\"b\\u00e9\",\"groups\":\"x,y z,3\",\"exp\":\"1700\","
        "\"ok\":\"true\",\"no\":\"null\",\"f\":\"1.5\","
        "\"o\":\"{\\\"k\\\":[1,\\\"\\\\u00e9\\\"]}\",\"none\":\"\","
        "\"deep\":\"[1,2],{\\\"a\\\":1}\"}";

    memset(&granted, 0, sizeof(ngx_apigw_granted_t));

    granted.kind = NGX_APIGW_GRANTED_CLAIMS;
    granted.root = parse(claims);
    granted.principal = str("u1");

    scopes[0] = str("read");
    scopes[1] = str("write");

    e = event_of(REST);
    e.granted = &granted;

    render(&e, NULL, 0);
    has("/requestContext/authorizer", "claims principalId");
    is("/requestContext/authorizer/claims", want);
    is("/requestContext/authorizer/principalId", "\"u1\"");

    e.format = V1;
    render(&e, NULL, 0);
    has("/requestContext/authorizer", "claims scopes");
    is("/requestContext/authorizer/claims", want);
    is("/requestContext/authorizer/scopes", "null");

    e.format = V2;
    render(&e, NULL, 0);
    has("/requestContext/authorizer", "jwt");
    has("/requestContext/authorizer/jwt", "claims scopes");
    is("/requestContext/authorizer/jwt/claims", want);
    is("/requestContext/authorizer/jwt/scopes", "null");

    granted.scopes = scopes;
    granted.nscopes = 2;
    ngx_str_null(&granted.principal);

    render(&e, NULL, 0);
    is("/requestContext/authorizer/jwt/scopes", "[\"read\",\"write\"]");

    e.format = V1;
    render(&e, NULL, 0);
    is("/requestContext/authorizer/scopes", "[\"read\",\"write\"]");

    e.format = REST;
    render(&e, NULL, 0);
    has("/requestContext/authorizer", "claims scopes");

    /* no claims: an API key of another kind, say */

    granted.root = NULL;
    render(&e, NULL, 0);
    is("/requestContext/authorizer/claims", "null");

    granted.root = parse("{}");
    render(&e, NULL, 0);
    is("/requestContext/authorizer/claims", "{}");
}


static void
test_function(void)
{
    ngx_apigw_event_t    e;
    ngx_apigw_granted_t  granted;

    memset(&granted, 0, sizeof(ngx_apigw_granted_t));

    granted.kind = NGX_APIGW_GRANTED_CONTEXT;
    granted.root = parse("{\"key\":\"v\",\"num\":1,\"bool\":true,\"f\":1.5,"
                         "\"integrationLatency\":\"mine\","
                         "\"principalId\":\"mine\",\"z\":null,\"a\":[1]}");
    granted.principal = str("user|a1");
    granted.latency = 17;

    e = event_of(REST);
    e.granted = &granted;

    render(&e, NULL, 0);
    is("/requestContext/authorizer", "{\"integrationLatency\":17,"
       "\"principalId\":\"user|a1\",\"key\":\"v\",\"num\":\"1\","
       "\"bool\":\"true\",\"f\":\"1.5\",\"z\":null,\"a\":\"1\"}");

    e.format = V1;
    render(&e, NULL, 0);
    is("/requestContext/authorizer", "{\"integrationLatency\":17,"
       "\"principalId\":\"user|a1\",\"key\":\"v\",\"num\":1,\"bool\":true,"
       "\"f\":1.5,\"z\":null,\"a\":[1]}");

    e.format = V2;
    render(&e, NULL, 0);
    is("/requestContext/authorizer", "{\"lambda\":{\"key\":\"v\",\"num\":1,"
       "\"bool\":true,\"f\":1.5,\"integrationLatency\":\"mine\","
       "\"principalId\":\"mine\",\"z\":null,\"a\":[1]}}");

    /* nothing but that somebody agreed */

    granted.root = NULL;
    granted.latency = 0;
    ngx_str_null(&granted.principal);

    render(&e, NULL, 0);
    is("/requestContext/authorizer", "{\"lambda\":{}}");

    e.format = REST;
    render(&e, NULL, 0);
    is("/requestContext/authorizer", "{\"integrationLatency\":0}");

    granted.root = parse("{\"principalId\":\"own\"}");
    e.format = V1;
    render(&e, NULL, 0);
    is("/requestContext/authorizer",
       "{\"integrationLatency\":0,\"principalId\":\"own\"}");
}


#define ARN  "arn:aws:execute-api:eu-central-1:123456789012:shop/prod/POST/"


static void
test_authorizer(void)
{
    ngx_str_t            arn, sources[2];
    ngx_apigw_event_t    e;
    ngx_apigw_granted_t  granted;

    sources[0] = str("user1");
    sources[1] = str("1\"23");

    e = event_of(TOKEN);
    e.token = str("Bearer \"t\"");

    render(&e, NULL, 0);
    is("", "{\"type\":\"TOKEN\",\"authorizationToken\":\"Bearer \\\"t\\\"\","
       "\"methodArn\":\"" ARN "hello/bob%20x\"}");

    e.authorizer = 1;
    render(&e, NULL, 0);
    has("", "type authorizationToken methodArn");

    memset(&granted, 0, sizeof(ngx_apigw_granted_t));

    e = event_of(REST);
    e.authorizer = 1;
    e.sources = sources;
    e.nsources = 2;
    e.granted = &granted;

    render(&e, NULL, 0);
    has("", "type methodArn resource path httpMethod headers "
        "multiValueHeaders queryStringParameters "
        "multiValueQueryStringParameters pathParameters stageVariables "
        "requestContext");
    is("/type", "\"REQUEST\"");
    is("/methodArn", "\"" ARN "hello/bob%20x\"");
    is("/queryStringParameters", "{}");
    is("/multiValueQueryStringParameters", "{}");
    is("/stageVariables", "{}");
    is("/pathParameters", "{\"name\":\"bob%20x\"}");
    has("/requestContext", "accountId apiId deploymentId domainName "
        "domainPrefix extendedRequestId httpMethod identity path protocol "
        "requestId requestTime requestTimeEpoch resourceId resourcePath "
        "stage");

    e.format = V1;
    render(&e, NULL, 0);
    has("", "version type methodArn identitySource authorizationToken "
        "resource path httpMethod headers queryStringParameters "
        "pathParameters stageVariables requestContext");
    is("/version", "\"1.0\"");
    is("/identitySource", "\"user1,1\\\"23\"");
    is("/authorizationToken", "\"user1,1\\\"23\"");
    is("/pathParameters", "{\"name\":\"bob x\"}");
    is("/requestContext/authorizer", NULL);

    e.format = V2;
    render(&e, NULL, 0);
    has("", "version type routeArn identitySource routeKey rawPath "
        "rawQueryString headers requestContext pathParameters");
    is("/routeArn", "\"" ARN "hello/bob%20x\"");
    is("/identitySource", "[\"user1\",\"1\\\"23\"]");
    is("/requestContext/authorizer", NULL);

    e.nsources = 0;
    render(&e, NULL, 0);
    is("/identitySource", "[]");

    e.format = V1;
    render(&e, NULL, 0);
    is("/identitySource", "null");
    is("/authorizationToken", "null");

    e.path = str("/");
    e.stage = str("$default");
    is_int(ngx_apigw_event_arn(&e, pool, &arn), NGX_OK, "ARN");
    is_nstr(&arn, "arn:aws:execute-api:eu-central-1:123456789012:shop/"
            "$default/POST/", "of the root");
}


static void
test_query(void)
{
    ngx_uint_t         i;
    ngx_apigw_event_t  e;

    static const struct {
        ngx_uint_t   format;
        const char  *args;
        const char  *want;
    } rows[] = {
        { REST, "email=test%2Balias@x", "{\"email\":\"test+alias@x\"}" },
        { REST, "plus=test+alias", "{\"plus\":\"test alias\"}" },
        { REST, "a+b%3d=c%26", "{\"a b=\":\"c&\"}" },
        { REST, "a=%2541", "{\"a\":\"%41\"}" },
        { REST, "a=1;2", "{\"a\":\"1\",\"2\":\"\"}" },
        { REST, "a=1;a=2", "{\"a\":\"2\"}" },
        { REST, "a=1%3B2", "{\"a\":\"1;2\"}" },
        { V1, "a=1;2", "{\"a\":\"1;2\"}" },
        { V2, "a=1;2", "{\"a\":\"1;2\"}" },
        { REST, "&&a=1&&&b=2&;;", "{\"a\":\"1\",\"b\":\"2\"}" },
        { REST, "a=b=c", "{\"a\":\"b=c\"}" },
        { REST, "=x&=y", "{\"\":\"y\"}" },
        { REST, "a=%", "{\"a\":\"%\"}" },
        { REST, "a=%4", "{\"a\":\"%4\"}" },
        { REST, "a=%zz%41", "{\"a\":\"%zzA\"}" },
        { REST, "a=%%41", "{\"a\":\"%A\"}" },
        { REST, "a=\"\\%0a", "{\"a\":\"\\\"\\\\\\n\"}" },
        { REST, "a=%c3%a9\xc3\xa9", "{\"a\":\"\\u00e9\\u00e9\"}" },

        /* what is one text is one name */

        { REST, "%ff=1&%fe=2&%00=3&%ef%bf%bd=4", "{\"\\ufffd\":\"4\"}" },
        { REST, "a=%00%ff%e2%82", "{\"a\":\"\\ufffd\\ufffd\\ufffd\\ufffd\"}" },
        { V2, "a=%ff&a=%00", "{\"a\":\"\\ufffd,\\ufffd\"}" },
        { REST, "B=1&a=2&b=3&A=4&B=5",
          "{\"B\":\"5\",\"a\":\"2\",\"b\":\"3\",\"A\":\"4\"}" },
        { V2, "x=1&y=2&x=3&z=4&y=5&x=6",
          "{\"x\":\"1,3,6\",\"y\":\"2,5\",\"z\":\"4\"}" }
    };

    for (i = 0; i < N(rows); i++) {
        e = event_of(rows[i].format);
        e.args = str(rows[i].args);

        render(&e, NULL, 0);

        comment("%s", rows[i].args);
        is("/queryStringParameters", rows[i].want);
    }
}


/* headers that a client sends differently, and bytes of all kinds */

static void
test_headers(void)
{
    ngx_uint_t         i;
    ngx_apigw_event_t  e;

    e = event_of(REST);
    e.headers = pairs(&e.nheaders, "x-a", "1", "X-A", "2", "x-a", "3",
                      "Authorization", "4", "authorization", "5",
                      "User-agent", "6", "X-\xff", "7", "X-\xfe", "8", "X",
                      "\x80\"\\", NULL);

    render(&e, NULL, 0);

    is("/multiValueHeaders", "{\"x-a\":[\"1\",\"3\"],\"X-A\":[\"2\"],"
       "\"Authorization\":[\"4\",\"5\"],\"User-Agent\":[\"6\"],"
       "\"X-\\ufffd\":[\"7\",\"8\"],\"X\":[\"\\ufffd\\\"\\\\\"]}");
    is("/headers", "{\"x-a\":\"3\",\"X-A\":\"2\",\"Authorization\":\"5\","
       "\"User-Agent\":\"6\",\"X-\\ufffd\":\"8\",\"X\":\"\\ufffd\\\"\\\\\"}");

    e.format = V2;
    render(&e, NULL, 0);
    is("/headers", "{\"x-a\":\"1,2,3\",\"authorization\":\"4,5\","
       "\"user-agent\":\"6\",\"x-\\ufffd\":\"7,8\","
       "\"x\":\"\\ufffd\\\"\\\\\"}");

    /* names of the same length, many of them, twice */

    e.headers = pairs(&e.nheaders, "h", "", NULL);
    e.nheaders = 0;

    for (i = 0; i < 30; i++) {
        e.headers[i].name = str("hx");
        e.headers[i].name.data[1] = (u_char) ('a' + (i * 7) % 15);
        e.headers[i].value = str("v");
        e.headers[i].value.data[0] = (u_char) ('A' + i);
        e.nheaders++;
    }

    e.format = REST;
    render(&e, NULL, 0);
    is("/headers", "{\"ha\":\"P\",\"hh\":\"Q\",\"ho\":\"R\",\"hg\":\"S\","
       "\"hn\":\"T\",\"hf\":\"U\",\"hm\":\"V\",\"he\":\"W\",\"hl\":\"X\","
       "\"hd\":\"Y\",\"hk\":\"Z\",\"hc\":\"[\",\"hj\":\"\\\\\","
       "\"hb\":\"]\",\"hi\":\"^\"}");
    is("/multiValueHeaders/hi", "[\"O\",\"^\"]");
}


/* as many as fit into nginx's largest request line by default */

static void
test_many(void)
{
    char               *p, *args;
    long                start;
    ngx_uint_t          i, k, n;
    ngx_apigw_json_t   *value;
    ngx_apigw_event_t   e;

    args = malloc(8000 * 12 + 1);

    for (k = 0; k < 3; k++) {

        for (p = args, i = 0; i < 8000; i++) {

            if (k == 0) {
                p += sprintf(p, "%04lu=%lu&", (unsigned long) (i * 7 % 8000),
                             (unsigned long) i);

            } else if (k == 1) {
                p += sprintf(p, "a=%lu&", (unsigned long) i);

            } else {
                p += sprintf(p, "%04lu&", (unsigned long) (i % 4000));
            }
        }

        e = event_of(REST);
        e.args.data = (u_char *) args;
        e.args.len = (size_t) (p - args);

        start = (long) clock();
        render(&e, NULL, 0);

        ok((long) clock() - start < 2 * CLOCKS_PER_SEC, "8000 parameters");

        value = ngx_apigw_json_get(json, "multiValueQueryStringParameters");

        for (n = 0, value = value->first; value; value = value->next) {
            n++;
        }

        is_int(n, k == 0 ? 8000 : k == 1 ? 1 : 4000, "names");

        if (k == 1) {
            is("/queryStringParameters", "{\"a\":\"7999\"}");
            is("/multiValueQueryStringParameters/a/4711", "\"4711\"");
        }
    }

    free(args);
}


static void
test_memory(void)
{
    long                 n;
    ngx_int_t            rc;
    ngx_str_t            head, tail;
    ngx_uint_t           format;
    ngx_apigw_event_t    e;
    ngx_apigw_granted_t  granted;

    memset(&granted, 0, sizeof(ngx_apigw_granted_t));

    granted.kind = NGX_APIGW_GRANTED_CONTEXT;
    granted.root = parse("{\"a\":[\"\\u0001\\u0001\\u0001\\u0001\"]}");

    for (format = REST; format <= TOKEN; format++) {
        e = event_of(format);
        e.args = str("a=%ff&%c3=%c3&b");
        e.params = pairs(&e.nparams, "a", "%ff", NULL);
        e.variables = pairs(&e.nvariables, "a", "\x01\x01\x01", NULL);
        e.granted = &granted;
        e.user_agent.len = 4000;
        e.user_agent.data = ngx_pcalloc(pool, 4000);
        memset(e.user_agent.data, 0x01, 4000);

        for (n = 0; n < 100; n++) {
            ngx_stub_fail(n);
            rc = ngx_apigw_event_write(&e, 0, 0, pool, &head, &tail);
            ngx_stub_fail(-1);

            if (rc == NGX_OK) {
                break;
            }
        }

        ok(rc == NGX_OK && n > 1, "memory for %ld of format %lu", n,
           (unsigned long) format);
    }
}


int
main(void)
{
    pool = ngx_create_pool(4096, NULL);

    test_rest();
    test_rest_empty();
    test_ids();
    test_1_0();
    test_2_0();
    test_cert();
    test_claims();
    test_function();
    test_authorizer();
    test_query();
    test_headers();
    test_many();
    test_memory();

    ngx_destroy_pool(pool);

    return done();
}
