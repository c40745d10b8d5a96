
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics.h"


static ngx_uint_t ngx_http_apigw_operator_local(struct sockaddr *sa);


ngx_int_t
ngx_http_apigw_operator(ngx_http_request_t *r, ngx_uint_t public,
    const char *directive)
{
    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (!public && !ngx_http_apigw_operator_local(r->connection->sockaddr)) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "\"%s\" is not for other machines", directive);
        return NGX_HTTP_FORBIDDEN;
    }

    return ngx_http_discard_request_body(r);
}


/* the peer of the connection, or whom the realip module has put there */

static ngx_uint_t
ngx_http_apigw_operator_local(struct sockaddr *sa)
{
    struct sockaddr_in  *sin;
#if (NGX_HAVE_INET6)
    struct in6_addr     *in6;
#endif

    switch (sa->sa_family) {

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif

#if (NGX_HAVE_INET6)
    case AF_INET6:
        in6 = &((struct sockaddr_in6 *) sa)->sin6_addr;

        return IN6_IS_ADDR_LOOPBACK(in6)
               || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) sa;

        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

    default:
        return 0;
    }
}


ngx_int_t
ngx_http_apigw_operator_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *name, const char *reason)
{
    u_char                    *p;
    size_t                     len;
    ngx_str_t                  type, text;
    ngx_http_complex_value_t   cv;

    text.len = ngx_strlen(reason);
    text.data = (u_char *) reason;

    len = sizeof("{\"message\":\" \"}") - 1 + NGX_APIGW_JSON_LEN(text.len)
          + (name ? ngx_strlen(name) : 0);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = p;

    p = ngx_sprintf(p, "{\"message\":\"%s%s", name ? name : "",
                    name ? " " : "");
    p = ngx_apigw_json_string(p, &text);
    *p++ = '"'; *p++ = '}';

    cv.value.len = p - cv.value.data;

    ngx_str_set(&type, "application/json");

    return ngx_http_send_response(r, status, &type, &cv);
}


void *
ngx_http_apigw_operator_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_operator_main_conf_t));
}


void *
ngx_http_apigw_operator_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_apigw_operator_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_operator_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->public = NGX_CONF_UNSET;

    return conf;
}


/* for blocks "if", which have the handler of their location */

char *
ngx_http_apigw_operator_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_apigw_operator_loc_conf_t  *prev = parent;
    ngx_http_apigw_operator_loc_conf_t  *conf = child;

    ngx_conf_merge_value(conf->public, prev->public, 0);

    return NGX_CONF_OK;
}


char *
ngx_http_apigw_operator_conf(ngx_conf_t *cf,
    ngx_http_apigw_operator_loc_conf_t *olcf,
    ngx_http_apigw_operator_main_conf_t *omcf, ngx_http_handler_pt handler)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (cf->cmd_type & (NGX_HTTP_APIGW_STAGE_CONF|NGX_HTTP_APIGW_ROUTE_CONF)) {
        return "is not allowed in a stage, use a location outside of it";
    }

    if (omcf && omcf->place.line == 0) {
        ngx_http_apigw_here(cf, &omcf->place);
    }

    if (olcf->public != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is in a location that has another handler";
    }

    value = cf->args->elts;
    olcf->public = (cf->args->nelts == 2);

    if (olcf->public && ngx_strcmp(value[1].data, "public") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": \"public\" is expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    clcf->handler = handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_apigw_operator_init(ngx_conf_t *cf,
    ngx_http_apigw_operator_main_conf_t *omcf, const char *directive)
{
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);

    if (omcf->place.line == 0) {
        return NGX_OK;
    }

    if (mcf->metrics_off) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &omcf->place,
                                  "\"%s\" needs metrics, which "
                                  "\"apigw_zone\" turns off", directive);
        return NGX_ERROR;
    }

    if (mcf->metrics == NULL) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &omcf->place,
                                  "\"%s\" has no stage to tell of",
                                  directive);
        return NGX_ERROR;
    }

    return NGX_OK;
}
