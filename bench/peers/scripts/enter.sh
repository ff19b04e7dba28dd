#!/bin/sh
# Runs a command with another root, in which WORK is /mnt. It is started in a mount
# namespace of its own, so that nothing stays mounted when it ends.
# usage: unshare --mount sh enter.sh ROOT WORK COMMAND…
set -eu
root=$1 work=$2
shift 2
for d in proc sys dev; do mount --bind "/$d" "$root/$d"; done
mount --bind "$work" "$root/mnt"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
