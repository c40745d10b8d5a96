#!/bin/sh
# prove.sh ARGUMENT...: prove with the Test::Nginx that is installed, or else
# with our own; TEST_NGINX_BINARY and BUILD say which nginx and which build.

set -eu

cd "$(dirname "$0")/../.."

TEST_NGINX_BINARY=${TEST_NGINX_BINARY:-/usr/sbin/nginx}
TEST_NGINX_LOAD_MODULES=${TEST_NGINX_LOAD_MODULES-$PWD/${BUILD:-build}/ngx_apigw_module.so}
TEST_NGINX_RANDOMIZE=${TEST_NGINX_RANDOMIZE-1}
export TEST_NGINX_BINARY TEST_NGINX_LOAD_MODULES TEST_NGINX_RANDOMIZE

if ! perl -MTest::Nginx::Socket -e1 2>/dev/null; then
    PERL5LIB=$PWD/t/lib${PERL5LIB:+:$PERL5LIB}
    export PERL5LIB
fi

# a file that hangs fails
exec prove --exec "timeout -k 5 ${TEST_FILE_TIMEOUT:-400} perl" "$@"
