package compile_test

import (
	"fmt"
	"strings"
)

// world is every namespace of a cluster.
type world map[string]*space

// releaseChecks are what must hold of an app in any state of a release.
var releaseChecks = []struct {
	name  string
	check func(w world, s *space, c combo) []string
}{
	{"the workloads run what was promised", runsWhatIsPromised},
	{"Services lead to the promised versions", servicesLeadToVersions},
	{"routes lead to what serves", routesLeadToPods},
	{"subsets are defined", subsetsAreDefined},
	{"versions get their share", versionsGetTheirShare},
	{"the header reaches the new version", headerReachesNew},
	{"controllers find what they move", controllersFindAll},
	{"each pod is read once", monitorsReadOnce},
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
