#!/usr/bin/env bash
# The store's suite, a few histories of the truth test and the copy after a restore, on DynamoDB Local.
set -euo pipefail
HOOKWATCH_HISTORIES=20 infra/dynamodb-local.sh run -- \
  bash -c 'cargo test --locked --workspace --test it store && cargo test --locked --workspace --test truth &&
    "$LANE_TOOLS/bin/python" infra/full-test/copy_missing.py'
