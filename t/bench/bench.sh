#!/bin/sh
# bench.sh [SCENARIO ...]: what a request costs, as ratios to bare nginx in
# the same run.  Without names all scenarios run; "bench.sh -l" lists them.
#
#   BENCH_SECONDS   seconds of load in a round, for each side (2)
#   BENCH_ROUNDS    rounds (5); 0 measures instructions only
#   BENCH_REQUESTS  requests under valgrind (300); 0 leaves valgrind out
#   BENCH_CORES     cores of the gateway and of load and backend (0,1)
#   BENCH_NGINX     another nginx binary
#   BENCH_MODULE    another build of the module
#   BENCH_PROFILE   a directory: callgrind's profiles are kept there

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)

exec perl -I"$top/t/bench" -I"$top/t/lib" "$top/t/bench/bench.pl" "$top" "$@"
