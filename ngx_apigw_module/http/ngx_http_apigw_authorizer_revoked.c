
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_authorizer.h"
#include "ngx_apigw_digest.h"
#include "ngx_apigw_revoked.h"


/*
 * The revoked list of an authorizer.  Each worker looks at the file itself;
 * one that has changed is read when it has been the same for a moment, since
 * a list that is just being written may be good, but not whole.
 */

#define NGX_HTTP_APIGW_REVOKED_LOOK    500      /* ms */
#define NGX_HTTP_APIGW_REVOKED_SETTLE  100      /* ms between two looks, */
#define NGX_HTTP_APIGW_REVOKED_LOOKS   3        /* at most so many */
#define NGX_HTTP_APIGW_REVOKED_TORN    3        /* readings in vain */
#define NGX_HTTP_APIGW_REVOKED_PIECE   65536    /* bytes in a turn */


struct ngx_http_apigw_revoked_s {
    ngx_str_t                  name;      /* with a zero byte behind */
    ngx_apigw_revoked_t       *list;
    ngx_uint_t                 generation;   /* of the list, from 1 on */
    u_char                     seed[NGX_APIGW_SIPHASH_KEY_LEN];

    ngx_file_info_t            seen;      /* the file when it was read */
    ngx_file_info_t            last;      /* at the last look */
    ngx_uint_t                 looks;     /* since it has changed */
    ngx_uint_t                 torn;      /* it changed while it was read */
    ngx_err_t                  err;       /* that was logged */

    ngx_event_t                timer;
    ngx_event_t                read;      /* the next piece */
    ngx_log_t                 *log;

    /* while it is read */

    ngx_fd_t                   fd;
    off_t                      offset;
    ngx_file_info_t            info;      /* when it was opened */
    ngx_apigw_revoked_t       *next;
    u_char                    *buf;
};


static ngx_int_t ngx_http_apigw_revoked_load(ngx_conf_t *cf,
    ngx_http_apigw_revoked_t *revoked);
static void ngx_http_apigw_revoked_cleanup(void *data);
static void ngx_http_apigw_revoked_look(ngx_event_t *ev);
static ngx_int_t ngx_http_apigw_revoked_settled(
    ngx_http_apigw_revoked_t *revoked);
static ngx_int_t ngx_http_apigw_revoked_open(
    ngx_http_apigw_revoked_t *revoked);
static void ngx_http_apigw_revoked_read(ngx_event_t *ev);
static ngx_int_t ngx_http_apigw_revoked_piece(
    ngx_http_apigw_revoked_t *revoked, ngx_uint_t *line, const char **reason);
static ngx_uint_t ngx_http_apigw_revoked_torn(
    ngx_http_apigw_revoked_t *revoked, ngx_int_t rc);
static void ngx_http_apigw_revoked_replace(ngx_http_apigw_revoked_t *revoked);
static void ngx_http_apigw_revoked_trouble(ngx_http_apigw_revoked_t *revoked,
    ngx_err_t err, const char *what);
static void ngx_http_apigw_revoked_close(ngx_http_apigw_revoked_t *revoked);
static ngx_uint_t ngx_http_apigw_revoked_same(ngx_file_info_t *a,
    ngx_file_info_t *b);
static ngx_uint_t ngx_http_apigw_revoked_has(ngx_apigw_revoked_t *list,
    ngx_uint_t what, ngx_str_t *value);


ngx_http_apigw_revoked_t *
ngx_http_apigw_revoked_create(ngx_conf_t *cf, ngx_str_t *file)
{
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_apigw_revoked_t  *revoked;

    revoked = ngx_pcalloc(cf->pool, sizeof(ngx_http_apigw_revoked_t));
    if (revoked == NULL) {
        return NULL;
    }

    revoked->name = *file;
    revoked->generation = 1;
    revoked->log = cf->log;
    revoked->fd = NGX_INVALID_FILE;

    if (ngx_conf_full_name(cf->cycle, &revoked->name, 1) != NGX_OK) {
        return NULL;
    }

    if (ngx_apigw_random(revoked->seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there are no random numbers");
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_apigw_revoked_cleanup;
    cln->data = revoked;

    rc = ngx_http_apigw_revoked_load(cf, revoked);

    if (rc == NGX_OK) {
        revoked->list = revoked->next;
        revoked->seen = revoked->info;
        revoked->next = NULL;
    }

    ngx_http_apigw_revoked_close(revoked);

    return rc == NGX_OK ? revoked : NULL;
}


static ngx_int_t
ngx_http_apigw_revoked_load(ngx_conf_t *cf, ngx_http_apigw_revoked_t *revoked)
{
    ngx_int_t    rc;
    ngx_err_t    err;
    ngx_uint_t   line;
    const char  *reason;

    rc = ngx_http_apigw_revoked_open(revoked);
    err = ngx_errno;

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the revoked list \"%V\" is not a file",
                           &revoked->name);
        return NGX_ERROR;
    }

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "could not open the revoked list \"%V\"",
                           &revoked->name);
        return NGX_ERROR;
    }

    do {
        rc = ngx_http_apigw_revoked_piece(revoked, &line, &reason);
    } while (rc == NGX_AGAIN);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in %V:%ui", reason,
                           &revoked->name, line);

    } else if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not read the revoked list \"%V\"",
                           &revoked->name);
    }

    return rc;
}


static void
ngx_http_apigw_revoked_cleanup(void *data)
{
    ngx_http_apigw_revoked_t  *revoked = data;

    ngx_http_apigw_revoked_close(revoked);

    if (revoked->list) {
        ngx_apigw_revoked_free(revoked->list);
        revoked->list = NULL;
    }
}


/* that the worker may not read what the master could is better told now */

ngx_int_t
ngx_http_apigw_revoked_init_worker(ngx_cycle_t *cycle,
    ngx_http_apigw_revoked_t *revoked)
{
    ngx_fd_t  fd;

    revoked->log = cycle->log;

    revoked->timer.handler = ngx_http_apigw_revoked_look;
    revoked->timer.data = revoked;
    revoked->timer.log = cycle->log;
    revoked->timer.cancelable = 1;

    revoked->read.handler = ngx_http_apigw_revoked_read;
    revoked->read.data = revoked;
    revoked->read.log = cycle->log;

    fd = ngx_open_file(revoked->name.data,
                       NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_http_apigw_revoked_trouble(revoked, ngx_errno, "open");

    } else {
        (void) ngx_close_file(fd);
    }

    ngx_add_timer(&revoked->timer, NGX_HTTP_APIGW_REVOKED_LOOK);

    return NGX_OK;
}


void
ngx_http_apigw_revoked_exit_worker(ngx_http_apigw_revoked_t *revoked)
{
    if (revoked->timer.timer_set) {
        ngx_del_timer(&revoked->timer);
    }

    if (revoked->read.posted) {
        ngx_delete_posted_event(&revoked->read);
    }

    ngx_http_apigw_revoked_close(revoked);
}


ngx_uint_t
ngx_http_apigw_revoked(ngx_http_apigw_revoked_t *revoked,
    ngx_apigw_token_t *token)
{
    ngx_apigw_revoked_t  *list;

    if (token->revoked == revoked->generation) {
        return 0;
    }

    list = revoked->list;

    if (ngx_http_apigw_revoked_has(list, NGX_APIGW_REVOKED_JTI,
                                   &token->claims.jti)
        || ngx_http_apigw_revoked_has(list, NGX_APIGW_REVOKED_SUB,
                                      &token->claims.sub)
        || ngx_http_apigw_revoked_has(list, NGX_APIGW_REVOKED_KID,
                                      &token->kid))
    {
        return 1;
    }

    token->revoked = revoked->generation;

    return 0;
}


static void
ngx_http_apigw_revoked_look(ngx_event_t *ev)
{
    ngx_err_t                  err;
    ngx_http_apigw_revoked_t  *revoked;

    revoked = ev->data;

    switch (ngx_http_apigw_revoked_settled(revoked)) {

    case NGX_OK:
        break;

    case NGX_AGAIN:
        ngx_add_timer(ev, NGX_HTTP_APIGW_REVOKED_SETTLE);
        return;

    default: /* NGX_DECLINED */
        ngx_add_timer(ev, NGX_HTTP_APIGW_REVOKED_LOOK);
        return;
    }

    switch (ngx_http_apigw_revoked_open(revoked)) {

    case NGX_OK:
        ngx_post_event(&revoked->read, &ngx_posted_next_events);
        return;

    case NGX_DECLINED:
        revoked->seen = revoked->last;
        ngx_log_error(NGX_LOG_ERR, revoked->log, 0,
                      "the revoked list \"%V\" is not a file, the old list "
                      "stays", &revoked->name);
        break;

    default: /* NGX_ERROR */
        err = ngx_errno;
        ngx_http_apigw_revoked_trouble(revoked, err, "open");
    }

    ngx_http_apigw_revoked_close(revoked);

    ngx_add_timer(ev, NGX_HTTP_APIGW_REVOKED_LOOK);
}


/*
 *     NGX_OK        it has changed, and may be read now
 *     NGX_AGAIN     it has changed, and may be changing still
 *     NGX_DECLINED  it is as it was, or not there
 */

static ngx_int_t
ngx_http_apigw_revoked_settled(ngx_http_apigw_revoked_t *revoked)
{
    ngx_uint_t       still;
    ngx_file_info_t  info;

    if (ngx_file_info(revoked->name.data, &info) == NGX_FILE_ERROR) {
        ngx_http_apigw_revoked_trouble(revoked, ngx_errno, "find");
        revoked->looks = 0;

        return NGX_DECLINED;
    }

    if (ngx_http_apigw_revoked_same(&info, &revoked->seen)) {
        revoked->err = 0;
        revoked->looks = 0;

        return NGX_DECLINED;
    }

    still = revoked->looks
            && ngx_http_apigw_revoked_same(&info, &revoked->last);

    revoked->last = info;

    if (still || revoked->looks == NGX_HTTP_APIGW_REVOKED_LOOKS) {
        revoked->looks = 0;
        return NGX_OK;
    }

    revoked->looks++;

    return NGX_AGAIN;
}


/* NGX_OK; NGX_DECLINED: it is not a file; NGX_ERROR, and an errno */

static ngx_int_t
ngx_http_apigw_revoked_open(ngx_http_apigw_revoked_t *revoked)
{
    revoked->offset = 0;

    revoked->fd = ngx_open_file(revoked->name.data,
                                NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                                NGX_FILE_OPEN, 0);

    if (revoked->fd == NGX_INVALID_FILE
        || ngx_fd_info(revoked->fd, &revoked->info) == NGX_FILE_ERROR)
    {
        return NGX_ERROR;
    }

    if (!ngx_is_file(&revoked->info)) {
        return NGX_DECLINED;
    }

    revoked->next = ngx_apigw_revoked_create(revoked->seed);
    revoked->buf = ngx_alloc(NGX_HTTP_APIGW_REVOKED_PIECE, revoked->log);

    if (revoked->next == NULL || revoked->buf == NULL) {
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_apigw_revoked_read(ngx_event_t *ev)
{
    ngx_int_t                  rc;
    ngx_uint_t                 line, torn;
    const char                *reason;
    ngx_http_apigw_revoked_t  *revoked;

    revoked = ev->data;

    rc = ngx_http_apigw_revoked_piece(revoked, &line, &reason);

    if (rc == NGX_AGAIN) {
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    torn = 0;

    if (rc == NGX_ERROR) {
        ngx_http_apigw_revoked_trouble(revoked, ngx_errno, "read");

    } else if (ngx_http_apigw_revoked_torn(revoked, rc)) {
        torn = 1;

    } else {
        revoked->seen = revoked->info;
        revoked->err = 0;

        if (rc == NGX_OK) {
            ngx_http_apigw_revoked_replace(revoked);

        } else {
            ngx_log_error(NGX_LOG_ERR, revoked->log, 0,
                          "%s in %V:%ui, the old list stays", reason,
                          &revoked->name, line);
        }
    }

    ngx_http_apigw_revoked_close(revoked);

    ngx_add_timer(&revoked->timer, torn ? NGX_HTTP_APIGW_REVOKED_SETTLE
                                        : NGX_HTTP_APIGW_REVOKED_LOOK);
}


/*
 *     NGX_OK        all of it has been read, and is good
 *     NGX_AGAIN     there is more
 *     NGX_DECLINED  the line is bad
 *     NGX_ERROR     and an errno
 */

static ngx_int_t
ngx_http_apigw_revoked_piece(ngx_http_apigw_revoked_t *revoked,
    ngx_uint_t *line, const char **reason)
{
    ssize_t    n;
    ngx_int_t  rc;
    ngx_str_t  piece;

    n = ngx_read_fd(revoked->fd, revoked->buf, NGX_HTTP_APIGW_REVOKED_PIECE);

    if (n == -1) {
        return NGX_ERROR;
    }

    revoked->offset += n;

    piece.len = n;
    piece.data = revoked->buf;

    rc = ngx_apigw_revoked_feed(revoked->next, &piece, n == 0, line, reason);

    if (rc == NGX_ERROR) {
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    return (rc == NGX_OK && n) ? NGX_AGAIN : rc;
}


/*
 * A file that has been appended to is good as far as it was read; one that was
 * cut is not, and half a line may be bad.  Both are read again, but not for
 * ever.
 */

static ngx_uint_t
ngx_http_apigw_revoked_torn(ngx_http_apigw_revoked_t *revoked, ngx_int_t rc)
{
    ngx_file_info_t  info;

    if (ngx_fd_info(revoked->fd, &info) == NGX_FILE_ERROR) {
        return 1;
    }

    if (rc == NGX_OK) {

        if (ngx_file_size(&info) >= revoked->offset
            && revoked->offset >= ngx_file_size(&revoked->info))
        {
            return 0;
        }

        if (revoked->torn++ == NGX_HTTP_APIGW_REVOKED_TORN) {
            ngx_log_error(NGX_LOG_ERR, revoked->log, 0,
                          "the revoked list \"%V\" is cut again and again "
                          "while it is read, the old list stays",
                          &revoked->name);
        }

        return 1;
    }

    if (ngx_http_apigw_revoked_same(&info, &revoked->info)) {
        return 0;
    }

    return revoked->torn++ < NGX_HTTP_APIGW_REVOKED_TORN;
}


static void
ngx_http_apigw_revoked_replace(ngx_http_apigw_revoked_t *revoked)
{
    ngx_apigw_revoked_free(revoked->list);

    revoked->list = revoked->next;
    revoked->next = NULL;
    revoked->generation++;
    revoked->torn = 0;

    ngx_log_error(NGX_LOG_NOTICE, revoked->log, 0,
                  "the revoked list \"%V\" has been read: %ui values",
                  &revoked->name, ngx_apigw_revoked_count(revoked->list));
}


/* what may pass by itself is tried at each look, and logged once */

static void
ngx_http_apigw_revoked_trouble(ngx_http_apigw_revoked_t *revoked,
    ngx_err_t err, const char *what)
{
    if (revoked->err == err) {
        return;
    }

    revoked->err = err;

    ngx_log_error(NGX_LOG_ERR, revoked->log, err,
                  "could not %s the revoked list \"%V\", the old list stays",
                  what, &revoked->name);
}


static void
ngx_http_apigw_revoked_close(ngx_http_apigw_revoked_t *revoked)
{
    if (revoked->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(revoked->fd);
        revoked->fd = NGX_INVALID_FILE;
    }

    if (revoked->next) {
        ngx_apigw_revoked_free(revoked->next);
        revoked->next = NULL;
    }

    if (revoked->buf) {
        ngx_free(revoked->buf);
        revoked->buf = NULL;
    }
}


/* the change time tells of a file with an old date, too */

static ngx_uint_t
ngx_http_apigw_revoked_same(ngx_file_info_t *a, ngx_file_info_t *b)
{
    return a->st_ino == b->st_ino
           && a->st_dev == b->st_dev
           && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec
           && a->st_ctim.tv_sec == b->st_ctim.tv_sec
           && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}


static ngx_uint_t
ngx_http_apigw_revoked_has(ngx_apigw_revoked_t *list, ngx_uint_t what,
    ngx_str_t *value)
{
    return value->len && ngx_apigw_revoked_find(list, what, value);
}
