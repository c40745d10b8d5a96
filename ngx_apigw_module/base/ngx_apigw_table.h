
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_TABLE_H_INCLUDED_
#define _NGX_APIGW_TABLE_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_siphash.h"


/*
 * Records in memory that processes share, known by a hash of what they mean.
 * A record is claimed while a configuration is loaded, under the master alone,
 * and so that a configuration loaded later finds it again; at request time it
 * is known by its number.
 *
 * A master that is killed at any instruction leaves no record that is partly
 * one thing and partly another: while its meaning changes, its check is 0.
 */

#define NGX_APIGW_TABLE_MAGIC    0x656c626174776761ULL    /* "agwtable" */
#define NGX_APIGW_TABLE_VERSION  1

#define NGX_APIGW_TABLE_NONE     ((uint32_t) -1)


/* what each record begins with */

typedef struct {
    uint64_t                   id[2];       /* what it means, hashed */
    ngx_atomic_t               generation;  /* configuration that used it last;
                                               0: never used */
} ngx_apigw_record_t;


typedef struct {
    uint64_t                   magic;
    uint32_t                   version;
    uint32_t                   size;        /* of a record */
    uint64_t                   capacity;    /* records */
    u_char                     seed[NGX_APIGW_SIPHASH_KEY_LEN];
    ngx_atomic_t               used;        /* records from here on are new */
} ngx_apigw_table_head_t;


typedef struct ngx_apigw_table_map_s  ngx_apigw_table_map_t;


/* a process's view of a table */

typedef struct {
    ngx_apigw_table_head_t    *head;
    u_char                    *records;
    size_t                     check;       /* offset of the word that vouches
                                               for the id, 0: there is none */
    ngx_apigw_table_map_t     *map;         /* while records are claimed */

    unsigned                   keep:1;      /* reuse records only when there
                                               is no new one */
} ngx_apigw_table_t;


void ngx_apigw_table_format(ngx_apigw_table_head_t *head, size_t size,
    uint64_t capacity, const u_char seed[NGX_APIGW_SIPHASH_KEY_LEN]);

/* Whether this version of the module made the table: NGX_OK, NGX_DECLINED. */
ngx_int_t ngx_apigw_table_valid(ngx_apigw_table_head_t *head, size_t size);

/*
 * Begins and ends the claiming of records.  Those that no configuration since
 * oldest has used are free for another meaning.  NGX_OK, NGX_ERROR: no memory;
 * close() in any case.
 */
ngx_int_t ngx_apigw_table_open(ngx_apigw_table_t *table,
    ngx_atomic_uint_t oldest);
void ngx_apigw_table_close(ngx_apigw_table_t *table);

/*
 * Claims the record with this meaning for a configuration.  One that is found
 * has its state; in any other all that follows its generation is zero, but for
 * the check.  NGX_APIGW_TABLE_NONE where the table is full.
 */
uint32_t ngx_apigw_table_claim(ngx_apigw_table_t *table, const u_char *meaning,
    size_t len, ngx_atomic_uint_t generation);

/* what the check of a record with this id is; never 0 */
uint64_t ngx_apigw_table_check(ngx_apigw_table_head_t *head, uint64_t id[2]);


static ngx_inline void *
ngx_apigw_table_record(ngx_apigw_table_t *table, ngx_uint_t n)
{
    return table->records + n * table->head->size;
}


#endif /* _NGX_APIGW_TABLE_H_INCLUDED_ */
