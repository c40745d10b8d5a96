
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>

#include "model.h"
#include "ngx_apigw_period.h"


/* The rules: what holds in every state, and what can be reached from it. */

#define MODEL_TRIES  40

/* a gateway's entry in Redis */

typedef struct {
    unsigned    seq;
    long long   spent;
    long long   held;
    long long   granted;
    unsigned    day;
} model_entry_t;


static ngx_uint_t
model_entry(const model_redis_t *redis, ngx_uint_t g, model_entry_t *e)
{
    char  name[MODEL_REDIS_NAME];

    snprintf(name, sizeof(name), "gw:%u", (unsigned) g);

    return sscanf(model_redis_get(redis, name), "%u %lld %lld %lld %u",
                  &e->seq, &e->spent, &e->held, &e->granted, &e->day)
           == 5;
}


/* the sum of the days that Redis knows, first: a date */

static long long
model_days(const model_redis_t *redis, const char *first)
{
    long long                   sum;
    ngx_uint_t                  i;
    const model_redis_field_t  *f;

    for (sum = 0, i = 0; i < redis->n; i++) {
        f = &redis->fields[i];

        if (f->name[4] == '-' && strcmp(f->name, first) >= 0) {
            sum += strtoll(f->value, NULL, 10);
        }
    }

    return sum;
}


static void
model_date(char *date, uint32_t day)
{
    *ngx_apigw_date_print((u_char *) date, day) = '\0';
}


/* after each message */

const char *
model_check_store(const model_redis_t *redis, const model_message_t *m,
    const model_reply_t *r)
{
    int64_t        used, held;
    ngx_uint_t     g;
    model_entry_t  e;

    used = model_redis_number(redis, "used");
    held = model_redis_number(redis, "held");

    if (used != model_days(redis, model_redis_get(redis, "start"))) {
        return "used is not the sum of the days";
    }

    for (g = 0; g < model_scenario->gateways; g++) {
        if (model_entry(redis, g, &e)) {
            held -= e.held;

            if (e.held < 0) {
                return "a gateway holds less than nothing";
            }
        }
    }

    if (held) {
        return "held is not the sum of what gateways hold";
    }

    held = model_redis_number(redis, "held");

    if (r->n[0] == 'o' && r->n[2] > m->granted && used + held > m->limit) {
        return "a grant beyond the limit";
    }

    return NULL;
}


/* the period's first day */

uint32_t
model_start(const model_state_t *s)
{
    ngx_str_t           name;
    ngx_apigw_period_t  period;

    name.data = (u_char *) model_scenario->period;
    name.len = strlen(model_scenario->period);

    (void) ngx_apigw_period_parse(&period, &name);

    return ngx_apigw_period_start(&period, model_scenario->day + s->day);
}


/* the same, from the first day of all */

static ngx_uint_t
model_first(const model_state_t *s)
{
    uint32_t  start;

    start = model_start(s);

    return start - ngx_min(start, model_scenario->day);
}


/* really spent in this period */

ngx_uint_t
model_used(const model_state_t *s)
{
    ngx_uint_t  g, d, sum;

    for (sum = 0, g = 0; g < model_scenario->gateways; g++) {
        for (d = model_first(s); d <= s->day; d++) {
            sum += s->spent[g][d];
        }
    }

    return sum;
}


static ngx_uint_t
model_limit_max(const model_state_t *s)
{
    ngx_uint_t  g, max;

    max = ngx_max(model_scenario->limit, model_scenario->changed);

    for (g = 0; g < model_scenario->gateways; g++) {
        max += s->overdrawn[g];
    }

    return max;
}


static ngx_uint_t
model_dead(const model_state_t *s)
{
    ngx_uint_t  g, n;

    for (n = 0, g = 0; g < model_scenario->gateways; g++) {
        n += s->dead[g];
    }

    return n;
}


const char *
model_check(const model_state_t *s)
{
    ngx_uint_t                g, d, spent, total;
    model_entry_t             e;
    ngx_apigw_quota_t        *q;
    ngx_apigw_quota_state_t   state;

    total = model_used(s);

    for (g = 0; g < model_scenario->gateways; g++) {
        q = model_record(s, g);
        ngx_apigw_quota_read(q, &state);

        for (spent = 0, d = 0; d <= s->day; d++) {
            spent += s->spent[g][d];
        }

        if (!s->restored[g] && state.spent != spent + s->overdrawn[g]) {
            return "a record does not know what was spent";
        }

        if (!s->epoch && !s->overdrawn[g]
            && model_entry(model_store(s), g, &e)
            && (long long) spent > e.granted)
        {
            return "more is spent than redis has granted";
        }

        if (!s->dead[g] && !state.frozen && model_now(s) < q->until) {
            total += state.left;
        }
    }

    /* a dead gateway does not tell a new Redis what it has spent */

    if (total > model_limit_max(s) && !(s->epoch && model_dead(s))) {
        return "more is spent or leased than the limit";
    }

    return NULL;
}


/* no claim is under way */

ngx_uint_t
model_idle(const model_state_t *s)
{
    ngx_uint_t  g, w;

    for (g = 0; g < model_scenario->gateways; g++) {
        for (w = 0; w < model_scenario->workers; w++) {
            if (s->claims[g][w].phase != MODEL_IDLE) {
                return 0;
            }
        }
    }

    return 1;
}


static const char *
model_drain_claim(model_state_t *s, ngx_uint_t g, ngx_uint_t want,
    ngx_uint_t give)
{
    uint32_t            reply;
    const char         *error;
    ngx_apigw_quota_t   q;

    error = model_deliver(s, model_message(s, g, want, give), &reply);

    q = *model_record(s, g);
    model_apply(&q, model_reply(reply));
    model_record_set(s, g, &q);

    return error;
}


/* all living gateways give back what they have, and have reported */

static const char *
model_drain_give(model_state_t *s)
{
    ngx_uint_t                g, i;
    const char               *error;
    ngx_apigw_quota_state_t   state;

    for (g = 0; g < model_scenario->gateways; g++) {

        if (s->dead[g]) {
            continue;
        }

        /* an answer to an earlier claim may come first */

        for (i = 0; i < 4; i++) {
            error = model_drain_claim(s, g, 0, 1);
            if (error) {
                return error;
            }
        }

        ngx_apigw_quota_read(model_record(s, g), &state);

        if (state.left || state.frozen) {
            return "units are not given back";
        }
    }

    /* and reports have had their time */

    s->grace = s->epoch + 1;
    memset(s->lost, 0, sizeof(s->lost));

    return NULL;
}


/* what Redis counts for each day is what was spent */

static const char *
model_drain_days(const model_state_t *s)
{
    char        date[MODEL_REDIS_NAME];
    long long   spent, lost, count;
    ngx_uint_t  g, d, first;

    first = s->epoch ? model_first(s) : 0;
    count = spent = lost = 0;

    for (d = first; d <= s->day; d++) {

        for (g = 0; g < model_scenario->gateways; g++) {
            if (s->dead[g]) {
                lost += s->spent[g][d];

            } else if (s->restored[g]) {
                spent += s->spent[g][d];
                lost += model_scenario->limit;

            } else {
                spent += s->spent[g][d];
            }
        }

        /* in a new epoch units are of the day that they are told */

        if (d == s->day || !s->epoch) {
            model_date(date, model_scenario->day + d);
            count = s->epoch ? model_days(model_store(s), date)
                             : model_redis_number(model_store(s), date);

        } else {
            continue;
        }

        if (count < spent || count > spent + lost) {
            return "the days' counts are not what was spent";
        }

        if (!s->epoch) {
            spent = lost = 0;
        }
    }

    return NULL;
}


/* what a dead gateway holds is lost for the period */

static long long
model_dead_held(const model_state_t *s)
{
    long long      held;
    ngx_uint_t     g;
    model_entry_t  e;

    for (held = 0, g = 0; g < model_scenario->gateways; g++) {
        if (s->dead[g] && model_entry(model_store(s), g, &e)
            && e.day >= model_scenario->day + model_first(s))
        {
            held += e.held;
        }
    }

    return held;
}


/* one gateway spends all there is */

static const char *
model_drain_spend(model_state_t s, ngx_uint_t g)
{
    ngx_int_t    rc;
    ngx_uint_t   i;
    const char  *error;

    for (i = 0; i < MODEL_TRIES; i++) {
        rc = model_spend(&s, g);

        if (rc == NGX_DECLINED) {
            break;
        }

        if (rc == NGX_AGAIN) {
            error = model_drain_claim(&s, g, 1, 0);
            if (error) {
                return error;
            }
        }

        error = model_check(&s);
        if (error) {
            return error;
        }
    }

    if (model_redis_number(model_store(&s), "used") + model_dead_held(&s)
        < (int64_t) model_record(&s, g)->limit)
    {
        return "the quota cannot be spent";
    }

    if (model_redis_number(model_store(&s), "held") != model_dead_held(&s)) {
        return "units are held by nobody";
    }

    return NULL;
}


const char *
model_drain(const model_state_t *state)
{
    ngx_uint_t      g, overdrawn;
    const char     *error;
    model_state_t   s;

    s = *state;

    error = model_drain_give(&s);
    if (error) {
        return error;
    }

    for (overdrawn = 0, g = 0; g < model_scenario->gateways; g++) {
        overdrawn += s.overdrawn[g];
    }

    if (overdrawn == 0) {
        error = model_drain_days(&s);
        if (error) {
            return error;
        }
    }

    for (g = 0; g < model_scenario->gateways; g++) {

        if (s.dead[g]) {
            continue;
        }

        error = model_drain_spend(s, g);
        if (error) {
            return error;
        }
    }

    return NULL;
}
