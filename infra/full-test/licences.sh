#!/usr/bin/env bash
# What the crates may be: deny.toml. And what is known against them, where the database of advisories, a git
# repository, can be fetched.
set -euo pipefail
# An exception that nothing needs any more is an error too.
cargo deny --locked check -D unmatched-skip -D unnecessary-skip licenses bans sources
if timeout 120 cargo deny --locked fetch db 2>/dev/null; then
  cargo deny --locked check advisories
else
  echo "advisories are NOT checked: their database cannot be fetched here. Where it can: cargo deny check advisories" |
    tee "${LANE_NOTE:-/dev/null}"
fi
