
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw.h"


/* a block apigw_pricing while it is parsed */

typedef struct {
    ngx_http_apigw_pricing_t      *pricing;
    unsigned                       currency:1;
} ngx_http_apigw_pricing_block_t;


static char *ngx_http_apigw_pricing(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_apigw_pricing_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static ngx_int_t ngx_http_apigw_pricing_currency(ngx_conf_t *cf,
    ngx_http_apigw_pricing_block_t *block);
static ngx_int_t ngx_http_apigw_pricing_tier(ngx_conf_t *cf,
    ngx_http_apigw_pricing_t *pricing, ngx_uint_t kind);
static ngx_int_t ngx_http_apigw_pricing_increment(ngx_conf_t *cf,
    ngx_http_apigw_pricing_t *pricing);
static ngx_int_t ngx_http_apigw_pricing_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_apigw_pricing_commands[] = {

    { ngx_string("apigw_pricing"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_apigw_pricing,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_apigw_pricing_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_apigw_pricing_init,           /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_apigw_pricing_module = {
    NGX_MODULE_V1,
    &ngx_http_apigw_pricing_module_ctx,    /* module context */
    ngx_http_apigw_pricing_commands,       /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_http_apigw_pricing(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                            *rv;
    ngx_str_t                       *value;
    ngx_conf_t                       save;
    const char                      *reason;
    ngx_http_apigw_place_t           here;
    ngx_http_apigw_pricing_t        *pricing;
    ngx_http_apigw_pricing_block_t   block;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty name";
    }

    ngx_http_apigw_here(cf, &here);

    pricing = ngx_http_apigw_conf_pricing(cf, &value[1], &here);
    if (pricing == NULL) {
        return NGX_CONF_ERROR;
    }

    if (pricing->place.line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate pricing \"%V\", see %V:%ui",
                           &pricing->name, &pricing->place.file,
                           pricing->place.line);
        return NGX_CONF_ERROR;
    }

    pricing->place = here;
    ngx_memcpy(pricing->prices.currency, "USD", NGX_APIGW_PRICING_CURRENCY);

    ngx_memzero(&block, sizeof(ngx_http_apigw_pricing_block_t));
    block.pricing = pricing;

    save = *cf;
    cf->handler = ngx_http_apigw_pricing_line;
    cf->handler_conf = (void *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    reason = ngx_apigw_pricing_finish(&pricing->prices);

    if (reason) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &pricing->place,
                                  "invalid pricing \"%V\": %s",
                                  &pricing->name, reason);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_apigw_pricing_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_apigw_pricing_block_t  *block = conf;

    ngx_int_t   rc;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "requests") == 0) {
        rc = ngx_http_apigw_pricing_tier(cf, block->pricing,
                                         NGX_APIGW_PRICE_REQUESTS);

    } else if (ngx_strcmp(value[0].data, "transfer") == 0) {
        rc = ngx_http_apigw_pricing_tier(cf, block->pricing,
                                         NGX_APIGW_PRICE_TRANSFER);

    } else if (ngx_strcmp(value[0].data, "currency") == 0) {
        rc = ngx_http_apigw_pricing_currency(cf, block);

    } else if (ngx_strcmp(value[0].data, "increment") == 0) {
        rc = ngx_http_apigw_pricing_increment(cf, block->pricing);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in a pricing: "
                           "\"currency\", \"requests\", \"transfer\" or "
                           "\"increment\" is expected", &value[0]);
        rc = NGX_ERROR;
    }

    return (rc == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* currency USD */

static ngx_int_t
ngx_http_apigw_pricing_currency(ngx_conf_t *cf,
    ngx_http_apigw_pricing_block_t *block)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (block->currency) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate currency in the pricing \"%V\"",
                           &block->pricing->name);
        return NGX_ERROR;
    }

    if (cf->args->nelts != 2
        || ngx_apigw_pricing_currency(&block->pricing->prices, &value[1])
           != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"currency\": three capital letters are "
                           "expected, such as \"USD\"");
        return NGX_ERROR;
    }

    block->currency = 1;

    return NGX_OK;
}


/* requests|transfer [count] price */

static ngx_int_t
ngx_http_apigw_pricing_tier(ngx_conf_t *cf, ngx_http_apigw_pricing_t *pricing,
    ngx_uint_t kind)
{
    ngx_str_t   *value, *count;
    ngx_uint_t   n;
    const char  *reason;

    value = cf->args->elts;
    n = cf->args->nelts;

    if (n != 2 && n != 3) {
        reason = "a price, or a count and a price, are expected";

    } else {
        count = (n == 3) ? &value[1] : NULL;
        reason = ngx_apigw_pricing_tier(&pricing->prices, kind, count,
                                        &value[n - 1]);
    }

    if (reason == NULL) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid \"%V\": %s", &value[0],
                       reason);
    return NGX_ERROR;
}


/* increment 512k */

static ngx_int_t
ngx_http_apigw_pricing_increment(ngx_conf_t *cf,
    ngx_http_apigw_pricing_t *pricing)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (pricing->prices.increment) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate increment in the pricing \"%V\"",
                           &pricing->name);
        return NGX_ERROR;
    }

    if (cf->args->nelts != 2
        || ngx_apigw_quantity_parse(&pricing->prices.increment, &value[1],
                                    NGX_APIGW_PRICE_TRANSFER)
           != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"increment\": a size such as \"512k\" "
                           "is expected");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_pricing_init(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_http_apigw_pricing_t    **pricings;
    ngx_http_apigw_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_apigw_module);
    pricings = mcf->pricings.elts;

    for (i = 0; i < mcf->pricings.nelts; i++) {

        if (pricings[i]->place.line == 0) {
            ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG,
                                      &pricings[i]->mention,
                                      "unknown pricing \"%V\"",
                                      &pricings[i]->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
