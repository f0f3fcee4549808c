# Sourced by run.sh: finds what deploy/compose.yaml needs, and names Compose in ORQUESTA_COMPOSE or what is missing in ORQUESTA_COMPOSE_LACKS.

# Prints what is missing, as a sentence; nothing: it is all there.
compose_lacks() {
  if docker compose version >/dev/null 2>&1; then
    echo 'docker compose' >"$scratch/compose"
  elif scripts/debian-package.sh docker-compose "$scratch/package" trixie &&
    "$scratch/package/usr/libexec/docker/cli-plugins/docker-compose" version >&2; then
    echo "$scratch/package/usr/libexec/docker/cli-plugins/docker-compose" >"$scratch/compose"
  else
    echo 'there is no Docker Compose, and none could be had; install it.'
    return
  fi
  if ! "$engine" network create "orquesta-$$" >&2; then
    echo "$engine makes no networks; for podman: apt-get install netavark aardvark-dns iptables."
    return
  fi
  "$engine" network rm "orquesta-$$" >&2

  local redis
  redis=$(sed -n 's/^    image: \(redis:.*\)/docker.io\/library\/\1/p' deploy/compose.yaml)
  if ! "$engine" image inspect "$redis" >/dev/null 2>&1 && ! timeout 60 "$engine" pull --quiet "$redis" >&2; then
    echo "$redis can't be had: a Debian with its Redis stands in for it" >&2
    if [ -z "$stand_in" ] || ! printf '%s\n' "FROM $stand_in" \
      'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server && install -d -o 999 -g 999 /data' |
      "$engine" build --tag "$redis" - >&2; then
      echo "$redis can't be had, nor anything that stands in for it."
      return
    fi
    echo "$redis" >"$scratch/made"
  fi
}

ORQUESTA_COMPOSE_LACKS=$(compose_lacks)
export ORQUESTA_COMPOSE_LACKS
if [ -z "$ORQUESTA_COMPOSE_LACKS" ]; then
  ORQUESTA_COMPOSE=$(cat "$scratch/compose")
  export ORQUESTA_COMPOSE
  [ ! -e "$scratch/made" ] || made+=("$(cat "$scratch/made")")
  if [ "$engine" = podman ]; then
    podman system service --time 0 "unix://$scratch/podman.sock" &
    service=$!
    export DOCKER_HOST=unix://$scratch/podman.sock
  fi
fi
