#!/bin/sh
# Restores a dump into the scratch server, and asks it what the app expects of its data.
set -eu
umask 077
: "${NAME:?}" "${DATABASE:?}" "${WORK:?}" "${FILES:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

if command -v mariadb >/dev/null; then client=mariadb; else client=mysql; fi

ask() {
	"$client" --no-defaults --socket="$WORK/run/mysql.sock" --user=root --default-character-set=utf8mb4 --max-allowed-packet=1G \
		--batch --raw --skip-column-names "$@"
}

set -- "$WORK"/in/*.dump # one that does not exist where nothing is there
[ -f "$1" ] || fail "there is no dump to restore: read the log of the container fetch"
dump=$1
start=$(date +%s)

tries=120
until ask --execute="DO 0" 2>/dev/null; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || fail "the scratch server does not answer: read the log of the container server"
	sleep 1
done

gzip -t "$dump" || fail "the dump cannot be unpacked: this backup is worthless, make a new one now"

# A fifo instead of a pipe: the exit codes of both ends count. Without --binary-mode the client would read commands from the data.
rm -f "$WORK/pipe"
mkfifo "$WORK/pipe"
gzip -dc "$dump" >"$WORK/pipe" &
unzip=$!
restored=0
ask --binary-mode <"$WORK/pipe" 2>"$WORK/errors" || restored=$?
unzipped=0
wait "$unzip" || unzipped=$?
rm "$WORK/pipe"
if [ "$restored" -ne 0 ]; then
	sed -n -e "s/ near '.*//" -e '/^ERROR /p' "$WORK/errors" >&2 # the rest is the app's data, which no log may have
	fail "the restore failed, its reason is above: no space left asks for a larger size of the need, an unknown feature for a newer image of the server, all else for a new backup now"
fi
[ "$unzipped" -eq 0 ] || fail "the dump cannot be unpacked: this backup is worthless, make a new one now"

tables=$(ask --database="$DATABASE" --execute="SELECT COUNT(*) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = DATABASE()") ||
	fail "the dump holds no database $DATABASE: this backup is worthless, make a new one now"
[ "$tables" -ge 1 ] || fail "the restored database has no tables: this backup is worthless, make a new one now"

# Each line of the file: the smallest right answer, and the file with the query.
held=0
while read -r min query || [ -n "$min" ]; do
	answer=$(ask --database="$DATABASE" <"$FILES/$query") || fail "$query cannot be answered, the reason is above: correct the query in recovery.expect, or find out what the backup lacks"
	case $answer in '' | *[!0-9]*) fail "$query does not answer with one number: correct the query in recovery.expect" ;; esac
	[ "$answer" -ge "$min" ] || fail "$query answers $answer, less than $min: the backup lacks data, look at the database and at older backups"
	held=$((held + 1))
done <"$FILES/expect"
end=$(date +%s)
echo "$NAME: restored $tables tables from ${dump##*/} in $((end - start)) seconds, $held expectations hold"
