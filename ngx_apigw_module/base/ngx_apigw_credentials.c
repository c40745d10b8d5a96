
/*
 * Copyright (C) ngx_apigw contributors
 */


/* the shared credentials file (AWS SDKs and Tools Reference Guide) */

#include "ngx_apigw_sigv4.h"
#include "ngx_apigw_text.h"


/* IAM: at most 128 and 40 in fact; of a token AWS gives no number */
#define NGX_APIGW_CREDENTIALS_MAX_ID      128
#define NGX_APIGW_CREDENTIALS_MAX_SECRET  256
#define NGX_APIGW_CREDENTIALS_MAX_TOKEN   8192

#define ngx_apigw_credentials_blank(c)  ((c) == ' ' || (c) == '\t')


typedef struct {
    ngx_apigw_credentials_t  *credentials;
    ngx_str_t                *profile;
    ngx_uint_t                line;
    ngx_uint_t                named;     /* a "[...]" was there */
    ngx_uint_t                inside;    /* this is the profile */
    ngx_uint_t                found;     /* line of its "[...]" */
} ngx_apigw_credentials_file_t;


static const char *ngx_apigw_credentials_line(
    ngx_apigw_credentials_file_t *file, ngx_str_t *line);
static const char *ngx_apigw_credentials_profile(
    ngx_apigw_credentials_file_t *file, ngx_str_t *line);
static const char *ngx_apigw_credentials_value(
    ngx_apigw_credentials_file_t *file, ngx_str_t *name, ngx_str_t *value);
static void ngx_apigw_credentials_trim(ngx_str_t *s);
static ngx_uint_t ngx_apigw_credentials_graphic(ngx_str_t *s);


static ngx_str_t  ngx_apigw_credentials_id = ngx_string("aws_access_key_id");
static ngx_str_t  ngx_apigw_credentials_secret =
    ngx_string("aws_secret_access_key");
static ngx_str_t  ngx_apigw_credentials_token =
    ngx_string("aws_session_token");
static ngx_str_t  ngx_apigw_credentials_default = ngx_string("default");


ngx_int_t
ngx_apigw_credentials_parse(ngx_apigw_credentials_t *credentials,
    ngx_str_t *text, ngx_str_t *profile, const char **reason,
    ngx_uint_t *line)
{
    u_char                        *p, *end, *last;
    ngx_str_t                      s;
    ngx_apigw_credentials_file_t   file;

    ngx_memzero(credentials, sizeof(ngx_apigw_credentials_t));
    ngx_memzero(&file, sizeof(ngx_apigw_credentials_file_t));

    file.credentials = credentials;
    file.profile = profile->len ? profile : &ngx_apigw_credentials_default;

    p = text->data;
    last = p + text->len;

    if (text->len >= 3 && ngx_memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for ( /* void */ ; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            end = last;
        }

        s.len = end - p;
        s.data = p;

        if (s.len && p[s.len - 1] == '\r') {
            s.len--;
        }

        file.line++;
        *line = file.line;

        *reason = ngx_apigw_credentials_line(&file, &s);

        if (*reason) {
            return NGX_DECLINED;
        }
    }

    *line = file.found;

    if (file.found == 0) {
        *reason = "there is no such profile, which begins with \"[name]\"";
        return NGX_DECLINED;
    }

    *reason = ngx_apigw_credentials_check(credentials);

    return *reason ? NGX_DECLINED : NGX_OK;
}


static const char *
ngx_apigw_credentials_line(ngx_apigw_credentials_file_t *file,
    ngx_str_t *line)
{
    size_t      i;
    u_char     *equal;
    ngx_str_t   name, value;

    for (i = 0; i < line->len; i++) {

        if ((line->data[i] < 0x20 && line->data[i] != '\t')
            || line->data[i] == 0x7f)
        {
            return "a control character";
        }
    }

    ngx_apigw_credentials_trim(line);

    if (line->len == 0 || line->data[0] == '#' || line->data[0] == ';') {
        return NULL;
    }

    if (line->data[0] == '[') {
        return ngx_apigw_credentials_profile(file, line);
    }

    equal = ngx_strlchr(line->data, line->data + line->len, '=');

    if (equal == NULL || equal == line->data) {
        return "it is neither \"[profile]\" nor \"name = value\" nor a"
               " comment, which begins with \"#\"";
    }

    if (!file->named) {
        return "a value in no profile: a line \"[name]\" has to be before it";
    }

    if (!file->inside) {
        return NULL;
    }

    name.data = line->data;
    name.len = equal - line->data;

    value.data = equal + 1;
    value.len = line->data + line->len - value.data;

    ngx_apigw_credentials_trim(&name);
    ngx_apigw_credentials_trim(&value);

    return ngx_apigw_credentials_value(file, &name, &value);
}


static const char *
ngx_apigw_credentials_profile(ngx_apigw_credentials_file_t *file,
    ngx_str_t *line)
{
    ngx_str_t  name;

    if (line->data[line->len - 1] != ']') {
        return "a profile does not end with \"]\"";
    }

    name.data = line->data + 1;
    name.len = line->len - 2;

    ngx_apigw_credentials_trim(&name);

    if (name.len == 0) {
        return "a profile has no name: \"[name]\" would be right";
    }

    file->named = 1;

    file->inside = (name.len == file->profile->len
                    && ngx_memcmp(name.data, file->profile->data, name.len)
                       == 0);

    if (!file->inside) {
        return NULL;
    }

    if (file->found) {
        return "the profile stands twice in the file";
    }

    file->found = file->line;

    return NULL;
}


static const char *
ngx_apigw_credentials_value(ngx_apigw_credentials_file_t *file,
    ngx_str_t *name, ngx_str_t *value)
{
    ngx_str_t  *dst;

    if (ngx_apigw_text_same(name, &ngx_apigw_credentials_id)) {
        dst = &file->credentials->key_id;

    } else if (ngx_apigw_text_same(name, &ngx_apigw_credentials_secret)) {
        dst = &file->credentials->secret;

    } else if (ngx_apigw_text_same(name, &ngx_apigw_credentials_token)) {
        dst = &file->credentials->token;

    } else {
        return NULL;
    }

    if (dst->data) {
        return "it stands twice in the profile";
    }

    if (value->len == 0) {
        return "a value is missing after \"=\"";
    }

    if (value->data[0] == '"' || value->data[0] == '\'') {
        return "a value in quotes, which would be part of it";
    }

    if (!ngx_apigw_credentials_graphic(value)) {
        return "a value has blanks or characters that are not ASCII, a"
               " comment has to be a line of its own";
    }

    *dst = *value;

    return NULL;
}


static void
ngx_apigw_credentials_trim(ngx_str_t *s)
{
    while (s->len && ngx_apigw_credentials_blank(s->data[0])) {
        s->data++;
        s->len--;
    }

    while (s->len && ngx_apigw_credentials_blank(s->data[s->len - 1])) {
        s->len--;
    }
}


static ngx_uint_t
ngx_apigw_credentials_graphic(ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] <= 0x20 || s->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


const char *
ngx_apigw_credentials_check(ngx_apigw_credentials_t *credentials)
{
    ngx_str_t  *id, *secret;

    id = &credentials->key_id;
    secret = &credentials->secret;

    if (id->len == 0) {
        return "there is no access key id, \"aws_access_key_id\"";
    }

    if (secret->len == 0) {
        return "there is no secret access key, \"aws_secret_access_key\"";
    }

    if (id->len > NGX_APIGW_CREDENTIALS_MAX_ID
        || secret->len > NGX_APIGW_CREDENTIALS_MAX_SECRET
        || credentials->token.len > NGX_APIGW_CREDENTIALS_MAX_TOKEN)
    {
        return "they are too long: 128 bytes of an access key id, 256 of a"
               " secret access key, 8192 of a session token are the most";
    }

    if (!ngx_apigw_credentials_graphic(id)
        || !ngx_apigw_credentials_graphic(secret)
        || !ngx_apigw_credentials_graphic(&credentials->token))
    {
        return "they have blanks, control characters or characters that are"
               " not ASCII";
    }

    /* both are between parts of the header */

    if (ngx_strlchr(id->data, id->data + id->len, '/')
        || ngx_strlchr(id->data, id->data + id->len, ','))
    {
        return "an access key id has no \"/\" and no \",\": is it the secret"
               " access key?";
    }

    /* IAM User Guide, unique identifiers */

    if (id->len == 20 && ngx_memcmp(id->data, "ASIA", 4) == 0
        && credentials->token.len == 0)
    {
        return "the access key id, \"ASIA...\", is of a session: there is no"
               " session token, \"aws_session_token\"";
    }

    return NULL;
}
