#!/usr/bin/env bash
# The documented way to work on one function: `cargo lambda build`, `watch` with the manifest's router
# table, and `invoke`, on DynamoDB Local. A few requests, one after the other: the emulator hangs when many
# wait.
set -euo pipefail

if [[ -z ${DYNAMODB_ENDPOINT:-} ]]; then
  exec infra/dynamodb-local.sh run -- "$0"
fi

fail() {
  echo "cargo-lambda: $*" >&2
  [[ ! -f ${work:-}/watch.log ]] || tail -n 40 "$work/watch.log" >&2
  exit 1
}

work=$(mktemp -d)
watching=
stop() {
  if [[ -n $watching ]]; then
    # Its functions end when it does.
    kill "$watching" 2>/dev/null || true
    wait "$watching" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The build that sam runs, by hand.
(cd functions/ops-api && cargo lambda build --release --locked --bin ops-api)
cmp "${CARGO_TARGET_DIR:-target}/lambda/ops-api/bootstrap" "$LANE_BUILT/OpsApiFunction/bootstrap" ||
  fail "cargo lambda build makes another binary than sam build"

# `local` makes the table, and is ended when it has.
HOOKWATCH_FUNCTIONS=$LANE_BUILT timeout 120 cargo run --locked -q -- --port 0 --interval 0 \
  --dynamodb "$DYNAMODB_ENDPOINT" >"$work/local.log" 2>&1 &
local_process=$!
until grep -q /webhooks/stripe "$work/local.log"; do
  kill -0 "$local_process" 2>/dev/null || { cat "$work/local.log" >&2; fail "the table could not be made"; }
  sleep 0.2
done
kill "$local_process" && wait "$local_process" || true

port=$((20000 + RANDOM % 30000))
sed "s|^AWS_ENDPOINT_URL_DYNAMODB=.*|AWS_ENDPOINT_URL_DYNAMODB=$DYNAMODB_ENDPOINT|" \
  infra/cargo-lambda.env >"$work/env"
# Compiled before anybody waits.
cargo build --locked -q --bin webhook-receiver --bin ops-api
cargo lambda watch --invoke-address 127.0.0.1 --invoke-port "$port" --env-file "$work/env" \
  >"$work/watch.log" 2>&1 &
watching=$!

# ask EXPECTED-STATUS CURL-ARGUMENTS...: the answer's body in $body.
ask() {
  local expected=$1 status
  shift
  status=$(curl -s -m 120 -o "$work/body" -w '%{http_code}' "$@") || true
  body=$(<"$work/body")
  [[ $status == "$expected" ]] || fail "$status instead of $expected: $body"
}

until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  kill -0 "$watching" 2>/dev/null || fail "cargo lambda watch has ended"
  sleep 0.2
done

secret=$(sed -n 's/^STRIPE_WEBHOOK_SECRETS="local=\(.*\)"$/\1/p' infra/cargo-lambda.env)
now=$(date +%s)
event="{\"id\":\"evt_watched\",\"object\":\"event\",\"type\":\"charge.succeeded\",\"created\":$now,\"livemode\":false,\"data\":{\"object\":{\"id\":\"ch_1\",\"object\":\"charge\"}}}"
signature=$(printf '%s' "$now.$event" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')
address=http://127.0.0.1:$port
ask 200 "$address/webhooks/stripe" -H 'content-type: application/json' \
  -H "stripe-signature: t=$now,v1=$signature" --data-raw "$event"
ask 401 "$address/v1/events/evt_watched"
ask 200 "$address/v1/events/evt_watched" -H 'authorization: Bearer local-operator'
[[ $body == *evt_watched* ]] || fail "the router table leads to another function: $body"

answer=$(timeout 120 cargo lambda invoke webhook-receiver --invoke-address 127.0.0.1 -P "$port" \
  --data-file tests/fixtures/lambda_events/stripe_webhook_apigw_http_v2_forged_no_signature.json) ||
  fail "cargo lambda invoke: ${answer:-}"
[[ $answer == *missing_signature* ]] || fail "cargo lambda invoke answers $answer"
echo "cargo lambda: build, watch, invoke and the router table work"
