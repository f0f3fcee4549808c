#!/bin/bash
# The image that all droplets of the lab start from: Debian 12 with systemd, OpenSSH and cloud-init, as a provider's image is.
# Usage: build-rootfs.sh DIR     (root; needs mmdebstrap and a Debian mirror)
# Makes DIR/root, and DIR/packages: what `apt-get install git xz-utils` fetches there, to be served to droplets.
set -euo pipefail
dest=$1
part=$dest.part
rm -rf "$part"
mkdir -p "$part/packages"
trap 'rm -rf "$part"' EXIT

hooks=()
hook() { hooks+=("--customize-hook=$1"); }

hook 'chroot "$1" apt-get clean'
hook 'chroot "$1" apt-get -qq install -y --no-install-recommends --download-only git xz-utils </dev/null'
hook "mv \"\$1\"/var/cache/apt/archives/*.deb '$part/packages/'"
hook 'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/etc/resolv.conf" "$1"/etc/apt/sources.list.d/* "$1/etc/apt/sources.list"'
hook 'rm -rf "$1"/var/lib/apt/lists/*'
hook 'echo uninitialized >"$1/etc/machine-id"'
# Debian's default refuses root's password; the provider's images don't.
hook 'echo "PermitRootLogin yes" >"$1/etc/ssh/sshd_config.d/10-droplet.conf"'
hook 'for i in 0 1; do d="$1/etc/systemd/network/10-cloud-init-eth$i.network.d"; mkdir -p "$d"; printf "[Network]\nIPv6AcceptRA=no\nLinkLocalAddressing=no\n" >"$d/no-ra.conf"; done'
# A veth is no "physical" interface to cloud-init: droplet.sh gives the link-local address in its place.
hook 'printf "datasource_list: [DigitalOcean]\ndatasource:\n  DigitalOcean: {use_ip4LL: false, retries: 30, timeout: 2, wait_retry: 1}\nlocale: C.UTF-8\n" >"$1/etc/cloud/cloud.cfg.d/99-droplet.cfg"'
# cloud-init knows a droplet by its SMBIOS, which a container has not: it is to read /etc/droplet-dmi.
hook 'p=usr/lib/python3/dist-packages/cloudinit; sed -i "s#^DMI_SYS_PATH = .*#DMI_SYS_PATH = \"/etc/droplet-dmi\"#; s/^    if is_container():\$/    if False:/" "$1/$p/dmi.py"; rm -f "$1/$p"/__pycache__/dmi.*; grep -q droplet-dmi "$1/$p/dmi.py"; grep -q "if False:" "$1/$p/dmi.py"'
hook 'chroot "$1" systemctl -q enable systemd-networkd ssh'
hook 'chroot "$1" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer console-getty.service getty@.service'

mmdebstrap --mode=root --variant=minbase --quiet --skip=cleanup/apt \
  --include=systemd,systemd-sysv,dbus,openssh-server,cloud-init,iproute2,ca-certificates,curl,procps,sudo \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/i18n/*' \
  "${hooks[@]}" bookworm "$part/root" "$(scripts/debian-sources.sh bookworm)"

(
  cd "$part/packages"
  for deb in *.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
  done >Packages
)
rm -rf "$dest"
mv "$part" "$dest"
