#!/usr/bin/env bash
# infra/fuzz.sh [--short] [seconds] [target...]: fuzzes everything that reads what others write, 60 seconds a
# target, or 10 with --short: two minutes for all, once they are built. Needs a nightly toolchain, a C++
# compiler and cargo-fuzz (`cargo install cargo-fuzz --locked`). A target begins with fuzz/seeds and the
# recorded events; what it learns is in fuzz/corpus, what fails in fuzz/artifacts. Ends with a line a target.
#
# Without any of that, `cargo test fuzzing` replays the seeds, damaged and as they are.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
if [ "${1:-}" = --short ]; then
  seconds=10
  shift
elif [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(signature gateway envelope query log_entry stored rollup thresholds)

for needed in cargo-fuzz c++; do
  command -v "$needed" > /dev/null || { echo "fuzz: $needed is missing" >&2; exit 1; }
done
cargo +nightly --version > /dev/null || { echo "fuzz: rustup toolchain install nightly" >&2; exit 1; }
cargo +nightly fuzz build --fuzz-dir fuzz

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for target in "${targets[@]}"; do
  begin=("fuzz/corpus/$target" "fuzz/seeds/$target")
  case $target in
    envelope) begin+=(tests/fixtures/stripe_events) ;;
    gateway) begin+=(tests/fixtures/lambda_events) ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  if cargo +nightly fuzz run --fuzz-dir fuzz "$target" "${begin[@]}" -- \
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
