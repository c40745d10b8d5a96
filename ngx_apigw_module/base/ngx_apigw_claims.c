
/*
 * Copyright (C) ngx_apigw contributors
 */


/* RFC 7519, 4.1; RFC 8693, 4.2 */

#include "ngx_apigw_claims.h"


static ngx_int_t ngx_apigw_claims_string(ngx_apigw_json_t *root,
    const char *name, size_t len, ngx_str_t *value);
static ngx_int_t ngx_apigw_claims_seconds(ngx_apigw_json_t *root,
    const char *name, size_t len, ngx_uint_t up, int64_t *value);
static ngx_int_t ngx_apigw_claims_strings(ngx_apigw_json_t *value);
static ngx_uint_t ngx_apigw_claims_same(ngx_str_t *a, ngx_str_t *b);
static ngx_uint_t ngx_apigw_claims_has(ngx_apigw_json_t *value,
    ngx_str_t *text, ngx_uint_t scalars);
static ngx_uint_t ngx_apigw_claims_word(ngx_str_t *words, ngx_str_t *word);
static ngx_uint_t ngx_apigw_claims_like(ngx_str_t *claim, ngx_str_t *name);
static ngx_uint_t ngx_apigw_claims_plain(ngx_str_t *text, size_t i);


#define ngx_apigw_claims_get_string(root, name, value)                       \
    ngx_apigw_claims_string(root, name, sizeof(name) - 1, value)

#define ngx_apigw_claims_get_seconds(root, name, up, value)                  \
    ngx_apigw_claims_seconds(root, name, sizeof(name) - 1, up, value)


ngx_int_t
ngx_apigw_claims_read(ngx_apigw_claims_t *claims, ngx_apigw_json_t *root,
    const char **reason)
{
    claims->root = root;

    if (root->type != NGX_APIGW_JSON_OBJECT) {
        *reason = "the claims are not an object";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_string(root, "iss", &claims->iss) != NGX_OK) {
        *reason = "claim iss is not a string";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_string(root, "sub", &claims->sub) != NGX_OK) {
        *reason = "claim sub is not a string";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_string(root, "jti", &claims->jti) != NGX_OK) {
        *reason = "claim jti is not a string";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_string(root, "client_id", &claims->client_id)
        != NGX_OK)
    {
        *reason = "claim client_id is not a string";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_strings(ngx_apigw_json_get(root, "aud")) != NGX_OK) {
        *reason = "claim aud is not a string or a list of strings";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_seconds(root, "exp", 0, &claims->exp) != NGX_OK) {
        *reason = "claim exp is not a time";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_seconds(root, "nbf", 1, &claims->nbf) != NGX_OK) {
        *reason = "claim nbf is not a time";
        return NGX_DECLINED;
    }

    if (ngx_apigw_claims_get_seconds(root, "iat", 1, &claims->iat) != NGX_OK) {
        *reason = "claim iat is not a time";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_claims_string(ngx_apigw_json_t *root, const char *name, size_t len,
    ngx_str_t *value)
{
    ngx_apigw_json_t  *member;

    ngx_str_set(value, "");

    member = ngx_apigw_json_member(root, name, len);

    if (member == NULL) {
        return NGX_OK;
    }

    if (member->type != NGX_APIGW_JSON_STRING) {
        return NGX_DECLINED;
    }

    *value = member->text;

    return NGX_OK;
}


/* RFC 7519, 2, "NumericDate" */

static ngx_int_t
ngx_apigw_claims_seconds(ngx_apigw_json_t *root, const char *name, size_t len,
    ngx_uint_t up, int64_t *value)
{
    ngx_apigw_json_t  *member;

    *value = NGX_APIGW_CLAIMS_NO_TIME;

    member = ngx_apigw_json_member(root, name, len);

    if (member == NULL) {
        return NGX_OK;
    }

    if (member->type == NGX_APIGW_JSON_INTEGER) {

        if (member->integer < 0
            || member->integer > NGX_APIGW_CLAIMS_MAX_TIME)
        {
            return NGX_DECLINED;
        }

        *value = member->integer;

        return NGX_OK;
    }

    if (member->type != NGX_APIGW_JSON_REAL
        || !(member->real >= 0
             && member->real <= (double) NGX_APIGW_CLAIMS_MAX_TIME))
    {
        return NGX_DECLINED;
    }

    *value = (int64_t) member->real;

    if (up && (double) *value < member->real) {
        (*value)++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_apigw_claims_strings(ngx_apigw_json_t *value)
{
    ngx_apigw_json_t  *item;

    if (value == NULL || value->type == NGX_APIGW_JSON_STRING) {
        return NGX_OK;
    }

    if (value->type != NGX_APIGW_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    for (item = value->first; item; item = item->next) {

        if (item->type != NGX_APIGW_JSON_STRING) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_claims_time(ngx_apigw_claims_t *claims, int64_t now, int64_t leeway,
    ngx_uint_t exp_required, const char **reason)
{
    if (claims->exp == NGX_APIGW_CLAIMS_NO_TIME) {

        if (exp_required) {
            *reason = "claim exp is missing";
            return NGX_DECLINED;
        }

    } else if (now >= claims->exp + leeway) {
        *reason = "the token has expired";
        return NGX_DECLINED;
    }

    if (claims->nbf != NGX_APIGW_CLAIMS_NO_TIME
        && claims->nbf > now + leeway)
    {
        *reason = "the token is not valid yet";
        return NGX_DECLINED;
    }

    if (claims->iat != NGX_APIGW_CLAIMS_NO_TIME
        && claims->iat > now + leeway)
    {
        *reason = "the token was issued in the future";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_apigw_claims_audience(ngx_apigw_claims_t *claims, ngx_str_t *audiences,
    ngx_uint_t n, const char **reason)
{
    ngx_uint_t         i, has;
    ngx_apigw_json_t  *aud;

    aud = ngx_apigw_json_get(claims->root, "aud");

    for (i = 0; i < n; i++) {

        if (aud == NULL) {
            has = claims->client_id.len
                  && ngx_apigw_claims_same(&claims->client_id, &audiences[i]);

        } else if (aud->type == NGX_APIGW_JSON_ARRAY) {
            has = ngx_apigw_claims_has(aud, &audiences[i], 0);

        } else {
            has = ngx_apigw_claims_same(&aud->text, &audiences[i]);
        }

        if (has) {
            return NGX_OK;
        }
    }

    *reason = "the token does not have a valid audience";

    return NGX_DECLINED;
}


ngx_uint_t
ngx_apigw_claims_scopes(ngx_apigw_claims_t *claims, ngx_str_t *scopes,
    ngx_uint_t n, ngx_uint_t all)
{
    ngx_uint_t         i, has;
    ngx_apigw_json_t  *scope;

    scope = ngx_apigw_json_get(claims->root, "scope");

    if (scope == NULL) {
        scope = ngx_apigw_json_get(claims->root, "scp");
    }

    for (i = 0; i < n; i++) {
        has = scope && ngx_apigw_claims_has(scope, &scopes[i], 0);

        if (has != (all ? 1 : 0)) {
            return has;
        }
    }

    return all ? 1 : 0;
}


ngx_uint_t
ngx_apigw_claims_obey(ngx_apigw_json_t *root, ngx_apigw_claim_rule_t *rule)
{
    ngx_uint_t         i, n, has, all;
    ngx_apigw_json_t  *value;

    value = ngx_apigw_json_pointer(root, &rule->pointer);

    if (value == NULL || rule->nvalues == 0) {
        return 0;
    }

    all = (rule->op == NGX_APIGW_CLAIM_CONTAINS);

    if (!all && value->type > NGX_APIGW_JSON_STRING) {
        return 0;
    }

    n = (rule->op == NGX_APIGW_CLAIM_EQUALS) ? 1 : rule->nvalues;

    for (i = 0; i < n; i++) {

        has = all ? ngx_apigw_claims_has(value, &rule->values[i], 1)
                  : ngx_apigw_claims_same(&value->text, &rule->values[i]);

        if (has != all) {
            return has;
        }
    }

    return all;
}


static ngx_uint_t
ngx_apigw_claims_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}


/*
 * whether a list has an item, a string, or with scalars any scalar, of this
 * text; or a string has the word
 */

static ngx_uint_t
ngx_apigw_claims_has(ngx_apigw_json_t *value, ngx_str_t *text,
    ngx_uint_t scalars)
{
    ngx_apigw_json_t  *item;

    if (value->type == NGX_APIGW_JSON_STRING) {
        return ngx_apigw_claims_word(&value->text, text);
    }

    if (value->type != NGX_APIGW_JSON_ARRAY) {
        return 0;
    }

    for (item = value->first; item; item = item->next) {

        if (item->type > NGX_APIGW_JSON_STRING
            || (!scalars && item->type != NGX_APIGW_JSON_STRING))
        {
            continue;
        }

        if (ngx_apigw_claims_same(&item->text, text)) {
            return 1;
        }
    }

    return 0;
}


/* RFC 6749, 3.3 */

static ngx_uint_t
ngx_apigw_claims_word(ngx_str_t *words, ngx_str_t *word)
{
    u_char     *last;
    ngx_str_t   next;

    next.data = words->data;
    last = words->data + words->len;

    while (next.data < last) {
        next.len = 0;

        while (next.data + next.len < last && next.data[next.len] != ' ') {
            next.len++;
        }

        if (next.len && ngx_apigw_claims_same(&next, word)) {
            return 1;
        }

        next.data += next.len + 1;
    }

    return 0;
}


ngx_apigw_json_t *
ngx_apigw_claims_named(ngx_apigw_json_t *root, ngx_str_t *name)
{
    ngx_apigw_json_t  *member, *found;

    found = ngx_apigw_json_member(root, (char *) name->data, name->len);

    if (found || root->type != NGX_APIGW_JSON_OBJECT) {
        return found;
    }

    for (member = root->first; member; member = member->next) {

        if (!ngx_apigw_claims_like(&member->name, name)) {
            continue;
        }

        if (found) {
            return NULL;
        }

        found = member;
    }

    return found;
}


static ngx_uint_t
ngx_apigw_claims_like(ngx_str_t *claim, ngx_str_t *name)
{
    u_char  c;
    size_t  i, n;

    for (i = 0, n = 0; i < claim->len; i++) {
        c = claim->data[i];

        if (c >= 0x80 && c < 0xc0) {
            continue;    /* of a character that began before */
        }

        c = ngx_tolower(c);

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
            c = '_';
        }

        if (n == name->len || name->data[n] != c) {
            return 0;
        }

        n++;
    }

    return n == name->len;
}


ngx_int_t
ngx_apigw_claims_text(ngx_apigw_json_t *value, ngx_pool_t *pool,
    ngx_str_t *text)
{
    u_char  *p, c;
    size_t   i, n;

    static const u_char  hex[] = "0123456789ABCDEF";

    if (value->type > NGX_APIGW_JSON_STRING) {
        return ngx_apigw_json_print(value, pool, text);
    }

    if (value->type == NGX_APIGW_JSON_NULL) {
        ngx_str_set(text, "");
        return NGX_OK;
    }

    *text = value->text;

    for (n = 0, i = 0; i < text->len; i++) {
        n += !ngx_apigw_claims_plain(text, i);
    }

    if (n == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, text->len + 2 * n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (i = 0; i < value->text.len; i++) {
        c = value->text.data[i];

        if (ngx_apigw_claims_plain(&value->text, i)) {
            *p++ = c;
            continue;
        }

        *p++ = '%';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 0xf];
    }

    text->len = p - text->data;

    return NGX_OK;
}


/* what headers show as it is; blanks at the ends get lost there */

static ngx_uint_t
ngx_apigw_claims_plain(ngx_str_t *text, size_t i)
{
    u_char  c;

    c = text->data[i];

    if (c == ' ') {
        return i != 0 && i != text->len - 1;
    }

    return c > 0x20 && c < 0x7f && c != '%';
}
