#!/bin/sh
# Dumps one MySQL or MariaDB database and reads the dump back, so that only a whole one is uploaded.
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

if command -v mariadb-dump >/dev/null; then
	client=mariadb dumper=mariadb-dump
else
	client=mysql dumper=mysqldump
fi

# No password in arguments, and none in a file that would stay behind a killed pod.
MYSQL_PWD=$(secret password)
user=$(secret username)
export MYSQL_PWD

# Own options only: those of the image may undo ours. TCP, because "localhost" would mean a socket.
set -- --no-defaults --protocol=TCP --host="$HOST" --port="$PORT" --user="$user" --default-character-set=utf8mb4
ca=$SECRETS/ca
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
	[ -f "$ca" ] || ca=$bundle
done
[ "$TLS" != verify-full ] || set -- "$@" --ssl-ca="$ca"
case $("$dumper" --version) in
*MariaDB*)
	flavour=
	case $TLS in
	disable) set -- "$@" --skip-ssl ;;
	prefer) set -- "$@" --skip-ssl-verify-server-cert ;;
	require) set -- "$@" --ssl --skip-ssl-verify-server-cert ;;
	*) set -- "$@" --ssl --ssl-verify-server-cert ;;
	esac
	;;
*)
	flavour=--set-gtid-purged=OFF # a restored copy is not a member of the replication
	case $TLS in
	disable) set -- "$@" --ssl-mode=DISABLED --get-server-public-key ;; # else caching_sha2_password needs TLS
	prefer) set -- "$@" --ssl-mode=PREFERRED ;;
	require) set -- "$@" --ssl-mode=REQUIRED ;;
	*) set -- "$@" --ssl-mode=VERIFY_IDENTITY ;;
	esac
	;;
esac

ask() {
	"$client" "$@" --connect-timeout=15 --database="$DATABASE" --batch --raw --skip-column-names
}

# The clock is read once, and before the dump: the name says from when the data is.
name=$NAME-$(date -u +%Y%m%dT%H%M%SZ-%s).dump
out=$WORK/out
rm -rf "$out"
mkdir -p "$out"

tables=$(ask "$@" --execute="SELECT COUNT(*) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = DATABASE()") ||
	fail "cannot read database $DATABASE on $HOST:$PORT: check that it runs, that its network policy admits this pod, and the user and password in the secret store"
[ "$tables" -ge 1 ] ||
	fail "database $DATABASE on $HOST:$PORT shows no tables: check its name, and that the user may SELECT; a new one is backed up once its schema is there"
case $TLS in require | verify-full)
	# Some clients of MariaDB go on without TLS where the server has none.
	cipher=$(ask "$@" --execute="SHOW SESSION STATUS LIKE 'Ssl_cipher'")
	[ "${cipher#Ssl_cipher?}" != "" ] || fail "$HOST:$PORT speaks no TLS, but it is required: switch it on there, or state databases.tls"
	;;
esac

# The server hides triggers, routines and events from a user who lacks these rights, and the dump would be green without them.
granted=$(ask "$@" --execute="SHOW GRANTS")
rights=$(printf '%s\n' "$granted" | sed -nE 's/\\//g; s/^GRANT (.*) ON (\*|`'"$DATABASE"'`)\.\* TO .*/\1/p')
for right in SELECT "SHOW VIEW" TRIGGER EVENT EXECUTE; do
	case $rights in
	*"ALL PRIVILEGES"* | *"$right"*) ;;
	*) fail "user $user lacks $right, and what it hides would be missing from the dump: GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON $DATABASE.* to the user itself, not by a role" ;;
	esac
done

# A fifo instead of a pipe: the exit codes of both ends count.
mkfifo "$out/pipe"
gzip <"$out/pipe" >"$out/part" &
zip=$!
dumped=0
"$dumper" "$@" ${flavour:+"$flavour"} --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
	--max-allowed-packet=1G --databases "$DATABASE" >"$out/pipe" || dumped=$?
wait "$zip" || fail "gzip failed, its reason is above: no space left asks for a larger size of the need"
[ "$dumped" -eq 0 ] ||
	fail "$dumper failed with code $dumped, its reason is above: a denied access asks for a right, a changed table definition for a time without migrations"
rm "$out/pipe"

gzip -t "$out/part" ||
	fail "the dump cannot be read back, so it was not uploaded: run the job again, and look at the disk of the node if it happens twice"
last=$(gzip -dc "$out/part" | tail -n 1)
case $last in
"-- Dump completed"*) ;;
*) fail "the dump does not end with \"-- Dump completed\", so it was cut and not uploaded: run the job again" ;;
esac
size=$(wc -c <"$out/part")
[ "$size" -ge "$MIN_BYTES" ] ||
	fail "the dump has $size bytes, less than the floor of $MIN_BYTES: check that $DATABASE is the right database and holds its data, or correct the size of the need"

cd "$out"
mv part "$name"
sha256sum "$name" >part
mv part "$name.sha256"
echo "$NAME: dumped $tables tables into $name, $size bytes"
