
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"
#include "ngx_http_apigw_plan.h"


/* a block apigw_usage_plan while it is parsed */

typedef struct {
    ngx_http_apigw_plan_t         *plan;
    ngx_http_apigw_place_t         on_error; /* line 0: there is none */
} ngx_http_apigw_plan_block_t;


static char *ngx_http_apigw_plan_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static ngx_int_t ngx_http_apigw_plan_throttle(ngx_conf_t *cf,
    ngx_http_apigw_plan_t *plan);
static ngx_int_t ngx_http_apigw_plan_quota(ngx_conf_t *cf,
    ngx_http_apigw_plan_t *plan);
static ngx_int_t ngx_http_apigw_plan_offset(ngx_conf_t *cf, ngx_str_t *value,
    ngx_apigw_period_t *period);
static ngx_int_t ngx_http_apigw_plan_on_error(ngx_conf_t *cf,
    ngx_http_apigw_plan_block_t *block);
static ngx_int_t ngx_http_apigw_plan_pricing(ngx_conf_t *cf,
    ngx_http_apigw_plan_t *plan);


/* by the type of a period */

static ngx_str_t  ngx_http_apigw_plan_offsets[] = {
    ngx_null_string,
    ngx_string("0 is expected for a day"),
    ngx_string("0 to 6 days are expected for a week"),
    ngx_string("0 to 27 days are expected for a month")
};


static ngx_conf_enum_t  ngx_http_apigw_plan_on_errors[] = {
    { ngx_string("closed"), NGX_APIGW_LEASE_CLOSED },
    { ngx_string("open"), NGX_APIGW_LEASE_OPEN },
    { ngx_string("local"), NGX_APIGW_LEASE_LOCAL },
    { ngx_null_string, 0 }
};


char *
ngx_http_apigw_usage_plan(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                         *rv;
    ngx_str_t                    *value;
    ngx_conf_t                    save;
    ngx_http_apigw_plan_t        *plan;
    ngx_http_apigw_place_t        here;
    ngx_http_apigw_plan_block_t   block;

    value = cf->args->elts;

    if (value[1].len == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, ',')
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '"'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid usage plan name \"%V\": a name without "
                           "commas and quotes is expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_http_apigw_here(cf, &here);

    plan = ngx_http_apigw_conf_plan(cf, &value[1], &here);
    if (plan == NULL) {
        return NGX_CONF_ERROR;
    }

    if (plan->place.line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate usage plan \"%V\", see %V:%ui",
                           &plan->name, &plan->place.file, plan->place.line);
        return NGX_CONF_ERROR;
    }

    plan->place = here;
    plan->quota.plan = plan->name;

    ngx_memzero(&block, sizeof(ngx_http_apigw_plan_block_t));
    block.plan = plan;

    save = *cf;
    cf->handler = ngx_http_apigw_plan_line;
    cf->handler_conf = (void *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv == NGX_CONF_OK && block.on_error.line && plan->quota.limit == 0) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &block.on_error,
                                  "\"on_error\" without \"quota\" in the "
                                  "usage plan \"%V\"", &plan->name);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_apigw_plan_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_apigw_plan_block_t  *block = conf;

    ngx_int_t   rc;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "throttle") == 0) {
        rc = ngx_http_apigw_plan_throttle(cf, block->plan);

    } else if (ngx_strcmp(value[0].data, "quota") == 0) {
        rc = ngx_http_apigw_plan_quota(cf, block->plan);

    } else if (ngx_strcmp(value[0].data, "on_error") == 0) {
        rc = ngx_http_apigw_plan_on_error(cf, block);

    } else if (ngx_strcmp(value[0].data, "pricing") == 0) {
        rc = ngx_http_apigw_plan_pricing(cf, block->plan);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in a usage plan: "
                           "\"throttle\", \"quota\", \"on_error\" or "
                           "\"pricing\" is expected", &value[0]);
        rc = NGX_ERROR;
    }

    return (rc == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* throttle rate burst=N ["route=METHOD /path"] */

static ngx_int_t
ngx_http_apigw_plan_throttle(ngx_conf_t *cf, ngx_http_apigw_plan_t *plan)
{
    ngx_str_t                    *value, burst, route;
    ngx_uint_t                    i;
    ngx_http_apigw_plan_limit_t  *pl;

    value = cf->args->elts;

    ngx_str_null(&burst);
    ngx_str_set(&route, "");

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_apigw_conf_no_quotes(cf, &value[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!ngx_http_apigw_conf_param(&value[i], "burst", &burst)
            && !ngx_http_apigw_conf_param(&value[i], "route", &route))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": \"burst=\" or "
                               "\"route=\" is expected", &value[i]);
            return NGX_ERROR;
        }
    }

    if (cf->args->nelts < 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"throttle\" has no rate, such as \"10r/s\"");
        return NGX_ERROR;
    }

    pl = plan->limits.elts;

    for (i = 0; i < plan->limits.nelts; i++) {

        if (pl[i].route.len == route.len
            && ngx_strncmp(pl[i].route.data, route.data, route.len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate throttle in the usage plan "
                               "\"%V\"", &plan->name);
            return NGX_ERROR;
        }
    }

    pl = ngx_array_push(&plan->limits);
    if (pl == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(pl, sizeof(ngx_http_apigw_plan_limit_t));

    pl->route = route;
    ngx_http_apigw_here(cf, &pl->place);

    if (ngx_http_apigw_conf_rate(cf, &value[1], &burst, &pl->limit.gcra)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_apigw_conf_policy(cf, &pl->limit,
                                      route.len ? "plan-route" : "plan");
}


/* quota N/day|week|month [offset=N] */

static ngx_int_t
ngx_http_apigw_plan_quota(ngx_conf_t *cf, ngx_http_apigw_plan_t *plan)
{
    off_t                    limit;
    u_char                  *p, *last;
    ngx_str_t               *value, name, offset;
    ngx_apigw_lease_plan_t  *quota;

    value = cf->args->elts;
    quota = &plan->quota;

    if (quota->limit) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate quota in the usage plan \"%V\"",
                           &plan->name);
        return NGX_ERROR;
    }

    if (cf->args->nelts < 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"quota\" has no limit, such as \"1000/day\"");
        return NGX_ERROR;
    }

    last = value[1].data + value[1].len;
    p = ngx_strlchr(value[1].data, last, '/');

    limit = p ? ngx_atoof(value[1].data, p - value[1].data) : NGX_ERROR;

    if (limit < 1 || (uint64_t) limit >= NGX_APIGW_QUOTA_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid quota \"%V\": 1 to %uL requests in a "
                           "period are expected, such as \"1000/day\"",
                           &value[1], NGX_APIGW_QUOTA_MAX - 1);
        return NGX_ERROR;
    }

    name.data = p + 1;
    name.len = last - name.data;

    if (ngx_apigw_period_parse(&quota->period, &name) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid quota \"%V\": the period \"day\", "
                           "\"week\" or \"month\" is expected", &value[1]);
        return NGX_ERROR;
    }

    if (cf->args->nelts > 2
        && (cf->args->nelts > 3
            || !ngx_http_apigw_conf_param(&value[2], "offset", &offset)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": one \"offset=\" is "
                           "expected", &value[cf->args->nelts - 1]);
        return NGX_ERROR;
    }

    quota->limit = (uint64_t) limit;

    return cf->args->nelts == 2
           ? NGX_OK
           : ngx_http_apigw_plan_offset(cf, &offset, &quota->period);
}


static ngx_int_t
ngx_http_apigw_plan_offset(ngx_conf_t *cf, ngx_str_t *value,
    ngx_apigw_period_t *period)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n != NGX_ERROR
        && ngx_apigw_period_offset(period, (ngx_uint_t) n) == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid offset \"%V\": %V",
                       value, &ngx_http_apigw_plan_offsets[period->type]);
    return NGX_ERROR;
}


/* on_error closed|open|local */

static ngx_int_t
ngx_http_apigw_plan_on_error(ngx_conf_t *cf,
    ngx_http_apigw_plan_block_t *block)
{
    ngx_str_t        *value;
    ngx_conf_enum_t  *e;

    if (block->on_error.line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate \"on_error\" in the usage plan "
                           "\"%V\"", &block->plan->name);
        return NGX_ERROR;
    }

    ngx_http_apigw_here(cf, &block->on_error);

    value = cf->args->elts;

    for (e = ngx_http_apigw_plan_on_errors;
         cf->args->nelts == 2 && e->name.len;
         e++)
    {
        if (e->name.len == value[1].len
            && ngx_strcmp(e->name.data, value[1].data) == 0)
        {
            block->plan->quota.on_error = e->value;
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"on_error\": \"closed\", \"open\" or "
                       "\"local\" is expected");
    return NGX_ERROR;
}


/* pricing NAME */

static ngx_int_t
ngx_http_apigw_plan_pricing(ngx_conf_t *cf, ngx_http_apigw_plan_t *plan)
{
    ngx_str_t               *value;
    ngx_http_apigw_place_t   here;

    value = cf->args->elts;

    if (plan->pricing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate pricing in the usage plan \"%V\"",
                           &plan->name);
        return NGX_ERROR;
    }

    if (cf->args->nelts != 2 || value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"pricing\": the name of an "
                           "\"apigw_pricing\" is expected");
        return NGX_ERROR;
    }

    ngx_http_apigw_here(cf, &here);

    plan->pricing = ngx_http_apigw_conf_pricing(cf, &value[1], &here);

    return plan->pricing ? NGX_OK : NGX_ERROR;
}
