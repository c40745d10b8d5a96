
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


static ngx_apigw_redis_link_t *ngx_apigw_redis_cluster_add(
    ngx_apigw_redis_t *redis, struct sockaddr *sockaddr, socklen_t socklen,
    ngx_str_t *host);
static ngx_apigw_redis_link_t *ngx_apigw_redis_cluster_pick(
    ngx_apigw_redis_t *redis, ngx_int_t slot);
static ngx_int_t ngx_apigw_redis_cluster_orphan(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_entry_t *entry);
static void ngx_apigw_redis_cluster_adopt(ngx_apigw_redis_t *redis);
static void ngx_apigw_redis_cluster_fetch(ngx_apigw_redis_t *redis);
static void ngx_apigw_redis_cluster_ask(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_cluster_later(ngx_apigw_redis_t *redis,
    ngx_msec_t time);
static void ngx_apigw_redis_cluster_timer_handler(ngx_event_t *ev);
static void ngx_apigw_redis_cluster_prune(ngx_apigw_redis_link_t *link);
static void ngx_apigw_redis_cluster_remove(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_link_t *link);


ngx_int_t
ngx_apigw_redis_cluster_init(ngx_apigw_redis_t *redis)
{
    size_t                      size;
    ngx_uint_t                  i;
    ngx_apigw_redis_addr_t     *addrs;
    ngx_apigw_redis_link_t     *link;
    ngx_apigw_redis_place_t     place;
    ngx_apigw_redis_cluster_t  *cl;

    cl = ngx_calloc(sizeof(ngx_apigw_redis_cluster_t), redis->log);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    redis->cluster = cl;

    ngx_queue_init(&cl->nodes);
    ngx_queue_init(&cl->orphans);

    cl->backoff = NGX_APIGW_REDIS_BACKOFF_MIN;
    cl->timer.handler = ngx_apigw_redis_cluster_timer_handler;
    cl->timer.data = redis;
    cl->timer.log = redis->log;
    cl->timer.cancelable = 1;

    size = NGX_APIGW_SLOTS * sizeof(ngx_apigw_redis_link_t *);

    cl->slots = ngx_calloc(size, redis->log);
    if (cl->slots == NULL) {
        return NGX_ERROR;
    }

    cl->spare = ngx_calloc(size, redis->log);
    if (cl->spare == NULL) {
        return NGX_ERROR;
    }

    addrs = redis->addrs.elts;

    for (i = 0; i < redis->addrs.nelts; i++) {
        ngx_memcpy(&place.sockaddr, addrs[i].sockaddr, addrs[i].socklen);
        place.socklen = addrs[i].socklen;
        place.host = addrs[i].host;

        link = ngx_apigw_redis_cluster_find(redis, &place);
        if (link == NULL) {
            return NGX_ERROR;
        }

        link->seed = 1;
    }

    ngx_apigw_redis_cluster_fetch(redis);

    return NGX_OK;
}


void
ngx_apigw_redis_cluster_free(ngx_apigw_redis_t *redis)
{
    ngx_queue_t                *q, *next;
    ngx_apigw_redis_link_t     *link;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    ngx_apigw_redis_drop(&cl->orphans);

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        link = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

        ngx_apigw_redis_link_free(link);
        ngx_free(link);
    }

    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    if (cl->slots) {
        ngx_free(cl->slots);
    }

    if (cl->spare) {
        ngx_free(cl->spare);
    }

    ngx_free(cl);

    redis->cluster = NULL;
}


/* link, address, name and host in one piece; NULL: no memory, or too many */

static ngx_apigw_redis_link_t *
ngx_apigw_redis_cluster_add(ngx_apigw_redis_t *redis,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *host)
{
    u_char                     *p;
    ngx_apigw_redis_addr_t     *addr;
    ngx_apigw_redis_link_t     *link;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    if (cl->nnodes == NGX_APIGW_REDIS_MAX_NODES) {
        return NULL;
    }

    p = ngx_calloc(sizeof(ngx_apigw_redis_link_t)
                   + sizeof(ngx_apigw_redis_addr_t) + sizeof(ngx_sockaddr_t)
                   + NGX_SOCKADDR_STRLEN + host->len + 1, redis->log);
    if (p == NULL) {
        return NULL;
    }

    link = (ngx_apigw_redis_link_t *) p;
    addr = (ngx_apigw_redis_addr_t *) (link + 1);
    addr->sockaddr = (struct sockaddr *) (addr + 1);
    addr->name.data = (u_char *) addr->sockaddr + sizeof(ngx_sockaddr_t);
    addr->host.data = addr->name.data + NGX_SOCKADDR_STRLEN;

    ngx_apigw_redis_link_init(link, redis, NGX_APIGW_REDIS_NODE);

    ngx_memcpy(addr->sockaddr, sockaddr, socklen);
    addr->socklen = socklen;

    addr->name.len = ngx_sock_ntop(sockaddr, socklen, addr->name.data,
                                   NGX_SOCKADDR_STRLEN, 1);

    ngx_memcpy(addr->host.data, host->data, host->len);
    addr->host.len = host->len;

    link->addr = addr;
    link->number = ++cl->number;

    ngx_queue_insert_tail(&cl->nodes, &link->queue);
    cl->nnodes++;

    return link;
}


ngx_apigw_redis_link_t *
ngx_apigw_redis_cluster_find(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_place_t *place)
{
    ngx_queue_t                *q;
    ngx_apigw_redis_link_t     *link;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = ngx_queue_next(q))
    {
        link = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

        if (ngx_cmp_sockaddr(link->addr->sockaddr, link->addr->socklen,
                             &place->sockaddr.sockaddr, place->socklen, 1)
            == NGX_OK)
        {
            return link;
        }
    }

    return ngx_apigw_redis_cluster_add(redis, &place->sockaddr.sockaddr,
                                       place->socklen,
                                       redis->conf.tls_name.len
                                       ? &redis->conf.tls_name : &place->host);
}


ngx_apigw_redis_addr_t *
ngx_apigw_redis_cluster_addr(ngx_apigw_redis_t *redis, ngx_uint_t cursor)
{
    ngx_queue_t                *q;
    ngx_apigw_redis_link_t     *link;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    q = ngx_queue_head(&cl->nodes);

    for (cursor %= cl->nnodes; cursor; cursor--) {
        q = ngx_queue_next(q);
    }

    link = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

    return link->addr;
}


ngx_int_t
ngx_apigw_redis_cluster_push(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_entry_t *entry)
{
    ngx_apigw_redis_link_t  *link;

    if (!redis->cluster->mapped) {
        return ngx_apigw_redis_cluster_orphan(redis, entry);
    }

    link = ngx_apigw_redis_cluster_pick(redis, entry->slot);

    if (link == NULL) {
        ngx_apigw_redis_cluster_refresh(redis);
        return NGX_DECLINED;
    }

    ngx_apigw_redis_link_push(link, entry);

    return NGX_OK;
}


/* the node of a slot, any one for -1; NULL: none, or none that is there */

static ngx_apigw_redis_link_t *
ngx_apigw_redis_cluster_pick(ngx_apigw_redis_t *redis, ngx_int_t slot)
{
    ngx_queue_t                *q;
    ngx_apigw_redis_link_t     *link, *found;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    if (slot >= 0) {
        link = cl->slots[slot];

        return (link && link->state < NGX_APIGW_REDIS_BACKOFF) ? link : NULL;
    }

    found = NULL;

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = ngx_queue_next(q))
    {
        link = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

        if (!link->used) {
            continue;
        }

        if (link->state == NGX_APIGW_REDIS_READY) {
            return link;
        }

        if (link->state < NGX_APIGW_REDIS_BACKOFF && found == NULL) {
            found = link;
        }
    }

    return found;
}


/* without a map commands wait as long as somebody is asked for it */

static ngx_int_t
ngx_apigw_redis_cluster_orphan(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_entry_t *entry)
{
    if (redis->cluster->fetcher == NULL) {
        return NGX_DECLINED;
    }

    ngx_queue_insert_tail(&redis->cluster->orphans, &entry->queue);

    return NGX_OK;
}


static void
ngx_apigw_redis_cluster_adopt(ngx_apigw_redis_t *redis)
{
    ngx_queue_t               orphans, *q;
    ngx_apigw_redis_entry_t  *entry;

    ngx_queue_init(&orphans);
    ngx_apigw_redis_move(&orphans, &redis->cluster->orphans);

    while (!ngx_queue_empty(&orphans)) {
        q = ngx_queue_head(&orphans);
        ngx_queue_remove(q);

        entry = ngx_queue_data(q, ngx_apigw_redis_entry_t, queue);

        if (ngx_apigw_redis_cluster_push(redis, entry) != NGX_OK) {
            ngx_apigw_redis_answer(entry, NULL, "no node has the slot");
        }
    }
}


void
ngx_apigw_redis_cluster_refresh(ngx_apigw_redis_t *redis)
{
    ngx_msec_t                  age;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    if (cl->fetcher || cl->timer.timer_set) {
        return;
    }

    age = ngx_current_msec - cl->fetched;

    ngx_apigw_redis_cluster_later(redis, (age < NGX_APIGW_REDIS_REFRESH)
                                         ? NGX_APIGW_REDIS_REFRESH - age : 1);
}


static void
ngx_apigw_redis_cluster_later(ngx_apigw_redis_t *redis, ngx_msec_t time)
{
    ngx_event_t  *ev;

    ev = &redis->cluster->timer;

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_add_timer(ev, time);
}


static void
ngx_apigw_redis_cluster_timer_handler(ngx_event_t *ev)
{
    ngx_apigw_redis_cluster_fetch(ev->data);
}


/* asks a node for the map: one that is ready, else one that may become it */

static void
ngx_apigw_redis_cluster_fetch(ngx_apigw_redis_t *redis)
{
    ngx_queue_t                *q;
    ngx_apigw_redis_link_t     *link, *found;
    ngx_apigw_redis_cluster_t  *cl;

    cl = redis->cluster;

    found = NULL;

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = ngx_queue_next(q))
    {
        link = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

        if (link->state == NGX_APIGW_REDIS_READY) {
            found = link;
            break;
        }

        if (link->state < NGX_APIGW_REDIS_BACKOFF && found == NULL) {
            found = link;
        }
    }

    if (found == NULL) {
        ngx_apigw_redis_cluster_later(redis, 1 + ngx_random() % cl->backoff);
        cl->backoff = ngx_min(2 * cl->backoff, NGX_APIGW_REDIS_BACKOFF_MAX);
        return;
    }

    cl->fetcher = found;

    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    /* the next time another one */

    ngx_queue_remove(&found->queue);
    ngx_queue_insert_tail(&cl->nodes, &found->queue);

    if (found->state == NGX_APIGW_REDIS_READY) {
        ngx_apigw_redis_cluster_ask(found);

    } else if (found->state == NGX_APIGW_REDIS_IDLE) {
        ngx_apigw_redis_connect(found);
    }
}


static void
ngx_apigw_redis_cluster_ask(ngx_apigw_redis_link_t *link)
{
    ngx_str_t                 argv[2];
    ngx_apigw_redis_entry_t  *entry;

    ngx_str_set(&argv[0], "CLUSTER");
    ngx_str_set(&argv[1], "SLOTS");

    entry = ngx_apigw_redis_entry_own(link->redis, NGX_APIGW_REDIS_SLOTS, 2,
                                      argv);

    if (entry) {
        ngx_apigw_redis_link_push(link, entry);
        return;
    }

    link->redis->cluster->fetcher = NULL;
    ngx_apigw_redis_cluster_later(link->redis, NGX_APIGW_REDIS_REFRESH);
}


void
ngx_apigw_redis_cluster_ready(ngx_apigw_redis_link_t *link)
{
    ngx_apigw_redis_cluster_t  *cl;

    cl = link->redis->cluster;

    if (cl->mapped) {
        ngx_apigw_redis_greet(link->redis, link);
    }

    if (cl->fetcher == link) {
        ngx_apigw_redis_cluster_ask(link);
    }
}


/* its backoff is over */

void
ngx_apigw_redis_cluster_idle(ngx_apigw_redis_link_t *link)
{
    ngx_apigw_redis_cluster_t  *cl;

    cl = link->redis->cluster;

    if (!cl->mapped && cl->fetcher == NULL) {
        ngx_apigw_redis_cluster_fetch(link->redis);
    }
}


ngx_uint_t
ngx_apigw_redis_cluster_up(ngx_apigw_redis_t *redis)
{
    ngx_apigw_redis_link_t  *link;

    if (!redis->cluster->mapped) {
        return 0;
    }

    link = ngx_apigw_redis_cluster_pick(redis, -1);

    return link && link->state == NGX_APIGW_REDIS_READY;
}


/* another one is asked for the map */

void
ngx_apigw_redis_cluster_lost(ngx_apigw_redis_link_t *link)
{
    ngx_queue_t                 orphans;
    ngx_apigw_redis_t          *redis;
    ngx_apigw_redis_cluster_t  *cl;

    redis = link->redis;
    cl = redis->cluster;

    if (cl->fetcher != link) {

        if (link->used) {
            ngx_apigw_redis_cluster_refresh(redis);
        }

        return;
    }

    cl->fetcher = NULL;

    ngx_apigw_redis_cluster_fetch(redis);

    if (cl->fetcher == NULL) {
        ngx_queue_init(&orphans);
        ngx_apigw_redis_move(&orphans, &cl->orphans);
        ngx_apigw_redis_fail(&orphans, "no node of the cluster is there");
    }
}


/* a new map is there */

void
ngx_apigw_redis_cluster_mapped(ngx_apigw_redis_link_t *link)
{
    ngx_uint_t                  i, mapped;
    ngx_queue_t                *q;
    ngx_apigw_redis_t          *redis;
    ngx_apigw_redis_link_t     *node, **slots;
    ngx_apigw_redis_cluster_t  *cl;

    redis = link->redis;
    cl = redis->cluster;

    slots = cl->slots;
    cl->slots = cl->spare;
    cl->spare = slots;

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);
        node->used = 0;
    }

    for (i = 0; i < NGX_APIGW_SLOTS; i++) {

        if (cl->slots[i]) {
            cl->slots[i]->used = 1;
        }
    }

    mapped = cl->mapped;

    cl->mapped = 1;
    cl->fetcher = NULL;
    cl->fetched = ngx_current_msec;
    cl->backoff = NGX_APIGW_REDIS_BACKOFF_MIN;

    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    ngx_apigw_redis_cluster_prune(link);

    if (!mapped) {
        ngx_apigw_redis_greet(redis, link);
    }

    ngx_apigw_redis_cluster_adopt(redis);
}


/*
 * Frees the nodes that the map has no more, unless somebody waits there; not
 * the one that gave the map, whose reply is just being read.
 */

static void
ngx_apigw_redis_cluster_prune(ngx_apigw_redis_link_t *link)
{
    ngx_queue_t                *q, *next;
    ngx_apigw_redis_t          *redis;
    ngx_apigw_redis_link_t     *node;
    ngx_apigw_redis_cluster_t  *cl;

    redis = link->redis;
    cl = redis->cluster;

    for (q = ngx_queue_head(&cl->nodes);
         q != ngx_queue_sentinel(&cl->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, ngx_apigw_redis_link_t, queue);

        if (node == link
            || node->used
            || node->seed
            || redis->sub.addr == node->addr
            || !ngx_queue_empty(&node->sent)
            || !ngx_queue_empty(&node->waiting))
        {
            continue;
        }

        ngx_apigw_redis_cluster_remove(redis, node);
    }
}


static void
ngx_apigw_redis_cluster_remove(ngx_apigw_redis_t *redis,
    ngx_apigw_redis_link_t *link)
{
    ngx_apigw_redis_link_free(link);

    ngx_queue_remove(&link->queue);
    redis->cluster->nnodes--;

    ngx_free(link);
}
