
/*
 * Copyright (C) ngx_apigw contributors
 */


/*
 * Claims and, after a line feed, a rule's pointer, a line feed and a word.
 * Whatever they are: times are in their bounds, what is good is good at the
 * time it says; an audience or a scope that is found is spelled out in the
 * claims; a value's text fits a header and, of strings, can be read back.
 */

#include "ngx_apigw_claims.h"


#define check(cond)  if (!(cond)) { abort(); }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void read_claims(ngx_apigw_json_t *root, ngx_str_t *word);
static void times(ngx_apigw_claims_t *claims);
static ngx_uint_t spelled(ngx_apigw_json_t *value, ngx_str_t *word);
static ngx_uint_t equal(ngx_str_t *text, u_char *p, size_t len);
static void rules(ngx_apigw_json_t *root, ngx_str_t *pointer,
    ngx_str_t *word);
static void texts(ngx_apigw_json_t *value, ngx_pool_t *pool);
static void text_of(ngx_apigw_json_t *value, ngx_pool_t *pool);
static void names(ngx_apigw_json_t *root, ngx_str_t *word);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char            *p, *last;
    ngx_str_t          text, pointer, word;
    ngx_pool_t        *pool;
    const char        *reason;
    ngx_apigw_json_t  *root;

    pool = ngx_create_pool(0, NULL);

    text.data = ngx_palloc(pool, size + 1);
    memcpy(text.data, size ? data : (const uint8_t *) "", size);
    last = text.data + size;

    p = memchr(text.data, '\n', size);
    text.len = (p ? p : last) - text.data;

    pointer.data = p ? p + 1 : last;
    p = memchr(pointer.data, '\n', last - pointer.data);
    pointer.len = (p ? p : last) - pointer.data;

    word.data = p ? p + 1 : last;
    word.len = last - word.data;

    if (ngx_apigw_json_parse(&root, &text, 16, pool, &reason) == NGX_OK) {
        read_claims(root, &word);
        rules(root, &pointer, &word);
        names(root, &word);
        texts(root, pool);
    }

    ngx_destroy_pool(pool);

    return 0;
}


static void
read_claims(ngx_apigw_json_t *root, ngx_str_t *word)
{
    ngx_int_t            rc;
    ngx_uint_t           any, all;
    const char          *reason;
    ngx_apigw_json_t    *value;
    ngx_apigw_claims_t   claims;

    reason = NULL;
    rc = ngx_apigw_claims_read(&claims, root, &reason);

    if (rc != NGX_OK) {
        check(rc == NGX_DECLINED && reason && !strpbrk(reason, "\"\\"));
        return;
    }

    check(root->type == NGX_APIGW_JSON_OBJECT && claims.root == root);

    times(&claims);

    value = ngx_apigw_json_get(root, "aud");

    if (ngx_apigw_claims_audience(&claims, word, 1, &reason) == NGX_OK) {

        if (value == NULL) {
            check(word->len && equal(word, claims.client_id.data,
                                     claims.client_id.len));

        } else if (value->type == NGX_APIGW_JSON_STRING) {
            check(equal(word, value->text.data, value->text.len));

        } else {
            check(spelled(value, word));
        }
    }

    any = ngx_apigw_claims_scopes(&claims, word, 1, 0);
    all = ngx_apigw_claims_scopes(&claims, word, 1, 1);
    check(any == all);

    value = ngx_apigw_json_get(root, "scope");

    if (value == NULL) {
        value = ngx_apigw_json_get(root, "scp");
    }

    check(any == (value != NULL && spelled(value, word)));
}


static void
times(ngx_apigw_claims_t *claims)
{
    int64_t      time;
    ngx_int_t    rc, i;
    const char  *reason;

    check(claims->exp >= -1 && claims->exp <= NGX_APIGW_CLAIMS_MAX_TIME);
    check(claims->nbf >= -1 && claims->nbf <= NGX_APIGW_CLAIMS_MAX_TIME);
    check(claims->iat >= -1 && claims->iat <= NGX_APIGW_CLAIMS_MAX_TIME);

    check(claims->exp != -1
          || ngx_apigw_claims_time(claims, 0, 300, 1, &reason)
             == NGX_DECLINED);

    for (i = 0; i < 9; i++) {
        time = (i < 3) ? claims->exp : (i < 6) ? claims->nbf : claims->iat;
        time += i % 3 - 1 + ((i < 3) ? 10 : -10);

        rc = ngx_apigw_claims_time(claims, time, 10, 0, &reason);

        check((rc == NGX_OK)
              == ((claims->exp == -1 || time < claims->exp + 10)
                  && (claims->nbf == -1 || claims->nbf <= time + 10)
                  && (claims->iat == -1 || claims->iat <= time + 10)));
    }
}


/* whether a list of strings has the word, or a string has it between blanks */

static ngx_uint_t
spelled(ngx_apigw_json_t *value, ngx_str_t *word)
{
    size_t             i;
    ngx_str_t         *s;
    ngx_apigw_json_t  *item;

    if (value->type == NGX_APIGW_JSON_ARRAY) {

        for (item = value->first; item; item = item->next) {

            if (item->type == NGX_APIGW_JSON_STRING
                && equal(word, item->text.data, item->text.len))
            {
                return 1;
            }
        }

        return 0;
    }

    s = &value->text;

    if (value->type != NGX_APIGW_JSON_STRING || word->len == 0
        || memchr(word->data, ' ', word->len))
    {
        return 0;
    }

    for (i = 0; i + word->len <= s->len; i++) {

        if (equal(word, s->data + i, word->len)
            && (i == 0 || s->data[i - 1] == ' ')
            && (i + word->len == s->len || s->data[i + word->len] == ' '))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
equal(ngx_str_t *text, u_char *p, size_t len)
{
    return text->len == len && memcmp(text->data, p, len) == 0;
}


static void
rules(ngx_apigw_json_t *root, ngx_str_t *pointer, ngx_str_t *word)
{
    ngx_uint_t               i, obeys[3];
    ngx_apigw_json_t        *value;
    ngx_apigw_claim_rule_t   rule;

    rule.pointer = *pointer;
    rule.values = word;

    value = ngx_apigw_json_pointer(root, pointer);

    for (i = 0; i < 3; i++) {
        rule.op = i;
        rule.nvalues = 0;
        check(ngx_apigw_claims_obey(root, &rule) == 0);

        rule.nvalues = 1;
        obeys[i] = ngx_apigw_claims_obey(root, &rule);
        check(obeys[i] == 0 || (obeys[i] == 1 && value));
    }

    check(obeys[NGX_APIGW_CLAIM_EQUALS] == obeys[NGX_APIGW_CLAIM_ONE_OF]);

    if (obeys[NGX_APIGW_CLAIM_EQUALS]) {
        check(value->type <= NGX_APIGW_JSON_STRING
              && equal(word, value->text.data, value->text.len));
    }

    if (obeys[NGX_APIGW_CLAIM_CONTAINS]) {
        check(value->type == NGX_APIGW_JSON_ARRAY || spelled(value, word));
    }
}


static void
texts(ngx_apigw_json_t *value, ngx_pool_t *pool)
{
    ngx_apigw_json_t  *child;

    text_of(value, pool);

    for (child = value->first; child; child = child->next) {
        texts(child, pool);
    }
}


static void
text_of(ngx_apigw_json_t *value, ngx_pool_t *pool)
{
    u_char     c;
    size_t     i, n;
    ngx_str_t  text;

    static const char  hex[] = "0123456789ABCDEF";

    check(ngx_apigw_claims_text(value, pool, &text) == NGX_OK);

    for (i = 0; i < text.len; i++) {
        check(text.data[i] >= 0x20 && text.data[i] < 0x7f);
    }

    if (value->type != NGX_APIGW_JSON_STRING) {
        return;
    }

    for (n = 0, i = 0; i < text.len; i++, n++) {
        c = text.data[i];

        if (c == '%') {
            check(i + 2 < text.len);
            c = (u_char) ((strchr(hex, text.data[i + 1]) - hex) << 4
                          | (strchr(hex, text.data[i + 2]) - hex));
            i += 2;
        }

        check(n < value->text.len && value->text.data[n] == c);
    }

    check(n == value->text.len);
}


static void
names(ngx_apigw_json_t *root, ngx_str_t *word)
{
    ngx_apigw_json_t  *value, *child;

    value = ngx_apigw_claims_named(root, word);

    check(value == NULL || root->type == NGX_APIGW_JSON_OBJECT);

    for (child = root->first; child; child = child->next) {

        if (root->type == NGX_APIGW_JSON_OBJECT) {
            check(ngx_apigw_claims_named(root, &child->name) == child);
        }
    }
}
