
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_flight.h"


/* the directives that all types have which ask somebody else */


#define NGX_HTTP_APIGW_FLIGHT_MAX_PARKED  65536


ngx_int_t
ngx_http_apigw_flight_endpoint(ngx_conf_t *cf, ngx_apigw_url_t *url,
    ngx_str_t *value, const char *tls)
{
    ngx_int_t    rc;
    const char  *reason;

    if (url->text.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    rc = ngx_apigw_url_parse(url, value, cf->pool, &reason);

    if (rc == NGX_OK && !url->tls && !ngx_apigw_url_is_local(url)) {
        reason = tls;
        rc = NGX_DECLINED;
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* there may be a password in it */

    if (ngx_strlchr(value->data, value->data + value->len, '@')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid endpoint: %s",
                           reason);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid endpoint \"%V\": %s",
                           value, reason);
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_flight_parked_max(ngx_conf_t *cf, ngx_uint_t *max,
    ngx_str_t *value)
{
    ngx_int_t  n;

    if (*max != NGX_CONF_UNSET_UINT) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > NGX_HTTP_APIGW_FLIGHT_MAX_PARKED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"parked_max\" \"%V\": a number from 1 to "
                           "%d is expected", value,
                           NGX_HTTP_APIGW_FLIGHT_MAX_PARKED);
        return NGX_ERROR;
    }

    *max = n;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_flight_peer(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_apigw_url_t *url,
    ngx_apigw_tls_t **tls, ngx_resolver_t **resolver, ngx_msec_t *timeout)
{
    if (url->tls) {
        *tls = ngx_apigw_tls_create(cf, &authorizer->trusted_certificate,
                                    "trusted_certificate ");
        if (*tls == NULL) {
            return NGX_ERROR;
        }

    } else if (authorizer->trusted_certificate.len) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "\"trusted_certificate\" of the authorizer "
                                  "\"%V\" is for \"https://\" only",
                                  &authorizer->name);
        return NGX_ERROR;
    }

    if (url->address) {
        return NGX_OK;
    }

    *resolver = ngx_http_apigw_authorizer_resolver(cf, timeout);

    if (*resolver == NULL) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "no resolver in http{} for the host of the "
                                  "endpoint \"%V\"", &url->text);
        return NGX_ERROR;
    }

    return NGX_OK;
}
