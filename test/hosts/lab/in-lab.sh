#!/bin/bash
# Runs one command in a lab of its own: mount, pid, network, ipc and uts namespaces without any way out. Droplets are on
# 10.199.0.0/16, and everything that was started ends with the command or with its caller.
# Usage: in-lab.sh COMMAND...     (root)
LAB=$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
export LAB
# Each systemd takes some: the default is enough for about 20 droplets.
[ "$(sysctl -n fs.inotify.max_user_instances)" -ge 1024 ] || sysctl -qw fs.inotify.max_user_instances=1024
exec setpriv --pdeathsig KILL unshare --mount --pid --net --ipc --uts --fork --kill-child=KILL --mount-proc --propagation private -- bash -c '
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lab/drops
mount -t cgroup2 cgroup2 /sys/fs/cgroup
all=/sys/fs/cgroup/droplab
mkdir -p $all
# Empty folders are all that a killed lab leaves behind.
find $all -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
ip link set lo up
ip link add br0 type bridge
ip addr add 10.199.0.1/16 dev br0
ip addr add 169.254.169.254/16 dev br0
ip link set br0 up
"$@" & command=$!
trap "kill -TERM $command" TERM INT
set +e
while :; do wait $command; code=$?; kill -0 $command 2>/dev/null || break; done
for group in $all/$LAB-*; do [ -d $group ] && echo 1 >$group/cgroup.kill; done
for try in $(seq 20); do
  find $all -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
  ls -d $all/$LAB-* >/dev/null 2>&1 || break
  sleep 0.1
done
exit $code' lab "$@"
