package workload

import (
	"maps"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// jobGraceSeconds is how long the tasks of a Job have to end when they are told to: Kubernetes' default. Half a dump is worth
// nothing, so nothing longer is.
const jobGraceSeconds = 30

// JobCronJob runs the Jobs beside an app: backups and drills.
var JobCronJob = generator.Generator{
	Name: "job-cron-job",
	Reasons: jobReasons(reasons("CronJob", "spec.jobTemplate.spec.template.spec", scheduleReasons, podReasons, generator.Reasons{
		"automountServiceAccountToken":              "only a Job with rights at the Kubernetes API has a token",
		"affinity.nodeAffinity":                     "never on nodes that the cloud may take back: a long backup would begin from the start",
		"terminationGracePeriodSeconds":             "Kubernetes' default: half a dump is worth nothing, so its end needs no time",
		"initContainers[].restartPolicy":            "makes it a sidecar: it runs beside the tasks after it, and is stopped when they have ended",
		"initContainers[].volumeMounts[].mountPath": "where the scripts look; /tmp is each task's own, because the root filesystem is read-only",
		"containers[].volumeMounts[].mountPath":     "where the scripts look; /tmp is each task's own, because the root filesystem is read-only",
		"initContainers[].volumeMounts[].readOnly":  "nothing inside changes scripts or secrets",
		"containers[].volumeMounts[].readOnly":      "nothing inside changes scripts or secrets",
		"volumes[].ephemeral":                       "an empty volume of files, for one pod and as long as it is there",
	})),
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			out = append(out, &batchv1.CronJob{
				TypeMeta:   kube.Type(batchv1.SchemeGroupVersion.String(), "CronJob"),
				ObjectMeta: kube.JobMeta(a, j, j.Name),
				Spec: scheduled(j.Schedule, j.StartDeadlineSeconds, keptRuns(j), batchv1.JobTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: kube.JobMeta(a, j, "").Labels},
					Spec:       jobSpec(jobPod(a, j), j.DeadlineSeconds, j.Retries),
				}),
			})
		}
		return out
	},
}

// keptRuns is the history of a Job. A pod that has ended holds its claim until it is deleted: of a Job with one, only a failed run stays.
func keptRuns(j app.Job) history {
	if j.WorkClass != "" {
		return history{succeeded: 0, failed: 1}
	}
	return usualHistory
}

// JobConfig holds the scripts of the Jobs beside an app.
var JobConfig = generator.Generator{
	Name: "job-config",
	Reasons: generator.Reasons{
		"ConfigMap immutable": "its name stands for its content: a run that has begun keeps the scripts that it began with",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			if len(j.Files) == 0 {
				continue
			}
			out = append(out, &corev1.ConfigMap{
				TypeMeta:   kube.Type("v1", "ConfigMap"),
				ObjectMeta: kube.JobMeta(a, j, j.Config),
				Immutable:  new(true),
				Data:       j.Files,
			})
		}
		return out
	},
}

// jobPod returns the pod of a Job beside an app: in the app's place of the cluster, with an identity, programs and volumes of its own.
func jobPod(a app.App, j app.Job) corev1.PodTemplateSpec {
	run := beside(a, j.Name)
	run.Health, run.Access, run.FSGroup = app.Health{GraceSeconds: jobGraceSeconds}, j.Access(), true
	run.EmptyDirs, run.Config, run.Secrets, run.Args = nil, nil, nil, nil
	pod := podTemplate(run)
	pod.Labels = kube.JobMeta(a, j, "").Labels
	pod.Spec.Volumes = jobVolumes(a, j)
	pod.Spec.InitContainers, pod.Spec.Containers = nil, nil
	for i, t := range j.Tasks {
		if c := taskContainer(run, j, t); i < len(j.Tasks)-1 {
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, c)
		} else {
			pod.Spec.Containers = append(pod.Spec.Containers, c)
		}
	}
	return pod
}

// taskContainer returns one task of a Job as a container, which is hardened as the app's own is.
func taskContainer(run app.App, j app.Job, t app.Task) corev1.Container {
	run.Name, run.Image, run.Command, run.Variables, run.Resources = t.Name, t.Image, t.Command, t.Variables, t.Resources
	c := mainContainer(run)
	c.VolumeMounts = taskMounts(j, t)
	if t.Beside {
		c.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	}
	return c
}

// beside returns an app as what runs beside it and under another name is to Kubernetes: without what only makes sense in pods that
// serve or live beside others. Nothing calls it, so it has no ports and no probes; it is lost with its node at a bad moment, so it
// never runs on capacity that the cloud may take back.
func beside(a app.App, name string) app.App {
	a.Name, a.Kind, a.Role, a.Other, a.Base = name, app.Cron, "", nil, nil
	a.Ports, a.LowPort, a.Health = nil, false, app.Health{GraceSeconds: a.Health.GraceSeconds}
	a.Sidecars, a.Volumes, a.Access = nil, nil, nil
	a.Spread, a.Placement.Spot = app.Spread{}, app.SpotNever
	return a
}

// jobReasons leaves out what the pod of a Job has not: ports below 1024.
func jobReasons(all generator.Reasons) generator.Reasons {
	maps.DeleteFunc(all, func(path, _ string) bool { return strings.Contains(path, ".sysctls") })
	return all
}
