
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_SIGV4_H_INCLUDED_
#define _NGX_APIGW_SIGV4_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_event.h"


/* AWS Signature Version 4 (IAM User Guide, signing AWS API requests) */

typedef struct {
    ngx_str_t               key_id;
    ngx_str_t               secret;
    ngx_str_t               token;       /* "": no session */
} ngx_apigw_credentials_t;


/* a SHA-256 of pieces; the object is OpenSSL's: it ends with final() */

typedef struct ngx_apigw_sha256_s  ngx_apigw_sha256_t;

#define NGX_APIGW_SHA256_HEX  64

ngx_apigw_sha256_t *ngx_apigw_sha256_create(void);
ngx_int_t ngx_apigw_sha256_update(ngx_apigw_sha256_t *sha, u_char *data,
    size_t len);

/* hex in lower case; NULL for hex: throw it away; NGX_OK, NGX_ERROR */
ngx_int_t ngx_apigw_sha256_final(ngx_apigw_sha256_t *sha,
    u_char hex[NGX_APIGW_SHA256_HEX]);


#define NGX_APIGW_SIGV4_DATE  16         /* "20150830T123600Z" */

typedef struct {
    ngx_str_t               method;
    ngx_str_t               path;        /* as sent, encoded */
    ngx_str_t               query;       /* as sent, without "?" */
    ngx_apigw_pair_t       *headers;     /* to be signed, host and x-amz-date
                                            among them, in any order */
    ngx_uint_t              nheaders;
    ngx_str_t               payload;     /* its SHA-256 in hex */
    ngx_str_t               date;        /* NGX_APIGW_SIGV4_DATE bytes */
    ngx_str_t               region;
    ngx_str_t               service;     /* "lambda" */
    unsigned                normalize:1; /* dot segments and "//" in path */
    unsigned                encode:1;    /* path once more: all services but
                                            S3 */
} ngx_apigw_sigv4_t;


/* "20150830T123600Z" of a Unix time */
void ngx_apigw_sigv4_date(u_char date[NGX_APIGW_SIGV4_DATE], int64_t time);

/*
 * The value of the Authorization header, in the pool.  A session's token is
 * signed as x-amz-security-token, one of the headers.  canonical and to_sign:
 * the intermediate forms, for tests, or NULL.
 *
 *     NGX_OK
 *     NGX_ERROR  no memory, or OpenSSL failed
 */
ngx_int_t ngx_apigw_sigv4(ngx_apigw_sigv4_t *request,
    ngx_apigw_credentials_t *credentials, ngx_pool_t *pool,
    ngx_str_t *authorization, ngx_str_t *canonical, ngx_str_t *to_sign);


/*
 * A profile of a shared credentials file (AWS CLI): "[name]" lines and
 * "aws_access_key_id = ..." lines.  Other keys are ignored.  Values point into
 * text.  An empty profile is "default".
 *
 *     NGX_OK
 *     NGX_DECLINED  *reason is a static text, *line the number of the line,
 *                   or 0
 */
ngx_int_t ngx_apigw_credentials_parse(ngx_apigw_credentials_t *credentials,
    ngx_str_t *text, ngx_str_t *profile, const char **reason,
    ngx_uint_t *line);

/* what can stand in a header, and is not absurd: NULL, or a static text */
const char *ngx_apigw_credentials_check(ngx_apigw_credentials_t *credentials);


#endif /* _NGX_APIGW_SIGV4_H_INCLUDED_ */
