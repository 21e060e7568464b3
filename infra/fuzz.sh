#!/usr/bin/env bash
# infra/fuzz.sh [--short] [seconds] [target...]: fuzzes everything that reads what others write, 60 seconds a
# target, or 8 with --short: a minute for all, once they are built. A target begins with fuzz/seeds and the
# recorded events; what it learns is in fuzz/corpus, what fails in fuzz/artifacts. Ends with a line a target.
#
# On the Rust that everything else is built with: what only a nightly one has, AddressSanitizer, looks for what
# unsafe code does, and we have none. Overflows, assertions that fail, hangs and memory without end are found.
# Needs a C++ compiler; cargo-fuzz is installed where it is missing. The first time, that and building take three
# minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/tools.sh

seconds=60
if [ "${1:-}" = --short ]; then
  seconds=8
  shift
elif [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(signature gateway envelope query log_entry stored rollup thresholds)

needs c++ build-essential
tools=$PWD/target/tools/cargo-fuzz
cargo_tool cargo-fuzz 0.13.2 "$tools"
fuzz() {
  local do=$1
  shift
  "$tools/bin/cargo-fuzz" fuzz "$do" --fuzz-dir fuzz --target-dir target/fuzz -s none "$@"
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fuzz build

failed=0
for target in "${targets[@]}"; do
  begin=("fuzz/corpus/$target" "fuzz/seeds/$target")
  case $target in
    envelope) begin+=(tests/fixtures/stripe_events) ;;
    gateway) begin+=(tests/fixtures/lambda_events) ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  if fuzz run "$target" "${begin[@]}" -- \
    -max_total_time="$seconds" -timeout=10 -print_final_stats=1 > "$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(sed -n 's/.*cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    echo "$target: $runs runs in $seconds s, $covered edges covered, nothing found"
  else
    grep -E 'panicked|SUMMARY|ERROR|Test unit written' "$log" || tail -n 20 "$log"
    echo "$target: failed"
    failed=1
  fi
done
exit "$failed"
