package kube

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
)

// OwnService returns the name and the component of the Service that leads to the version beside the main one, and to nothing else;
// "" where there is none: both are behind the app's own.
func OwnService(a app.App) (name, component string) {
	switch {
	case a.Rollout.Strategy == app.BlueGreen:
		return PreviewName(a), ComponentPreview
	case a.CanaryBy(app.ByGateway):
		return CanaryName(a), ComponentCanary
	}
	return "", ""
}

// ServicePods returns the labels of the pods that the app's own Service leads to: of the main version alone where the other one has a
// Service, too, else of all versions.
func ServicePods(a app.App) map[string]string {
	if name, _ := OwnService(a); name != "" {
		return Selector(a).MatchLabels
	}
	return AppSelector(a)
}

// ClientAffinity keeps a client's address on one pod, and so on one version, where that is how users stay on it.
func ClientAffinity(a app.App) (corev1.ServiceAffinity, *corev1.SessionAffinityConfig) {
	s := a.Rollout.Split
	if s == nil || s.Sticky == nil || s.Sticky.Cookie != "" {
		return "", nil
	}
	return corev1.ServiceAffinityClientIP, &corev1.SessionAffinityConfig{
		ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: new(s.Sticky.Seconds)},
	}
}

// AppProtocol tells meshes and gateways what they may look into. For gRPC it is Kubernetes' own name of HTTP/2 in the clear: names
// without a prefix are IANA's, where gRPC has none, and gateways refuse what they don't know. Bytes that only the app understands
// stay unnamed.
func AppProtocol(p app.Port) *string {
	switch p.App {
	case "":
		return nil
	case "grpc":
		return new("kubernetes.io/h2c")
	}
	return new(p.App)
}
