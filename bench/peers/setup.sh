#!/bin/sh
# Installs the peers with Debian's packages into a system of their own, outside of any
# repository: 4 GB, some minutes, as root, on a Debian or Ubuntu with a mirror of Debian.
# usage: setup.sh FOLDER [MIRROR]      then: XENT_PEERS=FOLDER go run ./bench/peers
set -eu
[ $# -ge 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
root=$1
mirror=${2:-$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')}
mirror=${mirror:-http://deb.debian.org/debian}
packages="python3-torch python3-numpy python3-setuptools python3-dev g++ ninja-build
	libtorch-dev libsleef-dev libopenblas0-openmp libdnnl-dev libjemalloc2"

if [ -e "$root/xent-peers" ]; then
	echo "$root is complete"
	exit
fi
command -v debootstrap >/dev/null || { apt-get update -q && apt-get install -qy debootstrap; }
mkdir -p "$root"
# Unstable, since only there PyTorch is recent.
debootstrap --variant=minbase sid "$root" "$mirror"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true # proxies
echo "deb $mirror sid main" >"$root/etc/apt/sources.list"
chroot "$root" apt-get update -q
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $packages
touch "$root/xent-peers"
echo "$root is complete"
