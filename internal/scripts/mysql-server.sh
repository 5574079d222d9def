#!/bin/sh
# A scratch MySQL or MariaDB for a rehearsed restore: no network, nothing durable, gone with the pod.
set -eu
umask 077
: "${NAME:?}" "${WORK:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

data=$WORK/data run=$WORK/run
rm -rf "$data" "$run"
mkdir -p "$data" "$run/tmp"

# Nothing of the image's own options. The events of the app must not run here: they would change what is to be proved.
set -- --no-defaults --datadir="$data" --tmpdir="$run/tmp"
if command -v mariadbd >/dev/null; then
	server=mariadbd
	mariadb-install-db "$@" --auth-root-authentication-method=normal --skip-test-db >"$run/log" 2>&1 || { cat "$run/log" >&2; server=; }
else
	server=mysqld
	set -- "$@" --secure-file-priv=NULL --loose-mysqlx=OFF --skip-log-bin
	mysqld "$@" --initialize-insecure || server=
fi
[ -n "$server" ] || fail "cannot make a scratch server, the reason is above: no space left asks for a larger size of the need"

exec "$server" "$@" --socket="$run/mysql.sock" --pid-file="$run/pid" --skip-networking --event-scheduler=OFF \
	--innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF --max-allowed-packet=1G --max-connections=20
