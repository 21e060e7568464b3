#!/usr/bin/env bash
# What the crates may be: deny.toml.
set -euo pipefail
cargo deny --locked check licenses bans sources
echo "not checked here: advisories, whose database is a git repository. Where there is a network:
  cargo deny check advisories"
