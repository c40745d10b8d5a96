
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"
#include "ngx_apigw_oidc.h"


#define NGX_APIGW_ISSUER_FETCH_POOL   4096
#define NGX_APIGW_ISSUER_FETCH_SLACK  2000     /* ms, of a claim */
#define NGX_APIGW_ISSUER_FETCH_SLEEP  60000    /* ms, at most */
#define NGX_APIGW_ISSUER_FETCH_NAP    100

#define NGX_APIGW_ISSUER_FETCH_STATUS  200

#define NGX_APIGW_ISSUER_FETCH_DUE    1
#define NGX_APIGW_ISSUER_FETCH_ASKED  2


static void ngx_apigw_issuer_fetch_timer_handler(ngx_event_t *ev);
static void ngx_apigw_issuer_fetch_timer(ngx_apigw_issuer_t *issuer);
static ngx_uint_t ngx_apigw_issuer_fetch_wanted(ngx_apigw_issuer_t *issuer);
static ngx_uint_t ngx_apigw_issuer_fetch_asked(ngx_apigw_issuer_t *issuer);
static ngx_int_t ngx_apigw_issuer_fetch_start(ngx_apigw_issuer_t *issuer,
    const char **reason);
static ngx_int_t ngx_apigw_issuer_fetch_keys(ngx_apigw_issuer_t *issuer,
    const char **reason);
static ngx_int_t ngx_apigw_issuer_fetch_check(ngx_apigw_issuer_t *issuer,
    ngx_apigw_url_t *url, const char **reason);
static ngx_uint_t ngx_apigw_issuer_fetch_foreign(ngx_apigw_issuer_t *issuer,
    ngx_apigw_url_t *url);
static ngx_int_t ngx_apigw_issuer_fetch_send(ngx_apigw_issuer_t *issuer,
    ngx_apigw_url_t *url, ngx_uint_t foreign);
static void ngx_apigw_issuer_fetch_handler(ngx_apigw_fetch_t *fetch);
static ngx_int_t ngx_apigw_issuer_fetch_answer(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch);
static ngx_int_t ngx_apigw_issuer_fetch_document(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch);
static ngx_int_t ngx_apigw_issuer_fetch_found(ngx_apigw_issuer_t *issuer,
    ngx_str_t *url);
static ngx_int_t ngx_apigw_issuer_fetch_set(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch);
static void ngx_apigw_issuer_fetch_publish(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_set_t *set, ngx_apigw_fetch_t *fetch,
    ngx_apigw_jwk_error_t *error);
static ngx_msec_t ngx_apigw_issuer_fetch_age(ngx_int_t max_age);
static void ngx_apigw_issuer_fetch_failed(ngx_apigw_issuer_t *issuer,
    const char *reason, ngx_str_t *detail);
static void ngx_apigw_issuer_fetch_end(ngx_apigw_issuer_t *issuer);
static void ngx_apigw_issuer_fetch_forget(ngx_apigw_issuer_t *issuer);


void
ngx_apigw_issuer_fetch_init(ngx_apigw_issuer_t *issuer)
{
    ngx_memzero(&issuer->timer, sizeof(ngx_event_t));

    issuer->timer.handler = ngx_apigw_issuer_fetch_timer_handler;
    issuer->timer.data = issuer;
    issuer->timer.log = issuer->log;
    issuer->timer.cancelable = 1;

    ngx_add_timer(&issuer->timer, 1);
}


static void
ngx_apigw_issuer_fetch_timer_handler(ngx_event_t *ev)
{
    ngx_apigw_issuer_t  *issuer;

    issuer = ev->data;

    if (!ngx_apigw_issuer_ready(issuer)) {
        return;
    }

    ngx_apigw_issuer_fetch(issuer);
    ngx_apigw_issuer_fetch_timer(issuer);
}


/* What others do is not told; it moves the time, which is looked at then. */

static void
ngx_apigw_issuer_fetch_timer(ngx_apigw_issuer_t *issuer)
{
    ngx_msec_t          delay;
    ngx_msec_int_t      left;
    ngx_apigw_slots_t  *slots;

    if (ngx_exiting || issuer->fetch) {
        return;
    }

    slots = issuer->zone->slots;

    left = (ngx_msec_int_t) (ngx_apigw_slots_deadline(slots->claim)
                             - ngx_current_msec);

    if (left <= 0) {
        left = (ngx_msec_int_t) (ngx_apigw_slots_due(slots, 0)
                                 - ngx_current_msec);
    }

    delay = ngx_max(left, 0);
    delay = ngx_min(delay, NGX_APIGW_ISSUER_FETCH_SLEEP);
    delay += ngx_random() % NGX_APIGW_ISSUER_FETCH_NAP + 1;

    if (issuer->timer.timer_set) {
        ngx_del_timer(&issuer->timer);
    }

    ngx_add_timer(&issuer->timer, delay);
}


/* What is wanted is only sure where nobody else can do it. */

void
ngx_apigw_issuer_fetch(ngx_apigw_issuer_t *issuer)
{
    ngx_uint_t   wanted;
    const char  *reason;

    if (issuer->fetch || !ngx_apigw_issuer_fetch_wanted(issuer)) {
        return;
    }

    issuer->claim = ngx_apigw_issuer_zone_claim(issuer->zone,
                                             2 * issuer->conf.timeout
                                             + NGX_APIGW_ISSUER_FETCH_SLACK);
    if (issuer->claim == 0) {
        return;
    }

    wanted = ngx_apigw_issuer_fetch_wanted(issuer);

    if (wanted == 0) {
        ngx_apigw_issuer_zone_release(issuer->zone, issuer->claim);
        return;
    }

    issuer->number = ngx_apigw_slots_begin(issuer->zone->slots,
                                       ngx_current_msec,
                                       wanted == NGX_APIGW_ISSUER_FETCH_ASKED);

    reason = "no memory";

    if (ngx_apigw_issuer_fetch_start(issuer, &reason) != NGX_OK) {
        ngx_apigw_issuer_fetch_failed(issuer, reason, NULL);
        ngx_apigw_issuer_fetch_end(issuer);
        ngx_apigw_issuer_fetch_timer(issuer);
    }
}


static ngx_uint_t
ngx_apigw_issuer_fetch_wanted(ngx_apigw_issuer_t *issuer)
{
    ngx_uint_t          due, may, urgent;
    ngx_apigw_slots_t  *slots;

    slots = issuer->zone->slots;

    if (ngx_exiting && issuer->nwaiting == 0) {
        return 0;
    }

    urgent = (issuer->set == NULL && issuer->nwaiting != 0);
    due = ngx_apigw_slots_due(slots, urgent);

    if ((ngx_msec_int_t) (due - ngx_current_msec) <= 0) {
        return NGX_APIGW_ISSUER_FETCH_DUE;
    }

    may = ngx_apigw_slots_may(slots, issuer->conf.cooldown);

    if (ngx_apigw_issuer_fetch_asked(issuer)
        && (ngx_msec_int_t) (may - ngx_current_msec) <= 0)
    {
        return NGX_APIGW_ISSUER_FETCH_ASKED;
    }

    return 0;
}


/*
 * Whether somebody waits for a fetch that has not begun.  Who has not seen the
 * set that is there now is about to be woken, and need not wait any more.
 */

static ngx_uint_t
ngx_apigw_issuer_fetch_asked(ngx_apigw_issuer_t *issuer)
{
    ngx_queue_t              *q;
    ngx_apigw_issuer_wait_t  *wait;

    if (issuer->set == NULL || ngx_queue_empty(&issuer->waiting)) {
        return 0;
    }

    q = ngx_queue_last(&issuer->waiting);
    wait = ngx_queue_data(q, ngx_apigw_issuer_wait_t, queue);

    return wait->version >= issuer->zone->slots->begun
           && wait->generation == issuer->generation;
}


static ngx_int_t
ngx_apigw_issuer_fetch_start(ngx_apigw_issuer_t *issuer, const char **reason)
{
    issuer->pool = ngx_create_pool(NGX_APIGW_ISSUER_FETCH_POOL, issuer->log);
    if (issuer->pool == NULL) {
        return NGX_ERROR;
    }

    if (issuer->found.len
        && ngx_current_msec - issuer->found_at
           >= (ngx_msec_t) NGX_APIGW_ISSUER_MAX_AGE * 1000)
    {
        ngx_apigw_issuer_fetch_forget(issuer);
    }

    issuer->document = (issuer->discovery && issuer->found.len == 0);

    if (issuer->discovery && !issuer->document) {
        return ngx_apigw_issuer_fetch_keys(issuer, reason);
    }

    return ngx_apigw_issuer_fetch_send(issuer, &issuer->url, 0);
}


/* of the URL that discovery has found */

static ngx_int_t
ngx_apigw_issuer_fetch_keys(ngx_apigw_issuer_t *issuer, const char **reason)
{
    ngx_int_t        rc;
    ngx_apigw_url_t  url;

    issuer->document = 0;

    rc = ngx_apigw_url_parse(&url, &issuer->found, issuer->pool, reason);

    if (rc == NGX_OK) {
        rc = ngx_apigw_issuer_fetch_check(issuer, &url, reason);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_apigw_issuer_fetch_send(issuer, &url,
                                 ngx_apigw_issuer_fetch_foreign(issuer, &url));
}


static ngx_int_t
ngx_apigw_issuer_fetch_check(ngx_apigw_issuer_t *issuer, ngx_apigw_url_t *url,
    const char **reason)
{
    if (!url->tls
        && (issuer->url.tls
            || !ngx_apigw_url_is_local(&issuer->url)
            || !ngx_apigw_url_is_local(url)))
    {
        *reason = "it is not https://";
        return NGX_DECLINED;
    }

    if (url->tls && issuer->conf.tls == NULL) {
        *reason = "it needs TLS";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* http:// has passed only from this host to this host */

static ngx_uint_t
ngx_apigw_issuer_fetch_foreign(ngx_apigw_issuer_t *issuer,
    ngx_apigw_url_t *url)
{
    return url->tls
           && (url->host.len != issuer->url.host.len
               || ngx_strncasecmp(url->host.data, issuer->url.host.data,
                                  url->host.len)
                  != 0);
}


static ngx_int_t
ngx_apigw_issuer_fetch_send(ngx_apigw_issuer_t *issuer, ngx_apigw_url_t *url,
    ngx_uint_t foreign)
{
    ngx_apigw_fetch_t  *fetch;

    fetch = ngx_pcalloc(issuer->pool, sizeof(ngx_apigw_fetch_t));
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    fetch->pool = issuer->pool;
    fetch->log = issuer->log;
    fetch->url = *url;
    ngx_str_set(&fetch->method, "GET");
    ngx_str_set(&fetch->headers,
                "Accept: application/json, application/jwk-set+json" CRLF);
    fetch->tls = issuer->conf.tls;
    fetch->resolver = issuer->conf.resolver;
    fetch->resolver_timeout = issuer->conf.resolver_timeout;
    fetch->timeout = issuer->conf.timeout;
    fetch->max_body = NGX_APIGW_ISSUER_MAX_BODY;
    fetch->foreign = foreign;
    fetch->waited = (issuer->nwaiting != 0);
    fetch->handler = ngx_apigw_issuer_fetch_handler;
    fetch->data = issuer;

    issuer->fetch = fetch;

    ngx_apigw_fetch(fetch);

    return NGX_OK;
}


static void
ngx_apigw_issuer_fetch_handler(ngx_apigw_fetch_t *fetch)
{
    ngx_apigw_issuer_t  *issuer;

    issuer = fetch->data;

    if (ngx_apigw_issuer_ready(issuer)
        && ngx_apigw_issuer_fetch_answer(issuer, fetch) == NGX_AGAIN)
    {
        return;
    }

    ngx_apigw_issuer_fetch_end(issuer);

    if (ngx_apigw_issuer_ready(issuer)) {
        ngx_apigw_issuer_fetch_timer(issuer);
        ngx_apigw_issuer_wake(issuer);
    }
}


/* NGX_AGAIN: another request was sent */

static ngx_int_t
ngx_apigw_issuer_fetch_answer(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch)
{
    u_char     buf[NGX_INT_T_LEN];
    ngx_str_t  status;

    if (fetch->rc != NGX_OK && ngx_exiting && issuer->nwaiting == 0) {

        /* it ends with the worker, and is another one's next fetch */

        return NGX_ERROR;
    }

    if (fetch->rc != NGX_OK) {
        ngx_apigw_issuer_fetch_failed(issuer, fetch->reason, &fetch->detail);
        return NGX_ERROR;
    }

    if (fetch->status != NGX_APIGW_ISSUER_FETCH_STATUS) {
        status.data = buf;
        status.len = ngx_sprintf(buf, "%ui", fetch->status) - buf;

        ngx_apigw_issuer_fetch_failed(issuer, "the status is not 200",
                                      &status);
        return NGX_ERROR;
    }

    return issuer->document ? ngx_apigw_issuer_fetch_document(issuer, fetch)
                            : ngx_apigw_issuer_fetch_set(issuer, fetch);
}


static ngx_int_t
ngx_apigw_issuer_fetch_document(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch)
{
    ngx_int_t    rc;
    ngx_str_t    found, detail;
    const char  *reason;

    reason = "no memory";

    rc = ngx_apigw_oidc_parse(&fetch->answer, &issuer->conf.issuer, &found,
                              issuer->pool, &reason);

    if (rc == NGX_OK) {
        rc = ngx_apigw_issuer_fetch_found(issuer, &found);
    }

    if (rc != NGX_OK) {
        ngx_apigw_issuer_fetch_failed(issuer, reason, NULL);
        return NGX_ERROR;
    }

    rc = ngx_apigw_issuer_fetch_keys(issuer, &reason);

    if (rc == NGX_OK) {
        return NGX_AGAIN;
    }

    detail.data = (u_char *) reason;
    detail.len = ngx_strlen(reason);

    ngx_apigw_issuer_fetch_failed(issuer, "its \"jwks_uri\" is not used",
                                  &detail);

    return NGX_ERROR;
}


static ngx_int_t
ngx_apigw_issuer_fetch_found(ngx_apigw_issuer_t *issuer, ngx_str_t *url)
{
    u_char  *p;

    p = ngx_alloc(url->len, issuer->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_apigw_issuer_fetch_forget(issuer);

    ngx_memcpy(p, url->data, url->len);

    issuer->found.data = p;
    issuer->found.len = url->len;
    issuer->found_at = ngx_current_msec;

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_issuer_fetch_set(ngx_apigw_issuer_t *issuer,
    ngx_apigw_fetch_t *fetch)
{
    ngx_int_t                rc;
    ngx_apigw_jwk_error_t    error;
    ngx_apigw_issuer_set_t  *set;

    rc = ngx_apigw_issuer_set_parse(&set, &fetch->answer, issuer->log, &error);

    if (rc != NGX_OK) {
        ngx_apigw_issuer_fetch_failed(issuer, error.reason, NULL);
        return NGX_ERROR;
    }

    ngx_apigw_issuer_fetch_publish(issuer, set, fetch, &error);

    return NGX_OK;
}


static void
ngx_apigw_issuer_fetch_publish(ngx_apigw_issuer_t *issuer,
    ngx_apigw_issuer_set_t *set, ngx_apigw_fetch_t *fetch,
    ngx_apigw_jwk_error_t *error)
{
    ngx_uint_t          version, failures;
    ngx_apigw_slots_t  *slots;

    slots = issuer->zone->slots;
    failures = slots->failures;

    if (ngx_apigw_slots_publish(slots, issuer->claim, fetch->answer.data,
                                fetch->answer.len, &version)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_WARN, issuer->log, 0,
                      "the keys of issuer \"%V\" came too late",
                      &issuer->conf.issuer);

        ngx_destroy_pool(set->pool);
        return;
    }

    if (failures) {
        ngx_log_error(NGX_LOG_NOTICE, issuer->log, 0,
                      "the keys of issuer \"%V\" are fetched again, after %ui "
                      "failures", &issuer->conf.issuer, failures);
    }

    if (version == issuer->version) {
        ngx_destroy_pool(set->pool);

    } else {
        if (error->ignored) {
            ngx_log_error(NGX_LOG_INFO, issuer->log, 0,
                          "%ui keys of issuer \"%V\" are left out, the last "
                          "one: %s", error->ignored, &issuer->conf.issuer,
                          error->reason);
        }

        ngx_apigw_issuer_set_take(issuer, set, version);
    }

    ngx_apigw_issuer_file_save(issuer->zone, &fetch->answer, issuer->pool,
                               issuer->log);

    ngx_apigw_slots_succeed(slots, issuer->claim, issuer->number,
                            ngx_current_msec, ngx_current_msec
                            + ngx_apigw_issuer_fetch_age(fetch->max_age),
                            ngx_time());
}


/* ahead of the end, after 75 to 80 % of the time */

static ngx_msec_t
ngx_apigw_issuer_fetch_age(ngx_int_t max_age)
{
    ngx_msec_t  age;

    if (max_age < 0) {
        max_age = NGX_APIGW_ISSUER_AGE;
    }

    age = ngx_max(max_age, NGX_APIGW_ISSUER_MIN_AGE);
    age = ngx_min(age, NGX_APIGW_ISSUER_MAX_AGE);

    return age * (750 + ngx_random() % 51);
}


static void
ngx_apigw_issuer_fetch_failed(ngx_apigw_issuer_t *issuer, const char *reason,
    ngx_str_t *detail)
{
    ngx_str_t          *url;
    ngx_uint_t          level;
    ngx_apigw_slots_t  *slots;

    slots = issuer->zone->slots;

    level = slots->failures ? NGX_LOG_INFO : NGX_LOG_WARN;
    url = issuer->fetch ? &issuer->fetch->url.text : &issuer->url.text;

    if (detail && detail->len) {
        ngx_log_error(level, issuer->log, 0,
                      "could not fetch the keys of issuer \"%V\" from \"%V\": "
                      "%s: %V", &issuer->conf.issuer, url, reason, detail);

    } else {
        ngx_log_error(level, issuer->log, 0,
                      "could not fetch the keys of issuer \"%V\" from \"%V\": "
                      "%s", &issuer->conf.issuer, url, reason);
    }

    ngx_apigw_issuer_fetch_forget(issuer);

    ngx_apigw_slots_fail(slots, issuer->claim, issuer->number,
                         ngx_current_msec);
}


static void
ngx_apigw_issuer_fetch_end(ngx_apigw_issuer_t *issuer)
{
    if (ngx_apigw_issuer_ready(issuer)) {
        ngx_apigw_issuer_zone_release(issuer->zone, issuer->claim);
    }

    issuer->claim = 0;
    issuer->fetch = NULL;

    if (issuer->pool) {
        ngx_destroy_pool(issuer->pool);
        issuer->pool = NULL;
    }
}


static void
ngx_apigw_issuer_fetch_forget(ngx_apigw_issuer_t *issuer)
{
    if (issuer->found.data) {
        ngx_free(issuer->found.data);
    }

    ngx_str_null(&issuer->found);
}


/* A fetch that was begun and has not ended is another worker's next one. */

void
ngx_apigw_issuer_fetch_exit(ngx_apigw_issuer_t *issuer)
{
    if (issuer->timer.timer_set) {
        ngx_del_timer(&issuer->timer);
    }

    if (issuer->fetch) {
        ngx_apigw_fetch_cancel(issuer->fetch);
        ngx_apigw_issuer_fetch_end(issuer);
    }

    ngx_apigw_issuer_fetch_forget(issuer);
}
