#!/usr/bin/env bash
# The kill test: `kill -9` at random moments during 50 events a second; every event that was answered
# 200 must be found after the restart. About two seconds a run; exits with 1 when one is lost.
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  cat <<'TEXT'
Usage: infra/kill-test.sh [RUNS] [--seed N]
  RUNS      how often to kill (200)
  --seed N  kill the same at the same moments as an earlier test, which printed its seed
TEXT
  exit
fi

for tool in cargo ps kill; do
  type "$tool" >/dev/null 2>&1 || { echo "kill-test: $tool is missing" >&2; exit 1; }
done

runs=200
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  runs=$1
  shift
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec cargo run --locked -q --example kill -- --runs "$runs" "$@"
