
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_pricing.h"
#include "tap.h"


#define MILLION  1000000ULL


static uint64_t  seed = 1;


static ngx_str_t *
str(const char *text)
{
    static ngx_uint_t  n;
    static ngx_str_t   s[4];

    n = (n + 1) % 4;
    s[n].data = (u_char *) text;
    s[n].len = strlen(text);

    return &s[n];
}


static uint64_t
dice(uint64_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return (seed >> 16) % n;
}


static void
test_prices(void)
{
    uint64_t    price;
    ngx_uint_t  i;

    static const struct {
        const char  *text;
        int64_t      price;
    } rows[] = {
        { "0", 0 }, { "3.50", 3500000 }, { "3.5", 3500000 },
        { "0.000001", 1 }, { "0.0000001", -1 }, { "1000000", 1000000000000 },
        { "1000000.000000", 1000000000000 }, { "1000000.000001", -1 },
        { "1000001", -1 }, { "00001", 1000000 }, { "", -1 }, { ".", -1 },
        { ".5", -1 }, { "5.", -1 }, { "1.2.3", -1 }, { "-1", -1 },
        { "+1", -1 }, { "1e3", -1 }, { "1,5", -1 }, { " 1", -1 },
        { "99999999999999999999999999", -1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        price = 42;

        is_int(ngx_apigw_price_parse(&price, str(rows[i].text)),
               rows[i].price < 0 ? NGX_ERROR : NGX_OK, "price \"%s\"",
               rows[i].text);
        is_int(price, rows[i].price < 0 ? 42 : rows[i].price, "its value");
    }
}


static void
test_quantities(void)
{
    uint64_t    n;
    ngx_uint_t  i;

    static const struct {
        const char  *text;
        int64_t      requests;
        int64_t      bytes;
    } rows[] = {
        { "1", 1, 1 }, { "333m", 333000000, 349175808 },
        { "2K", 2000, 2048 }, { "1g", -1, 1 << 30 },
        { "10t", -1, 10995116277760 }, { "0", -1, -1 }, { "0m", -1, -1 },
        { "m", -1, -1 }, { "", -1, -1 }, { "1.5m", -1, -1 },
        { "1mm", -1, -1 }, { "-1", -1, -1 }, { "1x", -1, -1 },
        { "4611686018427387904", 1LL << 62, 1LL << 62 },
        { "4611686018427387905", -1, -1 },
        { "4194304t", -1, 1LL << 62 }, { "4194305t", -1, -1 },
        { "99999999999999999999999", -1, -1 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        n = (uint64_t) -1;
        (void) ngx_apigw_quantity_parse(&n, str(rows[i].text),
                                        NGX_APIGW_PRICE_REQUESTS);
        is_int(n, rows[i].requests, "requests \"%s\"", rows[i].text);

        n = (uint64_t) -1;
        (void) ngx_apigw_quantity_parse(&n, str(rows[i].text),
                                        NGX_APIGW_PRICE_TRANSFER);
        is_int(n, rows[i].bytes, "bytes \"%s\"", rows[i].text);
    }
}


static void
is_amount(ngx_apigw_amount_t amount, const char *want)
{
    u_char     text[NGX_APIGW_AMOUNT_LEN];
    ngx_str_t  s;

    s.data = text;
    s.len = (size_t) (ngx_apigw_amount_print(text, amount) - text);

    is_nstr(&s, want, "amount %s", want);
}


static void
test_amounts(void)
{
    is_amount(0, "0.00");
    is_amount(1, "0.000000000001");
    is_amount(10, "0.00000000001");
    is_amount(1000000000000, "1.00");
    is_amount(1500000000000, "1.50");
    is_amount(1234567000000, "1.234567");
    is_amount(~(ngx_apigw_amount_t) 0,
              "340282366920938463463374607.431768211455");
}


static void
aws(ngx_apigw_pricing_t *p)
{
    memset(p, 0, sizeof(*p));

    ok(!ngx_apigw_pricing_tier(p, 0, str("333m"), str("3.50")), "333m");
    ok(!ngx_apigw_pricing_tier(p, 0, str("667m"), str("2.80")), "667m");
    ok(!ngx_apigw_pricing_tier(p, 0, str("19000m"), str("2.38")), "19000m");
    ok(ngx_apigw_pricing_finish(p) != NULL, "the last one is missing");
    ok(!ngx_apigw_pricing_tier(p, 0, NULL, str("1.51")), "the last one");
    ok(ngx_apigw_pricing_tier(p, 0, NULL, str("1.51")) != NULL, "no more");
    ok(!ngx_apigw_pricing_tier(p, 1, str("10t"), str("0.09")), "10t");
    ok(!ngx_apigw_pricing_tier(p, 1, NULL, str("0.085")), "all others");
    ok(!ngx_apigw_pricing_finish(p), "complete");
}


static void
is_bill(ngx_apigw_pricing_t *p, uint64_t requests, uint64_t bytes,
    const char *want)
{
    ngx_uint_t                n;
    ngx_apigw_meter_counts_t  counts;
    ngx_apigw_pricing_line_t  lines[NGX_APIGW_PRICING_LINES];

    counts.requests = 1;
    counts.increments = requests;
    counts.bytes = bytes;

    n = ngx_apigw_pricing_lines(p, &counts, lines);
    is_amount(ngx_apigw_pricing_total(lines, n), want);
}


static void
test_aws(void)
{
    ngx_apigw_pricing_t  p;

    aws(&p);

    is_bill(&p, 0, 0, "0.00");
    is_bill(&p, 1, 0, "0.0000035");
    is_bill(&p, MILLION, 0, "3.50");
    is_bill(&p, 333 * MILLION, 0, "1165.50");
    is_bill(&p, 333 * MILLION + 1, 0, "1165.5000028");
    is_bill(&p, 1000 * MILLION, 0, "3033.10");
    is_bill(&p, 20000 * MILLION, 0, "48253.10");
    is_bill(&p, 25000 * MILLION, 0, "55803.10");
    is_bill(&p, 0, 1ULL << 30, "0.09");
    is_bill(&p, 0, 10ULL << 40, "921.60");
    is_bill(&p, 0, 11ULL << 40, "1008.64");
    is_bill(&p, 0, 1, "0.000000000084");

    /* 5 million calls of 3 KB each */

    is_bill(&p, 5 * MILLION, 5 * MILLION * 3072, "18.787460327148");
}


/* half a unit is rounded up */

static void
test_round(void)
{
    ngx_apigw_pricing_t  p;

    memset(&p, 0, sizeof(p));
    (void) ngx_apigw_pricing_tier(&p, 1, NULL, str("0.000001"));

    is_bill(&p, 0, 536, "0.00");                 /* 0.4992 */
    is_bill(&p, 0, 537, "0.000000000001");       /* 0.5001 */

    (void) ngx_apigw_price_parse(&p.kinds[1].tiers[0].price,
                                 str("0.000512"));
    is_bill(&p, 0, 1ULL << 20, "0.0000005");     /* exact */
    is_bill(&p, 0, 1, "0.00");                   /* 0.4768 */

    (void) ngx_apigw_price_parse(&p.kinds[1].tiers[0].price,
                                 str("0.000064"));
    is_bill(&p, 0, 1ULL << 17, "0.000000007813");    /* 7812.5 */
}


static void
random_pricing(ngx_apigw_pricing_t *p)
{
    ngx_uint_t         i, kind;
    ngx_apigw_tier_t  *tier;

    memset(p, 0, sizeof(*p));

    for (kind = 0; kind < NGX_APIGW_PRICE_KINDS; kind++) {
        p->kinds[kind].n = dice(NGX_APIGW_PRICING_TIERS + 1);

        for (i = 0; i < p->kinds[kind].n; i++) {
            tier = &p->kinds[kind].tiers[i];
            tier->price = dice(dice(2) ? 100 : NGX_APIGW_PRICE_MAX + 1);
            tier->count = (i + 1 < p->kinds[kind].n)
                          ? 1 + dice(dice(2) ? 10 : 1ULL << 40) : 0;
        }
    }
}


static void
test_properties(void)
{
    ngx_uint_t                i, k, n, kind, bad;
    uint64_t                  q[NGX_APIGW_PRICE_KINDS];
    ngx_apigw_amount_t        total, sum, half;
    ngx_apigw_pricing_t       p;
    ngx_apigw_meter_counts_t  c, more;
    ngx_apigw_pricing_line_t  lines[NGX_APIGW_PRICING_LINES];

    bad = 0;

    for (i = 0; i < 20000; i++) {
        random_pricing(&p);

        c.requests = 0;
        c.increments = dice(dice(2) ? 200 : 1ULL << 47) << dice(16);
        c.bytes = dice(dice(2) ? 200 : 1ULL << 47) << dice(16);

        n = ngx_apigw_pricing_lines(&p, &c, lines);
        total = ngx_apigw_pricing_total(lines, n);

        memset(q, 0, sizeof(q));

        for (sum = 0, k = 0; k < n; k++) {
            sum += lines[k].amount;
            q[lines[k].kind] += lines[k].quantity;

            if (lines[k].kind == NGX_APIGW_PRICE_REQUESTS) {
                bad += (lines[k].amount / ngx_max(lines[k].price, 1)
                        != (lines[k].price ? lines[k].quantity : 0));
                continue;
            }

            /* within half a unit of the true one */

            half = (ngx_apigw_amount_t) lines[k].quantity * lines[k].price
                   * 1000000;
            bad += (lines[k].amount << 30) > half + (1 << 29);
            bad += (lines[k].amount << 30) + (1 << 29) <= half;
        }

        bad += (sum != total);

        for (kind = 0; kind < NGX_APIGW_PRICE_KINDS; kind++) {
            bad += (p.kinds[kind].n
                    && q[kind] != (kind ? c.bytes : c.increments));
        }

        /* who uses more does not pay less */

        more = c;
        more.increments += dice(1000);
        more.bytes += dice(1000);

        n = ngx_apigw_pricing_lines(&p, &more, lines);
        bad += (ngx_apigw_pricing_total(lines, n) < total);
    }

    is_int(bad, 0, "sums, quantities, rounding, and no less for more");
}


static void
test_currency(void)
{
    ngx_apigw_pricing_t  p;

    is_int(ngx_apigw_pricing_currency(&p, str("EUR")), NGX_OK, "EUR");
    is_mem(p.currency, "EUR", 3, "it is set");
    is_int(ngx_apigw_pricing_currency(&p, str("eur")), NGX_ERROR, "eur");
    is_int(ngx_apigw_pricing_currency(&p, str("EURO")), NGX_ERROR, "EURO");
    is_int(ngx_apigw_pricing_currency(&p, str("")), NGX_ERROR, "none");
}


int
main(void)
{
    test_prices();
    test_quantities();
    test_amounts();
    test_aws();
    test_round();
    test_properties();
    test_currency();

    return done();
}
