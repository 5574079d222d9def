package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/scripts"
)

// dumped makes the Jobs that dump a database and rehearse its restore.
func (s *spec) dumped(r *app.Recovery, d datum) {
	if d.link.server == nil && !s.w.facts.local {
		return
	}
	s.addJob(s.dumpJob(r, d))
	s.addJob(s.drillJob(r, d))
}

// dumpJob dumps the database with its server's own program, and uploads what is sound.
func (s *spec) dumpJob(r *app.Recovery, d datum) app.Job {
	kind, script := string(r.Kind), string(r.Kind)+"-dump.sh"
	j := s.newJob(r, kube.ComponentBackup)
	j.Schedule, j.DeadlineSeconds = r.Schedule, r.DeadlineSeconds
	path := jobPath(j)
	s.derived(path+".schedule", "the plan of the recovery of %s", r.Name)
	s.derived(path+".deadlineSeconds", "the plan of the recovery of %s", r.Name)
	j.StartDeadlineSeconds = s.startDeadline(path, r.IntervalSeconds)
	j.Retries = int32(s.fromTier(path+".retries", "backupRetries"))

	dump := s.task(r, "dump", script)
	dump.Image = s.serverImage(kind, d.link.server)
	dump.Variables = append(dump.Variables, s.connection(r, d)...)
	dump.Variables = append(dump.Variables, app.Variable{Name: "MIN_BYTES", Value: decimalOf(s.leastDump(r, d))})
	dump.Variables = append(dump.Variables, emptiness(d)...)
	dump.Secrets = s.databaseSecret(&j, d)
	upload := s.task(r, "upload", "upload.sh")
	upload.Image = s.toolImage("rclone")
	upload.Variables = append(upload.Variables, s.bucketVariables(r)...)
	upload.Variables = append(upload.Variables,
		app.Variable{Name: "KEEP_ALL_SECONDS", Value: decimalOf(max(2*r.RPOSeconds, 24*3600))},
		app.Variable{Name: "KEEP_SECONDS", Value: decimalOf(r.RetentionDays * 24 * 3600)})
	upload.Secrets = s.bucketSecret(&j)
	j.Tasks = []app.Task{dump, upload}
	j.Egress = append([]app.Edge{{Name: r.Name, Peer: d.link.peer, Ports: []app.Port{d.link.port}}}, s.w.env.Backups.Egress...)
	j.Files = map[string]string{script: scripts.Text(script), "upload.sh": scripts.Text("upload.sh")}
	s.work(&j, r, d, r.SizeBytes)
	s.letIn(j, d)
	return j
}

// drillJob restores the newest dump into a scratch server and asks it. It never reaches the database.
func (s *spec) drillJob(r *app.Recovery, d datum) app.Job {
	kind := string(r.Kind)
	j := s.newJob(r, kube.ComponentDrill)
	j.Schedule = r.DrillSchedule
	path := jobPath(j)
	s.derived(path+".schedule", "the plan of the recovery of %s", r.Name)
	j.DeadlineSeconds = s.drillDeadline(path, r)
	j.StartDeadlineSeconds = s.startDeadline(path, r.DrillDays*24*3600)
	j.Retries = int32(s.fromTier(path+".retries", "backupRetries"))

	fetch := s.task(r, "fetch", "fetch.sh")
	fetch.Image = s.toolImage("rclone")
	fetch.Variables = append(fetch.Variables, s.bucketVariables(r)...)
	fetch.Variables = append(fetch.Variables, app.Variable{Name: "MAX_AGE_SECONDS", Value: decimalOf(r.RPOSeconds)})
	fetch.Secrets = s.bucketSecret(&j)
	server := s.task(r, "server", kind+"-server.sh")
	server.Beside = true
	restore := s.task(r, "restore", kind+"-restore.sh")
	server.Image = s.serverImage(kind, d.link.server)
	restore.Image = server.Image
	if database := d.link.need.Database; database != "" {
		server.Variables = append(server.Variables, app.Variable{Name: "DATABASE", Value: database})
		restore.Variables = append(restore.Variables, app.Variable{Name: "DATABASE", Value: database})
	}
	restore.Variables = append(restore.Variables, emptiness(d)...)
	j.Tasks = []app.Task{fetch, server, restore}
	j.Egress = s.w.env.Backups.Egress
	j.Files = expectationFiles(d.expect)
	for _, script := range []string{"fetch.sh", kind + "-server.sh", kind + "-restore.sh"} {
		j.Files[script] = scripts.Text(script)
	}
	s.work(&j, r, d, 3*r.SizeBytes) // the dump, the restored data, and its log
	return j
}

// leastDump is the smallest dump that counts as one.
func (s *spec) leastDump(r *app.Recovery, d datum) int64 {
	if mayBeEmpty(d) {
		return 1
	}
	return max(s.number("backupFloorBytes"), r.SizeBytes/1000*s.number("backupFloorPermille"))
}

// mayBeEmpty reports whether a store without data is nothing to worry about: a queue that has been worked off.
func mayBeEmpty(d datum) bool { return d.link.need.Purpose == "queue" }

// emptiness tells the scripts of a queue that it may be empty.
func emptiness(d datum) []app.Variable {
	if !mayBeEmpty(d) {
		return nil
	}
	return []app.Variable{{Name: "MAY_BE_EMPTY", Value: "true"}}
}

// newJob begins a Job of a recovery.
func (s *spec) newJob(r *app.Recovery, component string) app.Job {
	j := app.Job{Name: kube.Name(s.name, r.Name, component), Component: component, For: r.Name}
	s.derived(jobPath(j), "the recovery of %s: %s", r.Name, map[string]string{kube.ComponentBackup: "its data goes to the bucket", kube.ComponentDrill: "nobody knows whether a backup can be restored before somebody has"}[component])
	return j
}

func jobPath(j app.Job) string { return "jobs[" + j.Name + "]" }

// addJob adds a Job to the app, its files under a name that stands for them.
func (s *spec) addJob(j app.Job) {
	if len(j.Files) > 0 {
		j.Config = kube.Name(j.Name, contentHash(j.Files))
	}
	for i := range j.Tasks {
		slices.SortFunc(j.Tasks[i].Variables, func(a, b app.Variable) int { return strings.Compare(a.Name, b.Name) })
	}
	s.app.Jobs = append(s.app.Jobs, j)
	slices.SortFunc(s.app.Jobs, func(a, b app.Job) int { return strings.Compare(a.Name, b.Name) })
}

// startDeadline is how late a run may start: half the interval, between the tier's bounds, as for cron apps.
func (s *spec) startDeadline(path string, interval int64) int64 {
	least, most := s.number("startLateMinSeconds"), s.number("startLateMaxSeconds")
	s.derived(path+".startDeadlineSeconds", "half the time between two runs, from %d s to %d s", least, most)
	return min(max(interval/2, least), most)
}

// letIn tells the platform what the server's policy must allow, where the server is in the cluster and not made here.
func (s *spec) letIn(j app.Job, d datum) {
	peer := d.link.peer
	if len(peer.Labels) == 0 || s.w.facts.local || s.w.clusterBehind(peer) != nil {
		return
	}
	pods := app.Peer{Namespace: s.app.Namespace, Labels: kube.JobPeerLabels(s.app, j)}
	s.w.peerMustAdd(d.recovery.KeyPos, s.path(d.path), d.link.need.Instance, "ingress from "+podsText(pods)+" to "+portsText([]app.Port{d.link.port})+" of "+podsText(peer))
}

// drillDeadline is how long a rehearsal may take: as a restore may, but never until after the next one is due, which would be skipped.
func (s *spec) drillDeadline(path string, r *app.Recovery) int64 {
	if next := r.DrillDays * 24 * 3600; next < r.RTOSeconds {
		s.derived(path+".deadlineSeconds", "drillDays: the next rehearsal begins then, before rto is over")
		return next
	}
	s.derived(path+".deadlineSeconds", "rto: a rehearsal that takes longer has failed")
	return r.RTOSeconds
}

// work decides the volume on which the tasks of a Job leave data for each other: on the node's own disk while it is small enough for
// that, else a claim that lives as long as the pod. Of what the data takes nobody knows, the tier's number is taken.
func (s *spec) work(j *app.Job, r *app.Recovery, d datum, size int64) {
	path := jobPath(*j)
	if r.SizeBytes > 0 {
		j.WorkBytes = roundUp(size, gibibyte) + gibibyte
		s.derived(path+".workBytes", "what is kept of %s at a time, and a GiB", mebibytes(r.SizeBytes))
	} else {
		j.WorkBytes = s.fromTier(path+".workBytes", "backupWorkGiB") * gibibyte
	}
	if j.WorkBytes > s.number("backupLocalGiB")*gibibyte {
		if class := s.w.env.StorageClasses.Delete; class != "" {
			j.WorkClass = class
			s.decided(path+".workClass", app.ByPlatform, s.w.facts.node.At("storageClasses", "delete").Pos, "storageClasses.delete, for more than backupLocalGiB")
		} else {
			s.warn(d.path, "backup-has-room", fmt.Sprintf("without storageClasses.delete %s takes %s of its node's own disk, and is evicted where that is full", j.Name, mebibytes(j.WorkBytes)),
				fmt.Sprintf("platform.environments.%s.storageClasses.delete (%s)", s.w.env.Name, s.w.facts.node.KeyPos), `add storageClasses: {delete: "NAME"}`)
		}
	}
	s.taskResources(j)
}

// taskResources decides what each task reserves. What all of them leave on the node's disk counts for those that run alone or last: the
// kubelet adds up what runs at the same time.
func (s *spec) taskResources(j *app.Job) {
	disk := int64(len(j.Tasks)) * s.number("tmpMiB") * mebibyte
	if j.WorkClass == "" {
		disk += j.WorkBytes
	}
	for i := range j.Tasks {
		t := &j.Tasks[i]
		path := jobPath(*j) + ".tasks[" + t.Name + "].resources"
		if t.Beside {
			t.Resources = s.jobResources(path, 0, "drillCPUMilli", "drillMemoryMiB")
		} else {
			t.Resources = s.jobResources(path, disk, "backupCPUMilli", "backupMemoryMiB")
		}
	}
}

// jobResources are those of a task of a Job, by the names of their numbers, with so many bytes of disk beside its own.
func (s *spec) jobResources(path string, disk int64, milli, mebibytes string) app.Resources {
	r := app.Resources{
		CPUMilli:            s.fromTier(path+".cpuMilli", milli),
		MemoryBytes:         s.fromTier(path+".memoryBytes", mebibytes) * mebibyte,
		EphemeralBytes:      s.number("ephemeralRequestMiB")*mebibyte + disk,
		EphemeralLimitBytes: s.number("ephemeralLimitMiB")*mebibyte + disk,
	}
	r.MemoryLimitBytes = r.MemoryBytes
	s.derived(path+".memoryLimitBytes", "the request: what is killed for memory half-way has been for nothing")
	s.derived(path+".ephemeralBytes", "ephemeralRequestMiB, and what the tasks leave for each other")
	s.derived(path+".ephemeralLimitBytes", "ephemeralLimitMiB, and what the tasks leave for each other")
	if percent := s.number("cpuLimitPercent"); percent > 0 {
		r.CPULimitMilli = r.CPUMilli * s.fromTier(path+".cpuLimitMilli", "cpuLimitPercent") / 100
	}
	return r
}

func decimalOf(n int64) string { return strconv.FormatInt(n, 10) }
