package workload

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// mainContainer returns the container that the app is.
func mainContainer(a app.App) corev1.Container {
	return corev1.Container{
		Name:            kube.MainContainer(a),
		Image:           a.Image,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         a.Command,
		Args:            a.Args,
		Ports:           containerPorts(a.Ports),
		Env:             env(a.Variables),
		Resources:       kube.Requirements(a.Resources),
		ResizePolicy:    resizePolicy(a, a.Resources),
		StartupProbe:    probe(a.Health.Startup),
		LivenessProbe:   probe(a.Health.Live),
		ReadinessProbe:  probe(a.Health.Ready),
		Lifecycle:       lifecycle(a.Health),
		VolumeMounts:    mounts(a),
		SecurityContext: containerSecurity(),
	}
}

// sidecars returns the further containers as native sidecars: they run before the app starts and until after it has stopped, and
// never keep a Job from ending.
func sidecars(a app.App) []corev1.Container {
	var out []corev1.Container
	for _, s := range a.Sidecars {
		out = append(out, corev1.Container{
			Name:            s.Name,
			Image:           s.Image,
			ImagePullPolicy: corev1.PullIfNotPresent,
			RestartPolicy:   new(corev1.ContainerRestartPolicyAlways),
			Args:            s.Args,
			Ports:           containerPorts(s.Ports),
			Env:             env(s.Variables),
			Resources:       kube.Requirements(s.Resources),
			ResizePolicy:    sidecarResizePolicy(a, s.Resources),
			VolumeMounts:    sidecarMounts(a, s),
			SecurityContext: containerSecurity(),
		})
	}
	return out
}

func containerSecurity() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		Privileged:               new(false),
		ReadOnlyRootFilesystem:   new(true),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

func containerPorts(ports []app.Port) []corev1.ContainerPort {
	var out []corev1.ContainerPort
	for _, p := range ports {
		out = append(out, corev1.ContainerPort{
			Name:          p.Name,
			ContainerPort: p.Number,
			Protocol:      corev1.Protocol(p.Protocol),
		})
	}
	return out
}

// env returns a container's variables. Who the pod is comes first: a variable may refer only to those before it.
func env(variables []app.Variable) []corev1.EnvVar {
	out := []corev1.EnvVar{podField("POD_NAME", "metadata.name"), podField("POD_IP", "status.podIP")}
	for _, v := range variables {
		if v.Secret == "" {
			out = append(out, corev1.EnvVar{Name: v.Name, Value: v.Value})
			continue
		}
		out = append(out, corev1.EnvVar{Name: v.Name, ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: v.Secret},
				Key:                  v.Key,
			},
		}})
	}
	return out
}

func podField(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: path},
	}}
}

// resizePolicy says which resources may change in a running container. A run of a cron app is not resized.
func resizePolicy(a app.App, r app.Resources) []corev1.ContainerResizePolicy {
	if a.Env.Minor < minorResizePolicy || a.Kind == app.Cron {
		return nil
	}
	memory := corev1.NotRequired
	if r.MemoryRestart {
		memory = corev1.RestartContainer
	}
	return []corev1.ContainerResizePolicy{
		{ResourceName: corev1.ResourceCPU, RestartPolicy: corev1.NotRequired},
		{ResourceName: corev1.ResourceMemory, RestartPolicy: memory},
	}
}

// sidecarResizePolicy is that of a sidecar. Argo Rollouts, up to 1.10 at least, refuses a Rollout whose init containers have one, as
// Kubernetes itself did before 1.33.
func sidecarResizePolicy(a app.App, r app.Resources) []corev1.ContainerResizePolicy {
	if a.CanaryBy(app.ByArgo) {
		return nil
	}
	return resizePolicy(a, r)
}
