package kube

// KeepAnnotations returns the annotations that stop a delivery tool from deleting an object that is no longer rendered.
func KeepAnnotations(delivery string) map[string]string {
	switch delivery {
	case "argocd":
		return map[string]string{"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
	case "flux":
		return map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"}
	case "helm":
		return map[string]string{"helm.sh/resource-policy": "keep"}
	}
	return nil
}
