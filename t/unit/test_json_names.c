
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_json_names.h"
#include "tap.h"


#define MANY  5000


static char  texts[MANY][8];


static ngx_int_t
add(ngx_apigw_json_names_t *names, ngx_uint_t i)
{
    ngx_str_t  name;

    name.data = (u_char *) texts[i];
    name.len = strlen(texts[i]);

    return ngx_apigw_json_names_add(names, &name);
}


/* each of the first n is new once, and then there */

static void
test_names(ngx_uint_t n)
{
    ngx_uint_t               i, fresh, known;
    ngx_pool_t              *pool;
    ngx_apigw_json_names_t   names;

    pool = ngx_create_pool(1024, NULL);
    ngx_apigw_json_names_init(&names, pool);

    fresh = 0;
    known = 0;

    for (i = 0; i < n; i++) {
        fresh += (add(&names, i) == NGX_OK);
        known += (add(&names, i / 2) == NGX_DECLINED);
    }

    for (i = 0; i < n; i++) {
        known += (add(&names, i) == NGX_DECLINED);
    }

    is_int(fresh, n, "new ones of %d", (int) n);
    is_int(known, 2 * n, "known ones of %d", (int) n);

    ngx_destroy_pool(pool);
}


static void
test_memory(void)
{
    ngx_uint_t               i;
    ngx_pool_t              *pool;
    ngx_apigw_json_names_t   names;

    pool = ngx_create_pool(1024, NULL);
    ngx_apigw_json_names_init(&names, pool);

    for (i = 0; i < NGX_APIGW_JSON_NAMES_FEW; i++) {
        (void) add(&names, i);
    }

    ngx_stub_fail(0);
    is_int(add(&names, i), NGX_ERROR, "no memory");
    ngx_stub_fail(-1);

    ngx_destroy_pool(pool);
}


int
main(void)
{
    ngx_uint_t  i;

    for (i = 1; i < MANY; i++) {
        sprintf(texts[i], "%x", (int) i);
    }

    for (i = 1; i < 70; i++) {
        test_names(i);
    }

    test_names(MANY);
    test_memory();

    return done();
}
