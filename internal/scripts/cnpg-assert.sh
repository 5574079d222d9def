#!/bin/sh
# Asks a recovered copy of a PostgreSQL database what it must be able to answer. It never fails by itself: the task after it deletes
# the copy, and then fails with what is found in WORK/failed.
#
# NAME: of the data, for messages. FILES/expect: a line "MIN FILE" for each question. PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE.
set -eu
umask 077

poll=${POLL_SECONDS:-2}
tables="SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
export PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-10}"
rm -f "$WORK/failed"

found() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	printf '%s\n' "$1" >"$WORK/failed"
	exit 0
}

# ask runs one query. Behind a blank psql takes no commands of its own, so that no query starts a program beside the Job's token. Terse,
# because rows of the app's data are in the details of errors, and no log may have them.
ask() {
	psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse --command=" $1"
}

# The Service may lead nowhere for a moment after the server is ready.
tries=1
until ask 'SELECT 1' >"$WORK/answer" 2>"$WORK/said"; do
	[ "$tries" -lt 30 ] || found "the copy does not answer: $(tr '\n' ' ' <"$WORK/said")"
	tries=$((tries + 1))
	sleep "$poll"
done

# question checks one answer: the smallest that is right, what was asked, and the query.
question() {
	ask "$3" >"$WORK/answer" 2>"$WORK/said" || found "$2 fails on the copy: $(tr '\n' ' ' <"$WORK/said")"
	answer=$(cat "$WORK/answer")
	case $answer in
	'' | *[!0-9]*) found "the answer to $2 is not one whole number: correct the query in recovery.expect" ;;
	esac
	[ "$answer" -ge "$1" ] || found "the answer to $2 is $answer, and at least $1 is right: the archive may lack data, or the expectation is out of date"
	printf '%s: %s (at least %s) for %s\n' "$NAME" "$answer" "$1" "$2"
}

if [ ! -s "$FILES/expect" ]; then
	question 1 "the number of tables" "$tables"
	exit 0
fi
while read -r least file; do
	query=$(cat "$FILES/$file")
	question "$least" "\"$query\"" "$query" </dev/null
done <"$FILES/expect"
