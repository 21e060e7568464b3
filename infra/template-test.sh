#!/usr/bin/env bash
# The checks of template.yaml that need Python: cfn-lint, sam validate, checkov, the stack created in moto's
# CloudFormation, and the bill; and the runbook's commands, by the aws CLI. `cargo test` has the others. Needs python3 (3.10 or later) with venv, and a package
# index; installs pinned tools under the target folder, once.
#
#   bash infra/template-test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
tools=$target/tools/full-test
# checkov and the aws CLI pin other versions of what the others need.
checkov=$target/tools/checkov
aws=$target/tools/aws-cli
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1

. infra/tools.sh
lane_tools "$tools" || exit 1
python_tools "$checkov" checkov==3.3.30 || exit 1
python_tools "$aws" awscli==1.46.3 || exit 1

failed=()
step() {
  local name=$1
  shift
  echo "== $name"
  "$@" || failed+=("$name")
}

step cfn-lint "$tools/bin/cfn-lint" template.yaml
step "sam validate" "$tools/bin/sam" validate --lint --template template.yaml
step checkov "$checkov/bin/checkov" --config-file infra/checkov.yaml --file template.yaml
step moto "$tools/bin/python" infra/template_test.py template.yaml
step cost "$tools/bin/python" infra/cost.py --check
step runbook "$aws/bin/python" infra/runbook_test.py infra/README.md

if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}" >&2
  exit 1
fi
echo "template.yaml: cfn-lint, sam validate, checkov, moto and the bill agree; so do the runbook and the aws CLI"
