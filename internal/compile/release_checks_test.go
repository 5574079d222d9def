package compile_test

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/internal/manifest"
)

// world is every namespace of a cluster.
type world map[string]*space

// releaseChecks are what must hold of an app in any state of a release.
var releaseChecks = []struct {
	name  string
	check func(w world, s *space, c combo) []string
}{
	{"the workloads run what was promised", runsWhatIsPromised},
	{"selectors are disjoint", selectorsAreDisjoint},
	{"each version has one budget, which allows an eviction", budgetsAllowEvictions},
	{"what scales exists, and only one scales it", scalersHaveTargets},
	{"the quota holds everything at once", quotaHoldsAll},
	{"pods are spread among their own", spreadAmongOwn},
	{"Services lead to the promised versions", servicesLeadToVersions},
	{"routes lead to what serves", routesLeadToPods},
	{"subsets are defined", subsetsAreDefined},
	{"versions get their share", versionsGetTheirShare},
	{"the header reaches the new version", headerReachesNew},
	{"controllers find what they move", controllersFindAll},
	{"each pod is read once", monitorsReadOnce},
	{"policies cover all versions", policiesCoverVersions},
	{"the migration runs beside the app", migrationRunsApart},
}

// lines collects what a check found.
type lines []string

func (l *lines) must(holds bool, format string, args ...any) {
	if !holds {
		*l = append(*l, fmt.Sprintf(format, args...))
	}
}

// promise returns the image of every workload that a combo must have, by KIND/NAME, and the versions that its own Service leads to.
func (c combo) promise() (images map[string]string, served []string) {
	image, other := imageOne, imageTwo
	if c.finished {
		image = imageTwo
	}
	switch {
	case c.kind == "cron":
		return map[string]string{"CronJob/" + c.name: image}, nil
	case c.kind == "stateful":
		return map[string]string{"StatefulSet/" + c.name: image}, []string{"StatefulSet/" + c.name}
	case c.strategy == "blueGreen":
		images = map[string]string{"Deployment/" + c.name + "-" + c.active: image}
		if c.phase != "" {
			images["Deployment/"+c.idle()] = other
		}
		return images, []string{"Deployment/" + c.name + "-" + c.active}
	case c.via == "argo":
		return map[string]string{"Rollout/" + c.name: image}, []string{"Rollout/" + c.name}
	case c.via == "flagger":
		return map[string]string{"Deployment/" + c.name: image, "Deployment/" + c.name + "-primary": image}, []string{"Deployment/" + c.name + "-primary"}
	}
	images, served = map[string]string{"Deployment/" + c.name: image}, []string{"Deployment/" + c.name}
	if c.image {
		images["Deployment/"+c.name+"-canary"] = other
		if c.via != "gateway" {
			served = append(served, "Deployment/"+c.name+"-canary")
		}
	}
	return images, served
}

// idle is the name of the colour without traffic.
func (c combo) idle() string {
	return c.name + map[string]string{"blue": "-green", "green": "-blue"}[c.active]
}

func runsWhatIsPromised(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	want, _ := c.promise()
	for _, w := range s.owners {
		id := w.Kind + "/" + w.Name
		if strings.HasPrefix(id, "Job/"+c.name+"-migrate-") {
			continue
		}
		l.must(want[id] != "" && w.image() == want[id], "%s runs %q, want %q", id, w.image(), want[id])
		delete(want, id)
	}
	l.must(len(want) == 0, "not there: %v", want)
	return found
}

func selectorsAreDisjoint(_ world, s *space, _ combo) (found []string) {
	l := (*lines)(&found)
	for _, w := range s.owners {
		l.must(len(w.selector) > 0 || w.ends, "%s has no selector", w)
		if got := s.selected(w.selector); len(w.selector) > 0 {
			l.must(len(got) == 1 && got[0] == w, "%s selects the pods of %s", w, names(got))
		}
	}
	return found
}

func budgetsAllowEvictions(_ world, s *space, _ combo) (found []string) {
	l := (*lines)(&found)
	count := map[*owner]int{}
	for _, b := range s.kind("PodDisruptionBudget") {
		pods := s.selected(manifest.Strings(b.Fields, "spec", "selector", "matchLabels"))
		l.must(len(pods) == 1, "%s counts the pods of %d workloads: %s", b, len(pods), names(pods))
		for _, w := range pods {
			count[w]++
			allowed := scaledUp(at(b.Fields, "spec", "maxUnavailable"), w.least)
			if keep := at(b.Fields, "spec", "minAvailable"); keep != nil {
				allowed = w.least - scaledUp(keep, w.least)
			}
			l.must(allowed >= 1 && !w.ends, "%s allows %d evictions of %d pods of %s", b, allowed, w.least, w)
		}
	}
	for _, w := range s.owners {
		want := 0
		if w.least >= 2 && !w.ends {
			want = 1
		}
		l.must(count[w] == want, "%s with %d pods has %d budgets", w, w.least, count[w])
	}
	return found
}

func scalersHaveTargets(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	for ref, kinds := range map[string][]string{"scaleTargetRef": {"HorizontalPodAutoscaler", "ScaledObject"}, "targetRef": {"VerticalPodAutoscaler"}} {
		for _, o := range s.kind(kinds...) {
			found := slices.DeleteFunc(slices.Clone(s.owners), func(w *owner) bool { return !targets(o, ref, w.Object) })
			l.must(len(found) == 1, "%s is for %s, which %d objects are", o, manifest.String(o.Fields, "spec", ref, "name"), len(found))
		}
	}
	for _, w := range s.owners {
		if w.ends {
			continue
		}
		n := len(s.scalersOf(w))
		_, fixed := manifest.Int(w.Fields, "spec", "replicas")
		l.must(n <= 1 && fixed == (n == 0), "%s has %d autoscalers, and replicas: %v", w, n, fixed)
		l.must(w.least <= w.most, "%s has from %d to %d pods", w, w.least, w.most)
		clone := c.via == "flagger" && w.Name == c.name // measured where it serves
		v := slices.DeleteFunc(s.kind("VerticalPodAutoscaler"), func(o manifest.Object) bool { return !targets(o, "targetRef", w.Object) })
		l.must(len(v) == 1 || clone && len(v) == 0, "%s is measured %d times", w, len(v))
	}
	return found
}

// quotaHoldsAll adds up every pod that may run while all workloads are rolled out at their largest.
func quotaHoldsAll(_ world, s *space, _ combo) (found []string) {
	l := (*lines)(&found)
	quotas := s.kind("ResourceQuota")
	l.must(len(quotas) == 1, "%d quotas", len(quotas))
	for _, q := range quotas {
		for _, r := range []struct{ hard, which, name string }{
			{"requests.cpu", "requests", "cpu"}, {"requests.memory", "requests", "memory"}, {"limits.memory", "limits", "memory"}, {"pods", "", ""},
		} {
			var need int64
			for _, w := range s.owners {
				each := int64(1000)
				if r.which != "" {
					each = w.sum(r.which, r.name)
				}
				l.must(each > 0, "%s has no %s", w, r.hard)
				need += (w.most + w.surge) * each
			}
			hard, err := resource.ParseQuantity(fmt.Sprint(at(q.Fields, "spec", "hard", r.hard)))
			l.must(err == nil && hard.MilliValue() >= need, "%s of the quota are %s, and %d/1000 may be needed", r.hard, &hard, need)
		}
	}
	return found
}

func spreadAmongOwn(_ world, s *space, _ combo) (found []string) {
	l := (*lines)(&found)
	for _, w := range s.owners {
		for _, spread := range manifest.Maps(w.template, "spec", "topologySpreadConstraints") {
			got := s.selected(manifest.Strings(spread, "labelSelector", "matchLabels"))
			l.must(len(got) == 1 && got[0] == w, "%s is spread among the pods of %s", w, names(got))
		}
	}
	return found
}
