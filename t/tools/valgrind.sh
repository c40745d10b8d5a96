#!/bin/bash
# The files of t/ that say "# valgrind" in their first lines, under memcheck.

set -eu

cd "$(dirname "$0")/../.."
top=$PWD
logs=$top/build/valgrind

rm -rf "$logs"
mkdir -p "$logs"

files=$(grep -l -m1 '^# valgrind' t/*.t)

export TEST_NGINX_USE_VALGRIND="--tool=memcheck --leak-check=full \
--show-possibly-lost=no --num-callers=30 --keep-debuginfo=yes \
--suppressions=$top/t/data/valgrind.supp --log-file=$logs/vg.%p.log -q"
export TEST_NGINX_TIMEOUT=20

# one nginx for a file, reloaded for each test: what has been translated once is
# there for the next ones, and a reload is seen, too
export TEST_NGINX_USE_HUP=1

# shellcheck disable=SC2086
t/tools/prove.sh -j"$(nproc)" $files

if [ -n "$(find "$logs" -type f -size +0)" ]; then
    find "$logs" -type f -size +0 -exec head -n 60 {} + >&2
    echo "valgrind: reports in $logs" >&2
    exit 1
fi

echo "valgrind: no reports"
