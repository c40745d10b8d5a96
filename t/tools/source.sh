#!/bin/sh
# source.sh DIR: nginx's source, of the version that Debian ships, into DIR.
# The package manager's own configuration stays as it is.

set -eu

mkdir -p "$1"
dir=$(cd "$1" && pwd)

[ ! -x "$dir/nginx/configure" ] || exit 0

mkdir -p "$dir/apt/parts" "$dir/apt/lists/partial"

found=

for f in /etc/apt/sources.list.d/*.sources; do
    [ -f "$f" ] && grep -q debian "$f" || continue
    sed 's/^Types:.*/Types: deb-src/' "$f" \
        > "$dir/apt/parts/$(basename "$f")"
    found=1
done

if [ -z "$found" ] && [ -f /etc/apt/sources.list ]; then
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list \
        > "$dir/apt/parts/debian.list"
fi

options="-o Dir::Etc::sourcelist=/dev/null
         -o Dir::Etc::sourceparts=$dir/apt/parts
         -o Dir::State::lists=$dir/apt/lists
         -o APT::Sandbox::User=root"

cd "$dir"
# shellcheck disable=SC2086
apt-get $options update -qq
# shellcheck disable=SC2086
apt-get $options source -qq --tar-only --download-only nginx

mkdir -p nginx
tar xzf nginx_*.orig.tar.gz --strip-components=1 -C nginx
