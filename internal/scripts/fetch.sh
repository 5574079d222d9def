#!/bin/sh
# Fetches the newest whole backup, as a restore would, and refuses one that is too old, damaged, or not ours to decrypt.
set -eu
umask 077
: "${NAME:?}" "${MAX_AGE_SECONDS:?}" "${WORK:?}" "${SECRETS:?}"
export LC_ALL=C

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

secret() {
	[ -s "$SECRETS/$1" ] || fail "the key $1 of the secret is missing or empty: write it to the secret store"
	cat "$SECRETS/$1"
}

RCLONE_CONFIG_STORE_ACCESS_KEY_ID=$(secret accessKey)
RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY=$(secret secretKey)
# rclone wants passwords obscured; from standard input, because arguments can be seen by others.
crypt_password=$(secret cryptPassword)
crypt_salt=$(secret cryptSalt)
RCLONE_CONFIG_CRYPT_PASSWORD=$(printf '%s\n' "$crypt_password" | rclone --config= obscure -) # the last of the pipe is the one that can fail
RCLONE_CONFIG_CRYPT_PASSWORD2=$(printf '%s\n' "$crypt_salt" | rclone --config= obscure -)
export RCLONE_CONFIG_STORE_ACCESS_KEY_ID RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY RCLONE_CONFIG_CRYPT_PASSWORD RCLONE_CONFIG_CRYPT_PASSWORD2

store() {
	rclone --config= --contimeout=15s --timeout=60s --retries=3 --low-level-retries=3 "$@" </dev/null
}

in=$WORK/in
rm -rf "$in"
mkdir -p "$in"

listed=$(store lsf --files-only crypt:) ||
	fail "cannot list the backups, the reason is above: check the store, its keys, and that the network policy admits this pod"
newest=
for file in $listed; do
	case $file in "$NAME"-[0-9]*Z-[0-9]*.dump.sha256) ;; *) continue ;; esac
	epoch=${file##*-}
	epoch=${epoch%.dump.sha256}
	case $epoch in *[!0-9]*) continue ;; esac
	if [ -z "$newest" ] || [ "$epoch" -gt "$newest" ]; then
		newest=$epoch name=${file%.sha256}
	fi
done
[ -n "$newest" ] || fail "there is no whole backup in the store: look at the last runs of the backup job, and at bucket and prefix"

now=$(date +%s)
age=$((now - newest))
[ "$age" -ge -300 ] || fail "$name is dated in the future: correct the clock that made it, and delete it and its .sha256 from the bucket"
[ "$age" -le "$MAX_AGE_SECONDS" ] ||
	fail "the newest whole backup, $name, is $age seconds old, and at most $MAX_AGE_SECONDS may be lost: look at the last runs of the backup job"

store copyto "crypt:$name.sha256" "$in/$name.sha256" ||
	fail "cannot fetch $name.sha256, the reason is above: bad password means that the encryption key is not the one of the backup"
store copyto "crypt:$name" "$in/part" ||
	fail "cannot fetch $name, the reason is above: bad password means another encryption key or damage in the store, no space left asks for a larger size of the need"

# rclone calls it a success to copy what is not there.
[ -f "$in/part" ] || fail "cannot fetch $name: its .sha256 is in the store and it is not, so this backup is worthless, make a new one now"
want=
read -r want _ <"$in/$name.sha256" || fail "$name.sha256 cannot be read: this backup is worthless, make a new one now"
got=$(sha256sum "$in/part")
[ "${got%% *}" = "$want" ] || fail "$name is not what was uploaded, its checksum differs: this backup is worthless, make a new one now"
mv "$in/part" "$in/$name"
echo "$NAME: fetched $name, $age seconds old"
