#!/bin/sh
# Runs a peer at its best settings.
# usage: sh peer.sh THREADS torch PYTHON SCRIPT ARGUMENT…
#        sh peer.sh THREADS library PROGRAM LIBRARY ARGUMENT…   (LIBRARY by its name alone)
#        sh peer.sh THREADS program PROGRAM ARGUMENT…
set -eu
threads=$1 kind=$2
shift 2

# find FILE prints where the library lies.
find() {
	for d in /usr/lib/*-linux-gnu/openblas-openmp /usr/lib/*-linux-gnu /usr/lib64 /usr/lib; do
		if [ -e "$d/$1" ]; then
			echo "$d/$1"
			return
		fi
	done
	echo "$1 is not installed: bench/peers/README.md says with what it comes" >&2
	exit 1
}

unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OMP_WAIT_POLICY GOMP_SPINCOUNT
export OMP_NUM_THREADS="$threads" OPENBLAS_NUM_THREADS="$threads"
# OpenBLAS with threads of its own would fight torch's for the cores.
blas=$(find libopenblas.so.0)
export LD_LIBRARY_PATH="${blas%/*}"

case $kind in
torch)
	# Without Sleef torch.compile emits scalar exponentials and says nothing. glibc's
	# malloc gives every large array back and faults it in again; so would jemalloc as it
	# comes, which also must be told to use huge pages.
	sleef=$(find libsleef.so.3)
	jemalloc=$(find libjemalloc.so.2)
	python=$1
	shift
	export LD_PRELOAD="$sleef:$jemalloc"
	export MALLOC_CONF=oversize_threshold:1,background_thread:true,metadata_thp:auto,thp:always,dirty_decay_ms:9000000000,muzzy_decay_ms:9000000000
	exec "$python" -W ignore "$@"
	;;
library)
	program=$1 library=$(find "$2")
	shift 2
	exec "$program" "$library" "$@"
	;;
program)
	exec "$@"
	;;
esac
