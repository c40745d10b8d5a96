
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_ZONE_FORMAT_H_INCLUDED_
#define _NGX_APIGW_ZONE_FORMAT_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_quota.h"
#include "ngx_apigw_table.h"


/*
 * The file of a zone: a head, then the table of quotas.  Processes map it, so
 * that it is their memory; numbers are in the machine's byte order.
 *
 * What is in the file is trusted only after a check.  Where it was closed, all
 * of it has a checksum; where all processes were killed, each record vouches
 * for its id, and its counts are what the kernel has kept.  After a crash of
 * the machine counts may be older than what was spent: see repair().
 */

#define NGX_APIGW_ZONE_HEAD      16384
#define NGX_APIGW_ZONE_WORKERS   1024
#define NGX_APIGW_GATEWAY_LEN    16
#define NGX_APIGW_BOOT_LEN       16

/* a quota's place in the table: no page and no cache line is split */
#define NGX_APIGW_QUOTA_SIZE     256

#define NGX_APIGW_ZONE_CLEAN     0x6e61656c63ULL          /* "clean" */
#define NGX_APIGW_ZONE_USED      0x64657375ULL            /* "used" */


typedef struct {
    ngx_atomic_t               generation;  /* the last one given */

    /* pid << 32 | generation, 0: free; its owner clears an entry, and whoever
       finds that owner dead */
    ngx_atomic_t               workers[NGX_APIGW_ZONE_WORKERS];
} ngx_apigw_zone_register_t;


typedef struct {
    ngx_apigw_table_head_t     table;
    u_char                     gateway[NGX_APIGW_GATEWAY_LEN];
    uint64_t                   check;       /* of what is above, but for the
                                               table's used */

    u_char                     boot[NGX_APIGW_BOOT_LEN];
    ngx_atomic_t               state;       /* NGX_APIGW_ZONE_CLEAN, _USED */
    uint64_t                   sum;         /* of all records, where clean */

    ngx_atomic_t               masters;     /* that share the file */
    ngx_atomic_t               errors;      /* of writing it */
    ngx_apigw_zone_register_t  reg;
} ngx_apigw_zone_head_t;


typedef enum {
    NGX_APIGW_ZONE_FILE_OK = 0,
    NGX_APIGW_ZONE_FILE_NEW,                /* nothing was ever written */
    NGX_APIGW_ZONE_FILE_FOREIGN,
    NGX_APIGW_ZONE_FILE_VERSION,
    NGX_APIGW_ZONE_FILE_HEAD,               /* it is damaged */
    NGX_APIGW_ZONE_FILE_RECORD,             /* of another size */
    NGX_APIGW_ZONE_FILE_CAPACITY,
    NGX_APIGW_ZONE_FILE_SIZE,               /* of the file */
    NGX_APIGW_ZONE_FILE_DAMAGED,            /* a record */
    NGX_APIGW_ZONE_FILE_SUM
} ngx_apigw_zone_file_e;


/* 1 where there is nothing but zeros */
ngx_uint_t ngx_apigw_zone_format_zero(const u_char *p, size_t len);

/* bytes of a file with so many quotas */
size_t ngx_apigw_zone_format_size(uint64_t capacity);

/* Fills the head of a new file; its memory is zero. */
void ngx_apigw_zone_format_head(ngx_apigw_zone_head_t *head, uint64_t capacity,
    const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN],
    const u_char gateway[NGX_APIGW_GATEWAY_LEN]);

/*
 * Checks the first len bytes of a file of this size, NGX_APIGW_ZONE_HEAD of
 * them where it has so many: NGX_APIGW_ZONE_FILE_*.  NEW is said of zeros; the
 * rest of such a file is zero, too, or it is damaged.
 */
ngx_uint_t ngx_apigw_zone_format_check_head(const u_char *p, size_t len,
    uint64_t size, uint64_t capacity);

/*
 * Checks the records of a file whose head has passed; in memory as a whole.
 * bad is the number of a damaged record.
 */
ngx_uint_t ngx_apigw_zone_format_check_records(u_char *p, ngx_uint_t *bad);

/*
 * Makes the counts safe after the machine has started anew.  What the clock
 * was asked for is void.  Where the file was not closed, all that may have
 * been spent counts as spent; meters (ngx_apigw_meter.h) keep what they have.
 */
void ngx_apigw_zone_format_repair(u_char *p, ngx_uint_t closed);

/* Forgets the processes of a former gateway, and counts the records. */
void ngx_apigw_zone_format_reset(u_char *p);

/* Marks the file as closed: no process changes it any more. */
void ngx_apigw_zone_format_sum(u_char *p);


#endif /* _NGX_APIGW_ZONE_FORMAT_H_INCLUDED_ */
