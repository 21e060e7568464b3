#!/usr/bin/env bash
# Hookwatch measured side by side with what a user would pick instead, in one table: builds the functions as
# they are deployed, installs the peers by pinned version into the target folder, checks that all do the same
# job, runs them in turns, and gathers the figures of the other benchmarks.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: infra/bench.sh [--quick] [--no-build] [--receiver]
  --quick     fewer rounds, smaller logs: under 10 minutes once everything is built (else under 40)
  --no-build  with what the last run has built and installed
  --receiver  only the receiver and its peers: rows 1 to 5, 10 and 11

Prints the table, and leaves it in target/bench/report.md, with every round in report.json; a quick run in
report-quick.md and .json. Exits with 1 when something fails or a peer does another job; a target that is missed is said
in the table and fails nothing.
TEXT
}

fail() {
  echo "bench: $*" >&2
  exit 1
}

# With the seconds since the beginning: what a part takes.
say() { printf 'bench: %4d s: %s\n' "$SECONDS" "$*" >&2; }

quick=() build=true rest=true
for argument in "$@"; do
  case $argument in
    --quick) quick=(--quick) ;;
    --no-build) build=false ;;
    --receiver) rest=false ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $(uname -s) == Linux ]] || fail "CPU time and quotas are read from Linux: run it there"
for tool in cargo cc java node npm python3; do
  command -v "$tool" >/dev/null || fail "$tool is missing: see CONTRIBUTING.md for what the full lane needs"
done
mkdir -p "${CARGO_TARGET_DIR:-target}/bench"
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
out=$target/bench
peers=infra/bench/peers

# Crates outside of the workspace, each with its own lock file. The tutorial's way is `cargo lambda build`.
build_rust_peers() {
  say "building the Rust peers"
  (cd "$peers/floor" && CARGO_TARGET_DIR=$out/floor-build cargo build --locked --release)
  (cd "$peers/tutorial" && PATH=$target/tools/full-test/bin:$PATH CARGO_TARGET_DIR=$out/tutorial-build \
    cargo lambda build --locked --release)
  mkdir -p "$out/floor" "$out/tutorial"
  cp "$out/floor-build/release/floor" "$out/floor/bootstrap"
  cp "$out/tutorial-build/lambda/tutorial/bootstrap" "$out/tutorial/bootstrap"
}

# python-full or python-plain: a package as it would be zipped, and a start by Lambda's runtime client.
install_python_peer() {
  local kind=$1 folder=$out/python-$1 python
  python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
  if ! cmp -s "$peers/python/$kind.txt" "$folder/installed.txt"; then
    say "installing the Python peer, $kind"
    rm -rf "$folder"
    mkdir -p "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
      --target "$folder/package" -r "$peers/python/$kind.txt" ||
      fail "pip could not install $peers/python/$kind.txt: check the network and pip's index setting"
    cp "$peers/python/$kind.txt" "$folder/installed.txt"
  fi
  cp "$peers/python/$kind.py" "$folder/package/function.py"
  python3 -m compileall -q "$folder/package/function.py"
  { echo "#!$python"; cat "$peers/python/bootstrap.py"; } >"$folder/bootstrap"
  chmod +x "$folder/bootstrap"
}

# What folds the log beside the roll-ups; no function.
install_python_folder() {
  local folder=$out/python-fold
  cmp -s "$peers/python/fold.txt" "$folder/installed.txt" && return
  say "installing the folder's libraries"
  rm -rf "$folder"
  mkdir -p "$folder"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
    --target "$folder" -r "$peers/python/fold.txt" ||
    fail "pip could not install $peers/python/fold.txt: check the network and pip's index setting"
  cp "$peers/python/fold.txt" "$folder/installed.txt"
}

install_node_peer() {
  local folder=$out/node
  if ! cmp -s "$peers/node/package-lock.json" "$folder/build/package-lock.json"; then
    say "installing the Node.js peer"
    rm -rf "$folder"
    mkdir -p "$folder/build"
    cp "$peers/node/package.json" "$folder/build/"
    cp "$peers/node/package-lock.json" "$folder/build/package-lock.json.new"
    (cd "$folder/build" && mv package-lock.json.new package-lock.json &&
      npm ci --silent --no-audit --no-fund --ignore-scripts) ||
      { rm -rf "$folder"; fail "npm could not install the peer: check the network and npm's registry setting"; }
  fi
  cp "$peers/node/receiver.mjs" "$folder/build/"
  cp "$peers/node/runtime.mjs" "$folder/"
  (cd "$folder/build" && node_modules/.bin/esbuild receiver.mjs --bundle --minify --platform=node \
    --target=node20 --format=cjs --log-level=error --outfile=../receiver.cjs)
  { echo "#!$(command -v node)"; echo "import('./runtime.mjs');"; } \
    >"$folder/bootstrap"
  chmod +x "$folder/bootstrap"
}

if $build; then
  say "building the functions as they are deployed"
  infra/full-test.sh build >&2 || fail "the functions do not build; what was said is above"
  build_rust_peers >&2
  install_python_peer full >&2
  install_python_peer plain >&2
  install_node_peer >&2
  ! $rest || install_python_folder >&2
  cargo build --locked --profile truth -p bench >&2
  ! $rest || cargo bench --locked --no-run --profile truth -p tests \
    --bench write_budget --bench statistics --bench numbers >&2
  ! $rest || cargo bench --locked --no-run --profile release -p tests --bench run >&2
fi
bench=("$target/truth/bench" --functions .aws-sam/build --peers "$out")

say "the same job, on DynamoDB Local"
infra/dynamodb-local.sh run -- "${bench[@]}" semantics
export HOOKWATCH_FIGURES=$out/figures.jsonl HOOKWATCH_FOLD_LIBRARIES=$out/python-fold
rm -f "$HOOKWATCH_FIGURES"
"${bench[@]}" measure "${quick[@]}"
if ! $rest; then
  "${bench[@]}" report "${quick[@]}"
  say "done"
  exit
fi

# What needs no peer process: written by the benchmarks themselves into the same file.
measured() {
  say "$2"
  cargo bench --locked -q --profile "$1" -p tests --bench "${@:2}" >&2
}
# A broken budget ends it with 1, and is in the table.
measured truth write_budget -- "${quick[@]}" || say "a budget is broken"
measured truth statistics -- "${quick[@]}"
measured truth numbers -- --targets "${quick[@]}"
# The functions' own code as it is deployed.
measured release run -- --quick
measured release run -- --busy "${quick[@]}"
python3 infra/bench/price.py "$HOOKWATCH_FIGURES" >&2
"${bench[@]}" report "${quick[@]}"
say "done"
