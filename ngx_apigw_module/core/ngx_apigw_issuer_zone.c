
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"
#include "ngx_apigw_digest.h"


#define NGX_APIGW_ISSUER_ZONE_NAME   "apigw_jwks:"

/* for the slab allocator's own */
#define NGX_APIGW_ISSUER_ZONE_PAGES  8


static ngx_int_t ngx_apigw_issuer_zone_hash(ngx_conf_t *cf,
    ngx_apigw_issuer_conf_t *conf, u_char *hash);
static ngx_int_t ngx_apigw_issuer_zone_file(ngx_conf_t *cf,
    ngx_apigw_issuer_zone_t *zone, ngx_str_t *path);
static size_t ngx_apigw_issuer_zone_size(void);
static ngx_int_t ngx_apigw_issuer_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_apigw_issuer_zone_make(ngx_apigw_issuer_zone_t *zone,
    ngx_shm_zone_t *shm_zone);
static ngx_atomic_uint_t ngx_apigw_issuer_zone_lost(
    ngx_apigw_issuer_zone_t *zone);


ngx_apigw_issuer_zone_t *
ngx_apigw_issuer_zone_add(ngx_conf_t *cf, ngx_apigw_issuer_conf_t *conf,
    void *tag)
{
    u_char                   *p;
    ngx_str_t                 name;
    ngx_shm_zone_t           *shm_zone;
    ngx_apigw_issuer_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_issuer_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    if (ngx_apigw_issuer_zone_hash(cf, conf, zone->hash) != NGX_OK) {
        return NULL;
    }

    name.len = sizeof(NGX_APIGW_ISSUER_ZONE_NAME) - 1 + NGX_APIGW_ISSUER_HASH;

    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(name.data, NGX_APIGW_ISSUER_ZONE_NAME,
                   sizeof(NGX_APIGW_ISSUER_ZONE_NAME) - 1);
    ngx_memcpy(p, zone->hash, NGX_APIGW_ISSUER_HASH);

    shm_zone = ngx_shared_memory_add(cf, &name, ngx_apigw_issuer_zone_size(),
                                     tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        return shm_zone->data;
    }

    zone->issuer = conf->issuer;

    if (conf->path.len
        && ngx_apigw_issuer_zone_file(cf, zone, &conf->path) != NGX_OK)
    {
        return NULL;
    }

    shm_zone->init = ngx_apigw_issuer_zone_init;
    shm_zone->data = zone;

    return zone;
}


/* of what the keys are, and of who vouches for them */

static ngx_int_t
ngx_apigw_issuer_zone_hash(ngx_conf_t *cf, ngx_apigw_issuer_conf_t *conf,
    u_char *hash)
{
    u_char               out[NGX_APIGW_DIGEST_LEN], *p;
    ngx_int_t            rc;
    ngx_str_t            text;
    ngx_apigw_digest_t  *digest;

    text.len = conf->issuer.len + 1 + conf->jwks.len + 1 + conf->trusted.len;

    text.data = ngx_pnalloc(cf->pool, text.len);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text.data, conf->issuer.data, conf->issuer.len);
    *p++ = '\0';
    p = ngx_cpymem(p, conf->jwks.data, conf->jwks.len);
    *p++ = '\0';
    ngx_memcpy(p, conf->trusted.data, conf->trusted.len);

    rc = NGX_ERROR;
    digest = ngx_apigw_digest_create(NULL);

    if (digest) {
        rc = ngx_apigw_digest(digest, &text, NULL, out);
        ngx_apigw_digest_free(digest);
    }

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "could not compute the digest of an issuer");
        return NGX_ERROR;
    }

    ngx_hex_dump(hash, out, NGX_APIGW_ISSUER_HASH / 2);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_issuer_zone_file(ngx_conf_t *cf, ngx_apigw_issuer_zone_t *zone,
    ngx_str_t *path)
{
    u_char     *p;
    ngx_str_t  *file;

    zone->ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                 ngx_core_module);

    file = &zone->file;
    file->len = path->len + 1 + NGX_APIGW_ISSUER_HASH + sizeof(".jwks") - 1;

    file->data = ngx_pnalloc(cf->pool, file->len + 1);
    if (file->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(file->data, path->data, path->len);
    *p++ = '/';
    p = ngx_cpymem(p, zone->hash, NGX_APIGW_ISSUER_HASH);
    ngx_memcpy(p, ".jwks", sizeof(".jwks"));

    return ngx_conf_full_name(cf->cycle, file, 0);
}


static size_t
ngx_apigw_issuer_zone_size(void)
{
    return ngx_align(ngx_apigw_slots_size(NGX_APIGW_ISSUER_MAX_BODY),
                     ngx_pagesize)
           + NGX_APIGW_ISSUER_ZONE_PAGES * ngx_pagesize;
}


/* what the zone has outlives a reload */

static ngx_int_t
ngx_apigw_issuer_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_apigw_issuer_zone_t  *old = data;

    ngx_slab_pool_t          *shpool;
    ngx_apigw_issuer_zone_t  *zone;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->slots = old->slots;

    } else if (shm_zone->shm.exists) {
        zone->slots = shpool->data;

    } else {
        return ngx_apigw_issuer_zone_make(zone, shm_zone);
    }

    if (ngx_apigw_slots_valid(zone->slots, NGX_APIGW_ISSUER_MAX_BODY)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "shared memory zone \"%V\" has another layout: "
                      "a restart is needed", &shm_zone->shm.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_issuer_zone_make(ngx_apigw_issuer_zone_t *zone,
    ngx_shm_zone_t *shm_zone)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    shpool->log_nomem = 0;

    zone->slots = ngx_slab_alloc(shpool,
                              ngx_apigw_slots_size(NGX_APIGW_ISSUER_MAX_BODY));

    if (zone->slots == NULL) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "could not allocate memory in shared memory zone \"%V\"",
                      &shm_zone->shm.name);
        return NGX_ERROR;
    }

    ngx_apigw_slots_init(zone->slots, NGX_APIGW_ISSUER_MAX_BODY);
    shpool->data = zone->slots;

    if (zone->file.len) {
        ngx_apigw_issuer_file_restore(zone, shm_zone->shm.log);
    }

    return NGX_OK;
}


ngx_atomic_uint_t
ngx_apigw_issuer_zone_claim(ngx_apigw_issuer_zone_t *zone, ngx_msec_t time)
{
    ngx_atomic_uint_t  claim;

    claim = ngx_apigw_slots_claim(zone->slots, ngx_pid, ngx_current_msec, time,
                                  ngx_apigw_issuer_zone_lost(zone));

    if (claim) {
        zone->claim = claim;
    }

    return claim;
}


/*
 * A claim that this process has not made is one of a former process of this
 * number, or of a configuration that is no longer used.
 */

static ngx_atomic_uint_t
ngx_apigw_issuer_zone_lost(ngx_apigw_issuer_zone_t *zone)
{
    ngx_pid_t          pid;
    ngx_atomic_uint_t  claim;

    claim = zone->slots->claim;

    if (claim == 0) {
        return 0;
    }

    pid = (ngx_pid_t) ngx_apigw_slots_pid(claim);

    if (pid == ngx_pid) {
        return (claim == zone->claim) ? 0 : claim;
    }

    return (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) ? claim : 0;
}


void
ngx_apigw_issuer_zone_release(ngx_apigw_issuer_zone_t *zone,
    ngx_atomic_uint_t claim)
{
    ngx_apigw_slots_release(zone->slots, claim);

    if (zone->claim == claim) {
        zone->claim = 0;
    }
}
