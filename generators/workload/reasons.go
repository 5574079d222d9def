package workload

import (
	"strings"

	"github.com/scantling/scantling/internal/generator"
)

// podReasons are those of every pod, by path below its spec; CONTAINER stands for the app's container and its sidecars.
var podReasons = generator.Reasons{
	"enableServiceLinks":                        "a variable for each Service of the namespace slows the start, and tells what is there",
	"securityContext.runAsNonRoot":              "the kubelet refuses an image that would run as root",
	"securityContext.seccompProfile.type":       "the runtime's filter blocks the system calls that no app needs",
	"securityContext.fsGroupChangePolicy":       "changing the owner of every file at each start takes minutes on a large volume",
	"securityContext.supplementalGroupsPolicy":  "the groups that are written here, not those that the image brings along",
	"securityContext.sysctls":                   "lets a user that is not root bind a port below 1024, in this pod's network only",
	"initContainers[].restartPolicy":            "makes it a sidecar: it starts before the app, stops after it, and never keeps a Job from ending",
	"volumes[].secret.defaultMode":              "0440 in decimal: the app's user and group may read it, nobody may write it",
	"initContainers[].volumeMounts[].mountPath": "/tmp of its own beside the writable directories: most programs need it, and the root filesystem is read-only",
	"containers[].volumeMounts[].readOnly":      "config and secrets change by a rollout or a rotation, never from inside",
	"CONTAINER.imagePullPolicy":                 "images are pinned, so the one on the node is the right one, and a registry's outage stops no restart",
	"CONTAINER.securityContext":                 "the restricted Pod Security Standard, and a root filesystem that an intruder cannot write to",
	"CONTAINER.env[].valueFrom.fieldRef":        "who the pod is, for logs, traces and cluster members",
}

// grpcReason is why a gRPC probe names no service.
const grpcReason = "the health of the server as a whole; written out because Kubernetes adds it"

// runningReasons are further ones of pods that run all the time.
var runningReasons = generator.Reasons{
	"containers[].startupProbe.grpc.service":         grpcReason,
	"containers[].livenessProbe.grpc.service":        grpcReason,
	"containers[].readinessProbe.grpc.service":       grpcReason,
	"CONTAINER.resizePolicy":                         "resources change in a running container; only a runtime that reads its memory once is restarted for it",
	"topologySpreadConstraints[].maxSkew":            "one pod of difference: as even as can be",
	"topologySpreadConstraints[].nodeAffinityPolicy": "nodes that the pod may not use do not count",
	"topologySpreadConstraints[].nodeTaintsPolicy":   "cordoned and dead nodes do not count; else an empty zone would hold every new pod back",
}

// deployedReasons are further ones of pods whose controller replaces them.
var deployedReasons = generator.Reasons{
	"topologySpreadConstraints[].matchLabelKeys": "a rollout spreads the new pods among themselves, not against the old ones that are about to go",
}

// reasons returns a kind's own reasons, by path from the root, and those below its pod's spec, which stands at pod.
func reasons(kind, pod string, own generator.Reasons, below ...generator.Reasons) generator.Reasons {
	out := generator.Reasons{}
	for path, why := range own {
		out[kind+" "+path] = why
	}
	for _, set := range below {
		for path, why := range set {
			if field, ok := strings.CutPrefix(path, "CONTAINER."); ok {
				out[kind+" "+pod+".containers[]."+field] = why
				out[kind+" "+pod+".initContainers[]."+field] = why
				continue
			}
			out[kind+" "+pod+"."+path] = why
		}
	}
	return out
}
