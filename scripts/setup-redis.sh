#!/bin/sh
# Installs a Redis server where there is none. Does nothing when redis-server or valkey-server is there.
# Ends with code 1 and a sentence when it cannot.
set -u

has() { command -v "$1" >/dev/null 2>&1; }
has_server() { has redis-server || has valkey-server; }
fail() {
  echo "setup-redis: $1" >&2
  exit 1
}

if has_server; then
  echo "setup-redis: $(command -v redis-server || command -v valkey-server) is there already"
  exit 0
fi

as_root=
if [ "$(id -u)" != 0 ] && ! has brew; then
  has sudo || fail 'installing a package needs root, and there is no sudo; run this as root'
  as_root=sudo
fi

# A service of the distribution that runs already was started by somebody else: leave it alone.
# Packages start theirs while they are installed. We need the program only, and a server that nobody asked for
# would hold port 6379: the runlevel 1 makes Debian's invoke-rc.d start nothing, and what systemd started is stopped.
stop_service() {
  has systemctl && [ -d /run/systemd/system ] || return 0
  for unit in redis-server redis valkey; do
    $as_root systemctl disable --now "$unit" >/dev/null 2>&1 || true
  done
}

if has apt-get; then
  echo 'setup-redis: installing redis-server with apt-get'
  $as_root apt-get update -qq || fail 'apt-get update failed; see above'
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null \
    || fail 'apt-get could not install redis-server; see above'
  stop_service
elif has dnf; then
  echo 'setup-redis: installing redis (or valkey) with dnf'
  $as_root dnf install -y -q redis || $as_root dnf install -y -q valkey \
    || fail 'dnf could install neither redis nor valkey; see above'
elif has apk; then
  echo 'setup-redis: installing redis (or valkey) with apk'
  $as_root apk add --quiet redis || $as_root apk add --quiet valkey \
    || fail 'apk could install neither redis nor valkey; see above'
elif has brew; then
  echo 'setup-redis: installing redis with brew'
  brew install --quiet redis || fail 'brew could not install redis; see above'
else
  fail 'none of apt-get, dnf, apk and brew is here; install Redis 7 or Valkey yourself, so that redis-server is in the PATH'
fi

has_server || fail 'the package is installed, but there is no redis-server in the PATH'
echo "setup-redis: installed $(command -v redis-server || command -v valkey-server)"
