
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_redis_int.h"


/* what a cluster says about its slots: its map, and redirections */


static ngx_int_t ngx_apigw_redis_map_range(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *range);
static ngx_int_t ngx_apigw_redis_map_node(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *node, ngx_apigw_redis_place_t *place);
static ngx_int_t ngx_apigw_redis_map_moved(ngx_apigw_redis_link_t *link,
    ngx_str_t *text, ngx_int_t *slot, ngx_apigw_redis_place_t *place);
static ngx_int_t ngx_apigw_redis_map_place(ngx_apigw_redis_link_t *link,
    ngx_str_t *host, ngx_int_t port, ngx_apigw_redis_place_t *place);


ngx_int_t
ngx_apigw_redis_map(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *reply, const char **reason)
{
    ngx_uint_t  i;

    if (reply->type != NGX_APIGW_REDIS_ARRAY || reply->nelts == 0) {
        *reason = "it has no slots of the cluster";
        return NGX_ERROR;
    }

    ngx_memzero(link->redis->cluster->spare,
                NGX_APIGW_SLOTS * sizeof(ngx_apigw_redis_link_t *));

    for (i = 0; i < reply->nelts; i++) {

        if (ngx_apigw_redis_map_range(link, &reply->elts[i]) != NGX_OK) {
            *reason = "its map of the cluster is not valid";
            return NGX_ERROR;
        }
    }

    ngx_apigw_redis_cluster_mapped(link);

    return NGX_OK;
}


/* first slot, last slot, master, replicas */

static ngx_int_t
ngx_apigw_redis_map_range(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *range)
{
    int64_t                   i;
    ngx_int_t                 rc;
    ngx_apigw_redis_link_t   *node;
    ngx_apigw_redis_reply_t  *elts;
    ngx_apigw_redis_place_t   place;

    elts = range->elts;

    if (range->type != NGX_APIGW_REDIS_ARRAY
        || range->nelts < 3
        || elts[0].type != NGX_APIGW_REDIS_INTEGER
        || elts[1].type != NGX_APIGW_REDIS_INTEGER
        || elts[0].integer < 0
        || elts[0].integer > elts[1].integer
        || elts[1].integer >= NGX_APIGW_SLOTS)
    {
        return NGX_ERROR;
    }

    rc = ngx_apigw_redis_map_node(link, &elts[2], &place);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    node = ngx_apigw_redis_cluster_find(link->redis, &place);
    if (node == NULL) {
        return NGX_ERROR;
    }

    for (i = elts[0].integer; i <= elts[1].integer; i++) {
        link->redis->cluster->spare[i] = node;
    }

    return NGX_OK;
}


/*
 * Host, port, id, and further names: where the host is a name, its address is
 * among these.  NGX_DECLINED: there is no address.
 */

static ngx_int_t
ngx_apigw_redis_map_node(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_reply_t *node, ngx_apigw_redis_place_t *place)
{
    ngx_str_t                 host;
    ngx_uint_t                i;
    ngx_apigw_redis_reply_t  *elts, *more;

    elts = node->elts;

    if (node->type != NGX_APIGW_REDIS_ARRAY
        || node->nelts < 2
        || (elts[0].type != NGX_APIGW_REDIS_STRING
            && elts[0].type != NGX_APIGW_REDIS_NIL)
        || elts[1].type != NGX_APIGW_REDIS_INTEGER)
    {
        return NGX_ERROR;
    }

    host = elts[0].str;

    if (ngx_apigw_redis_map_place(link, &host, elts[1].integer, place)
        == NGX_OK)
    {
        return NGX_OK;
    }

    if (node->nelts < 4 || elts[3].type != NGX_APIGW_REDIS_ARRAY) {
        return NGX_DECLINED;
    }

    more = elts[3].elts;

    for (i = 0; i + 1 < elts[3].nelts; i += 2) {

        if (more[i].type != NGX_APIGW_REDIS_STRING
            || more[i + 1].type != NGX_APIGW_REDIS_STRING
            || more[i].str.len != 2
            || ngx_memcmp(more[i].str.data, "ip", 2) != 0
            || ngx_apigw_redis_map_place(link, &more[i + 1].str,
                                             elts[1].integer, place)
               != NGX_OK)
        {
            continue;
        }

        place->host = host;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_apigw_redis_redirect(ngx_apigw_redis_link_t *link,
    ngx_apigw_redis_entry_t *entry, ngx_apigw_redis_reply_t *reply)
{
    ngx_int_t                 slot;
    ngx_uint_t                ask;
    ngx_apigw_redis_t        *redis;
    ngx_apigw_redis_link_t   *node;
    ngx_apigw_redis_place_t   place;

    redis = link->redis;

    if (ngx_apigw_redis_error_is(reply, "CLUSTERDOWN")
        || ngx_apigw_redis_error_is(reply, "READONLY"))
    {
        ngx_apigw_redis_cluster_refresh(redis);
        return 0;
    }

    ask = ngx_apigw_redis_error_is(reply, "ASK");

    if (!ask) {

        if (!ngx_apigw_redis_error_is(reply, "MOVED")) {
            return 0;
        }

        ngx_apigw_redis_cluster_refresh(redis);
    }

    if (ngx_apigw_redis_map_moved(link, &reply->str, &slot, &place)
        != NGX_OK)
    {
        return 0;
    }

    node = ngx_apigw_redis_cluster_find(redis, &place);
    if (node == NULL) {
        return 0;
    }

    if (!ask) {
        redis->cluster->slots[slot] = node;
        node->used = 1;
    }

    if (entry->cmd == NULL
        || entry->redirects == NGX_APIGW_REDIS_MAX_REDIRECTS
        || node->state >= NGX_APIGW_REDIS_BACKOFF)
    {
        return 0;
    }

    entry->redirects++;
    entry->asking = ask;
    entry->sent = 0;

    ngx_apigw_redis_link_push(node, entry);

    return 1;
}


/* "MOVED 3999 127.0.0.1:6381" */

static ngx_int_t
ngx_apigw_redis_map_moved(ngx_apigw_redis_link_t *link, ngx_str_t *text,
    ngx_int_t *slot, ngx_apigw_redis_place_t *place)
{
    u_char     *p, *last, *end;
    ngx_str_t   host;

    last = text->data + text->len;

    p = ngx_strlchr(text->data, last, ' ');
    if (p == NULL) {
        return NGX_ERROR;
    }

    end = ngx_strlchr(++p, last, ' ');
    if (end == NULL) {
        return NGX_ERROR;
    }

    *slot = ngx_atoi(p, end - p);

    if (*slot == NGX_ERROR || *slot >= NGX_APIGW_SLOTS) {
        return NGX_ERROR;
    }

    /* IPv6 addresses stand there without brackets */

    host.data = end + 1;

    for (p = last; p > host.data && p[-1] != ':'; p--) { /* void */ }

    if (p == host.data) {
        return NGX_ERROR;
    }

    host.len = p - 1 - host.data;

    return ngx_apigw_redis_map_place(link, &host, ngx_atoi(p, last - p),
                                         place);
}


/* no host, or "?": that of the node that says so; a name is not resolved */

static ngx_int_t
ngx_apigw_redis_map_place(ngx_apigw_redis_link_t *link, ngx_str_t *host,
    ngx_int_t port, ngx_apigw_redis_place_t *place)
{
    in_addr_t             addr;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    if (port < 1 || port > 65535 || host->len > 255) {
        return NGX_ERROR;
    }

    ngx_memzero(place, sizeof(ngx_apigw_redis_place_t));

    place->host = *host;

    if (host->len == 0 || (host->len == 1 && host->data[0] == '?')) {
        place->host = link->addr->host;
        place->socklen = link->addr->socklen;
        ngx_memcpy(&place->sockaddr, link->addr->sockaddr, place->socklen);

        ngx_inet_set_port(&place->sockaddr.sockaddr, (in_port_t) port);

        return NGX_OK;
    }

    addr = ngx_inet_addr(host->data, host->len);

    if (addr != INADDR_NONE) {
        sin = &place->sockaddr.sockaddr_in;
        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = addr;
        sin->sin_port = htons((in_port_t) port);
        place->socklen = sizeof(struct sockaddr_in);

        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    sin6 = &place->sockaddr.sockaddr_in6;

    if (ngx_inet6_addr(host->data, host->len, sin6->sin6_addr.s6_addr)
        == NGX_OK)
    {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons((in_port_t) port);
        place->socklen = sizeof(struct sockaddr_in6);

        return NGX_OK;
    }

#endif

    return NGX_ERROR;
}
