#!/usr/bin/env bash
# The pages in a real Chromium, on the demonstration's data: every page at three widths, dark and light,
# without JavaScript; every filter and every action; contrast and names by axe; five questions of
# somebody on call, answered in a few clicks. Ends with one line of figures.
#   infra/browser-test.sh [--screenshots]   also draws infra/screenshots/ anew
# Fetches playwright-core and axe-core once into the target folder; needs Node.js 20 with npm and Chromium
# (CHROMIUM=path), which root gets from Debian.
set -euo pipefail

# name@version and what npm must say of the file it fetched.
readonly PLAYWRIGHT_PACKAGE=playwright-core@1.65.1
readonly PLAYWRIGHT_INTEGRITY=sha512-hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw==
readonly AXE_PACKAGE=axe-core@4.14.1
readonly AXE_INTEGRITY=sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
readonly SECONDS_TO_START=600

cd "$(dirname "${BASH_SOURCE[0]}")/.."
workspace=$PWD
mkdir -p "${CARGO_TARGET_DIR:-target}/tools"
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
readonly workspace target
. infra/tools.sh

fail() {
  echo "browser-test: $*" >&2
  exit 1
}

check_tools() {
  command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
  needs_node || fail "without Node.js there is no test"
  needs_chromium || fail "without Chromium there is no test; CHROMIUM=path names another"
}

# Starts the demonstration on a free port and waits until it is over; its address goes to $address.
start_demo() {
  work=$(mktemp -d)
  demo=
  : >"$work/demo.log"
  trap stop_demo EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$target/debug/local" --demo --keep --port 0 >"$work/demo.log" 2>&1 &
  demo=$!
  local tries
  for ((tries = 0; tries < SECONDS_TO_START * 10; tries++)); do
    address=$(sed -n 's|.*Overview  http://[^@]*@\(127.0.0.1:[0-9]*\)/.*|http://\1|p' "$work/demo.log" | head -n 1)
    [[ -z $address ]] || return 0
    kill -0 "$demo" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 40 "$work/demo.log" >&2
  fail "the demonstration did not get ready; the end of what it said is above"
}

stop_demo() {
  if [[ -n $demo ]]; then
    kill "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  rm -rf "$work"
}

screenshots=
[[ ${1:-} != --screenshots ]] || screenshots=$workspace/infra/screenshots
check_tools
playwright=$target/tools/${PLAYWRIGHT_PACKAGE/@/-}
npm_package "$PLAYWRIGHT_PACKAGE" "$PLAYWRIGHT_INTEGRITY" "$playwright" || fail "without playwright there is no test"
axe=$target/tools/${AXE_PACKAGE/@/-}
npm_package "$AXE_PACKAGE" "$AXE_INTEGRITY" "$axe" || fail "without axe there is no test"
cargo build --locked -q --bin local || fail "local does not build"
start_demo
PLAYWRIGHT=$playwright/package AXE=$axe/package CHROMIUM=$chromium SCREENSHOTS=$screenshots \
  node infra/browser-test/pages.mjs "$address"
