
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_statement.h"
#include "ngx_apigw_usage.h"
#include "tap.h"


static ngx_apigw_pricing_t  pricing;


/* each part in memory of its own length, for the sanitizer */

static void
is_statement(ngx_apigw_statement_t *s, ngx_uint_t nkeys, const char **names,
    const ngx_apigw_meter_counts_t *counts, const char *want)
{
    u_char      *p, *last;
    size_t       len;
    char         text[16384];
    ngx_str_t    id, got;
    ngx_uint_t   i;

    got.data = (u_char *) text;
    got.len = 0;
    s->nkeys = 0;
    s->total = 0;

    for (i = 0; i <= nkeys + 1; i++) {

        if (i && i <= nkeys) {
            id.data = (u_char *) names[i - 1];
            id.len = strlen(names[i - 1]);
        }

        len = (i == 0) ? ngx_apigw_statement_head_len(s)
              : (i <= nkeys) ? ngx_apigw_statement_key_len(s, &id)
              : ngx_apigw_statement_tail_len(s);

        p = malloc(len);

        if (i == 0) {
            ok(!ngx_apigw_statement_head(s, p, p + len - 1), "no room");
            last = ngx_apigw_statement_head(s, p, p + len);

        } else if (i <= nkeys) {
            ok(!ngx_apigw_statement_key(s, p, p + len - 1, &id,
                                        &counts[i - 1]), "no room");
            last = ngx_apigw_statement_key(s, p, p + len, &id,
                                           &counts[i - 1]);

        } else {
            ok(!ngx_apigw_statement_tail(s, p, p + len - 1), "no room");
            last = ngx_apigw_statement_tail(s, p, p + len);
        }

        memcpy(got.data + got.len, p, (size_t) (last - p));
        got.len += (size_t) (last - p);
        free(p);
    }

    is_nstr(&got, want, "a statement");
}


int
main(void)
{
    ngx_str_t              count, one, two;
    ngx_uint_t             i, kind;
    ngx_apigw_statement_t  s;

    static const char  *names[] = { "alice", "-bob" };

    static const ngx_apigw_meter_counts_t  counts[] = {
        { 3, 4, 1 << 30 }, { 0, 0, 0 }
    };

    static const ngx_apigw_meter_counts_t  most = {
        (uint64_t) 1 << 63, ((uint64_t) 1 << 63) - 1, ((uint64_t) 1 << 63) - 1
    };

    ngx_str_set(&count, "3");
    ngx_str_set(&one, "3.50");
    ngx_str_set(&two, "0.09");

    (void) ngx_apigw_pricing_tier(&pricing, 0, &count, &one);
    (void) ngx_apigw_pricing_tier(&pricing, 0, NULL, &two);
    (void) ngx_apigw_pricing_tier(&pricing, 1, NULL, &two);
    memcpy(pricing.currency, "USD", 3);

    memset(&s, 0, sizeof(s));

    ngx_str_set(&s.plan, "=gold \"1\"");
    ngx_str_set(&s.name, "@rest");
    s.pricing = &pricing;
    s.month = 682;

    is_statement(&s, 2, names, counts,
                 "{\"usagePlanId\":\"=gold \\\"1\\\"\","
                 "\"month\":\"2026-11\",\"pricing\":\"@rest\","
                 "\"currency\":\"USD\",\"items\":["
                 "{\"keyId\":\"alice\",\"requests\":3,\"billed\":4,"
                 "\"bytes\":1073741824,\"lines\":["
                 "{\"item\":\"requests\",\"tier\":1,\"quantity\":3,"
                 "\"unitPrice\":\"3.50\",\"amount\":\"0.0000105\"},"
                 "{\"item\":\"requests\",\"tier\":2,\"quantity\":1,"
                 "\"unitPrice\":\"0.09\",\"amount\":\"0.00000009\"},"
                 "{\"item\":\"transfer\",\"tier\":1,\"quantity\":1073741824,"
                 "\"unitPrice\":\"0.09\",\"amount\":\"0.09\"}],"
                 "\"total\":\"0.09001059\"},"
                 "{\"keyId\":\"-bob\",\"requests\":0,\"billed\":0,"
                 "\"bytes\":0,\"lines\":["
                 "{\"item\":\"requests\",\"tier\":1,\"quantity\":0,"
                 "\"unitPrice\":\"3.50\",\"amount\":\"0.00\"},"
                 "{\"item\":\"requests\",\"tier\":2,\"quantity\":0,"
                 "\"unitPrice\":\"0.09\",\"amount\":\"0.00\"},"
                 "{\"item\":\"transfer\",\"tier\":1,\"quantity\":0,"
                 "\"unitPrice\":\"0.09\",\"amount\":\"0.00\"}],"
                 "\"total\":\"0.00\"}],\"total\":\"0.09001059\"}");

    s.format = NGX_APIGW_USAGE_CSV;

    is_statement(&s, 1, names + 1, counts,
                 "usagePlanId,month,keyId,pricing,currency,item,tier,"
                 "quantity,unitPrice,amount\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,\"'-bob\",\"'@rest\",USD,"
                 "calls,,3,,\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,\"'-bob\",\"'@rest\",USD,"
                 "requests,1,3,3.50,0.0000105\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,\"'-bob\",\"'@rest\",USD,"
                 "requests,2,1,0.09,0.00000009\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,\"'-bob\",\"'@rest\",USD,"
                 "transfer,1,1073741824,0.09,0.09\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,\"'-bob\",\"'@rest\",USD,"
                 "total,,,,0.09001059\r\n"
                 "\"'=gold \"\"1\"\"\",2026-11,,\"'@rest\",USD,"
                 "page total,,,,0.09001059\r\n");

    /* the most that there can be: the sanitizer looks at the room */

    for (kind = 0; kind < NGX_APIGW_PRICE_KINDS; kind++) {
        pricing.kinds[kind].n = NGX_APIGW_PRICING_TIERS;

        for (i = 0; i < NGX_APIGW_PRICING_TIERS; i++) {
            pricing.kinds[kind].tiers[i].price = NGX_APIGW_PRICE_MAX - 1;
            pricing.kinds[kind].tiers[i].count = (uint64_t) 1 << 58;
        }

        pricing.kinds[kind].tiers[i - 1].count = 0;
    }

    for (s.format = 0; s.format < 2; s.format++) {
        u_char     *p, *last;
        size_t      len;
        ngx_str_t   id;

        ngx_str_set(&id, "\x01\x02\x03");

        len = ngx_apigw_statement_key_len(&s, &id);
        p = malloc(len);
        last = ngx_apigw_statement_key(&s, p, p + len, &id, &most);
        ok(last && last <= p + len, "there is room for the most");
        free(p);
    }

    return done();
}
