#!/bin/sh
# debian-package.sh PACKAGE FOLDER SUITE…: extracts a Debian package into a folder, and installs nothing on the machine.
# From the first suite that has it: `own` is what apt-get offers here, others are asked for at the same mirror by lists of their own.
set -u
package=$1 folder=$2
shift 2
command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
as_root=
[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && as_root=sudo; }

apt() {
  apt-get -qq -o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$scratch/lists" \
    -o Dir::Cache="$scratch/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
download() {
  if [ "$1" = own ]; then
    $as_root apt-get update -qq && (cd "$scratch" && apt-get download -qq "$package")
    return
  fi
  mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
  "$(dirname "$0")/debian-sources.sh" "$1" >"$scratch/sources.list"
  apt update && (cd "$scratch" && apt download "$package")
}

for suite in "$@"; do
  if download "$suite" >/dev/null 2>&1; then
    dpkg -x "$scratch/$package"_*.deb "$folder"
    exit
  fi
done
exit 1
