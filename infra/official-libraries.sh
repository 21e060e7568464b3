#!/usr/bin/env bash
# Hookwatch against Stripe's official libraries for Node.js and Python: what they sign is accepted and
# found, what is changed afterwards is refused, and what `cargo run -- send` signs they accept.
# Fetches the two libraries once into the target folder; ends with one line of figures.
set -euo pipefail

readonly NODE_LIBRARY=stripe@23.1.0
# What npm must say of the file it fetched.
readonly NODE_INTEGRITY=sha512-fVUfMSfTPoukfoV//MUKAx2+YxyKmYaYtnAL9VkfnHfaPNQylFdWZMD+zgUFerI8rjbaiER8Vzj2XEUQ2AhAsQ==
readonly SECRET=whsec_official_libraries
readonly SECONDS_TO_START=300

cd "$(dirname "${BASH_SOURCE[0]}")/.."
workspace=$PWD
mkdir -p "${CARGO_TARGET_DIR:-target}/tools"
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
scripts=$workspace/infra/official-libraries
readonly workspace target scripts
. infra/tools.sh

fail() {
  echo "official-libraries: $*" >&2
  exit 1
}

check_tools() {
  command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
  needs_node || fail "without Node.js there is no test"
  needs python3 python3 || fail "without Python there is no test"
  python3 -m pip --version >/dev/null 2>&1 || needs pip3 python3-pip || fail "python3 has no pip"
}

# The library for Node.js, which needs no other, in $node_library.
install_for_node() {
  node_library=$target/tools/stripe-node-${NODE_LIBRARY#*@}
  npm_package "$NODE_LIBRARY" "$NODE_INTEGRITY" "$node_library" || fail "without $NODE_LIBRARY there is no test"
}

# The library for Python in $python_library. It talks to Stripe through another package, which
# nothing here needs.
install_for_python() {
  local list=$scripts/requirements.txt
  python_library=$target/tools/stripe-python-$(sed -n 's/^stripe==\([^ ]*\).*/\1/p' "$list")
  [[ -f $python_library/stripe/__init__.py ]] && return
  local fresh
  fresh=$(mktemp -d "$target/tools/fetching.XXXXXX")
  retried python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
    --only-binary :all: --require-hashes --target "$fresh" -r "$list" ||
    { rm -rf "$fresh"; fail "pip could not install $list: check the network and pip's index setting"; }
  rm -rf "$python_library"
  mv "$fresh" "$python_library"
}

# Starts `local` on a free port with data of its own; its address goes to $address.
start_local() {
  work=$(mktemp -d)
  local_process=
  trap stop_local EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  local_program=$target/debug/local
  "$local_program" --port 0 --data "$work/data" --secret "$SECRET" >"$work/local.log" 2>&1 &
  local_process=$!
  local tries
  for ((tries = 0; tries < SECONDS_TO_START * 10; tries++)); do
    address=$(sed -n 's|.*\(http://127.0.0.1:[0-9]*\)/webhooks/stripe.*|\1|p' "$work/local.log" | head -n 1)
    [[ -z $address ]] || return 0
    kill -0 "$local_process" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/local.log" >&2
  fail "local did not start; what it said is above"
}

stop_local() {
  if [[ -n $local_process ]]; then
    kill "$local_process" 2>/dev/null || true
    wait "$local_process" 2>/dev/null || true
  fi
  rm -rf "$work"
}

# Runs a script with the rest of its arguments and counts what it reports, a line each.
failed=0 passed=0
try() {
  local name=$1 code=0
  shift
  "$@" "$address" "$local_program" "$SECRET" "$workspace/tests/fixtures/stripe_events" |
    tee "$work/$name.txt" || code=$?
  passed=$((passed + $(grep -c '^ok ' "$work/$name.txt" || true)))
  failed=$((failed + $(grep -c '^FAILED ' "$work/$name.txt" || true)))
  if [[ $code -ne 0 ]] && ! grep -q '^FAILED ' "$work/$name.txt"; then
    echo "FAILED $name: the script ended with $code"
    failed=$((failed + 1))
  fi
}

check_tools
install_for_node
install_for_python
cargo build --locked -q --bin local || fail "local does not build"
start_local
try node env "STRIPE_LIBRARY=$node_library/package" node "$scripts/send.mjs"
try python env "PYTHONPATH=$python_library" PYTHONDONTWRITEBYTECODE=1 python3 "$scripts/send.py"
echo "official libraries: $passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
