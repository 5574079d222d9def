package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// selectors: a Deployment that does not say which pods are its own is none.
func selectors(t *testing.T) (theirs, ours string) {
	_, err := textbook(t, "rolling-as-written.yaml", "textbook-selector")
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.selector") {
		t.Errorf("the textbook's Deployment without a selector: %v", err)
	}
	deploy(t, "selector", `tier: "standard", image: "`+image+`"`)
	return "no: a Deployment without a selector is refused", "yes"
}

// scheduledJob: the textbook's own namespace refuses the textbook's own backup.
func scheduledJob(t *testing.T) (theirs, ours string) {
	r := accepted(t, "backup.yaml", "textbook-job")
	cron := r.find("CronJob", "postgres-backup")
	if err := launch(t.Context(), cron, once); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) {
		said := refusals(t.Context(), "textbook-job")
		return strings.Contains(said, `violates PodSecurity "restricted`), "no pod was refused:" + said
	})
	deploy(t, "job", `tier: "standard", kind: "cron", schedule: "0 2 * * *", image: "`+image+`"`) // which runs it once
	return "no: its pods are refused", "yes: it completes"
}

// restrictedStandard: a namespace that enforces a standard takes only pods that are written for it.
func restrictedStandard(t *testing.T) (theirs, ours string) {
	accepted(t, "restricted.yaml", "textbook-restricted")
	until(t, func() (bool, string) {
		said := refusals(t.Context(), "textbook-restricted")
		return strings.Contains(said, `violates PodSecurity "restricted`), "no pod was refused:" + said
	})
	if n := len(pods(t, "textbook-restricted")); n > 0 {
		t.Errorf("the textbook's namespace let %d pods of the textbook in", n)
	}
	deploy(t, "restricted", `tier: "standard", image: "`+image+`", replicas: 3`)
	if err := runAsRoot(t.Context(), "restricted"); !isPodRefused(err) {
		t.Errorf("our namespace did not refuse a pod that runs as root: %v", err)
	}
	return "no: the namespace refuses every one of them", "yes, 3 of 3; and a pod that runs as root is refused there"
}

// runAsRoot tries to start such a pod.
func runAsRoot(ctx context.Context, namespace string) error {
	_, err := world.client.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "root"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "root", Image: "registry.acme.io/root:1.0", SecurityContext: &corev1.SecurityContext{RunAsUser: new(int64(0))},
		}}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// isPodRefused reports whether it is the pod security standard, at a pinned version, that refused a pod.
func isPodRefused(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), `violates PodSecurity "restricted:v1.`)
}

// access: a role that lists all objects of a kind reads all of them.
func access(t *testing.T) (theirs, ours string) {
	ctx := t.Context()
	r := accepted(t, "access.yaml", "textbook-access")
	every := authorizationv1.ResourceAttributes{Namespace: "textbook-access", Verb: "list", Resource: "configmaps"}
	until(t, func() (bool, string) { // the authorizer learns of a new binding a moment later
		allowed, err := may(ctx, r.find("ServiceAccount", "myapp-sa"), every)
		return allowed, fmt.Sprintf("the textbook's app may not list all ConfigMaps (%v)", err)
	})
	p := deploy(t, "access", `tier: "standard", image: "`+image+`"
		kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]`)
	var allowed []string
	for _, resource := range []string{"configmaps", "secrets", "pods", "serviceaccounts"} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
			for _, name := range []string{"", "flags", "other"} {
				for _, namespace := range []string{"access", "default", ""} {
					call := authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Resource: resource, Name: name}
					if ok, err := may(ctx, p.find("ServiceAccount", "access"), call); err != nil {
						t.Fatal(err)
					} else if ok {
						allowed = append(allowed, strings.TrimSpace(fmt.Sprintf("%s %s %s", verb, resource, name)))
					}
				}
			}
		}
	}
	if !slices.Equal(allowed, []string{"get configmaps flags"}) {
		t.Errorf("the app may %q", allowed)
	}
	return "read every ConfigMap of the namespace", "exactly what its spec declares: " + strings.Join(allowed, ", ")
}

// access asks for every service account of a case: what the roles that it is bound to declare is allowed, and nothing near it.
func (j *judgement) access(ctx context.Context, c rendered) {
	for _, account := range c.objects {
		if account.GetKind() != "ServiceAccount" {
			continue
		}
		everySecret := authorizationv1.ResourceAttributes{Namespace: account.GetNamespace(), Verb: "list", Resource: "secrets"}
		j.may(ctx, account, everySecret, false)
		for _, role := range c.objects {
			if c.binds(role, account) {
				j.rules(ctx, account, role)
			}
		}
	}
}

// binds reports whether an object is a role that is bound to an account, or stands beside one that has its name.
func (c rendered) binds(role, account *unstructured.Unstructured) bool {
	switch role.GetKind() {
	case "Role":
		if role.GetName() == account.GetName() && role.GetNamespace() == account.GetNamespace() {
			return true
		}
	case "ClusterRole":
	default:
		return false
	}
	return slices.ContainsFunc(c.objects, func(b *unstructured.Unstructured) bool {
		return b.GetKind() == role.GetKind()+"Binding" && b.GetNamespace() == role.GetNamespace() && textAt(b.Object, "roleRef", "name") == role.GetName() &&
			slices.ContainsFunc(subtrees(b.Object, "subjects"), func(s any) bool {
				return textAt(s, "name") == account.GetName() && textAt(s, "namespace") == account.GetNamespace()
			})
	})
}

// rules asks for each verb of each rule, there and, where the rule is of a namespace or of some names, beside it.
func (j *judgement) rules(ctx context.Context, account, role *unstructured.Unstructured) {
	for _, rule := range subtrees(role.Object, "rules") {
		var r rbacv1.PolicyRule
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(rule.(map[string]any), &r); err != nil {
			j.add("%s: %v", describe(role), err)
			return
		}
		resource, subresource, _ := strings.Cut(r.Resources[0], "/")
		for _, verb := range r.Verbs {
			ask := authorizationv1.ResourceAttributes{Namespace: role.GetNamespace(), Verb: verb, Group: r.APIGroups[0], Resource: resource, Subresource: subresource}
			if len(r.ResourceNames) > 0 {
				ask.Name = r.ResourceNames[0]
			}
			j.may(ctx, account, ask, true)
			if elsewhere := ask; role.GetNamespace() != "" {
				elsewhere.Namespace = "default"
				j.may(ctx, account, elsewhere, false)
			}
			if ask.Name != "" {
				ask.Name = "other"
				j.may(ctx, account, ask, false)
			}
		}
	}
}

// may wants an account to be allowed something, which the authorizer may learn a moment later, or not to be.
func (j *judgement) may(ctx context.Context, account *unstructured.Unstructured, what authorizationv1.ResourceAttributes, want bool) {
	ask := func() (bool, string) {
		got, err := may(ctx, account, what)
		return got == want && err == nil, fmt.Sprintf("may %s %s %q in %s: %t, want %t (%v)", what.Verb, what.Resource, what.Name, what.Namespace, got, want, err)
	}
	if want {
		j.until(ctx, describe(account), ask)
	} else if ok, why := ask(); !ok {
		j.add("%s %s", describe(account), why)
	}
}

// may asks the API server as a SubjectAccessReview.
func may(ctx context.Context, account *unstructured.Unstructured, what authorizationv1.ResourceAttributes) (bool, error) {
	namespace := account.GetNamespace()
	review, err := world.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               "system:serviceaccount:" + namespace + ":" + account.GetName(),
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
			ResourceAttributes: &what,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// token: unless told otherwise, Kubernetes hands every pod a credential that most apps never use.
func token(t *testing.T) (theirs, ours string) {
	accepted(t, "blue.yaml", "textbook-token")
	waitReady(t, "textbook-token", 3)
	if !hasToken(pods(t, "textbook-token")[0]) {
		t.Error("the textbook's pod has no token")
	}
	deploy(t, "token", `tier: "standard", image: "`+image+`"`)
	if hasToken(pods(t, "token")[0]) {
		t.Error("our pod has a token that its spec does not ask for")
	}
	return "yes", "no"
}

func hasToken(p corev1.Pod) bool {
	return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.ServiceAccountToken != nil })
	})
}

// secretKind: a version of a kind that is no longer served is an unknown kind.
func secretKind(t *testing.T) (theirs, ours string) {
	if _, err := textbook(t, "external-secret.yaml", "textbook-secret"); !meta.IsNoMatchError(err) {
		t.Errorf("the textbook's ExternalSecret: %v", err)
	}
	deploy(t, "secret", `tier: "standard", image: "`+image+`", secrets: db: {key: "prod/db", property: "password"}`)
	return "no: external-secrets.io/v1beta1 is not served", "yes: external-secrets.io/v1"
}
