#!/usr/bin/env bash
# The load test: 1,000 forged requests a second for a minute, genuine events in between, on loopback and against
# a system of its own. Exits with 1 when an event is lost, a forgery not counted, or a function instance wrote
# more than once a second for them.
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  cat <<'TEXT'
Usage: infra/flood-test.sh [--seconds N] [--rate N]
  --seconds N  for how long (60, at most 600)
  --rate N     forged requests a second (1000, at most 5000)
TEXT
  exit
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec cargo run --locked -q --example flood -- "$@"
