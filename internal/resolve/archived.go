package resolve

import (
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// synchronousInstances is how many servers a database needs so that commits go on without one of them: a commit waits for one of two
// standbys.
const synchronousInstances = 3

// archived gives a database that is made for the app its archive, and rehearses a restore of it.
func (s *spec) archived(r *app.Recovery, d datum) {
	c := s.cluster(d.name)
	if c == nil { // reported
		return
	}
	path := "clusters[" + c.Name + "]"
	if r.Method == app.ByReplica {
		c.Synchronous = true
		s.derived(path+".synchronous", "rpo and rto: a standby has each commit, and takes over")
		if c.Instances < synchronousInstances {
			c.Instances = synchronousInstances
			s.app.Origins = slices.DeleteFunc(s.app.Origins, func(o app.Origin) bool { return o.Path == path+".instances" })
			s.derived(path+".instances", "one of two standbys has each commit, so that it goes on without the other")
		}
	}
	backups, secret := s.w.env.Backups, kube.Name(s.name, d.name, "archive")
	a := &app.Archive{
		Store:          c.Name,
		Bucket:         s.backupBucket(d.name),
		Secret:         app.Secret{Name: secret, Store: s.storeOf(path + ".archive.secret.store")},
		Egress:         slices.Clone(backups.Egress),
		TimeoutSeconds: r.LossSeconds,
		Schedule:       r.Schedule,
		RetentionDays:  r.RetentionDays,
		Resources:      s.reserves(path+".archive.resources", "backupCPUMilli", "backupMemoryMiB"),
	}
	for _, key := range []string{"accessKey", "secretKey"} {
		a.Secret.Store.Data = append(a.Secret.Store.Data, app.RemoteKey{Key: key, Remote: backups.Keys(s.app.Namespace), Property: key})
	}
	c.Archive = a
	s.derived(path+".archive", "the recovery of %s", d.name)
	s.derived(path+".archive.timeoutSeconds", "what may be lost: a segment of the log that is older goes to the bucket, full or not")
	s.decided(path+".archive.bucket", app.ByPlatform, at(s.w.facts.node.Field("backups"), nil), "")
	if r.DrillSchedule != "" {
		s.archiveDrill(r, d, c)
	}
}
