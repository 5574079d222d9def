package generators_test

import "github.com/scantling/scantling/internal/app"

// rehearsed returns apps whose data is backed up and rehearsed by Jobs beside them.
func rehearsed() []app.App { return []app.App{orders(), photos()} }

// orders dumps its database into a bucket that is known by name, and restores it into a scratch server.
func orders() app.App {
	a := service("orders", app.Critical)
	a.Env = environment(35, "cilium", "prometheus", "externalsecrets")
	a.Version, a.PullSecret, a.Runbooks = "2.0.0", "registry", "https://runbooks.acme.io/payments"
	a.Placement = checkout().Placement
	a.Jobs = []app.Job{snapshot(a), backup(a), drill(a)}
	a.Recovery = []app.Recovery{
		{
			Name: "main", Kind: app.NeedPostgres, Method: app.ByDump, Tier: a.Tier, RPOSeconds: 86400, RTOSeconds: 14400, Schedule: "17 2,10,18 * * *",
			IntervalSeconds: 28800, DeadlineSeconds: 3600, DrillSchedule: "40 4 * * 1", DrillDays: 7,
		},
		{Name: "stock", Kind: app.NeedPostgres, Method: app.ByDump, RPOSeconds: 86400, SharedWith: "stock"},
	}
	return a
}

// photos has volumes that Velero keeps, and whose restore is rehearsed by a Job that talks to the Kubernetes API; and a database that
// loses no commit with its server.
func photos() app.App {
	a := service("photos", app.Standard)
	a.Env = environment(34, "prometheus", "velero", "cnpg")
	a.Env.Velero, a.Env.CNPG, a.Env.Mesh = "velero", "cnpg-system", "sidecar"
	job := snapshot(a)
	job.Name, job.Component, job.Config = "photos-files-drill", "drill", "photos-files-drill-0a1b2c3d"
	job.Grants = append(job.Grants, app.Grant{
		Namespace: "velero", Rules: []app.AccessRule{{Group: "velero.io", Resource: "restores", Verbs: []string{"create", "get"}}},
	})
	job.Rights = &app.Rights{Name: "shop-photos-volumes-0a1b2c3d", Erase: "persistentvolumes", In: "shop-drill",
		Restore: &app.Restore{Name: "shop-photos-1a2b3c4d", Namespace: "velero", Schedule: "shop-photos-1a2b3c4d", Into: "shop-drill"}}
	a.Jobs = []app.Job{job}
	a.Clusters = []app.Cluster{database(a, "photos-main")}
	a.Recovery = []app.Recovery{
		{
			Name: "files", Method: app.ByVelero, Tier: a.Tier, RPOSeconds: 43200, RTOSeconds: 7200, IntervalSeconds: 21600, DrillSchedule: "40 5 3 * *", DrillDays: 30,
			Velero: &app.VeleroBackup{Schedule: "shop-photos-files", Namespace: "velero", Drill: "shop-drill"},
		},
		{Name: "main", Kind: app.NeedPostgres, Method: app.ByReplica, Tier: a.Tier, RPOSeconds: 60, RTOSeconds: 300, IntervalSeconds: 86400, DrillSchedule: "40 4 3 * *", DrillDays: 30},
	}
	return a
}

func jobTask(name, secret string) app.Task {
	t := app.Task{
		Name: name, Image: "registry.acme.io/tools/" + name + ":1.70", Command: []string{"/bin/sh", app.FilesPath + "/" + name + ".sh"},
		Variables: []app.Variable{{Name: "NAME", Value: "orders-main"}, {Name: "SECRETS", Value: app.SecretsPath}},
		Resources: medium,
	}
	t.Resources.EphemeralLimitBytes += 11 << 30
	if secret != "" {
		t.Secrets = []app.Secret{{Name: secret, Path: app.SecretsPath, Items: []app.SecretItem{{Key: "password", File: "password"}}}}
	}
	return t
}

func backup(a app.App) app.Job {
	name := a.Name + "-main-backup"
	return app.Job{
		Name: name, Component: "backup", For: "main", Schedule: "17 2,10,18 * * *", StartDeadlineSeconds: 3600, DeadlineSeconds: 3600, Retries: 2,
		Tasks:  []app.Task{jobTask("dump", name), jobTask("upload", name+"-bucket")},
		Config: name + "-0a1b2c3d", Files: map[string]string{"dump.sh": "echo \"${NAME}\"\n", "upload.sh": "exit 1\n"}, WorkBytes: 10 << 30,
		Secrets: []app.Secret{storeSecret(name, ""), storeSecret(name+"-bucket", "")},
		Egress: []app.Edge{
			{Name: "main", Peer: postgres, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
			{Name: "backups", Peer: app.Peer{Host: "s3.eu-2.acme.io"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
		},
	}
}

// snapshot talks to the Kubernetes API, and keeps nothing itself.
func snapshot(a app.App) app.Job {
	name := a.Name + "-files-backup"
	return app.Job{
		Name: name, Component: "backup", For: "files", Schedule: "5 */6 * * *", StartDeadlineSeconds: 3600, DeadlineSeconds: 600, Retries: 2,
		Tasks:  []app.Task{jobTask("volume-snapshot", "")},
		Config: name + "-1a2b3c4d", Files: map[string]string{"volume-snapshot.sh": "exit 1\n"},
		Grants: []app.Grant{{Namespace: a.Namespace, Rules: []app.AccessRule{{Group: "snapshot.storage.k8s.io", Resource: "volumesnapshots", Verbs: []string{"create", "list"}}}}},
		Rights: &app.Rights{Name: "shop-" + name + "-2a3b4c5d", Erase: "volumesnapshotcontents", In: a.Namespace},
	}
}

func drill(a app.App) app.Job {
	name := a.Name + "-main-drill"
	job, server := backup(a), jobTask("server", "")
	server.Beside = true
	job.Name, job.Component, job.Schedule, job.DeadlineSeconds, job.Config = name, "drill", "40 4 * * 1", 14400, name+"-4d3c2b1a"
	job.Tasks = []app.Task{jobTask("fetch", name+"-bucket"), server, jobTask("restore", "")}
	job.WorkBytes, job.WorkClass, job.Secrets, job.Egress = 100<<30, "ssd", []app.Secret{storeSecret(name+"-bucket", "")}, job.Egress[1:]
	return job
}
