
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_REDIS_INT_H_INCLUDED_
#define _NGX_APIGW_REDIS_INT_H_INCLUDED_


#include "ngx_apigw_crc16.h"
#include "ngx_apigw_redis.h"
#include "ngx_apigw_tls.h"


/*
 * An entry is a command on its way: in the queue of a link that waits to send
 * it or for its reply, or an orphan that waits for the map of a cluster.  What
 * has been sent stays in its place when nobody waits for it any more, so that
 * later replies find theirs.
 *
 * Handlers are called from event handlers only, and nothing that a handler may
 * call closes a link or sends: it queues, and posts an event.
 */

#define NGX_APIGW_REDIS_MAX_ENTRIES    4096
#define NGX_APIGW_REDIS_MAX_NODES      1024
#define NGX_APIGW_REDIS_MAX_REDIRECTS  5

#define NGX_APIGW_REDIS_BUFFER         16384

#define NGX_APIGW_REDIS_BACKOFF_MIN    50       /* ms */
#define NGX_APIGW_REDIS_BACKOFF_MAX    5000
#define NGX_APIGW_REDIS_STUCK_MIN      500
#define NGX_APIGW_REDIS_PING           10000
#define NGX_APIGW_REDIS_REFRESH        1000


typedef struct ngx_apigw_redis_link_s     ngx_apigw_redis_link_t;
typedef struct ngx_apigw_redis_cluster_s  ngx_apigw_redis_cluster_t;


typedef enum {
    NGX_APIGW_REDIS_USER = 0,
    NGX_APIGW_REDIS_AUTH,
    NGX_APIGW_REDIS_SELECT,
    NGX_APIGW_REDIS_PROBE,             /* the last one of the greeting */
    NGX_APIGW_REDIS_SLOTS,
    NGX_APIGW_REDIS_ASKING,
    NGX_APIGW_REDIS_SUBSCRIBE,
    NGX_APIGW_REDIS_ALIVE
} ngx_apigw_redis_purpose_e;


typedef enum {
    NGX_APIGW_REDIS_IDLE = 0,          /* of a cluster: not needed yet */
    NGX_APIGW_REDIS_CONNECTING,
    NGX_APIGW_REDIS_GREETING,          /* AUTH, SELECT, PING */
    NGX_APIGW_REDIS_READY,
    NGX_APIGW_REDIS_BACKOFF,
    NGX_APIGW_REDIS_STOPPED            /* for ever */
} ngx_apigw_redis_state_e;


typedef enum {
    NGX_APIGW_REDIS_MAIN = 0,
    NGX_APIGW_REDIS_NODE,
    NGX_APIGW_REDIS_SUB
} ngx_apigw_redis_kind_e;


typedef struct {
    struct sockaddr              *sockaddr;
    socklen_t                     socklen;
    ngx_str_t                     name;      /* for the log */
    ngx_str_t                     host;      /* of the certificate */
} ngx_apigw_redis_addr_t;


/* an address as a cluster tells it */

typedef struct {
    ngx_sockaddr_t                sockaddr;
    socklen_t                     socklen;
    ngx_str_t                     host;
} ngx_apigw_redis_place_t;


struct ngx_apigw_redis_entry_s {
    ngx_queue_t                   queue;
    ngx_queue_t                   live;      /* in redis->live */
    ngx_apigw_redis_t            *redis;
    ngx_apigw_redis_cmd_t        *cmd;       /* NULL: nobody waits */
    ngx_apigw_redis_script_t     *script;    /* sent by its SHA-1, or NULL */
    ngx_str_t                     text;
    ngx_msec_t                    deadline;
    ngx_msec_t                    time;      /* when it was sent */
    uint64_t                      issued;    /* ns of CLOCK_MONOTONIC */
    ngx_int_t                     slot;      /* -1: any node */

    unsigned                      purpose:8;
    unsigned                      redirects:8;
    unsigned                      sent:1;
    unsigned                      asking:1;
};


struct ngx_apigw_redis_link_s {
    ngx_queue_t                   queue;     /* in cluster->nodes */
    ngx_apigw_redis_t            *redis;
    ngx_apigw_redis_addr_t       *addr;      /* tried last, or NULL */
    ngx_uint_t                    cursor;    /* where it is in the addresses */
    ngx_uint_t                    attempts;  /* of this round */
    ngx_uint_t                    number;    /* of a node, from 1 */

    ngx_connection_t             *connection;
    ngx_pool_t                   *replies;
    ngx_apigw_redis_reader_t     *reader;

    ngx_queue_t                   greeting;  /* entries to send first */
    ngx_queue_t                   waiting;   /* entries to send when ready */
    ngx_queue_t                   sent;      /* entries to be answered */

    u_char                       *start;     /* the buffer to send */
    u_char                       *pos;
    u_char                       *last;
    u_char                       *end;

    ngx_event_t                   timer;
    ngx_event_t                   post;
    ngx_msec_t                    backoff;
    ngx_msec_t                    since;     /* ready */

    ngx_err_t                     err;       /* why it failed last */
    size_t                        why_len;
    uint32_t                      logged;    /* hash of it */
    u_char                        why[256];

    unsigned                      kind:4;    /* ngx_apigw_redis_kind_e */
    unsigned                      state:4;   /* ngx_apigw_redis_state_e */
    unsigned                      down:1;    /* logged */
    unsigned                      suspect:1; /* ready, but of no use */
    unsigned                      seed:1;
    unsigned                      used:1;    /* in the map */
};


struct ngx_apigw_redis_cluster_s {
    ngx_queue_t                   nodes;
    ngx_uint_t                    nnodes;
    ngx_uint_t                    number;    /* given last */
    ngx_queue_t                   orphans;
    ngx_apigw_redis_link_t      **slots;
    ngx_apigw_redis_link_t      **spare;     /* the next map is made here */
    ngx_apigw_redis_link_t       *fetcher;   /* that is asked for the map */
    ngx_event_t                   timer;
    ngx_msec_t                    fetched;
    ngx_msec_t                    backoff;
    ngx_uint_t                    mapped;    /* there is a map */
};


struct ngx_apigw_redis_s {
    ngx_apigw_redis_conf_t        conf;
    ngx_array_t                   addrs;     /* ngx_apigw_redis_addr_t */
    ngx_uint_t                    db;
    ngx_uint_t                    tls;
    ngx_apigw_tls_t              *ssl;

    /* of the worker: set by ngx_apigw_redis_init_worker() */

    ngx_log_t                    *log;       /* NULL: not this process */
    ngx_log_t                     quiet;
    u_char                       *buffer;    /* to receive */

    ngx_apigw_redis_link_t        main;
    ngx_apigw_redis_link_t        sub;
    ngx_apigw_redis_cluster_t    *cluster;

    ngx_queue_t                   live;      /* by their deadlines */
    ngx_event_t                   deadline;
    ngx_uint_t                    nentries;
    ngx_apigw_redis_stats_t       stats;

    ngx_apigw_redis_connect_pt    connect_handler;
    void                         *connect_data;

    ngx_str_t                     channel;
    ngx_apigw_redis_message_pt    message_handler;
    void                         *message_data;
};


/* ngx_apigw_redis_entry.c */

/* a command's entry; the caller queues it; NULL: no memory, or too long */
ngx_apigw_redis_entry_t *ngx_apigw_redis_entry_create(
    ngx_apigw_redis_t *redis, ngx_uint_t nhead, ngx_str_t *head,
    ngx_uint_t argc, ngx_str_t *argv);

/* the same for a command of the client's own */
ngx_apigw_redis_entry_t *ngx_apigw_redis_entry_own(ngx_apigw_redis_t *redis,
    ngx_uint_t purpose, ngx_uint_t argc, ngx_str_t *argv);

void ngx_apigw_redis_entry_free(ngx_apigw_redis_entry_t *entry);


/* ngx_apigw_redis.c */

/* frees an entry that is in no queue any more and answers its command */
void ngx_apigw_redis_answer(ngx_apigw_redis_entry_t *entry,
    ngx_apigw_redis_reply_t *reply, const char *failure);

/* frees all entries of a queue, their commands fail; or without a word */
void ngx_apigw_redis_fail(ngx_queue_t *queue, const char *failure);
void ngx_apigw_redis_drop(ngx_queue_t *queue);

void ngx_apigw_redis_move(ngx_queue_t *to, ngx_queue_t *from);

/* calls the handler of connections */
void ngx_apigw_redis_greet(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_link_t *link);


/* ngx_apigw_redis_link.c */

void ngx_apigw_redis_link_init(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_t *redis, ngx_uint_t kind);
void ngx_apigw_redis_link_free(ngx_apigw_redis_link_t *link);

/* the server has accepted us: NGX_OK, NGX_ERROR (no memory) */
ngx_int_t ngx_apigw_redis_link_ready(ngx_apigw_redis_link_t *link);

/* the connection is of no use; reason NULL: it is noted already */
void ngx_apigw_redis_link_failed(ngx_apigw_redis_link_t *link,
    const char *reason, ngx_err_t err, ngx_str_t *text);

/* keeps for the log why it fails */
void ngx_apigw_redis_link_note(ngx_apigw_redis_link_t *link,
    const char *reason, ngx_err_t err, ngx_str_t *text);

/* it works: logged where it did not before */
void ngx_apigw_redis_link_up(ngx_apigw_redis_link_t *link);

void ngx_apigw_redis_link_timer(ngx_apigw_redis_link_t *link,
    ngx_msec_t time);

/* after this time without an answer the connection is given up */
ngx_msec_t ngx_apigw_redis_link_stuck(ngx_apigw_redis_link_t *link);

/* queues an entry to be sent */
void ngx_apigw_redis_link_push(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry);


/* closes the connection, if any; what was sent stays in its queue */
void ngx_apigw_redis_link_close(ngx_apigw_redis_link_t *link);

/* all commands fail, those of "lost", too; the next round begins later */
void ngx_apigw_redis_link_retreat(ngx_apigw_redis_link_t *link,
    ngx_queue_t *lost);


/* ngx_apigw_redis_connect.c */

/* begins a round of attempts, one for each address */
void ngx_apigw_redis_connect(ngx_apigw_redis_link_t *link);

/* the attempt has failed: tries the next address of the round */
void ngx_apigw_redis_connect_next(ngx_apigw_redis_link_t *link);


/* ngx_apigw_redis_io.c */

void ngx_apigw_redis_read_handler(ngx_event_t *rev);
void ngx_apigw_redis_write_handler(ngx_event_t *wev);
void ngx_apigw_redis_flush(ngx_apigw_redis_link_t *link);


/* ngx_apigw_redis_cluster.c */

ngx_int_t ngx_apigw_redis_cluster_init(ngx_apigw_redis_t *redis);
void ngx_apigw_redis_cluster_free(ngx_apigw_redis_t *redis);

/* queues an entry by its slot: NGX_OK, NGX_DECLINED */
ngx_int_t ngx_apigw_redis_cluster_push(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_entry_t *entry);

void ngx_apigw_redis_cluster_refresh(ngx_apigw_redis_t *redis);

/* the node at this address, made where there is none; NULL: no memory */
ngx_apigw_redis_link_t *ngx_apigw_redis_cluster_find(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_place_t *place);

/* the spare map becomes the map, as the node of link gave it */
void ngx_apigw_redis_cluster_mapped(ngx_apigw_redis_link_t *link);

/* 1: there is a map, and a node that is ready */
ngx_uint_t ngx_apigw_redis_cluster_up(ngx_apigw_redis_t *redis);

/* what a node has become */
void ngx_apigw_redis_cluster_ready(ngx_apigw_redis_link_t *link);
void ngx_apigw_redis_cluster_lost(ngx_apigw_redis_link_t *link);
void ngx_apigw_redis_cluster_idle(ngx_apigw_redis_link_t *link);

/* the address that the subscription tries: any node's */
ngx_apigw_redis_addr_t *ngx_apigw_redis_cluster_addr(ngx_apigw_redis_t *redis,
    ngx_uint_t cursor);


/* ngx_apigw_redis_map.c */

/* the reply to CLUSTER SLOTS: NGX_OK; NGX_ERROR: *reason */
ngx_int_t ngx_apigw_redis_map(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply, const char **reason);

/* 1: the error is MOVED or ASK, and the entry is taken over */
ngx_uint_t ngx_apigw_redis_redirect(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply);


#endif /* _NGX_APIGW_REDIS_INT_H_INCLUDED_ */
