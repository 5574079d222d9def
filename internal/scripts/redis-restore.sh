#!/bin/sh
# Waits until the scratch server has loaded the copy, and asks it what the app expects of its data.
set -eu
umask 077
: "${NAME:?}" "${WORK:?}" "${FILES:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

ask() {
	redis-cli -s "$WORK/run/redis.sock" "$@"
}

set -- "$WORK"/in/*.dump # one that does not exist where nothing is there
[ -f "$1" ] || fail "there is no copy to load: read the log of the container fetch"
dump=$1
start=$(date +%s)

# The check counts keys that have expired since, which the server drops: sessions of last night are no sign of a bad copy.
checked=$(redis-check-rdb "$dump") || {
	printf '%s\n' "$checked" >&2
	fail "the copy cannot be read: this backup is worthless, make a new one now"
}
case $checked in
*" 0 keys read"*) [ "${MAY_BE_EMPTY:-}" = true ] || fail "the copy holds no keys: this backup is worthless, make a new one now" ;;
*" keys read"*) ;;
*) fail "redis-check-rdb says nothing about the copy: use an image with the tools of the server" ;;
esac

# A server that loads says so for as long as it takes; one that is silent is given two minutes.
tries=120
until pong=$(ask PING 2>&1) && [ "$pong" = PONG ]; do
	case $pong in *LOADING*) tries=120 ;; esac
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || fail "the scratch server does not answer: read the log of the container server"
	sleep 1
done

# Each line of the file: the smallest right answer, and the file with the command.
held=0
while read -r min query || [ -n "$min" ]; do
	answer=$(ask <"$FILES/$query") || fail "$query cannot be answered, the reason is above: correct the command in recovery.expect"
	case $answer in '' | *[!0-9]*) fail "$query does not answer with one number: correct the command in recovery.expect" ;; esac
	[ "$answer" -ge "$min" ] || fail "$query answers $answer, less than $min: the backup lacks data, look at the server and at older backups"
	held=$((held + 1))
done <"$FILES/expect"
end=$(date +%s)
echo "$NAME: restored all keys from ${dump##*/} in $((end - start)) seconds, $held expectations hold"
