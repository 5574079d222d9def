package suite

import (
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
	if err := runOnce(t.Context(), cron); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) {
		said := refusals(t.Context(), "textbook-job")
		return strings.Contains(said, `violates PodSecurity "restricted`), "no pod was refused:" + said
	})
	deploy(t, "job", `tier: "standard", kind: "cron", schedule: "0 2 * * *", image: "`+image+`"`) // which runs it once
	return "no: its pods are refused, and nobody is told", "yes: it completes"
}

// rootPod: what our namespaces let in.
func rootPod(t *testing.T) (theirs, ours string) {
	pod := func(namespace string) error {
		_, err := world.client.CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "root"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "root", Image: "registry.acme.io/root:1.0", SecurityContext: &corev1.SecurityContext{RunAsUser: new(int64(0))}}}},
		}, metav1.CreateOptions{})
		return err
	}
	accepted(t, "blue.yaml", "textbook-root") // its blocks but one name no namespace
	if err := pod("textbook-root"); err != nil {
		t.Errorf("the textbook's namespace refused it: %v", err)
	}
	deploy(t, "root", `tier: "standard", image: "`+image+`"`)
	err := pod("root")
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "restricted:v1.34"`) {
		t.Errorf("our namespace did not refuse it: %v", err)
	}
	return "no", "yes, by the pinned version of the restricted standard"
}

// access: a role that lists all objects of a kind reads all of them.
func access(t *testing.T) (theirs, ours string) {
	accepted(t, "access.yaml", "textbook-access")
	any := authorizationv1.ResourceAttributes{Namespace: "textbook-access", Verb: "list", Resource: "configmaps"}
	if !may(t, "textbook-access", "myapp-sa", any) {
		t.Error("the textbook's app may not list all ConfigMaps")
	}
	deploy(t, "access", `tier: "standard", image: "`+image+`"
		kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]`)
	var allowed []string
	for _, resource := range []string{"configmaps", "secrets", "pods", "serviceaccounts"} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
			for _, name := range []string{"", "flags", "other"} {
				for _, namespace := range []string{"access", "default", ""} {
					if may(t, "access", "access", authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Resource: resource, Name: name}) {
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

// checkAccess asks for every service account of a case: what a rule declares is allowed, and nothing near it.
func checkAccess(t *testing.T, c rendered) {
	for _, o := range c.objects {
		if o.GetKind() != "ServiceAccount" {
			continue
		}
		var rules []rbacv1.PolicyRule
		if c.find("RoleBinding", o.GetName()) != nil {
			role, err := world.client.RbacV1().Roles(o.GetNamespace()).Get(t.Context(), o.GetName(), metav1.GetOptions{})
			if err != nil {
				t.Error(err)
				continue
			}
			rules = role.Rules
		}
		ask := authorizationv1.ResourceAttributes{Namespace: o.GetNamespace(), Verb: "list", Resource: "secrets"}
		if may(t, o.GetNamespace(), o.GetName(), ask) {
			t.Errorf("%s may list all Secrets", describe(o))
		}
		for _, rule := range rules {
			checkRule(t, o, rule)
		}
	}
}

// checkRule asks for the first call that a rule allows, and for the same on another name, in another namespace.
func checkRule(t *testing.T, account *unstructured.Unstructured, rule rbacv1.PolicyRule) {
	resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
	ask := authorizationv1.ResourceAttributes{
		Namespace: account.GetNamespace(), Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: resource, Subresource: subresource,
	}
	if len(rule.ResourceNames) > 0 {
		ask.Name = rule.ResourceNames[0]
	}
	other, elsewhere := ask, ask
	other.Name, elsewhere.Namespace = "other", "default"
	if !may(t, account.GetNamespace(), account.GetName(), ask) {
		t.Errorf("%s may not %s %s %q, which is declared", describe(account), ask.Verb, ask.Resource, ask.Name)
	}
	if ask.Name != "" && may(t, account.GetNamespace(), account.GetName(), other) {
		t.Errorf("%s may %s %s of any name", describe(account), ask.Verb, ask.Resource)
	}
	if may(t, account.GetNamespace(), account.GetName(), elsewhere) {
		t.Errorf("%s may %s %s in another namespace", describe(account), ask.Verb, ask.Resource)
	}
}

// may asks the API server as a SubjectAccessReview.
func may(t *testing.T, namespace, account string, what authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review, err := world.client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               "system:serviceaccount:" + namespace + ":" + account,
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
			ResourceAttributes: &what,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
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
