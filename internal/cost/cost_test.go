package cost_test

import (
	"math"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/cost"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// shop is an app where a core costs 1 an hour, a GiB 0.1, and spot capacity half.
func shop() app.App {
	return app.App{Name: "shop", Namespace: "shop", Team: "web", Tier: app.Standard, Env: &app.Environment{
		Name:   "prod",
		Spot:   &app.SpotNodes{Label: map[string]string{"capacity": "spot"}},
		Prices: &app.Prices{CPUHour: 1, GiBHour: 0.1, StorageGiBMonth: 2, LoadBalancerMonth: 18, SpotFactor: 0.5},
	}}
}

// pod requests one core and two GiB.
func pod() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{container("1", "2Gi")}}}
}

func container(cpu, memory string) corev1.Container {
	return corev1.Container{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
	}}}
}

func claim(size string) corev1.PersistentVolumeClaim {
	return corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
		Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
	}}
}

func deployment(template corev1.PodTemplateSpec, replicas *int32) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: appsv1.DeploymentSpec{Replicas: replicas, Template: template}}
}

// onNodes lets pods run on spot nodes, or keeps them off.
func onNodes(operator corev1.NodeSelectorOperator, must bool) corev1.PodTemplateSpec {
	term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "capacity", Operator: operator, Values: []string{"spot"}}}}
	rule := &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{Weight: 80, Preference: term}}}
	if must {
		rule = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}}
	}
	p := pod()
	p.Spec.Affinity = &corev1.Affinity{NodeAffinity: rule}
	return p
}

func TestOf(t *testing.T) {
	// An hour of a pod costs 1.2, so a month 876; on spot capacity 438.
	const podMonth = 876
	withSidecar, migrating := pod(), pod()
	withSidecar.Spec.InitContainers = []corev1.Container{container("500m", "1Gi")}
	withSidecar.Spec.InitContainers[0].RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	migrating.Spec.InitContainers = []corev1.Container{container("3", "1Gi")}
	hourly := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "report"}, Spec: batchv1.CronJobSpec{
		Schedule:    "0 * * * *",
		JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{ActiveDeadlineSeconds: new(int64(900)), Template: pod()}},
	}}
	yearly := hourly.DeepCopy()
	yearly.Spec.Schedule = "0 0 29 2 *" // once in four years
	endless := hourly.DeepCopy()
	endless.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(7200))

	for name, tt := range map[string]struct {
		objects []generator.Object
		want    cost.Range
		pods    cost.Range
	}{
		"a fixed number":   {[]generator.Object{deployment(pod(), new(int32(3)))}, cost.Range{Least: 3 * podMonth, Most: 3 * podMonth}, cost.Range{Least: 3, Most: 3}},
		"no number is one": {[]generator.Object{deployment(pod(), nil)}, cost.Range{Least: podMonth, Most: podMonth}, cost.Range{Least: 1, Most: 1}},
		"an autoscaler": {[]generator.Object{deployment(pod(), nil), &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "shop"}, MinReplicas: new(int32(2)), MaxReplicas: 10,
		}}}, cost.Range{Least: 2 * podMonth, Most: 10 * podMonth}, cost.Range{Least: 2, Most: 10}},
		"down to zero": {[]generator.Object{deployment(pod(), nil), &kube.ScaledObject{Spec: kube.ScaledObjectSpec{
			ScaleTargetRef: kube.ScaleTarget{Kind: "Deployment", Name: "shop"}, MaxReplicaCount: 4,
		}}}, cost.Range{Most: 4 * podMonth}, cost.Range{Most: 4}},
		"another's autoscaler": {[]generator.Object{deployment(pod(), nil), &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "StatefulSet", Name: "shop"}, MaxReplicas: 10,
		}}}, cost.Range{Least: podMonth, Most: podMonth}, cost.Range{Least: 1, Most: 1}},
		"a sidecar counts":                   {[]generator.Object{deployment(withSidecar, new(int32(1)))}, cost.Range{Least: 1.8 * 730, Most: 1.8 * 730}, cost.Range{Least: 1, Most: 1}},
		"an init container that needs more":  {[]generator.Object{deployment(migrating, new(int32(1)))}, cost.Range{Least: 3.2 * 730, Most: 3.2 * 730}, cost.Range{Least: 1, Most: 1}},
		"only on spot":                       {[]generator.Object{deployment(onNodes(corev1.NodeSelectorOpIn, true), new(int32(2)))}, cost.Range{Least: podMonth, Most: podMonth}, cost.Range{Least: 2, Most: 2}},
		"rather on spot":                     {[]generator.Object{deployment(onNodes(corev1.NodeSelectorOpIn, false), new(int32(2)))}, cost.Range{Least: podMonth, Most: 2 * podMonth}, cost.Range{Least: 2, Most: 2}},
		"never on spot":                      {[]generator.Object{deployment(onNodes(corev1.NodeSelectorOpNotIn, true), new(int32(2)))}, cost.Range{Least: 2 * podMonth, Most: 2 * podMonth}, cost.Range{Least: 2, Most: 2}},
		"a claim of each pod":                {[]generator.Object{&appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: new(int32(2)), VolumeClaimTemplates: []corev1.PersistentVolumeClaim{claim("10Gi")}}}}, cost.Range{Least: 40, Most: 40}, cost.Range{Least: 2, Most: 2}},
		"a claim":                            {[]generator.Object{new(claim("10Gi"))}, cost.Range{Least: 20, Most: 20}, cost.Range{}},
		"a load balancer":                    {[]generator.Object{&corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer}}, &corev1.Service{}}, cost.Range{Least: 18, Most: 18}, cost.Range{}},
		"a quarter of every hour":            {[]generator.Object{hourly}, cost.Range{Most: podMonth / 4}, cost.Range{Most: 0.25}},
		"a quarter of an hour in four years": {[]generator.Object{yearly}, cost.Range{Most: 0.01}, cost.Range{Most: 900 / (1461 * 86400.0)}},
		"never more than all the time":       {[]generator.Object{endless}, cost.Range{Most: podMonth}, cost.Range{Most: 1}},
		"instances of a database": {[]generator.Object{&kube.Cluster{Spec: kube.ClusterSpec{Instances: 3, Storage: kube.ClusterStorage{Size: "5Gi"}, Resources: container("1", "2Gi").Resources}}},
			cost.Range{Least: 3*podMonth + 30, Most: 3*podMonth + 30}, cost.Range{Least: 3, Most: 3}},
	} {
		got := cost.Of(shop(), tt.objects)
		if !near(got.Cost, tt.want) || !near(got.Pods, tt.pods) {
			t.Errorf("%s: %v for %v pods, want %v for %v", name, got.Cost, got.Pods, tt.want, tt.pods)
		}
	}
}

// near compares what is computed in binary: to a millionth.
func near(a, b cost.Range) bool {
	close := func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*max(1, math.Abs(y)) }
	return close(a.Least, b.Least) && close(a.Most, b.Most)
}

// TestPartsAddUp wants sums to be those of what is shown, whatever the cents are that each part has been rounded to.
func TestPartsAddUp(t *testing.T) {
	a := shop()
	a.Env.Prices.CPUHour = 0.0317
	var objects []generator.Object
	for _, cpu := range []string{"10m", "30m", "70m", "130m", "1"} {
		objects = append(objects, deployment(corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{container(cpu, "17Mi")}}}, nil))
	}
	got, sum := cost.Of(a, objects), cost.Range{}
	for _, p := range got.Parts {
		if cents := p.Cost.Most * 100; math.Abs(cents-math.Round(cents)) > 1e-6 {
			t.Errorf("a part costs %v", p.Cost)
		}
		sum.Least, sum.Most = sum.Least+math.Round(p.Cost.Least*100)/100, sum.Most+math.Round(p.Cost.Most*100)/100
	}
	if !near(got.Cost, sum) {
		t.Errorf("all costs %v, the parts %v", got.Cost, sum)
	}
}

// TestNoDiscountWithoutAFactor holds that nobody's discount is assumed.
func TestNoDiscountWithoutAFactor(t *testing.T) {
	a := shop()
	a.Env.Prices.SpotFactor = 0
	got := cost.Of(a, []generator.Object{deployment(onNodes(corev1.NodeSelectorOpIn, true), new(int32(2)))})
	if want := (cost.Range{Least: 1752, Most: 1752}); !near(got.Cost, want) {
		t.Errorf("%v, want %v", got.Cost, want)
	}
}

// TestBill holds that sums are of one team, one environment and one currency each.
func TestBill(t *testing.T) {
	usage := func(money float64) cost.Usage { return cost.Usage{Cost: cost.Range{Least: money, Most: 2 * money}} }
	apps := []cost.App{
		{Environment: "prod", Team: "a", Currency: "EUR", Usage: usage(1)},
		{Environment: "prod", Team: "b", Currency: "EUR", Usage: usage(10)},
		{Environment: "prod", Team: "a", Currency: "EUR", Usage: usage(100)},
	}
	got := cost.NewBill(apps)
	want := []cost.Sum{
		{Environment: "prod", Team: "a", Currency: "EUR", Apps: 2, Usage: usage(101)},
		{Environment: "prod", Team: "b", Currency: "EUR", Apps: 1, Usage: usage(10)},
	}
	if !slices.Equal(got.Teams, want) {
		t.Errorf("teams: %v, want %v", got.Teams, want)
	}
	if total := (cost.Sum{Currency: "EUR", Apps: 3, Usage: usage(111)}); got.Total == nil || *got.Total != total || got.Currency != "EUR" {
		t.Errorf("total: %v in %q, want %v", got.Total, got.Currency, total)
	}
	got = cost.NewBill(append(apps, cost.App{Environment: "test", Team: "a", Currency: "USD", Usage: usage(1000)}))
	if got.Total != nil || got.Currency != "" || len(got.Environments) != 2 || got.Environments[1].Currency != "USD" {
		t.Errorf("two currencies: total %v in %q, environments %v", got.Total, got.Currency, got.Environments)
	}
}
