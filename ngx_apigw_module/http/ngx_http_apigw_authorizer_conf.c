
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"


/*
 * A block apigw_authorizer: what its types have in common.  A directive is
 * shown to the type first.
 */


#define NGX_HTTP_APIGW_AUTHORIZER_RESOLVER  30000    /* ms, as nginx */


typedef ngx_int_t (*ngx_http_apigw_authorizer_line_pt)(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);

typedef struct {
    ngx_str_t                          name;
    ngx_http_apigw_authorizer_line_pt  handler;
} ngx_http_apigw_authorizer_line_t;


static ngx_http_apigw_authorizer_t *ngx_http_apigw_authorizer_create(
    ngx_conf_t *cf, ngx_str_t *name);
static char *ngx_http_apigw_authorizer_line(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_http_apigw_authorizer_type(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_timeout(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_leeway(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_token_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_cache(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_certificate(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_require(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_revoked(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);
static ngx_int_t ngx_http_apigw_authorizer_defaults(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer);


static ngx_http_apigw_authorizer_type_t  *ngx_http_apigw_authorizer_types[] = {
    &ngx_http_apigw_jwt_type,
    &ngx_http_apigw_introspection_type,
    &ngx_http_apigw_lambda_authorizer_type,
    NULL
};


static ngx_http_apigw_authorizer_line_t  ngx_http_apigw_authorizer_lines[] = {
    { ngx_string("identity"), ngx_http_apigw_authorizer_identity },
    { ngx_string("timeout"), ngx_http_apigw_authorizer_timeout },
    { ngx_string("leeway"), ngx_http_apigw_authorizer_leeway },
    { ngx_string("token_max"), ngx_http_apigw_authorizer_token_max },
    { ngx_string("cache"), ngx_http_apigw_authorizer_cache },
    { ngx_string("trusted_certificate"),
      ngx_http_apigw_authorizer_certificate },
    { ngx_string("require"), ngx_http_apigw_authorizer_require },
    { ngx_string("revoked"), ngx_http_apigw_authorizer_revoked },
    { ngx_null_string, NULL }
};


static ngx_conf_enum_t  ngx_http_apigw_authorizer_ops[] = {
    { ngx_string("="), NGX_APIGW_CLAIM_EQUALS },
    { ngx_string("in"), NGX_APIGW_CLAIM_ONE_OF },
    { ngx_string("contains"), NGX_APIGW_CLAIM_CONTAINS },
    { ngx_null_string, 0 }
};


char *
ngx_http_apigw_authorizer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                         *rv;
    ngx_str_t                    *value;
    ngx_conf_t                    save;
    ngx_http_apigw_authorizer_t  *authorizer;

    value = cf->args->elts;

    authorizer = ngx_http_apigw_authorizer_create(cf, &value[1]);
    if (authorizer == NULL) {
        return NGX_CONF_ERROR;
    }

    save = *cf;
    cf->handler = ngx_http_apigw_authorizer_line;
    cf->handler_conf = (void *) authorizer;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (authorizer->type == NULL) {
        ngx_http_apigw_conf_error(cf, NGX_LOG_EMERG, &authorizer->place,
                                  "the authorizer \"%V\" has no \"type\"",
                                  &authorizer->name);
        return NGX_CONF_ERROR;
    }

    return (ngx_http_apigw_authorizer_defaults(cf, authorizer) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_http_apigw_authorizer_t *
ngx_http_apigw_authorizer_create(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                              i;
    ngx_http_apigw_authorizer_t            *authorizer, **authorizers;
    ngx_http_apigw_authorizer_main_conf_t  *amcf;

    if (name->len == 0
        || ngx_strcmp(name->data, "off") == 0
        || ngx_strlchr(name->data, name->data + name->len, ' ')
        || ngx_strlchr(name->data, name->data + name->len, '"'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" of \"apigw_authorizer\": a "
                           "name without blanks and quotes, other than "
                           "\"off\", is expected", name);
        return NULL;
    }

    amcf = ngx_http_apigw_authorizer_get_conf(cf);
    authorizers = amcf->authorizers.elts;

    for (i = 0; i < amcf->authorizers.nelts; i++) {

        if (authorizers[i]->name.len == name->len
            && ngx_strncmp(authorizers[i]->name.data, name->data, name->len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the duplicate authorizer \"%V\", see %V:%ui",
                               name, &authorizers[i]->place.file,
                               authorizers[i]->place.line);
            return NULL;
        }
    }

    authorizer = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_authorizer_t));
    if (authorizer == NULL) {
        return NULL;
    }

    authorizer->name = *name;
    authorizer->timeout = NGX_CONF_UNSET_MSEC;
    authorizer->leeway = NGX_CONF_UNSET;
    authorizer->token_max = NGX_CONF_UNSET_SIZE;
    authorizer->cache = NGX_CONF_UNSET_SIZE;

    ngx_http_apigw_here(cf, &authorizer->place);

    authorizers = ngx_array_push(&amcf->authorizers);
    if (authorizers == NULL) {
        return NULL;
    }

    *authorizers = authorizer;

    return authorizer;
}


static ngx_int_t
ngx_http_apigw_authorizer_defaults(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    static ngx_str_t  header = ngx_string("$http_authorization");

    ngx_conf_init_msec_value(authorizer->timeout, authorizer->type->timeout);
    ngx_conf_init_value(authorizer->leeway, 10);
    ngx_conf_init_size_value(authorizer->token_max, 16384);
    ngx_conf_init_size_value(authorizer->cache, 8388608);

    if (authorizer->identities || authorizer->type->identify) {
        return NGX_OK;
    }

    return ngx_http_apigw_authorizer_add_identity(cf, authorizer, &header);
}


static char *
ngx_http_apigw_authorizer_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_apigw_authorizer_t  *authorizer = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_http_apigw_authorizer_line_t  *line;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "type") == 0) {
        return ngx_http_apigw_authorizer_type(cf, authorizer);
    }

    if (authorizer->type == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" before \"type\": \"type\" is the first "
                           "directive of an authorizer", &value[0]);
        return NGX_CONF_ERROR;
    }

    rv = authorizer->type->directive(cf, authorizer);

    if (rv != NGX_HTTP_APIGW_AUTHORIZER_UNKNOWN) {
        return rv;
    }

    for (line = ngx_http_apigw_authorizer_lines; line->handler; line++) {

        if (ngx_strcmp(value[0].data, line->name.data) == 0) {
            return (line->handler(cf, authorizer) == NGX_OK) ? NGX_CONF_OK
                                                             : NGX_CONF_ERROR;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" in an authorizer of the type "
                       "\"%V\"", &value[0], &authorizer->type->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_apigw_authorizer_type(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t                          *value;
    ngx_http_apigw_authorizer_type_t  **type;

    if (authorizer->type) {
        (void) ngx_http_apigw_authorizer_duplicate(cf);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (type = ngx_http_apigw_authorizer_types; *type; type++) {

        if (ngx_strcmp((*type)->name.data, value[1].data) == 0) {
            authorizer->type = *type;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown authorizer type \"%V\": \"jwt\", "
                       "\"introspection\" or \"lambda\" is expected",
                       &value[1]);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_apigw_authorizer_timeout(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    if (authorizer->timeout != NGX_CONF_UNSET_MSEC) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    return ngx_http_apigw_authorizer_time(cf, 100, 60000,
                                          &authorizer->timeout);
}


static ngx_int_t
ngx_http_apigw_authorizer_leeway(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_msec_t  time;

    if (authorizer->leeway != NGX_CONF_UNSET) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_time(cf, 0, 300000, &time) != NGX_OK) {
        return NGX_ERROR;
    }

    if (time % 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"leeway\" is a number of whole seconds");
        return NGX_ERROR;
    }

    authorizer->leeway = time / 1000;

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_token_max(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    if (authorizer->token_max != NGX_CONF_UNSET_SIZE) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    return ngx_http_apigw_authorizer_size(cf, 256, 1048576,
                                          &authorizer->token_max);
}


/* cache size | off */

static ngx_int_t
ngx_http_apigw_authorizer_cache(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t  *value;

    if (authorizer->cache != NGX_CONF_UNSET_SIZE) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        authorizer->cache = 0;
        return NGX_OK;
    }

    return ngx_http_apigw_authorizer_size(cf, 65536, 1073741824,
                                          &authorizer->cache);
}


static ngx_int_t
ngx_http_apigw_authorizer_certificate(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t  *value;

    if (authorizer->trusted_certificate.len) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    authorizer->trusted_certificate = value[1];

    return NGX_OK;
}


/* require pointer = value | in value ... | contains value ... */

static ngx_int_t
ngx_http_apigw_authorizer_require(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t               *value;
    ngx_conf_enum_t         *op;
    ngx_apigw_claim_rule_t  *rule;

    value = cf->args->elts;
    op = ngx_http_apigw_authorizer_ops;

    while (cf->args->nelts >= 3
           && op->name.len
           && ngx_strcmp(op->name.data, value[2].data) != 0)
    {
        op++;
    }

    if (op->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown operator \"%V\" in \"require\": \"=\", "
                           "\"in\" or \"contains\" is expected", &value[2]);
        return NGX_ERROR;
    }

    if (cf->args->nelts < 4
        || (op->value == NGX_APIGW_CLAIM_EQUALS && cf->args->nelts > 4))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"require\": a JSON pointer and \"=\" "
                           "with one value, \"in\" or \"contains\" with "
                           "values are expected");
        return NGX_ERROR;
    }

    if (ngx_apigw_json_pointer_check(&value[1]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid JSON pointer \"%V\": such as "
                           "\"/realm_access/roles\" is expected", &value[1]);
        return NGX_ERROR;
    }

    if (authorizer->rules == NULL) {
        authorizer->rules = ngx_array_create(cf->pool, 2,
                                             sizeof(ngx_apigw_claim_rule_t));
        if (authorizer->rules == NULL) {
            return NGX_ERROR;
        }
    }

    rule = ngx_array_push(authorizer->rules);
    if (rule == NULL) {
        return NGX_ERROR;
    }

    rule->pointer = value[1];
    rule->op = op->value;
    rule->nvalues = cf->args->nelts - 3;

    rule->values = ngx_palloc(cf->pool, rule->nvalues * sizeof(ngx_str_t));
    if (rule->values == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(rule->values, &value[3], rule->nvalues * sizeof(ngx_str_t));

    return NGX_OK;
}


static ngx_int_t
ngx_http_apigw_authorizer_revoked(ngx_conf_t *cf,
    ngx_http_apigw_authorizer_t *authorizer)
{
    ngx_str_t  *value;

    if (authorizer->revoked) {
        return ngx_http_apigw_authorizer_duplicate(cf);
    }

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;

    authorizer->revoked = ngx_http_apigw_revoked_create(cf, &value[1]);

    return authorizer->revoked ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_authorizer_one(ngx_conf_t *cf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && value[1].len) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid number of arguments in \"%V\": one is "
                       "expected", &value[0]);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_apigw_authorizer_time(ngx_conf_t *cf, ngx_msec_t min, ngx_msec_t max,
    ngx_msec_t *time)
{
    ngx_int_t   n;
    ngx_str_t  *value;

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    n = ngx_parse_time(&value[1], 0);

    if (n == NGX_ERROR || (ngx_msec_t) n < min || (ngx_msec_t) n > max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"%V\" \"%V\": %Mms to %Mms are expected",
                           &value[0], &value[1], min, max);
        return NGX_ERROR;
    }

    *time = (ngx_msec_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_authorizer_size(ngx_conf_t *cf, size_t min, size_t max,
    size_t *size)
{
    ssize_t     n;
    ngx_str_t  *value;

    if (ngx_http_apigw_authorizer_one(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    value = cf->args->elts;
    n = ngx_parse_size(&value[1]);

    if (n == NGX_ERROR || (size_t) n < min || (size_t) n > max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"%V\" \"%V\": %uz to %uz bytes are "
                           "expected", &value[0], &value[1], min, max);
        return NGX_ERROR;
    }

    *size = (size_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_http_apigw_authorizer_list(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_str_t **list, ngx_uint_t *n)
{
    u_char     *p, *begin, *last, *end;
    ngx_str_t  *word;

    last = arg->data + arg->len;
    begin = ngx_strlchr(arg->data, last, '=') + 1;

    *n = 1;

    for (p = begin; p < last; p++) {
        *n += (*p == ',');
    }

    word = ngx_palloc(cf->pool, *n * sizeof(ngx_str_t));
    if (word == NULL) {
        return NGX_ERROR;
    }

    *list = word;

    for (p = begin; /* void */ ; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        if (end == p) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "an empty value in the list \"%V\"", arg);
            return NGX_ERROR;
        }

        word->data = p;
        word->len = end - p;
        word++;

        if (end == last) {
            return NGX_OK;
        }
    }
}


ngx_int_t
ngx_http_apigw_authorizer_duplicate(ngx_conf_t *cf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the duplicate \"%V\"",
                       &value[0]);

    return NGX_ERROR;
}


ngx_resolver_t *
ngx_http_apigw_authorizer_resolver(ngx_conf_t *cf, ngx_msec_t *timeout)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    *timeout = clcf->resolver_timeout;

    if (*timeout == NGX_CONF_UNSET_MSEC) {
        *timeout = NGX_HTTP_APIGW_AUTHORIZER_RESOLVER;
    }

    if (clcf->resolver == NULL || clcf->resolver->connections.nelts == 0) {
        return NULL;
    }

    return clcf->resolver;
}
