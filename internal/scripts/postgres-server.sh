#!/bin/sh
# A scratch PostgreSQL for a rehearsed restore: no network, nothing durable, gone with the pod.
set -eu
umask 077
: "${NAME:?}" "${WORK:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

data=$WORK/data run=$WORK/run
rm -rf "$data" "$run"
mkdir -p "$run"

# initdb wants a name for the user, and the image knows none for ours; the official image brings nss_wrapper for this.
if ! id -un >/dev/null 2>&1; then
	wrapper=
	for file in /usr/lib/*/libnss_wrapper.so /usr/lib/libnss_wrapper.so /lib/*/libnss_wrapper.so; do
		[ ! -f "$file" ] || wrapper=$file
	done
	[ -n "$wrapper" ] || fail "the image has no name for user $(id -u) and no nss_wrapper: use the official image of PostgreSQL"
	echo "postgres:x:$(id -u):$(id -g)::$run:/bin/false" >"$run/passwd"
	echo "postgres:x:$(id -g):" >"$run/group"
	export LD_PRELOAD="$wrapper" NSS_WRAPPER_PASSWD="$run/passwd" NSS_WRAPPER_GROUP="$run/group"
fi

# Whoever reaches the socket is one of this pod's containers.
initdb --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null ||
	fail "cannot make a scratch server, the reason is above: no space left asks for a larger size of the need"

# No parallel workers: their memory would come from /dev/shm, of which a container has 64 MiB. Terse, because the app's data is
# in the details of errors, and no log may have it.
postgres -D "$data" -c listen_addresses='' -c unix_socket_directories="$run" -c unix_socket_permissions=0700 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=256MB \
	-c shared_buffers=128MB -c maintenance_work_mem=128MB -c max_connections=20 -c autovacuum=off \
	-c max_parallel_maintenance_workers=0 -c max_parallel_workers_per_gather=0 \
	-c log_error_verbosity=terse -c log_min_error_statement=panic &
server=$!
trap 'kill -INT "$server" 2>/dev/null || true' TERM INT # TERM would wait for its clients
code=0
wait "$server" || code=$?
if kill -0 "$server" 2>/dev/null; then # it was the signal that ended the first wait
	code=0
	wait "$server" || code=$?
fi
exit "$code"
