
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "tap.h"
#include "ngx_apigw_table.h"

#include <stddef.h>
#include <stdio.h>


#define ROOM  64


typedef struct {
    ngx_apigw_record_t   record;
    ngx_atomic_t         count;
    ngx_atomic_t         check;
} test_record_t;


static ngx_apigw_table_head_t  head;
static test_record_t           records[ROOM];
static ngx_apigw_table_t       table;
static const u_char            seed[NGX_APIGW_SIPHASH_KEY_LEN] = "0123456789";


static void
fresh(ngx_uint_t capacity, size_t check, unsigned keep)
{
    memset(&head, 0, sizeof(head));
    memset(records, 0, sizeof(records));
    memset(&table, 0, sizeof(table));

    ngx_apigw_table_format(&head, sizeof(test_record_t), capacity, seed);

    table.head = &head;
    table.records = (u_char *) records;
    table.check = check;
    table.keep = keep;
}


static uint32_t
claim(ngx_uint_t n, ngx_uint_t generation)
{
    int     len;
    u_char  name[32];

    len = snprintf((char *) name, sizeof(name), "record %lu",
                   (unsigned long) n);

    return ngx_apigw_table_claim(&table, name, (size_t) len, generation);
}


/* claims the records from first on, and counts those that were refused */

static ngx_uint_t
load(ngx_uint_t first, ngx_uint_t n, ngx_uint_t oldest, ngx_uint_t generation)
{
    ngx_uint_t  i, refused;

    if (ngx_apigw_table_open(&table, oldest) != NGX_OK) {
        ngx_apigw_table_close(&table);
        return n;
    }

    refused = 0;

    for (i = 0; i < n; i++) {
        if (claim(first + i, generation) == NGX_APIGW_TABLE_NONE) {
            refused++;
        }
    }

    ngx_apigw_table_close(&table);

    return refused;
}


static uint32_t
find(ngx_uint_t n, ngx_uint_t generation)
{
    uint32_t  found;

    (void) ngx_apigw_table_open(&table, 0);
    found = claim(n, generation);
    ngx_apigw_table_close(&table);

    return found;
}


static void
test_claims(void)
{
    uint32_t  n, m;

    fresh(ROOM, 0, 0);

    is_int(ngx_apigw_table_valid(&head, sizeof(test_record_t)), NGX_OK,
           "the head is valid");
    is_int(ngx_apigw_table_valid(&head, 24), NGX_DECLINED,
           "not for another record");

    is_int(load(0, 3, 1, 1), 0, "three records");
    is_int(head.used, 3, "are used");

    n = find(1, 1);
    is_int(n, 1, "each has its number");
    records[n].count = 7;

    is_int(load(0, 3, 1, 2), 0, "again");
    is_int(head.used, 3, "takes no more");
    is_int(records[n].count, 7, "and keeps the state");
    is_int(records[n].record.generation, 2, "of the newer configuration");

    (void) ngx_apigw_table_open(&table, 2);
    n = claim(100, 2);
    m = claim(100, 2);
    ngx_apigw_table_close(&table);
    is_int(n, m, "twice in a configuration is once");
}


static void
test_reuse(void)
{
    fresh(8, 0, 0);

    is_int(load(0, 4, 1, 1), 0, "cells: four");
    records[0].count = 9;
    is_int(load(10, 4, 2, 2), 0, "four others, the former are free");
    is_int(head.used, 4, "are used again first");
    is_int(records[0].count, 0, "and start anew");

    is_int(load(20, 4, 2, 3), 0, "four more while the former live");
    is_int(head.used, 8, "are new");
    is_int(load(30, 1, 2, 4), 1, "then there is no room");
    is_int(load(30, 4, 3, 4), 0, "until a generation has gone");
    is_int(load(20, 4, 3, 4), 0, "which another may be in");
    is_int(load(40, 1, 4, 4), 1, "and all of this one live");
}


static void
test_keep(void)
{
    uint32_t  n;

    fresh(8, offsetof(test_record_t, check), 1);

    is_int(load(0, 4, 1, 1), 0, "quotas: four");
    records[2].count = 5;
    is_int(load(10, 4, 2, 2), 0, "four others");
    is_int(head.used, 8, "are new ones");

    n = find(2, 2);
    is_int(n, 2, "one that comes back is found");
    is_int(records[n].count, 5, "with its count");

    is_int(load(20, 3, 2, 2), 0, "then free ones are used again");
    is_int(load(30, 1, 2, 2), 1, "until none is left");
    is_int(find(2, 2), 2, "but not what came back");
    is_int(records[2].count, 5, "whose count is the same");
}


/* whatever a master that is killed leaves behind */

static void
test_killed(void)
{
    uint32_t  n;
    uint64_t  id[2];

    fresh(8, offsetof(test_record_t, check), 1);
    (void) load(0, 2, 1, 1);

    id[0] = records[1].record.id[0];
    id[1] = records[1].record.id[1];
    ok(records[1].check == ngx_apigw_table_check(&head, id),
       "a record has its check");

    records[1].check = 0;
    records[1].count = 3;
    n = find(1, 2);
    is_int(n, 2, "one without a check is not found");
    is_int(records[2].count, 0, "the new one is empty");

    is_int(load(10, 5, 3, 3), 0, "the last new ones");
    is_int(head.used, 8, "all are used");
    is_int(load(10, 5, 3, 3), 0, "and found");
    (void) load(1, 1, 3, 3);
    is_int(load(20, 2, 3, 3), 0, "two are free");
    is_int(load(30, 1, 3, 3), 1, "and no more");
    is_int(records[1].count, 0, "it starts anew");

    id[0] = records[1].record.id[0];
    id[1] = records[1].record.id[1];
    ok(records[1].check == ngx_apigw_table_check(&head, id),
       "with a check");

    /* counted as used, never written */

    fresh(8, offsetof(test_record_t, check), 1);
    head.used = 1;
    is_int(find(5, 1), 1, "a record that was only counted");
    is_int(load(10, 7, 1, 1), 0, "is free");
    is_int(load(20, 1, 1, 1), 1, "and no more");
}


static void
test_memory(void)
{
    long  n;

    fresh(8, 0, 0);

    for (n = 0; n < 3; n++) {
        ngx_stub_fail(n);
        is_int(load(0, 1, 1, 1), 1, "allocation %ld fails", n);
    }

    ngx_stub_fail(-1);
    is_int(load(0, 1, 1, 1), 0, "none fails");
}


int
main(void)
{
    test_claims();
    test_reuse();
    test_keep();
    test_killed();
    test_memory();

    return done();
}
