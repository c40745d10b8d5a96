
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"
#include "ngx_apigw_zone.h"


static ngx_int_t ngx_apigw_redis_issue(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_cmd_t *cmd, ngx_apigw_redis_entry_t *entry,
    ngx_str_t *key);
static ngx_int_t ngx_apigw_redis_accepts(ngx_apigw_redis_t *redis);
static ngx_int_t ngx_apigw_redis_push(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_entry_t *entry);
static ngx_apigw_redis_cmd_t *ngx_apigw_redis_detach(
    ngx_apigw_redis_entry_t *entry);
static void ngx_apigw_redis_answered(ngx_apigw_redis_entry_t *entry);
static void ngx_apigw_redis_deadline_handler(ngx_event_t *ev);


ngx_int_t
ngx_apigw_redis_command(ngx_apigw_redis_t *redis, ngx_apigw_redis_cmd_t *cmd,
    ngx_uint_t argc, ngx_str_t *argv, ngx_str_t *key)
{
    ngx_apigw_redis_entry_t  *entry;

    if (ngx_apigw_redis_accepts(redis) != NGX_OK) {
        return NGX_DECLINED;
    }

    entry = ngx_apigw_redis_entry_create(redis, 0, NULL, argc, argv);
    if (entry == NULL) {
        return NGX_ERROR;
    }

    return ngx_apigw_redis_issue(redis, cmd, entry, key);
}


ngx_int_t
ngx_apigw_redis_eval(ngx_apigw_redis_t *redis, ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_script_t *script, ngx_uint_t nkeys, ngx_uint_t argc,
    ngx_str_t *argv)
{
    u_char                    number[NGX_INT_T_LEN];
    ngx_str_t                 head[3];
    ngx_apigw_redis_entry_t  *entry;

    if (ngx_apigw_redis_accepts(redis) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_str_set(&head[0], "EVALSHA");

    head[1].len = NGX_APIGW_REDIS_SHA1_LEN;
    head[1].data = script->sha1;

    head[2].len = ngx_sprintf(number, "%ui", nkeys) - number;
    head[2].data = number;

    entry = ngx_apigw_redis_entry_create(redis, 3, head, argc, argv);
    if (entry == NULL) {
        return NGX_ERROR;
    }

    entry->script = script;

    return ngx_apigw_redis_issue(redis, cmd, entry, nkeys ? argv : NULL);
}


/* before anything is allocated */

static ngx_int_t
ngx_apigw_redis_accepts(ngx_apigw_redis_t *redis)
{
    if (redis->log == NULL
        || redis->nentries >= NGX_APIGW_REDIS_MAX_ENTRIES)
    {
        return NGX_DECLINED;
    }

    if (redis->cluster == NULL
        && (redis->main.state == NGX_APIGW_REDIS_BACKOFF
            || redis->main.state == NGX_APIGW_REDIS_STOPPED))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_issue(ngx_apigw_redis_t *redis, ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_entry_t *entry, ngx_str_t *key)
{
    entry->slot = key ? (ngx_int_t) ngx_apigw_slot(key) : -1;

    if (ngx_apigw_redis_push(redis, entry) != NGX_OK) {
        ngx_apigw_redis_entry_free(entry);
        return NGX_DECLINED;
    }

    entry->cmd = cmd;
    entry->issued = ngx_apigw_now();
    entry->deadline = ngx_current_msec + redis->conf.timeout;

    cmd->entry = entry;
    cmd->failure = NULL;

    ngx_queue_insert_tail(&redis->live, &entry->live);

    if (!redis->deadline.timer_set) {
        ngx_add_timer(&redis->deadline, redis->conf.timeout);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_redis_push(ngx_apigw_redis_t *redis, ngx_apigw_redis_entry_t *entry)
{
    if (redis->cluster) {
        return ngx_apigw_redis_cluster_push(redis, entry);
    }

    ngx_apigw_redis_link_push(&redis->main, entry);

    return NGX_OK;
}


static ngx_apigw_redis_cmd_t *
ngx_apigw_redis_detach(ngx_apigw_redis_entry_t *entry)
{
    ngx_apigw_redis_cmd_t  *cmd;

    cmd = entry->cmd;

    if (cmd) {
        ngx_queue_remove(&entry->live);
        entry->cmd = NULL;
        cmd->entry = NULL;
    }

    return cmd;
}


void
ngx_apigw_redis_cancel(ngx_apigw_redis_cmd_t *cmd)
{
    ngx_apigw_redis_entry_t  *entry;

    entry = cmd->entry;

    if (entry == NULL) {
        return;
    }

    (void) ngx_apigw_redis_detach(entry);

    if (!entry->sent) {
        ngx_queue_remove(&entry->queue);
        ngx_apigw_redis_entry_free(entry);
    }
}


void
ngx_apigw_redis_answer(ngx_apigw_redis_entry_t *entry,
    ngx_apigw_redis_reply_t *reply, const char *failure)
{
    ngx_apigw_redis_cmd_t  *cmd;

    cmd = ngx_apigw_redis_detach(entry);

    if (cmd && reply) {
        ngx_apigw_redis_answered(entry);

    } else if (cmd) {
        entry->redis->stats.failures++;
    }

    ngx_apigw_redis_entry_free(entry);

    if (cmd) {
        cmd->failure = failure;
        cmd->handler(cmd, reply);
    }
}


static void
ngx_apigw_redis_answered(ngx_apigw_redis_entry_t *entry)
{
    uint64_t                  us;
    ngx_apigw_redis_stats_t  *stats;

    stats = &entry->redis->stats;
    us = (ngx_apigw_now() - entry->issued) / 1000;

    stats->commands++;
    stats->sum += us;
    stats->buckets[ngx_apigw_histogram_coarse_index((us + 99) / 100)]++;
}


/* handlers may cancel what is in the queue, but not add to it */

void
ngx_apigw_redis_fail(ngx_queue_t *queue, const char *failure)
{
    ngx_queue_t              *q;
    ngx_apigw_redis_entry_t  *entry;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);

        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);
        ngx_apigw_redis_answer(entry, NULL, failure);
    }
}


void
ngx_apigw_redis_drop(ngx_queue_t *queue)
{
    ngx_queue_t              *q;
    ngx_apigw_redis_entry_t  *entry;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);

        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);

        (void) ngx_apigw_redis_detach(entry);
        ngx_apigw_redis_entry_free(entry);
    }
}


void
ngx_apigw_redis_move(ngx_queue_t *to, ngx_queue_t *from)
{
    if (!ngx_queue_empty(from)) {
        ngx_queue_add(to, from);
        ngx_queue_init(from);
    }
}


/*
 * All commands have the same time, so the first one that lives is the first
 * one whose time passes.
 */

static void
ngx_apigw_redis_deadline_handler(ngx_event_t *ev)
{
    ngx_queue_t              *q;
    ngx_msec_int_t            left;
    ngx_apigw_redis_t        *redis;
    ngx_apigw_redis_cmd_t    *cmd;
    ngx_apigw_redis_entry_t  *entry;

    redis = ev->data;

    while (!ngx_queue_empty(&redis->live)) {
        q = ngx_queue_head(&redis->live);
        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, live);

        left = (ngx_msec_int_t) (entry->deadline - ngx_current_msec);

        if (left > 0) {
            if (!ev->timer_set) {
                ngx_add_timer(ev, (ngx_msec_t) left);
            }

            return;
        }

        cmd = entry->cmd;

        ngx_apigw_redis_cancel(cmd);
        redis->stats.failures++;

        cmd->failure = "no answer in time";
        cmd->handler(cmd, NULL);
    }
}


ngx_uint_t
ngx_apigw_redis_up(ngx_apigw_redis_t *redis)
{
    if (redis->log == NULL) {
        return 0;
    }

    if (redis->cluster) {
        return ngx_apigw_redis_cluster_up(redis);
    }

    return redis->main.state == NGX_APIGW_REDIS_READY;
}


ngx_apigw_redis_stats_t *
ngx_apigw_redis_stats(ngx_apigw_redis_t *redis)
{
    return &redis->stats;
}


ngx_uint_t
ngx_apigw_redis_node(ngx_apigw_redis_t *redis, ngx_str_t *key)
{
    ngx_apigw_redis_link_t  *link;

    if (redis->cluster == NULL || !redis->cluster->mapped) {
        return 0;
    }

    link = redis->cluster->slots[ngx_apigw_slot(key)];

    return link ? link->number : 0;
}


ngx_int_t
ngx_apigw_redis_subscribe(ngx_apigw_redis_t *redis, ngx_str_t *channel,
    ngx_apigw_redis_message_pt handler, void *data)
{
    if (redis->log == NULL || redis->message_handler) {
        return NGX_ERROR;
    }

    redis->channel = *channel;
    redis->message_handler = handler;
    redis->message_data = data;

    ngx_apigw_redis_connect(&redis->sub);

    return NGX_OK;
}


void
ngx_apigw_redis_on_connect(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_connect_pt handler, void *data)
{
    redis->connect_handler = handler;
    redis->connect_data = data;
}


/* what the handler sends on this link overtakes what waits for it */

void
ngx_apigw_redis_greet(ngx_apigw_redis_t *redis, ngx_apigw_redis_link_t *link)
{
    ngx_queue_t  waiting;

    if (redis->connect_handler == NULL) {
        return;
    }

    ngx_queue_init(&waiting);
    ngx_apigw_redis_move(&waiting, &link->waiting);

    redis->connect_handler(redis->connect_data);

    ngx_apigw_redis_move(&link->waiting, &waiting);
}


ngx_int_t
ngx_apigw_redis_init_worker(ngx_apigw_redis_t *redis, ngx_log_t *log)
{
    redis->quiet = *log;
    redis->quiet.log_level = ngx_min(log->log_level, NGX_LOG_ALERT);

    redis->buffer = ngx_alloc(NGX_APIGW_REDIS_BUFFER, log);
    if (redis->buffer == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&redis->live);

    ngx_memzero(&redis->deadline, sizeof(ngx_event_t));

    redis->deadline.handler = ngx_apigw_redis_deadline_handler;
    redis->deadline.data = redis;
    redis->deadline.log = log;
    redis->deadline.cancelable = 1;

    redis->nentries = 0;
    redis->log = log;

    ngx_apigw_redis_link_init(&redis->main, redis, NGX_APIGW_REDIS_MAIN);
    ngx_apigw_redis_link_init(&redis->sub, redis, NGX_APIGW_REDIS_SUB);

    if (redis->conf.cluster) {
        return ngx_apigw_redis_cluster_init(redis);
    }

    ngx_apigw_redis_connect(&redis->main);

    return NGX_OK;
}


void
ngx_apigw_redis_exit_worker(ngx_apigw_redis_t *redis)
{
    if (redis->log == NULL) {
        return;
    }

    if (redis->deadline.timer_set) {
        ngx_del_timer(&redis->deadline);
    }

    ngx_apigw_redis_link_free(&redis->main);
    ngx_apigw_redis_link_free(&redis->sub);

    if (redis->cluster) {
        ngx_apigw_redis_cluster_free(redis);
    }

    ngx_free(redis->buffer);

    redis->message_handler = NULL;
    redis->connect_handler = NULL;
    redis->log = NULL;
}
