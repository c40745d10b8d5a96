#!/bin/sh

# Copyright (C) ngx_apigw contributors

# clang-tidy (with it clang's warnings and static analyzer, all that "clang
# --analyze" checks and more) and cppcheck over the C files of the module, with
# nginx's own warnings and include flags; gcc with these has built the module.
# base/ has to please gcc and clang without nginx, too:
#
#     analyze.sh [file ...]
#
#     NGINX_SRC   nginx's source root, /usr/share/nginx/src
#     BUILD       where nginx's Makefile was generated, build
#     JOBS        files at a time, all processors
#
# A file is skipped when it, its headers, the flags and this script are what
# they were when it passed last; $BUILD/lint has the stamps: sums of files.

set -eu

self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
root=$(cd "$(dirname "$0")/../.." && pwd)
NGINX_SRC=$(realpath -m "${NGINX_SRC:-/usr/share/nginx/src}")
BUILD=$(realpath -m "${BUILD:-$root/build}")
export NGINX_SRC BUILD

module=$root/ngx_apigw_module
warnings='-W -Wall -Wpointer-arith -Wno-unused-parameter -Werror'
strict='-std=c99 -D_GNU_SOURCE -W -Wall -Wextra -Wpointer-arith -Wshadow
        -Wstrict-prototypes -Werror'

checks="-*,clang-diagnostic-*,bugprone-*,clang-analyzer-*\
,-bugprone-assignment-in-if-condition\
,-bugprone-easily-swappable-parameters\
,-bugprone-narrowing-conversions\
,-bugprone-reserved-identifier\
,-clang-analyzer-security.insecureAPI.*"


# where paths through a function are more than that, the analyzer has not ended
# with 225000 either, which is its own limit and takes twice the time

depth='-Xclang -analyzer-config -Xclang max-nodes=100000'


# one file; prints what the tools say and fails where they fail

one() {
    file=$1
    name=${file#"$root/"}
    stamp=$BUILD/lint/$(basename "$file").ok
    bad=0

    if [ -f "$stamp" ] && head -n 1 "$stamp" | grep -qxF "$APIGW_KEY" \
       && tail -n +2 "$stamp" | sha256sum --check --strict --status 2>/dev/null
    then
        return 0
    fi

    case $name in
    */base/*)
        for cc in gcc clang; do
            try "$cc, without nginx" $cc $strict -DNGX_APIGW_STUB=1 \
                -I "$root/t/unit" -I "$module/base" -fsyntax-only "$file"
        done
    esac

    # all that it reads, with nginx

    files=$(gcc $APIGW_INCS -M "$file" | tr -d '\\' | tr ' ' '\n' \
            | sed -n '2,$ { /[^:]$/ p }')

    # a complaint counts where the analyzer has looked on to its own limit

    tidy $depth >/dev/null 2>&1 || try clang-tidy tidy

    # nginx hands out addresses of locals on purpose: cf->ctx = &ctx

    try cppcheck cppcheck -q --std=c99 --inline-suppr --error-exitcode=1 \
        --enable=warning,performance,portability --suppress=autoVariables \
        -DNGX_PTR_SIZE=8 -Dngx_cdecl= -Dngx_inline=inline \
        -I "$module/base" -I "$module/core" -I "$module/http" "$file"

    if [ $bad = 0 ]; then
        { echo "$APIGW_KEY"; sha256sum $files; } > "$stamp"
    fi

    return $bad
}


tidy() {
    clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" "$file" \
        -- $warnings $APIGW_INCS "$@"
}


try() {
    tool=$1
    shift

    if ! out=$("$@" 2>&1); then
        echo "$name: $tool:"
        echo "$out" | grep -v '^[0-9]* warnings\{0,1\} .*generated\.$' || :
        bad=1
    fi
}


if [ "${1:-}" = --one ]; then
    cd "$NGINX_SRC"
    one "$2" > "$3/$(basename "$2").log" || : > "$3/$(basename "$2").failed"
    exit 0
fi


missing=

for tool in gcc clang clang-tidy cppcheck; do
    command -v $tool >/dev/null || missing="$missing $tool"
done

if [ -n "$missing" ]; then
    echo "analyze: missing:$missing: apt-get install$missing"
    exit 1
fi

if [ ! -f "$BUILD/Makefile" ]; then
    echo "analyze: there is no $BUILD/Makefile: run \"make\" first"
    exit 1
fi

if [ ! -d "$NGINX_SRC/src/core" ]; then
    echo "analyze: no nginx in $NGINX_SRC: apt-get install nginx-dev," \
         "or set NGINX_SRC"
    exit 1
fi

APIGW_INCS="$(sed -n '/^ALL_INCS/,/[^\\]$/p' "$BUILD/Makefile" \
              | tr -d '\\\n' | sed 's/ALL_INCS = *//')
    -I $module/base -I $module/core -I $module/http"
APIGW_KEY=$({ cat "$self"; echo "$APIGW_INCS"; clang --version; } | sha256sum)
export APIGW_INCS APIGW_KEY

if [ $# -eq 0 ]; then
    set -- "$module"/*/*.c
fi

mkdir -p "$BUILD/lint"
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

# the largest first, so that no long one is left to the end

ls -S "$(realpath "$1")" $(shift; for f; do realpath "$f"; done) \
    | xargs -P "${JOBS:-$(nproc)}" -I {} "$self" --one {} "$temp"

cat "$temp"/*.log

failed=$(find "$temp" -name '*.failed' | wc -l)

if [ "$failed" != 0 ]; then
    echo "analyze: $failed of $# files failed"
    exit 1
fi

echo "analyze: ok, $# files"
