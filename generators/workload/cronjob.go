package workload

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// history is how many finished runs of each outcome stay to be looked at.
type history struct{ succeeded, failed int32 }

// usualHistory is that of runs of which nothing but their logs stays.
var usualHistory = history{succeeded: 3, failed: 3}

// The reasons of every Job.
const (
	drainReason   = "a drained node is no failure of the run, and must not use up its retries"
	restartReason = "a failed run starts as a new pod, so that the logs of the failed one stay"
)

// scheduleReasons are those of every CronJob.
var scheduleReasons = generator.Reasons{
	"spec.timeZone":                                     "schedules are in UTC, so a change of the clocks neither skips nor repeats a run",
	"spec.concurrencyPolicy":                            "a slow run must not meet the next one",
	"spec.successfulJobsHistoryLimit":                   "enough logs to compare with a failed run; none where an ended run would keep a volume with a copy of the data",
	"spec.failedJobsHistoryLimit":                       "enough logs to see whether runs fail alike; one where each would keep volumes with a copy of the data",
	"spec.jobTemplate.spec.podFailurePolicy":            drainReason,
	"spec.jobTemplate.spec.template.spec.restartPolicy": restartReason,
}

// CronJob runs an app on a schedule.
var CronJob = generator.Generator{
	Name:    "cron-job",
	Reasons: reasons("CronJob", "spec.jobTemplate.spec.template.spec", scheduleReasons, podReasons),
	Run: func(a app.App) []generator.Object {
		if a.Kind != app.Cron {
			return nil
		}
		return []generator.Object{&batchv1.CronJob{
			TypeMeta:   kube.Type(batchv1.SchemeGroupVersion.String(), "CronJob"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: scheduled(a.Cron.Schedule, a.Cron.StartDeadlineSeconds, usualHistory, batchv1.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: kube.PodLabels(a)},
				Spec:       jobSpec(podTemplate(a), a.Cron.DeadlineSeconds, a.Cron.BackoffLimit),
			}),
		}}
	},
}

// scheduled returns when a Job runs, and what is kept of its runs.
func scheduled(schedule string, startDeadlineSeconds int64, kept history, job batchv1.JobTemplateSpec) batchv1.CronJobSpec {
	return batchv1.CronJobSpec{
		Schedule:                   schedule,
		TimeZone:                   new("Etc/UTC"),
		ConcurrencyPolicy:          batchv1.ForbidConcurrent,
		StartingDeadlineSeconds:    new(startDeadlineSeconds),
		SuccessfulJobsHistoryLimit: new(kept.succeeded),
		FailedJobsHistoryLimit:     new(kept.failed),
		JobTemplate:                job,
	}
}

// jobSpec returns one run of a pod. It has no time to live: of a CronJob's runs its history limits decide which stay, and a Job that
// is kept in Git would be made again, and run again, as soon as it had gone.
func jobSpec(pod corev1.PodTemplateSpec, deadlineSeconds int64, retries int32) batchv1.JobSpec {
	return batchv1.JobSpec{
		ActiveDeadlineSeconds: new(deadlineSeconds),
		BackoffLimit:          new(retries),
		PodFailurePolicy: &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
			Action: batchv1.PodFailurePolicyActionIgnore,
			OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{
				Type:   corev1.DisruptionTarget,
				Status: corev1.ConditionTrue,
			}},
		}}},
		Template: pod,
	}
}
