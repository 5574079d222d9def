#!/bin/sh
# Rehearses a restore: brings the newest backup of an app's volumes back into a namespace of its own, lets a pod look into every
# volume, and removes all of it. Velero fills a volume only when a pod wants it, so nothing short of that pod would prove much.
#
# JOB, APP, COMPONENT, NAMESPACE: who asks, and whose pods mount the volumes. DRILL: where they are restored. VELERO, SCHEDULE,
# RESTORE: namespace of Velero, and the names there. MAX_AGE_SECONDS: an older backup is none. WAIT_SECONDS: for the whole restore.
# IMAGE, USER_ID, CPU, MEMORY: of the pod that looks; NODE_SELECTOR, TOLERATIONS, PULL_SECRETS: fields of its spec, in JSON.
set -eu
umask 077

poll=${POLL_SECONDS:-5}
now=$(date -u +%s)
selector="app.kubernetes.io/instance=$APP,app.kubernetes.io/component=$COMPONENT"

fail() {
	printf '%s: %s\n' "$JOB" "$1" >&2
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

# tidy removes the copies. Velero gives a restored volume the reclaim policy of the original, and Retain would leave a disk behind
# each time: so the volume is told to go with its claim, if it is this copy's and nobody else's.
tidy() {
	kubectl delete pod "$JOB" --namespace="$DRILL" --ignore-not-found --grace-period=1 --timeout=60s || return 1
	copies=$(kubectl get persistentvolumeclaims --namespace="$DRILL" --selector="$selector" \
		--output=jsonpath='{range .items[*]}{.metadata.name}{"|"}{.spec.volumeName}{"\n"}{end}') || return 1
	while IFS='|' read -r copy volume; do
		[ -n "$copy" ] || continue
		if [ -n "$volume" ]; then
			bound=$(kubectl get persistentvolume "$volume" --ignore-not-found \
				--output=jsonpath='{.spec.claimRef.namespace}/{.spec.claimRef.name}:{.spec.persistentVolumeReclaimPolicy}') || return 1
			if [ "${bound%:*}" = "$DRILL/$copy" ] && [ "${bound##*:}" != Delete ]; then
				kubectl patch persistentvolume "$volume" --type=merge --patch='{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}' || return 1
			fi
		fi
		kubectl delete persistentvolumeclaim "$copy" --namespace="$DRILL" --ignore-not-found --timeout=60s || return 1
	done <<EOF
$copies
EOF
}

# leave ends the drill, however it went. The Restore of one that failed stays for whoever looks; the next run removes it.
leave() {
	status=$?
	trap - EXIT
	if ! tidy; then
		echo "$JOB: the copies in namespace $DRILL cannot be removed, kubectl says why above: delete its claims labelled $selector, and their volumes" >&2
		status=1
	fi
	if [ "$status" -eq 0 ] && ! kubectl delete restores.velero.io "$RESTORE" --namespace="$VELERO" --ignore-not-found --timeout=60s; then
		echo "$JOB: restore $RESTORE cannot be removed from namespace $VELERO: kubectl says why above" >&2
		status=1
	fi
	[ "$status" -ne 0 ] || echo "$JOB: $done"
	exit "$status"
}

# newest finds the newest whole backup: backup, and when it was begun.
newest() {
	listed=$(kubectl get backups.velero.io --namespace="$VELERO" --selector="velero.io/schedule-name=$SCHEDULE" \
		--output=jsonpath='{range .items[*]}{.status.phase}{"|"}{.status.startTimestamp}{"|"}{.metadata.name}{"|"}{.spec.includedNamespaces}{"\n"}{end}') ||
		fail "the backups in namespace $VELERO cannot be listed: kubectl says why above"
	backup='' begun=0 held='' other=''
	while IFS='|' read -r phase time name namespaces; do
		[ -n "$name" ] || continue
		if [ "$phase" != Completed ]; then
			other=" ($name is ${phase:-new})"
			continue
		fi
		at=$(epoch "$time") || fail "backup $name has no time of its start, but \"$time\""
		if [ "$at" -gt "$begun" ]; then
			begun=$at backup=$name held=$namespaces
		fi
	done <<EOF
$listed
EOF
	[ -n "$backup" ] || fail "schedule $SCHEDULE has no completed backup$other: nothing could be restored; ask velero schedule describe $SCHEDULE -n $VELERO"
	case $held in
	*"\"$NAMESPACE\""*) ;;
	*) fail "backup $backup is of the namespaces ${held:-[]}, not of $NAMESPACE: another schedule is called $SCHEDULE" ;;
	esac
	[ "$((now - begun))" -le "$MAX_AGE_SECONDS" ] ||
		fail "the newest backup, $backup, is $((now - begun)) s old, and at most $MAX_AGE_SECONDS s of data may be lost$other; ask velero schedule describe $SCHEDULE -n $VELERO"
}

# restored checks that each claim that was there when the backup began has come back: copies.
restored() {
	listed=$(kubectl get persistentvolumeclaims --namespace="$DRILL" --selector="$selector" --output=jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}') ||
		fail "the claims of namespace $DRILL cannot be listed: kubectl says why above"
	copies=
	for copy in $listed; do copies="$copies $copy"; done
	[ -n "$copies" ] || fail "backup $backup holds no volume of app $APP: ask velero backup describe $backup --details -n $VELERO"
	listed=$(kubectl get persistentvolumeclaims --namespace="$NAMESPACE" --selector="$selector" \
		--output=jsonpath='{range .items[*]}{.status.phase}{"|"}{.metadata.creationTimestamp}{"|"}{.metadata.name}{"\n"}{end}') ||
		fail "the claims of namespace $NAMESPACE cannot be listed: kubectl says why above"
	while IFS='|' read -r phase time claim; do
		[ "$phase" = Bound ] || continue
		at=$(epoch "$time") || continue
		case "$copies " in *" $claim "*) continue ;; esac
		[ "$at" -ge "$begun" ] || fail "backup $backup has no volume of claim $claim, which is older: ask velero backup describe $backup --details -n $VELERO"
	done <<EOF
$listed
EOF
}

# look makes the pod that wants the volumes and ends well if none of them is empty.
look() {
	mounts='' volumes='' i=0
	for copy in $copies; do
		mounts="$mounts
    - {name: v$i, mountPath: \"/restored/$copy\", readOnly: true}"
		volumes="$volumes
  - {name: v$i, persistentVolumeClaim: {claimName: \"$copy\"}}"
		i=$((i + 1))
	done
	kubectl create --filename=- <<EOF || fail "no pod can look at the copies in namespace $DRILL: kubectl says why above"
apiVersion: v1
kind: Pod
metadata:
  name: "$JOB"
  namespace: "$DRILL"
  labels: {app.kubernetes.io/name: "$JOB", app.kubernetes.io/instance: "$APP", app.kubernetes.io/component: drill}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  nodeSelector: $NODE_SELECTOR
  tolerations: $TOLERATIONS
  imagePullSecrets: $PULL_SECRETS
  securityContext:
    runAsNonRoot: true
    runAsUser: $USER_ID
    runAsGroup: $USER_ID
    fsGroup: $USER_ID
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
  - name: look
    image: "$IMAGE"
    command: ["/bin/sh", "-c"]
    args:
    - |
      for volume in /restored/*; do
        found=\$(ls -A "\$volume") || exit 1
        case \$found in
        '' | lost+found) echo "the volume of claim \${volume##*/} is empty" >&2; exit 1 ;;
        esac
      done
    terminationMessagePolicy: FallbackToLogsOnError
    resources: {requests: {cpu: "$CPU", memory: "$MEMORY"}, limits: {memory: "$MEMORY"}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    volumeMounts:$mounts
  volumes:$volumes
EOF
}

newest
{ tidy && kubectl delete restores.velero.io "$RESTORE" --namespace="$VELERO" --ignore-not-found --timeout=60s; } ||
	fail "what an earlier drill left in namespaces $DRILL and $VELERO cannot be removed: kubectl says why above"
trap leave EXIT
trap 'exit 143' INT TERM
kubectl create --filename=- <<EOF || fail "no restore can be asked for in namespace $VELERO: kubectl says why above"
apiVersion: velero.io/v1
kind: Restore
metadata:
  name: "$RESTORE"
  namespace: "$VELERO"
  labels: {app.kubernetes.io/name: "$JOB", app.kubernetes.io/instance: "$APP", app.kubernetes.io/component: drill}
spec:
  backupName: "$backup"
  includedNamespaces: ["$NAMESPACE"]
  namespaceMapping: {"$NAMESPACE": "$DRILL"}
  includedResources: [persistentvolumeclaims, persistentvolumes]
  labelSelector: {matchLabels: {app.kubernetes.io/instance: "$APP", app.kubernetes.io/component: "$COMPONENT"}}
  existingResourcePolicy: none
  itemOperationTimeout: "${WAIT_SECONDS}s"
EOF

waited=0 looks='' ended=''
while [ "$ended" != Succeeded ] || [ "$phase" != Completed ]; do
	listed=$(kubectl get restores.velero.io "$RESTORE" --namespace="$VELERO" \
		--output=jsonpath='{.status.phase}{"|"}{.status.errors}{"|"}{.status.failureReason}{.status.validationErrors}') ||
		fail "restore $RESTORE cannot be read in namespace $VELERO: kubectl says why above"
	IFS='|' read -r phase errors reason <<EOF
$listed
EOF
	case $phase in
	Failed* | PartiallyFailed)
		fail "the restore of backup $backup is $phase, ${errors:-0} errors${reason:+: $reason}; ask velero restore describe $RESTORE --details -n $VELERO"
		;;
	Waiting* | Finalizing* | Completed) # every claim is there
		if [ -z "$looks" ]; then
			restored
			look
			looks=true
		fi
		;;
	esac
	if [ -n "$looks" ]; then
		listed=$(kubectl get pod "$JOB" --namespace="$DRILL" \
			--output=jsonpath='{.status.phase}{"|"}{.status.containerStatuses[*].state.terminated.message}{.status.conditions[?(@.status=="False")].message}') ||
			fail "the pod that looks at the copies cannot be read in namespace $DRILL: kubectl says why above"
		IFS='|' read -r ended said <<EOF
$listed
EOF
		[ "$ended" != Failed ] || fail "backup $backup was restored, but ${said:-its volumes cannot be read, and the pod does not say why}"
	fi
	[ "$waited" -lt "$WAIT_SECONDS" ] ||
		fail "after $WAIT_SECONDS s the restore is ${phase:-not begun (does Velero run?)}, and the pod that looks at the copies ${ended:-not made}${said:+ ($said)}; ask velero restore describe $RESTORE --details -n $VELERO"
	sleep "$poll"
	waited=$((waited + poll))
done
done="backup $backup was restored, and no volume is empty:$copies; that took about $waited s"
