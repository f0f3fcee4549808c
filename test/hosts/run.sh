#!/bin/bash
# Runs the tests of this folder in a lab of real droplets: Debian with systemd, OpenSSH and cloud-init, on this machine.
# Usage: run.sh [arguments of vitest]
# Where the lab cannot be, they are skipped, with the reason. The image is made once, in a cache beside the home folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
lab=test/hosts/lab
vitest=(npx vitest run --config test/hosts/vitest.config.ts "$@")

skip() {
  echo "The tests on real hosts are skipped: $1" >&2
  ORQUESTA_LAB_LACKS=$1 exec "${vitest[@]}"
}
[ "$(uname -s)" = Linux ] || skip 'they need Linux.'
[ "$(id -u)" = 0 ] || skip 'they need root, to make namespaces and mounts.'
for pair in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap git:git openssl:openssl; do
  command -v "${pair%%:*}" >/dev/null || skip "there is no ${pair%%:*}; apt-get install ${pair##*:}."
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || skip 'there are no keys of Debian; apt-get install debian-archive-keyring.'
unshare --mount --pid --net --fork true 2>/dev/null || skip 'this machine allows no namespaces.'

cache=${ORQUESTA_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/orquesta-lab}
image=$cache/$(sha256sum "$lab/build-rootfs.sh" | cut -c1-16)
if [ ! -d "$image" ]; then
  echo "Making the droplets' image in $image (about a minute, once)" >&2
  mkdir -p "$cache"
  "$lab/build-rootfs.sh" "$image" || skip 'their image could not be made; see above.'
fi
export ROOTFS=$image/root ORQUESTA_LAB_PACKAGES=$image/packages
exec "$lab/in-lab.sh" "${vitest[@]}"
