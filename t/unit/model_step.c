
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "model.h"


/* What can happen, and what it does. */


static const char  *model_names[] = {
    "takes", "claims", "reports", "gives back", "freezes, and is killed",
    "is heard", "is heard, twice", "gives up", "a late message is heard",
    "applies", "applies, and stops", "goes on", "is killed",
    "the next day", "the other limit", "redis is emptied",
    "time passes", "dies for ever", "overdraws", "is saved",
    "is restored"
};


static ngx_uint_t
model_steps(const model_state_t *s, ngx_uint_t g, ngx_uint_t w)
{
    ngx_apigw_quota_t  q;

    q = *model_record(s, g);

    return model_quota_run(&q, model_apply,
                           model_reply(s->claims[g][w].id));
}


static ngx_uint_t
model_add(model_action_t *actions, ngx_uint_t n, model_kind_e kind,
    ngx_uint_t g, ngx_uint_t w, ngx_uint_t step)
{
    if (n == MODEL_ACTIONS) {
        fprintf(stderr, "too many actions\n");
        exit(1);
    }

    actions[n].kind = (uint8_t) kind;
    actions[n].gateway = (uint8_t) g;
    actions[n].worker = (uint8_t) w;
    actions[n].step = (uint8_t) step;

    return n + 1;
}


static ngx_uint_t
model_actions_worker(const model_state_t *s, ngx_uint_t g, ngx_uint_t w,
    model_action_t *actions, ngx_uint_t n)
{
    ngx_uint_t  k, steps;

    switch (s->claims[g][w].phase) {

    case MODEL_IDLE:

        /* all idle workers are alike */

        if (s->left[MODEL_SENDS]
            && (w == 0 || s->claims[g][w - 1].phase != MODEL_IDLE))
        {
            n = model_add(actions, n, MODEL_CLAIM, g, w, 0);
            n = model_add(actions, n, MODEL_REPORT, g, w, 0);
            n = model_add(actions, n, MODEL_GIVE, g, w, 0);
        }

        break;

    case MODEL_ASKED:
        n = model_add(actions, n, MODEL_DELIVER, g, w, 0);

        if (s->left[MODEL_TWICES]) {
            n = model_add(actions, n, MODEL_TWICE, g, w, 0);
        }

        if (s->left[MODEL_TIMEOUTS]) {
            n = model_add(actions, n, MODEL_TIMEOUT, g, w, 0);
        }

        break;

    case MODEL_ANSWERED:
        n = model_add(actions, n, MODEL_REPLY, g, w, 0);

        if (s->left[MODEL_TIMEOUTS]) {
            n = model_add(actions, n, MODEL_TIMEOUT, g, w, 0);
        }

        if (s->left[MODEL_STOPS]) {
            steps = model_steps(s, g, w);

            for (k = 1; k <= steps; k++) {
                n = model_add(actions, n, MODEL_STOP, g, w, k);
            }
        }

        break;

    default:
        n = model_add(actions, n, MODEL_RESUME, g, w, 0);
        n = model_add(actions, n, MODEL_KILL, g, w, 0);
    }

    return n;
}


static ngx_uint_t
model_actions_gateway(const model_state_t *s, ngx_uint_t g,
    model_action_t *actions, ngx_uint_t n)
{
    ngx_uint_t               w;
    ngx_apigw_quota_state_t  state;

    ngx_apigw_quota_read(model_record(s, g), &state);

    if (state.left) {
        n = model_add(actions, n, MODEL_TAKE, g, 0, 0);
    }

    if (state.left && s->left[MODEL_STOPS]) {
        n = model_add(actions, n, MODEL_FREEZE, g, 0, 0);
    }

    if (s->left[MODEL_OVERDRAWS]) {
        n = model_add(actions, n, MODEL_OVERDRAW, g, 0, 0);
    }

    if (model_scenario->changed && !s->changed[g]) {
        n = model_add(actions, n, MODEL_LIMIT, g, 0, 0);
    }

    if (s->left[MODEL_DEATHS]) {
        n = model_add(actions, n, MODEL_DIE, g, 0, 0);
    }

    if (s->left[MODEL_RESTORES]) {
        n = model_add(actions, n, s->saved[g] ? MODEL_RESTORE : MODEL_SAVE,
                      g, 0, 0);
    }

    for (w = 0; w < model_scenario->workers; w++) {
        n = model_actions_worker(s, g, w, actions, n);
    }

    return n;
}


/* the time for reports is over */

static ngx_uint_t
model_grace(const model_state_t *s)
{
    ngx_uint_t                g, w;
    ngx_apigw_quota_t        *q;
    ngx_apigw_quota_state_t   state;

    for (g = 0; g < model_scenario->gateways; g++) {

        if (s->dead[g]) {
            continue;
        }

        q = model_record(s, g);
        ngx_apigw_quota_read(q, &state);

        if (!s->seen[g]
            && ((state.left && model_mutation != MODEL_NO_LEFT)
                || state.spent != ngx_apigw_quota_value(q->base)))
        {
            return 0;
        }

        for (w = 0; w < model_scenario->workers; w++) {
            if (s->claims[g][w].phase == MODEL_STOPPED) {
                return 0;
            }
        }
    }

    return s->epoch && s->grace < s->epoch
           && model_redis_get(model_store(s), "period")[0];
}


ngx_uint_t
model_actions(const model_state_t *s, model_action_t *actions)
{
    ngx_uint_t  g, i, n;

    n = 0;

    for (g = 0; g < model_scenario->gateways; g++) {
        if (!s->dead[g]) {
            n = model_actions_gateway(s, g, actions, n);
        }
    }

    for (i = 0; i < MODEL_ORPHANS && s->orphans[i]; i++) {
        n = model_add(actions, n, MODEL_ORPHAN, 0, 0, i);
    }

    if (s->left[MODEL_ROLLS]) {
        n = model_add(actions, n, MODEL_ROLL, 0, 0, 0);
    }

    if (s->left[MODEL_EMPTIES]) {
        n = model_add(actions, n, MODEL_EMPTY, 0, 0, 0);
    }

    if (model_grace(s)) {
        n = model_add(actions, n, MODEL_GRACE, 0, 0, 0);
    }

    return n;
}


/* one more than there is room for is lost */

static void
model_orphan(model_state_t *s, uint32_t message)
{
    uint32_t    id;
    ngx_uint_t  i;

    id = message + 1;

    for (i = 0; i < MODEL_ORPHANS; i++) {

        if (id > s->orphans[i]) {
            message = s->orphans[i];
            s->orphans[i] = id;
            id = message;
        }
    }
}


static uint32_t
model_orphan_remove(model_state_t *s, ngx_uint_t i)
{
    uint32_t  message;

    message = s->orphans[i] - 1;

    for ( ; i + 1 < MODEL_ORPHANS; i++) {
        s->orphans[i] = s->orphans[i + 1];
    }

    s->orphans[i] = 0;

    return message;
}


static void
model_forget(model_state_t *s, model_claim_t *claim)
{
    if (claim->phase == MODEL_ASKED) {
        model_orphan(s, claim->id);
    }

    memset(claim, 0, sizeof(model_claim_t));
}


static const char *
model_step_claim(model_state_t *s, const model_action_t *a,
    model_claim_t *claim)
{
    uint32_t            id;
    const char         *error;
    ngx_apigw_quota_t   q;

    id = claim->id;
    error = NULL;

    switch (a->kind) {

    case MODEL_CLAIM:
    case MODEL_REPORT:
    case MODEL_GIVE:
        claim->id = model_message(s, a->gateway, a->kind == MODEL_CLAIM,
                                  a->kind == MODEL_GIVE);
        claim->phase = MODEL_ASKED;
        s->left[MODEL_SENDS]--;
        break;

    case MODEL_TWICE:
        model_orphan(s, id);
        s->left[MODEL_TWICES]--;
        /* fall through */

    case MODEL_DELIVER:
        error = model_deliver(s, id, &claim->id);
        claim->phase = MODEL_ANSWERED;
        break;

    case MODEL_TIMEOUT:
        model_forget(s, claim);
        s->left[MODEL_TIMEOUTS]--;
        break;

    case MODEL_REPLY:
        q = *model_record(s, a->gateway);
        model_apply(&q, model_reply(id));
        model_record_set(s, a->gateway, &q);
        model_forget(s, claim);
        break;

    case MODEL_STOP:
        claim->from = s->records[a->gateway];
        claim->phase = MODEL_STOPPED;
        claim->step = a->step;
        q = *model_record(s, a->gateway);
        model_quota_stop(&q, model_apply, model_reply(id), a->step);
        model_record_set(s, a->gateway, &q);
        s->left[MODEL_STOPS]--;
        break;

    case MODEL_RESUME:
        model_resume(s, a->gateway, claim);
        /* fall through */

    case MODEL_KILL:
        model_forget(s, claim);
    }

    return error;
}


static void
model_step_redis(model_state_t *s)
{
    ngx_uint_t  g, w;

    s->left[MODEL_EMPTIES]--;
    s->epoch++;

    /* connections break */

    memset(s->orphans, 0, sizeof(s->orphans));

    for (g = 0; g < model_scenario->gateways; g++) {
        s->lost[g] = 1;
        s->seen[g] = 0;

        for (w = 0; w < model_scenario->workers; w++) {
            if (s->claims[g][w].phase != MODEL_STOPPED) {
                memset(&s->claims[g][w], 0, sizeof(model_claim_t));
            }
        }
    }

    model_empty(s);
}


/* a gateway's memory grows old, or it dies */

static void
model_step_fate(model_state_t *s, ngx_uint_t kind, ngx_uint_t g)
{
    ngx_uint_t  w;

    switch (kind) {

    case MODEL_SAVE:
        s->saved[g] = s->records[g] + 1;
        break;

    case MODEL_RESTORE:

        /* it takes longer than what is under way */

        memset(s->claims[g], 0, sizeof(s->claims[g]));
        memset(s->orphans, 0, sizeof(s->orphans));

        model_restore(s, g);

        s->saved[g] = 0;
        s->restored[g] = 1;
        s->left[MODEL_RESTORES]--;
        break;

    case MODEL_DIE:
        for (w = 0; w < model_scenario->workers; w++) {
            model_forget(s, &s->claims[g][w]);
        }

        s->dead[g] = 1;
        s->left[MODEL_DEATHS]--;
    }
}


static const char *
model_step_other(model_state_t *s, const model_action_t *a)
{
    uint32_t                 reply;
    ngx_apigw_quota_t        q;
    ngx_apigw_quota_state_t  state;

    q = *model_record(s, a->gateway);

    switch (a->kind) {

    case MODEL_TAKE:
        (void) model_spend(s, a->gateway);
        break;

    case MODEL_FREEZE:
        ngx_apigw_quota_freeze(&q, &state);
        model_record_set(s, a->gateway, &q);
        s->left[MODEL_STOPS]--;
        break;

    case MODEL_OVERDRAW:
        model_overdraw(s, &q);
        model_record_set(s, a->gateway, &q);
        s->overdrawn[a->gateway]++;
        s->left[MODEL_OVERDRAWS]--;
        break;

    case MODEL_ORPHAN:
        return model_deliver(s, model_orphan_remove(s, a->step), &reply);

    case MODEL_ROLL:
        s->day++;
        s->left[MODEL_ROLLS]--;
        break;

    case MODEL_LIMIT:
        model_limit(s, a->gateway);
        s->changed[a->gateway] = 1;
        break;

    case MODEL_EMPTY:
        model_step_redis(s);
        break;

    case MODEL_GRACE:
        s->grace = s->epoch;
        memset(s->lost, 0, sizeof(s->lost));
        memset(s->seen, 0, sizeof(s->seen));
        break;

    default:
        model_step_fate(s, a->kind, a->gateway);
    }

    return NULL;
}


const char *
model_step(model_state_t *s, const model_action_t *a)
{
    const char     *error;
    model_claim_t  *claims, claim;

    claims = s->claims[a->gateway];

    if (a->kind == MODEL_CLAIM || a->kind == MODEL_REPORT
        || a->kind == MODEL_GIVE
        || (a->kind >= MODEL_DELIVER && a->kind <= MODEL_KILL
            && a->kind != MODEL_ORPHAN))
    {
        error = model_step_claim(s, a, &claims[a->worker]);

    } else {
        error = model_step_other(s, a);
    }

    /* one worker is as good as another */

    if (memcmp(&claims[0], &claims[1], sizeof(model_claim_t)) < 0) {
        claim = claims[0];
        claims[0] = claims[1];
        claims[1] = claim;
    }

    return error;
}


void
model_step_print(const model_state_t *s, const model_action_t *a)
{
    const model_claim_t  *claim;

    claim = &s->claims[a->gateway][a->worker];

    printf("#     ");

    if (a->kind != MODEL_ORPHAN && a->kind != MODEL_ROLL
        && a->kind != MODEL_EMPTY && a->kind != MODEL_GRACE)
    {
        printf("%u.%u ", a->gateway, a->worker);
    }

    printf("%s", model_names[a->kind]);

    if (a->step) {
        printf(" %u", a->step);
    }

    if (a->kind == MODEL_DELIVER || a->kind == MODEL_TWICE) {
        model_message_print(claim->id);

    } else if (a->kind == MODEL_ORPHAN) {
        model_message_print(s->orphans[a->step] - 1);

    } else if (a->kind == MODEL_REPLY || a->kind == MODEL_STOP
               || a->kind == MODEL_RESUME)
    {
        model_reply_print(claim->id);
    }

    printf("\n");
}
