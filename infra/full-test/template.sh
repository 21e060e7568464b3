#!/usr/bin/env bash
# The template.
set -euo pipefail
infra/template-test.sh
