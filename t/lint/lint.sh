#!/bin/sh

# Copyright (C) ngx_apigw contributors

# Runs every check of this directory; one line each, its complaints where it
# fails, "N passed, M failed" at the end.
#
#     lint.sh [check ...]
#
# Checks: selftest style habits floors docs leftovers fmt analyze.  The last
# needs build/Makefile (see analyze.sh), so "make" comes first.

set -u

here=$(cd "$(dirname "$0")" && pwd)
passed=0
failed=0

if [ $# -eq 0 ]; then
    set -- selftest style habits floors docs leftovers fmt analyze
fi

for check; do
    case $check in
    selftest)
        out=$(prove "$here/selftest.t" 2>&1)
        code=$?

        if [ $code = 0 ]; then
            out="selftest: ok, $(echo "$out" \
                                 | sed -n 's/.*Tests=\([0-9]*\).*/\1 tests/p')"
        fi
        ;;
    style|habits|floors|docs)
        out=$(perl "$here/$check.pl" 2>&1)
        code=$?
        ;;
    fmt)
        out=$("$here/fmt.sh" --check 2>&1)
        code=$?

        if [ $code = 0 ]; then
            out=$(echo "$out" | tail -n 1)
        fi
        ;;
    leftovers|analyze)
        out=$("$here/$check.sh" 2>&1)
        code=$?
        ;;
    *)
        out="lint: there is no check \"$check\""
        code=1
    esac

    echo "$out"

    if [ $code = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done

echo "$passed passed, $failed failed"

[ $failed = 0 ]
