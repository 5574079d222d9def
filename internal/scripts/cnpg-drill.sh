#!/bin/sh
# Recovers a database of CloudNativePG from its archive, under another name. The next tasks ask the copy and delete it.
#
# NAME: of the data, for messages. NAMESPACE, CLUSTER, STORE: the Cluster and its ObjectStore. DRILL: name of the copy, which
# FILES/cluster.json describes. MAX_AGE_SECONDS: of the newest base backup. WAIT_SECONDS: for the copy.
set -eu
umask 077

poll=${POLL_SECONDS:-5}
now=$(date -u +%s)
clusters=clusters.postgresql.cnpg.io

fail() {
	printf '%s: %s\n' "$NAME" "$1" >&2
	exit 1
}

# epoch turns a time of Kubernetes' such as 2026-11-23T06:24:13Z into seconds: how date reads one differs from shell to shell.
epoch() {
	case $1 in
	[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z) ;;
	*) return 1 ;;
	esac
	date=${1%T*} time=${1#*T}
	time=${time%Z}
	y=${date%%-*} d=${date##*-} m=${date#*-}
	m=${m%-*} H=${time%%:*} S=${time##*:} M=${time#*:}
	M=${M%:*} m=${m#0} d=${d#0} H=${H#0} M=${M#0} S=${S#0}
	if [ "$m" -le 2 ]; then
		y=$((y - 1)) m=$((m + 12))
	fi
	days=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469))
	echo $((days * 86400 + H * 3600 + M * 60 + S))
}

# get reads one field of one object; nothing when there is no such object.
get() {
	kubectl get "$1" "$2" --namespace="$NAMESPACE" --ignore-not-found --output=jsonpath="$3" ||
		fail "$1 $2 cannot be read in namespace $NAMESPACE: kubectl says why above"
}

# remove deletes the copy, and waits until its volume is gone: the next copy has the same names.
remove() {
	kubectl delete "$clusters" "$DRILL" --namespace="$NAMESPACE" --ignore-not-found --wait=false || return 1
	gone=0
	while :; do
		left=$(kubectl get "$clusters" "$DRILL" --namespace="$NAMESPACE" --ignore-not-found --output=name) || return 1
		left=$left$(kubectl get persistentvolumeclaims "$DRILL-1" --namespace="$NAMESPACE" --ignore-not-found --output=name) || return 1
		[ -n "$left" ] || return 0
		[ "$gone" -lt "$WAIT_SECONDS" ] || return 1
		sleep "$poll"
		gone=$((gone + poll))
	done
}

# leave ends a drill that failed: the next one must not find the copy.
leave() {
	status=$?
	trap - EXIT
	if [ "$status" -ne 0 ] && ! kubectl delete "$clusters" "$DRILL" --namespace="$NAMESPACE" --ignore-not-found --wait=false; then
		echo "$NAME: the copy stays, kubectl says why above: run kubectl delete $clusters $DRILL -n $NAMESPACE" >&2
	fi
	exit "$status"
}

archiving=$(get "$clusters" "$CLUSTER" '{.status.conditions[?(@.type=="ContinuousArchiving")].status}')
[ "$archiving" = True ] ||
	fail "cluster $CLUSTER does not archive its log (ContinuousArchiving is ${archiving:-not reported}): what changed since would be lost; ask kubectl describe $clusters $CLUSTER -n $NAMESPACE"
newest=$(get objectstores.barmancloud.cnpg.io "$STORE" "{.status.serverRecoveryWindow['$CLUSTER'].lastSuccessfulBackupTime}")
[ -n "$newest" ] ||
	fail "there is no base backup of cluster $CLUSTER in store $STORE: nothing could be restored; ask kubectl get backups.postgresql.cnpg.io -n $NAMESPACE"
taken=$(epoch "$newest") || fail "store $STORE has no time of its newest base backup, but \"$newest\""
[ "$((now - taken))" -le "$MAX_AGE_SECONDS" ] ||
	fail "the newest base backup of cluster $CLUSTER is $((now - taken)) s old, more than $MAX_AGE_SECONDS s; ask kubectl get backups.postgresql.cnpg.io -n $NAMESPACE"

remove || fail "what an earlier drill left cannot be removed: kubectl says why above, or cluster $DRILL and its volume are still there after $WAIT_SECONDS s"
trap leave EXIT
trap 'exit 143' INT TERM
kubectl create --filename="$FILES/cluster.json" || fail "the copy cannot be made: kubectl says why above"

waited=0
until [ "$(get "$clusters" "$DRILL" '{.status.conditions[?(@.type=="Ready")].status}')" = True ]; do
	[ "$waited" -lt "$WAIT_SECONDS" ] ||
		fail "after $WAIT_SECONDS s the copy is not there: $(get "$clusters" "$DRILL" '{.status.phase}{": "}{.status.phaseReason}'); ask the log of job $DRILL-1-full-recovery, and whether rto leaves time enough"
	sleep "$poll"
	waited=$((waited + poll))
done
echo "$NAME: cluster $CLUSTER was recovered from its archive in about $waited s; its newest base backup is $((now - taken)) s old"
