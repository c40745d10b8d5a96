
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_zone_format.h"

#include <stddef.h>


#define ROOM  8
#define SIZE  (NGX_APIGW_ZONE_HEAD + ROOM * NGX_APIGW_QUOTA_SIZE)


static u_char                 *image;      /* of its own, for the sanitizer */
static ngx_apigw_zone_head_t  *head;
static const u_char            seed[NGX_APIGW_SIPHASH_KEY_LEN] = "seed";
static const u_char            gateway[NGX_APIGW_GATEWAY_LEN] = "gateway";


static ngx_apigw_quota_t *
quota(ngx_uint_t n)
{
    return (ngx_apigw_quota_t *)
               (image + NGX_APIGW_ZONE_HEAD + n * NGX_APIGW_QUOTA_SIZE);
}


static void
fresh(void)
{
    memset(image, 0, SIZE);
    ngx_apigw_zone_format_head(head, ROOM, seed, gateway);
}


static ngx_apigw_quota_t *
put(ngx_uint_t n)
{
    ngx_apigw_quota_t  *q;

    q = quota(n);

    q->id[0] = n + 100;
    q->id[1] = n + 200;
    q->generation = 4;
    q->word = (uint64_t) 500 << 48 | (uint64_t) 7 << 33 | 9;
    q->granted[0] = (uint64_t) 6 << 48 | 30;
    q->granted[1] = (uint64_t) 7 << 48 | 50;
    q->until = 1;
    q->dry = 2;
    q->mark = 3;
    q->low = 4;
    q->reserved = 40;
    q->check = ngx_apigw_table_check(&head->table, q->id);

    return q;
}


static ngx_uint_t
check(ngx_uint_t *bad)
{
    ngx_uint_t  rc;

    *bad = 0;

    rc = ngx_apigw_zone_format_check_head(image, NGX_APIGW_ZONE_HEAD, SIZE,
                                          ROOM);

    return rc ? rc : ngx_apigw_zone_format_check_records(image, bad);
}


static void
test_head(void)
{
    ngx_uint_t  bad;

    is_int(ngx_apigw_zone_format_size(ROOM), SIZE, "a size");

    memset(image, 0, SIZE);
    is_int(ngx_apigw_zone_format_check_head(image, 0, 0, ROOM),
           NGX_APIGW_ZONE_FILE_NEW, "an empty file is new");
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_NEW, "so are zeros");
    is_int(ngx_apigw_zone_format_check_head(image, NGX_APIGW_ZONE_HEAD,
                                            SIZE + 1, ROOM),
           NGX_APIGW_ZONE_FILE_FOREIGN, "not more of them than a file has");
    is_int(ngx_apigw_zone_format_check_head((u_char *) "text\n", 5, 5, ROOM),
           NGX_APIGW_ZONE_FILE_FOREIGN, "a text is none");

    fresh();
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_OK, "a file");
    is_mem(image, "agwtable", 8, "begins with its magic");

    is_int(ngx_apigw_zone_format_check_head(image, 8, 8, ROOM),
           NGX_APIGW_ZONE_FILE_SIZE, "only the magic is there");
    is_int(ngx_apigw_zone_format_check_head(image, NGX_APIGW_ZONE_HEAD,
                                            SIZE - 1, ROOM),
           NGX_APIGW_ZONE_FILE_SIZE, "a byte is missing");
    is_int(ngx_apigw_zone_format_check_head(image, NGX_APIGW_ZONE_HEAD,
                                            SIZE + 1, ROOM),
           NGX_APIGW_ZONE_FILE_SIZE, "there is one more");
    is_int(ngx_apigw_zone_format_check_head(image, NGX_APIGW_ZONE_HEAD, SIZE,
                                            ROOM + 1),
           NGX_APIGW_ZONE_FILE_CAPACITY, "another capacity is wanted");

    head->table.version++;
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_VERSION, "another version");

    fresh();
    head->state = 0;
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_HEAD, "a state that is none");

    fresh();
    ngx_apigw_table_format(&head->table, 512, ROOM, seed);
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_HEAD, "a head that is changed");
}


/* whatever bit of a closed file is another one */

static void
test_flips(void)
{
    size_t      i, end;
    ngx_uint_t  bad, missed;

    fresh();
    put(0);
    put(3);
    ngx_apigw_zone_format_sum(image);
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_OK, "a closed file");

    missed = 0;
    end = offsetof(ngx_apigw_zone_head_t, masters);

    for (i = 0; i < end; i++) {

        if ((i >= offsetof(ngx_apigw_table_head_t, used)
             && i < offsetof(ngx_apigw_zone_head_t, gateway))
            || (i >= offsetof(ngx_apigw_zone_head_t, boot)
                && i < offsetof(ngx_apigw_zone_head_t, state)))
        {
            continue;
        }

        image[i] ^= 0x10;
        missed += (check(&bad) == NGX_APIGW_ZONE_FILE_OK);
        image[i] ^= 0x10;
    }

    is_int(missed, 0, "each byte of the head counts, but used and boot");

    for (i = NGX_APIGW_ZONE_HEAD; i < SIZE; i++) {
        image[i] ^= 0x01;
        missed += (check(&bad) == NGX_APIGW_ZONE_FILE_OK);
        image[i] ^= 0x01;
    }

    is_int(missed, 0, "each byte of the records");

    head->state = NGX_APIGW_ZONE_USED;
    quota(3)->id[1] ^= 1;
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_DAMAGED, "the id of a record");
    is_int(bad, 3, "which is named");

    quota(3)->check = 0;
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_OK, "one without a check is free");
    quota(3)->check = 5;
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_DAMAGED, "one with a wrong one");
}


static void
test_repair(void)
{
    ngx_apigw_quota_t  *q;

    fresh();
    q = put(2);
    ngx_apigw_zone_format_repair(image, 1);

    ok(q->word == ((uint64_t) 500 << 48 | (uint64_t) 7 << 33 | 9),
       "closed: what is left is left");
    ok(q->granted[1] == ((uint64_t) 7 << 48 | 50), "what is granted, too");
    is_int(q->until | q->dry | q->mark, 0, "but no time is known");
    is_int(q->low, 4, "the rest stays");

    fresh();
    q = put(2);
    q->word |= (uint64_t) 1 << 32;
    ngx_apigw_zone_format_repair(image, 0);

    ok(q->word == ((uint64_t) 500 << 48 | (uint64_t) 5 << 33),
       "not closed: nothing is left, nothing frozen, and the claim is old");
    ok(q->granted[1] == ((uint64_t) 5 << 48 | 50),
       "what was granted is spent");
    is_int(q->until | q->dry | q->mark, 0, "no time is known");

    q->reserved = (uint64_t) 1 << 63 | 70;
    ngx_apigw_zone_format_repair(image, 0);
    ok(q->granted[1] == ((uint64_t) 3 << 48 | 70),
       "so is a reservation, also one that was being written");

    q->reserved = NGX_APIGW_QUOTA_ALLOWED | 90;
    ngx_apigw_zone_format_repair(image, 0);
    ok(q->granted[1] == ((uint64_t) 1 << 48 | 70),
       "what would have been allowed is not");

    ngx_apigw_zone_format_repair(image, 0);
    ok(q->granted[1] == ((uint64_t) 0x7fff << 48 | 70)
       && q->word == ((uint64_t) 500 << 48 | (uint64_t) 0x7fff << 33),
       "numbers of claims come round");

    fresh();
    q = put(2);
    q->word = (q->word & ~(uint64_t) 0xffffffff) | 0xfffffffb;
    ngx_apigw_zone_format_repair(image, 0);
    ok(q->word == ((uint64_t) 500 << 48 | (uint64_t) 5 << 33)
       && q->granted[1] == ((uint64_t) 5 << 48 | 55),
       "what was spent without a grant is counted");
    ngx_apigw_zone_format_repair(image, 0);
    ok(q->granted[1] == ((uint64_t) 3 << 48 | 55), "once");

    q = quota(4);
    q->word = 9;
    ngx_apigw_zone_format_repair(image, 0);
    is_int(q->word, 9, "a record without a check is nobody's");
}


static void
test_reset(void)
{
    ngx_uint_t  bad;

    fresh();
    put(1);
    put(4);
    quota(6)->generation = 3;
    head->table.used = 0;
    head->masters = 9;
    head->errors = 8;
    head->reg.generation = 7;
    head->reg.workers[NGX_APIGW_ZONE_WORKERS - 1] = 6;

    ngx_apigw_zone_format_reset(image);

    is_int(head->table.used, 5, "records are counted");
    is_int(head->masters, 1, "one master");
    is_int(head->errors | head->reg.generation
           | head->reg.workers[NGX_APIGW_ZONE_WORKERS - 1], 0, "no workers");
    is_int(quota(1)->generation | quota(4)->generation
           | quota(6)->generation, 0, "no configuration uses them");
    is_int(check(&bad), NGX_APIGW_ZONE_FILE_OK, "it is still a file");
}


int
main(void)
{
    image = malloc(SIZE);
    head = (ngx_apigw_zone_head_t *) image;

    test_head();
    test_flips();
    test_repair();
    test_reset();

    free(image);

    return done();
}
