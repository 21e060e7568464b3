#!/usr/bin/env bash
# The store's suite, and a few histories of the truth test, on DynamoDB Local.
set -euo pipefail
HOOKWATCH_HISTORIES=20 infra/dynamodb-local.sh run -- \
  bash -c 'cargo test --locked --workspace --test it store && cargo test --locked --workspace --test truth'
