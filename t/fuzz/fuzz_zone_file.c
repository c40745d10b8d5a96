
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_zone_format.h"

#include <stddef.h>


/*
 * The image of a file: as it comes, with its head put right, and as a closed
 * file that then is damaged in one place.  The first byte chooses.
 */

#define FUZZ_ROOM  4
#define FUZZ_SIZE  (NGX_APIGW_ZONE_HEAD + FUZZ_ROOM * NGX_APIGW_QUOTA_SIZE)


#define check(cond)  if (!(cond)) __builtin_trap()


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static ngx_uint_t  known[] = {
    NGX_APIGW_ZONE_HEAD, 7, sizeof(ngx_apigw_table_head_t),
    sizeof(ngx_apigw_zone_head_t), FUZZ_SIZE
};


static ngx_uint_t
fuzz_check(u_char *p, size_t len)
{
    ngx_uint_t  rc, bad;

    rc = ngx_apigw_zone_format_check_head(p, ngx_min(len, NGX_APIGW_ZONE_HEAD),
                                          len, FUZZ_ROOM);

    if (rc == NGX_APIGW_ZONE_FILE_OK) {
        check(len == FUZZ_SIZE);

        rc = ngx_apigw_zone_format_check_records(p, &bad);
        check(rc != NGX_APIGW_ZONE_FILE_DAMAGED || bad < FUZZ_ROOM);
    }

    return rc;
}


/* what a gateway that opens the file does with it */

static void
fuzz_open(u_char *p)
{
    uint64_t                seq, granted;
    ngx_uint_t              n, closed;
    ngx_apigw_quota_t      *q, before;
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;
    closed = (head->state == NGX_APIGW_ZONE_CLEAN);
    head->state = NGX_APIGW_ZONE_USED;

    for (n = 0; n < FUZZ_ROOM; n++) {
        q = (ngx_apigw_quota_t *)
                    (p + NGX_APIGW_ZONE_HEAD + n * NGX_APIGW_QUOTA_SIZE);
        before = *q;

        ngx_apigw_zone_format_repair(p, closed);

        if (before.check == 0) {
            check(memcmp(&before, q, sizeof(ngx_apigw_quota_t)) == 0);
            continue;
        }

        check(q->until == 0 && q->dry == 0 && q->mark == 0);
        check(q->check == before.check && q->id[0] == before.id[0]);
        check(q->reserved == before.reserved && q->base == before.base);

        if (closed) {
            check(q->word == before.word);
            continue;
        }

        seq = q->word >> 33 & (NGX_APIGW_QUOTA_SEQS - 1);
        granted = ngx_apigw_quota_value(q->granted[seq & 1]);

        check((q->word & 0x1ffffffff) == 0);
        check(q->word >> 48 == before.word >> 48);
        check(((seq + 2) & (NGX_APIGW_QUOTA_SEQS - 1))
              == (before.word >> 33 & (NGX_APIGW_QUOTA_SEQS - 1)));
        check(q->granted[seq & 1] >> 48 == seq);
        check(granted >= ngx_apigw_quota_value(before.granted[seq & 1]));
        check((q->reserved & NGX_APIGW_QUOTA_ALLOWED)
              || granted >= ngx_apigw_quota_value(q->reserved));
    }

    ngx_apigw_zone_format_reset(p);
    check(head->table.used <= FUZZ_ROOM && head->masters == 1);
    check(fuzz_check(p, FUZZ_SIZE) == NGX_APIGW_ZONE_FILE_OK);

    ngx_apigw_zone_format_sum(p);
    check(head->state == NGX_APIGW_ZONE_CLEAN);
    check(fuzz_check(p, FUZZ_SIZE) == NGX_APIGW_ZONE_FILE_OK);
}


static void
fuzz_damage(u_char *p, size_t at, u_char bits)
{
    ngx_apigw_zone_head_t  *head;

    head = (ngx_apigw_zone_head_t *) p;
    ngx_apigw_zone_format_sum(p);

    /* used and boot may change, and what the next gateway forgets */

    if ((at >= offsetof(ngx_apigw_table_head_t, used)
         && at < offsetof(ngx_apigw_zone_head_t, gateway))
        || (at >= offsetof(ngx_apigw_zone_head_t, boot)
            && at < offsetof(ngx_apigw_zone_head_t, state))
        || (at >= offsetof(ngx_apigw_zone_head_t, masters)
            && at < NGX_APIGW_ZONE_HEAD)
        || bits == 0)
    {
        return;
    }

    p[at] ^= bits;
    check(fuzz_check(p, FUZZ_SIZE) != NGX_APIGW_ZONE_FILE_OK);
    p[at] ^= bits;

    check(head->state == NGX_APIGW_ZONE_CLEAN);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                 *p, mode, bits;
    size_t                  len, at, n;
    ngx_uint_t              i;
    ngx_apigw_quota_t      *q;
    ngx_apigw_zone_head_t  *head;

    static const u_char  zero[NGX_APIGW_SIPHASH_KEY_LEN];

    if (size < 5) {
        return 0;
    }

    mode = data[0];
    at = (data[1] | (size_t) data[2] << 8 | (size_t) data[3] << 16)
         % FUZZ_SIZE;
    bits = data[4];

    data += 5;
    size -= 5;

    /* a file of any size, whose bytes are the input, then zeros */

    len = known[mode % 5];
    len = (mode & 0x40) ? size : ngx_max(len, 1);

    p = calloc(1, len + 1);
    if (p == NULL) {
        return 0;
    }

    memcpy(p, data, ngx_min(size, len));

    if ((mode & 0x80) == 0) {

        if (fuzz_check(p, len) == NGX_APIGW_ZONE_FILE_OK) {
            fuzz_open(p);
        }

        free(p);
        return 0;
    }

    free(p);

    /* a good head, and records of the input */

    p = calloc(1, FUZZ_SIZE);
    if (p == NULL) {
        return 0;
    }

    head = (ngx_apigw_zone_head_t *) p;
    ngx_apigw_zone_format_head(head, FUZZ_ROOM, zero, zero);

    n = ngx_min(size, FUZZ_SIZE - NGX_APIGW_ZONE_HEAD);
    memcpy(p + NGX_APIGW_ZONE_HEAD, data, n);

    for (i = 0; i < FUZZ_ROOM; i++) {
        q = (ngx_apigw_quota_t *)
                    (p + NGX_APIGW_ZONE_HEAD + i * NGX_APIGW_QUOTA_SIZE);

        if (q->check & 1) {
            q->check = ngx_apigw_table_check(&head->table, q->id);
        }
    }

    if (fuzz_check(p, FUZZ_SIZE) == NGX_APIGW_ZONE_FILE_OK) {
        fuzz_damage(p, at, bits);

        if (mode & 0x20) {
            head->state = NGX_APIGW_ZONE_USED;
        }

        fuzz_open(p);
    }

    free(p);

    return 0;
}
