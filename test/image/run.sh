#!/usr/bin/env bash
# Builds the container image and runs the tests of this folder on it: npm run test:image
# With Docker, or else podman; where neither works they are skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/../.."
vitest=(npx vitest run --config test/image/vitest.config.ts)

skip() {
  echo "The tests of the image are skipped: $1" >&2
  ORQUESTA_IMAGE_LACKS=$1 exec "${vitest[@]}"
}

# A sandbox may have no cgroups that podman knows, and no right to raise a limit: none of that is the image's.
in_a_sandbox() {
  [ "$(id -u)" = 0 ] && [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] && [ -z "${ORQUESTA_IMAGE_SANDBOX:-}" ]
}
if docker info >/dev/null 2>&1; then
  engine=docker
elif ! command -v podman >/dev/null; then
  skip 'no container engine answers; start Docker, or apt-get install podman.'
elif in_a_sandbox; then
  export ORQUESTA_IMAGE_SANDBOX=1
  exec unshare --mount --propagation private sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$0"' "$0"
else
  engine=podman
fi
scratch=$(mktemp -d)
made=()
at_end() {
  [ -z "${service:-}" ] || kill "$service"
  # In a sandbox the names of its networks are served on after the last of them is gone.
  [ -z "${ORQUESTA_IMAGE_SANDBOX:-}" ] || kill "$(cat /run/containers/networks/aardvark-dns/aardvark.pid 2>/dev/null)" 2>/dev/null || true
  "$engine" rmi --force "${made[@]}" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap at_end EXIT
if [ -n "${ORQUESTA_IMAGE_SANDBOX:-}" ]; then
  printf '[containers]\ncgroups = "disabled"\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n[network]\nnetwork_backend = "netavark"\n' >"$scratch/containers.conf"
  export CONTAINERS_CONF=$scratch/containers.conf BUILDAH_ISOLATION=chroot
fi
"$engine" info >/dev/null 2>&1 || skip "$engine does not work here: see $engine info."

base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
stand_in=
if ! "$engine" image inspect "$base" >/dev/null 2>&1 && ! timeout 60 "$engine" pull --quiet "$base"; then
  [ "$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null || skip "$base can't be had."
  echo "$base can't be had: a Debian with its Node.js stands in for it" >&2
  test/image/base.sh >"$scratch/base.tar" || skip "nothing can stand in for $base; see above."
  stand_in=localhost/orquesta-base:$$
  made+=("$stand_in")
  "$engine" import --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' "$scratch/base.tar" "$stand_in"
fi

image=localhost/orquesta-test:$$
made+=("$image")
"$engine" run --rm --network host "${stand_in:-$base}" node --version || skip "$engine starts no container here; see above."
if [ "$engine" = podman ]; then
  # In another format the HEALTHCHECK is left out; layers would stay behind.
  export BUILDAH_FORMAT=docker BUILDAH_LAYERS=false
fi
"$engine" build --tag "$image" ${stand_in:+--build-arg BASE="$stand_in"} .
export ORQUESTA_IMAGE_ENGINE=$engine ORQUESTA_IMAGE=$image
. test/image/compose.sh
"${vitest[@]}"
