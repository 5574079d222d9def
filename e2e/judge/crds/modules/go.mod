// The modules whose definitions of third-party kinds the judges and the control plane read. Nothing imports them: they are
// required here, not in the module above, so that what they require themselves is never resolved. Each can be read by the Go
// release that builds Scantling.
module github.com/scantling/scantling/e2e/judge/crds/modules

go 1.26.4

require (
	github.com/argoproj/argo-rollouts v1.9.2
	github.com/bitnami-labs/sealed-secrets v0.40.0
	github.com/cert-manager/cert-manager v1.21.2
	github.com/cilium/cilium v1.20.2
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/cloudnative-pg/plugin-barman-cloud v0.15.0
	github.com/external-secrets/external-secrets v1.3.2
	github.com/fluxcd/flagger v1.36.1
	github.com/kedacore/keda/v2 v2.21.0
	github.com/kubernetes-csi/external-snapshotter/client/v8 v8.7.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	github.com/vmware-tanzu/velero v1.18.3
	istio.io/api v1.31.1
	k8s.io/autoscaler/vertical-pod-autoscaler v1.8.1
	sigs.k8s.io/gateway-api v1.6.3
	sigs.k8s.io/karpenter v1.14.0
)
