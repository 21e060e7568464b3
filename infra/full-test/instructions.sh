#!/usr/bin/env bash
# The receiver takes no more instructions than was agreed.
set -euo pipefail
infra/bench/instructions.sh
