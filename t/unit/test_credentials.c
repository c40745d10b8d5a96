
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_sigv4.h"
#include "tap.h"


#define count(a)  (sizeof(a) / sizeof((a)[0]))

#define KEY       "aws_access_key_id = AKIDEXAMPLE\n" \
                  "aws_secret_access_key = wJalr/K7+bPx\n"


typedef struct {
    const char  *name;
    const char  *text;
    const char  *profile;
    const char  *secret;         /* NULL: refused */
    const char  *token;          /* or the reason */
    ngx_uint_t   line;
} test_t;


static const test_t  tests[] = {

    { "one profile", "[default]\n" KEY, "", "wJalr/K7+bPx", "", 0 },

    { "no line feed at the end",
      "[default]\naws_access_key_id=A\naws_secret_access_key=S", "default",
      "S", "", 0 },

    { "the second one",
      "[default]\n" KEY "\n[prod]\naws_access_key_id = B\n"
      "aws_secret_access_key = T==\naws_session_token = U/+=\n", "prod",
      "T==", "U/+=", 0 },

    { "the first one",
      "[prod]\naws_access_key_id = B\naws_secret_access_key = T\n"
      "[default]\n" KEY, "prod", "T", "", 0 },

    { "a byte order mark, CR LF, comments and blanks",
      "\xef\xbb\xbf# mine\r\n\r\n  ; too\r\n\t[ a ]\t\r\n"
      "AWS_Access_Key_Id\t=\tA \r\n"
      "   aws_secret_access_key=S\r\n # end", "a", "S", "", 0 },

    { "unknown keys",
      "[default]\nregion = eu-central-1\n" KEY "s3 =\n  max = 5\nx = \"a b\"",
      "", "wJalr/K7+bPx", "", 0 },

    { "another profile is not looked into",
      "[a]\naws_access_key_id =\naws_access_key_id = a b\n[default]\n" KEY,
      "", "wJalr/K7+bPx", "", 0 },

    { "a session", "[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
      "aws_secret_access_key = S\naws_session_token = T\n", "", "S", "T", 0 },

    { "an empty file", "", "", NULL,
      "there is no such profile, which begins with \"[name]\"", 0 },

    { "no such profile", "[default]\n" KEY, "Default", NULL,
      "there is no such profile, which begins with \"[name]\"", 0 },

    { "of a configuration file", "[profile a]\n" KEY, "a", NULL,
      "there is no such profile, which begins with \"[name]\"", 0 },

    { "no key id", "\n[default]\naws_secret_access_key = S\n", "", NULL,
      "there is no access key id, \"aws_access_key_id\"", 2 },

    { "no secret", "[default]\naws_access_key_id = A\n[a]\n" KEY, "", NULL,
      "there is no secret access key, \"aws_secret_access_key\"", 1 },

    { "a session without its token",
      "[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
      "aws_secret_access_key = S\n", "", NULL,
      "the access key id, \"ASIA...\", is of a session: there is no session"
      " token, \"aws_session_token\"", 1 },

    { "before a profile", "# a\n" KEY, "", NULL,
      "a value in no profile: a line \"[name]\" has to be before it", 2 },

    { "no value", "[default]\n" KEY "aws_session_token = \n", "", NULL,
      "a value is missing after \"=\"", 4 },

    { "twice", "[default]\n" KEY KEY, "", NULL,
      "it stands twice in the profile", 4 },

    { "a profile twice", "[default]\n" KEY "[a]\n[default]\n", "", NULL,
      "the profile stands twice in the file", 5 },

    { "no \"=\"", "[default]\n" KEY "[a]\nsecret\n", "", NULL,
      "it is neither \"[profile]\" nor \"name = value\" nor a comment, which"
      " begins with \"#\"", 5 },

    { "no name", "[default]\n=\n", "", NULL,
      "it is neither \"[profile]\" nor \"name = value\" nor a comment, which"
      " begins with \"#\"", 2 },

    { "an open profile", "[default\n" KEY, "", NULL,
      "a profile does not end with \"]\"", 1 },

    { "only a bracket", "[\n" KEY, "", NULL,
      "a profile does not end with \"]\"", 1 },

    { "no name of a profile", "[ ]\n" KEY, "", NULL,
      "a profile has no name: \"[name]\" would be right", 1 },

    { "a comment behind a value",
      "[default]\naws_access_key_id = A # mine\n", "", NULL,
      "a value has blanks or characters that are not ASCII, a comment has to"
      " be a line of its own", 2 },

    { "quotes", "[default]\naws_access_key_id = \"A\"\n", "", NULL,
      "a value in quotes, which would be part of it", 2 },

    { "single quotes", "[default]\naws_access_key_id = 'A'\n", "", NULL,
      "a value in quotes, which would be part of it", 2 },

    { "not ASCII", "[default]\naws_access_key_id = \xc3\xa9\n", "", NULL,
      "a value has blanks or characters that are not ASCII, a comment has to"
      " be a line of its own", 2 },

    { "a control character", "[default]\nx = a\033\n", "", NULL,
      "a control character", 2 },

    { "a carriage return inside", "[default]\rx = a\n", "", NULL,
      "a control character", 1 },

    { "DEL", "#\x7f\n", "", NULL, "a control character", 1 },

    { "swapped",
      "[default]\naws_access_key_id = wJalr/K7+bPx\n"
      "aws_secret_access_key = AKIDEXAMPLE\n", "", NULL,
      "an access key id has no \"/\" and no \",\": is it the secret access"
      " key?", 1 },

    { "a comma",
      "[default]\naws_access_key_id = a,b\naws_secret_access_key = S\n", "",
      NULL,
      "an access key id has no \"/\" and no \",\": is it the secret access"
      " key?", 1 }
};


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.len = strlen(s);
    r.data = (u_char *) s;

    return r;
}


static void
test_one(const test_t *t)
{
    ngx_int_t                 rc;
    ngx_str_t                 text, profile;
    ngx_uint_t                line;
    const char               *reason;
    ngx_apigw_credentials_t   c;

    text = str(t->text);
    profile = str(t->profile);
    line = 1000;

    rc = ngx_apigw_credentials_parse(&c, &text, &profile, &reason, &line);

    if (t->secret) {

        if (is_int(rc, NGX_OK, "%s", t->name)) {
            is_nstr(&c.secret, t->secret, "%s: the secret", t->name);
            is_nstr(&c.token, t->token, "%s: the token", t->name);
            ok(c.key_id.len, "%s: the id", t->name);

        } else {
            comment("%s", reason);
        }

        return;
    }

    if (is_int(rc, NGX_DECLINED, "%s", t->name)) {
        ok(strcmp(reason, t->token) == 0, "%s: %s", t->name, reason);
        is_int(line, t->line, "%s: the line", t->name);
    }
}


/* a file has NULs, too */

static void
test_nul(void)
{
    size_t                    i;
    ngx_str_t                 text, profile;
    ngx_uint_t                line;
    const char               *reason;
    ngx_apigw_credentials_t   c;

    static char  file[] = "[default]\n" KEY;

    profile = str("");
    text = str(file);

    for (i = 0; i < text.len; i++) {

        if (file[i] == '\n') {
            continue;
        }

        text.data = (u_char *) strdup(file);
        text.data[i] = '\0';

        if (ngx_apigw_credentials_parse(&c, &text, &profile, &reason, &line)
            != NGX_DECLINED
            || strcmp(reason, "a control character") != 0)
        {
            ok(0, "a NUL at %d", (int) i);
        }

        free(text.data);
    }

    ok(1, "NULs");
}


static void
test_check(void)
{
    char                     text[8194];
    size_t                   i;
    ngx_apigw_credentials_t  c;

    memset(text, 'a', sizeof(text));

    c.key_id.data = (u_char *) text;
    c.secret.data = (u_char *) text;
    c.token.data = (u_char *) text;

    c.key_id.len = 128;
    c.secret.len = 256;
    c.token.len = 8192;

    ok(ngx_apigw_credentials_check(&c) == NULL, "the longest");

    c.key_id.len++;
    ok(ngx_apigw_credentials_check(&c), "a longer id");
    c.key_id.len--;

    c.secret.len++;
    ok(ngx_apigw_credentials_check(&c), "a longer secret");
    c.secret.len--;

    c.token.len++;
    ok(ngx_apigw_credentials_check(&c), "a longer token");

    c.key_id = str("A");
    c.secret = str("S");

    for (i = 0; i < 256; i++) {
        text[0] = (char) i;
        c.token.len = 2;

        is_int(ngx_apigw_credentials_check(&c) == NULL, i > 0x20 && i < 0x7f,
               "character %d", (int) i);
    }

    c.token.len = 0;
    ok(ngx_apigw_credentials_check(&c) == NULL, "no token");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < count(tests); i++) {
        test_one(&tests[i]);
    }

    test_nul();
    test_check();

    return done();
}
