# What the tests need beyond a Rust toolchain: found, installed (as root, with apt), or named. Sourced by scripts/test
# and scripts/bench.

NODE_MAJOR=24
INSPECTOR_VERSION=2.12.0

# need COMMAND PACKAGE: installs the package when the command is absent and we may, otherwise remembers what to type.
missing=()
need() {
  command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || missing+=("$2")
}

install_missing() {
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} …"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null && return
  fi
  echo "This machine lacks some programs. Install them, then run this again:" >&2
  echo "  sudo apt-get install -y ${missing[*]}" >&2
  exit 1
}

need_system() {
  need cc build-essential
  need python3 python3
  need pip3 python3-pip
  need ip iproute2
  need unshare util-linux
  need faketime faketime
  need openssl openssl
  need nginx nginx-light
  need caddy caddy
  need npm npm
  need chromium chromium
  command -v pg_ctl >/dev/null || ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || missing+=(postgresql)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  install_missing
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "python3 is older than 3.11; install a newer one and put it first in PATH" >&2
    exit 1
  fi
  if ! command -v cargo >/dev/null; then
    echo "There is no Rust toolchain; install one from https://rustup.rs, then run this again" >&2
    exit 1
  fi
  recent_node 20 19 # what builds the web UI
}

# A Docker engine, for root alone. Without what Debian recommends beside it: the engine is started by the tests, not by the system.
need_container() {
  missing=()
  need dockerd docker.io
  need docker-compose docker-compose
  need debootstrap debootstrap
  need iptables iptables
  need curl curl
  need systemd-analyze systemd
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || { echo "Install ${missing[*]}, then run this again" >&2; return 1; }
  echo "Installing ${missing[*]} …"
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# recent_node MAJOR MINOR: a Node of that version or newer, in PATH: the machine's own, or one in .cache where that is too old.
recent_node() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); const [least, part] = process.argv.slice(1).map(Number); process.exit(major > least || (major === least && minor >= part) ? 0 : 1)' "$1" "$2" 2>/dev/null && return
  local directory=$cache/node machine=x64
  [ "$(uname -m)" = aarch64 ] && machine=arm64
  if [ "$(cat "$directory/stamp" 2>/dev/null)" != "$NODE_MAJOR" ]; then
    echo "Installing Node $NODE_MAJOR …"
    rm -rf "$directory"
    mkdir -p "$directory"
    npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$directory" "node-linux-$machine@$NODE_MAJOR" || exit 1
    echo "$NODE_MAJOR" >"$directory/stamp"
  fi
  export PATH=$directory/node_modules/node-linux-$machine/bin:$PATH
}

# node_modules DIRECTORY: exactly what its lock file names, installed again when that changes.
node_modules() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-from" && return
  echo "Installing the packages of $1 …"
  npm ci --prefix "$1" --include=dev --ignore-scripts --no-audit --no-fund --silent &&
    cp "$1/package-lock.json" "$1/node_modules/.installed-from"
}

# venv NAME REQUIREMENTS: a Python environment in .cache, made again when the requirements or the machine's Python change.
venv() {
  local directory=$cache/$1 stamp
  stamp=$({ python3 -c 'import sys; print(sys.base_prefix, sys.version)' && cat "$2"; } | sha256sum)
  [ "$(cat "$directory/stamp" 2>/dev/null)" = "$stamp" ] && return
  echo "Making the Python environment $1 …"
  rm -rf "$directory"
  python3 -m venv "$directory" &&
    "$directory/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" || return 1
  echo "$stamp" >"$directory/stamp"
}

# The Inspector, and a Node that is new enough for it.
inspector() {
  local directory=$cache/inspector machine=x64
  [ "$(uname -m)" = aarch64 ] && machine=arm64
  if [ "$(cat "$directory/stamp" 2>/dev/null)" != "$INSPECTOR_VERSION $NODE_MAJOR" ]; then
    echo "Installing the MCP Inspector $INSPECTOR_VERSION …"
    rm -rf "$directory"
    mkdir -p "$directory"
    npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$directory" \
      "@modelcontextprotocol/inspector@$INSPECTOR_VERSION" "node-linux-$machine@$NODE_MAJOR" || return 1
    echo "$INSPECTOR_VERSION $NODE_MAJOR" >"$directory/stamp"
  fi
  # Each time, and naming no path: what was fetched may serve another checkout than the one that fetched it.
  cat >"$directory/inspect" <<END
#!/bin/sh
modules=\$(dirname "\$0")/node_modules
exec "\$modules/node-linux-$machine/bin/node" "\$modules/.bin/mcp-inspector" "\$@"
END
  chmod +x "$directory/inspect"
}

# The OpenID provider that people log in with in a test.
openid_provider() {
  local directory=scripts/story/oidc
  cmp -s "$directory/package-lock.json" "$directory/node_modules/.installed" && return
  echo "Installing the OpenID provider of the tests …"
  npm ci --silent --no-fund --no-audit --ignore-scripts --prefix "$directory" || return 1
  cp "$directory/package-lock.json" "$directory/node_modules/.installed"
}

# Other people's MCP servers: a reference server from npm, and what sources/fast.py is written with.
source_servers() {
  node_modules scripts/story/sources && venv sources-venv scripts/story/sources/requirements.txt
}

# The official suite for MCP servers.
conformance() { node_modules scripts/story/conformance; }
