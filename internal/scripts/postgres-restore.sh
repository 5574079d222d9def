#!/bin/sh
# Restores a dump into the scratch server, and asks it what the app expects of its data.
set -eu
umask 077
: "${NAME:?}" "${DATABASE:?}" "${WORK:?}" "${FILES:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

export PGHOST="$WORK/run" PGUSER=postgres PGDATABASE=postgres PGOPTIONS="-c client_min_messages=warning"
set -- "$WORK"/in/*.dump # one that does not exist where nothing is there
[ -f "$1" ] || fail "there is no dump to restore: read the log of the container fetch"
dump=$1
start=$(date +%s)

tries=120
until pg_isready --quiet --timeout=1; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || fail "the scratch server does not answer: read the log of the container server"
	sleep 1
done

# Owners, grants and policies name roles, and a dump of one database holds no roles: the data is restored without them.
toc=$WORK/toc schema=$WORK/schema.sql
{ pg_restore --list --file="$toc" "$dump" && pg_restore --schema-only --file="$schema" "$dump"; } ||
	fail "the dump cannot be read, the reason is above: an unsupported version asks for a newer image of PostgreSQL, all else for a new backup now"
sed '/^[0-9]*; [0-9]* [0-9]* POLICY /d' "$toc" >"$toc.kept"
encoding=$(sed -n "s/^SET client_encoding = '\(.*\)';\$/\1/p" "$schema")
locale=C.UTF-8
[ "$encoding" = UTF8 ] || locale=C # the only one that goes with every encoding
dropdb --if-exists "$DATABASE"
createdb --template=template0 --encoding="$encoding" --locale="$locale" "$DATABASE"
export PGDATABASE="$DATABASE"

pg_restore --dbname="$DATABASE" --use-list="$toc.kept" --exit-on-error --jobs=2 --no-owner --no-privileges --no-tablespaces --no-publications --no-subscriptions "$dump" 2>"$WORK/errors" || {
	sed -n '/^pg_restore: /p' "$WORK/errors" >&2 # the other lines have rows of the app's data, which no log may have
	fail "the restore failed, its reason is above: a missing extension asks for an image that has it, no space left for a larger size of the need, all else for a new backup now"
}

ask() {
	psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse "$@" </dev/null
}

tables=$(ask -c "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')")
[ "$tables" -ge 1 ] || fail "the restored database has no tables: this backup is worthless, make a new one now"

# Each line of the file: the smallest right answer, and the file with the query.
held=0
while read -r min query || [ -n "$min" ]; do
	answer=$(ask -f "$FILES/$query") || fail "$query cannot be answered, the reason is above: correct the query in recovery.expect, or find out what the backup lacks"
	case $answer in '' | *[!0-9]*) fail "$query does not answer with one number: correct the query in recovery.expect" ;; esac
	[ "$answer" -ge "$min" ] || fail "$query answers $answer, less than $min: the backup lacks data, look at the database and at older backups"
	held=$((held + 1))
done <"$FILES/expect"
end=$(date +%s)
echo "$NAME: restored $tables tables from ${dump##*/} in $((end - start)) seconds, $held expectations hold"
