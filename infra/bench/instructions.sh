#!/usr/bin/env bash
# The gate: how many instructions the receiver, as `sam build` made it, takes to start, for a webhook and for a
# forged one. Counted by callgrind, so a busy machine changes nothing; more than 5 % above what
# infra/bench/instructions.json says fails. `--agree` writes what is counted there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case ${1:-} in
  "" | --agree) ;;
  -h | --help) echo "Usage: infra/bench/instructions.sh [--agree]" && exit ;;
  *) echo "Usage: infra/bench/instructions.sh [--agree]" >&2 && exit 2 ;;
esac
. infra/tools.sh
needs valgrind valgrind || exit 1
built=${LANE_BUILT:-.aws-sam/build}
[[ -f $built/WebhookReceiverFunction/bootstrap ]] ||
  { echo "instructions: $built has no receiver: run infra/full-test.sh build" >&2; exit 1; }
exec cargo run --locked -q --bin bench -- --functions "$built" --peers "${CARGO_TARGET_DIR:-target}/bench" \
  instructions --valgrind "$(command -v valgrind)" "$@"
