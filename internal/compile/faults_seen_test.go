package compile_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/kube"
)

// faulty makes each fault in sound manifests, as hand-written ones have it.
var faulty = map[string]func(r *rendered){
	"E07": func(r *rendered) {
		r.deployments[0].Spec.Strategy.RollingUpdate.MaxUnavailable = new(intstr.FromInt32(1))
	},
	"E12": func(r *rendered) { r.serving().spec.Containers[0].LivenessProbe.InitialDelaySeconds = 30 },
	"E20": func(r *rendered) { r.serving().spec.Containers[0].VolumeMounts = nil },
	"E21": func(r *rendered) { r.schedules[0].Spec.Template.SnapshotMoveData = false },
	"E22": func(r *rendered) { r.schedules[0].Name = "daily-backup-20241210" },
	"E23": func(r *rendered) { r.dumping().InitContainers[0].Image = r.dumping().Containers[0].Image },
	"E24": func(r *rendered) {
		files := r.files(r.besides(roleBackup)[0])
		files["postgres-dump.sh"] = strings.Replace(files["postgres-dump.sh"], "pg_dump --format", "pg_dump | gzip >out # --format", 1)
	},
	"E25": func(r *rendered) { r.besides(roleBackup)[0].Spec.JobTemplate.Spec.ActiveDeadlineSeconds = nil },
	"E28": func(r *rendered) {
		r.autoscalers[0].Spec.Metrics = append(r.autoscalers[0].Spec.Metrics, autoscalingv2.MetricSpec{
			Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceMemory},
		})
	},
	"E30": func(r *rendered) { r.autoscalers[0].Spec.Behavior = nil },
	"E31": func(r *rendered) {
		delete(r.serving().spec.Containers[0].Resources.Requests, corev1.ResourceEphemeralStorage)
	},
	"E32": func(r *rendered) { r.set("CACHE_TIMEOUT", "0s") },
	"E35": func(r *rendered) {
		x := r.asWatched().rule("orders", "availability", errs)
		x.Expr = strings.Replace(x.Expr, "http_requests_total", "http_request_duration_seconds_count", 1)
	},
}

// serving returns the pods of the first Deployment.
func (r *rendered) serving() *podTemplate {
	return &r.pods[slices.IndexFunc(r.pods, func(p podTemplate) bool { return strings.HasPrefix(p.id, "Deployment/") })]
}

// dumping returns the pods of the first backup.
func (r *rendered) dumping() *corev1.PodSpec {
	return &r.besides(roleBackup)[0].Spec.JobTemplate.Spec.Template.Spec
}

// set changes a variable of the first Deployment's pods.
func (r *rendered) set(name, value string) {
	env := r.serving().spec.Containers[0].Env
	env[slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })].Value = value
}

// TestFaultsAreSeen makes each fault, and wants its check to see it: else TestFaults would prove nothing.
func TestFaultsAreSeen(t *testing.T) {
	for _, fault := range catalogue() {
		id := strings.Fields(fault.name)[0]
		t.Run(id, func(t *testing.T) {
			r := sound(t)
			if found := fault.check(r); len(found) > 0 {
				t.Fatalf("found before it was made: %v", found)
			}
			if faulty[id] == nil && slices.ContainsFunc(faultyReleases, func(f faultyRelease) bool { return f.id == id }) {
				return // TestReleaseFaultsAreSeen makes it
			}
			if faulty[id] == nil {
				t.Fatal("nothing makes this fault")
			}
			faulty[id](r)
			if len(fault.check(r)) == 0 {
				t.Errorf("%s was not found", fault.name)
			}
		})
	}
}

// sound renders the api blueprint and the stateful one, together.
func sound(t *testing.T) *rendered {
	t.Helper()
	var stream []byte
	for _, name := range []string{"api", "stateful"} {
		files, ok := blueprints.Files(name)
		if !ok {
			t.Fatalf("no blueprint %s", name)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		for _, f := range generate(t, dir).Files {
			stream = append(append(stream, "---\n"...), f.Data...)
		}
	}
	r := read(t, stream)
	if len(r.pods) < 3 || r.serving().meta.Labels[kube.LabelTier] != "critical" {
		t.Fatalf("the blueprints render %d pod templates", len(r.pods))
	}
	return r
}
