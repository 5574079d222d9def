#!/bin/sh
# Restores a dump into the scratch server, and asks it what the app expects of its data.
set -eu
umask 077
: "${NAME:?}" "${DATABASE:?}" "${WORK:?}" "${FILES:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

socket=$(printf '%s\n' "$WORK/run/mongodb.sock" | sed 's,/,%2F,g')

ask() {
	mongosh "mongodb://$socket/$DATABASE" --quiet --norc --eval "$1" </dev/null
}

set -- "$WORK"/in/*.dump # one that does not exist where nothing is there
[ -f "$1" ] || fail "there is no dump to restore: read the log of the container fetch"
dump=$1
start=$(date +%s)

tries=120
until ask 'db.runCommand({ping: 1}).ok' >/dev/null 2>&1; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || fail "the scratch server does not answer: read the log of the container server"
	sleep 1
done

gzip -t "$dump" || fail "the dump cannot be unpacked: this backup is worthless, make a new one now"
mongorestore --uri="mongodb://$socket/" --archive="$dump" --gzip --stopOnError --drop --quiet 2>"$WORK/errors" || {
	sed 's/ dup key: .*//' "$WORK/errors" >&2 # the rest is the app's data, which no log may have
	fail "the restore failed, its reason is above: no space left asks for a larger size of the need, an unsupported version for a newer image of MongoDB, all else for a new backup now"
}

collections=$(ask 'db.getCollectionInfos({type: "collection"}, {nameOnly: true}).filter((c) => !c.name.startsWith("system.")).length')
[ "$collections" -ge 1 ] || fail "the restored database has no collections: this backup is worthless, make a new one now"

# Each line of the file: the smallest right answer, and the file with the expression.
held=0
while read -r min query || [ -n "$min" ]; do
	answer=$(ask "$(cat "$FILES/$query")") || fail "$query cannot be answered, the reason is above: correct the expression in recovery.expect, or find out what the backup lacks"
	case $answer in '' | *[!0-9]*) fail "$query does not answer with one number: correct the expression in recovery.expect" ;; esac
	[ "$answer" -ge "$min" ] || fail "$query answers $answer, less than $min: the backup lacks data, look at the database and at older backups"
	held=$((held + 1))
done <"$FILES/expect"
end=$(date +%s)
echo "$NAME: restored $collections collections from ${dump##*/} in $((end - start)) seconds, $held expectations hold"
