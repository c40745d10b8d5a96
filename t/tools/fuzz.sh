#!/bin/sh
# fuzz.sh SECONDS FUZZER...: runs each fuzzer over its seeds and on from them,
# as many at a time as there are processors.

set -eu

self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
top=$(cd "$(dirname "$0")/../.." && pwd)


one () {
    fuzzer=$1
    seconds=$2
    status=$3

    name=$(basename "$fuzzer")
    seeds=$top/t/fuzz/corpus/${name#fuzz_}
    work=$(mktemp -d)

    if "$fuzzer" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 \
        -max_len=4096 -artifact_prefix="$work/" -print_final_stats=1 \
        "$work" "$seeds" > "$work/log" 2>&1
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
        echo "$name: ok, ${runs:-0} runs"
        echo "$name" >> "$status/passed"
        rm -rf "$work"

    else
        echo "$(tail -n 40 "$work/log")
$name: FAILED, see $work" >&2
    fi
}


if [ "$1" = --one ]; then
    one "$4" "$2" "$3"
    exit 0
fi

seconds=$1
shift

status=$(mktemp -d)
trap 'rm -rf "$status"' EXIT
: > "$status/passed"

printf '%s\0' "$@" \
    | xargs -0 -n 1 -P "$(nproc)" "$self" --one "$seconds" "$status"

passed=$(wc -l < "$status/passed")

echo "fuzz: $passed passed, $(($# - passed)) failed"
[ "$passed" -eq $# ]
