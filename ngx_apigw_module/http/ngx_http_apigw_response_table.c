
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_response.h"


#define ngx_http_apigw_internal_error                                        \
    ngx_string("InternalServerErrorException")


/* AWS Developer Guide, gateway response types; in the order of the enum */

ngx_http_apigw_response_t  ngx_http_apigw_responses[] = {

    { ngx_null_string, ngx_null_string, 0,
      { { 0, ngx_null_string }, { 0, ngx_null_string } } },

    { ngx_string("DEFAULT_4XX"), ngx_string("BadRequestException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 0, ngx_null_string }, { 0, ngx_null_string } } },

    { ngx_string("DEFAULT_5XX"), ngx_http_apigw_internal_error,
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 0, ngx_null_string }, { 0, ngx_null_string } } },

    { ngx_string("ACCESS_DENIED"), ngx_string("AccessDeniedException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 403, ngx_string("User is not authorized to access this resource") },
        { 403, ngx_string("Forbidden") } } },

    { ngx_string("API_CONFIGURATION_ERROR"), ngx_http_apigw_internal_error,
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 500, ngx_string("Internal server error") },
        { 500, ngx_string("Internal Server Error") } } },

    { ngx_string("AUTHORIZER_CONFIGURATION_ERROR"),
      ngx_string("AuthorizerConfigurationException"),
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 500, ngx_string("Internal server error") },
        { 500, ngx_string("Internal Server Error") } } },

    { ngx_string("AUTHORIZER_FAILURE"),
      ngx_string("AuthorizerFailureException"), NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 500, ngx_string("Internal server error") },
        { 500, ngx_string("Internal Server Error") } } },

    { ngx_string("INTEGRATION_FAILURE"), ngx_http_apigw_internal_error,
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 504, ngx_string("Network error communicating with endpoint") },
        { 500, ngx_string("Internal Server Error") } } },

    { ngx_string("INTEGRATION_TIMEOUT"), ngx_http_apigw_internal_error,
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 504, ngx_string("Endpoint request timed out") },
        { 503, ngx_string("Service Unavailable") } } },

    { ngx_string("INVALID_API_KEY"), ngx_string("ForbiddenException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 403, ngx_string("Forbidden") },
        { 403, ngx_string("Forbidden") } } },

    { ngx_string("MISSING_AUTHENTICATION_TOKEN"),
      ngx_string("MissingAuthenticationTokenException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 403, ngx_string("Missing Authentication Token") },
        { 404, ngx_string("Not Found") } } },

    { ngx_string("QUOTA_EXCEEDED"), ngx_string("LimitExceededException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 429, ngx_string("Limit Exceeded") },
        { 429, ngx_string("Limit Exceeded") } } },

    { ngx_string("REQUEST_TOO_LARGE"), ngx_string("RequestTooLargeException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 413, ngx_string("HTTP content length exceeded %O bytes") },
        { 413, ngx_string("Request Entity Too Large") } } },

    { ngx_string("RESOURCE_NOT_FOUND"),
      ngx_string("ResourceNotFoundException"), NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 404, ngx_string("Not Found") },
        { 404, ngx_string("Not Found") } } },

    { ngx_string("THROTTLED"), ngx_string("TooManyRequestsException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 429, ngx_string("Too Many Requests") },
        { 429, ngx_string("Too Many Requests") } } },

    { ngx_string("UNAUTHORIZED"), ngx_string("UnauthorizedException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 401, ngx_string("Unauthorized") },
        { 401, ngx_string("Unauthorized") } } },

    /* no types of AWS's: field knowledge, not recorded */

    { ngx_null_string, ngx_string("ForbiddenException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 403, ngx_string("Forbidden") },
        { 404, ngx_string("Not Found") } } },

    { ngx_null_string, ngx_string("BadRequestException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 400, ngx_string("Bad Request") },
        { 400, ngx_string("Bad Request") } } },

    { ngx_null_string, ngx_string("BadRequestException"),
      NGX_HTTP_APIGW_DEFAULT_4XX,
      { { 414, ngx_string("Request URI too long") },
        { 414, ngx_string("Request-URI Too Long") } } },

    /* the name and the template of ACCESS_DENIED */

    { ngx_null_string, ngx_string("AccessDeniedException"),
      NGX_HTTP_APIGW_ACCESS_DENIED,
      { { 403, ngx_string("User is not authorized to access this resource "
                          "with an explicit deny") },
        { 403, ngx_string("Forbidden") } } },

    { ngx_null_string, ngx_http_apigw_internal_error,
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 502, ngx_string("Internal server error") },
        { 500, ngx_string("Internal Server Error") } } },

    { ngx_null_string, ngx_string("ServiceUnavailableException"),
      NGX_HTTP_APIGW_DEFAULT_5XX,
      { { 503, ngx_string("Service Unavailable") },
        { 503, ngx_string("Service Unavailable") } } }
};


typedef struct {
    ngx_uint_t                     status;
    ngx_str_t                      phrase;
} ngx_http_apigw_phrase_t;

/* RFC 9110, 15; RFC 6585; and 500 as AWS's REST APIs write it */

static ngx_http_apigw_phrase_t  ngx_http_apigw_phrases[] = {
    { 400, ngx_string("Bad Request") },
    { 402, ngx_string("Payment Required") },
    { 405, ngx_string("Method Not Allowed") },
    { 406, ngx_string("Not Acceptable") },
    { 408, ngx_string("Request Timeout") },
    { 409, ngx_string("Conflict") },
    { 410, ngx_string("Gone") },
    { 411, ngx_string("Length Required") },
    { 412, ngx_string("Precondition Failed") },
    { 414, ngx_string("URI Too Long") },
    { 415, ngx_string("Unsupported Media Type") },
    { 416, ngx_string("Range Not Satisfiable") },
    { 421, ngx_string("Misdirected Request") },
    { 422, ngx_string("Unprocessable Content") },
    { 423, ngx_string("Locked") },
    { 426, ngx_string("Upgrade Required") },
    { 428, ngx_string("Precondition Required") },
    { 429, ngx_string("Too Many Requests") },
    { 431, ngx_string("Request Header Fields Too Large") },
    { 451, ngx_string("Unavailable For Legal Reasons") },
    { 501, ngx_string("Not Implemented") },
    { 502, ngx_string("Bad Gateway") },
    { 503, ngx_string("Service Unavailable") },
    { 504, ngx_string("Gateway Timeout") },
    { 505, ngx_string("HTTP Version Not Supported") },
    { 507, ngx_string("Insufficient Storage") },
    { 0, ngx_null_string }
};


/* of those that AWS has no type for */

static ngx_str_t  ngx_http_apigw_error_names[] = {
    ngx_string("UNKNOWN_STAGE"),
    ngx_string("BAD_PATH"),
    ngx_string("ARN_TOO_LONG"),
    ngx_string("EXPLICIT_DENY"),
    ngx_string("BAD_ANSWER"),
    ngx_string("QUOTA_UNAVAILABLE")
};


void
ngx_http_apigw_error_name(ngx_uint_t error, ngx_str_t *name)
{
    *name = ngx_http_apigw_responses[error].name;

    if (error >= NGX_HTTP_APIGW_UNKNOWN_STAGE) {
        *name = ngx_http_apigw_error_names[error
                                           - NGX_HTTP_APIGW_UNKNOWN_STAGE];
    }
}


void
ngx_http_apigw_error_type(ngx_http_apigw_ctx_t *ctx, ngx_str_t *type)
{
    ngx_http_apigw_response_t  *response;

    response = &ngx_http_apigw_responses[ctx->error];

    *type = response->name.len
            ? response->name
            : ngx_http_apigw_responses[response->parent].name;
}


ngx_int_t
ngx_http_apigw_error_message(ngx_http_request_t *r, ngx_http_apigw_ctx_t *ctx,
    ngx_str_t *message)
{
    ngx_uint_t                 i;
    ngx_http_apigw_answer_t   *answer;
    ngx_http_core_loc_conf_t  *clcf;

    answer = &ngx_http_apigw_responses[ctx->error].answers[ctx->type];

    if (ctx->error == NGX_HTTP_APIGW_REQUEST_TOO_LARGE
        && ctx->type == NGX_APIGW_REST)
    {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        message->data = ngx_pnalloc(r->pool,
                                    answer->message.len + NGX_OFF_T_LEN);
        if (message->data == NULL) {
            return NGX_ERROR;
        }

        message->len = ngx_sprintf(message->data,
                                   (char *) answer->message.data,
                                   ctx->max_size ? ctx->max_size
                                                 : clcf->client_max_body_size)
                       - message->data;
        return NGX_OK;
    }

    if (answer->message.len) {
        *message = answer->message;
        return NGX_OK;
    }

    for (i = 0; ngx_http_apigw_phrases[i].status; i++) {

        if (ngx_http_apigw_phrases[i].status == ctx->error_status) {
            *message = ngx_http_apigw_phrases[i].phrase;
            return NGX_OK;
        }
    }

    if (ctx->error == NGX_HTTP_APIGW_DEFAULT_4XX) {
        *message = ngx_http_apigw_phrases[0].phrase;

    } else if (ctx->type == NGX_APIGW_REST) {
        ngx_str_set(message, "Internal server error");

    } else {
        ngx_str_set(message, "Internal Server Error");
    }

    return NGX_OK;
}
