
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"
#include "ngx_apigw_exposition.h"


/*
 * The families in the order of the exposition.  Lines of one family stand
 * together, as the formats want it, so the routes are gone through once for
 * each of theirs.
 */

typedef enum {
    NGX_HTTP_APIGW_METRICS_ONCE = 0,
    NGX_HTTP_APIGW_METRICS_STAGES,
    NGX_HTTP_APIGW_METRICS_ROUTES,
    NGX_HTTP_APIGW_METRICS_PLANS,
    NGX_HTTP_APIGW_METRICS_AUTHORIZERS
} ngx_http_apigw_metrics_walk_e;


typedef struct ngx_http_apigw_metrics_family_s
    ngx_http_apigw_metrics_family_t;

typedef u_char *(*ngx_http_apigw_metrics_family_pt)(
    ngx_http_apigw_metrics_t *m, ngx_http_apigw_metrics_family_t *f, u_char *p,
    u_char *last);

struct ngx_http_apigw_metrics_family_s {
    ngx_apigw_exposition_family_t      family;
    ngx_uint_t                         walk;
    ngx_http_apigw_metrics_family_pt   write;
    size_t                             offset;  /* of the counter */
};


/* counters of one family, which a label tells apart */

typedef struct {
    ngx_str_t                          value;
    size_t                             offset;
} ngx_http_apigw_metrics_part_t;


#define ngx_http_apigw_metrics_counter(sum, offset)                          \
    (*(ngx_atomic_t *) ((u_char *) (sum) + (offset)))

#define ngx_http_apigw_metrics_name(name, help, unit, type)                  \
    { ngx_string(name), ngx_string(help), ngx_string(unit),                  \
      NGX_APIGW_EXPOSITION_##type }


static u_char *ngx_http_apigw_metrics_build(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_born(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last);
static u_char *ngx_http_apigw_metrics_state(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last);
