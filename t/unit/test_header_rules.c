
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_event.h"
#include "ngx_apigw_router.h"
#include "tap.h"


#define PASS   NGX_APIGW_HEADER_PASS
#define DROP   NGX_APIGW_HEADER_DROP
#define REMAP  NGX_APIGW_HEADER_REMAP


/* Lambda, of REST APIs: request, response; of HTTP APIs: request, response */

static const struct {
    const char  *name;
    ngx_uint_t   want[4];
} rows[] = {
    { "Age", { PASS, PASS, PASS, PASS } },
    { "Accept", { PASS, PASS, PASS, PASS } },
    { "Accept-Charset", { PASS, PASS, PASS, PASS } },
    { "Accept-Encoding", { PASS, PASS, PASS, PASS } },
    { "Authorization", { PASS, REMAP, PASS, PASS } },
    { "Connection", { DROP, REMAP, DROP, DROP } },
    { "Content-Encoding", { PASS, PASS, PASS, PASS } },
    { "Content-Length", { DROP, REMAP, PASS, DROP } },
    { "Content-MD5", { DROP, REMAP, PASS, PASS } },
    { "Content-Type", { PASS, PASS, PASS, PASS } },
    { "Date", { PASS, REMAP, PASS, DROP } },
    { "Expect", { DROP, DROP, PASS, PASS } },
    { "Host", { PASS, DROP, PASS, PASS } },
    { "Max-Forwards", { DROP, REMAP, PASS, PASS } },
    { "Pragma", { PASS, PASS, PASS, PASS } },
    { "Proxy-Authenticate", { DROP, DROP, DROP, DROP } },
    { "Range", { PASS, PASS, PASS, PASS } },
    { "Referer", { PASS, PASS, PASS, PASS } },
    { "Server", { DROP, REMAP, PASS, DROP } },
    { "TE", { DROP, DROP, DROP, DROP } },
    { "Transfer-Encoding", { DROP, DROP, DROP, DROP } },
    { "Trailer", { DROP, DROP, DROP, DROP } },
    { "Upgrade", { DROP, DROP, DROP, DROP } },
    { "User-Agent", { PASS, REMAP, PASS, PASS } },
    { "Via", { PASS, DROP, PASS, DROP } },
    { "Warn", { PASS, PASS, PASS, PASS } },
    { "WWW-Authenticate", { DROP, REMAP, PASS, PASS } },

    { "Keep-Alive", { PASS, DROP, DROP, DROP } },
    { "Proxy-Connection", { PASS, DROP, DROP, DROP } },
    { "Proxy-Authorization", { PASS, PASS, DROP, DROP } },

    { "x-amzn-RequestId", { PASS, REMAP, PASS, PASS } },
    { "X-Amzn-Trace-Id", { PASS, DROP, PASS, PASS } },
    { "x-amz-apigw-id", { PASS, DROP, PASS, DROP } },
    { "apigw-requestid", { PASS, DROP, PASS, DROP } },

    { "X-Accel-Redirect", { PASS, PASS, PASS, PASS } },
    { "Set-Cookie", { PASS, PASS, PASS, PASS } },
    { "", { PASS, PASS, PASS, PASS } },
    { "T", { PASS, PASS, PASS, PASS } },
    { "TEE", { PASS, PASS, PASS, PASS } },
    { "Dat", { PASS, PASS, PASS, PASS } },
    { "Connectiom", { PASS, PASS, PASS, PASS } }
};


int
main(void)
{
    u_char      *copy;
    size_t       i, k, c;
    ngx_str_t    name;
    ngx_uint_t   got[4];

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        name.len = strlen(rows[i].name);
        copy = malloc(name.len ? name.len : 1);
        name.data = copy;

        /* as it is written, in lower case, in upper case */

        for (c = 0; c < 3; c++) {

            for (k = 0; k < name.len; k++) {
                copy[k] = (u_char) rows[i].name[k];
                copy[k] = (c == 1) ? ngx_tolower(copy[k])
                          : (c == 2) ? ngx_toupper(copy[k]) : copy[k];
            }

            got[0] = ngx_apigw_header_request(NGX_APIGW_REST, &name);
            got[1] = ngx_apigw_header_response(NGX_APIGW_REST, &name);
            got[2] = ngx_apigw_header_request(NGX_APIGW_HTTP, &name);
            got[3] = ngx_apigw_header_response(NGX_APIGW_HTTP, &name);

            is_mem(got, rows[i].want, sizeof(got), "%.*s", (int) name.len,
                   name.len ? (char *) copy : "no name");
        }

        free(copy);
    }

    return done();
}
