#!/bin/sh
# A scratch MongoDB for a rehearsed restore: no network, nothing durable, gone with the pod.
set -eu
umask 077
: "${WORK:?}"

data=$WORK/data run=$WORK/run
rm -rf "$data" "$run"
mkdir -p "$data" "$run"

# Its cache would else be half of the node's memory. Whoever reaches the socket is one of this pod's containers.
exec mongod --dbpath "$data" --bind_ip "$run/mongodb.sock" --filePermissions 0700 --wiredTigerCacheSizeGB 0.25
