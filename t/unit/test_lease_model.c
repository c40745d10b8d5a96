
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <stdio.h>
#include <time.h>

#include "tap.h"
#include "model.h"

/* the script itself */

#define _NGX_APIGW_LEASE_INT_H_INCLUDED_

#include "ngx_apigw_lease_script.c"


/*
 * All that can happen to a quota, in breadth: the first state that breaks a
 * rule is one of the fewest steps.  APIGW_MODEL=N: N more claims, for a run of
 * hours; APIGW_MODEL_ONLY=name: one scenario.
 */

#define MODEL_MIDDLE  20000              /* 2024-10-04, within a month */
#define MODEL_LAST    20027              /* the last day of a month */
#define MODEL_TEXT    16384


typedef struct {
    uint32_t        parent;
    model_action_t  action;
} model_edge_t;


static const model_scenario_t  model_scenarios[] = {
    { "messages", 2, 1, 2, 0, 1, MODEL_MIDDLE, "month",
      { 4, 1, 1, 0, 0, 0, 0, 0, 0 } },
    { "workers", 1, 2, 3, 0, 1, MODEL_MIDDLE, "month",
      { 4, 1, 1, 0, 0, 0, 0, 0, 0 } },
    { "stops", 1, 2, 3, 0, 0, MODEL_MIDDLE, "month",
      { 4, 1, 0, 1, 0, 0, 0, 0, 0 } },
    { "days", 2, 1, 2, 0, 1, MODEL_MIDDLE, "month",
      { 3, 1, 1, 0, 1, 0, 0, 0, 0 } },
    { "days and workers", 1, 2, 2, 0, 0, MODEL_MIDDLE, "month",
      { 3, 1, 0, 1, 1, 0, 0, 0, 0 } },
    { "periods", 2, 1, 2, 0, 0, MODEL_LAST, "month",
      { 3, 1, 1, 0, 1, 0, 0, 0, 0 } },
    { "limits", 2, 1, 2, 3, 0, MODEL_MIDDLE, "month",
      { 3, 1, 0, 0, 0, 0, 0, 0, 0 } },
    { "lower limits", 2, 1, 3, 1, 0, MODEL_MIDDLE, "month",
      { 3, 1, 0, 0, 0, 0, 0, 0, 0 } },
    { "epochs", 2, 1, 2, 0, 0, MODEL_MIDDLE, "month",
      { 4, 0, 0, 0, 0, 1, 0, 0, 0 } },
    { "epochs and periods", 2, 1, 2, 0, 0, MODEL_LAST, "month",
      { 3, 0, 0, 0, 1, 1, 0, 0, 0 } },
    { "deaths", 2, 1, 2, 0, 0, MODEL_MIDDLE, "month",
      { 3, 1, 0, 0, 1, 0, 1, 0, 0 } },
    { "deaths and periods", 2, 1, 2, 0, 0, MODEL_LAST, "month",
      { 3, 1, 0, 0, 1, 0, 1, 0, 0 } },
    { "overdraws", 1, 2, 3, 0, 0, MODEL_MIDDLE, "month",
      { 3, 1, 0, 1, 0, 0, 0, 1, 0 } },
    { "older memory", 2, 1, 2, 0, 1, MODEL_MIDDLE, "month",
      { 3, 1, 0, 0, 0, 0, 0, 0, 1 } },
    { "larger leases", 2, 1, 9, 0, 1, MODEL_MIDDLE, "month",
      { 4, 0, 0, 0, 0, 0, 0, 0, 0 } },
    { "three gateways", 3, 1, 2, 0, 0, MODEL_MIDDLE, "month",
      { 4, 0, 0, 0, 0, 0, 0, 0, 0 } }
};

#define MODEL_SCENARIOS                                                      \
    (sizeof(model_scenarios) / sizeof(model_scenarios[0]))


/* each rule is needed */

static const model_mutant_t  model_mutants[] = {
    { "a repeated claim is granted again", "messages", 0,
      "if ahead == 0 then", "if ahead == 40000 then" },
    { "a late claim is taken", "workers", 0,
      "if ahead >= 16384 or spent < mine.spent then", "if false then" },
    { "units of yesterday are not given back first", "days", 0,
      "leased ~= today", "false" },
    { "yesterday's units are of today", "days", 0,
      "day = leased\n", "day = today\n" },
    { "grants come before reports", "epochs", 0,
      "if now - since < 2000 then", "if false then" },
    { "what was spent in the period is not told", "epochs", 0,
      "mine.spent = base\n", "mine.spent = spent\n" },
    { "what others hold is granted", "messages", 0,
      "local free = limit - used - held\n", "local free = limit - used\n" },
    { "what was held stays held", "messages", 0,
      "held = held - mine.held + granted", "held = held + granted" },
    { "few units are not granted", "messages", 0,
      "math.max(1, grant)", "math.max(0, grant)" },
    { "the dead hold units in the next period", "deaths and periods", 0,
      "        l.held = 0\n", "" },
    { "what is left is not frozen", "messages", MODEL_NO_FREEZE, NULL, NULL },
    { "what is left is not told", "messages", MODEL_NO_HELD, NULL, NULL },
    { "a new epoch is not told", "epochs and periods", MODEL_NO_LOST, NULL,
      NULL },
    { "only what was spent is told to a new epoch", "epochs",
      MODEL_NO_LEFT, NULL, NULL },
    { "older memory is believed", "older memory", MODEL_NO_DOUBT, NULL,
      NULL },
    { "the end of the quota outlives a change of the limit", "limits",
      MODEL_NO_CHANGE, NULL, NULL }
};

#define MODEL_MUTANTS  (sizeof(model_mutants) / sizeof(model_mutants[0]))


static model_set_t    model_states;
static model_edge_t  *model_edges;
static size_t         model_nedges;
static ngx_uint_t     model_drains;


static uint32_t
model_add_state(const model_state_t *s, uint32_t parent,
    const model_action_t *a, ngx_uint_t *fresh)
{
    uint32_t  n;

    n = model_set_add(&model_states, s, fresh);

    if (n >= model_nedges) {
        model_nedges = model_nedges ? model_nedges * 3 / 2 : 4096;
        model_edges = model_set_alloc(model_edges,
                                      model_nedges * sizeof(model_edge_t));
    }

    if (*fresh) {
        model_edges[n].parent = parent;

        if (a) {
            model_edges[n].action = *a;
        }
    }

    return n;
}


static void
model_trace(uint32_t n, const model_action_t *last)
{
    if (n) {
        model_trace(model_edges[n].parent, &model_edges[n].action);
    }

    if (last) {
        model_step_print(model_set_get(&model_states, n), last);
    }
}


/* NULL, or what rule is broken */

static const char *
model_explore(const model_scenario_t *scenario, const char *text,
    ngx_uint_t loud)
{
    uint32_t         i;
    ngx_uint_t       k, n, fresh;
    const char      *error;
    model_state_t    s, next;
    model_action_t   actions[MODEL_ACTIONS];

    model_set_init(&model_states, sizeof(model_state_t));
    model_begin(scenario, text, &s);
    model_add_state(&s, 0, NULL, &fresh);
    model_drains = 0;
    error = NULL;

    for (i = 0; i < model_states.count && error == NULL; i++) {
        s = *(model_state_t *) model_set_get(&model_states, i);
        n = model_actions(&s, actions);

        for (k = 0; k < n && error == NULL; k++) {
            next = s;

            error = model_step(&next, &actions[k]);

            if (error == NULL) {
                (void) model_add_state(&next, i, &actions[k], &fresh);

                if (!fresh) {
                    continue;
                }

                error = model_check(&next);
            }

            if (error == NULL && model_idle(&next)) {
                model_drains++;
                error = model_drain(&next);
            }

            if (error) {
                comment("%s:", error);

                if (loud) {
                    model_trace(i, &actions[k]);
                }
            }
        }
    }

    comment("%s: %lu states, %lu completed, %lu runs of the script",
            scenario->name, (unsigned long) model_states.count,
            (unsigned long) model_drains, (unsigned long) model_evals);

    model_end();
    model_set_free(&model_states);

    return error;
}


static const model_scenario_t *
model_find(const char *name)
{
    ngx_uint_t  i;

    for (i = 0; strcmp(model_scenarios[i].name, name) != 0; i++) {
        /* void */
    }

    return &model_scenarios[i];
}


static void
model_mutate(const model_mutant_t *mutant)
{
    size_t        len;
    const char   *script, *at;
    static char   text[MODEL_TEXT];

    script = (char *) ngx_apigw_lease_script.data;
    strcpy(text, script);

    if (mutant->from) {
        at = strstr(script, mutant->from);

        if (!ok(at != NULL, "the script has \"%s\"", mutant->from)) {
            return;
        }

        len = at - script;
        sprintf(text + len, "%s%s", mutant->to, at + strlen(mutant->from));
    }

    model_mutation = mutant->mutation;

    ok(model_explore(model_find(mutant->scenario), text, 0) != NULL,
       "it is seen when %s", mutant->name);

    model_mutation = 0;
}


int
main(void)
{
    char              *env;
    ngx_uint_t         i, more;
    const char        *error, *only;
    model_scenario_t   scenario;

    env = getenv("APIGW_MODEL");
    more = env ? (ngx_uint_t) atoi(env) : 0;
    only = getenv("APIGW_MODEL_ONLY");

    for (i = 0; i < MODEL_SCENARIOS; i++) {
        scenario = model_scenarios[i];
        scenario.budgets[MODEL_SENDS] += more;

        if (only && strcmp(scenario.name, only) != 0) {
            continue;
        }

        error = model_explore(&scenario, (char *) ngx_apigw_lease_script.data,
                              1);
        ok(error == NULL, "%s", scenario.name);
    }

    for (i = 0; i < MODEL_MUTANTS; i++) {
        if (only == NULL || strcmp(only, model_mutants[i].scenario) == 0) {
            model_mutate(&model_mutants[i]);
        }
    }

    free(model_edges);

    return done();
}
