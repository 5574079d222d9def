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

fail() {
	echo "$NAME: $1" >&2
	echo "$1" >"$WORK/failed"
	exit 0
}

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

# The Service may lead nowhere for a moment after the server is ready.
tries=1
until ask --command='SELECT 1' >"$WORK/answer" 2>"$WORK/said"; do
	[ "$tries" -lt 30 ] || fail "the copy does not answer: $(tr '\n' ' ' <"$WORK/said")"
	tries=$((tries + 1))
	sleep "$poll"
done

# question checks one answer: the smallest that is right, what was asked, and how.
question() {
	least=$1 what=$2
	shift 2
	ask "$@" >"$WORK/answer" 2>"$WORK/said" || fail "$what fails on the copy: $(tr '\n' ' ' <"$WORK/said")"
	answer=$(cat "$WORK/answer")
	case $answer in
	'' | *[!0-9]*) fail "the answer to $what is not one whole number but \"$answer\"" ;;
	esac
	[ "$answer" -ge "$least" ] || fail "the answer to $what is $answer, and at least $least is right: the archive may lack data, or the expectation is out of date"
	echo "$NAME: $answer (at least $least) for $what"
}

if [ ! -s "$FILES/expect" ]; then
	question 1 "the number of tables" --command="$tables"
	exit 0
fi
while read -r least file; do
	question "$least" "\"$(cat "$FILES/$file")\"" --file="$FILES/$file"
done <"$FILES/expect"
