
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ZONE_FILE_H_INCLUDED_
#define _NGX_APIGW_ZONE_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_apigw_zone_format.h"


/*
 * The quotas of a zone in a file, which all processes of a gateway map: the
 * kernel keeps what they have written when they are killed.
 *
 * One gateway at a time has the file, by a lock of what its master has opened.
 * Workers and, while a binary is upgraded, the new master inherit that, and so
 * the lock outlives each of them.
 */

typedef struct {
    ngx_str_t                  name;
    ngx_apigw_zone_head_t     *head;        /* the mapping begins with it */
    u_char                    *records;
    size_t                     size;
    ngx_fd_t                   fd;
    ngx_uint_t                 refs;        /* configurations */
} ngx_apigw_zone_file_t;


/*
 * Opens the file, or makes it, for a table of so many quotas; under "nginx -t"
 * it is only read, and the table is a copy of it.  NULL: logged.
 */
ngx_apigw_zone_file_t *ngx_apigw_zone_file_open(ngx_str_t *name,
    uint64_t capacity, ngx_log_t *log);

/* A configuration begins and ends to use the file; open() counts as one. */
void ngx_apigw_zone_file_share(ngx_apigw_zone_file_t *file);
void ngx_apigw_zone_file_release(ngx_apigw_zone_file_t *file);

/* For workers: programs that they run do not inherit the lock. */
void ngx_apigw_zone_file_enter(ngx_apigw_zone_file_t *file, ngx_log_t *log);

/*
 * For a master that exits, whose workers are gone: the last one to leave the
 * file closes it.
 */
void ngx_apigw_zone_file_leave(ngx_apigw_zone_file_t *file, ngx_uint_t alone,
    ngx_log_t *log);

/* Writes the bytes from here on durably; blocks: NGX_OK, NGX_ERROR (errno). */
ngx_int_t ngx_apigw_zone_file_sync(ngx_apigw_zone_file_t *file, size_t offset,
    size_t len);


#endif /* _NGX_APIGW_ZONE_FILE_H_INCLUDED_ */
