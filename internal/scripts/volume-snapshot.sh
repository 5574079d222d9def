#!/bin/sh
# Takes a snapshot of every claim of a volume, waits until the storage system has them, and deletes those that are too old.
#
# JOB, APP, COMPONENT, NAMESPACE: who asks, and whose pods mount the claims. CLAIM_NAME: the claim; with MEMBERS=true those of a stateful
# app, CLAIM_NAME-0 and so on. CLASS: VolumeSnapshotClass. WAIT_SECONDS: for the storage system. KEEP_ALL_SECONDS: every snapshot is kept so
# long, then one a day, and none for longer than KEEP_SECONDS; the newest one that can be restored always stays.
set -eu
umask 077

poll=${POLL_SECONDS:-5}
date=$(date -u '+%s %Y%m%d%H%M%S')
now=${date% *} stamp=${date#* }
mine="app.kubernetes.io/name=$JOB,app.kubernetes.io/instance=$APP,app.kubernetes.io/component=backup"

fail() {
	printf '%s: %s\n' "$JOB" "$1" >&2
	exit 1
}

# belongs reports whether a claim is one of the volume's.
belongs() {
	case $MEMBERS$1 in
	"false$CLAIM_NAME") ;;
	"true$CLAIM_NAME-"*) case ${1#"$CLAIM_NAME-"} in '' | *[!0-9]*) return 1 ;; esac ;;
	*) return 1 ;;
	esac
}

listed=$(kubectl get persistentvolumeclaims --namespace="$NAMESPACE" --selector="app.kubernetes.io/instance=$APP,app.kubernetes.io/component=$COMPONENT" \
	--output=jsonpath='{range .items[*]}{.metadata.name}{"|"}{.status.phase}{"\n"}{end}') ||
	fail "the claims of namespace $NAMESPACE cannot be listed: kubectl says why above"
claims=
while IFS='|' read -r claim phase; do
	belongs "$claim" || continue
	if [ "$phase" = Bound ]; then
		claims="$claims $claim"
	else
		echo "$JOB: claim $claim has no volume yet (${phase:-no phase}), so there is nothing to keep"
	fi
done <<EOF
$listed
EOF
[ -n "$claims" ] || fail "no claim $CLAIM_NAME of app $APP in namespace $NAMESPACE has a volume: nothing is backed up; is the app deployed?"

made=
for claim in $claims; do
	kubectl create --filename=- <<EOF || fail "no snapshot of claim $claim can be made: kubectl says why above"
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata:
  name: "$claim-$stamp"
  namespace: "$NAMESPACE"
  labels:
    app.kubernetes.io/name: "$JOB"
    app.kubernetes.io/instance: "$APP"
    app.kubernetes.io/component: backup
    scantling.dev/taken: "$now"
spec:
  volumeSnapshotClassName: "$CLASS"
  source:
    persistentVolumeClaimName: "$claim"
EOF
	made="$made $claim-$stamp"
done

# Errors of a snapshot may pass, for the controller tries again: what it said last counts only when the time is up.
waited=0
while :; do
	listed=$(kubectl get volumesnapshots.snapshot.storage.k8s.io --namespace="$NAMESPACE" --selector="$mine,scantling.dev/taken=$now" \
		--output=jsonpath='{range .items[*]}{.metadata.name}{"|"}{.status.readyToUse}{"|"}{.status.error.message}{"\n"}{end}') ||
		fail "the snapshots of namespace $NAMESPACE cannot be read: kubectl says why above"
	ready='' said=''
	while IFS='|' read -r name state message; do
		case " $made " in *" $name "*) ;; *) continue ;; esac
		if [ "$state" = true ]; then
			ready="$ready $name"
		else
			said="$name is not ready: ${message:-the snapshot controller has said nothing; does it run, and is $CLASS the class of this volume?}"
		fi
	done <<EOF
$listed
EOF
	[ "${#ready}" -eq "${#made}" ] && break
	[ "$waited" -lt "$WAIT_SECONDS" ] || fail "after $WAIT_SECONDS s ${said:-a snapshot is gone that was just made}"
	sleep "$poll"
	waited=$((waited + poll))
done

listed=$(kubectl get volumesnapshots.snapshot.storage.k8s.io --namespace="$NAMESPACE" --selector="$mine" \
	--output=jsonpath='{range .items[*]}{.spec.source.persistentVolumeClaimName}{"|"}{.metadata.labels.scantling\.dev/taken}{"|"}{.status.readyToUse}{"|"}{.metadata.name}{"|"}{.status.boundVolumeSnapshotContentName}{"\n"}{end}') ||
	fail "the snapshots of namespace $NAMESPACE cannot be read: kubectl says why above"
listed=$(
	sort -t '|' -k 1,1 -k 2,2nr <<EOF
$listed
EOF
)

# drop deletes a snapshot. Its content is told to go with it: of a class that retains, what the storage system has would stay for ever.
drop() {
	if [ -n "$2" ]; then
		kubectl patch volumesnapshotcontents.snapshot.storage.k8s.io "$2" --type=merge --patch='{"spec":{"deletionPolicy":"Delete"}}' ||
			fail "the storage of snapshot $1, which is too old, cannot be freed: kubectl says why above; the new snapshots are there"
	fi
	kubectl delete volumesnapshots.snapshot.storage.k8s.io "$1" --namespace="$NAMESPACE" --wait=false ||
		fail "snapshot $1, which is too old, cannot be deleted: kubectl says why above; the new snapshots are there"
}

last='' day=''
while IFS='|' read -r claim taken state name content; do
	case $taken in '' | *[!0-9]*) continue ;; esac
	age=$((now - taken))
	if [ "$state" != true ]; then
		[ "$age" -le "$KEEP_ALL_SECONDS" ] || drop "$name" "$content"
	elif [ "$claim" != "$last" ]; then # the newest one of this claim
		last=$claim day=$((taken / 86400))
	elif [ "$age" -le "$KEEP_ALL_SECONDS" ]; then
		day=$((taken / 86400))
	elif [ "$age" -gt "$KEEP_SECONDS" ] || [ "$((taken / 86400))" -eq "$day" ]; then
		drop "$name" "$content"
	else
		day=$((taken / 86400))
	fi
done <<EOF
$listed
EOF
echo "$JOB: there is a snapshot of$claims"
