#!/bin/bash
# run.sh MODULE_SO: the laboratory of docs/example, a gateway, its backends and
# its functions, until Ctrl-C.  PORT (8080) is the gateway's, the two ports
# behind it are the backends', the third one is that of the functions.
# TEST_NGINX_BINARY says which nginx.

set -u

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    echo "usage: run.sh MODULE_SO" >&2
    exit 2
fi

module=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
example=$(cd "$(dirname "$0")/../../docs/example" && pwd) || exit 1
build=$(dirname "$module")
port=${PORT:-8080}

# a build against a source tree of nginx has its nginx beside the module
nginx=/usr/sbin/nginx
[ -x "$build/nginx" ] && nginx=$build/nginx
nginx=${TEST_NGINX_BINARY:-$nginx}

fail () {
    echo "run.sh: $*" >&2
    exit 1
}

case $port in
    ''|*[!0-9]*) fail "PORT=$port is not a number" ;;
esac

if [ "$port" -lt 1 ] || [ "$port" -gt 65532 ]; then
    fail "PORT=$port: 1 to 65532 is expected"
fi

for p in "$port" $((port + 1)) $((port + 2)) $((port + 3)); do
    why=$(perl -MSocket -e '
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in($ARGV[0], INADDR_ANY)) && listen($s, 1)
            or print "$!"' "$p")

    [ -z "$why" ] ||
        fail "port $p: $why; another one: make run PORT=$((port + 10))"
done

gateway=
backend=
functions=
tmp=

stop () {
    trap '' INT TERM HUP
    trap - EXIT

    # shellcheck disable=SC2086
    [ -z "$gateway$backend$functions" ] ||
        kill -TERM $gateway $backend $functions 2>/dev/null
    wait

    [ -z "$tmp" ] || rm -rf "$tmp"
    exit "$1"
}

trap 'stop 0' INT TERM HUP
trap 'stop 1' EXIT

# workers, which may be another user, write here; build/ may be closed to them
tmp=$(mktemp -d) || exit 1
chmod 755 "$tmp"

run=$build/run/$port

if ! { rm -rf "$run" && mkdir -p "$run"; } 2>/dev/null; then
    run=$tmp/run
    mkdir "$run"
fi

user=

if [ "$(id -u)" -eq 0 ]; then
    user='user nobody nogroup;'
    id www-data >/dev/null 2>&1 && user='user www-data;'
    getent group nogroup >/dev/null || user='user nobody;'
fi

for kind in client_body proxy fastcgi uwsgi scgi; do
    echo "${kind}_temp_path $tmp/$kind;"
done > "$run/temp.conf"

mkdir "$run/modules"
ln -s "$module" "$run/modules/ngx_apigw_module.so"
cp "$example/keys.csv" "$example/logs.conf" "$run/"

for conf in nginx.conf backend.conf; do
    sed -e "s/\\b8080\\b/$port/g" -e "s/\\b8081\\b/$((port + 1))/g" \
        -e "s/\\b8082\\b/$((port + 2))/g" \
        -e "s/\\b8083\\b/$((port + 3))/g" \
        -e "s/^http {/&\\n    include temp.conf;/" \
        "$example/$conf" > "$run/$conf"
done

"$nginx" -p "$run/" -e stderr -c "$run/backend.conf" -g "daemon off; $user" &
backend=$!

python3 "$example/functions.py" $((port + 3)) &
functions=$!

# the gateway would log that they refuse
for ((i = 0; i < 100; i++)); do
    (: > "/dev/tcp/127.0.0.1/$((port + 3))") 2>/dev/null && break
    kill -0 $functions 2>/dev/null || fail "the functions did not start"
    sleep 0.1
done

"$nginx" -p "$run/" -e stderr -c "$run/nginx.conf" -g "daemon off; $user" &
gateway=$!

url=http://127.0.0.1:$port
today=$(date -u +%F)

for ((i = 0; ; i++)); do
    [ "$(curl -s -o /dev/null -w '%{http_code}' -m 1 \
         "$url/desarrollo/{jdvpl,hello}" 2>/dev/null)" = 200200 ] && break

    kill -0 $gateway 2>/dev/null || fail "the gateway did not start"
    kill -0 $backend 2>/dev/null || fail "the backends did not start"
    kill -0 $functions 2>/dev/null || fail "the functions did not start"
    [ $i -lt 100 ] || fail "the gateway does not answer on port $port"

    sleep 0.1
done

cat <<END

The gateway listens on port $port.  Try, in another terminal:

  curl -i $url/desarrollo/jdvpl
      200, version v2 of the backend

  curl -i $url/desarrollo/jdvpl/7
      200, what the backend saw: GET /jdvpl/7

  curl -i "$url/desarrollo/hello?name=Ana"
      200, a greeting by the function hello: $example/functions/hello.py

  curl -i -X OPTIONS -H "Origin: http://localhost:3000" \\
      -H "Access-Control-Request-Method: PUT" $url/desarrollo/jdvpl/7
      204, what a browser asks first: pages of http://localhost:3000 may PUT

  curl -i $url/produccion/jdvpl
      403 Forbidden: no API key

  curl -i -H "X-Api-Key: laboratory-bob-0123456789abcdefgh" $url/produccion/jdvpl
      200, version v1, API key id bob, usage plan gold

  curl -i -H "X-Api-Key: laboratory-bob-0123456789abcdefgh" $url/produccion/hello
      200, the function's alias live, which is told the key's id, not the key

  for i in 1 2 3 4 5; do
      curl -s -o /dev/null -w "%{http_code}\\n" \\
          -H "X-Api-Key: laboratory-alice-0123456789abcdef" $url/produccion/jdvpl
  done
      200 three times (burst=3 of the basic plan), then 429 until a second
      has passed

  curl -i "$url/usage?plan=basic&startDate=$today&endDate=$today"
      200, what alice has used today of her 1000 requests per day

  curl -I $url/dashboard
      200, a page: in a browser it shows traffic, errors, latencies, routes
      and consumers, live

  curl -i $url/metrics
      200, the same for Prometheus

  curl -i $url/produccion/health
      200, from the gateway itself, without a key

  curl -i $url/produccion/nothing
      403 Missing Authentication Token: no such route

A change of hello.py holds from the next request on.

Configuration, keys and access log: $run
Ctrl-C stops everything.

END

wait -n
status=$?

# Ctrl-C may reach them first
[ $status -eq 0 ] || echo "run.sh: a server ended with $status" >&2
stop $status
