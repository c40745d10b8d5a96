
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _MODEL_H_INCLUDED_
#define _MODEL_H_INCLUDED_


#include "model_quota.h"
#include "model_redis.h"
#include "model_set.h"


/*
 * Gateways, their workers and Redis, with one quota.  What the records do is
 * base/ngx_apigw_quota.c, what Redis does is the script; what the lease engine
 * does round them is told here in a few lines (model_engine.c).
 */

#define MODEL_GATEWAYS  3
#define MODEL_WORKERS   2
#define MODEL_DAYS      3
#define MODEL_ORPHANS   3


/* how often something may happen */

enum {
    MODEL_SENDS = 0,                     /* claims */
    MODEL_TIMEOUTS,                      /* a worker gives its claim up */
    MODEL_TWICES,                        /* a message is delivered twice */
    MODEL_STOPS,                         /* a worker stops inside apply() */
    MODEL_ROLLS,                         /* of the day */
    MODEL_EMPTIES,                       /* Redis loses its data */
    MODEL_DEATHS,                        /* of gateways, for ever */
    MODEL_OVERDRAWS,
    MODEL_RESTORES,                      /* of older memory */
    MODEL_BUDGETS
};


typedef struct {
    const char  *name;
    uint8_t      gateways;
    uint8_t      workers;
    uint8_t      limit;
    uint8_t      changed;                /* the limit, later; 0: it does not */
    uint8_t      wrap;                   /* sequence numbers begin near it */
    uint32_t     day;                    /* the first one */
    const char  *period;
    uint8_t      budgets[MODEL_BUDGETS];
} model_scenario_t;


/* a worker's claim */

enum {
    MODEL_IDLE = 0,
    MODEL_ASKED,                         /* the message is under way */
    MODEL_ANSWERED,                      /* the reply is */
    MODEL_STOPPED                        /* in the middle of applying it */
};

typedef struct {
    uint32_t     id;                     /* of the message or the reply */
    uint32_t     from;                   /* the record when that began */
    uint8_t      phase;
    uint8_t      step;
    uint8_t      pad[2];
} model_claim_t;


typedef struct {
    uint32_t       redis;
    uint32_t       records[MODEL_GATEWAYS];
    uint32_t       saved[MODEL_GATEWAYS];     /* older records, + 1 */
    uint32_t       orphans[MODEL_ORPHANS];    /* messages nobody waits for,
                                                 + 1 */
    model_claim_t  claims[MODEL_GATEWAYS][MODEL_WORKERS];
    uint8_t        spent[MODEL_GATEWAYS][MODEL_DAYS];
    uint8_t        overdrawn[MODEL_GATEWAYS];
    uint8_t        changed[MODEL_GATEWAYS];   /* has the other limit */
    uint8_t        restored[MODEL_GATEWAYS];
    uint8_t        dead[MODEL_GATEWAYS];
    uint8_t        lost[MODEL_GATEWAYS];      /* reports come before grants */
    uint8_t        seen[MODEL_GATEWAYS];      /* by the new Redis */
    uint8_t        day;
    uint8_t        epoch;
    uint8_t        grace;                     /* the epoch whose reports are
                                                 in */
    uint8_t        left[MODEL_BUDGETS];
    uint8_t        pad[1];
} model_state_t;


/* all that a claim says */

typedef struct {
    int64_t      spent;
    int64_t      granted;
    int64_t      base;
    int64_t      start;
    int64_t      leased;
    int64_t      want;
    int64_t      limit;
    uint64_t     sent;
    uint32_t     seq;
    uint32_t     gateway;
    uint64_t     lost;
} model_message_t;


typedef struct {
    int64_t      n[MODEL_REDIS_ANSWERS];
    uint64_t     spent;                  /* the claim's */
    uint64_t     sent;
    uint64_t     limit;
    uint32_t     seq;
    uint32_t     pad;
} model_reply_t;


typedef enum {
    MODEL_TAKE = 0,
    MODEL_CLAIM,
    MODEL_REPORT,
    MODEL_GIVE,
    MODEL_FREEZE,
    MODEL_DELIVER,
    MODEL_TWICE,
    MODEL_TIMEOUT,
    MODEL_ORPHAN,
    MODEL_REPLY,
    MODEL_STOP,
    MODEL_RESUME,
    MODEL_KILL,
    MODEL_ROLL,
    MODEL_LIMIT,
    MODEL_EMPTY,
    MODEL_GRACE,
    MODEL_DIE,
    MODEL_OVERDRAW,
    MODEL_SAVE,
    MODEL_RESTORE
} model_kind_e;

typedef struct {
    uint8_t      kind;
    uint8_t      gateway;
    uint8_t      worker;
    uint8_t      step;
} model_action_t;


#define MODEL_ACTIONS  256


/* faults that are put in on purpose: in the script, in the engine */

typedef struct {
    const char  *name;
    const char  *scenario;
    ngx_uint_t   mutation;
    const char  *from;
    const char  *to;
} model_mutant_t;

#define MODEL_NO_FREEZE  1               /* give-backs do not freeze */
#define MODEL_NO_HELD    2               /* claims forget what is held */
#define MODEL_NO_LOST    3               /* nobody tells of a new epoch */
#define MODEL_NO_LEFT    4               /* only what was spent is replayed */
#define MODEL_NO_CHANGE  5               /* dry, whatever the limit is now */
#define MODEL_NO_DOUBT   6               /* older memory is believed */


extern const model_scenario_t  *model_scenario;
extern ngx_uint_t               model_mutation;
extern ngx_uint_t               model_evals;


/* begins a scenario; text: of the script */
void model_begin(const model_scenario_t *scenario, const char *text,
    model_state_t *s);
void model_end(void);

/* model_engine.c; the texts tell what rule is broken, NULL: none */
uint64_t model_now(const model_state_t *s);
ngx_apigw_quota_t *model_record(const model_state_t *s, ngx_uint_t g);
void model_record_set(model_state_t *s, ngx_uint_t g,
    const ngx_apigw_quota_t *q);
const model_redis_t *model_store(const model_state_t *s);
uint32_t model_message(model_state_t *s, ngx_uint_t g, ngx_uint_t want,
    ngx_uint_t give);
const char *model_deliver(model_state_t *s, uint32_t message,
    uint32_t *reply);
void model_apply(ngx_apigw_quota_t *q, const void *reply);
const void *model_reply(uint32_t reply);
void model_resume(model_state_t *s, ngx_uint_t g, const model_claim_t *claim);
ngx_int_t model_spend(model_state_t *s, ngx_uint_t g);
void model_overdraw(const model_state_t *s, ngx_apigw_quota_t *q);
void model_limit(model_state_t *s, ngx_uint_t g);
void model_restore(model_state_t *s, ngx_uint_t g);
void model_empty(model_state_t *s);
void model_message_print(uint32_t message);
void model_reply_print(uint32_t reply);

/* model_step.c */
ngx_uint_t model_actions(const model_state_t *s, model_action_t *actions);
const char *model_step(model_state_t *s, const model_action_t *a);
void model_step_print(const model_state_t *s, const model_action_t *a);

/* model_check.c */
const char *model_check(const model_state_t *s);
const char *model_check_store(const model_redis_t *redis,
    const model_message_t *m, const model_reply_t *r);
uint32_t model_start(const model_state_t *s);
ngx_uint_t model_used(const model_state_t *s);
ngx_uint_t model_idle(const model_state_t *s);
const char *model_drain(const model_state_t *s);


#endif /* _MODEL_H_INCLUDED_ */
