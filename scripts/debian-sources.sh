#!/bin/sh
# debian-sources.sh SUITE: prints the line of a sources.list for a suite of Debian: from this machine's own mirror where it is a Debian,
# from Debian's elsewhere, as on an Ubuntu. Needs the package debian-archive-keyring.
. /etc/os-release
mirror=
[ "${ID:-}" != debian ] ||
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: ${VERSION_CODENAME:-}" 'Created-By: Packages' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $1 main"
