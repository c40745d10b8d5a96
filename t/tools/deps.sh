#!/bin/sh
# Installs the Debian packages that the groups named as arguments need.

set -eu

build="build-essential nginx nginx-dev libssl-dev libjansson-dev
       libhiredis-dev"
run="curl python3"
test="perl libtest-base-perl libtext-diff-perl libtest-longstring-perl
      liblist-moreutils-perl libipc-run-perl libwww-perl clang llvm curl
      openssl nghttp2-client libnginx-mod-http-lua libnginx-mod-http-echo
      libnginx-mod-http-headers-more-filter redis-server liblua5.1-0-dev
      python3"
asan="gcc libpcre2-dev zlib1g-dev"
lint="clang clang-tidy cppcheck uncrustify perl"
bench="wrk valgrind linux-perf redis-server"
valgrind="valgrind"
real="nodejs npm chromium prometheus"

missing=

for group; do
    case $group in
        build) packages=$build ;;
        run) packages=$run ;;
        test) packages=$test ;;
        asan) packages=$asan ;;
        lint) packages=$lint ;;
        bench) packages=$bench ;;
        valgrind) packages=$valgrind ;;
        real) packages=$real ;;
        *) echo "deps.sh: unknown group \"$group\"" >&2; exit 2 ;;
    esac

    for p in $packages; do
        case $p in
            # any will do, wherever it comes from
            nodejs) command -v node >/dev/null && continue ;;
            npm) command -v npm >/dev/null && continue ;;
            python3) command -v python3 >/dev/null && continue ;;
            chromium) command -v chromium >/dev/null && continue ;;
            prometheus) command -v promtool >/dev/null && continue ;;
        esac

        status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) ||
            status=

        [ "$status" = installed ] || missing="$missing $p"
    done
done

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "these Debian packages are missing, install them as root:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi

# one at a time; what another one has installed is not missing any more
if [ -z "${APIGW_DEPS:-}" ]; then
    APIGW_DEPS=1 exec flock "${TMPDIR:-/tmp}/apigw-deps.lock" "$0" "$@"
fi

echo "installing:$missing"

export DEBIAN_FRONTEND=noninteractive

# nginx and Prometheus would be started by their packages, on ports 80, 9090
guard=/usr/sbin/policy-rc.d

if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' > $guard
    chmod +x $guard
    trap 'rm -f $guard' EXIT
fi

apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
