#!/bin/sh
# Copies all keys of a Redis as an RDB file and reads it back, so that only a whole one is uploaded.
set -eu
umask 077
: "${NAME:?}" "${HOST:?}" "${PORT:?}" "${TLS:?}" "${MIN_BYTES:?}" "${WORK:?}" "${SECRETS:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

if [ -e "$SECRETS/password" ]; then
	[ -s "$SECRETS/password" ] || fail "the key password of the secret is empty: write it to the secret store"
	REDISCLI_AUTH=$(cat "$SECRETS/password")
	export REDISCLI_AUTH
fi

set -- -h "$HOST" -p "$PORT"
case $TLS in
disable | prefer) ;; # a port of Redis speaks TLS or it does not; prefer falls back below
require) set -- "$@" --tls --insecure ;;
*) set -- "$@" --tls ;; # the certificate, not the host name: redis-cli cannot check that
esac
[ "$TLS" = disable ] || [ ! -f "$SECRETS/ca" ] || set -- "$@" --cacert "$SECRETS/ca"

# redis-cli waits for ever for a host that does not answer, and ends with 0 where the answer is an error: the text counts.
info() {
	timeout 15 redis-cli "$@" INFO || true
}

# The clock is read once, and before the dump: the name says from when the data is.
name=$NAME-$(date -u +%Y%m%dT%H%M%SZ-%s).dump
out=$WORK/out
rm -rf "$out"
mkdir -p "$out"

said=$(info "$@" 2>&1)
case $TLS:$said in
prefer:*redis_version*) ;;
prefer:*)
	set -- "$@" --tls --insecure
	said=$(info "$@" 2>&1)
	;;
esac
case $said in
*loading:1*) fail "$HOST:$PORT still loads its data: the next run finds it ready" ;;
*redis_version*) ;;
*)
	printf '%s\n' "$said" >&2
	fail "cannot read $HOST:$PORT: check that it runs, that its network policy admits this pod, and the password in the secret store"
	;;
esac
case $said in
*master_link_status:down*) fail "$HOST:$PORT is a replica that has lost its primary, and its data may be old: repair the replication" ;;
*:keys=*) ;;
*) [ "${MAY_BE_EMPTY:-}" = true ] || fail "$HOST:$PORT holds no keys: check the host, and whether it lost its data when it was restarted" ;;
esac

redis-cli "$@" --rdb "$out/part" ||
	fail "the copy broke off, its reason is above: no space left asks for a larger size of the need, a denied command for the right to SYNC"

read_back=$(redis-check-rdb "$out/part") || read_back="unreadable: $read_back"
case $read_back in
unreadable*)
	printf '%s\n' "$read_back" >&2
	fail "the copy cannot be read back, so it was not uploaded: run the job again, and look at the disk of the node if it happens twice"
	;;
*"RDB looks OK"*) ;;
*) fail "redis-check-rdb says nothing about the copy, so it was not uploaded: use an image with the tools of the server" ;;
esac
size=$(wc -c <"$out/part")
[ "$size" -ge "$MIN_BYTES" ] ||
	fail "the copy has $size bytes, less than the floor of $MIN_BYTES: check that $HOST holds its data, or correct the size of the need"

cd "$out"
mv part "$name"
sha256sum "$name" >part
mv part "$name.sha256"
echo "$NAME: copied all keys into $name, $size bytes"
