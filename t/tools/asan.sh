#!/bin/bash
# asan.sh: nginx itself with the module under AddressSanitizer and
# UBSan, and the whole of t/ on it.  NGX_DEBUG_PALLOC makes each piece of a pool
# an allocation of its own, so that every overflow is seen.

set -eu

cd "$(dirname "$0")/../.."
top=$PWD
out=$top/build/asan

export NGINX_SRC=${NGINX_SRC:-$top/build/source/nginx}
[ -x "$NGINX_SRC/configure" ] || [ -x "$NGINX_SRC/auto/configure" ] ||
    t/tools/source.sh build/source

sanitize=-fsanitize=address,undefined

# by design nginx passes NULL with a length of 0 to memcpy(), and reads words
# that are not aligned
export NGINX_CC_OPT="-Og -g1 -fno-omit-frame-pointer $sanitize \
    -fno-sanitize=nonnull-attribute,pointer-overflow,alignment \
    -DNGX_DEBUG_PALLOC=1 -Wno-error"
export NGINX_LD_OPT=$sanitize

t/tools/build.sh "$out"

rm -rf "$out/reports"
mkdir -p "$out/reports"

# each dynamic module has an ngx_module_names of its own
export ASAN_OPTIONS=detect_odr_violation=0,detect_leaks=1,log_path=$out/reports/san
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$top/t/data/lsan.supp,print_suppressions=0

# reports need the modules' symbols, nginx closes them before
gcc -shared -fPIC -o "$out/nodlclose.so" t/data/nodlclose.c
asan=$(readlink -f "$(gcc -print-file-name=libasan.so)")

export TEST_NGINX_BINARY=$out/nginx
export TEST_NGINX_LOAD_MODULES=$out/ngx_apigw_module.so
export TEST_NGINX_LD_PRELOAD="$asan $out/nodlclose.so"

t/tools/prove.sh -j$(($(nproc) + 1)) t/

if ls "$out"/reports/san* >/dev/null 2>&1; then
    head -n 60 "$out"/reports/san* >&2
    echo "asan: reports in $out/reports" >&2
    exit 1
fi

echo "asan: no reports"
