
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_oidc.h"
#include "ngx_apigw_json.h"


#define NGX_APIGW_OIDC_DEPTH  16
#define NGX_APIGW_OIDC_PATH   "/.well-known/openid-configuration"


/* a slash at the end is not doubled (4.1) */

ngx_int_t
ngx_apigw_oidc_url(ngx_str_t *issuer, ngx_str_t *url, ngx_pool_t *pool)
{
    u_char  *p, *last;
    size_t   len;

    last = issuer->data + issuer->len;

    if (ngx_strlchr(issuer->data, last, '?')
        || ngx_strlchr(issuer->data, last, '#'))
    {
        return NGX_DECLINED;
    }

    len = issuer->len;

    if (len && issuer->data[len - 1] == '/') {
        len--;
    }

    url->len = len + sizeof(NGX_APIGW_OIDC_PATH) - 1;

    url->data = ngx_pnalloc(pool, url->len);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(url->data, issuer->data, len);
    ngx_memcpy(p, NGX_APIGW_OIDC_PATH, sizeof(NGX_APIGW_OIDC_PATH) - 1);

    return NGX_OK;
}


ngx_int_t
ngx_apigw_oidc_parse(ngx_str_t *text, ngx_str_t *issuer, ngx_str_t *jwks,
    ngx_pool_t *pool, const char **reason)
{
    ngx_int_t          rc;
    ngx_apigw_json_t  *document, *member;

    rc = ngx_apigw_json_parse(&document, text, NGX_APIGW_OIDC_DEPTH, pool,
                              reason);
    if (rc != NGX_OK) {
        return rc;
    }

    if (document->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "it is not a JSON object";
        return NGX_DECLINED;
    }

    member = ngx_apigw_json_get(document, "issuer");

    if (member == NULL || member->type != NGX_APIGW_JSON_STRING) {
        *reason = "it has no \"issuer\"";
        return NGX_DECLINED;
    }

    if (member->text.len != issuer->len
        || ngx_memcmp(member->text.data, issuer->data, issuer->len) != 0)
    {
        *reason = "its \"issuer\" is another one";
        return NGX_DECLINED;
    }

    member = ngx_apigw_json_get(document, "jwks_uri");

    if (member == NULL
        || member->type != NGX_APIGW_JSON_STRING
        || member->text.len == 0)
    {
        *reason = "it has no \"jwks_uri\"";
        return NGX_DECLINED;
    }

    *jwks = member->text;

    return NGX_OK;
}
