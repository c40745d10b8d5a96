
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_STAGE_H_INCLUDED_
#define _NGX_HTTP_APIGW_STAGE_H_INCLUDED_


#include "ngx_http_apigw.h"


/*
 * How a location knows whose it is: shared by the directives of the stage
 * module and the handlers that walk from a stage to its route.
 */

typedef struct {
    ngx_http_apigw_api_t          *api;      /* NULL: a server without */
    ngx_str_t                      name;     /* of apigw_api */
    ngx_http_apigw_place_t         policy;   /* a policy of the server, or
                                                line 0 */
} ngx_http_apigw_stage_srv_conf_t;


typedef struct {
    ngx_http_apigw_stage_t        *stage;    /* of a stage's location */
    ngx_http_apigw_route_t        *route;    /* of a route and what is in it */
    ngx_uint_t                     type;
    ngx_uint_t                     encoded_slash;
} ngx_http_apigw_stage_loc_conf_t;


extern ngx_module_t  ngx_http_apigw_stage_module;


/* ngx_http_apigw_stage_location.c */

/* Checks the name, reads "path=" and sets the prefix; logged, NGX_ERROR. */
ngx_int_t ngx_http_apigw_stage_name(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);

/* No other stage of the API has the name or the prefix; logged, NGX_ERROR. */
ngx_int_t ngx_http_apigw_stage_unique(ngx_conf_t *cf,
    ngx_http_apigw_api_t *api, ngx_http_apigw_stage_t *stage);

/* Enters the stage among the locations of its server. */
ngx_int_t ngx_http_apigw_stage_locations(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);


/* ngx_http_apigw_stage_finish.c: what is done when all has been parsed */

char *ngx_http_apigw_stage_init_main_conf(ngx_conf_t *cf, void *conf);
ngx_int_t ngx_http_apigw_stage_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_APIGW_STAGE_H_INCLUDED_ */
