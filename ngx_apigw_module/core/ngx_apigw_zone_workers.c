
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone.h"


static ngx_uint_t ngx_apigw_zone_alive(ngx_apigw_zone_t *zone, ngx_uint_t i,
    ngx_atomic_uint_t entry);


void
ngx_apigw_zone_enter(ngx_apigw_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    if (zone->file) {
        ngx_apigw_zone_file_enter(zone->file, log);
    }

    entry = (ngx_atomic_uint_t) ngx_pid << 32 | zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {

        if (zone->reg->workers[i] == 0
            && ngx_atomic_cmp_set(&zone->reg->workers[i], 0, entry))
        {
            return;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, log, 0,
                  "more than %d worker processes in \"apigw_zone\"",
                  NGX_APIGW_ZONE_WORKERS);
}


void
ngx_apigw_zone_leave(ngx_apigw_zone_t *zone)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    entry = (ngx_atomic_uint_t) ngx_pid << 32 | zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        (void) ngx_atomic_cmp_set(&zone->reg->workers[i], entry, 0);
    }
}


void
ngx_apigw_zone_close(ngx_apigw_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t  i, alone;

    if (zone->file == NULL) {
        return;
    }

    alone = 1;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        if (ngx_apigw_zone_alive(zone, i, zone->reg->workers[i])) {
            alone = 0;
        }
    }

    ngx_apigw_zone_file_leave(zone->file, alone, log);
}


ngx_atomic_uint_t
ngx_apigw_zone_oldest(ngx_apigw_zone_t *zone, ngx_apigw_zone_t *old)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry, oldest;

    oldest = old ? old->generation : zone->generation;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        entry = zone->reg->workers[i];

        if (ngx_apigw_zone_alive(zone, i, entry)) {
            oldest = ngx_min(oldest, (entry & 0xffffffff));
        }
    }

    return oldest;
}


ngx_uint_t
ngx_apigw_zone_newer(ngx_apigw_zone_t *zone)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  entry;

    for (i = 0; i < NGX_APIGW_ZONE_WORKERS; i++) {
        entry = zone->reg->workers[i];

        if ((entry & 0xffffffff) > zone->generation
            && ngx_apigw_zone_alive(zone, i, entry))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_apigw_zone_alive(ngx_apigw_zone_t *zone, ngx_uint_t i,
    ngx_atomic_uint_t entry)
{
    ngx_pid_t  pid;

    if (entry == 0) {
        return 0;
    }

    pid = (ngx_pid_t) (entry >> 32);

    if (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
        (void) ngx_atomic_cmp_set(&zone->reg->workers[i], entry, 0);
        return 0;
    }

    return 1;
}
