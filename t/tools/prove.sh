#!/bin/sh
# prove.sh ARGUMENT...: prove with the Test::Nginx that is installed, or else
# with our own; TEST_NGINX_BINARY and BUILD say which nginx and which build.

set -eu

cd "$(dirname "$0")/../.."

TEST_NGINX_BINARY=${TEST_NGINX_BINARY:-/usr/sbin/nginx}
TEST_NGINX_LOAD_MODULES=${TEST_NGINX_LOAD_MODULES-$PWD/${BUILD:-build}/ngx_apigw_module.so}
TEST_NGINX_RANDOMIZE=${TEST_NGINX_RANDOMIZE-1}
export TEST_NGINX_BINARY TEST_NGINX_LOAD_MODULES TEST_NGINX_RANDOMIZE

lib="-It/lib"

if perl -MTest::Nginx::Socket -e1 2>/dev/null; then
    lib=
fi

# shellcheck disable=SC2086
exec prove $lib "$@"
