#!/usr/bin/env bash
# What the health check asks of CloudWatch while its scenarios run, against AWS's own service model.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOOKWATCH_CLOUDWATCH_RECORD=$work/requests cargo test --locked --workspace --test it health
"$LANE_TOOLS/bin/python" infra/full-test/cloudwatch.py "$work/requests"
