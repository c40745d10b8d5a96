
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_lambda.h"


#define NGX_HTTP_APIGW_LAMBDA_TIMEOUT      29000
#define NGX_HTTP_APIGW_LAMBDA_MAX_TIMEOUT  900000
#define NGX_HTTP_APIGW_LAMBDA_TLS_DEPTH    5


static ngx_int_t ngx_http_apigw_lambda_url(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *url);
static ngx_int_t ngx_http_apigw_lambda_base(ngx_conf_t *cf,
    ngx_str_t *url, ngx_str_t *base);
static ngx_int_t ngx_http_apigw_lambda_param(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *arg);
static ngx_int_t ngx_http_apigw_lambda_timeout(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *value);
static ngx_int_t ngx_http_apigw_lambda_payload(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *value);
static ngx_uint_t ngx_http_apigw_lambda_is_media_type(ngx_str_t *type);
#if (NGX_HTTP_SSL)
static ngx_uint_t ngx_http_apigw_lambda_same_peer(
    ngx_http_apigw_lambda_peer_t *peer,
    ngx_http_apigw_lambda_loc_conf_t *llcf);
#endif


char *
ngx_http_apigw_lambda(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_lambda_loc_conf_t  *llcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (llcf->function.name.len) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another content handler";
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_lambda_param(cf, llcf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (llcf->function.name.len == 0) {
        return "must have \"function=\" parameter";
    }

    if (llcf->timeout == NGX_CONF_UNSET_MSEC) {
        llcf->timeout = NGX_HTTP_APIGW_LAMBDA_TIMEOUT;
    }

    if (ngx_http_apigw_lambda_url(cf, llcf, &value[1]) != NGX_OK
        || ngx_http_apigw_function(cf, &llcf->function) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    clcf->handler = ngx_http_apigw_lambda_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_url(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *url)
{
    size_t      add;
    u_char     *p, *last;
    ngx_url_t   u;

    if (ngx_strlchr(url->data, url->data + url->len, '$')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "variables in the URL \"%V\": a function has one "
                           "address, which is known at start", url);
        return NGX_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    if (ngx_strncasecmp(url->data, (u_char *) "http://", 7) == 0) {
        add = 7;
        u.default_port = 80;

#if (NGX_HTTP_SSL)

    } else if (ngx_strncasecmp(url->data, (u_char *) "https://", 8) == 0) {
        add = 8;
        u.default_port = 443;
        llcf->tls = 1;

#endif

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": \"http://\" or \"https://\" "
                           "is expected", url);
        return NGX_ERROR;
    }

    u.url.data = url->data + add;
    u.url.len = url->len - add;
    u.uri_part = 1;
    u.no_resolve = 1;

    llcf->upstream.upstream = ngx_http_upstream_add(cf, &u, 0);
    if (llcf->upstream.upstream == NULL) {
        return NGX_ERROR;
    }

    llcf->function.base = u.uri;

    if (u.family == AF_UNIX) {
        ngx_str_set(&llcf->function.host, "localhost");

    } else {
        p = url->data + add;
        last = url->data + url->len;

        llcf->function.host.data = p;

        while (p < last && *p != '/' && *p != '?' && *p != '#') {
            p++;
        }

        llcf->function.host.len = p - llcf->function.host.data;
    }

    return ngx_http_apigw_lambda_base(cf, url, &llcf->function.base);
}


static ngx_int_t
ngx_http_apigw_lambda_base(ngx_conf_t *cf, ngx_str_t *url, ngx_str_t *base)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < base->len; i++) {
        ch = base->data[i];

        if (ch <= ' ' || ch >= 0x7f || ch == '?' || ch == '#' || ch == '"'
            || ch == '\\')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid URL \"%V\": a path without arguments "
                               "is expected", url);
            return NGX_ERROR;
        }
    }

    while (base->len && base->data[base->len - 1] == '/') {
        base->len--;
    }

    if (ngx_http_apigw_function_in_path(base)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": " NGX_HTTP_APIGW_INVOKE_ADDED,
                           url);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_param(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *arg)
{
    ngx_str_t                   value, *set;
    ngx_http_apigw_function_t  *function;

    function = &llcf->function;

    if (arg->len == sizeof("sign") - 1
        && ngx_strncmp(arg->data, "sign", sizeof("sign") - 1) == 0)
    {
        if (function->sign) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"", arg);
            return NGX_ERROR;
        }

        function->sign = 1;
        return NGX_OK;
    }

    if (ngx_http_apigw_conf_param(arg, "timeout", &value)) {
        return ngx_http_apigw_lambda_timeout(cf, llcf, &value);
    }

    if (ngx_http_apigw_conf_param(arg, "payload", &value)) {
        return ngx_http_apigw_lambda_payload(cf, llcf, &value);
    }

    if (ngx_http_apigw_conf_param(arg, "function", &value)) {
        set = &function->name;

    } else if (ngx_http_apigw_conf_param(arg, "qualifier", &value)) {
        set = &function->qualifier;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": \"function=\", "
                           "\"qualifier=\", \"payload=\", \"timeout=\" or "
                           "\"sign\" is expected", arg);
        return NGX_ERROR;
    }

    if (set->len || value.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s parameter \"%V\"",
                           value.len ? "duplicate" : "empty", arg);
        return NGX_ERROR;
    }

    *set = value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_timeout(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *value)
{
    ngx_int_t  timeout;

    if (llcf->timeout != NGX_CONF_UNSET_MSEC) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"timeout=%V\"", value);
        return NGX_ERROR;
    }

    timeout = ngx_parse_time(value, 0);

    if (timeout == NGX_ERROR
        || timeout == 0
        || timeout > NGX_HTTP_APIGW_LAMBDA_MAX_TIMEOUT)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid timeout \"%V\": up to 15 minutes are "
                           "expected", value);
        return NGX_ERROR;
    }

    llcf->timeout = timeout;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_lambda_payload(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_str_t *value)
{
    if (llcf->payload) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"payload=%V\"", value);
        return NGX_ERROR;
    }

    return ngx_http_apigw_function_payload(cf, value, &llcf->payload);
}


char *
ngx_http_apigw_lambda_binary(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_apigw_lambda_loc_conf_t  *llcf = conf;

    ngx_str_t   *value, *type;
    ngx_uint_t   i, k;

    if (llcf->binary != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    llcf->own_binary = 1;

    value = cf->args->elts;

    if (cf->args->nelts == 2
        && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        llcf->binary = NULL;
        return NGX_CONF_OK;
    }

    llcf->binary = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                    sizeof(ngx_str_t));
    if (llcf->binary == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 3 && ngx_strncmp(value[i].data, "off", 3) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"off\" stands beside media types");
            return NGX_CONF_ERROR;
        }

        if (!ngx_http_apigw_lambda_is_media_type(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid media type \"%V\": one such as "
                               "\"image/png\" or \"image/*\" is expected",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        type = llcf->binary->elts;

        for (k = 0; k < llcf->binary->nelts; k++) {

            if (type[k].len == value[i].len
                && ngx_strncasecmp(type[k].data, value[i].data, value[i].len)
                   == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the duplicate media type \"%V\"",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        type = ngx_array_push(llcf->binary);
        if (type == NULL) {
            return NGX_CONF_ERROR;
        }

        *type = value[i];
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_apigw_lambda_is_media_type(ngx_str_t *type)
{
    u_char  *p, *last, *slash;

    last = type->data + type->len;
    slash = ngx_strlchr(type->data, last, '/');

    if (slash == NULL || slash == type->data || slash + 1 == last) {
        return 0;
    }

    for (p = type->data; p < last; p++) {

        if (p == slash) {
            continue;
        }

        if (*p <= ' ' || *p >= 0x7f || ngx_strchr("/;,\"=()<>@:\\?", *p)) {
            return 0;
        }

        /* all of a part, or nothing of it */

        if (*p == '*'
            && ((p != type->data && p - 1 != slash)
                || (p + 1 != last && p + 1 != slash)))
        {
            return 0;
        }
    }

    return 1;
}


#if (NGX_HTTP_SSL)

/* a store of authorities is large: all that trust the same share it */

ngx_int_t
ngx_http_apigw_lambda_tls(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf)
{
    ngx_ssl_t                          *ssl;
    ngx_str_t                           trusted;
    ngx_uint_t                          i;
    ngx_pool_cleanup_t                 *cln;
    ngx_http_apigw_lambda_tls_t        *tls;
    ngx_http_apigw_lambda_main_conf_t  *lmcf;

    lmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_apigw_lambda_module);
    tls = lmcf->tls.elts;

    for (i = 0; i < lmcf->tls.nelts; i++) {

        if (tls[i].verify == llcf->upstream.ssl_verify
            && tls[i].trusted.len == llcf->trusted.len
            && ngx_strncmp(tls[i].trusted.data, llcf->trusted.data,
                           llcf->trusted.len)
               == 0)
        {
            llcf->upstream.ssl = tls[i].ssl;
            return NGX_OK;
        }
    }

    tls = ngx_array_push(&lmcf->tls);
    if (tls == NULL) {
        return NGX_ERROR;
    }

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    tls->trusted = llcf->trusted;
    tls->verify = llcf->upstream.ssl_verify;
    tls->ssl = ssl;

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    /* a copy: nginx makes it a full name, which others would not be alike */

    trusted = llcf->trusted;

    if (ngx_ssl_trusted_certificate(cf, ssl, &trusted,
                                    NGX_HTTP_APIGW_LAMBDA_TLS_DEPTH)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (tls->verify
        && llcf->trusted.len == 0
        && SSL_CTX_set_default_verify_paths(ssl->ctx) == 0)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    llcf->upstream.ssl = ssl;

    return ngx_ssl_client_session_cache(cf, ssl, 1);
}


/*
 * Connections and sessions that are kept belong to the upstream, and are not
 * verified once more.
 */

ngx_int_t
ngx_http_apigw_lambda_peer(ngx_conf_t *cf,
    ngx_http_apigw_lambda_loc_conf_t *llcf, ngx_http_apigw_route_t *route)
{
    ngx_uint_t                          i;
    ngx_http_apigw_lambda_peer_t       *peer;
    ngx_http_apigw_lambda_main_conf_t  *lmcf;

    if (llcf->tls
        && llcf->upstream.ssl_name
        && (llcf->upstream.ssl_name->lengths
            || llcf->upstream.ssl_name->value.len == 0))
    {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" has %s in "
                                  "\"apigw_lambda_ssl_name\"",
                                  &route->key.key,
                                  llcf->upstream.ssl_name->lengths
                                  ? "variables" : "no name");
        return NGX_ERROR;
    }

    lmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_apigw_lambda_module);
    peer = lmcf->peers.elts;

    for (i = 0; i < lmcf->peers.nelts; i++) {

        if (peer[i].upstream != llcf->upstream.upstream) {
            continue;
        }

        if (ngx_http_apigw_lambda_same_peer(&peer[i], llcf)) {
            return NGX_OK;
        }

        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &route->place,
                                  "the route \"%V\" calls \"%V\", as another "
                                  "route does, but verifies it otherwise, and "
                                  "they share connections", &route->key.key,
                                  &llcf->upstream.upstream->host);
        return NGX_ERROR;
    }

    peer = ngx_array_push(&lmcf->peers);
    if (peer == NULL) {
        return NGX_ERROR;
    }

    peer->upstream = llcf->upstream.upstream;
    peer->ssl = llcf->tls ? llcf->upstream.ssl : NULL;
    peer->name = llcf->upstream.ssl_name;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_apigw_lambda_same_peer(ngx_http_apigw_lambda_peer_t *peer,
    ngx_http_apigw_lambda_loc_conf_t *llcf)
{
    ngx_http_complex_value_t  *name;

    if (peer->ssl != (llcf->tls ? llcf->upstream.ssl : NULL)) {
        return 0;
    }

    name = llcf->upstream.ssl_name;

    if (peer->ssl == NULL || peer->name == name) {
        return 1;
    }

    return peer->name
           && name
           && peer->name->value.len == name->value.len
           && ngx_strncmp(peer->name->value.data, name->value.data,
                          name->value.len)
              == 0;
}

#endif
