#!/bin/bash
# static.sh: the module linked into nginx (--add-module): it builds,
# starts and answers.  Compiled in a hurry: what optimizers say, "make" says.

set -eu

cd "$(dirname "$0")/../.."
top=$PWD
out=$top/build/static

src=${NGINX_SRC:-$top/build/source/nginx}
[ -x "$src/configure" ] || [ -x "$src/auto/configure" ] ||
    t/tools/source.sh build/source

mkdir -p "$out"

stamp=$(echo "$src"; ls config ngx_apigw_module/*/*.c; cat config config.make)

if [ "$stamp" != "$(cat "$out/stamp" 2>/dev/null)" ]; then
    configure=./configure
    [ -x "$src/$configure" ] || configure=auto/configure

    (cd "$src" && $configure --with-debug --with-threads \
        --with-http_ssl_module --with-http_v2_module \
        --with-http_realip_module --with-http_auth_request_module \
        --with-http_sub_module --with-cc-opt="-O0 -g0" --builddir="$out" --add-module="$top" \
        > "$out/configure.log" 2>&1) ||
        { tail -n 5 "$out/configure.log" >&2; exit 1; }

    echo "$stamp" > "$out/stamp"
fi

make -s -j"$(nproc)" -C "$src" -f "$out/Makefile" binary

export TEST_NGINX_BINARY=$out/nginx
export TEST_NGINX_LOAD_MODULES=

t/tools/prove.sh -j"$(nproc)" t/stage.t t/key.t t/throttle.t
