
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_AUTHORIZER_H_INCLUDED_
#define _NGX_HTTP_APIGW_AUTHORIZER_H_INCLUDED_


#include "ngx_http_apigw.h"
#include "ngx_apigw_claims.h"
#include "ngx_apigw_issuer.h"
#include "ngx_apigw_tokens.h"


/*
 * Authorizers: who a client is, and whether it may call a route.  A type is
 * one file; it parses what its block says and decides about requests.
 */

typedef struct ngx_http_apigw_authorizer_s  ngx_http_apigw_authorizer_t;
typedef struct ngx_http_apigw_authorize_s   ngx_http_apigw_authorize_t;
typedef struct ngx_http_apigw_revoked_s     ngx_http_apigw_revoked_t;


/*
 * Decides about a request whose token is text: as a step of the pipeline, but
 * a refusal is told by authorizer_refuse().  Called again when the request,
 * which it has parked, is woken; ctx->authorization->state is its own.
 */
typedef ngx_int_t (*ngx_http_apigw_authorizer_pt)(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_str_t *text);

/*
 * What is authorized, in place of one token.  A refusal has no
 * WWW-Authenticate then.
 *
 *     NGX_OK
 *     NGX_DECLINED  it is not there
 *     NGX_BUSY      it is there several times
 *     NGX_ERROR
 */
typedef ngx_int_t (*ngx_http_apigw_identify_pt)(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorizer_t *authorizer,
    ngx_str_t *text);

typedef struct {
    ngx_str_t                      name;     /* "jwt" */
    ngx_uint_t                     identities;  /* at most */
    ngx_msec_t                     timeout;  /* unless the block says it */

    /* a directive of the block; NGX_CONF_OK, an error, or
       NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN */
    char                        *(*directive)(ngx_conf_t *cf,
                                     ngx_http_apigw_authorizer_t *authorizer);

    /* at the end of http{}, when resolver and cache directory are known */
    ngx_int_t                    (*init)(ngx_conf_t *cf,
                                     ngx_http_apigw_authorizer_t *authorizer);

    ngx_int_t                    (*init_worker)(ngx_cycle_t *cycle,
                                     ngx_http_apigw_authorizer_t *authorizer);
    void                         (*exit_worker)(
                                     ngx_http_apigw_authorizer_t *authorizer);

    ngx_http_apigw_authorizer_pt   authorize;

    ngx_http_apigw_identify_pt     identify; /* NULL: one token */

    /* of a stage that uses it, when all is known; NULL: nothing to check */
    ngx_int_t                    (*stage)(ngx_conf_t *cf,
                                     ngx_http_apigw_authorizer_t *authorizer,
                                     ngx_http_apigw_stage_t *stage);

    /* sets what it knows, the rest is set before */
    void                         (*stat)(
                                     ngx_http_apigw_authorizer_t *authorizer,
                                     ngx_http_apigw_watched_stat_t *stat);
} ngx_http_apigw_authorizer_type_t;

#define NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN  ((char *) -2)


/* one issuer of a jwt authorizer */

typedef struct {
    ngx_str_t                      name;     /* "iss" */
    ngx_str_t                     *audiences;
    ngx_uint_t                     naudiences;
    ngx_str_t                      jwks;     /* as written, or empty */
    ngx_apigw_issuer_t            *issuer;   /* set by init() */
    ngx_http_apigw_place_t         place;
} ngx_http_apigw_issuer_t;


/*
 * A variable that says who a client is.  Some are masked as soon as they are
 * known, so that nobody else will ever read them; those of a type that has
 * identify() are passed on, and masked in logs.
 */

typedef struct {
    ngx_str_t                      name;     /* without "$" */
    ngx_int_t                      index;    /* NGX_ERROR: it is a header */
    ngx_str_t                      header;   /* in lower case; "":
                                                Authorization */
    ngx_str_t                      part;     /* argument or cookie, or "" */
    unsigned                       query:1;  /* it is in the request line or in
                                                a cookie */
    unsigned                       cookie:1;
    unsigned                       passed:1; /* on */
    unsigned                       open:1;   /* it is no secret */
} ngx_http_apigw_identity_t;


struct ngx_http_apigw_authorizer_s {
    ngx_str_t                          name;
    ngx_http_apigw_authorizer_type_t  *type;
    ngx_http_apigw_place_t             place;

    ngx_http_apigw_identity_t         *identities;
    ngx_uint_t                         nidentities;
    ngx_msec_t                         timeout;
    time_t                             leeway;    /* seconds */
    size_t                             token_max; /* bytes */
    size_t                             header_max;
    size_t                             cache;     /* bytes, 0: off */
    ngx_str_t                          trusted_certificate;
    ngx_array_t                       *rules;     /* ngx_apigw_claim_rule_t */
    ngx_array_t                       *issuers;   /* ngx_http_apigw_issuer_t */
    ngx_http_apigw_revoked_t          *revoked;   /* NULL: none */
    ngx_apigw_tokens_t                *tokens;    /* of the worker;
                                                     NULL: off */
    void                              *conf;      /* of the type */
    ngx_http_apigw_watched_t           watched;

    unsigned                           started:1; /* in this process */
};


/* of http{} */

typedef struct {
    ngx_array_t                    authorizers; /* pointers */
    ngx_array_t                    authorizes;  /* pointers */
    ngx_path_t                    *jwks_path;   /* NULL: none */
} ngx_http_apigw_authorizer_main_conf_t;


typedef struct {
    ngx_http_apigw_authorize_t    *authorize;
} ngx_http_apigw_authorizer_loc_conf_t;


/* a secret that a variable gave, wiped when the request has been logged */

struct ngx_http_apigw_shown_s {
    ngx_http_apigw_shown_t        *next;
    ngx_int_t                      index;    /* NGX_ERROR: of none */
    ngx_str_t                      text;
    ngx_uint_t                     passed;   /* it is in the request still */
};


/* apigw_authorize of a route, shared by all that inherit it */

struct ngx_http_apigw_authorize_s {
    ngx_http_apigw_authorizer_t   *authorizer; /* NULL: off */
    ngx_str_t                      name;
    ngx_str_t                     *scopes;     /* one of them */
    ngx_uint_t                     nscopes;
    ngx_str_t                     *scopes_all; /* all of them */
    ngx_uint_t                     nscopes_all;
    ngx_str_t                      wanted;     /* all of both, for the header
                                                  of insufficient_scope */
    ngx_http_apigw_place_t         place;
};


/* what is known of a client request; ctx->authorization, made by the step */

struct ngx_http_apigw_auth_s {
    ngx_http_apigw_authorizer_t   *authorizer;
    ngx_apigw_token_t             *token;      /* whose claims are shown;
                                                  NULL: not authenticated */
    ngx_apigw_token_t             *held;       /* until the request ends */
    ngx_str_t                      text;       /* of the client */
    ngx_str_t                      challenge;  /* WWW-Authenticate */
    ngx_apigw_granted_t            granted;    /* what is known; that it is
                                                  granted ctx->granted says */
    void                          *state;      /* of the type, for a request
                                                  that is parked */

    ngx_msec_t                     since;      /* when it was asked */
    ngx_msec_t                     latency;    /* from then on */
    const char                    *reason;     /* of a refusal */
    ngx_uint_t                     error;      /* ngx_http_apigw_error_e */
    ngx_uint_t                     decided;    /* 1: latency and error are
                                                  set */
};


extern ngx_module_t  ngx_http_apigw_authorizer_module;


#define ngx_http_apigw_authorizer_get_conf(cf)                               \
    ngx_http_conf_get_module_main_conf(cf, ngx_http_apigw_authorizer_module)


/* ngx_http_apigw_authorizer_conf.c */

/* apigw_authorizer name { ... } */
char *ngx_http_apigw_authorizer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * For directives of a type.  A directive that has one argument; times and
 * sizes in their bounds; and the words of "name=a,b".  NGX_OK, or logged and
 * NGX_ERROR, which duplicate() always is.
 */
ngx_int_t ngx_http_apigw_authorizer_one(ngx_conf_t *cf);
ngx_int_t ngx_http_apigw_authorizer_time(ngx_conf_t *cf, ngx_msec_t min,
    ngx_msec_t max, ngx_msec_t *time);
ngx_int_t ngx_http_apigw_authorizer_size(ngx_conf_t *cf, size_t min,
    size_t max, size_t *size);
ngx_int_t ngx_http_apigw_authorizer_list(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_str_t **list, ngx_uint_t *n);
ngx_int_t ngx_http_apigw_authorizer_duplicate(ngx_conf_t *cf);

/* of http{}, for init() of a type; NULL: there is none, timeout is set */
ngx_resolver_t *ngx_http_apigw_authorizer_resolver(ngx_conf_t *cf,
    ngx_msec_t *timeout);


extern ngx_http_apigw_authorizer_type_t  ngx_http_apigw_jwt_type;
extern ngx_http_apigw_authorizer_type_t  ngx_http_apigw_introspection_type;
extern ngx_http_apigw_authorizer_type_t
    ngx_http_apigw_lambda_authorizer_type;


/* ngx_http_apigw_authorizer_variables.c */

extern ngx_http_variable_t  ngx_http_apigw_authorizer_vars[];

/* apigw_claim $variable pointer */
char *ngx_http_apigw_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_http_apigw_authorizer_headers.c */

void ngx_http_apigw_authorizer_filter_init(void);

/* ngx_http_apigw_authorizer_identity.c */

/* identity $variable ..., and one of them; NGX_OK, or logged and NGX_ERROR */
ngx_int_t ngx_http_apigw_authorizer_identity(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
ngx_int_t ngx_http_apigw_authorizer_add_identity(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer, ngx_str_t *value);

/* reads what is in the request line or in a cookie, so that it is masked */
ngx_int_t ngx_http_apigw_authorizer_enter(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);

/*
 *     NGX_OK        text is what the variable gives, and not empty
 *     NGX_DECLINED  there is none
 *     NGX_BUSY      there are several
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_http_apigw_authorizer_read(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_identity_t *identity,
    ngx_str_t *text);


/* ngx_http_apigw_authorizer_hide.c */

/* as authorizer_read(), of a variable: read once, it may be masked then */
ngx_int_t ngx_http_apigw_authorizer_shown(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_identity_t *identity,
    ngx_str_t *text);

/* notes a secret, to be wiped, and where it is passed on, to be masked */
ngx_int_t ngx_http_apigw_authorizer_show(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_int_t index, ngx_str_t *text,
    ngx_uint_t passed);

/* the log phase: nobody will read a token there */
ngx_int_t ngx_http_apigw_authorizer_hide(ngx_http_request_t *r);


/* ngx_http_apigw_authorizer_step.c */

ngx_int_t ngx_http_apigw_authorizer_step(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);

/*
 * A refusal, logged with why at info, never with the token.
 *
 *     UNAUTHORIZED        description is for invalid_token (RFC 6750, 3.1);
 *                         NULL: no token was sent
 *     ACCESS_DENIED       insufficient_scope
 *     AUTHORIZER_FAILURE  it could not be decided
 *     others              as the type has it
 */
ngx_int_t ngx_http_apigw_authorizer_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error, const char *description);

/*
 * A token that is valid now gets the rest of the decision: the revoked list,
 * scopes.  Takes over the token, which is held.
 */
ngx_int_t ngx_http_apigw_authorizer_accept(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_http_apigw_authorize_t *authorize,
    ngx_apigw_token_t *token);


/* ngx_http_apigw_authorizer_stat.c */

/* enters it in the list of the main configuration; NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_authorizer_watch(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);

/* counts what the step has returned, but for NGX_DONE */
void ngx_http_apigw_authorizer_decided(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_int_t rc);

/* for types: what is remembered was of use, or not */
void ngx_http_apigw_authorizer_cached(ngx_http_request_t *r,
    ngx_http_apigw_authorizer_t *authorizer, ngx_uint_t hit);


/* ngx_http_apigw_authorizer_revoked.c */

/* reads the file: NULL, logged */
ngx_http_apigw_revoked_t *ngx_http_apigw_revoked_create(ngx_conf_t *cf,
    ngx_str_t *file);
ngx_int_t ngx_http_apigw_revoked_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_revoked_t *revoked);
void ngx_http_apigw_revoked_exit_worker(ngx_http_apigw_revoked_t *revoked);

/* 1 where the token is on the list as it is now */
ngx_uint_t ngx_http_apigw_revoked(ngx_http_apigw_revoked_t *revoked,
    ngx_apigw_token_t *token);


#endif /* _NGX_HTTP_APIGW_AUTHORIZER_H_INCLUDED_ */
