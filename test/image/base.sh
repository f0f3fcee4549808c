#!/usr/bin/env bash
# Prints, as a tar, a Debian with the Node.js that the Dockerfile asks for (or else this machine's), which trusts whom this machine
# trusts: what the image is built on, where no registry of images can be reached.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

major=$(sed -n 's/^ARG BASE=.*node:\([0-9]*\).*/\1/p' Dockerfile)
NODE=$scratch/package/bin/node NPM=$(npm root --global)/npm
if ! (cd "$scratch" && npm pack --silent "node-linux-$(node -p process.arch)@$major" >&2 && tar -xzf ./*.tgz package/bin/node); then
  NODE=$(node -p process.execPath)
  echo "Node.js $major can't be had: this machine's stands in for it" >&2
fi
export NODE NPM
mmdebstrap --mode=root --variant=minbase --quiet --include=ca-certificates \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
  --customize-hook='cp "$NODE" "$1/usr/local/bin/node"' \
  --customize-hook='mkdir -p "$1/usr/local/lib/node_modules" && cp -r "$NPM" "$1/usr/local/lib/node_modules/npm"' \
  --customize-hook='ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"' \
  --customize-hook='chroot "$1" useradd --uid 1000 --create-home node' \
  bookworm - "$(scripts/debian-sources.sh bookworm)"
