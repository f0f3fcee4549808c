#!/bin/sh
# Installs what the tests can use beside Redis and kubectl, with apt-get. One tool that cannot be had costs the tests that need it and
# no others: it is said which. Ends with code 1 and a sentence only when one is missing that many tests need.
set -u

has() { command -v "$1" >/dev/null 2>&1; }
say() { echo "setup-tools: $1"; }
run() {
  printf '+ %s\n' "$*"
  "$@"
}

if ! has apt-get; then
  say 'there is no apt-get here: tests whose tools are missing say so and are skipped'
  exit 0
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

is_installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
# The runlevel 1 makes Debian's invoke-rc.d start nothing. Others may hold apt's lock for a while, as a new machine does.
install() {
  run $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}
# PACKAGE, and which tests need it.
optional() {
  is_installed "$1" || install "$1" || say "$1 cannot be had here: $2 are skipped"
}

run $as_root apt-get update -qq || say 'apt-get update failed, see above: going on with what was known before'

for package in git openssl; do is_installed "$package" || set -- "$@" "$package"; done
if [ $# -gt 0 ] && ! install "$@"; then
  echo "setup-tools: apt-get could not install $*; see above" >&2
  exit 1
fi

optional bubblewrap 'the tests of the simulator in its sandbox'
if ! has chromium && ! has google-chrome && ! has google-chrome-stable && ! has chromium-browser; then
  optional chromium 'the tests of the dashboard in a browser'
fi
if ! is_installed openssh-server; then
  optional openssh-server "the tests with OpenSSH's own server"
  # What systemd started at once would let everybody knock at this machine.
  if is_installed openssh-server && [ -d /run/systemd/system ]; then
    run $as_root systemctl disable --now ssh.socket ssh.service || true
  fi
fi
for package in podman crun; do
  optional "$package" 'the tests of the container image, where there is no Docker,'
done
for package in netavark aardvark-dns iptables; do
  optional "$package" 'the tests of the compose file, where there is no Docker,'
done
for package in debian-archive-keyring iproute2 mmdebstrap systemd-container; do
  optional "$package" 'the tests on real hosts'
done
