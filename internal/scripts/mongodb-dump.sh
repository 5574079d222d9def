#!/bin/sh
# Dumps one MongoDB database and reads the dump back, so that only a whole one is uploaded. Each collection is consistent in
# itself; one moment for all of them (--oplog) exists only for whole servers, and needs the rights of an administrator.
set -eu
umask 077
: "${NAME:?}" "${HOST:?}" "${PORT:?}" "${DATABASE:?}" "${TLS:?}" "${MIN_BYTES:?}" "${WORK:?}" "${SECRETS:?}"

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

# The clock is read once, and before the dump: the name says from when the data is.
name=$NAME-$(date -u +%Y%m%dT%H%M%SZ-%s).dump
out=$WORK/out
rm -rf "$out"
mkdir -p "$out"

# mongosh finds the way in: the user is kept in the database itself or in admin, and prefer tries TLS first. It writes the
# address with the password to a file, never to arguments; nothing of it is left when this script ends.
config=$out/config
export config
trap 'rm -f "$config"' EXIT
collections=$(mongosh --nodb --quiet --norc --eval '
	const fs = require("fs"), env = process.env, secret = (key) => fs.readFileSync(env.SECRETS + "/" + key, "utf8").replace(/\n$/, "");
	const known = fs.existsSync(env.SECRETS + "/username");
	const user = known ? encodeURIComponent(secret("username")) + ":" + encodeURIComponent(secret("password")) + "@" : "";
	const ca = fs.existsSync(env.SECRETS + "/ca") ? "&tlsCAFile=" + encodeURIComponent(env.SECRETS + "/ca") : "";
	const plain = "tls=false", blind = "tls=true&tlsInsecure=true";
	const modes = {disable: [plain], prefer: [blind, plain], require: [blind], "verify-full": ["tls=true" + ca]};
	const ways = modes[env.TLS].flatMap((tls) => (known ? [env.DATABASE, "admin"] : [""]).map((source) => tls + (source && "&authSource=" + source)));
	let reason;
	for (const way of ways) {
		const uri = "mongodb://" + user + env.HOST + ":" + env.PORT + "/" + env.DATABASE + "?directConnection=true&serverSelectionTimeoutMS=10000&" + way;
		try {
			const found = connect(uri).getCollectionInfos({type: "collection"}, {nameOnly: true}).filter((c) => !c.name.startsWith("system."));
			fs.writeFileSync(env.config, JSON.stringify({uri}), {mode: 0o600});
			print(found.length);
			quit(0);
		} catch (e) { reason = e.message; }
	}
	console.error(reason);
	quit(1);') ||
	fail "cannot read database $DATABASE on $HOST:$PORT: check that it runs, that its network policy admits this pod, and the user and password in the secret store"
[ "$collections" -ge 1 ] ||
	fail "database $DATABASE on $HOST:$PORT has no collections: check its name; a new one is backed up once it holds data"

mongodump --config="$config" --archive="$out/part" --gzip --quiet ||
	fail "mongodump failed, its reason is above: no space left asks for a larger size of the need, an unauthorized command for the role read on the database"
rm "$config"

# mongorestore --dryRun would need a server, and it reads the head of an archive alone; gzip reads every byte against its checksum.
gzip -t "$out/part" ||
	fail "the dump cannot be read back, so it was not uploaded: run the job again, and look at the disk of the node if it happens twice"
size=$(wc -c <"$out/part")
[ "$size" -ge "$MIN_BYTES" ] ||
	fail "the dump has $size bytes, less than the floor of $MIN_BYTES: check that $DATABASE is the right database and holds its data, or correct the size of the need"

cd "$out"
mv part "$name"
sha256sum "$name" >part
mv part "$name.sha256"
echo "$NAME: dumped $collections collections into $name, $size bytes"
