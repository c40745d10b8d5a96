
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_issuer_int.h"
#include "ngx_apigw_jwks_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_APIGW_ISSUER_FILE_MODE   0600
#define NGX_APIGW_ISSUER_FILE_CLAIM  1000    /* ms */


static void ngx_apigw_issuer_file_wrong(ngx_conf_t *cf, ngx_str_t *name,
    ngx_apigw_jwk_error_t *error);
static ngx_int_t ngx_apigw_issuer_file_read(ngx_conf_t *cf,
    ngx_core_conf_t *ccf, ngx_str_t *name, size_t max, ngx_str_t *text,
    ngx_log_t *log);
static ngx_int_t ngx_apigw_issuer_file_all(ngx_conf_t *cf,
    ngx_core_conf_t *ccf, ngx_fd_t fd, ngx_str_t *name, size_t max,
    ngx_str_t *text, ngx_log_t *log);
static ngx_uint_t ngx_apigw_issuer_file_ours(struct stat *st,
    ngx_core_conf_t *ccf);
static void ngx_apigw_issuer_file_failed(ngx_conf_t *cf, ngx_log_t *log,
    ngx_err_t err, const char *what, ngx_str_t *name);
static void ngx_apigw_issuer_file_take(ngx_apigw_issuer_zone_t *zone,
    ngx_str_t *file, ngx_log_t *log);
static ngx_int_t ngx_apigw_issuer_file_publish(ngx_apigw_issuer_zone_t *zone,
    ngx_str_t *text, time_t fetched);
static ngx_int_t ngx_apigw_issuer_file_write(ngx_str_t *name, ngx_str_t *head,
    ngx_str_t *text, ngx_log_t *log);


ngx_apigw_jwks_t *
ngx_apigw_issuer_file_keys(ngx_conf_t *cf, ngx_str_t *file)
{
    u_char                 *p;
    ngx_int_t               rc;
    ngx_str_t               name, text, all;
    ngx_apigw_jwks_t       *keys;
    ngx_apigw_jwk_error_t   error;

    name = *file;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK
        || ngx_apigw_issuer_file_read(cf, NULL, &name,
                                      NGX_APIGW_ISSUER_MAX_BODY, &all,
                                      cf->log)
           != NGX_OK)
    {
        return NULL;
    }

    p = all.data;

    while (p < all.data + all.len
           && (*p == ' ' || *p == '\t' || *p == CR || *p == LF))
    {
        p++;
    }

    text.data = p;
    text.len = all.data + all.len - p;

    ngx_memzero(&error, sizeof(ngx_apigw_jwk_error_t));

    if (text.len && *p == '{') {
        rc = ngx_apigw_jwks_parse(&keys, &text, 1, cf->pool, &error);

    } else {
        rc = ngx_apigw_jwks_pem(&keys, &text, cf->pool, &error);
    }

    ngx_explicit_memzero(all.data, all.len);
    ngx_free(all.data);

    if (rc == NGX_DECLINED) {
        ngx_apigw_issuer_file_wrong(cf, &name, &error);
    }

    return (rc == NGX_OK) ? keys : NULL;
}


static void
ngx_apigw_issuer_file_wrong(ngx_conf_t *cf, ngx_str_t *name,
    ngx_apigw_jwk_error_t *error)
{
    if (error->key < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the keys of the file \"%V\" are not to be used: "
                           "%s", name, error->reason);
        return;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "key %i of the file \"%V\" is not to be used: %s",
                       error->key + 1, name, error->reason);
}


/*
 * cf NULL: it is one that workers have written, in a directory that is theirs:
 * links in it lead nowhere, and ccf tells who they are.  NGX_DECLINED: there
 * is no such file.  The text is ngx_alloc()'ed.
 */

static ngx_int_t
ngx_apigw_issuer_file_read(ngx_conf_t *cf, ngx_core_conf_t *ccf,
    ngx_str_t *name, size_t max, ngx_str_t *text, ngx_log_t *log)
{
    int        flags;
    ngx_fd_t   fd;
    ngx_int_t  rc;

    flags = O_RDONLY|O_NONBLOCK|O_CLOEXEC|(cf ? 0 : O_NOFOLLOW);

    fd = open((const char *) name->data, flags);

    if (fd == NGX_INVALID_FILE) {

        if (cf == NULL && ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_apigw_issuer_file_failed(cf, log, ngx_errno, "could not open",
                                     name);
        return NGX_ERROR;
    }

    rc = ngx_apigw_issuer_file_all(cf, ccf, fd, name, max, text, log);

    (void) close(fd);

    return rc;
}


static ngx_int_t
ngx_apigw_issuer_file_all(ngx_conf_t *cf, ngx_core_conf_t *ccf, ngx_fd_t fd,
    ngx_str_t *name, size_t max, ngx_str_t *text, ngx_log_t *log)
{
    size_t       size;
    ssize_t      n;
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        ngx_apigw_issuer_file_failed(cf, log, ngx_errno, "could not look at",
                                     name);
        return NGX_ERROR;
    }

    if (!S_ISREG(st.st_mode)) {
        ngx_apigw_issuer_file_failed(cf, log, 0, "not a regular file:", name);
        return NGX_ERROR;
    }

    if (ccf && !ngx_apigw_issuer_file_ours(&st, ccf)) {
        ngx_apigw_issuer_file_failed(cf, log, 0, "others may have written",
                                     name);
        return NGX_ERROR;
    }

    if (st.st_size < 0 || (size_t) st.st_size > max) {
        ngx_apigw_issuer_file_failed(cf, log, 0, "too large:", name);
        return NGX_ERROR;
    }

    size = st.st_size;

    text->data = ngx_alloc(size + 1, log);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    for (text->len = 0; text->len < size; text->len += n) {
        n = read(fd, text->data + text->len, size - text->len);

        if (n == -1) {
            ngx_apigw_issuer_file_failed(cf, log, ngx_errno, "could not read",
                                         name);
            ngx_free(text->data);
            return NGX_ERROR;
        }

        if (n == 0) {
            break;
        }
    }

    return NGX_OK;
}


/* whoever writes it makes tokens, and a directory may be open to others */

static ngx_uint_t
ngx_apigw_issuer_file_ours(struct stat *st, ngx_core_conf_t *ccf)
{
    return (st->st_mode & (S_IWGRP|S_IWOTH)) == 0
           && (st->st_uid == 0
               || st->st_uid == geteuid()
               || st->st_uid == ccf->user);
}


static void
ngx_apigw_issuer_file_failed(ngx_conf_t *cf, ngx_log_t *log, ngx_err_t err,
    const char *what, ngx_str_t *name)
{
    if (cf) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "%s the file of keys \"%V\"", what, name);

    } else {
        ngx_log_error(NGX_LOG_WARN, log, err, "%s the file of keys \"%V\"",
                      what, name);
    }
}


void
ngx_apigw_issuer_file_restore(ngx_apigw_issuer_zone_t *zone, ngx_log_t *log)
{
    ngx_str_t  file;

    if (ngx_apigw_issuer_file_read(NULL, zone->ccf, &zone->file,
                                   NGX_APIGW_JWKS_FILE_HEAD + zone->issuer.len
                                   + NGX_APIGW_ISSUER_MAX_BODY,
                                   &file, log)
        != NGX_OK)
    {
        return;
    }

    ngx_apigw_issuer_file_take(zone, &file, log);

    ngx_free(file.data);
}


static void
ngx_apigw_issuer_file_take(ngx_apigw_issuer_zone_t *zone, ngx_str_t *file,
    ngx_log_t *log)
{
    time_t                   fetched;
    ngx_int_t                rc;
    ngx_str_t                text;
    const char              *reason;
    ngx_apigw_jwk_error_t    error;
    ngx_apigw_issuer_set_t  *set;

    rc = ngx_apigw_jwks_file_parse(file, &zone->issuer, &fetched, &text,
                                   &reason);

    if (rc == NGX_OK) {
        rc = ngx_apigw_issuer_set_parse(&set, &text, log, &error);
        reason = error.reason;

        if (rc == NGX_OK) {
            ngx_destroy_pool(set->pool);

            rc = ngx_apigw_issuer_file_publish(zone, &text, fetched);
            reason = "it does not fit";
        }
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "the saved keys \"%V\" of issuer \"%V\" are ignored: %s",
                      &zone->file, &zone->issuer, reason);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, log, 0,
                  "the keys of issuer \"%V\" are those saved in \"%V\"",
                  &zone->issuer, &zone->file);
}


/* The zone is new: nobody else knows it yet. */

static ngx_int_t
ngx_apigw_issuer_file_publish(ngx_apigw_issuer_zone_t *zone, ngx_str_t *text,
    time_t fetched)
{
    ngx_int_t           rc;
    ngx_uint_t          version;
    ngx_atomic_uint_t   claim;
    ngx_apigw_slots_t  *slots;

    slots = zone->slots;

    claim = ngx_apigw_slots_claim(slots, ngx_pid, ngx_current_msec,
                                  NGX_APIGW_ISSUER_FILE_CLAIM, 0);

    rc = ngx_apigw_slots_publish(slots, claim, text->data, text->len,
                                 &version);

    if (rc == NGX_OK) {
        slots->fetched = (ngx_atomic_uint_t) fetched;
        slots->restored = 1;
    }

    ngx_apigw_slots_release(slots, claim);

    return rc;
}


/* One process has the claim; whoever lost it does no harm. */

void
ngx_apigw_issuer_file_save(ngx_apigw_issuer_zone_t *zone, ngx_str_t *text,
    ngx_pool_t *pool, ngx_log_t *log)
{
    ngx_str_t  name, head;

    if (zone->file.len == 0) {
        return;
    }

    name.len = zone->file.len + sizeof(".tmp") - 1;

    name.data = ngx_pnalloc(pool, name.len + 1);
    if (name.data == NULL) {
        return;
    }

    (void) ngx_sprintf(name.data, "%V.tmp%Z", &zone->file);

    head.data = ngx_pnalloc(pool,
                            NGX_APIGW_JWKS_FILE_HEAD + zone->issuer.len);
    if (head.data == NULL) {
        return;
    }

    head.len = ngx_apigw_jwks_file_head(head.data, &zone->issuer, ngx_time(),
                                        text);

    if (ngx_apigw_issuer_file_write(&name, &head, text, log) != NGX_OK) {
        return;
    }

    if (ngx_rename_file(name.data, zone->file.data) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      ngx_rename_file_n " \"%V\" to \"%V\" failed", &name,
                      &zone->file);

        (void) ngx_delete_file(name.data);
    }
}


static ngx_int_t
ngx_apigw_issuer_file_write(ngx_str_t *name, ngx_str_t *head, ngx_str_t *text,
    ngx_log_t *log)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    (void) ngx_delete_file(name->data);

    fd = open((const char *) name->data,
              O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
              NGX_APIGW_ISSUER_FILE_MODE);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "could not create the file of keys \"%V\"", name);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    /* where there is room for a part, that is no error of write() */

    ngx_set_errno(NGX_ENOSPC);

    if (write(fd, head->data, head->len) != (ssize_t) head->len
        || write(fd, text->data, text->len) != (ssize_t) text->len)
    {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "could not write the file of keys \"%V\"", name);
        rc = NGX_ERROR;
    }

    if (close(fd) == -1 && rc == NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "could not close the file of keys \"%V\"", name);
        rc = NGX_ERROR;
    }

    if (rc != NGX_OK) {
        (void) ngx_delete_file(name->data);
    }

    return rc;
}
