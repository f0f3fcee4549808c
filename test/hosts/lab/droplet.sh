#!/bin/bash
# One droplet of the lab. N, 1 to 254, names it.
#   droplet.sh create ID ADDRESS MAC N   its disk and its network; ID is what DigitalOcean calls it
#   droplet.sh start N                   boots it, and returns when it has switched itself off; reboots are seen to
#   droplet.sh exec N COMMAND            runs a line of shell as root in it
#   droplet.sh off N                     pulls the plug
#   droplet.sh destroy N                 and wipes the disk
# Needs ROOTFS (the image) and LAB (set by in-lab.sh); NSPAWN_ARGS may hold more flags for systemd-nspawn.
set -euo pipefail
[ -z "$(ip route show default)" ] || { echo 'droplet.sh runs in a lab only, and here is a default route' >&2; exit 1; }

what=$1
shift
case $what in
  create) id=$1 mac=$3 n=$4 ;;
  *) n=$1 ;;
esac
disk=/run/lab/drops/d$n
group=/sys/fs/cgroup/droplab/$LAB-d$n

case $what in
  create)
    mkdir -p "$disk/upper/etc/droplet-dmi" "$disk/work" "$disk/root"
    echo DigitalOcean >"$disk/upper/etc/droplet-dmi/sys_vendor"
    echo "$id" >"$disk/upper/etc/droplet-dmi/product_serial"
    mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$disk/upper,workdir=$disk/work" "$disk/root"
    ip netns add "d$n"
    ip link add "v$n" type veth peer name eth0 address "$mac" netns "d$n"
    ip link set "v$n" master br0
    ip -n "d$n" link set lo up
    # From here it asks for its metadata; the public address is cloud-init's to set.
    ip -n "d$n" addr add "169.254.1.$n/16" dev eth0
    ip -n "d$n" link set eth0 up
    ;;
  start)
    ip link set "v$n" up
    mkdir -p "$group"
    echo $$ >"$group/cgroup.procs"
    code=133
    # 133: it wants to be started again; 0: it switched itself off.
    while [ "$code" = 133 ]; do
      code=0
      # shellcheck disable=SC2086
      ip netns exec "d$n" sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"' - \
        systemd-nspawn -q -D "$disk/root" --machine="d$n" --register=no --keep-unit --capability=CAP_NET_ADMIN \
        --suppress-sync=yes --resolv-conf=off --timezone=off ${NSPAWN_ARGS:-} --boot \
        </dev/null >>"$disk/console.log" 2>&1 || code=$?
    done
    ip link set "v$n" down
    exit "$code"
    ;;
  exec)
    for pid in $(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null); do
      # Process 1 of the droplet's own numbering.
      if awk '/^NSpid:/ { found = NF > 2 && $NF == 1 } END { exit !found }' "/proc/$pid/status" 2>/dev/null; then
        # A machine that goes down stops whoever runs in it for a moment. nsenter would stop along with its child, for good,
        # and keep the child's remains, for which the machine then waits: a shell in its place takes no notice.
        # shellcheck disable=SC2016
        exec nsenter --target "$pid" --all --no-fork -- /bin/sh -c '/bin/sh -c "$1"; exit $?' - "$2"
      fi
    done
    echo "Droplet $n has no power" >&2
    exit 69
    ;;
  off)
    ip link set "v$n" down
    [ ! -d "$group" ] || echo 1 >"$group/cgroup.kill"
    ;;
  destroy)
    ip link set "v$n" down
    if [ -d "$group" ]; then
      echo 1 >"$group/cgroup.kill"
      for _ in $(seq 50); do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
        sleep 0.1
      done
    fi
    umount "$disk/root"
    # The kernel takes its time with a namespace; the link's name has to be free at once.
    ip link del "v$n"
    ip netns del "d$n"
    rm -rf "$disk"
    ;;
  *)
    echo "droplet.sh knows create, start, exec, off and destroy" >&2
    exit 2
    ;;
esac
