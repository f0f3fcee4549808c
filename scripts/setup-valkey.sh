#!/bin/sh
# Puts Valkey's programs into .valkey/bin under the names of Redis's, for `npm run test:valkey`. Installs nothing on the machine.
# What cannot be had is said; the tests are passed over then.
set -u
cd "$(dirname "$0")/.."

say() { echo "setup-valkey: $1"; }
has() { command -v "$1" >/dev/null 2>&1; }
server=.valkey/bin/redis-server
if [ -x "$server" ]; then
  say "$("$server" --version | cut -d' ' -f1-3) is there already"
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

as_root=
[ "$(id -u)" = 0 ] || { has sudo && as_root=sudo; }

# What apt-get offers, or else what Debian has for this release in its backports, by lists of their own.
download() {
  $as_root apt-get update -qq >/dev/null 2>&1
  (cd "$scratch" && apt-get download -qq valkey-tools >/dev/null 2>&1) && return 0
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" 'Created-By: Packages' 2>/dev/null | head -n 1)
  [ -n "$release" ] && [ -n "$mirror" ] || return 1
  mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release-backports main" >"$scratch/sources.list"
  backports() {
    apt-get -qq -o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts=- \
      -o Dir::State::Lists="$scratch/lists" -o Dir::Cache="$scratch/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
  }
  backports update >/dev/null 2>&1 && (cd "$scratch" && backports download valkey-tools >/dev/null 2>&1)
}

if has valkey-server; then
  mkdir -p .valkey/bin
  for program in server sentinel cli; do ln -s "$(command -v "valkey-$program")" ".valkey/bin/redis-$program"; done
elif has apt-get && has dpkg && download && dpkg -x "$scratch"/valkey-tools*.deb "$scratch/valkey"; then
  mkdir -p .valkey/bin
  cp "$scratch/valkey/usr/bin/valkey-check-rdb" "$server"
  cp "$scratch/valkey/usr/bin/valkey-cli" .valkey/bin/redis-cli
  ln -s redis-server .valkey/bin/redis-sentinel
else
  say 'apt-get has no valkey-tools to give: it is left out'
  exit 0
fi
if "$server" --version >"$scratch/version" 2>&1; then
  say "$(cut -d' ' -f1-3 "$scratch/version")"
else
  say "it does not run here, and is left out: $(head -n 1 "$scratch/version")"
  rm -rf .valkey
fi
