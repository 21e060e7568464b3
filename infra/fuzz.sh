#!/usr/bin/env bash
# infra/fuzz.sh [seconds] [target...]: fuzzes everything that reads what others write, 60 seconds each. Needs a
# nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`). Corpora begin with the fixtures and grow in
# fuzz/corpus; what fails is in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(signature gateway envelope query log_entry stored rollup thresholds)

seed() { mkdir -p "fuzz/corpus/$1" && cat > "fuzz/corpus/$1/$2"; }
for file in tests/fixtures/stripe_events/*.json; do
  name=$(basename "$file")
  seed envelope "$name" < "$file"
  { printf 't=1700000000,v1=%064d\0' 0; cat "$file"; } | seed signature "$name"
done
for file in tests/fixtures/lambda_events/*.json; do seed gateway "$(basename "$file")" < "$file"; done
printf 't=1,v1=00, t=2' | seed signature joined
printf 'time_range_hours=1&status=failed&livemode=true&limit=5' | seed query filters
printf 'from=2026-11-01T00:00:00Z&to=2026-11-02T00%%3A00%%3A00Z&cursor=MSAxIDEgMSAx' | seed query range
printf '%s' '{"event_id":"evt_1","event_type":"t","success":false,"processing_time":0.5,"error_message":"m","error_details":{"error_type":"x","retry_attempts":1},"metadata":{"a":1},"timestamp":"2026-11-23T14:58:00Z"}' | seed log_entry failed
printf '%s' '{"pk":"EVENT#evt_1","sk":"DELIVERY","gsi1sk":"2026-11-23T14:58:00.000000Z#evt_1#DELIVERY","e":{"t":"x","z":2,"vt":5}}' | seed stored delivery
printf '%s' '{"pk":"EVENT#evt_1","sk":"OUTCOME#r","gsi1sk":"2026-11-23T14:58:00.000000Z#evt_1#OUTCOME#r","e":{"t":"x","at":1,"pt":5,"f":{"m":"x"}}}' | seed stored outcome
printf '%s' '{"pk":"REJECTIONS#2026-11-23","sk":"14:58#a","e":[{"c":"signature_mismatch","n":1,"d":"stale"}],"n":1}' | seed stored rejections
printf '\1\0' | seed rollup empty
printf '%s' '{"error_rate_max":0.04,"critical_error_rate":0.2}' | seed thresholds two

for target in "${targets[@]}"; do
  echo "== $target"
  cargo +nightly fuzz run --fuzz-dir fuzz "$target" -- -max_total_time="$seconds" -timeout=10 -print_final_stats=1 2>&1 |
    grep -E '^(stat::number_of_executed_units|stat::average_exec|stat::new_units|stat::peak_rss)|panicked|SUMMARY|Test unit|cov: .*DONE|DONE +cov|^error' || true
  [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "$target failed" >&2; exit 1; }
done
