# Sourced by scripts that need more than Rust: what is missing is installed where that can be done, and named
# where it cannot. Networks fail for a moment, so whatever fetches is tried three times.

# retried COMMAND...: up to three times, with a pause between.
retried() {
  local try
  for try in 1 2 3; do
    if "$@"; then return 0; fi
    [[ $try -eq 3 ]] || sleep $((try * 5))
  done
  return 1
}

# needs COMMAND PACKAGE: a command, from Debian's package where root may install it. Fails with what to do.
needs() {
  local command=$1 package=$2
  ! command -v "$command" >/dev/null || return 0
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "installing $package" >&2
    if apt_install "$package" && command -v "$command" >/dev/null; then return 0; fi
    echo "$command is missing, and apt-get could not install $package: check the network" >&2
  else
    echo "$command is missing: install it (Debian: apt-get install $package)" >&2
  fi
  return 1
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  retried apt-get update -qq >/dev/null &&
    retried apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

# needs_node: Node.js 20 or newer, with npm.
needs_node() {
  needs node nodejs && needs npm npm || return 1
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [[ $major -ge 20 ]] && return
  echo "node is version $major: install 20 or newer (https://nodejs.org)" >&2
  return 1
}

# needs_chromium: its path, or that of a browser made of it, goes to $chromium; CHROMIUM=path names another.
needs_chromium() {
  chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  [[ -z $chromium ]] || return 0
  needs chromium chromium && chromium=$(command -v chromium)
}

# npm_package NAME@VERSION INTEGRITY FOLDER: a package of npm's without those that it needs, unpacked once as
# FOLDER/package. INTEGRITY is what npm must say of the file that it fetched.
npm_package() {
  local package=$1 integrity=$2 into=$3 fresh
  [[ ! -f $into/package/package.json ]] || return 0
  mkdir -p "$(dirname "$into")"
  fresh=$(mktemp -d "$(dirname "$into")/fetching.XXXXXX")
  if ! retried npm_pack "$fresh" "$package"; then
    echo "npm could not fetch $package: check the network and npm's registry setting" >&2
  elif ! grep -qF "\"$integrity\"" "$fresh/npm.json"; then
    echo "what npm fetched as $package is not the file that this script was written for" >&2
  elif tar -xzf "$fresh"/*.tgz -C "$fresh" && rm "$fresh"/*.tgz; then
    # Renamed last, so that a half-made folder is never taken for the package; another may have been faster.
    [[ -f $into/package/package.json ]] || { rm -rf "$into" && mv "$fresh" "$into"; }
  fi
  rm -rf "$fresh"
  [[ -f $into/package/package.json ]]
}

npm_pack() {
  (cd "$1" && rm -f ./*.tgz && npm pack --json --silent "$2" >npm.json)
}

# python_tools FOLDER PIP-ARGUMENTS...: a virtual environment of its own, made anew when the arguments, the list
# that they name, its folder or its Python have changed: it works in one place only.
python_tools() {
  local into=$1 wanted
  shift
  wanted="$(realpath -m "$into") $*: $(cat "${!#}" 2>/dev/null || true)"
  if [[ $(cat "$into/wanted" 2>/dev/null) == "$wanted" ]] && "$into/bin/python" --version >/dev/null 2>&1; then
    return 0
  fi
  needs python3 python3 || return 1
  rm -rf "$into"
  mkdir -p "$(dirname "$into")"
  if ! python3 -m venv "$into" >/dev/null 2>&1; then
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null && apt_install python3-venv
    rm -rf "$into"
    python3 -m venv "$into" || {
      echo "python3 cannot make a virtual environment: install it (Debian: apt-get install python3-venv)" >&2
      return 1
    }
  fi
  retried "$into/bin/pip" install --quiet --disable-pip-version-check "$@" || {
    echo "pip could not install $*: check the network and pip's index setting" >&2
    return 1
  }
  # Last, so that a half-made folder is never taken for the tools.
  printf '%s\n' "$wanted" >"$into/wanted"
}

# cargo_tool NAME VERSION FOLDER: a command of crates.io's as FOLDER/bin/NAME, built once. A tool that only starts
# others needs no optimising.
cargo_tool() {
  local name=$1 version=$2 into=$3
  if [[ -x $into/bin/$name ]] && grep -qF "\"$name $version " "$into/.crates.toml"; then return 0; fi
  retried cargo install --quiet --locked --debug --root "$into" "$name@$version" || {
    echo "cargo could not install $name $version: check the network" >&2
    return 1
  }
}

# lane_tools FOLDER: what the full lane and the template's checks use, by the versions of its list. Called from
# the workspace's folder.
lane_tools() {
  python_tools "$1" --no-deps -r infra/full-test/requirements.txt
}
