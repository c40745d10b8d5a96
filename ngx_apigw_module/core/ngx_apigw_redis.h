
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_REDIS_H_INCLUDED_
#define _NGX_APIGW_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_apigw_histogram.h"
#include "ngx_apigw_redis_proto.h"


/*
 * The Redis client: one object per configuration, in each worker one
 * connection on which commands are pipelined (in a cluster one to each node in
 * use), and one more for the subscription.  It never blocks.  All functions
 * are for the worker, but those of the configuration at the end.
 */

typedef struct ngx_apigw_redis_s        ngx_apigw_redis_t;
typedef struct ngx_apigw_redis_cmd_s    ngx_apigw_redis_cmd_t;
typedef struct ngx_apigw_redis_entry_s  ngx_apigw_redis_entry_t;


/*
 * The reply is valid during the handler only.  NULL: no answer, cmd->failure
 * says why.  The command is the caller's again: the handler may free it, or
 * issue it anew, or issue and cancel others.
 */
typedef void (*ngx_apigw_redis_handler_pt)(ngx_apigw_redis_cmd_t *cmd,
    ngx_apigw_redis_reply_t *reply);


/* zeroed before it is used first; lives until it is answered or cancelled */

struct ngx_apigw_redis_cmd_s {
    ngx_apigw_redis_handler_pt    handler;
    void                         *data;
    const char                   *failure;   /* static */
    ngx_apigw_redis_entry_t      *entry;     /* private; NULL: not under way */
};


#define NGX_APIGW_REDIS_SHA1_LEN   40

typedef struct {
    ngx_str_t                     text;
    u_char                        sha1[NGX_APIGW_REDIS_SHA1_LEN];
} ngx_apigw_redis_script_t;


/*
 * Issues a command; key gives the slot in a cluster, NULL: any node.  The
 * arguments are copied.
 *
 *     NGX_OK         the handler will be called once, never before this
 *                    returns, unless the command is cancelled or the worker
 *                    exits
 *     NGX_DECLINED   there is no connection and none is being made, or the
 *                    queue is full; the handler won't be called
 *     NGX_ERROR      no memory, or a command of more than a megabyte or a
 *                    thousand arguments; the handler won't be called
 */
ngx_int_t ngx_apigw_redis_command(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_cmd_t *cmd, ngx_uint_t argc, ngx_str_t *argv,
    ngx_str_t *key);

/*
 * The same with a script, by its SHA-1 or, where the server doesn't know it,
 * by its text.  The first nkeys of the arguments are keys, the first one gives
 * the slot.
 */
ngx_int_t ngx_apigw_redis_eval(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_cmd_t *cmd, ngx_apigw_redis_script_t *script,
    ngx_uint_t nkeys, ngx_uint_t argc, ngx_str_t *argv);

/* The reply will be dropped; no-op for a command that is not under way. */
void ngx_apigw_redis_cancel(ngx_apigw_redis_cmd_t *cmd);

/* 1: connected and ready, in a cluster to any node and with a map of slots */
ngx_uint_t ngx_apigw_redis_up(ngx_apigw_redis_t *redis);

/*
 * What has become of the commands of this worker that were not cancelled; the
 * caller may set it to zero.
 */

typedef struct {
    uint64_t                      commands;  /* answered */
    uint64_t                      failures;  /* not answered */
    uint64_t                      sum;       /* us, of those answered, from
                                                when they were issued */
    uint64_t                      buckets[NGX_APIGW_HISTOGRAM_COARSE];
                                             /* of 0.1 ms, rounded up */
} ngx_apigw_redis_stats_t;

ngx_apigw_redis_stats_t *ngx_apigw_redis_stats(ngx_apigw_redis_t *redis);

/*
 * Which node of a cluster has the key, as a number that is its own; 0: that
 * is not known, or there is no cluster.
 */
ngx_uint_t ngx_apigw_redis_node(ngx_apigw_redis_t *redis, ngx_str_t *key);


typedef void (*ngx_apigw_redis_message_pt)(void *data, ngx_str_t *payload);
typedef void (*ngx_apigw_redis_connect_pt)(void *data);

/*
 * Subscribes to a channel, on a connection of its own that is made anew for
 * ever; one subscription per worker; the channel's name is not copied.
 * NGX_OK, NGX_ERROR (no memory, or there is a subscription).
 */
ngx_int_t ngx_apigw_redis_subscribe(ngx_apigw_redis_t *redis,
    ngx_str_t *channel, ngx_apigw_redis_message_pt handler, void *data);

/*
 * The handler is called each time the main connection has become ready (in a
 * cluster: the first time there is a map of slots, and each time a node has
 * become ready).  What it sends goes out before the commands that wait.  One
 * handler.
 */
void ngx_apigw_redis_on_connect(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_connect_pt handler, void *data);


/*
 * Begins to connect: NGX_OK, NGX_ERROR (no memory).  Nothing of the client
 * keeps a worker from exiting; while it drains, commands work.  At the exit
 * commands under way are dropped without a call of their handlers.
 */
ngx_int_t ngx_apigw_redis_init_worker(ngx_apigw_redis_t *redis,
    ngx_log_t *log);
void ngx_apigw_redis_exit_worker(ngx_apigw_redis_t *redis);


/* the configuration */

typedef struct {
    ngx_array_t                  *urls;      /* ngx_str_t, as written */
    ngx_str_t                     user;
    ngx_str_t                     password;  /* the caller wipes it */
    ngx_msec_t                    timeout;   /* deadline of a command */
    ngx_msec_t                    connect_timeout;
    ngx_str_t                     tls_ca;    /* "": the system's */
    ngx_str_t                     tls_name;  /* "": the host of the URL */
    ngx_uint_t                    parked_max;
    ngx_flag_t                    cluster;
} ngx_apigw_redis_conf_t;

/*
 * Makes the client, which lives in cf->pool; resolves names.  NULL: logged as
 * an error of the directive that is being parsed, or no memory.
 */
ngx_apigw_redis_t *ngx_apigw_redis_create(ngx_conf_t *cf,
    ngx_apigw_redis_conf_t *conf);

/* what it was made of */
ngx_apigw_redis_conf_t *ngx_apigw_redis_get_conf(ngx_apigw_redis_t *redis);

/* Computes the SHA-1 of a script, whose text is not copied. */
void ngx_apigw_redis_script(ngx_apigw_redis_script_t *script, ngx_str_t *text);


#endif /* _NGX_APIGW_REDIS_H_INCLUDED_ */
