
/*
 * Copyright (C) ngx_apigw contributors
 */


/* requestContext: whose request it is, and by which way it came */

#include "ngx_apigw_event_int.h"


static void ngx_apigw_event_identity(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_http(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_domain(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_cert(ngx_apigw_event_out_t *out,
    ngx_apigw_event_cert_t *cert);
static void ngx_apigw_event_granted(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_granted_2(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_claims(ngx_apigw_event_out_t *out,
    ngx_apigw_json_t *claims);
static void ngx_apigw_event_scopes(ngx_apigw_event_out_t *out,
    ngx_apigw_granted_t *granted);
static void ngx_apigw_event_function(ngx_apigw_event_ctx_t *ctx);
static void ngx_apigw_event_claim(ngx_apigw_event_out_t *out,
    ngx_apigw_json_t *value);
static void ngx_apigw_event_plain(ngx_apigw_event_out_t *out,
    ngx_apigw_json_t *value);
static void ngx_apigw_event_native(ngx_apigw_event_out_t *out,
    ngx_apigw_json_t *value);


/* of REST APIs, and of format 1.0 */

void
ngx_apigw_event_context(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_member(out, "{\"accountId\":", &event->account);
    ngx_apigw_event_member(out, ",\"apiId\":", &event->api);

    if (!event->authorizer) {
        ngx_apigw_event_granted(ctx);
    }

    ngx_apigw_event_member(out, ",\"deploymentId\":", &event->deployment_id);

    ngx_apigw_event_domain(ctx);

    ngx_apigw_event_member(out, ",\"extendedRequestId\":",
                           &event->extended_id);
    ngx_apigw_event_member(out, ",\"httpMethod\":", &event->method);

    ngx_apigw_event_identity(ctx);

    ngx_apigw_event_text(out, ",\"path\":");
    ngx_apigw_event_path(out, ctx);

    ngx_apigw_event_member(out, ",\"protocol\":", &event->protocol);
    ngx_apigw_event_member(out, ",\"requestId\":", &event->request_id);

    ngx_apigw_event_text(out, ",\"requestTime\":\"");
    ngx_apigw_event_time(out, event->time);
    ngx_apigw_event_text(out, "\",\"requestTimeEpoch\":");
    ngx_apigw_event_number(out, event->time);

    if (event->format == NGX_APIGW_EVENT_REST) {
        ngx_apigw_event_member(out, ",\"resourceId\":", &event->resource_id);

    } else {
        ngx_apigw_event_text(out, ",\"resourceId\":null");
    }

    ngx_apigw_event_member(out, ",\"resourcePath\":", &event->resource);
    ngx_apigw_event_member(out, ",\"stage\":", &event->stage);
    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_identity(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_text(out, ",\"identity\":{\"accessKey\":null,"
                              "\"accountId\":null");

    if (event->keyed) {
        ngx_apigw_event_text(out, ",\"apiKey\":");
        ngx_apigw_event_or_null(out, &event->api_key);
        ngx_apigw_event_text(out, ",\"apiKeyId\":");
        ngx_apigw_event_or_null(out, &event->api_key_id);
    }

    ngx_apigw_event_text(out, ",\"caller\":null");

    if (event->cert) {
        ngx_apigw_event_text(out, ",");
        ngx_apigw_event_cert(out, event->cert);
    }

    ngx_apigw_event_text(out, ",\"cognitoAuthenticationProvider\":null,"
                              "\"cognitoAuthenticationType\":null,"
                              "\"cognitoIdentityId\":null,"
                              "\"cognitoIdentityPoolId\":null,"
                              "\"principalOrgId\":null");

    ngx_apigw_event_member(out, ",\"sourceIp\":", &event->source_ip);

    ngx_apigw_event_text(out, ",\"user\":null,\"userAgent\":");
    ngx_apigw_event_or_null(out, &event->user_agent);
    ngx_apigw_event_text(out, ",\"userArn\":null}");
}


/* of format 2.0 */

void
ngx_apigw_event_context_2(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_member(out, "{\"accountId\":", &event->account);
    ngx_apigw_event_member(out, ",\"apiId\":", &event->api);

    if (event->cert) {
        ngx_apigw_event_text(out, ",\"authentication\":{");
        ngx_apigw_event_cert(out, event->cert);
        ngx_apigw_event_text(out, "}");
    }

    if (!event->authorizer && event->granted) {
        ngx_apigw_event_granted_2(ctx);
    }

    ngx_apigw_event_domain(ctx);
    ngx_apigw_event_http(ctx);

    ngx_apigw_event_member(out, ",\"requestId\":", &event->request_id);
    ngx_apigw_event_member(out, ",\"routeKey\":", &event->route_key);
    ngx_apigw_event_member(out, ",\"stage\":", &event->stage);

    ngx_apigw_event_text(out, ",\"time\":\"");
    ngx_apigw_event_time(out, event->time);
    ngx_apigw_event_text(out, "\",\"timeEpoch\":");
    ngx_apigw_event_number(out, event->time);
    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_http(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_event_t      *event;
    ngx_apigw_event_out_t  *out;

    event = ctx->event;
    out = &ctx->out;

    ngx_apigw_event_member(out, ",\"http\":{\"method\":", &event->method);

    ngx_apigw_event_text(out, ",\"path\":");
    ngx_apigw_event_path(out, ctx);

    ngx_apigw_event_member(out, ",\"protocol\":", &event->protocol);
    ngx_apigw_event_member(out, ",\"sourceIp\":", &event->source_ip);

    ngx_apigw_event_text(out, ",\"userAgent\":");
    ngx_apigw_event_or_null(out, &event->user_agent);
    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_domain(ngx_apigw_event_ctx_t *ctx)
{
    u_char     *dot;
    ngx_str_t   prefix, *domain;

    domain = &ctx->event->domain;
    prefix = *domain;

    if (prefix.len) {
        dot = ngx_strlchr(prefix.data, prefix.data + prefix.len, '.');

        if (dot) {
            prefix.len = dot - prefix.data;
        }
    }

    ngx_apigw_event_member(&ctx->out, ",\"domainName\":", domain);
    ngx_apigw_event_member(&ctx->out, ",\"domainPrefix\":", &prefix);
}


static void
ngx_apigw_event_cert(ngx_apigw_event_out_t *out, ngx_apigw_event_cert_t *cert)
{
    ngx_apigw_event_member(out, "\"clientCert\":{\"clientCertPem\":",
                           &cert->pem);
    ngx_apigw_event_member(out, ",\"issuerDN\":", &cert->issuer);
    ngx_apigw_event_member(out, ",\"serialNumber\":", &cert->serial);
    ngx_apigw_event_member(out, ",\"subjectDN\":", &cert->subject);
    ngx_apigw_event_member(out, ",\"validity\":{\"notAfter\":",
                           &cert->not_after);
    ngx_apigw_event_member(out, ",\"notBefore\":", &cert->not_before);
    ngx_apigw_event_text(out, "}}");
}


static void
ngx_apigw_event_granted(ngx_apigw_event_ctx_t *ctx)
{
    ngx_uint_t              rest;
    ngx_apigw_granted_t    *granted;
    ngx_apigw_event_out_t  *out;

    out = &ctx->out;
    granted = ctx->event->granted;
    rest = (ctx->event->format == NGX_APIGW_EVENT_REST);

    if (granted == NULL) {
        if (!rest) {
            ngx_apigw_event_text(out, ",\"authorizer\":{\"claims\":null,"
                                      "\"scopes\":null}");
        }

        return;
    }

    if (granted->kind == NGX_APIGW_GRANTED_CONTEXT) {
        ngx_apigw_event_function(ctx);
        return;
    }

    ngx_apigw_event_text(out, ",\"authorizer\":{");
    ngx_apigw_event_claims(out, granted->root);

    if (!rest || granted->nscopes) {
        ngx_apigw_event_scopes(out, granted);
    }

    if (rest && granted->principal.len) {
        ngx_apigw_event_member(out, ",\"principalId\":", &granted->principal);
    }

    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_granted_2(ngx_apigw_event_ctx_t *ctx)
{
    ngx_apigw_granted_t    *granted;
    ngx_apigw_event_out_t  *out;

    out = &ctx->out;
    granted = ctx->event->granted;

    if (granted->kind == NGX_APIGW_GRANTED_CLAIMS) {
        ngx_apigw_event_text(out, ",\"authorizer\":{\"jwt\":{");
        ngx_apigw_event_claims(out, granted->root);
        ngx_apigw_event_scopes(out, granted);
        ngx_apigw_event_text(out, "}}");
        return;
    }

    ngx_apigw_event_text(out, ",\"authorizer\":{\"lambda\":");

    if (granted->root) {
        ngx_apigw_event_native(out, granted->root);

    } else {
        ngx_apigw_event_text(out, "{}");
    }

    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_claims(ngx_apigw_event_out_t *out, ngx_apigw_json_t *claims)
{
    ngx_apigw_json_t  *claim;

    ngx_apigw_event_text(out, "\"claims\":");

    if (claims == NULL) {
        ngx_apigw_event_text(out, "null");
        return;
    }

    ngx_apigw_event_text(out, "{");

    for (claim = claims->first; claim; claim = claim->next) {
        ngx_apigw_event_string(out, &claim->name);
        ngx_apigw_event_text(out, ":");
        ngx_apigw_event_claim(out, claim);

        if (claim->next) {
            ngx_apigw_event_text(out, ",");
        }
    }

    ngx_apigw_event_text(out, "}");
}


static void
ngx_apigw_event_scopes(ngx_apigw_event_out_t *out,
    ngx_apigw_granted_t *granted)
{
    if (granted->nscopes) {
        ngx_apigw_event_text(out, ",\"scopes\":");
        ngx_apigw_event_strings(out, granted->scopes, granted->nscopes);

    } else {
        ngx_apigw_event_text(out, ",\"scopes\":null");
    }
}


/* what the gateway says of a function, the function can't say itself */

static void
ngx_apigw_event_function(ngx_apigw_event_ctx_t *ctx)
{
    ngx_str_t              *name;
    ngx_apigw_json_t       *value;
    ngx_apigw_granted_t    *granted;
    ngx_apigw_event_out_t  *out;

    out = &ctx->out;
    granted = ctx->event->granted;

    ngx_apigw_event_text(out, ",\"authorizer\":{\"integrationLatency\":");
    ngx_apigw_event_number(out, granted->latency);

    if (granted->principal.len) {
        ngx_apigw_event_member(out, ",\"principalId\":", &granted->principal);
    }

    value = granted->root ? granted->root->first : NULL;

    for ( /* void */ ; value; value = value->next) {
        name = &value->name;

        if ((name->len == 18
             && ngx_memcmp(name->data, "integrationLatency", 18) == 0)
            || (name->len == 11 && granted->principal.len
                && ngx_memcmp(name->data, "principalId", 11) == 0))
        {
            continue;
        }

        ngx_apigw_event_text(out, ",");
        ngx_apigw_event_string(out, name);
        ngx_apigw_event_text(out, ":");

        if (ctx->event->format == NGX_APIGW_EVENT_REST
            && value->type != NGX_APIGW_JSON_NULL)
        {
            ngx_apigw_event_claim(out, value);

        } else {
            ngx_apigw_event_native(out, value);
        }
    }

    ngx_apigw_event_text(out, "}");
}


/* a string: of an array its values with commas between them */

static void
ngx_apigw_event_claim(ngx_apigw_event_out_t *out, ngx_apigw_json_t *value)
{
    ngx_apigw_json_t  *item;

    ngx_apigw_event_text(out, "\"");

    if (value->type != NGX_APIGW_JSON_ARRAY) {
        ngx_apigw_event_plain(out, value);
        ngx_apigw_event_text(out, "\"");
        return;
    }

    for (item = value->first; item; item = item->next) {
        ngx_apigw_event_plain(out, item);

        if (item->next) {
            ngx_apigw_event_text(out, ",");
        }
    }

    ngx_apigw_event_text(out, "\"");
}


static void
ngx_apigw_event_plain(ngx_apigw_event_out_t *out, ngx_apigw_json_t *value)
{
    ngx_str_t  text;

    if (value->type < NGX_APIGW_JSON_ARRAY) {
        ngx_apigw_event_inside(out, &value->text);
        return;
    }

    if (ngx_apigw_json_print(value, out->pool, &text) != NGX_OK) {
        out->failed = 1;
        return;
    }

    ngx_apigw_event_inside(out, &text);
}


static void
ngx_apigw_event_native(ngx_apigw_event_out_t *out, ngx_apigw_json_t *value)
{
    ngx_str_t  text;

    if (ngx_apigw_json_print(value, out->pool, &text) != NGX_OK) {
        out->failed = 1;
        return;
    }

    ngx_apigw_event_raw(out, (char *) text.data, text.len);
}
