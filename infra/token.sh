#!/usr/bin/env bash
# Makes a token of the operations API. Shows it once: only its SHA-256 is kept, as name=role:sha256.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: bash infra/token.sh [--secret-id ID] NAME ROLE

Makes a token, shows it once, and prints its entry for WEBHOOK_API_TOKENS.

  NAME             who has it, for the log: 1 to 32 letters, digits, _ or -
  ROLE             viewer (reads), writer (logs outcomes) or operator (both, and acts)
  --secret-id ID   puts the entry into this secret (output ApiTokens of the stack) with the aws CLI,
                   in the place of one of the same name
TEXT
}

fail() {
  echo "token.sh: $1" >&2
  exit 1
}

secret_id=
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --secret-id) [ $# -ge 2 ] || fail "--secret-id needs an id"; secret_id=$2; shift 2 ;;
    -*) fail "there is no option $1: see --help" ;;
    *) arguments+=("$1"); shift ;;
  esac
done
[ ${#arguments[@]} -eq 2 ] || { usage >&2; exit 1; }
name=${arguments[0]}
role=${arguments[1]}
[[ $name =~ ^[A-Za-z0-9_-]{1,32}$ ]] || fail "the name must be 1 to 32 letters, digits, _ or -"
case $role in
  viewer | writer | operator) ;;
  *) fail "the role must be viewer, writer or operator" ;;
esac
command -v openssl >/dev/null || fail "openssl is missing: install it"

token=$(openssl rand -hex 32)
hash=$(printf %s "$token" | openssl dgst -sha256 -r | cut -d' ' -f1)
entry="$name=$role:$hash"

if [ -n "$secret_id" ]; then
  command -v aws >/dev/null || fail "the aws CLI is missing: install it, or leave --secret-id out"
  # A secret that was never filled has no value to keep.
  complaint=$(mktemp) file=$(mktemp)
  trap 'rm -f "$complaint" "$file"' EXIT
  if ! known=$(aws secretsmanager get-secret-value --secret-id "$secret_id" \
    --query SecretString --output text 2>"$complaint"); then
    case $(<"$complaint") in
      *"specified secret value"*) known= ;;
      *) fail "the secret cannot be read: $(<"$complaint")" ;;
    esac
  fi
  kept=$(printf %s "$known" | tr ',' '\n' | sed 's/^ *//; s/ *$//' | grep -v "^$name=" | grep . | paste -sd, - || true)
  while read -r line; do
    [[ $line =~ ^[A-Za-z0-9_-]{1,32}=(viewer|writer|operator):[0-9a-fA-F]{64}$ ]] ||
      fail "the secret holds something else than tokens: mend it first"
  done < <(printf %s "$kept" | tr ',' '\n' | grep .)
  # By way of a file that only we can read: arguments of a process are not secret.
  printf %s "${kept:+$kept,}$entry" >"$file"
  aws secretsmanager put-secret-value --secret-id "$secret_id" --secret-string "file://$file" \
    >/dev/null || fail "the secret could not be put"
  echo "Put into $secret_id. The token, shown this once:"
else
  echo "Entry for WEBHOOK_API_TOKENS, to be added to what is there with a comma:"
  echo "$entry"
  echo "The token, shown this once:"
fi
echo "$token"
