
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ZONE_FILE_INT_H_INCLUDED_
#define _NGX_APIGW_ZONE_FILE_INT_H_INCLUDED_


#include "ngx_apigw_zone_file.h"


/*
 * What the unit's own files share: the file on the disk.  All log what fails.
 */

/* Opens it: NGX_DECLINED: there is none, in a directory that is there. */
ngx_int_t ngx_apigw_zone_file_fd(ngx_apigw_zone_file_t *file,
    ngx_uint_t create, ngx_log_t *log);

/* NGX_OK: it is ours alone; NGX_DECLINED: ours and our parent's. */
ngx_int_t ngx_apigw_zone_file_lock(ngx_apigw_zone_file_t *file,
    ngx_log_t *log);

/* Masters that share the file join and leave it one at a time. */
ngx_int_t ngx_apigw_zone_file_mutex(ngx_apigw_zone_file_t *file,
    ngx_uint_t lock, ngx_log_t *log);

/* Checks the head; fault is one of NGX_APIGW_ZONE_FILE_*. */
ngx_int_t ngx_apigw_zone_file_peek(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_uint_t *fault, ngx_log_t *log);

ngx_int_t ngx_apigw_zone_file_make(ngx_apigw_zone_file_t *file,
    uint64_t capacity, ngx_log_t *log);
ngx_int_t ngx_apigw_zone_file_room(ngx_apigw_zone_file_t *file,
    ngx_log_t *log);
ngx_int_t ngx_apigw_zone_file_head(ngx_apigw_zone_head_t *head,
    uint64_t capacity, ngx_log_t *log);

void ngx_apigw_zone_file_failed(ngx_apigw_zone_file_t *file, const char *call,
    ngx_err_t err, ngx_log_t *log);


#endif /* _NGX_APIGW_ZONE_FILE_INT_H_INCLUDED_ */
