#!/bin/sh
# Deletes the copy of a database that a drill has made, and fails if the copy did not answer as it should.
#
# NAME: of the data, for messages. NAMESPACE, DRILL: the copy.
set -eu
umask 077

kubectl delete clusters.postgresql.cnpg.io "$DRILL" --namespace="$NAMESPACE" --ignore-not-found --wait=false || {
	echo "$NAME: the copy stays, kubectl says why above: run kubectl delete clusters.postgresql.cnpg.io $DRILL -n $NAMESPACE" >&2
	exit 1
}
if [ -s "$WORK/failed" ]; then
	printf '%s: %s\n' "$NAME" "$(cat "$WORK/failed")" >&2
	exit 1
fi
echo "$NAME: the restore was rehearsed"
