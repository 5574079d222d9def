#!/bin/sh
# A scratch Redis for a rehearsed restore, which loads the copy as a new server would: no network, nothing durable, gone with the pod.
set -eu
umask 077
: "${NAME:?}" "${WORK:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

data=$WORK/data run=$WORK/run
rm -rf "$data" "$run"
mkdir -p "$data" "$run"
set -- "$WORK"/in/*.dump # one that does not exist where nothing is there
[ -f "$1" ] || fail "there is no copy to load: read the log of the container fetch"
ln "$1" "$data/dump.rdb" # the same volume; nothing is saved over it

exec redis-server --port 0 --unixsocket "$run/redis.sock" --unixsocketperm 700 --dir "$data" --dbfilename dump.rdb \
	--save '' --appendonly no --daemonize no
