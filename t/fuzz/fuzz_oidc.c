
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * A discovery document, after its issuer and a line end.  What is taken from
 * it is what another look at its JSON finds; the document of the issuer's own
 * URL is well formed.
 */

#include "ngx_apigw_oidc.h"
#include "ngx_apigw_json.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_url(ngx_str_t *issuer, ngx_pool_t *pool)
{
    ngx_int_t  rc;
    ngx_str_t  url;

    static const char  path[] = "/.well-known/openid-configuration";

    rc = ngx_apigw_oidc_url(issuer, &url, pool);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED);
        check(memchr(issuer->data, '?', issuer->len)
              || memchr(issuer->data, '#', issuer->len));
        return;
    }

    check(url.len >= sizeof(path) - 1);
    check(url.len - (sizeof(path) - 1) + 1 >= issuer->len);
    check(url.len - (sizeof(path) - 1) <= issuer->len);
    check(memcmp(url.data, issuer->data, url.len - (sizeof(path) - 1)) == 0);
    check(memcmp(url.data + url.len - (sizeof(path) - 1), path,
                 sizeof(path) - 1)
          == 0);
}


/* there is exactly one text of this name */

static ngx_apigw_json_t *
fuzz_text(ngx_apigw_json_t *object, const char *name)
{
    ngx_apigw_json_t  *member, *found;

    found = NULL;

    for (member = object->first; member; member = member->next) {

        if (member->name.len == strlen(name)
            && memcmp(member->name.data, name, member->name.len) == 0)
        {
            check(found == NULL);
            found = member;
        }
    }

    return (found && found->type == NGX_APIGW_JSON_STRING) ? found : NULL;
}


static void
fuzz_document(ngx_str_t *text, ngx_str_t *issuer, ngx_pool_t *pool)
{
    ngx_int_t          rc, json;
    ngx_str_t          jwks;
    const char        *reason, *why;
    ngx_apigw_json_t  *document, *iss, *uri;

    reason = NULL;

    json = ngx_apigw_json_parse(&document, text, 16, pool, &why);
    rc = ngx_apigw_oidc_parse(text, issuer, &jwks, pool, &reason);

    check(rc == NGX_OK || (rc == NGX_DECLINED && reason));

    iss = NULL;
    uri = NULL;

    if (json == NGX_OK && document->type == NGX_APIGW_JSON_OBJECT) {
        iss = fuzz_text(document, "issuer");
        uri = fuzz_text(document, "jwks_uri");
    }

    if (iss == NULL
        || uri == NULL
        || uri->text.len == 0
        || iss->text.len != issuer->len
        || memcmp(iss->text.data, issuer->data, issuer->len) != 0)
    {
        check(rc == NGX_DECLINED);
        return;
    }

    check(rc == NGX_OK);
    check(jwks.len == uri->text.len);
    check(memcmp(jwks.data, uri->text.data, jwks.len) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char      *copy, *p;
    ngx_str_t    issuer, text;
    ngx_pool_t  *pool;

    /* each in a block of its own size */

    copy = memcpy(malloc(size + 1), data, size);
    p = memchr(copy, '\n', size);

    issuer.len = p ? (size_t) (p - copy) : 0;
    issuer.data = memcpy(malloc(issuer.len + 1), copy, issuer.len);

    text.len = p ? size - issuer.len - 1 : size;
    text.data = malloc(text.len + 1);
    memcpy(text.data, data + size - text.len, text.len);

    free(copy);

    pool = ngx_create_pool(0, NULL);

    fuzz_url(&issuer, pool);
    fuzz_document(&text, &issuer, pool);

    ngx_destroy_pool(pool);

    free(issuer.data);
    free(text.data);

    return 0;
}
