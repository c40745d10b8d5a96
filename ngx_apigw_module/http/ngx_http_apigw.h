
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_HTTP_APIGW_H_INCLUDED_
#define _NGX_HTTP_APIGW_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_apigw_router.h"
#include "ngx_apigw_gcra.h"
#include "ngx_apigw_text.h"
#include "ngx_apigw_keys.h"
#include "ngx_apigw_zone.h"
#include "ngx_apigw_lease.h"
#include "ngx_apigw_meters.h"
#include "ngx_apigw_pricing.h"
#include "ngx_apigw_redis.h"
#include "ngx_apigw_event.h"
#include "ngx_apigw_metrics_zone.h"
#include "ngx_http_apigw_compat.h"


/*
 * What the features of the gateway have in common: the model (APIs, stages,
 * routes, plans), which is plain data that nothing changes at request time,
 * the context of a request, and the pipeline.  A feature knows no other one.
 */


#define NGX_HTTP_APIGW_VERSION       "0.1.0"


/* a status that nginx has no name for */

#define NGX_HTTP_APIGW_RESET_CONTENT  205


/* contexts of directives, beside those of nginx */

#define NGX_HTTP_APIGW_STAGE_CONF    0x00100000
#define NGX_HTTP_APIGW_ROUTE_CONF    0x00200000


/* where a thing was written, for errors found after it was parsed */

typedef struct {
    ngx_str_t                      file;
    ngx_uint_t                     line;
} ngx_http_apigw_place_t;


typedef struct ngx_http_apigw_api_s      ngx_http_apigw_api_t;
typedef struct ngx_http_apigw_stage_s    ngx_http_apigw_stage_t;
typedef struct ngx_http_apigw_route_s    ngx_http_apigw_route_t;
typedef struct ngx_http_apigw_plan_s     ngx_http_apigw_plan_t;
typedef struct ngx_http_apigw_pricing_s  ngx_http_apigw_pricing_t;
typedef struct ngx_http_apigw_limit_s    ngx_http_apigw_limit_t;
typedef struct ngx_http_apigw_quota_s    ngx_http_apigw_quota_t;
typedef struct ngx_http_apigw_ctx_s      ngx_http_apigw_ctx_t;
typedef struct ngx_http_apigw_locconf_s  ngx_http_apigw_locconf_t;
typedef struct ngx_http_apigw_auth_s     ngx_http_apigw_auth_t;
typedef struct ngx_http_apigw_shown_s    ngx_http_apigw_shown_t;
typedef struct ngx_http_apigw_watched_s  ngx_http_apigw_watched_t;


/* an API: the stages of one server{} */

struct ngx_http_apigw_api_s {
    ngx_str_t                      name;
    ngx_http_apigw_place_t         place;
    ngx_array_t                    stages;   /* ngx_http_apigw_stage_t * */
    ngx_http_core_srv_conf_t      *cscf;
};


/* what a plan set (ngx_apigw_keys.h) is worth in a stage */

typedef struct {
    uint32_t                       plan;     /* index in stage->plans, */
    uint32_t                       cell;     /* offset of its first cell */
} ngx_http_apigw_admission_t;

#define NGX_HTTP_APIGW_NO_PLAN     ((uint32_t) -1)


struct ngx_http_apigw_stage_s {
    ngx_str_t                      name;
    ngx_str_t                      prefix;   /* "/produccion", "": $default */
    ngx_uint_t                     type;     /* NGX_APIGW_REST, _HTTP */
    ngx_flag_t                     keep_slash;
    ngx_http_apigw_api_t          *api;
    ngx_apigw_router_t            *router;
    void                         **loc_conf;

    ngx_array_t                    routes;   /* ngx_http_apigw_route_t * */
    ngx_array_t                    variables; /* ngx_keyval_t */

    ngx_array_t                   *plans;    /* ngx_uint_t, the plans that
                                                open it; NULL: none */
    ngx_uint_t                     own_plans;   /* not those of the server */
    ngx_http_apigw_admission_t    *admissions;  /* by plan set */
    ngx_str_t                      key_header;  /* of the API key, lower case,
                                                not sent on; "": none */
    ngx_array_t                   *authorizers; /* those that its routes name,
                                                pointers; NULL: none */

    u_char                         id[NGX_APIGW_EVENT_ID]; /* deployment */
    uint32_t                       series;   /* its metrics; _NONE: not
                                                counted */

    ngx_http_apigw_locconf_t      *locconf;  /* while it is configured */
    ngx_http_apigw_place_t         place;
};


struct ngx_http_apigw_route_s {
    ngx_apigw_route_key_t          key;      /* first: the router gives it */
    ngx_http_apigw_stage_t        *stage;
    void                         **loc_conf;

    ngx_http_apigw_limit_t       **limits;   /* NULL-terminated, or NULL */
    ngx_array_t                  **plan_limits; /* by index in stage->plans:
                                                ngx_uint_t, which limits of the
                                                plan; NULL: no plan has one for
                                                this route */
    ngx_http_apigw_place_t         place;

    u_char                         id[NGX_APIGW_EVENT_ID]; /* of a resource */
    uint32_t                       series;   /* as of a stage */

    unsigned                       early:1;  /* rewrite directives answer */
    unsigned                       protect:1; /* some policy holds here */
    unsigned                       usage_key:1;  /* its authorizer may say the
                                                    API key */
    unsigned                       keyed:1;  /* it wants an API key */
    unsigned                       forward_key:1;
};


/* a token bucket, or one for each value of a variable */

struct ngx_http_apigw_limit_s {
    ngx_apigw_gcra_t               gcra;
    ngx_str_t                      policy;   /* RateLimit-Policy */
    ngx_str_t                      name;     /* in RateLimit and in the log */
    ngx_http_complex_value_t      *key;      /* NULL: one bucket */
    void                          *source;   /* the throttle it is made of */
    uint64_t                       hash;     /* what a keyed one is, hashed */
    uint32_t                       cell;     /* zone cell of an unkeyed one */
    unsigned                       stage_scope:1;
    unsigned                       pass_on_full:1;
    unsigned                       dry_run:1;
};


#define NGX_HTTP_APIGW_MAX_PLANS   65536     /* ngx_apigw_keys.h */

struct ngx_http_apigw_plan_s {
    ngx_str_t                      name;
    ngx_array_t                    limits;   /* ngx_http_apigw_plan_limit_t */
    ngx_apigw_lease_plan_t         quota;    /* limit 0: none */
    ngx_http_apigw_pricing_t      *pricing;  /* NULL: none */
    ngx_uint_t                     index;
    uint32_t                       series;   /* as of a stage */
    ngx_http_apigw_place_t         place;    /* line 0: not declared yet */
    ngx_http_apigw_place_t         mention;  /* the first one */
};


/* prices that plans refer to */

struct ngx_http_apigw_pricing_s {
    ngx_str_t                      name;
    ngx_apigw_pricing_t            prices;
    ngx_http_apigw_place_t         place;    /* line 0: not declared yet */
    ngx_http_apigw_place_t         mention;  /* the first one */
};


/* of each key: one for each limit, the number of its lease, of its meter */

#define ngx_http_apigw_plan_meter(plan)                                      \
    ((plan)->limits.nelts + ((plan)->quota.limit ? 1 : 0))

#define ngx_http_apigw_plan_cells(plan)                                      \
    (ngx_http_apigw_plan_meter(plan) + ((plan)->pricing ? 1 : 0))


typedef struct {
    ngx_http_apigw_limit_t         limit;
    ngx_str_t                      route;    /* route key; empty: all */
    ngx_uint_t                     used;     /* some stage has the route */
    ngx_http_apigw_place_t         place;
} ngx_http_apigw_plan_limit_t;


/* gateway responses: ngx_http_apigw_response_module.c has the table */

typedef enum {
    NGX_HTTP_APIGW_NO_ERROR = 0,
    NGX_HTTP_APIGW_DEFAULT_4XX,
    NGX_HTTP_APIGW_DEFAULT_5XX,
    NGX_HTTP_APIGW_ACCESS_DENIED,
    NGX_HTTP_APIGW_API_CONFIGURATION_ERROR,
    NGX_HTTP_APIGW_AUTHORIZER_CONFIGURATION_ERROR,
    NGX_HTTP_APIGW_AUTHORIZER_FAILURE,
    NGX_HTTP_APIGW_INTEGRATION_FAILURE,
    NGX_HTTP_APIGW_INTEGRATION_TIMEOUT,
    NGX_HTTP_APIGW_INVALID_API_KEY,
    NGX_HTTP_APIGW_MISSING_AUTHENTICATION_TOKEN,
    NGX_HTTP_APIGW_QUOTA_EXCEEDED,
    NGX_HTTP_APIGW_REQUEST_TOO_LARGE,
    NGX_HTTP_APIGW_RESOURCE_NOT_FOUND,
    NGX_HTTP_APIGW_THROTTLED,
    NGX_HTTP_APIGW_UNAUTHORIZED,
    NGX_HTTP_APIGW_UNKNOWN_STAGE,      /* customised by DEFAULT_4XX */
    NGX_HTTP_APIGW_BAD_PATH,           /* customised by DEFAULT_4XX */
    NGX_HTTP_APIGW_ARN_TOO_LONG,       /* 414, customised by DEFAULT_4XX */
    NGX_HTTP_APIGW_EXPLICIT_DENY,      /* customised by ACCESS_DENIED */
    NGX_HTTP_APIGW_BAD_ANSWER,         /* of a function: 502 and 500,
                                          customised by DEFAULT_5XX */
    NGX_HTTP_APIGW_QUOTA_UNAVAILABLE,  /* customised by DEFAULT_5XX */
    NGX_HTTP_APIGW_ERRORS
} ngx_http_apigw_error_e;


/*
 * The pipeline.  A step is called with the route that the request matched:
 *
 *     NGX_OK      go on
 *     NGX_DONE    the step has parked the request and will run its phases
 *                 again, to be called once more
 *     NGX_ERROR   500
 *     NGX_HTTP_*  refused: what ngx_http_apigw_refuse() returned
 */

typedef enum {
    NGX_HTTP_APIGW_STEP_AUTHORIZE = 0,
    NGX_HTTP_APIGW_STEP_KEY,
    NGX_HTTP_APIGW_STEP_THROTTLE,      /* of the plan, then of the route */
    NGX_HTTP_APIGW_STEP_QUOTA,         /* after what else may refuse */
    NGX_HTTP_APIGW_STEP_IDENTITY,      /* what the upstream is told */
    NGX_HTTP_APIGW_STEPS
} ngx_http_apigw_step_e;

typedef ngx_int_t (*ngx_http_apigw_step_pt)(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


typedef struct {
    ngx_http_apigw_step_pt         enter[NGX_HTTP_APIGW_STEPS];
                                             /* as soon as there is a stage;
                                                NULL: nothing to do then */
    ngx_http_apigw_step_pt         preflight;   /* of OPTIONS, before a route
                                                is looked for: NGX_DECLINED, or
                                                it has answered; NULL: no
                                                CORS */
    ngx_http_apigw_step_pt         steps[NGX_HTTP_APIGW_STEPS];

    ngx_apigw_zone_t              *zone;
    ngx_array_t                    apis;     /* ngx_http_apigw_api_t * */
    ngx_array_t                    plans;    /* ngx_http_apigw_plan_t * */
    ngx_array_t                    watched;  /* ngx_http_apigw_watched_t * */
    ngx_array_t                    pricings; /* ngx_http_apigw_pricing_t * */

    ngx_apigw_keys_t              *keys;     /* NULL: none */
    uint32_t                      *cells;    /* of the keys' buckets and the
                                                numbers of their leases and
                                                meters; where a consumer's
                                                begin, it says */
    ngx_apigw_redis_t             *redis;    /* NULL: none */
    ngx_apigw_leases_t            *leases;   /* NULL: no plan has a quota */
    ngx_apigw_meters_t            *meters;   /* NULL: no plan has prices */

    size_t                         metrics_size;   /* of apigw_zone; 0: as
                                                needed */
    ngx_uint_t                     metrics_off;
    ngx_apigw_metrics_zone_t      *metrics;  /* NULL: nothing is counted */
} ngx_http_apigw_main_conf_t;


/* an authorizer, as those see it that count and report */

struct ngx_http_apigw_watched_s {
    ngx_str_t                      name;
    ngx_str_t                      type;     /* "jwt" */
    uint32_t                       series;   /* as of a stage */
    void                          *authorizer;
};

typedef struct {
    time_t                         fetched;  /* its keys, Unix time, those of
                                                the issuer that is behind; 0:
                                                never; -1: none is asked */
    ngx_uint_t                     failures; /* of fetches in a row, at the
                                                end, the most of an issuer */
    ngx_uint_t                     tokens;   /* remembered by this worker */
    ngx_uint_t                     parked;   /* requests of this worker that
                                                wait for it */
} ngx_http_apigw_watched_stat_t;


/* throttle status, as limit_req has it */

#define NGX_HTTP_APIGW_PASSED             1
#define NGX_HTTP_APIGW_REJECTED           2
#define NGX_HTTP_APIGW_REJECTED_DRY_RUN   3


/* of a client request, made when a quota is asked for the first time */

struct ngx_http_apigw_quota_s {
    ngx_http_apigw_plan_t         *plan;     /* whose quota it is */
    uint32_t                       lease;
    ngx_int_t                      rc;       /* of ngx_apigw_lease_spend();
                                                NGX_AGAIN: not decided yet */
    ngx_uint_t                     mode;     /* ngx_apigw_lease_mode_e */
    ngx_msec_t                     since;    /* when it was asked */
    ngx_msec_t                     waited;   /* from then on, when decided */
    ngx_apigw_lease_wait_t        *wait;     /* NULL: it need not wait */
    ngx_apigw_lease_view_t         view;     /* when it was looked at first */
    unsigned                       viewed:1;
};


/* random bytes of an extended request id */

#define NGX_HTTP_APIGW_EXTENDED_LEN       11


/*
 * One per client request, on a cleanup of the main request's pool: it
 * survives internal redirects, which wipe r->ctx.
 */

struct ngx_http_apigw_ctx_s {
    ngx_http_apigw_stage_t        *stage;    /* NULL: unknown stage */
    ngx_http_apigw_route_t        *route;    /* matched last, or NULL; r may
                                                have left it since */
    ngx_http_apigw_route_t        *passed;   /* whose pipeline has passed */
    ngx_str_t                      path;     /* canonical, without stage */
    ngx_uint_t                     type;     /* NGX_APIGW_REST, _HTTP */
    ngx_uint_t                     step;     /* where the pipeline goes on */

    ngx_http_apigw_auth_t         *authorization;  /* NULL: none was asked */
    ngx_http_apigw_shown_t        *shown;    /* tokens that were masked */
    ngx_str_t                      principal;   /* as the upstream is told */
    ngx_apigw_granted_t           *granted;  /* NULL: no authorizer said yes */
    ngx_str_t                      trace;    /* X-Amzn-Trace-Id; "": not made
                                                yet, or not wanted */
    ngx_str_t                      traceparent;  /* the same */

    ngx_apigw_consumer_t          *consumer; /* whose API key it is */
    ngx_http_apigw_plan_t         *plan;
    uint32_t                      *cells;    /* of the consumer in the plan */
    ngx_uint_t                     plan_index;  /* in stage->plans */
    ngx_http_apigw_plan_t         *payer;    /* the first one with prices that
                                                has passed, or NULL */
    uint32_t                       meter;    /* of the consumer there */
    ngx_str_t                      secret;   /* the key, wiped at the end */

    ngx_http_apigw_limit_t        *limit;    /* the tightest or refusing one */
    ngx_http_apigw_route_t        *limited;  /* where that was, or where a
                                                quota refused */
    ngx_apigw_gcra_state_t         limit_state;
    ngx_http_apigw_quota_t        *quota;    /* NULL: none was asked */

    ngx_str_t                      forwarded_for; /* X-Forwarded-For as it is
                                                sent on; set by identity */

    ngx_str_t                      integration_id;  /* x-amzn-RequestId of
                                                the function's answer */
    ngx_msec_t                     latency;  /* where logged is set */

    ngx_uint_t                     err_status;  /* of r when it was routed */
    ngx_uint_t                     error_status;  /* that nginx found, before
                                                it became a response */
    off_t                          max_size;  /* that a request exceeded; 0:
                                                client_max_body_size */

    u_char                         request_id[NGX_APIGW_UUID_LEN];
    u_char                         extended_id[
                            NGX_APIGW_BASE64_LEN(NGX_HTTP_APIGW_EXTENDED_LEN)];

    unsigned                       error:8;     /* ngx_http_apigw_error_e */
    unsigned                       throttle_status:2;
    unsigned                       charged:1;   /* throttles are paid */
    unsigned                       identified:1;   /* ids are set */
    unsigned                       error_page:1;   /* of r when routed */
    unsigned                       redirected:1;   /* by an error_page */
    unsigned                       answered:1;  /* error was, by "=" */
    unsigned                       keepalive:1; /* of r: error is none of its
                                                connection */
    unsigned                       inside:1;    /* r->uri has no stage */
    unsigned                       traceparent_made:1;  /* not the client's */
    unsigned                       logged:1;    /* or about to be */
    unsigned                       key_repeated:1;
    unsigned                       key_late:1;  /* read when the headers had
                                                been set already */
};


extern ngx_module_t  ngx_apigw_module;


#define ngx_http_apigw_get_main_conf(r)                                      \
    ngx_http_get_module_main_conf(r, ngx_apigw_module)


/* ngx_http_apigw_module.c */

/* for init_process; NULL: the process is no worker, or there is no http{} */
ngx_http_apigw_main_conf_t *ngx_http_apigw_worker_conf(ngx_cycle_t *cycle);


/* ngx_http_apigw_ctx.c */

/* The context of the client request that r belongs to, or NULL. */
ngx_http_apigw_ctx_t *ngx_http_apigw_get_ctx(ngx_http_request_t *r);

/* The same, made where there is none; NULL: no memory. */
ngx_http_apigw_ctx_t *ngx_http_apigw_create_ctx(ngx_http_request_t *r);

/* The route whose location configuration r works with, or NULL. */
ngx_http_apigw_route_t *ngx_http_apigw_get_route(ngx_http_request_t *r);


/* ngx_http_apigw_identity_module.c */

/* so many bytes, up to 32, that nobody has had; NULL: there are none */
u_char *ngx_http_apigw_random(size_t len);

/* $apigw_request_id and $apigw_extended_request_id; NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_identify(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


/* ngx_http_apigw_authorizer_stat.c */

void ngx_http_apigw_watched_stat(ngx_http_apigw_watched_t *watched,
    ngx_http_apigw_watched_stat_t *stat);


/* ngx_http_apigw_forward.c */

void ngx_http_apigw_forward_init(void);

/*
 * Sets the request headers that every upstream gets, those of auth_request
 * and mirror, too, and takes out what only the gateway may say: NGX_OK,
 * NGX_ERROR.  forward_key adds what is known when the policies have passed.
 */
ngx_int_t ngx_http_apigw_forward(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);
ngx_int_t ngx_http_apigw_forward_key(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


/* ngx_http_apigw_pipeline.c */

/*
 * Runs the policies of ctx->route, once per client request and route.
 *
 *     NGX_OK        passed, or passed before
 *     others        as a step; NGX_ERROR and NGX_HTTP_* finalize the request
 */
ngx_int_t ngx_http_apigw_pipeline(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


/* ngx_http_apigw_park.c */

/*
 * For a step that has to wait: NGX_DONE, NGX_ERROR.  Whoever is to wake the
 * request calls resume() from the event loop, and has a cleanup of the request
 * (ngx_http_cleanup_add()) that tells when nobody waits any more.  action: for
 * the log.
 */
ngx_int_t ngx_http_apigw_park(ngx_http_request_t *r, char *action);
void ngx_http_apigw_resume(ngx_http_request_t *r);


/* ngx_http_apigw_quota_module.c */

/*
 * What the quota that ctx->quota tells of looks like, the same whenever it is
 * asked.  NULL: it is not decided yet.
 */
ngx_apigw_lease_view_t *ngx_http_apigw_quota_view(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx);


/* ngx_http_apigw_response_module.c */

/*
 * Notes the gateway response; returns its status, for the phase handler.
 */
ngx_int_t ngx_http_apigw_refuse(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_uint_t error);


/* ngx_http_apigw_response_table.c */

/* a name of its own for each ngx_http_apigw_error_e: AWS's, if there is one */
void ngx_http_apigw_error_name(ngx_uint_t error, ngx_str_t *name);

/* the type as AWS names it, and the message, of ctx->error */
void ngx_http_apigw_error_type(ngx_http_apigw_ctx_t *ctx, ngx_str_t *type);
ngx_int_t ngx_http_apigw_error_message(ngx_http_request_t *r,
    ngx_http_apigw_ctx_t *ctx, ngx_str_t *message);


/* ngx_http_apigw_switch.c */

/* the rewrite phase: a stage's location becomes the location of the route */
ngx_int_t ngx_http_apigw_switch_handler(ngx_http_request_t *r);

/* the server rewrite phase: an internal redirect gets its stage back */
ngx_int_t ngx_http_apigw_return_handler(ngx_http_request_t *r);


/* ngx_http_apigw_locconf.c */

/*
 * Routes share the location configurations that their blocks don't touch:
 * open() gives a route its array, close() is called when its block has been
 * parsed, merge() after nginx has merged the stages.
 */
ngx_http_apigw_locconf_t *ngx_http_apigw_locconf_create(ngx_conf_t *cf);
void **ngx_http_apigw_locconf_open(ngx_conf_t *cf,
    ngx_http_apigw_locconf_t *lc);
void ngx_http_apigw_locconf_close(ngx_http_apigw_locconf_t *lc,
    void **loc_conf);
ngx_int_t ngx_http_apigw_locconf_merge(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);

/* fresh configurations of all modules, shared with nothing */
void **ngx_http_apigw_locconf_fresh(ngx_conf_t *cf);


/* ngx_http_apigw_check.c */

/* What would silently do nothing or weaken a policy: logged, NGX_ERROR. */
ngx_int_t ngx_http_apigw_check_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
ngx_int_t ngx_http_apigw_check_route(ngx_conf_t *cf,
    ngx_http_apigw_route_t *route);
ngx_int_t ngx_http_apigw_check_merged(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);


/* ngx_http_apigw_conf.c */

void ngx_http_apigw_here(ngx_conf_t *cf, ngx_http_apigw_place_t *place);

/* ngx_conf_log_error() for a thing that was written elsewhere */
void ngx_cdecl ngx_http_apigw_conf_error(ngx_conf_t *cf, ngx_uint_t level,
    ngx_http_apigw_place_t *place, const char *fmt, ...);

/* a parameter "name=value" of this name: 1 and its value, or 0 */
ngx_uint_t ngx_http_apigw_conf_param(ngx_str_t *arg, const char *name,
    ngx_str_t *value);

/* nginx does not unquote inside a word: a quote there is a mistake */
ngx_int_t ngx_http_apigw_conf_no_quotes(ngx_conf_t *cf, ngx_str_t *arg);

/*
 * The header, in lower case, that a variable "http_name" reads.
 *
 *     NGX_OK
 *     NGX_DECLINED  it reads none
 *     NGX_ERROR     no memory
 */
ngx_int_t ngx_http_apigw_conf_header(ngx_conf_t *cf, ngx_str_t *variable,
    ngx_str_t *header);

/*
 * Reads text->len bytes of a file at most, and sets text->len; errno says why
 * not, nothing is logged.
 *
 *     NGX_OK
 *     NGX_DECLINED  it could not be opened
 *     NGX_ERROR     it could not be read
 */
ngx_int_t ngx_http_apigw_conf_read(ngx_str_t *name, ngx_str_t *text);

/* the length of the first line, without its end */
size_t ngx_http_apigw_conf_first_line(ngx_str_t *text);

/* rate and "burst=": "10r/s", "burst=20"; logged, NGX_ERROR */
ngx_int_t ngx_http_apigw_conf_rate(ngx_conf_t *cf, ngx_str_t *rate,
    ngx_str_t *burst, ngx_apigw_gcra_t *gcra);

/* sets name and the text of RateLimit-Policy */
ngx_int_t ngx_http_apigw_conf_policy(ngx_conf_t *cf,
    ngx_http_apigw_limit_t *limit, const char *name);

/* runs handler(cf, stage) for each stage of each API until one fails */
typedef ngx_int_t (*ngx_http_apigw_stage_pt)(ngx_conf_t *cf,
    ngx_http_apigw_stage_t *stage);
ngx_int_t ngx_http_apigw_each_stage(ngx_conf_t *cf,
    ngx_http_apigw_stage_pt handler);

/* notes a policy of a server{}, which is nothing without stages */
void ngx_http_apigw_conf_policy_here(ngx_conf_t *cf);

/* adds a handler to a phase: NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_conf_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler);

/* handler runs in the log phase before all others that are there now */
ngx_int_t ngx_http_apigw_conf_log_first(ngx_conf_t *cf,
    ngx_http_handler_pt handler);

/* the plan of this name, entered where it is not known; NULL: no memory */
ngx_http_apigw_plan_t *ngx_http_apigw_conf_plan(ngx_conf_t *cf,
    ngx_str_t *name, ngx_http_apigw_place_t *mention);

/* the same for prices */
ngx_http_apigw_pricing_t *ngx_http_apigw_conf_pricing(ngx_conf_t *cf,
    ngx_str_t *name, ngx_http_apigw_place_t *mention);


/* ngx_http_apigw_throttle_module.c */

/* the level of apigw_limit_log_level */
ngx_uint_t ngx_http_apigw_limit_log_level(ngx_http_apigw_route_t *route);


/* ngx_http_apigw_variables.c */

extern ngx_http_variable_t  ngx_http_apigw_vars[];

/* ms of all attempts at an upstream, those that have ended; -1: none has */
int64_t ngx_http_apigw_integration_latency(ngx_http_request_t *r);

/* those of a table that ngx_http_null_variable ends; NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_apigw_add_variables(ngx_conf_t *cf,
    ngx_http_variable_t *vars);

/* what get_handlers of features return: a text, or that there is none yet */
ngx_int_t ngx_http_apigw_variable_text(ngx_http_variable_value_t *v,
    ngx_str_t *text);
ngx_int_t ngx_http_apigw_variable_empty(ngx_http_request_t *r,
    ngx_http_variable_value_t *v);


/* ngx_http_apigw_context.c */

extern ngx_http_variable_t  ngx_http_apigw_context_vars[];

/* the log phase, before anybody logs */
ngx_int_t ngx_http_apigw_log_handler(ngx_http_request_t *r);


/* ngx_http_apigw_headers.c */

/* Appends a response header: the key is static; NGX_OK, NGX_ERROR. */
ngx_int_t ngx_http_apigw_add_header(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value);

/*
 * 1 where a header, whose name has len bytes or more, begins with this
 * lower-case name, or has it; "_" and "." are read as "-".
 */
ngx_uint_t ngx_http_apigw_header_is(ngx_table_elt_t *h, u_char *name,
    size_t len);


static ngx_inline ngx_uint_t
ngx_http_apigw_header_named(ngx_table_elt_t *h, ngx_str_t *name)
{
    return h->key.len == name->len
           && ngx_http_apigw_header_is(h, name->data, name->len);
}


#endif /* _NGX_HTTP_APIGW_H_INCLUDED_ */
