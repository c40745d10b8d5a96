#!/bin/sh
# fuzz.sh SECONDS FUZZER...: runs each fuzzer over its seeds and on from them.

set -eu

seconds=$1
shift

top=$(cd "$(dirname "$0")/../.." && pwd)
passed=0
failed=0

for fuzzer; do
    name=$(basename "$fuzzer")
    seeds=$top/t/fuzz/corpus/${name#fuzz_}
    work=$(mktemp -d)

    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=4096 -artifact_prefix="$work/" -print_final_stats=1 \
        "$work" "$seeds" > "$work/log" 2>&1
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
        echo "$name: ok, ${runs:-0} runs"
        passed=$((passed + 1))
        rm -rf "$work"

    else
        tail -n 40 "$work/log" >&2
        echo "$name: FAILED, see $work" >&2
        failed=$((failed + 1))
    fi
done

echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
