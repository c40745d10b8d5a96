
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <inttypes.h>
#include <stdio.h>

#include "model.h"


/*
 * The lease engine: what a claim says, what is done with its reply.  As in
 * core/ngx_apigw_lease_redis.c, without its timers and estimates.
 */

#define MODEL_WANT   128                 /* NGX_APIGW_LEASE_BLOCK */
#define MODEL_DAY    ((uint64_t) 86400000)
#define MODEL_ARGS   13


typedef struct {
    uint32_t     redis;
    uint32_t     message;
    uint64_t     now;
} model_eval_t;

typedef struct {
    uint32_t     redis;
    uint32_t     reply;
    const char  *error;
} model_result_t;


const model_scenario_t  *model_scenario;
ngx_uint_t               model_mutation;
ngx_uint_t               model_evals;

static model_set_t       model_stores;
static model_set_t       model_records;
static model_set_t       model_messages;
static model_set_t       model_replies;
static model_set_t       model_eval_keys;
static model_result_t   *model_results;
static size_t            model_room;


void
model_begin(const model_scenario_t *scenario, const char *text,
    model_state_t *s)
{
    uint32_t           seq;
    ngx_uint_t         g;
    model_redis_t      redis;
    ngx_apigw_quota_t  q;

    model_scenario = scenario;
    model_evals = 0;

    model_redis_init(text);
    model_set_init(&model_stores, sizeof(model_redis_t));
    model_set_init(&model_records, sizeof(ngx_apigw_quota_t));
    model_set_init(&model_messages, sizeof(model_message_t));
    model_set_init(&model_replies, sizeof(model_reply_t));
    model_set_init(&model_eval_keys, sizeof(model_eval_t));

    memset(s, 0, sizeof(model_state_t));
    memset(&redis, 0, sizeof(model_redis_t));
    memset(&q, 0, sizeof(ngx_apigw_quota_t));

    s->redis = model_set_add(&model_stores, &redis, NULL);

    seq = scenario->wrap ? NGX_APIGW_QUOTA_SEQS - 2 : 0;

    q.word = (uint64_t) seq << 33;
    q.granted[seq & 1] = (uint64_t) seq << 48;
    q.limit = scenario->limit;

    for (g = 0; g < scenario->gateways; g++) {
        model_record_set(s, g, &q);
    }

    memcpy(s->left, scenario->budgets, MODEL_BUDGETS);
}


void
model_end(void)
{
    model_redis_done();
    model_set_free(&model_stores);
    model_set_free(&model_records);
    model_set_free(&model_messages);
    model_set_free(&model_replies);
    model_set_free(&model_eval_keys);

    free(model_results);
    model_results = NULL;
    model_room = 0;
}


/*
 * The first day is about to end, the others have just begun.  Leases do not
 * care for less than a day, new epochs care for two seconds.
 */

uint64_t
model_now(const model_state_t *s)
{
    uint64_t  now;

    now = (model_scenario->day + s->day) * MODEL_DAY;
    now += s->day ? 10 : MODEL_DAY - 10000;

    return now + s->grace * 3000;
}


ngx_apigw_quota_t *
model_record(const model_state_t *s, ngx_uint_t g)
{
    return model_set_get(&model_records, s->records[g]);
}


void
model_record_set(model_state_t *s, ngx_uint_t g, const ngx_apigw_quota_t *q)
{
    s->records[g] = model_set_add(&model_records, q, NULL);
}


const model_redis_t *
model_store(const model_state_t *s)
{
    return model_set_get(&model_stores, s->redis);
}


void
model_empty(model_state_t *s)
{
    model_redis_t  redis;

    memset(&redis, 0, sizeof(model_redis_t));

    s->redis = model_set_add(&model_stores, &redis, NULL);
}


uint32_t
model_message(model_state_t *s, ngx_uint_t g, ngx_uint_t want,
    ngx_uint_t give)
{
    model_message_t          m;
    ngx_apigw_quota_t        q;
    ngx_apigw_quota_state_t  state;

    memset(&m, 0, sizeof(model_message_t));

    q = *model_record(s, g);

    if (give && model_mutation != MODEL_NO_FREEZE) {
        ngx_apigw_quota_freeze(&q, &state);
        model_record_set(s, g, &q);
    }

    ngx_apigw_quota_read(&q, &state);

    m.gateway = (uint32_t) g;
    m.seq = ngx_apigw_quota_next(state.seq);
    m.spent = state.spent;
    m.granted = state.frozen ? state.spent : state.granted;
    m.base = ngx_apigw_quota_value(q.base);
    m.start = ngx_apigw_quota_tag(q.base);
    m.leased = state.day;
    m.want = want ? MODEL_WANT : 0;
    m.limit = q.limit;
    m.lost = s->lost[g];
    m.sent = model_now(s);

    if ((give && model_mutation == MODEL_NO_FREEZE)
        || model_mutation == MODEL_NO_HELD)
    {
        m.granted = m.spent;
    }

    if (model_mutation == MODEL_NO_LOST) {
        m.lost = 0;
    }

    return model_set_add(&model_messages, &m, NULL);
}


static const char *
model_eval(model_redis_t *redis, const model_message_t *m, uint64_t now,
    model_reply_t *reply)
{
    char         argv[MODEL_ARGS][MODEL_REDIS_VALUE];
    const char  *error;

    sprintf(argv[0], "%" PRIu32, m->gateway);
    sprintf(argv[1], "%" PRIu32, m->seq);
    sprintf(argv[2], "%" PRId64, m->spent);
    sprintf(argv[3], "%" PRId64, m->granted);
    sprintf(argv[4], "%" PRId64, m->base);
    sprintf(argv[5], "%" PRId64, m->start);
    sprintf(argv[6], "%" PRId64, m->leased);
    sprintf(argv[7], "%" PRId64, m->want);
    sprintf(argv[8], "%" PRId64, m->limit);
    sprintf(argv[9], "%s", model_scenario->period);
    sprintf(argv[10], "0");
    sprintf(argv[11], "%" PRIu32, m->gateway);
    sprintf(argv[12], "%" PRIu64, m->lost);

    memset(reply, 0, sizeof(model_reply_t));

    reply->spent = m->spent;
    reply->sent = m->sent;
    reply->limit = m->limit;
    reply->seq = m->seq;

    model_evals++;

    error = model_redis_eval(redis, now, MODEL_ARGS, argv, reply->n);

    return error ? error : model_check_store(redis, m, reply);
}


/* what the script answers to one message in one state is computed once */

const char *
model_deliver(model_state_t *s, uint32_t message, uint32_t *reply)
{
    uint32_t          n;
    ngx_uint_t        fresh;
    model_eval_t      key;
    model_redis_t     redis;
    model_reply_t     r;
    model_result_t   *result;
    model_message_t   m;

    memset(&key, 0, sizeof(model_eval_t));

    key.redis = s->redis;
    key.message = message;
    key.now = model_now(s);

    m = *(model_message_t *) model_set_get(&model_messages, message);

    if (s->epoch > s->grace) {
        s->seen[m.gateway] = 1;
    }

    n = model_set_add(&model_eval_keys, &key, &fresh);

    if (n >= model_room) {
        model_room = model_room ? 2 * model_room : 1024;
        model_results = model_set_alloc(model_results,
                                        model_room * sizeof(model_result_t));
    }

    result = &model_results[n];

    if (fresh) {
        redis = *model_store(s);

        result->error = model_eval(&redis, &m, key.now, &r);
        result->redis = model_set_add(&model_stores, &redis, NULL);
        result->reply = model_set_add(&model_replies, &r, NULL);
    }

    s->redis = result->redis;
    *reply = result->reply;

    return result->error;
}


const void *
model_reply(uint32_t reply)
{
    return model_set_get(&model_replies, reply);
}


/* ngx_apigw_lease_redis_apply() */

void
model_apply(ngx_apigw_quota_t *q, const void *reply)
{
    const model_reply_t  *r = reply;

    ngx_apigw_quota_grant_t  grant;
    ngx_apigw_quota_state_t  state;

    memset(&grant, 0, sizeof(ngx_apigw_quota_grant_t));

    grant.seq = (uint32_t) r->n[1];
    grant.granted = (uint64_t) r->n[2];
    grant.day = (uint32_t) r->n[3];
    grant.start = (uint32_t) r->n[4];
    grant.base = r->spent;
    grant.until = r->sent + ngx_max(r->n[5], 0);

    switch ((int) r->n[0]) {

    case 'f':
        ngx_apigw_quota_freeze(q, &state);
        return;

    case 'a':
        ngx_apigw_quota_adopt(q, r->seq, &grant);
        return;
    }

    (void) ngx_apigw_quota_apply(q, &grant);

    if (r->n[0] == 'd' && r->n[8] == 0
        && (q->limit == r->limit || model_mutation == MODEL_NO_CHANGE))
    {
        q->dry = grant.until;
    }
}


void
model_resume(model_state_t *s, ngx_uint_t g, const model_claim_t *claim)
{
    ngx_apigw_quota_t  q, from;

    q = *model_record(s, g);
    from = *(ngx_apigw_quota_t *) model_set_get(&model_records, claim->from);

    model_quota_resume(&q, model_apply, model_reply(claim->id), claim->step,
                       &from);
    model_record_set(s, g, &q);
}


/* ngx_apigw_lease_spend(): NGX_OK, NGX_AGAIN: claim, NGX_DECLINED */

ngx_int_t
model_spend(model_state_t *s, ngx_uint_t g)
{
    uint64_t           now;
    ngx_int_t          rc;
    ngx_apigw_quota_t  q;

    now = model_now(s);
    q = *model_record(s, g);

    rc = ngx_apigw_quota_take(&q, now);

    if (rc == NGX_DECLINED) {
        return (now < q.dry) ? NGX_DECLINED : NGX_AGAIN;
    }

    model_record_set(s, g, &q);
    s->spent[g][s->day]++;

    return NGX_OK;
}


/* ngx_apigw_lease_without() */

void
model_overdraw(const model_state_t *s, ngx_apigw_quota_t *q)
{
    ngx_apigw_quota_state_t  state;

    if (ngx_apigw_quota_tag(q->base) == 0) {
        ngx_apigw_quota_read(q, &state);
        ngx_apigw_quota_begin(q, model_start(s), state.spent);
    }

    ngx_apigw_quota_overdraw(q);
}


/* ngx_apigw_leases_init_worker() */

void
model_limit(model_state_t *s, ngx_uint_t g)
{
    ngx_apigw_quota_t        q;
    ngx_apigw_quota_state_t  state;

    q = *model_record(s, g);

    q.limit = model_scenario->changed;
    q.dry = 0;

    ngx_apigw_quota_read(&q, &state);

    if (state.left) {
        ngx_apigw_quota_freeze(&q, &state);
    }

    model_record_set(s, g, &q);
}


/*
 * A file that is older than what really happened: its units count as spent,
 * and its next claim is one that the store has answered already, so that the
 * store tells what it knows.
 */

void
model_restore(model_state_t *s, ngx_uint_t g)
{
    uint32_t                 seq;
    ngx_apigw_quota_t        q;
    ngx_apigw_quota_state_t  state;

    q = *(ngx_apigw_quota_t *) model_set_get(&model_records, s->saved[g] - 1);

    if (model_mutation != MODEL_NO_DOUBT) {
        ngx_apigw_quota_read(&q, &state);

        seq = (state.seq - 2) & (NGX_APIGW_QUOTA_SEQS - 1);

        q.word = (uint64_t) state.day << 48 | (uint64_t) seq << 33;
        q.granted[seq & 1] = (uint64_t) seq << 48 | state.granted;
    }

    model_record_set(s, g, &q);
}


void
model_message_print(uint32_t message)
{
    const model_message_t  *m;

    m = model_set_get(&model_messages, message);

    printf(" seq %" PRIu32 " spent %" PRId64 " granted %" PRId64
           " base %" PRId64 "@%" PRId64 " leased %" PRId64 " want %" PRId64
           " limit %" PRId64 " lost %" PRIu64, m->seq, m->spent, m->granted,
           m->base, m->start, m->leased, m->want, m->limit, m->lost);
}


void
model_reply_print(uint32_t reply)
{
    const model_reply_t  *r;

    r = model_reply(reply);

    printf(" %c seq %" PRId64 " granted %" PRId64 " day %" PRId64
           " start %" PRId64 " free %" PRId64 " used %" PRId64
           " wait %" PRId64, (char) r->n[0], r->n[1], r->n[2], r->n[3],
           r->n[4], r->n[6], r->n[7], r->n[8]);
}
