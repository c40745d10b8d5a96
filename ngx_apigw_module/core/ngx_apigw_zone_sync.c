
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif

#include "ngx_apigw_zone.h"


#if (NGX_THREADS)

/*
 * Records are written in groups: one task at a time is in a thread, and what
 * is asked for meanwhile is the next one's.  A worker that exits waits for its
 * threads, and its memory goes after them; nobody is called then.
 */

typedef struct {
    size_t                     offset;      /* of the record's page */
    ngx_apigw_zone_sync_pt     handler;
    void                      *data;
} ngx_apigw_zone_wait_t;


typedef struct {
    ngx_apigw_zone_wait_t     *elts;
    ngx_uint_t                 n;
    ngx_uint_t                 room;
} ngx_apigw_zone_waits_t;


struct ngx_apigw_zone_sync_s {
    ngx_thread_pool_t         *pool;
    ngx_thread_task_t          task;
    ngx_apigw_zone_file_t     *file;

    ngx_apigw_zone_waits_t     next;
    ngx_apigw_zone_waits_t     flying;      /* the thread's, while posted */
    ngx_uint_t                 posted;      /* unsigned  posted:1; */

    ngx_int_t                  rc;
    ngx_err_t                  err;
};


static void ngx_apigw_zone_sync_cleanup(void *data);
static ngx_int_t ngx_apigw_zone_sync_post(ngx_apigw_zone_sync_t *sync);
static void ngx_apigw_zone_sync_thread(void *data, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_sync_write(ngx_apigw_zone_sync_t *sync);
static void ngx_apigw_zone_sync_dirty(ngx_apigw_zone_file_t *file);
static int ngx_libc_cdecl ngx_apigw_zone_sync_cmp(const void *one,
    const void *two);
static void ngx_apigw_zone_sync_done(ngx_event_t *ev);


ngx_apigw_zone_sync_t *
ngx_apigw_zone_sync_create(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t     *cln;
    ngx_apigw_zone_sync_t  *sync;

    sync = ngx_pcalloc(cf->pool, sizeof(ngx_apigw_zone_sync_t));
    if (sync == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_apigw_zone_sync_cleanup;
    cln->data = sync;

    sync->pool = ngx_thread_pool_add(cf, NULL);
    if (sync->pool == NULL) {
        return NULL;
    }

    sync->task.ctx = sync;
    sync->task.handler = ngx_apigw_zone_sync_thread;
    sync->task.event.handler = ngx_apigw_zone_sync_done;
    sync->task.event.data = sync;

    return sync;
}


/* threads have ended by then */

static void
ngx_apigw_zone_sync_cleanup(void *data)
{
    ngx_apigw_zone_sync_t  *sync = data;

    ngx_free(sync->next.elts);
    ngx_free(sync->flying.elts);
}


ngx_int_t
ngx_apigw_zone_sync(ngx_apigw_zone_t *zone, uint32_t n,
    ngx_apigw_zone_sync_pt handler, void *data)
{
    ngx_uint_t               room;
    ngx_apigw_zone_wait_t   *wait;
    ngx_apigw_zone_sync_t   *sync;
    ngx_apigw_zone_waits_t  *next;

    sync = zone->sync;

    if (sync == NULL) {
        return NGX_DECLINED;
    }

    sync->file = zone->file;
    next = &sync->next;

    if (next->n == next->room) {
        room = next->room ? 2 * next->room : 64;

        wait = ngx_alloc(room * sizeof(ngx_apigw_zone_wait_t), ngx_cycle->log);
        if (wait == NULL) {
            return NGX_ERROR;
        }

        if (next->elts) {
            ngx_memcpy(wait, next->elts,
                       next->n * sizeof(ngx_apigw_zone_wait_t));
            ngx_free(next->elts);
        }

        next->elts = wait;
        next->room = room;
    }

    wait = &next->elts[next->n++];

    wait->offset = (NGX_APIGW_ZONE_HEAD + (size_t) n * NGX_APIGW_QUOTA_SIZE)
                   & ~(ngx_pagesize - 1);
    wait->handler = handler;
    wait->data = data;

    if (!sync->posted && ngx_apigw_zone_sync_post(sync) != NGX_OK) {
        next->n--;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_zone_sync_post(ngx_apigw_zone_sync_t *sync)
{
    ngx_apigw_zone_waits_t  waits;

    waits = sync->flying;
    sync->flying = sync->next;
    sync->next = waits;

    sync->task.event.log = ngx_cycle->log;

    if (ngx_thread_task_post(sync->pool, &sync->task) == NGX_OK) {
        sync->posted = 1;
        return NGX_OK;
    }

    sync->next = sync->flying;
    sync->flying = waits;

    return NGX_ERROR;
}


static void
ngx_apigw_zone_sync_thread(void *data, ngx_log_t *log)
{
    ngx_apigw_zone_sync_t *sync = data;

    ngx_atomic_t       *errors;
    ngx_atomic_uint_t   before;

    errors = &sync->file->head->errors;
    before = *errors;

    ngx_qsort(sync->flying.elts, sync->flying.n,
              sizeof(ngx_apigw_zone_wait_t), ngx_apigw_zone_sync_cmp);

    sync->rc = ngx_apigw_zone_sync_write(sync);
    sync->err = (sync->rc == NGX_OK) ? 0 : ngx_errno;

    if (sync->rc != NGX_OK) {
        (void) ngx_atomic_fetch_add(errors, 1);
        ngx_apigw_zone_sync_dirty(sync->file);

    } else if (*errors != before) {

        /* the kernel tells an error once, and has told it somebody else */

        sync->rc = NGX_ERROR;
        sync->err = EIO;
    }
}


/* each page once, those side by side together */

static ngx_int_t
ngx_apigw_zone_sync_write(ngx_apigw_zone_sync_t *sync)
{
    size_t                  start, end;
    ngx_uint_t              i;
    ngx_apigw_zone_wait_t  *waits;

    waits = sync->flying.elts;

    for (i = 0; i < sync->flying.n; /* void */) {
        start = waits[i].offset;
        end = start + ngx_pagesize;

        while (++i < sync->flying.n && waits[i].offset <= end) {
            end = waits[i].offset + ngx_pagesize;
        }

        end = ngx_min(end, sync->file->size);

        if (ngx_apigw_zone_file_sync(sync->file, start, end - start)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* After an error pages count as written that are not: change them all. */

static void
ngx_apigw_zone_sync_dirty(ngx_apigw_zone_file_t *file)
{
    u_char  *p, *last;

    p = (u_char *) file->head;
    last = p + file->size;

    for ( /* void */ ; p < last; p += ngx_pagesize) {
        (void) ngx_atomic_fetch_add((ngx_atomic_t *) p, 0);
    }
}


static int ngx_libc_cdecl
ngx_apigw_zone_sync_cmp(const void *one, const void *two)
{
    size_t  a, b;

    a = ((const ngx_apigw_zone_wait_t *) one)->offset;
    b = ((const ngx_apigw_zone_wait_t *) two)->offset;

    return (a > b) - (a < b);
}


static void
ngx_apigw_zone_sync_done(ngx_event_t *ev)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_apigw_zone_sync_t   *sync;
    ngx_apigw_zone_waits_t   done;

    sync = ev->data;
    rc = sync->rc;

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, ev->log, sync->err,
                      "msync() \"%V\" of \"apigw_zone\" failed",
                      &sync->file->name);
    }

    /* handlers may ask for more */

    done = sync->flying;
    ngx_memzero(&sync->flying, sizeof(ngx_apigw_zone_waits_t));

    for (i = 0; i < done.n; i++) {
        done.elts[i].handler(done.elts[i].data, rc);
    }

    done.n = 0;
    sync->flying = done;
    sync->posted = 0;

    if (sync->next.n == 0 || ngx_apigw_zone_sync_post(sync) == NGX_OK) {
        return;
    }

    done = sync->next;
    ngx_memzero(&sync->next, sizeof(ngx_apigw_zone_waits_t));

    for (i = 0; i < done.n; i++) {
        done.elts[i].handler(done.elts[i].data, NGX_ERROR);
    }

    ngx_free(done.elts);
}


#else

ngx_apigw_zone_sync_t *
ngx_apigw_zone_sync_create(ngx_conf_t *cf)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"file\" of \"apigw_zone\" needs an nginx that is "
                       "built with threads (--with-threads)");
    return NULL;
}


ngx_int_t
ngx_apigw_zone_sync(ngx_apigw_zone_t *zone, uint32_t n,
    ngx_apigw_zone_sync_pt handler, void *data)
{
    return NGX_DECLINED;
}

#endif
