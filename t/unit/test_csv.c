
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_csv.h"
#include "tap.h"


/* records as "line:[field][field]", an error as "line!reason" */

static void
check_len(const char *text, size_t len, const char *want, const char *title)
{
    char              got[4096], *p;
    u_char           *copy;
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_apigw_csv_t   csv;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    ngx_apigw_csv_init(&csv, copy, len);

    p = got;
    *p = '\0';

    for ( ;; ) {
        rc = ngx_apigw_csv_next(&csv);

        if (rc != NGX_OK) {
            break;
        }

        p += sprintf(p, "%lu:", (unsigned long) csv.line);

        for (i = 0; i < csv.nfields; i++) {
            p += sprintf(p, "[%.*s]", (int) csv.fields[i].len,
                         (char *) csv.fields[i].data);
        }
    }

    if (rc == NGX_ERROR) {
        p += sprintf(p, "%lu!%s", (unsigned long) csv.line, csv.reason);
        rc = ngx_apigw_csv_next(&csv);
    }

    if (!ok(strcmp(got, want) == 0 && rc == NGX_DONE
            && ngx_apigw_csv_next(&csv) == NGX_DONE,
            "%s", title))
    {
        comment("got  %s", got);
        comment("want %s", want);
    }

    free(copy);
}


static void
check(const char *text, const char *want, const char *title)
{
    check_len(text, strlen(text), want, title);
}


static void
test_records(void)
{
    check("", "", "empty");
    check("\n\n\r\n", "", "empty lines");
    check("  \n\t\n \t ", "", "blank lines");
    check("\xef\xbb\xbf", "", "a byte order mark alone");
    check("a", "1:[a]", "no line end");
    check("a\n", "1:[a]", "a line end");
    check("a,b\nc,d\n", "1:[a][b]2:[c][d]", "LF");
    check("a,b\r\nc,d\r\n", "1:[a][b]2:[c][d]", "CRLF");
    check("\n\na\n\r\n\nb", "3:[a]6:[b]", "empty lines count");
    check(",", "1:[][]", "empty fields");
    check(",\n,,\n", "1:[][]2:[][][]", "more of them");
    check("a,", "1:[a][]", "an empty one at the end");
    check("a, ", "1:[a][]", "or a blank one");
    check("\xef\xbb\xbf" "a,b", "1:[a][b]", "a byte order mark");
    check("a\xef\xbb\xbf,b", "1:[a\xef\xbb\xbf][b]", "but not elsewhere");
    check("\xef\xbb", "1:[\xef\xbb]", "half of one");
    check(" a b ,\tc\t\n", "1:[a b][c]", "blanks around are dropped");
    check("caf\xc3\xa9,\xff", "1:[caf\xc3\xa9][\xff]", "other bytes stay");
    check("O'Brien,a'", "1:[O'Brien][a']", "apostrophes within");
    check("a;b|c=\\n", "1:[a;b|c=\\n]", "nothing else is special");
}


static void
test_quotes(void)
{
    check("\"a\",\"b\"\n", "1:[a][b]", "quoted");
    check("'a','b'\n", "1:[a][b]", "quoted with apostrophes");
    check("\"\",''\n", "1:[][]", "quoted and empty");
    check("\"\"\n''", "1:[]2:[]", "alone in a line");
    check("\"a,b\",'c,d'", "1:[a,b][c,d]", "commas");
    check("\"a\"\"b\"\"\"", "1:[a\"b\"]", "doubled quotes");
    check("\"\"\"\"", "1:[\"]", "only one");
    check("\"\"\"\"\"\"", "1:[\"\"]", "only two");
    check("'it''s'", "1:[it's]", "doubled apostrophes");
    check("\"it's\",'a \"b\"'", "1:[it's][a \"b\"]", "the other quote");
    check("\" a \"", "1:[ a ]", "blanks within stay");
    check(" \"a\" ,\t'b'\t\r\n", "1:[a][b]", "blanks outside do not");
    check("\"a\nb\"\nc", "1:[a\nb]3:[c]", "LF within");
    check("\"a\r\nb\"\r\nc", "1:[a\r\nb]3:[c]", "CRLF within");
    check("\"a\n\"\"\n\",d\ne", "1:[a\n\"\n][d]4:[e]", "both");
    check("\"a\tb\"", "1:[a\tb]", "TAB within");
}


static void
test_errors(void)
{
    char        text[256];
    ngx_uint_t  c;

    check("\"", "1!quote is not closed", "open quote");
    check("a\nb,\"c\nd\ne", "1:[a]2!quote is not closed",
          "the line is where the record begins");
    check("'a", "1!quote is not closed", "open apostrophe");
    check("\"a'", "1!quote is not closed", "another does not close");
    check("\"a\"\"", "1!quote is not closed", "nor a doubled one");
    check("\"a\"b", "1!text after a closing quote", "text after a quote");
    check("\"a\" 'b'", "1!text after a closing quote", "a quote after one");
    check("\"a\"'b'", "1!text after a closing quote", "at once");
    check("a\"b\"", "1!quote in an unquoted field", "quote within");
    check("a,b \"", "1!quote in an unquoted field", "after a blank");
    check("a\rb", "1!control character", "CR alone");
    check("a\r", "1!control character", "CR at the end");
    check("\r", "1!control character", "nothing else");
    check("\"a\"\r", "1!control character", "after a quote");
    check("\"a\rb\"", "1!control character", "within quotes");
    check("\"a\r", "1!control character", "at the end within quotes");
    check_len("a\0b", 3, "1!control character", "NUL");
    check_len("\"a\0b\"", 5, "1!control character", "NUL within quotes");

    for (c = 0; c < 128; c++) {

        if ((c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n') {
            continue;
        }

        sprintf(text, "x\ny,a%cb", (int) c);
        check_len(text, 7, "1:[x]2!control character", "control character");

        sprintf(text, "x\ny,'%cb'", (int) c);
        check_len(text, 8, "1:[x]2!control character", "within quotes");
    }

    memset(text, ',', 64);
    check_len(text, 64, "1!too many fields", "65 fields");
    check_len(text, 63,
              "1:[][][][][][][][][][][][][][][][][][][][][][][][]"
              "[][][][][][][][][][][][][][][][][][][][][][][][]"
              "[][][][][][][][][][][][][][][][]",
              "64 fields");
}


static void
test_write(void)
{
    size_t            i;
    u_char           *p, *copy, *buf;
    ngx_str_t         in, out;
    ngx_apigw_csv_t   csv;

    static const struct {
        const char  *in;
        const char  *want;
    } rows[] = {
        { "", "" },
        { "abc_AZ-09.z", "abc_AZ-09.z" },
        { "a b", "\"a b\"" },
        { " a ", "\" a \"" },
        { "a,b", "\"a,b\"" },
        { "\"", "\"\"\"\"" },
        { "a\"b\"", "\"a\"\"b\"\"\"" },
        { "\"\"\"", "\"\"\"\"\"\"\"\"" },
        { "'a'", "\"'a'\"" },
        { "a\nb\r\nc", "\"a\nb\r\nc\"" },
        { "a\tb", "\"a\tb\"" },
        { "@[`{/:", "\"@[`{/:\"" },
        { "caf\xc3\xa9", "\"caf\xc3\xa9\"" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        /* as large as they must be, for the sanitizer */

        in.len = strlen(rows[i].in);
        copy = malloc(in.len ? in.len : 1);
        memcpy(copy, rows[i].in, in.len);
        in.data = copy;

        buf = malloc(NGX_APIGW_CSV_LEN(in.len));
        p = ngx_apigw_csv_field(buf, &in);

        out.data = buf;
        out.len = (size_t) (p - buf);
        is_nstr(&out, rows[i].want, "field of row %lu", (unsigned long) i);

        ngx_apigw_csv_init(&csv, buf, out.len);

        if (in.len) {
            ok(ngx_apigw_csv_next(&csv) == NGX_OK && csv.nfields == 1
               && csv.fields[0].len == in.len
               && memcmp(csv.fields[0].data, in.data, in.len) == 0,
               "reads as it was");
        }

        free(copy);
        free(buf);
    }
}


/* what a spreadsheet would take for a formula */

static void
test_inert(void)
{
    u_char      *buf, *p;
    ngx_str_t    in, out;
    ngx_uint_t   i;

    static const struct {
        const char  *in;
        const char  *want;
    } rows[] = {
        { "", "" }, { "a", "a" }, { "a-b", "a-b" }, { "a=b", "\"a=b\"" },
        { "=1+1", "\"'=1+1\"" }, { "+1", "\"'+1\"" }, { "-1", "\"'-1\"" },
        { "-", "\"'-\"" }, { "@x", "\"'@x\"" }, { "\tx", "\"'\tx\"" },
        { "\rx", "\"'\rx\"" }, { "=\"\"", "\"'=\"\"\"\"\"" },
        { "\"=1\"", "\"\"\"=1\"\"\"" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in.data = (u_char *) rows[i].in;
        in.len = strlen(rows[i].in);

        buf = malloc(NGX_APIGW_CSV_LEN(in.len));
        p = ngx_apigw_csv_inert(buf, &in);

        out.data = buf;
        out.len = (size_t) (p - buf);
        is_nstr(&out, rows[i].want, "inert: row %lu", (unsigned long) i);

        free(buf);
    }
}


int
main(void)
{
    ngx_apigw_csv_t  csv;

    test_records();
    test_quotes();
    test_errors();
    test_write();
    test_inert();

    ngx_apigw_csv_init(&csv, (u_char *) "", 0);
    is_int(ngx_apigw_csv_next(&csv), NGX_DONE, "nothing at all");

    return done();
}
