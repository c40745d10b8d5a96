
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_aws.h"
#include "ngx_apigw_digest.h"


/*
 * Account, region and credentials of the gateway, and the names of functions
 * (AWS Lambda API Reference, Invoke).
 */


#define NGX_HTTP_APIGW_AWS_ACCOUNT        12
#define NGX_HTTP_APIGW_AWS_MAX_REGION     32
#define NGX_HTTP_APIGW_AWS_MAX_FILE       65536
#define NGX_HTTP_APIGW_AWS_MAX_FUNCTION   170
#define NGX_HTTP_APIGW_AWS_MAX_QUALIFIER  128
#define NGX_HTTP_APIGW_AWS_HEADERS        4


static char *ngx_http_apigw_aws_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_apigw_aws_account(ngx_conf_t *cf,
    ngx_str_t *account);
static ngx_uint_t ngx_http_apigw_aws_is_region(ngx_str_t *region);
static ngx_int_t ngx_http_apigw_aws_credentials(ngx_conf_t *cf,
    ngx_http_apigw_aws_t *aws, ngx_str_t *source, ngx_str_t *profile);
static ngx_int_t ngx_http_apigw_aws_env(ngx_conf_t *cf,
    ngx_http_apigw_aws_t *aws);
static ngx_int_t ngx_http_apigw_aws_getenv(ngx_conf_t *cf, const char *name,
    ngx_str_t *value);
static ngx_int_t ngx_http_apigw_aws_file(ngx_conf_t *cf,
    ngx_http_apigw_aws_t *aws, ngx_str_t *name, ngx_str_t *profile);
static ngx_int_t ngx_http_apigw_aws_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);
static u_char *ngx_http_apigw_aws_secret(ngx_conf_t *cf, size_t len);
static void ngx_http_apigw_aws_wipe(void *data);

static ngx_uint_t ngx_http_apigw_function_is_name(ngx_str_t *name,
    const char *others, size_t max);
static void ngx_http_apigw_function_region(ngx_http_apigw_function_t *f);
static u_char *ngx_http_apigw_function_escape(u_char *p, ngx_str_t *s);
static ngx_int_t ngx_http_apigw_function_sign(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *payload, ngx_pool_t *pool,
    ngx_str_t *date, ngx_str_t *authorization);

static void *ngx_http_apigw_aws_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_apigw_aws_init_main_conf(ngx_conf_t *cf, void *conf);


static ngx_command_t  ngx_http_apigw_aws_commands[] = {

    { ngx_string("apigw_aws"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_apigw_aws_set,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_aws_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_apigw_aws_create_main_conf,   /* create main configuration */
    ngx_http_apigw_aws_init_main_conf,     /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_aws_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_aws_module_ctx,        /* module context */
    ngx_http_apigw_aws_commands,           /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_http_apigw_aws_t *
ngx_http_apigw_aws(ngx_conf_t *cf)
{
    return ngx_http_conf_get_module_main_conf(cf, ngx_http_apigw_aws_module);
}


ngx_http_apigw_aws_t *
ngx_http_apigw_aws_of(ngx_http_request_t *r)
{
    return ngx_http_get_module_main_conf(r, ngx_http_apigw_aws_module);
}


ngx_int_t
ngx_http_apigw_function(ngx_conf_t *cf, ngx_http_apigw_function_t *function)
{
    u_char  *p;

    if (!ngx_http_apigw_function_is_name(&function->name, "-_:$.",
                                         NGX_HTTP_APIGW_AWS_MAX_FUNCTION))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid function \"%V\": a name, or an ARN, of up "
                           "to %d letters, digits, \"-\" and \"_\" is "
                           "expected", &function->name,
                           NGX_HTTP_APIGW_AWS_MAX_FUNCTION);
        return NGX_ERROR;
    }

    if (function->qualifier.len
        && !ngx_http_apigw_function_is_name(&function->qualifier, "-_$",
                                            NGX_HTTP_APIGW_AWS_MAX_QUALIFIER))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid qualifier \"%V\": a version, or an alias "
                           "of up to %d letters, digits, \"-\" and \"_\" is "
                           "expected", &function->qualifier,
                           NGX_HTTP_APIGW_AWS_MAX_QUALIFIER);
        return NGX_ERROR;
    }

    if (function->region.len == 0) {
        ngx_http_apigw_function_region(function);
    }

    p = ngx_pnalloc(cf->pool, function->base.len
                              + sizeof(NGX_HTTP_APIGW_INVOKE_PATH) - 1
                              + 3 * function->name.len
                              + sizeof("/invocations") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    function->path.data = p;

    p = ngx_cpymem(p, function->base.data, function->base.len);
    p = ngx_cpymem(p, NGX_HTTP_APIGW_INVOKE_PATH,
                   sizeof(NGX_HTTP_APIGW_INVOKE_PATH) - 1);
    p = ngx_http_apigw_function_escape(p, &function->name);
    p = ngx_cpymem(p, "/invocations", sizeof("/invocations") - 1);

    function->path.len = p - function->path.data;

    if (function->qualifier.len == 0) {
        ngx_str_set(&function->query, "");
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, sizeof("Qualifier=") - 1
                              + 3 * function->qualifier.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    function->query.data = p;

    p = ngx_cpymem(p, "Qualifier=", sizeof("Qualifier=") - 1);
    p = ngx_http_apigw_function_escape(p, &function->qualifier);

    function->query.len = p - function->query.data;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_function_is_name(ngx_str_t *name, const char *others,
    size_t max)
{
    u_char  ch;
    size_t  i;

    if (name->len == 0 || name->len > max) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if ((ch >= '0' && ch <= '9')
            || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z')
            || (ch && ngx_strchr(others, ch)))
        {
            continue;
        }

        return 0;
    }

    /* nobody shall leave the path of functions */

    return name->data[0] != '.';
}


/* lambda.eu-central-1.amazonaws.com, also with ".cn" */

static void
ngx_http_apigw_function_region(ngx_http_apigw_function_t *function)
{
    u_char     *p, *last, *end;
    ngx_str_t   region;

    p = function->host.data;
    last = p + function->host.len;

    if (function->host.len <= sizeof("lambda.") - 1
        || ngx_strncasecmp(p, (u_char *) "lambda.", sizeof("lambda.") - 1)
           != 0)
    {
        return;
    }

    p += sizeof("lambda.") - 1;

    end = ngx_strlchr(p, last, '.');

    if (end == NULL
        || (size_t) (last - end) < sizeof(".amazonaws.com") - 1
        || ngx_strncasecmp(end, (u_char *) ".amazonaws.com",
                           sizeof(".amazonaws.com") - 1)
           != 0)
    {
        return;
    }

    region.data = p;
    region.len = end - p;

    if (ngx_http_apigw_aws_is_region(&region)) {
        function->region = region;
    }
}


static u_char *
ngx_http_apigw_function_escape(u_char *p, ngx_str_t *s)
{
    u_char         ch;
    size_t         i;
    static u_char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if (ch == ':' || ch == '$') {
            *p++ = '%';
            *p++ = hex[ch >> 4];
            *p++ = hex[ch & 0xf];
            continue;
        }

        *p++ = ch;
    }

    return p;
}


ngx_int_t
ngx_http_apigw_function_headers(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *trace, ngx_str_t *payload,
    ngx_pool_t *pool, ngx_str_t *lines)
{
    u_char     *p, date[NGX_APIGW_SIGV4_DATE];
    size_t      len;
    ngx_str_t   token, when, authorization;

    ngx_str_null(&token);
    ngx_str_null(&authorization);

    len = sizeof("Content-Type: application/json" CRLF) - 1;

    if (trace->len) {
        len += sizeof("X-Amzn-Trace-Id: " CRLF) - 1 + trace->len;
    }

    if (function->sign) {
        ngx_apigw_sigv4_date(date, ngx_time());

        when.data = date;
        when.len = NGX_APIGW_SIGV4_DATE;

        if (ngx_http_apigw_function_sign(aws, function, payload, pool, &when,
                                         &authorization)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        token = aws->credentials.token;

        len += sizeof("X-Amz-Date: " CRLF) - 1 + when.len
               + sizeof("X-Amz-Security-Token: " CRLF) - 1 + token.len
               + sizeof("Authorization: " CRLF) - 1 + authorization.len;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    lines->data = p;

    p = ngx_cpymem(p, "Content-Type: application/json" CRLF,
                   sizeof("Content-Type: application/json" CRLF) - 1);

    if (trace->len) {
        p = ngx_cpymem(p, "X-Amzn-Trace-Id: ",
                       sizeof("X-Amzn-Trace-Id: ") - 1);
        p = ngx_cpymem(p, trace->data, trace->len);
        *p++ = CR;
        *p++ = LF;
    }

    if (function->sign) {
        p = ngx_sprintf(p, "X-Amz-Date: %V" CRLF, &when);

        if (token.len) {
            p = ngx_sprintf(p, "X-Amz-Security-Token: %V" CRLF, &token);
        }

        p = ngx_sprintf(p, "Authorization: %V" CRLF, &authorization);
    }

    lines->len = p - lines->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_function_sign(ngx_http_apigw_aws_t *aws,
    ngx_http_apigw_function_t *function, ngx_str_t *payload, ngx_pool_t *pool,
    ngx_str_t *date, ngx_str_t *authorization)
{
    ngx_apigw_pair_t   headers[NGX_HTTP_APIGW_AWS_HEADERS];
    ngx_apigw_sigv4_t  request;

    ngx_memzero(&request, sizeof(ngx_apigw_sigv4_t));

    ngx_str_set(&headers[0].name, "content-type");
    ngx_str_set(&headers[0].value, "application/json");

    ngx_str_set(&headers[1].name, "host");
    headers[1].value = function->host;

    ngx_str_set(&headers[2].name, "x-amz-date");
    headers[2].value = *date;

    request.nheaders = 3;

    if (aws->credentials.token.len) {
        ngx_str_set(&headers[3].name, "x-amz-security-token");
        headers[3].value = aws->credentials.token;
        request.nheaders++;
    }

    ngx_str_set(&request.method, "POST");
    request.path = function->path;
    request.query = function->query;
    request.headers = headers;
    request.payload = *payload;
    request.date = *date;
    request.region = function->region.len ? function->region : aws->region;
    ngx_str_set(&request.service, "lambda");
    request.normalize = 1;
    request.encode = 1;

    return ngx_apigw_sigv4(&request, &aws->credentials, pool, authorization,
                           NULL, NULL);
}


static char *
ngx_http_apigw_aws_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_aws_t  *aws = conf;

    ngx_str_t   *value, *set, s, source, profile;
    ngx_uint_t   i;

    if (aws->account.len || aws->region.len || aws->signs) {
        return "is duplicate";
    }

    ngx_str_null(&source);
    ngx_str_null(&profile);

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_param(&value[i], "account", &s)) {
            set = &aws->account;

        } else if (ngx_http_apigw_conf_param(&value[i], "region", &s)) {
            set = &aws->region;

        } else if (ngx_http_apigw_conf_param(&value[i], "credentials", &s)) {
            set = &source;

        } else if (ngx_http_apigw_conf_param(&value[i], "profile", &s)) {
            set = &profile;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": \"account=\", "
                               "\"region=\", \"credentials=\" or "
                               "\"profile=\" is expected", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (set->len || s.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%s parameter \"%V\"",
                               s.len ? "duplicate" : "empty", &value[i]);
            return NGX_CONF_ERROR;
        }

        *set = s;
    }

    if (aws->account.len
        && ngx_http_apigw_aws_account(cf, &aws->account) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (aws->region.len && !ngx_http_apigw_aws_is_region(&aws->region)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid region \"%V\": a name such as "
                           "\"eu-central-1\" is expected", &aws->region);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_apigw_aws_credentials(cf, aws, &source, &profile) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_aws_account(ngx_conf_t *cf, ngx_str_t *account)
{
    size_t  i;

    for (i = 0; i < account->len; i++) {

        if (account->data[i] < '0' || account->data[i] > '9') {
            break;
        }
    }

    if (i == account->len && i == NGX_HTTP_APIGW_AWS_ACCOUNT) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid account \"%V\": %d digits are expected",
                       account, NGX_HTTP_APIGW_AWS_ACCOUNT);
    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_apigw_aws_is_region(ngx_str_t *region)
{
    u_char  ch;
    size_t  i;

    if (region->len == 0 || region->len > NGX_HTTP_APIGW_AWS_MAX_REGION) {
        return 0;
    }

    for (i = 0; i < region->len; i++) {
        ch = region->data[i];

        if (!((ch >= 'a' && ch <= 'z')
              || (ch >= '0' && ch <= '9')
              || (ch == '-' && i && i + 1 < region->len)))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_apigw_aws_credentials(ngx_conf_t *cf, ngx_http_apigw_aws_t *aws,
    ngx_str_t *source, ngx_str_t *profile)
{
    ngx_int_t    rc;
    ngx_uint_t   env;
    const char  *reason;

    env = (source->len == sizeof("env") - 1
           && ngx_strncmp(source->data, "env", sizeof("env") - 1) == 0);

    if (profile->len && (env || source->len == 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"profile=%V\" needs \"credentials=\" with a file",
                           profile);
        return NGX_ERROR;
    }

    if (source->len == 0) {
        return NGX_OK;
    }

    if (profile->len == 0) {
        ngx_str_set(profile, "default");
    }

    rc = env ? ngx_http_apigw_aws_env(cf, aws)
             : ngx_http_apigw_aws_file(cf, aws, source, profile);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    reason = ngx_apigw_credentials_check(&aws->credentials);

    if (reason) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid credentials in \"%V\": %s", source,
                           reason);
        return NGX_ERROR;
    }

    aws->signs = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_aws_env(ngx_conf_t *cf, ngx_http_apigw_aws_t *aws)
{
    ngx_apigw_credentials_t  *credentials;

    credentials = &aws->credentials;

    if (ngx_http_apigw_aws_getenv(cf, "AWS_ACCESS_KEY_ID",
                                  &credentials->key_id)
        != NGX_OK
        || ngx_http_apigw_aws_getenv(cf, "AWS_SECRET_ACCESS_KEY",
                                     &credentials->secret)
           != NGX_OK
        || ngx_http_apigw_aws_getenv(cf, "AWS_SESSION_TOKEN",
                                     &credentials->token)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (credentials->key_id.len && credentials->secret.len) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"credentials=env\" needs AWS_ACCESS_KEY_ID and "
                       "AWS_SECRET_ACCESS_KEY in the environment of nginx");
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_aws_getenv(ngx_conf_t *cf, const char *name, ngx_str_t *value)
{
    char  *text;

    text = getenv(name);

    if (text == NULL || *text == '\0') {
        ngx_str_set(value, "");
        return NGX_OK;
    }

    value->len = ngx_strlen(text);

    value->data = ngx_http_apigw_aws_secret(cf, value->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, text, value->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_aws_file(ngx_conf_t *cf, ngx_http_apigw_aws_t *aws,
    ngx_str_t *name, ngx_str_t *profile)
{
    ngx_str_t    text;
    ngx_uint_t   line;
    const char  *reason;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    text.data = ngx_http_apigw_aws_secret(cf, NGX_HTTP_APIGW_AWS_MAX_FILE + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_apigw_aws_read(cf, name, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_apigw_credentials_parse(&aws->credentials, &text, profile,
                                    &reason, &line)
        == NGX_OK)
    {
        return NGX_OK;
    }

    if (line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid credentials in \"%V\", line %ui: %s",
                           name, line, reason);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid credentials in \"%V\", profile \"%V\": "
                           "%s", name, profile, reason);
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_aws_read(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    ngx_int_t  rc;

    text->len = NGX_HTTP_APIGW_AWS_MAX_FILE + 1;

    rc = ngx_http_apigw_conf_read(name, text);

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not %s the credentials file \"%V\"",
                           rc == NGX_DECLINED ? "open" : "read", name);
        return NGX_ERROR;
    }

    if (text->len > NGX_HTTP_APIGW_AWS_MAX_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the credentials file \"%V\" has more than %d "
                           "bytes", name, NGX_HTTP_APIGW_AWS_MAX_FILE);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* memory that is wiped when the configuration goes; NULL: there is none */

static u_char *
ngx_http_apigw_aws_secret(ngx_conf_t *cf, size_t len)
{
    u_char              *p;
    ngx_str_t           *secret;
    ngx_pool_cleanup_t  *cln;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(p, len);

    secret = cln->data;
    secret->data = p;
    secret->len = len;

    cln->handler = ngx_http_apigw_aws_wipe;

    return p;
}


static void
ngx_http_apigw_aws_wipe(void *data)
{
    ngx_str_t  *secret = data;

    ngx_apigw_cleanse(secret->data, secret->len);
}


static void *
ngx_http_apigw_aws_create_main_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->account = { 0, NULL };
     *     conf->region = { 0, NULL };
     *     conf->credentials = { 0 };
     *     conf->signs = 0;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_aws_t));
}


static char *
ngx_http_apigw_aws_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_apigw_aws_t  *aws = conf;

    if (aws->account.len == 0) {
        ngx_str_set(&aws->account, "000000000000");
    }

    if (aws->region.len == 0) {
        ngx_str_set(&aws->region, "us-east-1");
    }

    return NGX_CONF_OK;
}
