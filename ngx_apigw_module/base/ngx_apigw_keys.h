
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _NGX_APIGW_KEYS_H_INCLUDED_
#define _NGX_APIGW_KEYS_H_INCLUDED_


#include "ngx_apigw_base.h"
#include "ngx_apigw_digest.h"


/*
 * The directory of API keys: immutable once built, and without the keys.
 *
 * A plain value is kept as a tag, its SipHash of 128 bits under a secret that
 * each directory draws anew.  The secret stays in memory beside the tags: who
 * reads both can try out values, as with digests, but no tag can be turned
 * back into its key, and it means nothing to another directory.  A client
 * knows no tag and cannot compute one: a value that is no key is taken for a
 * given one with a probability of 2^-128.  A value that is given as a digest
 * only is kept as the first 128 bits of it.
 *
 * A key is one value that a client may show; keys with one id are one
 * consumer, which has the bucket, the quota and the plans.  A plan set is an
 * ordered list of plan numbers that several consumers have in common.
 */

#define NGX_APIGW_KEY_MIN_LEN      20
#define NGX_APIGW_KEY_MAX_LEN      128
#define NGX_APIGW_KEY_ID_LEN       10     /* of a derived id */
#define NGX_APIGW_KEY_ID_MAX       64


typedef struct ngx_apigw_keys_s  ngx_apigw_keys_t;


typedef struct {
    uint32_t                id;          /* for ngx_apigw_keys_id() */
    uint32_t                planset;     /* index of its plan set */
    uint32_t                cells;       /* set by the owner of the directory:
                                            where its cells begin */
    uint8_t                 id_len;
    uint8_t                 spare[3];
} ngx_apigw_consumer_t;


typedef struct {
    ngx_str_t               value;       /* plain, or "sha256:" and 64 hex */
    ngx_str_t               id;          /* empty: derived from the value */
    uint16_t               *plans;       /* sorted, without doubles */
    ngx_uint_t              nplans;
    ngx_uint_t              enabled;     /* 0, 1 */
    ngx_uint_t              file;        /* for errors: caller's number */
    ngx_uint_t              line;
} ngx_apigw_key_row_t;


typedef struct {
    const char             *reason;      /* static */
    ngx_uint_t              file;        /* the row at fault */
    ngx_uint_t              line;
    ngx_uint_t              other_file;  /* the row it collides with, or */
    ngx_uint_t              other_line;  /* 0 */
} ngx_apigw_keys_error_t;


/*
 * Building: create, add every row, finish once.  What stays lives on the pool;
 * what is only needed meanwhile is freed by finish and by the pool's cleanup.
 * The digest object has to live as long as the directory.  NULL: no memory,
 * OpenSSL failed, or no random bytes.
 */
ngx_apigw_keys_t *ngx_apigw_keys_create(ngx_pool_t *pool,
    ngx_apigw_digest_t *digest);

/*
 * The plain value is not kept and not changed.  The hex digits after "sha256:"
 * are what the digest object makes of the value: under a pepper they are an
 * HMAC.  A derived id is the first 10 base32 characters of the SHA-256 of
 * "apigw-id:" + value, under a pepper too, so that it stays when the pepper
 * changes; a row with "sha256:" derives it from the text of the value column
 * as it stands.  An explicit id that equals another row's derived id is the
 * same consumer.
 *
 *     NGX_OK
 *     NGX_DECLINED  the row is invalid, it was not added: err.  The value is
 *                   not 20 to 128 printable ASCII characters without blanks
 *                   and '"', or "sha256:" is not followed by 64 hex digits;
 *                   the id is not 1 to 64 letters, digits, "_", "-", "."
 *     NGX_ERROR     no memory, or OpenSSL failed; err is not set
 */
ngx_int_t ngx_apigw_keys_add(ngx_apigw_keys_t *keys, ngx_apigw_key_row_t *row,
    ngx_apigw_keys_error_t *err);

/*
 * Consumers are numbered in the order in which their ids were added.
 *
 *     NGX_OK
 *     NGX_DECLINED  err names the later row and the earlier: two rows have one
 *                   value; rows of one id have different plans; two different
 *                   values derived one id
 *     NGX_ERROR     no memory; err is not set
 */
ngx_int_t ngx_apigw_keys_finish(ngx_apigw_keys_t *keys,
    ngx_apigw_keys_error_t *err);


/* what follows may be used after finish has returned NGX_OK */

/*
 * Finds a value, plain as the client sent it: one SipHash and about one probe;
 * where there are rows with "sha256:", an unknown value takes a digest and a
 * probe more.
 *
 *     NGX_OK        the consumer's number is set
 *     NGX_DECLINED  unknown or disabled
 *     NGX_ERROR     OpenSSL failed
 */
ngx_int_t ngx_apigw_keys_find(ngx_apigw_keys_t *keys, ngx_str_t *value,
    uint32_t *consumer);


ngx_uint_t ngx_apigw_keys_consumers(ngx_apigw_keys_t *keys);
ngx_apigw_consumer_t *ngx_apigw_keys_consumer(ngx_apigw_keys_t *keys,
    uint32_t n);
void ngx_apigw_keys_id(ngx_apigw_keys_t *keys, ngx_apigw_consumer_t *c,
    ngx_str_t *id);

ngx_uint_t ngx_apigw_keys_plansets(ngx_apigw_keys_t *keys);
uint16_t *ngx_apigw_keys_planset(ngx_apigw_keys_t *keys, uint32_t n,
    ngx_uint_t *nplans);

/* where the first row of a plan set stands, for errors */
void ngx_apigw_keys_planset_row(ngx_apigw_keys_t *keys, uint32_t n,
    ngx_uint_t *file, ngx_uint_t *line);


#endif /* _NGX_APIGW_KEYS_H_INCLUDED_ */
