
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_fetch_int.h"


static void ngx_apigw_fetch_resolve_handler(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_apigw_fetch_places(ngx_apigw_fetch_state_t *st,
    ngx_resolver_ctx_t *ctx);
static ngx_uint_t ngx_apigw_fetch_convert(ngx_apigw_addr_t *addr,
    struct sockaddr *sa);
static ngx_int_t ngx_apigw_fetch_place(ngx_apigw_fetch_state_t *st,
    ngx_apigw_addr_t *addr);
static ngx_int_t ngx_apigw_fetch_place_set(ngx_apigw_fetch_place_t *place,
    ngx_apigw_addr_t *addr);


void
ngx_apigw_fetch_resolve(ngx_apigw_fetch_state_t *st)
{
    ngx_apigw_url_t     *url;
    ngx_apigw_fetch_t   *fetch;
    ngx_resolver_ctx_t  *ctx;

    fetch = st->fetch;
    url = &fetch->url;

    if (url->address) {

        if (ngx_apigw_fetch_places(st, NULL) == NGX_OK) {
            ngx_apigw_fetch_connect(st);
        }

        return;
    }

    ctx = fetch->resolver ? ngx_resolve_start(fetch->resolver, NULL)
                          : NGX_NO_RESOLVER;

    if (ctx == NULL) {
        ngx_apigw_fetch_failed(fetch, "no memory", NULL);
        return;
    }

    if (ctx == NGX_NO_RESOLVER) {
        ngx_apigw_fetch_failed(fetch, "there is no resolver for its name",
                               &url->host);
        return;
    }

    ctx->name = url->host;
    ctx->handler = ngx_apigw_fetch_resolve_handler;
    ctx->data = st;
    ctx->timeout = fetch->resolver_timeout;
    ctx->cancelable = 1;

    st->ctx = ctx;

    /* the handler may be called here; after an error the context is gone */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        st->ctx = NULL;
        ngx_apigw_fetch_failed(fetch, "its name could not be resolved", NULL);
    }
}


static void
ngx_apigw_fetch_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_str_t                 text;
    ngx_apigw_fetch_state_t  *st;

    st = ctx->data;
    st->ctx = NULL;

    if (ctx->state) {
        text.data = (u_char *) ngx_resolver_strerror(ctx->state);
        text.len = ngx_strlen(text.data);

        ngx_resolve_name_done(ctx);

        ngx_apigw_fetch_failed(st->fetch, "its name could not be resolved",
                               &text);
        return;
    }

    rc = ngx_apigw_fetch_places(st, ctx);

    ngx_resolve_name_done(ctx);

    if (rc == NGX_OK) {
        ngx_apigw_fetch_connect(st);
    }
}


/* ctx NULL: the host is an address; NGX_ERROR: it has failed */

static ngx_int_t
ngx_apigw_fetch_places(ngx_apigw_fetch_state_t *st, ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t          i, n;
    ngx_apigw_addr_t    addr;
    ngx_apigw_fetch_t  *fetch;

    fetch = st->fetch;
    n = ctx ? ngx_min(ctx->naddrs, NGX_APIGW_FETCH_MAX_PLACES) : 1;

    st->places = ngx_pcalloc(fetch->pool,
                             n * sizeof(ngx_apigw_fetch_place_t));
    if (st->places == NULL) {
        ngx_apigw_fetch_failed(fetch, "no memory", NULL);
        return NGX_ERROR;
    }

    ngx_apigw_fetch_note(fetch, "its name has no address", NULL);

    for (i = 0; i < n; i++) {

        if (ctx == NULL) {
            addr = fetch->url.addr;

        } else if (!ngx_apigw_fetch_convert(&addr, ctx->addrs[i].sockaddr)) {
            continue;
        }

        if (ngx_apigw_fetch_place(st, &addr) == NGX_OK) {
            st->nplaces++;
        }
    }

    if (st->nplaces == 0) {
        ngx_apigw_fetch_failed(fetch, NULL, NULL);
        return NGX_ERROR;
    }

    st->cursor = ngx_random() % st->nplaces;

    return NGX_OK;
}


static ngx_uint_t
ngx_apigw_fetch_convert(ngx_apigw_addr_t *addr, struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(addr, sizeof(ngx_apigw_addr_t));

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;

        addr->len = 4;
        ngx_memcpy(addr->octets, &sin->sin_addr, 4);

        return 1;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;

        addr->len = 16;
        ngx_memcpy(addr->octets, &sin6->sin6_addr, 16);

        return 1;

#endif
    }

    return 0;
}


/* the next place, where the address is one to go to; or noted why not */

static ngx_int_t
ngx_apigw_fetch_place(ngx_apigw_fetch_state_t *st, ngx_apigw_addr_t *addr)
{
    u_char                    buf[NGX_SOCKADDR_STRLEN];
    ngx_str_t                 text;
    const char               *reason;
    ngx_apigw_fetch_t        *fetch;
    ngx_apigw_fetch_place_t  *place;

    fetch = st->fetch;
    place = &st->places[st->nplaces];

    if (ngx_apigw_fetch_place_set(place, addr) != NGX_OK) {
        ngx_apigw_fetch_note(fetch, "its address is not supported", NULL);
        return NGX_DECLINED;
    }

    if (fetch->foreign && ngx_apigw_addr_is_special(addr)) {
        reason = "the URL of another host leads to a special address";

    } else if (!fetch->url.tls && !ngx_apigw_addr_is_loopback(addr)) {
        reason = "without TLS it is not on this machine";

    } else {
        ngx_inet_set_port(&place->sockaddr.sockaddr,
                          (in_port_t) fetch->url.port);
        return NGX_OK;
    }

    text.data = buf;
    text.len = ngx_sock_ntop(&place->sockaddr.sockaddr, place->socklen, buf,
                             NGX_SOCKADDR_STRLEN, 0);

    ngx_apigw_fetch_note(fetch, reason, &text);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_apigw_fetch_place_set(ngx_apigw_fetch_place_t *place,
    ngx_apigw_addr_t *addr)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(place, sizeof(ngx_apigw_fetch_place_t));

    if (addr->len == 4) {
        sin = &place->sockaddr.sockaddr_in;

        sin->sin_family = AF_INET;
        ngx_memcpy(&sin->sin_addr, addr->octets, 4);
        place->socklen = sizeof(struct sockaddr_in);

        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    sin6 = &place->sockaddr.sockaddr_in6;

    sin6->sin6_family = AF_INET6;
    ngx_memcpy(&sin6->sin6_addr, addr->octets, 16);
    place->socklen = sizeof(struct sockaddr_in6);

    return NGX_OK;

#else

    return NGX_DECLINED;

#endif
}
