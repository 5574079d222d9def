package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// What a verb asks of the rule that it stands in.
type verbNeeds uint8

const (
	needsNames  verbNeeds = iota // one object at a time: the names must be stated
	needsReason                  // cannot be limited to names, or not in a useful way
	needsEither                  // names or a reason
)

// verbs are the verbs of the API server that an app may be given. Kubernetes checks a create before the object has a name, so
// a rule with names never grants it; a list is granted by name only to clients that select by metadata.name.
var verbs = map[string]verbNeeds{
	"get":              needsNames,
	"update":           needsNames,
	"patch":            needsNames,
	"delete":           needsNames,
	"watch":            needsEither,
	"list":             needsReason,
	"create":           needsReason,
	"deletecollection": needsReason,
}

// refusedVerbs reach further than the object they are used on.
var refusedVerbs = map[string]string{
	"escalate":    "lets the app give itself any permission",
	"bind":        "lets the app bind itself to any role",
	"impersonate": "lets the app act as anybody",
}

// refusedResources are ways into other pods, and around the node's or the pod's own permissions.
var refusedResources = map[string]string{
	"pods/exec":                "runs programs in other pods",
	"pods/attach":              "reaches into other pods",
	"pods/portforward":         "reaches ports of other pods past every network policy",
	"pods/ephemeralcontainers": "adds containers to other pods",
	"nodes/proxy":              "reaches every pod of a node",
	"serviceaccounts/token":    "makes tokens of other service accounts",
}

// coreResources are all resources of the core group that live in a namespace.
var coreResources = []string{
	"bindings", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "podtemplates",
	"replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
}

// clusterResources belong to no namespace: a Role cannot grant them, and an app gets no ClusterRole.
var clusterResources = []string{"nodes", "namespaces", "persistentvolumes", "componentstatuses"}

// groups are the groups of well-known resources outside the core group; a Role with the wrong group grants nothing, silently.
var groups = map[string]string{
	"deployments":              "apps",
	"statefulsets":             "apps",
	"daemonsets":               "apps",
	"replicasets":              "apps",
	"jobs":                     "batch",
	"cronjobs":                 "batch",
	"leases":                   "coordination.k8s.io",
	"ingresses":                "networking.k8s.io",
	"networkpolicies":          "networking.k8s.io",
	"endpointslices":           "discovery.k8s.io",
	"poddisruptionbudgets":     "policy",
	"horizontalpodautoscalers": "autoscaling",
	"roles":                    "rbac.authorization.k8s.io",
	"rolebindings":             "rbac.authorization.k8s.io",
}

// access decides what the app may do at the Kubernetes API.
func (s *spec) access() {
	list := s.node.Field("kubernetes")
	for i, n := range elems(list) {
		s.accessRules(n, s.path("kubernetes["+strconv.Itoa(i)+"]"))
	}
	if len(s.app.Access) == 0 {
		return
	}
	slices.SortStableFunc(s.app.Access, func(a, b app.AccessRule) int {
		return strings.Compare(a.Group+"/"+a.Resource, b.Group+"/"+b.Resource)
	})
	s.decided("access", app.BySpec, list.KeyPos, "")
	if len(s.w.env.APIServerCIDRs) == 0 && !s.w.env.Has("cilium") {
		s.w.missingFact(list, s.path("kubernetes"), "access to the Kubernetes API", "apiServerCIDRs", `["10.0.0.1/32"]`)
	}
}

// accessRules turns one entry into one or two rules: create and deletecollection are split off, for names would void them.
func (s *spec) accessRules(n *load.Node, path string) {
	rule := app.AccessRule{
		Group:    text(n.Field("group")),
		Resource: text(n.Field("resource")),
		Names:    texts(n.Field("names")),
		Reason:   text(n.Field("reason")),
	}
	if !s.resourceAllowed(n, rule, path) || !s.verbsAllowed(n, rule, path) {
		return
	}
	unnamed := rule
	unnamed.Names = nil
	for _, verb := range texts(n.Field("verbs")) {
		if verb == "create" || verb == "deletecollection" {
			unnamed.Verbs = append(unnamed.Verbs, verb)
		} else {
			rule.Verbs = append(rule.Verbs, verb)
		}
	}
	for _, r := range []app.AccessRule{rule, unnamed} {
		if len(r.Verbs) > 0 {
			slices.Sort(r.Verbs)
			r.Verbs = slices.Compact(r.Verbs)
			s.app.Access = append(s.app.Access, r)
		}
	}
}

// resourceAllowed reports whether the entry's resource exists as far as we know, lives in a namespace, and may be given away.
func (s *spec) resourceAllowed(n *load.Node, rule app.AccessRule, path string) bool {
	at, full := n.Field("resource"), rule.Resource
	path += ".resource"
	base, _, _ := strings.Cut(full, "/")
	group, known := groups[base]
	switch {
	case at == nil:
		return false
	case strings.Contains(full, "*"):
		s.w.errorAt(at, "access-without-wildcards", path, fmt.Sprintf("%q grants every resource", full), "one resource", `list what the app needs, e.g. "configmaps"`)
	case strings.Contains(rule.Group, "*"):
		s.w.errorAt(n.Field("group"), "access-without-wildcards", strings.TrimSuffix(path, "resource")+"group", fmt.Sprintf("%q grants every group", rule.Group), "one group", `e.g. "apps"; leave it out for the core group`)
	case rule.Group == "" && refusedResources[full] != "":
		s.w.errorAt(at, "access-stays-in-bounds", path, fmt.Sprintf("%q %s", full, refusedResources[full]), "", "no app gets it; a tool of the platform belongs in the platform's own manifests")
	case rule.Group == "" && slices.Contains(clusterResources, base):
		s.w.errorAt(at, "access-stays-in-namespace", path, fmt.Sprintf("%q belong to the cluster, not to a namespace", base), "a resource of the app's own namespace", "")
	case rule.Group == "" && known:
		s.w.errorAt(at, "access-names-its-group", path, fmt.Sprintf("%q are not in the core group", base), "", fmt.Sprintf("add group: %q", group))
	case rule.Group == "" && !slices.Contains(coreResources, base):
		s.w.errorAt(at, "access-names-its-group", path, fmt.Sprintf("%q is not a resource of the core group", full), "a resource in the plural, with its group unless that is the core group", didYouMean(base, slices.Concat(coreResources, clusterResources)))
	case known && rule.Group != group && builtIn(rule.Group):
		s.w.errorAt(n.Field("group"), "access-names-its-group", strings.TrimSuffix(path, "resource")+"group", fmt.Sprintf("%q are in group %q, not %q", base, group, rule.Group), "", fmt.Sprintf("write group: %q", group))
	default:
		return true
	}
	return false
}

// builtIn reports whether a group is Kubernetes' own; in others a resource may have any name.
func builtIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

// verbsAllowed reports whether every verb of an entry is known, harmless enough, and as narrow as it can be.
func (s *spec) verbsAllowed(n *load.Node, rule app.AccessRule, path string) bool {
	list := n.Field("verbs")
	before := len(s.w.ds)
	if list != nil && len(list.Elems) == 0 {
		s.w.errorAt(list, "access-has-verbs", path+".verbs", "no verb is listed", "at least one verb", `e.g. ["get"]`)
	}
	for i, v := range elems(list) {
		at, verb := fmt.Sprintf("%s.verbs[%d]", path, i), text(v)
		wants, known := verbs[verb]
		switch {
		case verb == "*":
			s.w.errorAt(v, "access-without-wildcards", at, `"*" grants every verb, also those that Kubernetes will have one day`, load.Prose(verbNames(), "or"), `list the verbs that the app needs, e.g. ["get", "watch"], with names`)
		case refusedVerbs[verb] != "":
			s.w.errorAt(v, "access-stays-in-bounds", at, fmt.Sprintf("%q %s", verb, refusedVerbs[verb]), "", "no app gets it")
		case !known:
			s.w.errorAt(v, "access-has-verbs", at, fmt.Sprintf("%q is not a verb of the Kubernetes API", verb), load.Prose(verbNames(), "or"), didYouMean(verb, verbNames()))
		case rule.Group == "" && rule.Resource == "secrets" && (verb == "list" || verb == "watch" || verb == "deletecollection"):
			s.w.errorAt(v, "access-stays-in-bounds", at, fmt.Sprintf("%q on secrets reads every secret of the namespace", verb), `"get" with names`, "mount the secret instead: secrets needs no access to the API")
		case rule.Group == "" && rule.Resource == "pods" && verb == "create":
			s.w.errorAt(v, "access-stays-in-bounds", at, "creating pods gives the app every permission of every service account in its namespace", "", "let a controller make them: a Job or a Deployment that is part of the spec")
		case wants == needsNames && len(rule.Names) == 0:
			s.w.errorAt(v, "access-names-objects", at, fmt.Sprintf("%q on all %s of the namespace", verb, rule.Resource), "names: the objects that the app needs", `add names: ["NAME"]`)
		case wants == needsReason && rule.Reason == "":
			s.w.errorAt(v, "access-needs-reason", at, fmt.Sprintf("%q on %s cannot be limited to names", verb, rule.Resource), "reason: why the app needs it", `add reason: "..."`)
		case wants == needsEither && len(rule.Names) == 0 && rule.Reason == "":
			s.w.errorAt(v, "access-needs-reason", at, fmt.Sprintf("%q on all %s of the namespace", verb, rule.Resource), "names, or reason: why the app needs all of them", `add names: ["NAME"] or reason: "..."`)
		}
	}
	return len(s.w.ds) == before
}

func verbNames() []string {
	return []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
}
