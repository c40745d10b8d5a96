
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone_file_int.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>


#define NGX_APIGW_ZONE_FILE_TRIES  5


static ngx_int_t ngx_apigw_zone_file_test(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_file_copy(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_uint_t *fault, ngx_uint_t *bad, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_file_use(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_file_join(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_uint_t shared, ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_file_map(ngx_apigw_zone_file_t *file,
    ngx_log_t *log);
static ngx_int_t ngx_apigw_zone_file_begin(ngx_apigw_zone_file_t *file,
    ngx_log_t *log);
static ngx_uint_t ngx_apigw_zone_file_boot(u_char *boot);
static void ngx_apigw_zone_file_fault(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_uint_t fault, ngx_uint_t bad, ngx_log_t *log);


/* by NGX_APIGW_ZONE_FILE_* */

static const char  *ngx_apigw_zone_file_faults[] = {
    "",
    "",
    "is something else: name another one",
    "is of another version of ngx_apigw: run that one, or remove the file, "
        "and its quotas start anew",
    "has a damaged head: restore it, or remove it, and its quotas start anew",
    "has records of another size: remove it, and its quotas start anew",
    "is of another size of the zone: give \"apigw_zone\" that size, or "
        "remove the file, and its quotas start anew",
    "is truncated or longer than it was: restore it, or remove it, and its "
        "quotas start anew",
    "has a damaged record: restore it, or remove it, and its quotas start "
        "anew",
    "does not match its checksum: restore it, or remove it, and its quotas "
        "start anew"
};


ngx_apigw_zone_file_t *
ngx_apigw_zone_file_open(ngx_str_t *name, uint64_t capacity, ngx_log_t *log)
{
    ngx_int_t               rc;
    ngx_apigw_zone_file_t  *file;

    file = ngx_calloc(sizeof(ngx_apigw_zone_file_t) + name->len + 1, log);
    if (file == NULL) {
        return NULL;
    }

    file->name.len = name->len;
    file->name.data = (u_char *) (file + 1);
    ngx_memcpy(file->name.data, name->data, name->len);

    file->size = ngx_apigw_zone_format_size(capacity);
    file->fd = NGX_INVALID_FILE;
    file->refs = 1;

    rc = ngx_test_config ? ngx_apigw_zone_file_test(file, capacity, log)
                         : ngx_apigw_zone_file_use(file, capacity, log);

    if (rc != NGX_OK) {
        ngx_apigw_zone_file_release(file);
        return NULL;
    }

    file->records = (u_char *) file->head + NGX_APIGW_ZONE_HEAD;

    return file;
}


void
ngx_apigw_zone_file_share(ngx_apigw_zone_file_t *file)
{
    file->refs++;
}


void
ngx_apigw_zone_file_release(ngx_apigw_zone_file_t *file)
{
    if (--file->refs) {
        return;
    }

    if (file->head) {
        (void) munmap(file->head, file->size);
    }

    if (file->fd != NGX_INVALID_FILE) {
        (void) close(file->fd);
    }

    ngx_free(file);
}


/*
 * A gateway may run with this file, and be about to claim a record: what is
 * read then need not fit together, and is read again.
 */

static ngx_int_t
ngx_apigw_zone_file_test(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_log_t *log)
{
    ngx_int_t   rc;
    ngx_uint_t  i, fault, bad;

    if (ngx_apigw_zone_file_map(file, log) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_apigw_zone_file_fd(file, 0, log);

    if (rc == NGX_DECLINED) {
        return ngx_apigw_zone_file_head(file->head, capacity, log);
    }

    fault = NGX_APIGW_ZONE_FILE_OK;
    bad = 0;

    for (i = 0; rc == NGX_OK && i < NGX_APIGW_ZONE_FILE_TRIES; i++) {

        if (i) {
            ngx_msleep(20);
        }

        rc = ngx_apigw_zone_file_copy(file, capacity, &fault, &bad, log);

        if (fault == NGX_APIGW_ZONE_FILE_OK) {
            break;
        }
    }

    if (rc == NGX_OK && fault != NGX_APIGW_ZONE_FILE_OK) {
        ngx_apigw_zone_file_fault(file, capacity, fault, bad, log);
        return NGX_ERROR;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_zone_file_copy(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_uint_t *fault, ngx_uint_t *bad, ngx_log_t *log)
{
    u_char   *p;
    size_t    len;
    ssize_t   n;

    if (ngx_apigw_zone_file_peek(file, capacity, fault, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (*fault == NGX_APIGW_ZONE_FILE_NEW) {
        *fault = NGX_APIGW_ZONE_FILE_OK;
        ngx_memzero(file->head, file->size);
        return ngx_apigw_zone_file_head(file->head, capacity, log);
    }

    if (*fault != NGX_APIGW_ZONE_FILE_OK) {
        return NGX_OK;
    }

    p = (u_char *) file->head;

    for (len = 0; len < file->size; len += n) {
        n = pread(file->fd, p + len, file->size - len, len);

        if (n <= 0) {
            ngx_apigw_zone_file_failed(file, "pread()", ngx_errno, log);
            return NGX_ERROR;
        }
    }

    *fault = ngx_apigw_zone_format_check_records(p, bad);

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_zone_file_use(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_log_t *log)
{
    ngx_int_t  rc, locked;

    if (ngx_apigw_zone_file_fd(file, 1, log) != NGX_OK) {
        return NGX_ERROR;
    }

    locked = ngx_apigw_zone_file_lock(file, log);

    if (locked == NGX_ERROR
        || ngx_apigw_zone_file_mutex(file, 1, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_apigw_zone_file_join(file, capacity, locked == NGX_DECLINED, log);

    if (ngx_apigw_zone_file_mutex(file, 0, log) != NGX_OK) {
        return NGX_ERROR;
    }

    return rc;
}


static ngx_int_t
ngx_apigw_zone_file_join(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_uint_t shared, ngx_log_t *log)
{
    ngx_uint_t  fault, bad;

    if (ngx_apigw_zone_file_peek(file, capacity, &fault, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (fault == NGX_APIGW_ZONE_FILE_NEW) {
        fault = NGX_APIGW_ZONE_FILE_OK;

        if (ngx_apigw_zone_file_make(file, capacity, log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    bad = 0;

    if (fault == NGX_APIGW_ZONE_FILE_OK) {

        if (ngx_apigw_zone_file_room(file, log) != NGX_OK
            || ngx_apigw_zone_file_map(file, log) != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* the parent may have left meanwhile, and closed the file */

        if (shared && ngx_atomic_fetch_add(&file->head->masters, 1) > 0) {
            return NGX_OK;
        }

        fault = ngx_apigw_zone_format_check_records((u_char *) file->head,
                                                    &bad);

        if (fault == NGX_APIGW_ZONE_FILE_OK) {
            return ngx_apigw_zone_file_begin(file, log);
        }
    }

    ngx_apigw_zone_file_fault(file, capacity, fault, bad, log);

    return NGX_ERROR;
}


/* without a file yet: plain memory */

static ngx_int_t
ngx_apigw_zone_file_map(ngx_apigw_zone_file_t *file, ngx_log_t *log)
{
    int    flags;
    void  *p;

    flags = (file->fd == NGX_INVALID_FILE) ? MAP_PRIVATE|MAP_ANON : MAP_SHARED;

    p = mmap(NULL, file->size, PROT_READ|PROT_WRITE, flags, file->fd, 0);

    if (p == MAP_FAILED) {
        ngx_apigw_zone_file_failed(file, "mmap()", ngx_errno, log);
        return NGX_ERROR;
    }

    file->head = p;

    return NGX_OK;
}


/*
 * Before anything changes, the file is no longer closed, on the disk as well:
 * its checksum would be that of something else.
 */

static ngx_int_t
ngx_apigw_zone_file_begin(ngx_apigw_zone_file_t *file, ngx_log_t *log)
{
    u_char      boot[NGX_APIGW_BOOT_LEN], *p;
    ngx_uint_t  closed, same;

    p = (u_char *) file->head;

    same = ngx_apigw_zone_file_boot(boot)
           && ngx_memcmp(file->head->boot, boot, NGX_APIGW_BOOT_LEN) == 0;

    closed = (file->head->state == NGX_APIGW_ZONE_CLEAN);
    file->head->state = NGX_APIGW_ZONE_USED;

    if (ngx_apigw_zone_file_sync(file, 0, NGX_APIGW_ZONE_HEAD) != NGX_OK) {
        ngx_apigw_zone_file_failed(file, "msync()", ngx_errno, log);
        return NGX_ERROR;
    }

    if (!same) {
        ngx_apigw_zone_format_repair(p, closed);
    }

    ngx_apigw_zone_format_reset(p);

    ngx_memory_barrier();
    ngx_memcpy(file->head->boot, boot, NGX_APIGW_BOOT_LEN);

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "the file \"%V\" of \"apigw_zone\" has %uA quotas, it was "
                  "%sclosed, in %s boot of the machine",
                  &file->name, file->head->table.used, closed ? "" : "not ",
                  same ? "this" : "another");

    return NGX_OK;
}


/* 1 where it is known; all zero, that of a new file, where it is not */

static ngx_uint_t
ngx_apigw_zone_file_boot(u_char *boot)
{
    int         fd;
    u_char      buf[64], *p;
    ssize_t     n;
    ngx_int_t   byte;
    ngx_uint_t  i;

    ngx_memzero(boot, NGX_APIGW_BOOT_LEN);

    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (fd == -1) {
        return 0;
    }

    n = read(fd, buf, sizeof(buf));
    (void) close(fd);

    i = 0;

    for (p = buf; p + 2 < buf + n && i < NGX_APIGW_BOOT_LEN; p += 2) {

        if (*p == '-') {
            p++;
        }

        byte = ngx_hextoi(p, 2);

        if (byte == NGX_ERROR) {
            break;
        }

        boot[i++] = (u_char) byte;
    }

    return i == NGX_APIGW_BOOT_LEN;
}


static void
ngx_apigw_zone_file_fault(ngx_apigw_zone_file_t *file, uint64_t capacity,
    ngx_uint_t fault, ngx_uint_t bad, ngx_log_t *log)
{
    u_char  number[NGX_INT64_LEN + 4];

    number[0] = '\0';

    if (fault == NGX_APIGW_ZONE_FILE_DAMAGED) {
        *ngx_sprintf(number, " (%ui)", bad) = '\0';
    }

    if (fault == NGX_APIGW_ZONE_FILE_CAPACITY) {
        *ngx_sprintf(number, " (%uL)", capacity) = '\0';
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "the file \"%V\" of \"apigw_zone\" %s%s", &file->name,
                  ngx_apigw_zone_file_faults[fault], number);
}


void
ngx_apigw_zone_file_enter(ngx_apigw_zone_file_t *file, ngx_log_t *log)
{
    if (fcntl(file->fd, F_SETFD, FD_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "fcntl(FD_CLOEXEC) \"%V\" failed", &file->name);
    }
}


void
ngx_apigw_zone_file_leave(ngx_apigw_zone_file_t *file, ngx_uint_t alone,
    ngx_log_t *log)
{
    if (ngx_apigw_zone_file_mutex(file, 1, log) != NGX_OK) {
        return;
    }

    if (ngx_atomic_fetch_add(&file->head->masters, -1) == 1 && alone) {

        /* the records first: a closed file is whole */

        if (ngx_apigw_zone_file_sync(file, 0, file->size) == NGX_OK) {
            ngx_apigw_zone_format_sum((u_char *) file->head);
        }

        if (ngx_apigw_zone_file_sync(file, 0, NGX_APIGW_ZONE_HEAD) != NGX_OK) {
            ngx_apigw_zone_file_failed(file, "msync()", ngx_errno, log);
        }
    }

    (void) ngx_apigw_zone_file_mutex(file, 0, log);
}


ngx_int_t
ngx_apigw_zone_file_sync(ngx_apigw_zone_file_t *file, size_t offset,
    size_t len)
{
    size_t  start;

    start = offset & ~(ngx_pagesize - 1);

    if (msync((u_char *) file->head + start, offset + len - start, MS_SYNC)
        == -1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
