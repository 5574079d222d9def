#!/bin/sh
# Encrypts a dump, uploads it, reads it back from the store, and only then removes old ones. The .sha256 comes last and is the
# mark of a whole backup: a dump without it does not exist.
set -eu
umask 077
: "${NAME:?}" "${KEEP_ALL_SECONDS:?}" "${KEEP_SECONDS:?}" "${WORK:?}" "${SECRETS:?}"
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

# put FILE: uploads it under its own name, and compares what the store gives back with it, byte by byte. Nothing is ever
# written over (--immutable): a name that is there is another backup's.
put() {
	store copyto --immutable "$1" "crypt:$1" ||
		fail "cannot upload $1, the reason is above: check the store, its keys, that they may write to the bucket, and that the network policy admits this pod"
	store check --download --one-way --include="/$1" . crypt: ||
		fail "the store gives back another $1 than it was given, so it does not count: run the job again, and ask who runs the store if it happens twice"
}

cd "$WORK/out"
set -- "$NAME"-*.dump
name=$1
if [ "$#" -ne 1 ] || [ ! -f "$name" ] || [ ! -s "$name.sha256" ]; then
	fail "the dump left no whole backup to upload: read the log of the container dump"
fi
now=${name##*-}
now=${now%.dump}
read -r want _ <"$name.sha256" || fail "$name.sha256 cannot be read: run the job again"
got=$(sha256sum "$name")
[ "${got%% *}" = "$want" ] || fail "$name has changed since it was dumped: run the job again, and look at the disk of the node if it happens twice"

put "$name"
put "$name.sha256"
echo "$NAME: uploaded $name"

# Retention. A clock that was ahead has left a name that would be the newest for long, and hide every later failure.
listed=$(store lsf --files-only crypt:) || fail "$name is uploaded, but the old ones cannot be listed: allow the keys to list the bucket"
newest_first=$(printf '%s\n' "$listed" | sort -r) # names sort as their dates do
clock=$(date +%s)
newline='
'
removed=0 day='' newest=''
for file in $newest_first; do
	case $file in "$NAME"-[0-9]*Z-[0-9]*.dump) ;; *) continue ;; esac
	epoch=${file##*-}
	epoch=${epoch%.dump}
	case $epoch in *[!0-9]*) continue ;; esac
	age=$((now - epoch))
	case $newline$listed$newline in
	*"$newline$file.sha256$newline"*)
		[ "$epoch" -le $((clock + 300)) ] ||
			fail "$name is uploaded, but $file is dated in the future: correct the clock that made it, and delete it and its .sha256 from the bucket"
		if [ -z "$newest" ]; then
			newest=$file day=$((epoch / 86400))
			continue
		fi
		if [ "$age" -lt "$KEEP_ALL_SECONDS" ] || { [ "$age" -lt "$KEEP_SECONDS" ] && [ $((epoch / 86400)) -ne "$day" ]; }; then
			day=$((epoch / 86400))
			continue
		fi
		# The mark goes first: never a mark without its dump.
		store deletefile "crypt:$file.sha256" || fail "$name is uploaded, but $file cannot be deleted: allow the keys to delete below the prefix"
		;;
	*)
		[ "$age" -ge "$KEEP_ALL_SECONDS" ] || continue # what failed; a young one may be another run's
		;;
	esac
	store deletefile "crypt:$file" || fail "$name is uploaded, but $file cannot be deleted: allow the keys to delete below the prefix"
	removed=$((removed + 1))
done
echo "$NAME: removed $removed old backups"
