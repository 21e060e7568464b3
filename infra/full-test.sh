#!/usr/bin/env bash
# Everything of a deployment that can be proved without an account. A step is a file of its own in
# infra/full-test/. Tools come by pinned version from PyPI and npm into the target folder; one that is
# missing fails its step. Builds x86-64 only: another architecture would fetch its own compiler parts.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

steps=(template build instructions licences store scenarios cloudwatch openapi cargo-lambda libraries browser)

usage() {
  cat <<'TEXT'
Usage: infra/full-test.sh [STEP...]      all steps, or these
  template      cfn-lint, sam validate and the rest of infra/template-test.sh
  build         sam build: what is deployed; sizes of the zips
  instructions  how many the receiver takes, by callgrind, against what was agreed
  licences      cargo-deny: licences, banned crates, sources
  store         the store and the numbers on DynamoDB Local
  scenarios     every scenario with sam's binaries on DynamoDB Local
  cloudwatch    what leaves for CloudWatch against AWS's own service model
  openapi       the OpenAPI document against a running system
  cargo-lambda  cargo lambda build, watch and invoke with the router table
  libraries     signatures made and checked by Stripe's own libraries
  browser       every page in Chromium
TEXT
}

target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
# What the steps share: the tools, SAM's binaries, no telemetry, the same random histories as CI.
export LANE_TOOLS=$target/tools/full-test
export LANE_BUILT=$PWD/.aws-sam/build
export SAM_CLI_TELEMETRY=0
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-20261123}
# What a step writes here stands beside its verdict in the end.
LANE_NOTE=$(mktemp)
export LANE_NOTE
trap 'rm -f "$LANE_NOTE"' EXIT

lines=() failed=0
run() {
  local name=$1 started=$SECONDS verdict=passed
  echo "== full lane, $name"
  : >"$LANE_NOTE"
  "infra/full-test/$name.sh" || { verdict=FAILED; failed=$((failed + 1)); }
  lines+=("$(printf '%-13s %s  %4d s' "$name" "$verdict" $((SECONDS - started)))$(sed 's/^/  /' "$LANE_NOTE")")
}

for step in "$@"; do
  [[ " ${steps[*]} " == *" $step "* ]] || { usage >&2; exit 2; }
done
[[ $# -eq 0 ]] || steps=("$@")

run tools
if [[ $failed -eq 0 ]]; then
  export PATH=$LANE_TOOLS/bin:$PATH
  # Some steps run what this one builds, and never anything older.
  if [[ " ${steps[*]} " =~ \ (instructions|scenarios|cargo-lambda)\  && " ${steps[*]} " != *" build "* ]]; then
    run build
  fi
  for step in "${steps[@]}"; do run "$step"; done
fi
printf '%s\n' "== full lane" "${lines[@]}" "$((${#lines[@]} - failed)) passed, $failed failed"
[[ $failed -eq 0 ]]
