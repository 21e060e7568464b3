#!/usr/bin/env bash
# The OpenAPI document against a running system: schemathesis asks what it allows and what it does not,
# and looks at every answer. What it may overlook, and why, is in schemathesis.toml.
set -euo pipefail

work=$(mktemp -d)
local_process=
stop() {
  if [[ -n $local_process ]]; then
    kill "$local_process" 2>/dev/null || true
    wait "$local_process" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "openapi: $*" >&2
  exit 1
}

cargo build --locked -q --bin local
local=${CARGO_TARGET_DIR:-target}/debug/local
"$local" --port 0 --data "$work/data" --interval 1 >"$work/local.log" 2>&1 &
local_process=$!
until address=$(sed -n 's|.*Webhooks  *http://\([^/]*\)/.*|\1|p' "$work/local.log") && [[ -n $address ]]; do
  kill -0 "$local_process" 2>/dev/null || { cat "$work/local.log" >&2; fail "the system did not start"; }
  sleep 0.2
done

# Something of every kind is in the log, and an issue is open.
port=${address##*:}
"$local" send charge.failed --port "$port" --outcome failed:db_timeout >/dev/null
"$local" send invoice.paid --port "$port" --forged >/dev/null
printf 'no JSON' >"$work/no.json"
"$local" send --file "$work/no.json" --port "$port" >/dev/null
for ((tries = 0; tries < 100; tries++)); do
  issues=$(curl -sf -H 'authorization: Bearer local-operator' "http://$address/v1/issues")
  [[ $issues != *quarantined_events* ]] || break
  sleep 0.2
done
[[ $issues == *quarantined_events* ]] || fail "no issue was opened: $issues"

"$LANE_TOOLS/bin/schemathesis" --config-file infra/full-test/schemathesis.toml \
  run functions/ops-api/openapi.json --url "http://$address"
