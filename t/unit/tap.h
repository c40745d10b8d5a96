
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


/*
 * The Test Anything Protocol for unit tests: one binary per file, the plan at
 * the end, so that a test that dies is seen by its missing plan.
 *
 *     ok(cond, fmt, ...)                   returns 1 where cond holds, else 0
 *     is_int(got, want, fmt, ...)          integers of any type
 *     is_mem(got, want, len, fmt, ...)     two pieces of memory
 *     is_nstr(got, want, fmt, ...)         an ngx_str_t * and a C string
 *     comment(fmt, ...)                    a line "# ..."
 *     return done();                       the last line of main()
 */

#include <stdarg.h>
#include <stdio.h>

#include "ngx_stub.h"


#define ok(cond, ...)                                                        \
    tap_ok((cond) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, want, ...)                                               \
    tap_is_int((long long) (got), (long long) (want), __FILE__, __LINE__,    \
               __VA_ARGS__)

#define is_mem(got, want, len, ...)                                          \
    tap_is_mem(got, want, len, __FILE__, __LINE__, __VA_ARGS__)

#define is_nstr(got, want, ...)                                              \
    tap_is_nstr(got, want, __FILE__, __LINE__, __VA_ARGS__)


static int  tap_tests;
static int  tap_failed;


static ngx_inline int
tap_result(int passed, const char *file, int line, const char *fmt,
    va_list args)
{
    char  *p, name[1024];

    vsnprintf(name, sizeof(name), fmt, args);

    for (p = name; *p; p++) {
        if (*p > 0 && *p < ' ') {
            *p = '?';
        }
    }

    printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_tests, name);

    if (!passed) {
        tap_failed++;
        printf("#   at %s line %d\n", file, line);
    }

    return passed;
}


static ngx_inline void
tap_dump(const char *title, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    printf("#   %s \"", title);

    for (i = 0; i < len; i++) {

        if (p[i] < 0x20 || p[i] > 0x7e || p[i] == '"' || p[i] == '\\') {
            printf("\\x%02x", p[i]);

        } else {
            putchar(p[i]);
        }
    }

    printf("\" (%lu)\n", (unsigned long) len);
}


__attribute__((format(printf, 4, 5)))
static ngx_inline int
tap_ok(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    return passed;
}


__attribute__((format(printf, 5, 6)))
static ngx_inline int
tap_is_int(long long got, long long want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        printf("#   got  %lld\n#   want %lld\n", got, want);
    }

    return got == want;
}


__attribute__((format(printf, 6, 7)))
static ngx_inline int
tap_is_mem(const void *got, const void *want, size_t len, const char *file,
    int line, const char *fmt, ...)
{
    int      passed;
    va_list  args;

    passed = (len == 0 || memcmp(got, want, len) == 0);

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    if (!passed) {
        tap_dump("got ", got, len);
        tap_dump("want", want, len);
    }

    return passed;
}


__attribute__((format(printf, 5, 6)))
static ngx_inline int
tap_is_nstr(const ngx_str_t *got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
    int      passed;
    size_t   len;
    va_list  args;

    len = strlen(want);
    passed = (got->len == len
              && (len == 0 || memcmp(got->data, want, len) == 0));

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    if (!passed) {
        tap_dump("got ", got->data, got->len);
        tap_dump("want", want, len);
    }

    return passed;
}


__attribute__((format(printf, 1, 2)))
static ngx_inline void
comment(const char *fmt, ...)
{
    va_list  args;

    printf("# ");

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    putchar('\n');
}


static ngx_inline int
done(void)
{
    printf("1..%d\n", tap_tests);

    if (tap_failed) {
        printf("# %d of %d failed\n", tap_failed, tap_tests);
    }

    return tap_failed != 0;
}


#endif /* _TAP_H_INCLUDED_ */
