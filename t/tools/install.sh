#!/bin/sh
# install.sh MODULE: into the modules directory of the nginx that is installed;
# DESTDIR and MODULES_PATH are honoured.

set -eu

module=$1
path=${MODULES_PATH:-}

if [ -z "$path" ]; then
    path=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
fi

if [ -z "$path" ]; then
    echo "install.sh: where to? set MODULES_PATH" >&2
    exit 1
fi

install -d "${DESTDIR:-}$path"

# a new file: nginx may have the old one mapped
install -m 644 "$module" "${DESTDIR:-}$path/.ngx_apigw_module.so.new"
mv "${DESTDIR:-}$path/.ngx_apigw_module.so.new" \
    "${DESTDIR:-}$path/ngx_apigw_module.so"

echo "installed ${DESTDIR:-}$path/ngx_apigw_module.so"
echo "nginx.conf: load_module modules/ngx_apigw_module.so;"
echo "a running nginx takes a new module up at a restart, not at a reload"
