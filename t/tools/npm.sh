#!/bin/sh
# What t/real wants of npm; its tests would fetch it, too.

set -eu

cd "$(dirname "$0")/../../t/real"

perl -I. -MReal -e 1
