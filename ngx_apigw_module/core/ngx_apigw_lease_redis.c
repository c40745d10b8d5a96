
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_lease_int.h"
#include "ngx_apigw_text.h"


#define NGX_APIGW_LEASE_ARGS      14     /* the key, too */
#define NGX_APIGW_LEASE_ANSWERS   9
#define NGX_APIGW_LEASE_HOLD      5      /* ms until a claim is made again */


typedef struct {
    u_char                        *pos;
    u_char                         buf[NGX_APIGW_LEASE_KEY_MAX
                                       + 16 * NGX_APIGW_NUMBER_LEN];
    ngx_str_t                      args[NGX_APIGW_LEASE_ARGS];
    ngx_uint_t                     nargs;
} ngx_apigw_lease_message_t;


typedef struct {
    ngx_str_t                      status;
    uint64_t                       free;
    uint64_t                       used;
    ngx_msec_t                     wait;
    ngx_apigw_quota_grant_t        grant;
} ngx_apigw_lease_answer_t;


static ngx_int_t ngx_apigw_lease_redis_hold(ngx_apigw_claim_t *claim);
static void ngx_apigw_lease_redis_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);
static ngx_int_t ngx_apigw_lease_redis_parse(ngx_apigw_claim_t *claim,
    ngx_apigw_redis_reply_t *reply, ngx_apigw_lease_answer_t *answer);
static void ngx_apigw_lease_redis_apply(ngx_apigw_claim_t *claim,
    ngx_apigw_lease_answer_t *answer);
static uint64_t ngx_apigw_lease_redis_want(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state);
static int64_t ngx_apigw_lease_redis_integer(ngx_str_t *text);
static void ngx_apigw_lease_redis_number(ngx_apigw_lease_message_t *m,
    uint64_t n);
static void ngx_apigw_lease_redis_text(ngx_apigw_lease_message_t *m,
    u_char *text, size_t len);


static ngx_apigw_redis_script_t  ngx_apigw_lease_redis_script;

static ngx_str_t  ngx_apigw_lease_periods[] = {
    ngx_string("day"),
    ngx_string("week"),
    ngx_string("month")
};


void
ngx_apigw_lease_redis_init(void)
{
    ngx_apigw_redis_script(&ngx_apigw_lease_redis_script,
                           &ngx_apigw_lease_script);
}


/* apigw:1:{plan/key}: one slot, whatever the names are */

u_char *
ngx_apigw_lease_redis_key(u_char *p, u_char *last, ngx_apigw_lease_t *lease)
{
    ngx_str_t  key;

    key.len = lease->key_len;
    key.data = lease->key;

    if ((size_t) (last - p) < sizeof("apigw:1:{/}") - 1
                              + 3 * (lease->plan->plan.len + key.len))
    {
        return NULL;
    }

    p = ngx_cpymem(p, "apigw:1:{", sizeof("apigw:1:{") - 1);
    p = (u_char *) ngx_escape_uri(p, lease->plan->plan.data,
                                  lease->plan->plan.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = '/';
    p = (u_char *) ngx_escape_uri(p, key.data, key.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = '}';

    return p;
}


ngx_int_t
ngx_apigw_lease_claim_redis(ngx_apigw_claim_t *claim, ngx_uint_t want)
{
    u_char                     *p, *last;
    ngx_int_t                   rc;
    ngx_uint_t                  lost;
    ngx_apigw_quota_t          *q;
    ngx_apigw_lease_t          *lease;
    ngx_apigw_leases_t         *leases;
    ngx_apigw_lease_plan_t     *plan;
    ngx_apigw_quota_state_t     state;
    ngx_apigw_lease_message_t   m;

    leases = claim->leases;
    lease = &leases->elts[claim->node.key];
    plan = lease->plan;
    q = ngx_apigw_lease_quota(leases, claim->node.key);

    claim->health = ngx_apigw_lease_health(leases, claim->node.key);

    rc = ngx_apigw_lease_redis_hold(claim);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_apigw_quota_read(q, &state);

    claim->seq = ngx_apigw_quota_next(state.seq);
    claim->spent = state.spent;
    claim->limit = q->limit;
    claim->sent = ngx_current_msec;
    claim->recalled = 0;

    lost = ngx_current_msec < leases->zone->store->lost;

    p = m.buf;
    last = ngx_apigw_lease_redis_key(p, p + NGX_APIGW_LEASE_KEY_MAX, lease);
    if (last == NULL) {
        return NGX_ERROR;
    }

    m.pos = last;
    m.nargs = 0;

    ngx_apigw_lease_redis_text(&m, p, last - p);
    ngx_apigw_lease_redis_text(&m, leases->gateway, NGX_APIGW_LEASE_HEX);
    ngx_apigw_lease_redis_number(&m, claim->seq);
    ngx_apigw_lease_redis_number(&m, state.spent);
    ngx_apigw_lease_redis_number(&m, state.frozen ? state.spent
                                                  : state.granted);
    ngx_apigw_lease_redis_number(&m, ngx_apigw_quota_value(q->base));
    ngx_apigw_lease_redis_number(&m, ngx_apigw_quota_tag(q->base));
    ngx_apigw_lease_redis_number(&m, state.day);
    ngx_apigw_lease_redis_number(&m, want ? ngx_apigw_lease_redis_want(q,
                                                                     &state)
                                          : 0);
    ngx_apigw_lease_redis_number(&m, claim->limit);
    ngx_apigw_lease_redis_text(&m,
                        ngx_apigw_lease_periods[plan->period.type - 1].data,
                        ngx_apigw_lease_periods[plan->period.type - 1].len);
    ngx_apigw_lease_redis_number(&m, plan->period.offset);
    ngx_apigw_lease_redis_number(&m, lease->record);
    ngx_apigw_lease_redis_number(&m, lost);

    claim->cmd.handler = ngx_apigw_lease_redis_handler;
    claim->cmd.data = claim;

    rc = ngx_apigw_redis_eval(leases->redis, &claim->cmd,
                              &ngx_apigw_lease_redis_script, 1, m.nargs,
                              m.args);

    if (rc == NGX_OK) {
        claim->flying = 1;
        leases->flying++;

        if (leases->exit_until) {
            leases->tick.cancelable = 0;
        }

        return NGX_AGAIN;
    }

    return (rc == NGX_DECLINED) ? NGX_BUSY : NGX_ERROR;
}


/*
 * A claim has to tell whether Redis has lost its data.  NGX_AGAIN: it will be
 * made again; NGX_BUSY: nothing was to be learned in time.
 */

static ngx_int_t
ngx_apigw_lease_redis_hold(ngx_apigw_claim_t *claim)
{
    ngx_int_t   rc;
    ngx_msec_t  timeout;

    rc = ngx_apigw_lease_epoch(claim->leases);

    if (rc != NGX_AGAIN) {
        claim->held = 0;
        return rc;
    }

    if (claim->held == 0) {
        claim->held = ngx_current_msec;
    }

    /* before those who wait for it give up */

    timeout = claim->leases->timeout;

    if (ngx_current_msec - claim->held >= timeout - timeout / 4) {
        claim->held = 0;
        return NGX_BUSY;
    }

    if (!claim->retry.timer_set) {
        ngx_add_timer(&claim->retry, NGX_APIGW_LEASE_HOLD);
    }

    return NGX_AGAIN;
}


static void
ngx_apigw_lease_redis_number(ngx_apigw_lease_message_t *m, uint64_t n)
{
    u_char  *p;

    p = m->pos;
    m->pos = ngx_apigw_number(p, n);

    ngx_apigw_lease_redis_text(m, p, m->pos - p);
}


static void
ngx_apigw_lease_redis_text(ngx_apigw_lease_message_t *m, u_char *text,
    size_t len)
{
    m->args[m->nargs].data = text;
    m->args[m->nargs].len = len;
    m->nargs++;
}


/* what two seconds take at the speed since the last answer */

static uint64_t
ngx_apigw_lease_redis_want(ngx_apigw_quota_t *q,
    ngx_apigw_quota_state_t *state)
{
    uint32_t           ms, units;
    uint64_t           want;
    ngx_atomic_uint_t  mark;

    mark = q->mark;

    ms = (uint32_t) ngx_current_msec - (uint32_t) (mark >> 32);
    units = (uint32_t) state->spent - (uint32_t) mark;

    want = (uint64_t) units * 2000 / ngx_max(ms, 1);
    want = ngx_min(want, NGX_APIGW_LEASE_MAX);

    return ngx_max(want, NGX_APIGW_LEASE_BLOCK);
}


static void
ngx_apigw_lease_redis_handler(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply)
{
    ngx_apigw_claim_t         *claim;
    ngx_apigw_lease_answer_t   answer;

    claim = cmd->data;

    claim->flying = 0;
    claim->leases->flying--;

    if (reply == NULL) {
        ngx_apigw_lease_failed(claim, cmd->failure);
        return;
    }

    if (ngx_apigw_lease_redis_parse(claim, reply, &answer) != NGX_OK) {
        ngx_apigw_lease_failed(claim, "an error or an unexpected reply");
        return;
    }

    ngx_apigw_lease_redis_apply(claim, &answer);
    ngx_apigw_lease_answered(claim);
}


static ngx_int_t
ngx_apigw_lease_redis_parse(ngx_apigw_claim_t *claim,
    ngx_apigw_redis_reply_t *reply, ngx_apigw_lease_answer_t *answer)
{
    int64_t                   n[NGX_APIGW_LEASE_ANSWERS];
    ngx_uint_t                i;
    ngx_apigw_redis_reply_t  *elt;

    if (reply->type == NGX_APIGW_REDIS_ERROR) {
        ngx_log_error(NGX_LOG_INFO, claim->leases->log, 0,
                      "redis answers \"%V\" to a claim", &reply->str);
        return NGX_ERROR;
    }

    if (reply->type != NGX_APIGW_REDIS_ARRAY
        || reply->nelts != NGX_APIGW_LEASE_ANSWERS
        || reply->elts[0].type != NGX_APIGW_REDIS_STRING)
    {
        return NGX_ERROR;
    }

    for (i = 1; i < NGX_APIGW_LEASE_ANSWERS; i++) {
        elt = &reply->elts[i];

        if (elt->type == NGX_APIGW_REDIS_INTEGER) {
            n[i] = elt->integer;

        } else if (elt->type == NGX_APIGW_REDIS_STRING) {
            n[i] = ngx_apigw_lease_redis_integer(&elt->str);

        } else {
            return NGX_ERROR;
        }
    }

    if (n[1] < 0 || n[1] >= NGX_APIGW_QUOTA_SEQS
        || n[2] < 0 || n[2] >= (int64_t) 1 << 47
        || n[3] <= 0 || n[3] > 0xffff
        || n[4] <= 0 || n[4] > n[3]
        || n[5] > 86400000
        || n[6] == INT64_MIN
        || n[7] == INT64_MIN
        || n[8] < 0 || n[8] > 86400000)
    {
        return NGX_ERROR;
    }

    answer->status = reply->elts[0].str;

    /* an answer that is not to our claim would be asked for again at once */

    if (n[1] != (int64_t) claim->seq
        && (answer->status.len == 0 || answer->status.data[0] != 'a'))
    {
        return NGX_ERROR;
    }

    answer->grant.seq = (uint32_t) n[1];
    answer->grant.granted = (uint64_t) n[2];
    answer->grant.day = (uint32_t) n[3];
    answer->grant.start = (uint32_t) n[4];
    answer->grant.base = claim->spent;
    answer->grant.until = claim->sent + ngx_max(n[5], 0);
    answer->free = (uint64_t) ngx_max(n[6], 0);
    answer->used = (uint64_t) ngx_max(n[7], 0);
    answer->wait = (ngx_msec_t) n[8];

    return NGX_OK;
}


/* INT64_MIN: not a number */

static int64_t
ngx_apigw_lease_redis_integer(ngx_str_t *text)
{
    off_t   n;
    size_t  minus;

    minus = (text->len && text->data[0] == '-');

    n = ngx_atoof(text->data + minus, text->len - minus);

    if (n == NGX_ERROR) {
        return INT64_MIN;
    }

    return minus ? -(int64_t) n : (int64_t) n;
}


static void
ngx_apigw_lease_redis_apply(ngx_apigw_claim_t *claim,
    ngx_apigw_lease_answer_t *answer)
{
    u_char                    status;
    uint64_t                  own;
    ngx_apigw_quota_t        *q;
    ngx_apigw_quota_state_t   state;

    q = ngx_apigw_lease_quota(claim->leases, claim->node.key);
    status = answer->status.len ? answer->status.data[0] : '\0';

    switch (status) {

    case 'f':                            /* freeze */
        ngx_apigw_quota_read(q, &state);

        if (state.frozen) {
            /* it was; who asks for it again and again is asked less often */
            ngx_add_timer(&claim->retry, NGX_APIGW_LEASE_HOLD);
        }

        ngx_apigw_quota_freeze(q, &state);
        return;

    case 'a':                            /* adopt */
        ngx_apigw_quota_adopt(q, claim->seq, &answer->grant);
        return;
    }

    ngx_apigw_quota_read(q, &state);

    answer->grant.low = (answer->grant.granted > state.spent)
                    ? (uint32_t) ((answer->grant.granted - state.spent) / 4)
                    : 0;

    if (ngx_apigw_quota_apply(q, &answer->grant) == NGX_OK) {
        q->mark = (uint64_t) (uint32_t) ngx_current_msec << 32
                  | (uint32_t) claim->spent;

        own = claim->spent - ngx_min(claim->spent,
                                     ngx_apigw_quota_value(q->base));

        q->others = answer->used - ngx_min(answer->used, own);
        q->reserved = (answer->grant.granted + answer->free / 8 + 1)
                      | NGX_APIGW_QUOTA_ALLOWED;
    }

    switch (status) {

    case 'w':                            /* wait: for other gateways */
        claim->recalled = 1;

        /* fall through */

    case 'l':                            /* lost: all report first */
        ngx_add_timer(&claim->retry, ngx_max(answer->wait,
                                             NGX_APIGW_LEASE_HOLD));
        break;

    case 'd':                            /* dry */
        ngx_apigw_lease_dry(q, claim->limit,
                            answer->wait ? ngx_current_msec + answer->wait
                                         : answer->grant.until);
        break;
    }
}
