#!/usr/bin/env bash
# The pages, in a real browser.
set -euo pipefail
infra/browser-test.sh
