#!/usr/bin/env bash
# Every scenario through the front doors, with the binaries that sam built, on DynamoDB Local.
set -euo pipefail
export HOOKWATCH_FUNCTIONS=$LANE_BUILT
infra/dynamodb-local.sh run -- cargo test --locked --workspace --test it -- --skip store
