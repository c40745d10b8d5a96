
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_EVENT_H_INCLUDED_
#define _NGX_APIGW_EVENT_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_json.h"


/*
 * Events: what a Lambda function is told of a request, as AWS API Gateway
 * writes it (Developer Guide, Lambda proxy integrations, Lambda authorizers).
 * Bytes that are not UTF-8 become U+FFFD, one each, but for a body, which is
 * base64 then.
 */

typedef enum {
    NGX_APIGW_EVENT_REST = 0,      /* REST API: no "version" */
    NGX_APIGW_EVENT_1_0,           /* HTTP API */
    NGX_APIGW_EVENT_2_0,           /* HTTP API */
    NGX_APIGW_EVENT_TOKEN          /* TOKEN authorizer of a REST API */
} ngx_apigw_event_format_e;


typedef struct {
    ngx_str_t               name;
    ngx_str_t               value;
} ngx_apigw_pair_t;


/* what an authorizer says of a client: requestContext.authorizer */

typedef enum {
    NGX_APIGW_GRANTED_CLAIMS = 0,  /* root: the claims of a token */
    NGX_APIGW_GRANTED_CONTEXT      /* root: the context of a function */
} ngx_apigw_granted_e;

typedef struct {
    ngx_uint_t              kind;        /* ngx_apigw_granted_e */
    ngx_apigw_json_t       *root;        /* an object, or NULL */
    ngx_str_t               principal;   /* principalId; "": none */
    ngx_str_t               usage_key;   /* usageIdentifierKey; "": none */
    ngx_str_t              *scopes;      /* of the token, those that the route
                                            asks for */
    ngx_uint_t              nscopes;
    uint64_t                latency;     /* ms, of the function */
} ngx_apigw_granted_t;


/* a client certificate; its times as OpenSSL prints them */

typedef struct {
    ngx_str_t               pem;
    ngx_str_t               subject;
    ngx_str_t               issuer;
    ngx_str_t               serial;
    ngx_str_t               not_before;
    ngx_str_t               not_after;
} ngx_apigw_event_cert_t;


typedef struct {
    ngx_uint_t              format;      /* ngx_apigw_event_format_e */
    ngx_uint_t              authorizer;  /* 1: it is that of an authorizer */

    ngx_str_t               account;     /* 12 digits */
    ngx_str_t               region;
    ngx_str_t               api;
    ngx_str_t               stage;       /* "$default", too */
    ngx_str_t               prefix;      /* of the stage: "/prod", or "" */
    ngx_str_t               domain;      /* of the Host header, no port */

    ngx_str_t               method;
    ngx_str_t               protocol;    /* "HTTP/1.1" */
    ngx_str_t               resource;    /* "/pets/{id}", "$default" */
    ngx_str_t               deployment_id;   /* ngx_apigw_event_id() */
    ngx_str_t               resource_id;
    ngx_str_t               route_key;   /* "GET /pets/{id}", "$default" */
    ngx_str_t               path;        /* canonical, without prefix */
    ngx_str_t               args;        /* as sent, without "?" */

    ngx_str_t               request_id;
    ngx_str_t               extended_id;
    ngx_str_t               source_ip;
    ngx_str_t               user_agent;  /* "": null */
    uint64_t                time;        /* ms since the epoch */

    ngx_apigw_pair_t       *headers;     /* as the function gets them, in
                                            order, names as they were sent */
    ngx_uint_t              nheaders;
    ngx_apigw_pair_t       *params;      /* of the path, encoded as in path */
    ngx_uint_t              nparams;
    ngx_apigw_pair_t       *variables;   /* of the stage */
    ngx_uint_t              nvariables;

    ngx_uint_t              keyed;       /* 1: the route wants an API key, and
                                            identity has the next two */
    ngx_str_t               api_key;     /* "": null */
    ngx_str_t               api_key_id;  /* "": null */

    ngx_apigw_event_cert_t *cert;        /* NULL: none */
    ngx_apigw_granted_t    *granted;     /* NULL: no authorizer */

    ngx_str_t              *sources;     /* identitySource of an authorizer */
    ngx_uint_t              nsources;
    ngx_str_t               token;       /* authorizationToken */
} ngx_apigw_event_t;


#define NGX_APIGW_EVENT_ID  6

/*
 * That of a deployment ('d', of the stage) or a resource ('r') of an API:
 * digits and letters.
 */
void ngx_apigw_event_id(u_char id[NGX_APIGW_EVENT_ID], ngx_str_t *api,
    ngx_str_t *what, u_char kind);


/* "09/Aug/2026:12:00:00 +0000", of ms since the epoch; the place behind */
u_char *ngx_apigw_event_clock(u_char *p, uint64_t time);

#define NGX_APIGW_EVENT_CLOCK_LEN  (sizeof("09/Aug/2026:12:00:00 +0000") - 1)


/*
 * The text of the event, in one block of the pool: head, the inside of the
 * string "body", whose quotes are in head and tail, and tail.
 *
 * has_body: 0: there is none, and head and tail together are the event.
 * base64: what isBase64Encoded says.  Of an authorizer's event head is all.
 *
 *     NGX_OK
 *     NGX_ERROR  no memory
 */
ngx_int_t ngx_apigw_event_write(ngx_apigw_event_t *event, ngx_uint_t has_body,
    ngx_uint_t base64, ngx_pool_t *pool, ngx_str_t *head, ngx_str_t *tail);

/*
 * arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH, in the pool;
 * NGX_OK, NGX_ERROR
 */
ngx_int_t ngx_apigw_event_arn(ngx_apigw_event_t *event, ngx_pool_t *pool,
    ngx_str_t *arn);

#define NGX_APIGW_EVENT_MAX_ARN  1600     /* bytes, AWS */


/*
 * A body, in pieces, in two passes: the first one measures, the second one
 * writes between quotes of JSON.  As base64 it is four thirds, as text what
 * the escapes make of it.
 */

typedef struct {
    u_char                  carry[4];    /* of a piece that ended too early */
    ngx_uint_t              ncarry;
    ngx_uint_t              bad;         /* 1: it is not UTF-8 */
    size_t                  text;        /* bytes of it as text, escaped */
    size_t                  bytes;       /* bytes of it */
} ngx_apigw_event_body_t;

void ngx_apigw_event_body_init(ngx_apigw_event_body_t *body);

/* after the last piece, bad is set also where it ended inside a character */
void ngx_apigw_event_body_measure(ngx_apigw_event_body_t *body, u_char *data,
    size_t len, ngx_uint_t last);

/* Each returns the place behind; p has room for what was measured. */
u_char *ngx_apigw_event_body_text(u_char *p, u_char *data, size_t len);
u_char *ngx_apigw_event_body_base64(ngx_apigw_event_body_t *body, u_char *p,
    u_char *data, size_t len, ngx_uint_t last);

/*
 * Whether a media type is text to an HTTP API: text, JSON, XML, JavaScript;
 * type: the value of Content-Type, parameters are ignored.
 */
ngx_uint_t ngx_apigw_event_text_type(ngx_str_t *type);

/*
 * Whether a media type is one of those of a list of binary media types: of
 * each of them a part may be "*"; parameters are ignored.
 */
ngx_uint_t ngx_apigw_event_binary_type(ngx_str_t *type, ngx_str_t *types,
    ngx_uint_t n);


/*
 * What becomes of a header on its way to a function and back (Developer
 * Guide, Important notes for REST APIs; HTTP APIs).
 */

typedef enum {
    NGX_APIGW_HEADER_PASS = 0,
    NGX_APIGW_HEADER_DROP,
    NGX_APIGW_HEADER_REMAP         /* becomes x-amzn-Remapped-NAME */
} ngx_apigw_header_rule_e;

/* type: NGX_APIGW_REST, NGX_APIGW_HTTP; the name in either case */
ngx_uint_t ngx_apigw_header_request(ngx_uint_t type, ngx_str_t *name);
ngx_uint_t ngx_apigw_header_response(ngx_uint_t type, ngx_str_t *name);


#endif /* _NGX_APIGW_EVENT_H_INCLUDED_ */
