
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_CLAIMS_H_INCLUDED_
#define _NGX_APIGW_CLAIMS_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_json.h"


/*
 * Claims (RFC 7519, 4; RFC 8693, 4.2; RFC 9068) and what they must say.  Times
 * are seconds of Unix time; those of a token may have a fraction: exp is cut,
 * nbf and iat are rounded up, so that no token is good for longer by it.
 * reason is a static text, for error_description (RFC 6750, 3), too: no quotes
 * and backslashes.
 */

#define NGX_APIGW_CLAIMS_MAX_TIME   253402300799LL   /* the year 9999 */
#define NGX_APIGW_CLAIMS_NO_TIME    ((int64_t) -1)


typedef struct {
    ngx_apigw_json_t          *root;
    int64_t                    exp;      /* NO_TIME: none */
    int64_t                    nbf;
    int64_t                    iat;
    ngx_str_t                  iss;      /* "": none */
    ngx_str_t                  sub;
    ngx_str_t                  jti;
    ngx_str_t                  client_id;
} ngx_apigw_claims_t;


/*
 * The registered claims of an object, which must be one.  Those that are there
 * must be of their type ("aud": a string or a list of strings); a time must be
 * a number from 0 to NGX_APIGW_CLAIMS_MAX_TIME.  The strings are those of the
 * tree.  NGX_OK; NGX_DECLINED: reason.
 */
ngx_int_t ngx_apigw_claims_read(ngx_apigw_claims_t *claims,
    ngx_apigw_json_t *root, const char **reason);

/*
 * now < exp + leeway; nbf and iat <= now + leeway, where they are there.  An
 * exp must be there if required.  NGX_OK; NGX_DECLINED: reason.
 */
ngx_int_t ngx_apigw_claims_time(ngx_apigw_claims_t *claims, int64_t now,
    int64_t leeway, ngx_uint_t exp_required, const char **reason);

/*
 * One of the audiences is in "aud" (a string or a list of strings), or, only
 * where there is no "aud", is "client_id".  NGX_OK; NGX_DECLINED: reason.
 */
ngx_int_t ngx_apigw_claims_audience(ngx_apigw_claims_t *claims,
    ngx_str_t *audiences, ngx_uint_t n, const char **reason);

/*
 * 1 where "scope", or "scp" where there is no "scope" (a string of words, or a
 * list of strings), has one of the scopes, or with all, each; else 0.  Words
 * are separated by spaces, they and what is in a list are compared as a whole.
 */
ngx_uint_t ngx_apigw_claims_scopes(ngx_apigw_claims_t *claims,
    ngx_str_t *scopes, ngx_uint_t n, ngx_uint_t all);


/* a rule on any claim */

typedef enum {
    NGX_APIGW_CLAIM_EQUALS = 0,      /* a scalar, the first value */
    NGX_APIGW_CLAIM_ONE_OF,          /* a scalar, any of the values */
    NGX_APIGW_CLAIM_CONTAINS         /* a list that has all values, or a
                                        string of words that has */
} ngx_apigw_claim_op_e;

typedef struct {
    ngx_str_t                  pointer;  /* RFC 6901 */
    ngx_uint_t                 op;
    ngx_str_t                 *values;   /* compared with the bytes of strings
                                            and the JSON of other scalars */
    ngx_uint_t                 nvalues;
} ngx_apigw_claim_rule_t;

/* 1 where the claims obey the rule, 0 where not, or the rule has no values */
ngx_uint_t ngx_apigw_claims_obey(ngx_apigw_json_t *root,
    ngx_apigw_claim_rule_t *rule);


/*
 * The claim that a variable's name (lower case, [a-z0-9_]) stands for: that
 * of exactly this name, else the only one that has it when its upper-case
 * letters are lower and its other characters, whatever they take in UTF-8, are
 * "_".  NULL: none, or several.
 */
ngx_apigw_json_t *ngx_apigw_claims_named(ngx_apigw_json_t *root,
    ngx_str_t *name);

/*
 * A value for variables, headers and logs.  A string has its bytes, but "%",
 * control characters, blanks at its ends and what is not ASCII are
 * percent-encoded (RFC 3986, 2.1), so that two different claims never look the
 * same; other scalars and what is nested are JSON in ASCII; null is empty.
 *
 *     NGX_OK     text points into the value or is in the pool
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_claims_text(ngx_apigw_json_t *value, ngx_pool_t *pool,
    ngx_str_t *text);


#endif /* _NGX_APIGW_CLAIMS_H_INCLUDED_ */
