package access

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// JobClusterRole lets a Job decide that storage goes with the object that owns it: snapshots that are too old, and volumes that were
// restored to rehearse it. Both are kept otherwise, and would be for ever. JobAdmission holds the Job to its own.
var JobClusterRole = generator.Generator{
	Name: "job-cluster-role",
	Reasons: generator.Reasons{
		"ClusterRole rules[]": "they belong to no namespace, and the storage system names them: RBAC cannot say which",
	},
	Run: entitled(func(a app.App, j app.Job) generator.Object {
		return &rbacv1.ClusterRole{
			TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "ClusterRole"),
			ObjectMeta: rightsMeta(a, j),
			Rules:      []rbacv1.PolicyRule{{APIGroups: []string{erasable[j.Rights.Erase].group}, Resources: []string{j.Rights.Erase}, Verbs: []string{"get", "patch"}}},
		}
	}),
}

// JobClusterRoleBinding gives JobClusterRole to the Job's identity, and to nobody else.
var JobClusterRoleBinding = generator.Generator{
	Name: "job-cluster-role-binding",
	Reasons: generator.Reasons{
		"ClusterRoleBinding roleRef.apiGroup": "the only group that has roles",
		"ClusterRoleBinding roleRef.kind":     "what the role is about belongs to no namespace",
		"ClusterRoleBinding subjects[].kind":  "pods act as a service account; a user or group could be anybody",
	},
	Run: entitled(func(a app.App, j app.Job) generator.Object {
		return &rbacv1.ClusterRoleBinding{
			TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "ClusterRoleBinding"),
			ObjectMeta: rightsMeta(a, j),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: j.Rights.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: j.Name, Namespace: a.Namespace}},
		}
	}),
}

// JobAdmission holds a Job to what it needs where RBAC cannot. Who may make a Restore may have every object of every backup brought
// back into a namespace of their own, the Secrets of others too; and who may change a volume may take it.
var JobAdmission = generator.Generator{
	Name: "job-admission",
	Reasons: generator.Reasons{
		"ValidatingAdmissionPolicy spec.failurePolicy":                               "what cannot be checked is refused",
		"ValidatingAdmissionPolicy spec.matchConstraints":                            "what the Job may make or change and RBAC cannot narrow; no version of the API is a way around it",
		"ValidatingAdmissionPolicy spec.validations[].reason":                        "the client reads it as it reads what RBAC refuses",
		"ValidatingAdmissionPolicy spec.validations[].message":                       "says to whoever reads the log what would have been allowed",
		"ValidatingAdmissionPolicy spec.matchConditions[].name":                      "nobody else is concerned",
		"ValidatingAdmissionPolicy spec.matchConstraints.resourceRules[].operations": "a deletion is what RBAC can limit to names",
	},
	Run: entitled(func(a app.App, j app.Job) generator.Object {
		return &admissionv1.ValidatingAdmissionPolicy{
			TypeMeta:   kube.Type(admissionv1.SchemeGroupVersion.String(), "ValidatingAdmissionPolicy"),
			ObjectMeta: rightsMeta(a, j),
			Spec: admissionv1.ValidatingAdmissionPolicySpec{
				FailurePolicy: new(admissionv1.Fail),
				MatchConstraints: &admissionv1.MatchResources{
					MatchPolicy:       new(admissionv1.Equivalent),
					NamespaceSelector: &metav1.LabelSelector{}, // the API server writes these where they are absent
					ObjectSelector:    &metav1.LabelSelector{},
					ResourceRules:     ruled(j.Rights),
				},
				MatchConditions: []admissionv1.MatchCondition{{
					Name:       "is-the-job",
					Expression: fmt.Sprintf("request.userInfo.username == 'system:serviceaccount:%s:%s'", a.Namespace, j.Name),
				}},
				Validations: validations(a, j.Rights),
			},
		}
	}),
}

// JobAdmissionBinding puts JobAdmission into force.
var JobAdmissionBinding = generator.Generator{
	Name: "job-admission-binding",
	Reasons: generator.Reasons{
		"ValidatingAdmissionPolicyBinding spec.validationActions[]": "a warning would not stop anybody",
	},
	Run: entitled(func(a app.App, j app.Job) generator.Object {
		return &admissionv1.ValidatingAdmissionPolicyBinding{
			TypeMeta:   kube.Type(admissionv1.SchemeGroupVersion.String(), "ValidatingAdmissionPolicyBinding"),
			ObjectMeta: rightsMeta(a, j),
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName:        j.Rights.Name,
				ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			},
		}
	}),
}

// erasable is what a Job may be allowed to erase: the API group, and where an object says who owns it and what becomes of its storage.
var erasable = map[string]struct{ group, owner, fate string }{
	"persistentvolumes":      {"", "claimRef", "persistentVolumeReclaimPolicy"},
	"volumesnapshotcontents": {"snapshot.storage.k8s.io", "volumeSnapshotRef", "deletionPolicy"},
}

// ruled is which requests a policy is about.
func ruled(r *app.Rights) []admissionv1.NamedRuleWithOperations {
	rules := []admissionv1.NamedRuleWithOperations{writes(erasable[r.Erase].group, r.Erase)}
	if r.Restore != nil {
		rules = append(rules, writes("velero.io", "restores"))
	}
	return rules
}

func writes(group, resource string) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}, Scope: new(admissionv1.AllScopes)},
	}}
}

// validations are what such a request must be.
func validations(a app.App, r *app.Rights) []admissionv1.Validation {
	e := erasable[r.Erase]
	all := []admissionv1.Validation{{
		Expression: onlyFor(r.Erase, fmt.Sprintf("oldObject.spec.%s.namespace == '%s' && object.spec.%s == 'Delete' && %s", e.owner, r.In, e.fate, nothingBut(e.fate))),
		Message:    fmt.Sprintf("only %s of namespace %s, and only %s: Delete", r.Erase, r.In, e.fate),
		Reason:     new(metav1.StatusReasonForbidden),
	}}
	if re := r.Restore; re != nil {
		all = append(all, admissionv1.Validation{
			Expression: onlyFor("restores", fmt.Sprintf("object.metadata.name == '%s' && object.spec.backupName.startsWith('%s-')"+
				" && object.spec.includedNamespaces == ['%[3]s'] && object.spec.namespaceMapping == {'%[3]s': '%[4]s'}"+
				" && object.spec.includedResources == ['persistentvolumeclaims', 'persistentvolumes'] && object.spec.existingResourcePolicy == 'none'"+
				" && object.spec.all(f, f in [%[5]s])", re.Name, re.Schedule, a.Namespace, re.Into, restoreFields)),
			Message: fmt.Sprintf("only a Restore of the claims of %s, from backups of %s, into %s", a.Namespace, re.Schedule, re.Into),
			Reason:  new(metav1.StatusReasonForbidden),
		})
	}
	return all
}

// restoreFields are those that a drill's Restore has. Others could run programs in pods, change what comes back, or bring back more.
const restoreFields = "'backupName', 'includedNamespaces', 'namespaceMapping', 'includedResources', 'labelSelector', 'existingResourcePolicy', 'itemOperationTimeout'"

func onlyFor(resource, expression string) string {
	return fmt.Sprintf("request.resource.resource != '%s' || (%s)", resource, expression)
}

// nothingBut is true of a change of one field alone. Others, and annotations, have power, too: they name the Secrets of whoever made the
// volume, the options that the node mounts it with, and whether files may be read as a block device.
func nothingBut(field string) string {
	return fmt.Sprintf("size(object.spec) == size(oldObject.spec) && object.spec.all(f, f == '%s' || f in oldObject.spec && object.spec[f] == oldObject.spec[f])"+
		" && (has(object.metadata.annotations) ? object.metadata.annotations : {}) == (has(oldObject.metadata.annotations) ? oldObject.metadata.annotations : {})", field)
}

// rightsMeta is the metadata of an object that belongs to no namespace.
func rightsMeta(a app.App, j app.Job) metav1.ObjectMeta {
	meta := kube.JobMeta(a, j, j.Rights.Name)
	meta.Namespace = ""
	return meta
}

// entitled makes an object for each Job that has rights in the whole cluster.
func entitled(make func(app.App, app.Job) generator.Object) func(app.App) []generator.Object {
	return func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			if j.Rights != nil {
				out = append(out, make(a, j))
			}
		}
		return out
	}
}
