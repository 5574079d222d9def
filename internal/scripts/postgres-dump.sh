#!/bin/sh
# Dumps one PostgreSQL database and reads the dump back, so that only a whole one is uploaded. Owners and grants are in it,
# the roles are not: their passwords do not belong into the bucket of an app.
set -eu
umask 077
: "${NAME:?}" "${HOST:?}" "${PORT:?}" "${DATABASE:?}" "${TLS:?}" "${MIN_BYTES:?}" "${WORK:?}" "${SECRETS:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

secret() {
	[ -s "$SECRETS/$1" ] || fail "the key $1 of the secret is missing or empty: write it to the secret store"
	cat "$SECRETS/$1"
}

# libpq ignores a password file that the group may read, and the volumes of a pod are group-readable.
PGPASSWORD=$(secret password)
PGUSER=$(secret username)
export PGPASSWORD PGUSER
export PGHOST="$HOST" PGPORT="$PORT" PGDATABASE="$DATABASE" PGSSLMODE="$TLS" PGCONNECT_TIMEOUT=15

tools=$(pg_dump --version)
major=${tools#*) }
major=${major%%[!0-9]*}
if [ -f "$SECRETS/ca" ]; then
	export PGSSLROOTCERT="$SECRETS/ca"
elif [ "$TLS" = verify-full ] && [ "$major" -ge 16 ]; then
	export PGSSLROOTCERT=system # before 16 this is the name of a file
fi
if [ "$major" -ge 16 ]; then
	compress=zstd:3
else
	compress=6 # gzip: 15 and older know nothing else
fi

# The clock is read once, and before the dump: the name says from when the data is.
name=$NAME-$(date -u +%Y%m%dT%H%M%SZ-%s).dump
out=$WORK/out
rm -rf "$out"
mkdir -p "$out"

tables=$(psql -XAtqc "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')") ||
	fail "cannot read database $DATABASE on $HOST:$PORT: check that it runs, that its network policy admits this pod, and the user and password in the secret store"
[ "$tables" -ge 1 ] ||
	fail "database $DATABASE on $HOST:$PORT has no tables: check its name; a new one is backed up once its schema is there"

pg_dump --format=custom --compress="$compress" --lock-wait-timeout=60s --file="$out/part" ||
	fail "pg_dump failed, its reason is above: no space left asks for a larger size of the need, a version mismatch for a newer image of PostgreSQL, a denied permission for SELECT on all tables and sequences"

# The list alone is at the front of the file, and a cut one passes; writing out the SQL reads every byte.
pg_restore --file=/dev/null "$out/part" ||
	fail "the dump cannot be read back, so it was not uploaded: run the job again, and look at the disk of the node if it happens twice"
size=$(wc -c <"$out/part")
[ "$size" -ge "$MIN_BYTES" ] ||
	fail "the dump has $size bytes, less than the floor of $MIN_BYTES: check that $DATABASE is the right database and holds its data, or correct the size of the need"

cd "$out"
mv part "$name"
sha256sum "$name" >part
mv part "$name.sha256"
echo "$NAME: dumped $tables tables into $name, $size bytes"
