
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_jwt.h"
#include "ngx_apigw_digest.h"


/* Where the keys of issuers come from. */


#define NGX_HTTP_APIGW_JWT_MAX_SECRET  65536    /* bytes of the file */


static ngx_int_t ngx_http_apigw_jwt_source(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_issuer_t *issuer,
    ngx_apigw_tls_t **tls);
static ngx_int_t ngx_http_apigw_jwt_secret(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_issuer_t *issuer);
static ngx_int_t ngx_http_apigw_jwt_long_enough(ngx_conf_t *cf,
    ngx_http_apigw_jwt_conf_t *jcf, ngx_apigw_jwks_t *set);
static ngx_int_t ngx_http_apigw_jwt_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);


ngx_int_t
ngx_http_apigw_jwt_keys(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_conf_file_t             file, *saved;
    ngx_apigw_tls_t            *tls;
    ngx_http_apigw_issuer_t    *issuer;
    ngx_http_apigw_jwt_conf_t  *jcf;

    jcf = authorizer->conf;
    issuer = authorizer->issuers->elts;
    tls = NULL;

    ngx_memzero(&file, sizeof(ngx_conf_file_t));

    for (i = 0; i < authorizer->issuers->nelts; i++) {

        /* messages are about the line of the issuer */

        file.file.name = issuer[i].place.file;
        file.line = issuer[i].place.line;

        saved = cf->conf_file;
        cf->conf_file = &file;

        rc = jcf->secret_file.len
             ? ngx_http_apigw_jwt_secret(cf, authorizer, &issuer[i])
             : ngx_http_apigw_jwt_source(cf, authorizer, &issuer[i], &tls);

        cf->conf_file = saved;

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (authorizer->trusted_certificate.len && tls == NULL) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "\"trusted_certificate\" of the authorizer "
                                  "\"%V\" is for \"https://\" only",
                                  &authorizer->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_jwt_source(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_issuer_t *issuer,
    ngx_apigw_tls_t **tls)
{
    ngx_str_t                              *url;
    ngx_uint_t                              secure;
    ngx_apigw_issuer_conf_t                 icf;
    ngx_http_apigw_jwt_conf_t              *jcf;
    ngx_http_apigw_authorizer_main_conf_t  *amcf;

    url = issuer->jwks.len ? &issuer->jwks : &issuer->name;

    secure = ngx_strncasecmp(url->data, (u_char *) "https://",
                             sizeof("https://") - 1)
             == 0;

    if (secure && *tls == NULL) {
        *tls = ngx_apigw_tls_create(cf, &authorizer->trusted_certificate,
                                    "trusted_certificate ");
        if (*tls == NULL) {
            return NGX_ERROR;
        }
    }

    jcf = authorizer->conf;
    amcf = ngx_http_apigw_authorizer_get_conf(cf);

    ngx_memzero(&icf, sizeof(ngx_apigw_issuer_conf_t));

    icf.issuer = issuer->name;
    icf.jwks = issuer->jwks;
    icf.timeout = authorizer->timeout;
    icf.cooldown = jcf->cooldown;
    icf.parked_max = (ngx_uint_t) jcf->parked_max;
    icf.resolver = ngx_http_apigw_authorizer_resolver(cf,
                                                      &icf.resolver_timeout);

    if (amcf->jwks_path) {
        icf.path = amcf->jwks_path->name;
    }

    icf.tls = secure ? *tls : NULL;
    icf.trusted = authorizer->trusted_certificate;

    issuer->issuer = ngx_apigw_issuer_create(cf, &icf,
                                            &ngx_http_apigw_authorizer_module);

    return issuer->issuer ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_apigw_jwt_secret(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_http_apigw_issuer_t *issuer)
{
    ngx_int_t                   rc;
    ngx_str_t                   text;
    ngx_apigw_jwks_t           *set;
    ngx_apigw_jwk_error_t       error;
    ngx_http_apigw_jwt_conf_t  *jcf;

    jcf = authorizer->conf;
    set = NULL;

    text.data = ngx_pnalloc(cf->temp_pool, NGX_HTTP_APIGW_JWT_MAX_SECRET + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_apigw_jwt_read(cf, &jcf->secret_file, &text);

    if (rc == NGX_OK) {
        rc = ngx_apigw_jwks_secret(&set, &text, cf->pool, &error);

        if (rc == NGX_DECLINED) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid secret in \"%V\": %s",
                               &jcf->secret_file, error.reason);
        }
    }

    ngx_apigw_cleanse(text.data, NGX_HTTP_APIGW_JWT_MAX_SECRET + 1);

    if (rc != NGX_OK
        || ngx_http_apigw_jwt_long_enough(cf, jcf, set) != NGX_OK)
    {
        return NGX_ERROR;
    }

    issuer->issuer = ngx_apigw_issuer_fixed(cf, &issuer->name, set);

    return issuer->issuer ? NGX_OK : NGX_ERROR;
}


/* RFC 7518, 3.2: as many bytes as the hash */

static ngx_int_t
ngx_http_apigw_jwt_long_enough(ngx_conf_t *cf,
    ngx_http_apigw_jwt_conf_t *jcf, ngx_apigw_jwks_t *set)
{
    ngx_str_t   none;
    ngx_uint_t  bits, alg;

    ngx_str_null(&none);

    for (bits = 256, alg = NGX_APIGW_JWS_HS256;
         alg <= NGX_APIGW_JWS_HS512;
         bits += 128, alg <<= 1)
    {
        if (!(jcf->algorithms & alg)
            || ngx_apigw_jwks_next(set, &none, alg, NULL))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the secret in \"%V\" is not for HS%ui, which "
                           "needs %ui bytes", &jcf->secret_file, bits,
                           bits / 8);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* all of the file, but the end of its last line */

static ngx_int_t
ngx_http_apigw_jwt_read(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    ngx_int_t  rc;

    text->len = NGX_HTTP_APIGW_JWT_MAX_SECRET + 1;

    rc = ngx_http_apigw_conf_read(name, text);

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not %s the secret file \"%V\"",
                           (rc == NGX_DECLINED) ? "open" : "read", name);
        return NGX_ERROR;
    }

    if (text->len > NGX_HTTP_APIGW_JWT_MAX_SECRET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the secret file \"%V\" has more than %d bytes",
                           name, NGX_HTTP_APIGW_JWT_MAX_SECRET);
        return NGX_ERROR;
    }

    if (text->len && text->data[text->len - 1] == LF) {
        text->len--;

        if (text->len && text->data[text->len - 1] == CR) {
            text->len--;
        }
    }

    return NGX_OK;
}


void
ngx_http_apigw_jwt_stat(ngx_http_apigw_authorizer_t *authorizer,
    ngx_http_apigw_watched_stat_t *stat)
{
    ngx_uint_t                i;
    ngx_apigw_issuer_stat_t   st;
    ngx_http_apigw_issuer_t  *issuer;

    issuer = authorizer->issuers->elts;

    for (i = 0; i < authorizer->issuers->nelts; i++) {
        ngx_apigw_issuer_stat(issuer[i].issuer, &st);

        if (st.fixed) {
            continue;
        }

        if (stat->fetched == -1 || st.fetched < stat->fetched) {
            stat->fetched = st.fetched;
        }

        stat->failures = ngx_max(stat->failures, st.failures);
        stat->parked += st.waiting;
    }
}
