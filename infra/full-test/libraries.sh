#!/usr/bin/env bash
# Stripe's own libraries.
set -euo pipefail
infra/official-libraries.sh
