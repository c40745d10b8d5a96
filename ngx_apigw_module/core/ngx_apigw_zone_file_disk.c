
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone_file_int.h"
#include "ngx_apigw_digest.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_APIGW_ZONE_FILE_MODE   0600
#define NGX_APIGW_ZONE_FILE_FDS    65536


static ngx_int_t ngx_apigw_zone_file_inherited(ngx_apigw_zone_file_t *file);
static ngx_int_t ngx_apigw_zone_file_directory(ngx_apigw_zone_file_t *file,
    ngx_uint_t sync);


ngx_int_t
ngx_apigw_zone_file_fd(ngx_apigw_zone_file_t *file, ngx_uint_t create,
    ngx_log_t *log)
{
    int  flags;

    flags = create ? O_RDWR|O_CREAT : O_RDONLY;

    file->fd = open((const char *) file->name.data, flags|O_NONBLOCK,
                    NGX_APIGW_ZONE_FILE_MODE);

    if (file->fd != -1) {
        return NGX_OK;
    }

    if (ngx_errno != NGX_ENOENT) {
        ngx_apigw_zone_file_failed(file, "open()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (!create && ngx_apigw_zone_file_directory(file, 0) == NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "the directory of the file \"%V\" of \"apigw_zone\" does "
                  "not exist: make it", &file->name);
    return NGX_ERROR;
}


ngx_int_t
ngx_apigw_zone_file_lock(ngx_apigw_zone_file_t *file, ngx_log_t *log)
{
    if (flock(file->fd, LOCK_EX|LOCK_NB) == 0) {
        return NGX_OK;
    }

    if (ngx_errno != EWOULDBLOCK) {
        ngx_apigw_zone_file_failed(file, "flock()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (ngx_apigw_zone_file_inherited(file) == NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "the file \"%V\" of \"apigw_zone\" is in use by another "
                  "gateway, or by workers of one that was killed: each "
                  "gateway needs a file of its own", &file->name);
    return NGX_ERROR;
}


/*
 * The new binary of an upgrade has inherited what the old master has opened,
 * and with it the lock, as this call can tell; so nothing is to be taken over
 * when the old one goes.
 */

static ngx_int_t
ngx_apigw_zone_file_inherited(ngx_apigw_zone_file_t *file)
{
    int          fd, n, copy;
    struct stat  own, st;

    if (fstat(file->fd, &own) == -1) {
        return NGX_ERROR;
    }

    n = ngx_min(getdtablesize(), NGX_APIGW_ZONE_FILE_FDS);

    for (fd = 0; fd < n; fd++) {

        if (fd == file->fd
            || fstat(fd, &st) == -1
            || st.st_dev != own.st_dev
            || st.st_ino != own.st_ino
            || flock(fd, LOCK_EX|LOCK_NB) == -1)
        {
            continue;
        }

        copy = dup(fd);
        if (copy == -1) {
            return NGX_ERROR;
        }

        (void) close(file->fd);
        file->fd = copy;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_apigw_zone_file_mutex(ngx_apigw_zone_file_t *file, ngx_uint_t lock,
    ngx_log_t *log)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = lock ? F_WRLCK : F_UNLCK;
    fl.l_whence = SEEK_SET;
    fl.l_len = 1;

    while (fcntl(file->fd, F_SETLKW, &fl) == -1) {

        if (ngx_errno != NGX_EINTR) {
            ngx_apigw_zone_file_failed(file, "fcntl(F_SETLKW)", ngx_errno,
                                       log);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_zone_file_peek(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_uint_t *fault, ngx_log_t *log)
{
    off_t        offset;
    u_char       buf[NGX_APIGW_ZONE_HEAD];
    ssize_t      n;
    struct stat  st;

    if (fstat(file->fd, &st) == -1) {
        ngx_apigw_zone_file_failed(file, "fstat()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (!S_ISREG(st.st_mode)) {
        *fault = NGX_APIGW_ZONE_FILE_FOREIGN;
        return NGX_OK;
    }

    for (offset = 0; /* void */ ; offset += n) {
        n = pread(file->fd, buf, NGX_APIGW_ZONE_HEAD, offset);

        if (n == -1) {
            ngx_apigw_zone_file_failed(file, "pread()", ngx_errno, log);
            return NGX_ERROR;
        }

        if (offset == 0) {
            *fault = ngx_apigw_zone_format_check_head(buf, n, st.st_size,
                                                      capacity);
        }

        if (n == 0 || *fault != NGX_APIGW_ZONE_FILE_NEW) {
            return NGX_OK;
        }

        if (!ngx_apigw_zone_format_zero(buf, n)) {
            *fault = NGX_APIGW_ZONE_FILE_HEAD;
            return NGX_OK;
        }
    }
}


/* The head is written as a whole, when all else is there. */

ngx_int_t
ngx_apigw_zone_file_make(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_log_t *log)
{
    ngx_apigw_zone_head_t  head;

    ngx_memzero(&head, sizeof(ngx_apigw_zone_head_t));

    if (ngx_apigw_zone_file_head(&head, capacity, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ftruncate(file->fd, file->size) == -1) {
        ngx_apigw_zone_file_failed(file, "ftruncate()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (ngx_apigw_zone_file_room(file, log) != NGX_OK) {

        if (ftruncate(file->fd, 0) == -1) {
            ngx_apigw_zone_file_failed(file, "ftruncate()", ngx_errno, log);
        }

        return NGX_ERROR;
    }

    if (pwrite(file->fd, &head, sizeof(ngx_apigw_zone_head_t), 0)
        != sizeof(ngx_apigw_zone_head_t))
    {
        ngx_apigw_zone_file_failed(file, "pwrite()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (fsync(file->fd) == -1
        || ngx_apigw_zone_file_directory(file, 1) != NGX_OK)
    {
        ngx_apigw_zone_file_failed(file, "fsync()", ngx_errno, log);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A hole in the file would be a SIGBUS on a full disk. */

ngx_int_t
ngx_apigw_zone_file_room(ngx_apigw_zone_file_t *file, ngx_log_t *log)
{
    int  rc;

    rc = posix_fallocate(file->fd, 0, file->size);

    if (rc) {
        ngx_apigw_zone_file_failed(file, "posix_fallocate()", rc, log);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_zone_file_head(ngx_apigw_zone_head_t *head, uint64_t capacity,
    ngx_log_t *log)
{
    u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN], gateway[NGX_APIGW_GATEWAY_LEN];

    if (ngx_apigw_random(seed, NGX_APIGW_SIPHASH_KEY_LEN) != NGX_OK
        || ngx_apigw_random(gateway, NGX_APIGW_GATEWAY_LEN) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "could not get random bytes");
        return NGX_ERROR;
    }

    ngx_apigw_zone_format_head(head, capacity, seed, gateway);

    return NGX_OK;
}


/* Whether the file's directory is there, and, with sync, written durably. */

static ngx_int_t
ngx_apigw_zone_file_directory(ngx_apigw_zone_file_t *file, ngx_uint_t sync)
{
    int      fd, rc;
    u_char  *name, *slash;

    name = file->name.data;
    slash = name + file->name.len;

    while (slash > name + 1 && slash[-1] != '/') {
        slash--;
    }

    slash[-1] = '\0';
    fd = open(slash > name + 1 ? (char *) name : "/", O_RDONLY|O_DIRECTORY);
    slash[-1] = '/';

    if (fd == -1) {
        return NGX_ERROR;
    }

    rc = sync ? fsync(fd) : 0;
    (void) close(fd);

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


void
ngx_apigw_zone_file_failed(ngx_apigw_zone_file_t *file, const char *call,
    ngx_err_t err, ngx_log_t *log)
{
    ngx_log_error(NGX_LOG_EMERG, log, err,
                  "%s for the file \"%V\" of \"apigw_zone\" failed", call,
                  &file->name);
}
