
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Amazon API Gateway Developer Guide, Important notes for REST APIs: what is
 * not in a table passes.
 */

#include "ngx_apigw_event.h"
#include "ngx_apigw_router.h"
#include "ngx_apigw_text.h"


typedef struct {
    ngx_str_t    name;           /* in lower case */
    ngx_uint_t   rule;           /* ngx_apigw_header_rule_e */
} ngx_apigw_header_rule_t;


static ngx_uint_t ngx_apigw_header_rule(const ngx_apigw_header_rule_t *rules,
    ngx_str_t *name);


static const ngx_apigw_header_rule_t  ngx_apigw_header_rest_request[] = {
    { ngx_string("connection"), NGX_APIGW_HEADER_DROP },
    { ngx_string("content-length"), NGX_APIGW_HEADER_DROP },
    { ngx_string("content-md5"), NGX_APIGW_HEADER_DROP },
    { ngx_string("expect"), NGX_APIGW_HEADER_DROP },
    { ngx_string("max-forwards"), NGX_APIGW_HEADER_DROP },
    { ngx_string("proxy-authenticate"), NGX_APIGW_HEADER_DROP },
    { ngx_string("server"), NGX_APIGW_HEADER_DROP },
    { ngx_string("te"), NGX_APIGW_HEADER_DROP },
    { ngx_string("trailer"), NGX_APIGW_HEADER_DROP },
    { ngx_string("transfer-encoding"), NGX_APIGW_HEADER_DROP },
    { ngx_string("upgrade"), NGX_APIGW_HEADER_DROP },
    { ngx_string("www-authenticate"), NGX_APIGW_HEADER_DROP },
    { ngx_null_string, NGX_APIGW_HEADER_PASS }
};

/*
 * The last four are the gateway's own; one of "keep-alive" and
 * "proxy-connection" makes a response of HTTP/2 malformed (RFC 9113, 8.2.2).
 */

static const ngx_apigw_header_rule_t  ngx_apigw_header_rest_response[] = {
    { ngx_string("authorization"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("connection"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("content-length"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("content-md5"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("date"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("expect"), NGX_APIGW_HEADER_DROP },
    { ngx_string("host"), NGX_APIGW_HEADER_DROP },
    { ngx_string("keep-alive"), NGX_APIGW_HEADER_DROP },
    { ngx_string("max-forwards"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("proxy-authenticate"), NGX_APIGW_HEADER_DROP },
    { ngx_string("proxy-connection"), NGX_APIGW_HEADER_DROP },
    { ngx_string("server"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("te"), NGX_APIGW_HEADER_DROP },
    { ngx_string("trailer"), NGX_APIGW_HEADER_DROP },
    { ngx_string("transfer-encoding"), NGX_APIGW_HEADER_DROP },
    { ngx_string("upgrade"), NGX_APIGW_HEADER_DROP },
    { ngx_string("user-agent"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("via"), NGX_APIGW_HEADER_DROP },
    { ngx_string("www-authenticate"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("x-amzn-requestid"), NGX_APIGW_HEADER_REMAP },
    { ngx_string("x-amzn-trace-id"), NGX_APIGW_HEADER_DROP },
    { ngx_string("x-amz-apigw-id"), NGX_APIGW_HEADER_DROP },
    { ngx_string("apigw-requestid"), NGX_APIGW_HEADER_DROP },
    { ngx_null_string, NGX_APIGW_HEADER_PASS }
};

/* hop by hop */

static const ngx_apigw_header_rule_t  ngx_apigw_header_http_request[] = {
    { ngx_string("connection"), NGX_APIGW_HEADER_DROP },
    { ngx_string("keep-alive"), NGX_APIGW_HEADER_DROP },
    { ngx_string("proxy-authenticate"), NGX_APIGW_HEADER_DROP },
    { ngx_string("proxy-authorization"), NGX_APIGW_HEADER_DROP },
    { ngx_string("proxy-connection"), NGX_APIGW_HEADER_DROP },
    { ngx_string("te"), NGX_APIGW_HEADER_DROP },
    { ngx_string("trailer"), NGX_APIGW_HEADER_DROP },
    { ngx_string("transfer-encoding"), NGX_APIGW_HEADER_DROP },
    { ngx_string("upgrade"), NGX_APIGW_HEADER_DROP },
    { ngx_null_string, NGX_APIGW_HEADER_PASS }
};

static const ngx_apigw_header_rule_t  ngx_apigw_header_http_response[] = {
    { ngx_string("content-length"), NGX_APIGW_HEADER_DROP },
    { ngx_string("date"), NGX_APIGW_HEADER_DROP },
    { ngx_string("server"), NGX_APIGW_HEADER_DROP },
    { ngx_string("via"), NGX_APIGW_HEADER_DROP },
    { ngx_string("x-amz-apigw-id"), NGX_APIGW_HEADER_DROP },
    { ngx_string("apigw-requestid"), NGX_APIGW_HEADER_DROP },
    { ngx_null_string, NGX_APIGW_HEADER_PASS }
};


ngx_uint_t
ngx_apigw_header_request(ngx_uint_t type, ngx_str_t *name)
{
    if (type == NGX_APIGW_REST) {
        return ngx_apigw_header_rule(ngx_apigw_header_rest_request, name);
    }

    return ngx_apigw_header_rule(ngx_apigw_header_http_request, name);
}


ngx_uint_t
ngx_apigw_header_response(ngx_uint_t type, ngx_str_t *name)
{
    ngx_uint_t  rule;

    if (type == NGX_APIGW_REST) {
        return ngx_apigw_header_rule(ngx_apigw_header_rest_response, name);
    }

    rule = ngx_apigw_header_rule(ngx_apigw_header_http_response, name);

    if (rule != NGX_APIGW_HEADER_PASS) {
        return rule;
    }

    return ngx_apigw_header_rule(ngx_apigw_header_http_request, name);
}


static ngx_uint_t
ngx_apigw_header_rule(const ngx_apigw_header_rule_t *rules, ngx_str_t *name)
{
    for ( /* void */ ; rules->name.len; rules++) {

        if (ngx_apigw_text_same(name, &rules->name)) {
            return rules->rule;
        }
    }

    return NGX_APIGW_HEADER_PASS;
}
