
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


void
ngx_http_apigw_here(ngx_conf_t *cf, ngx_http_apigw_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}


void ngx_cdecl
ngx_http_apigw_conf_error(ngx_conf_t *cf, ngx_uint_t level,
    ngx_http_apigw_place_t *place, const char *fmt, ...)
{
    u_char            text[NGX_MAX_CONF_ERRSTR], *last;
    va_list           args;
    ngx_conf_file_t   file, *saved;

    va_start(args, fmt);
    last = ngx_vslprintf(text, text + NGX_MAX_CONF_ERRSTR, fmt, args);
    va_end(args);

    ngx_memzero(&file, sizeof(ngx_conf_file_t));

    file.file.name = place->file;
    file.line = place->line;

    saved = cf->conf_file;
    cf->conf_file = &file;

    ngx_conf_log_error(level, cf, 0, "%*s", (size_t) (last - text), text);

    cf->conf_file = saved;
}


ngx_uint_t
ngx_http_apigw_conf_param(ngx_str_t *arg, const char *name, ngx_str_t *value)
{
    size_t  len;

    len = ngx_strlen(name);

    if (arg->len <= len
        || arg->data[len] != '='
        || ngx_strncmp(arg->data, name, len) != 0)
    {
        return 0;
    }

    value->data = arg->data + len + 1;
    value->len = arg->len - len - 1;

    return 1;
}


ngx_int_t
ngx_http_apigw_conf_no_quotes(ngx_conf_t *cf, ngx_str_t *arg)
{
    if (ngx_strlchr(arg->data, arg->data + arg->len, '"') == NULL) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "a quote inside the parameter \"%V\": "
                       "quote the parameter as a whole", arg);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_conf_header(ngx_conf_t *cf, ngx_str_t *variable,
    ngx_str_t *header)
{
    u_char  *p;
    size_t   i, len;

    len = sizeof("http_") - 1;

    if (variable->len <= len
        || ngx_strncasecmp(variable->data, (u_char *) "http_", len) != 0)
    {
        return NGX_DECLINED;
    }

    header->len = variable->len - len;
    header->data = ngx_pnalloc(cf->pool, header->len);
    if (header->data == NULL) {
        return NGX_ERROR;
    }

    p = variable->data + len;

    for (i = 0; i < header->len; i++) {
        header->data[i] = (p[i] == '_') ? '-' : ngx_tolower(p[i]);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_conf_read(ngx_str_t *name, ngx_str_t *text)
{
    ssize_t    n;
    ngx_fd_t   fd;
    ngx_err_t  err;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    n = ngx_read_fd(fd, text->data, text->len);

    err = ngx_errno;
    (void) ngx_close_file(fd);
    ngx_set_errno(err);

    if (n == -1) {
        return NGX_ERROR;
    }

    text->len = n;

    return NGX_OK;
}


size_t
ngx_http_apigw_conf_first_line(ngx_str_t *text)
{
    u_char  *p;
    size_t   len;

    len = text->len;
    p = ngx_strlchr(text->data, text->data + len, LF);

    if (p) {
        len = p - text->data;
    }

    if (len && text->data[len - 1] == CR) {
        len--;
    }

    return len;
}


ngx_int_t
ngx_http_apigw_conf_rate(ngx_conf_t *cf, ngx_str_t *rate, ngx_str_t *burst,
    ngx_apigw_gcra_t *gcra)
{
    off_t  n;

    if (ngx_apigw_gcra_rate(rate, gcra) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rate \"%V\": 0 to 1000000 \"r/s\" or "
                           "\"r/m\" are expected", rate);
        return NGX_ERROR;
    }

    if (burst->data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"burst=\" is missing beside the rate \"%V\"",
                           rate);
        return NGX_ERROR;
    }

    n = ngx_atoof(burst->data, burst->len);

    if (n == NGX_ERROR || ngx_apigw_gcra_burst(gcra, (uint64_t) n) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid burst \"%V\": a number of requests is "
                           "expected that a bucket gains within 73 years",
                           burst);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_conf_policy(ngx_conf_t *cf, ngx_http_apigw_limit_t *limit,
    const char *name)
{
    u_char    *p;
    size_t     len;
    uint64_t   window;

    limit->name.data = (u_char *) name;
    limit->name.len = ngx_strlen(name);

    len = limit->name.len + sizeof("\"\";q=;w=") + 2 * NGX_INT64_LEN;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    limit->policy.data = p;

    p = ngx_sprintf(p, "\"%V\";q=%uL", &limit->name, limit->gcra.burst);

    /* the window of a token bucket is the time that it takes to fill */

    window = (limit->gcra.capacity + 999999999) / 1000000000;

    if (window) {
        p = ngx_sprintf(p, ";w=%uL", window);
    }

    limit->policy.len = p - limit->policy.data;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_each_stage(ngx_conf_t *cf, ngx_http_apigw_stage_pt handler)
{
    ngx_uint_t                    i, n;
    ngx_http_apigw_api_t        **apis;
    ngx_http_apigw_stage_t      **stages;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    apis = mcf->apis.elts;

    for (i = 0; i < mcf->apis.nelts; i++) {
        stages = apis[i]->stages.elts;

        for (n = 0; n < apis[i]->stages.nelts; n++) {

            if (handler(cf, stages[n]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_conf_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_conf_log_first(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    handlers = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = handlers->elts;

    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    *h = handler;

    return NGX_OK;
}


ngx_http_apigw_plan_t *
ngx_http_apigw_conf_plan(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_apigw_place_t *mention)
{
    ngx_uint_t                   i;
    ngx_http_apigw_plan_t       *plan, **plans;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    plans = mcf->plans.elts;

    for (i = 0; i < mcf->plans.nelts; i++) {

        if (plans[i]->name.len == name->len
            && ngx_strncmp(plans[i]->name.data, name->data, name->len) == 0)
        {
            return plans[i];
        }
    }

    if (mcf->plans.nelts == NGX_HTTP_APIGW_MAX_PLANS) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, mention,
                                  "more than %d usage plans",
                                  NGX_HTTP_APIGW_MAX_PLANS);
        return NULL;
    }

    plan = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_plan_t));
    if (plan == NULL) {
        return NULL;
    }

    plan->mention = *mention;
    plan->index = mcf->plans.nelts;
    plan->name.len = name->len;
    plan->name.data = ngx_pstrdup(cf->pool, name);

    if (plan->name.data == NULL) {
        return NULL;
    }

    if (ngx_array_init(&plan->limits, cf->pool, 2,
                       sizeof(ngx_http_apigw_plan_limit_t))
        != NGX_OK)
    {
        return NULL;
    }

    plans = ngx_array_push(&mcf->plans);
    if (plans == NULL) {
        return NULL;
    }

    *plans = plan;

    return plan;
}


ngx_http_apigw_pricing_t *
ngx_http_apigw_conf_pricing(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_apigw_place_t *mention)
{
    ngx_uint_t                   i;
    ngx_http_apigw_pricing_t    *pricing, **pricings;
    ngx_http_apigw_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    pricings = mcf->pricings.elts;

    for (i = 0; i < mcf->pricings.nelts; i++) {

        if (pricings[i]->name.len == name->len
            && ngx_strncmp(pricings[i]->name.data, name->data, name->len) == 0)
        {
            return pricings[i];
        }
    }

    pricing = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_pricing_t));
    if (pricing == NULL) {
        return NULL;
    }

    pricing->mention = *mention;
    pricing->name = *name;

    pricings = ngx_array_push(&mcf->pricings);
    if (pricings == NULL) {
        return NULL;
    }

    *pricings = pricing;

    return pricing;
}
