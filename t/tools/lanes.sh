#!/bin/bash
# lanes.sh LANE...: makes all targets.  A lane is a list of targets that are
# made one after the other, beside the other lanes; where they want the same
# processor, the first lane has it.  Each target is printed when it is made:
# what it took, and what it said, or of that, with BRIEF=1, the closing lines
# of a target that passed and the end of one that failed.

set -u

cd "$(dirname "$0")/../.." || exit 1

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# what runs in the background does not see Ctrl-C
trap 'trap "" TERM; kill 0; exit 1' INT

TIMEFORMAT='%0R s, CPU %0U + %0S s'


lane () {
    local priority=$1
    shift

    for target; do
        if { time nice -n "$priority" "${MAKE:-make}" --no-print-directory \
                 "$target" > "$log/$target" 2>&1; } 2> "$log/$target.time"
        then
            touch "$log/$target.passed"
        fi

        report "$target" 9> "$log/lock"
    done
}


report () {
    flock 9

    if [ -e "$log/$1.passed" ]; then
        echo "== make $1: $(cat "$log/$1.time")"
    else
        echo "== make $1: FAILED, $(cat "$log/$1.time")"
    fi

    if [ -z "${BRIEF:-}" ]; then
        cat "$log/$1"

    elif [ -e "$log/$1.passed" ]; then
        grep -E '^(Files=|Result:|All tests|[a-z_]+: )|passed' "$log/$1"

    else
        tail -n 150 "$log/$1"
    fi
}


priority=0
failed=

for targets; do
    # shellcheck disable=SC2086
    lane $priority $targets &
    priority=19
done

wait

for targets; do
    for target in $targets; do
        [ -e "$log/$target.passed" ] || failed="$failed $target"
    done
done

[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
