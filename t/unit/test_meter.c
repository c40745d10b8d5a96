
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <pthread.h>

#include "ngx_apigw_meter.h"
#include "ngx_apigw_zone_format.h"
#include "tap.h"


#define NOVEMBER  682                    /* of 2026 */
#define THREADS   4
#define ROUNDS    100000


static ngx_apigw_meter_t  m;


static void
is_counts(uint32_t month, uint64_t requests, uint64_t increments,
    uint64_t bytes, const char *name)
{
    ngx_apigw_meter_counts_t  counts;

    ngx_apigw_meter_read(&m, month, &counts);

    is_int(counts.requests, requests, "%s: requests", name);
    is_int(counts.increments, increments, "%s: increments", name);
    is_int(counts.bytes, bytes, "%s: bytes", name);
}


static void
fresh(void)
{
    memset(&m, 0, sizeof(m));
    m.id[0] = 1;
    m.id[1] = 2;
    m.generation = 3;
    m.check = 4;
    ngx_apigw_meter_begin(&m);
}


static void
test_begin(void)
{
    memset(&m, 0xff, sizeof(m));
    m.check = 4;

    ok(!ngx_apigw_meter_is(&m), "a record is no meter");
    ngx_apigw_meter_begin(&m);
    ok(ngx_apigw_meter_is(&m), "it is one now");
    is_int(m.check, 4, "its check is as it was");
    is_int(m.generation, -1, "its generation, too");
    is_int(m.life, 0, "a life");
    is_counts(NOVEMBER, 0, 0, 0, "nothing");

    ngx_apigw_meter_add(&m, NOVEMBER, 1, 1);
    ngx_apigw_meter_begin(&m);
    is_counts(NOVEMBER, 1, 1, 1, "begun again");
}


static void
test_months(void)
{
    uint32_t  i;

    fresh();

    for (i = 0; i < 3 * NGX_APIGW_METER_MONTHS; i++) {
        ngx_apigw_meter_add(&m, NOVEMBER + i, i + 1, 100 * i);
        ngx_apigw_meter_add(&m, NOVEMBER + i, 1, 7);
        is_counts(NOVEMBER + i, 2, i + 2, 100 * i + 7, "a month");
    }

    for (i = 0; i < 3 * NGX_APIGW_METER_MONTHS; i++) {

        if (i < 2 * NGX_APIGW_METER_MONTHS) {
            is_counts(NOVEMBER + i, 0, 0, 0, "too old");

        } else {
            is_counts(NOVEMBER + i, 2, i + 2, 100 * i + 7, "kept");
        }
    }

    is_int(m.check, 4, "the check");
    is_int(m.id[0], 1, "the id");
    is_int(m.generation, 3, "the generation");
    ok(ngx_apigw_meter_is(&m), "the kind");
}


static void
test_increments(void)
{
    is_int(ngx_apigw_meter_increments(0, 0), 1, "no size, no payload");
    is_int(ngx_apigw_meter_increments(1 << 30, 0), 1, "no size");
    is_int(ngx_apigw_meter_increments(0, 524288), 1, "no payload");
    is_int(ngx_apigw_meter_increments(1, 524288), 1, "a byte");
    is_int(ngx_apigw_meter_increments(524288, 524288), 1, "512 KB");
    is_int(ngx_apigw_meter_increments(524289, 524288), 2, "and a byte");
    is_int(ngx_apigw_meter_increments(1048576, 524288), 2, "1 MB");
    ok(ngx_apigw_meter_increments((uint64_t) -1, 1) == (uint64_t) -1,
       "all there is");
}


static void
test_report(void)
{
    uint32_t                  month;
    ngx_uint_t                i, found;
    ngx_apigw_meter_counts_t  counts;

    fresh();

    for (found = 0, i = 0; i < NGX_APIGW_METER_MONTHS; i++) {
        found += (ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts)
                  != NGX_DECLINED);
    }

    is_int(found, 0, "nothing to report");

    ngx_apigw_meter_add(&m, NOVEMBER - 2, 2, 20);
    ngx_apigw_meter_add(&m, NOVEMBER + 1, 3, 30);

    i = (NOVEMBER - 2) % NGX_APIGW_METER_MONTHS;
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts), NGX_OK,
           "a former month is to be reported");
    is_int(month, NOVEMBER - 2, "which it is");
    is_int(counts.increments, 2, "what it has");

    ngx_apigw_meter_add(&m, NOVEMBER - 2, 1, 1);
    ngx_apigw_meter_reported(&m, NOVEMBER - 2, 1);
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts), NGX_OK,
           "one more than was reported");
    ngx_apigw_meter_reported(&m, NOVEMBER - 2, 2);
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts), NGX_DONE,
           "all of it");
    ngx_apigw_meter_reported(&m, NOVEMBER - 2, 1);
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts), NGX_DONE,
           "a late answer");

    i = (NOVEMBER + 1) % NGX_APIGW_METER_MONTHS;
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER, &month, &counts), NGX_OK,
           "the clock was set back");
    is_int(month, NOVEMBER + 1, "the month is another gateway's");

    i = (NOVEMBER - 2) % NGX_APIGW_METER_MONTHS;
    ngx_apigw_meter_add(&m, NOVEMBER - 2 + NGX_APIGW_METER_MONTHS, 1, 1);
    ngx_apigw_meter_reported(&m, NOVEMBER - 2, 2);
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER + 4, &month, &counts), NGX_OK,
           "an answer that is for a month that is gone");
    is_int(month, NOVEMBER + 4, "the new month");

    ngx_apigw_meter_reported(&m, NOVEMBER + 4, 1);
    ngx_apigw_meter_renew(&m, 6);
    is_int(m.life, 7, "a new life");
    is_int(ngx_apigw_meter_look(&m, i, NOVEMBER + 4, &month, &counts), NGX_OK,
           "is reported");
    ngx_apigw_meter_renew(&m, 2);
    is_int(m.life, 7, "an old one");
}


/* after a reboot a meter is not taken for a quota */

static void
test_repair(void)
{
    u_char                 *image;
    ngx_uint_t              bad;
    ngx_apigw_meter_t      *meter;
    ngx_apigw_zone_head_t  *head;

    static const u_char  seed[NGX_APIGW_SIPHASH_KEY_LEN] = "seed";
    static const u_char  gateway[NGX_APIGW_GATEWAY_LEN] = "gateway";

    image = calloc(1, ngx_apigw_zone_format_size(4));
    head = (ngx_apigw_zone_head_t *) image;
    ngx_apigw_zone_format_head(head, 4, seed, gateway);

    fresh();
    ngx_apigw_meter_add(&m, NOVEMBER, 5, 50);
    ngx_apigw_meter_reported(&m, NOVEMBER, 1);
    m.asked = 77;
    m.check = ngx_apigw_table_check(&head->table, m.id);

    meter = (ngx_apigw_meter_t *) (image + NGX_APIGW_ZONE_HEAD
                                   + 2 * NGX_APIGW_QUOTA_SIZE);
    *meter = m;

    is_int(ngx_apigw_zone_format_check_records(image, &bad),
           NGX_APIGW_ZONE_FILE_OK, "a file with a meter");

    ngx_apigw_zone_format_repair(image, 1);
    m.asked = 0;
    is_mem(meter, &m, sizeof(m), "repaired, when it was closed");

    ngx_apigw_zone_format_repair(image, 0);
    m = *meter;
    is_counts(NOVEMBER, 1, 5, 50, "repaired, when it was not");
    is_int(m.life, 1, "a new life begins");
    is_int(m.more[NOVEMBER % NGX_APIGW_METER_MONTHS - 2].reported, 0,
           "all is reported again");

    ngx_apigw_zone_format_reset(image);
    is_int(head->table.used, 3, "the record is counted");
    ngx_apigw_zone_format_sum(image);
    is_int(ngx_apigw_zone_format_check_records(image, &bad),
           NGX_APIGW_ZONE_FILE_OK, "closed");
    ((u_char *) meter)[NGX_APIGW_QUOTA_SIZE - 20] ^= 1;
    is_int(ngx_apigw_zone_format_check_records(image, &bad),
           NGX_APIGW_ZONE_FILE_SUM, "changed behind our back");

    free(image);
}


static void *
work(void *data)
{
    uint32_t  i;

    for (i = 0; i < ROUNDS; i++) {
        ngx_apigw_meter_add(&m, NOVEMBER + i / (ROUNDS / 4), 2, 3);
    }

    return data;
}


/* all come to each new month together, and none is lost */

static void
test_threads(void)
{
    uint32_t   i;
    pthread_t  tid[THREADS];

    fresh();

    for (i = 0; i < THREADS; i++) {
        pthread_create(&tid[i], NULL, work, NULL);
    }

    for (i = 0; i < THREADS; i++) {
        pthread_join(tid[i], NULL);
    }

    for (i = 0; i < 4; i++) {
        is_counts(NOVEMBER + i, THREADS * (ROUNDS / 4),
                  2 * THREADS * (ROUNDS / 4), 3 * THREADS * (ROUNDS / 4),
                  "threads");
    }
}


int
main(void)
{
    test_begin();
    test_months();
    test_increments();
    test_report();
    test_repair();
    test_threads();

    return done();
}
