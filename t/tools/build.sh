#!/bin/bash
# build.sh DIR: builds ngx_apigw_module.so into DIR, against Debian's
# nginx-dev or, where NGINX_SRC names one, a source tree of nginx.  With a
# source tree the nginx binary is built into DIR, too.  CC and NGINX_CC_OPT
# hold for a source tree.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
debian=/usr/share/nginx/src
src=${NGINX_SRC:-$debian}

mkdir -p "$1"
out=$(cd "$1" && pwd)

# sources are found by globs, which nginx's configure reads
stamp=$(echo "$src ${CC:-cc} ${NGINX_CC_OPT:-}"
        cd "$top" && ls config ngx_apigw_module/*/*.c && cat config config.make)

if [ ! -f "$out/Makefile" ] || [ "$stamp" != "$(cat "$out/stamp" 2>/dev/null)" ]
then
    cd "$src"

    if [ "$src" = "$debian" ]; then
        # the flags of Debian's binary, and those of its packages
        . ./conf_flags
        set -- "${NGX_CONF_FLAGS[@]}" \
            --with-cc-opt="$(dpkg-buildflags --get CFLAGS) -fPIC \
                           $(dpkg-buildflags --get CPPFLAGS)" \
            --with-ld-opt="$(dpkg-buildflags --get LDFLAGS) -fPIC"
        configure=./configure

    else
        set -- --with-compat --with-debug --with-threads --with-pcre-jit \
            --with-http_ssl_module --with-http_v2_module \
            --with-http_realip_module --with-http_auth_request_module \
            --with-http_stub_status_module --with-http_sub_module \
            --with-http_gunzip_module --with-http_gzip_static_module \
            --with-http_addition_module --with-http_slice_module \
            --with-http_dav_module --with-http_secure_link_module \
            --with-cc-opt="${NGINX_CC_OPT:-}" \
            --with-ld-opt="${NGINX_LD_OPT:-}"
        configure=./configure
        [ -x $configure ] || configure=auto/configure
    fi

    $configure "$@" ${CC:+--with-cc="$CC"} --builddir="$out" \
        --add-dynamic-module="$top" > "$out/configure.log" 2>&1 ||
        { tail -n 5 "$out/configure.log" >&2; exit 1; }

    echo "$stamp" > "$out/stamp"
fi

targets=modules
[ "$src" = "$debian" ] || targets="binary modules"

# shellcheck disable=SC2086
make -s -j"$(nproc)" -C "$src" -f "$out/Makefile" $targets
