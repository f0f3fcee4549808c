#!/bin/sh
# Puts Valkey's programs into .valkey/bin under the names of Redis's, for `npm run test:valkey`. Installs nothing on the machine.
# What cannot be had is said; the tests are passed over then.
set -u
cd "$(dirname "$0")/.."

say() { echo "setup-valkey: $1"; }
server=.valkey/bin/redis-server
if [ -x "$server" ]; then
  say "$("$server" --version | cut -d' ' -f1-3) is there already"
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")

if command -v valkey-server >/dev/null; then
  mkdir -p .valkey/bin
  for program in server sentinel cli; do ln -s "$(command -v "valkey-$program")" ".valkey/bin/redis-$program"; done
elif scripts/debian-package.sh valkey-tools "$scratch" own "$release-backports"; then
  mkdir -p .valkey/bin
  cp "$scratch/usr/bin/valkey-check-rdb" "$server"
  cp "$scratch/usr/bin/valkey-cli" .valkey/bin/redis-cli
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
